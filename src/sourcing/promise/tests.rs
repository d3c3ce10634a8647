use proptest::prelude::*;

use super::*;
use crate::calendar::{Week, Window};

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().expect(text)
}

fn date(text: &str) -> NaiveDate {
    text.parse().expect(text)
}

fn zone(name: &str) -> Zone {
    Zone::named(name).expect(name)
}

fn window(open: &str, close: &str) -> Window {
    Window::parse(open, close).expect("a window")
}

/// Monday to Friday, eight to five.
fn weekdays(name: &str) -> Calendar {
    Calendar::new(zone(name)).with_hours(Week::from_monday_to_friday(&[window("08:00", "17:00")]))
}

fn north(handling: Handling) -> Dispatch {
    let calendar =
        weekdays("Europe/Berlin").with_holiday(date("2026-04-03")).with_holiday(date("2026-04-06"));
    Dispatch { calendar, cut_off: Some("14:00".parse().expect("a time")), handling }
}

fn parcel(days: u32) -> Delivery {
    let six = Week { sat: vec![window("08:00", "12:00")], ..weekdays("Europe/Berlin").hours };
    let calendar = Calendar::new(zone("Europe/Berlin")).with_hours(six).with_holiday(date("2026-04-06"));
    Delivery { days, carrier: Some(calendar), zone: zone("Europe/Berlin"), until: WallTime::END_OF_DAY }
}

fn made(ordered: &str, dispatch: &Dispatch, delivery: &Delivery) -> Promise {
    Promise::new(utc(ordered), dispatch, delivery, Explain::Full).expect("a promise")
}

fn skipped(promise: &Promise) -> Vec<(Whose, String, DayKind)> {
    let each = promise.steps.iter().filter_map(|step| match step {
        PromiseStep::Skipped { whose, date, why } => Some((*whose, date.to_string(), *why)),
        _ => None,
    });
    each.collect()
}

#[test]
fn the_cut_off_itself_is_too_late() {
    let north = north(Handling::OpenSeconds(3_600));
    let in_time = made("2026-02-05T12:59:59.999999Z", &north, &parcel(1));
    assert_eq!(in_time.begun_on, date("2026-02-05"));
    assert_eq!(in_time.ship_by, utc("2026-02-05T13:59:59.999999Z"));
    let cut_off = utc("2026-02-05T13:00:00Z");
    assert_eq!(in_time.steps.first(), Some(&PromiseStep::CutOffMade { cut_off }));
    let late = made("2026-02-05T13:00:00Z", &north, &parcel(1));
    assert_eq!((late.begun_on, late.ship_by), (date("2026-02-06"), utc("2026-02-06T08:00:00Z")));
    assert_eq!(late.steps.first(), Some(&PromiseStep::CutOffMissed { cut_off }));
    assert_eq!(late.delivered_on, date("2026-02-07")); // the carrier works on Saturdays
}

/// Eight to five, no cut-off, or one that nobody is there to keep: what comes at five is begun in the morning.
#[test]
fn what_comes_after_closing_is_begun_when_it_opens() {
    for cut_off in [None, Some("20:00".parse().expect("a time"))] {
        for (handling, ready) in [
            (Handling::WorkingDays(0), "2026-02-06T16:00:00Z"),
            (Handling::OpenSeconds(3_600), "2026-02-06T08:00:00Z"),
        ] {
            let shop = Dispatch { cut_off, ..north(handling) };
            let last = made("2026-02-05T15:59:59Z", &shop, &parcel(1));
            assert_eq!(last.begun_on, date("2026-02-05"));
            let late = made("2026-02-05T16:00:00Z", &shop, &parcel(1));
            assert_eq!((late.begun_on, late.ship_by), (date("2026-02-06"), utc(ready)), "{shop:?}");
            let closing = utc("2026-02-05T16:00:00Z");
            assert_eq!(late.steps.first(), Some(&PromiseStep::CutOffMissed { cut_off: closing }));
        }
    }
}

/// Ready at five, the last round at noon: it comes with the next, when the carrier drives.
#[test]
fn nothing_is_there_before_it_ships() {
    let noon = "12:00".parse().expect("a time");
    let north = north(Handling::WorkingDays(0));
    for (days, carrier, there) in
        [(0, parcel(0).carrier, "2026-02-07"), (0, None, "2026-02-07"), (1, None, "2026-02-07")]
    {
        let lane = Delivery { days, carrier, until: noon, ..parcel(0) };
        let promise = made("2026-02-06T10:00:00Z", &north, &lane);
        assert_eq!((promise.ship_by, promise.delivered_on), (utc("2026-02-06T16:00:00Z"), date(there)));
        assert_eq!(promise.delivered_by, utc("2026-02-07T11:00:00Z"));
    }
    let lane = Delivery { until: noon, carrier: Some(weekdays("Europe/Berlin")), ..parcel(0) };
    let promise = made("2026-02-06T10:00:00Z", &north, &lane);
    assert_eq!(promise.delivered_by, utc("2026-02-09T11:00:00Z"));
    assert_eq!(skipped(&promise).len(), 2);
}

