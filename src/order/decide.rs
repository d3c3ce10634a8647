//! Requests: checked first, decided second. Nothing is written before every check has passed.

use super::{
    Ask, Blocker, EndCause, HoldReason, LineState, NoticeReason, OrderChange, OrderEffect, OrderRefusal,
    OrderRequest, OrderState, RequestKind, Stage, Subject,
    cancel::cancel,
    draft::Draft,
    edit::edit,
    moves::after_request,
    payment::{Waiting, accept_short, capture, open_tender, resume_payment, void},
    returns::{approve_return, reject_return, request_return, reship},
};
use crate::{
    id::{IntentId, LineId},
    money::Money,
};

/// Nothing, or why not.
pub(in crate::order) type Answer = Result<(), OrderRefusal>;

/// Decides one request on the order as `draft` has it; whether it is stale was asked before.
pub(super) fn decide(draft: &mut Draft<'_>, request: &OrderRequest) -> Answer {
    match &request.ask {
        Ask::Confirm => confirm(draft),
        Ask::Edit { lines, ship_to } => edit(draft, lines, ship_to.as_ref()),
        Ask::Hold { reason } => hold(draft, *reason),
        Ask::Unhold { reason } => unhold(draft, *reason),
        Ask::Cancel { scope, refundable, reason } => cancel(draft, scope, refundable, *reason),
        Ask::RequestReturn { line, units } => request_return(draft, line, *units, None),
        Ask::RequestExchange { line, units, replacement } => {
            request_return(draft, line, *units, Some(replacement))
        }
        Ask::ApproveReturn { case, refundable } => approve_return(draft, case, refundable),
        Ask::RejectReturn { case } => reject_return(draft, case),
        Ask::Reship { line, units } => reship(draft, line, *units),
        Ask::OpenTender { method, amount } => open_tender(draft, *method, *amount),
        Ask::ResumePayment { intent } => resume_payment(draft, intent),
        Ask::Capture { intent, amount, last } => capture(draft, intent, *amount, *last),
        Ask::Void { intent, amount } => void(draft, intent, *amount),
        Ask::AcceptShort { up_to } => accept_short(draft, *up_to),
    }
}

impl OrderState {
    /// Which kinds of request some unit, tender or hold would allow now.
    pub fn open_requests(&self) -> Vec<RequestKind> {
        let book = &self.book;
        let moves = |kind| {
            book.lines.iter().any(|line| {
                let way = line.terms.placed.fulfilment.way();
                line.runs.iter().any(|run| after_request(way, run.stage, kind).is_some())
            })
        };
        let is_open = |kind: RequestKind| match kind {
            RequestKind::Confirm => moves(kind) && book.cover >= self.agreement.confirming_level(),
            RequestKind::RequestReturn
            | RequestKind::ApproveReturn
            | RequestKind::RejectReturn
            | RequestKind::RequestExchange
            | RequestKind::Reship => moves(kind),
            RequestKind::Cancel => moves(kind) || book.ended == Some(EndCause::TimedOut),
            RequestKind::Edit => self.can_be_edited() && book.any_unit(Stage::is_before_release),
            RequestKind::Hold => self.can_be_held() && book.holds.len() < HoldReason::ALL.len(),
            RequestKind::Unhold => !book.holds.is_empty(),
            RequestKind::OpenTender => self.tender_room() > 0,
            RequestKind::AcceptShort => self.due_while_live() > 0,
            RequestKind::ResumePayment => {
                book.ended.is_none()
                    && book.tenders.iter().any(|tender| tender.waiting == Some(Waiting::Action))
            }
            RequestKind::Capture => {
                book.ended.is_none() && book.tenders.iter().any(|tender| tender.capture_room_minor() > 0)
            }
            RequestKind::Void => book
                .tenders
                .iter()
                .any(|tender| tender.free_minor() > 0 || (book.ended.is_none() && tender.may_be_given_up())),
        };
        RequestKind::ALL.into_iter().filter(|kind| is_open(*kind)).collect()
    }

    pub(super) fn can_be_edited(&self) -> bool {
        let released = |stage: Stage| stage.is_live() && !stage.is_before_release();
        self.book.ended.is_none() && !self.book.any_unit(released)
    }

    fn can_be_held(&self) -> bool {
        let in_reach = |stage: Stage| stage.rank() < Stage::Shipped.rank();
        self.book.ended.is_none() && self.book.any_unit(in_reach)
    }

