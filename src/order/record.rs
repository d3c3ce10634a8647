//! Facts about goods: every one is taken; what does not fit becomes an anomaly.

use super::{
    Anomaly, AnomalyKind, CoverLevel, FactKind, Few, Happened, LineUnits, NextStep, NoticeReason,
    OrderChange, OrderEffect, OrderFact, OrderReason, Stage, Subject, Terms, TicketReason, Way,
    draft::Draft,
    line::Pick,
    moves::after_fact,
    parcel::{delivered, delivery_failed, lost, shipped},
    payment,
    recall::{overtake, recall_refused, recalled},
    reinstate::{stock_gone, stock_held},
    returns::{inspected, received_back},
};
use crate::id::{LineId, ParcelId};

/// Takes one fact on the order as `draft` has it.
pub(super) fn record(draft: &mut Draft<'_>, fact: &OrderFact) {
    let kind = fact.what.kind();
    note_implausible_time(draft, fact);
    match &fact.what {
        Happened::Payment(payment) => payment::record(draft, payment, &fact.source),
        Happened::Allocated { of, .. }
        | Happened::Released { of }
        | Happened::Picked { of }
        | Happened::Packed { of }
        | Happened::Verified { of } => {
            progress(draft, of, kind, None);
        }
        Happened::PickedShort { of } => picked_short(draft, of),
        Happened::Shipped { parcel, contents } => shipped(draft, parcel, contents),
        Happened::Delivered { parcel } => delivered(draft, parcel),
        Happened::DeliveryFailed { parcel } => delivery_failed(draft, parcel),
        Happened::Lost { parcel } => lost(draft, parcel),
        Happened::ReceivedBack { of } => received_back(draft, of),
        Happened::Inspected { of, condition } => inspected(draft, of, *condition),
        Happened::Recalled { of } => recalled(draft, of),
        Happened::RecallRefused { of } => recall_refused(draft, of),
        Happened::ReadyForPickUp { of } => {
            if progress(draft, of, kind, None) > 0 {
                draft.notify(NoticeReason::ReadyForPickUp, Subject::Line { line: of.line.clone() }, None);
            }
        }
        Happened::Collected { of } | Happened::Granted { of } => {
            let units = progress(draft, of, kind, None);
            if units > 0 {
                draft.effect(OrderEffect::UseUnits { line: of.line.clone(), units });
                note_unpaid(draft, about(&of.line));
            }
            draft.after_payment();
        }
        Happened::PickUpLapsed { of } => pick_up_lapsed(draft, of),
        Happened::StockHeld => stock_held(draft),
        Happened::StockGone => stock_gone(draft),
    }
    if draft.is_empty() {
        draft.reason(OrderReason::NothingToDo { fact: kind });
        draft.emit(OrderChange::Noted);
    }
}

fn note_implausible_time(draft: &mut Draft<'_>, fact: &OrderFact) {
    let skew = chrono::TimeDelta::seconds(i64::from(draft.policy().clock_skew_seconds));
    let told = fact.source.occurred_at;
    let early = draft.order.placed_at.checked_sub_signed(skew).is_some_and(|first| told < first);
    let late = draft.at.checked_add_signed(skew).is_some_and(|last| told > last);
    if early || late {
        draft.odd(AnomalyKind::ImplausibleTime, NextStep::RecordOnly, Subject::Order);
    }
}

pub(super) fn about(line: &LineId) -> Subject {
    Subject::Line { line: line.clone() }
}

/// The line's place; an anomaly if it has none.
pub(super) fn line_of(draft: &mut Draft<'_>, of: &LineUnits) -> Option<usize> {
    let agreement = draft.agreement();
    let found = draft.book().line_at(agreement, &of.line);
    if found.is_none() {
        let anomaly = Anomaly::new(AnomalyKind::UnknownLine, NextStep::Review, about(&of.line));
        draft.anomaly(anomaly.units(of.units));
    }
    found
}

