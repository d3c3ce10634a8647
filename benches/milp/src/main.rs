//! Sourcing beside a MIP solver and beside greed, in one run, on instances with proven optima.
//!
//! `cargo run --release -- [FOLDER] [--ours]` (the instances of `tests/data/sourcing` without a folder; `--ours` leaves
//! the MIP solver out). Every answer of ours must be the proven optimum, and HiGHS must agree. Times are of one
//! thread: ours the median of five runs by a warm solver, HiGHS one run on the better of the usual formulations
//! (strong links, a binary a step, units continuous where nothing weighs or binds them). Infeasible orders, which
//! have two objectives, are solved by ours alone.

#[path = "../../../examples/source/instance.rs"]
#[allow(dead_code)]
mod instance;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use highs::{HighsModelStatus, RowProblem, Sense};
use order_workflow::decision::Explain;
use order_workflow::sourcing::{Objective, Plan, Solver, Walk, Work, walk};

use instance::Instance;

/// What was measured of one instance.
struct Measured {
    ours: Duration,
    nodes: u64,
    highs: Option<Duration>,
    /// How much more greed costs, per cent: nearest (cheapest) locations first, highest stock first.
    greedy: Option<(f64, f64)>,
}

fn main() {
    let mut folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/sourcing"));
    let mut beside = true;
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--ours" => beside = false,
            path => folder = path.into(),
        }
    }
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "jsonl"));
    files.sort();
    let mut all: BTreeMap<(String, usize, String), Vec<Measured>> = BTreeMap::new();
    let mut solver = Solver::new();
    for file in files {
        for line in std::fs::read_to_string(&file).expect("a file").lines() {
            let instance: Instance = serde_json::from_str(line).expect("an instance");
            let (family, size) = instance.id.split_once('-').expect("family-size-number");
            let size = size.split('-').next().expect("a size").to_owned();
            let cells = size.split('x').map(|side| side.parse::<usize>().expect("a number")).product();
            let measured = measure(&instance, &mut solver, beside);
            all.entry((family.to_owned(), cells, size)).or_default().push(measured);
        }
    }
    report(&all);
}

fn measure(instance: &Instance, solver: &mut Solver, beside: bool) -> Measured {
    let problem = instance.problem().expect("a problem");
    let mut plan = Plan::default();
    let mut runs = Vec::new();
    for run in 0..6 {
        let begun = Instant::now();
        let answer = solver.solve_into(&problem, &Objective::Cost, Work::default(), Explain::Brief, &mut plan);
        let took = begun.elapsed();
        if run == 0 {
            let answer = answer.map(|()| plan.clone());
            instance.check(&answer).unwrap_or_else(|why| panic!("{}: {why}", instance.id));
        } else {
            runs.push(took);
        }
    }
    runs.sort();
    let feasible = instance.solution.status == "optimal";
    let highs = (beside && feasible).then(|| {
        let (cost, took) = by_highs(instance);
        assert_eq!(cost, instance.solution.cost, "HiGHS on {}", instance.id);
        took
    });
    Measured { ours: runs[2], nodes: plan.nodes, highs, greedy: greedy(instance, &problem) }
}

/// What greed costs above the optimum, where it ships all within the rules.
fn greedy(instance: &Instance, problem: &order_workflow::sourcing::Problem) -> Option<(f64, f64)> {
    let mut order: Vec<usize> = (0..problem.locations.len()).collect();
    let near = |location: &usize| problem.locations[*location].services[0].fixed_cost;
    order.sort_by_key(|location| (near(location), *location));
    let above = |rule: Walk<'_>| {
        let plan = walk(problem, rule).ok()?;
        let cost = instance.priced(&plan).ok()?;
        (plan.unmet.is_empty()).then(|| 100.0 * (cost as f64 / instance.solution.cost.max(1) as f64 - 1.0))
    };
    Some((above(Walk::InOrder(&order))?, above(Walk::HighestStock)?))
}

