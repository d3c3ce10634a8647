//! Requests about money: tenders, captures, voids, and what may be missing.

use super::{Method, PaymentChange, Waiting};
use crate::{
    id::IntentId,
    money::Money,
    order::{
        Blocker, OrderChange, OrderEffect, RequestKind, decide::Answer, draft::Draft,
        placement::ORDER_MINOR_MAX,
    },
};

pub(in crate::order) fn open_tender(draft: &mut Draft<'_>, method: Method, amount: Money) -> Answer {
    let order = draft.order;
    let room = order.tender_room();
    if room <= 0 {
        return Err(order.not_open(RequestKind::OpenTender));
    }
    order.amount("tender", amount, room)?;
    let count = u32::try_from(order.book.tenders.len()).unwrap_or(u32::MAX);
    let intent = IntentId::of(&order.id, count.saturating_add(1));
    draft.emit(OrderChange::Payment {
        intent: intent.clone(),
        what: PaymentChange::Opened { method, amount },
    });
    if method != Method::CashOnDelivery {
        draft.effect(OrderEffect::Authorise { intent, amount });
    }
    Ok(())
}

pub(in crate::order) fn resume_payment(draft: &mut Draft<'_>, intent: &IntentId) -> Answer {
    let order = draft.order;
    let tender = order.tender(intent)?;
    if order.book.ended.is_some() {
        return Err(order.not_open(RequestKind::ResumePayment));
    }
    if tender.waiting != Some(Waiting::Action) {
        return Err(order.blocked(RequestKind::ResumePayment, Blocker::Tender { intent: intent.clone() }));
    }
    let amount = draft.money(tender.amount_minor.saturating_sub(tender.captured_minor));
    draft.emit(OrderChange::Payment { intent: intent.clone(), what: PaymentChange::Resumed });
    draft.effect(OrderEffect::Authorise { intent: intent.clone(), amount });
    Ok(())
}

pub(in crate::order) fn capture(
    draft: &mut Draft<'_>,
    intent: &IntentId,
    amount: Money,
    last: bool,
) -> Answer {
    let order = draft.order;
    let tender = order.tender(intent)?;
    let room = tender.capture_room_minor();
    if order.book.ended.is_some() {
        return Err(order.not_open(RequestKind::Capture));
    }
    if room <= 0 {
        return Err(order.blocked(RequestKind::Capture, Blocker::Tender { intent: intent.clone() }));
    }
    order.amount("capture", amount, room)?;
    draft.emit(OrderChange::Payment { intent: intent.clone(), what: PaymentChange::CaptureAsked { amount } });
    draft.effect(OrderEffect::Capture { intent: intent.clone(), amount, last });
    Ok(())
}

pub(in crate::order) fn void(draft: &mut Draft<'_>, intent: &IntentId, amount: Option<Money>) -> Answer {
    let order = draft.order;
    let tender = order.tender(intent)?;
    let open = tender.free_minor();
    if amount.is_none() && order.book.ended.is_none() && tender.may_be_given_up() {
        // Nothing was promised yet: the customer pays another way.
        let rest = draft.money(tender.amount_minor.saturating_sub(tender.captured_minor));
        let none = draft.money(0);
        draft.emit(OrderChange::Payment {
            intent: intent.clone(),
            what: PaymentChange::Voided { amount: none },
        });
        if tender.method != Method::CashOnDelivery {
            draft.effect(OrderEffect::Void { intent: intent.clone(), amount: rest });
        }
        return Ok(());
    }
    if open <= 0 {
        return Err(order.blocked(RequestKind::Void, Blocker::Tender { intent: intent.clone() }));
    }
    let minor = order.amount("void", amount.unwrap_or(draft.money(open)), open)?;
    draft.ask_void(intent.clone(), minor);
    Ok(())
}

pub(in crate::order) fn accept_short(draft: &mut Draft<'_>, up_to: Money) -> Answer {
    let order = draft.order;
    if order.due_while_live() == 0 {
        return Err(order.not_open(RequestKind::AcceptShort));
    }
    order.amount("accepted short", up_to, ORDER_MINOR_MAX)?;
    draft.emit(OrderChange::ShortAccepted { up_to });
    draft.after_payment();
    Ok(())
}
