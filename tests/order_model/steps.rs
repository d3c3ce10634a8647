//! Random placements and random steps. A step is a handful of small numbers, read against the order as it stands:
//! so that many make sense, some do not, and all shrink.
use chrono::{DateTime, TimeDelta, Utc};
use order_workflow::{
    decision::Source,
    geo::{Country, Destination},
    id::{IntentId, LineId, OrderId, ParcelId, ReturnId},
    money::{Currency, Money},
    order::{
        Adjustment, Ask, CancelReason, CaptureWhen, Charge, ChargeKind, ChargeRefund, Condition,
        DamagedReturn, Fulfilment, Happened, HoldReason, LateMoney, LineEdit, LinePrice, LineUnits,
        ORDER_MINOR_MAX, OrderFact, OrderPolicy, PlacedLine, Placement, Refundable, Scope, Stage, Terms,
        UnitTax, Way,
        payment::{Method, Paid, PaymentFact, RefundSplit},
    },
};
use proptest::prelude::*;

use super::cells::{Model, at_customer};

pub const CURRENCY: Currency = Currency::EUR;

pub fn start() -> DateTime<Utc> {
    "2026-03-02T09:00:00Z".parse().expect("a time")
}

pub fn eur(minor: i64) -> Money {
    Money::minor(minor, CURRENCY)
}

pub fn order_id() -> OrderId {
    "o-1".parse().expect("an id")
}

pub fn line_id(at: usize) -> LineId {
    format!("l{at}").parse().expect("an id")
}

// ---- placements --------------------------------------------------------------------------------------

type LinePlan = (u32, i64, u8, Vec<(u32, u32, i64)>, Vec<(u32, u32, i64, bool)>);

fn line_plan() -> impl Strategy<Value = LinePlan> {
    (
        1..=4_u32,
        prop_oneof![1 => Just(0_i64), 9 => 1..=5_000_i64],
        prop_oneof![5 => Just(0_u8), 3 => Just(1_u8), 2 => Just(2_u8)],
        prop::collection::vec((0..4_u32, 1..=4_u32, 0..=100_i64), 0..=2),
        prop::collection::vec((0..4_u32, 1..=4_u32, 0..=100_i64, any::<bool>()), 0..=2),
    )
}

fn line(at: usize, plan: LinePlan) -> PlacedLine {
    let (units, list, way, off, tax) = plan;
    let run = |first: u32, run: u32| (first % units, run.min(units - first % units));
    let adjustments = off.into_iter().map(|(first, length, percent)| {
        let (first_unit, units) = run(first, length);
        Adjustment {
            promotion: "promo".parse().expect("an id"),
            funder: "shop".parse().expect("an id"),
            first_unit,
            units,
            per_unit: eur(list * percent / 400),
        }
    });
    let taxes = tax.into_iter().map(|(first, length, percent, included)| {
        let (first_unit, units) = run(first, length);
        UnitTax { first_unit, units, per_unit: eur(list * percent / 400), included }
    });
    PlacedLine {
        line: line_id(at),
        sku: format!("sku{at}").parse().expect("an id"),
        seller: "seller".parse().expect("an id"),
        units,
        list: eur(list),
        adjustments: adjustments.collect(),
        tax: taxes.collect(),
        fulfilment: match way {
            0 => Fulfilment::Ship,
            1 => Fulfilment::PickUp { location: "shop".parse().expect("an id") },
            _ => Fulfilment::Digital,
        },
    }
}

fn terms() -> impl Strategy<Value = (u8, i64, bool)> {
    (prop_oneof![3 => Just(0_u8), 1 => Just(1_u8), 2 => Just(2_u8)], 1..=100_i64, any::<bool>())
}

