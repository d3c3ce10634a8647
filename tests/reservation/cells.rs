//! A model of reservations so naive that it cannot share a bug: a cell per unit, found by walking all of them.
//!
//! It shares the types of commands and answers with the crate and no code: no sums by pool that are kept, no index of
//! ends, no rows; ops are compared by what they say.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use order_workflow::id::{OpId, ReservationId};
use order_workflow::reservation::*;

#[derive(Clone, Default)]
pub struct Cells {
    pools: BTreeMap<Pool, Numbers>,
    names: BTreeMap<ReservationId, Name>,
    /// One a unit that is held or used.
    cells: Vec<Cell>,
    answered: Vec<(Command, Answer)>,
}

#[derive(Clone)]
struct Numbers {
    limit: i64,
    floor: Option<i64>,
    clock: DateTime<Utc>,
}

#[derive(Clone)]
struct Name {
    until: Option<DateTime<Utc>>,
    confirmed: bool,
    ended: Option<How>,
}

#[derive(Clone)]
struct Cell {
    pool: Pool,
    owner: ReservationId,
    used: bool,
}

/// What is held and what is used, by pool.
pub type HeldAndUsed = BTreeMap<Pool, (i64, i64)>;

/// Instants are whole microseconds.
fn cut(at: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(at.timestamp_micros()).unwrap()
}

fn cut_ends(act: &Act) -> Act {
    let mut act = act.clone();
    match &mut act {
        Act::Reserve { until: Some(until), .. } | Act::Extend { until, .. } => *until = cut(*until),
        _ => {}
    }
    act
}

fn no(refusal: Refusal) -> Answer {
    Err(refusal)
}

impl Cells {
    pub fn execute(&mut self, command: &Command, at: DateTime<Utc>) -> Answer {
        let at = cut(at);
        let command = &Command { act: cut_ends(&command.act), ..command.clone() };
        if let Some((first, answer)) = self.answered.iter().find(|(known, _)| known.op == command.op) {
            return if first == command { answer.clone() } else { no(reused(&command.op)) };
        }
        let mut tried = self.clone();
        let now = tried.now(&command.act, at);
        let answer = tried.act(&command.act, now);
        if answer.is_ok() {
            for pool in self.touched(&command.act).into_iter().chain(tried.touched(&command.act)) {
                if let Some(numbers) = tried.pools.get_mut(&pool) {
                    numbers.clock = now;
                }
            }
            *self = tried;
        }
        self.answered.push((command.clone(), answer.clone()));
        answer
    }

    pub fn level(&self, pool: &Pool, at: DateTime<Utc>) -> Option<Level> {
        let at = cut(at);
        let numbers = self.pools.get(pool)?;
        let now = at.max(numbers.clock);
        Some(Level {
            limit: numbers.limit,
            floor: numbers.floor,
            reserved: self.held_now(pool, now),
            used: self.count(|cell| cell.pool == *pool && cell.used),
        })
    }

    /// State, and by pool what is held and used, at the moment that a store would see.
    pub fn reserved(&self, id: &ReservationId, at: DateTime<Utc>) -> Option<(ReservedState, HeldAndUsed)> {
        let name = self.names.get(id)?;
        let now = self.now(&Act::Confirm { reservation: id.clone() }, cut(at));
        let lapsed = self.lapsed(id, now);
        let mut of = BTreeMap::new();
        for cell in self.cells.iter().filter(|cell| cell.owner == *id) {
            let (held, used) = of.entry(cell.pool.clone()).or_insert((0, 0));
            *(if cell.used { used } else { held }) += i64::from(cell.used || !lapsed);
        }
        of.retain(|_, counts| *counts != (0, 0));
        let state = match name.ended {
            Some(how) => ReservedState::Ended { how },
            None if lapsed => ReservedState::Ended { how: How::Lapsed },
            None if name.confirmed => ReservedState::Confirmed,
            None => ReservedState::Held { until: name.until },
        };
        Some((state, of))
    }

