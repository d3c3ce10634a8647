//! Spreads an amount over takers that can take only so much each.

use std::cmp::{Ordering, Reverse};

use crate::promotion::Remainder;

/// One that takes a share.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Taker {
    /// Its part of the whole is this over the sum of all weights.
    pub weight: i64,
    /// It takes no more than this.
    pub cap: i64,
    /// What it got.
    pub share: i64,
}

/// Spreads `total` by weight. Those whose exact share reaches their cap get the cap, and the rest is shared anew by the
/// others, until nobody's does; what nobody can take is lost. Shares are rounded down; minor units left over go one each
/// by `remainder`, ties as `first` orders the takers' places.
pub(super) fn spread(
    total: i64,
    takers: &mut [Taker],
    remainder: Remainder,
    open: &mut Vec<(i128, usize)>,
    first: impl Fn(usize, usize) -> Ordering,
) {
    open.clear();
    for (place, taker) in takers.iter_mut().enumerate() {
        taker.share = 0;
        if taker.weight > 0 && taker.cap > 0 {
            open.push((0, place));
        }
    }
    let at = |takers: &[Taker], place: usize| takers.get(place).copied().unwrap_or_default();
    let mut left = i128::from(total.max(0));
    let mut weights: i128;
    loop {
        weights = open.iter().map(|&(_, place)| i128::from(at(takers, place).weight)).sum();
        if weights == 0 || left == 0 {
            return;
        }
        let mut full: i128 = 0;
        open.retain(|&(_, place)| {
            let Some(taker) = takers.get_mut(place) else { return false };
            let (weight, cap) = (i128::from(taker.weight), i128::from(taker.cap));
            let is_full = left * weight >= cap * weights;
            if is_full {
                taker.share = taker.cap;
                full += cap;
            }
            !is_full
        });
        if full == 0 {
            break;
        }
        left -= full;
    }
    let mut given: i128 = 0;
    for (rest, place) in open.iter_mut() {
        if let Some(taker) = takers.get_mut(*place) {
            let exact = left * i128::from(taker.weight);
            taker.share = i64::try_from(exact / weights).unwrap_or(taker.cap); // below the cap
            given += i128::from(taker.share);
            *rest = exact % weights;
        }
    }
    let over = usize::try_from(left - given).unwrap_or(0); // fewer than there are takers
    if over == 0 {
        return;
    }
    let ahead = |a: &(i128, usize), b: &(i128, usize)| match remainder {
        Remainder::LargestRemainder => Reverse(a.0).cmp(&Reverse(b.0)).then_with(|| first(a.1, b.1)),
        Remainder::First => first(a.1, b.1),
    };
    if over < open.len() {
        open.select_nth_unstable_by(over, ahead);
    }
    for (_, place) in open.iter().take(over) {
        if let Some(taker) = takers.get_mut(*place) {
            taker.share += 1; // its exact share is below its cap
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shares(total: i64, takers: &[(i64, i64)], remainder: Remainder) -> Vec<i64> {
        let mut takers: Vec<Taker> =
            takers.iter().map(|&(weight, cap)| Taker { weight, cap, share: 7 }).collect();
        spread(total, &mut takers, remainder, &mut vec![], |a, b| a.cmp(&b));
        takers.iter().map(|taker| taker.share).collect()
    }

    #[test]
    fn caps_move_the_rest_to_others() {
        assert_eq!(shares(1_400, &[(5_000, 500), (2_000, 2_000)], Remainder::LargestRemainder), [500, 900]);
        assert_eq!(shares(100, &[(1, 10), (1, 10)], Remainder::LargestRemainder), [10, 10]);
        assert_eq!(shares(100, &[(1, 99), (1, 99), (1, 99)], Remainder::LargestRemainder), [34, 33, 33]);
        assert_eq!(shares(5, &[(1999, 99), (501, 99)], Remainder::LargestRemainder), [4, 1]);
        assert_eq!(shares(2, &[(1, 9), (8, 9)], Remainder::First), [1, 1]);
        assert_eq!(shares(2, &[(1, 9), (8, 9)], Remainder::LargestRemainder), [0, 2]);
        assert_eq!(shares(5, &[], Remainder::First), [0i64; 0]);
        assert_eq!(shares(5, &[(0, 5), (0, 5)], Remainder::First), [0, 0]);
    }

    proptest! {
        #[test]
        fn all_is_given_that_can_be_taken(
            total in 0i64..2_000,
            takers in proptest::collection::vec((1i64..500, 0i64..300), 0..9),
            first in any::<bool>(),
        ) {
            let remainder = if first { Remainder::First } else { Remainder::LargestRemainder };
            let shares = shares(total, &takers, remainder);
            let room: i64 = takers.iter().map(|taker| taker.1).sum();
            prop_assert_eq!(shares.iter().sum::<i64>(), total.min(room));
            for (share, taker) in shares.iter().zip(&takers) {
                prop_assert!((0..=taker.1).contains(share));
            }
        }
    }
}
