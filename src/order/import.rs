//! Taking over what was stored: snapshots and histories are checked before they are believed.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    CaseChange, CorruptHistory, ImportError, LineState, Order, OrderChange, OrderEvent, OrderState,
    PlacedOrder, Stage, Violation, Way,
    evolve::{lines_by_id, place},
    line::Pick,
    payment::{PaymentChange, Tender},
    placement::{ORDER_MINOR_MAX, sum_of},
};
use crate::money::Money;

/// An order as versioned data. JSON numbers above 2^53 lose digits in some readers; amounts of orders stay
/// below that ([`super::ORDER_MINOR_MAX`]).
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// The format's version: 1 so far; a newer one than this crate knows is refused.
    pub v: u16,
    /// The state.
    pub state: OrderState,
}

impl Snapshot {
    /// The newest format.
    pub const VERSION: u16 = 1;
}

pub(super) fn import(snapshot: Snapshot) -> Result<OrderState, ImportError> {
    let Snapshot { v, mut state } = snapshot;
    if v == 0 || v > Snapshot::VERSION {
        return Err(ImportError::UnknownVersion { given: v, accepted: Snapshot::VERSION });
    }
    let ids = lines_by_id(state.book.lines.iter().map(|line| &line.terms.placed.line));
    Arc::make_mut(&mut state.agreement).lines_by_id = ids;
    let broken = violations(&state);
    if broken.is_empty() { Ok(state) } else { Err(ImportError::Broken { broken }) }
}

/// Every invariant that does not hold.
pub(super) fn violations(state: &OrderState) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut check = |holds: bool, place: &str, problem: String| {
        if !holds {
            found.push(Violation { place: place.to_owned(), problem });
        }
    };
    let (book, agreement) = (&state.book, &state.agreement);
    check(!book.lines.is_empty(), "book.lines", "there are none".to_owned());
    check(
        state.recorded_at >= state.placed_at,
        "recorded_at",
        format!("{} lies before the placing at {}", state.recorded_at, state.placed_at),
    );
    let mut ids: Vec<_> = book.lines.iter().map(|line| &line.terms.placed.line).collect();
    ids.sort_unstable();
    ids.dedup();
    check(ids.len() == book.lines.len(), "book.lines", "two lines have one id".to_owned());
    for line in &book.lines {
        let at = format!("book.lines[{}]", line.terms.placed.line);
        for problem in line_problems(state, line) {
            check(false, &at, problem);
        }
    }
    check(
        book.charge_credits.len() == agreement.charges.len(),
        "book.charge_credits",
        format!("{} for {} charges", book.charge_credits.len(), agreement.charges.len()),
    );
    for (index, (credit, charge)) in book.charge_credits.iter().zip(&agreement.charges).enumerate() {
        let (at, full) = (format!("book.charge_credits[{index}]"), charge.amount.minor_units());
        check(
            charge.amount.currency() == agreement.currency,
            &at,
            format!("the charge is {}", charge.amount),
        );
        check(
            (0..=full).contains(&credit.amount_minor),
            &at,
            format!("{} was credited of {full}", credit.amount_minor),
        );
    }
    for (index, tender) in book.tenders.iter().enumerate() {
        let at = format!("book.tenders[{}]", tender.intent);
        let twice = book.tenders.iter().take(index).any(|earlier| earlier.intent == tender.intent);
        check(!twice, &at, "stands twice".to_owned());
        for problem in tender_problems(tender) {
            check(false, &at, problem);
        }
    }
    let captured = book.tenders_sum(|tender| tender.captured_minor);
    let back = book.tenders_sum(|tender| tender.refunded_minor).saturating_add(book.refunds_pending_minor());
    check(back <= captured, "book.refunds", format!("{back} refunded and pending of {captured} captured"));
    for (index, tender) in (0..).zip(book.tenders.iter()) {
        let back = tender.refunded_minor.saturating_add(book.pending_of(index));
        let at = format!("book.tenders[{}]", tender.intent);
        let problem = format!("{back} refunded and pending of {} captured", tender.captured_minor);
        check(back <= tender.captured_minor, &at, problem);
    }
    for (index, parcel) in book.parcels.iter().enumerate() {
        let twice = book.parcel_at(&parcel.parcel) != Some(index);
        check(!twice, &format!("book.parcels[{}]", parcel.parcel), "stands twice".to_owned());
    }
    for (index, case) in book.cases.iter().enumerate() {
        let at = format!("book.cases[{}]", case.case);
        check(book.case_at(&case.case) == Some(index), &at, "stands twice".to_owned());
        let known = book.line_at(agreement, &case.line).is_some();
        check(known, &at, format!("is about line `{}`, which is not there", case.line));
        let given = case.given_minor.iter().flatten().all(|minor| (0..=ORDER_MINOR_MAX).contains(minor));
        check(given, &at, "gives less than nothing".to_owned());
    }
    for refund in &book.refunds {
        let known = (refund.tender as usize) < book.tenders.len();
        let fits = known && refund.amount_minor > 0;
        check(fits, "book.refunds", format!("{} on tender {}", refund.amount_minor, refund.tender));
    }
    // At most what was ever owed, went back and was lost in chargebacks is written off.
    let written_off_max = ORDER_MINOR_MAX.saturating_mul(3);
    let sums = [
        ("retained_minor", book.retained_minor, ORDER_MINOR_MAX),
        ("short_accepted_minor", book.short_accepted_minor, ORDER_MINOR_MAX),
        ("written_off_minor", book.written_off_minor, written_off_max),
    ];
    for (name, sum, most) in sums {
        check((0..=most).contains(&sum), &format!("book.{name}"), format!("is {sum}"));
    }
    check(book.holds.is_sorted_by(|a, b| a < b), "book.holds", "are not sorted, each once".to_owned());
    let balance = state.balance();
    let sides = |left: &[Money], right: &[Money]| {
        let sum =
            |side: &[Money]| side.iter().fold(0_i64, |sum, part| sum.saturating_add(part.minor_units()));
        (sum(left), sum(right))
    };
    let (left, right) = sides(
        &[balance.owed, balance.credit, balance.refunded, balance.charged_back],
        &[balance.captured, balance.balance_due, balance.written_off],
    );
    check(left == right, "balance", format!("does not close: {left} against {right} minor units"));
    check(!balance.owed.is_negative(), "balance", format!("{} is owed", balance.owed));
    let one_sided = balance.credit.is_zero() || balance.balance_due.is_zero();
    check(one_sided, "balance", "credit and balance due at once".to_owned());
    found
}

