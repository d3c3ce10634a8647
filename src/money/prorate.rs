//! Splitting an amount so that the parts sum to the whole.

use std::cmp::Reverse;

use smallvec::SmallVec;

use crate::money::{Money, MoneyError};

/// Splits `total` over `weights` so that the shares sum to `total`, to the minor unit.
///
/// Shares are rounded toward zero; minor units left over go one each to the largest remainders, ties to the
/// earlier weight (the largest remainder method, after Hamilton). No share is further than one minor unit from
/// its exact part, a weight of zero gets nothing, and a negative total is split like its opposite.
///
/// Which of two equal weights gets the odd cent depends on their order alone. Give the weights in an order
/// that does not change (by price, then by key), and the cents never move.
///
/// # Errors
/// [`MoneyError::NoWeight`] if there are no weights or all are zero, even for a total of nothing.
///
/// ```
/// use order_workflow::{Currency, Money, money::prorate};
///
/// let minors = |shares: Vec<Money>| shares.iter().map(|share| share.minor_units()).collect::<Vec<_>>();
/// assert_eq!(minors(prorate(Money::minor(100, Currency::EUR), &[1, 1, 1])?), [34, 33, 33]);
/// assert_eq!(minors(prorate(Money::minor(-100, Currency::EUR), &[1, 1, 1])?), [-34, -33, -33]);
/// assert_eq!(minors(prorate(Money::minor(5, Currency::EUR), &[0, 1999, 501])?), [0, 4, 1]);
/// # Ok::<(), order_workflow::money::MoneyError>(())
/// ```
pub fn prorate(total: Money, weights: &[u64]) -> Result<Vec<Money>, MoneyError> {
    let mut shares = Vec::with_capacity(weights.len());
    prorate_minor_into(total.minor_units(), weights, &mut shares)?;
    Ok(shares.into_iter().map(|minor| Money::minor(minor, total.currency())).collect())
}

