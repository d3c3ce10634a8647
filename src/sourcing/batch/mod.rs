//! Many orders at once: scarce stock goes to where it is worth most, and how near that is to the best is proven.
//!
//! A [`Wave`] is plainer than a [`Problem`](crate::sourcing::Problem): a fixed and a unit cost by location, shared stock,
//! capacities, a limit of locations and whole orders, and a price for each unmet unit; no tariffs by weight, services,
//! groups or needs. Plan the wave first, then solve each order with what it was given.

mod dense;
mod draft;
mod dual;
mod error;
mod exact;
mod fill;
mod flow;
mod model;
mod one;
mod opening;
mod search;
mod solve;
mod unmet;

pub use self::error::{WaveError, WavePlace};
pub use self::model::{Pick, Wave, WaveLine, WaveLocation, WaveOrder, WavePlan, WaveProof};
pub use self::solve::{WaveBudget, solve_wave};
pub use self::unmet::{UnmetPolicy, Urgency};
