//! Whether a problem means something.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;

use crate::sourcing::error::{COST_MAX, GRAMS_MAX, LINES_MAX, LOCATIONS_MAX, UNITS_MAX};
use crate::sourcing::{Line, Location, Problem, ProblemError, Standing, TariffFlaw};

impl Problem {
    /// Whether this means something: what [`Solver::solve`](crate::sourcing::Solver::solve) checks first.
    ///
    /// # Errors
    /// The first flaw, in order of: sizes, lines, tariffs, rules, locations.
    pub fn check(&self) -> Result<(), ProblemError> {
        self.check_with(&mut Seen::default())
    }

    /// [`Problem::check`] with scratch that is kept.
    pub(super) fn check_with(&self, seen: &mut Seen) -> Result<(), ProblemError> {
        self.check_lines(seen)?;
        for (tariff, table) in self.tariffs.iter().enumerate() {
            if let Some(flaw) = flaw(&table.steps) {
                return Err(ProblemError::BadTariff { tariff, flaw });
            }
        }
        self.check_rules(seen)?;
        if let Some(id) = by_name(&self.locations, |location| &location.id, &mut seen.locations) {
            return Err(ProblemError::SameLocation { location: id.clone() });
        }
        for location in &self.locations {
            self.check_location(location, &seen.first_of_sku)?;
        }
        let dearest = self.dearest();
        if dearest > i128::from(COST_MAX) {
            return Err(ProblemError::CostTooLarge { cost: i64::try_from(dearest).unwrap_or(i64::MAX) });
        }
        Ok(())
    }

    fn check_lines(&self, seen: &mut Seen) -> Result<(), ProblemError> {
        let (lines, locations) = (self.lines.len(), self.locations.len());
        if lines == 0 {
            return Err(ProblemError::NoLines);
        }
        if lines > LINES_MAX {
            return Err(ProblemError::TooManyLines { lines });
        }
        if locations > LOCATIONS_MAX {
            return Err(ProblemError::TooManyLocations { locations });
        }
        if let Some(id) = by_name(&self.lines, |line| &line.id, &mut seen.lines) {
            return Err(ProblemError::SameLine { line: id.clone() });
        }
        let (units, grams) = self.lines.iter().fold((0u64, 0u64), |(units, grams), line| {
            let weight = u64::from(line.units).saturating_mul(u64::from(line.grams));
            (units.saturating_add(u64::from(line.units)), grams.saturating_add(weight))
        });
        if units > UNITS_MAX {
            return Err(ProblemError::TooManyUnits { units });
        }
        if grams > GRAMS_MAX {
            return Err(ProblemError::TooHeavy { grams });
        }
        for line in &self.lines {
            if line.units == 0 {
                return Err(ProblemError::NoUnits { line: line.id.clone() });
            }
            if let Some(cost) = line.unmet_cost.filter(|cost| *cost < 0) {
                return Err(ProblemError::NegativeCost {
                    what: format!("an unmet unit of line `{}`", line.id),
                    cost,
                });
            }
        }
        seen.find_skus(self);
        Ok(())
    }

