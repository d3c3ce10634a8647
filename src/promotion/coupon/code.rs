//! Codes that people type: written without look-alikes, checked, drawn without collisions, compared in equal time.

use crate::promotion::CodeMatch;

/// Crockford's base 32: no I, L, O or U. The check symbols go on with five more, since they count up to 37.
const SYMBOLS: &[u8; 37] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U";
const BASE: u64 = 32;
const CHECKS: u64 = 37;
/// The most symbols of a code before its check symbol: 60 bits.
const SYMBOLS_MAX: u32 = 12;

/// Why a code can not be right, or a batch not be made.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CodeProblem {
    /// A batch of codes that are too short or too long.
    #[error("{symbols} symbols a code; accepted: 2 to {max}", max = SYMBOLS_MAX)]
    Symbols {
        /// How many were asked for.
        symbols: u32,
    },
    /// A batch has fewer codes.
    #[error("code number {number} of a batch of {size}; accepted: below that")]
    BatchEnds {
        /// Which was asked for, from 0.
        number: u64,
        /// How many there are.
        size: u64,
    },
    /// A character that no code has.
    #[error("a code with {symbol:?}; accepted: digits and letters without U")]
    Symbol {
        /// Which.
        symbol: char,
    },
    /// Too short or too long to be a code.
    #[error("a code of {symbols} symbols; accepted: 3 to {max} with the check symbol", max = SYMBOLS_MAX + 1)]
    Length {
        /// How many it has.
        symbols: usize,
    },
    /// The check symbol does not fit: it was mistyped.
    #[error("the code's last symbol does not fit the others; accepted: the code as it was printed")]
    Mistyped,
}

impl CodeProblem {
    /// The variant by its stable name, for logs and translations.
    pub const fn code(&self) -> &'static str {
        match self {
            CodeProblem::Symbols { .. } => "symbols",
            CodeProblem::BatchEnds { .. } => "batch_ends",
            CodeProblem::Symbol { .. } => "symbol",
            CodeProblem::Length { .. } => "length",
            CodeProblem::Mistyped => "mistyped",
        }
    }
}

/// Codes made from a secret seed, all different: the `n`-th code is a keyed permutation of `n`, so a batch needs no table
/// of what was drawn, and a host can make it again, or go on with it, at any time.
///
/// The seed is the host's and stays secret: who knows it knows all codes. The permutation scatters, it is no cipher; a
/// code of 8 symbols (40 bits) with a batch of a million is guessed once in a million tries, so limit tries too.
///
/// ```
/// use order_workflow::promotion::coupon::{CodeBatch, check_code};
///
/// let batch = CodeBatch::new(0x5eed, 8)?;
/// let code = batch.code(0)?;
/// assert_eq!(code.len(), 8 + 1 + 1); // a hyphen in the middle, a check symbol at the end
/// check_code(&code.to_lowercase().replace('-', " "))?; // as people type it
/// # Ok::<(), order_workflow::promotion::coupon::CodeProblem>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CodeBatch {
    seed: u64,
    symbols: u32,
}

impl CodeBatch {
    /// A batch of codes with so many symbols, the check symbol not counted.
    ///
    /// # Errors
    /// [`CodeProblem::Symbols`] under 2 or over 12.
    pub fn new(seed: u64, symbols: u32) -> Result<CodeBatch, CodeProblem> {
        if !(2..=SYMBOLS_MAX).contains(&symbols) {
            return Err(CodeProblem::Symbols { symbols });
        }
        Ok(CodeBatch { seed, symbols })
    }

    /// How many codes there are.
    pub fn size(&self) -> u64 {
        1u64 << (5 * self.symbols)
    }

    /// The `number`-th code, counted from 0: symbols, hyphens between groups of four, and the check symbol.
    ///
    /// # Errors
    /// [`CodeProblem::BatchEnds`].
    pub fn code(&self, number: u64) -> Result<String, CodeProblem> {
        let size = self.size();
        if number >= size {
            return Err(CodeProblem::BatchEnds { number, size });
        }
        Ok(written(self.permuted(number), self.symbols))
    }

