use chrono::DateTime;
use proptest::prelude::*;
use proptest::sample::subsequence;

use super::*;
use crate::geo::{Address, Country};
use crate::id::{ChannelId, LineId, Sku};
use crate::money::{Currency, Money};

/// An owned order, so that tests can break it piece by piece.
#[derive(Clone)]
struct Desk {
    channel: ChannelId,
    total: Money,
    lines: Vec<CartLine>,
    ship_to: Option<Address>,
    billing_country: Option<Country>,
    tenders: Vec<Tender>,
    stock: Vec<StockLevel>,
    coupons: Vec<CouponClaim>,
    limits: Vec<LimitUse>,
    policy: CheckoutPolicy,
}

fn real(minor: i64) -> Money {
    Money::minor(minor, Currency::BRL)
}

fn sku(text: &str) -> Sku {
    Sku::new(text).expect("an SKU")
}

fn country(code: &str) -> Country {
    Country::from_code(code).expect("listed")
}

impl Desk {
    /// Eight lines, two tenders, two coupons, two limits, and nothing wrong.
    fn clean() -> Desk {
        let line = |n: u64| CartLine {
            line: LineId::from(n),
            sku: Sku::from(n),
            units: 2,
            seen: real(1000),
            current: real(1000),
            ships: true,
            tags: vec!["book".into()],
        };
        let coupon = |code: &str| CouponClaim { code: code.into(), state: CouponState::Valid };
        let limit = |rule: &str| LimitUse { rule: rule.into(), allowed: 4, used: 2, wanted: 2 };
        Desk {
            channel: ChannelId::new("web").expect("fits"),
            total: real(16_000),
            lines: (0..8).map(line).collect(),
            ship_to: Some(Address {
                country: Country::BR,
                recipient: "Ana Souza".into(),
                street: vec!["Avenida Paulista, 1578".into()],
                district: "Bela Vista".into(),
                city: "São Paulo".into(),
                region: "SP".into(),
                postcode: "01310-200".into(),
                phone: "+55 11 91234-5678".into(),
            }),
            billing_country: None,
            tenders: vec![
                Tender { method: Method::Voucher, amount: real(6_000) },
                Tender { method: Method::Card, amount: real(10_000) },
            ],
            stock: (0..8).map(|n| StockLevel { sku: Sku::from(n), available: 2 }).collect(),
            coupons: vec![coupon("WELCOME"), coupon("MAY10")],
            limits: vec![limit("two a week"), limit("four a year")],
            policy: CheckoutPolicy::default().with_ships_to([Country::BR]),
        }
    }

    fn problems(&self) -> Vec<CheckoutProblem> {
        let input = CheckoutInput {
            channel: &self.channel,
            total: self.total,
            lines: &self.lines,
            ship_to: self.ship_to.as_ref(),
            billing_country: self.billing_country,
            tenders: &self.tenders,
            stock: &self.stock,
            coupons: &self.coupons,
            limits: &self.limits,
        };
        validate(&input, &self.policy)
    }

    fn named(&self) -> Vec<(String, &'static str)> {
        self.problems().iter().map(|problem| (problem.path().to_owned(), problem.code())).collect()
    }

    fn address(&mut self) -> &mut Address {
        self.ship_to.as_mut().expect("clean has one")
    }

    /// Puts a rule in place of the card's.
    fn card(&mut self, change: impl FnOnce(MethodRule) -> MethodRule) {
        let rule =
            self.policy.methods.iter().find(|rule| rule.method == Method::Card).expect("offered").clone();
        self.policy = self.policy.clone().with_method(change(rule));
    }
}

/// One thing to break, and the one problem that it must give. In the order of the answer.
type Fault = (&'static str, &'static str, fn(&mut Desk));

