//! A problem as the exact search sees it.

use crate::sourcing::check::Seen;
use crate::sourcing::exact::dense::{Dense, Item, Place};
use crate::sourcing::{Location, Problem, ProblemError, Service, Standing, Tariff};

/// What a search is to find.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Aim {
    /// The least cost, with so many units left unmet of what must ship.
    Cost {
        /// Units.
        short: i64,
    },
    /// The fewest units left unmet of what must ship, whatever it costs.
    Units,
}

/// What a location and a unit from there are worth, where it is not their cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Points<'a> {
    /// A unit from each location.
    pub unit: &'a [i64],
    /// Each location that is used.
    pub location: i64,
    /// A unit that does not ship though it may stay unmet.
    pub unmet: i64,
}

/// Which line is in which item, and scratch.
#[derive(Clone, Debug, Default)]
pub(super) struct Lowering {
    /// Per line: its item.
    pub item_of: Vec<usize>,
    /// Per location: its place in the search.
    place_of: Vec<usize>,
    /// Per item: it is shipped whole.
    whole: Vec<bool>,
    ends: Vec<i64>,
    /// What is in hand, and what failed.
    standing: Standing,
}

impl Lowering {
    /// Sorts the lines into items, in the order of their ids: lines that leave together, or whole, are one piece of one
    /// item.
    pub(super) fn items(&mut self, problem: &Problem, seen: &Seen) {
        self.item_of.clear();
        self.item_of.resize(problem.lines.len(), 0);
        self.whole.clear();
        let group = |line: usize| seen.grouped.get(line).copied().flatten();
        for (rank, &at) in seen.lines.iter().enumerate() {
            let mate = group(at)
                .and_then(|own| seen.lines.iter().take(rank).find(|other| group(**other) == Some(own)));
            let item = match mate.and_then(|mate| self.item_of.get(*mate).copied()) {
                Some(item) => item,
                None => {
                    let no_split = problem.lines.get(at).is_some_and(|line| line.no_split);
                    self.whole.push(no_split || group(at).is_some());
                    self.whole.len() - 1
                }
            };
            if let Some(slot) = self.item_of.get_mut(at) {
                *slot = item;
            }
        }
        self.place_of.clear();
        self.place_of.resize(problem.locations.len(), 0);
        for (place, location) in seen.locations.iter().enumerate() {
            if let Some(slot) = self.place_of.get_mut(*location) {
                *slot = place;
            }
        }
    }

    /// The place of a location in the search; of one that is not in the problem, none.
    pub(super) fn place(&self, location: usize) -> usize {
        self.place_of.get(location).copied().unwrap_or(usize::MAX)
    }

    pub(super) fn is_whole(&self, item: usize) -> bool {
        self.whole.get(item) == Some(&true)
    }

    /// From now on, some units are in hand and some locations have failed.
    pub(super) fn stand(&mut self, standing: &Standing) {
        self.standing.clone_from(standing);
    }

    /// Pieces of a line's item that are in hand at a location.
    fn pieces_in_hand(&self, problem: &Problem, location: usize, line: usize) -> i64 {
        let in_hand = |line: usize| i64::from(self.standing.in_hand(location, line));
        let Some(item) = self.item_of.get(line).copied().filter(|item| self.is_whole(*item)) else {
            return in_hand(line);
        };
        // Only all of it is a piece.
        let mut lines =
            self.item_of.iter().zip(&problem.lines).enumerate().filter(|(_, (of, _))| **of == item);
        i64::from(lines.all(|(line, (_, asked))| in_hand(line) >= i64::from(asked.units)))
    }

    /// That what stays in hand can leave together, by rules and by weight.
    pub(super) fn check_in_hand(&self, problem: &Problem) -> Result<(), ProblemError> {
        let stays = |location: usize, line: usize| {
            self.standing.in_hand(location, line) > 0 && self.pieces_in_hand(problem, location, line) > 0
        };
        for (at, location) in problem.locations.iter().enumerate().filter(|(at, _)| self.standing.holds(*at))
        {
            let id = |line: usize| problem.lines.get(line).map(|line| line.id.clone());
            for &(one, other) in &problem.apart {
                if let (true, Some(one), Some(other)) =
                    (stays(at, one) && stays(at, other), id(one), id(other))
                {
                    return Err(ProblemError::PickedTogether { location: location.id.clone(), one, other });
                }
            }
            let lines = problem.lines.iter().enumerate().filter(|(line, _)| stays(at, *line));
            let grams = lines
                .map(|(of, line)| u64::from(self.standing.in_hand(at, of)) * u64::from(line.grams))
                .sum();
            let most = most_grams(problem, location);
            if grams > most {
                return Err(ProblemError::PickedTooHeavy { location: location.id.clone(), grams, most });
            }
        }
        Ok(())
    }

    pub(super) fn standing(&self) -> &Standing {
        &self.standing
    }