fn by_highs(instance: &Instance) -> (i64, Duration) {
    let begun = Instant::now();
    let (n, m) = (instance.locations.len(), instance.lines.len());
    let units = |i: usize| f64::from(instance.lines[i].units);
    let whole: Vec<Vec<usize>> = instance.together.iter().cloned().chain(instance.no_split.iter().map(|line| vec![*line])).collect();
    // Nothing couples units but whole numbers of stock: the least cost has whole units.
    let continuous = instance.tariffs.is_empty() && whole.is_empty() && instance.apart.is_empty() && instance.shared_stock.is_empty();
    let mut problem = RowProblem::new();
    let y: Vec<_> = (0..n).map(|w| problem.add_integer_column(instance.locations[w].fixed_cost as f64, 0..=1)).collect();
    let mut x = vec![vec![None; m]; n];
    for w in 0..n {
        for i in 0..m {
            let stock = f64::from(instance.stock[w][i]).min(units(i));
            if stock > 0.0 && !instance.forbidden.contains(&(w, i)) {
                let cost = instance.unit_cost[w][i] as f64;
                let column = if continuous { problem.add_column(cost, 0.0..=stock) } else { problem.add_integer_column(cost, 0.0..=stock) };
                problem.add_row(..=0.0, [(column, 1.0), (y[w], -stock)]);
                x[w][i] = Some(column);
            }
        }
    }
    for i in 0..m {
        let mut row: Vec<_> = (0..n).filter_map(|w| Some((x[w][i]?, 1.0))).collect();
        if let Some(costs) = &instance.unmet_cost {
            let unmet = if continuous { problem.add_column(costs[i] as f64, 0.0..=units(i)) } else { problem.add_integer_column(costs[i] as f64, 0.0..=units(i)) };
            row.push((unmet, 1.0));
        }
        problem.add_row(units(i)..=units(i), row);
    }
    for w in 0..n {
        if let Some(tariff) = instance.locations[w].tariff {
            let steps: Vec<_> = instance.tariffs[tariff].iter().map(|(up_to, cost)| (problem.add_integer_column(*cost as f64, 0..=1), f64::from(*up_to))).collect();
            let chosen = steps.iter().map(|(step, _)| (*step, 1.0)).chain([(y[w], -1.0)]);
            problem.add_row(0.0..=0.0, chosen.collect::<Vec<_>>());
            let weight = (0..m).filter_map(|i| Some((x[w][i]?, f64::from(instance.lines[i].weight_g))));
            let held = steps.iter().map(|(step, up_to)| (*step, -up_to));
            problem.add_row(..=0.0, weight.chain(held).collect::<Vec<_>>());
        }
        if let Some(capacity) = instance.locations[w].capacity {
            problem.add_row(..=f64::from(capacity), (0..m).filter_map(|i| Some((x[w][i]?, 1.0))).collect::<Vec<_>>());
        }
        for group in &instance.shared_stock {
            let stock = f64::from(instance.stock[w][group[0]]);
            problem.add_row(..=stock, group.iter().filter_map(|&i| Some((x[w][i]?, 1.0))).collect::<Vec<_>>());
        }
        for group in &whole {
            let all = problem.add_integer_column(0.0, 0..=1);
            for &i in group {
                let share: Vec<_> = x[w][i].map(|column| (column, 1.0)).into_iter().chain([(all, -units(i))]).collect();
                problem.add_row(0.0..=0.0, share);
            }
        }
        for &(i, j) in &instance.apart {
            if let (Some(one), Some(other)) = (x[w][i], x[w][j]) {
                let first = problem.add_integer_column(0.0, 0..=1);
                problem.add_row(..=0.0, [(one, 1.0), (first, -units(i))]);
                problem.add_row(..=units(j), [(other, 1.0), (first, units(j))]);
            }
        }
    }
    if let Some(most) = instance.max_locations {
        problem.add_row(..=most as f64, y.iter().map(|column| (*column, 1.0)).collect::<Vec<_>>());
    }
    let mut model = problem.optimise(Sense::Minimise);
    model.make_quiet();
    model.set_option("threads", 1);
    model.set_option("mip_rel_gap", 0.0);
    let solved = model.solve();
    assert_eq!(solved.status(), HighsModelStatus::Optimal, "{}", instance.id);
    let cost = solved.objective_value().round() as i64;
    (cost, begun.elapsed())
}

fn report(all: &BTreeMap<(String, usize, String), Vec<Measured>>) {
    let at = |times: &mut Vec<f64>, share: f64| -> f64 {
        times.sort_by(f64::total_cmp);
        times.get(((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
    };
    println!("{:<10} {:>4} | {:>9} {:>9} {:>9} {:>7} | {:>6} {:>6} {:>6} | {:>11} {:>9} {:>7} | {:>7} {:>7}", "", "n", "ours p50", "p99", "worst", "nodes", "100us", "1ms", "10ms", "HiGHS p50", "p99", "times", "near %", "stock %");
    let line = |name: &str, some: &[&Measured]| {
        let mut ours: Vec<f64> = some.iter().map(|one| one.ours.as_secs_f64() * 1e6).collect();
        let mut highs: Vec<f64> = some.iter().filter_map(|one| one.highs).map(|took| took.as_secs_f64() * 1e6).collect();
        let mut same: Vec<f64> = some.iter().filter(|one| one.highs.is_some()).map(|one| one.ours.as_secs_f64() * 1e6).collect();
        let within = |limit: f64| 100.0 * ours.iter().filter(|took| **took < limit).count() as f64 / ours.len().max(1) as f64;
        let (fast, quick, fair) = (within(100.0), within(1_000.0), within(10_000.0));
        let nodes = some.iter().map(|one| one.nodes).max().unwrap_or(0);
        let mean = |of: fn(&(f64, f64)) -> f64| {
            let gaps: Vec<f64> = some.iter().filter_map(|one| one.greedy.as_ref().map(of)).collect();
            gaps.iter().sum::<f64>() / gaps.len().max(1) as f64
        };
        let times = at(&mut highs, 0.5) / at(&mut same, 0.5);
        let highs = match highs.is_empty() {
            true => format!("{:>11} {:>9} {:>7}", "-", "-", "-"),
            false => format!("{:>9.1}ms {:>7.0}ms {times:>6.0}x", at(&mut highs, 0.5) / 1e3, at(&mut highs, 0.99) / 1e3),
        };
        println!("{name:<10} {:>4} | {:>7.1}us {:>7.0}us {:>7.0}us {nodes:>7} | {fast:>5.1}% {quick:>5.1}% {fair:>5.1}% | {highs} | {:>7.1} {:>7.1}", some.len(), at(&mut ours, 0.5), at(&mut ours, 0.99), at(&mut ours, 1.0), mean(|gap| gap.0), mean(|gap| gap.1));
    };
    for ((family, _, size), some) in all {
        line(&format!("{family} {size}"), &some.iter().collect::<Vec<_>>());
    }
    let mut families: BTreeMap<&str, Vec<&Measured>> = BTreeMap::new();
    let mut sizes: BTreeMap<(usize, &str), Vec<&Measured>> = BTreeMap::new();
    for ((family, cells, size), some) in all {
        families.entry(family).or_default().extend(some);
        sizes.entry((*cells, size)).or_default().extend(some);
    }
    println!();
    for (family, some) in &families {
        line(family, some);
    }
    println!();
    for ((_, size), some) in &sizes {
        line(size, some);
    }
    println!();
    line("all", &all.values().flatten().collect::<Vec<_>>());
}
