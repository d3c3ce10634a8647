//! The tax on what a quote leaves of each unit's price.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::id::LineId;
use crate::money::{Money, Rounding};
use crate::promotion::Quote;
use crate::promotion::returns::Units;

/// How tax is worked out.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxPolicy {
    /// Whether the cart's prices hold the tax.
    pub basis: TaxBasis,
    /// What is rounded.
    pub rounded: TaxRounded,
    /// How it is rounded.
    pub rounding: Rounding,
}

/// Whether prices hold the tax. Discounts, thresholds and floors are always about the prices as they stand in the cart.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaxBasis {
    /// They do: at 20 %, a price of 12.00 holds 2.00.
    Included,
    /// It comes on top: at 20 %, on a price of 12.00 come 2.40.
    Added,
}

/// What is rounded to a minor unit.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaxRounded {
    /// The tax of each unit, so that equal units have equal tax.
    Unit,
    /// The tax of a line, as invoices that round once a line want it; a unit's tax is the difference between the rounded
    /// tax up to it and the one before it, so that units sum to their line.
    Line,
}

/// Some units of a line that stand together and have the same price and tax.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxedUnits {
    /// Which line.
    pub line: LineId,
    /// The first unit, from 0.
    pub first_unit: u32,
    /// How many from there.
    pub units: u32,
    /// What promotions leave of the price of each.
    pub price: Money,
    /// The tax on each.
    pub tax: Money,
}

/// Why the tax of a quote can not be told.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TaxRefusal {
    /// A line has no rate.
    #[error("line `{line}` has no tax rate; accepted: one for each line, 0 for what is not taxed")]
    NoRate {
        /// Which.
        line: LineId,
    },
    /// A price so high that its tax is beyond what money can hold.
    #[error("the tax on line `{line}` is too large; accepted: amounts below 2^63 minor units")]
    Overflow {
        /// On which line.
        line: LineId,
    },
    /// A rate that no tax has.
    #[error("{percent} % tax on line `{line}`; accepted: 0 to 1000")]
    Rate {
        /// On which line.
        line: LineId,
        /// The rate.
        percent: Decimal,
    },
}

impl TaxRefusal {
    /// The variant by its stable name, for logs and translations.
    pub const fn code(&self) -> &'static str {
        match self {
            TaxRefusal::NoRate { .. } => "no_rate",
            TaxRefusal::Overflow { .. } => "overflow",
            TaxRefusal::Rate { .. } => "rate",
        }
    }
}

impl Quote {
    /// The tax on each unit after promotions, in the order of the cart; shipping is the host's. `percent` is each line's
    /// rate. What is given back for a unit takes its tax with it, as it stands here.
    ///
    /// # Errors
    /// [`TaxRefusal`] for the first line, in the order of the cart, that has no rate or an impossible one.
    ///
    /// ```
    /// # use order_workflow::decision::Explain;
    /// # use order_workflow::money::Rounding;
    /// # use order_workflow::promotion::*;
    /// # use order_workflow::{Currency, Money};
    /// # let euros = |minor| Money::minor(minor, Currency::EUR);
    /// # let cart = Cart {
    /// #     currency: Currency::EUR,
    /// #     lines: vec![CartLine::new("1".parse()?, "mug".parse()?, 3, euros(1_000))],
    /// #     channel: None, payment_method: None, codes: vec![], shipping: vec![], gift_stock: Default::default(),
    /// # };
    /// # let at = "2026-06-01T10:00:00Z".parse()?;
    /// let five_off = presets::threshold_amount("five-off".parse()?, Filter::all(), euros(2_000), euros(500));
    /// let book = PromotionBook::compile([five_off]).map_err(|problems| problems[0].clone())?;
    /// # let (shopper, policy) = (Shopper::default(), QuotePolicy::default());
    /// let quote = book.quote(&cart, &shopper, at, &policy, Explain::Brief, &mut Scratch::new())?;
    ///
    /// // Three mugs for 25.00 that hold 19 % tax: 3.99 in all, 1.33 each.
    /// let policy = TaxPolicy { basis: TaxBasis::Included, rounded: TaxRounded::Line, rounding: Rounding::HalfUp };
    /// let taxed = quote.taxes(&[("1".parse()?, 19.into())].into(), &policy)?;
    /// let told: Vec<_> = taxed.iter().map(|run| (run.units, run.price, run.tax)).collect();
    /// assert_eq!(told, [(2, euros(833), euros(133)), (1, euros(834), euros(133))]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn taxes(
        &self,
        percent: &BTreeMap<LineId, Decimal>,
        policy: &TaxPolicy,
    ) -> Result<Vec<TaxedUnits>, TaxRefusal> {
        let units = Units::of(self);
        let prices = units.as_paid(self);
        let mut all: Vec<TaxedUnits> = vec![];
        for (place, line) in self.basis.cart.lines.iter().enumerate() {
            let name = || line.line.clone();
            let percent = *percent.get(&line.line).ok_or_else(|| TaxRefusal::NoRate { line: name() })?;
            if !(Decimal::ZERO..=Decimal::ONE_THOUSAND).contains(&percent) {
                return Err(TaxRefusal::Rate { line: name(), percent });
            }
            let large = || TaxRefusal::Overflow { line: name() };
            let (mut price_so_far, mut tax_so_far) = (0i64, 0i64);
            for unit in 0..line.units {
                let price = units.value(&prices, place, unit);
                let tax = match policy.rounded {
                    TaxRounded::Unit => self.tax(price, percent, policy).ok_or_else(large)?,
                    TaxRounded::Line => {
                        price_so_far = price_so_far.saturating_add(price);
                        let all = self.tax(price_so_far, percent, policy).ok_or_else(large)?;
                        all.saturating_sub(std::mem::replace(&mut tax_so_far, all))
                    }
                };
                let money = |minor| Money::minor(minor, self.currency);
                let (price, tax) = (money(price), money(tax));
                match all.last_mut() {
                    Some(run) if run.line == line.line && run.price == price && run.tax == tax => {
                        run.units += 1
                    }
                    _ => all.push(TaxedUnits { line: name(), first_unit: unit, units: 1, price, tax }),
                }
            }
        }
        Ok(all)
    }

    fn tax(&self, price: i64, percent: Decimal, policy: &TaxPolicy) -> Option<i64> {
        let price = Money::minor(price, self.currency);
        let tax = match policy.basis {
            TaxBasis::Added => price.percent(percent, policy.rounding),
            TaxBasis::Included => {
                let whole = Decimal::ONE_HUNDRED + percent;
                let tax = price.to_decimal().checked_mul(percent)?.checked_div(whole)?;
                Money::round_decimal(tax, self.currency, policy.rounding)
            }
        };
        tax.ok().map(Money::minor_units)
    }
}
