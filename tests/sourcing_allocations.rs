//! Once a solver has seen an order as large, it allocates nothing.

#[path = "../examples/source/instance.rs"]
#[allow(dead_code, reason = "the example reads more of an instance than this test")]
mod instance;

#[cfg(test)]
mod tests {
    use std::path::Path;

    use order_workflow::decision::Explain;
    use order_workflow::sourcing::{
        Distance, Objective, Plan, Problem, Scorecard, Solver, SourcingRefusal, StockLevel, Work,
    };

    use crate::instance::Instance;

    fn problems() -> Vec<(String, Problem)> {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/sourcing/instances.jsonl");
        let text = std::fs::read_to_string(file).unwrap();
        let read = |line: &str| {
            let instance: Instance = serde_json::from_str(line).unwrap();
            (instance.id.clone(), instance.problem().unwrap())
        };
        text.lines().map(read).collect()
    }

    #[test]
    fn a_warm_solver_allocates_nothing() {
        let problems = problems();
        let card = Scorecard::new().with(2.0, &Distance).with(1.0, &StockLevel);
        let (mut solver, mut plan) = (Solver::new(), Plan::default());
        for objective in [Objective::Cost, Objective::Scorecard(&card)] {
            let mut solved = 0;
            // The second round is warm.
            for round in 0..2 {
                for (id, problem) in &problems {
                    let mut answer = Ok(());
                    let counted = allocation_counter::measure(|| {
                        answer = solver.solve_into(
                            problem,
                            &objective,
                            Work::default(),
                            Explain::Brief,
                            &mut plan,
                        );
                    });
                    match answer {
                        Ok(()) if round == 1 => {
                            assert_eq!(counted.count_total, 0, "{id}");
                            solved += 1;
                        }
                        // A refusal brings a plan of its own.
                        Ok(()) | Err(SourcingRefusal::Infeasible { .. }) => {}
                        Err(other) => panic!("{id}: {other}"),
                    }
                }
            }
            assert!(solved > 70, "only {solved} were solved");
        }
    }
}
