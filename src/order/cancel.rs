//! Cancellations: at once before release, by recall after it.

use super::{
    Blocker, CancelReason, EndCause, Few, LineState, NoticeReason, OrderChange, OrderEffect, OrderRefusal,
    Refundable, RequestKind, Scope, Stage, Subject, Terms, decide::Answer, draft::Draft, line::Pick,
    moves::stopped, recall::recall,
};
use crate::id::LineId;

pub(super) fn cancel(
    draft: &mut Draft<'_>,
    scope: &Scope,
    refundable: &Refundable,
    reason: CancelReason,
) -> Answer {
    let order = draft.order;
    if *scope == Scope::Order && order.book.ended == Some(EndCause::TimedOut) {
        // Timed out and not wanted any more: late money must not open it again.
        draft.emit(OrderChange::Ended { cause: EndCause::Cancelled });
        draft.refund_credit();
        return Ok(());
    }
    let stoppable = |line: &LineState| line.count(|run| stopped(run.stage).is_some());
    match scope {
        Scope::Order => {
            let all = order.book.lines.iter();
            let can: u64 = all.clone().map(|line| u64::from(stoppable(line))).sum();
            let blocked = all.clone().find(|line| {
                line.count(|run| run.stage.is_live() && run.stage != Stage::Recalling) > stoppable(line)
            });
            if let Some(line) = blocked {
                let line = line.terms.placed.line.clone();
                return Err(order.blocked(RequestKind::Cancel, Blocker::Line { line }));
            }
            if can == 0 {
                return Err(order.not_open(RequestKind::Cancel));
            }
            if let Refundable::Given(given) = refundable {
                return Err(OrderRefusal::Credits { given: given.len(), accepted: 0 });
            }
            for line in all {
                stop_units(draft, &line.terms.placed.line, stoppable(line), refundable);
            }
        }
        Scope::Line { line } | Scope::Units { line, .. } => {
            let state = order.line(line)?;
            let accepted = stoppable(state);
            let wanted = if let Scope::Units { units, .. } = scope { *units } else { accepted };
            let units = order.units(line, wanted, accepted, RequestKind::Cancel)?;
            if matches!(refundable, Refundable::Given(_)) {
                let picks = stops(state, units);
                let prices = picks.iter().flat_map(|pick| state.prices_of(*pick));
                check_given(draft, refundable, &prices.map(|(gross, _)| gross).collect::<Vec<_>>())?;
            }
            stop_units(draft, line, units, refundable);
        }
    }
    keep_deposit(draft, reason);
    draft.after_units_ended();
    draft.notify(NoticeReason::Cancelled, Subject::Order, None);
    Ok(())
}

/// A customer who gives up a presale loses the deposit where the terms say so.
pub(super) fn keep_deposit(draft: &mut Draft<'_>, reason: CancelReason) {
    let forfeits = match draft.agreement().terms {
        Terms::Presale { forfeit, deposit, .. } if forfeit => Some(deposit.minor_units()),
        Terms::Presale { .. } | Terms::Prepaid { .. } | Terms::OnDelivery => None,
    };
    let by_customer = matches!(reason, CancelReason::Customer | CancelReason::PaymentTimeout);
    if let (Some(deposit), true) = (forfeits, by_customer && !draft.book().any_unit(Stage::is_live)) {
        let kept = deposit.min(draft.book().net_minor()).saturating_sub(draft.book().retained_minor);
        if kept > 0 {
            let amount = draft.money(kept);
            draft.emit(OrderChange::Retained { amount });
        }
    }
}

/// What is given for each unit must not be more than was paid for it; `prices` are theirs, in their order.
pub(super) fn check_given(draft: &Draft<'_>, refundable: &Refundable, prices: &[i64]) -> Answer {
    let Refundable::Given(given) = refundable else { return Ok(()) };
    if given.len() != prices.len() {
        let accepted = u32::try_from(prices.len()).unwrap_or(u32::MAX);
        return Err(OrderRefusal::Credits { given: given.len(), accepted });
    }
    for (credit, price) in given.iter().zip(prices) {
        let fits = (0..=*price).contains(&credit.minor_units());
        if !fits || credit.currency() != draft.agreement().currency {
            return Err(OrderRefusal::Amount {
                at_least: draft.money(0),
                field: "credit",
                given: *credit,
                at_most: draft.money(*price),
            });
        }
    }
    Ok(())
}

/// Which units of a line a cancellation takes: the least advanced stage first, in it the last units.
fn stops(state: &LineState, units: u32) -> Few<Pick, 4> {
    let mut stages: Few<Stage, 4> = state.runs.iter().map(|run| run.stage).collect();
    stages.sort_by_key(|stage| stage.rank());
    let (mut left, mut last) = (units, None);
    let mut picks = Few::new();
    for &from in stages.iter() {
        let take = left.min(state.units_in(from));
        if let Some(to) = stopped(from).filter(|_| take > 0 && last != Some(from)) {
            left -= take;
            picks.push(Pick::new(from, to, take));
        }
        last = Some(from);
    }
    picks
}

pub(super) fn given_minor(refundable: &Refundable) -> Option<Vec<i64>> {
    match refundable {
        Refundable::AsPaid => None,
        Refundable::Given(given) => Some(given.iter().map(|credit| credit.minor_units()).collect()),
    }
}

/// Cancels or recalls `units` of a line: the least advanced stage first, in it the last units.
pub(super) fn stop_units(draft: &mut Draft<'_>, line: &LineId, units: u32, refundable: &Refundable) {
    let Ok(state) = draft.order.line(line) else { return };
    let mut given = given_minor(refundable);
    for &pick in &stops(state, units) {
        let Pick { from, to, units: take, .. } = pick;
        let credits =
            given.as_mut().map(|given| given.drain(..(take as usize).min(given.len())).collect::<Vec<_>>());
        if to == Stage::Recalling {
            recall(draft, line, from, take, credits);
            continue;
        }
        draft.end_units(line, pick, credits.as_deref());
        if to == Stage::Cancelled {
            draft.effect(OrderEffect::ReleaseUnits { line: line.clone(), units: take });
        }
    }
}