    /// Writes the problem out for a search.
    pub(super) fn lower(
        &mut self,
        problem: &Problem,
        seen: &Seen,
        aim: Aim,
        points: Option<Points<'_>>,
        dense: &mut Dense,
    ) {
        self.lower_items(problem, aim, points, dense);
        self.lower_shelves(problem, seen, dense);
        dense.apart.clear();
        let item = |line: usize| self.item_of.get(line).copied();
        let pair =
            |one: usize, other: usize| Some((item(one)?.min(item(other)?), item(one)?.max(item(other)?)));
        dense.apart.extend(problem.apart.iter().filter_map(|(one, other)| pair(*one, *other)));
        dense.apart.sort_unstable();
        dense.apart.dedup();
        dense.slots = problem.max_locations.unwrap_or(usize::MAX).min(problem.locations.len());
        dense.spare = match aim {
            Aim::Cost { short } => short,
            Aim::Units => 0,
        };
        dense.resize_places(problem.locations.len());
        dense.cost.reset(dense.items.len());
        dense.room.reset(dense.items.len());
        let units = i64::try_from(problem.units()).unwrap_or(i64::MAX);
        for (at, from) in seen.locations.iter().enumerate() {
            let Some(location) = problem.locations.get(*from) else { continue };
            let by_points = points.and_then(|points| points.unit.get(*from).copied());
            self.lower_row(problem, at, location, by_points, aim, dense);
            let mut place = dense.places.get_mut(at).map(std::mem::take).unwrap_or_default();
            let capacity = location.capacity.map_or(i64::MAX, i64::from);
            place.capacity = if capacity >= units { i64::MAX } else { capacity };
            self.lower_services(problem, location, &mut place);
            match (aim, points) {
                (Aim::Units, _) => place.set_prices(0),
                (Aim::Cost { .. }, Some(points)) => place.set_prices(points.location),
                (Aim::Cost { .. }, None) => {}
            }
            if let Some(slot) = dense.places.get_mut(at) {
                *slot = place;
            }
        }
        self.lower_standing(problem, dense);
        dense.finish();
    }

    /// What is in hand stays, and nothing more comes from what failed.
    fn lower_standing(&self, problem: &Problem, dense: &mut Dense) {
        dense.held.reset(dense.items.len());
        if self.standing.picked.is_empty() && self.standing.failed.is_empty() {
            return;
        }
        dense.held.zeros(dense.items.len(), problem.locations.len());
        for picked in &self.standing.picked {
            let Some(item) = self.item_of.get(picked.line).copied() else { continue };
            let pieces = self.pieces_in_hand(problem, picked.location, picked.line);
            let place = self.place(picked.location);
            dense.held.set(place, item, pieces);
            // It is off the shelf, so the shelf need not have it.
            dense.room.set(place, item, dense.room.at(place, item).max(pieces));
        }
        for failed in &self.standing.failed {
            let place = self.place(failed.location);
            for (line, item) in self.item_of.iter().enumerate() {
                if failed.line.is_none_or(|failed| failed == line) {
                    dense.room.set(place, *item, dense.held.at(place, *item));
                }
            }
        }
        // A shelf or a location that was counted too low still has what is in hand from there.
        for (at, place) in dense.places.iter_mut().enumerate() {
            let held = dense.held.row(at).iter().zip(&dense.items).map(|(held, item)| held * item.units);
            place.capacity = place.capacity.max(held.sum());
            for (shelf, stock) in dense.shelves.stock.row_mut(at).iter_mut().enumerate() {
                let users = dense.shelves.users.iter().filter(|(_, of, _)| *of == shelf);
                *stock = (*stock).max(users.map(|(item, _, each)| each * dense.held.at(at, *item)).sum());
            }
        }
        let kept =
            (0..problem.locations.len()).filter(|place| dense.held.row(*place).iter().any(|held| *held > 0));
        dense.slots = dense.slots.max(kept.count());
    }

    fn lower_items(&self, problem: &Problem, aim: Aim, points: Option<Points<'_>>, dense: &mut Dense) {
        dense.items.clear();
        dense.items.resize(self.whole.len(), Item::default());
        for (line, item) in problem.lines.iter().zip(&self.item_of) {
            let whole = self.is_whole(*item);
            let Some(item) = dense.items.get_mut(*item) else { continue };
            let (units, grams) = (i64::from(line.units), i64::from(line.grams));
            let each = if whole { units } else { 1 };
            let priced = points.map_or(line.unmet_cost, |points| line.unmet_cost.map(|_| points.unmet));
            // While counting, what may stay unmet is free to.
            let unmet = match (aim, priced) {
                (Aim::Units, None) => Some(each),
                (Aim::Units, Some(_)) => Some(0),
                (Aim::Cost { .. }, priced) => priced.map(|cost| cost * each),
            };
            let first = item.pieces == 0;
            item.pieces = if whole { 1 } else { units };
            item.units += each;
            item.grams += grams * each;
            item.unmet = match (first, item.unmet, unmet) {
                (true, _, unmet) => unmet,
                (false, Some(one), Some(other)) => Some(one + other),
                (false, _, _) => None,
            };
        }
    }

