//! When a parcel of a location is there, as what its service costs and how long it takes.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::decision::Explain;
use crate::sourcing::{Delivery, Dispatch, Promise, PromiseError, Service};

/// The date that a customer was told, and what each day after it costs.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// The date, local to the destination.
    pub on: NaiveDate,
    /// What a parcel costs for each day that it is there later, in minor units.
    pub day_cost: u32,
}

impl Service {
    /// Writes into `days` and `late_cost` when a parcel with this service is there, by the hours, the cut-off and the
    /// handling time of its location and the lane: this is how a location's cut-off, in its own zone, enters a problem.
    ///
    /// `days` counts from the day of the order at the destination. Without a date that was told nothing is late. What
    /// comes back is the promise to keep if the plan ships with this service; of an order in several parcels it is the
    /// latest of theirs.
    ///
    /// # Errors
    /// As [`Promise::new`]; the service is left as it was. Leave out of the problem what cannot promise.
    ///
    /// ```
    /// use order_workflow::calendar::{Calendar, Week, Window, Zone};
    /// use order_workflow::sourcing::{Delivery, Dispatch, Handling, Service, Told};
    ///
    /// let berlin = Zone::named("Europe/Berlin")?;
    /// let hours = Week::from_monday_to_friday(&[Window::parse("08:00", "17:00")?]);
    /// let dispatch = Dispatch {
    ///     calendar: Calendar::new(berlin.clone()).with_hours(hours),
    ///     cut_off: Some("14:00".parse()?),
    ///     handling: Handling::WorkingDays(0),
    /// };
    /// let lane = Delivery { days: 1, carrier: None, zone: berlin, until: "20:00".parse()? };
    /// let mut post = Service { name: "post".into(), fixed_cost: 490, ..Service::default() };
    /// let told = Told { on: "2026-02-07".parse()?, day_cost: 200 };
    /// // Friday at two in Berlin: too late for Saturday. Begun on Monday, it is there on Tuesday.
    /// let promise = post.promise("2026-02-06T13:00:00Z".parse()?, &dispatch, &lane, Some(&told))?;
    /// assert_eq!(promise.delivered_on.to_string(), "2026-02-10");
    /// assert_eq!((post.days, post.late_cost), (Some(4), 600));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn promise(
        &mut self,
        ordered_at: DateTime<Utc>,
        dispatch: &Dispatch,
        delivery: &Delivery,
        told: Option<&Told>,
    ) -> Result<Promise, PromiseError> {
        let promise = Promise::new(ordered_at, dispatch, delivery, Explain::Brief)?;
        self.days = Some(promise.days_late(delivery.zone.to_local(ordered_at).date()));
        self.late_cost =
            told.map_or(0, |told| i64::from(told.day_cost) * i64::from(promise.days_late(told.on)));
        Ok(promise)
    }
}
