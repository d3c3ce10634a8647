//! The bound where every place is decided: weight priced by place, then each item on its own.
//!
//! With the places known, items are coupled only by what a place's parcel weighs (and how many units it ships).
//! For any price `ρ` a gram at each place, a plan costs at least
//! `Σ cheapest way to ship each item at cost + ρ·grams  +  Σ min over steps (tariff − ρ·step end)`
//! (Lagrangian relaxation of "the parcel is what is shipped"; the items' part has whole answers). Each evaluation
//! also yields a way to ship everything, which is a plan if it fits.

use super::dense::{Dense, SCALE};
use super::front::{Front, Row};
use super::grid::Grid;
use super::spared::Spared;
use super::transport::Transport;

/// What one evaluation found, besides the bound.
#[derive(Clone, Debug, Default)]
pub(crate) struct Weighed {
    /// Pieces, row by item.
    pub pieces: Grid,
    /// Per row: weight of the parcel.
    pub grams: Vec<i64>,
    /// Per row: units in it.
    pub units: Vec<i64>,
    /// Per row: the step of its tariff that the bound pays.
    pub step: Vec<usize>,
    /// Per row: how far the bound's parcel is from what is shipped.
    pub gap: Vec<i64>,
    /// Who could ship more of an item than it must, item by item, cut by `ends`.
    choices: Vec<Choice>,
    ends: Vec<usize>,
    /// Per row: what all that it must ship costs, weighs and counts.
    held: Vec<(i64, i64, i64)>,
    /// Per row: what all that it may ship weighs.
    heaviest: Vec<i64>,
    /// Per item: pieces that no row must ship.
    left: Vec<i64>,
    /// Price, row and pieces left of who could ship an item.
    offers: Vec<(i64, usize, i64)>,
    flow: Transport,
    exact_units: bool,
    margins: Vec<Spared>,
}

/// Pieces of an item that a row may ship besides what it must.
#[derive(Clone, Copy, Debug)]
struct Choice {
    row: usize,
    /// Of a piece, scaled.
    cost: i64,
    pieces: i64,
}

impl Weighed {
    /// Reads a front; whoever changes it has it read again.
    pub(crate) fn read(&mut self, dense: &Dense, front: &Front) {
        self.left.clear();
        self.left.extend(dense.items.iter().map(|item| item.pieces));
        self.held.clear();
        self.heaviest.clear();
        self.heaviest.extend((0..front.rows.len()).map(|at| front.heaviest(dense, at)));
        for (at, row) in front.rows.iter().enumerate() {
            let (mut cost, mut grams, mut units) = (0, 0, 0);
            let pieces = front.least.row(at).iter().zip(&mut self.left);
            for ((least, left), (price, item)) in
                pieces.zip(dense.scaled.row(row.place).iter().zip(&dense.items))
            {
                *left -= least;
                cost += least * price;
                grams += least * item.grams;
                units += least * item.units;
            }
            self.held.push((cost, grams, units));
        }
        self.choices.clear();
        self.ends.clear();
        for (index, left) in self.left.iter().enumerate() {
            for (at, row) in front.rows.iter().enumerate().filter(|_| *left > 0) {
                let pieces = front.most.at(at, index) - front.least.at(at, index);
                if pieces > 0 {
                    self.choices.push(Choice { row: at, cost: dense.scaled.at(row.place, index), pieces });
                }
            }
            self.ends.push(self.choices.len());
        }
    }

