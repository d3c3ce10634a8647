//! How holds end.

use super::Kept;
use super::plan::{Script, seeds};
use super::stock::Trial;
use crate::reservation::{Act, How, Leg, Part, ReservationStore, ReservedState};

pub(super) async fn a_hold_ends_by_time_alone<S: ReservationStore>(fresh: &impl AsyncFn() -> S) -> Kept {
    let trial = Trial::new(fresh().await);
    let tea = trial.stocked(1).await?;
    trial.ok(trial.reserve("r", [Leg::all(tea.clone(), 1)], Some(60)), 0).await?;
    trial.refused(trial.reserve("s", [Leg::all(tea.clone(), 1)], None), 59, "insufficient").await?;
    trial
        .level_is(&tea, 60, |level| level.available() == Some(1), "1 available at the end of the hold")
        .await?;
    let seen = trial.reserved("r", 60).await?.map(|reserved| reserved.state);
    if seen != Some(ReservedState::Ended { how: How::Lapsed }) {
        return Err(format!("at its end, and before any sweep, the reservation is {seen:?}, not lapsed"));
    }
    trial.ok(trial.reserve("s", [Leg::all(tea.clone(), 1)], None), 60).await?;
    for act in [
        Act::Confirm { reservation: trial.name("r") },
        Act::Use { reservation: trial.name("r"), parts: None },
        Act::Release { reservation: trial.name("r"), parts: None },
        Act::Extend { reservation: trial.name("r"), until: trial.at(900) },
    ] {
        trial.refused(act, 61, "ended").await?;
    }
    trial.level_is(&tea, 62, |level| level.reserved == 1 && level.used == 0, "1 reserved, by the other").await
}

pub(super) async fn a_confirm_wins_until_the_last_instant<S: ReservationStore>(
    fresh: &impl AsyncFn() -> S,
) -> Kept {
    let trial = Trial::new(fresh().await);
    let (tea, pot) = (trial.stocked(1).await?, trial.stocked(1).await?);
    trial.ok(trial.reserve("r", [Leg::all(tea.clone(), 1)], Some(60)), 0).await?;
    trial.ok(trial.reserve("s", [Leg::all(pot.clone(), 1)], Some(60)), 0).await?;
    trial.ok(Act::Confirm { reservation: trial.name("r") }, 59).await?;
    trial.refused(Act::Confirm { reservation: trial.name("s") }, 60, "ended").await?;
    trial.level_is(&tea, 9_999, |level| level.reserved == 1, "a confirmed hold lasts").await?;
    trial.level_is(&pot, 9_999, |level| level.reserved == 0, "the other one has lapsed").await?;
    trial.ok(Act::Confirm { reservation: trial.name("r") }, 9_999).await.map(drop)
}

pub(super) async fn a_clock_behind_revives_nothing<S: ReservationStore>(fresh: &impl AsyncFn() -> S) -> Kept {
    let trial = Trial::new(fresh().await);
    let (tea, pot) = (trial.stocked(1).await?, trial.stocked(1).await?);
    let both = [Leg::all(tea.clone(), 1), Leg::all(pot.clone(), 1)];
    trial.ok(trial.reserve("r", both, Some(60)), 0).await?;
    trial.ok(trial.reserve("s", [Leg::all(tea.clone(), 1)], None), 61).await?;
    for act in [
        Act::Confirm { reservation: trial.name("r") },
        Act::Extend { reservation: trial.name("r"), until: trial.at(900) },
        Act::Use { reservation: trial.name("r"), parts: Some(vec![Part::new(pot.clone(), 1)]) },
    ] {
        trial.refused(act, 50, "ended").await?;
    }
    trial.refused(trial.reserve("t", [Leg::all(tea.clone(), 1)], Some(55)), 50, "past").await?;
    trial.level_is(&tea, 50, |level| level.reserved == 1 && level.used == 0, "1 reserved").await
}

pub(super) async fn a_hold_ends_once<S: ReservationStore>(fresh: &impl AsyncFn() -> S) -> Kept {
    let trial = Trial::new(fresh().await);
    let tea = trial.stocked(5).await?;
    trial.ok(trial.reserve("r", [Leg::all(tea.clone(), 3)], Some(60)), 0).await?;
    trial.ok(trial.reserve("s", [Leg::all(tea.clone(), 2)], Some(600)), 0).await?;
    for second in [61, 62, 63] {
        trial.store.sweep(trial.at(second), 10).await.map_err(|fault| fault.to_string())?;
        let due = "3 of 5 available after the hold of 3 has lapsed, however often it is swept";
        trial
            .level_is(&tea, second, |level| level.available() == Some(3) && level.reserved == 2, due)
            .await?;
    }
    trial.refused(Act::Release { reservation: trial.name("r"), parts: None }, 64, "ended").await?;
    trial.ok(trial.reserve("t", [Leg::all(tea.clone(), 3)], None), 65).await?;
    trial.store.sweep(trial.at(66), 10).await.map_err(|fault| fault.to_string())?;
    trial.level_is(&tea, 67, |level| level.available() == Some(0), "none of 5 available").await
}

