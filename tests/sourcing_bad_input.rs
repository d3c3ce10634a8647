//! Bad input gets an error that names it; large input stays within its budget.

#[cfg(test)]
mod tests {
    use order_workflow::decision::Explain;
    use order_workflow::sourcing::{
        Criterion, Distance, Failed, Location, Objective, Plan, Planned, Problem, Proof, Remedies, Scorecard,
        Solver, SourcingRefusal, Standing, Tariff, Work, remedies,
    };
    use serde_json::{Value, json};

    fn problem() -> Value {
        json!({
            "currency": "EUR",
            "lines": [{ "id": "1", "sku": "tea", "units": 2, "grams": 100 }, { "id": "2", "sku": "cup", "units": 1 }],
            "tariffs": [[[1000, 300], [2000, 400]]],
            "locations": [
                { "id": "a", "offers": [{ "stock": 2, "unit_cost": 5 }, { "stock": 1 }],
                  "services": [{ "name": "post", "fixed_cost": 100, "tariff": 0 }] },
                { "id": "b", "offers": [{ "stock": 2 }, { "stock": 1 }] }
            ]
        })
    }

    fn solve(problem: &Value) -> Result<i64, String> {
        let problem: Problem = serde_json::from_value(problem.clone()).map_err(|error| error.to_string())?;
        let plan = Solver::new().solve(&problem, &Objective::Cost, Work::default(), Explain::Full);
        plan.map(|plan| plan.value).map_err(|error| error.to_string())
    }

    /// Only two of three pieces of many units fit: which two, and what the third would cost, is counted exactly.
    #[test]
    fn pieces_of_many_units_are_left_out_for_what_they_save() {
        let mut lines = vec![];
        let mut offers = vec![];
        for (group, cost) in [2, 6, 4].into_iter().enumerate() {
            lines.push(json!({ "id": format!("dear {group}"), "sku": format!("d{group}"), "units": 1 }));
            lines.push(json!({ "id": format!("free {group}"), "sku": format!("f{group}"), "units": 33_332 }));
            offers.push(json!({ "stock": 1, "unit_cost": cost }));
            offers.push(json!({ "stock": 33_332 }));
        }
        let problem = json!({
            "currency": "EUR", "lines": lines, "together": [[0, 1], [2, 3], [4, 5]],
            "locations": [{ "id": "a", "capacity": 66_666, "offers": offers,
                "services": [{ "name": "post", "fixed_cost": 4 }] }]
        });
        let problem: Problem = serde_json::from_value(problem).unwrap();
        let answer = Solver::new().solve(&problem, &Objective::Cost, Work::default(), Explain::Brief);
        let Err(SourcingRefusal::Infeasible { most, shippable, .. }) = answer else { panic!("{answer:?}") };
        assert_eq!((shippable, most.value, most.proof), (66_666, 10, Proof::Optimal));
    }

    #[test]
    fn dear_pieces_of_many_units_do_not_overflow() {
        let line = |id: &str, units: u32| json!({ "id": id, "sku": id, "units": units, "no_split": true });
        let problem = json!({
            "currency": "EUR", "lines": [line("1", 8_396), line("2", 8_003)],
            "locations": [{ "id": "a", "capacity": 15_702, "offers": [
                { "stock": 8_396, "unit_cost": 1_945_400 }, { "stock": 8_003, "unit_cost": 1_161_200 }] }]
        });
        let problem: Problem = serde_json::from_value(problem).unwrap();
        let answer = Solver::new().solve(&problem, &Objective::Cost, Work::default(), Explain::Brief);
        let Err(SourcingRefusal::Infeasible { most, shippable, .. }) = answer else { panic!("{answer:?}") };
        assert_eq!((shippable, most.value, most.proof), (8_396, 8_396 * 1_945_400, Proof::Optimal));
    }

