use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    Balance, CorruptHistory, ImportError, NoticeReason, OrderChange, OrderDecision, OrderEvent, OrderFact,
    OrderPolicy, OrderReason, OrderRefusal, OrderRequest, OrderState, OrderStatus, PlacedOrder, Placement,
    RequestKind, Snapshot, Subject, Violation, decide, draft::Draft, effect, record, request::micros, wake,
};
use crate::{
    decision::Version,
    id::{EffectId, OrderId},
};

/// One order, from *placed* to *completed*: units, money and everything that ever happened to them.
///
/// ```
/// use order_workflow::{id::OrderId, money::{Currency, Money}, order::{Ask, Order, OrderPolicy, OrderStatus}};
/// # use order_workflow::order::{Fulfilment, PlacedLine, Placement, Terms, payment::Method};
/// # let placement = Placement {
/// #     lines: vec![PlacedLine { line: "1".parse()?, sku: "tea".parse()?, seller: "s".parse()?, units: 2,
/// #         list: Money::minor(500, Currency::EUR), adjustments: vec![], tax: vec![], fulfilment: Fulfilment::Digital }],
/// #     charges: vec![], currency: Currency::EUR, terms: Terms::Prepaid { pay_by: "2026-06-01T12:00:00Z".parse()? },
/// #     customer: "c".parse()?, channel: "web".parse()?, ship_to: None, promise: None, quote: None, link: None,
/// #     notes: Default::default() };
/// let at = "2026-06-01T10:00:00Z".parse()?;
/// let (mut order, _) = Order::place(OrderId::new("o-1")?, &placement, &OrderPolicy::default(), at)?;
/// let tender = Ask::OpenTender { method: Method::Card, amount: Money::minor(1_000, Currency::EUR) };
/// let decision = order.decide(&tender.into(), at)?;
/// order.evolve_all(&decision.events);
/// assert_eq!(order.next_deadline(), Some("2026-06-01T12:00:00Z".parse()?));
///
/// let late = order.wake("2026-06-01T12:00:00Z".parse()?); // nobody paid
/// order.evolve_all(&late.events);
/// assert_eq!(order.status(), OrderStatus::Cancelled);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Snapshot", into = "Snapshot")]
pub struct Order {
    state: OrderState,
}

impl Order {
    /// Begins an order. It comes with its first events applied: store it, do the effects under
    /// [`Self::placing_effect_id`].
    ///
    /// # Errors
    /// [`OrderRefusal::Invalid`] with everything that is wrong with the placement.
    pub fn place(
        id: OrderId,
        placement: &Placement,
        policy: &OrderPolicy,
        at: DateTime<Utc>,
    ) -> Result<(Order, OrderDecision), OrderRefusal> {
        let at = micros(at);
        let mut problems = placement.problems();
        problems.extend(placement.problems_as(&id, policy, at));
        if !problems.is_empty() {
            return Err(OrderRefusal::Invalid { problems });
        }
        let placed = PlacedOrder { id, placement: placement.clone(), policy: policy.clone() };
        let mut order = Order { state: OrderState::begin(&placed, at) };
        let mut decision = OrderDecision::default();
        let what = OrderChange::Placed(Box::new(placed));
        decision.events.push(OrderEvent { recorded_at: at, source: None, what });
        let mut draft = Draft::new(&order.state, at, None, &mut decision);
        draft.notify(NoticeReason::OrderPlaced, Subject::Order, None);
        draft.after_payment();
        let rest: Vec<OrderEvent> = decision.events.iter().skip(1).cloned().collect();
        order.evolve_all(&rest);
        Ok((order, decision))
    }

    /// Decides a request at `at`; due things come first.
    ///
    /// # Errors
    /// A refusal says what would be accepted, and nothing changed: a deadline that is due stays due.
    pub fn decide(&self, request: &OrderRequest, at: DateTime<Utc>) -> Result<OrderDecision, OrderRefusal> {
        let mut decision = OrderDecision::default();
        self.decide_into(request, at, &mut decision)?;
        Ok(decision)
    }

    /// As [`Self::decide`], appending to `out`, which a refusal leaves as it was.
    ///
    /// # Errors
    /// As [`Self::decide`].
    pub fn decide_into(
        &self,
        request: &OrderRequest,
        at: DateTime<Utc>,
        out: &mut OrderDecision,
    ) -> Result<(), OrderRefusal> {
        // Against the version as stored, which is what a reader can see: what is due has not happened yet.
        if let Some(expected) = request.is_stale(self.state.version) {
            return Err(OrderRefusal::Stale { expected, current: self.state.version });
        }
        let before = (out.events.len(), out.effects.len(), out.reasons.len());
        let answer = self.on_woken(micros(at), out, |state, at, out| {
            decide::decide(&mut Draft::new(state, at, None, out), request)
        });
        if answer.is_err() {
            out.events.truncate(before.0);
            out.effects.truncate(before.1);
            out.reasons.truncate(before.2);
        }
        answer
    }

    /// Takes a fact at `at`; due things come first. A repeated source gives the reason `Duplicate` alone.
    pub fn record(&self, fact: &OrderFact, at: DateTime<Utc>) -> OrderDecision {
        let mut decision = OrderDecision::default();
        self.record_into(fact, at, &mut decision);
        decision
    }

