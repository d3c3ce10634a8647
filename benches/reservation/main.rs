//! Reserve and release: ours beside stores of the same contract (all or nothing over the legs, the same op answered
//! alike, holds that end by time) over `DashMap` and over one `Mutex<HashMap>`, and beside bare counters for scale,
//! which promise none of that.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench may stop at a surprise")]

use std::hint::black_box;
use std::sync::Barrier;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use order_workflow::Sku;
use order_workflow::id::{LocationId, OpId, ReservationId};
use order_workflow::reservation::*;

mod contract;
mod counters;

const POOLS: u64 = 100_000;
/// How many units each pool has: never short, so that every contender does the same work.
const UNITS: i64 = 1 << 40;
/// Pairs of a thread before its ids come up again: more than `REMEMBERED`.
const PAIRS: usize = 4_096;
/// How many pairs back answers are remembered and ended reservations known.
const REMEMBERED: i64 = 1_024;
/// A pair a millisecond.
const TICK: TimeDelta = TimeDelta::milliseconds(1);

/// A reserve, its release, and the ones whose memory ends with them.
pub struct Pair {
    /// The one.
    pub reserve: Command,
    /// The other.
    pub release: Command,
}

/// What is measured: one pair after the other, each accepted.
pub trait Contender: Sync {
    /// Gives every pool its units.
    fn supply(&mut self, pools: &[Pool], units: i64);
    /// Carries out the pair; `old` is the pair that may be forgotten.
    fn pair(&self, pair: &Pair, old: &Pair, at: DateTime<Utc>) -> bool;
    /// Units of the pool that are held.
    fn reserved(&self, pool: &Pool) -> i64;
}

struct Ours(MemoryStore);

impl Ours {
    fn new() -> Ours {
        Ours(MemoryStore::new().with_window(TICK * REMEMBERED as i32))
    }
}

impl Contender for Ours {
    fn supply(&mut self, pools: &[Pool], units: i64) {
        for pool in pools {
            let op = OpId::new(format!("supply {}", pool.key().escape_ascii())).unwrap();
            let act = Act::Supply { pool: pool.clone(), delta: units, guard: Guard::Never };
            let mut answers = vec![];
            self.0.execute_into(&[Command { op, act }], start() - TimeDelta::days(1), &mut answers);
            answers[0].as_ref().unwrap();
        }
        self.0.sweep_now(start(), 0); // these ops are not part of what is measured
    }

    fn pair(&self, pair: &Pair, _: &Pair, at: DateTime<Utc>) -> bool {
        if at.timestamp_millis() % REMEMBERED == 0 {
            self.0.sweep_now(at, usize::MAX); // what the others do pair by pair
        }
        let reserved = self.0.execute_one(&pair.reserve, at);
        reserved.is_ok() & self.0.execute_one(&pair.release, at).is_ok()
    }

    fn reserved(&self, pool: &Pool) -> i64 {
        pollster::block_on(self.0.levels(std::slice::from_ref(pool), start())).unwrap()[0].unwrap().reserved
    }
}

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn pool(n: u64) -> Pool {
    Pool::stock(LocationId::from(n % 50), Sku::new(format!("sku-{n:06}")).unwrap())
}

/// Which pools are wanted.
#[derive(Clone, Copy)]
enum Demand {
    Uniform,
    Zipf,
    Hot,
}

/// Numbers that look drawn and are the same everywhere (splitmix64).
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// The pools of `legs` legs, distinct.
fn wanted(demand: Demand, zipf: &[f64], legs: usize, draw: &mut Draw) -> Vec<u64> {
    let mut pools = Vec::with_capacity(legs);
    if matches!(demand, Demand::Hot) {
        pools.push(0);
    }
    while pools.len() < legs {
        let n = match demand {
            Demand::Uniform | Demand::Hot => draw.next() % POOLS,
            Demand::Zipf => {
                let at = (draw.next() >> 11) as f64 / (1_u64 << 53) as f64 * zipf.last().unwrap();
                zipf.partition_point(|sum| *sum < at) as u64
            }
        };
        if !pools.contains(&n) {
            pools.push(n);
        }
    }
    pools
}

fn pairs(demand: Demand, legs: usize, thread: u64) -> Vec<Pair> {
    let mut draw = Draw(thread);
    let zipf: Vec<f64> = (1..=POOLS)
        .scan(0.0, |sum, rank| {
            *sum += (rank as f64).powf(-1.1);
            Some(*sum)
        })
        .collect();
    let op = |n: usize, what: &str| OpId::new(format!("o-{thread}-{n}/{what}")).unwrap();
    (0..PAIRS)
        .map(|n| {
            let reservation = ReservationId::new(format!("o-{thread}-{n}/r1.0")).unwrap();
            let pools = wanted(demand, &zipf, legs, &mut draw);
            let legs = pools.iter().map(|n| Leg::all(pool(*n), 1)).collect();
            let until = None; // set when it is used: the clock goes on
            Pair {
                reserve: Command {
                    op: op(n, "r"),
                    act: Act::Reserve { reservation: reservation.clone(), legs, until },
                },
                release: Command { op: op(n, "x"), act: Act::Release { reservation, parts: None } },
            }
        })
        .collect()
}

