//! Any sequence of requests, facts and wake-ups: nothing panics, facts are taken, the money closes, and the
//! events alone rebuild the order.
#![no_main]

use arbitrary::Arbitrary;
use chrono::{DateTime, TimeDelta, Utc};
use libfuzzer_sys::fuzz_target;
use order_workflow::{
    Currency, Money, Source,
    geo::{Country, Destination},
    id::{IntentId, ParcelId, ReturnId},
    order::{
        payment::{Method, Paid, PaymentFact, RefundSplit},
        *,
    },
};

#[derive(Arbitrary, Debug)]
struct Plan {
    ways: [u8; 3],
    units: [u8; 3],
    prices: [u16; 3],
    fee: (u8, u8),
    terms: u8,
    policy: [u8; 5],
    steps: Vec<(Step, u8)>,
}

#[derive(Arbitrary, Debug)]
enum Step {
    Confirm,
    Edit(u8, u8, Option<u16>),
    Hold(u8, bool),
    Cancel(u8, u8, Option<u16>),
    Return(u8, u8, bool),
    Answer(u8, bool, Option<u16>),
    Reship(u8, u8),
    Tender(u8, u16),
    Resume(u8),
    Capture(u8, u16, bool),
    Void(u8, Option<u16>),
    AcceptShort(u16),
    Goods(u8, u8, u8),
    Parcel(u8, u8, u8, u8),
    Back(u8, u8, bool),
    Stock(bool),
    Pay(u8, u8, u16, bool),
    Again,
    Wake,
}

fuzz_target!(|plan: Plan| run(plan));

fn eur(minor: impl Into<i64>) -> Money {
    Money::minor(minor.into(), Currency::EUR)
}

fn run(plan: Plan) {
    let mut at: DateTime<Utc> = DateTime::from_timestamp_micros(1_780_000_000_000_000).unwrap_or_default();
    let Some((mut order, mut history)) = placed(&plan, at) else { return };
    let (mut told, mut last) = (0_u32, None::<OrderFact>);
    for (step, pause) in plan.steps.iter().take(64) {
        at += TimeDelta::minutes(i64::from(*pause).pow(2));
        let decision = match input(&order, step) {
            Input::Ask(ask) => match order.decide(&ask.into(), at) {
                Ok(decision) => decision,
                Err(refusal) => {
                    assert!(!refusal.to_string().is_empty());
                    continue;
                }
            },
            Input::Fact(what) => {
                told += 1;
                let reference = format!("r{told}").parse().expect("fits");
                let source = Source { system: "f".parse().expect("fits"), reference, occurred_at: at };
                let fact = OrderFact { source, what };
                let decision = order.record(&fact, at);
                assert!(!decision.events.is_empty(), "a fact was swallowed: {fact:?}");
                last = Some(fact);
                decision
            }
            Input::Again => {
                let Some(fact) = &last else { continue };
                let decision = order.record(fact, at);
                assert!(decision.events.is_empty() && decision.effects.is_empty());
                decision
            }
            Input::Wake => order.wake(at),
        };
        order.evolve_all(&decision.events);
        history.extend(decision.events);
        assert_eq!(order.violations(), [], "after {step:?}");
    }
    for _ in 0..64 {
        let Some(due) = order.next_deadline() else { break };
        let decision = order.wake(due);
        order.evolve_all(&decision.events);
        history.extend(decision.events);
    }
    assert_eq!(order.next_deadline(), None, "still something due");
    assert_eq!(order.violations(), []);
    assert_eq!(Order::replay(history).expect("it happened"), order);
}

