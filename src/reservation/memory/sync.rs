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

/// How many shards there are of each kind: enough that two threads seldom meet.
pub(super) const SHARDS: usize = 64;

/// A fixed number of values, each behind a lock.
pub(super) struct Shards<T>(Box<[Padded<T>; SHARDS]>);

#[repr(align(64))]
struct Padded<T>(Mutex<T>);

impl<T: Default> Shards<T> {
    pub(super) fn new() -> Self {
        Shards(Box::new(std::array::from_fn(|_| Padded(Mutex::new(T::default())))))
    }

    /// Which shard a hash belongs to: by bits that the tables within do not look at first.
    pub(super) fn of(hash: u64) -> u16 {
        (hash >> 40) as u16 % SHARDS as u16
    }

    /// The shard of a hash.
    pub(super) fn lock(&self, hash: u64) -> MutexGuard<'_, T> {
        self.at(Self::of(hash))
    }

    /// The shard at an index, which is taken modulo their number.
    pub(super) fn at(&self, shard: u16) -> MutexGuard<'_, T> {
        let [first, ..] = &*self.0;
        let Padded(lock) = self.0.get(usize::from(shard)).unwrap_or(first);
        lock.lock().unwrap_or_else(PoisonError::into_inner) // nothing below panics; a half-done step does not exist
    }
}