/// Runs `iterations` pairs on `threads` threads, each with ids of its own; answers the time from the common start to
/// the last end.
fn run(contender: &dyn Contender, threads: &mut [Thread], iterations: u64) -> Duration {
    let share = iterations.div_ceil(threads.len() as u64);
    let barrier = Barrier::new(threads.len() + 1);
    std::thread::scope(|scope| {
        let workers: Vec<_> = threads
            .iter_mut()
            .map(|thread| {
                scope.spawn(|| {
                    barrier.wait();
                    thread.run(contender, share);
                })
            })
            .collect();
        barrier.wait();
        let begun = now();
        workers.into_iter().for_each(|worker| worker.join().unwrap());
        begun.elapsed()
    })
}

#[expect(clippy::disallowed_methods, reason = "a bench measures time")]
fn now() -> Instant {
    Instant::now()
}

/// One caller: its pairs, and how far it is.
struct Thread {
    pairs: Vec<Pair>,
    done: usize,
}

/// Ticks so far: all callers' clocks agree.
static CLOCK: AtomicI32 = AtomicI32::new(0);

impl Thread {
    fn run(&mut self, contender: &dyn Contender, times: u64) {
        for _ in 0..times {
            let n = self.done % PAIRS;
            let old = (n + PAIRS - REMEMBERED as usize) % PAIRS;
            let at = start() + TICK * CLOCK.fetch_add(1, Ordering::Relaxed);
            if let Act::Reserve { until, .. } = &mut self.pairs[n].reserve.act {
                *until = Some(at + TimeDelta::minutes(15));
            }
            assert!(contender.pair(black_box(&self.pairs[n]), &self.pairs[old], at));
            self.done += 1;
        }
    }
}

/// A caller's try that is not what is measured: both sides must have carried out the same.
fn agree(contenders: &mut [(&'static str, Box<dyn Contender>)], demand: Demand, legs: usize) {
    let mut all = Vec::new();
    for (name, contender) in contenders.iter_mut() {
        let mut thread = Thread { pairs: pairs(demand, legs, 9), done: 0 };
        thread.run(&**contender, 1_000);
        let Act::Reserve { legs, .. } = &thread.pairs[1_000].reserve.act else { unreachable!() };
        let held: Vec<i64> = legs.iter().map(|leg| contender.reserved(&leg.pool)).collect();
        all.push((*name, held));
    }
    assert!(all.iter().all(|(_, held)| held.iter().all(|held| *held == 0)), "{all:?}");
}

fn bench(c: &mut Criterion) {
    let pools: Vec<Pool> = (0..POOLS).map(pool).collect();
    for (name, demand) in [("uniform", Demand::Uniform), ("zipf", Demand::Zipf), ("hot", Demand::Hot)] {
        for legs in [1, 5, 20] {
            let mut contenders: Vec<(&'static str, Box<dyn Contender>)> = vec![
                ("ours", Box::new(Ours::new())),
                ("dashmap", Box::new(contract::Dash::default())),
                ("mutex", Box::new(contract::OneMap::default())),
                ("bare_dashmap", Box::new(counters::BareDash::default())),
                ("atomics", Box::new(counters::Atomics::default())),
                ("inventory_kit", Box::new(counters::Kit::default())),
            ];
            for (_, contender) in &mut contenders {
                contender.supply(&pools, UNITS);
            }
            agree(&mut contenders, demand, legs);
            let mut callers: Vec<Vec<Thread>> = contenders
                .iter()
                .map(|_| (0..2).map(|seed| Thread { pairs: pairs(demand, legs, seed), done: 0 }).collect())
                .collect();
            for threads in [1, 2] {
                let mut group =
                    c.benchmark_group(format!("reservation/{legs} legs {name} {threads} threads"));
                group.throughput(Throughput::Elements(1));
                for ((contender_name, contender), callers) in contenders.iter().zip(&mut callers) {
                    let callers = &mut callers[..threads];
                    group.bench_function(BenchmarkId::from_parameter(contender_name), |bencher| {
                        run(&**contender, callers, PAIRS as u64); // warm
                        bencher.iter_custom(|iterations| run(&**contender, callers, iterations));
                    });
                }
            }
        }
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(1_000));
    targets = bench
}
criterion_main!(benches);
