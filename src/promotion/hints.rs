//! What a little more would bring: how near promotions are that were not applied.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::id::PromotionId;
use crate::money::Money;
use crate::promotion::{Condition, Filter, Measure, Promotion, PromotionReason, Quote, Unmet, UnmetPart};

/// A promotion that lacks only some more of something.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hint {
    /// Which.
    pub promotion: PromotionId,
    /// All that lacks, in the order of its condition; at least one.
    pub lacks: Vec<Lack>,
}

/// What lacks of one thing.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lack {
    /// How much is there, and how much is asked for.
    pub gap: Gap,
    /// In which lines it counts.
    pub of: Filter,
}

impl Hint {
    /// What lacks most, by the part that is there already.
    fn widest(&self) -> Option<&Gap> {
        self.lacks.iter().map(|lack| &lack.gap).max_by(|a, b| a.nearness(b))
    }
}

/// How much of something lacks.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "gap", rename_all = "snake_case", deny_unknown_fields)]
pub enum Gap {
    /// Lines cost too little together.
    Amount {
        /// What they cost.
        have: Money,
        /// What is asked for.
        need: Money,
    },
    /// Too little of something.
    Count {
        /// Of what.
        measure: Measure,
        /// How much there is.
        have: u64,
        /// How much is asked for.
        need: u64,
    },
}

impl Gap {
    /// What lacks of a part that more would meet.
    fn of(unmet: &Unmet) -> Option<Gap> {
        match unmet {
            Unmet::ShortOfAmount { have, need } => Some(Gap::Amount { have: *have, need: *need }),
            Unmet::ShortOf { measure, have, need } => {
                Some(Gap::Count { measure: *measure, have: *have, need: *need })
            }
            _ => None,
        }
    }

    /// What lacks, in minor units or in what is counted.
    pub fn short(&self) -> u64 {
        let (have, need) = self.numbers();
        need.saturating_sub(have)
    }

    fn numbers(&self) -> (u64, u64) {
        let minor = |money: &Money| u64::try_from(money.minor_units()).unwrap_or(0);
        match self {
            Gap::Amount { have, need } => (minor(have), minor(need)),
            Gap::Count { have, need, .. } => (*have, *need),
        }
    }

    /// The nearer first: by the part that is there already.
    fn nearness(&self, other: &Gap) -> Ordering {
        let ((have, need), (other_have, other_need)) = (self.numbers(), other.numbers());
        let cross = |a: u64, b: u64| u128::from(a) * u128::from(b);
        cross(other_have, need).cmp(&cross(have, other_need))
    }
}