fn placed(plan: &Plan, at: DateTime<Utc>) -> Option<(Order, Vec<OrderEvent>)> {
    let lines = (0..3).map(|n| PlacedLine {
        line: n.to_string().parse().expect("fits"),
        sku: "s".parse().expect("fits"),
        seller: "m".parse().expect("fits"),
        units: u32::from(plan.units[n] % 4) + 1,
        list: eur(plan.prices[n]),
        adjustments: vec![],
        tax: vec![UnitTax { first_unit: 0, units: 1, per_unit: eur(plan.prices[n] / 5), included: plan.units[n] > 99 }],
        fulfilment: match plan.ways[n] % 3 {
            0 => Fulfilment::Ship,
            1 => Fulfilment::PickUp { location: "x".parse().expect("fits") },
            _ => Fulfilment::Digital,
        },
    });
    let refund = [ChargeRefund::Never, ChargeRefund::UntilShipped, ChargeRefund::WithLastUnit, ChargeRefund::Proportional];
    let by = |hours| at + TimeDelta::hours(hours);
    let terms = match plan.terms % 4 {
        0 => Terms::OnDelivery,
        1 => Terms::Presale { deposit: eur(1), deposit_by: by(2), balance_by: by(60), forfeit: plan.terms > 99 },
        _ => Terms::Prepaid { pay_by: by(i64::from(plan.terms)) },
    };
    let placement = Placement {
        lines: lines.collect(),
        charges: vec![Charge {
            kind: ChargeKind::Freight,
            amount: eur(plan.fee.0),
            tax: None,
            line: None,
            refund: refund[usize::from(plan.fee.1 % 4)],
        }],
        currency: Currency::EUR,
        terms,
        customer: "c".parse().expect("fits"),
        channel: "w".parse().expect("fits"),
        ship_to: Some(Destination { address: "a".parse().expect("fits"), country: Country::BR, postcode_area: String::new() }),
        promise: None,
        quote: None,
        link: None,
        notes: Default::default(),
    };
    let [capture, late, split, flags, tolerance] = plan.policy;
    let policy = OrderPolicy {
        auto_confirm: flags & 1 == 0,
        strict_stages: flags & 2 == 0,
        reauthorise: flags & 4 == 0,
        damaged_return: if flags & 8 == 0 { DamagedReturn::Refund } else { DamagedReturn::Keep },
        capture: [CaptureWhen::OnConfirm, CaptureWhen::OnShip, CaptureWhen::ByHand][usize::from(capture % 3)],
        late_money: [LateMoney::Refund, LateMoney::TryReinstate][usize::from(late % 2)],
        refund_split: [RefundSplit::Proportional, RefundSplit::LastInFirstOut, RefundSplit::StoreCreditFirst]
            [usize::from(split % 3)],
        short_tolerance_minor: i64::from(tolerance % 8),
        ..OrderPolicy::default()
    };
    let (order, decision) = Order::place("o".parse().expect("fits"), &placement, &policy, at).ok()?;
    Some((order, decision.events))
}

enum Input {
    Ask(Ask),
    Fact(Happened),
    Again,
    Wake,
}

