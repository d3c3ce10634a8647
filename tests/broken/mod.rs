//! A store with one flaw of choice, each as it is met in the field.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::thread;

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use order_workflow::Currency;
use order_workflow::id::ReservationId;
use order_workflow::reservation::*;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Flaw {
    None,
    /// None either: a store of two shards, which joins no pools of both.
    TwoShards,
    /// Takes leg after leg and leaves the first ones taken when a later one is short.
    ForgottenRollback,
    /// Checks each leg for itself.
    LegByLeg,
    /// Books all that a partial leg wanted.
    LostRemainder,
    /// A count does not say what is uncovered.
    CountsInSilence,
    /// Remembers no op.
    LostIdempotence,
    /// Remembers what it did, and not what it refused.
    ForgetsRefusals,
    /// Knows an op again whatever it says.
    AnyContent,
    /// A refusal ends the batch.
    StopsAtRefusal,
    /// Waits between writing what changed and remembering the op.
    HalfWritten,
    /// A hold ends when somebody sweeps.
    SweeperEnds,
    /// Believes the caller's clock.
    OwnClock,
    /// Every sweep gives back what has lapsed.
    DoubleExpiry,
    /// Takes a name again once it has ended.
    ReusesNames,
    /// Forgets old reservations, used or not.
    SweepsUsed,
    /// Says that pools lie apart, and joins them.
    JoinsWhatLiesApart,
    /// Reads, lets others in, then writes.
    ReadThenWrite,
    /// Takes leg after leg where all can see it, and undoes.
    UndoneHolds,
    /// Reads, lets others in, then writes, where units go from pool to pool.
    TransfersReadThenWrite,
    /// Forgets what nobody touched for a day, held or not.
    SweepsHeld,
    /// Writes down more than it was asked for.
    SweepsAll,
    /// Looks at once at the ops of a whole batch.
    TwiceInABatch,
    /// Keeps stock by location and SKU.
    BlindToLots,
    /// Keeps every budget in one currency.
    BlindToCurrency,
    /// Keeps clocks in seconds.
    WholeSeconds,
    /// Keeps units in 32 bits.
    SmallNumbers,
    /// Cuts long ops.
    ShortOps,
    /// Answers levels from the last to the first.
    LevelsReversed,
    /// Tells of reservations without what they used.
    ForgetsUsed,
    /// Takes "no lower bound" for zero.
    NoFloorIsZero,
}

pub struct Flawed {
    flaw: Flaw,
    books: Mutex<Books>,
}

/// Suspends its caller once.
struct Pause(bool);

impl Future for Pause {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Flawed {
    pub fn new(flaw: Flaw) -> Self {
        Flawed { flaw, books: Mutex::default() }
    }

    async fn one(&self, command: &Command, at: DateTime<Utc>) -> Answer {
        match self.flaw {
            Flaw::TransfersReadThenWrite
                if !matches!(command.act, Act::Transfer { .. } | Act::Move { .. }) =>
            {
                self.under_lock(command, at)
            }
            Flaw::ReadThenWrite | Flaw::TransfersReadThenWrite => {
                let mut seen = self.books.lock().unwrap().clone();
                thread::yield_now();
                seen.refresh(&command.act, at);
                let (answer, changes) = plan(command, &seen.rows, at);
                self.books.lock().unwrap().apply(&changes);
                answer
            }
            Flaw::UndoneHolds => self.undone_holds(command, at),
            Flaw::HalfWritten => {
                let mut changes = {
                    let mut books = self.books.lock().unwrap();
                    books.refresh(&command.act, at);
                    let (answer, changes) = plan(command, &books.rows, at);
                    if books.rows.ops.contains_key(&command.op) {
                        return answer;
                    }
                    books.apply(&Changes { op: None, ..changes.clone() });
                    changes
                };
                Pause(false).await;
                let (op, remembered) = changes.op.take().unwrap();
                self.books.lock().unwrap().rows.ops.insert(op, remembered.clone());
                remembered.answer
            }
            _ => self.under_lock(command, at),
        }
    }

