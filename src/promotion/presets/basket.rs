//! Money off a basket.

use rust_decimal::Decimal;

use crate::id::{FunderId, PromotionId};
use crate::money::Money;
use crate::promotion::{Benefit, Condition, Filter, Give, Off, Phase, Pick, Promotion, SetPart, Step};

/// Something off all lines that fit, together.
fn together(promotion: PromotionId, of: Filter, give: Give, cap: Option<Money>) -> Promotion {
    Promotion::new(promotion, Phase::SHOP, Benefit::Off { pick: Pick::all(of), give, cap })
}

/// An amount off lines that cost so much together (满减).
///
#[doc = example!(
    "let rule = threshold_amount(\"p\".parse()?, Filter::all(), eur(5_000), eur(500));"
    "assert_eq!(pays(rule.clone(), &[(\"mug\", \"kitchen\", 5, 1_000)]), \"45.00\");"
    "assert_eq!(pays(rule, &[(\"mug\", \"kitchen\", 5, 999)]), \"49.95\");"
)]
pub fn threshold_amount(promotion: PromotionId, of: Filter, from: Money, off: Money) -> Promotion {
    together(promotion, of.clone(), Give::Amount { amount: off }, None)
        .with_when(Condition::subtotal_at_least(from, of))
}

/// Percent off lines that cost so much together, at most `cap`.
///
#[doc = example!(
    "let rule = threshold_percent(\"p\".parse()?, Filter::all(), eur(5_000), 10.into(), Some(eur(600)));"
    "assert_eq!(pays(rule.clone(), &[(\"mug\", \"kitchen\", 5, 1_000)]), \"45.00\");"
    "assert_eq!(pays(rule, &[(\"mug\", \"kitchen\", 9, 1_000)]), \"84.00\");"
)]
pub fn threshold_percent(
    promotion: PromotionId,
    of: Filter,
    from: Money,
    percent: Decimal,
    cap: Option<Money>,
) -> Promotion {
    together(promotion, of.clone(), Give::Percent { percent }, cap)
        .with_when(Condition::subtotal_at_least(from, of))
}

/// An amount off each time a threshold is full, at most `cap` (每满减).
///
#[doc = example!(
    "let rule = every_threshold(\"p\".parse()?, Filter::all(), eur(2_000), eur(300), Some(eur(600)));"
    "assert_eq!(pays(rule.clone(), &[(\"mug\", \"kitchen\", 3, 1_000)]), \"27.00\");"
    "assert_eq!(pays(rule, &[(\"mug\", \"kitchen\", 9, 1_000)]), \"84.00\");"
)]
pub fn every_threshold(
    promotion: PromotionId,
    of: Filter,
    threshold: Money,
    amount: Money,
    cap: Option<Money>,
) -> Promotion {
    together(promotion, of, Give::Every { threshold, amount }, cap)
}

/// The more is bought the more is off (阶梯满减): pairs of from how much and how much, from low to high.
///
#[doc = example!(
    "let rule = amount_ladder(\"p\".parse()?, Filter::all(), &[(eur(2_000), eur(200)), (eur(5_000), eur(800))]);"
    "assert_eq!(pays(rule.clone(), &[(\"mug\", \"kitchen\", 4, 1_000)]), \"38.00\");"
    "assert_eq!(pays(rule, &[(\"mug\", \"kitchen\", 5, 1_000)]), \"42.00\");"
)]
pub fn amount_ladder(promotion: PromotionId, of: Filter, steps: &[(Money, Money)]) -> Promotion {
    let steps = steps.iter().map(|&(from, off)| Step { from, off: Off::Amount(off) }).collect();
    together(promotion, of, Give::LadderByAmount { steps }, None)
}

