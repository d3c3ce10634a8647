//! The stored form of sourcing and of calendars: a golden file for problems, plans with their reasons, what stands and
//! moves, remedies, promises, waves, and business time. Append-only, as the files of `wire.rs`.

#[cfg(test)]
mod golden;

#[cfg(test)]
mod wire_sourcing {
    use std::fmt::Debug;

    use chrono::{DateTime, NaiveDate, Utc};
    use order_workflow::Currency;
    use order_workflow::calendar::{Calendar, DayKind, Pause, WallTime, Week, Window, Zone};
    use order_workflow::geo::Position;
    use order_workflow::sourcing::batch::{
        Pick, UnmetPolicy, Urgency, Wave, WaveBudget, WaveLine, WaveLocation, WaveOrder, WavePlan, WaveProof,
    };
    use order_workflow::sourcing::*;

    use crate::golden::{all_covered, golden, tag};

    fn id<T: std::str::FromStr<Err: Debug>>(text: &str) -> T {
        text.parse().unwrap()
    }

    fn at() -> DateTime<Utc> {
        "2026-06-01T10:00:00.000001Z".parse().unwrap()
    }

    fn date() -> NaiveDate {
        "2026-06-05".parse().unwrap()
    }

    fn window(open: &str, close: &str) -> Window {
        Window::parse(open, close).unwrap()
    }

    fn berlin() -> Zone {
        Zone::named("Europe/Berlin").unwrap()
    }

    fn calendar() -> Calendar {
        let day = |open, close| vec![window(open, close)];
        let hours = Week {
            mon: vec![window("08:00", "12:00"), window("13:00", "17:30")],
            tue: day("00:00", "24:00"),
            wed: day("08:00", "17:00"),
            thu: day("08:00", "17:00"),
            fri: day("08:00:30", "17:00"),
            sat: day("22:00", "06:00"),
            sun: day("10:00", "12:00"),
        };
        Calendar::new(berlin())
            .with_hours(hours)
            .with_holiday("2026-12-25".parse().unwrap())
            .with_override("2026-12-24".parse().unwrap(), day("08:00", "12:00"))
            .with_override("2026-12-31".parse().unwrap(), vec![])
    }

    fn line(name: &str, sku: &str) -> Line {
        Line {
            id: id(name),
            sku: id(sku),
            units: 2,
            grams: 0,
            no_split: false,
            needs: vec![],
            unmet_cost: None,
        }
    }

    fn location(name: &str, offers: Vec<Offer>) -> Location {
        Location {
            id: id(name),
            position: None,
            offers,
            services: vec![],
            capacity: None,
            handles: vec![],
            excluded: false,
        }
    }

    /// Everything that may be said.
    fn problem() -> Problem {
        let needs = vec![Need::ColdChain, Need::Hazardous, Need::Oversized];
        let offer = Offer { stock: 9, unit_cost: 40, stock_price: 7, forbidden: true };
        let post = Service {
            name: "post".to_owned(),
            fixed_cost: 490,
            late_cost: 200,
            tariff: Some(0),
            days: Some(2),
        };
        let north = Location {
            position: Some(Position::new(52.52, 13.405).unwrap()),
            services: vec![post, Service { name: "bike".to_owned(), ..Service::default() }],
            capacity: Some(12),
            handles: needs.clone(),
            excluded: true,
            ..location("north", vec![offer, Offer::default()])
        };
        Problem {
            currency: Currency::EUR,
            destination: Some(Position::new(48.137, 11.575).unwrap()),
            lines: vec![
                Line { grams: 1_400, no_split: true, needs, unmet_cost: Some(500), ..line("1", "tea") },
                line("2", "cup"),
            ],
            locations: vec![north, location("south", vec![Offer::default(); 2])],
            tariffs: vec![Tariff { steps: vec![(1_000, 390), (5_000, 490)] }],
            max_locations: Some(2),
            together: vec![vec![0, 1]],
            apart: vec![(0, 1)],
        }
    }

    fn plain() -> Problem {
        Problem {
            currency: Currency::EUR,
            destination: None,
            lines: vec![line("1", "tea")],
            locations: vec![location("north", vec![Offer { stock: 2, ..Offer::default() }])],
            tariffs: vec![],
            max_locations: None,
            together: vec![],
            apart: vec![],
        }
    }

