//! The public table of moves is what orders do: every specimen (a unit of every method in every stage, on every
//! way that leads there) meets every request, fact and deadline, and the moves seen are the moves listed.

#[cfg(test)]
mod transitions {
    use std::collections::{BTreeMap, BTreeSet};

    use chrono::{DateTime, TimeDelta, Utc};
    use order_workflow::{
        Currency, LineId, Money, Source,
        geo::{Country, Destination},
        id::{IntentId, ParcelId},
        order::{
            payment::{Method, Paid, PaymentFact},
            *,
        },
    };

    fn begin() -> DateTime<Utc> {
        "2026-06-01T10:00:00Z".parse().unwrap()
    }

    fn eur(minor: i64) -> Money {
        Money::minor(minor, Currency::EUR)
    }

    fn line() -> LineId {
        "1".parse().unwrap()
    }

    fn of(units: u32) -> LineUnits {
        LineUnits { line: line(), units }
    }

    #[derive(Clone)]
    struct Specimen {
        order: Order,
        facts: u32,
        path: String,
    }

    #[derive(Clone, Copy)]
    enum Funds {
        Unpaid,
        Deposit,
        Paid,
        /// Paid, but confirmed only on request.
        PaidAndWaiting,
    }

    impl Specimen {
        fn new(way: Way, money: Funds, damaged: DamagedReturn) -> Self {
            let fulfilment = match way {
                Way::Ship => Fulfilment::Ship,
                Way::PickUp => Fulfilment::PickUp { location: "store".parse().unwrap() },
                Way::Digital => Fulfilment::Digital,
            };
            let by = |hours| begin() + TimeDelta::hours(hours);
            let terms = match money {
                Funds::Deposit => {
                    Terms::Presale { deposit: eur(100), deposit_by: by(2), balance_by: by(4), forfeit: false }
                }
                Funds::Unpaid | Funds::Paid | Funds::PaidAndWaiting => Terms::Prepaid { pay_by: by(2) },
            };
            let to = Destination {
                address: "a".parse().unwrap(),
                country: Country::DE,
                postcode_area: "10".to_owned(),
            };
            let placement = Placement {
                lines: vec![PlacedLine {
                    line: line(),
                    sku: "tea".parse().unwrap(),
                    seller: "shop".parse().unwrap(),
                    units: 2,
                    list: eur(500),
                    adjustments: vec![],
                    tax: vec![],
                    fulfilment,
                }],
                charges: vec![],
                currency: Currency::EUR,
                terms,
                customer: "c".parse().unwrap(),
                channel: "web".parse().unwrap(),
                ship_to: Some(to),
                promise: None,
                quote: None,
                link: None,
                notes: BTreeMap::new(),
            };
            let policy = OrderPolicy {
                damaged_return: damaged,
                late_money: LateMoney::TryReinstate,
                auto_confirm: !matches!(money, Funds::PaidAndWaiting),
                ..OrderPolicy::default()
            };
            let (order, _) = Order::place("o-1".parse().unwrap(), &placement, &policy, begin()).unwrap();
            let mut specimen = Specimen { order, facts: 0, path: String::new() };
            let amount = match money {
                Funds::Unpaid => return specimen,
                Funds::Deposit => eur(100),
                Funds::Paid | Funds::PaidAndWaiting => eur(1_000),
            };
            specimen.ask(Ask::OpenTender { method: Method::Card, amount });
            specimen.paid(amount);
            specimen
        }

        fn stage(&self) -> Stage {
            self.order.state().book.lines[0].runs[0].stage
        }

        fn at(&self) -> DateTime<Utc> {
            self.order.state().recorded_at
        }

        fn decision(&mut self, trigger: &Try) -> Option<OrderDecision> {
            match trigger {
                Try::Ask(ask) => self.order.decide(&ask.clone().into(), self.at()).ok(),
                Try::Fact(what) => {
                    self.facts += 1;
                    let reference = format!("f-{}", self.facts).parse().unwrap();
                    let source = Source { system: "t".parse().unwrap(), reference, occurred_at: self.at() };
                    Some(self.order.record(&OrderFact { source, what: what.clone() }, self.at()))
                }
                Try::Wake => self.order.next_deadline().map(|due| self.order.wake(due)),
            }
        }

