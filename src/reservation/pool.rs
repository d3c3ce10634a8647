//! What is contended, and under which key a store keeps it.

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
        self.write_key(&mut key);
        key
    }

    /// Appends the [key](Self::key) to `out`.
    pub(super) fn write_key(&self, out: &mut Vec<u8>) {
        match self {
            Pool::Stock { location, sku, lot } => {
                out.push(1);
                text(out, location.as_str());
                text(out, sku.as_str());
                match lot {
                    None => out.push(0),
                    Some(lot) => {
                        out.push(1);
                        text(out, lot.as_str());
                    }
                }
            }
            Pool::Inbound { location, sku, inbound } => {
                out.push(2);
                text(out, location.as_str());
                text(out, sku.as_str());
                text(out, inbound.as_str());
            }
            Pool::Quota { channel, sku } => {
                out.push(3);
                text(out, channel.as_str());
                text(out, sku.as_str());
            }
            Pool::Use { claim } => {
                out.push(4);
                claim.write_key(out);
            }
            Pool::UseBy { claim, customer } => {
                out.push(5);
                claim.write_key(out);
                text(out, customer.as_str());
            }
            Pool::Limit { rule, subject, from, until } => {
                out.push(6);
                text(out, rule.as_str());
                text(out, subject.as_str());
                instant(out, *from);
                instant(out, *until);
            }
            Pool::Budget { budget, currency } => {
                out.push(7);
                text(out, budget.as_str());
                text(out, currency.code());
            }
            Pool::Capacity { location, day } => {
                out.push(8);
                text(out, location.as_str());
                out.extend((day.num_days_from_ce() ^ i32::MIN).to_be_bytes());
            }
        }
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
            (Pool::Budget { currency: a, .. }, Pool::Budget { currency: b, .. }) => a == b,
            _ => self.kind() == other.kind(),
        }
    }
}

impl Claim {
    fn write_key(&self, out: &mut Vec<u8>) {
        let (tag, id) = match self {
            Claim::Promotion(id) => (1, id.as_str()),
            Claim::Coupon(id) => (2, id.as_str()),
        };
        out.push(tag);
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

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend(text.as_bytes());
    out.push(0);
}

fn instant(out: &mut Vec<u8>, at: DateTime<Utc>) {
    out.extend((at.timestamp() ^ i64::MIN).to_be_bytes());
    out.extend(at.timestamp_subsec_nanos().to_be_bytes());
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
        ]
    }

    proptest! {
        #[test]
        fn keys_are_injective_and_ordered_as_pools_are(a in pool(), b in pool()) {
            prop_assert_eq!(a.cmp(&b), a.key().cmp(&b.key()));
            prop_assert_eq!(a == b, a.key() == b.key());
        }
    }
}
