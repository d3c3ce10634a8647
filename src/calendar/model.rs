//! When a place works: weekly hours, holidays, days that differ.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc, Weekday};
use serde::{Deserialize, Serialize};

use crate::calendar::{CalendarError, Window, Zone};

/// When a place works, by its own local time. Plain data, as a host keeps it.
///
/// The windows of a date are those of [`overrides`](Calendar::overrides) if it stands there (an extra working day,
/// half a day, or closed for once), else none on one of the [`holidays`](Calendar::holidays), else those of its
/// weekday. They may overlap, and those that run over midnight go on whatever the next day is.
///
/// ```
/// use order_workflow::calendar::{Calendar, Week, Window, Zone};
/// use chrono::{DateTime, TimeDelta, Utc};
///
/// let shop = Calendar::new(Zone::named("Europe/Berlin")?)
///     .with_hours(Week::from_monday_to_friday(&[Window::parse("09:00", "17:00")?]))
///     .with_holiday("2026-05-01".parse().unwrap()); // a Friday
/// let thursday: DateTime<Utc> = "2026-04-30T16:30:00+02:00".parse().unwrap();
/// let due = shop.add(thursday, TimeDelta::hours(1), &[])?; // half an hour now, half on Monday
/// assert_eq!(due, Some("2026-05-04T09:30:00+02:00".parse().unwrap()));
/// # Ok::<(), order_workflow::calendar::CalendarError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calendar {
    /// Whose clocks count.
    pub zone: Zone,
    /// The hours of every week.
    #[serde(default)]
    pub hours: Week,
    /// Dates on which no window opens.
    #[serde(default)]
    pub holidays: BTreeSet<NaiveDate>,
    /// Dates with windows of their own, before weekday and holiday.
    #[serde(default)]
    pub overrides: BTreeMap<NaiveDate, Vec<Window>>,
}

/// The windows of each weekday; a day that is not named has none.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "the names of the days say it")]
pub struct Week {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mon: Vec<Window>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tue: Vec<Window>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub wed: Vec<Window>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub thu: Vec<Window>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fri: Vec<Window>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sat: Vec<Window>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sun: Vec<Window>,
}

impl Week {
    /// The same windows on all seven days.
    pub fn every_day(windows: &[Window]) -> Week {
        let day = || windows.to_vec();
        Week { sat: day(), sun: day(), ..Week::from_monday_to_friday(windows) }
    }

    /// The same windows on the first five days.
    pub fn from_monday_to_friday(windows: &[Window]) -> Week {
        let day = || windows.to_vec();
        Week { mon: day(), tue: day(), wed: day(), thu: day(), fri: day(), sat: vec![], sun: vec![] }
    }

    /// The windows of a weekday.
    pub fn on(&self, day: Weekday) -> &[Window] {
        match day {
            Weekday::Mon => &self.mon,
            Weekday::Tue => &self.tue,
            Weekday::Wed => &self.wed,
            Weekday::Thu => &self.thu,
            Weekday::Fri => &self.fri,
            Weekday::Sat => &self.sat,
            Weekday::Sun => &self.sun,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        let Week { mon, tue, wed, thu, fri, sat, sun } = self;
        [mon, tue, wed, thu, fri, sat, sun].iter().all(|day| day.is_empty())
    }
}

/// Time that does not count: from its first moment until the first that counts again. If `until` is not later
/// than `from`, it is nothing.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pause {
    /// Its first moment.
    pub from: DateTime<Utc>,
    /// The first moment that is no longer part of it.
    pub until: DateTime<Utc>,
}

/// What a date is to a calendar.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayKind {
    /// At least one window opens.
    Working,
    /// A holiday.
    Holiday,
    /// Its weekday has no hours.
    DayOff,
    /// Closed for once, by an override.
    ClosedForOnce,
}

impl Calendar {
    /// Never open, until hours or days are added.
    pub fn new(zone: Zone) -> Calendar {
        Calendar { zone, hours: Week::default(), holidays: BTreeSet::new(), overrides: BTreeMap::new() }
    }

    /// Always open.
    pub fn always(zone: Zone) -> Calendar {
        Calendar::new(zone).with_hours(Week::every_day(&[Window::ALL_DAY]))
    }

    /// The same with other weekly hours.
    #[must_use]
    pub fn with_hours(self, hours: Week) -> Calendar {
        Calendar { hours, ..self }
    }

    /// The same with one holiday more.
    #[must_use]
    pub fn with_holiday(mut self, date: NaiveDate) -> Calendar {
        self.holidays.insert(date);
        self
    }

    /// The same with these windows on one date; none: closed for once.
    #[must_use]
    pub fn with_override(mut self, date: NaiveDate, windows: Vec<Window>) -> Calendar {
        self.overrides.insert(date, windows);
        self
    }

    /// The windows that open on a date.
    pub fn windows(&self, date: NaiveDate) -> &[Window] {
        match self.overrides.get(&date) {
            Some(windows) => windows,
            None if self.holidays.contains(&date) => &[],
            None => self.hours.on(date.weekday()),
        }
    }

    /// What a date is.
    pub fn day(&self, date: NaiveDate) -> DayKind {
        let works = !self.windows(date).is_empty();
        match self.overrides.get(&date) {
            _ if works => DayKind::Working,
            Some(_) => DayKind::ClosedForOnce,
            None if self.holidays.contains(&date) => DayKind::Holiday,
            None => DayKind::DayOff,
        }
    }

    /// The first working day on or after `date`; `None`: there is none any more.
    ///
    /// # Errors
    /// [`CalendarError::TooFar`] if it does not come within [`Calendar::REACH_DAYS`],
    /// [`CalendarError::OutOfRange`] at the end of all dates.
    pub fn working_day_from(&self, date: NaiveDate) -> Result<Option<NaiveDate>, CalendarError> {
        let mut day = date;
        for _ in 0..=Calendar::REACH_DAYS {
            if !self.windows(day).is_empty() {
                return Ok(Some(day));
            }
            if self.ends_before(day) {
                return Ok(None);
            }
            let next = day.checked_add_days(Days::new(1));
            day = next.ok_or(CalendarError::OutOfRange { local: date.into() })?;
        }
        let from = self.zone.to_instant(date.into())?;
        Err(CalendarError::TooFar { from, days: Calendar::REACH_DAYS })
    }

    /// Whether no window opens on `date` or later.
    pub(super) fn ends_before(&self, date: NaiveDate) -> bool {
        self.hours.is_empty() && self.overrides.range(date..).all(|(_, windows)| windows.is_empty())
    }

    /// Whether no window opens on `date` or earlier.
    pub(super) fn begins_after(&self, date: NaiveDate) -> bool {
        self.hours.is_empty() && self.overrides.range(..=date).all(|(_, windows)| windows.is_empty())
    }
}
