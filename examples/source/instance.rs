//! Sourcing instances with known optima: how they are read, and whether an answer keeps their rules.
//!
//! The check is written from the statement of the model and shares nothing with the solver.
#![allow(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "`shaped` has looked at all lengths and places first"
)]

use std::error::Error;

use serde::Deserialize;

use order_workflow::Currency;
use order_workflow::geo::Position;
use order_workflow::id::{LineId, LocationId, Sku};
use order_workflow::sourcing::{Line, Location, Offer, Plan, Problem, Service, SourcingRefusal, Tariff};

/// One instance, as its file has it.
#[derive(Debug, Deserialize)]
pub struct Instance {
    pub id: String,
    pub currency: String,
    pub destination: Option<Named>,
    pub lines: Vec<InstanceLine>,
    pub locations: Vec<InstanceLocation>,
    pub stock: Vec<Vec<u32>>,
    pub unit_cost: Vec<Vec<i64>>,
    #[serde(default)]
    pub tariffs: Vec<Vec<(u32, i64)>>,
    pub max_locations: Option<usize>,
    #[serde(default)]
    pub forbidden: Vec<(usize, usize)>,
    #[serde(default)]
    pub together: Vec<Vec<usize>>,
    #[serde(default)]
    pub no_split: Vec<usize>,
    #[serde(default)]
    pub apart: Vec<(usize, usize)>,
    #[serde(default)]
    pub shared_stock: Vec<Vec<usize>>,
    pub unmet_cost: Option<Vec<i64>>,
    pub solution: Known,
}

#[derive(Debug, Deserialize)]
pub struct Named {
    pub name: String,
    pub at: (f64, f64),
}

#[derive(Debug, Deserialize)]
pub struct InstanceLine {
    pub units: u32,
    pub weight_g: u32,
}

#[derive(Debug, Deserialize)]
pub struct InstanceLocation {
    #[serde(default)]
    pub name: String,
    pub at: Option<(f64, f64)>,
    pub fixed_cost: i64,
    pub tariff: Option<usize>,
    pub capacity: Option<u32>,
}

/// The proven answer.
#[derive(Debug, Deserialize)]
pub struct Known {
    pub status: String,
    pub cost: i64,
    pub max_units: Option<u64>,
}

impl Instance {
    /// Whether tables and rules fit the lines and locations.
    fn shaped(&self) -> bool {
        let (n, m) = (self.locations.len(), self.lines.len());
        let line = |at: &usize| *at < m;
        self.stock.len() == n
            && self.unit_cost.len() == n
            && self.stock.iter().all(|row| row.len() == m)
            && self.unit_cost.iter().all(|row| row.len() == m)
            && self.unmet_cost.as_ref().is_none_or(|costs| costs.len() == m)
            && self.locations.iter().all(|one| one.tariff.is_none_or(|tariff| tariff < self.tariffs.len()))
            && self.forbidden.iter().all(|(location, at)| *location < n && line(at))
            && self.apart.iter().all(|(one, other)| line(one) && line(other))
            && self.no_split.iter().all(line)
            && self
                .together
                .iter()
                .chain(&self.shared_stock)
                .all(|group| !group.is_empty() && group.iter().all(line))
    }

    /// The instance as the library takes it.
    pub fn problem(&self) -> Result<Problem, Box<dyn Error>> {
        if !self.shaped() {
            return Err(format!("{}: tables and rules do not fit the lines and locations", self.id).into());
        }
        let position = |at: Option<(f64, f64)>| at.map(|at| Position::new(at.0, at.1)).transpose();
        // Lines of one SKU share its stock; all others are SKUs of their own.
        let lead = |line: usize| {
            self.shared_stock.iter().find(|group| group.contains(&line)).map_or(line, |group| group[0])
        };
        let line = |(at, line): (usize, &InstanceLine)| -> Result<Line, Box<dyn Error>> {
            Ok(Line {
                id: LineId::new(at.to_string())?,
                sku: Sku::new(format!("sku {}", lead(at)))?,
                units: line.units,
                grams: line.weight_g,
                no_split: self.no_split.contains(&at),
                needs: vec![],
                unmet_cost: self.unmet_cost.as_ref().map(|costs| costs[at]),
            })
        };
        let offer = |at: usize, line: usize| Offer {
            stock: self.stock[at][line],
            unit_cost: self.unit_cost[at][line],
            stock_price: 0,
            forbidden: self.forbidden.contains(&(at, line)),
        };
        let location = |(at, location): (usize, &InstanceLocation)| -> Result<Location, Box<dyn Error>> {
            Ok(Location {
                id: LocationId::new(format!("{at} {}", location.name).trim())?,
                position: position(location.at)?,
                offers: (0..self.lines.len()).map(|line| offer(at, line)).collect(),
                services: vec![Service {
                    name: "parcel".into(),
                    fixed_cost: location.fixed_cost,
                    late_cost: 0,
                    tariff: location.tariff,
                    days: None,
                }],
                capacity: location.capacity,
                handles: vec![],
                excluded: false,
            })
        };
        Ok(Problem {
            currency: Currency::from_code(&self.currency)?,
            destination: position(self.destination.as_ref().map(|destination| destination.at))?,
            lines: self.lines.iter().enumerate().map(line).collect::<Result<_, _>>()?,
            locations: self.locations.iter().enumerate().map(location).collect::<Result<_, _>>()?,
            tariffs: self.tariffs.iter().map(|steps| Tariff { steps: steps.clone() }).collect(),
            max_locations: self.max_locations,
            together: self.together.clone(),
            apart: self.apart.clone(),
        })
    }

