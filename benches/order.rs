//! A five-line order through its stages, per step: ours beside a hand-written match and beside `statig`, which
//! keep the same unit counts, the same sum owed, an owned history of events, and recognise a repeated fact.
//! Ours also tells people, settles tenders and gives reasons; `bare` is the hand-written match without the memory
//! of repeated facts.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench may stop at a surprise")]

use std::{
    collections::{BTreeMap, BTreeSet},
    hint::black_box,
};

use chrono::{DateTime, Utc};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use order_workflow::{
    Currency, Money, Source,
    geo::{Country, Destination},
    id::ParcelId,
    order::*,
};

const LINES: u64 = 5;
const UNITS: u32 = 3;

/// What happens, in words that every contender understands.
#[derive(Clone, Copy)]
enum Step {
    /// A unit of a line is cancelled.
    Cancel(u64),
    /// Units of a line reach a stage.
    Reach(u64, Stage),
    Ship,
    Deliver,
}

/// Every warehouse fact of every line, then the parcel.
fn facts() -> Vec<Step> {
    let stages = [Stage::Allocated, Stage::Released, Stage::Picked, Stage::Packed, Stage::Verified];
    let reach = stages.into_iter().flat_map(|stage| (1..=LINES).map(move |line| Step::Reach(line, stage)));
    reach.chain([Step::Ship, Step::Deliver]).collect()
}

/// Unit by unit, but the last of each line.
fn requests() -> Vec<Step> {
    (1..UNITS).flat_map(|_| (1..=LINES).map(Step::Cancel)).collect()
}

fn at() -> DateTime<Utc> {
    DateTime::from_timestamp_micros(1_780_000_000_000_000).unwrap()
}

mod ours {
    use super::*;

    pub enum Input {
        Ask(OrderRequest),
        Fact(OrderFact),
    }

    pub fn placed() -> Order {
        let line = |n: u64| PlacedLine {
            line: n.to_string().parse().unwrap(),
            sku: format!("sku-{n}").parse().unwrap(),
            seller: "shop".parse().unwrap(),
            units: UNITS,
            list: Money::minor(1_000, Currency::EUR),
            adjustments: vec![],
            tax: vec![],
            fulfilment: Fulfilment::Ship,
        };
        let to = Destination {
            address: "a-1".parse().unwrap(),
            country: Country::DE,
            postcode_area: "10".to_owned(),
        };
        let placement = Placement {
            lines: (1..=LINES).map(line).collect(),
            charges: vec![],
            currency: Currency::EUR,
            terms: Terms::OnDelivery,
            customer: "c-1".parse().unwrap(),
            channel: "web".parse().unwrap(),
            ship_to: Some(to),
            promise: None,
            quote: None,
            link: None,
            notes: BTreeMap::new(),
        };
        Order::place("o-1".parse().unwrap(), &placement, &OrderPolicy::default(), at()).unwrap().0
    }

    pub fn inputs(order: &Order, steps: &[Step]) -> Vec<Input> {
        let of = |line: u64| LineUnits { line: line.to_string().parse().unwrap(), units: UNITS };
        let fact = |n: usize, what| {
            let reference = format!("ref-{n}").parse().unwrap();
            Input::Fact(OrderFact {
                source: Source { system: "w".parse().unwrap(), reference, occurred_at: at() },
                what,
            })
        };
        let parcel = ParcelId::of(order.id(), 1);
        let input = |(n, step): (usize, &Step)| match *step {
            Step::Cancel(line) => {
                let scope = Scope::Units { line: line.to_string().parse().unwrap(), units: 1 };
                let (refundable, reason) = (Refundable::AsPaid, CancelReason::Customer);
                Input::Ask(Ask::Cancel { scope, refundable, reason }.into())
            }
            Step::Ship => {
                fact(n, Happened::Shipped { parcel: parcel.clone(), contents: (1..=LINES).map(of).collect() })
            }
            Step::Deliver => fact(n, Happened::Delivered { parcel: parcel.clone() }),
            Step::Reach(line, stage) => {
                let of = of(line);
                fact(
                    n,
                    match stage {
                        Stage::Allocated => Happened::Allocated { of, location: "dc".parse().unwrap() },
                        Stage::Released => Happened::Released { of },
                        Stage::Picked => Happened::Picked { of },
                        Stage::Packed => Happened::Packed { of },
                        _ => Happened::Verified { of },
                    },
                )
            }
        };
        steps.iter().enumerate().map(input).collect()
    }

