//! Small waves to the end: branch and bound over which order uses which location.
//!
//! A node closes some locations to some orders and pays others in any case; its bound is that of the dual under these
//! rules. The node with the lowest bound is split next, so the lowest bound of those left is proven for the wave
//! whenever the search stops. It is split at an order and location that the steps of the ascent used about every second
//! time. Once all that is used is paid for, what is left to decide is who gets which unit: a flow gives the plan, the
//! ascent goes on for a while, and a node that it cannot close keeps its bound.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::sourcing::batch::dense::{Dense, at, change, row};
use crate::sourcing::batch::draft::Draft;
use crate::sourcing::batch::dual::{Dual, Prices, whole};
use crate::sourcing::batch::flow::cheapest;
use crate::sourcing::batch::one::{Offer, OneOrder, Rule};
use crate::sourcing::batch::search::Search;

/// Steps of the ascent at a node, and visits to one that cannot be split.
const STEPS: u32 = 30;
const VISITS: u32 = 20;
/// Every so many nodes a plan is made at their prices, and so many groups of it are tried.
const PLAN_EVERY: u32 = 16;
const TRIES: u64 = 100;
/// A search over fewer nodes than this is not begun.
const FEWEST_NODES: u64 = 50;

/// The sides of a split.
const BOTH: [Rule; 2] = [Rule::Closed, Rule::Forced];

/// One decision, made in a node.
struct Node {
    parent: usize,
    cell: usize,
    rule: Rule,
    prices: Prices,
    visits: u32,
}

/// A search and what it has found.
pub(super) struct Exact<'a, 'w> {
    pub(super) dense: &'w Dense<'w>,
    pub(super) one: &'a mut OneOrder,
    pub(super) dual: &'a mut Dual,
    pub(super) search: &'a mut Search<'w>,
    pub(super) best: &'a mut Draft,
}

impl Exact<'_, '_> {
    /// Whether a search for so many solves of one order comes anywhere.
    pub(super) fn is_worth(dense: &Dense, solves: u64) -> bool {
        let a_node = u64::from(STEPS) * dense.orders.len() as u64;
        solves / a_node.max(1) >= FEWEST_NODES
    }

    /// Splits nodes until about so many orders were solved. The proven bound, in minor units.
    pub(super) fn prove(&mut self, solves: u64) -> i64 {
        let root = self.dual.best.clone();
        let end = self.solved() + solves;
        let mut open = BinaryHeap::from([Reverse((root.bound, 0_usize))]);
        let mut tree =
            vec![Node { parent: usize::MAX, cell: usize::MAX, rule: Rule::Free, prices: root, visits: 0 }];
        let mut rules = vec![Rule::Free; self.dense.orders.len() * self.dense.places];
        let (mut given_up, mut cost) = (Vec::new(), self.best.cost);
        for turn in 0.. {
            if self.best.cost < cost {
                // A better plan makes steps that reach further, also where they stopped.
                cost = self.best.cost;
                open.extend(given_up.drain(..));
            }
            let Some(Reverse((bound, index))) = open.peek().copied() else { break };
            if whole(bound) >= self.best.cost || self.solved() >= end {
                break;
            }
            open.pop();
            lay(&tree, index, &mut rules);
            let Some(node) = tree.get_mut(index) else { break };
            node.visits += 1;
            let (prices, visits) = (std::mem::take(&mut node.prices), node.visits);
            self.ascend(&prices, visits, &rules);
            let bound = self.dual.best.bound.max(bound);
            let split = self.split(bound, &mut rules);
            if turn % PLAN_EVERY == 0 || split.is_none() {
                self.plan(&rules);
            }
            if split.is_none()
                && let Some(taken) = cheapest(self.dense, &rules)
            {
                self.take(Draft::of(self.dense, &taken));
            }
            if whole(bound) >= self.best.cost {
                continue;
            }
            if let Some((cell, bounds)) = split {
                for (rule, bound) in BOTH.into_iter().zip(bounds) {
                    let prices = self.dual.best.clone();
                    open.push(Reverse((bound, tree.len())));
                    tree.push(Node { parent: index, cell, rule, prices, visits: 0 });
                }
                continue;
            }
            change(&mut tree, index, |node| node.prices.clone_from(&self.dual.best));
            match visits % VISITS {
                0 => given_up.push(Reverse((bound, index))),
                _ => open.push(Reverse((bound, index))),
            }
        }
        let left = open.iter().chain(&given_up).map(|Reverse((bound, _))| whole(*bound)).min();
        left.unwrap_or(i64::MAX).min(self.best.cost)
    }

