//! What is stored and sent keeps its form: a golden file for every event, effect, request, fact, and for the
//! snapshot. The files are append-only: `UPDATE_GOLDEN=1 cargo test --test wire` writes what is missing and never
//! changes what is there.

#[cfg(test)]
mod golden;

#[cfg(test)]
mod wire {
    use std::collections::BTreeMap;

    use chrono::{DateTime, Utc};
    use order_workflow::{
        Currency, Money, Source, Version,
        geo::{Country, Destination},
        id::{IntentId, OrderId, ParcelId, ReturnId},
        order::{
            payment::{Method, Paid, Parked, PaymentChange, PaymentFact, Unmatched},
            *,
        },
    };

    use crate::golden::{all_covered, golden, tag};

    fn at() -> DateTime<Utc> {
        "2026-06-01T10:00:00.000001Z".parse().unwrap()
    }

    fn eur(minor: i64) -> Money {
        Money::minor(minor, Currency::EUR)
    }

    fn order() -> OrderId {
        "o-1".parse().unwrap()
    }

    fn intent() -> IntentId {
        IntentId::of(&order(), 1)
    }

    fn parcel() -> ParcelId {
        ParcelId::of(&order(), 1)
    }

    fn case() -> ReturnId {
        ReturnId::of(&order(), 1)
    }

    fn source() -> Source {
        Source { system: "bank".parse().unwrap(), reference: "g-1".parse().unwrap(), occurred_at: at() }
    }

    fn destination() -> Destination {
        let address = "addr-1".parse().unwrap();
        Destination { address, country: Country::DE, postcode_area: "10".to_owned() }
    }

    fn of(units: u32) -> LineUnits {
        LineUnits { line: "1".parse().unwrap(), units }
    }

    fn placement() -> Placement {
        let line = |id: &str, fulfilment| PlacedLine {
            line: id.parse().unwrap(),
            sku: "tea".parse().unwrap(),
            seller: "shop".parse().unwrap(),
            units: 2,
            list: eur(1_000),
            adjustments: vec![Adjustment {
                promotion: "spring".parse().unwrap(),
                funder: "brand".parse().unwrap(),
                first_unit: 0,
                units: 1,
                per_unit: eur(100),
            }],
            tax: vec![UnitTax { first_unit: 0, units: 2, per_unit: eur(60), included: true }],
            fulfilment,
        };
        Placement {
            lines: vec![
                line("1", Fulfilment::Ship),
                line("2", Fulfilment::PickUp { location: "store-7".parse().unwrap() }),
                line("3", Fulfilment::Digital),
            ],
            charges: vec![Charge {
                kind: ChargeKind::Other("ice".to_owned()),
                amount: eur(490),
                tax: Some(eur(78)),
                line: Some("1".parse().unwrap()),
                refund: ChargeRefund::Proportional,
            }],
            currency: Currency::EUR,
            terms: Terms::Presale {
                deposit: eur(500),
                deposit_by: "2026-06-02T10:00:00Z".parse().unwrap(),
                balance_by: "2026-06-05T10:00:00Z".parse().unwrap(),
                forfeit: true,
            },
            customer: "c-1".parse().unwrap(),
            channel: "web".parse().unwrap(),
            ship_to: Some(destination()),
            promise: Some("2026-06-09".parse().unwrap()),
            quote: Some("q-1".parse().unwrap()),
            link: Some(Link { original: "o-0".parse().unwrap(), kind: LinkKind::Exchange }),
            notes: BTreeMap::from([("gift".to_owned(), "yes".to_owned())]),
        }
    }

    fn placed() -> PlacedOrder {
        PlacedOrder { id: order(), placement: placement(), policy: OrderPolicy::default() }
    }

    fn line_edit() -> LineEdit {
        let price = LinePrice { list: eur(900), adjustments: vec![], tax: vec![] };
        LineEdit { line: "1".parse().unwrap(), units: 3, price: Some(price) }
    }

