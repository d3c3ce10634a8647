//! One order at given prices: the set of locations that saves most against shipping nothing, exactly.
//!
//! For a set of locations every line takes its cheapest units first, so what a set saves before fixed costs is a sum of
//! weighted ranks: what one more location adds only gets less as the set grows. Two bounds follow for all sets that
//! grow from one. At most `slots` more locations add at most the sum of the `slots` largest single additions. And
//! whatever two or more of them add is at most what every missing unit would save at its best price, less the two
//! smallest fixed costs. Sets are walked in order of their additions; a branch is left when either bound is not above
//! the best found.
//!
//! An order that ships whole or not at all gets a bonus for every unit, larger than all it could save otherwise:
//! whole plans come first, and a set that reaches less than the bonus of all units is as good as none.

use crate::sourcing::batch::dense::{Dense, PLENTY, SCALE, at, change, row};
use crate::sourcing::batch::fill::{Run, added, best_fill, fill};
use crate::sourcing::batch::{Pick, WaveOrder};

/// What orders may take, and for what: rows a SKU, numbers a location.
pub(super) struct Offer<'a> {
    /// Scaled prices beside an order's own.
    pub(super) price: &'a [i64],
    /// Units.
    pub(super) left: &'a [i64],
    /// Units of all SKUs together.
    pub(super) room: &'a [i64],
    /// Whether the lines of an order share that room. A relaxation does without.
    pub(super) shared_room: bool,
}

/// What a search has decided of an order and a location.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Rule {
    /// Nothing.
    #[default]
    Free,
    /// It is not used.
    Closed,
    /// It is paid for.
    Forced,
}

/// One more location and what it adds, fixed cost paid.
#[derive(Clone, Copy, Default)]
struct Addition {
    adds: i64,
    place: usize,
}

/// A set on the way down: how its lines are filled, by rising savings, and what may be added.
#[derive(Default)]
struct Level {
    lines: Vec<Vec<Run>>,
    open: Vec<Addition>,
    value: i64,
}

/// Room to solve in, kept from order to order.
#[derive(Default)]
pub(super) struct OneOrder {
    /// The locations that have anything for the order. Below, places are places in this list.
    near: Vec<u32>,
    /// By location: the stamp of the last order for which it was listed.
    listed: Vec<u64>,
    stamp: u64,
    /// Rows a line, numbers a place: what a unit saves, and how many it can give.
    saves: Vec<i64>,
    most: Vec<i64>,
    fixed: Vec<i64>,
    adds: Vec<i64>,
    levels: Vec<Level>,
    set: Vec<usize>,
    best_set: Vec<usize>,
    best: i64,
    loose: i64,
    nodes: u32,
    offers: Vec<(i64, usize, usize)>,
    /// The best plan found.
    pub(super) picks: Vec<Pick>,
}

/// Sets tried for one order before its bound is taken for its value.
const NODES: u32 = 4_096;
/// What is saved where no plan obeys the rules: less than by any that does.
const NO_PLAN: i64 = -(1 << 60);

impl OneOrder {
    /// Solves an order; its plan is in [`OneOrder::picks`]. No plan saves more, scaled, than what is returned: exactly
    /// that one does, unless the order was given up after [`NODES`] sets. `rules` says, by location, which are not used
    /// and which are paid for in any case; an empty one leaves all free.
    pub(super) fn solve(&mut self, dense: &Dense, order: &WaveOrder, offer: &Offer, rules: &[Rule]) -> i64 {
        self.picks.clear();
        let wanted: i64 = order.lines.iter().map(|line| i64::from(line.units)).sum();
        self.list_places(dense, order, rules);
        let bonus = if order.complete { self.bonus(dense, order, offer, rules) } else { 0 };
        self.lay_out(dense, order, offer, bonus);
        let places = self.near.len();
        let slots = order.max_locations.map_or(places, |most| places.min(most as usize));
        let nothing = bonus * wanted;
        (self.best, self.loose, self.nodes) = (nothing, nothing, 0);
        self.best_set.clear();
        self.set.clear();
        if self.levels.is_empty() {
            self.levels.push(Level::default());
        }
        self.begin(order);
        let forced = if rules.is_empty() { 0 } else { self.force(rules, places) };
        if forced > slots {
            return NO_PLAN;
        }
        self.grow(0, slots - forced, places);
        let whole = self.best_set.is_empty() || self.pick(order, offer, places, bonus);
        if forced > 0 && !whole && self.loose <= self.best {
            return NO_PLAN;
        }
        self.best.max(self.loose) - nothing
    }

    /// A bonus that is more than all that a unit could save otherwise. An order that must ship may do so at any loss.
    fn bonus(&self, dense: &Dense, order: &WaveOrder, offer: &Offer, rules: &[Rule]) -> i64 {
        let all = (Dense::unmet(order) << SCALE) + 1;
        if !rules.contains(&Rule::Forced) {
            return all;
        }
        let shelves = order.lines.iter().flat_map(|line| {
            let prices = row(offer.price, line.sku as usize, dense.places);
            prices.iter().zip(&order.unit_cost).map(|(price, own)| price + (own << SCALE))
        });
        all + shelves.max().unwrap_or(0)
    }

