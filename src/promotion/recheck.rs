//! What has changed between the quote and the payment, and what to charge.

use serde::{Deserialize, Serialize};

use crate::id::{LineId, PromotionId};
use crate::money::{Money, MoneyError};
use crate::promotion::Quote;

/// What a host does when the price has moved since the quote.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DriftPolicy {
    /// When it costs less now.
    pub on_lower: OnLower,
    /// A total that rose by at most so much is charged as quoted.
    pub honour_rise_up_to: Money,
}

/// What is charged when it costs less now.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnLower {
    /// What it costs now.
    ChargeNew,
    /// What was quoted.
    KeepQuote,
}

/// What has changed since a quote, and what to charge.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recheck {
    /// Lines whose unit price or number of units changed, those that went or came included.
    pub drift: Vec<Drift>,
    /// Promotions that were applied and no longer are, in the order of application.
    pub lost: Vec<PromotionId>,
    /// Promotions that are applied now and were not.
    pub gained: Vec<PromotionId>,
    /// What was quoted.
    pub quoted: Money,
    /// What it costs now.
    pub current: Money,
    /// What to do.
    pub outcome: DriftOutcome,
    /// What to charge; `None`: ask first.
    pub charge: Option<Money>,
}

/// A line that is not as it was.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drift {
    /// Which.
    pub line: LineId,
    /// Its unit price as quoted; `None`: it was not there.
    pub from: Option<Money>,
    /// Its unit price now; `None`: it is gone.
    pub to: Option<Money>,
}

/// What to do about a price that may have moved.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriftOutcome {
    /// Nothing has changed.
    Unchanged,
    /// Something has, the total has not.
    AcceptSameTotal,
    /// It costs less: charge that.
    ChargeLower,
    /// Charge what was quoted.
    HonourQuote,
    /// It costs too much more: ask.
    AskCustomer,
}

/// Compares what was quoted with a quote of now.
///
/// # Errors
/// [`MoneyError::CurrencyMismatch`] between the quotes or with the policy's amount.
///
/// ```
/// use order_workflow::decision::Explain;
/// use order_workflow::promotion::*;
/// use order_workflow::{Currency, Money};
///
/// let euros = |minor| Money::minor(minor, Currency::EUR);
/// let quote = |price| -> Result<Quote, Box<dyn std::error::Error>> {
///     let cart = Cart {
///         currency: Currency::EUR,
///         lines: vec![CartLine::new("1".parse()?, "mug".parse()?, 1, euros(price))],
///         channel: None, payment_method: None, codes: vec![], shipping: vec![], gift_stock: Default::default(),
///     };
///     let (book, shopper, policy) = (PromotionBook::default(), Shopper::default(), QuotePolicy::default());
///     Ok(book.quote(&cart, &shopper, "2026-06-01T10:00:00Z".parse()?, &policy, Explain::Brief, &mut Scratch::new())?)
/// };
/// let policy = DriftPolicy { on_lower: OnLower::ChargeNew, honour_rise_up_to: euros(50) };
/// let checked = recheck(&quote(900)?, &quote(940)?, &policy)?;
/// assert_eq!((checked.outcome, checked.charge), (DriftOutcome::HonourQuote, Some(euros(900))));
/// assert_eq!(recheck(&quote(900)?, &quote(951)?, &policy)?.outcome, DriftOutcome::AskCustomer);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn recheck(quoted: &Quote, now: &Quote, policy: &DriftPolicy) -> Result<Recheck, MoneyError> {
    let rise = now.total.checked_sub(quoted.total)?;
    let honoured = rise.compare(policy.honour_rise_up_to)?.is_le();
    let mut drift = vec![];
    for before in &quoted.lines {
        let after = now.lines.iter().find(|line| line.line == before.line);
        if after.is_none_or(|after| after.list != before.list || after.units != before.units) {
            let to = after.map(|line| line.list);
            drift.push(Drift { line: before.line.clone(), from: Some(before.list), to });
        }
    }
    for after in now.lines.iter().filter(|after| quoted.lines.iter().all(|line| line.line != after.line)) {
        drift.push(Drift { line: after.line.clone(), from: None, to: Some(after.list) });
    }
    let only = |these: &Quote, those: &Quote| -> Vec<PromotionId> {
        let names = these.applied.iter().map(|one| &one.promotion);
        names.filter(|name| those.applied.iter().all(|one| one.promotion != **name)).cloned().collect()
    };
    let (lost, gained) = (only(quoted, now), only(now, quoted));
    let same = drift.is_empty() && lost.is_empty() && gained.is_empty();
    let (outcome, charge) = if rise.is_zero() {
        let outcome = if same { DriftOutcome::Unchanged } else { DriftOutcome::AcceptSameTotal };
        (outcome, Some(now.total))
    } else if rise.is_negative() {
        match policy.on_lower {
            OnLower::ChargeNew => (DriftOutcome::ChargeLower, Some(now.total)),
            OnLower::KeepQuote => (DriftOutcome::HonourQuote, Some(quoted.total)),
        }
    } else if honoured {
        (DriftOutcome::HonourQuote, Some(quoted.total))
    } else {
        (DriftOutcome::AskCustomer, None)
    };
    Ok(Recheck { drift, lost, gained, quoted: quoted.total, current: now.total, outcome, charge })
}
