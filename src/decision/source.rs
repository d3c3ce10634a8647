//! Who reported a fact.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::id::{Reference, SystemId};

/// Who reported a fact, and what they call it.
///
/// `system` and `reference` tell a repeat from news: an aggregate keeps each source it accepted and answers a
/// second report of it with nothing new. `occurred_at` is the source's word; when the fact was written down is
/// another time and ours.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Source {
    /// The system that reports.
    pub system: SystemId,
    /// Its name for this fact, unique within the system.
    pub reference: Reference,
    /// When it happened, as the system says. May be wrong, and is never used to judge deadlines.
    pub occurred_at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wire_form() {
        let source = Source {
            system: SystemId::new("psp").expect("fits"),
            reference: Reference::new("ch_1").expect("fits"),
            occurred_at: DateTime::UNIX_EPOCH,
        };
        let json = r#"{"system":"psp","reference":"ch_1","occurred_at":"1970-01-01T00:00:00Z"}"#;
        assert_eq!(serde_json::to_string(&source).expect("serialises"), json);
        assert_eq!(serde_json::from_str::<Source>(json).expect("reads"), source);
    }
}
