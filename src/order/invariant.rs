//! What must be true of every order, whoever made it: checked before a snapshot or a history is believed.

use super::{
    CaseKind, EndCause, LINKED_FROM_BYTES_MAX, LineState, OrderState, Run, Stage, Terms, Violation, Way,
    moves::stopped,
    payment::Tender,
    placement::{ORDER_MINOR_MAX, sum_of},
};
use crate::{
    id::{IntentId, ReturnId},
    money::Money,
};

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
        for (field, problem) in line_problems(state, line) {
            check(false, &format!("book.lines[{}].{field}", line.terms.placed.line), problem);
        }
    }
    let worth = book.lines.iter().map(|line| sum_of(&line.terms.prices));
    let worth = worth.chain(agreement.charges.iter().map(|charge| charge.amount.minor_units()));
    let total = worth.fold(0_i64, i64::saturating_add);
    check(total <= ORDER_MINOR_MAX, "book.lines", format!("are worth {total} with their charges"));
    let tolerance = agreement.policy.short_tolerance_minor;
    check(
        (0..=ORDER_MINOR_MAX).contains(&tolerance),
        "agreement.policy.short_tolerance_minor",
        format!("is {tolerance}"),
    );
    if let Terms::Presale { deposit, .. } = &agreement.terms {
        let fits = deposit.currency() == agreement.currency && deposit.is_positive();
        check(fits, "agreement.terms.deposit", format!("{deposit} in an order of {}", agreement.currency));
    }
    // What is being recalled, lost or not yet looked at may still end either way.
    let undecided = |stage| matches!(stage, Stage::Recalling | Stage::Lost | Stage::Received);
    let goes_on = book.any_unit(|stage| stage.is_live() && !undecided(stage));
    check(book.ended.is_none() || !goes_on, "book.ended", "a unit of an ended order goes on".to_owned());
    let waits = book.reinstating && book.ended != Some(EndCause::TimedOut);
    check(!waits, "book.reinstating", "stock was asked for, but the order did not time out".to_owned());
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
        let tax = charge.tax.map_or(0, |tax| tax.minor_units());
        check((0..=tax).contains(&credit.tax_minor), &at, format!("tax {} of {tax}", credit.tax_minor));
    }
    for (index, tender) in book.tenders.iter().enumerate() {
        let at = format!("book.tenders[{}]", tender.intent);
        let twice = book.tenders.iter().take(index).any(|earlier| earlier.intent == tender.intent);
        check(!twice, &at, "stands twice".to_owned());
        let own = IntentId::of(&state.id, ordinal(index));
        check(is_own(tender.intent.as_str(), own.as_str()), &at, format!("here it would be `{own}`"));
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
        let own = ReturnId::of(&state.id, ordinal(index));
        check(is_own(case.case.as_str(), own.as_str()), &at, format!("here it would be `{own}`"));
        let room = state.id.as_str().len() <= LINKED_FROM_BYTES_MAX;
        let links = matches!(case.of, CaseKind::Exchange { .. });
        check(room || !links, &at, "no linked order's id can be made of this one's".to_owned());
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
    let sorted = state.log.unexplained.is_sorted_by(|a, b| a.currency().code() < b.currency().code());
    check(sorted, "log.unexplained", "is not sorted by currency, each once".to_owned());
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

/// The ordinal of the child at a place.
fn ordinal(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1)
}

/// Whether a child may have this id: the one that this order derives for its place, or a name of the host's own,
/// which has no slash. Another order's child, or that of another place here, would clash with one to come.
fn is_own(id: &str, derived: &str) -> bool {
    id == derived || !id.contains('/')
}

