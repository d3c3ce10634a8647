//! One order and its naive twin, compared after every step.
use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use order_workflow::{
    Version,
    id::EffectId,
    order::{
        Ask, CaseState, Happened, HoldReason, NoticeReason, Order, OrderDecision, OrderEffect, OrderEvent,
        OrderFact, OrderPolicy, OrderReason, OrderRefusal, OrderRequest, Placement, RequestKind, Snapshot,
        Stage, Subject,
    },
};

use super::{
    cells::{Model, Own},
    steps::{self, On, Step},
};

pub type Checked = Result<(), String>;

macro_rules! ensure {
    ($holds:expr, $($why:tt)+) => {
        if !$holds {
            return Err(format!($($why)+));
        }
    };
}

pub struct Trial {
    pub order: Order,
    pub model: Model,
    pub events: Vec<OrderEvent>,
    pub told: BTreeSet<(NoticeReason, Subject)>,
    pub effects: BTreeSet<EffectId>,
    pub facts: Vec<OrderFact>,
    /// The kinds of request that were accepted.
    pub accepted: BTreeSet<RequestKind>,
    pub now: DateTime<Utc>,
    /// What happened, a line a step: printed when something disagrees.
    pub history: Vec<String>,
}

impl Trial {
    pub fn begin(placement: &Placement, policy: &OrderPolicy) -> Result<Trial, String> {
        let now = steps::start();
        let (order, decision) =
            Order::place(steps::order_id(), placement, policy, now).map_err(|refusal| refusal.to_string())?;
        let mut trial = Trial {
            model: Model::place(steps::order_id(), placement, policy, now),
            events: decision.events.clone(),
            told: BTreeSet::new(),
            effects: BTreeSet::new(),
            facts: vec![],
            accepted: BTreeSet::new(),
            now,
            history: vec![described(placement, policy)],
            order,
        };
        trial.note_effects(&decision, |index| EffectId::of_order(&steps::order_id(), 0, index))?;
        trial.compare()?;
        Ok(trial)
    }

    /// As [`Self::begin`], then every step; the history is told with what went wrong.
    pub fn run(placement: &Placement, policy: &OrderPolicy, head: u8, plan: &[(u8, Step)]) -> Checked {
        let mut trial = Trial::begin(placement, policy)?;
        trial.head(head).map_err(|problem| trial.told_with_history(&problem))?;
        for (count, (by, step)) in plan.iter().enumerate() {
            let thorough = count % 6 == 5 || count + 1 == plan.len();
            trial
                .step(*by, *step)
                .and_then(|()| if thorough { trial.look_around() } else { Ok(()) })
                .map_err(|problem| trial.told_with_history(&problem))?;
        }
        trial.at_the_end().map_err(|problem| trial.told_with_history(&problem))
    }

    pub fn told_with_history(&self, problem: &str) -> String {
        let units: Vec<String> = self
            .model
            .lines
            .iter()
            .map(|line| {
                format!("{} {:?}", line.id, line.cells.iter().map(|cell| cell.stage).collect::<Vec<_>>())
            })
            .collect();
        format!("{problem}\nafter\n  {}\nmodel: {}", self.history.join("\n  "), units.join("; "))
    }

    // ---- steps ---------------------------------------------------------------------------------------

    pub fn step(&mut self, by: u8, step: Step) -> Checked {
        self.now = steps::advance(by, self.now, self.order.next_deadline());
        match step {
            Step::Forward { which, late } => {
                let mut ways = steps::forward(&self.model);
                if ways.is_empty() {
                    return self.wake();
                }
                let on = ways.swap_remove(usize::from(which) % ways.len());
                self.on(on, if late > 200 { late } else { 0 })
            }
            Step::Ask { kind, a, b, c, version } => {
                let ask = steps::ask(&self.model, kind, a, b, c);
                let current = self.order.version().0;
                let version = match version {
                    0..=179 => None,
                    180..=215 => Some(current),
                    216..=235 => Some(current.saturating_sub(1)),
                    236..=255 => Some(current + 1),
                };
                self.ask(&ask, version.map(Version))
            }
            Step::Fact { kind, a, b, c, when } => {
                self.happen(steps::happened(&self.model, kind, a, b, c), when)
            }
            Step::Repeat { which, changed } => self.repeat(usize::from(which), changed),
            Step::Wake => self.wake(),
        }
    }

