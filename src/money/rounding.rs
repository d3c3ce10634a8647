//! Which way a fraction of a minor unit goes.

use serde::{Deserialize, Serialize};

/// What happens to a fraction of a minor unit. Symmetric: a credit rounds as the debit of the same size.
///
/// | minor units | `HalfUp` | `HalfEven` | `Down` | `Up` |
/// | --- | --- | --- | --- | --- |
/// | 2.4 | 2 | 2 | 2 | 3 |
/// | 2.5 | 3 | 2 | 2 | 3 |
/// | 3.5 | 4 | 4 | 3 | 4 |
/// | -2.5 | -3 | -2 | -2 | -3 |
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// To the nearest; a half goes away from zero ("commercial rounding").
    HalfUp,
    /// To the nearest; a half goes to the even neighbour ("banker's rounding").
    HalfEven,
    /// Toward zero: the fraction is dropped.
    Down,
    /// Away from zero: any fraction counts as a whole unit.
    Up,
}

impl Rounding {
    /// Whether a magnitude grows by one: it is `quotient` and a fraction `rest / whole` (`rest < whole`).
    fn grows(self, quotient: u128, rest: u128, whole: u128) -> bool {
        let above_half = rest > whole - rest; // `whole` is at most 10^30: no overflow, and no doubling
        let half = rest == whole - rest;
        match self {
            Rounding::HalfUp => half || above_half,
            Rounding::HalfEven => above_half || (half && quotient % 2 == 1),
            Rounding::Down => false,
            Rounding::Up => rest > 0,
        }
    }
}

/// `units * mantissa / 10^power`, exactly, then rounded; `None` if it does not fit into 64 bits.
///
/// Exact for every `mantissa` of a decimal (96 bits) and every `power` up to 30: the product, up to 160 bits,
/// is kept in two limbs of base 10^15.
pub(super) fn scaled(units: u64, mantissa: u128, power: u32, rounding: Rounding) -> Option<u64> {
    const LIMB: u128 = 1_000_000_000_000_000;
    const LIMB_DIGITS: u32 = 15;
    let units = u128::from(units);
    let low = units.checked_mul(mantissa % LIMB)?;
    let high = units.checked_mul(mantissa / LIMB)?.checked_add(low / LIMB)?;
    let low = low % LIMB;
    let whole = 10u128.checked_pow(power)?;
    let (quotient, rest) = if power >= LIMB_DIGITS {
        let divisor = 10u128.checked_pow(power - LIMB_DIGITS)?;
        (high / divisor, (high % divisor).checked_mul(LIMB)?.checked_add(low)?)
    } else {
        let factor = 10u128.checked_pow(LIMB_DIGITS - power)?;
        (high.checked_mul(factor)?.checked_add(low / whole)?, low % whole)
    };
    let grown = quotient.checked_add(u128::from(rounding.grows(quotient, rest, whole)))?;
    u64::try_from(grown).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [Rounding; 4] = [Rounding::HalfUp, Rounding::HalfEven, Rounding::Down, Rounding::Up];

    #[test]
    fn the_table_of_the_docs_is_true() {
        for (tenths, expected) in [
            (0, [0, 0, 0, 0]),
            (4, [0, 0, 0, 1]),
            (5, [1, 0, 0, 1]),
            (15, [2, 2, 1, 2]),
            (24, [2, 2, 2, 3]),
            (25, [3, 2, 2, 3]),
            (26, [3, 3, 2, 3]),
            (30, [3, 3, 3, 3]),
            (35, [4, 4, 3, 4]),
            (1, [0, 0, 0, 1]), // the least fraction that there is counts for `Up`
            (31, [3, 3, 3, 4]),
        ] {
            let made = ALL.map(|rounding| scaled(1, tenths, 1, rounding));
            assert_eq!(made, expected.map(Some), "{tenths} tenths");
        }
    }

    #[test]
    fn the_largest_operands_are_exact() {
        let most = (1u128 << 96) - 1;
        // (2^64 - 1) * (2^96 - 1) / 10^30 = 1461501637330902918124910007719.6…e48 / 10^30 is above 2^64 …
        assert_eq!(scaled(u64::MAX, most, 28, Rounding::Down), None);
        // … and 10^12 * (2^96 - 1) / 10^30 = 79228162514.264337593543950335
        assert_eq!(scaled(1_000_000_000_000, most, 30, Rounding::Down), Some(79_228_162_514));
        assert_eq!(scaled(1_000_000_000_000, most, 30, Rounding::Up), Some(79_228_162_515));
        assert_eq!(scaled(u64::MAX, 1, 0, Rounding::Up), Some(u64::MAX));
        assert_eq!(scaled(u64::MAX, 2, 0, Rounding::Up), None);
        assert_eq!(scaled(u64::MAX, 10u128.pow(28), 28, Rounding::HalfUp), Some(u64::MAX));
        assert_eq!(scaled(u64::MAX, most, 0, Rounding::Down), None);
    }

    /// The same in plain 128 bits, where that is enough.
    fn plainly(product: u128, whole: u128, rounding: Rounding) -> u128 {
        let down = product / whole;
        let (near, far) = (product - down * whole, (down + 1) * whole - product);
        match rounding {
            _ if near == 0 => down,
            Rounding::Down => down,
            Rounding::Up => down + 1,
            Rounding::HalfUp => down + u128::from(near >= far),
            Rounding::HalfEven if near == far => down + down % 2,
            Rounding::HalfEven => down + u128::from(near > far),
        }
    }

    proptest! {
        #[test]
        fn two_limbs_agree_with_one(
            units in 0u64..1 << 60, mantissa in 0u128..1 << 60, power in 0u32..=30, which in 0usize..4,
        ) {
            let expected = plainly(u128::from(units) * mantissa, 10u128.pow(power), ALL[which]);
            prop_assert_eq!(scaled(units, mantissa, power, ALL[which]), u64::try_from(expected).ok());
        }

        #[test]
        fn wide_products_agree_after_shifting(
            units in 0u64..1 << 32, mantissa in 0u128..1 << 94, power in 0u32..=30, which in 0usize..4,
        ) {
            let expected = plainly(u128::from(units) * mantissa, 10u128.pow(power), ALL[which]);
            prop_assert_eq!(scaled(units, mantissa, power, ALL[which]), u64::try_from(expected).ok());
        }
    }
}
