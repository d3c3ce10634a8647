//! A wave as the algorithms read it: checked, in rows by SKU, in fractions of a minor unit.

use crate::sourcing::batch::{Pick, Wave, WaveError, WaveOrder, WavePlace};

/// Prices inside are in 1/64 of a minor unit, so that a multiplier may be a fraction and stays an integer.
pub(super) const SCALE: u32 = 6;
/// More than any shelf or capacity.
pub(super) const PLENTY: i64 = 1 << 40;
/// Costs of one order, and of all, in minor units. An order's bonus for being whole multiplies its costs by its units
/// in fractions; everything stays below 2^62.
const LARGEST_ORDER: i64 = 1 << 32;
const LARGEST_UNITS: i64 = 1 << 16;
const LARGEST_WAVE: i64 = 1 << 55;

/// The number at a place; zero beyond the end, which no caller reaches.
#[inline]
pub(super) fn at<T: Copy + Default>(row: &[T], place: usize) -> T {
    row.get(place).copied().unwrap_or_default()
}

/// The number at a place, to be changed.
#[inline]
pub(super) fn change<T>(row: &mut [T], place: usize, with: impl FnOnce(&mut T)) {
    if let Some(cell) = row.get_mut(place) {
        with(cell);
    }
}

/// One row of a table of rows of `width`.
#[inline]
pub(super) fn row<T>(table: &[T], index: usize, width: usize) -> &[T] {
    table.get(index * width..(index + 1) * width).unwrap_or_default()
}

/// A wave that keeps the rules.
pub(super) struct Dense<'a> {
    pub(super) orders: &'a [WaveOrder],
    pub(super) places: usize,
    /// A row a SKU, in it a number a location: scaled costs whoever gets the unit.
    pub(super) cost: Vec<i64>,
    /// The same for units there.
    pub(super) stock: Vec<i64>,
    /// A number a location; [`PLENTY`] without a limit.
    pub(super) capacity: Vec<i64>,
    /// For every SKU the locations that have any of it.
    pub(super) shelves: Vec<Vec<u32>>,
}

impl<'a> Dense<'a> {
    pub(super) fn new(wave: &'a Wave) -> Result<Dense<'a>, WaveError> {
        let places = wave.locations.len();
        let skus = wave.stock.first().map_or(0, Vec::len);
        rows("stock", WavePlace::Wave, wave.stock.len(), places, "location")?;
        rows("sku_cost", WavePlace::Wave, wave.sku_cost.len(), places, "location")?;
        let (mut cost, mut stock) = (vec![0; skus * places], vec![0; skus * places]);
        for (place, (units, costs)) in wave.stock.iter().zip(&wave.sku_cost).enumerate() {
            let of = WavePlace::Location { location: place };
            rows("stock", of, units.len(), skus, "SKU")?;
            rows("sku_cost", of, costs.len(), skus, "SKU")?;
            for (sku, (units, given)) in units.iter().zip(costs).enumerate() {
                within("sku_cost", WavePlace::Shelf { location: place, sku }, *given, LARGEST_ORDER)?;
                change(&mut stock, sku * places + place, |cell| *cell = i64::from(*units));
                change(&mut cost, sku * places + place, |cell| *cell = given << SCALE);
            }
        }
        let capacity = wave.locations.iter().map(|place| place.capacity.map_or(PLENTY, i64::from)).collect();
        let mut sum = 0_i64;
        for (index, order) in wave.orders.iter().enumerate() {
            let of = WavePlace::Order { order: index };
            rows("fixed_cost", of, order.fixed_cost.len(), places, "location")?;
            rows("unit_cost", of, order.unit_cost.len(), places, "location")?;
            sum = sum.saturating_add(checked(index, order, skus)?);
        }
        within("the unmet cost of all units", WavePlace::Wave, sum, LARGEST_WAVE)?;
        let there = |row: &[i64]| {
            let there = row.iter().zip(0_u32..).filter(|(units, _)| **units > 0);
            there.map(|(_, place)| place).collect()
        };
        let shelves = stock.chunks_exact(places.max(1)).map(there).collect();
        Ok(Dense { orders: &wave.orders, places, cost, stock, capacity, shelves })
    }

    /// What an order costs if it ships nothing, in minor units.
    pub(super) fn unmet(order: &WaveOrder) -> i64 {
        order.lines.iter().map(|line| i64::from(line.units) * line.unmet_cost).sum()
    }

    /// What an order costs with these picks, in minor units.
    pub(super) fn cost(&self, order: &WaveOrder, picks: &[Pick]) -> i64 {
        let mut cost = Dense::unmet(order);
        for (index, pick) in picks.iter().enumerate() {
            let place = pick.location as usize;
            let Some(line) = order.lines.get(pick.line as usize) else { continue };
            let own = at(&self.cost, line.sku as usize * self.places + place) >> SCALE;
            cost += i64::from(pick.units) * (at(&order.unit_cost, place) + own - line.unmet_cost);
            if !picks.iter().take(index).any(|before| before.location == pick.location) {
                cost += at(&order.fixed_cost, place);
            }
        }
        cost
    }
}

fn rows(
    what: &'static str,
    of: WavePlace,
    given: usize,
    accepted: usize,
    each: &'static str,
) -> Result<(), WaveError> {
    if given == accepted { Ok(()) } else { Err(WaveError::Length { what, of, given, accepted, each }) }
}

fn within(what: &'static str, of: WavePlace, given: i64, accepted: i64) -> Result<(), WaveError> {
    match given {
        ..0 => Err(WaveError::Negative { what, of, given }),
        _ if given > accepted => Err(WaveError::TooLarge { what, of, given, accepted }),
        _ => Ok(()),
    }
}

/// The costs of an order that keeps the rules, as large as they can be.
fn checked(index: usize, order: &WaveOrder, skus: usize) -> Result<i64, WaveError> {
    let (mut sum, mut units) = (0_i64, 0_i64);
    for (place, line) in order.lines.iter().enumerate() {
        if line.sku as usize >= skus {
            return Err(WaveError::UnknownSku { order: index, line: place, sku: line.sku, skus });
        }
        if order.lines.iter().take(place).any(|before| before.sku == line.sku) {
            return Err(WaveError::TwiceTheSku { order: index, line: place, sku: line.sku });
        }
        within("unmet_cost", WavePlace::Line { order: index, line: place }, line.unmet_cost, LARGEST_ORDER)?;
        units = units.saturating_add(line.units.into());
        sum = sum.saturating_add(line.unmet_cost.saturating_mul(line.units.into()));
    }
    let of = WavePlace::Order { order: index };
    within("the number of units", of, units, LARGEST_UNITS)?;
    within("the unmet cost of all units", of, sum, LARGEST_ORDER)?;
    for (what, row) in [("fixed_cost", &order.fixed_cost), ("unit_cost", &order.unit_cost)] {
        for (location, given) in row.iter().enumerate() {
            within(what, WavePlace::Lane { order: index, location }, *given, LARGEST_ORDER)?;
        }
    }
    Ok(sum)
}
