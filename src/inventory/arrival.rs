//! Goods on their way: what can be sold of them before they are there, and what becomes of it when they are.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::id::{InboundId, LocationId, Sku};
use crate::reservation::{Act, Guard, Leg, Level, Pool};

/// An arrival of one SKU at one location. Several deliveries of a purchase order are several arrivals.
///
/// Until the goods are there, its pool has nothing on hand: what may be promised of it is its floor, below zero. So a
/// hold on it can be taken, but not shipped, as with a backorder allowance.
///
/// ```
/// use order_workflow::inventory::Inbound;
/// use order_workflow::reservation::{Act, Level};
///
/// let inbound = Inbound { location: "north".parse()?, sku: "tea".parse()?, inbound: "po-7".parse()? };
/// assert!(matches!(inbound.announce(10), Act::SetFloor { floor: Some(-10), .. }));
///
/// // Four are promised, nine come: the four stay to be shipped from here, five go to the shelf.
/// let level = Level { limit: 0, floor: Some(-10), reserved: 4, used: 0 };
/// let acts = inbound.arrive(&level, 9, 0);
/// assert!(matches!(
///     acts[..],
///     [Act::SetFloor { floor: Some(0), .. }, Act::Supply { delta: 9, .. }, Act::Transfer { units: 5, .. }]
/// ));
/// # Ok::<(), order_workflow::id::IdError>(())
/// ```
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inbound {
    /// Where it goes.
    pub location: LocationId,
    /// What comes.
    pub sku: Sku,
    /// Which arrival.
    pub inbound: InboundId,
}

impl Inbound {
    /// The pool of what was promised of it.
    pub fn pool(&self) -> Pool {
        let Inbound { location, sku, inbound } = self.clone();
        Pool::Inbound { location, sku, inbound }
    }

    /// The shelf that the rest goes to.
    pub fn shelf(&self) -> Pool {
        Pool::stock(self.location.clone(), self.sku.clone())
    }

    /// So many are to come: from now on they can be promised. Also when the number changes on the way; the answer
    /// says how many promises are uncovered then. Zero: they will not come.
    pub fn announce(&self, expected: u32) -> Act {
        Act::SetFloor { pool: self.pool(), floor: Some(-i64::from(expected)) }
    }

    /// `arrived` units are there, as many or others than were announced, and `still_to_come` more are announced:
    /// the acts, in this order. What was promised stays in the pool and is shipped from it; what nobody was promised
    /// goes to the shelf. If less came than was promised, the answer to the first act says how many promises are
    /// uncovered until the second is carried out, and the answer to the second how many remain so.
    ///
    /// The first act ends the sale of the announced units before the second adds the real ones, so that nobody gets a
    /// unit twice in between. If somebody reserves between `level` and the last act, that is refused as
    /// insufficient: read the level and [`settle`](Self::settle). A retry sends the same commands again.
    pub fn arrive(&self, level: &Level, arrived: u32, still_to_come: u32) -> Vec<Act> {
        let mut acts = vec![self.announce(still_to_come)];
        if arrived > 0 {
            acts.push(Act::Supply { pool: self.pool(), delta: arrived.into(), guard: Guard::Never });
        }
        acts.extend(self.to_shelf(level.unreserved().saturating_add(arrived.into())));
        acts
    }

    /// What of an arrival that is there nobody holds (any more): to the shelf with it. To be asked after a hold on
    /// the arrival was released or has lapsed; `None`: there is nothing to move.
    pub fn settle(&self, level: &Level) -> Option<Act> {
        self.to_shelf(level.unreserved())
    }

    fn to_shelf(&self, units: i64) -> Option<Act> {
        (units > 0).then(|| Act::Transfer { from: self.pool(), to: self.shelf(), units, keep: 0 })
    }
}

/// An arrival with its date and its numbers of this moment.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arrival {
    /// Which.
    pub from: Inbound,
    /// When its units can be shipped, as far as known.
    pub eta: DateTime<Utc>,
    /// On presale: the date told to customers. `None`: its units are sold as backorders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presale_ships_by: Option<DateTime<Utc>>,
    /// What the store counts.
    pub level: Level,
}

impl Arrival {
    /// How many of it can still be promised, never below zero; `None`: any number.
    pub fn free(&self) -> Option<i64> {
        self.level.available().map(|units| units.max(0))
    }

    /// Whether at least one of it can be promised.
    pub fn has_some(&self) -> bool {
        self.free() != Some(0)
    }
}

/// From where so many units can be promised, and by when they are all there.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Promise {
    /// How many from the shelf.
    pub from_stock: i64,
    /// How many from which arrival, in the order of their dates.
    pub from_inbound: Vec<FromInbound>,
    /// How many nobody can promise.
    pub missing: i64,
    /// The date of the last arrival that is needed; `None` if none is, or if some are missing.
    pub complete_at: Option<DateTime<Utc>>,
}

/// Units of an arrival.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FromInbound {
    /// Which.
    pub from: Inbound,
    /// How many.
    pub units: i64,
}

/// Promises `units`: first from the shelf, of which `free_now` can be had (`None`: any number; below zero counts as
/// none), then from `arrivals` of the same SKU (give no others) by date, ties by arrival id, then by location.
///
/// An arrival that is overdue counts by its date all the same: who knows better gives a new one.
///
/// ```
/// use order_workflow::inventory::{Arrival, Inbound, promise};
/// use order_workflow::reservation::{Level, Pool};
///
/// let arrival = Arrival {
///     from: Inbound { location: "north".parse()?, sku: "tea".parse()?, inbound: "po-7".parse()? },
///     eta: "2026-07-01T00:00:00Z".parse()?,
///     presale_ships_by: None,
///     level: Level { limit: 0, floor: Some(-10), reserved: 8, used: 0 },
/// };
/// let promise = promise(Some(3), &[arrival], 5);
/// assert_eq!((promise.from_stock, promise.missing), (3, 0));
/// assert_eq!(promise.complete_at, Some("2026-07-01T00:00:00Z".parse()?));
/// assert_eq!(promise.legs(&Pool::stock("north".parse()?, "tea".parse()?)).len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn promise(free_now: Option<i64>, arrivals: &[Arrival], units: u32) -> Promise {
    let wanted = i64::from(units);
    let from_stock = free_now.map_or(wanted, |free| free.clamp(0, wanted));
    let mut missing = wanted - from_stock;
    let mut by_date: Vec<&Arrival> = arrivals.iter().collect();
    by_date.sort_by_key(|arrival| (arrival.eta, &arrival.from.inbound, &arrival.from.location));
    let (mut from_inbound, mut last) = (Vec::new(), None);
    for arrival in by_date {
        let units = arrival.free().map_or(missing, |free| free.min(missing));
        if units > 0 {
            missing -= units;
            last = Some(arrival.eta);
            from_inbound.push(FromInbound { from: arrival.from.clone(), units });
        }
    }
    Promise { from_stock, from_inbound, missing, complete_at: last.filter(|_| missing == 0) }
}

impl Promise {
    /// The legs that hold what is promised; `shelf` is the pool that `free_now` was read from.
    pub fn legs(&self, shelf: &Pool) -> Vec<Leg> {
        let stock = (self.from_stock > 0).then(|| Leg::all(shelf.clone(), self.from_stock));
        let inbound = self.from_inbound.iter().map(|part| Leg::all(part.from.pool(), part.units));
        stock.into_iter().chain(inbound).collect()
    }
}
