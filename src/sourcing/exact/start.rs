//! What a search begins with: the root, first plans, first prices.

use super::dense::{Dense, SCALE};
use super::search::{Level, Search};

impl Search {
    /// Makes the root; false if not even that fits.
    pub(super) fn begin(&mut self, dense: &Dense) -> bool {
        self.begun = false;
        self.hardest.clear();
        self.hardest.extend(dense.items.iter().enumerate().map(|(at, item)| (item.units <= 1, 0, at)));
        for place in 0..dense.places.len() {
            for ((_, have, _), room) in self.hardest.iter_mut().zip(dense.room.row(place)) {
                *have += usize::from(*room > 0);
            }
        }
        self.hardest.sort_unstable();
        self.order.clear();
        self.order.extend(self.hardest.iter().map(|(_, _, item)| item));
        if self.levels.is_empty() {
            self.levels.push(Level::default());
        }
        let Some(root) = self.levels.first_mut() else { return false };
        root.front.root(dense);
        root.turn = None;
        root.rates.clear();
        root.bound = i64::MIN;
        self.closed.clear();
        root.front.tighten(dense) && root.front.settle(dense, &mut self.closed)
    }

    /// What exactly this plan costs; nothing if it breaks a rule.
    pub(crate) fn price(&mut self, dense: &Dense, ships: &[(usize, usize, i64)]) -> Option<i64> {
        if self.levels.is_empty() {
            self.levels.push(Level::default());
        }
        self.begun = false;
        let root = self.levels.first_mut()?;
        root.front.root(dense);
        self.fill.price_of(dense, &root.front, ships)
    }

    /// Whether greed finds a plan that ships all that must ship: each time the place that brings most of what is
    /// still missing. If so, no search for the largest shippable part is needed, and a [`run`](Search::run) of the same
    /// problem goes on from here.
    pub(crate) fn ships_all(&mut self, dense: &Dense) -> bool {
        if !self.begin(dense) {
            return false;
        }
        let Some(root) = self.levels.first() else { return false };
        let front = &root.front;
        self.chosen.clear();
        self.chosen.resize(front.rows.len(), false);
        self.missing.clear();
        self.missing
            .extend(dense.items.iter().map(|item| if item.unmet.is_none() { item.pieces } else { 0 }));
        for _ in 0..dense.slots.min(front.rows.len()) {
            let brings = |at: usize| -> i64 {
                let row = front.most.row(at).iter().zip(&self.missing).zip(&dense.items);
                row.map(|((most, missing), item)| most.min(missing) * item.units).sum()
            };
            let free = self.chosen.iter().enumerate().filter(|(_, chosen)| !**chosen);
            let Some((gain, at)) =
                free.map(|(at, _)| (brings(at), at)).max_by_key(|(gain, at)| (*gain, usize::MAX - at))
            else {
                break;
            };
            if gain == 0 {
                break;
            }
            if let Some(chosen) = self.chosen.get_mut(at) {
                *chosen = true;
            }
            for (missing, most) in self.missing.iter_mut().zip(front.most.row(at)) {
                *missing -= (*missing).min(*most);
            }
            let all = self.missing.iter().all(|missing| *missing == 0);
            if all && self.fill.build(dense, front, &self.chosen, &self.order, i64::MAX) {
                self.begun = true;
                return true;
            }
        }
        false
    }

    /// Prices the plan that was given, and the cheapest from its places.
    pub(super) fn try_given(&mut self, dense: &Dense) {
        if self.given.is_empty() {
            return;
        }
        let given = std::mem::take(&mut self.given);
        let Some(root) = self.levels.first_mut().map(std::mem::take) else { return };
        self.chosen.clear();
        let uses = |place: usize| given.iter().any(|(used, _, _)| *used == place);
        self.chosen.extend(root.front.rows.iter().map(|row| uses(row.place)));
        if self.fill.take_given(dense, &root.front, &self.chosen, &given) {
            self.keep_best();
        }
        if self.fill.build(dense, &root.front, &self.chosen, &self.order, i64::MAX) {
            self.keep_best();
        }
        self.given = given;
        self.given.clear();
        if let Some(slot) = self.levels.first_mut() {
            *slot = root;
        }
    }

    /// Tries each place that could ship everything alone.
    pub(super) fn try_alone(&mut self, dense: &Dense) {
        let Some(root) = self.levels.first_mut().map(std::mem::take) else { return };
        self.chosen.clear();
        self.chosen.resize(root.front.rows.len(), false);
        for at in 0..root.front.rows.len() {
            let has = root.front.most.row(at).iter().zip(&dense.items);
            if !has.into_iter().all(|(most, item)| *most >= item.pieces || item.unmet.is_some()) {
                continue;
            }
            if let Some(chosen) = self.chosen.get_mut(at) {
                *chosen = true;
            }
            if self.fill.build(dense, &root.front, &self.chosen, &self.order, i64::MAX) {
                self.keep_best();
            }
            if let Some(chosen) = self.chosen.get_mut(at) {
                *chosen = false;
            }
        }
        if let Some(slot) = self.levels.first_mut() {
            *slot = root;
        }
    }

    /// Prices to begin with: a piece at its cheapest, with its share of a parcel of all that the place has.
    pub(super) fn first_prices(&mut self, dense: &Dense) {
        let Some(root) = self.levels.first_mut() else { return };
        root.prices.clear();
        for (index, item) in dense.items.iter().enumerate() {
            let mut least = i64::MAX;
            let mut have = 0;
            for (at, row) in root.front.rows.iter().enumerate() {
                let room = root.front.most.row(at);
                let Some(site) = dense.places.get(row.place) else { continue };
                let Some(here) = room.get(index).filter(|room| **room > 0) else { continue };
                have += here;
                let share = (site.fixed * SCALE + site.base) / room.iter().sum::<i64>().max(1);
                least = least.min(dense.price.at(row.place, index) + share);
            }
            if let Some(unmet) = item.unmet {
                // What cannot all ship is paid for as unmet at the margin.
                least = if have < item.pieces { unmet * SCALE } else { least.min(unmet * SCALE) };
            }
            root.prices.push(if least == i64::MAX { 0 } else { least });
        }
    }
}
