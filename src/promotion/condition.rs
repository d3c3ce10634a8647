//! When a promotion applies.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc, Weekday};
use serde::{Deserialize, Serialize};

use crate::calendar::Zone;
use crate::id::ChannelId;
use crate::money::{Currency, Money};
use crate::promotion::Filter;

/// When a promotion applies. Leaves look at the cart, the shopper, the time or the codes presented.
///
/// Exhaustive on purpose: a new part must stop the build of whoever translates or edits conditions.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Condition {
    /// All of them; the first that fails is the reason.
    All {
        /// At least one.
        of: Vec<Condition>,
    },
    /// At least one of them.
    Any {
        /// At least one.
        of: Vec<Condition>,
    },
    /// The opposite.
    Not {
        /// Of this.
        of: Box<Condition>,
    },
    /// What lines cost together; at list prices or at prices after the promotions applied so far, as the quote's
    /// policy says. Shipping and gifts do not count.
    Subtotal {
        /// Which lines.
        #[serde(default)]
        of: Filter,
        /// How much.
        bound: Bound<Money>,
    },
    /// How much of something there is in lines.
    Count {
        /// What is counted.
        measure: Measure,
        /// In which lines.
        #[serde(default)]
        of: Filter,
        /// How much.
        bound: Bound<u64>,
    },
    /// The shopper belongs to a group.
    Segment {
        /// Which.
        segment: String,
    },
    /// How many orders the shopper placed before: at most 0 is a first order, exactly 9 the tenth.
    OrdersBefore {
        /// How many.
        bound: Bound<u64>,
    },
    /// The order comes in through a channel.
    Channel {
        /// Which.
        channel: ChannelId,
    },
    /// The order goes to a region.
    Region {
        /// Which.
        region: String,
    },
    /// It is paid by a method.
    PaymentMethod {
        /// Which.
        method: String,
    },
    /// A shipping method is among those charged.
    ShippingMethod {
        /// Which.
        method: String,
    },
    /// The cart's currency.
    Currency {
        /// Which.
        currency: Currency,
    },
    /// Something else that the host told of the shopper.
    Fact {
        /// Its name.
        name: String,
        /// What it must be.
        is: String,
    },
    /// A number that the host keeps of the shopper: `bought:coffee`, `returns`, `years`. What it does not tell is zero.
    History {
        /// Its name.
        of: String,
        /// How much.
        bound: Bound<u64>,
    },
    /// Days around the shopper's birthday, by the clocks of a zone. Who was born on 29 February has birthday on the 28th
    /// in other years.
    Birthday {
        /// The zone.
        zone: Zone,
        /// From so many days before it, at most 182.
        #[serde(default)]
        days_before: u16,
        /// To so many days after it, at most 182.
        #[serde(default)]
        days_after: u16,
    },
    /// Whole days by the clocks of a zone: holidays, a sale's day.
    OnDays {
        /// The zone.
        zone: Zone,
        /// Which.
        days: Vec<NaiveDate>,
    },
    /// A condition of the host's own ([`HostCondition`](crate::promotion::HostCondition)). One that was not asked does not
    /// hold.
    Host {
        /// Its name.
        name: String,
    },
    /// An interval of time: its start belongs to it, its end does not.
    Between {
        /// `None`: ever since.
        #[serde(default)]
        from: Option<DateTime<Utc>>,
        /// `None`: for ever.
        #[serde(default)]
        until: Option<DateTime<Utc>>,
    },
    /// Hours of days of the week, by the clocks of a zone.
    Weekly {
        /// The zone.
        zone: Zone,
        /// Which days.
        days: Vec<Weekday>,
        /// The first moment of the day.
        from: NaiveTime,
        /// The first moment after it, later on the same day; `None`: the end of the day. A night is two conditions.
        #[serde(default)]
        until: Option<NaiveTime>,
        /// Not on these days.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        but_not_on: Vec<NaiveDate>,
    },
    /// This code was presented.
    Code {
        /// Which.
        code: String,
    },
    /// A coupon to this promotion was presented; it is valid now and the shopper's.
    Coupon,
}

/// What is counted in lines.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Units.
    Quantity,
    /// Different SKUs.
    Distinct,
    /// Grams.
    WeightGrams,
}

/// From how much to how much, both included.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bound<T> {
    /// Not less; `None`: any.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    pub at_least: Option<T>,
    /// Not more; `None`: any.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    pub at_most: Option<T>,
}

fn none<T>() -> Option<T> {
    None
}

impl<T: Copy> Bound<T> {
    /// So much or more.
    pub const fn at_least(value: T) -> Bound<T> {
        Bound { at_least: Some(value), at_most: None }
    }

    /// So much or less.
    pub const fn at_most(value: T) -> Bound<T> {
        Bound { at_least: None, at_most: Some(value) }
    }

    /// Exactly so much.
    pub const fn exactly(value: T) -> Bound<T> {
        Bound { at_least: Some(value), at_most: Some(value) }
    }

    /// The same bound over other values.
    pub(super) fn map<U>(self, each: impl Fn(T) -> U) -> Bound<U> {
        Bound { at_least: self.at_least.map(&each), at_most: self.at_most.map(&each) }
    }
}

impl Condition {
    /// A subtotal of at least `amount` over the lines `of`.
    pub fn subtotal_at_least(amount: Money, of: Filter) -> Condition {
        Condition::Subtotal { of, bound: Bound::at_least(amount) }
    }

    /// At least so many units in the lines `of`.
    pub fn units_at_least(units: u64, of: Filter) -> Condition {
        Condition::Count { measure: Measure::Quantity, of, bound: Bound::at_least(units) }
    }

    /// The shopper's first order.
    pub const fn first_order() -> Condition {
        Condition::OrdersBefore { bound: Bound::at_most(0) }
    }

    /// A code presented.
    pub fn code(code: impl Into<String>) -> Condition {
        Condition::Code { code: code.into() }
    }

    /// The variant as the wire form names it.
    pub const fn kind(&self) -> &'static str {
        match self {
            Condition::All { .. } => "all",
            Condition::Any { .. } => "any",
            Condition::Not { .. } => "not",
            Condition::Subtotal { .. } => "subtotal",
            Condition::Count { .. } => "count",
            Condition::Segment { .. } => "segment",
            Condition::OrdersBefore { .. } => "orders_before",
            Condition::Channel { .. } => "channel",
            Condition::Region { .. } => "region",
            Condition::PaymentMethod { .. } => "payment_method",
            Condition::ShippingMethod { .. } => "shipping_method",
            Condition::Currency { .. } => "currency",
            Condition::Fact { .. } => "fact",
            Condition::History { .. } => "history",
            Condition::Birthday { .. } => "birthday",
            Condition::OnDays { .. } => "on_days",
            Condition::Host { .. } => "host",
            Condition::Between { .. } => "between",
            Condition::Weekly { .. } => "weekly",
            Condition::Code { .. } => "code",
            Condition::Coupon => "coupon",
        }
    }
}
