//! What if the sellers' cities were one network? Each order is sourced from the cities that have its goods, and all of
//! it is held in one reserve, as a host would: levels, solve, reserve, and again if stock has moved meanwhile.
//!
//! Of each SKU its own seller's city has half of what the orders want, rounded up, and two of the cities that sell
//! most, chosen by its id, have the rest. Levels are read from a page that is renewed every [`PAGE`] orders, so that
//! some reserves meet stock that is gone.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use order_workflow::{
    Currency, Money, OrderId,
    decision::Explain,
    geo::Position,
    id::{LineId, LocationId, OpId, ReservationId, Sku},
    reservation::{Act, Command, Guard, Leg, MemoryStore, Outcome, Pool, Refusal, ReservationStore},
    sourcing::{
        Line, Location, Objective, Offer, Plan, Problem, Proof, Service, Solver, SourcingRefusal, Tariff,
        Walk, Work, walk,
    },
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Anything,
    files::{FileOrder, rows},
};

/// Orders between two looks at the levels of a pool.
const PAGE: usize = 40;
/// Cities that hold what is not held at the seller's own.
const HUBS: usize = 12;
/// Tries before an order is given up.
const TRIES: u32 = 3;
/// Kilometres up to which a parcel is near, or within reach; beyond it is far.
const ZONES: [u32; 2] = [300, 1_000];
/// Grams, and centavos by zone: what the same parcel costs near, within reach, far.
const STEPS: [(u32, [i64; 3]); 7] = [
    (500, [900, 1_300, 1_900]),
    (1_000, [1_000, 1_500, 2_300]),
    (2_000, [1_150, 1_800, 2_900]),
    (5_000, [1_500, 2_500, 4_200]),
    (10_000, [2_100, 3_700, 6_300]),
    (30_000, [4_300, 7_600, 12_900]),
    (150_000, [12_000, 22_000, 38_000]),
];

#[derive(Deserialize)]
struct SellerRow {
    seller_id: String,
    seller_city: String,
    seller_state: String,
}

#[derive(Deserialize)]
struct PlaceRow {
    city: String,
    state: String,
    latitude: f64,
    longitude: f64,
}

#[derive(Deserialize)]
struct WeightRow {
    product_id: String,
    product_weight_g: Option<f64>,
}

/// The network, and what became of the orders in it.
pub struct Network {
    store: MemoryStore,
    positions: BTreeMap<LocationId, Position>,
    /// Where each SKU lies.
    shelves: BTreeMap<Sku, BTreeSet<LocationId>>,
    grams: BTreeMap<Sku, u32>,
    page: BTreeMap<Pool, (usize, u32)>,
    pub counts: Counts,
    pub violations: Vec<String>,
}

/// What became of the orders.
#[derive(Default)]
pub struct Counts {
    pub sourced: u64,
    pub splits: u64,
    pub parcels: u64,
    /// Reserves that were refused since stock had moved, and solved again.
    pub again: u64,
    pub short: u64,
    /// Orders whose place is not known.
    pub nowhere: u64,
    pub cost: i64,
    /// Orders that nearest-first ships whole, and what these cost both ways.
    pub compared: u64,
    pub compared_cost: i64,
    pub nearest_cost: i64,
    pub nearest_parcels: u64,
    /// Plans whose budget ended before they were proven best.
    pub unproven: u64,
    pub most_nodes: u64,
}

/// A table a zone.
fn tariffs() -> Vec<Tariff> {
    let zone =
        |at: usize| STEPS.iter().filter_map(move |(up_to, costs)| Some((*up_to, *costs.get(at)?))).collect();
    (0..=ZONES.len()).map(|at| Tariff { steps: zone(at) }).collect()
}

/// A city as ids and tables spell it: some have two blanks where one is meant.
fn city(name: &str, state: &str) -> String {
    format!("{} {state}", name.split_whitespace().collect::<Vec<_>>().join(" "))
}

