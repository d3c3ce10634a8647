//! The answer about stock after late money: the order opens again, or its money goes back.

use super::{
    AnomalyKind, EndCause, NextStep, NoticeReason, OrderChange, Stage, Subject, draft::Draft, line::Pick,
    payment,
};
use crate::id::LineId;

pub(super) fn stock_held(draft: &mut Draft<'_>) {
    if !draft.book().reinstating || draft.book().ended != Some(EndCause::TimedOut) {
        draft.odd(AnomalyKind::UnaskedStockAnswer, NextStep::RecordOnly, Subject::Order);
        return;
    }
    // Units that timed out stand for sale again, and cost again what they cost.
    let back: Vec<(LineId, u32, i64, i64)> = draft
        .book()
        .lines
        .iter()
        .map(|line| {
            let pick = Pick::new(Stage::Cancelled, Stage::Placed, u32::MAX);
            let sum = |sums: (i64, i64), price: (i64, i64)| {
                (sums.0.saturating_add(price.0), sums.1.saturating_add(price.1))
            };
            let (gross, tax) = line.prices_of(pick).fold((0, 0), sum);
            (line.terms.placed.line.clone(), line.movable(pick), gross, tax)
        })
        .filter(|(_, units, _, _)| *units > 0)
        .collect();
    draft.emit(OrderChange::Reopened);
    for (line, units, gross, tax) in back {
        draft.emit(OrderChange::Moved {
            line: line.clone(),
            units,
            from: Stage::Cancelled,
            to: Stage::Placed,
            parcel: None,
            case: None,
        });
        draft.credit(&line, units, gross.saturating_neg(), tax.saturating_neg());
    }
    draft.credit_charges_anew();
    let retained = draft.book().retained_minor;
    if retained > 0 {
        let amount = draft.money(-retained);
        draft.emit(OrderChange::Retained { amount });
    }
    draft.notify(NoticeReason::Reinstated, Subject::Order, None);
    payment::withdraw_refunds(draft);
    draft.after_payment();
    draft.refund_credit();
}

pub(super) fn stock_gone(draft: &mut Draft<'_>) {
    if !draft.book().reinstating {
        draft.odd(AnomalyKind::UnaskedStockAnswer, NextStep::RecordOnly, Subject::Order);
        return;
    }
    draft.emit(OrderChange::ReinstatementDeclined);
    draft.refund_credit();
}
