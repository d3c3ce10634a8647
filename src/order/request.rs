use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Adjustment, UnitTax, named::named, payment::Method};
use crate::{
    decision::Version,
    geo::Destination,
    id::{IntentId, LineId, ReturnId, Sku},
    money::Money,
};

/// What somebody wants of an order. It may be refused.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderRequest {
    /// Refuse as stale unless the order stands at this version.
    #[serde(default)]
    pub if_version: Option<Version>,
    /// What is wanted.
    pub ask: Ask,
}

impl OrderRequest {
    /// The same request, refused unless the order stands at `version`.
    pub fn if_version(self, version: Version) -> Self {
        Self { if_version: Some(version), ..self }
    }
}

impl From<Ask> for OrderRequest {
    fn from(ask: Ask) -> Self {
        Self { if_version: None, ask }
    }
}

/// The kinds of request with what they need.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Ask {
    /// Confirm a covered order.
    Confirm,
    /// Change quantities, prices or the destination, before release.
    Edit {
        /// The lines to change.
        #[serde(default)]
        lines: Vec<LineEdit>,
        /// The new destination.
        #[serde(default)]
        ship_to: Option<Destination>,
    },
    /// Put the order on hold: nothing is handed to the warehouse until every reason is lifted.
    Hold {
        /// Why.
        reason: HoldReason,
    },
    /// Lift one reason.
    Unhold {
        /// Which.
        reason: HoldReason,
    },
    /// Cancel; after release it becomes a recall that the warehouse or the carrier may refuse.
    Cancel {
        /// How much.
        scope: Scope,
        /// What is credited for each unit.
        #[serde(default)]
        refundable: Refundable,
        /// Who or what wants it.
        reason: CancelReason,
    },
    /// Ask to send units back.
    RequestReturn {
        /// The line.
        line: LineId,
        /// How many.
        units: u32,
    },
    /// Allow a requested return or exchange.
    ApproveReturn {
        /// The case.
        case: ReturnId,
        /// What is credited for each unit, once it is back and inspected.
        #[serde(default)]
        refundable: Refundable,
    },
    /// Refuse a requested return or exchange: the units stay with the customer.
    RejectReturn {
        /// The case.
        case: ReturnId,
    },
    /// Ask to swap units for others, by a linked order.
    RequestExchange {
        /// The line.
        line: LineId,
        /// How many.
        units: u32,
        /// What the customer wants instead.
        replacement: Sku,
    },
    /// Send lost units again, by a linked order.
    Reship {
        /// The line.
        line: LineId,
        /// How many.
        units: u32,
    },
    /// Open a tender: a way to pay, for at most `amount`.
    OpenTender {
        /// How.
        method: Method,
        /// How much it may take.
        amount: Money,
    },
    /// Go on with a tender after the customer did what the bank wanted.
    ResumePayment {
        /// The tender's intent.
        intent: IntentId,
    },
    /// Take authorised money by hand.
    Capture {
        /// The tender's intent.
        intent: IntentId,
        /// How much.
        amount: Money,
        /// Whether the rest is given up.
        last: bool,
    },
    /// Give up authorised money, or a tender that never brought any.
    Void {
        /// The tender's intent.
        intent: IntentId,
        /// How much; `None`: all that is open, or the tender as a whole where nothing is.
        #[serde(default)]
        amount: Option<Money>,
    },
    /// Accept that the order is paid short by at most `up_to`: it counts as covered, and what is missing
    /// when everything has been delivered is written off.
    AcceptShort {
        /// At most this much.
        up_to: Money,
    },
}

named! {
    /// The kinds of request alone, for tables, refusals and diagrams.
    RequestKind {
        /// [`Ask::Confirm`].
        Confirm = "confirm",
        /// [`Ask::Edit`].
        Edit = "edit",
        /// [`Ask::Hold`].
        Hold = "hold",
        /// [`Ask::Unhold`].
        Unhold = "unhold",
        /// [`Ask::Cancel`].
        Cancel = "cancel",
        /// [`Ask::RequestReturn`].
        RequestReturn = "request_return",
        /// [`Ask::ApproveReturn`].
        ApproveReturn = "approve_return",
        /// [`Ask::RejectReturn`].
        RejectReturn = "reject_return",
        /// [`Ask::RequestExchange`].
        RequestExchange = "request_exchange",
        /// [`Ask::Reship`].
        Reship = "reship",
        /// [`Ask::OpenTender`].
        OpenTender = "open_tender",
        /// [`Ask::ResumePayment`].
        ResumePayment = "resume_payment",
        /// [`Ask::Capture`].
        Capture = "capture",
        /// [`Ask::Void`].
        Void = "void",
        /// [`Ask::AcceptShort`].
        AcceptShort = "accept_short",
    }
}

