//! The cases of area `promotion`: quotes, returns and rechecks.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveTime, Utc, Weekday};
use order_workflow::{
    Currency, Sku,
    calendar::Zone,
    decision::Explain,
    id::{ChannelId, LineId},
    money::{Money, Rounding},
    promotion::{
        Applied, Base, Benefit, Bound, Cart, CartLine, CodeMatch, Condition, DriftOutcome, DriftPolicy,
        Filter, Give, Measure, NotApplied, Off, OnLower, Phase, Pick, PickOrder, Presented, Promotion,
        PromotionBook, PromotionReason, Quote, QuotePolicy, Remainder, ReturnPolicy, ReturnedUnits, Scratch,
        SetPart, ShippingOff, ShippingPrice, Shopper, Spread, Stacking, Step, ThresholdBase, Unmet, recheck,
    },
};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Answer, currency, decimal, fault, money, parsed};

/// What the crate answers to a case of this area.
pub(super) fn run(kind: &str, policy: &Value, input: &Value) -> Answer<Value> {
    match kind {
        "quote" => {
            let policy: Policy = parsed(policy)?;
            let shop = Shop::open(input)?;
            shown(&shop, &shop.quote(&policy)?)
        }
        "return" => returned(parsed(policy)?, parsed(input)?),
        "recheck" => rechecked(parsed(policy)?, parsed(input)?),
        kind => Err(format!("unknown kind `{kind}`")),
    }
}

fn id<T: std::str::FromStr>(text: &str) -> Answer<T>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(fault)
}

