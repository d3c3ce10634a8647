//! What an ordinary command does, in place.
//!
//! Each function answers `None` where anything is out of the ordinary, having changed nothing: then the command is
//! planned. So no rule on refusals is written twice but the one of a sale that has sold out.

use std::hash::{BuildHasher, Hash, Hasher};
use std::mem;

use foldhash::fast::{FixedState, FoldHasher};
use smallvec::SmallVec;

use super::names::{Hold, State};
use super::pools::{Place, Pools, Slot};
use super::sync::MutexGuard;
use super::{MemoryStore, Micros, NEVER, PoolShards, names};
use crate::id::ReservationId;
use crate::reservation::rows::whole_micros;
use crate::reservation::{Act, Answer, How, Leg, Outcome, Part, Pool, Refusal};

/// Up to so many pools a command stays in place: the look-ups below are quadratic in their number.
const MOST: usize = 64;

/// Lists of up to eight stay off the heap.
pub(super) type Few<T> = SmallVec<[T; 8]>;

/// The hashes of an act's keys, each made once, and of all that it says.
pub(super) struct Hashed {
    pub print: u64,
    reservation: u64,
    /// Of the pools that it names, in the order in which it names them.
    pools: Few<u64>,
}

impl Hashed {
    pub(super) fn of(act: &Act, hasher: &FixedState) -> Hashed {
        let mut print = hasher.build_hasher();
        mem::discriminant(act).hash(&mut print);
        let mut hashed = Hashed { print: 0, reservation: 0, pools: Few::new() };
        let mut listed = |pool: &Pool, print: &mut FoldHasher<'_>| {
            let hash = hasher.hash_one(pool);
            hashed.pools.push(hash);
            print.write_u64(hash);
        };
        match act {
            Act::Reserve { reservation, legs, until } => {
                for Leg { pool, units, at_least, limit_if_new } in legs {
                    listed(pool, &mut print);
                    print.write_i64(*units);
                    print.write_i64(*at_least);
                    limit_if_new.hash(&mut print);
                }
                print.write_i64(until.map_or(NEVER, |until| until.timestamp_micros()));
                hashed.reservation = hasher.hash_one(reservation);
            }
            Act::Use { reservation, parts } | Act::Release { reservation, parts } => {
                for Part { pool, units } in parts.iter().flatten() {
                    listed(pool, &mut print);
                    print.write_i64(*units);
                }
                print.write_u8(u8::from(parts.is_some()));
                hashed.reservation = hasher.hash_one(reservation);
            }
            Act::Extend { reservation, .. }
            | Act::Confirm { reservation }
            | Act::GiveBack { reservation, .. } => {
                act.pools().for_each(|pool| listed(pool, &mut print));
                print.write_u64(hasher.hash_one(act));
                hashed.reservation = hasher.hash_one(reservation);
            }
            Act::Move { .. }
            | Act::Split { .. }
            | Act::Supply { .. }
            | Act::Transfer { .. }
            | Act::SetLimit { .. }
            | Act::SetFloor { .. }
            | Act::Count { .. } => print.write_u64(hasher.hash_one(act)),
        }
        print.write_u64(hashed.reservation);
        hashed.print = print.finish();
        hashed
    }
}

