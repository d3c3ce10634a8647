//! The pools: found without a lock, each changed behind a lock of its own. None is ever removed.

use std::hash::{BuildHasher, Hasher};
use std::sync::OnceLock;
use std::sync::atomic::Ordering;

use foldhash::fast::FixedState;
use smallvec::SmallVec;

use super::ends::Ends;
use super::fast::Few;
use super::index::{Adding, Index};
use super::sync::{AtomicU32, Mutex, MutexGuard, Shards, lock, touch};
use super::{Micros, SHARDS, instant};
use crate::reservation::{Level, Pool, PoolRow};

pub(super) struct Pools {
    index: Shards<Index, SHARDS>,
    /// How many there are.
    count: AtomicU32,
    /// Where they lie, in parts: eight of eight slots, eight of sixteen, and so on, so that none is ever moved and
    /// little room is made ahead.
    parts: Box<[OnceLock<Box<[Slot]>>]>,
}

/// Where a pool is kept. Ordered as locks are taken, and as pools are made.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Place(u32);

/// A pool: its numbers and their lock in one cache line, its key in the next.
#[derive(Default)]
#[repr(C, align(64))]
struct Slot {
    numbers: Mutex<Numbers>,
    key: OnceLock<SmallVec<[u8; 48]>>,
}

/// A pool's numbers.
#[derive(Default)]
pub(super) struct Numbers {
    pub limit: i64,
    floor: i64,
    pub reserved: i64,
    pub used: i64,
    pub clock: Micros,
    /// Of the holds that have one.
    ends: Ends,
}

/// The floor of a pool that has none: no floor is as low.
const NO_FLOOR: i64 = i64::MIN;
/// Enough for the numbers that an index takes.
const PARTS: usize = 8 * 24;

impl Pools {
    pub(super) fn new() -> Pools {
        let parts = (0..PARTS).map(|_| OnceLock::new()).collect();
        Pools { index: Shards::new(), count: AtomicU32::new(0), parts }
    }

    pub(super) fn find(&self, hash: u64, pool: &Pool) -> Option<Place> {
        let is_it = |number| self.key(Place(number)).is_some_and(|key| pool.has_key(key));
        self.index.at(Self::shard(hash)).find(hash, is_it).map(Place)
    }

    /// Which shard of the index a pool belongs to.
    pub(super) fn shard(hash: u64) -> u16 {
        Shards::<Index, SHARDS>::of(hash)
    }

    /// Waits for the right to make pools of one shard of the index, which until then nobody else makes.
    pub(super) fn making(&self, shard: u16) -> Adding<'_> {
        self.index.at(shard).adding()
    }

    /// Has pools that are looked up next brought from memory, all at once: one after the other each would be waited for.
    pub(super) fn fetch(&self, hashes: &[u64]) {
        let likely = |hash: &u64| self.index.at(Self::shard(*hash)).find(*hash, |_| true).map(Place);
        let likely: Few<Option<Place>> = hashes.iter().map(likely).collect();
        for place in likely.into_iter().flatten() {
            std::hint::black_box(self.key(place).is_some());
            self.touch(place);
        }
    }

    /// Has the numbers of a pool brought from memory.
    pub(super) fn touch(&self, place: Place) {
        if let Some(slot) = self.slot(place) {
            touch(&slot.numbers);
        }
    }

    /// Waits for the numbers of a pool.
    pub(super) fn lock(&self, place: Place) -> Option<MutexGuard<'_, Numbers>> {
        Some(lock(&self.slot(place)?.numbers))
    }

    /// Which pool is kept at a place.
    pub(super) fn pool(&self, place: Place) -> Option<Pool> {
        Pool::from_key(self.key(place)?)
    }

    /// Makes a pool that is not there; it comes locked, and is found from then on. `None` if no more fit.
    pub(super) fn make(
        &self,
        making: &mut Adding<'_>,
        pool: &Pool,
        row: &PoolRow,
        hasher: &FixedState,
    ) -> Option<(Place, MutexGuard<'_, Numbers>)> {
        let place = Place(self.count.fetch_add(1, Ordering::Relaxed));
        let (part, slots, _) = place.within();
        let make = || (0..slots).map(|_| Slot::default()).collect();
        self.parts.get(part)?.get_or_init(make);
        let slot = self.slot(place)?;
        let mut numbers = lock(&slot.numbers);
        numbers.write(row);
        slot.key.set(SmallVec::from_slice(&pool.key())).ok()?;
        let hash_of = |number| self.pool(Place(number)).map_or(0, |pool| pool_hash(hasher, &pool));
        making.add(pool_hash(hasher, pool), place.0, hash_of)?;
        Some((place, numbers))
    }

    fn key(&self, place: Place) -> Option<&[u8]> {
        self.slot(place)?.key.get().map(|key| &key[..])
    }

    fn slot(&self, place: Place) -> Option<&Slot> {
        let (part, _, offset) = place.within();
        self.parts.get(part)?.get()?.get(offset)
    }
}

impl Place {
    /// Its part, how many slots that part has, and which of them it is: 64 onwards as a binary number of which the part
    /// is the exponent and three digits, and the slot the rest.
    fn within(self) -> (usize, usize, usize) {
        let place = u64::from(self.0) + 64;
        let rest = place.ilog2() - 3;
        let part = u64::from(rest - 3) * 8 + (place >> rest) - 8;
        let slots = 1_usize << rest;
        (part as usize, slots, place as usize & (slots - 1))
    }
}

/// The hash of a pool: shorter than the derived one for the commonest kind.
pub(super) fn pool_hash(hasher: &FixedState, pool: &Pool) -> u64 {
    match pool {
        Pool::Stock { location, sku, lot: None } => {
            let mut hash = hasher.build_hasher();
            hash.write(location.as_bytes());
            hash.write(sku.as_bytes());
            hash.finish()
        }
        _ => hasher.hash_one(pool),
    }
}

impl Numbers {
    /// What a caller sees as of `now`, which is not before the clock.
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

    /// Takes over a row, whose clock is not before this one's.
    pub(super) fn write(&mut self, row: &PoolRow) {
        (self.limit, self.reserved, self.used) = (row.limit, row.reserved, row.used);
        self.floor = row.floor.unwrap_or(NO_FLOOR);
        self.advance(row.clock.timestamp_micros());
    }

    pub(super) fn lapsed_at(&self, now: Micros) -> i64 {
        self.ends.due(now)
    }

    /// Moves the clock.
    pub(super) fn advance(&mut self, now: Micros) {
        self.clock = now;
        self.ends.pass(now);
    }

    /// Notes that `units` are held until `end`.
    pub(super) fn holds(&mut self, end: Micros, units: i64) {
        self.ends.add(end, units, self.clock);
    }

    /// Notes that `units` are no longer held until `end`.
    pub(super) fn gives_up(&mut self, end: Micros, units: i64) {
        self.ends.remove(end, units, self.clock);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(not(shuttle))]
    fn a_pool_is_two_cache_lines() {
        assert_eq!(size_of::<Slot>(), 128);
        assert_eq!(std::mem::offset_of!(Slot, key), 64);
    }

    #[test]
    fn places_fill_one_part_after_the_other() {
        let mut next = (0, 0);
        for number in 0..100_000 {
            let (part, slots, offset) = Place(number).within();
            assert_eq!((part, offset), next, "{number}");
            assert_eq!(slots, 8 << (part / 8));
            next = if offset + 1 < slots { (part, offset + 1) } else { (part + 1, 0) };
        }
        assert!(Place(1 << 28).within().0 < PARTS);
    }
}
