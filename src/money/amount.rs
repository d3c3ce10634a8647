//! An amount of money and its arithmetic.

use std::cmp::Ordering;
use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::money::error::shown;
use crate::money::rounding::scaled;
use crate::money::{Currency, MoneyError, Rounding};

/// An exact amount in minor units of its currency: 1290 is 12.90 EUR, but 1290 JPY.
///
/// May be negative (a credit). There is no `Ord`: [`Money::compare`] says whether two amounts compare at all.
///
/// On the wire it is `{"minor":1290,"currency":"EUR"}`, an integer on purpose. Readers that keep numbers as
/// doubles (JavaScript) lose digits of `minor` beyond 2^53 - 1 = 9,007,199,254,740,991; let them read it as a
/// big integer.
///
/// ```
/// use order_workflow::money::{Currency, Money, MoneyError};
///
/// let price = Money::parse("12.90", Currency::EUR)?;
/// assert_eq!(price, Money::minor(1290, Currency::EUR));
/// assert_eq!(price.checked_mul(3)?.to_string(), "38.70 EUR");
///
/// let yen = Money::minor(1290, Currency::JPY);
/// assert_eq!(yen.to_string(), "1290 JPY");
/// assert!(matches!(price.checked_add(yen), Err(MoneyError::CurrencyMismatch { .. })));
/// # Ok::<(), MoneyError>(())
/// ```
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

impl Money {
    /// So many minor units: cents of a euro, whole yen, fils of a dinar.
    pub const fn minor(minor: i64, currency: Currency) -> Money {
        Money { minor, currency }
    }

    /// Nothing, in this currency.
    pub const fn zero(currency: Currency) -> Money {
        Money { minor: 0, currency }
    }

    /// The amount in minor units.
    pub const fn minor_units(self) -> i64 {
        self.minor
    }

    /// The currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Whether it is nothing.
    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// Whether it is more than nothing.
    pub const fn is_positive(self) -> bool {
        self.minor > 0
    }

    /// Whether it is less than nothing.
    pub const fn is_negative(self) -> bool {
        self.minor < 0
    }

    /// Both together.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`], and [`MoneyError::Overflow`] beyond 64 bits.
    pub fn checked_add(self, other: Money) -> Result<Money, MoneyError> {
        self.same_currency(other)?;
        let minor = self.minor.checked_add(other.minor);
        self.with(minor, || format!("{} + {}", self.minor, other.minor))
    }

    /// This without the other.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`], and [`MoneyError::Overflow`] beyond 64 bits.
    pub fn checked_sub(self, other: Money) -> Result<Money, MoneyError> {
        self.same_currency(other)?;
        let minor = self.minor.checked_sub(other.minor);
        self.with(minor, || format!("{} - {}", self.minor, other.minor))
    }

    /// So many times the amount: the price of `units` pieces.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] beyond 64 bits.
    pub fn checked_mul(self, units: i64) -> Result<Money, MoneyError> {
        self.with(self.minor.checked_mul(units), || format!("{} * {units}", self.minor))
    }

    /// The amount with its sign turned.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] for the one amount whose opposite does not exist, -2^63.
    pub fn checked_neg(self) -> Result<Money, MoneyError> {
        self.with(self.minor.checked_neg(), || format!("-({})", self.minor))
    }

    /// All of them together; nothing, in `currency`, if there are none.
    ///
    /// The result does not depend on the order: it is an error only if the *total* does not fit, not if a
    /// partial sum would not.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`] at the first amount of another currency, and [`MoneyError::Overflow`].
    pub fn sum(currency: Currency, amounts: impl IntoIterator<Item = Money>) -> Result<Money, MoneyError> {
        let zero = Money::zero(currency);
        let mut total: i128 = 0;
        for amount in amounts {
            zero.same_currency(amount)?;
            let next = total.checked_add(i128::from(amount.minor));
            total = next.ok_or_else(|| MoneyError::overflow(format_args!("{total} + {}", amount.minor)))?;
        }
        zero.with(i64::try_from(total).ok(), || format!("a sum of {total}"))
    }

