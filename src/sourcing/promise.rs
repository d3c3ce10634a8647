//! The delivery promise: by when an order is there, and why not earlier.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::calendar::{Calendar, CalendarError, DayKind, WallTime, Zone};
use crate::decision::Explain;

/// How a location works off what is ordered.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dispatch {
    /// When it works; its zone says what the cut-off means.
    pub calendar: Calendar,
    /// Orders of a working day before this local time are begun on that day, others on the next working day.
    /// `None`, or later than it closes: those before it closes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut_off: Option<WallTime>,
    /// How long it takes until the carrier can have the parcel.
    pub handling: Handling,
}

/// How long a location takes.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Handling {
    /// So many seconds of its open time.
    OpenSeconds(u32),
    /// Until the closing time of so many working days later; 0: of the day on which it is begun.
    WorkingDays(u32),
}

/// How a parcel gets from a location to a destination.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    /// How many days the carrier takes from the day on which it gets a parcel.
    pub days: u32,
    /// Which days it works: only these count, and only on these it collects. Neither its hours nor its zone matter.
    /// `None`: all days count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<Calendar>,
    /// The destination's zone.
    pub zone: Zone,
    /// The local time until which parcels are brought on the last day.
    #[serde(default = "end_of_day")]
    pub until: WallTime,
}

fn end_of_day() -> WallTime {
    WallTime::END_OF_DAY
}

/// By when an order is there. Dates are local: of the location until it ships, then of the destination.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Promise {
    /// The working day on which the location begins.
    pub begun_on: NaiveDate,
    /// By when the carrier can have it.
    pub ship_by: DateTime<Utc>,
    /// The local date of that.
    pub shipped_on: NaiveDate,
    /// The date told to the customer.
    pub delivered_on: NaiveDate,
    /// The end of the promise on that date.
    pub delivered_by: DateTime<Utc>,
    /// How it came about, in order of time; empty unless asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<PromiseStep>,
}

/// One step of a promise.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum PromiseStep {
    /// The order came before the cut-off, or before it closes if that is earlier: whoever orders until then gets the
    /// same.
    CutOffMade {
        /// The first instant that is too late.
        cut_off: DateTime<Utc>,
    },
    /// The order came at the cut-off or later.
    CutOffMissed {
        /// The first instant that was too late.
        cut_off: DateTime<Utc>,
    },
    /// Nothing happens on a day.
    Skipped {
        /// To whom it is no working day.
        whose: Whose,
        /// Which.
        date: NaiveDate,
        /// What it is instead.
        why: DayKind,
    },
    /// The location begins.
    Begun {
        /// On which day.
        on: NaiveDate,
    },
    /// The parcel is ready.
    Ready {
        /// By when.
        by: DateTime<Utc>,
    },
    /// The carrier has it.
    Collected {
        /// On which day.
        on: NaiveDate,
    },
    /// It is there.
    Delivered {
        /// On which day.
        on: NaiveDate,
    },
}

impl PromiseStep {
    /// A stable code for translation tables.
    pub const fn code(&self) -> &'static str {
        match self {
            PromiseStep::CutOffMade { .. } => "promise.cut_off_made",
            PromiseStep::CutOffMissed { .. } => "promise.cut_off_missed",
            PromiseStep::Skipped { .. } => "promise.skipped",
            PromiseStep::Begun { .. } => "promise.begun",
            PromiseStep::Ready { .. } => "promise.ready",
            PromiseStep::Collected { .. } => "promise.collected",
            PromiseStep::Delivered { .. } => "promise.delivered",
        }
    }
}

/// Whose calendar.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    /// That of the location.
    Location,
    /// That of the carrier.
    Carrier,
}

/// Why there is no promise.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PromiseError {
    /// A calendar has no working day any more.
    #[error("the calendar of the {} has no working day from {from} on; accepted: one that goes on", .whose.name())]
    NeverWorks {
        /// Which one.
        whose: Whose,
        /// From which day on.
        from: NaiveDate,
    },
    /// More days than a calendar is followed.
    #[error("the {} takes {days} days; accepted: up to {}", .whose.name(), Calendar::REACH_DAYS)]
    TooManyDays {
        /// Which one.
        whose: Whose,
        /// How many.
        days: u32,
    },
    /// A date or a time cannot be told.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
}

impl Whose {
    const fn name(self) -> &'static str {
        match self {
            Whose::Location => "location",
            Whose::Carrier => "carrier",
        }
    }
}