        fn go(&mut self, trigger: Try) -> &mut Self {
            let decision =
                self.decision(&trigger).unwrap_or_else(|| panic!("{} refuses {trigger:?}", self.path));
            self.order.evolve_all(&decision.events);
            assert_eq!(self.order.violations(), [], "{} {trigger:?}", self.path);
            self.path += &format!(" {trigger:?}");
            self
        }

        fn ask(&mut self, ask: Ask) -> &mut Self {
            self.go(Try::Ask(ask))
        }

        fn fact(&mut self, what: Happened) -> &mut Self {
            self.go(Try::Fact(what))
        }

        fn paid(&mut self, amount: Money) -> &mut Self {
            let intent = IntentId::of(self.order.id(), 1);
            self.fact(Happened::Payment(PaymentFact { intent, what: Paid::Captured { amount, last: true } }))
        }

        fn parcel(&self, n: u32) -> ParcelId {
            ParcelId::of(self.order.id(), n)
        }

        fn and(&self, further: impl FnOnce(&mut Specimen)) -> Specimen {
            let mut other = self.clone();
            further(&mut other);
            other
        }
    }

    #[derive(Clone, Debug)]
    enum Try {
        Ask(Ask),
        Fact(Happened),
        Wake,
    }

    fn cancel() -> Ask {
        Ask::Cancel {
            scope: Scope::Line { line: line() },
            refundable: Refundable::AsPaid,
            reason: CancelReason::Customer,
        }
    }

    /// A unit of this method in every stage, on every way that leads there.
    fn specimens(way: Way) -> Vec<Specimen> {
        let mut all = Vec::new();
        for damaged in [DamagedReturn::Refund, DamagedReturn::Keep] {
            for money in [Funds::Unpaid, Funds::Deposit, Funds::Paid, Funds::PaidAndWaiting] {
                let first = Specimen::new(way, money, damaged);
                let mut house = vec![first.clone()];
                if way != Way::Digital {
                    for what in [
                        Happened::Allocated { of: of(2), location: "dc".parse().unwrap() },
                        Happened::Released { of: of(2) },
                        Happened::Picked { of: of(2) },
                        Happened::Packed { of: of(2) },
                        Happened::Verified { of: of(2) },
                    ] {
                        let last = house.last().unwrap().and(|s| {
                            s.fact(what);
                        });
                        house.push(last);
                    }
                }
                let verified = house.last().unwrap().clone();
                let mut out = vec![];
                match way {
                    Way::Ship => {
                        let contents = vec![of(2)];
                        let shipped = verified.and(|s| {
                            let parcel = s.parcel(1);
                            s.fact(Happened::Shipped { parcel, contents });
                        });
                        let lost = shipped.and(|s| {
                            let parcel = s.parcel(1);
                            s.fact(Happened::Lost { parcel });
                        });
                        all.push(lost.and(|s| {
                            s.ask(cancel());
                        }));
                        all.push(lost.and(|s| {
                            s.ask(Ask::Reship { line: line(), units: 2 });
                        }));
                        all.push(lost);
                        out.push(shipped.and(|s| {
                            let parcel = s.parcel(1);
                            s.fact(Happened::Delivered { parcel });
                        }));
                        house.push(shipped);
                    }
                    Way::PickUp => {
                        let ready = verified.and(|s| {
                            s.fact(Happened::ReadyForPickUp { of: of(2) });
                        });
                        all.push(ready.and(|s| {
                            s.fact(Happened::PickUpLapsed { of: of(2) });
                        }));
                        out.push(ready.and(|s| {
                            s.fact(Happened::Collected { of: of(2) });
                        }));
                        house.push(ready);
                    }
                    Way::Digital => out.push(first.and(|s| {
                        s.fact(Happened::Granted { of: of(2) });
                    })),
                }
                for specimen in &house {
                    all.push(specimen.and(|s| {
                        s.ask(cancel());
                    }));
                }
                for home in &out {
                    returned(way, home, &mut all);
                }
                // Timed out, then paid: stock was asked for.
                if matches!(money, Funds::Unpaid) {
                    all.push(first.and(|s| {
                        s.ask(Ask::OpenTender { method: Method::Card, amount: eur(1_000) });
                        s.go(Try::Wake).paid(eur(1_000));
                    }));
                }
                all.extend(house);
                all.extend(out);
            }
        }
        all
    }

