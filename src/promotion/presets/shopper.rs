//! For some shoppers, at some hours, for how it is paid and shipped.

use chrono::{NaiveTime, Weekday};
use rust_decimal::Decimal;

use crate::calendar::Zone;
use crate::id::{ChannelId, PromotionId, Sku};
use crate::money::Money;
use crate::promotion::{Benefit, Bound, Condition, Filter, Give, Phase, Pick, Promotion, ShippingOff};

fn basket(promotion: PromotionId, phase: Phase, give: Give) -> Promotion {
    Promotion::new(promotion, phase, Benefit::Off { pick: Pick::all(Filter::all()), give, cap: None })
}

fn shipping(promotion: PromotionId, off: ShippingOff) -> Promotion {
    Promotion::new(promotion, Phase::SHIPPING, Benefit::Shipping { methods: vec![], off })
}

/// An amount off the first order (首单立减).
///
#[doc = example!(
    "let rule = first_order(\"p\".parse()?, eur(300));"
    "let cart = basket(&[(\"mug\", \"kitchen\", 1, 1_000)]);"
    "assert_eq!(quote(rule.clone(), &cart, &Shopper::default()).total, eur(700));"
    "let known = Shopper { orders_before: 1, ..Shopper::default() };"
    "assert_eq!(quote(rule, &cart, &known).total, eur(1_000));"
)]
pub fn first_order(promotion: PromotionId, off: Money) -> Promotion {
    basket(promotion, Phase::SHOP, Give::Amount { amount: off }).with_when(Condition::first_order())
}

/// An amount off the `n`-th order, counted from 1.
///
#[doc = example!(
    "let rule = nth_order(\"p\".parse()?, 10, eur(300));"
    "let tenth = Shopper { orders_before: 9, ..Shopper::default() };"
    "assert_eq!(quote(rule, &basket(&[(\"mug\", \"kitchen\", 1, 1_000)]), &tenth).total, eur(700));"
)]
pub fn nth_order(promotion: PromotionId, n: u32, off: Money) -> Promotion {
    let bound = Bound::exactly(u64::from(n.saturating_sub(1)));
    basket(promotion, Phase::SHOP, Give::Amount { amount: off }).with_when(Condition::OrdersBefore { bound })
}

/// Percent off each unit for a group of shoppers (会员价).
///
#[doc = example!(
    "let rule = member_percent(\"p\".parse()?, \"gold\", 5.into());"
    "let gold = Shopper { segments: vec![\"gold\".to_owned()], ..Shopper::default() };"
    "assert_eq!(quote(rule, &basket(&[(\"mug\", \"kitchen\", 1, 1_000)]), &gold).total, eur(950));"
)]
pub fn member_percent(promotion: PromotionId, segment: &str, percent: Decimal) -> Promotion {
    basket(promotion, Phase::ITEM, Give::PercentEach { percent })
        .with_when(Condition::Segment { segment: segment.to_owned() })
}

/// Percent off in one channel: the app, a live stream.
///
#[doc = example!(
    "let rule = channel_only(\"p\".parse()?, \"app\".parse()?, 5.into());"
    "let mut cart = basket(&[(\"mug\", \"kitchen\", 1, 1_000)]);"
    "cart.channel = Some(\"app\".parse()?);"
    "assert_eq!(quote(rule, &cart, &Shopper::default()).total, eur(950));"
)]
pub fn channel_only(promotion: PromotionId, channel: ChannelId, percent: Decimal) -> Promotion {
    basket(promotion, Phase::SHOP, Give::Percent { percent }).with_when(Condition::Channel { channel })
}