    /// Which is more.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`]: amounts of two currencies are neither more nor less.
    ///
    /// ```
    /// use order_workflow::{Currency, Money};
    /// use std::cmp::Ordering;
    ///
    /// let (one, two) = (Money::minor(1, Currency::EUR), Money::minor(2, Currency::EUR));
    /// assert_eq!(one.compare(two)?, Ordering::Less);
    /// assert!(one.compare(Money::minor(2, Currency::USD)).is_err());
    /// # Ok::<(), order_workflow::money::MoneyError>(())
    /// ```
    pub fn compare(self, other: Money) -> Result<Ordering, MoneyError> {
        self.same_currency(other)?;
        Ok(self.minor.cmp(&other.minor))
    }

    /// The amount that a decimal number of main units names, exactly.
    ///
    /// The *value* counts, not how it is written: 12.900 is 12.90.
    ///
    /// # Errors
    /// [`MoneyError::TooManyDigits`] if it names a fraction of a minor unit ([`Money::round_decimal`] rounds
    /// one), [`MoneyError::Overflow`].
    pub fn from_decimal(value: Decimal, currency: Currency) -> Result<Money, MoneyError> {
        let accepted = currency.exponent();
        if value.normalize().scale() > accepted {
            return Err(MoneyError::TooManyDigits { text: value.to_string(), accepted });
        }
        Money::round_decimal(value, currency, Rounding::Down) // nothing is left to round
    }

    /// The amount nearest to a decimal number of main units, in the sense of `rounding`.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    ///
    /// ```
    /// use order_workflow::{Currency, Money, money::Rounding};
    ///
    /// let rounded = |rounding| Money::round_decimal("0.125".parse().unwrap(), Currency::EUR, rounding);
    /// assert_eq!(rounded(Rounding::HalfUp)?, Money::minor(13, Currency::EUR));
    /// assert_eq!(rounded(Rounding::HalfEven)?, Money::minor(12, Currency::EUR));
    /// # Ok::<(), order_workflow::money::MoneyError>(())
    /// ```
    pub fn round_decimal(
        value: Decimal,
        currency: Currency,
        rounding: Rounding,
    ) -> Result<Money, MoneyError> {
        let one = 10u64.checked_pow(currency.exponent());
        let minor = one.and_then(|one| times(one, value, value.scale(), rounding));
        Money::zero(currency).with(minor, || format!("{value} {currency}"))
    }

    /// The amount as a decimal number of main units, with exactly the currency's decimals.
    pub fn to_decimal(self) -> Decimal {
        Decimal::new(self.minor, self.currency.exponent())
    }

    /// The amount that a text names in main units: what a form field or a file holds.
    ///
    /// Accepted is a plain decimal number in at most 40 bytes: an optional `-`, ASCII digits, and, if the
    /// currency has decimals, optionally one `.` with one to that many digits after it. `12`, `12.9` and
    /// `-012.90` are amounts of euros; `12.900`, `12.`, `.5`, `+1`, `1e3`, `1,000` and ` 1` are not.
    ///
    /// # Errors
    /// [`MoneyError::NotANumber`], [`MoneyError::TooManyDigits`], [`MoneyError::Overflow`], in this order.
    pub fn parse(text: &str, currency: Currency) -> Result<Money, MoneyError> {
        const LONGEST: usize = 40;
        let not_a_number = || MoneyError::NotANumber { text: shown(text) };
        let too_large = || MoneyError::overflow(format_args!("{} {currency}", shown(text)));
        if text.len() > LONGEST {
            return Err(not_a_number());
        }
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (main, fraction) = match digits.split_once('.') {
            Some((main, fraction)) => (main, Some(fraction)),
            None => (digits, None),
        };
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !plain(main) || !fraction.is_none_or(plain) {
            return Err(not_a_number());
        }
        let fraction = fraction.unwrap_or_default();
        let accepted = currency.exponent();
        let missing = u32::try_from(fraction.len())
            .ok()
            .and_then(|given| accepted.checked_sub(given))
            .ok_or_else(|| MoneyError::TooManyDigits { text: shown(text), accepted })?;
        // At most 39 digits and 4 zeros: a zero-padded number may be long, so overflow is checked, not counted.
        let mut magnitude: u64 = 0;
        let zeros = (0..missing).map(|_| b'0');
        for digit in main.bytes().chain(fraction.bytes()).chain(zeros) {
            let next = magnitude.checked_mul(10).and_then(|tens| tens.checked_add(u64::from(digit - b'0')));
            magnitude = next.ok_or_else(too_large)?;
        }
        let minor = signed(negative, magnitude).ok_or_else(too_large)?;
        Ok(Money { minor, currency })
    }

