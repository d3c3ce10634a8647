//! Any sequence of commands: the store in memory and `plan` give equal answers and hold equal numbers, nothing is
//! oversold, and as long as numbers are small a model that counts cells agrees.
#![no_main]

use arbitrary::{Arbitrary, Unstructured};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use libfuzzer_sys::fuzz_target;
use order_workflow::Currency;
use order_workflow::id::{OpId, OrderId, ReservationId};
use order_workflow::reservation::*;

#[allow(dead_code)]
#[path = "../../tests/reservation/cells.rs"]
mod cells;

/// `wild`: numbers, lists and instants of any size, without the model: it has a cell a unit.
#[derive(Arbitrary, Debug)]
struct Script {
    wild: bool,
    /// Nothing is supplied or held yet.
    empty: bool,
    /// What follows the steps: sixteen more, drawn from this number; none from zero.
    tail: u16,
    steps: Vec<(Step, Pause)>,
}

#[derive(Arbitrary, Debug)]
struct Pause {
    ahead: u8,
    behind: u8,
}

#[derive(Arbitrary, Debug)]
enum Step {
    Reserve(u8, Many<ALeg>, Option<Until>),
    Extend(u8, Until),
    Confirm(u8),
    Use(u8, Option<Many<APart>>),
    Release(u8, Option<Many<APart>>),
    GiveBack(u8, Many<APart>),
    Move(u8, Many<APart>, Many<ALeg>),
    Split(u8, u8, Many<APart>),
    Supply(u8, Number, bool),
    Transfer(u8, u8, Number, Number),
    SetLimit(u8, Number),
    SetFloor(u8, Option<Number>),
    Count(u8, Number),
    /// An earlier command once more; or its op with the last one's act.
    Again(u8, bool),
    Sweep,
}

#[derive(Arbitrary, Debug)]
struct ALeg {
    pool: u8,
    units: Number,
    at_least: Option<Number>,
    limit_if_new: Option<Number>,
}

#[derive(Arbitrary, Debug)]
struct APart {
    pool: u8,
    units: Number,
}

#[derive(Arbitrary, Debug)]
struct Number {
    kind: u8,
    n: u8,
}

#[derive(Arbitrary, Debug)]
enum Until {
    Soon(i8),
    Edge(u8),
}

/// Some items, seldom none; or over and over until a list is as long as one may be, or longer.
#[derive(Arbitrary, Debug)]
struct Many<T> {
    length: u8,
    first: T,
    more: Vec<T>,
}

impl<T> Many<T> {
    fn map<U>(&self, wild: bool, to: impl Fn(&T) -> U) -> Vec<U> {
        let length = match self.length {
            240..250 => 0,
            250.. if wild => LEGS_MAX + usize::from(self.length % 3), // 1000, 1001 or 1002
            _ => 1 + self.more.len().min(9),
        };
        std::iter::once(&self.first).chain(&self.more).cycle().take(length).map(to).collect()
    }
}

impl Number {
    /// Mostly a few; as many as there can be, or less than nothing, if that is wanted.
    fn of(&self, wild: bool) -> i64 {
        let n = usize::from(self.n);
        match self.kind {
            200..230 if wild => {
                [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX / 2, i64::MAX - 1, i64::MAX][n % 8]
            }
            230.. if wild => i64::MAX / (1 + n as i64),
            _ => [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 0, -1, -2][n % 16],
        }
    }
}

impl Until {
    fn of(&self, wild: bool, at: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Until::Soon(seconds) => at + TimeDelta::seconds(i64::from(*seconds)),
            Until::Edge(n) if wild => [
                DateTime::<Utc>::MIN_UTC,
                DateTime::<Utc>::MAX_UTC,
                DateTime::UNIX_EPOCH,
                at,
                at + TimeDelta::nanoseconds(999),
                at + TimeDelta::microseconds(1),
            ][usize::from(*n % 6)],
            Until::Edge(n) => at + TimeDelta::seconds(i64::from(*n)),
        }
    }
}

fn pool(n: u8) -> Pool {
    let day = |n| NaiveDate::from_ymd_opt(2026, 6, n).unwrap_or_default();
    match n % 8 {
        0 => Pool::stock(1.into(), 1.into()),
        1 => Pool::stock(2.into(), 1.into()),
        2 => Pool::stock(1.into(), 2.into()),
        3 => Pool::Stock { location: 1.into(), sku: 1.into(), lot: Some(1.into()) },
        4 => Pool::Budget { budget: 1.into(), currency: Currency::EUR },
        5 => Pool::Capacity { location: 1.into(), day: day(1) },
        6 => Pool::Capacity { location: 1.into(), day: day(2) },
        _ => Pool::UseBy { claim: Claim::Coupon(1.into()), customer: 1.into() },
    }
}

