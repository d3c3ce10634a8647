//! Taking over orders that this crate did not make: a host builds a snapshot from its own row, in Rust, and what
//! contradicts itself is refused with the field in which it does.

#[cfg(test)]
mod import {
    use std::{collections::BTreeMap, sync::Arc};

    use chrono::{DateTime, TimeDelta, Utc};
    use order_workflow::{
        Currency, Money, OrderId, Version,
        geo::{Country, Destination},
        id::{IntentId, ReturnId},
        order::{
            payment::{Method, Tender},
            *,
        },
    };

    fn eur(minor: i64) -> Money {
        Money::minor(minor, Currency::EUR)
    }

    /// What a host has in its own table: an order under way, paid by card, one unit of two shipped.
    struct Row {
        number: u64,
        placed: DateTime<Utc>,
        touched: DateTime<Utc>,
        sku: &'static str,
        unit_cents: i64,
        unit_tax_cents: i64,
        shipped: u32,
        packed: u32,
        paid_cents: i64,
        gateway_id: &'static str,
    }

    fn row() -> Row {
        let placed = "2026-05-30T08:00:00Z".parse().unwrap();
        Row {
            number: 4711,
            placed,
            touched: placed + TimeDelta::days(1),
            sku: "tea",
            unit_cents: 1_190,
            unit_tax_cents: 190,
            shipped: 1,
            packed: 1,
            paid_cents: 2_380,
            gateway_id: "pi_3Kx",
        }
    }

    /// The row as a snapshot: no JSON, no event, no constructor of ours but the ids'.
    fn snapshot(row: &Row) -> Snapshot {
        let id: OrderId = format!("o-{}", row.number).parse().unwrap();
        let units = row.shipped + row.packed;
        let placed = PlacedLine {
            line: "1".parse().unwrap(),
            sku: row.sku.parse().unwrap(),
            seller: "shop".parse().unwrap(),
            units,
            list: eur(row.unit_cents),
            adjustments: vec![],
            tax: vec![UnitTax { first_unit: 0, units, per_unit: eur(row.unit_tax_cents), included: true }],
            fulfilment: Fulfilment::Ship,
        };
        let prices = vec![PriceRun { units, gross_minor: row.unit_cents, tax_minor: row.unit_tax_cents }];
        let run =
            |units, stage, parcel| Run { units, stage, since: row.touched, parcel, case: None, before: None };
        let parcel = Parcel {
            parcel: format!("o-{}/p1", row.number).parse().unwrap(),
            state: ParcelState::Shipped,
            sent_at: Some(row.touched),
            delivered_at: None,
        };
        let tender = Tender {
            intent: row.gateway_id.parse().unwrap(), // the gateway's own name for it
            method: Method::Card,
            amount_minor: row.paid_cents,
            open_minor: 0,
            expires_at: None,
            capturing_minor: 0,
            captured_minor: row.paid_cents,
            voiding_minor: 0,
            refunded_minor: 0,
            disputed_minor: 0,
            charged_back_minor: 0,
            waiting: None,
            was_authorised: true,
            was_voided: false,
            closed: true,
            failures: 0,
        };
        let book = Book {
            lines: vec![LineState {
                terms: Arc::new(LineTerms { placed, prices }),
                runs: [run(row.shipped, Stage::Shipped, Some(0)), run(row.packed, Stage::Packed, None)]
                    .into_iter()
                    .collect(),
                credited_minor: 0,
                credited_tax_minor: 0,
            }],
            tenders: [tender].into_iter().collect(),
            parcels: [parcel].into_iter().collect(),
            cover: CoverLevel::Everything,
            pick_asked: true,
            ..Book::default()
        };
        let agreement = Agreement {
            currency: Currency::EUR,
            terms: Terms::Prepaid { pay_by: row.placed + TimeDelta::hours(2) },
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
            charges: vec![],
            policy: OrderPolicy::default(),
            lines_by_id: vec![],
        };
        let state = OrderState {
            id,
            version: Version(1),
            placed_at: row.placed,
            recorded_at: row.touched,
            agreement: Arc::new(agreement),
            book,
            log: Log::default(),
        };
        Snapshot { v: Snapshot::VERSION, state }
    }

    #[test]
    fn a_row_of_the_host_becomes_an_order_and_goes_on() {
        let row = row();
        let mut order = Order::import(snapshot(&row)).unwrap();
        assert_eq!(order.status(), OrderStatus::Packed);
        assert_eq!((order.balance().captured, order.balance().balance_due), (eur(2_380), eur(0)));
        let parcel = order.state().book.parcels[0].parcel.clone();
        let source = order_workflow::Source {
            system: "carrier".parse().unwrap(),
            reference: "scan-1".parse().unwrap(),
            occurred_at: row.touched,
        };
        let delivered = OrderFact { source, what: Happened::Delivered { parcel } };
        order.evolve_all(&order.clone().record(&delivered, row.touched).events);
        let stop = Ask::Cancel {
            scope: Scope::Units { line: "1".parse().unwrap(), units: 1 },
            refundable: Refundable::AsPaid,
            reason: CancelReason::Customer,
        };
        let recalled = order.decide(&stop.into(), row.touched).unwrap();
        order.evolve_all(&recalled.events);
        let lines: Vec<Stage> = order.state().book.lines[0].runs.iter().map(|run| run.stage).collect();
        assert_eq!(lines, [Stage::Delivered, Stage::Recalling]);
        assert_eq!(order.violations(), []);
    }

