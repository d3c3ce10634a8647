//! Stores of the same contract as a team would write them over a map: a repeated op is recognised by its id and a
//! hash of what it says, a hold ends by time, all legs or none. Over `DashMap` the legs are taken one after the other
//! and undone when a later one is short, so a concurrent caller may be refused because of a hold that is then undone.

use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasher;
use std::sync::Mutex;

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use foldhash::fast::FixedState;
use smallvec::SmallVec;

use super::*;

type Micros = i64;

#[derive(Default)]
pub struct Row {
    limit: i64,
    floor: i64,
    reserved: i64,
    used: i64,
    clock: Micros,
    lapsed: i64,
    ends: VecDeque<(Micros, i64)>,
}

impl Row {
    fn take(&mut self, units: i64, until: Micros, now: Micros) -> bool {
        self.clock = self.clock.max(now);
        while let Some((_, gone)) = self.ends.front().filter(|(end, _)| *end <= self.clock) {
            self.lapsed += gone;
            self.ends.pop_front();
        }
        if self.limit - self.floor - self.used - (self.reserved - self.lapsed) < units {
            return false;
        }
        self.reserved += units;
        match self.ends.back_mut() {
            Some((end, sum)) if *end == until => *sum += units,
            _ => {
                let place = self.ends.partition_point(|(end, _)| *end < until);
                self.ends.insert(place, (until, units));
            }
        }
        true
    }

    fn give_up(&mut self, units: i64, until: Micros) {
        self.reserved -= units;
        let place = self.ends.partition_point(|(end, _)| *end < until);
        match self.ends.get_mut(place) {
            Some((end, sum)) if *end == until => {
                *sum -= units;
                if *sum == 0 {
                    self.ends.remove(place);
                }
            }
            _ => self.lapsed -= units,
        }
    }
}

pub struct Hold {
    until: Micros,
    ended: bool,
    parts: SmallVec<[(Pool, i64); 2]>,
}

fn print(act: &Act) -> u64 {
    FixedState::default().hash_one(act)
}

#[derive(Default)]
pub struct Dash {
    rows: DashMap<Pool, Row, FixedState>,
    holds: DashMap<ReservationId, Hold, FixedState>,
    ops: DashMap<OpId, (u64, bool), FixedState>,
}

impl Dash {
    fn once(&self, command: &Command, old: &Command, act: impl FnOnce() -> bool) -> bool {
        let print = print(&command.act);
        let answer = match self.ops.entry(command.op.clone()) {
            Entry::Occupied(known) => return known.get().0 == print && known.get().1,
            Entry::Vacant(slot) => {
                let answer = act();
                slot.insert((print, answer));
                answer
            }
        };
        self.ops.remove(&old.op);
        answer
    }

    fn reserve(&self, id: &ReservationId, legs: &[Leg], until: Micros, now: Micros) -> bool {
        let Entry::Vacant(slot) = self.holds.entry(id.clone()) else { return false };
        for (n, leg) in legs.iter().enumerate() {
            let taken = self.rows.get_mut(&leg.pool).is_some_and(|mut row| row.take(leg.units, until, now));
            if !taken {
                for leg in &legs[..n] {
                    self.rows.get_mut(&leg.pool).unwrap().give_up(leg.units, until);
                }
                return false;
            }
        }
        let parts = legs.iter().map(|leg| (leg.pool.clone(), leg.units)).collect();
        slot.insert(Hold { until, ended: false, parts });
        true
    }

    fn release(&self, id: &ReservationId, now: Micros) -> bool {
        let Some(mut hold) = self.holds.get_mut(id).filter(|hold| !hold.ended && hold.until > now) else {
            return false;
        };
        hold.ended = true;
        for (pool, units) in &hold.parts {
            self.rows.get_mut(pool).unwrap().give_up(*units, hold.until);
        }
        true
    }
}

