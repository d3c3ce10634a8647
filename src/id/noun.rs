//! The nouns whose ids the host gives.

use uuid::Uuid;

use crate::id::rule::{DERIVED, GIVEN, Rule};
use crate::id::text::{Draft, Text};
use crate::id::{EffectId, IdError, ReservationId};

/// Makes the id of one noun: its type, its door and what every id can do.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $noun:literal, $max:expr, slash: $slash:literal) => {
        $(#[$doc])*
        #[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $name($crate::id::text::Text);

        impl $name {
            pub(super) const RULE: $crate::id::rule::Rule =
                $crate::id::rule::Rule { noun: $noun, max_bytes: $max, slash: $slash };

            #[doc = concat!("The ", $noun, " that this text is.")]
            ///
            /// # Errors
            /// [`IdError`](crate::id::IdError) if the text is empty, too long, does not print on one line, or
            /// begins or ends with a blank; with `/` too, for a noun with children.
            pub fn new(text: impl AsRef<str>) -> Result<Self, $crate::id::IdError> {
                Self::RULE.check(text.as_ref()).map($name)
            }

            /// The text, as it was given.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }

            #[allow(dead_code, reason = "only the ids that stand in keys need it")]
            pub(crate) fn as_bytes(&self) -> &[u8] {
                self.0.as_bytes()
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_tuple(stringify!($name)).field(&self.as_str()).finish()
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::id::IdError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::new(text)
            }
        }

        impl TryFrom<&str> for $name {
            type Error = $crate::id::IdError;
            fn try_from(text: &str) -> Result<Self, Self::Error> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::id::IdError;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::new(text)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Visitor;
                impl ::serde::de::Visitor<'_> for Visitor {
                    type Value = $name;
                    fn expecting(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                        f.write_str(concat!("the text of a ", $noun))
                    }
                    fn visit_str<E: ::serde::de::Error>(self, text: &str) -> Result<$name, E> {
                        $name::new(text).map_err(E::custom)
                    }
                }
                deserializer.deserialize_str(Visitor)
            }
        }
    };
}
pub(super) use id;

