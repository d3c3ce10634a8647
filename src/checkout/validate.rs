//! The checks, in the order in which their problems are named.

use std::collections::BTreeMap;

use crate::checkout::policy::clamped;
use crate::checkout::{
    CheckoutInput, CheckoutPolicy, CheckoutProblem, CouponState, MethodRule, Problem, Tender,
    UncheckedAddress,
};
use crate::geo::{AddressProblem, address_format, check_address};
use crate::id::Sku;
use crate::money::Money;

/// Everything that keeps an order from being placed as it stands.
///
/// The order of the answer is fixed:
///
/// 1. the address: missing, its country, then its fields in the order of
///    [`AddressField`](crate::geo::AddressField);
/// 2. the cart: empty; then line by line id, units, price seen, price now, price change, availability;
/// 3. the total, then tender by tender amount, method, channel, country, currency, range, lines; then the sum;
/// 4. coupons, then purchase limits, each in the order given.
///
/// A problem that follows from another is not named beside it: a price in another currency has not risen, a
/// method that is not offered is not judged further, tenders in two currencies have no sum. Units are
/// counted per SKU over all lines; the problem stands at the line that takes the sum beyond what there is.
///
/// ```
/// use order_workflow::checkout::{
///     CartLine, CheckoutInput, CheckoutPolicy, Method, StockLevel, Tender, validate,
/// };
/// use order_workflow::id::{ChannelId, LineId, Sku};
/// use order_workflow::{Currency, Money};
///
/// let euros = |minor| Money::minor(minor, Currency::EUR);
/// let book = CartLine {
///     line: LineId::from(1),
///     sku: Sku::new("e-book")?,
///     units: 2,
///     seen: euros(1000),
///     current: euros(1200),
///     ships: false,
///     tags: vec![],
/// };
/// let problems = validate(
///     &CheckoutInput {
///         channel: &ChannelId::new("web")?,
///         total: euros(2400),
///         lines: &[book],
///         ship_to: None,
///         billing_country: None,
///         tenders: &[Tender { method: Method::Card, amount: euros(2000) }],
///         stock: &[StockLevel { sku: Sku::new("e-book")?, available: 1 }],
///         coupons: &[],
///         limits: &[],
///     },
///     &CheckoutPolicy::default(),
/// );
/// let sentences: Vec<String> = problems.iter().map(ToString::to_string).collect();
/// assert_eq!(sentences, [
///     "lines[0].price: the price of `e-book` was 10.00 EUR in the cart and is `12.00 EUR` now; \
///      accepted: at most 10.00 EUR",
///     "lines[0].units: 2 units of `e-book` are wanted; accepted: at most 1",
///     "payment: the tenders sum to `20.00 EUR`; accepted: 24.00 EUR",
/// ]);
/// # Ok::<(), order_workflow::id::IdError>(())
/// ```
pub fn validate(input: &CheckoutInput<'_>, policy: &CheckoutPolicy) -> Vec<CheckoutProblem> {
    let mut found = Found(Vec::new());
    check_destination(input, policy, &mut found);
    check_lines(input, policy, &mut found);
    check_payment(input, policy, &mut found);
    check_coupons(input, &mut found);
    check_limits(input, &mut found);
    found.0
}

/// The problems so far.
struct Found(Vec<CheckoutProblem>);

impl Found {
    fn add(&mut self, path: impl Into<String>, problem: Problem) {
        self.0.push(CheckoutProblem { path: path.into(), problem });
    }
}

fn check_destination(input: &CheckoutInput<'_>, policy: &CheckoutPolicy, found: &mut Found) {
    let Some(address) = input.ship_to else {
        let shipped = input.lines.iter().filter(|line| line.ships).map(|line| line.line.clone());
        let lines: Vec<_> = shipped.collect();
        if !lines.is_empty() {
            found.add("address", Problem::AddressMissing { lines });
        }
        return;
    };
    let country = address.country;
    match &policy.ships_to {
        Some(accepted) if !accepted.contains(&country) => {
            found.add("address.country", Problem::CountryNotServed { country, accepted: accepted.clone() });
        }
        Some(_) | None => {
            let refused = policy.unchecked_address == UncheckedAddress::Refuse;
            if refused && address_format(country).is_none() {
                let problem = AddressProblem::NoFormat { country };
                found.add("address.country", Problem::Address { problem });
            }
        }
    }
    for problem in check_address(address) {
        found.add(format!("address.{}", problem.path()), Problem::Address { problem });
    }
}

