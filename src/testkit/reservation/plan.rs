//! A script of commands, and an audit of every answer against [`plan`](crate::reservation::plan).

use chrono::{DateTime, TimeDelta, Utc};

use super::Kept;
use super::stock::Trial;
use crate::id::{OpId, ReservationId};
use crate::reservation::{Act, Books, Claim, Command, Guard, Leg, Part, Pool, ReservationStore, Reserved};
use crate::{Currency, Sku};

/// Numbers that look drawn and are the same everywhere (splitmix64, Steele, Lea and Flood 2014).
pub(super) struct Draw(pub u64);

impl Draw {
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound.max(1)
    }
}

pub(super) fn seeds(n: u64) -> impl Iterator<Item = u64> {
    (1..=n).map(|seed| seed.wrapping_mul(0x2545_f491_4f6c_dd1d))
}

/// Commands on a few pools and six names that often meet. Time mostly goes on; now and then a host lags behind. Each
/// seed has a flavour of its own: other kinds of pools, big numbers, long ops, instants between the seconds.
pub(super) struct Script {
    draw: Draw,
    seed: u64,
    pub pools: Vec<Pool>,
    at: DateTime<Utc>,
    sent: Vec<Command>,
}

/// One of each kind beside one that differs from it in one field.
fn kinds() -> Vec<Pool> {
    let day = |n: i64| DateTime::UNIX_EPOCH + TimeDelta::days(20_000 + n);
    let stock = |sku: &str, lot: Option<u64>| {
        let sku = Sku::new(sku).unwrap_or_else(|_| Sku::from(1));
        Pool::Stock { location: 1.into(), sku, lot: lot.map(Into::into) }
    };
    let budget = |currency| Pool::Budget { budget: 1.into(), currency };
    let budget_by =
        |currency| Pool::BudgetBy { claim: Claim::Promotion(1.into()), customer: 1.into(), currency };
    let limit = |n: i64| Pool::Limit { rule: 1.into(), subject: 1.into(), from: day(n), until: day(n + 1) };
    vec![
        stock("tea", None),
        stock("tea", Some(1)),
        stock("tea", Some(2)),
        stock("Tea", None),
        Pool::Inbound { location: 1.into(), sku: 1.into(), inbound: 1.into() },
        Pool::Inbound { location: 1.into(), sku: 1.into(), inbound: 2.into() },
        Pool::Quota { channel: 1.into(), sku: 1.into() },
        Pool::Quota { channel: 1.into(), sku: 2.into() },
        Pool::Use { claim: Claim::Promotion(1.into()) },
        Pool::Use { claim: Claim::Coupon(1.into()) },
        Pool::UseBy { claim: Claim::Coupon(1.into()), customer: 1.into() },
        Pool::UseBy { claim: Claim::Coupon(1.into()), customer: 2.into() },
        limit(0),
        limit(1),
        budget(Currency::EUR),
        budget(Currency::USD),
        Pool::Capacity { location: 1.into(), day: day(0).date_naive() },
        Pool::Capacity { location: 1.into(), day: day(1).date_naive() },
        budget_by(Currency::EUR),
        budget_by(Currency::USD),
    ]
}

const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

impl Script {
    pub(super) fn new<S: ReservationStore>(
        trial: &Trial<S>,
        seed: u64,
        number: u64,
    ) -> Result<Script, String> {
        let mut pools = vec![trial.untouched()?, trial.untouched()?];
        let kinds = trial.near(kinds());
        let pairs = kinds.chunks(2).nth(number as usize % 10).unwrap_or_default();
        pools.extend(pairs.iter().cloned());
        while pools.len() < 4 {
            pools.push(trial.untouched()?);
        }
        Ok(Script { draw: Draw(seed), seed: number, pools, at: trial.at(0), sent: Vec::new() })
    }

    /// Up to `most` commands for one call, and the caller's clock.
    pub(super) fn batch<S: ReservationStore>(
        &mut self,
        trial: &Trial<S>,
        most: u64,
    ) -> (Vec<Command>, DateTime<Utc>) {
        self.at += TimeDelta::seconds(self.draw.below(4) as i64);
        if self.seed % 2 == 1 {
            self.at += TimeDelta::nanoseconds(self.draw.below(3_000_000) as i64);
        }
        let lag = if self.draw.below(6) == 0 { self.draw.below(20) as i64 } else { 0 };
        let commands = (0..=self.draw.below(most)).map(|_| self.next(trial)).collect();
        (commands, self.at - TimeDelta::seconds(lag))
    }

    fn next<S: ReservationStore>(&mut self, trial: &Trial<S>) -> Command {
        let repeat = self.draw.below(8) == 0;
        if let Some(sent) = self.sent.iter().rev().nth(self.draw.below(4) as usize).filter(|_| repeat) {
            return sent.clone();
        }
        let mut command = trial.command(self.act(trial));
        if self.seed % 3 == 2 {
            let long = format!("{}{}", "order/".repeat(15), command.op);
            command.op = OpId::new(long).unwrap_or(command.op);
        }
        self.sent.push(command.clone());
        command
    }

