//! The answer: who ships what, what that costs, and how good it is.

use serde::{Deserialize, Serialize};

/// From where an order ships. Locations, services and lines are named by their place in the problem's lists.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// One for each location that ships something, in the problem's order.
    pub shipments: Vec<Shipment>,
    /// Lines and units that do not ship, at their price or because they cannot.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unmet: Vec<(usize, u32)>,
    /// What it costs, by part, minor units.
    pub cost: Cost,
    /// What was minimised: minor units with stock prices for [`Objective::Cost`](crate::sourcing::Objective), points
    /// for a scorecard.
    pub value: i64,
    /// How good `value` is.
    pub proof: Proof,
    /// Evaluations of a bound that it took: what [`Work`](crate::sourcing::Work) limits.
    pub nodes: u64,
    /// Why, if it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Box<crate::sourcing::Explanation>>,
}

/// What one location ships.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Shipment {
    /// Which location.
    pub location: usize,
    /// By which of its services; none if it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<usize>,
    /// Lines and units.
    pub lines: Vec<(usize, u32)>,
    /// Weight, grams.
    pub grams: u64,
    /// What it costs.
    pub cost: Cost,
}

/// What a plan or a shipment costs, by part, minor units of the problem's currency.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Cost {
    /// For the units.
    pub units: i64,
    /// For each location once.
    pub fixed: i64,
    /// For being late.
    pub late: i64,
    /// By weight.
    pub weight: i64,
    /// For what does not ship.
    pub unmet: i64,
    /// What the stock is worth to later orders: weighed, not paid.
    pub stock: i64,
}

impl Cost {
    /// What is paid: everything but the worth of the stock.
    pub fn paid(&self) -> i64 {
        let parts = [self.fixed, self.late, self.weight, self.unmet];
        parts.into_iter().fold(self.units, i64::saturating_add)
    }

    /// What is minimised: what is paid and the worth of the stock.
    pub fn weighed(&self) -> i64 {
        self.paid().saturating_add(self.stock)
    }

    pub(super) fn add(&mut self, other: &Cost) {
        self.units += other.units;
        self.fixed += other.fixed;
        self.late += other.late;
        self.weight += other.weight;
        self.unmet += other.unmet;
        self.stock += other.stock;
    }
}

/// How good a plan is.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// No plan is better.
    #[default]
    Optimal,
    /// The budget ended first: no plan has a value below this.
    Gap {
        /// The bound.
        bound: i64,
    },
}

impl Plan {
    /// Locations that ship something.
    pub fn locations(&self) -> usize {
        self.shipments.len()
    }

    /// Units that ship.
    pub fn units(&self) -> u64 {
        self.shipments.iter().flat_map(|shipment| &shipment.lines).map(|(_, units)| u64::from(*units)).sum()
    }
}
