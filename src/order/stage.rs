use serde::{Deserialize, Serialize};

use crate::id::LocationId;

/// Where one unit of a line stands. A unit is in exactly one stage.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Ordered, not yet covered by money or terms.
    Placed,
    /// Covered: authorised, captured, or to be paid on delivery.
    Confirmed,
    /// A location has been chosen and holds the unit.
    Allocated,
    /// Handed to the warehouse; from here a cancellation is a recall.
    Released,
    /// Taken from the shelf.
    Picked,
    /// In a carton.
    Packed,
    /// Passed the pre-ship check.
    Verified,
    /// Waiting for the customer at the pick-up location.
    ReadyForPickUp,
    /// With the carrier.
    Shipped,
    /// At the customer's.
    Delivered,
    /// Taken by the customer at the pick-up location.
    Collected,
    /// Digital goods handed out.
    Granted,
    /// The return window is over: an end.
    Completed,
    /// Cancelled after release; the warehouse or the carrier may still refuse.
    Recalling,
    /// The customer asks to send it back.
    ReturnRequested,
    /// The return is approved and on its way.
    ReturnComing,
    /// Back at the warehouse, not yet inspected.
    Received,
    /// The carrier lost it; re-ship or refund leads on.
    Lost,
    /// Ended before it left.
    Cancelled,
    /// Not collected in time.
    Lapsed,
    /// Ended after it left, with its money credited.
    Refunded,
    /// Replaced by a linked order.
    Exchanged,
}

impl Stage {
    /// Every stage, in the order of declaration.
    pub const ALL: [Stage; 22] = [
        Stage::Placed,
        Stage::Confirmed,
        Stage::Allocated,
        Stage::Released,
        Stage::Picked,
        Stage::Packed,
        Stage::Verified,
        Stage::ReadyForPickUp,
        Stage::Shipped,
        Stage::Delivered,
        Stage::Collected,
        Stage::Granted,
        Stage::Completed,
        Stage::Recalling,
        Stage::ReturnRequested,
        Stage::ReturnComing,
        Stage::Received,
        Stage::Lost,
        Stage::Cancelled,
        Stage::Lapsed,
        Stage::Refunded,
        Stage::Exchanged,
    ];

    /// The name as serialised.
    pub const fn name(self) -> &'static str {
        match self {
            Stage::Placed => "placed",
            Stage::Confirmed => "confirmed",
            Stage::Allocated => "allocated",
            Stage::Released => "released",
            Stage::Picked => "picked",
            Stage::Packed => "packed",
            Stage::Verified => "verified",
            Stage::ReadyForPickUp => "ready_for_pick_up",
            Stage::Shipped => "shipped",
            Stage::Delivered => "delivered",
            Stage::Collected => "collected",
            Stage::Granted => "granted",
            Stage::Completed => "completed",
            Stage::Recalling => "recalling",
            Stage::ReturnRequested => "return_requested",
            Stage::ReturnComing => "return_coming",
            Stage::Received => "received",
            Stage::Lost => "lost",
            Stage::Cancelled => "cancelled",
            Stage::Lapsed => "lapsed",
            Stage::Refunded => "refunded",
            Stage::Exchanged => "exchanged",
        }
    }

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

/// What an order is as a whole: derived from its units, never stored.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// Some unit waits for money or terms.
    Placed,
    /// Covered, nothing allocated yet.
    Confirmed,
    /// Locations are chosen.
    Allocated,
    /// With the warehouse.
    Released,
    /// Taken from the shelf.
    Picked,
    /// In cartons.
    Packed,
    /// Checked before shipment.
    Verified,
    /// Waiting at the counter.
    ReadyForPickUp,
    /// Being recalled.
    Recalling,
    /// With the carrier.
    Shipped,
    /// Lost by the carrier.
    Lost,
    /// At the customer's (delivered, collected or granted).
    Delivered,
    /// Coming back, or asked to.
    Returning,
    /// Done.
    Completed,
    /// Ended before anything was kept.
    Cancelled,
    /// Everything came back.
    Returned,
}

impl OrderStatus {
    /// The name as serialised.
    pub const fn name(self) -> &'static str {
        match self {
            OrderStatus::Placed => "placed",
            OrderStatus::Confirmed => "confirmed",
            OrderStatus::Allocated => "allocated",
            OrderStatus::Released => "released",
            OrderStatus::Picked => "picked",
            OrderStatus::Packed => "packed",
            OrderStatus::Verified => "verified",
            OrderStatus::ReadyForPickUp => "ready_for_pick_up",
            OrderStatus::Recalling => "recalling",
            OrderStatus::Shipped => "shipped",
            OrderStatus::Lost => "lost",
            OrderStatus::Delivered => "delivered",
            OrderStatus::Returning => "returning",
            OrderStatus::Completed => "completed",
            OrderStatus::Cancelled => "cancelled",
            OrderStatus::Returned => "returned",
        }
    }

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
