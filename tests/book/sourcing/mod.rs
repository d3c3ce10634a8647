//! Stories of sourcing: an order is sourced, sourced again, promised.
//!
//! Every order is solved twice, with and without reasons and with a solver that has seen other orders, and its plan is
//! read back from JSON; that must change nothing.

mod shown;
mod step;
mod wave;

use std::collections::BTreeMap;

use order_workflow::Currency;
use order_workflow::geo::Position;
use order_workflow::sourcing::{Line, Location, Need, Offer, Problem, Service, Solver, Tariff};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Kind, Result, amount};

/// One story: who has what, what happens, and what must be true after each step.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What happens, in a sentence.
    pub title: String,
    /// Which feature of the crate it shows.
    pub feature: String,
    /// What kind of story it is.
    pub kind: Kind,
    #[serde(default)]
    given: Given,
    steps: Vec<Map<String, Value>>,
}

/// A problem in few words; lines are named by their SKU unless they have a name of their own.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Given {
    currency: Currency,
    destination: Option<Position>,
    lines: Vec<Item>,
    locations: BTreeMap<String, Site>,
    max_locations: Option<usize>,
    together: Vec<Vec<String>>,
    apart: Vec<(String, String)>,
}

impl Default for Given {
    fn default() -> Given {
        Given {
            currency: Currency::EUR,
            destination: None,
            lines: Vec::new(),
            locations: BTreeMap::new(),
            max_locations: None,
            together: Vec::new(),
            apart: Vec::new(),
        }
    }
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    sku: String,
    line: Option<String>,
    #[serde(default = "one")]
    units: u32,
    #[serde(default)]
    grams: u32,
    #[serde(default)]
    no_split: bool,
    #[serde(default)]
    needs: Vec<Need>,
    unmet: Option<String>,
}

fn one() -> u32 {
    1
}

/// A location: what it `has`, and what a `unit` and a parcel (`once`, `by_weight`, `late`) cost.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Site {
    at: Option<Position>,
    has: BTreeMap<String, u32>,
    unit: Option<String>,
    /// What the stock of a SKU is worth to later orders.
    worth: BTreeMap<String, String>,
    once: Option<String>,
    late: Option<String>,
    by_weight: Option<Vec<(u32, String)>>,
    days: Option<u32>,
    /// Further services: `once`, `late`, `by_weight`, `days` of their own, by name.
    also: BTreeMap<String, Lane>,
    capacity: Option<u32>,
    handles: Vec<Need>,
    forbids: Vec<String>,
    excluded: bool,
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Lane {
    once: Option<String>,
    late: Option<String>,
    by_weight: Option<Vec<(u32, String)>>,
    days: Option<u32>,
}

/// What a story goes on from.
struct World {
    given: Given,
    solver: Solver,
    /// What was shipped by the last plan: location, line, units.
    planned: Vec<(usize, usize, u32)>,
}

impl Scenario {
    /// Plays the story.
    pub fn run(&self) -> Result<()> {
        let mut world = World { given: self.given.clone(), solver: Solver::new(), planned: Vec::new() };
        for (at, step) in self.steps.iter().enumerate() {
            world.step(step).map_err(|why| format!("step {}: {why}", at + 1))?;
        }
        Ok(())
    }
}

impl Given {
    fn name(item: &Item) -> &str {
        item.line.as_deref().unwrap_or(&item.sku)
    }

    fn line(&self, name: &str) -> Result<usize> {
        self.lines.iter().position(|item| Given::name(item) == name).ok_or(format!("no line `{name}`"))
    }

    fn location(&self, name: &str) -> Result<usize> {
        self.locations.keys().position(|known| known == name).ok_or(format!("no location `{name}`"))
    }

    fn minor(&self, text: Option<&String>) -> Result<i64> {
        text.map_or(Ok(0), |text| Ok(amount(text, self.currency)?.minor_units()))
    }

    fn problem(&self) -> Result<Problem> {
        let mut tariffs = Vec::new();
        let mut locations = Vec::new();
        for (name, site) in &self.locations {
            locations.push(self.site(name, site, &mut tariffs)?);
        }
        let line = |item: &Item| -> Result<Line> {
            Ok(Line {
                id: Given::name(item).parse().map_err(said)?,
                sku: item.sku.parse().map_err(said)?,
                units: item.units,
                grams: item.grams,
                no_split: item.no_split,
                needs: item.needs.clone(),
                unmet_cost: item.unmet.as_ref().map(|price| self.minor(Some(price))).transpose()?,
            })
        };
        let group =
            |names: &Vec<String>| names.iter().map(|name| self.line(name)).collect::<Result<Vec<_>>>();
        let pair = |(one, other): &(String, String)| Ok((self.line(one)?, self.line(other)?));
        Ok(Problem {
            currency: self.currency,
            destination: self.destination,
            lines: self.lines.iter().map(line).collect::<Result<_>>()?,
            locations,
            tariffs,
            max_locations: self.max_locations,
            together: self.together.iter().map(group).collect::<Result<_>>()?,
            apart: self.apart.iter().map(pair).collect::<Result<_>>()?,
        })
    }

    fn site(&self, name: &str, site: &Site, tariffs: &mut Vec<Tariff>) -> Result<Location> {
        for sku in site.has.keys().chain(site.worth.keys()).chain(&site.forbids) {
            self.lines
                .iter()
                .find(|item| item.sku == *sku)
                .ok_or(format!("`{name}` has `{sku}`, which no line asks for"))?;
        }
        let mut service = |name: &str, lane: &Lane| -> Result<Service> {
            let tariff = match &lane.by_weight {
                None => None,
                Some(steps) => {
                    let step = |(grams, price): &(u32, String)| Ok((*grams, self.minor(Some(price))?));
                    tariffs.push(Tariff { steps: steps.iter().map(step).collect::<Result<_>>()? });
                    Some(tariffs.len() - 1)
                }
            };
            let (fixed_cost, late_cost) = (self.minor(lane.once.as_ref())?, self.minor(lane.late.as_ref())?);
            Ok(Service { name: name.into(), fixed_cost, late_cost, tariff, days: lane.days })
        };
        let own = Lane {
            once: site.once.clone(),
            late: site.late.clone(),
            by_weight: site.by_weight.clone(),
            days: site.days,
        };
        let mut services = Vec::new();
        if own.once.is_some() || own.late.is_some() || own.by_weight.is_some() || own.days.is_some() {
            services.push(service("post", &own)?);
        }
        for (name, lane) in &site.also {
            services.push(service(name, lane)?);
        }
        let offer = |item: &Item| -> Result<Offer> {
            Ok(Offer {
                stock: site.has.get(&item.sku).copied().unwrap_or(0),
                unit_cost: self.minor(site.unit.as_ref())?,
                stock_price: self.minor(site.worth.get(&item.sku))?,
                forbidden: site.forbids.contains(&item.sku),
            })
        };
        Ok(Location {
            id: name.parse().map_err(said)?,
            position: site.at,
            offers: self.lines.iter().map(offer).collect::<Result<_>>()?,
            services,
            capacity: site.capacity,
            handles: site.handles.clone(),
            excluded: site.excluded,
        })
    }
}

fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}