    fn verdicts() -> Vec<Verdict> {
        vec![
            Verdict::Chosen,
            Verdict::InHand,
            Verdict::Excluded,
            Verdict::Closed,
            Verdict::Failed,
            Verdict::NothingToShip,
            Verdict::Worse { instead_of: 1, by: 350, at_most: false },
            Verdict::CannotReplace,
            Verdict::NotCompared,
        ]
    }

    fn plan() -> Plan {
        let cost = Cost { units: 80, fixed: 490, late: 200, weight: 390, unmet: 500, stock: 7 };
        let reason = |(location, verdict)| LocationReason { location, criteria: vec![], verdict };
        let mut locations: Vec<LocationReason> = verdicts().into_iter().enumerate().map(reason).collect();
        locations[0].criteria =
            vec![CriterionGave { criterion: "speed".to_owned(), millionths: 250_000, points: 125_000 }];
        let runner_up = Some(RunnerUp { without: 0, locations: vec![1, 2], by: 120, at_most: false });
        let shipments =
            vec![Shipment { location: 0, service: Some(0), lines: vec![(0, 2), (1, 1)], grams: 2_800, cost }];
        Plan {
            shipments,
            unmet: vec![(1, 1)],
            cost,
            value: 1_667,
            proof: Proof::Gap { bound: 1_600 },
            nodes: 42,
            explanation: Some(Box::new(Explanation { locations, runner_up })),
        }
    }

    fn brief() -> Plan {
        let shipments = vec![Shipment { lines: vec![(0, 2)], ..Shipment::default() }];
        Plan { shipments, ..Plan::default() }
    }

    fn moves() -> Vec<Move> {
        vec![
            Move { line: 0, from: Some(0), to: Some(1), units: 2 },
            Move { line: 1, from: Some(0), to: None, units: 1 },
            Move { line: 1, from: None, to: Some(1), units: 1 },
        ]
    }

    fn steps() -> Vec<PromiseStep> {
        let (cut_off, on) = (at(), date());
        vec![
            PromiseStep::CutOffMade { cut_off },
            PromiseStep::CutOffMissed { cut_off },
            PromiseStep::Skipped { whose: Whose::Carrier, date: on, why: DayKind::ClosedForOnce },
            PromiseStep::Begun { on },
            PromiseStep::Ready { by: at() },
            PromiseStep::Collected { on },
            PromiseStep::Delivered { on },
        ]
    }

    #[test]
    fn problems_and_plans_keep_their_form() {
        golden("sourcing/problems", "whole", &problem());
        golden("sourcing/problems", "plain", &plain());
        all_covered(&verdicts(), "is");
        golden("sourcing/plans", "whole", &plan());
        golden("sourcing/plans", "brief", &brief());
        golden("sourcing/words", "proof", &[Proof::Optimal, Proof::Gap { bound: 7 }]);
        golden("sourcing/words", "work", &Work::default());
        let open = Verdict::Worse { instead_of: 0, by: 900, at_most: true };
        golden("sourcing/verdicts", "worse_at_most", &open);
        let open = RunnerUp { without: 0, locations: vec![2], by: 120, at_most: true };
        golden("sourcing/plans", "second_at_most", &open);
        for verdict in verdicts() {
            golden("sourcing/verdicts", &tag(&verdict, "is"), &verdict);
        }
    }

    #[test]
    fn what_stands_moves_and_helps_keeps_its_form() {
        let planned = vec![Planned { location: 0, line: 0, units: 2 }];
        let failed = vec![Failed { location: 0, line: Some(1) }, Failed { location: 1, line: None }];
        let standing = Standing { planned: planned.clone(), picked: planned, failed, worth: 100 };
        golden("sourcing/again", "standing", &standing);
        golden(
            "sourcing/again",
            "replanned",
            &Replanned { plan: brief(), moves: moves(), before: Some(900) },
        );
        golden("sourcing/again", "stands", &Replanned { plan: brief(), moves: vec![], before: None });
        let remedies = Remedies {
            missing: vec![(0, 3)],
            transfers: vec![Transfer { line: 0, from: 1, to: 0, units: 2 }],
            left_by_transfers: vec![(0, 1)],
            arrivals: vec![Inbound { location: 0, line: 0, units: 9, at: at() }],
            left_by_arrivals: vec![(1, 1)],
            solved_at: Some(at()),
        };
        golden("sourcing/remedies", "whole", &remedies);
        golden("sourcing/remedies", "none", &Remedies::default());
    }

