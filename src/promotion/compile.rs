//! Finds what is wrong with promotions, all of it at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use rust_decimal::Decimal;
use smallvec::{SmallVec, smallvec};

use crate::id::PromotionId;
use crate::money::{Currency, Money};
use crate::promotion::benefit::{Benefit, Give, Off, Pick, ShippingOff, Step};
use crate::promotion::contradict::contradict;
use crate::promotion::filter::is_in;
use crate::promotion::{Bound, CompileProblem, Condition, Filter, Flaw, Other, Promotion};

/// How deep conditions and filters may be nested.
pub const DEPTH_MAX: usize = 16;

/// The most days before or after a birthday: beyond half a year another one is nearer.
pub(super) const BIRTHDAY_MAX: u16 = 182;
/// How many conditions of one `all` are held against each other.
const COMPARED_MAX: usize = 64;

/// Every problem of every promotion, in the order in which they are given.
pub(super) fn problems(promotions: &[Arc<Promotion>]) -> Vec<CompileProblem> {
    let mut problems = vec![];
    let mut first: BTreeMap<&PromotionId, usize> = BTreeMap::new();
    for (place, rule) in promotions.iter().enumerate() {
        first.entry(&rule.promotion).or_insert(place);
    }
    let named = |name: &PromotionId| promotions.get(*first.get(name)?).map(|rule| &**rule);
    for (place, rule) in promotions.iter().enumerate() {
        if first.get(&rule.promotion).is_some_and(|first| *first != place) {
            problems.push(CompileProblem { promotion: rule.promotion.clone(), what: Flaw::SameName });
        }
        check(rule, &mut problems);
        check_others(rule, named, &mut problems);
    }
    problems
}

/// Appends what is wrong with one promotion by itself; the currency of its amounts, if it has any.
pub(super) fn check(rule: &Promotion, problems: &mut Vec<CompileProblem>) -> Option<Currency> {
    let mut flaws = Flaws { found: vec![], currency: None };
    flaws.promotion(rule);
    problems.extend(
        flaws.found.into_iter().map(|what| CompileProblem { promotion: rule.promotion.clone(), what }),
    );
    flaws.currency
}

/// Appends what is wrong with how a promotion gets on with others; `named` finds those that are live with it. Names that
/// are not live are no flaw: what they name may come or be over.
pub(super) fn check_others<'r>(
    rule: &'r Promotion,
    named: impl Fn(&PromotionId) -> Option<&'r Promotion>,
    problems: &mut Vec<CompileProblem>,
) {
    let mut add = |what| problems.push(CompileProblem { promotion: rule.promotion.clone(), what });
    for other in &rule.only_with {
        let never = match other {
            Other::Promotion(name) => {
                *name == rule.promotion || named(name).is_some_and(|other| rule.bars(other))
            }
            Other::Group(group) => rule.exclusive || rule.group.as_ref() == Some(group),
            Other::UnitClass(_) => rule.exclusive,
        };
        if never || rule.not_with.contains(other) {
            add(Flaw::NeverTogether { other: other.to_string() });
        }
    }
    for other in rule.not_with.iter().filter(|other| matches!(other, Other::Promotion(_)) && other.is(rule)) {
        add(Flaw::BarsItself { other: other.to_string() });
    }
}

struct Flaws {
    found: Vec<Flaw>,
    /// The first currency met.
    currency: Option<Currency>,
}

impl Flaws {
    fn add(&mut self, flaw: Flaw) {
        if !self.found.contains(&flaw) {
            self.found.push(flaw);
        }
    }

