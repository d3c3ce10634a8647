//! Open time of a calendar: how much of it lies between two instants, and when so much of it has passed.
//!
//! Windows are laid out in pieces of some days around the question, as instants, so there is no horizon to
//! choose. Everything is counted in real microseconds between instants; clock changes only move where a window
//! begins and ends.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, TimeDelta, Utc};

use crate::calendar::{Calendar, CalendarError, Pause, Window};

/// Microseconds since the epoch, which a `DateTime` always fits.
type Micros = i64;
/// Open from the first until the second.
type Span = (Micros, Micros);

const DAY: Micros = 24 * 3_600 * 1_000_000;
/// A window begins less than a day after its date does, lasts at most one, and may be moved by a gap of at most a day.
const LONGEST_WINDOW_DAYS: i64 = 3;
/// Where clocks were put back over midnight, the next date has begun before.
const NEXT_DAY: i64 = 1;
/// A first look at two days, which answers most questions; later ones look further.
const FIRST_LOOK: Micros = 2 * DAY;
const LONGEST_LOOK: Micros = 64 * DAY;

impl Calendar {
    /// How far from a question its answer may lie, in days: a century.
    pub const REACH_DAYS: u32 = 36_525;

    /// The first moment when so much open time outside of all pauses has passed since `start`.
    ///
    /// What reaches closing time exactly is due then, not at the next opening. Zero: `start` if it is open, else the
    /// next opening. `None`: never. Instants count in whole microseconds; what is finer is cut off.
    ///
    /// # Errors
    /// [`CalendarError::NegativeTime`]; [`CalendarError::TooFar`] if the answer lies beyond
    /// [`Calendar::REACH_DAYS`]; [`CalendarError::OutOfRange`] beyond the years -9999 to 9999.
    ///
    /// ```
    /// use order_workflow::calendar::{Calendar, Pause, Zone};
    /// use chrono::{DateTime, TimeDelta, Utc};
    ///
    /// // Round the clock, over the hour that the spring change skips, with half an hour that does not count.
    /// let berlin = Calendar::always(Zone::named("Europe/Berlin")?);
    /// let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    /// let pause = Pause { from: at("2026-03-28T20:00:00+01:00"), until: at("2026-03-28T20:30:00+01:00") };
    /// let due = berlin.add(at("2026-03-28T12:00:00+01:00"), TimeDelta::hours(24), &[pause])?;
    /// assert_eq!(due, Some(at("2026-03-29T13:30:00+02:00")));
    /// # Ok::<(), order_workflow::calendar::CalendarError>(())
    /// ```
    pub fn add(
        &self,
        start: DateTime<Utc>,
        open: TimeDelta,
        pauses: &[Pause],
    ) -> Result<Option<DateTime<Utc>>, CalendarError> {
        let pauses = merged(pauses.iter().map(Pause::span).collect());
        let (first, mut left) = (start.timestamp_micros(), micros(open)?);
        let (mut from, mut look) = (first, FIRST_LOOK);
        while from.saturating_sub(first) <= reach() {
            if self.ends_before(self.date(from, -LONGEST_WINDOW_DAYS)?) {
                return Ok(None);
            }
            let until = from.saturating_add(look);
            for (opens, closes) in without(&self.spans(from, until)?, &pauses) {
                if closes - opens >= left {
                    return Ok(DateTime::from_timestamp_micros(opens + left));
                }
                left -= closes - opens;
            }
            (from, look) = (until, (look * 2).min(LONGEST_LOOK));
        }
        Err(CalendarError::TooFar { from: start, days: Calendar::REACH_DAYS })
    }

    /// The last moment from which so much open time outside of all pauses passes until `end`: the mirror image of
    /// [`add`](Calendar::add).
    ///
    /// What reaches opening time exactly stays there. Zero: `end` if it is open just before it, else the last closing
    /// before. `None`: never was so much.
    ///
    /// # Errors
    /// As [`add`](Calendar::add).
    pub fn subtract(
        &self,
        end: DateTime<Utc>,
        open: TimeDelta,
        pauses: &[Pause],
    ) -> Result<Option<DateTime<Utc>>, CalendarError> {
        let pauses = merged(pauses.iter().map(Pause::span).collect());
        let (last, mut left) = (end.timestamp_micros(), micros(open)?);
        let (mut until, mut look) = (last, FIRST_LOOK);
        while last.saturating_sub(until) <= reach() {
            if self.begins_after(self.date(until, NEXT_DAY)?) {
                return Ok(None);
            }
            let from = until.saturating_sub(look);
            for (opens, closes) in without(&self.spans(from, until)?, &pauses).into_iter().rev() {
                if closes - opens >= left {
                    return Ok(DateTime::from_timestamp_micros(closes - left));
                }
                left -= closes - opens;
            }
            (until, look) = (from, (look * 2).min(LONGEST_LOOK));
        }
        Err(CalendarError::TooFar { from: end, days: Calendar::REACH_DAYS })
    }

    /// How much open time outside of all pauses lies between two instants; zero if `to` is not later than `from`.
    ///
    /// # Errors
    /// [`CalendarError::TooFar`] if they lie further apart than [`Calendar::REACH_DAYS`],
    /// [`CalendarError::OutOfRange`] beyond the years -9999 to 9999.
    pub fn between(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        pauses: &[Pause],
    ) -> Result<TimeDelta, CalendarError> {
        let pauses = merged(pauses.iter().map(Pause::span).collect());
        let (mut at, end) = (from.timestamp_micros(), to.timestamp_micros());
        if end.saturating_sub(at) > reach() {
            return Err(CalendarError::TooFar { from, days: Calendar::REACH_DAYS });
        }
        let mut sum = 0;
        while at < end {
            let until = at.saturating_add(LONGEST_LOOK).min(end);
            sum += without(&self.spans(at, until)?, &pauses)
                .iter()
                .map(|(opens, closes)| closes - opens)
                .sum::<Micros>();
            at = until;
        }
        Ok(TimeDelta::microseconds(sum))
    }

