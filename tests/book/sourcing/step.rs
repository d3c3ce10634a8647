//! What a step of a story of sourcing does.

use chrono::{DateTime, NaiveDate, Utc};
use order_workflow::decision::Explain;
use order_workflow::sourcing::{
    CapacityLeft, Carbon, CostLevel, Criterion, Delivery, Dispatch, Distance, Failed, Inbound, Objective,
    Plan, Planned, Priority, Problem, Promise, Scorecard, Solver, SourcingRefusal, Speed, Standing,
    StockLevel, Walk, Work, remedies, walk,
};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

use super::super::Result;
use super::shown::{self, Expect};
use super::{Site, World, said, wave};

/// Sources the order.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Solve {
    nodes: Option<u64>,
    /// Weights by criterion: judge by these instead of by cost.
    by: Option<BTreeMap<String, f64>>,
    split: Option<f64>,
    priority: Vec<String>,
    /// A plain rule instead: locations in this order, or none for the highest stock.
    walk: Option<Vec<String>>,
    /// Where it is picked up.
    pick_up: Option<String>,
}

/// Sources it again.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Again {
    picked: BTreeMap<String, BTreeMap<String, u32>>,
    /// `north`, or `north tea`.
    failed: Vec<String>,
    worth: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Promised {
    ordered: DateTime<Utc>,
    dispatch: Dispatch,
    delivery: Delivery,
    told: Option<NaiveDate>,
}

/// Units under way: `north tea` by time.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Remedied {
    #[serde(default)]
    picked: BTreeMap<String, BTreeMap<String, u32>>,
    #[serde(default)]
    failed: Vec<String>,
    #[serde(default)]
    inbound: Vec<(String, u32, DateTime<Utc>)>,
}

impl World {
    pub(super) fn step(&mut self, step: &Map<String, Value>) -> Result<()> {
        let mut step = step.clone();
        let expect: Expect = take(&mut step, "expect")?.unwrap_or_default();
        let (what, told) = match step.into_iter().collect::<Vec<_>>().as_slice() {
            [(what, told)] => (what.clone(), told.clone()),
            other => return Err(format!("a step does one thing, not {}", other.len())),
        };
        match what.as_str() {
            "solve" => self.solve(read(told)?, expect),
            "change" => self.change(read(told)?, expect),
            "again" => self.again(read(told)?, expect),
            "promise" => promise(&read(told)?, expect),
            "remedy" => self.remedy(read(told)?, expect),
            "wave" => read::<wave::Told>(told)?.run(expect),
            other => Err(format!("unknown step `{other}`")),
        }
    }

    /// What a location now is, in place of what is given; a location of a new name comes in.
    fn change(&mut self, sites: BTreeMap<String, Site>, expect: Expect) -> Result<()> {
        self.given.locations.extend(sites);
        expect.nothing_more()
    }

    fn solve(&mut self, asked: Solve, expect: Expect) -> Result<()> {
        let mut problem = self.given.problem()?;
        if let Some(shop) = &asked.pick_up {
            problem.pick_up_at(&shop.parse().map_err(said)?);
        }
        if let Some(order) = &asked.walk {
            let order = order.iter().map(|name| self.given.location(name)).collect::<Result<Vec<_>>>()?;
            let rule = if order.is_empty() { Walk::HighestStock } else { Walk::InOrder(&order) };
            let plan = walk(&problem, rule).map_err(said)?;
            return expect.of_plan(&self.given, &plan)?.nothing_more();
        }
        let priority =
            Priority(asked.priority.iter().map(|name| name.parse().map_err(said)).collect::<Result<_>>()?);
        let mut card = Scorecard::new().with_split(asked.split.unwrap_or(1.0));
        for (name, weight) in asked.by.iter().flatten() {
            card = card.with(*weight, criterion(name, &priority)?);
        }
        let objective = if asked.by.is_some() { Objective::Scorecard(&card) } else { Objective::Cost };
        let work = asked.nodes.map_or_else(Work::default, Work::nodes);
        let brief = self.solver.solve(&problem, &objective, work, Explain::Brief);
        let full = Solver::new().solve(&problem, &objective, work, Explain::Full);
        match (brief, full) {
            (Ok(brief), Ok(full)) => {
                if (Plan { explanation: None, ..full.clone() }) != brief {
                    return Err(format!("with reasons it is {full:?}, without {brief:?}"));
                }
                let json = serde_json::to_string(&full).map_err(said)?;
                if serde_json::from_str::<Plan>(&json).map_err(said)? != full {
                    return Err(format!("it does not survive JSON: {json}"));
                }
                self.keep(&full);
                expect.of_plan(&self.given, &full)?.nothing_more()
            }
            (Err(brief), Err(full)) if brief == without_reasons(&full) => {
                let expect = match &full {
                    SourcingRefusal::Infeasible { most, shippable, .. } => {
                        self.keep(most);
                        expect.of_plan(&self.given, most)?.of_shippable(*shippable)?
                    }
                    _ => expect,
                };
                expect.of_refusal(&full.to_string())?.nothing_more()
            }
            (brief, full) => Err(format!("with reasons {full:?}, without {brief:?}")),
        }
    }

    fn keep(&mut self, plan: &Plan) {
        let lines = plan.shipments.iter();
        self.planned = lines
            .flat_map(|one| one.lines.iter().map(|(line, units)| (one.location, *line, *units)))
            .collect();
    }

