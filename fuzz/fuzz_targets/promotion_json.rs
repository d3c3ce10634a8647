//! Stored or sent JSON: promotions and a cart that are read are compiled and quoted, or refused by name.
#![no_main]

#[path = "../checks/promotion.rs"]
mod promotion;

#[path = "../../examples/quote/asked.rs"]
mod asked;

use asked::Asked;
use chrono::DateTime;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(asked) = serde_json::from_slice::<Asked>(data) else { return };
    let at = asked.at.or(DateTime::from_timestamp(1_780_000_000, 0)).unwrap_or_default();
    promotion::check(&asked.promotions, &asked.cart, &asked.shopper, at, &asked.policy);
});
