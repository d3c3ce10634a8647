//! What can go wrong with local time and business time.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use crate::calendar::WallTime;

/// Why a name is no zone, a text no wall time, or a question about time has no answer.
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
    /// The text is no time of day.
    #[error("wall time `{given}` is not one; accepted: `HH:MM` or `HH:MM:SS` from `00:00` to `24:00`")]
    BadWallTime {
        /// What was given, cut and escaped.
        given: String,
    },
    /// A window opens at the end of a day.
    #[error("window `24:00` to `{close}` opens on the next day; accepted: an opening before `24:00`")]
    OpensTooLate {
        /// Until when.
        close: WallTime,
    },
    /// Open time to add or to subtract is negative.
    #[error("open time of {} s is negative; accepted: zero or more", .given.num_seconds())]
    NegativeTime {
        /// What was given.
        given: TimeDelta,
    },
    /// The answer lies further off than a calendar is followed.
    #[error("no answer within {days} days of {from}; accepted: questions whose answer lies nearer")]
    TooFar {
        /// From where it was followed.
        from: DateTime<Utc>,
        /// How many days.
        days: u32,
    },
}
