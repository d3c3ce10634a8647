//! The cheapest units to add so that a threshold is reached: 凑单.

use serde::{Deserialize, Serialize};

use crate::id::Sku;
use crate::money::Money;

/// What may be added to a cart.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddOn {
    /// Of what.
    pub sku: Sku,
    /// What one unit costs.
    pub price: Money,
    /// How many may be added.
    pub units: u32,
}

/// The most that [`top_up`] works out: what lacks and the dearest price together, in steps that divide all prices
/// ([`SUMS_MAX`] at most), times the offers, of which one of n units counts about log2 n times.
pub const TOP_UP_MAX: u64 = 100_000_000;

/// The most sums that [`top_up`] looks at: so many fit a few megabytes.
pub const SUMS_MAX: u64 = 2_000_000;

/// Why no way to a threshold is told.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TopUpRefusal {
    /// All offers together are not enough.
    #[error("{short} minor units lack and all offers together are {all}; accepted: offers that reach it")]
    OutOfReach {
        /// What lacks.
        short: u64,
        /// What there is.
        all: u64,
    },
    /// More than is worked out.
    #[error(
        "{short} minor units lack: {sums} sums to look at, {work} with every bundle; accepted: up to {SUMS_MAX}, and {TOP_UP_MAX}"
    )]
    TooFar {
        /// What lacks.
        short: u64,
        /// How many sums may be reached, in steps that divide all prices.
        sums: u64,
        /// The same for every bundle of 1, 2, 4 and so on units of an offer.
        work: u64,
    },
}

impl TopUpRefusal {
    /// The variant by its stable name, for logs and translations.
    pub const fn code(&self) -> &'static str {
        match self {
            TopUpRefusal::OutOfReach { .. } => "out_of_reach",
            TopUpRefusal::TooFar { .. } => "too_far",
        }
    }
}

/// Some units of one offer, taken together or not at all.
struct Bundle {
    offer: usize,
    units: u32,
    cost: u64,
}

/// The cheapest units to add that cost at least `short` minor units together; of those with the least sum the fewest, and
/// of several such sets always the same one. Exact: every sum that can be reached is looked at (a bounded knapsack by dynamic
/// programming over sums, each offer split into bundles of 1, 2, 4 and so on). What costs nothing, or less, is passed over.
///
/// It knows prices only: offer what the hint's filter lets count, in the cart's currency, and quote the cart anew with
/// what is added.
///
/// # Errors
/// [`TopUpRefusal`].
pub fn top_up(short: u64, offers: &[AddOn]) -> Result<Vec<(Sku, u32)>, TopUpRefusal> {
    // In the largest unit that divides all prices: a thousand rupiah are one step, not a hundred thousand.
    let step = offers.iter().map(price_of).fold(0, gcd).max(1);
    let price = |offer: &AddOn| price_of(offer) / step;
    let (given, short) = (short, short.div_ceil(step));
    let worth = |offer: &AddOn| price(offer).saturating_mul(offer.units.into());
    let all = offers.iter().map(worth).fold(0, u64::saturating_add);
    if all < short {
        return Err(TopUpRefusal::OutOfReach { short: given, all: all.saturating_mul(step) });
    }
    if short == 0 {
        return Ok(vec![]);
    }
    let dearest = offers.iter().filter(|offer| offer.units > 0).map(price).max().unwrap_or(0);
    // Without one of its units the best set lies below what lacks: so it lies below this.
    let end = short.saturating_add(dearest);
    let bundles: Vec<Bundle> = offers
        .iter()
        .enumerate()
        .flat_map(|(place, offer)| split(place, price(offer), offer.units, end))
        .collect();
    let work = end.saturating_mul(u64::try_from(bundles.len()).unwrap_or(u64::MAX).max(1));
    let Some(sums) = usize::try_from(end).ok().filter(|_| work <= TOP_UP_MAX && end <= SUMS_MAX) else {
        return Err(TopUpRefusal::TooFar { short: given, sums: end, work });
    };
    let mut fewest: Vec<Option<u32>> = vec![None; sums];
    if let Some(nothing) = fewest.first_mut() {
        *nothing = Some(0);
    }
    // For every bundle the sums whose fewest units so far hold it, as bits.
    let mut taken: Vec<Vec<u64>> = vec![];
    for bundle in &bundles {
        let cost = usize::try_from(bundle.cost).unwrap_or(usize::MAX);
        let mut row = vec![0u64; sums.div_ceil(64)];
        for sum in (cost..sums).rev() {
            let Some(before) = sum.checked_sub(cost).and_then(|before| *fewest.get(before)?) else {
                continue;
            };
            let units = before.saturating_add(bundle.units);
            if let Some(known) = fewest.get_mut(sum).filter(|known| known.is_none_or(|known| units < known)) {
                *known = Some(units);
                if let Some(word) = row.get_mut(sum / 64) {
                    *word |= 1 << (sum % 64);
                }
            }
        }
        taken.push(row);
    }
    let from = usize::try_from(short).unwrap_or(usize::MAX);
    let mut sum = (from..sums).find(|sum| fewest.get(*sum).is_some_and(Option::is_some)).unwrap_or(0);
    let mut units: Vec<u32> = vec![0; offers.len()];
    for (bundle, row) in bundles.iter().zip(&taken).rev() {
        if row.get(sum / 64).is_some_and(|word| word >> (sum % 64) & 1 == 1) {
            sum = sum.saturating_sub(usize::try_from(bundle.cost).unwrap_or(usize::MAX));
            if let Some(units) = units.get_mut(bundle.offer) {
                *units = units.saturating_add(bundle.units);
            }
        }
    }
    let added = offers.iter().zip(units).filter(|(_, units)| *units > 0);
    Ok(added.map(|(offer, units)| (offer.sku.clone(), units)).collect())
}