    pub fn pools(&self) -> impl Iterator<Item = &Pool> {
        self.pools.keys()
    }

    fn touched(&self, act: &Act) -> BTreeSet<Pool> {
        let mine = |cell: &&Cell| act.reservations().any(|id| *id == cell.owner);
        act.pools().cloned().chain(self.cells.iter().filter(mine).map(|cell| cell.pool.clone())).collect()
    }

    fn now(&self, act: &Act, at: DateTime<Utc>) -> DateTime<Utc> {
        self.touched(act)
            .iter()
            .filter_map(|pool| self.pools.get(pool))
            .fold(at, |now, pool| now.max(pool.clock))
    }

    fn count(&self, is: impl Fn(&Cell) -> bool) -> i64 {
        self.cells.iter().filter(|cell| is(cell)).count() as i64
    }

    fn lapsed(&self, id: &ReservationId, now: DateTime<Utc>) -> bool {
        let name = &self.names[id];
        !name.confirmed && name.ended.is_none() && name.until.is_some_and(|until| until <= now)
    }

    fn held_now(&self, pool: &Pool, now: DateTime<Utc>) -> i64 {
        self.count(|cell| cell.pool == *pool && !cell.used && !self.lapsed(&cell.owner, now))
    }

    fn held_by(&self, id: &ReservationId, pool: &Pool) -> i64 {
        self.count(|cell| cell.owner == *id && cell.pool == *pool && !cell.used)
    }

    fn used_by(&self, id: &ReservationId, pool: &Pool) -> i64 {
        self.count(|cell| cell.owner == *id && cell.pool == *pool && cell.used)
    }

    fn on_hand(&self, pool: &Pool) -> i64 {
        self.pools[pool].limit - self.count(|cell| cell.pool == *pool && cell.used)
    }

    /// `None`: no bound.
    fn free(&self, pool: &Pool, now: DateTime<Utc>) -> Option<i64> {
        self.pools[pool].floor.map(|floor| self.on_hand(pool) - floor - self.held_now(pool, now))
    }

    fn uncovered(&self, pool: &Pool, now: DateTime<Utc>) -> Answer {
        let missing = self.free(pool, now).map_or(0, |free| (-free).max(0));
        Ok(Outcome::Set { uncovered: missing.min(self.held_now(pool, now)) })
    }

