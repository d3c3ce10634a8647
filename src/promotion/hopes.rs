//! What no set of promotions can exceed: the hope of a search.

use std::sync::Arc;

use crate::promotion::benefit::Benefit;
use crate::promotion::ceiling::{Ceiling, ceiling};
use crate::promotion::choose::worth;
use crate::promotion::fits::picked;
use crate::promotion::seen::Seen;
use crate::promotion::state::{Ground, State, refill};
use crate::promotion::{Condition, Filter, Promotion, ThresholdBase};

/// Bounds of what candidates from some place on can still give.
///
/// Every candidate has a *ceiling*, and every line a most that one unit of it may get from each candidate ([`ceiling`]).
/// Candidates that claim units share them: a unit serves but one of them. So with `s(j, u)` the most that candidate `j`
/// gives unit `u`, `c(j)` its ceiling, and any `λ(j)` from 0 to 1, no choice gives more than
///
/// `Σ_j λ(j)·c(j) + Σ_u max_j (1 − λ(j))·s(j, u)`
///
/// over the units that are free: what `j` gives is at most `λ(j)·c(j)` plus `(1 − λ(j))` of what it gives to its units,
/// and those are different units for different candidates (Lagrangian relaxation of the ceilings; `λ = 0` is the most of
/// every unit, `λ = 1` the sum of the ceilings). For every place the `λ` are drawn towards the least such bound by a few
/// subgradient steps; whichever they are, the bound holds. It is worked out in 256ths, rounded up.
#[derive(Debug, Default)]
pub(super) struct Hopes {
    /// Whether two sets that take off the same may differ in what comes next: gifts, or who pays.
    pub ties_matter: bool,
    each: Vec<Hope>,
    lines: usize,
    /// Whether there are tables; without them only ceilings count.
    tables: bool,
    /// For each place, and one beyond the last: the sum of `λ·c` from there on, in 256ths.
    base: Vec<i64>,
    /// For each place and line: the most that a unit gets from one claiming candidate from there on, in 256ths.
    most: Vec<i64>,
    /// For each place and 64 lines: which of them a candidate from there on looks at.
    looks: Vec<u64>,
    /// The shares `s` of candidates and lines.
    shares: Vec<i64>,
    unit_shares: Vec<i64>,
    pool: Vec<usize>,
    counts: Vec<i64>,
    lambda: Vec<i64>,
    least: Vec<i64>,
    used: Vec<i64>,
    /// Which bit of a unit's claims the tables are about.
    bit: usize,
    words: usize,
    last_of_group: Vec<(Option<usize>, i64, i64)>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Hope {
    /// Its own, or the largest of those of its group from there on.
    ceiling: Ceiling,
    own: i64,
    exclusive: bool,
    claims: bool,
    /// Whether all of its group claim.
    all_claim: bool,
    /// The first candidate of its group.
    group: Option<usize>,
    /// The candidate of its group that stands before it.
    before: Option<usize>,
    /// Whether it bars one that comes later.
    bars_later: bool,
    /// Whether one that comes later gives shipping, or gifts.
    shipping_later: bool,
    gifts_later: bool,
    /// What the exclusive ones from there on give at most.
    alone: i64,
}

/// 1, in the unit of the tables.
const ONE: i64 = 256;
/// Tables of so many cells are still worth it.
const CELLS_MAX: usize = 100_000;
/// So much work on the `λ` is still worth it.
const STEPS_WORK: usize = 100_000;
const STEPS_MAX: usize = 8;

impl Hopes {
    /// Looks at the candidates once, before a search.
    pub fn prepare(&mut self, ground: &Ground<'_>, candidates: &[Arc<Promotion>]) {
        self.lines = ground.cart.lines.len();
        self.words = self.lines.div_ceil(64);
        let count = candidates.len();
        let total = ground.units.iter().map(|unit| i128::from(unit.list)).sum::<i128>();
        let claiming = |rule: &Promotion| rule.consumes_units || rule.unit_class.is_some();
        self.bit = bit(ground, candidates);
        self.tables = self.lines.saturating_mul(count) <= CELLS_MAX
            && total < i128::from(i64::MAX / (4 * ONE))
            && candidates.iter().any(|rule| claiming(rule));
        self.each.clear();
        self.shares.clear();
        for rule in candidates {
            let ceiling = ceiling(ground, rule, &mut self.unit_shares, &mut self.pool);
            if self.tables {
                let first = ground.starts.iter().take(self.lines);
                let shares = first.map(|&unit| self.unit_shares.get(unit).copied().unwrap_or(0));
                self.shares.extend(shares);
            }
            self.each.push(Hope {
                ceiling,
                own: ceiling.units,
                exclusive: rule.exclusive,
                claims: !rule.exclusive && ground.claims(rule).has(self.bit),
                ..Hope::default()
            });
        }
        self.ties_matter = candidates.iter().any(|rule| !rule.funders.is_empty())
            || self.each.iter().any(|hope| hope.ceiling.gifts);
        self.groups(candidates);
        self.look(ground, candidates);
        if self.tables {
            self.counts.clear();
            let units = ground.starts.windows(2).map(|pair| match pair {
                [from, until] => i64::try_from(until - from).unwrap_or(i64::MAX),
                _ => 0,
            });
            self.counts.extend(units);
            self.draw(count);
        }
    }

