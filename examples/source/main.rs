//! Decides from where an order ships and says why. Run it: `cargo run --release --example source -- FILE` (or `-` for
//! standard input; without a file it takes a problem of its own).
//!
//! The file holds a `Problem` as JSON; `--help` lists what else it takes. Where not everything can ship, the plan is
//! that of the largest part, with what is missing and what would help; the exit status is then 1, and 2 for input that
//! means nothing.

mod instance;
mod map;
mod told;
mod wave;

use std::error::Error;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use lexopt::prelude::*;
use order_workflow::decision::Explain;
use order_workflow::sourcing::{
    Distance, Inbound, Objective, Plan, Problem, Remedies, Scorecard, Solver, SourcingRefusal, Speed,
    Standing, StockLevel, Work, remedies,
};
use serde::Serialize;

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

const HELP: &str = "source [FILE|-]
  FILE, - for standard input, or a problem of its own: from where an order ships
  --inbound FILE   arrivals, as [{ \"location\": 0, \"line\": 0, \"units\": 9, \"at\": \"2026-06-03T08:00:00Z\" }]:
                   which of them would help an order that cannot ship whole
  --json           the plan for machines; with what could ship, of how much, and remedies if not all can
  --svg FILE       draws the map
  --nodes N        limits the search
  --scorecard      judges by distance, speed and stock instead of by cost
source --check PATH [--nodes N]
  solves instances with known optima: a file of one JSON object a line, or the *.jsonl directly in a folder;
  prints a line for each that fails and closes with `N passed, N failed`
source --batch ORDERSxLOCATIONS
  plans a generated wave of orders that compete for scarce stock";

#[derive(Default)]
struct Options {
    file: Option<PathBuf>,
    check: Option<PathBuf>,
    svg: Option<PathBuf>,
    inbound: Option<PathBuf>,
    help: bool,
    work: Work,
    json: bool,
    scorecard: bool,
    batch: Option<(usize, usize)>,
}

fn main() -> ExitCode {
    let mut out = std::io::stdout().lock();
    run(&mut out).unwrap_or_else(|error| match error.downcast_ref::<io::Error>().map(io::Error::kind) {
        Some(ErrorKind::BrokenPipe) => ExitCode::SUCCESS, // nobody reads on, as behind `head`
        _ => {
            eprintln!("source: {error}");
            ExitCode::from(2)
        }
    })
}

fn run(out: &mut impl Write) -> Result<ExitCode, Box<dyn Error>> {
    let options = options()?;
    if options.help {
        writeln!(out, "{HELP}")?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some((orders, locations)) = options.batch {
        writeln!(out, "{}", wave::run(orders, locations)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(path) = &options.check {
        return check(path, options.work, out);
    }
    let text = match options.file.as_deref() {
        None => OWN.to_owned(),
        Some(file) => read(file)?,
    };
    let problem: Problem = serde_json::from_str(&text)?;
    let inbound: Vec<Inbound> = match &options.inbound {
        None => Vec::new(),
        Some(file) => serde_json::from_str(&read(file)?)?,
    };
    let card = Scorecard::new().with(3.0, &Distance).with(2.0, &Speed).with(1.0, &StockLevel);
    let objective = if options.scorecard { Objective::Scorecard(&card) } else { Objective::Cost };
    let answer = Solver::new().solve(&problem, &objective, options.work, Explain::Full);
    let (plan, lacks) = match answer {
        Ok(plan) => (plan, None),
        Err(SourcingRefusal::Infeasible { most, shippable, asked, .. }) => {
            let remedies = remedies(&problem, &Standing::default(), &most, &inbound, options.work)?;
            (*most, Some(Lacks { shippable, asked, remedies }))
        }
        Err(other) => return Err(other.into()),
    };
    if let Some(file) = &options.svg {
        std::fs::write(file, map::draw(&problem, &plan).ok_or("a map needs positions")?)?;
    }
    if options.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&Told { plan: &plan, lacks: &lacks })?)?;
    } else {
        told::print(&problem, &plan, lacks.as_ref(), out)?;
    }
    Ok(if lacks.is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// What an order lacks that cannot ship whole.
#[derive(Serialize)]
struct Lacks {
    shippable: u64,
    asked: u64,
    remedies: Remedies,
}

#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    plan: &'a Plan,
    #[serde(flatten)]
    lacks: &'a Option<Lacks>,
}

fn read(file: &Path) -> Result<String, Box<dyn Error>> {
    if file == Path::new("-") {
        return Ok(io::read_to_string(io::stdin())?);
    }
    Ok(std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?)
}

fn options() -> Result<Options, Box<dyn Error>> {
    let mut options = Options::default();
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("check") => options.check = Some(parser.value()?.into()),
            Short('h') | Long("help") => options.help = true,
            Long("inbound") => options.inbound = Some(parser.value()?.into()),
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
fn check(path: &Path, work: Work, out: &mut impl Write) -> Result<ExitCode, Box<dyn Error>> {
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
                    writeln!(out, "{}:{}: {why}", file.display(), number + 1)?;
                }
            }
        }
    }
    writeln!(out, "{passed} passed, {failed} failed")?;
    Ok(if failed == 0 && passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Solves one instance and compares.
fn check_line(line: &str, work: Work, solver: &mut Solver) -> Result<(), Box<dyn Error>> {
    let instance: Instance = serde_json::from_str(line)?;
    let answer = solver.solve(&instance.problem()?, &Objective::Cost, work, Explain::Brief);
    let to = instance.destination.as_ref().map_or("nowhere", |destination| &destination.name);
    Ok(instance.check(&answer).map_err(|why| format!("{} to {to}: {why}", instance.id))?)
}
