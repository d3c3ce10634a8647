//! What comes back to the customer when units come back, from the quote alone.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::decision::Explain;
use crate::id::{LineId, PromotionId};
use crate::money::Money;
use crate::promotion::spread::{Taker, spread};
use crate::promotion::state::take_apart;
use crate::promotion::{
    Cart, Gift, PromotionBook, Quote, Remainder, ReturnRefusal, Scratch, Spread, UnitRun, UnitsOff,
};

/// What becomes of a discount when a part of what earned it comes back.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnPolicy {
    /// Every unit keeps what it got: a returned one refunds what was paid for it. A gift, and a discount that needed
    /// units that come back, stay with the customer.
    Keep,
    /// Every promotion is spread anew over all units that took part in it, by list price: the unit that was free and the
    /// one bought for it refund alike.
    #[default]
    Prorated,
    /// The units that are kept are quoted again under the same promotions, codes and time; what was paid beyond that
    /// comes back, never less than nothing. Gifts that are no longer earned are asked back.
    ClawBack,
}

/// Units of a line that come back: the last ones that are still kept.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReturnedUnits {
    /// Of which line.
    pub line: LineId,
    /// How many.
    pub units: u32,
}

/// What one return brings.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refund {
    /// What comes back to the customer for goods. Shipping is the host's to decide.
    pub amount: Money,
    /// The same by unit: what each returned one refunds.
    pub units: Vec<UnitsOff>,
    /// Gifts that are no longer earned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gifts_back: Vec<Gift>,
    /// Promotions that the kept units no longer earn.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<PromotionId>,
}

impl Quote {
    /// What was paid for goods, shipping left out.
    pub fn paid(&self) -> Money {
        self.subtotal.checked_sub(self.discount).unwrap_or(self.subtotal) // a part of it
    }

