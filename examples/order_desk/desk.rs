//! The desk: turns what the files say into requests and facts, holds stock for each order, answers the order's
//! effects as a bank, a warehouse and a clerk would, and keeps every event. It decides nothing about orders: the
//! crate does.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use order_workflow::{
    Currency, Money, Source,
    checkout::{CartLine, CheckoutInput, CheckoutPolicy, Tender, validate},
    geo::{Country, Destination},
    id::{EffectId, IntentId, OrderId, ParcelId},
    money::prorate,
    order::{
        Anomaly, AnomalyKind, Ask, CancelReason, Charge, ChargeKind, ChargeRefund, Condition, Fulfilment,
        Happened, LateMoney, LineUnits, NextStep, Order, OrderChange, OrderDecision, OrderEffect, OrderEvent,
        OrderFact, OrderPolicy, OrderReason, OrderStatus, PlacedLine, Placement, Refundable, Scope, Stage,
        Terms,
        payment::{Method, Paid, PaymentFact, Unmatched},
    },
};

use crate::{
    Anything,
    files::{FileOrder, TenderRow},
    offers::{Barred, Checks, Offers},
    stock::{GRACE, Held, Stock},
    what_if::off,
};

/// How long the customer has to pay.
const PAY_WITHIN: TimeDelta = TimeDelta::days(7);
/// How long a card's authorisation holds.
const CARD_HOLDS: TimeDelta = TimeDelta::days(7);

/// What one order came to.
pub struct Case<'f> {
    pub file: &'f FileOrder,
    pub order: Option<Order>,
    pub events: Vec<OrderEvent>,
    /// Why it was refused, if it was.
    pub refusals: Vec<(&'static str, String)>,
    /// What was told in which step, for the timeline.
    pub steps: Vec<Step>,
    /// What it holds of the stock.
    pub held: Held<'f>,
    /// Its money came when its hold had ended and somebody else had the goods: nothing is shipped.
    pub gone: bool,
    /// What its promotions take off, on goods and freight; nothing unless they are applied.
    pub discount: Money,
    /// What each tender brings: what the file says, less its part of the discount.
    pays: Vec<Money>,
    tenders: Vec<Asked>,
    facts: u32,
}

/// A tender that was opened: what was asked of it, and what the files say it brought.
#[derive(Clone)]
struct Asked {
    intent: IntentId,
    method: Method,
    asked: Money,
    brings: Money,
    captured: bool,
}

/// One step of an order's life: what came in, what the order made of it.
pub struct Step {
    pub at: DateTime<Utc>,
    pub what: String,
    pub changes: Vec<OrderChange>,
    pub reasons: Vec<OrderReason>,
}

/// What the files let happen at one moment.
#[derive(Clone, Copy)]
pub enum Moment {
    Purchase,
    Approved,
    HandedToCarrier,
    Delivered,
    Cancelled,
}

/// What follows from a decision, each under its id.
type Effects = Vec<(EffectId, OrderEffect)>;

pub struct Desk<'f> {
    pub cases: Vec<Case<'f>>,
    pub stock: &'f Stock,
    pub offers: &'f Offers,
    pub unmatched: Unmatched,
    /// The last moment at which something happened.
    pub closed: DateTime<Utc>,
    policy: OrderPolicy,
    checkout: CheckoutPolicy,
}

