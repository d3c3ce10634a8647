//! Taking over what was stored: snapshots and histories are checked before they are believed.

use std::sync::Arc;

use super::{
    CaseChange, CorruptHistory, ImportError, Order, OrderChange, OrderEvent, OrderState, PlacedOrder,
    Snapshot,
    evolve::{lines_by_id, place},
    invariant::violations,
    line::Pick,
    payment::PaymentChange,
    placement::sum_of,
};
use crate::money::Money;

pub(super) fn import(snapshot: Snapshot) -> Result<OrderState, ImportError> {
    let Snapshot { v, mut state } = snapshot;
    if v != Snapshot::VERSION {
        return Err(ImportError::UnknownVersion { given: v.into(), accepted: Snapshot::VERSION });
    }
    let ids = lines_by_id(state.book.lines.iter().map(|line| &line.terms.placed.line));
    Arc::make_mut(&mut state.agreement).lines_by_id = ids;
    let broken = violations(&state);
    if broken.is_empty() { Ok(state) } else { Err(ImportError::Broken { broken }) }
}

pub(super) fn replay(events: impl IntoIterator<Item = OrderEvent>) -> Result<Order, CorruptHistory> {
    let mut events = events.into_iter();
    let corrupt = |index: u64, problem: String| CorruptHistory { index, problem };
    let first = events.next().ok_or_else(|| corrupt(0, "there is none; the first is `placed`".to_owned()))?;
    let OrderChange::Placed(placed) = &first.what else {
        return Err(corrupt(0, "the first event must be `placed`".to_owned()));
    };
    let PlacedOrder { id, placement, policy } = &**placed;
    let problems = [placement.problems(), placement.problems_as(id, policy, first.recorded_at)].concat();
    if let Some(problem) = problems.first() {
        return Err(corrupt(0, problem.to_string()));
    }
    let mut state = OrderState::begin(placed, first.recorded_at);
    let mut index = 0_u64;
    for event in events {
        index = index.saturating_add(1);
        fits(&state, &event).map_err(|problem| corrupt(index, problem))?;
        state.evolve(&event);
    }
    match violations(&state).first() {
        Some(broken) => Err(corrupt(index, broken.to_string())),
        None => Ok(Order::from_state(state)),
    }
}

