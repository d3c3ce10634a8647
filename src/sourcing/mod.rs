//! From which locations an order ships, by address, stock and cost, and by when it is there.
//!
//! Pure functions over borrowed problems: nothing here holds stock, reads a clock or remembers an order.

mod promise;

pub use self::promise::{Delivery, Dispatch, Handling, Promise, PromiseError, PromiseStep, Whose, days_late};