    /// SKUs that several items draw on.
    fn lower_shelves(&self, problem: &Problem, seen: &Seen, dense: &mut Dense) {
        let shelves = &mut dense.shelves;
        shelves.users.clear();
        for (shelf, lead) in seen.shared.iter().enumerate() {
            for at in seen.lines.iter().filter(|at| seen.first_of_sku.get(**at) == Some(lead)) {
                let (Some(line), Some(item)) = (problem.lines.get(*at), self.item_of.get(*at)) else {
                    continue;
                };
                let each = if self.is_whole(*item) { i64::from(line.units) } else { 1 };
                match shelves.users.iter_mut().find(|(user, of, _)| user == item && *of == shelf) {
                    Some((_, _, units)) => *units += each,
                    None => shelves.users.push((*item, shelf, each)),
                }
            }
        }
        shelves.stock.reset(seen.shared.len());
        for location in seen.locations.iter().filter_map(|at| problem.locations.get(*at)) {
            let stock = |line: &usize| location.offers.get(*line).map_or(0, |offer| i64::from(offer.stock));
            shelves.stock.push_row(seen.shared.iter().map(stock));
        }
    }

    /// What a location has of each item and what a piece costs from there.
    fn lower_row(
        &self,
        problem: &Problem,
        at: usize,
        location: &Location,
        by_points: Option<i64>,
        aim: Aim,
        dense: &mut Dense,
    ) {
        dense.cost.push_row([]);
        dense.room.push_row(dense.items.iter().map(|item| item.pieces));
        let (costs, rooms) = (dense.cost.row_mut(at), dense.room.row_mut(at));
        for (line, ((asked, offer), item)) in
            problem.lines.iter().zip(&location.offers).zip(&self.item_of).enumerate()
        {
            let whole = self.is_whole(*item);
            let (Some(cost), Some(room)) = (costs.get_mut(*item), rooms.get_mut(*item)) else { continue };
            let stock = if problem.allowed(location, line) { offer.stock.min(asked.units) } else { 0 };
            let each = if whole { i64::from(asked.units) } else { 1 };
            *cost += match (aim, by_points) {
                (Aim::Units, _) => 0,
                (Aim::Cost { .. }, Some(points)) => points * each,
                (Aim::Cost { .. }, None) => (offer.unit_cost + offer.stock_price) * each,
            };
            *room = (*room).min(if whole { i64::from(stock == asked.units) } else { i64::from(stock) });
        }
    }

    /// All services of a location as one: at each weight the cheapest. As each rises with weight and may only end,
    /// so does the cheapest.
    fn lower_services(&mut self, problem: &Problem, location: &Location, place: &mut Place) {
        place.steps.clear();
        let once = |service: &Service| service.fixed_cost + service.late_cost;
        place.fixed = location.services.iter().map(once).min().unwrap_or(0);
        let tariff = |service: &Service| service.tariff.and_then(|tariff| problem.tariffs.get(tariff));
        if let [service] = location.services.as_slice() {
            let steps = tariff(service).map_or(&[][..], |table| &table.steps);
            place.steps.extend(steps.iter().map(|(up_to, cost)| (i64::from(*up_to), *cost)));
            return;
        }
        let heaviest: u64 =
            problem.lines.iter().map(|line| u64::from(line.units) * u64::from(line.grams)).sum();
        self.ends.clear();
        for service in &location.services {
            match tariff(service) {
                Some(table) => self.ends.extend(table.steps.iter().map(|(up_to, _)| i64::from(*up_to))),
                None => self.ends.push(i64::try_from(heaviest).unwrap_or(i64::MAX).max(1)),
            }
        }
        self.ends.sort_unstable();
        self.ends.dedup();
        for end in &self.ends {
            if let Some((_, cost)) = cheapest_service(problem, location, end.unsigned_abs()) {
                place.steps.push((*end, cost - place.fixed));
            }
        }
    }
}

/// The service that ships so much weight for least, and what it asks, being late included; ties go to the earlier.
pub(super) fn cheapest_service(problem: &Problem, location: &Location, grams: u64) -> Option<(usize, i64)> {
    let priced = location.services.iter().enumerate().filter_map(|(at, service)| {
        let by_weight = match service.tariff.map(|tariff| problem.tariffs.get(tariff)) {
            None => 0,
            Some(table) => table.and_then(|table: &Tariff| table.cost(grams))?,
        };
        Some((service.fixed_cost + service.late_cost + by_weight, at))
    });
    priced.min().map(|(cost, at)| (at, cost))
}

/// The most that a service of a location carries.
pub(super) fn most_grams(problem: &Problem, location: &Location) -> u64 {
    let carries = location.services.iter().map(|service| {
        let table = service.tariff.and_then(|tariff| problem.tariffs.get(tariff));
        table.map_or(u64::MAX, |table| table.steps.last().map_or(0, |(up_to, _)| u64::from(*up_to)))
    });
    carries.max().unwrap_or(u64::MAX)
}
