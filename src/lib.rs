//! Orders, from *place order* to *case closed*, as pure decisions: no clock, no I/O, no chance.

pub mod calendar;
pub mod checkout;
pub mod decision;
pub mod geo;
pub mod id;
pub mod money;

pub use crate::decision::{Decision, Source, Version};
pub use crate::id::{LineId, OrderId, Sku};
pub use crate::money::{Currency, Money};
