//! A plan from a set of places: fill the cheapest first, then move pieces while that saves.

use super::dense::Dense;
use super::front::Front;
use super::grid::Grid;

/// A plan over some places, and what is left of each.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fill {
    /// The places, by their number in the problem, with their row in the front.
    pub places: Vec<(usize, usize)>,
    /// Pieces, place by item.
    pub pieces: Grid,
    /// What it costs, minor units.
    pub cost: i64,
    grams: Vec<i64>,
    units: Vec<i64>,
    missing: Vec<i64>,
    order: Vec<(i64, usize)>,
    kept: Kept,
    all: Vec<bool>,
}

/// What a trial may undo.
#[derive(Clone, Debug, Default)]
struct Kept {
    pieces: Grid,
    grams: Vec<i64>,
    units: Vec<i64>,
    missing: Vec<i64>,
}

impl Kept {
    fn copy(&mut self, fill: &Fill) {
        self.pieces.copy_from(&fill.pieces);
        self.grams.clone_from(&fill.grams);
        self.units.clone_from(&fill.units);
        self.missing.clone_from(&fill.missing);
    }

    fn restore(&self, fill: &mut Fill) {
        fill.pieces.copy_from(&self.pieces);
        fill.grams.clone_from(&self.grams);
        fill.units.clone_from(&self.units);
        fill.missing.clone_from(&self.missing);
    }
}

impl Fill {
    /// A plan that uses no other rows than those chosen, or nothing if this way finds none.
    pub(crate) fn build(
        &mut self,
        dense: &Dense,
        front: &Front,
        chosen: &[bool],
        order: &[usize],
        worth: i64,
    ) -> bool {
        if !self.enough(dense, front, chosen) {
            return false;
        }
        self.start(dense, front, chosen);
        for item in order {
            self.fill_item(dense, front, *item);
        }
        self.price(dense) && self.cost <= worth && self.settle(dense, front)
    }

    /// Whether the chosen rows have enough.
    fn enough(&mut self, dense: &Dense, front: &Front, chosen: &[bool]) -> bool {
        self.missing.clear();
        self.missing.extend(dense.items.iter().map(|item| item.pieces));
        for (at, (chosen, row)) in chosen.iter().zip(&front.rows).enumerate() {
            if *chosen || row.bound {
                for (missing, most) in self.missing.iter_mut().zip(front.most.row(at)) {
                    *missing -= most;
                }
            }
        }
        let lacks = self.missing.iter().zip(&dense.items).filter(|(_, item)| item.unmet.is_none());
        lacks.map(|(missing, item)| (*missing).max(0) * item.units).sum::<i64>() <= dense.spare
    }

    /// A plan that is given, from the chosen rows, then moved while that saves.
    pub(crate) fn take_given(
        &mut self,
        dense: &Dense,
        front: &Front,
        chosen: &[bool],
        ships: &[(usize, usize, i64)],
    ) -> bool {
        self.start(dense, front, chosen);
        for (place, item, pieces) in ships {
            if let Some(at) = self.places.iter().position(|(here, _)| here == place) {
                let more = pieces - self.pieces.at(at, *item);
                self.put(dense, at, *item, more);
            }
        }
        self.settle(dense, front)
    }

    /// What exactly this plan costs; nothing if it does not fit.
    pub(crate) fn price_of(
        &mut self,
        dense: &Dense,
        front: &Front,
        ships: &[(usize, usize, i64)],
    ) -> Option<i64> {
        let mut all = std::mem::take(&mut self.all);
        all.clear();
        all.resize(front.rows.len(), true);
        self.start(dense, front, &all);
        self.all = all;
        for (place, item, pieces) in ships {
            let at = self.places.iter().position(|(here, _)| here == place)?;
            let more = pieces - self.pieces.at(at, *item);
            if more < 0
                || more > self.space(dense, front, at, *item)
                || more > self.missing.get(*item).copied()?
            {
                return None;
            }
            self.put(dense, at, *item, more);
        }
        self.price(dense).then_some(self.cost)
    }

