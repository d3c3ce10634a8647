//! From a quote to what is placed: discounts into lines and charges, codes and limits into what is checked.

use crate::checkout::{CouponClaim, CouponState, LimitUse};
use crate::id::{FunderId, LineId};
use crate::money::{Currency, Money};
use crate::order::{Adjustment, ChargeKind, Placement};
use crate::promotion::coupon::{ClaimPolicy, Coupon, CouponRefusal, Hold, matches_code};
use crate::promotion::{CodeMatch, Condition, Presented, Promotion, Quote};
use crate::reservation::{Claim, Level, Pool};

/// Why a quote does not fit what is about to be placed: it was made for another cart.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum QuoteMisfit {
    /// A line carries discounts already: a quote was taken over before.
    #[error("line `{line}` carries discounts already; accepted: lines without any")]
    Adjusted {
        /// Which.
        line: LineId,
    },
    /// They are in two currencies.
    #[error("the quote is in {quoted}; accepted: {placed}, as what is placed")]
    Currency {
        /// The quote's.
        quoted: Currency,
        /// What is placed.
        placed: Currency,
    },
    /// A line is on one side only, or its SKU, units or list price differ.
    #[error("line `{line}` is not placed as it was quoted; accepted: the same SKU, units and list price")]
    Line {
        /// Which.
        line: LineId,
    },
    /// Freight charges and quoted shipping differ in number or in price.
    #[error(
        "freight charge {place} is {placed:?}, quoted {quoted:?}; accepted: the same charges in the same order"
    )]
    Freight {
        /// Which, counted from 0 among the freight charges.
        place: usize,
        /// What is placed; `None`: no such charge.
        placed: Option<Money>,
        /// What was quoted; `None`: no such charge.
        quoted: Option<Money>,
    },
}

/// Takes the discounts of a quote over into what is placed: each line gets an [`Adjustment`] for every promotion, funder
/// and run of units that pays alike, and each freight charge, in the order of the quote's shipping, costs what the quote
/// leaves of it. What an order cannot do without a funder's name is paid by `house`.
///
/// Do it before taxes are set: they are the host's, on the prices that this leaves. Gifts ([`Quote::gifts`]) are for
/// the host to add as lines, since they want a seller and a way to the customer.
///
/// # Errors
/// [`QuoteMisfit`], in the order of its variants; `placement` is left as it was then.
///
/// ```
/// # use order_workflow::decision::Explain;
/// # use order_workflow::promotion::*;
/// # use order_workflow::order::*;
/// # use order_workflow::{Currency, Money};
/// use order_workflow::checkout::take_over;
///
/// # let euros = |minor| Money::minor(minor, Currency::EUR);
/// # let line = PlacedLine {
/// #     line: "1".parse()?, sku: "mug".parse()?, seller: "shop".parse()?, units: 3, list: euros(1_000),
/// #     adjustments: vec![], tax: vec![], fulfilment: Fulfilment::Digital,
/// # };
/// # let mut placement = Placement {
/// #     lines: vec![line], charges: vec![], currency: Currency::EUR, terms: Terms::OnDelivery,
/// #     customer: "c-1".parse()?, channel: "web".parse()?, ship_to: None, promise: None,
/// #     quote: None, link: None, notes: Default::default(),
/// # };
/// # let cart = Cart {
/// #     currency: Currency::EUR,
/// #     lines: vec![CartLine::new("1".parse()?, "mug".parse()?, 3, euros(1_000))],
/// #     channel: None, payment_method: None, codes: vec![], shipping: vec![], gift_stock: Default::default(),
/// # };
/// # let book = PromotionBook::compile([
/// #     presets::threshold_amount("five-off".parse()?, Filter::all(), euros(2_000), euros(500))
/// #         .with_funder("brand".parse()?, 1),
/// # ]).map_err(|problems| problems[0].clone())?;
/// # let (shopper, policy) = (Shopper::default(), QuotePolicy::default());
/// # let at = "2026-06-01T10:00:00Z".parse()?;
/// // Three mugs at 10.00, and 5.00 off all of them that the brand pays.
/// let quote = book.quote(&cart, &shopper, at, &policy, Explain::Brief, &mut Scratch::new())?;
/// take_over(&mut placement, &quote, &"house".parse()?)?;
/// let taken: Vec<_> = placement.lines[0].adjustments.iter()
///     .map(|off| (off.funder.to_string(), off.first_unit, off.units, off.per_unit.to_string()))
///     .collect();
/// assert_eq!(taken, [("brand".to_owned(), 0, 2, "1.67 EUR".to_owned()), ("brand".to_owned(), 2, 1, "1.66 EUR".to_owned())]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn take_over(placement: &mut Placement, quote: &Quote, house: &FunderId) -> Result<(), QuoteMisfit> {
    let adjusted = placement.lines.iter().find(|line| !line.adjustments.is_empty());
    if let Some(line) = adjusted {
        return Err(QuoteMisfit::Adjusted { line: line.line.clone() });
    }
    if quote.currency != placement.currency {
        return Err(QuoteMisfit::Currency { quoted: quote.currency, placed: placement.currency });
    }
    check_lines(placement, quote)?;
    check_freight(placement, quote)?;
    for off in quote.adjustments() {
        let Some(line) = placement.lines.iter_mut().find(|line| line.line == off.line) else { continue };
        line.adjustments.push(Adjustment {
            promotion: off.promotion,
            funder: off.funder.unwrap_or_else(|| house.clone()),
            first_unit: off.first_unit,
            units: off.units,
            per_unit: off.each,
        });
    }
    let freight = placement.charges.iter_mut().filter(|charge| charge.kind == ChargeKind::Freight);
    for (charge, quoted) in freight.zip(&quote.shipping) {
        charge.amount = quoted.price.checked_sub(quoted.discount).unwrap_or(charge.amount); // a part of it
    }
    Ok(())
}