    pub fn head(&mut self, head: u8) -> Checked {
        for (waits, on) in steps::head(&self.model, head) {
            self.now = self.order.next_deadline().filter(|_| waits).unwrap_or(self.now);
            self.on(on, 0)?;
        }
        Ok(())
    }

    pub fn on(&mut self, on: On, when: u8) -> Checked {
        match on {
            On::Ask(ask) => self.ask(&ask, None),
            On::Fact(what) => self.happen(what, when),
        }
    }

    pub fn ask(&mut self, ask: &Ask, if_version: Option<Version>) -> Checked {
        let at = self.now.trunc_subsecs(6);
        self.history.push(format!("{at} ask {ask:?} if {if_version:?}"));
        let request = OrderRequest { if_version, ask: ask.clone() };
        let answer = self.order.decide(&request, self.now);
        self.decide_into_is_the_same(&request, &answer)?;
        if let Some(expected) = if_version.filter(|expected| *expected != self.order.version()) {
            let current = self.order.version();
            let stale = OrderRefusal::Stale { expected, current };
            ensure!(answer == Err(stale), "a stale request at {current} got {answer:?}");
            return self.nothing_changed();
        }
        match answer {
            Ok(decision) => {
                ensure!(
                    self.model.request(ask, &self.woken(self.now), at),
                    "accepted, but the model refuses: {:?}",
                    decision.events
                );
                ensure!(!decision.events.is_empty(), "an accepted request has no event");
                self.accepted.insert(ask.kind());
                self.apply(&decision)
            }
            Err(refusal) => {
                ensure!(
                    !self.model.clone().request(ask, &self.woken(self.now), at),
                    "refused, but the model accepts: {refusal:?}"
                );
                self.history.push(format!("    refused: {refusal}"));
                self.nothing_changed()
            }
        }
    }

    pub fn happen(&mut self, what: Happened, when: u8) -> Checked {
        let fact = steps::fact(self.facts.len(), what, steps::occurred(self.now, when));
        self.facts.push(fact.clone());
        self.fact(&fact)
    }

    fn fact(&mut self, fact: &OrderFact) -> Checked {
        let at = self.now.trunc_subsecs(6);
        self.history.push(format!("{at} fact {:?} of {}", fact.what, fact.source.occurred_at));
        let decision = self.order.record(fact, self.now);
        ensure!(self.model.fact(fact, &self.woken(self.now), at), "the model takes it for a repeat");
        ensure!(!decision.events.is_empty(), "a new fact gave no event");
        let told = decision.events.iter().filter(|event| event.source.is_some()).count();
        ensure!(told == 1, "the fact's source stands on {told} events");
        let repeats = decision.reasons.iter().any(|reason| matches!(reason, OrderReason::Duplicate { .. }));
        ensure!(!repeats, "a new fact was taken for a repeat");
        self.apply(&decision)
    }

    /// Tells a fact again: nothing may change, whatever else it says this time.
    pub fn repeat(&mut self, which: usize, changed: bool) -> Checked {
        let Some(old) = self.facts.get(which % self.facts.len().max(1)) else { return Ok(()) };
        let mut fact = old.clone();
        if changed {
            fact.what = Happened::StockGone;
            fact.source.occurred_at -= TimeDelta::days(3);
        }
        self.history.push(format!("{} repeat {:?}", self.now, fact.source));
        let before = json(&self.order);
        let decision = self.order.record(&fact, self.now);
        ensure!(decision.events.is_empty() && decision.effects.is_empty(), "a repeat did {decision:?}");
        let is_repeat = matches!(decision.reasons[..], [OrderReason::Duplicate { first }] if first <= self.order.version());
        ensure!(is_repeat, "a repeat is explained by {:?}", decision.reasons);
        ensure!(
            !self.model.clone().fact(&fact, &self.woken(self.now), self.now),
            "the model takes it for new"
        );
        let mut after = self.order.clone();
        after.evolve_all(&decision.events);
        ensure!(json(&after) == before, "a repeat changed the state");
        Ok(())
    }