    /// The amount in main units with exactly the currency's decimals: `12.90` for EUR, `1290` for JPY.
    ///
    /// The reverse of [`Money::parse`].
    pub fn decimal_text(self) -> String {
        Plain(self).to_string()
    }

    /// So many percent of the amount, computed exactly and rounded once.
    ///
    /// Percent may be negative or above 100. The sign takes no part in rounding.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    ///
    /// ```
    /// use order_workflow::{Currency, Money, money::Rounding};
    ///
    /// let price = Money::minor(1999, Currency::EUR);
    /// let seven_and_a_half = "7.5".parse().unwrap();
    /// assert_eq!(price.percent(seven_and_a_half, Rounding::HalfUp)?, Money::minor(150, Currency::EUR));
    /// assert_eq!(price.percent(seven_and_a_half, Rounding::Down)?, Money::minor(149, Currency::EUR));
    /// # Ok::<(), order_workflow::money::MoneyError>(())
    /// ```
    pub fn percent(self, percent: Decimal, rounding: Rounding) -> Result<Money, MoneyError> {
        let magnitude = self.minor.unsigned_abs();
        // The decimal's sign and the amount's sign make the result's; both magnitudes are exact.
        let towards = if self.is_negative() { -percent } else { percent };
        let minor = times(magnitude, towards, percent.scale() + 2, rounding);
        self.with(minor, || format!("{percent} % of {}", self.minor))
    }

    /// Refuses an amount of another currency.
    fn same_currency(self, other: Money) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::CurrencyMismatch { left: self.currency, right: other.currency })
        }
    }

    /// Another amount of the same currency, or the overflow that `what` describes.
    fn with(self, minor: Option<i64>, what: impl FnOnce() -> String) -> Result<Money, MoneyError> {
        match minor {
            Some(minor) => Ok(Money { minor, currency: self.currency }),
            None => Err(MoneyError::overflow(what())),
        }
    }
}

/// `units` times the digits of `factor` over `10^power`, with the sign of `factor`.
fn times(units: u64, factor: Decimal, power: u32, rounding: Rounding) -> Option<i64> {
    let mantissa = factor.mantissa();
    signed(mantissa < 0, scaled(units, mantissa.unsigned_abs(), power, rounding)?)
}

/// A magnitude with a sign: -2^63 exists, 2^63 does not.
fn signed(negative: bool, magnitude: u64) -> Option<i64> {
    if negative { 0i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() }
}

/// An amount without its currency, written without a detour over `String`.
struct Plain(Money);

impl fmt::Display for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Money { minor, currency } = self.0;
        let exponent = currency.exponent();
        let one = 10u64.checked_pow(exponent).unwrap_or(1);
        let (main, fraction) = (minor.unsigned_abs() / one, minor.unsigned_abs() % one);
        let sign = if minor < 0 { "-" } else { "" };
        match usize::try_from(exponent) {
            Ok(width) if width > 0 => write!(f, "{sign}{main}.{fraction:0width$}"),
            Ok(_) | Err(_) => write!(f, "{sign}{main}"),
        }
    }
}

