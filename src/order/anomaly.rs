use serde::{Deserialize, Serialize};

use super::{NoticeReason, named::named};
use crate::{
    id::{IntentId, LineId, ParcelId},
    money::Money,
};

/// A fact that did not fit, or time that ran out: written down, never thrown away, with what to do next.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Anomaly {
    /// What is odd.
    pub kind: AnomalyKind,
    /// What leads on from here.
    pub next: NextStep,
    /// What it is about.
    pub about: Subject,
    /// The amount in question, where there is one.
    #[serde(default)]
    pub amount: Option<Money>,
    /// The number of units in question, where there is one.
    #[serde(default)]
    pub units: Option<u32>,
}

/// What an anomaly is about.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Subject {
    /// The order as a whole.
    Order,
    /// A tender.
    Intent {
        /// Its intent.
        intent: IntentId,
    },
    /// A line.
    Line {
        /// Its id.
        line: LineId,
    },
    /// A parcel.
    Parcel {
        /// Its id.
        parcel: ParcelId,
    },
}

named! {
    /// What is odd. [`AnomalyKind::next_steps`] and [`AnomalyKind::notice`] say what may follow.
    AnomalyKind {
        /// The money did not come in time; `amount`: what is missing.
        Timeout = "timeout",
        /// A tender brought less than asked; `amount`: what is missing.
        AmountShort = "amount_short",
        /// A tender brought more than asked; `amount`: the excess.
        AmountOver = "amount_over",
        /// The money came in another currency; it is kept in `unexplained`.
        CurrencyMismatch = "currency_mismatch",
        /// The same callback came again (only told by [`super::payment::Unmatched`]; an order answers with a reason).
        DuplicateCallback = "duplicate_callback",
        /// A tender that was fully captured was captured again; `amount`: all of it.
        DuplicateCapture = "duplicate_capture",
        /// Money came after the order had ended; `amount`: all of it.
        LateSuccess = "late_success",
        /// Money for an order that nobody knows.
        UnknownOrder = "unknown_order",
        /// Money for a tender that the order does not have; it is kept in `unexplained`.
        UnknownIntent = "unknown_intent",
        /// An earlier step was told after a later one.
        OutOfOrder = "out_of_order",
        /// The bank said no.
        AuthorisationFailed = "authorisation_failed",
        /// An authorisation ran out before it was captured; `amount`: what was open.
        AuthorisationExpired = "authorisation_expired",
        /// Taking authorised money failed.
        CaptureFailed = "capture_failed",
        /// Giving up authorised money failed.
        VoidFailed = "void_failed",
        /// Sending money back failed.
        RefundFailed = "refund_failed",
        /// More would have gone back than was captured; `amount`: the excess. Kept in `unexplained`.
        RefundOverCaptured = "refund_over_captured",
        /// The customer's bank disputes a payment.
        ChargebackOpened = "chargeback_opened",
        /// The dispute was won.
        ChargebackWon = "chargeback_won",
        /// The dispute was lost.
        ChargebackLost = "chargeback_lost",
        /// A bank took back more than the tender still held; `amount`: the excess, kept in `unexplained`.
        ChargebackOverCaptured = "chargeback_over_captured",
        /// Money went back that the order had not asked to send; `amount`: that much.
        UnaskedRefund = "unasked_refund",
        /// An authorisation was given up that the goods still need; `amount`: that much.
        UnaskedVoid = "unasked_void",
        /// An amount that cannot be: zero, negative, or beyond any order.
        ImplausibleAmount = "implausible_amount",
        /// A fact says that it happened long before the order or after it was told.
        ImplausibleTime = "implausible_time",
        /// Goods of an order that is not covered left the house.
        ShippedUnpaid = "shipped_unpaid",
        /// Units that had ended were shipped or delivered; `units`: how many.
        ShippedAfterCancel = "shipped_after_cancel",
        /// A recall was overtaken; `units`: how many.
        RecallOvertaken = "recall_overtaken",
        /// A fact names more units than can have done this; `units`: how many too many.
        MoreUnits = "more_units",
        /// A fact does not belong to the line's fulfilment method, or to its stage.
        DoesNotFit = "does_not_fit",
        /// A fact names a line that the order does not have.
        UnknownLine = "unknown_line",
        /// A fact names a parcel that has not been shipped.
        UnknownParcel = "unknown_parcel",
        /// A parcel was delivered twice.
        DeliveredTwice = "delivered_twice",
        /// The carrier could not deliver.
        DeliveryFailed = "delivery_failed",
        /// The carrier lost a parcel.
        ParcelLost = "parcel_lost",
        /// The warehouse found too few; `units`: how many are missing.
        PickedShort = "picked_short",
        /// A warehouse fact skipped stages (strict policy only).
        StageSkipped = "stage_skipped",
        /// The warehouse moved units of an order on hold.
        MovedOnHold = "moved_on_hold",
        /// The warehouse or the carrier would not stop the units.
        RecallRefused = "recall_refused",
        /// Goods came back that nobody had asked to return.
        UnaskedReturn = "unasked_return",
        /// An approved return did not arrive in time.
        ReturnMissing = "return_missing",
        /// A unit came back damaged.
        CameBackDamaged = "came_back_damaged",
        /// Nobody came for it.
        PickUpLapsed = "pick_up_lapsed",
        /// Money is still due although everything was delivered; `amount`: how much.
        UnpaidAfterDelivery = "unpaid_after_delivery",
        /// An answer about stock that nobody had asked for.
        UnaskedStockAnswer = "unasked_stock_answer",
    }
}

