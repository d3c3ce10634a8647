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

#[derive(Default)]
struct Books {
    rows: Rows,
    lapses: Lapses,
}

impl Books {
    fn execute(&mut self, command: &Command, at: DateTime<Utc>) -> Answer {
        self.rows.refresh(&command.act, at, |pool, now| self.lapses.sum(pool, now));
        let (answer, changes) = plan(command, &self.rows, at);
        self.apply(&changes);
        answer
    }

    fn apply(&mut self, changes: &Changes) {
        self.lapses.follow(&self.rows, changes);
        self.rows.apply(changes);
    }

    fn sweep(&mut self, at: DateTime<Utc>, max: usize) -> usize {
        let lapsed = self.rows.reservations.iter().filter(|(_, reserved)| reserved.has_lapsed(at));
        let lapsed: Vec<ReservationId> = lapsed.map(|(id, _)| id.clone()).collect();
        let mut ended = 0;
        for id in lapsed {
            if ended == max {
                break;
            }
            let act = Act::Confirm { reservation: id.clone() };
            self.rows.refresh(&act, at, |pool, now| self.lapses.sum(pool, now));
            if let Some(changes) = self.rows.swept(&id, at) {
                self.apply(&changes);
                ended += 1;
            }
        }
        let horizon = at.checked_sub_signed(WINDOW).unwrap_or(DateTime::<Utc>::MIN_UTC);
        self.rows.ops.retain(|_, remembered| remembered.at >= horizon);
        self.rows.reservations.retain(|_, reserved| {
            let ended = matches!(reserved.state, ReservedState::Ended { .. });
            !ended || reserved.touched >= horizon || reserved.holdings.iter().any(|holding| holding.used > 0)
        });
        ended
    }
}

impl ReservationStore for OneLock {
    async fn execute(&self, batch: &[Command], at: DateTime<Utc>) -> Answers {
        let mut books = self.0.lock().unwrap();
        Ok(batch.iter().map(|command| books.execute(command, at)).collect())
    }

    async fn levels(&self, pools: &[Pool], at: DateTime<Utc>) -> Result<Vec<Option<Level>>, StoreFault> {
        let Books { rows, lapses } = &*self.0.lock().unwrap();
        let level = |pool: &Pool| {
            let row = rows.pools.get(pool)?;
            Some(PoolRow { lapsed: lapses.sum(pool, at.max(row.clock)), ..*row }.level())
        };
        Ok(pools.iter().map(level).collect())
    }

    async fn reservations(
        &self,
        ids: &[ReservationId],
        at: DateTime<Utc>,
    ) -> Result<Vec<Option<Reserved>>, StoreFault> {
        let rows = &self.0.lock().unwrap().rows;
        let seen = |id: &ReservationId| {
            let now = rows.now(&Act::Confirm { reservation: id.clone() }, at);
            rows.reservations.get(id).map(|reserved| reserved.as_of(now))
        };
        Ok(ids.iter().map(seen).collect())
    }

    async fn sweep(&self, at: DateTime<Utc>, max: usize) -> Result<usize, StoreFault> {
        Ok(self.0.lock().unwrap().sweep(at, max))
    }

    fn shard(&self, _: &Pool) -> u16 {
        0
    }
}
