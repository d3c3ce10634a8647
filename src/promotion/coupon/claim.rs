//! A coupon over the reservation that claims it: hold, redeem, give back.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::id::{CouponId, CustomerId, PromotionId};
use crate::money::{Currency, Money};
use crate::promotion::coupon::matches_code;
use crate::promotion::reason::CouponFault;
use crate::promotion::{Budget, CodeMatch};
use crate::reservation::{Claim, How, Leg, Part, Pool, Refusal, Reserved, ReservedState};

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
}

/// What a host decides about coupons.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClaimPolicy {
    /// How codes are compared.
    pub codes: CodeMatch,
    /// What becomes of an amount that the budget no longer holds in full.
    pub budget: BudgetShort,
    /// What becomes of a redemption after the hold has lapsed.
    pub late_redeem: LateRedeem,
    /// Whether an order that ends gives back a coupon that it redeemed.
    pub give_back_redeemed: bool,
    /// For so many seconds after its end a coupon is still good.
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

/// What becomes of an amount that a budget no longer holds in full.
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

/// Why a coupon is not held, redeemed or given back. When several apply, the one that stands first here.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CouponRefusal {
    /// Another code.
    #[error("coupon `{coupon}` has another code; accepted: its own")]
    UnknownCode {
        /// Which coupon was compared with.
        coupon: CouponId,
    },
    /// Too early.
    #[error("coupon `{coupon}` is good from {from}; asked at {at}")]
    NotYetValid {
        /// Which.
        coupon: CouponId,
        /// When it begins.
        from: DateTime<Utc>,
        /// When it was asked.
        at: DateTime<Utc>,
    },
    /// Too late.
    #[error("coupon `{coupon}` was good until {until}; asked at {at}")]
    NoLongerValid {
        /// Which.
        coupon: CouponId,
        /// When it ended.
        until: DateTime<Utc>,
        /// When it was asked.
        at: DateTime<Utc>,
    },
    /// Somebody else's.
    #[error("coupon `{coupon}` belongs to somebody else; accepted: its owner")]
    NotOwner {
        /// Which.
        coupon: CouponId,
    },
    /// A guest, where customers are counted.
    #[error("coupon `{coupon}` is limited per customer; accepted: a customer, not a guest")]
    NoCustomer {
        /// Which.
        coupon: CouponId,
    },
    /// Its budget is in another currency than the order.
    #[error("the budget of coupon `{coupon}` is in another currency; accepted: one in the order's currency")]
    OtherCurrency {
        /// Which.
        coupon: CouponId,
    },
    /// Used as often as it may be.
    #[error("{pool}: all used; left: {available}")]
    Limit {
        /// What is counted.
        pool: Pool,
        /// How much is left.
        available: i64,
    },
    /// The order holds none.
    #[error("coupon `{coupon}` is not held for this order; accepted: an order that holds it")]
    NotHeld {
        /// Which.
        coupon: CouponId,
    },
    /// The hold ran out before it was redeemed.
    #[error("the hold on coupon `{coupon}` has lapsed; accepted: a redemption in time, or a new hold")]
    HoldLapsed {
        /// Which.
        coupon: CouponId,
    },
    /// It is redeemed, and that is final by policy.
    #[error("coupon `{coupon}` is redeemed and not given back by policy; accepted: what is only held")]
    AlreadyRedeemed {
        /// Which.
        coupon: CouponId,
    },
}

impl CouponRefusal {
    /// The variant by its stable name, for logs and translations; of a limit, which one.
    pub const fn code(&self) -> &'static str {
        match self {
            CouponRefusal::UnknownCode { .. } => "unknown_code",
            CouponRefusal::NotYetValid { .. } => "not_yet_valid",
            CouponRefusal::NoLongerValid { .. } => "no_longer_valid",
            CouponRefusal::NotOwner { .. } => "not_owner",
            CouponRefusal::NoCustomer { .. } => "no_customer",
            CouponRefusal::OtherCurrency { .. } => "other_currency",
            CouponRefusal::Limit { pool: Pool::UseBy { .. }, .. } => "customer_limit",
            CouponRefusal::Limit { pool: Pool::Budget { .. }, .. } => "budget",
            CouponRefusal::Limit { .. } => "global_limit",
            CouponRefusal::NotHeld { .. } => "not_held",
            CouponRefusal::HoldLapsed { .. } => "hold_lapsed",
            CouponRefusal::AlreadyRedeemed { .. } => "already_redeemed",
        }
    }

    /// What the store's refusal of a coupon's legs means; `None` if it is about something else.
    pub fn from_store(refusal: &Refusal) -> Option<CouponRefusal> {
        match refusal {
            Refusal::Insufficient {
                pool: pool @ (Pool::Use { .. } | Pool::UseBy { .. } | Pool::Budget { .. }),
                available,
                ..
            } => Some(CouponRefusal::Limit { pool: pool.clone(), available: *available }),
            _ => None,
        }
    }
}