    /// What no set can exceed that holds the chosen ones, which made this state, and otherwise only such that come from
    /// `next` on.
    pub fn hope(&self, state: Option<&State>, next: usize, ground: &Ground<'_>, chosen: &[usize]) -> i64 {
        let Some(state) = state else { return 0 };
        let mut alone = 0;
        if let Some(&first) = chosen.first() {
            if self.each.get(first).is_some_and(|one| one.exclusive) {
                return state.value;
            }
        } else {
            alone = self.each.get(next).map_or(0, |one| one.alone);
        }
        let (mut claiming, mut others, mut shipping) = (0i64, 0i64, 0i64);
        for one in self.each.get(next..).unwrap_or_default() {
            let counted = one.before.is_some_and(|before| before >= next); // by an earlier one of its group
            if one.exclusive || counted || one.group.is_some_and(|group| self.is_chosen(group, chosen)) {
                continue;
            }
            let sum = if one.all_claim && self.tables { &mut claiming } else { &mut others };
            *sum = sum.saturating_add(one.ceiling.units);
            shipping = shipping.saturating_add(one.ceiling.shipping);
        }
        let mut room = 0i64;
        let row = self.most.get(next * self.lines..).unwrap_or_default();
        let mut most = self.base.get(next).copied().unwrap_or(0);
        let words = ground.words;
        for (place, (price, unit)) in state.current.iter().zip(ground.units).enumerate() {
            let left = price - unit.floor;
            room += left;
            if self.tables && claiming > 0 {
                let word = state.claimed.get(place * words + self.bit / 64).copied().unwrap_or(0);
                if word & 1 << (self.bit % 64) == 0 {
                    most += row.get(unit.line).copied().unwrap_or(0);
                }
            }
        }
        if self.tables {
            claiming = claiming.min((most + ONE - 1) / ONE);
        }
        let units = claiming.saturating_add(others).min(room);
        let charges: i64 = state.shipping.iter().sum();
        state.value.saturating_add(units).saturating_add(shipping.min(charges)).max(alone)
    }

    /// Whether a candidate can not join the chosen ones.
    pub fn is_barred(&self, candidates: &[Arc<Promotion>], place: usize, chosen: &[usize]) -> bool {
        let Some(rule) = candidates.get(place) else { return true };
        chosen.iter().any(|&one| {
            self.each.get(one).is_some_and(|hope| hope.bars_later)
                && candidates.get(one).is_some_and(|one| one.bars(rule))
        })
    }

    /// Whether a set as good was tried that leaves the same to all from `next` on.
    pub fn is_beaten(
        &self,
        seen: &mut Seen,
        state: &State,
        next: usize,
        ground: &Ground<'_>,
        chosen: &[usize],
    ) -> bool {
        let view = &mut seen.view;
        view.clear();
        view.push(u64::try_from(next).unwrap_or(u64::MAX));
        let looked_at = |line: usize| {
            let word = self.looks.get(next * self.words + line / 64).copied().unwrap_or(0);
            word & 1 << (line % 64) != 0
        };
        for (line, _, range) in ground.lines().filter(|(line, ..)| looked_at(*line)) {
            let claims = range.start * ground.words..range.end * ground.words;
            view.extend(
                state.current.get(range).unwrap_or_default().iter().map(|price| price.cast_unsigned()),
            );
            view.extend_from_slice(state.claimed.get(claims).unwrap_or_default());
            view.push(u64::from(state.touched.get(line).copied().unwrap_or(false)));
        }
        let later = self.each.get(next);
        if later.is_some_and(|one| one.ceiling.shipping > 0 || one.shipping_later) {
            view.extend(state.shipping.iter().map(|price| price.cast_unsigned()));
        }
        // Whoever is chosen and bars one that comes later; and gifts, by who gave them.
        let gifts = later.is_some_and(|one| one.ceiling.gifts || one.gifts_later);
        let tells = |place: &&usize| {
            self.each.get(**place).is_some_and(|one| one.bars_later || (gifts && one.ceiling.gifts))
        };
        view.extend(chosen.iter().filter(tells).map(|&place| u64::try_from(place).unwrap_or(u64::MAX)));
        seen.is_beaten(worth(state, ground.policy.objective))
    }

