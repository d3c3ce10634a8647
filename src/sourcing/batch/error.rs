//! What is wrong with a wave.

use std::fmt;

/// Why a wave means nothing. Orders, lines, locations and SKUs are named by their places in the wave, from 0.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum WaveError {
    /// A row has another length than there are locations or SKUs.
    #[error("{what} of {of} has {given} entries; accepted: {accepted}, one for each {each}")]
    Length {
        /// Which row.
        what: &'static str,
        /// Whose.
        of: WavePlace,
        /// How many.
        given: usize,
        /// How many there must be.
        accepted: usize,
        /// Of what there must be one each: `location` or `SKU`.
        each: &'static str,
    },
    /// A line names a SKU that no row of stock has.
    #[error("line {line} of order {order} wants SKU {sku}; accepted: below {skus}, the SKUs of the stock")]
    UnknownSku {
        /// The order's place.
        order: usize,
        /// The line's place in it.
        line: usize,
        /// What was given.
        sku: u32,
        /// How many there are.
        skus: usize,
    },
    /// Two lines of an order are of one SKU.
    #[error(
        "line {line} of order {order} wants SKU {sku} again; accepted: one line of each (add the units up)"
    )]
    TwiceTheSku {
        /// The order's place.
        order: usize,
        /// The later line's place in it.
        line: usize,
        /// Which SKU.
        sku: u32,
    },
    /// A cost is negative.
    #[error("{what} of {of} is {given}; accepted: zero or more")]
    Negative {
        /// Which cost.
        what: &'static str,
        /// Whose.
        of: WavePlace,
        /// What was given.
        given: i64,
    },
    /// Costs or units are too many to be added up exactly.
    #[error("{what} of {of} is {given}; accepted: at most {accepted}")]
    TooLarge {
        /// Which cost, or units.
        what: &'static str,
        /// Whose.
        of: WavePlace,
        /// What was given; the most that a number holds if more.
        given: i64,
        /// The limit.
        accepted: i64,
    },
}

/// What an error is about.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum WavePlace {
    /// All of the wave.
    Wave,
    /// A location.
    Location {
        /// Its place.
        location: usize,
    },
    /// A SKU at a location.
    Shelf {
        /// The location's place.
        location: usize,
        /// The SKU.
        sku: usize,
    },
    /// An order.
    Order {
        /// Its place.
        order: usize,
    },
    /// A line of an order.
    Line {
        /// The order's place.
        order: usize,
        /// The line's place in it.
        line: usize,
    },
    /// An order and a location.
    Lane {
        /// The order's place.
        order: usize,
        /// The location's place.
        location: usize,
    },
}

impl fmt::Display for WavePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WavePlace::Wave => f.write_str("the wave"),
            WavePlace::Location { location } => write!(f, "location {location}"),
            WavePlace::Shelf { location, sku } => write!(f, "SKU {sku} at location {location}"),
            WavePlace::Order { order } => write!(f, "order {order}"),
            WavePlace::Line { order, line } => write!(f, "line {line} of order {order}"),
            WavePlace::Lane { order, location } => write!(f, "order {order} from location {location}"),
        }
    }
}
