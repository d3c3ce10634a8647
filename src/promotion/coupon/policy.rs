//! What a host decides about coupons.

use serde::{Deserialize, Serialize};

use crate::promotion::CodeMatch;

/// What a host decides about coupons.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClaimPolicy {
    /// How codes are compared.
    pub codes: CodeMatch,
    /// What becomes of an amount that the budget, or what is left for the customer, no longer holds in full.
    pub budget: BudgetShort,
    /// What becomes of a redemption after the hold has lapsed.
    pub late_redeem: LateRedeem,
    /// Whether an order that ends gives back a coupon that it redeemed.
    pub give_back_redeemed: bool,
    /// For so many seconds after its end a coupon can still be held and redeemed, for a quote made before; a quote made
    /// after its end goes without it.
    pub grace_seconds: u32,
}

impl Default for ClaimPolicy {
    /// Codes as people write them, budgets in full or not at all, late redemptions tested again, everything given back,
    /// no grace.
    fn default() -> Self {
        ClaimPolicy {
            codes: CodeMatch::Folded,
            budget: BudgetShort::Refuse,
            late_redeem: LateRedeem::Recheck,
            give_back_redeemed: true,
            grace_seconds: 0,
        }
    }
}

/// What becomes of an amount that a budget, or what is left for the customer, no longer holds in full.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BudgetShort {
    /// It is refused.
    Refuse,
    /// What is left is granted; refused at nothing.
    Partial,
}

/// What becomes of a redemption after the hold has lapsed.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LateRedeem {
    /// It is refused.
    Refuse,
    /// Everything is tested again, for the amount first granted in full.
    Recheck,
}
