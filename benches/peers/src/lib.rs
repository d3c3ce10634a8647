//! Promotions as the benchmark's contenders need them: the same rules and the same cart, told to each in its own words.
//!
//! A rule is *at least so many units of a category*. Twenty of them match the cart, 180 more are about the cart's
//! categories and want more than it holds, all others are about categories that it does not have.

#![forbid(unsafe_code)]

use std::collections::HashMap;

use order_workflow::{
    decision::Explain,
    promotion::{
        Benefit, Cart, Condition, Filter, Give, Phase, Pick, Promotion, PromotionBook, Quote,
        QuotePolicy, Scratch, Shopper,
    },
};

pub mod a_tree;
#[path = "../../parts/cart.rs"]
mod cart;
pub mod stateset;
pub mod zen;

pub use cart::cart;

const AT: chrono::DateTime<chrono::Utc> = chrono::DateTime::UNIX_EPOCH;

/// At least so many units of a category.
pub struct Rule {
    pub category: String,
    pub at_least: u64,
}

/// The rules by number; the first 20 match.
pub fn rules(count: usize) -> Vec<Rule> {
    let one = |n: usize| match n {
        0..20 => Rule { category: format!("here/{n}"), at_least: 2 },
        20..200 => Rule { category: format!("here/{}", n % 20), at_least: 9 },
        _ => Rule { category: format!("there/{n}"), at_least: 2 },
    };
    (0..count).map(one).collect()
}

/// Which rules match: what every contender must answer.
pub fn matching(count: usize) -> Vec<usize> {
    (0..count.min(20)).collect()
}

/// The rules as promotions of this crate: 5 % off the units that are counted.
pub fn promotions(rules: &[Rule]) -> Vec<Promotion> {
    let one = |(n, rule): (u64, &Rule)| {
        let of = Filter::category(rule.category.as_str());
        let give = Give::PercentEach { percent: 5.into() };
        let off = Benefit::Off { pick: Pick::all(of.clone()), give, cap: None };
        Promotion::new(n.into(), Phase::ITEM, off).with_when(Condition::units_at_least(rule.at_least, of))
    };
    (0..).zip(rules).map(one).collect()
}

/// This crate, with what it keeps from one question to the next.
pub struct Ours {
    book: PromotionBook,
    scratch: Scratch,
    quote: Quote,
}

impl Ours {
    pub fn new(promotions: &[Promotion]) -> Ours {
        let book = PromotionBook::compile(promotions.iter().cloned()).expect("sound promotions");
        Ours { book, scratch: Scratch::new(), quote: Quote::empty() }
    }

    /// What matches, and no more.
    pub fn matching(&mut self, cart: &Cart) -> Vec<usize> {
        let (shopper, policy) = (Shopper::default(), QuotePolicy::default());
        let found = self.book.matching(cart, &shopper, AT, &policy, &mut self.scratch);
        numbers(found.expect("a sound cart").map(|one| one.promotion.as_str()))
    }

    /// What the whole quote applies: here all that matches.
    pub fn quoted(&mut self, cart: &Cart) -> Vec<usize> {
        let (shopper, policy) = (Shopper::default(), QuotePolicy::default());
        let Ours { book, scratch, quote } = self;
        book.quote_into(cart, &shopper, AT, &policy, Explain::Brief, scratch, quote).expect("a sound cart");
        numbers(quote.applied.iter().map(|one| one.promotion.as_str()))
    }
}

fn numbers<'a>(names: impl Iterator<Item = &'a str>) -> Vec<usize> {
    let mut all: Vec<usize> = names.map(|name| name.parse().expect("named by number")).collect();
    all.sort_unstable();
    all
}

/// Looks at every promotion, and for each at every line.
pub fn scan(promotions: &[Promotion], cart: &Cart) -> Vec<usize> {
    let holds = |rule: &Promotion| match &rule.when {
        Some(Condition::Count { of, bound, .. }) => {
            let units = cart.lines.iter().filter(|line| of.fits(line)).map(|line| u64::from(line.units));
            bound.at_least.is_none_or(|least| units.sum::<u64>() >= least)
        }
        _ => false,
    };
    (0..).zip(promotions).filter(|(_, rule)| holds(rule)).map(|(n, _)| n).collect()
}

/// Units by category, counted once: for each category and all above it.
pub fn summed(cart: &Cart) -> HashMap<&str, u64> {
    let mut units: HashMap<&str, u64> = HashMap::new();
    for line in &cart.lines {
        let path = line.category.as_str();
        let above = path.match_indices('/').filter_map(|(end, _)| path.get(..end));
        for category in above.chain([path]) {
            *units.entry(category).or_default() += u64::from(line.units);
        }
    }
    units
}

/// Looks at every promotion, at a cart that is summed once.
pub fn scan_summed(promotions: &[Promotion], cart: &Cart) -> Vec<usize> {
    let units = summed(cart);
    let of_category = |category: &String| units.get(category.as_str()).copied().unwrap_or(0);
    let holds = |rule: &Promotion| match &rule.when {
        Some(Condition::Count { of, bound, .. }) => {
            bound.at_least.is_none_or(|least| of.categories.iter().map(of_category).sum::<u64>() >= least)
        }
        _ => false,
    };
    (0..).zip(promotions).filter(|(_, rule)| holds(rule)).map(|(n, _)| n).collect()
}

/// The same with the categories numbered beforehand, so that no name is hashed for a rule: the scan to beat.
pub struct Numbered {
    numbers: HashMap<String, usize>,
    /// The category's number and the units wanted.
    rules: Vec<(usize, u64)>,
}

impl Numbered {
    pub fn new(rules: &[Rule]) -> Numbered {
        let mut numbers = HashMap::new();
        let one = |rule: &Rule| {
            let next = numbers.len();
            (*numbers.entry(rule.category.clone()).or_insert(next), rule.at_least)
        };
        let rules = rules.iter().map(one).collect();
        Numbered { numbers, rules }
    }

    /// `units` is scratch, all zero before and after.
    pub fn matching(&self, cart: &Cart, units: &mut Vec<u64>) -> Vec<usize> {
        units.resize(self.numbers.len(), 0);
        let summed = summed(cart);
        let place = |category: &str| self.numbers.get(category).copied();
        let counted = || summed.iter().filter_map(|(category, &sum)| Some((place(category)?, sum)));
        counted().for_each(|(place, sum)| units[place] = sum);
        let holds = |&(_, &(place, at_least)): &(usize, &(usize, u64))| units[place] >= at_least;
        let all = self.rules.iter().enumerate().filter(holds).map(|(n, _)| n).collect();
        counted().for_each(|(place, _)| units[place] = 0);
        all
    }
}