    fn act(&mut self, act: &Act, now: DateTime<Utc>) -> Answer {
        match act {
            Act::Reserve { reservation, legs, until } => {
                check_legs(legs, List::Legs)?;
                self.open(legs, now)?;
                if self.names.contains_key(reservation) {
                    let (state, _) = self.reserved(reservation, now).unwrap();
                    return no(Refusal::Exists {
                        reservation: reservation.clone(),
                        there: Box::new(Reserved { state, holdings: vec![], touched: now }),
                    });
                }
                if let Some(until) = until.filter(|until| *until <= now) {
                    return no(Refusal::Past { until, now });
                }
                self.names.insert(reservation.clone(), Name { until: *until, confirmed: false, ended: None });
                let short = self.take(reservation, legs, now)?;
                Ok(Outcome::Reserved { until: *until, short })
            }
            Act::Extend { reservation, until } => {
                self.must_live(reservation, now)?;
                if self.names[reservation].confirmed {
                    return no(Refusal::IsConfirmed { reservation: reservation.clone() });
                }
                if *until <= now {
                    return no(Refusal::Past { until: *until, now });
                }
                self.names.get_mut(reservation).unwrap().until = Some(*until);
                Ok(Outcome::Extended { until: *until })
            }
            Act::Confirm { reservation } => {
                self.must_live(reservation, now)?;
                self.names.get_mut(reservation).unwrap().confirmed = true;
                Ok(Outcome::Confirmed)
            }
            Act::Use { reservation, parts } => {
                self.must_live(reservation, now)?;
                let parts = self.parts(reservation, parts.as_deref())?;
                for (pool, units) in &parts {
                    self.must_hold(reservation, pool, *units)?;
                }
                for (pool, units) in &parts {
                    let on_hand = self.on_hand(pool);
                    if on_hand < *units {
                        return no(Refusal::NotOnHand { pool: pool.clone(), wanted: *units, on_hand });
                    }
                }
                for (pool, units) in &parts {
                    let mut left = *units;
                    for cell in &mut self.cells {
                        if left > 0 && cell.owner == *reservation && cell.pool == *pool && !cell.used {
                            (cell.used, left) = (true, left - 1);
                        }
                    }
                }
                Ok(Outcome::Used { ended: self.end_if_empty(reservation, How::Used) })
            }
            Act::Release { reservation, parts } => {
                self.must_live(reservation, now)?;
                for (pool, units) in self.parts(reservation, parts.as_deref())? {
                    self.must_hold(reservation, &pool, units)?;
                    self.remove(reservation, &pool, units, false);
                }
                Ok(Outcome::Released { ended: self.end_if_empty(reservation, How::Released) })
            }
            Act::GiveBack { reservation, parts } => {
                self.must_exist(reservation)?;
                for (pool, units) in summed(parts, List::Parts)? {
                    let used = self.used_by(reservation, &pool);
                    if used < units {
                        return no(Refusal::MoreThanUsed { pool, wanted: units, used });
                    }
                    self.remove(reservation, &pool, units, true);
                }
                Ok(Outcome::GivenBack)
            }
            Act::Move { reservation, from, to } => {
                self.must_live(reservation, now)?;
                let from = if from.is_empty() { BTreeMap::new() } else { summed(from, List::From)? };
                check_legs(to, List::To)?;
                self.open(to, now)?;
                for (pool, units) in from {
                    self.must_hold(reservation, &pool, units)?;
                    self.remove(reservation, &pool, units, false);
                }
                Ok(Outcome::Moved { short: self.take(reservation, to, now)? })
            }
            Act::Split { reservation, into, parts } => {
                self.must_live(reservation, now)?;
                let parts = summed(parts, List::Parts)?;
                if self.names.contains_key(into) {
                    let (state, _) = self.reserved(into, now).unwrap();
                    let there = Box::new(Reserved { state, holdings: vec![], touched: now });
                    return no(Refusal::Exists { reservation: into.clone(), there });
                }
                for (pool, units) in &parts {
                    self.must_hold(reservation, pool, *units)?;
                }
                if self.count(|cell| cell.owner == *reservation && !cell.used) == parts.values().sum::<i64>()
                {
                    return no(Refusal::NothingLeft { reservation: reservation.clone() });
                }
                self.names.insert(into.clone(), self.names[reservation].clone());
                for (pool, units) in &parts {
                    self.remove(reservation, pool, *units, false);
                    self.add(into, pool, *units);
                }
                Ok(Outcome::Split)
            }
            Act::Supply { pool, delta, guard } => {
                if *delta == 0 {
                    return no(Refusal::NotPositive { pool: pool.clone(), units: 0 });
                }
                if *delta < 0 {
                    self.must_be(pool)?;
                }
                self.touch(pool, 0, now).limit += delta;
                let (on_hand, reserved) = (self.on_hand(pool), self.held_now(pool, now));
                if *delta < 0 && on_hand < 0 {
                    let on_hand = on_hand - delta;
                    return no(Refusal::NotOnHand { pool: pool.clone(), wanted: -delta, on_hand });
                }
                if *delta < 0 && *guard == Guard::KeepReserved && on_hand < reserved {
                    return no(Refusal::BelowReserved { pool: pool.clone(), on_hand, reserved });
                }
                self.uncovered(pool, now)
            }
            Act::Transfer { from, to, units, keep } => {
                let alike = match (from, to) {
                    (Pool::Stock { sku: a, .. }, Pool::Stock { sku: b, .. }) => a == b,
                    (Pool::Stock { .. }, _) | (_, Pool::Stock { .. }) => false,
                    _ => from.kind() == to.kind(),
                };
                if *units <= 0 {
                    return no(Refusal::NotPositive { pool: from.clone(), units: *units });
                }
                if *keep < 0 {
                    return no(Refusal::Negative { pool: from.clone(), given: *keep });
                }
                if from == to || !alike {
                    return no(Refusal::NotAlike { from: from.clone(), to: Box::new(to.clone()) });
                }
                self.must_be(from)?;
                let available = (self.on_hand(from) - self.held_now(from, now) - keep).max(0);
                if available < *units {
                    let (pool, wanted) = (from.clone(), *units);
                    return no(Refusal::Insufficient { pool, wanted, available, more: vec![] });
                }
                self.touch(from, 0, now).limit -= units;
                self.touch(to, 0, now).limit += units;
                Ok(Outcome::Transferred)
            }
            Act::SetLimit { pool, limit } => {
                not_negative(pool, *limit)?;
                self.touch(pool, 0, now).limit = *limit;
                self.uncovered(pool, now)
            }
            Act::SetFloor { pool, floor } => {
                self.touch(pool, 0, now).floor = *floor;
                self.uncovered(pool, now)
            }
            Act::Count { pool, counted } => {
                not_negative(pool, *counted)?;
                self.touch(pool, 0, now);
                let short = counted - self.on_hand(pool);
                self.touch(pool, 0, now).limit += short;
                self.uncovered(pool, now)
            }
        }
    }

