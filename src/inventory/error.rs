//! Why inventory does not do what it was asked.

use chrono::{DateTime, Utc};

use crate::calendar::CalendarError;
use crate::id::{ChannelId, LimitId, LocationId, Sku};
use crate::inventory::Per;
use crate::money::MoneyError;
use crate::reservation::{LEGS_MAX, Pool};

/// Why inventory does not do what it was asked. Nothing has changed: its functions are pure.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InventoryRefusal {
    /// A movement of no units, or of fewer.
    #[error("{units} units to {movement}; accepted: 1 or more", movement = movement.verb())]
    NotPositive {
        /// What was to be done.
        movement: Movement,
        /// With how many.
        units: i64,
    },
    /// The host keeps no such shelf.
    #[error("there is no shelf for the {pool}; accepted: one of the host's shelves")]
    NotStocked {
        /// The pool that was named.
        pool: Pool,
    },
    /// Two shelves of a list are one.
    #[error("the {pool} is listed twice; accepted: each shelf once")]
    SameShelf {
        /// Which.
        pool: Pool,
    },
    /// Goods were to go to where they are.
    #[error("the {pool} is both giver and taker; accepted: two shelves of one SKU")]
    SamePlace {
        /// The shelf.
        pool: Pool,
    },
    /// A lot for what must not be sold is a shelf that sells.
    #[error("the {pool} sells; accepted: a lot that is no shelf, or a closed one")]
    LotSells {
        /// The lot's pool.
        pool: Pool,
    },
    /// Not so many can be had.
    #[error("{wanted} units of `{sku}`; available: {available}")]
    Insufficient {
        /// Of what.
        sku: Sku,
        /// How many were wanted.
        wanted: u32,
        /// How many can be had.
        available: i64,
    },
    /// A channel may not sell so many, with all that it may borrow.
    #[error(
        "{wanted} units of `{sku}` in channel `{channel}`; left of its quota and what it may borrow: {left}"
    )]
    QuotaShort {
        /// The channel.
        channel: ChannelId,
        /// What it sells.
        sku: Sku,
        /// How many were wanted.
        wanted: u32,
        /// How many it may sell.
        left: i64,
    },
    /// A limit counts what this buyer does not say.
    #[error("limit `{rule}` counts by {per}, which the buyer lacks; accepted: a buyer with {per}", per = per.word())]
    NoSubject {
        /// The limit.
        rule: LimitId,
        /// What it counts by.
        per: Per,
    },
    /// A window of time that has no length.
    #[error("limit `{rule}` has a window of {seconds} seconds; accepted: 1 or more")]
    NoWindow {
        /// The limit.
        rule: LimitId,
        /// Its length.
        seconds: u32,
    },
    /// A window of time that ends before it begins.
    #[error("limit `{rule}` has a window from {from} until {until}; accepted: one that ends after it begins")]
    EmptyWindow {
        /// The limit.
        rule: LimitId,
        /// Its first instant.
        from: DateTime<Utc>,
        /// The first instant after it.
        until: DateTime<Utc>,
    },
    /// An instant lies beyond the years that local time reaches.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    /// A kit of nothing, or of none of something.
    #[error("kit `{kit}` holds no units{}; accepted: at least one unit of every component", of(component.as_ref()))]
    EmptyKit {
        /// The kit.
        kit: Sku,
        /// The component of which it holds none; `None`: it has no components.
        component: Option<Sku>,
    },
    /// More pools than one command may name.
    #[error("{legs} pools in one command; accepted: up to {max}", max = LEGS_MAX)]
    TooManyLegs {
        /// How many.
        legs: u64,
    },
    /// An alert that would clear as soon as it is raised.
    #[error("raised at {low_at} and cleared at {clear_at}; accepted: cleared above what it is raised at")]
    NoHysteresis {
        /// Raised at that or less.
        low_at: i64,
        /// Cleared at that or more.
        clear_at: i64,
    },
    /// A demand over no time.
    #[error("{units} units in 0 days; accepted: 1 day or more")]
    NoDays {
        /// How many units.
        units: u32,
    },
    /// A location offers twice.
    #[error("location `{location}` is listed twice; accepted: each donor once")]
    SameDonor {
        /// Which.
        location: LocationId,
    },
    /// Costs that do not add up.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// What was to be done with units.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Movement {
    /// Goods come in.
    Receive,
    /// Goods go to another shelf.
    Transfer,
    /// Goods come back.
    Return,
    /// Goods in quarantine were looked at.
    Inspection,
}

impl Movement {
    const fn verb(self) -> &'static str {
        match self {
            Movement::Receive => "receive",
            Movement::Transfer => "transfer",
            Movement::Return => "take back",
            Movement::Inspection => "inspect",
        }
    }
}

fn of(component: Option<&Sku>) -> String {
    component.map_or_else(String::new, |sku| format!(" of `{sku}`"))
}

impl InventoryRefusal {
    /// The variant by its stable name, for logs and translations.
    pub const fn code(&self) -> &'static str {
        match self {
            InventoryRefusal::NotPositive { .. } => "not_positive",
            InventoryRefusal::NotStocked { .. } => "not_stocked",
            InventoryRefusal::SameShelf { .. } => "same_shelf",
            InventoryRefusal::SamePlace { .. } => "same_place",
            InventoryRefusal::LotSells { .. } => "lot_sells",
            InventoryRefusal::Insufficient { .. } => "insufficient",
            InventoryRefusal::QuotaShort { .. } => "quota_short",
            InventoryRefusal::NoSubject { .. } => "no_subject",
            InventoryRefusal::NoWindow { .. } => "no_window",
            InventoryRefusal::EmptyWindow { .. } => "empty_window",
            InventoryRefusal::Calendar(_) => "calendar",
            InventoryRefusal::EmptyKit { .. } => "empty_kit",
            InventoryRefusal::TooManyLegs { .. } => "too_many_legs",
            InventoryRefusal::NoHysteresis { .. } => "no_hysteresis",
            InventoryRefusal::NoDays { .. } => "no_days",
            InventoryRefusal::SameDonor { .. } => "same_donor",
            InventoryRefusal::Money(_) => "money",
        }
    }
}
