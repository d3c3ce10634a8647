//! Which promotions match a cart, and what it takes to be ready for the question: this crate beside what else one could
//! take. All contenders answer the same rules. `ours_match` and the others say what matches; `ours` makes the whole quote,
//! for scale. Run it by `.ci/bench peers`.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use order_workflow::promotion::PromotionBook;
use order_workflow_peers::{
    Numbered, Ours, a_tree, cart, matching, promotions, rules, scan, scan_summed, stateset, zen,
};

/// A question to some of the peers takes a tenth of a second; the command line may ask for more.
fn briefly() -> Criterion {
    Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
}

fn matches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("peers");
    let cart = cart();
    for count in [10, 100, 1_000, 10_000, 100_000] {
        let (rules, wanted) = (rules(count), matching(count));
        let promotions = promotions(&rules);
        let case = format!("match_{count}_live");
        let mut ours = Ours::new(&promotions);
        let (numbered, mut units) = (Numbered::new(&rules), vec![]);
        let index = a_tree::Index::new(&rules);
        let compiled = zen::Compiled::new(&rules);
        let mut contend = |name: &str, answer: &mut dyn FnMut() -> Vec<usize>| {
            assert_eq!(answer(), wanted, "{name} of {count}");
            group.bench_function(BenchmarkId::new(&case, name), |b| b.iter(&mut *answer));
        };
        contend("ours_match", &mut || ours.matching(black_box(&cart)));
        contend("ours", &mut || ours.quoted(black_box(&cart)));
        contend("scan", &mut || scan(&promotions, black_box(&cart)));
        contend("scan_summed", &mut || scan_summed(&promotions, black_box(&cart)));
        contend("scan_numbered", &mut || numbered.matching(black_box(&cart), &mut units));
        contend("a-tree", &mut || index.matching(black_box(&cart)));
        contend("zen_compiled", &mut || compiled.matching(black_box(&cart)));
        // The index of a table holds a bit for every rule and value: 100,000 of each do not fit.
        if count <= 10_000 {
            let (plain, indexed) =
                (zen::decision(zen::plain_table(&rules)), zen::decision(zen::indexed_table(&rules)));
            contend("zen_table", &mut || zen::by_plain_table(&plain, black_box(&cart)));
            contend("zen_indexed", &mut || zen::by_indexed_table(&indexed, black_box(&cart)));
        }
        let (request, candidates) = (stateset::request(&cart), stateset::candidates(&rules));
        assert_eq!(stateset::matching(&request, candidates.clone()), wanted, "stateset-core of {count}");
        // It takes its candidates by value; copying them is not measured.
        group.bench_function(BenchmarkId::new(&case, "stateset-core"), |b| {
            let copy = || candidates.clone();
            b.iter_batched(copy, |all| stateset::matching(black_box(&request), all), BatchSize::PerIteration)
        });
    }
    group.finish();
}

/// From rules in memory to something that can be asked, with all checks that there are.
fn compile(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("peers");
    let rules = rules(10_000);
    let promotions = promotions(&rules);
    let case = "compile_10000";
    // Taking down what was made is measured for none of them, nor is copying what is taken by value.
    group.bench_function(BenchmarkId::new(case, "ours"), |b| {
        let made = |all| PromotionBook::compile(black_box(all)).expect("sound promotions");
        b.iter_batched(|| promotions.clone(), made, BatchSize::PerIteration)
    });
    group.bench_function(BenchmarkId::new(case, "a-tree"), |b| {
        b.iter_batched(|| (), |()| a_tree::Index::new(black_box(&rules)), BatchSize::PerIteration)
    });
    group.bench_function(BenchmarkId::new(case, "zen_compiled"), |b| {
        b.iter_batched(|| (), |()| zen::Compiled::new(black_box(&rules)), BatchSize::PerIteration)
    });
    for (name, table) in
        [("zen_table", zen::plain_table(&rules)), ("zen_indexed", zen::indexed_table(&rules))]
    {
        group.bench_function(BenchmarkId::new(case, name), |b| {
            b.iter_batched(|| table.clone(), zen::decision, BatchSize::PerIteration)
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = briefly();
    targets = compile, matches
}
criterion_main!(benches);
