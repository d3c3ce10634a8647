//! Goods that come back, are exchanged, or are sent again: what the customer asks and what the warehouse finds.

use super::{
    Anomaly, AnomalyKind, Blocker, CaseChange, CaseKind, CaseState, Condition, DamagedReturn, FactKind,
    LineUnits, LinkKind, NextStep, NoticeReason, OrderChange, OrderEffect, OrderRefusal, OrderState,
    Refundable, RequestKind, Run, Stage, Subject, TicketReason,
    cancel::{check_given, given_minor},
    decide::Answer,
    draft::Draft,
    evolve::place,
    line::Pick,
    moves::{after_fact, after_request, home},
    recall::given_to,
    record::{about, excess, line_of, way_of},
};
use crate::id::{LineId, OrderId, ReturnId, Sku};

pub(super) fn request_return(
    draft: &mut Draft<'_>,
    line: &LineId,
    units: u32,
    replacement: Option<&Sku>,
) -> Answer {
    let request =
        if replacement.is_some() { RequestKind::RequestExchange } else { RequestKind::RequestReturn };
    let order = draft.order;
    let state = order.line(line)?;
    let way = state.terms.placed.fulfilment.way();
    let allowed = after_request(way, home(way), request).is_some();
    let accepted = if allowed { state.units_in(home(way)) } else { 0 };
    let units = order.units(line, units, accepted, request)?;
    if replacement.is_some() {
        room_for_linked(order)?;
    }
    let case = next_case(draft);
    let of = replacement.map_or(CaseKind::Return, |sku| CaseKind::Exchange { replacement: sku.clone() });
    let what = CaseChange::Opened { line: line.clone(), units, of, given_minor: None };
    draft.emit(OrderChange::Case { case: case.clone(), what });
    draft.emit(OrderChange::Moved {
        line: line.clone(),
        units,
        from: home(way),
        to: Stage::ReturnRequested,
        parcel: None,
        case: Some(case),
    });
    let about = Subject::Line { line: line.clone() };
    draft.effect(OrderEffect::OpenTicket { about: about.clone(), reason: TicketReason::ReturnRequested });
    draft.notify(NoticeReason::ReturnRequested, about, None);
    Ok(())
}

/// A case that waits for an answer, with its line and how many of its units still wait.
fn requested_case<'a>(
    draft: &Draft<'a>,
    case: &ReturnId,
    request: RequestKind,
) -> Result<(&'a super::Case, u32), OrderRefusal> {
    let order = draft.order;
    let found = order.book.case_at(case).and_then(|found| order.book.cases.get(found));
    let entry = found.filter(|entry| !entry.of.is_recall()).ok_or_else(|| OrderRefusal::UnknownCase {
        case: case.clone(),
        accepted: order
            .book
            .cases
            .iter()
            .filter(|entry| entry.state == CaseState::Requested)
            .map(|entry| entry.case.clone())
            .collect(),
    })?;
    let index = place(order.book.case_at(case));
    let waiting =
        order.line(&entry.line)?.count(|run| run.stage == Stage::ReturnRequested && run.case == index);
    if entry.state != CaseState::Requested || waiting == 0 {
        return Err(order.blocked(request, Blocker::Case { case: case.clone() }));
    }
    Ok((entry, waiting))
}

pub(super) fn approve_return(draft: &mut Draft<'_>, case: &ReturnId, refundable: &Refundable) -> Answer {
    let (entry, waiting) = requested_case(draft, case, RequestKind::ApproveReturn)?;
    let (line, order) = (entry.line.clone(), draft.order);
    let state = order.line(&line)?;
    let way = state.terms.placed.fulfilment.way();
    let mut pick = Pick::new(Stage::ReturnRequested, Stage::ReturnComing, waiting);
    pick.case = place(order.book.case_at(case));
    let prices: Vec<i64> = state.prices_of(pick).map(|(gross, _)| gross).collect();
    check_given(draft, refundable, &prices)?;
    let given_minor = given_minor(refundable);
    // Units that came back before the answer are credited as paid: the answer is about those that wait.
    let all = given_minor.as_ref().zip(pick.case).map(|(given, case)| {
        let (mut given, mut first) = (given.iter().copied(), 0_u32);
        let mut all = Vec::new();
        for run in &state.runs {
            let end = first.saturating_add(run.units);
            if run.is_open_in(case) {
                all.extend((first..end).map(|unit| match run.stage {
                    Stage::ReturnRequested => given.next().unwrap_or(0),
                    _ => state.price_of(unit).0,
                }));
            }
            first = end;
        }
        all
    });
    let what = CaseChange::Approved { given_minor: all };
    draft.emit(OrderChange::Case { case: case.clone(), what });
    let to = after_request(way, pick.from, RequestKind::ApproveReturn).unwrap_or(pick.to);
    pick.to = to;
    if to == Stage::Refunded {
        draft.end_units(&line, pick, given_minor.as_deref());
        draft.effect(OrderEffect::RevokeGrant { line: line.clone(), units: waiting });
        draft.after_units_ended();
    } else {
        draft.emit(OrderChange::Moved {
            line: line.clone(),
            units: waiting,
            from: pick.from,
            to,
            parcel: None,
            case: Some(case.clone()),
        });
    }
    draft.notify(NoticeReason::ReturnApproved, Subject::Line { line }, None);
    Ok(())
}