/// None of these touches what another one touches.
const INDEPENDENT: &[Fault] = &[
    ("address.country", "checkout.country_not_served", |desk| {
        desk.policy.ships_to = Some(vec![Country::DE, Country::US]);
    }),
    ("address.recipient", "address.missing", |desk| desk.address().recipient.clear()),
    ("address.street", "address.missing", |desk| desk.address().street.clear()),
    ("address.city", "address.unprintable", |desk| desk.address().city.push('\u{1b}')),
    ("address.region", "address.missing", |desk| desk.address().region = "  ".into()),
    ("address.postcode", "address.malformed", |desk| desk.address().postcode = "1310-200".into()),
    ("address.phone", "address.malformed", |desk| desk.address().phone = "ring twice".into()),
    ("lines[1].line", "checkout.duplicate_line", |desk| desk.lines[1].line = LineId::from(0)),
    ("lines[2].units", "checkout.zero_units", |desk| desk.lines[2].units = 0),
    ("lines[3].seen", "checkout.wrong_currency", |desk| {
        desk.lines[3].seen = Money::minor(1000, Currency::USD);
    }),
    ("lines[4].current", "checkout.wrong_currency", |desk| {
        desk.lines[4].current = Money::minor(1000, Currency::USD);
    }),
    ("lines[5].price", "checkout.price_changed", |desk| desk.lines[5].current = real(1001)),
    ("lines[6].units", "checkout.unavailable", |desk| desk.stock[6].available = 1),
    ("lines[7].sku", "checkout.unavailable", |desk| desk.stock[7].available = 0),
    ("payment[0].method", "checkout.method_not_offered", |desk| {
        desk.policy = desk.policy.clone().without_method(Method::Voucher);
    }),
    ("payment[1].method", "checkout.method_not_in_channel", |desk| {
        desk.card(|rule| rule.with_channels([ChannelId::new("app").expect("fits")]));
    }),
    ("payment[1].method", "checkout.method_not_in_country", |desk| {
        desk.card(|rule| rule.with_countries([Country::DE]));
    }),
    ("payment[1].amount", "checkout.amount_out_of_range", |desk| {
        desk.card(|rule| {
            rule.with_amounts([AmountRange { currency: Currency::BRL, least_minor: 1, most_minor: 9_999 }])
        });
    }),
    ("payment[1].method", "checkout.method_not_for_lines", |desk| {
        desk.card(|rule| rule.with_not_for_skus([Sku::from(3)]));
    }),
    ("payment", "checkout.tenders_mismatch", |desk| desk.tenders[0].amount = real(5_999)),
    ("coupons[0].code", "checkout.coupon_unknown", |desk| desk.coupons[0].state = CouponState::Unknown),
    ("coupons[1].code", "checkout.coupon_used_up", |desk| {
        desk.coupons[1].state = CouponState::UsedUp { limit: 100 };
    }),
    ("limits[0]", "checkout.limit_exceeded", |desk| desk.limits[0].wanted = 3),
    ("limits[1]", "checkout.limit_exceeded", |desk| desk.limits[1].used = 5),
];