impl Quote {
    /// The promotions that would be met by more of something: all that fails of their condition is an amount, a number or
    /// a weight that is too low; of an `any`, the alternative that lacks least. The nearest come first, judged by what they
    /// lack most, then by name. Left out are those that more does not help: another part fails too (the time, the shopper,
    /// a code), or an applied one bars them.
    ///
    /// On running prices an addition is discounted itself, and what is added may meet or fail other promotions: quote the
    /// cart with it before promising anything. Nothing without [`Explain::Full`](crate::decision::Explain): it reads the
    /// reasons. `live` are the promotions that were quoted.
    ///
    /// ```
    /// # use order_workflow::decision::Explain;
    /// # use order_workflow::promotion::*;
    /// # use order_workflow::{Currency, Money};
    /// # let euros = |minor| Money::minor(minor, Currency::EUR);
    /// # let cart = Cart {
    /// #     currency: Currency::EUR,
    /// #     lines: vec![CartLine::new("1".parse()?, "mug".parse()?, 2, euros(900))],
    /// #     channel: None, payment_method: None, codes: vec![], shipping: vec![], gift_stock: Default::default(),
    /// # };
    /// # let at = "2026-06-01T10:00:00Z".parse()?;
    /// let off = |name: &str, from| presets::threshold_amount(name.parse().unwrap(), Filter::all(), euros(from), euros(500));
    /// let book = PromotionBook::compile([off("at-20", 2_000), off("at-50", 5_000)]).map_err(|all| all[0].clone())?;
    /// # let (shopper, policy) = (Shopper::default(), QuotePolicy::default());
    /// let quote = book.quote(&cart, &shopper, at, &policy, Explain::Full, &mut Scratch::new())?;
    /// let hints = quote.hints(book.promotions());
    /// let short = hints[0].lacks[0].gap.short();
    /// assert_eq!((hints[0].promotion.as_str(), short), ("at-20", 200));
    ///
    /// // What to put into the cart so that it costs the least beyond what lacks: 凑单.
    /// let offer = |sku: &str, price, units| AddOn { sku: sku.parse().unwrap(), price: euros(price), units };
    /// let offers = [offer("spoon", 150, 5), offer("saucer", 260, 2), offer("plate", 700, 1)];
    /// let added = top_up(short, &offers)?;
    /// assert_eq!(added, [("saucer".parse()?, 1)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn hints<'p>(&self, live: impl IntoIterator<Item = &'p Promotion>) -> Vec<Hint> {
        let mut missed: Vec<(&PromotionId, &PromotionReason)> =
            self.not_applied.iter().map(|one| (&one.promotion, &one.why)).collect();
        missed.sort_by(|a, b| a.0.cmp(b.0));
        let is_applied = |rule: &&Promotion| self.applied.iter().any(|one| one.promotion == rule.promotion);
        let applied: Vec<&Promotion> =
            self.basis.promotions.iter().map(|rule| &**rule).filter(is_applied).collect();
        let hint = |rule: &Promotion| {
            let place = missed.binary_search_by(|one| one.0.cmp(&rule.promotion)).ok()?;
            let lacks = lacks(rule.when.as_ref()?, missed.get(place)?.1)?;
            let barred = applied.iter().any(|one| one.bars(rule));
            (!barred).then(|| Hint { promotion: rule.promotion.clone(), lacks })
        };
        let mut hints: Vec<Hint> = live.into_iter().filter_map(hint).collect();
        let widest = |a: &Hint, b: &Hint| match (a.widest(), b.widest()) {
            (Some(a), Some(b)) => a.nearness(b),
            _ => Ordering::Equal,
        };
        hints.sort_by(|a, b| widest(a, b).then_with(|| a.promotion.cmp(&b.promotion)));
        hints.dedup_by(|a, b| a.promotion == b.promotion);
        hints
    }
}

/// All that fails of a condition, if more would meet all of it.
fn lacks(when: &Condition, why: &PromotionReason) -> Option<Vec<Lack>> {
    let PromotionReason::ConditionNotMet { at, unmet, also, .. } = why else { return None };
    let parts = std::iter::once((at, unmet)).chain(also.iter().map(|part| (&part.at, &part.unmet)));
    let lack = |(at, unmet): (&Vec<u32>, &Unmet)| {
        let gap = Gap::of(unmet)?;
        Some(Lack { gap, of: asked(when, at)?.clone() })
    };
    parts.map(lack).collect()
}

/// Whether what fails of one condition lacks less than what fails of another: first what more does not meet, then what
/// lacks most, then how much else lacks.
pub(super) fn is_nearer(one: &[UnmetPart], other: &[UnmetPart]) -> bool {
    let gaps =
        |parts: &[UnmetPart]| -> Vec<Gap> { parts.iter().filter_map(|part| Gap::of(&part.unmet)).collect() };
    let (ones, others) = (gaps(one), gaps(other));
    let widest = |gaps: &[Gap]| gaps.iter().copied().max_by(Gap::nearness);
    let wider = match (widest(&ones), widest(&others)) {
        (Some(one), Some(other)) => one.nearness(&other),
        (one, other) => one.is_some().cmp(&other.is_some()),
    };
    let open = (one.len() - ones.len()).cmp(&(other.len() - others.len()));
    open.then(wider).then(one.len().cmp(&other.len())).is_lt()
}

/// The lines that the part of a condition at a place asks for.
fn asked<'c>(condition: &'c Condition, at: &[u32]) -> Option<&'c Filter> {
    match (condition, at) {
        (Condition::All { of } | Condition::Any { of }, [first, rest @ ..]) => {
            asked(of.get(usize::try_from(*first).ok()?)?, rest)
        }
        (Condition::Subtotal { of, .. } | Condition::Count { of, .. }, []) => Some(of),
        _ => None,
    }
}
