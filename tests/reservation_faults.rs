//! A store that answers late, twice or never: sending the same ops again loses no unit and holds none twice.

#[cfg(test)]
mod reservation_faults {
    use std::sync::Mutex;

    use chrono::{DateTime, Utc};
    use order_workflow::id::ReservationId;
    use order_workflow::reservation::*;

    /// What the network does to a call, call after call.
    #[derive(Clone, Copy, Debug)]
    enum Weather {
        Fine,
        /// It was carried out, and the answer was lost.
        AnswerLost,
        /// It never arrived.
        CallLost,
        /// It was carried out twice.
        Twice,
        /// Only its beginning was carried out.
        Half,
    }

    struct Far {
        store: MemoryStore,
        weather: Mutex<Vec<Weather>>,
    }

    fn fault() -> StoreFault {
        StoreFault { during: "reserving", retry: Retry::SameIds, source: "the line went dead".into() }
    }

    impl ReservationStore for Far {
        async fn execute(&self, batch: &[Command], at: DateTime<Utc>) -> Answers {
            let weather = self.weather.lock().unwrap().pop().unwrap_or(Weather::Fine);
            match weather {
                Weather::Fine => self.store.execute(batch, at).await,
                Weather::AnswerLost => self.store.execute(batch, at).await.and(Err(fault())),
                Weather::CallLost => Err(fault()),
                Weather::Twice => {
                    let first = self.store.execute(batch, at).await?;
                    let second = self.store.execute(batch, at).await?;
                    assert_eq!(first, second);
                    Ok(second)
                }
                Weather::Half => {
                    self.store.execute(batch.get(..batch.len() / 2).unwrap_or_default(), at).await?;
                    Err(fault())
                }
            }
        }
        async fn levels(&self, pools: &[Pool], at: DateTime<Utc>) -> Result<Vec<Option<Level>>, StoreFault> {
            self.store.levels(pools, at).await
        }
        async fn reservations(
            &self,
            ids: &[ReservationId],
            at: DateTime<Utc>,
        ) -> Result<Vec<Option<Reserved>>, StoreFault> {
            self.store.reservations(ids, at).await
        }
        async fn sweep(&self, at: DateTime<Utc>, max: usize) -> Result<usize, StoreFault> {
            self.store.sweep(at, max).await
        }
        fn shard(&self, pool: &Pool) -> u16 {
            self.store.shard(pool)
        }
    }

    #[test]
    fn whatever_the_weather_the_books_are_the_same() {
        let at: DateTime<Utc> = "2026-06-01T10:00:00Z".parse().unwrap();
        let tea = Pool::stock("north".parse().unwrap(), "tea".parse().unwrap());
        let name = |n: u64| ReservationId::new(format!("o-{n}/r1.0")).unwrap();
        let acts = [
            Act::Supply { pool: tea.clone(), delta: 5, guard: Guard::Never },
            Act::Reserve { reservation: name(1), legs: vec![Leg::all(tea.clone(), 3)], until: None },
            Act::Reserve { reservation: name(2), legs: vec![Leg::all(tea.clone(), 3)], until: None },
            Act::Use { reservation: name(1), parts: Some(vec![Part::new(tea.clone(), 2)]) },
            Act::GiveBack { reservation: name(1), parts: vec![Part::new(tea.clone(), 1)] },
            Act::Release { reservation: name(1), parts: None },
        ];
        let op = |n: usize| format!("op-{n}").parse().unwrap();
        let batch: Vec<Command> =
            acts.into_iter().enumerate().map(|(n, act)| Command { op: op(n), act }).collect();
        let all = [Weather::Fine, Weather::AnswerLost, Weather::CallLost, Weather::Twice, Weather::Half];
        let mut seen = Vec::new();
        for first in all {
            for second in all {
                for third in all {
                    let store =
                        Far { store: MemoryStore::new(), weather: Mutex::new(vec![third, second, first]) };
                    let answers = (0..9).find_map(|_| pollster::block_on(store.execute(&batch, at)).ok());
                    seen.push((answers.unwrap(), store.store.level(&tea, at).unwrap()));
                }
            }
        }
        assert!(seen.iter().all(|books| *books == seen[0]));
        let (answers, level) = &seen[0];
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 5);
        assert_eq!((level.reserved, level.used, level.available()), (0, 1, Some(4)));
    }
}