    fn changes() -> Vec<OrderChange> {
        let (line, intent, parcel, case) = ("1".parse().unwrap(), intent(), parcel(), case());
        let payment = |what| OrderChange::Payment { intent: intent.clone(), what };
        let line_id = || -> order_workflow::LineId { "1".parse().unwrap() };
        let opened = |of| CaseChange::Opened { line: line_id(), units: 1, of, given_minor: Some(vec![900]) };
        let in_case = |what| OrderChange::Case { case: case.clone(), what };
        vec![
            OrderChange::Placed(Box::new(placed())),
            OrderChange::MovedAll { from: Stage::Placed, to: Stage::Confirmed },
            OrderChange::Moved {
                line: line_id(),
                units: 1,
                from: Stage::ReturnComing,
                to: Stage::Received,
                parcel: Some(parcel.clone()),
                case: Some(case.clone()),
            },
            OrderChange::Edited { lines: vec![line_edit()], ship_to: Some(destination()) },
            OrderChange::Held { reason: HoldReason::Fraud },
            OrderChange::Unheld { reason: HoldReason::Fraud },
            OrderChange::Covered { level: CoverLevel::Everything },
            OrderChange::PayByPassed,
            OrderChange::PickAsked,
            OrderChange::Ended { cause: EndCause::TimedOut },
            OrderChange::Reopened,
            OrderChange::ReinstatementAsked,
            OrderChange::ReinstatementDeclined,
            OrderChange::Credited { line, amount: eur(900), tax: eur(60) },
            OrderChange::ChargeCredited { charge: 0, amount: eur(490), tax: eur(78) },
            OrderChange::Retained { amount: eur(500) },
            OrderChange::ShortAccepted { up_to: eur(2) },
            OrderChange::WrittenOff { amount: eur(2) },
            OrderChange::ParcelSeen { parcel: parcel.clone(), state: ParcelState::Shipped },
            in_case(opened(CaseKind::Exchange { replacement: "mate".parse().unwrap() })),
            in_case(CaseChange::Approved { given_minor: None }),
            in_case(CaseChange::Credited { units: 1 }),
            in_case(CaseChange::Rejected),
            OrderChange::Linked { order: order().linked(1).unwrap(), why: LinkKind::Reship },
            payment(PaymentChange::Opened { method: Method::Card, amount: eur(900) }),
            payment(PaymentChange::Authorised { amount: eur(900), expires_at: Some(at()) }),
            payment(PaymentChange::AuthorisationFailed),
            payment(PaymentChange::ActionRequired),
            payment(PaymentChange::Resumed),
            payment(PaymentChange::Settling { expected_by: at() }),
            payment(PaymentChange::Expired { amount: eur(900) }),
            payment(PaymentChange::CaptureAsked { amount: eur(900) }),
            payment(PaymentChange::Captured { amount: eur(900), last: true }),
            payment(PaymentChange::CaptureFailed { amount: eur(900) }),
            payment(PaymentChange::VoidAsked { amount: eur(900) }),
            payment(PaymentChange::Voided { amount: eur(900) }),
            payment(PaymentChange::VoidFailed { amount: eur(900) }),
            payment(PaymentChange::RefundAsked { amount: eur(900) }),
            payment(PaymentChange::RefundWithdrawn { amount: eur(900) }),
            payment(PaymentChange::Refunded { amount: eur(900) }),
            payment(PaymentChange::RefundFailed { amount: eur(900) }),
            payment(PaymentChange::ChargebackOpened { amount: eur(900) }),
            payment(PaymentChange::ChargebackWon { amount: eur(900) }),
            payment(PaymentChange::ChargebackLost { amount: eur(900) }),
            OrderChange::Unexplained { amount: Money::minor(-900, Currency::USD) },
            OrderChange::Anomaly(Anomaly {
                kind: AnomalyKind::LateSuccess,
                next: NextStep::Refund,
                about: Subject::Intent { intent: intent.clone() },
                amount: Some(eur(900)),
                units: None,
            }),
            OrderChange::Noticed { reason: NoticeReason::Shipped, about: Subject::Parcel { parcel } },
            OrderChange::Noted,
        ]
    }

