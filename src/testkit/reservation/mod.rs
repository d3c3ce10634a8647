//! What a reservation store promises, one check a promise.

mod asked;
mod holds;
mod plan;
mod races;
mod stock;
mod threads;

use std::sync::Arc;

pub use self::threads::{Task, threads};
use crate::reservation::ReservationStore;

/// A promise that a store does not keep.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Broken {
    /// The promise, by name: stable.
    pub promise: &'static str,
    /// What was asked, what was answered and what should have been.
    pub story: String,
}

/// What a check finds: nothing, or the story of what went wrong.
type Kept = Result<(), String>;

/// Runs every promise that one caller can check, each on a store of its own from `fresh`.
///
/// The store may join pools as its [`shard`](ReservationStore::shard) says; what it declares is what is demanded, no
/// less: pools that lie together are joined, pools that lie apart are refused as such and nothing changes.
///
/// # Panics
/// If a promise is broken: the message names each and tells its story. [`reservation_store_broken`] returns them
/// instead.
pub async fn reservation_store<S: ReservationStore>(fresh: impl AsyncFn() -> S) {
    tell(&reservation_store_broken(fresh).await);
}

/// As [`reservation_store`], returning what is broken.
pub async fn reservation_store_broken<S: ReservationStore>(fresh: impl AsyncFn() -> S) -> Vec<Broken> {
    let mut broken = Vec::new();
    macro_rules! check {
        ($($room:ident::$promise:ident),* $(,)?) => {$(
            if let Err(story) = $room::$promise(&fresh).await {
                broken.push(Broken { promise: stringify!($promise), story });
            }
        )*};
    }
    check!(
        stock::all_legs_or_none,
        stock::legs_on_one_pool_are_summed,
        stock::a_partial_reserve_holds_what_it_says,
        stock::a_count_below_what_is_reserved_says_so,
        stock::what_is_given_back_was_used,
        stock::what_leaves_is_on_hand,
        stock::pools_lie_where_the_store_says,
        asked::the_same_op_has_the_same_answer,
        asked::a_refusal_is_remembered_too,
        asked::other_content_under_an_op_is_refused,
        asked::a_refused_command_binds_no_name,
        asked::a_batch_is_answered_in_order,
        asked::a_lost_answer_can_be_asked_for_again,
        asked::a_call_may_be_dropped_at_any_moment,
        holds::a_hold_ends_by_time_alone,
        holds::a_confirm_wins_until_the_last_instant,
        holds::a_clock_behind_revives_nothing,
        holds::a_hold_ends_once,
        holds::a_name_is_not_taken_twice,
        holds::a_sweep_changes_no_answer,
        holds::a_sweep_keeps_what_is_held,
        holds::a_sweep_forgets_nothing_that_was_used,
        plan::every_answer_is_that_of_plan,
    );
    broken
}

/// Runs every promise that takes several callers at once. `run` drives the tasks that it is given at the same time,
/// each on a thread or task of its own, and answers whether all came to an end: [`threads`] does for stores that never
/// wait; on a runtime, spawn each task and await them all with a time limit.
///
/// # Panics
/// If a promise is broken.
pub async fn reservation_races<S: ReservationStore + 'static>(
    fresh: impl AsyncFn() -> S,
    run: impl AsyncFn(Vec<Task>) -> bool,
) {
    tell(&reservation_races_broken(fresh, run).await);
}

/// As [`reservation_races`], returning what is broken.
pub async fn reservation_races_broken<S: ReservationStore + 'static>(
    fresh: impl AsyncFn() -> S,
    run: impl AsyncFn(Vec<Task>) -> bool,
) -> Vec<Broken> {
    let mut broken = Vec::new();
    macro_rules! check {
        ($($promise:ident),* $(,)?) => {$(
            if let Err(story) = races::$promise(async || Arc::new(fresh().await), &run).await {
                broken.push(Broken { promise: stringify!($promise), story });
            }
        )*};
    }
    check!(
        the_last_unit_goes_to_one,
        an_op_sent_at_once_is_carried_out_once,
        callers_do_not_wait_for_each_other_in_a_ring,
        nobody_is_refused_for_a_hold_that_is_undone,
        expiry_and_confirm_do_not_both_win,
        what_is_counted_at_the_end_is_what_was_answered,
        nothing_is_lost_between_two_pools,
    );
    broken
}

#[expect(clippy::panic, reason = "a test fails by a panic")]
fn tell(broken: &[Broken]) {
    if !broken.is_empty() {
        let lines = broken.iter().map(|Broken { promise, story }| format!("\n  {promise}: {story}"));
        panic!("the store breaks its promises:{}", lines.collect::<String>());
    }
}