// ---- policy

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Policy {
    selection: Selection,
    rounding: Rounded,
    remainder: Remainder,
    threshold_base: ThresholdBase,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Selection {
    Priority,
    BestForCustomer,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Rounded {
    HalfUp,
    HalfEven,
    Down,
}

impl Policy {
    fn ours(&self) -> QuotePolicy {
        QuotePolicy::default()
            .with_spread(Spread::LinesThenUnits)
            .with_codes(CodeMatch::Exact)
            .with_remainder(self.remainder)
            .with_threshold_base(self.threshold_base)
            .with_stacking(match self.selection {
                Selection::Priority => Stacking::Priority,
                Selection::BestForCustomer => Stacking::Best,
            })
            .with_rounding(match self.rounding {
                Rounded::HalfUp => Rounding::HalfUp,
                Rounded::HalfEven => Rounding::HalfEven,
                Rounded::Down => Rounding::Down,
            })
    }
}

// ---- the cart

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    currency: String,
    at: DateTime<Utc>,
    customer: Customer,
    channel: ChannelId,
    payment_method: Option<String>,
    codes: Vec<String>,
    lines: Vec<Line>,
    shipping: Vec<Charge>,
    gift_stock: BTreeMap<String, u32>,
    promotions: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Customer {
    segments: Vec<String>,
    orders_before: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    id: String,
    sku: String,
    category: String,
    unit_price: String,
    quantity: u32,
    floor_price: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Charge {
    id: String,
    price: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    id: String,
    priority: i32,
    exclusive: bool,
    group: Option<String>,
    stop_after: bool,
    consumes_units: bool,
    base: Base,
    when: Option<Value>,
    benefits: Vec<Gives>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Target {
    skus: Vec<String>,
    categories: Vec<String>,
    min_unit_price: Option<String>,
    max_unit_price: Option<String>,
    not_discounted: bool,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum When {
    All { of: Vec<When> },
    Any { of: Vec<When> },
    Not { of: Box<When> },
    SubtotalAtLeast { amount: String, target: Target },
    QuantityAtLeast { quantity: u64, target: Target },
    Code { code: String },
    Segment { segment: String },
    OrdersBeforeAtMost { count: u64 },
    NthOrder { n: u64 },
    Channel { channel: ChannelId },
    PaymentMethod { method: String },
    Currency { currency: String },
    Between { from: Option<DateTime<Utc>>, until: Option<DateTime<Utc>> },
    Weekly { zone: Zone, days: Vec<Weekday>, from: String, until: String },
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum Gives {
    ItemPercent {
        percent: Decimal,
        target: Target,
        max_units_per_line: Option<u32>,
    },
    ItemFixed {
        amount: String,
        target: Target,
        max_units_per_line: Option<u32>,
    },
    ItemPrice {
        price: String,
        target: Target,
        max_units_per_line: Option<u32>,
    },
    BuyGet {
        buy: Target,
        buy_quantity: u32,
        get: Target,
        get_quantity: u32,
        pick: PickOrder,
        percent: Option<Decimal>,
        amount: Option<String>,
        max_repeats: Option<u32>,
    },
    BundlePrice {
        parts: Vec<Part>,
        price: String,
        max_repeats: Option<u32>,
    },
    OrderPercent {
        percent: Decimal,
        target: Target,
        cap: Option<String>,
    },
    OrderFixed {
        amount: String,
        target: Target,
    },
    OrderEvery {
        threshold: String,
        amount: String,
        target: Target,
        cap: Option<String>,
    },
    OrderLadder {
        measure: LadderBy,
        steps: Vec<LadderStep>,
        target: Target,
        cap: Option<String>,
    },
    Gift {
        skus: Vec<String>,
        quantity: u32,
    },
    ShippingPercent {
        percent: Decimal,
        methods: Option<Vec<String>>,
    },
    ShippingFixed {
        amount: String,
        methods: Option<Vec<String>>,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    target: Target,
    quantity: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum LadderBy {
    Amount,
    Quantity,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LadderStep {
    from: Value,
    percent: Option<Decimal>,
    amount: Option<String>,
}

/// A cart with its shopper and the promotions that are live.
struct Shop {
    cart: Cart,
    shopper: Shopper,
    at: DateTime<Utc>,
    book: PromotionBook,
    /// The conditions in the words of the case, by promotion.
    conditions: BTreeMap<String, Value>,
}

impl Shop {
    fn open(input: &Value) -> Answer<Shop> {
        let input: Input = parsed(input)?;
        let own = currency(&input.currency)?;
        let line = |line: &Line| -> Answer<CartLine> {
            let ours =
                CartLine::new(id(&line.id)?, id(&line.sku)?, line.quantity, money(&line.unit_price, own)?);
            Ok(ours.with_category(&line.category).with_floor_price(money(&line.floor_price, own)?))
        };
        let charge = |charge: &Charge| {
            Ok(ShippingPrice { method: charge.id.clone(), price: money(&charge.price, own)? })
        };
        let gift = |(sku, there): (&String, &u32)| Ok((id(sku)?, *there));
        let cart = Cart {
            currency: own,
            lines: input.lines.iter().map(line).collect::<Answer<_>>()?,
            channel: Some(input.channel),
            payment_method: input.payment_method,
            codes: input.codes.into_iter().map(|code| Presented { code, coupon: None }).collect(),
            shipping: input.shipping.iter().map(charge).collect::<Answer<_>>()?,
            gift_stock: input.gift_stock.iter().map(gift).collect::<Answer<_>>()?,
        };
        let shopper = Shopper {
            segments: input.customer.segments,
            orders_before: input.customer.orders_before,
            ..Shopper::default()
        };
        let mut conditions = BTreeMap::new();
        let mut rules = vec![];
        for rule in input.promotions {
            if let Some(when) = &rule.when {
                conditions.insert(rule.id.clone(), when.clone());
            }
            rules.push(promotion(rule, own)?);
        }
        let book = PromotionBook::compile(rules)
            .map_err(|found| found.iter().map(|one| one.to_string()).collect::<Vec<_>>().join("; "))?;
        Ok(Shop { cart, shopper, at: input.at, book, conditions })
    }

    fn quote(&self, policy: &Policy) -> Answer<Quote> {
        let made = |explain| {
            let scratch = &mut Scratch::new();
            self.book.quote(&self.cart, &self.shopper, self.at, &policy.ours(), explain, scratch)
        };
        let full = made(Explain::Full).map_err(fault)?;
        // Reasons change nothing, and a quote survives JSON.
        let brief = Quote { not_applied: full.not_applied.clone(), ..made(Explain::Brief).map_err(fault)? };
        let read: Quote = parsed(&serde_json::to_value(&full).map_err(fault)?)?;
        if brief != full || read != full {
            return Err("the same quote, brief or read back, is another".to_owned());
        }
        Ok(full)
    }
}

// ---- promotions

fn promotion(rule: Rule, own: Currency) -> Answer<Promotion> {
    let when: Option<When> = rule.when.as_ref().map(parsed).transpose()?;
    let phases: Vec<Phase> = rule.benefits.iter().map(phase).collect();
    let phase = phases.first().copied().ok_or("a promotion gives something")?;
    if phases.iter().any(|other| *other != phase) {
        return Err("benefits of two phases".to_owned());
    }
    let gives = rule.benefits.iter().map(|gives| benefit(gives, own)).collect::<Answer<Vec<_>>>()?;
    let mut ours = Promotion::new(id(&rule.id)?, phase, gives.first().cloned().ok_or("no benefit")?);
    ours.gives = gives;
    ours.when = when.map(|when| condition(when, own)).transpose()?;
    ours.priority = rule.priority;
    ours.exclusive = rule.exclusive;
    ours.group = rule.group;
    ours.stop_after = rule.stop_after;
    ours.consumes_units = rule.consumes_units;
    ours.base = rule.base;
    Ok(ours)
}

fn phase(gives: &Gives) -> Phase {
    match gives {
        Gives::ItemPercent { .. }
        | Gives::ItemFixed { .. }
        | Gives::ItemPrice { .. }
        | Gives::BuyGet { .. }
        | Gives::BundlePrice { .. } => Phase::ITEM,
        Gives::OrderPercent { .. }
        | Gives::OrderFixed { .. }
        | Gives::OrderEvery { .. }
        | Gives::OrderLadder { .. }
        | Gives::Gift { .. } => Phase::SHOP,
        Gives::ShippingPercent { .. } | Gives::ShippingFixed { .. } => Phase::SHIPPING,
    }
}

fn filter(target: &Target, own: Currency) -> Answer<Filter> {
    let price = |text: &Option<String>| text.as_ref().map(|text| money(text, own)).transpose();
    Ok(Filter {
        skus: target.skus.iter().map(|sku| id(sku)).collect::<Answer<_>>()?,
        categories: target.categories.clone(),
        min_unit_price: price(&target.min_unit_price)?,
        max_unit_price: price(&target.max_unit_price)?,
        not_discounted: target.not_discounted,
        ..Filter::default()
    })
}

fn wall(text: &str) -> Answer<NaiveTime> {
    NaiveTime::parse_from_str(text, "%H:%M").map_err(fault)
}

fn condition(when: When, own: Currency) -> Answer<Condition> {
    let several = |of: Vec<When>| of.into_iter().map(|one| condition(one, own)).collect::<Answer<Vec<_>>>();
    Ok(match when {
        When::All { of } => Condition::All { of: several(of)? },
        When::Any { of } => Condition::Any { of: several(of)? },
        When::Not { of } => Condition::Not { of: Box::new(condition(*of, own)?) },
        When::SubtotalAtLeast { amount, target } => {
            Condition::subtotal_at_least(money(&amount, own)?, filter(&target, own)?)
        }
        When::QuantityAtLeast { quantity, target } => Condition::Count {
            measure: Measure::Quantity,
            of: filter(&target, own)?,
            bound: Bound::at_least(quantity),
        },
        When::Code { code } => Condition::Code { code },
        When::Segment { segment } => Condition::Segment { segment },
        When::OrdersBeforeAtMost { count } => Condition::OrdersBefore { bound: Bound::at_most(count) },
        When::NthOrder { n } => {
            let before = n.checked_sub(1).ok_or("orders are counted from 1")?;
            Condition::OrdersBefore { bound: Bound::exactly(before) }
        }
        When::Channel { channel } => Condition::Channel { channel },
        When::PaymentMethod { method } => Condition::PaymentMethod { method },
        When::Currency { currency: code } => Condition::Currency { currency: currency(&code)? },
        When::Between { from, until } => Condition::Between { from, until },
        When::Weekly { zone, days, from, until } => Condition::Weekly {
            zone,
            days,
            from: wall(&from)?,
            until: if until == "24:00" { None } else { Some(wall(&until)?) },
            but_not_on: vec![],
        },
    })
}

fn benefit(gives: &Gives, own: Currency) -> Answer<Benefit> {
    let amount = |text: &String| money(text, own);
    let cap = |cap: &Option<String>| cap.as_ref().map(amount).transpose();
    let item = |target: &Target, most: &Option<u32>, give| -> Answer<Benefit> {
        let pick = Pick::All { of: filter(target, own)?, units_per_line: *most };
        Ok(Benefit::Off { pick, give, cap: None })
    };
    let order = |target: &Target, give, most: &Option<String>| -> Answer<Benefit> {
        Ok(Benefit::Off { pick: Pick::all(filter(target, own)?), give, cap: cap(most)? })
    };
    let shipping = |methods: &Option<Vec<String>>, off| Benefit::Shipping {
        methods: methods.clone().unwrap_or_default(),
        off,
    };
    match gives {
        Gives::ItemPercent { percent, target, max_units_per_line } => {
            item(target, max_units_per_line, Give::PercentEach { percent: *percent })
        }
        Gives::ItemFixed { amount: off, target, max_units_per_line } => {
            item(target, max_units_per_line, Give::AmountEach { amount: amount(off)? })
        }
        Gives::ItemPrice { price, target, max_units_per_line } => {
            item(target, max_units_per_line, Give::PriceEach { price: amount(price)? })
        }
        Gives::BuyGet { buy, buy_quantity, get, get_quantity, pick, percent, amount: off, max_repeats } => {
            let give = match (percent, off) {
                (Some(percent), None) => Give::PercentEach { percent: *percent },
                (None, Some(off)) => Give::AmountEach { amount: amount(off)? },
                _ => return Err("either a percentage or an amount".to_owned()),
            };
            let pick = Pick::BuyGet {
                buy: filter(buy, own)?,
                buy_units: *buy_quantity,
                get: filter(get, own)?,
                get_units: *get_quantity,
                order: *pick,
                max_times: *max_repeats,
            };
            Ok(Benefit::Off { pick, give, cap: None })
        }
        Gives::BundlePrice { parts, price, max_repeats } => {
            let part = |part: &Part| Ok(SetPart { of: filter(&part.target, own)?, units: part.quantity });
            let parts = parts.iter().map(part).collect::<Answer<Vec<_>>>()?;
            let pick = Pick::Sets { parts, max_times: *max_repeats };
            Ok(Benefit::Off { pick, give: Give::Price { price: amount(price)? }, cap: None })
        }
        Gives::OrderPercent { percent, target, cap } => {
            order(target, Give::Percent { percent: *percent }, cap)
        }
        Gives::OrderFixed { amount: off, target } => {
            order(target, Give::Amount { amount: amount(off)? }, &None)
        }
        Gives::OrderEvery { threshold, amount: off, target, cap } => {
            let give = Give::Every { threshold: amount(threshold)?, amount: amount(off)? };
            order(target, give, cap)
        }
        Gives::OrderLadder { measure, steps, target, cap } => {
            let off = |step: &LadderStep| match (&step.percent, &step.amount) {
                (Some(percent), None) => Ok(Off::Percent(*percent)),
                (None, Some(off)) => Ok(Off::Amount(amount(off)?)),
                _ => Err("either a percentage or an amount".to_owned()),
            };
            let give = match measure {
                LadderBy::Amount => Give::LadderByAmount {
                    steps: steps
                        .iter()
                        .map(|step| Ok(Step { from: amount(&parsed(&step.from)?)?, off: off(step)? }))
                        .collect::<Answer<_>>()?,
                },
                LadderBy::Quantity => Give::LadderByUnits {
                    steps: steps
                        .iter()
                        .map(|step| Ok(Step { from: parsed(&step.from)?, off: off(step)? }))
                        .collect::<Answer<_>>()?,
                },
            };
            order(target, give, cap)
        }
        Gives::Gift { skus, quantity } => Ok(Benefit::Gift {
            any_of: skus.iter().map(|sku| id(sku)).collect::<Answer<Vec<Sku>>>()?,
            units: *quantity,
        }),
        Gives::ShippingPercent { percent, methods } => Ok(shipping(methods, ShippingOff::Percent(*percent))),
        Gives::ShippingFixed { amount: off, methods } => {
            Ok(shipping(methods, ShippingOff::Amount(amount(off)?)))
        }
    }
}

// ---- answers

/// Amounts by name, those of one name together.
fn by_name(amounts: impl Iterator<Item = (String, Money)>) -> Answer<Map<String, Value>> {
    let mut sums: BTreeMap<String, Money> = BTreeMap::new();
    for (name, amount) in amounts {
        let sum = sums.entry(name).or_insert(Money::zero(amount.currency()));
        *sum = sum.checked_add(amount).map_err(fault)?;
    }
    Ok(sums.into_iter().map(|(name, amount)| (name, decimal(amount).into())).collect())
}

fn gifts(gifts: impl Iterator<Item = (Sku, u32)>) -> Value {
    gifts.map(|(sku, quantity)| json!({"sku": sku, "quantity": quantity})).collect()
}

fn one_promotion(quote: &Quote, applied: &Applied) -> Answer<Value> {
    let mut lines = vec![];
    for run in &applied.units {
        let amount = run.each.checked_mul(run.units.into()).map_err(fault)?;
        lines.push((run.line.to_string(), amount));
    }
    let mut charges = vec![];
    for charge in &applied.charges {
        let place = usize::try_from(charge.place).map_err(fault)?;
        let entry = quote.shipping.get(place).ok_or("a charge of the cart")?;
        charges.push((entry.method.clone(), charge.amount));
    }
    let given = applied.gifts.iter().map(|gift| (gift.sku.clone(), gift.units));
    Ok(
        json!({"lines": by_name(lines.into_iter())?, "shipping": by_name(charges.into_iter())?, "gifts": gifts(given)}),
    )
}

fn reason(shop: &Shop, not: &NotApplied) -> Answer<Value> {
    let code = not.why.code();
    let name = code.split_once('.').map_or(code, |(_, name)| name);
    let mut told = json!({"id": not.promotion, "reason": name});
    if let PromotionReason::ConditionNotMet { at, unmet, .. } = &not.why {
        let mut failed = shop.conditions.get(not.promotion.as_str()).ok_or("a condition that failed")?;
        for place in at {
            let place = usize::try_from(*place).map_err(fault)?;
            failed = failed["of"].get(place).ok_or("a part of a condition")?;
        }
        told["failed"] = failed["kind"].clone();
        match unmet {
            Unmet::ShortOfAmount { have, need } => {
                told["missing"] = decimal(need.checked_sub(*have).map_err(fault)?).into();
            }
            Unmet::ShortOf { have, need, .. } => told["missing"] = json!(need - have),
            _ => {}
        }
    }
    Ok(told)
}

fn shown(shop: &Shop, quote: &Quote) -> Answer<Value> {
    let applied: Vec<_> = quote.applied.iter().map(|one| &one.promotion).collect();
    let reasons: Vec<Value> = quote.not_applied.iter().map(|not| reason(shop, not)).collect::<Answer<_>>()?;
    let mut by_promotion = Map::new();
    for one in &quote.applied {
        by_promotion.insert(one.promotion.to_string(), one_promotion(quote, one)?);
    }
    let lines = quote.lines.iter().map(|line| (line.line.to_string(), line.discount));
    let charges = quote.shipping.iter().map(|charge| (charge.method.clone(), charge.discount));
    Ok(json!({
        "applied": applied, "not_applied": reasons, "by_promotion": by_promotion,
        "line_discounts": by_name(lines)?, "shipping_discounts": by_name(charges)?,
        "gifts": gifts(quote.gifts().into_iter()), "subtotal": decimal(quote.subtotal),
        "discount": decimal(quote.discount), "shipping": decimal(quote.shipping_total),
        "total": decimal(quote.total),
    }))
}

// ---- after the sale

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReturnCasePolicy {
    selection: Selection,
    rounding: Rounded,
    remainder: Remainder,
    threshold_base: ThresholdBase,
    return_policy: ReturnPolicy,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReturnInput {
    cart: Value,
    returns: Vec<Vec<Back>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Back {
    line: LineId,
    quantity: u32,
}

/// Fields that only some kinds give.
fn with_defaults(cart: &Value) -> Answer<Value> {
    let mut cart = cart.clone();
    let fields = cart.as_object_mut().ok_or("a cart")?;
    for (name, none) in
        [("codes", json!([])), ("shipping", json!([])), ("gift_stock", json!({})), ("promotions", json!([]))]
    {
        fields.entry(name).or_insert(none);
    }
    Ok(cart)
}

fn returned(policy: ReturnCasePolicy, input: ReturnInput) -> Answer<Value> {
    let ReturnCasePolicy { selection, rounding, remainder, threshold_base, return_policy } = policy;
    let shop = Shop::open(&with_defaults(&input.cart)?)?;
    let quote = shop.quote(&Policy { selection, rounding, remainder, threshold_base })?;
    let step = |step: &Vec<Back>| {
        step.iter().map(|back| ReturnedUnits { line: back.line.clone(), units: back.quantity }).collect()
    };
    let returns: Vec<Vec<ReturnedUnits>> = input.returns.iter().map(step).collect();
    let refunds = quote.refunds(&returns, return_policy).map_err(fault)?;
    let amounts = refunds.iter().map(|refund| refund.amount);
    let refunded = Money::sum(quote.currency, amounts.clone()).map_err(fault)?;
    let kept = quote.paid().checked_sub(refunded).map_err(fault)?;
    Ok(json!({
        "paid": decimal(quote.paid()), "refunds": amounts.map(decimal).collect::<Vec<_>>(),
        "refunded": decimal(refunded), "kept_paid": decimal(kept),
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RecheckPolicy {
    selection: Selection,
    rounding: Rounded,
    remainder: Remainder,
    threshold_base: ThresholdBase,
    on_lower: OnLower,
    honour_rise_up_to: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RecheckInput {
    quoted: Value,
    now: Value,
}

fn rechecked(policy: RecheckPolicy, input: RecheckInput) -> Answer<Value> {
    let RecheckPolicy { selection, rounding, remainder, threshold_base, on_lower, honour_rise_up_to } =
        policy;
    let quote_policy = Policy { selection, rounding, remainder, threshold_base };
    let quote = |cart: &Value| Shop::open(&with_defaults(cart)?)?.quote(&quote_policy);
    let (quoted, now) = (quote(&input.quoted)?, quote(&input.now)?);
    let honour_rise_up_to = money(&honour_rise_up_to, quoted.currency)?;
    let made = recheck(&quoted, &now, &DriftPolicy { on_lower, honour_rise_up_to }).map_err(fault)?;
    let outcome = match made.outcome {
        DriftOutcome::Unchanged => "unchanged",
        DriftOutcome::AcceptSameTotal => "accept_same_total",
        DriftOutcome::ChargeLower => "charge_lower",
        DriftOutcome::HonourQuote => "honour_quote",
        DriftOutcome::AskCustomer => "ask_customer",
    };
    let drift = made
        .drift
        .iter()
        .map(|one| json!({"line": one.line, "from": one.from.map(decimal), "to": one.to.map(decimal)}));
    Ok(json!({
        "drift": drift.collect::<Vec<_>>(), "lost": made.lost, "gained": made.gained,
        "quoted_total": decimal(made.quoted), "current_total": decimal(made.current),
        "outcome": outcome, "charge": made.charge.map(decimal),
    }))
}
