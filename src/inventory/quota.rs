//! How many units of a SKU a channel may sell, and from which others it may borrow.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::decision::Explain;
use crate::id::{ChannelId, Sku};
use crate::inventory::{InventoryReason, InventoryRefusal};
use crate::reservation::{Leg, Level, Pool};

/// A channel's quota, and who lends to it when its own is gone.
///
/// Each channel's quota for a SKU is a pool, so that nobody passes it under races. What a lender keeps is checked on
/// the levels passed in: the lender's quota holds under races, its keep is a matter of courtesy.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuotaRule {
    /// The channel.
    pub channel: ChannelId,
    /// Who lends, in the order in which they are asked.
    #[serde(default)]
    pub lenders: Vec<Lender>,
}

/// A channel that lends of its quota.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lender {
    /// Which.
    pub channel: ChannelId,
    /// At most so many units a time; `None`: as many as it has.
    #[serde(default)]
    pub at_most: Option<u32>,
    /// How many of its own it keeps.
    #[serde(default)]
    pub keep: u32,
}

/// The legs for a channel's sale.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuotaLegs {
    /// Its own quota first, then the lenders'.
    pub legs: Vec<Leg>,
    /// Who lends how many, if asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<InventoryReason>,
}

impl QuotaRule {
    /// A quota without lenders.
    pub fn new(channel: ChannelId) -> QuotaRule {
        QuotaRule { channel, lenders: Vec::new() }
    }

    /// With one more lender, asked after those before.
    #[must_use]
    pub fn with_lender(mut self, lender: Lender) -> Self {
        self.lenders.push(lender);
        self
    }

    /// The quota pool of each channel that matters, its own first: whose levels the other methods want.
    pub fn pools(&self, sku: &Sku) -> Vec<Pool> {
        self.channels().map(|(channel, _)| quota(channel, sku)).collect()
    }

    /// How many units the channel may still sell, with all that it may borrow; `None`: any number. A channel whose
    /// level is not passed has nothing.
    pub fn left(&self, levels: &BTreeMap<ChannelId, Level>) -> Option<i64> {
        self.gives(levels).try_fold(0_i64, |sum, (_, gives)| Some(sum.saturating_add(gives?)))
    }

    /// Legs for so many units: of its own quota first, then of the lenders' in their order.
    ///
    /// ```
    /// use std::collections::BTreeMap;
    /// use order_workflow::decision::Explain;
    /// use order_workflow::inventory::{Lender, QuotaRule};
    /// use order_workflow::reservation::Level;
    ///
    /// let rule = QuotaRule::new("app".parse()?).with_lender(Lender {
    ///     channel: "web".parse()?,
    ///     at_most: None,
    ///     keep: 5,
    /// });
    /// let quota = |limit, used| Level { limit, floor: Some(0), reserved: 0, used };
    /// let levels = BTreeMap::from([("app".parse()?, quota(10, 8)), ("web".parse()?, quota(20, 12))]);
    /// assert_eq!(rule.left(&levels), Some(5)); // two of its own, three of the web's eight
    /// let legs = rule.legs(&"tea".parse()?, 4, &levels, Explain::Brief)?.legs;
    /// assert_eq!(legs.iter().map(|leg| leg.units).collect::<Vec<_>>(), [2, 2]);
    /// assert_eq!(rule.legs(&"tea".parse()?, 6, &levels, Explain::Brief).unwrap_err().code(), "quota_short");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`InventoryRefusal::QuotaShort`].
    pub fn legs(
        &self,
        sku: &Sku,
        units: u32,
        levels: &BTreeMap<ChannelId, Level>,
        explain: Explain,
    ) -> Result<QuotaLegs, InventoryRefusal> {
        let mut missing = i64::from(units);
        let mut made = QuotaLegs { legs: Vec::new(), reasons: Vec::new() };
        for (channel, gives) in self.gives(levels) {
            let units = gives.map_or(missing, |gives| gives.min(missing));
            if units == 0 {
                continue;
            }
            missing -= units;
            made.legs.push(Leg::all(quota(channel, sku), units));
            if explain == Explain::Full && *channel != self.channel {
                made.reasons.push(InventoryReason::Borrowed { from: channel.clone(), units });
            }
        }
        if missing > 0 {
            let (channel, sku) = (self.channel.clone(), sku.clone());
            let left = i64::from(units) - missing;
            return Err(InventoryRefusal::QuotaShort { channel, sku, wanted: units, left });
        }
        Ok(made)
    }

    /// Each channel once, with its terms of lending; a lender that is named twice is asked the first time.
    fn channels(&self) -> impl Iterator<Item = (&ChannelId, Option<&Lender>)> {
        let is_new = |place: usize, lender: &Lender| {
            let before = self.lenders.iter().take(place);
            lender.channel != self.channel && before.clone().all(|other| other.channel != lender.channel)
        };
        let lenders = self.lenders.iter().enumerate().filter(move |(place, lender)| is_new(*place, lender));
        std::iter::once((&self.channel, None))
            .chain(lenders.map(|(_, lender)| (&lender.channel, Some(lender))))
    }

    /// How many units each channel gives, never below zero; `None`: any number.
    fn gives<'a>(
        &'a self,
        levels: &'a BTreeMap<ChannelId, Level>,
    ) -> impl Iterator<Item = (&'a ChannelId, Option<i64>)> {
        self.channels().map(|(channel, lender)| {
            let has = levels.get(channel).map_or(Some(0), Level::available);
            let gives = match lender {
                None => has,
                Some(Lender { at_most, keep, .. }) => {
                    let beyond = has.map(|has| has.saturating_sub(i64::from(*keep)));
                    super::availability::lower(beyond, at_most.map(i64::from))
                }
            };
            (channel, gives.map(|units| units.max(0)))
        })
    }
}

fn quota(channel: &ChannelId, sku: &Sku) -> Pool {
    Pool::Quota { channel: channel.clone(), sku: sku.clone() }
}
