//! What an ordinary command does, in place.
//!
//! Each function answers `None` where anything is out of the ordinary, having changed nothing: then the command is
//! planned. So no rule on refusals is written twice but the one of a sale that has sold out.

use smallvec::SmallVec;

use super::hashed::Hashed;
use super::names::{self, Hold, State};
use super::ops::Kept;
use super::pools::{Numbers, Place};
use super::sync::MutexGuard;
use super::{MemoryStore, Micros, NEVER};
use crate::id::ReservationId;
use crate::reservation::{Act, How, Leg, Part, Refusal};

/// Up to so many pools a command stays in place: the look-ups below are quadratic in their number.
const MOST: usize = 64;

/// Lists of up to eight stay off the heap.
pub(super) type Few<T> = SmallVec<[T; 8]>;

/// What a command does to one pool.
#[derive(Clone, Copy)]
struct Share {
    place: Place,
    units: i64,
}

/// What becomes of a hold.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Fate {
    Confirm,
    Extend(Micros),
    Use,
    Release,
    GiveBack,
}

impl MemoryStore {
    /// The answer, if the act is an ordinary one.
    pub(super) fn in_place(&self, act: &Act, hashed: &Hashed, at: Micros) -> Option<Kept> {
        let on_held = |id, parts, fate| self.on_held(id, parts, hashed, fate, at);
        match act {
            Act::Reserve { reservation, legs, .. } => self.reserve_in_place(reservation, legs, hashed, at),
            Act::Extend { reservation, .. } => {
                on_held(reservation, None, Fate::Extend(hashed.until))?;
                Some(Kept::Extended { until: hashed.until })
            }
            Act::Confirm { reservation } => {
                on_held(reservation, None, Fate::Confirm)?;
                Some(Kept::Confirmed)
            }
            Act::Use { reservation, parts } => {
                let ended = on_held(reservation, parts.as_deref(), Fate::Use)?;
                Some(Kept::Used { ended })
            }
            Act::Release { reservation, parts } => {
                let ended = on_held(reservation, parts.as_deref(), Fate::Release)?;
                Some(Kept::Released { ended })
            }
            Act::GiveBack { reservation, parts } => {
                on_held(reservation, Some(parts), Fate::GiveBack)?;
                Some(Kept::GivenBack)
            }
            Act::Move { .. }
            | Act::Split { .. }
            | Act::Supply { .. }
            | Act::Transfer { .. }
            | Act::SetLimit { .. }
            | Act::SetFloor { .. }
            | Act::Count { .. } => None,
        }
    }

    fn reserve_in_place(
        &self,
        id: &ReservationId,
        legs: &[Leg],
        hashed: &Hashed,
        at: Micros,
    ) -> Option<Kept> {
        let sound = |leg: &Leg| {
            leg.units > 0
                && (0..=leg.units).contains(&leg.at_least)
                && leg.limit_if_new.is_none_or(|limit| limit >= 0)
        };
        if !(1..=MOST).contains(&legs.len()) || !legs.iter().all(sound) {
            return None;
        }
        if let ([leg], [hash]) = (legs, &hashed.pools[..]) {
            let share = Share { place: self.pools.find(*hash, &leg.pool)?, units: leg.units };
            return self.reserve_shares(id, legs, hashed, at, &[share]);
        }
        self.pools.fetch(&hashed.pools);
        let mut shares: Few<Share> = Few::new();
        for (leg, hash) in legs.iter().zip(&hashed.pools) {
            let place = self.pools.find(*hash, &leg.pool)?;
            match shares.iter_mut().find(|share| share.place == place) {
                Some(share) => share.units = share.units.checked_add(leg.units)?,
                None => shares.push(Share { place, units: leg.units }),
            }
        }
        shares.sort_unstable_by_key(|share| share.place);
        self.reserve_shares(id, legs, hashed, at, &shares)
    }

