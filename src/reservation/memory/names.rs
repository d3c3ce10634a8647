//! One shard of reservations, by name.

use hashbrown::HashTable;

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
}

pub(super) struct Slot {
    hash: u64,
    pub id: ReservationId,
    pub state: State,
    /// The end of a hold; [`NEVER`] of every other.
    pub until: Micros,
    pub touched: Micros,
    /// In order of places.
    pub holds: Vec<Hold>,
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

    pub(super) fn len(&self) -> u32 {
        self.slots.len() as u32
    }

    /// Makes a reservation that is not there, with an empty list of holds.
    pub(super) fn insert(&mut self, hash: u64, id: &ReservationId) -> u32 {
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None => {
                let blank = Slot {
                    hash,
                    id: id.clone(),
                    state: State::Forgotten,
                    until: NEVER,
                    touched: 0,
                    holds: vec![],
                };
                self.slots.push(blank);
                self.slots.len() as u32 - 1
            }
        };
        if let Some(slot) = self.slots.get_mut(slot as usize) {
            (slot.hash, slot.id) = (hash, id.clone());
        }
        let slots = &self.slots;
        let of = |slot: &u32| slots.get(*slot as usize).map_or(0, |slot| slot.hash);
        self.index.insert_unique(hash, slot, of);
        slot
    }

    /// Forgets the reservation if it ended before `horizon` and has no used units.
    pub(super) fn forget(&mut self, slot: u32, horizon: Micros) {
        let Some(gone) = self.slots.get_mut(slot as usize) else { return };
        let ended = matches!(gone.state, State::Ended(_)) && gone.touched < horizon;
        if !ended || gone.holds.iter().any(|hold| hold.used > 0) {
            return;
        }
        if let Ok(place) = self.index.find_entry(gone.hash, |other| *other == slot) {
            place.remove();
        }
        (gone.state, gone.until) = (State::Forgotten, NEVER);
        gone.holds.clear();
        self.free.push(slot);
    }
}