/// Locked shards of pools, each once, in order.
pub(super) struct Locked<'a>(Few<(u16, MutexGuard<'a, Pools>)>);

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
    pub(super) fn in_place(&self, act: &Act, hashed: &Hashed, at: Micros) -> Option<Answer> {
        let on_held = |id, parts, fate| self.on_held(id, parts, hashed, fate, at);
        match act {
            Act::Reserve { reservation, legs, until } => {
                let until = until.map(whole_micros);
                let end = until.map_or(NEVER, |until| until.timestamp_micros());
                let refused = self.reserve_in_place(reservation, legs, hashed, end, at)?;
                Some(refused.map(|()| Outcome::Reserved { until, short: Vec::new() }))
            }
            Act::Extend { reservation, until } => {
                let until = whole_micros(*until);
                on_held(reservation, None, Fate::Extend(until.timestamp_micros()))?;
                Some(Ok(Outcome::Extended { until }))
            }
            Act::Confirm { reservation } => {
                on_held(reservation, None, Fate::Confirm)?;
                Some(Ok(Outcome::Confirmed))
            }
            Act::Use { reservation, parts } => {
                let ended = on_held(reservation, parts.as_deref(), Fate::Use)?;
                Some(Ok(Outcome::Used { ended }))
            }
            Act::Release { reservation, parts } => {
                let ended = on_held(reservation, parts.as_deref(), Fate::Release)?;
                Some(Ok(Outcome::Released { ended }))
            }
            Act::GiveBack { reservation, parts } => {
                on_held(reservation, Some(parts), Fate::GiveBack)?;
                Some(Ok(Outcome::GivenBack))
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
        until: Micros,
        at: Micros,
    ) -> Option<Result<(), Refusal>> {
        let sound = |leg: &Leg| {
            leg.units > 0
                && (0..=leg.units).contains(&leg.at_least)
                && leg.limit_if_new.is_none_or(|limit| limit >= 0)
        };
        if !(1..=MOST).contains(&legs.len()) || !legs.iter().all(sound) {
            return None;
        }
        let hash = hashed.reservation;
        let mut names = self.names.lock(hash);
        let (shares, mut locked) = self.locked_shares(legs, hashed)?;
        let asked = || shares.iter().map(|share| (share.place, share.units));
        let now = locked.now(asked(), at)?;
        if until <= now {
            return None;
        }
        let mut short = None;
        locked.each(asked(), |slot, units| {
            let available = slot.level(now).grantable();
            slot.reserved.checked_add(units)?;
            short = short.or((available < units).then_some(available));
            Some(())
        })?;
        if let Some(available) = short {
            let is_new = names.find(hash, id).is_none();
            return is_new.then(|| sold_out(legs, available))?.map(Err);
        }
        let number = names.insert(hash, id)?;
        let made = names.slot_mut(number)?;
        (made.state, made.until, made.touched) = (State::Held, until, now);
        made.holds.extend(asked().map(|(place, held)| Hold { place, held, used: 0 }));
        locked.each(asked(), |slot, units| {
            slot.advance(now);
            slot.reserved += units;
            slot.holds(until, units);
            Some(())
        })?;
        names.watch(number);
        Some(Ok(()))
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
        let hash = hashed.reservation;
        let mut names = self.names.lock(hash);
        let number = names.find(hash, id)?;
        let name = names.slot_mut(number)?;
        if name.holds.len() > MOST {
            return None;
        }
        let mut locked = self.lock_all(name.holds.iter().map(|hold| hold.place));
        let now = locked.now(name.holds.iter().map(|hold| (hold.place, ())), at)?;
        let live = match name.state {
            State::Held => name.until > now,
            State::Confirmed => !matches!(fate, Fate::Extend(_)),
            State::Ended(_) | State::Forgotten => false,
        };
        if !live && fate != Fate::GiveBack {
            return None;
        }
        let units = match parts {
            Some(parts) => locked.listed(name, parts, &hashed.pools)?,
            None => name.holds.iter().map(|hold| Some(hold.held)).collect(),
        };
        let asked = name.holds.iter().zip(&units).map(|(hold, units)| (hold.place, (hold, units)));
        locked.each(asked, |slot, (hold, units)| match *units {
            Some(units) => allowed(slot, hold, units, fate, now).then_some(()),
            None => Some(()),
        })?;
        let asked = name.holds.iter_mut().zip(&units).map(|(hold, units)| (hold.place, (hold, units)));
        locked.each(asked, |slot, (hold, units)| {
            slot.advance(now);
            if let Some(units) = *units {
                settle(slot, hold, units, name.until, fate);
            }
            Some(())
        })?;
        name.touched = now;
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

    /// The legs' pools, locked, and what is asked of each. Several are found first, one lock at a time, so that nobody
    /// waits while they are fetched from memory: a pool stays where it is.
    fn locked_shares(&self, legs: &[Leg], hashed: &Hashed) -> Option<(Few<Share>, Locked<'_>)> {
        let mut shares: Few<Share> = Few::new();
        if let ([leg], [hash]) = (legs, &*hashed.pools) {
            let shard = PoolShards::of(*hash);
            let pools = self.pools.at(shard);
            let place = Place { shard, slot: pools.find(*hash, &leg.pool)? };
            shares.push(Share { place, units: leg.units });
            let mut locked = Locked(Few::new());
            locked.0.push((shard, pools));
            return Some((shares, locked));
        }
        for (leg, hash) in legs.iter().zip(&hashed.pools) {
            let shard = PoolShards::of(*hash);
            let place = Place { shard, slot: self.pools.at(shard).find(*hash, &leg.pool)? };
            match shares.iter_mut().find(|share| share.place == place) {
                Some(share) => share.units = share.units.checked_add(leg.units)?,
                None => shares.push(Share { place, units: leg.units }),
            }
        }
        shares.sort_unstable_by_key(|share| share.place);
        let locked = self.lock_all(shares.iter().map(|share| share.place));
        Some((shares, locked))
    }

    /// Locks the shards of some places, which are in order.
    pub(super) fn lock_all(&self, places: impl Iterator<Item = Place>) -> Locked<'_> {
        let mut locked = Locked(Few::new());
        for Place { shard, .. } in places {
            if locked.0.last().is_none_or(|(last, _)| *last != shard) {
                locked.0.push((shard, self.pools.at(shard)));
            }
        }
        locked
    }
}

impl Locked<'_> {
    pub(super) fn pools(&mut self, shard: u16) -> Option<&mut Pools> {
        let (_, pools) = self.0.iter_mut().find(|(locked, _)| *locked == shard)?;
        Some(pools)
    }

    pub(super) fn slot(&mut self, place: Place) -> Option<&mut Slot> {
        self.pools(place.shard)?.slot_mut(place.slot)
    }

    /// Which pool is kept at a place.
    pub(super) fn pool(&mut self, place: Place) -> Option<Pool> {
        self.slot(place)?.pool()
    }

    /// Where a pool is kept, if its shard is locked.
    pub(super) fn place(&mut self, hash: u64, pool: &Pool) -> Option<Place> {
        let shard = PoolShards::of(hash);
        Some(Place { shard, slot: self.pools(shard)?.find(hash, pool)? })
    }

    /// Goes through pools that are locked, in order of places, until `visit` answers `None`.
    fn each<T>(
        &mut self,
        places: impl Iterator<Item = (Place, T)>,
        mut visit: impl FnMut(&mut Slot, T) -> Option<()>,
    ) -> Option<()> {
        let mut shards = self.0.iter_mut();
        let mut shard = shards.next();
        for (place, with) in places {
            while shard.as_ref()?.0 != place.shard {
                shard = shards.next();
            }
            visit(shard.as_mut()?.1.slot_mut(place.slot)?, with)?;
        }
        Some(())
    }

    /// The later of `at` and the pools' clocks; the places are in order.
    pub(super) fn now<T>(&mut self, places: impl Iterator<Item = (Place, T)>, at: Micros) -> Option<Micros> {
        let mut now = at;
        self.each(places, |slot, _| {
            now = now.max(slot.clock);
            Some(())
        })?;
        Some(now)
    }

    /// What the parts ask of each hold; `None` if a part is not held, or is listed twice, or is not positive.
    fn listed(&mut self, name: &names::Slot, parts: &[Part], hashes: &[u64]) -> Option<Few<Option<i64>>> {
        if !(1..=MOST).contains(&parts.len()) {
            return None;
        }
        let mut asked: Few<Option<i64>> = name.holds.iter().map(|_| None).collect();
        for (Part { pool, units }, hash) in parts.iter().zip(hashes) {
            let place = self.place(*hash, pool)?;
            let hold = name.holds.iter().position(|hold| hold.place == place)?;
            if *units <= 0 || asked.get_mut(hold)?.replace(*units).is_some() {
                return None;
            }
        }
        Some(asked)
    }
}

/// Whether a share can be booked in full.
fn allowed(slot: &Slot, hold: &Hold, units: i64, fate: Fate, now: Micros) -> bool {
    match fate {
        Fate::Confirm => true,
        Fate::Extend(until) => until > now,
        Fate::Release => hold.held >= units,
        Fate::Use => {
            let on_hand = slot.limit.saturating_sub(slot.used);
            hold.held >= units && on_hand >= units && slot.used.checked_add(units).is_some()
        }
        Fate::GiveBack => hold.used >= units,
    }
}

/// Books one share. The pool's clock has been moved.
fn settle(slot: &mut Slot, hold: &mut Hold, units: i64, until: Micros, fate: Fate) {
    match fate {
        Fate::Confirm => slot.gives_up(until, hold.held),
        Fate::Extend(new) => {
            slot.gives_up(until, hold.held);
            slot.holds(new, hold.held);
        }
        Fate::Use | Fate::Release => {
            slot.gives_up(until, units);
            slot.reserved -= units;
            hold.held -= units;
            if fate == Fate::Use {
                slot.used += units;
                hold.used += units;
            }
        }
        Fate::GiveBack => {
            slot.used -= units;
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