    fn standing(
        &self,
        picked: &BTreeMap<String, BTreeMap<String, u32>>,
        failed: &[String],
    ) -> Result<Standing> {
        let mut standing = Standing::default();
        for (location, lines) in picked {
            for (line, units) in lines {
                let (location, line) = (self.given.location(location)?, self.given.line(line)?);
                standing.picked.push(Planned { location, line, units: *units });
            }
        }
        for failed in failed {
            let (location, line) =
                failed.split_once(' ').map_or((failed.as_str(), None), |(at, line)| (at, Some(line)));
            let line = line.map(|line| self.given.line(line)).transpose()?;
            standing.failed.push(Failed { location: self.given.location(location)?, line });
        }
        Ok(standing)
    }

    fn again(&mut self, asked: Again, expect: Expect) -> Result<()> {
        let problem = self.given.problem()?;
        let planned = |(location, line, units): &(usize, usize, u32)| Planned {
            location: *location,
            line: *line,
            units: *units,
        };
        let mut standing = self.standing(&asked.picked, &asked.failed)?;
        standing.planned = self.planned.iter().map(planned).collect();
        standing.worth = self.given.minor(asked.worth.as_ref())?;
        let (cost, work) = (Objective::Cost, Work::default());
        let brief = self.solver.solve_again(&problem, &cost, work, Explain::Brief, &standing);
        let full = Solver::new().solve_again(&problem, &cost, work, Explain::Full, &standing);
        match (brief, full) {
            (Ok(brief), Ok(full)) => {
                let mut told = full.clone();
                told.plan.explanation = None;
                if told != brief {
                    return Err(format!("with reasons it is {full:?}, without {brief:?}"));
                }
                self.keep(&full.plan);
                let expect = expect.of_plan(&self.given, &full.plan)?.of_moves(&self.given, &full.moves)?;
                expect.of_before(&self.given, full.before)?.nothing_more()
            }
            (Err(brief), Err(full)) if brief == without_reasons(&full) => {
                let expect = match &full {
                    SourcingRefusal::Infeasible { most, moves, shippable, .. } => {
                        self.keep(most);
                        let expect = expect.of_plan(&self.given, most)?.of_moves(&self.given, moves)?;
                        expect.of_shippable(*shippable)?
                    }
                    _ => expect,
                };
                expect.of_refusal(&full.to_string())?.nothing_more()
            }
            (brief, full) => Err(format!("with reasons {full:?}, without {brief:?}")),
        }
    }

    fn remedy(&mut self, asked: Remedied, expect: Expect) -> Result<()> {
        let problem = self.given.problem()?;
        let standing = self.standing(&asked.picked, &asked.failed)?;
        let mut most = |problem: &Problem| {
            let (cost, work) = (Objective::Cost, Work::default());
            match self.solver.solve_again(problem, &cost, work, Explain::Brief, &standing) {
                Ok(again) => Ok(again.plan),
                Err(SourcingRefusal::Infeasible { most, .. }) => Ok(*most),
                Err(other) => Err(other.to_string()),
            }
        };
        let plan = most(&problem)?;
        let mut inbound = Vec::new();
        for (pool, units, at) in &asked.inbound {
            let (location, line) = pool.split_once(' ').ok_or("`location line`")?;
            let (location, line) = (self.given.location(location)?, self.given.line(line)?);
            inbound.push(Inbound { location, line, units: *units, at: *at });
        }
        let found = remedies(&problem, &standing, &plan, &inbound, Work::default()).map_err(said)?;
        let (mut moved, mut later) = (problem.clone(), problem.clone());
        found.transfers.iter().for_each(|one| moved.transfer(one));
        found.arrivals.iter().for_each(|one| later.receive(one.location, one.line, one.units));
        for (better, left) in [(moved, &found.left_by_transfers), (later, &found.left_by_arrivals)] {
            let lacks = most(&better)?.unmet;
            let units = |of: &[(usize, u32)]| of.iter().map(|(_, units)| units).sum::<u32>();
            if units(&lacks) != units(left) {
                return Err(format!("{found:?}, but {lacks:?} do not ship"));
            }
        }
        expect.of_remedies(&self.given, &found)?.nothing_more()
    }
}

fn promise(asked: &Promised, expect: Expect) -> Result<()> {
    let make = |explain| Promise::new(asked.ordered, &asked.dispatch, &asked.delivery, explain);
    match (make(Explain::Full), make(Explain::Brief)) {
        (Ok(full), Ok(brief)) => {
            if (Promise { steps: Vec::new(), ..full.clone() }) != brief {
                return Err(format!("with reasons it is {full:?}, without {brief:?}"));
            }
            expect.of_promise(&full, asked.told)?.nothing_more()
        }
        (Err(refusal), Err(_)) => expect.of_refusal(&refusal.to_string())?.nothing_more(),
        (full, brief) => Err(format!("with reasons {full:?}, without {brief:?}")),
    }
}

fn criterion<'a>(name: &str, priority: &'a Priority) -> Result<&'a dyn Criterion> {
    Ok(match name {
        "distance" => &Distance,
        "stock" => &StockLevel,
        "cost" => &CostLevel,
        "speed" => &Speed,
        "capacity" => &CapacityLeft,
        "priority" => priority,
        "carbon" => &Carbon { grams_per_tonne_km: 100 },
        other => return Err(format!("unknown criterion `{other}`")),
    })
}

fn take<T: serde::de::DeserializeOwned>(step: &mut Map<String, Value>, key: &str) -> Result<Option<T>> {
    step.remove(key).map(|told| serde_json::from_value(told).map_err(shown::unread)).transpose()
}

fn read<T: serde::de::DeserializeOwned>(told: Value) -> Result<T> {
    serde_json::from_value(told).map_err(shown::unread)
}

fn without_reasons(refusal: &SourcingRefusal) -> SourcingRefusal {
    let mut brief = refusal.clone();
    if let SourcingRefusal::Infeasible { most, .. } = &mut brief {
        most.explanation = None;
    }
    brief
}
