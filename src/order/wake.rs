//! What time does by itself. Served in one fixed order: authorisations, the payment deadline, the counter,
//! missing returns, the return window. Early, late or repeated calls change nothing that is not due.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    Anomaly, AnomalyKind, CaseChange, CoverLevel, Deadline, EndCause, Few, LineState, NextStep, OrderChange,
    OrderEffect, OrderReason, OrderState, Refundable, Run, Stage, Subject, Terms,
    cancel::{keep_deposit, stop_units},
    draft::Draft,
    evolve::place,
    moves::{after_deadline, home, stopped},
    payment::PaymentChange,
    record::lapse,
    request::micros,
};
use crate::id::{IntentId, LineId};

impl OrderState {
    /// The next instant at which [`Self::due`] finds something.
    pub(super) fn next_deadline(&self) -> Option<DateTime<Utc>> {
        self.deadlines().map(|(at, _)| at).min()
    }

    /// Every deadline that is set, with its kind; unordered.
    pub fn deadlines(&self) -> impl Iterator<Item = (DateTime<Utc>, Deadline)> + '_ {
        let authorisations = self.book.tenders.iter().filter(|tender| tender.open_minor > 0);
        let authorisations =
            authorisations.filter_map(|tender| Some((micros(tender.expires_at?), Deadline::Authorisation)));
        let pay_by = self.pay_by().map(|at| (at, Deadline::PayBy));
        let units = self.book.lines.iter().flat_map(move |line| {
            let way = line.terms.placed.fulfilment.way();
            line.runs.iter().filter_map(move |run| self.unit_deadline(run, home(way)))
        });
        authorisations.chain(pay_by).chain(units)
    }

    /// When the money, or the deposit, must be covered; `None` once it is, or was too late.
    pub(super) fn pay_by(&self) -> Option<DateTime<Utc>> {
        if self.book.ended.is_some() || self.book.pay_by_passed {
            return None;
        }
        match (&self.agreement.terms, self.book.cover) {
            (Terms::OnDelivery, _) | (_, CoverLevel::Everything) => None,
            (Terms::Prepaid { pay_by }, _) => Some(micros(*pay_by)),
            (Terms::Presale { deposit_by, .. }, CoverLevel::Nothing) => Some(micros(*deposit_by)),
            (Terms::Presale { balance_by, .. }, CoverLevel::Deposit) => Some(micros(*balance_by)),
        }
    }

    fn unit_deadline(&self, run: &Run, home: Stage) -> Option<(DateTime<Utc>, Deadline)> {
        let policy = &self.agreement.policy;
        let (seconds, deadline) = match run.stage {
            Stage::ReadyForPickUp => (policy.pick_up_seconds, Deadline::PickUp),
            Stage::ReturnComing => (policy.return_arrival_seconds, Deadline::ReturnArrival),
            stage if stage == home => (policy.return_window_seconds, Deadline::ReturnWindow),
            _ => return None,
        };
        Some((run.since.checked_add_signed(TimeDelta::seconds(i64::from(seconds)))?, deadline))
    }
}

/// Does everything that is due at `draft.at`.
pub(super) fn wake(draft: &mut Draft<'_>) {
    expire_authorisations(draft);
    time_out(draft);
    for deadline in [Deadline::PickUp, Deadline::ReturnArrival, Deadline::ReturnWindow] {
        move_due_units(draft, deadline);
    }
}

fn expire_authorisations(draft: &mut Draft<'_>) {
    let order = draft.order;
    for tender in &order.book.tenders {
        let Some(expires_at) =
            tender.expires_at.map(micros).filter(|at| tender.open_minor > 0 && *at <= draft.at)
        else {
            continue;
        };
        let (intent, amount): (IntentId, _) = (tender.intent.clone(), draft.money(tender.open_minor));
        let about = Subject::Intent { intent: intent.clone() };
        draft.reason(OrderReason::Due { deadline: Deadline::Authorisation, at: expires_at });
        draft.emit(OrderChange::Payment { intent: intent.clone(), what: PaymentChange::Expired { amount } });
        let anomaly = Anomaly::new(AnomalyKind::AuthorisationExpired, NextStep::AuthoriseAgain, about);
        draft.anomaly(anomaly.amount(amount));
        let live = draft.book().any_unit(Stage::is_live) && draft.book().ended.is_none();
        if live && draft.policy().reauthorise {
            draft.effect(OrderEffect::Authorise { intent, amount });
        }
        // Nothing may leave on a promise that has run out.
        if draft.goods_wait_uncovered() {
            draft.hold_for_payment();
        }
    }
}

