//! What lines add up to on the untouched cart, each set of lines once a quote.

use crate::promotion::CartLine;

/// What some lines add up to.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Sums {
    /// List prices; the cart's total fits.
    pub subtotal: i64,
    pub units: u64,
    /// Lines with units.
    pub lines: u64,
    pub grams: u64,
}

impl Sums {
    pub const MEASURES: usize = 4;
    pub const SUBTOTAL: usize = 0;
    pub const UNITS: usize = 1;
    pub const LINES: usize = 2;
    pub const GRAMS: usize = 3;

    pub fn of(line: &CartLine) -> Sums {
        let units = u64::from(line.units);
        Sums {
            subtotal: line.unit_price.minor_units() * i64::from(line.units),
            units,
            lines: units.min(1),
            grams: units * u64::from(line.weight_grams),
        }
    }

    pub fn add(&mut self, other: &Sums) {
        self.subtotal += other.subtotal;
        self.units += other.units;
        self.lines += other.lines;
        self.grams += other.grams;
    }

    /// In the order of the constants.
    pub fn measures(&self) -> [u64; Sums::MEASURES] {
        [u64::try_from(self.subtotal).unwrap_or(0), self.units, self.lines, self.grams]
    }
}

/// The sums of this quote, by the id of their lines.
#[derive(Debug, Default)]
pub(super) struct Memo {
    round: u32,
    /// For each id: the round in which it was met, and its place among the sums.
    places: Vec<(u32, u32)>,
    sums: Vec<(u32, Sums)>,
}

impl Memo {
    /// Forgets everything; ids are below `ids`.
    pub fn begin(&mut self, ids: usize) {
        self.round = self.round.wrapping_add(1);
        if self.round == 0 {
            self.places.clear();
            self.round = 1;
        }
        if self.places.len() < ids {
            self.places.resize(ids, (0, 0));
        }
        self.sums.clear();
    }

    pub fn get(&self, id: u32) -> Option<Sums> {
        let (round, place) = *self.places.get(usize::try_from(id).ok()?)?;
        (round == self.round).then(|| self.sums.get(usize::try_from(place).ok()?).map(|known| known.1))?
    }

    /// Adds to the sums of an id.
    pub fn add(&mut self, id: u32, more: &Sums) {
        let Some(known) = usize::try_from(id).ok().and_then(|id| self.places.get_mut(id)) else { return };
        if known.0 != self.round {
            *known = (self.round, u32::try_from(self.sums.len()).unwrap_or(u32::MAX));
            self.sums.push((id, Sums::default()));
        }
        if let Some((_, sums)) = usize::try_from(known.1).ok().and_then(|place| self.sums.get_mut(place)) {
            sums.add(more);
        }
    }

    /// All that were met, in that order.
    pub fn met(&self) -> &[(u32, Sums)] {
        &self.sums
    }
}