    fn is_chosen(&self, group: usize, chosen: &[usize]) -> bool {
        chosen.iter().any(|&place| self.each.get(place).is_some_and(|one| one.group == Some(group)))
    }

    /// Who bars whom, who is of which group, and what comes later.
    fn groups(&mut self, candidates: &[Arc<Promotion>]) {
        let plain = |rule: &Promotion| {
            rule.group.is_none() && !rule.exclusive && rule.only_with.is_empty() && rule.not_with.is_empty()
        };
        let all_plain = candidates.iter().all(|rule| plain(rule));
        let mut alone = 0;
        let (mut shipping, mut gifts) = (false, false);
        for (place, rule) in candidates.iter().enumerate().rev() {
            let later = candidates.get(place + 1..).unwrap_or_default();
            let bars_later = !all_plain && later.iter().any(|later| later.bars(rule));
            let group = rule
                .group
                .as_ref()
                .and_then(|own| candidates.iter().position(|one| one.group.as_ref() == Some(own)));
            let all_claim = self.each.iter().zip(candidates).enumerate().all(|(other, (hope, one))| {
                hope.claims
                    || hope.exclusive
                    || (other != place && (group.is_none() || one.group != rule.group))
            });
            let Some(hope) = self.each.get_mut(place) else { continue };
            hope.all_claim = all_claim;
            (hope.bars_later, hope.group) = (bars_later, group);
            (hope.shipping_later, hope.gifts_later) = (shipping, gifts);
            shipping |= hope.ceiling.shipping > 0;
            gifts |= hope.ceiling.gifts;
            if hope.exclusive {
                alone = alone.max(hope.ceiling.units.saturating_add(hope.ceiling.shipping));
            }
            hope.alone = alone;
        }
        if all_plain {
            return;
        }
        refill(&mut self.last_of_group, candidates.len(), (None, 0, 0));
        for hope in self.each.iter_mut().rev().filter(|hope| !hope.exclusive) {
            if let Some((_, units, shipping)) = hope.group.and_then(|group| self.last_of_group.get_mut(group))
            {
                (*units, *shipping) =
                    ((*units).max(hope.ceiling.units), (*shipping).max(hope.ceiling.shipping));
                (hope.ceiling.units, hope.ceiling.shipping) = (*units, *shipping);
            }
        }
        for (place, hope) in self.each.iter_mut().enumerate().filter(|(_, hope)| !hope.exclusive) {
            if let Some((last, ..)) = hope.group.and_then(|group| self.last_of_group.get_mut(group)) {
                hope.before = last.replace(place);
            }
        }
    }

    /// Which lines candidates look at, from each place on.
    fn look(&mut self, ground: &Ground<'_>, candidates: &[Arc<Promotion>]) {
        let words = self.words;
        refill(&mut self.looks, (candidates.len() + 1) * words, 0);
        for (place, rule) in candidates.iter().enumerate().rev() {
            let (before, after) = self.looks.split_at_mut((place + 1) * words);
            let Some(row) = before.get_mut(place * words..) else { continue };
            row.iter_mut().zip(after).for_each(|(row, after)| *row = *after);
            let mut mark = |of: &Filter| {
                let fits = ground.fits.of(of);
                for (line, _) in
                    ground.cart.lines.iter().enumerate().filter(|(place, line)| fits(*place, line))
                {
                    if let Some(word) = row.get_mut(line / 64) {
                        *word |= 1 << (line % 64);
                    }
                }
            };
            if let Some(when) = &rule.when {
                watched(when, ground.policy.threshold_base, &mut mark);
            }
            for benefit in &rule.gives {
                if let Benefit::Off { pick, .. } = benefit {
                    picked(pick, &mut mark);
                }
            }
        }
    }

