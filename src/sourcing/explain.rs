//! Why this plan: what each location was worth, why it lost, and what would have come second.

use serde::{Deserialize, Serialize};

use crate::decision::Explain;
use crate::sourcing::{Objective, Plan, Problem, Proof, Solver, SourcingRefusal, Standing, Work};

/// Why a plan is as it is.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Explanation {
    /// One for each location of the problem, in its order.
    pub locations: Vec<LocationReason>,
    /// The best plan that does without one of the locations; nothing if there is none, or the work ended before one was
    /// found.
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
    /// It ships what is in hand there already, and nothing more.
    InHand,
    /// The problem rules it out.
    Excluded,
    /// It can work off nothing more.
    Closed,
    /// It let the order down, and nothing else could come from it.
    Failed,
    /// It has nothing of what it may ship.
    NothingToShip,
    /// It could take the part of another, but the plan would be worse.
    Worse {
        /// The location that it would replace at the least loss.
        instead_of: usize,
        /// How much worse, as [`Plan::value`] counts; below 0 only if the plan is not proven optimal, or
        /// stands for what it is worth to leave it.
        by: i64,
        /// The work ended before every plan of that kind was ruled out: it is worse by no more than this.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        at_most: bool,
    },
    /// No best plan without one of those chosen uses it: it cannot take the part of any, or others do it better.
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
    /// How much worse it is, as [`Plan::value`] counts; below 0 as in [`Verdict::Worse`].
    pub by: i64,
    /// The work ended before every plan of that kind was ruled out: the second is worse by no more than this.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub at_most: bool,
}

/// Which locations a comparison keeps.
type Keep<'a> = &'a dyn Fn(usize) -> bool;

/// Explains a plan that was just found, by solving again without what was chosen, and with each other location in
/// the place of one that was. What stands stands in all of them, and a location has the same points.
pub(super) fn explain(
    solver: &Solver,
    problem: &Problem,
    objective: &Objective<'_>,
    work: Work,
    plan: &Plan,
) -> Explanation {
    let mut other = Solver::new();
    other.seen.clone_from(&solver.seen);
    other.lowering.clone_from(&solver.lowering);
    other.scored.clone_from(&solver.scored);
    // All comparisons together may do as much as the plan itself.
    let mut left = work.limit();
    let mut smaller = problem.clone();
    let shipped = ships(problem, plan);
    let mut solve = |keep: Keep<'_>| {
        keep_only(&mut smaller, problem, keep);
        let mut found = Plan::default();
        let answer = other.solve_read(&smaller, objective, Work::nodes(left), Explain::Brief, &mut found);
        left = left.saturating_sub(other.search.spent.max(1));
        match answer {
            Ok(()) => Ok(found),
            // A plan that falls short is compared with those that ship as much.
            Err(SourcingRefusal::Infeasible { most, shippable, .. }) if shippable == shipped => Ok(*most),
            Err(refusal) => Err(refusal),
        }
    };
    let standing = solver.lowering.standing();
    // In the order of ids, so that ties fall the same however the locations stand.
    let order = &solver.seen.locations;
    let mut chosen: Vec<usize> = plan.shipments.iter().map(|shipment| shipment.location).collect();
    chosen.sort_unstable_by_key(|location| solver.lowering.place(*location));
    let mut runner_up: Option<(i64, usize, Plan)> = None;
    let mut at_most = false;
    for without in chosen.iter().filter(|at| !standing.holds(**at)) {
        let second = solve(&|at| at != *without);
        at_most |= is_open(&second);
        let Ok(second) = second else { continue };
        if runner_up.as_ref().is_none_or(|(value, _, _)| second.value < *value) {
            runner_up = Some((second.value, *without, second));
        }
    }
    let names = criteria(objective);
    let mut locations = Vec::new();
    for &at in order {
        let verdict = match plain_verdict(problem, standing, plan, at) {
            Some(verdict) => verdict,
            None => compare(&mut solve, &chosen, plan, at),
        };
        let criteria = names.iter().zip(&solver.scored.parts).filter_map(|(name, parts)| {
            let (millionths, points) = *parts.get(at)?;
            Some(CriterionGave { criterion: name.clone(), millionths, points })
        });
        locations.push(LocationReason { location: at, criteria: criteria.collect(), verdict });
    }
    locations.sort_unstable_by_key(|reason| reason.location);
    Explanation {
        locations,
        runner_up: runner_up.map(|(value, without, second)| RunnerUp {
            without,
            locations: second.shipments.iter().map(|shipment| shipment.location).collect(),
            by: value - plan.value,
            at_most,
        }),
    }
}

/// Units that a plan ships of what must ship.
fn ships(problem: &Problem, plan: &Plan) -> u64 {
    let must = |line: usize| problem.lines.get(line).is_some_and(|line| line.unmet_cost.is_none());
    let lines = plan.shipments.iter().flat_map(|shipment| &shipment.lines);
    lines.filter(|(line, _)| must(*line)).map(|(_, units)| u64::from(*units)).sum()
}

/// What can be told of a location without solving anything.
fn plain_verdict(problem: &Problem, standing: &Standing, plan: &Plan, at: usize) -> Option<Verdict> {
    let location = problem.locations.get(at)?;
    if let Some(shipment) = plan.shipments.iter().find(|shipment| shipment.location == at) {
        let in_hand = shipment.lines.iter().all(|(line, units)| standing.in_hand(at, *line) >= *units);
        return Some(if in_hand { Verdict::InHand } else { Verdict::Chosen });
    }
    if location.excluded {
        return Some(Verdict::Excluded);
    }
    if location.capacity == Some(0) {
        return Some(Verdict::Closed);
    }
    let offers = location.offers.iter().enumerate();
    let mut ships = offers
        .filter(|(line, offer)| offer.stock > 0 && problem.allowed(location, *line))
        .map(|(line, _)| standing.has_failed(at, line))
        .peekable();
    let has = ships.peek().is_some();
    match (has, ships.all(|failed| failed)) {
        (false, _) => Some(Verdict::NothingToShip),
        (true, true) => Some(Verdict::Failed),
        (true, false) => None,
    }
}

/// Puts a location in the place of each that was chosen, and says where that loses least.
fn compare(
    solve: &mut dyn FnMut(Keep<'_>) -> Result<Plan, SourcingRefusal>,
    chosen: &[usize],
    plan: &Plan,
    at: usize,
) -> Verdict {
    let (mut least, mut at_most): (Option<(i64, usize)>, bool) = (None, false);
    for replaced in chosen {
        let swapped = solve(&|of| of == at || (of != *replaced && chosen.contains(&of)));
        at_most |= is_open(&swapped);
        let Ok(swapped) = swapped else { continue };
        let uses = swapped.shipments.iter().any(|shipment| shipment.location == at);
        if uses && least.is_none_or(|(by, _)| swapped.value - plan.value < by) {
            least = Some((swapped.value - plan.value, *replaced));
        }
    }
    match least {
        Some((by, instead_of)) => Verdict::Worse { instead_of, by, at_most },
        None if at_most => Verdict::NotCompared,
        None => Verdict::CannotReplace,
    }
}

/// Whether the work ended before a comparison was.
fn is_open(answer: &Result<Plan, SourcingRefusal>) -> bool {
    match answer {
        Ok(plan) => plan.proof != Proof::Optimal,
        Err(refusal) => matches!(refusal, SourcingRefusal::Unproven { .. }),
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