    fn returned(way: Way, home: &Specimen, all: &mut Vec<Specimen>) {
        let asked = home.and(|s| {
            s.ask(Ask::RequestReturn { line: line(), units: 2 });
        });
        let approved = |s: &mut Specimen| {
            let case = s.order.state().book.cases[0].case.clone();
            s.ask(Ask::ApproveReturn { case, refundable: Refundable::AsPaid });
        };
        let mut coming = vec![asked.and(approved)];
        if way != Way::Digital {
            let swap = home.and(|s| {
                s.ask(Ask::RequestExchange { line: line(), units: 2, replacement: "mate".parse().unwrap() });
            });
            coming.push(swap.and(approved));
            all.push(swap);
            for specimen in coming.clone() {
                let back = specimen.and(|s| {
                    s.fact(Happened::ReceivedBack { of: of(2) });
                });
                all.push(back.and(|s| {
                    s.fact(Happened::Inspected { of: of(2), condition: Condition::Sellable });
                }));
                all.push(back);
            }
        }
        all.push(home.and(|s| {
            s.go(Try::Wake);
        }));
        all.push(asked);
        all.extend(coming);
    }

    /// Every request and fact, with every payload that might matter.
    fn tries(specimen: &Specimen) -> Vec<(Trigger, Try)> {
        let state = specimen.order.state();
        let case = state.book.cases.first().map_or("o-1/rma1".parse().unwrap(), |case| case.case.clone());
        let parcel = specimen.parcel(1);
        let price = Some(LinePrice { list: eur(600), adjustments: vec![], tax: vec![] });
        let mut all: Vec<Try> = [
            Ask::Confirm,
            Ask::Edit { lines: vec![LineEdit { line: line(), units: 1, price: None }], ship_to: None },
            Ask::Edit { lines: vec![LineEdit { line: line(), units: 3, price }], ship_to: None },
            Ask::Hold { reason: HoldReason::Fraud },
            Ask::Unhold { reason: HoldReason::Fraud },
            cancel(),
            Ask::Cancel { scope: Scope::Order, refundable: Refundable::AsPaid, reason: CancelReason::Seller },
            Ask::Cancel {
                scope: Scope::Units { line: line(), units: 1 },
                refundable: Refundable::Given(vec![eur(0)]),
                reason: CancelReason::Fraud,
            },
            Ask::RequestReturn { line: line(), units: 1 },
            Ask::ApproveReturn { case: case.clone(), refundable: Refundable::AsPaid },
            Ask::RejectReturn { case },
            Ask::RequestExchange { line: line(), units: 1, replacement: "mate".parse().unwrap() },
            Ask::Reship { line: line(), units: 1 },
            Ask::Void { intent: IntentId::of(specimen.order.id(), 1), amount: None },
        ]
        .into_iter()
        .map(Try::Ask)
        .collect();
        all.extend(
            [
                Happened::Allocated { of: of(1), location: "dc".parse().unwrap() },
                Happened::Released { of: of(1) },
                Happened::Picked { of: of(1) },
                Happened::PickedShort { of: of(1) },
                Happened::Packed { of: of(1) },
                Happened::Verified { of: of(1) },
                Happened::Shipped { parcel: parcel.clone(), contents: vec![of(1)] },
                Happened::Shipped { parcel: specimen.parcel(2), contents: vec![of(2)] },
                Happened::Delivered { parcel: parcel.clone() },
                Happened::DeliveryFailed { parcel: parcel.clone() },
                Happened::Lost { parcel },
                Happened::ReceivedBack { of: of(1) },
                Happened::Inspected { of: of(1), condition: Condition::Sellable },
                Happened::Inspected { of: of(1), condition: Condition::Damaged },
                Happened::Recalled { of: of(1) },
                Happened::RecallRefused { of: of(1) },
                Happened::ReadyForPickUp { of: of(1) },
                Happened::Collected { of: of(1) },
                Happened::PickUpLapsed { of: of(1) },
                Happened::Granted { of: of(1) },
                Happened::StockHeld,
                Happened::StockGone,
            ]
            .map(Try::Fact),
        );
        let by = |attempt: &Try| match attempt {
            Try::Ask(ask) => Trigger::Request(ask.kind()),
            Try::Fact(what) => Trigger::Fact(what.kind()),
            Try::Wake => unreachable!("a deadline names itself"),
        };
        all.into_iter().map(|attempt| (by(&attempt), attempt)).collect()
    }

