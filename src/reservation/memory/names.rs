//! One shard of reservations, by name.

use hashbrown::HashTable;
use smallvec::SmallVec;

use super::due::Due;
use super::pools::Place;
use super::{Micros, NEVER};
use crate::id::ReservationId;
use crate::reservation::How;

#[derive(Default)]
pub(super) struct Names {
    index: HashTable<u32>,
    slots: Vec<Slot>,
    /// Slots of forgotten reservations, for the next ones.
    free: Vec<u32>,
    /// Holds by their end.
    ends: Due<u32>,
    /// What has ended, by when it was touched last.
    gone: Due<u32>,
}

/// A reservation, in two cache lines.
#[repr(C, align(64))]
pub(super) struct Slot {
    hash: u64,
    pub id: ReservationId,
    /// The end of a hold; [`NEVER`] of every other.
    pub until: Micros,
    pub state: State,
    pub touched: Micros,
    /// In order of places.
    pub holds: SmallVec<[Hold; 2]>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum State {
    Held,
    Confirmed,
    Ended(How),
    Forgotten,
}

#[derive(Clone, Copy)]
pub(super) struct Hold {
    pub place: Place,
    pub held: i64,
    pub used: i64,
}

impl Names {
    pub(super) fn find(&self, hash: u64, id: &ReservationId) -> Option<u32> {
        let is_it = |slot: &u32| self.slots.get(*slot as usize).is_some_and(|slot| slot.id == *id);
        self.index.find(hash, is_it).copied()
    }

    pub(super) fn slot(&self, slot: u32) -> Option<&Slot> {
        self.slots.get(slot as usize)
    }

    pub(super) fn slot_mut(&mut self, slot: u32) -> Option<&mut Slot> {
        self.slots.get_mut(slot as usize)
    }

    /// Makes a reservation that is not there, with an empty list of holds.
    pub(super) fn insert(&mut self, hash: u64, id: &ReservationId) -> u32 {
        let Names { index, slots, free, .. } = self;
        let number = free.pop().unwrap_or(slots.len() as u32);
        match slots.get_mut(number as usize) {
            Some(slot) => (slot.hash, slot.id) = (hash, id.clone()),
            None => slots.push(Slot {
                hash,
                id: id.clone(),
                state: State::Forgotten,
                until: NEVER,
                touched: 0,
                holds: SmallVec::new(),
            }),
        }
        index.insert_unique(hash, number, |number| slots.get(*number as usize).map_or(0, |slot| slot.hash));
        number
    }

    /// Makes a hold that is not there.
    pub(super) fn hold(
        &mut self,
        hash: u64,
        id: &ReservationId,
        until: Micros,
        now: Micros,
        holds: impl Iterator<Item = Hold>,
    ) {
        let number = self.insert(hash, id);
        if let Some(made) = self.slot_mut(number) {
            (made.state, made.until, made.touched) = (State::Held, until, now);
            made.holds.extend(holds);
        }
        self.watch(number);
    }

    /// To be called when a reservation was made, extended, ended, or touched after its end: so sweeps find it.
    pub(super) fn watch(&mut self, number: u32) {
        let Names { slots, ends, gone, .. } = self;
        let Some(slot) = slots.get(number as usize) else { return };
        match slot.state {
            State::Held if slot.until != NEVER => {
                ends.push(slot.until, number, |until, place| is_held(slots, until, place));
            }
            State::Ended(_) => gone.push(slot.touched, number, |at, place| has_ended(slots, at, place)),
            State::Held | State::Confirmed | State::Forgotten => {}
        }
    }

    /// The next hold that has ended by `at`, each once: who leaves it as it is must [watch](Self::watch) it again.
    pub(super) fn next_lapsed(&mut self, at: Micros) -> Option<u32> {
        loop {
            let (until, number) = self.ends.pop_before(at.saturating_add(1))?;
            if is_held(&self.slots, until, number) {
                return Some(number);
            }
        }
    }

    /// Forgets what ended before `horizon` and has no used units; at most `most`, and whether there may be more.
    pub(super) fn forget(&mut self, horizon: Micros, most: usize) -> bool {
        for _ in 0..most {
            let Some((touched, number)) = self.gone.pop_before(horizon) else { return false };
            if !has_ended(&self.slots, touched, number) {
                continue;
            }
            let Some(gone) = self.slots.get_mut(number as usize) else { continue };
            if gone.holds.iter().any(|hold| hold.used > 0) {
                continue;
            }
            if let Ok(place) = self.index.find_entry(gone.hash, |other| *other == number) {
                place.remove();
            }
            (gone.state, gone.until) = (State::Forgotten, NEVER);
            gone.holds.clear();
            self.free.push(number);
        }
        true
    }
}

fn is_held(slots: &[Slot], until: Micros, number: u32) -> bool {
    slots.get(number as usize).is_some_and(|slot| slot.state == State::Held && slot.until == until)
}

fn has_ended(slots: &[Slot], touched: Micros, number: u32) -> bool {
    let it = slots.get(number as usize);
    it.is_some_and(|slot| matches!(slot.state, State::Ended(_)) && slot.touched == touched)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reservation_of_two_pools_is_two_cache_lines() {
        assert_eq!(size_of::<Slot>(), 128);
    }
}