    #[test]
    fn each_flaw_is_named() {
        assert_eq!(solve(&problem()), Ok(0));
        for (at, value, says) in [
            ("/lines", json!([]), "the problem has no lines"),
            ("/lines/0/units", json!(0), "line `1` asks for no units"),
            ("/lines/1/id", json!("1"), "line `1` stands twice"),
            ("/lines/0/unmet_cost", json!(-3), "an unmet unit of line `1` costs -3"),
            ("/lines/0/units", json!(4_000_000_000u32), "the problem asks for 4000000001 units"),
            (
                "/lines/0",
                json!({ "id": "1", "sku": "tea", "units": 90_000, "grams": 4_000_000_000u32 }),
                "all units weigh 360000000000000 g",
            ),
            ("/locations/1/id", json!("a"), "location `a` stands twice"),
            ("/locations/1/offers", json!([{ "stock": 2 }]), "location `b` has 1 offers for 2 lines"),
            (
                "/lines/1/sku",
                json!("tea"),
                "location `a` has 2 units for one line of a SKU and 1 for line `2`",
            ),
            ("/locations/0/offers/0/unit_cost", json!(-1), "unit_cost of line `1` at `a` costs -1"),
            ("/locations/0/offers/0/stock_price", json!(-1), "stock_price of line `1` at `a` costs -1"),
            ("/locations/0/services/0/fixed_cost", json!(-1), "fixed_cost at `a` costs -1"),
            ("/locations/0/services/0/late_cost", json!(-9), "late_cost at `a` costs -9"),
            (
                "/locations/0/services/0/fixed_cost",
                json!(i64::MAX),
                "all costs together reach 9223372036854775807",
            ),
            ("/locations/0/offers/0/unit_cost", json!(1i64 << 39), "accepted: up to 1099511627776"),
            ("/locations/0/services/0/tariff", json!(1), "a service of `a` has tariff 1 of 1"),
            ("/tariffs/0", json!([]), "tariff 0: it has no steps"),
            ("/tariffs/0/1/0", json!(1000), "tariff 0: step 1 does not weigh more"),
            ("/tariffs/0/0/0", json!(0), "tariff 0: step 0 does not weigh more"),
            ("/tariffs/0/1/1", json!(299), "tariff 0: step 1 costs less"),
            ("/together", json!([[0, 2]]), "`together` names line 2 of 2"),
            ("/together", json!([[0], [0, 1]]), "line `1` is in two groups"),
            ("/together", json!([[0, 1], [0, 1]]), "line `1` is in two groups"),
            ("/apart", json!([[0, 5]]), "`apart` names line 5 of 2"),
            ("/apart", json!([[1, 1]]), "lines `2` and `2` must leave together and apart"),
            ("/locations/0/position", json!([91.0, 0.0]), "position 91, 0 is not on earth"),
            ("/locations/0/surprise", json!(1), "unknown field `surprise`"),
            ("/lines/0/units", json!(-1), "invalid value"),
        ] {
            let mut wrong = problem();
            let (parent, key) = at.rsplit_once('/').unwrap();
            let parent = if parent.is_empty() { &mut wrong } else { wrong.pointer_mut(parent).unwrap() };
            match key.parse::<usize>() {
                Ok(index) => parent[index] = value,
                Err(_) => parent[key] = value,
            }
            let said = solve(&wrong).expect_err(at);
            assert!(said.contains(says), "{at}: {said}");
            assert!(
                said.contains("accepted") || at.contains("surprise") || says == "invalid value",
                "{at}: {said}"
            );
        }
    }

    #[test]
    fn a_group_is_priced_as_a_whole_or_not_at_all() {
        let mut mixed = problem();
        mixed["together"] = json!([[0, 1]]);
        assert_eq!(solve(&mixed), Ok(0));
        mixed["lines"][1]["unmet_cost"] = json!(3);
        assert!(
            solve(&mixed)
                .unwrap_err()
                .contains("lines `1` and `2` leave together, but only one has an unmet_cost")
        );
    }

    #[test]
    fn what_stands_must_fit_the_problem() {
        let problem: Problem = serde_json::from_value(problem()).unwrap();
        let of = |location, line, units| Planned { location, line, units };
        for (standing, says) in [
            (
                Standing { planned: vec![of(2, 0, 1)], ..Standing::default() },
                "planned names location 2 of 2 and line 0 of 2",
            ),
            (
                Standing { picked: vec![of(0, 2, 1)], ..Standing::default() },
                "picked names location 0 of 2 and line 2 of 2",
            ),
            (
                Standing { picked: vec![of(0, 0, 2), of(1, 0, u32::MAX)], ..Standing::default() },
                "picked has 4294967297 units of line `1`",
            ),
            (
                Standing { failed: vec![Failed { location: 9, line: None }], ..Standing::default() },
                "failed names location 9 of 2",
            ),
            (Standing { worth: -1, ..Standing::default() }, "what a plan is left for costs -1"),
        ] {
            let said = Solver::new()
                .solve_again(&problem, &Objective::Cost, Work::default(), Explain::Brief, &standing)
                .unwrap_err();
            assert!(said.to_string().contains(says), "{said}");
        }
    }

