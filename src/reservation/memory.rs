//! A store in memory: many threads, one process.
//!
//! Remembered ops and reservations by name lie in shards, each behind a lock; every pool has a lock of its own. A
//! command locks its op's shard, then the shards of its names, then its pools, each kind in order: no two commands can
//! wait for each other. (Who makes pools locks their shards of the index before any pool.) Pools are found by hash once
//! and without a lock; reservations then point at them. A sweep looks at what is due, not at what is there.
//!
//! What an ordinary command does is done in place ([`fast`]). Everything else (refusals that take more than a glance,
//! moves, splits, supplies) goes through [`plan`](crate::reservation::plan) on rows made for it ([`planned`]). A
//! property holds the two equal.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use foldhash::fast::FixedState;

use self::hashed::{Hashed, text_hash};
use self::names::Names;
use self::ops::{Kept, Ops};
use self::pools::Pools;
use self::sync::{Mutex, Shards};
use crate::id::ReservationId;
use crate::reservation::{Answer, Answers, Command, Level, Pool, ReservationStore, Reserved, StoreFault};

mod due;
mod ends;
mod fast;
mod hashed;
mod index;
mod names;
mod ops;
mod planned;
mod pools;
mod sweep;
mod sync;

/// A store in memory, for one process and any number of threads.
///
/// Only a [`sweep`](ReservationStore::sweep) forgets, by its own clock: ops that were answered, and reservations that
/// ended, longer than the [window](Self::with_window) before it. So no other caller's clock ends what is remembered;
/// sweep now and then, or the memory grows. A reservation with used units is never forgotten, nor is a pool; and a hold
/// that lapsed on a pool of which nobody has asked since waits, looked at by every sweep, until somebody does: a sweep
/// that wrote it down would move that pool's clock for everybody. It has room for 2²⁸ pools, 35 GB of them.
///
/// Its hashes are seeded with a constant, so that it behaves alike on every machine. Where strangers choose ids, give
/// a [seed](Self::with_seed) of your own.
pub struct MemoryStore {
    hasher: FixedState,
    window: i64,
    ops: Shards<Mutex<Ops>, SHARDS>,
    names: NameShards,
    pools: Pools,
}

const SHARDS: usize = 64;
type NameShards = Shards<Mutex<Names>, SHARDS>;
/// Microseconds since 1970.
type Micros = i64;
/// The end of what has none.
const NEVER: Micros = Micros::MAX;

impl MemoryStore {
    /// An empty store that remembers for a day.
    pub fn new() -> MemoryStore {
        MemoryStore {
            hasher: FixedState::with_seed(0x6f72_6465_7273),
            window: TimeDelta::days(1).num_microseconds().unwrap_or(NEVER),
            ops: Shards::new(),
            names: Shards::new(),
            pools: Pools::new(),
        }
    }

    /// The same, remembering for `window` before every sweep: longer than any caller repeats itself. Below zero counts
    /// as zero: a sweep forgets all that lies before it.
    #[must_use]
    pub fn with_window(self, window: TimeDelta) -> MemoryStore {
        MemoryStore { window: window.max(TimeDelta::zero()).num_microseconds().unwrap_or(NEVER), ..self }
    }

    /// The same and empty, its hashes seeded with `seed`, so that nobody outside can choose ids that collide.
    #[must_use]
    pub fn with_seed(self, seed: u64) -> MemoryStore {
        MemoryStore { hasher: FixedState::with_seed(seed), window: self.window, ..MemoryStore::new() }
    }

    /// As [`ReservationStore::execute`], at once: appends an answer per command to `answers`, in the order of the
    /// batch. Allocates nothing for commands that are carried out in place once the store has room for them (as many
    /// ops and reservations as a sweep has made free): reserve in full, extend, confirm, use, release and give back, of
    /// at most eight pools, with ids of at most 38 bytes. A refusal allocates.
    pub fn execute_into(&self, batch: &[Command], at: DateTime<Utc>, answers: &mut Vec<Answer>) {
        answers.extend(batch.iter().map(|command| self.execute_one(command, at)));
    }

    /// As [`execute_into`](Self::execute_into), for one command.
    pub fn execute_one(&self, command: &Command, at: DateTime<Utc>) -> Answer {
        let Command { op, act } = command;
        act.sized()?;
        let hashed = Hashed::of(act, &self.hasher);
        let hash = text_hash(&self.hasher, op.as_bytes());
        let micros = at.timestamp_micros();
        let mut ops = self.ops.lock(hash);
        if let Some(known) = ops.recall(hash, op, hashed.print) {
            return known;
        }
        let kept = self.in_place(act, &hashed, micros).unwrap_or_else(|| Kept::of(self.by_plan(act, at)));
        let answer = kept.answer();
        ops.remember((hash, &self.hasher), op, hashed.print, kept, micros);
        answer
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        MemoryStore::new()
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}

/// Every future is ready at once and there is no fault.
impl ReservationStore for MemoryStore {
    async fn execute(&self, batch: &[Command], at: DateTime<Utc>) -> Answers {
        let mut answers = Vec::with_capacity(batch.len());
        self.execute_into(batch, at, &mut answers);
        Ok(answers)
    }

    async fn levels(&self, pools: &[Pool], at: DateTime<Utc>) -> Result<Vec<Option<Level>>, StoreFault> {
        Ok(pools.iter().map(|pool| self.level(pool, at)).collect())
    }

    async fn reservations(
        &self,
        ids: &[ReservationId],
        at: DateTime<Utc>,
    ) -> Result<Vec<Option<Reserved>>, StoreFault> {
        Ok(ids.iter().map(|id| self.reservation(id, at)).collect())
    }

    async fn sweep(&self, at: DateTime<Utc>, max: usize) -> Result<usize, StoreFault> {
        Ok(self.sweep_now(at, max))
    }

    fn shard(&self, _: &Pool) -> u16 {
        0
    }
}

fn instant(micros: Micros) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap_or(DateTime::<Utc>::MAX_UTC)
}