    /// The plan that these pieces are, row by item, if they fit; moved while that saves if asked.
    pub(crate) fn take_pieces(
        &mut self,
        dense: &Dense,
        front: &Front,
        pieces: &Grid,
        worth: i64,
        moved: bool,
    ) -> bool {
        let mut all = std::mem::take(&mut self.all);
        all.clear();
        all.resize(front.rows.len(), true);
        self.start(dense, front, &all);
        self.all = all;
        for at in 0..front.rows.len() {
            for (item, pieces) in pieces.row(at).iter().enumerate() {
                let more = pieces - self.pieces.at(at, item);
                let more = more
                    .min(self.space(dense, front, at, item))
                    .min(self.missing.get(item).copied().unwrap_or(0));
                self.put(dense, at, item, more);
            }
        }
        // What did not fit goes where it does.
        for item in 0..dense.items.len() {
            if self.missing.get(item).is_some_and(|missing| *missing > 0) {
                self.fill_item(dense, front, item);
            }
        }
        self.price(dense) && self.cost <= worth && (!moved || self.settle(dense, front))
    }

    fn settle(&mut self, dense: &Dense, front: &Front) -> bool {
        if !self.price(dense) {
            return false;
        }
        for _ in 0..8 {
            if !self.move_pieces(dense, front) && !self.empty_places(dense, front) {
                break;
            }
        }
        self.price(dense)
    }

    /// Place, item and pieces of what is shipped.
    pub(crate) fn ships(&self) -> impl Iterator<Item = (usize, usize, i64)> {
        self.places.iter().enumerate().flat_map(|(at, (place, _))| {
            let row = self.pieces.row(at).iter().enumerate().filter(|(_, pieces)| **pieces > 0);
            row.map(|(item, pieces)| (*place, item, *pieces))
        })
    }

    fn start(&mut self, dense: &Dense, front: &Front, chosen: &[bool]) {
        self.places.clear();
        let width = dense.items.len();
        self.pieces.reset(width);
        self.missing.clear();
        self.missing.extend(dense.items.iter().map(|item| item.pieces));
        self.grams.clear();
        self.units.clear();
        for ((at, row), chosen) in front.rows.iter().enumerate().zip(chosen) {
            if !*chosen && !row.bound {
                continue; // what is bound ships in any case
            }
            self.places.push((row.place, at));
            self.pieces.push_row(front.least.row(at).iter().copied());
            let (mut grams, mut units) = (0, 0);
            if row.bound {
                for ((least, item), missing) in
                    front.least.row(at).iter().zip(&dense.items).zip(&mut self.missing)
                {
                    grams += least * item.grams;
                    units += least * item.units;
                    *missing -= least;
                }
            }
            self.grams.push(grams);
            self.units.push(units);
        }
    }

    fn fill_item(&mut self, dense: &Dense, front: &Front, item: usize) {
        let Some(unmet) = dense.items.get(item).map(|item| item.unmet) else { return };
        self.order.clear();
        for (at, (place, _)) in self.places.iter().enumerate() {
            self.order.push((dense.price.at(*place, item), at));
        }
        self.order.sort_unstable();
        let order = std::mem::take(&mut self.order);
        for (price, at) in &order {
            let missing = self.missing.get(item).copied().unwrap_or(0);
            if missing == 0 {
                break;
            }
            if unmet.is_some_and(|unmet| unmet.saturating_mul(super::dense::SCALE) < *price) {
                break;
            }
            let take = missing.min(self.space(dense, front, *at, item));
            self.put(dense, *at, item, take);
        }
        self.order = order;
    }

    /// Pieces of the item that still fit at a place.
    fn space(&self, dense: &Dense, front: &Front, at: usize, item: usize) -> i64 {
        let Some((place, row)) = self.places.get(at).copied() else { return 0 };
        let (Some(site), Some(what)) = (dense.places.get(place), dense.items.get(item)) else { return 0 };
        let mut space = front.most.at(row, item) - self.pieces.at(at, item);
        if space <= 0 {
            return 0;
        }
        if what.units > 0 && site.capacity < i64::MAX {
            space = space.min((site.capacity - self.units.get(at).copied().unwrap_or(0)) / what.units);
        }
        if what.grams > 0 && !site.steps.is_empty() {
            let limit = front.rows.get(row).map_or(0, |row| row.limit(site));
            space = space.min((limit - self.grams.get(at).copied().unwrap_or(0)) / what.grams);
        }
        for (one, other) in &dense.apart {
            let foe = if *one == item {
                *other
            } else if *other == item {
                *one
            } else {
                continue;
            };
            if self.pieces.at(at, foe) > 0 {
                return 0;
            }
        }
        for (_, shelf, each) in dense.shelves.users.iter().filter(|(user, _, _)| *user == item) {
            let taken = dense.shelves.users(*shelf).map(|(user, each)| each * self.pieces.at(at, user));
            space = space.min((dense.shelves.stock.at(place, *shelf) - taken.sum::<i64>()) / each);
        }
        space.max(0)
    }