    #[test]
    fn remedies_take_no_plan_of_another_problem() {
        let problem: Problem = serde_json::from_value(problem()).unwrap();
        let said = |change: fn(&mut Plan)| {
            let mut plan =
                Solver::new().solve(&problem, &Objective::Cost, Work::default(), Explain::Brief).unwrap();
            change(&mut plan);
            remedies(&problem, &Standing::default(), &plan, &[], Work::default()).map_err(|no| no.to_string())
        };
        assert_eq!(said(|_| ()), Ok(Remedies::default()));
        for (change, says) in [
            (
                (|plan| plan.unmet = vec![(0, u32::MAX), (0, u32::MAX)]) as fn(&mut Plan),
                "8589934592 units of line `1`; accepted: the 2",
            ),
            (|plan| plan.unmet = vec![(99, 5)], "`unmet` names line 99 of 2"),
            (|plan| plan.shipments[0].location = 7, "plan names location 7 of 2"),
            (|plan| *plan = Plan::default(), "the plan ships or leaves 0 units of line `1`"),
        ] {
            let said = said(change).unwrap_err();
            assert!(said.contains(says), "{said}");
        }
    }

    /// What is in the box needs neither shelf nor capacity: a location that closes after the pick keeps it.
    #[test]
    fn what_is_picked_stays_where_nothing_more_can_come_from() {
        let mut closed = problem();
        closed["locations"][0]["capacity"] = json!(0);
        closed["locations"][0]["offers"][0]["stock"] = json!(0);
        let problem: Problem = serde_json::from_value(closed).unwrap();
        let picked = vec![Planned { location: 0, line: 0, units: 2 }];
        let standing = Standing {
            planned: picked.clone(),
            picked,
            failed: vec![Failed { location: 0, line: None }],
            worth: 0,
        };
        let again = Solver::new()
            .solve_again(&problem, &Objective::Cost, Work::default(), Explain::Brief, &standing)
            .unwrap();
        let ships: Vec<_> =
            again.plan.shipments.iter().map(|one| (one.location, one.lines.clone())).collect();
        assert_eq!(ships, [(0, vec![(0, 2)]), (1, vec![(1, 1)])]);
    }

    #[test]
    fn no_locations_and_closed_ones_ship_nothing() {
        for (at, value) in [("locations", json!([])), ("max_locations", json!(0))] {
            let mut wrong = problem();
            wrong[at] = value;
            let problem: Problem = serde_json::from_value(wrong).unwrap();
            let answer = Solver::new().solve(&problem, &Objective::Cost, Work::default(), Explain::Full);
            let Err(SourcingRefusal::Infeasible { most, shippable: 0, asked: 3, .. }) = answer else {
                panic!("{answer:?}")
            };
            assert_eq!((most.shipments.len(), most.unmet.as_slice()), (0, &[(0, 2), (1, 1)][..]));
        }
    }

