//! What a story wants to reserve, as the policies make legs of it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use order_workflow::{
    decision::Explain,
    id::{ChannelId, LocationId, Sku},
    inventory::{
        Availability, AvailabilityPolicy, AvailabilityQuery, Buyer, Kit, Lot, LotPicks, LotPolicy, QuotaRule,
        availability, kit_legs, limit_legs, pick_lots, promise,
    },
    reservation::{Leg, Level, Pool},
};
use serde::Deserialize;

use super::super::Result;
use super::Policy;
use super::words;
use super::world::World;

/// One want; a story names several.
#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub(super) enum Want {
    /// What a buyer may buy, under all purchase limits.
    Limits { buyer: Buyer, units: u32 },
    /// Units of a pool as it stands.
    Pool { pool: String, units: i64, at_least: Option<i64>, limit_if_new: Option<i64> },
    /// Units from whatever shelves have them.
    Anywhere { sku: Sku, units: u32, pool_safety: Option<u32> },
    /// Units of a shelf, then of what is on its way.
    Promise { promise: Sku, location: LocationId, units: u32 },
    /// Units of the lots that expire first.
    Lots { lots_of: Sku, location: LocationId, units: u32, on: NaiveDate, min_remaining_days: u32 },
    /// Several kits at once.
    Kits { kits: BTreeMap<String, u32>, location: LocationId },
    /// A channel's quota, and what it may borrow.
    Quota { channel: ChannelId, of: Sku, units: u32 },
}

impl World {
    pub(super) fn legs(&self, wants: &[Want]) -> Result<Policy<Vec<Leg>>> {
        let mut legs = vec![];
        for want in wants {
            match self.leg(want)? {
                Ok(more) => legs.extend(more),
                Err(refusal) => return Ok(Err(refusal)),
            }
        }
        Ok(Ok(legs))
    }

    fn leg(&self, want: &Want) -> Result<Policy<Vec<Leg>>> {
        Ok(match want {
            Want::Pool { pool, units, at_least, limit_if_new } => {
                let (pool, units) = (words::pool(pool)?, *units);
                let at_least = at_least.unwrap_or(units);
                Ok(vec![Leg { pool, units, at_least, limit_if_new: *limit_if_new }])
            }
            Want::Anywhere { sku, units, pool_safety } => {
                let policy = AvailabilityPolicy::default().with_pool_safety(pool_safety.unwrap_or(0));
                self.available(sku, None, &policy)?.legs(*units)
            }
            Want::Promise { promise: sku, location, units } => {
                let shelf = Pool::stock(location.clone(), sku.clone());
                let free = self.level(&shelf)?.map_or(Some(0), |level| level.available());
                Ok(promise(free, &self.arrivals(sku)?, *units).legs(&shelf))
            }
            Want::Lots { lots_of, location, units, on, min_remaining_days } => {
                Ok(self.pick(lots_of, location, *units, *on, *min_remaining_days)?.legs(location, lots_of))
            }
            Want::Kits { kits, location } => {
                let kits: Vec<(&Kit, u32)> =
                    kits.iter().map(|(name, count)| Ok((self.kit(name)?, *count))).collect::<Result<_>>()?;
                kit_legs(&kits, location)
            }
            Want::Quota { channel, of, units } => {
                let (rule, levels) = self.quota(channel, of)?;
                rule.legs(of, *units, &levels, Explain::Brief).map(|made| made.legs)
            }
            Want::Limits { buyer, units } => limit_legs(&self.limits, buyer, *units, self.now),
        })
    }

    pub(super) fn available(
        &self,
        sku: &Sku,
        quota_left: Option<i64>,
        policy: &AvailabilityPolicy,
    ) -> Result<Availability> {
        let (shelves, arrivals) = (self.stock()?, self.arrivals(sku)?);
        let query = AvailabilityQuery { shelves: &shelves, arrivals: &arrivals, quota_left };
        Ok(availability(sku, &query, policy, Explain::Full))
    }

    pub(super) fn pick(
        &self,
        sku: &Sku,
        location: &LocationId,
        units: u32,
        on: NaiveDate,
        min_remaining_days: u32,
    ) -> Result<LotPicks> {
        let mut lots = vec![];
        for (pool, _) in self.shelves.iter() {
            if let Pool::Stock { location: at, sku: of, lot: Some(lot) } = pool
                && (at, of) == (location, sku)
            {
                let free = self.level(pool)?.and_then(|level| level.available()).unwrap_or(0);
                let expires_on = self.expiry.get(pool).copied();
                lots.push(Lot { lot: lot.clone(), expires_on, free });
            }
        }
        let policy = LotPolicy::default().with_min_remaining_days(min_remaining_days);
        Ok(pick_lots(&lots, on, units, &policy, Explain::Full))
    }

    pub(super) fn kit(&self, name: &str) -> Result<&Kit> {
        let kit = self.kits.iter().find(|kit| kit.sku.as_str() == name);
        kit.ok_or_else(|| format!("there is no kit `{name}`"))
    }

    pub(super) fn quota(
        &self,
        channel: &ChannelId,
        sku: &Sku,
    ) -> Result<(QuotaRule, BTreeMap<ChannelId, Level>)> {
        let rule = self.lending.iter().find(|rule| rule.channel == *channel).cloned();
        let rule = rule.unwrap_or_else(|| QuotaRule::new(channel.clone()));
        let mut levels = BTreeMap::new();
        for pool in rule.pools(sku) {
            if let (Pool::Quota { channel, .. }, Some(level)) = (&pool, self.level(&pool)?) {
                levels.insert(channel.clone(), level);
            }
        }
        Ok((rule, levels))
    }
}
