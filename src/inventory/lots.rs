//! Which lots to take from: first expired, first out.

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::decision::Explain;
use crate::id::{LocationId, LotId, Sku};
use crate::inventory::InventoryReason;
use crate::reservation::{Leg, Pool};

/// A lot, and what can be had of it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lot {
    /// Which.
    pub lot: LotId,
    /// The last day on which it is good; `None`: it does not expire.
    pub expires_on: Option<NaiveDate>,
    /// How many units can be had of it; below zero counts as none.
    pub free: i64,
}

/// Which lots are good enough. By default those that have not expired.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct LotPolicy {
    /// How many days a unit must still be good for when it leaves; the last day counts.
    pub min_remaining_days: u32,
}

impl LotPolicy {
    /// Wants so many days left.
    #[must_use]
    pub fn with_min_remaining_days(self, min_remaining_days: u32) -> Self {
        LotPolicy { min_remaining_days }
    }
}

/// How many units of which lots.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LotPicks {
    /// In the order in which they expire.
    pub picks: Vec<LotPick>,
    /// How many units the lots lack.
    pub missing: i64,
    /// Why these, if asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<InventoryReason>,
}

/// Units of a lot.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LotPick {
    /// Which.
    pub lot: LotId,
    /// How many.
    pub units: i64,
}

/// Takes `units` from the lots that expire first, undated ones last, ties by lot. A lot that expires before
/// `on` + [`min_remaining_days`](LotPolicy::min_remaining_days) is left alone.
///
/// Between the pick and the reserve others may have taken from a lot: the reserve is refused, says what is there,
/// and the pick is made again.
///
/// ```
/// use order_workflow::decision::Explain;
/// use order_workflow::inventory::{Lot, LotPolicy, pick_lots};
///
/// let lot = |lot: &str, expires: &str, free| Ok::<_, Box<dyn std::error::Error>>(Lot {
///     lot: lot.parse()?,
///     expires_on: Some(expires.parse()?),
///     free,
/// });
/// let lots = [lot("b", "2026-08-01", 4)?, lot("a", "2026-07-05", 3)?, lot("old", "2026-06-20", 5)?];
/// let policy = LotPolicy::default().with_min_remaining_days(14);
/// let picked = pick_lots(&lots, "2026-06-15".parse()?, 5, &policy, Explain::Brief);
/// let units: Vec<_> = picked.picks.iter().map(|pick| (pick.lot.as_str(), pick.units)).collect();
/// assert_eq!(units, [("a", 3), ("b", 2)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn pick_lots(lots: &[Lot], on: NaiveDate, units: u32, policy: &LotPolicy, explain: Explain) -> LotPicks {
    let accepted_from = on.checked_add_days(Days::new(policy.min_remaining_days.into()));
    let is_good = |expires_on: NaiveDate| accepted_from.is_some_and(|from| expires_on >= from);
    let full = explain == Explain::Full;
    let mut by_expiry: Vec<&Lot> = lots.iter().collect();
    by_expiry.sort_by_key(|lot| (lot.expires_on.is_none(), lot.expires_on, &lot.lot));
    let (mut picks, mut reasons) = (Vec::new(), Vec::new());
    let mut missing = i64::from(units);
    for Lot { lot, expires_on, free } in by_expiry {
        if let Some(expires_on) = expires_on.filter(|day| !is_good(*day)) {
            if full {
                reasons.push(InventoryReason::ExpiresTooSoon { lot: lot.clone(), expires_on, accepted_from });
            }
            continue;
        }
        let units = missing.min(*free);
        if units > 0 {
            missing -= units;
            picks.push(LotPick { lot: lot.clone(), units });
            if full {
                reasons.push(InventoryReason::NextToExpire { lot: lot.clone(), expires_on: *expires_on });
            }
        }
    }
    LotPicks { picks, missing, reasons }
}

impl LotPicks {
    /// The legs that hold what was picked.
    pub fn legs(&self, location: &LocationId, sku: &Sku) -> Vec<Leg> {
        let leg = |LotPick { lot, units }: &LotPick| {
            let lot = Some(lot.clone());
            Leg::all(Pool::Stock { location: location.clone(), sku: sku.clone(), lot }, *units)
        };
        self.picks.iter().map(leg).collect()
    }
}
