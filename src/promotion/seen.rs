//! States of a search that were met before.

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use std::hash::{BuildHasher, Hasher};

use crate::promotion::choose::Worth;

/// So many words of states are kept; beyond that new ones are searched, met before or not.
const WORDS_MAX: usize = 1 << 19;

/// What is left to decide depends on a state only as far as somebody who comes later looks at it. Of two ways to the same
/// view the better one leads to the better sets, so the other is left; of equal ones the first.
#[derive(Debug, Default)]
pub(super) struct Seen {
    table: HashTable<Entry>,
    words: Vec<u64>,
    /// The view that is being looked up.
    pub view: Vec<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    hash: u64,
    from: usize,
    until: usize,
    worth: Worth,
}

impl Seen {
    pub fn clear(&mut self) {
        self.table.clear();
        self.words.clear();
    }

    /// Whether the view was met with as much or more; else it is now.
    pub fn is_beaten(&mut self, worth: Worth) -> bool {
        let mut hasher = FixedState::default().build_hasher();
        self.view.iter().for_each(|word| hasher.write_u64(*word));
        let hash = hasher.finish();
        let (words, view) = (&mut self.words, &self.view);
        let same =
            |entry: &Entry| entry.hash == hash && words.get(entry.from..entry.until) == Some(view.as_slice());
        if let Some(known) = self.table.find_mut(hash, same) {
            let beaten = known.worth >= worth;
            known.worth = known.worth.max(worth);
            return beaten;
        }
        if words.len() + view.len() <= WORDS_MAX {
            let from = words.len();
            words.extend_from_slice(view);
            let entry = Entry { hash, from, until: words.len(), worth };
            self.table.insert_unique(hash, entry, |entry| entry.hash);
        }
        false
    }
}