impl Network {
    /// Sources all orders in the order of their purchase; nothing if the folder does not tell places.
    pub fn of(files: &[FileOrder], dir: &Path) -> Result<Option<Network>, Anything> {
        if !["sellers.csv", "places.csv", "products.csv"].iter().all(|file| dir.join(file).exists()) {
            return Ok(None);
        }
        let places: BTreeMap<String, Position> = rows::<PlaceRow>(dir, "places.csv")?
            .into_iter()
            .map(|row| Ok((city(&row.city, &row.state), Position::new(row.latitude, row.longitude)?)))
            .collect::<Result<_, Anything>>()?;
        let sellers: BTreeMap<String, String> = rows::<SellerRow>(dir, "sellers.csv")?
            .into_iter()
            .map(|row| (row.seller_id, city(&row.seller_city, &row.seller_state)))
            .filter(|(_, city)| places.contains_key(city))
            .collect();
        let weight = |row: WeightRow| {
            Ok((Sku::new(row.product_id)?, row.product_weight_g.unwrap_or(500.0).clamp(1.0, 30_000.0) as u32))
        };
        let grams = rows::<WeightRow>(dir, "products.csv")?
            .into_iter()
            .map(weight)
            .collect::<Result<_, Anything>>()?;
        let mut network = Network {
            store: MemoryStore::new().with_window(TimeDelta::days(36_500)),
            positions: BTreeMap::new(),
            shelves: BTreeMap::new(),
            grams,
            page: BTreeMap::new(),
            counts: Counts::default(),
            violations: vec![],
        };
        network.supply(files, &sellers, &places)?;
        let mut in_time: Vec<&FileOrder> = files.iter().collect();
        in_time.sort_by(|a, b| (a.times.purchase, &a.row.order_id).cmp(&(b.times.purchase, &b.row.order_id)));
        let mut solver = Solver::new();
        for (turn, file) in in_time.into_iter().enumerate() {
            match places.get(&city(&file.row.customer_city, &file.row.customer_state)) {
                Some(to)
                    if file.items.iter().all(|item| sellers.contains_key(&item.seller_id))
                        && !file.items.is_empty() =>
                {
                    network.source(file, *to, turn, &mut solver)?;
                }
                _ => network.counts.nowhere += 1,
            }
        }
        Ok(Some(network))
    }