    /// The bound at these prices a gram and a unit, scaled, of the front that was read.
    pub(crate) fn evaluate(&mut self, dense: &Dense, front: &Front, rates: &[(i64, i64)]) -> i64 {
        self.pieces.copy_from(&front.least);
        self.grams.clear();
        self.units.clear();
        self.margins.clear();
        let mut total = 0;
        for ((cost, grams, units), (gram, unit)) in self.held.iter().zip(rates) {
            total += cost + gram * grams + unit * units;
            self.grams.push(*grams);
            self.units.push(*units);
        }
        let mut start = 0;
        for ((index, item), (end, left)) in
            dense.items.iter().enumerate().zip(self.ends.iter().zip(&self.left))
        {
            let choices = self.choices.get(start..*end).unwrap_or(&[]);
            start = *end;
            let mut left = *left;
            if left <= 0 {
                continue;
            }
            self.offers.clear();
            self.offers.extend(choices.iter().map(|choice| {
                let (gram, unit) = rates.get(choice.row).copied().unwrap_or_default();
                (choice.cost + gram * item.grams + unit * item.units, choice.row, choice.pieces)
            }));
            let unmet = item.unmet.map_or(i64::MAX, |unmet| unmet * SCALE);
            let may_stay = front.unmet.get(index).copied().unwrap_or(0);
            while left > 0 {
                let cheapest =
                    self.offers.iter_mut().filter(|offer| offer.2 > 0).min_by_key(|offer| (offer.0, offer.1));
                let Some((price, at, room)) = cheapest.filter(|offer| offer.0 < unmet || left > may_stay)
                else {
                    break;
                };
                let take = left.min(*room);
                *room -= take;
                left -= take;
                total += *price * take;
                let (price, at) = (*price, *at);
                self.pieces.add(at, index, take);
                if let (Some(grams), Some(units)) = (self.grams.get_mut(at), self.units.get_mut(at)) {
                    *grams += take * item.grams;
                    *units += take * item.units;
                }
                if dense.spare > 0 && price > 0 {
                    self.margins.push(Spared { price, units: item.units.max(1), pieces: take, index });
                }
            }
            if left > 0 && unmet < i64::MAX {
                total += unmet * left;
            }
        }
        if dense.spare > 0 {
            total -= self.spared(dense, front);
        }
        self.exact_units = false;
        if self.overfull(dense, front) {
            match self.transport(dense, front, rates) {
                Some(Some(cost)) => {
                    total = cost;
                    self.exact_units = true;
                    self.sum_up(dense);
                }
                Some(None) => return i64::MAX / 4,
                None => {}
            }
        }
        self.step.clear();
        self.gap.clear();
        for (at, (row, (gram, unit))) in front.rows.iter().zip(rates).enumerate() {
            let grams = self.grams.get(at).copied().unwrap_or(0);
            let Some(site) = dense.places.get(row.place) else { continue };
            total += site.fixed * SCALE;
            if site.capacity < i64::MAX && !self.exact_units {
                total -= unit * site.capacity;
            }
            let mut best: Option<(i64, usize)> = None;
            if !site.steps.is_empty() {
                // No parcel from here weighs more than all that it may ship.
                let heaviest = self.heaviest.get(at).copied().unwrap_or(i64::MAX);
                for (number, (up_to, cost)) in
                    site.steps.iter().enumerate().take(row.last + 1).skip(row.first)
                {
                    let value = cost * SCALE - gram * (*up_to).min(heaviest);
                    if best.is_none_or(|(least, _)| value < least) {
                        best = Some((value, number));
                    }
                    if *up_to >= heaviest {
                        break;
                    }
                }
            }
            let (value, step) = best.unwrap_or((0, row.first));
            total += value;
            self.step.push(step);
            let pays = site.tariff(grams).unwrap_or(i64::MAX / (4 * SCALE)) * SCALE;
            self.gap.push(pays - gram * grams - value);
        }
        total
    }

    /// How much a row ships above the parcel that the bound pays for, in grams and units.
    pub(crate) fn excess(&self, dense: &Dense, row: &Row, at: usize) -> (i64, i64) {
        let Some(site) = dense.places.get(row.place) else { return (0, 0) };
        let grams = self.grams.get(at).copied().unwrap_or(0);
        let paid =
            self.step.get(at).and_then(|step| site.steps.get(*step)).map_or(grams, |(up_to, _)| *up_to);
        let units = self.units.get(at).copied().unwrap_or(0);
        (grams - paid, if site.capacity < i64::MAX { units - site.capacity } else { 0 })
    }

    /// Whether a place ships more units than it can.
    fn overfull(&self, dense: &Dense, front: &Front) -> bool {
        front
            .rows
            .iter()
            .zip(&self.units)
            .any(|(row, units)| dense.places.get(row.place).is_some_and(|site| *units > site.capacity))
    }

    /// What each row ships, weighed and counted anew.
    fn sum_up(&mut self, dense: &Dense) {
        for (at, (grams, units)) in self.grams.iter_mut().zip(&mut self.units).enumerate() {
            let pieces = || self.pieces.row(at).iter().zip(&dense.items);
            *grams = pieces().map(|(pieces, item)| pieces * item.grams).sum();
            *units = pieces().map(|(pieces, item)| pieces * item.units).sum();
        }
    }

