//! Which reservation legs a quote needs: uses, limits and budgets of what was applied.

use crate::promotion::coupon::{Coupon, CouponRefusal};
use crate::promotion::quote::plus;
use crate::promotion::refusing::needs_coupon;
use crate::promotion::{Applied, Presented, Quote};
use crate::reservation::{Claim, Leg, Pool};

impl Quote {
    /// The legs that hold what was applied: uses of promotions and coupons, uses by the customer, budgets, the customer's amounts. They join
    /// the stock's legs in one reserve, so that nothing is over-used under load; what that command refuses is not applied:
    /// quote again without it. Legs on one pool are summed.
    ///
    /// Amounts are asked for in full. Promotions without limits make no leg.
    ///
    /// # Errors
    /// [`CouponRefusal::NoCustomer`] for a coupon that is limited per customer in the hands of a guest.
    ///
    /// ```
    /// # use order_workflow::decision::Explain;
    /// # use order_workflow::promotion::*;
    /// # use order_workflow::{Currency, Money};
    /// # let euros = |minor| Money::minor(minor, Currency::EUR);
    /// # let off = Benefit::Off { pick: Pick::all(Filter::all()), give: Give::Amount { amount: euros(500) }, cap: None };
    /// # let cart = Cart {
    /// #     currency: Currency::EUR,
    /// #     lines: vec![CartLine::new("1".parse()?, "mug".parse()?, 3, euros(900))],
    /// #     channel: None, payment_method: None, codes: vec![], shipping: vec![], gift_stock: Default::default(),
    /// # };
    /// # let at = "2026-06-01T10:00:00Z".parse()?;
    /// let limits = Limits { uses: Some(100), ..Limits::default() };
    /// let first_hundred = Promotion::new("first-hundred".parse()?, Phase::SHOP, off).with_limits(limits);
    /// let book = PromotionBook::compile([first_hundred]).map_err(|problems| problems[0].clone())?;
    /// # let (shopper, policy) = (Shopper::default(), QuotePolicy::default());
    /// let quote = book.quote(&cart, &shopper, at, &policy, Explain::Brief, &mut Scratch::new())?;
    /// let legs = quote.claims()?;
    /// assert_eq!(legs[0].pool.to_string(), "uses of promotion `first-hundred`");
    /// assert_eq!((legs[0].units, legs[0].limit_if_new), (1, Some(100)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn claims(&self) -> Result<Vec<Leg>, CouponRefusal> {
        let mut legs: Vec<Leg> = vec![];
        let customer = self.basis.shopper.customer.as_ref();
        for applied in &self.applied {
            let Some(rule) = self.basis.promotions.iter().find(|rule| rule.promotion == applied.promotion)
            else {
                continue;
            };
            let amount = plus(applied.discount, applied.shipping);
            let claim = || Claim::Promotion(rule.promotion.clone());
            if let Some(uses) = rule.limits.uses {
                legs.push(Leg::all(Pool::Use { claim: claim() }, 1).with_limit_if_new(uses.into()));
            }
            if let (Some(uses), Some(customer)) = (rule.limits.uses_per_customer, customer) {
                let pool = Pool::UseBy { claim: claim(), customer: customer.clone() };
                legs.push(Leg::all(pool, 1).with_limit_if_new(uses.into()));
            }
            if let Some(budget) = rule.limits.budget.as_ref().filter(|_| amount.is_positive()) {
                let pool = Pool::Budget { budget: budget.budget.clone(), currency: budget.limit.currency() };
                let leg = Leg::all(pool, amount.minor_units());
                legs.push(leg.with_limit_if_new(budget.limit.minor_units()));
            }
            if let (Some(limit), Some(customer)) = (rule.limits.amount_per_customer, customer)
                && amount.is_positive()
            {
                let (customer, currency) = (customer.clone(), limit.currency());
                let leg =
                    Leg::all(Pool::BudgetBy { claim: claim(), customer, currency }, amount.minor_units());
                legs.push(leg.with_limit_if_new(limit.minor_units()));
            }
            if needs_coupon(rule)
                && let Some(coupon) = self.coupon(applied)
            {
                legs.extend(coupon.legs(customer, amount, amount.minor_units())?);
            }
        }
        Ok(summed(legs))
    }

    /// The coupon that an applied promotion was applied for: the first presented for it that was good.
    fn coupon(&self, applied: &Applied) -> Option<&Coupon> {
        let (codes, customer) = (self.basis.policy.codes, self.basis.shopper.customer.as_ref());
        self.basis.cart.codes.iter().find_map(|Presented { code, coupon }| {
            let coupon = coupon.as_ref().filter(|coupon| coupon.promotion == applied.promotion)?;
            let fault = coupon.fault_in_quote(code, customer, self.at, codes, self.currency);
            fault.is_none().then_some(coupon)
        })
    }
}

/// One leg a pool, in the order of first mention.
fn summed(legs: Vec<Leg>) -> Vec<Leg> {
    let mut all: Vec<Leg> = vec![];
    for leg in legs {
        match all.iter_mut().find(|known| known.pool == leg.pool) {
            Some(known) => {
                known.units = known.units.saturating_add(leg.units);
                known.at_least = known.at_least.saturating_add(leg.at_least);
            }
            None => all.push(leg),
        }
    }
    all
}