/// What does not hold of one line, by field.
fn line_problems(state: &OrderState, line: &LineState) -> Vec<(&'static str, String)> {
    let (placed, book) = (&line.terms.placed, &state.book);
    let mut found = Vec::new();
    let (stand, ordered) = (line.units(), placed.units);
    let priced: u64 = line.terms.prices.iter().map(|run| u64::from(run.units)).sum();
    if stand != ordered || priced != u64::from(ordered) || ordered == 0 {
        found.push((
            "terms.placed.units",
            format!("{stand} units stand and {priced} have a price, of {ordered} ordered"),
        ));
    }
    if line.runs.iter().any(|run| run.units == 0) {
        found.push(("runs", "one is empty".to_owned()));
    }
    let (list, currency) = (placed.list, state.agreement.currency);
    if list.currency() != currency {
        found.push(("terms.placed.list", format!("costs {list} in an order of {currency}")));
    }
    for run in &line.terms.prices {
        if !(0..=ORDER_MINOR_MAX).contains(&run.gross_minor)
            || !(0..=run.gross_minor).contains(&run.tax_minor)
        {
            let problem = format!("a unit costs {} with tax {}", run.gross_minor, run.tax_minor);
            found.push(("terms.prices", problem));
        }
    }
    if let Some((gross, [least, most])) = contradicting_price(line) {
        let problem =
            format!("a unit costs {gross}; its list price, adjustments and tax make {least} to {most}");
        found.push(("terms.prices", problem));
    }
    let total = sum_of(&line.terms.prices);
    let each = line.terms.prices.iter();
    let tax =
        each.fold(0_i64, |sum, run| sum.saturating_add(run.tax_minor.saturating_mul(i64::from(run.units))));
    if !(0..=total).contains(&line.credited_minor) {
        found.push(("credited_minor", format!("{} was credited of {total}", line.credited_minor)));
    }
    if !(0..=tax.min(line.credited_minor)).contains(&line.credited_tax_minor) {
        let (given, credited) = (line.credited_tax_minor, line.credited_minor);
        found.push(("credited_tax_minor", format!("tax {given} of {tax} was credited with {credited}")));
    }
    for run in &line.runs {
        let way = placed.fulfilment.way();
        if !stands_in(way, run.stage) {
            let stage = run.stage.name();
            found.push((
                "runs",
                format!("a unit stands in `{stage}`, which {:?} does not have", placed.fulfilment),
            ));
        }
        if !is_before(way, run) {
            let (before, stage) = (run.before.map_or("nothing", Stage::name), run.stage.name());
            found.push(("runs.before", format!("a unit went from `{before}` to `{stage}`")));
        }
        let parcel = run.parcel.is_none_or(|at| (at as usize) < book.parcels.len());
        let case = run.case.is_none_or(|at| (at as usize) < book.cases.len());
        if !parcel || !case {
            let (parcel, case) = (run.parcel, run.case);
            found.push((
                "runs",
                format!("one names parcel {parcel:?} and case {case:?}, which are not there"),
            ));
        }
    }
    found
}

/// A live unit whose price cannot come from the line's own terms, with the least and the most that can. A unit that
/// has ended keeps the price of before an edit.
fn contradicting_price(line: &LineState) -> Option<(i64, [i64; 2])> {
    let placed = &line.terms.placed;
    let sum = |parts: &mut dyn Iterator<Item = Money>| {
        parts.fold(0_i64, |sum, part| sum.saturating_add(part.minor_units()))
    };
    let off = sum(&mut placed.adjustments.iter().map(|off| off.per_unit));
    let on_top = sum(&mut placed.tax.iter().filter(|tax| !tax.included).map(|tax| tax.per_unit));
    let list = placed.list.minor_units();
    let range = [list.saturating_sub(off), list.saturating_add(on_top)];
    let fits = |gross: i64| (range[0]..=range[1]).contains(&gross);
    let mut first = 0_u32;
    for run in &line.runs {
        let units = first..first.saturating_add(run.units);
        first = units.end;
        if run.stage.is_live() {
            let bad = line.prices_within(units).find(|gross| !fits(*gross));
            if let Some(gross) = bad {
                return Some((gross, range));
            }
        }
    }
    None
}

/// Where a unit stood before it was stopped: only what was stopped says so, and only where a stop leads on from.
fn is_before(way: Way, run: &Run) -> bool {
    match (run.stage, run.before) {
        (_, None) => true,
        (Stage::Recalling, Some(before)) => {
            stands_in(way, before) && stopped(before) == Some(Stage::Recalling)
        }
        (Stage::Cancelled, Some(before)) => stands_in(way, before) && stopped(before).is_some(),
        (_, Some(_)) => false,
    }
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
