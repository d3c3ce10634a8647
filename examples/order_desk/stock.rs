//! The stock that the orders compete for, made from the orders themselves, and what each order holds of it. Who
//! gets what is the crate's to say; here is only what a host does around it.

use std::{collections::BTreeMap, str::FromStr};

use chrono::{DateTime, TimeDelta, Utc};
use order_workflow::{
    OrderId,
    id::{EffectId, LineId, LocationId, OpId, ReservationId},
    order::{Condition, Order, OrderEffect, PlacedLine, Stage},
    reservation::{
        Act, Answer, Command, Guard, Holding, How, Leg, Level, MemoryStore, Outcome, Part, Pool, Refusal,
        ReservationStore, Reserved, Short,
    },
};

use crate::{Anything, files::FileOrder};

/// How much longer than the customer has to pay a hold lasts: a confirm may be on its way.
pub const GRACE: TimeDelta = TimeDelta::hours(6);
/// Answers and reservations are remembered for longer than the files reach: the report asks after all of them.
const REMEMBERED: TimeDelta = TimeDelta::days(36_500);
/// What of the units wanted is there when stock is scarce, in percent.
const SCARCE_PERCENT: i64 = 90;

/// How much stock there is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Plenty {
    /// All that the orders want.
    Enough,
    /// Of each SKU of each seller [`SCARCE_PERCENT`], rounded down, one at least.
    Scarce,
    /// All that the orders want, but half (rounded down, one at least) of what is wanted most: of one SKU of one
    /// seller, the first by seller and SKU where several are.
    Hot,
}

impl Plenty {
    pub const fn name(self) -> &'static str {
        match self {
            Plenty::Enough => "enough",
            Plenty::Scarce => "scarce",
            Plenty::Hot => "hot",
        }
    }
}

impl FromStr for Plenty {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = [Plenty::Enough, Plenty::Scarce, Plenty::Hot];
        let found = known.into_iter().find(|plenty| plenty.name() == text);
        found.ok_or_else(|| format!("`{text}` is no stock; accepted: enough, scarce, hot"))
    }
}

/// The sellers' shelves.
pub struct Stock {
    store: MemoryStore,
    pub plenty: Plenty,
    pub supplied: BTreeMap<Pool, i64>,
}

impl Stock {
    /// Supplies what the orders want, or less, before the first of them comes.
    pub fn of(files: &[FileOrder], plenty: Plenty) -> Result<Stock, Anything> {
        let mut wanted: BTreeMap<Pool, i64> = BTreeMap::new();
        for item in files.iter().flat_map(|file| &file.items) {
            *wanted.entry(Pool::stock(item.seller_id.parse()?, item.product_id.parse()?)).or_default() += 1;
        }
        let most = wanted.values().max().copied();
        let hot = wanted.iter().find(|(_, units)| Some(**units) == most).map(|(pool, _)| pool.clone());
        let supplied: BTreeMap<Pool, i64> = wanted
            .into_iter()
            .map(|(pool, units)| {
                let there = match plenty {
                    Plenty::Scarce => (units * SCARCE_PERCENT / 100).max(1),
                    Plenty::Hot if Some(&pool) == hot.as_ref() => (units / 2).max(1),
                    Plenty::Enough | Plenty::Hot => units,
                };
                (pool, there)
            })
            .collect();
        let opened = files.iter().map(|file| file.times.purchase).min().unwrap_or(DateTime::UNIX_EPOCH);
        let stock = Stock { store: MemoryStore::new().with_window(REMEMBERED), plenty, supplied };
        for ((pool, delta), n) in stock.supplied.iter().zip(0..) {
            let act = Act::Supply { pool: pool.clone(), delta: *delta, guard: Guard::Never };
            stock.send(OpId::from(n), act, opened)?;
        }
        Ok(stock)
    }

    /// Those of these pools that anybody has claimed yet.
    pub fn claimed(
        &self,
        pools: impl Iterator<Item = Pool>,
        at: DateTime<Utc>,
    ) -> Result<Vec<(Pool, Level)>, Anything> {
        let pools: Vec<Pool> = pools.collect();
        let levels = self.levels(&pools, at)?;
        Ok(pools.into_iter().zip(levels).filter_map(|(pool, level)| Some((pool, level?))).collect())
    }

    fn send(&self, op: OpId, act: Act, at: DateTime<Utc>) -> Answer {
        self.store.execute_one(&Command { op, act }, at)
    }

    pub fn levels(&self, pools: &[Pool], at: DateTime<Utc>) -> Result<Vec<Option<Level>>, Anything> {
        Ok(pollster::block_on(self.store.levels(pools, at))?)
    }

