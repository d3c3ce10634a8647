//! Judging locations by weighted criteria instead of by money.

use std::fmt;

use crate::sourcing::{Location, Objective, Problem, ProblemError};

/// What a location is judged by.
///
/// ```
/// use order_workflow::sourcing::{Criterion, Location, Problem};
///
/// /// Locations that the host lists as quiet go first.
/// struct Quiet(Vec<&'static str>);
///
/// impl Criterion for Quiet {
///     fn measure(&self, _: &Problem, location: &Location) -> Option<f64> {
///         Some(if self.0.contains(&location.id.as_str()) { 0.0 } else { 1.0 })
///     }
/// }
/// ```
pub trait Criterion {
    /// How far this location is from the best for this order: any finite number, more is worse, in a unit of its
    /// own. The scorecard brings those of the locations that have anything to ship for the order to 0..1, the best 0 and
    /// the worst 1. `None` says nothing of it, which counts as the worst. Equal arguments must give equal answers.
    fn measure(&self, problem: &Problem, location: &Location) -> Option<f64>;

    /// What explanations call it.
    fn name(&self) -> &str {
        "custom"
    }
}

macro_rules! forward {
    ($($pointer:ty),*) => {$(
        #[deny(clippy::missing_trait_methods)]
        impl<C: Criterion + ?Sized> Criterion for $pointer {
            fn measure(&self, problem: &Problem, location: &Location) -> Option<f64> {
                (**self).measure(problem, location)
            }

            fn name(&self) -> &str {
                (**self).name()
            }
        }
    )*};
}
forward!(&C, Box<C>, std::sync::Arc<C>);

const _: Option<&dyn Criterion> = None; // stays object-safe

/// Weighted criteria. A unit from a location costs as many points as that location is bad, so that the solver can
/// weigh locations, splits and stock against each other. Costs count only as a criterion: the worth of stock and the price
/// of unmet units do not, and a unit that may stay unmet costs two of the worst and a location if it does.
#[derive(Clone)]
pub struct Scorecard<'a> {
    criteria: Vec<(f64, &'a dyn Criterion)>,
    split: f64,
}

/// Points of a unit from the worst possible location.
pub const POINTS: i64 = 1_000_000;

impl<'a> Scorecard<'a> {
    /// No criteria yet; every location that is used costs as many points as a unit from the worst one.
    pub fn new() -> Scorecard<'a> {
        Scorecard { criteria: Vec::new(), split: 1.0 }
    }

    /// With a criterion of this weight beside the others: only their ratios matter. 0 leaves it out.
    #[must_use]
    pub fn with(mut self, weight: f64, criterion: &'a dyn Criterion) -> Scorecard<'a> {
        self.criteria.push((weight, criterion));
        self
    }

    /// What each location that is used costs, in units from the worst location: how much distance, speed and so on
    /// a parcel less is worth.
    #[must_use]
    pub fn with_split(mut self, units: f64) -> Scorecard<'a> {
        self.split = units;
        self
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.criteria.iter().map(|(_, criterion)| criterion.name())
    }
}

impl Default for Scorecard<'_> {
    fn default() -> Self {
        Scorecard::new()
    }
}

impl fmt::Debug for Scorecard<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let weights = self.criteria.iter().map(|(weight, criterion)| (criterion.name(), weight));
        f.debug_struct("Scorecard")
            .field("split", &self.split)
            .field("weights", &weights.collect::<Vec<_>>())
            .finish()
    }
}

/// The points of a problem's locations.
#[derive(Clone, Debug, Default)]
pub(super) struct Scored {
    on: bool,
    unit: Vec<i64>,
    location: i64,
    /// Per criterion and location: millionths of the worst, and points. Of a criterion without weight none.
    pub parts: Vec<Vec<(u32, i64)>>,
    measures: Vec<Option<f64>>,
    /// Per location: whether it has anything to ship, so that it stands in the comparison.
    ships: Vec<bool>,
}

