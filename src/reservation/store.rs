//! The trait that an integrator implements, and its twin for stores chosen at run time.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::id::ReservationId;
use crate::reservation::{Answer, Command, Level, Pool, Reserved};

/// One answer per command, in the order of the batch; or a fault of the whole batch.
pub type Answers = Result<Vec<Answer>, StoreFault>;

/// Where contended numbers are kept.
///
/// What a command changes is not the store's to decide: [`plan`](crate::reservation::plan) does. A store loads rows,
/// plans and writes, under one lock or transaction a command, and remembers each op with its answer for a window that
/// it states (a day or more is usual: longer than any caller repeats itself). `tests/implement_a_store.rs` shows one
/// in about a hundred lines, and `testkit` has the suite that tells whether a store keeps its promises.
///
/// Implementers write plain `async fn`. No runtime is named; a store that never waits just returns.
pub trait ReservationStore: Send + Sync {
    /// Carries out `batch` in order, each command over all its pools or not at all; a refusal does not keep the rest
    /// from being carried out. `at` is the caller's clock, which may be behind that of others.
    ///
    /// # Errors
    /// [`StoreFault`] if the answer is unknown: any beginning of the batch may have been carried out. The same
    /// commands are sent again, under the same ops.
    fn execute(&self, batch: &[Command], at: DateTime<Utc>) -> impl Future<Output = Answers> + Send;

    /// What each pool's numbers are at the later of `at` and its clock; `None`: nobody supplied it.
    ///
    /// # Errors
    /// [`StoreFault`] if the store gave no answer.
    fn levels(
        &self,
        pools: &[Pool],
        at: DateTime<Utc>,
    ) -> impl Future<Output = Result<Vec<Option<Level>>, StoreFault>> + Send;

    /// What each reservation is at the latest of `at` and its pools' clocks; `None`: none of that name, or one
    /// that has been forgotten.
    ///
    /// # Errors
    /// [`StoreFault`] if the store gave no answer.
    fn reservations(
        &self,
        ids: &[ReservationId],
        at: DateTime<Utc>,
    ) -> impl Future<Output = Result<Vec<Option<Reserved>>, StoreFault>> + Send;

    /// Housekeeping on which no answer depends, whoever's clock is ahead or behind: writes down at most `max` holds as
    /// ended that have lapsed by `at` and by the clocks of all their pools ([`Rows::swept`](crate::reservation::Rows)),
    /// and forgets ops and ended reservations older than the window, but none with used units. Answers how many holds
    /// it wrote down.
    ///
    /// # Errors
    /// [`StoreFault`] if the store gave no answer.
    fn sweep(&self, at: DateTime<Utc>, max: usize) -> impl Future<Output = Result<usize, StoreFault>> + Send;

    /// In which shard a pool lies: one command may join pools of one shard only. A store that can join all answers
    /// zero.
    fn shard(&self, pool: &Pool) -> u16;
}

/// The store gave no answer: what was asked may or may not have been carried out.
#[derive(Debug, thiserror::Error)]
#[error("the reservation store gave no answer while {during}")]
pub struct StoreFault {
    /// What it was asked, as `reserving`.
    pub during: &'static str,
    /// What the caller should do.
    pub retry: Retry,
    /// What went wrong beneath.
    pub source: Box<dyn Error + Send + Sync>,
}

