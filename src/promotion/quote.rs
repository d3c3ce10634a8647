//! What a cart costs after promotions, down to the unit, and why.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::id::{CouponId, CustomerId, FunderId, LineId, PromotionId, Sku};
use crate::money::{Currency, Money};
use crate::promotion::coupon::Coupon;
use crate::promotion::{Cart, Promotion, PromotionReason, QuotePolicy, Shopper, UNITS_MAX};

/// What a cart costs after promotions. A self-contained snapshot: it keeps the cart, the shopper and the promotions as
/// they were, so that a return is worked out from it alone, whatever has changed since.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quote {
    /// The currency of every amount.
    pub currency: Currency,
    /// When it was made for.
    pub at: DateTime<Utc>,
    /// The promotions that were applied, in the order of application.
    pub applied: Vec<Applied>,
    /// Every other promotion and why it was not; empty unless asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_applied: Vec<NotApplied>,
    /// Codes that no applied promotion asked for. They do not stay silent: why the promotion behind one was not applied
    /// stands in [`Quote::not_applied`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unused_codes: Vec<String>,
    /// What each line costs, in the order of the cart.
    pub lines: Vec<QuotedLine>,
    /// What each charge for shipping is, in the order of the cart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shipping: Vec<QuotedShipping>,
    /// All lines at list prices.
    pub subtotal: Money,
    /// Off all lines.
    pub discount: Money,
    /// Shipping after promotions.
    pub shipping_total: Money,
    /// What is to be paid.
    pub total: Money,
    /// Whether a better set may exist.
    pub proof: Proof,
    /// What it was made from.
    pub basis: Basis,
}

impl Quote {
    /// Of nothing: room for [`PromotionBook::quote_into`](crate::promotion::PromotionBook::quote_into).
    pub fn empty() -> Quote {
        let nothing = Money::minor(0, Currency::EUR);
        Quote {
            currency: Currency::EUR,
            at: DateTime::UNIX_EPOCH,
            applied: vec![],
            not_applied: vec![],
            unused_codes: vec![],
            lines: vec![],
            shipping: vec![],
            subtotal: nothing,
            discount: nothing,
            shipping_total: nothing,
            total: nothing,
            proof: Proof::Rule,
            basis: Basis {
                cart: Cart {
                    currency: Currency::EUR,
                    lines: vec![],
                    channel: None,
                    payment_method: None,
                    codes: vec![],
                    shipping: vec![],
                    gift_stock: std::collections::BTreeMap::new(),
                },
                shopper: Shopper::default(),
                policy: QuotePolicy::default(),
                promotions: vec![],
            },
        }
    }
}

/// Whether a better set of promotions may exist.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "proof", rename_all = "snake_case", deny_unknown_fields)]
pub enum Proof {
    /// By priority: it was not looked for.
    Rule,
    /// No set makes it cheaper.
    Optimal {
        /// How many promotions were tried on a state of the cart.
        nodes: u64,
    },
    /// The work was done before every set was ruled out.
    Gap {
        /// No set takes off more than this, on lines and shipping.
        bound: Money,
        /// How many promotions were tried on a state of the cart.
        nodes: u64,
    },
}

/// A promotion that was applied.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Applied {
    /// Which.
    pub promotion: PromotionId,
    /// Which edition of it.
    pub version: u32,
    /// Off lines.
    pub discount: Money,
    /// Off shipping.
    pub shipping: Money,
    /// Off which units, in the order of the cart.
    pub units: Vec<UnitsOff>,
    /// Which units took part in it: those discounted, and those bought for it.
    pub took_part: Vec<UnitRun>,
    /// Off which charges for shipping, by their place in the cart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub charges: Vec<ChargeOff>,
    /// What it gives away.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gifts: Vec<Gift>,
    /// Coupons for a later order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub coupons: Vec<Earned>,
    /// Who pays how much of it, on lines and shipping; `None` is the house.
    pub funded: Vec<Funded>,
}

/// Off each of some units of a line that stand together.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnitsOff {
    /// Which line.
    pub line: LineId,
    /// The first unit, from 0.
    pub first_unit: u32,
    /// How many from there.
    pub units: u32,
    /// Off each of them.
    pub each: Money,
}

/// Some units of a line that stand together.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnitRun {
    /// Which line.
    pub line: LineId,
    /// The first unit, from 0.
    pub first_unit: u32,
    /// How many from there.
    pub units: u32,
}

/// Off one charge for shipping.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChargeOff {
    /// Its place in the cart, from 0.
    pub place: u32,
    /// How much.
    pub amount: Money,
}

/// Pieces given away.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gift {
    /// What.
    pub sku: Sku,
    /// How many.
    pub units: u32,
}

