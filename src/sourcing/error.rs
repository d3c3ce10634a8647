//! What makes a problem meaningless, and why an order cannot be sourced.

use crate::id::{LineId, LocationId};
use crate::sourcing::{Move, Plan};

/// Most lines of a problem.
pub const LINES_MAX: usize = 1_000;
/// Most locations of a problem.
pub const LOCATIONS_MAX: usize = 5_000;
/// Most units of a problem, over all lines.
pub const UNITS_MAX: u64 = 100_000;
/// Most grams of a problem, over all lines.
pub const GRAMS_MAX: u64 = 1 << 40;
/// Most steps of a tariff that [`Tariff::in_parcels`](crate::sourcing::Tariff::in_parcels) writes out.
pub const STEPS_MAX: usize = 10_000;
/// Most minor units that a plan may cost in all, a unit of each kind counted at its dearest.
pub const COST_MAX: i64 = 1 << 40;

/// Input that means nothing. Nothing was solved.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProblemError {
    /// Nothing is asked for.
    #[error("the problem has no lines; accepted: 1 to {LINES_MAX}")]
    NoLines,
    /// More than the search is made for.
    #[error("the problem has {lines} lines; accepted: up to {LINES_MAX}")]
    TooManyLines {
        /// How many.
        lines: usize,
    },
    /// More than the search is made for.
    #[error("the problem has {locations} locations; accepted: up to {LOCATIONS_MAX}")]
    TooManyLocations {
        /// How many.
        locations: usize,
    },
    /// Two lines of one name.
    #[error("line `{line}` stands twice; accepted: each line once")]
    SameLine {
        /// Which.
        line: LineId,
    },
    /// Two locations of one name.
    #[error("location `{location}` stands twice; accepted: each location once")]
    SameLocation {
        /// Which.
        location: LocationId,
    },
    /// A line of nothing.
    #[error("line `{line}` asks for no units; accepted: 1 or more")]
    NoUnits {
        /// Which.
        line: LineId,
    },
    /// More than the search is made for.
    #[error("the problem asks for {units} units; accepted: up to {UNITS_MAX}")]
    TooManyUnits {
        /// How many.
        units: u64,
    },
    /// More than the search is made for.
    #[error("all units weigh {grams} g; accepted: up to {GRAMS_MAX} g")]
    TooHeavy {
        /// How much; the most that a number holds if more.
        grams: u64,
    },
    /// Stock and costs do not fit the lines.
    #[error(
        "location `{location}` has {offers} offers for {lines} lines; accepted: one a line, in their order"
    )]
    OffersMisfit {
        /// Which.
        location: LocationId,
        /// How many offers.
        offers: usize,
        /// How many lines.
        lines: usize,
    },
    /// Lines of one SKU see one shelf, so they must see the same.
    #[error(
        "location `{location}` has {one} units for one line of a SKU and {other} for line `{line}`; accepted: the \
         same for all lines of a SKU"
    )]
    StockDiffers {
        /// Which.
        location: LocationId,
        /// The later line.
        line: LineId,
        /// Stock at the first line of the SKU.
        one: u32,
        /// Stock at this line.
        other: u32,
    },
    /// A cost that is less than nothing.
    #[error(
        "{what} costs {cost}; accepted: 0 or more (add a constant to what must not be chosen for its price)"
    )]
    NegativeCost {
        /// Which cost, as `unit_cost of line `l1` at `here``.
        what: String,
        /// What was given.
        cost: i64,
    },
    /// Costs so large that their sum could not be told.
    #[error("all costs together reach {cost}; accepted: up to {COST_MAX} minor units")]
    CostTooLarge {
        /// The most that a plan could cost; the most that a number holds if more.
        cost: i64,
    },
    /// A service refers to a tariff that is not there.
    #[error(
        "a service of `{location}` has tariff {tariff} of {tariffs}; accepted: a place in the list, from 0"
    )]
    NoSuchTariff {
        /// Which.
        location: LocationId,
        /// The tariff.
        tariff: usize,
        /// How many there are.
        tariffs: usize,
    },
    /// A tariff that says nothing, or that falls.
    #[error(
        "tariff {tariff}: {flaw}; accepted: at least one step, rising weights from 1 g, costs that never fall"
    )]
    BadTariff {
        /// Which.
        tariff: usize,
        /// What is wrong with it.
        flaw: TariffFlaw,
    },
    /// A rule about lines that are not there.
    #[error("`{rule}` names line {line} of {lines}; accepted: places in the list, from 0")]
    NoSuchLine {
        /// `together` or `apart`; of a plan `unmet`.
        rule: &'static str,
        /// The line.
        line: usize,
        /// How many there are.
        lines: usize,
    },
    /// A line is in two groups.
    #[error("line `{line}` is in two groups of `together`; accepted: one (join the groups)")]
    TwoGroups {
        /// Which.
        line: LineId,
    },
    /// A group that must ship and may stay unmet at once.
    #[error(
        "lines `{one}` and `{other}` leave together, but only one has an unmet_cost; accepted: both or none"
    )]
    MixedGroup {
        /// One.
        one: LineId,
        /// The other.
        other: LineId,
    },
    /// What stands before an order is sourced again does not fit the problem.
    #[error(
        "{what} names location {location} of {locations} and line {line} of {lines}; accepted: places in the problem's lists, from 0"
    )]
    NoSuchPlace {
        /// `planned`, `picked`, `failed`, `inbound` or `plan`.
        what: &'static str,
        /// The location.
        location: usize,
        /// How many there are.
        locations: usize,
        /// The line.
        line: usize,
        /// How many there are.
        lines: usize,
    },
    /// A plan of another problem: it does not come to what is asked for.
    #[error(
        "the plan ships or leaves {units} units of line `{line}`; accepted: the {asked} that are asked for"
    )]
    OtherPlan {
        /// Which.
        line: LineId,
        /// How many.
        units: u64,
        /// How many are asked for.
        asked: u32,
    },
    /// Two lines that leave apart are in hand at one location.
    #[error(
        "lines `{one}` and `{other}` are picked at `{location}`, but leave apart; accepted: picks that keep the rules"
    )]
    PickedTogether {
        /// Where.
        location: LocationId,
        /// One.
        one: LineId,
        /// The other.
        other: LineId,
    },
    /// More is in hand at a location than any of its services carries.
    #[error("{grams} g are picked at `{location}`; accepted: up to the {most} g that its services carry")]
    PickedTooHeavy {
        /// Where.
        location: LocationId,
        /// How much.
        grams: u64,
        /// The most that it ships.
        most: u64,
    },
    /// More is in hand or planned than was asked for.
    #[error("{what} has {units} units of line `{line}`; accepted: up to the {asked} that are asked for")]
    TooMuchStands {
        /// `planned` or `picked`.
        what: &'static str,
        /// Which.
        line: LineId,
        /// How many.
        units: u64,
        /// How many are asked for.
        asked: u32,
    },
    /// Lines that must and must not leave together.
    #[error("lines `{one}` and `{other}` must leave together and apart; accepted: one of the two")]
    TogetherAndApart {
        /// One.
        one: LineId,
        /// The other.
        other: LineId,
    },
    /// A weight that is no weight, or a scorecard of none.
    #[error(
        "the weight of `{criterion}` is {weight}; accepted: a finite number of 0 or more, in all more than 0"
    )]
    BadWeight {
        /// Which criterion; `scorecard` for the sum of all weights.
        criterion: String,
        /// What was given, as text.
        weight: String,
    },
    /// What a location more is worth is no number, or out of all proportion.
    #[error("a location more costs {split} units of the worst; accepted: 0 to 1000")]
    BadSplit {
        /// What was given, as text.
        split: String,
    },
    /// A criterion that gave no number.
    #[error("criterion `{criterion}` gave {value} for `{location}`; accepted: a finite number, or nothing")]
    BadMeasure {
        /// Which criterion.
        criterion: String,
        /// Where.
        location: LocationId,
        /// What it gave, as text.
        value: String,
    },
}

