//! What can be wrong with an order about to be placed.

use std::fmt::{self, Display};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::checkout::Method;
use crate::geo::{AddressProblem, Country};
use crate::id::{ChannelId, LineId, Sku};
use crate::money::{Currency, Money};

/// One thing that keeps an order from being placed: where it is, what it is, what would be accepted.
///
/// It may quote what a person typed: show it to them, do not log it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct CheckoutProblem {
    pub(super) path: String,
    pub(super) problem: Problem,
}

impl CheckoutProblem {
    /// Where it is: `lines[2].units`, `address.postcode`, `payment[0].method`. Counted from zero, in the order
    /// of the input.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What it is.
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// A stable name for this kind of problem, for message catalogues.
    pub fn code(&self) -> &'static str {
        self.problem.code()
    }
}

/// A kind of problem, with the offending value and what would be accepted.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Problem {
    /// Something is shipped, but nobody said where to.
    #[error("no address is given; accepted: the address that lines {} go to", list(lines))]
    AddressMissing {
        /// What is shipped.
        lines: Vec<LineId>,
    },
    /// Something is wrong with the address itself.
    #[error("{problem}")]
    Address {
        /// What.
        problem: AddressProblem,
    },
    /// The country is not shipped to.
    #[error("country `{country}` is not shipped to; accepted: {}", list(accepted))]
    CountryNotServed {
        /// The country of the address.
        country: Country,
        /// The countries shipped to.
        accepted: Vec<Country>,
    },
    /// The cart is empty.
    #[error("the cart has no lines; accepted: at least one")]
    EmptyCart,
    /// Two lines have one id.
    #[error("line `{line}` is there already, as {first}; accepted: an id of its own")]
    DuplicateLine {
        /// The id.
        line: LineId,
        /// The path of the first line with it.
        first: String,
    },
    /// A line is for nothing.
    #[error("line `{line}` has 0 units; accepted: at least 1")]
    ZeroUnits {
        /// The line.
        line: LineId,
    },
    /// An amount is not in the order's currency.
    #[error("`{amount}` is not in the order's currency; accepted: an amount of {accepted}")]
    WrongCurrency {
        /// The amount.
        amount: Money,
        /// The order's currency.
        accepted: Currency,
    },
    /// The price is too far from the one that the customer saw.
    #[error(
        "the price of `{sku}` was {seen} in the cart and is `{current}` now; accepted: {}",
        between(least, most)
    )]
    PriceChanged {
        /// What is bought.
        sku: Sku,
        /// The price that the customer saw.
        seen: Money,
        /// The price now.
        current: Money,
        /// The least price that would be accepted; `None`: any.
        least: Option<Money>,
        /// The greatest price that would be accepted; `None`: any.
        most: Option<Money>,
    },
    /// There are fewer units than the cart asks for.
    #[error("{wanted} units of `{sku}` are wanted; accepted: at most {available}")]
    Unavailable {
        /// What is bought.
        sku: Sku,
        /// Units that all lines together ask for.
        wanted: u64,
        /// Units that there are.
        available: u64,
    },
    /// The customer would be paid.
    #[error("the total `{total}` is below zero; accepted: 0 or more")]
    NegativeTotal {
        /// The total.
        total: Money,
    },
    /// The method is not offered at all.
    #[error("payment by `{method:?}` is not offered; accepted: {}", debug_list(accepted))]
    MethodNotOffered {
        /// The method.
        method: Method,
        /// The methods that this channel offers.
        accepted: Vec<Method>,
    },
    /// The method is not offered in this channel.
    #[error("payment by {method:?} is not offered in channel `{channel}`; accepted: {}", list(accepted))]
    MethodNotInChannel {
        /// The method.
        method: Method,
        /// The order's channel.
        channel: ChannelId,
        /// The channels that offer it.
        accepted: Vec<ChannelId>,
    },
    /// The method is not offered in this country.
    #[error(
        "payment by {method:?} is not offered in country `{}`; accepted: {}",
        or_none(country),
        list(accepted)
    )]
    MethodNotInCountry {
        /// The method.
        method: Method,
        /// The country of billing or shipping; `None`: the order names neither.
        country: Option<Country>,
        /// The countries in which it is offered.
        accepted: Vec<Country>,
    },
    /// The method cannot pay some of the lines.
    #[error(
        "payment by {method:?} cannot pay lines `{}`; accepted: another method, or the cart without them",
        list(lines)
    )]
    MethodNotForLines {
        /// The method.
        method: Method,
        /// The lines.
        lines: Vec<LineId>,
    },
    /// A tender pays nothing or less.
    #[error("a tender of `{amount}` pays nothing; accepted: more than 0")]
    AmountNotPositive {
        /// The amount.
        amount: Money,
    },
    /// The method cannot pay in this currency.
    #[error("payment by {method:?} is not offered in {}; accepted: {}", amount.currency(), list(accepted))]
    MethodNotInCurrency {
        /// The method.
        method: Method,
        /// The amount.
        amount: Money,
        /// The currencies in which it is offered.
        accepted: Vec<Currency>,
    },
    /// The method cannot pay so little or so much.
    #[error("payment of `{amount}` by {method:?} is out of range; accepted: {least} to {most}")]
    AmountOutOfRange {
        /// The method.
        method: Method,
        /// The amount.
        amount: Money,
        /// The least amount that it pays.
        least: Money,
        /// The greatest amount that it pays.
        most: Money,
    },
    /// The tenders do not add up to the total.
    #[error("the tenders sum to `{tendered}`; accepted: {total}")]
    TendersMismatch {
        /// What they sum to, or the greatest amount that there is.
        tendered: Money,
        /// What they must sum to.
        total: Money,
    },
    /// There is no such coupon.
    #[error("coupon `{}` is unknown; accepted: a code as it was given out", shown(coupon))]
    CouponUnknown {
        /// The code.
        coupon: String,
    },
    /// The coupon is not valid yet.
    #[error("coupon `{}` is not valid yet; accepted: from {from} on", shown(coupon))]
    CouponNotYet {
        /// The code.
        coupon: String,
        /// From when on it is valid.
        from: DateTime<Utc>,
    },
    /// The coupon is not valid any more.
    #[error("coupon `{}` has expired; accepted: before {until}", shown(coupon))]
    CouponExpired {
        /// The code.
        coupon: String,
        /// Until when it was valid.
        until: DateTime<Utc>,
    },
    /// The coupon was used as often as it can be.
    #[error("coupon `{}` is used up; accepted: {limit} uses in all", shown(coupon))]
    CouponUsedUp {
        /// The code.
        coupon: String,
        /// How often it can be used.
        limit: u32,
    },
    /// The coupon belongs to another customer. Who wants to keep secret which codes exist shows the sentence of
    /// [`Problem::CouponUnknown`] instead.
    #[error(
        "coupon `{}` belongs to another customer; accepted: the customer that it was given to",
        shown(coupon)
    )]
    CouponNotOwner {
        /// The code.
        coupon: String,
    },
    /// The coupon is limited per customer, and the shopper is a guest.
    #[error("coupon `{}` is limited per customer; accepted: a customer, not a guest", shown(coupon))]
    CouponNoCustomer {
        /// The code.
        coupon: String,
    },
    /// What the coupon is a claim to is over.
    #[error("the promotion of coupon `{}` has ended; accepted: a coupon of one that is live", shown(coupon))]
    CouponEnded {
        /// The code.
        coupon: String,
    },
    /// What the coupon gives is in another currency.
    #[error("coupon `{}` is in another currency; accepted: one in the order's currency", shown(coupon))]
    CouponOtherCurrency {
        /// The code.
        coupon: String,
    },
    /// The order would exceed a purchase limit.
    #[error(
        "rule `{}` allows {allowed} units, {used} are used and `{wanted}` wanted; accepted: at most {}",
        shown(rule),
        allowed.saturating_sub(*used)
    )]
    LimitExceeded {
        /// What the host calls the rule.
        rule: String,
        /// Units that it allows in all.
        allowed: u32,
        /// Units used before.
        used: u32,
        /// Units that the order adds.
        wanted: u32,
    },
}

