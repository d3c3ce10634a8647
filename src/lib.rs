//! Orders, from *place order* to *case closed*, as pure decisions: no clock, no I/O, no chance.

pub mod money;

pub use crate::money::{Currency, Money};