/// Where units of the line stand, with how many, in the order in which a fact takes them: the most advanced
/// stage first.
fn standing(draft: &mut Draft<'_>, found: usize) -> Few<(Stage, u32), 4> {
    let Some(line) = draft.book().lines.get(found) else { return Few::new() };
    let mut stages: Few<(Stage, u32), 4> = Few::new();
    for run in &line.runs {
        if stages.iter().all(|(stage, _)| *stage != run.stage) {
            stages.push((run.stage, line.units_in(run.stage)));
        }
    }
    stages.sort_by_key(|(stage, _)| std::cmp::Reverse(stage.rank()));
    stages
}

pub(super) fn way_of(draft: &mut Draft<'_>, found: usize) -> Way {
    draft.book().lines.get(found).map_or(Way::Ship, |line| line.terms.placed.fulfilment.way())
}

/// Moves units along their way; the number that fitted.
pub(super) fn progress(
    draft: &mut Draft<'_>,
    of: &LineUnits,
    kind: FactKind,
    parcel: Option<&ParcelId>,
) -> u32 {
    let Some(found) = line_of(draft, of) else { return 0 };
    let way = way_of(draft, found);
    let mut left = of.units;
    for &(from, there) in &standing(draft, found) {
        let Some(to) = after_fact(way, from, kind).filter(|_| left > 0 && from != Stage::Recalling) else {
            continue;
        };
        let units = left.min(there);
        left -= units;
        note_step(draft, of, from, to, units);
        draft.emit(OrderChange::Moved {
            line: of.line.clone(),
            units,
            from,
            to,
            parcel: parcel.cloned(),
            case: None,
        });
    }
    if left > 0 {
        left -= overtake(draft, found, of, kind, parcel, left);
    }
    if left > 0 {
        excess(draft, found, of, kind, left);
    }
    of.units - left
}

/// What a step on the way says about the stages before it, a hold, and the money.
fn note_step(draft: &mut Draft<'_>, of: &LineUnits, from: Stage, to: Stage, units: u32) {
    let natural = to.rank() == from.rank().saturating_add(1)
        || (from.rank() <= Stage::Confirmed.rank() && to == Stage::Granted)
        || (from == Stage::Verified && to.rank() > from.rank())
        || (from == Stage::ReadyForPickUp && to == Stage::Collected);
    if !natural {
        draft.reason(OrderReason::Skipped { line: of.line.clone(), from, to });
        if draft.policy().strict_stages {
            let anomaly = Anomaly::new(AnomalyKind::StageSkipped, NextStep::RecordOnly, about(&of.line));
            draft.anomaly(anomaly.units(units));
        }
    }
    if to.rank() >= Stage::Released.rank()
        && !draft.book().holds.is_empty()
        && from.rank() < Stage::Released.rank()
    {
        let anomaly = Anomaly::new(AnomalyKind::MovedOnHold, NextStep::RecallGoods, about(&of.line));
        draft.anomaly(anomaly.units(units));
    }
}

/// More units than can have done this.
pub(super) fn excess(draft: &mut Draft<'_>, found: usize, of: &LineUnits, kind: FactKind, units: u32) {
    let way = way_of(draft, found);
    let fits_somewhere = Stage::ALL.iter().any(|stage| after_fact(way, *stage, kind).is_some());
    let cancelled = draft.book().lines.get(found).map_or(0, |line| line.units_in(Stage::Cancelled));
    let stray = match kind {
        FactKind::Shipped | FactKind::Collected | FactKind::Granted => units.min(cancelled),
        FactKind::Allocated
        | FactKind::Released
        | FactKind::Picked
        | FactKind::PickedShort
        | FactKind::Packed
        | FactKind::Verified
        | FactKind::Delivered
        | FactKind::DeliveryFailed
        | FactKind::Lost
        | FactKind::ReceivedBack
        | FactKind::Inspected
        | FactKind::Recalled
        | FactKind::RecallRefused
        | FactKind::ReadyForPickUp
        | FactKind::PickUpLapsed
        | FactKind::StockHeld
        | FactKind::StockGone
        | FactKind::Payment(_) => 0,
    };
    if !fits_somewhere {
        let anomaly = Anomaly::new(AnomalyKind::DoesNotFit, NextStep::Review, about(&of.line));
        draft.anomaly(anomaly.units(units));
        return;
    }
    if stray > 0 {
        let anomaly = Anomaly::new(AnomalyKind::ShippedAfterCancel, NextStep::RecallGoods, about(&of.line));
        draft.anomaly(anomaly.units(stray));
        draft.effect(OrderEffect::OpenTicket { about: about(&of.line), reason: TicketReason::StrayGoods });
    }
    if units > stray {
        let anomaly = Anomaly::new(AnomalyKind::MoreUnits, NextStep::Review, about(&of.line));
        draft.anomaly(anomaly.units(units - stray));
    }
}

