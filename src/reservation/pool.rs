//! What is contended, and under which key a store keeps it.

use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::Currency;
use crate::id::{
    BudgetId, ChannelId, CouponId, CustomerId, InboundId, LimitId, LocationId, LotId, PromotionId, Sku,
    SubjectId,
};

/// A number that several callers want at once: units of stock, uses of a coupon, minor units of a budget.
///
/// Two pools are the same exactly if their [keys](Pool::key) are. Ordered by variant, then by fields, as the keys
/// are.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Pool {
    /// Pieces of a SKU at a location, of one lot where lots matter.
    Stock {
        /// Where they lie.
        location: LocationId,
        /// What they are.
        sku: Sku,
        /// Their lot; `None` where the location does not tell lots apart.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lot: Option<LotId>,
    },
    /// Pieces that are still on their way. Those held here are shipped from here; the rest is transferred to the
    /// stock when they arrive.
    Inbound {
        /// Where they will lie.
        location: LocationId,
        /// What they are.
        sku: Sku,
        /// Which arrival.
        inbound: InboundId,
    },
    /// How many pieces of a SKU one channel may sell.
    Quota {
        /// The channel.
        channel: ChannelId,
        /// What it sells.
        sku: Sku,
    },
    /// Uses of a promotion or coupon by everybody.
    Use {
        /// Of what.
        claim: Claim,
    },
    /// Uses of a promotion or coupon by one customer.
    UseBy {
        /// Of what.
        claim: Claim,
        /// By whom.
        customer: CustomerId,
    },
    /// What one subject may buy within a fixed window.
    Limit {
        /// The rule that sets the limit.
        rule: LimitId,
        /// Whom it counts.
        subject: SubjectId,
        /// The first instant of the window.
        from: DateTime<Utc>,
        /// The first instant after the window.
        until: DateTime<Utc>,
    },
    /// Minor units of one currency.
    Budget {
        /// Which budget.
        budget: BudgetId,
        /// Its currency, fixed: another currency is another pool.
        currency: Currency,
    },
    /// What a location can handle on a day.
    Capacity {
        /// The location.
        location: LocationId,
        /// The local day there.
        day: NaiveDate,
    },
    /// Minor units of one currency that one customer may get off by a promotion or coupon.
    BudgetBy {
        /// By what.
        claim: Claim,
        /// Who.
        customer: CustomerId,
        /// The currency, fixed: another currency is another pool.
        currency: Currency,
    },
}

/// What entitles to a benefit.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Claim {
    /// A promotion that needs no coupon.
    Promotion(PromotionId),
    /// A coupon.
    Coupon(CouponId),
}

impl Pool {
    /// Units of `sku` at `location` where lots do not matter.
    pub fn stock(location: LocationId, sku: Sku) -> Pool {
        Pool::Stock { location, sku, lot: None }
    }