    fn effects() -> Vec<OrderEffect> {
        let (intent, amount) = (intent(), eur(900));
        let line = || -> order_workflow::LineId { "1".parse().unwrap() };
        vec![
            OrderEffect::Authorise { intent: intent.clone(), amount },
            OrderEffect::Capture { intent: intent.clone(), amount, last: true },
            OrderEffect::Void { intent: intent.clone(), amount },
            OrderEffect::Refund { intent: intent.clone(), amount },
            OrderEffect::WithdrawRefund { intent: intent.clone(), amount },
            OrderEffect::Notify {
                notice: Notice {
                    reason: NoticeReason::BalanceDue,
                    to: Audience::Customer,
                    via: Channels { sms: false, push: true, email: true },
                    about: Subject::Order,
                    amount: Some(amount),
                },
            },
            OrderEffect::ConfirmReservation,
            OrderEffect::TryReinstate,
            OrderEffect::ReleaseUnits { line: line(), units: 1 },
            OrderEffect::UseUnits { line: line(), units: 1 },
            OrderEffect::GiveBackUnits { line: line(), units: 1, condition: Condition::Damaged },
            OrderEffect::ReserveMore { line: line(), units: 1 },
            OrderEffect::RequestPick,
            OrderEffect::WithholdPick,
            OrderEffect::RequestRecall { line: line(), units: 1, parcel: Some(parcel()) },
            OrderEffect::Grant { line: line(), units: 1 },
            OrderEffect::RevokeGrant { line: line(), units: 1 },
            OrderEffect::OpenTicket {
                about: Subject::Line { line: line() },
                reason: TicketReason::PickedShort,
            },
            OrderEffect::PlaceLinked {
                order: order().linked(1).unwrap(),
                why: LinkKind::Exchange,
                line: line(),
                sku: "mate".parse().unwrap(),
                units: 1,
            },
        ]
    }

    fn asks() -> Vec<Ask> {
        let line = || -> order_workflow::LineId { "1".parse().unwrap() };
        vec![
            Ask::Confirm,
            Ask::Edit { lines: vec![line_edit()], ship_to: Some(destination()) },
            Ask::Hold { reason: HoldReason::Address },
            Ask::Unhold { reason: HoldReason::Address },
            Ask::Cancel {
                scope: Scope::Units { line: line(), units: 1 },
                refundable: Refundable::Given(vec![eur(800)]),
                reason: CancelReason::Customer,
            },
            Ask::RequestReturn { line: line(), units: 1 },
            Ask::ApproveReturn { case: case(), refundable: Refundable::AsPaid },
            Ask::RejectReturn { case: case() },
            Ask::RequestExchange { line: line(), units: 1, replacement: "mate".parse().unwrap() },
            Ask::Reship { line: line(), units: 1 },
            Ask::OpenTender { method: Method::BankSlip, amount: eur(900) },
            Ask::ResumePayment { intent: intent() },
            Ask::Capture { intent: intent(), amount: eur(900), last: false },
            Ask::Void { intent: intent(), amount: None },
            Ask::AcceptShort { up_to: eur(2) },
        ]
    }

    fn happenings() -> Vec<Happened> {
        vec![
            Happened::Allocated { of: of(1), location: "dc-1".parse().unwrap() },
            Happened::Released { of: of(1) },
            Happened::Picked { of: of(1) },
            Happened::PickedShort { of: of(1) },
            Happened::Packed { of: of(1) },
            Happened::Verified { of: of(1) },
            Happened::Shipped { parcel: parcel(), contents: vec![of(1)] },
            Happened::Delivered { parcel: parcel() },
            Happened::DeliveryFailed { parcel: parcel() },
            Happened::Lost { parcel: parcel() },
            Happened::ReceivedBack { of: of(1) },
            Happened::Inspected { of: of(1), condition: Condition::Sellable },
            Happened::Recalled { of: of(1) },
            Happened::RecallRefused { of: of(1) },
            Happened::ReadyForPickUp { of: of(1) },
            Happened::Collected { of: of(1) },
            Happened::PickUpLapsed { of: of(1) },
            Happened::Granted { of: of(1) },
            Happened::StockHeld,
            Happened::StockGone,
            Happened::Payment(PaymentFact { intent: intent(), what: Paid::ActionRequired }),
        ]
    }

    fn payments() -> Vec<Paid> {
        let amount = eur(900);
        vec![
            Paid::Authorised { amount, expires_at: Some(at()) },
            Paid::AuthorisationFailed { amount },
            Paid::ActionRequired,
            Paid::Settling { expected_by: at() },
            Paid::Captured { amount, last: false },
            Paid::CaptureFailed { amount },
            Paid::Voided { amount: None },
            Paid::VoidFailed { amount },
            Paid::Refunded { amount },
            Paid::RefundFailed { amount },
            Paid::ChargebackOpened { amount },
            Paid::ChargebackWon { amount },
            Paid::ChargebackLost { amount },
        ]
    }

