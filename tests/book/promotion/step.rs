//! What a step does.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use order_workflow::{
    Currency, Money, OrderId, Sku,
    checkout::{CouponClaim, coupon_claims},
    decision::Explain,
    id::{CouponId, CustomerId, LineId, ReservationId},
    money::Rounding,
    promotion::{
        AddOn, DriftPolicy, Gap, Hint, Lack, OnLower, PromotionBook, ProtectedPrice, ProtectionPolicy, Quote,
        QuotePolicy, Recheck, Refund, ReturnPolicy, ReturnedUnits, Scratch, Shopper, TaxBasis, TaxPolicy,
        TaxRounded, TaxedUnits,
        coupon::{ClaimPolicy, Coupon, CouponRefusal, GiveBack, Hold, Redeem, check_code},
        protect, recheck, top_up,
    },
    reservation::{Act, Command, Leg, MemoryStore, ReservationStore, Reserved},
};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Basket, Expect, Given, Result, promotion, wire};
use crate::book::{amount, instant};

/// What a step came to.
#[derive(Default)]
pub(super) struct Told {
    pub quote: Option<Quote>,
    pub problems: Option<Vec<String>>,
    pub legs: Option<Vec<Leg>>,
    pub refund: Option<Refund>,
    pub recheck: Option<Recheck>,
    pub protected: Option<Money>,
    pub taxes: Option<Vec<String>>,
    pub hints: Option<Vec<String>>,
    pub codes: Option<BTreeMap<String, String>>,
    pub answer: Option<String>,
    pub granted: Option<Money>,
    pub refused: Option<(String, String)>,
}

/// The shop that a story is about.
pub(super) struct World {
    currency: Currency,
    promotions: Vec<Value>,
    coupons: Vec<Coupon>,
    policy: QuotePolicy,
    basket: Basket,
    shopper: Shopper,
    quotes: BTreeMap<String, Quote>,
    returns: BTreeMap<String, Vec<Vec<ReturnedUnits>>>,
    store: MemoryStore,
    /// Which try of an order is the latest.
    attempts: BTreeMap<OrderId, u32>,
    granted: BTreeMap<(OrderId, CouponId), Money>,
    ops: u64,
    scratch: Scratch,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Compile {
    promotions: Vec<Value>,
}

/// What is not given is as it was given at first.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ask {
    /// A name for later steps.
    #[serde(rename = "as")]
    name: Option<String>,
    lines: Option<Vec<super::Item>>,
    codes: Option<Vec<String>>,
    channel: Option<String>,
    payment_method: Option<String>,
    shopper: Option<Shopper>,
    policy: Option<QuotePolicy>,
    promotions: Option<Vec<Value>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Of {
    of: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Back {
    of: String,
    units: BTreeMap<LineId, u32>,
    policy: ReturnPolicy,
}

/// Tax on a quote, by line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tax {
    of: String,
    percent: BTreeMap<LineId, Decimal>,
    basis: TaxBasis,
    #[serde(default = "by_unit")]
    rounded: TaxRounded,
}

fn by_unit() -> TaxRounded {
    TaxRounded::Unit
}

/// A purchase beside a later quote of what is kept.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Protect {
    of: String,
    now: String,
    days: u16,
    price: ProtectedPrice,
    #[serde(default = "nothing")]
    returned: String,
    #[serde(default = "nothing")]
    protected: String,
}

fn nothing() -> String {
    "0.00".to_owned()
}

/// What to add for the nearest hint of a quote: price and units by SKU.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TopUp {
    of: String,
    offers: Vec<(Sku, String, u32)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Check {
    of: String,
    now: String,
    #[serde(default = "new")]
    on_lower: OnLower,
    honour_rise_up_to: String,
}

fn new() -> OnLower {
    OnLower::ChargeNew
}

/// A quote's legs, held for an order.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Claim {
    of: String,
    order: OrderId,
    #[serde(default)]
    minutes: Option<i64>,
}

