//! Decides from where an order ships and says why. Run it: `cargo run --release --example source -- FILE` (or `-` for
//! standard input; without a file it takes a problem of its own).
//!
//! The file holds a `Problem` as JSON. `--json` prints the plan for machines; `--svg FILE` draws the map;
//! `--nodes N` limits the search; `--scorecard` judges by distance, speed and stock instead of by cost.
//! `--check PATH` solves instances with known optima instead (a file of one JSON object a line, or the `*.jsonl`
//! directly in a folder), prints a line for each that fails and closes with `N passed, N failed`.
//! `--batch ORDERSxLOCATIONS` plans a generated wave of orders that compete for scarce stock.

mod instance;
mod map;
mod wave;

use std::error::Error;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use lexopt::prelude::*;
use order_workflow::Money;
use order_workflow::decision::Explain;
use order_workflow::sourcing::{
    Distance, Explanation, Objective, Plan, Problem, Proof, Scorecard, Solver, SourcingRefusal, Speed,
    StockLevel, Verdict, Work,
};

use crate::instance::Instance;

const OWN: &str = r#"{
  "currency": "BRL", "destination": [-22.907, -43.173],
  "lines": [{ "id": "1", "sku": "lamp", "units": 2, "grams": 1400 },
            { "id": "2", "sku": "rug", "units": 1, "grams": 5200, "needs": ["oversized"] },
            { "id": "3", "sku": "vase", "units": 3, "grams": 700 }],
  "tariffs": [[[1000, 1130], [5000, 1605], [10000, 2155], [30000, 4190]],
              [[1000, 1630], [5000, 2445], [10000, 3425], [30000, 6670]]],
  "locations": [
    { "id": "sao-paulo", "position": [-23.551, -46.633], "handles": ["oversized"], "services": [
        { "name": "road", "fixed_cost": 250, "tariff": 0, "days": 3 },
        { "name": "express", "fixed_cost": 250, "tariff": 1, "days": 1 }],
      "offers": [{ "stock": 1, "unit_cost": 60 }, { "stock": 4, "unit_cost": 90 }, { "stock": 9, "unit_cost": 50 }] },
    { "id": "curitiba", "position": [-25.428, -49.273], "services": [
        { "name": "road", "fixed_cost": 180, "tariff": 0, "days": 4 }],
      "offers": [{ "stock": 8, "unit_cost": 70 }, {}, { "stock": 2, "unit_cost": 60 }] },
    { "id": "rio", "position": [-22.907, -43.2], "capacity": 2, "services": [
        { "name": "bike", "fixed_cost": 300, "days": 0 }],
      "offers": [{ "stock": 2, "unit_cost": 40 }, { "stock": 1, "unit_cost": 40 }, { "stock": 1, "unit_cost": 40 }] }]
}"#;

#[derive(Default)]
struct Options {
    file: Option<PathBuf>,
    check: Option<PathBuf>,
    svg: Option<PathBuf>,
    work: Work,
    json: bool,
    scorecard: bool,
    batch: Option<(usize, usize)>,
}

fn main() -> ExitCode {
    run().unwrap_or_else(|error| {
        eprintln!("source: {error}");
        ExitCode::from(2)
    })
}