impl Promise {
    /// By when an order placed at `ordered_at` is there.
    ///
    /// 1. On a working day before the cut-off it is begun at once, else at the first opening of the next working day.
    ///    The cut-off itself is too late. It is an instant, so neither clock change moves it. What comes after the last
    ///    closing of a day came too late for that day, whatever the cut-off.
    /// 2. [`Handling`] makes it ready.
    /// 3. A carrier with a calendar collects it on its first working day from the day on which it ships; its days are
    ///    counted from the next. A parcel is never there on a day that has ended at the destination before it ships, nor
    ///    on one whose last delivery ([`Delivery::until`]) goes before that: then it comes with the next.
    ///
    /// # Errors
    /// [`PromiseError::NeverWorks`] if a calendar has come to its end, [`PromiseError::TooManyDays`] and
    /// [`PromiseError::Calendar`] beyond what a calendar is followed.
    ///
    /// ```
    /// use order_workflow::calendar::{Calendar, Week, Window, Zone};
    /// use order_workflow::decision::Explain;
    /// use order_workflow::sourcing::{Delivery, Dispatch, Handling, Promise};
    ///
    /// let berlin = Zone::named("Europe/Berlin")?;
    /// let weekdays = Calendar::new(berlin.clone())
    ///     .with_hours(Week::from_monday_to_friday(&[Window::parse("08:00", "17:00")?]));
    /// let north = Dispatch {
    ///     calendar: weekdays.clone(),
    ///     cut_off: Some("14:00".parse()?),
    ///     handling: Handling::OpenSeconds(2 * 3_600),
    /// };
    /// let parcel = Delivery {
    ///     days: 1,
    ///     carrier: Some(weekdays),
    ///     zone: berlin,
    ///     until: "20:00".parse()?,
    /// };
    /// // Friday at two is too late: begun on Monday at eight, ready at ten, there on Tuesday.
    /// let promise = Promise::new("2026-02-06T13:00:00Z".parse()?, &north, &parcel, Explain::Brief)?;
    /// assert_eq!(promise.ship_by.to_rfc3339(), "2026-02-09T09:00:00+00:00");
    /// assert_eq!(promise.delivered_on.to_string(), "2026-02-10");
    /// assert_eq!(promise.days_late("2026-02-09".parse()?), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(
        ordered_at: DateTime<Utc>,
        dispatch: &Dispatch,
        delivery: &Delivery,
        explain: Explain,
    ) -> Result<Promise, PromiseError> {
        let mut steps = Steps { told: Vec::new(), full: explain == Explain::Full };
        let (begun_on, from) = dispatch.begin(ordered_at, &mut steps)?;
        steps.tell(|| PromiseStep::Begun { on: begun_on });
        let (ship_by, shipped_on) = dispatch.ready(begun_on, from, &mut steps)?;
        steps.tell(|| PromiseStep::Ready { by: ship_by });
        let (collected_on, there_on) = delivery.arrival(shipped_on, &mut steps)?;
        // Where the sun rises earlier it may be the next day already.
        let mut delivered_on = there_on.max(delivery.zone.to_local(ship_by).date());
        let mut delivered_by = delivery.last_on(delivered_on)?;
        if delivered_by < ship_by {
            delivered_on = delivery.day_after(delivered_on, &mut steps)?;
            delivered_by = delivery.last_on(delivered_on)?;
        }
        steps.tell(|| PromiseStep::Collected { on: collected_on });
        steps.tell(|| PromiseStep::Delivered { on: delivered_on });
        Ok(Promise { begun_on, ship_by, shipped_on, delivered_on, delivered_by, steps: steps.told })
    }

    /// How many days after a promised date it is there; zero if in time.
    pub fn days_late(&self, promised: NaiveDate) -> u32 {
        days_late(promised, self.delivered_on)
    }
}

/// How many whole days `delivered` is after `promised`, both local dates at the destination; zero if it is not.
pub fn days_late(promised: NaiveDate, delivered: NaiveDate) -> u32 {
    let days = delivered.signed_duration_since(promised).num_days().max(0);
    u32::try_from(days).unwrap_or(u32::MAX)
}

impl Dispatch {
    /// The day on which an order is begun, and from when.
    fn begin(
        &self,
        ordered_at: DateTime<Utc>,
        steps: &mut Steps,
    ) -> Result<(NaiveDate, DateTime<Utc>), PromiseError> {
        let today = self.calendar.zone.to_local(ordered_at).date();
        if self.calendar.day(today) == DayKind::Working && self.in_time(ordered_at, today, steps)? {
            return Ok((today, ordered_at));
        }
        let after = if self.calendar.day(today) == DayKind::Working { day_after(today)? } else { today };
        let day = steps.working_day(&self.calendar, Whose::Location, after)?;
        let opening = self.calendar.opening(day)?.unwrap_or(ordered_at);
        Ok((day, opening.max(ordered_at)))
    }

    fn in_time(
        &self,
        ordered_at: DateTime<Utc>,
        today: NaiveDate,
        steps: &mut Steps,
    ) -> Result<bool, PromiseError> {
        let told = self
            .cut_off
            .map(|time| Ok::<_, PromiseError>(self.calendar.zone.to_instant(local(time, today)?)?))
            .transpose()?;
        let Some(cut_off) = told.into_iter().chain(self.calendar.closing(today)?).min() else {
            return Ok(true);
        };
        let made = ordered_at < cut_off;
        steps.tell(|| match made {
            true => PromiseStep::CutOffMade { cut_off },
            false => PromiseStep::CutOffMissed { cut_off },
        });
        Ok(made)
    }

