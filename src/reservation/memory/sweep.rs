//! Housekeeping: for the memory's sake alone.

use chrono::{DateTime, Utc};

use super::names::{Names, State};
use super::sync::SHARDS;
use super::{MemoryStore, Micros, NEVER};
use crate::reservation::How;

/// So many reservations are looked at before their lock is let go for others.
const STRIDE: u32 = 1_024;

impl MemoryStore {
    pub(super) fn sweep_now(&self, at: DateTime<Utc>, max: usize) -> usize {
        let at = at.timestamp_micros();
        let horizon = at.saturating_sub(self.window);
        let mut ended = 0;
        for shard in 0..SHARDS as u16 {
            let mut ops = self.ops.at(shard);
            ops.forget(horizon, usize::MAX);
            ops.shrink();
            drop(ops);
            self.names.at(shard).forget(horizon, usize::MAX);
            ended += self.sweep_names(shard, at, max - ended);
        }
        ended
    }

    /// Goes once round one shard's names, from where the last sweep stopped.
    fn sweep_names(&self, shard: u16, at: Micros, max: usize) -> usize {
        let (mut ended, mut seen) = (0, 0);
        loop {
            let mut names = self.names.at(shard);
            let all = names.len();
            for _ in 0..STRIDE {
                if seen >= all || ended >= max {
                    return ended;
                }
                seen += 1;
                names.swept = if names.swept + 1 < all { names.swept + 1 } else { 0 };
                let number = names.swept;
                ended += usize::from(self.end_lapsed(&mut names, number, at));
            }
        }
    }

    /// Writes a hold that has lapsed at `at` down as ended.
    fn end_lapsed(&self, names: &mut Names, number: u32, at: Micros) -> bool {
        let Some(name) = names.slot_mut(number).filter(|name| name.until <= at) else { return false };
        let mut pools = self.lock_all(name.holds.iter().map(|hold| hold.place));
        for hold in &mut name.holds {
            if let Some(pool) = pools.slot(hold.place) {
                pool.advance(pool.clock.max(at));
                pool.gives_up(name.until, hold.held);
                pool.reserved = pool.reserved.saturating_sub(hold.held);
            }
            hold.held = 0;
        }
        name.holds.retain(|hold| hold.used > 0);
        (name.state, name.until, name.touched) = (State::Ended(How::Lapsed), NEVER, at);
        names.note_end(number, at, self.window);
        true
    }
}