    pub fn wake(&mut self) -> Checked {
        let at = self.now.trunc_subsecs(6);
        self.history.push(format!("{at} wake"));
        let decision = self.order.wake(self.now);
        let due = self.model.wake(at);
        ensure!(
            due != decision.events.is_empty(),
            "the model says due: {due}, the order {:?}",
            decision.events
        );
        self.apply(&decision)?;
        let again = self.order.wake(self.now);
        ensure!(again.is_empty(), "woken twice at one time: {again:?}");
        if let Some(next) = self.order.next_deadline() {
            let early = self.order.wake(next - TimeDelta::microseconds(1));
            ensure!(early.is_empty() && early.reasons.is_empty(), "woken early: {early:?}");
        }
        Ok(())
    }

    // ---- what holds after every step -----------------------------------------------------------------

    fn apply(&mut self, decision: &OrderDecision) -> Checked {
        let before = self.order.recorded_at_before();
        let order = self.order.clone();
        self.note_effects(decision, |index| order.effect_id(index))?;
        let mut last = before;
        for event in &decision.events {
            ensure!(event.recorded_at >= last, "recorded_at runs backwards: {event:?} after {last}");
            last = event.recorded_at;
        }
        if let Some(event) = decision.events.first() {
            let wanted = self.now.trunc_subsecs(6).max(before);
            ensure!(event.recorded_at == wanted, "recorded at {} instead of {wanted}", event.recorded_at);
        }
        let version = self.order.version().0 + decision.events.len() as u64;
        self.order.evolve_all(&decision.events);
        self.events.extend(decision.events.iter().cloned());
        self.model.take_over(&own_of(&self.order));
        for tender in &self.order.state().book.tenders {
            ensure!(
                tender.capturing_minor <= tender.open_minor && tender.voiding_minor <= tender.open_minor,
                "more is asked for than is open: {tender:?}"
            );
        }
        ensure!(self.order.version().0 == version, "version {} instead of {version}", self.order.version());
        self.compare()
    }

    fn note_effects(&mut self, decision: &OrderDecision, id: impl Fn(u32) -> EffectId) -> Checked {
        for (index, effect) in decision.effects.iter().enumerate() {
            ensure!(self.effects.insert(id(index as u32)), "effect id {} came twice", id(index as u32));
            if let OrderEffect::Notify { notice } = effect {
                let new = self.told.insert((notice.reason, notice.about.clone()));
                ensure!(new, "{:?} was told twice about {:?}", notice.reason, notice.about);
            }
        }
        Ok(())
    }

    /// The order's own affairs once it is woken.
    fn woken(&self, at: DateTime<Utc>) -> Own {
        let mut woken = self.order.clone();
        woken.evolve_all(&self.order.wake(at).events);
        own_of(&woken)
    }

    fn nothing_changed(&self) -> Checked {
        let due = self.model.deadlines().into_iter().min();
        ensure!(self.order.next_deadline() == due, "a refusal moved the deadline");
        Ok(())
    }

    fn decide_into_is_the_same(
        &self,
        request: &OrderRequest,
        answer: &Result<OrderDecision, OrderRefusal>,
    ) -> Checked {
        let mut out = OrderDecision::none();
        out.events.push(self.events[0].clone());
        out.effects.push(OrderEffect::TryReinstate);
        out.reasons.push(OrderReason::AwaitsConfirm);
        let before = out.clone();
        match (self.order.decide_into(request, self.now, &mut out), answer) {
            (Err(refusal), Err(wanted)) => {
                ensure!(refusal == *wanted, "decide_into refuses with {refusal:?}, decide with {wanted:?}");
                ensure!(out == before, "a refusal left something in `out`: {out:?}");
            }
            (Ok(()), Ok(decision)) => {
                let rest = OrderDecision {
                    events: out.events.split_off(1),
                    effects: out.effects.split_off(1),
                    reasons: out.reasons.split_off(1),
                };
                ensure!(out == before, "decide_into changed what was there");
                ensure!(rest == *decision, "decide_into gives {rest:?}, decide {decision:?}");
            }
            (into, _) => return Err(format!("decide_into gives {into:?}, decide {answer:?}")),
        }
        Ok(())
    }

