//! All or nothing, sums, parts; and what the checks share.

use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};

use super::Kept;
use crate::Sku;
use crate::id::{LocationId, OpId, ReservationId};
use crate::reservation::{
    Act, Answer, Command, Guard, Leg, Level, Outcome, Part, Pool, ReservationStore, Reserved, Retry,
};

/// A store on trial: fresh ops, and pools that lie together.
pub(super) struct Trial<S> {
    pub store: S,
    /// Pools of one shard, in the order in which they are handed out.
    together: Vec<Pool>,
    handed_out: AtomicU64,
    ops: AtomicU64,
}

/// So many pools that lie together are looked for, among so many.
const TOGETHER: usize = 12;
const CANDIDATES: u64 = 100_000;
/// A store may ask for a call to be sent again; so often it is.
const PATIENCE: usize = 100;

/// The same goods at many places, so that they can be transferred.
fn candidate(n: u64) -> Pool {
    Pool::stock(LocationId::from(n), Sku::from(1))
}

impl<S: ReservationStore> Trial<S> {
    pub(super) fn new(store: S) -> Self {
        let first = store.shard(&candidate(0));
        let near = (0..CANDIDATES).map(candidate).filter(|pool| store.shard(pool) == first);
        let together = near.take(TOGETHER).collect();
        Trial { store, together, handed_out: AtomicU64::new(0), ops: AtomicU64::new(0) }
    }

    pub(super) fn at(&self, second: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(1_800_000_000 + second)
    }

    pub(super) fn name(&self, name: &str) -> ReservationId {
        ReservationId::new(format!("o-{name}/r1.0")).unwrap_or_else(|_| ReservationId::of(&1.into(), 1, 0))
    }

    pub(super) fn command(&self, act: Act) -> Command {
        Command { op: OpId::from(self.ops.fetch_add(1, Ordering::Relaxed)), act }
    }

    pub(super) fn reserve(&self, name: &str, legs: impl Into<Vec<Leg>>, until: Option<i64>) -> Act {
        let until = until.map(|second| self.at(second));
        Act::Reserve { reservation: self.name(name), legs: legs.into(), until }
    }

    /// Of some pools those in the shard of the others.
    pub(super) fn near(&self, pools: Vec<Pool>) -> Vec<Pool> {
        let first = self.store.shard(&candidate(0));
        pools.into_iter().filter(|pool| self.store.shard(pool) == first).collect()
    }

    /// A pool that nobody has touched, in the shard of the others.
    pub(super) fn untouched(&self) -> Result<Pool, String> {
        let n = self.handed_out.fetch_add(1, Ordering::Relaxed) as usize;
        let few = || format!("of {CANDIDATES} pools only {} lie in one shard", self.together.len());
        self.together.get(n).cloned().ok_or_else(few)
    }

    /// A pool with `units`.
    pub(super) async fn stocked(&self, units: i64) -> Result<Pool, String> {
        let pool = self.untouched()?;
        let supply = Act::Supply { pool: pool.clone(), delta: units, guard: Guard::Never };
        self.ok(supply, -100).await?;
        Ok(pool)
    }

    pub(super) async fn send_all(&self, batch: &[Command], second: i64) -> Result<Vec<Answer>, String> {
        self.send_at(batch, self.at(second)).await
    }

    /// Sends the batch, and again as long as the store asks for that.
    pub(super) async fn send_at(&self, batch: &[Command], at: DateTime<Utc>) -> Result<Vec<Answer>, String> {
        let mut last = String::new();
        for _ in 0..PATIENCE {
            match self.store.execute(batch, at).await {
                Ok(answers) if answers.len() == batch.len() => return Ok(answers),
                Ok(answers) => return Err(format!("{} commands got {} answers", batch.len(), answers.len())),
                Err(fault) if fault.retry == Retry::SameIds => last = fault.to_string(),
                Err(fault) => return Err(fault.to_string()),
            }
        }
        Err(format!("{last}, {PATIENCE} times"))
    }

    pub(super) async fn send(&self, command: &Command, second: i64) -> Result<Answer, String> {
        let answers = self.send_all(std::slice::from_ref(command), second).await?;
        answers.into_iter().next().ok_or_else(|| "a command got no answer".to_owned())
    }

    pub(super) async fn ok(&self, act: Act, second: i64) -> Result<Outcome, String> {
        let command = self.command(act);
        let answer = self.send(&command, second).await?;
        answer.map_err(|refusal| format!("{:?} was refused: {refusal}", command.act))
    }

    pub(super) async fn refused(&self, act: Act, second: i64, code: &str) -> Kept {
        let command = self.command(act);
        match self.send(&command, second).await? {
            Err(refusal) if refusal.code() == code => Ok(()),
            answer => Err(format!("{:?} was answered {answer:?}, not `{code}`", command.act)),
        }
    }

