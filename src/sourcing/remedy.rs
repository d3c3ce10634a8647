//! What would let an order ship whole that cannot: transfers and goods under way, each held to a solver.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::decision::Explain;
use crate::sourcing::check::Seen;
use crate::sourcing::turned::Turned;
use crate::sourcing::{
    Failed, Objective, Plan, Problem, ProblemError, Solver, SourcingRefusal, Standing, Work,
};

/// Units of a line's SKU that are expected at a location. Locations and lines by their place in the problem's lists.
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

/// Units of a line's SKU that change their shelf. Locations and lines by their place in the problem's lists.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// What.
    pub line: usize,
    /// From where.
    pub from: usize,
    /// To where.
    pub to: usize,
    /// How many.
    pub units: u32,
}

/// What a plan lacks, and two ways to more: transfers, or waiting. All lists but `transfers` and `arrivals` are lines
/// and units.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Remedies {
    /// What the plan that was given does not ship.
    pub missing: Vec<(usize, u32)>,
    /// With all of these together more can ship; nothing of them is taken from what a plan that ships most takes.
    pub transfers: Vec<Transfer>,
    /// What cannot ship even then.
    pub left_by_transfers: Vec<(usize, u32)>,
    /// With all of these together as much can ship as with all arrivals, and not with fewer of them; in order of time.
    pub arrivals: Vec<Inbound>,
    /// What cannot ship even then.
    pub left_by_arrivals: Vec<(usize, u32)>,
    /// When arrivals alone let everything ship; nothing if they never do, or if nothing has to be waited for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub solved_at: Option<DateTime<Utc>>,
}

/// Locations that transfers may be gathered at, for each round of them.
const TARGETS: usize = 12;

/// What would let the rest of a plan ship: for the plan of [`SourcingRefusal::Infeasible`], or one with unmet units. Of an
/// order that was sourced again, `standing` says what is in hand and what failed; of any other it is
/// [`Standing::default`].
///
/// What is told is true: with the transfers, or with the arrivals, on the shelves ([`Problem::transfer`],
/// [`Problem::receive`]), all units can ship but those that are named as left, under every rule of the problem. Where a
/// capacity, an exclusion or a limit of locations binds and not the stock, nothing is told. Unmet units count as
/// missing whatever their price; if they could ship as it is, no remedy is needed and none is told.
///
/// More transfers than those may exist: they are looked for one receiving location after another, those that ship
/// already first. Transfers take what the plan leaves anywhere, also where nothing may ship from; whether a van can go
/// there is the host's to know. To combine both ways, put one on the shelves and ask again.
///
/// # Errors
/// [`SourcingRefusal::Invalid`] for a problem that means nothing, or a plan or arrivals of another one,
/// [`SourcingRefusal::Unproven`] if `work` (for all tries together) ends before it is known how much can ship.
///
/// ```
/// use order_workflow::decision::Explain;
/// use order_workflow::sourcing::{Inbound, Objective, Problem, Solver, SourcingRefusal, Standing, Transfer, Work, remedies};
///
/// let problem: Problem = serde_json::from_str(r#"{
///     "currency": "EUR", "lines": [{ "id": "1", "sku": "tea", "units": 5 }],
///     "locations": [{ "id": "here", "offers": [{ "stock": 2 }] },
///                   { "id": "closed", "capacity": 0, "offers": [{ "stock": 2 }] }]
/// }"#).unwrap();
/// let answer = Solver::new().solve(&problem, &Objective::Cost, Work::default(), Explain::Brief);
/// let Err(SourcingRefusal::Infeasible { most, shippable: 2, asked: 5, .. }) = answer else { panic!("{answer:?}") };
/// let at = "2026-06-03T08:00:00Z".parse().unwrap();
/// let useless = Inbound { location: 1, line: 0, units: 9, at };
/// let found = remedies(&problem, &Standing::default(), &most, &[useless, Inbound { location: 0, units: 4, ..useless }], Work::default())?;
/// assert_eq!(found.transfers, [Transfer { line: 0, from: 1, to: 0, units: 2 }]);
/// assert_eq!(found.left_by_transfers, [(0, 1)]);
/// assert_eq!((found.arrivals.len(), found.arrivals[0].location, found.solved_at), (1, 0, Some(at)));
/// # Ok::<(), SourcingRefusal>(())
/// ```
pub fn remedies(
    problem: &Problem,
    standing: &Standing,
    plan: &Plan,
    inbound: &[Inbound],
    work: Work,
) -> Result<Remedies, SourcingRefusal> {
    let mut seen = Seen::default();
    problem.check_with(&mut seen)?;
    standing.check(problem)?;
    check(problem, plan, inbound)?;
    let turned = Turned::of(problem, &seen);
    let (given, bare) = (turned.plan(plan), counted(&turned.problem));
    let coming: Vec<Inbound> = inbound.iter().map(|one| turned.inbound(one)).collect();
    let mut found = Remedies::default();
    let standing = Standing { planned: Vec::new(), worth: 0, ..standing.by_sku(&seen.first_of_sku) };
    let mut counter =
        Counter { solver: Solver::new(), standing: turned.standing(&standing), left: work.limit() };
    let now = counter.most(&bare)?;
    if !now.unmet.is_empty() {
        // Shelves are spared for the caller's plan if it ships as much.
        let base = if given.units() >= now.units() { &given } else { &now };
        counter.gather(&bare, base, &mut found);
        counter.wait(&bare, &now, &coming, &mut found)?;
    }
    found.missing.clone_from(&plan.unmet);
    found.transfers.iter_mut().for_each(|one| turned.transfer_back(one));
    found.arrivals.iter_mut().for_each(|one| turned.inbound_back(one));
    for left in [&mut found.left_by_transfers, &mut found.left_by_arrivals] {
        turned.units_back(left);
    }
    Ok(found)
}

