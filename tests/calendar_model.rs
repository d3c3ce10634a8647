//! Business time held to a clock that is read minute by minute.

#[cfg(test)]
mod calendar_model {
    use std::collections::{BTreeMap, BTreeSet};

    use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, TimeDelta, Utc};
    use order_workflow::calendar::{Calendar, CalendarError, DayKind, Pause, WallTime, Week, Window, Zone};
    use proptest::{collection::vec, prelude::*, sample::select};

    /// Zones and a date in the middle of what is asked: clock changes of an hour, of half an hour, at midnight,
    /// over midnight, a day that never was, and none at all.
    const PLACES: [(&str, &str); 10] = [
        ("Europe/Berlin", "2026-03-29"),
        ("Europe/Berlin", "2026-10-25"),
        ("America/Sao_Paulo", "2017-10-15"),
        ("America/Sao_Paulo", "2017-02-19"),
        ("Australia/Lord_Howe", "2026-10-04"),
        ("Australia/Lord_Howe", "2026-04-05"),
        ("America/Scoresbysund", "2024-03-31"),
        ("Pacific/Apia", "2011-12-30"),
        ("America/St_Johns", "2010-11-07"),
        ("Asia/Kolkata", "2026-02-05"),
    ];
    const AROUND_DAYS: i64 = 6;
    const MINUTES: i64 = 2 * AROUND_DAYS * 24 * 60;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().expect(text)
    }

    fn date(text: &str) -> NaiveDate {
        text.parse().expect(text)
    }

    fn window(open: &str, close: &str) -> Window {
        Window::parse(open, close).expect("a window")
    }

    fn berlin() -> Calendar {
        let zone = Zone::named("Europe/Berlin").expect("a zone");
        Calendar::new(zone).with_hours(Week::from_monday_to_friday(&[window("09:00", "17:00")]))
    }

    /// A minute a cell, from `start`: whether it is open. Shares no code with the crate but the zone.
    struct Clock {
        start: DateTime<Utc>,
        local: Vec<NaiveDateTime>,
        open: Vec<bool>,
    }

    impl Clock {
        fn new(calendar: &Calendar, middle: NaiveDate) -> Clock {
            let start = middle.and_time(Default::default()).and_utc() - TimeDelta::days(AROUND_DAYS);
            let minutes = (0..MINUTES).map(|minute| start + TimeDelta::minutes(minute));
            let local = minutes.map(|at| calendar.zone.to_local(at)).collect();
            let mut clock = Clock { start, local, open: vec![false; MINUTES as usize] };
            let mut day = middle - Days::new(AROUND_DAYS as u64 + 4);
            while day <= middle + Days::new(AROUND_DAYS as u64 + 4) {
                clock.open_day(calendar, day);
                day = day + Days::new(1);
            }
            clock
        }

        fn paused(mut self, pauses: &[Pause]) -> Clock {
            for cell in 0..self.open.len() {
                let at = self.at(cell);
                self.open[cell] &= !pauses.iter().any(|pause| pause.from <= at && at < pause.until);
            }
            self
        }

        fn open_day(&mut self, calendar: &Calendar, day: NaiveDate) {
            let weekly = |day: NaiveDate| {
                let Week { mon, tue, wed, thu, fri, sat, sun } = &calendar.hours;
                [mon, tue, wed, thu, fri, sat, sun][day.weekday().num_days_from_monday() as usize].clone()
            };
            let windows = match (calendar.overrides.get(&day), calendar.holidays.contains(&day)) {
                (Some(windows), _) => windows.clone(),
                (None, true) => vec![],
                (None, false) => weekly(day),
            };
            for (open, close) in windows.into_iter().map(<(WallTime, WallTime)>::from) {
                let local = |time: WallTime, days: i64| {
                    day.and_time(Default::default())
                        + TimeDelta::seconds(time.seconds().into())
                        + TimeDelta::days(days)
                };
                let (from, until) = (local(open, 0), local(close, i64::from(close <= open)));
                let (from, until) = (self.first(from), self.first(until));
                (from..until).for_each(|cell| self.open[cell] = true);
            }
        }

        /// The cell that a local time means: the first that shows it, else as far past the gap as it lies in it.
        fn first(&self, wanted: NaiveDateTime) -> usize {
            let Some(cell) = self.local.iter().position(|shown| *shown >= wanted) else {
                return self.local.len();
            };
            if cell == 0 || self.local[cell] == wanted {
                return cell;
            }
            let into = wanted - self.local[cell - 1] - TimeDelta::minutes(1);
            cell + into.num_minutes() as usize
        }

        fn at(&self, cell: usize) -> DateTime<Utc> {
            self.start + TimeDelta::minutes(cell as i64)
        }

        fn cell(&self, at: DateTime<Utc>) -> usize {
            (at - self.start).num_minutes() as usize
        }

        fn add(&self, start: DateTime<Utc>, minutes: i64) -> Option<DateTime<Utc>> {
            let mut open = (self.cell(start)..self.open.len()).filter(|cell| self.open[*cell]);
            if minutes == 0 {
                return open.next().map(|cell| self.at(cell));
            }
            open.nth(minutes as usize - 1).map(|cell| self.at(cell + 1))
        }

        fn subtract(&self, end: DateTime<Utc>, minutes: i64) -> Option<DateTime<Utc>> {
            let mut open = (0..self.cell(end)).rev().filter(|cell| self.open[*cell]);
            if minutes == 0 {
                return open.next().map(|cell| self.at(cell + 1));
            }
            open.nth(minutes as usize - 1).map(|cell| self.at(cell))
        }

        fn between(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> TimeDelta {
            let (from, to) = (self.cell(from), self.cell(to));
            let open = (from..to.max(from)).filter(|cell| self.open[*cell]).count();
            TimeDelta::minutes(open as i64)
        }
    }

    fn wall() -> impl Strategy<Value = WallTime> {
        let minutes = prop_oneof![0..=24 * 60u32, select(vec![0, 60, 120, 150, 180, 24 * 60])];
        minutes.prop_map(|minutes| WallTime::from_seconds(minutes * 60).unwrap())
    }

    fn windows() -> impl Strategy<Value = Vec<Window>> {
        let one =
            (wall(), wall()).prop_filter_map("the next day", |(open, close)| Window::new(open, close).ok());
        prop_oneof![1 => Just(vec![]), 4 => vec(one, 1..3)]
    }

    fn week() -> impl Strategy<Value = Week> {
        let each = vec(windows(), 7).prop_map(|days| {
            let [mon, tue, wed, thu, fri, sat, sun] = days.try_into().unwrap();
            Week { mon, tue, wed, thu, fri, sat, sun }
        });
        prop_oneof![3 => each, 1 => windows().prop_map(|day| Week::every_day(&day))]
    }

    prop_compose! {
        fn asked()(
            (zone, middle) in select(PLACES.to_vec()),
            hours in week(),
            holidays in vec(-4i64..4, 0..3),
            overrides in vec((-4i64..4, windows()), 0..3),
            pauses in vec((-4_000i64..4_000, 0i64..3_000), 0..4),
            (from, minutes) in (-3_000i64..3_000, prop_oneof![Just(0i64), 0i64..120, 0i64..3_000]),
        ) -> (Calendar, NaiveDate, Vec<Pause>, DateTime<Utc>, i64) {
            let middle = date(middle);
            let noon = middle.and_hms_opt(12, 0, 0).unwrap().and_utc();
            let day = |off: i64| middle + TimeDelta::days(off);
            let calendar = Calendar {
                zone: Zone::named(zone).unwrap(),
                hours,
                holidays: holidays.into_iter().map(day).collect::<BTreeSet<_>>(),
                overrides: overrides.into_iter().map(|(off, windows)| (day(off), windows)).collect::<BTreeMap<_, _>>(),
            };
            let pauses = pauses.into_iter().map(|(from, long)| {
                let from = noon + TimeDelta::minutes(from);
                Pause { from, until: from + TimeDelta::minutes(long) }
            });
            (calendar, middle, pauses.collect(), noon + TimeDelta::minutes(from), minutes)
        }
    }

    proptest! {
        #[test]
        fn open_time_is_what_a_clock_counts((calendar, middle, pauses, at, minutes) in asked()) {
            let clock = Clock::new(&calendar, middle);
            let open = TimeDelta::minutes(minutes);
            // Beyond the cells the clock knows nothing.
            let known = clock.start + TimeDelta::days(2)..clock.at(clock.open.len()) - TimeDelta::days(2);
            let near = |found: Option<DateTime<Utc>>| found.filter(|at| known.contains(at));
            prop_assert_eq!(calendar.is_open(at).unwrap(), clock.open[clock.cell(at)]);
            prop_assert_eq!(near(calendar.next_open(at).unwrap()), near(clock.add(at, 0)));
            let clock = clock.paused(&pauses);
            let added = calendar.add(at, open, &pauses).unwrap();
            prop_assert_eq!(near(added), near(clock.add(at, minutes)), "add {} to {}", minutes, at);
            let taken = calendar.subtract(at, open, &pauses).unwrap();
            prop_assert_eq!(near(taken), near(clock.subtract(at, minutes)), "subtract {} from {}", minutes, at);
            let to = at + open;
            prop_assert_eq!(calendar.between(at, to, &pauses).unwrap(), clock.between(at, to));
            prop_assert_eq!(calendar.between(to + TimeDelta::minutes(1), at, &pauses).unwrap(), TimeDelta::zero());
        }

        #[test]
        fn what_was_added_lies_between((calendar, _, pauses, at, minutes) in asked(), seconds in 0i64..60) {
            let open = TimeDelta::seconds(minutes * 60 + seconds);
            if let Some(due) = calendar.add(at, open, &pauses).unwrap() {
                prop_assert_eq!(calendar.between(at, due, &pauses).unwrap(), open);
            }
            if let Some(begun) = calendar.subtract(at, open, &pauses).unwrap() {
                prop_assert_eq!(calendar.between(begun, at, &pauses).unwrap(), open);
            }
        }
    }

    #[test]
    fn never_is_no_error() {
        let zone = Zone::named("Asia/Shanghai").unwrap();
        let closed = Calendar::new(zone);
        let at = utc("2026-02-05T10:00:00Z");
        assert_eq!(closed.next_open(at), Ok(None));
        assert_eq!(closed.subtract(at, TimeDelta::zero(), &[]), Ok(None));
        assert_eq!(closed.working_day_from(date("2026-02-05")), Ok(None));
        // One day of its life, then never again.
        let once = closed.with_override(date("2026-03-01"), vec![window("08:00", "10:00")]);
        assert_eq!(once.next_open(at), Ok(Some(utc("2026-03-01T00:00:00Z"))));
        assert_eq!(once.add(at, TimeDelta::hours(2), &[]), Ok(Some(utc("2026-03-01T02:00:00Z"))));
        assert_eq!(once.add(at, TimeDelta::seconds(7_201), &[]), Ok(None));
        assert_eq!(
            once.subtract(utc("2027-01-01T00:00:00Z"), TimeDelta::hours(2), &[]),
            Ok(Some(utc("2026-03-01T00:00:00Z")))
        );
        assert_eq!(once.working_day_from(date("2026-02-05")), Ok(Some(date("2026-03-01"))));
    }

    #[test]
    fn what_is_too_far_or_means_nothing_is_an_error() {
        let (shop, at) = (berlin(), utc("2026-02-05T10:00:00Z"));
        let far = CalendarError::TooFar { from: at, days: Calendar::REACH_DAYS };
        assert_eq!(shop.add(at, TimeDelta::MAX, &[]), Err(far.clone()));
        assert_eq!(shop.subtract(at, TimeDelta::MAX, &[]), Err(far.clone()));
        assert_eq!(shop.between(at, DateTime::<Utc>::MAX_UTC, &[]), Err(far.clone()));
        let ever = [Pause { from: at, until: DateTime::<Utc>::MAX_UTC }];
        assert_eq!(shop.add(at, TimeDelta::seconds(1), &ever), Err(far));
        let given = TimeDelta::seconds(-5);
        assert_eq!(shop.add(at, given, &[]), Err(CalendarError::NegativeTime { given }));
        assert_eq!(shop.subtract(at, given, &[]), Err(CalendarError::NegativeTime { given }));
        for end in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            let answers = [
                shop.add(end, TimeDelta::hours(1), &[]).is_err(),
                shop.subtract(end, TimeDelta::hours(1), &[]).is_err(),
                shop.is_open(end).is_err(),
                shop.next_open(end).is_err(),
            ];
            assert_eq!(answers, [true; 4], "{end}");
        }
        shop.with_holiday(NaiveDate::MAX).working_day_from(NaiveDate::MAX).expect_err("the end of all dates");
    }

    /// Saturday's last hour came again after the first minute of Sunday.
    #[test]
    fn a_day_that_begins_twice_begins_the_first_time() {
        let zone = Zone::named("America/St_Johns").unwrap();
        let sunday = Week { sun: vec![window("00:00", "00:30")], ..Week::default() };
        let shop = Calendar::new(zone).with_hours(sunday);
        let again = utc("2010-11-07T03:00:00Z");
        assert_eq!(shop.zone.to_local(again).to_string(), "2010-11-06 23:30:00");
        assert_eq!(shop.is_open(again), Ok(true));
        let once = Calendar::new(shop.zone.clone()).with_override(date("2010-11-07"), shop.hours.sun.clone());
        assert_eq!(once.subtract(again, TimeDelta::minutes(30), &[]), Ok(Some(utc("2010-11-07T02:30:00Z"))));
    }

    #[test]
    fn fractions_of_a_second_count() {
        let at = utc("2026-02-05T16:59:59.250Z") - TimeDelta::hours(1);
        let due = berlin().add(at, TimeDelta::milliseconds(750), &[]);
        assert_eq!(due, Ok(Some(utc("2026-02-05T16:00:00Z"))));
        assert_eq!(berlin().between(at, utc("2026-02-06T00:00:00Z"), &[]), Ok(TimeDelta::milliseconds(750)));
    }

    #[test]
    fn what_a_day_is() {
        let shop = berlin()
            .with_holiday(date("2026-05-01"))
            .with_override(date("2026-05-04"), vec![])
            .with_override(date("2026-05-09"), vec![window("10:00", "12:00")]);
        for (day, kind) in [
            ("2026-04-30", DayKind::Working),
            ("2026-05-01", DayKind::Holiday),
            ("2026-05-02", DayKind::DayOff),
            ("2026-05-04", DayKind::ClosedForOnce),
            ("2026-05-09", DayKind::Working),
        ] {
            assert_eq!(shop.day(date(day)), kind, "{day}");
        }
        assert_eq!(shop.working_day_from(date("2026-05-01")), Ok(Some(date("2026-05-05"))));
    }

    #[test]
    fn the_wire_form_is_kept() {
        let json = r#"{"zone":"Europe/Berlin","hours":{"mon":[["09:00","12:00"],["13:00","24:00"]],"sat":[["22:00","06:00"]]},"holidays":["2026-05-01"],"overrides":{"2026-05-09":[["10:00","12:30:15"]]}}"#;
        let calendar: Calendar = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&calendar).unwrap(), json);
        let least: Calendar = serde_json::from_str(r#"{"zone":"UTC"}"#).unwrap();
        assert_eq!(least, Calendar::new(Zone::named("UTC").unwrap()));
        for wrong in [
            r#"{}"#,
            r#"{"zone":"Mars/Base"}"#,
            r#"{"zone":"UTC","hours":{"monday":[]}}"#,
            r#"{"zone":"UTC","hours":{"mon":[["09:00","25:00"]]}}"#,
            r#"{"zone":"UTC","holidays":["2026-02-30"]}"#,
            r#"{"zone":"UTC","closed":true}"#,
        ] {
            serde_json::from_str::<Calendar>(wrong).expect_err(wrong);
        }
    }
}
