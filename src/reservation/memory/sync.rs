//! Locks, and the shards that hold them, each in cache lines of its own. Under `cfg(shuttle)` what threads share is
//! that of the schedule checker.

use std::sync::PoisonError;

#[cfg(shuttle)]
pub(super) use shuttle::sync::{Mutex, MutexGuard, atomic::AtomicU32};
#[cfg(not(shuttle))]
pub(super) use std::sync::{Mutex, MutexGuard, atomic::AtomicU32};

/// `N` values, at least one, by the hash of what they hold: so many that two threads seldom meet.
pub(super) struct Shards<T, const N: usize> {
    first: Padded<T>,
    others: Box<[Padded<T>]>,
}

#[derive(Default)]
#[repr(align(64))]
struct Padded<T>(T);

impl<T: Default, const N: usize> Shards<T, N> {
    pub(super) fn new() -> Self {
        Shards { first: Padded::default(), others: (1..N).map(|_| Padded::default()).collect() }
    }
}

impl<T, const N: usize> Shards<T, N> {
    /// Which shard a hash belongs to: by bits that the tables within do not look at first.
    pub(super) fn of(hash: u64) -> u16 {
        (hash >> 40) as u16 % N as u16
    }

    /// The shard at an index below `N`.
    pub(super) fn at(&self, shard: u16) -> &T {
        let other = usize::from(shard).checked_sub(1).and_then(|place| self.others.get(place));
        &other.unwrap_or(&self.first).0
    }
}

impl<T, const N: usize> Shards<Mutex<T>, N> {
    /// The shard of a hash, locked.
    pub(super) fn lock(&self, hash: u64) -> MutexGuard<'_, T> {
        self.lock_at(Self::of(hash))
    }

    /// The shard at an index below `N`, locked.
    pub(super) fn lock_at(&self, shard: u16) -> MutexGuard<'_, T> {
        lock(self.at(shard))
    }
}

/// Waits for a lock. That somebody panicked under it is no matter: nothing here panics, and a half-done step does not
/// exist.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Has what a lock holds brought from memory, without waiting for either.
#[cfg(not(shuttle))]
pub(super) fn touch<T>(mutex: &Mutex<T>) {
    std::hint::black_box(mutex.is_poisoned());
}
#[cfg(shuttle)]
pub(super) fn touch<T>(_: &Mutex<T>) {}
