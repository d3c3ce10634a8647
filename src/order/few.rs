use std::ops::{Deref, DerefMut};

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// A short list that stays inline up to `N` items, so that cloning a small order allocates little.
///
/// Reads like a slice; on the wire it is an ordinary sequence.
#[derive(Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(transparent, bound(serialize = "T: Serialize", deserialize = "T: Deserialize<'de>"))]
pub struct Few<T, const N: usize>(SmallVec<[T; N]>);

impl<T, const N: usize> Few<T, N> {
    /// An empty list.
    pub fn new() -> Self {
        Self(SmallVec::new())
    }

    /// Appends `item`.
    #[inline]
    pub fn push(&mut self, item: T) {
        self.0.push(item);
    }

    /// Keeps the items for which `keep` answers true, in order.
    pub fn retain(&mut self, keep: impl FnMut(&mut T) -> bool) {
        self.0.retain(keep);
    }
}

impl<T: Copy, const N: usize> Few<T, N> {
    /// The same items, copied as a block; cloned one by one they cost several times as much.
    pub(super) fn copied(items: &[T]) -> Self {
        Self(SmallVec::from_slice(items))
    }
}

impl<T: Clone, const N: usize> Clone for Few<T, N> {
    #[inline]
    fn clone(&self) -> Self {
        self.iter().cloned().collect()
    }
}

impl<T, const N: usize> Default for Few<T, N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T, const N: usize> Deref for Few<T, N> {
    type Target = [T];
    #[inline]
    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T, const N: usize> DerefMut for Few<T, N> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.0
    }
}

impl<T, const N: usize> FromIterator<T> for Few<T, N> {
    #[inline]
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        // `SmallVec` would do, at several times the cost for the few items that there are.
        let items = items.into_iter();
        let mut few = Self(SmallVec::with_capacity(items.size_hint().0));
        items.for_each(|item| few.push(item));
        few
    }
}

impl<'a, T, const N: usize> IntoIterator for &'a Few<T, N> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}