fn picked_short(draft: &mut Draft<'_>, of: &LineUnits) {
    let Some(found) = line_of(draft, of) else { return };
    let way = way_of(draft, found);
    let mut left = of.units;
    for &(from, there) in &standing(draft, found) {
        let back = after_fact(way, from, FactKind::PickedShort);
        let not_yet = way != Way::Digital && matches!(from, Stage::Placed | Stage::Confirmed);
        if back.is_none() && !not_yet {
            continue;
        }
        let units = left.min(there);
        left -= units;
        if let Some(to) = back.filter(|_| units > 0) {
            let line = of.line.clone();
            draft.emit(OrderChange::Moved { line, units, from, to, parcel: None, case: None });
        }
    }
    let missing = of.units - left;
    if missing > 0 {
        let anomaly = Anomaly::new(AnomalyKind::PickedShort, NextStep::SourceAgain, about(&of.line));
        draft.anomaly(anomaly.units(missing));
        draft.effect(OrderEffect::OpenTicket { about: about(&of.line), reason: TicketReason::PickedShort });
    }
    if left > 0 {
        excess(draft, found, of, FactKind::PickedShort, left);
    }
}

/// The counter gives up units, those that wait there first; those that are being recalled are then back.
fn pick_up_lapsed(draft: &mut Draft<'_>, of: &LineUnits) {
    let Some(found) = line_of(draft, of) else { return };
    let way = way_of(draft, found);
    let mut left = of.units;
    for from in [Stage::ReadyForPickUp, Stage::Recalling] {
        let units = draft.book().lines.get(found).map_or(0, |line| line.units_in(from)).min(left);
        let Some(to) = after_fact(way, from, FactKind::PickUpLapsed).filter(|_| units > 0) else { continue };
        left -= units;
        if to == Stage::Lapsed {
            lapse(draft, &of.line, units);
        } else {
            recalled(draft, &LineUnits { units, ..of.clone() });
        }
    }
    if left < of.units {
        draft.after_units_ended();
    }
    if left > 0 {
        excess(draft, found, of, FactKind::PickUpLapsed, left);
    }
}

/// Units at the counter that nobody collected: back to stock, the money back to the customer.
pub(super) fn lapse(draft: &mut Draft<'_>, line: &LineId, units: u32) {
    draft.end_units(line, Pick::new(Stage::ReadyForPickUp, Stage::Lapsed, units), None);
    draft.effect(OrderEffect::ReleaseUnits { line: line.clone(), units });
    let anomaly = Anomaly::new(AnomalyKind::PickUpLapsed, NextStep::ReturnToStock, about(line));
    draft.anomaly(anomaly.units(units));
}

/// Goods of an order that is not covered have left.
pub(super) fn note_unpaid(draft: &mut Draft<'_>, about: Subject) {
    let prepaid = !matches!(draft.agreement().terms, Terms::OnDelivery);
    if prepaid && draft.book().cover < CoverLevel::Everything {
        let due = draft.owed_minor().saturating_sub(draft.book().cover_minor());
        let due = draft.money(due);
        draft.anomaly(Anomaly::new(AnomalyKind::ShippedUnpaid, NextStep::AskBalance, about).amount(due));
    }
}
