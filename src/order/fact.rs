use serde::{Deserialize, Serialize};

use super::payment::{PaymentFact, PaymentFactKind};
use crate::{
    decision::Source,
    id::{LineId, LocationId, ParcelId},
};

/// Something that has happened. It is never refused: what does not fit is written down as an anomaly.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderFact {
    /// Who says so, under which reference, and when it happened. System and reference together name the fact:
    /// whatever comes again under them is a repeat, whatever it says, so take the id of the message (the
    /// callback, the scan), not that of the payment or parcel it is about.
    pub source: Source,
    /// What happened.
    pub what: Happened,
}

/// Some units of a line.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineUnits {
    /// The line.
    pub line: LineId,
    /// How many.
    pub units: u32,
}

/// The kinds of fact with what they say.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Happened {
    /// A location was chosen and holds the units.
    Allocated {
        /// Which units.
        of: LineUnits,
        /// Where.
        location: LocationId,
    },
    /// Handed to the warehouse.
    Released {
        /// Which units.
        of: LineUnits,
    },
    /// Taken from the shelf.
    Picked {
        /// Which units.
        of: LineUnits,
    },
    /// Not found on the shelf: the units go back to be allocated anew.
    PickedShort {
        /// The missing units.
        of: LineUnits,
    },
    /// Put into a carton.
    Packed {
        /// Which units.
        of: LineUnits,
    },
    /// Passed the pre-ship check.
    Verified {
        /// Which units.
        of: LineUnits,
    },
    /// A parcel left with the carrier.
    Shipped {
        /// The parcel.
        parcel: ParcelId,
        /// What is in it.
        contents: Vec<LineUnits>,
    },
    /// A parcel reached the customer.
    Delivered {
        /// The parcel.
        parcel: ParcelId,
    },
    /// The carrier tried in vain.
    DeliveryFailed {
        /// The parcel.
        parcel: ParcelId,
    },
    /// The carrier gave a parcel up.
    Lost {
        /// The parcel.
        parcel: ParcelId,
    },
    /// Units are back at the warehouse: returned, undeliverable, or stopped on the way.
    ReceivedBack {
        /// Which units.
        of: LineUnits,
    },
    /// Units that came back were looked at.
    Inspected {
        /// Which units.
        of: LineUnits,
        /// In which state they are.
        condition: Condition,
    },
    /// A recall succeeded before the units left the house.
    Recalled {
        /// Which units.
        of: LineUnits,
    },
    /// A recall came too late: the units go on.
    RecallRefused {
        /// Which units.
        of: LineUnits,
    },
    /// Units wait at the counter.
    ReadyForPickUp {
        /// Which units.
        of: LineUnits,
    },
    /// The customer took them.
    Collected {
        /// Which units.
        of: LineUnits,
    },
    /// Nobody came: the counter sent them back. That also answers the recall of units that wait there.
    PickUpLapsed {
        /// Which units.
        of: LineUnits,
    },
    /// Digital goods were handed out.
    Granted {
        /// Which units.
        of: LineUnits,
    },
    /// The stock asked for with `TryReinstate` is held.
    StockHeld,
    /// The stock asked for with `TryReinstate` is gone.
    StockGone,
    /// Something happened to the money.
    Payment(PaymentFact),
}

/// The state of a unit that came back.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Can be sold again.
    Sellable,
    /// Cannot.
    Damaged,
}

/// The kinds of fact alone, for tables and diagrams.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactKind {
    /// [`Happened::Allocated`].
    Allocated,
    /// [`Happened::Released`].
    Released,
    /// [`Happened::Picked`].
    Picked,
    /// [`Happened::PickedShort`].
    PickedShort,
    /// [`Happened::Packed`].
    Packed,
    /// [`Happened::Verified`].
    Verified,
    /// [`Happened::Shipped`].
    Shipped,
    /// [`Happened::Delivered`].
    Delivered,
    /// [`Happened::DeliveryFailed`].
    DeliveryFailed,
    /// [`Happened::Lost`].
    Lost,
    /// [`Happened::ReceivedBack`].
    ReceivedBack,
    /// [`Happened::Inspected`].
    Inspected,
    /// [`Happened::Recalled`].
    Recalled,
    /// [`Happened::RecallRefused`].
    RecallRefused,
    /// [`Happened::ReadyForPickUp`].
    ReadyForPickUp,
    /// [`Happened::Collected`].
    Collected,
    /// [`Happened::PickUpLapsed`].
    PickUpLapsed,
    /// [`Happened::Granted`].
    Granted,
    /// [`Happened::StockHeld`].
    StockHeld,
    /// [`Happened::StockGone`].
    StockGone,
    /// [`Happened::Payment`].
    Payment(PaymentFactKind),
}