    /// The variant as the wire form names it.
    pub const fn kind(&self) -> &'static str {
        match self {
            Pool::Stock { .. } => "stock",
            Pool::Inbound { .. } => "inbound",
            Pool::Quota { .. } => "quota",
            Pool::Use { .. } => "use",
            Pool::UseBy { .. } => "use_by",
            Pool::Limit { .. } => "limit",
            Pool::Budget { .. } => "budget",
            Pool::Capacity { .. } => "capacity",
            Pool::BudgetBy { .. } => "budget_by",
        }
    }

    /// The key under which a store keeps the pool: injective, and in byte order as pools are ordered. It is the
    /// order in which a store locks rows and in which a refusal looks at them.
    ///
    /// One byte for the variant, then the fields: a text ends with a zero byte (no id holds one), an absent lot is
    /// a zero byte where a present one starts with a one, an instant is seconds then nanoseconds and a day is days,
    /// big-endian and offset so that they sort.
    ///
    /// ```
    /// use order_workflow::reservation::Pool;
    ///
    /// let pool = Pool::stock("north".parse()?, "tea".parse()?);
    /// assert_eq!(pool.key(), b"\x01north\0tea\0\0");
    /// # Ok::<(), order_workflow::id::IdError>(())
    /// ```
    pub fn key(&self) -> Vec<u8> {
        let mut key = Vec::with_capacity(48);
        self.write_key(&mut |part| key.extend_from_slice(part));
        key
    }

    /// The pool of a [key](Self::key); `None` if no pool has it.
    ///
    /// ```
    /// use order_workflow::reservation::Pool;
    ///
    /// let pool = Pool::stock("north".parse()?, "tea".parse()?);
    /// assert_eq!(Pool::from_key(&pool.key()), Some(pool));
    /// assert_eq!(Pool::from_key(b"tea"), None);
    /// # Ok::<(), order_workflow::id::IdError>(())
    /// ```
    pub fn from_key(key: &[u8]) -> Option<Pool> {
        let mut rest = Fields(key);
        let pool = match rest.byte()? {
            1 => Pool::Stock { location: rest.id()?, sku: rest.id()?, lot: rest.lot()? },
            2 => Pool::Inbound { location: rest.id()?, sku: rest.id()?, inbound: rest.id()? },
            3 => Pool::Quota { channel: rest.id()?, sku: rest.id()? },
            4 => Pool::Use { claim: rest.claim()? },
            5 => Pool::UseBy { claim: rest.claim()?, customer: rest.id()? },
            6 => Pool::Limit {
                rule: rest.id()?,
                subject: rest.id()?,
                from: rest.instant()?,
                until: rest.instant()?,
            },
            7 => Pool::Budget { budget: rest.id()?, currency: Currency::from_code(rest.text()?).ok()? },
            8 => Pool::Capacity { location: rest.id()?, day: rest.day()? },
            9 => Pool::BudgetBy {
                claim: rest.claim()?,
                customer: rest.id()?,
                currency: Currency::from_code(rest.text()?).ok()?,
            },
            _ => return None,
        };
        rest.0.is_empty().then_some(pool)
    }

    /// Hands out the [key](Self::key), part by part.
    pub(super) fn write_key(&self, out: &mut impl FnMut(&[u8])) {
        match self {
            Pool::Stock { location, sku, lot } => {
                out(&[1]);
                text(out, location.as_bytes());
                text(out, sku.as_bytes());
                match lot {
                    None => out(&[0]),
                    Some(lot) => {
                        out(&[1]);
                        text(out, lot.as_bytes());
                    }
                }
            }
            Pool::Inbound { location, sku, inbound } => {
                out(&[2]);
                text(out, location.as_bytes());
                text(out, sku.as_bytes());
                text(out, inbound.as_bytes());
            }
            Pool::Quota { channel, sku } => {
                out(&[3]);
                text(out, channel.as_bytes());
                text(out, sku.as_bytes());
            }
            Pool::Use { claim } => {
                out(&[4]);
                claim.write_key(out);
            }
            Pool::UseBy { claim, customer } => {
                out(&[5]);
                claim.write_key(out);
                text(out, customer.as_bytes());
            }
            Pool::Limit { rule, subject, from, until } => {
                out(&[6]);
                text(out, rule.as_bytes());
                text(out, subject.as_bytes());
                instant(out, *from);
                instant(out, *until);
            }
            Pool::Budget { budget, currency } => {
                out(&[7]);
                text(out, budget.as_bytes());
                text(out, currency.code().as_bytes());
            }
            Pool::Capacity { location, day } => {
                out(&[8]);
                text(out, location.as_bytes());
                out(&(day.num_days_from_ce() ^ i32::MIN).to_be_bytes());
            }
            Pool::BudgetBy { claim, customer, currency } => {
                out(&[9]);
                claim.write_key(out);
                text(out, customer.as_bytes());
                text(out, currency.code().as_bytes());
            }
        }
    }

    /// Whether this is its [key](Self::key).
    pub(super) fn has_key(&self, key: &[u8]) -> bool {
        let mut rest = Some(key);
        self.write_key(&mut |part| rest = rest.and_then(|rest| rest.strip_prefix(part)));
        rest.is_some_and(<[u8]>::is_empty)
    }

    /// Whether units of the one are units of the other, so that they may be transferred: the same SKU, or the same
    /// currency, or the same kind of allowance.
    pub(super) fn is_like(&self, other: &Pool) -> bool {
        match (self, other) {
            (
                Pool::Stock { sku: a, .. } | Pool::Inbound { sku: a, .. },
                Pool::Stock { sku: b, .. } | Pool::Inbound { sku: b, .. },
            )
            | (Pool::Quota { sku: a, .. }, Pool::Quota { sku: b, .. }) => a == b,
            (Pool::Budget { currency: a, .. }, Pool::Budget { currency: b, .. })
            | (Pool::BudgetBy { currency: a, .. }, Pool::BudgetBy { currency: b, .. }) => a == b,
            _ => self.kind() == other.kind(),
        }
    }
}

