//! What a step does: a request, a fact, a wake-up, or the host's own housekeeping.

use chrono::{DateTime, Utc};
use order_workflow::{
    decision::{Source, Version},
    id::{IntentId, LineId, OrderId, ParcelId, ReturnId},
    money::Money,
    order::{
        Anomaly, Ask, CancelReason, Condition, Happened, LineEdit, LinePrice, LineUnits, Order,
        OrderDecision, OrderFact, OrderRequest, Refundable, Scope, Snapshot,
        payment::{Method, Paid, PaymentFact},
    },
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::{Desk, Expect, Result, given, instant, said};

/// What came of a step.
pub(super) enum Answer {
    /// A decision, and what the ledger of money without an order told.
    Done(OrderDecision, Vec<Anomaly>),
    /// A refusal's code and text.
    Refused(String, String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Units {
    line: String,
    units: u32,
    /// Where they were allocated.
    #[serde(default)]
    location: Option<String>,
    /// How they came back.
    #[serde(default)]
    condition: Option<Condition>,
    /// What is wanted instead.
    #[serde(default)]
    replacement: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    #[serde(default)]
    lines: Vec<EditLine>,
    #[serde(default)]
    ship_to: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EditLine {
    line: String,
    units: u32,
    #[serde(default)]
    price: Option<String>,
    #[serde(default)]
    tax: Option<given::Tax>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cancel {
    /// Only this line; absent: the whole order.
    #[serde(default)]
    line: Option<String>,
    /// Only so many of its units.
    #[serde(default)]
    units: Option<u32>,
    /// What is credited for each unit; absent: what was paid.
    #[serde(default)]
    credit: Option<Vec<String>>,
    #[serde(default = "customer")]
    reason: CancelReason,
}

const fn customer() -> CancelReason {
    CancelReason::Customer
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Approve {
    case: String,
    #[serde(default)]
    credit: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tender {
    method: Method,
    amount: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Take {
    intent: String,
    #[serde(default)]
    amount: Option<String>,
    #[serde(default)]
    last: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shipment {
    parcel: String,
    contents: Map<String, Value>,
}

/// A payment fact; which of these it needs depends on its kind.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Payment {
    intent: String,
    #[serde(default)]
    amount: Option<String>,
    #[serde(default)]
    last: Option<bool>,
    #[serde(default)]
    expires: Option<String>,
    #[serde(default)]
    expected_by: Option<String>,
    /// Another order than this one: the money goes to the ledger.
    #[serde(default)]
    #[expect(dead_code, reason = "read where the fact happens")]
    order: Option<String>,
}

/// A snapshot that is changed before it is taken over: JSON pointers to what they hold then.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Import {
    #[serde(default)]
    set: Map<String, Value>,
}

fn read<T: DeserializeOwned>(value: &Value) -> Result<T> {
    serde_json::from_value(value.clone()).map_err(said)
}

fn text(value: &Value) -> Result<&str> {
    value.as_str().ok_or_else(|| format!("{value} is no text"))
}

impl Desk {
    /// Does one step; what came of it, and what is expected.
    pub(super) fn step(&mut self, step: &Map<String, Value>) -> Result<(Answer, Expect)> {
        let mut step = step.clone();
        let at = instant(text(&step.remove("at").ok_or("a step has a time")?)?)?;
        let expect = step.remove("expect").map(|expect| read(&expect)).transpose()?.unwrap_or_default();
        let mut take = |key: &str| step.remove(key);
        let (reference, occurred, if_version, repeat) =
            (take("ref"), take("occurred_at"), take("if_version"), take("repeat"));
        let mut rest = step.into_iter();
        let (Some((name, value)), None) = (rest.next(), rest.next()) else {
            return Err("a step does exactly one thing".to_owned());
        };
        if let Some(request) = self.request(&name, &value)? {
            let if_version = if_version.map(|version| read::<u64>(&version).map(Version)).transpose()?;
            return Ok((self.ask(OrderRequest { if_version, ask: request }, at), expect));
        }
        if let Some(what) = self.fact(&name, &value)? {
            self.facts += 1;
            let reference = reference.as_ref().map(text).transpose()?.map(str::to_owned);
            let reference = reference.unwrap_or_else(|| format!("f{}", self.facts));
            let occurred_at = occurred.as_ref().map(|at| instant(text(at)?)).transpose()?.unwrap_or(at);
            let source = Source {
                system: "world".parse().map_err(said)?,
                reference: reference.parse().map_err(said)?,
                occurred_at,
            };
            let times = repeat.map(|times| read(&times)).transpose()?.unwrap_or(1);
            return Ok((self.happen(&what, &source, times, &value, at)?, expect));
        }
        let answer = match name.as_str() {
            "wake" => {
                let decision = self.order.wake(at);
                self.apply(&decision);
                Answer::Done(decision, vec![])
            }
            "import" => self.import(&read(&value)?)?,
            "give_back" => self.settle(text(&value)?, at, None)?,
            "assign" => self.settle(text(&value)?, at, Some(self.id().clone()))?,
            _ => return Err(format!("`{name}` is nothing that a step does")),
        };
        Ok((answer, expect))
    }

    fn ask(&mut self, request: OrderRequest, at: DateTime<Utc>) -> Answer {
        match self.order.decide(&request, at) {
            Ok(decision) => {
                self.apply(&decision);
                Answer::Done(decision, vec![])
            }
            Err(refusal) => Answer::Refused(refusal.code().to_owned(), refusal.to_string()),
        }
    }

    fn happen(
        &mut self,
        what: &Happened,
        source: &Source,
        times: u32,
        value: &Value,
        at: DateTime<Utc>,
    ) -> Result<Answer> {
        let order = value.get("order").map(text).transpose()?;
        if let (Some(order), Happened::Payment(fact)) = (order, what) {
            let odd = self.parked.park(OrderId::new(order).map_err(said)?, fact, source, at);
            return Ok(Answer::Done(OrderDecision::none(), vec![odd]));
        }
        let fact = OrderFact { source: source.clone(), what: what.clone() };
        let mut all = OrderDecision::none();
        for _ in 0..times {
            let decision = self.order.record(&fact, at);
            self.apply(&decision);
            all.events.extend(decision.events);
            all.effects.extend(decision.effects);
            all.reasons.extend(decision.reasons);
        }
        Ok(Answer::Done(all, vec![]))
    }

    /// Takes the order over from its own snapshot, changed as said.
    fn import(&mut self, import: &Import) -> Result<Answer> {
        let mut snapshot = serde_json::to_value(self.order.snapshot()).map_err(said)?;
        for (pointer, value) in &import.set {
            *snapshot.pointer_mut(pointer).ok_or_else(|| format!("a snapshot has no {pointer}"))? =
                value.clone();
        }
        Ok(match Snapshot::from_json(&snapshot.to_string()).and_then(Order::import) {
            Ok(order) => {
                self.base = Some(order.clone());
                self.history.clear();
                self.order = order;
                Answer::Done(OrderDecision::none(), vec![])
            }
            Err(error) => Answer::Refused(error.code().to_owned(), error.to_string()),
        })
    }

    /// Money of the ledger goes back, or turns out to be this order's.
    fn settle(&mut self, reference: &str, at: DateTime<Utc>, order: Option<OrderId>) -> Result<Answer> {
        let entry = self.parked.entries.iter().find(|entry| entry.source.reference.as_str() == reference);
        let entry = entry.cloned().ok_or_else(|| format!("nothing is parked as `{reference}`"))?;
        let Some(order) = order else {
            self.parked.give_back(&entry.source);
            return Ok(Answer::Done(OrderDecision::none(), vec![]));
        };
        self.parked.assign(&entry.source, order);
        let decision =
            self.order.record(&OrderFact { source: entry.source, what: Happened::Payment(entry.fact) }, at);
        self.apply(&decision);
        Ok(Answer::Done(decision, vec![]))
    }

    fn intent(&self, name: &str) -> Result<IntentId> {
        IntentId::new(format!("{}/{name}", self.id())).map_err(said)
    }

    fn parcel(&self, name: &str) -> Result<ParcelId> {
        ParcelId::new(format!("{}/{name}", self.id())).map_err(said)
    }

    fn case(&self, name: &str) -> Result<ReturnId> {
        ReturnId::new(format!("{}/{name}", self.id())).map_err(said)
    }

    fn refundable(&self, credit: &Option<Vec<String>>) -> Result<Refundable> {
        let Some(credit) = credit else { return Ok(Refundable::AsPaid) };
        let credit: Result<Vec<Money>> = credit.iter().map(|text| self.money(text)).collect();
        Ok(Refundable::Given(credit?))
    }

    /// The request of this name, if it is one.
    fn request(&self, name: &str, value: &Value) -> Result<Option<Ask>> {
        let line = |text: &str| text.parse::<LineId>().map_err(said);
        Ok(Some(match name {
            "confirm" => Ask::Confirm,
            "edit" => {
                let edit: Edit = read(value)?;
                let lines = edit.lines.iter().map(|change| self.edit_line(change)).collect::<Result<_>>()?;
                Ask::Edit { lines, ship_to: edit.ship_to.map(|to| given::destination(&to)).transpose()? }
            }
            "hold" => Ask::Hold { reason: read(value)? },
            "unhold" => Ask::Unhold { reason: read(value)? },
            "cancel" => {
                let cancel: Cancel = read(value)?;
                let scope = match (&cancel.line, cancel.units) {
                    (None, None) => Scope::Order,
                    (Some(name), None) => Scope::Line { line: line(name)? },
                    (Some(name), Some(units)) => Scope::Units { line: line(name)?, units },
                    (None, Some(_)) => return Err("units of which line?".to_owned()),
                };
                let refundable = self.refundable(&cancel.credit)?;
                Ask::Cancel { scope, refundable, reason: cancel.reason }
            }
            "request_return" => {
                let of: Units = read(value)?;
                Ask::RequestReturn { line: line(&of.line)?, units: of.units }
            }
            "request_exchange" => {
                let of: Units = read(value)?;
                let replacement = of.replacement.ok_or("an exchange names a replacement")?;
                let replacement = replacement.parse().map_err(said)?;
                Ask::RequestExchange { line: line(&of.line)?, units: of.units, replacement }
            }
            "approve_return" => {
                let approve: Approve = read(value)?;
                let refundable = self.refundable(&approve.credit)?;
                Ask::ApproveReturn { case: self.case(&approve.case)?, refundable }
            }
            "reject_return" => Ask::RejectReturn { case: self.case(text(value)?)? },
            "reship" => {
                let of: Units = read(value)?;
                Ask::Reship { line: line(&of.line)?, units: of.units }
            }
            "open_tender" => {
                let tender: Tender = read(value)?;
                Ask::OpenTender { method: tender.method, amount: self.money(&tender.amount)? }
            }
            "resume_payment" => Ask::ResumePayment { intent: self.intent(text(value)?)? },
            "capture" => {
                let take: Take = read(value)?;
                let amount = self.money(&take.amount.ok_or("a capture names an amount")?)?;
                Ask::Capture { intent: self.intent(&take.intent)?, amount, last: take.last }
            }
            "void" => {
                let take: Take = read(value)?;
                let amount = take.amount.map(|amount| self.money(&amount)).transpose()?;
                Ask::Void { intent: self.intent(&take.intent)?, amount }
            }
            "accept_short" => Ask::AcceptShort { up_to: self.money(text(value)?)? },
            _ => return Ok(None),
        }))
    }

    fn edit_line(&self, change: &EditLine) -> Result<LineEdit> {
        let price = change.price.as_ref().map(|list| {
            let tax = change.tax.iter().map(|tax| tax.on(change.units, self.currency));
            let (list, tax) = (self.money(list)?, tax.collect::<Result<_>>()?);
            Result::Ok(LinePrice { list, adjustments: vec![], tax })
        });
        let line = change.line.parse().map_err(said)?;
        Ok(LineEdit { line, units: change.units, price: price.transpose()? })
    }

    /// The fact of this name, if it is one.
    fn fact(&self, name: &str, value: &Value) -> Result<Option<Happened>> {
        let units = || {
            let of: Units = read(value)?;
            let line = of.line.parse().map_err(said)?;
            Result::Ok((LineUnits { line, units: of.units }, of.location, of.condition))
        };
        let of = || units().map(|units| units.0);
        let parcel = || self.parcel(text(value)?);
        Ok(Some(match name {
            "allocated" => {
                let (of, location, _) = units()?;
                let location = location.unwrap_or_else(|| "warehouse".to_owned()).parse().map_err(said)?;
                Happened::Allocated { of, location }
            }
            "released" => Happened::Released { of: of()? },
            "picked" => Happened::Picked { of: of()? },
            "picked_short" => Happened::PickedShort { of: of()? },
            "packed" => Happened::Packed { of: of()? },
            "verified" => Happened::Verified { of: of()? },
            "shipped" => {
                let shipment: Shipment = read(value)?;
                let piece = |(line, units): (&String, &Value)| {
                    Ok(LineUnits { line: line.parse().map_err(said)?, units: read(units)? })
                };
                let contents = shipment.contents.iter().map(piece).collect::<Result<_>>()?;
                Happened::Shipped { parcel: self.parcel(&shipment.parcel)?, contents }
            }
            "delivered" => Happened::Delivered { parcel: parcel()? },
            "delivery_failed" => Happened::DeliveryFailed { parcel: parcel()? },
            "lost" => Happened::Lost { parcel: parcel()? },
            "received_back" => Happened::ReceivedBack { of: of()? },
            "inspected" => {
                let (of, _, condition) = units()?;
                Happened::Inspected { of, condition: condition.ok_or("an inspection finds a condition")? }
            }
            "recalled" => Happened::Recalled { of: of()? },
            "recall_refused" => Happened::RecallRefused { of: of()? },
            "ready_for_pick_up" => Happened::ReadyForPickUp { of: of()? },
            "collected" => Happened::Collected { of: of()? },
            "pick_up_lapsed" => Happened::PickUpLapsed { of: of()? },
            "granted" => Happened::Granted { of: of()? },
            "stock_held" => Happened::StockHeld,
            "stock_gone" => Happened::StockGone,
            _ => return self.payment(name, value),
        }))
    }

    fn payment(&self, name: &str, value: &Value) -> Result<Option<Happened>> {
        let known = [
            "authorised",
            "authorisation_failed",
            "action_required",
            "settling",
            "captured",
            "capture_failed",
            "voided",
            "void_failed",
            "refunded",
            "refund_failed",
            "chargeback_opened",
            "chargeback_won",
            "chargeback_lost",
        ];
        if !known.contains(&name) {
            return Ok(None);
        }
        let said: Payment = read(value)?;
        let named = said.amount.as_ref().map(|text| self.money(text)).transpose()?;
        let amount = || named.ok_or_else(|| format!("`{name}` names an amount"));
        let what = match name {
            "authorised" => {
                let expires_at = said.expires.as_deref().map(instant).transpose()?;
                Paid::Authorised { amount: amount()?, expires_at }
            }
            "authorisation_failed" => Paid::AuthorisationFailed { amount: amount()? },
            "action_required" => Paid::ActionRequired,
            "settling" => {
                let expected_by = said.expected_by.as_deref().ok_or("settling names when it is expected")?;
                Paid::Settling { expected_by: instant(expected_by)? }
            }
            "captured" => Paid::Captured { amount: amount()?, last: said.last.unwrap_or(true) },
            "capture_failed" => Paid::CaptureFailed { amount: amount()? },
            "voided" => Paid::Voided { amount: named },
            "void_failed" => Paid::VoidFailed { amount: amount()? },
            "refunded" => Paid::Refunded { amount: amount()? },
            "refund_failed" => Paid::RefundFailed { amount: amount()? },
            "chargeback_opened" => Paid::ChargebackOpened { amount: amount()? },
            "chargeback_won" => Paid::ChargebackWon { amount: amount()? },
            _ => Paid::ChargebackLost { amount: amount()? },
        };
        Ok(Some(Happened::Payment(PaymentFact { intent: self.intent(&said.intent)?, what })))
    }
}
