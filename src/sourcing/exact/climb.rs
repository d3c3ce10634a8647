//! Better prices for a node whose places are not all decided, and what they rule out.
//!
//! Subgradient ascent with Polyak's step towards the best plan, along a running mean of the directions; what a
//! place or piece would cost beyond the bound (its reduced cost) closes it for good below this node.

use super::dense::{Dense, SCALE};
use super::search::{Level, Search};

/// Rounds at the root.
const ROUNDS: usize = 25;
/// A plan is tried in every so manieth round.
const PLAN_EVERY: usize = 4;

/// Scratch of the ascent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Climb {
    trial: Vec<i64>,
    push: Vec<f64>,
    weight: Vec<f64>,
    /// Prints of the sets of places that plans were tried from.
    tried: Vec<u64>,
}

impl Climb {
    pub(super) fn begin(&mut self) {
        self.tried.clear();
    }

    /// How much the bound used a row of late, 0 to 1.
    pub(super) fn weight(&self, at: usize) -> f64 {
        self.weight.get(at).copied().unwrap_or(0.0)
    }
}

impl Search {
    /// Improves the prices of a node; true if nothing better is left in it.
    pub(super) fn ascend(&mut self, dense: &Dense, level: &mut Level, root: bool) -> bool {
        let mut climb = std::mem::take(&mut self.climb);
        let done = self.climb(dense, level, root, &mut climb);
        self.climb = climb;
        done || level.bound > self.cutoff()
    }

    fn climb(&mut self, dense: &Dense, level: &mut Level, root: bool, climb: &mut Climb) -> bool {
        let mut pace = Pace::new(4, 0.6);
        climb.trial.clone_from(&level.prices);
        climb.weight.clear();
        climb.weight.resize(level.front.rows.len(), 0.0);
        climb.push.clear();
        climb.push.resize(dense.items.len(), 0.0);
        // Where little is undecided, to decide it is as cheap as better prices.
        let undecided = level.front.rows.iter().filter(|row| !row.open).count();
        for round in 0..if root { ROUNDS } else { (5 + undecided).min(14) } {
            if self.spent >= self.budget {
                return false;
            }
            let value = self.seen.evaluate(dense, &level.front, &climb.trial);
            self.spent += 1;
            for (weight, used) in climb.weight.iter_mut().zip(&self.seen.used) {
                *weight = 0.85 * *weight + if *used { 0.15 } else { 0.0 };
            }
            if pace.took(value) {
                level.prices.clone_from(&climb.trial);
                level.bound = level.bound.max(value);
            }
            if level.bound > self.cutoff() {
                return true;
            }
            if root || round % PLAN_EVERY == 0 {
                self.plan(dense, level, climb);
            }
            let cutoff = self.cutoff();
            if level.bound > cutoff || !self.rule_out(dense, level, value, cutoff, climb) {
                return true;
            }
            if pace.step < 0.01 || !self.step(dense, climb, value, cutoff, pace.step) {
                break;
            }
        }
        false
    }

    /// Moves the prices on trial; false if the bound ships just what is asked for, so that no move helps.
    fn step(&self, dense: &Dense, climb: &mut Climb, value: i64, cutoff: i64, step: f64) -> bool {
        let mut norm = 0.0;
        for ((push, item), shipped) in climb.push.iter_mut().zip(&dense.items).zip(&self.seen.shipped) {
            *push = 0.35 * *push + 0.65 * (item.pieces as f64 - shipped);
            norm += *push * *push;
        }
        if norm < 1e-9 {
            return false;
        }
        let length = step * (aim(cutoff, value) - value) as f64 / norm;
        for ((price, push), item) in climb.trial.iter_mut().zip(&climb.push).zip(&dense.items) {
            // A price beyond all costs adds nothing; it only must not run away.
            let most = dense.price_max / item.pieces.max(1);
            *price = price.saturating_add((length * push) as i64).clamp(-most, most);
            if let Some(unmet) = item.unmet {
                *price = (*price).min(unmet * SCALE);
            }
        }
        true
    }

    /// Tries the plan that the bound hints at, unless that set of places was tried.
    fn plan(&mut self, dense: &Dense, level: &Level, climb: &mut Climb) {
        let print = level.front.print(&self.seen.used);
        if climb.tried.contains(&print) {
            return;
        }
        if climb.tried.len() >= 64 {
            climb.tried.clear();
        }
        climb.tried.push(print);
        let worth = self.best.as_ref().map_or(i64::MAX, |best| best.cost + best.cost / 16);
        if self.fill.build(dense, &level.front, &self.seen.used, &self.order, worth) {
            self.keep_best();
        }
    }

    /// Closes and opens places, and limits what may stay unmet, by what each would add to the bound at the prices
    /// on trial. False: nothing fits any more.
    fn rule_out(
        &mut self,
        dense: &Dense,
        level: &mut Level,
        value: i64,
        cutoff: i64,
        climb: &mut Climb,
    ) -> bool {
        if cutoff >= i64::MAX / 8 {
            return true;
        }
        let slack = cutoff - value;
        if slack < 0 {
            return true; // an older, better bound of this node is what counts
        }
        for ((item, price), unmet) in dense.items.iter().zip(&climb.trial).zip(&mut level.front.unmet) {
            let extra = item.unmet.map_or(0, |cost| cost * SCALE - price);
            if extra > 0 {
                *unmet = (*unmet).min(slack / extra);
            }
        }
        self.closed.clear();
        let mut opened = false;
        for (at, row) in level.front.rows.iter_mut().enumerate().filter(|(_, row)| !row.open) {
            let pull = self.seen.pull.get(at).copied().unwrap_or(0);
            if self.seen.used.get(at) == Some(&true) {
                // Without it, the best that found no slot comes in.
                if self.seen.first_out - pull > slack {
                    row.open = true;
                    level.front.slots = level.front.slots.saturating_sub(1);
                    opened = true;
                }
            } else if pull - self.seen.last_slot > slack {
                // With it, the worst that took a slot goes.
                self.closed.push(row.place);
            }
        }
        if !opened && self.closed.is_empty() {
            return true;
        }
        let closed = &self.closed;
        level.front.keep(|_, row| !closed.contains(&row.place));
        climb.weight.clear();
        climb.weight.resize(level.front.rows.len(), 0.0);
        level.front.settle(dense, &mut self.closed)
    }
}

/// How far an ascent steps: shorter after a few values that were little or no better.
pub(super) struct Pace {
    /// The length of a step, in parts of the way to the aim.
    pub step: f64,
    highest: i64,
    stale: u32,
    patience: u32,
    shorter: f64,
}

impl Pace {
    pub(super) fn new(patience: u32, shorter: f64) -> Pace {
        Pace { step: 1.0, highest: i64::MIN, stale: 0, patience, shorter }
    }

    /// Takes note of a value; whether it is the highest yet.
    pub(super) fn took(&mut self, value: i64) -> bool {
        let little = self.highest > i64::MIN && value.saturating_sub(self.highest) < value >> 13;
        self.stale = if little { self.stale + 1 } else { 0 };
        if self.stale >= self.patience {
            self.step *= self.shorter;
            self.stale = 0;
        }
        let better = value > self.highest;
        self.highest = self.highest.max(value);
        better
    }
}

/// What a step aims at: the best plan, or somewhat higher where there is none.
pub(super) fn aim(cutoff: i64, value: i64) -> i64 {
    if cutoff < i64::MAX / 8 { cutoff + SCALE } else { value + (value.abs() >> 3) + SCALE * 64 }
}