    pub fn reservations(
        &self,
        names: &[ReservationId],
        at: DateTime<Utc>,
    ) -> Result<Vec<Option<Reserved>>, Anything> {
        Ok(pollster::block_on(self.store.reservations(names, at))?)
    }
}

/// The seller's shelf that a line is served from.
pub fn shelf(line: &PlacedLine) -> Result<Pool, Anything> {
    Ok(Pool::stock(LocationId::new(line.seller.as_str())?, line.sku.clone()))
}

/// What one order holds, under one name a try.
pub struct Held<'s> {
    stock: &'s Stock,
    tries: u32,
    /// What the order's quote claims beside its goods: held with them, used when it is confirmed.
    pub claims: Vec<Leg>,
    /// The tries that held.
    pub names: Vec<ReservationId>,
    pub confirmed: u64,
    pub refused: u64,
    /// Units that were lacking in the refused tries.
    pub short_units: i64,
    /// Commands that should have been carried out and were not, and shelves that promise more than they have.
    pub broken: Vec<String>,
}

impl<'s> Held<'s> {
    pub fn nothing(stock: &'s Stock) -> Held<'s> {
        Held {
            stock,
            tries: 0,
            claims: vec![],
            names: vec![],
            confirmed: 0,
            refused: 0,
            short_units: 0,
            broken: vec![],
        }
    }

    /// All of `lines` and of the claims or nothing, under the next name; the refusal if there is too little.
    pub fn reserve<'l>(
        &mut self,
        order: &OrderId,
        lines: impl Iterator<Item = (&'l PlacedLine, u32)>,
        until: DateTime<Utc>,
        at: DateTime<Utc>,
    ) -> Result<Result<(), Refusal>, Anything> {
        let leg = |(line, units)| Ok(Leg::all(shelf(line)?, i64::from(units)));
        let mut legs = lines.map(leg).collect::<Result<Vec<Leg>, Anything>>()?;
        legs.extend(self.claims.iter().cloned());
        self.tries += 1;
        let name = ReservationId::of(order, self.tries, 0);
        let act = Act::Reserve { reservation: name.clone(), legs, until: Some(until) };
        match self.send(OpId::from(&name), act, at)? {
            Ok(_) => {
                self.names.push(name);
                Ok(Ok(()))
            }
            // No goods are lacking: the next quote goes without.
            Err(
                refusal @ Refusal::Insufficient {
                    pool: Pool::Use { .. } | Pool::UseBy { .. } | Pool::Budget { .. } | Pool::BudgetBy { .. },
                    ..
                },
            ) => Ok(Err(refusal)),
            Err(refusal) => {
                self.refused += 1;
                match &refusal {
                    Refusal::Insufficient { wanted, available, more, .. } => {
                        let more = more.iter().map(|Short { wanted, available, .. }| wanted - available);
                        self.short_units += wanted - available + more.sum::<i64>();
                    }
                    other => self.broken.push(format!("{name}: {other}")),
                }
                Ok(Err(refusal))
            }
        }
    }

    /// Does what an effect of the order says about its hold, under the effect's own id; what that was, for the
    /// timeline.
    pub fn follow(
        &mut self,
        order: &Order,
        id: &EffectId,
        effect: &OrderEffect,
        at: DateTime<Utc>,
    ) -> Result<Option<String>, Anything> {
        let name = ReservationId::of(order.id(), self.tries, 0);
        let parts = |line: &LineId, units: u32| -> Result<Vec<Part>, Anything> {
            let mut lines = order.state().book.lines.iter().map(|line| &line.terms.placed);
            let placed = lines.find(|placed| placed.line == *line).ok_or("an effect on no line")?;
            Ok(vec![Part::new(shelf(placed)?, i64::from(units))])
        };
        let reservation = name.clone();
        let (act, said) = match effect {
            OrderEffect::ConfirmReservation => {
                (Act::Confirm { reservation }, "the hold is confirmed".to_owned())
            }
            OrderEffect::UseUnits { line, units } => (
                Act::Use { reservation, parts: Some(parts(line, *units)?) },
                format!("line {line}: {units} leave the shelf"),
            ),
            OrderEffect::ReleaseUnits { line, units } => (
                Act::Release { reservation, parts: Some(parts(line, *units)?) },
                format!("line {line}: {units} are no longer held"),
            ),
            OrderEffect::GiveBackUnits { line, units, condition: Condition::Sellable } => (
                Act::GiveBack { reservation, parts: parts(line, *units)? },
                format!("line {line}: {units} are back on the shelf"),
            ),
            _ => return Ok(None),
        };
        match self.send(OpId::from(id), act, at)? {
            Ok(Outcome::Confirmed) => {
                self.confirmed += 1;
                self.redeem(name, at)?;
            }
            Ok(Outcome::Used { .. }) => self.redeem(name, at)?, // what is shipped unpaid is never confirmed
            Ok(_) => {}
            Err(refusal) => self.broken.push(format!("{name}, {id}: {refusal}")),
        }
        Ok(Some(said))
    }

    /// The order is confirmed or its goods leave, whatever is first: what it claims is used. Asked again it is no news.
    fn redeem(&mut self, reservation: ReservationId, at: DateTime<Utc>) -> Result<(), Anything> {
        let parts: Vec<Part> = self.claims.iter().map(|leg| Part::new(leg.pool.clone(), leg.units)).collect();
        if parts.is_empty() {
            return Ok(());
        }
        let op = OpId::new(format!("{reservation}/redeem"))?;
        let act = Act::Use { reservation: reservation.clone(), parts: Some(parts) };
        if let Err(refusal) = self.send(op, act, at)? {
            self.broken.push(format!("{reservation}, its claims: {refusal}"));
        }
        Ok(())
    }

    /// Nothing is left of the order: what it claims and still has is free again. Asked twice it is no news.
    pub fn give_back_claims(&mut self, at: DateTime<Utc>) -> Result<(), Anything> {
        if self.claims.is_empty() {
            return Ok(());
        }
        let names = self.names.clone();
        for (name, there) in names.iter().zip(self.stock.reservations(&names, at)?) {
            let Some(there) = there.map(|there| there.as_of(at)) else { continue };
            let ended = matches!(there.state, order_workflow::reservation::ReservedState::Ended { .. });
            let parts = |units: fn(&Holding) -> i64| -> Vec<Part> {
                let own =
                    there.holdings.iter().filter(|one| self.claims.iter().any(|leg| leg.pool == one.pool));
                own.filter(|one| units(one) > 0).map(|one| Part::new(one.pool.clone(), units(one))).collect()
            };
            let (held, used) = (parts(|one| one.held), parts(|one| one.used));
            let reservation = || name.clone();
            let release = Act::Release { reservation: reservation(), parts: Some(held.clone()) };
            let give_back = Act::GiveBack { reservation: reservation(), parts: used.clone() };
            for (act, how, due) in
                [(release, "release", !ended && !held.is_empty()), (give_back, "give-back", !used.is_empty())]
            {
                if !due {
                    continue;
                }
                if let Err(refusal) = self.send(OpId::new(format!("{name}/{how}"))?, act, at)? {
                    self.broken.push(format!("{name}, its claims: {refusal}"));
                }
            }
        }
        Ok(())
    }

    /// Sends a command and looks at the shelves that it names: none may promise more than it has.
    fn send(&mut self, op: OpId, act: Act, at: DateTime<Utc>) -> Result<Answer, Anything> {
        let shelves: Vec<Pool> = act.pools().cloned().collect();
        let answer = self.stock.send(op, act, at);
        for (shelf, level) in shelves.iter().zip(self.stock.levels(&shelves, at)?) {
            let fresh = level.is_none() && self.claims.iter().any(|leg| leg.pool == *shelf);
            if !fresh && !level.is_some_and(sound) {
                self.broken.push(format!("{shelf}: {level:?} at {at}"));
            }
        }
        Ok(answer)
    }
}

/// Whether a shelf promises no more than it has.
pub fn sound(level: Level) -> bool {
    level.reserved >= 0 && level.used >= 0 && level.available().is_some_and(|available| available >= 0)
}

/// How a line stands to its shelf: units that are held and units that are gone.
pub fn held_and_used(units_in: impl Fn(Stage) -> u32) -> (i64, i64) {
    let sum =
        |is: fn(Stage) -> bool| Stage::ALL.iter().filter(|s| is(**s)).map(|s| i64::from(units_in(*s))).sum();
    let held = |stage: Stage| stage.is_in_house() || stage == Stage::ReadyForPickUp;
    let used = |stage: Stage| stage.is_live() && !stage.is_in_house() && stage != Stage::ReadyForPickUp;
    (sum(held), sum(used))
}

/// What became of a reservation, as the report counts it.
pub fn outcome(reserved: &Reserved) -> &'static str {
    use order_workflow::reservation::ReservedState::{Confirmed, Ended, Held};
    match reserved.state {
        Held { .. } | Confirmed => "open",
        Ended { how: How::Used } => "used",
        Ended { how: How::Released } => "released",
        Ended { how: How::Lapsed } => "lapsed",
    }
}
