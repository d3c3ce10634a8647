//! The general way: rows are made of what is kept, planned on, and written back.

use chrono::{DateTime, Utc};

use super::hashed::text_hash;
use super::index::Adding;
use super::names::{Hold, Names, Slot, State};
use super::pools::{Numbers, Place, Pools, pool_hash};
use super::sync::MutexGuard;
use super::{MemoryStore, NEVER, NameShards, fast, instant};
use crate::id::ReservationId;
use crate::reservation::plan::act_into;
use crate::reservation::rows::whole_micros;
use crate::reservation::{Act, Answer, Changes, Holding, Level, Pool, Reserved, ReservedState, Rows};

/// Locked shards of names: one command names at most two.
type NamesLocked<'a> = Vec<(u16, MutexGuard<'a, Names>)>;

/// Locked pools, each once, in order of places; and the right to make those that a command names in vain.
struct PoolsLocked<'a> {
    making: Vec<(u16, Adding<'a>)>,
    pools: Vec<(Place, MutexGuard<'a, Numbers>)>,
}

impl PoolsLocked<'_> {
    fn numbers(&mut self, place: Place) -> Option<&mut Numbers> {
        let at = self.pools.binary_search_by_key(&place, |(locked, _)| *locked).ok()?;
        self.pools.get_mut(at).map(|(_, numbers)| &mut **numbers)
    }
}

impl MemoryStore {
    pub(super) fn by_plan(&self, act: &Act, at: DateTime<Utc>) -> Answer {
        let mut names = self.lock_names(act.reservations());
        let listed =
            act.reservations().filter_map(|id| self.find(&names, id)).flat_map(|slot| slot.holds.iter());
        let listed: Vec<Place> = listed.map(|hold| hold.place).collect();
        let mut locked = self.lock_pools(act, listed);

        let mut rows = Rows::default();
        for id in act.reservations() {
            if let Some(slot) = self.find(&names, id) {
                rows.reservations.insert(id.clone(), self.reserved_of(slot));
            }
        }
        for (place, numbers) in &locked.pools {
            if let Some(pool) = self.pools.pool(*place) {
                rows.pools.insert(pool, numbers.row(numbers.clock));
            }
        }
        let now = rows.now(act, at).timestamp_micros();
        for (place, numbers) in &locked.pools {
            if let Some(row) = self.pools.pool(*place).and_then(|pool| rows.pools.get_mut(&pool)) {
                row.lapsed = numbers.lapsed_at(now);
            }
        }

        let mut changes = Changes::default();
        let answer = act_into(act, &rows, at, &mut changes);
        self.write(&changes, &mut names, &mut locked);
        answer
    }

