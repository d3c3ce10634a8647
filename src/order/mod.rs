//! One order: lines of units, each unit in exactly one stage; tenders beside them; every step explained.
//!
//! Requests may be refused ([`Order::decide`]), facts never are ([`Order::record`]): what does not fit is
//! written down as an [`Anomaly`] with a [`NextStep`]. Time comes in as an argument ([`Order::wake`]). The
//! events of a [`OrderDecision`] go to [`Order::evolve`], its effects to the host's gateways.
//!
//! Knows nothing of stock levels, prices or promotions: the host prices, the order sums. Start at [`Order`].
//!
//! **Invariants:** the units of a line never change their number but by an edit; what a customer owes and is
//! owed always closes to the minor unit ([`Balance`]); a repeated fact changes nothing.
//!
#![doc = include_str!("diagram.md")]
mod aggregate;
mod anomaly;
mod cancel;
mod cover;
mod decide;
mod diagram;
mod draft;
mod edit;
mod effect;
mod error;
mod event;
mod evolve;
mod fact;
mod few;
mod import;
mod invariant;
mod line;
mod model;
mod moves;
mod named;
mod parcel;
pub mod payment;
mod placement;
mod policy;
mod reason;
mod recall;
mod record;
mod reinstate;
mod request;
mod returns;
mod settle;
mod snapshot;
mod stage;
mod transitions;
mod wake;

pub use {
    aggregate::Order,
    anomaly::{Anomaly, AnomalyKind, NextStep, Subject},
    diagram::{to_dot, to_mermaid},
    effect::{Audience, Notice, NoticeReason, OrderEffect, TicketReason},
    error::{Blocker, CorruptHistory, ImportError, OrderRefusal, PlacementProblem, Violation},
    event::{CaseChange, CaseKind, CoverLevel, EndCause, OrderChange, OrderEvent, ParcelState, PlacedOrder},
    fact::{Condition, FactKind, Happened, LineUnits, OrderFact},
    few::Few,
    line::{LineState, LineTerms, Run},
    model::{
        Agreement, Balance, Book, Case, CaseState, ChargeCredit, LinkedOrder, Log, OrderState, Parcel,
        SeenSource, Sources, Told,
    },
    placement::{
        Adjustment, CHARGE_KIND_BYTES_MAX, Charge, ChargeKind, ChargeRefund, LINE_RUNS_MAX, LINE_UNITS_MAX,
        Link, LinkKind, ORDER_MINOR_MAX, PlacedLine, Placement, PriceRun, Terms, UnitTax,
    },
    policy::{CaptureWhen, Channels, DamagedReturn, LateMoney, OrderPolicy},
    reason::{Deadline, OrderReason},
    request::{
        Ask, CancelReason, HoldReason, LineEdit, LinePrice, OrderRequest, Refundable, RequestKind, Scope,
    },
    returns::LINKED_FROM_BYTES_MAX,
    snapshot::Snapshot,
    stage::{Fulfilment, OrderStatus, Stage, Way},
    transitions::{TRANSITIONS, Transition, Trigger},
};

/// What an order decided: events, effects and reasons.
pub type OrderDecision = crate::decision::Decision<OrderEvent, OrderEffect, OrderReason>;
