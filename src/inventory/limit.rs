//! How much one buyer may buy within a fixed window: a pool a window, safe under races.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, TimeDelta, Utc, Weekday};
use serde::{Deserialize, Serialize};

use crate::calendar::{CalendarError, Zone};
use crate::id::{LimitId, SubjectId};
use crate::inventory::InventoryRefusal;
use crate::reservation::{Leg, Level, Pool};

/// A limit on what one subject may buy in each window of time. Which units it counts is the caller's choice.
///
/// ```
/// use order_workflow::calendar::Zone;
/// use order_workflow::inventory::{Buyer, Per, Period, PurchaseLimit, limit_legs};
///
/// let day = Period::Day { zone: Zone::named("Europe/Berlin")? };
/// let limit = PurchaseLimit::new("two-a-day".parse()?, Per::Customer, 2, day);
/// let buyer = Buyer::default().with_customer("c-1".parse()?);
/// let legs = limit_legs(&[limit.clone()], &buyer, 1, "2026-06-01T10:00:00Z".parse()?)?;
/// assert_eq!(
///     legs[0].pool.to_string(),
///     "limit `two-a-day` of `c-1` from 2026-05-31 22:00:00 UTC until 2026-06-01 22:00:00 UTC"
/// );
/// assert_eq!(legs[0].limit_if_new, Some(2));
///
/// let guest = Buyer::default();
/// assert_eq!(limit_legs(&[limit], &guest, 1, "2026-06-01T10:00:00Z".parse()?).unwrap_err().code(), "no_subject");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PurchaseLimit {
    /// Its name, a part of the pool's.
    pub rule: LimitId,
    /// Whom it counts.
    pub per: Per,
    /// How many units a window. It is the limit of a pool that is new; of windows that somebody bought in it is
    /// changed by setting their limit.
    pub max: u32,
    /// Its windows.
    pub period: Period,
}

/// Whom a limit counts.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Per {
    /// The customer's account.
    Customer,
    /// The address shipped to.
    Address,
    /// What is paid with.
    Instrument,
}

impl Per {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Per::Customer => "customer",
            Per::Address => "address",
            Per::Instrument => "instrument",
        }
    }
}

impl std::fmt::Display for Per {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.word())
    }
}

/// Who buys, by references into the host's own records.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Buyer {
    /// The customer's account.
    pub customer: Option<SubjectId>,
    /// The address shipped to.
    pub address: Option<SubjectId>,
    /// What is paid with.
    pub instrument: Option<SubjectId>,
}

impl Buyer {
    /// With an account.
    #[must_use]
    pub fn with_customer(self, customer: SubjectId) -> Self {
        Buyer { customer: Some(customer), ..self }
    }

    /// With an address.
    #[must_use]
    pub fn with_address(self, address: SubjectId) -> Self {
        Buyer { address: Some(address), ..self }
    }

    /// With an instrument of payment.
    #[must_use]
    pub fn with_instrument(self, instrument: SubjectId) -> Self {
        Buyer { instrument: Some(instrument), ..self }
    }

    fn subject(&self, per: Per) -> Option<&SubjectId> {
        match per {
            Per::Customer => self.customer.as_ref(),
            Per::Address => self.address.as_ref(),
            Per::Instrument => self.instrument.as_ref(),
        }
    }
}

/// How time is cut into windows, each `[from, until)`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Period {
    /// Local days of a zone, from midnight; where clocks skip midnight, from the first moment after.
    Day {
        /// Whose clocks.
        zone: Zone,
    },
    /// Local weeks.
    Week {
        /// Whose clocks.
        zone: Zone,
        /// The day on which a week begins.
        begins: Weekday,
    },
    /// Local months.
    Month {
        /// Whose clocks.
        zone: Zone,
    },
    /// So many seconds each, counted from 1970-01-01T00:00:00Z.
    Seconds {
        /// How many.
        seconds: u32,
    },
    /// One window, given.
    Once {
        /// Its first instant.
        from: DateTime<Utc>,
        /// The first instant after it.
        until: DateTime<Utc>,
    },
}

