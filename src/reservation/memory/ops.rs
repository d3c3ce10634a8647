//! Remembered ops: the oldest are forgotten first, once they lie beyond the window.

use std::collections::VecDeque;

use hashbrown::HashTable;

use super::Micros;
use crate::id::OpId;
use crate::reservation::{Answer, Outcome, Refusal};

/// One op and what it was answered. `print` stands for what it said: a hash of 64 bits, so that a slip is told from
/// a repeat; it never leaves the process.
pub(super) struct Entry {
    pub hash: u64,
    pub op: OpId,
    pub print: u64,
    pub at: Micros,
    pub answer: Kept,
}

/// An answer as it is kept: outcomes are small and many, refusals are not.
pub(super) type Kept = Result<Outcome, Box<Refusal>>;

#[derive(Default)]
pub(super) struct Ops {
    /// Serial numbers of entries.
    index: HashTable<u32>,
    /// In order of arrival; the first has the serial number `first`.
    entries: VecDeque<Entry>,
    first: u32,
    /// The latest instant that anybody acted at.
    latest: Micros,
}

impl Ops {
    /// What the op was answered, if it is known.
    pub(super) fn recall(&self, hash: u64, op: &OpId, print: u64) -> Option<Answer> {
        let is_it = |serial: &u32| self.entry(*serial).is_some_and(|entry| entry.op == *op);
        let known = self.entry(*self.index.find(hash, is_it)?)?;
        let reused = || Err(Refusal::IdReused { op: op.clone() });
        Some(if known.print == print { known.answer.clone().map_err(|refusal| *refusal) } else { reused() })
    }

    /// Remembers the answer, and forgets up to two that are older than `window`: so the memory shrinks faster than it
    /// grows and no single command pays for many.
    pub(super) fn remember(&mut self, entry: Entry, window: Micros) {
        self.latest = self.latest.max(entry.at);
        self.forget(self.latest.saturating_sub(window), 2);
        let serial = self.first.wrapping_add(self.entries.len() as u32);
        let hash = entry.hash;
        self.entries.push_back(entry);
        let Ops { index, entries, first, .. } = self;
        let of =
            |serial: &u32| entries.get(serial.wrapping_sub(*first) as usize).map_or(0, |entry| entry.hash);
        index.insert_unique(hash, serial, of);
    }

    /// Forgets up to `most` of the oldest that were answered before `horizon`.
    pub(super) fn forget(&mut self, horizon: Micros, most: usize) {
        for _ in 0..most {
            if self.entries.front().is_none_or(|entry| entry.at >= horizon) {
                return;
            }
            let Some(entry) = self.entries.pop_front() else { return };
            let serial = self.first;
            if let Ok(place) = self.index.find_entry(entry.hash, |other| *other == serial) {
                place.remove();
            }
            self.first = serial.wrapping_add(1);
        }
    }

    /// Gives back room that is used no more.
    pub(super) fn shrink(&mut self) {
        let Ops { index, entries, first, .. } = self;
        entries.shrink_to(entries.len() * 2);
        let of =
            |serial: &u32| entries.get(serial.wrapping_sub(*first) as usize).map_or(0, |entry| entry.hash);
        index.shrink_to(entries.len() * 2, of);
    }

    fn entry(&self, serial: u32) -> Option<&Entry> {
        self.entries.get(serial.wrapping_sub(self.first) as usize)
    }
}