fn check_lines(placement: &Placement, quote: &Quote) -> Result<(), QuoteMisfit> {
    let quoted_as_placed = placement.lines.iter().map(|line| {
        let quoted = quote.lines.iter().find(|quoted| quoted.line == line.line);
        let alike = quoted.is_some_and(|quoted| {
            quoted.sku == line.sku && quoted.units == line.units && quoted.list == line.list
        });
        (&line.line, alike)
    });
    let placed_at_all = quote
        .lines
        .iter()
        .map(|quoted| (&quoted.line, placement.lines.iter().any(|line| line.line == quoted.line)));
    match quoted_as_placed.chain(placed_at_all).find(|(_, alike)| !alike) {
        Some((line, _)) => Err(QuoteMisfit::Line { line: line.clone() }),
        None => Ok(()),
    }
}

fn check_freight(placement: &Placement, quote: &Quote) -> Result<(), QuoteMisfit> {
    let freight = placement.charges.iter().filter(|charge| charge.kind == ChargeKind::Freight);
    let mut freight = freight.map(|charge| charge.amount);
    let mut shipping = quote.shipping.iter().map(|shipping| shipping.price);
    for place in 0.. {
        match (freight.next(), shipping.next()) {
            (None, None) => break,
            (placed, quoted) if placed == quoted => {}
            (placed, quoted) => return Err(QuoteMisfit::Freight { place, placed, quoted }),
        }
    }
    Ok(())
}

