//! A coupon: a claim to a promotion, with a code; when it is good, and whose it is.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::id::{CouponId, CustomerId, PromotionId};
use crate::money::{Currency, Money};
use crate::promotion::coupon::{ClaimPolicy, CouponRefusal, matches_code};
use crate::promotion::reason::CouponFault;
use crate::promotion::{Budget, CodeMatch};

/// A claim to a promotion, with a code.
///
/// ```
/// use order_workflow::promotion::coupon::{ClaimPolicy, Coupon, Hold};
/// use order_workflow::{Currency, Money};
///
/// let coupon = Coupon::new("c-7".parse()?, "WELCOME", "welcome".parse()?).with_uses(1);
/// let (customer, amount) = ("ann".parse()?, Money::minor(500, Currency::EUR));
/// let at = "2026-06-01T10:00:00Z".parse()?;
/// // Nothing is held for this order yet: these legs join those of its stock in one reserve.
/// let Hold::Reserve { legs } = coupon.hold(None, "welcome", Some(&customer), amount, at, &ClaimPolicy::default())? else {
///     panic!("it was never held");
/// };
/// assert_eq!(legs[0].pool.to_string(), "uses of coupon `c-7`");
/// assert_eq!(legs[0].limit_if_new, Some(1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coupon {
    /// Its name: what is counted under. It is no code.
    pub coupon: CouponId,
    /// What is typed.
    pub code: String,
    /// What it is a claim to.
    pub promotion: PromotionId,
    /// The first instant at which it is good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<DateTime<Utc>>,
    /// The first instant at which it is no longer good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<DateTime<Utc>>,
    /// Whose it is; `None`: anybody's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<CustomerId>,
    /// Orders in all; `None`: any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses: Option<u32>,
    /// Orders of one customer; `None`: any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses_per_customer: Option<u32>,
    /// What its discounts are taken from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Budget>,
    /// What all its discounts for one customer come to at most; `None`: any amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_per_customer: Option<Money>,
}

impl Coupon {
    /// A coupon for anybody, at any time, any number of times.
    pub fn new(coupon: CouponId, code: impl Into<String>, promotion: PromotionId) -> Coupon {
        Coupon {
            coupon,
            code: code.into(),
            promotion,
            valid_from: None,
            valid_until: None,
            owner: None,
            uses: None,
            uses_per_customer: None,
            budget: None,
            amount_per_customer: None,
        }
    }

    /// The same for so many orders in all.
    #[must_use]
    pub fn with_uses(self, uses: u32) -> Coupon {
        Coupon { uses: Some(uses), ..self }
    }

    /// The same for so many orders of each customer.
    #[must_use]
    pub fn with_uses_per_customer(self, uses: u32) -> Coupon {
        Coupon { uses_per_customer: Some(uses), ..self }
    }

    /// The same for one customer.
    #[must_use]
    pub fn with_owner(self, owner: CustomerId) -> Coupon {
        Coupon { owner: Some(owner), ..self }
    }

    /// The same within a time: its start belongs to it, its end does not.
    #[must_use]
    pub fn with_valid(self, from: Option<DateTime<Utc>>, until: Option<DateTime<Utc>>) -> Coupon {
        Coupon { valid_from: from, valid_until: until, ..self }
    }

    /// The same, its discounts taken from a budget.
    #[must_use]
    pub fn with_budget(self, budget: Budget) -> Coupon {
        Coupon { budget: Some(budget), ..self }
    }

    /// The same, all its discounts for one customer at most this.
    #[must_use]
    pub fn with_amount_per_customer(self, amount: Money) -> Coupon {
        Coupon { amount_per_customer: Some(amount), ..self }
    }

    /// Why it is not good; `None`: it is, as far as itself can tell.
    fn fault(
        &self,
        entered: &str,
        customer: Option<&CustomerId>,
        at: DateTime<Utc>,
        policy: &ClaimPolicy,
    ) -> Option<CouponFault> {
        if !matches_code(&self.code, entered, policy.codes) {
            Some(CouponFault::UnknownCode)
        } else if self.valid_from.is_some_and(|from| at < from) {
            Some(CouponFault::NotYetValid)
        } else if self.valid_until.is_some_and(|until| at >= in_grace(until, policy)) {
            Some(CouponFault::NoLongerValid)
        } else if self.owner.is_some() && self.owner.as_ref() != customer {
            Some(CouponFault::NotOwner)
        } else if customer.is_none()
            && (self.uses_per_customer.is_some() || self.amount_per_customer.is_some())
        {
            Some(CouponFault::NoCustomer)
        } else {
            None
        }
    }

    /// Why a quote for a cart in a currency goes without it.
    pub(in crate::promotion) fn fault_in_quote(
        &self,
        entered: &str,
        customer: Option<&CustomerId>,
        at: DateTime<Utc>,
        codes: CodeMatch,
        currency: Currency,
    ) -> Option<CouponFault> {
        let policy = ClaimPolicy { codes, ..ClaimPolicy::default() };
        let other = self.sums().any(|sum| sum.currency() != currency);
        self.fault(entered, customer, at, &policy).or(other.then_some(CouponFault::OtherCurrency))
    }

    pub(super) fn has_code(&self, entered: &str, policy: &ClaimPolicy) -> Result<(), CouponRefusal> {
        let fits = matches_code(&self.code, entered, policy.codes);
        fits.then_some(()).ok_or_else(|| CouponRefusal::UnknownCode { coupon: self.coupon.clone() })
    }

    /// The sums of money that limit it.
    fn sums(&self) -> impl Iterator<Item = Money> {
        self.budget.iter().map(|budget| budget.limit).chain(self.amount_per_customer)
    }

    /// Whether a discount can be counted against its sums.
    pub(super) fn takes(&self, amount: Money) -> Result<(), CouponRefusal> {
        let coupon = || self.coupon.clone();
        let given = amount.currency();
        if let Some(accepted) = self.sums().map(Money::currency).find(|own| *own != given) {
            Err(CouponRefusal::OtherCurrency { coupon: coupon(), given, accepted })
        } else if amount.is_negative() {
            Err(CouponRefusal::NegativeAmount { coupon: coupon(), amount })
        } else {
            Ok(())
        }
    }

    pub(super) fn is_good(
        &self,
        entered: &str,
        customer: Option<&CustomerId>,
        at: DateTime<Utc>,
        policy: &ClaimPolicy,
    ) -> Result<(), CouponRefusal> {
        let coupon = self.coupon.clone();
        match self.fault(entered, customer, at, policy) {
            // The currency is told by `takes`.
            None | Some(CouponFault::OtherCurrency) => Ok(()),
            Some(CouponFault::UnknownCode) => Err(CouponRefusal::UnknownCode { coupon }),
            Some(CouponFault::NotYetValid) => {
                Err(CouponRefusal::NotYetValid { coupon, from: self.valid_from.unwrap_or(at), at })
            }
            Some(CouponFault::NoLongerValid) => {
                let until = self.valid_until.map_or(at, |until| in_grace(until, policy));
                Err(CouponRefusal::NoLongerValid { coupon, until, at })
            }
            Some(CouponFault::NotOwner) => Err(CouponRefusal::NotOwner { coupon }),
            Some(CouponFault::NoCustomer) => Err(CouponRefusal::NoCustomer { coupon }),
        }
    }
}

fn in_grace(until: DateTime<Utc>, policy: &ClaimPolicy) -> DateTime<Utc> {
    let grace = TimeDelta::seconds(i64::from(policy.grace_seconds));
    until.checked_add_signed(grace).unwrap_or(until)
}
