//! A flash sale: far more callers than units, on as many threads as there are, and time that only the story knows.
//!
//! ```text
//! cargo run --release --example flash_sale -- --units 1000 --callers 50000 [--threads N] [--most N] [--json]
//! ```
//! Within a minute everybody calls, wants 1 to `--most` units, all or none, and gets a hold of five seconds. Seven of
//! ten pay two seconds later (confirm, use); the others let the hold lapse, and whoever calls then gets the units. One
//! of fifty sends a command twice, as after a lost answer. When the last hold has ended, those who were refused come
//! back once, each for a single unit, and pay at once. Then
//!
//! - **oversold** is what the callers were sold beyond the units there were, or the most that was seen promised beyond
//!   them if that is more;
//! - **undersold** is what is neither used nor held although somebody who came back was refused.
//!
//! The exit status is 1 if either is not zero, 2 if the sale could not be held, as with arguments that mean nothing.

use std::collections::VecDeque;
use std::io::{ErrorKind, IsTerminal, Write};
use std::ops::RangeInclusive;
use std::process::ExitCode;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use lexopt::prelude::*;
use order_workflow::OrderId;
use order_workflow::id::{OpId, ReservationId};
use order_workflow::reservation::{
    Act, Answer, Command, Guard, How, Leg, Level, MemoryStore, Pool, Refusal, ReservationStore,
};

type Anything = Box<dyn std::error::Error + Send + Sync>;

const RUSH: TimeDelta = TimeDelta::seconds(60);
const HOLD: TimeDelta = TimeDelta::seconds(5);
const PAYS_AFTER: TimeDelta = TimeDelta::seconds(2);

type Payers = VecDeque<(DateTime<Utc>, u64, i64)>;

struct Sale {
    store: MemoryStore,
    tea: Pool,
    opens: DateTime<Utc>,
    callers: u64,
    most: u64,
    next: AtomicU64,
    /// When who pays for how much.
    paying: Mutex<Payers>,
    refused: AtomicU64,
    /// The most that was seen promised beyond what there is.
    beyond: AtomicI64,
}

/// What callers wrote down.
#[derive(Default)]
struct Tally {
    granted: u64,
    used: i64,
    lapsed: u64,
    late: u64,
    refused: Vec<u64>,
    nanos: Vec<u128>,
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("flash_sale: {error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<bool, Anything> {
    let cores = thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    let (mut units, mut callers, mut threads, mut most, mut json) = (1_000, 50_000, cores, 2, false);
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("units") => units = number("--units", &parser.value()?, 1..=1_000_000_000)?,
            Long("callers") => callers = number("--callers", &parser.value()?, 1..=10_000_000)?,
            Long("threads") => threads = number("--threads", &parser.value()?, 1..=1_024)?,
            Long("most") => most = number("--most", &parser.value()?, 1..=1_000_000)?,
            Long("json") => json = true,
            Short('h') | Long("help") => {
                return print(
                    "flash_sale [--units N] [--callers N] [--threads N] [--most N] [--json]\n\
                     oversold: sold or promised beyond the units there were\n\
                     undersold: in the end neither used nor held although somebody was refused",
                )
                .map(|()| true);
            }
            _ => return Err(argument.unexpected().into()),
        }
    }
    let (store, opens) = (MemoryStore::new(), "2026-11-27T10:00:00Z".parse()?);
    let tea = Pool::stock("north".parse()?, "tea".parse()?);
    let (next, paying) = (AtomicU64::new(0), Mutex::default());
    let (refused, beyond) = (AtomicU64::new(0), AtomicI64::new(0));
    let sale = Sale { store, tea, opens, callers, most, next, paying, refused, beyond };

    let units = i64::try_from(units)?;
    let supply = Act::Supply { pool: sale.tea.clone(), delta: units, guard: Guard::Never };
    let mut total = Tally::default();
    sale.send(&Command { op: "supply".parse()?, act: supply }, opens, &mut total)?;
    let begun = wall_clock();
    let tallies = thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(|| sale.rush())).collect();
        running.into_iter().map(|thread| thread.join()).collect::<Vec<_>>()
    });
    for tally in tallies {
        total.add(tally.map_err(|_| "a thread of callers died")??);
    }
    let settled = opens + RUSH + HOLD;
    let back = std::mem::take(&mut total.refused);
    for again in back.iter().map(|caller| callers + caller) {
        // another order, another name
        if sale.reserve(again, 1, settled, &mut total)? {
            sale.pay(again, 1, settled, &mut total)?;
        }
    }
    let seconds = begun.elapsed().as_secs_f64();

    let level = sale.level(settled)?;
    let (held, left) = (level.reserved, level.available().ok_or("the tea has no bound")?);
    let Tally { granted, used, lapsed, late, refused, mut nanos } = total;
    let refused = refused.len() as u64;
    assert_eq!(level.used + held + left, units, "the ledger");
    assert_eq!(held, 0, "everything is paid or has lapsed");
    assert_eq!(level.used, used, "what the store says and what the callers say");
    assert_eq!(granted + refused, callers, "everybody was answered");
    let oversold = (used - units).max(sale.beyond.into_inner()).max(0);
    let undersold = if refused > 0 { left } else { 0 };

    nanos.sort_unstable();
    let percentile = |p| nanos.get(nanos.len() * p / 100).copied().unwrap_or(0) as u64;
    let (calls, p50, p99) = (nanos.len(), percentile(50), percentile(99));
    let text = if json {
        let report = serde_json::json!({
            "units": units, "callers": callers, "threads": threads, "most": most, "granted": granted,
            "refused": refused, "used": used, "held": held, "available": left, "lapsed": lapsed, "late": late,
            "oversold": oversold, "undersold": undersold, "calls": calls, "p50_ns": p50, "p99_ns": p99,
        });
        report.to_string()
    } else {
        format!(
            "{units} units, {callers} callers who want 1 to {most} each, {threads} threads\n\
             granted   {granted:>9}: {lapsed} let their hold lapse, {late} paid too late\n\
             refused   {refused:>9}, after {} at first\n\
             used      {used:>9} units, {held} held, {left} left\n\
             oversold  {oversold:>9}\nundersold {undersold:>9}\n\
             a call: p50 {p50} ns, p99 {p99} ns; {calls} calls in {seconds:.3} s",
            back.len()
        )
    };
    print(&text)?;
    Ok(oversold == 0 && undersold == 0)
}

