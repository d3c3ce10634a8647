//! Better plans by taking some orders apart that want the same, and putting them together again.

use std::cmp::Reverse;

use crate::sourcing::batch::dense::{Dense, at};
use crate::sourcing::batch::draft::{Draft, Picks};
use crate::sourcing::batch::dual::Dual;
use crate::sourcing::batch::one::{OneOrder, Rule};

/// Numbers that look drawn by chance and are the same on every machine (xorshift64*, Vigna 2016).
pub(super) struct Lots(u64);

impl Lots {
    /// A number below `end`.
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let drawn = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(drawn).unwrap_or(0).checked_rem(end).unwrap_or(0)
    }
}

/// Groups have two to eight orders.
const SMALLEST_GROUP: usize = 2;
const GROUP_SIZES: usize = 7;
/// Parts of 16 of what shelves are worth to all that are added to what units cost: none is blind to the others, all
/// leaves units to nobody that somebody could use.
const LEAST_SHARE: usize = 4;
const SHARES: usize = 13;
const SHARE_TO_FILL: i64 = 10;

/// Makes plans at prices, and makes plans better.
pub(super) struct Search<'a> {
    dense: &'a Dense<'a>,
    /// For each SKU the orders that have a line of it.
    wanting: Vec<Vec<u32>>,
    lots: Lots,
    group: Vec<u32>,
    undo: Vec<Picks>,
    mixed: Vec<i64>,
    regretful: Vec<u32>,
    sequence: Vec<u32>,
    later: Vec<u32>,
}

impl<'a> Search<'a> {
    pub(super) fn new(dense: &'a Dense<'a>) -> Search<'a> {
        let mut wanting = vec![Vec::new(); dense.shelves.len()];
        for (order, index) in dense.orders.iter().zip(0_u32..) {
            for line in &order.lines {
                if let Some(list) = wanting.get_mut(line.sku as usize) {
                    list.push(index);
                }
            }
        }
        Search {
            dense,
            wanting,
            lots: Lots(0x9E37_79B9_7F4A_7C15),
            group: Vec::new(),
            undo: Vec::new(),
            mixed: dense.cost.clone(),
            regretful: Vec::new(),
            sequence: (0_u32..).zip(dense.orders).map(|(index, _)| index).collect(),
            later: Vec::new(),
        }
    }

    /// A plan without prices: dear units first.
    pub(super) fn first(&mut self, one: &mut OneOrder) -> Draft {
        let orders = self.dense.orders;
        self.sequence.sort_by_key(|index| {
            let order = orders.get(*index as usize);
            let units = order.map_or(1, |o| o.lines.iter().map(|line| i64::from(line.units)).sum::<i64>());
            (Reverse(order.map_or(0, Dense::unmet) / units.max(1)), *index)
        });
        let mut draft = Draft::new(self.dense);
        draft.fill(self.dense, one, &self.dense.cost, &self.sequence, &[]);
        draft.polish(self.dense, one, 3);
        draft
    }

    /// A plan at the best prices of the dual: who saves most goes first; those whose wishes fit, before those who must
    /// make do.
    pub(super) fn at_prices(&mut self, one: &mut OneOrder, dual: &Dual, rules: &[Rule]) -> Draft {
        let price = dual.price_of_best(self.dense);
        self.sequence.sort_by_key(|index| (Reverse(at(&dual.best_saved, *index as usize)), *index));
        self.mix(&price, SHARE_TO_FILL);
        let mut draft = Draft::new(self.dense);
        draft.fill_whole(self.dense, one, &price, &self.sequence, rules, &mut self.later);
        draft.fill(self.dense, one, &self.mixed, &self.later, rules);
        draft.polish(self.dense, one, 3);
        draft
    }

    fn mix(&mut self, price: &[i64], share: i64) {
        for (mixed, (price, cost)) in self.mixed.iter_mut().zip(price.iter().zip(&self.dense.cost)) {
            *mixed = cost + (price - cost) * share / 16;
        }
    }

    /// Takes `tries` groups apart and puts them together in another order, around orders that could cost less.
    pub(super) fn improve(&mut self, one: &mut OneOrder, draft: &mut Draft, dual: &Dual, tries: u64) {
        let dense = self.dense;
        let price = dual.price_of_best(dense);
        let every = 16 + dense.cost.len() as u64 / 256; // so that mixing costs little beside solving
        for turn in 0..tries {
            if turn % (1 + dense.orders.len() as u64) == 0 {
                self.list_regretful(draft, dual, &price);
            }
            if turn % every == 0 {
                let share = LEAST_SHARE + self.lots.below(SHARES);
                self.mix(&price, i64::try_from(share).unwrap_or(0));
            }
            let drawn = self.lots.below(self.regretful.len());
            let first = self
                .regretful
                .get(drawn)
                .map_or_else(|| self.lots.below(dense.orders.len()), |f| *f as usize);
            self.gather(one, draft, first, &price, turn % 2 == 0);
            for index in (1..self.group.len()).rev() {
                self.group.swap(index, self.lots.below(index + 1));
            }
            draft.rebuild(dense, one, &self.group, &self.mixed, &mut self.undo);
        }
    }

    fn list_regretful(&mut self, draft: &Draft, dual: &Dual, price: &[i64]) {
        self.regretful.clear();
        for (index, saved) in (0_u32..).zip(&dual.best_saved) {
            if draft.regret(self.dense, index as usize, price, *saved) > 0 {
                self.regretful.push(index);
            }
        }
    }

    /// A group around an order: every second time with those who have what it wishes, then with some that want the same.
    fn gather(&mut self, one: &mut OneOrder, draft: &mut Draft, first: usize, price: &[i64], wishes: bool) {
        let count = SMALLEST_GROUP + self.lots.below(GROUP_SIZES);
        self.group.clear();
        self.group.extend(u32::try_from(first));
        if wishes {
            draft.add_holders(self.dense, one, first, price, &mut self.lots, &mut self.group);
        }
        for _ in 0..4 * count {
            if self.group.len() >= count {
                return;
            }
            let from = at(&self.group, self.lots.below(self.group.len())) as usize;
            let lines = self.dense.orders.get(from).map(|order| order.lines.as_slice()).unwrap_or_default();
            let Some(line) = lines.get(self.lots.below(lines.len())) else { return };
            let Some(list) = self.wanting.get(line.sku as usize) else { return };
            let rival = at(list, self.lots.below(list.len()));
            if !self.group.contains(&rival) {
                self.group.push(rival);
            }
        }
    }
}
