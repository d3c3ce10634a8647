//! What sets a pool's own numbers.

use super::{Step, added};
use crate::reservation::{Answer, Guard, Outcome, Pool, PoolRow, Refusal};

impl Step<'_> {
    pub(super) fn supply(&mut self, pool: &Pool, delta: i64, guard: Guard) -> Answer {
        if delta == 0 {
            return Err(Refusal::NotPositive { pool: pool.clone(), units: 0 });
        }
        let row = if delta > 0 { self.pool_or_new(pool) } else { self.supplied(pool)? };
        let row = PoolRow { limit: added(row.limit, delta, pool)?, ..row };
        if delta < 0 {
            let level = row.level();
            let on_hand = level.on_hand();
            if on_hand < 0 {
                let on_hand = on_hand.saturating_sub(delta);
                let wanted = delta.saturating_neg();
                return Err(Refusal::NotOnHand { pool: pool.clone(), wanted, on_hand });
            }
            if guard == Guard::KeepReserved && on_hand < level.reserved {
                return Err(Refusal::BelowReserved { pool: pool.clone(), on_hand, reserved: level.reserved });
            }
        }
        self.set(pool, row)
    }

    pub(super) fn transfer(&mut self, from: &Pool, to: &Pool, units: i64, keep: i64) -> Answer {
        if units <= 0 {
            return Err(Refusal::NotPositive { pool: from.clone(), units });
        }
        if keep < 0 {
            return Err(Refusal::Negative { pool: from.clone(), given: keep });
        }
        if from == to || !from.is_like(to) {
            return Err(Refusal::NotAlike { from: from.clone(), to: Box::new(to.clone()) });
        }
        let giver = self.supplied(from)?;
        let available = giver.level().unreserved().saturating_sub(keep).max(0);
        if available < units {
            return Err(Refusal::Insufficient { pool: from.clone(), wanted: units, available, more: vec![] });
        }
        let taker = self.pool_or_new(to);
        self.write(from, PoolRow { limit: added(giver.limit, -units, from)?, ..giver });
        self.write(to, PoolRow { limit: added(taker.limit, units, to)?, ..taker });
        Ok(Outcome::Transferred)
    }

    pub(super) fn set_limit(&mut self, pool: &Pool, limit: i64) -> Answer {
        not_negative(pool, limit)?;
        let row = self.pool_or_new(pool);
        self.set(pool, PoolRow { limit, ..row })
    }

    pub(super) fn set_floor(&mut self, pool: &Pool, floor: Option<i64>) -> Answer {
        let row = self.pool_or_new(pool);
        let floor = floor.filter(|floor| *floor > i64::MIN); // as low as none
        self.set(pool, PoolRow { floor, ..row })
    }

    pub(super) fn count(&mut self, pool: &Pool, counted: i64) -> Answer {
        not_negative(pool, counted)?;
        let row = self.pool_or_new(pool);
        self.set(pool, PoolRow { limit: added(row.used, counted, pool)?, ..row })
    }

    fn set(&mut self, pool: &Pool, row: PoolRow) -> Answer {
        self.write(pool, row);
        Ok(Outcome::Set { uncovered: row.level().uncovered() })
    }

    fn supplied(&self, pool: &Pool) -> Result<PoolRow, Refusal> {
        self.pool(pool).ok_or_else(|| Refusal::UnknownPool { pool: pool.clone() })
    }

    fn pool_or_new(&self, pool: &Pool) -> PoolRow {
        self.pool(pool).unwrap_or_else(|| PoolRow::new(0, self.now))
    }
}

fn not_negative(pool: &Pool, given: i64) -> Result<(), Refusal> {
    if given < 0 { Err(Refusal::Negative { pool: pool.clone(), given }) } else { Ok(()) }
}
