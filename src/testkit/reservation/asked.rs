//! The same op, the same answer.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use super::Kept;
use super::stock::Trial;
use crate::reservation::{Act, Guard, Leg, Outcome, Part, ReservationStore};

pub(super) async fn the_same_op_has_the_same_answer<S: ReservationStore>(
    fresh: &impl AsyncFn() -> S,
) -> Kept {
    let trial = Trial::new(fresh().await);
    let tea = trial.stocked(5).await?;
    let reserve = trial.command(trial.reserve("r", [Leg::all(tea.clone(), 2)], Some(60)));
    let first = trial.send(&reserve, 0).await?;
    let again = trial.send(&reserve, 30).await?;
    let stale = trial.send(&reserve, 600).await?;
    if again != first || stale != first {
        return Err(format!("a reserve was answered {first:?}, then {again:?}, and after its end {stale:?}"));
    }
    let consume = trial.command(Act::Use { reservation: trial.name("s"), parts: None });
    trial.ok(trial.reserve("s", [Leg::all(tea.clone(), 3)], None), 601).await?;
    let (first, again) = (trial.send(&consume, 602).await?, trial.send(&consume, 603).await?);
    if first != Ok(Outcome::Used { ended: true }) || again != first {
        return Err(format!("a use was answered {first:?}, then {again:?}"));
    }
    trial.level_is(&tea, 604, |level| level.used == 3 && level.reserved == 0, "3 used, none reserved").await
}

pub(super) async fn a_refusal_is_remembered_too<S: ReservationStore>(fresh: &impl AsyncFn() -> S) -> Kept {
    let trial = Trial::new(fresh().await);
    let tea = trial.stocked(1).await?;
    let reserve = trial.command(trial.reserve("r", [Leg::all(tea.clone(), 2)], None));
    let first = trial.send(&reserve, 0).await?;
    trial.ok(Act::Supply { pool: tea.clone(), delta: 5, guard: Guard::Never }, 1).await?;
    let again = trial.send(&reserve, 2).await?;
    if first.is_ok() || again != first {
        return Err(format!("2 of 1 were answered {first:?}; the same op after a supply of 5: {again:?}"));
    }
    trial.level_is(&tea, 3, |level| level.reserved == 0, "none reserved").await
}

pub(super) async fn other_content_under_an_op_is_refused<S: ReservationStore>(
    fresh: &impl AsyncFn() -> S,
) -> Kept {
    let trial = Trial::new(fresh().await);
    let tea = trial.stocked(9).await?;
    let first = trial.command(trial.reserve("r", [Leg::all(tea.clone(), 2)], None));
    trial.send(&first, 0).await?.map_err(|refusal| format!("2 of 9 were refused: {refusal}"))?;
    for other in [
        trial.reserve("r", [Leg::all(tea.clone(), 3)], None),
        trial.reserve("r", [Leg::all(tea.clone(), 2)], Some(60)),
        trial.reserve("s", [Leg::all(tea.clone(), 2)], None),
        trial.reserve("r", [Leg::up_to(tea.clone(), 2)], None),
        Act::Release { reservation: trial.name("r"), parts: None },
    ] {
        let mut command = first.clone();
        command.act = other;
        let answer = trial.send(&command, 1).await?;
        if answer.as_ref().map_err(|refusal| refusal.code()) != Err("id_reused") {
            return Err(format!(
                "another command under the op of a reserve was answered {answer:?}, not `id_reused`"
            ));
        }
    }
    trial.level_is(&tea, 2, |level| level.reserved == 2, "2 reserved").await
}

pub(super) async fn a_refused_command_binds_no_name<S: ReservationStore>(
    fresh: &impl AsyncFn() -> S,
) -> Kept {
    let trial = Trial::new(fresh().await);
    let tea = trial.stocked(1).await?;
    trial.refused(trial.reserve("r", [Leg::all(tea.clone(), 2)], None), 0, "insufficient").await?;
    trial.refused(Act::Confirm { reservation: trial.name("r") }, 1, "unknown_reservation").await?;
    trial.ok(trial.reserve("r", [Leg::all(tea, 1)], None), 2).await.map(drop)
}

