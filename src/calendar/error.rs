//! What can go wrong with local time.

use chrono::NaiveDateTime;

/// Why a name is no zone, or a local time no instant.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CalendarError {
    /// The tz database has no zone of this name.
    #[error("time zone `{name}` is unknown; accepted: a name of the tz database, as `America/Sao_Paulo`")]
    UnknownZone {
        /// What was given, cut and escaped.
        name: String,
    },
    /// The local time lies outside the years that zone rules are applied to.
    #[error("local time `{local}` is out of range; accepted: years -9999 to 9999")]
    OutOfRange {
        /// What was given.
        local: NaiveDateTime,
    },
}