pub fn placement() -> impl Strategy<Value = Placement> {
    let charge = (0..=900_i64, 0..=4_u8, 0..4_u8, 0..=50_i64);
    (prop::collection::vec(line_plan(), 1..=4), prop::collection::vec(charge, 0..=3), terms()).prop_map(
        |(lines, charges, (kind, percent, forfeit))| {
            let count = lines.len();
            let lines: Vec<PlacedLine> =
                lines.into_iter().enumerate().map(|(at, plan)| line(at, plan)).collect();
            let charges = charges.into_iter().map(|(amount, of, refund, tax)| Charge {
                kind: ChargeKind::Freight,
                amount: eur(amount),
                tax: (tax > 25).then(|| eur(amount * tax / 400)),
                line: (of > 1).then(|| line_id(of as usize % count)),
                refund: [
                    ChargeRefund::Never,
                    ChargeRefund::UntilShipped,
                    ChargeRefund::WithLastUnit,
                    ChargeRefund::Proportional,
                ][refund as usize],
            });
            let mut placement = plain(lines, charges.collect(), Terms::OnDelivery);
            let total = total(&placement);
            placement.terms = match kind {
                0 => Terms::Prepaid { pay_by: start() + TimeDelta::hours(12) },
                1 => Terms::OnDelivery,
                _ if total == 0 => Terms::OnDelivery,
                _ => Terms::Presale {
                    deposit: eur((total * percent / 100).max(1)),
                    deposit_by: start() + TimeDelta::hours(12),
                    balance_by: start() + TimeDelta::days(5),
                    forfeit,
                },
            };
            placement
        },
    )
}

/// The sum of everything, straight from the definition.
pub fn total(placement: &Placement) -> i64 {
    let units: i64 = placement.lines.iter().flat_map(super::cells::unit_prices).sum();
    units + placement.charges.iter().map(|charge| charge.amount.minor_units()).sum::<i64>()
}

pub fn plain(lines: Vec<PlacedLine>, charges: Vec<Charge>, terms: Terms) -> Placement {
    Placement {
        lines,
        charges,
        currency: CURRENCY,
        terms,
        customer: "customer".parse().expect("an id"),
        channel: "web".parse().expect("an id"),
        ship_to: Some(destination("10")),
        promise: None,
        quote: None,
        link: None,
        notes: Default::default(),
    }
}

pub fn destination(area: &str) -> Destination {
    Destination {
        address: "vault-1".parse().expect("a reference"),
        country: Country::DE,
        postcode_area: area.to_owned(),
    }
}

pub fn policy() -> impl Strategy<Value = OrderPolicy> {
    (
        (
            prop_oneof![Just(CaptureWhen::OnConfirm), Just(CaptureWhen::OnShip), Just(CaptureWhen::ByHand)],
            prop_oneof![Just(LateMoney::Refund), Just(LateMoney::TryReinstate)],
            prop_oneof![3 => Just(0_i64), 1 => Just(3_i64), 1 => Just(300_i64)],
            prop_oneof![
                Just(RefundSplit::Proportional),
                Just(RefundSplit::LastInFirstOut),
                Just(RefundSplit::StoreCreditFirst)
            ],
        ),
        prop::bool::weighted(0.8),
        any::<bool>(),
        1..=3_u32,
        any::<bool>(),
        prop_oneof![Just(DamagedReturn::Refund), Just(DamagedReturn::Keep)],
    )
        .prop_map(
            |((capture, late_money, tolerance, split), auto_confirm, strict, attempts, again, damaged)| {
                OrderPolicy {
                    gateway_attempts: attempts,
                    reauthorise: again,
                    damaged_return: damaged,
                    ..OrderPolicy::default()
                        .with_capture(capture)
                        .with_late_money(late_money)
                        .with_short_tolerance_minor(tolerance)
                        .with_refund_split(split)
                        .with_auto_confirm(auto_confirm)
                        .with_strict_stages(strict)
                }
            },
        )
}

// ---- steps -------------------------------------------------------------------------------------------

#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// Whatever leads the order on, chosen from what is possible.
    Forward { which: u8, late: u8 },
    /// A request, mostly sensible.
    Ask { kind: u8, a: u8, b: u8, c: u8, version: u8 },
    /// A fact, mostly sensible.
    Fact { kind: u8, a: u8, b: u8, c: u8, when: u8 },
    /// A fact that was told before, word for word or with another content under the same reference.
    Repeat { which: u8, changed: bool },
    /// A wake.
    Wake,
}