/// Says it, if anybody still reads: behind `head` nobody may.
fn print(text: &str) -> Result<(), Anything> {
    match writeln!(std::io::stdout(), "{text}") {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        told => Ok(told?),
    }
}

impl Sale {
    /// Callers one after another, each at a moment of its own; those who pay do so when their time has come.
    fn rush(&self) -> Result<Tally, Anything> {
        let mut tally = Tally::default();
        loop {
            let caller = self.next.fetch_add(1, Relaxed).min(self.callers);
            let at = self.opens + RUSH * i32::try_from(caller)? / i32::try_from(self.callers)?;
            while let Some((due, payer, units)) = self.due(at, caller == self.callers) {
                self.pay(payer, units, due, &mut tally)?;
            }
            if caller == self.callers {
                return Ok(tally);
            }
            let units = 1 + dice(caller ^ 0x5a1e, self.most) as i64;
            if !self.reserve(caller, units, at, &mut tally)? {
                self.refused.fetch_add(1, Relaxed);
            } else if dice(caller, 10) < 7 {
                self.payers().push_back((at + PAYS_AFTER, caller, units));
            } else {
                tally.lapsed += 1;
            }
            self.watch(caller + 1, at)?;
        }
    }

    fn due(&self, at: DateTime<Utc>, all: bool) -> Option<(DateTime<Utc>, u64, i64)> {
        let mut payers = self.payers();
        payers.front().filter(|(due, ..)| all || *due <= at)?;
        payers.pop_front()
    }

    fn payers(&self) -> MutexGuard<'_, Payers> {
        self.paying.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A caller whose clock is behind that of others by more than a hold is told what time it is, and asks again
    /// under the same name (a refusal binds none) and another op.
    fn reserve(
        &self,
        caller: u64,
        units: i64,
        at: DateTime<Utc>,
        tally: &mut Tally,
    ) -> Result<bool, Anything> {
        let (mut at, legs) = (at, vec![Leg::all(self.tea.clone(), units)]);
        for op in 2.. {
            let (reservation, legs) = (name(caller), legs.clone());
            let act = Act::Reserve { reservation, legs, until: Some(at + HOLD) };
            match self.send(&Command { op: op_of(caller, op), act }, at, tally) {
                Ok(_) => {
                    tally.granted += 1;
                    return Ok(true);
                }
                Err(Refusal::Past { now, .. }) => at = now,
                Err(Refusal::Insufficient { available, .. }) if available < units => break,
                Err(other) => return Err(other.into()),
            }
        }
        tally.refused.push(caller);
        Ok(false)
    }

