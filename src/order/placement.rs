use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::{Fulfilment, OrderPolicy, PlacementProblem};
use crate::{
    geo::Destination,
    id::{ChannelId, CustomerId, FunderId, LineId, OrderId, PromotionId, QuoteRef, SellerId, Sku},
    money::{Currency, Money},
};

/// The most an order may be worth, in minor units: far above any order, far below where sums overflow.
pub const ORDER_MINOR_MAX: i64 = 1_000_000_000_000_000;

/// The most units a line may have.
pub const LINE_UNITS_MAX: u32 = 1_000_000;

/// The most adjustments, and the most taxes, that a line may have.
pub const LINE_RUNS_MAX: usize = 1_000;

/// The longest name of a host's own kind of charge, in bytes.
pub const CHARGE_KIND_BYTES_MAX: usize = 64;

/// What the shopper ordered, priced by the host: the order sums, it never prices.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Placement {
    /// The lines, at least one, ids unique.
    pub lines: Vec<PlacedLine>,
    /// Freight, wrapping, fees.
    #[serde(default)]
    pub charges: Vec<Charge>,
    /// The one currency of everything in this order.
    pub currency: Currency,
    /// When and how the money comes.
    pub terms: Terms,
    /// Who ordered.
    pub customer: CustomerId,
    /// Where it was ordered.
    pub channel: ChannelId,
    /// Where it goes; `None` for orders that ship nothing.
    #[serde(default)]
    pub ship_to: Option<Destination>,
    /// The delivery date told to the customer, local to the destination.
    #[serde(default)]
    pub promise: Option<NaiveDate>,
    /// The quote the prices came from.
    #[serde(default)]
    pub quote: Option<QuoteRef>,
    /// The order that this one replaces goods of.
    #[serde(default)]
    pub link: Option<Link>,
    /// The host's own remarks; no personal data, since events are kept for ever.
    #[serde(default)]
    pub notes: BTreeMap<String, String>,
}

/// One line: `units` equal pieces of a SKU at one list price.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlacedLine {
    /// The line's id within the order.
    pub line: LineId,
    /// What is sold.
    pub sku: Sku,
    /// Who sells it.
    pub seller: SellerId,
    /// How many, 1 to [`LINE_UNITS_MAX`].
    pub units: u32,
    /// List price of one unit, tax included where [`UnitTax::included`] says so.
    pub list: Money,
    /// What promotions take off, per unit; at most [`LINE_RUNS_MAX`].
    #[serde(default)]
    pub adjustments: Vec<Adjustment>,
    /// Tax, per unit; carried, never computed. At most [`LINE_RUNS_MAX`].
    #[serde(default)]
    pub tax: Vec<UnitTax>,
    /// How it reaches the customer.
    pub fulfilment: Fulfilment,
}

/// What one promotion takes off each unit of a run of units.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adjustment {
    /// The promotion.
    pub promotion: PromotionId,
    /// Who pays for it.
    pub funder: FunderId,
    /// The first unit it applies to, from 0.
    pub first_unit: u32,
    /// To how many units from there.
    pub units: u32,
    /// Taken off each of them; not negative.
    pub per_unit: Money,
}

/// Tax on each unit of a run of units.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnitTax {
    /// The first unit it applies to, from 0.
    pub first_unit: u32,
    /// To how many units from there.
    pub units: u32,
    /// Tax on each of them; not negative.
    pub per_unit: Money,
    /// Whether the price already contains it; otherwise it is added.
    pub included: bool,
}

/// An amount beside the lines, with its own rule for giving it back.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Charge {
    /// What it is for.
    pub kind: ChargeKind,
    /// Gross amount; not negative.
    pub amount: Money,
    /// The tax within `amount`.
    #[serde(default)]
    pub tax: Option<Money>,
    /// Only for this line; `None`: for the whole order.
    #[serde(default)]
    pub line: Option<LineId>,
    /// When it is given back.
    pub refund: ChargeRefund,
}

/// What a charge is for.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChargeKind {
    /// Delivery.
    Freight,
    /// Gift wrapping.
    Wrapping,
    /// A fee for paying in instalments.
    InstalmentFee,
    /// A fee for a payment method or a small order.
    Surcharge,
    /// The host's own kind, 1 to [`CHARGE_KIND_BYTES_MAX`] bytes.
    Other(String),
}

/// When a charge is given back. "Its units" are those of its line, or of the order.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChargeRefund {
    /// Never; but nobody owes it for an order that timed out before anything left.
    Never,
    /// In full, when the last of its units has ended and none of them ever left the house.
    UntilShipped,
    /// In full, when the last of its units has ended, shipped or not.
    WithLastUnit,
    /// With every unit that ends, its share by price; the last one closes to zero.
    Proportional,
}