    fn put(&mut self, dense: &Dense, at: usize, item: usize, pieces: i64) {
        let Some(what) = dense.items.get(item) else { return };
        if pieces == 0 {
            return;
        }
        self.pieces.add(at, item, pieces);
        if let Some(grams) = self.grams.get_mut(at) {
            *grams += pieces * what.grams;
        }
        if let Some(units) = self.units.get_mut(at) {
            *units += pieces * what.units;
        }
        if let Some(missing) = self.missing.get_mut(item) {
            *missing -= pieces;
        }
    }

    /// Sums it up; false if it leaves unmet what must be shipped, or uses too many places.
    fn price(&mut self, dense: &Dense) -> bool {
        let mut spare = dense.spare;
        self.cost = 0;
        for (missing, item) in self.missing.iter().zip(&dense.items) {
            match item.unmet {
                Some(unmet) => self.cost += unmet * missing,
                None => spare -= missing * item.units,
            }
        }
        let mut used = 0;
        for (at, (place, _)) in self.places.iter().enumerate() {
            let row = self.pieces.row(at);
            if row.iter().all(|pieces| *pieces == 0) {
                continue;
            }
            used += 1;
            let Some(site) = dense.places.get(*place) else { continue };
            self.cost += site.fixed
                + row.iter().zip(dense.cost.row(*place)).map(|(pieces, cost)| pieces * cost).sum::<i64>();
            match site.tariff(self.grams.get(at).copied().unwrap_or(0)) {
                Some(tariff) => self.cost += tariff,
                None => return false,
            }
        }
        spare >= 0 && used <= dense.slots
    }

    /// What shipping so many pieces more (or fewer) from a place adds.
    fn adds(&self, dense: &Dense, at: usize, item: usize, pieces: i64) -> Option<i64> {
        let (place, _) = self.places.get(at).copied()?;
        let (site, what) = (dense.places.get(place)?, dense.items.get(item)?);
        let (grams, units) = (self.grams.get(at).copied()?, self.units.get(at).copied()?);
        let now = if units == 0 { 0 } else { site.fixed + site.tariff(grams)? };
        let then = if units + pieces * what.units == 0 {
            0
        } else {
            site.fixed + site.tariff(grams + pieces * what.grams)?
        };
        Some(then - now + pieces * dense.cost.at(place, item))
    }

    fn move_pieces(&mut self, dense: &Dense, front: &Front) -> bool {
        let mut moved = false;
        for from in 0..self.places.len() {
            let Some((_, row)) = self.places.get(from).copied() else { break };
            if self.units.get(from) == Some(&0) {
                continue;
            }
            for item in 0..dense.items.len() {
                let mut held = self.pieces.at(from, item) - front.least.at(row, item);
                for to in 0..self.places.len() {
                    if held == 0 {
                        break;
                    }
                    if to == from {
                        continue;
                    }
                    let space = self.space(dense, front, to, item).min(held);
                    for many in [space, 1] {
                        if many < 1 || many > space {
                            continue;
                        }
                        let change =
                            self.adds(dense, from, item, -many).zip(self.adds(dense, to, item, many));
                        if change.is_some_and(|(less, more)| less + more < 0) {
                            self.put(dense, from, item, -many);
                            self.put(dense, to, item, many);
                            held -= many;
                            moved = true;
                            break;
                        }
                    }
                }
            }
        }
        moved
    }

    /// Moves all that a place ships to the others, where that saves.
    fn empty_places(&mut self, dense: &Dense, front: &Front) -> bool {
        let mut emptied = false;
        for from in 0..self.places.len() {
            let Some((_, row)) = self.places.get(from).copied() else { break };
            if self.units.get(from).is_none_or(|units| *units == 0)
                || front.rows.get(row).is_some_and(|row| row.bound)
            {
                continue;
            }
            let before = self.cost;
            let mut kept = std::mem::take(&mut self.kept);
            kept.copy(self);
            for item in 0..dense.items.len() {
                let held = self.pieces.at(from, item);
                self.put(dense, from, item, -held);
                for to in (0..self.places.len()).filter(|to| *to != from) {
                    let want = self.missing.get(item).copied().unwrap_or(0).min(held);
                    if want == 0 {
                        break;
                    }
                    let space = self.space(dense, front, to, item).min(want);
                    self.put(dense, to, item, space);
                }
            }
            if self.price(dense) && self.cost < before {
                emptied = true;
            } else {
                kept.restore(self);
                self.cost = before;
            }
            self.kept = kept;
        }
        emptied
    }
}
