//! A store as an integrator would write it: rows behind one lock, `plan` in the middle.

use std::sync::Mutex;

use chrono::{DateTime, TimeDelta, Utc};
use order_workflow::id::ReservationId;
use order_workflow::reservation::*;

/// How long answers are remembered, and reservations that ended.
const WINDOW: TimeDelta = TimeDelta::days(1);

/// All rows, in memory, behind one lock: a table each in a database, and a transaction for the lock.
#[derive(Default)]
pub struct OneLock(Mutex<Books>);

/// Holds that have lapsed are written down, and what is old is forgotten.
fn sweep(books: &mut Books, at: DateTime<Utc>, max: usize) -> usize {
    let ended = books.end_lapsed(at, max);
    let horizon = at.checked_sub_signed(WINDOW).unwrap_or(DateTime::<Utc>::MIN_UTC);
    books.rows.ops.retain(|_, remembered| remembered.at >= horizon);
    books.rows.reservations.retain(|_, reserved| {
        let ended = matches!(reserved.state, ReservedState::Ended { .. });
        !ended || reserved.touched >= horizon || reserved.holdings.iter().any(|holding| holding.used > 0)
    });
    ended
}

impl ReservationStore for OneLock {
    async fn execute(&self, batch: &[Command], at: DateTime<Utc>) -> Answers {
        let mut books = self.0.lock().unwrap();
        Ok(batch.iter().map(|command| books.execute(command, at)).collect())
    }

    async fn levels(&self, pools: &[Pool], at: DateTime<Utc>) -> Result<Vec<Option<Level>>, StoreFault> {
        let books = self.0.lock().unwrap();
        Ok(pools.iter().map(|pool| books.level(pool, at)).collect())
    }

    async fn reservations(
        &self,
        ids: &[ReservationId],
        at: DateTime<Utc>,
    ) -> Result<Vec<Option<Reserved>>, StoreFault> {
        let books = self.0.lock().unwrap();
        Ok(ids.iter().map(|id| books.reservation(id, at)).collect())
    }

    async fn sweep(&self, at: DateTime<Utc>, max: usize) -> Result<usize, StoreFault> {
        Ok(sweep(&mut self.0.lock().unwrap(), at, max))
    }

    fn shard(&self, _: &Pool) -> u16 {
        0
    }
}