/// Percent off each unit at some hours of some days, by the clocks of a zone.
///
#[doc = example!(
    "let zone = order_workflow::calendar::Zone::named(\"Europe/Berlin\")?;"
    "let hours = (chrono::NaiveTime::from_hms_opt(17, 0, 0).unwrap(), chrono::NaiveTime::from_hms_opt(19, 0, 0).unwrap());"
    "let rule = happy_hour(\"p\".parse()?, zone, &[chrono::Weekday::Sat], hours.0, hours.1, 10.into());"
    "assert_eq!(pays(rule, &[(\"mug\", \"kitchen\", 1, 1_000)]), \"9.00\"); // it is a Saturday, 18:00 in Berlin"
)]
pub fn happy_hour(
    promotion: PromotionId,
    zone: Zone,
    days: &[Weekday],
    from: NaiveTime,
    until: NaiveTime,
    percent: Decimal,
) -> Promotion {
    let days = days.to_vec();
    let when = Condition::Weekly { zone, days, from, until: Some(until), but_not_on: vec![] };
    basket(promotion, Phase::ITEM, Give::PercentEach { percent }).with_when(when)
}

/// An amount off for how it is paid (支付立减).
///
#[doc = example!(
    "let rule = payment_discount(\"p\".parse()?, \"wallet\", eur(100));"
    "let mut cart = basket(&[(\"mug\", \"kitchen\", 1, 1_000)]);"
    "cart.payment_method = Some(\"wallet\".to_owned());"
    "assert_eq!(quote(rule, &cart, &Shopper::default()).total, eur(900));"
)]
pub fn payment_discount(promotion: PromotionId, method: &str, off: Money) -> Promotion {
    basket(promotion, Phase::PAYMENT, Give::Amount { amount: off })
        .with_when(Condition::PaymentMethod { method: method.to_owned() })
}

/// A gift with so much (满赠): the first of a choice that is there.
///
#[doc = example!(
    "let rule = gift_over(\"p\".parse()?, eur(5_000), &[\"tote\".parse()?, \"pen\".parse()?]);"
    "let mut cart = basket(&[(\"coat\", \"wear\", 1, 9_000)]);"
    "cart.gift_stock.insert(\"pen\".parse()?, 3);"
    "assert_eq!(quote(rule, &cart, &Shopper::default()).gifts(), [(\"pen\".parse()?, 1)]);"
)]
pub fn gift_over(promotion: PromotionId, from: Money, any_of: &[Sku]) -> Promotion {
    Promotion::new(promotion, Phase::SHOP, Benefit::Gift { any_of: any_of.to_vec(), units: 1 })
        .with_when(Condition::subtotal_at_least(from, Filter::all()))
}

/// Free shipping with so much (满额包邮).
///
#[doc = example!(
    "let rule = free_shipping_over(\"p\".parse()?, eur(3_000));"
    "let mut cart = basket(&[(\"mug\", \"kitchen\", 3, 1_000)]);"
    "cart.shipping.push(ShippingPrice { method: \"post\".to_owned(), price: eur(490) });"
    "assert_eq!(quote(rule, &cart, &Shopper::default()).total, eur(3_000));"
)]
pub fn free_shipping_over(promotion: PromotionId, from: Money) -> Promotion {
    shipping(promotion, ShippingOff::Percent(Decimal::ONE_HUNDRED))
        .with_when(Condition::subtotal_at_least(from, Filter::all()))
}

/// An amount off shipping with so much.
///
#[doc = example!(
    "let rule = shipping_off_over(\"p\".parse()?, eur(1_000), eur(300));"
    "let mut cart = basket(&[(\"mug\", \"kitchen\", 1, 1_000)]);"
    "cart.shipping.push(ShippingPrice { method: \"post\".to_owned(), price: eur(490) });"
    "assert_eq!(quote(rule, &cart, &Shopper::default()).total, eur(1_190));"
)]
pub fn shipping_off_over(promotion: PromotionId, from: Money, off: Money) -> Promotion {
    shipping(promotion, ShippingOff::Amount(off)).with_when(Condition::subtotal_at_least(from, Filter::all()))
}

/// Shipping for at most a price, whatever the method.
///
#[doc = example!(
    "let rule = flat_shipping(\"p\".parse()?, eur(100));"
    "let mut cart = basket(&[(\"mug\", \"kitchen\", 1, 1_000)]);"
    "cart.shipping.push(ShippingPrice { method: \"post\".to_owned(), price: eur(490) });"
    "assert_eq!(quote(rule, &cart, &Shopper::default()).total, eur(1_100));"
)]
pub fn flat_shipping(promotion: PromotionId, price: Money) -> Promotion {
    shipping(promotion, ShippingOff::To(price))
}
