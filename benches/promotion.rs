//! What matching and a quote cost as more promotions are live, what the best of many that conflict costs, and what it
//! costs to add and expire one.
//!
//! Matching stands beside two linear scans over the same typed conditions, which must find the same promotions: `scan`
//! adds the lines up for every condition, `summed_scan` has every condition compiled to numbers and adds the cart up
//! once. A quote stands beside the same promotions under conditions and with a benefit that no index sees through, so
//! that every one is looked at.

#[path = "parts/cart.rs"]
mod cart;
#[path = "parts/rules.rs"]
mod rules;

use std::collections::BTreeMap;
use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use order_workflow::{
    decision::Explain,
    money::Money,
    promotion::{
        Assign, Benefit, Cart, Condition, Filter, Give, Measure, Phase, Pick, PickOrder, Promotion,
        PromotionBook, Proof, Quote, QuotePolicy, Scratch, Shopper, Stacking,
    },
};

use cart::cart;
use rules::{elsewhere, here};

const AT: chrono::DateTime<chrono::Utc> = chrono::DateTime::UNIX_EPOCH;

/// The same, but nothing tells from outside what it is about.
fn opaque(rules: &[Promotion]) -> Vec<Promotion> {
    let one = |rule: &Promotion| {
        let never = Condition::Fact { name: "x".to_owned(), is: "y".to_owned() };
        let when = rule.when.clone().unwrap_or_else(|| never.clone());
        let gone = Benefit::Gift { any_of: vec![0.into()], units: 1 };
        Promotion { when: Some(Condition::Any { of: vec![when, never] }), ..rule.clone() }.with_benefit(gone)
    };
    rules.iter().map(one).collect()
}

fn compiled(rules: &[Promotion]) -> PromotionBook {
    #[expect(clippy::expect_used, reason = "the promotions are sound")]
    PromotionBook::compile(rules.iter().cloned()).expect("a book")
}

fn quote(book: &PromotionBook, cart: &Cart, policy: &QuotePolicy, scratch: &mut Scratch, into: &mut Quote) {
    let shopper = Shopper::default();
    #[expect(clippy::expect_used, reason = "the cart is sound")]
    book.quote_into(cart, &shopper, AT, policy, Explain::Brief, scratch, into).expect("a quote");
}

fn matching(book: &PromotionBook, cart: &Cart, scratch: &mut Scratch) -> usize {
    let (shopper, policy) = (Shopper::default(), QuotePolicy::default());
    #[expect(clippy::expect_used, reason = "the cart is sound")]
    book.matching(cart, &shopper, AT, &policy, scratch).expect("a sound cart").count()
}

/// The conditions as they stand, one after the other; the lines are added up for each.
fn scan(rules: &[Promotion], cart: &Cart) -> usize {
    fn holds(condition: &Condition, cart: &Cart) -> bool {
        match condition {
            Condition::All { of } => of.iter().all(|part| holds(part, cart)),
            Condition::Subtotal { of, bound } => {
                let lines = cart.lines.iter().filter(|line| of.fits(line));
                let sum: i64 = lines.map(|line| line.unit_price.minor_units() * i64::from(line.units)).sum();
                bound.at_least.is_none_or(|least| sum >= least.minor_units())
            }
            Condition::Count { measure: Measure::Quantity, of, bound } => {
                let lines = cart.lines.iter().filter(|line| of.fits(line));
                let sum: u64 = lines.map(|line| u64::from(line.units)).sum();
                bound.at_least.is_none_or(|least| sum >= least)
            }
            _ => false, // there are no others here
        }
    }
    rules.iter().filter(|rule| rule.when.as_ref().is_none_or(|when| holds(when, cart))).count()
}

/// The conditions compiled to a category's number, a measure and a threshold each; the cart is added up by category once.
struct Summed {
    numbers: BTreeMap<String, usize>,
    /// For each promotion where its thresholds end.
    ends: Vec<usize>,
    thresholds: Vec<(usize, bool, i64)>,
    /// Money and units of every category.
    sums: Vec<(i64, i64)>,
    touched: Vec<usize>,
}

impl Summed {
    fn new(rules: &[Promotion]) -> Summed {
        let mut made = Summed {
            numbers: BTreeMap::new(),
            ends: vec![],
            thresholds: vec![],
            sums: vec![],
            touched: vec![],
        };
        for rule in rules {
            rule.when.iter().for_each(|when| made.compile(when));
            made.ends.push(made.thresholds.len());
        }
        made.sums = vec![(0, 0); made.numbers.len()];
        made
    }