    fn promotion(&mut self, rule: &Promotion) {
        if rule.gives.is_empty() {
            self.add(Flaw::NoBenefit);
        }
        if let Some(when) = &rule.when {
            let depth = depth(when);
            if depth > DEPTH_MAX {
                return self.add(Flaw::TooDeep { depth }); // nothing below is looked at
            }
            self.condition(when);
            let mut together = Together::new();
            conjunction(when, &mut together);
            self.contradictions(&together);
        }
        rule.gives.iter().for_each(|benefit| self.benefit(benefit));
        if rule.funders.iter().any(|share| share.weight == 0) {
            self.add(Flaw::NoWeight);
        }
        if rule.limits.uses == Some(0) || rule.limits.uses_per_customer == Some(0) {
            self.add(Flaw::Zero { role: "a limit of uses" });
        }
        if let Some(budget) = &rule.limits.budget {
            self.positive(budget.limit, "a budget");
        }
        if let Some(amount) = rule.limits.amount_per_customer {
            self.positive(amount, "an amount per customer");
        }
    }

    fn condition(&mut self, condition: &Condition) {
        match condition {
            Condition::All { of } | Condition::Any { of } => {
                if of.is_empty() {
                    self.add(Flaw::EmptyCondition);
                }
                of.iter().for_each(|part| self.condition(part));
            }
            Condition::Not { of } => self.condition(of),
            Condition::Subtotal { of, bound } => {
                self.filter(of);
                bound.at_least.iter().chain(&bound.at_most).for_each(|amount| self.meet(*amount));
                self.bound(bound.map(|amount| amount.minor_units()));
            }
            Condition::Count { of, bound, .. } => {
                self.filter(of);
                self.bound(*bound);
            }
            Condition::OrdersBefore { bound } | Condition::History { bound, .. } => self.bound(*bound),
            Condition::Birthday { days_before, days_after, .. } => {
                for days in [days_before, days_after] {
                    if *days > BIRTHDAY_MAX {
                        self.add(Flaw::FarFromBirthday { days: *days });
                    }
                }
            }
            Condition::OnDays { days, .. } if days.is_empty() => self.empty_window("on no days"),
            Condition::Host { name } if name.is_empty() => {
                self.add(Flaw::Empty { role: "a host condition's name" })
            }
            Condition::Between { from, until } => {
                if let Some((from, until)) = from.zip(*until).filter(|(from, until)| from >= until) {
                    self.empty_window(&format!("from {from} until {until}"));
                }
            }
            Condition::Weekly { days, from, until, .. } => {
                if days.is_empty() {
                    self.empty_window("on no days of the week");
                }
                if let Some(until) = until.filter(|until| from >= until) {
                    self.empty_window(&format!("from {from} until {until}"));
                }
            }
            Condition::Code { code } if code.chars().all(|letter| matches!(letter, ' ' | '-')) => {
                self.add(Flaw::Empty { role: "a code" })
            }
            Condition::Segment { .. }
            | Condition::Channel { .. }
            | Condition::Region { .. }
            | Condition::PaymentMethod { .. }
            | Condition::ShippingMethod { .. }
            | Condition::Currency { .. }
            | Condition::Fact { .. }
            | Condition::OnDays { .. }
            | Condition::Host { .. }
            | Condition::Code { .. }
            | Condition::Coupon => {}
        }
    }

    /// Conditions that must hold together.
    fn contradictions(&mut self, together: &[&Condition]) {
        for (place, one) in together.iter().enumerate() {
            for other in together.iter().skip(place + 1) {
                if let Some(what) = contradict(one, other) {
                    self.add(Flaw::Contradiction { what });
                }
            }
        }
    }

    fn benefit(&mut self, benefit: &Benefit) {
        match benefit {
            Benefit::Off { pick, give, cap } => {
                self.pick(pick);
                self.give(give);
                self.out_of_reach(pick, give);
                if let Some(cap) = cap {
                    self.positive(*cap, "a cap");
                }
            }
            Benefit::Gift { any_of, units } => {
                if any_of.is_empty() {
                    self.add(Flaw::Empty { role: "a choice of gifts" });
                }
                self.some(*units, "pieces of a gift");
            }
            Benefit::Coupon { units, valid_days, .. } => {
                self.some(*units, "coupons for a later order");
                self.some(valid_days.unwrap_or(1).into(), "days that a coupon is good");
            }
            Benefit::Shipping { off, .. } => match off {
                ShippingOff::Percent(percent) => self.percent(*percent),
                ShippingOff::Amount(amount) => self.positive(*amount, "an amount off shipping"),
                ShippingOff::To(price) => self.price(*price, "a price of shipping"),
            },
        }
    }

