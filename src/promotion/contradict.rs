//! Which conditions can not hold together.

use crate::money::Money;
use crate::promotion::{Bound, Condition, Filter};

/// What two conditions contradict each other about, as far as it can be seen; `None`: they may hold together.
pub(super) fn contradict(one: &Condition, other: &Condition) -> Option<&'static str> {
    match (one, other) {
        (Condition::Subtotal { of: a, bound: x }, Condition::Subtotal { of: b, bound: y }) if a == b => {
            let minor = |bound: &Bound<Money>| bound.map(|amount| amount.minor_units());
            apart(minor(x), minor(y)).then_some("a subtotal")
        }
        (
            Condition::Count { measure: m, of: a, bound: x },
            Condition::Count { measure: n, of: b, bound: y },
        ) if m == n && a == b => apart(*x, *y).then_some("a count"),
        // A part that must be more than the whole may be.
        (Condition::Subtotal { of: whole, bound: most }, Condition::Subtotal { bound: least, .. })
        | (Condition::Subtotal { bound: least, .. }, Condition::Subtotal { of: whole, bound: most })
            if *whole == Filter::all() && less(most.at_most, least.at_least) =>
        {
            Some("a subtotal")
        }
        (
            Condition::Count { measure: m, of: whole, bound: most },
            Condition::Count { measure: n, bound: least, .. },
        )
        | (
            Condition::Count { measure: n, bound: least, .. },
            Condition::Count { measure: m, of: whole, bound: most },
        ) if m == n
            && *whole == Filter::all()
            && most.at_most.zip(least.at_least).is_some_and(|(most, least)| most < least) =>
        {
            Some("a count")
        }
        (Condition::OrdersBefore { bound: x }, Condition::OrdersBefore { bound: y }) => {
            apart(*x, *y).then_some("orders before")
        }
        (Condition::History { of: a, bound: x }, Condition::History { of: b, bound: y }) if a == b => {
            apart(*x, *y).then_some("a number of the shopper's history")
        }
        (Condition::Channel { channel: a }, Condition::Channel { channel: b }) if a != b => {
            Some("the channel")
        }
        (Condition::Region { region: a }, Condition::Region { region: b }) if a != b => Some("the region"),
        (Condition::PaymentMethod { method: a }, Condition::PaymentMethod { method: b }) if a != b => {
            Some("the payment method")
        }
        (Condition::Currency { currency: a }, Condition::Currency { currency: b }) if a != b => {
            Some("the currency")
        }
        (Condition::Fact { name: a, is: x }, Condition::Fact { name: b, is: y }) if a == b && x != y => {
            Some("a fact")
        }
        (Condition::Between { from: a, until: b }, Condition::Between { from: c, until: d }) => {
            let none = a.zip(*d).is_some_and(|(from, until)| from >= until)
                || c.zip(*b).is_some_and(|(from, until)| from >= until);
            none.then_some("time")
        }
        (one, Condition::Not { of }) | (Condition::Not { of }, one) if **of == *one => {
            Some("something and its opposite")
        }
        _ => None,
    }
}

fn less(most: Option<Money>, least: Option<Money>) -> bool {
    most.zip(least).is_some_and(|(most, least)| most.minor_units() < least.minor_units())
}

/// Whether no value fits both.
fn apart<T: Ord + Copy>(one: Bound<T>, other: Bound<T>) -> bool {
    let below =
        |a: Bound<T>, b: Bound<T>| a.at_most.zip(b.at_least).is_some_and(|(most, least)| most < least);
    below(one, other) || below(other, one)
}