    fn write<'a>(&'a self, changes: &Changes, names: &mut NamesLocked<'_>, locked: &mut PoolsLocked<'a>) {
        for (pool, row) in &changes.pools {
            match self.place_of(pool) {
                Some(place) => {
                    if let Some(numbers) = locked.numbers(place) {
                        numbers.write(row);
                    }
                }
                None => {
                    let shard = Pools::shard(pool_hash(&self.hasher, pool));
                    let making = locked.making.iter_mut().find(|(locked, _)| *locked == shard);
                    let made =
                        making.and_then(|(_, making)| self.pools.make(making, pool, row, &self.hasher));
                    locked.pools.extend(made); // in order still: what is made comes after all that was there
                }
            }
        }
        for (id, after) in &changes.reservations {
            self.write_reserved(id, after, names, locked);
        }
    }

    fn write_reserved(
        &self,
        id: &ReservationId,
        after: &Reserved,
        names: &mut NamesLocked<'_>,
        locked: &mut PoolsLocked<'_>,
    ) {
        let holds = after.holdings.iter().filter_map(|Holding { pool, held, used }| {
            Some(Hold { place: self.place_of(pool)?, held: *held, used: *used })
        });
        let mut holds: Vec<Hold> = holds.collect();
        holds.sort_unstable_by_key(|hold| hold.place);
        let until = after.until().map_or(NEVER, |until| until.timestamp_micros());
        let hash = text_hash(&self.hasher, id.as_bytes());
        let shard = NameShards::of(hash);
        let Some((_, names)) = names.iter_mut().find(|(locked, _)| *locked == shard) else { return };
        let number = names.find(hash, id).unwrap_or_else(|| names.insert(hash, id));
        let Some(slot) = names.slot_mut(number) else { return };
        for hold in &slot.holds {
            if let Some(pool) = locked.numbers(hold.place) {
                pool.gives_up(slot.until, hold.held);
            }
        }
        for hold in &holds {
            if let Some(pool) = locked.numbers(hold.place) {
                pool.holds(until, hold.held);
            }
        }
        slot.state = match after.state {
            ReservedState::Held { .. } => State::Held,
            ReservedState::Confirmed => State::Confirmed,
            ReservedState::Ended { how } => State::Ended(how),
        };
        (slot.until, slot.touched) = (until, after.touched.timestamp_micros());
        slot.holds.clear();
        slot.holds.extend(holds);
        names.watch(number);
    }

    /// As [`levels`](crate::reservation::ReservationStore::levels) of one pool, at once.
    pub fn level(&self, pool: &Pool, at: DateTime<Utc>) -> Option<Level> {
        let numbers = self.pools.lock(self.place_of(pool)?)?;
        Some(numbers.level(at.timestamp_micros().max(numbers.clock)))
    }

    /// As [`reservations`](crate::reservation::ReservationStore::reservations) of one name, at once.
    pub fn reservation(&self, id: &ReservationId, at: DateTime<Utc>) -> Option<Reserved> {
        let names = self.lock_names([id].into_iter());
        let slot = self.find(&names, id)?;
        let pools = self.lock_all(slot.holds.iter().map(|hold| hold.place))?;
        let now = fast::now(&pools, whole_micros(at).timestamp_micros());
        Some(self.reserved_of(slot).as_of(instant(now)))
    }

    fn lock_names<'i>(&self, ids: impl Iterator<Item = &'i ReservationId>) -> NamesLocked<'_> {
        let mut shards: Vec<u16> =
            ids.map(|id| NameShards::of(text_hash(&self.hasher, id.as_bytes()))).collect();
        shards.sort_unstable();
        shards.dedup();
        shards.into_iter().map(|shard| (shard, self.names.lock_at(shard))).collect()
    }

    /// Locks the pools that an act names and those that its reservations list. What is named and is not there stays
    /// so until the locks are let go.
    fn lock_pools(&self, act: &Act, listed: Vec<Place>) -> PoolsLocked<'_> {
        let missing = act.pools().filter(|pool| self.place_of(pool).is_none());
        let mut shards: Vec<u16> = missing.map(|pool| Pools::shard(pool_hash(&self.hasher, pool))).collect();
        shards.sort_unstable();
        shards.dedup();
        let making = shards.into_iter().map(|shard| (shard, self.pools.making(shard))).collect();
        let mut places = listed;
        places.extend(act.pools().filter_map(|pool| self.place_of(pool))); // looked up again: one may have been made
        places.sort_unstable();
        places.dedup();
        let pools = places.into_iter().filter_map(|place| Some((place, self.pools.lock(place)?)));
        PoolsLocked { making, pools: pools.collect() }
    }

    fn find<'n>(&self, names: &'n NamesLocked<'_>, id: &ReservationId) -> Option<&'n Slot> {
        let hash = text_hash(&self.hasher, id.as_bytes());
        let shard = NameShards::of(hash);
        let (_, names) = names.iter().find(|(locked, _)| *locked == shard)?;
        names.slot(names.find(hash, id)?)
    }

    fn place_of(&self, pool: &Pool) -> Option<Place> {
        self.pools.find(pool_hash(&self.hasher, pool), pool)
    }

    fn reserved_of(&self, slot: &Slot) -> Reserved {
        let holding = |hold: &Hold| {
            let pool = self.pools.pool(hold.place)?;
            Some(Holding { pool, held: hold.held, used: hold.used })
        };
        let mut holdings: Vec<Holding> = slot.holds.iter().filter_map(holding).collect();
        holdings.sort_unstable_by(|a, b| a.pool.cmp(&b.pool));
        let state = match slot.state {
            State::Held | State::Forgotten => {
                ReservedState::Held { until: (slot.until != NEVER).then(|| instant(slot.until)) }
            }
            State::Confirmed => ReservedState::Confirmed,
            State::Ended(how) => ReservedState::Ended { how },
        };
        Reserved { state, holdings, touched: instant(slot.touched) }
    }
}
