//! Why a coupon is not held, redeemed or given back.

use chrono::{DateTime, Utc};

use crate::id::CouponId;
use crate::money::{Currency, Money};
use crate::reservation::{Pool, Refusal};

/// Why a coupon is not held, redeemed or given back. When several apply, the one that stands first here.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CouponRefusal {
    /// Another code.
    #[error("coupon `{coupon}` has another code; accepted: its own")]
    UnknownCode {
        /// Which coupon was compared with.
        coupon: CouponId,
    },
    /// Too early.
    #[error("coupon `{coupon}` is good from {from}; asked at {at}")]
    NotYetValid {
        /// Which.
        coupon: CouponId,
        /// When it begins.
        from: DateTime<Utc>,
        /// When it was asked.
        at: DateTime<Utc>,
    },
    /// Too late.
    #[error("coupon `{coupon}` was good until {until}; asked at {at}")]
    NoLongerValid {
        /// Which.
        coupon: CouponId,
        /// When it ended, grace included.
        until: DateTime<Utc>,
        /// When it was asked.
        at: DateTime<Utc>,
    },
    /// Somebody else's.
    #[error("coupon `{coupon}` belongs to somebody else; accepted: its owner")]
    NotOwner {
        /// Which.
        coupon: CouponId,
    },
    /// A guest, where customers are counted.
    #[error("coupon `{coupon}` is limited per customer; accepted: a customer, not a guest")]
    NoCustomer {
        /// Which.
        coupon: CouponId,
    },
    /// Its budget, or its amount per customer, is in another currency than the order.
    #[error("an amount in {given} for coupon `{coupon}`; accepted: {accepted}, as its own sums")]
    OtherCurrency {
        /// Which.
        coupon: CouponId,
        /// The order's currency.
        given: Currency,
        /// The coupon's.
        accepted: Currency,
    },
    /// A discount below nothing.
    #[error("a discount of {amount} by coupon `{coupon}`; accepted: 0 or more")]
    NegativeAmount {
        /// Which.
        coupon: CouponId,
        /// How much.
        amount: Money,
    },
    /// Used as often as it may be.
    #[error("{pool}: {wanted} wanted; accepted: up to what is left: {available}")]
    Limit {
        /// What is counted.
        pool: Pool,
        /// How much was wanted: uses, or minor units.
        wanted: i64,
        /// How much is left.
        available: i64,
    },
    /// The order holds none.
    #[error("coupon `{coupon}` is not held for this order; accepted: an order that holds it")]
    NotHeld {
        /// Which.
        coupon: CouponId,
    },
    /// The hold ran out before it was redeemed.
    #[error("the hold on coupon `{coupon}` has lapsed; accepted: a redemption in time, or a new hold")]
    HoldLapsed {
        /// Which.
        coupon: CouponId,
    },
    /// It is redeemed, and that is final by policy.
    #[error("coupon `{coupon}` is redeemed and not given back by policy; accepted: what is only held")]
    AlreadyRedeemed {
        /// Which.
        coupon: CouponId,
    },
}

impl CouponRefusal {
    /// The variant by its stable name, for logs and translations; of a limit, which one.
    pub const fn code(&self) -> &'static str {
        match self {
            CouponRefusal::UnknownCode { .. } => "unknown_code",
            CouponRefusal::NotYetValid { .. } => "not_yet_valid",
            CouponRefusal::NoLongerValid { .. } => "no_longer_valid",
            CouponRefusal::NotOwner { .. } => "not_owner",
            CouponRefusal::NoCustomer { .. } => "no_customer",
            CouponRefusal::OtherCurrency { .. } => "other_currency",
            CouponRefusal::NegativeAmount { .. } => "negative_amount",
            CouponRefusal::Limit { pool: Pool::UseBy { .. }, .. } => "customer_limit",
            CouponRefusal::Limit { pool: Pool::Budget { .. }, .. } => "budget",
            CouponRefusal::Limit { pool: Pool::BudgetBy { .. }, .. } => "customer_budget",
            CouponRefusal::Limit { .. } => "global_limit",
            CouponRefusal::NotHeld { .. } => "not_held",
            CouponRefusal::HoldLapsed { .. } => "hold_lapsed",
            CouponRefusal::AlreadyRedeemed { .. } => "already_redeemed",
        }
    }

    /// What the store's refusal of a coupon's legs means; `None` if it is about something else.
    pub fn from_store(refusal: &Refusal) -> Option<CouponRefusal> {
        match refusal {
            Refusal::Insufficient {
                pool:
                    pool @ (Pool::Use { .. } | Pool::UseBy { .. } | Pool::Budget { .. } | Pool::BudgetBy { .. }),
                wanted,
                available,
                ..
            } => Some(CouponRefusal::Limit { pool: pool.clone(), wanted: *wanted, available: *available }),
            _ => None,
        }
    }
}
