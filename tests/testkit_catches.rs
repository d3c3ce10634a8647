//! Stores broken on purpose: the suites name the promise that each breaks.

#[cfg(test)]
mod broken;

#[cfg(test)]
mod testkit_catches {
    use order_workflow::testkit;
    use pollster::block_on;

    use crate::broken::{Flaw, Flawed, Rings};

    fn by_one_caller(flaw: Flaw) -> Vec<&'static str> {
        let broken = block_on(testkit::reservation_store_broken(async || Flawed::new(flaw)));
        broken.iter().map(|broken| broken.promise).collect()
    }

    fn by_many(flaw: Flaw) -> Vec<&'static str> {
        let fresh = async || Flawed::new(flaw);
        let broken = block_on(testkit::reservation_races_broken(fresh, testkit::threads()));
        broken.iter().map(|broken| broken.promise).collect()
    }

    #[test]
    fn without_a_flaw_nothing_is_caught() {
        for sound in [Flaw::None, Flaw::TwoShards] {
            assert_eq!([by_one_caller(sound), by_many(sound)].concat(), [""; 0], "{sound:?}");
        }
    }

    #[test]
    fn every_flaw_is_caught_by_name() {
        for (flaw, promise) in [
            (Flaw::ForgottenRollback, "all_legs_or_none"),
            (Flaw::LegByLeg, "legs_on_one_pool_are_summed"),
            (Flaw::LostRemainder, "a_partial_reserve_holds_what_it_says"),
            (Flaw::CountsInSilence, "a_count_below_what_is_reserved_says_so"),
            (Flaw::LostIdempotence, "the_same_op_has_the_same_answer"),
            (Flaw::ForgetsRefusals, "a_refusal_is_remembered_too"),
            (Flaw::AnyContent, "other_content_under_an_op_is_refused"),
            (Flaw::StopsAtRefusal, "a_batch_is_answered_in_order"),
            (Flaw::HalfWritten, "a_call_may_be_dropped_at_any_moment"),
            (Flaw::SweeperEnds, "a_hold_ends_by_time_alone"),
            (Flaw::OwnClock, "a_clock_behind_revives_nothing"),
            (Flaw::DoubleExpiry, "a_hold_ends_once"),
            (Flaw::ReusesNames, "a_name_is_not_taken_twice"),
            (Flaw::SweepsUsed, "a_sweep_forgets_nothing_that_was_used"),
            (Flaw::JoinsWhatLiesApart, "pools_lie_where_the_store_says"),
            (Flaw::SweepsHeld, "a_sweep_keeps_what_is_held"),
            (Flaw::SweepsAll, "a_sweep_changes_no_answer"),
            (Flaw::TwiceInABatch, "every_answer_is_that_of_plan"),
            (Flaw::BlindToLots, "every_answer_is_that_of_plan"),
            (Flaw::BlindToCurrency, "every_answer_is_that_of_plan"),
            (Flaw::WholeSeconds, "every_answer_is_that_of_plan"),
            (Flaw::SmallNumbers, "every_answer_is_that_of_plan"),
            (Flaw::ShortOps, "every_answer_is_that_of_plan"),
            (Flaw::LevelsReversed, "every_answer_is_that_of_plan"),
            (Flaw::ForgetsUsed, "every_answer_is_that_of_plan"),
            (Flaw::NoFloorIsZero, "every_answer_is_that_of_plan"),
        ] {
            let caught = by_one_caller(flaw);
            assert!(caught.contains(&promise), "{flaw:?} breaks {promise}; caught: {caught:?}");
        }
    }

    #[test]
    fn every_race_is_caught_by_name() {
        for (flaw, promise) in [
            (Flaw::ReadThenWrite, "the_last_unit_goes_to_one"),
            (Flaw::TransfersReadThenWrite, "nothing_is_lost_between_two_pools"),
            (Flaw::UndoneHolds, "nobody_is_refused_for_a_hold_that_is_undone"),
        ] {
            let caught = by_many(flaw);
            assert!(caught.contains(&promise), "{flaw:?} breaks {promise}; caught: {caught:?}");
        }
    }

    #[test]
    fn locks_in_the_order_of_legs_are_caught() {
        let caught =
            block_on(testkit::reservation_races_broken(async || Rings::default(), testkit::threads()));
        let caught: Vec<&str> = caught.iter().map(|broken| broken.promise).collect();
        assert!(caught.contains(&"callers_do_not_wait_for_each_other_in_a_ring"), "{caught:?}");
    }

    #[test]
    #[should_panic(expected = "the_same_op_has_the_same_answer: a reserve was answered")]
    fn the_suite_fails_with_a_story() {
        block_on(testkit::reservation_store(async || Flawed::new(Flaw::LostIdempotence)));
    }
}