impl Problem {
    /// So many more units of a line's SKU on a location's shelf, for all lines of that SKU.
    pub fn receive(&mut self, location: usize, line: usize, units: u32) {
        self.restock(location, line, |stock| stock.saturating_add(units));
    }

    /// Takes units from one shelf to another; more than there are count as arriving all the same.
    pub fn transfer(&mut self, transfer: &Transfer) {
        let Transfer { line, from, to, units } = *transfer;
        self.restock(from, line, |stock| stock.saturating_sub(units));
        self.receive(to, line, units);
    }

    fn restock(&mut self, location: usize, line: usize, change: impl Fn(u32) -> u32) {
        let Some(sku) = self.lines.get(line).map(|line| &line.sku) else { return };
        let Some(location) = self.locations.get_mut(location) else { return };
        for (line, offer) in self.lines.iter().zip(&mut location.offers) {
            if line.sku == *sku {
                offer.stock = change(offer.stock);
            }
        }
    }
}

/// The same where all units must ship and nothing costs anything: only how many can ship is asked.
fn counted(problem: &Problem) -> Problem {
    let mut bare = problem.clone();
    bare.lines.iter_mut().for_each(|line| line.unmet_cost = None);
    for location in &mut bare.locations {
        location.offers.iter_mut().for_each(|offer| (offer.unit_cost, offer.stock_price) = (0, 0));
        location.services.iter_mut().for_each(|service| (service.fixed_cost, service.late_cost) = (0, 0));
    }
    bare.tariffs.iter_mut().flat_map(|tariff| &mut tariff.steps).for_each(|(_, cost)| *cost = 0);
    bare
}

fn check(problem: &Problem, plan: &Plan, inbound: &[Inbound]) -> Result<(), ProblemError> {
    for shipment in &plan.shipments {
        shipment.lines.iter().try_for_each(|(line, _)| problem.place("plan", shipment.location, *line))?;
    }
    let shipped = plan.shipments.iter().flat_map(|shipment| &shipment.lines);
    let told = || shipped.clone().chain(&plan.unmet);
    let lines = problem.lines.len();
    if let Some((line, _)) = plan.unmet.iter().find(|(line, _)| *line >= lines) {
        return Err(ProblemError::NoSuchLine { rule: "unmet", line: *line, lines });
    }
    for (at, line) in problem.lines.iter().enumerate() {
        let units = told().filter(|(of, _)| *of == at).map(|(_, units)| u64::from(*units)).sum();
        if units != u64::from(line.units) {
            return Err(ProblemError::OtherPlan { line: line.id.clone(), units, asked: line.units });
        }
    }
    inbound.iter().try_for_each(|one| problem.place("inbound", one.location, one.line))
}