    pub fn run(order: &mut Order, inputs: &[Input], out: &mut OrderDecision, history: &mut Vec<OrderEvent>) {
        for input in inputs {
            out.clear();
            match input {
                Input::Ask(request) => order.decide_into(request, at(), out).unwrap(),
                Input::Fact(fact) => order.record_into(fact, at(), out),
            }
            order.evolve_all(&out.events);
            history.append(&mut out.events);
        }
    }

    pub fn counts(order: &Order) -> Vec<(u32, u32)> {
        let ends = |line: &LineState| (line.units_in(Stage::Delivered), line.units_in(Stage::Cancelled));
        order.state().book.lines.iter().map(ends).collect()
    }
}

/// The same counts and history, as one would write them by hand.
mod hand {
    use super::*;

    /// `repr(usize)` order of [`STAGES`].
    pub const STAGES: [Stage; 9] = [
        Stage::Confirmed,
        Stage::Allocated,
        Stage::Released,
        Stage::Picked,
        Stage::Packed,
        Stage::Verified,
        Stage::Shipped,
        Stage::Delivered,
        Stage::Cancelled,
    ];

    #[derive(Clone)]
    #[expect(dead_code, reason = "a history is written here, and read by nobody")]
    pub enum Event {
        Credited { at: DateTime<Utc>, line: String, amount: Money },
        Moved { at: DateTime<Utc>, source: String, line: String, units: u32, from: Stage, to: Stage },
    }

    #[derive(Clone)]
    pub struct Line {
        pub id: String,
        pub units: [u32; 9],
        pub price: Money,
        pub credited: Money,
    }

    #[derive(Clone)]
    pub struct HandOrder {
        pub lines: Vec<Line>,
        /// References of the facts taken so far; `None`: repeats are not recognised.
        pub seen: Option<BTreeSet<String>>,
    }

    pub fn placed() -> HandOrder {
        let (price, credited) = (Money::minor(1_000, Currency::EUR), Money::zero(Currency::EUR));
        let line =
            |n: u64| Line { id: n.to_string(), units: [UNITS, 0, 0, 0, 0, 0, 0, 0, 0], price, credited };
        HandOrder { lines: (1..=LINES).map(line).collect(), seen: Some(BTreeSet::new()) }
    }

    impl HandOrder {
        /// Whether the fact is new; a request has no reference to recognise.
        pub fn is_new(&mut self, step: Step, source: &str) -> bool {
            match &mut self.seen {
                Some(seen) if !matches!(step, Step::Cancel(_)) => seen.insert(source.to_owned()),
                Some(_) | None => true,
            }
        }

        pub fn owed(&self) -> Money {
            let line = |line: &Line| {
                let units: u32 = line.units.iter().sum();
                line.price
                    .checked_mul(i64::from(units))
                    .and_then(|sum| sum.checked_sub(line.credited))
                    .unwrap()
            };
            Money::sum(Currency::EUR, self.lines.iter().map(line)).unwrap()
        }
    }

    fn place(stage: Stage) -> usize {
        STAGES.iter().position(|known| *known == stage).unwrap()
    }

    pub fn shift(line: &mut Line, source: &str, from: Stage, to: Stage, history: &mut Vec<Event>) {
        let units = line.units[place(from)];
        take(line, source, units, from, to, history);
    }

    pub fn take(line: &mut Line, source: &str, units: u32, from: Stage, to: Stage, history: &mut Vec<Event>) {
        assert!(line.units[place(from)] >= units);
        if to == Stage::Cancelled {
            let amount = line.price.checked_mul(i64::from(units)).unwrap();
            line.credited = line.credited.checked_add(amount).unwrap();
            history.push(Event::Credited { at: at(), line: line.id.clone(), amount });
        }
        line.units[place(from)] -= units;
        line.units[place(to)] += units;
        history.push(Event::Moved {
            at: at(),
            source: source.to_owned(),
            line: line.id.clone(),
            units,
            from,
            to,
        });
    }

