//! Sourcing again, after a short pick, a recount, a missed cut-off, or because something cheaper came up.

use serde::{Deserialize, Serialize};

use crate::decision::Explain;
use crate::sourcing::check::by_name;
use crate::sourcing::explain::explain;
use crate::sourcing::{Objective, Plan, Problem, Proof, Solver, SourcingRefusal, Work};

/// What stands before an order is sourced again.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Standing {
    /// The plan so far: from each location, units of each line. The problem's stock and capacity include what is set
    /// aside for it, picked or not.
    pub planned: Vec<Planned>,
    /// What is in hand already: it stays where it is.
    pub picked: Vec<Planned>,
    /// Where nothing more can come from.
    pub failed: Vec<Failed>,
    /// A plan that still holds is only left for one whose value is lower by more than this; 0 or more.
    pub worth: i64,
}

/// Units of a line at a location, each by its place in the problem's lists.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Planned {
    /// Where.
    pub location: usize,
    /// What.
    pub line: usize,
    /// How many.
    pub units: u32,
}

/// A location that let an order down.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Failed {
    /// Where.
    pub location: usize,
    /// For this line and all others of its SKU (it was not on the shelf), or for all (it missed the cut-off).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
}

/// The plan from here on, and what it changes.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Replanned {
    /// The plan of the whole order, what is picked included.
    pub plan: Plan,
    /// What goes elsewhere than planned; a host turns each into a move of its reservation. Empty: the plan stands.
    pub moves: Vec<Move>,
    /// What the plan so far would cost now, as [`Plan::value`] counts; nothing if it no longer holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<i64>,
}

/// Units that change their location.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Move {
    /// Which line.
    pub line: usize,
    /// From where; nothing: they were not planned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<usize>,
    /// To where; nothing: they do not ship.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<usize>,
    /// How many.
    pub units: u32,
}

impl Solver {
    /// Sources an order again. What is picked stays where it is, nothing goes back to what failed, and a plan that
    /// still holds is only left for one that saves more than it is worth, so that plans do not churn.
    ///
    /// A line or group that ships whole stays where all of it is picked; what is picked of it in part goes back to the
    /// shelf if it ships from elsewhere, and appears in the moves. Reasons tell of the plan that is returned, also
    /// where it is the one that stood, and compare it only with plans that keep to what stands.
    ///
    /// # Errors
    /// As [`Solver::solve`]; also if `standing` names what is not in the problem, more than was asked for, or picks that
    /// cannot leave together.
    /// [`SourcingRefusal::Infeasible`] brings the moves to its plan: what can still ship may go on at once. A plan that
    /// stood and ships as much is left for it under the same conditions.
    ///
    /// ```
    /// use order_workflow::decision::Explain;
    /// use order_workflow::sourcing::{Failed, Move, Objective, Planned, Problem, Solver, Standing, Work};
    ///
    /// let problem: Problem = serde_json::from_str(r#"{
    ///     "currency": "EUR", "lines": [{ "id": "1", "sku": "tea", "units": 3 }],
    ///     "locations": [
    ///         { "id": "north", "offers": [{ "stock": 3, "unit_cost": 10 }], "services": [{ "name": "post", "fixed_cost": 400 }] },
    ///         { "id": "south", "offers": [{ "stock": 9, "unit_cost": 30 }], "services": [{ "name": "post", "fixed_cost": 400 }] }
    ///     ]
    /// }"#).unwrap();
    /// // Three were planned from the north; two are in the box, the third was not on the shelf.
    /// let standing = Standing {
    ///     planned: vec![Planned { location: 0, line: 0, units: 3 }],
    ///     picked: vec![Planned { location: 0, line: 0, units: 2 }],
    ///     failed: vec![Failed { location: 0, line: Some(0) }],
    ///     worth: 0,
    /// };
    /// let again = Solver::new().solve_again(&problem, &Objective::Cost, Work::default(), Explain::Brief, &standing)?;
    /// assert_eq!(again.moves, [Move { line: 0, from: Some(0), to: Some(1), units: 1 }]);
    /// assert_eq!(again.before, None, "it no longer holds");
    /// # Ok::<(), order_workflow::sourcing::SourcingRefusal>(())
    /// ```
    pub fn solve_again(
        &mut self,
        problem: &Problem,
        objective: &Objective<'_>,
        work: Work,
        detail: Explain,
        standing: &Standing,
    ) -> Result<Replanned, SourcingRefusal> {
        problem.check_with(&mut self.seen)?;
        standing.check(problem)?;
        self.read(problem, objective)?;
        let standing = &standing.by_sku(&self.seen.first_of_sku);
        self.lowering.stand(standing);
        let answer = match self.lowering.check_in_hand(problem) {
            Ok(()) => self.replan(problem, objective, work, detail, standing),
            Err(error) => Err(error.into()),
        };
        self.lowering.stand(&Standing::default());
        answer
    }