    /// The order against its twin, and both against the invariants.
    pub fn compare(&self) -> Checked {
        let (state, model) = (self.order.state(), &self.model);
        for (line, cells) in state.book.lines.iter().zip(&model.lines) {
            let stages: Vec<Stage> =
                line.runs.iter().flat_map(|run| std::iter::repeat_n(run.stage, run.units as usize)).collect();
            let wanted: Vec<Stage> = cells.cells.iter().map(|cell| cell.stage).collect();
            ensure!(stages == wanted, "{}: units stand in {stages:?}, in the model {wanted:?}", cells.id);
            let owed: i64 = cells.cells.iter().map(|cell| cell.gross - cell.credit).sum();
            ensure!(
                line.owed_minor() == owed,
                "{}: owed {}, in the model {owed}",
                cells.id,
                line.owed_minor()
            );
        }
        let credits: Vec<i64> = state.book.charge_credits.iter().map(|credit| credit.amount_minor).collect();
        let wanted: Vec<i64> = model.charges.iter().map(|charge| charge.credit).collect();
        ensure!(credits == wanted, "charges credited {credits:?}, in the model {wanted:?}");
        let pending_of = |at: usize| -> i64 {
            let refunds = state.book.refunds.iter().filter(|refund| refund.tender as usize == at);
            refunds.map(|refund| refund.amount_minor).sum()
        };
        for (at, (tender, wanted)) in state.book.tenders.iter().zip(&model.tenders).enumerate() {
            let got = [
                ("open", tender.open_minor, wanted.open),
                ("captured", tender.captured_minor, wanted.captured),
                ("refunded", tender.refunded_minor, wanted.refunded),
                ("charged back", tender.charged_back_minor, wanted.charged_back),
                ("disputed", tender.disputed_minor, wanted.disputed),
                ("pending", pending_of(at), model.pending_of(at)),
            ];
            for (what, got, wanted) in got {
                ensure!(got == wanted, "tender {at}: {what} {got}, in the model {wanted}");
            }
            ensure!(
                tender.refunded_minor + pending_of(at) <= tender.captured_minor,
                "tender {at}: refunds pass what was captured: {tender:?}"
            );
        }
        ensure!(state.book.tenders.len() == model.tenders.len(), "another number of tenders");
        let balance = self.order.balance();
        let over = model.over();
        let sums = [
            ("owed", balance.owed, model.owed()),
            ("captured", balance.captured, model.captured()),
            ("refunded", balance.refunded, model.refunded()),
            ("charged back", balance.charged_back, model.charged_back()),
            ("written off", balance.written_off, model.written_off),
            ("balance due", balance.balance_due, (-over).max(0)),
            ("credit", balance.credit, over.max(0)),
            ("refunds pending", balance.refunds_pending, model.pending()),
            ("open authorised", balance.open_authorised, model.open_authorised()),
        ];
        for (what, got, wanted) in sums {
            ensure!(got.minor_units() == wanted, "{what} {got}, in the model {wanted}");
            ensure!(got.currency() == model.currency, "{what} is in another currency");
        }
        ensure!(model.owed() >= 0, "owed is below zero: {}", model.owed());
        ensure!(
            model.refunded() + model.pending() <= model.captured(),
            "refunds made and pending pass what was captured"
        );
        let mut holds: BTreeSet<_> = state.book.holds.iter().copied().collect();
        let mut ours = model.holds.clone();
        if model.payment_hold_is_open() {
            holds.remove(&HoldReason::Payment);
            ours.remove(&HoldReason::Payment);
        }
        ensure!(holds == ours, "holds {holds:?}, in the model {ours:?}");
        ensure!(
            state.book.ended == model.ended,
            "ended {:?}, in the model {:?}",
            state.book.ended,
            model.ended
        );
        ensure!(
            state.book.cover == model.cover,
            "cover {:?}, in the model {:?}",
            state.book.cover,
            model.cover
        );
        ensure!(state.book.reinstating == model.reinstating, "reinstating {}", state.book.reinstating);
        let cases: Vec<bool> =
            state.book.cases.iter().map(|case| case.state == CaseState::Requested).collect();
        let wanted: Vec<bool> = model.cases.iter().map(|case| case.waits).collect();
        ensure!(cases == wanted, "cases that wait {cases:?}, in the model {wanted:?}");
        let due = model.deadlines().into_iter().min();
        ensure!(
            self.order.next_deadline() == due,
            "next deadline {:?}, in the model {due:?}",
            self.order.next_deadline()
        );
        let violations = self.order.violations();
        ensure!(violations.is_empty(), "violations: {violations:?}");
        Ok(())
    }

