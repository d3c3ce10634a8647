//! From which locations an order ships, by address, stock and cost, and by when it is there.
//!
//! Pure functions over borrowed problems: nothing here holds stock, reads a clock or remembers an order. Say what is
//! asked for and where it could come from ([`Problem`]), and what is best ([`Objective`]: the least cost, or the
//! fewest points of a [`Scorecard`]); a [`Solver`] gives the [`Plan`], proven best or with the bound that was proven
//! ([`Proof`]), and explains it if asked. The host turns shipments into stock legs.
//!
//! When it is there is a [`Promise`]: from cut-off, handling, calendars and lane. [`Service::promise`] writes it into a
//! problem, as days and as what being late costs.
//!
//! Many orders that compete for scarce stock are planned as one wave: [`batch`].
//!
//! **Invariant:** a plan keeps every rule of its problem, and a plan marked optimal costs what the best plan costs.

mod again;
pub mod batch;
mod check;
mod criteria;
mod error;
mod exact;
mod explain;
mod lateness;
mod lower;
mod model;
mod objective;
mod plan;
mod promise;
mod remedy;
mod scorecard;
mod solver;
mod turned;
mod walk;

pub use self::again::{Failed, Move, Planned, Replanned, Standing, moves};
pub use self::criteria::{CapacityLeft, Carbon, CostLevel, Distance, Priority, Speed, StockLevel};
pub use self::error::{
    COST_MAX, GRAMS_MAX, LINES_MAX, LOCATIONS_MAX, ProblemError, STEPS_MAX, SourcingRefusal, TariffFlaw,
    UNITS_MAX,
};
pub use self::explain::{CriterionGave, Explanation, LocationReason, RunnerUp, Verdict};
pub use self::lateness::Told;
pub use self::model::{Line, Location, Need, Offer, Problem, Service, Tariff};
pub use self::objective::{Objective, Work};
pub use self::plan::{Cost, Plan, Proof, Shipment};
pub use self::promise::{Delivery, Dispatch, Handling, Promise, PromiseError, PromiseStep, Whose, days_late};
pub use self::remedy::{Inbound, Remedies, Transfer, remedies};
pub use self::scorecard::{Criterion, POINTS, Scorecard};
pub use self::solver::Solver;
pub use self::walk::{Walk, walk};
