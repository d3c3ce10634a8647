use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    Anomaly, HoldReason, LineEdit, LinkKind, NoticeReason, OrderPolicy, Placement, Stage, Subject,
    payment::PaymentChange,
};
use crate::{
    decision::Source,
    geo::Destination,
    id::{IntentId, LineId, OrderId, ParcelId, ReturnId, Sku},
    money::Money,
};

/// One thing that changed, in the order's own words. Exhaustive on purpose: a new change must stop a stale
/// projection's build. Events hold references and routing facts, never personal data.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct OrderEvent {
    /// When we wrote it down; never runs backwards.
    pub recorded_at: DateTime<Utc>,
    /// The fact it came from, on the first event of that fact: replay restores de-duplication from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// What changed.
    pub what: OrderChange,
}

/// The kinds of change.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum OrderChange {
    /// The order began.
    Placed(Box<PlacedOrder>),
    /// Every unit that stood in `from` stands in `to`.
    MovedAll {
        /// Before.
        from: Stage,
        /// After.
        to: Stage,
    },
    /// Some units of a line moved: the first of those that stand in `from`; the last where `to` is a way out
    /// ([`Stage::Cancelled`] but from a recall, [`Stage::Recalling`], [`Stage::ReturnRequested`], from
    /// [`Stage::Lost`] to [`Stage::Refunded`]); those that
    /// have stood there longest where it is what a deadline does.
    Moved {
        /// The line.
        line: LineId,
        /// How many.
        units: u32,
        /// Before.
        from: Stage,
        /// After.
        to: Stage,
        /// Only units of this parcel; on the move to [`Stage::Shipped`], the parcel they went into.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parcel: Option<ParcelId>,
        /// Only units of this case; on the move that opens the case, the case they belong to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        case: Option<ReturnId>,
    },
    /// Lines or the destination changed before release.
    Edited {
        /// The changed lines.
        lines: Vec<LineEdit>,
        /// The new destination.
        ship_to: Option<Destination>,
    },
    /// A reason to hold was added.
    Held {
        /// Which.
        reason: HoldReason,
    },
    /// A reason to hold was lifted.
    Unheld {
        /// Which.
        reason: HoldReason,
    },
    /// The money needed so far is there, or promised by a bank or by the terms. Never taken back: whoever was
    /// covered once does not time out.
    Covered {
        /// How much of it.
        level: CoverLevel,
    },
    /// The payment deadline passed uncovered; it does not pass again.
    PayByPassed,
    /// The warehouse was asked to begin, and digital goods to be granted.
    PickAsked,
    /// The order as a whole ended.
    Ended {
        /// Why.
        cause: EndCause,
    },
    /// The order opened again after it had ended.
    Reopened,
    /// Stock was asked for after late money.
    ReinstatementAsked,
    /// The stock is gone: the order stays ended.
    ReinstatementDeclined,
    /// Units of a line cost the customer less.
    Credited {
        /// The line.
        line: LineId,
        /// By how much, tax included.
        amount: Money,
        /// The tax within it.
        tax: Money,
    },
    /// A charge costs the customer less.
    ChargeCredited {
        /// The charge, by its place in the placement.
        charge: u32,
        /// By how much, tax included.
        amount: Money,
        /// The tax within it.
        tax: Money,
    },
    /// An amount that the customer owes although its units ended: a forfeited deposit.
    Retained {
        /// How much.
        amount: Money,
    },
    /// The host accepts that the order is paid short.
    ShortAccepted {
        /// By at most this much.
        up_to: Money,
    },
    /// What is missing is no longer asked for; negative: asked for again.
    WrittenOff {
        /// How much.
        amount: Money,
    },
    /// A parcel became known.
    ParcelSeen {
        /// Which.
        parcel: ParcelId,
        /// How far it is.
        state: ParcelState,
    },
    /// A return, an exchange or a recall began or was answered.
    Case {
        /// Which.
        case: ReturnId,
        /// What changed.
        what: CaseChange,
    },
    /// A linked order was asked for.
    Linked {
        /// Its id.
        order: OrderId,
        /// Why.
        why: LinkKind,
    },
    /// Something changed about a tender.
    Payment {
        /// Its intent.
        intent: IntentId,
        /// What changed.
        what: PaymentChange,
    },
    /// Money that the order cannot explain, kept per currency.
    Unexplained {
        /// How much; negative: more went out than had come in.
        amount: Money,
    },
    /// Something was odd.
    Anomaly(Anomaly),
    /// Somebody was told; not again for the same reason and subject.
    Noticed {
        /// What about.
        reason: NoticeReason,
        /// Which part of the order.
        about: Subject,
    },
    /// A fact was taken note of; it changed nothing.
    Noted,
}

/// The first event's content.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct PlacedOrder {
    /// The order's id.
    pub id: OrderId,
    /// What was ordered.
    pub placement: Placement,
    /// The policy of that day.
    pub policy: OrderPolicy,
}

/// How much of what is owed has ever been covered.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CoverLevel {
    /// Not even the deposit.
    #[default]
    Nothing,
    /// The deposit of a presale.
    Deposit,
    /// Everything, within what is tolerated or accepted as short.
    Everything,
}

/// Why an order ended as a whole.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndCause {
    /// The money did not come in time; late money may open it again, by policy.
    TimedOut,
    /// Somebody cancelled it; nothing opens it again.
    Cancelled,
    /// Every unit came back, lapsed or was replaced.
    Returned,
}

/// How far a parcel is.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParcelState {
    /// With the carrier.
    Shipped,
    /// The carrier tried in vain.
    Failed,
    /// Given up by the carrier.
    Lost,
    /// At the customer's.
    Delivered,
}

/// What changed about a return, an exchange or a recall.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "case", rename_all = "snake_case")]
pub enum CaseChange {
    /// It began.
    Opened {
        /// The line.
        line: LineId,
        /// How many units.
        units: u32,
        /// Of which kind.
        of: CaseKind,
        /// What is credited per unit, where it is not what was paid; minor units in unit order.
        given_minor: Option<Vec<i64>>,
    },
    /// It was approved.
    Approved {
        /// What is credited per unit, where it is not what was paid; minor units in unit order.
        given_minor: Option<Vec<i64>>,
    },
    /// Units of it were credited.
    Credited {
        /// How many.
        units: u32,
    },
    /// It was rejected, refused, or overtaken.
    Rejected,
}

/// Why units are on their way out or back.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CaseKind {
    /// The customer sends them back.
    Return,
    /// The customer wants something else.
    Exchange {
        /// What.
        replacement: Sku,
    },
    /// They were cancelled after release.
    Recall,
    /// The payment deadline stopped them after release: late money may bring them back.
    TimedOut,
}

impl CaseKind {
    /// Whether the host stops the units; otherwise the customer sends them back.
    pub const fn is_recall(&self) -> bool {
        match self {
            CaseKind::Recall | CaseKind::TimedOut => true,
            CaseKind::Return | CaseKind::Exchange { .. } => false,
        }
    }
}
