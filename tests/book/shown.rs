//! An order and its decisions in the book's short words.

use order_workflow::{
    money::Money,
    order::{Anomaly, Order, OrderChange, OrderDecision, OrderEffect, Subject},
};
use serde::Serialize;

use super::Result;

/// A value by its name on the wire.
pub(super) fn word(value: &impl Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

pub(super) fn names<T, S: Into<String>>(
    items: impl IntoIterator<Item = T>,
    name: impl Fn(T) -> S,
) -> Vec<String> {
    items.into_iter().map(|item| name(item).into()).collect()
}

/// A child's id without its order's.
fn short(id: &str) -> &str {
    id.split_once('/').map_or(id, |(_, child)| child)
}

fn digits(money: Money) -> String {
    money.to_decimal().to_string()
}

pub(super) fn effects(decision: &OrderDecision) -> Vec<String> {
    decision.effects.iter().filter_map(effect).collect()
}

fn effect(effect: &OrderEffect) -> Option<String> {
    use OrderEffect as E;
    Some(match effect {
        E::Authorise { intent, amount } => {
            format!("authorise {} {}", short(intent.as_str()), digits(*amount))
        }
        E::Capture { intent, amount, last } => {
            let last = if *last { " last" } else { "" };
            format!("capture {} {}{last}", short(intent.as_str()), digits(*amount))
        }
        E::Void { intent, amount } => format!("void {} {}", short(intent.as_str()), digits(*amount)),
        E::Refund { intent, amount } => format!("refund {} {}", short(intent.as_str()), digits(*amount)),
        E::WithdrawRefund { intent, amount } => {
            format!("withdraw refund {} {}", short(intent.as_str()), digits(*amount))
        }
        E::Notify { .. } => return None,
        E::ConfirmReservation => "confirm reservation".to_owned(),
        E::TryReinstate => "try reinstate".to_owned(),
        E::ReleaseUnits { line, units } => format!("release {line} {units}"),
        E::UseUnits { line, units } => format!("use {line} {units}"),
        E::GiveBackUnits { line, units, condition } => {
            format!("give back {line} {units} {}", word(condition))
        }
        E::ReserveMore { line, units } => format!("reserve more {line} {units}"),
        E::RequestPick => "request pick".to_owned(),
        E::WithholdPick => "withhold pick".to_owned(),
        E::RequestRecall { line, units, parcel } => {
            let parcel = parcel.as_ref().map_or(String::new(), |id| format!(" in {}", short(id.as_str())));
            format!("recall {line} {units}{parcel}")
        }
        E::Grant { line, units } => format!("grant {line} {units}"),
        E::RevokeGrant { line, units } => format!("revoke {line} {units}"),
        E::OpenTicket { about, reason } => format!("ticket {reason} {}", subject(about)),
        E::PlaceLinked { order, why, line, sku, units } => {
            format!("place {order} {} {line} {sku} {units}", word(why))
        }
    })
}

fn subject(about: &Subject) -> String {
    match about {
        Subject::Order => "order".to_owned(),
        Subject::Intent { intent } => short(intent.as_str()).to_owned(),
        Subject::Line { line } => line.to_string(),
        Subject::Parcel { parcel } => short(parcel.as_str()).to_owned(),
    }
}

pub(super) fn notices(decision: &OrderDecision) -> Vec<String> {
    let notice = |effect: &OrderEffect| match effect {
        OrderEffect::Notify { notice } => Some(notice.reason.name().to_owned()),
        _ => None,
    };
    decision.effects.iter().filter_map(notice).collect()
}

pub(super) fn anomalies(decision: &OrderDecision, told: &[Anomaly]) -> Vec<String> {
    let of_events = decision.events.iter().filter_map(|event| match &event.what {
        OrderChange::Anomaly(anomaly) => Some(anomaly),
        _ => None,
    });
    let shown = |anomaly: &Anomaly| {
        let amount = anomaly.amount.map_or(String::new(), |amount| format!(" {}", digits(amount)));
        let units = anomaly.units.map_or(String::new(), |units| format!(" {units} units"));
        format!("{}/{}{amount}{units}", anomaly.kind, anomaly.next)
    };
    of_events.chain(told).map(shown).collect()
}

/// What a decision credits, with the tax within it.
pub(super) fn credits(decision: &OrderDecision, order: &Order) -> Vec<String> {
    let credit = |change: &OrderChange| match change {
        OrderChange::Credited { line, amount, tax } => {
            Some(format!("{line} {} tax {}", digits(*amount), digits(*tax)))
        }
        OrderChange::ChargeCredited { charge, amount, tax } => {
            let kind = order.state().agreement.charges.get(*charge as usize).map(|charge| word(&charge.kind));
            Some(format!("{} {} tax {}", kind.unwrap_or_default(), digits(*amount), digits(*tax)))
        }
        _ => None,
    };
    decision.events.iter().filter_map(|event| credit(&event.what)).collect()
}

/// Where the units of a line stand, in their order: `1 shipped, 2 cancelled`.
pub(super) fn stages(order: &Order, line: &str) -> Option<String> {
    let state = order.state().book.lines.iter().find(|state| state.terms.placed.line.as_str() == line)?;
    let mut merged: Vec<(u32, &'static str)> = vec![];
    for run in &state.runs {
        match merged.last_mut() {
            Some((units, stage)) if *stage == run.stage.name() => *units += run.units,
            _ => merged.push((run.units, run.stage.name())),
        }
    }
    Some(merged.iter().map(|(units, stage)| format!("{units} {stage}")).collect::<Vec<_>>().join(", "))
}

pub(super) fn money(order: &Order, name: &str) -> Result<String> {
    let balance = order.balance();
    let money = match name {
        "owed" => balance.owed,
        "captured" => balance.captured,
        "refunded" => balance.refunded,
        "charged_back" => balance.charged_back,
        "written_off" => balance.written_off,
        "balance_due" => balance.balance_due,
        "credit" => balance.credit,
        "refunds_pending" => balance.refunds_pending,
        "open_authorised" => balance.open_authorised,
        _ => return Err(format!("`{name}` is no sum of an order")),
    };
    Ok(digits(money))
}

pub(super) fn linked(order: &Order) -> Vec<String> {
    names(&order.state().log.linked, |linked| format!("{} {}", linked.order, word(&linked.why)))
}
