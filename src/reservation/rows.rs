//! What a store keeps, as values: the rows that [`plan`](crate::reservation::plan) reads and writes.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::id::{OpId, ReservationId};
use crate::reservation::{Act, Answer, Digest, How, Pool, Refusal};

/// One pool's numbers.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PoolRow {
    /// How many units there ever were, corrections included; the cap of an allowance.
    pub limit: i64,
    /// What must stay; below zero: what may be sold before it is there; `None`: no lower bound.
    pub floor: Option<i64>,
    /// Held, lapsed and not yet swept ones included. Never negative.
    pub reserved: i64,
    /// Gone: shipped, redeemed, spent. Never negative.
    pub used: i64,
    /// Of the reserved ones, those whose hold has ended by time. Derived: the store sums it over its index of
    /// (pool, until) when it loads the row.
    pub lapsed: i64,
    /// The latest instant at which a command acted on the pool.
    pub clock: DateTime<Utc>,
}

impl PoolRow {
    /// A pool that nobody touched.
    pub fn new(limit: i64, at: DateTime<Utc>) -> PoolRow {
        PoolRow { limit, floor: Some(0), reserved: 0, used: 0, lapsed: 0, clock: at }
    }

    /// The numbers as a caller sees them.
    pub fn level(&self) -> Level {
        let PoolRow { limit, floor, reserved, used, lapsed, .. } = *self;
        Level { limit, floor, reserved: reserved.saturating_sub(lapsed), used }
    }
}

/// What a pool's numbers are at one moment.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// How many units there ever were; the cap of an allowance.
    pub limit: i64,
    /// What must stay; `None`: no lower bound.
    pub floor: Option<i64>,
    /// Held by reservations that still hold.
    pub reserved: i64,
    /// Gone.
    pub used: i64,
}

impl Level {
    /// What a reserve can have: `limit − floor − reserved − used`. Below zero after a count or a cut; `None` where
    /// there is no lower bound.
    ///
    /// ```
    /// use order_workflow::reservation::Level;
    ///
    /// let level = Level { limit: 10, floor: Some(2), reserved: 3, used: 1 };
    /// assert_eq!(level.available(), Some(4));
    /// assert_eq!(level.on_hand(), 9);
    /// ```
    pub fn available(&self) -> Option<i64> {
        self.floor.map(|floor| clamped(i128::from(self.limit) - i128::from(floor) - self.taken()))
    }

    /// What is there, reserved units included: `limit − used`.
    pub fn on_hand(&self) -> i64 {
        self.limit.saturating_sub(self.used)
    }

    /// What lies there and nobody holds, whatever may be promised beyond it: `limit − reserved − used`.
    pub fn unreserved(&self) -> i64 {
        clamped(i128::from(self.limit) - self.taken())
    }

    /// What a reserve can have, never below zero; an unbounded pool gives all that can be counted.
    pub(super) fn grantable(&self) -> i64 {
        self.available().map_or(i64::MAX, |available| available.max(0))
    }

    /// How many reserved units the pool does not cover, floor included.
    pub(super) fn uncovered(&self) -> i64 {
        let missing = self.available().map_or(0, |available| available.min(0).saturating_neg());
        missing.min(self.reserved)
    }

    fn taken(&self) -> i128 {
        i128::from(self.reserved) + i128::from(self.used)
    }
}

fn clamped(wide: i128) -> i64 {
    i64::try_from(wide).unwrap_or(if wide < 0 { i64::MIN } else { i64::MAX })
}

/// What a reservation holds and has used of one pool.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holding {
    /// Of which pool; a reservation lists each once, in key order.
    pub pool: Pool,
    /// Held now.
    pub held: i64,
    /// Used, and not given back.
    pub used: i64,
}

/// One reservation.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reserved {
    /// Where it stands. A row that says `Held` with an end that has passed has lapsed, swept or not:
    /// [`as_of`](Self::as_of) tells.
    pub state: ReservedState,
    /// What it holds and has used, by pool in key order.
    pub holdings: Vec<Holding>,
    /// When a command last acted on it.
    pub touched: DateTime<Utc>,
}

