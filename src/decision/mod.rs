//! What deciding gives: events to keep, effects to carry out, reasons to show.
//!
//! Start at [`Decision`]. [`Source`] says who reported a fact, [`Version`] counts an aggregate's events and
//! [`Explain`] asks a pure function for its reasons. Nothing here decides anything.

mod explain;
mod outcome;
mod source;
mod version;

pub use self::explain::Explain;
pub use self::outcome::Decision;
pub use self::source::Source;
pub use self::version::Version;
