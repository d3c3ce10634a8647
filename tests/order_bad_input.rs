//! What means nothing is a typed error that names it; what is odd but happened is an anomaly; nothing is half
//! done and nothing panics.

#[cfg(test)]
mod bad_input {
    use std::collections::BTreeMap;

    use chrono::{DateTime, TimeDelta, Utc};
    use order_workflow::{
        Currency, LineId, Money, OrderId, Source,
        geo::{Country, Destination},
        id::{IntentId, ParcelId, Reference, Sku},
        order::{
            payment::{Method, Paid, PaymentFact},
            *,
        },
    };
    use serde_json::{Value, json};

    fn at() -> DateTime<Utc> {
        "2026-06-01T10:00:00Z".parse().unwrap()
    }

    fn eur(minor: i64) -> Money {
        Money::minor(minor, Currency::EUR)
    }

    fn line(id: &str, units: u32, list: Money) -> PlacedLine {
        PlacedLine {
            line: id.parse().unwrap(),
            sku: "tea".parse().unwrap(),
            seller: "shop".parse().unwrap(),
            units,
            list,
            adjustments: vec![],
            tax: vec![],
            fulfilment: Fulfilment::Ship,
        }
    }

    fn placement(lines: Vec<PlacedLine>) -> Placement {
        Placement {
            lines,
            charges: vec![],
            currency: Currency::EUR,
            terms: Terms::Prepaid { pay_by: at() + TimeDelta::hours(2) },
            customer: "c".parse().unwrap(),
            channel: "web".parse().unwrap(),
            ship_to: Some(Destination {
                address: "a".parse().unwrap(),
                country: Country::DE,
                postcode_area: "10".to_owned(),
            }),
            promise: None,
            quote: None,
            link: None,
            notes: BTreeMap::new(),
        }
    }

    fn order_of(placement: &Placement) -> Order {
        Order::place("o-1".parse().unwrap(), placement, &OrderPolicy::default(), at()).unwrap().0
    }

    fn with_tender() -> Order {
        let mut order = order_of(&placement(vec![line("1", 2, eur(500))]));
        let opened =
            order.decide(&Ask::OpenTender { method: Method::Card, amount: eur(1_000) }.into(), at()).unwrap();
        order.evolve_all(&opened.events);
        order
    }

    fn fact(reference: &str, what: Happened) -> OrderFact {
        let source =
            Source { system: "t".parse().unwrap(), reference: reference.parse().unwrap(), occurred_at: at() };
        OrderFact { source, what }
    }

    fn paid(what: Paid) -> Happened {
        Happened::Payment(PaymentFact { intent: IntentId::of(&"o-1".parse().unwrap(), 1), what })
    }

    fn anomalies(decision: &OrderDecision) -> Vec<AnomalyKind> {
        let kind = |event: &OrderEvent| match &event.what {
            OrderChange::Anomaly(anomaly) => Some(anomaly.kind),
            _ => None,
        };
        decision.events.iter().filter_map(kind).collect()
    }

    #[test]
    fn everything_wrong_with_a_placement_is_named_at_once() {
        let usd = Money::minor(500, Currency::USD);
        let mut bad = placement(vec![
            line("1", 0, eur(500)),
            line("1", 1, eur(-1)),
            line("3", 1, usd),
            line("4", LINE_UNITS_MAX + 1, eur(1)),
            line("5", 1, eur(i64::MAX)),
        ]);
        bad.charges.push(Charge {
            kind: ChargeKind::Freight,
            amount: eur(-5),
            tax: None,
            line: Some("9".parse().unwrap()),
            refund: ChargeRefund::Never,
        });
        bad.ship_to = None;
        bad.terms = Terms::Presale { deposit: eur(0), deposit_by: at(), balance_by: at(), forfeit: false };
        let refusal = Order::place("o-1".parse().unwrap(), &bad, &OrderPolicy::default(), at()).unwrap_err();
        let OrderRefusal::Invalid { problems } = &refusal else { panic!("{refusal}") };
        let codes: Vec<&str> = problems.iter().map(PlacementProblem::code).collect();
        assert_eq!(
            codes,
            [
                "placement.bad_units",
                "placement.duplicate_line",
                "placement.bad_price",
                "placement.foreign_currency",
                "placement.bad_units",
                "placement.bad_price",
                "placement.bad_charge",
                "placement.charge_for_unknown_line",
                "placement.bad_presale",
                "placement.no_destination",
                "placement.pay_by_passed",
            ]
        );
        let text = refusal.to_string();
        for named in ["-0.01 EUR", "5.00 USD", "1000001", "accepted: 1 to 1000000", "`9`", "no destination"] {
            assert!(text.contains(named), "`{named}` is not in: {text}");
        }
    }

