//! What a host's shelves are to keep.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::{LocationId, LotId, Sku};
use crate::inventory::InventoryRefusal;
use crate::reservation::{Act, Level, Pool};

/// What of a shelf is not for sale, and what is for sale before it is there. By default everything there is, and
/// nothing else.
///
/// ```
/// use order_workflow::inventory::StockPolicy;
///
/// let policy = StockPolicy::default().with_safety(3).with_damaged(1).with_backorder(Some(10));
/// assert_eq!(policy.floor(), Some(-6)); // what the pool must keep: 3 + 1 − 10
/// assert_eq!(policy.with_backorder(None).floor(), None); // sell without end
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct StockPolicy {
    /// Units that stay, against miscounts and for customers at the counter.
    pub safety: u32,
    /// Units on the shelf that nobody would want.
    pub damaged: u32,
    /// How many units may be sold that are not there yet; `None`: any number.
    pub backorder: Option<u32>,
    /// Whether it sells at all. What is held already stays held.
    pub open: bool,
}

impl Default for StockPolicy {
    fn default() -> Self {
        StockPolicy { safety: 0, damaged: 0, backorder: Some(0), open: true }
    }
}

impl StockPolicy {
    /// Keeps so many units.
    #[must_use]
    pub fn with_safety(self, safety: u32) -> Self {
        StockPolicy { safety, ..self }
    }

    /// Knows so many units to be damaged.
    #[must_use]
    pub fn with_damaged(self, damaged: u32) -> Self {
        StockPolicy { damaged, ..self }
    }

    /// Sells so many units before they are there; `None`: any number.
    #[must_use]
    pub fn with_backorder(self, backorder: Option<u32>) -> Self {
        StockPolicy { backorder, ..self }
    }

    /// Sells, or does not.
    #[must_use]
    pub fn with_open(self, open: bool) -> Self {
        StockPolicy { open, ..self }
    }

    /// The floor of the shelf's pool: `safety + damaged − backorder`. `None`: no lower bound. A closed shelf's floor
    /// is the highest there is, so that nothing can be reserved.
    pub fn floor(&self) -> Option<i64> {
        if !self.open {
            return Some(i64::MAX);
        }
        self.backorder.map(|backorder| self.keeps() - i64::from(backorder))
    }

    /// The act that tells a store this floor.
    pub fn set_floor(&self, pool: Pool) -> Act {
        Act::SetFloor { pool, floor: self.floor() }
    }

    /// What must lie on the shelf whatever is sold: `safety + damaged`.
    pub fn keeps(&self) -> i64 {
        i64::from(self.safety) + i64::from(self.damaged)
    }

    /// How many units can be reserved and are there: without the backorder allowance, never below zero.
    pub fn ready(&self, level: &Level) -> i64 {
        if self.open { self.spare(level) } else { 0 }
    }

    /// How many units lie there beyond what is reserved and what it keeps, open or not; never below zero.
    pub fn spare(&self, level: &Level) -> i64 {
        level.unreserved().saturating_sub(self.keeps()).max(0)
    }
}

/// One shelf: a SKU at a location, of one lot where lots matter.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shelf {
    /// Where.
    pub location: LocationId,
    /// Of what.
    pub sku: Sku,
    /// Of which lot; `None` where lots do not matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lot: Option<LotId>,
    /// What it keeps.
    #[serde(default)]
    pub policy: StockPolicy,
}

impl Shelf {
    /// The pool that counts it.
    pub fn pool(&self) -> Pool {
        Pool::Stock { location: self.location.clone(), sku: self.sku.clone(), lot: self.lot.clone() }
    }
}

/// The shelves that a host keeps, each with its policy: what is stocked where. It holds no numbers, these are the
/// store's. On the wire it is the list of its shelves.
///
/// Its methods make the acts that move stock, and refuse what means nothing.
///
/// ```
/// use order_workflow::inventory::{Shelves, StockPolicy};
/// use order_workflow::reservation::{Act, Pool};
///
/// let shelves = Shelves::new().with_shelf("north".parse()?, "tea".parse()?, StockPolicy::default().with_safety(2));
/// let north = Pool::stock("north".parse()?, "tea".parse()?);
/// assert!(matches!(shelves.receive(&north, 10)?, Act::Supply { delta: 10, .. }));
///
/// let south = Pool::stock("south".parse()?, "tea".parse()?);
/// assert_eq!(shelves.receive(&south, 10).unwrap_err().code(), "not_stocked");
/// assert_eq!(shelves.receive(&south, 0).unwrap_err().to_string(), "0 units to receive; accepted: 1 or more");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Shelf>", into = "Vec<Shelf>")]
pub struct Shelves(BTreeMap<Pool, StockPolicy>);

impl Shelves {
    /// No shelves.
    pub fn new() -> Shelves {
        Shelves::default()
    }

    /// With a shelf where lots do not matter, in place of what was said of it before.
    #[must_use]
    pub fn with_shelf(self, location: LocationId, sku: Sku, policy: StockPolicy) -> Self {
        self.with(Shelf { location, sku, lot: None, policy })
    }

    /// With a shelf, in place of what was said of it before.
    #[must_use]
    pub fn with(mut self, shelf: Shelf) -> Self {
        self.0.insert(shelf.pool(), shelf.policy);
        self
    }

    /// The shelves' pools and policies, in key order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Pool, &StockPolicy)> {
        self.0.iter()
    }

    /// What a shelf keeps.
    ///
    /// # Errors
    /// [`InventoryRefusal::NotStocked`].
    pub fn policy(&self, pool: &Pool) -> Result<&StockPolicy, InventoryRefusal> {
        self.0.get(pool).ok_or_else(|| InventoryRefusal::NotStocked { pool: pool.clone() })
    }

    /// The acts that tell a store every shelf's floor: to be sent once, and a shelf's again when its policy changes.
    pub fn floors(&self) -> Vec<Act> {
        self.0.iter().map(|(pool, policy)| policy.set_floor(pool.clone())).collect()
    }
}

impl TryFrom<Vec<Shelf>> for Shelves {
    type Error = InventoryRefusal;

    /// # Errors
    /// [`InventoryRefusal::SameShelf`] if two are one.
    fn try_from(shelves: Vec<Shelf>) -> Result<Shelves, InventoryRefusal> {
        let mut all = Shelves::new();
        for shelf in shelves {
            let pool = shelf.pool();
            if all.0.contains_key(&pool) {
                return Err(InventoryRefusal::SameShelf { pool });
            }
            all.0.insert(pool, shelf.policy);
        }
        Ok(all)
    }
}

impl From<Shelves> for Vec<Shelf> {
    fn from(shelves: Shelves) -> Vec<Shelf> {
        let shelf = |(pool, policy)| match pool {
            Pool::Stock { location, sku, lot } => Some(Shelf { location, sku, lot, policy }),
            _ => None, // there are only pools that shelves made
        };
        shelves.0.into_iter().filter_map(shelf).collect()
    }
}
