//! A coupon over the reservation that claims it: hold, redeem, give back.

use chrono::{DateTime, Utc};

use crate::id::CustomerId;
use crate::money::Money;
use crate::promotion::Budget;
use crate::promotion::coupon::{BudgetShort, ClaimPolicy, Coupon, CouponRefusal, LateRedeem};
use crate::reservation::{Claim, Holding, How, Leg, Part, Pool, Reserved, ReservedState};

/// What to ask of the store so that an order holds a coupon.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Hold {
    /// Nothing: it holds or has used it.
    Held {
        /// The amount that it was granted; what it holds beyond that is [`Coupon::surplus`].
        granted: i64,
    },
    /// Reserve these, in one command with whatever else the order needs, under a new name.
    Reserve {
        /// Uses, uses by the customer, budget, the customer's amount.
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

    /// Uses, uses by the customer, budget, the customer's amount, in the order in which a store tests them.
    pub(in crate::promotion) fn legs(
        &self,
        customer: Option<&CustomerId>,
        amount: Money,
        at_least: i64,
    ) -> Result<Vec<Leg>, CouponRefusal> {
        let claim = || Claim::Coupon(self.coupon.clone());
        let customer =
            || customer.cloned().ok_or_else(|| CouponRefusal::NoCustomer { coupon: self.coupon.clone() });
        let limit = self.uses.map_or(i64::MAX, i64::from);
        let mut legs = vec![Leg::all(Pool::Use { claim: claim() }, 1).with_limit_if_new(limit)];
        if let Some(uses) = self.uses_per_customer {
            let pool = Pool::UseBy { claim: claim(), customer: customer()? };
            legs.push(Leg::all(pool, 1).with_limit_if_new(i64::from(uses)));
        }
        let mut pots = vec![];
        if let Some(Budget { budget, limit }) = &self.budget {
            let currency = limit.currency();
            pots.push((Pool::Budget { budget: budget.clone(), currency }, *limit));
        }
        if let Some(limit) = self.amount_per_customer {
            let currency = limit.currency();
            pots.push((Pool::BudgetBy { claim: claim(), customer: customer()?, currency }, limit));
        }
        for (pool, limit) in pots.into_iter().filter(|_| amount.is_positive()) {
            if limit.currency() != amount.currency() {
                return Err(CouponRefusal::OtherCurrency { coupon: self.coupon.clone() });
            }
            let units = amount.minor_units();
            let leg = Leg { at_least: at_least.min(units), ..Leg::all(pool, units) };
            legs.push(leg.with_limit_if_new(limit.minor_units()));
        }
        Ok(legs)
    }

    /// What a reservation holds of one amount beyond what it was granted of the other: to be released. Only a hold by
    /// [`BudgetShort::Partial`] on a coupon with a budget and an amount per customer has any.
    pub fn surplus(&self, claim: &Reserved) -> Vec<Part> {
        let granted = self.granted(claim);
        let beyond = |holding: &Holding| {
            let units = holding.held.saturating_add(holding.used).saturating_sub(granted).min(holding.held);
            (units > 0).then(|| Part::new(holding.pool.clone(), units))
        };
        claim.holdings.iter().filter(|holding| self.is_amount(&holding.pool)).filter_map(beyond).collect()
    }

    /// What a reservation held, or uses, of every amount that the coupon is limited by.
    fn granted(&self, claim: &Reserved) -> i64 {
        let amounts = claim.holdings.iter().filter(|holding| self.is_amount(&holding.pool));
        amounts.map(|holding| holding.held.saturating_add(holding.used)).min().unwrap_or(0)
    }

    fn is_amount(&self, pool: &Pool) -> bool {
        match pool {
            Pool::Budget { budget, .. } => self.budget.as_ref().is_some_and(|own| own.budget == *budget),
            Pool::BudgetBy { claim: Claim::Coupon(coupon), .. } => *coupon == self.coupon,
            _ => false,
        }
    }

    /// What a reservation has used for this coupon.
    fn used(&self, claim: &Reserved) -> Vec<Part> {
        let own = |pool: &Pool| match pool {
            Pool::Use { claim } | Pool::UseBy { claim, .. } => {
                matches!(claim, Claim::Coupon(coupon) if *coupon == self.coupon)
            }
            amount => self.is_amount(amount),
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