fn name(n: u8) -> ReservationId {
    ReservationId::of(&OrderId::from(u64::from(n % 4)), 1, 0)
}

fn legs(many: &Many<ALeg>, wild: bool) -> Vec<Leg> {
    many.map(wild, |leg| {
        let units = leg.units.of(wild);
        Leg {
            pool: pool(leg.pool),
            units,
            at_least: leg.at_least.as_ref().map_or(units, |least| least.of(wild)),
            limit_if_new: leg.limit_if_new.as_ref().map(|limit| limit.of(wild)),
        }
    })
}

fn parts(many: &Many<APart>, wild: bool) -> Vec<Part> {
    many.map(wild, |part| Part::new(pool(part.pool), part.units.of(wild)))
}

/// `None`: not a command.
fn act(step: &Step, wild: bool, at: DateTime<Utc>) -> Option<Act> {
    let some = |many: &Option<Many<APart>>| many.as_ref().map(|many| parts(many, wild));
    Some(match step {
        Step::Reserve(n, many, until) => Act::Reserve {
            reservation: name(*n),
            legs: legs(many, wild),
            until: until.as_ref().map(|until| until.of(wild, at)),
        },
        Step::Extend(n, until) => Act::Extend { reservation: name(*n), until: until.of(wild, at) },
        Step::Confirm(n) => Act::Confirm { reservation: name(*n) },
        Step::Use(n, many) => Act::Use { reservation: name(*n), parts: some(many) },
        Step::Release(n, many) => Act::Release { reservation: name(*n), parts: some(many) },
        Step::GiveBack(n, many) => Act::GiveBack { reservation: name(*n), parts: parts(many, wild) },
        Step::Move(n, from, to) => {
            Act::Move { reservation: name(*n), from: parts(from, wild), to: legs(to, wild) }
        }
        Step::Split(n, into, many) => {
            Act::Split { reservation: name(*n), into: name(*into), parts: parts(many, wild) }
        }
        Step::Supply(n, delta, keep) => {
            let guard = if *keep { Guard::KeepReserved } else { Guard::Never };
            Act::Supply { pool: pool(*n), delta: delta.of(wild), guard }
        }
        Step::Transfer(from, to, units, keep) => {
            Act::Transfer { from: pool(*from), to: pool(*to), units: units.of(wild), keep: keep.of(wild) }
        }
        Step::SetLimit(n, limit) => Act::SetLimit { pool: pool(*n), limit: limit.of(wild) },
        Step::SetFloor(n, floor) => {
            Act::SetFloor { pool: pool(*n), floor: floor.as_ref().map(|floor| floor.of(wild)) }
        }
        Step::Count(n, counted) => Act::Count { pool: pool(*n), counted: counted.of(wild) },
        Step::Again(..) | Step::Sweep => return None,
    })
}

/// Every pool has a dozen; one reservation holds, one will lapse, one has used a part of what it holds.
fn beginning(at: DateTime<Utc>) -> Vec<Command> {
    let supplies = (0..8).map(|n| Act::Supply { pool: pool(n), delta: 12, guard: Guard::Never });
    let hold = |n: u8, until: Option<i64>| Act::Reserve {
        reservation: name(n),
        legs: vec![Leg::all(pool(n), 3), Leg::all(pool(n + 1), 4), Leg::up_to(pool(n + 4), 20)],
        until: until.map(|seconds| at + TimeDelta::seconds(seconds)),
    };
    let used =
        Act::Use { reservation: name(2), parts: Some(vec![Part::new(pool(2), 2), Part::new(pool(3), 1)]) };
    let acts = supplies.chain([hold(0, None), hold(1, Some(30)), hold(2, Some(60)), used]);
    acts.zip(0..).map(|(act, op)| Command { op: OpId::from(op), act }).collect()
}

/// The model does not say when a reservation was touched, nor what one that is in the way holds.
fn comparable(answer: &Answer) -> Answer {
    answer.clone().map_err(|refusal| match refusal {
        Refusal::Exists { reservation, there } => {
            let there = Reserved { holdings: vec![], touched: DateTime::UNIX_EPOCH, ..*there };
            Refusal::Exists { reservation, there: Box::new(there) }
        }
        other => other,
    })
}