    fn act<S: ReservationStore>(&mut self, trial: &Trial<S>) -> Act {
        let reservation = self.name(trial);
        match self.draw.below(24) {
            0..=5 => {
                let until = Some(self.later(40)).filter(|_| self.draw.below(5) > 0);
                Act::Reserve { reservation, legs: self.legs(), until }
            }
            6 => Act::Confirm { reservation },
            7 => Act::Extend { reservation, until: self.later(60) },
            8..=9 => Act::Use { reservation, parts: self.some_parts() },
            10..=11 => Act::Release { reservation, parts: self.some_parts() },
            12 => Act::GiveBack { reservation, parts: self.parts() },
            13..=14 => Act::Move { reservation, from: self.given_up(), to: self.legs() },
            15 => Act::Split { reservation, into: self.name(trial), parts: self.parts() },
            16..=18 => {
                let guard = if self.draw.below(2) == 0 { Guard::Never } else { Guard::KeepReserved };
                Act::Supply { pool: self.pool(), delta: self.many(9) - self.many(3), guard }
            }
            19 => {
                Act::Transfer { from: self.pool(), to: self.pool(), units: self.many(3), keep: self.many(2) }
            }
            20 => Act::Count { pool: self.pool(), counted: self.many(8) },
            21 => Act::SetLimit { pool: self.pool(), limit: self.many(12) },
            22 => Act::SetFloor { pool: self.pool(), floor: None },
            _ => Act::SetFloor { pool: self.pool(), floor: Some(self.many(4) - self.many(3)) },
        }
    }

    fn later(&mut self, seconds: u64) -> DateTime<Utc> {
        self.at + TimeDelta::seconds(self.draw.below(seconds) as i64)
    }

    /// Below `bound`, or that many times a number beyond 32 bits.
    fn many(&mut self, bound: u64) -> i64 {
        let scale = if self.seed % 4 == 3 { 5_000_000_007 } else { 1 };
        self.draw.below(bound) as i64 * scale
    }

    fn name<S: ReservationStore>(&mut self, trial: &Trial<S>) -> ReservationId {
        trial.name(NAMES.get(self.draw.below(6) as usize).unwrap_or(&"g"))
    }

    fn pool(&mut self) -> Pool {
        let n = self.draw.below(self.pools.len() as u64) as usize;
        self.pools.get(n).cloned().unwrap_or_else(|| Pool::stock(1.into(), 1.into()))
    }

    fn legs(&mut self) -> Vec<Leg> {
        let leg = |script: &mut Script| {
            let units = script.many(4) + script.many(2);
            let at_least = if script.draw.below(3) == 0 { script.many(3) } else { units };
            let limit_if_new = (script.draw.below(4) == 0).then(|| script.many(6));
            Leg { pool: script.pool(), units, at_least, limit_if_new }
        };
        (0..=self.draw.below(3)).map(|_| leg(self)).collect()
    }

    fn parts(&mut self) -> Vec<Part> {
        (0..=self.draw.below(2)).map(|_| Part::new(self.pool(), self.many(3))).collect()
    }

    fn given_up(&mut self) -> Vec<Part> {
        if self.draw.below(5) == 0 { Vec::new() } else { self.parts() }
    }

    fn some_parts(&mut self) -> Option<Vec<Part>> {
        (self.draw.below(2) == 0).then(|| self.parts())
    }
}

pub(super) async fn every_answer_is_that_of_plan<S: ReservationStore>(fresh: &impl AsyncFn() -> S) -> Kept {
    for (number, seed) in (0..).zip(seeds(20)) {
        let trial = Trial::new(fresh().await);
        let mut script = Script::new(&trial, seed, number)?;
        let names: Vec<ReservationId> = NAMES.iter().map(|name| trial.name(name)).collect();
        let mut books = Books::default();
        for _ in 0..80 {
            let (batch, at) = script.batch(&trial, 1 + number % 7);
            let answers = trial.send_at(&batch, at).await?;
            for (command, answer) in batch.iter().zip(answers) {
                let due = books.execute(command, at);
                if answer != due {
                    let count = batch.len();
                    return Err(format!(
                        "in a batch of {count} at {at} {command:?} was answered {answer:?}; `plan` says {due:?}"
                    ));
                }
            }
            let levels = trial.store.levels(&script.pools, at).await.map_err(|fault| fault.to_string())?;
            let due: Vec<_> = script.pools.iter().map(|pool| books.level(pool, at)).collect();
            if levels != due {
                return Err(format!(
                    "after {batch:?} at {at} `levels` of {:?} are {levels:?}, not {due:?}",
                    script.pools
                ));
            }
            let seen = trial.store.reservations(&names, at).await.map_err(|fault| fault.to_string())?;
            let due: Vec<_> = names.iter().map(|name| books.reservation(name, at)).collect();
            let bare = |reserved: &Option<Reserved>| {
                reserved.as_ref().map(|reserved| (reserved.state, reserved.holdings.clone()))
            };
            if !seen.iter().map(bare).eq(due.iter().map(bare)) {
                return Err(format!(
                    "after {batch:?} at {at} `reservations` of {names:?} are {seen:?}, not {due:?}"
                ));
            }
        }
    }
    Ok(())
}