/// What to ask of the store so that an order holds a coupon.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Hold {
    /// Nothing: it holds or has used it.
    Held {
        /// The amount that it was granted.
        granted: i64,
    },
    /// Reserve these, in one command with whatever else the order needs, under a new name.
    Reserve {
        /// Uses, uses by the customer, budget.
        legs: Vec<Leg>,
    },
}

/// What to ask of the store so that an order uses the coupon that it holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Redeem {
    /// Nothing: it has used it.
    Done,
    /// Use the reservation.
    Use,
    /// Reserve these under a new name, then use that.
    ReserveAnew {
        /// What the lapsed hold was granted, in full.
        legs: Vec<Leg>,
    },
}

/// What to ask of the store so that a coupon is free again.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum GiveBack {
    /// Nothing: it holds nothing any more.
    Done,
    /// Release the reservation.
    Release,
    /// Give back what it used.
    Used {
        /// All that it used for this coupon.
        parts: Vec<Part>,
    },
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
        } else if self.uses_per_customer.is_some() && customer.is_none() {
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
        let other = self.budget.as_ref().is_some_and(|budget| budget.limit.currency() != currency);
        self.fault(entered, customer, at, &policy).or(other.then_some(CouponFault::OtherCurrency))
    }

    /// What to ask of the store so that an order holds this coupon for a discount of `amount`. `claim` is the order's
    /// latest reservation for it, as the store sees it at `at`.
    ///
    /// A repeat changes nothing and names what was first granted. The counts themselves are tested by the store, in one
    /// step with holding them.
    ///
    /// # Errors
    /// [`CouponRefusal`], in the order of its variants up to `NoCustomer`.
    pub fn hold(
        &self,
        claim: Option<&Reserved>,
        entered: &str,
        customer: Option<&CustomerId>,
        amount: Money,
        at: DateTime<Utc>,
        policy: &ClaimPolicy,
    ) -> Result<Hold, CouponRefusal> {
        if let Some(claim) = claim.filter(|claim| counts(claim, at)) {
            return Ok(Hold::Held { granted: self.granted(claim) });
        }
        self.is_good(entered, customer, at, policy)?;
        let at_least = match policy.budget {
            BudgetShort::Refuse => amount.minor_units(),
            BudgetShort::Partial => 1,
        };
        Ok(Hold::Reserve { legs: self.legs(customer, amount, at_least)? })
    }

    /// What to ask of the store so that the order uses what it holds. Whether the coupon is still good is not asked
    /// again, as long as the hold has not lapsed. `claim` is the order's latest reservation for it, `None` once it was given
    /// back (a hold that lapsed before that says nothing of it); `granted` is what the hold was granted: a lapsed one no longer says.
    ///
    /// # Errors
    /// [`CouponRefusal::NotHeld`] if nothing was ever held or it was given back, [`CouponRefusal::HoldLapsed`] by policy,
    /// or any that [`Coupon::hold`] has.
    pub fn redeem(
        &self,
        claim: Option<&Reserved>,
        customer: Option<&CustomerId>,
        granted: Money,
        at: DateTime<Utc>,
        policy: &ClaimPolicy,
    ) -> Result<Redeem, CouponRefusal> {
        let not_held = || CouponRefusal::NotHeld { coupon: self.coupon.clone() };
        let claim = claim.ok_or_else(not_held)?;
        if counts(claim, at) {
            return Ok(if self.used(claim).is_empty() { Redeem::Use } else { Redeem::Done });
        }
        if claim.as_of(at).state != (ReservedState::Ended { how: How::Lapsed }) {
            return Err(not_held());
        }
        match policy.late_redeem {
            LateRedeem::Refuse => Err(CouponRefusal::HoldLapsed { coupon: self.coupon.clone() }),
            LateRedeem::Recheck => {
                self.is_good(&self.code, customer, at, policy)?;
                Ok(Redeem::ReserveAnew { legs: self.legs(customer, granted, granted.minor_units())? })
            }
        }
    }

    /// What to ask of the store so that the coupon is free again: its order is cancelled or comes back.
    ///
    /// # Errors
    /// [`CouponRefusal::NotHeld`] for an order that never held it, [`CouponRefusal::AlreadyRedeemed`] by policy.
    pub fn give_back(
        &self,
        claim: Option<&Reserved>,
        at: DateTime<Utc>,
        policy: &ClaimPolicy,
    ) -> Result<GiveBack, CouponRefusal> {
        let claim = claim.ok_or_else(|| CouponRefusal::NotHeld { coupon: self.coupon.clone() })?;
        let parts = self.used(claim);
        if !parts.is_empty() {
            return if policy.give_back_redeemed {
                Ok(GiveBack::Used { parts })
            } else {
                Err(CouponRefusal::AlreadyRedeemed { coupon: self.coupon.clone() })
            };
        }
        Ok(if counts(claim, at) { GiveBack::Release } else { GiveBack::Done })
    }

    fn is_good(
        &self,
        entered: &str,
        customer: Option<&CustomerId>,
        at: DateTime<Utc>,
        policy: &ClaimPolicy,
    ) -> Result<(), CouponRefusal> {
        let coupon = self.coupon.clone();
        match self.fault(entered, customer, at, policy) {
            None => Ok(()),
            Some(CouponFault::UnknownCode) => Err(CouponRefusal::UnknownCode { coupon }),
            Some(CouponFault::NotYetValid) => {
                Err(CouponRefusal::NotYetValid { coupon, from: self.valid_from.unwrap_or(at), at })
            }
            Some(CouponFault::NoLongerValid) => {
                Err(CouponRefusal::NoLongerValid { coupon, until: self.valid_until.unwrap_or(at), at })
            }
            Some(CouponFault::NotOwner) => Err(CouponRefusal::NotOwner { coupon }),
            Some(CouponFault::NoCustomer) => Err(CouponRefusal::NoCustomer { coupon }),
            Some(CouponFault::OtherCurrency) => Err(CouponRefusal::OtherCurrency { coupon }),
        }
    }

    /// Uses, uses by the customer, budget, in the order in which a store tests them.
    pub(in crate::promotion) fn legs(
        &self,
        customer: Option<&CustomerId>,
        amount: Money,
        at_least: i64,
    ) -> Result<Vec<Leg>, CouponRefusal> {
        let claim = || Claim::Coupon(self.coupon.clone());
        let limit = |uses: Option<u32>| uses.map_or(i64::MAX, i64::from);
        let mut legs = vec![Leg::all(Pool::Use { claim: claim() }, 1).with_limit_if_new(limit(self.uses))];
        if let Some(uses) = self.uses_per_customer {
            let customer =
                customer.ok_or_else(|| CouponRefusal::NoCustomer { coupon: self.coupon.clone() })?.clone();
            let pool = Pool::UseBy { claim: claim(), customer };
            legs.push(Leg::all(pool, 1).with_limit_if_new(i64::from(uses)));
        }
        if let Some(Budget { budget, limit }) = &self.budget
            && amount.is_positive()
        {
            if limit.currency() != amount.currency() {
                return Err(CouponRefusal::OtherCurrency { coupon: self.coupon.clone() });
            }
            let pool = Pool::Budget { budget: budget.clone(), currency: limit.currency() };
            let at_least = at_least.min(amount.minor_units());
            let leg = Leg { at_least, ..Leg::all(pool, amount.minor_units()) };
            legs.push(leg.with_limit_if_new(limit.minor_units()));
        }
        Ok(legs)
    }

    /// What a reservation held, or uses, of the budget.
    fn granted(&self, claim: &Reserved) -> i64 {
        let of_budget = |pool: &Pool| matches!((pool, &self.budget), (Pool::Budget { budget, .. }, Some(own)) if *budget == own.budget);
        let holding = claim.holdings.iter().find(|holding| of_budget(&holding.pool));
        holding.map_or(0, |holding| holding.held.saturating_add(holding.used))
    }

    /// What a reservation has used for this coupon.
    fn used(&self, claim: &Reserved) -> Vec<Part> {
        let own = |pool: &Pool| match pool {
            Pool::Use { claim } | Pool::UseBy { claim, .. } => {
                matches!(claim, Claim::Coupon(coupon) if *coupon == self.coupon)
            }
            Pool::Budget { budget, .. } => self.budget.as_ref().is_some_and(|own| own.budget == *budget),
            _ => false,
        };
        let used = claim.holdings.iter().filter(|holding| holding.used > 0 && own(&holding.pool));
        used.map(|holding| Part::new(holding.pool.clone(), holding.used)).collect()
    }
}

/// Whether a reservation still counts against limits: it holds, or it has used and not given back.
fn counts(claim: &Reserved, at: DateTime<Utc>) -> bool {
    match claim.as_of(at).state {
        ReservedState::Held { .. } | ReservedState::Confirmed => true,
        ReservedState::Ended { .. } => claim.holdings.iter().any(|holding| holding.used > 0),
    }
}

fn in_grace(until: DateTime<Utc>, policy: &ClaimPolicy) -> DateTime<Utc> {
    let grace = TimeDelta::seconds(i64::from(policy.grace_seconds));
    until.checked_add_signed(grace).unwrap_or(until)
}