impl Claim {
    fn write_key(&self, out: &mut impl FnMut(&[u8])) {
        let (tag, id) = match self {
            Claim::Promotion(id) => (1, id.as_bytes()),
            Claim::Coupon(id) => (2, id.as_bytes()),
        };
        out(&[tag]);
        text(out, id);
    }
}

/// For people and logs: the kind, then the fields.
impl std::fmt::Display for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Pool::Stock { location, sku, lot: None } => write!(f, "stock of `{sku}` at `{location}`"),
            Pool::Stock { location, sku, lot: Some(lot) } => {
                write!(f, "stock of `{sku}` at `{location}`, lot `{lot}`")
            }
            Pool::Inbound { location, sku, inbound } => {
                write!(f, "arrival `{inbound}` of `{sku}` at `{location}`")
            }
            Pool::Quota { channel, sku } => write!(f, "quota of `{channel}` for `{sku}`"),
            Pool::Use { claim } => write!(f, "uses of {claim}"),
            Pool::UseBy { claim, customer } => write!(f, "uses of {claim} by `{customer}`"),
            Pool::Limit { rule, subject, from, until } => {
                write!(f, "limit `{rule}` of `{subject}` from {from} until {until}")
            }
            Pool::Budget { budget, currency } => write!(f, "budget `{budget}` in {currency}"),
            Pool::Capacity { location, day } => write!(f, "capacity of `{location}` on {day}"),
            Pool::BudgetBy { claim, customer, currency } => {
                write!(f, "money off by {claim} for `{customer}` in {currency}")
            }
        }
    }
}

impl std::fmt::Display for Claim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Claim::Promotion(id) => write!(f, "promotion `{id}`"),
            Claim::Coupon(id) => write!(f, "coupon `{id}`"),
        }
    }
}

fn text(out: &mut impl FnMut(&[u8]), text: &[u8]) {
    out(text);
    out(&[0]);
}

fn instant(out: &mut impl FnMut(&[u8]), at: DateTime<Utc>) {
    out(&(at.timestamp() ^ i64::MIN).to_be_bytes());
    out(&at.timestamp_subsec_nanos().to_be_bytes());
}

/// What is left of a key.
struct Fields<'k>(&'k [u8]);