pub fn step() -> impl Strategy<Value = (u8, Step)> {
    let kind = prop_oneof![
        6 => (any::<u8>(), any::<u8>()).prop_map(|(which, late)| Step::Forward { which, late }),
        3 => (0..15_u8, any::<u8>(), any::<u8>(), any::<u8>(), any::<u8>())
            .prop_map(|(kind, a, b, c, version)| Step::Ask { kind, a, b, c, version }),
        4 => (0..FACT_KINDS, any::<u8>(), any::<u8>(), any::<u8>(), any::<u8>())
            .prop_map(|(kind, a, b, c, when)| Step::Fact { kind, a, b, c, when }),
        1 => (any::<u8>(), any::<bool>()).prop_map(|(which, changed)| Step::Repeat { which, changed }),
        1 => Just(Step::Wake),
    ];
    (any::<u8>(), kind)
}

/// What is asked and told before the random steps, so that more orders get far: nothing; a tender for everything
/// that is captured, or authorised, for some hours or without end; one that is captured too late. `true`: only
/// once the next deadline is reached.
pub fn head(model: &Model, by: u8) -> Vec<(bool, On)> {
    let due = -model.over();
    if by == 0 || due == 0 {
        return vec![];
    }
    let amount = eur(due);
    let what = match by {
        1 | 4 => Paid::Captured { amount, last: true },
        2 => Paid::Authorised { amount, expires_at: None },
        _ => Paid::Authorised { amount, expires_at: Some(start() + TimeDelta::hours(30)) },
    };
    let intent = IntentId::of(&model.id, 1);
    vec![
        (false, On::Ask(Ask::OpenTender { method: Method::Card, amount })),
        (by == 4, On::Fact(Happened::Payment(PaymentFact { intent, what }))),
    ]
}

/// How far the clock goes before a step.
pub fn advance(by: u8, now: DateTime<Utc>, deadline: Option<DateTime<Utc>>) -> DateTime<Utc> {
    let due = deadline.unwrap_or(now);
    match by {
        0..=139 => now,
        140..=191 => now + TimeDelta::seconds(60),
        192..=200 => now + TimeDelta::hours(1),
        201..=212 => due.max(now),
        213..=218 => (due - TimeDelta::microseconds(1)).max(now),
        219..=224 => due.max(now) + TimeDelta::microseconds(1),
        225..=232 => now + TimeDelta::nanoseconds(1_700),
        233..=242 => now + TimeDelta::days(1),
        243..=248 => now + TimeDelta::days(40),
        249..=255 => now - TimeDelta::hours(3),
    }
}

fn pick<T: Clone>(items: &[T], by: u8) -> Option<T> {
    items.get(usize::from(by).checked_rem(items.len())?).cloned()
}

fn a_line(model: &Model, by: u8) -> LineId {
    match by {
        250..=255 => line_id(99),
        _ => model.lines[usize::from(by) % model.lines.len()].id.clone(),
    }
}

fn an_intent(model: &Model, by: u8) -> IntentId {
    let ids: Vec<IntentId> = model.tenders.iter().map(|tender| tender.intent.clone()).collect();
    match by {
        250..=255 => IntentId::of(&model.id, 77),
        _ => pick(&ids, by).unwrap_or_else(|| IntentId::of(&model.id, 1)),
    }
}

fn a_parcel(model: &Model, by: u8) -> ParcelId {
    ParcelId::of(&model.id, u32::from(by % 4) + 1)
}

fn a_case(model: &Model, by: u8) -> ReturnId {
    let waiting: Vec<ReturnId> =
        model.cases.iter().filter(|case| case.waits).map(|case| case.id.clone()).collect();
    match by {
        240..=255 => ReturnId::of(&model.id, u32::from(by) - 239),
        _ => pick(&waiting, by).unwrap_or_else(|| ReturnId::of(&model.id, 1)),
    }
}

/// Some units: all that `most` says, fewer, none, too many.
fn some_units(most: usize, by: u8) -> u32 {
    let most = most as u32;
    match by {
        0..=99 => most.max(1),
        100..=229 => u32::from(by) % most.max(1) + 1,
        230..=239 => 0,
        240..=250 => most + 1,
        251..=255 => u32::MAX,
    }
}

