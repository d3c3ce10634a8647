//! What can be sold, and how goods come and go: policies over reservations.
//!
//! The numbers themselves are [pools](crate::reservation::Pool) in a store. This room reads their levels and says what
//! they mean, or makes the legs and acts to ask the store for; it keeps nothing and asks nobody.
//!
//! - *How many can be had, and why not more?* [`availability`], with quotas that may borrow ([`QuotaRule`]).
//! - *What is a shopper told?* [`view`] of an [`Outlook`]: what a reserve at that moment would answer.
//! - *When could it be there?* [`promise`] over [`Arrival`]s: presale and backorder.
//! - *Which legs?* [`Availability::legs`], [`Promise::legs`], [`pick_lots`] (first expired, first out), [`kit_legs`],
//!   [`limit_legs`] (per customer, address, instrument); all join in one reserve.
//! - *Goods come and go:* [`Shelves`] makes the acts to receive, adjust, transfer and take back by grade;
//!   [`Inbound`] those of an arrival; [`SerialRegister`] writes down serial numbers.
//! - *What needs a hand?* [`AlertState`] for low and no stock, [`propose_transfer`] between locations.
//!
//! **Invariant:** equal input gives equal answers; what is advisory (the pool safety, a lender's keep, sliding limits)
//! says so, everything else holds under races because the pools do.

mod alert;
mod arrival;
mod availability;
mod demand;
mod error;
mod kit;
mod limit;
mod lots;
mod movement;
mod quota;
mod reason;
mod serial;
mod shelf;
mod sliding;
mod transfer;
mod view;

pub use self::alert::{Alert, AlertChange, AlertRule, AlertState};
pub use self::arrival::{Arrival, FromInbound, Inbound, Promise, promise};
pub use self::availability::{
    Availability, AvailabilityPolicy, AvailabilityQuery, LocationStock, ShelfFree, ShelfLevel, availability,
};
pub use self::demand::Demand;
pub use self::error::{InventoryRefusal, Movement};
pub use self::kit::{Component, Kit, kit_legs};
pub use self::limit::{Buyer, Per, Period, PurchaseLimit, limit_legs};
pub use self::lots::{Lot, LotPick, LotPicks, LotPolicy, pick_lots};
pub use self::movement::{Grade, Returned, TakenBack};
pub use self::quota::{Lender, QuotaLegs, QuotaRule};
pub use self::reason::InventoryReason;
pub use self::serial::{Serial, SerialAnswer, SerialChange, SerialFact, SerialFinding, SerialRegister};
pub use self::shelf::{Shelf, Shelves, StockPolicy};
pub use self::sliding::{LimitCheck, OverLimit, Purchase, SlidingLimit};
pub use self::transfer::{Donor, TransferMove, TransferPolicy, TransferProposal, propose_transfer};
pub use self::view::{BackorderOffer, Outlook, ShopperView, ViewPolicy, view};