    fn compile(&mut self, condition: &Condition) {
        let next = self.numbers.len();
        let mut number = |of: &Filter| *self.numbers.entry(of.categories.concat()).or_insert(next);
        match condition {
            Condition::All { of } => of.iter().for_each(|part| self.compile(part)),
            Condition::Subtotal { of, bound } => {
                let least = bound.at_least.map_or(0, Money::minor_units);
                self.thresholds.push((number(of), true, least));
            }
            Condition::Count { of, bound, .. } => {
                let least = i64::try_from(bound.at_least.unwrap_or(0)).unwrap_or(i64::MAX);
                self.thresholds.push((number(of), false, least));
            }
            _ => {} // there are no others here
        }
    }

    fn count(&mut self, cart: &Cart) -> usize {
        for place in self.touched.drain(..) {
            if let Some(sum) = self.sums.get_mut(place) {
                *sum = (0, 0);
            }
        }
        for line in &cart.lines {
            let above = line.category.split_once('/').map_or("", |(above, _)| above);
            for category in [line.category.as_str(), above] {
                if let Some(&place) = self.numbers.get(category)
                    && let Some(sum) = self.sums.get_mut(place)
                {
                    let units = i64::from(line.units);
                    *sum = (sum.0 + line.unit_price.minor_units() * units, sum.1 + units);
                    self.touched.push(place);
                }
            }
        }
        let (mut found, mut from) = (0, 0);
        for &end in &self.ends {
            let mut thresholds = self.thresholds.get(from..end).unwrap_or_default().iter();
            found += usize::from(thresholds.all(|&(place, money, least)| {
                self.sums.get(place).is_some_and(|sum| least <= if money { sum.0 } else { sum.1 })
            }));
            from = end;
        }
        found
    }
}

fn matches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("promotion");
    let (cart, mut scratch) = (cart(), Scratch::new());
    for kind in ["match", "match_own_categories"] {
        let made = if kind == "match" { elsewhere } else { here };
        for count in [10, 100, 1_000, 10_000, 100_000] {
            let rules: Vec<Promotion> = (0..count).map(made).collect();
            let (book, mut summed) = (compiled(&rules), Summed::new(&rules));
            let wanted = count.min(20);
            assert_eq!(matching(&book, &cart, &mut scratch), wanted);
            assert_eq!((scan(&rules, &cart), summed.count(&cart)), (wanted, wanted));
            let case = format!("{kind}_{count}_live");
            group.bench_function(BenchmarkId::new(&case, "ours"), |b| {
                b.iter(|| matching(&book, black_box(&cart), &mut scratch))
            });
            group.bench_function(BenchmarkId::new(&case, "scan"), |b| {
                b.iter(|| scan(&rules, black_box(&cart)))
            });
            group.bench_function(BenchmarkId::new(&case, "summed_scan"), |b| {
                b.iter(|| summed.count(black_box(&cart)))
            });
        }
    }
    group.finish();
}

fn quotes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("promotion");
    let (cart, policy) = (cart(), QuotePolicy::default());
    for count in [10, 100, 1_000, 10_000, 100_000] {
        let rules: Vec<Promotion> = (0..count).map(elsewhere).collect();
        let (ours, scan) = (compiled(&rules), compiled(&opaque(&rules)));
        let (mut scratch, mut wanted, mut made) = (Scratch::new(), Quote::empty(), Quote::empty());
        quote(&ours, &cart, &policy, &mut scratch, &mut wanted);
        quote(&scan, &cart, &policy, &mut scratch, &mut made);
        assert_eq!((wanted.total, wanted.applied.len()), (made.total, count.min(20)));
        let case = format!("quote_{count}_live");
        for (contender, book) in [("ours", &ours), ("scan", &scan)] {
            group.bench_function(BenchmarkId::new(&case, contender), |b| {
                b.iter(|| {
                    quote(book, black_box(&cart), &policy, &mut scratch, &mut made);
                    made.total
                })
            });
        }
    }
    group.finish();
}