    #[test]
    fn a_criterion_that_gives_no_number_is_named() {
        struct Odd(f64);
        impl Criterion for Odd {
            fn measure(&self, _: &Problem, _: &Location) -> Option<f64> {
                Some(self.0)
            }
        }
        let problem: Problem = serde_json::from_value(problem()).unwrap();
        let by = |card: Scorecard<'_>| {
            let plan =
                Solver::new().solve(&problem, &Objective::Scorecard(&card), Work::default(), Explain::Full);
            plan.map(|plan| plan.locations()).map_err(|error| error.to_string())
        };
        for (value, text) in [(f64::NAN, "NaN"), (f64::INFINITY, "inf")] {
            let odd = Odd(value);
            let said = by(Scorecard::new().with(1.0, &odd)).unwrap_err();
            assert!(said.starts_with(&format!("criterion `custom` gave {text} for `a`")), "{said}");
        }
        assert_eq!(by(Scorecard::new().with(1.0, &Odd(f64::MAX)).with(1.0, &Odd(f64::MIN))), Ok(1));
        assert_eq!(
            by(Scorecard::new().with(1.0, &Distance)),
            Ok(1),
            "a position that is missing is the worst"
        );
        for weight in [-1.0, f64::NAN, f64::INFINITY] {
            assert!(
                by(Scorecard::new().with(weight, &Distance))
                    .unwrap_err()
                    .starts_with("the weight of `distance`")
            );
            assert!(
                by(Scorecard::new().with(1.0, &Distance).with_split(weight))
                    .unwrap_err()
                    .starts_with("a location more costs")
            );
        }
        assert_eq!(by(Scorecard::new().with(0.0, &Odd(f64::NAN)).with(1.0, &Distance)), Ok(1), "not asked");
        assert_eq!(format!("{:?}", Scorecard::default()), format!("{:?}", Scorecard::new()));
        assert!(by(Scorecard::new()).unwrap_err().starts_with("the weight of `scorecard` is 0"));
    }

    #[test]
    fn a_tariff_is_written_out_for_so_many_parcels_and_no_more() {
        let tariff = |steps: &[(u32, i64)]| Tariff { steps: steps.to_vec() };
        let says = |tariff: Tariff, parcels: u32| tariff.in_parcels(parcels).map_err(|flaw| flaw.to_string());
        let two = tariff(&[(1_000, 500), (2_000, 600)]);
        let most = two.in_parcels(5_000).unwrap();
        assert_eq!((most.steps.len(), most.cost(10_000_000)), (10_000, Some(3_000_000)));
        assert_eq!(most.cost(10_000_001), None);
        assert_eq!(says(two.clone(), 5_001), Err("it has no 5001 parcels; accepted: 1 to 5000".into()));
        assert_eq!(says(two, u32::MAX), Err("it has no 4294967295 parcels; accepted: 1 to 5000".into()));
        assert_eq!(says(tariff(&[(1 << 30, 1)]), 4), Err("it has no 4 parcels; accepted: 1 to 3".into()));
        assert_eq!(says(tariff(&[]), 2), Err("it has no steps".into()));
        let falling = says(tariff(&[(1, 2), (2, 1)]), 2).unwrap_err();
        assert!(falling.starts_with("step 1 costs less"), "{falling}");
    }

    /// Numbers as a hash draws them, for one large problem.
    fn drawn(seed: u64) -> u64 {
        let mut mixed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed ^= mixed >> 29;
        mixed.wrapping_mul(0x94d0_49bb_1331_11eb) >> 33
    }

    #[test]
    fn a_thousand_locations_and_two_hundred_lines_stay_within_the_budget() {
        let lines = (0..200u64).map(|at| json!({ "id": at.to_string(), "sku": at.to_string(), "units": 1 + drawn(at) % 4, "grams": drawn(at) % 3_000 }));
        let locations = (0..1_000u64).map(|location| {
            let offers = (0..200u64).map(|line| {
                let draw = drawn(location * 1_000 + line + 7);
                json!({ "stock": if draw.is_multiple_of(3) { draw / 8 % 9 } else { 0 }, "unit_cost": 40 + draw / 64 % 200 })
            });
            let service = json!({ "name": "post", "fixed_cost": 200 + drawn(location) % 400, "tariff": drawn(location + 9) % 2 });
            json!({ "id": location.to_string(), "offers": offers.collect::<Vec<_>>(), "services": [service] })
        });
        let steps = |price: u64| {
            (1..=200u64).map(|step| json!([step * 5_000, 500 + step * price])).collect::<Vec<_>>()
        };
        let problem = json!({
            "currency": "EUR", "lines": lines.collect::<Vec<_>>(), "locations": locations.collect::<Vec<_>>(),
            "tariffs": [steps(400), steps(450)]
        });
        let problem: Problem = serde_json::from_value(problem).unwrap();
        let nodes = 25;
        let plan =
            Solver::new().solve(&problem, &Objective::Cost, Work::nodes(nodes), Explain::Brief).unwrap();
        let Proof::Gap { bound } = plan.proof else { panic!("{:?} after {}", plan.proof, plan.nodes) };
        assert!(
            plan.nodes <= nodes + 2 && bound > plan.value / 2 && bound <= plan.value,
            "{bound} {}",
            plan.value
        );
    }
}
