//! Holds contended numbers (stock, coupon uses, purchase limits, budgets, capacity) and gives each back exactly once.
//!
//! A [`Pool`] is a number that several callers want at once. A [`Command`] acts on all the pools it names or on none,
//! and is carried out once under its op. What it changes is one pure function, [`plan`]; a [`ReservationStore`] only
//! loads rows, plans and writes, so every store gives the same answers. [`MemoryStore`] is one to begin with.
//!
//! A hold ends *by time alone*: from its `until` on its units count as available, whether or not anybody has swept.
//!
//! ```
//! use order_workflow::reservation::{Act, Command, Guard, Leg, MemoryStore, Pool};
//!
//! let store = MemoryStore::new();
//! let at = "2026-06-01T10:00:00Z".parse()?;
//! let tea = Pool::stock("north".parse()?, "tea".parse()?);
//! let supply = Act::Supply { pool: tea.clone(), delta: 1, guard: Guard::Never };
//! let hold = |name: &str| Ok::<_, order_workflow::id::IdError>(Act::Reserve {
//!     reservation: name.parse()?,
//!     legs: vec![Leg::all(tea.clone(), 1)],
//!     until: None,
//! });
//!
//! let mut answers = Vec::new();
//! let batch = [
//!     Command { op: "1".parse()?, act: supply },
//!     Command { op: "2".parse()?, act: hold("o-1/r1.0")? },
//!     Command { op: "3".parse()?, act: hold("o-2/r1.0")? },
//! ];
//! store.execute_into(&batch, at, &mut answers);
//! assert!(answers[1].is_ok());
//! assert_eq!(answers[2].as_ref().unwrap_err().code(), "insufficient");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Knows nothing of orders, prices or gateways.
//!
//! **Invariant:** `reserved` and `used` are never negative, and no reserve or move makes `available` negative: only a
//! count, a cut or a raised floor can, and their answers say what is uncovered.

mod answer;
mod books;
mod command;
mod memory;
mod plan;
mod pool;
mod rows;
mod store;

pub use self::answer::{Answer, How, List, Outcome, Refusal, Short};
pub use self::books::Books;
pub use self::command::{Act, Command, Digest, Guard, LEGS_MAX, Leg, Part};
pub use self::memory::MemoryStore;
pub use self::plan::{plan, plan_into};
pub use self::pool::{Claim, Pool};
pub use self::rows::{Changes, Holding, Lapses, Level, PoolRow, Remembered, Reserved, ReservedState, Rows};
pub use self::store::{Answers, AnyReservationStore, ReservationStore, Retry, StoreFault};