    fn check_rules(&self, seen: &mut Seen) -> Result<(), ProblemError> {
        let lines = self.lines.len();
        let known = |rule: &'static str, line: usize| match self.lines.get(line) {
            Some(found) => Ok(found),
            None => Err(ProblemError::NoSuchLine { rule, line, lines }),
        };
        let grouped = &mut seen.grouped;
        grouped.clear();
        grouped.resize(lines, None);
        for (group, members) in self.together.iter().enumerate() {
            for &line in members {
                let found = known("together", line)?;
                match grouped.get_mut(line) {
                    Some(slot @ None) => *slot = Some(group),
                    Some(Some(taken)) if *taken == group => {}
                    Some(Some(_)) | None => return Err(ProblemError::TwoGroups { line: found.id.clone() }),
                }
            }
        }
        for group in &self.together {
            let mut lines = group.iter().filter_map(|line| self.lines.get(*line));
            let Some(one) = lines.next() else { continue };
            if let Some(other) = lines.find(|other| other.unmet_cost.is_some() != one.unmet_cost.is_some()) {
                return Err(ProblemError::MixedGroup { one: one.id.clone(), other: other.id.clone() });
            }
        }
        for &(one, other) in &self.apart {
            let (first, second) = (known("apart", one)?, known("apart", other)?);
            let group = |line: usize| grouped.get(line).copied().flatten();
            if one == other || (group(one).is_some() && group(one) == group(other)) {
                let (one, other) = (first.id.clone(), second.id.clone());
                return Err(ProblemError::TogetherAndApart { one, other });
            }
        }
        Ok(())
    }

    fn check_location(&self, location: &Location, first_of_sku: &[usize]) -> Result<(), ProblemError> {
        let id = || location.id.clone();
        if location.offers.len() != self.lines.len() {
            let (offers, lines) = (location.offers.len(), self.lines.len());
            return Err(ProblemError::OffersMisfit { location: id(), offers, lines });
        }
        let negative = |what: &str, line: Option<&Line>, cost: i64| {
            let of = line.map_or_else(String::new, |line| format!(" of line `{}`", line.id));
            ProblemError::NegativeCost { what: format!("{what}{of} at `{}`", location.id), cost }
        };
        for ((line, offer), first) in self.lines.iter().zip(&location.offers).zip(first_of_sku) {
            for (what, cost) in [("unit_cost", offer.unit_cost), ("stock_price", offer.stock_price)] {
                if cost < 0 {
                    return Err(negative(what, Some(line), cost));
                }
            }
            if let Some(first) = location.offers.get(*first).filter(|first| first.stock != offer.stock) {
                let (one, other) = (first.stock, offer.stock);
                return Err(ProblemError::StockDiffers { location: id(), line: line.id.clone(), one, other });
            }
        }
        for service in &location.services {
            for (what, cost) in [("fixed_cost", service.fixed_cost), ("late_cost", service.late_cost)] {
                if cost < 0 {
                    return Err(negative(what, None, cost));
                }
            }
            let tariffs = self.tariffs.len();
            if let Some(tariff) = service.tariff.filter(|tariff| *tariff >= tariffs) {
                return Err(ProblemError::NoSuchTariff { location: id(), tariff, tariffs });
            }
        }
        Ok(())
    }

    /// That a location and a line are there.
    pub(super) fn place(&self, what: &'static str, location: usize, line: usize) -> Result<(), ProblemError> {
        let (locations, lines) = (self.locations.len(), self.lines.len());
        if location < locations && line < lines {
            return Ok(());
        }
        Err(ProblemError::NoSuchPlace { what, location, locations, line, lines })
    }

    /// The most that any plan could cost, each part at its dearest.
    fn dearest(&self) -> i128 {
        let mut sum: i128 = 0;
        for location in &self.locations {
            let mut dearest = 0;
            for service in &location.services {
                let table = service.tariff.and_then(|tariff| self.tariffs.get(tariff));
                let last = table.and_then(|table| table.steps.last()).map_or(0, |(_, cost)| *cost);
                dearest = dearest
                    .max(i128::from(last) + i128::from(service.fixed_cost) + i128::from(service.late_cost));
            }
            sum += dearest;
        }
        for (at, line) in self.lines.iter().enumerate() {
            let offers = self.locations.iter().filter_map(|location| location.offers.get(at));
            let dearest =
                offers.map(|offer| i128::from(offer.unit_cost) + i128::from(offer.stock_price)).max();
            let unit = dearest.unwrap_or(0).max(i128::from(line.unmet_cost.unwrap_or(0)));
            sum += unit * i128::from(line.units);
        }
        sum
    }
}

