//! How a quote is made: what a host chooses once.

use serde::{Deserialize, Serialize};

use crate::money::Rounding;

/// How a quote is made.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct QuotePolicy {
    /// Which promotions are applied.
    pub stacking: Stacking,
    /// How an amount is spread.
    pub spread: Spread,
    /// What becomes of fractions of a minor unit.
    pub rounding: Rounding,
    /// Who gets the minor units that a spread leaves over.
    pub remainder: Remainder,
    /// Which prices a subtotal adds up.
    pub threshold_base: ThresholdBase,
    /// How a code is compared.
    pub codes: CodeMatch,
    /// How much may be tried to find the best.
    pub work: Work,
    /// What is best.
    #[serde(skip_serializing_if = "Objective::is_default")]
    pub objective: Objective,
    /// Who picks the units that serve a promotion which claims them.
    #[serde(skip_serializing_if = "Assign::is_default")]
    pub assign: Assign,
}

impl Default for QuotePolicy {
    /// By priority, spread over units, half up, to the largest remainder, thresholds on running prices, codes as people
    /// write them.
    fn default() -> Self {
        QuotePolicy {
            stacking: Stacking::default(),
            spread: Spread::default(),
            rounding: Rounding::HalfUp,
            remainder: Remainder::default(),
            threshold_base: ThresholdBase::default(),
            codes: CodeMatch::default(),
            work: Work::default(),
            objective: Objective::default(),
            assign: Assign::default(),
        }
    }
}

impl QuotePolicy {
    /// The same with another stacking.
    #[must_use]
    pub fn with_stacking(self, stacking: Stacking) -> QuotePolicy {
        QuotePolicy { stacking, ..self }
    }

    /// The same with another spread.
    #[must_use]
    pub fn with_spread(self, spread: Spread) -> QuotePolicy {
        QuotePolicy { spread, ..self }
    }

    /// The same with another rounding.
    #[must_use]
    pub fn with_rounding(self, rounding: Rounding) -> QuotePolicy {
        QuotePolicy { rounding, ..self }
    }

    /// The same with another rule for what is left over.
    #[must_use]
    pub fn with_remainder(self, remainder: Remainder) -> QuotePolicy {
        QuotePolicy { remainder, ..self }
    }

    /// The same with thresholds on these prices.
    #[must_use]
    pub fn with_threshold_base(self, threshold_base: ThresholdBase) -> QuotePolicy {
        QuotePolicy { threshold_base, ..self }
    }

    /// The same with codes compared like this.
    #[must_use]
    pub fn with_codes(self, codes: CodeMatch) -> QuotePolicy {
        QuotePolicy { codes, ..self }
    }

    /// The same with another objective.
    #[must_use]
    pub fn with_objective(self, objective: Objective) -> QuotePolicy {
        QuotePolicy { objective, ..self }
    }

    /// The same with units picked like this.
    #[must_use]
    pub fn with_assign(self, assign: Assign) -> QuotePolicy {
        QuotePolicy { assign, ..self }
    }

    /// The same with so much work.
    #[must_use]
    pub fn with_work(self, work: Work) -> QuotePolicy {
        QuotePolicy { work, ..self }
    }
}

/// Which promotions are applied. The order of application is always phase, then priority, then name.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stacking {
    /// Each whose condition holds at its turn. If an exclusive one applies and gives something on the untouched cart,
    /// the one of highest priority (then name) is applied alone.
    #[default]
    Priority,
    /// The best set by [`QuotePolicy::objective`], among all sets of which no two bar each other
    /// ([`Promotion::bars`](crate::promotion::Promotion::bars)). [`Proof`](crate::promotion::Proof) is about the price.
    Best,
}

/// Which of two sets is better under [`Stacking::Best`]. Sets that are equal in all of it: what priority gives, then the
/// one with earlier promotions.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// The lower price to the customer, shipping included; then more gifts; then what costs the house less.
    #[default]
    PriceGiftsHouse,
    /// The lower price to the customer, shipping included; then what costs the house less; then more gifts.
    PriceHouseGifts,
}

impl Objective {
    fn is_default(&self) -> bool {
        *self == Objective::default()
    }
}

/// Under [`Stacking::Best`]: which of the units that it may use serve a promotion which claims them, because it
/// [consumes units](crate::promotion::Promotion::consumes_units) or has a unit class.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Assign {
    /// Those that its own rule picks of all that are free: the dearest, the cheapest.
    #[default]
    Fixed,
    /// Those that are best for the whole: the promotion may be shown any part of the units that are free, and its own rule
    /// picks among these. Searched for up to [`Assign::FREE_MAX`] such promotions; with more of them the rule picks, and
    /// the proof is a gap to what free hands might find.
    Free,
}

impl Assign {
    /// For so many promotions that claim units all ways are searched.
    pub const FREE_MAX: usize = 12;

    fn is_default(&self) -> bool {
        *self == Assign::default()
    }
}

/// How an amount is spread over units.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spread {
    /// Over units at once. Ties: the higher list price, then SKU, then the higher price at that moment, then the line's
    /// name, then the unit. Neither the order of lines nor splitting one changes any sum per SKU and price, unless a
    /// promotion counts units a line or asks which lines are discounted.
    #[default]
    Units,
    /// Over lines, then within each line over its units; ties: the earlier.
    LinesThenUnits,
}

/// Who gets the minor units that are left over when shares are rounded down, one each.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remainder {
    /// The largest fractions.
    #[default]
    LargestRemainder,
    /// The first ones, whatever their fraction.
    First,
}

/// Which prices a subtotal in a condition adds up.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThresholdBase {
    /// Those after the promotions applied so far.
    #[default]
    Running,
    /// List prices.
    Original,
}

/// How a code that was entered is compared with one that is kept.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeMatch {
    /// Upper and lower case of ASCII letters, blanks and hyphens do not matter.
    #[default]
    Folded,
    /// Byte by byte.
    Exact,
}

/// How much may be tried. Counted in promotions tried on a state of the cart, so that the same budget gives the same
/// answer on every machine.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Work(u64);

impl Work {
    /// So many nodes.
    pub const fn nodes(nodes: u64) -> Work {
        Work(nodes)
    }

    pub(super) const fn limit(self) -> u64 {
        self.0
    }
}

impl Default for Work {
    /// 2,500 nodes.
    fn default() -> Self {
        Work(2_500)
    }
}