/// Where a reservation stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
pub enum ReservedState {
    /// It holds until then; `None`: until it is used or released.
    Held {
        /// The first instant at which it no longer holds.
        until: Option<DateTime<Utc>>,
    },
    /// It holds until it is used or released.
    Confirmed,
    /// It holds nothing any more.
    Ended {
        /// What became of its last unit.
        how: How,
    },
}

impl Reserved {
    /// What it is at `now`: a hold whose end has passed has lapsed and holds nothing, whether or not anybody swept.
    #[must_use]
    pub fn as_of(&self, now: DateTime<Utc>) -> Reserved {
        let mut reserved = self.clone();
        if self.has_lapsed(now) {
            reserved.lapse();
        }
        reserved
    }

    /// Whether its end has passed at `now`.
    pub fn has_lapsed(&self, now: DateTime<Utc>) -> bool {
        self.until().is_some_and(|until| until <= now)
    }

    /// The instant at which it lapses, if it does.
    pub fn until(&self) -> Option<DateTime<Utc>> {
        match self.state {
            ReservedState::Held { until } => until,
            ReservedState::Confirmed | ReservedState::Ended { .. } => None,
        }
    }

    /// What it holds of `pool`.
    pub fn held(&self, pool: &Pool) -> i64 {
        self.holding(pool).map_or(0, |holding| holding.held)
    }

    /// What it holds in all; a sum beyond 64 bits counts as the most they hold.
    pub fn held_in_all(&self) -> i64 {
        self.holdings.iter().fold(0, |sum: i64, holding| sum.saturating_add(holding.held))
    }

    pub(super) fn holding(&self, pool: &Pool) -> Option<&Holding> {
        self.holdings
            .binary_search_by(|holding| holding.pool.cmp(pool))
            .ok()
            .and_then(|at| self.holdings.get(at))
    }

    pub(super) fn lapse(&mut self) {
        self.state = ReservedState::Ended { how: How::Lapsed };
        self.holdings.iter_mut().for_each(|holding| holding.held = 0);
        self.holdings.retain(|holding| holding.used > 0);
    }
}

/// A command that was answered.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remembered {
    /// What it said.
    pub digest: Digest,
    /// What it was answered.
    pub answer: Answer,
    /// When.
    pub at: DateTime<Utc>,
}

/// The rows that a command needs, or all that a store has.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Rows {
    /// Commands that were answered.
    pub ops: BTreeMap<OpId, Remembered>,
    /// Reservations.
    pub reservations: BTreeMap<ReservationId, Reserved>,
    /// Pools.
    pub pools: BTreeMap<Pool, PoolRow>,
}

/// What a command changes: whole new rows.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Changes {
    /// The answer to remember; `None` if it was remembered already.
    pub op: Option<(OpId, Remembered)>,
    /// The reservations that changed.
    pub reservations: Vec<(ReservationId, Reserved)>,
    /// The pools that changed, in key order.
    pub pools: Vec<(Pool, PoolRow)>,
}

impl Changes {
    /// Forgets everything and keeps the buffers.
    pub fn clear(&mut self) {
        self.op = None;
        self.reservations.clear();
        self.pools.clear();
    }
}

impl Rows {
    /// The pools that a command acts on, in key order: those it names and those that its reservations list.
    pub fn touched<'a>(&'a self, act: &'a Act) -> Vec<&'a Pool> {
        let listed = act.reservations().filter_map(|reservation| self.reservations.get(reservation));
        let listed = listed.flat_map(|reserved| reserved.holdings.iter().map(|holding| &holding.pool));
        let mut pools: Vec<&Pool> = act.pools().chain(listed).collect();
        pools.sort();
        pools.dedup();
        pools
    }

    /// The moment at which a command acts: the latest of `at` and the clocks of the pools that it acts on, in whole
    /// microseconds. A host whose clock is behind so sees what the others have done.
    pub fn now(&self, act: &Act, at: DateTime<Utc>) -> DateTime<Utc> {
        let pools = self.touched(act);
        let clocks = pools.iter().filter_map(|pool| self.pools.get(*pool)).map(|row| row.clock);
        clocks.fold(whole_micros(at), DateTime::max)
    }