    /// Makes the tables, from the last place to the first.
    fn draw(&mut self, count: usize) {
        let lines = self.lines;
        refill(&mut self.lambda, count, 0);
        refill(&mut self.base, count + 1, 0);
        refill(&mut self.most, (count + 1) * lines, 0);
        let work = count.saturating_mul(count).saturating_mul(lines).max(1);
        let steps = (STEPS_WORK / work).min(STEPS_MAX);
        for next in (0..count).rev() {
            if !self.each.get(next).is_some_and(|one| one.claims) {
                if let Some(base) = self.base.get(next + 1).copied() {
                    set(&mut self.base, next, base);
                }
                self.most.copy_within((next + 1) * lines..(next + 2) * lines, next * lines);
                continue;
            }
            self.least.clone_from(&self.lambda);
            let mut least = self.bound(next);
            for step in 0..steps {
                self.step(next, (ONE / 2) >> step.min(5));
                let bound = self.bound(next);
                if bound < least {
                    least = bound;
                    self.least.clone_from(&self.lambda);
                }
            }
            std::mem::swap(&mut self.lambda, &mut self.least);
            let mut base = 0i64;
            let (before, _) = self.most.split_at_mut((next + 1) * lines);
            let row = before.get_mut(next * lines..).unwrap_or_default();
            for (place, one) in self.each.iter().enumerate().skip(next).filter(|(_, one)| one.claims) {
                let lambda = self.lambda.get(place).copied().unwrap_or(0);
                let total: i64 = own_most(&self.shares, &self.counts, place, lines);
                base = base.saturating_add(lambda * one.own.min(total));
                let shares = self.shares.get(place * lines..).unwrap_or_default();
                for (most, share) in row.iter_mut().zip(shares) {
                    *most = (*most).max((ONE - lambda) * share);
                }
            }
            set(&mut self.base, next, base);
        }
    }

    /// The bound of all units from `next` on at the present `λ`; what each candidate gets is in `used`.
    fn bound(&mut self, next: usize) -> i64 {
        let lines = self.lines;
        refill(&mut self.used, self.each.len(), 0);
        let mut bound = 0i64;
        for (line, count) in self.counts.iter().enumerate() {
            let (mut most, mut by, mut share_of) = (0i64, None, 0);
            for (place, one) in self.each.iter().enumerate().skip(next).filter(|(_, one)| one.claims) {
                let share = self.shares.get(place * lines + line).copied().unwrap_or(0);
                let value = (ONE - self.lambda.get(place).copied().unwrap_or(0)) * share;
                if value > most {
                    (most, by, share_of) = (value, Some(place), share);
                }
                let _ = one;
            }
            bound = bound.saturating_add(most.saturating_mul(*count));
            if let Some(used) = by.and_then(|by| self.used.get_mut(by)) {
                *used = used.saturating_add(share_of.saturating_mul(*count));
            }
        }
        for (one, lambda) in self.each.iter().zip(&self.lambda).skip(next).filter(|(one, _)| one.claims) {
            bound = bound.saturating_add(lambda.saturating_mul(one.own));
        }
        bound
    }

    /// Those that get more than their ceiling are worth less to units, the others more.
    fn step(&mut self, next: usize, size: i64) {
        let each = self.each.iter().zip(&mut self.lambda).zip(&self.used).skip(next);
        for ((one, lambda), used) in each.filter(|((one, _), _)| one.claims) {
            let more = if *used > one.own { size } else { -size };
            *lambda = (*lambda + more).clamp(0, ONE);
        }
    }
}

fn own_most(shares: &[i64], counts: &[i64], place: usize, lines: usize) -> i64 {
    let own = shares.get(place * lines..).unwrap_or_default();
    own.iter().zip(counts).map(|(share, count)| share.saturating_mul(*count)).fold(0, i64::saturating_add)
}

fn set(values: &mut [i64], place: usize, value: i64) {
    if let Some(one) = values.get_mut(place) {
        *one = value;
    }
}

/// The claim that most candidates make: the unit itself, or a class.
fn bit(ground: &Ground<'_>, candidates: &[Arc<Promotion>]) -> usize {
    let claims = |bit: usize| candidates.iter().filter(|rule| ground.claims(rule).has(bit)).count();
    let classes = (1..=candidates.len())
        .filter(|&bit| candidates.get(bit - 1).is_some_and(|rule| rule.unit_class.is_some()));
    std::iter::once(0).chain(classes).max_by_key(|&bit| (claims(bit), std::cmp::Reverse(bit))).unwrap_or(0)
}

/// The lines whose prices can change what a condition says.
fn watched(condition: &Condition, base: ThresholdBase, each: &mut dyn FnMut(&Filter)) {
    match condition {
        Condition::All { of } | Condition::Any { of } => of.iter().for_each(|part| watched(part, base, each)),
        Condition::Not { of } => watched(of, base, each),
        Condition::Subtotal { of, .. } if base == ThresholdBase::Running || of.moves() => each(of),
        Condition::Count { of, .. } if of.moves() => each(of),
        _ => {}
    }
}
