//! Rows and their index of ends, kept in step.

use chrono::{DateTime, Utc};

use crate::id::ReservationId;
use crate::reservation::{Act, Answer, Changes, Command, Lapses, Level, Pool, PoolRow, Reserved, Rows, plan};

/// Rows together with what a store needs around [`plan`]: the index of ends, brought up to date before and followed
/// after, in the order in which it must be. A store that keeps all its rows in memory puts this behind its lock; it
/// forgets nothing by itself.
///
/// ```
/// use order_workflow::reservation::{Act, Books, Command, Outcome, Pool};
///
/// let tea = Pool::stock("north".parse()?, "tea".parse()?);
/// let at = "2026-06-01T10:00:00Z".parse()?;
/// let mut books = Books::default();
/// let count = Command { op: "1".parse()?, act: Act::Count { pool: tea.clone(), counted: 5 } };
/// assert_eq!(books.execute(&count, at), Ok(Outcome::Set { uncovered: 0 }));
/// assert_eq!(books.level(&tea, at).and_then(|level| level.available()), Some(5));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Books {
    /// The rows.
    pub rows: Rows,
    /// What of them will lapse.
    pub lapses: Lapses,
}

impl Books {
    /// Carries out one command: refreshes, plans and applies.
    pub fn execute(&mut self, command: &Command, at: DateTime<Utc>) -> Answer {
        self.refresh(&command.act, at);
        let (answer, changes) = plan(command, &self.rows, at);
        self.apply(&changes);
        answer
    }

    /// Brings the rows that an act touches up to its moment, as [`plan`] needs them.
    pub fn refresh(&mut self, act: &Act, at: DateTime<Utc>) {
        let Books { rows, lapses } = self;
        rows.refresh(act, at, |pool, now| lapses.sum(pool, now));
    }

    /// Takes over what a command changed.
    pub fn apply(&mut self, changes: &Changes) {
        self.lapses.follow(&self.rows, changes);
        self.rows.apply(changes);
    }

    /// What a pool's numbers are at the later of `at` and its clock.
    pub fn level(&self, pool: &Pool, at: DateTime<Utc>) -> Option<Level> {
        let row = self.rows.pools.get(pool)?;
        Some(PoolRow { lapsed: self.lapses.sum(pool, at.max(row.clock)), ..*row }.level())
    }

    /// What a reservation is at the latest of `at` and its pools' clocks.
    pub fn reservation(&self, id: &ReservationId, at: DateTime<Utc>) -> Option<Reserved> {
        let now = self.rows.now(&Act::Confirm { reservation: id.clone() }, at);
        self.rows.reservations.get(id).map(|reserved| reserved.as_of(now))
    }

    /// Writes down at most `max` holds that have lapsed for every caller by `at`; answers how many it wrote down.
    pub fn end_lapsed(&mut self, at: DateTime<Utc>, max: usize) -> usize {
        let lapsed = self.rows.reservations.iter().filter(|(_, reserved)| reserved.has_lapsed(at));
        let lapsed: Vec<ReservationId> = lapsed.map(|(id, _)| id.clone()).collect();
        let mut ended = 0;
        for id in lapsed {
            if ended == max {
                break;
            }
            self.refresh(&Act::Confirm { reservation: id.clone() }, at);
            if let Some(changes) = self.rows.swept(&id, at) {
                self.apply(&changes);
                ended += 1;
            }
        }
        ended
    }
}