    fn replan(
        &mut self,
        problem: &Problem,
        objective: &Objective<'_>,
        work: Work,
        detail: Explain,
        standing: &Standing,
    ) -> Result<Replanned, SourcingRefusal> {
        let before = self.value_of(problem, standing, 0);
        let mut plan = Plan::default();
        let short = match self.solve_read(problem, objective, work, Explain::Brief, &mut plan) {
            Ok(()) => None,
            Err(SourcingRefusal::Infeasible { most, shippable, asked, .. }) => {
                plan = *most;
                Some((shippable, asked))
            }
            Err(other) => return Err(other),
        };
        let stood = match short {
            None => before,
            Some((shippable, asked)) => {
                let missing = i64::try_from(asked.saturating_sub(shippable)).unwrap_or(i64::MAX);
                self.value_of(problem, standing, missing)
            }
        };
        if let Some(value) = stood {
            keep(problem, standing, value, &mut plan);
        }
        if detail == Explain::Full {
            plan.explanation = Some(Box::new(explain(self, problem, objective, work, &plan)));
        }
        let moves = moves(problem, &standing.stood(), &plan);
        match short {
            None => Ok(Replanned { plan, moves, before }),
            Some((shippable, asked)) => {
                Err(SourcingRefusal::Infeasible { most: Box::new(plan), moves, shippable, asked })
            }
        }
    }

    /// What the plan so far costs now; nothing if it breaks a rule, lacks stock, counts on what failed, or leaves more
    /// than so many units of what must ship.
    fn value_of(&mut self, problem: &Problem, standing: &Standing, short: i64) -> Option<i64> {
        if standing.planned.is_empty() {
            return None;
        }
        let is_planned = |of: &Planned| units_at(&standing.planned, of.location, of.line) >= of.units;
        if !standing.picked.iter().all(is_planned) {
            return None;
        }
        let counts_on = |of: &Planned| {
            of.units > standing.in_hand(of.location, of.line) && standing.has_failed(of.location, of.line)
        };
        if standing.planned.iter().any(counts_on) {
            return None;
        }
        self.value_of_plan(problem, &standing.planned, short)
    }
}

impl Standing {
    /// The same, with what failed for a line failed for all lines of its SKU, each told once.
    pub(super) fn by_sku(&self, first_of_sku: &[usize]) -> Standing {
        let mut failed: Vec<Failed> = Vec::new();
        for one in &self.failed {
            if failed.contains(one) {
                continue;
            }
            let Some(line) = one.line else {
                failed.push(*one);
                continue;
            };
            let sku = first_of_sku.get(line);
            let alike = first_of_sku.iter().enumerate().filter(|(_, first)| Some(*first) == sku);
            failed.extend(alike.map(|(line, _)| Failed { line: Some(line), ..*one }));
        }
        Standing { failed, ..self.clone() }
    }

