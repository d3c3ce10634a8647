//! A lower bound for the whole wave: stock and capacity are priced instead of limited.
//!
//! With a price on every unit of every shelf and of every capacity, each order is solved alone; the sum of what they
//! cost then, less what all stock and capacity would fetch, is a lower bound for **any** prices that are not negative
//! (Lagrange; Held and Karp 1971 for the ascent): a plan of the wave is one plan for each order, and what it pays for
//! shelves is at most what they all fetch. Prices are integers in fractions of a minor unit and the sums are exact, so
//! the bound is one however the prices came about. They rise where more is wanted than there is and fall where less,
//! along a mean of the last directions, with Polyak's step towards the best plan known.

use crate::sourcing::batch::Pick;
use crate::sourcing::batch::dense::{Dense, SCALE, at, change, row};
use crate::sourcing::batch::one::{Offer, OneOrder, Rule, book};
use crate::sourcing::batch::opening::clearing_prices;

/// Prices of shelves and capacities, with the bound that they prove.
#[derive(Clone, Default)]
pub(super) struct Prices {
    /// A row a SKU, a number a location.
    pub(super) shelf: Vec<i64>,
    /// A number a location.
    pub(super) room: Vec<i64>,
    /// The proven bound, scaled.
    pub(super) bound: i128,
}

/// How the ascent goes on.
pub(super) struct Dual {
    pub(super) best: Prices,
    /// Where it stands.
    now: Prices,
    /// What is wanted beyond what there is.
    over_shelf: Vec<i64>,
    over_room: Vec<i64>,
    /// The mean direction, times 16.
    way_shelf: Vec<i64>,
    way_room: Vec<i64>,
    /// How easily a price moves: less where much is traded.
    ease_shelf: Vec<i64>,
    ease_room: Vec<i64>,
    price: Vec<i64>,
    /// What each order saves at the prices as they stand, and with the best bound.
    saved: Vec<i64>,
    pub(super) best_saved: Vec<i64>,
    /// Polyak's factor, in 1/1024.
    step: i64,
    idle: u32,
    pub(super) solves: u64,
    /// How often an order used a location since the search moved here, if there is one.
    pub(super) used: Vec<u32>,
    /// What every order took last, in a search.
    pub(super) taken: Vec<(u32, Pick)>,
}

/// Steps without a better bound before the factor is lowered by a quarter.
const PATIENCE: u32 = 20;
/// The mean keeps half of the direction before.
const KEEP: i64 = 8;
/// The factor at first, and where a search moves to prices that were good beside: the first prices are near already,
/// and what a rule changes wants longer steps.
const FIRST_STEP: i64 = 100;
const STEP_IN_SEARCH: i64 = 200;

impl Dual {
    pub(super) fn new(dense: &Dense) -> Dual {
        let (shelves, places) = (dense.stock.len(), dense.places);
        let mut wanted = vec![0_i64; shelves / places.max(1)];
        for line in dense.orders.iter().flat_map(|order| &order.lines) {
            change(&mut wanted, line.sku as usize, |cell| *cell += i64::from(line.units));
        }
        let all: i64 = wanted.iter().sum();
        let ease = |units: i64, wanted: i64| ((1 << 20) / (units.min(wanted) + 1)).max(1);
        let of_shelf = |(index, stock): (usize, &i64)| ease(*stock, at(&wanted, index / places.max(1)));
        let none = Prices { shelf: vec![0; shelves], room: vec![0; places], bound: i128::MIN };
        Dual {
            now: Prices { shelf: clearing_prices(dense), ..none.clone() },
            best: none,
            over_shelf: vec![0; shelves],
            over_room: vec![0; places],
            way_shelf: vec![0; shelves],
            way_room: vec![0; places],
            ease_shelf: dense.stock.iter().enumerate().map(of_shelf).collect(),
            ease_room: dense.capacity.iter().map(|room| ease(*room, all)).collect(),
            price: vec![0; shelves],
            saved: vec![0; dense.orders.len()],
            best_saved: vec![0; dense.orders.len()],
            step: FIRST_STEP,
            idle: 0,
            solves: 0,
            used: Vec::new(),
            taken: Vec::new(),
        }
    }

    /// Starts anew from prices that were good elsewhere, with shorter steps on every visit: the best plan known may lie
    /// far above what can be reached.
    pub(super) fn resume(&mut self, dense: &Dense, prices: &Prices, visits: u32) {
        self.now.clone_from(prices);
        self.best.bound = i128::MIN;
        (self.step, self.idle) = (STEP_IN_SEARCH / i64::from(visits.max(1)), 0);
        self.way_shelf.fill(0);
        self.way_room.fill(0);
        self.used.clear();
        self.used.resize(dense.orders.len() * dense.places, 0);
    }

    /// Whether nothing was wanted last beyond what there is: what was taken is a plan.
    pub(super) fn is_plan(&self) -> bool {
        self.over_shelf.iter().chain(&self.over_room).all(|over| *over <= 0)
    }

    /// Whether further steps are too short to matter.
    pub(super) fn is_done(&self) -> bool {
        self.step < 2
    }