/// The legs of several limits for one purchase of `units`: one a limit, in their order. A limit that counts nothing
/// at `at` (before or after its only window) gives none.
///
/// # Errors
/// [`NoSubject`](InventoryRefusal::NoSubject) if the buyer lacks what a limit counts by,
/// [`NoWindow`](InventoryRefusal::NoWindow) and [`EmptyWindow`](InventoryRefusal::EmptyWindow) for a limit that could
/// never count, [`Calendar`](InventoryRefusal::Calendar) for an instant beyond the years
/// of the calendar; the first limit's first.
pub fn limit_legs(
    limits: &[PurchaseLimit],
    buyer: &Buyer,
    units: u32,
    at: DateTime<Utc>,
) -> Result<Vec<Leg>, InventoryRefusal> {
    let leg = |limit: &PurchaseLimit| {
        let pool = limit.pool(buyer, at).transpose()?;
        let leg = |pool| Leg::all(pool, units.into()).with_limit_if_new(limit.max.into());
        Some(pool.map(leg))
    };
    limits.iter().filter_map(leg).collect()
}

impl PurchaseLimit {
    /// So many units in each window of `period`.
    pub fn new(rule: LimitId, per: Per, max: u32, period: Period) -> PurchaseLimit {
        PurchaseLimit { rule, per, max, period }
    }

    /// The pool that counts this buyer at `at`; `None`: no window is open.
    ///
    /// # Errors
    /// As [`limit_legs`].
    pub fn pool(&self, buyer: &Buyer, at: DateTime<Utc>) -> Result<Option<Pool>, InventoryRefusal> {
        let no_subject = || InventoryRefusal::NoSubject { rule: self.rule.clone(), per: self.per };
        let subject = buyer.subject(self.per).ok_or_else(no_subject)?.clone();
        let pool = |(from, until)| Pool::Limit { rule: self.rule.clone(), subject, from, until };
        Ok(self.window(at)?.map(pool))
    }

    /// How many units the buyer may still buy, where `level` is that of the pool; `None`: nobody bought yet.
    pub fn left(&self, level: Option<&Level>) -> i64 {
        level.map_or(self.max.into(), |level| level.available().map_or(i64::MAX, |left| left.max(0)))
    }

    fn window(&self, at: DateTime<Utc>) -> Result<Option<Window>, InventoryRefusal> {
        match &self.period {
            Period::Day { zone } => local(zone, at, Some, |day| day.succ_opt()),
            Period::Week { zone, begins } => {
                let begins = *begins;
                let first = move |day: NaiveDate| {
                    day.checked_sub_days(Days::new(day.weekday().days_since(begins).into()))
                };
                local(zone, at, first, |day| day.checked_add_days(Days::new(7)))
            }
            Period::Month { zone } => {
                local(zone, at, |day| day.with_day(1), |day| day.checked_add_months(Months::new(1)))
            }
            Period::Seconds { seconds: 0 } => {
                Err(InventoryRefusal::NoWindow { rule: self.rule.clone(), seconds: 0 })
            }
            Period::Seconds { seconds } => {
                let seconds = i64::from(*seconds);
                let from = at.timestamp().div_euclid(seconds).checked_mul(seconds);
                let from = from.and_then(|from| DateTime::from_timestamp(from, 0));
                let until = from.and_then(|from| from.checked_add_signed(TimeDelta::seconds(seconds)));
                from.zip(until).map(Some).ok_or_else(|| beyond(at))
            }
            Period::Once { from, until } if from >= until => {
                let (rule, from, until) = (self.rule.clone(), *from, *until);
                Err(InventoryRefusal::EmptyWindow { rule, from, until })
            }
            Period::Once { from, until } => Ok((*from <= at && at < *until).then_some((*from, *until))),
        }
    }
}

type Window = (DateTime<Utc>, DateTime<Utc>);

/// The window of local days that holds `at`: it begins at the midnight before the day that `first` names, and ends at
/// that of `next`.
///
/// Where clocks go back over midnight, the second time of the old day belongs to the new one's window: windows are
/// cut at the first midnight, and neither overlap nor leave gaps. Where they skip a whole day, it has no window.
fn local(
    zone: &Zone,
    at: DateTime<Utc>,
    first: impl Fn(NaiveDate) -> Option<NaiveDate>,
    next: impl Fn(NaiveDate) -> Option<NaiveDate>,
) -> Result<Option<Window>, InventoryRefusal> {
    let midnight = |day: NaiveDate| zone.to_instant(day.and_time(chrono::NaiveTime::MIN));
    let mut day = first(zone.to_local(at).date()).ok_or_else(|| beyond(at))?;
    let mut from = midnight(day)?;
    loop {
        day = next(day).ok_or_else(|| beyond(at))?;
        let until = midnight(day)?;
        if at < until {
            return Ok(Some((from, until)));
        }
        from = until; // at most as many times as days were turned back or skipped
    }
}

fn beyond(at: DateTime<Utc>) -> InventoryRefusal {
    InventoryRefusal::Calendar(CalendarError::OutOfRange { local: at.naive_utc() })
}