    /// What is still due for an order of which something stands, in minor units.
    pub(super) fn due_while_live(&self) -> i64 {
        if self.book.any_unit(Stage::is_live) { self.balance().balance_due.minor_units() } else { 0 }
    }

    /// What a new tender may be asked for: what is due less what the others may still bring.
    pub(super) fn tender_room(&self) -> i64 {
        let asked = self.book.tenders_sum(|tender| {
            if tender.closed { 0 } else { tender.amount_minor.saturating_sub(tender.captured_minor).max(0) }
        });
        self.due_while_live().saturating_sub(asked)
    }

    pub(super) fn not_open(&self, request: RequestKind) -> OrderRefusal {
        self.blocked(request, Blocker::Order)
    }

    pub(super) fn blocked(&self, request: RequestKind, blocked_by: Blocker) -> OrderRefusal {
        let mut open = self.open_requests();
        open.retain(|kind| *kind != request); // another line may allow it; this one was asked for
        OrderRefusal::NotOpen { request, status: self.status(), open, blocked_by }
    }

    pub(super) fn line(&self, line: &LineId) -> Result<&LineState, OrderRefusal> {
        let found = self.book.line_at(&self.agreement, line).and_then(|found| self.book.lines.get(found));
        found.ok_or_else(|| OrderRefusal::UnknownLine {
            line: line.clone(),
            accepted: self.book.lines.iter().take(8).map(|line| line.terms.placed.line.clone()).collect(),
        })
    }

    pub(super) fn tender(&self, intent: &IntentId) -> Result<&super::payment::Tender, OrderRefusal> {
        let found = self.book.tender_at(intent).and_then(|found| self.book.tenders.get(found));
        found.ok_or_else(|| OrderRefusal::UnknownIntent {
            intent: intent.clone(),
            accepted: self.book.tenders.iter().map(|tender| tender.intent.clone()).collect(),
        })
    }

    /// `1..=most` in the order's currency, or a refusal that says so.
    pub(super) fn amount(&self, field: &'static str, given: Money, most: i64) -> Result<i64, OrderRefusal> {
        let fits = given.currency() == self.agreement.currency && (1..=most).contains(&given.minor_units());
        let (at_least, at_most) = (self.agreement.money(1), self.agreement.money(most.max(1)));
        if fits {
            Ok(given.minor_units())
        } else {
            Err(OrderRefusal::Amount { field, given, at_least, at_most })
        }
    }

    /// `1..=accepted` units, or a refusal that says so.
    pub(super) fn units(
        &self,
        line: &LineId,
        wanted: u32,
        accepted: u32,
        request: RequestKind,
    ) -> Result<u32, OrderRefusal> {
        if accepted == 0 {
            return Err(self.blocked(request, Blocker::Line { line: line.clone() }));
        }
        if wanted == 0 || wanted > accepted {
            return Err(OrderRefusal::Units { line: line.clone(), wanted, accepted });
        }
        Ok(wanted)
    }
}

fn confirm(draft: &mut Draft<'_>) -> Answer {
    let order = draft.order;
    if !order.book.any_unit(|stage| stage == Stage::Placed) {
        return Err(order.not_open(RequestKind::Confirm));
    }
    let level = order.agreement.confirming_level();
    if order.book.cover < level {
        let (needed, covered) = (draft.needed_minor(level), order.book.cover_minor());
        return Err(OrderRefusal::NotCovered { needed: draft.money(needed), covered: draft.money(covered) });
    }
    draft.confirm();
    draft.pick_if_free();
    draft.capture_what_is_due();
    Ok(())
}

fn hold(draft: &mut Draft<'_>, reason: HoldReason) -> Answer {
    let order = draft.order;
    if order.book.holds.contains(&reason) {
        return Err(OrderRefusal::Hold { reason, held: true, in_force: order.book.holds.to_vec() });
    }
    if !order.can_be_held() {
        return Err(order.not_open(RequestKind::Hold));
    }
    draft.emit(OrderChange::Held { reason });
    if order.book.pick_asked {
        draft.effect(OrderEffect::WithholdPick);
    }
    draft.notify(NoticeReason::OrderHeld, Subject::Order, None);
    Ok(())
}

fn unhold(draft: &mut Draft<'_>, reason: HoldReason) -> Answer {
    let order = draft.order;
    if !order.book.holds.contains(&reason) {
        return Err(OrderRefusal::Hold { reason, held: false, in_force: order.book.holds.to_vec() });
    }
    draft.emit(OrderChange::Unheld { reason });
    draft.pick_if_free();
    Ok(())
}