    /// The command as far as the store can tell.
    fn as_kept(&self, command: &Command) -> Command {
        let mut kept = command.clone();
        match (self.flaw, &mut kept.act) {
            (Flaw::SmallNumbers, Act::Supply { delta, .. }) => *delta = i64::from(*delta as i32),
            (Flaw::NoFloorIsZero, Act::SetFloor { floor: floor @ None, .. }) => *floor = Some(0),
            (Flaw::ShortOps, _) if kept.op.as_str().len() > 60 => {
                kept.op = kept.op.as_str()[..60].parse().unwrap()
            }
            (
                Flaw::BlindToLots | Flaw::BlindToCurrency,
                Act::Supply { pool, .. } | Act::Count { pool, .. },
            ) => {
                *pool = self.blind(pool);
            }
            _ => {}
        }
        kept
    }

    fn blind(&self, pool: &Pool) -> Pool {
        match (self.flaw, pool.clone()) {
            (Flaw::BlindToLots, Pool::Stock { location, sku, .. }) => Pool::stock(location, sku),
            (Flaw::BlindToCurrency, Pool::Budget { budget, .. }) => {
                Pool::Budget { budget, currency: Currency::EUR }
            }
            (_, pool) => pool,
        }
    }

    /// Each leg is a reservation of its own for a moment.
    fn undone_holds(&self, command: &Command, at: DateTime<Utc>) -> Answer {
        let Act::Reserve { reservation, legs, .. } = &command.act else {
            return self.under_lock(command, at);
        };
        if legs.len() < 2 || self.books.lock().unwrap().rows.ops.contains_key(&command.op) {
            return self.under_lock(command, at);
        }
        let mut taken = Vec::new();
        for (n, leg) in legs.iter().enumerate() {
            let name: ReservationId = format!("{reservation}-leg{n}-{}", command.op).parse().unwrap();
            let act = Act::Reserve { reservation: name.clone(), legs: vec![leg.clone()], until: None };
            let step = Command { op: format!("{}-take{n}", command.op).parse().unwrap(), act };
            if self.books.lock().unwrap().execute(&step, at).is_err() {
                break;
            }
            taken.push(name);
            thread::yield_now();
        }
        let mut books = self.books.lock().unwrap();
        for (n, name) in taken.into_iter().enumerate() {
            let act = Act::Release { reservation: name, parts: None };
            let _ =
                books.execute(&Command { op: format!("{}-undo{n}", command.op).parse().unwrap(), act }, at);
        }
        books.execute(command, at)
    }

