//! A person asks to be forgotten: the vault row goes, the order's books stay exact.
//!
//! Orders hold references and routing facts (country, postcode area), the host's vault holds the person. Run it:
//! `cargo run --example erase_a_person`.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use order_workflow::{
    Currency, Money, OrderId, Source,
    geo::{Address, Country, check_address},
    id::{AddressRef, ParcelId},
    order::{
        Ask, Charge, ChargeKind, ChargeRefund, Fulfilment, Happened, LineUnits, Order, OrderDecision,
        OrderEvent, OrderFact, OrderPolicy, OrderStatus, PlacedLine, Placement, Terms,
        payment::{Method, Paid, PaymentFact},
    },
};

type Anything = Box<dyn std::error::Error>;

fn main() -> Result<(), Anything> {
    let at: DateTime<Utc> = "2026-06-01T10:00:00Z".parse()?;
    let ana = Address {
        country: Country::DE,
        recipient: "Ana Beispiel".to_owned(),
        street: vec!["Lindenstraße 4711".to_owned()],
        district: String::new(),
        city: "Berlin".to_owned(),
        region: String::new(),
        postcode: "10969".to_owned(),
        phone: "+49 30 5550123".to_owned(),
    };
    assert_eq!(check_address(&ana), []);

    // The vault is the only place that knows her. The order gets a reference and where the parcel goes roughly.
    let reference = AddressRef::new("addr-77")?;
    let mut vault = BTreeMap::from([(reference.clone(), ana.clone())]);
    let placement = placement(ana.destination(reference.clone()), at)?;
    let (mut order, placed) = Order::place(OrderId::new("o-77")?, &placement, &OrderPolicy::default(), at)?;
    let mut history: Vec<OrderEvent> = placed.events;

    let pay = Ask::OpenTender { method: Method::Card, amount: Money::minor(5_890, Currency::EUR) };
    let decision = order.decide(&pay.into(), at)?;
    keep(&mut order, &mut history, &decision);
    let intent = order.state().book.tenders.first().ok_or("no tender")?.intent.clone();
    let captured = Paid::Captured { amount: Money::minor(5_890, Currency::EUR), last: true };
    let parcel = ParcelId::of(order.id(), 1);
    let contents = vec![LineUnits { line: "1".parse()?, units: 3 }];
    for (day, what) in [
        (0, Happened::Payment(PaymentFact { intent, what: captured })),
        (1, Happened::Shipped { parcel: parcel.clone(), contents }),
        (3, Happened::Delivered { parcel }),
    ] {
        let now = at + TimeDelta::days(day);
        let source =
            Source { system: "desk".parse()?, reference: format!("d-{day}").parse()?, occurred_at: now };
        let decision = order.record(&OrderFact { source, what }, now);
        keep(&mut order, &mut history, &decision);
    }
    let label = vault.get(&reference).ok_or("no address")?;
    println!("the label was printed for {} in {}", label.recipient, label.city);

    // She asks to be forgotten. One row goes; not one event is rewritten.
    vault.remove(&reference);
    let stored = serde_json::to_string(&history)?;
    for secret in ["Ana", "Beispiel", "Lindenstra", "4711", "5550123", "10969", "Berlin"] {
        assert!(!stored.contains(secret), "`{secret}` stands in the history");
    }

    let mut again = Order::replay(history)?;
    assert_eq!(again, order);
    let done = again.wake(again.next_deadline().ok_or("nothing is due")?);
    again.evolve_all(&done.events);
    assert_eq!(again.status(), OrderStatus::Completed);
    assert_eq!(again.balance().captured, again.balance().owed);
    println!("forgotten: {} is {}, {} captured", again.id(), again.status().name(), again.balance().captured);
    println!("its routing facts: {:?}", again.state().agreement.ship_to);
    Ok(())
}

fn keep(order: &mut Order, history: &mut Vec<OrderEvent>, decision: &OrderDecision) {
    order.evolve_all(&decision.events);
    history.extend(decision.events.iter().cloned());
}

fn placement(to: order_workflow::geo::Destination, at: DateTime<Utc>) -> Result<Placement, Anything> {
    Ok(Placement {
        lines: vec![PlacedLine {
            line: "1".parse()?,
            sku: "mug".parse()?,
            seller: "shop".parse()?,
            units: 3,
            list: Money::minor(1_800, Currency::EUR),
            adjustments: vec![],
            tax: vec![],
            fulfilment: Fulfilment::Ship,
        }],
        charges: vec![Charge {
            kind: ChargeKind::Freight,
            amount: Money::minor(490, Currency::EUR),
            tax: None,
            line: None,
            refund: ChargeRefund::UntilShipped,
        }],
        currency: Currency::EUR,
        terms: Terms::Prepaid { pay_by: at + TimeDelta::hours(2) },
        customer: "c-77".parse()?,
        channel: "web".parse()?,
        ship_to: Some(to),
        promise: None,
        quote: None,
        link: None,
        notes: BTreeMap::new(),
    })
}