/// The id of a noun that a host gives, also from what databases number or draw.
macro_rules! given {
    ($(#[$doc:meta])* $name:ident, $noun:literal, $max:expr, slash: $slash:literal) => {
        id!($(#[$doc])* $name, $noun, $max, slash: $slash);

        impl From<u64> for $name {
            /// The number in decimal digits.
            fn from(number: u64) -> Self {
                $name(printed(format_args!("{number}")))
            }
        }

        impl From<Uuid> for $name {
            /// The UUID in lower-case hexadecimal with hyphens.
            fn from(uuid: Uuid) -> Self {
                $name(Text::new(uuid.hyphenated().encode_lower(&mut Uuid::encode_buffer())))
            }
        }
    };
}

/// A text that is known to fit and to be printable.
fn printed(arguments: std::fmt::Arguments<'_>) -> Text {
    Text::new(Draft::of(arguments).as_ref().map_or("", Draft::as_str))
}

given! {
    /// Names an order. Parcels, payment intents, returns and reservations derive theirs from it, so it holds
    /// no `/`.
    ///
    /// ```
    /// use order_workflow::id::{OrderId, ParcelId};
    ///
    /// let order = OrderId::new("o-1841")?;
    /// assert_eq!(ParcelId::of(&order, 2).as_str(), "o-1841/p2");
    /// assert_eq!(OrderId::from(1841).to_string(), "1841");
    /// assert_eq!(
    ///     OrderId::new("o/1841").unwrap_err().to_string(),
    ///     "order id `o/1841` holds `/`; accepted: printable text without it, since ids derived from it use it"
    /// );
    /// # Ok::<(), order_workflow::id::IdError>(())
    /// ```
    OrderId, "order id", GIVEN, slash: false
}

impl OrderId {
    /// The id of the `n`-th order that follows from this one (an exchange, a replacement): `o-1~1`.
    ///
    /// # Errors
    /// [`IdError::TooLong`] if the id has no room left for the number.
    ///
    /// ```
    /// use order_workflow::OrderId;
    ///
    /// assert_eq!(OrderId::new("o-1")?.linked(1)?.as_str(), "o-1~1");
    /// assert!(OrderId::new("o".repeat(63))?.linked(1).is_err());
    /// # Ok::<(), order_workflow::id::IdError>(())
    /// ```
    pub fn linked(&self, n: u32) -> Result<OrderId, IdError> {
        let rule: Rule = OrderId::RULE;
        // At most 64 + 1 + 10 bytes, so there always is a draft.
        rule.check(Draft::of(format_args!("{self}~{n}")).as_ref().map_or("", Draft::as_str)).map(OrderId)
    }
}

given! {
    /// Names a ticket of support. It holds no `/`, since ids derived from it use it.
    TicketId, "ticket id", GIVEN, slash: false
}
given! {
    /// Names a line of an order, unique within the order.
    LineId, "line id", GIVEN, slash: true
}
given! {
    /// Names what is sold and stocked: a stock keeping unit.
    Sku, "SKU", GIVEN, slash: true
}
given! {
    /// Names who sells: the house itself or a merchant of a marketplace.
    SellerId, "seller id", GIVEN, slash: true
}
given! {
    /// Names who buys. A reference into the host's own records: no name, no e-mail address.
    CustomerId, "customer id", GIVEN, slash: true
}
given! {
    /// Names a place that keeps goods: a warehouse, a shop, a locker.
    LocationId, "location id", GIVEN, slash: true
}
given! {
    /// Names where an order came in: the web shop, an app, a marketplace.
    ChannelId, "channel id", GIVEN, slash: true
}
given! {
    /// Names a promotion, the rule that gives a benefit.
    PromotionId, "promotion id", GIVEN, slash: true
}
given! {
    /// Names a system that reports facts: a payment gateway, a warehouse, a carrier.
    SystemId, "system id", GIVEN, slash: true
}
given! {
    /// Names an address in the host's vault. Orders carry this instead of the address, so that a person can be
    /// forgotten without touching an order's history.
    AddressRef, "address reference", GIVEN, slash: true
}
given! {
    /// Names the quote that an order was placed on.
    QuoteRef, "quote reference", GIVEN, slash: true
}
given! {
    /// Names who pays for a discount: the house, a seller, a brand.
    FunderId, "funder id", GIVEN, slash: true
}
given! {
    /// Names a lot of a stocked SKU: units that share an expiry date or a quality.
    LotId, "lot id", GIVEN, slash: true
}
given! {
    /// Names an arrival that is on its way: a purchase order's delivery, a transfer.
    InboundId, "inbound id", GIVEN, slash: true
}
given! {
    /// Names a coupon, the claim to a promotion. It is no code: codes are compared, ids are looked up.
    CouponId, "coupon id", GIVEN, slash: true
}
given! {
    /// Names a sum of money that discounts or goodwill are taken from.
    BudgetId, "budget id", GIVEN, slash: true
}
given! {
    /// Names a rule that limits how much one subject may buy.
    LimitId, "limit id", GIVEN, slash: true
}
given! {
    /// Names whom a purchase limit counts: a customer, an address, a payment instrument. A reference into the
    /// host's own records, as all ids of people are.
    SubjectId, "subject id", GIVEN, slash: true
}
given! {
    /// Names one command on reservations, and is its idempotency key: sent again under the same id, it gets the
    /// same answer. Up to 128 bytes, so that it can be derived from the id of the request or effect behind it.
    OpId, "op id", DERIVED, slash: true
}
given! {
    /// What another system calls a fact that it reports: up to 128 bytes, unique within that system. Together
    /// with the [`SystemId`] it tells a repeat from news.
    Reference, "reference", DERIVED, slash: true
}

/// The op of the command that an effect asks for: the effect's id.
impl From<&EffectId> for OpId {
    fn from(effect: &EffectId) -> Self {
        OpId(Text::new(effect.as_str()))
    }
}

/// The op of the first command under a name, which makes it: the name.
impl From<&ReservationId> for OpId {
    fn from(reservation: &ReservationId) -> Self {
        OpId(Text::new(reservation.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_an_id() {
        let longest = "x".repeat(64);
        for text in ["o-1", "1", "Bestellung 7", "订单-1", "a b", "🦀", "~", "o\u{200d}1", &longest] {
            assert_eq!(OrderId::new(text).expect(text).as_str(), text);
        }
    }

    #[test]
    fn what_is_none_and_why() {
        let long = "é".repeat(33); // 66 bytes
        for (text, sentence) in [
            ("", "order id is empty; accepted: 1 to 64 bytes of printable text"),
            (&long, &format!("order id `{long}` has 66 bytes; accepted: 1 to 64")[..]),
            ("a\nb", "order id `a\\nb` holds the character `\\n`; accepted: printable text without controls"),
            (
                "a\u{202e}b",
                "order id `a\\u{202e}b` holds the character `\\u{202e}`; \
                 accepted: printable text without controls",
            ),
            (" o-1", "order id ` o-1` begins or ends with a blank; accepted: the same without"),
            (
                "o-1\u{3000}",
                "order id `o-1\\u{3000}` begins or ends with a blank; accepted: the same without",
            ),
            (
                "o/1",
                "order id `o/1` holds `/`; accepted: printable text without it, since ids derived from it use it",
            ),
        ] {
            assert_eq!(OrderId::new(text).expect_err(text).to_string(), sentence);
        }
    }

    #[test]
    fn only_nouns_with_children_exclude_the_slash() {
        OrderId::new("a/b").expect_err("has parcels");
        TicketId::new("a/b").expect_err("has children");
        Sku::new("shirt/red/xl").expect("has none");
        Reference::new("wh/2026/1").expect("has none");
    }

    #[test]
    fn numbers_and_uuids_are_ids() {
        assert_eq!(Sku::from(u64::MAX).as_str(), "18446744073709551615");
        assert_eq!(CustomerId::from(0).as_str(), "0");
        let uuid = Uuid::from_u128(0x0190_aaaa_bbbb_7ccc_8ddd_eeee_ffff_0001);
        assert_eq!(OrderId::from(uuid).as_str(), "0190aaaa-bbbb-7ccc-8ddd-eeeeffff0001");
        assert_eq!(OrderId::from(uuid), OrderId::new(uuid.to_string()).expect("the same"));
    }

    #[test]
    fn a_linked_order_is_an_order() {
        let order = OrderId::new("o-1").expect("fits");
        assert_eq!(order.linked(1).expect("fits").linked(2).expect("fits").as_str(), "o-1~1~2");
        let full = OrderId::new("x".repeat(64)).expect("fits");
        assert!(matches!(full.linked(u32::MAX), Err(IdError::TooLong { bytes: 75, max: 64, .. })));
    }

    #[test]
    fn debug_names_the_noun() {
        assert_eq!(format!("{:?}", OrderId::from(1)), "OrderId(\"1\")");
        assert_eq!(format!("{:>5}|", OrderId::from(1)), "    1|");
    }

    #[test]
    fn the_wire_form_is_the_text_and_is_checked() {
        let sku: Sku = serde_json::from_str(r#""a-1""#).expect("reads");
        assert_eq!(serde_json::to_string(&sku).expect("serialises"), r#""a-1""#);
        for wrong in [r#""""#, r#"" a""#, "\"a\\u0000\"", "1", "null"] {
            serde_json::from_str::<Sku>(wrong).expect_err(wrong);
        }
        let map = BTreeMap::from([(sku, 1)]); // also as a key of a JSON object
        let text = serde_json::to_string(&map).expect("serialises");
        assert_eq!(serde_json::from_str::<BTreeMap<Sku, i32>>(&text).expect("reads"), map);
    }

    #[test]
    fn a_reference_may_be_twice_as_long() {
        Reference::new("x".repeat(128)).expect("fits");
        Reference::new("x".repeat(129)).expect_err("too long");
        Sku::new("x".repeat(65)).expect_err("too long");
    }

    proptest! {
        #[test]
        fn every_text_is_an_id_or_an_error_on_one_line(text in any::<String>()) {
            match OrderId::new(&text) {
                Ok(id) => {
                    prop_assert_eq!(id.as_str(), &text);
                    prop_assert_eq!(text.parse::<OrderId>(), Ok(id.clone()));
                    let json = serde_json::to_string(&id).expect("serialises");
                    prop_assert_eq!(serde_json::from_str::<OrderId>(&json).expect("reads"), id);
                }
                Err(error) => prop_assert!(!error.to_string().contains('\n')),
            }
        }
    }
}