    fn under_lock(&self, command: &Command, at: DateTime<Utc>) -> Answer {
        let mut books = self.books.lock().unwrap();
        let books = &mut *books;
        match self.flaw {
            Flaw::SweeperEnds => {
                let held =
                    books.rows.reservations.iter().map(|(id, reserved)| (id.clone(), reserved.clone()));
                let held: Vec<_> = held.collect();
                for (_, reserved) in books.rows.reservations.iter_mut() {
                    if let ReservedState::Held { until } = &mut reserved.state {
                        *until = until.map(|_| DateTime::<Utc>::MAX_UTC);
                    }
                }
                let act = &command.act;
                books.rows.refresh(act, at, |_, _| 0);
                let (answer, changes) = plan(command, &books.rows, at);
                books.rows.reservations.extend(held);
                books.apply(&changes);
                return answer;
            }
            Flaw::OwnClock => books.rows.pools.values_mut().for_each(|row| row.clock = DateTime::UNIX_EPOCH),
            Flaw::AnyContent => {
                if let Some(known) = books.rows.ops.get(&command.op) {
                    return known.answer.clone();
                }
            }
            Flaw::ReusesNames => books
                .rows
                .reservations
                .retain(|_, reserved| !matches!(reserved.as_of(at).state, ReservedState::Ended { .. })),
            _ => {}
        }
        books.refresh(&command.act, at);
        let (mut answer, mut changes) = plan(command, &books.rows, at);
        match (self.flaw, &command.act) {
            (Flaw::LostIdempotence, _) => changes.op = None,
            (Flaw::ForgetsRefusals, _) if answer.is_err() => changes.op = None,
            (Flaw::CountsInSilence, Act::Count { .. }) if answer.is_ok() => {
                answer = Ok(Outcome::Set { uncovered: 0 });
            }
            (Flaw::ForgottenRollback, Act::Reserve { reservation, legs, until }) => {
                if matches!(answer, Err(Refusal::Insufficient { .. } | Refusal::UnknownPool { .. })) {
                    for leg in legs {
                        let level = books.rows.pools.get(&leg.pool).map(PoolRow::level);
                        let free = level.and_then(|level| level.available()).unwrap_or(0);
                        match books.rows.pools.get_mut(&leg.pool) {
                            Some(row) if free >= leg.units => row.reserved += leg.units,
                            _ => break,
                        }
                    }
                }
                let _ = (reservation, until);
            }
            (Flaw::LegByLeg, Act::Reserve { reservation, legs, until }) if answer.is_err() => {
                let alone = |leg: &Leg| Act::Reserve {
                    reservation: reservation.clone(),
                    legs: vec![leg.clone()],
                    until: *until,
                };
                let fits = |leg| {
                    plan(&Command { op: "try".parse().unwrap(), act: alone(leg) }, &books.rows, at).0.is_ok()
                };
                if !legs.is_empty() && legs.iter().all(fits) && !books.rows.ops.contains_key(&command.op) {
                    for row in books.rows.pools.values_mut() {
                        row.limit += 1_000;
                    }
                    (answer, changes) = plan(command, &books.rows, at);
                    books.rows.pools.values_mut().for_each(|row| row.limit -= 1_000);
                    changes.pools.iter_mut().for_each(|(_, row)| row.limit -= 1_000);
                }
            }
            (Flaw::LostRemainder, Act::Reserve { legs, .. }) => {
                if let Ok(Outcome::Reserved { short, .. }) = &answer {
                    for part in short {
                        let wanted: i64 =
                            legs.iter().filter(|leg| leg.pool == part.pool).map(|leg| leg.units).sum();
                        for (_, row) in changes.pools.iter_mut().filter(|(pool, _)| *pool == part.pool) {
                            row.reserved += wanted - (wanted - part.units);
                        }
                    }
                }
            }
            _ => {}
        }
        books.apply(&changes);
        answer
    }
}

impl ReservationStore for Flawed {
    async fn execute(&self, batch: &[Command], at: DateTime<Utc>) -> Answers {
        let mut answers: Vec<Answer> = Vec::new();
        let known = self.books.lock().unwrap().rows.ops.clone();
        for command in batch {
            let command = &self.as_kept(command);
            let at = if self.flaw == Flaw::WholeSeconds { at.with_nanosecond(0).unwrap() } else { at };
            if self.flaw == Flaw::TwiceInABatch && !known.contains_key(&command.op) {
                self.books.lock().unwrap().rows.ops.remove(&command.op);
            }
            let apart = self.books.lock().unwrap().rows.together(&command.act, |pool| self.shard(pool));
            let stopped = answers.iter().find_map(|answer| answer.clone().err());
            let answer = match (self.flaw, stopped, apart) {
                (Flaw::StopsAtRefusal, Some(refusal), _) => Err(refusal),
                (flaw, _, Err(refusal)) if flaw != Flaw::JoinsWhatLiesApart => Err(refusal),
                _ => self.one(command, at).await,
            };
            answers.push(answer);
        }
        Ok(answers)
    }

    async fn levels(&self, pools: &[Pool], at: DateTime<Utc>) -> Result<Vec<Option<Level>>, StoreFault> {
        let Books { rows, lapses } = &*self.books.lock().unwrap();
        let level = |pool: &Pool| {
            let row = rows.pools.get(pool)?;
            let lapsed = if self.flaw == Flaw::SweeperEnds { 0 } else { lapses.sum(pool, at.max(row.clock)) };
            Some(PoolRow { lapsed, ..*row }.level())
        };
        let mut levels: Vec<Option<Level>> = pools.iter().map(level).collect();
        if self.flaw == Flaw::LevelsReversed {
            levels.reverse();
        }
        Ok(levels)
    }