fn input(order: &Order, step: &Step) -> Input {
    let line = |n: u8| -> order_workflow::LineId { (n % 4).to_string().parse().expect("fits") };
    let of = |n: u8, units: u8| LineUnits { line: line(n), units: u32::from(units % 6) };
    let intent = |n: u8| IntentId::of(order.id(), u32::from(n % 3) + 1);
    let case = |n: u8| ReturnId::of(order.id(), u32::from(n % 4) + 1);
    let parcel = |n: u8| ParcelId::of(order.id(), u32::from(n % 3) + 1);
    let given = |given: &Option<u16>, units: usize| match given {
        None => Refundable::AsPaid,
        Some(minor) => Refundable::Given(vec![eur(*minor); units]),
    };
    let holds = [HoldReason::Fraud, HoldReason::Payment, HoldReason::Chargeback];
    match *step {
        Step::Confirm => Input::Ask(Ask::Confirm),
        Step::Edit(n, units, price) => {
            let price = price.map(|list| LinePrice { list: eur(list), adjustments: vec![], tax: vec![] });
            let edit = LineEdit { line: line(n), units: u32::from(units % 6), price };
            Input::Ask(Ask::Edit { lines: vec![edit], ship_to: None })
        }
        Step::Hold(n, true) => Input::Ask(Ask::Hold { reason: holds[usize::from(n % 3)] }),
        Step::Hold(n, false) => Input::Ask(Ask::Unhold { reason: holds[usize::from(n % 3)] }),
        Step::Cancel(n, units, ref credit) => {
            let scope = match units % 6 {
                0 => Scope::Order,
                5 => Scope::Line { line: line(n) },
                units => Scope::Units { line: line(n), units: u32::from(units) },
            };
            let refundable = given(credit, usize::from(units % 6));
            Input::Ask(Ask::Cancel { scope, refundable, reason: CancelReason::Customer })
        }
        Step::Return(n, units, false) => Input::Ask(Ask::RequestReturn { line: line(n), units: u32::from(units % 6) }),
        Step::Return(n, units, true) => {
            let replacement = "r".parse().expect("fits");
            Input::Ask(Ask::RequestExchange { line: line(n), units: u32::from(units % 6), replacement })
        }
        Step::Answer(n, true, ref credit) => {
            Input::Ask(Ask::ApproveReturn { case: case(n), refundable: given(credit, usize::from(n / 64)) })
        }
        Step::Answer(n, false, _) => Input::Ask(Ask::RejectReturn { case: case(n) }),
        Step::Reship(n, units) => Input::Ask(Ask::Reship { line: line(n), units: u32::from(units % 6) }),
        Step::Tender(n, amount) => {
            let method = Method::ALL[usize::from(n) % Method::ALL.len()];
            Input::Ask(Ask::OpenTender { method, amount: eur(amount) })
        }
        Step::Resume(n) => Input::Ask(Ask::ResumePayment { intent: intent(n) }),
        Step::Capture(n, amount, last) => Input::Ask(Ask::Capture { intent: intent(n), amount: eur(amount), last }),
        Step::Void(n, amount) => Input::Ask(Ask::Void { intent: intent(n), amount: amount.map(eur) }),
        Step::AcceptShort(amount) => Input::Ask(Ask::AcceptShort { up_to: eur(amount) }),
        Step::Goods(kind, n, units) => {
            let of = of(n, units);
            Input::Fact(match kind % 11 {
                0 => Happened::Allocated { of, location: "x".parse().expect("fits") },
                1 => Happened::Released { of },
                2 => Happened::Picked { of },
                3 => Happened::PickedShort { of },
                4 => Happened::Packed { of },
                5 => Happened::Verified { of },
                6 => Happened::ReadyForPickUp { of },
                7 => Happened::Collected { of },
                8 => Happened::PickUpLapsed { of },
                9 => Happened::Granted { of },
                _ => Happened::Recalled { of },
            })
        }
        Step::Parcel(kind, p, n, units) => {
            let parcel = parcel(p);
            Input::Fact(match kind % 4 {
                0 => Happened::Shipped { parcel, contents: vec![of(n, units), of(n.wrapping_add(1), units / 6)] },
                1 => Happened::Delivered { parcel },
                2 => Happened::DeliveryFailed { parcel },
                _ => Happened::Lost { parcel },
            })
        }
        Step::Back(n, units, true) => Input::Fact(Happened::ReceivedBack { of: of(n, units) }),
        Step::Back(n, units, false) => {
            let condition = if units > 99 { Condition::Damaged } else { Condition::Sellable };
            Input::Fact(match n / 64 {
                0 => Happened::RecallRefused { of: of(n, units) },
                _ => Happened::Inspected { of: of(n, units), condition },
            })
        }
        Step::Stock(true) => Input::Fact(Happened::StockHeld),
        Step::Stock(false) => Input::Fact(Happened::StockGone),
        Step::Pay(kind, n, amount, last) => {
            let currency = if kind > 250 { Currency::USD } else { Currency::EUR };
            let amount = Money::minor(i64::from(amount), currency);
            let soon = order.state().recorded_at + TimeDelta::hours(3);
            let what = match kind % 13 {
                0 => Paid::Authorised { amount, expires_at: last.then_some(soon) },
                1 => Paid::AuthorisationFailed { amount },
                2 => Paid::ActionRequired,
                3 => Paid::Settling { expected_by: soon },
                4 => Paid::CaptureFailed { amount },
                5 => Paid::Voided { amount: last.then_some(amount) },
                6 => Paid::VoidFailed { amount },
                7 => Paid::Refunded { amount },
                8 => Paid::RefundFailed { amount },
                9 => Paid::ChargebackOpened { amount },
                10 => Paid::ChargebackWon { amount },
                11 => Paid::ChargebackLost { amount },
                _ => Paid::Captured { amount, last },
            };
            Input::Fact(Happened::Payment(PaymentFact { intent: intent(n), what }))
        }
        Step::Again => Input::Again,
        Step::Wake => Input::Wake,
    }
}
