//! How fast units go, and how long they last.

use serde::{Deserialize, Serialize};

use crate::inventory::InventoryRefusal;

/// How many units go in how many days: a fraction, so that nothing is rounded. Zero units is no demand.
///
/// ```
/// use order_workflow::inventory::Demand;
///
/// let demand = Demand::new(5, 7)?; // five a week
/// assert_eq!(demand.cover_days(10), Some(14));
/// assert_eq!(demand.units_for(10), 8); // 7.14, rounded up: cover is never short
/// assert_eq!(Demand::new(0, 1)?.cover_days(10), None); // for ever
/// assert!(Demand::new(5, 0).is_err());
/// # Ok::<(), order_workflow::inventory::InventoryRefusal>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Given", into = "Given")]
pub struct Demand {
    units: u32,
    days: u32,
}

/// The wire form.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    units: u32,
    days: u32,
}

impl Demand {
    /// So many units in so many days.
    ///
    /// # Errors
    /// [`InventoryRefusal::NoDays`].
    pub fn new(units: u32, days: u32) -> Result<Demand, InventoryRefusal> {
        if days == 0 { Err(InventoryRefusal::NoDays { units }) } else { Ok(Demand { units, days }) }
    }

    /// How many whole days a number of units lasts; none or fewer last zero days. `None`: for ever.
    pub fn cover_days(&self, units: i64) -> Option<i64> {
        let days = i128::from(units.max(0)) * i128::from(self.days);
        let days = days.checked_div(i128::from(self.units))?;
        Some(i64::try_from(days).unwrap_or(i64::MAX))
    }

    /// How many units go in so many days, a begun unit counted whole.
    pub fn units_for(&self, days: u32) -> i64 {
        // At most (2^32)² + 2^32 before the division, which `u64` holds; at most 2^63 after it.
        let units = (u64::from(self.units) * u64::from(days)).div_ceil(u64::from(self.days));
        i64::try_from(units).unwrap_or(i64::MAX)
    }

    /// Whether `units` last at most `days`: exactly, without rounding.
    pub(super) fn lasts_at_most(&self, units: i64, days: i64) -> bool {
        i128::from(units) * i128::from(self.days) <= i128::from(days) * i128::from(self.units)
    }

    /// Whether `units` last at least `days`.
    pub(super) fn lasts_at_least(&self, units: i64, days: i64) -> bool {
        i128::from(units) * i128::from(self.days) >= i128::from(days) * i128::from(self.units)
    }
}

impl TryFrom<Given> for Demand {
    type Error = InventoryRefusal;
    fn try_from(Given { units, days }: Given) -> Result<Demand, InventoryRefusal> {
        Demand::new(units, days)
    }
}

impl From<Demand> for Given {
    fn from(Demand { units, days }: Demand) -> Given {
        Given { units, days }
    }
}