    /// What costs time grows with what a placement may hold, so that is bounded; what only the moment, the id or
    /// the policy shows is refused as well.
    #[test]
    fn a_placement_is_bounded_and_fits_its_moment() {
        let id: OrderId = "o-1".parse().unwrap();
        let usual = OrderPolicy::default();
        let code = |placement: &Placement, policy: &OrderPolicy| {
            let refusal = Order::place(id.clone(), placement, policy, at()).map(|_| ()).unwrap_err();
            let OrderRefusal::Invalid { problems } = refusal else { panic!("{refusal}") };
            problems.iter().map(PlacementProblem::code).collect::<Vec<_>>()
        };
        let off = |runs: usize| {
            let mut line = line("1", 1, eur(500));
            let off = Adjustment {
                promotion: "p".parse().unwrap(),
                funder: "f".parse().unwrap(),
                first_unit: 0,
                units: 1,
                per_unit: eur(0),
            };
            line.adjustments = vec![off; runs];
            placement(vec![line])
        };
        assert_eq!(off(LINE_RUNS_MAX).problems(), []);
        assert_eq!(code(&off(LINE_RUNS_MAX + 1), &usual), ["placement.too_many_runs"]);
        let fee = |bytes: usize| {
            let kind = ChargeKind::Other("x".repeat(bytes));
            let charge = Charge { kind, amount: eur(5), tax: None, line: None, refund: ChargeRefund::Never };
            Placement { charges: vec![charge], ..placement(vec![line("1", 1, eur(500))]) }
        };
        assert_eq!(fee(CHARGE_KIND_BYTES_MAX).problems(), []);
        for bytes in [0, CHARGE_KIND_BYTES_MAX + 1] {
            assert_eq!(code(&fee(bytes), &usual), ["placement.bad_charge_kind"]);
        }
        let sound = placement(vec![line("1", 1, eur(500))]);
        let late = Placement { terms: Terms::Prepaid { pay_by: at() }, ..sound.clone() };
        assert_eq!(code(&late, &usual), ["placement.pay_by_passed"]);
        let link = Link { original: id.clone(), kind: LinkKind::Exchange };
        assert_eq!(
            code(&Placement { link: Some(link), ..sound.clone() }, &usual),
            ["placement.linked_to_itself"]
        );
        for tolerance in [-1, ORDER_MINOR_MAX + 1] {
            let policy = OrderPolicy { short_tolerance_minor: tolerance, ..usual.clone() };
            assert_eq!(code(&sound, &policy), ["placement.bad_tolerance"]);
        }
    }

    #[test]
    fn an_order_worth_more_than_any_order_is_refused() {
        let dear =
            placement((1..=3).map(|n| line(&n.to_string(), LINE_UNITS_MAX, eur(ORDER_MINOR_MAX))).collect());
        let refusal = Order::place("o-1".parse().unwrap(), &dear, &OrderPolicy::default(), at()).unwrap_err();
        assert!(refusal.to_string().contains("accepted: at most 1000000000000000"), "{refusal}");
    }

