//! Items to places that can ship only so many units: the cheapest way, one piece at a time.
//!
//! Successive shortest paths (Busacker and Gowen 1960): each further piece takes the cheapest way to a place with
//! capacity left, which may push pieces of others on to the next place. That keeps the flow cheapest throughout.

use super::grid::Grid;

/// A transport problem; the answer is written to `pieces`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Transport {
    /// Price of a piece, row by item.
    pub price: Grid,
    /// Fewest and most pieces, row by item.
    pub least: Grid,
    pub most: Grid,
    /// Pieces, row by item.
    pub pieces: Grid,
    /// Units that each row can still ship.
    pub left: Vec<i64>,
    reach: Vec<Option<i64>>,
    /// Between rows, row by row: the cheapest piece to push on, as of when neither had moved.
    steps: Vec<Option<(i64, usize)>>,
    moved: Vec<bool>,
    /// How a row was reached: from which row, by pushing which item on.
    via: Vec<Option<(usize, usize)>>,
}

impl Transport {
    /// Begins a problem of items of this number.
    pub(crate) fn begin(&mut self, items: usize, least: &Grid, most: &Grid) {
        self.price.reset(items);
        self.least.copy_from(least);
        self.most.copy_from(most);
        self.pieces.copy_from(least);
        self.left.clear();
        self.steps.clear();
    }

    /// Adds a row of which nothing is bound.
    pub(crate) fn add(
        &mut self,
        price: impl IntoIterator<Item = i64>,
        most: impl IntoIterator<Item = i64>,
        left: i64,
    ) {
        self.price.push_row(price);
        self.most.push_row(most);
        self.least.push_row([]);
        self.pieces.push_row([]);
        self.left.push(left);
    }

    /// Ships so many pieces of an item at the least price: what it adds, or nothing if a piece finds no way.
    pub(crate) fn ship(&mut self, item: usize, mut pieces: i64) -> Option<i64> {
        let mut cost = 0;
        while pieces > 0 {
            let (shipped, price) = self.ship_straight(item, pieces).or_else(|| self.ship_around(item))?;
            cost += price * shipped;
            pieces -= shipped;
        }
        Some(cost)
    }

    /// Pieces to the cheapest row of all, if it has capacity left. No way around is cheaper: it would have to begin at
    /// a dearer row and go on at less than nothing to one with capacity, where those pieces would already be.
    fn ship_straight(&mut self, item: usize, pieces: i64) -> Option<(i64, i64)> {
        let space = |row: usize| self.most.at(row, item) - self.pieces.at(row, item);
        let open = (0..self.left.len()).filter(|row| space(*row) > 0);
        let (price, row) = open.map(|row| (self.price.at(row, item), row)).min()?;
        let left = self.left.get_mut(row).filter(|left| **left > 0)?;
        let shipped = pieces.min(*left).min(space(row));
        *left -= shipped;
        self.add_pieces(row, item, shipped);
        Some((shipped, price))
    }

    /// One piece, pushing others on.
    fn ship_around(&mut self, item: usize) -> Option<(i64, i64)> {
        self.reach_all(item);
        let ends = self.reach.iter().zip(&self.left).enumerate().filter(|(_, (_, left))| **left > 0);
        let (reach, row) = ends.filter_map(|(row, (reach, _))| reach.map(|reach| (reach, row))).min()?;
        self.push(item, row);
        Some((1, reach))
    }

    /// The cheapest way of a piece more to each row.
    fn reach_all(&mut self, item: usize) {
        let rows = self.left.len();
        self.reach.clear();
        self.via.clear();
        self.via.resize(rows, None);
        for row in 0..rows {
            let open = self.pieces.at(row, item) < self.most.at(row, item);
            self.reach.push(open.then(|| self.price.at(row, item)));
        }
        self.find_steps();
        for _ in 0..rows {
            let mut shorter = false;
            for (from, steps) in self.steps.chunks_exact(rows.max(1)).enumerate() {
                let Some(Some(reach)) = self.reach.get(from).copied() else { continue };
                for (to, step) in steps.iter().enumerate() {
                    let Some((step, pushed)) = *step else { continue };
                    let Some(known) = self.reach.get_mut(to) else { continue };
                    if known.is_none_or(|known| reach + step < known) {
                        *known = Some(reach + step);
                        if let Some(via) = self.via.get_mut(to) {
                            *via = Some((from, pushed));
                        }
                        shorter = true;
                    }
                }
            }
            if !shorter {
                break;
            }
        }
    }

    /// The cheapest pieces to push on, where they may have changed.
    fn find_steps(&mut self) {
        let rows = self.left.len();
        let mut steps = std::mem::take(&mut self.steps);
        if steps.len() != rows * rows {
            steps.clear();
            steps.resize(rows * rows, None);
            self.moved.clear();
            self.moved.resize(rows, true);
        }
        let pairs = (0..rows).flat_map(|from| (0..rows).map(move |to| (from, to)));
        for ((from, to), step) in pairs.zip(&mut steps) {
            if self.has_moved(from) || self.has_moved(to) {
                *step = self.step(from, to);
            }
        }
        self.steps = steps;
        self.moved.fill(false);
    }

    fn has_moved(&self, row: usize) -> bool {
        self.moved.get(row).is_none_or(|moved| *moved)
    }

    fn add_pieces(&mut self, row: usize, item: usize, pieces: i64) {
        self.pieces.add(row, item, pieces);
        if let Some(moved) = self.moved.get_mut(row) {
            *moved = true;
        }
    }

    /// The cheapest piece to push on from one row to another.
    fn step(&self, from: usize, to: usize) -> Option<(i64, usize)> {
        if from == to {
            return None;
        }
        let here = self.pieces.row(from).iter().zip(self.least.row(from)).zip(self.price.row(from));
        let there = self.pieces.row(to).iter().zip(self.most.row(to)).zip(self.price.row(to));
        let moves = here
            .zip(there)
            .enumerate()
            .filter(|(_, (((now, least), _), ((then, most), _)))| now > least && then < most);
        moves.map(|(item, ((_, price), (_, other)))| (other - price, item)).min()
    }

    fn push(&mut self, item: usize, end: usize) {
        if let Some(left) = self.left.get_mut(end) {
            *left -= 1;
        }
        let mut row = end;
        // No way is longer than there are rows.
        for _ in 0..self.left.len() {
            let Some(Some((from, pushed))) = self.via.get(row).copied() else { break };
            self.add_pieces(row, pushed, 1);
            self.add_pieces(from, pushed, -1);
            row = from;
        }
        self.add_pieces(row, item, 1);
    }
}