/// One more, and one less, of a book that others read: beside it the same book made anew.
fn changes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("promotion");
    for count in [1_000, 10_000, 100_000] {
        let mut rules: Vec<Promotion> = (0..count).map(elsewhere).collect();
        let (book, more) = (compiled(&rules), elsewhere(count));
        rules.push(more.clone());
        let all = compiled(&rules);
        #[expect(clippy::expect_used, reason = "the promotion is sound")]
        let with = |book: &PromotionBook| book.with(more.clone()).expect("a book");
        assert!(with(&book).promotions().eq(all.promotions()));
        assert!(all.without(&more.promotion).promotions().eq(book.promotions()));
        group.bench_function(BenchmarkId::new(format!("add_to_{count}"), "ours"), |b| b.iter(|| with(&book)));
        group.bench_function(BenchmarkId::new(format!("expire_from_{count}"), "ours"), |b| {
            b.iter(|| all.without(black_box(&more.promotion)))
        });
        if count <= 10_000 {
            group.bench_function(BenchmarkId::new(format!("add_to_{count}"), "anew"), |b| {
                let made =
                    |all: Vec<Promotion>| PromotionBook::compile(black_box(all)).map(|book| book.len());
                b.iter_batched(|| rules.clone(), made, BatchSize::PerIteration)
            });
        }
    }
    group.finish();
}

/// Offers that want the same units: buy one, get one, two of the dearest, or all of them for less.
fn conflicting(seed: u64, count: u64) -> Vec<Promotion> {
    let mut state = seed;
    let mut drawn = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut rules = vec![];
    for n in 0..count {
        let categories: Vec<String> = (0..2 + drawn(3)).map(|_| format!("here/{}", drawn(20))).collect();
        let of = Filter { categories, ..Filter::default() };
        let percent = (5 + drawn(40)).into();
        let pick = match drawn(3) {
            0 => Pick::BuyGet {
                buy: of.clone(),
                buy_units: 1,
                get: of,
                get_units: 1,
                order: PickOrder::Cheapest,
                max_times: None,
            },
            1 => Pick::Some { of, units: 2, order: PickOrder::Dearest },
            _ => Pick::all(of),
        };
        let benefit = Benefit::Off { pick, give: Give::PercentEach { percent }, cap: None };
        rules.push(Promotion::new(n.into(), Phase::ITEM, benefit).with_consumed_units());
    }
    rules
}

fn best(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("promotion");
    let (cart, fixed) = (cart(), QuotePolicy::default().with_stacking(Stacking::Best));
    let (mut scratch, mut made) = (Scratch::new(), Quote::empty());
    for (count, assign) in [(20, Assign::Fixed), (8, Assign::Free)] {
        let policy = fixed.with_assign(assign);
        let (mut nodes, mut gaps, mut widest) = (vec![], 0, 0.0f64);
        for seed in 0..1_000 {
            quote(&compiled(&conflicting(seed, count)), &cart, &policy, &mut scratch, &mut made);
            match made.proof {
                Proof::Gap { nodes: tried, bound } => {
                    let (bound, found) = (bound.minor_units() as f64, made.discount.minor_units() as f64);
                    (gaps, widest) = (gaps + 1, widest.max(bound / found - 1.0));
                    nodes.push(tried);
                }
                Proof::Optimal { nodes: tried } => nodes.push(tried),
                Proof::Rule => {}
            }
        }
        nodes.sort_unstable();
        println!(
            "best of {count} conflicting, {assign:?}, 1,000 seeds: {:?} nodes at the median, {:?} at the ninth tenth, {:?} \
             at most; {gaps} gaps, the widest {:.1} %",
            nodes.get(nodes.len() / 2),
            nodes.get(nodes.len() * 9 / 10),
            nodes.last(),
            100.0 * widest
        );
    }
    let case = "best_of_20_conflicting";
    // The seed of the most nodes of a thousand, and one about the median.
    let mut tried = vec![];
    for seed in 0..1_000 {
        quote(&compiled(&conflicting(seed, 20)), &cart, &fixed, &mut scratch, &mut made);
        if let Proof::Gap { nodes, .. } | Proof::Optimal { nodes } = made.proof {
            tried.push((nodes, seed));
        }
    }
    tried.sort_unstable();
    for (name, place) in [("median", tried.len() / 2), ("worst", tried.len() - 1)] {
        let seed = tried.get(place).map_or(0, |one| one.1);
        let book = compiled(&conflicting(seed, 20));
        for (contender, policy) in [("ours", fixed), ("priority", QuotePolicy::default())] {
            group.bench_function(BenchmarkId::new(format!("{case}_{name}"), contender), |b| {
                b.iter(|| {
                    quote(&book, black_box(&cart), &policy, &mut scratch, &mut made);
                    made.total
                })
            });
        }
    }
    group.finish();
}

criterion_group!(benches, matches, quotes, changes, best);
criterion_main!(benches);
