//! For scale: counters that promise neither atomic legs nor idempotence nor expiry.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use dashmap::DashMap;
use foldhash::fast::FixedState;
use inventory_kit::in_memory::InMemoryInventoryRepository;
use inventory_kit::model::InventoryItem;
use inventory_kit::repository::InventoryRepository;

use super::*;

fn legs(pair: &Pair) -> &[Leg] {
    match &pair.reserve.act {
        Act::Reserve { legs, .. } => legs,
        _ => &[],
    }
}

/// A counter a pool behind `DashMap`.
#[derive(Default)]
pub struct BareDash(DashMap<Pool, i64, FixedState>);

impl Contender for BareDash {
    fn supply(&mut self, pools: &[Pool], units: i64) {
        pools.iter().for_each(|pool| *self.0.entry(pool.clone()).or_default() += units);
    }

    fn pair(&self, pair: &Pair, _: &Pair, _: DateTime<Utc>) -> bool {
        for leg in legs(pair) {
            *self.0.get_mut(&leg.pool).unwrap() -= leg.units;
        }
        for leg in legs(pair) {
            *self.0.get_mut(&leg.pool).unwrap() += leg.units;
        }
        true
    }

    fn reserved(&self, pool: &Pool) -> i64 {
        UNITS - *self.0.get(pool).unwrap()
    }
}

/// An array of atomics, found by a map that nobody writes any more.
#[derive(Default)]
pub struct Atomics {
    places: HashMap<Pool, usize, FixedState>,
    units: Vec<AtomicI64>,
}

impl Contender for Atomics {
    fn supply(&mut self, pools: &[Pool], units: i64) {
        for pool in pools {
            self.places.insert(pool.clone(), self.units.len());
            self.units.push(AtomicI64::new(units));
        }
    }

    fn pair(&self, pair: &Pair, _: &Pair, _: DateTime<Utc>) -> bool {
        for leg in legs(pair) {
            self.units[self.places[&leg.pool]].fetch_sub(leg.units, Ordering::AcqRel);
        }
        for leg in legs(pair) {
            self.units[self.places[&leg.pool]].fetch_add(leg.units, Ordering::AcqRel);
        }
        true
    }

    fn reserved(&self, pool: &Pool) -> i64 {
        UNITS - self.units[self.places[pool]].load(Ordering::Acquire)
    }
}

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
struct Item(Pool);

impl InventoryItem for Item {
    type Id = Pool;
    fn id(&self) -> Pool {
        self.0.clone()
    }
}

/// `inventory_kit`'s repository in memory, behind the lock that its `&mut self` asks for.
pub struct Kit(Mutex<InMemoryInventoryRepository<Item, u32>>);

impl Default for Kit {
    fn default() -> Self {
        Kit(Mutex::new(InMemoryInventoryRepository::new()))
    }
}

impl Contender for Kit {
    fn supply(&mut self, pools: &[Pool], _: i64) {
        let kit = self.0.get_mut().unwrap();
        pools.iter().for_each(|pool| kit.insert_availability(pool.clone(), 0, 1, u32::MAX).unwrap());
    }

    fn pair(&self, pair: &Pair, _: &Pair, _: DateTime<Utc>) -> bool {
        let mut kit = self.0.lock().unwrap();
        let took = legs(pair).iter().all(|leg| kit.reserve(&leg.pool, 0, 1, leg.units as u32).is_ok());
        took && legs(pair).iter().all(|leg| kit.release(&leg.pool, 0, 1, leg.units as u32).is_ok())
    }

    fn reserved(&self, pool: &Pool) -> i64 {
        let free = self.0.lock().unwrap().get_availability(pool, 0, 1).unwrap()[0].available;
        i64::from(u32::MAX - free)
    }
}
