//! Several callers at once.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::plan::Draw;
use super::stock::Trial;
use super::{Kept, Task};
use crate::reservation::{Act, Answer, Command, Leg, Part, Pool, ReservationStore};

const CALLERS: usize = 64;

/// Sends each caller's commands, one after the other, all callers at once; answers them by caller.
async fn all_at_once<S: ReservationStore + 'static>(
    trial: &Arc<Trial<Arc<S>>>,
    run: &impl AsyncFn(Vec<Task>) -> bool,
    callers: Vec<Vec<(Command, i64)>>,
) -> Result<Vec<Vec<Answer>>, String> {
    let answers = Arc::new(Mutex::new(vec![Vec::new(); callers.len()]));
    let faults = Arc::new(Mutex::new(Vec::new()));
    let tasks = callers.into_iter().enumerate().map(|(n, commands)| -> Task {
        let (trial, answers, faults) = (trial.clone(), answers.clone(), faults.clone());
        Box::pin(async move {
            // Some callers send one by one, some in batches.
            for batch in commands.chunks(if n % 3 == 2 { 8 } else { 1 }) {
                let second = batch.first().map_or(0, |(_, second)| *second);
                let batch: Vec<Command> = batch.iter().map(|(command, _)| command.clone()).collect();
                match trial.send_all(&batch, second).await {
                    Ok(more) => {
                        if let Some(own) = lock(&answers).get_mut(n) {
                            own.extend(more);
                        }
                    }
                    Err(fault) => lock(&faults).push(fault),
                }
            }
        })
    });
    if !run(tasks.collect()).await {
        return Err("callers wait for each other and do not come to an end".to_owned());
    }
    if let Some(fault) = lock(&faults).first() {
        return Err(fault.clone());
    }
    let answers = lock(&answers).clone();
    Ok(answers)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn granted(answers: &[Vec<Answer>]) -> usize {
    answers.iter().flatten().filter(|answer| answer.is_ok()).count()
}

pub(super) async fn the_last_unit_goes_to_one<S: ReservationStore + 'static>(
    fresh: impl AsyncFn() -> Arc<S>,
    run: &impl AsyncFn(Vec<Task>) -> bool,
) -> Kept {
    for round in 0..8 {
        let trial = Arc::new(Trial::new(fresh().await));
        let tea = trial.stocked(1).await?;
        let ask =
            |n: usize| trial.command(trial.reserve(&format!("c{n}"), [Leg::all(tea.clone(), 1)], Some(60)));
        let callers = (0..CALLERS).map(|n| vec![(ask(n), 0)]).collect();
        let answers = all_at_once(&trial, run, callers).await?;
        if granted(&answers) != 1 {
            return Err(format!("round {round}: one unit, {CALLERS} callers, {} got it", granted(&answers)));
        }
        trial.level_is(&tea, 1, |level| level.reserved == 1, "1 reserved").await?;
    }
    Ok(())
}

pub(super) async fn an_op_sent_at_once_is_carried_out_once<S: ReservationStore + 'static>(
    fresh: impl AsyncFn() -> Arc<S>,
    run: &impl AsyncFn(Vec<Task>) -> bool,
) -> Kept {
    for round in 0..8 {
        let trial = Arc::new(Trial::new(fresh().await));
        let tea = trial.stocked(100).await?;
        let reserve = trial.command(trial.reserve("r", [Leg::all(tea.clone(), 2)], None));
        let supply = Act::Supply { pool: tea.clone(), delta: 1, guard: crate::reservation::Guard::Never };
        let supply = trial.command(supply);
        let callers = (0..CALLERS).map(|_| vec![(reserve.clone(), 0), (supply.clone(), 0)]).collect();
        let answers = all_at_once(&trial, run, callers).await?;
        if answers.iter().any(|own| answers.first() != Some(own)) {
            return Err(format!(
                "round {round}: callers who sent the same op got different answers: {answers:?}"
            ));
        }
        let once = |level: crate::reservation::Level| level.reserved == 2 && level.limit == 101;
        trial.level_is(&tea, 1, once, "2 reserved of a limit of 101").await?;
    }
    Ok(())
}

pub(super) async fn callers_do_not_wait_for_each_other_in_a_ring<S: ReservationStore + 'static>(
    fresh: impl AsyncFn() -> Arc<S>,
    run: &impl AsyncFn(Vec<Task>) -> bool,
) -> Kept {
    const TIMES: usize = 100;
    let trial = Arc::new(Trial::new(fresh().await));
    let mut pools = Vec::new();
    for _ in 0..4 {
        pools.push(trial.stocked(1_000_000).await?);
    }
    let caller = |n: usize| {
        let turned = |k: usize| {
            let mut legs: Vec<Leg> = pools.iter().map(|pool| Leg::all(pool.clone(), 1)).collect();
            legs.rotate_left((n + k) % 4);
            if n % 2 == 1 {
                legs.reverse();
            }
            legs
        };
        let name = |k: usize| format!("c{n}-{k}");
        let pair = |k: usize| {
            let release = Act::Release { reservation: trial.name(&name(k)), parts: None };
            [(trial.command(trial.reserve(&name(k), turned(k), None)), 0), (trial.command(release), 0)]
        };
        (0..TIMES).flat_map(pair).collect::<Vec<_>>()
    };
    let answers = all_at_once(&trial, run, (0..8).map(caller).collect()).await?;
    if granted(&answers) != 8 * TIMES * 2 {
        return Err(format!("{} of {} commands were carried out", granted(&answers), 8 * TIMES * 2));
    }
    for pool in &pools {
        trial.level_is(pool, 1, |level| level.reserved == 0, "none reserved").await?;
    }
    Ok(())
}