    /// Reserves each share, one a pool in order of places, or none.
    fn reserve_shares(
        &self,
        id: &ReservationId,
        legs: &[Leg],
        hashed: &Hashed,
        at: Micros,
        shares: &[Share],
    ) -> Option<Kept> {
        let mut names = self.names.lock(hashed.reservation);
        if names.find(hashed.reservation, id).is_some() {
            return None;
        }
        let taken = match shares {
            [share] => take(shares, &mut [self.pools.lock(share.place)?], hashed.until, at),
            _ => take(shares, &mut self.lock_all(shares.iter().map(|share| share.place))?, hashed.until, at),
        };
        let now = match taken? {
            Ok(now) => now,
            Err(available) => return sold_out(legs, available).map(|refusal| Kept::of(Err(refusal))),
        };
        let holds = shares.iter().map(|Share { place, units }| Hold { place: *place, held: *units, used: 0 });
        names.hold(hashed.reservation, id, hashed.until, now, holds);
        Some(Kept::Reserved { until: hashed.until })
    }

    /// Whether the reservation has ended with it.
    fn on_held(
        &self,
        id: &ReservationId,
        parts: Option<&[Part]>,
        hashed: &Hashed,
        fate: Fate,
        at: Micros,
    ) -> Option<bool> {
        let mut names = self.names.lock(hashed.reservation);
        let number = names.find(hashed.reservation, id)?;
        let name = names.slot_mut(number)?;
        if name.holds.len() > MOST {
            return None;
        }
        let asked = match parts {
            Some(parts) => Some(self.asked(name, parts, &hashed.pools)?),
            None => None,
        };
        match &name.holds[..] {
            [hold] => {
                let mut pools = [self.pools.lock(hold.place)?];
                settle(name, asked.as_deref(), &mut pools, fate, at)?;
            }
            holds => {
                let mut pools = self.lock_all(holds.iter().map(|hold| hold.place))?;
                settle(name, asked.as_deref(), &mut pools, fate, at)?;
            }
        }
        name.holds.retain(|hold| hold.held > 0 || hold.used > 0);
        let ended = name.holds.iter().all(|hold| hold.held == 0);
        match fate {
            Fate::Confirm => (name.state, name.until) = (State::Confirmed, NEVER),
            Fate::Extend(until) => name.until = until,
            Fate::Use | Fate::Release if ended => {
                let how = if fate == Fate::Use { How::Used } else { How::Released };
                (name.state, name.until) = (State::Ended(how), NEVER);
            }
            Fate::Use | Fate::Release | Fate::GiveBack => {}
        }
        if matches!(fate, Fate::Extend(_)) || matches!(name.state, State::Ended(_)) {
            names.watch(number);
        }
        Some(ended)
    }

    /// What the parts ask of each hold; `None` if a part is not held, or is listed twice, or is not positive.
    fn asked(&self, name: &names::Slot, parts: &[Part], hashes: &[u64]) -> Option<Few<Option<i64>>> {
        if !(1..=MOST).contains(&parts.len()) {
            return None;
        }
        let mut asked: Few<Option<i64>> = name.holds.iter().map(|_| None).collect();
        for (Part { pool, units }, hash) in parts.iter().zip(hashes) {
            let place = self.pools.find(*hash, pool)?;
            let hold = name.holds.iter().position(|hold| hold.place == place)?;
            if *units <= 0 || asked.get_mut(hold)?.replace(*units).is_some() {
                return None;
            }
        }
        Some(asked)
    }

    /// Locks the pools at some places, each once and in order.
    pub(super) fn lock_all(
        &self,
        places: impl Iterator<Item = Place> + Clone,
    ) -> Option<Few<MutexGuard<'_, Numbers>>> {
        places.clone().for_each(|place| self.pools.touch(place));
        places.map(|place| self.pools.lock(place)).collect()
    }
}

