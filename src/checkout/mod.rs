//! Can this order be placed as it stands? Every problem at once, each with where it is and what would do.
//!
//! [`validate`] looks at values that the host has gathered (cart, prices, stock, coupons, limits) and asks
//! nobody. So it can be wrong a moment later: what must hold when the order is placed (the last unit, the last
//! use of a coupon) is held by a reservation. This check is for telling a person everything before that, in one
//! go.
//!
//! A promotion quote becomes a placement by [`take_over`]; [`coupon_claims`] and [`limit_uses`] say of it what is
//! checked.
//!
//! **Invariant:** equal input and policy give equal problems in equal order; an empty answer means that no check
//! failed.

mod claimed;
mod input;
mod policy;
mod problem;
mod quoted;
mod validate;

#[cfg(test)]
mod tests;

pub use self::claimed::{coupon_claims, limit_uses};
pub use self::input::{CartLine, CheckoutInput, CouponClaim, CouponState, LimitUse, StockLevel, Tender};
pub use self::policy::{AmountRange, CheckoutPolicy, MethodRule, Tolerance, UncheckedAddress};
pub use self::problem::{CheckoutProblem, Problem};
pub use self::quoted::{QuoteMisfit, take_over};
pub use self::validate::validate;
pub use crate::order::payment::Method;