    /// As [`Self::record`], appending to `out`.
    pub fn record_into(&self, fact: &OrderFact, at: DateTime<Utc>, out: &mut OrderDecision) {
        if let Some(first) = self.state.log.sources.seen(&fact.source.system, &fact.source.reference) {
            out.reasons.push(OrderReason::Duplicate { first });
            return;
        }
        self.on_woken(micros(at), out, |state, at, out| {
            record::record(&mut Draft::new(state, at, Some(&fact.source), out), fact);
        });
    }

    /// Does what is due at `at`; nothing if nothing is.
    pub fn wake(&self, at: DateTime<Utc>) -> OrderDecision {
        let mut decision = OrderDecision::default();
        self.wake_into(at, &mut decision);
        decision
    }

    /// As [`Self::wake`], appending to `out`.
    pub fn wake_into(&self, at: DateTime<Utc>, out: &mut OrderDecision) {
        let at = micros(at).max(self.state.recorded_at);
        if self.next_deadline().is_some_and(|due| due <= at) {
            wake::wake(&mut Draft::new(&self.state, at, None, out));
        }
    }

    /// When the order wants to be woken; may lie in the past, if nobody did.
    pub fn next_deadline(&self) -> Option<DateTime<Utc>> {
        self.state.next_deadline()
    }

    /// Applies one event: total, and the only writer. A [`OrderChange::Placed`] begins the order anew.
    pub fn evolve(&mut self, event: &OrderEvent) {
        if let OrderChange::Placed(placed) = &event.what {
            self.state = OrderState::begin(placed, event.recorded_at);
        } else {
            self.state.evolve(event);
        }
    }

    /// Applies events in order.
    pub fn evolve_all<'e>(&mut self, events: impl IntoIterator<Item = &'e OrderEvent>) {
        events.into_iter().for_each(|event| self.evolve(event));
    }

    /// Rebuilds an order from its stored history.
    ///
    /// # Errors
    /// [`CorruptHistory`] names the first event that cannot follow; nothing is swallowed.
    pub fn replay(events: impl IntoIterator<Item = OrderEvent>) -> Result<Order, CorruptHistory> {
        super::import::replay(events)
    }

    /// Takes over an order from a snapshot, of this crate or of a host's own making.
    ///
    /// # Errors
    /// [`ImportError`] if the format is unknown or the state breaks an invariant.
    pub fn import(snapshot: Snapshot) -> Result<Order, ImportError> {
        super::import::import(snapshot).map(|state| Order { state })
    }

    /// The order as versioned data.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot { v: Snapshot::VERSION, state: self.state.clone() }
    }

    /// The state, to read.
    pub fn state(&self) -> &OrderState {
        &self.state
    }

    /// Its id.
    pub fn id(&self) -> &OrderId {
        &self.state.id
    }

    /// How many events made it.
    pub fn version(&self) -> Version {
        self.state.version
    }

    /// As far as its least advanced live unit.
    pub fn status(&self) -> OrderStatus {
        self.state.status()
    }

    /// Where its money stands.
    pub fn balance(&self) -> Balance {
        self.state.balance()
    }

    /// Which kinds of request it would allow now.
    pub fn open_requests(&self) -> Vec<RequestKind> {
        self.state.open_requests()
    }

    /// Every invariant that does not hold: none, for every order that this crate made.
    pub fn violations(&self) -> Vec<Violation> {
        super::invariant::violations(&self.state)
    }

    /// The idempotency key of the `index`th effect of a decision made on this order as it stands, before its
    /// events are applied: `order/<id>/v<version>.<index>`. For the decision of [`Self::place`], see
    /// [`Self::placing_effect_id`].
    pub fn effect_id(&self, index: u32) -> EffectId {
        effect::effect_id(&self.state.id, self.state.version.0, index)
    }

    /// The idempotency key of the `index`th effect of the decision that placed the order `id`.
    pub fn placing_effect_id(id: &OrderId, index: u32) -> EffectId {
        effect::effect_id(id, 0, index)
    }

    /// Runs `judge` on the state that `wake(at)` would leave, with wake's decision already in `out`.
    fn on_woken<T>(
        &self,
        at: DateTime<Utc>,
        out: &mut OrderDecision,
        judge: impl FnOnce(&OrderState, DateTime<Utc>, &mut OrderDecision) -> T,
    ) -> T {
        if self.next_deadline().is_none_or(|due| due > at.max(self.state.recorded_at)) {
            return judge(&self.state, at, out);
        }
        let begin = out.events.len();
        self.wake_into(at, out);
        let mut woken = self.state.clone();
        out.events.iter().skip(begin).for_each(|event| woken.evolve(event));
        judge(&woken, at, out)
    }

    pub(super) fn from_state(state: OrderState) -> Order {
        Order { state }
    }
}

impl TryFrom<Snapshot> for Order {
    type Error = ImportError;
    fn try_from(snapshot: Snapshot) -> Result<Self, ImportError> {
        Order::import(snapshot)
    }
}

impl From<Order> for Snapshot {
    fn from(order: Order) -> Self {
        Snapshot { v: Snapshot::VERSION, state: order.state }
    }
}
