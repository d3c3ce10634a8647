//! The best set of promotions, by branch and bound.
//!
//! Candidates are decided one after the other in the order of application, first with, then without; a node is one of
//! them tried on a state of the cart. What cuts the search short, and why it loses nothing:
//!
//! - *Hope* ([`Hopes`]): no set below a node exceeds its hope, so a node whose hope does not exceed what was found is left.
//! - *A dive first*: one walk that takes the side of more hope gives a value that is attained. Nodes that hope for less
//!   are left; those that hope for as much are not, so that of equal sets still the first in order is found.
//! - *Seen before* ([`Seen`]): of two ways to states that all who come later see alike, the better one is enough. A
//!   promotion that is in nobody's way is so never left out.
//!
//! Under [`Assign::Free`](crate::promotion::Assign) a promotion that claims units is tried with every part of them that
//! could make a difference ([`Options`]).

use crate::promotion::Assign;
use crate::promotion::choose::{Choice, Chooser, Worth, worth};
use crate::promotion::give::give;
use crate::promotion::hopes::Hopes;
use crate::promotion::options::Options;
use crate::promotion::seen::Seen;

/// What a search works with; kept warm.
#[derive(Debug, Default)]
pub(super) struct Search {
    hopes: Hopes,
    seen: Seen,
    frames: Vec<Frame>,
    /// Options of frames that are left, to be used again.
    spare: Vec<Options>,
    chosen: Vec<usize>,
    /// What the dive came to.
    dived: Vec<usize>,
}

/// One that is in the set being tried.
#[derive(Debug)]
struct Frame {
    place: usize,
    /// Which units it is shown; nothing to choose from if the rule picks.
    options: Options,
}

impl Chooser<'_, '_> {
    /// The best set. Nothing is left of what priority chose but its value, which is where the search starts.
    pub fn best(&mut self, choice: &mut Choice, search: &mut Search) {
        self.by_priority(choice);
        choice.alone = false;
        let objective = self.ground.policy.objective;
        let mut best = self.states.get(1).map(|state| worth(state, objective)).unwrap_or_default();
        search.hopes.prepare(self.ground, self.candidates);
        self.enter(search, 0);
        let claiming = self.candidates.iter().filter(|rule| !self.ground.claims(rule).is_none()).count();
        let wanted = self.ground.policy.assign == Assign::Free && claiming > 0;
        let free = wanted && claiming <= Assign::FREE_MAX;
        let ceiling = search.hopes.hope(0, 0, &[]);
        let mut walk =
            Walk { limit: self.ground.policy.work.limit(), floor: best.0, open: best.0, nodes: 0, free };
        self.dive(search, &mut walk);
        self.walk(choice, search, &mut walk, &mut best);
        if best.0 < walk.floor {
            // The work ended before the walk came by it.
            choice.places.clone_from(&search.dived);
            choice.shown.iter_mut().for_each(Vec::clear);
            best.0 = walk.floor;
        }
        choice.value = best.0;
        choice.bound = walk.open.max(best.0);
        if wanted && !free {
            choice.bound = choice.bound.max(ceiling);
        }
        choice.nodes = walk.nodes;
    }

    /// One way down, on the side of more hope; what it comes to is attained.
    fn dive(&mut self, search: &mut Search, walk: &mut Walk) {
        let candidates = self.candidates;
        search.chosen.clear();
        search.dived.clear();
        for (place, rule) in candidates.iter().enumerate() {
            if walk.nodes >= walk.limit || search.hopes.is_barred(candidates, place, &search.chosen) {
                continue;
            }
            walk.nodes += 1;
            let depth = search.chosen.len();
            if !self.gives(rule, depth) {
                continue;
            }
            self.advance(depth, rule);
            self.enter(search, depth + 1);
            let without = search.hopes.hope(self.value(depth), place + 1, &search.chosen);
            search.chosen.push(place);
            let with = search.hopes.hope(self.value(depth + 1), place + 1, &search.chosen);
            if with < without {
                search.chosen.pop();
            }
            if let Some(state) = self.states.get(search.chosen.len())
                && state.value > walk.floor
            {
                walk.floor = state.value;
                search.dived.clone_from(&search.chosen);
            }
        }
    }