impl<'k> Fields<'k> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*first)
    }

    fn text(&mut self) -> Option<&'k str> {
        let end = self.0.iter().position(|byte| *byte == 0)?;
        let (text, rest) = self.0.split_at_checked(end)?;
        self.0 = rest.get(1..)?;
        std::str::from_utf8(text).ok()
    }

    fn id<T: FromStr>(&mut self) -> Option<T> {
        self.text()?.parse().ok()
    }

    fn lot(&mut self) -> Option<Option<LotId>> {
        match self.byte()? {
            0 => Some(None),
            1 => Some(Some(self.id()?)),
            _ => None,
        }
    }

    fn claim(&mut self) -> Option<Claim> {
        match self.byte()? {
            1 => Some(Claim::Promotion(self.id()?)),
            2 => Some(Claim::Coupon(self.id()?)),
            _ => None,
        }
    }

    fn instant(&mut self) -> Option<DateTime<Utc>> {
        let seconds = i64::from_be_bytes(self.bytes()?) ^ i64::MIN;
        DateTime::from_timestamp(seconds, u32::from_be_bytes(self.bytes()?))
    }

    fn day(&mut self) -> Option<NaiveDate> {
        NaiveDate::from_num_days_from_ce_opt(i32::from_be_bytes(self.bytes()?) ^ i32::MIN)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn word() -> impl Strategy<Value = String> {
        prop_oneof![
            Just("a".to_owned()),
            Just("ab".to_owned()),
            Just("b".to_owned()),
            "[a-c\u{1}-\u{3}é]{1,3}"
        ]
        .prop_filter("an id", |text| Sku::new(text).is_ok())
    }

    fn instant() -> impl Strategy<Value = DateTime<Utc>> {
        (-3_i64..3, 0_u32..3)
            .prop_map(|(second, nano)| DateTime::from_timestamp(second, nano).expect("near 1970"))
    }

    fn pool() -> impl Strategy<Value = Pool> {
        let claim = || {
            (any::<bool>(), word()).prop_map(|(coupon, id)| {
                if coupon {
                    Claim::Coupon(id.parse().expect("an id"))
                } else {
                    Claim::Promotion(id.parse().expect("an id"))
                }
            })
        };
        prop_oneof![
            (word(), word(), proptest::option::of(word())).prop_map(|(location, sku, lot)| Pool::Stock {
                location: location.parse().expect("an id"),
                sku: sku.parse().expect("an id"),
                lot: lot.map(|lot| lot.parse().expect("an id")),
            }),
            (word(), word(), word()).prop_map(|(location, sku, inbound)| Pool::Inbound {
                location: location.parse().expect("an id"),
                sku: sku.parse().expect("an id"),
                inbound: inbound.parse().expect("an id"),
            }),
            (word(), word()).prop_map(|(channel, sku)| Pool::Quota {
                channel: channel.parse().expect("an id"),
                sku: sku.parse().expect("an id"),
            }),
            claim().prop_map(|claim| Pool::Use { claim }),
            (claim(), word()).prop_map(|(claim, customer)| Pool::UseBy {
                claim,
                customer: customer.parse().expect("an id"),
            }),
            (word(), word(), instant(), instant()).prop_map(|(rule, subject, from, until)| Pool::Limit {
                rule: rule.parse().expect("an id"),
                subject: subject.parse().expect("an id"),
                from,
                until,
            }),
            (word(), prop_oneof![Just(Currency::EUR), Just(Currency::USD)]).prop_map(|(budget, currency)| {
                Pool::Budget { budget: budget.parse().expect("an id"), currency }
            }),
            (word(), -3_i32..3).prop_map(|(location, day)| Pool::Capacity {
                location: location.parse().expect("an id"),
                day: NaiveDate::from_num_days_from_ce_opt(day).expect("near year one"),
            }),
            (claim(), word(), prop_oneof![Just(Currency::EUR), Just(Currency::USD)]).prop_map(
                |(claim, customer, currency)| Pool::BudgetBy {
                    claim,
                    customer: customer.parse().expect("an id"),
                    currency,
                }
            ),
        ]
    }

    proptest! {
        #[test]
        fn keys_are_injective_and_ordered_as_pools_are(a in pool(), b in pool()) {
            prop_assert_eq!(a.cmp(&b), a.key().cmp(&b.key()));
            prop_assert_eq!(a == b, a.key() == b.key());
            prop_assert_eq!(a == b, a.has_key(&b.key()));
        }

        #[test]
        fn a_key_tells_its_pool(pool in pool(), cut in 0_usize..40, byte in any::<u8>()) {
            let mut key = pool.key();
            prop_assert_eq!(Pool::from_key(&key), Some(pool));
            let place = cut % key.len();
            key[place] = byte;
            // Whatever is read back has this key and no other.
            prop_assert!(Pool::from_key(&key).is_none_or(|pool| pool.key() == key));
            key.truncate(place);
            prop_assert_eq!(Pool::from_key(&key), None);
        }
    }
}