/// The codes presented to a quote, as [`validate`](crate::checkout::validate) asks for them. `levels` are those of the
/// pools that the coupons count in; a pool that is not listed was never used.
///
/// A coupon is judged by itself: whether its promotion gave anything is the quote's to say. A code without a coupon is
/// valid if one of the promotions that are `live` asks for it, and unknown if none does.
///
/// ```
/// # use order_workflow::decision::Explain;
/// # use order_workflow::promotion::{coupon::Coupon, *};
/// # use order_workflow::{Currency, Money};
/// use order_workflow::checkout::{CouponState, coupon_claims};
/// use order_workflow::reservation::Level;
///
/// # let euros = |minor| Money::minor(minor, Currency::EUR);
/// # let book = PromotionBook::compile([presets::threshold_amount("p".parse()?, Filter::all(), euros(1), euros(1))
/// #     .with_when(Condition::Coupon)]).map_err(|problems| problems[0].clone())?;
/// # let present = |code: &str, coupon| Presented { code: code.to_owned(), coupon };
/// # let (shopper, policy) = (Shopper::default(), QuotePolicy::default());
/// # let at = "2026-06-01T10:00:00Z".parse()?;
/// let coupon = Coupon::new("c-1".parse()?, "WELCOME", "p".parse()?).with_uses(3);
/// let codes = vec![present("welcome", Some(coupon)), present("welcom", None)];
/// # let cart = Cart {
/// #     currency: Currency::EUR,
/// #     lines: vec![CartLine::new("1".parse()?, "mug".parse()?, 3, euros(1_000))],
/// #     channel: None, payment_method: None, codes, shipping: vec![], gift_stock: Default::default(),
/// # };
/// let quote = book.quote(&cart, &shopper, at, &policy, Explain::Brief, &mut Scratch::new())?;
/// let claims = coupon_claims(&quote, book.promotions(), &[]);
/// assert_eq!(claims[0].state, CouponState::Valid);
/// assert_eq!(claims[1].state, CouponState::Unknown);
/// // All three uses are taken, one of them only held:
/// let taken = (quote.claims()?[0].pool.clone(), Level { limit: 3, floor: Some(0), reserved: 1, used: 2 });
/// assert_eq!(coupon_claims(&quote, book.promotions(), &[taken])[0].state, CouponState::UsedUp { limit: 3 });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn coupon_claims<'p>(
    quote: &Quote,
    live: impl IntoIterator<Item = &'p Promotion>,
    levels: &[(Pool, Level)],
) -> Vec<CouponClaim> {
    let conditions: Vec<&Condition> = live.into_iter().filter_map(|rule| rule.when.as_ref()).collect();
    let by = quote.basis.policy.codes;
    let claim = |presented: &Presented| CouponClaim {
        code: presented.code.clone(),
        state: match &presented.coupon {
            Some(coupon) => coupon_state(coupon, &presented.code, quote, levels),
            None if conditions.iter().any(|when| is_asked_for(&presented.code, by, when)) => {
                CouponState::Valid
            }
            None => CouponState::Unknown,
        },
    };
    quote.basis.cart.codes.iter().map(claim).collect()
}

fn coupon_state(coupon: &Coupon, entered: &str, quote: &Quote, levels: &[(Pool, Level)]) -> CouponState {
    let policy = ClaimPolicy { codes: quote.basis.policy.codes, ..ClaimPolicy::default() };
    let customer = quote.basis.shopper.customer.as_ref();
    // Budgets are about amounts: the reserve refuses what they no longer hold.
    let nothing = Money::zero(quote.currency);
    match coupon.hold(None, entered, customer, nothing, quote.at, &policy) {
        Ok(Hold::Reserve { legs }) => {
            let spent = legs.iter().find(|leg| left(&leg.pool, levels).is_some_and(|left| left < leg.units));
            let limit = |spent: &Pool| match spent {
                Pool::UseBy { .. } => coupon.uses_per_customer,
                _ => coupon.uses,
            };
            spent.map_or(CouponState::Valid, |leg| CouponState::UsedUp {
                limit: limit(&leg.pool).unwrap_or_default(),
            })
        }
        Ok(Hold::Held { .. }) => CouponState::Valid,
        Err(CouponRefusal::UnknownCode { .. }) => CouponState::Unknown,
        Err(CouponRefusal::NotYetValid { from, .. }) => CouponState::NotYet { from },
        Err(CouponRefusal::NoLongerValid { until, .. }) => CouponState::Expired { until },
        Err(_) => CouponState::NotOwner, // somebody else's, or a guest where customers are counted
    }
}

