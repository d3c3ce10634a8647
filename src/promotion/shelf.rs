//! A list and a table that share what did not change with their copies: adding one thing to a large book copies little.
//!
//! Both are two levels deep: a copy shares every piece, and a change copies the pieces' list and the one piece that it
//! touches ([`Arc::make_mut`]), about √n of n values. Nobody who reads an older copy notices.

use std::sync::Arc;

use hashbrown::HashTable;

/// How many values stand together.
const CHUNK: usize = 128;
/// How many parts a table has; a power of two.
const SHARDS: u64 = 128;

/// A list; values keep their places.
#[derive(Clone, Debug)]
pub(super) struct Shelf<T> {
    chunks: Arc<Vec<Arc<Vec<T>>>>,
    len: usize,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Shelf { chunks: Arc::default(), len: 0 }
    }
}

impl<T> FromIterator<T> for Shelf<T> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        let (mut values, mut chunks) = (values.into_iter(), vec![]);
        let mut len = 0;
        loop {
            let chunk: Vec<T> = values.by_ref().take(CHUNK).collect();
            len += chunk.len();
            if chunk.is_empty() {
                return Shelf { chunks: Arc::new(chunks), len };
            }
            chunks.push(Arc::new(chunk));
        }
    }
}

impl<T: Clone> Shelf<T> {
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn get(&self, place: u32) -> Option<&T> {
        let place = usize::try_from(place).ok()?;
        self.chunks.get(place / CHUNK)?.get(place % CHUNK)
    }

    pub fn get_mut(&mut self, place: u32) -> Option<&mut T> {
        let place = usize::try_from(place).ok()?;
        let chunk = Arc::make_mut(&mut self.chunks).get_mut(place / CHUNK)?;
        Arc::make_mut(chunk).get_mut(place % CHUNK)
    }

    /// Appends a value; its place.
    pub fn push(&mut self, value: T) -> u32 {
        let place = u32::try_from(self.len).unwrap_or(u32::MAX); // memory ends before
        let chunks = Arc::make_mut(&mut self.chunks);
        if self.len.is_multiple_of(CHUNK) {
            chunks.push(Arc::new(Vec::new()));
        }
        if let Some(last) = chunks.last_mut() {
            Arc::make_mut(last).push(value);
        }
        self.len += 1;
        place
    }
}

/// Hashes and places.
type Shard = HashTable<(u64, u32)>;

/// Places by hash; what they are the hash of is the caller's to compare.
#[derive(Clone, Debug)]
pub(super) struct Table {
    shards: Arc<Vec<Arc<Shard>>>,
}

impl Default for Table {
    fn default() -> Self {
        Table { shards: Arc::new((0..SHARDS).map(|_| Arc::default()).collect()) }
    }
}

/// Not the bits that the table inside looks at.
fn shard(hash: u64) -> usize {
    usize::try_from((hash >> 40) % SHARDS).unwrap_or(0)
}

impl Table {
    pub fn find(&self, hash: u64, is: impl Fn(u32) -> bool) -> Option<u32> {
        let shard = self.shards.get(shard(hash))?;
        shard.find(hash, |entry| entry.0 == hash && is(entry.1)).map(|entry| entry.1)
    }

    pub fn insert(&mut self, hash: u64, place: u32) {
        if let Some(shard) = Arc::make_mut(&mut self.shards).get_mut(shard(hash)) {
            Arc::make_mut(shard).insert_unique(hash, (hash, place), |entry| entry.0);
        }
    }

    pub fn remove(&mut self, hash: u64, place: u32) {
        if let Some(shard) = Arc::make_mut(&mut self.shards).get_mut(shard(hash))
            && let Ok(entry) = Arc::make_mut(shard).find_entry(hash, |entry| *entry == (hash, place))
        {
            entry.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_does_not_see_what_is_changed_later() {
        let mut list = Shelf::default();
        let places: Vec<u32> = (0..1_000u64).map(|n| list.push(n)).collect();
        assert_eq!(list.chunks, (0..1_000).collect::<Shelf<u64>>().chunks);
        let before = list.clone();
        *list.get_mut(700).unwrap() = 9;
        list.push(1_000);
        assert_eq!((before.len(), list.len()), (1_000, 1_001));
        assert_eq!((before.get(700), list.get(700), before.get(1_000)), (Some(&700), Some(&9), None));
        assert!(places.iter().all(|&place| before.get(place) == Some(&u64::from(place))));
    }

    #[test]
    fn a_table_finds_what_it_holds() {
        let mut table = Table::default();
        (0..1_000u32).for_each(|n| table.insert(u64::from(n % 500) << 40, n));
        let before = table.clone();
        table.remove(7 << 40, 7);
        assert_eq!(before.find(7 << 40, |place| place == 7), Some(7));
        assert_eq!(table.find(7 << 40, |place| place == 7), None);
        assert_eq!(table.find(7 << 40, |_| true), Some(507));
    }
}