/// Whether `event` can follow on `state`; otherwise why not.
fn fits(state: &OrderState, event: &OrderEvent) -> Result<(), String> {
    let (book, agreement) = (&state.book, &state.agreement);
    let ensure = |holds: bool, problem: &dyn Fn() -> String| if holds { Ok(()) } else { Err(problem()) };
    ensure(event.recorded_at >= state.recorded_at, &|| {
        format!("it was recorded at {}, before its predecessor at {}", event.recorded_at, state.recorded_at)
    })?;
    if let Some(source) = &event.source {
        let seen = state.log.sources.seen(&source.system, &source.reference);
        ensure(seen.is_none(), &|| {
            format!("fact `{}` of `{}` was accepted before", source.reference, source.system)
        })?;
    }
    let line_of = |line: &crate::id::LineId| {
        let found = book.line_at(agreement, line).and_then(|found| book.lines.get(found));
        found.ok_or_else(|| format!("there is no line `{line}`"))
    };
    let ours = |money: Money| {
        ensure(money.currency() == agreement.currency, &|| {
            format!("{money} in an order of {}", agreement.currency)
        })
    };
    match &event.what {
        OrderChange::Placed(_) => Err("an order is placed once".to_owned()),
        OrderChange::MovedAll { from, to } => {
            let some = book.any_unit(|stage| stage == *from);
            ensure(some && from != to, &|| format!("no unit stands in `{}`", from.name()))
        }
        OrderChange::Moved { line, units, from, to, parcel, case } => {
            let state = line_of(line)?;
            let parcel_at = parcel.as_ref().map(|parcel| book.parcel_at(parcel).ok_or(parcel));
            let case_at = case.as_ref().map(|case| book.case_at(case).ok_or(case));
            let parcel = parcel_at.transpose().map_err(|parcel| format!("there is no parcel `{parcel}`"))?;
            let case = case_at.transpose().map_err(|case| format!("there is no case `{case}`"))?;
            let pick = Pick { parcel: place(parcel), case: place(case), ..Pick::new(*from, *to, *units) };
            let there = state.movable(pick);
            ensure(*units > 0 && *units <= there && from != to, &|| {
                format!(
                    "{units} units of line `{line}` cannot move from `{}`, where {there} stand",
                    from.name()
                )
            })
        }
        OrderChange::Edited { lines, .. } => lines.iter().try_for_each(|edit| {
            let state = line_of(&edit.line)?;
            let live = state.count(|run| run.stage.is_live());
            let terms = state.terms.edited(edit, &state.runs, edit.units.saturating_sub(live));
            ensure(terms.is_some() && edit.units >= live, &|| {
                format!("line `{}` cannot be edited so", edit.line)
            })
        }),
        OrderChange::Held { reason } => {
            ensure(!book.holds.contains(reason), &|| format!("hold `{reason}` is in force already"))
        }
        OrderChange::Unheld { reason } => {
            ensure(book.holds.contains(reason), &|| format!("hold `{reason}` is not in force"))
        }
        OrderChange::Credited { line, amount, tax } => {
            let state = line_of(line)?;
            ours(*amount)?;
            ours(*tax)?;
            let (sum, total) =
                (state.credited_minor.saturating_add(amount.minor_units()), sum_of(&state.terms.prices));
            ensure((0..=total).contains(&sum), &|| {
                format!("{sum} would be credited of {total} on line `{line}`")
            })
        }
        OrderChange::ChargeCredited { charge, amount, tax } => {
            ours(*amount)?;
            ours(*tax)?;
            let at = *charge as usize;
            let (credit, full) = (book.charge_credits.get(at), agreement.charges.get(at));
            let sum = credit.map_or(-1, |credit| credit.amount_minor.saturating_add(amount.minor_units()));
            let full = full.map_or(0, |charge| charge.amount.minor_units());
            ensure((0..=full).contains(&sum), &|| {
                format!("charge {charge} would be credited {sum} of {full}")
            })
        }
        OrderChange::Retained { amount }
        | OrderChange::WrittenOff { amount }
        | OrderChange::ShortAccepted { up_to: amount } => ours(*amount),
        OrderChange::Case { case, what: CaseChange::Opened { line, .. } } => {
            line_of(line)?;
            ensure(book.case_at(case).is_none(), &|| format!("case `{case}` was opened before"))
        }
        OrderChange::Case { case, .. } => {
            ensure(book.case_at(case).is_some(), &|| format!("there is no case `{case}`"))
        }
        OrderChange::Payment { intent, what } => {
            let tender = book.tender_at(intent).and_then(|found| book.tenders.get(found));
            let opens = matches!(what, PaymentChange::Opened { .. });
            ensure(opens == tender.is_none(), &|| {
                format!("tender `{intent}` {}", if opens { "was opened before" } else { "is not there" })
            })?;
            payment_amount(what).map_or(Ok(()), |amount| {
                ours(amount)?;
                // A void may be told when nothing is open.
                let none = matches!(what, PaymentChange::Voided { .. }) && amount.is_zero();
                ensure(amount.is_positive() || none, &|| format!("a payment of {amount}"))
            })
        }
        OrderChange::Covered { .. }
        | OrderChange::PayByPassed
        | OrderChange::PickAsked
        | OrderChange::Ended { .. }
        | OrderChange::Reopened
        | OrderChange::ReinstatementAsked
        | OrderChange::ReinstatementDeclined
        | OrderChange::ParcelSeen { .. }
        | OrderChange::Linked { .. }
        | OrderChange::Unexplained { .. }
        | OrderChange::Anomaly(_)
        | OrderChange::Noticed { .. }
        | OrderChange::Noted => Ok(()),
    }
}

fn payment_amount(what: &PaymentChange) -> Option<Money> {
    match *what {
        PaymentChange::Opened { amount, .. }
        | PaymentChange::Authorised { amount, .. }
        | PaymentChange::Expired { amount }
        | PaymentChange::CaptureAsked { amount }
        | PaymentChange::Captured { amount, .. }
        | PaymentChange::CaptureFailed { amount }
        | PaymentChange::VoidAsked { amount }
        | PaymentChange::Voided { amount }
        | PaymentChange::VoidFailed { amount }
        | PaymentChange::RefundAsked { amount }
        | PaymentChange::RefundWithdrawn { amount }
        | PaymentChange::Refunded { amount }
        | PaymentChange::RefundFailed { amount }
        | PaymentChange::ChargebackOpened { amount }
        | PaymentChange::ChargebackWon { amount }
        | PaymentChange::ChargebackLost { amount } => Some(amount),
        PaymentChange::AuthorisationFailed
        | PaymentChange::ActionRequired
        | PaymentChange::Resumed
        | PaymentChange::Settling { .. } => None,
    }
}
