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
    entries: HashTable<Entry>,
    /// The hash and the print of every op, by the time when it was answered.
    answered: Due<(u64, u64)>,
}

impl Ops {
    /// What the op was answered, if it is known.
    pub(super) fn recall(&self, hash: u64, op: &OpId, print: u64) -> Option<Answer> {
        let known = self.entries.find(hash, |entry| entry.op == *op)?;
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
        let entry = Entry { op: op.clone(), print, answer };
        self.entries.insert_unique(hash, entry, |entry| text_hash(hasher, entry.op.as_bytes()));
        self.answered.push(at, (hash, print), |_, _| true);
    }

    /// Forgets what was answered before `horizon`.
    pub(super) fn forget(&mut self, horizon: Micros) {
        while let Some((_, (hash, print))) = self.answered.pop_before(horizon) {
            // Should two ever have both in common, they are forgotten in any order.
            if let Ok(old) = self.entries.find_entry(hash, |entry| entry.print == print) {
                old.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_op_is_one_cache_line() {
        assert_eq!(size_of::<Entry>(), 64);
    }
}
