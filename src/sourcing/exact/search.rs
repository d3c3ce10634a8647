//! Branch and bound: places first, then steps of tariffs, then pieces.
//!
//! A node is a [`Front`]. Where some place is undecided, the first child opens the place that the bound uses most
//! and the second closes it, with every place that it could stand in for. Where all are decided, a node is halved
//! between steps of a tariff or between pieces (see `leaf.rs`). The second half is worked on in place, so that the
//! stack grows only by what is opened.

use super::bound::Seen;
use super::dense::{Dense, SCALE};
use super::fill::Fill;
use super::front::Front;
use super::weigh::Weighed;

/// A plan that was found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Best {
    /// Minor units.
    pub cost: i64,
    /// Place, item, pieces.
    pub ships: Vec<(usize, usize, i64)>,
}

/// How a search ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum End {
    /// Nothing costs less than the best plan; without one, nothing fits.
    Proven,
    /// The budget ended. Nothing costs less than this, minor units.
    Budget(i64),
}

/// One half of a node.
#[derive(Clone, Copy, Debug)]
pub(super) enum Turn {
    /// A place is paid for.
    Open(usize),
    /// A place is not used.
    Close(usize),
    /// Most pieces of an item from a place: place, item, pieces.
    AtMost(usize, usize, i64),
    /// Fewest pieces of an item from a place: place, item, pieces.
    AtLeast(usize, usize, i64),
    /// The steps of a place's tariff from this one on.
    From(usize, usize),
    /// The steps of a place's tariff up to this one.
    UpTo(usize, usize),
}

/// What became of a node.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Next {
    /// Its first half is a node one level down.
    Down,
    /// Its first half is empty; go on with the other.
    Other,
    /// Nothing better is left in it.
    Done,
}

/// A node, and what was learnt of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Level {
    pub front: Front,
    /// Prices of a piece, item by item, scaled.
    pub prices: Vec<i64>,
    /// Prices of a gram and of a unit, row by row, scaled; empty until all places are decided.
    pub rates: Vec<(i64, i64)>,
    /// No plan in what is left of this node costs less, scaled.
    pub bound: i64,
    /// The half that was put off.
    pub turn: Option<Turn>,
}

/// The search and its scratch: once warm, it allocates nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Search {
    /// The best plan of the last run.
    pub best: Option<Best>,
    /// Evaluations of a bound in this and earlier runs: the node count that a budget limits.
    pub spent: u64,
    /// A plan to begin with: place, item, pieces. Taken by the next run.
    pub given: Vec<(usize, usize, i64)>,
    /// A plan that costs no more than this needs no proof.
    pub enough: i64,
    pub(super) budget: u64,
    pub(super) levels: Vec<Level>,
    pub(super) seen: Seen,
    pub(super) weighed: Weighed,
    pub(super) fill: Fill,
    /// Places that were closed and have not yet closed others.
    pub(super) closed: Vec<usize>,
    /// Items in the order in which plans are filled: what is hardest to place first.
    pub(super) order: Vec<usize>,
    /// By these: shipped in units, how many places have it, its number.
    pub(super) hardest: Vec<(bool, usize, usize)>,
    /// The root is made and a plan is filled: greed has just found it.
    pub(super) begun: bool,
    pub(super) chosen: Vec<bool>,
    pub(super) missing: Vec<i64>,
    pub(super) climb: super::climb::Climb,
    pub(super) lean: Vec<(f64, f64)>,
    pub(super) trial_rates: Vec<(i64, i64)>,
    spare_best: Option<Best>,
}

impl Search {
    /// Searches until the best plan is proven or so many more evaluations were made.
    pub(crate) fn run(&mut self, dense: &Dense, budget: u64) -> End {
        self.budget = self.spent.saturating_add(budget);
        self.spare_best = self.best.take().or(self.spare_best.take());
        self.climb.begin();
        if std::mem::take(&mut self.begun) {
            self.keep_best(); // what greed found
        } else if !self.begin(dense) {
            self.given.clear();
            return End::Proven;
        }
        self.try_given(dense);
        self.try_alone(dense);
        self.first_prices(dense);
        let (mut depth, mut fresh) = (0, true);
        loop {
            if self.best.as_ref().is_some_and(|best| best.cost <= self.enough) {
                return End::Proven;
            }
            if self.spent >= self.budget {
                let bound = self.levels.iter().take(depth + 1).map(|level| level.bound).min().unwrap_or(0);
                return End::Budget(whole(bound.max(0)));
            }
            match self.node(dense, depth, fresh) {
                Next::Down => {
                    depth += 1;
                    fresh = true;
                    continue;
                }
                Next::Other => {}
                Next::Done => match depth.checked_sub(1) {
                    Some(above) => depth = above,
                    None => return End::Proven,
                },
            }
            // The other half, of this node or of the nearest above that has one.
            fresh = false;
            while !self.take_turn(dense, depth) {
                match depth.checked_sub(1) {
                    Some(above) => depth = above,
                    None => return End::Proven,
                }
            }
        }
    }

