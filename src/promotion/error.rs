//! What makes a promotion, a cart or a return meaningless.

use rust_decimal::Decimal;

use crate::id::{LineId, PromotionId};
use crate::money::{Currency, Money, MoneyError};
use crate::promotion::cart::{CODES_MAX, UNITS_MAX};
use crate::promotion::compile::{BIRTHDAY_MAX, DEPTH_MAX};

/// What is wrong with one promotion. [`PromotionBook::compile`](crate::promotion::PromotionBook::compile) gives all
/// problems of all promotions at once.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("promotion `{promotion}`: {what}")]
pub struct CompileProblem {
    /// Which promotion.
    pub promotion: PromotionId,
    /// What is wrong with it.
    pub what: Flaw,
}

/// Why a promotion can not be what its author meant.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Flaw {
    /// Two promotions have one name.
    #[error("its name is taken by another one; accepted: each name once")]
    SameName,
    /// This edition of it, or a later one, is live already.
    #[error("version {given}, but version {live} is live; accepted: a higher version")]
    StaleVersion {
        /// What was given.
        given: u32,
        /// What is live.
        live: u32,
    },
    /// It may be applied only with others that it never goes together with.
    #[error(
        "it is to be applied only with {other}, which it can not be applied with; accepted: names in one list"
    )]
    NeverTogether {
        /// The name in its list.
        other: String,
    },
    /// It bars itself.
    #[error("it bars {other}, which it is itself; accepted: other promotions")]
    BarsItself {
        /// The name in its list.
        other: String,
    },
    /// It gives nothing.
    #[error("it gives nothing; accepted: at least one benefit")]
    NoBenefit,
    /// `all` or `any` of nothing.
    #[error("a condition is about nothing; accepted: at least one part")]
    EmptyCondition,
    /// Parts within parts.
    #[error("conditions or filters are nested {depth} deep; accepted: up to {max}", max = DEPTH_MAX)]
    TooDeep {
        /// How deep.
        depth: usize,
    },
    /// A bound that nothing fits, or that says nothing.
    #[error(
        "the bound from {least} to {most} fits nothing or everything; accepted: one that some values fit"
    )]
    EmptyBound {
        /// Its lower end.
        least: String,
        /// Its upper end.
        most: String,
    },
    /// An interval that holds no instant.
    #[error(
        "the time window {window} holds no instant; accepted: `from` before `until`, and at least one day"
    )]
    EmptyWindow {
        /// From when until when, or on which days.
        window: String,
    },
    /// More than half a year from a birthday, where another one is nearer.
    #[error("{days} days before or after a birthday; accepted: up to {max}", max = BIRTHDAY_MAX)]
    FarFromBirthday {
        /// How many.
        days: u16,
    },
    /// Conditions of which not both can hold.
    #[error("two conditions on {what} contradict each other; accepted: conditions that can hold together")]
    Contradiction {
        /// What they are about.
        what: &'static str,
    },
    /// A filter that no line fits.
    #[error(
        "a filter fits no line: {why}; accepted: a least price up to the highest, and not everything left out"
    )]
    EmptyFilter {
        /// What rules everything out.
        why: String,
    },
    /// A percentage out of range.
    #[error("{percent} percent; accepted: more than 0, up to 100")]
    Percent {
        /// What was given.
        percent: Decimal,
    },
    /// An amount that is not an amount off.
    #[error("{amount} as {role}; accepted: {accepted}")]
    Amount {
        /// What was given.
        amount: Money,
        /// What it is for.
        role: &'static str,
        /// What would do.
        accepted: &'static str,
    },
    /// A number of units that leads nowhere.
    #[error("0 as {role}; accepted: 1 or more")]
    Zero {
        /// What it is for.
        role: &'static str,
    },
    /// A step of a ladder that is never the last one reached.
    #[error(
        "step {step} of a ladder is never the last one reached; accepted: steps from low to high, up to what is picked"
    )]
    UnreachableStep {
        /// Counted from 1.
        step: usize,
    },
    /// A list that must name something names nothing.
    #[error("{role} is empty; accepted: at least one")]
    Empty {
        /// Which list.
        role: &'static str,
    },
    /// Somebody pays no part.
    #[error("funders weigh nothing; accepted: a weight of 1 or more each")]
    NoWeight,
    /// Amounts of two currencies.
    #[error("amounts in {left} and {right}; accepted: one currency a promotion")]
    MixedCurrencies {
        /// The first one met.
        left: Currency,
        /// Another.
        right: Currency,
    },
}

