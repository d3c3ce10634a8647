//! Which parts of the free units a promotion can be shown, one after the other.

use std::cmp::Ordering;

use crate::promotion::Promotion;
use crate::promotion::benefit::{Benefit, Pick};
use crate::promotion::fits::picked;
use crate::promotion::state::{Buffers, Ground, State, at, refill};

/// The ways to show a promotion units. Units of a line that cost the same now and have given the same away can be
/// exchanged for each other and nothing changes but their names, so a way is a number for each such class of units:
/// from all of every class, which is what the rule itself sees, down to one unit of the last class.
///
/// A way of which some shown units go unused comes to the same as the way without them where the rule's pick says so
/// ([`Options::is_used_up`]); that one comes later.
#[derive(Debug, Default)]
pub(super) struct Options {
    /// The units that can be shown, class by class.
    units: Vec<usize>,
    /// How many units of each class there are, and how many of them are shown.
    counts: Vec<(usize, usize)>,
    /// Which units are shown; empty: all.
    shown: Vec<bool>,
    all: usize,
}

impl Options {
    /// No way but the rule's own.
    pub fn none(&mut self) {
        self.units.clear();
        self.counts.clear();
        self.shown.clear();
        self.all = 0;
    }

    /// All ways on a state; the first is the rule's own.
    pub fn of(&mut self, ground: &Ground<'_>, rule: &Promotion, state: &State) {
        self.none();
        self.all = ground.units.len();
        let claims = ground.claims(rule);
        for (place, line, range) in ground.lines() {
            let mut fits = false;
            for benefit in &rule.gives {
                if let Benefit::Off { pick, .. } = benefit {
                    picked(pick, &mut |of| fits |= ground.fits.of(of)(place, line));
                }
            }
            if fits {
                let free = |unit: &usize| claims.free(&state.claimed, ground.words, *unit);
                self.units.extend(range.filter(free));
            }
        }
        let words = |unit: usize| state.claimed.get(unit * ground.words..(unit + 1) * ground.words);
        let alike = |a: usize, b: usize| {
            let line = ground.unit(a).line.cmp(&ground.unit(b).line);
            line.then_with(|| at(&state.current, a).cmp(&at(&state.current, b)))
                .then_with(|| words(a).cmp(&words(b)))
        };
        self.units.sort_unstable_by(|&a, &b| alike(a, b).then(a.cmp(&b)));
        let classes = self.units.chunk_by(|&a, &b| alike(a, b) == Ordering::Equal);
        self.counts.extend(classes.map(|class| (class.len(), class.len())));
    }

    /// Whether a way is left.
    pub fn more(&self) -> bool {
        self.counts.iter().any(|(_, shown)| *shown > 0)
    }

    /// Goes to the next way: of all that the pick can use, the next smaller number read from the first class on. False once
    /// there is none.
    pub fn next(&mut self, rule: &Promotion) -> bool {
        let sum: usize = self.counts.iter().map(|(_, shown)| shown).sum();
        let most = match rule.gives.as_slice() {
            [Benefit::Off { pick: Pick::Some { units, .. }, .. }] => usize::try_from(*units).unwrap_or(sum),
            _ => usize::MAX,
        };
        // One less in the last class that shows any, and in those after it as many as may be.
        let last = self.counts.iter().rposition(|(_, shown)| *shown > 0);
        let (mut left, mut after) = (most, sum > most);
        for (place, (all, shown)) in self.counts.iter_mut().enumerate() {
            if after {
                *shown = left.min(*all);
            } else if Some(place) == last {
                *shown -= 1;
                after = true;
            }
            left = left.saturating_sub(*shown);
        }
        if !self.more() {
            return false;
        }
        refill(&mut self.shown, self.all, false);
        let mut units = self.units.as_slice();
        for &(all, shown) in &self.counts {
            let (class, rest) = units.split_at(all.min(units.len()));
            units = rest;
            for &unit in class.iter().take(shown) {
                if let Some(shown) = self.shown.get_mut(unit) {
                    *shown = true;
                }
            }
        }
        true
    }

    /// Which units are shown; empty: all.
    pub fn shown(&self) -> &[bool] {
        &self.shown
    }

    /// Whether all shown units were used. Of those that a buy-and-get or a set left over none mattered: the rule picks
    /// the same ones when it sees only these.
    pub fn is_used_up(&self, rule: &Promotion, made: &Buffers) -> bool {
        match rule.gives.as_slice() {
            [Benefit::Off { pick: Pick::BuyGet { .. } | Pick::Sets { .. }, .. }] => {
                self.shown.iter().zip(&made.served).all(|(shown, served)| served == shown)
            }
            _ => true,
        }
    }
}