    /// The first level: nothing ships, every place that adds anything is open.
    fn begin(&mut self, order: &WaveOrder) {
        let Some(first) = self.levels.first_mut() else { return };
        first.value = 0;
        first.lines.resize_with(order.lines.len().max(first.lines.len()), Vec::new);
        for (runs, line) in first.lines.iter_mut().zip(&order.lines) {
            runs.clear();
            runs.push(Run { saves: 0, units: line.units.into() });
        }
        first.open.clear();
        let open = self.adds.iter().enumerate().filter(|(_, adds)| **adds > 0);
        first.open.extend(open.map(|(place, adds)| Addition { adds: *adds, place }));
    }

    /// Adds the places that are paid for in any case. How many.
    fn force(&mut self, rules: &[Rule], places: usize) -> usize {
        let forced = |place: &usize, near: &[u32]| at(rules, at(near, *place) as usize) == Rule::Forced;
        let count = self.saves.len() / places.max(1);
        let Some(first) = self.levels.first_mut() else { return 0 };
        let mut old = Vec::new();
        for place in (0..places).filter(|place| forced(place, &self.near)) {
            first.value -= at(&self.fixed, place);
            for (line, runs) in first.lines.iter_mut().take(count).enumerate() {
                let cell = line * places + place;
                let new = Run { saves: at(&self.saves, cell), units: at(&self.most, cell) };
                first.value += added(runs, new.saves, new.units);
                std::mem::swap(&mut old, runs);
                fill(&old, runs, new);
            }
            self.set.push(place);
        }
        if self.set.is_empty() {
            return 0;
        }
        first.open.clear();
        for place in (0..places).filter(|place| !forced(place, &self.near)) {
            let lines = first.lines.iter().take(count).enumerate();
            let sum: i64 = lines
                .map(|(line, runs)| {
                    added(runs, at(&self.saves, line * places + place), at(&self.most, line * places + place))
                })
                .sum();
            let adds = sum - at(&self.fixed, place);
            if adds > 0 {
                first.open.push(Addition { adds, place });
            }
        }
        (self.best, self.loose) = (first.value, first.value);
        self.best_set.clone_from(&self.set);
        self.set.len()
    }

    fn list_places(&mut self, dense: &Dense, order: &WaveOrder, rules: &[Rule]) {
        self.near.clear();
        self.stamp += 1;
        self.listed.resize(dense.places, 0);
        for line in &order.lines {
            let Some(shelves) = dense.shelves.get(line.sku as usize) else { continue };
            for place in shelves {
                let Some(listed) = self.listed.get_mut(*place as usize) else { continue };
                if *listed != self.stamp && at(rules, *place as usize) != Rule::Closed {
                    *listed = self.stamp;
                    self.near.push(*place);
                }
            }
        }
        self.near.sort_unstable();
    }

    /// What every unit saves everywhere, and what every place alone adds.
    fn lay_out(&mut self, dense: &Dense, order: &WaveOrder, offer: &Offer, bonus: i64) {
        let near = &self.near;
        self.saves.clear();
        self.most.clear();
        self.fixed.clear();
        self.fixed.extend(near.iter().map(|place| at(&order.fixed_cost, *place as usize) << SCALE));
        self.adds.clear();
        self.adds.extend(self.fixed.iter().map(|cost| -cost));
        for line in &order.lines {
            let sku = line.sku as usize;
            let (worth, units) = ((line.unmet_cost << SCALE) + bonus, i64::from(line.units));
            let (price, left) = (row(offer.price, sku, dense.places), row(offer.left, sku, dense.places));
            for (place, adds) in near.iter().zip(&mut self.adds) {
                let place = *place as usize;
                let saves = worth - (at(&order.unit_cost, place) << SCALE) - at(price, place);
                let most = units.min(at(left, place)).min(at(offer.room, place));
                self.saves.push(saves);
                self.most.push(most);
                *adds += saves.max(0) * most;
            }
        }
    }

    fn keep_best(&mut self, value: i64, last: Option<usize>) {
        if value > self.best {
            self.best = value;
            self.best_set.clone_from(&self.set);
            self.best_set.extend(last);
        }
    }

    /// Tries every set that grows from the one at `depth` by at most `slots` locations.
    fn grow(&mut self, depth: usize, slots: usize, places: usize) {
        let Some(level) = self.levels.get_mut(depth) else { return };
        let mut level = std::mem::take(level);
        if slots > 0
            && let Some(top) = best_of(&level.open)
        {
            self.keep_best(level.value + top.adds, Some(top.place));
            if slots > 1 && level.open.len() > 1 {
                self.branch(&mut level, depth, slots, places);
            }
        }
        if let Some(place) = self.levels.get_mut(depth) {
            *place = level;
        }
    }

