//! Price protection: it became cheaper after it was bought, and the difference comes back.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::id::LineId;
use crate::money::{Currency, Money};
use crate::promotion::Quote;
use crate::promotion::returns::Units;

/// What a host promises for the time after the purchase.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProtectionPolicy {
    /// So many days of 24 hours after the purchase, the last instant included.
    pub days: u16,
    /// Which price is compared.
    pub price: ProtectedPrice,
    /// At most so much for one purchase, however often it is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<Money>,
}

/// Which price is compared.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProtectedPrice {
    /// The list price of each line: promotions that began or ended since do not count.
    List,
    /// What the kept units cost together after promotions.
    Paid,
}

/// What comes back because it became cheaper.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Protected {
    /// What comes back now, beyond what came back before.
    pub amount: Money,
    /// How much cheaper each line of the purchase is now, in the order of the purchase; those that are not are left out.
    pub cheaper: Vec<Cheaper>,
}

/// A line that costs less now.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cheaper {
    /// Which.
    pub line: LineId,
    /// What its units cost then.
    pub then: Money,
    /// What they cost now.
    pub now: Money,
}

/// Why nothing can be compared.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProtectionRefusal {
    /// It was asked too late.
    #[error("prices of {at} are compared; accepted: until {until}")]
    TooLate {
        /// When the later quote was made for.
        at: DateTime<Utc>,
        /// The end of the protection.
        until: DateTime<Utc>,
    },
    /// The later quote was made for a time before the purchase.
    #[error("prices of {at} are compared; accepted: from {from}, the purchase, on")]
    TooEarly {
        /// When the later quote was made for.
        at: DateTime<Utc>,
        /// When it was bought.
        from: DateTime<Utc>,
    },
    /// An amount below zero.
    #[error("an amount of {given}; accepted: zero or more")]
    Negative {
        /// Which.
        given: Money,
    },
    /// An amount is in another currency.
    #[error("an amount in {given}; accepted: {accepted}, as was paid")]
    OtherCurrency {
        /// The one.
        given: Currency,
        /// The other.
        accepted: Currency,
    },
    /// The later quote holds what was not bought, or more of it, or another SKU under its name.
    #[error("line `{line}` of the later quote was not bought so; accepted: what was bought and is kept")]
    NotBought {
        /// Which line.
        line: LineId,
    },
}

impl ProtectionRefusal {
    /// The variant by its stable name, for logs and translations.
    pub const fn code(&self) -> &'static str {
        match self {
            ProtectionRefusal::TooLate { .. } => "too_late",
            ProtectionRefusal::TooEarly { .. } => "too_early",
            ProtectionRefusal::Negative { .. } => "negative",
            ProtectionRefusal::OtherCurrency { .. } => "other_currency",
            ProtectionRefusal::NotBought { .. } => "not_bought",
        }
    }
}