    pub(super) async fn level(&self, pool: &Pool, second: i64) -> Result<Level, String> {
        let levels = self.store.levels(std::slice::from_ref(pool), self.at(second)).await;
        let level = levels.map_err(|fault| fault.to_string())?.into_iter().next().flatten();
        level.ok_or_else(|| format!("`levels` knows nothing of the {pool}"))
    }

    pub(super) async fn level_is(
        &self,
        pool: &Pool,
        second: i64,
        is: impl Fn(Level) -> bool,
        due: &str,
    ) -> Kept {
        let level = self.level(pool, second).await?;
        if is(level) { Ok(()) } else { Err(format!("due: {due}; `levels` says {level:?}")) }
    }

    pub(super) async fn reserved(&self, name: &str, second: i64) -> Result<Option<Reserved>, String> {
        let found = self.store.reservations(&[self.name(name)], self.at(second)).await;
        Ok(found.map_err(|fault| fault.to_string())?.into_iter().next().flatten())
    }
}

pub(super) async fn all_legs_or_none<S: ReservationStore>(fresh: &impl AsyncFn() -> S) -> Kept {
    let trial = Trial::new(fresh().await);
    let (tea, pot) = (trial.stocked(5).await?, trial.stocked(1).await?);
    for legs in [
        [Leg::all(tea.clone(), 2), Leg::all(pot.clone(), 2)],
        [Leg::all(pot.clone(), 2), Leg::all(tea.clone(), 2)],
        [Leg::all(tea.clone(), 2), Leg::all(trial.untouched()?, 1)],
    ] {
        let answer = trial.send(&trial.command(trial.reserve("r", legs, None)), 0).await?;
        if answer.is_ok() {
            return Err(format!("legs of which one can not be had were answered {answer:?}"));
        }
        for pool in [&tea, &pot] {
            trial.level_is(pool, 1, |level| level.reserved == 0, "nothing reserved after a refusal").await?;
        }
    }
    let both = [Leg::all(tea.clone(), 5), Leg::all(pot.clone(), 1)];
    trial.ok(trial.reserve("r", both, None), 2).await?;
    trial.level_is(&tea, 3, |level| level.available() == Some(0), "5 of 5 reserved").await?;
    trial.level_is(&pot, 3, |level| level.available() == Some(0), "1 of 1 reserved").await
}

pub(super) async fn legs_on_one_pool_are_summed<S: ReservationStore>(fresh: &impl AsyncFn() -> S) -> Kept {
    let trial = Trial::new(fresh().await);
    let tea = trial.stocked(5).await?;
    let twice = |units| [Leg::all(tea.clone(), units), Leg::all(tea.clone(), 3)];
    trial.refused(trial.reserve("r", twice(3), None), 0, "insufficient").await?;
    trial
        .level_is(&tea, 1, |level| level.reserved == 0, "none of 5 reserved after 3 + 3 were refused")
        .await?;
    trial.ok(trial.reserve("s", twice(2), None), 2).await?;
    trial.level_is(&tea, 3, |level| level.reserved == 5, "5 reserved by legs of 2 and 3").await?;
    let parts = Some(vec![Part::new(tea.clone(), 1), Part::new(tea.clone(), 5)]);
    trial.refused(Act::Release { reservation: trial.name("s"), parts }, 4, "more_than_held").await?;
    trial.ok(Act::Release { reservation: trial.name("s"), parts: None }, 5).await?;
    trial.level_is(&tea, 6, |level| level.available() == Some(5), "all 5 available").await
}

pub(super) async fn a_partial_reserve_holds_what_it_says<S: ReservationStore>(
    fresh: &impl AsyncFn() -> S,
) -> Kept {
    let trial = Trial::new(fresh().await);
    let (tea, pot) = (trial.stocked(3).await?, trial.stocked(9).await?);
    let legs = [Leg::up_to(tea.clone(), 5), Leg::all(pot.clone(), 2)];
    let outcome = trial.ok(trial.reserve("r", legs, Some(60)), 0).await?;
    let due = Outcome::Reserved { until: Some(trial.at(60)), short: vec![Part::new(tea.clone(), 2)] };
    if outcome != due {
        return Err(format!("5 of 3 in part were answered {outcome:?}, not {due:?}"));
    }
    let held = trial.reserved("r", 1).await?.map(|reserved| (reserved.held(&tea), reserved.held(&pot)));
    if held != Some((3, 2)) {
        return Err(format!("the reservation holds {held:?}, not 3 and 2"));
    }
    trial.level_is(&tea, 1, |level| level.reserved == 3, "3 of 3 reserved").await?;
    let too_few = Leg { at_least: 1, ..Leg::up_to(tea.clone(), 5) };
    trial.refused(trial.reserve("s", [too_few], None), 2, "insufficient").await?;
    trial.refused(trial.reserve("t", [Leg::up_to(tea.clone(), 5)], None), 3, "insufficient").await?;
    trial.ok(Act::Release { reservation: trial.name("r"), parts: None }, 4).await?;
    trial.level_is(&tea, 5, |level| level.available() == Some(3), "3 available after the release").await?;
    trial.level_is(&pot, 5, |level| level.available() == Some(9), "9 available after the release").await
}