impl Standing {
    /// Whether this fits the problem.
    pub(super) fn check(&self, problem: &Problem) -> Result<(), ProblemError> {
        if self.worth < 0 {
            return Err(ProblemError::NegativeCost {
                what: "what a plan is left for".into(),
                cost: self.worth,
            });
        }
        for (what, units) in [("planned", &self.planned), ("picked", &self.picked)] {
            for of in units {
                problem.place(what, of.location, of.line)?;
            }
            for (at, line) in problem.lines.iter().enumerate() {
                let units = units.iter().filter(|of| of.line == at).map(|of| u64::from(of.units)).sum();
                if units > u64::from(line.units) {
                    return Err(ProblemError::TooMuchStands {
                        what,
                        line: line.id.clone(),
                        units,
                        asked: line.units,
                    });
                }
            }
        }
        for failed in &self.failed {
            problem.place("failed", failed.location, failed.line.unwrap_or(0))?;
        }
        Ok(())
    }
}

/// What a check looks up, and its scratch.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// The lines, in the order of their ids: what is searched in this order finds the same however they stand.
    pub lines: Vec<usize>,
    /// The locations, in the order of their ids.
    pub locations: Vec<usize>,
    /// Per line: the first line of its SKU.
    pub first_of_sku: Vec<usize>,
    /// Per line: its group of `together`.
    pub grouped: Vec<Option<usize>>,
    /// The first lines of SKUs that several lines ask for, in the order of these.
    pub shared: Vec<usize>,
    by_sku: Vec<(u64, usize)>,
}

impl Seen {
    fn find_skus(&mut self, problem: &Problem) {
        let hasher = FixedState::with_seed(0);
        let sku = |line: usize| problem.lines.get(line).map(|line| &line.sku);
        let lines = problem.lines.iter().enumerate();
        self.by_sku.clear();
        self.by_sku.extend(lines.map(|(at, line)| (hasher.hash_one(&line.sku), at)));
        self.by_sku.sort_unstable();
        self.first_of_sku.clear();
        self.first_of_sku.resize(problem.lines.len(), 0);
        self.shared.clear();
        for alike in self.by_sku.chunk_by(|one, other| one.0 == other.0) {
            for (_, line) in alike {
                // Equal prints are equal names, but for one case in 2^64.
                let first = alike.iter().map(|(_, first)| *first).find(|first| sku(*first) == sku(*line));
                let first = first.unwrap_or(*line);
                if let Some(slot) = self.first_of_sku.get_mut(*line) {
                    *slot = first;
                }
                if first != *line {
                    self.shared.push(first);
                }
            }
        }
        self.shared.sort_unstable_by(|one, other| sku(*one).cmp(&sku(*other)));
        self.shared.dedup();
    }
}

/// Places of a list, in the order of names; one that stands twice.
pub(super) fn by_name<'a, T, N: Ord>(
    list: &'a [T],
    name: impl Fn(&'a T) -> &'a N,
    order: &mut Vec<usize>,
) -> Option<&'a N> {
    let name = |at: usize| list.get(at).map(&name);
    order.clear();
    order.extend(0..list.len());
    order.sort_unstable_by(|one, other| name(*one).cmp(&name(*other)));
    order.windows(2).find_map(|pair| match pair {
        [one, other] if name(*one) == name(*other) => name(*one),
        _ => None,
    })
}

/// What is wrong with the steps of a tariff.
pub(super) fn flaw(steps: &[(u32, i64)]) -> Option<TariffFlaw> {
    if steps.is_empty() {
        return Some(TariffFlaw::Empty);
    }
    let mut before = (0, 0);
    for (at, (up_to, cost)) in steps.iter().enumerate() {
        if *up_to <= before.0 {
            return Some(TariffFlaw::Weight(at));
        }
        if *cost < before.1 {
            return Some(TariffFlaw::Cost(at));
        }
        before = (*up_to, *cost);
    }
    None
}
