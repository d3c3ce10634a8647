//! Facts about parcels: what is in one moves with it, also when its scans come in the wrong order.

use super::{
    Anomaly, AnomalyKind, FactKind, Few, LineUnits, NextStep, NoticeReason, OrderChange, OrderEffect,
    ParcelState, Run, Stage, Subject, TicketReason,
    draft::Draft,
    evolve::place,
    moves::after_fact,
    recall::{end_recall, reopen_if_kept},
    record::{note_unpaid, progress},
};
use crate::id::{LineId, ParcelId};

pub(super) fn shipped(draft: &mut Draft<'_>, parcel: &ParcelId, contents: &[LineUnits]) {
    let known = draft.book().parcel_at(parcel).and_then(|found| draft.book().parcels.get(found).cloned());
    draft.emit(OrderChange::ParcelSeen { parcel: parcel.clone(), state: ParcelState::Shipped });
    let mut any = false;
    for of in contents {
        let units = progress(draft, of, FactKind::Shipped, Some(parcel));
        if units > 0 {
            any = true;
            draft.effect(OrderEffect::UseUnits { line: of.line.clone(), units });
        }
    }
    if any {
        note_unpaid(draft, Subject::Parcel { parcel: parcel.clone() });
    }
    if any {
        draft.notify(NoticeReason::Shipped, Subject::Parcel { parcel: parcel.clone() }, None);
        draft.after_payment();
    }
    // A later scan may have come first, for the whole parcel or before all of it was told: then the units have
    // arrived, or are lost, already.
    match known.map(|known| known.state) {
        Some(ParcelState::Delivered) => arrive(draft, parcel),
        Some(ParcelState::Lost) => give_up(draft, parcel),
        Some(ParcelState::Shipped | ParcelState::Failed) | None => {}
    }
}

/// The parcel as known before this fact; an anomaly if nobody has shipped it.
fn known_parcel(draft: &mut Draft<'_>, parcel: &ParcelId) -> Option<super::Parcel> {
    let known = draft.book().parcel_at(parcel).and_then(|found| draft.book().parcels.get(found).cloned());
    if known.as_ref().is_none_or(|known| known.sent_at.is_none()) {
        let about = Subject::Parcel { parcel: parcel.clone() };
        draft.odd(AnomalyKind::UnknownParcel, NextStep::AwaitEarlierStep, about);
    }
    known
}

pub(super) fn delivered(draft: &mut Draft<'_>, parcel: &ParcelId) {
    let known = known_parcel(draft, parcel);
    if known.is_some_and(|known| known.delivered_at.is_some()) {
        let about = Subject::Parcel { parcel: parcel.clone() };
        draft.odd(AnomalyKind::DeliveredTwice, NextStep::Review, about);
        return;
    }
    draft.emit(OrderChange::ParcelSeen { parcel: parcel.clone(), state: ParcelState::Delivered });
    arrive(draft, parcel);
}

/// The units of a parcel that stand in one of `from`, as (line, stage, units, case).
fn in_parcel(draft: &mut Draft<'_>, parcel: &ParcelId, kind: FactKind) -> Few<(LineId, Run), 6> {
    let Some(index) = place(draft.book().parcel_at(parcel)) else { return Few::new() };
    let lines = draft.book().lines.iter();
    let runs = lines.flat_map(|line| line.runs.iter().map(move |run| (line, run)));
    runs.filter(|(line, run)| {
        let way = line.terms.placed.fulfilment.way();
        run.parcel == Some(index) && after_fact(way, run.stage, kind).is_some()
    })
    .map(|(line, run)| (line.terms.placed.line.clone(), *run))
    .collect()
}

/// Moves what is in a parcel; returns the units that were being recalled.
fn move_parcel(draft: &mut Draft<'_>, parcel: &ParcelId, kind: FactKind, to: Stage) -> u32 {
    let mut recalled = 0_u32;
    for (line, run) in &in_parcel(draft, parcel, kind) {
        let case =
            run.case.and_then(|case| draft.book().cases.get(case as usize)).map(|case| case.case.clone());
        draft.emit(OrderChange::Moved {
            line: line.clone(),
            units: run.units,
            from: run.stage,
            to,
            parcel: Some(parcel.clone()),
            case: case.clone(),
        });
        if run.stage == Stage::Recalling {
            recalled = recalled.saturating_add(run.units);
            end_recall(draft, case.as_ref());
        }
    }
    recalled
}

fn arrive(draft: &mut Draft<'_>, parcel: &ParcelId) {
    let recalled = move_parcel(draft, parcel, FactKind::Delivered, Stage::Delivered);
    let about = Subject::Parcel { parcel: parcel.clone() };
    if recalled > 0 {
        let anomaly = Anomaly::new(AnomalyKind::RecallOvertaken, NextStep::KeepSold, about.clone());
        draft.anomaly(anomaly.units(recalled));
    }
    reopen_if_kept(draft);
    // Found again after its money went back, or after it was replaced.
    let index = place(draft.book().parcel_at(parcel));
    let over = |run: &Run| run.parcel == index && index.is_some() && !run.stage.is_live();
    let ended = draft.book().lines.iter().fold(0_u32, |sum, line| sum.saturating_add(line.count(over)));
    if ended > 0 {
        let anomaly = Anomaly::new(AnomalyKind::ShippedAfterCancel, NextStep::RecallGoods, about.clone());
        draft.anomaly(anomaly.units(ended));
        draft.effect(OrderEffect::OpenTicket { about: about.clone(), reason: TicketReason::StrayGoods });
    }
    draft.notify(NoticeReason::Delivered, about, None);
    draft.after_payment();
}

pub(super) fn delivery_failed(draft: &mut Draft<'_>, parcel: &ParcelId) {
    known_parcel(draft, parcel);
    draft.emit(OrderChange::ParcelSeen { parcel: parcel.clone(), state: ParcelState::Failed });
    let about = Subject::Parcel { parcel: parcel.clone() };
    draft.odd(AnomalyKind::DeliveryFailed, NextStep::AwaitCarrier, about);
}

pub(super) fn lost(draft: &mut Draft<'_>, parcel: &ParcelId) {
    known_parcel(draft, parcel);
    draft.emit(OrderChange::ParcelSeen { parcel: parcel.clone(), state: ParcelState::Lost });
    give_up(draft, parcel);
}

fn give_up(draft: &mut Draft<'_>, parcel: &ParcelId) {
    move_parcel(draft, parcel, FactKind::Lost, Stage::Lost);
    let about = Subject::Parcel { parcel: parcel.clone() };
    draft.odd(AnomalyKind::ParcelLost, NextStep::ReshipOrRefund, about.clone());
    draft.effect(OrderEffect::OpenTicket { about, reason: TicketReason::ParcelLost });
}