fn time_out(draft: &mut Draft<'_>) {
    let Some(pay_by) = draft.order.pay_by().filter(|pay_by| *pay_by <= draft.at) else { return };
    let order = draft.order;
    let short = order.book.owed_minor(&order.agreement).saturating_sub(order.book.cover_minor()).max(0);
    let short = draft.money(short);
    draft.reason(OrderReason::Due { deadline: Deadline::PayBy, at: pay_by });
    draft.emit(OrderChange::PayByPassed);
    // Goods that the customer has cannot be stopped: then the order stands, and its money stays due.
    let kept =
        order.book.any_unit(|stage| stage.is_live() && stage != Stage::Recalling && stopped(stage).is_none());
    let next = if kept {
        NextStep::AskBalance
    } else {
        draft.emit(OrderChange::Ended { cause: EndCause::TimedOut });
        NextStep::CancelAndRelease
    };
    draft.anomaly(Anomaly::new(AnomalyKind::Timeout, next, Subject::Order).amount(short));
    for line in &order.book.lines {
        let units = line.count(|run| stopped(run.stage).is_some());
        stop_units(draft, &line.terms.placed.line, units, &Refundable::AsPaid);
    }
    keep_deposit(draft, super::CancelReason::PaymentTimeout);
    draft.after_units_ended();
}

fn move_due_units(draft: &mut Draft<'_>, deadline: Deadline) {
    // As they stand after what was due before: a unit at the counter may have been stopped just now.
    let (order, at) = (draft.order, draft.at);
    let due_at = |run: &Run, way| {
        let due = order.unit_deadline(run, home(way)).filter(|due| due.1 == deadline && due.0 <= at)?;
        Some((due.0, after_deadline(way, run.stage, deadline)?))
    };
    let mut due: Few<(LineId, Run, DateTime<Utc>, Stage), 6> = Few::new();
    for line in &draft.book().lines {
        let placed = &line.terms.placed;
        let found = line.runs.iter().filter_map(|run| Some((run, due_at(run, placed.fulfilment.way())?)));
        found.for_each(|(run, (at, to))| due.push((placed.line.clone(), *run, at, to)));
    }
    let (done, lapses) = (!due.is_empty(), due.iter().any(|due| due.3 == Stage::Lapsed));
    for (id, run, at, to) in &due {
        draft.reason(OrderReason::Due { deadline, at: *at });
        if *to == Stage::Lapsed {
            lapse(draft, id, run.units);
            continue;
        }
        let book = draft.book();
        let case = run.case.and_then(|case| book.cases.get(case as usize)).map(|case| case.case.clone());
        let parcel =
            run.parcel.and_then(|at| book.parcels.get(at as usize)).map(|known| known.parcel.clone());
        draft.emit(OrderChange::Moved {
            line: id.clone(),
            units: run.units,
            from: run.stage,
            to: *to,
            parcel,
            case: case.clone(),
        });
        if let Some(case) = case.filter(|_| deadline == Deadline::ReturnArrival) {
            // What of it has arrived is still to be looked at.
            let index = place(draft.book().case_at(&case));
            let open =
                |line: &LineState| line.count(|run| index.is_some_and(|case| run.is_open_in(case))) > 0;
            if !draft.book().lines.iter().any(open) {
                draft.emit(OrderChange::Case { case, what: CaseChange::Rejected });
            }
            let about = Subject::Line { line: id.clone() };
            let anomaly = Anomaly::new(AnomalyKind::ReturnMissing, NextStep::KeepSold, about);
            draft.anomaly(anomaly.units(run.units));
        }
    }
    if lapses {
        draft.after_units_ended();
    }
    if done && deadline == Deadline::ReturnWindow {
        draft.refund_credit();
        draft.note_unpaid_after_delivery();
    }
}
