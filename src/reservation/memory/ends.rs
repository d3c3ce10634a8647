//! When the holds of one pool end.

use std::collections::VecDeque;
use std::num::NonZeroI64;

use super::{Micros, NEVER};

/// How many units end when. Most pools have no hold that ends or one, which stands here; a pool that had several at
/// once keeps its list, so that a busy one does not allocate it again.
pub(super) enum Ends {
    One { end: Micros, units: NonZeroI64 },
    Many(Option<Box<Sorted>>),
}

/// Sorted by end. A hold that is given up leaves a zero until zeros are the half.
#[derive(Default)]
pub(super) struct Sorted {
    /// Units whose end is not later than the pool's clock: they are no longer in the list.
    passed: i64,
    units: VecDeque<(Micros, i64)>,
    zeros: usize,
}

impl Default for Ends {
    fn default() -> Self {
        Ends::Many(None)
    }
}

impl Ends {
    /// The units that have ended by `now`, which is not before the clock.
    pub(super) fn due(&self, now: Micros) -> i64 {
        match self {
            Ends::One { end, units } if *end <= now => units.get(),
            Ends::One { .. } | Ends::Many(None) => 0,
            Ends::Many(Some(sorted)) => sorted.due(now),
        }
    }

    /// To be called when the clock is moved.
    pub(super) fn pass(&mut self, now: Micros) {
        if let Ends::Many(Some(sorted)) = self {
            sorted.pass(now);
        }
    }

    /// Notes that `units` are held until `end`; `clock` is the pool's.
    pub(super) fn add(&mut self, end: Micros, units: i64, clock: Micros) {
        let Some(more) = NonZeroI64::new(units).filter(|_| end != NEVER) else { return };
        match self {
            Ends::Many(None) => *self = Ends::One { end, units: more },
            Ends::Many(Some(sorted)) => sorted.add(end, units, clock),
            Ends::One { end: known, units: sum } if *known == end => {
                *sum = NonZeroI64::new(sum.get().saturating_add(units)).unwrap_or(*sum);
            }
            Ends::One { end: known, units: sum } => {
                let mut sorted = Box::new(Sorted::default());
                sorted.add(*known, sum.get(), clock);
                sorted.add(end, units, clock);
                *self = Ends::Many(Some(sorted));
            }
        }
    }

    /// Notes that `units` are no longer held until `end`.
    pub(super) fn remove(&mut self, end: Micros, units: i64, clock: Micros) {
        match self {
            Ends::One { end: known, units: sum } if *known == end => {
                match NonZeroI64::new(sum.get().saturating_sub(units)) {
                    Some(left) => *sum = left,
                    None => *self = Ends::default(),
                }
            }
            Ends::One { .. } | Ends::Many(None) => {}
            Ends::Many(Some(sorted)) => sorted.remove(end, units, clock),
        }
    }
}

impl Sorted {
    fn due(&self, now: Micros) -> i64 {
        let due = self.units.iter().take_while(|(end, _)| *end <= now);
        due.fold(self.passed, |sum, (_, units)| sum.saturating_add(*units))
    }

    fn pass(&mut self, now: Micros) {
        while let Some((_, units)) = self.units.front().filter(|(end, _)| *end <= now) {
            self.zeros -= usize::from(*units == 0);
            self.passed = self.passed.saturating_add(*units);
            self.units.pop_front();
        }
    }

    fn add(&mut self, end: Micros, units: i64, clock: Micros) {
        if end <= clock {
            self.passed = self.passed.saturating_add(units);
            return;
        }
        match self.units.back_mut() {
            Some((last, sum)) if *last == end => {
                self.zeros -= usize::from(*sum == 0);
                *sum = sum.saturating_add(units);
            }
            Some((last, _)) if *last > end => match self.units.binary_search_by_key(&end, |(end, _)| *end) {
                Ok(place) => {
                    if let Some((_, sum)) = self.units.get_mut(place) {
                        self.zeros -= usize::from(*sum == 0);
                        *sum = sum.saturating_add(units);
                    }
                }
                Err(place) => self.units.insert(place, (end, units)),
            },
            Some(_) | None => self.units.push_back((end, units)),
        }
    }

    fn remove(&mut self, end: Micros, units: i64, clock: Micros) {
        if end <= clock {
            self.passed = self.passed.saturating_sub(units);
            return;
        }
        let Ok(place) = self.units.binary_search_by_key(&end, |(end, _)| *end) else { return };
        let Some((_, sum)) = self.units.get_mut(place) else { return };
        *sum = sum.saturating_sub(units);
        if *sum > 0 {
            return;
        }
        if place + 1 == self.units.len() {
            self.units.pop_back();
        } else {
            self.zeros += 1;
            if self.zeros * 2 > self.units.len() {
                self.units.retain(|(_, units)| *units > 0);
                self.zeros = 0;
            }
        }
    }
}