fn check_lines(input: &CheckoutInput<'_>, policy: &CheckoutPolicy, found: &mut Found) {
    if input.lines.is_empty() {
        found.add("lines", Problem::EmptyCart);
    }
    let mut first_of = BTreeMap::new();
    let mut stock = Stock::new(input);
    for (index, line) in input.lines.iter().enumerate() {
        let first = *first_of.entry(&line.line).or_insert(index);
        if first != index {
            let first = format!("lines[{first}]");
            found.add(
                format!("lines[{index}].line"),
                Problem::DuplicateLine { line: line.line.clone(), first },
            );
        }
        if line.units == 0 {
            found.add(format!("lines[{index}].units"), Problem::ZeroUnits { line: line.line.clone() });
        }
        let accepted = input.total.currency();
        let (seen, current) = (line.seen, line.current);
        for (field, amount) in [("seen", seen), ("current", current)] {
            if amount.currency() != accepted {
                found.add(format!("lines[{index}].{field}"), Problem::WrongCurrency { amount, accepted });
            }
        }
        if seen.currency() == current.currency() {
            let (least, most) = (policy.price_down.least(seen), policy.price_up.most(seen));
            let price = current.minor_units();
            let too_low = least.is_some_and(|least| price < least.minor_units());
            let too_high = most.is_some_and(|most| price > most.minor_units());
            if too_low || too_high {
                let sku = line.sku.clone();
                let problem = Problem::PriceChanged { sku, seen, current, least, most };
                found.add(format!("lines[{index}].price"), problem);
            }
        }
        if let Some((wanted, available)) = stock.take(&line.sku, line.units) {
            let field = if available == 0 { "sku" } else { "units" };
            let problem = Problem::Unavailable { sku: line.sku.clone(), wanted, available };
            found.add(format!("lines[{index}].{field}"), problem);
        }
    }
}

/// What there is of each SKU that is listed, and what the lines so far take.
struct Stock<'a>(BTreeMap<&'a Sku, Shelf>);

#[derive(Default)]
struct Shelf {
    available: u64,
    wanted: u64,
    taken: u64,
}

