//! Local time and business time: which instant a clock on a wall means, and when a place works.
//!
//! Instants are UTC everywhere else in the crate; a [`Zone`] turns them into local date and time and back. Its
//! rules are compiled into the crate ([`tzdb_version`]), so every machine gives the same answer, whatever files
//! it has. Neither the clock nor the machine's own zone is ever read. A [`Calendar`] says when a place is open;
//! open time is added, subtracted and measured in real time between instants.
//!
//! **Local times that do not exist or exist twice.** Where clocks were put forward, a local time in the gap is
//! moved forward by the length of the gap (00:30 becomes 01:30); where they were put back, a local time in the
//! fold means its earlier occurrence.

mod error;
mod model;
mod open_time;
mod wall;
mod zone;

pub use self::error::CalendarError;
pub use self::model::{Calendar, DayKind, Pause, Week};
pub use self::wall::{WallTime, Window};
pub use self::zone::{Zone, tzdb_version};

use self::zone::shown;