pub(super) async fn nobody_is_refused_for_a_hold_that_is_undone<S: ReservationStore + 'static>(
    fresh: impl AsyncFn() -> Arc<S>,
    run: &impl AsyncFn(Vec<Task>) -> bool,
) -> Kept {
    const TIMES: usize = 300;
    let trial = Arc::new(Trial::new(fresh().await));
    let (tea, none) = (trial.stocked(1).await?, trial.stocked(1).await?);
    trial.ok(trial.reserve("all", [Leg::all(none.clone(), 1)], None), 0).await?;
    // Whoever wants both is refused, in either order of the pools' keys; whoever wants the one alone must get it.
    let (both, other) = ([Leg::all(tea.clone(), 1), Leg::all(none.clone(), 1)], trial.stocked(1).await?);
    let greedy = |n: usize| {
        let ask = |k: usize| (trial.command(trial.reserve(&format!("g{n}-{k}"), both.clone(), None)), 1);
        (0..TIMES).map(ask).collect::<Vec<_>>()
    };
    let modest = |pool: &Pool, name: &str| {
        let pair = |k: usize| {
            let name = format!("{name}-{k}");
            let release = Act::Release { reservation: trial.name(&name), parts: None };
            let reserve = trial.reserve(&name, [Leg::all(pool.clone(), 1)], None);
            [(trial.command(reserve), 1), (trial.command(release), 1)]
        };
        (0..TIMES).flat_map(pair).collect::<Vec<_>>()
    };
    let mut callers: Vec<_> = (0..6).map(greedy).collect();
    callers.push(modest(&tea, "m"));
    callers.push(modest(&other, "o"));
    let answers = all_at_once(&trial, run, callers).await?;
    let refused = answers.iter().skip(6).flatten().find_map(|answer| answer.as_ref().err());
    match refused {
        Some(refusal) => Err(format!("a unit that nobody ever got was refused: {refusal}")),
        None if granted(&answers) == 4 * TIMES => Ok(()),
        None => Err("legs of which one can not be had were granted".to_owned()),
    }
}

pub(super) async fn expiry_and_confirm_do_not_both_win<S: ReservationStore + 'static>(
    fresh: impl AsyncFn() -> Arc<S>,
    run: &impl AsyncFn(Vec<Task>) -> bool,
) -> Kept {
    for round in 0..24 {
        let trial = Arc::new(Trial::new(fresh().await));
        let tea = trial.stocked(1).await?;
        trial.ok(trial.reserve("r", [Leg::all(tea.clone(), 1)], Some(60)), 0).await?;
        let confirm = || vec![(trial.command(Act::Confirm { reservation: trial.name("r") }), 59)];
        let take = |n: usize| {
            vec![(trial.command(trial.reserve(&format!("t{n}"), [Leg::all(tea.clone(), 1)], None)), 60)]
        };
        let mut callers: Vec<_> = (0..4).map(take).collect();
        callers.insert(round % 5, confirm());
        let answers = all_at_once(&trial, run, callers).await?;
        trial.store.sweep(trial.at(61), 10).await.map_err(|fault| fault.to_string())?;
        if granted(&answers) != 1 {
            let granted = granted(&answers);
            return Err(format!(
                "round {round}: one unit, a confirm and 4 who want it when it lapses: {granted} got it"
            ));
        }
        trial.level_is(&tea, 62, |level| level.reserved == 1, "1 reserved").await?;
    }
    Ok(())
}

