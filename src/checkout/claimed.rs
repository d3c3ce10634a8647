//! What is checked of the codes and limits of a quote before it is placed.

use crate::checkout::{CouponClaim, CouponState, LimitUse};
use crate::money::Money;
use crate::promotion::coupon::{ClaimPolicy, Coupon, CouponRefusal, Hold, matches_code};
use crate::promotion::{CodeMatch, Condition, Presented, Promotion, Quote};
use crate::reservation::{Claim, Leg, Level, Pool};

/// The codes presented to a quote, as [`validate`](crate::checkout::validate) asks for them. `levels` are those of the
/// pools that the coupons count in; a pool that is not listed was never used.
///
/// A coupon is valid if nothing stands against it and the promotion that it is a claim to is `live`, in its time and in
/// the quote's currency; whether that gave anything is the quote's to say. A code without a coupon is valid if one such
/// promotion asks for it, and unknown if no promotion does. What is told first: the coupon's own faults, then its
/// promotion's, then that it is used up.
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
    let live: Vec<&Promotion> = live.into_iter().collect();
    let claim = |presented: &Presented| CouponClaim {
        code: presented.code.clone(),
        state: match &presented.coupon {
            Some(coupon) => coupon_state(coupon, &presented.code, quote, &live, levels),
            None => code_state(&presented.code, quote, &live),
        },
    };
    quote.basis.cart.codes.iter().map(claim).collect()
}

fn coupon_state(
    coupon: &Coupon,
    entered: &str,
    quote: &Quote,
    live: &[&Promotion],
    levels: &[(Pool, Level)],
) -> CouponState {
    let policy = ClaimPolicy { codes: quote.basis.policy.codes, ..ClaimPolicy::default() };
    let customer = quote.basis.shopper.customer.as_ref();
    // How much of its amounts is wanted is not known here: the reserve refuses what they no longer hold.
    let least = Money::minor(1, quote.currency);
    let legs = match coupon.hold(None, entered, customer, least, quote.at, &policy) {
        Ok(Hold::Reserve { legs }) => legs,
        Ok(Hold::Held) => return CouponState::Valid,
        Err(CouponRefusal::UnknownCode { .. }) => return CouponState::Unknown,
        Err(CouponRefusal::NotYetValid { from, .. }) => return CouponState::NotYet { from },
        Err(CouponRefusal::NoLongerValid { until, .. }) => return CouponState::Expired { until },
        Err(CouponRefusal::OtherCurrency { .. }) => return CouponState::OtherCurrency,
        Err(CouponRefusal::NoCustomer { .. }) => return CouponState::NoCustomer,
        Err(_) => return CouponState::NotOwner,
    };
    let Some(rule) = live.iter().find(|rule| rule.promotion == coupon.promotion) else {
        return CouponState::Ended;
    };
    if let Some(closed) = closed(rule, quote) {
        return closed;
    }
    let limit = |pool: &Pool| match pool {
        Pool::Use { .. } => coupon.uses,
        Pool::UseBy { .. } => coupon.uses_per_customer,
        _ => None, // an amount
    };
    let spent = |leg: &Leg| left(&leg.pool, levels).is_some_and(|left| left < leg.units);
    let used_up = legs.iter().filter(|leg| spent(leg)).find_map(|leg| limit(&leg.pool));
    used_up.map_or(CouponState::Valid, |limit| CouponState::UsedUp { limit })
}

/// Of several promotions that ask for a code the one that can be had, else the one that can be had next.
fn code_state(entered: &str, quote: &Quote, live: &[&Promotion]) -> CouponState {
    let by = quote.basis.policy.codes;
    let asks = |rule: &&&Promotion| rule.when.as_ref().is_some_and(|when| is_asked_for(entered, by, when));
    let state = |rule: &&Promotion| closed(rule, quote).unwrap_or(CouponState::Valid);
    let best = live.iter().filter(asks).map(state).min_by_key(|state| match state {
        CouponState::Valid => (0, None),
        CouponState::NotYet { from } => (1, Some(*from)),
        _ => (2, None),
    });
    best.unwrap_or(CouponState::Unknown)
}

/// Why a promotion gives nothing to a quote, whatever is bought; `None`: it may.
fn closed(rule: &Promotion, quote: &Quote) -> Option<CouponState> {
    let other = |currency| currency != quote.currency;
    if rule.currency().is_some_and(other) {
        return Some(CouponState::OtherCurrency);
    }
    let mut open: Vec<&Condition> = rule.when.iter().collect();
    let mut not_yet = None;
    while let Some(condition) = open.pop() {
        match condition {
            Condition::All { of } => open.extend(of),
            Condition::Currency { currency } if other(*currency) => return Some(CouponState::OtherCurrency),
            Condition::Between { until: Some(until), .. } if *until <= quote.at => {
                return Some(CouponState::Expired { until: *until });
            }
            Condition::Between { from: Some(from), .. } if quote.at < *from => {
                not_yet = not_yet.max(Some(*from));
            }
            _ => {}
        }
    }
    not_yet.map(|from| CouponState::NotYet { from })
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
/// A pool without a floor limits nothing. Limits of coupons are in [`coupon_claims`]. Budgets are amounts, not units: the
/// reserve refuses what they no longer hold.
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
            let (allowed, used) = match level(&leg.pool, levels) {
                Some(Level { floor: None, .. }) => return None, // it has no bound any more
                Some(Level { limit, floor: Some(floor), reserved, used }) => {
                    (limit.saturating_sub(*floor), reserved.saturating_add(*used))
                }
                None => (leg.limit_if_new.unwrap_or(i64::MAX), 0),
            };
            let rule = rule.to_string();
            Some(LimitUse { rule, allowed: capped(allowed), used: capped(used), wanted: capped(leg.units) })
        });
    Ok(uses.collect())
}
