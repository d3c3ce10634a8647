//! Finds the promotions that match a cart, so that its work can be counted once scratch is warm: `.ci/deep` runs it under
//! callgrind and demands that it hardly grows with what is live. Run it:
//! `cargo run --release --example match_cart -- LIVE elsewhere` (or `own`: all of them are about what is in the cart).

use std::error::Error;
use std::hint::black_box;

use order_workflow::promotion::{Cart, Promotion, PromotionBook, QuotePolicy, Scratch, Shopper};

#[path = "../benches/parts/cart.rs"]
mod cart;
#[path = "../benches/parts/rules.rs"]
mod rules;

const AT: chrono::DateTime<chrono::Utc> = chrono::DateTime::UNIX_EPOCH;

/// What is counted. A name of its own for callgrind's `--toggle-collect`.
#[inline(never)]
fn matched(book: &PromotionBook, cart: &Cart, scratch: &mut Scratch) -> Result<usize, Box<dyn Error>> {
    let (shopper, policy) = (Shopper::default(), QuotePolicy::default());
    Ok(book.matching(black_box(cart), &shopper, AT, &policy, scratch)?.count())
}

fn main() -> Result<(), Box<dyn Error>> {
    let usage = "match_cart LIVE elsewhere|own";
    let mut asked = std::env::args().skip(1);
    let (Some(live), Some(kind), None) = (asked.next(), asked.next(), asked.next()) else {
        return Err(usage.into());
    };
    let made = match kind.as_str() {
        "elsewhere" => rules::elsewhere,
        "own" => rules::here,
        _ => return Err(usage.into()),
    };
    let all: Vec<Promotion> = (0..live.parse()?).map(made).collect();
    let book = PromotionBook::compile(all).map_err(|problems| format!("{} problems", problems.len()))?;
    let (cart, mut scratch) = (cart::cart(), Scratch::new());
    let warm = book.matching(&cart, &Shopper::default(), AT, &QuotePolicy::default(), &mut scratch)?.count();
    assert_eq!(matched(&book, &cart, &mut scratch)?, warm);
    println!("{warm} of {live} match");
    Ok(())
}
