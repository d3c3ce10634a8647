use serde::{Deserialize, Serialize};

use super::{Channels, Condition, LinkKind, Subject, named::named};
use crate::{
    id::{EffectId, IntentId, LineId, OrderId, ParcelId, Sku},
    money::Money,
};

/// What the host must do because of a decision: at least once, in order. Effects name ids, units and amounts
/// only. The effect's id ([`super::OrderDecision`] and [`super::Order::effect_id`]) is the idempotency key.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum OrderEffect {
    /// Ask the bank to reserve money; answer with `Authorised` or `AuthorisationFailed` (or, where the
    /// method knows no authorisation, with `Captured`).
    Authorise {
        /// The tender.
        intent: IntentId,
        /// How much.
        amount: Money,
    },
    /// Take authorised money.
    Capture {
        /// The tender.
        intent: IntentId,
        /// How much.
        amount: Money,
        /// Whether the rest is given up.
        last: bool,
    },
    /// Give up authorised money, or what has not been authorised yet.
    Void {
        /// The tender.
        intent: IntentId,
        /// How much.
        amount: Money,
    },
    /// Send money back.
    Refund {
        /// The tender.
        intent: IntentId,
        /// How much.
        amount: Money,
    },
    /// Stop a refund that is no longer to be made, if it has not gone out yet.
    WithdrawRefund {
        /// The tender.
        intent: IntentId,
        /// How much.
        amount: Money,
    },
    /// Tell somebody; wording belongs to the host.
    Notify {
        /// What about.
        notice: Notice,
    },
    /// The order is covered: make its reservation firm.
    ConfirmReservation,
    /// Money came late: try to hold the stock again, and answer `StockHeld` or `StockGone`.
    TryReinstate,
    /// Held units are no longer wanted.
    ReleaseUnits {
        /// The line.
        line: LineId,
        /// How many.
        units: u32,
    },
    /// Held units have left for good.
    UseUnits {
        /// The line.
        line: LineId,
        /// How many.
        units: u32,
    },
    /// Used units are back.
    GiveBackUnits {
        /// The line.
        line: LineId,
        /// How many.
        units: u32,
        /// In which state.
        condition: Condition,
    },
    /// More units of a line are wanted after an edit.
    ReserveMore {
        /// The line.
        line: LineId,
        /// How many more.
        units: u32,
    },
    /// The warehouse may begin.
    RequestPick,
    /// The order is on hold: the warehouse must not begin what it has not begun.
    WithholdPick,
    /// Stop units on their way.
    RequestRecall {
        /// The line.
        line: LineId,
        /// How many.
        units: u32,
        /// The parcel they are in, where they are in one.
        parcel: Option<ParcelId>,
    },
    /// Hand out digital goods.
    Grant {
        /// The line.
        line: LineId,
        /// How many.
        units: u32,
    },
    /// Take digital goods back.
    RevokeGrant {
        /// The line.
        line: LineId,
        /// How many.
        units: u32,
    },
    /// People must look at it: the order has done what it could.
    OpenTicket {
        /// What about.
        about: Subject,
        /// Why.
        reason: TicketReason,
    },
    /// Place an order under this id for the goods; link it to this one by `Placement::link`.
    PlaceLinked {
        /// The new order's id, derived from this one's.
        order: OrderId,
        /// Why.
        why: LinkKind,
        /// The line whose units are replaced.
        line: LineId,
        /// What to send.
        sku: Sku,
        /// How many.
        units: u32,
    },
}

/// Something that somebody should know, typed; wording, language and address belong to the host.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// What it is about.
    pub reason: NoticeReason,
    /// Who should know.
    pub to: Audience,
    /// By which ways.
    pub via: Channels,
    /// Which part of the order.
    pub about: Subject,
    /// The amount in question, where there is one.
    #[serde(default)]
    pub amount: Option<Money>,
}

/// Who should know.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// The customer.
    Customer,
    /// The host's own people.
    Operations,
}

