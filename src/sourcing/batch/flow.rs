//! Who gets which unit once it is decided which order uses which location: the cheapest flow, exactly.
//!
//! Units flow from lines over shelves and locations, or stay unmet. Each turn sends as many as possible along the
//! cheapest way that is left (successive shortest paths, Busacker and Gowen 1961; ways by Bellman and Ford), so the flow
//! is a cheapest one after every turn, and in whole units.

use std::collections::{BTreeMap, VecDeque};

use crate::sourcing::batch::Pick;
use crate::sourcing::batch::dense::{Dense, PLENTY, SCALE, at, change, row};
use crate::sourcing::batch::one::Rule;

/// What a unit costs that an order must ship but cannot.
const FORBIDDEN: i64 = 1 << 40;
const SOURCE: usize = 0;
const SINK: usize = 1;

/// An arc and its reverse stand side by side.
struct Arc {
    to: usize,
    left: i64,
    cost: i64,
}

#[derive(Default)]
struct Net {
    arcs: Vec<Arc>,
    from: Vec<Vec<usize>>,
}

impl Net {
    fn node(&mut self) -> usize {
        self.from.push(Vec::new());
        self.from.len() - 1
    }

    fn arc(&mut self, from: usize, to: usize, most: i64, cost: i64) -> usize {
        let index = self.arcs.len();
        change(&mut self.from, from, |arcs| arcs.push(index));
        change(&mut self.from, to, |arcs| arcs.push(index + 1));
        self.arcs.push(Arc { to, left: most, cost });
        self.arcs.push(Arc { to: from, left: 0, cost: -cost });
        index
    }

    /// Sends all that the source has.
    fn run(&mut self) {
        while let Some((way, units)) = self.cheapest_way() {
            for index in way {
                change(&mut self.arcs, index, |arc| arc.left -= units);
                change(&mut self.arcs, index ^ 1, |arc| arc.left += units);
            }
        }
    }

    /// The arcs of a cheapest way from source to sink, and how many units it takes.
    fn cheapest_way(&self) -> Option<(Vec<usize>, i64)> {
        let mut cost = vec![i64::MAX; self.from.len()];
        let mut by = vec![usize::MAX; self.from.len()];
        let mut waiting = vec![false; self.from.len()];
        let mut queue = VecDeque::from([SOURCE]);
        change(&mut cost, SOURCE, |cost| *cost = 0);
        while let Some(node) = queue.pop_front() {
            change(&mut waiting, node, |waiting| *waiting = false);
            for index in self.from.get(node).into_iter().flatten() {
                let Some(arc) = self.arcs.get(*index).filter(|arc| arc.left > 0) else { continue };
                let reached = at(&cost, node) + arc.cost;
                if reached < at(&cost, arc.to) {
                    change(&mut cost, arc.to, |cost| *cost = reached);
                    change(&mut by, arc.to, |by| *by = *index);
                    if !at(&waiting, arc.to) {
                        change(&mut waiting, arc.to, |waiting| *waiting = true);
                        queue.push_back(arc.to);
                    }
                }
            }
        }
        let (mut way, mut units, mut node) = (Vec::new(), PLENTY, SINK);
        while node != SOURCE {
            let index = at(&by, node);
            units = units.min(self.arcs.get(index)?.left);
            way.push(index);
            node = self.arcs.get(index ^ 1)?.to;
        }
        Some((way, units))
    }
}

/// The cheapest plan in which every order uses only the locations that are paid for; `None`: an order that must be whole
/// cannot be.
pub(super) fn cheapest(dense: &Dense, rules: &[Rule]) -> Option<Vec<(u32, Pick)>> {
    let mut net = Net { arcs: Vec::new(), from: vec![Vec::new(); 2] };
    let mut shelves = BTreeMap::new();
    let exits: Vec<usize> = dense
        .capacity
        .iter()
        .map(|room| {
            let node = net.node();
            net.arc(node, SINK, *room, 0);
            node
        })
        .collect();
    let (mut picks, mut musts) = (Vec::new(), Vec::new());
    for (index, order) in dense.orders.iter().enumerate() {
        let forced =
            row(rules, index, dense.places).iter().zip(0_u32..).filter(|(rule, _)| **rule == Rule::Forced);
        let forced: Vec<u32> = forced.map(|(_, place)| place).collect();
        if forced.is_empty() {
            continue;
        }
        for (line, number) in order.lines.iter().zip(0_u32..) {
            let node = net.node();
            net.arc(SOURCE, node, line.units.into(), 0);
            let unmet = if order.complete { FORBIDDEN } else { line.unmet_cost };
            let arc = net.arc(node, SINK, line.units.into(), unmet);
            if order.complete {
                musts.push(arc);
            }
            for place in &forced {
                let cell = line.sku as usize * dense.places + *place as usize;
                let shelf = *shelves.entry(cell).or_insert_with(|| {
                    let shelf = net.node();
                    net.arc(shelf, at(&exits, *place as usize), at(&dense.stock, cell), 0);
                    shelf
                });
                let cost = at(&order.unit_cost, *place as usize) + (at(&dense.cost, cell) >> SCALE);
                let arc = net.arc(node, shelf, line.units.into(), cost);
                picks.push((arc, index, Pick { line: number, location: *place, units: 0 }));
            }
        }
    }
    net.run();
    let sent = |arc: usize| net.arcs.get(arc ^ 1).map_or(0, |back| back.left);
    if musts.iter().any(|arc| sent(*arc) > 0) {
        return None;
    }
    let taken = picks.iter().filter_map(|(arc, index, pick)| {
        let units = u32::try_from(sent(*arc)).ok().filter(|units| *units > 0)?;
        Some((u32::try_from(*index).ok()?, Pick { units, ..*pick }))
    });
    Some(taken.collect())
}
