//! What is checked: values that the host has gathered.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::checkout::Method;
use crate::geo::{Address, Country};
use crate::id::{ChannelId, LineId, Sku};
use crate::money::Money;

/// An order about to be placed, and what the host knows about its parts.
#[derive(Clone, Copy, Debug)]
pub struct CheckoutInput<'a> {
    /// Where the order comes in.
    pub channel: &'a ChannelId,
    /// What the customer is to pay in all, with charges and taxes; its currency is the order's.
    pub total: Money,
    /// The cart.
    pub lines: &'a [CartLine],
    /// Where it goes; `None` if nobody has said, or nothing is shipped.
    pub ship_to: Option<&'a Address>,
    /// The country that payment methods are judged by; `None`: the one that it ships to.
    pub billing_country: Option<Country>,
    /// How it is paid.
    pub tenders: &'a [Tender],
    /// What there is of each SKU. A SKU that is not listed is not checked.
    pub stock: &'a [StockLevel],
    /// The coupons of the cart, looked up.
    pub coupons: &'a [CouponClaim],
    /// The purchase limits that the order counts towards.
    pub limits: &'a [LimitUse],
}

/// A line of the cart.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CartLine {
    /// Its id, unique in the cart.
    pub line: LineId,
    /// What is bought.
    pub sku: Sku,
    /// How many.
    pub units: u32,
    /// The price of one unit that the customer saw in the cart.
    pub seen: Money,
    /// The price of one unit now.
    pub current: Money,
    /// Whether it needs an address: neither digital nor picked up.
    pub ships: bool,
    /// What payment rules know it by: `alcohol`, `gift_card`.
    #[serde(default)]
    pub tags: Vec<String>,
}

/// One way in which a part of the total is paid.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Tender {
    /// How.
    pub method: Method,
    /// How much.
    pub amount: Money,
}

/// How many units of a SKU an order could have.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct StockLevel {
    /// The SKU.
    pub sku: Sku,
    /// Units that are free. Listed twice, a SKU has the sum.
    pub available: u32,
}

/// A coupon code of the cart, and what looking it up said.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CouponClaim {
    /// The code as typed.
    pub code: String,
    /// What it is worth.
    pub state: CouponState,
}

/// What looking a coupon code up said.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum CouponState {
    /// It can be used.
    Valid,
    /// There is no such code.
    Unknown,
    /// It is not valid yet.
    NotYet {
        /// From when on it is.
        from: DateTime<Utc>,
    },
    /// It is not valid any more.
    Expired {
        /// Until when it was, exclusive.
        until: DateTime<Utc>,
    },
    /// It was used as often as it can be.
    UsedUp {
        /// How often it can be used.
        limit: u32,
    },
    /// It belongs to another customer.
    NotOwner,
    /// It is limited per customer, and the shopper is a guest.
    NoCustomer,
    /// What it is a claim to is not live any more.
    Ended,
    /// What it gives is in another currency than the order.
    OtherCurrency,
}

/// A purchase limit, what was bought under it before and what this order adds.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LimitUse {
    /// What the host calls the rule.
    pub rule: String,
    /// Units that the rule allows in all.
    pub allowed: u32,
    /// Units used before.
    pub used: u32,
    /// Units that this order adds.
    pub wanted: u32,
}
