//! The solver: checks, lowers, searches, and writes the plan.

use crate::decision::Explain;
use crate::sourcing::check::Seen;
use crate::sourcing::exact::dense::Dense;
use crate::sourcing::exact::search::{End, Search};
use crate::sourcing::explain::explain;
use crate::sourcing::lower::{Aim, Lowering, Points, cheapest_service};
use crate::sourcing::scorecard::Scored;
use crate::sourcing::{Cost, Objective, Plan, Planned, Problem, Proof, Shipment, SourcingRefusal, Work};

/// Finds from where an order ships best, and proves it.
///
/// It keeps its scratch: one solver per thread, used again and again, allocates nothing more once it has seen
/// problems as large as those to come ([`Solver::solve_into`]). It remembers nothing else, so equal problems have
/// equal answers.
///
/// **How.** Branch and bound over which locations are used, by Lagrangian bounds: demand is priced, and each
/// location answers with its best parcel at these prices, a fractional knapsack for each step of its tariff
/// (Beasley 1993; Dantzig 1957; Martello and Toth 1977). Once the locations are decided, weight is priced instead,
/// location by location, and the search goes on between steps of tariffs and pieces. Prices climb by subgradients
/// (Polyak 1969); what costs more than the best plan at any prices is ruled out for good; closing a location closes
/// those that it could stand in for. Bounds are sums of whole numbers in fractions of a minor unit; where a knapsack is
/// cut, its fraction is rounded against the bound by more than the arithmetic can err, so *optimal* is exact.
///
/// **Ties.** Among plans of equal value the search keeps the one that it found first. It goes through lines and locations
/// in the order of their ids, so the plan is the same on every machine, and however they stand in the problem.
#[derive(Clone, Debug, Default)]
pub struct Solver {
    pub(super) seen: Seen,
    pub(super) lowering: Lowering,
    pub(super) dense: Dense,
    pub(super) search: Search,
    pub(super) scored: Scored,
    ships: Vec<(usize, usize, u32)>,
    /// Shipments that the last plan did without, kept for their memory.
    spare: Vec<Shipment>,
}

impl Solver {
    /// A solver with no scratch yet.
    pub fn new() -> Solver {
        Solver::default()
    }

    /// The best plan.
    ///
    /// Where some unit must ship (its line has no `unmet_cost`) and cannot, the answer is
    /// [`SourcingRefusal::Infeasible`] with the cheapest of the plans that ship most units of what must ship.
    /// [`Explain::Full`] adds comparisons, that plan's too: all of them together may spend as much `work` again, and say
    /// where it ended first.
    ///
    /// # Errors
    /// [`SourcingRefusal`]. A plan whose optimality was not proven within `work` is no error: see [`Plan::proof`].
    ///
    /// ```
    /// use order_workflow::decision::Explain;
    /// use order_workflow::sourcing::{Objective, Problem, Proof, Solver, Work};
    ///
    /// // A pair of shoes and a tin of polish: the shop has both, the warehouse is cheaper for the shoes.
    /// let problem: Problem = serde_json::from_str(r#"{
    ///     "currency": "EUR",
    ///     "lines": [{ "id": "1", "sku": "shoes", "units": 1 }, { "id": "2", "sku": "polish", "units": 2 }],
    ///     "locations": [
    ///         { "id": "warehouse", "offers": [{ "stock": 9, "unit_cost": 40 }, {}],
    ///           "services": [{ "name": "parcel", "fixed_cost": 490 }] },
    ///         { "id": "shop", "offers": [{ "stock": 1, "unit_cost": 90 }, { "stock": 7, "unit_cost": 90 }],
    ///           "services": [{ "name": "parcel", "fixed_cost": 690 }] }
    ///     ]
    /// }"#).unwrap();
    /// let plan = Solver::new().solve(&problem, &Objective::Cost, Work::default(), Explain::Brief)?;
    /// assert_eq!(plan.locations(), 1, "a second parcel costs more than it saves");
    /// assert_eq!((plan.cost.paid(), plan.proof), (690 + 3 * 90, Proof::Optimal));
    /// # Ok::<(), order_workflow::sourcing::SourcingRefusal>(())
    /// ```
    pub fn solve(
        &mut self,
        problem: &Problem,
        objective: &Objective<'_>,
        work: Work,
        explain: Explain,
    ) -> Result<Plan, SourcingRefusal> {
        let mut plan = Plan::default();
        self.solve_into(problem, objective, work, explain, &mut plan)?;
        Ok(plan)
    }

    /// [`Solver::solve`] into a plan of the caller's, whose memory is used again. On a refusal it is left as it was.
    ///
    /// # Errors
    /// As [`Solver::solve`].
    pub fn solve_into(
        &mut self,
        problem: &Problem,
        objective: &Objective<'_>,
        work: Work,
        detail: Explain,
        plan: &mut Plan,
    ) -> Result<(), SourcingRefusal> {
        problem.check_with(&mut self.seen)?;
        self.read(problem, objective)?;
        self.solve_read(problem, objective, work, detail, plan)
    }