pub(super) fn reject_return(draft: &mut Draft<'_>, case: &ReturnId) -> Answer {
    let (entry, waiting) = requested_case(draft, case, RequestKind::RejectReturn)?;
    let (line, order) = (entry.line.clone(), draft.order);
    let way = order.line(&line)?.terms.placed.fulfilment.way();
    draft.emit(OrderChange::Moved {
        line: line.clone(),
        units: waiting,
        from: Stage::ReturnRequested,
        to: home(way),
        parcel: None,
        case: Some(case.clone()),
    });
    draft.emit(OrderChange::Case { case: case.clone(), what: CaseChange::Rejected });
    draft.notify(NoticeReason::ReturnRejected, Subject::Line { line }, None);
    Ok(())
}

pub(super) fn reship(draft: &mut Draft<'_>, line: &LineId, units: u32) -> Answer {
    let order = draft.order;
    let state = order.line(line)?;
    let units = order.units(line, units, state.units_in(Stage::Lost), RequestKind::Reship)?;
    let sku = state.terms.placed.sku.clone();
    room_for_linked(order)?;
    let Some(next) = linked_id(draft, 0) else { return Err(order.not_open(RequestKind::Reship)) };
    draft.emit(OrderChange::Moved {
        line: line.clone(),
        units,
        from: Stage::Lost,
        to: Stage::Exchanged,
        parcel: None,
        case: None,
    });
    draft.emit(OrderChange::Linked { order: next.clone(), why: LinkKind::Reship });
    draft.effect(OrderEffect::PlaceLinked {
        order: next,
        why: LinkKind::Reship,
        line: line.clone(),
        sku,
        units,
    });
    draft.after_units_ended();
    Ok(())
}

/// The longest order id of which every linked order's id can be made: `~` and any `u32` fit behind it.
pub const LINKED_FROM_BYTES_MAX: usize = 64 - 11;

/// Asked when goods are to be replaced, so that the id cannot fail once they are back.
fn room_for_linked(order: &OrderState) -> Answer {
    let bytes = order.id.as_str().len();
    if bytes <= LINKED_FROM_BYTES_MAX {
        return Ok(());
    }
    Err(OrderRefusal::NoLinkedId { order: order.id.clone(), bytes, accepted: LINKED_FROM_BYTES_MAX })
}

/// The `nth` next linked id.
pub(super) fn linked_id(draft: &Draft<'_>, nth: usize) -> Option<OrderId> {
    let next = draft.order.log.linked.len().saturating_add(nth).saturating_add(1);
    draft.order.id.linked(u32::try_from(next).ok()?).ok()
}

pub(super) fn next_case(draft: &mut Draft<'_>) -> ReturnId {
    let count = u32::try_from(draft.book().cases.len()).unwrap_or(u32::MAX);
    ReturnId::of(&draft.order.id, count.saturating_add(1))
}

