//! One shard of pools: their keys and their numbers.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use smallvec::SmallVec;

use super::ends::Ends;
use super::{Micros, NEVER, instant};
use crate::reservation::{Level, Pool, PoolRow};

#[derive(Default)]
pub(super) struct Pools {
    index: HashTable<u32>,
    slots: Vec<Slot>,
}

/// Where a pool is kept. Pools are never removed, so it stays true. Ordered as locks are taken.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Place {
    pub shard: u16,
    pub slot: u32,
}

/// A pool: its numbers in one cache line, its key in the next.
#[repr(C, align(64))]
pub(super) struct Slot {
    pub limit: i64,
    floor: i64,
    pub reserved: i64,
    pub used: i64,
    pub clock: Micros,
    /// Held by holds whose end is not later than `clock`.
    lapsed: i64,
    /// The later ends.
    ends: Ends,
    key: SmallVec<[u8; 48]>,
}

/// The floor of a pool that has none: no floor is as low.
const NO_FLOOR: i64 = i64::MIN;

impl Pools {
    pub(super) fn find(&self, hash: u64, pool: &Pool) -> Option<u32> {
        let is_it = |slot: &u32| self.slot(*slot).is_some_and(|slot| pool.has_key(&slot.key));
        self.index.find(hash, is_it).copied()
    }

    pub(super) fn slot(&self, slot: u32) -> Option<&Slot> {
        self.slots.get(slot as usize)
    }

    pub(super) fn slot_mut(&mut self, slot: u32) -> Option<&mut Slot> {
        self.slots.get_mut(slot as usize)
    }

    /// Makes a pool that is not there.
    pub(super) fn insert(&mut self, hash: u64, pool: &Pool, row: &PoolRow, hasher: &FixedState) -> u32 {
        let slot = self.slots.len() as u32;
        self.slots.push(Slot {
            limit: row.limit,
            floor: row.floor.unwrap_or(NO_FLOOR),
            reserved: row.reserved,
            used: row.used,
            clock: row.clock.timestamp_micros(),
            lapsed: 0,
            ends: Ends::default(),
            key: SmallVec::from_slice(&pool.key()),
        });
        let slots = &self.slots;
        let pool = |slot: &u32| slots.get(*slot as usize).and_then(Slot::pool);
        self.index.insert_unique(hash, slot, |slot| pool(slot).map_or(0, |pool| hasher.hash_one(&pool)));
        slot
    }
}

impl Slot {
    /// Which pool it is.
    pub(super) fn pool(&self) -> Option<Pool> {
        Pool::from_key(&self.key)
    }

    /// The numbers as of `now`, which is not before the clock.
    pub(super) fn level(&self, now: Micros) -> Level {
        let reserved = self.reserved.saturating_sub(self.lapsed_at(now));
        Level { limit: self.limit, floor: self.floor(), reserved, used: self.used }
    }

    /// The row as of `now`.
    pub(super) fn row(&self, now: Micros) -> PoolRow {
        PoolRow {
            limit: self.limit,
            floor: self.floor(),
            reserved: self.reserved,
            used: self.used,
            lapsed: self.lapsed_at(now),
            clock: instant(self.clock),
        }
    }

    fn floor(&self) -> Option<i64> {
        (self.floor != NO_FLOOR).then_some(self.floor)
    }

    /// Takes over the numbers of a row, whose clock is not before this one's.
    pub(super) fn write(&mut self, row: &PoolRow) {
        (self.limit, self.reserved, self.used) = (row.limit, row.reserved, row.used);
        self.floor = row.floor.unwrap_or(NO_FLOOR);
        self.advance(row.clock.timestamp_micros());
    }

    pub(super) fn lapsed_at(&self, now: Micros) -> i64 {
        self.lapsed.saturating_add(self.ends.due(now))
    }

    /// Moves the clock: what has ended by now is lapsed.
    pub(super) fn advance(&mut self, now: Micros) {
        self.clock = now;
        self.lapsed = self.lapsed.saturating_add(self.ends.take_due(now));
    }

    /// Notes that `units` are held until `end`.
    pub(super) fn holds(&mut self, end: Micros, units: i64) {
        if end == NEVER || units == 0 {
        } else if end <= self.clock {
            self.lapsed = self.lapsed.saturating_add(units);
        } else {
            self.ends.add(end, units);
        }
    }

    /// Notes that `units` are no longer held until `end`.
    pub(super) fn gives_up(&mut self, end: Micros, units: i64) {
        if end == NEVER || units == 0 {
        } else if end <= self.clock {
            self.lapsed = self.lapsed.saturating_sub(units);
        } else {
            self.ends.remove(end, units);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_is_two_cache_lines() {
        assert_eq!(size_of::<Slot>(), 128);
        assert_eq!(std::mem::offset_of!(Slot, key), 64);
    }
}
