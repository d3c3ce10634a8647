//! Stored or sent JSON: an order that is read holds its invariants and takes whatever else the bytes say.
#![no_main]

use chrono::{DateTime, TimeDelta, Utc};
use libfuzzer_sys::fuzz_target;
use order_workflow::order::{Order, OrderFact, OrderPolicy, OrderRequest, Placement};
use serde::Deserialize;

/// Everything that a host may be sent, in one document.
#[derive(Deserialize)]
struct Sent {
    placement: Option<Placement>,
    order: Option<Order>,
    #[serde(default)]
    policy: OrderPolicy,
    #[serde(default)]
    requests: Vec<OrderRequest>,
    #[serde(default)]
    facts: Vec<OrderFact>,
}

fuzz_target!(|data: &[u8]| {
    let Ok(sent) = serde_json::from_slice::<Sent>(data) else { return };
    let mut at: DateTime<Utc> = DateTime::from_timestamp_micros(1_780_000_000_000_000).unwrap_or_default();
    let placed = sent.placement.and_then(|placement| {
        Order::place("o-1".parse().ok()?, &placement, &sent.policy, at).ok().map(|(order, _)| order)
    });
    for mut order in [placed, sent.order].into_iter().flatten() {
        assert_eq!(order.violations(), []);
        for request in &sent.requests {
            if let Ok(decision) = order.decide(request, at) {
                order.evolve_all(&decision.events);
            }
        }
        for fact in &sent.facts {
            at += TimeDelta::hours(7);
            let decision = order.record(fact, at);
            order.evolve_all(&decision.events);
        }
        let woken = order.wake(at + TimeDelta::days(400));
        order.evolve_all(&woken.events);
        assert_eq!(order.violations(), []);
        let text = serde_json::to_string(&order).expect("an order is JSON");
        assert_eq!(serde_json::from_str::<Order>(&text).expect("what was written is read"), order);
    }
});
