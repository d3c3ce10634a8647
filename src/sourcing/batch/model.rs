//! A wave of orders that compete for stock, as a host gives it, and the plan that comes back.

use serde::{Deserialize, Serialize};

/// Orders to be sourced together. All costs are minor units of one currency, none below zero.
///
/// The cost of a plan is, for every unit shipped, `unit_cost[w] + sku_cost[w][s]`, for every order and location that it
/// uses, `fixed_cost[w]` once, and for every unit that is not shipped, the `unmet_cost` of its line.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wave {
    /// Where goods are.
    pub locations: Vec<WaveLocation>,
    /// Units there: a row a location, in it a number a SKU. All orders share them.
    pub stock: Vec<Vec<u32>>,
    /// What a unit of a SKU costs at a location whoever gets it: handling, and the price of scarce stock.
    pub sku_cost: Vec<Vec<i64>>,
    /// Who wants them.
    pub orders: Vec<WaveOrder>,
}

/// A location in a wave.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WaveLocation {
    /// How many units it ships in the wave; `None`: any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<u32>,
}

/// An order of a wave.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WaveOrder {
    /// What it wants, no SKU twice.
    pub lines: Vec<WaveLine>,
    /// What a parcel from each location costs.
    pub fixed_cost: Vec<i64>,
    /// What a unit from each location costs, whatever it is.
    pub unit_cost: Vec<i64>,
    /// From how many locations it may come; `None`: any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_locations: Option<u32>,
    /// It ships whole or not at all.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub complete: bool,
}

/// A line of an order of a wave.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WaveLine {
    /// Which SKU, as the place in the rows of [`Wave::stock`].
    pub sku: u32,
    /// How many.
    pub units: u32,
    /// What each unit costs that is not shipped; see [`UnmetPolicy`](super::UnmetPolicy).
    pub unmet_cost: i64,
}

/// Units of a line that ship from a location.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pick {
    /// The place of the line in its order.
    pub line: u32,
    /// The place of the location in [`Wave::locations`].
    pub location: u32,
    /// How many, never zero.
    pub units: u32,
}

/// Who gets what from where.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WavePlan {
    /// For every order of the wave, in its order: its picks, by line and location.
    pub picks: Vec<Vec<Pick>>,
    /// What it costs.
    pub cost: i64,
    /// How good that is.
    pub proof: WaveProof,
    /// How many orders were solved on the way, one by one: the measure of [`WaveBudget`](super::WaveBudget).
    pub solves: u64,
}

/// How good a plan is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "proof", rename_all = "snake_case", deny_unknown_fields)]
pub enum WaveProof {
    /// No plan costs less.
    Optimal,
    /// No plan costs less than `bound`.
    Gap {
        /// The proven lower bound, below the cost of the plan.
        bound: i64,
    },
}

impl WavePlan {
    /// What no plan of the wave costs less than.
    pub fn bound(&self) -> i64 {
        match self.proof {
            WaveProof::Optimal => self.cost,
            WaveProof::Gap { bound } => bound,
        }
    }

    /// By how many parts in a million the plan may cost more than the best one, rounded up; 0: it is the best.
    pub fn gap_ppm(&self) -> u64 {
        let gap = i128::from(self.cost) - i128::from(self.bound());
        let of = i128::from(self.bound()).max(1);
        u64::try_from((gap.max(0) * 1_000_000 + of - 1) / of).unwrap_or(u64::MAX)
    }
}
