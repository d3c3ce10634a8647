use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{AnomalyKind, FactKind, HoldReason, NextStep, Stage};
use crate::{
    decision::Version,
    id::{IntentId, LineId},
    money::Money,
};

/// Why a decision is as it is, as data: code and fields are what a host translates.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum OrderReason {
    /// This fact was accepted before; nothing changed.
    Duplicate {
        /// The version it made then.
        first: Version,
    },
    /// The money needed is there or promised.
    Covered {
        /// What is needed.
        needed: Money,
        /// What the tenders cover.
        by: Money,
        /// What is missing within what was tolerated or accepted.
        short: Money,
    },
    /// The terms need no money before delivery.
    CoveredByTerms,
    /// The order is covered, but waits for the request `Confirm`.
    AwaitsConfirm,
    /// Not enough money yet.
    NotCovered {
        /// What is needed.
        needed: Money,
        /// What the tenders cover.
        by: Money,
    },
    /// Nothing is picked while the order is on hold.
    PickWithheld {
        /// One of the reasons.
        hold: HoldReason,
    },
    /// Nothing is picked before the balance is covered.
    PickAwaitsBalance,
    /// A tender holds open money after a partial capture.
    PartlyCaptured {
        /// The tender.
        intent: IntentId,
        /// What is still open.
        open: Money,
    },
    /// The fact skipped stages: it is proof enough of them.
    Skipped {
        /// The line.
        line: LineId,
        /// Where the units stood.
        from: Stage,
        /// Where they stand.
        to: Stage,
    },
    /// A deadline was reached.
    Due {
        /// Which.
        deadline: Deadline,
        /// When it was.
        at: DateTime<Utc>,
    },
    /// The payment happened in time but was told too late.
    InTime {
        /// When it happened.
        occurred_at: DateTime<Utc>,
        /// The deadline it met.
        pay_by: DateTime<Utc>,
    },
    /// Units end and are credited.
    Credit {
        /// The line.
        line: LineId,
        /// How many units.
        units: u32,
        /// How much.
        amount: Money,
    },
    /// A charge is credited by its rule.
    ChargeCredit {
        /// The charge, by its place in the placement.
        charge: u32,
        /// How much.
        amount: Money,
    },
    /// A refund goes by this tender.
    RefundShare {
        /// The tender.
        intent: IntentId,
        /// How much.
        amount: Money,
    },
    /// What is missing is written off: everything was delivered and the amount was accepted.
    WrittenOff {
        /// How much.
        amount: Money,
    },
    /// Released units cannot simply be cancelled: they are being recalled.
    RecallNeeded {
        /// The line.
        line: LineId,
        /// How many units.
        units: u32,
    },
    /// Something was odd.
    Odd {
        /// What.
        kind: AnomalyKind,
        /// What leads on.
        next: NextStep,
    },
    /// Tried again, for the `attempt`th time.
    Retried {
        /// The tender.
        intent: IntentId,
        /// Which attempt this is.
        attempt: u32,
    },
    /// The fact was taken note of and changes nothing.
    NothingToDo {
        /// Which fact.
        fact: FactKind,
    },
}

/// The deadlines an order may have.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deadline {
    /// A tender's authorisation runs out.
    Authorisation,
    /// The money must be covered.
    PayBy,
    /// Units at the counter go back.
    PickUp,
    /// An approved return must have arrived.
    ReturnArrival,
    /// The return window closes.
    ReturnWindow,
}

impl Deadline {
    /// Every deadline, in the order in which they are served when several are due.
    pub const ALL: [Deadline; 5] = [
        Deadline::Authorisation,
        Deadline::PayBy,
        Deadline::PickUp,
        Deadline::ReturnArrival,
        Deadline::ReturnWindow,
    ];

    /// The name as serialised.
    pub const fn name(self) -> &'static str {
        match self {
            Deadline::Authorisation => "authorisation",
            Deadline::PayBy => "pay_by",
            Deadline::PickUp => "pick_up",
            Deadline::ReturnArrival => "return_arrival",
            Deadline::ReturnWindow => "return_window",
        }
    }
}

impl OrderReason {
    /// A stable code for translation tables.
    pub const fn code(&self) -> &'static str {
        match self {
            OrderReason::Duplicate { .. } => "order.duplicate",
            OrderReason::Covered { .. } => "order.covered",
            OrderReason::CoveredByTerms => "order.covered_by_terms",
            OrderReason::AwaitsConfirm => "order.awaits_confirm",
            OrderReason::NotCovered { .. } => "order.not_covered",
            OrderReason::PickWithheld { .. } => "order.pick_withheld",
            OrderReason::PickAwaitsBalance => "order.pick_awaits_balance",
            OrderReason::PartlyCaptured { .. } => "order.partly_captured",
            OrderReason::Skipped { .. } => "order.skipped",
            OrderReason::Due { .. } => "order.due",
            OrderReason::InTime { .. } => "order.in_time",
            OrderReason::Credit { .. } => "order.credit",
            OrderReason::ChargeCredit { .. } => "order.charge_credit",
            OrderReason::RefundShare { .. } => "order.refund_share",
            OrderReason::WrittenOff { .. } => "order.written_off",
            OrderReason::RecallNeeded { .. } => "order.recall_needed",
            OrderReason::Odd { .. } => "order.odd",
            OrderReason::Retried { .. } => "order.retried",
            OrderReason::NothingToDo { .. } => "order.nothing_to_do",
        }
    }
}