    /// What is wrong with an answer: nothing if it has the known status, cost and units, keeps every rule, and costs
    /// what it says.
    pub fn check(&self, answer: &Result<Plan, SourcingRefusal>) -> Result<(), String> {
        let (plan, shippable) = match answer {
            Ok(plan) => (plan, None),
            Err(SourcingRefusal::Infeasible { most, shippable, .. }) => (&**most, Some(*shippable)),
            Err(other) => return Err(other.to_string()),
        };
        if shippable != self.solution.max_units {
            return Err(format!(
                "ships {shippable:?}, known {:?} ({})",
                self.solution.max_units, self.solution.status
            ));
        }
        if plan.proof != order_workflow::sourcing::Proof::Optimal {
            return Err(format!(
                "costs {}, proven only {:?} after {} nodes",
                plan.value, plan.proof, plan.nodes
            ));
        }
        let cost = self.priced(plan)?;
        match (cost, plan.cost.paid()) {
            (cost, said) if cost != said => Err(format!("says it costs {said}, but costs {cost}")),
            (cost, _) if cost != self.solution.cost => {
                Err(format!("costs {cost}, known {}", self.solution.cost))
            }
            _ => Ok(()),
        }
    }

    /// What a plan costs by the statement of the model, or the rule that it breaks.
    pub fn priced(&self, plan: &Plan) -> Result<i64, String> {
        let (n, m) = (self.locations.len(), self.lines.len());
        let mut x = vec![vec![0u64; m]; n];
        for shipment in &plan.shipments {
            for &(line, units) in &shipment.lines {
                x[shipment.location][line] += u64::from(units);
            }
        }
        let mut cost = 0;
        for w in 0..n {
            let units: u64 = x[w].iter().sum();
            for i in 0..m {
                if x[w][i] > u64::from(self.stock[w][i]) {
                    return Err(format!(
                        "location {w} ships {} of line {i} and has {}",
                        x[w][i], self.stock[w][i]
                    ));
                }
                if x[w][i] > 0 && self.forbidden.contains(&(w, i)) {
                    return Err(format!("location {w} must not ship line {i}"));
                }
                cost += self.unit_cost[w][i] * x[w][i] as i64;
            }
            for group in &self.shared_stock {
                let taken: u64 = group.iter().map(|&i| x[w][i]).sum();
                if taken > u64::from(self.stock[w][group[0]]) {
                    return Err(format!(
                        "location {w} ships {taken} of a SKU and has {}",
                        self.stock[w][group[0]]
                    ));
                }
            }
            if self.locations[w].capacity.is_some_and(|capacity| units > u64::from(capacity)) {
                return Err(format!("location {w} ships {units} units, beyond its capacity"));
            }
            if let Some((i, j)) = self.apart.iter().find(|(i, j)| x[w][*i] > 0 && x[w][*j] > 0) {
                return Err(format!("location {w} ships lines {i} and {j}, which stay apart"));
            }
            if units > 0 {
                cost += self.locations[w].fixed_cost;
                let grams: u64 = (0..m).map(|i| u64::from(self.lines[i].weight_g) * x[w][i]).sum();
                if let Some(tariff) = self.locations[w].tariff {
                    let step = self.tariffs[tariff].iter().find(|step| grams <= u64::from(step.0));
                    cost += step.ok_or(format!("location {w} ships {grams} g, beyond its tariff"))?.1;
                }
            }
        }
        let used = x.iter().filter(|row| row.iter().any(|units| *units > 0)).count();
        if self.max_locations.is_some_and(|most| used > most) {
            return Err(format!("{used} locations are used"));
        }
        let whole = self.together.iter().cloned().chain(self.no_split.iter().map(|line| vec![*line]));
        for group in whole {
            let from: Vec<usize> = (0..n).filter(|&w| group.iter().any(|&i| x[w][i] > 0)).collect();
            let all = |w: usize| group.iter().all(|&i| x[w][i] == u64::from(self.lines[i].units));
            if from.len() > 1 || from.iter().any(|&w| !all(w)) {
                return Err(format!("lines {group:?} leave from {from:?}, not whole from one"));
            }
        }
        for i in 0..m {
            let shipped: u64 = x.iter().map(|row| row[i]).sum();
            let asked = u64::from(self.lines[i].units);
            if shipped > asked {
                return Err(format!("line {i} ships {shipped} of {asked}"));
            }
            cost += self.unmet_cost.as_ref().map_or(0, |costs| costs[i] * (asked - shipped) as i64);
        }
        if let Some(most) = self.solution.max_units {
            let shipped: u64 = x.iter().flatten().sum();
            if shipped != most {
                return Err(format!("ships {shipped} units of at most {most}"));
            }
        }
        Ok(cost)
    }
}
