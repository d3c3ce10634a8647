//! Promotions as the benchmark's contenders need them: the same rules and the same cart, told to each in its own words.
//!
//! A rule is *at least so many units of a category*. Twenty of them match the cart, 180 more are about the cart's
//! categories and want more than it holds, all others are about categories that it does not have.

#![forbid(unsafe_code)]

use std::collections::HashMap;

use order_workflow::{
    money::{Currency, Money},
    promotion::{
        Benefit, Cart, CartLine, Condition, Filter, Give, Phase, Pick, Promotion, PromotionBook, QuotePolicy,
        Scratch, Shopper,
    },
};

pub mod a_tree;
pub mod stateset;
pub mod zen;

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

/// Twenty lines in twenty categories, two units each.
pub fn cart() -> Cart {
    let line = |n: u64| {
        let minor = 500 + 37 * i64::try_from(n).unwrap_or(0);
        CartLine::new(n.into(), n.into(), 2, Money::minor(minor, Currency::EUR))
            .with_category(format!("here/{n}"))
    };
    Cart {
        currency: Currency::EUR,
        lines: (0..20).map(line).collect(),
        channel: None,
        payment_method: None,
        codes: vec![],
        shipping: vec![],
        gift_stock: Default::default(),
    }
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

/// This crate: not only what matches, but the whole quote.
pub struct Ours {
    book: PromotionBook,
    scratch: Scratch,
}

impl Ours {
    pub fn new(promotions: &[Promotion]) -> Ours {
        let book = PromotionBook::compile(promotions).expect("sound promotions");
        Ours { book, scratch: Scratch::new() }
    }

    pub fn matching(&mut self, cart: &Cart) -> Vec<usize> {
        let (shopper, policy) = (Shopper::default(), QuotePolicy::default());
        let (at, explain) = (chrono::DateTime::UNIX_EPOCH, order_workflow::decision::Explain::Brief);
        let quote =
            self.book.quote(cart, &shopper, at, &policy, explain, &mut self.scratch).expect("a quote");
        let number = |name: &str| name.parse().expect("promotions are named by number");
        let mut all: Vec<usize> = quote.applied.iter().map(|one| number(one.promotion.as_str())).collect();
        all.sort_unstable();
        all
    }
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
