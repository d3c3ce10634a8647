//! A shop that keeps nothing but its choice of warehouse with this crate: its own tables, no order, no store.

use chrono::{DateTime, Utc};
use order_workflow::{
    Currency,
    calendar::{Calendar, Week, Window, Zone},
    decision::Explain,
    sourcing::{
        Delivery, Dispatch, Handling, Line, Location, Objective, Offer, Problem, Proof, Service, Solver,
        Tariff, Told, Work,
    },
};

type Anything = Box<dyn std::error::Error>;

/// A row of the shop's own table: a warehouse, how far it is in days, and what it has of the three SKUs asked for.
const ROWS: [(&str, u32, [u32; 3]); 3] =
    [("berlin", 1, [2, 0, 5]), ("hamburg", 2, [9, 4, 1]), ("munich", 3, [9, 9, 9])];

#[test]
fn a_shop_chooses_its_warehouse_by_cost_and_promise() -> Result<(), Anything> {
    let ordered: DateTime<Utc> = "2026-03-27T14:30:00Z".parse()?; // a Friday, half past three in Berlin
    let hours = Week::from_monday_to_friday(&[Window::parse("08:00", "17:00")?]);
    let dispatch = Dispatch {
        calendar: Calendar::new(Zone::named("Europe/Berlin")?).with_hours(hours),
        cut_off: Some("15:00".parse()?),
        handling: Handling::WorkingDays(0),
    };
    let told = Told { on: "2026-03-31".parse()?, day_cost: 200 }; // what the product page said

    let (mut locations, mut promises) = (Vec::new(), Vec::new());
    for (id, days, stock) in ROWS {
        let lane =
            Delivery { days, carrier: None, zone: Zone::named("Europe/Berlin")?, until: "18:00".parse()? };
        let mut post =
            Service { name: "post".into(), fixed_cost: 150, tariff: Some(0), ..Service::default() };
        promises.push(post.promise(ordered, &dispatch, &lane, Some(&told))?);
        let services = vec![post];
        let offers = stock.map(|stock| Offer { stock, unit_cost: 40, ..Offer::default() }).to_vec();
        let (id, position, handles) = (id.parse()?, None, vec![]);
        locations.push(Location { id, position, offers, services, capacity: None, handles, excluded: false });
    }
    let line = |at: usize, units: u32| -> Result<Line, Anything> {
        let (id, sku) = (at.to_string().parse()?, format!("sku-{at}").parse()?);
        Ok(Line { id, sku, units, grams: 900, no_split: false, needs: vec![], unmet_cost: None })
    };
    let problem = Problem {
        currency: Currency::EUR,
        destination: None,
        lines: vec![line(0, 2)?, line(1, 1)?, line(2, 1)?],
        locations,
        tariffs: vec![Tariff { steps: vec![(1_000, 390), (5_000, 490), (31_500, 990)] }],
        max_locations: Some(2),
        together: vec![],
        apart: vec![],
    };

    let plan = Solver::new().solve(&problem, &Objective::Cost, Work::default(), Explain::Brief)?;
    // Begun on Monday after the missed cut-off: Hamburg is there on Wednesday, a day late, and Munich two days. One
    // parcel from Hamburg for 150 + 490, 200 for the day, beats two in time for 150 + 390 each more.
    assert_eq!(plan.shipments.len(), 1);
    assert_eq!(problem.locations[plan.shipments[0].location].id.as_str(), "hamburg");
    assert_eq!((plan.cost.paid(), plan.proof), (4 * 40 + 150 + 490 + 200, Proof::Optimal));
    let there = plan.shipments.iter().map(|shipment| promises[shipment.location].delivered_on).max();
    assert_eq!(there, Some("2026-04-01".parse()?), "what the confirmation says");
    Ok(())
}
