//! What every store does, once: a command, the rows it needs and the time in; the answer and the new rows out.

use chrono::{DateTime, Utc};

use crate::id::ReservationId;
use crate::reservation::rows::whole_micros;
use crate::reservation::{
    Act, Answer, Changes, Command, Leg, List, Part, Pool, PoolRow, Refusal, Remembered, Reserved,
    ReservedState, Rows,
};

mod held;
mod levels;
mod take;

/// What `command` does to `rows` at `at`: its answer and the rows to write. Pure; reads nothing that the command
/// does not name, directly or by its reservations.
///
/// `rows` holds, as far as they exist, the row of the op, the rows of the reservations that the act
/// [names](Act::reservations), and those of all pools that it [touches](Rows::touched), with
/// [`lapsed`](PoolRow::lapsed) as of [`Rows::now`] ([`Rows::refresh`] sees to it). The store holds whatever lock or
/// transaction makes that a truth until the changes are written.
///
/// ```
/// use order_workflow::reservation::{Act, Command, Guard, Leg, Outcome, Pool, Rows, plan};
///
/// let at = "2026-06-01T10:00:00Z".parse()?;
/// let tea = Pool::stock("north".parse()?, "tea".parse()?);
/// let supply = Act::Supply { pool: tea.clone(), delta: 5, guard: Guard::Never };
/// let reserve = Act::Reserve { reservation: "o-1/r1.0".parse()?, legs: vec![Leg::all(tea.clone(), 6)], until: None };
///
/// let mut rows = Rows::default();
/// let (answer, changes) = plan(&Command { op: "1".parse()?, act: supply }, &rows, at);
/// assert_eq!(answer, Ok(Outcome::Set { uncovered: 0 }));
/// rows.apply(&changes);
///
/// let (answer, _) = plan(&Command { op: "2".parse()?, act: reserve }, &rows, at);
/// assert_eq!(answer.unwrap_err().to_string(), "6 wanted of the stock of `tea` at `north`; available: 5");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn plan(command: &Command, rows: &Rows, at: DateTime<Utc>) -> (Answer, Changes) {
    let mut changes = Changes::default();
    let answer = plan_into(command, rows, at, &mut changes);
    (answer, changes)
}

/// As [`plan`], into a buffer that is cleared first.
pub fn plan_into(command: &Command, rows: &Rows, at: DateTime<Utc>, changes: &mut Changes) -> Answer {
    changes.clear();
    command.act.sized()?; // before the op: it costs nothing to look at, however much there is
    let digest = command.digest();
    if let Some(known) = rows.ops.get(&command.op) {
        let reused = || Refusal::IdReused { op: command.op.clone() };
        return if known.digest == digest { known.answer.clone() } else { Err(reused()) };
    }
    let answer = act_into(&command.act, rows, at, changes);
    let remembered = Remembered { digest, answer: answer.clone(), at: whole_micros(at) };
    changes.op = Some((command.op.clone(), remembered));
    answer
}

/// The act alone, for a store that remembers ops in its own way.
pub(super) fn act_into(act: &Act, rows: &Rows, at: DateTime<Utc>, changes: &mut Changes) -> Answer {
    let mut step = Step { rows, now: rows.now(act, at), changes: &mut *changes };
    let answer = step.act(act);
    match answer {
        Ok(_) => step.advance_clocks(act),
        Err(_) => changes.clear(),
    }
    answer
}

/// A command under way: the rows, its moment, and what it has changed so far.
struct Step<'a> {
    rows: &'a Rows,
    now: DateTime<Utc>,
    changes: &'a mut Changes,
}

impl<'a> Step<'a> {
    fn act(&mut self, act: &Act) -> Answer {
        match act {
            Act::Reserve { reservation, legs, until } => self.reserve(reservation, legs, *until),
            Act::Extend { reservation, until } => self.extend(reservation, *until),
            Act::Confirm { reservation } => self.confirm(reservation),
            Act::Use { reservation, parts } => self.consume(reservation, parts.as_deref()),
            Act::Release { reservation, parts } => self.release(reservation, parts.as_deref()),
            Act::GiveBack { reservation, parts } => self.give_back(reservation, parts),
            Act::Move { reservation, from, to } => self.shift(reservation, from, to),
            Act::Split { reservation, into, parts } => self.split(reservation, into, parts),
            Act::Supply { pool, delta, guard } => self.supply(pool, *delta, *guard),
            Act::Transfer { from, to, units, keep } => self.transfer(from, to, *units, *keep),
            Act::SetLimit { pool, limit } => self.set_limit(pool, *limit),
            Act::SetFloor { pool, floor } => self.set_floor(pool, *floor),
            Act::Count { pool, counted } => self.count(pool, *counted),
        }
    }

    /// Every pool that a command touched has been acted on, whether or not its numbers changed.
    fn advance_clocks(&mut self, act: &Act) {
        for pool in self.rows.touched(act) {
            if let Some(row) = self.pool(pool) {
                self.write(pool, row);
            }
        }
    }

    /// The pool as this command has left it so far.
    fn pool(&self, pool: &Pool) -> Option<PoolRow> {
        let changed = self.changes.pools.binary_search_by(|(other, _)| other.cmp(pool)).ok();
        let changed = changed.and_then(|place| self.changes.pools.get(place)).map(|(_, row)| row);
        changed.or_else(|| self.rows.pools.get(pool)).copied()
    }