/// Some amount around the sensible one.
fn some_money(sensible: i64, by: u8) -> Money {
    match by {
        0..=149 => eur(sensible),
        150..=179 => eur(sensible / 2),
        180..=199 => eur(sensible.saturating_add(1)),
        200..=214 => eur(sensible.saturating_mul(2)),
        215..=224 => eur(1),
        225..=229 => eur(0),
        230..=234 => eur(-5),
        235..=238 => eur(i64::MAX),
        239..=240 => eur(i64::MIN),
        241..=242 => eur(ORDER_MINOR_MAX),
        243..=249 => Money::minor(sensible, Currency::USD),
        250..=255 => eur(sensible - 3),
    }
}

fn some_refundable(paid: &[i64], by: u8) -> Refundable {
    match by {
        0..=159 => Refundable::AsPaid,
        160..=199 => Refundable::Given(paid.iter().map(|paid| eur(paid / 2)).collect()),
        200..=219 => Refundable::Given(
            paid.iter().enumerate().map(|(at, paid)| eur((paid - at as i64 * 7).max(0))).collect(),
        ),
        220..=229 => Refundable::Given(paid.iter().map(|paid| eur(paid + 1)).collect()),
        230..=239 => Refundable::Given(paid.iter().skip(1).map(|paid| eur(*paid)).collect()),
        240..=244 => Refundable::Given(paid.iter().map(|_| eur(-1)).collect()),
        245..=249 => Refundable::Given(paid.iter().map(|paid| Money::minor(*paid, Currency::USD)).collect()),
        250..=255 => Refundable::Given(paid.iter().map(|_| eur(0)).collect()),
    }
}

const HOLDS: [HoldReason; 7] = [
    HoldReason::Fraud,
    HoldReason::Address,
    HoldReason::Payment,
    HoldReason::Chargeback,
    HoldReason::Stock,
    HoldReason::Customer,
    HoldReason::Operations,
];

const REASONS: [CancelReason; 5] = [
    CancelReason::Customer,
    CancelReason::Seller,
    CancelReason::OutOfStock,
    CancelReason::Fraud,
    CancelReason::PaymentTimeout,
];

