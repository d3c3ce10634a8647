//! Orders with a proven optimum: the solver finds exactly that, and its plans keep every rule.

#[path = "../examples/source/instance.rs"]
#[allow(dead_code, reason = "the example reads more of an instance than this test")]
mod instance;

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use order_workflow::decision::Explain;
    use order_workflow::sourcing::{Objective, Proof, Solver, SourcingRefusal, Work};

    use crate::instance::Instance;

    fn instances() -> Vec<Instance> {
        let own = || Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/sourcing");
        let folder = std::env::var_os("ORDER_WORKFLOW_SOURCING").map_or_else(own, PathBuf::from);
        let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").path())
            .collect();
        files.retain(|file| file.extension().is_some_and(|ending| ending == "jsonl"));
        files.sort();
        let texts = files.iter().map(|file| std::fs::read_to_string(file).expect("a file"));
        texts.flat_map(|text| text.lines().map(read).collect::<Vec<_>>()).collect()
    }

    fn read(line: &str) -> Instance {
        serde_json::from_str(line).expect("an instance")
    }

    #[test]
    fn every_known_optimum_is_found_and_proven() {
        let instances = instances();
        assert!(instances.len() >= 97, "only {} instances", instances.len());
        let mut solver = Solver::new();
        let mut failed = Vec::new();
        for instance in &instances {
            let answer = solver.solve(
                &instance.problem().expect("a problem"),
                &Objective::Cost,
                Work::default(),
                Explain::Brief,
            );
            if let Err(why) = instance.check(&answer) {
                failed.push(format!("{}: {why}", instance.id));
            }
        }
        assert!(failed.is_empty(), "{} of {}:\n{}", failed.len(), instances.len(), failed.join("\n"));
    }

    #[test]
    fn scratch_changes_no_answer() {
        let instances = instances();
        let mut used = Solver::new();
        for instance in instances.iter().rev().step_by(7) {
            let problem = instance.problem().expect("a problem");
            let solve = |solver: &mut Solver| {
                solver.solve(&problem, &Objective::Cost, Work::default(), Explain::Brief)
            };
            assert_eq!(solve(&mut used), solve(&mut Solver::new()), "{}", instance.id);
        }
    }

    /// Wherever the budget ends, what is said of the optimum holds, and more work says no less.
    #[test]
    fn a_budget_ends_anywhere_and_its_bound_holds() {
        let mut gaps = 0;
        for instance in instances().iter().step_by(3) {
            let problem = instance.problem().expect("a problem");
            let known = instance.solution.cost;
            for nodes in [1, 2, 5, 13, 40, 90, 200, 1_000] {
                let work = Work::nodes(nodes);
                match Solver::new().solve(&problem, &Objective::Cost, work, Explain::Brief) {
                    Ok(plan) => {
                        let cost = instance.priced(&plan).expect("a plan keeps the rules");
                        assert_eq!(cost, plan.cost.paid(), "{}", instance.id);
                        assert!(plan.nodes <= nodes + 2, "{}: {} of {nodes} nodes", instance.id, plan.nodes);
                        match plan.proof {
                            Proof::Optimal => assert_eq!(cost, known, "{} within {nodes}", instance.id),
                            Proof::Gap { bound } => {
                                gaps += 1;
                                assert!(
                                    bound <= known && known <= cost,
                                    "{}: {bound} {known} {cost}",
                                    instance.id
                                );
                            }
                        }
                    }
                    Err(SourcingRefusal::Infeasible { most, shippable, .. }) => {
                        assert_eq!(Some(shippable), instance.solution.max_units, "{}", instance.id);
                        assert!(instance.priced(&most).expect("a plan keeps the rules") >= known);
                    }
                    Err(SourcingRefusal::Unproven { bound, .. }) => {
                        assert!(bound <= known, "{}", instance.id)
                    }
                    Err(other) => panic!("{}: {other}", instance.id),
                }
            }
        }
        assert!(gaps > 20, "only {gaps} budgets ended before the proof");
    }

    #[test]
    fn the_check_names_a_broken_rule_and_a_wrong_price() {
        let instances = instances();
        let instance = instances.iter().find(|one| one.id.starts_with("B-20x5")).expect("one with tariffs");
        let solve = || {
            Solver::new().solve(
                &instance.problem().expect("a problem"),
                &Objective::Cost,
                Work::default(),
                Explain::Brief,
            )
        };
        assert_eq!(instance.check(&solve()), Ok(()));
        let wrong = |change: &dyn Fn(&mut order_workflow::sourcing::Plan)| {
            let mut answer = solve();
            change(answer.as_mut().expect("a plan"));
            instance.check(&answer).expect_err("a broken rule")
        };
        assert!(wrong(&|plan| plan.shipments[0].lines[0].1 += 50).contains("and has"));
        assert!(wrong(&|plan| plan.cost.units += 1).contains("but costs"));
        assert!(
            wrong(&|plan| {
                plan.shipments.pop();
            })
            .contains("costs")
        );
        assert!(wrong(&|plan| plan.proof = Proof::Gap { bound: 0 }).contains("proven only"));
    }
}