    /// Measures and sorts a problem that was checked.
    pub(super) fn read(
        &mut self,
        problem: &Problem,
        objective: &Objective<'_>,
    ) -> Result<(), SourcingRefusal> {
        self.scored.score(problem, objective)?;
        self.lowering.items(problem, &self.seen);
        Ok(())
    }

    /// [`Solver::solve_into`] for a problem that was read.
    pub(super) fn solve_read(
        &mut self,
        problem: &Problem,
        objective: &Objective<'_>,
        work: Work,
        detail: Explain,
        plan: &mut Plan,
    ) -> Result<(), SourcingRefusal> {
        self.search.spent = 0;
        self.search.given.clear();
        let short = self.lower_shippable(problem, work)?;
        self.search.enough = i64::MIN;
        let end = self.search.run(&self.dense, work.limit().saturating_sub(self.search.spent));
        let proof = match end {
            End::Proven => Proof::Optimal,
            End::Budget(bound) => Proof::Gap { bound },
        };
        let Some(value) = self.search.best.as_ref().map(|best| best.cost) else {
            let bound = if let Proof::Gap { bound } = proof { bound } else { 0 };
            return Err(SourcingRefusal::Unproven { nodes: self.search.spent, bound });
        };
        if short > 0 {
            let mut most = Plan::default();
            let spare = std::mem::take(&mut self.spare); // the refusal's plan keeps its memory
            self.write(problem, value, proof, &mut most);
            self.spare = spare;
            if detail == Explain::Full {
                most.explanation = Some(Box::new(explain(self, problem, objective, work, &most)));
            }
            let asked = problem.lines.iter().filter(|line| line.unmet_cost.is_none());
            let asked: u64 = asked.map(|line| u64::from(line.units)).sum();
            let shippable = asked.saturating_sub(short.unsigned_abs());
            return Err(SourcingRefusal::Infeasible {
                most: Box::new(most),
                moves: Vec::new(),
                shippable,
                asked,
            });
        }
        self.write(problem, value, proof, plan);
        if detail == Explain::Full {
            let explanation = explain(self, problem, objective, work, plan);
            plan.explanation = Some(Box::new(explanation));
        }
        Ok(())
    }

    /// What a plan that is given costs, as `Plan::value` counts; nothing if it breaks a rule, lacks stock, or leaves
    /// more than `short` units of what must ship.
    pub(super) fn value_of_plan(
        &mut self,
        problem: &Problem,
        planned: &[Planned],
        short: i64,
    ) -> Option<i64> {
        self.lower(problem, Aim::Cost { short });
        let mut ships: Vec<(usize, usize, i64)> = Vec::new();
        for of in planned {
            let item = *self.lowering.item_of.get(of.line)?;
            let whole = self.lowering.is_whole(item);
            let place = self.lowering.place(of.location);
            match ships.iter_mut().find(|(at, other, _)| *at == place && *other == item) {
                Some(_) if whole => {}
                Some((_, _, pieces)) => *pieces += i64::from(of.units),
                None => ships.push((place, item, if whole { 1 } else { i64::from(of.units) })),
            }
        }
        // Of what ships whole, every line must be planned whole.
        let whole_lines = planned.iter().all(|of| {
            let item = self.lowering.item_of.get(of.line).copied().unwrap_or(0);
            let group = self.lowering.item_of.iter().enumerate().filter(|(_, other)| **other == item);
            let planned_here = |line: usize| -> u32 {
                planned
                    .iter()
                    .filter(|one| (one.location, one.line) == (of.location, line))
                    .map(|one| one.units)
                    .sum()
            };
            let units = |line: usize| problem.lines.get(line).map(|line| line.units);
            !self.lowering.is_whole(item)
                || group.into_iter().all(|(line, _)| Some(planned_here(line)) == units(line))
        });
        if whole_lines { self.search.price(&self.dense, &ships) } else { None }
    }