    #[test]
    fn amounts_that_cannot_be_are_refused_with_what_could() {
        let order = with_tender();
        let before = order.clone();
        for (ask, accepted) in [
            (Ask::AcceptShort { up_to: eur(0) }, "0.01 EUR to 10000000000000.00 EUR"),
            (Ask::AcceptShort { up_to: Money::minor(1, Currency::USD) }, "EUR"),
            (Ask::OpenTender { method: Method::Card, amount: eur(i64::MAX) }, "open_tender"),
        ] {
            let refusal = order.decide(&ask.into(), at()).unwrap_err();
            assert!(refusal.to_string().contains(accepted), "{refusal}");
        }
        let fresh = order_of(&placement(vec![line("1", 2, eur(500))]));
        for amount in
            [eur(0), eur(-1), eur(1_001), eur(i64::MAX), eur(i64::MIN), Money::minor(5, Currency::USD)]
        {
            let refusal =
                fresh.decide(&Ask::OpenTender { method: Method::Card, amount }.into(), at()).unwrap_err();
            assert_eq!(refusal.code(), "order.amount");
            assert!(refusal.to_string().contains("0.01 EUR to 10.00 EUR"), "{refusal}");
        }
        assert_eq!(order, before);
    }

    #[test]
    fn impossible_payments_are_kept_beside_the_order() {
        for minor in [i64::MAX, i64::MIN, -1, 0, ORDER_MINOR_MAX + 1] {
            let amount = eur(minor);
            for what in [
                Paid::Authorised { amount, expires_at: None },
                Paid::AuthorisationFailed { amount },
                Paid::Captured { amount, last: true },
                Paid::CaptureFailed { amount },
                Paid::Voided { amount: Some(amount) },
                Paid::VoidFailed { amount },
                Paid::Refunded { amount },
                Paid::RefundFailed { amount },
                Paid::ChargebackOpened { amount },
                Paid::ChargebackWon { amount },
                Paid::ChargebackLost { amount },
            ] {
                let mut order = with_tender();
                let before = order.balance();
                for n in 0..3 {
                    let decision = order.record(&fact(&format!("r-{n}"), paid(what.clone())), at());
                    assert_eq!(anomalies(&decision), [AnomalyKind::ImplausibleAmount], "{what:?}");
                    order.evolve_all(&decision.events);
                    assert_eq!(order.violations(), [], "{what:?}");
                }
                assert_eq!(order.balance(), before, "{what:?}");
            }
        }
    }

    #[test]
    fn the_largest_plausible_sums_do_not_overflow() {
        let mut order = with_tender();
        for n in 0..40 {
            let amount = eur(ORDER_MINOR_MAX);
            for (kind, what) in [
                ("c", Paid::Captured { amount, last: false }),
                ("r", Paid::Refunded { amount }),
                ("l", Paid::ChargebackLost { amount }),
            ] {
                let decision = order.record(&fact(&format!("{kind}-{n}"), paid(what)), at());
                assert!(!decision.events.is_empty());
                order.evolve_all(&decision.events);
                assert_eq!(order.violations(), []);
            }
        }
    }

    #[test]
    fn times_that_cannot_be_are_recorded_with_an_anomaly() {
        for told in
            ["1970-01-01T00:00:00Z", "2090-01-01T00:00:00Z", "-9999-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]
        {
            let mut order = with_tender();
            let mut captured = fact("r-1", paid(Paid::Captured { amount: eur(1_000), last: true }));
            captured.source.occurred_at = told.parse().unwrap();
            let decision = order.record(&captured, at());
            assert_eq!(anomalies(&decision), [AnomalyKind::ImplausibleTime]);
            order.evolve_all(&decision.events);
            assert_eq!((order.status(), order.violations()), (OrderStatus::Confirmed, vec![]));
        }
        let order = with_tender();
        for now in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            let mut other = order.clone();
            other.evolve_all(&order.wake(now).events);
            let decision = order.record(
                &fact("r-1", Happened::Released { of: LineUnits { line: "1".parse().unwrap(), units: 1 } }),
                now,
            );
            assert!(!decision.events.is_empty());
            assert_eq!(other.violations(), []);
        }
    }

