//! What is bought and by whom, as far as promotions look at it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::id::{ChannelId, CustomerId, LineId, SellerId, Sku};
use crate::money::{Currency, Money};
use crate::promotion::coupon::Coupon;

/// The most units of one cart, all lines together.
pub const UNITS_MAX: u32 = 20_000;
/// The most codes presented with one cart.
pub const CODES_MAX: usize = 100;

/// A cart as the shopper sees it before any promotion. All prices are in [`Cart::currency`].
///
/// Whether prices contain tax is the host's choice; discounts are computed on what is given.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cart {
    /// The currency of every price.
    pub currency: Currency,
    /// What is bought.
    pub lines: Vec<CartLine>,
    /// Where the order comes in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<ChannelId>,
    /// How it is paid, once that is chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_method: Option<String>,
    /// Coupon codes that the shopper entered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<Presented>,
    /// What shipping costs, an entry for every method or parcel that is charged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shipping: Vec<ShippingPrice>,
    /// How many pieces of each gift can be given away now.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub gift_stock: BTreeMap<Sku, u32>,
}

/// Units of one SKU at one price.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CartLine {
    /// Its name, unique in the cart.
    pub line: LineId,
    /// What is bought.
    pub sku: Sku,
    /// How many.
    pub units: u32,
    /// The list price of one.
    pub unit_price: Money,
    /// No unit goes below this price, whatever promotions say; `None`: zero.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor_price: Option<Money>,
    /// Where the SKU stands in the catalogue, as a path: `home/kitchen/mugs`.
    #[serde(default)]
    pub category: String,
    /// Its brand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// Who sells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seller: Option<SellerId>,
    /// What one unit weighs.
    #[serde(default)]
    pub weight_grams: u32,
    /// Anything else that a filter may ask for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
}

impl CartLine {
    /// A line without category, brand, seller, weight, attributes or floor price.
    pub fn new(line: LineId, sku: Sku, units: u32, unit_price: Money) -> CartLine {
        CartLine {
            line,
            sku,
            units,
            unit_price,
            floor_price: None,
            category: String::new(),
            brand: None,
            seller: None,
            weight_grams: 0,
            attributes: BTreeMap::new(),
        }
    }

    /// The same line in a category.
    #[must_use]
    pub fn with_category(self, category: impl Into<String>) -> CartLine {
        CartLine { category: category.into(), ..self }
    }

    /// The same line with a least price.
    #[must_use]
    pub fn with_floor_price(self, floor: Money) -> CartLine {
        CartLine { floor_price: Some(floor), ..self }
    }
}

/// A code that the shopper entered, and what the host found under it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Presented {
    /// As it was entered.
    pub code: String,
    /// The coupon that the host keeps under this code; `None` for a code that a promotion itself names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coupon: Option<Coupon>,
}

/// A charge for shipping.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShippingPrice {
    /// Which method, `express`.
    pub method: String,
    /// What it costs before any promotion.
    pub price: Money,
}

/// Who buys, as far as conditions ask. No name and no address.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Shopper {
    /// The account; `None`: a guest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerId>,
    /// Groups that the shopper belongs to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub segments: Vec<String>,
    /// How many orders came before this one.
    pub orders_before: u32,
    /// Where the order goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// What else the host knows and conditions may ask for.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, String>,
    /// Numbers that the host keeps and conditions may ask for.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub history: BTreeMap<String, u64>,
    /// The day of birth; of the year nothing is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub born: Option<NaiveDate>,
    /// What the host's own conditions answered ([`Shopper::asked`]).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub answers: BTreeMap<String, bool>,
}
