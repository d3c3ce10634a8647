//! Text to money and back: what is accepted prints as what it was, nothing panics.
#![no_main]

use libfuzzer_sys::fuzz_target;
use order_workflow::{Currency, Money};

fuzz_target!(|input: (u8, &str)| {
    let (pick, text) = input;
    let currency = [Currency::EUR, Currency::JPY, Currency::KWD, Currency::BRL][usize::from(pick % 4)];
    if let Ok(money) = Money::parse(text, currency) {
        let printed = money.decimal_text();
        assert_eq!(Money::parse(&printed, currency), Ok(money), "`{text}` prints as `{printed}`");
        assert_eq!(Money::from_decimal(money.to_decimal(), currency), Ok(money));
    }
    let _ = Currency::from_code(text);
});
