//! Which promotions are applied: by priority, or the set that is best.

use std::cmp::{Ordering, Reverse};
use std::sync::Arc;

use crate::promotion::Promotion;
use crate::promotion::ceiling::{Ceiling, ceiling};
use crate::promotion::give::give;
use crate::promotion::state::{Buffers, Ground, State};

/// What was chosen.
#[derive(Debug, Default)]
pub(super) struct Choice {
    /// The promotions in the order of application, as places in the list of candidates.
    pub places: Vec<usize>,
    /// Money off lines and shipping.
    pub value: i64,
    /// What no set can exceed; the value itself if that is proven.
    pub bound: i64,
    /// How many promotions were tried on a state.
    pub nodes: u64,
    /// The one that is applied alone because it came first by priority.
    pub alone: bool,
}

/// How good a set is: money off, then gifts, then little for the house.
type Worth = (i64, u64, Reverse<i64>);

fn worth(state: &State) -> Worth {
    (state.value, state.pieces, Reverse(state.house))
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
    /// Each whose condition holds at its turn, or an exclusive one alone.
    pub fn by_priority(&mut self) -> Choice {
        let mut choice = Choice::default();
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
                if rule.exclusive || self.shares_group(rule, &choice.places) || !self.gives(rule, 1) {
                    continue;
                }
                if let Some(state) = self.states.get_mut(1) {
                    state.apply(rule, self.ground.units, self.buffers);
                }
                choice.places.push(place);
                if rule.stop_after {
                    break;
                }
            }
        }
        choice.value = self.states.get(1).map_or(0, |state| state.value);
        choice.bound = choice.value;
        choice
    }

    /// The best set, by branch and bound over all sets in the order of application: first with a promotion, then without.
    pub fn best(&mut self) -> Choice {
        let mut best = self.by_priority();
        best.alone = false;
        let mut best_worth = self.states.get(1).map(worth).unwrap_or_default();
        let limit = self.ground.policy.work.limit();
        let mut nodes = 0u64;
        let candidates = self.candidates;
        for (place, rule) in candidates.iter().enumerate().filter(|(_, rule)| rule.exclusive) {
            nodes += 1;
            if self.gives(rule, 0) {
                self.advance(0, rule);
                let now = self.states.get(1).map(worth).unwrap_or_default();
                if now > best_worth {
                    (best_worth, best.places) = (now, vec![place]);
                }
            }
        }
        let hopes = Hopes::new(self.ground, self.candidates);
        let mut chosen: Vec<usize> = vec![];
        let mut next = 0;
        let mut open = best_worth.0;
        loop {
            let may_win = next < candidates.len() && self.may_win(&hopes, next, &chosen, best_worth);
            if may_win && nodes < limit {
                let place = next;
                next += 1;
                let Some(rule) = candidates.get(place) else { continue };
                if rule.exclusive || self.shares_group(rule, &chosen) {
                    continue;
                }
                nodes += 1;
                if self.gives(rule, chosen.len()) {
                    self.advance(chosen.len(), rule);
                    chosen.push(place);
                    let now = self.states.get(chosen.len()).map(worth).unwrap_or_default();
                    if now > best_worth {
                        best_worth = now;
                        best.places.clone_from(&chosen);
                    }
                }
                continue;
            }
            if may_win {
                // The work is done: what is still open here may be better by so much.
                open = open.max(self.hope(&hopes, next, &chosen));
            }
            match chosen.pop() {
                Some(place) => next = place + 1,
                None => break,
            }
        }
        best.value = best_worth.0;
        best.bound = open.max(best_worth.0);
        best.nodes = nodes;
        best
    }

    /// Whether a promotion's condition holds on a state and it gives something there; that is then in the buffers.
    fn gives(&mut self, rule: &Promotion, state: usize) -> bool {
        self.states.get(state).is_some_and(|state| {
            self.ground.holds(rule, state) && give(self.ground, rule, state, self.buffers)
        })
    }

    fn copy(&mut self, from: usize, to: usize) {
        while self.states.len() <= to {
            self.states.push(State::default());
        }
        if let [.., before, after] = self.states.get_mut(from..=to).unwrap_or_default() {
            after.copy_from(before);
        }
    }

    /// Applies what is in the buffers to a copy of a state, which is the next one.
    fn advance(&mut self, from: usize, rule: &Promotion) {
        self.copy(from, from + 1);
        if let Some(state) = self.states.get_mut(from + 1) {
            state.apply(rule, self.ground.units, self.buffers);
        }
    }

    fn shares_group(&self, rule: &Promotion, chosen: &[usize]) -> bool {
        rule.group.is_some()
            && chosen
                .iter()
                .any(|&place| self.candidates.get(place).is_some_and(|one| one.group == rule.group))
    }

    fn may_win(&self, hopes: &Hopes, next: usize, chosen: &[usize], best: Worth) -> bool {
        let hope = self.hope(hopes, next, chosen);
        if hopes.ties_matter { hope >= best.0 } else { hope > best.0 }
    }

    /// What no set can exceed that holds the chosen ones and otherwise only such that come from `next` on.
    fn hope(&self, hopes: &Hopes, next: usize, chosen: &[usize]) -> i64 {
        let Some(state) = self.states.get(chosen.len()) else { return 0 };
        let (mut units, mut shipping) = (0i64, 0i64);
        for one in hopes.each.get(next..).unwrap_or_default() {
            let counted = one.before.is_some_and(|before| before >= next); // by an earlier one of its group
            if one.exclusive || counted || one.group.is_some_and(|group| self.is_chosen(hopes, group, chosen))
            {
                continue;
            }
            units = units.saturating_add(one.ceiling.units);
            shipping = shipping.saturating_add(one.ceiling.shipping);
        }
        if let Some(most) = hopes.consuming(next, state) {
            units = units.min(most);
        }
        let room: i64 =
            state.current.iter().zip(self.ground.units).map(|(price, unit)| price - unit.floor).sum();
        let charges: i64 = state.shipping.iter().sum();
        state.value.saturating_add(units.min(room)).saturating_add(shipping.min(charges))
    }

    fn is_chosen(&self, hopes: &Hopes, group: usize, chosen: &[usize]) -> bool {
        chosen.iter().any(|&place| hopes.each.get(place).is_some_and(|one| one.group == Some(group)))
    }
}

