//! Locks, each in a cache line of its own. Under `cfg(shuttle)` they are those of the schedule checker.

#[cfg(shuttle)]
use shuttle::sync::Mutex;
#[cfg(not(shuttle))]
use std::sync::Mutex;
use std::sync::PoisonError;

#[cfg(shuttle)]
pub(super) use shuttle::sync::MutexGuard;
#[cfg(not(shuttle))]
pub(super) use std::sync::MutexGuard;

/// `N` values, at least one, each behind a lock: so many that two threads seldom meet.
pub(super) struct Shards<T, const N: usize> {
    first: Padded<T>,
    others: Box<[Padded<T>]>,
}

#[derive(Default)]
#[repr(align(64))]
struct Padded<T>(Mutex<T>);

impl<T: Default, const N: usize> Shards<T, N> {
    pub(super) fn new() -> Self {
        Shards { first: Padded::default(), others: (1..N).map(|_| Padded::default()).collect() }
    }

    /// Which shard a hash belongs to: by bits that the tables within do not look at first.
    pub(super) fn of(hash: u64) -> u16 {
        (hash >> 40) as u16 % N as u16
    }

    /// The shard of a hash.
    pub(super) fn lock(&self, hash: u64) -> MutexGuard<'_, T> {
        self.at(Self::of(hash))
    }

    /// The shard at an index below `N`.
    pub(super) fn at(&self, shard: u16) -> MutexGuard<'_, T> {
        let other = usize::from(shard).checked_sub(1).and_then(|place| self.others.get(place));
        let Padded(lock) = other.unwrap_or(&self.first);
        lock.lock().unwrap_or_else(PoisonError::into_inner) // nothing below panics; a half-done step does not exist
    }
}
