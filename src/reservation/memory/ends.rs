//! When the holds of one pool end.

use std::collections::VecDeque;
use std::num::NonZeroI64;

use super::Micros;

/// How many units end when, all later than the pool's clock. Most pools have no hold or one, which stands here; a pool
/// that had several at once keeps its list, so that a busy one does not allocate it again.
pub(super) enum Ends {
    One { end: Micros, units: NonZeroI64 },
    Many(Option<Box<Sorted>>),
}

/// Sorted by end. A hold that is given up leaves a zero until zeros are the half.
#[derive(Default)]
pub(super) struct Sorted {
    units: VecDeque<(Micros, i64)>,
    zeros: usize,
}

impl Default for Ends {
    fn default() -> Self {
        Ends::Many(None)
    }
}

impl Ends {
    /// The units that end by `now`.
    pub(super) fn due(&self, now: Micros) -> i64 {
        match self {
            Ends::One { end, units } => {
                if *end <= now {
                    units.get()
                } else {
                    0
                }
            }
            Ends::Many(None) => 0,
            Ends::Many(Some(sorted)) => {
                let due = sorted.units.iter().take_while(|(end, _)| *end <= now);
                due.fold(0, |sum, (_, units)| sum.saturating_add(*units))
            }
        }
    }

    /// Takes out what ends by `now` and answers its units.
    pub(super) fn take_due(&mut self, now: Micros) -> i64 {
        let due = self.due(now);
        match self {
            Ends::One { end, .. } if *end <= now => *self = Ends::default(),
            Ends::Many(Some(sorted)) => {
                while let Some((_, units)) = sorted.units.front().filter(|(end, _)| *end <= now) {
                    sorted.zeros -= usize::from(*units == 0);
                    sorted.units.pop_front();
                }
            }
            Ends::One { .. } | Ends::Many(None) => {}
        }
        due
    }

    pub(super) fn add(&mut self, end: Micros, units: i64) {
        match self {
            Ends::Many(Some(sorted)) => sorted.add(end, units),
            Ends::Many(None) => {
                if let Some(units) = NonZeroI64::new(units) {
                    *self = Ends::One { end, units };
                }
            }
            Ends::One { end: known, units: sum } if *known == end => {
                *sum = NonZeroI64::new(sum.get().saturating_add(units)).unwrap_or(*sum);
            }
            Ends::One { end: known, units: sum } => {
                let mut sorted = Box::new(Sorted::default());
                sorted.add(*known, sum.get());
                sorted.add(end, units);
                *self = Ends::Many(Some(sorted));
            }
        }
    }

    pub(super) fn remove(&mut self, end: Micros, units: i64) {
        match self {
            Ends::Many(Some(sorted)) => sorted.remove(end, units),
            Ends::One { end: known, units: sum } if *known == end => {
                match NonZeroI64::new(sum.get().saturating_sub(units)) {
                    Some(left) => *sum = left,
                    None => *self = Ends::default(),
                }
            }
            Ends::One { .. } | Ends::Many(None) => {}
        }
    }
}

impl Sorted {
    fn add(&mut self, end: Micros, units: i64) {
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

    fn remove(&mut self, end: Micros, units: i64) {
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
