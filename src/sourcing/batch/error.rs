//! What is wrong with a wave.

/// Why a wave means nothing.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum WaveError {
    /// A row has another length than there are locations or SKUs.
    #[error("{what} has {given} entries; accepted: {accepted}")]
    Length {
        /// Which row.
        what: &'static str,
        /// How many.
        given: usize,
        /// How many there must be.
        accepted: usize,
    },
    /// A line names a SKU that no row of stock has.
    #[error("order {order} wants SKU {sku}; accepted: 0 until {skus}")]
    UnknownSku {
        /// The order's place.
        order: usize,
        /// What was given.
        sku: u32,
        /// How many there are.
        skus: usize,
    },
    /// Two lines of an order are of one SKU.
    #[error("order {order} wants SKU {sku} twice; accepted: one line of each")]
    TwiceTheSku {
        /// The order's place.
        order: usize,
        /// Which SKU.
        sku: u32,
    },
    /// A cost is negative.
    #[error("{what} of {given} is negative; accepted: zero or more")]
    Negative {
        /// Which cost.
        what: &'static str,
        /// What was given.
        given: i64,
    },
    /// Costs are too large to be added up exactly.
    #[error("costs of {what} are too large; accepted: at most {accepted} minor units in all")]
    TooLarge {
        /// Of an order or of all.
        what: &'static str,
        /// The limit.
        accepted: i64,
    },
}