pub(super) async fn what_is_counted_at_the_end_is_what_was_answered<S: ReservationStore + 'static>(
    fresh: impl AsyncFn() -> Arc<S>,
    run: &impl AsyncFn(Vec<Task>) -> bool,
) -> Kept {
    const UNITS: i64 = 50;
    let trial = Arc::new(Trial::new(fresh().await));
    let pools = [trial.stocked(UNITS).await?, trial.stocked(UNITS).await?, trial.stocked(UNITS).await?];
    let pool = |n: u64| pools.get(n as usize % 3).cloned().unwrap_or_else(|| Pool::stock(1.into(), 1.into()));
    let books = Arc::new(pools.iter().map(|_| [AtomicI64::new(0), AtomicI64::new(0)]).collect::<Vec<_>>());
    let oversold = Arc::new(AtomicUsize::new(0));
    let tasks = (0..8_u64).map(|n| -> Task {
        let mut draw = Draw(n);
        let plans: Vec<_> = (0..150)
            .map(|k| (k, draw.below(3), draw.below(3), draw.below(4) as i64 + 1, draw.below(4)))
            .collect();
        let plans: Vec<_> = plans
            .into_iter()
            .map(|(k, a, b, units, end)| (k, [(a, pool(a)), (b, pool(b))], units, end))
            .collect();
        let (trial, books, oversold) = (trial.clone(), books.clone(), oversold.clone());
        Box::pin(async move {
            for (k, pools, units, end) in plans {
                let name = format!("x{n}-{k}");
                let reservation = trial.name(&name);
                let legs = pools.iter().map(|(_, pool)| Leg::all(pool.clone(), units)).collect::<Vec<_>>();
                if trial.ok(trial.reserve(&name, legs, None), 0).await.is_err() {
                    continue;
                }
                let parts = |units: i64| {
                    pools.iter().map(|(_, pool)| Part::new(pool.clone(), units)).collect::<Vec<_>>()
                };
                let note = |place: usize, units: i64| {
                    for (pool, _) in &pools {
                        if let Some(count) = books.get(*pool as usize).and_then(|counts| counts.get(place)) {
                            count.fetch_add(units, Ordering::Relaxed);
                        }
                    }
                };
                note(0, units);
                let act = match end {
                    0 => continue,
                    1 => Act::Use { reservation: reservation.clone(), parts: Some(parts(units)) },
                    _ => Act::Release { reservation: reservation.clone(), parts: Some(parts(units)) },
                };
                let used = matches!(act, Act::Use { .. });
                if trial.ok(act, 0).await.is_err() {
                    oversold.fetch_add(1, Ordering::Relaxed);
                    continue;
                }
                note(0, -units);
                if used {
                    note(1, units);
                    let back = Act::GiveBack { reservation, parts: parts(1) };
                    if trial.ok(back, 0).await.is_ok() {
                        note(1, -1);
                    }
                }
            }
        })
    });
    if !run(tasks.collect()).await {
        return Err("callers wait for each other and do not come to an end".to_owned());
    }
    if oversold.load(Ordering::Relaxed) > 0 {
        return Err("what was held could not be used or released".to_owned());
    }
    for (pool, counts) in pools.iter().zip(books.iter()) {
        let [reserved, used] = counts.each_ref().map(|count| count.load(Ordering::Relaxed));
        let due = format!("{reserved} reserved, {used} used, no more than {UNITS}, as the answers say");
        let right = |level: crate::reservation::Level| {
            level.reserved == reserved
                && level.used == used
                && level.available().is_some_and(|units| units >= 0)
        };
        trial.level_is(pool, 1, right, &due).await?;
    }
    Ok(())
}

pub(super) async fn nothing_is_lost_between_two_pools<S: ReservationStore + 'static>(
    fresh: impl AsyncFn() -> Arc<S>,
    run: &impl AsyncFn(Vec<Task>) -> bool,
) -> Kept {
    const TIMES: i64 = 60;
    let trial = Arc::new(Trial::new(fresh().await));
    let (tea, pot) = (trial.stocked(10_000).await?, trial.stocked(10_000).await?);
    let caller = |n: usize| {
        let name = |k: i64, part: &str| format!("c{n}-{k}{part}");
        let story = |k: i64| {
            let (here, there) = if k % 2 == 0 { (&tea, &pot) } else { (&pot, &tea) };
            let part = |pool: &Pool, units| vec![Part::new(pool.clone(), units)];
            let own = trial.name(&name(k, ""));
            [
                Act::Supply { pool: here.clone(), delta: 1, guard: crate::reservation::Guard::Never },
                Act::Transfer { from: here.clone(), to: there.clone(), units: 2, keep: 0 },
                trial.reserve(&name(k, ""), [Leg::all(here.clone(), 3)], Some(900)),
                Act::Move {
                    reservation: own.clone(),
                    from: part(here, 2),
                    to: vec![Leg::all(there.clone(), 2)],
                },
                Act::Split {
                    reservation: own.clone(),
                    into: trial.name(&name(k, "s")),
                    parts: part(there, 1),
                },
                Act::Extend { reservation: own.clone(), until: trial.at(1_800) },
                Act::Confirm { reservation: own.clone() },
                Act::Use { reservation: own, parts: Some(part(there, 1)) },
            ]
        };
        (0..TIMES).flat_map(story).map(|act| (trial.command(act), 0)).collect::<Vec<_>>()
    };
    let callers: Vec<_> = (0..6).map(caller).collect();
    let all = 6 * TIMES;
    let answers = all_at_once(&trial, run, callers).await?;
    if let Some(refusal) = answers.iter().flatten().find_map(|answer| answer.as_ref().err()) {
        return Err(format!(
            "one of many callers who do not touch each other's holds was refused: {refusal}"
        ));
    }
    let (tea, pot) = (trial.level(&tea, 1).await?, trial.level(&pot, 1).await?);
    let sums = [tea.limit + pot.limit, tea.reserved + pot.reserved, tea.used + pot.used];
    let due = [20_000 + all, 2 * all, all];
    if sums != due {
        return Err(format!("limits, reserved and used of both pools sum to {sums:?}, not {due:?}"));
    }
    Ok(())
}