    /// Clocks count nanoseconds, orders microseconds: a deadline is due when the order says it is.
    #[test]
    fn a_deadline_finer_than_a_microsecond_is_served_all_the_same() {
        let mut fine = placement(vec![line("1", 2, eur(500))]);
        fine.terms = Terms::Prepaid { pay_by: "2026-06-01T12:00:00.123456789Z".parse().unwrap() };
        let mut order = order_of(&fine);
        let woken = order.wake(order.next_deadline().unwrap());
        order.evolve_all(&woken.events);
        assert_eq!((order.status(), order.next_deadline()), (OrderStatus::Cancelled, None));
        let mut order = with_tender();
        let expires_at = Some("2026-06-01T11:00:00.000000999Z".parse().unwrap());
        let authorised =
            order.record(&fact("r-1", paid(Paid::Authorised { amount: eur(1_000), expires_at })), at());
        order.evolve_all(&authorised.events);
        let woken = order.wake(order.next_deadline().unwrap());
        assert_eq!(anomalies(&woken), [AnomalyKind::AuthorisationExpired]);
    }

    #[test]
    fn no_two_effects_of_an_order_have_one_id() {
        let id: OrderId = "o-1".parse().unwrap();
        let placing = placement(vec![line("1", 2, eur(500))]);
        let (order, placed) = Order::place(id.clone(), &placing, &OrderPolicy::default(), at()).unwrap();
        let opened =
            order.decide(&Ask::OpenTender { method: Method::Card, amount: eur(1_000) }.into(), at()).unwrap();
        let mut ids: Vec<_> =
            (0..).take(placed.effects.len()).map(|at| Order::placing_effect_id(&id, at)).collect();
        ids.extend((0..).take(opened.effects.len()).map(|at| order.effect_id(at)));
        let count = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!((count, ids.len()), (2, 2));
    }

    #[test]
    fn unknown_names_are_named() {
        let order = with_tender();
        let unknown: LineId = "nope".parse().unwrap();
        let ask = Ask::RequestReturn { line: unknown.clone(), units: 1 };
        let refusal = order.decide(&ask.into(), at()).unwrap_err();
        assert_eq!(refusal.to_string(), "the order has no line `nope`; it has 1");
        let ask = Ask::ResumePayment { intent: "o-1/i9".parse().unwrap() };
        assert_eq!(
            order.decide(&ask.into(), at()).unwrap_err().to_string(),
            "the order has no tender `o-1/i9`; it has o-1/i1"
        );
        let ask = Ask::RejectReturn { case: "o-1/rma4".parse().unwrap() };
        assert_eq!(order.decide(&ask.into(), at()).unwrap_err().code(), "order.unknown_case");
        let of = LineUnits { line: unknown, units: u32::MAX };
        for (what, expected) in [
            (Happened::Picked { of: of.clone() }, AnomalyKind::UnknownLine),
            (Happened::Inspected { of, condition: Condition::Damaged }, AnomalyKind::UnknownLine),
            (Happened::Delivered { parcel: "o-1/p7".parse().unwrap() }, AnomalyKind::UnknownParcel),
            (
                Happened::Payment(PaymentFact {
                    intent: "somebody/else".parse().unwrap(),
                    what: Paid::Captured { amount: eur(5), last: true },
                }),
                AnomalyKind::UnknownIntent,
            ),
        ] {
            let decision = order.record(&fact("r-1", what), at());
            assert_eq!(anomalies(&decision), [expected]);
        }
    }

