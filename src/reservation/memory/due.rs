//! What a sweep looks at: only what is due, not everything that is there.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use super::Micros;

/// Things by the time when they are to be looked at. What has changed since is stale: it is passed over when its time
/// comes, or taken out when there is no room.
pub(super) struct Due<T> {
    /// Those that came in the order of their times: nearly all, since time goes on.
    queue: VecDeque<(Micros, T)>,
    others: BinaryHeap<Reverse<(Micros, T)>>,
}

impl<T: Ord> Default for Due<T> {
    fn default() -> Self {
        Due { queue: VecDeque::new(), others: BinaryHeap::new() }
    }
}

impl<T: Copy + Ord> Due<T> {
    /// Adds a thing; `stands` tells what is not stale, so that there are never many more entries than things.
    pub(super) fn push(&mut self, at: Micros, thing: T, stands: impl Fn(Micros, T) -> bool) {
        if self.queue.back().is_none_or(|(last, _)| *last <= at) {
            if self.queue.len() == self.queue.capacity() {
                self.make_room(stands);
            }
            self.queue.push_back((at, thing));
            return;
        }
        if self.others.len() == self.others.capacity() {
            if self.others.len() < self.queue.len() / 2 {
                self.others.reserve(self.others.len().max(8));
            } else {
                self.make_room(stands);
            }
        }
        self.others.push(Reverse((at, thing)));
    }

    /// Puts all into the queue, each once and none that is stale.
    fn make_room(&mut self, stands: impl Fn(Micros, T) -> bool) {
        self.queue.extend(self.others.drain().map(|Reverse(entry)| entry));
        self.queue.make_contiguous().sort_unstable();
        let mut last = None;
        self.queue.retain(|entry| last.replace(*entry) != Some(*entry) && stands(entry.0, entry.1));
        if self.queue.len() >= self.queue.capacity() / 2 {
            self.queue.reserve(self.queue.len().max(8));
        }
    }

    /// Takes out the first if its time is before `limit`.
    pub(super) fn pop_before(&mut self, limit: Micros) -> Option<(Micros, T)> {
        let early = |first: &&(Micros, T)| first.0 < limit;
        let queued = self.queue.front().filter(early).copied();
        let other = self.others.peek().map(|Reverse(first)| first).filter(early).copied();
        if other.is_some_and(|other| queued.is_none_or(|queued| other < queued)) {
            self.others.pop();
            return other;
        }
        queued.inspect(|_| _ = self.queue.pop_front())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_gives_back_in_the_order_of_times(times in proptest::collection::vec(0_i64..50, 0..100), limit in 0_i64..60) {
            let mut due = Due::default();
            for (place, at) in (0..).zip(&times) {
                due.push(*at, place, |_, _| true);
            }
            let mut wanted: Vec<_> = times.iter().copied().zip(0..).filter(|(at, _)| *at < limit).collect();
            wanted.sort_unstable();
            let given: Vec<_> = std::iter::from_fn(|| due.pop_before(limit)).collect();
            prop_assert_eq!(given, wanted);
        }
    }

    #[test]
    fn what_is_stale_makes_room() {
        let mut due = Due::default();
        for round in 0..10_000 {
            for at in [round + 1, round] {
                due.push(at, 0, |at, _| at == round);
            }
        }
        assert!(due.queue.capacity() + due.others.capacity() < 64);
    }

    #[test]
    fn the_same_again_and_again_is_kept_once() {
        let mut due = Due::default();
        for _ in 0..10_000 {
            for at in [7, 5, 7, 9] {
                due.push(at, 0, |_, _| true);
            }
        }
        assert!(due.queue.capacity() + due.others.capacity() < 64);
        let mut given: Vec<_> = std::iter::from_fn(|| due.pop_before(10)).collect();
        given.dedup();
        assert_eq!(given, [(5, 0), (7, 0), (9, 0)]);
    }
}
