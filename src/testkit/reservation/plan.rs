//! A script of commands, and an audit of every answer against [`plan`](crate::reservation::plan).

use super::Kept;
use super::stock::Trial;
use crate::id::ReservationId;
use crate::reservation::{Act, Command, Guard, Lapses, Leg, Part, Pool, ReservationStore, Rows, plan};

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

/// Commands on four pools and six names that often meet. Time mostly goes on; now and then a host lags behind.
pub(super) struct Script {
    draw: Draw,
    pools: Vec<Pool>,
    second: i64,
    lag: bool,
    sent: Vec<Command>,
}

impl Script {
    pub(super) fn new<S: ReservationStore>(trial: &Trial<S>, seed: u64) -> Result<Script, String> {
        let pools = (0..4).map(|_| trial.untouched()).collect::<Result<_, _>>()?;
        Ok(Script { draw: Draw(seed), pools, second: 0, lag: false, sent: Vec::new() })
    }

    /// The same, with hosts whose clocks are behind. Then a sweep counts as an act that others see.
    fn lagging(self) -> Script {
        Script { lag: true, ..self }
    }

    pub(super) fn next<S: ReservationStore>(&mut self, trial: &Trial<S>) -> (Command, i64) {
        self.second += self.draw.below(4) as i64;
        let lag = if self.lag && self.draw.below(6) == 0 { self.draw.below(20) as i64 } else { 0 };
        let repeat = self.draw.below(12) == 0;
        if let Some(sent) = self.sent.iter().rev().nth(self.draw.below(6) as usize).filter(|_| repeat) {
            return (sent.clone(), self.second);
        }
        let command = trial.command(self.act(trial));
        self.sent.push(command.clone());
        (command, self.second - lag)
    }

    fn act<S: ReservationStore>(&mut self, trial: &Trial<S>) -> Act {
        let reservation = self.name(trial);
        match self.draw.below(22) {
            0..=5 => {
                let until = Some(trial.at(self.second + self.draw.below(40) as i64))
                    .filter(|_| self.draw.below(5) > 0);
                Act::Reserve { reservation, legs: self.legs(), until }
            }
            6 => Act::Confirm { reservation },
            7 => Act::Extend { reservation, until: trial.at(self.second + self.draw.below(60) as i64) },
            8..=9 => Act::Use { reservation, parts: self.some_parts() },
            10..=11 => Act::Release { reservation, parts: self.some_parts() },
            12 => Act::GiveBack { reservation, parts: self.parts() },
            13..=14 => Act::Move { reservation, from: self.given_up(), to: self.legs() },
            15 => Act::Split { reservation, into: self.name(trial), parts: self.parts() },
            16..=18 => {
                let guard = if self.draw.below(2) == 0 { Guard::Never } else { Guard::KeepReserved };
                Act::Supply { pool: self.pool(), delta: self.draw.below(9) as i64 - 2, guard }
            }
            19 => {
                let (units, keep) = (self.draw.below(3) as i64, self.draw.below(2) as i64);
                Act::Transfer { from: self.pool(), to: self.pool(), units, keep }
            }
            20 => Act::Count { pool: self.pool(), counted: self.draw.below(8) as i64 },
            _ => Act::SetFloor { pool: self.pool(), floor: Some(self.draw.below(4) as i64 - 2) },
        }
    }

    fn name<S: ReservationStore>(&mut self, trial: &Trial<S>) -> ReservationId {
        trial.name(["a", "b", "c", "d", "e", "f"].get(self.draw.below(6) as usize).unwrap_or(&"g"))
    }

    fn pool(&mut self) -> Pool {
        let n = self.draw.below(self.pools.len() as u64) as usize;
        self.pools.get(n).cloned().unwrap_or_else(|| Pool::stock(1.into(), 1.into()))
    }

    fn legs(&mut self) -> Vec<Leg> {
        let leg = |script: &mut Script| {
            let units = script.draw.below(4) as i64 + i64::from(script.draw.below(20) > 0);
            let at_least = if script.draw.below(3) == 0 { script.draw.below(3) as i64 } else { units };
            let limit_if_new = (script.draw.below(4) == 0).then_some(5);
            Leg { pool: script.pool(), units, at_least, limit_if_new }
        };
        (0..=self.draw.below(3)).map(|_| leg(self)).collect()
    }

    fn parts(&mut self) -> Vec<Part> {
        (0..=self.draw.below(2)).map(|_| Part::new(self.pool(), self.draw.below(3) as i64)).collect()
    }

    fn given_up(&mut self) -> Vec<Part> {
        if self.draw.below(5) == 0 { Vec::new() } else { self.parts() }
    }

    fn some_parts(&mut self) -> Option<Vec<Part>> {
        (self.draw.below(2) == 0).then(|| self.parts())
    }
}

pub(super) async fn every_answer_is_that_of_plan<S: ReservationStore>(fresh: &impl AsyncFn() -> S) -> Kept {
    for seed in seeds(12) {
        let trial = Trial::new(fresh().await);
        let mut script = Script::new(&trial, seed)?.lagging();
        let (mut rows, mut lapses) = (Rows::default(), Lapses::default());
        for _ in 0..150 {
            let (command, second) = script.next(&trial);
            let at = trial.at(second);
            rows.refresh(&command.act, at, |pool, now| lapses.sum(pool, now));
            let (due, changes) = plan(&command, &rows, at);
            lapses.follow(&rows, &changes);
            rows.apply(&changes);
            let answer = trial.send(&command, second).await?;
            if answer != due {
                return Err(format!("{command:?} at {at} was answered {answer:?}; `plan` says {due:?}"));
            }
            for pool in &script.pools {
                let due = rows.pools.get(pool).map(|row| {
                    let lapsed = lapses.sum(pool, at.max(row.clock));
                    crate::reservation::PoolRow { lapsed, ..*row }.level()
                });
                let levels = trial.store.levels(std::slice::from_ref(pool), at).await;
                let level = levels.map_err(|fault| fault.to_string())?.into_iter().next().flatten();
                if level != due {
                    return Err(format!(
                        "after {command:?} at {at} the {pool} is {level:?}; `plan` says {due:?}"
                    ));
                }
            }
        }
    }
    Ok(())
}