impl fmt::Display for Money {
    /// `12.90 EUR`: for logs and errors. What a customer reads is the host's to format.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", Plain(*self), self.currency)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rust_decimal::RoundingStrategy;

    use super::*;

    const CURRENCIES: [Currency; 4] = [Currency::EUR, Currency::JPY, Currency::KWD, Currency::INR];

    fn eur(minor: i64) -> Money {
        Money::minor(minor, Currency::EUR)
    }

    fn decimal(text: &str) -> Decimal {
        text.parse().expect("a decimal")
    }

    #[test]
    fn arithmetic_is_checked() {
        assert_eq!(eur(1).checked_add(eur(2)), Ok(eur(3)));
        assert_eq!(eur(1).checked_sub(eur(2)), Ok(eur(-1)));
        assert_eq!(eur(-7).checked_mul(3), Ok(eur(-21)));
        assert_eq!(eur(-7).checked_neg(), Ok(eur(7)));
        let (least, most) = (eur(i64::MIN), eur(i64::MAX));
        for over in [
            most.checked_add(eur(1)),
            least.checked_sub(eur(1)),
            most.checked_mul(2),
            least.checked_neg(),
            least.checked_mul(-1),
            Money::sum(Currency::EUR, [most, most]),
        ] {
            assert!(matches!(over, Err(MoneyError::Overflow { .. })), "{over:?}");
        }
        assert_eq!(
            most.checked_add(eur(1)).expect_err("overflows").to_string(),
            "`9223372036854775807 + 1` does not fit; \
             accepted: a result of -9223372036854775808 to 9223372036854775807 minor units"
        );
    }

    #[test]
    fn two_currencies_never_mix() {
        let yen = Money::minor(1, Currency::JPY);
        let mismatch = MoneyError::CurrencyMismatch { left: Currency::EUR, right: Currency::JPY };
        assert_eq!(eur(1).checked_add(yen), Err(mismatch.clone()));
        assert_eq!(eur(1).checked_sub(yen), Err(mismatch.clone()));
        assert_eq!(eur(1).compare(yen), Err(mismatch.clone()));
        assert_eq!(Money::sum(Currency::EUR, [eur(1), yen]), Err(mismatch));
        assert_ne!(Money::zero(Currency::EUR), Money::zero(Currency::JPY)); // nothing of what?
    }

    #[test]
    fn a_sum_judges_the_total_not_the_way_to_it() {
        let terms = [eur(i64::MAX), eur(1), eur(-1)];
        assert_eq!(Money::sum(Currency::EUR, terms), Ok(eur(i64::MAX)));
        assert_eq!(Money::sum(Currency::EUR, []), Ok(Money::zero(Currency::EUR)));
    }

    #[test]
    fn signs() {
        assert!(eur(0).is_zero() && !eur(0).is_positive() && !eur(0).is_negative());
        assert!(eur(1).is_positive() && !eur(1).is_zero());
        assert!(eur(-1).is_negative() && !eur(-1).is_positive());
    }

    #[test]
    fn text_is_exact_both_ways() {
        for (currency, minor, text) in [
            (Currency::EUR, 1290, "12.90"),
            (Currency::EUR, -5, "-0.05"),
            (Currency::EUR, 0, "0.00"),
            (Currency::EUR, i64::MIN, "-92233720368547758.08"),
            (Currency::EUR, i64::MAX, "92233720368547758.07"),
            (Currency::JPY, 1290, "1290"),
            (Currency::JPY, i64::MIN, "-9223372036854775808"),
            (Currency::KWD, 1, "0.001"),
            (Currency::KWD, -1290, "-1.290"),
        ] {
            let money = Money::minor(minor, currency);
            assert_eq!(money.decimal_text(), text);
            assert_eq!(Money::parse(text, currency), Ok(money));
            assert_eq!(money.to_string(), format!("{text} {currency}"));
        }
    }

