//! Levels, holds and acts in the book's short words.

use order_workflow::inventory::{InventoryReason, SerialFinding};
use order_workflow::reservation::{Act, How, Level, Part, Reserved, ReservedState};
use serde_json::Value;

use super::words::named;

pub(super) fn level(level: &Level) -> String {
    let available = level.available().map_or("any".to_owned(), |units| units.to_string());
    format!("{} on hand, {} reserved, {available} available", level.on_hand(), level.reserved)
}

pub(super) fn reserved(reserved: &Reserved) -> String {
    let state = match reserved.state {
        ReservedState::Held { .. } => "held",
        ReservedState::Confirmed => "confirmed",
        ReservedState::Ended { how: How::Lapsed } => "lapsed",
        ReservedState::Ended { how: How::Released } => "released",
        ReservedState::Ended { how: How::Used } => "used",
    };
    let held = reserved.holdings.iter().filter(|holding| holding.held > 0);
    let held: Vec<String> =
        held.map(|holding| format!(" {} of {}", holding.held, named(&holding.pool))).collect();
    format!("{state}{}", held.join(","))
}

pub(super) fn act(act: &Act) -> String {
    let parts = |parts: &[Part]| -> String {
        parts.iter().map(|part| format!(" {} of {}", part.units, named(&part.pool))).collect()
    };
    match act {
        Act::Reserve { legs, .. } => {
            let legs: Vec<String> =
                legs.iter().map(|leg| format!("{} of {}", leg.units, named(&leg.pool))).collect();
            format!("reserve {}", legs.join(", "))
        }
        Act::GiveBack { reservation, parts: given } => format!("give back {reservation}{}", parts(given)),
        Act::Supply { pool, delta, .. } => format!("supply {delta:+} {}", named(pool)),
        Act::Transfer { from, to, units, keep } => {
            format!("transfer {units} from {} to {} keep {keep}", named(from), named(to))
        }
        Act::SetFloor { pool, floor: Some(i64::MAX) } => format!("close {}", named(pool)),
        Act::SetFloor { pool, floor } => {
            let floor = floor.map_or("none".to_owned(), |floor| floor.to_string());
            format!("floor {floor} {}", named(pool))
        }
        act => act.kind().to_owned(),
    }
}

/// The codes of an answer's reasons, or of the findings of a serial number.
pub(super) fn reasons(gives: &Value) -> Vec<String> {
    let list = |key: &str| gives[key].as_array().into_iter().flatten();
    let reason = |value: &Value| serde_json::from_value::<InventoryReason>(value.clone());
    let finding = |value: &Value| serde_json::from_value::<SerialFinding>(value.clone());
    let reasons = list("reasons").map(|value| reason(value).map(|reason| reason.code()));
    let findings = list("findings").map(|value| finding(value).map(|finding| finding.code()));
    let shown =
        |code: serde_json::Result<&'static str>| code.map_or_else(|error| error.to_string(), str::to_owned);
    reasons.chain(findings).map(shown).collect()
}
