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

/// The index holds places of entries; places that are free are listed for the next ones.
#[derive(Default)]
pub(super) struct Ops {
    index: HashTable<u32>,
    entries: Vec<Option<Entry>>,
    free: Vec<u32>,
    answered: Due,
}

impl Ops {
    /// What the op was answered, if it is known.
    pub(super) fn recall(&self, hash: u64, op: &OpId, print: u64) -> Option<Answer> {
        let is_it = |place: &u32| entry(&self.entries, *place).is_some_and(|entry| entry.op == *op);
        let known = entry(&self.entries, *self.index.find(hash, is_it)?)?;
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
        let place = self.free.pop().unwrap_or(self.entries.len() as u32);
        let made = Some(Entry { op: op.clone(), print, answer });
        match self.entries.get_mut(place as usize) {
            Some(slot) => *slot = made,
            None => self.entries.push(made),
        }
        self.answered.push(at, place, |_, _| true);
        let Ops { index, entries, .. } = self;
        let rehash =
            |place: &u32| entry(entries, *place).map_or(0, |entry| text_hash(hasher, entry.op.as_bytes()));
        index.insert_unique(hash, place, rehash);
    }

    /// Forgets what was answered before `horizon`.
    pub(super) fn forget(&mut self, horizon: Micros, hasher: &FixedState) {
        while let Some((_, place)) = self.answered.pop_before(horizon) {
            let slot = self.entries.get_mut(place as usize);
            let Some(old) = slot.and_then(Option::take) else { continue };
            if let Ok(found) =
                self.index.find_entry(text_hash(hasher, old.op.as_bytes()), |other| *other == place)
            {
                found.remove();
            }
            self.free.push(place);
        }
    }
}

fn entry(entries: &[Option<Entry>], place: u32) -> Option<&Entry> {
    entries.get(place as usize)?.as_ref()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_op_is_one_cache_line() {
        assert_eq!(size_of::<Option<Entry>>(), 64);
    }
}