/// Percent off by the number of pieces (满件折): pairs of from how many and percent, from low to high.
///
#[doc = example!(
    "let rule = pieces_percent(\"p\".parse()?, Filter::all(), &[(2, 10.into()), (3, 20.into())]);"
    "assert_eq!(pays(rule.clone(), &[(\"mug\", \"kitchen\", 2, 1_000)]), \"18.00\");"
    "assert_eq!(pays(rule, &[(\"mug\", \"kitchen\", 3, 1_000)]), \"24.00\");"
)]
pub fn pieces_percent(promotion: PromotionId, of: Filter, steps: &[(u32, Decimal)]) -> Promotion {
    let steps = steps.iter().map(|&(from, percent)| Step { from, off: Off::Percent(percent) }).collect();
    together(promotion, of, Give::LadderByUnits { steps }, None)
}

/// An amount off each full threshold across shops (跨店满减); who pays which part of it, by weight.
///
#[doc = example!(
    "let split = [(\"platform\".parse()?, 3), (\"seller\".parse()?, 7)];"
    "let rule = across_shops(\"p\".parse()?, eur(2_000), eur(300), &split);"
    "let quote = quote(rule, &basket(&[(\"mug\", \"kitchen\", 2, 1_000)]), &Shopper::default());"
    "let paid: Vec<String> = quote.funded().iter().map(|one| one.amount.decimal_text()).collect();"
    "assert_eq!(paid, [\"0.90\", \"2.10\"]);"
)]
pub fn across_shops(
    promotion: PromotionId,
    threshold: Money,
    amount: Money,
    funders: &[(FunderId, u32)],
) -> Promotion {
    let mut rule = together(promotion, Filter::all(), Give::Every { threshold, amount }, None);
    rule.phase = Phase::PLATFORM;
    funders.iter().fold(rule, |rule, (funder, weight)| rule.with_funder(funder.clone(), *weight))
}

/// Any so many pieces for a price (N元任选), as often as they are there; the dearest are taken.
///
#[doc = example!(
    "let rule = any_for_price(\"p\".parse()?, Filter::category(\"books\"), 3, eur(2_000));"
    "assert_eq!(pays(rule, &[(\"novel\", \"books\", 2, 900), (\"atlas\", \"books\", 1, 1_500)]), \"20.00\");"
)]
pub fn any_for_price(promotion: PromotionId, of: Filter, units: u32, price: Money) -> Promotion {
    let pick = Pick::Sets { parts: vec![SetPart { of, units }], max_times: None };
    Promotion::new(promotion, Phase::ITEM, Benefit::Off { pick, give: Give::Price { price }, cap: None })
        .with_consumed_units()
}

/// An amount off for who knows the code.
///
#[doc = example!(
    "let rule = code_amount(\"p\".parse()?, \"SPRING-26\", eur(200));"
    "let mut cart = basket(&[(\"mug\", \"kitchen\", 1, 1_000)]);"
    "assert_eq!(quote(rule.clone(), &cart, &Shopper::default()).total, eur(1_000));"
    "cart.codes.push(Presented { code: \"spring 26\".to_owned(), coupon: None });"
    "assert_eq!(quote(rule, &cart, &Shopper::default()).total, eur(800));"
)]
pub fn code_amount(promotion: PromotionId, code: &str, off: Money) -> Promotion {
    together(promotion, Filter::all(), Give::Amount { amount: off }, None).with_when(Condition::code(code))
}

/// Percent off for who knows the code, at most `cap`.
///
#[doc = example!(
    "let rule = code_percent(\"p\".parse()?, \"TENTH\", 10.into(), Some(eur(50)));"
    "let mut cart = basket(&[(\"mug\", \"kitchen\", 1, 1_000)]);"
    "cart.codes.push(Presented { code: \"tenth\".to_owned(), coupon: None });"
    "assert_eq!(quote(rule, &cart, &Shopper::default()).total, eur(950));"
)]
pub fn code_percent(promotion: PromotionId, code: &str, percent: Decimal, cap: Option<Money>) -> Promotion {
    together(promotion, Filter::all(), Give::Percent { percent }, cap).with_when(Condition::code(code))
}