named! {
    /// What leads on from an anomaly. The order does what is its own (its effects are in the same decision);
    /// the rest is told to people or to the host.
    NextStep {
        /// The order was cancelled; stock is released, money goes back.
        CancelAndRelease = "cancel_and_release",
        /// Ask the customer for the rest.
        AskBalance = "ask_balance",
        /// The money goes back.
        Refund = "refund",
        /// Only what was asked will be captured.
        CaptureOnlyAmount = "capture_only_amount",
        /// People look at it.
        Review = "review",
        /// Nothing to do.
        Ignore = "ignore",
        /// The authorisation is given up.
        Void = "void",
        /// Stock was asked for; if it is held, the order opens again.
        TryReinstate = "try_reinstate",
        /// The money is parked until somebody finds its order.
        ParkUnmatched = "park_unmatched",
        /// It is written down; nothing follows.
        RecordOnly = "record_only",
        /// The capture is tried again.
        RetryCapture = "retry_capture",
        /// The void is tried again.
        RetryVoid = "retry_void",
        /// The refund is tried again, then people do it by hand.
        RetryThenManual = "retry_then_manual",
        /// The tender is authorised again.
        AuthoriseAgain = "authorise_again",
        /// Ask the customer for another way to pay.
        AskOtherMethod = "ask_other_method",
        /// Nothing more leaves the house.
        HoldShipment = "hold_shipment",
        /// Send the proof of delivery to the bank.
        SubmitEvidence = "submit_evidence",
        /// Go on as before.
        Resume = "resume",
        /// The money is gone; the case is closed.
        CloseAsLoss = "close_as_loss",
        /// Stop the goods.
        RecallGoods = "recall_goods",
        /// Wait for the step that must have come before.
        AwaitEarlierStep = "await_earlier_step",
        /// Count the shelf and source the units elsewhere, or cancel them.
        SourceAgain = "source_again",
        /// Re-ship or refund.
        ReshipOrRefund = "reship_or_refund",
        /// The carrier tries again or brings it back.
        AwaitCarrier = "await_carrier",
        /// Inspect what came back.
        Inspect = "inspect",
        /// The units stay with the customer.
        KeepSold = "keep_sold",
        /// The units go back to stock and the money back to the customer.
        ReturnToStock = "return_to_stock",
    }
}