    /// Whether it is open at an instant: opening time is, closing time is not.
    ///
    /// # Errors
    /// [`CalendarError::OutOfRange`] beyond the years -9999 to 9999.
    pub fn is_open(&self, at: DateTime<Utc>) -> Result<bool, CalendarError> {
        let at = at.timestamp_micros();
        Ok(!self.spans(at, at.saturating_add(1))?.is_empty())
    }

    /// `at` if it is open then, else the next opening; `None`: never again.
    ///
    /// # Errors
    /// As [`add`](Calendar::add).
    pub fn next_open(&self, at: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, CalendarError> {
        self.add(at, TimeDelta::zero(), &[])
    }

    /// When the first window of a date opens; `None`: it has none.
    ///
    /// # Errors
    /// [`CalendarError::OutOfRange`] beyond the years -9999 to 9999.
    pub fn opening(&self, date: NaiveDate) -> Result<Option<DateTime<Utc>>, CalendarError> {
        let opens = self.windows(date).iter().map(|window| Ok(self.span(date, *window)?.0));
        let first = opens.collect::<Result<Vec<_>, CalendarError>>()?.into_iter().min();
        Ok(first.and_then(DateTime::from_timestamp_micros))
    }

    /// When the last window that opens on a date closes, maybe on the next day; `None`: it has none.
    ///
    /// # Errors
    /// [`CalendarError::OutOfRange`] beyond the years -9999 to 9999.
    pub fn closing(&self, date: NaiveDate) -> Result<Option<DateTime<Utc>>, CalendarError> {
        let closes = self.windows(date).iter().map(|window| Ok(self.span(date, *window)?.1));
        let last = closes.collect::<Result<Vec<_>, CalendarError>>()?.into_iter().max();
        Ok(last.and_then(DateTime::from_timestamp_micros))
    }

    /// What is open from `from` until `until`: sorted, disjoint, not touching, cut at both.
    fn spans(&self, from: Micros, until: Micros) -> Result<Vec<Span>, CalendarError> {
        let mut spans = Vec::new();
        let (mut date, last) = (self.date(from, -LONGEST_WINDOW_DAYS)?, self.date(until, NEXT_DAY)?);
        while date <= last {
            for window in self.windows(date) {
                let (opens, closes) = self.span(date, *window)?;
                let (opens, closes) = (opens.max(from), closes.min(until));
                if opens < closes {
                    spans.push((opens, closes));
                }
            }
            date = date
                .checked_add_days(Days::new(1))
                .ok_or(CalendarError::OutOfRange { local: date.into() })?;
        }
        Ok(merged(spans))
    }

    /// A window as instants. Where a gap swallows it, it ends before it begins.
    fn span(&self, date: NaiveDate, window: Window) -> Result<Span, CalendarError> {
        let out_of_range = CalendarError::OutOfRange { local: date.into() };
        let last = if window.runs_over_midnight() { date.checked_add_days(Days::new(1)) } else { Some(date) };
        let opens = window.open().on(date);
        let (Some(opens), Some(closes)) = (opens, last.and_then(|last| window.close().on(last))) else {
            return Err(out_of_range);
        };
        let micros = |local: NaiveDateTime| Ok(self.zone.to_instant(local)?.timestamp_micros());
        Ok((micros(opens)?, micros(closes)?))
    }

    /// The local date at an instant, shifted by so many days.
    fn date(&self, at: Micros, days: i64) -> Result<NaiveDate, CalendarError> {
        let edge = if at < 0 { NaiveDateTime::MIN } else { NaiveDateTime::MAX };
        let at = DateTime::from_timestamp_micros(at).ok_or(CalendarError::OutOfRange { local: edge })?;
        let date = self.zone.to_local(at).date();
        date.checked_add_signed(TimeDelta::days(days)).ok_or(CalendarError::OutOfRange { local: date.into() })
    }
}

impl Pause {
    fn span(&self) -> Span {
        (self.from.timestamp_micros(), self.until.timestamp_micros())
    }
}

fn reach() -> Micros {
    DAY * Micros::from(Calendar::REACH_DAYS)
}

fn micros(open: TimeDelta) -> Result<Micros, CalendarError> {
    if open < TimeDelta::zero() {
        return Err(CalendarError::NegativeTime { given: open });
    }
    Ok(open.num_microseconds().unwrap_or(Micros::MAX)) // 292,000 years: too far in any case
}

/// Sorted, those that are nothing left out, those that overlap or touch made one.
fn merged(mut spans: Vec<Span>) -> Vec<Span> {
    spans.retain(|(from, until)| from < until);
    spans.sort_unstable();
    spans.dedup_by(|next, before| {
        let touches = next.0 <= before.1;
        if touches {
            before.1 = before.1.max(next.1);
        }
        touches
    });
    spans
}

/// What is left of `spans` without `pauses`; both as [`merged`] gives them.
fn without(spans: &[Span], pauses: &[Span]) -> Vec<Span> {
    let mut left = Vec::with_capacity(spans.len());
    for &(mut from, until) in spans {
        let after = pauses.partition_point(|pause| pause.1 <= from);
        for pause in pauses.iter().skip(after).take_while(|pause| pause.0 < until) {
            if from < pause.0 {
                left.push((from, pause.0));
            }
            from = pause.1;
        }
        if from < until {
            left.push((from, until));
        }
    }
    left
}
