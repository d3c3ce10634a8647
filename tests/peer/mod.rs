//! The cases of `tests/data/cases/`, run on the crate: this maps names and amounts, it decides nothing.
//!
//! A case is JSON and so is what the crate answers to it, in the words of the folder's README; two answers
//! compare by the keys that the expected one has, times as instants, and some lists in any order, as that README
//! says. What the mapping does not know is an error, never skipped.

use chrono::{DateTime, TimeDelta, Utc};
use order_workflow::{
    decision::Source,
    geo::Destination,
    id::{IntentId, LineId, OrderId, ParcelId, SystemId},
    money::{Currency, Money},
    order::{
        AnomalyKind, Ask, CancelReason, CaptureWhen, EndCause, Fulfilment, Happened, LateMoney, LineUnits,
        NextStep, Order, OrderChange, OrderDecision, OrderEffect, OrderEvent, OrderFact, OrderPolicy,
        OrderReason, PlacedLine, Placement, Scope, Snapshot, Terms,
        payment::{Method, Paid, PaymentChange, PaymentFact, Unmatched},
    },
};
use serde::Deserialize;
use serde_json::{Value, json};

mod calendar;
mod coupon;
mod inventory;
mod promotion;
mod sourcing;

type Answer<T> = Result<T, String>;

/// Whether the crate answers to a case as the case expects; otherwise what was expected and what came.
pub fn check(case: &Value) -> Answer<()> {
    let got = run(case);
    let expected = case.get("expect").ok_or("the case expects nothing")?;
    match &got {
        Ok(got) if agrees(expected, got) => Ok(()),
        Ok(got) => Err(format!("expected {expected} got {got}")),
        Err(why) => Err(format!("expected {expected} got no answer: {why}")),
    }
}

/// What the crate answers to a case.
pub fn run(case: &Value) -> Answer<Value> {
    let case: Case = parsed(case)?;
    match (case.area.as_str(), case.kind.as_str()) {
        ("payment", "sequence") => sequence(parsed(&case.policy)?, parsed(&case.input)?),
        ("payment", "balance") => {
            let _: NoPolicy = parsed(&case.policy)?;
            balance(parsed(&case.input)?)
        }
        ("payment", kind) => Err(format!("unknown kind `{kind}`")),
        ("inventory", kind) => inventory::run(kind, &case.policy, &case.input),
        ("calendar", kind) => calendar::run(kind, &case.policy, &case.input),
        ("coupon", kind) => coupon::run(kind, &case.policy, &case.input),
        ("sourcing-small", kind) => sourcing::run(kind, &case.policy, &case.input),
        ("promotion", kind) => promotion::run(kind, &case.policy, &case.input),
        (area, _) => Err(format!("unknown area `{area}`")),
    }
}

/// What has several right answers where a case expects `null`.
const NOT_UNIQUE: [&str; 2] = ["allocations", "locations_used"];

/// Lists that compare in any order.
const SETS: [&str; 5] = ["allocations", "short", "stock", "missing", "not_applied"];
/// Objects whose keys are names of the case: no more of them may come than are expected.
const BY_NAME: [&str; 8] = [
    "by_location",
    "can_supply",
    "reservations",
    "by_promotion",
    "line_discounts",
    "shipping_discounts",
    "lines",
    "shipping",
];

/// Whether `got` says what `expected` says; it may say more, but no longer lists.
fn agrees(expected: &Value, got: &Value) -> bool {
    agrees_as("", expected, got)
}

