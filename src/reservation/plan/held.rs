//! What becomes of units that a reservation holds or has used.

use chrono::{DateTime, Utc};

use super::{Step, added, summed_parts};
use crate::id::ReservationId;
use crate::reservation::rows::Holding;
use crate::reservation::{Answer, How, List, Outcome, Part, PoolRow, Refusal, Reserved, ReservedState};

impl Step<'_> {
    pub(super) fn extend(&mut self, id: &ReservationId, until: DateTime<Utc>) -> Answer {
        let mut reserved = self.live(id)?;
        if reserved.state == ReservedState::Confirmed {
            return Err(Refusal::IsConfirmed { reservation: id.clone() });
        }
        let until = self.ahead(until)?;
        reserved.state = ReservedState::Held { until: Some(until) };
        self.write_reserved(id, reserved);
        Ok(Outcome::Extended { until })
    }

    pub(super) fn confirm(&mut self, id: &ReservationId) -> Answer {
        let mut reserved = self.live(id)?;
        reserved.state = ReservedState::Confirmed;
        self.write_reserved(id, reserved);
        Ok(Outcome::Confirmed)
    }

    pub(super) fn release(&mut self, id: &ReservationId, parts: Option<&[Part]>) -> Answer {
        let mut reserved = self.live(id)?;
        let parts = chosen(&reserved, parts)?;
        self.give_up(&mut reserved, &parts)?;
        let ended = end_if_empty(&mut reserved, How::Released);
        self.write_reserved(id, reserved);
        Ok(Outcome::Released { ended })
    }

    pub(super) fn consume(&mut self, id: &ReservationId, parts: Option<&[Part]>) -> Answer {
        let mut reserved = self.live(id)?;
        let parts = chosen(&reserved, parts)?;
        self.give_up(&mut reserved, &parts)?;
        for Part { pool, units } in &parts {
            let Some(row) = self.pool(pool) else { continue };
            let on_hand = row.level().on_hand();
            if on_hand < *units {
                return Err(Refusal::NotOnHand { pool: pool.clone(), wanted: *units, on_hand });
            }
            self.write(pool, PoolRow { used: added(row.used, *units, pool)?, ..row });
            if let Some(holding) = holding_mut(&mut reserved, pool) {
                holding.used = added(holding.used, *units, pool)?;
            }
        }
        let ended = end_if_empty(&mut reserved, How::Used);
        self.write_reserved(id, reserved);
        Ok(Outcome::Used { ended })
    }

    pub(super) fn give_back(&mut self, id: &ReservationId, parts: &[Part]) -> Answer {
        let mut reserved = self.known(id)?.clone();
        for Part { pool, units } in summed_parts(parts, List::Parts)? {
            let used = reserved.holding(&pool).map_or(0, |holding| holding.used);
            if used < units {
                return Err(Refusal::MoreThanUsed { pool, wanted: units, used });
            }
            if let Some(row) = self.pool(&pool) {
                self.write(&pool, PoolRow { used: row.used.saturating_sub(units), ..row });
            }
            if let Some(holding) = holding_mut(&mut reserved, &pool) {
                holding.used -= units;
            }
        }
        self.write_reserved(id, reserved);
        Ok(Outcome::GivenBack)
    }

    pub(super) fn split(&mut self, id: &ReservationId, into: &ReservationId, parts: &[Part]) -> Answer {
        let mut reserved = self.live(id)?;
        let parts = summed_parts(parts, List::Parts)?;
        self.unnamed(into)?;
        withdraw(&mut reserved, &parts)?;
        if reserved.holdings.iter().all(|holding| holding.held == 0) {
            return Err(Refusal::NothingLeft { reservation: id.clone() });
        }
        let holdings = parts.into_iter().map(|Part { pool, units }| Holding { pool, held: units, used: 0 });
        let made = Reserved { state: reserved.state, holdings: holdings.collect(), touched: self.now };
        self.write_reserved(id, reserved);
        self.write_reserved(into, made);
        Ok(Outcome::Split)
    }

    /// Takes `parts`, one a pool, out of the reservation and out of what the pools have reserved.
    pub(super) fn give_up(&mut self, reserved: &mut Reserved, parts: &[Part]) -> Result<(), Refusal> {
        withdraw(reserved, parts)?;
        for Part { pool, units } in parts {
            if let Some(row) = self.pool(pool) {
                self.write(pool, PoolRow { reserved: row.reserved.saturating_sub(*units), ..row });
            }
        }
        Ok(())
    }
}

/// Takes `parts`, one a pool, out of the reservation.
fn withdraw(reserved: &mut Reserved, parts: &[Part]) -> Result<(), Refusal> {
    for Part { pool, units } in parts {
        let held = reserved.held(pool);
        if held < *units {
            return Err(Refusal::MoreThanHeld { pool: pool.clone(), wanted: *units, held });
        }
        if let Some(holding) = holding_mut(reserved, pool) {
            holding.held -= units;
        }
    }
    Ok(())
}

/// The parts that a command names, summed; `None` is all that is held.
fn chosen(reserved: &Reserved, parts: Option<&[Part]>) -> Result<Vec<Part>, Refusal> {
    let all = || reserved.holdings.iter().filter(|holding| holding.held > 0);
    match parts {
        Some(parts) => summed_parts(parts, List::Parts),
        None => {
            Ok(all().map(|Holding { pool, held, .. }| Part { pool: pool.clone(), units: *held }).collect())
        }
    }
}

fn holding_mut<'r>(reserved: &'r mut Reserved, pool: &crate::reservation::Pool) -> Option<&'r mut Holding> {
    let place = reserved.holdings.binary_search_by(|holding| holding.pool.cmp(pool)).ok()?;
    reserved.holdings.get_mut(place)
}

/// Ends a reservation that holds nothing any more.
fn end_if_empty(reserved: &mut Reserved, how: How) -> bool {
    let empty = reserved.holdings.iter().all(|holding| holding.held == 0);
    if empty {
        reserved.state = ReservedState::Ended { how };
    }
    empty
}
