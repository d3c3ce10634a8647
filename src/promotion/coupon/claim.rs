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
    /// Nothing: it holds or has used it, for what it was first granted ([`Coupon::granted`]).
    Held,
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
    /// Use what it holds, of the order's reservation.
    Use {
        /// All that it holds for this coupon.
        parts: Vec<Part>,
    },
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
    /// Release what it holds, of the order's reservation.
    Release {
        /// All that it holds for this coupon.
        parts: Vec<Part>,
    },
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
    /// A repeat changes nothing. The counts themselves are tested by the store, in one step with holding them.
    ///
    /// # Errors
    /// [`CouponRefusal`], in the order of its variants up to `NegativeAmount`; of a repeat only those of the code and the
    /// amount.
    pub fn hold(
        &self,
        claim: Option<&Reserved>,
        entered: &str,
        customer: Option<&CustomerId>,
        amount: Money,
        at: DateTime<Utc>,
        policy: &ClaimPolicy,
    ) -> Result<Hold, CouponRefusal> {
        if claim.is_some_and(|claim| self.counts(claim, at)) {
            self.has_code(entered, policy)?;
            self.takes(amount)?;
            return Ok(Hold::Held);
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
    /// [`CouponRefusal::NotHeld`] if the reservation never held it or it was given back, [`CouponRefusal::HoldLapsed`] by policy,
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
        self.takes(granted)?;
        let claim = claim.ok_or_else(not_held)?;
        if self.counts(claim, at) {
            return Ok(match self.has_used(claim) {
                true => Redeem::Done,
                false => Redeem::Use { parts: self.parts(claim, granted, |holding| holding.held) },
            });
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

    /// What to ask of the store so that the coupon is free again: its order is cancelled or comes back. `granted` is what its
    /// hold was granted: of a budget that other coupons of the order share, no more goes back.
    ///
    /// # Errors
    /// [`CouponRefusal::NotHeld`] for an order that never held it, [`CouponRefusal::AlreadyRedeemed`] by policy,
    /// [`CouponRefusal::OtherCurrency`] and [`CouponRefusal::NegativeAmount`] for an amount that it was never granted.
    pub fn give_back(
        &self,
        claim: Option<&Reserved>,
        granted: Money,
        at: DateTime<Utc>,
        policy: &ClaimPolicy,
    ) -> Result<GiveBack, CouponRefusal> {
        self.takes(granted)?;
        let claim = claim.ok_or_else(|| CouponRefusal::NotHeld { coupon: self.coupon.clone() })?;
        if self.has_used(claim) {
            return if policy.give_back_redeemed {
                Ok(GiveBack::Used { parts: self.parts(claim, granted, |holding| holding.used) })
            } else {
                Err(CouponRefusal::AlreadyRedeemed { coupon: self.coupon.clone() })
            };
        }
        Ok(match self.counts(claim, at) {
            true => GiveBack::Release { parts: self.parts(claim, granted, |holding| holding.held) },
            false => GiveBack::Done,
        })
    }

    /// Uses, uses by the customer, budget, the customer's amount, in the order in which a store tests them.
    pub(in crate::promotion) fn legs(
        &self,
        customer: Option<&CustomerId>,
        amount: Money,
        at_least: i64,
    ) -> Result<Vec<Leg>, CouponRefusal> {
        self.takes(amount)?;
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
            let units = amount.minor_units();
            let leg = Leg { at_least: at_least.min(units), ..Leg::all(pool, units) };
            legs.push(leg.with_limit_if_new(limit.minor_units().max(0)));
        }
        Ok(legs)
    }

    /// What a reservation for a discount of `amount` was granted of it: less than all only by [`BudgetShort::Partial`]. A host
    /// keeps it with the order, for [`Coupon::redeem`] and [`Coupon::give_back`]. Of a sum that other coupons of the
    /// order share and that is short, each is told as if it were alone ([`Budget`]).
    ///
    /// # Errors
    /// [`CouponRefusal::OtherCurrency`] and [`CouponRefusal::NegativeAmount`] for an amount that no hold is made for.
    pub fn granted(&self, claim: &Reserved, amount: Money) -> Result<Money, CouponRefusal> {
        self.takes(amount)?;
        let sums = claim.holdings.iter().filter(|holding| self.is_amount(&holding.pool));
        let least = sums.map(|holding| holding.held.saturating_add(holding.used)).min();
        Ok(Money::minor(least.unwrap_or(i64::MAX).min(amount.minor_units()), amount.currency()))
    }

    /// What a reservation for a discount of `amount` holds of one sum beyond what it was granted of the other: to be
    /// released. Only a hold by [`BudgetShort::Partial`] on a coupon with a budget and an amount per customer has any.
    ///
    /// # Errors
    /// As [`Coupon::granted`].
    pub fn surplus(&self, claim: &Reserved, amount: Money) -> Result<Vec<Part>, CouponRefusal> {
        let granted = self.granted(claim, amount)?.minor_units();
        let beyond = |holding: &Holding| {
            let own = holding.held.saturating_add(holding.used).min(amount.minor_units());
            let units = own.saturating_sub(granted).min(holding.held);
            (units > 0).then(|| Part::new(holding.pool.clone(), units))
        };
        let sums = claim.holdings.iter().filter(|holding| self.is_amount(&holding.pool));
        Ok(sums.filter_map(beyond).collect())
    }

    fn is_amount(&self, pool: &Pool) -> bool {
        match pool {
            Pool::Budget { budget, .. } => self.budget.as_ref().is_some_and(|own| own.budget == *budget),
            Pool::BudgetBy { claim, .. } => self.is_claim(claim),
            _ => false,
        }
    }

    fn is_use(&self, pool: &Pool) -> bool {
        matches!(pool, Pool::Use { claim } | Pool::UseBy { claim, .. } if self.is_claim(claim))
    }

    fn is_claim(&self, claim: &Claim) -> bool {
        matches!(claim, Claim::Coupon(coupon) if *coupon == self.coupon)
    }

    /// What a reservation holds, or has used, for this coupon: of a sum no more than was granted.
    fn parts(&self, claim: &Reserved, granted: Money, count: impl Fn(&Holding) -> i64) -> Vec<Part> {
        let part = |holding: &Holding| {
            let most = if self.is_amount(&holding.pool) {
                granted.minor_units()
            } else if self.is_use(&holding.pool) {
                i64::MAX
            } else {
                0
            };
            let units = count(holding).min(most);
            (units > 0).then(|| Part::new(holding.pool.clone(), units))
        };
        claim.holdings.iter().filter_map(part).collect()
    }

    fn has_used(&self, claim: &Reserved) -> bool {
        claim.holdings.iter().any(|holding| holding.used > 0 && self.is_use(&holding.pool))
    }

    /// Whether a reservation still counts against its limits: it holds, or it has used and not given back.
    fn counts(&self, claim: &Reserved, at: DateTime<Utc>) -> bool {
        match claim.as_of(at).state {
            ReservedState::Held { .. } | ReservedState::Confirmed => {
                claim.holdings.iter().any(|holding| self.is_use(&holding.pool))
            }
            ReservedState::Ended { .. } => self.has_used(claim),
        }
    }
}