/// The same for what stands under `key`.
fn agrees_as(key: &str, expected: &Value, got: &Value) -> bool {
    match (expected, got) {
        (Value::Null, _) if NOT_UNIQUE.contains(&key) => true,
        (Value::Object(expected), Value::Object(got)) => {
            let no_more = !BY_NAME.contains(&key) || expected.len() == got.len();
            let same =
                |(key, value): (&String, _)| got.get(key).is_some_and(|got| agrees_as(key, value, got));
            no_more && expected.iter().all(same)
        }
        (Value::Array(expected), Value::Array(got)) if SETS.contains(&key) => {
            let mut left: Vec<&Value> = got.iter().collect();
            let taken = |value: &Value| {
                let place = left.iter().position(|got| agrees(value, got));
                place.map(|place| left.swap_remove(place)).is_some()
            };
            expected.len() == got.len() && expected.iter().all(taken)
        }
        (Value::Array(expected), Value::Array(got)) => {
            expected.len() == got.len() && expected.iter().zip(got).all(|(value, got)| agrees(value, got))
        }
        (Value::String(expected), Value::String(got)) => {
            let instant = |text: &str| text.parse::<DateTime<Utc>>().ok();
            expected == got || instant(expected).is_some_and(|at| instant(got) == Some(at))
        }
        _ => expected == got,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "named so that any other key is an error")]
