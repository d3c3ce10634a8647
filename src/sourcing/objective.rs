//! What is best, and how long to look for it.

use serde::{Deserialize, Serialize};

use crate::sourcing::Scorecard;

/// What a plan is judged by.
#[derive(Clone, Copy, Debug, Default)]
pub enum Objective<'a> {
    /// The least cost, the worth of the stock included.
    #[default]
    Cost,
    /// The fewest points of a scorecard.
    Scorecard(&'a Scorecard<'a>),
}

/// How much a search may do, counted in evaluations of a bound: a count, never a time, so that every machine gives
/// the same answer.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Work(u64);

impl Work {
    /// So many evaluations.
    pub const fn nodes(nodes: u64) -> Work {
        Work(nodes)
    }

    pub(super) const fn limit(self) -> u64 {
        self.0
    }
}

impl Default for Work {
    /// 200,000 evaluations.
    fn default() -> Self {
        Work(200_000)
    }
}