/// [`prorate`] over bare minor units, into a buffer of the caller's.
///
/// `out` is cleared and then holds one share per weight; on an error it is left as it was. Beyond `out` itself
/// nothing is allocated for up to 16 weights.
///
/// # Errors
/// [`MoneyError::NoWeight`] if there are no weights or all are zero.
pub fn prorate_minor_into(total: i64, weights: &[u64], out: &mut Vec<i64>) -> Result<(), MoneyError> {
    let sum: u128 = weights.iter().map(|&weight| u128::from(weight)).sum();
    if sum == 0 {
        return Err(MoneyError::NoWeight);
    }
    out.clear();
    let magnitude = total.unsigned_abs();
    let signed = |share: u64| if total < 0 { 0i64.wrapping_sub_unsigned(share) } else { share.cast_signed() };
    let mut given: u64 = 0;
    let mut remainders: SmallVec<[(u128, usize); 16]> = SmallVec::new();
    for (index, &weight) in weights.iter().enumerate() {
        let exact = u128::from(magnitude) * u128::from(weight); // below 2^127
        let share = u64::try_from(exact / sum).unwrap_or(u64::MAX); // at most `magnitude`, since weight <= sum
        given += share; // at most `magnitude`, since the exact parts sum to it
        out.push(signed(share));
        remainders.push((exact % sum, index));
    }
    // The remainders sum to `left` times `sum` and each is below `sum`, so more than `left` of them are not zero.
    let left = usize::try_from(magnitude - given).unwrap_or(usize::MAX);
    if left == 0 {
        return Ok(());
    }
    if left < remainders.len() {
        let by_rank = |&(remainder, index): &(u128, usize)| (Reverse(remainder), index);
        remainders.select_nth_unstable_by_key(left, by_rank);
    }
    let one = if total < 0 { -1 } else { 1 };
    for &(_, index) in remainders.iter().take(left) {
        if let Some(share) = out.get_mut(index) {
            *share += one;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::money::Currency;

    fn split(total: i64, weights: &[u64]) -> Vec<i64> {
        let mut out = vec![99; 3]; // what was there does not matter
        prorate_minor_into(total, weights, &mut out).expect("some weight");
        out
    }

    /// One unit after the other, each to whom the exact part is furthest ahead: no division of the whole.
    fn one_by_one(total: i64, weights: &[u64]) -> Vec<i64> {
        let sum: i128 = weights.iter().map(|&weight| i128::from(weight)).sum();
        let magnitude = i128::from(total.unsigned_abs());
        let mut shares = vec![0i128; weights.len()];
        // First everyone's whole units, counted up …
        for (share, &weight) in shares.iter_mut().zip(weights) {
            while (*share + 1) * sum <= magnitude * i128::from(weight) {
                *share += 1;
            }
        }
        // … then who is owed most, the earliest first, and at most one each.
        let mut served = vec![false; weights.len()];
        while shares.iter().sum::<i128>() < magnitude {
            let owed = |at: usize| magnitude * i128::from(weights[at]) - shares[at] * sum;
            let next = (0..weights.len()).filter(|&at| !served[at]).rev().max_by_key(|&at| owed(at));
            let next = next.expect("someone is owed");
            served[next] = true;
            shares[next] += 1;
        }
        shares.into_iter().map(|share| i64::try_from(share).expect("small") * total.signum()).collect()
    }

    #[test]
    fn known_splits() {
        for (total, weights, expected) in [
            (100, &[1, 1, 1][..], &[34, 33, 33][..]),
            (-100, &[1, 1, 1], &[-34, -33, -33]),
            (2, &[1, 1, 1], &[1, 1, 0]),
            (0, &[3, 4], &[0, 0]),
            (7, &[5], &[7]),
            (10, &[0, 0, 1], &[0, 0, 10]),
            (1, &[1, 2, 2], &[0, 1, 0]),
            (1000, &[1999, 1999, 501], &[444, 444, 112]),
            (101, &[50, 0, 50], &[51, 0, 50]),
        ] {
            assert_eq!(split(total, weights), expected, "{total} over {weights:?}");
        }
    }

    #[test]
    fn the_largest_numbers_fit() {
        assert_eq!(split(i64::MAX, &[u64::MAX]), [i64::MAX]);
        assert_eq!(split(i64::MIN, &[u64::MAX]), [i64::MIN]);
        assert_eq!(split(i64::MIN, &[1, 1]), [i64::MIN / 2, i64::MIN / 2]);
        assert_eq!(split(i64::MAX, &[u64::MAX, u64::MAX]), [i64::MAX / 2 + 1, i64::MAX / 2]);
        assert_eq!(split(3, &[u64::MAX; 4]), [1, 1, 1, 0]);
    }

    #[test]
    fn nothing_to_split_over_leaves_the_buffer_alone() {
        let mut out = vec![1, 2];
        for weights in [&[][..], &[0, 0]] {
            assert_eq!(prorate_minor_into(5, weights, &mut out), Err(MoneyError::NoWeight));
            assert_eq!(out, [1, 2]);
        }
        assert_eq!(prorate(Money::zero(Currency::EUR), &[0]), Err(MoneyError::NoWeight));
    }

    #[test]
    fn a_warm_buffer_is_all_that_sixteen_weights_need() {
        let (weights, mut out) = ([7; 16], Vec::with_capacity(16));
        let counted = allocation_counter::measure(|| {
            prorate_minor_into(100, &weights, &mut out).expect("some weight");
        });
        assert_eq!((counted.count_total, out.iter().sum::<i64>()), (0, 100));
    }

    proptest! {
        #[test]
        fn agrees_with_handing_out_one_by_one(total in -300i64..300, weights in vec(0u64..40, 1..40)) {
            prop_assume!(weights.iter().any(|&weight| weight > 0));
            prop_assert_eq!(split(total, &weights), one_by_one(total, &weights));
        }

        #[test]
        fn the_shares_sum_and_stay_within_one(total: i64, weights in vec(any::<u64>(), 1..30)) {
            prop_assume!(weights.iter().any(|&weight| weight > 0));
            let shares = split(total, &weights);
            prop_assert_eq!(shares.iter().map(|&share| i128::from(share)).sum::<i128>(), i128::from(total));
            let sum: u128 = weights.iter().map(|&weight| u128::from(weight)).sum();
            for (&share, &weight) in shares.iter().zip(&weights) {
                let exact = u128::from(total.unsigned_abs()) * u128::from(weight);
                let floor = u64::try_from(exact / sum).expect("below the total");
                prop_assert!(share.unsigned_abs() == floor || share.unsigned_abs() == floor + 1);
                prop_assert!(share == 0 || share.signum() == total.signum());
                prop_assert!(weight > 0 || share == 0);
            }
        }

        #[test]
        fn a_credit_mirrors_its_charge(total in 0i64.., weights in vec(0u64..1000, 1..20)) {
            prop_assume!(weights.iter().any(|&weight| weight > 0));
            let mirrored: Vec<i64> = split(-total, &weights).iter().map(|share| -share).collect();
            prop_assert_eq!(split(total, &weights), mirrored);
        }

        #[test]
        fn more_to_split_never_takes_from_the_total(total in 0i64..10_000, weights in vec(1u64..1000, 1..20)) {
            // Hamilton's method is not monotone per share (the Alabama paradox); the sum is.
            let (less, more) = (split(total, &weights), split(total + 1, &weights));
            prop_assert_eq!(more.iter().sum::<i64>() - less.iter().sum::<i64>(), 1);
        }
    }
}
