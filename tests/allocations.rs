//! A warm step allocates at most twice beyond its events: the copy of the book where something is read after
//! something was written, and now and then a node or a longer list in what must be remembered.

#[cfg(test)]
mod allocations {
    use std::collections::BTreeMap;

    use allocation_counter::measure;
    use chrono::{DateTime, TimeDelta, Utc};
    use order_workflow::{
        Currency, Money, Source,
        geo::{Country, Destination},
        id::ParcelId,
        order::{
            payment::{Method, Paid, PaymentFact},
            *,
        },
    };

    fn at() -> DateTime<Utc> {
        "2026-06-01T10:00:00Z".parse().unwrap()
    }

    fn five_lines() -> Placement {
        let line = |n: u64| PlacedLine {
            line: n.to_string().parse().unwrap(),
            sku: format!("sku-{n}").parse().unwrap(),
            seller: "shop".parse().unwrap(),
            units: 3,
            list: Money::minor(1_000, Currency::EUR),
            adjustments: vec![],
            tax: vec![],
            fulfilment: Fulfilment::Ship,
        };
        Placement {
            lines: (1..=5).map(line).collect(),
            charges: vec![],
            currency: Currency::EUR,
            terms: Terms::Prepaid { pay_by: at() + TimeDelta::hours(2) },
            customer: "c-1".parse().unwrap(),
            channel: "web".parse().unwrap(),
            ship_to: Some(Destination {
                address: "a-1".parse().unwrap(),
                country: Country::DE,
                postcode_area: "10".to_owned(),
            }),
            promise: None,
            quote: None,
            link: None,
            notes: BTreeMap::new(),
        }
    }

    enum Step {
        Ask(OrderRequest),
        Fact(OrderFact),
        Wake,
    }

    /// From the tender to the end of the return window, a step a line and stage.
    fn life(order: &Order) -> Vec<(DateTime<Utc>, Step)> {
        let lines: Vec<LineUnits> =
            (1..=5).map(|n| LineUnits { line: n.to_string().parse().unwrap(), units: 3 }).collect();
        let amount = Money::minor(15_000, Currency::EUR);
        let mut steps = vec![Step::Ask(Ask::OpenTender { method: Method::Card, amount }.into())];
        let mut n = 0;
        let mut fact = |what: Happened| {
            n += 1;
            let reference = format!("ref-{n}").parse().unwrap();
            Step::Fact(OrderFact {
                source: Source { system: "w".parse().unwrap(), reference, occurred_at: at() },
                what,
            })
        };
        let intent = order_workflow::id::IntentId::of(order.id(), 1);
        let paid = |what| Happened::Payment(PaymentFact { intent: intent.clone(), what });
        steps.push(fact(paid(Paid::Authorised { amount, expires_at: None })));
        steps.push(fact(paid(Paid::Captured { amount, last: true })));
        steps.push(Step::Ask(Ask::Hold { reason: HoldReason::Fraud }.into()));
        steps.push(Step::Ask(Ask::Unhold { reason: HoldReason::Fraud }.into()));
        let location: order_workflow::id::LocationId = "dc".parse().unwrap();
        for of in &lines {
            steps.push(fact(Happened::Allocated { of: of.clone(), location: location.clone() }));
        }
        for of in &lines {
            steps.push(fact(Happened::Released { of: of.clone() }));
        }
        for of in &lines {
            steps.push(fact(Happened::Picked { of: of.clone() }));
        }
        for of in &lines {
            steps.push(fact(Happened::Packed { of: of.clone() }));
        }
        let parcel = ParcelId::of(order.id(), 1);
        steps.push(fact(Happened::Shipped { parcel: parcel.clone(), contents: lines }));
        steps.push(fact(Happened::Delivered { parcel }));
        steps.push(Step::Wake);
        let timed = steps.into_iter().map(|step| {
            let late = TimeDelta::days(if matches!(step, Step::Wake) { 30 } else { 0 });
            (at() + late, step)
        });
        timed.collect()
    }

    fn run(order: &mut Order, out: &mut OrderDecision, step: &(DateTime<Utc>, Step)) {
        out.clear();
        match &step.1 {
            Step::Ask(request) => order.decide_into(request, step.0, out).unwrap(),
            Step::Fact(fact) => order.record_into(fact, step.0, out),
            Step::Wake => order.wake_into(step.0, out),
        }
        order.evolve_all(&out.events);
    }

    #[test]
    fn a_warm_step_allocates_at_most_twice() {
        let place =
            || Order::place("o-1".parse().unwrap(), &five_lines(), &OrderPolicy::default(), at()).unwrap().0;
        let (mut order, mut out) = (place(), OrderDecision::default());
        let steps = life(&order);
        steps.iter().for_each(|step| run(&mut order, &mut out, step)); // warms `out`
        assert_eq!(order.status(), OrderStatus::Completed);

        let mut order = place();
        let counts: Vec<u64> =
            steps.iter().map(|step| measure(|| run(&mut order, &mut out, step)).count_total).collect();
        println!("allocations a step: {counts:?}");
        assert_eq!(order.status(), OrderStatus::Completed);
        assert!(counts.iter().all(|count| *count <= 2), "{counts:?}");
    }
}