/// These stand on their own, but would hide or bring others.
const ALONE: &[Fault] = &[
    ("address", "checkout.address_missing", |desk| desk.ship_to = None),
    ("address.country", "address.no_format", |desk| {
        desk.address().country = country("PT");
        desk.policy = CheckoutPolicy::default().with_unchecked_address(UncheckedAddress::Refuse);
    }),
    ("lines", "checkout.empty_cart", |desk| desk.lines.clear()),
    ("lines[0].price", "checkout.price_changed", |desk| {
        desk.policy.price_down = Tolerance::BasisPoints(50);
        desk.lines[0].current = real(994);
    }),
    ("payment[0].amount", "checkout.wrong_currency", |desk| {
        desk.tenders[0].amount = Money::minor(6_000, Currency::USD);
    }),
    ("payment[0].amount", "checkout.amount_not_positive", |desk| {
        desk.tenders[0].amount = real(0);
        desk.tenders[1].amount = real(16_000);
    }),
    ("payment[1].amount", "checkout.method_not_in_currency", |desk| {
        desk.card(|rule| {
            rule.with_amounts([AmountRange {
                currency: Currency::EUR,
                least_minor: 1,
                most_minor: 9_999_999,
            }])
        });
    }),
    ("payment[1].method", "checkout.method_not_for_lines", |desk| {
        desk.card(|rule| rule.with_not_for_tags(["book".to_owned()]));
    }),
    ("payment[1].method", "checkout.method_not_in_country", |desk| {
        desk.card(|rule| rule.with_countries([Country::BR]));
        desk.billing_country = Some(Country::DE); // goes before the country of the address
    }),
    ("payment[1].method", "checkout.method_not_in_country", |desk| {
        desk.card(|rule| rule.with_countries([Country::BR]));
        desk.ship_to = None;
        desk.lines.iter_mut().for_each(|line| line.ships = false);
    }),
    ("payment", "checkout.tenders_mismatch", |desk| desk.tenders.clear()),
    ("payment", "checkout.tenders_mismatch", |desk| {
        desk.tenders = vec![Tender { method: Method::Card, amount: real(i64::MAX) }; 3];
    }),
    ("total", "checkout.negative_total", |desk| desk.total = real(-1)),
    ("coupons[0].code", "checkout.coupon_not_yet", |desk| {
        desk.coupons[0].state = CouponState::NotYet { from: DateTime::UNIX_EPOCH };
    }),
    ("coupons[0].code", "checkout.coupon_expired", |desk| {
        desk.coupons[0].state = CouponState::Expired { until: DateTime::UNIX_EPOCH };
    }),
    ("coupons[0].code", "checkout.coupon_not_owner", |desk| desk.coupons[0].state = CouponState::NotOwner),
    ("coupons[0].code", "checkout.coupon_no_customer", |desk| {
        desk.coupons[0].state = CouponState::NoCustomer
    }),
    ("coupons[0].code", "checkout.coupon_ended", |desk| desk.coupons[0].state = CouponState::Ended),
    ("coupons[0].code", "checkout.coupon_other_currency", |desk| {
        desk.coupons[0].state = CouponState::OtherCurrency;
    }),
    ("limits[0]", "checkout.limit_exceeded", |desk| {
        desk.limits[0] = LimitUse { rule: "all".into(), allowed: u32::MAX, used: u32::MAX, wanted: 1 };
    }),
];

#[test]
fn a_clean_order_has_no_problems() {
    assert_eq!(Desk::clean().problems(), []);
}

#[test]
fn each_fault_gives_its_problem_and_no_other() {
    for (path, code, inject) in INDEPENDENT.iter().chain(ALONE) {
        let mut desk = Desk::clean();
        inject(&mut desk);
        assert_eq!(desk.named(), [((*path).to_owned(), *code)]);
        let problem = &desk.problems()[0];
        let sentence = problem.to_string();
        assert!(sentence.starts_with(&format!("{path}: ")) && sentence.contains("accepted: "), "{sentence}");
        let json = serde_json::to_string(problem).expect("serialises");
        assert_eq!(&serde_json::from_str::<CheckoutProblem>(&json).expect("reads"), problem);
    }
}

