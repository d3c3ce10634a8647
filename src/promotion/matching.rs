//! Which of the promotions that were reached can hold, judged on sums that all of them share.

use std::cmp::{Ordering, Reverse};
use std::sync::Arc;

use smallvec::SmallVec;

use crate::money::Currency;
use crate::promotion::filing::rewarded;
use crate::promotion::index::Index;
use crate::promotion::judge::{Lines, Outlook, only_falls};
use crate::promotion::state::{Ground, State};
use crate::promotion::sums::{Memo, Sums};
use crate::promotion::{Condition, Measure, Promotion, ThresholdBase};

/// A promotion made ready to be judged.
#[derive(Clone, Debug)]
pub(super) struct Compiled {
    pub rule: Arc<Promotion>,
    /// Of its amounts, if it has any.
    pub currency: Option<Currency>,
    /// The lines that the thresholds of its conjunction add up, in the order in which they stand there.
    thresholds: SmallVec<[u32; 4]>,
    /// The lines of which one at least must be there; empty: it gives something without any.
    rewarded: SmallVec<[u32; 2]>,
    /// Whether a condition counts different SKUs.
    pub distinct: bool,
}

impl Compiled {
    pub fn new(rule: Arc<Promotion>, currency: Option<Currency>, index: &mut Index) -> Compiled {
        let mut thresholds = SmallVec::new();
        let mut distinct = false;
        if let Some(when) = &rule.when {
            ids(when, index, &mut thresholds);
            distinct = counts_distinct(when);
        }
        let mut ids = SmallVec::new();
        for of in rewarded(&rule).iter().flatten() {
            ids.push(index.lines(of));
        }
        Compiled { rule, currency, thresholds, rewarded: ids, distinct }
    }
}

/// The order of application: phase, then priority, then name.
pub(super) fn rank(one: &Promotion, other: &Promotion) -> Ordering {
    let key = |rule: &Promotion| (rule.phase, Reverse(rule.priority));
    key(one).cmp(&key(other)).then_with(|| one.promotion.cmp(&other.promotion))
}

/// For each promotion its place in the order of application. The start of each name stands beside it in the sort, so that
/// few are looked at.
pub(super) fn ranks(promotions: &[Arc<Promotion>]) -> Vec<u32> {
    let key = |rule: &Promotion| {
        let mut start = [0; 8];
        start.iter_mut().zip(rule.promotion.as_bytes()).for_each(|(to, from)| *to = *from);
        (rule.phase, Reverse(rule.priority), u64::from_be_bytes(start))
    };
    let keyed = promotions.iter().enumerate().map(|(place, rule)| (key(rule), &rule.promotion, place));
    let mut keyed: Vec<_> = keyed.collect();
    keyed.sort(); // what is given in runs of the order is sorted faster than by the unstable sort
    let mut ranks = vec![0; promotions.len()];
    for (rank, (.., place)) in (0..).zip(keyed) {
        if let Some(own) = ranks.get_mut(place) {
            *own = rank;
        }
    }
    ranks
}

/// The lines of the thresholds that must all be reached, in order.
fn ids(condition: &Condition, index: &mut Index, into: &mut SmallVec<[u32; 4]>) {
    match condition {
        Condition::All { of } => of.iter().for_each(|part| ids(part, index, into)),
        Condition::Subtotal { of, .. } | Condition::Count { of, .. } => into.push(index.lines(of)),
        _ => {}
    }
}

fn counts_distinct(condition: &Condition) -> bool {
    match condition {
        Condition::All { of } | Condition::Any { of } => of.iter().any(counts_distinct),
        Condition::Not { of } => counts_distinct(of),
        Condition::Count { measure, .. } => *measure == Measure::Distinct,
        _ => false,
    }
}

/// Judges promotions on one untouched cart.
pub(super) struct Matching<'a, 'g> {
    pub ground: &'a Ground<'g>,
    pub untouched: &'a State,
    pub index: &'a Index,
    pub memo: &'a mut Memo,
}

impl Matching<'_, '_> {
    /// What is known of a promotion. Never, if it is in another currency or no line is there that it is about.
    pub fn outlook(&mut self, compiled: &Compiled, lines: Lines) -> Outlook {
        if compiled.currency.is_some_and(|currency| currency != self.ground.cart.currency) {
            return Outlook::Never;
        }
        if !compiled.rewarded.is_empty() && !compiled.rewarded.iter().any(|&id| self.sums(id).units > 0) {
            return Outlook::Never;
        }
        let Some(when) = &compiled.rule.when else { return Outlook::Always };
        let mut thresholds = compiled.thresholds.as_slice();
        self.condition(when, compiled, &mut thresholds, lines)
    }

    fn condition(
        &mut self,
        condition: &Condition,
        compiled: &Compiled,
        thresholds: &mut &[u32],
        lines: Lines,
    ) -> Outlook {
        let sums = match condition {
            Condition::All { of } => {
                let mut all = Outlook::Always;
                for part in of {
                    match self.condition(part, compiled, thresholds, lines) {
                        Outlook::Never => return Outlook::Never,
                        Outlook::Maybe => all = Outlook::Maybe,
                        Outlook::Always => {}
                    }
                }
                return all;
            }
            Condition::Subtotal { .. } | Condition::Count { .. } => {
                let (first, rest) = thresholds.split_first().unwrap_or((&0, &[]));
                *thresholds = rest;
                self.sums(*first)
            }
            _ => Sums::default(),
        };
        match condition {
            Condition::Subtotal { of, bound } => {
                let fixed = self.ground.policy.threshold_base == ThresholdBase::Original && !of.moves();
                let bound = bound.map(|amount| amount.minor_units());
                only_falls(bound, sums.subtotal, lines.fix(fixed))
            }
            Condition::Count { measure: Measure::Quantity, of, bound } => {
                only_falls(*bound, sums.units, lines.fix(!of.moves()))
            }
            Condition::Count { measure: Measure::WeightGrams, of, bound } => {
                only_falls(*bound, sums.grams, lines.fix(!of.moves()))
            }
            Condition::Count { bound, .. } if bound.at_least.is_some_and(|least| least > sums.lines) => {
                Outlook::Never // no fewer lines than different SKUs
            }
            other => self.ground.ahead(other, &compiled.rule, self.untouched, lines),
        }
    }

    fn sums(&mut self, id: u32) -> Sums {
        if let Some(known) = self.memo.get(id) {
            return known;
        }
        let mut sums = Sums::default();
        if let Some(of) = self.index.filter(id) {
            let fitting = self.ground.cart.lines.iter().filter(|line| of.fits(line));
            fitting.for_each(|line| sums.add(&Sums::of(line)));
        }
        self.memo.add(id, &sums);
        sums
    }
}