    /// A refusal names what stands against it, lists only other requests, and goes to a host as data.
    #[test]
    fn a_refusal_says_what_blocks() {
        let mut order = order_of(&placement(vec![line("1", 1, eur(500)), line("2", 1, eur(500))]));
        let asked = |line: &str| Ask::Cancel {
            scope: Scope::Line { line: line.parse().unwrap() },
            refundable: Refundable::AsPaid,
            reason: CancelReason::Customer,
        };
        let cancelled = order.decide(&asked("1").into(), at()).unwrap();
        order.evolve_all(&cancelled.events);
        assert!(order.open_requests().contains(&RequestKind::Cancel)); // line 2 still can be
        let refusal = order.decide(&asked("1").into(), at()).unwrap_err();
        let OrderRefusal::NotOpen { open, blocked_by, .. } = &refusal else { panic!("{refusal}") };
        assert!(!open.contains(&RequestKind::Cancel) && open.contains(&RequestKind::Hold), "{open:?}");
        assert_eq!(*blocked_by, Blocker::Line { line: "1".parse().unwrap() });
        assert!(refusal.to_string().ends_with("; line `1` stands against it"), "{refusal}");
        assert_eq!(
            serde_json::to_value(&refusal).unwrap(),
            json!({
                "kind": "not_open", "request": "cancel", "status": "placed",
                "open": ["edit", "hold", "open_tender", "accept_short"],
                "blocked_by": {"of": "line", "line": "1"},
            })
        );
        let held = order.decide(&Ask::Unhold { reason: HoldReason::Fraud }.into(), at()).unwrap_err();
        assert_eq!(
            serde_json::to_value(&held).unwrap(),
            json!({"kind": "hold", "reason": "fraud", "held": false, "in_force": []})
        );
        let problems = placement(vec![]).problems();
        assert_eq!(serde_json::to_value(&problems).unwrap(), json!([{"kind": "no_lines"}]));
        let newer = ImportError::UnknownVersion { given: 9, accepted: 1 };
        assert_eq!(newer.code(), "import.unknown_version");
        assert_eq!(
            serde_json::to_value(&newer).unwrap(),
            json!({"kind": "unknown_version", "given": 9, "accepted": 1})
        );
    }

    /// A linked order's id is made of this one's: asked before the goods come back, not after.
    #[test]
    fn an_id_without_room_for_a_linked_order_is_refused_an_exchange() {
        for (bytes, fits) in [(LINKED_FROM_BYTES_MAX, true), (LINKED_FROM_BYTES_MAX + 1, false), (64, false)]
        {
            let id: OrderId = "x".repeat(bytes).parse().unwrap();
            let mut cash = placement(vec![line("1", 2, eur(500))]);
            cash.terms = Terms::OnDelivery;
            let mut order = Order::place(id.clone(), &cash, &OrderPolicy::default(), at()).unwrap().0;
            let of = LineUnits { line: "1".parse().unwrap(), units: 1 };
            for (n, sent) in [(1, "d"), (2, "l")] {
                let parcel = ParcelId::of(&id, n);
                let contents = vec![of.clone()];
                let shipped = Happened::Shipped { parcel: parcel.clone(), contents };
                order.evolve_all(&order.clone().record(&fact(&format!("s-{sent}"), shipped), at()).events);
                let came = if n == 1 { Happened::Delivered { parcel } } else { Happened::Lost { parcel } };
                order.evolve_all(&order.clone().record(&fact(sent, came), at()).events);
            }
            let (line, replacement) = (of.line.clone(), "other".parse().unwrap());
            let exchange = Ask::RequestExchange { line: line.clone(), units: 1, replacement };
            for ask in [exchange, Ask::Reship { line, units: 1 }] {
                let answer = order.decide(&ask.into(), at()).map(|_| ()).map_err(|refusal| refusal.code());
                assert_eq!(answer, if fits { Ok(()) } else { Err("order.no_linked_id") });
            }
        }
        assert!("x".repeat(LINKED_FROM_BYTES_MAX).parse::<OrderId>().unwrap().linked(u32::MAX).is_ok());
    }

