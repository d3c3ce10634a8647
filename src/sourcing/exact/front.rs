//! What is still open at a node of the search: for each place that may be used, the least and most pieces of each
//! item that it ships.

use super::dense::{Dense, Place};
use super::grid::Grid;

/// A place that is not closed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    /// Its number in the problem.
    pub place: usize,
    /// It is paid for.
    pub open: bool,
    /// It must ship some pieces.
    pub bound: bool,
    /// The first step of its tariff that is still open, and the last.
    pub first: usize,
    pub last: usize,
    /// Its limits have moved since they were last drawn in.
    pub moved: bool,
}

impl Row {
    /// The most weight that it may still ship.
    pub(crate) fn limit(&self, site: &Place) -> i64 {
        if site.steps.is_empty() {
            return i64::MAX;
        }
        site.steps.get(self.last).map_or(i64::MAX, |(up_to, _)| *up_to)
    }
}

/// A node's domain.
#[derive(Clone, Debug, Default)]
pub(crate) struct Front {
    pub rows: Vec<Row>,
    /// Most pieces, row by item.
    pub most: Grid,
    /// Fewest pieces, row by item.
    pub least: Grid,
    /// Free places that may still be opened.
    pub slots: usize,
    /// Per item: most pieces that may stay unmet at their price.
    pub unmet: Vec<i64>,
    /// Per item: pieces that all rows have, or that the open ones have.
    sums: Vec<i64>,
    useless: Vec<bool>,
    spans: Vec<(i64, i64)>,
}

impl Front {
    /// Makes it the root: nothing is decided.
    pub(crate) fn root(&mut self, dense: &Dense) {
        let width = dense.items.len();
        self.rows.clear();
        self.most.reset(width);
        for (place, site) in dense.places.iter().enumerate() {
            let row = dense.room.row(place);
            if row.iter().any(|room| *room > 0) {
                self.rows.push(Row {
                    place,
                    open: false,
                    bound: false,
                    first: 0,
                    last: site.steps.len().saturating_sub(1),
                    moved: true,
                });
                self.most.push_row(row.iter().copied());
            }
        }
        self.least.zeros(width, self.rows.len());
        self.slots = dense.slots;
        for (at, row) in self.rows.iter_mut().enumerate() {
            let held = dense.held.row(row.place);
            if held.iter().any(|held| *held > 0) {
                for (least, held) in self.least.row_mut(at).iter_mut().zip(held) {
                    *least = *held;
                }
                (row.open, row.bound) = (true, true);
                self.slots = self.slots.saturating_sub(1);
            }
        }
        self.unmet.clear();
        self.unmet.extend(dense.items.iter().map(|item| item.unmet.map_or(0, |_| item.pieces)));
    }

    pub(crate) fn copy_from(&mut self, other: &Front) {
        self.rows.clear();
        self.rows.extend_from_slice(&other.rows);
        self.most.copy_from(&other.most);
        self.least.copy_from(&other.least);
        self.slots = other.slots;
        self.unmet.clone_from(&other.unmet);
    }

    /// Drops the rows that are not kept.
    pub(crate) fn keep(&mut self, mut kept: impl FnMut(usize, &Row) -> bool) {
        let mut to = 0;
        for from in 0..self.rows.len() {
            let Some(row) = self.rows.get(from).copied() else { break };
            if !kept(from, &row) {
                continue;
            }
            if from != to {
                if let Some(slot) = self.rows.get_mut(to) {
                    *slot = row;
                }
                self.most.move_row(from, to);
                self.least.move_row(from, to);
            }
            to += 1;
        }
        self.rows.truncate(to);
        self.most.truncate(to);
        self.least.truncate(to);
    }

    pub(crate) fn row_of(&self, place: usize) -> Option<usize> {
        self.rows.iter().position(|row| row.place == place)
    }

    /// What all that a row may ship weighs.
    pub(crate) fn heaviest(&self, dense: &Dense, at: usize) -> i64 {
        self.most.row(at).iter().zip(&dense.items).map(|(most, item)| most * item.grams).sum()
    }

    /// Pays for a place.
    pub(crate) fn open(&mut self, place: usize) {
        if let Some(row) = self.rows.iter_mut().find(|row| row.place == place && !row.open) {
            row.open = true;
            self.slots = self.slots.saturating_sub(1);
        }
    }

    /// Changes the row of a place.
    pub(crate) fn change(&mut self, place: usize, change: impl FnOnce(&mut Row)) {
        if let Some(row) = self.rows.iter_mut().find(|row| row.place == place) {
            change(row);
            row.moved = true;
        }
    }

