//! Promotions of every part, few enough to meet each other, and small carts that they fit: whatever is asked, the quote
//! adds up.
#![no_main]

#[path = "../checks/promotion.rs"]
mod promotion;

use arbitrary::{Result, Unstructured};
use chrono::{DateTime, Utc};
use libfuzzer_sys::fuzz_target;
use order_workflow::{
    Currency, Money,
    promotion::{
        Base, Benefit, Bound, Budget, Cart, CartLine, Condition, Filter, Give, Limits, Measure, Off, Phase,
        Pick, PickOrder, Presented, Promotion, QuotePolicy, Remainder, SetPart, ShippingOff, ShippingPrice,
        Shopper, Spread, Step, ThresholdBase, coupon::Coupon,
    },
};

fn eur(minor: u32) -> Money {
    Money::minor(minor.into(), Currency::EUR)
}

/// Mostly round amounts, which tie, and some that do not divide.
fn amount(u: &mut Unstructured<'_>) -> Result<Money> {
    Ok(eur(match u.int_in_range(0..=3)? {
        0 => u.int_in_range(0..=9)? * 100,
        1 => u.int_in_range(0..=99)?,
        _ => u.int_in_range(1..=5_000)?,
    }))
}

fn above_zero(u: &mut Unstructured<'_>) -> Result<Money> {
    Ok(eur(amount(u)?.minor_units().max(1).try_into().unwrap_or(1)))
}

fn category(u: &mut Unstructured<'_>) -> Result<String> {
    Ok(format!("c{}", u.int_in_range(0..=2)?))
}

fn filter(u: &mut Unstructured<'_>) -> Result<Filter> {
    Ok(match u.int_in_range(0..=5)? {
        0 => Filter::category(category(u)?),
        1 => Filter::all().but(Filter::category(category(u)?)),
        2 => Filter { min_unit_price: Some(amount(u)?), ..Filter::default() },
        3 => Filter { not_discounted: true, ..Filter::default() },
        _ => Filter::all(),
    })
}

fn percent(u: &mut Unstructured<'_>) -> Result<rust_decimal::Decimal> {
    Ok(rust_decimal::Decimal::new(u.int_in_range(1..=1_000)?, 1))
}

fn order(u: &mut Unstructured<'_>) -> Result<PickOrder> {
    Ok(if u.arbitrary()? { PickOrder::Cheapest } else { PickOrder::Dearest })
}

fn times(u: &mut Unstructured<'_>) -> Result<Option<u32>> {
    Ok(if u.arbitrary()? { Some(u.int_in_range(1..=2)?) } else { None })
}

fn pick(u: &mut Unstructured<'_>) -> Result<Pick> {
    Ok(match u.int_in_range(0..=5)? {
        0 => Pick::All { of: filter(u)?, units_per_line: times(u)? },
        1 => Pick::Some { of: filter(u)?, units: u.int_in_range(1..=4)?, order: order(u)? },
        2 => Pick::EveryNth { of: filter(u)?, nth: u.int_in_range(2..=3)? },
        3 => Pick::BuyGet {
            buy: filter(u)?,
            buy_units: u.int_in_range(1..=2)?,
            get: filter(u)?,
            get_units: u.int_in_range(1..=2)?,
            order: order(u)?,
            max_times: times(u)?,
        },
        4 => {
            let part =
                |u: &mut Unstructured<'_>| Ok(SetPart { of: filter(u)?, units: u.int_in_range(1..=2)? });
            Pick::Sets { parts: vec![part(u)?, part(u)?], max_times: times(u)? }
        }
        _ => Pick::all(filter(u)?),
    })
}

fn off(u: &mut Unstructured<'_>) -> Result<Off> {
    Ok(if u.arbitrary()? { Off::Percent(percent(u)?) } else { Off::Amount(above_zero(u)?) })
}

fn give(u: &mut Unstructured<'_>) -> Result<Give> {
    Ok(match u.int_in_range(0..=8)? {
        0 => Give::PercentEach { percent: percent(u)? },
        1 => Give::AmountEach { amount: above_zero(u)? },
        2 => Give::PriceEach { price: amount(u)? },
        3 => Give::Percent { percent: percent(u)? },
        4 => Give::Amount { amount: above_zero(u)? },
        5 => Give::Price { price: amount(u)? },
        6 => Give::Every { threshold: above_zero(u)?, amount: above_zero(u)? },
        7 => {
            let (low, more) = (above_zero(u)?, above_zero(u)?);
            let high = low.checked_add(more).unwrap_or(low);
            Give::LadderByAmount {
                steps: vec![Step { from: low, off: off(u)? }, Step { from: high, off: off(u)? }],
            }
        }
        _ => Give::LadderByUnits {
            steps: vec![Step { from: 2, off: off(u)? }, Step { from: 4, off: off(u)? }],
        },
    })
}

fn benefit(u: &mut Unstructured<'_>) -> Result<Benefit> {
    Ok(match u.int_in_range(0..=7)? {
        0 => Benefit::Gift { any_of: vec![7.into(), 8.into()], units: u.int_in_range(1..=2)? },
        1 => Benefit::Shipping {
            methods: if u.arbitrary()? { vec!["post".to_owned()] } else { vec![] },
            off: match u.int_in_range(0..=2)? {
                0 => ShippingOff::Percent(percent(u)?),
                1 => ShippingOff::Amount(above_zero(u)?),
                _ => ShippingOff::To(amount(u)?),
            },
        },
        _ => Benefit::Off {
            pick: pick(u)?,
            give: give(u)?,
            cap: if u.ratio(1, 4)? { Some(above_zero(u)?) } else { None },
        },
    })
}