/// What to do after a fault.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Retry {
    /// Send the same commands under the same ops again: what was carried out is answered as before.
    SameIds,
    /// Nothing: the store will not answer this, now or later.
    Never,
}

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The boxed twin of [`ReservationStore`], for a store that is chosen at run time. Nobody implements it by hand.
///
/// ```
/// use std::sync::Arc;
///
/// use order_workflow::reservation::{AnyReservationStore, MemoryStore, ReservationStore};
///
/// let store: Arc<dyn AnyReservationStore> = Arc::new(MemoryStore::new());
/// fn takes_any_store(_: impl ReservationStore) {}
/// takes_any_store(store);
/// ```
pub trait AnyReservationStore: Send + Sync {
    /// [`ReservationStore::execute`].
    fn execute_boxed<'a>(&'a self, batch: &'a [Command], at: DateTime<Utc>) -> Boxed<'a, Answers>;
    /// [`ReservationStore::levels`].
    fn levels_boxed<'a>(
        &'a self,
        pools: &'a [Pool],
        at: DateTime<Utc>,
    ) -> Boxed<'a, Result<Vec<Option<Level>>, StoreFault>>;
    /// [`ReservationStore::reservations`].
    fn reservations_boxed<'a>(
        &'a self,
        ids: &'a [ReservationId],
        at: DateTime<Utc>,
    ) -> Boxed<'a, Result<Vec<Option<Reserved>>, StoreFault>>;
    /// [`ReservationStore::sweep`].
    fn sweep_boxed(&self, at: DateTime<Utc>, max: usize) -> Boxed<'_, Result<usize, StoreFault>>;
    /// [`ReservationStore::shard`].
    fn shard_of(&self, pool: &Pool) -> u16;
}

impl<S: ReservationStore> AnyReservationStore for S {
    fn execute_boxed<'a>(&'a self, batch: &'a [Command], at: DateTime<Utc>) -> Boxed<'a, Answers> {
        Box::pin(self.execute(batch, at))
    }
    fn levels_boxed<'a>(
        &'a self,
        pools: &'a [Pool],
        at: DateTime<Utc>,
    ) -> Boxed<'a, Result<Vec<Option<Level>>, StoreFault>> {
        Box::pin(self.levels(pools, at))
    }
    fn reservations_boxed<'a>(
        &'a self,
        ids: &'a [ReservationId],
        at: DateTime<Utc>,
    ) -> Boxed<'a, Result<Vec<Option<Reserved>>, StoreFault>> {
        Box::pin(self.reservations(ids, at))
    }
    fn sweep_boxed(&self, at: DateTime<Utc>, max: usize) -> Boxed<'_, Result<usize, StoreFault>> {
        Box::pin(self.sweep(at, max))
    }
    fn shard_of(&self, pool: &Pool) -> u16 {
        self.shard(pool)
    }
}

impl ReservationStore for dyn AnyReservationStore + '_ {
    async fn execute(&self, batch: &[Command], at: DateTime<Utc>) -> Answers {
        self.execute_boxed(batch, at).await
    }
    async fn levels(&self, pools: &[Pool], at: DateTime<Utc>) -> Result<Vec<Option<Level>>, StoreFault> {
        self.levels_boxed(pools, at).await
    }
    async fn reservations(
        &self,
        ids: &[ReservationId],
        at: DateTime<Utc>,
    ) -> Result<Vec<Option<Reserved>>, StoreFault> {
        self.reservations_boxed(ids, at).await
    }
    async fn sweep(&self, at: DateTime<Utc>, max: usize) -> Result<usize, StoreFault> {
        self.sweep_boxed(at, max).await
    }
    fn shard(&self, pool: &Pool) -> u16 {
        self.shard_of(pool)
    }
}

macro_rules! forwarded {
    ($pointer:ty) => {
        impl<S: ReservationStore + ?Sized> ReservationStore for $pointer {
            async fn execute(&self, batch: &[Command], at: DateTime<Utc>) -> Answers {
                (**self).execute(batch, at).await
            }
            async fn levels(
                &self,
                pools: &[Pool],
                at: DateTime<Utc>,
            ) -> Result<Vec<Option<Level>>, StoreFault> {
                (**self).levels(pools, at).await
            }
            async fn reservations(
                &self,
                ids: &[ReservationId],
                at: DateTime<Utc>,
            ) -> Result<Vec<Option<Reserved>>, StoreFault> {
                (**self).reservations(ids, at).await
            }
            async fn sweep(&self, at: DateTime<Utc>, max: usize) -> Result<usize, StoreFault> {
                (**self).sweep(at, max).await
            }
            fn shard(&self, pool: &Pool) -> u16 {
                (**self).shard(pool)
            }
        }
    };
}
forwarded!(&S);
forwarded!(Box<S>);
forwarded!(Arc<S>);