fn run() -> Result<ExitCode, Box<dyn Error>> {
    let options = options()?;
    if let Some((orders, locations)) = options.batch {
        println!("{}", wave::run(orders, locations)?);
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(path) = &options.check {
        return check(path, options.work);
    }
    let text = match options.file.as_deref() {
        None => OWN.to_owned(),
        Some(file) if file == Path::new("-") => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text)?;
            text
        }
        Some(file) => {
            std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?
        }
    };
    let problem: Problem = serde_json::from_str(&text)?;
    let card = Scorecard::new().with(3.0, &Distance).with(2.0, &Speed).with(1.0, &StockLevel);
    let objective = if options.scorecard { Objective::Scorecard(&card) } else { Objective::Cost };
    let answer = Solver::new().solve(&problem, &objective, options.work, Explain::Full);
    let (plan, refused) = match answer {
        Ok(plan) => (plan, None),
        Err(SourcingRefusal::Infeasible { most, shippable, asked, .. }) => (*most, Some((shippable, asked))),
        Err(other) => return Err(other.into()),
    };
    if let Some(file) = &options.svg {
        std::fs::write(file, map::draw(&problem, &plan).ok_or("a map needs positions")?)?;
    }
    if options.json {
        println!("{}", serde_json::to_string_pretty(&plan)?);
    } else {
        if let Some((shippable, asked)) = refused {
            println!("only {shippable} of {asked} units can ship; the cheapest way to ship these:");
        }
        print(&problem, &plan);
    }
    Ok(if refused.is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn options() -> Result<Options, Box<dyn Error>> {
    let mut options = Options::default();
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("check") => options.check = Some(parser.value()?.into()),
            Long("svg") => options.svg = Some(parser.value()?.into()),
            Long("nodes") => options.work = Work::nodes(parser.value()?.parse()?),
            Long("batch") => options.batch = Some(size(&parser.value()?.string()?)?),
            Long("json") => options.json = true,
            Long("scorecard") => options.scorecard = true,
            Value(file) if options.file.is_none() => options.file = Some(file.into()),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(options)
}

/// `ORDERSxLOCATIONS`.
fn size(text: &str) -> Result<(usize, usize), Box<dyn Error>> {
    let sides = text
        .split_once('x')
        .and_then(|(orders, locations)| Some((orders.parse().ok()?, locations.parse().ok()?)));
    sides.ok_or_else(|| format!("`{text}` is no size; accepted: ORDERSxLOCATIONS, as 1000x20").into())
}

/// Solves all instances of a path and compares.
fn check(path: &Path, work: Work) -> Result<ExitCode, Box<dyn Error>> {
    let mut files = vec![path.to_owned()];
    if path.is_dir() {
        let entries = std::fs::read_dir(path)?.collect::<Result<Vec<_>, _>>()?;
        files = entries.into_iter().map(|entry| entry.path()).collect();
        files.retain(|file| file.extension().is_some_and(|ending| ending == "jsonl"));
        files.sort();
    }
    let (mut passed, mut failed) = (0, 0);
    let mut solver = Solver::new();
    for file in files {
        let text = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        for (number, line) in text.lines().enumerate() {
            match check_line(line, work, &mut solver) {
                Ok(()) => passed += 1,
                Err(why) => {
                    failed += 1;
                    println!("{}:{}: {why}", file.display(), number + 1);
                }
            }
        }
    }
    println!("{passed} passed, {failed} failed");
    Ok(if failed == 0 && passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Solves one instance and compares.
fn check_line(line: &str, work: Work, solver: &mut Solver) -> Result<(), Box<dyn Error>> {
    let instance: Instance = serde_json::from_str(line)?;
    let answer = solver.solve(&instance.problem()?, &Objective::Cost, work, Explain::Brief);
    let to = instance.destination.as_ref().map_or("nowhere", |destination| &destination.name);
    Ok(instance.check(&answer).map_err(|why| format!("{} to {to}: {why}", instance.id))?)
}

fn print(problem: &Problem, plan: &Plan) {
    let money = |minor: i64| Money::minor(minor, problem.currency);
    let name = |location: usize| problem.locations.get(location).map_or("?", |one| one.id.as_str());
    let of = |(line, units): (usize, u32)| {
        let asked = problem.lines.get(line);
        asked.map_or_else(String::new, |asked| format!("{units} of {} x {}", asked.units, asked.sku))
    };
    for shipment in &plan.shipments {
        let services = problem.locations.get(shipment.location).map(|location| &location.services);
        let service = services.zip(shipment.service).and_then(|(services, at)| services.get(at));
        let service = service.map_or("no service", |service| &service.name);
        let price = money(shipment.cost.paid());
        println!("{} ships {} g by {service} for {price}", name(shipment.location), shipment.grams);
        for line in &shipment.lines {
            println!("  {}", of(*line));
        }
    }
    for line in &plan.unmet {
        println!("{} do not ship", of(*line));
    }
    let cost = plan.cost;
    println!(
        "costs {}: units {}, once a location {}, by weight {}, late {}, unmet {}",
        money(cost.paid()),
        money(cost.units),
        money(cost.fixed),
        money(cost.weight),
        money(cost.late),
        money(cost.unmet)
    );
    match plan.proof {
        Proof::Optimal => println!("no plan is better ({} nodes)", plan.nodes),
        Proof::Gap { bound } => {
            println!("no plan is better than {bound}, this is {} ({} nodes)", plan.value, plan.nodes)
        }
    }
    if let Some(explanation) = &plan.explanation {
        print_reasons(explanation, name);
    }
}

fn print_reasons<'a>(explanation: &Explanation, name: impl Fn(usize) -> &'a str) {
    if let Some(second) = &explanation.runner_up {
        let others: Vec<&str> = second.locations.iter().map(|at| name(*at)).collect();
        println!(
            "second: from {} without {}, {} worse",
            others.join(" and "),
            name(second.without),
            second.by
        );
    }
    for reason in &explanation.locations {
        let verdict = match reason.verdict {
            Verdict::Chosen => "chosen".to_owned(),
            Verdict::Worse { instead_of, by } => {
                format!("instead of {} it would be {by} worse", name(instead_of))
            }
            other => format!("{other:?}"),
        };
        let gave = reason.criteria.iter().map(|gave| format!(", {} {}", gave.criterion, gave.points));
        println!("{}: {verdict}{}", name(reason.location), gave.collect::<String>());
    }
}
