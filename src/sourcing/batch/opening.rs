//! Where an ascent may begin: each SKU at the price that clears it.

use std::cmp::Reverse;

use crate::sourcing::batch::dense::{Dense, SCALE, change, row};

/// A price for every SKU at which about as many units are wanted as there are, the same on all its shelves: what the
/// first unit is worth that gets none. A unit is worth its unmet cost less the cheapest way to ship it, with its share of
/// the cheapest parcel.
pub(super) fn clearing_prices(dense: &Dense) -> Vec<i64> {
    let places = dense.places;
    let skus = dense.stock.len() / places.max(1);
    let mut worth: Vec<Vec<(i64, i64)>> = vec![Vec::new(); skus];
    for order in dense.orders {
        let all: i64 = order.lines.iter().map(|line| i64::from(line.units)).sum();
        let parcel = order.fixed_cost.iter().min().copied().unwrap_or(0) / all.max(1);
        for line in &order.lines {
            let (cost, stock) =
                (row(&dense.cost, line.sku as usize, places), row(&dense.stock, line.sku as usize, places));
            let shelves = cost.iter().zip(stock).zip(&order.unit_cost).filter(|((_, stock), _)| **stock > 0);
            let Some(unit) = shelves.map(|((cost, _), own)| cost + (own << SCALE)).min() else { continue };
            let net = ((line.unmet_cost - parcel) << SCALE) - unit;
            if net > 0 {
                change(&mut worth, line.sku as usize, |list| list.push((net, line.units.into())));
            }
        }
    }
    let mut prices = vec![0; dense.stock.len()];
    let shelves = prices.chunks_exact_mut(places.max(1)).zip(dense.stock.chunks_exact(places.max(1)));
    for ((prices, stock), worth) in shelves.zip(&mut worth) {
        worth.sort_unstable_by_key(|(net, _)| Reverse(*net));
        let mut left: i64 = stock.iter().sum();
        let first_without = worth.iter().find(|(_, units)| {
            left -= units;
            left < 0
        });
        prices.fill(first_without.map_or(0, |(net, _)| *net));
    }
    prices
}
