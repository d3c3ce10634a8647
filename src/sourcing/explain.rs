//! Why this plan: what each location was worth, why it lost, and what would have come second.

use serde::{Deserialize, Serialize};

use crate::decision::Explain;
use crate::sourcing::{Objective, Plan, Problem, Solver, SourcingRefusal, Work};

/// Why a plan is as it is.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Explanation {
    /// One for each location of the problem, in its order.
    pub locations: Vec<LocationReason>,
    /// The best plan that does without one of the locations; nothing if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runner_up: Option<RunnerUp>,
}

/// What became of a location.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LocationReason {
    /// Which, by its place in the list.
    pub location: usize,
    /// What each criterion of the scorecard gave; empty where cost decides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub criteria: Vec<CriterionGave>,
    /// Whether it ships, or why not.
    pub verdict: Verdict,
}

/// What a criterion gave a location.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CriterionGave {
    /// Which criterion.
    pub criterion: String,
    /// From 0, the best location of this order, to 1,000,000, the worst.
    pub millionths: u32,
    /// Points a unit from there, by its weight.
    pub points: i64,
}

/// Whether a location ships, or why not.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "is", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Verdict {
    /// It ships.
    Chosen,
    /// The problem rules it out.
    Excluded,
    /// It can work off nothing more.
    Closed,
    /// It has nothing of what it may ship.
    NothingToShip,
    /// It could take the part of another, but the plan would be worse.
    Worse {
        /// The location that it would replace at the least loss.
        instead_of: usize,
        /// How much worse, as [`Plan::value`] counts; below 0 only if the plan is not proven optimal.
        by: i64,
    },
    /// It cannot take the part of any.
    CannotReplace,
    /// The budget ended before it was compared.
    NotCompared,
}

/// What would have come second.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RunnerUp {
    /// The location that it does without.
    pub without: usize,
    /// The locations that it uses.
    pub locations: Vec<usize>,
    /// How much worse it is, as [`Plan::value`] counts; its proof allows.
    pub by: i64,
}

/// Explains a plan that was just found, by solving again without what was chosen, and with each other location in
/// the place of one that was.
pub(super) fn explain(
    solver: &Solver,
    problem: &Problem,
    objective: &Objective<'_>,
    work: Work,
    plan: &Plan,
) -> Explanation {
    let mut other = Solver::new();
    // All comparisons together may do as much as the plan itself.
    let mut left = work.limit();
    let mut smaller = problem.clone();
    let mut solve = |keep: &dyn Fn(usize) -> bool| {
        keep_only(&mut smaller, problem, keep);
        let answer = other.solve(&smaller, objective, Work::nodes(left), Explain::Brief);
        left = left.saturating_sub(other.search.spent.max(1));
        answer
    };
    let chosen: Vec<usize> = plan.shipments.iter().map(|shipment| shipment.location).collect();
    let mut runner_up: Option<(i64, usize, Plan)> = None;
    for without in &chosen {
        let Ok(second) = solve(&|at| at != *without) else { continue };
        if runner_up.as_ref().is_none_or(|(value, _, _)| second.value < *value) {
            runner_up = Some((second.value, *without, second));
        }
    }
    let names = criteria(objective);
    let locations = problem.locations.iter().enumerate().map(|(at, location)| {
        let may_ship = location
            .offers
            .iter()
            .enumerate()
            .any(|(line, offer)| offer.stock > 0 && problem.allowed(location, line));
        let verdict = if chosen.contains(&at) {
            Verdict::Chosen
        } else if location.excluded {
            Verdict::Excluded
        } else if location.capacity == Some(0) {
            Verdict::Closed
        } else if !may_ship {
            Verdict::NothingToShip
        } else {
            let (mut least, mut all): (Option<(i64, usize)>, bool) = (None, true);
            for replaced in &chosen {
                let swap = |of: usize| of == at || (of != *replaced && chosen.contains(&of));
                let swapped = match solve(&swap) {
                    Ok(swapped) => swapped,
                    Err(SourcingRefusal::Unproven { .. }) => {
                        all = false;
                        continue;
                    }
                    Err(_) => continue,
                };
                let uses = swapped.shipments.iter().any(|shipment| shipment.location == at);
                if uses && least.is_none_or(|(by, _)| swapped.value - plan.value < by) {
                    least = Some((swapped.value - plan.value, *replaced));
                }
            }
            match least {
                Some((by, instead_of)) => Verdict::Worse { instead_of, by },
                None if all => Verdict::CannotReplace,
                None => Verdict::NotCompared,
            }
        };
        let criteria = names.iter().zip(&solver.scored.parts).filter_map(|(name, parts)| {
            let (millionths, points) = *parts.get(at)?;
            Some(CriterionGave { criterion: name.clone(), millionths, points })
        });
        LocationReason { location: at, criteria: criteria.collect(), verdict }
    });
    Explanation {
        locations: locations.collect(),
        runner_up: runner_up.map(|(value, without, second)| RunnerUp {
            without,
            locations: second.shipments.iter().map(|shipment| shipment.location).collect(),
            by: value - plan.value,
        }),
    }
}

/// Excludes the other locations, beside those that the problem excludes.
fn keep_only(smaller: &mut Problem, problem: &Problem, keep: impl Fn(usize) -> bool) {
    for (at, (location, of)) in smaller.locations.iter_mut().zip(&problem.locations).enumerate() {
        location.excluded = of.excluded || !keep(at);
    }
}

fn criteria(objective: &Objective<'_>) -> Vec<String> {
    match objective {
        Objective::Cost => Vec::new(),
        Objective::Scorecard(card) => card.names().map(str::to_owned).collect(),
    }
}