pub fn ask(model: &Model, kind: u8, a: u8, b: u8, c: u8) -> Ask {
    let line = a_line(model, a);
    let cells = model.line_at(&line).map_or(&[][..], |at| &model.lines[at].cells);
    let way = model.line_at(&line).map_or(Way::Ship, |at| model.lines[at].way);
    let in_stage = |stage: Stage| cells.iter().filter(|cell| cell.stage == stage).count();
    let intent = an_intent(model, a);
    let open = model.tender_at(&intent).map_or(0, |at| {
        let tender = &model.tenders[at];
        tender.open - tender.capturing - tender.voiding
    });
    match kind {
        0 => Ask::Confirm,
        1 => {
            let live = cells.iter().filter(|cell| cell.stage.is_live()).count() as u32;
            let units = match b {
                0..=79 => live + 1,
                80..=159 => live.saturating_sub(1),
                160..=199 => live,
                200..=229 => u32::from(b) % 5,
                230..=255 => 0,
            };
            let price = |list: i64| LinePrice { list: eur(list), adjustments: vec![], tax: vec![] };
            let first = cells.first().map_or(0, |cell| cell.gross);
            let price = match c {
                0..=99 => None,
                100..=149 => Some(price(first + 100)),
                150..=199 => Some(price(first / 2)),
                200..=219 => Some(LinePrice {
                    tax: vec![UnitTax {
                        first_unit: u32::from(c) % 3,
                        units: 1,
                        per_unit: eur(10),
                        included: false,
                    }],
                    ..price(first)
                }),
                220..=229 => Some(price(-1)),
                230..=239 => Some(LinePrice { list: Money::minor(5, Currency::USD), ..price(first) }),
                240..=255 => Some(price(i64::MAX)),
            };
            let ship_to = (c % 7 == 3).then(|| destination("20"));
            let mut lines = vec![LineEdit { line: line.clone(), units, price }];
            if b % 11 == 5 {
                lines.push(LineEdit { line: a_line(model, a.wrapping_add(1)), units: 2, price: None });
            }
            if b % 13 == 7 {
                lines.clear();
            }
            Ask::Edit { lines, ship_to }
        }
        2 => Ask::Hold { reason: HOLDS[usize::from(a) % 7] },
        3 => {
            let held: Vec<HoldReason> = model.holds.iter().copied().collect();
            Ask::Unhold { reason: pick(&held, a).filter(|_| b < 200).unwrap_or(HOLDS[usize::from(a) % 7]) }
        }
        4 => {
            let scope = match b {
                0..=59 => Scope::Order,
                60..=119 => Scope::Line { line: line.clone() },
                120..=255 => {
                    Scope::Units { line: line.clone(), units: some_units(cells.len(), b.wrapping_mul(7)) }
                }
            };
            let paid = model.would_cancel(&scope);
            Ask::Cancel {
                refundable: some_refundable(&paid, c),
                scope,
                reason: REASONS[usize::from(c.min(b)) % 5],
            }
        }
        5 => Ask::RequestReturn { line, units: some_units(in_stage(at_customer(way)), b) },
        6 | 7 => {
            let case = a_case(model, a);
            if kind == 7 {
                return Ask::RejectReturn { case };
            }
            let paid = model.prices_of_case(&case);
            Ask::ApproveReturn { case, refundable: some_refundable(&paid, b) }
        }
        8 => Ask::RequestExchange {
            line,
            units: some_units(in_stage(at_customer(way)), b),
            replacement: "other".parse().expect("an id"),
        },
        9 => Ask::Reship { line, units: some_units(in_stage(Stage::Lost), b) },
        10 => {
            let due = (model.owed() - model.promised()).max(1);
            Ask::OpenTender { method: Method::ALL[usize::from(a) % 7], amount: some_money(due, b) }
        }
        11 => Ask::ResumePayment { intent },
        12 => Ask::Capture { intent, amount: some_money(open, b), last: c % 2 == 1 },
        13 => Ask::Void { intent, amount: (c < 128).then(|| some_money(open, b)) },
        _ => Ask::AcceptShort { up_to: some_money((model.owed() - model.promised()).max(1), b) },
    }
}

pub const FACT_KINDS: u8 = 33;

pub fn happened(model: &Model, kind: u8, a: u8, b: u8, c: u8) -> Happened {
    let line = a_line(model, a);
    let cells = model.line_at(&line).map_or(0, |at| model.lines[at].cells.len());
    let of = LineUnits { line, units: some_units(cells, b) };
    let parcel = a_parcel(model, a);
    match kind {
        0 => Happened::Allocated { of, location: "dc".parse().expect("an id") },
        1 => Happened::Released { of },
        2 => Happened::Picked { of },
        3 => Happened::PickedShort { of },
        4 => Happened::Packed { of },
        5 => Happened::Verified { of },
        6 => {
            let mut contents = vec![of];
            if c > 150 {
                contents.push(LineUnits { line: a_line(model, c), units: some_units(2, c) });
            }
            if c > 245 {
                contents.clear();
            }
            Happened::Shipped { parcel: a_parcel(model, c), contents }
        }
        7 => Happened::Delivered { parcel },
        8 => Happened::DeliveryFailed { parcel },
        9 => Happened::Lost { parcel },
        10 => Happened::ReceivedBack { of },
        11 => Happened::Inspected {
            of,
            condition: if c.is_multiple_of(2) { Condition::Sellable } else { Condition::Damaged },
        },
        12 => Happened::Recalled { of },
        13 => Happened::RecallRefused { of },
        14 => Happened::ReadyForPickUp { of },
        15 => Happened::Collected { of },
        16 => Happened::PickUpLapsed { of },
        17 => Happened::Granted { of },
        18 => Happened::StockHeld,
        19 => Happened::StockGone,
        _ => Happened::Payment(PaymentFact {
            intent: an_intent(model, a),
            what: paid(model, kind - 20, a, b, c),
        }),
    }
}