/// The later of `at` and the pools' clocks.
pub(super) fn now(pools: &[MutexGuard<'_, Numbers>], at: Micros) -> Micros {
    pools.iter().fold(at, |now, pool| now.max(pool.clock))
}

/// Takes each share out of its pool, and answers when that was; or what the first pool that has too little could give.
fn take(
    shares: &[Share],
    pools: &mut [MutexGuard<'_, Numbers>],
    until: Micros,
    at: Micros,
) -> Option<Result<Micros, i64>> {
    let now = now(pools, at);
    if until <= now {
        return None;
    }
    let mut short = None;
    for (Share { units, .. }, pool) in shares.iter().zip(&*pools) {
        let available = pool.level(now).grantable();
        pool.reserved.checked_add(*units)?;
        short = short.or((available < *units).then_some(available));
    }
    if let Some(available) = short {
        return Some(Err(available));
    }
    for (Share { units, .. }, pool) in shares.iter().zip(pools) {
        pool.advance(now);
        pool.reserved += units;
        pool.holds(until, *units);
    }
    Some(Ok(now))
}

/// Does to the holds what the fate is, to each as much as is asked or all: to all of them or to none.
fn settle(
    name: &mut names::Slot,
    asked: Option<&[Option<i64>]>,
    pools: &mut [MutexGuard<'_, Numbers>],
    fate: Fate,
    at: Micros,
) -> Option<()> {
    let now = now(pools, at);
    let live = match name.state {
        State::Held => name.until > now,
        State::Confirmed => !matches!(fate, Fate::Extend(_)),
        State::Ended(_) | State::Forgotten => false,
    };
    if !live && fate != Fate::GiveBack {
        return None;
    }
    let asked = |place: usize, hold: &Hold| match asked {
        Some(asked) => asked.get(place).copied().flatten(),
        None => Some(hold.held),
    };
    for (place, (hold, pool)) in name.holds.iter().zip(&*pools).enumerate() {
        if asked(place, hold).is_some_and(|units| !allowed(pool, hold, units, fate, now)) {
            return None;
        }
    }
    for (place, (hold, pool)) in name.holds.iter_mut().zip(pools).enumerate() {
        pool.advance(now);
        if let Some(units) = asked(place, hold) {
            book(pool, hold, units, name.until, fate);
        }
    }
    name.touched = now;
    Some(())
}

/// Whether a share can be booked in full.
fn allowed(pool: &Numbers, hold: &Hold, units: i64, fate: Fate, now: Micros) -> bool {
    match fate {
        Fate::Confirm => true,
        Fate::Extend(until) => until > now,
        Fate::Release => hold.held >= units,
        Fate::Use => {
            let on_hand = pool.limit.saturating_sub(pool.used);
            hold.held >= units && on_hand >= units && pool.used.checked_add(units).is_some()
        }
        Fate::GiveBack => hold.used >= units,
    }
}

/// Books one share. The pool's clock has been moved.
fn book(pool: &mut Numbers, hold: &mut Hold, units: i64, until: Micros, fate: Fate) {
    match fate {
        Fate::Confirm => pool.gives_up(until, hold.held),
        Fate::Extend(new) => {
            pool.gives_up(until, hold.held);
            pool.holds(new, hold.held);
        }
        Fate::Use | Fate::Release => {
            pool.gives_up(until, units);
            pool.reserved -= units;
            hold.held -= units;
            if fate == Fate::Use {
                pool.used += units;
                hold.used += units;
            }
        }
        Fate::GiveBack => {
            pool.used -= units;
            hold.used -= units;
        }
    }
}

/// The refusal of the one pool that is asked for: the commonest of a flash sale. What can be granted in part is
/// planned.
fn sold_out(legs: &[Leg], available: i64) -> Option<Refusal> {
    let [leg] = legs else { return None };
    let nothing = leg.at_least > available || available == 0;
    let pool = || leg.pool.clone();
    nothing.then(|| Refusal::Insufficient { pool: pool(), wanted: leg.units, available, more: Vec::new() })
}