    fn touch(&mut self, pool: &Pool, limit: i64, now: DateTime<Utc>) -> &mut Numbers {
        self.pools.entry(pool.clone()).or_insert(Numbers { limit, floor: Some(0), clock: now })
    }

    fn open(&mut self, legs: &[Leg], now: DateTime<Utc>) -> Result<(), Refusal> {
        let pools: BTreeSet<&Pool> = legs.iter().map(|leg| &leg.pool).collect();
        for pool in pools {
            if !self.pools.contains_key(pool) {
                let limit = legs.iter().filter(|leg| leg.pool == *pool).find_map(|leg| leg.limit_if_new);
                let Some(limit) = limit else { return Err(Refusal::UnknownPool { pool: pool.clone() }) };
                self.touch(pool, limit, now);
            }
        }
        Ok(())
    }

    fn take(&mut self, id: &ReservationId, legs: &[Leg], now: DateTime<Utc>) -> Result<Vec<Part>, Refusal> {
        let pools: BTreeSet<&Pool> = legs.iter().map(|leg| &leg.pool).collect();
        let mut got = 0;
        let (mut short, mut lacking) = (vec![], vec![]);
        for pool in pools {
            let of_pool = || legs.iter().filter(|leg| leg.pool == *pool);
            let wanted: i64 = of_pool().map(|leg| leg.units).sum();
            let least: i64 = of_pool().map(|leg| leg.at_least).sum();
            let free = self.free(pool, now).map_or(i64::MAX, |free| free.max(0));
            let granted = wanted.min(free);
            self.add(id, pool, granted);
            got += granted;
            if granted < wanted {
                short.push((pool, wanted, free));
            }
            if granted < least {
                lacking.push((pool, wanted, free));
            }
        }
        if got == 0 {
            // Nothing at all: every pool with less than its legs are content with, else every pool.
            lacking = if lacking.is_empty() { short.clone() } else { lacking };
        }
        let mut lacking = lacking.into_iter().map(|(pool, wanted, available)| Short {
            pool: pool.clone(),
            wanted,
            available,
        });
        match lacking.next() {
            Some(Short { pool, wanted, available }) => {
                Err(Refusal::Insufficient { pool, wanted, available, more: lacking.collect() })
            }
            None => Ok(short
                .into_iter()
                .map(|(pool, wanted, free)| Part::new(pool.clone(), wanted - free))
                .collect()),
        }
    }

