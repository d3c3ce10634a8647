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
/// Every candidate has a *ceiling*, and every line a share that one unit of it can be worth to each candidate
/// ([`ceiling`]). Candidates that claim units share them: a unit serves but one of them. So together they give no more
/// than the sum of their ceilings, and no more than, over all units that are free, the largest share that any of them has
/// in it: what one of them gives is at most the sum of its shares in the units that serve it, and those are different
/// units for different candidates.
#[derive(Debug, Default)]
pub(super) struct Hopes {
    /// Whether two sets that take off the same may differ in what comes next: gifts, or who pays.
    pub ties_matter: bool,
    each: Vec<Hope>,
    lines: usize,
    /// Whether there are tables; without them only ceilings count.
    tables: bool,
    /// Whether any candidate is of a group.
    groups: bool,
    /// For each place, and one beyond the last, line by line: the largest share that a claiming candidate from there on
    /// has in a unit.
    most: Vec<i64>,
    /// For each place, and one beyond the last: the ceilings from there on of claiming ones, of others, of shipping.
    sums: Vec<(i64, i64, i64)>,
    /// For each place and 64 lines: which of them a candidate from there on looks at.
    looks: Vec<u64>,
    /// The shares of candidates and lines.
    shares: Vec<i64>,
    unit_shares: Vec<i64>,
    pool: Vec<usize>,
    /// Which bit of a unit's claims the tables are about.
    bit: usize,
    words: usize,
    last_of_group: Vec<(Option<usize>, i64, i64)>,
    /// What is left on each state of the way down.
    levels: Vec<Level>,
}

/// What is left on a state.
#[derive(Debug, Default)]
struct Level {
    /// How many units of each line are free.
    free: Vec<i64>,
    /// Down to the floor prices.
    room: i64,
    charges: i64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Hope {
    /// Its own, or the largest of those of its group from there on.
    ceiling: Ceiling,
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

/// Tables of so many cells are still worth it.
const CELLS_MAX: usize = 100_000;

impl Hopes {
    /// Looks at the candidates once, before a search.
    pub fn prepare(&mut self, ground: &Ground<'_>, candidates: &[Arc<Promotion>]) {
        self.lines = ground.cart.lines.len();
        self.words = self.lines.div_ceil(64);
        let count = candidates.len();
        let claiming = |rule: &Promotion| rule.consumes_units || rule.unit_class.is_some();
        self.bit = bit(ground, candidates);
        self.tables =
            self.lines.saturating_mul(count) <= CELLS_MAX && candidates.iter().any(|rule| claiming(rule));
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
                exclusive: rule.exclusive,
                claims: !rule.exclusive && ground.claims(rule).has(self.bit),
                ..Hope::default()
            });
        }
        self.ties_matter = candidates.iter().any(|rule| !rule.funders.is_empty())
            || self.each.iter().any(|hope| hope.ceiling.gifts);
        self.groups = false;
        self.get_on(candidates);
        self.look(ground, candidates);
        self.draw(count);
    }

    /// Looks at the state at some depth of the way down, before hopes are asked for there.
    pub fn enter(&mut self, depth: usize, state: &State, ground: &Ground<'_>) {
        while self.levels.len() <= depth {
            self.levels.push(Level::default());
        }
        let Some(level) = self.levels.get_mut(depth) else { return };
        refill(&mut level.free, self.lines, 0);
        (level.room, level.charges) = (0, state.shipping.iter().sum());
        for (place, (price, unit)) in state.current.iter().zip(ground.units).enumerate() {
            level.room += price - unit.floor;
            let word = state.claimed.get(place * ground.words + self.bit / 64).copied().unwrap_or(0);
            if let Some(free) = level.free.get_mut(unit.line).filter(|_| word & 1 << (self.bit % 64) == 0) {
                *free += 1;
            }
        }
    }

    /// What no set can exceed that holds the chosen ones, which made a state of this value, and otherwise only such that
    /// come from `next` on.
    pub fn hope(&self, value: i64, next: usize, chosen: &[usize]) -> i64 {
        let mut alone = 0;
        if let Some(&first) = chosen.first() {
            if self.each.get(first).is_some_and(|one| one.exclusive) {
                return value;
            }
        } else {
            alone = self.each.get(next).map_or(0, |one| one.alone);
        }
        let (mut claiming, others, shipping) = if self.groups {
            self.by_groups(next, chosen)
        } else {
            self.sums.get(next).copied().unwrap_or_default()
        };
        let Some(level) = self.levels.get(chosen.len()) else { return value };
        if self.tables {
            let row = self.most.get(next * self.lines..).unwrap_or_default();
            let shared = row.iter().zip(&level.free).map(|(most, free)| most.saturating_mul(*free));
            claiming = claiming.min(shared.fold(0, i64::saturating_add));
        }
        let units = claiming.saturating_add(others).min(level.room);
        value.saturating_add(units).saturating_add(shipping.min(level.charges)).max(alone)
    }

    /// The ceilings of claiming ones, of others, of shipping, of every group but one.
    fn by_groups(&self, next: usize, chosen: &[usize]) -> (i64, i64, i64) {
        let (mut claiming, mut others, mut shipping) = (0i64, 0i64, 0i64);
        for one in self.each.get(next..).unwrap_or_default() {
            let counted = one.before.is_some_and(|before| before >= next); // by an earlier one of its group
            if one.exclusive || counted || one.group.is_some_and(|group| self.is_chosen(group, chosen)) {
                continue;
            }
            let sum = if one.all_claim { &mut claiming } else { &mut others };
            *sum = sum.saturating_add(one.ceiling.units);
            shipping = shipping.saturating_add(one.ceiling.shipping);
        }
        (claiming, others, shipping)
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
        // Lines that nothing has touched are left out.
        for (line, _, range) in ground.lines().filter(|(line, ..)| looked_at(*line)) {
            let claims = range.start * ground.words..range.end * ground.words;
            let claims = state.claimed.get(claims).unwrap_or_default();
            let touched = state.touched.get(line).copied().unwrap_or(false);
            if touched || claims.iter().any(|word| *word != 0) {
                view.push(u64::try_from(line).unwrap_or(u64::MAX) << 1 | u64::from(touched));
                view.extend(
                    state.current.get(range).unwrap_or_default().iter().map(|price| price.cast_unsigned()),
                );
                view.extend_from_slice(claims);
            }
        }
        view.push(u64::MAX);
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
    fn get_on(&mut self, candidates: &[Arc<Promotion>]) {
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
            self.groups |= rule.group.is_some();
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
        refill(&mut self.sums, count + 1, (0, 0, 0));
        refill(&mut self.most, if self.tables { (count + 1) * lines } else { 0 }, 0);
        for next in (0..count).rev() {
            let Some(one) = self.each.get(next) else { continue };
            let (mut claiming, mut others, mut shipping) =
                self.sums.get(next + 1).copied().unwrap_or_default();
            if !one.exclusive {
                let sum = if one.claims { &mut claiming } else { &mut others };
                *sum = sum.saturating_add(one.ceiling.units);
                shipping = shipping.saturating_add(one.ceiling.shipping);
            }
            if let Some(sums) = self.sums.get_mut(next) {
                *sums = (claiming, others, shipping);
            }
            if self.tables {
                let (before, after) = self.most.split_at_mut((next + 1) * lines);
                let row = before.get_mut(next * lines..).unwrap_or_default();
                let shares = self.shares.get(next * lines..).unwrap_or_default();
                for ((most, after), share) in row.iter_mut().zip(after).zip(shares) {
                    *most = if one.claims { (*after).max(*share) } else { *after };
                }
            }
        }
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