#[test]
fn sentences_name_the_value_and_what_is_accepted() {
    for (path, code, sentence) in [
        (
            "address.country",
            "checkout.country_not_served",
            "country `BR` is not shipped to; accepted: DE, US",
        ),
        (
            "lines[1].line",
            "checkout.duplicate_line",
            "line `0` is there already, as lines[0]; accepted: an id of its own",
        ),
        (
            "lines[3].seen",
            "checkout.wrong_currency",
            "`10.00 USD` is not in the order's currency; accepted: an amount of BRL",
        ),
        (
            "lines[5].price",
            "checkout.price_changed",
            "the price of `5` was 10.00 BRL in the cart and is `10.01 BRL` now; accepted: at most 10.00 BRL",
        ),
        ("lines[6].units", "checkout.unavailable", "2 units of `6` are wanted; accepted: at most 1"),
        (
            "payment[0].method",
            "checkout.method_not_offered",
            "payment by `Voucher` is not offered; \
             accepted: Card, DebitCard, BankSlip, Wallet, StoreCredit, CashOnDelivery",
        ),
        (
            "payment[1].method",
            "checkout.method_not_in_channel",
            "payment by Card is not offered in channel `web`; accepted: app",
        ),
        (
            "payment[1].amount",
            "checkout.amount_out_of_range",
            "payment of `100.00 BRL` by Card is out of range; accepted: 0.01 BRL to 99.99 BRL",
        ),
        (
            "payment[1].method",
            "checkout.method_not_for_lines",
            "payment by Card cannot pay lines `3`; accepted: another method, or the cart without them",
        ),
        ("payment", "checkout.tenders_mismatch", "the tenders sum to `159.99 BRL`; accepted: 160.00 BRL"),
        (
            "coupons[1].code",
            "checkout.coupon_used_up",
            "coupon `MAY10` is used up; accepted: 100 uses in all",
        ),
        (
            "limits[0]",
            "checkout.limit_exceeded",
            "rule `two a week` allows 4 units, 2 are used and `3` wanted; accepted: at most 2",
        ),
    ] {
        let fault = INDEPENDENT.iter().find(|fault| (fault.0, fault.1) == (path, code)).expect(code);
        let mut desk = Desk::clean();
        fault.2(&mut desk);
        assert_eq!(desk.problems()[0].to_string(), format!("{path}: {sentence}"));
    }
}

#[test]
fn prices_may_move_within_the_tolerance_of_each_side() {
    for (up, down, seen, current, fine) in [
        (Tolerance::Exact, Tolerance::Exact, 1000, 1000, true),
        (Tolerance::Exact, Tolerance::Exact, 1000, 1001, false),
        (Tolerance::Exact, Tolerance::Exact, 1000, 999, false),
        (Tolerance::Exact, Tolerance::Any, 1000, 0, true),
        (Tolerance::Any, Tolerance::Exact, 1000, i64::MAX, true),
        (Tolerance::BasisPoints(100), Tolerance::Exact, 1000, 1010, true),
        (Tolerance::BasisPoints(100), Tolerance::Exact, 1000, 1011, false),
        (Tolerance::BasisPoints(100), Tolerance::Exact, 99, 100, false), // 0.99 rounds down to nothing
        (Tolerance::Exact, Tolerance::BasisPoints(250), 1000, 975, true),
        (Tolerance::Exact, Tolerance::BasisPoints(250), 1000, 974, false),
        (Tolerance::BasisPoints(u32::MAX), Tolerance::Exact, i64::MAX, i64::MAX, true),
        (Tolerance::BasisPoints(0), Tolerance::BasisPoints(0), 0, 0, true),
        (Tolerance::BasisPoints(u32::MAX), Tolerance::Exact, 0, 1, false), // no part of nothing
    ] {
        let mut desk = Desk::clean();
        desk.policy = desk.policy.with_price_up(up).with_price_down(down);
        (desk.lines[0].seen, desk.lines[0].current) = (real(seen), real(current));
        assert_eq!(desk.problems().is_empty(), fine, "{up:?} {down:?} {seen} {current}");
    }
}

#[test]
fn units_are_counted_per_sku() {
    let mut desk = Desk::clean();
    for index in [1, 4, 6] {
        desk.lines[index].sku = sku("same");
    }
    desk.stock.push(StockLevel { sku: sku("same"), available: 3 });
    assert_eq!(desk.named(), [("lines[4].units".to_owned(), "checkout.unavailable")]); // 2, then 4, then 6
    let expected = Problem::Unavailable { sku: sku("same"), wanted: 6, available: 3 };
    assert_eq!(desk.problems()[0].problem(), &expected);
    desk.stock.push(StockLevel { sku: sku("same"), available: 3 }); // a second shelf
    assert_eq!(desk.problems(), []);
    desk.stock.clear(); // what is not listed is not checked
    assert_eq!(desk.problems(), []);
}

#[test]
fn only_what_is_shipped_needs_an_address() {
    let mut desk = Desk::clean();
    desk.ship_to = None;
    desk.lines.iter_mut().for_each(|line| line.ships = line.line == LineId::from(5));
    let expected = Problem::AddressMissing { lines: vec![LineId::from(5)] };
    assert_eq!(desk.problems()[0].problem(), &expected);
    desk.lines[5].ships = false;
    assert_eq!(desk.problems(), []);
}