    fn walk(&mut self, choice: &mut Choice, search: &mut Search, walk: &mut Walk, best: &mut Worth) {
        let candidates = self.candidates;
        search.chosen.clear();
        search.frames.clear();
        search.seen.clear();
        let mut next = 0;
        loop {
            let may_win = next < candidates.len() && {
                let hope = search.hopes.hope(self.value(search.chosen.len()), next, &search.chosen);
                let may_win = walk.may_win(hope, best, search.hopes.ties_matter);
                if may_win && walk.nodes >= walk.limit {
                    // The work is done: what is still open here may be better by so much.
                    walk.open = walk.open.max(hope);
                }
                may_win
                    && !self.states.get(search.chosen.len()).is_some_and(|state| {
                        search.hopes.is_beaten(&mut search.seen, state, next, self.ground, &search.chosen)
                    })
            };
            if may_win && walk.nodes < walk.limit {
                let place = next;
                next += 1;
                if search.hopes.is_barred(candidates, place, &search.chosen) {
                    continue;
                }
                let Some(rule) = candidates.get(place) else { continue };
                walk.nodes += 1;
                let depth = search.chosen.len();
                if self.gives(rule, depth) {
                    self.advance(depth, rule);
                    self.enter(search, depth + 1);
                    let free = walk.free && !self.ground.claims(rule).is_none();
                    let mut options = search.spare.pop().unwrap_or_default();
                    options.none();
                    if free && let Some(state) = self.states.get(depth) {
                        options.of(self.ground, rule, state);
                    }
                    search.frames.push(Frame { place, options });
                    search.chosen.push(place);
                    self.compare(choice, search, best);
                }
                continue;
            }
            // Back to the last one, to show it other units or to go on without it.
            let Some(mut frame) = search.frames.pop() else {
                search.chosen.clear();
                return;
            };
            search.chosen.pop();
            let (place, depth) = (frame.place, search.chosen.len());
            next = place + 1;
            if walk.nodes < walk.limit && self.other_units(&mut frame, depth, search, walk, best) {
                search.chosen.push(place);
                search.frames.push(frame);
                self.compare(choice, search, best);
                continue;
            }
            if frame.options.more() {
                let hope = search.hopes.hope(self.value(depth), place, &search.chosen);
                if walk.may_win(hope, best, search.hopes.ties_matter) {
                    walk.open = walk.open.max(hope);
                }
            }
            search.spare.push(frame.options);
        }
    }

    /// Tries the next units that a promotion can be shown which make a difference; the state after it, if there are any.
    fn other_units(
        &mut self,
        frame: &mut Frame,
        depth: usize,
        search: &mut Search,
        walk: &mut Walk,
        best: &Worth,
    ) -> bool {
        let Some(rule) = self.candidates.get(frame.place) else { return false };
        while frame.options.more() && walk.nodes < walk.limit {
            let hope = search.hopes.hope(self.value(depth), frame.place, &search.chosen);
            if !walk.may_win(hope, best, search.hopes.ties_matter) {
                frame.options.none();
                return false;
            }
            walk.nodes += 1;
            if !frame.options.next(rule) {
                continue;
            }
            let shown = frame.options.shown();
            let gives = self.states.get(depth).is_some_and(|state| {
                self.ground.holds(rule, state) && give(self.ground, rule, state, Some(shown), self.buffers)
            });
            if gives && frame.options.is_used_up(rule, self.buffers) {
                self.advance(depth, rule);
                self.enter(search, depth + 1);
                return true;
            }
        }
        false
    }

    fn value(&self, depth: usize) -> i64 {
        self.states.get(depth).map_or(0, |state| state.value)
    }

    fn enter(&self, search: &mut Search, depth: usize) {
        if let Some(state) = self.states.get(depth) {
            search.hopes.enter(depth, state, self.ground);
        }
    }

    /// Takes the set over if it is better than all before.
    fn compare(&self, choice: &mut Choice, search: &Search, best: &mut Worth) {
        let state = self.states.get(search.chosen.len());
        let now = state.map(|state| worth(state, self.ground.policy.objective)).unwrap_or_default();
        if now <= *best {
            return;
        }
        *best = now;
        choice.places.clone_from(&search.chosen);
        while choice.shown.len() < search.frames.len() {
            choice.shown.push(vec![]);
        }
        choice.shown.iter_mut().for_each(Vec::clear);
        for (shown, frame) in choice.shown.iter_mut().zip(&search.frames) {
            shown.extend_from_slice(frame.options.shown());
        }
    }
}

struct Walk {
    limit: u64,
    /// Money off that is attained, though the set may still have to be found.
    floor: i64,
    /// What is hoped for where the work ended.
    open: i64,
    nodes: u64,
    /// Whether units are assigned freely.
    free: bool,
}

impl Walk {
    fn may_win(&self, hope: i64, best: &Worth, ties_matter: bool) -> bool {
        if best.0 < self.floor || ties_matter { hope >= self.floor.max(best.0) } else { hope > best.0 }
    }
}
