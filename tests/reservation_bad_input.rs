//! What becomes of bad input to reservations: a refusal that names it, and nothing changed.

#[cfg(test)]
mod one_lock;

#[cfg(test)]
mod reservation_bad_input {
    use chrono::{DateTime, TimeDelta, Utc};
    use order_workflow::reservation::*;
    use order_workflow::{Currency, Money};

    use crate::one_lock::OneLock;

    fn at() -> DateTime<Utc> {
        "2026-06-01T10:00:00Z".parse().unwrap()
    }

    fn tea() -> Pool {
        Pool::stock("north".parse().unwrap(), "tea".parse().unwrap())
    }

    fn pot() -> Pool {
        Pool::stock("north".parse().unwrap(), "pot".parse().unwrap())
    }

    fn name(name: &str) -> order_workflow::id::ReservationId {
        name.parse().unwrap()
    }

    fn reserve(legs: Vec<Leg>, until: Option<DateTime<Utc>>) -> Act {
        Act::Reserve { reservation: name("new"), legs, until }
    }

    fn parts(units: i64) -> Vec<Part> {
        vec![Part::new(tea(), units)]
    }

    /// Both stores, with 5 of tea, of which `held` holds 2 until an hour from now, and a floor that has no bound on
    /// the pot.
    fn stores() -> Vec<Box<dyn AnyReservationStore>> {
        let begin = [
            Act::Supply { pool: tea(), delta: 5, guard: Guard::Never },
            Act::SetFloor { pool: pot(), floor: None },
            Act::Reserve {
                reservation: name("held"),
                legs: vec![Leg::all(tea(), 2)],
                until: Some(at() + TimeDelta::hours(1)),
            },
        ];
        let stores: Vec<Box<dyn AnyReservationStore>> =
            vec![Box::new(MemoryStore::new()), Box::new(OneLock::default())];
        for store in &stores {
            for (n, act) in begin.iter().enumerate() {
                ask(&**store, &format!("begin {n}"), act.clone(), at()).unwrap();
            }
        }
        stores
    }

    fn ask(store: &dyn AnyReservationStore, op: &str, act: Act, at: DateTime<Utc>) -> Answer {
        let command = Command { op: op.parse().unwrap(), act };
        pollster::block_on(store.execute(&[command], at)).unwrap().pop().unwrap()
    }

    fn levels(store: &dyn AnyReservationStore) -> Vec<Option<Level>> {
        pollster::block_on(store.levels(&[tea(), pot()], at())).unwrap()
    }