    /// Equal input, equal answer: of several refusals the one declared first is given.
    #[test]
    fn the_first_refusal_is_the_one_declared_first() {
        let order = with_tender();
        let (known, unknown): (LineId, LineId) = ("1".parse().unwrap(), "nope".parse().unwrap());
        let cancel = |line: &LineId, units, given: Vec<Money>| Ask::Cancel {
            scope: Scope::Units { line: line.clone(), units },
            refundable: Refundable::Given(given),
            reason: CancelReason::Customer,
        };
        let edit = |line: &LineId, units| Ask::Edit {
            lines: vec![LineEdit { line: line.clone(), units, price: None }],
            ship_to: None,
        };
        let code = |order: &Order, request: &OrderRequest| order.decide(request, at()).unwrap_err().code();
        let stale = OrderRequest::from(cancel(&unknown, 9, vec![])).if_version(order_workflow::Version(77));
        assert_eq!(code(&order, &stale), "order.stale");
        assert_eq!(code(&order, &cancel(&unknown, 9, vec![]).into()), "order.unknown_line");
        assert_eq!(code(&order, &cancel(&known, 9, vec![]).into()), "order.units");
        assert_eq!(code(&order, &cancel(&known, 2, vec![eur(-1)]).into()), "order.credits");
        assert_eq!(code(&order, &cancel(&known, 2, vec![eur(-1), eur(0)]).into()), "order.amount");
        let mut ended = order.clone();
        let by_line = Ask::Cancel {
            scope: Scope::Line { line: known.clone() },
            refundable: Refundable::AsPaid,
            reason: CancelReason::Seller,
        };
        ended.evolve_all(&order.decide(&by_line.into(), at()).unwrap().events);
        assert_eq!(code(&ended, &cancel(&known, 9, vec![]).into()), "order.not_open");
        assert_eq!(code(&ended, &edit(&unknown, 0).into()), "order.unknown_line");
        assert_eq!(code(&ended, &edit(&known, 0).into()), "order.not_open");
        assert_eq!(code(&order, &edit(&known, 0).into()), "order.units");
        assert_eq!(code(&order, &Ask::Confirm.into()), "order.not_covered");
    }

    #[test]
    fn ids_that_are_too_long_or_unprintable_are_refused() {
        let long = "x".repeat(65);
        for bad in ["", long.as_str(), "a\nb", "a\u{0}b", " a", "a\u{202e}b"] {
            assert!(OrderId::new(bad).is_err(), "{bad:?}");
            assert!(Sku::new(bad).is_err(), "{bad:?}");
            assert!(serde_json::from_value::<OrderId>(json!(bad)).is_err(), "{bad:?}");
        }
        assert!(Reference::new("x".repeat(129)).is_err());
        assert!(OrderId::new("a/b").unwrap_err().to_string().contains("`a/b`"));
    }

