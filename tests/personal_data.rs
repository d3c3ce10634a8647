//! Nothing that names a person reaches what an order stores, sends or answers.

#[cfg(test)]
mod personal_data {
    use std::collections::BTreeMap;

    use chrono::{DateTime, TimeDelta, Utc};
    use order_workflow::{
        Currency, Money, Source,
        geo::{Address, Country, check_address},
        id::{ParcelId, ReturnId},
        order::{
            payment::{Method, Paid, PaymentFact},
            *,
        },
    };

    /// What must never be found: a name, streets, a phone, a town, and the part of a postcode that finds a door.
    fn planted() -> Vec<(Address, Vec<&'static str>)> {
        let address = |country,
                       recipient: &str,
                       street: &str,
                       district: &str,
                       city: &str,
                       region: &str,
                       rest: [&str; 2]| Address {
            country,
            recipient: recipient.to_owned(),
            street: vec![street.to_owned()],
            district: district.to_owned(),
            city: city.to_owned(),
            region: region.to_owned(),
            postcode: rest[0].to_owned(),
            phone: rest[1].to_owned(),
        };
        vec![
            (
                address(
                    Country::DE,
                    "Ana Beispiel",
                    "Lindenstraße 4711",
                    "",
                    "Potsdam",
                    "",
                    ["14467", "+49 331 5550123"],
                ),
                vec!["Ana", "Beispiel", "Lindenstra", "4711", "5550123", "Potsdam", "14467"],
            ),
            (
                address(
                    Country::BR,
                    "João Exemplo",
                    "Rua Acácias 815",
                    "Centro",
                    "Niterói",
                    "RJ",
                    ["24020-125", "+55 21 5550199"],
                ),
                vec!["João", "Exemplo", "Acácias", "815", "5550199", "Niterói", "24020-125"],
            ),
            (
                address(
                    Country::US,
                    "Pat Sample",
                    "742 Evergreen",
                    "",
                    "Springfield",
                    "IL",
                    ["62704", "+1 217 555 0142"],
                ),
                vec!["Pat", "Sample", "742", "Evergreen", "Springfield", "62704", "555 0142"],
            ),
            (
                address(
                    Country::CN,
                    "王小明",
                    "学院路三十号",
                    "海淀区",
                    "北京市",
                    "北京市",
                    ["100083", "+86 10 5550 1234"],
                ),
                vec!["王小明", "学院路", "海淀", "5550 1234", "100083"],
            ),
        ]
    }

    #[test]
    fn no_event_effect_reason_or_snapshot_names_a_person() {
        for (address, secrets) in planted() {
            assert_eq!(check_address(&address), [], "{address:?}");
            let written = life(&address);
            assert!(
                written.contains("addr-1") && written.contains(address.country.code()),
                "the reference is there"
            );
            for secret in secrets {
                assert!(!written.contains(secret), "`{secret}` stands in {written}");
            }
        }
    }

    /// Everything that an eventful life writes, as JSON.
    fn life(address: &Address) -> String {
        let at: DateTime<Utc> = "2026-06-01T10:00:00Z".parse().unwrap();
        let (mut order, placed) =
            Order::place("o-1".parse().unwrap(), &placement(address, at), &OrderPolicy::default(), at)
                .unwrap();
        let mut written = serde_json::to_string(&placed).unwrap();
        let mut n = 0;
        let of = |units| LineUnits { line: "1".parse().unwrap(), units };
        let (parcel, second) = (ParcelId::of(order.id(), 1), ParcelId::of(order.id(), 2));
        let intent = order_workflow::id::IntentId::of(order.id(), 1);
        let paid = |what| Happened::Payment(PaymentFact { intent: intent.clone(), what });
        let amount = Money::minor(3_000, Currency::EUR);
        let moved =
            Ask::Edit { lines: vec![], ship_to: Some(address.destination("addr-1".parse().unwrap())) };
        enum Input {
            Ask(Ask),
            Fact(Happened),
        }
        for input in [
            Input::Ask(moved),
            Input::Ask(Ask::OpenTender { method: Method::Card, amount }),
            Input::Fact(paid(Paid::Authorised { amount, expires_at: None })),
            Input::Fact(paid(Paid::Captured { amount, last: true })),
            Input::Fact(Happened::Shipped { parcel: parcel.clone(), contents: vec![of(2)] }),
            Input::Fact(Happened::Shipped { parcel: second.clone(), contents: vec![of(2)] }),
            Input::Fact(Happened::DeliveryFailed { parcel: parcel.clone() }),
            Input::Fact(Happened::Delivered { parcel }),
            Input::Fact(Happened::Lost { parcel: second }),
            Input::Ask(Ask::RequestReturn { line: "1".parse().unwrap(), units: 1 }),
            Input::Ask(Ask::ApproveReturn {
                case: ReturnId::of(order.id(), 1),
                refundable: Refundable::AsPaid,
            }),
            Input::Fact(Happened::ReceivedBack { of: of(1) }),
            Input::Fact(Happened::Inspected { of: of(1), condition: Condition::Damaged }),
            Input::Ask(Ask::Reship { line: "1".parse().unwrap(), units: 1 }),
            Input::Fact(paid(Paid::ChargebackOpened { amount: Money::minor(500, Currency::EUR) })),
        ] {
            n += 1;
            let now = at + TimeDelta::minutes(n);
            let decision = match input {
                Input::Ask(ask) => order.decide(&ask.into(), now).unwrap(),
                Input::Fact(what) => {
                    let reference = format!("r-{n}").parse().unwrap();
                    let source = Source { system: "w".parse().unwrap(), reference, occurred_at: now };
                    order.record(&OrderFact { source, what }, now)
                }
            };
            order.evolve_all(&decision.events);
            written += &serde_json::to_string(&decision).unwrap();
        }
        assert_eq!(order.violations(), []);
        written + &serde_json::to_string(&order).unwrap()
    }

    fn placement(address: &Address, at: DateTime<Utc>) -> Placement {
        Placement {
            lines: vec![PlacedLine {
                line: "1".parse().unwrap(),
                sku: "mug".parse().unwrap(),
                seller: "shop".parse().unwrap(),
                units: 3,
                list: Money::minor(1_000, Currency::EUR),
                adjustments: vec![],
                tax: vec![],
                fulfilment: Fulfilment::Ship,
            }],
            charges: vec![],
            currency: Currency::EUR,
            terms: Terms::Prepaid { pay_by: at + TimeDelta::hours(2) },
            customer: "c-1".parse().unwrap(),
            channel: "web".parse().unwrap(),
            ship_to: Some(address.destination("addr-1".parse().unwrap())),
            promise: None,
            quote: None,
            link: None,
            notes: BTreeMap::new(),
        }
    }
}