impl AnomalyKind {
    /// The steps that may lead on from this kind; the anomaly itself says which one it is.
    pub const fn next_steps(self) -> &'static [NextStep] {
        use NextStep as N;
        match self {
            AnomalyKind::Timeout => &[N::CancelAndRelease, N::AskBalance],
            AnomalyKind::AmountShort | AnomalyKind::UnpaidAfterDelivery | AnomalyKind::ShippedUnpaid => {
                &[N::AskBalance]
            }
            AnomalyKind::AmountOver => &[N::Refund, N::CaptureOnlyAmount],
            AnomalyKind::CurrencyMismatch
            | AnomalyKind::RefundOverCaptured
            | AnomalyKind::ChargebackOverCaptured
            | AnomalyKind::ImplausibleAmount
            | AnomalyKind::UnknownLine
            | AnomalyKind::MoreUnits
            | AnomalyKind::DeliveredTwice
            | AnomalyKind::DoesNotFit => &[N::Review],
            AnomalyKind::DuplicateCallback => &[N::Ignore],
            AnomalyKind::DuplicateCapture => &[N::Refund],
            AnomalyKind::LateSuccess => &[N::Refund, N::Void, N::TryReinstate],
            AnomalyKind::UnknownOrder | AnomalyKind::UnknownIntent => &[N::ParkUnmatched],
            AnomalyKind::OutOfOrder
            | AnomalyKind::ImplausibleTime
            | AnomalyKind::StageSkipped
            | AnomalyKind::UnaskedStockAnswer => &[N::RecordOnly],
            AnomalyKind::UnaskedRefund => &[N::AskBalance, N::Review],
            AnomalyKind::AuthorisationFailed | AnomalyKind::UnaskedVoid => &[N::AskOtherMethod],
            AnomalyKind::AuthorisationExpired => &[N::AuthoriseAgain],
            AnomalyKind::CaptureFailed => &[N::RetryCapture],
            AnomalyKind::VoidFailed => &[N::RetryVoid],
            AnomalyKind::RefundFailed => &[N::RetryThenManual],
            AnomalyKind::ChargebackOpened => &[N::HoldShipment, N::SubmitEvidence],
            AnomalyKind::ChargebackWon => &[N::Resume],
            AnomalyKind::ChargebackLost => &[N::CloseAsLoss],
            AnomalyKind::ShippedAfterCancel | AnomalyKind::MovedOnHold => &[N::RecallGoods],
            AnomalyKind::RecallOvertaken | AnomalyKind::RecallRefused | AnomalyKind::ReturnMissing => {
                &[N::KeepSold]
            }
            AnomalyKind::UnknownParcel => &[N::AwaitEarlierStep],
            AnomalyKind::DeliveryFailed => &[N::AwaitCarrier],
            AnomalyKind::ParcelLost => &[N::ReshipOrRefund],
            AnomalyKind::PickedShort => &[N::SourceAgain],
            AnomalyKind::UnaskedReturn => &[N::Inspect],
            AnomalyKind::CameBackDamaged => &[N::Review],
            AnomalyKind::PickUpLapsed => &[N::ReturnToStock],
        }
    }

    /// Who is told about it, once per reason and subject; `None`: nobody needs to be.
    pub const fn notice(self) -> Option<NoticeReason> {
        match self {
            AnomalyKind::Timeout => Some(NoticeReason::PaymentTimedOut),
            AnomalyKind::AmountShort | AnomalyKind::ShippedUnpaid | AnomalyKind::UnpaidAfterDelivery => {
                Some(NoticeReason::BalanceDue)
            }
            AnomalyKind::AuthorisationFailed | AnomalyKind::UnaskedVoid => Some(NoticeReason::PaymentFailed),
            AnomalyKind::AuthorisationExpired => Some(NoticeReason::AuthorisationExpired),
            AnomalyKind::DuplicateCapture | AnomalyKind::AmountOver => Some(NoticeReason::PaidTooMuch),
            AnomalyKind::LateSuccess => Some(NoticeReason::PaidTooLate),
            AnomalyKind::CaptureFailed
            | AnomalyKind::VoidFailed
            | AnomalyKind::RefundFailed
            | AnomalyKind::RefundOverCaptured
            | AnomalyKind::ChargebackOverCaptured
            | AnomalyKind::UnaskedRefund
            | AnomalyKind::CurrencyMismatch
            | AnomalyKind::UnknownIntent
            | AnomalyKind::UnknownOrder
            | AnomalyKind::ImplausibleAmount => Some(NoticeReason::PaymentNeedsReview),
            AnomalyKind::ChargebackOpened => Some(NoticeReason::ChargebackOpened),
            AnomalyKind::ChargebackWon | AnomalyKind::ChargebackLost => Some(NoticeReason::ChargebackClosed),
            AnomalyKind::ShippedAfterCancel
            | AnomalyKind::MovedOnHold
            | AnomalyKind::MoreUnits
            | AnomalyKind::UnknownLine
            | AnomalyKind::DoesNotFit
            | AnomalyKind::DeliveredTwice
            | AnomalyKind::CameBackDamaged
            | AnomalyKind::UnaskedReturn
            | AnomalyKind::PickedShort => Some(NoticeReason::WarehouseNeedsReview),
            AnomalyKind::DeliveryFailed => Some(NoticeReason::DeliveryFailed),
            AnomalyKind::ParcelLost => Some(NoticeReason::ParcelLost),
            AnomalyKind::RecallRefused | AnomalyKind::RecallOvertaken => Some(NoticeReason::CannotCancel),
            AnomalyKind::ReturnMissing => Some(NoticeReason::ReturnMissing),
            AnomalyKind::PickUpLapsed => Some(NoticeReason::PickUpLapsed),
            AnomalyKind::DuplicateCallback
            | AnomalyKind::OutOfOrder
            | AnomalyKind::ImplausibleTime
            | AnomalyKind::UnknownParcel
            | AnomalyKind::StageSkipped
            | AnomalyKind::UnaskedStockAnswer => None,
        }
    }
}

impl Anomaly {
    pub(super) fn new(kind: AnomalyKind, next: NextStep, about: Subject) -> Self {
        Self { kind, next, about, amount: None, units: None }
    }

    pub(super) fn amount(self, amount: Money) -> Self {
        Self { amount: Some(amount), ..self }
    }

    pub(super) fn units(self, units: u32) -> Self {
        Self { units: Some(units), ..self }
    }
}