/// When and how the money comes.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Terms {
    /// Everything must be covered before `pay_by`; at that instant the order times out.
    Prepaid {
        /// The deadline; the instant itself is too late.
        pay_by: DateTime<Utc>,
    },
    /// Paid at the door or the counter; confirmed without money.
    OnDelivery,
    /// A deposit first, the balance later; confirmed by the deposit, released by the balance.
    Presale {
        /// What confirms the order.
        deposit: Money,
        /// When the deposit must be covered.
        deposit_by: DateTime<Utc>,
        /// When everything must be covered.
        balance_by: DateTime<Utc>,
        /// Whether the deposit is kept when the balance does not come or the customer cancels.
        forfeit: bool,
    },
}

/// An order that replaces goods of another one.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// The order whose goods are replaced; it stays as it was.
    pub original: OrderId,
    /// Why.
    pub kind: LinkKind,
}

/// Why an order replaces goods of another one.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    /// The customer exchanges what came back.
    Exchange,
    /// The carrier lost it.
    Reship,
}

/// The price of a run of units, as paid by the customer.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct PriceRun {
    /// How many units in a row.
    pub units: u32,
    /// What the customer pays for one, tax included, in minor units of the order's currency.
    pub gross_minor: i64,
    /// The tax within it, in minor units.
    pub tax_minor: i64,
}

impl Placement {
    /// Everything that is wrong with this placement by itself, in order of lines, then charges, then terms.
    /// [`super::Order::place`] also looks at its id, the policy and the time.
    pub fn problems(&self) -> Vec<PlacementProblem> {
        let mut found = Vec::new();
        if self.lines.is_empty() {
            found.push(PlacementProblem::NoLines);
        }
        let mut seen = std::collections::BTreeSet::new();
        let mut total: i64 = 0;
        for line in &self.lines {
            if !seen.insert(&line.line) {
                found.push(PlacementProblem::DuplicateLine { line: line.line.clone() });
            }
            match line.prices(self.currency) {
                Ok(prices) => total = total.saturating_add(sum_of(&prices)),
                Err(problem) => found.push(problem),
            }
        }
        for (index, charge) in self.charges.iter().enumerate() {
            let tax = charge.tax.unwrap_or(Money::zero(self.currency));
            if charge.amount.currency() != self.currency || tax.currency() != self.currency {
                found.push(PlacementProblem::ForeignCurrency {
                    field: format!("charges[{index}]"),
                    given: if charge.amount.currency() == self.currency { tax } else { charge.amount },
                    accepted: self.currency,
                });
            } else if charge.amount.is_negative()
                || tax.is_negative()
                || tax.minor_units() > charge.amount.minor_units()
            {
                found.push(PlacementProblem::BadCharge { index, amount: charge.amount, tax });
            } else {
                total = total.saturating_add(charge.amount.minor_units());
            }
            if let ChargeKind::Other(name) = &charge.kind
                && !(1..=CHARGE_KIND_BYTES_MAX).contains(&name.len())
            {
                let accepted = CHARGE_KIND_BYTES_MAX;
                found.push(PlacementProblem::BadChargeKind { index, bytes: name.len(), accepted });
            }
            if let Some(line) = charge.line.as_ref().filter(|line| !seen.contains(line)) {
                found.push(PlacementProblem::ChargeForUnknownLine { index, line: line.clone() });
            }
        }
        if total > ORDER_MINOR_MAX {
            found.push(PlacementProblem::TooMuch { total_minor: total, accepted_minor: ORDER_MINOR_MAX });
        }
        if let Terms::Presale { deposit, deposit_by, balance_by, .. } = &self.terms {
            let fits = deposit.currency() == self.currency
                && deposit.is_positive()
                && deposit.minor_units() <= total
                && deposit_by <= balance_by;
            if !fits {
                found.push(PlacementProblem::BadPresale {
                    deposit: *deposit,
                    accepted_minor: total,
                    deposit_by: *deposit_by,
                    balance_by: *balance_by,
                });
            }
        }
        let ships = self.lines.iter().any(|line| line.fulfilment == Fulfilment::Ship);
        if ships && self.ship_to.is_none() {
            found.push(PlacementProblem::NoDestination);
        }
        if self.notes.len() > 64 || self.notes.iter().any(|(key, text)| key.len() > 64 || text.len() > 1024) {
            found.push(PlacementProblem::NotesTooLong { entries: self.notes.len() });
        }
        found
    }
}

