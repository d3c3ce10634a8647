//! Suites that tell whether an integrator's store keeps its promises, and generators to test with.
//!
//! A suite is run by the integrator's own test, on the integrator's own runtime: it waits for no clock, opens a fresh
//! store for every promise, and fails with a sentence that names the broken one.
//!
//! ```
//! use order_workflow::reservation::MemoryStore;
//! use order_workflow::testkit;
//!
//! pollster::block_on(testkit::reservation_store(async || MemoryStore::new()));
//! pollster::block_on(testkit::reservation_races(async || MemoryStore::new(), testkit::threads()));
//! ```
//!
//! Behind the feature `testkit`.

mod generate;
mod reservation;

pub use self::generate::{Step, names, pools, steps};
pub use self::reservation::{
    Broken, Task, reservation_races, reservation_races_broken, reservation_store, reservation_store_broken,
    threads,
};