/// Counts what can ship, as long as its work lasts.
struct Counter {
    solver: Solver,
    /// What is in hand and what failed; no plan.
    standing: Standing,
    left: u64,
}

impl Counter {
    /// A plan that ships as many units as possible.
    fn most(&mut self, bare: &Problem) -> Result<Plan, SourcingRefusal> {
        let work = Work::nodes(self.left);
        let answer = self.solver.solve_again(bare, &Objective::Cost, work, Explain::Brief, &self.standing);
        self.left = self.left.saturating_sub(self.solver.search.spent.max(1));
        match answer {
            Ok(again) => Ok(again.plan),
            Err(SourcingRefusal::Infeasible { most, .. }) => Ok(*most),
            Err(other) => Err(other),
        }
    }

    /// Transfers, round by round: each to the one location where they let most ship.
    fn gather(&mut self, bare: &Problem, base: &Plan, found: &mut Remedies) {
        let (mut shelves, mut plan) = (bare.clone(), base.clone());
        while !plan.unmet.is_empty() {
            let mut best: Option<(u64, Vec<Transfer>, Plan)> = None;
            for to in targets(&shelves, &self.standing, &plan) {
                let mut moved = spare(&shelves, &self.standing, &plan, to);
                let mut tried = shelves.clone();
                moved.iter().for_each(|one| tried.transfer(one));
                let Ok(then) = (if moved.is_empty() { continue } else { self.most(&tried) }) else { break };
                trim(&shelves, &then, &mut moved);
                let units =
                    |moved: &[Transfer]| -> u64 { moved.iter().map(|one| u64::from(one.units)).sum() };
                let rank = |ships: u64, moved: &[Transfer]| (ships, Reverse(units(moved)));
                let beaten = best
                    .as_ref()
                    .is_some_and(|(ships, best, _)| rank(*ships, best) >= rank(then.units(), &moved));
                if then.units() > plan.units() && !beaten {
                    best = Some((then.units(), moved, then));
                }
            }
            let Some((_, moved, then)) = best else { break };
            moved.iter().for_each(|one| shelves.transfer(one));
            found.transfers.extend(moved);
            plan = then;
        }
        found.left_by_transfers.clone_from(&plan.unmet);
    }

    /// The earliest arrivals with which as much ships as with all, and of these only those that are needed.
    fn wait(
        &mut self,
        bare: &Problem,
        now: &Plan,
        inbound: &[Inbound],
        found: &mut Remedies,
    ) -> Result<(), SourcingRefusal> {
        let mut coming: Vec<Inbound> = inbound.iter().copied().filter(|one| one.units > 0).collect();
        coming.sort_by_key(|one| (one.at, one.location, one.line));
        let then = self.most(&with(bare, &coming))?;
        found.left_by_arrivals.clone_from(&then.unmet);
        if then.units() <= now.units() {
            return Ok(());
        }
        let (mut few, mut enough) = (0, coming.len());
        while few + 1 < enough {
            let middle = few.midpoint(enough);
            let first = coming.get(..middle).unwrap_or_default();
            match self.most(&with(bare, first))?.units() >= then.units() {
                true => enough = middle,
                false => few = middle,
            }
        }
        coming.truncate(enough);
        for at in (0..coming.len()).rev() {
            let mut fewer = coming.clone();
            fewer.remove(at);
            match self.most(&with(bare, &fewer)) {
                Ok(plan) if plan.units() >= then.units() => coming = fewer,
                Ok(_) => {}
                Err(_) => break,
            }
        }
        found.solved_at = coming.last().map(|last| last.at).filter(|_| then.unmet.is_empty());
        found.arrivals = coming;
        Ok(())
    }
}

