//! Coupons: claims to a promotion, with a code.
//!
//! A [`Coupon`] says whose it is, when it is good and how often. What is counted (uses, uses a customer, a budget, money
//! off a customer) are pools of a reservation store, so the answer to *may this be used?* and the use itself are one step: [`Coupon::hold`],
//! [`Coupon::redeem`] and [`Coupon::give_back`] read what the store holds for the order and say what to ask of it.
//! [`CodeBatch`] makes codes that people can type, [`matches_code`] compares
//! them.
//!
//! **Invariant:** what is given back is exactly what the order's reservation held or used.

mod claim;
mod code;
mod error;
mod model;
mod policy;

pub use self::claim::{GiveBack, Hold, Redeem};
pub use self::code::{CodeBatch, CodeProblem, check_code, code_at, matches_code};
pub use self::error::CouponRefusal;
pub use self::model::Coupon;
pub use self::policy::{BudgetShort, ClaimPolicy, LateRedeem};
