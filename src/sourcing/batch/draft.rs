//! Plans that keep the rules: made at prices, then made better order by order.

use smallvec::SmallVec;

use crate::sourcing::batch::dense::{Dense, SCALE, at, change, row};
use crate::sourcing::batch::one::{Offer, OneOrder, Rule, book};
use crate::sourcing::batch::search::Lots;
use crate::sourcing::batch::{Pick, WaveOrder};

/// The picks of an order; most have a few.
pub(super) type Picks = SmallVec<[Pick; 4]>;

/// A plan and what it leaves.
#[derive(Clone)]
pub(super) struct Draft {
    pub(super) picks: Vec<Picks>,
    costs: Vec<i64>,
    /// In minor units.
    pub(super) cost: i64,
    left: Vec<i64>,
    room: Vec<i64>,
    /// Who has units of a shelf, in the order in which they came.
    holders: Vec<Vec<u32>>,
    pub(super) solves: u64,
}

impl Draft {
    /// Nothing ships.
    pub(super) fn new(dense: &Dense) -> Draft {
        let costs: Vec<i64> = dense.orders.iter().map(Dense::unmet).collect();
        Draft {
            picks: vec![Picks::new(); costs.len()],
            cost: costs.iter().sum(),
            costs,
            left: dense.stock.clone(),
            room: dense.capacity.clone(),
            holders: vec![Vec::new(); dense.stock.len()],
            solves: 0,
        }
    }

    /// Solves one order again with what the others leave, at these prices. Whether its plan changed.
    fn place(
        &mut self,
        dense: &Dense,
        one: &mut OneOrder,
        index: usize,
        price: &[i64],
        rules: &[Rule],
    ) -> bool {
        let (Some(order), Some(before)) = (dense.orders.get(index), self.picks.get(index).cloned()) else {
            return false;
        };
        self.set(dense, index, order, &[]);
        let offer = Offer { price, left: &self.left, room: &self.room, shared_room: true };
        one.solve(dense, order, &offer, rules);
        self.solves += 1;
        let found = std::mem::take(&mut one.picks);
        self.set(dense, index, order, &found);
        one.picks = found;
        self.picks.get(index) != Some(&before)
    }

    /// Gives an order these picks instead of those it has.
    fn set(&mut self, dense: &Dense, index: usize, order: &WaveOrder, picks: &[Pick]) {
        let (Some(own), Some(cost)) = (self.picks.get_mut(index), self.costs.get_mut(index)) else { return };
        book(dense, order, own, 1, &mut self.left, &mut self.room);
        book(dense, order, picks, -1, &mut self.left, &mut self.room);
        let me = u32::try_from(index).unwrap_or(u32::MAX);
        let shelf = |pick: &Pick| {
            let sku = order.lines.get(pick.line as usize).map_or(0, |line| line.sku as usize);
            sku * dense.places + pick.location as usize
        };
        for pick in own.iter() {
            change(&mut self.holders, shelf(pick), |list| {
                if let Some(place) = list.iter().position(|holder| *holder == me) {
                    list.swap_remove(place);
                }
            });
        }
        for pick in picks {
            change(&mut self.holders, shelf(pick), |list| list.push(me));
        }
        own.clear();
        own.extend_from_slice(picks);
        let now = dense.cost(order, picks);
        self.cost += now - *cost;
        *cost = now;
    }

    /// Every order that gets at these prices all that it would take of full shelves.
    pub(super) fn fill_whole(
        &mut self,
        dense: &Dense,
        one: &mut OneOrder,
        price: &[i64],
        sequence: &[u32],
        rules: &[Rule],
        later: &mut Vec<u32>,
    ) {
        later.clear();
        for index in sequence {
            let Some(order) = dense.orders.get(*index as usize) else { continue };
            let offer = Offer { price, left: &dense.stock, room: &dense.capacity, shared_room: true };
            one.solve(dense, order, &offer, row(rules, *index as usize, dense.places));
            self.solves += 1;
            let found = std::mem::take(&mut one.picks);
            if self.fits(dense, order, &found) {
                self.set(dense, *index as usize, order, &found);
            } else {
                later.push(*index);
            }
            one.picks = found;
        }
    }

    fn fits(&self, dense: &Dense, order: &WaveOrder, picks: &[Pick]) -> bool {
        picks.iter().all(|pick| {
            let place = pick.location as usize;
            let sku = order.lines.get(pick.line as usize).map_or(0, |line| line.sku as usize);
            let same = picks.iter().filter(|other| other.location == pick.location);
            let units: i64 = same.map(|other| i64::from(other.units)).sum();
            i64::from(pick.units) <= at(&self.left, sku * dense.places + place)
                && units <= at(&self.room, place)
        })
    }

    /// A plan from what every order took.
    pub(super) fn of(dense: &Dense, taken: &[(u32, Pick)]) -> Draft {
        let mut draft = Draft::new(dense);
        for group in taken.chunk_by(|left, right| left.0 == right.0) {
            let picks: Picks = group.iter().map(|(_, pick)| *pick).collect();
            if let Some((index, _)) = group.first()
                && let Some(order) = dense.orders.get(*index as usize)
            {
                draft.set(dense, *index as usize, order, &picks);
            }
        }
        draft
    }

