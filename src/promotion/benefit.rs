//! What a promotion gives.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::id::{PromotionId, Sku};
use crate::money::Money;
use crate::promotion::Filter;

/// What a promotion gives: money off units, a gift, coupons, or money off shipping.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[expect(clippy::large_enum_variant, reason = "nearly all are the large one")]
pub enum Benefit {
    /// Money off units.
    Off {
        /// Which units.
        pick: Pick,
        /// How much.
        give: Give,
        /// At most so much by this benefit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cap: Option<Money>,
    },
    /// Pieces of the first SKU that is there in sufficient number. They are no lines of the cart and change no price.
    Gift {
        /// In the order in which they are offered.
        any_of: Vec<Sku>,
        /// How many pieces.
        units: u32,
    },
    /// Coupons for a later order, to be issued once this one stands ([`Quote::earned`](crate::promotion::Quote)). They
    /// change no price; between sets of one price they count as gifts do.
    Coupon {
        /// What they are a claim to.
        promotion: PromotionId,
        /// How many.
        units: u32,
        /// For so many days from when they are issued; `None`: without an end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        valid_days: Option<u16>,
    },
    /// Money off shipping.
    Shipping {
        /// Of which methods; empty: of all.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        methods: Vec<String>,
        /// How much, off every charge; never below zero.
        off: ShippingOff,
    },
}

/// Which units a benefit is about. Cheapest and dearest mean the price at that moment; of equal ones the earlier line
/// goes first under [`Spread::LinesThenUnits`](crate::promotion::Spread), and under `Spread::Units` the higher list
/// price, then SKU, then the line's name.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Pick {
    /// All units, or the first of each line.
    All {
        /// Of which lines.
        #[serde(default)]
        of: Filter,
        /// At most so many of each line.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        units_per_line: Option<u32>,
    },
    /// The cheapest or dearest ones.
    Some {
        /// Of which lines.
        #[serde(default)]
        of: Filter,
        /// How many.
        units: u32,
        /// From which end.
        order: PickOrder,
    },
    /// Dearest first, every second, third and so on: of five every second is the second and the fourth.
    EveryNth {
        /// Of which lines.
        #[serde(default)]
        of: Filter,
        /// 2: every second.
        nth: u32,
    },
    /// Some for having bought others, as often as both are there. Bought are the dearest of those that get nothing.
    BuyGet {
        /// Which must be bought.
        #[serde(default)]
        buy: Filter,
        /// How many each time.
        buy_units: u32,
        /// Which get it; the same lines or others.
        #[serde(default)]
        get: Filter,
        /// How many each time.
        get_units: u32,
        /// Which of them.
        order: PickOrder,
        /// At most so often.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max_times: Option<u32>,
    },
    /// Whole sets: each takes the dearest units that are left of every part.
    Sets {
        /// What a set is made of.
        parts: Vec<SetPart>,
        /// At most so many sets.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max_times: Option<u32>,
    },
}

impl Pick {
    /// All units of these lines.
    pub const fn all(of: Filter) -> Pick {
        Pick::All { of, units_per_line: None }
    }
}

/// From which end units are picked.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PickOrder {
    /// The lowest price first.
    Cheapest,
    /// The highest price first.
    Dearest,
}

/// A part of a set.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetPart {
    /// From which lines.
    #[serde(default)]
    pub of: Filter,
    /// How many units.
    pub units: u32,
}

/// How much the picked units get; never more than brings a unit to its floor price.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Give {
    /// Percent off each unit. Rounded a unit; once a line for all units of a line under
    /// [`Spread::LinesThenUnits`](crate::promotion::Spread).
    PercentEach {
        /// 0 to 100.
        percent: Decimal,
    },
    /// An amount off each unit.
    AmountEach {
        /// How much.
        amount: Money,
    },
    /// Each unit for a price, if that is lower.
    PriceEach {
        /// The price.
        price: Money,
    },
    /// Percent off all of them together, rounded once and spread.
    Percent {
        /// 0 to 100.
        percent: Decimal,
    },
    /// An amount off all of them together, spread.
    Amount {
        /// How much.
        amount: Money,
    },
    /// All of them together for a price; of sets each set, as long as it saves something.
    Price {
        /// The price.
        price: Money,
    },
    /// An amount each time that a threshold is full: 30 off every 200.
    Every {
        /// How much makes it full once.
        threshold: Money,
        /// What it gives each time.
        amount: Money,
    },
    /// The last step that what they cost together reaches.
    LadderByAmount {
        /// From low to high.
        steps: Vec<Step<Money>>,
    },
    /// The last step that the number of units reaches.
    LadderByUnits {
        /// From low to high.
        steps: Vec<Step<u32>>,
    },
}

/// A step of a ladder.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step<T> {
    /// Reached at so much.
    pub from: T,
    /// What it gives.
    pub off: Off,
}

/// Money off a sum.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Off {
    /// 0 to 100 percent.
    Percent(Decimal),
    /// An amount.
    Amount(Money),
}

/// Money off a charge for shipping.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShippingOff {
    /// 0 to 100 percent; 100 is free.
    Percent(Decimal),
    /// An amount.
    Amount(Money),
    /// At most this price is charged.
    To(Money),
}
