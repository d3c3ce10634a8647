//! Recalls: units that were cancelled after release, and what the warehouse or the carrier makes of it.

use super::{
    Anomaly, AnomalyKind, CaseChange, CaseKind, Condition, EndCause, FactKind, LineUnits, NextStep,
    OrderChange, OrderEffect, OrderReason, Run, Stage,
    draft::Draft,
    evolve::place,
    line::Pick,
    moves::after_fact,
    record::{about, excess, line_of, way_of},
    returns::next_case,
};
use crate::id::{LineId, ParcelId};

pub(super) fn recall(
    draft: &mut Draft<'_>,
    line: &LineId,
    from: Stage,
    units: u32,
    given_minor: Option<Vec<i64>>,
) {
    let case = next_case(draft);
    let timed_out = draft.book().ended == Some(EndCause::TimedOut);
    let of = if timed_out { CaseKind::TimedOut } else { CaseKind::Recall };
    let what = CaseChange::Opened { line: line.clone(), units, of, given_minor };
    draft.reason(OrderReason::RecallNeeded { line: line.clone(), units });
    draft.emit(OrderChange::Case { case: case.clone(), what });
    // One request per parcel: the carrier stops parcels, not units.
    let mut parcels: Vec<(Option<u32>, u32)> = Vec::new();
    let opened = place(draft.book().case_at(&case));
    draft.emit(OrderChange::Moved {
        line: line.clone(),
        units,
        from,
        to: Stage::Recalling,
        parcel: None,
        case: Some(case),
    });
    let (agreement, book) = (draft.agreement(), draft.book());
    let state = book.line_at(agreement, line).and_then(|found| book.lines.get(found));
    for run in state.iter().flat_map(|state| &state.runs).filter(|run| run.case == opened && opened.is_some())
    {
        match parcels.iter_mut().find(|(parcel, _)| *parcel == run.parcel) {
            Some((_, sum)) => *sum = sum.saturating_add(run.units),
            None => parcels.push((run.parcel, run.units)),
        }
    }
    for (parcel, units) in parcels {
        let parcel = parcel
            .and_then(|parcel| draft.book().parcels.get(parcel as usize).map(|known| known.parcel.clone()));
        draft.effect(OrderEffect::RequestRecall { line: line.clone(), units, parcel });
    }
}

/// The runs of a line that are being recalled, up to `wanted` units, each with its case.
fn recalling(
    draft: &mut Draft<'_>,
    of: &LineUnits,
    kind: FactKind,
) -> Vec<(Run, Option<crate::id::ReturnId>)> {
    let Some(found) = line_of(draft, of) else { return Vec::new() };
    let Some(line) = draft.book().lines.get(found) else { return Vec::new() };
    let mut left = of.units;
    let mut taken: Vec<(Run, Option<u32>)> = Vec::new();
    for run in line.runs.iter().filter(|run| run.stage == Stage::Recalling) {
        let units = run.units.min(left);
        left -= units;
        if units > 0 {
            taken.push((Run { units, ..*run }, run.case));
        }
    }
    let cases = |draft: &mut Draft<'_>, case: Option<u32>| {
        case.and_then(|case| draft.book().cases.get(case as usize)).map(|case| case.case.clone())
    };
    let taken = taken.into_iter().map(|(run, case)| (run, cases(draft, case))).collect();
    if left > 0 {
        excess(draft, found, of, kind, left);
    }
    taken
}

/// What is to be credited for each unit that a move takes, where it is not what was paid.
pub(super) fn given_to(draft: &mut Draft<'_>, line: &LineId, pick: Pick) -> Option<Vec<i64>> {
    let agreement = draft.agreement();
    let book = draft.book();
    let case = pick.case?;
    let given = book.cases.get(case as usize)?.given_minor.as_ref()?;
    let state = book.line_at(agreement, line).and_then(|found| book.lines.get(found))?;
    Some(state.places_in_case(pick, case).into_iter().filter_map(|place| given.get(place).copied()).collect())
}

