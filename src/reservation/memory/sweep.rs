//! Housekeeping: for the memory's sake alone.

use chrono::{DateTime, Utc};

use super::names::{Names, State};
use super::sync::SHARDS;
use super::{MemoryStore, Micros, NEVER};
use crate::reservation::How;

/// So many reservations are looked at before their lock is let go for others.
const STRIDE: u32 = 1_024;

impl MemoryStore {
    /// As [`sweep`](crate::reservation::ReservationStore::sweep), at once.
    pub fn sweep_now(&self, at: DateTime<Utc>, max: usize) -> usize {
        let at = at.timestamp_micros();
        let horizon = at.saturating_sub(self.window);
        let mut ended = 0;
        for shard in 0..SHARDS as u16 {
            self.ops.at(shard).forget(horizon);
            ended += self.sweep_names(shard, at, max - ended);
        }
        ended
    }

    /// Goes once round one shard's names.
    fn sweep_names(&self, shard: u16, at: Micros, max: usize) -> usize {
        let horizon = at.saturating_sub(self.window);
        let (mut ended, mut number) = (0, 0);
        loop {
            let mut names = self.names.at(shard);
            for _ in 0..STRIDE {
                if number >= names.len() {
                    return ended;
                }
                if ended < max {
                    ended += usize::from(self.end_lapsed(&mut names, number, at));
                }
                names.forget(number, horizon);
                number += 1;
            }
        }
    }

    /// Writes down as ended what has lapsed for every caller, whatever its clock.
    fn end_lapsed(&self, names: &mut Names, number: u32, at: Micros) -> bool {
        let Some(name) = names.slot_mut(number).filter(|name| name.until <= at) else { return false };
        let mut pools = self.lock_all(name.holds.iter().map(|hold| hold.place));
        let passed =
            |hold: &super::names::Hold| pools.slot(hold.place).is_some_and(|pool| pool.clock >= name.until);
        if !name.holds.iter().all(passed) {
            return false;
        }
        for hold in &mut name.holds {
            if let Some(pool) = pools.slot(hold.place) {
                pool.gives_up(name.until, hold.held);
                pool.reserved = pool.reserved.saturating_sub(hold.held);
            }
            hold.held = 0;
        }
        name.holds.retain(|hold| hold.used > 0);
        (name.state, name.touched, name.until) = (State::Ended(How::Lapsed), name.until, NEVER);
        true
    }
}
