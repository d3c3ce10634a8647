//! All promotions that are live, checked, ready to quote.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::decision::Explain;
use crate::money::{Currency, Money};
use crate::promotion::choose::{Choice, Chooser};
use crate::promotion::compile;
use crate::promotion::coupon::matches_code;
use crate::promotion::give::give;
use crate::promotion::index::Index;
use crate::promotion::judge::{Lines, Outlook};
use crate::promotion::quote::{FunderSplit, shares};
use crate::promotion::state::{Buffers, Ground, Scratch, State, at, take_apart, untouched};
use crate::promotion::{
    Applied, Basis, Cart, ChargeOff, CompileProblem, Condition, Exclusion, Flaw, Funded, Gift, NotApplied,
    Promotion, PromotionReason, Proof, Quote, QuoteError, QuotePolicy, QuotedLine, QuotedShipping, Shopper,
    Stacking, UnitRun, UnitsOff,
};

/// Promotions that are live, in the order of application. Cheap to clone; a book never changes.
///
/// ```
/// use order_workflow::decision::Explain;
/// use order_workflow::promotion::{
///     Benefit, Cart, CartLine, Condition, Filter, Give, Phase, Pick, Promotion, PromotionBook, QuotePolicy, Scratch,
///     Shopper,
/// };
/// use order_workflow::{Currency, Money};
///
/// let euros = |minor| Money::minor(minor, Currency::EUR);
/// let off = Benefit::Off { pick: Pick::all(Filter::all()), give: Give::Amount { amount: euros(500) }, cap: None };
/// let five_off = Promotion::new("five-off".parse()?, Phase::SHOP, off)
///     .with_when(Condition::subtotal_at_least(euros(3_000), Filter::all()));
/// let book = PromotionBook::compile(&[five_off]).map_err(|problems| problems[0].clone())?;
///
/// let cart = Cart {
///     currency: Currency::EUR,
///     lines: vec![CartLine::new("1".parse()?, "mug".parse()?, 3, euros(900))],
///     channel: None, payment_method: None, codes: vec![], shipping: vec![], gift_stock: Default::default(),
/// };
/// let at = "2026-06-01T10:00:00Z".parse()?;
/// let (shopper, policy) = (Shopper::default(), QuotePolicy::default());
/// let quote = book.quote(&cart, &shopper, at, &policy, Explain::Full, &mut Scratch::new())?;
/// assert_eq!(quote.total, euros(2_700));
/// // Three euros more would do: that is what a shop tells.
/// let why = serde_json::to_value(&quote.not_applied[0].why)?;
/// assert_eq!(why["reason"], "condition_not_met");
/// assert_eq!((why["unmet"]["have"]["minor"].clone(), why["unmet"]["need"]["minor"].clone()), (2_700.into(), 3_000.into()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct PromotionBook {
    rules: Arc<[Compiled]>,
    index: Arc<Index>,
}

#[derive(Clone, Debug)]
struct Compiled {
    rule: Arc<Promotion>,
    /// Of its amounts, if it has any.
    currency: Option<Currency>,
}

impl PromotionBook {
    /// Checks promotions and makes a book of them. Their order does not matter.
    ///
    /// # Errors
    /// Every problem of every promotion, in the order in which they were given.
    pub fn compile(promotions: &[Promotion]) -> Result<PromotionBook, Vec<CompileProblem>> {
        PromotionBook::of(promotions.iter().map(|rule| Arc::new(rule.clone())).collect())
    }

