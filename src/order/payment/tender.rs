use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{id::IntentId, money::Money, order::named::named};

named! {
    /// How a tender pays.
    Method {
        /// Credit card.
        Card = "card",
        /// Debit card.
        DebitCard = "debit_card",
        /// A slip or transfer that the customer pays at a bank; settles after days.
        BankSlip = "bank_slip",
        /// A wallet (app, account at a payment service).
        Wallet = "wallet",
        /// A voucher or gift card.
        Voucher = "voucher",
        /// Credit at the shop.
        StoreCredit = "store_credit",
        /// Cash at the door or the counter.
        CashOnDelivery = "cash_on_delivery",
    }
}

impl Method {
    /// Whether it is the shop's own money: refunds by [`super::RefundSplit::StoreCreditFirst`] begin there.
    pub const fn is_store_credit(self) -> bool {
        matches!(self, Method::Voucher | Method::StoreCredit)
    }
}

/// One way in which an order is paid, and how far it is. Amounts are minor units of the order's currency.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tender {
    /// Its id; effects and facts name it.
    pub intent: IntentId,
    /// How it pays.
    pub method: Method,
    /// The most it is asked for.
    pub amount_minor: i64,
    /// Authorised and neither captured nor given up.
    pub open_minor: i64,
    /// When the authorisation runs out.
    #[serde(default)]
    pub expires_at: Option<DateTime<Utc>>,
    /// Captures that were asked for and not answered yet.
    pub capturing_minor: i64,
    /// Captured so far, gross.
    pub captured_minor: i64,
    /// Voids that were asked for and not answered yet.
    pub voiding_minor: i64,
    /// Refunded so far.
    pub refunded_minor: i64,
    /// In open chargebacks.
    pub disputed_minor: i64,
    /// Lost in chargebacks.
    pub charged_back_minor: i64,
    /// What it waits for, if not for the bank's answer.
    #[serde(default)]
    pub waiting: Option<Waiting>,
    /// Whether it was ever authorised.
    pub was_authorised: bool,
    /// Whether any of it was ever voided.
    pub was_voided: bool,
    /// Whether no more money is to be expected on it: declined, run out, given up, or captured for good.
    pub closed: bool,
    /// Failures in a row.
    pub failures: u32,
}

/// What a tender waits for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "for", rename_all = "snake_case")]
pub enum Waiting {
    /// The customer has to do something.
    Action,
    /// The money is on its way.
    Settlement {
        /// When it is expected.
        expected_by: DateTime<Utc>,
    },
}

/// A refund that was asked for and is not yet made.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PendingRefund {
    /// The tender, by its place.
    pub tender: u32,
    /// How much is still to be made, in minor units.
    pub amount_minor: i64,
}

/// What changed about a tender, in an event.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "payment", rename_all = "snake_case")]
pub enum PaymentChange {
    /// It was opened.
    Opened {
        /// How it pays.
        method: Method,
        /// The most it is asked for.
        amount: Money,
    },
    /// The bank reserved this much.
    Authorised {
        /// How much is open now.
        amount: Money,
        /// Until when.
        expires_at: Option<DateTime<Utc>>,
    },
    /// The bank said no.
    AuthorisationFailed,
    /// The customer has to act.
    ActionRequired,
    /// The customer has acted.
    Resumed,
    /// The money is on its way.
    Settling {
        /// When it is expected.
        expected_by: DateTime<Utc>,
    },
    /// The authorisation ran out.
    Expired {
        /// What was open.
        amount: Money,
    },
    /// A capture was asked for.
    CaptureAsked {
        /// How much.
        amount: Money,
    },
    /// Money was taken.
    Captured {
        /// How much.
        amount: Money,
        /// Whether the rest was given up.
        last: bool,
    },
    /// A capture failed.
    CaptureFailed {
        /// How much.
        amount: Money,
    },
    /// A void was asked for.
    VoidAsked {
        /// How much.
        amount: Money,
    },
    /// Open money was given up.
    Voided {
        /// How much.
        amount: Money,
    },
    /// A void failed.
    VoidFailed {
        /// How much.
        amount: Money,
    },
    /// A refund was asked for.
    RefundAsked {
        /// How much.
        amount: Money,
    },
    /// A refund is no longer to be made.
    RefundWithdrawn {
        /// How much.
        amount: Money,
    },
    /// Money went back.
    Refunded {
        /// How much.
        amount: Money,
    },
    /// A refund failed; it is still to be made.
    RefundFailed {
        /// How much.
        amount: Money,
    },
    /// A chargeback was opened.
    ChargebackOpened {
        /// How much.
        amount: Money,
    },
    /// A chargeback was won.
    ChargebackWon {
        /// How much.
        amount: Money,
    },
    /// A chargeback was lost.
    ChargebackLost {
        /// How much.
        amount: Money,
    },
}

impl Tender {
    /// A new tender, before any answer.
    pub(crate) fn open(intent: IntentId, method: Method, amount_minor: i64) -> Self {
        Self {
            intent,
            method,
            amount_minor,
            open_minor: 0,
            expires_at: None,
            capturing_minor: 0,
            captured_minor: 0,
            voiding_minor: 0,
            refunded_minor: 0,
            disputed_minor: 0,
            charged_back_minor: 0,
            waiting: None,
            was_authorised: false,
            was_voided: false,
            closed: false,
            failures: 0,
        }
    }

