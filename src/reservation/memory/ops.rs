//! Remembered ops.

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use super::due::Due;
use super::hashed::text_hash;
use super::{Micros, NEVER, instant};
use crate::id::OpId;
use crate::reservation::{Answer, Outcome, Refusal};

/// One op and what it was answered: one cache line. `print` stands for what it said: a hash of 64 bits, so that a slip
/// is told from a repeat; it never leaves the process.
#[repr(align(64))]
struct Entry {
    op: OpId,
    print: u64,
    answer: Kept,
}

/// An answer as it is kept: the usual ones are small.
pub(super) enum Kept {
    Reserved { until: Micros },
    Extended { until: Micros },
    Confirmed,
    Used { ended: bool },
    Released { ended: bool },
    GivenBack,
    Other(Box<Answer>),
}

impl Kept {
    pub(super) fn of(answer: Answer) -> Kept {
        match answer {
            Ok(Outcome::Reserved { until, short }) if short.is_empty() => {
                Kept::Reserved { until: until.map_or(NEVER, |until| until.timestamp_micros()) }
            }
            Ok(Outcome::Extended { until }) => Kept::Extended { until: until.timestamp_micros() },
            Ok(Outcome::Confirmed) => Kept::Confirmed,
            Ok(Outcome::Used { ended }) => Kept::Used { ended },
            Ok(Outcome::Released { ended }) => Kept::Released { ended },
            Ok(Outcome::GivenBack) => Kept::GivenBack,
            answer => Kept::Other(Box::new(answer)),
        }
    }

    pub(super) fn answer(&self) -> Answer {
        Ok(match self {
            Kept::Reserved { until } => {
                Outcome::Reserved { until: (*until != NEVER).then(|| instant(*until)), short: Vec::new() }
            }
            Kept::Extended { until } => Outcome::Extended { until: instant(*until) },
            Kept::Confirmed => Outcome::Confirmed,
            Kept::Used { ended } => Outcome::Used { ended: *ended },
            Kept::Released { ended } => Outcome::Released { ended: *ended },
            Kept::GivenBack => Outcome::GivenBack,
            Kept::Other(answer) => return (**answer).clone(),
        })
    }
}

#[derive(Default)]
pub(super) struct Ops {
    index: HashTable<u32>,
    /// Near each other if they came one after the other: forgetting reads on and does not jump.
    slots: Vec<Entry>,
    /// Slots of forgotten ops, for the next ones.
    free: Vec<u32>,
    /// Ops by the time when they were answered.
    answered: Due<u32>,
}

impl Ops {
    /// What the op was answered, if it is known.
    pub(super) fn recall(&self, hash: u64, op: &OpId, print: u64) -> Option<Answer> {
        let at = |number: &u32| self.slots.get(*number as usize);
        let number = self.index.find(hash, |number| at(number).is_some_and(|entry| entry.op == *op))?;
        let known = at(number)?;
        let reused = || Err(Refusal::IdReused { op: op.clone() });
        Some(if known.print == print { known.answer.answer() } else { reused() })
    }

    /// Remembers an op that was answered at a time.
    pub(super) fn remember(
        &mut self,
        (hash, hasher): (u64, &FixedState),
        op: &OpId,
        print: u64,
        answer: Kept,
        at: Micros,
    ) {
        let Ops { index, slots, free, answered } = self;
        let number = free.pop().unwrap_or(slots.len() as u32);
        let entry = Entry { op: op.clone(), print, answer };
        match slots.get_mut(number as usize) {
            Some(slot) => *slot = entry,
            None => slots.push(entry),
        }
        index.insert_unique(hash, number, |number| hash_at(slots, *number, hasher));
        answered.push(at, number, |_, _| true);
    }

    /// Forgets what was answered before `horizon`.
    pub(super) fn forget(&mut self, horizon: Micros, hasher: &FixedState) {
        while let Some((_, number)) = self.answered.pop_before(horizon) {
            let hash = hash_at(&self.slots, number, hasher);
            if let Ok(old) = self.index.find_entry(hash, |other| *other == number) {
                old.remove();
            }
            if let Some(Entry { answer: answer @ Kept::Other(_), .. }) = self.slots.get_mut(number as usize) {
                *answer = Kept::Confirmed; // any small one: the large one is let go
            }
            self.free.push(number);
        }
    }
}

fn hash_at(slots: &[Entry], number: u32, hasher: &FixedState) -> u64 {
    slots.get(number as usize).map_or(0, |entry| text_hash(hasher, entry.op.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_op_is_one_cache_line() {
        assert_eq!(size_of::<Entry>(), 64);
    }
}