    /// The first `count` codes.
    ///
    /// # Errors
    /// [`CodeProblem::BatchEnds`] if there are not so many.
    pub fn codes(&self, count: u64) -> Result<Vec<String>, CodeProblem> {
        (0..count).map(|number| self.code(number)).collect()
    }

    /// A bijection on the numbers below the size: a Feistel network over two halves, walked on while the result lies
    /// outside, since an odd number of bits does not halve.
    fn permuted(&self, number: u64) -> u64 {
        let half = (5 * self.symbols).div_ceil(2);
        let mask = (1u64 << half) - 1;
        let mut value = number;
        loop {
            let (mut left, mut right) = (value >> half, value & mask);
            for round in 0..4u64 {
                (left, right) = (right, left ^ (scattered(right ^ self.seed.rotate_left(16), round) & mask));
            }
            value = (left << half) | right;
            if value < self.size() {
                return value;
            }
        }
    }
}

/// The finaliser of splitmix64 (Steele, Lea, Flood 2014), keyed by the round.
fn scattered(value: u64, round: u64) -> u64 {
    let mut mixed = value.wrapping_add((round + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn symbol(value: u64) -> char {
    usize::try_from(value).ok().and_then(|at| SYMBOLS.get(at)).map_or('0', |&byte| char::from(byte))
}

fn written(value: u64, symbols: u32) -> String {
    let mut text = String::new();
    for place in (0..symbols).rev() {
        text.push(symbol((value >> (5 * place)) % BASE));
        if place > 0 && place % 4 == 0 {
            text.push('-');
        }
    }
    text.push(symbol(value % CHECKS));
    text
}

/// Whether a text can be a code of a batch, as somebody typed it: case, blanks and hyphens do not matter, `O` is read as
/// zero, `I` and `L` as one. Tells a typing error before anybody looks the code up: any one wrong symbol and any two
/// neighbours exchanged are found.
///
/// # Errors
/// [`CodeProblem::Symbol`], [`CodeProblem::Length`], [`CodeProblem::Mistyped`], in this order.
pub fn check_code(code: &str) -> Result<(), CodeProblem> {
    code_at(code).map(|_| ())
}

/// The number that a code writes, without its check symbol: what a host may use as a key.
///
/// # Errors
/// As [`check_code`].
pub fn code_at(code: &str) -> Result<u64, CodeProblem> {
    let mut values = Vec::with_capacity(16);
    for given in code.chars().filter(|character| !matches!(character, ' ' | '-')) {
        let read = match given.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        };
        let value = SYMBOLS.iter().position(|&symbol| char::from(symbol) == read);
        values.push(value.ok_or(CodeProblem::Symbol { symbol: given })? as u64);
        if values.len() > 64 {
            break; // too long already
        }
    }
    let symbols = values.len();
    let Some((&check, digits)) = values.split_last().filter(|_| (3..=13).contains(&symbols)) else {
        return Err(CodeProblem::Length { symbols });
    };
    let mut number = 0u64;
    for &digit in digits {
        if digit >= BASE {
            return Err(CodeProblem::Symbol { symbol: symbol(digit) });
        }
        number = number * BASE + digit; // at most 60 bits
    }
    if number % CHECKS == check { Ok(number) } else { Err(CodeProblem::Mistyped) }
}

/// Whether what was entered is the code that is kept.
///
/// Takes the same time wherever the two differ: every byte of what was entered is looked at, and no difference ends the
/// comparison early. Only the length of what was entered shows. Nothing that counts is no code: it matches none.
///
/// ```
/// use order_workflow::promotion::{CodeMatch, coupon::matches_code};
///
/// assert!(matches_code("SPRING-26", "spring 26", CodeMatch::Folded));
/// assert!(!matches_code("SPRING-26", "spring 26", CodeMatch::Exact));
/// ```
pub fn matches_code(kept: &str, entered: &str, by: CodeMatch) -> bool {
    let kept_bytes = kept.bytes().filter(|&byte| counts(byte, by));
    let mut left = kept_bytes.map(|byte| folded(byte, by));
    let (mut differs, mut nothing) = (0u8, true);
    for byte in entered.bytes().filter(|&byte| counts(byte, by)) {
        match left.next() {
            Some(wanted) => differs |= wanted ^ folded(byte, by),
            None => differs |= 1,
        }
        nothing = false;
    }
    (differs | u8::from(left.next().is_some()) | u8::from(nothing)) == 0
}

fn counts(byte: u8, by: CodeMatch) -> bool {
    by == CodeMatch::Exact || !matches!(byte, b' ' | b'-')
}

fn folded(byte: u8, by: CodeMatch) -> u8 {
    if by == CodeMatch::Folded { byte.to_ascii_uppercase() } else { byte }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_whole_batch_has_no_code_twice() {
        for (seed, symbols) in [(0, 2), (1, 2), (0x5eed, 3), (u64::MAX, 3)] {
            let batch = CodeBatch::new(seed, symbols).unwrap();
            let codes: BTreeSet<String> = batch.codes(batch.size()).unwrap().into_iter().collect();
            assert_eq!(codes.len() as u64, batch.size());
            assert_eq!(batch.code(batch.size()).unwrap_err().code(), "batch_ends");
        }
        assert_ne!(CodeBatch::new(1, 8).unwrap().code(0), CodeBatch::new(2, 8).unwrap().code(0));
        assert!(CodeBatch::new(1, 13).is_err() && CodeBatch::new(1, 1).is_err());
    }

    #[test]
    fn one_wrong_symbol_or_two_exchanged_are_found() {
        let batch = CodeBatch::new(7, 8).unwrap();
        for number in 0..50 {
            let code = batch.code(number).unwrap();
            check_code(&code).unwrap();
            let plain: Vec<char> = code.chars().filter(|&c| c != '-').collect();
            for at in 0..plain.len() {
                for other in SYMBOLS.iter().map(|&byte| char::from(byte)) {
                    let mut wrong = plain.clone();
                    wrong[at] = other;
                    let wrong: String = wrong.into_iter().collect();
                    assert_eq!(check_code(&wrong).is_ok(), plain[at] == other, "{code} {wrong}");
                }
                if at > 0 && plain[at] != plain[at - 1] {
                    let mut wrong = plain.clone();
                    wrong.swap(at, at - 1);
                    let wrong: String = wrong.into_iter().collect();
                    assert!(check_code(&wrong).is_err(), "{code} {wrong}");
                }
            }
        }
    }

    #[test]
    fn what_people_type_is_read() {
        let number = code_at(&written(0b00000_00001, 2)).unwrap();
        assert_eq!(number, 1);
        assert_eq!(code_at("oI1"), Ok(1));
        assert_eq!(code_at("0l-1 "), Ok(1));
        assert_eq!(code_at("01"), Err(CodeProblem::Length { symbols: 2 }));
        assert_eq!(code_at("0é1"), Err(CodeProblem::Symbol { symbol: 'é' }));
        assert_eq!(code_at(&"0".repeat(1_000)).unwrap_err().code(), "length");
    }

    #[test]
    fn comparing() {
        for (kept, entered, exact, folded) in [
            ("AB", "AB", true, true),
            ("AB", "ab", false, true),
            ("AB", "A B", false, true),
            ("AB", "A", false, false),
            ("AB", "ABC", false, false),
            ("AB", "", false, false),
            ("A-B", "ab-", false, true),
            ("", "", false, false),
            ("-", " ", false, false),
            ("É", "é", false, false),
        ] {
            assert_eq!(matches_code(kept, entered, CodeMatch::Exact), exact, "{kept} {entered}");
            assert_eq!(matches_code(kept, entered, CodeMatch::Folded), folded, "{kept} {entered}");
        }
    }
}
