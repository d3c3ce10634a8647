//! The exact search, over nothing but whole numbers.
//!
//! [`dense`](self::dense) is the problem as it sees it. Two bounds, each by pricing what couples the places: `bound`
//! while places are undecided, `weigh` (with `transport` for capacities) once they are. `climb` and `leaf` improve
//! the prices and rule out what cannot pay; `front` is what is left at a node, `tighten` draws it in; `fill` makes
//! plans; `search` is branch and bound over all of it.

mod bound;
mod climb;
pub(super) mod dense;
mod fill;
mod front;
pub(super) mod grid;
mod hull;
mod leaf;
pub(super) mod search;
mod spared;
mod start;
#[cfg(test)]
mod tests;
mod transport;
mod weigh;