impl<'f> Desk<'f> {
    pub fn open(files: &'f [FileOrder], stock: &'f Stock, offers: &'f Offers) -> Self {
        let case = |file: &'f FileOrder| Case {
            file,
            order: None,
            events: Vec::new(),
            refusals: Vec::new(),
            steps: Vec::new(),
            held: Held::nothing(stock),
            gone: false,
            discount: Money::zero(Currency::BRL),
            pays: file.tenders.iter().map(|tender| tender.value).collect(),
            tenders: Vec::new(),
            facts: 0,
        };
        Self {
            cases: files.iter().map(case).collect(),
            stock,
            offers,
            unmatched: Unmatched::default(),
            closed: DateTime::UNIX_EPOCH,
            policy: OrderPolicy::default().with_late_money(LateMoney::TryReinstate),
            checkout: CheckoutPolicy::default(),
        }
    }

    /// Replays everything by its own time; `tick` is told after each moment.
    pub fn run(&mut self, mut tick: impl FnMut()) -> Result<(), Anything> {
        let mut moments: Vec<(DateTime<Utc>, usize, Moment)> = Vec::new();
        for (at, case) in self.cases.iter().enumerate() {
            moments.extend(timeline(case.file).into_iter().map(|(when, moment)| (when, at, moment)));
        }
        moments.sort_by_key(|(when, at, _)| (*when, *at)); // stable: moments of one order keep their sequence
        let mut alarms: BTreeSet<(DateTime<Utc>, usize)> = BTreeSet::new();
        for (when, at, moment) in moments {
            while let Some((due, sleeper)) = alarms.first().copied().filter(|(due, _)| *due <= when) {
                alarms.pop_first();
                self.wake(sleeper, due)?;
                alarms.extend(self.next_alarm(sleeper));
            }
            self.closed = self.closed.max(when);
            self.happen(at, when, moment)?;
            alarms.extend(self.next_alarm(at));
            tick();
        }
        while let Some((due, sleeper)) = alarms.pop_first() {
            self.closed = self.closed.max(due);
            self.wake(sleeper, due)?;
            alarms.extend(self.next_alarm(sleeper));
        }
        Ok(())
    }

    fn next_alarm(&self, at: usize) -> Option<(DateTime<Utc>, usize)> {
        let order = self.cases.get(at)?.order.as_ref()?;
        Some((order.next_deadline()?, at))
    }

    fn wake(&mut self, at: usize, due: DateTime<Utc>) -> Result<(), Anything> {
        let case = self.case(at)?;
        let Some(order) = &case.order else { return Ok(()) };
        let decision = order.wake(due);
        if decision.is_empty() {
            return Ok(()); // an alarm that an earlier step made void
        }
        let open = case.apply(due, "time passes".to_owned(), decision);
        case.answer(due, open)
    }

    fn case(&mut self, at: usize) -> Result<&mut Case<'f>, Anything> {
        Ok(self.cases.get_mut(at).ok_or("a moment of no order")?)
    }

    fn happen(&mut self, at: usize, when: DateTime<Utc>, moment: Moment) -> Result<(), Anything> {
        let (policy, checkout, offers, stock) =
            (self.policy.clone(), self.checkout.clone(), self.offers, self.stock);
        let case = self.case(at)?;
        match moment {
            Moment::Purchase => {
                let mut barred = Barred::default();
                while !case.place(when, &policy, &checkout, offers, stock, &mut barred)? {}
                Ok(())
            }
            Moment::Approved if case.order.is_none() => self.park(at, when),
            Moment::Approved => case.pay(when),
            Moment::HandedToCarrier | Moment::Delivered if case.gone => Ok(()),
            Moment::HandedToCarrier => case.ship(when),
            Moment::Delivered => case.deliver(when),
            Moment::Cancelled => case.cancel(when),
        }
    }

    /// Money for an order that could not be placed waits beside the orders and goes back.
    fn park(&mut self, at: usize, when: DateTime<Utc>) -> Result<(), Anything> {
        let case = self.cases.get_mut(at).ok_or("a moment of no order")?;
        let id = OrderId::new(&case.file.row.order_id)?;
        for (index, (tender, amount)) in case.file.tenders.iter().zip(case.pays.clone()).enumerate() {
            let what = Paid::Captured { amount, last: true };
            let fact = PaymentFact { intent: IntentId::of(&id, u32::try_from(index)? + 1), what };
            let reference = format!("{id}-{}", tender.payment_sequential);
            let source = Source { system: "bank".parse()?, reference: reference.parse()?, occurred_at: when };
            let odd = self.unmatched.park(id.clone(), &fact, &source, when);
            case.steps.push(Step {
                at: when,
                what: format!("{amount} came for an order that is not there: {}", odd.next),
                changes: vec![OrderChange::Anomaly(odd)],
                reasons: Vec::new(),
            });
            if self.unmatched.give_back(&source) {
                case.say(when, format!("{amount} goes back where it came from"));
            }
        }
        Ok(())
    }
}

