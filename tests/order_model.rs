//! The order against a second opinion that is too naive to share its mistakes: one cell a unit, plain sums,
//! everything recomputed. After every step both must agree, and what always holds must hold.
#[cfg(test)]
#[path = "order_model/asks.rs"]
mod asks;
#[cfg(test)]
#[path = "order_model/cells.rs"]
mod cells;
#[cfg(test)]
#[path = "order_model/facts.rs"]
mod facts;
#[cfg(test)]
#[path = "order_model/steps.rs"]
mod steps;
#[cfg(test)]
#[path = "order_model/trial.rs"]
mod trial;

use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn the_order_agrees_with_its_cells(
        placement in steps::placement(),
        policy in steps::policy(),
        head in 0..5_u8,
        plan in prop::collection::vec(steps::step(), 1..50),
    ) {
        if let Err(problem) = trial::Trial::run(&placement, &policy, head, &plan) {
            return Err(TestCaseError::fail(problem));
        }
    }
}

/// The random steps are worth something only if they lead everywhere: every stage of every way, every anomaly
/// that an order can have, every request accepted, every payment event.
#[cfg(test)]
mod reach {
    use std::collections::BTreeSet;

    use order_workflow::order::{AnomalyKind, OrderChange, RequestKind, Stage, Way};
    use proptest::{
        strategy::{Strategy, ValueTree},
        test_runner::TestRunner,
    };

    use super::{prop, steps, trial::Trial};

    #[test]
    fn the_steps_lead_everywhere() {
        let mut runner = TestRunner::deterministic();
        let plans =
            (steps::placement(), steps::policy(), 0..5_u8, prop::collection::vec(steps::step(), 1..60));
        let mut reached: BTreeSet<String> = BTreeSet::new();
        for _ in 0..1_600 {
            let (placement, policy, head, plan) = plans.new_tree(&mut runner).expect("a plan").current();
            let mut trial = Trial::begin(&placement, &policy).expect("it can be placed");
            let went = trial.head(head).and_then(|()| {
                for (by, step) in plan {
                    trial.step(by, step)?;
                    for line in &trial.model.lines {
                        reached.extend(line.cells.iter().map(|cell| at(line.way, cell.stage)));
                    }
                }
                Ok(())
            });
            went.unwrap_or_else(|problem| panic!("{}", trial.told_with_history(&problem)));
            reached.extend(trial.accepted.iter().map(|kind| format!("request {kind}")));
            for event in &trial.events {
                reached.insert(match &event.what {
                    OrderChange::Anomaly(anomaly) => format!("anomaly {}", anomaly.kind),
                    OrderChange::Payment { what, .. } => {
                        named("payment", serde_json::to_value(what), "payment")
                    }
                    what => named("change", serde_json::to_value(what), "change"),
                });
            }
        }
        let mut wanted: Vec<String> = vec![];
        let [always, goods, ship, counter] = stages();
        for way in Way::ALL {
            wanted.extend(always.iter().map(|stage| at(way, *stage)));
        }
        for way in [Way::Ship, Way::PickUp] {
            wanted.extend(goods.iter().map(|stage| at(way, *stage)));
        }
        wanted.extend(ship.iter().map(|stage| at(Way::Ship, *stage)));
        wanted.extend(counter.iter().map(|stage| at(Way::PickUp, *stage)));
        wanted.push(at(Way::Digital, Stage::Granted));
        wanted.extend(RequestKind::ALL.iter().map(|kind| format!("request {kind}")));
        // Money without an order never reaches one.
        let of_orders =
            |kind: &&AnomalyKind| !matches!(kind, AnomalyKind::DuplicateCallback | AnomalyKind::UnknownOrder);
        wanted.extend(AnomalyKind::ALL.iter().filter(of_orders).map(|kind| format!("anomaly {kind}")));
        let missed: Vec<&String> = wanted.iter().filter(|name| !reached.contains(*name)).collect();
        assert!(missed.is_empty(), "never reached: {missed:?}\nreached: {reached:?}");
    }

    fn at(way: Way, stage: Stage) -> String {
        format!("{way:?} {}", stage.name())
    }

    fn named(of: &str, value: serde_json::Result<serde_json::Value>, tag: &str) -> String {
        format!("{of} {}", value.expect("it serialises")[tag])
    }

    /// Stages of every way, of goods, of parcels, of the counter.
    fn stages() -> [&'static [Stage]; 4] {
        use Stage::*;
        [
            &[Placed, Confirmed, Completed, Cancelled, ReturnRequested, Refunded],
            &[Allocated, Released, Picked, Packed, Verified, Recalling, ReturnComing, Received, Exchanged],
            &[Shipped, Delivered, Lost],
            &[ReadyForPickUp, Collected, Lapsed],
        ]
    }
}
