//! How far an aggregate's history goes.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How many events an aggregate has seen; zero before the first.
///
/// A request that carries the version it was made for is refused once the aggregate has moved on.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Version(pub u64);

impl Version {
    /// The version after one more event. The last one, which no history reaches, is followed by itself.
    #[must_use]
    pub const fn next(self) -> Version {
        Version(self.0.saturating_add(1))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_counts_and_stays_at_the_end() {
        assert_eq!(Version::default().next(), Version(1));
        assert_eq!(Version(u64::MAX).next(), Version(u64::MAX));
        assert_eq!(serde_json::to_string(&Version(7)).expect("serialises"), "7");
        assert_eq!(Version(7).to_string(), "7");
    }
}