impl Contender for Dash {
    fn supply(&mut self, pools: &[Pool], units: i64) {
        pools.iter().for_each(|pool| self.rows.entry(pool.clone()).or_default().limit += units);
    }

    fn pair(&self, pair: &Pair, old: &Pair, at: DateTime<Utc>) -> bool {
        let now = at.timestamp_micros();
        let Act::Reserve { reservation, legs, until } = &pair.reserve.act else { return false };
        let until = until.unwrap().timestamp_micros();
        let reserved = self.once(&pair.reserve, &old.reserve, || self.reserve(reservation, legs, until, now));
        let released = self.once(&pair.release, &old.release, || self.release(reservation, now));
        if let Act::Release { reservation, .. } = &old.release.act {
            self.holds.remove(reservation);
        }
        reserved && released
    }

    fn reserved(&self, pool: &Pool) -> i64 {
        self.rows.get(pool).unwrap().reserved
    }
}

#[derive(Default)]
struct Maps {
    rows: HashMap<Pool, Row, FixedState>,
    holds: HashMap<ReservationId, Hold, FixedState>,
    ops: HashMap<OpId, (u64, bool), FixedState>,
}

#[derive(Default)]
pub struct OneMap(Mutex<Maps>);

impl Maps {
    fn recall(&self, command: &Command, print: u64) -> Option<bool> {
        self.ops.get(&command.op).map(|(known, answer)| *known == print && *answer)
    }

    fn reserve(&mut self, id: &ReservationId, legs: &[Leg], until: Micros, now: Micros) -> bool {
        if self.holds.contains_key(id) {
            return false;
        }
        for (n, leg) in legs.iter().enumerate() {
            if !self.rows.get_mut(&leg.pool).is_some_and(|row| row.take(leg.units, until, now)) {
                for leg in &legs[..n] {
                    self.rows.get_mut(&leg.pool).unwrap().give_up(leg.units, until);
                }
                return false;
            }
        }
        let parts = legs.iter().map(|leg| (leg.pool.clone(), leg.units)).collect();
        self.holds.insert(id.clone(), Hold { until, ended: false, parts });
        true
    }

    fn release(&mut self, id: &ReservationId, now: Micros) -> bool {
        let Some(hold) = self.holds.get_mut(id).filter(|hold| !hold.ended && hold.until > now) else {
            return false;
        };
        hold.ended = true;
        for (pool, units) in &hold.parts {
            self.rows.get_mut(pool).unwrap().give_up(*units, hold.until);
        }
        true
    }
}

impl Contender for OneMap {
    fn supply(&mut self, pools: &[Pool], units: i64) {
        let rows = &mut self.0.get_mut().unwrap().rows;
        pools.iter().for_each(|pool| rows.entry(pool.clone()).or_default().limit += units);
    }

    fn pair(&self, pair: &Pair, old: &Pair, at: DateTime<Utc>) -> bool {
        let now = at.timestamp_micros();
        let Act::Reserve { reservation, legs, until } = &pair.reserve.act else { return false };
        let until = until.unwrap().timestamp_micros();
        let mut all = true;
        for (command, old) in [(&pair.reserve, &old.reserve), (&pair.release, &old.release)] {
            let print = print(&command.act);
            let mut maps = self.0.lock().unwrap();
            all &= maps.recall(command, print).unwrap_or_else(|| {
                let answer = match command.act {
                    Act::Reserve { .. } => maps.reserve(reservation, legs, until, now),
                    _ => maps.release(reservation, now),
                };
                maps.ops.insert(command.op.clone(), (print, answer));
                maps.ops.remove(&old.op);
                answer
            });
        }
        if let Act::Release { reservation, .. } = &old.release.act {
            self.0.lock().unwrap().holds.remove(reservation);
        }
        all
    }

    fn reserved(&self, pool: &Pool) -> i64 {
        self.0.lock().unwrap().rows[pool].reserved
    }
}
