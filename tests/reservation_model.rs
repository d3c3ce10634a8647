//! Invariants 2, 3 and 4 of reservations, held to a model that counts cells.

#[cfg(test)]
mod reservation;

#[cfg(test)]
mod reservation_model {
    use std::collections::BTreeMap;

    use chrono::{DateTime, Utc};
    use order_workflow::id::ReservationId;
    use order_workflow::reservation::*;
    use order_workflow::testkit::{Step, names, steps};
    use proptest::prelude::*;
    use proptest::strategy::ValueTree;
    use proptest::test_runner::{TestCaseError, TestRunner};

    use crate::reservation::cells::Cells;
    use crate::reservation::one_lock::OneLock;

    /// What a store is asked here.
    trait Asked {
        fn ask(&mut self, command: &Command, at: DateTime<Utc>) -> Answer;
        fn sweep(&mut self, at: DateTime<Utc>);
        fn level(&self, pool: &Pool, at: DateTime<Utc>) -> Option<Level>;
        fn reserved(&self, id: &ReservationId, at: DateTime<Utc>) -> Option<Reserved>;
    }

    impl<S: ReservationStore> Asked for S {
        fn ask(&mut self, command: &Command, at: DateTime<Utc>) -> Answer {
            let batch = std::slice::from_ref(command);
            pollster::block_on(self.execute(batch, at)).unwrap().pop().unwrap()
        }
        fn sweep(&mut self, at: DateTime<Utc>) {
            pollster::block_on(ReservationStore::sweep(self, at, usize::MAX)).unwrap();
        }
        fn level(&self, pool: &Pool, at: DateTime<Utc>) -> Option<Level> {
            pollster::block_on(self.levels(std::slice::from_ref(pool), at)).unwrap().pop().unwrap()
        }
        fn reserved(&self, id: &ReservationId, at: DateTime<Utc>) -> Option<Reserved> {
            pollster::block_on(self.reservations(std::slice::from_ref(id), at)).unwrap().pop().unwrap()
        }
    }

    /// The model does not say when a reservation was touched, nor what one that is in the way holds.
    fn comparable(answer: Answer) -> Answer {
        answer.map_err(|refusal| match refusal {
            Refusal::Exists { reservation, there } => Refusal::Exists {
                reservation,
                there: Box::new(Reserved { holdings: vec![], touched: DateTime::UNIX_EPOCH, ..*there }),
            },
            other => other,
        })
    }

    fn agrees(store: &mut dyn Asked, model: &mut Cells, steps: &[Step]) -> Result<(), TestCaseError> {
        for step in steps {
            let (command, at) = match step {
                Step::Send { command, at } => (command, *at),
                Step::Sweep { at } => {
                    store.sweep(*at); // of which the model knows nothing: no answer depends on it
                    continue;
                }
            };
            let before: Vec<(Pool, Option<Level>)> =
                model.pools().map(|pool| (pool.clone(), store.level(pool, at))).collect();
            let answer = store.ask(command, at);
            prop_assert_eq!(
                comparable(answer.clone()),
                comparable(model.execute(command, at)),
                "{:?} at {}",
                command,
                at
            );
            for pool in model.pools() {
                let level = store.level(pool, at).ok_or_else(|| TestCaseError::fail("a pool is gone"))?;
                prop_assert_eq!(Some(level), model.level(pool, at), "{} after {:?} at {}", pool, command, at);
                prop_assert!(level.reserved >= 0 && level.used >= 0);
                if matches!(&command.act, Act::Transfer { from, .. } if answer.is_ok() && from == pool) {
                    prop_assert!(
                        level.unreserved() >= 0,
                        "what is reserved was transferred by {:?}",
                        command
                    );
                }
                if matches!(command.act, Act::Reserve { .. } | Act::Move { .. }) {
                    let was = before.iter().find(|(known, _)| known == pool).and_then(|(_, level)| *level);
                    let was = was.and_then(|level| level.available()).unwrap_or(0);
                    prop_assert!(
                        level.available().is_none_or(|now| now >= was.min(0)),
                        "oversold by {:?}",
                        command
                    );
                }
            }
            for name in names() {
                let seen = store.reserved(&name, at).map(|reserved| {
                    let of = reserved
                        .holdings
                        .into_iter()
                        .map(|holding| (holding.pool, (holding.held, holding.used)));
                    (reserved.state, of.collect())
                });
                prop_assert_eq!(seen, model.reserved(&name, at), "{} after {:?}", name, command);
            }
        }
        Ok(())
    }

    /// The commands above are worth running only if everything that can be answered is.
    #[test]
    fn every_answer_comes_up() {
        let mut runner = TestRunner::deterministic();
        let mut seen: BTreeMap<String, u32> = BTreeMap::new();
        for _ in 0..1_000 {
            let steps = steps(40).new_tree(&mut runner).unwrap().current();
            let mut store = OneLock::default();
            for step in steps {
                let Step::Send { command, at } = step else { continue };
                let answer = match store.ask(&command, at) {
                    Ok(_) => format!("{} ok", command.act.kind()),
                    Err(refusal) => refusal.code().to_owned(),
                };
                *seen.entry(answer).or_default() += 1;
            }
        }
        println!("{seen:#?}");
        let done = [
            "reserve",
            "extend",
            "confirm",
            "use",
            "release",
            "give_back",
            "move",
            "split",
            "supply",
            "transfer",
            "set_limit",
            "set_floor",
            "count",
        ];
        let refused = [
            "id_reused",
            "unknown_reservation",
            "ended",
            "is_confirmed",
            "empty",
            "not_positive",
            "negative",
            "not_alike",
            "unknown_pool",
            "exists",
            "past",
            "insufficient",
            "more_than_held",
            "more_than_used",
            "nothing_left",
            "not_on_hand",
            "below_reserved",
        ];
        let done = done.iter().map(|kind| format!("{kind} ok"));
        for answer in done.chain(refused.iter().map(|code| (*code).to_owned())) {
            assert!(seen.get(&answer).is_some_and(|times| *times >= 5), "{answer} comes up too seldom");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, max_shrink_iters: 2_000, ..ProptestConfig::default() })]

        #[test]
        fn plan_counts_cells(steps in steps(40)) {
            agrees(&mut OneLock::default(), &mut Cells::default(), &steps)?;
        }

        #[test]
        fn the_memory_store_counts_cells(steps in steps(40)) {
            agrees(&mut MemoryStore::new(), &mut Cells::default(), &steps)?;
        }
    }
}
