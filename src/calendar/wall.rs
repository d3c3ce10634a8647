//! Times of day as a clock on a wall shows them, and windows between two of them.

use std::fmt;
use std::str::FromStr;

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::calendar::{CalendarError, shown};

/// A time of day, from `00:00` to `24:00` (midnight at the end of the day), to the second. Text on the wire.
///
/// ```
/// use order_workflow::calendar::WallTime;
///
/// let noon: WallTime = "12:00".parse()?;
/// assert!(noon < WallTime::END_OF_DAY);
/// assert_eq!("24:00".parse(), Ok(WallTime::END_OF_DAY));
/// assert!("24:01".parse::<WallTime>().is_err());
/// # Ok::<(), order_workflow::calendar::CalendarError>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct WallTime {
    seconds: u32,
}

impl WallTime {
    /// `00:00`.
    pub const START_OF_DAY: WallTime = WallTime { seconds: 0 };
    /// `24:00`: `00:00` of the next day.
    pub const END_OF_DAY: WallTime = WallTime { seconds: 24 * 3_600 };

    /// So many seconds after midnight by the clock; `None` beyond `24:00`.
    pub const fn from_seconds(seconds: u32) -> Option<WallTime> {
        if seconds <= WallTime::END_OF_DAY.seconds { Some(WallTime { seconds }) } else { None }
    }

    /// Seconds after midnight by the clock, 0 to 86,400.
    pub const fn seconds(self) -> u32 {
        self.seconds
    }

    /// This time on `date`; `None` at the end of all dates.
    pub fn on(self, date: NaiveDate) -> Option<NaiveDateTime> {
        NaiveDateTime::from(date).checked_add_signed(TimeDelta::seconds(self.seconds.into()))
    }
}

impl FromStr for WallTime {
    type Err = CalendarError;

    fn from_str(text: &str) -> Result<WallTime, CalendarError> {
        parse(text).ok_or_else(|| CalendarError::BadWallTime { given: shown(text) })
    }
}

fn parse(text: &str) -> Option<WallTime> {
    let mut parts = text.split(':');
    let mut part = |largest: u32| {
        let digits = parts.next()?;
        let plain = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse::<u32>().ok().filter(|number| plain && *number <= largest)
    };
    let (hours, minutes) = (part(24)?, part(59)?);
    let seconds = if text.len() > 5 { part(59)? } else { 0 };
    if parts.next().is_some() {
        return None;
    }
    WallTime::from_seconds(hours * 3_600 + minutes * 60 + seconds)
}

impl fmt::Display for WallTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hours, minutes, seconds) = (self.seconds / 3_600, self.seconds / 60 % 60, self.seconds % 60);
        write!(f, "{hours:02}:{minutes:02}")?;
        if seconds == 0 { Ok(()) } else { write!(f, ":{seconds:02}") }
    }
}

impl Serialize for WallTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for WallTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// Open from one wall time until another; `["09:00", "17:00"]` on the wire.
///
/// It belongs to the day on which it opens. If it does not close later than it opens, it closes on the next day:
/// `["22:00", "06:00"]` is a night shift, `["00:00", "00:00"]` and `["00:00", "24:00"]` are whole days.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "(WallTime, WallTime)", into = "(WallTime, WallTime)")]
pub struct Window {
    open: WallTime,
    close: WallTime,
}

impl Window {
    /// The whole day.
    pub const ALL_DAY: Window = Window { open: WallTime::START_OF_DAY, close: WallTime::END_OF_DAY };

    /// From `open` until `close`.
    ///
    /// # Errors
    /// [`CalendarError::OpensTooLate`] at `24:00`, which is the next day.
    pub fn new(open: WallTime, close: WallTime) -> Result<Window, CalendarError> {
        if open == WallTime::END_OF_DAY {
            return Err(CalendarError::OpensTooLate { close });
        }
        Ok(Window { open, close })
    }

    /// The same from texts.
    ///
    /// # Errors
    /// [`CalendarError::BadWallTime`], [`CalendarError::OpensTooLate`].
    pub fn parse(open: &str, close: &str) -> Result<Window, CalendarError> {
        Window::new(open.parse()?, close.parse()?)
    }

    /// Its first moment.
    pub fn open(self) -> WallTime {
        self.open
    }

    /// The first moment that is no longer part of it.
    pub fn close(self) -> WallTime {
        self.close
    }

    /// Whether it closes on the day after it opened.
    pub fn runs_over_midnight(self) -> bool {
        self.close <= self.open
    }
}

impl TryFrom<(WallTime, WallTime)> for Window {
    type Error = CalendarError;

    fn try_from((open, close): (WallTime, WallTime)) -> Result<Window, CalendarError> {
        Window::new(open, close)
    }
}

impl From<Window> for (WallTime, WallTime) {
    fn from(window: Window) -> Self {
        (window.open, window.close)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_are_no_wall_times() {
        for text in [
            "",
            "9:00",
            "09",
            "09:60",
            "24:01",
            "24:00:01",
            "25:00",
            "09:00:00:00",
            "-1:00",
            "09:00 ",
            "+9:00",
        ] {
            let error = text.parse::<WallTime>().expect_err(text).to_string();
            assert!(error.contains(&format!("`{text}`")), "{error}");
        }
    }

    #[test]
    fn the_wire_form_is_what_a_clock_shows() {
        for text in ["00:00", "09:05", "23:59:59", "24:00"] {
            assert_eq!(text.parse::<WallTime>().map(|time| time.to_string()), Ok(text.to_owned()));
        }
        let night = Window::parse("22:00", "06:00").expect("a window");
        assert!(night.runs_over_midnight() && !Window::ALL_DAY.runs_over_midnight());
        let json = serde_json::to_string(&night).expect("serialises");
        assert_eq!(json, r#"["22:00","06:00"]"#);
        assert_eq!(serde_json::from_str::<Window>(&json).expect("reads"), night);
        serde_json::from_str::<Window>(r#"["22:00"]"#).expect_err("half a window");
        let late =
            serde_json::from_str::<Window>(r#"["24:00","06:00"]"#).expect_err("the next day").to_string();
        assert!(late.contains("`24:00` to `06:00`"), "{late}");
    }
}