pub(super) fn recalled(draft: &mut Draft<'_>, of: &LineUnits) {
    for (run, case) in recalling(draft, of, FactKind::Recalled) {
        let mut pick = Pick::new(Stage::Recalling, Stage::Cancelled, run.units);
        (pick.case, pick.parcel) = (run.case, run.parcel);
        let given = given_to(draft, &of.line, pick);
        draft.end_units(&of.line, pick, given.as_deref());
        if let Some(case) = case {
            draft.emit(OrderChange::Case { case, what: CaseChange::Credited { units: run.units } });
        }
        let (line, units) = (of.line.clone(), run.units);
        let left_house = run.parcel.is_some();
        draft.effect(if left_house {
            OrderEffect::GiveBackUnits { line, units, condition: Condition::Sellable }
        } else {
            OrderEffect::ReleaseUnits { line, units }
        });
    }
    draft.after_units_ended();
}

pub(super) fn recall_refused(draft: &mut Draft<'_>, of: &LineUnits) {
    let mut units = 0_u32;
    for (run, case) in recalling(draft, of, FactKind::RecallRefused) {
        let to = run.before.unwrap_or(Stage::Released);
        units = units.saturating_add(run.units);
        let parcel =
            run.parcel.and_then(|at| draft.book().parcels.get(at as usize)).map(|known| known.parcel.clone());
        let line = of.line.clone();
        draft.emit(OrderChange::Moved {
            line,
            units: run.units,
            from: Stage::Recalling,
            to,
            parcel,
            case: case.clone(),
        });
        end_recall(draft, case.as_ref());
    }
    if units > 0 {
        let anomaly = Anomaly::new(AnomalyKind::RecallRefused, NextStep::KeepSold, about(&of.line));
        draft.anomaly(anomaly.units(units));
        reopen_if_kept(draft);
    }
}

/// Units that are being recalled go on all the same: the recall came too late for them.
pub(super) fn overtake(
    draft: &mut Draft<'_>,
    found: usize,
    of: &LineUnits,
    kind: FactKind,
    parcel: Option<&ParcelId>,
    wanted: u32,
) -> u32 {
    let way = way_of(draft, found);
    let Some(to) = after_fact(way, Stage::Recalling, kind).filter(|_| wanted > 0) else { return 0 };
    let in_house = |run: &Run| run.stage == Stage::Recalling && run.parcel.is_none();
    let Some(line) = draft.book().lines.get(found) else { return 0 };
    let runs: Vec<Run> = line.runs.iter().filter(|run| in_house(run)).cloned().collect();
    let mut left = wanted;
    for run in runs {
        let (units, case) =
            (run.units.min(left), run.case.and_then(|case| draft.book().cases.get(case as usize)));
        let case = case.map(|case| case.case.clone());
        left -= units;
        if units > 0 {
            let line = of.line.clone();
            draft.emit(OrderChange::Moved {
                line,
                units,
                from: Stage::Recalling,
                to,
                parcel: parcel.cloned(),
                case: case.clone(),
            });
            end_recall(draft, case.as_ref());
            let anomaly = Anomaly::new(AnomalyKind::RecallOvertaken, NextStep::KeepSold, about(&of.line));
            draft.anomaly(anomaly.units(units));
        }
    }
    reopen_if_kept(draft);
    wanted - left
}

/// A recall of which nothing is left is over.
pub(super) fn end_recall(draft: &mut Draft<'_>, case: Option<&crate::id::ReturnId>) {
    let Some(case) = case else { return };
    let index = place(draft.book().case_at(case));
    let running = draft
        .book()
        .lines
        .iter()
        .any(|line| line.count(|run| run.stage == Stage::Recalling && run.case == index) > 0);
    if !running {
        draft.emit(OrderChange::Case { case: case.clone(), what: CaseChange::Rejected });
    }
}

/// An order that had ended goes on if goods of it reach the customer after all.
pub(super) fn reopen_if_kept(draft: &mut Draft<'_>) {
    let on_its_way =
        |stage: Stage| stage.is_live() && !matches!(stage, Stage::Recalling | Stage::Lost | Stage::Received);
    if draft.book().ended.is_some() && draft.book().any_unit(on_its_way) {
        draft.emit(OrderChange::Reopened);
        draft.credit_charges_anew();
        draft.refund_credit();
        draft.after_payment();
    }
}
