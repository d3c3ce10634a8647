//! How much a pure function says about its answer.

use serde::{Deserialize, Serialize};

/// Whether a pure function gives its reasons. The answer itself is the same either way.
///
/// Aggregates always give theirs; on hot paths reasons cost memory, so there they are asked for.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Explain {
    /// The answer alone.
    #[default]
    Brief,
    /// The answer and every reason for it.
    Full,
}