    fn supply(
        &mut self,
        files: &[FileOrder],
        sellers: &BTreeMap<String, String>,
        places: &BTreeMap<String, Position>,
    ) -> Result<(), Anything> {
        let items = || {
            files
                .iter()
                .flat_map(|file| &file.items)
                .filter_map(|item| Some((item, sellers.get(&item.seller_id)?)))
        };
        let mut sold: BTreeMap<&String, u32> = BTreeMap::new();
        let mut wanted: BTreeMap<(&str, &String), u32> = BTreeMap::new();
        for (item, home) in items() {
            *sold.entry(home).or_default() += 1;
            *wanted.entry((&item.product_id, home)).or_default() += 1;
        }
        let mut hubs: Vec<(&String, u32)> = sold.into_iter().collect();
        hubs.sort_by_key(|(name, units)| (std::cmp::Reverse(*units), *name));
        hubs.truncate(HUBS);
        let opened = files.iter().map(|file| file.times.purchase).min().unwrap_or(DateTime::UNIX_EPOCH);
        let mut op = 0;
        for ((product, home), units) in wanted {
            let sku = Sku::new(product)?;
            let drawn = product
                .bytes()
                .fold(0usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte)));
            let rest = units / 2;
            let hub = |draw: usize| hubs.get(draw % hubs.len().max(1)).map_or(home, |(name, _)| *name);
            for (name, units) in
                [(home, units - rest), (hub(drawn), rest - rest / 2), (hub(drawn / 7 + 1), rest / 2)]
            {
                if let Some(position) = places.get(name).filter(|_| units > 0) {
                    let location = LocationId::new(name)?;
                    self.positions.insert(location.clone(), *position);
                    self.shelves.entry(sku.clone()).or_default().insert(location.clone());
                    let act = Act::Supply {
                        pool: Pool::stock(location, sku.clone()),
                        delta: i64::from(units),
                        guard: Guard::Never,
                    };
                    self.send(OpId::from(op), act, opened)?;
                    op += 1;
                }
            }
        }
        Ok(())
    }

    fn send(&self, op: OpId, act: Act, at: DateTime<Utc>) -> Result<Outcome, Refusal> {
        self.store.execute_one(&Command { op, act }, at)
    }

    /// What the page says of a pool, renewed if it is old or must be.
    fn available(
        &mut self,
        pool: &Pool,
        turn: usize,
        renew: bool,
        at: DateTime<Utc>,
    ) -> Result<u32, Anything> {
        if let Some((_, units)) = self.page.get(pool).filter(|(read, _)| !renew && turn < read + PAGE) {
            return Ok(*units);
        }
        let level = pollster::block_on(self.store.levels(std::slice::from_ref(pool), at))?.remove(0);
        let units = level.and_then(|level| level.available()).unwrap_or(0).max(0) as u32;
        self.page.insert(pool.clone(), (turn, units));
        Ok(units)
    }

    fn problem(
        &mut self,
        file: &FileOrder,
        to: Position,
        turn: usize,
        renew: bool,
    ) -> Result<Problem, Anything> {
        let mut wanted: BTreeMap<Sku, u32> = BTreeMap::new();
        for item in &file.items {
            *wanted.entry(Sku::new(&item.product_id)?).or_default() += 1;
        }
        let cities: BTreeSet<LocationId> =
            wanted.keys().filter_map(|sku| self.shelves.get(sku)).flatten().cloned().collect();
        let mut locations = Vec::new();
        for id in cities {
            let Some(position) = self.positions.get(&id).copied() else { continue };
            let km = position.metres_to(to) / 1_000;
            let zone = ZONES.iter().filter(|limit| km > **limit).count();
            let mut offers = Vec::new();
            for sku in wanted.keys() {
                let stock =
                    self.available(&Pool::stock(id.clone(), sku.clone()), turn, renew, file.times.purchase)?;
                offers.push(Offer { stock, unit_cost: 100 + i64::from(km) / 10, ..Offer::default() });
            }
            let service = Service {
                name: "parcel".into(),
                fixed_cost: 0,
                late_cost: 0,
                tariff: Some(zone),
                days: None,
            };
            locations.push(Location {
                id,
                position: Some(position),
                offers,
                services: vec![service],
                capacity: None,
                handles: vec![],
                excluded: false,
            });
        }
        let line = |(sku, units): (&Sku, &u32)| -> Result<Line, Anything> {
            let grams = self.grams.get(sku).copied().unwrap_or(500);
            Ok(Line {
                id: LineId::new(sku.as_str())?,
                sku: sku.clone(),
                units: *units,
                grams,
                no_split: false,
                needs: vec![],
                unmet_cost: None,
            })
        };
        Ok(Problem {
            currency: Currency::BRL,
            destination: Some(to),
            lines: wanted.iter().map(line).collect::<Result<_, _>>()?,
            locations,
            tariffs: tariffs(),
            max_locations: None,
            together: vec![],
            apart: vec![],
        })
    }

    fn source(
        &mut self,
        file: &FileOrder,
        to: Position,
        turn: usize,
        solver: &mut Solver,
    ) -> Result<(), Anything> {
        let order = OrderId::new(&file.row.order_id)?;
        for attempt in 1..=TRIES {
            let problem = self.problem(file, to, turn, attempt > 1)?;
            let plan = match solver.solve(&problem, &Objective::Cost, Work::default(), Explain::Brief) {
                Ok(plan) => plan,
                Err(SourcingRefusal::Infeasible { .. }) if attempt == 1 => continue, // the page may be old
                Err(SourcingRefusal::Infeasible { .. }) => break,
                Err(other) => return Err(other.into()),
            };
            let leg = |location: usize, line: usize, units: u32| -> Option<Leg> {
                let (location, line) = (problem.locations.get(location)?, problem.lines.get(line)?);
                Some(Leg::all(Pool::stock(location.id.clone(), line.sku.clone()), i64::from(units)))
            };
            let units = plan
                .shipments
                .iter()
                .flat_map(|one| one.lines.iter().map(|(line, units)| (one.location, *line, *units)));
            let legs = units.filter_map(|(location, line, units)| leg(location, line, units)).collect();
            let reservation = ReservationId::of(&order, attempt, 0);
            let act = Act::Reserve { reservation: reservation.clone(), legs, until: None };
            match self.send(OpId::from(&reservation), act, file.times.purchase) {
                Ok(_) => return self.count(&problem, &plan, to, &file.row.order_id),
                Err(Refusal::Insufficient { .. }) => self.counts.again += 1,
                Err(other) => return Err(other.into()),
            }
        }
        self.counts.short += 1;
        Ok(())
    }

    fn count(&mut self, problem: &Problem, plan: &Plan, to: Position, order: &str) -> Result<(), Anything> {
        let cost = plan.cost.paid();
        let counts = &mut self.counts;
        counts.sourced += 1;
        counts.parcels += plan.locations() as u64;
        counts.splits += u64::from(plan.locations() > 1);
        counts.cost += cost;
        counts.unproven += u64::from(plan.proof != Proof::Optimal);
        counts.most_nodes = counts.most_nodes.max(plan.nodes);
        let mut nearest: Vec<usize> = (0..problem.locations.len()).collect();
        let metres = |at: usize| Some(problem.locations.get(at)?.position?.metres_to(to));
        nearest.sort_by_key(|at| (metres(*at), *at));
        let greedy = walk(problem, Walk::InOrder(&nearest))?;
        if greedy.unmet.is_empty() {
            counts.compared += 1;
            counts.compared_cost += cost;
            counts.nearest_cost += greedy.cost.paid();
            counts.nearest_parcels += greedy.locations() as u64;
        }
        if plan.proof != Proof::Optimal
            || plan.units() != problem.units()
            || (greedy.unmet.is_empty() && greedy.cost.paid() < cost)
        {
            self.violations.push(format!("{order}: sourced {plan:?}, nearest-first {greedy:?}"));
        }
        Ok(())
    }

    pub fn json(&self) -> Value {
        let money = |minor: i64| Money::minor(minor, Currency::BRL).to_decimal().to_string();
        let counts = &self.counts;
        json!({
            "sourced": counts.sourced, "splits": counts.splits, "parcels": counts.parcels,
            "solved_again": counts.again, "short": counts.short, "place_unknown": counts.nowhere,
            "cost": money(counts.cost), "unproven": counts.unproven, "most_nodes": counts.most_nodes,
            "beside_nearest_first": { "orders": counts.compared, "cost": money(counts.compared_cost),
                "nearest_first": money(counts.nearest_cost), "nearest_first_parcels": counts.nearest_parcels },
        })
    }

    pub fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let money = |minor: i64| Money::minor(minor, Currency::BRL);
        let counts = &self.counts;
        writeln!(out, "\nIf the sellers' cities were one network")?;
        writeln!(
            out,
            "  {} orders sourced in {} parcels, {} of them split; {} solved again since stock had moved, {} short, {} of unknown place",
            counts.sourced, counts.parcels, counts.splits, counts.again, counts.short, counts.nowhere
        )?;
        writeln!(
            out,
            "  shipping costs {}; of the {} orders that nearest-first ships too, {} against {} in {} parcels; {} plans are not proven best, at most {} nodes were tried",
            money(counts.cost),
            counts.compared,
            money(counts.compared_cost),
            money(counts.nearest_cost),
            counts.nearest_parcels,
            counts.unproven,
            counts.most_nodes
        )
    }
}
