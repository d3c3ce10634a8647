//! A problem as the search sees it: places, items, and rows of whole numbers.
//!
//! An *item* is what is shipped in *pieces*: a line that may be split (one piece a unit), or a line or group of
//! lines that may not (one piece in all). So "together" and "no split" vanish here, and nothing below knows them.

use super::grid::Grid;
use super::hull::line_below;

/// Bounds and multipliers count in this fraction of a minor unit.
pub(crate) const SCALE: i64 = 1 << 14;

/// What one piece of an item is, wherever it comes from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Item {
    /// How many pieces are asked for.
    pub pieces: i64,
    /// Units of the order in one piece.
    pub units: i64,
    /// Weight of one piece.
    pub grams: i64,
    /// What one piece costs that is not shipped; `None`: it must be shipped.
    pub unmet: Option<i64>,
}

/// A location as the search sees it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place {
    /// Paid once if it ships anything.
    pub fixed: i64,
    /// Units that it can ship in all.
    pub capacity: i64,
    /// The tariff's steps: up to so many grams, so much; the last one is the most that it can ship. Empty: free.
    pub steps: Vec<(i64, i64)>,
    /// A line below the tariff for more than nothing and up to the last step, scaled: `base + slope * grams`.
    pub base: i64,
    /// See `base`.
    pub slope: i64,
}

impl Place {
    /// What so much weight costs; `None` where it may not ship so much.
    pub(crate) fn tariff(&self, grams: i64) -> Option<i64> {
        if self.steps.is_empty() {
            return Some(0);
        }
        let at = self.steps.partition_point(|(up_to, _)| *up_to < grams);
        self.steps.get(at).map(|(_, cost)| *cost)
    }

    /// Keeps nothing of its tariff but the limit, and asks so much once.
    pub(crate) fn set_prices(&mut self, once: i64) {
        self.fixed = once;
        if let Some((limit, _)) = self.steps.last().copied() {
            self.steps.clear();
            self.steps.push((limit, 0));
        }
    }

    /// The most weight that it may ship.
    pub(crate) fn limit(&self) -> i64 {
        self.steps.last().map_or(i64::MAX, |(up_to, _)| *up_to)
    }
}

/// Stocks that several items draw on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shelves {
    /// Item, shelf, and units of that stock in one piece of the item; by shelf.
    pub users: Vec<(usize, usize, i64)>,
    /// What each place has, place by shelf.
    pub stock: Grid,
}

impl Shelves {
    /// The items that draw on the shelf, with the units of a piece.
    pub(crate) fn users(&self, shelf: usize) -> impl Iterator<Item = (usize, i64)> {
        self.users.iter().filter(move |(_, of, _)| *of == shelf).map(|(item, _, each)| (*item, *each))
    }
}

/// The whole problem.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dense {
    pub items: Vec<Item>,
    pub places: Vec<Place>,
    /// Cost of one piece, place by item.
    pub cost: Grid,
    /// Pieces that a place has, place by item; never more than are asked for.
    pub room: Grid,
    /// Pieces that are in hand at a place and stay there, place by item; no rows: none.
    pub held: Grid,
    /// Places that may be used.
    pub slots: usize,
    /// Pairs of items that no place ships both of.
    pub apart: Vec<(usize, usize)>,
    /// Disjoint sets of items no two of which a place ships, one after the other: what `apart` says, as far as sets
    /// cover it.
    pub cliques: Vec<usize>,
    /// Where each of these sets ends.
    pub clique_ends: Vec<usize>,
    /// Stocks that several items draw on.
    pub shelves: Shelves,
    /// Units that may stay unmet though their item must be shipped.
    pub spare: i64,
    /// Some place has a tariff.
    pub tariffs: bool,
    /// Scaled cost of a piece with its share of the line below the tariff, place by item.
    pub price: Grid,
    /// Scaled cost of a piece, place by item.
    pub scaled: Grid,
    /// Prices times pieces stay below this, so that sums never overflow.
    pub price_max: i64,
    /// As `price_max`, for a gram.
    pub gram_max: i64,
    /// As `price_max`, for a unit.
    pub unit_max: i64,
    /// Which items a place has, as bits.
    has: Vec<u64>,
    hull: Vec<(i64, i64)>,
    /// Places that a smaller problem has no use for, for their memory.
    retired: Vec<Place>,
}

impl Dense {
    /// So many places; what they are is left from before.
    pub(crate) fn resize_places(&mut self, count: usize) {
        while self.places.len() > count {
            self.retired.extend(self.places.pop());
        }
        while self.places.len() < count {
            self.places.push(self.retired.pop().unwrap_or_default());
        }
    }