    /// What each of several returns refunds, in the order in which they came. Pass all there were, the new one last: each
    /// refund is the difference of two cumulative splits, so that together they never pass what was paid, and once
    /// everything is back they are what was paid.
    ///
    /// # Errors
    /// [`ReturnRefusal`]; nothing is refunded then.
    ///
    /// ```
    /// # use order_workflow::decision::Explain;
    /// # use order_workflow::promotion::*;
    /// # use order_workflow::{Currency, Money};
    /// # let euros = |minor| Money::minor(minor, Currency::EUR);
    /// # let cart = Cart {
    /// #     currency: Currency::EUR,
    /// #     lines: vec![CartLine::new("1".parse()?, "mug".parse()?, 2, euros(1_000))],
    /// #     channel: None, payment_method: None, codes: vec![], shipping: vec![], gift_stock: Default::default(),
    /// # };
    /// # let at = "2026-06-01T10:00:00Z".parse()?;
    /// # let all = Filter::all;
    /// let one_free = Pick::BuyGet {
    ///     buy: all(), buy_units: 1, get: all(), get_units: 1, order: PickOrder::Cheapest, max_times: None,
    /// };
    /// let free = Give::PercentEach { percent: 100.into() };
    /// let off = Benefit::Off { pick: one_free, give: free, cap: None };
    /// let book = PromotionBook::compile([Promotion::new("b1g1".parse()?, Phase::ITEM, off)])
    ///     .map_err(|problems| problems[0].clone())?;
    /// # let (shopper, policy) = (Shopper::default(), QuotePolicy::default());
    /// let quote = book.quote(&cart, &shopper, at, &policy, Explain::Brief, &mut Scratch::new())?;
    /// assert_eq!(quote.total, euros(1_000));
    /// // One of two mugs comes back. Was it the free one? Both halves are worth the same …
    /// let one = vec![ReturnedUnits { line: "1".parse()?, units: 1 }];
    /// let refunds = quote.refunds(&[one.clone()], ReturnPolicy::Prorated)?;
    /// assert_eq!(refunds[0].amount, euros(500));
    /// // … or the kept one is no longer two for one, and costs what it costs.
    /// assert_eq!(quote.refunds(&[one], ReturnPolicy::ClawBack)?[0].amount, euros(0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn refunds(
        &self,
        returns: &[Vec<ReturnedUnits>],
        policy: ReturnPolicy,
    ) -> Result<Vec<Refund>, ReturnRefusal> {
        // What is read back may be anything.
        take_apart(&self.basis.cart, &mut vec![], &mut vec![], &mut vec![])
            .map_err(|error| ReturnRefusal::Changed { why: error.to_string() })?;
        let units = Units::of(self);
        let values = match policy {
            ReturnPolicy::Keep | ReturnPolicy::ClawBack => units.as_paid(self),
            ReturnPolicy::Prorated => units.spread_anew(self),
        };
        let mut kept: Vec<u32> = self.basis.cart.lines.iter().map(|line| line.units).collect();
        let mut refunded = 0i64;
        let mut due = self.gifts();
        let mut earned: Vec<PromotionId> = self.applied.iter().map(|one| one.promotion.clone()).collect();
        let mut refunds = vec![];
        for step in returns {
            let mut back: Vec<(usize, u32, i64)> = vec![]; // line, unit, what it refunds
            for returned in step {
                let place = self.basis.cart.lines.iter().position(|line| line.line == returned.line);
                let still = place.and_then(|place| Some((place, kept.get_mut(place)?)));
                let Some((place, still)) = still else {
                    return Err(ReturnRefusal::UnknownLine { line: returned.line.clone() });
                };
                let left = still.checked_sub(returned.units).ok_or_else(|| ReturnRefusal::MoreThanKept {
                    line: returned.line.clone(),
                    units: returned.units,
                    kept: *still,
                })?;
                back.extend((left..*still).map(|unit| (place, unit, units.value(&values, place, unit))));
                *still = left;
            }
            let (mut gifts_back, mut lost) = (vec![], vec![]);
            if policy == ReturnPolicy::ClawBack {
                let after = self.requoted(&kept)?;
                let paid = self.paid().minor_units();
                let amount = paid.saturating_sub(refunded).saturating_sub(after.paid().minor_units()).max(0);
                share_out(amount, &mut back, |place| {
                    self.basis.cart.lines.get(place).map_or(0, |line| line.unit_price.minor_units())
                });
                let still = after.gifts();
                for (sku, had) in &mut due {
                    let now = still.iter().find(|gift| gift.0 == *sku).map_or(0, |gift| gift.1);
                    if let Some(units) = had.checked_sub(now).filter(|units| *units > 0) {
                        gifts_back.push(Gift { sku: sku.clone(), units });
                        *had = now;
                    }
                }
                let holds = |name: &PromotionId| after.applied.iter().any(|one| one.promotion == *name);
                lost = earned.iter().filter(|name| !holds(name)).cloned().collect();
                earned.retain(holds);
            }
            let amount = sum(&back);
            refunded = refunded.saturating_add(amount);
            refunds.push(Refund {
                amount: Money::minor(amount, self.currency),
                units: runs(self, &mut back),
                gifts_back,
                lost,
            });
        }
        Ok(refunds)
    }

    /// The kept units under the promotions as they were.
    fn requoted(&self, kept: &[u32]) -> Result<Quote, ReturnRefusal> {
        let changed = |why: String| ReturnRefusal::Changed { why };
        let basis = &self.basis;
        let lines = basis.cart.lines.iter().zip(kept).filter(|(_, kept)| **kept > 0);
        let lines = lines.map(|(line, kept)| crate::promotion::CartLine { units: *kept, ..line.clone() });
        let cart = Cart { lines: lines.collect(), ..basis.cart.clone() };
        let book = PromotionBook::compile(basis.promotions.iter().cloned());
        let book = book.map_err(|found| changed(found.iter().map(|one| format!("{one}; ")).collect()))?;
        let scratch = &mut Scratch::new();
        let quote = book.quote(&cart, &basis.shopper, self.at, &basis.policy, Explain::Brief, scratch);
        quote.map_err(|error| changed(error.to_string()))
    }
}

fn sum(back: &[(usize, u32, i64)]) -> i64 {
    back.iter().fold(0, |sum, (_, _, value)| sum.saturating_add(*value))
}

/// Spreads an amount over what comes back, by what each unit was paid with; by list price if that is nothing.
fn share_out(amount: i64, back: &mut [(usize, u32, i64)], list: impl Fn(usize) -> i64) {
    let paid = sum(back);
    let mut takers: Vec<Taker> = back
        .iter()
        .map(|(place, _, value)| Taker {
            weight: if paid > 0 { *value } else { list(*place) },
            cap: i64::MAX,
            share: 0,
        })
        .collect();
    spread(amount, &mut takers, Remainder::LargestRemainder, &mut vec![], |a, b| a.cmp(&b));
    back.iter_mut().zip(takers).for_each(|(unit, taker)| unit.2 = taker.share);
}

/// What comes back, as runs in the order of the cart.
fn runs(quote: &Quote, back: &mut [(usize, u32, i64)]) -> Vec<UnitsOff> {
    back.sort_unstable();
    let mut all: Vec<UnitsOff> = vec![];
    for (place, unit, value) in back.iter() {
        let Some(line) = quote.basis.cart.lines.get(*place) else { continue };
        let each = Money::minor(*value, quote.currency);
        match all.last_mut() {
            Some(run) if run.line == line.line && run.each == each && run.first_unit + run.units == *unit => {
                run.units += 1;
            }
            _ => all.push(UnitsOff { line: line.line.clone(), first_unit: *unit, units: 1, each }),
        }
    }
    all
}

