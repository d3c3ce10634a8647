//! The kinds of promotion that the trade has names for, each a few parts put together: read one to see how, and change
//! what it gives with the `with_…` methods of [`Promotion`](crate::promotion::Promotion).
//!
//! In the examples `pays` is what a basket of `(SKU, category, units, price of one)` costs under one promotion.

/// An example over a small basket.
macro_rules! example {
    ($($line:literal)*) => {
        concat!(
            "```\n",
            "# use order_workflow::{Currency, Money, decision::Explain, promotion::{*, presets::*}};\n",
            "# let eur = |minor: i64| Money::minor(minor, Currency::EUR);\n",
            "# let at = \"2026-06-06T16:00:00Z\".parse()?;\n",
            "# let basket = |lines: &[(&str, &str, u32, i64)]| -> Cart {\n",
            "#     let line = |(n, (sku, category, units, price)): (usize, &(&str, &str, u32, i64))| {\n",
            "#         CartLine::new((n as u64).into(), sku.parse().unwrap(), *units, eur(*price)).with_category(*category)\n",
            "#     };\n",
            "#     Cart {\n",
            "#         currency: Currency::EUR, lines: lines.iter().enumerate().map(line).collect(), channel: None,\n",
            "#         payment_method: None, codes: vec![], shipping: vec![], gift_stock: Default::default(),\n",
            "#     }\n",
            "# };\n",
            "# let quote = |rule: Promotion, cart: &Cart, shopper: &Shopper| -> Quote {\n",
            "#     let book = PromotionBook::compile([rule]).unwrap();\n",
            "#     book.quote(cart, shopper, at, &QuotePolicy::default(), Explain::Brief, &mut Scratch::new()).unwrap()\n",
            "# };\n",
            "# let pays = |rule: Promotion, lines: &[(&str, &str, u32, i64)]| -> String {\n",
            "#     quote(rule, &basket(lines), &Shopper::default()).total.decimal_text()\n",
            "# };\n",
            $($line, "\n",)*
            "# Ok::<(), Box<dyn std::error::Error>>(())\n",
            "```",
        )
    };
}

mod basket;
mod items;
mod shopper;

pub use self::basket::{
    across_shops, amount_ladder, any_for_price, code_amount, code_percent, every_threshold, pieces_percent,
    threshold_amount, threshold_percent,
};
pub use self::items::{
    add_on_price, amount_off_each, bulk_price, buy_get_free, cheapest_free, deposit_expansion, flash_price,
    nth_unit_percent, percent_off, second_half_price, set_price,
};
pub use self::shopper::{
    channel_only, first_order, flat_shipping, free_shipping_over, gift_over, happy_hour, member_percent,
    nth_order, payment_discount, shipping_off_over,
};
