//! Housekeeping: for the memory's sake alone.

use chrono::{DateTime, Utc};

use super::names::{Names, State};
use super::{MemoryStore, Micros, NEVER, SHARDS};
use crate::reservation::How;

/// So many are looked at before their lock is let go for others.
const STRIDE: usize = 1_024;

impl MemoryStore {
    /// As [`sweep`](crate::reservation::ReservationStore::sweep), at once.
    pub fn sweep_now(&self, at: DateTime<Utc>, max: usize) -> usize {
        let at = at.timestamp_micros();
        let horizon = at.saturating_sub(self.window);
        let mut ended = 0;
        for shard in 0..SHARDS as u16 {
            self.ops.lock_at(shard).forget(horizon, &self.hasher);
            ended += self.sweep_names(shard, at, max - ended);
        }
        ended
    }

    /// What is due in one shard.
    fn sweep_names(&self, shard: u16, at: Micros, max: usize) -> usize {
        let (mut ended, mut left) = (0, vec![]);
        'strides: while ended < max {
            let mut names = self.names.lock_at(shard);
            for _ in 0..STRIDE.min(max - ended) {
                let Some(number) = names.next_lapsed(at) else { break 'strides };
                if self.end_lapsed(&mut names, number) {
                    names.watch(number);
                    ended += 1;
                } else {
                    left.push(number);
                }
            }
        }
        left.into_iter().for_each(|number| self.names.lock_at(shard).watch(number));
        let horizon = at.saturating_sub(self.window);
        while self.names.lock_at(shard).forget(horizon, STRIDE) {}
        ended
    }

    /// Writes down as ended what has lapsed for every caller, whatever its clock.
    fn end_lapsed(&self, names: &mut Names, number: u32) -> bool {
        let Some(name) = names.slot_mut(number) else { return false };
        let Some(mut pools) = self.lock_all(name.holds.iter().map(|hold| hold.place)) else { return false };
        if pools.iter().any(|pool| pool.clock < name.until) {
            return false;
        }
        for (hold, pool) in name.holds.iter_mut().zip(&mut pools) {
            pool.gives_up(name.until, hold.held);
            pool.reserved = pool.reserved.saturating_sub(hold.held);
            hold.held = 0;
        }
        name.holds.retain(|hold| hold.used > 0);
        (name.state, name.touched, name.until) = (State::Ended(How::Lapsed), name.until, NEVER);
        true
    }
}