    #[test]
    fn json_that_means_nothing_is_an_error_that_says_where() {
        let request = json!({"ask": {"kind": "hold", "reason": "fraud"}});
        assert!(serde_json::from_value::<OrderRequest>(request).is_ok());
        for (text, named) in [
            (r#"{"ask": {"kind": "explode"}}"#, "explode"),
            (r#"{"ask": {"kind": "hold", "reason": "mood"}}"#, "mood"),
            (r#"{"ask": {"kind": "confirm"}, "extra": 1}"#, "extra"),
            (r#"{"ask": {"kind": "accept_short", "up_to": {"minor": 1, "currency": "XQQ"}}}"#, "XQQ"),
            (r#"{"ask": {"kind": "accept_short", "up_to": {"minor": 1.5, "currency": "EUR"}}}"#, "1.5"),
            (
                r#"{"ask": {"kind": "accept_short", "up_to": {"minor": 99999999999999999999, "currency": "EUR"}}}"#,
                "i64",
            ),
            (r#"{"ask": {"kind": "accept_short", "up_to": {"minor": 1, "currency": "XAU"}}}"#, "XAU"),
            ("{", "EOF"),
            ("[]", "OrderRequest"),
        ] {
            let error = serde_json::from_str::<OrderRequest>(text).unwrap_err().to_string();
            assert!(error.contains(named), "`{named}` is not in: {error}");
        }
        let deep = "[".repeat(100_000);
        assert!(serde_json::from_str::<OrderRequest>(&deep).is_err());
        assert!(serde_json::from_str::<Order>(&deep).is_err());
    }

    /// Every value of a stored order, spoilt in turn: refused with its place, or an order that still holds
    /// together and takes facts.
    #[test]
    fn a_spoilt_snapshot_is_refused_or_harmless() {
        let mut order = with_tender();
        let of = |units| LineUnits { line: "1".parse().unwrap(), units };
        for (n, what) in [
            paid(Paid::Captured { amount: eur(1_300), last: true }),
            Happened::Shipped { parcel: ParcelId::of(order.id(), 1), contents: vec![of(1)] },
            Happened::Released { of: of(1) },
        ]
        .into_iter()
        .enumerate()
        {
            let decision = order.record(&fact(&format!("r-{n}"), what), at());
            order.evolve_all(&decision.events);
        }
        let sound = serde_json::to_value(&order).unwrap();
        let (mut refused, mut taken) = (0, 0);
        for path in leaves(&sound, String::new()) {
            for spoilt in [
                json!(-1),
                json!(i64::MAX),
                json!(u64::MAX),
                json!("x"),
                json!(null),
                json!([]),
                json!({}),
                json!(0),
            ] {
                let mut value = sound.clone();
                *value.pointer_mut(&path).unwrap() = spoilt;
                match serde_json::from_value::<Order>(value) {
                    Err(_) => refused += 1,
                    Ok(mut order) => {
                        taken += 1;
                        for n in 0..3 {
                            let what = [
                                paid(Paid::Refunded { amount: eur(100) }),
                                Happened::StockHeld,
                                Happened::Released { of: of(9) },
                            ];
                            for (k, what) in what.into_iter().enumerate() {
                                let decision = order
                                    .record(&fact(&format!("{n}-{k}"), what), at() + TimeDelta::days(n * 20));
                                order.evolve_all(&decision.events);
                            }
                        }
                        assert_eq!(order.violations(), [], "{path}");
                    }
                }
            }
        }
        assert!(refused > 500 && taken > 50, "{refused} refused, {taken} taken");
    }

    fn leaves(value: &Value, path: String) -> Vec<String> {
        match value {
            Value::Object(map) => {
                map.iter().flat_map(|(key, value)| leaves(value, format!("{path}/{key}"))).collect()
            }
            Value::Array(items) => items
                .iter()
                .enumerate()
                .flat_map(|(at, value)| leaves(value, format!("{path}/{at}")))
                .collect(),
            _ => vec![path],
        }
    }

    #[test]
    fn ten_thousand_duplicates_leave_the_state_byte_equal() {
        let mut order = with_tender();
        let captured = fact("r-1", paid(Paid::Captured { amount: eur(1_000), last: true }));
        let first = order.record(&captured, at());
        order.evolve_all(&first.events);
        let stored = serde_json::to_vec(&order).unwrap();
        for n in 0..10_000 {
            let mut again = captured.clone();
            again.source.occurred_at = at() + TimeDelta::seconds(n);
            let decision = order.record(&again, at() + TimeDelta::seconds(n));
            assert!(decision.events.is_empty() && decision.effects.is_empty());
            assert!(matches!(decision.reasons[..], [OrderReason::Duplicate { .. }]));
            order.evolve_all(&decision.events);
        }
        assert_eq!(serde_json::to_vec(&order).unwrap(), stored);
    }

    #[test]
    fn ten_thousand_lines_are_placed_shipped_delivered_and_completed() {
        let lines: Vec<PlacedLine> = (0..10_000).map(|n| line(&format!("l{n}"), 2, eur(5))).collect();
        let mut order = order_of(&placement(lines));
        let opened = order
            .decide(&Ask::OpenTender { method: Method::Card, amount: eur(100_000) }.into(), at())
            .unwrap();
        order.evolve_all(&opened.events);
        let parcel = ParcelId::of(order.id(), 1);
        let contents: Vec<LineUnits> = (0..10_000)
            .rev()
            .map(|n| LineUnits { line: format!("l{n}").parse().unwrap(), units: 2 })
            .collect();
        for (n, what) in [
            paid(Paid::Captured { amount: eur(100_000), last: true }),
            Happened::Shipped { parcel: parcel.clone(), contents },
            Happened::Delivered { parcel },
        ]
        .into_iter()
        .enumerate()
        {
            let decision = order.record(&fact(&format!("r-{n}"), what), at());
            order.evolve_all(&decision.events);
        }
        assert_eq!(order.status(), OrderStatus::Delivered);
        let done = order.wake(order.next_deadline().unwrap());
        order.evolve_all(&done.events);
        assert_eq!(order.status(), OrderStatus::Completed);
        let back: Order = serde_json::from_str(&serde_json::to_string(&order).unwrap()).unwrap();
        assert_eq!(back, order);
    }
}
