//! The memory store under every kind of interleaving that a schedule checker draws: `RUSTFLAGS="--cfg shuttle" cargo
//! test --test schedules`. A dead lock fails the run, and so does a count that does not add up.
#![cfg(shuttle)]

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use order_workflow::reservation::*;
use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::{Config, Runner, thread};

const SCHEDULES: usize = 2_000;

fn at(second: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(1_800_000_000 + second)
}

fn pool(n: u64) -> Pool {
    Pool::stock(1.into(), n.into())
}

fn send(store: &MemoryStore, op: &str, act: Act, second: i64) -> Answer {
    let mut answers = Vec::new();
    store.execute_into(&[Command { op: op.parse().unwrap(), act }], at(second), &mut answers);
    answers.pop().unwrap()
}

fn stocked(units: &[i64]) -> Arc<MemoryStore> {
    let store = Arc::new(MemoryStore::new());
    for (n, delta) in (0..).zip(units) {
        let act = Act::Supply { pool: pool(n), delta: *delta, guard: Guard::Never };
        send(&store, &format!("supply {n}"), act, 0).unwrap();
    }
    store
}

fn reserve(name: &str, pools: &[u64], until: Option<i64>) -> Act {
    let legs = pools.iter().map(|n| Leg::all(pool(*n), 1)).collect();
    Act::Reserve { reservation: name.parse().unwrap(), legs, until: until.map(at) }
}

fn level(store: &MemoryStore, n: u64, second: i64) -> Level {
    let mut levels = pollster::block_on(store.levels(&[pool(n)], at(second))).unwrap();
    levels.pop().unwrap().unwrap()
}

/// Runs the story on many schedules, some drawn at large, some that hold a thread back for long.
fn on_schedules(story: impl Fn() + Send + Sync + 'static) {
    let story = Arc::new(story);
    let again = story.clone();
    let mut config = Config::new();
    config.stack_size = 1 << 20; // a debug build keeps much on the stack
    Runner::new(RandomScheduler::new(SCHEDULES), config.clone()).run(move || story());
    Runner::new(PctScheduler::new(3, SCHEDULES), config).run(move || again());
}

fn at_once<T: Send + 'static>(callers: Vec<Box<dyn FnOnce() -> T + Send>>) -> Vec<T> {
    let threads: Vec<_> = callers.into_iter().map(thread::spawn).collect();
    threads.into_iter().map(|thread| thread.join().unwrap()).collect()
}

#[test]
fn legs_in_any_order_never_lock_up_and_the_last_units_go_to_one() {
    on_schedules(|| {
        let store = stocked(&[1, 1, 1]);
        let orders: [&'static [u64]; 3] = [&[0, 1, 2], &[2, 1, 0], &[1, 2, 0]];
        let callers = orders.into_iter().enumerate().map(|(n, pools)| {
            let store = store.clone();
            let caller: Box<dyn FnOnce() -> bool + Send> = Box::new(move || {
                let name = format!("o-{n}/r1.0");
                send(&store, &format!("r{n}"), reserve(&name, pools, None), 1).is_ok()
            });
            caller
        });
        let granted = at_once(callers.collect()).into_iter().filter(|granted| *granted).count();
        assert_eq!(granted, 1);
        (0..3).for_each(|n| assert_eq!(level(&store, n, 2).reserved, 1));
    });
}

#[test]
fn a_pool_is_made_once_by_whoever_comes_first() {
    on_schedules(|| {
        let store = stocked(&[9]);
        let callers = (0..3).map(|n| {
            let store = store.clone();
            let caller: Box<dyn FnOnce() -> bool + Send> = Box::new(move || {
                let legs = vec![Leg::all(pool(0), 1), Leg::all(pool(7), 1).with_limit_if_new(2)];
                let reservation = format!("o-{n}/r1.0").parse().unwrap();
                send(&store, &format!("r{n}"), Act::Reserve { reservation, legs, until: Some(at(60)) }, 1)
                    .is_ok()
            });
            caller
        });
        let granted = at_once(callers.collect()).into_iter().filter(|granted| *granted).count();
        assert_eq!(granted, 2);
        (0..2).for_each(|n| assert_eq!(level(&store, n * 7, 2).reserved, 2));
        assert_eq!(level(&store, 7, 60).reserved, 0);
    });
}

#[test]
fn an_op_is_carried_out_once() {
    on_schedules(|| {
        let store = stocked(&[9]);
        let callers = (0..3).map(|_| {
            let store = store.clone();
            let caller: Box<dyn FnOnce() -> Answer + Send> =
                Box::new(move || send(&store, "op", reserve("o-1/r1.0", &[0], None), 1));
            caller
        });
        let answers = at_once(callers.collect());
        assert!(answers.iter().all(|answer| answer.is_ok() && *answer == answers[0]), "{answers:?}");
        assert_eq!(level(&store, 0, 2).reserved, 1);
    });
}

#[test]
fn a_unit_is_never_refused_for_a_hold_that_is_undone() {
    on_schedules(|| {
        let store = stocked(&[1, 1]);
        send(&store, "all", reserve("o-0/r1.0", &[1], None), 0).unwrap();
        let ask = |op: &'static str, name: &'static str, pools: &'static [u64]| {
            let store = store.clone();
            let caller: Box<dyn FnOnce() -> bool + Send> =
                Box::new(move || send(&store, op, reserve(name, pools, None), 1).is_ok());
            caller
        };
        let callers =
            vec![ask("a", "o-1/r1.0", &[0, 1]), ask("b", "o-2/r1.0", &[1, 0]), ask("c", "o-3/r1.0", &[0])];
        assert_eq!(at_once(callers), [false, false, true]);
    });
}

#[test]
fn expiry_confirm_sweep_and_split_add_up() {
    on_schedules(|| {
        let store = stocked(&[2, 2]);
        send(&store, "hold", reserve("o-1/r1.0", &[0, 1], Some(60)), 0).unwrap();
        let ask = |op: &'static str, act: Act, second: i64| {
            let store = store.clone();
            let caller: Box<dyn FnOnce() -> bool + Send> =
                Box::new(move || send(&store, op, act, second).is_ok());
            caller
        };
        let split = Act::Split {
            reservation: "o-1/r1.0".parse().unwrap(),
            into: "o-1/r1.1".parse().unwrap(),
            parts: vec![Part::new(pool(1), 1)],
        };
        let sweeper = store.clone();
        let sweep: Box<dyn FnOnce() -> bool + Send> =
            Box::new(move || pollster::block_on(sweeper.sweep(at(60), 9)).unwrap() > 0);
        let confirm = Act::Confirm { reservation: "o-1/r1.0".parse().unwrap() };
        let both = vec![pool(0), pool(1)];
        let take = reserve("o-2/r1.0", &[0, 0, 1, 1], None);
        let done =
            at_once(vec![ask("split", split, 59), sweep, ask("confirm", confirm, 59), ask("take", take, 60)]);
        let (confirmed, taken) = (done[2], done[3]);
        // All four units went to the taker exactly if nothing of the hold was confirmed before it lapsed.
        assert!(!(confirmed && taken), "{done:?}");
        for n in 0..both.len() as u64 {
            let level = level(&store, n, 61);
            assert!(level.available() >= Some(0), "{level:?} {done:?}");
            assert_eq!(level.reserved == 2, taken, "{level:?} {done:?}");
        }
    });
}
