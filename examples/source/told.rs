//! A plan in sentences.

use std::io::{self, Write};

use order_workflow::Money;
use order_workflow::sourcing::{Explanation, Plan, Problem, Proof, Remedies, Verdict};

use crate::Lacks;

/// The plan, what an order lacks that cannot ship whole, and why.
pub fn print(problem: &Problem, plan: &Plan, lacks: Option<&Lacks>, out: &mut impl Write) -> io::Result<()> {
    if let Some(Lacks { shippable, asked, .. }) = lacks {
        writeln!(out, "only {shippable} of {asked} units can ship; the cheapest way to ship these:")?;
    }
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
        writeln!(out, "{} ships {} g by {service} for {price}", name(shipment.location), shipment.grams)?;
        for line in &shipment.lines {
            writeln!(out, "  {}", of(*line))?;
        }
    }
    for line in &plan.unmet {
        writeln!(out, "{} do not ship", of(*line))?;
    }
    let cost = plan.cost;
    writeln!(
        out,
        "costs {}: units {}, once a location {}, by weight {}, late {}, unmet {}",
        money(cost.paid()),
        money(cost.units),
        money(cost.fixed),
        money(cost.weight),
        money(cost.late),
        money(cost.unmet)
    )?;
    match plan.proof {
        Proof::Optimal => writeln!(out, "no plan is better ({} nodes)", plan.nodes)?,
        Proof::Gap { bound } => {
            writeln!(out, "no plan is better than {bound}, this is {} ({} nodes)", plan.value, plan.nodes)?
        }
    }
    if let Some(lacks) = lacks {
        print_remedies(&lacks.remedies, problem, out)?;
    }
    match &plan.explanation {
        Some(explanation) => {
            // By a scorecard, a plan's value is in points.
            let by_cost = plan.value == plan.cost.weighed();
            let worth = |by: i64| if by_cost { money(by).to_string() } else { format!("{by} points") };
            print_reasons(explanation, name, worth, out)
        }
        None => Ok(()),
    }
}

fn print_remedies(found: &Remedies, problem: &Problem, out: &mut impl Write) -> io::Result<()> {
    let name = |location: usize| problem.locations.get(location).map_or("?", |one| one.id.as_str());
    let sku = |line: usize| problem.lines.get(line).map_or("?", |one| one.sku.as_str());
    let left = |of: &[(usize, u32)]| {
        let units: Vec<String> = of.iter().map(|(line, units)| format!("{units} x {}", sku(*line))).collect();
        if units.is_empty() { "nothing".to_owned() } else { units.join(", ") }
    };
    for one in &found.transfers {
        let (from, to) = (name(one.from), name(one.to));
        writeln!(out, "it would help to bring {} x {} from {from} to {to}", one.units, sku(one.line))?;
    }
    if !found.transfers.is_empty() {
        writeln!(out, "then {} would be left", left(&found.left_by_transfers))?;
    }
    for one in &found.arrivals {
        let (at, when) = (name(one.location), one.at.format("%Y-%m-%d %H:%M UTC"));
        writeln!(out, "{} x {} at {at} on {when} would help", one.units, sku(one.line))?;
    }
    if !found.arrivals.is_empty() {
        writeln!(out, "then {} would be left", left(&found.left_by_arrivals))?;
    }
    if found.transfers.is_empty() && found.arrivals.is_empty() {
        writeln!(out, "neither a transfer nor an arrival that is known would help")?;
    }
    Ok(())
}

fn print_reasons<'a>(
    explanation: &Explanation,
    name: impl Fn(usize) -> &'a str,
    worth: impl Fn(i64) -> String,
    out: &mut impl Write,
) -> io::Result<()> {
    if let Some(second) = &explanation.runner_up {
        let others: Vec<&str> = second.locations.iter().map(|at| name(*at)).collect();
        writeln!(
            out,
            "second: from {} without {}, {}{} worse",
            others.join(" and "),
            name(second.without),
            at_most(second.at_most),
            worth(second.by)
        )?;
    }
    for reason in &explanation.locations {
        let verdict = match reason.verdict {
            Verdict::Chosen => "chosen".to_owned(),
            Verdict::Worse { instead_of, by, at_most: open } => {
                format!("instead of {} it would be {}{} worse", name(instead_of), at_most(open), worth(by))
            }
            Verdict::InHand => "ships what is in hand there".to_owned(),
            Verdict::Excluded => "excluded".to_owned(),
            Verdict::Closed => "can work off nothing more".to_owned(),
            Verdict::Failed => "failed".to_owned(),
            Verdict::NothingToShip => "has nothing to ship".to_owned(),
            Verdict::CannotReplace => "in no best plan without one of those chosen".to_owned(),
            Verdict::NotCompared => "not compared: the work ended".to_owned(),
            _ => "otherwise".to_owned(),
        };
        let gave = reason.criteria.iter().map(|gave| format!(", {} {} points", gave.criterion, gave.points));
        writeln!(out, "{}: {verdict}{}", name(reason.location), gave.collect::<String>())?;
    }
    Ok(())
}

fn at_most(open: bool) -> &'static str {
    if open { "at most " } else { "" }
}