/// When what happened, by the files' own times; what has no time happened at the last known one.
fn timeline(file: &FileOrder) -> Vec<(DateTime<Utc>, Moment)> {
    let times = file.times;
    let mut moments = vec![(times.purchase, Moment::Purchase)];
    if !file.tenders.is_empty() || !file.items.is_empty() {
        moments.push((times.approved.unwrap_or(times.purchase).max(times.purchase), Moment::Approved));
    }
    if file.items.is_empty() {
        return moments;
    }
    let delivered = file.row.is_delivered() || times.delivered.is_some();
    if times.carrier.is_some() || delivered || file.row.order_status == "shipped" {
        moments.push((times.carrier.unwrap_or(times.last).max(times.purchase), Moment::HandedToCarrier));
    }
    if delivered {
        moments.push((times.delivered.unwrap_or(times.last).max(times.purchase), Moment::Delivered));
    }
    if file.row.is_cancelled() {
        moments.push((times.last, Moment::Cancelled));
    }
    moments
}

impl Case<'_> {
    /// Places the order, or notes why not; `false`: something that its quote claims is used up and now barred, so that
    /// it is to be quoted again without.
    fn place(
        &mut self,
        at: DateTime<Utc>,
        policy: &OrderPolicy,
        checkout: &CheckoutPolicy,
        offers: &Offers,
        stock: &Stock,
        barred: &mut Barred,
    ) -> Result<bool, Anything> {
        let mut placement = placement(self.file)?;
        let quote = offers.apply(self.file, &mut placement, barred)?;
        let (claims, checks) = match &quote {
            None => (vec![], Checks::default()),
            Some(quote) => {
                let claims = quote.claims()?;
                let levels = stock.claimed(claims.iter().map(|leg| leg.pool.clone()), at)?;
                (claims, offers.checks(quote, &levels)?)
            }
        };
        self.discount = quote.as_ref().map_or(Ok(self.discount), off)?;
        self.pays = pays(self.file, self.discount)?;
        for problem in self.problems(&placement, &checks, checkout) {
            self.refusals.push(problem);
        }
        if barred.bar_checked(&checks)? {
            self.say(at, "something that the quote claims is wrong or used up: quoted without".to_owned());
            return Ok(false);
        }
        let id = OrderId::new(&self.file.row.order_id)?;
        let (order, decision) = match Order::place(id.clone(), &placement, policy, at) {
            Ok(placed) => placed,
            Err(refusal) => {
                self.say(at, format!("refused: {refusal}"));
                if self.refusals.is_empty() {
                    self.refusals.push((refusal.code(), refusal.to_string()));
                }
                return Ok(true);
            }
        };
        // Nobody knows of the order yet. First its goods are held, for as long as it may take to pay, then it stands.
        let wants = placement.lines.iter().map(|line| (line, line.units));
        let until = self.file.times.purchase + PAY_WITHIN + GRACE;
        self.held.claims = claims;
        if let Err(refusal) = self.held.reserve(&id, wants, until, at)? {
            self.say(at, format!("refused: {refusal}"));
            if quote.is_some_and(|quote| barred.bar(&quote, &refusal)) {
                return Ok(false);
            }
            self.refusals.push((refusal.code(), refusal.to_string()));
            return Ok(true);
        }
        self.order = Some(order);
        let ids =
            (0..).take(decision.effects.len()).map(|index| Order::placing_effect_id(&id, index)).collect();
        let open = self.note(at, "the shopper presses place order".to_owned(), decision, ids);
        self.say(at, format!("its goods are held until {until}"));
        if !self.discount.is_zero() {
            self.say(at, format!("promotions take {} off", self.discount));
        }
        self.answer(at, open)?;
        self.open_tenders(at)?;
        Ok(true)
    }

    /// A step of the timeline in which the order itself did not change.
    fn say(&mut self, at: DateTime<Utc>, what: String) {
        self.steps.push(Step { at, what, changes: Vec::new(), reasons: Vec::new() });
    }

    /// One tender for each in the files. Where they do not sum to the order, the largest one was asked for
    /// what the order costs: then it brings more or less than asked, as it did.
    fn open_tenders(&mut self, at: DateTime<Utc>) -> Result<(), Anything> {
        let Some(order) = &self.order else { return Ok(()) };
        let owed = order.balance().owed.minor_units();
        let paid: i64 = self.pays.iter().map(|pays| pays.minor_units()).sum();
        let largest = self.pays.iter().map(|pays| pays.minor_units()).max();
        let largest = self.pays.iter().position(|pays| Some(pays.minor_units()) == largest);
        for (index, (tender, brings)) in self.file.tenders.iter().zip(self.pays.clone()).enumerate() {
            let off = if Some(index) == largest { owed - paid } else { 0 };
            let asked = Money::minor(brings.minor_units() + off, Currency::BRL);
            if !asked.is_positive() {
                continue; // a voucher of nothing: no money to ask for
            }
            let method = tender.method();
            let said = format!("{asked} by {} in {}x", method.name(), tender.payment_installments);
            let opened = self.ask(at, Ask::OpenTender { method, amount: asked }, said)?;
            let intent = opened.and_then(|order| order.state().book.tenders.last());
            if let Some(intent) = intent.map(|tender| tender.intent.clone()) {
                self.tenders.push(Asked { intent, method, asked, brings, captured: false });
            }
        }
        for tender in self.tenders.clone() {
            if tender.method == Method::BankSlip {
                self.tell_payment(at, &tender, Paid::Settling { expected_by: at + PAY_WITHIN })?;
            }
        }
        Ok(())
    }

    /// The bank's answers: cards are authorised, everything else is paid at once.
    fn pay(&mut self, at: DateTime<Utc>) -> Result<(), Anything> {
        for tender in self.tenders.clone() {
            if tender.method == Method::Card {
                let expires_at = Some(at + CARD_HOLDS);
                self.tell_payment(at, &tender, Paid::Authorised { amount: tender.asked, expires_at })?;
            } else {
                self.capture(at, &tender.intent)?;
            }
        }
        // What no capture was asked for, the bank has taken all the same.
        for tender in self.tenders.clone() {
            self.capture(at, &tender.intent)?;
        }
        // Nobody paid the rest, and the marketplace let the order go on: the clerk accepts what is missing.
        let due = self.order.as_ref().map(|order| order.balance().balance_due);
        if let Some(up_to) = due.filter(|due| due.is_positive()) {
            self.ask(at, Ask::AcceptShort { up_to }, format!("the clerk accepts that {up_to} are missing"))?;
        }
        Ok(())
    }

    /// The bank takes what the files say, once.
    fn capture(&mut self, at: DateTime<Utc>, intent: &IntentId) -> Result<(), Anything> {
        let open = self.tenders.iter_mut().find(|tender| tender.intent == *intent && !tender.captured);
        let Some(tender) = open else { return Ok(()) };
        tender.captured = true;
        let tender = tender.clone();
        self.tell_payment(at, &tender, Paid::Captured { amount: tender.brings, last: true })
    }

    /// Each seller sends one parcel.
    fn ship(&mut self, at: DateTime<Utc>) -> Result<(), Anything> {
        for (parcel, contents) in self.parcels()? {
            let what = format!("parcel {parcel} is handed to the carrier");
            self.tell(at, "carrier", Happened::Shipped { parcel, contents }, what)?;
        }
        Ok(())
    }

    fn deliver(&mut self, at: DateTime<Utc>) -> Result<(), Anything> {
        for (parcel, _) in self.parcels()? {
            let what = format!("parcel {parcel} is delivered");
            self.tell(at, "carrier", Happened::Delivered { parcel }, what)?;
        }
        Ok(())
    }

    fn parcels(&self) -> Result<Vec<(ParcelId, Vec<LineUnits>)>, Anything> {
        let Some(order) = &self.order else { return Ok(Vec::new()) };
        let mut by_seller: BTreeMap<_, Vec<LineUnits>> = BTreeMap::new();
        for line in &order.state().book.lines {
            let placed = &line.terms.placed;
            let of = LineUnits { line: placed.line.clone(), units: placed.units };
            by_seller.entry(placed.seller.clone()).or_default().push(of);
        }
        let numbered = by_seller.into_values().zip(1..);
        Ok(numbered.map(|(contents, n)| (ParcelId::of(order.id(), n), contents)).collect())
    }

    /// Cancels what is still here, and takes back what has arrived.
    fn cancel(&mut self, at: DateTime<Utc>) -> Result<(), Anything> {
        let reason = match self.file.row.order_status.as_str() {
            "unavailable" => CancelReason::OutOfStock,
            _ => CancelReason::Customer,
        };
        let Some(order) = &self.order else { return Ok(()) };
        if order.status() == OrderStatus::Cancelled {
            return Ok(());
        }
        let delivered: Vec<(_, u32)> = order
            .state()
            .book
            .lines
            .iter()
            .map(|line| (line.terms.placed.line.clone(), line.units_in(Stage::Delivered)))
            .filter(|(_, units)| *units > 0)
            .collect();
        if delivered.is_empty() {
            let ask = Ask::Cancel { scope: Scope::Order, refundable: Refundable::AsPaid, reason };
            self.ask(at, ask, format!("cancelled ({})", self.file.row.order_status))?;
        }
        for (line, units) in delivered {
            self.ask(
                at,
                Ask::RequestReturn { line: line.clone(), units },
                "the customer returns it".to_owned(),
            )?;
            let cases = self.order.iter().flat_map(|order| order.state().book.cases.iter());
            let Some(case) = cases.last().map(|case| case.case.clone()) else { continue };
            let ask = Ask::ApproveReturn { case, refundable: Refundable::AsPaid };
            self.ask(at, ask, "the clerk approves".to_owned())?;
            let of = || LineUnits { line: line.clone(), units };
            self.tell(at, "warehouse", Happened::ReceivedBack { of: of() }, "it is back".to_owned())?;
            let condition = Condition::Sellable;
            self.tell(
                at,
                "warehouse",
                Happened::Inspected { of: of(), condition },
                "it is inspected".to_owned(),
            )?;
        }
        Ok(())
    }

    /// What the checkout says. The files hold no streets and no cart prices, so that an address cannot be checked
    /// and no price can have drifted.
    fn problems(
        &self,
        placement: &Placement,
        checks: &Checks,
        policy: &CheckoutPolicy,
    ) -> Vec<(&'static str, String)> {
        let line = |line: &PlacedLine| CartLine {
            line: line.line.clone(),
            sku: line.sku.clone(),
            units: line.units,
            seen: line.list,
            current: line.list,
            ships: false,
            tags: Vec::new(),
        };
        let lines: Vec<CartLine> = placement.lines.iter().map(line).collect();
        let paid = self.pays.iter().map(|pays| pays.minor_units()).sum();
        let tender =
            |(tender, amount): (&TenderRow, &Money)| Tender { method: tender.method(), amount: *amount };
        let tenders: Vec<Tender> = self.file.tenders.iter().zip(&self.pays).map(tender).collect();
        let input = CheckoutInput {
            channel: &placement.channel,
            total: Money::minor(paid, Currency::BRL),
            lines: &lines,
            ship_to: None,
            billing_country: Some(Country::BR),
            tenders: &tenders,
            stock: &[],
            coupons: &checks.coupons,
            limits: &checks.limits,
        };
        validate(&input, policy).into_iter().map(|problem| (problem.code(), problem.to_string())).collect()
    }

    fn tell_payment(&mut self, at: DateTime<Utc>, tender: &Asked, paid: Paid) -> Result<(), Anything> {
        let amount = paid.amount().map_or(String::new(), |amount| format!(" {amount}"));
        let said = format!("the bank says: {}{amount} ({})", paid.kind().name(), tender.method.name());
        let fact = PaymentFact { intent: tender.intent.clone(), what: paid };
        self.tell(at, "bank", Happened::Payment(fact), said)
    }

    /// Records a fact and answers what follows from it.
    fn tell(
        &mut self,
        at: DateTime<Utc>,
        system: &str,
        what: Happened,
        said: String,
    ) -> Result<(), Anything> {
        self.facts += 1;
        let reference = format!("{}-{}", self.file.row.order_id, self.facts);
        let source = Source { system: system.parse()?, reference: reference.parse()?, occurred_at: at };
        let Some(order) = &self.order else { return Ok(()) };
        let decision = order.record(&OrderFact { source, what }, at);
        let open = self.apply(at, said, decision);
        self.answer(at, open)
    }

    /// Asks the order; the order after it, or nothing where it was refused.
    fn ask(&mut self, at: DateTime<Utc>, ask: Ask, said: String) -> Result<Option<&Order>, Anything> {
        let Some(order) = &self.order else { return Ok(None) };
        match order.decide(&ask.into(), at) {
            Err(refusal) => {
                self.refusals.push((refusal.code(), refusal.to_string()));
                self.say(at, format!("{said}: refused, {refusal}"));
                Ok(None)
            }
            Ok(decision) => {
                let open = self.apply(at, said, decision);
                self.answer(at, open)?;
                Ok(self.order.as_ref())
            }
        }
    }

    /// What a bank, a warehouse and the keeper of the stock do about the order's effects.
    fn answer(&mut self, at: DateTime<Utc>, effects: Effects) -> Result<(), Anything> {
        if self.order.as_ref().is_some_and(ended) {
            self.held.give_back_claims(at)?;
        }
        for (id, effect) in effects {
            if let Some(order) = &self.order
                && let Some(said) = self.held.follow(order, &id, &effect, at)?
            {
                self.say(at, said);
            }
            let of = |wanted: &IntentId| self.tenders.iter().find(|tender| tender.intent == *wanted).cloned();
            match effect {
                OrderEffect::Capture { intent, .. } => self.capture(at, &intent)?,
                OrderEffect::Refund { intent, amount } => {
                    if let Some(tender) = of(&intent) {
                        self.tell_payment(at, &tender, Paid::Refunded { amount })?;
                    }
                }
                OrderEffect::Void { intent, amount } => {
                    if let Some(tender) = of(&intent) {
                        self.tell_payment(at, &tender, Paid::Voided { amount: Some(amount) })?;
                    }
                }
                OrderEffect::TryReinstate => self.try_reinstate(at)?,
                OrderEffect::RequestRecall { line, units, .. } => {
                    let of = LineUnits { line, units };
                    let (what, said) = if self.file.row.is_cancelled() {
                        (Happened::Recalled { of }, "it is stopped")
                    } else {
                        (Happened::RecallRefused { of }, "it cannot be stopped")
                    };
                    self.tell(at, "carrier", what, said.to_owned())?;
                }
                // Done above.
                OrderEffect::ConfirmReservation
                | OrderEffect::ReleaseUnits { .. }
                | OrderEffect::UseUnits { .. }
                | OrderEffect::GiveBackUnits { .. }
                // Told to people, or done by systems that the files know nothing of; nobody edits an order there.
                | OrderEffect::Authorise { .. }
                | OrderEffect::WithdrawRefund { .. }
                | OrderEffect::Notify { .. }
                | OrderEffect::ReserveMore { .. }
                | OrderEffect::RequestPick
                | OrderEffect::WithholdPick
                | OrderEffect::Grant { .. }
                | OrderEffect::RevokeGrant { .. }
                | OrderEffect::OpenTicket { .. }
                | OrderEffect::PlaceLinked { .. } => {}
            }
        }
        Ok(())
    }

    /// Money came for an order whose hold has ended: its goods are held anew, or are somebody else's by now.
    fn try_reinstate(&mut self, at: DateTime<Utc>) -> Result<(), Anything> {
        let Some(order) = &self.order else { return Ok(()) };
        let lines = order.state().book.lines.iter();
        let back = lines.map(|line| (&line.terms.placed, line.units_in(Stage::Cancelled)));
        let back = back.filter(|(_, units)| *units > 0);
        let (what, said) = match self.held.reserve(order.id(), back, at + GRACE, at)? {
            Ok(()) => (Happened::StockHeld, "the stock is still there".to_owned()),
            Err(refusal) => {
                self.gone = true;
                (Happened::StockGone, format!("the stock is gone: {refusal}"))
            }
        };
        self.tell(at, "stock", what, said)
    }

    /// Applies a decision; its effects wait to be answered.
    fn apply(&mut self, at: DateTime<Utc>, what: String, decision: OrderDecision) -> Effects {
        let Some(order) = &mut self.order else { return Effects::new() };
        let ids = (0..).take(decision.effects.len()).map(|index| order.effect_id(index)).collect();
        order.evolve_all(&decision.events);
        self.note(at, what, decision, ids)
    }

    fn note(
        &mut self,
        at: DateTime<Utc>,
        what: String,
        decision: OrderDecision,
        ids: Vec<EffectId>,
    ) -> Effects {
        let changes = decision.events.iter().map(|event| event.what.clone()).collect();
        self.steps.push(Step { at, what, changes, reasons: decision.reasons });
        self.events.extend(decision.events);
        ids.into_iter().zip(decision.effects).collect()
    }

    /// Every anomaly of this order, those of its unmatched money too.
    pub fn anomalies(&self) -> impl Iterator<Item = &Anomaly> {
        self.steps.iter().flat_map(|step| &step.changes).filter_map(|change| match change {
            OrderChange::Anomaly(anomaly) => Some(anomaly),
            _ => None,
        })
    }
}