impl Flaw {
    /// The variant by its stable name, for logs and translations.
    pub const fn code(&self) -> &'static str {
        match self {
            Flaw::SameName => "same_name",
            Flaw::StaleVersion { .. } => "stale_version",
            Flaw::NeverTogether { .. } => "never_together",
            Flaw::BarsItself { .. } => "bars_itself",
            Flaw::NoBenefit => "no_benefit",
            Flaw::EmptyCondition => "empty_condition",
            Flaw::TooDeep { .. } => "too_deep",
            Flaw::EmptyBound { .. } => "empty_bound",
            Flaw::EmptyWindow { .. } => "empty_window",
            Flaw::FarFromBirthday { .. } => "far_from_birthday",
            Flaw::Contradiction { .. } => "contradiction",
            Flaw::EmptyFilter { .. } => "empty_filter",
            Flaw::Percent { .. } => "percent",
            Flaw::Amount { .. } => "amount",
            Flaw::Zero { .. } => "zero",
            Flaw::UnreachableStep { .. } => "unreachable_step",
            Flaw::Empty { .. } => "empty",
            Flaw::NoWeight => "no_weight",
            Flaw::MixedCurrencies { .. } => "mixed_currencies",
        }
    }
}

/// Why a cart can not be quoted.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum QuoteError {
    /// A price in another currency than the cart's.
    #[error("{what} is priced in {given}; accepted: {accepted}, as the cart")]
    WrongCurrency {
        /// Which line or shipping method.
        what: String,
        /// Its currency.
        given: Currency,
        /// The cart's.
        accepted: Currency,
    },
    /// A price below zero.
    #[error("{what} is priced at {price}; accepted: zero or more")]
    NegativePrice {
        /// Which line or shipping method.
        what: String,
        /// Its price.
        price: Money,
    },
    /// Two lines have one name.
    #[error("line `{line}` is there twice; accepted: each name once")]
    SameLine {
        /// Which.
        line: LineId,
    },
    /// More units than a quote looks at.
    #[error("{units} units; accepted: up to {max} in all lines", max = UNITS_MAX)]
    TooManyUnits {
        /// How many.
        units: u64,
    },
    /// More codes than anybody enters.
    #[error("{codes} codes; accepted: up to {max}", max = CODES_MAX)]
    TooManyCodes {
        /// How many.
        codes: usize,
    },
    /// The cart's total does not fit.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl QuoteError {
    /// The variant by its stable name, for logs and translations.
    pub const fn code(&self) -> &'static str {
        match self {
            QuoteError::WrongCurrency { .. } => "wrong_currency",
            QuoteError::NegativePrice { .. } => "negative_price",
            QuoteError::SameLine { .. } => "same_line",
            QuoteError::TooManyUnits { .. } => "too_many_units",
            QuoteError::TooManyCodes { .. } => "too_many_codes",
            QuoteError::Money(_) => "money",
        }
    }
}

/// Why a return can not be worked out.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ReturnRefusal {
    /// The quote has no such line.
    #[error("line `{line}` is not in the quote; accepted: one of its lines")]
    UnknownLine {
        /// Which.
        line: LineId,
    },
    /// More units than are still kept.
    #[error("{units} units of line `{line}` come back; accepted: up to {kept}, which are still kept")]
    MoreThanKept {
        /// Which line.
        line: LineId,
        /// How many were to come back.
        units: u32,
        /// How many are kept.
        kept: u32,
    },
    /// The snapshot in the quote does not make a quote any more: it was changed.
    #[error(
        "the quote's own cart or promotions are not as they were: {why}; accepted: a quote as it was made"
    )]
    Changed {
        /// What is wrong with it.
        why: String,
    },
}

impl ReturnRefusal {
    /// The variant by its stable name, for logs and translations.
    pub const fn code(&self) -> &'static str {
        match self {
            ReturnRefusal::UnknownLine { .. } => "unknown_line",
            ReturnRefusal::MoreThanKept { .. } => "more_than_kept",
            ReturnRefusal::Changed { .. } => "changed",
        }
    }
}