    fn solved(&self) -> u64 {
        self.dual.solves + self.best.solves
    }

    /// Steps at a node until they are too short to matter.
    fn ascend(&mut self, prices: &Prices, visits: u32, rules: &[Rule]) {
        self.dual.resume(self.dense, prices, visits);
        for _ in 0..STEPS {
            if self.dual.is_done() || whole(self.dual.best.bound) >= self.best.cost {
                return;
            }
            self.dual.step(self.dense, self.one, self.best.cost, rules);
            if self.dual.is_plan() {
                self.take(Draft::of(self.dense, &self.dual.taken));
            }
        }
    }

    /// Where to split, and what the bounds of both sides are at once, without a step.
    fn split(&mut self, bound: i128, rules: &mut [Rule]) -> Option<(usize, [i128; 2])> {
        let cell = self.most_undecided(rules)?;
        let price = self.dual.price_of_best(self.dense);
        Some((cell, BOTH.map(|rule| bound.max(self.under(cell, rule, &price, rules)))))
    }

    /// The order and location that the steps used nearest to every second time, weighed by the parcel's cost.
    fn most_undecided(&self, rules: &[Rule]) -> Option<usize> {
        let (places, used) = (self.dense.places.max(1), &self.dual.used);
        let most = used.iter().copied().max().unwrap_or(0);
        let parcel = |cell: usize| {
            let order = self.dense.orders.get(cell / places);
            order.map_or(0, |order| at(&order.fixed_cost, cell % places))
        };
        let free = |(cell, used): &(usize, &u32)| **used > 0 && at(rules, *cell) == Rule::Free;
        let stake = |(cell, used): &(usize, &u32)| {
            let undecided = i64::from((**used).min(most - **used)) + 1;
            (Reverse(undecided * (parcel(*cell) + 1)), *cell)
        };
        used.iter().enumerate().filter(free).min_by_key(stake).map(|(cell, _)| cell)
    }

    /// The bound at the best prices of a node with one more rule.
    fn under(&mut self, cell: usize, rule: Rule, price: &[i64], rules: &mut [Rule]) -> i128 {
        let places = self.dense.places.max(1);
        let index = cell / places;
        let Some(order) = self.dense.orders.get(index) else { return self.dual.best.bound };
        change(rules, cell, |free| *free = rule);
        let (left, room) = (&self.dense.stock, &self.dense.capacity);
        let offer = Offer { price, left, room, shared_room: false };
        let saved = self.one.solve(self.dense, order, &offer, row(rules, index, places));
        self.dual.solves += 1;
        change(rules, cell, |free| *free = Rule::Free);
        self.dual.best.bound + i128::from(at(&self.dual.best_saved, index)) - i128::from(saved)
    }

    /// A plan at the prices of a node.
    fn plan(&mut self, rules: &[Rule]) {
        let mut draft = self.search.at_prices(self.one, self.dual, rules);
        self.search.improve(self.one, &mut draft, self.dual, TRIES);
        self.take(draft);
    }

    fn take(&mut self, mut draft: Draft) {
        draft.solves += self.best.solves;
        if draft.cost < self.best.cost {
            *self.best = draft;
        } else {
            self.best.solves = draft.solves;
        }
    }
}

/// The rules on the way from the root to a node.
fn lay(tree: &[Node], index: usize, rules: &mut [Rule]) {
    rules.fill(Rule::Free);
    let mut node = tree.get(index);
    while let Some(decision) = node {
        change(rules, decision.cell, |rule| *rule = decision.rule);
        node = tree.get(decision.parent);
    }
}