/// Items of one product, seller and price are the units of one line; freight is a charge of its line.
pub fn placement(file: &FileOrder) -> Result<Placement, Anything> {
    let mut lines: Vec<PlacedLine> = Vec::new();
    let mut charges: Vec<Charge> = Vec::new();
    for item in &file.items {
        let list = Money::minor(item.price_minor, Currency::BRL);
        let same = |line: &&mut PlacedLine| {
            line.sku.as_str() == item.product_id
                && line.seller.as_str() == item.seller_id
                && line.list == list
        };
        let line = match lines.iter_mut().find(same) {
            Some(line) => {
                line.units += 1;
                line.line.clone()
            }
            None => {
                let line: order_workflow::LineId = item.order_item_id.parse()?;
                lines.push(PlacedLine {
                    line: line.clone(),
                    sku: item.product_id.parse()?,
                    seller: item.seller_id.parse()?,
                    units: 1,
                    list,
                    adjustments: Vec::new(),
                    tax: Vec::new(),
                    fulfilment: Fulfilment::Ship,
                });
                line
            }
        };
        charges.push(Charge {
            kind: ChargeKind::Freight,
            amount: Money::minor(item.freight_minor, Currency::BRL),
            tax: None,
            line: Some(line),
            refund: ChargeRefund::WithLastUnit,
        });
    }
    let promise = file.row.order_estimated_delivery_date.get(..10);
    Ok(Placement {
        lines,
        charges,
        currency: Currency::BRL,
        terms: Terms::Prepaid { pay_by: file.times.purchase + PAY_WITHIN },
        customer: file.row.customer_unique_id.parse()?,
        channel: "marketplace".parse()?,
        ship_to: Some(Destination {
            address: file.row.customer_unique_id.parse()?,
            country: Country::BR,
            postcode_area: file.row.customer_zip_code_prefix.clone(),
        }),
        promise: promise.map(|date| date.parse::<NaiveDate>()).transpose()?,
        quote: None,
        link: None,
        notes: BTreeMap::new(),
    })
}

/// What each tender brings once a discount is off, shared by what the files say that they brought.
fn pays(file: &FileOrder, discount: Money) -> Result<Vec<Money>, Anything> {
    let values = || file.tenders.iter().map(|tender| tender.value);
    if discount.is_zero() {
        return Ok(values().collect());
    }
    let weights: Vec<u64> = values().map(|value| value.minor_units().unsigned_abs()).collect();
    let shares = prorate(discount, &weights)?;
    Ok(values().zip(shares).map(|(value, share)| value.checked_sub(share)).collect::<Result<_, _>>()?)
}

/// Whether nothing is left of an order, so that what it claimed is others' again.
pub fn ended(order: &Order) -> bool {
    matches!(order.status(), OrderStatus::Cancelled | OrderStatus::Returned)
}

/// Whether an anomaly is about money, for the report.
pub fn is_about_money(anomaly: &Anomaly) -> bool {
    anomaly.kind <= AnomalyKind::ImplausibleAmount || anomaly.next == NextStep::AskBalance
}