    pub(super) fn of(promotions: Vec<Arc<Promotion>>) -> Result<PromotionBook, Vec<CompileProblem>> {
        let mut problems = vec![];
        let mut names = std::collections::BTreeSet::new();
        for rule in &promotions {
            if !names.insert(&rule.promotion) {
                problems.push(CompileProblem { promotion: rule.promotion.clone(), what: Flaw::SameName });
            }
            compile::check(rule, &mut problems);
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let mut rules: Vec<Compiled> = promotions
            .into_iter()
            .map(|rule| Compiled { currency: compile::currency(&rule), rule })
            .collect();
        rules.sort_by(|Compiled { rule: a, .. }, Compiled { rule: b, .. }| {
            a.phase
                .cmp(&b.phase)
                .then(b.priority.cmp(&a.priority))
                .then_with(|| a.promotion.cmp(&b.promotion))
        });
        let index = Arc::new(Index::of(rules.iter().map(|compiled| &*compiled.rule)));
        Ok(PromotionBook { rules: rules.into(), index })
    }

    /// The promotions in the order of application.
    pub fn promotions(&self) -> impl Iterator<Item = &Promotion> {
        self.rules.iter().map(|compiled| &*compiled.rule)
    }

    /// What a cart costs at a time, and with [`Explain::Full`] why every promotion that was not applied was not.
    ///
    /// Pure: equal input gives an equal quote. The reasons change nothing else of it.
    ///
    /// # Errors
    /// [`QuoteError`] for a cart that means nothing, in the order of its variants.
    pub fn quote(
        &self,
        cart: &Cart,
        shopper: &Shopper,
        at: DateTime<Utc>,
        policy: &QuotePolicy,
        explain: Explain,
        scratch: &mut Scratch,
    ) -> Result<Quote, QuoteError> {
        let Scratch { units, starts, states, buffers, reached } = scratch;
        take_apart(cart, units, starts)?;
        let ground = Ground { cart, shopper, at, policy, units, starts };
        if states.is_empty() {
            states.push(State::default());
        }
        states.iter_mut().take(1).for_each(|state| untouched(cart, units, state));
        let (mut candidates, mut possible) = (vec![], vec![]);
        self.index.reach(cart, shopper, reached);
        let places = reached.iter().filter_map(|&place| usize::try_from(place).ok());
        for compiled in places.filter_map(|place| self.rules.get(place)) {
            let other = compiled.currency.is_some_and(|currency| currency != cart.currency);
            let Some(before) = states.first().filter(|_| !other) else { continue };
            if ground.outlook(&compiled.rule, before, Lines::MayShrink) != Outlook::Never {
                possible.push(compiled.rule.clone());
                // A search pays for every candidate many times over, a walk once.
                if policy.stacking == Stacking::Priority
                    || ground.outlook(&compiled.rule, before, Lines::Stay) != Outlook::Never
                {
                    candidates.push(compiled.rule.clone());
                }
            }
        }
        let mut chooser = Chooser { ground: &ground, candidates: &candidates, states, buffers };
        let choice = match policy.stacking {
            Stacking::Priority => chooser.by_priority(),
            Stacking::Best => chooser.best(),
        };
        let mut told = Telling { ground: &ground, candidates: &candidates, choice: &choice, states, buffers };
        let applied = told.applied();
        let not_applied = match explain {
            Explain::Brief => vec![],
            Explain::Full => told.not_applied(&self.rules),
        };
        Ok(told.quote(
            applied,
            not_applied,
            Basis { cart: cart.clone(), shopper: shopper.clone(), policy: *policy, promotions: possible },
        ))
    }
}

/// Applies what was chosen once more and writes it down.
struct Telling<'a, 'g> {
    ground: &'a Ground<'g>,
    candidates: &'a [Arc<Promotion>],
    choice: &'a Choice,
    /// The first is the untouched cart, the second what is made of it.
    states: &'a mut Vec<State>,
    buffers: &'a mut Buffers,
}

impl Telling<'_, '_> {
    fn money(&self, minor: i64) -> Money {
        Money::minor(minor, self.ground.cart.currency)
    }

    fn chosen(&self) -> impl Iterator<Item = &Arc<Promotion>> {
        self.choice.places.iter().filter_map(|&place| self.candidates.get(place))
    }

    /// Puts the untouched cart into the second place.
    fn begin(&mut self) {
        while self.states.len() < 2 {
            self.states.push(State::default());
        }
        if let [before, now, ..] = self.states.as_mut_slice() {
            now.copy_from(before);
        }
    }

    fn now(&self) -> Option<&State> {
        self.states.get(1)
    }

    /// Applies one promotion to the second state; whether it gives anything.
    fn apply(&mut self, rule: &Promotion) -> bool {
        let Some(state) = self.states.get_mut(1) else { return false };
        let gives = self.ground.holds(rule, state) && give(self.ground, rule, state, self.buffers);
        if gives {
            state.apply(rule, self.ground.units, self.buffers);
        }
        gives
    }

    fn applied(&mut self) -> Vec<Applied> {
        self.begin();
        let rules: Vec<Arc<Promotion>> = self.chosen().cloned().collect();
        rules
            .iter()
            .map(|rule| {
                self.apply(rule);
                self.told(rule)
            })
            .collect()
    }