/// The cart's units in one row.
pub(super) struct Units<'q> {
    cart: &'q Cart,
    /// Where each line begins.
    starts: Vec<usize>,
    /// The line of each unit.
    lines: Vec<usize>,
}

impl<'q> Units<'q> {
    pub(super) fn of(quote: &'q Quote) -> Units<'q> {
        let cart = &quote.basis.cart;
        let (mut starts, mut lines) = (vec![], vec![]);
        for (place, line) in cart.lines.iter().enumerate() {
            starts.push(lines.len());
            lines.extend((0..line.units.min(crate::promotion::UNITS_MAX)).map(|_| place));
        }
        Units { cart, starts, lines }
    }

    fn place(&self, line: usize, unit: u32) -> usize {
        let start = self.starts.get(line).copied().unwrap_or(0);
        usize::try_from(unit).unwrap_or(usize::MAX).saturating_add(start)
    }

    pub(super) fn value(&self, values: &[i64], line: usize, unit: u32) -> i64 {
        values.get(self.place(line, unit)).copied().unwrap_or(0)
    }

    fn list(&self, unit: usize) -> i64 {
        let line = self.lines.get(unit).and_then(|&line| self.cart.lines.get(line));
        line.map_or(0, |line| line.unit_price.minor_units())
    }

    /// The places of a run's units.
    fn range(&self, line: &LineId, first_unit: u32, units: u32) -> std::ops::Range<usize> {
        let place = self.cart.lines.iter().position(|one| one.line == *line).unwrap_or(0);
        self.place(place, first_unit)..self.place(place, first_unit.saturating_add(units))
    }

    /// The list price without what each unit got itself.
    pub(super) fn as_paid(&self, quote: &Quote) -> Vec<i64> {
        let mut values: Vec<i64> = (0..self.lines.len()).map(|unit| self.list(unit)).collect();
        for UnitsOff { line, first_unit, units, each } in quote.applied.iter().flat_map(|one| &one.units) {
            for value in values.get_mut(self.range(line, *first_unit, *units)).unwrap_or_default() {
                *value = value.saturating_sub(each.minor_units());
            }
        }
        values
    }

    /// The list price without an equal part of every promotion that the unit took part in.
    fn spread_anew(&self, quote: &Quote) -> Vec<i64> {
        let mut values: Vec<i64> = (0..self.lines.len()).map(|unit| self.list(unit)).collect();
        for applied in &quote.applied {
            let of = |UnitRun { line, first_unit, units }: &UnitRun| self.range(line, *first_unit, *units);
            let here = |unit: &usize| *unit < values.len();
            let part: Vec<usize> =
                applied.took_part.iter().flat_map(|run| of(run).take_while(here)).collect();
            let total = applied.discount.minor_units();
            let left = total.saturating_sub(self.take(total, &part, quote.basis.policy.spread, &mut values));
            if left > 0 {
                // Those that took part are free already; what they can not take lies on the others.
                let all: Vec<usize> = (0..values.len()).collect();
                self.take(left, &all, quote.basis.policy.spread, &mut values);
            }
        }
        values
    }

    /// Takes an amount from units by list price, none below zero; what could be taken.
    fn take(&self, total: i64, part: &[usize], by: Spread, values: &mut [i64]) -> i64 {
        let value = |values: &[i64], unit: usize| values.get(unit).copied().unwrap_or(0);
        let mut takers: Vec<Taker> = part
            .iter()
            .map(|&unit| Taker { weight: self.list(unit), cap: value(values, unit), share: 0 })
            .collect();
        let name = |place: usize| part.get(place).copied().unwrap_or(0);
        let first = |a: usize, b: usize| match by {
            Spread::LinesThenUnits => a.cmp(&b),
            Spread::Units => self.first(name(a), name(b)),
        };
        spread(total, &mut takers, Remainder::LargestRemainder, &mut vec![], first);
        for (&unit, taker) in part.iter().zip(&takers) {
            if let Some(value) = values.get_mut(unit) {
                *value -= taker.share;
            }
        }
        takers.iter().map(|taker| taker.share).sum()
    }

    fn first(&self, a: usize, b: usize) -> Ordering {
        let line = |unit: usize| self.lines.get(unit).and_then(|&line| self.cart.lines.get(line));
        let names = line(a).zip(line(b));
        let by_name =
            names.map_or(Ordering::Equal, |(x, y)| x.sku.cmp(&y.sku).then_with(|| x.line.cmp(&y.line)));
        self.list(b).cmp(&self.list(a)).then(by_name).then(a.cmp(&b))
    }
}