#[test]
fn easter_is_skipped_by_both_and_said() {
    let promise = made("2026-04-02T15:00:00+02:00", &north(Handling::WorkingDays(1)), &parcel(2));
    use {DayKind::*, Whose::*};
    let days = [
        (Location, "2026-04-03", Holiday),
        (Location, "2026-04-04", DayOff),
        (Location, "2026-04-05", DayOff),
        (Location, "2026-04-06", Holiday),
    ];
    assert_eq!(skipped(&promise), days.map(|(whose, day, why)| (whose, day.to_owned(), why)));
    assert_eq!(promise.begun_on, date("2026-04-07"));
    assert_eq!(promise.ship_by, utc("2026-04-08T17:00:00+02:00"));
    assert_eq!((promise.shipped_on, promise.delivered_on), (date("2026-04-08"), date("2026-04-10")));
    assert_eq!(promise.delivered_by, utc("2026-04-11T00:00:00+02:00"));
    assert_eq!(promise.days_late(date("2026-04-08")), 2);
    assert_eq!(promise.days_late(date("2026-04-10")), 0);
    assert_eq!(promise.days_late(date("2026-05-10")), 0);
}

#[test]
fn handling_over_a_weekend_names_the_days() {
    let promise = made("2026-02-06T13:00:00+01:00", &north(Handling::OpenSeconds(6 * 3_600)), &parcel(1));
    assert_eq!((promise.begun_on, promise.shipped_on), (date("2026-02-06"), date("2026-02-09")));
    assert_eq!(promise.ship_by, utc("2026-02-09T10:00:00+01:00"));
    assert_eq!(skipped(&promise).len(), 2);
}

#[test]
fn the_carrier_collects_on_its_own_days() {
    let saturday = north(Handling::WorkingDays(0))
        .calendar
        .with_override(date("2026-02-08"), vec![window("10:00", "12:00")]);
    let sunday_shop = Dispatch { calendar: saturday, cut_off: None, handling: Handling::WorkingDays(0) };
    let promise = made("2026-02-08T09:00:00+01:00", &sunday_shop, &parcel(1));
    assert_eq!(promise.shipped_on, date("2026-02-08"));
    assert_eq!(skipped(&promise), [(Whose::Carrier, "2026-02-08".to_owned(), DayKind::DayOff)]);
    assert!(promise.steps.contains(&PromiseStep::Collected { on: date("2026-02-09") }));
    assert_eq!(promise.delivered_on, date("2026-02-10"));
}

#[test]
fn clock_changes_move_neither_cut_off_nor_promise() {
    let calendar = Calendar::always(zone("Europe/Berlin"));
    let half_past_two = Some("02:30".parse().expect("a time"));
    let night = Dispatch { calendar, cut_off: half_past_two, handling: Handling::OpenSeconds(0) };
    let plain = Delivery {
        days: 2,
        carrier: None,
        zone: zone("Europe/Berlin"),
        until: "18:00".parse().expect("a time"),
    };
    // Half past two is skipped in spring: it means half past three. In autumn it comes twice: the first counts.
    for (ordered, begun) in [
        ("2026-03-29T01:29:59Z", "2026-03-29"),
        ("2026-03-29T01:30:00Z", "2026-03-30"),
        ("2026-10-25T00:29:59Z", "2026-10-25"),
        ("2026-10-25T00:30:00Z", "2026-10-26"),
    ] {
        assert_eq!(made(ordered, &night, &plain).begun_on, date(begun), "{ordered}");
    }
    let promise = made("2026-03-27T20:00:00Z", &night, &plain);
    assert_eq!(promise.delivered_by, utc("2026-03-30T18:00:00+02:00"));
}

#[test]
fn the_destination_has_days_of_its_own() {
    let now = Handling::OpenSeconds(0);
    let west =
        Dispatch { calendar: Calendar::always(zone("America/Los_Angeles")), cut_off: None, handling: now };
    let to =
        |name: &str, days| Delivery { days, carrier: None, zone: zone(name), until: WallTime::END_OF_DAY };
    let ordered = "2026-02-05T20:00:00-08:00"; // the sixth in Tokyo, in the afternoon
    assert_eq!(made(ordered, &west, &to("Asia/Tokyo", 0)).delivered_on, date("2026-02-06"));
    assert_eq!(made(ordered, &west, &to("Asia/Tokyo", 3)).delivered_on, date("2026-02-08"));
    assert_eq!(made(ordered, &west, &to("Pacific/Honolulu", 0)).delivered_on, date("2026-02-05"));
}

#[test]
fn ready_at_midnight_belongs_to_the_day_that_ends() {
    let late = weekdays("Europe/Berlin").with_hours(Week::from_monday_to_friday(&[window("16:00", "24:00")]));
    let shop = Dispatch { calendar: late, cut_off: None, handling: Handling::OpenSeconds(8 * 3_600) };
    let promise = made("2026-02-06T10:00:00+01:00", &shop, &parcel(1));
    assert_eq!(promise.ship_by, utc("2026-02-07T00:00:00+01:00"));
    assert_eq!((promise.shipped_on, promise.delivered_on), (date("2026-02-06"), date("2026-02-07")));
}

