//! No bound is ever above the optimum, whatever the prices.

use proptest::collection::vec;
use proptest::prelude::*;

use super::bound::Seen;
use super::dense::{Dense, Item, Place, SCALE};
use super::front::Front;
use super::weigh::Weighed;

prop_compose! {
    fn place()(
        fixed in 0..80i64,
        capacity in prop_oneof![3 => Just(i64::MAX), 1 => 1..5i64, 1 => 1..30_000i64],
        steps in vec((1..700i64, 0..70i64), 0..4),
    ) -> Place {
        let (mut grams, mut cost) = (0, 0);
        let rising = steps.into_iter().map(|(more, dearer)| {
            grams += more;
            cost += dearer;
            (grams, cost)
        });
        Place { fixed, capacity, steps: rising.collect(), ..Place::default() }
    }
}

prop_compose! {
    fn dense()(items in 1..4usize)(
        asked in vec((1..3i64, prop_oneof![3 => Just(1), 1 => 1..9_000i64], 0..400i64, prop::option::of(0..90i64)), items),
        places in vec((place(), vec((0..3i64, 0..50i64), items)), 1..4),
        slots in 1..4usize, spare in prop_oneof![3 => Just(0), 1 => 1..3i64, 2 => 1..20_000i64], apart in prop::bool::ANY,
    ) -> Dense {
        let mut dense = Dense::default();
        (dense.slots, dense.spare) = (slots, spare);
        dense.items.extend(asked.iter().map(|(pieces, units, grams, unmet)| Item { pieces: *pieces, units: *units, grams: *grams, unmet: *unmet }));
        dense.cost.reset(asked.len());
        dense.room.reset(asked.len());
        for (place, offers) in places {
            dense.places.push(place);
            dense.cost.push_row(offers.iter().map(|(_, cost)| *cost));
            dense.room.push_row(offers.iter().zip(&asked).map(|((room, _), (pieces, ..))| *room.min(pieces)));
        }
        if apart && asked.len() > 1 {
            dense.apart.push((0, 1));
        }
        dense.finish();
        dense
    }
}

/// The least cost of all ways; where all places are paid for whatever they ship, if so asked.
fn optimum(dense: &Dense, pay_all: bool) -> Option<i64> {
    let cells: Vec<(usize, usize)> = (0..dense.places.len())
        .flat_map(|place| (0..dense.items.len()).map(move |item| (place, item)))
        .collect();
    let mut ships = vec![vec![0; dense.items.len()]; dense.places.len()];
    let mut best = None;
    every_way(dense, &cells, &mut ships, &mut |ships| {
        if let Some(cost) = cost(dense, ships, pay_all) {
            best = Some(best.map_or(cost, |least: i64| least.min(cost)));
        }
    });
    best
}

fn every_way(
    dense: &Dense,
    cells: &[(usize, usize)],
    ships: &mut Vec<Vec<i64>>,
    seen: &mut dyn FnMut(&[Vec<i64>]),
) {
    let Some(((place, item), rest)) = cells.split_first() else { return seen(ships) };
    for pieces in 0..=dense.room.at(*place, *item) {
        ships[*place][*item] = pieces;
        every_way(dense, rest, ships, seen);
    }
    ships[*place][*item] = 0;
}

fn cost(dense: &Dense, ships: &[Vec<i64>], pay_all: bool) -> Option<i64> {
    let mut cost = 0;
    let mut spare = dense.spare;
    for (item, what) in dense.items.iter().enumerate() {
        let unmet = what.pieces - ships.iter().map(|row| row[item]).sum::<i64>();
        if unmet < 0 {
            return None;
        }
        match what.unmet {
            Some(price) => cost += price * unmet,
            None => spare -= unmet * what.units,
        }
    }
    let mut used = 0;
    for (place, row) in dense.places.iter().zip(ships) {
        let units: i64 = row.iter().zip(&dense.items).map(|(pieces, item)| pieces * item.units).sum();
        let grams: i64 = row.iter().zip(&dense.items).map(|(pieces, item)| pieces * item.grams).sum();
        if units > place.capacity || dense.apart.iter().any(|(one, other)| row[*one] > 0 && row[*other] > 0) {
            return None;
        }
        if units > 0 || pay_all {
            used += 1;
            cost += place.fixed + place.tariff(grams)?;
        }
    }
    for (at, row) in ships.iter().enumerate() {
        cost += row.iter().zip(dense.cost.row(at)).map(|(pieces, cost)| pieces * cost).sum::<i64>();
    }
    (spare >= 0 && (pay_all || used <= dense.slots)).then_some(cost)
}

proptest! {
    #[test]
    fn no_price_of_pieces_lifts_the_bound_above_the_optimum(dense in dense(), prices in vec(-20 * SCALE..150 * SCALE, 3)) {
        let Some(optimum) = optimum(&dense, false) else { return Ok(()) };
        let mut front = Front::default();
        front.root(&dense);
        let prices: Vec<i64> = prices.into_iter().take(dense.items.len()).collect();
        let bound = Seen::default().evaluate(&dense, &front, &prices);
        prop_assert!(bound <= optimum * SCALE, "{} above {}", bound / SCALE, optimum);
    }

    #[test]
    fn no_price_of_weight_lifts_the_bound_above_the_optimum(dense in dense(), rates in vec((0..400i64, 0..40 * SCALE), 3)) {
        let Some(optimum) = optimum(&dense, true) else { return Ok(()) };
        let mut front = Front::default();
        front.root(&dense);
        for row in &mut front.rows {
            row.open = true;
        }
        let rates = front.rows.iter().zip(&rates).map(|(row, (gram, unit))| {
            let place = &dense.places[row.place];
            (if place.steps.is_empty() { 0 } else { *gram }, if place.capacity < i64::MAX { *unit } else { 0 })
        });
        let bound = Weighed::default().evaluate(&dense, &front, &rates.collect::<Vec<_>>());
        // Places that have nothing are no rows; they pay nothing here.
        let idle: i64 = (0..dense.places.len()).filter(|place| front.row_of(*place).is_none())
            .map(|place| dense.places[place].fixed + dense.places[place].tariff(0).unwrap_or(0)).sum();
        prop_assert!(bound <= (optimum - idle) * SCALE, "{} above {}", bound / SCALE, optimum - idle);
    }

    /// The line below a tariff is nowhere above it.
    #[test]
    fn the_line_stays_below_its_tariff(dense in dense(), grams in 1..2_000i64) {
        for (at, place) in dense.places.iter().enumerate() {
            let reach: i64 = dense.room.row(at).iter().zip(&dense.items).map(|(room, item)| room * item.grams).sum();
            let grams = grams.min(reach);
            if let Some(cost) = place.tariff(grams).filter(|_| grams > 0) {
                prop_assert!(place.base + place.slope * grams <= cost * SCALE);
            }
        }
    }
}