    fn pick(&mut self, pick: &Pick) {
        match pick {
            Pick::All { of, units_per_line } => {
                self.filter(of);
                self.some(units_per_line.unwrap_or(1), "units of a line");
            }
            Pick::Some { of, units, .. } => {
                self.filter(of);
                self.some(*units, "units to pick");
            }
            Pick::EveryNth { of, nth } => {
                self.filter(of);
                self.some(*nth, "the step from one picked unit to the next");
            }
            Pick::BuyGet { buy, buy_units, get, get_units, max_times, .. } => {
                self.filter(buy);
                self.filter(get);
                self.some(*buy_units, "units to buy");
                self.some(*get_units, "units to get");
                self.some(max_times.unwrap_or(1), "the most times");
            }
            Pick::Sets { parts, max_times } => {
                if parts.is_empty() {
                    self.add(Flaw::Empty { role: "a set" });
                }
                for part in parts {
                    self.filter(&part.of);
                    self.some(part.units, "units of a set's part");
                }
                self.some(max_times.unwrap_or(1), "the most sets");
            }
        }
    }

    fn give(&mut self, give: &Give) {
        match give {
            Give::PercentEach { percent } | Give::Percent { percent } => self.percent(*percent),
            Give::AmountEach { amount } | Give::Amount { amount } => self.positive(*amount, "an amount off"),
            Give::PriceEach { price } | Give::Price { price } => self.price(*price, "a price"),
            Give::Every { threshold, amount } => {
                self.positive(*threshold, "a threshold");
                self.positive(*amount, "an amount off");
            }
            Give::LadderByAmount { steps } => {
                self.steps(steps, |from| (from.currency(), from.minor_units()));
                for step in steps {
                    self.price(step.from, "a step");
                }
            }
            Give::LadderByUnits { steps } => self.steps(steps, |from| from),
        }
    }

    /// Steps that ask for more units than the pick ever gives.
    fn out_of_reach(&mut self, pick: &Pick, give: &Give) {
        let times =
            |units: u64, times: &Option<u32>| times.map(|times| units.saturating_mul(u64::from(times)));
        let most = match pick {
            Pick::All { .. } | Pick::EveryNth { .. } => None,
            Pick::Some { units, .. } => Some(u64::from(*units)),
            Pick::BuyGet { get_units, max_times, .. } => times(u64::from(*get_units), max_times),
            Pick::Sets { parts, max_times } => {
                times(parts.iter().map(|part| u64::from(part.units)).sum(), max_times)
            }
        };
        if let (Give::LadderByUnits { steps }, Some(most)) = (give, most) {
            for (place, _) in steps.iter().enumerate().filter(|(_, step)| u64::from(step.from) > most) {
                self.add(Flaw::UnreachableStep { step: place + 1 });
            }
        }
    }

    fn steps<T: Copy, K: PartialOrd>(&mut self, steps: &[Step<T>], key: impl Fn(T) -> K) {
        if steps.is_empty() {
            self.add(Flaw::Empty { role: "a ladder" });
        }
        for (place, pair) in steps.windows(2).enumerate() {
            if let [low, high] = pair
                && key(low.from) >= key(high.from)
            {
                self.add(Flaw::UnreachableStep { step: place + 2 });
            }
        }
        for step in steps {
            match step.off {
                Off::Percent(percent) => self.percent(percent),
                Off::Amount(amount) => self.positive(amount, "an amount off"),
            }
        }
    }

    fn filter(&mut self, filter: &Filter) {
        let depth = filter.depth();
        if depth > DEPTH_MAX {
            return self.add(Flaw::TooDeep { depth });
        }
        filter.amounts(&mut |amount| self.meet(amount));
        let prices = filter.min_unit_price.zip(filter.max_unit_price);
        if let Some((least, most)) = prices.filter(|(least, most)| least.minor_units() > most.minor_units()) {
            self.add(Flaw::EmptyFilter { why: format!("prices from {least} to {most}") });
        } else if filter.but.as_ref().is_some_and(|but| leaves_nothing(filter, but)) {
            self.add(Flaw::EmptyFilter { why: "`but` leaves out all that fits".to_owned() });
        }
    }