impl Placement {
    /// What is wrong with placing this as `id` at `at` under `policy`: what [`Self::problems`] cannot see.
    pub(super) fn problems_as(
        &self,
        id: &OrderId,
        policy: &OrderPolicy,
        at: DateTime<Utc>,
    ) -> Vec<PlacementProblem> {
        let mut found = Vec::new();
        let pay_by = match self.terms {
            Terms::Prepaid { pay_by } => Some(pay_by),
            Terms::Presale { deposit_by, .. } => Some(deposit_by),
            Terms::OnDelivery => None,
        };
        if let Some(pay_by) = pay_by.filter(|pay_by| *pay_by <= at) {
            found.push(PlacementProblem::PayByPassed { pay_by, at });
        }
        if self.link.as_ref().is_some_and(|link| link.original == *id) {
            found.push(PlacementProblem::LinkedToItself { order: id.clone() });
        }
        let given = policy.short_tolerance_minor;
        if !(0..=ORDER_MINOR_MAX).contains(&given) {
            found.push(PlacementProblem::BadTolerance { given, accepted: ORDER_MINOR_MAX });
        }
        found
    }
}

impl PlacedLine {
    /// What each unit costs the customer, as runs of equal price.
    ///
    /// # Errors
    /// The first [`PlacementProblem`] of this line: no units, a foreign currency, too many runs, a run outside the
    /// line, a negative amount, a price below zero or too large.
    pub fn prices(&self, currency: Currency) -> Result<Vec<PriceRun>, PlacementProblem> {
        if self.units == 0 || self.units > LINE_UNITS_MAX {
            return Err(PlacementProblem::BadUnits {
                line: self.line.clone(),
                units: self.units,
                accepted: LINE_UNITS_MAX,
            });
        }
        let bad = |field: &str, given: Money| PlacementProblem::BadPrice {
            line: self.line.clone(),
            field: field.to_owned(),
            given,
        };
        let check = |field: &str, money: Money| {
            if money.currency() != currency {
                let field = format!("lines[{}].{field}", self.line);
                return Err(PlacementProblem::ForeignCurrency { field, given: money, accepted: currency });
            }
            let in_range = (0..=ORDER_MINOR_MAX).contains(&money.minor_units());
            if in_range { Ok(()) } else { Err(bad(field, money)) }
        };
        check("list", self.list)?;
        for (field, runs) in [("adjustments", self.adjustments.len()), ("tax", self.tax.len())] {
            if runs > LINE_RUNS_MAX {
                let (line, field) = (self.line.clone(), field.to_owned());
                return Err(PlacementProblem::TooManyRuns { line, field, runs, accepted: LINE_RUNS_MAX });
            }
        }
        // Where something begins or ends, and by how much the unit's reduction, tax, and tax on top change there.
        // Sums of so few runs of such amounts cannot overflow.
        let mut steps: Vec<(u32, [i64; 3])> = vec![(self.units, [0; 3])];
        let off = self.adjustments.iter().map(|off| {
            ("adjustments", off.first_unit, off.units, off.per_unit, [off.per_unit.minor_units(), 0, 0])
        });
        let tax = self.tax.iter().map(|tax| {
            let minor = tax.per_unit.minor_units();
            let on_top = if tax.included { 0 } else { minor };
            ("tax", tax.first_unit, tax.units, tax.per_unit, [0, minor, on_top])
        });
        for (field, first, units, per_unit, change) in off.chain(tax) {
            check(field, per_unit)?;
            let end = first.checked_add(units).filter(|end| *end <= self.units && units > 0);
            let Some(end) = end else {
                return Err(PlacementProblem::RunOutsideLine {
                    line: self.line.clone(),
                    field: field.to_owned(),
                    first_unit: first,
                    units,
                    accepted: self.units,
                });
            };
            steps.extend([(first, change), (end, change.map(i64::saturating_neg))]);
        }
        steps.sort_unstable_by_key(|(unit, _)| *unit);
        let mut prices: Vec<PriceRun> = Vec::with_capacity(steps.len());
        let (mut from, mut now) = (0_u32, [0_i64; 3]);
        for (unit, change) in steps {
            if unit > from {
                let units = unit.saturating_sub(from);
                let [off, tax, on_top] = now;
                let net = self.list.minor_units().saturating_sub(off);
                let gross = net.saturating_add(on_top);
                if net < 0 {
                    return Err(bad("adjustments", Money::minor(net, currency)));
                }
                if tax.saturating_sub(on_top) > gross || gross > ORDER_MINOR_MAX {
                    return Err(bad("tax", Money::minor(tax, currency)));
                }
                match prices.last_mut() {
                    Some(last) if (last.gross_minor, last.tax_minor) == (gross, tax) => {
                        last.units = last.units.saturating_add(units);
                    }
                    Some(_) | None => {
                        prices.push(PriceRun { units, gross_minor: gross, tax_minor: tax });
                    }
                }
                from = unit;
            }
            now.iter_mut().zip(change).for_each(|(sum, part)| *sum = sum.saturating_add(part));
        }
        Ok(prices)
    }
}

/// Σ gross over runs, in minor units; saturates far above [`ORDER_MINOR_MAX`].
pub(super) fn sum_of(prices: &[PriceRun]) -> i64 {
    prices
        .iter()
        .fold(0_i64, |sum, run| sum.saturating_add(run.gross_minor.saturating_mul(i64::from(run.units))))
}
