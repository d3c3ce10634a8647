//! The most that a promotion can give on any state of a cart: what a search for the best may hope for.

use rust_decimal::Decimal;

use crate::money::{Money, Rounding};
use crate::promotion::benefit::{Benefit, Give, Off, Pick, PickOrder, ShippingOff};
use crate::promotion::state::{Ground, refill};
use crate::promotion::{Base, Promotion, Spread};

/// Upper bounds of what a promotion gives, whatever was applied before it: prices only fall, units are only used up, and
/// a line that is discounted stays so.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ceiling {
    /// Off all units together.
    pub units: i64,
    /// Off shipping.
    pub shipping: i64,
    /// Whether it gives gifts or coupons.
    pub gifts: bool,
}

/// The bound of a promotion; `each` gets a share for every unit. What the promotion gives is no more than the shares of the
/// units that take part in it.
pub(super) fn ceiling(
    ground: &Ground<'_>,
    rule: &Promotion,
    each: &mut Vec<i64>,
    pool: &mut Vec<usize>,
) -> Ceiling {
    refill(each, ground.units.len(), 0);
    let mut most = Ceiling::default();
    for benefit in &rule.gives {
        match benefit {
            Benefit::Off { pick, give, cap } => {
                let given = units(ground, rule, (pick, give), each, pool);
                most.units = most.units.saturating_add(given.min(cap.map_or(i64::MAX, Money::minor_units)));
            }
            Benefit::Coupon { .. } => most.gifts = true,
            Benefit::Gift { any_of, units } => {
                let there = |sku| ground.cart.gift_stock.get(sku).is_some_and(|there| there >= units);
                most.gifts |= any_of.iter().any(there);
            }
            Benefit::Shipping { methods, off } => {
                for charge in &ground.cart.shipping {
                    if methods.is_empty() || methods.contains(&charge.method) {
                        let price = charge.price.minor_units();
                        let given = match off {
                            ShippingOff::Percent(percent) => rounded_up(ground, price, *percent),
                            ShippingOff::Amount(amount) => amount.minor_units(),
                            ShippingOff::To(to) => (price - to.minor_units()).max(0),
                        };
                        most.shipping = most.shipping.saturating_add(given.min(price));
                    }
                }
            }
        }
    }
    most.units = most.units.min(each.iter().fold(0, |sum, share| sum.saturating_add(*share)));
    most
}