/// Coupons that an order earns for a later one.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Earned {
    /// What they are a claim to.
    pub promotion: PromotionId,
    /// How many.
    pub units: u32,
    /// For so many days from when they are issued; `None`: without an end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_days: Option<u16>,
}

impl Earned {
    /// One of them, issued at a time to a customer, for one use.
    pub fn issue(
        &self,
        coupon: CouponId,
        code: impl Into<String>,
        owner: CustomerId,
        at: DateTime<Utc>,
    ) -> Coupon {
        let days = self.valid_days.map(|days| TimeDelta::days(days.into()));
        let until = days.and_then(|days| at.checked_add_signed(days));
        Coupon::new(coupon, code, self.promotion.clone())
            .with_uses(1)
            .with_owner(owner)
            .with_valid(Some(at), until)
    }
}

/// A part of a discount and who pays it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Funded {
    /// Who; `None`: the house.
    pub funder: Option<FunderId>,
    /// How much.
    pub amount: Money,
}

/// A promotion that was not applied.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotApplied {
    /// Which.
    pub promotion: PromotionId,
    /// Which edition of it.
    pub version: u32,
    /// Why.
    pub why: PromotionReason,
    /// The applied promotions that stand in its way, in the order of application: they bar it, took the units that it
    /// claims, or would give less with it. Empty if it is not up to them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beaten_by: Vec<Beaten>,
}

/// An applied promotion that stands in the way of another.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beaten {
    /// Which.
    pub promotion: PromotionId,
    /// What it takes off, on lines and shipping.
    pub value: Money,
}

/// A line after promotions.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuotedLine {
    /// Which.
    pub line: LineId,
    /// Of what.
    pub sku: Sku,
    /// How many units.
    pub units: u32,
    /// The list price of one.
    pub list: Money,
    /// Off all of them.
    pub discount: Money,
}

/// A charge for shipping after promotions.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuotedShipping {
    /// Which method.
    pub method: String,
    /// Before promotions.
    pub price: Money,
    /// Off it.
    pub discount: Money,
}

/// What a quote was made from.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Basis {
    /// The cart.
    pub cart: Cart,
    /// The shopper.
    pub shopper: Shopper,
    /// How it was made.
    pub policy: QuotePolicy,
    /// Every promotion that could apply to this shopper at that time, to this cart or a part of it.
    pub promotions: Vec<Arc<Promotion>>,
}

/// Off each of some units of a line, and who pays for it: what an order's line takes over.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adjustment {
    /// By which promotion.
    pub promotion: PromotionId,
    /// Who pays for it; `None`: the house.
    pub funder: Option<FunderId>,
    /// Which line.
    pub line: LineId,
    /// The first unit, from 0.
    pub first_unit: u32,
    /// How many from there.
    pub units: u32,
    /// Off each of them.
    pub each: Money,
}

impl Quote {
    /// What is off each unit, by whom it is paid: per promotion in the order of application, per line, per funder.
    /// Summed over any of these it is the discount, to the minor unit.
    ///
    /// What several pay together is split so that from the first unit to any later one, each has paid its part of what
    /// was given until then, rounded down, and the last named pays the rest.
    pub fn adjustments(&self) -> Vec<Adjustment> {
        let mut all: Vec<Adjustment> = vec![];
        for applied in &self.applied {
            let mut split = FunderSplit::new(self.shares(applied));
            for run in &applied.units {
                for unit in 0..run.units.min(UNITS_MAX) {
                    for (funder, minor) in split.next(run.each.minor_units()) {
                        let each = Money::minor(minor, self.currency);
                        let first_unit = run.first_unit.saturating_add(unit);
                        let joins = |last: &&mut Adjustment| {
                            last.promotion == applied.promotion
                                && last.line == run.line
                                && last.funder == funder
                                && last.each == each
                                && last.first_unit.saturating_add(last.units) == first_unit
                        };
                        let funders = split.len();
                        let mut latest = all.iter_mut().rev().take(funders);
                        if let Some(last) = latest.find(joins) {
                            last.units += 1;
                        } else if minor > 0 {
                            all.push(Adjustment {
                                promotion: applied.promotion.clone(),
                                funder,
                                line: run.line.clone(),
                                first_unit,
                                units: 1,
                                each,
                            });
                        }
                    }
                }
            }
        }
        all
    }

    /// Everything given away, by SKU in the order of application. Gifts are sourced like lines.
    pub fn gifts(&self) -> Vec<(Sku, u32)> {
        let mut all: Vec<(Sku, u32)> = vec![];
        for gift in self.applied.iter().flat_map(|applied| &applied.gifts) {
            match all.iter_mut().find(|known| known.0 == gift.sku) {
                Some(known) => known.1 = known.1.saturating_add(gift.units),
                None => all.push((gift.sku.clone(), gift.units)),
            }
        }
        all
    }

