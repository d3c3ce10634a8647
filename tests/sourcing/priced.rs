//! What shipping something costs, and whether it may: written from the statement of the problem alone.
#![allow(clippy::indexing_slicing, reason = "places in a problem that was checked")]

use order_workflow::sourcing::{Plan, Problem};

/// What ships: location by line.
pub type Ships = Vec<Vec<u32>>;

/// The cost of shipping this, or nothing if a rule forbids it. Units that must ship may be missing.
pub fn priced(problem: &Problem, ships: &Ships) -> Option<i64> {
    let mut cost = 0;
    let used = ships.iter().filter(|row| row.iter().any(|units| *units > 0)).count();
    if problem.max_locations.is_some_and(|most| used > most) {
        return None;
    }
    for (location, row) in problem.locations.iter().zip(ships) {
        let (mut units, mut grams) = (0, 0);
        for (at, (line, shipped)) in problem.lines.iter().zip(row).enumerate() {
            if *shipped == 0 {
                continue;
            }
            let of_sku: u32 = problem
                .lines
                .iter()
                .zip(row)
                .filter(|(other, _)| other.sku == line.sku)
                .map(|(_, units)| units)
                .sum();
            let offer = &location.offers[at];
            let unfit = line.needs.iter().any(|need| !location.handles.contains(need));
            if of_sku > offer.stock || offer.forbidden || location.excluded || unfit {
                return None;
            }
            units += shipped;
            grams += u64::from(line.grams) * u64::from(*shipped);
            cost += (offer.unit_cost + offer.stock_price) * i64::from(*shipped);
        }
        if problem.apart.iter().any(|(one, other)| row[*one] > 0 && row[*other] > 0) {
            return None;
        }
        if location.capacity.is_some_and(|most| units > most) {
            return None;
        }
        if units > 0 && !location.services.is_empty() {
            let by = location.services.iter().filter_map(|service| {
                let steps = service.tariff.map(|tariff| &problem.tariffs[tariff].steps);
                let weight = steps.map_or(Some(0), |steps| {
                    steps.iter().find(|step| grams <= u64::from(step.0)).map(|step| step.1)
                });
                Some(service.fixed_cost + service.late_cost + weight?)
            });
            cost += by.min()?;
        }
    }
    let alone = problem.lines.iter().enumerate().filter(|(_, line)| line.no_split).map(|(at, _)| vec![at]);
    for group in problem.together.iter().cloned().chain(alone) {
        let from = ships.iter().filter(|row| group.iter().any(|line| row[*line] > 0));
        let whole = from.clone().all(|row| group.iter().all(|line| row[*line] == problem.lines[*line].units));
        if !whole || from.count() > 1 {
            return None;
        }
    }
    for (at, line) in problem.lines.iter().enumerate() {
        let shipped: u32 = ships.iter().map(|row| row[at]).sum();
        cost += line.unmet_cost.unwrap_or(0) * i64::from(line.units - shipped);
    }
    Some(cost)
}

/// What a plan ships.
pub fn ships(problem: &Problem, plan: &Plan) -> Ships {
    let mut ships = vec![vec![0; problem.lines.len()]; problem.locations.len()];
    for shipment in &plan.shipments {
        for (line, units) in &shipment.lines {
            ships[shipment.location][*line] += units;
        }
    }
    ships
}