    /// Derives what the search looks up. Call it once everything else is filled in.
    pub(crate) fn finish(&mut self) {
        self.lines_below_tariffs();
        let width = self.items.len();
        self.price.reset(width);
        self.scaled.reset(width);
        for (at, place) in self.places.iter().enumerate() {
            let row = self.cost.row(at);
            self.scaled.push_row(row.iter().map(|cost| cost * SCALE));
            let share = |item: &Item| place.slope.saturating_mul(item.grams).min(1 << 58);
            let priced = row.iter().zip(&self.items).map(|(cost, item)| cost * SCALE + share(item));
            self.price.push_row(priced);
        }
        self.tariffs = self.places.iter().any(|site| !site.steps.is_empty());
        self.find_has();
        self.find_cliques();
        let all =
            |of: fn(&Item) -> i64| self.items.iter().map(|item| item.pieces * of(item)).sum::<i64>().max(1);
        self.price_max = (1 << 61) / self.items.len().max(1) as i64;
        (self.gram_max, self.unit_max) =
            ((1 << 56) / all(|item| item.grams), (1 << 56) / all(|item| item.units));
    }

    fn find_cliques(&mut self) {
        self.cliques.clear();
        self.clique_ends.clear();
        for (one, other) in &self.apart {
            if self.cliques.contains(one) || self.cliques.contains(other) {
                continue;
            }
            let start = self.cliques.len();
            self.cliques.extend([*one, *other]);
            for item in 0..self.items.len() {
                let foe = |member: &usize| {
                    self.apart.iter().any(|(a, b)| (*a, *b) == (*member, item) || (*a, *b) == (item, *member))
                };
                if !self.cliques.contains(&item) && self.cliques.iter().skip(start).all(foe) {
                    self.cliques.push(item);
                }
            }
            self.clique_ends.push(self.cliques.len());
        }
    }

    /// The sets of items that are kept apart.
    pub(crate) fn cliques(&self) -> impl Iterator<Item = &[usize]> {
        let starts = std::iter::once(0).chain(self.clique_ends.iter().copied());
        starts.zip(&self.clique_ends).map(|(start, end)| self.cliques.get(start..*end).unwrap_or(&[]))
    }

    fn lines_below_tariffs(&mut self) {
        let grams: i64 = self.items.iter().map(|item| item.pieces * item.grams).sum();
        for (at, place) in self.places.iter_mut().enumerate() {
            let reach: i64 =
                self.room.row(at).iter().zip(&self.items).map(|(room, item)| room * item.grams).sum();
            let reach = reach.min(place.limit());
            (place.base, place.slope) = line_below(&place.steps, reach, grams, &mut self.hull);
        }
    }

    /// What each place has, as bits.
    fn find_has(&mut self) {
        self.has.clear();
        for place in 0..self.places.len() {
            let items = self.room.row(place).iter().enumerate().filter(|(_, room)| **room > 0);
            self.has.push(items.fold(0, |bits, (item, _)| bits | 1 << item.min(63)));
        }
    }

    /// Whether `other` stands in for `one`: where `one` is used, `other`, if it is not, could take its part at no more.
    /// Of two that stand in for each other the first does. Most pairs part at the first look at what they have.
    pub(crate) fn is_worse(&self, one: usize, other: usize) -> bool {
        let (Some(mine), Some(theirs)) = (self.has.get(one), self.has.get(other)) else { return false };
        // What is in hand at a place is used in any case.
        let free = || self.held.row(one).iter().all(|held| *held == 0);
        one != other
            && mine & !theirs == 0
            && self.stands_in(other, one)
            && free()
            && (other < one || mine != theirs || !self.stands_in(one, other))
    }

    /// Whether `other` could ship whatever `one` ships, at no more.
    fn stands_in(&self, other: usize, one: usize) -> bool {
        let (Some(this), Some(that)) = (self.places.get(one), self.places.get(other)) else { return false };
        that.fixed <= this.fixed
            && that.capacity >= this.capacity
            && self
                .shelves
                .stock
                .row(one)
                .iter()
                .zip(self.shelves.stock.row(other))
                .all(|(this, that)| that >= this)
            && self.room.row(one).iter().zip(self.room.row(other)).all(|(this, that)| that >= this)
            && self
                .room
                .row(one)
                .iter()
                .zip(self.cost.row(one))
                .zip(self.cost.row(other))
                .all(|((room, this), that)| *room == 0 || that <= this)
            && cheaper(&that.steps, &this.steps)
    }
}

/// Whether one tariff is never above another, as far as that one ships.
fn cheaper(that: &[(i64, i64)], this: &[(i64, i64)]) -> bool {
    if that == this || that.is_empty() {
        return true;
    }
    if this.is_empty() {
        return false;
    }
    // The other's price at each of this one's ends is the highest that it asks within that step.
    this.iter().all(|(up_to, cost)| {
        let at = that.partition_point(|(end, _)| end < up_to);
        that.get(at).is_some_and(|(_, price)| price <= cost)
    })
}
