//! One shard of reservations, by name.

use std::collections::VecDeque;

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
    /// Ended ones in the order in which they ended.
    ended: VecDeque<(Micros, u32)>,
    latest: Micros,
    /// Where the next sweep goes on.
    pub swept: u32,
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

    /// Notes that a reservation has ended, or gave back the last it had used, at its `touched`; and forgets up to
    /// two that did before the window.
    pub(super) fn note_end(&mut self, slot: u32, at: Micros, window: Micros) {
        self.latest = self.latest.max(at);
        self.ended.push_back((at, slot));
        self.forget(self.latest.saturating_sub(window), 2);
    }

    /// Forgets up to `most` that ended before `horizon`; those with used units stay for good.
    pub(super) fn forget(&mut self, horizon: Micros, most: usize) {
        for _ in 0..most {
            let Some((at, slot)) = self.ended.front().copied().filter(|(at, _)| *at < horizon) else {
                return;
            };
            self.ended.pop_front();
            let Some(gone) = self.slots.get_mut(slot as usize) else { continue };
            let as_noted = matches!(gone.state, State::Ended(_)) && gone.touched == at;
            if !as_noted || gone.holds.iter().any(|hold| hold.used > 0) {
                continue;
            }
            if let Ok(place) = self.index.find_entry(gone.hash, |other| *other == slot) {
                place.remove();
            }
            (gone.state, gone.until) = (State::Forgotten, NEVER);
            gone.holds.clear();
            self.free.push(slot);
        }
    }
}
