//! Goods that come, go and are found to be more or fewer: the acts that say so.

use serde::{Deserialize, Serialize};

use crate::id::{LotId, ReservationId};
use crate::inventory::{InventoryRefusal, Movement, Shelves};
use crate::reservation::{Act, Guard, Part, Pool};

/// Units that a customer sent back, as they were found to be.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Returned {
    /// The shelf that they come to.
    pub pool: Pool,
    /// How many.
    pub units: i64,
    /// What they are good for.
    pub grade: Grade,
    /// The reservation that they left under, if they come back to the pool they left: then no more can come back
    /// than it used. `None` for goods of another place or of unknown origin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reservation: Option<ReservationId>,
}

/// What returned units are good for.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "grade", rename_all = "snake_case", deny_unknown_fields)]
pub enum Grade {
    /// To be sold again.
    Sellable,
    /// To be looked at: kept in a lot that does not sell.
    Quarantine {
        /// The lot.
        lot: LotId,
    },
    /// For nothing: no level changes, since shipped units were counted out already.
    Scrap,
}

/// What becomes of units that were returned.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TakenBack {
    /// What to ask of the store, in this order; nothing for scrap.
    pub acts: Vec<Act>,
    /// What to write down, whatever the grade.
    pub record: Returned,
}

impl Shelves {
    /// `units` came in and lie on the shelf.
    ///
    /// # Errors
    /// [`NotPositive`](InventoryRefusal::NotPositive), then [`NotStocked`](InventoryRefusal::NotStocked).
    pub fn receive(&self, pool: &Pool, units: i64) -> Result<Act, InventoryRefusal> {
        positive(Movement::Receive, units)?;
        self.policy(pool)?;
        Ok(Act::Supply { pool: pool.clone(), delta: units, guard: Guard::Never })
    }

    /// `delta` more or fewer lie there than thought. `guard` says whether a decrease may leave reserved units
    /// uncovered. `None`: there is nothing to do, the difference is zero.
    ///
    /// # Errors
    /// [`NotStocked`](InventoryRefusal::NotStocked). The store refuses what would be below zero on hand, then what
    /// the guard protects.
    pub fn adjust(&self, pool: &Pool, delta: i64, guard: Guard) -> Result<Option<Act>, InventoryRefusal> {
        self.policy(pool)?;
        Ok((delta != 0).then(|| Act::Supply { pool: pool.clone(), delta, guard }))
    }

    /// `units` go from a shelf to another, beyond what the giver has reserved and [keeps](crate::inventory::StockPolicy::keeps).
    ///
    /// # Errors
    /// [`NotPositive`](InventoryRefusal::NotPositive), [`NotStocked`](InventoryRefusal::NotStocked) for the giver,
    /// then the taker, [`SamePlace`](InventoryRefusal::SamePlace). The store refuses what the giver cannot spare.
    pub fn transfer(&self, from: &Pool, to: &Pool, units: i64) -> Result<Act, InventoryRefusal> {
        positive(Movement::Transfer, units)?;
        let giver = self.policy(from)?;
        self.policy(to)?;
        if from == to {
            return Err(InventoryRefusal::SamePlace { pool: from.clone() });
        }
        Ok(Act::Transfer { from: from.clone(), to: to.clone(), units, keep: giver.keeps() })
    }

