//! A shop that keeps its orders in its own table, a row of JSON and a version, and uses nothing but the
//! order room: no async, no journal, no events kept.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use order_workflow::{
    Currency, Money, OrderId, Source, Version,
    order::{
        Ask, Fulfilment, Happened, Order, OrderEffect, OrderFact, OrderPolicy, OrderStatus, PlacedLine,
        Placement, Snapshot, Terms,
        payment::{Method, Paid, PaymentFact},
    },
};

type Anything = Box<dyn std::error::Error>;

/// `create table orders (id text primary key, version bigint, state jsonb)`
#[derive(Default)]
struct Table(BTreeMap<String, (Version, String)>);

impl Table {
    fn load(&self, id: &str) -> Result<Order, Anything> {
        let (_, state) = self.0.get(id).ok_or("no such row")?;
        Ok(serde_json::from_str(state)?) // an order that breaks an invariant is not read
    }

    /// `update orders set state = …, version = … where id = … and version = <read>`
    fn save(&mut self, order: &Order, read: Version) -> Result<(), Anything> {
        let stored = self.0.get(order.id().as_str()).map(|row| row.0);
        if stored.is_some_and(|stored| stored != read) {
            return Err("somebody else was faster: load and decide again".into());
        }
        let row = (order.version(), serde_json::to_string(order)?);
        self.0.insert(order.id().to_string(), row);
        Ok(())
    }
}

#[test]
fn a_shop_embeds_orders_in_its_own_table() -> Result<(), Anything> {
    let at: DateTime<Utc> = "2026-06-01T10:00:00Z".parse()?;
    let mut table = Table::default();

    let (order, _) = Order::place(OrderId::new("o-1")?, &cart(at)?, &OrderPolicy::default(), at)?;
    table.save(&order, order.version())?;

    // A request: load, decide, evolve, save; then do what the effects say.
    let mut order = table.load("o-1")?;
    let read = order.version();
    let pay = Ask::OpenTender { method: Method::Card, amount: Money::minor(2_400, Currency::EUR) };
    let decision = order.decide(&pay.into(), at)?;
    order.evolve_all(&decision.events);
    table.save(&order, read)?;
    let [OrderEffect::Authorise { intent, amount }] = &decision.effects[..] else {
        return Err(format!("expected one authorisation, got {:?}", decision.effects).into());
    };

    // A fact: the same, but it cannot be refused, and its repeat changes nothing.
    let source = Source { system: "bank".parse()?, reference: "g-1".parse()?, occurred_at: at };
    let paid = PaymentFact { intent: intent.clone(), what: Paid::Captured { amount: *amount, last: true } };
    let fact = OrderFact { source, what: Happened::Payment(paid) };
    for _ in 0..3 {
        let mut order = table.load("o-1")?;
        let read = order.version();
        let decision = order.record(&fact, at);
        order.evolve_all(&decision.events);
        table.save(&order, read)?;
    }
    let order = table.load("o-1")?;
    assert_eq!(order.status(), OrderStatus::Confirmed);
    assert_eq!(order.balance().captured, Money::minor(2_400, Currency::EUR));

    // The row is a snapshot: plain data with a version of its own.
    let row: Snapshot = serde_json::from_str(&table.0["o-1"].1)?;
    assert_eq!((row.v, row.state.book.tenders.len()), (Snapshot::VERSION, 1));
    Ok(())
}

fn cart(at: DateTime<Utc>) -> Result<Placement, Anything> {
    Ok(Placement {
        lines: vec![PlacedLine {
            line: "1".parse()?,
            sku: "e-book".parse()?,
            seller: "shop".parse()?,
            units: 2,
            list: Money::minor(1_200, Currency::EUR),
            adjustments: vec![],
            tax: vec![],
            fulfilment: Fulfilment::Digital,
        }],
        charges: vec![],
        currency: Currency::EUR,
        terms: Terms::Prepaid { pay_by: at + chrono::TimeDelta::hours(2) },
        customer: "c-1".parse()?,
        channel: "web".parse()?,
        ship_to: None,
        promise: None,
        quote: None,
        link: None,
        notes: BTreeMap::new(),
    })
}
