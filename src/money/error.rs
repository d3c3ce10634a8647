//! What can go wrong with money.

use std::fmt::Display;

use crate::money::Currency;

/// Why an amount could not be made or computed. Nothing was changed.
///
/// Text from outside is quoted in backticks, cut to 60 characters and with control characters escaped.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MoneyError {
    /// The code is not in the ISO 4217 table.
    #[error(
        "currency code `{code}` is unknown; accepted: an ISO 4217 code of three capital letters, as `EUR`"
    )]
    UnknownCurrency {
        /// What was given.
        code: String,
    },
    /// The code exists, but it is a metal, a unit of account or a test code without minor units.
    #[error("currency `{code}` has no minor unit; accepted: a currency that money is paid in, as `EUR`")]
    NoMinorUnit {
        /// What was given.
        code: String,
    },
    /// Two amounts that must share a currency do not.
    #[error("`{left}` and `{right}` do not mix; accepted: two amounts of one currency")]
    CurrencyMismatch {
        /// The currency of the amount that was asked, or of the sum.
        left: Currency,
        /// The currency of the other amount.
        right: Currency,
    },
    /// The exact result does not fit into 64 bits of minor units.
    #[error(
        "`{what}` does not fit; accepted: a result of -9223372036854775808 to 9223372036854775807 minor units"
    )]
    Overflow {
        /// The computation, as text.
        what: String,
    },
    /// The text is no plain decimal number.
    #[error(
        "`{text}` is not a plain decimal number; accepted: up to 40 bytes of digits with an optional leading `-` \
         and one `.` between digits, as `-12.90`"
    )]
    NotANumber {
        /// What was given.
        text: String,
    },
    /// The number has more decimals than the currency.
    #[error("`{text}` has too many decimals; accepted: at most {accepted}")]
    TooManyDigits {
        /// What was given.
        text: String,
        /// How many decimals the currency has.
        accepted: u32,
    },
    /// There is nothing to split an amount over.
    #[error("all weights are zero; accepted: at least one weight above zero")]
    NoWeight,
}

impl MoneyError {
    /// The error for a computation that reads `what`.
    pub(crate) fn overflow(what: impl Display) -> Self {
        MoneyError::Overflow { what: what.to_string() }
    }
}

/// Text from outside, safe to print on one line.
pub(super) fn shown(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut shown: String = text.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_outside_is_cut_and_escaped() {
        assert_eq!(shown("a\nb"), "a\\nb");
        assert_eq!(shown(&"x".repeat(60)), "x".repeat(60));
        assert_eq!(shown(&"x".repeat(61)), format!("{}…", "x".repeat(60)));
    }

    #[test]
    fn every_error_names_what_is_accepted() {
        let errors = [
            MoneyError::UnknownCurrency { code: "eur".into() },
            MoneyError::NoMinorUnit { code: "XAU".into() },
            MoneyError::CurrencyMismatch { left: Currency::EUR, right: Currency::JPY },
            MoneyError::overflow("1 + 2"),
            MoneyError::NotANumber { text: "1e3".into() },
            MoneyError::TooManyDigits { text: "1.234".into(), accepted: 2 },
            MoneyError::NoWeight,
        ];
        for error in errors {
            assert!(error.to_string().contains("accepted: "), "{error}");
        }
    }
}
