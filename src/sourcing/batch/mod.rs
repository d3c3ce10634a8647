//! Many orders at once: scarce stock goes to where it is worth most, and how near that is to the best is proven.

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

pub use self::error::WaveError;
pub use self::model::{Pick, Wave, WaveLine, WaveLocation, WaveOrder, WavePlan, WaveProof};
pub use self::solve::{WaveBudget, solve_wave};
pub use self::unmet::{UnmetPolicy, Urgency};
