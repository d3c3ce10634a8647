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
    /// The set that is best for the customer, among all sets with at most one of each group and an exclusive one only
    /// alone: the lowest price including shipping, then the most gifts, then what costs the house least, then the
    /// set that is found first: what priority gives, then sets with earlier promotions. [`Proof`](crate::promotion::Proof)
    /// is about the price.
    Best,
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
    /// 100,000 nodes.
    fn default() -> Self {
        Work(100_000)
    }
}
