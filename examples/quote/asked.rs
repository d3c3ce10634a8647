//! What is asked: a cart, and the promotions to quote it with, as JSON.

use chrono::{DateTime, Utc};
use order_workflow::promotion::{Cart, Promotion, QuotePolicy, Shopper};
use serde::Deserialize;

/// `{"cart": …, "shopper": …, "at": …, "policy": …, "promotions": […]}`; all but the cart and the promotions may be left
/// out.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    pub cart: Cart,
    #[serde(default)]
    pub shopper: Shopper,
    pub at: Option<DateTime<Utc>>,
    #[serde(default)]
    pub policy: QuotePolicy,
    pub promotions: Vec<Promotion>,
}
