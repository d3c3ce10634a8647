//! What would let an order ship whole that cannot: transfers and goods under way.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::sourcing::{Plan, Problem};

/// Units of a line that are expected at a location. Locations and lines by their place in the problem's lists.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Inbound {
    /// Where they arrive.
    pub location: usize,
    /// What.
    pub line: usize,
    /// How many.
    pub units: u32,
    /// When.
    pub at: DateTime<Utc>,
}

/// What a line lacks, and what would bring it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Remedy {
    /// Which line.
    pub line: usize,
    /// Units that do not ship.
    pub missing: u32,
    /// Locations that have more of it than the plan takes, with that many units: a transfer to a location that ships
    /// would help. Most first, then in the problem's order.
    pub transfers: Vec<(usize, u32)>,
    /// Arrivals in order of time until they bring what is missing.
    pub arrivals: Vec<Inbound>,
    /// When arrivals alone have brought it; nothing if they never do.
    pub solved_at: Option<DateTime<Utc>>,
}

/// What would let the rest of a plan ship, line by line: for the plan of
/// [`SourcingRefusal::Infeasible`](crate::sourcing::SourcingRefusal::Infeasible), or one with unmet units.
///
/// ```
/// use order_workflow::decision::Explain;
/// use order_workflow::sourcing::{Inbound, Objective, Problem, Solver, SourcingRefusal, Work, remedies};
///
/// let problem: Problem = serde_json::from_str(r#"{
///     "currency": "EUR", "lines": [{ "id": "1", "sku": "tea", "units": 5 }],
///     "locations": [{ "id": "here", "offers": [{ "stock": 2 }] },
///                   { "id": "closed", "capacity": 0, "offers": [{ "stock": 2 }] }]
/// }"#).unwrap();
/// let answer = Solver::new().solve(&problem, &Objective::Cost, Work::default(), Explain::Brief);
/// let Err(SourcingRefusal::Infeasible { most, shippable: 2, asked: 5 }) = answer else { panic!("{answer:?}") };
/// let at = "2026-06-03T08:00:00Z".parse().unwrap();
/// let inbound = [Inbound { location: 0, line: 0, units: 4, at }];
/// let remedy = &remedies(&problem, &most, &inbound)[0];
/// assert_eq!((remedy.missing, remedy.transfers.as_slice()), (3, &[(1, 2)][..]));
/// assert_eq!(remedy.solved_at, Some(at));
/// ```
pub fn remedies(problem: &Problem, plan: &Plan, inbound: &[Inbound]) -> Vec<Remedy> {
    let remedy = |&(line, missing): &(usize, u32)| {
        let taken = |location: usize| -> u32 {
            let here = plan.shipments.iter().filter(|shipment| shipment.location == location);
            let lines = here.flat_map(|shipment| &shipment.lines);
            let same = |of: usize| {
                problem.lines.get(of).map(|of| &of.sku) == problem.lines.get(line).map(|of| &of.sku)
            };
            lines.filter(|(of, _)| same(*of)).map(|(_, units)| units).sum()
        };
        let left = problem.locations.iter().enumerate().map(|(at, location)| {
            (at, location.offers.get(line).map_or(0, |offer| offer.stock).saturating_sub(taken(at)))
        });
        let mut transfers: Vec<(usize, u32)> = left.filter(|(_, units)| *units > 0).collect();
        transfers.sort_by_key(|(at, units)| (std::cmp::Reverse(*units), *at));
        let mut coming: Vec<Inbound> =
            inbound.iter().copied().filter(|one| one.line == line && one.units > 0).collect();
        coming.sort_by_key(|one| (one.at, one.location));
        let (mut arrivals, mut lacks, mut solved_at) = (Vec::new(), missing, None);
        for one in coming {
            arrivals.push(one);
            lacks = lacks.saturating_sub(one.units);
            if lacks == 0 {
                solved_at = Some(one.at);
                break;
            }
        }
        Remedy { line, missing, transfers, arrivals, solved_at }
    };
    plan.unmet.iter().map(remedy).collect()
}
