//! How many units of a SKU can be had, and why not more.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::decision::Explain;
use crate::id::{LocationId, Sku};
use crate::inventory::{Arrival, InventoryReason, InventoryRefusal, StockPolicy};
use crate::reservation::{Leg, Level, Pool};

/// A shelf with its numbers of this moment.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShelfLevel {
    /// The shelf's pool. Other pools than stock are passed over.
    pub pool: Pool,
    /// What it keeps.
    #[serde(default)]
    pub policy: StockPolicy,
    /// What the store counts. Its floor is what a reserve obeys, so it is what counts here too.
    pub level: Level,
}

/// What [`availability`] looks at.
#[derive(Clone, Copy, Debug, Default)]
pub struct AvailabilityQuery<'a> {
    /// The shelves, of any SKUs.
    pub shelves: &'a [ShelfLevel],
    /// What is on its way, of any SKUs; it is told by location and not counted as available.
    pub arrivals: &'a [Arrival],
    /// What the channel may still sell, as [`QuotaRule::left`](crate::inventory::QuotaRule::left) says; `None`:
    /// there is no quota.
    pub quota_left: Option<i64>,
}

/// Which shelves count, and what stays of all of them together. By default all, and nothing.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct AvailabilityPolicy {
    /// Units that stay somewhere, whichever location they lie at. No pool holds them, so only who reserves by
    /// [`Availability::legs`] keeps to it; what must hold under races is a shelf's own safety stock.
    pub pool_safety: u32,
    /// The locations that count; `None`: all.
    pub locations: Option<BTreeSet<LocationId>>,
}

impl AvailabilityPolicy {
    /// Keeps so many units over all locations.
    #[must_use]
    pub fn with_pool_safety(self, pool_safety: u32) -> Self {
        AvailabilityPolicy { pool_safety, ..self }
    }

    /// Counts these locations only.
    #[must_use]
    pub fn with_locations(self, locations: impl IntoIterator<Item = LocationId>) -> Self {
        AvailabilityPolicy { locations: Some(locations.into_iter().collect()), ..self }
    }
}

/// How many units of a SKU can be had.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Availability {
    /// Of what.
    pub sku: Sku,
    /// The open, chosen locations that stock it, each with its sums.
    pub by_location: BTreeMap<LocationId, LocationStock>,
    /// The shelves that count, in key order.
    pub shelves: Vec<ShelfFree>,
    /// How many can be had: what the shelves give, less the pool safety, at most the quota. `None`: any number.
    pub available: Option<i64>,
    /// How many of them are there: without backorder allowances.
    pub ready: i64,
    /// What the channel may still sell, never below zero; `None`: there is no quota.
    pub quota_left: Option<i64>,
    /// Why it is not more, if asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<InventoryReason>,
}

/// What a location has of a SKU, its lots summed. A sum beyond 64 bits stays at the end.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocationStock {
    /// What lies there, reserved units included.
    pub on_hand: i64,
    /// What stays for safety.
    pub safety: i64,
    /// What lies there and is no good.
    pub damaged: i64,
    /// What is held.
    pub reserved: i64,
    /// What may be sold before it is there; `None`: any number.
    pub backorder: Option<i64>,
    /// What is on its way and not promised yet; `None`: any number.
    pub inbound: Option<i64>,
    /// What a reserve can have of the shelves, never below zero; `None`: any number. What one lot lacks another
    /// does not make up.
    pub free: Option<i64>,
}

/// What a shelf can give.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShelfFree {
    /// Its pool.
    pub pool: Pool,
    /// How many a reserve can have, never below zero; `None`: any number.
    pub free: Option<i64>,
    /// How many of them are there.
    pub ready: i64,
}

