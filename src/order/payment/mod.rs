//! The money side of an order: tenders, captures, refunds, chargebacks, and everything odd about them.
//!
//! A tender is opened by a request and then told about by facts. Facts are never refused; amounts that the
//! order cannot explain are kept per currency, and money for an order that nobody knows goes to [`Unmatched`].
//! **Invariant:** on each tender, refunds made and pending never exceed what was captured.
mod fact;
mod record;
mod refund;
mod request;
mod tender;
mod unmatched;

pub use {
    fact::{Paid, PaymentFact, PaymentFactKind},
    refund::{RefundRoom, RefundSplit},
    tender::{Method, PaymentChange, PendingRefund, Tender, Waiting},
    unmatched::{Fate, Parked, Unmatched},
};
pub(in crate::order) use {
    record::{record, withdraw_refunds},
    request::{accept_short, capture, open_tender, resume_payment, void},
};