    #[test]
    fn each_is_refused_by_name_and_changes_nothing() {
        let most = i64::MAX;
        let cases: Vec<(Act, &str)> = vec![
            (reserve(vec![], None), "`legs` is empty; accepted: 1 to 1000"),
            (
                reserve(vec![Leg::all(tea(), 0)], None),
                "0 units of the stock of `tea` at `north`; accepted: 1 or more",
            ),
            (
                reserve(vec![Leg::all(tea(), -3)], None),
                "-3 units of the stock of `tea` at `north`; accepted: 1 or more",
            ),
            (
                reserve(vec![Leg { at_least: 3, ..Leg::all(tea(), 2) }], None),
                "at least 3 of 2 units of the stock of `tea` at `north`; accepted: 0 to 2",
            ),
            (
                reserve(vec![Leg { at_least: -1, ..Leg::all(tea(), 2) }], None),
                "at least -1 of 2 units of the stock of `tea` at `north`; accepted: 0 to 2",
            ),
            (
                reserve(vec![Leg::all(tea(), 1).with_limit_if_new(-1)], None),
                "-1 for the stock of `tea` at `north`; accepted: 0 or more",
            ),
            (
                reserve(vec![Leg::all(tea(), most), Leg::all(tea(), 1)], None),
                "1 units more for the stock of `tea` at `north` pass what a pool can count; accepted: less",
            ),
            (
                reserve(vec![Leg::all(tea(), most)], None),
                "9223372036854775807 wanted of the stock of `tea` at `north`; available: 3",
            ),
            (
                reserve(
                    vec![Leg::all(Pool::stock("moon".parse().unwrap(), "tea".parse().unwrap()), 1)],
                    None,
                ),
                "there is no stock of `tea` at `moon`; accepted: a pool that was supplied, or a leg with `limit_if_new`",
            ),
            (
                reserve(vec![Leg::all(tea(), 1)], Some(at())),
                "held until 2026-06-01 10:00:00 UTC, asked at 2026-06-01 10:00:00 UTC; accepted: later than that",
            ),
            (
                reserve(vec![Leg::all(tea(), 1)], Some(DateTime::<Utc>::MIN_UTC)),
                "held until -262143-01-01 00:00:00 UTC, asked at 2026-06-01 10:00:00 UTC; accepted: later than that",
            ),
            (
                reserve((0..1_001).map(|_| Leg::all(tea(), 1)).collect(), None),
                "`legs` has 1001; accepted: 1 to 1000",
            ),
            (
                Act::Extend { reservation: name("held"), until: at() - TimeDelta::hours(1) },
                "held until 2026-06-01 09:00:00 UTC, asked at 2026-06-01 10:00:00 UTC; accepted: later than that",
            ),
            (
                Act::Confirm { reservation: name("nobody") },
                "no reservation is named `nobody`; accepted: one that was reserved before",
            ),
            (
                Act::Use { reservation: name("held"), parts: Some(parts(3)) },
                "3 units of the stock of `tea` at `north`; held: 2",
            ),
            (
                Act::Release { reservation: name("held"), parts: Some(vec![]) },
                "`parts` is empty; accepted: 1 to 1000",
            ),
            (
                Act::Release { reservation: name("held"), parts: Some(parts(most)) },
                "9223372036854775807 units of the stock of `tea` at `north`; held: 2",
            ),
            (
                Act::Release { reservation: name("held"), parts: Some([parts(most), parts(1)].concat()) },
                "1 units more for the stock of `tea` at `north` pass what a pool can count; accepted: less",
            ),
            (
                Act::GiveBack { reservation: name("held"), parts: parts(1) },
                "1 units of the stock of `tea` at `north` to give back; used: 0",
            ),
            (
                Act::Move { reservation: name("held"), from: parts(1), to: vec![] },
                "`to` is empty; accepted: 1 to 1000",
            ),
            (
                Act::Split { reservation: name("held"), into: name("other"), parts: parts(2) },
                "the parts are all that `held` holds; accepted: a split that leaves at least one unit",
            ),
            (
                Act::Supply { pool: tea(), delta: 0, guard: Guard::Never },
                "0 units of the stock of `tea` at `north`; accepted: 1 or more",
            ),
            (
                Act::Supply { pool: tea(), delta: most, guard: Guard::Never },
                "9223372036854775807 units more for the stock of `tea` at `north` pass what a pool can count; \
                 accepted: less",
            ),
            (
                Act::Supply { pool: tea(), delta: i64::MIN, guard: Guard::Never },
                "9223372036854775807 units of the stock of `tea` at `north`; on hand: 5",
            ),
            (
                Act::Transfer { from: tea(), to: tea(), units: 1, keep: 0 },
                "the stock of `tea` at `north` and the stock of `tea` at `north` do not hold the same; accepted: \
                 another pool of like units",
            ),
            (
                Act::Transfer { from: tea(), to: pot(), units: 1, keep: 0 },
                "the stock of `tea` at `north` and the stock of `pot` at `north` do not hold the same; accepted: \
                 another pool of like units",
            ),
            (
                Act::Transfer { from: tea(), to: pot(), units: 1, keep: -1 },
                "-1 for the stock of `tea` at `north`; accepted: 0 or more",
            ),
            (
                Act::SetLimit { pool: tea(), limit: -1 },
                "-1 for the stock of `tea` at `north`; accepted: 0 or more",
            ),
            (
                Act::Count { pool: tea(), counted: -1 },
                "-1 for the stock of `tea` at `north`; accepted: 0 or more",
            ),
        ];
        for store in stores() {
            let before = levels(&*store);
            for (n, (act, sentence)) in cases.iter().enumerate() {
                let refusal = ask(&*store, &format!("case {n}"), act.clone(), at()).unwrap_err();
                assert_eq!(refusal.to_string(), *sentence, "{act:?}");
                assert!(!refusal.code().is_empty());
                assert_eq!(levels(&*store), before, "{act:?} changed something");
            }
        }
    }