    /// Writes the problem out for the least cost of what can ship: how many units must and cannot.
    fn lower_shippable(&mut self, problem: &Problem, work: Work) -> Result<i64, SourcingRefusal> {
        self.lower(problem, Aim::Cost { short: 0 });
        if problem.lines.iter().all(|line| line.unmet_cost.is_some()) || self.search.ships_all(&self.dense) {
            return Ok(0);
        }
        self.lower(problem, Aim::Units);
        // What all locations together lack is short in any case.
        let lacks = self.dense.items.iter().enumerate().map(|(item, what)| {
            let have: i64 = (0..self.dense.places.len()).map(|place| self.dense.room.at(place, item)).sum();
            (what.pieces - have).max(0) * what.unmet.unwrap_or(0)
        });
        self.search.enough = lacks.sum();
        let end = self.search.run(&self.dense, work.limit());
        let must: i64 = self.dense.items.iter().map(|item| item.pieces * item.unmet.unwrap_or(0)).sum();
        let short = self.search.best.as_ref().map_or(must, |best| best.cost);
        if let (End::Budget(_), true) = (end, short > 0) {
            return Err(SourcingRefusal::Unproven { nodes: self.search.spent, bound: 0 });
        }
        if let Some(best) = &self.search.best {
            self.search.given.extend_from_slice(&best.ships);
        }
        self.lower(problem, Aim::Cost { short });
        Ok(short)
    }

    fn lower(&mut self, problem: &Problem, aim: Aim) {
        let points = self.scored.points();
        self.lowering.lower(problem, &self.seen, aim, points, &mut self.dense);
    }

    /// Writes the best plan of the search out.
    fn write(&mut self, problem: &Problem, value: i64, proof: Proof, plan: &mut Plan) {
        self.ships.clear();
        if let Some(best) = &self.search.best {
            for (place, item, pieces) in &best.ships {
                let location = self.seen.locations.get(*place).copied().unwrap_or(usize::MAX);
                for (line, of) in self.lowering.item_of.iter().enumerate().filter(|(_, of)| *of == item) {
                    let whole = self.dense.items.get(*of).is_some_and(|item| item.pieces == 1);
                    let units = problem.lines.get(line).map_or(0, |line| line.units);
                    self.ships.push((
                        location,
                        line,
                        if whole { units } else { u32::try_from(*pieces).unwrap_or(units) },
                    ));
                }
            }
        }
        self.ships.sort_unstable();
        plan.value = value;
        plan.proof = proof;
        plan.nodes = self.search.spent;
        plan.explanation = None;
        write_plan(problem, &self.ships, plan, &mut self.spare);
    }
}

/// Writes and prices a plan from `(location, line, units)`, sorted.
pub(super) fn write_plan(
    problem: &Problem,
    ships: &[(usize, usize, u32)],
    plan: &mut Plan,
    spare: &mut Vec<Shipment>,
) {
    let mut used = 0;
    for group in ships.chunk_by(|a, b| a.0 == b.0) {
        if plan.shipments.len() == used {
            plan.shipments.push(spare.pop().unwrap_or_default());
        }
        if let Some(shipment) = plan.shipments.get_mut(used) {
            write_shipment(problem, group, shipment);
        }
        used += 1;
    }
    // One by one from the end, so that each comes back to the place that it had.
    while plan.shipments.len() > used {
        spare.extend(plan.shipments.pop());
    }
    plan.cost = Cost::default();
    for shipment in &plan.shipments {
        plan.cost.add(&shipment.cost);
    }
    plan.unmet.clear();
    for (at, line) in problem.lines.iter().enumerate() {
        let shipped: u32 = ships.iter().filter(|(_, line, _)| *line == at).map(|(_, _, units)| units).sum();
        let unmet = line.units.saturating_sub(shipped);
        if unmet > 0 {
            plan.unmet.push((at, unmet));
            plan.cost.unmet += line.unmet_cost.unwrap_or(0) * i64::from(unmet);
        }
    }
}

fn write_shipment(problem: &Problem, ships: &[(usize, usize, u32)], shipment: &mut Shipment) {
    shipment.location = ships.first().map_or(0, |(location, _, _)| *location);
    shipment.lines.clear();
    shipment.lines.extend(ships.iter().map(|(_, line, units)| (*line, *units)));
    shipment.cost = Cost::default();
    shipment.grams = 0;
    shipment.service = None;
    let Some(location) = problem.locations.get(shipment.location) else { return };
    for (line, units) in &shipment.lines {
        let (Some(asked), Some(offer)) = (problem.lines.get(*line), location.offers.get(*line)) else {
            continue;
        };
        shipment.grams += u64::from(asked.grams) * u64::from(*units);
        shipment.cost.units += offer.unit_cost * i64::from(*units);
        shipment.cost.stock += offer.stock_price * i64::from(*units);
    }
    let cheapest = cheapest_service(problem, location, shipment.grams);
    if let Some((at, price, service)) =
        cheapest.and_then(|(at, price)| Some((at, price, location.services.get(at)?)))
    {
        shipment.service = Some(at);
        shipment.cost.fixed = service.fixed_cost;
        shipment.cost.late = service.late_cost;
        shipment.cost.weight = price - service.fixed_cost - service.late_cost;
    }
}

impl Scored {
    fn points(&self) -> Option<Points<'_>> {
        self.is_on().then(|| Points { unit: self.unit(), location: self.location(), unmet: self.unmet() })
    }
}