    /// The first move of a decision; what follows from it (a confirmation, say) is another story.
    fn first_move(decision: &OrderDecision) -> Option<(Stage, Stage)> {
        decision.events.iter().find_map(|event| match event.what {
            OrderChange::Moved { from, to, .. } | OrderChange::MovedAll { from, to } => Some((from, to)),
            _ => None,
        })
    }

    type Move = (Way, Stage, Trigger, Stage);

    fn seen() -> (BTreeSet<Move>, BTreeSet<(Way, Stage)>) {
        let (mut moves, mut stages) = (BTreeSet::new(), BTreeSet::new());
        for way in Way::ALL {
            for specimen in specimens(way) {
                stages.insert((way, specimen.stage()));
                for (by, attempt) in tries(&specimen) {
                    let mut tried = specimen.clone();
                    let Some(decision) = tried.decision(&attempt) else { continue };
                    assert!(!decision.events.is_empty(), "{} swallows {attempt:?}", specimen.path);
                    if let Some((from, to)) = first_move(&decision) {
                        assert_eq!(from, specimen.stage(), "{} {attempt:?}", specimen.path);
                        moves.insert((way, from, by, to));
                    }
                    tried.order.evolve_all(&decision.events);
                    assert_eq!(tried.order.violations(), [], "{} {attempt:?}", specimen.path);
                }
                let woken = specimen.clone().decision(&Try::Wake);
                if let Some((from, to)) = woken.as_ref().and_then(first_move) {
                    let due =
                        woken.iter().flat_map(|decision| &decision.reasons).find_map(|reason| match reason {
                            OrderReason::Due { deadline, .. } => Some(*deadline),
                            _ => None,
                        });
                    moves.insert((way, from, Trigger::Deadline(due.unwrap()), to));
                }
            }
        }
        (moves, stages)
    }

    #[test]
    fn the_table_is_the_behaviour() {
        let mut listed: BTreeSet<Move> = BTreeSet::new();
        for row in TRANSITIONS {
            for way in row.ways {
                for from in row.from {
                    for to in row.to {
                        assert!(
                            listed.insert((*way, *from, row.by, *to)),
                            "listed twice: {way:?} {from:?} {:?}",
                            row.by
                        );
                    }
                }
            }
        }
        let (seen, _) = seen();
        let show = |moves: Vec<&Move>| -> Vec<String> {
            moves
                .iter()
                .map(|(way, from, by, to)| format!("{way:?}: {from:?} by {} to {to:?}", by.name()))
                .collect()
        };
        assert_eq!(show(seen.difference(&listed).collect()), Vec::<String>::new(), "done, but not listed");
        assert_eq!(show(listed.difference(&seen).collect()), Vec::<String>::new(), "listed, but never done");
    }

    #[test]
    fn every_stage_of_every_method_has_a_specimen() {
        let (_, stages) = seen();
        let reached = |way: Way| {
            stages.iter().filter(|(of, _)| *of == way).map(|(_, stage)| *stage).collect::<BTreeSet<_>>()
        };
        let all = |without: &[Stage]| {
            Stage::ALL.into_iter().filter(|stage| !without.contains(stage)).collect::<BTreeSet<_>>()
        };
        use Stage::*;
        assert_eq!(reached(Way::Ship), all(&[ReadyForPickUp, Collected, Granted, Lapsed]));
        assert_eq!(reached(Way::PickUp), all(&[Shipped, Delivered, Granted, Lost]));
        let digital = [Placed, Confirmed, Granted, Completed, ReturnRequested, Cancelled, Refunded];
        assert_eq!(reached(Way::Digital), digital.into_iter().collect());
    }
}