fn paid(model: &Model, kind: u8, a: u8, b: u8, c: u8) -> Paid {
    let tender = model.tender_at(&an_intent(model, a)).map(|at| model.tenders[at].clone());
    let of = |part: fn(&super::cells::Tend) -> i64| tender.as_ref().map_or(500, part);
    let asked = of(|tender| tender.amount);
    let left = of(|tender| (tender.amount - tender.captured).max(0));
    let open = of(|tender| if tender.open > 0 { tender.open } else { tender.amount });
    let pending = model.tender_at(&an_intent(model, a)).map_or(0, |at| model.pending_of(at));
    let left_captured = of(|tender| tender.captured - tender.refunded - tender.charged_back);
    let back = if pending > 0 { pending } else { left_captured };
    let captured = of(|tender| tender.captured - tender.refunded - tender.charged_back);
    match kind {
        0 => Paid::Authorised {
            amount: some_money(asked, b),
            expires_at: match c {
                0..=99 => None,
                100..=179 => Some(model.recorded_at + TimeDelta::hours(i64::from(c) - 99)),
                180..=239 => Some(model.recorded_at + TimeDelta::days(7)),
                240..=255 => Some(model.recorded_at - TimeDelta::days(1)),
            },
        },
        1 => Paid::AuthorisationFailed { amount: some_money(asked, b) },
        2 => Paid::ActionRequired,
        3 => Paid::Settling { expected_by: model.recorded_at + TimeDelta::days(3) },
        4 => Paid::Captured { amount: some_money(left, b), last: !c.is_multiple_of(3) },
        5 => Paid::CaptureFailed { amount: some_money(open, b) },
        6 => Paid::Voided { amount: (c < 128).then(|| some_money(open, b)) },
        7 => Paid::VoidFailed { amount: some_money(open, b) },
        8 => Paid::Refunded { amount: some_money(back, b) },
        9 => Paid::RefundFailed { amount: some_money(back, b) },
        10 => Paid::ChargebackOpened { amount: some_money(captured, b) },
        11 => Paid::ChargebackWon { amount: some_money(of(|tender| tender.disputed.max(1)), b) },
        _ => Paid::ChargebackLost { amount: some_money(captured, b) },
    }
}

/// When the fact says that it happened.
pub fn occurred(now: DateTime<Utc>, by: u8) -> DateTime<Utc> {
    match by {
        0..=179 => now,
        180..=219 => now - TimeDelta::hours(i64::from(by) - 179),
        220..=229 => now + TimeDelta::days(400),
        230..=239 => DateTime::UNIX_EPOCH,
        240..=255 => "2090-01-01T00:00:00Z".parse().expect("a time"),
    }
}

pub fn fact(n: usize, what: Happened, occurred_at: DateTime<Utc>) -> OrderFact {
    let source = Source {
        system: "sys".parse().expect("an id"),
        reference: format!("f{n}").parse().expect("a reference"),
        occurred_at,
    };
    OrderFact { source, what }
}

/// A request or a fact that leads the order on.
#[derive(Clone, Debug)]
pub enum On {
    Ask(Ask),
    Fact(Happened),
}

