//! What a host accepts at checkout.

use serde::{Deserialize, Serialize};

use crate::checkout::Method;
use crate::geo::Country;
use crate::id::{ChannelId, Sku};
use crate::money::{Currency, Money};

/// What a host accepts at checkout. By default: every country and method, a price that has not risen.
///
/// ```
/// use order_workflow::checkout::{CheckoutPolicy, Method, MethodRule, Tolerance};
/// use order_workflow::geo::Country;
///
/// let policy = CheckoutPolicy::default()
///     .with_ships_to([Country::BR])
///     .with_price_up(Tolerance::BasisPoints(100)) // one percent
///     .with_method(MethodRule::anywhere(Method::BankSlip).with_countries([Country::BR]))
///     .without_method(Method::CashOnDelivery);
/// assert_eq!(policy.methods.len(), 6);
/// ```
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct CheckoutPolicy {
    /// The countries shipped to; `None`: all.
    pub ships_to: Option<Vec<Country>>,
    /// What becomes of an address in a country whose format is not known.
    pub unchecked_address: UncheckedAddress,
    /// The payment methods offered, one rule each (of several rules for a method the first counts). A method
    /// without a rule is not offered.
    pub methods: Vec<MethodRule>,
    /// How far a price may have risen since the customer saw it.
    pub price_up: Tolerance,
    /// How far it may have fallen.
    pub price_down: Tolerance,
}

impl Default for CheckoutPolicy {
    fn default() -> Self {
        let methods = [
            Method::Card,
            Method::DebitCard,
            Method::BankSlip,
            Method::Wallet,
            Method::Voucher,
            Method::StoreCredit,
            Method::CashOnDelivery,
        ];
        CheckoutPolicy {
            ships_to: None,
            unchecked_address: UncheckedAddress::Accept,
            methods: methods.map(MethodRule::anywhere).into(),
            price_up: Tolerance::Exact,
            price_down: Tolerance::Any,
        }
    }
}

impl CheckoutPolicy {
    /// Ships to these countries only.
    #[must_use]
    pub fn with_ships_to(mut self, countries: impl IntoIterator<Item = Country>) -> Self {
        self.ships_to = Some(countries.into_iter().collect());
        self
    }

    /// Treats addresses that cannot be checked in this way.
    #[must_use]
    pub fn with_unchecked_address(mut self, unchecked: UncheckedAddress) -> Self {
        self.unchecked_address = unchecked;
        self
    }

    /// Offers a method under this rule, in place of what was said of it before.
    #[must_use]
    pub fn with_method(mut self, rule: MethodRule) -> Self {
        self = self.without_method(rule.method);
        self.methods.push(rule);
        self
    }

    /// Does not offer this method.
    #[must_use]
    pub fn without_method(mut self, method: Method) -> Self {
        self.methods.retain(|rule| rule.method != method);
        self
    }

    /// Lets prices have risen so far.
    #[must_use]
    pub fn with_price_up(mut self, tolerance: Tolerance) -> Self {
        self.price_up = tolerance;
        self
    }

    /// Lets prices have fallen so far.
    #[must_use]
    pub fn with_price_down(mut self, tolerance: Tolerance) -> Self {
        self.price_down = tolerance;
        self
    }
}

/// What becomes of an address in a country whose format is not known.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UncheckedAddress {
    /// It is taken as it is.
    #[default]
    Accept,
    /// It is a problem.
    Refuse,
}

/// Where and for what a payment method is offered.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct MethodRule {
    /// The method.
    pub method: Method,
    /// The channels that offer it; `None`: all.
    #[serde(default)]
    pub channels: Option<Vec<ChannelId>>,
    /// The countries in which it is offered; `None`: all. If there is a list and the order names no country,
    /// the method is not offered.
    #[serde(default)]
    pub countries: Option<Vec<Country>>,
    /// The amounts that it can pay, by currency; none: any amount in any currency.
    #[serde(default)]
    pub amounts: Vec<AmountRange>,
    /// What it cannot pay, by SKU.
    #[serde(default)]
    pub not_for_skus: Vec<Sku>,
    /// What it cannot pay, by tag.
    #[serde(default)]
    pub not_for_tags: Vec<String>,
}

impl MethodRule {
    /// Offers a method in all channels and countries, for any amount of anything.
    pub fn anywhere(method: Method) -> MethodRule {
        MethodRule {
            method,
            channels: None,
            countries: None,
            amounts: Vec::new(),
            not_for_skus: Vec::new(),
            not_for_tags: Vec::new(),
        }
    }

    /// Offers it in these channels only.
    #[must_use]
    pub fn with_channels(mut self, channels: impl IntoIterator<Item = ChannelId>) -> Self {
        self.channels = Some(channels.into_iter().collect());
        self
    }

    /// Offers it in these countries only.
    #[must_use]
    pub fn with_countries(mut self, countries: impl IntoIterator<Item = Country>) -> Self {
        self.countries = Some(countries.into_iter().collect());
        self
    }

    /// Lets it pay such amounts only.
    #[must_use]
    pub fn with_amounts(mut self, amounts: impl IntoIterator<Item = AmountRange>) -> Self {
        self.amounts = amounts.into_iter().collect();
        self
    }

    /// Does not let it pay these SKUs.
    #[must_use]
    pub fn with_not_for_skus(mut self, skus: impl IntoIterator<Item = Sku>) -> Self {
        self.not_for_skus = skus.into_iter().collect();
        self
    }

    /// Does not let it pay lines with one of these tags.
    #[must_use]
    pub fn with_not_for_tags(mut self, tags: impl IntoIterator<Item = String>) -> Self {
        self.not_for_tags = tags.into_iter().collect();
        self
    }
}

/// Amounts of one currency, from `least_minor` to `most_minor`, both included, in minor units.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AmountRange {
    /// The currency.
    pub currency: Currency,
    /// The least amount.
    pub least_minor: i64,
    /// The greatest amount.
    pub most_minor: i64,
}

/// How far a price may be from the one that the customer saw, to one side.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tolerance {
    /// Not at all.
    Exact,
    /// So many hundredths of a percent of the price seen, rounded down to the minor unit.
    BasisPoints(u32),
    /// As far as it likes.
    Any,
}

impl Tolerance {
    /// The greatest distance from `seen` in minor units; `None`: any.
    fn minor(self, seen: Money) -> Option<i128> {
        match self {
            Tolerance::Exact => Some(0),
            Tolerance::BasisPoints(points) => {
                Some(i128::from(seen.minor_units().unsigned_abs()) * i128::from(points) / 10_000)
            }
            Tolerance::Any => None,
        }
    }

    /// The greatest price that is accepted.
    pub(super) fn most(self, seen: Money) -> Option<Money> {
        self.minor(seen).map(|by| clamped(i128::from(seen.minor_units()) + by, seen.currency()))
    }

    /// The least price that is accepted.
    pub(super) fn least(self, seen: Money) -> Option<Money> {
        self.minor(seen).map(|by| clamped(i128::from(seen.minor_units()) - by, seen.currency()))
    }
}

/// The nearest amount that there is: as a bound it is as good.
pub(super) fn clamped(minor: i128, currency: Currency) -> Money {
    let end = if minor < 0 { i64::MIN } else { i64::MAX };
    Money::minor(i64::try_from(minor).unwrap_or(end), currency)
}