fn price_of(offer: &AddOn) -> u64 {
    u64::try_from(offer.price.minor_units()).unwrap_or(0)
}

/// The greatest common divisor (Euclid's algorithm); of zero and another the other.
fn gcd(one: u64, other: u64) -> u64 {
    if other == 0 { one } else { gcd(other, one % other) }
}

/// Bundles that make every number of an offer's units, as far as they lie below `end`.
fn split(offer: usize, price: u64, units: u32, end: u64) -> Vec<Bundle> {
    let most = end.checked_div(price).unwrap_or(0);
    let mut left = u32::try_from(most).unwrap_or(u32::MAX).min(units);
    let (mut bundles, mut size) = (vec![], 1u32);
    while left > 0 {
        let units = size.min(left);
        bundles.push(Bundle { offer, units, cost: price.saturating_mul(units.into()) });
        left -= units;
        size = size.saturating_mul(2);
    }
    bundles
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Currency;

    /// Every way to take units, tried.
    fn tried(short: u64, offers: &[AddOn]) -> Option<(i64, u32)> {
        let Some((first, rest)) = offers.split_first() else { return (short == 0).then_some((0, 0)) };
        (0..=first.units)
            .filter_map(|units| {
                let cost = first.price.minor_units() * i64::from(units);
                let left = short.saturating_sub(u64::try_from(cost).expect("not negative"));
                tried(left, rest).map(|(sum, count)| (sum + cost, count + units))
            })
            .min()
    }

    proptest! {
        #[test]
        fn nothing_cheaper_reaches_it(
            short in 0_u64..60,
            offers in proptest::collection::vec((0_i64..25, 0_u32..4), 0..5),
        ) {
            let offers: Vec<AddOn> = (0_u64..)
                .zip(offers)
                .map(|(sku, (price, units))| AddOn {
                    sku: sku.into(),
                    price: Money::minor(price, Currency::EUR),
                    units,
                })
                .collect();
            match (top_up(short, &offers), tried(short, &offers)) {
                (Ok(added), Some((sum, count))) => {
                    let of = |sku: &Sku| offers.iter().find(|offer| offer.sku == *sku).expect("offered");
                    let cost: i64 = added.iter().map(|(sku, units)| of(sku).price.minor_units() * i64::from(*units)).sum();
                    prop_assert_eq!(cost, sum);
                    prop_assert!(added.iter().all(|(sku, units)| *units <= of(sku).units));
                    prop_assert_eq!(added.iter().map(|(_, units)| units).sum::<u32>(), count);
                }
                (Err(TopUpRefusal::OutOfReach { .. }), None) => {}
                (got, wanted) => prop_assert!(false, "{got:?} {wanted:?}"),
            }
        }
    }

    #[test]
    fn what_is_too_far_is_said_so() {
        let offer = AddOn { sku: 1.into(), price: Money::minor(1, Currency::EUR), units: u32::MAX };
        assert_eq!(
            top_up(1 << 31, &[offer]),
            Err(TopUpRefusal::TooFar { short: 1 << 31, sums: (1 << 31) + 1, work: ((1 << 31) + 1) * 32 })
        );
    }
}
