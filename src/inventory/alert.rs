//! Low stock and no stock: told once, and taken back only when it is clearly over.

use serde::{Deserialize, Serialize};

use crate::inventory::{Demand, InventoryRefusal};

/// When stock is low. Out of stock is at zero or below, and over at one.
///
/// Numbers are units, or days of cover if the rule was made [by cover](AlertRule::by_cover). With no demand stock lasts
/// for ever and is never low by cover.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Given", into = "Given")]
pub struct AlertRule {
    low_at: i64,
    clear_at: i64,
    cover: Option<Demand>,
}

/// The wire form.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    low_at: i64,
    clear_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cover: Option<Demand>,
}

impl AlertRule {
    /// Low at so many units or fewer, and until there are `clear_at`.
    ///
    /// # Errors
    /// [`InventoryRefusal::NoHysteresis`] unless it is cleared above what it is raised at.
    pub fn by_units(low_at: i64, clear_at: i64) -> Result<AlertRule, InventoryRefusal> {
        if clear_at <= low_at {
            return Err(InventoryRefusal::NoHysteresis { low_at, clear_at });
        }
        Ok(AlertRule { low_at, clear_at, cover: None })
    }

    /// Low when units last so many days or fewer, and until they last `clear_at`.
    ///
    /// # Errors
    /// [`InventoryRefusal::NoHysteresis`] unless it is cleared above what it is raised at.
    pub fn by_cover(demand: Demand, low_at: i64, clear_at: i64) -> Result<AlertRule, InventoryRefusal> {
        Ok(AlertRule { cover: Some(demand), ..AlertRule::by_units(low_at, clear_at)? })
    }

    fn is_low(&self, units: i64) -> bool {
        match self.cover {
            None => units <= self.low_at,
            Some(demand) if demand.cover_days(units).is_none() => false,
            Some(demand) => demand.lasts_at_most(units, self.low_at),
        }
    }

    fn is_well(&self, units: i64) -> bool {
        match self.cover {
            None => units >= self.clear_at,
            Some(demand) if demand.cover_days(units).is_none() => true,
            Some(demand) => demand.lasts_at_least(units, self.clear_at),
        }
    }
}

impl TryFrom<Given> for AlertRule {
    type Error = InventoryRefusal;
    fn try_from(Given { low_at, clear_at, cover }: Given) -> Result<AlertRule, InventoryRefusal> {
        AlertRule::by_units(low_at, clear_at).map(|rule| AlertRule { cover, ..rule })
    }
}

impl From<AlertRule> for Given {
    fn from(AlertRule { low_at, clear_at, cover }: AlertRule) -> Given {
        Given { low_at, clear_at, cover }
    }
}

/// Which alerts are raised for a SKU or a shelf: a row that the host keeps.
///
/// ```
/// use order_workflow::inventory::{Alert, AlertChange, AlertRule, AlertState};
///
/// let (mut state, rule) = (AlertState::default(), AlertRule::by_units(5, 8)?);
/// assert_eq!(state.observe(4, &rule), [AlertChange::Raised(Alert::LowStock)]);
/// assert_eq!(state.observe(6, &rule), []); // still low: it clears at eight
/// assert_eq!(state.observe(8, &rule), [AlertChange::Cleared(Alert::LowStock)]);
/// assert!(AlertRule::by_units(5, 5).is_err());
/// # Ok::<(), order_workflow::inventory::InventoryRefusal>(())
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AlertState {
    /// Low stock was told and not taken back.
    pub low_stock: bool,
    /// No stock was told and not taken back.
    pub stock_out: bool,
}

/// What there is to tell.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alert {
    /// Little is left.
    LowStock,
    /// Nothing is left.
    StockOut,
}

/// What changed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", content = "alert", rename_all = "snake_case")]
pub enum AlertChange {
    /// It is to be told.
    Raised(Alert),
    /// It is over.
    Cleared(Alert),
}

impl AlertState {
    /// Looks at how many units there are now, and says what changed by that: each alert once until it is cleared, low
    /// stock before no stock. The same level again changes nothing.
    pub fn observe(&mut self, units: i64, rule: &AlertRule) -> Vec<AlertChange> {
        let low = turned(&mut self.low_stock, rule.is_low(units), rule.is_well(units), Alert::LowStock);
        let out = turned(&mut self.stock_out, units <= 0, units >= 1, Alert::StockOut);
        low.into_iter().chain(out).collect()
    }
}

fn turned(raised: &mut bool, is_bad: bool, is_well: bool, alert: Alert) -> Option<AlertChange> {
    match *raised {
        false if is_bad => {
            *raised = true;
            Some(AlertChange::Raised(alert))
        }
        true if is_well => {
            *raised = false;
            Some(AlertChange::Cleared(alert))
        }
        _ => None,
    }
}