/// Everything that would sensibly come next.
pub fn forward(model: &Model) -> Vec<On> {
    let mut ways = vec![];
    let pay = |intent: &IntentId, what: Paid| {
        On::Fact(Happened::Payment(PaymentFact { intent: intent.clone(), what }))
    };
    let due = model.owed() - model.promised();
    if due > 0 && model.ended.is_none() {
        ways.push(On::Ask(Ask::OpenTender { method: Method::Card, amount: eur(due) }));
        ways.push(On::Ask(Ask::OpenTender { method: Method::Voucher, amount: eur(due / 2 + 1) }));
        if model.tenders.len() > 1 {
            ways.push(On::Ask(Ask::AcceptShort { up_to: eur(due) }));
        }
    }
    for (place, tender) in model.tenders.iter().enumerate() {
        let (intent, left) = (&tender.intent, tender.amount - tender.captured);
        if tender.open == 0 && left > 0 {
            ways.push(pay(intent, Paid::Authorised { amount: eur(left), expires_at: None }));
            let expires_at = Some(model.recorded_at + TimeDelta::hours(30));
            ways.push(pay(intent, Paid::Authorised { amount: eur(left), expires_at }));
            ways.push(pay(intent, Paid::Captured { amount: eur(left), last: true }));
            ways.push(pay(intent, Paid::ActionRequired));
        }
        if tender.waits_for_customer {
            ways.push(On::Ask(Ask::ResumePayment { intent: intent.clone() }));
        }
        if (1..=tender.amount).contains(&tender.captured) {
            ways.push(pay(intent, Paid::Captured { amount: eur(tender.amount / 2 + 1), last: true }));
        }
        if tender.captured > 0
            && tender.disputed == 0
            && tender.charged_back == 0
            && model.count(Stage::is_in_house) == 0
        {
            ways.push(pay(intent, Paid::ChargebackOpened { amount: eur(tender.captured) }));
        }
        if tender.open > 0 {
            ways.push(pay(intent, Paid::Captured { amount: eur(tender.open), last: true }));
            ways.push(pay(intent, Paid::Captured { amount: eur(tender.open / 2 + 1), last: false }));
            ways.push(pay(intent, Paid::Voided { amount: None }));
        }
        let pending = model.pending_of(place);
        if pending > 0 {
            ways.push(pay(intent, Paid::Refunded { amount: eur(pending) }));
        }
        if tender.disputed > 0 {
            ways.push(pay(intent, Paid::ChargebackWon { amount: eur(tender.disputed) }));
            ways.push(pay(intent, Paid::ChargebackLost { amount: eur(tender.disputed) }));
        }
    }
    if model.reinstating {
        ways.extend([On::Fact(Happened::StockHeld), On::Fact(Happened::StockGone)]);
    }
    ways.extend(model.holds.iter().map(|reason| On::Ask(Ask::Unhold { reason: *reason })));
    for line in &model.lines {
        for stage in Stage::ALL {
            let units = line.cells.iter().filter(|cell| cell.stage == stage).count() as u32;
            if units > 0 {
                for units in [units, units.div_ceil(2)] {
                    on_from(model, line.way, stage, LineUnits { line: line.id.clone(), units }, &mut ways);
                }
            }
        }
    }
    for line in model.lines.iter().filter(|line| line.cells.iter().any(|cell| cell.stage.is_before_release()))
    {
        let live = line.cells.iter().filter(|cell| cell.stage.is_live()).count() as u32;
        let edit = |units: u32| LineEdit { line: line.id.clone(), units, price: None };
        ways.push(On::Ask(Ask::Edit { lines: vec![edit(live + 1)], ship_to: None }));
        ways.push(On::Ask(Ask::Edit { lines: vec![edit(live - 1)], ship_to: None }));
    }
    for parcel in model.parcels.iter().filter(|parcel| parcel.sent && !parcel.delivered) {
        ways.push(On::Fact(Happened::Delivered { parcel: parcel.id.clone() }));
        ways.push(On::Fact(Happened::Lost { parcel: parcel.id.clone() }));
    }
    for case in model.cases.iter().filter(|case| case.waits) {
        let case = case.id.clone();
        ways.push(On::Ask(Ask::RejectReturn { case: case.clone() }));
        ways.push(On::Ask(Ask::ApproveReturn { case, refundable: Refundable::AsPaid }));
    }
    ways
}