    /// What is in the buffers.
    fn told(&self, rule: &Promotion) -> Applied {
        let made = &*self.buffers;
        let (mut units, mut took_part) = (vec![], vec![]);
        let mut split = FunderSplit::new(shares(Some(rule)));
        let mut funded: Vec<Funded> = shares(Some(rule))
            .into_iter()
            .map(|(funder, _)| Funded { funder, amount: self.money(0) })
            .collect();
        let mut fund = |amount: i64| {
            for (known, (_, part)) in funded.iter_mut().zip(split.next(amount)) {
                known.amount = Money::minor(known.amount.minor_units() + part, known.amount.currency());
            }
        };
        for (_, line, range) in self.ground.lines() {
            let (from, until) = (range.start, range.end);
            let off = made.off.get(from..until).unwrap_or_default();
            off.iter().for_each(|&off| fund(off));
            let mut first_unit = 0;
            for run in off.chunk_by(|a, b| a == b) {
                let count = u32::try_from(run.len()).unwrap_or(u32::MAX);
                if let Some(&each) = run.first().filter(|&&each| each > 0) {
                    let (line, each) = (line.line.clone(), self.money(each));
                    units.push(UnitsOff { line, first_unit, units: count, each });
                }
                first_unit += count;
            }
            let mut first_unit = 0;
            for run in made.part.get(from..until).unwrap_or_default().chunk_by(|a, b| a == b) {
                let count = u32::try_from(run.len()).unwrap_or(u32::MAX);
                if run.first() == Some(&true) {
                    took_part.push(UnitRun { line: line.line.clone(), first_unit, units: count });
                }
                first_unit += count;
            }
        }
        made.shipping_off.iter().for_each(|&off| fund(off));
        let charges = (0u32..).zip(&made.shipping_off).filter(|(_, off)| **off > 0);
        Applied {
            promotion: rule.promotion.clone(),
            version: rule.version,
            discount: self.money(made.off.iter().sum()),
            shipping: self.money(made.shipping_off.iter().sum()),
            units,
            took_part,
            charges: charges.map(|(place, &off)| ChargeOff { place, amount: self.money(off) }).collect(),
            gifts: made.gifts.iter().map(|(sku, units)| Gift { sku: sku.clone(), units: *units }).collect(),
            funded,
        }
    }

    /// Every promotion that was not applied, judged at its turn.
    fn not_applied(&mut self, rules: &[Compiled]) -> Vec<NotApplied> {
        self.begin();
        let chosen: Vec<Arc<Promotion>> = self.chosen().cloned().collect();
        let mut done: Vec<&Promotion> = vec![];
        let mut told = vec![];
        for Compiled { rule, currency } in rules {
            if chosen.iter().any(|one| one.promotion == rule.promotion) {
                if !self.choice.alone {
                    self.apply(rule);
                }
                done.push(rule);
                continue;
            }
            let why = match currency {
                Some(currency) if *currency != self.ground.cart.currency => {
                    PromotionReason::OtherCurrency { currency: *currency }
                }
                _ => self.why(rule, &chosen, &done),
            };
            told.push(NotApplied { promotion: rule.promotion.clone(), version: rule.version, why });
        }
        // The second state is again what all of them make of the cart.
        self.begin();
        for rule in &chosen {
            self.apply(rule);
        }
        told
    }

    fn why(
        &mut self,
        rule: &Arc<Promotion>,
        chosen: &[Arc<Promotion>],
        done: &[&Promotion],
    ) -> PromotionReason {
        let Some(state) = self.states.get(1) else { return PromotionReason::NoEffect };
        if let Some(unmet) = self.ground.unmet(rule, state) {
            return unmet;
        }
        if let Some(by) = self.excluded(rule, chosen, done) {
            return PromotionReason::Excluded { by };
        }
        if !give(self.ground, rule, state, self.buffers) {
            return PromotionReason::NoEffect;
        }
        // Added to the others, at its turn.
        let mut with_it = State::default();
        with_it.copy_from(state);
        with_it.apply(rule, self.ground.units, self.buffers);
        for later in chosen.iter().filter(|one| done.iter().all(|done| done.promotion != one.promotion)) {
            if self.ground.holds(later, &with_it) && give(self.ground, later, &with_it, self.buffers) {
                with_it.apply(later, self.ground.units, self.buffers);
            }
        }
        PromotionReason::NotChosen {
            chosen: self.money(self.choice.value),
            with_it: self.money(with_it.value),
        }
    }