    /// Units came back from a customer. Sellable ones are available again, of the reservation that used them if it
    /// is named. Those to look at go to a lot that is closed first, so that nobody can buy them in between.
    ///
    /// ```
    /// use order_workflow::inventory::{Grade, Returned, Shelves, StockPolicy};
    /// use order_workflow::reservation::{Act, Pool};
    ///
    /// let shelves = Shelves::new().with_shelf("north".parse()?, "tea".parse()?, StockPolicy::default());
    /// let back = |grade| Ok::<_, order_workflow::id::IdError>(Returned {
    ///     pool: Pool::stock("north".parse()?, "tea".parse()?),
    ///     units: 2,
    ///     grade,
    ///     reservation: Some("o-1/r1.0".parse()?),
    /// });
    /// assert!(matches!(shelves.take_back(back(Grade::Sellable)?)?.acts[..], [Act::GiveBack { .. }]));
    /// let looked_at = shelves.take_back(back(Grade::Quarantine { lot: "returns".parse()? })?)?;
    /// assert!(matches!(looked_at.acts[..], [Act::SetFloor { .. }, Act::Supply { delta: 2, .. }]));
    /// assert!(shelves.take_back(back(Grade::Scrap)?)?.acts.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`NotPositive`](InventoryRefusal::NotPositive), then [`NotStocked`](InventoryRefusal::NotStocked), then
    /// [`LotSells`](InventoryRefusal::LotSells) if the quarantine lot is an open shelf. Of sellable units with a
    /// reservation the store refuses more than it used; quarantined and scrapped ones it cannot count against it, so
    /// take each return back once (the order's return case says how many came).
    pub fn take_back(&self, returned: Returned) -> Result<TakenBack, InventoryRefusal> {
        let Returned { pool, units, grade, reservation } = &returned;
        positive(Movement::Return, *units)?;
        self.policy(pool)?;
        let supply = |pool: Pool| Act::Supply { pool, delta: *units, guard: Guard::Never };
        let acts = match (grade, reservation) {
            (Grade::Sellable, Some(reservation)) => {
                let parts = vec![Part::new(pool.clone(), *units)];
                vec![Act::GiveBack { reservation: reservation.clone(), parts }]
            }
            (Grade::Sellable, None) => vec![supply(pool.clone())],
            (Grade::Quarantine { lot }, _) => {
                let apart = self.quarantine(pool, lot)?;
                vec![Act::SetFloor { pool: apart.clone(), floor: Some(i64::MAX) }, supply(apart)]
            }
            (Grade::Scrap, _) => vec![],
        };
        Ok(TakenBack { acts, record: returned })
    }

    /// Quarantined units were looked at: they go to their shelf, stay, or leave the books.
    ///
    /// # Errors
    /// As [`take_back`](Self::take_back). The store refuses more than lie in the lot.
    pub fn inspected(
        &self,
        pool: &Pool,
        lot: &LotId,
        units: i64,
        grade: &Grade,
    ) -> Result<Option<Act>, InventoryRefusal> {
        positive(Movement::Inspection, units)?;
        self.policy(pool)?;
        let from = self.quarantine(pool, lot)?;
        Ok(match grade {
            Grade::Sellable => Some(Act::Transfer { from, to: pool.clone(), units, keep: 0 }),
            Grade::Quarantine { lot: other } if other == lot => None,
            Grade::Quarantine { lot: other } => {
                Some(Act::Transfer { from, to: self.quarantine(pool, other)?, units, keep: 0 })
            }
            Grade::Scrap => {
                Some(Act::Supply { pool: from, delta: units.saturating_neg(), guard: Guard::KeepReserved })
            }
        })
    }

    /// The pool of a lot beside a shelf, that no shelf sells from.
    fn quarantine(&self, pool: &Pool, lot: &LotId) -> Result<Pool, InventoryRefusal> {
        let Pool::Stock { location, sku, .. } = pool else {
            return Err(InventoryRefusal::NotStocked { pool: pool.clone() });
        };
        let apart = Pool::Stock { location: location.clone(), sku: sku.clone(), lot: Some(lot.clone()) };
        match self.policy(&apart) {
            Ok(policy) if policy.open => Err(InventoryRefusal::LotSells { pool: apart }),
            Ok(_) | Err(_) => Ok(apart),
        }
    }
}

fn positive(movement: Movement, units: i64) -> Result<(), InventoryRefusal> {
    if units > 0 { Ok(()) } else { Err(InventoryRefusal::NotPositive { movement, units }) }
}
