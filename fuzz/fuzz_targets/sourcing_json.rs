//! Stored or sent JSON: a problem that is read is solved within a small budget and its plan checked, or it is refused
//! by name.
#![no_main]

#[path = "../../tests/sourcing/priced.rs"]
mod priced;

use libfuzzer_sys::fuzz_target;
use order_workflow::decision::Explain;
use order_workflow::sourcing::{Objective, Plan, Problem, Proof, Solver, SourcingRefusal, Work};

/// So much that every run stays short.
const UNITS_MAX: u64 = 300;
const CELLS_MAX: usize = 400;
const NODES: u64 = 300;

fn check(problem: &Problem, plan: &Plan) {
    let cost = priced::priced(problem, &priced::ships(problem, plan)).expect("a plan keeps the rules");
    assert_eq!(cost, plan.value, "a plan is worth what it says");
    assert_eq!(plan.cost.weighed(), plan.value);
    if let Proof::Gap { bound } = plan.proof {
        assert!(bound <= plan.value);
    }
    let text = serde_json::to_string(plan).expect("a plan is JSON");
    assert_eq!(serde_json::from_str::<Plan>(&text).expect("what was written is read"), *plan);
}

fuzz_target!(|data: &[u8]| {
    let Ok(problem) = serde_json::from_slice::<Problem>(data) else { return };
    if problem.units() > UNITS_MAX || problem.lines.len() * problem.locations.len() > CELLS_MAX {
        assert!(problem.check().is_ok() || problem.check().is_err());
        return;
    }
    let mut solver = Solver::new();
    match solver.solve(&problem, &Objective::Cost, Work::nodes(NODES), Explain::Brief) {
        Ok(plan) => {
            check(&problem, &plan);
            let again = Solver::new().solve(&problem, &Objective::Cost, Work::nodes(NODES), Explain::Full);
            assert_eq!(again.map(|full| Plan { explanation: None, ..full }), Ok(plan), "reasons change an answer");
        }
        Err(SourcingRefusal::Infeasible { most, shippable, asked, .. }) => {
            check(&problem, &most);
            assert!(shippable < asked);
        }
        Err(SourcingRefusal::Invalid(error)) => assert!(problem.check() == Err(error)),
        Err(_) => {}
    }
});