    fn excluded(
        &self,
        rule: &Promotion,
        chosen: &[Arc<Promotion>],
        done: &[&Promotion],
    ) -> Option<Exclusion> {
        let best = self.ground.policy.stacking == Stacking::Best;
        let name = |one: &Promotion| one.promotion.clone();
        if let Some(exclusive) = chosen.iter().find(|one| one.exclusive) {
            return Some(Exclusion::Exclusive { promotion: name(exclusive) });
        }
        let same_group = |one: &&Arc<Promotion>| {
            let barring = best || done.iter().any(|done| done.promotion == one.promotion);
            barring && rule.group.is_some() && one.group == rule.group
        };
        if let (Some(group), Some(one)) = (&rule.group, chosen.iter().find(same_group)) {
            return Some(Exclusion::Group { group: group.clone(), promotion: name(one) });
        }
        if let Some(one) = done.iter().find(|one| one.stop_after && !best) {
            return Some(Exclusion::StopAfter { promotion: name(one) });
        }
        (rule.exclusive && !chosen.is_empty()).then_some(Exclusion::NotAlone)
    }

    fn quote(&self, applied: Vec<Applied>, not_applied: Vec<NotApplied>, basis: Basis) -> Quote {
        let cart = self.ground.cart;
        let empty = State::default();
        let state = self.now().unwrap_or(&empty);
        let (mut subtotal, mut after, mut lines) = (0i64, 0i64, vec![]);
        for (_, line, range) in self.ground.lines() {
            let list = line.unit_price.minor_units() * i64::from(line.units);
            let now: i64 = range.map(|unit| at(&state.current, unit)).sum();
            subtotal += list;
            after += now;
            lines.push(QuotedLine {
                line: line.line.clone(),
                sku: line.sku.clone(),
                units: line.units,
                list: line.unit_price,
                discount: self.money(list - now),
            });
        }
        let charges = cart.shipping.iter().zip(&state.shipping);
        let shipping: Vec<QuotedShipping> = charges
            .map(|(charge, now)| QuotedShipping {
                method: charge.method.clone(),
                price: charge.price,
                discount: self.money(charge.price.minor_units() - now),
            })
            .collect();
        let shipping_total: i64 = state.shipping.iter().sum();
        let asked = |code: &str| {
            self.chosen().any(|rule| {
                let names = rule.when.as_ref().is_some_and(|when| self.asks_for(when, code));
                let coupon = self.ground.coupon(rule).filter(|(_, fault)| fault.is_none());
                names || coupon.is_some_and(|(presented, _)| presented.code == code && needs_coupon(rule))
            })
        };
        let nodes = self.choice.nodes;
        Quote {
            currency: cart.currency,
            at: self.ground.at,
            applied,
            not_applied,
            unused_codes: cart
                .codes
                .iter()
                .map(|one| &one.code)
                .filter(|code| !asked(code))
                .cloned()
                .collect(),
            lines,
            shipping,
            subtotal: self.money(subtotal),
            discount: self.money(subtotal - after),
            shipping_total: self.money(shipping_total),
            total: self.money(after + shipping_total),
            proof: match self.ground.policy.stacking {
                Stacking::Priority => Proof::Rule,
                Stacking::Best if self.choice.bound > self.choice.value => {
                    Proof::Gap { bound: self.money(self.choice.bound), nodes }
                }
                Stacking::Best => Proof::Optimal { nodes },
            },
            basis,
        }
    }

    fn asks_for(&self, condition: &Condition, entered: &str) -> bool {
        match condition {
            Condition::All { of } | Condition::Any { of } => {
                of.iter().any(|part| self.asks_for(part, entered))
            }
            Condition::Code { code } => matches_code(code, entered, self.ground.policy.codes),
            _ => false,
        }
    }
}

/// Whether a promotion's condition asks for a coupon.
pub(super) fn needs_coupon(rule: &Promotion) -> bool {
    fn asks(condition: &Condition) -> bool {
        match condition {
            Condition::All { of } | Condition::Any { of } => of.iter().any(asks),
            Condition::Coupon => true,
            _ => false,
        }
    }
    rule.when.as_ref().is_some_and(asks)
}
