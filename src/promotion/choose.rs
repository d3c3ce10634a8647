//! Which promotions are applied by priority; what was chosen.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::promotion::give::give;
use crate::promotion::state::{Buffers, Ground, State};
use crate::promotion::{Objective, Promotion};

/// What was chosen.
#[derive(Debug, Default)]
pub(super) struct Choice {
    /// The promotions in the order of application, as places in the list of candidates.
    pub places: Vec<usize>,
    /// For each of them: which units it is shown; empty: all.
    pub shown: Vec<Vec<bool>>,
    /// Money off lines and shipping.
    pub value: i64,
    /// What no set can exceed; the value itself if that is proven.
    pub bound: i64,
    /// How many promotions were tried on a state.
    pub nodes: u64,
    /// The one that is applied alone because it came first by priority.
    pub alone: bool,
}

impl Choice {
    pub fn clear(&mut self) {
        self.places.clear();
        self.shown.iter_mut().for_each(Vec::clear);
        (self.value, self.bound, self.nodes, self.alone) = (0, 0, 0, false);
    }

    /// Which units the `nth` is shown; `None`: all.
    pub fn shown(&self, nth: usize) -> Option<&[bool]> {
        self.shown.get(nth).map(Vec::as_slice).filter(|shown| !shown.is_empty())
    }
}

/// How good a set is; a larger one is better.
pub(super) type Worth = (i64, i64, i64);

/// Money off, then what the objective asks for.
pub(super) fn worth(state: &State, objective: Objective) -> Worth {
    let pieces = i64::try_from(state.pieces).unwrap_or(i64::MAX);
    match objective {
        Objective::PriceGiftsHouse => (state.value, pieces, -state.house),
        Objective::PriceHouseGifts => (state.value, -state.house, pieces),
    }
}

pub(super) struct Chooser<'a, 'g> {
    pub ground: &'a Ground<'g>,
    /// In the order of application.
    pub candidates: &'a [Arc<Promotion>],
    /// The first is the untouched cart.
    pub states: &'a mut Vec<State>,
    pub buffers: &'a mut Buffers,
}

impl Chooser<'_, '_> {
    /// Each whose condition holds at its turn, or an exclusive one alone. What it makes of the cart is the second state.
    pub fn by_priority(&mut self, choice: &mut Choice) {
        let rank = |rule: &Promotion, other: &Promotion| {
            rule.priority.cmp(&other.priority).then_with(|| other.promotion.cmp(&rule.promotion))
        };
        let mut alone: Option<(usize, &Promotion)> = None;
        let candidates = self.candidates;
        for (place, rule) in candidates.iter().enumerate().filter(|(_, rule)| rule.exclusive) {
            if alone.is_none_or(|(_, best)| rank(rule, best) == Ordering::Greater) && self.gives(rule, 0) {
                alone = Some((place, rule));
            }
        }
        if let Some((place, rule)) = alone {
            self.gives(rule, 0); // others were tried since
            self.advance(0, rule);
            choice.places.push(place);
            choice.alone = true;
        } else {
            self.copy(0, 1);
            for (place, rule) in candidates.iter().enumerate() {
                if rule.exclusive || self.is_barred(rule, &choice.places) || !self.gives(rule, 1) {
                    continue;
                }
                if let Some(state) = self.states.get_mut(1) {
                    state.apply(self.ground, rule, self.buffers);
                }
                choice.places.push(place);
                if rule.stop_after {
                    break;
                }
            }
        }
        choice.value = self.states.get(1).map_or(0, |state| state.value);
        choice.bound = choice.value;
    }

    /// Whether a promotion's condition holds on a state and it gives something there; that is then in the buffers.
    pub fn gives(&mut self, rule: &Promotion, state: usize) -> bool {
        self.states.get(state).is_some_and(|state| {
            self.ground.holds(rule, state) && give(self.ground, rule, state, None, self.buffers)
        })
    }

    fn copy(&mut self, from: usize, to: usize) {
        while self.states.len() <= to {
            self.states.push(State::default());
        }
        if let [before, .., after] = self.states.get_mut(from..=to).unwrap_or_default() {
            after.copy_from(before);
        }
    }

    /// Applies what is in the buffers to a copy of a state, which is the next one.
    pub fn advance(&mut self, from: usize, rule: &Promotion) {
        self.copy(from, from + 1);
        if let Some(state) = self.states.get_mut(from + 1) {
            state.apply(self.ground, rule, self.buffers);
        }
    }

    fn is_barred(&self, rule: &Promotion, chosen: &[usize]) -> bool {
        chosen.iter().any(|&place| self.candidates.get(place).is_some_and(|one| one.bars(rule)))
    }
}