    // ---- what holds now and then ---------------------------------------------------------------------

    /// Replay, snapshot, open requests, and that time alone leads to rest.
    pub fn look_around(&self) -> Checked {
        let replayed = Order::replay(self.events.iter().cloned()).map_err(|corrupt| corrupt.to_string())?;
        ensure!(replayed == self.order, "replay gives another state");
        let text = json(&self.order);
        let snapshot: Snapshot = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        let imported = Order::import(snapshot).map_err(|error| error.to_string())?;
        ensure!(imported == self.order && json(&imported) == text, "a snapshot gives another state");
        self.open_requests_are_open()?;
        self.comes_to_rest()
    }

    fn open_requests_are_open(&self) -> Checked {
        let at = self.model.recorded_at;
        let open = self.order.open_requests();
        let mut accepted: BTreeSet<RequestKind> = BTreeSet::new();
        let mut refused: BTreeMap<RequestKind, String> = BTreeMap::new();
        let is_due = self.order.next_deadline().is_some_and(|due| due <= at);
        let woken = self.woken(at);
        for ask in steps::candidates(&self.model) {
            let answer = self.order.decide(&ask.clone().into(), at);
            let wanted = self.model.clone().request(&ask, &woken, at);
            ensure!(
                answer.is_ok() == wanted,
                "{ask:?} gets {:?}, in the model accepted: {wanted}",
                answer.as_ref().err()
            );
            match answer {
                Ok(_) => {
                    accepted.insert(ask.kind());
                    let kind = ask.kind();
                    ensure!(is_due || open.contains(&kind), "{kind} is not listed as open: {ask:?}");
                }
                Err(refusal) => {
                    if let OrderRefusal::NotOpen { open: listed, .. } = &refusal {
                        let others: Vec<_> =
                            open.iter().copied().filter(|kind| *kind != ask.kind()).collect();
                        ensure!(
                            is_due || *listed == others,
                            "a refusal lists {listed:?}, open are {others:?}"
                        );
                    }
                    refused.insert(ask.kind(), refusal.to_string());
                }
            }
        }
        for kind in open.iter().filter(|_| !is_due) {
            ensure!(
                accepted.contains(kind),
                "{kind} is listed as open, but nothing is accepted: {:?}",
                refused.get(kind)
            );
        }
        Ok(())
    }