pub(super) async fn a_batch_is_answered_in_order<S: ReservationStore>(fresh: &impl AsyncFn() -> S) -> Kept {
    let trial = Trial::new(fresh().await);
    let tea = trial.stocked(3).await?;
    let reserve =
        |name: &str, units| trial.command(trial.reserve(name, [Leg::all(tea.clone(), units)], None));
    let batch = [
        reserve("r", 2),
        reserve("s", 2),
        trial.command(Act::Release { reservation: trial.name("r"), parts: None }),
        reserve("t", 3),
        trial.command(Act::Confirm { reservation: trial.name("nobody") }),
    ];
    let answers = trial.send_all(&batch, 0).await?;
    let seen: Vec<&str> =
        answers.iter().map(|answer| answer.as_ref().err().map_or("ok", |refusal| refusal.code())).collect();
    let due = ["ok", "insufficient", "ok", "ok", "unknown_reservation"];
    if seen != due {
        return Err(format!("a batch was answered {seen:?}, not {due:?}"));
    }
    trial.level_is(&tea, 1, |level| level.reserved == 3, "3 reserved").await
}

pub(super) async fn a_lost_answer_can_be_asked_for_again<S: ReservationStore>(
    fresh: &impl AsyncFn() -> S,
) -> Kept {
    let trial = Trial::new(fresh().await);
    let tea = trial.stocked(4).await?;
    let batch = [
        trial.command(trial.reserve("r", [Leg::all(tea.clone(), 3)], Some(60))),
        trial
            .command(Act::Use { reservation: trial.name("r"), parts: Some(vec![Part::new(tea.clone(), 1)]) }),
        trial.command(Act::GiveBack { reservation: trial.name("r"), parts: vec![Part::new(tea.clone(), 1)] }),
        trial.command(Act::Supply { pool: tea.clone(), delta: 1, guard: Guard::Never }),
    ];
    let lost = trial.send_all(&batch, 0).await?;
    let again = trial.send_all(&batch, 5).await?;
    if lost != again {
        return Err(format!("the same batch was answered {lost:?}, then {again:?}"));
    }
    let once = |level: crate::reservation::Level| level.limit == 5 && level.reserved == 2 && level.used == 0;
    trial.level_is(&tea, 6, once, "what one run of the batch leaves: limit 5, 2 reserved, none used").await
}

/// Most stores suspend a few times a call; beyond that many the check is content.
const MOMENTS: usize = 64;

pub(super) async fn a_call_may_be_dropped_at_any_moment<S: ReservationStore>(
    fresh: &impl AsyncFn() -> S,
) -> Kept {
    for moment in 0..MOMENTS {
        let trial = Trial::new(fresh().await);
        let (tea, pot) = (trial.stocked(5).await?, trial.stocked(5).await?);
        let legs = [Leg::all(tea.clone(), 2), Leg::all(pot.clone(), 3)];
        let reserve = trial.command(trial.reserve("r", legs, None));
        let dropped =
            dropped_after(trial.store.execute(std::slice::from_ref(&reserve), trial.at(0)), moment).await;
        let levels = [trial.level(&tea, 1).await?.reserved, trial.level(&pot, 1).await?.reserved];
        if levels != [0, 0] && levels != [2, 3] {
            return Err(format!(
                "a reserve of 2 and 3 that was dropped at its await {moment} left {levels:?} reserved"
            ));
        }
        trial.send(&reserve, 2).await?.map_err(|refusal| {
            format!("a reserve that was dropped at its await {moment} and sent again was refused: {refusal}")
        })?;
        trial.level_is(&tea, 3, |level| level.reserved == 2, "2 reserved after the repeat").await?;
        trial.level_is(&pot, 3, |level| level.reserved == 3, "3 reserved after the repeat").await?;
        if !dropped {
            return Ok(());
        }
    }
    Ok(())
}

/// Polls `call` until it has suspended more than `moment` times, then drops it. Whether it was dropped unfinished.
async fn dropped_after<T>(call: impl Future<Output = T>, moment: usize) -> bool {
    let mut call = pin!(call);
    let mut suspended = 0;
    poll_fn(move |context| match call.as_mut().poll(context) {
        Poll::Ready(_) => Poll::Ready(false),
        Poll::Pending if suspended == moment => Poll::Ready(true),
        Poll::Pending => {
            suspended += 1;
            Poll::Pending
        }
    })
    .await
}