    /// Coupons that this order earns for a later one, in the order of application. To be issued once it stands; what a
    /// return takes from it stands in [`Refund::lost`](crate::promotion::Refund).
    ///
    /// ```
    /// # use order_workflow::decision::Explain;
    /// # use order_workflow::promotion::*;
    /// # use order_workflow::{Currency, Money};
    /// # let euros = |minor| Money::minor(minor, Currency::EUR);
    /// # let cart = Cart {
    /// #     currency: Currency::EUR,
    /// #     lines: vec![CartLine::new("1".parse()?, "mug".parse()?, 3, euros(1_000))],
    /// #     channel: None, payment_method: None, codes: vec![], shipping: vec![], gift_stock: Default::default(),
    /// # };
    /// # let at = "2026-06-01T10:00:00Z".parse()?;
    /// let later = Benefit::Coupon { promotion: "ten-off".parse()?, units: 1, valid_days: Some(30) };
    /// let earns = Promotion::new("come-back".parse()?, Phase::SHOP, later)
    ///     .with_when(Condition::subtotal_at_least(euros(2_500), Filter::all()));
    /// let book = PromotionBook::compile([earns]).map_err(|problems| problems[0].clone())?;
    /// # let (shopper, policy) = (Shopper::default(), QuotePolicy::default());
    /// let quote = book.quote(&cart, &shopper, at, &policy, Explain::Brief, &mut Scratch::new())?;
    /// let earned = quote.earned().next().ok_or("a coupon")?;
    /// let coupon = earned.issue("c-1".parse()?, "COMEBACK", "ann".parse()?, at);
    /// assert_eq!(coupon.valid_until, Some("2026-07-01T10:00:00Z".parse()?));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn earned(&self) -> impl Iterator<Item = &Earned> {
        self.applied.iter().flat_map(|applied| &applied.coupons)
    }

    /// Who pays how much of all discounts, on lines and shipping: the house first, then by name.
    pub fn funded(&self) -> Vec<Funded> {
        let mut all: Vec<Funded> = vec![];
        for funded in self.applied.iter().flat_map(|applied| &applied.funded) {
            match all.iter_mut().find(|known| known.funder == funded.funder) {
                Some(known) => known.amount = plus(known.amount, funded.amount),
                None => all.push(funded.clone()),
            }
        }
        all.sort_by(|a, b| a.funder.cmp(&b.funder));
        all
    }

    fn shares(&self, applied: &Applied) -> Vec<(Option<FunderId>, u32)> {
        let rule = self.basis.promotions.iter().find(|rule| rule.promotion == applied.promotion);
        shares(rule.map(|rule| &**rule))
    }
}

/// Who pays for a promotion, by weight.
pub(super) fn shares(rule: Option<&Promotion>) -> Vec<(Option<FunderId>, u32)> {
    let named = rule.into_iter().flat_map(|rule| &rule.funders);
    let named: Vec<_> = named.map(|share| (Some(share.funder.clone()), share.weight)).collect();
    if named.is_empty() { vec![(None, 1)] } else { named }
}

/// Splits amounts one after the other, so that their sums are split alike.
pub(super) struct FunderSplit {
    /// Who, its weight, and what was there for it and those after it so far.
    shares: Vec<(Option<FunderId>, u32, i128)>,
}

impl FunderSplit {
    pub fn new(shares: Vec<(Option<FunderId>, u32)>) -> FunderSplit {
        FunderSplit { shares: shares.into_iter().map(|(funder, weight)| (funder, weight, 0)).collect() }
    }

    pub fn len(&self) -> usize {
        self.shares.len()
    }

    /// The next amount, not negative: a part for everyone, summing to it.
    pub fn next(&mut self, amount: i64) -> Vec<(Option<FunderId>, i64)> {
        let mut left = amount;
        let mut weights: i128 = self.shares.iter().map(|share| i128::from(share.1)).sum();
        let mut parts = Vec::with_capacity(self.shares.len());
        for (funder, weight, so_far) in &mut self.shares {
            let part = |sum: i128| (sum * i128::from(*weight)).checked_div(weights).unwrap_or(sum);
            let after = *so_far + i128::from(left);
            let own = i64::try_from(part(after) - part(*so_far)).unwrap_or(left); // at most `left`
            *so_far = after;
            weights -= i128::from(*weight);
            left -= own;
            parts.push((funder.clone(), own));
        }
        parts
    }
}

/// Sums of a quote never pass the cart's own sum, which fits.
pub(super) fn plus(one: Money, other: Money) -> Money {
    one.checked_add(other).unwrap_or(one)
}