    /// What a unit costs everywhere at the best prices.
    pub(super) fn price_of_best(&self, dense: &Dense) -> Vec<i64> {
        let places = dense.places.max(1);
        let shelves = dense.cost.iter().zip(&self.best.shelf).enumerate();
        shelves.map(|(index, (cost, price))| cost + price + at(&self.best.room, index % places)).collect()
    }

    /// One step: the bound at the prices as they stand, then better prices. `cost` is that of the best plan known, in
    /// minor units; `rules` are those of a search, by order and location, or empty.
    pub(super) fn step(&mut self, dense: &Dense, one: &mut OneOrder, cost: i64, rules: &[Rule]) {
        let bound = self.bound(dense, one, rules);
        self.now.bound = bound;
        if bound > self.best.bound {
            self.best.clone_from(&self.now);
            self.best_saved.clone_from(&self.saved);
            self.idle = 0;
        } else {
            self.idle += 1;
            if self.idle >= PATIENCE {
                (self.idle, self.step) = (0, self.step * 3 / 4);
                self.now.clone_from(&self.best);
                self.way_shelf.fill(0);
                self.way_room.fill(0);
                return;
            }
        }
        // Towards the best bound, not the last: far below it, a step would be longer still.
        self.climb((i128::from(cost) << SCALE) - self.best.bound);
    }

    /// The bound at the prices as they stand, and what is wanted then.
    fn bound(&mut self, dense: &Dense, one: &mut OneOrder, rules: &[Rule]) -> i128 {
        let places = dense.places;
        for (index, price) in self.price.iter_mut().enumerate() {
            *price = at(&dense.cost, index)
                + at(&self.now.shelf, index)
                + at(&self.now.room, index % places.max(1));
        }
        self.taken.clear();
        let mut bound = 0_i128;
        for (over, (stock, price)) in self.over_shelf.iter_mut().zip(dense.stock.iter().zip(&self.now.shelf))
        {
            *over = -stock;
            bound -= i128::from(*stock) * i128::from(*price);
        }
        for (over, (room, price)) in self.over_room.iter_mut().zip(dense.capacity.iter().zip(&self.now.room))
        {
            *over = -room;
            bound -= i128::from(*room) * i128::from(*price);
        }
        let offer =
            Offer { price: &self.price, left: &dense.stock, room: &dense.capacity, shared_room: false };
        for (index, order) in dense.orders.iter().enumerate() {
            let saved = one.solve(dense, order, &offer, row(rules, index, places));
            change(&mut self.saved, index, |cell| *cell = saved);
            bound += i128::from((Dense::unmet(order) << SCALE) - saved);
            book(dense, order, &one.picks, 1, &mut self.over_shelf, &mut self.over_room);
            if !rules.is_empty() {
                remember(index, &one.picks, places, &mut self.taken, &mut self.used);
            }
            self.solves += 1;
        }
        bound
    }

    fn climb(&mut self, short: i128) {
        let mut norm = 0_i128;
        let shelves =
            self.way_shelf.iter_mut().zip(&self.over_shelf).zip(&self.now.shelf).zip(&self.ease_shelf);
        let rooms = self.way_room.iter_mut().zip(&self.over_room).zip(&self.now.room).zip(&self.ease_room);
        for (((way, over), price), ease) in shelves.chain(rooms) {
            // A price of zero cannot fall.
            let over = if *price == 0 && *over < 0 { 0 } else { *over };
            *way = *way * KEEP / 16 + over * (16 - KEEP);
            if *price == 0 && *way < 0 {
                *way = 0;
            }
            norm += i128::from(*way) * i128::from(*way) * i128::from(*ease);
        }
        if norm == 0 || short <= 0 {
            self.step = self.step.min(1); // nothing is short: the bound is the cost
            return;
        }
        let factor = i128::from(self.step) * short;
        let shelves = self.now.shelf.iter_mut().zip(&self.way_shelf).zip(&self.ease_shelf);
        for ((price, way), ease) in
            shelves.chain(self.now.room.iter_mut().zip(&self.way_room).zip(&self.ease_room))
        {
            let by = factor * i128::from(*way) * i128::from(*ease) * 16 / (norm * 1024);
            *price = (*price + i64::try_from(by).unwrap_or(0)).clamp(0, HIGHEST);
        }
    }
}

/// Keeps what an order took for those who search.
fn remember(index: usize, picks: &[Pick], places: usize, taken: &mut Vec<(u32, Pick)>, used: &mut [u32]) {
    for (place, pick) in picks.iter().enumerate() {
        taken.extend(u32::try_from(index).map(|index| (index, *pick)));
        if picks.iter().take(place).all(|before| before.location != pick.location) {
            change(used, index * places + pick.location as usize, |cell| *cell += 1);
        }
    }
}

/// No price is more than anything can be worth.
const HIGHEST: i64 = 1 << (32 + SCALE);

/// The bound in minor units: a plan costs a whole number of them.
pub(super) fn whole(scaled: i128) -> i64 {
    let unit = 1_i128 << SCALE;
    i64::try_from((scaled + unit - 1).div_euclid(unit)).unwrap_or(i64::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_rounded_up_to_a_whole_cost() {
        assert_eq!([0, 1, 63, 64, 65, -63, -64].map(whole), [0, 1, 1, 1, 2, 0, -1]);
    }
}