fn line_problems(state: &OrderState, line: &LineState) -> Vec<String> {
    let (placed, book) = (&line.terms.placed, &state.book);
    let mut found = Vec::new();
    let (stand, ordered) = (line.units(), placed.units);
    let priced: u64 = line.terms.prices.iter().map(|run| u64::from(run.units)).sum();
    if stand != ordered || priced != u64::from(ordered) || ordered == 0 {
        found.push(format!("{stand} units stand and {priced} have a price, of {ordered} ordered"));
    }
    if line.runs.iter().any(|run| run.units == 0) {
        found.push("has an empty run".to_owned());
    }
    if placed.list.currency() != state.agreement.currency {
        found.push(format!("costs {} in an order of {}", placed.list, state.agreement.currency));
    }
    for run in &line.terms.prices {
        if !(0..=ORDER_MINOR_MAX).contains(&run.gross_minor)
            || !(0..=ORDER_MINOR_MAX).contains(&run.tax_minor)
        {
            found.push(format!("a unit costs {} with tax {}", run.gross_minor, run.tax_minor));
        }
    }
    let total = sum_of(&line.terms.prices);
    if !(0..=total).contains(&line.credited_minor) || line.credited_tax_minor < 0 {
        found.push(format!(
            "{} with tax {} was credited of {total}",
            line.credited_minor, line.credited_tax_minor
        ));
    }
    for run in &line.runs {
        let way = placed.fulfilment.way();
        if !stands_in(way, run.stage) {
            found.push(format!(
                "a unit stands in `{}`, which {:?} does not have",
                run.stage.name(),
                placed.fulfilment
            ));
        }
        let parcel = run.parcel.is_none_or(|at| (at as usize) < book.parcels.len());
        let case = run.case.is_none_or(|at| (at as usize) < book.cases.len());
        if !parcel || !case {
            found.push(format!(
                "a run names parcel {:?} and case {:?}, which are not there",
                run.parcel, run.case
            ));
        }
    }
    found
}

/// Whether a fulfilment method has this stage at all.
fn stands_in(way: Way, stage: Stage) -> bool {
    match stage {
        Stage::Placed | Stage::Confirmed | Stage::Completed | Stage::Cancelled => true,
        Stage::ReturnRequested | Stage::Refunded => true,
        Stage::Allocated | Stage::Released | Stage::Picked | Stage::Packed | Stage::Verified => {
            way != Way::Digital
        }
        Stage::Recalling | Stage::ReturnComing | Stage::Received | Stage::Exchanged => way != Way::Digital,
        Stage::Shipped | Stage::Delivered | Stage::Lost => way == Way::Ship,
        Stage::ReadyForPickUp | Stage::Collected | Stage::Lapsed => way == Way::PickUp,
        Stage::Granted => way == Way::Digital,
    }
}

fn tender_problems(tender: &Tender) -> Vec<String> {
    let sums = [
        ("amount", tender.amount_minor),
        ("open", tender.open_minor),
        ("capturing", tender.capturing_minor),
        ("captured", tender.captured_minor),
        ("voiding", tender.voiding_minor),
        ("refunded", tender.refunded_minor),
        ("disputed", tender.disputed_minor),
        ("charged back", tender.charged_back_minor),
    ];
    let outside = sums.into_iter().filter(|(_, sum)| !(0..=ORDER_MINOR_MAX).contains(sum));
    let mut found: Vec<String> = outside.map(|(name, sum)| format!("{name} is {sum}")).collect();
    let gone = tender.refunded_minor.saturating_add(tender.charged_back_minor);
    if gone > tender.captured_minor {
        found.push(format!("{gone} refunded and charged back of {} captured", tender.captured_minor));
    }
    found
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
