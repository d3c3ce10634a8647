use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{HoldReason, OrderStatus, RequestKind};
use crate::{
    decision::Version,
    id::{IntentId, LineId, OrderId, ReturnId},
    money::{Currency, Money},
};

/// A request that is answered with no. Nothing changed; the refusal says what would be accepted.
///
/// Where several apply, the first in the order of declaration is given. As data it is tagged by `kind`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum OrderRefusal {
    /// What was to be placed means nothing as an order.
    #[error("the placement cannot be an order: {}", list(.problems))]
    Invalid {
        /// Everything that is wrong with it.
        problems: Vec<PlacementProblem>,
    },
    /// The request was made for another version.
    #[error("the request is for version {expected}, the order stands at {current}; read it again")]
    Stale {
        /// What the request expects.
        expected: Version,
        /// Where the order stands.
        current: Version,
    },
    /// The order has no such line.
    #[error("the order has no line `{line}`; it has {}", list(.accepted))]
    UnknownLine {
        /// What was given.
        line: LineId,
        /// Up to eight of the lines it has.
        accepted: Vec<LineId>,
    },
    /// The order has no such tender.
    #[error("the order has no tender `{intent}`; it has {}", list(.accepted))]
    UnknownIntent {
        /// What was given.
        intent: IntentId,
        /// The tenders it has.
        accepted: Vec<IntentId>,
    },
    /// The order has no such return, exchange or recall.
    #[error("the order has no case `{case}`; open are {}", list(.accepted))]
    UnknownCase {
        /// What was given.
        case: ReturnId,
        /// The open cases.
        accepted: Vec<ReturnId>,
    },
    /// An edit that changes nothing.
    #[error("the edit names nothing to change; accepted: at least one line, or a destination")]
    EmptyEdit,
    /// The order does not allow this now.
    #[error("the order is {}, which does not allow {request}; open: {}{blocked_by}", status.name(), list(.open))]
    NotOpen {
        /// What was asked.
        request: RequestKind,
        /// Where the order stands.
        status: OrderStatus,
        /// What else would be allowed.
        open: Vec<RequestKind>,
        /// What stands against it; another line, case or tender may allow it.
        blocked_by: Blocker,
    },
    /// That reason to hold is there already, or is not there.
    #[error("hold `{reason}` is {}; holds in force: {}", if *.held { "in force already" } else { "not in force" }, list(.in_force))]
    Hold {
        /// Which reason.
        reason: HoldReason,
        /// Whether it is in force.
        held: bool,
        /// Every reason in force.
        in_force: Vec<HoldReason>,
    },
    /// More units than can do this.
    #[error("{wanted} units of line `{line}` are too many or none; accepted: 1 to {accepted}")]
    Units {
        /// The line.
        line: LineId,
        /// What was asked.
        wanted: u32,
        /// At most this many.
        accepted: u32,
    },
    /// The order's id leaves no room for the id of a linked order.
    #[error(
        "order id `{order}` has {bytes} bytes; accepted for exchange and re-ship: at most {accepted}, since the linked order's id is made of it"
    )]
    NoLinkedId {
        /// The order.
        order: OrderId,
        /// How long its id is.
        bytes: usize,
        /// At most this long.
        accepted: usize,
    },
    /// An edit would change too much.
    #[error("the edit of line `{line}` is not possible: {problem}")]
    BadEdit {
        /// The line.
        line: LineId,
        /// What is wrong with it.
        problem: PlacementProblem,
    },
    /// A confirmation without the money.
    #[error(
        "the order is covered for {covered}; accepted: once authorised and captured money makes {needed}"
    )]
    NotCovered {
        /// What is needed.
        needed: Money,
        /// What the tenders cover.
        covered: Money,
    },
    /// A list of credits that does not fit the units.
    #[error("{given} credits were given; accepted: {accepted}, one for each unit")]
    Credits {
        /// How many were given.
        given: usize,
        /// How many units they are for.
        accepted: u32,
    },
    /// An amount outside what is possible.
    #[error("{given} is not possible as {field}; accepted: {at_least} to {at_most}")]
    Amount {
        /// What the amount is for.
        field: &'static str,
        /// What was given.
        given: Money,
        /// The least that is accepted, in the order's currency.
        at_least: Money,
        /// The most that is accepted, in the order's currency.
        at_most: Money,
    },
}

/// What stands against a request.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Blocker {
    /// The order as a whole.
    Order,
    /// The units of a line.
    Line {
        /// Its id.
        line: LineId,
    },
    /// A return, an exchange or a recall.
    Case {
        /// Its id.
        case: ReturnId,
    },
    /// A tender.
    Tender {
        /// Its intent.
        intent: IntentId,
    },
}