    /// Without more input at most 64 wakes lead to an order that nothing but people or facts can move.
    fn comes_to_rest(&self) -> Checked {
        let mut order = self.order.clone();
        let mut model = self.model.clone();
        for _ in 0..64 {
            let Some(due) = order.next_deadline() else { break };
            let decision = order.wake(due);
            ensure!(!decision.events.is_empty(), "nothing happens at the deadline {due}");
            order.evolve_all(&decision.events);
            model.wake(due);
        }
        ensure!(order.next_deadline().is_none(), "64 wakes do not end: {:?}", order.next_deadline());
        let twin = Trial {
            order,
            model,
            events: vec![],
            told: BTreeSet::new(),
            effects: BTreeSet::new(),
            facts: vec![],
            accepted: BTreeSet::new(),
            now: self.now,
            history: vec![],
        };
        twin.compare().map_err(|problem| format!("after the last deadline: {problem}"))?;
        let rests = |stage: Stage| !stage.is_live() || stage == Stage::Completed;
        let awaits_fact = |stage: Stage| {
            matches!(
                stage,
                Stage::Recalling
                    | Stage::Shipped
                    | Stage::Received
                    | Stage::Released
                    | Stage::Picked
                    | Stage::Packed
                    | Stage::Verified
            )
        };
        let open = twin.order.open_requests();
        for line in &twin.order.state().book.lines {
            for run in &line.runs {
                ensure!(
                    rests(run.stage) || awaits_fact(run.stage) || !open.is_empty(),
                    "stuck in {:?} with nothing open",
                    run.stage
                );
            }
        }
        Ok(())
    }

    pub fn at_the_end(&self) -> Checked {
        self.look_around()?;
        self.late_is_as_good()
    }

    /// One late wake leads where timely ones lead, as long as one kind of deadline is set.
    fn late_is_as_good(&self) -> Checked {
        let kinds = self.model.kinds_of_deadlines();
        if kinds > 1 {
            return Ok(());
        }
        let (mut timely, mut late) = (self.order.clone(), self.order.clone());
        for _ in 0..64 {
            let Some(due) = timely.next_deadline() else { break };
            let decision = timely.wake(due);
            timely.evolve_all(&decision.events);
        }
        let mut at = self.now.max(self.model.recorded_at) + TimeDelta::days(400);
        for _ in 0..64 {
            if late.next_deadline().is_none() {
                break;
            }
            let decision = late.wake(at);
            late.evolve_all(&decision.events);
            at += TimeDelta::days(400);
        }
        let stages = |order: &Order| -> Vec<Stage> {
            let runs = order.state().book.lines.iter().flat_map(|line| &line.runs);
            runs.flat_map(|run| std::iter::repeat_n(run.stage, run.units as usize)).collect()
        };
        ensure!(
            stages(&timely) == stages(&late) && timely.balance() == late.balance(),
            "late wakes end in {:?} {:?}, timely ones in {:?} {:?}",
            stages(&late),
            late.balance(),
            stages(&timely),
            timely.balance()
        );
        Ok(())
    }
}

/// What was placed, short enough to read.
fn described(placement: &Placement, policy: &OrderPolicy) -> String {
    let text = |value: serde_json::Result<String>| value.unwrap_or_default();
    let lines: Vec<String> = placement
        .lines
        .iter()
        .map(|line| {
            format!("{} {:?} {:?}", line.line, line.fulfilment.way(), super::cells::unit_prices(line))
        })
        .collect();
    let charges: Vec<String> = placement
        .charges
        .iter()
        .map(|charge| {
            let line = charge.line.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("{} {:?} {line}", charge.amount, charge.refund)
        })
        .collect();
    format!(
        "place [{}] charges [{}] terms {} policy {}",
        lines.join("; "),
        charges.join("; "),
        text(serde_json::to_string(&placement.terms)),
        text(serde_json::to_string(policy))
    )
}

fn own_of(order: &Order) -> Own {
    let book = &order.state().book;
    let asked = book.tenders.iter().map(|tender| (tender.capturing_minor, tender.voiding_minor));
    Own { asked: asked.collect(), held_for_payment: book.holds.contains(&HoldReason::Payment) }
}

trait RecordedAt {
    fn recorded_at_before(&self) -> DateTime<Utc>;
}

impl RecordedAt for Order {
    fn recorded_at_before(&self) -> DateTime<Utc> {
        self.state().recorded_at
    }
}

pub fn json(order: &Order) -> String {
    serde_json::to_string(&order.snapshot()).expect("a snapshot serialises")
}