    fn empty_window(&mut self, window: &str) {
        self.add(Flaw::EmptyWindow { window: window.to_owned() });
    }

    fn bound<T: Ord + Copy + std::fmt::Display>(&mut self, bound: Bound<T>) {
        let inverted = bound.at_least.zip(bound.at_most).is_some_and(|(least, most)| least > most);
        if inverted || (bound.at_least.is_none() && bound.at_most.is_none()) {
            let shown = |end: Option<T>| end.map_or("any".to_owned(), |end| end.to_string());
            self.add(Flaw::EmptyBound { least: shown(bound.at_least), most: shown(bound.at_most) });
        }
    }

    fn percent(&mut self, percent: Decimal) {
        if percent <= Decimal::ZERO || percent > Decimal::ONE_HUNDRED {
            self.add(Flaw::Percent { percent });
        }
    }

    fn positive(&mut self, amount: Money, role: &'static str) {
        self.meet(amount);
        if !amount.is_positive() {
            self.add(Flaw::Amount { amount, role, accepted: "more than zero" });
        }
    }

    fn price(&mut self, amount: Money, role: &'static str) {
        self.meet(amount);
        if amount.is_negative() {
            self.add(Flaw::Amount { amount, role, accepted: "zero or more" });
        }
    }

    fn some(&mut self, units: u32, role: &'static str) {
        if units == 0 {
            self.add(Flaw::Zero { role });
        }
    }

    /// One amount more.
    fn meet(&mut self, amount: Money) {
        let right = amount.currency();
        match self.currency {
            None => self.currency = Some(right),
            Some(left) if left != right => self.add(Flaw::MixedCurrencies { left, right }),
            Some(_) => {}
        }
    }
}

/// Whether every line that a filter names is left out again. What is left out for one reason alone is looked through.
fn leaves_nothing(filter: &Filter, but: &Filter) -> bool {
    let all = Filter::all();
    let only = |one: Filter| *but == one;
    only(all.clone())
        || (!filter.skus.is_empty()
            && only(Filter { skus: but.skus.clone(), ..all.clone() })
            && filter.skus.iter().all(|sku| but.skus.contains(sku)))
        || (!filter.categories.is_empty()
            && only(Filter { categories: but.categories.clone(), ..all.clone() })
            && filter.categories.iter().all(|own| but.categories.iter().any(|top| is_in(own, top))))
        || (!filter.brands.is_empty()
            && only(Filter { brands: but.brands.clone(), ..all.clone() })
            && filter.brands.iter().all(|brand| but.brands.contains(brand)))
        || (!filter.sellers.is_empty()
            && only(Filter { sellers: but.sellers.clone(), ..all })
            && filter.sellers.iter().all(|seller| but.sellers.contains(seller)))
}

/// How deep a condition is nested; no deeper than a little over what is accepted, and without recursion.
fn depth(condition: &Condition) -> usize {
    let mut deepest = 0;
    let mut open: SmallVec<[(&Condition, usize); 8]> = smallvec![(condition, 1)];
    while let Some((condition, depth)) = open.pop() {
        deepest = deepest.max(depth);
        match condition {
            Condition::All { of } | Condition::Any { of } => {
                open.extend(of.iter().map(|part| (part, depth + 1)));
            }
            Condition::Not { of } => open.push((of, depth + 1)),
            _ => {}
        }
    }
    deepest
}

/// Conditions that must all hold: mostly few.
pub(super) type Together<'c> = SmallVec<[&'c Condition; 8]>;

/// The conditions that must all hold.
pub(super) fn conjunction<'c>(condition: &'c Condition, into: &mut Together<'c>) {
    match condition {
        Condition::All { of } => of.iter().for_each(|part| conjunction(part, into)),
        part if into.len() < COMPARED_MAX => into.push(part),
        _ => {}
    }
}