/// What is wrong with a tariff.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TariffFlaw {
    /// No steps.
    #[error("it has no steps")]
    Empty,
    /// Weights that do not rise.
    #[error("step {0} does not weigh more than the one before")]
    Weight(usize),
    /// Costs that fall.
    #[error("step {0} costs less than the one before, or less than nothing")]
    Cost(usize),
    /// More parcels than it can be written out for, or none.
    #[error("it has no {parcels} parcels; accepted: 1 to {most}")]
    Parcels {
        /// How many.
        parcels: u32,
        /// The most of this tariff.
        most: u32,
    },
}

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SourcingRefusal {
    /// The input means nothing.
    #[error(transparent)]
    Invalid(#[from] ProblemError),
    /// What must ship cannot all ship.
    #[error(
        "at most {shippable} of {asked} units can ship under these rules; accepted: fewer units, more stock, locations or capacity, looser rules, or a price for unmet units"
    )]
    Infeasible {
        /// The cheapest plan of those that ship most. Its cost leaves out what is missing.
        most: Box<Plan>,
        /// What changes on the way to that plan from the one that stood; empty unless an order was sourced again.
        moves: Vec<Move>,
        /// Units that it ships of what must ship.
        shippable: u64,
        /// Units that must ship.
        asked: u64,
    },
    /// The budget ended before any plan was found.
    #[error("no plan was found within {nodes} nodes; accepted: a larger budget")]
    Unproven {
        /// What was spent.
        nodes: u64,
        /// No plan costs less than this.
        bound: i64,
    },
}
