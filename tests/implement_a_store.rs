//! How an integrator writes a reservation store, and proves it: the store of `one_lock/mod.rs` (rows behind one lock,
//! `plan` in the middle, about a hundred lines), and the two suites of the testkit.

#[cfg(test)]
mod one_lock;

#[cfg(test)]
mod implement_a_store {
    use std::sync::Arc;

    use order_workflow::reservation::{AnyReservationStore, MemoryStore};
    use order_workflow::testkit;
    use pollster::block_on;

    use crate::one_lock::OneLock;

    #[test]
    fn it_keeps_its_promises() {
        block_on(testkit::reservation_store(async || OneLock::default()));
    }

    #[test]
    fn it_keeps_them_under_races() {
        block_on(testkit::reservation_races(async || OneLock::default(), testkit::threads()));
    }

    #[test]
    fn so_does_the_memory_store() {
        block_on(testkit::reservation_store(async || MemoryStore::new()));
        block_on(testkit::reservation_races(async || MemoryStore::new(), testkit::threads()));
    }

    #[test]
    fn and_one_that_is_chosen_at_run_time() {
        let any = async || Arc::new(MemoryStore::new()) as Arc<dyn AnyReservationStore>;
        block_on(testkit::reservation_store(any));
        block_on(testkit::reservation_races(any, testkit::threads()));
    }
}
