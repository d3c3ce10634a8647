//! A problem with its lines and locations in the order of their ids, so that what is found in turn is found the same
//! however they stand.

use crate::sourcing::check::Seen;
use crate::sourcing::{Failed, Inbound, Plan, Planned, Problem, Standing, Transfer};

/// A problem, turned, and the way there and back.
pub(super) struct Turned {
    pub problem: Problem,
    /// Where each line, and each location, stood before.
    lines: Vec<usize>,
    locations: Vec<usize>,
    /// Where each stands now.
    line_now: Vec<usize>,
    location_now: Vec<usize>,
}

impl Turned {
    /// Of a problem that was checked, by what that saw.
    pub fn of(problem: &Problem, seen: &Seen) -> Turned {
        let (lines, locations) = (seen.lines.clone(), seen.locations.clone());
        let (line_now, location_now) = (inverse(&lines), inverse(&locations));
        let now = |line: usize| line_now.get(line).copied().unwrap_or(line);
        let turned = Problem {
            lines: in_order(&problem.lines, &lines),
            locations: in_order(&problem.locations, &locations),
            together: problem.together.iter().map(|of| of.iter().map(|line| now(*line)).collect()).collect(),
            apart: problem.apart.iter().map(|(one, other)| (now(*one), now(*other))).collect(),
            ..problem.clone()
        };
        let mut turned = Turned { problem: turned, lines, locations, line_now, location_now };
        for location in &mut turned.problem.locations {
            location.offers = in_order(&location.offers, &turned.lines);
        }
        turned
    }

    pub fn plan(&self, plan: &Plan) -> Plan {
        let mut plan = plan.clone();
        for shipment in &mut plan.shipments {
            shipment.location = at(&self.location_now, shipment.location);
            shipment.lines.iter_mut().for_each(|(line, _)| *line = at(&self.line_now, *line));
            shipment.lines.sort_unstable();
        }
        plan.shipments.sort_by_key(|shipment| shipment.location);
        plan.unmet.iter_mut().for_each(|(line, _)| *line = at(&self.line_now, *line));
        plan.unmet.sort_unstable();
        plan
    }

    pub fn standing(&self, standing: &Standing) -> Standing {
        let planned = |of: &Planned| Planned {
            location: at(&self.location_now, of.location),
            line: at(&self.line_now, of.line),
            ..*of
        };
        let failed = |of: &Failed| Failed {
            location: at(&self.location_now, of.location),
            line: of.line.map(|line| at(&self.line_now, line)),
        };
        Standing {
            planned: standing.planned.iter().map(planned).collect(),
            picked: standing.picked.iter().map(planned).collect(),
            failed: standing.failed.iter().map(failed).collect(),
            worth: standing.worth,
        }
    }

    pub fn inbound(&self, one: &Inbound) -> Inbound {
        Inbound { location: at(&self.location_now, one.location), line: at(&self.line_now, one.line), ..*one }
    }

    /// Back again.
    pub fn units_back(&self, units: &mut [(usize, u32)]) {
        units.iter_mut().for_each(|(line, _)| *line = at(&self.lines, *line));
        units.sort_unstable();
    }

    pub fn transfer_back(&self, one: &mut Transfer) {
        one.line = at(&self.lines, one.line);
        (one.from, one.to) = (at(&self.locations, one.from), at(&self.locations, one.to));
    }

    pub fn inbound_back(&self, one: &mut Inbound) {
        (one.location, one.line) = (at(&self.locations, one.location), at(&self.lines, one.line));
    }
}

fn at(places: &[usize], place: usize) -> usize {
    places.get(place).copied().unwrap_or(place)
}

fn in_order<T: Clone>(list: &[T], order: &[usize]) -> Vec<T> {
    order.iter().filter_map(|place| list.get(*place).cloned()).collect()
}

fn inverse(order: &[usize]) -> Vec<usize> {
    let mut now = vec![0; order.len()];
    for (place, was) in order.iter().enumerate() {
        if let Some(slot) = now.get_mut(*was) {
            *slot = place;
        }
    }
    now
}