impl std::fmt::Display for Blocker {
    /// As the end of a sentence; nothing for the order, which the sentence is about.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Blocker::Order => Ok(()),
            Blocker::Line { line } => write!(f, "; line `{line}` stands against it"),
            Blocker::Case { case } => write!(f, "; case `{case}` stands against it"),
            Blocker::Tender { intent } => write!(f, "; tender `{intent}` stands against it"),
        }
    }
}

/// What is wrong with a placement.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum PlacementProblem {
    /// Nothing is ordered.
    #[error("it has no lines; at least one is needed")]
    NoLines,
    /// Two lines have one id.
    #[error("line `{line}` stands twice; line ids are unique")]
    DuplicateLine {
        /// The id.
        line: LineId,
    },
    /// A line without units, or with too many.
    #[error("line `{line}` has {units} units; accepted: 1 to {accepted}")]
    BadUnits {
        /// The line.
        line: LineId,
        /// What was given.
        units: u32,
        /// At most this many.
        accepted: u32,
    },
    /// An amount in another currency.
    #[error("{field} is {given}; accepted: {accepted}")]
    ForeignCurrency {
        /// Where.
        field: String,
        /// What was given.
        given: Money,
        /// The order's currency.
        accepted: Currency,
    },
    /// A price, adjustment or tax that cannot be.
    #[error("line `{line}`: {field} makes {given}; accepted: zero to the largest order")]
    BadPrice {
        /// The line.
        line: LineId,
        /// Which field.
        field: String,
        /// What it was, or what it led to.
        given: Money,
    },
    /// A run of units that is not within its line.
    #[error(
        "line `{line}`: {field} covers units {first_unit} and {units} from there; the line has {accepted}"
    )]
    RunOutsideLine {
        /// The line.
        line: LineId,
        /// Which field.
        field: String,
        /// The first unit.
        first_unit: u32,
        /// How many.
        units: u32,
        /// The line's units.
        accepted: u32,
    },
    /// More adjustments or taxes than a line may have.
    #[error("line `{line}` has {runs} {field}; accepted: at most {accepted}")]
    TooManyRuns {
        /// The line.
        line: LineId,
        /// Which field.
        field: String,
        /// How many it has.
        runs: usize,
        /// At most this many.
        accepted: usize,
    },
    /// A charge that cannot be.
    #[error("charge {index} is {amount} with tax {tax}; accepted: zero or more, tax within it")]
    BadCharge {
        /// Its place.
        index: usize,
        /// Its amount.
        amount: Money,
        /// Its tax.
        tax: Money,
    },
    /// A host's own kind of charge without a name, or with too long a one.
    #[error("the kind of charge {index} has {bytes} bytes; accepted: 1 to {accepted}")]
    BadChargeKind {
        /// The charge's place.
        index: usize,
        /// How long the name is.
        bytes: usize,
        /// At most this long.
        accepted: usize,
    },
    /// A charge for a line that is not there.
    #[error("charge {index} is for line `{line}`, which is not there")]
    ChargeForUnknownLine {
        /// Its place.
        index: usize,
        /// The line it names.
        line: LineId,
    },
    /// More than any order may be worth.
    #[error("it is worth {total_minor} minor units; accepted: at most {accepted_minor}")]
    TooMuch {
        /// What it is worth.
        total_minor: i64,
        /// The most accepted.
        accepted_minor: i64,
    },
    /// A presale that cannot be.
    #[error(
        "a deposit of {deposit} by {deposit_by}, the balance by {balance_by}: accepted is more than zero, at most {accepted_minor} minor units, balance not before deposit"
    )]
    BadPresale {
        /// The deposit.
        deposit: Money,
        /// The most it can be.
        accepted_minor: i64,
        /// Its deadline.
        deposit_by: DateTime<Utc>,
        /// The balance's deadline.
        balance_by: DateTime<Utc>,
    },
    /// Something is to be shipped nowhere.
    #[error("it ships goods, but has no destination")]
    NoDestination,
    /// Too many or too long notes.
    #[error("{entries} notes are too many or too long; accepted: 64 of at most 64 and 1024 bytes")]
    NotesTooLong {
        /// How many there are.
        entries: usize,
    },
    /// The money, or the deposit, was to be there before the order was placed.
    #[error("it was to be paid by {pay_by} and is placed at {at}; accepted: a later deadline")]
    PayByPassed {
        /// The deadline; the instant itself is too late.
        pay_by: DateTime<Utc>,
        /// When it was placed.
        at: DateTime<Utc>,
    },
    /// An order that replaces its own goods.
    #[error("order `{order}` is linked to itself; accepted: the order whose goods it replaces")]
    LinkedToItself {
        /// Its id.
        order: OrderId,
    },
    /// A policy that tolerates less than nothing, or anything.
    #[error("the policy tolerates {given} minor units too little; accepted: 0 to {accepted}")]
    BadTolerance {
        /// `short_tolerance_minor`.
        given: i64,
        /// At most this.
        accepted: i64,
    },
}

