//! What a quote costs as more promotions are live, and what the best of many that conflict costs.
//!
//! The baseline fulfils the same contract: the same promotions, under conditions and with a benefit that no index sees
//! through, so that every one is looked at. Both sides must come to the same total.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use order_workflow::{
    decision::Explain,
    money::{Currency, Money},
    promotion::{
        Benefit, Cart, CartLine, Condition, Filter, Give, Phase, Pick, PickOrder, Promotion, PromotionBook,
        Proof, Quote, QuotePolicy, Scratch, Shopper, Stacking,
    },
};

fn eur(minor: i64) -> Money {
    Money::minor(minor, Currency::EUR)
}

/// Twenty lines in twenty categories, two units each.
fn cart() -> Cart {
    let line = |n: u64| {
        let price = eur(500 + 37 * i64::try_from(n).unwrap_or(0));
        CartLine::new(n.into(), n.into(), 2, price).with_category(format!("here/{n}"))
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

fn off(n: usize, category: String, give: Give) -> Promotion {
    let of = Filter::category(category);
    let benefit = Benefit::Off { pick: Pick::all(of.clone()), give, cap: None };
    let name = u64::try_from(n).unwrap_or(0).into();
    Promotion::new(name, Phase::ITEM, benefit).with_when(Condition::units_at_least(2, of))
}

/// Twenty that apply, 180 more in the cart's categories that want more than it holds, the rest elsewhere.
fn live(count: usize) -> Vec<Promotion> {
    let one = |n: usize| {
        let give = Give::PercentEach { percent: 5.into() };
        match n {
            0..20 => off(n, format!("here/{n}"), give),
            20..200 => {
                let of = Filter::category(format!("here/{}", n % 20));
                off(n, format!("here/{}", n % 20), give).with_when(Condition::units_at_least(9, of))
            }
            _ => off(n, format!("there/{n}"), give),
        }
    };
    (0..count).map(one).collect()
}

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

fn quote(book: &PromotionBook, cart: &Cart, policy: &QuotePolicy, scratch: &mut Scratch) -> Quote {
    let at = chrono::DateTime::UNIX_EPOCH;
    #[expect(clippy::expect_used, reason = "the cart is sound")]
    book.quote(cart, &Shopper::default(), at, policy, Explain::Brief, scratch).expect("a quote")
}

fn compiled(rules: &[Promotion]) -> PromotionBook {
    #[expect(clippy::expect_used, reason = "the promotions are sound")]
    PromotionBook::compile(rules).expect("a book")
}

fn quotes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("promotion");
    let (cart, policy) = (cart(), QuotePolicy::default());
    for count in [10, 100, 1_000, 10_000, 100_000] {
        let rules = live(count);
        let (ours, scan) = (compiled(&rules), compiled(&opaque(&rules)));
        let mut scratch = Scratch::new();
        let wanted = quote(&ours, &cart, &policy, &mut scratch);
        assert_eq!(wanted.total, quote(&scan, &cart, &policy, &mut scratch).total);
        assert_eq!(wanted.applied.len(), count.min(20));
        let case = format!("quote_{count}_live");
        for (contender, book) in [("ours", &ours), ("scan", &scan)] {
            group.bench_function(BenchmarkId::new(&case, contender), |b| {
                b.iter(|| quote(book, black_box(&cart), &policy, &mut scratch).total)
            });
        }
    }
    group.finish();
}

/// Twenty offers that want the same units: buy some, get some, sets of two, percent off.
fn conflicting(seed: u64) -> Vec<Promotion> {
    let mut state = seed;
    let mut drawn = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut rules = vec![];
    for n in 0..20 {
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
    let (cart, policy) = (cart(), QuotePolicy::default().with_stacking(Stacking::Best));
    let mut scratch = Scratch::new();
    let (mut nodes, mut gaps) = (vec![], 0);
    for seed in 0..200 {
        match quote(&compiled(&conflicting(seed)), &cart, &policy, &mut scratch).proof {
            Proof::Optimal { nodes: tried } => nodes.push(tried),
            _ => gaps += 1,
        }
    }
    nodes.sort_unstable();
    let median = nodes.get(nodes.len() / 2);
    println!(
        "best of 20 conflicting, 200 seeds: median {median:?} nodes, most {:?}, gaps {gaps}",
        nodes.last()
    );
    let book = compiled(&conflicting(7));
    let case = "best_of_20_conflicting";
    group.bench_function(BenchmarkId::new(case, "ours"), |b| {
        b.iter(|| quote(&book, black_box(&cart), &policy, &mut scratch).total)
    });
    let greedy = QuotePolicy::default();
    group.bench_function(BenchmarkId::new(case, "priority"), |b| {
        b.iter(|| quote(&book, black_box(&cart), &greedy, &mut scratch).total)
    });
    group.finish();
}

criterion_group!(benches, quotes, best);
criterion_main!(benches);