impl Ask {
    /// The kind without its payload.
    pub const fn kind(&self) -> RequestKind {
        match self {
            Ask::Confirm => RequestKind::Confirm,
            Ask::Edit { .. } => RequestKind::Edit,
            Ask::Hold { .. } => RequestKind::Hold,
            Ask::Unhold { .. } => RequestKind::Unhold,
            Ask::Cancel { .. } => RequestKind::Cancel,
            Ask::RequestReturn { .. } => RequestKind::RequestReturn,
            Ask::ApproveReturn { .. } => RequestKind::ApproveReturn,
            Ask::RejectReturn { .. } => RequestKind::RejectReturn,
            Ask::RequestExchange { .. } => RequestKind::RequestExchange,
            Ask::Reship { .. } => RequestKind::Reship,
            Ask::OpenTender { .. } => RequestKind::OpenTender,
            Ask::ResumePayment { .. } => RequestKind::ResumePayment,
            Ask::Capture { .. } => RequestKind::Capture,
            Ask::Void { .. } => RequestKind::Void,
            Ask::AcceptShort { .. } => RequestKind::AcceptShort,
        }
    }
}

/// A change to one line.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineEdit {
    /// The line.
    pub line: LineId,
    /// How many live units it has afterwards; fewer cancel the last ones, more are added at the end.
    pub units: u32,
    /// The new price of all live units; `None` keeps the old one (added units cost as much as the last live one).
    #[serde(default)]
    pub price: Option<LinePrice>,
}

/// A new price for the live units of a line; runs count these units from 0.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinePrice {
    /// List price of one unit.
    pub list: Money,
    /// What promotions take off.
    #[serde(default)]
    pub adjustments: Vec<Adjustment>,
    /// Tax.
    #[serde(default)]
    pub tax: Vec<UnitTax>,
}

/// How much of an order.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case", deny_unknown_fields)]
pub enum Scope {
    /// Every live unit; refused if some have reached the customer.
    Order,
    /// Every live unit of a line.
    Line {
        /// The line.
        line: LineId,
    },
    /// Some units of a line: the least advanced first, among these the last.
    Units {
        /// The line.
        line: LineId,
        /// How many.
        units: u32,
    },
}

/// What is credited for units that end.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refundable {
    /// What was paid for each, tax included.
    #[default]
    AsPaid,
    /// This much for each unit, in their order; never more than was paid for it.
    Given(Vec<Money>),
}

named! {
    /// Why an order is on hold.
    HoldReason {
        /// A fraud check is open.
        Fraud = "fraud",
        /// The address is in doubt.
        Address = "address",
        /// Money is missing after an edit, an expired authorisation, or money that left unasked; lifts itself when
        /// covered.
        Payment = "payment",
        /// A chargeback is open or lost; lifts itself when won.
        Chargeback = "chargeback",
        /// Stock is in doubt.
        Stock = "stock",
        /// The customer asked to wait.
        Customer = "customer",
        /// The host's own reason.
        Operations = "operations",
    }
}

/// Who or what cancels.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelReason {
    /// The customer.
    Customer,
    /// The seller.
    Seller,
    /// There is none left.
    OutOfStock,
    /// It looks like fraud.
    Fraud,
    /// The money did not come in time.
    PaymentTimeout,
}

impl OrderRequest {
    /// The version that the request expects, if the order does not stand there.
    pub(super) fn is_stale(&self, current: Version) -> Option<Version> {
        self.if_version.filter(|wanted| *wanted != current)
    }
}

/// A point in time that a request or fact carries, cut to whole microseconds.
pub(super) fn micros(at: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(at.timestamp_micros()).unwrap_or(at)
}