    #[test]
    fn fewer_decimals_and_leading_zeros_are_accepted() {
        for (text, minor) in [("12", 1200), ("12.9", 1290), ("-012.90", -1290), ("-0", 0), ("-0.00", 0)] {
            assert_eq!(Money::parse(text, Currency::EUR), Ok(eur(minor)), "{text}");
        }
        let padded = format!("{}1", "0".repeat(39));
        assert_eq!(Money::parse(&padded, Currency::EUR), Ok(eur(100)));
    }

    #[test]
    fn what_is_no_plain_number_is_refused() {
        let long = "0".repeat(41);
        for text in [
            "", "-", ".", "12.", ".5", "-.5", "+1", "--1", "1-", "1e3", "1E3", "1,000", "1_000", " 1", "1 ",
            "1.2.3", "0x10", "NaN", "inf", "١٢", "1２", "12.90€", "1.\u{0}", &long,
        ] {
            let refused = Money::parse(text, Currency::EUR);
            assert!(matches!(refused, Err(MoneyError::NotANumber { .. })), "{text}: {refused:?}");
        }
    }

    #[test]
    fn more_decimals_than_the_currency_has_are_refused() {
        for (text, currency, accepted) in
            [("12.900", Currency::EUR, 2), ("1290.0", Currency::JPY, 0), ("0.0001", Currency::KWD, 3)]
        {
            let expected = MoneyError::TooManyDigits { text: text.into(), accepted };
            assert_eq!(Money::parse(text, currency), Err(expected));
        }
        for text in ["92233720368547758.08", "-92233720368547758.09", "99999999999999999999999999999"] {
            let refused = Money::parse(text, Currency::EUR);
            assert!(matches!(refused, Err(MoneyError::Overflow { .. })), "{text}: {refused:?}");
        }
    }

    #[test]
    fn decimals_are_exact_or_refused() {
        assert_eq!(Money::from_decimal(decimal("12.900"), Currency::EUR), Ok(eur(1290)));
        assert_eq!(Money::from_decimal(decimal("-0.05"), Currency::EUR), Ok(eur(-5)));
        assert_eq!(Money::from_decimal(decimal("-0.000"), Currency::EUR), Ok(eur(0)));
        assert_eq!(
            Money::from_decimal(decimal("12.905"), Currency::EUR),
            Err(MoneyError::TooManyDigits { text: "12.905".into(), accepted: 2 })
        );
        for value in [Decimal::MAX, Decimal::MIN] {
            let refused = Money::from_decimal(value, Currency::EUR);
            assert!(matches!(refused, Err(MoneyError::Overflow { .. })), "{refused:?}");
        }
        let least = decimal("-92233720368547758.08");
        assert_eq!(Money::from_decimal(least, Currency::EUR), Ok(eur(i64::MIN)));
        assert_eq!(eur(i64::MIN).to_decimal(), least);
    }

    #[test]
    fn percent_rounds_once_and_symmetrically() {
        let half = decimal("0.5");
        for (rounding, expected) in
            [(Rounding::HalfUp, 2), (Rounding::HalfEven, 2), (Rounding::Down, 1), (Rounding::Up, 2)]
        {
            assert_eq!(eur(300).percent(half, rounding), Ok(eur(expected)), "{rounding:?}");
            assert_eq!(eur(-300).percent(half, rounding), Ok(eur(-expected)), "{rounding:?}");
            assert_eq!(eur(300).percent(-half, rounding), Ok(eur(-expected)), "{rounding:?}");
            assert_eq!(eur(-300).percent(-half, rounding), Ok(eur(expected)), "{rounding:?}");
        }
        // Where 96-bit decimals would round the product before we could:
        let third = decimal("33.333333333333333333333333333");
        assert_eq!(eur(i64::MAX).percent(third, Rounding::Down), Ok(eur(3_074_457_345_618_258_602)));
        assert_eq!(eur(i64::MAX).percent(third, Rounding::Up), Ok(eur(3_074_457_345_618_258_603)));
        assert_eq!(eur(i64::MIN).percent(decimal("100"), Rounding::Down), Ok(eur(i64::MIN)));
        assert!(eur(i64::MIN).percent(decimal("-100"), Rounding::Down).is_err());
        assert!(eur(i64::MAX).percent(decimal("100.1"), Rounding::Down).is_err());
    }