    /// Every order once at these prices, in this order.
    pub(super) fn fill(
        &mut self,
        dense: &Dense,
        one: &mut OneOrder,
        price: &[i64],
        sequence: &[u32],
        rules: &[Rule],
    ) {
        for index in sequence {
            self.place(dense, one, *index as usize, price, row(rules, *index as usize, dense.places));
        }
    }

    /// Every order again at what it costs, until none gets better or `passes` are over.
    pub(super) fn polish(&mut self, dense: &Dense, one: &mut OneOrder, passes: u32) {
        for _ in 0..passes {
            let before = self.cost;
            for index in 0..dense.orders.len() {
                self.better(dense, one, index);
            }
            if self.cost == before {
                return;
            }
        }
    }

    /// One order again at what it costs; kept if that is less.
    fn better(&mut self, dense: &Dense, one: &mut OneOrder, index: usize) {
        let (before, picks) = (self.cost, self.picks.get(index).cloned().unwrap_or_default());
        self.place(dense, one, index, &dense.cost, &[]);
        if self.cost >= before
            && let Some(order) = dense.orders.get(index)
        {
            self.set(dense, index, order, &picks);
        }
    }

    /// Takes some orders off and puts them back in this order, at these prices; kept if it costs no more.
    /// Whether it costs less.
    pub(super) fn rebuild(
        &mut self,
        dense: &Dense,
        one: &mut OneOrder,
        some: &[u32],
        price: &[i64],
        undo: &mut Vec<Picks>,
    ) -> bool {
        let before = self.cost;
        undo.clear();
        for index in some {
            let index = *index as usize;
            undo.push(self.picks.get(index).cloned().unwrap_or_default());
            if let Some(order) = dense.orders.get(index) {
                self.set(dense, index, order, &[]);
            }
        }
        for index in some {
            self.place(dense, one, *index as usize, price, &[]);
        }
        for index in some {
            self.better(dense, one, *index as usize);
        }
        if self.cost <= before {
            return self.cost < before;
        }
        for index in some {
            if let Some(order) = dense.orders.get(*index as usize) {
                self.set(dense, *index as usize, order, &[]);
            }
        }
        for (index, picks) in some.iter().zip(undo.iter()) {
            if let Some(order) = dense.orders.get(*index as usize) {
                self.set(dense, *index as usize, order, picks);
            }
        }
        false
    }

    /// How much more an order costs at these prices than it would with all shelves full.
    pub(super) fn regret(&self, dense: &Dense, index: usize, price: &[i64], saved: i64) -> i64 {
        let (Some(order), Some(picks)) = (dense.orders.get(index), self.picks.get(index)) else { return 0 };
        let mut now = at(&self.costs, index) << SCALE;
        for pick in picks {
            let sku = order.lines.get(pick.line as usize).map_or(0, |line| line.sku as usize);
            let shelf = sku * dense.places + pick.location as usize;
            now += (at(price, shelf) - at(&dense.cost, shelf)) * i64::from(pick.units);
        }
        now - ((Dense::unmet(order) << SCALE) - saved)
    }

    /// Adds to a group those who have what an order would take at these prices if all shelves were full.
    pub(super) fn add_holders(
        &mut self,
        dense: &Dense,
        one: &mut OneOrder,
        index: usize,
        price: &[i64],
        lots: &mut Lots,
        into: &mut Vec<u32>,
    ) {
        let Some(order) = dense.orders.get(index) else { return };
        let offer = Offer { price, left: &dense.stock, room: &dense.capacity, shared_room: true };
        one.solve(dense, order, &offer, &[]);
        self.solves += 1;
        for pick in &one.picks {
            let (line, place) = (pick.line as usize, pick.location as usize);
            let shelf = order.lines.get(line).map_or(0, |line| line.sku as usize) * dense.places + place;
            let own = self.picks.get(index).into_iter().flatten();
            let had = own.filter(|own| (own.line, own.location) == (pick.line, pick.location));
            let had: i64 = had.map(|own| i64::from(own.units)).sum();
            let mut short = i64::from(pick.units) - had - at(&self.left, shelf);
            let list = self.holders.get(shelf).map(Vec::as_slice).unwrap_or_default();
            let start = lots.below(list.len());
            for turn in 0..list.len() {
                if short <= 0 || into.len() > 6 {
                    break;
                }
                let rival = at(list, (start + turn) % list.len().max(1));
                if into.contains(&rival) {
                    continue;
                }
                into.push(rival);
                let lines = dense.orders.get(rival as usize).map(|o| o.lines.as_slice()).unwrap_or_default();
                let theirs = self.picks.get(rival as usize).into_iter().flatten();
                let theirs = theirs.filter(|p| {
                    p.location == pick.location
                        && lines.get(p.line as usize).map(|l| l.sku) == order.lines.get(line).map(|l| l.sku)
                });
                short -= theirs.map(|p| i64::from(p.units)).sum::<i64>();
            }
        }
    }
}