/// A stored history that cannot have happened.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, thiserror::Error)]
#[error("event {index} cannot follow: {problem}")]
pub struct CorruptHistory {
    /// The first event that cannot follow, from 0.
    pub index: u64,
    /// Why not.
    pub problem: String,
}

/// A snapshot that cannot be taken over.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ImportError {
    /// What was stored is no snapshot.
    #[error("no snapshot can be read: {problem}")]
    Unreadable {
        /// Why not.
        problem: String,
    },
    /// A format that this version of the crate does not know.
    #[error("snapshot version {given} is unknown; accepted: 1 to {accepted}")]
    UnknownVersion {
        /// What was given.
        given: u64,
        /// The newest that is accepted.
        accepted: u16,
    },
    /// The state breaks an invariant.
    #[error("the state breaks its invariants: {}", list(.broken))]
    Broken {
        /// Each as a sentence that names the place and the values.
        broken: Vec<Violation>,
    },
}

/// An invariant that does not hold.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct Violation {
    /// Where, as a path into the state.
    pub place: String,
    /// What is wrong there.
    pub problem: String,
}

fn list<T: std::fmt::Display>(items: &[T]) -> String {
    if items.is_empty() {
        return "none".to_owned();
    }
    items.iter().map(T::to_string).collect::<Vec<_>>().join(", ")
}

impl OrderRefusal {
    /// A stable code for translation tables and statistics.
    pub const fn code(&self) -> &'static str {
        match self {
            OrderRefusal::Invalid { .. } => "order.invalid",
            OrderRefusal::Stale { .. } => "order.stale",
            OrderRefusal::UnknownLine { .. } => "order.unknown_line",
            OrderRefusal::UnknownIntent { .. } => "order.unknown_intent",
            OrderRefusal::UnknownCase { .. } => "order.unknown_case",
            OrderRefusal::EmptyEdit => "order.empty_edit",
            OrderRefusal::NotOpen { .. } => "order.not_open",
            OrderRefusal::NoLinkedId { .. } => "order.no_linked_id",
            OrderRefusal::Hold { .. } => "order.hold",
            OrderRefusal::Units { .. } => "order.units",
            OrderRefusal::BadEdit { .. } => "order.bad_edit",
            OrderRefusal::NotCovered { .. } => "order.not_covered",
            OrderRefusal::Amount { .. } => "order.amount",
            OrderRefusal::Credits { .. } => "order.credits",
        }
    }
}

impl ImportError {
    /// A stable code for translation tables and statistics.
    pub const fn code(&self) -> &'static str {
        match self {
            ImportError::Unreadable { .. } => "import.unreadable",
            ImportError::UnknownVersion { .. } => "import.unknown_version",
            ImportError::Broken { .. } => "import.broken",
        }
    }
}

impl PlacementProblem {
    /// A stable code for translation tables and statistics.
    pub const fn code(&self) -> &'static str {
        match self {
            PlacementProblem::NoLines => "placement.no_lines",
            PlacementProblem::DuplicateLine { .. } => "placement.duplicate_line",
            PlacementProblem::BadUnits { .. } => "placement.bad_units",
            PlacementProblem::ForeignCurrency { .. } => "placement.foreign_currency",
            PlacementProblem::BadPrice { .. } => "placement.bad_price",
            PlacementProblem::RunOutsideLine { .. } => "placement.run_outside_line",
            PlacementProblem::TooManyRuns { .. } => "placement.too_many_runs",
            PlacementProblem::BadCharge { .. } => "placement.bad_charge",
            PlacementProblem::BadChargeKind { .. } => "placement.bad_charge_kind",
            PlacementProblem::ChargeForUnknownLine { .. } => "placement.charge_for_unknown_line",
            PlacementProblem::TooMuch { .. } => "placement.too_much",
            PlacementProblem::BadPresale { .. } => "placement.bad_presale",
            PlacementProblem::NoDestination => "placement.no_destination",
            PlacementProblem::NotesTooLong { .. } => "placement.notes_too_long",
            PlacementProblem::PayByPassed { .. } => "placement.pay_by_passed",
            PlacementProblem::LinkedToItself { .. } => "placement.linked_to_itself",
            PlacementProblem::BadTolerance { .. } => "placement.bad_tolerance",
        }
    }
}