pub(super) fn received_back(draft: &mut Draft<'_>, of: &LineUnits) {
    let Some(found) = line_of(draft, of) else { return };
    let way = way_of(draft, found);
    let expected = |stage: Stage| match stage {
        Stage::ReturnComing => 0,
        Stage::Recalling => 1,
        Stage::Shipped => 2,
        Stage::Lost => 3,
        Stage::ReturnRequested => 4,
        Stage::Delivered | Stage::Collected => 5,
        _ => 6, // the return window is over
    };
    let Some(line) = draft.book().lines.get(found) else { return };
    let mut runs: Vec<Run> = line.runs.to_vec();
    runs.retain(|run| after_fact(way, run.stage, FactKind::ReceivedBack).is_some());
    runs.sort_by_key(|run| expected(run.stage));
    let (mut left, mut unasked) = (of.units, 0_u32);
    for run in runs {
        let units = run.units.min(left);
        if units == 0 {
            continue;
        }
        left -= units;
        let asked =
            matches!(run.stage, Stage::ReturnComing | Stage::Recalling | Stage::Shipped | Stage::Lost);
        unasked = unasked.saturating_add(if asked { 0 } else { units });
        let parcel =
            run.parcel.and_then(|at| draft.book().parcels.get(at as usize)).map(|known| known.parcel.clone());
        let case = run.case.and_then(|at| draft.book().cases.get(at as usize)).map(|case| case.case.clone());
        let line = of.line.clone();
        draft.emit(OrderChange::Moved { line, units, from: run.stage, to: Stage::Received, parcel, case });
    }
    if unasked > 0 {
        let anomaly = Anomaly::new(AnomalyKind::UnaskedReturn, NextStep::Inspect, about(&of.line));
        draft.anomaly(anomaly.units(unasked));
    }
    if left > 0 {
        excess(draft, found, of, FactKind::ReceivedBack, left);
    }
}

pub(super) fn inspected(draft: &mut Draft<'_>, of: &LineUnits, condition: Condition) {
    let Some(found) = line_of(draft, of) else { return };
    let Some(line) = draft.book().lines.get(found) else { return };
    let runs: Vec<Run> = line.runs.iter().filter(|run| run.stage == Stage::Received).cloned().collect();
    let mut left = of.units;
    let keep = condition == Condition::Damaged && draft.policy().damaged_return == DamagedReturn::Keep;
    let mut linked = 0_usize;
    for run in runs {
        let units = run.units.min(left);
        if units == 0 {
            continue;
        }
        left -= units;
        let case = run.case.and_then(|case| draft.book().cases.get(case as usize).cloned());
        let exchange = case.as_ref().and_then(|case| match &case.of {
            CaseKind::Exchange { replacement } if case.state == CaseState::Approved => {
                Some(replacement.clone())
            }
            CaseKind::Exchange { .. } | CaseKind::Return | CaseKind::Recall | CaseKind::TimedOut => None,
        });
        let next = exchange.as_ref().and_then(|_| linked_id(draft, linked));
        let customer_sent = case.as_ref().is_some_and(|case| !case.of.is_recall());
        let mut pick = Pick::new(Stage::Received, Stage::Refunded, units);
        (pick.parcel, pick.case) = (run.parcel, run.case);
        let line = of.line.clone();
        let moved = |to: Stage| OrderChange::Moved {
            line: line.clone(),
            units,
            from: Stage::Received,
            to,
            parcel: None,
            case: case.as_ref().map(|case| case.case.clone()),
        };
        if keep && customer_sent {
            draft.emit(moved(Stage::Completed));
        } else if let (Some(sku), Some(order)) = (exchange, next) {
            linked += 1;
            draft.emit(moved(Stage::Exchanged));
            draft.emit(OrderChange::Linked { order: order.clone(), why: LinkKind::Exchange });
            draft.effect(OrderEffect::PlaceLinked {
                order,
                why: LinkKind::Exchange,
                line: line.clone(),
                sku,
                units,
            });
        } else {
            let given = given_to(draft, &line, pick);
            draft.end_units(&line, pick, given.as_deref());
            if let Some(case) = &case {
                draft.emit(OrderChange::Case {
                    case: case.case.clone(),
                    what: CaseChange::Credited { units },
                });
            }
        }
        draft.effect(OrderEffect::GiveBackUnits { line: of.line.clone(), units, condition });
    }
    let units = of.units - left;
    if condition == Condition::Damaged && units > 0 {
        let anomaly = Anomaly::new(AnomalyKind::CameBackDamaged, NextStep::Review, about(&of.line));
        draft.anomaly(anomaly.units(units));
        draft.effect(OrderEffect::OpenTicket { about: about(&of.line), reason: TicketReason::ReturnOddity });
    }
    if left > 0 {
        excess(draft, found, of, FactKind::Inspected, left);
    }
    draft.after_units_ended();
}