/// What may be hoped for of each candidate.
struct Hopes {
    each: Vec<Hope>,
    /// Whether two sets that take off the same may differ in what comes next: gifts, or who pays.
    ties_matter: bool,
    /// For each place and unit: the most that one consuming candidate from there on gives it, and all others together.
    per_unit: Option<Vec<(Vec<i64>, i64)>>,
}

struct Hope {
    /// Its own, or the largest of those of its group from there on.
    ceiling: Ceiling,
    exclusive: bool,
    group: Option<usize>,
    /// The candidate of its group that stands before it.
    before: Option<usize>,
}

impl Hopes {
    /// Tables of so many cells are still worth it.
    const CELLS_MAX: usize = 100_000;

    fn new(ground: &Ground<'_>, candidates: &[Arc<Promotion>]) -> Hopes {
        let names: Vec<&str> = candidates.iter().filter_map(|rule| rule.group.as_deref()).collect();
        let group = |rule: &Promotion| {
            rule.group.as_deref().and_then(|own| names.iter().position(|name| *name == own))
        };
        let mut shares: Vec<i64> = vec![];
        let small = ground.units.len().saturating_mul(candidates.len()) <= Self::CELLS_MAX;
        let mut per_unit: Vec<Vec<i64>> = vec![];
        let mut each: Vec<Hope> = vec![];
        for rule in candidates {
            let ceiling = ceiling(ground, rule, &mut shares);
            if small {
                per_unit.push(shares.clone());
            }
            each.push(Hope { ceiling, exclusive: rule.exclusive, group: group(rule), before: None });
        }
        let mut most: Vec<(i64, i64)> = vec![(0, 0); names.len()];
        for hope in each.iter_mut().rev().filter(|hope| !hope.exclusive) {
            if let Some(most) = hope.group.and_then(|group| most.get_mut(group)) {
                *most = (most.0.max(hope.ceiling.units), most.1.max(hope.ceiling.shipping));
                (hope.ceiling.units, hope.ceiling.shipping) = *most;
            }
        }
        let mut last: Vec<Option<usize>> = vec![None; names.len()];
        for (place, hope) in each.iter_mut().enumerate().filter(|(_, hope)| !hope.exclusive) {
            if let Some(last) = hope.group.and_then(|group| last.get_mut(group)) {
                hope.before = last.replace(place);
            }
        }
        let consumes = candidates.iter().any(|rule| rule.consumes_units);
        let per_unit = (small && consumes).then(|| {
            let mut tables: Vec<(Vec<i64>, i64)> = vec![];
            let (mut most, mut others) = (vec![0i64; ground.units.len()], 0i64);
            for ((rule, hope), shares) in candidates.iter().zip(&each).zip(&per_unit).rev() {
                if rule.consumes_units && !rule.exclusive {
                    most.iter_mut().zip(shares).for_each(|(most, share)| *most = (*most).max(*share));
                } else if !rule.exclusive {
                    others = others.saturating_add(hope.ceiling.units);
                }
                tables.push((most.clone(), others));
            }
            tables.reverse();
            tables
        });
        let ties_matter = candidates.iter().any(|rule| !rule.funders.is_empty())
            || each.iter().any(|hope| hope.ceiling.gifts);
        Hopes { each, ties_matter, per_unit }
    }

    /// What candidates from `next` on give to units at most, if a unit that consuming ones share serves but one of them.
    fn consuming(&self, next: usize, state: &State) -> Option<i64> {
        let (most, others) = self.per_unit.as_ref()?.get(next)?;
        let free = most.iter().zip(&state.used).filter(|(_, used)| !**used).map(|(most, _)| *most);
        Some(free.fold(*others, i64::saturating_add))
    }
}
