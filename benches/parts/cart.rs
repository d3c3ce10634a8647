//! The cart that matching is measured with, alone and beside other crates.

use order_workflow::money::{Currency, Money};
use order_workflow::promotion::{Cart, CartLine};

/// Twenty lines in twenty categories, two units each.
pub fn cart() -> Cart {
    let line = |n: u64| {
        let minor = 500 + 37 * i64::try_from(n).unwrap_or(0);
        CartLine::new(n.into(), n.into(), 2, Money::minor(minor, Currency::EUR))
            .with_category(format!("here/{n}"))
    };
    Cart {
        currency: Currency::EUR,
        lines: (0..20).map(line).collect(),
        channel: None,
        payment_method: None,
        codes: vec![],
        shipping: vec![],
        gift_stock: Default::default(),
    }
}