    /// Writes the pool, acted on now.
    fn write(&mut self, pool: &Pool, row: PoolRow) {
        let row = PoolRow { clock: self.now, ..row };
        match self.changes.pools.binary_search_by(|(other, _)| other.cmp(pool)) {
            Ok(place) => {
                if let Some(slot) = self.changes.pools.get_mut(place) {
                    slot.1 = row;
                }
            }
            Err(place) => self.changes.pools.insert(place, (pool.clone(), row)),
        }
    }

    /// Writes the reservation, acted on now.
    fn write_reserved(&mut self, id: &ReservationId, mut reserved: Reserved) {
        reserved.touched = self.now;
        reserved.holdings.retain(|holding| holding.held > 0 || holding.used > 0);
        self.changes.reservations.push((id.clone(), reserved));
    }

    /// The reservation, whatever its state.
    fn known(&self, id: &ReservationId) -> Result<&'a Reserved, Refusal> {
        self.rows.reservations.get(id).ok_or_else(|| Refusal::UnknownReservation { reservation: id.clone() })
    }

    /// The reservation, if it still holds.
    fn live(&self, id: &ReservationId) -> Result<Reserved, Refusal> {
        let reserved = self.known(id)?.as_of(self.now);
        match reserved.state {
            ReservedState::Held { .. } | ReservedState::Confirmed => Ok(reserved),
            ReservedState::Ended { how } => Err(Refusal::Ended { reservation: id.clone(), how }),
        }
    }

    /// Refuses a name that ever held.
    fn unnamed(&self, id: &ReservationId) -> Result<(), Refusal> {
        match self.rows.reservations.get(id) {
            None => Ok(()),
            Some(there) => {
                Err(Refusal::Exists { reservation: id.clone(), there: Box::new(there.as_of(self.now)) })
            }
        }
    }

    /// Refuses an end that has passed.
    fn ahead(&self, until: DateTime<Utc>) -> Result<DateTime<Utc>, Refusal> {
        let until = whole_micros(until);
        if until > self.now { Ok(until) } else { Err(Refusal::Past { until, now: self.now }) }
    }
}

/// What the legs on one pool ask for together.
struct Ask<'a> {
    pool: &'a Pool,
    wanted: i64,
    at_least: i64,
    limit_if_new: Option<i64>,
}

/// The legs summed by pool, in key order; of several limits for a new pool the first counts.
fn summed_legs(legs: &[Leg], list: List) -> Result<Vec<Ask<'_>>, Refusal> {
    not_empty(legs.len(), list)?;
    for leg in legs {
        let pool = || leg.pool.clone();
        if leg.units <= 0 {
            return Err(Refusal::NotPositive { pool: pool(), units: leg.units });
        }
        if !(0..=leg.units).contains(&leg.at_least) {
            return Err(Refusal::AtLeast { pool: pool(), units: leg.units, at_least: leg.at_least });
        }
        if let Some(given) = leg.limit_if_new.filter(|limit| *limit < 0) {
            return Err(Refusal::Negative { pool: pool(), given });
        }
    }
    let mut legs: Vec<&Leg> = legs.iter().collect();
    legs.sort_by(|a, b| a.pool.cmp(&b.pool)); // stable: the first limit stays first
    let mut asks: Vec<Ask<'_>> = Vec::with_capacity(legs.len());
    for leg in legs {
        match asks.last_mut().filter(|ask| *ask.pool == leg.pool) {
            Some(ask) => {
                ask.wanted = added(ask.wanted, leg.units, &leg.pool)?;
                ask.at_least = added(ask.at_least, leg.at_least, &leg.pool)?;
                ask.limit_if_new = ask.limit_if_new.or(leg.limit_if_new);
            }
            None => {
                let Leg { pool, units, at_least, limit_if_new } = leg;
                asks.push(Ask { pool, wanted: *units, at_least: *at_least, limit_if_new: *limit_if_new });
            }
        }
    }
    Ok(asks)
}

/// The parts summed by pool, in key order.
fn summed_parts(parts: &[Part], list: List) -> Result<Vec<Part>, Refusal> {
    not_empty(parts.len(), list)?;
    if let Some(part) = parts.iter().find(|part| part.units <= 0) {
        return Err(Refusal::NotPositive { pool: part.pool.clone(), units: part.units });
    }
    let mut parts: Vec<&Part> = parts.iter().collect();
    parts.sort_by(|a, b| a.pool.cmp(&b.pool));
    let mut sums: Vec<Part> = Vec::with_capacity(parts.len());
    for part in parts {
        match sums.last_mut().filter(|sum| sum.pool == part.pool) {
            Some(sum) => sum.units = added(sum.units, part.units, &part.pool)?,
            None => sums.push(part.clone()),
        }
    }
    Ok(sums)
}

fn not_empty(given: usize, list: List) -> Result<(), Refusal> {
    if given == 0 { Err(Refusal::Empty { list }) } else { Ok(()) }
}

fn added(sum: i64, units: i64, pool: &Pool) -> Result<i64, Refusal> {
    sum.checked_add(units).ok_or_else(|| Refusal::Overflow { pool: pool.clone(), units })
}
