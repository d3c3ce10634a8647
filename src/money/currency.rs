//! The currencies that an amount can be in.

use std::cmp::Ordering;
use std::fmt;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::money::MoneyError;
use crate::money::error::shown;

/// A currency of ISO 4217 that has minor units.
///
/// Ordered by its code, so that lists by currency are the same everywhere. On the wire it is its code. Codes
/// without a minor unit (metals as `XAU`, units of account as `XDR`, the test code `XTS`) are refused.
/// Superseded currencies stay accepted: old orders were paid in them.
///
/// ```
/// use order_workflow::money::{Currency, MoneyError};
///
/// assert_eq!(Currency::from_code("BRL")?, Currency::BRL);
/// assert_eq!(Currency::JPY.exponent(), 0); // no cents of a yen
/// assert!(matches!(Currency::from_code("XAU"), Err(MoneyError::NoMinorUnit { .. })));
/// assert!(matches!(Currency::from_code("eur"), Err(MoneyError::UnknownCurrency { .. })));
/// # Ok::<(), MoneyError>(())
/// ```
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// The euro: 2 decimals.
    pub const EUR: Currency = Currency(iso_currency::Currency::EUR);
    /// The pound sterling: 2 decimals.
    pub const GBP: Currency = Currency(iso_currency::Currency::GBP);
    /// The dollar of the United States: 2 decimals.
    pub const USD: Currency = Currency(iso_currency::Currency::USD);
    /// The yuan renminbi: 2 decimals.
    pub const CNY: Currency = Currency(iso_currency::Currency::CNY);
    /// The Brazilian real: 2 decimals.
    pub const BRL: Currency = Currency(iso_currency::Currency::BRL);
    /// The yen: no decimals.
    pub const JPY: Currency = Currency(iso_currency::Currency::JPY);
    /// The Kuwaiti dinar: 3 decimals.
    pub const KWD: Currency = Currency(iso_currency::Currency::KWD);
    /// The Indian rupee: 2 decimals.
    pub const INR: Currency = Currency(iso_currency::Currency::INR);

    /// The currency with this code: three capital letters, exactly.
    ///
    /// # Errors
    /// [`MoneyError::UnknownCurrency`] if ISO 4217 has no such code, [`MoneyError::NoMinorUnit`] if it has,
    /// but nothing is paid in it.
    pub fn from_code(code: &str) -> Result<Currency, MoneyError> {
        match iso_currency::Currency::from_code(code) {
            // Asked back, so that a lenient table could not make us lenient.
            Some(known) if known.code() == code => match known.exponent() {
                Some(_) => Ok(Currency(known)),
                None => Err(MoneyError::NoMinorUnit { code: code.to_owned() }),
            },
            Some(_) | None => Err(MoneyError::UnknownCurrency { code: shown(code) }),
        }
    }

    /// The code of ISO 4217, three capital letters.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// How many decimals the currency has: one main unit is `10^exponent` minor units (source: ISO 4217).
    pub fn exponent(self) -> u32 {
        self.0.exponent().map_or(0, u32::from) // `None` is refused at the door
    }
}

impl Ord for Currency {
    fn cmp(&self, other: &Self) -> Ordering {
        self.code().cmp(other.code())
    }
}

impl PartialOrd for Currency {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(CodeVisitor)
    }
}

struct CodeVisitor;

impl Visitor<'_> for CodeVisitor {
    type Value = Currency;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an ISO 4217 currency code")
    }

    fn visit_str<E: de::Error>(self, code: &str) -> Result<Currency, E> {
        Currency::from_code(code).map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_named_currencies_have_their_decimals() {
        let table = [
            (Currency::EUR, "EUR", 2),
            (Currency::GBP, "GBP", 2),
            (Currency::USD, "USD", 2),
            (Currency::CNY, "CNY", 2),
            (Currency::BRL, "BRL", 2),
            (Currency::JPY, "JPY", 0),
            (Currency::KWD, "KWD", 3),
            (Currency::INR, "INR", 2),
        ];
        for (currency, code, exponent) in table {
            assert_eq!((currency.code(), currency.exponent()), (code, exponent));
            assert_eq!(Currency::from_code(code), Ok(currency));
        }
    }

    #[test]
    fn codes_without_minor_units_are_refused() {
        for code in ["XAU", "XAG", "XDR", "XTS", "XXX"] {
            assert_eq!(Currency::from_code(code), Err(MoneyError::NoMinorUnit { code: code.into() }));
        }
    }

    #[test]
    fn only_the_exact_code_is_accepted() {
        for code in ["", "eur", "Eur", " EUR", "EUR ", "EURO", "ZZZ", "ＥＵＲ"] {
            assert_eq!(Currency::from_code(code), Err(MoneyError::UnknownCurrency { code: code.into() }));
        }
    }

    #[test]
    fn every_code_of_three_letters_comes_back_as_itself() {
        let mut known = 0;
        for a in 'A'..='Z' {
            for b in 'A'..='Z' {
                for c in 'A'..='Z' {
                    let code = String::from_iter([a, b, c]);
                    if let Ok(currency) = Currency::from_code(&code) {
                        known += 1;
                        assert_eq!(currency.code(), code);
                        assert!(currency.exponent() <= 4, "{code}"); // UYW has four
                    }
                }
            }
        }
        assert!(known > 150, "{known}");
    }

    #[test]
    fn order_is_by_code() {
        let mut some = [Currency::USD, Currency::BRL, Currency::JPY, Currency::EUR];
        some.sort();
        assert_eq!(some, [Currency::BRL, Currency::EUR, Currency::JPY, Currency::USD]);
        let xcg = Currency::from_code("XCG").expect("in the table"); // stored out of order there
        assert!(xcg > Currency::USD);
    }

    #[test]
    fn the_wire_form_is_the_code() {
        assert_eq!(serde_json::to_string(&Currency::EUR).expect("serialises"), r#""EUR""#);
        let read = |text: &str| serde_json::from_str::<Currency>(text);
        assert_eq!(read(r#""KWD""#).expect("reads"), Currency::KWD);
        assert_eq!(read("\"K\\u0057D\"").expect("reads escapes too"), Currency::KWD);
        for wrong in [r#""XAU""#, r#""usd""#, "978", "null"] {
            read(wrong).expect_err(wrong);
        }
    }
}