    /// A plan is worth finding up to this, scaled.
    pub(super) fn cutoff(&self) -> i64 {
        self.best.as_ref().map_or(i64::MAX / 4, |best| (best.cost - 1).saturating_mul(SCALE))
    }

    /// Bounds a node and, if it may hold something better, halves it.
    fn node(&mut self, dense: &Dense, depth: usize, fresh: bool) -> Next {
        if self.levels.len() < depth + 2 {
            self.levels.resize_with(depth + 2, Level::default);
        }
        let Some(mut level) = self.levels.get_mut(depth).map(std::mem::take) else { return Next::Done };
        let next = self.halve(dense, depth, fresh, &mut level);
        if let Some(slot) = self.levels.get_mut(depth) {
            *slot = level;
        }
        match next {
            Next::Down if !self.take_turn(dense, depth + 1) => Next::Other,
            Next::Down | Next::Other | Next::Done => next,
        }
    }

    fn halve(&mut self, dense: &Dense, depth: usize, fresh: bool, level: &mut Level) -> Next {
        let decided = |level: &Level| level.front.rows.iter().all(|row| row.open);
        if !decided(level) && self.ascend(dense, level, depth == 0 && fresh) {
            return Next::Done;
        }
        let halves = if decided(level) { self.leaf(dense, level) } else { self.place_to_decide(level) };
        let Some((first, second)) = halves else { return Next::Done };
        let leaf = decided(level);
        level.turn = Some(second);
        if let Some(child) = self.levels.get_mut(depth + 1) {
            child.front.copy_from(&level.front);
            child.prices.clone_from(&level.prices);
            child.rates.clear();
            if leaf {
                child.rates.extend_from_slice(&level.rates);
            }
            child.bound = level.bound;
            child.turn = Some(first);
        }
        Next::Down
    }

    /// The free place that the bound uses most; the first half opens it.
    fn place_to_decide(&self, level: &Level) -> Option<(Turn, Turn)> {
        let free = level.front.rows.iter().enumerate().filter(|(_, row)| !row.open);
        let pull = |at: usize| self.seen.pull.get(at).copied().unwrap_or(0);
        let most = free.max_by(|(a, _), (b, _)| {
            let by_weight = self.climb.weight(*a).total_cmp(&self.climb.weight(*b));
            by_weight.then(pull(*b).cmp(&pull(*a))).then(b.cmp(a))
        });
        most.map(|(_, row)| (Turn::Open(row.place), Turn::Close(row.place)))
    }

    /// Takes the half of a node that was put off; false if there is none, or it is empty.
    fn take_turn(&mut self, dense: &Dense, depth: usize) -> bool {
        let Some(level) = self.levels.get_mut(depth) else { return false };
        self.closed.clear();
        match level.turn.take() {
            None => return false,
            Some(Turn::Open(place)) => level.front.open(place),
            Some(Turn::Close(place)) => {
                level.front.keep(|_, row| row.place != place);
                self.closed.push(place);
            }
            Some(Turn::From(place, first)) => level.front.change(place, |row| row.first = first),
            Some(Turn::UpTo(place, last)) => level.front.change(place, |row| {
                row.last = last;
                row.bound = true;
            }),
            Some(Turn::AtMost(place, item, most)) => {
                if let Some(at) = level.front.row_of(place) {
                    level.front.most.set(at, item, most);
                }
            }
            Some(Turn::AtLeast(place, item, least)) => {
                if let Some(at) = level.front.row_of(place) {
                    level.front.least.set(at, item, least);
                }
                level.front.change(place, |row| row.bound = true);
            }
        }
        level.front.tighten(dense) && level.front.settle(dense, &mut self.closed)
    }

    /// Keeps the plan just filled if it is the best.
    pub(super) fn keep_best(&mut self) -> bool {
        if self.best.as_ref().is_some_and(|best| best.cost <= self.fill.cost) {
            return false;
        }
        let mut best = self.best.take().or(self.spare_best.take()).unwrap_or_default();
        best.cost = self.fill.cost;
        best.ships.clear();
        best.ships.extend(self.fill.ships());
        self.best = Some(best);
        true
    }
}

/// A scaled bound in whole minor units: no plan costs less.
fn whole(scaled: i64) -> i64 {
    scaled.div_euclid(SCALE) + i64::from(scaled.rem_euclid(SCALE) > 0)
}
