//! Promotions of which twenty apply to the cart, whatever there is beside them.

use order_workflow::money::{Currency, Money};
use order_workflow::promotion::{Benefit, Condition, Filter, Give, Phase, Pick, Promotion};

pub fn eur(minor: i64) -> Money {
    Money::minor(minor, Currency::EUR)
}

fn off(n: usize, of: Filter) -> Promotion {
    let give = Give::PercentEach { percent: 5.into() };
    let benefit = Benefit::Off { pick: Pick::all(of.clone()), give, cap: None };
    let name = u64::try_from(n).unwrap_or(0).into();
    Promotion::new(name, Phase::ITEM, benefit).with_when(Condition::units_at_least(2, of))
}

/// Twenty that apply, 180 more in the cart's categories that want more than it holds, the rest elsewhere.
pub fn elsewhere(n: usize) -> Promotion {
    match n {
        0..20 => off(n, Filter::category(format!("here/{n}"))),
        20..200 => {
            let of = Filter::category(format!("here/{}", n % 20));
            off(n, of.clone()).with_when(Condition::units_at_least(9, of))
        }
        _ => off(n, Filter::category(format!("there/{n}"))),
    }
}

/// The index's worst case: all are about the cart's categories, all but twenty want more than it holds, each of it another
/// amount.
pub fn here(n: usize) -> Promotion {
    let of = Filter::category(format!("here/{}", n % 20));
    let least = eur(3_000 + i64::try_from(n).unwrap_or(0));
    if n < 20 { off(n, of) } else { off(n, of.clone()).with_when(Condition::subtotal_at_least(least, of)) }
}
