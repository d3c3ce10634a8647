//! Exact money: whole minor units of one currency, checked arithmetic, decimals only at the edges.
//!
//! Start at [`Money`]. [`prorate`] splits an amount so that the parts sum to the whole. Nothing here is a
//! float, nothing rounds unless a [`Rounding`] is given, and two currencies never meet silently: there is no
//! exchange, and `Money` has no order of its own, since euros are not less than yen.
//!
//! **Invariant:** an operation gives the exact result or an error; it never wraps, saturates or drops a digit.

mod amount;
mod currency;
mod error;
mod prorate;
mod rounding;

pub use self::amount::Money;
pub use self::currency::Currency;
pub use self::error::MoneyError;
pub use self::prorate::{prorate, prorate_minor_into};
pub use self::rounding::Rounding;