    fn branch(&mut self, level: &mut Level, depth: usize, slots: usize, places: usize) {
        let full = level.value.saturating_add(self.at_best_prices(level, places));
        let (least, second) = two_least(level.open.iter().map(|open| at(&self.fixed, open.place)));
        if full - least - second <= self.best {
            return;
        }
        level.open.sort_unstable_by_key(|open| (-open.adds, open.place));
        for (index, first) in level.open.iter().enumerate() {
            let rest = level.open.get(index + 1..).unwrap_or_default();
            let tops = rest.iter().take(slots - 1).fold(0_i64, |sum, open| sum.saturating_add(open.adds));
            let sum = level.value.saturating_add(first.adds).saturating_add(tops);
            let own = at(&self.fixed, first.place);
            let beside = if own == least { second } else { least };
            if sum <= self.best || rest.is_empty() {
                return;
            }
            if self.nodes >= NODES {
                self.loose = self.loose.max(sum.min(full - least - second));
                return;
            }
            if full - own - beside <= self.best {
                continue;
            }
            self.nodes += 1;
            self.descend(level, first, rest, depth + 1, places);
            self.set.push(first.place);
            self.grow(depth + 1, slots - 1, places);
            self.set.pop();
        }
    }

    /// What all units that could save more would save at most, if no place cost anything to open.
    fn at_best_prices(&self, level: &Level, places: usize) -> i64 {
        let rows = self.saves.chunks_exact(places.max(1)).zip(self.most.chunks_exact(places.max(1)));
        let lines = level.lines.iter().zip(rows);
        let best = |(runs, (saves, most)): (&Vec<Run>, (&[i64], &[i64]))| {
            best_fill(runs, || level.open.iter().map(|open| open.place), saves, most)
        };
        lines.map(best).fold(0, i64::saturating_add)
    }

    /// Lays out the level below: `first` added, of `rest` what still adds anything.
    fn descend(&mut self, level: &Level, first: &Addition, rest: &[Addition], depth: usize, places: usize) {
        if self.levels.len() <= depth {
            self.levels.push(Level::default());
        }
        let Some(below) = self.levels.get_mut(depth) else { return };
        below.value = level.value + first.adds;
        below.lines.resize_with(level.lines.len().max(below.lines.len()), Vec::new);
        let count = self.saves.len() / places.max(1);
        for (line, (from, to)) in level.lines.iter().zip(&mut below.lines).take(count).enumerate() {
            let cell = line * places + first.place;
            fill(from, to, Run { saves: at(&self.saves, cell), units: at(&self.most, cell) });
        }
        below.open.clear();
        for open in rest {
            let mut adds = -at(&self.fixed, open.place);
            for (line, runs) in below.lines.iter().take(count).enumerate() {
                let cell = line * places + open.place;
                adds += added(runs, at(&self.saves, cell), at(&self.most, cell));
            }
            if adds > 0 {
                below.open.push(Addition { adds, place: open.place });
            }
        }
    }

    /// Writes down the best set's plan, dearest savings first. Whether it is whole, if it has to be.
    fn pick(&mut self, order: &WaveOrder, offer: &Offer, places: usize, bonus: i64) -> bool {
        self.offers.clear();
        for line in 0..order.lines.len() {
            for place in &self.best_set {
                let saves = at(&self.saves, line * places + place);
                if saves > 0 {
                    self.offers.push((-saves, line, *place));
                }
            }
        }
        self.offers.sort_unstable();
        let mut missing: i64 = 0;
        for (index, line) in order.lines.iter().enumerate() {
            let mut wanted = i64::from(line.units);
            for (_, _, place) in self.offers.iter().filter(|(_, line, _)| *line == index) {
                let mut units = wanted.min(at(&self.most, index * places + place));
                if offer.shared_room {
                    let taken = self.picks.iter().filter(|pick| pick.location == at(&self.near, *place));
                    let taken: i64 = taken.map(|pick| i64::from(pick.units)).sum();
                    units = units.min(at(offer.room, at(&self.near, *place) as usize).min(PLENTY) - taken);
                }
                if let (1.., Ok(count)) = (units, u32::try_from(units)) {
                    let (line, location) = (index as u32, at(&self.near, *place));
                    self.picks.push(Pick { line, location, units: count });
                    wanted -= units;
                }
            }
            missing += wanted;
        }
        let whole = bonus == 0 || missing == 0;
        if !whole {
            self.picks.clear();
        }
        whole
    }
}

fn best_of(open: &[Addition]) -> Option<Addition> {
    open.iter().copied().reduce(|best, next| if next.adds > best.adds { next } else { best })
}

fn two_least(costs: impl Iterator<Item = i64>) -> (i64, i64) {
    costs.fold((i64::MAX / 4, i64::MAX / 4), |(least, second), cost| match cost {
        _ if cost < least => (cost, least),
        _ => (least, second.min(cost)),
    })
}

/// Adds or takes units of a plan in rows a SKU.
pub(super) fn book(
    dense: &Dense,
    order: &WaveOrder,
    picks: &[Pick],
    sign: i64,
    left: &mut [i64],
    room: &mut [i64],
) {
    for pick in picks {
        let place = pick.location as usize;
        let Some(line) = order.lines.get(pick.line as usize) else { continue };
        let units = sign * i64::from(pick.units);
        change(left, line.sku as usize * dense.places + place, |cell| *cell += units);
        change(room, place, |cell| *cell += units);
    }
}