    /// How much of what it was asked for is captured or promised: never more than was asked.
    pub fn cover_minor(&self) -> i64 {
        self.amount_minor.min(self.captured_minor.saturating_add(self.open_minor))
    }

    /// What it holds and could give back: captured and neither refunded nor lost.
    pub(crate) fn keeps_minor(&self) -> i64 {
        let gone = self.refunded_minor.saturating_add(self.charged_back_minor);
        self.captured_minor.saturating_sub(gone).max(0)
    }

    /// Authorised, and neither captured, given up, nor asked to be.
    pub(crate) fn free_minor(&self) -> i64 {
        self.open_minor.saturating_sub(self.capturing_minor).saturating_sub(self.voiding_minor)
    }

    /// Whether nothing is open or on its way on it, although it was asked for more than it brought.
    pub(crate) fn may_be_given_up(&self) -> bool {
        !self.closed
            && self.open_minor == 0
            && self.capturing_minor == 0
            && self.captured_minor < self.amount_minor
    }

    /// What may still be captured: never more than it was asked for in all.
    pub(crate) fn capture_room_minor(&self) -> i64 {
        let asked = self.captured_minor.saturating_add(self.capturing_minor);
        self.free_minor().min(self.amount_minor.saturating_sub(asked))
    }

    /// Whether money ever moved or was promised on it.
    pub(crate) fn had_success(&self) -> bool {
        self.was_authorised || self.is_past_authorisation()
    }

    /// Whether a capture, void or refund was told already.
    pub(crate) fn is_past_authorisation(&self) -> bool {
        self.captured_minor > 0 || self.was_voided || self.refunded_minor > 0
    }

    /// The effect of one change; total, saturating, never below zero.
    pub(crate) fn apply(&mut self, change: &PaymentChange) {
        let less = |sum: i64, part: Money| sum.saturating_sub(part.minor_units()).max(0);
        let more = |sum: i64, part: Money| sum.saturating_add(part.minor_units());
        match *change {
            PaymentChange::Opened { .. } => {}
            PaymentChange::Authorised { amount, expires_at } => {
                self.open_minor = amount.minor_units();
                self.expires_at = expires_at;
                self.was_authorised = true;
                self.closed = false;
                self.waiting = None;
                self.failures = 0;
            }
            PaymentChange::AuthorisationFailed => {
                self.waiting = None;
                self.closed = true;
            }
            PaymentChange::Resumed => self.waiting = None,
            PaymentChange::ActionRequired => self.waiting = Some(Waiting::Action),
            PaymentChange::Settling { expected_by } => {
                self.waiting = Some(Waiting::Settlement { expected_by });
            }
            PaymentChange::Expired { .. } => {
                self.open_minor = 0;
                self.closed = true;
                self.expires_at = None;
                self.capturing_minor = 0;
                self.voiding_minor = 0;
            }
            PaymentChange::CaptureAsked { amount } => {
                self.capturing_minor = more(self.capturing_minor, amount)
            }
            PaymentChange::Captured { amount, last } => {
                self.captured_minor = more(self.captured_minor, amount);
                self.capturing_minor = if last { 0 } else { less(self.capturing_minor, amount) };
                self.open_minor = if last { 0 } else { less(self.open_minor, amount) };
                self.closed |= last;
                self.waiting = None;
                self.failures = 0;
            }
            PaymentChange::CaptureFailed { amount } => {
                self.capturing_minor = less(self.capturing_minor, amount);
                self.failures = self.failures.saturating_add(1);
            }
            PaymentChange::VoidAsked { amount } => self.voiding_minor = more(self.voiding_minor, amount),
            PaymentChange::Voided { amount } => {
                self.open_minor = less(self.open_minor, amount);
                self.voiding_minor = less(self.voiding_minor, amount);
                self.was_voided = true;
                if self.open_minor == 0 {
                    self.closed = true;
                    self.waiting = None;
                }
                self.failures = 0;
            }
            PaymentChange::VoidFailed { amount } => {
                self.voiding_minor = less(self.voiding_minor, amount);
                self.failures = self.failures.saturating_add(1);
            }
            PaymentChange::RefundAsked { .. } | PaymentChange::RefundWithdrawn { .. } => {}
            PaymentChange::Refunded { amount } => {
                self.refunded_minor = more(self.refunded_minor, amount);
                self.failures = 0;
            }
            PaymentChange::RefundFailed { .. } => self.failures = self.failures.saturating_add(1),
            PaymentChange::ChargebackOpened { amount } => {
                self.disputed_minor = more(self.disputed_minor, amount)
            }
            PaymentChange::ChargebackWon { amount } => {
                self.disputed_minor = less(self.disputed_minor, amount)
            }
            PaymentChange::ChargebackLost { amount } => {
                self.disputed_minor = less(self.disputed_minor, amount);
                // At most what is there to take; the rest is kept beside the order.
                let lost = self.keeps_minor().min(amount.minor_units());
                self.charged_back_minor = self.charged_back_minor.saturating_add(lost);
            }
        }
        // What is no longer open can be neither captured nor given up: an answer will not come.
        self.capturing_minor = self.capturing_minor.min(self.open_minor);
        self.voiding_minor = self.voiding_minor.min(self.open_minor);
    }
}