fn with(bare: &Problem, arrivals: &[Inbound]) -> Problem {
    let mut later = bare.clone();
    arrivals.iter().for_each(|one| later.receive(one.location, one.line, one.units));
    later
}

/// Where it could be gathered: first the locations that ship, then those that may ship something that is missing.
fn targets(shelves: &Problem, standing: &Standing, plan: &Plan) -> Vec<usize> {
    let ships = |at: &usize| plan.shipments.iter().any(|shipment| shipment.location == *at);
    let may = |at: &usize| {
        let location = shelves.locations.get(*at);
        let ships = |location, line| shelves.allowed(location, line) && !standing.has_failed(*at, line);
        location.is_some_and(|location| plan.unmet.iter().any(|(line, _)| ships(location, *line)))
    };
    let all = || (0..shelves.locations.len()).filter(may);
    all().filter(ships).chain(all().filter(|at| !ships(at))).take(TARGETS).collect()
}

/// What a plan takes of a line's SKU from a location.
fn taken(shelves: &Problem, plan: &Plan, location: usize, line: usize) -> u32 {
    let sku = |of: usize| shelves.lines.get(of).map(|line| &line.sku);
    let here = plan.shipments.iter().filter(|shipment| shipment.location == location);
    let lines = here.flat_map(|shipment| &shipment.lines).filter(|(of, _)| sku(*of) == sku(line));
    lines.fold(0, |sum, (_, units)| sum.saturating_add(*units))
}

/// Brings what is missing to a location, from where most of it is left. A shelf on which a line was not found has none.
fn spare(shelves: &Problem, standing: &Standing, plan: &Plan, to: usize) -> Vec<Transfer> {
    let sku = |of: usize| shelves.lines.get(of).map(|line| &line.sku);
    let mut moved: Vec<Transfer> = Vec::new();
    for (at, (line, _)) in plan.unmet.iter().enumerate() {
        let line = *line;
        if plan.unmet.iter().take(at).any(|(of, _)| sku(*of) == sku(line)) {
            continue; // its shelf was looked at for a line before
        }
        let missing = plan.unmet.iter().filter(|(of, _)| sku(*of) == sku(line));
        let mut wants = missing.fold(0, |sum: u32, (_, units)| sum.saturating_add(*units));
        let gone = |from: usize| standing.failed.contains(&Failed { location: from, line: Some(line) });
        let others = shelves.locations.iter().enumerate().filter(|(from, _)| *from != to && !gone(*from));
        let left = others.filter_map(|(from, location)| {
            let stock = location.offers.get(line)?.stock;
            Some((from, stock.saturating_sub(taken(shelves, plan, from, line))))
        });
        let mut left: Vec<(usize, u32)> = left.filter(|(_, units)| *units > 0).collect();
        left.sort_by_key(|(from, units)| (Reverse(*units), *from));
        for (from, units) in left {
            let units = units.min(wants);
            wants -= units;
            if units > 0 {
                moved.push(Transfer { line, from, to, units });
            }
        }
    }
    moved
}

/// Leaves out what a plan does not use.
fn trim(shelves: &Problem, then: &Plan, moved: &mut Vec<Transfer>) {
    let mut needs: Vec<(usize, u32)> = Vec::new();
    for one in moved.iter_mut() {
        let known = needs.iter().position(|(line, _)| *line == one.line);
        let at = known.unwrap_or_else(|| {
            let offer = shelves.locations.get(one.to).and_then(|location| location.offers.get(one.line));
            let had = offer.map_or(0, |offer| offer.stock);
            needs.push((one.line, taken(shelves, then, one.to, one.line).saturating_sub(had)));
            needs.len() - 1
        });
        if let Some((_, need)) = needs.get_mut(at) {
            one.units = one.units.min(*need);
            *need -= one.units;
        }
    }
    moved.retain(|one| one.units > 0);
}