fn on_from(model: &Model, way: Way, stage: Stage, of: LineUnits, ways: &mut Vec<On>) {
    let line = of.line.clone();
    let units = of.units;
    let cancel = |ways: &mut Vec<On>| {
        ways.push(On::Ask(Ask::Cancel {
            scope: Scope::Units { line: line.clone(), units },
            refundable: Refundable::AsPaid,
            reason: CancelReason::Customer,
        }));
    };
    let parcel = ParcelId::of(&model.id, model.parcels.len() as u32 + 1);
    let mut on = |what: Happened| ways.push(On::Fact(what));
    match (stage, way) {
        (Stage::Placed | Stage::Confirmed, Way::Digital) => on(Happened::Granted { of }),
        (Stage::Placed, _) => cancel(ways),
        (Stage::Confirmed, _) => on(Happened::Allocated { of, location: "dc".parse().expect("an id") }),
        (Stage::Allocated, _) => on(Happened::Released { of }),
        (Stage::Released, Way::Ship) => on(Happened::Shipped { parcel, contents: vec![of] }),
        (Stage::Released, _) => on(Happened::ReadyForPickUp { of }),
        (Stage::Picked, _) => on(Happened::Packed { of }),
        (Stage::Packed, _) => on(Happened::Verified { of }),
        (Stage::Verified, _) => on(Happened::Shipped { parcel, contents: vec![of] }),
        (Stage::ReadyForPickUp, _) => {
            on(Happened::Collected { of });
            cancel(ways);
        }
        (Stage::Shipped, _) => cancel(ways),
        (Stage::Delivered | Stage::Collected | Stage::Granted, _) => {
            let replacement = "other".parse().expect("an id");
            ways.push(On::Ask(Ask::RequestReturn { line: line.clone(), units }));
            ways.push(On::Ask(Ask::RequestExchange { line, units, replacement }));
        }
        (Stage::Recalling, _) => {
            on(Happened::Recalled { of: of.clone() });
            on(Happened::RecallRefused { of: of.clone() });
            on(Happened::ReceivedBack { of });
        }
        (Stage::ReturnComing, _) => on(Happened::ReceivedBack { of }),
        (Stage::Received, _) => {
            on(Happened::Inspected { of: of.clone(), condition: Condition::Sellable });
            on(Happened::Inspected { of, condition: Condition::Damaged });
        }
        (Stage::Lost, _) => {
            ways.push(On::Ask(Ask::Reship { line: line.clone(), units }));
            cancel(ways);
        }
        (Stage::ReturnRequested | Stage::Completed, _) => {}
        (Stage::Cancelled | Stage::Lapsed | Stage::Refunded | Stage::Exchanged, _) => {}
    }
}

/// A request of every kind that has a chance, and some that have not.
pub fn candidates(model: &Model) -> Vec<Ask> {
    let mut asks: Vec<Ask> = forward(model)
        .into_iter()
        .filter_map(|on| match on {
            On::Ask(ask) => Some(ask),
            On::Fact(_) => None,
        })
        .collect();
    asks.push(Ask::Confirm);
    asks.extend(HOLDS.into_iter().flat_map(|reason| [Ask::Hold { reason }, Ask::Unhold { reason }]));
    let as_paid =
        |scope: Scope| Ask::Cancel { scope, refundable: Refundable::AsPaid, reason: CancelReason::Seller };
    asks.push(as_paid(Scope::Order));
    asks.push(Ask::Edit { lines: vec![], ship_to: Some(destination("30")) });
    for line in &model.lines {
        let id = || line.id.clone();
        let live = line.cells.iter().filter(|cell| cell.stage.is_live()).count() as u32;
        asks.push(as_paid(Scope::Line { line: id() }));
        asks.push(as_paid(Scope::Units { line: id(), units: 1 }));
        asks.push(Ask::RequestReturn { line: id(), units: 1 });
        asks.push(Ask::RequestExchange {
            line: id(),
            units: 1,
            replacement: "other".parse().expect("an id"),
        });
        asks.push(Ask::Reship { line: id(), units: 1 });
        for units in [live + 1, live, live.saturating_sub(1)] {
            asks.push(Ask::Edit { lines: vec![LineEdit { line: id(), units, price: None }], ship_to: None });
        }
    }
    asks.push(Ask::OpenTender { method: Method::Card, amount: eur(1) });
    asks.push(Ask::AcceptShort { up_to: eur(1) });
    for tender in &model.tenders {
        let intent = || tender.intent.clone();
        asks.push(Ask::ResumePayment { intent: intent() });
        asks.push(Ask::Capture { intent: intent(), amount: eur(1), last: false });
        asks.push(Ask::Void { intent: intent(), amount: None });
        asks.push(Ask::Void { intent: intent(), amount: Some(eur(1)) });
    }
    asks
}
