//! The cases of area `sourcing-small`: who ships what, by plain rules and by exact ones.

use std::collections::BTreeMap;

use order_workflow::{
    decision::Explain,
    money::Currency,
    sourcing::{
        Line, Location, Objective, Offer, Plan, Problem, Service, Solver, SourcingRefusal, Walk, Work, walk,
    },
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, currency, decimal, fault, money, parsed};

/// What the crate answers to a case of this area.
pub(super) fn run(kind: &str, policy: &Value, input: &Value) -> Answer<Value> {
    match kind {
        "allocate" => allocate(&parsed(policy)?, &parsed(input)?),
        kind => Err(format!("unknown kind `{kind}`")),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Policy {
    objective: Best,
    shortage: Shortage,
}

#[derive(Clone, Copy, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Best {
    InOrder,
    HighestStock,
    FewestLocations,
    Cheapest,
}

#[derive(Clone, Copy, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Shortage {
    Refuse,
    ShipWhatIsThere,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    currency: String,
    locations: Vec<Site>,
    order: Vec<String>,
    lines: Vec<Wanted>,
    pickup_at: Option<String>,
    max_locations: Option<usize>,
    together: Vec<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Site {
    id: String,
    active: bool,
    stock: BTreeMap<String, u32>,
    parcel_cost: String,
    unit_cost: String,
    capacity: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    sku: String,
    quantity: u32,
}

fn problem(policy: &Policy, input: &Input) -> Answer<Problem> {
    let currency: Currency = currency(&input.currency)?;
    let minor = |text: &str| -> Answer<i64> { Ok(money(text, currency)?.minor_units()) };
    let line = |(at, wanted): (usize, &Wanted)| -> Answer<Line> {
        let (id, sku) = (at.to_string().parse().map_err(fault)?, wanted.sku.parse().map_err(fault)?);
        Ok(Line {
            id,
            sku,
            units: wanted.quantity,
            grams: 0,
            no_split: false,
            needs: vec![],
            unmet_cost: None,
        })
    };
    let location = |site: &Site| -> Answer<Location> {
        // The fewest locations: nothing costs but a location.
        let (parcel, unit) = if policy.objective == Best::FewestLocations {
            (1, 0)
        } else {
            (minor(&site.parcel_cost)?, minor(&site.unit_cost)?)
        };
        let stock = |wanted: &Wanted| site.stock.get(&wanted.sku).copied().unwrap_or(0);
        let offers = input.lines.iter().map(|wanted| Offer {
            stock: stock(wanted),
            unit_cost: unit,
            ..Offer::default()
        });
        let service =
            Service { name: "parcel".into(), fixed_cost: parcel, late_cost: 0, tariff: None, days: None };
        Ok(Location {
            id: site.id.parse().map_err(fault)?,
            position: None,
            offers: offers.collect(),
            services: vec![service],
            capacity: site.capacity,
            handles: vec![],
            excluded: !site.active,
        })
    };
    let place = |sku: &String| {
        input.lines.iter().position(|line| line.sku == *sku).ok_or(format!("no line of `{sku}`"))
    };
    let mut problem = Problem {
        currency,
        destination: None,
        lines: input.lines.iter().enumerate().map(line).collect::<Answer<_>>()?,
        locations: input.locations.iter().map(location).collect::<Answer<_>>()?,
        tariffs: vec![],
        max_locations: input.max_locations,
        together: input
            .together
            .iter()
            .map(|group| group.iter().map(place).collect())
            .collect::<Answer<_>>()?,
        apart: vec![],
    };
    if let Some(only) = &input.pickup_at {
        problem.pick_up_at(&only.parse().map_err(fault)?);
    }
    Ok(problem)
}

fn allocate(policy: &Policy, input: &Input) -> Answer<Value> {
    let problem = problem(policy, input)?;
    let solve = || Solver::new().solve(&problem, &Objective::Cost, Work::default(), Explain::Brief);
    let place = |id: &String| {
        problem.locations.iter().position(|site| site.id.as_str() == id).ok_or(format!("no location `{id}`"))
    };
    let exact = matches!(policy.objective, Best::FewestLocations | Best::Cheapest);
    let (plan, whole) = match policy.objective {
        Best::InOrder => {
            let order = input.order.iter().map(place).collect::<Answer<Vec<_>>>()?;
            let plan = walk(&problem, Walk::InOrder(&order)).map_err(fault)?;
            let whole = plan.unmet.is_empty();
            (plan, whole)
        }
        Best::HighestStock => {
            let plan = walk(&problem, Walk::HighestStock).map_err(fault)?;
            let whole = plan.unmet.is_empty();
            (plan, whole)
        }
        Best::FewestLocations | Best::Cheapest => match solve() {
            Ok(plan) => (plan, true),
            Err(SourcingRefusal::Infeasible { most, .. }) => (*most, false),
            Err(other) => return Err(other.to_string()),
        },
    };
    let lacks = |line: usize| -> u32 {
        let asked = problem.lines.get(line).map_or(0, |line| line.units);
        if exact {
            let sites = problem.locations.iter().filter(|site| !site.excluded);
            asked
                .saturating_sub(sites.filter_map(|site| site.offers.get(line)).map(|offer| offer.stock).sum())
        } else {
            plan.unmet.iter().filter(|(of, _)| *of == line).map(|(_, units)| units).sum()
        }
    };
    let missing: Vec<Value> = input
        .lines
        .iter()
        .enumerate()
        .filter(|(at, _)| lacks(*at) > 0)
        .map(|(at, wanted)| json!({ "sku": wanted.sku, "quantity": lacks(at) }))
        .collect();
    let shown = if !whole && policy.shortage == Shortage::Refuse { Plan::default() } else { plan };
    let allocations: Vec<Value> = shown
        .shipments
        .iter()
        .flat_map(|shipment| {
            let site = problem.locations.get(shipment.location);
            shipment.lines.iter().filter_map(move |(line, units)| {
                Some(json!({ "location": site?.id, "sku": input.lines.get(*line)?.sku, "quantity": units }))
            })
        })
        .collect();
    let cost = (whole && policy.objective == Best::Cheapest)
        .then(|| decimal(order_workflow::Money::minor(shown.cost.paid(), problem.currency)));
    Ok(
        json!({ "ok": whole, "locations_used": shown.locations(), "missing": missing, "allocations": allocations, "cost": cost }),
    )
}
