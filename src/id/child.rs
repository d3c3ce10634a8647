//! Ids that are derived from a parent's: never drawn, so that a retry names the same child.

use std::fmt;

use crate::id::noun::id;
use crate::id::rule::DERIVED;
use crate::id::text::{Draft, Text};
use crate::id::{IdError, OrderId};

id! {
    /// Names the `n`-th parcel of an order: `o-1/p2`.
    ParcelId, "parcel id", DERIVED, slash: true
}
id! {
    /// Names the `n`-th payment intent of an order: `o-1/i1`.
    IntentId, "payment intent id", DERIVED, slash: true
}
id! {
    /// Names the `n`-th return of an order: `o-1/rma1`.
    ReturnId, "return id", DERIVED, slash: true
}
id! {
    /// Names what one attempt of an order holds in one shard: `o-1/r1.0`. A new attempt takes a new name, since
    /// a name that ever held is never reused.
    ReservationId, "reservation id", DERIVED, slash: true
}
id! {
    /// Names the effect at one place of one version of a stream, and is its idempotency key at the gateway:
    /// `order/o-1/v7.0`.
    EffectId, "effect id", DERIVED, slash: true
}

impl ParcelId {
    /// The id of parcel `n` of `order`.
    pub fn of(order: &OrderId, n: u32) -> ParcelId {
        ParcelId(derived(format_args!("{order}/p{n}")))
    }
}

impl IntentId {
    /// The id of payment intent `n` of `order`.
    pub fn of(order: &OrderId, n: u32) -> IntentId {
        IntentId(derived(format_args!("{order}/i{n}")))
    }
}

impl ReturnId {
    /// The id of return `n` of `order`.
    pub fn of(order: &OrderId, n: u32) -> ReturnId {
        ReturnId(derived(format_args!("{order}/rma{n}")))
    }
}

impl ReservationId {
    /// The id of what `attempt` of `order` holds in `shard`.
    pub fn of(order: &OrderId, attempt: u32, shard: u32) -> ReservationId {
        ReservationId(derived(format_args!("{order}/r{attempt}.{shard}")))
    }
}

impl EffectId {
    /// The id of the effect at `index` (from zero) of the decision that `order` made at `version`.
    ///
    /// ```
    /// use order_workflow::id::{EffectId, OrderId};
    ///
    /// let order = OrderId::new("o-1")?;
    /// assert_eq!(EffectId::of_order(&order, 7, 0).as_str(), "order/o-1/v7.0");
    /// # Ok::<(), order_workflow::id::IdError>(())
    /// ```
    pub fn of_order(order: &OrderId, version: u64, index: u32) -> EffectId {
        EffectId(derived(format_args!("order/{order}/v{version}.{index}")))
    }

    /// The id of the effect at `index` (from zero) among those of `version` of `stream`.
    ///
    /// # Errors
    /// [`IdError`] if `stream` is no printable text, or leaves no room for version and index in 128 bytes. The
    /// stream of any order, parcel or ticket does.
    ///
    /// ```
    /// use order_workflow::id::EffectId;
    ///
    /// assert_eq!(EffectId::of("order/o-1", 7, 0)?.as_str(), "order/o-1/v7.0");
    /// # Ok::<(), order_workflow::id::IdError>(())
    /// ```
    pub fn of(stream: &str, version: u64, index: u32) -> Result<EffectId, IdError> {
        match Draft::of(format_args!("{stream}/v{version}.{index}")) {
            Some(draft) => EffectId::new(draft.as_str()),
            None => EffectId::new(format!("{stream}/v{version}.{index}")), // the error says how long it is
        }
    }
}

/// A text of an order's id and numbers: at most 6 + 64 + 2 + 20 + 1 + 10 bytes, printable since the id is.
fn derived(arguments: fmt::Arguments<'_>) -> Text {
    Text::new(Draft::of(arguments).as_ref().map_or("", Draft::as_str))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_say_whose_they_are() {
        let order = OrderId::new("o-1").expect("fits");
        assert_eq!(ParcelId::of(&order, 2).as_str(), "o-1/p2");
        assert_eq!(IntentId::of(&order, 1).as_str(), "o-1/i1");
        assert_eq!(ReturnId::of(&order, 1).as_str(), "o-1/rma1");
        assert_eq!(ReservationId::of(&order, 1, 0).as_str(), "o-1/r1.0");
        assert_eq!(EffectId::of("order/o-1", 7, 0).expect("fits").as_str(), "order/o-1/v7.0");
    }

    #[test]
    fn the_longest_parent_has_room_for_every_child() {
        let order = OrderId::new("x".repeat(64)).expect("fits");
        let most = u32::MAX;
        for text in [
            ParcelId::of(&order, most).to_string(),
            IntentId::of(&order, most).to_string(),
            ReturnId::of(&order, most).to_string(),
            ReservationId::of(&order, most, most).to_string(),
            EffectId::of(&format!("order/{order}"), u64::MAX, most).expect("fits").to_string(),
        ] {
            assert!(text.contains(order.as_str()), "{text}");
            assert_eq!(ParcelId::new(&text).expect("fits").as_str(), text);
        }
    }

    #[test]
    fn children_are_read_from_the_wire_too() {
        let parcel = ParcelId::of(&OrderId::from(7), 1);
        let json = serde_json::to_string(&parcel).expect("serialises");
        assert_eq!(json, r#""7/p1""#);
        assert_eq!(serde_json::from_str::<ParcelId>(&json).expect("reads"), parcel);
    }

    #[test]
    fn an_effect_of_no_stream_is_refused() {
        assert!(matches!(EffectId::of(&"x".repeat(125), 1, 0), Err(IdError::TooLong { bytes: 130, .. })));
        assert!(matches!(EffectId::of("a\tb", 1, 0), Err(IdError::Unprintable { .. })));
        assert!(matches!(EffectId::of(" a", 1, 0), Err(IdError::Blank { .. })));
    }

    #[test]
    fn short_children_are_made_without_a_heap() {
        let order = OrderId::new("o-1841").expect("fits");
        let counted = allocation_counter::measure(|| {
            let parcel = ParcelId::of(&order, 2);
            assert_eq!(parcel.clone(), parcel);
        });
        assert_eq!(counted.count_total, 0);
    }
}
