//! Rows of whole numbers, one row a place, one column an item.

/// A table of numbers; what lies outside of it is nothing.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Grid {
    width: usize,
    cells: Vec<i64>,
}

impl Grid {
    /// Empties it for rows of this width.
    pub(crate) fn reset(&mut self, width: usize) {
        self.width = width;
        self.cells.clear();
    }

    pub(crate) fn push_row(&mut self, row: impl IntoIterator<Item = i64>) {
        let end = self.cells.len() + self.width;
        self.cells.extend(row);
        self.cells.resize(end, 0);
    }

    pub(crate) fn width(&self) -> usize {
        self.width
    }

    pub(crate) fn row(&self, row: usize) -> &[i64] {
        self.cells.get(row * self.width..(row + 1) * self.width).unwrap_or(&[])
    }

    pub(crate) fn row_mut(&mut self, row: usize) -> &mut [i64] {
        self.cells.get_mut(row * self.width..(row + 1) * self.width).unwrap_or(&mut [])
    }

    pub(crate) fn at(&self, row: usize, column: usize) -> i64 {
        self.row(row).get(column).copied().unwrap_or(0)
    }

    pub(crate) fn set(&mut self, row: usize, column: usize, value: i64) {
        if let Some(cell) = self.row_mut(row).get_mut(column) {
            *cell = value;
        }
    }

    pub(crate) fn add(&mut self, row: usize, column: usize, value: i64) {
        if let Some(cell) = self.row_mut(row).get_mut(column) {
            *cell += value;
        }
    }

    /// As many rows of zeros.
    pub(crate) fn zeros(&mut self, width: usize, rows: usize) {
        self.reset(width);
        self.cells.resize(width * rows, 0);
    }

    /// Moves row `from` to where row `to` stands.
    pub(crate) fn move_row(&mut self, from: usize, to: usize) {
        let (start, end) = (from * self.width, (from + 1) * self.width);
        if from != to && end <= self.cells.len() {
            self.cells.copy_within(start..end, to * self.width);
        }
    }

    pub(crate) fn truncate(&mut self, rows: usize) {
        self.cells.truncate(rows * self.width);
    }

    pub(crate) fn copy_from(&mut self, other: &Grid) {
        self.width = other.width;
        self.cells.clear();
        self.cells.extend_from_slice(&other.cells);
    }
}