pub(super) async fn a_name_is_not_taken_twice<S: ReservationStore>(fresh: &impl AsyncFn() -> S) -> Kept {
    let trial = Trial::new(fresh().await);
    let tea = trial.stocked(9).await?;
    let again = || trial.reserve("r", [Leg::all(tea.clone(), 1)], None);
    trial.ok(trial.reserve("r", [Leg::all(tea.clone(), 1)], Some(60)), 0).await?;
    trial.refused(again(), 1, "exists").await?;
    trial.refused(again(), 61, "exists").await?;
    trial.store.sweep(trial.at(62), 10).await.map_err(|fault| fault.to_string())?;
    trial.refused(again(), 63, "exists").await?;
    trial.ok(trial.reserve("s", [Leg::all(tea.clone(), 1)], None), 64).await?;
    trial.ok(Act::Release { reservation: trial.name("s"), parts: None }, 65).await?;
    trial.refused(trial.reserve("s", [Leg::all(tea.clone(), 1)], None), 66, "exists").await?;
    trial.level_is(&tea, 67, |level| level.reserved == 0, "none reserved").await
}

pub(super) async fn a_sweep_changes_no_answer<S: ReservationStore>(fresh: &impl AsyncFn() -> S) -> Kept {
    for (number, seed) in (0..).zip(seeds(6)) {
        let (plain, swept) = (Trial::new(fresh().await), Trial::new(fresh().await));
        let (mut one, mut other) = (Script::new(&plain, seed, number)?, Script::new(&swept, seed, number)?);
        for step in 0..120 {
            let (batch, at) = one.batch(&plain, 1);
            let (same, _) = other.batch(&swept, 1);
            let most = step % 3;
            let ended = swept.store.sweep(at, most).await.map_err(|fault| fault.to_string())?;
            if ended > most {
                return Err(format!("a sweep of at most {most} wrote down {ended}"));
            }
            let (answers, after_sweep) = (plain.send_at(&batch, at).await?, swept.send_at(&same, at).await?);
            if !answers.iter().map(bare).eq(after_sweep.iter().map(bare)) {
                return Err(format!("{batch:?} were answered {answers:?}; after a sweep: {after_sweep:?}"));
            }
        }
    }
    Ok(())
}

pub(super) async fn a_sweep_keeps_what_is_held<S: ReservationStore>(fresh: &impl AsyncFn() -> S) -> Kept {
    let trial = Trial::new(fresh().await);
    let tea = trial.stocked(5).await?;
    trial.ok(trial.reserve("r", [Leg::all(tea.clone(), 2)], Some(60)), 0).await?;
    trial.ok(Act::Confirm { reservation: trial.name("r") }, 1).await?;
    trial.ok(trial.reserve("s", [Leg::all(tea.clone(), 1)], None), 2).await?;
    let year = 366 * 86_400;
    trial.store.sweep(trial.at(year), 10).await.map_err(|fault| fault.to_string())?;
    trial.ok(Act::Use { reservation: trial.name("r"), parts: None }, year + 1).await?;
    trial.ok(Act::Release { reservation: trial.name("s"), parts: None }, year + 2).await?;
    trial
        .level_is(&tea, year + 3, |level| level.used == 2 && level.reserved == 0, "2 used, none reserved")
        .await
}

/// An answer without what a sweep may well change: when a reservation that is in the way was last touched.
fn bare(answer: &crate::reservation::Answer) -> Result<crate::reservation::Outcome, String> {
    answer.clone().map_err(|refusal| refusal.to_string())
}

pub(super) async fn a_sweep_forgets_nothing_that_was_used<S: ReservationStore>(
    fresh: &impl AsyncFn() -> S,
) -> Kept {
    let trial = Trial::new(fresh().await);
    let tea = trial.stocked(5).await?;
    let part = |units| vec![Part::new(tea.clone(), units)];
    trial.ok(trial.reserve("r", [Leg::all(tea.clone(), 2)], Some(60)), 0).await?;
    trial.ok(Act::Use { reservation: trial.name("r"), parts: Some(part(1)) }, 1).await?;
    trial.ok(trial.reserve("s", [Leg::all(tea.clone(), 2)], None), 2).await?;
    trial.ok(Act::Use { reservation: trial.name("s"), parts: None }, 3).await?;
    let year = 366 * 86_400;
    for second in [61, year, 2 * year] {
        trial.store.sweep(trial.at(second), 10).await.map_err(|fault| fault.to_string())?;
    }
    trial.ok(Act::GiveBack { reservation: trial.name("r"), parts: part(1) }, 2 * year + 1).await?;
    trial.ok(Act::GiveBack { reservation: trial.name("s"), parts: part(2) }, 2 * year + 2).await?;
    trial.level_is(&tea, 2 * year + 3, |level| level.available() == Some(5), "all 5 available").await
}
