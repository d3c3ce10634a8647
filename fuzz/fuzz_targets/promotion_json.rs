//! Stored or sent JSON: promotions and a cart that are read are compiled and quoted, or refused by name.
#![no_main]

#[path = "../checks/promotion.rs"]
mod promotion;

use chrono::{DateTime, Utc};
use libfuzzer_sys::fuzz_target;
use order_workflow::promotion::{Cart, Promotion, QuotePolicy, Shopper};
use serde::Deserialize;

#[derive(Deserialize)]
struct Sent {
    promotions: Vec<Promotion>,
    cart: Cart,
    #[serde(default)]
    shopper: Shopper,
    at: Option<DateTime<Utc>>,
    #[serde(default)]
    policy: QuotePolicy,
}

fuzz_target!(|data: &[u8]| {
    let Ok(sent) = serde_json::from_slice::<Sent>(data) else { return };
    let at = sent.at.or(DateTime::from_timestamp(1_780_000_000, 0)).unwrap_or_default();
    promotion::check(&sent.promotions, &sent.cart, &sent.shopper, at, &sent.policy);
});
