//! A node whose places are all decided: which parcel weighs how much, and which pieces are in it.

use super::climb::{Pace, aim};
use super::dense::Dense;
use super::front::{Front, Row};
use super::search::{Level, Search, Turn};

/// Evaluations a node.
const ROUNDS: usize = 7;
/// A unit too many weighs as much as so many grams when prices are moved.
const UNIT: f64 = 100.0;

impl Search {
    /// Bounds the node; its two halves if it may hold something better.
    pub(super) fn leaf(&mut self, dense: &Dense, level: &mut Level) -> Option<(Turn, Turn)> {
        let new = level.rates.len() != level.front.rows.len();
        if new {
            if !level.front.tighten(dense) {
                return None;
            }
            level.rates.clear();
            let slope = |row: &Row| dense.places.get(row.place).map_or(0, |site| site.slope);
            level.rates.extend(level.front.rows.iter().map(|row| (slope(row), 0)));
        }
        if self.weigh(dense, level, new) {
            return None;
        }
        let halves = self.split(dense, &level.front);
        if halves.is_none() && self.fill.take_pieces(dense, &level.front, &level.front.least, i64::MAX, false)
        {
            self.keep_best(); // everything was ruled out but one way
        }
        halves
    }

    /// Improves the prices of weight; true if nothing better is left.
    fn weigh(&mut self, dense: &Dense, level: &mut Level, new: bool) -> bool {
        let mut pace = Pace::new(3, 0.5);
        self.lean.clear();
        self.lean.resize(level.front.rows.len(), (0.0, 0.0));
        self.trial_rates.clone_from(&level.rates);
        self.weighed.read(dense, &level.front);
        for _ in 0..ROUNDS {
            if self.spent >= self.budget {
                return false;
            }
            let value = self.weighed.evaluate(dense, &level.front, &self.trial_rates);
            self.spent += 1;
            if pace.took(value) {
                level.rates.clone_from(&self.trial_rates);
                level.bound = level.bound.max(value);
            }
            if level.bound > self.cutoff() {
                return true;
            }
            if !self.move_rates(dense, &level.front, value, pace.step) {
                break;
            }
        }
        self.spent += 1;
        let value = self.weighed.evaluate(dense, &level.front, &level.rates);
        level.bound = level.bound.max(value);
        let best = self.best.as_ref().map_or(i64::MAX, |best| best.cost);
        let worth = best.saturating_add(best / 64);
        if self.fill.take_pieces(dense, &level.front, &self.weighed.pieces, worth, new) {
            self.keep_best();
        }
        let cutoff = self.cutoff();
        if level.bound > cutoff {
            return true;
        }
        let known = cutoff < i64::MAX / 8 && value <= cutoff;
        let drawn = known && self.weighed.rule_out(dense, &mut level.front, &level.rates, cutoff - value);
        drawn && !level.front.tighten(dense)
    }

    /// Moves the prices on trial; false if no parcel is off what the bound pays for.
    fn move_rates(&mut self, dense: &Dense, front: &Front, value: i64, step: f64) -> bool {
        let mut norm = 0.0;
        for (at, (row, lean)) in front.rows.iter().zip(&mut self.lean).enumerate() {
            let (grams, units) = self.weighed.excess(dense, row, at);
            lean.0 = 0.35 * lean.0 + 0.65 * grams as f64;
            lean.1 = 0.35 * lean.1 + 0.65 * units as f64;
            norm += lean.0 * lean.0 + lean.1 * lean.1 * UNIT * UNIT;
        }
        if norm < 0.5 {
            return false;
        }
        let length = step * (aim(self.cutoff(), value) - value) as f64 / norm;
        for ((row, lean), rate) in front.rows.iter().zip(&self.lean).zip(&mut self.trial_rates) {
            let Some(site) = dense.places.get(row.place) else { continue };
            if !site.steps.is_empty() {
                rate.0 = rate.0.saturating_add((length * lean.0) as i64).clamp(0, dense.gram_max);
            }
            if site.capacity < i64::MAX {
                rate.1 =
                    rate.1.saturating_add((length * lean.1 * UNIT * UNIT) as i64).clamp(0, dense.unit_max);
            }
        }
        true
    }

    /// The two halves of a node, the likelier one first; nothing if everything is decided.
    fn split(&self, dense: &Dense, front: &Front) -> Option<(Turn, Turn)> {
        self.split_apart(dense, front)
            .or_else(|| self.split_steps(dense, front))
            .or_else(|| self.split_pieces(dense, front))
    }

    /// Items that may not leave together, where they do.
    fn split_apart(&self, dense: &Dense, front: &Front) -> Option<(Turn, Turn)> {
        for (at, row) in front.rows.iter().enumerate() {
            let here = |item: usize| self.weighed.pieces.at(at, item) > 0;
            if let Some((one, _)) = dense.apart.iter().find(|(one, other)| here(*one) && here(*other)) {
                return Some((Turn::AtMost(row.place, *one, 0), Turn::AtLeast(row.place, *one, 1)));
            }
        }
        None
    }

    /// Between steps of the tariff where the bound is furthest from what is shipped.
    fn split_steps(&self, dense: &Dense, front: &Front) -> Option<(Turn, Turn)> {
        let gap = |at: usize| self.weighed.gap.get(at).copied().unwrap_or(0);
        let open = front.rows.iter().enumerate().filter(|(at, row)| row.first < row.last && gap(*at) > 0);
        let (at, row) = open.max_by_key(|(at, _)| (gap(*at), usize::MAX - at))?;
        let grams = self.weighed.grams.get(at).copied()?;
        let steps = &dense.places.get(row.place)?.steps;
        let holds = steps.partition_point(|(up_to, _)| *up_to < grams);
        let pays = self.weighed.step.get(at).copied()?;
        let cut = if pays < holds { holds - 1 } else { holds }.clamp(row.first, row.last - 1);
        let (low, high) = (Turn::UpTo(row.place, cut), Turn::From(row.place, cut + 1));
        Some(if pays <= cut { (low, high) } else { (high, low) })
    }

    /// The heaviest pieces that could also leave from elsewhere, first where too much is shipped.
    fn split_pieces(&self, dense: &Dense, front: &Front) -> Option<(Turn, Turn)> {
        let mut worst: Option<((bool, i64), usize, usize)> = None;
        for (at, row) in front.rows.iter().enumerate() {
            let Some(site) = dense.places.get(row.place) else { continue };
            let too_heavy = self.weighed.grams.get(at).is_some_and(|grams| *grams > row.limit(site));
            let too_many = self.weighed.units.get(at).is_some_and(|units| *units > site.capacity);
            for (item, what) in dense.items.iter().enumerate() {
                let (least, most) = (front.least.at(at, item), front.most.at(at, item));
                let over = (too_heavy || too_many) && self.weighed.pieces.at(at, item) > least;
                if least < most && worst.is_none_or(|(score, ..)| (over, what.grams) > score) {
                    worst = Some(((over, what.grams), at, item));
                }
            }
        }
        let (_, at, item) = worst?;
        let place = front.rows.get(at)?.place;
        let now = self.weighed.pieces.at(at, item);
        let cut = now.clamp(front.least.at(at, item) + 1, front.most.at(at, item));
        let (less, more) = (Turn::AtMost(place, item, cut - 1), Turn::AtLeast(place, item, cut));
        Some(if now < cut { (less, more) } else { (more, less) })
    }
}