#[test]
fn what_never_comes_is_an_error() {
    let closed =
        Dispatch { calendar: Calendar::new(zone("UTC")), cut_off: None, handling: Handling::WorkingDays(0) };
    let from = date("2026-02-05");
    let at = utc("2026-02-05T10:00:00Z");
    let refused = Promise::new(at, &closed, &parcel(1), Explain::Brief);
    assert_eq!(refused, Err(PromiseError::NeverWorks { whose: Whose::Location, from }));
    let stuck = Delivery { carrier: Some(Calendar::new(zone("UTC"))), ..parcel(1) };
    let refused = Promise::new(at, &north(Handling::WorkingDays(0)), &stuck, Explain::Brief);
    assert_eq!(refused, Err(PromiseError::NeverWorks { whose: Whose::Carrier, from }));
    for handling in [Handling::WorkingDays(u32::MAX), Handling::OpenSeconds(u32::MAX)] {
        Promise::new(at, &north(handling), &parcel(1), Explain::Full).expect_err("136 years");
    }
    let far = Delivery { days: u32::MAX, carrier: None, ..parcel(1) };
    Promise::new(at, &north(Handling::WorkingDays(0)), &far, Explain::Full)
        .expect_err("the end of all dates");
    Promise::new(at, &north(Handling::WorkingDays(0)), &parcel(u32::MAX), Explain::Brief)
        .expect_err("too far");
    for (whose, handling, lane) in [
        (Whose::Carrier, Handling::WorkingDays(0), parcel(u32::MAX)),
        (Whose::Carrier, Handling::WorkingDays(0), far),
        (Whose::Location, Handling::WorkingDays(u32::MAX), parcel(1)),
    ] {
        let refused = Promise::new(at, &north(handling), &lane, Explain::Brief);
        assert_eq!(refused, Err(PromiseError::TooManyDays { whose, days: u32::MAX }));
    }
    Promise::new(DateTime::<Utc>::MAX_UTC, &north(Handling::WorkingDays(0)), &parcel(1), Explain::Full)
        .expect_err("the end of time");
}

#[test]
fn the_wire_form_is_kept() {
    let dispatch = r#"{"calendar":{"zone":"UTC","hours":{},"holidays":[],"overrides":{}},"cut_off":"14:00","handling":{"open_seconds":60}}"#;
    let read: Dispatch = serde_json::from_str(dispatch).expect("reads");
    assert_eq!(serde_json::to_string(&read).expect("serialises"), dispatch);
    let delivery = r#"{"days":2,"carrier":{"zone":"UTC"},"zone":"UTC"}"#;
    let read: Delivery = serde_json::from_str(delivery).expect("reads");
    assert_eq!(read.until, WallTime::END_OF_DAY);
    serde_json::from_str::<Dispatch>(r#"{"calendar":{"zone":"UTC"},"handling":{"days":1}}"#)
        .expect_err("unknown");
    let promise = made("2026-02-05T13:00:00Z", &north(Handling::WorkingDays(0)), &parcel(1));
    let json = serde_json::to_string(&promise).expect("serialises");
    assert_eq!(serde_json::from_str::<Promise>(&json).expect("reads"), promise);
    assert!(json.contains(r#"{"step":"cut_off_missed","cut_off":"2026-02-05T13:00:00Z"}"#), "{json}");
}

proptest! {
    #[test]
    fn who_orders_later_gets_it_no_earlier(
        minutes in 0i64..60 * 24 * 14, later in 0i64..3_000, handling in 0u32..3, days in 0u32..4, open in any::<bool>(),
        until in 0u32..=24, cut_off in prop::option::of(0u32..24), carrier in any::<bool>(),
    ) {
        let handling = if open { Handling::OpenSeconds(handling * 7_200) } else { Handling::WorkingDays(handling) };
        let hour = |hour: u32| WallTime::from_seconds(hour * 3_600).expect("a time");
        let north = Dispatch { cut_off: cut_off.map(hour), ..north(handling) };
        let parcel = Delivery { until: hour(until), carrier: parcel(0).carrier.filter(|_| carrier), ..parcel(days) };
        let at = utc("2026-03-26T00:00:00Z") + TimeDelta::minutes(minutes);
        let promise = |at| Promise::new(at, &north, &parcel, Explain::Brief).expect("a promise");
        let (first, second) = (promise(at), promise(at + TimeDelta::minutes(later)));
        prop_assert!(first.ship_by <= second.ship_by && first.delivered_on <= second.delivered_on);
        prop_assert!(at <= first.ship_by && first.ship_by <= first.delivered_by);
        let closes = north.calendar.closing(first.begun_on).expect("a day").expect("a working day");
        prop_assert!(at < closes, "begun on {} when it closed at {}", first.begun_on, closes);
        prop_assert!(first.begun_on <= first.shipped_on && first.shipped_on <= first.delivered_on);
        let told = Promise::new(at, &north, &parcel, Explain::Full).expect("a promise");
        prop_assert_eq!(Promise { steps: vec![], ..told }, first);
    }
}