#[test]
fn an_order_for_nothing_needs_no_tender() {
    let mut desk = Desk::clean();
    desk.total = real(0);
    desk.tenders.clear();
    assert_eq!(desk.problems(), []);
}

#[test]
fn a_country_without_format_is_accepted_unless_the_policy_says_else() {
    let mut desk = Desk::clean();
    desk.policy = CheckoutPolicy::default();
    desk.address().country = country("PT");
    assert_eq!(desk.problems(), []);
}

#[test]
fn what_follows_from_a_problem_is_not_named_beside_it() {
    let mut desk = Desk::clean();
    // Twice the price, but in another currency.
    (desk.lines[0].seen, desk.lines[0].current) = (real(1000), Money::minor(2000, Currency::USD));
    // Not offered, so neither channel, country nor range are judged; the currency is.
    desk.policy = desk.policy.without_method(Method::Voucher);
    desk.tenders[0].amount = Money::minor(6_000, Currency::USD);
    let expected = [
        ("lines[0].current", "checkout.wrong_currency"),
        ("payment[0].amount", "checkout.wrong_currency"),
        ("payment[0].method", "checkout.method_not_offered"),
    ];
    assert_eq!(desk.named(), expected.map(|(path, code)| (path.to_owned(), code)));
}

#[test]
fn a_policy_travels_and_may_be_left_out_in_part() {
    let policy = Desk::clean().policy;
    let json = serde_json::to_string(&policy).expect("serialises");
    assert_eq!(serde_json::from_str::<CheckoutPolicy>(&json).expect("reads"), policy);
    let some: CheckoutPolicy = serde_json::from_str(
        r#"{"ships_to":["DE"],"methods":[{"method":"bank_slip"}],"price_up":{"basis_points":50}}"#,
    )
    .expect("reads");
    assert_eq!(some.methods, [MethodRule::anywhere(Method::BankSlip)]);
    assert_eq!((some.price_up, some.price_down), (Tolerance::BasisPoints(50), Tolerance::Any));
    serde_json::from_str::<CheckoutPolicy>(r#"{"ship_to":[]}"#).expect_err("a slip of the pen");
}

proptest! {
    #[test]
    fn k_faults_give_exactly_k_problems_in_order(chosen in subsequence(INDEPENDENT, 0..=INDEPENDENT.len())) {
        let mut desk = Desk::clean();
        for (_, _, inject) in &chosen {
            inject(&mut desk);
        }
        let expected: Vec<_> = chosen.iter().map(|(path, code, _)| ((*path).to_owned(), *code)).collect();
        prop_assert_eq!(desk.named(), expected);
        prop_assert_eq!(desk.problems(), desk.problems());
    }

    #[test]
    fn units_agree_with_picking_them_one_by_one(
        units in proptest::collection::vec((0u8..3, 1u32..5), 1..8), available in any::<[u8; 3]>(),
    ) {
        let mut desk = Desk::clean();
        desk.lines.truncate(units.len());
        for (line, (which, units)) in desk.lines.iter_mut().zip(&units) {
            (line.sku, line.units) = (Sku::from(u64::from(*which)), *units);
        }
        let mut shelves = available.map(|level| level % 12);
        desk.stock = (0..3).map(|n| StockLevel { sku: Sku::from(n as u64), available: u32::from(shelves[n]) }).collect();
        let mut expected = vec![];
        let mut told = [false; 3];
        for (index, (which, units)) in units.iter().enumerate() {
            let which = usize::from(*which);
            for _ in 0..*units {
                if shelves[which] > 0 {
                    shelves[which] -= 1;
                } else if !told[which] {
                    told[which] = true;
                    let field = if available[which] % 12 == 0 { "sku" } else { "units" };
                    expected.push((format!("lines[{index}].{field}"), "checkout.unavailable"));
                }
            }
        }
        prop_assert_eq!(desk.named(), expected);
    }
}