/// Compares a purchase with a later quote of the units that are kept, and tells what comes back. `returned` is what came
/// back for returned units, `protected` what earlier price protection brought: all together never pass what was paid, and
/// asking twice brings nothing new.
///
/// A unit that comes back after its price was protected refunds what is left of it: subtract what was protected from
/// what [`Quote::refunds`] tells, or both together pass what was paid.
///
/// The units that came back are the last ones of their lines, as in [`Quote::refunds`]: the later quote has the first
/// units of each line, and no line of which nothing is kept.
///
/// # Errors
/// [`ProtectionRefusal`], in the order of its variants.
///
/// ```
/// # use order_workflow::decision::Explain;
/// # use order_workflow::promotion::*;
/// # use order_workflow::{Currency, Money};
/// # let euros = |minor| Money::minor(minor, Currency::EUR);
/// # let quote = |price, units, at: &str| -> Result<Quote, Box<dyn std::error::Error>> {
/// #     let cart = Cart {
/// #         currency: Currency::EUR,
/// #         lines: vec![CartLine::new("1".parse()?, "mug".parse()?, units, euros(price))],
/// #         channel: None, payment_method: None, codes: vec![], shipping: vec![], gift_stock: Default::default(),
/// #     };
/// #     let (book, shopper, policy) = (PromotionBook::default(), Shopper::default(), QuotePolicy::default());
/// #     Ok(book.quote(&cart, &shopper, at.parse()?, &policy, Explain::Brief, &mut Scratch::new())?)
/// # };
/// let policy = ProtectionPolicy { days: 30, price: ProtectedPrice::Paid, at_most: None };
/// let bought = quote(1_000, 3, "2026-11-01T10:00:00Z")?;
/// // One mug of three came back for 10.00; a week later mugs cost 7.50.
/// let now = quote(750, 2, "2026-11-08T10:00:00Z")?;
/// assert_eq!(protect(&bought, &now, euros(1_000), euros(0), &policy)?.amount, euros(500));
/// assert_eq!(protect(&bought, &now, euros(1_000), euros(500), &policy)?.amount, euros(0));
/// assert!(protect(&bought, &quote(750, 2, "2026-12-24T10:00:00Z")?, euros(1_000), euros(0), &policy).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn protect(
    bought: &Quote,
    now: &Quote,
    returned: Money,
    protected: Money,
    policy: &ProtectionPolicy,
) -> Result<Protected, ProtectionRefusal> {
    let until = bought.at.checked_add_signed(TimeDelta::days(policy.days.into()));
    if let Some(until) = until.filter(|until| now.at > *until) {
        return Err(ProtectionRefusal::TooLate { at: now.at, until });
    }
    if now.at < bought.at {
        return Err(ProtectionRefusal::TooEarly { at: now.at, from: bought.at });
    }
    let given = [Some(returned), Some(protected), policy.at_most];
    if let Some(given) = given.into_iter().flatten().find(|given| given.is_negative()) {
        return Err(ProtectionRefusal::Negative { given });
    }
    let amounts = [
        Some(now.currency),
        Some(returned.currency()),
        Some(protected.currency()),
        policy.at_most.map(Money::currency),
    ];
    if let Some(given) = amounts.into_iter().flatten().find(|given| *given != bought.currency) {
        return Err(ProtectionRefusal::OtherCurrency { given, accepted: bought.currency });
    }
    let (then_units, now_units) = (Units::of(bought), Units::of(now));
    let (then_prices, now_prices) = (then_units.as_paid(bought), now_units.as_paid(now));
    let sum = |units: &Units<'_>, prices: &[i64], line: usize, count: u32| {
        (0..count).fold(0i64, |sum, unit| sum.saturating_add(units.value(prices, line, unit)))
    };
    let money = |minor| Money::minor(minor, bought.currency);
    let (mut cheaper, mut paid_then, mut paid_now, mut listed) = (vec![], 0i64, 0i64, 0i64);
    for (now_place, line) in now.basis.cart.lines.iter().enumerate() {
        let lines = &bought.basis.cart.lines;
        let place = lines
            .iter()
            .position(|one| one.line == line.line && one.sku == line.sku && one.units >= line.units);
        let Some((place, old)) = place.and_then(|place| Some((place, lines.get(place)?))) else {
            return Err(ProtectionRefusal::NotBought { line: line.line.clone() });
        };
        let times = i64::from(line.units);
        let (then, after) = match policy.price {
            ProtectedPrice::List => (
                old.unit_price.minor_units().saturating_mul(times),
                line.unit_price.minor_units().saturating_mul(times),
            ),
            ProtectedPrice::Paid => (
                sum(&then_units, &then_prices, place, line.units),
                sum(&now_units, &now_prices, now_place, line.units),
            ),
        };
        paid_then = paid_then.saturating_add(then);
        paid_now = paid_now.saturating_add(after);
        if after < then {
            listed = listed.saturating_add(then - after);
            cheaper.push((place, Cheaper { line: line.line.clone(), then: money(then), now: money(after) }));
        }
    }
    cheaper.sort_by_key(|(place, _)| *place);
    // A discount that moved from one line to another makes nothing cheaper.
    let difference = match policy.price {
        ProtectedPrice::List => listed,
        ProtectedPrice::Paid => paid_then.saturating_sub(paid_now),
    };
    // What is still paid for the kept units: a return may have moved discounts onto them.
    let kept = bought.paid().minor_units().saturating_sub(returned.minor_units());
    let most = match policy.price {
        ProtectedPrice::List => kept,
        ProtectedPrice::Paid => kept.saturating_sub(paid_now),
    };
    let due = policy.at_most.map_or(difference, |most| difference.min(most.minor_units())).min(most);
    let amount = money(due.saturating_sub(protected.minor_units()).max(0));
    Ok(Protected { amount, cheaper: cheaper.into_iter().map(|(_, one)| one).collect() })
}