pub(super) async fn a_count_below_what_is_reserved_says_so<S: ReservationStore>(
    fresh: &impl AsyncFn() -> S,
) -> Kept {
    let trial = Trial::new(fresh().await);
    let tea = trial.stocked(5).await?;
    trial.ok(trial.reserve("r", [Leg::all(tea.clone(), 4)], None), 0).await?;
    let outcome = trial.ok(Act::Count { pool: tea.clone(), counted: 3 }, 1).await?;
    if outcome != (Outcome::Set { uncovered: 1 }) {
        return Err(format!("3 were counted of 4 reserved, and the answer was {outcome:?}"));
    }
    trial.refused(trial.reserve("s", [Leg::all(tea.clone(), 1)], None), 2, "insufficient").await?;
    trial
        .level_is(&tea, 3, |level| level.available() == Some(-1) && level.reserved == 4, "4 of 3 reserved")
        .await?;
    let cut = Act::Supply { pool: tea.clone(), delta: -1, guard: Guard::KeepReserved };
    trial.refused(cut, 4, "below_reserved").await?;
    trial.ok(Act::Release { reservation: trial.name("r"), parts: None }, 5).await?;
    trial.level_is(&tea, 6, |level| level.available() == Some(3), "3 available").await
}

pub(super) async fn what_is_given_back_was_used<S: ReservationStore>(fresh: &impl AsyncFn() -> S) -> Kept {
    let trial = Trial::new(fresh().await);
    let tea = trial.stocked(5).await?;
    let give_back =
        |units| Act::GiveBack { reservation: trial.name("r"), parts: vec![Part::new(tea.clone(), units)] };
    trial.ok(trial.reserve("r", [Leg::all(tea.clone(), 3)], None), 0).await?;
    trial.refused(give_back(1), 1, "more_than_used").await?;
    trial.ok(Act::Use { reservation: trial.name("r"), parts: None }, 2).await?;
    trial.refused(give_back(4), 3, "more_than_used").await?;
    trial.ok(give_back(2), 4).await?;
    trial.refused(give_back(2), 5, "more_than_used").await?;
    trial.ok(give_back(1), 6).await?;
    trial.level_is(&tea, 7, |level| level.used == 0 && level.available() == Some(5), "all 5 available").await
}

pub(super) async fn what_leaves_is_on_hand<S: ReservationStore>(fresh: &impl AsyncFn() -> S) -> Kept {
    let trial = Trial::new(fresh().await);
    let tea = trial.stocked(1).await?;
    trial.ok(Act::SetFloor { pool: tea.clone(), floor: Some(-2) }, 0).await?;
    trial.ok(trial.reserve("r", [Leg::all(tea.clone(), 3)], None), 1).await?;
    trial.refused(Act::Use { reservation: trial.name("r"), parts: None }, 2, "not_on_hand").await?;
    trial.level_is(&tea, 3, |level| level.used == 0 && level.reserved == 3, "3 reserved, none used").await?;
    trial.ok(Act::Supply { pool: tea.clone(), delta: 2, guard: Guard::Never }, 4).await?;
    trial.ok(Act::Use { reservation: trial.name("r"), parts: None }, 5).await.map(drop)
}

pub(super) async fn pools_lie_where_the_store_says<S: ReservationStore>(fresh: &impl AsyncFn() -> S) -> Kept {
    let trial = Trial::new(fresh().await);
    let tea = trial.stocked(5).await?;
    let shard = trial.store.shard(&tea);
    let Some(other) = (0..CANDIDATES).map(candidate).find(|pool| trial.store.shard(pool) != shard) else {
        return Ok(()); // it joins all, and every other check has demanded that
    };
    trial.ok(Act::Supply { pool: other.clone(), delta: 5, guard: Guard::Never }, 0).await?;
    let legs = [Leg::all(tea.clone(), 1), Leg::all(other.clone(), 1)];
    trial.refused(trial.reserve("r", legs, None), 1, "apart").await?;
    for pool in [&tea, &other] {
        trial.level_is(pool, 2, |level| level.reserved == 0, "nothing reserved after a refusal").await?;
    }
    Ok(())
}
