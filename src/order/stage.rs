use serde::{Deserialize, Serialize};

use super::named::named;
use crate::id::LocationId;

named! {
    /// Where one unit of a line stands. A unit is in exactly one stage.
    Stage {
        /// Ordered, not yet covered by money or terms.
        Placed = "placed",
        /// Covered: authorised, captured, or to be paid on delivery.
        Confirmed = "confirmed",
        /// A location has been chosen and holds the unit.
        Allocated = "allocated",
        /// Handed to the warehouse; from here a cancellation is a recall.
        Released = "released",
        /// Taken from the shelf.
        Picked = "picked",
        /// In a carton.
        Packed = "packed",
        /// Passed the pre-ship check.
        Verified = "verified",
        /// Waiting for the customer at the pick-up location.
        ReadyForPickUp = "ready_for_pick_up",
        /// With the carrier.
        Shipped = "shipped",
        /// At the customer's.
        Delivered = "delivered",
        /// Taken by the customer at the pick-up location.
        Collected = "collected",
        /// Digital goods handed out.
        Granted = "granted",
        /// The return window is over: an end.
        Completed = "completed",
        /// Cancelled after release; the warehouse or the carrier may still refuse.
        Recalling = "recalling",
        /// The customer asks to send it back.
        ReturnRequested = "return_requested",
        /// The return is approved and on its way.
        ReturnComing = "return_coming",
        /// Back at the warehouse, not yet inspected.
        Received = "received",
        /// The carrier lost it; re-ship or refund leads on.
        Lost = "lost",
        /// Ended before it left.
        Cancelled = "cancelled",
        /// Not collected in time.
        Lapsed = "lapsed",
        /// Ended after it left, with its money credited.
        Refunded = "refunded",
        /// Replaced by a linked order.
        Exchanged = "exchanged",
    }
}

impl Stage {
    /// How far along a unit is: the order's status is that of its least advanced live unit.
    pub const fn rank(self) -> u8 {
        match self {
            Stage::Placed => 0,
            Stage::Confirmed => 1,
            Stage::Allocated => 2,
            Stage::Released => 3,
            Stage::Picked => 4,
            Stage::Packed => 5,
            Stage::Verified => 6,
            Stage::ReadyForPickUp => 7,
            Stage::Recalling => 8,
            Stage::Shipped => 9,
            Stage::Lost => 10,
            Stage::Delivered | Stage::Collected | Stage::Granted => 11,
            Stage::ReturnRequested => 12,
            Stage::ReturnComing => 13,
            Stage::Received => 14,
            Stage::Completed => 15,
            Stage::Cancelled | Stage::Lapsed | Stage::Refunded | Stage::Exchanged => 16,
        }
    }

    /// Whether the unit still counts for the order's status. Only the four ends do not.
    pub const fn is_live(self) -> bool {
        self.rank() < 16
    }

    /// Whether the unit is with the customer, or was and is done.
    pub const fn is_fulfilled(self) -> bool {
        self.rank() >= Stage::Delivered.rank() && self.is_live()
    }

    /// Whether the unit ended with its price given back: charges follow these.
    pub const fn is_credited(self) -> bool {
        matches!(self, Stage::Cancelled | Stage::Lapsed | Stage::Refunded)
    }

    /// Whether the unit has not yet been handed to a warehouse: an edit or a cancel is immediate.
    pub const fn is_before_release(self) -> bool {
        matches!(self, Stage::Placed | Stage::Confirmed | Stage::Allocated)
    }

    /// Whether the unit is still in house, released or not, and not with carrier or customer.
    pub const fn is_in_house(self) -> bool {
        self.rank() <= Stage::Verified.rank()
    }
}

/// How a line reaches the customer.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fulfilment {
    /// By parcel.
    Ship,
    /// The customer collects at `location`.
    PickUp {
        /// Where it waits.
        location: LocationId,
    },
    /// Nothing is moved: a licence, a code, a download.
    Digital,
}

impl Fulfilment {
    /// Which table of transitions applies.
    pub const fn way(&self) -> Way {
        match self {
            Fulfilment::Ship => Way::Ship,
            Fulfilment::PickUp { .. } => Way::PickUp,
            Fulfilment::Digital => Way::Digital,
        }
    }
}

/// The fulfilment method without its payload: one table of transitions each.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// By parcel.
    Ship,
    /// Collected by the customer.
    PickUp,
    /// Digital.
    Digital,
}

impl Way {
    /// Every method.
    pub const ALL: [Way; 3] = [Way::Ship, Way::PickUp, Way::Digital];
}

named! {
    /// What an order is as a whole: derived from its units, never stored.
    OrderStatus {
        /// Some unit waits for money or terms.
        Placed = "placed",
        /// Covered, nothing allocated yet.
        Confirmed = "confirmed",
        /// Locations are chosen.
        Allocated = "allocated",
        /// With the warehouse.
        Released = "released",
        /// Taken from the shelf.
        Picked = "picked",
        /// In cartons.
        Packed = "packed",
        /// Checked before shipment.
        Verified = "verified",
        /// Waiting at the counter.
        ReadyForPickUp = "ready_for_pick_up",
        /// Being recalled.
        Recalling = "recalling",
        /// With the carrier.
        Shipped = "shipped",
        /// Lost by the carrier.
        Lost = "lost",
        /// At the customer's (delivered, collected or granted).
        Delivered = "delivered",
        /// Coming back, or asked to.
        Returning = "returning",
        /// Done.
        Completed = "completed",
        /// Ended before anything was kept.
        Cancelled = "cancelled",
        /// Everything came back.
        Returned = "returned",
    }
}

impl OrderStatus {
    /// The status of an order whose units stand in `stages`: as far as the least advanced live unit; where
    /// none is live, returned if anything left the house, else cancelled.
    pub fn of(stages: impl IntoIterator<Item = Stage>) -> OrderStatus {
        let (mut least, mut went_out) = (None::<Stage>, false);
        for stage in stages {
            went_out |= matches!(stage, Stage::Refunded | Stage::Exchanged);
            if stage.is_live() && least.is_none_or(|least| stage.rank() < least.rank()) {
                least = Some(stage);
            }
        }
        match least {
            Some(Stage::Placed) => OrderStatus::Placed,
            Some(Stage::Confirmed) => OrderStatus::Confirmed,
            Some(Stage::Allocated) => OrderStatus::Allocated,
            Some(Stage::Released) => OrderStatus::Released,
            Some(Stage::Picked) => OrderStatus::Picked,
            Some(Stage::Packed) => OrderStatus::Packed,
            Some(Stage::Verified) => OrderStatus::Verified,
            Some(Stage::ReadyForPickUp) => OrderStatus::ReadyForPickUp,
            Some(Stage::Recalling) => OrderStatus::Recalling,
            Some(Stage::Shipped) => OrderStatus::Shipped,
            Some(Stage::Lost) => OrderStatus::Lost,
            Some(Stage::Delivered | Stage::Collected | Stage::Granted) => OrderStatus::Delivered,
            Some(Stage::ReturnRequested | Stage::ReturnComing | Stage::Received) => OrderStatus::Returning,
            Some(Stage::Completed) => OrderStatus::Completed,
            Some(Stage::Cancelled | Stage::Lapsed | Stage::Refunded | Stage::Exchanged) | None => {
                if went_out { OrderStatus::Returned } else { OrderStatus::Cancelled }
            }
        }
    }
}