struct Case {
    id: String,
    area: String,
    kind: String,
    title: String,
    source: String,
    policy: Value,
    input: Value,
    expect: Value,
    note: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoPolicy {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Policy {
    late_after_timeout: Late,
    short_tolerance: String,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Late {
    Refund,
    ReinstateIfStock,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sequence {
    order: Ordered,
    intents: Vec<Intent>,
    stock_still_available: bool,
    events: Vec<Event>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ordered {
    id: String,
    total: String,
    currency: String,
    pay_by: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Intent {
    id: String,
    method: String,
    amount: String,
    auth_expires: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Event {
    at: DateTime<Utc>,
    kind: String,
    #[serde(rename = "ref")]
    reference: Option<String>,
    order: Option<String>,
    intent: Option<String>,
    amount: Option<String>,
    currency: Option<String>,
    #[serde(rename = "final")]
    last: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Balances {
    currency: String,
    order_total: String,
    captured: String,
    refunded: String,
    cancelled: bool,
}

fn parsed<'a, T: Deserialize<'a>>(value: &'a Value) -> Answer<T> {
    T::deserialize(value).map_err(|error| error.to_string())
}

fn fault(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn currency(code: &str) -> Answer<Currency> {
    Currency::from_code(code).map_err(fault)
}

/// An amount with exactly the digits of its currency.
fn money(text: &str, currency: Currency) -> Answer<Money> {
    let amount = Money::parse(text, currency).map_err(fault)?;
    if decimal(amount) == text { Ok(amount) } else { Err(format!("`{text}` is not an amount of {currency}")) }
}

fn decimal(amount: Money) -> String {
    amount.to_decimal().to_string()
}

fn method(name: &str) -> Answer<Method> {
    Ok(match name {
        "card" | "credit_card" => Method::Card,
        "debit_card" => Method::DebitCard,
        "bank_slip" | "boleto" | "bank_transfer" | "transfer" | "invoice" => Method::BankSlip,
        "wallet" | "paypal" | "alipay" | "wechat_pay" | "apple_pay" | "google_pay" => Method::Wallet,
        "voucher" | "gift_card" => Method::Voucher,
        "balance" | "store_credit" | "credit" | "points" => Method::StoreCredit,
        "cash_on_delivery" | "cash" | "cod" => Method::CashOnDelivery,
        _ => return Err(format!("unknown method `{name}`")),
    })
}

/// One unit of `total`, to be shipped, paid before `pay_by`.
fn placement(total: Money, pay_by: DateTime<Utc>) -> Answer<Placement> {
    let line = PlacedLine {
        line: line()?,
        sku: "goods".parse().map_err(fault)?,
        seller: "house".parse().map_err(fault)?,
        units: 1,
        list: total,
        adjustments: vec![],
        tax: vec![],
        fulfilment: Fulfilment::Ship,
    };
    Ok(Placement {
        lines: vec![line],
        charges: vec![],
        currency: total.currency(),
        terms: Terms::Prepaid { pay_by },
        customer: "shopper".parse().map_err(fault)?,
        channel: "web".parse().map_err(fault)?,
        ship_to: Some(Destination {
            address: "door".parse().map_err(fault)?,
            country: parsed(&json!("DE"))?,
            postcode_area: String::new(),
        }),
        promise: None,
        quote: None,
        link: None,
        notes: Default::default(),
    })
}

fn line() -> Answer<LineId> {
    "1".parse().map_err(fault)
}

/// The instant that `null` means as a deadline.
fn never() -> DateTime<Utc> {
    DateTime::from_timestamp(253_402_300_799, 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// An order with its host: keeps the events, answers what the effects of the order ask of the host.
struct Desk {
    order: Order,
    history: Vec<OrderEvent>,
    stock: bool,
    answers: u32,
    parcels: u32,
    parked: Unmatched,
    told: Vec<Told>,
    event: usize,
    /// Refunds to make as the rules count them. They know none of those that the crate asks for when it opens
    /// an order again (what came twice before), and keep those that a lost chargeback has overtaken, which the
    /// crate withdraws; when an order ends, both count anew.
    to_make: i64,
}

/// An anomaly of the table, with the case's event it came with.
struct Told {
    event: usize,
    kind: &'static str,
    next: &'static str,
    amount: Option<Money>,
}

/// A late capture that asked for stock: the answer says what is next.
const ASKED_FOR_STOCK: &str = NextStep::TryReinstate.name();

impl Desk {
    fn open(
        id: OrderId,
        total: Money,
        pay_by: DateTime<Utc>,
        policy: &OrderPolicy,
        at: DateTime<Utc>,
    ) -> Answer<Desk> {
        let (order, decision) = Order::place(id, &placement(total, pay_by)?, policy, at).map_err(fault)?;
        Ok(Desk {
            order,
            history: decision.events,
            stock: false,
            answers: 0,
            parcels: 0,
            parked: Unmatched::default(),
            told: vec![],
            event: 0,
            to_make: 0,
        })
    }

    /// Opens a tender; the shop may have opened more than the order asks for, then it is taken over as it is.
    fn tender(&mut self, method: Method, amount: Money, at: DateTime<Utc>) -> Answer<()> {
        match self.order.decide(&Ask::OpenTender { method, amount }.into(), at) {
            Ok(decision) => self.apply(decision, at),
            Err(_) => {
                let state = self.order.state();
                let count = u32::try_from(state.book.tenders.len()).map_err(fault)?;
                let mut snapshot = serde_json::to_value(self.order.snapshot()).map_err(fault)?;
                let tender = json!({
                    "intent": IntentId::of(&state.id, count + 1), "method": method,
                    "amount_minor": amount.minor_units(), "open_minor": 0, "capturing_minor": 0,
                    "captured_minor": 0, "voiding_minor": 0, "refunded_minor": 0, "disputed_minor": 0,
                    "charged_back_minor": 0, "was_authorised": false, "was_voided": false, "closed": false,
                    "failures": 0,
                });
                let tenders = snapshot.pointer_mut("/state/book/tenders").and_then(Value::as_array_mut);
                tenders.ok_or("a snapshot has tenders")?.push(tender);
                self.order = Order::import(parsed::<Snapshot>(&snapshot)?).map_err(fault)?;
                self.history.clear(); // it began with the snapshot
                Ok(())
            }
        }
    }

    fn wake(&mut self, at: DateTime<Utc>) -> Answer<()> {
        let decision = self.order.wake(at);
        self.apply(decision, at)
    }

    fn record(&mut self, what: Happened, source: Source, at: DateTime<Utc>) -> Answer<()> {
        let decision = self.order.record(&OrderFact { source, what }, at);
        self.apply(decision, at)
    }

    /// A fact of the host's own, under a reference that no other system uses.
    fn answer(&mut self, what: Happened, at: DateTime<Utc>) -> Answer<()> {
        self.answers += 1;
        let reference = format!("answer-{}", self.answers).parse().map_err(fault)?;
        let source = Source { system: "host".parse().map_err(fault)?, reference, occurred_at: at };
        self.record(what, source, at)
    }

    fn apply(&mut self, decision: OrderDecision, at: DateTime<Utc>) -> Answer<()> {
        self.order.evolve_all(&decision.events);
        if decision.reasons.iter().any(|reason| matches!(reason, OrderReason::Duplicate { .. })) {
            self.tell(AnomalyKind::DuplicateCallback, NextStep::Ignore, None);
        }
        let reopens = decision.events.iter().any(|event| event.what == OrderChange::Reopened);
        for event in &decision.events {
            match &event.what {
                OrderChange::Payment { what: PaymentChange::RefundAsked { amount }, .. } if !reopens => {
                    self.to_make += amount.minor_units();
                }
                OrderChange::Payment { what: PaymentChange::Refunded { amount }, .. } => {
                    self.to_make = (self.to_make - amount.minor_units()).max(0);
                }
                OrderChange::Anomaly(odd) => self.tell(odd.kind, odd.next, odd.amount),
                OrderChange::Reopened => {
                    self.to_make = 0;
                    self.stock_answered("reinstate");
                }
                OrderChange::ReinstatementDeclined => self.stock_answered(NextStep::Refund.name()),
                _ => {}
            }
        }
        if decision.events.iter().any(|event| matches!(event.what, OrderChange::Ended { .. })) {
            self.to_make = self.order.balance().refunds_pending.minor_units();
        }
        if !self.history.is_empty() {
            self.history.extend(decision.events);
        }
        for effect in decision.effects {
            match effect {
                OrderEffect::TryReinstate if self.stock => self.answer(Happened::StockHeld, at)?,
                OrderEffect::TryReinstate => self.answer(Happened::StockGone, at)?,
                OrderEffect::RequestRecall { line, units, .. } => {
                    self.answer(Happened::Recalled { of: LineUnits { line, units } }, at)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn tell(&mut self, kind: AnomalyKind, next: NextStep, amount: Option<Money>) {
        if is_about_money(kind) {
            self.told.push(Told { event: self.event, kind: kind.name(), next: next.name(), amount });
        }
    }

    fn stock_answered(&mut self, next: &'static str) {
        if let Some(asked) = self.told.iter_mut().rev().find(|told| told.next == ASKED_FOR_STOCK) {
            asked.next = next;
        }
    }

    /// Whatever the case, the order keeps its invariants, and its history tells the same.
    fn is_sound(&self) -> Answer<()> {
        if let Some(broken) = self.order.violations().first() {
            return Err(format!("a broken invariant: {broken}"));
        }
        if !self.history.is_empty() {
            let replayed = Order::replay(self.history.iter().cloned()).map_err(fault)?;
            if replayed != self.order {
                return Err("the replay of its events is another order".to_owned());
            }
        }
        Ok(())
    }
}

/// Whether a kind is one of the table of payments; parcels, units, clocks and money that moved unasked have no
/// place in it.
fn is_about_money(kind: AnomalyKind) -> bool {
    match kind {
        AnomalyKind::Timeout
        | AnomalyKind::AmountShort
        | AnomalyKind::AmountOver
        | AnomalyKind::CurrencyMismatch
        | AnomalyKind::DuplicateCallback
        | AnomalyKind::DuplicateCapture
        | AnomalyKind::LateSuccess
        | AnomalyKind::UnknownOrder
        | AnomalyKind::UnknownIntent
        | AnomalyKind::OutOfOrder
        | AnomalyKind::AuthorisationFailed
        | AnomalyKind::AuthorisationExpired
        | AnomalyKind::CaptureFailed
        | AnomalyKind::VoidFailed
        | AnomalyKind::RefundFailed
        | AnomalyKind::RefundOverCaptured
        | AnomalyKind::ChargebackOpened
        | AnomalyKind::ChargebackWon
        | AnomalyKind::ChargebackLost
        | AnomalyKind::ImplausibleAmount => true,
        AnomalyKind::ImplausibleTime
        | AnomalyKind::ChargebackOverCaptured
        | AnomalyKind::UnaskedRefund
        | AnomalyKind::UnaskedVoid
        | AnomalyKind::ShippedUnpaid
        | AnomalyKind::ShippedAfterCancel
        | AnomalyKind::RecallOvertaken
        | AnomalyKind::MoreUnits
        | AnomalyKind::DoesNotFit
        | AnomalyKind::UnknownLine
        | AnomalyKind::UnknownParcel
        | AnomalyKind::DeliveredTwice
        | AnomalyKind::DeliveryFailed
        | AnomalyKind::ParcelLost
        | AnomalyKind::PickedShort
        | AnomalyKind::StageSkipped
        | AnomalyKind::MovedOnHold
        | AnomalyKind::RecallRefused
        | AnomalyKind::UnaskedReturn
        | AnomalyKind::ReturnMissing
        | AnomalyKind::CameBackDamaged
        | AnomalyKind::PickUpLapsed
        | AnomalyKind::UnpaidAfterDelivery
        | AnomalyKind::UnaskedStockAnswer => false,
    }
}

fn sequence(policy: Policy, input: Sequence) -> Answer<Value> {
    let ours = currency(&input.order.currency)?;
    let total = money(&input.order.total, ours)?;
    let tolerance = money(&policy.short_tolerance, ours)?;
    let policy = OrderPolicy::default()
        .with_capture(CaptureWhen::ByHand)
        .with_short_tolerance_minor(tolerance.minor_units())
        .with_late_money(match policy.late_after_timeout {
            Late::Refund => LateMoney::Refund,
            Late::ReinstateIfStock => LateMoney::TryReinstate,
        });
    let id = OrderId::new(&input.order.id).map_err(fault)?;
    let pay_by = input.order.pay_by.unwrap_or(never());
    let first = input.events.iter().map(|event| event.at).min().unwrap_or(pay_by);
    let placed_at = first.min(pay_by) - TimeDelta::hours(1);
    let mut desk = Desk::open(id, total, pay_by, &policy, placed_at)?;
    desk.stock = input.stock_still_available;
    for intent in &input.intents {
        desk.tender(method(&intent.method)?, money(&intent.amount, ours)?, placed_at)?;
    }
    for (index, event) in input.events.iter().enumerate() {
        desk.event = index;
        desk.wake(event.at)?;
        happen(&mut desk, &input, event)?;
    }
    desk.is_sound()?;
    Ok(outcome(&desk, total, tolerance))
}

/// One event of a case on the order.
fn happen(desk: &mut Desk, input: &Sequence, event: &Event) -> Answer<()> {
    let at = event.at;
    match event.kind.as_str() {
        "time" => return Ok(()),
        "order_cancelled" => {
            let ask = Ask::Cancel {
                scope: Scope::Order,
                refundable: Default::default(),
                reason: CancelReason::Customer,
            };
            return match desk.order.decide(&ask.into(), at) {
                Ok(decision) => desk.apply(decision, at),
                Err(_) => Ok(()), // it had ended before: a refusal changes nothing
            };
        }
        "order_shipped" => {
            desk.parcels += 1;
            let parcel = ParcelId::of(desk.order.id(), desk.parcels);
            let contents = vec![LineUnits { line: line()?, units: 1 }];
            return desk.answer(Happened::Shipped { parcel, contents }, at);
        }
        _ => {}
    }
    let given = |field: &Option<String>, name: &str| {
        field.clone().ok_or_else(|| format!("`{}` without `{name}`", event.kind))
    };
    let amount = money(&given(&event.amount, "amount")?, currency(&given(&event.currency, "currency")?)?)?;
    let name = given(&event.intent, "intent")?;
    let place = input.intents.iter().position(|intent| intent.id == name);
    let what = match event.kind.as_str() {
        "authorised" => {
            let expires_at = place.and_then(|place| input.intents.get(place)?.auth_expires);
            Paid::Authorised { amount, expires_at }
        }
        "auth_failed" => Paid::AuthorisationFailed { amount },
        "captured" => Paid::Captured { amount, last: event.last.unwrap_or(false) },
        "capture_failed" => Paid::CaptureFailed { amount },
        // "All that is open" names no currency, so a foreign one must be named with its amount.
        "voided" if amount.currency() != desk.order.state().agreement.currency => {
            Paid::Voided { amount: Some(amount) }
        }
        "voided" => Paid::Voided { amount: None },
        "void_failed" => Paid::VoidFailed { amount },
        "refunded" => Paid::Refunded { amount },
        "refund_failed" => Paid::RefundFailed { amount },
        "chargeback_opened" => Paid::ChargebackOpened { amount },
        "chargeback_won" => Paid::ChargebackWon { amount },
        "chargeback_lost" => Paid::ChargebackLost { amount },
        kind => return Err(format!("unknown event `{kind}`")),
    };
    let order = OrderId::new(given(&event.order, "order")?).map_err(fault)?;
    let intent = match place {
        Some(place) => IntentId::of(&order, u32::try_from(place + 1).map_err(fault)?),
        None => IntentId::new(&name).map_err(fault)?,
    };
    let fact = PaymentFact { intent, what };
    let reference = given(&event.reference, "ref")?.parse().map_err(fault)?;
    let system: SystemId = "gateway".parse().map_err(fault)?;
    let source = Source { system, reference, occurred_at: at };
    let known = desk.order.state().log.sources.seen(&source.system, &source.reference).is_some();
    if !known && (order != *desk.order.id() || desk.parked.seen(&source)) {
        let odd = desk.parked.park(order, &fact, &source, at);
        desk.tell(odd.kind, odd.next, odd.amount);
        return Ok(());
    }
    desk.record(Happened::Payment(fact), source, at)
}

fn outcome(desk: &Desk, total: Money, tolerance: Money) -> Value {
    let state = desk.order.state();
    let balance = state.balance();
    let needed = total.minor_units().saturating_sub(tolerance.minor_units());
    let paid: i64 =
        state.book.tenders.iter().map(|tender| tender.amount_minor.min(tender.captured_minor)).sum();
    let status = match state.book.ended {
        Some(EndCause::TimedOut) => "timed_out",
        Some(EndCause::Cancelled | EndCause::Returned) => "cancelled",
        None if paid >= needed => "paid",
        None if state.book.cover_minor() >= needed => "authorised",
        None => "awaiting_payment",
    };
    let to_void =
        if state.book.ended.is_some() { balance.open_authorised } else { Money::zero(total.currency()) };
    let anomalies = desk.told.iter().map(|told| {
        let mut value = json!({"event": told.event, "kind": told.kind, "next": told.next});
        if let (Some(amount), Some(value)) = (told.amount, value.as_object_mut()) {
            value.insert("amount".to_owned(), decimal(amount).into());
        }
        value
    });
    let to_make = Money::minor(desk.to_make, total.currency());
    json!({
        "anomalies": anomalies.collect::<Vec<_>>(),
        "order": status,
        "captured": decimal(balance.captured),
        "refunded": decimal(balance.refunded),
        "charged_back": decimal(balance.charged_back),
        "open_authorised": decimal(balance.open_authorised),
        "refund_to_make": decimal(to_make),
        "void_to_make": decimal(to_void),
    })
}

fn balance(input: Balances) -> Answer<Value> {
    let ours = currency(&input.currency)?;
    let (total, captured, refunded) =
        (money(&input.order_total, ours)?, money(&input.captured, ours)?, money(&input.refunded, ours)?);
    let at = DateTime::UNIX_EPOCH;
    let policy = OrderPolicy::default().with_capture(CaptureWhen::ByHand);
    let mut desk = Desk::open(OrderId::from(1), total, never(), &policy, at)?;
    desk.tender(Method::Card, total, at)?;
    let intent = IntentId::of(desk.order.id(), 1);
    let facts = [
        (captured, Paid::Captured { amount: captured, last: true }),
        (refunded, Paid::Refunded { amount: refunded }),
    ];
    for (amount, what) in facts {
        if !amount.is_zero() {
            desk.answer(Happened::Payment(PaymentFact { intent: intent.clone(), what }), at)?;
        }
    }
    if input.cancelled {
        let ask = Ask::Cancel {
            scope: Scope::Order,
            refundable: Default::default(),
            reason: CancelReason::Customer,
        };
        let decision = desk.order.decide(&ask.into(), at).map_err(fault)?;
        desk.apply(decision, at)?;
    }
    desk.is_sound()?;
    let balance = desk.order.balance();
    Ok(json!({"balance_due": decimal(balance.balance_due), "credit_owed": decimal(balance.credit)}))
}
