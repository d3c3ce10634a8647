//! The plain rules that many shops follow: each line takes what it can, location by location.

use crate::sourcing::lower::most_grams;
use crate::sourcing::solver::write_plan;
use crate::sourcing::{Plan, Problem, ProblemError, Proof};

/// In which order a line asks the locations.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Walk<'a> {
    /// In this order, by their place in the problem's list; those that are not in it are not asked.
    InOrder(&'a [usize]),
    /// By what they have of the line, most first; ties by id.
    HighestStock,
}

/// Sources line by line, each from the first locations of the walk that have it: no look at costs, no way back.
///
/// It is here to be compared with, and for hosts that want to see what a rule that they follow now costs. It keeps
/// stock, capacity, what a location may ship and what its services can carry; it knows nothing of groups and limits of
/// locations. What it does not find is unmet, priced or not; a parcel takes the cheapest service for its weight, as in
/// a solver's plan.
///
/// # Errors
/// [`ProblemError`].
pub fn walk(problem: &Problem, walk: Walk<'_>) -> Result<Plan, ProblemError> {
    problem.check()?;
    let mut capacity: Vec<u32> =
        problem.locations.iter().map(|location| location.capacity.unwrap_or(u32::MAX)).collect();
    let mut carries: Vec<u64> =
        problem.locations.iter().map(|location| most_grams(problem, location)).collect();
    let mut ships: Vec<(usize, usize, u32)> = Vec::new();
    for (at, line) in problem.lines.iter().enumerate() {
        let taken = |ships: &[(usize, usize, u32)], location: usize| -> u32 {
            let same = |of: usize| problem.lines.get(of).is_some_and(|other| other.sku == line.sku);
            ships
                .iter()
                .filter(|(from, of, _)| *from == location && same(*of))
                .map(|(_, _, units)| units)
                .sum()
        };
        let has = |ships: &[(usize, usize, u32)], location: usize| -> u32 {
            let Some(site) = problem.locations.get(location) else { return 0 };
            let stock = site.offers.get(at).map_or(0, |offer| offer.stock);
            if problem.allowed(site, at) { stock.saturating_sub(taken(ships, location)) } else { 0 }
        };
        let order: Vec<usize> = match walk {
            Walk::InOrder(order) => order.to_vec(),
            Walk::HighestStock => {
                let mut order: Vec<usize> = (0..problem.locations.len()).collect();
                let id = |location: usize| problem.locations.get(location).map(|site| &site.id);
                order.sort_by(|a, b| has(&ships, *b).cmp(&has(&ships, *a)).then_with(|| id(*a).cmp(&id(*b))));
                order
            }
        };
        let mut wants = line.units;
        for location in order {
            let left = capacity.get(location).copied().unwrap_or(0);
            let grams = carries.get(location).copied().unwrap_or(0);
            let carried = grams.checked_div(line.grams.into()).map_or(u32::MAX, at_most);
            let units = wants.min(has(&ships, location)).min(left).min(carried);
            if units > 0 {
                ships.push((location, at, units));
                wants -= units;
                if let Some(left) = capacity.get_mut(location) {
                    *left -= units;
                }
                if let Some(grams) = carries.get_mut(location) {
                    *grams -= u64::from(units) * u64::from(line.grams);
                }
            }
        }
    }
    ships.sort_unstable();
    let mut plan = Plan::default();
    write_plan(problem, &ships, &mut plan, &mut Vec::new());
    plan.value = plan.cost.weighed();
    plan.proof = Proof::Gap { bound: 0 };
    Ok(plan)
}

fn at_most(units: u64) -> u32 {
    u32::try_from(units).unwrap_or(u32::MAX)
}
