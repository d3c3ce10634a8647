//! The general way: rows are made of what is kept, planned on, and written back.

use chrono::{DateTime, Utc};

use super::fast::Locked;
use super::names::{Hold, Names, Slot, State};
use super::pools::Place;
use super::sync::{MutexGuard, Shards};
use super::{MemoryStore, NEVER, PoolShards, SHARDS, instant};
use crate::id::ReservationId;
use crate::reservation::plan::act_into;
use crate::reservation::rows::whole_micros;
use crate::reservation::{Act, Answer, Changes, Holding, Level, Pool, Reserved, ReservedState, Rows};

/// Locked shards of names: one command names at most two.
type NamesLocked<'a> = Vec<(u16, MutexGuard<'a, Names>)>;

impl MemoryStore {
    pub(super) fn by_plan(&self, act: &Act, at: DateTime<Utc>) -> Answer {
        let mut names = self.lock_names(act.reservations());
        let listed =
            act.reservations().filter_map(|id| self.find(&names, id)).flat_map(|slot| slot.holds.iter());
        let listed: Vec<Place> = listed.map(|hold| hold.place).collect();
        let mut pools = self.lock_pools(act.pools(), &listed);

        let mut rows = Rows::default();
        for id in act.reservations() {
            if let Some(slot) = self.find(&names, id) {
                rows.reservations.insert(id.clone(), reserved_of(slot, &mut pools));
            }
        }
        for pool in act.pools() {
            if let Some(slot) = self.place_of(&mut pools, pool).and_then(|place| pools.slot(place)) {
                rows.pools.insert(pool.clone(), slot.row(slot.clock));
            }
        }
        for place in &listed {
            let row = pools.slot(*place).map(|slot| slot.row(slot.clock));
            if let Some((pool, row)) = pools.pool(*place).zip(row) {
                rows.pools.insert(pool, row);
            }
        }
        let now = rows.now(act, at).timestamp_micros();
        for (pool, row) in &mut rows.pools {
            if let Some(slot) = self.place_of(&mut pools, pool).and_then(|place| pools.slot(place)) {
                row.lapsed = slot.lapsed_at(now);
            }
        }

        let mut changes = Changes::default();
        let answer = act_into(act, &rows, at, &mut changes);
        self.write(&changes, &mut names, &mut pools);
        answer
    }

    fn write(&self, changes: &Changes, names: &mut NamesLocked<'_>, pools: &mut Locked<'_>) {
        for (pool, row) in &changes.pools {
            let hash = self.hash(pool);
            let Some(shard) = pools.pools(PoolShards::of(hash)) else { continue };
            let slot = shard.find(hash, pool).unwrap_or_else(|| shard.insert(hash, pool, row, &self.hasher));
            if let Some(slot) = shard.slot_mut(slot) {
                slot.write(row);
            }
        }
        for (id, after) in &changes.reservations {
            self.write_reserved(id, after, names, pools);
        }
    }

    fn write_reserved(
        &self,
        id: &ReservationId,
        after: &Reserved,
        names: &mut NamesLocked<'_>,
        pools: &mut Locked<'_>,
    ) {
        let holds = after.holdings.iter().filter_map(|Holding { pool, held, used }| {
            Some(Hold { place: self.place_of(pools, pool)?, held: *held, used: *used })
        });
        let mut holds: Vec<Hold> = holds.collect();
        holds.sort_unstable_by_key(|hold| hold.place);
        let until = after.until().map_or(NEVER, |until| until.timestamp_micros());
        let hash = self.hash(id);
        let shard = Shards::<Names, SHARDS>::of(hash);
        let Some((_, names)) = names.iter_mut().find(|(locked, _)| *locked == shard) else { return };
        let Some(number) = names.find(hash, id).or_else(|| names.insert(hash, id)) else { return };
        let Some(slot) = names.slot_mut(number) else { return };
        for hold in &slot.holds {
            if let Some(pool) = pools.slot(hold.place) {
                pool.gives_up(slot.until, hold.held);
            }
        }
        for hold in &holds {
            if let Some(pool) = pools.slot(hold.place) {
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
        let hash = self.hash(pool);
        let pools = self.pools.lock(hash);
        let slot = pools.slot(pools.find(hash, pool)?)?;
        Some(slot.level(at.timestamp_micros().max(slot.clock)))
    }

    /// As [`reservations`](crate::reservation::ReservationStore::reservations) of one name, at once.
    pub fn reservation(&self, id: &ReservationId, at: DateTime<Utc>) -> Option<Reserved> {
        let names = self.lock_names([id].into_iter());
        let places: Vec<Place> = self.find(&names, id)?.holds.iter().map(|hold| hold.place).collect();
        let mut pools = self.lock_pools([].into_iter(), &places);
        let now =
            pools.now(places.into_iter().map(|place| (place, ())), whole_micros(at).timestamp_micros())?;
        Some(reserved_of(self.find(&names, id)?, &mut pools).as_of(instant(now)))
    }

    fn lock_names<'i>(&self, ids: impl Iterator<Item = &'i ReservationId>) -> NamesLocked<'_> {
        let mut shards: Vec<u16> = ids.map(|id| Shards::<Names, SHARDS>::of(self.hash(id))).collect();
        shards.sort_unstable();
        shards.dedup();
        shards.into_iter().map(|shard| (shard, self.names.at(shard))).collect()
    }

    fn lock_pools<'p>(&self, named: impl Iterator<Item = &'p Pool>, listed: &[Place]) -> Locked<'_> {
        let named = named.map(|pool| Place { shard: PoolShards::of(self.hash(pool)), slot: 0 });
        let mut places: Vec<Place> = named.chain(listed.iter().copied()).collect();
        places.sort_unstable();
        self.lock_all(places.into_iter())
    }

    fn find<'n>(&self, names: &'n NamesLocked<'_>, id: &ReservationId) -> Option<&'n Slot> {
        let hash = self.hash(id);
        let shard = Shards::<Names, SHARDS>::of(hash);
        let (_, names) = names.iter().find(|(locked, _)| *locked == shard)?;
        names.slot(names.find(hash, id)?)
    }

    fn place_of(&self, pools: &mut Locked<'_>, pool: &Pool) -> Option<Place> {
        pools.place(self.hash(pool), pool)
    }
}

fn reserved_of(slot: &Slot, pools: &mut Locked<'_>) -> Reserved {
    let holding = |hold: &Hold| {
        let pool = pools.pool(hold.place)?;
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