    #[test]
    fn every_event_keeps_its_form() {
        let changes = changes();
        all_covered(&changes, "change");
        let payments: Vec<PaymentChange> = changes
            .iter()
            .filter_map(|change| match change {
                OrderChange::Payment { what, .. } => Some(*what),
                _ => None,
            })
            .collect();
        all_covered(&payments, "payment");
        let cases: Vec<CaseChange> = changes
            .iter()
            .filter_map(|change| match change {
                OrderChange::Case { what, .. } => Some(what.clone()),
                _ => None,
            })
            .collect();
        all_covered(&cases, "case");
        for what in changes {
            let mut name = tag(&what, "change");
            match &what {
                OrderChange::Payment { what, .. } => name += &format!("-{}", tag(what, "payment")),
                OrderChange::Case { what, .. } => name += &format!("-{}", tag(what, "case")),
                _ => {}
            }
            let source = matches!(what, OrderChange::Moved { .. } | OrderChange::Payment { .. }).then(source);
            golden("events", &name, &OrderEvent { recorded_at: at(), source, what });
        }
    }

    #[test]
    fn every_effect_keeps_its_form() {
        let effects = effects();
        all_covered(&effects, "kind");
        for effect in effects {
            golden("effects", &tag(&effect, "kind"), &effect);
        }
    }

    #[test]
    fn every_request_keeps_its_form() {
        let asks = asks();
        all_covered(&asks, "kind");
        for ask in asks {
            let name = tag(&ask, "kind");
            golden("requests", &name, &OrderRequest { if_version: Some(Version(7)), ask });
        }
    }

    #[test]
    fn every_fact_keeps_its_form() {
        let (happenings, payments) = (happenings(), payments());
        all_covered(&happenings, "kind");
        all_covered(&payments, "paid");
        for what in happenings {
            golden("facts", &tag(&what, "kind"), &OrderFact { source: source(), what });
        }
        for what in payments {
            let name = format!("payment-{}", tag(&what, "paid"));
            let what = Happened::Payment(PaymentFact { intent: intent(), what });
            golden("facts", &name, &OrderFact { source: source(), what });
        }
    }

    #[test]
    fn the_snapshot_keeps_its_form() {
        let (mut order, _) = Order::place(order(), &placement(), &OrderPolicy::default(), at()).unwrap();
        let tender = Ask::OpenTender { method: Method::Card, amount: eur(5_000) };
        let opened = order.decide(&tender.into(), at()).unwrap();
        order.evolve_all(&opened.events);
        let paid = Paid::Captured { amount: eur(5_000), last: true };
        for (n, what) in [
            Happened::Payment(PaymentFact { intent: intent(), what: paid }),
            Happened::Shipped { parcel: parcel(), contents: vec![of(1)] },
            Happened::Released { of: of(1) },
        ]
        .into_iter()
        .enumerate()
        {
            let source = Source { reference: format!("g-{n}").parse().unwrap(), ..source() };
            let decision = order.record(&OrderFact { source, what }, at());
            order.evolve_all(&decision.events);
        }
        golden("snapshots", "order-v1", &order);
        golden("snapshots", "order-v1", &order.snapshot());
    }

    /// Whatever version was stored, it is read as the newest and taken over.
    #[test]
    fn every_stored_snapshot_is_read() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire/snapshots");
        let names = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name());
        let orders = names.filter(|name| name.to_string_lossy().starts_with("order-v"));
        let read = orders.map(|name| {
            let text = std::fs::read_to_string(folder.join(&name)).unwrap();
            Order::import(Snapshot::from_json(&text).unwrap()).unwrap_or_else(|e| panic!("{name:?}: {e}"))
        });
        assert_eq!(read.count(), usize::from(Snapshot::VERSION));
    }

    #[test]
    fn unmatched_money_keeps_its_form() {
        let mut unmatched = Unmatched::default();
        let fact = PaymentFact { intent: intent(), what: Paid::Captured { amount: eur(900), last: true } };
        unmatched.park(order(), &fact, &source(), at());
        unmatched.give_back(&source());
        let [Parked { .. }] = &unmatched.entries[..] else { panic!("one entry") };
        golden("snapshots", "unmatched", &unmatched);
    }
}