    pub fn run(order: &mut HandOrder, steps: &[Step], sources: &[String], history: &mut Vec<Event>) {
        for (step, source) in steps.iter().zip(sources) {
            if !order.is_new(*step, source) {
                continue;
            }
            match *step {
                Step::Cancel(line) => {
                    let id = line.to_string();
                    let line = order.lines.iter_mut().find(|line| line.id == id).unwrap();
                    take(line, source, 1, Stage::Confirmed, Stage::Cancelled, history);
                }
                Step::Reach(line, to) => {
                    let id = line.to_string();
                    let line = order.lines.iter_mut().find(|line| line.id == id).unwrap();
                    let from = match to {
                        Stage::Allocated => Stage::Confirmed,
                        Stage::Released => Stage::Allocated,
                        Stage::Picked => Stage::Released,
                        Stage::Packed => Stage::Picked,
                        _ => Stage::Packed,
                    };
                    shift(line, source, from, to, history);
                }
                Step::Ship => {
                    for line in &mut order.lines {
                        shift(line, source, Stage::Verified, Stage::Shipped, history);
                    }
                }
                Step::Deliver => {
                    for line in &mut order.lines {
                        shift(line, source, Stage::Shipped, Stage::Delivered, history);
                    }
                }
            }
        }
    }
}

/// The same as a `statig` machine: the order's stage is the state, lines are its storage.
mod machine {
    use statig::prelude::*;

    use super::*;

    pub struct Orders {
        pub order: hand::HandOrder,
        pub history: Vec<hand::Event>,
    }

    pub struct Said<'a> {
        pub step: Step,
        pub source: &'a str,
    }

    #[state_machine(initial = "State::confirmed()", state(derive(Clone)))]
    impl Orders {
        fn forward(&mut self, event: &Said<'_>, from: Stage, to: Stage) -> bool {
            if !self.order.is_new(event.step, event.source) {
                return false;
            }
            match event.step {
                Step::Cancel(line) => {
                    let id = line.to_string();
                    let line = self.order.lines.iter_mut().find(|line| line.id == id).unwrap();
                    hand::take(line, event.source, 1, from, Stage::Cancelled, &mut self.history);
                    false
                }
                Step::Reach(line, _) => {
                    let id = line.to_string();
                    let line = self.order.lines.iter_mut().find(|line| line.id == id).unwrap();
                    hand::shift(line, event.source, from, to, &mut self.history);
                    self.order.lines.iter().all(|line| line.units[0] == 0 || from != Stage::Confirmed)
                        && id == "5"
                }
                Step::Ship | Step::Deliver => {
                    for line in &mut self.order.lines {
                        hand::shift(line, event.source, from, to, &mut self.history);
                    }
                    true
                }
            }
        }

        #[state]
        fn confirmed(&mut self, event: &Said<'_>) -> Outcome<State> {
            match self.forward(event, Stage::Confirmed, Stage::Allocated) {
                true => Transition(State::allocated()),
                false => Handled,
            }
        }

        #[state]
        fn allocated(&mut self, event: &Said<'_>) -> Outcome<State> {
            match self.forward(event, Stage::Allocated, Stage::Released) {
                true => Transition(State::released()),
                false => Handled,
            }
        }

        #[state]
        fn released(&mut self, event: &Said<'_>) -> Outcome<State> {
            match self.forward(event, Stage::Released, Stage::Picked) {
                true => Transition(State::picked()),
                false => Handled,
            }
        }

        #[state]
        fn picked(&mut self, event: &Said<'_>) -> Outcome<State> {
            match self.forward(event, Stage::Picked, Stage::Packed) {
                true => Transition(State::packed()),
                false => Handled,
            }
        }

        #[state]
        fn packed(&mut self, event: &Said<'_>) -> Outcome<State> {
            match self.forward(event, Stage::Packed, Stage::Verified) {
                true => Transition(State::verified()),
                false => Handled,
            }
        }

        #[state]
        fn verified(&mut self, event: &Said<'_>) -> Outcome<State> {
            match self.forward(event, Stage::Verified, Stage::Shipped) {
                true => Transition(State::shipped()),
                false => Handled,
            }
        }

        #[state]
        fn shipped(&mut self, event: &Said<'_>) -> Outcome<State> {
            match self.forward(event, Stage::Shipped, Stage::Delivered) {
                true => Transition(State::delivered()),
                false => Handled,
            }
        }

        #[state]
        fn delivered(&mut self, event: &Said<'_>) -> Outcome<State> {
            let _ = (&self, event); // nothing follows
            Handled
        }
    }

    pub fn run(order: hand::HandOrder, steps: &[Step], sources: &[String]) -> Orders {
        let mut machine = Orders { order, history: Vec::with_capacity(64) }.state_machine();
        for (step, source) in steps.iter().zip(sources) {
            machine.handle(&Said { step: *step, source });
        }
        let inner = machine.inner();
        Orders { order: inner.order.clone(), history: inner.history.clone() }
    }
}

