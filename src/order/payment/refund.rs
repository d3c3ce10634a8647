use serde::{Deserialize, Serialize};

use super::Method;
use crate::money::prorate_minor_into;

/// How a refund is shared among several tenders. No tender ever gives back more than it took.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundSplit {
    /// By what each tender can still give back, largest remainder, ties to the earlier tender.
    #[default]
    Proportional,
    /// The tender opened last gives first.
    LastInFirstOut,
    /// Vouchers and store credit give first, in the order of opening, then the others in that order.
    StoreCreditFirst,
}

/// What one tender can still give back.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RefundRoom {
    /// How it pays.
    pub method: Method,
    /// What it can give back at most, in minor units; not negative.
    pub at_most_minor: i64,
}

impl RefundSplit {
    /// Shares `amount_minor` among `tenders`: one share each, together the smaller of the amount and what
    /// there is. All in minor units of one currency.
    ///
    /// ```
    /// use order_workflow::order::payment::{Method, RefundSplit, RefundRoom};
    /// let tenders = [
    ///     RefundRoom { method: Method::Card, at_most_minor: 7_000 },
    ///     RefundRoom { method: Method::Voucher, at_most_minor: 3_000 },
    /// ];
    /// assert_eq!(RefundSplit::Proportional.share(1_001, &tenders), [701, 300]);
    /// assert_eq!(RefundSplit::LastInFirstOut.share(4_000, &tenders), [1_000, 3_000]);
    /// assert_eq!(RefundSplit::StoreCreditFirst.share(2_000, &tenders), [0, 2_000]);
    /// assert_eq!(RefundSplit::Proportional.share(99_999, &tenders), [7_000, 3_000]);
    /// ```
    pub fn share(self, amount_minor: i64, tenders: &[RefundRoom]) -> Vec<i64> {
        let caps: Vec<i64> = tenders.iter().map(|tender| tender.at_most_minor.max(0)).collect();
        let total = caps.iter().fold(0_i64, |sum, cap| sum.saturating_add(*cap));
        let amount = amount_minor.clamp(0, total);
        let mut shares = vec![0_i64; caps.len()];
        if amount == 0 {
            return shares;
        }
        let mut left = amount;
        let mut take = |share: &mut i64, cap: i64| {
            *share = cap.min(left);
            left -= *share;
        };
        match self {
            RefundSplit::Proportional => {
                let weights: Vec<u64> = caps.iter().map(|cap| cap.unsigned_abs()).collect();
                // The amount is within Σ caps > 0, so the split exists and no share passes its cap.
                if prorate_minor_into(amount, &weights, &mut shares).is_err() {
                    shares = caps;
                }
            }
            RefundSplit::LastInFirstOut => {
                shares.iter_mut().zip(caps).rev().for_each(|(share, cap)| take(share, cap));
            }
            RefundSplit::StoreCreditFirst => {
                for own in [true, false] {
                    for ((share, cap), tender) in shares.iter_mut().zip(&caps).zip(tenders) {
                        if tender.method.is_store_credit() == own {
                            take(share, *cap);
                        }
                    }
                }
            }
        }
        shares
    }
}