impl Problem {
    /// A stable name for this kind of problem, for message catalogues.
    pub const fn code(&self) -> &'static str {
        match self {
            Problem::AddressMissing { .. } => "checkout.address_missing",
            Problem::Address { problem } => problem.code(),
            Problem::CountryNotServed { .. } => "checkout.country_not_served",
            Problem::EmptyCart => "checkout.empty_cart",
            Problem::DuplicateLine { .. } => "checkout.duplicate_line",
            Problem::ZeroUnits { .. } => "checkout.zero_units",
            Problem::WrongCurrency { .. } => "checkout.wrong_currency",
            Problem::PriceChanged { .. } => "checkout.price_changed",
            Problem::Unavailable { .. } => "checkout.unavailable",
            Problem::NegativeTotal { .. } => "checkout.negative_total",
            Problem::MethodNotOffered { .. } => "checkout.method_not_offered",
            Problem::MethodNotInChannel { .. } => "checkout.method_not_in_channel",
            Problem::MethodNotInCountry { .. } => "checkout.method_not_in_country",
            Problem::MethodNotForLines { .. } => "checkout.method_not_for_lines",
            Problem::AmountNotPositive { .. } => "checkout.amount_not_positive",
            Problem::MethodNotInCurrency { .. } => "checkout.method_not_in_currency",
            Problem::AmountOutOfRange { .. } => "checkout.amount_out_of_range",
            Problem::TendersMismatch { .. } => "checkout.tenders_mismatch",
            Problem::CouponUnknown { .. } => "checkout.coupon_unknown",
            Problem::CouponNotYet { .. } => "checkout.coupon_not_yet",
            Problem::CouponExpired { .. } => "checkout.coupon_expired",
            Problem::CouponUsedUp { .. } => "checkout.coupon_used_up",
            Problem::CouponNotOwner { .. } => "checkout.coupon_not_owner",
            Problem::CouponNoCustomer { .. } => "checkout.coupon_no_customer",
            Problem::CouponEnded { .. } => "checkout.coupon_ended",
            Problem::CouponOtherCurrency { .. } => "checkout.coupon_other_currency",
            Problem::LimitExceeded { .. } => "checkout.limit_exceeded",
        }
    }
}

/// `a, b, c`, or `none`.
fn list<T: Display>(items: &[T]) -> String {
    joined(items, |item| item.to_string())
}

/// The same of what has no sentence of its own.
fn debug_list<T: fmt::Debug>(items: &[T]) -> String {
    joined(items, |item| format!("{item:?}"))
}

fn joined<T>(items: &[T], text: impl Fn(&T) -> String) -> String {
    if items.is_empty() { "none".to_owned() } else { items.iter().map(text).collect::<Vec<_>>().join(", ") }
}

fn between(least: &Option<Money>, most: &Option<Money>) -> String {
    match (least, most) {
        (Some(least), Some(most)) if least == most => least.to_string(),
        (Some(least), Some(most)) => format!("{least} to {most}"),
        (Some(least), None) => format!("at least {least}"),
        (None, Some(most)) => format!("at most {most}"),
        (None, None) => "any".to_owned(),
    }
}

fn or_none<T: Display>(value: &Option<T>) -> String {
    value.as_ref().map_or_else(|| "none".to_owned(), T::to_string)
}

/// Text from outside, safe to print on one line.
fn shown(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut shown: String = text.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}
