//! Whether conditions hold, and if not, how far they are from it.

use chrono::{Datelike, NaiveDate, NaiveTime};

use crate::promotion::coupon::matches_code;
use crate::promotion::hints::is_nearer;
use crate::promotion::state::{Ground, State, at};
use crate::promotion::{
    Bound, CartLine, Condition, CouponFault, Filter, Measure, Presented, Promotion, PromotionReason,
    ThresholdBase, Unmet, UnmetPart,
};

/// What is known of a condition before promotions are applied.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Outlook {
    Never,
    Maybe,
    Always,
}

impl Outlook {
    fn of(holds: bool) -> Outlook {
        if holds { Outlook::Always } else { Outlook::Never }
    }
}

/// Which lines a look ahead may rely on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Lines {
    /// Those of the cart stay as they are; only promotions change prices.
    Stay,
    /// Units may come back.
    MayShrink,
    /// Neither lines nor prices change: it is about now.
    AsTheyAre,
}

impl Lines {
    /// Whether a value stays as it is; `fixed`: promotions do not change it.
    pub fn fix(self, fixed: bool) -> bool {
        self == Lines::AsTheyAre || (fixed && self == Lines::Stay)
    }
}

impl Ground<'_> {
    /// Whether a promotion's condition holds now.
    pub fn holds(&self, rule: &Promotion, state: &State) -> bool {
        rule.when.as_ref().is_none_or(|when| self.condition(when, rule, state))
    }

    fn condition(&self, condition: &Condition, rule: &Promotion, state: &State) -> bool {
        match condition {
            Condition::All { of } => of.iter().all(|part| self.condition(part, rule, state)),
            Condition::Any { of } => of.iter().any(|part| self.condition(part, rule, state)),
            Condition::Not { of } => !self.condition(of, rule, state),
            Condition::Subtotal { of, bound } => {
                fits(bound.map(|amount| amount.minor_units()), self.subtotal(of, state))
            }
            Condition::Count { measure, of, bound } => fits(*bound, self.count(*measure, of, state)),
            leaf => self.known(leaf, rule),
        }
    }

    /// Leaves that neither lines nor promotions change.
    fn known(&self, leaf: &Condition, rule: &Promotion) -> bool {
        let Ground { cart, shopper, at, .. } = *self;
        match leaf {
            Condition::Segment { segment } => shopper.segments.contains(segment),
            Condition::OrdersBefore { bound } => fits(*bound, u64::from(shopper.orders_before)),
            Condition::Channel { channel } => cart.channel.as_ref() == Some(channel),
            Condition::Region { region } => shopper.region.as_ref() == Some(region),
            Condition::PaymentMethod { method } => cart.payment_method.as_ref() == Some(method),
            Condition::ShippingMethod { method } => cart.shipping.iter().any(|one| one.method == *method),
            Condition::Currency { currency } => cart.currency == *currency,
            Condition::Fact { name, is } => shopper.facts.get(name) == Some(is),
            Condition::History { of, bound } => fits(*bound, self.history(of)),
            Condition::Birthday { zone, days_before, days_after } => shopper.born.is_some_and(|born| {
                let away = birthday_away(born, zone.to_local(at).date());
                (-i64::from(*days_after)..=i64::from(*days_before)).contains(&away)
            }),
            Condition::OnDays { zone, days } => days.contains(&zone.to_local(at).date()),
            Condition::Host { name } => shopper.answers.get(name) == Some(&true),
            Condition::Between { from, until } => {
                from.is_none_or(|from| from <= at) && until.is_none_or(|until| at < until)
            }
            Condition::Weekly { zone, days, from, until, but_not_on } => {
                let local = zone.to_local(at);
                let time: NaiveTime = local.time();
                days.contains(&local.weekday())
                    && *from <= time
                    && until.is_none_or(|until| time < until)
                    && !but_not_on.contains(&local.date())
            }
            Condition::Code { code } => {
                cart.codes.iter().any(|one| matches_code(code, &one.code, self.policy.codes))
            }
            Condition::Coupon => self.coupon(rule).is_some_and(|(_, fault)| fault.is_none()),
            Condition::All { .. }
            | Condition::Any { .. }
            | Condition::Not { .. }
            | Condition::Subtotal { .. }
            | Condition::Count { .. } => false, // not leaves of this kind
        }
    }

    fn history(&self, of: &str) -> u64 {
        self.shopper.history.get(of).copied().unwrap_or(0)
    }

    /// The coupon presented for a promotion: one that is good, else the first, with what is wrong with it.
    pub fn coupon(&self, rule: &Promotion) -> Option<(&Presented, Option<CouponFault>)> {
        let customer = self.shopper.customer.as_ref();
        let mut first = None;
        for presented in &self.cart.codes {
            if let Some(coupon) = presented.coupon.as_ref().filter(|one| one.promotion == rule.promotion) {
                let (codes, currency) = (self.policy.codes, self.cart.currency);
                let fault = coupon.fault_in_quote(&presented.code, customer, self.at, codes, currency);
                if fault.is_none() {
                    return Some((presented, None));
                }
                first = first.or(Some((presented, fault)));
            }
        }
        first
    }

    /// Whether lines fit now.
    pub fn fitting<'x>(
        &'x self,
        of: &'x Filter,
        state: &'x State,
    ) -> impl Fn(usize, &CartLine) -> bool + use<'x> {
        let fits = self.fits.of(of);
        let discounted = |place: usize| state.touched.get(place).copied().unwrap_or(false);
        move |place, line| fits(place, line) && !(of.moves() && discounted(place))
    }

    /// What the units of lines cost together.
    pub fn subtotal(&self, of: &Filter, state: &State) -> i64 {
        let mut sum = 0i64;
        let fits = self.fitting(of, state);
        for (place, line, range) in self.lines() {
            if fits(place, line) {
                match self.policy.threshold_base {
                    ThresholdBase::Running => sum += range.map(|unit| at(&state.current, unit)).sum::<i64>(),
                    ThresholdBase::Original => sum += line.unit_price.minor_units() * i64::from(line.units),
                }
            }
        }
        sum
    }

    /// How much of something lines hold.
    pub fn count(&self, measure: Measure, of: &Filter, state: &State) -> u64 {
        let now = self.fitting(of, state);
        let fits = |place: usize, line: &CartLine| line.units > 0 && now(place, line);
        let fitting = || self.lines().filter(|(place, line, _)| fits(*place, line));
        match measure {
            Measure::Quantity => fitting().map(|(_, line, _)| u64::from(line.units)).sum(),
            Measure::WeightGrams => {
                fitting().map(|(_, line, _)| u64::from(line.units) * u64::from(line.weight_grams)).sum()
            }
            Measure::Distinct => {
                let by_sku =
                    self.by_sku.iter().filter_map(|&place| Some((place, self.cart.lines.get(place)?)));
                let fitting = by_sku.filter(|(place, line)| fits(*place, line));
                let (mut last, mut different) = (None, 0);
                for (_, line) in fitting {
                    different += u64::from(last.replace(&line.sku) != Some(&line.sku));
                }
                different
            }
        }
    }

    /// What is known of a condition on the untouched cart.
    pub fn ahead(&self, condition: &Condition, rule: &Promotion, untouched: &State, lines: Lines) -> Outlook {
        let ahead = |part: &Condition| self.ahead(part, rule, untouched, lines);
        match condition {
            Condition::All { of } => {
                of.iter().map(ahead).fold(Outlook::Always, |all, one| match (all, one) {
                    (Outlook::Never, _) | (_, Outlook::Never) => Outlook::Never,
                    (Outlook::Always, Outlook::Always) => Outlook::Always,
                    _ => Outlook::Maybe,
                })
            }
            Condition::Any { of } => of.iter().map(ahead).fold(Outlook::Never, |any, one| match (any, one) {
                (Outlook::Always, _) | (_, Outlook::Always) => Outlook::Always,
                (Outlook::Never, Outlook::Never) => Outlook::Never,
                _ => Outlook::Maybe,
            }),
            Condition::Not { of } => match ahead(of) {
                Outlook::Never => Outlook::Always,
                Outlook::Maybe => Outlook::Maybe,
                Outlook::Always => Outlook::Never,
            },
            Condition::Subtotal { of, bound } => {
                let bound = bound.map(|amount| amount.minor_units());
                let fixed = self.policy.threshold_base == ThresholdBase::Original && !of.moves();
                only_falls(bound, self.subtotal(of, untouched), lines.fix(fixed))
            }
            Condition::Count { measure, of, bound } => {
                only_falls(*bound, self.count(*measure, of, untouched), lines.fix(!of.moves()))
            }
            leaf => Outlook::of(self.known(leaf, rule)),
        }
    }

    /// The parts of a promotion's condition that do not hold now.
    pub fn unmet(&self, rule: &Promotion, state: &State) -> Option<PromotionReason> {
        let mut parts = vec![];
        self.unmet_parts(rule.when.as_ref()?, rule, state, &mut vec![], &mut parts);
        let mut parts = parts.into_iter();
        let UnmetPart { at, condition, unmet } = parts.next()?;
        Some(PromotionReason::ConditionNotMet { at, condition, unmet, also: parts.collect() })
    }

    fn unmet_parts(
        &self,
        condition: &Condition,
        rule: &Promotion,
        state: &State,
        path: &mut Vec<u32>,
        into: &mut Vec<UnmetPart>,
    ) {
        match condition {
            Condition::All { of } => {
                for (place, part) in (0u32..).zip(of) {
                    path.push(place);
                    self.unmet_parts(part, rule, state, path, into);
                    path.pop();
                }
            }
            _ if self.condition(condition, rule, state) => {}
            Condition::Any { of } if !of.is_empty() => {
                let mut nearest: Option<Vec<UnmetPart>> = None;
                for (place, part) in (0u32..).zip(of) {
                    let mut parts = vec![];
                    path.push(place);
                    self.unmet_parts(part, rule, state, path, &mut parts);
                    path.pop();
                    if nearest.as_ref().is_none_or(|nearest| is_nearer(&parts, nearest)) {
                        nearest = Some(parts);
                    }
                }
                into.extend(nearest.into_iter().flatten());
            }
            _ => {
                let unmet = self.distance(condition, rule, state);
                into.push(UnmetPart { at: path.clone(), condition: condition.kind().to_owned(), unmet });
            }
        }
    }

    /// How far a condition that does not hold is from it.
    fn distance(&self, condition: &Condition, rule: &Promotion, state: &State) -> Unmet {
        let money = |minor| crate::Money::minor(minor, self.cart.currency);
        match condition {
            Condition::Subtotal { of, bound } => {
                let have = self.subtotal(of, state);
                match (bound.at_least, bound.at_most) {
                    (Some(need), _) if have < need.minor_units() => {
                        Unmet::ShortOfAmount { have: money(have), need }
                    }
                    (_, Some(most)) => Unmet::OverAmount { have: money(have), most },
                    _ => Unmet::Otherwise,
                }
            }
            Condition::Count { measure, of, bound } => {
                let (measure, have) = (*measure, self.count(*measure, of, state));
                match (bound.at_least, bound.at_most) {
                    (Some(need), _) if have < need => Unmet::ShortOf { measure, have, need },
                    (_, Some(most)) => Unmet::Over { measure, have, most },
                    _ => Unmet::Otherwise,
                }
            }
            Condition::OrdersBefore { .. } => Unmet::Orders { have: u64::from(self.shopper.orders_before) },
            Condition::Between { from, until } => match (from, until) {
                (Some(from), _) if self.at < *from => Unmet::NotYet { from: *from },
                (_, Some(until)) => Unmet::Ended { until: *until },
                _ => Unmet::Otherwise,
            },
            Condition::History { of, .. } => Unmet::History { have: self.history(of) },
            Condition::Weekly { .. } | Condition::Birthday { .. } | Condition::OnDays { .. } => Unmet::NotNow,
            Condition::Code { .. } => Unmet::NotPresented,
            Condition::Coupon => match self.coupon(rule) {
                Some((_, Some(why))) => Unmet::Coupon { why },
                _ => Unmet::NotPresented,
            },
            _ => Unmet::Otherwise,
        }
    }
}

/// In how many days the nearest birthday is; below zero: so many days ago.
fn birthday_away(born: NaiveDate, today: NaiveDate) -> i64 {
    let day = |year: i32| born.with_year(year).or_else(|| NaiveDate::from_ymd_opt(year, 2, 28));
    let years = [today.year().saturating_sub(1), today.year(), today.year().saturating_add(1)];
    let away = years.into_iter().filter_map(day).map(|birthday| (birthday - today).num_days());
    away.min_by_key(|days| days.unsigned_abs()).unwrap_or(i64::MAX)
}

fn fits<T: Ord + Copy>(bound: Bound<T>, value: T) -> bool {
    bound.at_least.is_none_or(|least| value >= least) && bound.at_most.is_none_or(|most| value <= most)
}

/// What is known of a bound over a value that never rises from here.
pub(super) fn only_falls<T: Ord + Copy>(bound: Bound<T>, value: T, fixed: bool) -> Outlook {
    if fixed {
        Outlook::of(fits(bound, value))
    } else if bound.at_least.is_some_and(|least| value < least) {
        Outlook::Never
    } else {
        Outlook::Maybe
    }
}
