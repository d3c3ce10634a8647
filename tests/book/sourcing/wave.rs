//! A wave of orders in few words.

use std::collections::{BTreeMap, BTreeSet};

use order_workflow::money::{Currency, Money};
use order_workflow::sourcing::batch::{
    UnmetPolicy, Urgency, Wave, WaveBudget, WaveLine, WaveLocation, WaveOrder, WavePlan, WaveProof,
    solve_wave,
};
use serde::Deserialize;

use super::super::{Result, amount};
use super::said;
use super::shown::Expect;

/// Who wants what of which shelves. Money is in euros.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Told {
    /// Units by location and SKU.
    stock: BTreeMap<String, BTreeMap<String, u32>>,
    /// Units that a location can still work off.
    #[serde(default)]
    capacity: BTreeMap<String, u32>,
    orders: BTreeMap<String, Wants>,
    #[serde(default)]
    policy: UnmetPolicy,
    #[serde(default)]
    budget: WaveBudget,
}

/// An order of a wave: what a unit is worth says what it costs not to ship it.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Wants {
    wants: BTreeMap<String, u32>,
    value: String,
    tier: u8,
    days_past_promise: i32,
    age_hours: u32,
    /// What a parcel from a location costs; nothing if it is not named.
    parcel: BTreeMap<String, String>,
    max_locations: Option<u32>,
    whole: bool,
}

fn minor(text: &str) -> Result<i64> {
    Ok(amount(text, Currency::EUR)?.minor_units())
}

impl Told {
    fn skus(&self) -> Vec<&String> {
        let wanted = self.orders.values().flat_map(|order| order.wants.keys());
        let stocked = self.stock.values().flat_map(BTreeMap::keys);
        wanted.chain(stocked).collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn wave(&self) -> Result<Wave> {
        let skus = self.skus();
        let known = |name: &String| self.stock.contains_key(name).then_some(());
        let named = self.capacity.keys().chain(self.orders.values().flat_map(|order| order.parcel.keys()));
        for name in named {
            known(name).ok_or(format!("no location `{name}`"))?;
        }
        let row = |has: &BTreeMap<String, u32>| -> Vec<u32> {
            skus.iter().map(|sku| has.get(*sku).copied().unwrap_or(0)).collect()
        };
        let location = |name: &String| WaveLocation { capacity: self.capacity.get(name).copied() };
        Ok(Wave {
            locations: self.stock.keys().map(location).collect(),
            stock: self.stock.values().map(row).collect(),
            sku_cost: self.stock.iter().map(|_| vec![0; skus.len()]).collect(),
            orders: self.orders.values().map(|order| self.order(order, &skus)).collect::<Result<_>>()?,
        })
    }

    fn order(&self, order: &Wants, skus: &[&String]) -> Result<WaveOrder> {
        let Wants { tier, days_past_promise, age_hours, .. } = *order;
        let urgency = Urgency { tier, days_past_promise, age_hours };
        let unmet_cost = self.policy.price(minor(&order.value)?, urgency);
        let places = order.wants.iter().filter_map(|(sku, units)| {
            Some((u32::try_from(skus.iter().position(|known| *known == sku)?).ok()?, *units))
        });
        Ok(WaveOrder {
            lines: places.map(|(sku, units)| WaveLine { sku, units, unmet_cost }).collect(),
            fixed_cost: self
                .stock
                .keys()
                .map(|name| order.parcel.get(name).map_or(Ok(0), |price| minor(price)))
                .collect::<Result<_>>()?,
            unit_cost: vec![0; self.stock.len()],
            max_locations: order.max_locations,
            complete: order.whole,
        })
    }

    /// By order: units of each SKU by location, as `2 tea from north`.
    fn gets(&self, wave: &Wave, plan: &WavePlan) -> BTreeMap<String, Vec<String>> {
        let (skus, sites): (Vec<_>, Vec<_>) = (self.skus(), self.stock.keys().collect());
        let told = self.orders.keys().zip(&wave.orders).zip(&plan.picks).map(|((name, order), picks)| {
            let pick = |pick: &order_workflow::sourcing::batch::Pick| {
                let line = order.lines.get(pick.line as usize)?;
                let (sku, site) = (skus.get(line.sku as usize)?, sites.get(pick.location as usize)?);
                Some(format!("{} {sku} from {site}", pick.units))
            };
            (name.clone(), picks.iter().filter_map(pick).collect())
        });
        told.collect()
    }

    /// Plans the wave, and again from JSON.
    pub(super) fn run(&self, expect: Expect) -> Result<()> {
        let wave = self.wave()?;
        let plan = match solve_wave(&wave, self.budget) {
            Ok(plan) => plan,
            Err(error) => return expect.of_refusal(&error.to_string())?.nothing_more(),
        };
        let json = serde_json::to_string(&wave).map_err(said)?;
        let read: Wave = serde_json::from_str(&json).map_err(said)?;
        if solve_wave(&read, self.budget).map_err(said)? != plan {
            return Err("read back from JSON it has another plan".to_owned());
        }
        let euros = |minor: i64| Money::minor(minor, Currency::EUR).to_decimal().to_string();
        let proof = match plan.proof {
            WaveProof::Optimal => "optimal".to_owned(),
            WaveProof::Gap { bound } => format!("at least {}", euros(bound)),
        };
        expect.of_wave(self.gets(&wave, &plan), euros(plan.cost), proof)?.nothing_more()
    }
}
