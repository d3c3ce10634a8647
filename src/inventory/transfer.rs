//! Which locations could help another out, and how many units each.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::decision::Explain;
use crate::id::{LocationId, Sku};
use crate::inventory::{Demand, InventoryReason, InventoryRefusal, StockPolicy};
use crate::money::{Currency, Money};
use crate::reservation::{Act, Level, Pool};

/// A location that has a SKU and may give of it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Donor {
    /// Where.
    pub location: LocationId,
    /// What its shelf keeps.
    #[serde(default)]
    pub policy: StockPolicy,
    /// What the store counts there.
    pub level: Level,
    /// What it costs to send one unit.
    pub unit_cost: Money,
    /// How fast its own units go; `None`: not known, so that only what the shelf keeps counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub demand: Option<Demand>,
}

/// What a giver keeps. By default what its shelf keeps.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct TransferPolicy {
    /// For how many days of its own demand a giver keeps units, if that is more than its safety stock.
    pub cover_days: u32,
}

impl TransferPolicy {
    /// Keeps so many days of demand.
    #[must_use]
    pub fn with_cover_days(self, cover_days: u32) -> Self {
        TransferPolicy { cover_days }
    }
}

/// Who gives how many.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransferProposal {
    /// In the order in which they were asked.
    pub moves: Vec<TransferMove>,
    /// What all of it costs.
    pub cost: Money,
    /// How many units nobody can spare.
    pub missing: i64,
    /// Why these and not others, if asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<InventoryReason>,
}

/// Units that one location gives.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransferMove {
    /// Who gives.
    pub from: LocationId,
    /// How many units.
    pub units: i64,
    /// What the giver keeps beyond its reserved units.
    pub keeps: i64,
    /// What it costs.
    pub cost: Money,
}

/// Proposes who should give `need` units: the cheapest donor first, ties by location, each at most what it has beyond
/// its reserved units and what it keeps: its damaged units, and its safety stock or its days of cover, whichever is
/// more.
///
/// ```
/// use order_workflow::decision::Explain;
/// use order_workflow::inventory::{Donor, StockPolicy, TransferPolicy, propose_transfer};
/// use order_workflow::reservation::Level;
/// use order_workflow::{Currency, Money};
///
/// let donor = |location: &str, on_hand, safety, cost| Ok::<_, order_workflow::id::IdError>(Donor {
///     location: location.parse()?,
///     policy: StockPolicy::default().with_safety(safety),
///     level: Level { limit: on_hand, floor: Some(safety.into()), reserved: 0, used: 0 },
///     unit_cost: Money::minor(cost, Currency::EUR),
///     demand: None,
/// });
/// let donors = [donor("far", 50, 0, 200)?, donor("near", 7, 3, 80)?];
/// let proposal = propose_transfer(6, &donors, Currency::EUR, &TransferPolicy::default(), Explain::Brief)?;
/// assert_eq!(proposal.moves.iter().map(|part| part.units).collect::<Vec<_>>(), [4, 2]); // near, then far
/// assert_eq!(proposal.cost, Money::minor(720, Currency::EUR));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`SameDonor`](InventoryRefusal::SameDonor) if a location is listed twice;
/// [`Money`](InventoryRefusal::Money) if a cost is not in `currency` or the sum passes 64 bits.
pub fn propose_transfer(
    need: u32,
    donors: &[Donor],
    currency: Currency,
    policy: &TransferPolicy,
    explain: Explain,
) -> Result<TransferProposal, InventoryRefusal> {
    let mut seen = BTreeSet::new();
    if let Some(donor) = donors.iter().find(|donor| !seen.insert(&donor.location)) {
        return Err(InventoryRefusal::SameDonor { location: donor.location.clone() });
    }
    let zero = Money::zero(currency);
    for donor in donors {
        zero.compare(donor.unit_cost)?; // all in one currency, also those that are not asked
    }
    let mut cheapest: Vec<&Donor> = donors.iter().collect();
    cheapest.sort_by_key(|donor| (donor.unit_cost.minor_units(), &donor.location));
    let mut proposal = TransferProposal { moves: vec![], cost: zero, missing: need.into(), reasons: vec![] };
    for donor in cheapest {
        let keeps = donor.keeps(policy);
        let unreserved = donor.level.unreserved();
        let spare = unreserved.saturating_sub(keeps).max(0);
        let units = spare.min(proposal.missing);
        let from = || donor.location.clone();
        let reason = if units > 0 {
            let cost = donor.unit_cost.checked_mul(units)?;
            proposal.cost = proposal.cost.checked_add(cost)?;
            proposal.missing -= units;
            proposal.moves.push(TransferMove { from: from(), units, keeps, cost });
            InventoryReason::Cheapest { from: from(), units, keeps }
        } else if spare > 0 {
            InventoryReason::NotNeeded { location: from(), spare }
        } else {
            InventoryReason::KeepsItsOwn { location: from(), unreserved, keeps }
        };
        if explain == Explain::Full {
            proposal.reasons.push(reason);
        }
    }
    Ok(proposal)
}

impl Donor {
    fn keeps(&self, policy: &TransferPolicy) -> i64 {
        let cover = self.demand.map_or(0, |demand| demand.units_for(policy.cover_days));
        i64::from(self.policy.safety).max(cover).saturating_add(self.policy.damaged.into())
    }
}

impl TransferProposal {
    /// The acts that carry it out, one a giver. Each holds its giver to what it keeps, whatever happened since.
    pub fn acts(&self, to: &LocationId, sku: &Sku) -> Vec<Act> {
        let shelf = |location: &LocationId| Pool::stock(location.clone(), sku.clone());
        let act = |TransferMove { from, units, keeps, .. }: &TransferMove| Act::Transfer {
            from: shelf(from),
            to: shelf(to),
            units: *units,
            keep: *keeps,
        };
        self.moves.iter().map(act).collect()
    }
}
