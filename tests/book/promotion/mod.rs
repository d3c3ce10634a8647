//! Stories of promotions and coupons: a cart is quoted, claims are held on the memory store, units come back.
//!
//! Every quote is made twice, with and without reasons, and read back from JSON; that must change nothing.

mod shown;
mod step;

use std::collections::BTreeMap;

use order_workflow::promotion::{
    Cart, CartLine, Presented, Promotion, QuotePolicy, ShippingPrice, Shopper, coupon::Coupon,
};
use order_workflow::{Currency, Sku};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Kind, Refused, Result, amount};

/// One story: what is live, what happens, and what must be true after each step.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What happens, in a sentence.
    pub title: String,
    /// Which feature of the crate it shows.
    pub feature: String,
    /// What kind of story it is.
    pub kind: Kind,
    given: Given,
    steps: Vec<Map<String, Value>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    #[serde(default = "eur")]
    currency: Currency,
    /// In their wire form, amounts as decimal text.
    #[serde(default)]
    promotions: Vec<Value>,
    /// In their wire form, amounts as decimal text.
    #[serde(default)]
    coupons: Vec<Value>,
    #[serde(default)]
    policy: QuotePolicy,
    #[serde(default)]
    cart: Basket,
    #[serde(default)]
    shopper: Shopper,
}

fn eur() -> Currency {
    Currency::EUR
}

/// A cart in few words.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Basket {
    lines: Vec<Item>,
    codes: Vec<String>,
    /// By method.
    shipping: BTreeMap<String, String>,
    gift_stock: BTreeMap<Sku, u32>,
    channel: Option<String>,
    payment_method: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    sku: String,
    /// Its name; the SKU unless told.
    line: Option<String>,
    #[serde(default = "one")]
    units: u32,
    price: String,
    floor: Option<String>,
    #[serde(default)]
    category: String,
    brand: Option<String>,
    seller: Option<String>,
    #[serde(default)]
    grams: u32,
}

fn one() -> u32 {
    1
}

/// What must be true after a step; what is not named is not looked at.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Expect {
    total: Option<String>,
    /// Exactly these were applied, in this order; what each takes off lines and shipping: `spring 5.00`.
    applied: Option<Vec<String>>,
    /// What is off these lines.
    lines: Option<BTreeMap<String, String>>,
    /// Off the units of these lines, one by one.
    units: Option<BTreeMap<String, Vec<String>>>,
    /// What each charge still costs.
    shipping: Option<BTreeMap<String, String>>,
    gifts: Option<BTreeMap<Sku, u32>>,
    /// Coupons for a later order: `1 ten-off`.
    earned: Option<Vec<String>>,
    /// At least these were not applied, and why.
    why: Option<BTreeMap<String, String>>,
    /// Who pays how much; `house` for the house.
    funded: Option<BTreeMap<String, String>>,
    proof: Option<String>,
    unused_codes: Option<Vec<String>>,
    /// Exactly these: `spring percent`.
    problems: Option<Vec<String>>,
    legs: Option<Vec<String>>,
    refund: Option<String>,
    gifts_back: Option<BTreeMap<Sku, u32>>,
    lost: Option<Vec<String>>,
    gained: Option<Vec<String>>,
    outcome: Option<String>,
    charge: Option<String>,
    /// The tax of each run of units: `mug 2 x 1.33 in 8.33`.
    taxes: Option<Vec<String>>,
    /// Exactly these, the nearest first: `spring 2.00`.
    hints: Option<Vec<String>>,
    /// Every code that was presented: `valid`, or what stands against it.
    codes: Option<BTreeMap<String, String>>,
    /// What was done with a claim; what is best added.
    answer: Option<String>,
    /// Of what a hold wanted.
    granted: Option<String>,
    refused: Option<Refused>,
}

impl Scenario {
    /// Plays the story; the first thing that is not as expected.
    pub fn run(&self) -> Result<()> {
        let mut world = step::World::open(&self.given).map_err(|why| format!("given: {why}"))?;
        for (index, told) in self.steps.iter().enumerate() {
            let at = |why: String| format!("step {} {}: {why}", index + 1, Value::Object(told.clone()));
            let (expect, told) = world.step(told).map_err(at)?;
            shown::check(&told, &expect).map_err(at)?;
        }
        Ok(())
    }
}

impl Basket {
    fn cart(&self, currency: Currency, coupons: &[Coupon]) -> Result<Cart> {
        let fault = |error: order_workflow::id::IdError| error.to_string();
        let line = |item: &Item| -> Result<CartLine> {
            let name = item.line.as_ref().unwrap_or(&item.sku);
            let (line, sku) = (name.parse().map_err(fault)?, item.sku.parse().map_err(fault)?);
            let mut line = CartLine::new(line, sku, item.units, amount(&item.price, currency)?);
            line.category.clone_from(&item.category);
            line.brand.clone_from(&item.brand);
            line.seller = item.seller.as_ref().map(|name| name.parse().map_err(fault)).transpose()?;
            line.floor_price = item.floor.as_ref().map(|text| amount(text, currency)).transpose()?;
            line.weight_grams = item.grams;
            Ok(line)
        };
        let presented = |code: &String| {
            let coupon = coupons.iter().find(|one| {
                order_workflow::promotion::coupon::matches_code(&one.code, code, Default::default())
            });
            Presented { code: code.clone(), coupon: coupon.cloned() }
        };
        let charge = |(method, price): (&String, &String)| {
            Ok(ShippingPrice { method: method.clone(), price: amount(price, currency)? })
        };
        Ok(Cart {
            currency,
            lines: self.lines.iter().map(line).collect::<Result<_>>()?,
            channel: self.channel.as_ref().map(|name| name.parse().map_err(fault)).transpose()?,
            payment_method: self.payment_method.clone(),
            codes: self.codes.iter().map(presented).collect(),
            shipping: self.shipping.iter().map(charge).collect::<Result<_>>()?,
            gift_stock: self.gift_stock.clone(),
        })
    }
}

/// The wire form of what a story writes: decimal text is an amount, except of a percentage.
fn wire(value: &Value, currency: Currency) -> Value {
    match value {
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| {
                let value = if name == "percent" { value.clone() } else { wire(value, currency) };
                (name.clone(), value)
            };
            Value::Object(fields.iter().map(field).collect())
        }
        Value::Array(items) => items.iter().map(|item| wire(item, currency)).collect(),
        Value::String(text) if text.contains('.') => match amount(text, currency) {
            Ok(money) => serde_json::to_value(money).unwrap_or_default(),
            Err(_) => value.clone(),
        },
        _ => value.clone(),
    }
}

fn promotion(value: &Value, currency: Currency) -> Result<Promotion> {
    serde_json::from_value(wire(value, currency)).map_err(|error| format!("{value}: {error}"))
}