    /// Brings `lapsed` of the pools that a command acts on up to date: `sum` answers how many units holds of that
    /// pool hold whose end is not later than that instant. A store calls it before every
    /// [`plan`](crate::reservation::plan), since each command has its own moment.
    pub fn refresh(&mut self, act: &Act, at: DateTime<Utc>, sum: impl Fn(&Pool, DateTime<Utc>) -> i64) {
        let now = self.now(act, at);
        let pools: Vec<Pool> = self.touched(act).into_iter().cloned().collect();
        for pool in &pools {
            if let Some(row) = self.pools.get_mut(pool) {
                row.lapsed = sum(pool, now);
            }
        }
    }

    /// Refuses a command that would join pools of several shards, for a store that can not.
    ///
    /// # Errors
    /// [`Refusal::Apart`] with the first pool in key order and the first that lies elsewhere.
    pub fn together(&self, act: &Act, shard: impl Fn(&Pool) -> u16) -> Result<(), Refusal> {
        let pools = self.touched(act);
        let Some(first) = pools.first() else { return Ok(()) };
        match pools.iter().find(|pool| shard(pool) != shard(first)) {
            None => Ok(()),
            Some(second) => {
                Err(Refusal::Apart { first: (*first).clone(), second: Box::new((*second).clone()) })
            }
        }
    }

    /// What a sweep at `at` makes of a reservation: if it has lapsed by then, and by the clocks of all its pools, what
    /// it held leaves their books. For every caller, whatever its clock, it had ended before; so no answer changes.
    pub fn swept(&self, reservation: &ReservationId, at: DateTime<Utc>) -> Option<Changes> {
        let before = self.reservations.get(reservation).filter(|reserved| reserved.has_lapsed(at))?;
        let until = before.until()?;
        let mut pools = Vec::with_capacity(before.holdings.len());
        for Holding { pool, held, .. } in &before.holdings {
            let row = *self.pools.get(pool).filter(|row| row.clock >= until)?;
            let reserved = row.reserved.saturating_sub(*held);
            let lapsed = row.lapsed.saturating_sub(*held);
            pools.push((pool.clone(), PoolRow { reserved, lapsed, ..row }));
        }
        let after = Reserved { touched: until, ..before.as_of(until) };
        Some(Changes { op: None, reservations: vec![(reservation.clone(), after)], pools })
    }

    /// Takes over what a command changed.
    pub fn apply(&mut self, changes: &Changes) {
        self.ops.extend(changes.op.iter().cloned());
        self.reservations.extend(changes.reservations.iter().cloned());
        self.pools.extend(changes.pools.iter().cloned());
    }
}

/// The index (pool, until) of what holds hold that will lapse.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Lapses(BTreeMap<Pool, BTreeMap<DateTime<Utc>, i64>>);

impl Lapses {
    /// How many units of `pool` are held by holds that have lapsed at `now`.
    pub fn sum(&self, pool: &Pool, now: DateTime<Utc>) -> i64 {
        self.0.get(pool).map_or(0, |ends| ends.range(..=now).map(|(_, units)| units).sum())
    }

    /// Follows what a command changes; `rows` as they are before it is applied.
    pub fn follow(&mut self, rows: &Rows, changes: &Changes) {
        for (id, after) in &changes.reservations {
            if let Some(before) = rows.reservations.get(id) {
                self.count(before, -1);
            }
            self.count(after, 1);
        }
    }

    fn count(&mut self, reserved: &Reserved, sign: i64) {
        let Some(until) = reserved.until() else { return };
        for Holding { pool, held, .. } in reserved.holdings.iter().filter(|holding| holding.held > 0) {
            let ends = match self.0.get_mut(pool) {
                Some(ends) => ends,
                None => self.0.entry(pool.clone()).or_default(),
            };
            let units = ends.entry(until).or_default();
            *units = units.saturating_add(sign.saturating_mul(*held));
            if *units == 0 {
                ends.remove(&until);
            }
        }
    }
}

/// The instant in whole microseconds, as databases keep it; what is finer is cut off, and a leap second is the second
/// after it.
pub(super) fn whole_micros(at: DateTime<Utc>) -> DateTime<Utc> {
    let nanos = at.timestamp_subsec_nanos(); // a billion and more in a leap second
    if nanos < 1_000_000_000 && nanos.is_multiple_of(1_000) {
        return at;
    }
    DateTime::from_timestamp_micros(at.timestamp_micros()).unwrap_or(at)
}