/// The bound of one benefit; adds what each unit may get.
fn units(
    ground: &Ground<'_>,
    rule: &Promotion,
    (pick, give): (&Pick, &Give),
    each: &mut [i64],
    pool: &mut Vec<usize>,
) -> i64 {
    // Of a group of units of which the cheapest are rewarded, each of them costs no more than the average: the reward is
    // shared by all that serve, of which none can serve another.
    let group = match pick {
        Pick::BuyGet { buy, buy_units, get, get_units, order: PickOrder::Cheapest, .. }
            if buy == get && rule.base == Base::Running && alone(give) =>
        {
            Some((i128::from(*get_units), i128::from(*get_units) + i128::from(*buy_units)))
        }
        _ => None,
    };
    pool.clear();
    for (place, line, range) in ground.lines() {
        let fits = match pick {
            Pick::All { of, .. } | Pick::Some { of, .. } | Pick::EveryNth { of, .. } => {
                ground.fits.of(of)(place, line)
            }
            Pick::BuyGet { get, .. } => ground.fits.of(get)(place, line),
            Pick::Sets { parts, .. } => parts.iter().any(|part| ground.fits.of(&part.of)(place, line)),
        };
        if fits {
            let most = match pick {
                Pick::All { units_per_line: Some(units), .. } => {
                    usize::try_from(*units).unwrap_or(usize::MAX)
                }
                _ => usize::MAX,
            };
            // Which of a line's units are picked depends on what was used; their list prices are the same.
            pool.extend(range.clone().take(most));
            let unit = ground.unit(range.start);
            // Rounded once a line, a line's discount can all come to the units that are above their floor.
            let whole_line = matches!((pick, give), (Pick::All { .. }, Give::PercentEach { .. }))
                && ground.policy.spread == Spread::LinesThenUnits
                && unit.floor > 0;
            let own = one(ground, give, unit.list);
            let own = if whole_line { own.saturating_mul(i64::from(line.units)) } else { own };
            let share = match group {
                Some((get, all)) => {
                    let part = (i128::from(own) * get + all - 1).checked_div(all).unwrap_or(0);
                    i64::try_from(part).unwrap_or(own)
                }
                None => own.min(unit.list - unit.floor),
            };
            for most in each.get_mut(range).unwrap_or_default() {
                *most = most.saturating_add(share);
            }
        }
    }
    pool.sort_unstable_by_key(|&unit| std::cmp::Reverse(ground.unit(unit).list));
    let wanted = |units: u32| usize::try_from(units).unwrap_or(usize::MAX).max(1);
    let most = |times: Option<u32>| times.map_or(usize::MAX, wanted);
    let mut sets = 0usize;
    match pick {
        Pick::All { .. } => {}
        Pick::Some { units, .. } => pool.truncate(wanted(*units)),
        Pick::EveryNth { nth, .. } => pool.truncate(pool.len() / wanted(*nth)),
        Pick::BuyGet { buy_units, get_units, max_times, .. } if group.is_some() => {
            // The rewarded of so many groups are no dearer than the last of every group from the dearest on.
            let (get, all) = (wanted(*get_units), wanted(*get_units).saturating_add(wanted(*buy_units)));
            let times = (pool.len() / all).min(most(*max_times));
            pool.truncate(times.saturating_mul(all));
            let mut place = 0;
            pool.retain(|_| {
                place += 1;
                (place - 1) % all >= all - get
            });
        }
        Pick::BuyGet { get_units, max_times, .. } => {
            let get = wanted(*get_units);
            pool.truncate((pool.len() / get).min(most(*max_times)).saturating_mul(get));
        }
        Pick::Sets { parts, max_times } => {
            let units: usize = parts.iter().map(|part| wanted(part.units)).fold(0, usize::saturating_add);
            sets = (pool.len() / units.max(1)).min(most(*max_times));
            pool.truncate(sets.saturating_mul(units));
        }
    }
    let sum: i64 = pool.iter().map(|&unit| ground.unit(unit).list).sum();
    let off = |off: &Off| match off {
        Off::Percent(percent) => rounded_up(ground, sum, *percent),
        Off::Amount(amount) => amount.minor_units(),
    };
    match give {
        Give::PercentEach { .. } | Give::AmountEach { .. } | Give::PriceEach { .. } => {
            let shares = pool.iter().map(|&unit| one(ground, give, ground.unit(unit).list));
            shares.fold(0, i64::saturating_add)
        }
        Give::Percent { percent } => rounded_up(ground, sum, *percent),
        Give::Amount { amount } => amount.minor_units(),
        // Of sets each has a price of its own: no set saves more than the dearest units do over one price.
        Give::Price { price } if matches!(pick, Pick::Sets { .. }) => {
            let size = pool.len().checked_div(sets).unwrap_or(1).max(1);
            let saves = |set: &[usize]| {
                let list = set.iter().map(|&unit| ground.unit(unit).list).sum::<i64>();
                (list - price.minor_units()).max(0)
            };
            pool.chunks(size).map(saves).sum()
        }
        Give::Price { price } => (sum - price.minor_units()).max(0),
        Give::Every { threshold, amount } => {
            let times = sum.checked_div(threshold.minor_units()).unwrap_or(0);
            times.saturating_mul(amount.minor_units())
        }
        Give::LadderByAmount { steps } => {
            let reached = steps.iter().filter(|step| step.from.minor_units() <= sum);
            reached.map(|step| off(&step.off)).max().unwrap_or(0)
        }
        Give::LadderByUnits { steps } => {
            let reached =
                steps.iter().filter(|step| usize::try_from(step.from).is_ok_and(|from| from <= pool.len()));
            reached.map(|step| off(&step.off)).max().unwrap_or(0)
        }
    }
}

/// Whether what a unit gets depends on its own price alone, and grows with it.
fn alone(give: &Give) -> bool {
    matches!(give, Give::PercentEach { .. } | Give::AmountEach { .. } | Give::PriceEach { .. })
}

/// What one unit may get; its whole price of what is given to several together.
fn one(ground: &Ground<'_>, give: &Give, list: i64) -> i64 {
    match give {
        Give::PercentEach { percent } => rounded_up(ground, list, *percent),
        Give::AmountEach { amount } => amount.minor_units().min(list),
        Give::PriceEach { price } => (list - price.minor_units()).max(0),
        _ => list,
    }
}

/// No rounding gives more.
fn rounded_up(ground: &Ground<'_>, sum: i64, percent: Decimal) -> i64 {
    Money::minor(sum, ground.cart.currency).percent(percent, Rounding::Up).map_or(sum, Money::minor_units)
}