    async fn reservations(
        &self,
        ids: &[ReservationId],
        at: DateTime<Utc>,
    ) -> Result<Vec<Option<Reserved>>, StoreFault> {
        let rows = &self.books.lock().unwrap().rows;
        let seen = |id: &ReservationId| {
            let now = rows.now(&Act::Confirm { reservation: id.clone() }, at);
            let mut seen = rows.reservations.get(id).map(|reserved| reserved.as_of(now));
            if self.flaw == Flaw::ForgetsUsed {
                seen.iter_mut().flat_map(|seen| &mut seen.holdings).for_each(|holding| holding.used = 0);
            }
            seen
        };
        Ok(ids.iter().map(seen).collect())
    }

    async fn sweep(&self, at: DateTime<Utc>, max: usize) -> Result<usize, StoreFault> {
        let mut books = self.books.lock().unwrap();
        let lapsed = books.rows.reservations.iter().filter(|(_, reserved)| reserved.has_lapsed(at));
        let lapsed: Vec<ReservationId> = lapsed.map(|(id, _)| id.clone()).collect();
        let mut ended = 0;
        for id in &lapsed {
            if ended == max && self.flaw != Flaw::SweepsAll {
                break;
            }
            books.refresh(&Act::Confirm { reservation: id.clone() }, at);
            let Some(changes) = books.rows.swept(id, at) else { continue };
            ended += 1;
            if self.flaw == Flaw::DoubleExpiry {
                books.rows.pools.extend(changes.pools.iter().cloned());
            } else {
                books.apply(&changes);
            }
        }
        let old = |reserved: &Reserved| reserved.touched < at - TimeDelta::days(1);
        let ends = |reserved: &Reserved| matches!(reserved.state, ReservedState::Ended { .. });
        let used = |reserved: &Reserved| reserved.holdings.iter().any(|holding| holding.used > 0);
        let flaw = self.flaw;
        books.rows.reservations.retain(|_, reserved| match flaw {
            Flaw::SweepsHeld => !old(reserved) || used(reserved),
            Flaw::SweepsUsed => !old(reserved) || !ends(reserved),
            _ => !old(reserved) || !ends(reserved) || used(reserved),
        });
        Ok(ended)
    }

    fn shard(&self, pool: &Pool) -> u16 {
        match (self.flaw, pool) {
            (Flaw::TwoShards | Flaw::JoinsWhatLiesApart, Pool::Stock { location, .. }) => {
                u16::from(location.as_str().len() > 1)
            }
            _ => 0,
        }
    }
}

/// A lock a pool, taken in the order of the legs: callers end up waiting for each other. It knows reserve, release
/// and supply, which is what it takes to see it.
#[derive(Default)]
pub struct Rings {
    pools: Mutex<BTreeMap<Pool, Arc<Mutex<()>>>>,
    inner: crate::broken::Inner,
}

pub type Inner = MemoryStore;

impl ReservationStore for Rings {
    async fn execute(&self, batch: &[Command], at: DateTime<Utc>) -> Answers {
        let mut answers = Vec::new();
        for command in batch {
            let locks: Vec<Arc<Mutex<()>>> = {
                let mut pools = self.pools.lock().unwrap();
                let mut seen: Vec<&Pool> = Vec::new();
                for pool in command.act.pools() {
                    if !seen.contains(&pool) {
                        seen.push(pool);
                    }
                }
                seen.into_iter().map(|pool| pools.entry(pool.clone()).or_default().clone()).collect()
            };
            let mut held = Vec::new();
            for lock in &locks {
                held.push(lock.lock().unwrap());
                thread::yield_now();
            }
            self.inner.execute_into(std::slice::from_ref(command), at, &mut answers);
        }
        Ok(answers)
    }

    async fn levels(&self, pools: &[Pool], at: DateTime<Utc>) -> Result<Vec<Option<Level>>, StoreFault> {
        self.inner.levels(pools, at).await
    }

    async fn reservations(
        &self,
        ids: &[ReservationId],
        at: DateTime<Utc>,
    ) -> Result<Vec<Option<Reserved>>, StoreFault> {
        self.inner.reservations(ids, at).await
    }

    async fn sweep(&self, at: DateTime<Utc>, max: usize) -> Result<usize, StoreFault> {
        ReservationStore::sweep(&self.inner, at, max).await
    }

    fn shard(&self, _: &Pool) -> u16 {
        0
    }
}