    #[test]
    fn promises_keep_their_form() {
        let dispatch = Dispatch {
            calendar: calendar(),
            cut_off: Some("14:00".parse().unwrap()),
            handling: Handling::WorkingDays(1),
        };
        golden("sourcing/promises", "dispatch", &dispatch);
        let plain = Dispatch {
            calendar: Calendar::new(berlin()),
            cut_off: None,
            handling: Handling::OpenSeconds(7_200),
        };
        golden("sourcing/promises", "dispatch_plain", &plain);
        let delivery =
            Delivery { days: 2, carrier: Some(calendar()), zone: berlin(), until: "20:00".parse().unwrap() };
        golden("sourcing/promises", "delivery", &delivery);
        let plain = Delivery { carrier: None, until: WallTime::END_OF_DAY, ..delivery };
        golden("sourcing/promises", "delivery_plain", &plain);
        all_covered(&steps(), "step");
        for step in steps() {
            golden("sourcing/promise_steps", &tag(&step, "step"), &step);
        }
        let promise = Promise {
            begun_on: date(),
            ship_by: at(),
            shipped_on: date(),
            delivered_on: date(),
            delivered_by: at(),
            steps: steps(),
        };
        golden("sourcing/promises", "promise", &promise);
        golden("sourcing/promises", "promise_brief", &Promise { steps: vec![], ..promise });
        golden("sourcing/promises", "told", &Told { on: date(), day_cost: 200 });
        golden("sourcing/words", "whose", &[Whose::Location, Whose::Carrier]);
    }

    #[test]
    fn waves_keep_their_form() {
        let line = WaveLine { sku: 0, units: 2, unmet_cost: 900 };
        let order = WaveOrder {
            lines: vec![line],
            fixed_cost: vec![490, 590],
            unit_cost: vec![30, 40],
            max_locations: Some(1),
            complete: true,
        };
        let plain = WaveOrder { max_locations: None, complete: false, ..order.clone() };
        let wave = Wave {
            locations: vec![WaveLocation { capacity: Some(9) }, WaveLocation::default()],
            stock: vec![vec![5], vec![0]],
            sku_cost: vec![vec![2], vec![3]],
            orders: vec![order, plain],
        };
        golden("sourcing/waves", "wave", &wave);
        let plan = WavePlan {
            picks: vec![vec![Pick { line: 0, location: 0, units: 2 }], vec![]],
            cost: 2_354,
            proof: WaveProof::Gap { bound: 2_000 },
            solves: 12,
        };
        golden("sourcing/waves", "plan", &plan);
        golden("sourcing/waves", "plan_optimal", &WavePlan { proof: WaveProof::Optimal, ..plan });
        golden("sourcing/waves", "budget", &WaveBudget::default());
        golden("sourcing/waves", "unmet_policy", &UnmetPolicy::default());
        golden("sourcing/waves", "urgency", &Urgency { tier: 2, days_past_promise: -1, age_hours: 48 });
    }

    #[test]
    fn calendars_keep_their_form() {
        golden("calendar", "whole", &calendar());
        golden("calendar", "never", &Calendar::new(Zone::named("UTC").unwrap()));
        golden("calendar", "always", &Calendar::always(berlin()));
        golden("calendar", "pause", &Pause { from: at(), until: at() });
        let days = [DayKind::Working, DayKind::Holiday, DayKind::DayOff, DayKind::ClosedForOnce];
        golden("calendar", "day_kinds", &days);
        let times = ["00:00", "08:05", "23:59:59", "24:00"].map(|time| time.parse::<WallTime>().unwrap());
        golden("calendar", "wall_times", &times);
        golden("calendar", "windows", &[window("08:00", "17:00"), window("22:00", "06:00"), Window::ALL_DAY]);
    }
}
