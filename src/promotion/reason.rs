//! Why a promotion is not applied, as data.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::id::PromotionId;
use crate::money::{Currency, Money};
use crate::promotion::Measure;

/// Why a promotion is not applied: the first that fits, judged at its turn.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum PromotionReason {
    /// Its amounts are in another currency than the cart.
    OtherCurrency {
        /// In which.
        currency: Currency,
    },
    /// A condition does not hold.
    ConditionNotMet {
        /// Where the first that fails stands: the place in its `all` or `any`, then within that, and so on. Empty: the
        /// whole condition. For an `any` stands the alternative that lacks least; a `not` is named itself.
        at: Vec<u32>,
        /// Its kind, as the wire form of conditions names it.
        condition: String,
        /// How far it is from holding.
        unmet: Unmet,
        /// What else fails, in order.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        also: Vec<UnmetPart>,
    },
    /// Another one bars it.
    Excluded {
        /// By which rule.
        by: Exclusion,
    },
    /// It would give nothing.
    NoEffect,
    /// It could be added, but the best set goes without.
    NotChosen {
        /// What the chosen set takes off.
        chosen: Money,
        /// What it would take off with this one added.
        with_it: Money,
    },
}

impl PromotionReason {
    /// A stable code for translation tables.
    pub const fn code(&self) -> &'static str {
        match self {
            PromotionReason::OtherCurrency { .. } => "promotion.other_currency",
            PromotionReason::ConditionNotMet { .. } => "promotion.condition_not_met",
            PromotionReason::Excluded { .. } => "promotion.excluded",
            PromotionReason::NoEffect => "promotion.no_effect",
            PromotionReason::NotChosen { .. } => "promotion.not_chosen",
        }
    }
}

/// A part of a condition that does not hold.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnmetPart {
    /// Where it stands, as in [`PromotionReason::ConditionNotMet`].
    pub at: Vec<u32>,
    /// Its kind, as the wire form of conditions names it.
    pub condition: String,
    /// How far it is from holding.
    pub unmet: Unmet,
}

/// How far a condition is from holding.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "unmet", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Unmet {
    /// Lines cost too little together; the difference is what to add to reach it.
    ShortOfAmount {
        /// What they cost.
        have: Money,
        /// What is needed.
        need: Money,
    },
    /// Lines cost too much together.
    OverAmount {
        /// What they cost.
        have: Money,
        /// What is allowed.
        most: Money,
    },
    /// Too little of something.
    ShortOf {
        /// Of what.
        measure: Measure,
        /// How much there is.
        have: u64,
        /// How much is needed.
        need: u64,
    },
    /// Too much of something.
    Over {
        /// Of what.
        measure: Measure,
        /// How much there is.
        have: u64,
        /// How much is allowed.
        most: u64,
    },
    /// Another number of orders before.
    Orders {
        /// How many there were.
        have: u64,
    },
    /// Another number that the host keeps of the shopper.
    History {
        /// What it is.
        have: u64,
    },
    /// It has not begun.
    NotYet {
        /// When it begins.
        from: DateTime<Utc>,
    },
    /// It is over.
    Ended {
        /// Since when.
        until: DateTime<Utc>,
    },
    /// Not at this hour or on this day.
    NotNow,
    /// The shopper, the order or the payment is another.
    Otherwise,
    /// The code was not presented.
    NotPresented,
    /// The coupon was presented, but is not good.
    Coupon {
        /// Why.
        why: CouponFault,
    },
}

/// Why a coupon that was presented is not good.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CouponFault {
    /// Another code was entered than the coupon's.
    UnknownCode,
    /// Its time has not begun.
    NotYetValid,
    /// Its time is over.
    NoLongerValid,
    /// It belongs to somebody else.
    NotOwner,
    /// It is limited per customer and the shopper is a guest.
    NoCustomer,
    /// Its budget is in another currency than the cart.
    OtherCurrency,
}

/// What bars a promotion.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Exclusion {
    /// One of its group is applied.
    Group {
        /// The group.
        group: String,
        /// Which one.
        promotion: PromotionId,
    },
    /// An exclusive one is applied.
    Exclusive {
        /// Which.
        promotion: PromotionId,
    },
    /// It is exclusive itself, and others are applied.
    NotAlone,
    /// One is applied that bars it by name, or that it bars.
    NotWith {
        /// Which.
        promotion: PromotionId,
    },
    /// One is applied that stops what comes after it.
    StopAfter {
        /// Which.
        promotion: PromotionId,
    },
}