/// How many units of `sku` can be had, by location and in all.
///
/// A shelf gives `max(0, on hand − reserved − safety − damaged + backorder)`, as its pool's floor says; a closed
/// shelf, or one elsewhere than chosen, gives nothing and is not listed. The sum, less the pool safety, at most what
/// the quota leaves, is what is available. That is what a reserve would get at this moment; only the reserve holds it.
///
/// ```
/// use order_workflow::decision::Explain;
/// use order_workflow::inventory::{
///     AvailabilityPolicy, AvailabilityQuery, ShelfLevel, StockPolicy, availability,
/// };
/// use order_workflow::reservation::{Level, Pool};
///
/// let policy = StockPolicy::default().with_safety(2);
/// let level = Level { limit: 10, floor: policy.floor(), reserved: 3, used: 1 };
/// let shelf = ShelfLevel { pool: Pool::stock("north".parse()?, "tea".parse()?), policy, level };
/// let query = AvailabilityQuery { shelves: &[shelf], quota_left: Some(3), ..Default::default() };
/// let stock = availability(&"tea".parse()?, &query, &AvailabilityPolicy::default(), Explain::Full);
/// assert_eq!(stock.by_location[&"north".parse()?].free, Some(4)); // 10 − 1 − 3 − 2
/// assert_eq!(stock.available, Some(3));
/// assert_eq!(stock.reasons[0].code(), "inventory.quota_binds");
/// # Ok::<(), order_workflow::id::IdError>(())
/// ```
pub fn availability(
    sku: &Sku,
    query: &AvailabilityQuery<'_>,
    policy: &AvailabilityPolicy,
    explain: Explain,
) -> Availability {
    let mut told = Told { explain, reasons: Vec::new() };
    let chosen = |location: &LocationId| policy.locations.as_ref().is_none_or(|all| all.contains(location));
    let mut by_location: BTreeMap<LocationId, LocationStock> = BTreeMap::new();
    let mut shelves = Vec::new();
    for ShelfLevel { pool, policy, level } in query.shelves {
        let Pool::Stock { location, sku: of, .. } = pool else { continue };
        if of != sku {
            continue;
        }
        if !chosen(location) {
            told.tell(|| InventoryReason::NotChosen { pool: pool.clone() });
            continue;
        }
        if !policy.open {
            told.tell(|| InventoryReason::Closed { pool: pool.clone() });
            continue;
        }
        let floor = policy.floor();
        if floor != level.floor {
            told.tell(|| InventoryReason::StaleFloor {
                pool: pool.clone(),
                kept: level.floor,
                wanted: floor,
            });
        }
        let available = level.available();
        if let Some(short) = available.filter(|units| *units < 0).map(i64::saturating_neg) {
            told.tell(|| InventoryReason::Uncovered { pool: pool.clone(), units: short });
        }
        let free = available.map(|units| units.max(0));
        let ready = free.map_or(policy.ready(level), |free| policy.ready(level).min(free));
        let first =
            LocationStock { backorder: Some(0), free: Some(0), inbound: Some(0), ..Default::default() };
        let sum = by_location.entry(location.clone()).or_insert(first);
        sum.on_hand = sum.on_hand.saturating_add(level.on_hand());
        sum.safety = sum.safety.saturating_add(policy.safety.into());
        sum.damaged = sum.damaged.saturating_add(policy.damaged.into());
        sum.reserved = sum.reserved.saturating_add(level.reserved);
        sum.backorder = both(sum.backorder, policy.backorder.map(i64::from));
        sum.free = both(sum.free, free);
        shelves.push(ShelfFree { pool: pool.clone(), free, ready });
    }
    for arrival in query.arrivals.iter().filter(|arrival| arrival.from.sku == *sku) {
        if let Some(sum) = by_location.get_mut(&arrival.from.location) {
            sum.inbound = both(sum.inbound, arrival.free());
        }
    }
    shelves.sort_by(|a, b| a.pool.cmp(&b.pool));
    let free = by_location.values().try_fold(0_i64, |sum, at| Some(sum.saturating_add(at.free?)));
    let ready = shelves.iter().fold(0_i64, |sum, shelf| sum.saturating_add(shelf.ready));
    let safety = i64::from(policy.pool_safety);
    if safety > 0 {
        told.tell(|| InventoryReason::PoolSafety { units: policy.pool_safety });
    }
    let kept = |units: i64| units.saturating_sub(safety).max(0);
    let quota_left = query.quota_left.map(|left| left.max(0));
    let bound = free.map(kept);
    if let Some(left) = quota_left.filter(|left| bound.is_none_or(|bound| bound > *left)) {
        told.tell(|| InventoryReason::QuotaBinds { left, without: bound });
    }
    Availability {
        sku: sku.clone(),
        by_location,
        shelves,
        available: lower(bound, quota_left),
        ready: quota_left.map_or(kept(ready), |left| left.min(kept(ready))),
        quota_left,
        reasons: told.reasons,
    }
}

impl Availability {
    /// Whether so many can be had.
    pub fn can_supply(&self, units: u32) -> bool {
        self.available.is_none_or(|available| i64::from(units) <= available)
    }

    /// Legs for so many units: first what is there, shelf by shelf in key order, then backorders in the same order.
    /// A host that ships from the best place lets `sourcing` choose instead.
    ///
    /// # Errors
    /// [`InventoryRefusal::Insufficient`] if not so many can be had.
    pub fn legs(&self, units: u32) -> Result<Vec<Leg>, InventoryRefusal> {
        if !self.can_supply(units) {
            let available = self.available.unwrap_or(i64::MAX);
            return Err(InventoryRefusal::Insufficient { sku: self.sku.clone(), wanted: units, available });
        }
        let mut missing = i64::from(units);
        let mut taken = vec![0_i64; self.shelves.len()];
        for (shelf, taken) in self.shelves.iter().zip(&mut taken) {
            *taken = shelf.ready.min(missing);
            missing -= *taken;
        }
        for (shelf, taken) in self.shelves.iter().zip(&mut taken) {
            let more = shelf.free.map_or(missing, |free| (free - *taken).min(missing));
            *taken += more;
            missing -= more;
        }
        let legs = self.shelves.iter().zip(taken).filter(|(_, units)| *units > 0);
        Ok(legs.map(|(shelf, units)| Leg::all(shelf.pool.clone(), units)).collect())
    }
}

/// Reasons, collected if they are asked for.
struct Told {
    explain: Explain,
    reasons: Vec<InventoryReason>,
}

impl Told {
    fn tell(&mut self, reason: impl FnOnce() -> InventoryReason) {
        if self.explain == Explain::Full {
            self.reasons.push(reason());
        }
    }
}

/// The sum of two numbers, of which `None` is without end.
fn both(a: Option<i64>, b: Option<i64>) -> Option<i64> {
    a.zip(b).map(|(a, b)| a.saturating_add(b))
}

/// The lower of two bounds, of which `None` is none.
pub(super) fn lower(a: Option<i64>, b: Option<i64>) -> Option<i64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (one, other) => one.or(other),
    }
}