    fn parts(&self, id: &ReservationId, parts: Option<&[Part]>) -> Result<BTreeMap<Pool, i64>, Refusal> {
        match parts {
            Some(parts) => summed(parts, List::Parts),
            None => {
                let mut all = BTreeMap::new();
                for cell in self.cells.iter().filter(|cell| cell.owner == *id && !cell.used) {
                    *all.entry(cell.pool.clone()).or_insert(0) += 1;
                }
                Ok(all)
            }
        }
    }

    fn add(&mut self, id: &ReservationId, pool: &Pool, units: i64) {
        let cell = || Cell { pool: pool.clone(), owner: id.clone(), used: false };
        self.cells.extend((0..units).map(|_| cell()));
    }

    fn remove(&mut self, id: &ReservationId, pool: &Pool, units: i64, used: bool) {
        for _ in 0..units {
            let place = self
                .cells
                .iter()
                .position(|cell| cell.owner == *id && cell.pool == *pool && cell.used == used);
            self.cells.remove(place.unwrap());
        }
    }

    fn must_exist(&self, id: &ReservationId) -> Result<(), Refusal> {
        let unknown = || Refusal::UnknownReservation { reservation: id.clone() };
        self.names.get(id).map(|_| ()).ok_or_else(unknown)
    }

    fn must_live(&self, id: &ReservationId, now: DateTime<Utc>) -> Result<(), Refusal> {
        self.must_exist(id)?;
        let lapsed = self.lapsed(id, now).then_some(How::Lapsed);
        match self.names[id].ended.or(lapsed) {
            Some(how) => Err(Refusal::Ended { reservation: id.clone(), how }),
            None => Ok(()),
        }
    }

    fn must_hold(&self, id: &ReservationId, pool: &Pool, wanted: i64) -> Result<(), Refusal> {
        let held = self.held_by(id, pool);
        if held < wanted { Err(Refusal::MoreThanHeld { pool: pool.clone(), wanted, held }) } else { Ok(()) }
    }

    fn must_be(&self, pool: &Pool) -> Result<(), Refusal> {
        self.pools.get(pool).map(|_| ()).ok_or_else(|| Refusal::UnknownPool { pool: pool.clone() })
    }

    fn end_if_empty(&mut self, id: &ReservationId, how: How) -> bool {
        let ended = self.count(|cell| cell.owner == *id && !cell.used) == 0;
        if ended {
            self.names.get_mut(id).unwrap().ended = Some(how);
        }
        ended
    }
}

fn reused(op: &OpId) -> Refusal {
    Refusal::IdReused { op: op.clone() }
}

fn not_negative(pool: &Pool, given: i64) -> Result<(), Refusal> {
    if given < 0 { Err(Refusal::Negative { pool: pool.clone(), given }) } else { Ok(()) }
}

fn check_legs(legs: &[Leg], list: List) -> Result<(), Refusal> {
    if legs.is_empty() {
        return Err(Refusal::Empty { list });
    }
    for Leg { pool, units, at_least, limit_if_new } in legs {
        if *units < 1 {
            return Err(Refusal::NotPositive { pool: pool.clone(), units: *units });
        }
        if *at_least < 0 || at_least > units {
            return Err(Refusal::AtLeast { pool: pool.clone(), units: *units, at_least: *at_least });
        }
        not_negative(pool, limit_if_new.unwrap_or(0))?;
    }
    Ok(())
}

fn summed(parts: &[Part], list: List) -> Result<BTreeMap<Pool, i64>, Refusal> {
    if parts.is_empty() {
        return Err(Refusal::Empty { list });
    }
    let mut sums = BTreeMap::new();
    for Part { pool, units } in parts {
        if *units < 1 {
            return Err(Refusal::NotPositive { pool: pool.clone(), units: *units });
        }
        *sums.entry(pool.clone()).or_insert(0) += units;
    }
    Ok(sums)
}