    #[test]
    fn an_unbounded_pool_still_counts_in_64_bits() {
        for store in stores() {
            let reserve = |n: u32| Act::Reserve {
                reservation: name(&format!("big {n}")),
                legs: vec![Leg::all(pot(), i64::MAX / 2)],
                until: None,
            };
            ask(&*store, "1", reserve(1), at()).unwrap();
            ask(&*store, "2", reserve(2), at()).unwrap();
            let refusal = ask(&*store, "3", reserve(3), at()).unwrap_err();
            assert_eq!(refusal.code(), "overflow");
            ask(&*store, "4", Act::Release { reservation: name("big 1"), parts: None }, at()).unwrap();
            assert_eq!(levels(&*store)[1].unwrap().reserved, i64::MAX / 2);
        }
    }

    #[test]
    fn every_moment_is_taken() {
        for moment in [DateTime::<Utc>::MIN_UTC, DateTime::UNIX_EPOCH, DateTime::<Utc>::MAX_UTC] {
            for store in stores() {
                let legs = vec![Leg::all(tea(), 1)];
                let act =
                    Act::Reserve { reservation: name("new"), legs, until: Some(DateTime::<Utc>::MAX_UTC) };
                let answer = ask(&*store, "1", act, moment);
                assert_eq!(answer.is_ok(), moment < DateTime::<Utc>::MAX_UTC, "{answer:?}");
                ask(&*store, "2", Act::Count { pool: tea(), counted: 9 }, moment).unwrap();
                pollster::block_on(store.sweep(moment, 9)).unwrap();
                assert!(levels(&*store)[0].is_some());
            }
        }
    }

    #[test]
    fn a_million_legs_are_a_million_answers_or_one_refusal() {
        let store = MemoryStore::new();
        let one =
            Command { op: "1".parse().unwrap(), act: reserve(vec![Leg::all(tea(), 1); 1_000_000], None) };
        let mut answers = Vec::new();
        store.execute_into(std::slice::from_ref(&one), at(), &mut answers);
        assert!(
            matches!(answers[0], Err(Refusal::TooMany { list: List::Legs, given: 1_000_000 })),
            "{answers:?}"
        );
        let supply = Command {
            op: "2".parse().unwrap(),
            act: Act::Supply { pool: tea(), delta: 5_000, guard: Guard::Never },
        };
        store.execute_into(&[supply], at(), &mut answers);
        let batch: Vec<Command> = (0..10_000)
            .map(|n| {
                let reservation = name(&format!("n{n}"));
                let act = Act::Reserve { reservation, legs: vec![Leg::all(tea(), 1); 100], until: None };
                Command { op: format!("n{n}").parse().unwrap(), act }
            })
            .collect();
        answers.clear();
        store.execute_into(&batch, at(), &mut answers);
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 50);
        assert_eq!(store.level(&tea(), at()).unwrap().available(), Some(0));
    }

    #[test]
    fn a_budget_has_one_currency() {
        let (budget, euros) = ("spring".parse().unwrap(), Money::minor(500, Currency::EUR));
        assert_eq!(Leg::money("spring".parse().unwrap(), Currency::EUR, euros).unwrap().units, 500);
        let refusal = Leg::money(budget, Currency::USD, euros).unwrap_err();
        assert_eq!(refusal.to_string(), "5.00 EUR from budget `spring`; accepted: amounts in USD");
    }

    #[test]
    fn commands_from_outside_are_checked() {
        for wrong in [
            r#"{"op": "", "act": {"kind": "confirm", "reservation": "r"}}"#,
            r#"{"op": "1", "act": {"kind": "conform", "reservation": "r"}}"#,
            r#"{"op": "1", "act": {"kind": "confirm", "reservation": "r", "until": "2026-06-01T10:00:00Z"}}"#,
            r#"{"op": "1", "act": {"kind": "count", "pool": {"kind": "stock", "location": "l"}, "counted": 1}}"#,
            r#"{"op": "1", "act": {"kind": "count", "pool": {"kind": "budget", "budget": "b", "currency": "QQQ"}, "counted": 1}}"#,
        ] {
            serde_json::from_str::<Command>(wrong).expect_err(wrong);
        }
    }
}