    /// A print of the places whose rows are used.
    pub(crate) fn print(&self, used: &[bool]) -> u64 {
        let places = self.rows.iter().zip(used).filter(|(_, used)| **used);
        places.fold(0, |print: u64, (row, _)| {
            (print.rotate_left(5) ^ row.place as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        })
    }

    /// Closes what can no longer be used, opens what must be. False: nothing fits any more.
    pub(crate) fn settle(&mut self, dense: &Dense, closed: &mut Vec<usize>) -> bool {
        loop {
            if !self.close_worse(dense, closed) {
                return false;
            }
            if self.slots == 0 && self.rows.iter().any(|row| !row.open) {
                self.keep(|_, row| row.open);
            }
            match self.force(dense) {
                None => return false,
                Some(true) => {
                    if !self.tighten(dense) {
                        return false;
                    }
                    continue;
                }
                Some(false) => {}
            }
            if self.slots == 1 && self.close_useless_last(dense) {
                continue;
            }
            return true;
        }
    }

    /// Sums up what the rows that count have of each item.
    fn sum_most(&mut self, counts: impl Fn(&Row) -> bool) {
        self.sums.clear();
        self.sums.resize(self.most.width(), 0);
        for (at, row) in self.rows.iter().enumerate() {
            if counts(row) {
                for (sum, most) in self.sums.iter_mut().zip(self.most.row(at)) {
                    *sum += most;
                }
            }
        }
    }

    /// What no other place can ship, this one must. `None`: an item cannot be shipped.
    fn force(&mut self, dense: &Dense) -> Option<bool> {
        let mut changed = false;
        let mut short = 0;
        self.sum_most(|_| true);
        let sums = std::mem::take(&mut self.sums);
        for (((index, item), have), unmet) in dense.items.iter().enumerate().zip(&sums).zip(&self.unmet) {
            let need = item.pieces - unmet;
            if need <= 0 {
                continue;
            }
            short += (need - have).max(0) * item.units;
            if short > dense.spare {
                self.sums = sums;
                return None;
            }
            if dense.spare > 0 || *have >= item.pieces * 2 {
                continue;
            }
            for at in 0..self.rows.len() {
                let must = need - (have - self.most.at(at, index));
                if must > self.least.at(at, index) {
                    self.least.set(at, index, must);
                    changed = true;
                    let Some(row) = self.rows.get_mut(at) else { continue };
                    (row.bound, row.moved) = (true, true);
                    if !row.open {
                        if self.slots == 0 {
                            self.sums = sums;
                            return None;
                        }
                        row.open = true;
                        self.slots -= 1;
                    }
                }
            }
        }
        self.sums = sums;
        Some(changed)
    }

    /// With one place left to open, it alone must bring what the open ones cannot.
    fn close_useless_last(&mut self, dense: &Dense) -> bool {
        if dense.spare > 0 {
            return false;
        }
        self.sum_most(|row| row.open);
        let before = self.rows.len();
        let sums = std::mem::take(&mut self.sums);
        let most = std::mem::take(&mut self.most);
        let unmet = std::mem::take(&mut self.unmet);
        let enough = |at: usize| {
            let needs = most.row(at).iter().zip(&dense.items).zip(sums.iter().zip(&unmet));
            needs.into_iter().all(|((most, item), (have, unmet))| most + have + unmet >= item.pieces)
        };
        self.useless.clear();
        self.useless.extend(self.rows.iter().enumerate().map(|(at, row)| !row.open && !enough(at)));
        self.most = most;
        self.sums = sums;
        self.unmet = unmet;
        let useless = std::mem::take(&mut self.useless);
        self.keep(|at, _| useless.get(at) == Some(&false));
        self.useless = useless;
        self.rows.len() < before
    }

    /// Closes the places that are only worth using where one that is closed is used.
    fn close_worse(&mut self, dense: &Dense, closed: &mut Vec<usize>) -> bool {
        while let Some(place) = closed.pop() {
            if self.rows.iter().any(|row| row.open && dense.is_worse(row.place, place)) {
                return false;
            }
            let first = closed.len();
            closed
                .extend(self.rows.iter().map(|row| row.place).filter(|worse| dense.is_worse(*worse, place)));
            if let Some(worse) = closed.get(first..).filter(|worse| !worse.is_empty()) {
                self.keep(|_, row| !worse.contains(&row.place));
            }
        }
        true
    }

    /// Draws the limits in where pieces are bound. False: they cannot be kept.
    pub(crate) fn tighten(&mut self, dense: &Dense) -> bool {
        for at in 0..self.rows.len() {
            let Some(row) = self.rows.get(at).copied() else { break };
            if !row.moved {
                continue;
            }
            let Some(place) = dense.places.get(row.place) else { continue };
            let (mut units, mut grams) = (place.capacity, row.limit(place));
            for (least, item) in self.least.row(at).iter().zip(&dense.items) {
                units -= least * item.units;
                grams -= least * item.grams;
            }
            if units < 0 || grams < 0 {
                return false;
            }
            let bounds = self.least.row(at);
            for ((most, least), item) in self.most.row_mut(at).iter_mut().zip(bounds).zip(&dense.items) {
                // A division is dear: most fit as they are.
                if (*most - least) * item.units > units {
                    *most = least + units / item.units;
                }
                if (*most - least) * item.grams > grams {
                    *most = least + grams / item.grams;
                }
                if *most < *least {
                    return false;
                }
            }
            for (one, other) in &dense.apart {
                for (one, other) in [(*one, *other), (*other, *one)] {
                    if self.least.at(at, one) > 0 {
                        if self.least.at(at, other) > 0 {
                            return false;
                        }
                        self.most.set(at, other, 0);
                    }
                }
            }
            for (shelf, stock) in dense.shelves.stock.row(row.place).iter().enumerate() {
                let taken = dense.shelves.users(shelf).map(|(item, each)| each * self.least.at(at, item));
                let left = stock - taken.sum::<i64>();
                if left < 0 {
                    return false;
                }
                for (item, each) in dense.shelves.users(shelf) {
                    let most = self.least.at(at, item) + left / each.max(1);
                    if most < self.most.at(at, item) {
                        self.most.set(at, item, most);
                    }
                }
            }
        }
        let moved = self.rows.iter().any(|row| row.moved);
        self.rows.iter_mut().for_each(|row| row.moved = false);
        if !self.weigh(dense) {
            return false;
        }
        !moved || self.leave_what_others_must(dense)
    }

    /// What others must ship is not left for this one.
    fn leave_what_others_must(&mut self, dense: &Dense) -> bool {
        self.sums.clear();
        self.sums.resize(self.least.width(), 0);
        for at in 0..self.rows.len() {
            for (sum, least) in self.sums.iter_mut().zip(self.least.row(at)) {
                *sum += least;
            }
        }
        let mut fits = true;
        for at in 0..self.rows.len() {
            let mine = self.most.row_mut(at).iter_mut().zip(self.least.row(at));
            for ((most, least), (item, taken)) in mine.zip(dense.items.iter().zip(&self.sums)) {
                *most = (*most).min(item.pieces - taken + least);
                fits &= *most >= *least;
            }
        }
        fits
    }

    /// Draws the steps of tariffs in: a parcel weighs no less than what it must hold and no more than what it may,
    /// and where all must be shipped, all parcels together weigh what the order does.
    fn weigh(&mut self, dense: &Dense) -> bool {
        if !dense.tariffs || self.rows.iter().any(|row| !row.open) {
            return true;
        }
        let mut spans = std::mem::take(&mut self.spans);
        spans.clear();
        spans.extend((0..self.rows.len()).map(|at| self.span(dense, at)));
        let fits = self.weigh_within(dense, &mut spans);
        self.spans = spans;
        fits
    }

    fn weigh_within(&mut self, dense: &Dense, spans: &mut [(i64, i64)]) -> bool {
        let lows: i64 = spans.iter().map(|(low, _)| low).sum();
        let highs: i64 = spans.iter().map(|(_, high)| high).sum();
        if spans.iter().any(|(low, high)| low > high) {
            return false;
        }
        let weighs = |unmet: bool| -> i64 {
            let pieces = dense
                .items
                .iter()
                .zip(&self.unmet)
                .map(|(item, left)| (item.pieces - if unmet { *left } else { 0 }) * item.grams);
            pieces.sum()
        };
        let (least_in_all, most_in_all) = (if dense.spare > 0 { 0 } else { weighs(true) }, weighs(false));
        if lows > most_in_all || highs < least_in_all {
            return false;
        }
        for (low, high) in spans.iter_mut() {
            let (least, most) = (*low, *high);
            *low = least.max(least_in_all - (highs - most));
            *high = most.min(most_in_all - (lows - least));
        }
        for (row, (low, high)) in self.rows.iter_mut().zip(spans.iter()) {
            let Some(site) = dense.places.get(row.place) else { continue };
            if row.first >= row.last {
                continue;
            }
            let open = site.steps.get(row.first..row.last).unwrap_or(&[]);
            let last = row.first + open.partition_point(|(up_to, _)| up_to < high);
            let first = row.first + open.partition_point(|(up_to, _)| up_to < low);
            row.moved |= (first, last) != (row.first, row.last);
            (row.first, row.last) = (first, last);
            if row.first > row.last {
                return false;
            }
        }
        true
    }

    /// The least and the most that a row's parcel may weigh.
    fn span(&self, dense: &Dense, at: usize) -> (i64, i64) {
        let (mut low, mut high) = (0, 0);
        for ((least, most), item) in self.least.row(at).iter().zip(self.most.row(at)).zip(&dense.items) {
            low += least * item.grams;
            high += most * item.grams;
        }
        let Some(row) = self.rows.get(at) else { return (low, high) };
        let Some(site) = dense.places.get(row.place) else { return (low, high) };
        if let Some(before) = row.first.checked_sub(1).and_then(|before| site.steps.get(before)) {
            low = low.max(before.0 + 1);
        }
        (low, high.min(row.limit(site)))
    }
}