    /// When what is begun is ready, and the local date of that.
    fn ready(
        &self,
        begun_on: NaiveDate,
        from: DateTime<Utc>,
        steps: &mut Steps,
    ) -> Result<(DateTime<Utc>, NaiveDate), PromiseError> {
        let never = PromiseError::NeverWorks { whose: Whose::Location, from: begun_on };
        match self.handling {
            Handling::OpenSeconds(seconds) => {
                let by = self.calendar.add(from, TimeDelta::seconds(seconds.into()), &[])?.ok_or(never)?;
                // Ready at midnight is ready on the day that ends then.
                let last = if seconds == 0 { by } else { by - TimeDelta::microseconds(1) };
                let on = self.calendar.zone.to_local(last).date();
                steps.skipped(&self.calendar, Whose::Location, begun_on, on);
                Ok((by, on))
            }
            Handling::WorkingDays(days) => {
                let on = steps.days_later(&self.calendar, Whose::Location, begun_on, days)?;
                Ok((self.calendar.closing(on)?.ok_or(never)?.max(from), on))
            }
        }
    }
}

impl Delivery {
    /// When the last parcels of a day are brought.
    fn last_on(&self, date: NaiveDate) -> Result<DateTime<Utc>, PromiseError> {
        Ok(self.zone.to_instant(local(self.until, date)?)?)
    }

    /// The next day on which parcels are brought.
    fn day_after(&self, date: NaiveDate, steps: &mut Steps) -> Result<NaiveDate, PromiseError> {
        match &self.carrier {
            None => Ok(day_after(date)?),
            Some(carrier) => steps.working_day(carrier, Whose::Carrier, day_after(date)?),
        }
    }

    /// When the carrier gets what ships on a day, and when it is there.
    fn arrival(
        &self,
        shipped_on: NaiveDate,
        steps: &mut Steps,
    ) -> Result<(NaiveDate, NaiveDate), PromiseError> {
        within_reach(Whose::Carrier, self.days)?;
        let Some(carrier) = &self.carrier else {
            let there = shipped_on.checked_add_days(Days::new(self.days.into()));
            return Ok((shipped_on, there.ok_or(CalendarError::OutOfRange { local: shipped_on.into() })?));
        };
        let collected = steps.working_day(carrier, Whose::Carrier, shipped_on)?;
        Ok((collected, steps.days_later(carrier, Whose::Carrier, collected, self.days)?))
    }
}

/// What is told of a promise, if anybody asked.
struct Steps {
    told: Vec<PromiseStep>,
    full: bool,
}

impl Steps {
    fn tell(&mut self, step: impl FnOnce() -> PromiseStep) {
        if self.full {
            self.told.push(step());
        }
    }

    /// The first working day from `date` on; the others before it are skipped.
    fn working_day(
        &mut self,
        calendar: &Calendar,
        whose: Whose,
        date: NaiveDate,
    ) -> Result<NaiveDate, PromiseError> {
        let found = calendar.working_day_from(date)?;
        let day = found.ok_or(PromiseError::NeverWorks { whose, from: date })?;
        self.skipped(calendar, whose, date, day);
        Ok(day)
    }

    /// So many working days after `date`.
    fn days_later(
        &mut self,
        calendar: &Calendar,
        whose: Whose,
        date: NaiveDate,
        days: u32,
    ) -> Result<NaiveDate, PromiseError> {
        within_reach(whose, days)?;
        let mut day = date;
        for _ in 0..days {
            day = self.working_day(calendar, whose, day_after(day)?)?;
        }
        Ok(day)
    }

    /// Every day from `from` until before `until` that is no working day.
    fn skipped(&mut self, calendar: &Calendar, whose: Whose, from: NaiveDate, until: NaiveDate) {
        if !self.full {
            return;
        }
        for date in from.iter_days().take_while(|date| *date < until) {
            match calendar.day(date) {
                DayKind::Working => {}
                why => self.told.push(PromiseStep::Skipped { whose, date, why }),
            }
        }
    }
}

fn within_reach(whose: Whose, days: u32) -> Result<(), PromiseError> {
    if days > Calendar::REACH_DAYS { Err(PromiseError::TooManyDays { whose, days }) } else { Ok(()) }
}

fn day_after(date: NaiveDate) -> Result<NaiveDate, CalendarError> {
    date.checked_add_days(Days::new(1)).ok_or(CalendarError::OutOfRange { local: date.into() })
}

fn local(time: WallTime, date: NaiveDate) -> Result<chrono::NaiveDateTime, CalendarError> {
    time.on(date).ok_or(CalendarError::OutOfRange { local: date.into() })
}

#[cfg(test)]
mod tests;