impl<'a> Stock<'a> {
    fn new(input: &CheckoutInput<'a>) -> Stock<'a> {
        let mut shelves: BTreeMap<&Sku, Shelf> = BTreeMap::new();
        for level in input.stock {
            shelves.entry(&level.sku).or_default().available += u64::from(level.available);
        }
        for line in input.lines {
            if let Some(shelf) = shelves.get_mut(&line.sku) {
                shelf.wanted += u64::from(line.units);
            }
        }
        Stock(shelves)
    }

    /// Takes units; if these are the first too many, what all lines want and what there is.
    fn take(&mut self, sku: &Sku, units: u32) -> Option<(u64, u64)> {
        let shelf = self.0.get_mut(sku)?;
        let before = shelf.taken;
        shelf.taken += u64::from(units);
        (before <= shelf.available && shelf.taken > shelf.available)
            .then_some((shelf.wanted, shelf.available))
    }
}

fn check_payment(input: &CheckoutInput<'_>, policy: &CheckoutPolicy, found: &mut Found) {
    let total = input.total;
    if total.is_negative() {
        found.add("total", Problem::NegativeTotal { total });
    }
    for (index, tender) in input.tenders.iter().enumerate() {
        check_tender(input, policy, index, tender, found);
    }
    let currency = total.currency();
    let summable = input.tenders.iter().all(|tender| tender.amount.currency() == currency);
    if summable && !total.is_negative() {
        let sum: i128 = input.tenders.iter().map(|tender| i128::from(tender.amount.minor_units())).sum();
        if sum != i128::from(total.minor_units()) {
            found.add("payment", Problem::TendersMismatch { tendered: clamped(sum, currency), total });
        }
    }
}

fn check_tender(
    input: &CheckoutInput<'_>,
    policy: &CheckoutPolicy,
    index: usize,
    tender: &Tender,
    found: &mut Found,
) {
    let &Tender { method, amount } = tender;
    let (at_amount, at_method) = (format!("payment[{index}].amount"), format!("payment[{index}].method"));
    let accepted = input.total.currency();
    let payable = if amount.currency() != accepted {
        found.add(at_amount.as_str(), Problem::WrongCurrency { amount, accepted });
        false
    } else if !amount.is_positive() {
        found.add(at_amount.as_str(), Problem::AmountNotPositive { amount });
        false
    } else {
        true
    };
    let Some(rule) = policy.methods.iter().find(|rule| rule.method == method) else {
        let offered = policy.methods.iter().filter(|rule| is_in_channel(rule, input));
        let accepted = offered.map(|rule| rule.method).collect();
        found.add(at_method, Problem::MethodNotOffered { method, accepted });
        return;
    };
    if !is_in_channel(rule, input) {
        let (channel, accepted) = (input.channel.clone(), rule.channels.clone().unwrap_or_default());
        found.add(at_method.as_str(), Problem::MethodNotInChannel { method, channel, accepted });
    }
    if let Some(accepted) = &rule.countries {
        let country = input.billing_country.or_else(|| input.ship_to.map(|address| address.country));
        if !country.is_some_and(|country| accepted.contains(&country)) {
            let problem = Problem::MethodNotInCountry { method, country, accepted: accepted.clone() };
            found.add(at_method.as_str(), problem);
        }
    }
    if payable && let Some(problem) = check_amount(rule, amount) {
        found.add(at_amount, problem);
    }
    let blocked = input.lines.iter().filter(|line| {
        rule.not_for_skus.contains(&line.sku) || line.tags.iter().any(|tag| rule.not_for_tags.contains(tag))
    });
    let lines: Vec<_> = blocked.map(|line| line.line.clone()).collect();
    if !lines.is_empty() {
        found.add(at_method, Problem::MethodNotForLines { method, lines });
    }
}

fn is_in_channel(rule: &MethodRule, input: &CheckoutInput<'_>) -> bool {
    rule.channels.as_ref().is_none_or(|channels| channels.contains(input.channel))
}

fn check_amount(rule: &MethodRule, amount: Money) -> Option<Problem> {
    let method = rule.method;
    if rule.amounts.is_empty() {
        return None;
    }
    let range = rule.amounts.iter().find(|range| range.currency == amount.currency());
    let Some(range) = range else {
        let accepted = rule.amounts.iter().map(|range| range.currency).collect();
        return Some(Problem::MethodNotInCurrency { method, amount, accepted });
    };
    let within = (range.least_minor..=range.most_minor).contains(&amount.minor_units());
    (!within).then(|| Problem::AmountOutOfRange {
        method,
        amount,
        least: Money::minor(range.least_minor, range.currency),
        most: Money::minor(range.most_minor, range.currency),
    })
}

fn check_coupons(input: &CheckoutInput<'_>, found: &mut Found) {
    for (index, claim) in input.coupons.iter().enumerate() {
        let coupon = claim.code.clone();
        let problem = match claim.state {
            CouponState::Valid => continue,
            CouponState::Unknown => Problem::CouponUnknown { coupon },
            CouponState::NotYet { from } => Problem::CouponNotYet { coupon, from },
            CouponState::Expired { until } => Problem::CouponExpired { coupon, until },
            CouponState::UsedUp { limit } => Problem::CouponUsedUp { coupon, limit },
            CouponState::NotOwner => Problem::CouponNotOwner { coupon },
            CouponState::NoCustomer => Problem::CouponNoCustomer { coupon },
            CouponState::Ended => Problem::CouponEnded { coupon },
            CouponState::OtherCurrency => Problem::CouponOtherCurrency { coupon },
        };
        found.add(format!("coupons[{index}].code"), problem);
    }
}

fn check_limits(input: &CheckoutInput<'_>, found: &mut Found) {
    for (index, limit) in input.limits.iter().enumerate() {
        let (allowed, used, wanted) = (limit.allowed, limit.used, limit.wanted);
        if wanted > allowed.saturating_sub(used) {
            let problem = Problem::LimitExceeded { rule: limit.rule.clone(), allowed, used, wanted };
            found.add(format!("limits[{index}]"), problem);
        }
    }
}
