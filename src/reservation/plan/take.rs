//! Reserve and move: what takes units that others may want.

use chrono::{DateTime, Utc};

use super::{Ask, Step, added, summed_legs, summed_parts};
use crate::id::ReservationId;
use crate::reservation::command::LEGS_MAX;
use crate::reservation::rows::Holding;
use crate::reservation::{
    Answer, Leg, List, Outcome, Part, PoolRow, Refusal, Reserved, ReservedState, Short,
};

impl Step<'_> {
    pub(super) fn reserve(
        &mut self,
        id: &ReservationId,
        legs: &[Leg],
        until: Option<DateTime<Utc>>,
    ) -> Answer {
        let asks = summed_legs(legs, List::Legs)?;
        self.opened(&asks)?;
        self.unnamed(id)?;
        let until = until.map(|until| self.ahead(until)).transpose()?;
        let (holdings, short) = self.take(&asks)?;
        let state = ReservedState::Held { until };
        self.write_reserved(id, Reserved { state, holdings, touched: self.now });
        Ok(Outcome::Reserved { until, short })
    }

    pub(super) fn shift(&mut self, id: &ReservationId, from: &[Part], to: &[Leg]) -> Answer {
        let mut reserved = self.live(id)?;
        let from = if from.is_empty() { Vec::new() } else { summed_parts(from, List::From)? };
        let asks = summed_legs(to, List::To)?;
        self.opened(&asks)?;
        self.give_up(&mut reserved, &from)?;
        let (taken, short) = self.take(&asks)?;
        for Holding { pool, held, .. } in taken {
            match reserved.holdings.binary_search_by(|holding| holding.pool.cmp(&pool)) {
                Ok(place) => {
                    if let Some(holding) = reserved.holdings.get_mut(place) {
                        holding.held = added(holding.held, held, &pool)?;
                    }
                }
                Err(place) => reserved.holdings.insert(place, Holding { pool, held, used: 0 }),
            }
        }
        reserved.holdings.retain(|holding| holding.held > 0 || holding.used > 0);
        if reserved.holdings.len() > LEGS_MAX {
            return Err(Refusal::TooMany { list: List::To, given: reserved.holdings.len() as u64 });
        }
        self.write_reserved(id, reserved);
        Ok(Outcome::Moved { short })
    }

    /// Makes the pools that may be made; refuses those that nobody supplied.
    fn opened(&mut self, asks: &[Ask<'_>]) -> Result<(), Refusal> {
        for ask in asks {
            if self.pool(ask.pool).is_none() {
                let unknown = || Refusal::UnknownPool { pool: ask.pool.clone() };
                let limit = ask.limit_if_new.ok_or_else(unknown)?;
                self.write(ask.pool, PoolRow::new(limit, self.now));
            }
        }
        Ok(())
    }

    /// Holds what is asked for: all pools that have too little are named, and nothing at all is too little.
    fn take(&mut self, asks: &[Ask<'_>]) -> Result<(Vec<Holding>, Vec<Part>), Refusal> {
        let mut got: Vec<Holding> = Vec::with_capacity(asks.len());
        let (mut missing, mut lacking) = (Vec::new(), Vec::new());
        for Ask { pool, wanted, at_least, .. } in asks {
            let Some(row) = self.pool(pool) else { continue };
            let available = row.level().grantable();
            let held = available.min(*wanted);
            let short = || Short { pool: (*pool).clone(), wanted: *wanted, available };
            if held < *at_least {
                lacking.push(short());
            }
            if held < *wanted {
                missing.push(short());
            }
            if held > 0 {
                self.write(pool, PoolRow { reserved: added(row.reserved, held, pool)?, ..row });
                got.push(Holding { pool: (*pool).clone(), held, used: 0 });
            }
        }
        if lacking.is_empty() && got.is_empty() {
            lacking.append(&mut missing);
        }
        let mut lacking = lacking.into_iter();
        match lacking.next() {
            Some(Short { pool, wanted, available }) => {
                Err(Refusal::Insufficient { pool, wanted, available, more: lacking.collect() })
            }
            None => {
                let short = |Short { pool, wanted, available }| Part { pool, units: wanted - available };
                Ok((got, missing.into_iter().map(short).collect()))
            }
        }
    }
}
