//! Ready criteria.

use crate::sourcing::lower::{cheapest_service, most_grams};
use crate::sourcing::{Criterion, Line, Location, Offer, Problem};

/// Metres along a great circle from the location to the destination; nothing where a position is missing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Distance;

/// How much of the order the location lacks: units that it cannot ship of what is asked for, by its shelves and by what it
/// can still work off. Rules between lines are left to the solver.
#[derive(Clone, Copy, Debug, Default)]
pub struct StockLevel;

/// What a unit costs from there on average, and once what its cheapest service asks, in minor units: for all that the
/// location could ship of the order, each line as if it shipped nothing else. Nothing where that is nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct CostLevel;

/// Days of the service that would bring all that the location could ship of the order: the cheapest that carries it, as
/// in the plan. Nothing where that service does not say. A faster and dearer service does not make a location faster; to
/// have it chosen, list it alone, or price slowness as [`Service::late_cost`](crate::sourcing::Service::late_cost).
/// Where an order is split, a lighter parcel may go by another service.
#[derive(Clone, Copy, Debug, Default)]
pub struct Speed;

/// How little the location can still work off; one without a limit is the best.
#[derive(Clone, Copy, Debug, Default)]
pub struct CapacityLeft;

/// The host's own order of locations: earlier in this list is better, and those that are not in it come after them.
#[derive(Clone, Debug, Default)]
pub struct Priority(pub Vec<crate::id::LocationId>);

/// Grams of carbon dioxide to bring the order's weight from there, at so many grams a tonne and kilometre; nothing
/// where a position is missing. Typical factors stand in ISO 14083 and the GLEC framework: some 60 to 150 by road.
#[derive(Clone, Copy, Debug)]
pub struct Carbon {
    /// Grams of carbon dioxide a tonne and kilometre.
    pub grams_per_tonne_km: u32,
}

fn metres(problem: &Problem, location: &Location) -> Option<f64> {
    Some(f64::from(location.position?.metres_to(problem.destination?)))
}

/// What a location could ship of each line of the order, if it shipped nothing else.
fn ships_of<'p>(
    problem: &'p Problem,
    location: &'p Location,
) -> impl Iterator<Item = (&'p Line, u32, &'p Offer)> {
    problem.lines.iter().zip(&location.offers).enumerate().map(|(at, (line, offer))| {
        let has = if problem.allowed(location, at) { offer.stock.min(line.units) } else { 0 };
        let has = if line.no_split && has < line.units { 0 } else { has };
        (line, has, offer)
    })
}

/// Units of the order that a location could ship, lines of a SKU from one shelf, as far as it can still work them off.
fn units_of(problem: &Problem, location: &Location) -> u64 {
    let lines = || ships_of(problem, location);
    let from_shelf = |(at, (line, _, offer)): (usize, (&Line, u32, &Offer))| {
        let alike = |(other, ..): &(&Line, u32, &Offer)| other.sku == line.sku;
        if lines().take(at).any(|other| alike(&other)) {
            return 0; // counted with the first line of its SKU
        }
        let wanted: u64 = lines().filter(alike).map(|(_, has, _)| u64::from(has)).sum();
        wanted.min(u64::from(offer.stock))
    };
    let units: u64 = lines().enumerate().map(from_shelf).sum();
    units.min(location.capacity.map_or(u64::MAX, u64::from))
}

/// The service of a parcel with all that a location could ship of the order, or as much of it as any carries, and what
/// it asks.
fn service_for_all(problem: &Problem, location: &Location) -> Option<(usize, i64)> {
    let grams = ships_of(problem, location).map(|(line, has, _)| u64::from(has) * u64::from(line.grams));
    cheapest_service(problem, location, grams.sum::<u64>().min(most_grams(problem, location)))
}

impl Criterion for Distance {
    fn measure(&self, problem: &Problem, location: &Location) -> Option<f64> {
        metres(problem, location)
    }

    fn name(&self) -> &str {
        "distance"
    }
}

impl Criterion for StockLevel {
    fn measure(&self, problem: &Problem, location: &Location) -> Option<f64> {
        Some(problem.units().saturating_sub(units_of(problem, location)) as f64)
    }

    fn name(&self) -> &str {
        "stock level"
    }
}

impl Criterion for CostLevel {
    fn measure(&self, problem: &Problem, location: &Location) -> Option<f64> {
        let (units, costs) =
            ships_of(problem, location).fold((0u64, 0.0), |(units, costs), (_, has, offer)| {
                (units + u64::from(has), costs + f64::from(has) * offer.unit_cost as f64)
            });
        let once = service_for_all(problem, location).map_or(0, |(_, cost)| cost);
        (units > 0).then(|| costs / units as f64 + once as f64)
    }

    fn name(&self) -> &str {
        "cost"
    }
}

impl Criterion for Speed {
    fn measure(&self, problem: &Problem, location: &Location) -> Option<f64> {
        let (service, _) = service_for_all(problem, location)?;
        location.services.get(service)?.days.map(f64::from)
    }

    fn name(&self) -> &str {
        "speed"
    }
}

impl Criterion for CapacityLeft {
    fn measure(&self, problem: &Problem, location: &Location) -> Option<f64> {
        // Beyond ten orders like this one, more room is no better.
        let plenty = problem.units().saturating_mul(10);
        let left = location.capacity.map_or(plenty, u64::from).min(plenty);
        Some((plenty - left) as f64)
    }

    fn name(&self) -> &str {
        "capacity left"
    }
}

impl Criterion for Priority {
    fn measure(&self, _: &Problem, location: &Location) -> Option<f64> {
        let listed = self.0.iter().position(|listed| *listed == location.id);
        Some(listed.unwrap_or(self.0.len()) as f64)
    }

    fn name(&self) -> &str {
        "priority"
    }
}

impl Criterion for Carbon {
    fn measure(&self, problem: &Problem, location: &Location) -> Option<f64> {
        let grams: u64 = problem.lines.iter().map(|line| u64::from(line.units) * u64::from(line.grams)).sum();
        let (tonnes, km) = (grams as f64 / 1e6, metres(problem, location)? / 1e3);
        Some(tonnes * km * f64::from(self.grams_per_tonne_km))
    }

    fn name(&self) -> &str {
        "carbon"
    }
}
