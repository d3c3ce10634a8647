//! Units that may stay unmet, priced: which to leave out saves most at most.

use std::cmp::Ordering;

/// Pieces that may stay unmet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spared {
    /// What one of them saves, scaled; more than nothing.
    pub price: i64,
    /// Units in one of them.
    pub units: i64,
    pub pieces: i64,
    /// Which item.
    pub index: usize,
}

impl Spared {
    /// What saves more a unit comes first; exactly, since a rounded order would save too little.
    pub(super) fn dearer(one: &Spared, other: &Spared) -> Ordering {
        let a_unit = |of: &Spared, times: &Spared| i128::from(of.price) * i128::from(times.units);
        a_unit(other, one).cmp(&a_unit(one, other))
    }

    /// What so many units save at most, the last piece in part (Dantzig 1957), and the pieces that are left out.
    pub(super) fn save(sorted: &[Spared], mut left: i64, mut leave: impl FnMut(usize, f64)) -> i64 {
        let mut saved = 0;
        for one in sorted {
            if left <= 0 {
                break;
            }
            let whole = one.pieces.min(left / one.units);
            saved += whole * one.price;
            left -= whole * one.units;
            let mut pieces = whole as f64;
            if whole < one.pieces && left > 0 {
                let part = i128::from(one.price) * i128::from(left) / i128::from(one.units);
                saved += i64::try_from(part).unwrap_or(one.price) + 1; // less than a whole piece
                pieces += left as f64 / one.units as f64;
                left = 0;
            }
            leave(one.index, pieces);
        }
        saved
    }
}
