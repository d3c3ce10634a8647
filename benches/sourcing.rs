//! Sourcing instances by family and size, each solved and proven by a warm solver; beside it what greed takes, for
//! scale: it promises neither the least cost nor a plan at all. A MIP solver and the shares proven within a time
//! stand in `benches/milp`.
#![expect(clippy::unwrap_used, reason = "a bench may stop at a surprise")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use order_workflow::decision::Explain;
use order_workflow::sourcing::{Objective, Plan, Problem, Solver, Walk, Work, walk};

#[path = "../examples/source/instance.rs"]
#[allow(dead_code)]
mod instance;

use instance::Instance;

fn solve(solver: &mut Solver, problem: &Problem, plan: &mut Plan) -> bool {
    solver.solve_into(problem, &Objective::Cost, Work::default(), Explain::Brief, plan).is_ok()
}

fn bench(c: &mut Criterion) {
    let mut groups: BTreeMap<String, Vec<Problem>> = BTreeMap::new();
    let mut solver = Solver::new();
    for line in include_str!("../tests/data/sourcing/instances.jsonl").lines() {
        let instance: Instance = serde_json::from_str(line).unwrap();
        let problem = instance.problem().unwrap();
        let found = solver.solve(&problem, &Objective::Cost, Work::default(), Explain::Brief);
        instance.check(&found).unwrap();
        let (kind, _) = instance.id.rsplit_once('-').unwrap();
        groups.entry(kind.to_owned()).or_default().push(problem);
    }
    for (kind, problems) in &groups {
        let mut group = c.benchmark_group(format!("sourcing/{kind}"));
        group.throughput(Throughput::Elements(problems.len() as u64));
        let mut plan = Plan::default();
        group.bench_function(BenchmarkId::from_parameter("ours"), |bencher| {
            let each = || problems.iter().filter(|problem| solve(&mut solver, problem, &mut plan)).count();
            bencher.iter(each);
        });
        group.bench_function(BenchmarkId::from_parameter("highest_stock"), |bencher| {
            bencher.iter(|| {
                problems.iter().map(|problem| walk(problem, Walk::HighestStock)).map(black_box).count()
            });
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(1_000));
    targets = bench
}
criterion_main!(benches);
