use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{id::IntentId, money::Money, order::named::named};

/// What a gateway, a bank or a cashier tells about one tender.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaymentFact {
    /// The tender's intent, as `OpenTender` named it.
    pub intent: IntentId,
    /// What happened.
    pub what: Paid,
}

/// The kinds of payment fact. Amounts are positive; anything else is written down as implausible.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "paid", rename_all = "snake_case", deny_unknown_fields)]
pub enum Paid {
    /// The bank reserved `amount`: that much is open from now on.
    Authorised {
        /// How much.
        amount: Money,
        /// Until when; the instant itself is too late. `None`: without limit.
        #[serde(default)]
        expires_at: Option<DateTime<Utc>>,
    },
    /// The bank said no.
    AuthorisationFailed {
        /// How much was asked.
        amount: Money,
    },
    /// The customer has to do something first (3-D Secure, a redirect, an app).
    ActionRequired,
    /// The money is on its way and will take days (bank slip, transfer).
    Settling {
        /// When it is expected.
        expected_by: DateTime<Utc>,
    },
    /// `amount` was taken.
    Captured {
        /// How much.
        amount: Money,
        /// Whether no further capture follows on this tender.
        last: bool,
    },
    /// Taking it failed; the authorisation stays open.
    CaptureFailed {
        /// How much was asked.
        amount: Money,
    },
    /// Open money was given up.
    Voided {
        /// How much; `None`: all that was open.
        #[serde(default)]
        amount: Option<Money>,
    },
    /// Giving it up failed; it stays open.
    VoidFailed {
        /// How much was asked.
        amount: Money,
    },
    /// `amount` went back to the customer.
    Refunded {
        /// How much.
        amount: Money,
    },
    /// Sending it back failed; it is still to be made.
    RefundFailed {
        /// How much was asked.
        amount: Money,
    },
    /// The customer's bank disputes `amount`.
    ChargebackOpened {
        /// How much.
        amount: Money,
    },
    /// The dispute was won: the money stays.
    ChargebackWon {
        /// How much.
        amount: Money,
    },
    /// The dispute was lost: the money is gone.
    ChargebackLost {
        /// How much.
        amount: Money,
    },
}

named! {
    /// The kinds of payment fact alone.
    PaymentFactKind {
        /// [`Paid::Authorised`].
        Authorised = "authorised",
        /// [`Paid::AuthorisationFailed`].
        AuthorisationFailed = "authorisation_failed",
        /// [`Paid::ActionRequired`].
        ActionRequired = "action_required",
        /// [`Paid::Settling`].
        Settling = "settling",
        /// [`Paid::Captured`].
        Captured = "captured",
        /// [`Paid::CaptureFailed`].
        CaptureFailed = "capture_failed",
        /// [`Paid::Voided`].
        Voided = "voided",
        /// [`Paid::VoidFailed`].
        VoidFailed = "void_failed",
        /// [`Paid::Refunded`].
        Refunded = "refunded",
        /// [`Paid::RefundFailed`].
        RefundFailed = "refund_failed",
        /// [`Paid::ChargebackOpened`].
        ChargebackOpened = "chargeback_opened",
        /// [`Paid::ChargebackWon`].
        ChargebackWon = "chargeback_won",
        /// [`Paid::ChargebackLost`].
        ChargebackLost = "chargeback_lost",
    }
}

impl Paid {
    /// The kind without its payload.
    pub const fn kind(&self) -> PaymentFactKind {
        match self {
            Paid::Authorised { .. } => PaymentFactKind::Authorised,
            Paid::AuthorisationFailed { .. } => PaymentFactKind::AuthorisationFailed,
            Paid::ActionRequired => PaymentFactKind::ActionRequired,
            Paid::Settling { .. } => PaymentFactKind::Settling,
            Paid::Captured { .. } => PaymentFactKind::Captured,
            Paid::CaptureFailed { .. } => PaymentFactKind::CaptureFailed,
            Paid::Voided { .. } => PaymentFactKind::Voided,
            Paid::VoidFailed { .. } => PaymentFactKind::VoidFailed,
            Paid::Refunded { .. } => PaymentFactKind::Refunded,
            Paid::RefundFailed { .. } => PaymentFactKind::RefundFailed,
            Paid::ChargebackOpened { .. } => PaymentFactKind::ChargebackOpened,
            Paid::ChargebackWon { .. } => PaymentFactKind::ChargebackWon,
            Paid::ChargebackLost { .. } => PaymentFactKind::ChargebackLost,
        }
    }

    /// The amount it names, if it names one.
    pub const fn amount(&self) -> Option<Money> {
        match self {
            Paid::Authorised { amount, .. }
            | Paid::AuthorisationFailed { amount }
            | Paid::Captured { amount, .. }
            | Paid::CaptureFailed { amount }
            | Paid::VoidFailed { amount }
            | Paid::Refunded { amount }
            | Paid::RefundFailed { amount }
            | Paid::ChargebackOpened { amount }
            | Paid::ChargebackWon { amount }
            | Paid::ChargebackLost { amount } => Some(*amount),
            Paid::Voided { amount } => *amount,
            Paid::ActionRequired | Paid::Settling { .. } => None,
        }
    }
}