impl FactKind {
    /// Every kind about units, in the order of declaration; payments move no unit by themselves.
    pub const UNITS: [FactKind; 20] = [
        FactKind::Allocated,
        FactKind::Released,
        FactKind::Picked,
        FactKind::PickedShort,
        FactKind::Packed,
        FactKind::Verified,
        FactKind::Shipped,
        FactKind::Delivered,
        FactKind::DeliveryFailed,
        FactKind::Lost,
        FactKind::ReceivedBack,
        FactKind::Inspected,
        FactKind::Recalled,
        FactKind::RecallRefused,
        FactKind::ReadyForPickUp,
        FactKind::Collected,
        FactKind::PickUpLapsed,
        FactKind::Granted,
        FactKind::StockHeld,
        FactKind::StockGone,
    ];

    /// The name as serialised.
    pub const fn name(self) -> &'static str {
        match self {
            FactKind::Allocated => "allocated",
            FactKind::Released => "released",
            FactKind::Picked => "picked",
            FactKind::PickedShort => "picked_short",
            FactKind::Packed => "packed",
            FactKind::Verified => "verified",
            FactKind::Shipped => "shipped",
            FactKind::Delivered => "delivered",
            FactKind::DeliveryFailed => "delivery_failed",
            FactKind::Lost => "lost",
            FactKind::ReceivedBack => "received_back",
            FactKind::Inspected => "inspected",
            FactKind::Recalled => "recalled",
            FactKind::RecallRefused => "recall_refused",
            FactKind::ReadyForPickUp => "ready_for_pick_up",
            FactKind::Collected => "collected",
            FactKind::PickUpLapsed => "pick_up_lapsed",
            FactKind::Granted => "granted",
            FactKind::StockHeld => "stock_held",
            FactKind::StockGone => "stock_gone",
            FactKind::Payment(kind) => kind.name(),
        }
    }
}

impl Happened {
    /// The kind without its payload.
    pub const fn kind(&self) -> FactKind {
        match self {
            Happened::Allocated { .. } => FactKind::Allocated,
            Happened::Released { .. } => FactKind::Released,
            Happened::Picked { .. } => FactKind::Picked,
            Happened::PickedShort { .. } => FactKind::PickedShort,
            Happened::Packed { .. } => FactKind::Packed,
            Happened::Verified { .. } => FactKind::Verified,
            Happened::Shipped { .. } => FactKind::Shipped,
            Happened::Delivered { .. } => FactKind::Delivered,
            Happened::DeliveryFailed { .. } => FactKind::DeliveryFailed,
            Happened::Lost { .. } => FactKind::Lost,
            Happened::ReceivedBack { .. } => FactKind::ReceivedBack,
            Happened::Inspected { .. } => FactKind::Inspected,
            Happened::Recalled { .. } => FactKind::Recalled,
            Happened::RecallRefused { .. } => FactKind::RecallRefused,
            Happened::ReadyForPickUp { .. } => FactKind::ReadyForPickUp,
            Happened::Collected { .. } => FactKind::Collected,
            Happened::PickUpLapsed { .. } => FactKind::PickUpLapsed,
            Happened::Granted { .. } => FactKind::Granted,
            Happened::StockHeld => FactKind::StockHeld,
            Happened::StockGone => FactKind::StockGone,
            Happened::Payment(fact) => FactKind::Payment(fact.what.kind()),
        }
    }
}
