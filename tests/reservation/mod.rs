//! What the tests of reservations share.

pub mod cells;
#[path = "../one_lock/mod.rs"]
pub mod one_lock;
