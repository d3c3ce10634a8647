//! Why an answer is as it is, as data.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::id::{ChannelId, LocationId, LotId};
use crate::reservation::Pool;

/// Why an answer is as it is: code and fields are what a host translates. Given when asked for.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum InventoryReason {
    /// A shelf lies elsewhere than the chosen locations.
    NotChosen {
        /// Its pool.
        pool: Pool,
    },
    /// A shelf does not sell.
    Closed {
        /// Its pool.
        pool: Pool,
    },
    /// The store keeps another floor than the policy wants: set it.
    StaleFloor {
        /// The shelf's pool.
        pool: Pool,
        /// What the store keeps, and a reserve obeys.
        kept: Option<i64>,
        /// What the policy wants.
        wanted: Option<i64>,
    },
    /// A shelf has less than is reserved and must stay.
    Uncovered {
        /// Its pool.
        pool: Pool,
        /// How many units it lacks.
        units: i64,
    },
    /// Units stay over all locations.
    PoolSafety {
        /// How many.
        units: u32,
    },
    /// The quota leaves less than the shelves would.
    QuotaBinds {
        /// What it leaves.
        left: i64,
        /// What could be had without it; `None`: any number.
        without: Option<i64>,
    },
    /// A lot expires too soon.
    ExpiresTooSoon {
        /// Which.
        lot: LotId,
        /// When.
        expires_on: NaiveDate,
        /// The first day that would do; `None`: none that a calendar has.
        accepted_from: Option<NaiveDate>,
    },
    /// A lot is next to expire.
    NextToExpire {
        /// Which.
        lot: LotId,
        /// When; `None`: never, so it comes last.
        expires_on: Option<NaiveDate>,
    },
    /// A channel lends of its quota.
    Borrowed {
        /// Which.
        from: ChannelId,
        /// How many units.
        units: i64,
    },
    /// A donor is the cheapest that is left.
    Cheapest {
        /// Which.
        from: LocationId,
        /// How many units it gives.
        units: i64,
        /// How many it keeps beyond the reserved ones.
        keeps: i64,
    },
    /// A donor has nothing beyond what it keeps.
    KeepsItsOwn {
        /// Which.
        location: LocationId,
        /// How many units it has beyond the reserved ones; below zero: it lacks some itself.
        unreserved: i64,
        /// How many it keeps.
        keeps: i64,
    },
    /// A donor could give, but cheaper ones gave enough.
    NotNeeded {
        /// Which.
        location: LocationId,
        /// How many units it could give.
        spare: i64,
    },
}

impl InventoryReason {
    /// A stable code for translation tables.
    pub const fn code(&self) -> &'static str {
        match self {
            InventoryReason::NotChosen { .. } => "inventory.not_chosen",
            InventoryReason::Closed { .. } => "inventory.closed",
            InventoryReason::StaleFloor { .. } => "inventory.stale_floor",
            InventoryReason::Uncovered { .. } => "inventory.uncovered",
            InventoryReason::PoolSafety { .. } => "inventory.pool_safety",
            InventoryReason::QuotaBinds { .. } => "inventory.quota_binds",
            InventoryReason::ExpiresTooSoon { .. } => "inventory.expires_too_soon",
            InventoryReason::NextToExpire { .. } => "inventory.next_to_expire",
            InventoryReason::Borrowed { .. } => "inventory.borrowed",
            InventoryReason::Cheapest { .. } => "inventory.cheapest",
            InventoryReason::KeepsItsOwn { .. } => "inventory.keeps_its_own",
            InventoryReason::NotNeeded { .. } => "inventory.not_needed",
        }
    }
}