    fn pay(&self, caller: u64, units: i64, at: DateTime<Utc>, tally: &mut Tally) -> Result<(), Anything> {
        let confirm = Act::Confirm { reservation: name(caller) };
        match self.send(&Command { op: op_of(caller, 0), act: confirm }, at, tally) {
            Ok(_) => {}
            // Another thread's clock was far ahead: the money goes back, the units are others' by now.
            Err(Refusal::Ended { how: How::Lapsed, .. }) => {
                tally.late += 1;
                return Ok(());
            }
            Err(other) => return Err(other.into()),
        }
        let act = Act::Use { reservation: name(caller), parts: None };
        self.send(&Command { op: op_of(caller, 1), act }, at, tally)?;
        tally.used += units;
        Ok(())
    }

    /// One call, measured; now and then its answer gets lost and it is sent again.
    fn send(&self, command: &Command, at: DateTime<Utc>, tally: &mut Tally) -> Answer {
        let mut answers = Vec::with_capacity(2);
        for _ in 0..if dice(tally.nanos.len() as u64, 50) == 0 { 2 } else { 1 } {
            let begun = wall_clock();
            self.store.execute_into(std::slice::from_ref(command), at, &mut answers);
            tally.nanos.push(begun.elapsed().as_nanos());
        }
        assert!(answers.iter().all(|answer| Some(answer) == answers.first()), "same op, same answer");
        answers.swap_remove(0)
    }

    /// Looks at the shelf; tells people ten times how it goes.
    fn watch(&self, called: u64, at: DateTime<Utc>) -> Result<(), Anything> {
        if called.is_multiple_of(self.callers.div_ceil(1_000)) {
            let level = self.level(at)?;
            let left = level.available().unwrap_or(0);
            self.beyond.fetch_max(-left, Relaxed);
            if called.is_multiple_of(self.callers.div_ceil(10)) && std::io::stderr().is_terminal() {
                let (Level { used, reserved, .. }, refused) = (level, self.refused.load(Relaxed));
                let time = at.format("%H:%M:%S");
                eprintln!(
                    "{time} {called:>9} callers: {used} used, {reserved} held, {left} left, {refused} refused"
                );
            }
        }
        Ok(())
    }

    fn level(&self, at: DateTime<Utc>) -> Result<Level, Anything> {
        let levels = pollster::block_on(self.store.levels(std::slice::from_ref(&self.tea), at))?;
        Ok(levels.into_iter().flatten().next().ok_or("there is no tea")?)
    }
}

impl Tally {
    fn add(&mut self, other: Tally) {
        self.granted += other.granted;
        self.used += other.used;
        self.lapsed += other.lapsed;
        self.late += other.late;
        self.refused.extend(other.refused);
        self.nanos.extend(other.nanos);
    }
}

fn name(caller: u64) -> ReservationId {
    ReservationId::of(&OrderId::from(caller), 1, 0)
}

fn op_of(caller: u64, n: u64) -> OpId {
    OpId::from(caller * 1_000_000 + n)
}

#[expect(clippy::disallowed_methods, reason = "how long a call takes; the sale has a time of its own")]
fn wall_clock() -> Instant {
    Instant::now()
}

/// A number below `sides`, the same on every machine (SplitMix64).
fn dice(seed: u64, sides: u64) -> u64 {
    let z = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)) % sides
}

fn number(option: &str, given: &std::ffi::OsStr, accepted: RangeInclusive<u64>) -> Result<u64, Anything> {
    let parsed = given.to_str().and_then(|text| text.parse().ok()).filter(|number| accepted.contains(number));
    let (given, least, most) = (given.to_string_lossy(), accepted.start(), accepted.end());
    parsed.ok_or_else(|| format!("{option} `{given}`; accepted: {least} to {most}").into())
}
