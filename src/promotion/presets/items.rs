//! Money off single lines.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use crate::id::PromotionId;
use crate::money::Money;
use crate::promotion::{
    Benefit, Condition, Filter, Give, Off, Phase, Pick, PickOrder, Promotion, SetPart, Step,
};

/// Something off the picked units.
fn off(promotion: PromotionId, pick: Pick, give: Give) -> Promotion {
    Promotion::new(promotion, Phase::ITEM, Benefit::Off { pick, give, cap: None })
}

/// Percent off each unit of lines: a sale.
///
#[doc = example!(
    "let rule = percent_off(\"p\".parse()?, Filter::category(\"kitchen\"), 20.into());"
    "assert_eq!(pays(rule, &[(\"mug\", \"kitchen\", 2, 1_000), (\"pen\", \"desk\", 1, 100)]), \"17.00\");"
)]
pub fn percent_off(promotion: PromotionId, of: Filter, percent: Decimal) -> Promotion {
    off(promotion, Pick::all(of), Give::PercentEach { percent })
}

/// An amount off each unit of lines.
///
#[doc = example!(
    "let rule = amount_off_each(\"p\".parse()?, Filter::all(), eur(150));"
    "assert_eq!(pays(rule, &[(\"mug\", \"kitchen\", 2, 1_000)]), \"17.00\");"
)]
pub fn amount_off_each(promotion: PromotionId, of: Filter, amount: Money) -> Promotion {
    off(promotion, Pick::all(of), Give::AmountEach { amount })
}

/// A price for a time, for the first units of each line (秒杀). Its end does not belong to the time.
///
#[doc = example!(
    "let (from, until) = (\"2026-06-06T12:00:00Z\".parse()?, \"2026-06-06T18:00:00Z\".parse()?);"
    "let rule = flash_price(\"p\".parse()?, Filter::all(), eur(499), 1, from, until);"
    "assert_eq!(pays(rule, &[(\"mug\", \"kitchen\", 2, 1_000)]), \"14.99\");"
)]
pub fn flash_price(
    promotion: PromotionId,
    of: Filter,
    price: Money,
    units_per_line: u32,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Promotion {
    let pick = Pick::All { of, units_per_line: Some(units_per_line) };
    off(promotion, pick, Give::PriceEach { price })
        .with_when(Condition::Between { from: Some(from), until: Some(until) })
}

/// Buy some, get some free (买赠): the cheapest of the lines, as often as there are enough.
///
#[doc = example!(
    "let rule = buy_get_free(\"p\".parse()?, Filter::all(), 2, 1);"
    "assert_eq!(pays(rule, &[(\"coat\", \"wear\", 2, 9_000), (\"hat\", \"wear\", 1, 2_000)]), \"180.00\");"
)]
pub fn buy_get_free(promotion: PromotionId, of: Filter, buy: u32, get: u32) -> Promotion {
    let pick = Pick::BuyGet {
        buy: of.clone(),
        buy_units: buy,
        get: of,
        get_units: get,
        order: PickOrder::Cheapest,
        max_times: None,
    };
    off(promotion, pick, Give::PercentEach { percent: Decimal::ONE_HUNDRED }).with_consumed_units()
}

/// The second one for half (第二件半价): of every two the cheaper.
///
#[doc = example!(
    "let rule = second_half_price(\"p\".parse()?, Filter::all());"
    "assert_eq!(pays(rule, &[(\"mug\", \"kitchen\", 3, 1_000)]), \"25.00\");"
)]
pub fn second_half_price(promotion: PromotionId, of: Filter) -> Promotion {
    nth_unit_percent(promotion, of, 2, Decimal::from(50))
}

/// Percent off every second, third, … unit, the dearest counted first.
///
#[doc = example!(
    "let rule = nth_unit_percent(\"p\".parse()?, Filter::all(), 3, 100.into());"
    "assert_eq!(pays(rule, &[(\"mug\", \"kitchen\", 3, 1_000), (\"pen\", \"desk\", 3, 100)]), \"22.00\");"
)]
pub fn nth_unit_percent(promotion: PromotionId, of: Filter, nth: u32, percent: Decimal) -> Promotion {
    off(promotion, Pick::EveryNth { of, nth }, Give::PercentEach { percent })
}