    #[test]
    fn the_wire_form_is_closed() {
        let text = r#"{"minor":1290,"currency":"EUR"}"#;
        assert_eq!(serde_json::to_string(&eur(1290)).expect("serialises"), text);
        assert_eq!(serde_json::from_str::<Money>(text).expect("reads"), eur(1290));
        for wrong in [
            r#"{"minor":12.9,"currency":"EUR"}"#,
            r#"{"minor":"1290","currency":"EUR"}"#,
            r#"{"minor":1290}"#,
            r#"{"minor":1290,"currency":"EUR","major":12}"#,
            r#"{"minor":9223372036854775808,"currency":"EUR"}"#,
        ] {
            serde_json::from_str::<Money>(wrong).expect_err(wrong);
        }
    }

    fn currency() -> impl Strategy<Value = Currency> {
        (0..CURRENCIES.len()).prop_map(|index| CURRENCIES[index])
    }

    proptest! {
        #[test]
        fn text_and_decimal_come_back(minor: i64, currency in currency()) {
            let money = Money::minor(minor, currency);
            prop_assert_eq!(Money::parse(&money.decimal_text(), currency), Ok(money));
            prop_assert_eq!(Money::from_decimal(money.to_decimal(), currency), Ok(money));
            prop_assert_eq!(money.to_decimal().to_string(), money.decimal_text());
        }

        #[test]
        fn no_text_panics_and_what_is_read_is_what_decimal_reads(text in "[-+0-9.eE ]{0,45}") {
            if let Ok(money) = Money::parse(&text, Currency::KWD) {
                prop_assert_eq!(money.to_decimal(), decimal(&text));
            }
        }

        #[test]
        fn any_text_is_an_answer(text in any::<String>()) {
            let _ = Money::parse(&text, Currency::EUR);
        }

        #[test]
        fn rounding_agrees_with_decimal(
            mantissa in -(1i128 << 90)..1i128 << 90, scale in 0u32..=28, currency in currency(),
        ) {
            let value = Decimal::from_i128_with_scale(mantissa, scale);
            for (rounding, theirs) in [
                (Rounding::HalfUp, RoundingStrategy::MidpointAwayFromZero),
                (Rounding::HalfEven, RoundingStrategy::MidpointNearestEven),
                (Rounding::Down, RoundingStrategy::ToZero),
                (Rounding::Up, RoundingStrategy::AwayFromZero),
            ] {
                let expected = value.round_dp_with_strategy(currency.exponent(), theirs);
                match Money::round_decimal(value, currency, rounding) {
                    Ok(money) => prop_assert_eq!(money.to_decimal(), expected, "{:?}", rounding),
                    Err(_) => prop_assert!(expected.abs() > Decimal::new(i64::MAX, currency.exponent())),
                }
            }
        }

        #[test]
        fn percent_agrees_with_decimal(minor in -1_000_000_000i64..1_000_000_000, basis in -100_000i64..100_000) {
            let percent = Decimal::new(basis, 2);
            let expected = (Decimal::new(minor, 2) * percent / Decimal::ONE_HUNDRED)
                .round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
            let made = eur(minor).percent(percent, Rounding::HalfUp);
            prop_assert_eq!(made.map(Money::to_decimal), Ok(expected));
        }

        #[test]
        fn adding_and_taking_away_close(a in any::<i32>(), b in any::<i32>()) {
            let (a, b) = (eur(i64::from(a)), eur(i64::from(b)));
            prop_assert_eq!(a.checked_add(b)?.checked_sub(b)?, a);
            prop_assert_eq!(Money::sum(Currency::EUR, [a, b])?, b.checked_add(a)?);
        }
    }
}
