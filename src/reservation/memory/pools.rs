//! One shard of pools: their numbers and the ends of what is held of them.

use std::collections::VecDeque;

use hashbrown::HashTable;

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

pub(super) struct Slot {
    hash: u64,
    pub pool: Pool,
    pub limit: i64,
    pub floor: Option<i64>,
    pub reserved: i64,
    pub used: i64,
    pub clock: Micros,
    /// Held by holds whose end is not later than `clock`.
    pub lapsed: i64,
    /// The later ends.
    ends: Ends,
}

/// How many units end when: sorted by end, all later than the pool's clock. A hold that is given up leaves a zero
/// until zeros are the half.
#[derive(Default)]
struct Ends {
    units: VecDeque<(Micros, i64)>,
    zeros: usize,
}

impl Pools {
    pub(super) fn find(&self, hash: u64, pool: &Pool) -> Option<u32> {
        let is_it = |slot: &u32| self.slots.get(*slot as usize).is_some_and(|slot| slot.pool == *pool);
        self.index.find(hash, is_it).copied()
    }

    pub(super) fn slot(&self, slot: u32) -> Option<&Slot> {
        self.slots.get(slot as usize)
    }

    pub(super) fn slot_mut(&mut self, slot: u32) -> Option<&mut Slot> {
        self.slots.get_mut(slot as usize)
    }

    /// Makes a pool that is not there.
    pub(super) fn insert(&mut self, hash: u64, pool: &Pool, row: &PoolRow) -> u32 {
        let slot = self.slots.len() as u32;
        self.slots.push(Slot {
            hash,
            pool: pool.clone(),
            limit: row.limit,
            floor: row.floor,
            reserved: row.reserved,
            used: row.used,
            clock: row.clock.timestamp_micros(),
            lapsed: 0,
            ends: Ends::default(),
        });
        let slots = &self.slots;
        let of = |slot: &u32| slots.get(*slot as usize).map_or(0, |slot| slot.hash);
        self.index.insert_unique(hash, slot, of);
        slot
    }
}

impl Slot {
    /// The numbers as of `now`, which is not before the clock.
    pub(super) fn level(&self, now: Micros) -> Level {
        let reserved = self.reserved.saturating_sub(self.lapsed_at(now));
        Level { limit: self.limit, floor: self.floor, reserved, used: self.used }
    }

    /// The row as of `now`.
    pub(super) fn row(&self, now: Micros) -> PoolRow {
        PoolRow {
            limit: self.limit,
            floor: self.floor,
            reserved: self.reserved,
            used: self.used,
            lapsed: self.lapsed_at(now),
            clock: instant(self.clock),
        }
    }

    pub(super) fn lapsed_at(&self, now: Micros) -> i64 {
        let due = self.ends.units.iter().take_while(|(end, _)| *end <= now);
        due.fold(self.lapsed, |sum, (_, units)| sum.saturating_add(*units))
    }

    /// Moves the clock: what has ended by now is lapsed.
    pub(super) fn advance(&mut self, now: Micros) {
        self.clock = now;
        while let Some((_, units)) = self.ends.units.front().copied().filter(|(end, _)| *end <= now) {
            self.lapsed = self.lapsed.saturating_add(units);
            self.ends.zeros -= usize::from(units == 0);
            self.ends.units.pop_front();
        }
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

impl Ends {
    fn add(&mut self, end: Micros, units: i64) {
        match self.units.back_mut() {
            Some((last, sum)) if *last == end => {
                self.zeros -= usize::from(*sum == 0);
                *sum = sum.saturating_add(units);
            }
            Some((last, _)) if *last > end => match self.units.binary_search_by_key(&end, |(end, _)| *end) {
                Ok(place) => {
                    if let Some((_, sum)) = self.units.get_mut(place) {
                        self.zeros -= usize::from(*sum == 0);
                        *sum = sum.saturating_add(units);
                    }
                }
                Err(place) => self.units.insert(place, (end, units)),
            },
            Some(_) | None => self.units.push_back((end, units)),
        }
    }

    fn remove(&mut self, end: Micros, units: i64) {
        let Ok(place) = self.units.binary_search_by_key(&end, |(end, _)| *end) else { return };
        let Some((_, sum)) = self.units.get_mut(place) else { return };
        *sum = sum.saturating_sub(units);
        if *sum > 0 {
            return;
        }
        if place + 1 == self.units.len() {
            self.units.pop_back();
        } else {
            self.zeros += 1;
            if self.zeros * 2 > self.units.len() {
                self.units.retain(|(_, units)| *units > 0);
                self.zeros = 0;
            }
        }
    }
}
