//! The solver against a model so plain that it cannot share a mistake: every way to ship every unit, tried.

#[path = "sourcing/priced.rs"]
mod priced;

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta, Utc};
    use order_workflow::Currency;
    use order_workflow::decision::Explain;
    use order_workflow::sourcing::{
        CostLevel, Criterion, Failed, Inbound, Line, Location, Objective, Offer, Plan, Planned, Problem,
        Proof, Remedies, Scorecard, Service, Solver, SourcingRefusal, Standing, StockLevel, Tariff, Verdict,
        Work, moves, remedies,
    };
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::test_runner::TestCaseError;

    use crate::priced::{Ships, priced, ships};

    /// Most units of what must ship, then the least cost.
    fn best(problem: &Problem, fixed: &dyn Fn(&Ships) -> bool) -> Option<(u32, i64)> {
        let mut best: Option<(u32, i64)> = None;
        let mut ships = vec![vec![0; problem.lines.len()]; problem.locations.len()];
        every_way(problem, &mut ships, 0, 0, &mut |ships| {
            if !fixed(ships) {
                return;
            }
            if let Some(cost) = priced(problem, ships) {
                let must = problem.lines.iter().enumerate().filter(|(_, line)| line.unmet_cost.is_none());
                let met: u32 = must.map(|(at, _)| ships.iter().map(|row| row[at]).sum::<u32>()).sum();
                if best.is_none_or(|(most, least)| met > most || (met == most && cost < least)) {
                    best = Some((met, cost));
                }
            }
        });
        best
    }

    fn every_way(
        problem: &Problem,
        ships: &mut Ships,
        location: usize,
        line: usize,
        seen: &mut dyn FnMut(&Ships),
    ) {
        if line == problem.lines.len() {
            return seen(ships);
        }
        if location == problem.locations.len() {
            return every_way(problem, ships, 0, line + 1, seen);
        }
        let left = problem.lines[line].units - ships.iter().map(|row| row[line]).sum::<u32>();
        for units in 0..=left.min(problem.locations[location].offers[line].stock) {
            ships[location][line] = units;
            every_way(problem, ships, location + 1, line, seen);
        }
        ships[location][line] = 0;
    }

    fn solve(problem: &Problem) -> Result<Plan, SourcingRefusal> {
        Solver::new().solve(problem, &Objective::Cost, Work::default(), Explain::Brief)
    }

    fn planned(plan: &Plan) -> Vec<Planned> {
        let lines = plan
            .shipments
            .iter()
            .flat_map(|one| one.lines.iter().map(|(line, units)| (one.location, *line, *units)));
        lines.map(|(location, line, units)| Planned { location, line, units }).collect()
    }

    /// Units met of what must ship, and the value; the plan keeps the rules and is worth what it says.
    fn solved(problem: &Problem) -> Result<(u32, i64), TestCaseError> {
        let must: u32 =
            problem.lines.iter().filter(|line| line.unmet_cost.is_none()).map(|line| line.units).sum();
        let (met, plan) = match solve(problem) {
            Ok(plan) => (must, plan),
            Err(SourcingRefusal::Infeasible { most, shippable, asked, .. }) => {
                prop_assert_eq!(asked, u64::from(must));
                (u32::try_from(shippable).unwrap(), *most)
            }
            Err(other) => return Err(TestCaseError::fail(other.to_string())),
        };
        prop_assert_eq!(plan.proof, Proof::Optimal);
        let value = priced(problem, &ships(problem, &plan));
        prop_assert_eq!(value, Some(plan.value), "the plan is not worth what it says: {:?}", plan);
        prop_assert_eq!(plan.cost.weighed(), plan.value);
        Ok((met, plan.value))
    }

    /// The same problem, its lines and locations in another order.
    fn turned(problem: &Problem, lines: &[usize], locations: &[usize]) -> Problem {
        let mut turned = problem.clone();
        let now = |line: usize| lines.iter().position(|was| *was == line).unwrap();
        turned.lines = lines.iter().map(|was| problem.lines[*was].clone()).collect();
        turned.locations = locations.iter().map(|was| problem.locations[*was].clone()).collect();
        for location in &mut turned.locations {
            location.offers = lines.iter().map(|was| location.offers[*was]).collect();
        }
        for line in turned.together.iter_mut().flatten() {
            *line = now(*line);
        }
        for (one, other) in &mut turned.apart {
            (*one, *other) = (now(*one), now(*other));
        }
        turned
    }

    /// Everything that a solver tells of a problem, with names for places, in the order of names.
    fn by_names(problem: &Problem, objective: &Objective<'_>) -> Result<String, TestCaseError> {
        let answer = Solver::new().solve(problem, objective, Work::default(), Explain::Full);
        let (plan, short) = match answer {
            Ok(plan) => (plan, None),
            Err(SourcingRefusal::Infeasible { most, shippable, asked, .. }) => {
                (*most, Some((shippable, asked)))
            }
            Err(other) => return Err(TestCaseError::fail(other.to_string())),
        };
        let line = |at: usize| problem.lines[at].id.to_string();
        let location = |at: usize| problem.locations[at].id.to_string();
        let sorted = |mut all: Vec<String>| {
            all.sort();
            all.join("\n")
        };
        let units = |units: &[(usize, u32)]| {
            sorted(units.iter().map(|(at, units)| format!("{} {units}", line(*at))).collect())
        };
        let ships = plan.shipments.iter().map(|one| {
            let (at, lines) = (location(one.location), units(&one.lines));
            format!("{at}: {lines} by {:?} for {:?}, {} g", one.service, one.cost, one.grams)
        });
        let explained = plan.explanation.iter().flat_map(|told| &told.locations).map(|told| {
            let verdict = match told.verdict {
                Verdict::Worse { instead_of, by, .. } => format!("{by} worse than {}", location(instead_of)),
                other => format!("{other:?}"),
            };
            format!("{}: {verdict}", location(told.location))
        });
        let second = plan.explanation.iter().flat_map(|told| &told.runner_up).map(|told| {
            let uses = sorted(told.locations.iter().map(|at| location(*at)).collect());
            format!("without {} by {uses}: {}", location(told.without), told.by)
        });
        let name = |at: usize| location(at);
        let place = |name: &str| problem.locations.iter().position(|one| one.id.as_str() == name);
        let inbound: Vec<Inbound> = (0..problem.lines.len())
            .filter_map(|line| {
                Some(Inbound { location: place("l1")?, line, units: 2, at: DateTime::UNIX_EPOCH })
            })
            .collect();
        let found = remedies(problem, &Standing::default(), &plan, &inbound, Work::default()).unwrap();
        let transfers = found.transfers.iter().map(|one| {
            format!(
                "{} {} from {} to {}",
                one.units,
                problem.lines[one.line].sku,
                name(one.from),
                name(one.to)
            )
        });
        let arrivals =
            found.arrivals.iter().map(|one| format!("{} {}", one.units, problem.lines[one.line].sku));
        let stood =
            problem.lines.iter().enumerate().filter_map(|(line, asked)| {
                Some(Planned { location: place("l0")?, line, units: asked.units })
            });
        let moves = moves(problem, &stood.collect::<Vec<_>>(), &plan);
        let moves = moves.iter().map(|one| {
            format!(
                "{} {} from {:?} to {:?}",
                one.units,
                line(one.line),
                one.from.map(location),
                one.to.map(location)
            )
        });
        let criteria = plan
            .explanation
            .iter()
            .flat_map(|told| &told.locations)
            .map(|told| format!("{}: {:?}", name(told.location), told.criteria));
        Ok(format!(
            "{short:?} {} {:?} {} {:?}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}",
            plan.value,
            plan.proof,
            plan.nodes,
            plan.cost,
            units(&plan.unmet),
            sorted(ships.collect()),
            sorted(explained.collect()),
            sorted(second.collect()),
            sorted(criteria.collect()),
            sorted(moves.collect()),
            sorted(transfers.collect()),
            sorted(arrivals.collect()),
        ))
    }

    /// Units that a location cannot ship, counted by shelves and by what it can work off.
    #[test]
    fn a_shelf_is_counted_once() {
        let lacks = |lines: &[(&str, u32, bool)], stock: u32, capacity: Option<u32>| {
            let lines: Vec<_> = lines.iter().enumerate().map(|(at, (sku, units, whole))| {
                serde_json::json!({ "id": at.to_string(), "sku": sku, "units": units, "no_split": whole })
            }).collect();
            let offers: Vec<_> = lines.iter().map(|_| serde_json::json!({ "stock": stock })).collect();
            let problem: Problem = serde_json::from_value(serde_json::json!({
                "currency": "EUR", "lines": lines, "locations": [{ "id": "a", "capacity": capacity, "offers": offers }]
            })).unwrap();
            StockLevel.measure(&problem, &problem.locations[0])
        };
        assert_eq!(lacks(&[("tea", 2, false)], 1, None), Some(1.0));
        assert_eq!(lacks(&[("tea", 1, false), ("tea", 1, false)], 1, None), Some(1.0));
        assert_eq!(lacks(&[("tea", 1, false), ("cup", 1, false)], 1, None), Some(0.0));
        assert_eq!(lacks(&[("tea", 9, false)], 9, Some(1)), Some(8.0));
        assert_eq!(lacks(&[("rug", 9, true)], 8, None), Some(9.0));
    }

    fn offer() -> impl Strategy<Value = (u32, i64, i64, bool)> {
        (
            prop_oneof![2 => Just(0), 5 => 1..4u32],
            0..60i64,
            prop_oneof![4 => Just(0), 1 => 0..30i64],
            prop::bool::weighted(0.08),
        )
    }

    prop_compose! {
        fn service(tariffs: usize)(fixed in 0..90i64, late in prop_oneof![3 => Just(0), 1 => 1..80i64], tariff in 0..=tariffs) -> Service {
            Service { name: "any".into(), fixed_cost: fixed, late_cost: late, tariff: tariff.checked_sub(1), days: None }
        }
    }

    prop_compose! {
        fn location(lines: usize, tariffs: usize)(
            offers in vec(offer(), lines),
            services in vec(service(tariffs), 0..3),
            capacity in prop::option::weighted(0.3, 0..4u32),
            excluded in prop::bool::weighted(0.06),
        ) -> Location {
            let offers = offers.into_iter().map(|(stock, unit_cost, stock_price, forbidden)| Offer { stock, unit_cost, stock_price, forbidden });
            Location { id: "l".parse().unwrap(), position: None, offers: offers.collect(), services, capacity, handles: vec![], excluded }
        }
    }

    prop_compose! {
        fn tariff()(steps in vec((1..900u32, 0..90i64), 1..4)) -> Tariff {
            let (mut grams, mut cost) = (0, 0);
            let rising = steps.into_iter().map(|(more, dearer)| {
                grams += more;
                cost += dearer;
                (grams, cost)
            });
            Tariff { steps: rising.collect() }
        }
    }

    prop_compose! {
        fn problem()(lines in 1..4usize, tariffs in 0..3usize)(
            units in vec((1..4u32, 0..500u32, prop::bool::weighted(0.2), 0..120i64), lines),
            locations in vec(location(lines, tariffs), 0..4),
            tariffs in vec(tariff(), tariffs),
            max_locations in prop::option::weighted(0.4, 0..3usize),
            together in prop::bool::weighted(0.2), apart in prop::bool::weighted(0.2), shared in prop::bool::weighted(0.25),
            priced in 0..3u8,
        ) -> Problem {
            let count = units.len();
            let same = |at: usize| if shared && at == 1 { 0 } else { at };
            let lines = units.into_iter().enumerate().map(|(at, (units, grams, no_split, unmet))| Line {
                id: at.to_string().parse().unwrap(), sku: format!("s{}", same(at)).parse().unwrap(), units, grams, no_split,
                needs: vec![], unmet_cost: (priced == 1 || (priced == 2 && at == 0)).then_some(unmet),
            });
            let locations = locations.into_iter().enumerate().map(|(at, mut location)| {
                location.id = format!("l{at}").parse().unwrap();
                for line in 0..count {
                    location.offers[line].stock = location.offers[same(line)].stock;
                }
                location
            });
            Problem {
                currency: Currency::EUR, destination: None, lines: lines.collect(), locations: locations.collect(), tariffs, max_locations,
                together: if together && count > 2 { vec![vec![1, 2]] } else { vec![] },
                apart: if apart && count > 1 { vec![(0, 1)] } else { vec![] },
            }
        }
    }

    /// The dearer of two units takes the only place, whichever line it is.
    #[test]
    fn what_is_cheap_to_leave_out_makes_room() {
        for (one, other) in [(75, 36), (36, 75)] {
            let problem: Problem = serde_json::from_value(serde_json::json!({
                "currency": "EUR",
                "lines": [{ "id": "0", "sku": "a", "units": 1, "unmet_cost": one }, { "id": "1", "sku": "b", "units": 1, "unmet_cost": other }],
                "locations": [{ "id": "l", "capacity": 1, "offers": [{ "stock": 1 }, { "stock": 1 }],
                                "services": [{ "name": "any", "fixed_cost": 2 }] }]
            })).unwrap();
            assert_eq!(solve(&problem).unwrap().value, 38);
        }
    }

    /// `dear` has only tea; that its cups would cost nothing does not count.
    #[test]
    fn what_a_location_does_not_have_makes_it_no_cheaper() {
        let problem: Problem = serde_json::from_value(serde_json::json!({
            "currency": "EUR",
            "lines": [{ "id": "tea", "sku": "tea", "units": 1 }, { "id": "cup", "sku": "cup", "units": 3 }],
            "locations": [
                { "id": "dear", "offers": [{ "stock": 1, "unit_cost": 500 }, {}] },
                { "id": "cheap", "offers": [{ "stock": 1, "unit_cost": 400 }, { "stock": 3, "unit_cost": 400 }] },
            ]
        })).unwrap();
        let card = Scorecard::new().with(1.0, &CostLevel).with_split(0.0);
        let plan =
            Solver::new().solve(&problem, &Objective::Scorecard(&card), Work::default(), Explain::Brief);
        let ships: Vec<usize> = plan.unwrap().shipments.iter().map(|shipment| shipment.location).collect();
        assert_eq!(ships, [1]);
    }

    proptest! {
        #[test]
        fn it_is_the_best_of_all_ways(problem in problem()) {
            prop_assert_eq!(Some(solved(&problem)?), best(&problem, &|_| true));
        }

        #[test]
        fn the_order_of_lines_and_locations_changes_nothing(
            (problem, lines, locations) in problem().prop_flat_map(|problem| {
                let (lines, locations) = (problem.lines.len(), problem.locations.len());
                let shuffled = |many: usize| Just((0..many).collect::<Vec<_>>()).prop_shuffle();
                (Just(problem), shuffled(lines), shuffled(locations))
            }),
        ) {
            let turned = turned(&problem, &lines, &locations);
            let card = Scorecard::new().with(2.0, &StockLevel).with(1.0, &CostLevel).with_split(0.5);
            for objective in [Objective::Cost, Objective::Scorecard(&card)] {
                prop_assert_eq!(by_names(&turned, &objective)?, by_names(&problem, &objective)?);
            }
        }

        #[test]
        fn reasons_that_little_work_leaves_open_say_so(problem in problem(), nodes in 1..60u64) {
            let tell = |work| Solver::new().solve(&problem, &Objective::Cost, work, Explain::Full);
            let (Ok(little), Ok(all)) = (tell(Work::nodes(nodes)), tell(Work::default())) else { return Ok(()) };
            if little.proof != Proof::Optimal { return Ok(()) }
            prop_assert_eq!(&little.shipments, &all.shipments);
            let holds = |by: i64, at_most: bool, true_by: i64| if at_most { by >= true_by } else { by == true_by };
            let (little, all) = (little.explanation.unwrap(), all.explanation.unwrap());
            for (told, known) in little.locations.iter().zip(&all.locations) {
                match (told.verdict, known.verdict) {
                    (Verdict::NotCompared, _) => {}
                    (Verdict::Worse { by, at_most, .. }, Verdict::Worse { by: true_by, at_most: false, .. }) => {
                        prop_assert!(holds(by, at_most, true_by), "{:?} {:?}", told, known);
                    }
                    (told, known) => prop_assert_eq!(told, known),
                }
            }
            match (little.runner_up, all.runner_up) {
                (Some(told), Some(known)) => {
                    prop_assert!(holds(told.by, told.at_most, known.by), "{:?} {:?}", told, known);
                }
                (told, known) => prop_assert!(told.is_none(), "{:?} {:?}", told, known),
            }
        }

        #[test]
        fn more_stock_or_a_cheaper_lane_never_costs_more(problem in problem(), at in 0..4usize, line in 0..3usize, stock: bool) {
            if problem.locations.is_empty() { return Ok(()) }
            let (met, value) = solved(&problem)?;
            let mut better = problem.clone();
            let at = at % better.locations.len();
            if stock {
                let sku = better.lines[line % better.lines.len()].sku.clone();
                for (line, offer) in better.lines.iter().zip(&mut better.locations[at].offers) {
                    offer.stock += u32::from(line.sku == sku);
                }
            } else {
                better.locations[at].services.iter_mut().for_each(|service| service.fixed_cost /= 2);
            }
            let (met_now, value_now) = solved(&better)?;
            prop_assert!(met_now >= met);
            prop_assert!(met_now > met || value_now <= value, "{} after {}", value_now, value);
        }

        /// What is told to help is put on the shelves, and helps as told: by every way to ship every unit.
        #[test]
        fn remedies_do_what_they_say(problem in problem(), coming in vec((0..3usize, 0..3usize, 0..4u32, 0..5i64), 0..4)) {
            if problem.locations.is_empty() { return Ok(()) }
            let start: DateTime<Utc> = "2026-06-01T08:00:00Z".parse().unwrap();
            let inbound: Vec<Inbound> = coming.into_iter().map(|(location, line, units, days)| Inbound {
                location: location % problem.locations.len(), line: line % problem.lines.len(), units, at: start + TimeDelta::days(days),
            }).collect();
            let plan = match solve(&problem) {
                Ok(plan) => plan,
                Err(SourcingRefusal::Infeasible { most, .. }) => *most,
                Err(other) => return Err(TestCaseError::fail(other.to_string())),
            };
            let found = remedies(&problem, &Standing::default(), &plan, &inbound, Work::default()).unwrap();
            let asked: u32 = problem.lines.iter().map(|line| line.units).sum();
            let ships = |problem: &Problem| {
                let mut all = problem.clone();
                all.lines.iter_mut().for_each(|line| line.unmet_cost = None);
                best(&all, &|_| true).map_or(0, |(met, _)| met)
            };
            let with = |arrivals: &[Inbound]| {
                let mut later = problem.clone();
                arrivals.iter().for_each(|one| later.receive(one.location, one.line, one.units));
                ships(&later)
            };
            let left = |of: &[(usize, u32)]| asked - of.iter().map(|(_, units)| units).sum::<u32>();
            let now = ships(&problem);
            prop_assert_eq!(&found.missing, &plan.unmet);
            if now == asked {
                prop_assert_eq!(found, Remedies { missing: plan.unmet, ..Remedies::default() });
                return Ok(());
            }
            let mut moved = problem.clone();
            for one in &found.transfers {
                prop_assert!(one.units > 0 && moved.locations[one.from].offers[one.line].stock >= one.units, "{:?}", found);
                moved.transfer(one);
            }
            prop_assert_eq!(ships(&moved), left(&found.left_by_transfers), "{:?}", found);
            prop_assert!(found.transfers.is_empty() || ships(&moved) > now);
            prop_assert_eq!(with(&found.arrivals), left(&found.left_by_arrivals), "{:?}", found);
            prop_assert_eq!(with(&found.arrivals), with(&inbound), "{:?}", found);
            for at in 0..found.arrivals.len() {
                let mut fewer = found.arrivals.clone();
                fewer.remove(at);
                prop_assert!(with(&fewer) < with(&inbound), "{:?} without {}", found, at);
            }
            let by = |days: i64| -> Vec<Inbound> {
                inbound.iter().copied().filter(|one| one.at <= start + TimeDelta::days(days)).collect()
            };
            let solved = (0..5).find(|days| with(&by(*days)) == asked).map(|days| start + TimeDelta::days(days));
            prop_assert_eq!(found.solved_at, solved);
        }

        /// What is picked stays, nothing more comes from what failed, and of all such plans it is the best.
        #[test]
        fn sourcing_again_is_the_best_of_what_is_left(problem in problem(), failed in 0..4usize, picked in 0..3u32) {
            let Ok(plan) = solve(&problem) else { return Ok(()) };
            if plan.shipments.is_empty() || !problem.together.is_empty() { return Ok(()) }
            let planned = planned(&plan);
            let first = planned[0];
            if problem.lines[first.line].no_split { return Ok(()) }
            let picked = Planned { units: picked.min(first.units), ..first };
            let failed = Failed { location: failed % problem.locations.len(), line: None };
            let standing = Standing { planned: planned.clone(), picked: vec![picked], failed: vec![failed], worth: 0 };
            let fixed = |ships: &Ships| {
                ships[picked.location][picked.line] >= picked.units
                    && ships[failed.location].iter().enumerate().all(|(line, units)| {
                        *units == if (failed.location, line) == (picked.location, picked.line) { picked.units } else { 0 }
                    })
            };
            let known = best(&problem, &fixed);
            match Solver::new().solve_again(&problem, &Objective::Cost, Work::default(), Explain::Brief, &standing) {
                Ok(again) => {
                    prop_assert!(fixed(&ships(&problem, &again.plan)), "{:?} {:?}", again, standing);
                    prop_assert_eq!(Some(again.plan.value), known.map(|(_, cost)| cost));
                    // The moves turn the old plan into the new one.
                    let mut moved = ships(&problem, &plan);
                    for one in &again.moves {
                        if let Some(from) = one.from {
                            moved[from][one.line] -= one.units;
                        }
                        if let Some(to) = one.to {
                            moved[to][one.line] += one.units;
                        }
                    }
                    prop_assert_eq!(moved, ships(&problem, &again.plan));
                }
                Err(SourcingRefusal::Infeasible { shippable, .. }) => {
                    prop_assert_eq!(Some(shippable), known.map(|(met, _)| u64::from(met)));
                }
                Err(other) => return Err(TestCaseError::fail(other.to_string())),
            }
        }

        #[test]
        fn a_plan_that_still_holds_is_left_only_for_its_worth(problem in problem(), worth in 0..80i64, cheaper in 0..80i64) {
            let Ok(plan) = solve(&problem) else { return Ok(()) };
            if plan.shipments.is_empty() { return Ok(()) }
            let planned = planned(&plan);
            let mut changed = problem.clone();
            for (at, location) in changed.locations.iter_mut().enumerate() {
                let used = planned.iter().any(|one| one.location == at);
                for offer in &mut location.offers {
                    offer.unit_cost = if used { offer.unit_cost } else { (offer.unit_cost - cheaper).max(0) };
                }
            }
            let (_, least) = solved(&changed)?;
            let standing = Standing { planned, picked: vec![], failed: vec![], worth };
            let again = Solver::new().solve_again(&changed, &Objective::Cost, Work::default(), Explain::Brief, &standing).unwrap();
            prop_assert_eq!(again.before, Some(plan.value), "the old plan costs what it did");
            let left = plan.value - least > worth;
            prop_assert_eq!(again.plan.value, if left { least } else { plan.value });
            prop_assert!(left || again.moves.is_empty());
        }
    }
}