fn bound(u: &mut Unstructured<'_>) -> Result<Bound<u64>> {
    Ok(match u.int_in_range(0..=2)? {
        0 => Bound::at_most(u.int_in_range(1..=6)?),
        _ => Bound::at_least(u.int_in_range(1..=6)?),
    })
}

fn condition(u: &mut Unstructured<'_>, depth: u32) -> Result<Condition> {
    let parts = |u: &mut Unstructured<'_>| -> Result<Vec<Condition>> {
        Ok(vec![condition(u, depth + 1)?, condition(u, depth + 1)?])
    };
    Ok(match u.int_in_range(if depth < 2 { 0..=11 } else { 3..=11 })? {
        0 => Condition::All { of: parts(u)? },
        1 => Condition::Any { of: parts(u)? },
        2 => Condition::Not { of: Box::new(condition(u, depth + 1)?) },
        3 => Condition::Subtotal {
            of: filter(u)?,
            bound: if u.arbitrary()? { Bound::at_least(above_zero(u)?) } else { Bound::at_most(amount(u)?) },
        },
        4 => Condition::Count { measure: Measure::Distinct, of: filter(u)?, bound: bound(u)? },
        5 => Condition::OrdersBefore { bound: bound(u)? },
        6 => Condition::Region { region: if u.arbitrary()? { "BE" } else { "BY" }.to_owned() },
        7 => Condition::ShippingMethod { method: "post".to_owned() },
        8 => Condition::Code { code: "SPRING".to_owned() },
        9 => Condition::Coupon,
        _ => Condition::Count { measure: Measure::Quantity, of: filter(u)?, bound: bound(u)? },
    })
}

fn rule(u: &mut Unstructured<'_>, name: u64) -> Result<Promotion> {
    let phase = *u.choose(&[Phase::ITEM, Phase::SHOP, Phase::PLATFORM, Phase::SHIPPING])?;
    let mut rule = Promotion::new(name.into(), phase, benefit(u)?);
    rule.priority = u.int_in_range(0..=2)?;
    rule.base = if u.ratio(1, 4)? { Base::List } else { Base::Running };
    rule.exclusive = u.ratio(1, 8)?;
    rule.stop_after = u.ratio(1, 8)?;
    rule.consumes_units = u.ratio(1, 3)?;
    rule.group = if u.ratio(1, 4)? { Some("g".to_owned()) } else { None };
    if u.ratio(1, 4)? {
        rule = rule.with_benefit(benefit(u)?);
    }
    if u.ratio(1, 2)? {
        rule.when = Some(condition(u, 0)?);
    }
    for funder in 0..u.int_in_range(0u64..=3)? {
        rule = rule.with_funder(funder.into(), u.int_in_range(1..=9)?);
    }
    if u.ratio(1, 4)? {
        let budget = Some(Budget { budget: 1.into(), limit: eur(5_000) });
        let amount_per_customer = Some(eur(2_000));
        rule.limits = Limits { uses: Some(3), uses_per_customer: Some(1), budget, amount_per_customer };
    }
    Ok(rule)
}

fn cart(u: &mut Unstructured<'_>) -> Result<Cart> {
    let mut lines = vec![];
    for n in 0..u64::from(u.int_in_range(0u8..=5)?) {
        let sku = u64::from(u.int_in_range(0u8..=3)?);
        let line = CartLine::new(n.into(), sku.into(), u.int_in_range(1..=4)?, amount(u)?);
        let floor = if u.ratio(1, 4)? { Some(amount(u)?) } else { None };
        lines.push(CartLine { floor_price: floor, ..line.with_category(category(u)?) });
    }
    let coupon = Coupon::new(1.into(), "FOR-0", 0.into()).with_uses(1);
    let mut codes = vec![];
    if u.ratio(1, 2)? {
        codes.push(Presented { code: "for 0".to_owned(), coupon: Some(coupon) });
        codes.push(Presented { code: "spring".to_owned(), coupon: None });
    }
    let mut shipping = vec![];
    for method in ["post", "express"].into_iter().take(u.int_in_range(0..=2)?) {
        shipping.push(ShippingPrice { method: method.to_owned(), price: amount(u)? });
    }
    Ok(Cart {
        currency: Currency::EUR,
        lines,
        channel: None,
        payment_method: None,
        codes,
        shipping,
        gift_stock: [(7.into(), 1), (8.into(), 9)].into(),
    })
}

fn asked(u: &mut Unstructured<'_>) -> Result<(Vec<Promotion>, Cart, Shopper, QuotePolicy)> {
    let policy = QuotePolicy::default()
        .with_spread(if u.arbitrary()? { Spread::Units } else { Spread::LinesThenUnits })
        .with_remainder(if u.arbitrary()? { Remainder::First } else { Remainder::LargestRemainder })
        .with_threshold_base(if u.arbitrary()? { ThresholdBase::Running } else { ThresholdBase::Original });
    let shopper = Shopper {
        customer: if u.arbitrary()? { Some(1.into()) } else { None },
        orders_before: u.int_in_range(0..=3)?,
        region: Some("BE".to_owned()),
        ..Shopper::default()
    };
    let cart = cart(u)?;
    let rules = (0..u64::from(u.int_in_range(1u8..=6)?)).map(|name| rule(u, name)).collect::<Result<_>>()?;
    Ok((rules, cart, shopper, policy))
}

fuzz_target!(|data: &[u8]| {
    let Ok((rules, cart, shopper, policy)) = asked(&mut Unstructured::new(data)) else { return };
    let at: DateTime<Utc> = DateTime::from_timestamp(1_780_000_000, 0).unwrap_or_default();
    promotion::check(&rules, &cart, &shopper, at, &policy);
});