    /// Each row breaks one thing; the field that is named is where to look.
    #[test]
    fn what_contradicts_itself_is_refused_by_field() {
        type Break = fn(&mut OrderState);
        let table: [(&str, Break); 22] = [
            ("book.ended", |state| state.book.ended = Some(EndCause::Cancelled)),
            ("book.reinstating", |state| state.book.reinstating = true),
            ("book.lines[1].terms.prices", |state| terms(state).prices[0].gross_minor = 1_189),
            ("book.lines[1].terms.prices", |state| terms(state).prices[0].gross_minor = 1_191),
            ("book.lines[1].terms.prices", |state| terms(state).placed.list = eur(2_000)),
            ("book.lines[1].terms.prices", |state| terms(state).prices[0].tax_minor = 1_191),
            ("book.lines[1].terms.placed.list", |state| {
                terms(state).placed.list = Money::minor(1_190, Currency::USD);
            }),
            ("book.lines[1].credited_tax_minor", |state| {
                (state.book.lines[0].credited_minor, state.book.lines[0].credited_tax_minor) = (1_190, 381);
            }),
            ("book.lines[1].credited_tax_minor", |state| {
                (state.book.lines[0].credited_minor, state.book.lines[0].credited_tax_minor) = (10, 11);
            }),
            ("book.charge_credits[0]", |state| {
                agreement(state).charges = vec![Charge {
                    kind: ChargeKind::Freight,
                    amount: eur(490),
                    tax: Some(eur(78)),
                    line: None,
                    refund: ChargeRefund::Never,
                }];
                let credit = ChargeCredit { amount_minor: 490, tax_minor: 79 };
                state.book.charge_credits = [credit].into_iter().collect();
            }),
            ("agreement.terms.deposit", |state| {
                let by = state.placed_at;
                agreement(state).terms = Terms::Presale {
                    deposit: Money::minor(100, Currency::USD),
                    deposit_by: by,
                    balance_by: by,
                    forfeit: false,
                };
            }),
            ("agreement.policy.short_tolerance_minor", |state| {
                agreement(state).policy.short_tolerance_minor = -1;
            }),
            ("book.lines", |state| {
                terms(state).placed.list = eur(ORDER_MINOR_MAX);
                terms(state).prices[0].gross_minor = ORDER_MINOR_MAX;
            }),
            ("book.tenders[o-9/i1]", |state| state.book.tenders[0].intent = IntentId::of(&other(), 1)),
            ("book.tenders[o-4711/i2]", |state| {
                state.book.tenders[0].intent = IntentId::of(&state.id.clone(), 2);
            }),
            ("book.tenders[pi_3Kx]", |state| state.book.tenders[0].charged_back_minor = 2_381),
            ("book.cases[o-9/rma1]", |state| case(state, ReturnId::of(&other(), 1), CaseKind::Return)),
            ("book.cases[rma]", |state| {
                state.id = "x".repeat(64).parse().unwrap();
                let exchange = CaseKind::Exchange { replacement: "mug".parse().unwrap() };
                case(state, "rma".parse().unwrap(), exchange);
            }),
            ("log.unexplained", |state| state.log.unexplained = vec![eur(5), eur(7)]),
            ("book.lines[1].runs.before", |state| state.book.lines[0].runs[1].before = Some(Stage::Released)),
            ("book.lines[1].runs.before", |state| {
                state.book.lines[0].runs[1].stage = Stage::Recalling;
                state.book.lines[0].runs[1].before = Some(Stage::Delivered);
            }),
            ("book.lines[1].runs.before", |state| {
                state.book.lines[0].runs[1].stage = Stage::Recalling;
                state.book.lines[0].runs[1].before = Some(Stage::ReadyForPickUp);
            }),
        ];
        for (field, spoil) in table {
            let mut snapshot = snapshot(&row());
            spoil(&mut snapshot.state);
            let error = Order::import(snapshot).unwrap_err();
            let ImportError::Broken { broken } = &error else { panic!("{error}") };
            assert!(broken.iter().any(|violation| violation.place == field), "{field}: {error}");
        }
    }

    fn terms(state: &mut OrderState) -> &mut LineTerms {
        Arc::make_mut(&mut state.book.lines[0].terms)
    }

    fn agreement(state: &mut OrderState) -> &mut Agreement {
        Arc::make_mut(&mut state.agreement)
    }

    fn other() -> OrderId {
        "o-9".parse().unwrap()
    }

    fn case(state: &mut OrderState, case: ReturnId, of: CaseKind) {
        let case = Case {
            case,
            line: "1".parse().unwrap(),
            units: 1,
            of,
            given_minor: None,
            credited_units: 0,
            state: CaseState::Rejected,
        };
        state.book.cases = [case].into_iter().collect();
    }
}
