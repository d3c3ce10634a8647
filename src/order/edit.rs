//! Changes before release: quantities, prices, the destination.

use super::{
    Blocker, Fulfilment, LineEdit, NoticeReason, OrderChange, OrderEffect, OrderRefusal, PlacementProblem,
    Refundable, RequestKind, Subject,
    cancel::stop_units,
    decide::Answer,
    draft::Draft,
    placement::{LINE_UNITS_MAX, ORDER_MINOR_MAX, sum_of},
};

pub(super) fn edit(
    draft: &mut Draft<'_>,
    edits: &[LineEdit],
    ship_to: Option<&crate::geo::Destination>,
) -> Answer {
    let order = draft.order;
    for edit in edits {
        order.line(&edit.line)?;
    }
    if edits.is_empty() && ship_to.is_none() {
        return Err(OrderRefusal::EmptyEdit);
    }
    if !order.can_be_edited() {
        return Err(order.not_open(RequestKind::Edit));
    }
    let mut total = order.book.owed_minor(&order.agreement);
    for (index, edit) in edits.iter().enumerate() {
        let line = order.line(&edit.line)?;
        let live = line.count(|run| run.stage.is_live());
        let accepted = LINE_UNITS_MAX.saturating_sub(line.units().saturating_sub(live));
        if live == 0 {
            return Err(order.blocked(RequestKind::Edit, Blocker::Line { line: edit.line.clone() }));
        }
        if edit.units == 0 || edit.units > accepted {
            return Err(OrderRefusal::Units { line: edit.line.clone(), wanted: edit.units, accepted });
        }
        let bad = |problem| OrderRefusal::BadEdit { line: edit.line.clone(), problem };
        if edits.iter().take(index).any(|earlier| earlier.line == edit.line) {
            return Err(bad(PlacementProblem::DuplicateLine { line: edit.line.clone() }));
        }
        if let Some(price) = &edit.price {
            let placed = super::PlacedLine {
                units: edit.units,
                list: price.list,
                adjustments: price.adjustments.clone(),
                tax: price.tax.clone(),
                ..line.terms.placed.clone()
            };
            placed.prices(order.agreement.currency).map_err(bad)?;
        }
        let added = edit.units.saturating_sub(live);
        let after = line.terms.edited(edit, &line.runs, added);
        let worth = after.map_or(i64::MAX, |terms| sum_of(&terms.prices));
        total = total.saturating_add(worth.saturating_sub(sum_of(&line.terms.prices)));
        if total > ORDER_MINOR_MAX {
            return Err(bad(PlacementProblem::TooMuch {
                total_minor: total,
                accepted_minor: ORDER_MINOR_MAX,
            }));
        }
    }
    for edit in edits {
        let line = order.line(&edit.line)?;
        let live = line.count(|run| run.stage.is_live());
        let fewer = live.saturating_sub(edit.units);
        stop_units(draft, &edit.line, fewer, &Refundable::AsPaid);
        if edit.units > live && line.count(|run| run.stage.is_live() && run.stage != super::Stage::Placed) > 0
        {
            draft.effect(OrderEffect::ReserveMore { line: edit.line.clone(), units: edit.units - live });
            if order.book.grant_asked && line.terms.placed.fulfilment == Fulfilment::Digital {
                draft.effect(OrderEffect::Grant { line: edit.line.clone(), units: edit.units - live });
            }
        }
    }
    draft.emit(OrderChange::Edited { lines: edits.to_vec(), ship_to: ship_to.cloned() });
    draft.credit_charges();
    let missing = draft.missing_minor();
    if missing > 0 && order.book.cover == super::CoverLevel::Everything {
        draft.hold_for_payment();
        let due = draft.money(missing);
        draft.notify(NoticeReason::BalanceDue, Subject::Order, Some(due));
    }
    draft.refund_credit();
    draft.after_payment();
    Ok(())
}