named! {
    /// What a notice is about.
    NoticeReason {
        /// The order was placed.
        OrderPlaced = "order_placed",
        /// The order is confirmed.
        OrderConfirmed = "order_confirmed",
        /// The order is on hold.
        OrderHeld = "order_held",
        /// The order, or units of it, are cancelled.
        Cancelled = "cancelled",
        /// The units could not be stopped.
        CannotCancel = "cannot_cancel",
        /// The order was opened again after late money.
        Reinstated = "reinstated",
        /// The customer has to do something at the bank.
        PaymentAction = "payment_action",
        /// The money did not come in time.
        PaymentTimedOut = "payment_timed_out",
        /// The bank said no.
        PaymentFailed = "payment_failed",
        /// Money is missing.
        BalanceDue = "balance_due",
        /// An authorisation ran out.
        AuthorisationExpired = "authorisation_expired",
        /// Too much was paid; it goes back.
        PaidTooMuch = "paid_too_much",
        /// Money came after the order had ended.
        PaidTooLate = "paid_too_late",
        /// A payment needs people.
        PaymentNeedsReview = "payment_needs_review",
        /// Money is on its way back.
        RefundStarted = "refund_started",
        /// Money is back.
        Refunded = "refunded",
        /// A chargeback was opened.
        ChargebackOpened = "chargeback_opened",
        /// A chargeback was decided.
        ChargebackClosed = "chargeback_closed",
        /// A parcel left.
        Shipped = "shipped",
        /// A parcel arrived.
        Delivered = "delivered",
        /// The carrier tried in vain.
        DeliveryFailed = "delivery_failed",
        /// A parcel is lost.
        ParcelLost = "parcel_lost",
        /// It waits at the counter.
        ReadyForPickUp = "ready_for_pick_up",
        /// It was not collected.
        PickUpLapsed = "pick_up_lapsed",
        /// A return was asked for.
        ReturnRequested = "return_requested",
        /// A return was approved.
        ReturnApproved = "return_approved",
        /// A return was rejected.
        ReturnRejected = "return_rejected",
        /// An approved return did not arrive.
        ReturnMissing = "return_missing",
        /// The warehouse needs people.
        WarehouseNeedsReview = "warehouse_needs_review",
    }
}

named! {
    /// Why people must look at an order.
    TicketReason {
        /// A capture failed as often as the policy allows.
        CaptureFailed = "capture_failed",
        /// A void failed as often as the policy allows.
        VoidFailed = "void_failed",
        /// A refund failed as often as the policy allows.
        RefundFailed = "refund_failed",
        /// An amount, a currency or a tender that the order cannot explain.
        UnexplainedMoney = "unexplained_money",
        /// A refund has no tender left that could carry it.
        NoTenderForRefund = "no_tender_for_refund",
        /// A chargeback needs evidence.
        ChargebackEvidence = "chargeback_evidence",
        /// A parcel is lost.
        ParcelLost = "parcel_lost",
        /// Goods that should not have left.
        StrayGoods = "stray_goods",
        /// The warehouse could not find units.
        PickedShort = "picked_short",
        /// A customer wants to return or exchange.
        ReturnRequested = "return_requested",
        /// A unit came back damaged or unasked.
        ReturnOddity = "return_oddity",
    }
}

impl NoticeReason {
    /// Who should know.
    pub const fn audience(self) -> Audience {
        match self {
            NoticeReason::PaymentNeedsReview
            | NoticeReason::WarehouseNeedsReview
            | NoticeReason::ChargebackOpened
            | NoticeReason::ChargebackClosed => Audience::Operations,
            NoticeReason::OrderPlaced
            | NoticeReason::OrderConfirmed
            | NoticeReason::OrderHeld
            | NoticeReason::Cancelled
            | NoticeReason::CannotCancel
            | NoticeReason::Reinstated
            | NoticeReason::PaymentAction
            | NoticeReason::PaymentTimedOut
            | NoticeReason::PaymentFailed
            | NoticeReason::BalanceDue
            | NoticeReason::AuthorisationExpired
            | NoticeReason::PaidTooMuch
            | NoticeReason::PaidTooLate
            | NoticeReason::RefundStarted
            | NoticeReason::Refunded
            | NoticeReason::Shipped
            | NoticeReason::Delivered
            | NoticeReason::DeliveryFailed
            | NoticeReason::ParcelLost
            | NoticeReason::ReadyForPickUp
            | NoticeReason::PickUpLapsed
            | NoticeReason::ReturnRequested
            | NoticeReason::ReturnApproved
            | NoticeReason::ReturnRejected
            | NoticeReason::ReturnMissing => Audience::Customer,
        }
    }
}

/// The idempotency key of the `index`th effect of the decision that was made at `version`.
pub(super) fn effect_id(order: &OrderId, version: u64, index: u32) -> EffectId {
    EffectId::of_order(order, version, index)
}
