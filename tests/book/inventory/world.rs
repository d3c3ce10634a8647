//! What a story begins with, and the shop that it is played in.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use order_workflow::{
    id::Sku,
    inventory::{
        AlertState, Arrival, Kit, PurchaseLimit, QuotaRule, SerialRegister, Shelf, ShelfLevel, Shelves,
        StockPolicy,
    },
    reservation::{Act, Answer, Command, Guard, Leg, Level, MemoryStore, Pool, ReservationStore, Reserved},
};
use serde::Deserialize;
use serde_json::Value;

use super::super::{Result, instant, said};
use super::words;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Given {
    /// `stock north tea`: what it keeps and has.
    shelves: BTreeMap<String, Kept>,
    /// `north tea po-7`: what is on its way.
    #[serde(default)]
    arrivals: BTreeMap<String, Coming>,
    /// `web tea`: how many the channel may sell.
    #[serde(default)]
    quotas: BTreeMap<String, i64>,
    #[serde(default)]
    lending: Vec<QuotaRule>,
    #[serde(default)]
    limits: Vec<PurchaseLimit>,
    #[serde(default)]
    kits: Vec<Kit>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    #[serde(default)]
    on_hand: i64,
    #[serde(default)]
    policy: StockPolicy,
    /// For lots.
    #[serde(default)]
    expires_on: Option<NaiveDate>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Coming {
    eta: String,
    expected: u32,
    #[serde(default)]
    presale_ships_by: Option<String>,
}

/// A shop with its store.
pub(super) struct World {
    pub shelves: Shelves,
    pub expiry: BTreeMap<Pool, NaiveDate>,
    arrivals: BTreeMap<String, Coming>,
    pub lending: Vec<QuotaRule>,
    pub limits: Vec<PurchaseLimit>,
    pub kits: Vec<Kit>,
    pub store: MemoryStore,
    pub now: DateTime<Utc>,
    pub alerts: BTreeMap<String, AlertState>,
    pub serials: SerialRegister,
    pub plans: BTreeMap<String, Vec<Leg>>,
    pools: Vec<Pool>,
}

impl World {
    pub(super) fn open(given: &Given) -> Result<World> {
        let mut world = World {
            shelves: Shelves::new(),
            expiry: BTreeMap::new(),
            arrivals: given.arrivals.clone(),
            lending: given.lending.clone(),
            limits: given.limits.clone(),
            kits: given.kits.clone(),
            store: MemoryStore::new(),
            now: instant("09:00")?,
            alerts: BTreeMap::new(),
            serials: SerialRegister::default(),
            plans: BTreeMap::new(),
            pools: vec![],
        };
        let mut acts = vec![];
        for (name, kept) in &given.shelves {
            let pool = words::pool(name)?;
            let Pool::Stock { location, sku, lot } = pool.clone() else {
                return Err(format!("`{name}` is no shelf"));
            };
            world.shelves = world.shelves.with(Shelf { location, sku, lot, policy: kept.policy });
            if let Some(day) = kept.expires_on {
                world.expiry.insert(pool.clone(), day);
            }
            if kept.on_hand != 0 {
                acts.push(world.shelves.receive(&pool, kept.on_hand).map_err(said)?);
            }
        }
        let copy: Shelves = again(&world.shelves)?;
        if copy != world.shelves {
            return Err("JSON tells other shelves".to_owned());
        }
        acts.extend(world.shelves.floors());
        for (name, coming) in &given.arrivals {
            acts.push(words::inbound(name)?.announce(coming.expected));
        }
        for (name, limit) in &given.quotas {
            acts.push(Act::SetLimit { pool: words::pool(&format!("quota {name}"))?, limit: *limit });
        }
        for (index, act) in acts.into_iter().enumerate() {
            world.execute(&format!("given {index}"), act)?.map_err(said)?;
        }
        Ok(world)
    }

    /// Carries out one act: through JSON, and twice.
    pub(super) fn execute(&mut self, op: &str, act: Act) -> Result<Answer> {
        self.pools.extend(act.pools().cloned());
        let command = Command { op: words::id(op)?, act };
        let sent: Command = again(&command)?;
        if sent != command || sent.digest() != command.digest() {
            return Err("JSON tells another command".to_owned());
        }
        let mut answers = vec![];
        self.store.execute_into(&[sent], self.now, &mut answers);
        let levels = self.levels()?;
        self.store.execute_into(&[command], self.now, &mut answers);
        match &answers[..] {
            [first, repeated] if first == repeated && levels == self.levels()? => Ok(first.clone()),
            _ => Err("the same op got another answer, or did something again".to_owned()),
        }
    }

    fn levels(&self) -> Result<Vec<Option<Level>>> {
        let levels = pollster::block_on(self.store.levels(&self.pools, self.now)).map_err(said)?;
        match levels.iter().flatten().find(|level| level.reserved < 0 || level.used < 0) {
            Some(level) => Err(format!("a level below zero: {level:?}")),
            None => Ok(levels),
        }
    }

    pub(super) fn level(&self, pool: &Pool) -> Result<Option<Level>> {
        let levels =
            pollster::block_on(self.store.levels(std::slice::from_ref(pool), self.now)).map_err(said)?;
        Ok(levels.into_iter().next().flatten())
    }

    pub(super) fn reserved(&self, name: &str) -> Result<Option<Reserved>> {
        let found =
            pollster::block_on(self.store.reservations(&[words::id(name)?], self.now)).map_err(said)?;
        Ok(found.into_iter().next().flatten())
    }

    /// Every shelf with its numbers.
    pub(super) fn stock(&self) -> Result<Vec<ShelfLevel>> {
        let shelf = |(pool, policy): (&Pool, &StockPolicy)| {
            let level = self.level(pool)?.ok_or("a shelf without a level")?;
            Ok(ShelfLevel { pool: pool.clone(), policy: *policy, level })
        };
        self.shelves.iter().map(shelf).collect()
    }

    /// What is on its way of a SKU.
    pub(super) fn arrivals(&self, sku: &Sku) -> Result<Vec<Arrival>> {
        let arrival = |(name, coming): (&String, &Coming)| {
            let from = words::inbound(name)?;
            let level = self.level(&from.pool())?.ok_or("an arrival without a level")?;
            let presale_ships_by = coming.presale_ships_by.as_deref().map(instant).transpose()?;
            Ok(Arrival { from, eta: instant(&coming.eta)?, presale_ships_by, level })
        };
        let all: Vec<Arrival> = self.arrivals.iter().map(arrival).collect::<Result<_>>()?;
        Ok(all.into_iter().filter(|arrival| arrival.from.sku == *sku).collect())
    }

    /// Supplies the guard that a story leaves out.
    pub(super) fn guard(text: Option<&str>) -> Result<Guard> {
        serde_json::from_value(Value::from(text.unwrap_or("keep_reserved"))).map_err(said)
    }
}

/// A value that went through JSON.
pub(super) fn again<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T) -> Result<T> {
    serde_json::from_str(&serde_json::to_string(value).map_err(said)?).map_err(said)
}