/// The cheapest unit free, once so many are bought.
///
#[doc = example!(
    "let rule = cheapest_free(\"p\".parse()?, Filter::all(), 3);"
    "assert_eq!(pays(rule, &[(\"mug\", \"kitchen\", 2, 1_000), (\"pen\", \"desk\", 2, 100)]), \"21.00\");"
)]
pub fn cheapest_free(promotion: PromotionId, of: Filter, from_units: u32) -> Promotion {
    let pick = Pick::Some { of: of.clone(), units: 1, order: PickOrder::Cheapest };
    off(promotion, pick, Give::PercentEach { percent: Decimal::ONE_HUNDRED })
        .with_when(Condition::units_at_least(from_units.into(), of))
}

/// A set of one of each for a price (套餐), as often as it is there and saves something.
///
#[doc = example!(
    "let parts = [Filter::sku(\"shirt\".parse()?), Filter::sku(\"jeans\".parse()?)];"
    "let rule = set_price(\"p\".parse()?, &parts, eur(7_000));"
    "assert_eq!(pays(rule, &[(\"shirt\", \"wear\", 2, 3_000), (\"jeans\", \"wear\", 1, 6_000)]), \"100.00\");"
)]
pub fn set_price(promotion: PromotionId, parts: &[Filter], price: Money) -> Promotion {
    let parts = parts.iter().map(|of| SetPart { of: of.clone(), units: 1 }).collect();
    off(promotion, Pick::Sets { parts, max_times: None }, Give::Price { price }).with_consumed_units()
}

/// With each of the one, one of the other for a price (加价购).
///
#[doc = example!(
    "let (buy, get) = (Filter::sku(\"coat\".parse()?), Filter::sku(\"hat\".parse()?));"
    "let rule = add_on_price(\"p\".parse()?, buy, get, eur(500));"
    "assert_eq!(pays(rule, &[(\"coat\", \"wear\", 1, 9_000), (\"hat\", \"wear\", 2, 2_000)]), \"115.00\");"
)]
pub fn add_on_price(promotion: PromotionId, buy: Filter, get: Filter, price: Money) -> Promotion {
    let pick =
        Pick::BuyGet { buy, buy_units: 1, get, get_units: 1, order: PickOrder::Dearest, max_times: None };
    off(promotion, pick, Give::PriceEach { price })
}

/// Percent off by how many of the lines are bought: pairs of from how many and percent, from low to high. Unlike
/// [`pieces_percent`](crate::promotion::presets::pieces_percent) it comes before what is off the basket.
///
#[doc = example!(
    "let rule = bulk_price(\"p\".parse()?, Filter::sku(\"pen\".parse()?), &[(10, 5.into()), (100, 15.into())]);"
    "assert_eq!(pays(rule, &[(\"pen\", \"desk\", 100, 100)]), \"85.00\");"
)]
pub fn bulk_price(promotion: PromotionId, of: Filter, steps: &[(u32, Decimal)]) -> Promotion {
    let steps = steps.iter().map(|&(from, percent)| Step { from, off: Off::Percent(percent) }).collect();
    off(promotion, Pick::all(of), Give::LadderByUnits { steps })
}

/// A deposit that counts for more when the rest is paid (定金膨胀): the difference is off each unit.
///
#[doc = example!(
    "let rule = deposit_expansion(\"p\".parse()?, Filter::sku(\"phone\".parse()?), eur(1_000), eur(3_000));"
    "assert_eq!(pays(rule, &[(\"phone\", \"tech\", 1, 50_000)]), \"480.00\"); // with the deposit of 10.00 that was paid"
)]
pub fn deposit_expansion(promotion: PromotionId, of: Filter, deposit: Money, counts_as: Money) -> Promotion {
    let more = counts_as.checked_sub(deposit).unwrap_or(counts_as); // of two currencies: refused when compiled
    off(promotion, Pick::all(of), Give::AmountEach { amount: more })
}