impl Scored {
    pub(super) fn is_on(&self) -> bool {
        self.on
    }

    pub(super) fn unit(&self) -> &[i64] {
        &self.unit
    }

    pub(super) fn location(&self) -> i64 {
        self.location
    }

    /// A unit that does not ship is worse than any that does.
    pub(super) fn unmet(&self) -> i64 {
        2 * POINTS + self.location
    }

    /// Measures all locations, if the objective is a scorecard.
    pub(super) fn score(&mut self, problem: &Problem, objective: &Objective<'_>) -> Result<(), ProblemError> {
        let card = match objective {
            Objective::Cost => {
                self.on = false;
                return Ok(());
            }
            Objective::Scorecard(card) => card,
        };
        self.on = true;
        let bad = |criterion: &str, weight: f64| ProblemError::BadWeight {
            criterion: criterion.to_owned(),
            weight: weight.to_string(),
        };
        for (weight, criterion) in &card.criteria {
            if !(weight.is_finite() && *weight >= 0.0) {
                return Err(bad(criterion.name(), *weight));
            }
        }
        let sum = card.criteria.iter().fold(0.0, |sum, (weight, _)| sum + weight);
        if !(sum.is_finite() && sum > 0.0) {
            return Err(bad("scorecard", sum));
        }
        if !(0.0..=1_000.0).contains(&card.split) {
            return Err(ProblemError::BadSplit { split: card.split.to_string() });
        }
        self.location = (card.split * POINTS as f64).round() as i64;
        self.unit.clear();
        self.unit.resize(problem.locations.len(), 0);
        self.ships.clear();
        self.ships.extend(problem.locations.iter().map(|location| can_ship(problem, location)));
        self.parts.resize_with(card.criteria.len(), Vec::new);
        for ((weight, criterion), parts) in card.criteria.iter().zip(&mut self.parts) {
            parts.clear();
            if *weight == 0.0 {
                continue;
            }
            measure(problem, *criterion, &mut self.measures)?;
            spread(&self.measures, &self.ships, weight / sum, parts);
            for (unit, (_, points)) in self.unit.iter_mut().zip(parts.iter()) {
                *unit += points;
            }
        }
        Ok(())
    }
}

fn measure(
    problem: &Problem,
    criterion: &dyn Criterion,
    measures: &mut Vec<Option<f64>>,
) -> Result<(), ProblemError> {
    measures.clear();
    for location in &problem.locations {
        let value = criterion.measure(problem, location);
        if let Some(value) = value.filter(|value| !value.is_finite()) {
            let (criterion, value) = (criterion.name().to_owned(), value.to_string());
            return Err(ProblemError::BadMeasure { criterion, location: location.id.clone(), value });
        }
        measures.push(value);
    }
    Ok(())
}

fn can_ship(problem: &Problem, location: &Location) -> bool {
    let mut offers = location.offers.iter().enumerate();
    offers.any(|(line, offer)| offer.stock > 0 && problem.allowed(location, line))
}

/// From the best of those that ship, 0, to the worst, 1; all alike are all best.
fn spread(measures: &[Option<f64>], ships: &[bool], share: f64, parts: &mut Vec<(u32, i64)>) {
    let known = || measures.iter().zip(ships).filter_map(|(measure, ships)| measure.filter(|_| *ships));
    let (best, worst) = (known().fold(f64::INFINITY, f64::min), known().fold(f64::NEG_INFINITY, f64::max));
    parts.extend(measures.iter().map(|measure| {
        let bad = match measure {
            None => 1.0,
            Some(_) if worst <= best => 0.0,
            // Halved first, so that the difference of two large numbers stays one.
            Some(value) => ((value / 2.0 - best / 2.0) / (worst / 2.0 - best / 2.0)).clamp(0.0, 1.0),
        };
        ((bad * POINTS as f64).round() as u32, (bad * share * POINTS as f64).round() as i64)
    }));
}