/// A coupon of the story, for an order.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HoldOne {
    code: String,
    #[serde(default)]
    typed: Option<String>,
    order: OrderId,
    customer: Option<CustomerId>,
    amount: String,
    minutes: i64,
    #[serde(default)]
    policy: ClaimPolicy,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RedeemOne {
    code: String,
    order: OrderId,
    customer: Option<CustomerId>,
    amount: String,
    #[serde(default)]
    policy: ClaimPolicy,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GiveBackOne {
    code: String,
    order: OrderId,
    #[serde(default)]
    policy: ClaimPolicy,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Typed {
    code: String,
}

fn shown_tax(run: &TaxedUnits) -> String {
    let TaxedUnits { line, units, price, tax, .. } = run;
    format!("{line} {units} x {} of {}", tax.decimal_text(), price.decimal_text())
}

fn shown_code(claim: &CouponClaim) -> (String, String) {
    let state = serde_json::to_value(claim.state).unwrap_or_default();
    let part = |name: &str| state.get(name).and_then(Value::as_str);
    let when = part("from").or(part("until")).map_or(String::new(), |when| format!(" {when}"));
    (claim.code.clone(), format!("{}{when}", part("kind").unwrap_or_default()))
}

fn shown_hint(hint: &Hint, currency: Currency) -> String {
    let lack = |lack: &Lack| match lack.gap {
        Gap::Amount { .. } => {
            let short = i64::try_from(lack.gap.short()).unwrap_or(i64::MAX);
            Money::minor(short, currency).decimal_text()
        }
        Gap::Count { .. } => lack.gap.short().to_string(),
    };
    let lacks: Vec<String> = hint.lacks.iter().map(lack).collect();
    format!("{} {}", hint.promotion, lacks.join(" and "))
}

fn read<'a, T: Deserialize<'a>>(value: &'a Value) -> Result<T> {
    T::deserialize(value).map_err(|error| error.to_string())
}

fn fault(error: impl std::fmt::Display) -> String {
    error.to_string()
}

impl World {
    pub(super) fn open(given: &Given) -> Result<World> {
        let coupon = |value: &Value| serde_json::from_value(wire(value, given.currency)).map_err(fault);
        Ok(World {
            currency: given.currency,
            promotions: given.promotions.clone(),
            coupons: given.coupons.iter().map(coupon).collect::<Result<_>>()?,
            policy: given.policy,
            basket: given.cart.clone(),
            shopper: given.shopper.clone(),
            quotes: BTreeMap::new(),
            returns: BTreeMap::new(),
            store: MemoryStore::new(),
            attempts: BTreeMap::new(),
            granted: BTreeMap::new(),
            ops: 0,
            scratch: Scratch::new(),
        })
    }

    /// One step: when, what, and what is expected.
    pub(super) fn step(&mut self, step: &Map<String, Value>) -> Result<(Expect, Told)> {
        let mut step = step.clone();
        let at = step.remove("at").ok_or("a step has a time")?;
        let at = instant(at.as_str().ok_or("a time is text")?)?;
        let expect = step.remove("expect").map_or(Ok(Expect::default()), |value| read(&value))?;
        let mut rest = step.into_iter();
        let (Some((what, how)), None) = (rest.next(), rest.next()) else {
            return Err("a step does one thing".to_owned());
        };
        let mut told = Told::default();
        match what.as_str() {
            "compile" => {
                let Compile { promotions } = read(&how)?;
                told.problems = Some(self.book(&promotions)?.err().unwrap_or_default());
            }
            "quote" => self.quote(read(&how)?, at, &mut told)?,
            "claims" => {
                let Of { of } = read(&how)?;
                match self.known(&of)?.claims() {
                    Ok(legs) => told.legs = Some(legs),
                    Err(refusal) => told.refused = Some((refusal.code().to_owned(), refusal.to_string())),
                }
            }
            "return" => self.give_units_back(read(&how)?, &mut told)?,
            "recheck" => {
                let Check { of, now, on_lower, honour_rise_up_to } = read(&how)?;
                let honour_rise_up_to = amount(&honour_rise_up_to, self.currency)?;
                let policy = DriftPolicy { on_lower, honour_rise_up_to };
                told.recheck = Some(recheck(self.known(&of)?, self.known(&now)?, &policy).map_err(fault)?);
            }
            "taxes" => {
                let Tax { of, percent, basis, rounded } = read(&how)?;
                let policy = TaxPolicy { basis, rounded, rounding: Rounding::HalfUp };
                match self.known(&of)?.taxes(&percent, &policy) {
                    Err(refusal) => told.refused = Some((refusal.code().to_owned(), refusal.to_string())),
                    Ok(taxed) => told.taxes = Some(taxed.iter().map(shown_tax).collect()),
                }
            }
            "protect" => {
                let Protect { of, now, days, price, returned, protected } = read(&how)?;
                let policy = ProtectionPolicy { days, price, at_most: None };
                let (returned, protected) =
                    (amount(&returned, self.currency)?, amount(&protected, self.currency)?);
                match protect(self.known(&of)?, self.known(&now)?, returned, protected, &policy) {
                    Err(refusal) => told.refused = Some((refusal.code().to_owned(), refusal.to_string())),
                    Ok(found) => told.protected = Some(found.amount),
                }
            }
            "hints" => {
                let Of { of } = read(&how)?;
                let book = self.book(&self.promotions)?.map_err(|found| found.join(", "))?;
                let hints = self.known(&of)?.hints(book.promotions());
                told.hints = Some(hints.iter().map(|hint| shown_hint(hint, self.currency)).collect());
            }
            "top_up" => {
                let TopUp { of, offers } = read(&how)?;
                let book = self.book(&self.promotions)?.map_err(|found| found.join(", "))?;
                let hints = self.known(&of)?.hints(book.promotions());
                let nearest = hints.first().and_then(|hint| hint.lacks.first());
                let short = nearest.ok_or("no hint")?.gap.short();
                let offer = |(sku, price, units): &(Sku, String, u32)| {
                    Ok(AddOn { sku: sku.clone(), price: amount(price, self.currency)?, units: *units })
                };
                match top_up(short, &offers.iter().map(offer).collect::<Result<Vec<_>>>()?) {
                    Err(refusal) => told.refused = Some((refusal.code().to_owned(), refusal.to_string())),
                    Ok(added) => {
                        let added: Vec<_> =
                            added.iter().map(|(sku, units)| format!("{units} {sku}")).collect();
                        told.answer = Some(added.join(", "));
                    }
                }
            }
            "codes" => {
                let Of { of } = read(&how)?;
                let book = self.book(&self.promotions)?.map_err(|found| found.join(", "))?;
                let claims = coupon_claims(self.known(&of)?, book.promotions(), &[]);
                told.codes = Some(claims.iter().map(shown_code).collect());
            }
            "claim" => {
                let Claim { of, order, minutes } = read(&how)?;
                let legs = self.known(&of)?.claims().map_err(fault)?;
                let until = minutes.map(|minutes| at + TimeDelta::minutes(minutes));
                self.reserve(&order, legs, until, at, &mut told)?;
            }
            "hold" | "redeem" | "give_back" => self.coupon(&what, &how, at, &mut told)?,
            "type" => {
                let Typed { code } = read(&how)?;
                match check_code(&code) {
                    Ok(()) => told.answer = Some("a code".to_owned()),
                    Err(problem) => told.refused = Some((problem.code().to_owned(), problem.to_string())),
                }
            }
            other => return Err(format!("nobody knows the step `{other}`")),
        }
        Ok((expect, told))
    }

    fn book(&self, promotions: &[Value]) -> Result<std::result::Result<PromotionBook, Vec<String>>> {
        let rules = promotions.iter().map(|one| promotion(one, self.currency)).collect::<Result<Vec<_>>>()?;
        let shown = |found: Vec<order_workflow::promotion::CompileProblem>| {
            found.iter().map(|one| format!("{} {}", one.promotion, one.what.code())).collect()
        };
        Ok(PromotionBook::compile(rules).map_err(shown))
    }

    fn known(&self, name: &str) -> Result<&Quote> {
        self.quotes.get(name).ok_or_else(|| format!("there is no quote `{name}`"))
    }

    fn quote(&mut self, ask: Ask, at: DateTime<Utc>, told: &mut Told) -> Result<()> {
        let mut basket = self.basket.clone();
        basket.lines = ask.lines.unwrap_or(basket.lines);
        basket.codes = ask.codes.unwrap_or(basket.codes);
        basket.channel = ask.channel.or(basket.channel);
        basket.payment_method = ask.payment_method.or(basket.payment_method);
        let cart = basket.cart(self.currency, &self.coupons)?;
        let shopper = ask.shopper.unwrap_or_else(|| self.shopper.clone());
        let policy = ask.policy.unwrap_or(self.policy);
        let book = self.book(ask.promotions.as_ref().unwrap_or(&self.promotions))?;
        let book = book.map_err(|found| found.join(", "))?;
        let made =
            |explain, scratch: &mut Scratch| book.quote(&cart, &shopper, at, &policy, explain, scratch);
        match made(Explain::Full, &mut self.scratch) {
            Err(error) => told.refused = Some((error.code().to_owned(), error.to_string())),
            Ok(full) => {
                let brief = made(Explain::Brief, &mut Scratch::new()).map_err(fault)?;
                let brief = Quote { not_applied: full.not_applied.clone(), ..brief };
                let stored: Quote =
                    serde_json::from_value(serde_json::to_value(&full).map_err(fault)?).map_err(fault)?;
                if brief != full || stored != full {
                    return Err("the same quote, brief or read back, is another".to_owned());
                }
                if let Some(name) = ask.name {
                    self.returns.remove(&name);
                    self.quotes.insert(name, full.clone());
                }
                told.quote = Some(full);
            }
        }
        Ok(())
    }

    fn give_units_back(&mut self, back: Back, told: &mut Told) -> Result<()> {
        let step = back.units.into_iter().map(|(line, units)| ReturnedUnits { line, units }).collect();
        let mut returns = self.returns.get(&back.of).cloned().unwrap_or_default();
        returns.push(step);
        match self.known(&back.of)?.refunds(&returns, back.policy) {
            Err(refusal) => told.refused = Some((refusal.code().to_owned(), refusal.to_string())),
            Ok(mut refunds) => {
                told.refund = refunds.pop();
                self.returns.insert(back.of, returns);
            }
        }
        Ok(())
    }

    /// Sends a command twice; the second must get the same answer.
    fn act(&mut self, act: Act, at: DateTime<Utc>, told: &mut Told) -> Result<bool> {
        self.ops += 1;
        let command = Command { op: self.ops.into(), act };
        let mut answers = vec![];
        self.store.execute_into(&[command.clone(), command], at, &mut answers);
        let (first, second) = (answers.first().ok_or("an answer")?, answers.last().ok_or("an answer")?);
        if first != second {
            return Err(format!("asked again: {second:?} after {first:?}"));
        }
        match first {
            Ok(_) => Ok(true),
            Err(refusal) => {
                let own = CouponRefusal::from_store(refusal);
                let code = own.as_ref().map_or(refusal.code(), CouponRefusal::code);
                let text = own.as_ref().map_or_else(|| refusal.to_string(), ToString::to_string);
                told.refused = Some((code.to_owned(), text));
                Ok(false)
            }
        }
    }

    fn name(&self, order: &OrderId) -> ReservationId {
        ReservationId::of(order, self.attempts.get(order).copied().unwrap_or(0), 0)
    }

    fn claimed(&self, order: &OrderId, at: DateTime<Utc>) -> Result<Option<Reserved>> {
        let name = self.name(order);
        let mut found = pollster::block_on(self.store.reservations(&[name], at)).map_err(fault)?;
        Ok(found.pop().flatten())
    }

    fn reserve(
        &mut self,
        order: &OrderId,
        legs: Vec<Leg>,
        until: Option<DateTime<Utc>>,
        at: DateTime<Utc>,
        told: &mut Told,
    ) -> Result<bool> {
        *self.attempts.entry(order.clone()).or_insert(0) += 1;
        let held = self.act(Act::Reserve { reservation: self.name(order), legs, until }, at, told)?;
        if held {
            told.answer = Some("held".to_owned());
        }
        Ok(held)
    }

    /// What a hold was granted, once it has let go of what it holds beyond that.
    fn granted(&mut self, coupon: &Coupon, ask: &HoldOne, at: DateTime<Utc>) -> Result<Money> {
        let held = self.claimed(&ask.order, at)?.ok_or("what was held")?;
        let wanted = amount(&ask.amount, self.currency)?;
        let parts = coupon.surplus(&held, wanted).map_err(|no| no.to_string())?;
        if !parts.is_empty() {
            let reservation = self.name(&ask.order);
            let act = Act::Release { reservation, parts: Some(parts) };
            self.act(act, at, &mut Told::default())?;
        }
        let held = self.claimed(&ask.order, at)?.ok_or("what was held")?;
        let granted = coupon.granted(&held, wanted).map_err(|no| no.to_string())?;
        self.granted.insert((ask.order.clone(), coupon.coupon.clone()), granted);
        Ok(granted)
    }

    fn coupon(&mut self, what: &str, how: &Value, at: DateTime<Utc>, told: &mut Told) -> Result<()> {
        let own = |world: &World, code: &str| {
            let found = world.coupons.iter().find(|one| one.code == code).cloned();
            found.ok_or_else(|| format!("there is no coupon `{code}`"))
        };
        let refused = |refusal: CouponRefusal| Some((refusal.code().to_owned(), refusal.to_string()));
        match what {
            "hold" => {
                let ask: HoldOne = read(how)?;
                let (coupon, claim) = (own(self, &ask.code)?, self.claimed(&ask.order, at)?);
                let (wanted, customer) = (amount(&ask.amount, self.currency)?, ask.customer.as_ref());
                let typed = ask.typed.as_ref().unwrap_or(&ask.code);
                match coupon.hold(claim.as_ref(), typed, customer, wanted, at, &ask.policy) {
                    Err(refusal) => told.refused = refused(refusal),
                    Ok(Hold::Held) => told.answer = Some("held already".to_owned()),
                    Ok(Hold::Reserve { legs }) => {
                        let until = Some(at + TimeDelta::minutes(ask.minutes));
                        if self.reserve(&ask.order, legs, until, at, told)? {
                            told.granted = Some(self.granted(&coupon, &ask, at)?);
                        }
                    }
                }
            }
            "redeem" => {
                let ask: RedeemOne = read(how)?;
                let (coupon, claim) = (own(self, &ask.code)?, self.claimed(&ask.order, at)?);
                let granted = amount(&ask.amount, self.currency)?;
                match coupon.redeem(claim.as_ref(), ask.customer.as_ref(), granted, at, &ask.policy) {
                    Err(refusal) => told.refused = refused(refusal),
                    Ok(Redeem::Done) => told.answer = Some("redeemed already".to_owned()),
                    Ok(step) => {
                        let parts = match step {
                            Redeem::ReserveAnew { legs } => {
                                if !self.reserve(&ask.order, legs, None, at, told)? {
                                    return Ok(());
                                }
                                None
                            }
                            Redeem::Use { parts } => Some(parts),
                            Redeem::Done => return Ok(()),
                        };
                        let used = Act::Use { reservation: self.name(&ask.order), parts };
                        if self.act(used, at, told)? {
                            told.answer = Some("redeemed".to_owned());
                        }
                    }
                }
            }
            _ => {
                let ask: GiveBackOne = read(how)?;
                let (coupon, claim) = (own(self, &ask.code)?, self.claimed(&ask.order, at)?);
                let reservation = self.name(&ask.order);
                let granted = self.granted.get(&(ask.order.clone(), coupon.coupon.clone())).copied();
                let granted = granted.unwrap_or(Money::zero(self.currency));
                let act = match coupon.give_back(claim.as_ref(), granted, at, &ask.policy) {
                    Err(refusal) => {
                        told.refused = refused(refusal);
                        return Ok(());
                    }
                    Ok(GiveBack::Done) => {
                        told.answer = Some("nothing to give back".to_owned());
                        return Ok(());
                    }
                    Ok(GiveBack::Release { parts }) => Act::Release { reservation, parts: Some(parts) },
                    Ok(GiveBack::Used { parts }) => Act::GiveBack { reservation, parts },
                };
                if self.act(act, at, told)? {
                    told.answer = Some("given back".to_owned());
                }
            }
        }
        Ok(())
    }
}
