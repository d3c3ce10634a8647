//! Which pool has which hash: looked up without a lock, added to behind one.

use std::sync::OnceLock;
use std::sync::atomic::Ordering;

use super::sync::{AtomicU32, Mutex, MutexGuard, lock};

/// One shard of the index. Nothing is ever taken out of it.
///
/// Open addressing: a table that is getting full is followed by one of twice its size, and stays for who is still
/// looking into it. Who looks up sees what was added before it began, whatever is added meanwhile.
pub(super) struct Index {
    /// How many there are.
    count: Mutex<u32>,
    /// Which table is the last.
    last: AtomicU32,
    tables: [OnceLock<Box<[AtomicU32]>>; TABLES],
}

const TABLES: usize = 26;
/// Entries of the first table: a power of two.
const FIRST: usize = 8;
/// An entry is a number plus one, below four bits of the hash that spare nearly every look at the wrong pool. Zero is
/// an entry that is free.
const NUMBER_BITS: u32 = 28;
const NUMBERS: u32 = (1 << NUMBER_BITS) - 1;

/// The right to add to a shard, and the certainty that nobody else does.
pub(super) struct Adding<'a> {
    index: &'a Index,
    count: MutexGuard<'a, u32>,
}

impl Default for Index {
    fn default() -> Self {
        let tables = [const { OnceLock::new() }; TABLES];
        Index { count: Mutex::default(), last: AtomicU32::new(0), tables }
    }
}

impl Index {
    /// The number that was added under this hash and `is_it`.
    pub(super) fn find(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let table = self.table(self.last.load(Ordering::Acquire))?;
        let mask = table.len().checked_sub(1)?;
        let tag = tag(hash);
        let mut place = hash as usize;
        loop {
            let entry = table.get(place & mask)?.load(Ordering::Acquire);
            let number = (entry & NUMBERS).checked_sub(1)?; // a free entry, and there always is one
            if entry & !NUMBERS == tag && is_it(number) {
                return Some(number);
            }
            place = place.wrapping_add(1);
        }
    }

    /// Waits for the right to add.
    pub(super) fn adding(&self) -> Adding<'_> {
        Adding { index: self, count: lock(&self.count) }
    }

    fn table(&self, table: u32) -> Option<&[AtomicU32]> {
        self.tables.get(table as usize)?.get().map(|table| &table[..])
    }
}

impl Adding<'_> {
    /// Adds a number that is not there; `hash_of` tells the hashes of those that are. `None` if no more fit.
    pub(super) fn add(&mut self, hash: u64, number: u32, hash_of: impl Fn(u32) -> u64) -> Option<()> {
        let entry = number.checked_add(1).filter(|entry| *entry <= NUMBERS)? | tag(hash);
        let room = self.index.table(self.index.last.load(Ordering::Relaxed)).map_or(0, <[AtomicU32]>::len);
        if (*self.count as usize + 1) * 8 > room * 7 {
            self.grow(hash_of)?;
        }
        put(self.index.table(self.index.last.load(Ordering::Relaxed))?, hash, entry)?;
        *self.count += 1;
        Some(())
    }

    fn grow(&mut self, hash_of: impl Fn(u32) -> u64) -> Option<()> {
        let last = self.index.last.load(Ordering::Relaxed);
        let Some(full) = self.index.table(last) else {
            self.index.tables.first()?.get_or_init(|| empty(FIRST));
            return Some(());
        };
        let table = empty(full.len() * 2);
        for entry in full {
            let entry = entry.load(Ordering::Relaxed);
            if let Some(number) = (entry & NUMBERS).checked_sub(1) {
                put(&table, hash_of(number), entry)?;
            }
        }
        self.index.tables.get(last as usize + 1)?.set(table).ok()?;
        self.index.last.store(last + 1, Ordering::Release);
        Some(())
    }
}

fn empty(entries: usize) -> Box<[AtomicU32]> {
    (0..entries).map(|_| AtomicU32::new(0)).collect()
}

fn put(table: &[AtomicU32], hash: u64, entry: u32) -> Option<()> {
    let mask = table.len().checked_sub(1)?;
    let free = (hash as usize..).find_map(|place| {
        let place = table.get(place & mask)?;
        (place.load(Ordering::Relaxed) == 0).then_some(place)
    });
    free?.store(entry, Ordering::Release);
    Some(())
}

fn tag(hash: u64) -> u32 {
    ((hash >> 60) as u32) << NUMBER_BITS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_is_found_and_nothing_else_is() {
        // Hashes that meet in few places, so that look-ups pass over others.
        let hash = |number: u32| u64::from(number % 97) << 60 | u64::from(number % 89);
        let index = Index::default();
        assert_eq!(index.find(hash(0), |_| true), None);
        for number in 0..2_000 {
            assert_eq!(index.find(hash(number), |other| other == number), None);
            index.adding().add(hash(number), number, hash).unwrap();
            assert_eq!(index.find(hash(number), |other| other == number), Some(number));
        }
        assert!((0..2_000).all(|number| index.find(hash(number), |other| other == number) == Some(number)));
    }

    #[test]
    fn a_number_too_large_is_not_added() {
        let index = Index::default();
        assert_eq!(index.adding().add(7, NUMBERS, |_| 0), None);
        assert_eq!(index.adding().add(7, NUMBERS - 1, |_| 0), Some(()));
        assert_eq!(index.find(7, |_| true), Some(NUMBERS - 1));
    }
}