fn bench(c: &mut Criterion) {
    for (case, steps) in [("record", facts()), ("decide", requests())] {
        let sources: Vec<String> = (0..steps.len()).map(|n| format!("ref-{n}")).collect();
        let placed = ours::placed();
        let inputs = ours::inputs(&placed, &steps);
        let shipped = case == "record";

        // First: all of them end with the same units in the same stage.
        let (mut order, mut out, mut history) = (placed.clone(), OrderDecision::default(), Vec::new());
        ours::run(&mut order, &inputs, &mut out, &mut history);
        let (mut by_hand, mut hand_history) = (hand::placed(), Vec::new());
        hand::run(&mut by_hand, &steps, &sources, &mut hand_history);
        let by_machine = machine::run(hand::placed(), &steps, &sources);
        let ends = |order: &hand::HandOrder| {
            order.lines.iter().map(|line| (line.units[7], line.units[8])).collect::<Vec<_>>()
        };
        let expected = vec![if shipped { (UNITS, 0) } else { (0, UNITS - 1) }; LINES as usize];
        assert_eq!(ours::counts(&order), expected);
        assert_eq!(ends(&by_hand), expected);
        assert_eq!(ends(&by_machine.order), expected);
        let owed = order.balance().owed;
        assert_eq!([by_hand.owed(), by_machine.order.owed()], [owed, owed]);
        assert_eq!(hand_history.len(), by_machine.history.len());
        let moves = |event: &&OrderEvent| {
            matches!(event.what, OrderChange::Moved { .. } | OrderChange::Credited { .. })
        };
        assert_eq!(history.iter().filter(moves).count(), hand_history.len());

        let mut group = c.benchmark_group(format!("order/{case}"));
        group.throughput(Throughput::Elements(steps.len() as u64));
        group.bench_function(BenchmarkId::from_parameter("ours"), |b| {
            let mut out = OrderDecision::default();
            b.iter_batched(
                || (placed.clone(), Vec::with_capacity(64)),
                |(mut order, mut history)| {
                    ours::run(&mut order, black_box(&inputs), &mut out, &mut history);
                    (order, history)
                },
                criterion::BatchSize::SmallInput,
            );
        });
        for (contender, order) in
            [("hand", hand::placed()), ("bare", hand::HandOrder { seen: None, ..hand::placed() })]
        {
            group.bench_function(BenchmarkId::from_parameter(contender), |b| {
                b.iter_batched(
                    || (order.clone(), Vec::with_capacity(64)),
                    |(mut order, mut history)| {
                        hand::run(&mut order, black_box(&steps), &sources, &mut history);
                        (order, history)
                    },
                    criterion::BatchSize::SmallInput,
                );
            });
        }
        group.bench_function(BenchmarkId::from_parameter("statig"), |b| {
            b.iter_batched(
                || {
                    let order = hand::placed();
                    machine::Orders { order, history: Vec::with_capacity(64) }
                },
                |orders| {
                    use statig::prelude::*;
                    let mut machine = orders.state_machine();
                    for (step, source) in black_box(&steps).iter().zip(&sources) {
                        machine.handle(&machine::Said { step: *step, source });
                    }
                    machine
                },
                criterion::BatchSize::SmallInput,
            );
        });
        group.finish();
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