    /// The cheapest way that keeps each place's capacity, if all pieces are of one unit: its price, or nothing if
    /// there is no way.
    fn transport(&mut self, dense: &Dense, front: &Front, rates: &[(i64, i64)]) -> Option<Option<i64>> {
        if dense.items.iter().any(|item| item.units != 1) {
            return None;
        }
        let flow = &mut self.flow;
        flow.begin(dense.items.len(), &front.least, &front.most);
        let mut total = 0;
        for (at, (row, (gram, _))) in front.rows.iter().zip(rates).enumerate() {
            let prices = dense
                .scaled
                .row(row.place)
                .iter()
                .zip(&dense.items)
                .map(|(cost, item)| cost + gram * item.grams);
            flow.price.push_row(prices);
            total += flow
                .price
                .row(at)
                .iter()
                .zip(front.least.row(at))
                .map(|(price, least)| price * least)
                .sum::<i64>();
            let capacity = dense.places.get(row.place).map_or(i64::MAX, |site| site.capacity);
            flow.left.push(capacity.saturating_sub(front.least.row(at).iter().sum()));
        }
        // Not to ship is one more place to go: at its price, or, of what must ship, so many units at none.
        let rows = front.rows.len();
        flow.add(
            dense.items.iter().map(|item| item.unmet.unwrap_or(0) * SCALE),
            front.unmet.iter().copied(),
            i64::MAX,
        );
        let must = dense.items.iter().map(|item| if item.unmet.is_none() { item.pieces } else { 0 });
        flow.add([], must, dense.spare);
        for (index, item) in dense.items.iter().enumerate() {
            let bound: i64 = (0..rows).map(|at| front.least.at(at, index)).sum();
            let Some(cost) = flow.ship(index, item.pieces - bound) else { return Some(None) };
            total += cost;
        }
        for at in 0..rows {
            for (pieces, shipped) in self.pieces.row_mut(at).iter_mut().zip(flow.pieces.row(at)) {
                *pieces = *shipped;
            }
        }
        Some(Some(total))
    }

    /// Draws limits in by what leaving the bound's own answer costs; call it right after `evaluate`, with the
    /// same rates. `slack`, scaled, is what the bound may still rise by. True if something changed.
    pub(crate) fn rule_out(
        &mut self,
        dense: &Dense,
        front: &mut Front,
        rates: &[(i64, i64)],
        slack: i64,
    ) -> bool {
        let mut changed = false;
        for (index, item) in dense.items.iter().enumerate() {
            self.offers.clear();
            // The dearest price paid for a piece, and what a piece more from elsewhere would cost.
            let (mut paid, mut next, mut shipped) = (i64::MIN, i64::MAX, 0);
            for (at, (row, (gram, unit))) in front.rows.iter().zip(rates).enumerate() {
                let (least, most, now) =
                    (front.least.at(at, index), front.most.at(at, index), self.pieces.at(at, index));
                shipped += now;
                if most > least {
                    let price = dense.scaled.at(row.place, index) + gram * item.grams + unit * item.units;
                    self.offers.push((price, at, now));
                    if now > least {
                        paid = paid.max(price);
                    }
                    if now < most {
                        next = next.min(price);
                    }
                }
            }
            if dense.spare > 0 || self.exact_units {
                continue; // a piece more may stay unmet instead, at no price
            }
            if let Some(unmet) = item.unmet {
                if shipped < item.pieces {
                    paid = paid.max(unmet * SCALE);
                }
                next = next.min(unmet * SCALE);
            }
            if paid == i64::MIN {
                continue;
            }
            for (price, at, now) in &self.offers {
                // A piece more here takes the place of one that was paid no more than `paid`.
                let more = price - paid;
                if more > 0 {
                    let most = now + slack / more;
                    if most < front.most.at(*at, index) {
                        front.most.set(*at, index, most);
                        changed = true;
                    }
                }
                let less = next.saturating_sub(*price);
                if less > 0 {
                    let least = now - slack / less;
                    if least > front.least.at(*at, index) {
                        front.least.set(*at, index, least);
                        if let Some(row) = front.rows.get_mut(*at) {
                            (row.bound, row.moved) = (true, true);
                        }
                        changed = true;
                    }
                }
            }
        }
        for (at, (gram, _)) in rates.iter().enumerate() {
            let heaviest = front.heaviest(dense, at);
            let Some(row) = front.rows.get_mut(at) else { continue };
            let Some(site) = dense.places.get(row.place) else { continue };
            let value = |step: usize| {
                site.steps.get(step).map_or(0, |(up_to, cost)| cost * SCALE - gram * (*up_to).min(heaviest))
            };
            let Some(best) = (row.first..=row.last).map(value).min() else { continue };
            let before = (row.first, row.last);
            while row.first < row.last && value(row.first) - best > slack {
                row.first += 1;
            }
            while row.first < row.last && value(row.last) - best > slack {
                row.last -= 1;
            }
            row.moved |= before != (row.first, row.last);
            changed |= before != (row.first, row.last);
        }
        changed
    }

    /// What the units that may stay unmet save at most.
    fn spared(&mut self, dense: &Dense, front: &Front) -> i64 {
        // Pieces that nobody has are unmet already.
        let mut left = dense.spare;
        for (index, item) in dense.items.iter().enumerate() {
            let most: i64 = (0..front.rows.len()).map(|at| front.most.at(at, index)).sum();
            if item.unmet.is_none() {
                left -= (item.pieces - most).max(0) * item.units;
            }
        }
        self.margins.sort_unstable_by(Spared::dearer);
        Spared::save(&self.margins, left, |_, _| {})
    }
}
