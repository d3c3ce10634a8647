//! What a cart costs: which promotions apply, in which combination, spread to the unit, with a reason for every one that
//! does not.
//!
//! A [`Promotion`] is made of a few parts that make all kinds: a [`Condition`] (what lines cost or count, who buys, when,
//! which code), and benefits ([`Benefit`]: which units × how much × at most). [`PromotionBook::compile`] checks them all at
//! once; [`PromotionBook::quote`] makes a [`Quote`].
//!
//! - *Which are applied?* By priority, or the best set, proven: [`Stacking`], [`Proof`].
//! - *Who gets how much off, who pays?* [`Quote::adjustments`]: per unit and funder, to the minor unit.
//! - *Why not this one?* [`Quote::not_applied`]: what failed and how far it is, or what barred it.
//! - *Used only as often as allowed?* [`Quote::claims`] are the legs that join the stock's in one reserve.
//! - *And afterwards?* [`Quote::refunds`] when units come back, [`recheck`] when prices move before the payment.
//! - *Codes:* [`coupon`]. *Kinds that the trade has names for:* [`presets`].
//!
//! Knows no customer table, no catalogue and no clock; what it is not told it does not ask for.
//!
//! **Invariant:** nothing goes below its floor price; what is off the units sums to what is off the lines, by every
//! promotion and by every funder; equal input gives an equal quote.

mod benefit;
mod book;
mod cart;
mod ceiling;
mod choose;
mod claims;
mod compile;
mod condition;
mod contradict;
pub mod coupon;
mod error;
mod filing;
mod filter;
mod fits;
mod give;
mod hints;
mod hopes;
mod host;
mod index;
mod judge;
mod matching;
mod model;
mod options;
mod policy;
pub mod presets;
mod protection;
mod quote;
mod quoting;
mod reason;
mod recheck;
mod refusing;
mod returns;
mod reuse;
mod search;
mod seen;
mod shelf;
mod spread;
mod state;
mod sums;
mod tax;
mod telling;
mod top_up;

pub use self::benefit::{Benefit, Give, Off, Pick, PickOrder, SetPart, ShippingOff, Step};
pub use self::book::PromotionBook;
pub use self::cart::{CODES_MAX, Cart, CartLine, Presented, ShippingPrice, Shopper, UNITS_MAX};
pub use self::compile::DEPTH_MAX;
pub use self::condition::{Bound, Condition, Measure};
pub use self::error::{CompileProblem, Flaw, QuoteError, ReturnRefusal};
pub use self::filter::Filter;
pub use self::hints::{Gap, Hint, Lack};
pub use self::host::HostCondition;
pub use self::model::{Base, Budget, FunderShare, Limits, Other, Phase, Promotion};
pub use self::policy::{
    Assign, CodeMatch, Objective, QuotePolicy, Remainder, Spread, Stacking, ThresholdBase, Work,
};
pub use self::protection::{
    Cheaper, Protected, ProtectedPrice, ProtectionPolicy, ProtectionRefusal, protect,
};
pub use self::quote::{
    Adjustment, Applied, Basis, Beaten, ChargeOff, Earned, Funded, Gift, NotApplied, Proof, Quote,
    QuotedLine, QuotedShipping, UnitRun, UnitsOff,
};
pub use self::reason::{CouponFault, Exclusion, PromotionReason, Unmet, UnmetPart};
pub use self::recheck::{Drift, DriftOutcome, DriftPolicy, OnLower, Recheck, recheck};
pub use self::returns::{Refund, ReturnPolicy, ReturnedUnits};
pub use self::state::Scratch;
pub use self::tax::{TaxBasis, TaxPolicy, TaxRefusal, TaxRounded, TaxedUnits};
pub use self::top_up::{AddOn, SUMS_MAX, TOP_UP_MAX, TopUpRefusal, top_up};
