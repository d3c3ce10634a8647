//! Remembered ops.

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

/// The index holds places of entries; places that are free are listed for the next ones.
#[derive(Default)]
pub(super) struct Ops {
    index: HashTable<u32>,
    entries: Vec<Option<Entry>>,
    free: Vec<u32>,
}

impl Ops {
    /// What the op was answered, if it is known.
    pub(super) fn recall(&self, hash: u64, op: &OpId, print: u64) -> Option<Answer> {
        let is_it = |place: &u32| self.entry(*place).is_some_and(|entry| entry.op == *op);
        let known = self.entry(*self.index.find(hash, is_it)?)?;
        let reused = || Err(Refusal::IdReused { op: op.clone() });
        Some(if known.print == print { known.answer.clone().map_err(|refusal| *refusal) } else { reused() })
    }

    pub(super) fn remember(&mut self, entry: Entry) {
        let hash = entry.hash;
        let place = self.free.pop().unwrap_or(self.entries.len() as u32);
        match self.entries.get_mut(place as usize) {
            Some(slot) => *slot = Some(entry),
            None => self.entries.push(Some(entry)),
        }
        let Ops { index, entries, .. } = self;
        index.insert_unique(hash, place, |place| hash_of(entries, *place));
    }

    /// Forgets what was answered before `horizon`.
    pub(super) fn forget(&mut self, horizon: Micros) {
        for (place, slot) in (0_u32..).zip(&mut self.entries) {
            let Some(old) = slot.take_if(|entry| entry.at < horizon) else { continue };
            if let Ok(found) = self.index.find_entry(old.hash, |other| *other == place) {
                found.remove();
            }
            self.free.push(place);
        }
        // What a rush has left at the end is not looked at again by every sweep.
        while self.entries.pop_if(|last| last.is_none()).is_some() {}
        let kept = self.entries.len() as u32;
        self.free.retain(|place| *place < kept);
    }

    fn entry(&self, place: u32) -> Option<&Entry> {
        self.entries.get(place as usize)?.as_ref()
    }
}

fn hash_of(entries: &[Option<Entry>], place: u32) -> u64 {
    entries.get(place as usize).and_then(Option::as_ref).map_or(0, |entry| entry.hash)
}