/// Inputs begin short and grow slowly; a sequence should be long from the beginning.
fn drawn(seed: u16) -> Vec<(Step, Pause)> {
    let mut state = u64::from(seed);
    let bytes: Vec<u8> = (0..if seed == 0 { 0 } else { 512 })
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        })
        .collect();
    let mut bytes = Unstructured::new(&bytes);
    (0..16).map_while(|_| Arbitrary::arbitrary(&mut bytes).ok().filter(|_| !bytes.is_empty())).collect()
}

fuzz_target!(|script: Script| run(&script));

fn run(script: &Script) {
    let wild = script.wild;
    let store = MemoryStore::new().with_window(TimeDelta::days(36_500));
    let (mut planned, mut model) = (Books::default(), cells::Cells::default());
    let mut clock: DateTime<Utc> = DateTime::from_timestamp(1_780_000_000, 0).unwrap_or_default();
    let mut sent: Vec<Command> = if script.empty { vec![] } else { beginning(clock) };
    for command in &sent {
        let mut answers = Vec::new();
        store.execute_into(std::slice::from_ref(command), clock, &mut answers);
        assert_eq!(answers, [planned.execute(command, clock)], "store and plan: {command:?}");
        assert!(answers == [model.execute(command, clock)] && answers.iter().all(|answer| answer.is_ok()));
    }
    for (step, pause) in script.steps.iter().take(40).chain(&drawn(script.tail)) {
        clock += TimeDelta::seconds(i64::from(pause.ahead % 8));
        let mut at = clock - TimeDelta::seconds(i64::from(pause.behind.saturating_sub(200)));
        if wild && pause.ahead > 250 {
            at += TimeDelta::nanoseconds(i64::from(pause.behind));
        }
        let command = match step {
            Step::Sweep => {
                store.sweep_now(at, usize::MAX);
                planned.end_lapsed(at, usize::MAX); // the model knows nothing of it: no answer depends on it
                agree(&store, &planned, (!wild).then_some(&model), at, "a sweep");
                continue;
            }
            Step::Again(back, same) => {
                let first = sent.iter().rev().nth(usize::from(*back % 8));
                let (Some(first), Some(last)) = (first, sent.last()) else { continue };
                let act = if *same { first.act.clone() } else { last.act.clone() };
                Command { op: first.op.clone(), act }
            }
            step => {
                let Some(act) = act(step, wild, at) else { continue };
                Command { op: OpId::from(sent.len() as u64), act }
            }
        };
        let before: Vec<_> = (0..8).map(|n| planned.level(&pool(n), at)).collect();
        let mut answers = Vec::new();
        store.execute_into(std::slice::from_ref(&command), at, &mut answers);
        let [answer] = &answers[..] else { panic!("one command, {} answers", answers.len()) };
        assert_eq!(*answer, planned.execute(&command, at), "store and plan: {command:?} at {at}");
        if !wild {
            let modelled = model.execute(&command, at);
            assert_eq!(comparable(answer), comparable(&modelled), "store and model: {command:?} at {at}");
        }
        if let Err(refusal) = answer {
            assert!(!refusal.to_string().is_empty() && !refusal.code().is_empty());
        }
        agree(&store, &planned, (!wild).then_some(&model), at, command.act.kind());
        if matches!(command.act, Act::Reserve { .. } | Act::Move { .. }) {
            for (n, before) in (0..8).zip(before) {
                let was = before.and_then(|level| level.available()).unwrap_or(0).min(0);
                let now = planned.level(&pool(n), at).and_then(|level| level.available());
                assert!(now.is_none_or(|now| now >= was), "oversold: {} by {command:?}", pool(n));
            }
        }
        sent.push(command);
    }
}

/// All pools and names, after every step.
fn agree(store: &MemoryStore, planned: &Books, model: Option<&cells::Cells>, at: DateTime<Utc>, after: &str) {
    for n in 0..8 {
        let pool = pool(n);
        let level = store.level(&pool, at);
        assert_eq!(level, planned.level(&pool, at), "{pool} after {after} at {at}");
        assert!(level.is_none_or(|level| level.reserved >= 0 && level.used >= 0), "{pool}: {level:?}");
        if let Some(model) = model {
            assert_eq!(level, model.level(&pool, at), "{pool} in the model after {after} at {at}");
        }
    }
    for n in 0..4 {
        let name = name(n);
        let reserved = store.reservation(&name, at);
        assert_eq!(reserved, planned.reservation(&name, at), "{name} after {after} at {at}");
        if let Some(model) = model {
            let holdings = |reserved: Reserved| {
                let of = reserved.holdings.into_iter().map(|of| (of.pool, (of.held, of.used)));
                (reserved.state, of.collect())
            };
            assert_eq!(
                reserved.map(holdings),
                model.reserved(&name, at),
                "{name} in the model after {after}"
            );
        }
    }
}