/// What a pool still has; `None`: nobody has used it, or it has no bound.
fn left(pool: &Pool, levels: &[(Pool, Level)]) -> Option<i64> {
    level(pool, levels).and_then(Level::available)
}

fn level<'l>(pool: &Pool, levels: &'l [(Pool, Level)]) -> Option<&'l Level> {
    levels.iter().find(|(known, _)| known == pool).map(|(_, level)| level)
}

fn is_asked_for(entered: &str, by: CodeMatch, condition: &Condition) -> bool {
    match condition {
        Condition::All { of } | Condition::Any { of } => {
            of.iter().any(|part| is_asked_for(entered, by, part))
        }
        Condition::Code { code } => matches_code(code, entered, by),
        _ => false,
    }
}

/// The limits on the promotions that a quote applied, as [`validate`](crate::checkout::validate) asks for them, in the
/// order of [`Quote::claims`]; each named as its promotion. `levels` are those of the pools that the quote claims; a pool
/// that is not listed was never used.
///
/// Limits of coupons are in [`coupon_claims`]. Budgets are amounts, not units: the reserve refuses what they no longer
/// hold.
///
/// # Errors
/// [`CouponRefusal`] as [`Quote::claims`].
///
/// ```
/// # use order_workflow::decision::Explain;
/// # use order_workflow::promotion::*;
/// # use order_workflow::{Currency, Money};
/// use order_workflow::checkout::limit_uses;
/// use order_workflow::reservation::Level;
///
/// # let euros = |minor| Money::minor(minor, Currency::EUR);
/// # let cart = Cart {
/// #     currency: Currency::EUR,
/// #     lines: vec![CartLine::new("1".parse()?, "mug".parse()?, 3, euros(1_000))],
/// #     channel: None, payment_method: None, codes: vec![], shipping: vec![], gift_stock: Default::default(),
/// # };
/// # let (shopper, policy) = (Shopper::default(), QuotePolicy::default());
/// # let at = "2026-06-01T10:00:00Z".parse()?;
/// let limits = Limits { uses: Some(100), ..Limits::default() };
/// let rule = presets::percent_off("first-hundred".parse()?, Filter::all(), 10.into()).with_limits(limits);
/// let book = PromotionBook::compile([rule]).map_err(|problems| problems[0].clone())?;
/// let quote = book.quote(&cart, &shopper, at, &policy, Explain::Brief, &mut Scratch::new())?;
/// let pool = quote.claims()?[0].pool.clone();
/// let uses = limit_uses(&quote, &[(pool, Level { limit: 100, floor: Some(0), reserved: 30, used: 70 })])?;
/// assert_eq!((uses[0].rule.as_str(), uses[0].allowed, uses[0].used, uses[0].wanted), ("first-hundred", 100, 100, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn limit_uses(quote: &Quote, levels: &[(Pool, Level)]) -> Result<Vec<LimitUse>, CouponRefusal> {
    let capped = |units: i64| u32::try_from(units.max(0)).unwrap_or(u32::MAX);
    let uses =
        quote.claims()?.into_iter().filter_map(|leg| {
            let (Pool::Use { claim: Claim::Promotion(rule) }
            | Pool::UseBy { claim: Claim::Promotion(rule), .. }) = &leg.pool
            else {
                return None;
            };
            let (allowed, used) =
                level(&leg.pool, levels).map_or((leg.limit_if_new.unwrap_or(i64::MAX), 0), |level| {
                    let allowed = level.limit.saturating_sub(level.floor.unwrap_or(0));
                    (allowed, level.reserved.saturating_add(level.used))
                });
            let rule = rule.to_string();
            Some(LimitUse { rule, allowed: capped(allowed), used: capped(used), wanted: capped(leg.units) })
        });
    Ok(uses.collect())
}