    /// What was planned, and what is picked beyond it.
    fn stood(&self) -> Vec<Planned> {
        let mut stood = self.planned.clone();
        for of in &self.picked {
            let counted = units_at(&stood, of.location, of.line);
            let units = self.in_hand(of.location, of.line).saturating_sub(counted);
            stood.push(Planned { units, ..*of });
        }
        stood
    }

    /// Units of a line that are in hand at a location.
    pub(super) fn in_hand(&self, location: usize, line: usize) -> u32 {
        units_at(&self.picked, location, line)
    }

    /// Whether anything is in hand at a location.
    pub(super) fn holds(&self, location: usize) -> bool {
        self.picked.iter().any(|of| of.location == location && of.units > 0)
    }

    /// Whether nothing more of a line may come from a location.
    pub(super) fn has_failed(&self, location: usize, line: usize) -> bool {
        let mut failed = self.failed.iter().filter(|failed| failed.location == location);
        failed.any(|failed| failed.line.is_none_or(|of| of == line))
    }
}

/// Units of a line at a location.
fn units_at(all: &[Planned], location: usize, line: usize) -> u32 {
    let here = all.iter().filter(|of| (of.location, of.line) == (location, line));
    here.fold(0, |sum, of| of.units.saturating_add(sum))
}

/// Puts the plan that stood, with this value, in the place of one that does not save what leaving it is worth.
fn keep(problem: &Problem, standing: &Standing, value: i64, plan: &mut Plan) {
    if value.saturating_sub(plan.value) > standing.worth {
        return;
    }
    let mut ships: Vec<(usize, usize, u32)> = Vec::new();
    let mut planned = standing.planned.clone();
    planned.sort_unstable();
    for of in planned.iter().filter(|of| of.units > 0) {
        match ships.last_mut().filter(|last| (last.0, last.1) == (of.location, of.line)) {
            Some(last) => last.2 += of.units,
            None => ships.push((of.location, of.line, of.units)),
        }
    }
    if plan.proof == Proof::Optimal && value > plan.value {
        // It is kept for its worth, not because nothing is cheaper.
        plan.proof = Proof::Gap { bound: plan.value };
    }
    plan.value = value;
    super::solver::write_plan(problem, &ships, plan, &mut Vec::new());
}

/// What goes elsewhere on the way from what was planned to a plan: line by line, what locations lose goes to those that
/// gain, both in the order of their ids.
pub fn moves(problem: &Problem, planned: &[Planned], plan: &Plan) -> Vec<Move> {
    let mut moves = Vec::new();
    let mut locations = Vec::new();
    by_name(&problem.locations, |location| &location.id, &mut locations);
    for line in 0..problem.lines.len() {
        let mut lost: Vec<(usize, u32)> = Vec::new();
        let mut gained: Vec<(usize, u32)> = Vec::new();
        for &location in &locations {
            let was = units_at(planned, location, line);
            let shipments = plan.shipments.iter().filter(|shipment| shipment.location == location);
            let is: u32 = shipments
                .flat_map(|shipment| &shipment.lines)
                .filter(|(of, _)| *of == line)
                .fold(0, |sum, (_, units)| units.saturating_add(sum));
            if was > is {
                lost.push((location, was - is));
            } else if is > was {
                gained.push((location, is - was));
            }
        }
        let (mut lost, mut gained) = (lost.into_iter().peekable(), gained.into_iter().peekable());
        loop {
            let (from, to) = (lost.peek_mut(), gained.peek_mut());
            let units = match (&from, &to) {
                (None, None) => break,
                (Some(from), None) => from.1,
                (None, Some(to)) => to.1,
                (Some(from), Some(to)) => from.1.min(to.1),
            };
            moves.push(Move {
                line,
                from: from.as_ref().map(|of| of.0),
                to: to.as_ref().map(|of| of.0),
                units,
            });
            if from.is_some_and(|of| {
                of.1 -= units;
                of.1 == 0
            }) {
                lost.next();
            }
            if to.is_some_and(|of| {
                of.1 -= units;
                of.1 == 0
            }) {
                gained.next();
            }
        }
    }
    moves
}
