//! The nouns: what is asked for, where it could come from, and what that costs.

use serde::{Deserialize, Serialize};

use crate::geo::Position;
use crate::id::{LineId, LocationId, Sku};
use crate::money::Currency;
use crate::sourcing::TariffFlaw;
use crate::sourcing::check::flaw;
use crate::sourcing::error::STEPS_MAX;

/// From where could this order ship? All numbers are whole: money in minor units of `currency`, weight in grams,
/// stock and quantities in units. Lines and tariffs are named by their place in the lists.
///
/// It is plain data: read what you keep into it, nothing more is needed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Problem {
    /// The currency of all costs.
    pub currency: Currency,
    /// Where it goes; only criteria that measure distance, and drawings, ask for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<Position>,
    /// What is asked for.
    pub lines: Vec<Line>,
    /// Where it could come from.
    pub locations: Vec<Location>,
    /// Price tables that services refer to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tariffs: Vec<Tariff>,
    /// How many locations may ship something. `None`: any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_locations: Option<usize>,
    /// Groups of lines that leave from one location, whole, or, where unmet units are priced, not at all. A line is
    /// in one group at most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub together: Vec<Vec<usize>>,
    /// Pairs of lines that never leave from the same location.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub apart: Vec<(usize, usize)>,
}

/// What is asked for of one SKU. Several lines of one SKU draw on the same stock.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// The order's line.
    pub id: LineId,
    /// What.
    pub sku: Sku,
    /// How many.
    pub units: u32,
    /// Weight of one, grams.
    #[serde(default)]
    pub grams: u32,
    /// It leaves from one location, whole.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub no_split: bool,
    /// What a location must be able to do to ship it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<Need>,
    /// What a unit costs that is not shipped now (a backorder's price). `None`: all units must ship.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unmet_cost: Option<i64>,
}

/// What not every location can handle.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Need {
    /// Kept cold until it is there.
    ColdChain,
    /// Dangerous goods.
    Hazardous,
    /// More than a normal parcel.
    Oversized,
}

/// A location that could ship. Its hours, cut-off and handling time are not here: they say when its parcels are there,
/// which [`Service::promise`] writes into its services.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Location {
    /// Which.
    pub id: LocationId,
    /// Where it is; only criteria that measure distance, and drawings, ask for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// What it has of each line and what a unit of it costs from here, in order of the lines.
    pub offers: Vec<Offer>,
    /// Ways to ship from here, one of which a parcel takes. Empty: nothing to pay beyond the units.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<Service>,
    /// Units that it can still work off; 0: closed. `None`: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<u32>,
    /// What it can handle beside ordinary goods.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub handles: Vec<Need>,
    /// It is out of the question, whatever it has: the customer's wish, a failure, a shop that is not the one to
    /// pick up at ([`Problem::pick_up_at`]).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub excluded: bool,
}

/// What a location has of a line, and what a unit of it costs from there.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Offer {
    /// Units of the line's SKU on the shelf; lines of one SKU share them.
    #[serde(default)]
    pub stock: u32,
    /// Picking a unit and bringing it there.
    #[serde(default)]
    pub unit_cost: i64,
    /// What a unit here is worth to later orders: scarce stock is dear ([`Problem`] takes it, where it comes from is
    /// the host's). It counts when choosing and is shown apart from what is paid.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub stock_price: i64,
    /// The line may not leave from here, for a reason of its own.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub forbidden: bool,
}

/// A way to ship from a location to this destination: a carrier's service level on this lane.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// What the host calls it.
    pub name: String,
    /// Paid once if the location ships with it: the parcel's base rate in this zone.
    #[serde(default)]
    pub fixed_cost: i64,
    /// What being late against the promise costs with it, once: [`Service::promise`] fills it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub late_cost: i64,
    /// Its price by weight, a place in [`Problem::tariffs`]. `None`: weight costs nothing and has no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tariff: Option<usize>,
    /// Days until it is there, for criteria that measure speed: [`Service::promise`] fills it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
}

/// What a parcel costs by its weight.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Tariff {
    /// Up to so many grams, so much: the first step that is not exceeded is paid. Rising weights, costs that never
    /// fall. Nothing above the last step can be shipped.
    pub steps: Vec<(u32, i64)>,
}

impl Tariff {
    /// The same prices for up to `parcels` parcels from one location.
    ///
    /// Weight is taken as if it could be cut anywhere: each parcel is filled to its last gram before the next is begun.
    /// With real units a little more may be needed, so what this gives is the least that so much weight costs: near the
    /// truth where units are light beside a parcel, too low where two fill it. A unit that fits no parcel must be kept
    /// out by other means, such as [`Offer::forbidden`].
    ///
    /// # Errors
    /// [`TariffFlaw`]: that of the tariff itself; [`TariffFlaw::Parcels`] for none, for more than [`STEPS_MAX`] steps
    /// in all, and for a weight beyond what a step can name (some 4,295 t).
    ///
    /// ```
    /// use order_workflow::sourcing::{Tariff, TariffFlaw};
    ///
    /// let one = Tariff { steps: vec![(1_000, 500), (2_000, 600)] };
    /// assert_eq!(one.in_parcels(2)?.steps, [(1_000, 500), (2_000, 600), (3_000, 1_100), (4_000, 1_200)]);
    /// assert_eq!(one.in_parcels(0), Err(TariffFlaw::Parcels { parcels: 0, most: 5_000 }));
    /// # Ok::<(), TariffFlaw>(())
    /// ```
    pub fn in_parcels(&self, parcels: u32) -> Result<Tariff, TariffFlaw> {
        if let Some(flaw) = flaw(&self.steps) {
            return Err(flaw);
        }
        let (full, price) = self.steps.last().copied().unwrap_or_default();
        let by_steps = u32::try_from(STEPS_MAX / self.steps.len().max(1)).unwrap_or(u32::MAX);
        let most = by_steps.min(u32::MAX / full.max(1));
        if parcels == 0 || parcels > most {
            return Err(TariffFlaw::Parcels { parcels, most });
        }
        let again = |parcel: u32| {
            self.steps.iter().map(move |(up_to, cost)| {
                let before = i64::from(parcel).saturating_mul(price);
                (full.saturating_mul(parcel).saturating_add(*up_to), before.saturating_add(*cost))
            })
        };
        Ok(Tariff { steps: (0..parcels).flat_map(again).collect() })
    }

    /// What so much weight costs; `None`: it may not be shipped.
    pub fn cost(&self, grams: u64) -> Option<i64> {
        let at = self.steps.partition_point(|(up_to, _)| u64::from(*up_to) < grams);
        self.steps.get(at).map(|(_, cost)| *cost)
    }
}

impl Problem {
    /// Only this location may ship: the customer picks up there.
    pub fn pick_up_at(&mut self, location: &LocationId) {
        for other in &mut self.locations {
            other.excluded |= other.id != *location;
        }
    }

    /// Units asked for in all.
    pub fn units(&self) -> u64 {
        self.lines.iter().map(|line| u64::from(line.units)).sum()
    }

    /// Whether a line may leave from a location at all, whatever is on its shelf.
    pub fn allowed(&self, location: &Location, line: usize) -> bool {
        let fits = self
            .lines
            .get(line)
            .is_some_and(|line| line.needs.iter().all(|need| location.handles.contains(need)));
        let open = location.offers.get(line).is_some_and(|offer| !offer.forbidden);
        fits && open && !location.excluded && location.capacity != Some(0)
    }
}

fn is_zero(value: &i64) -> bool {
    *value == 0
}
