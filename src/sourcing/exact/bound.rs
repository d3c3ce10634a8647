//! The bound: demand priced by multipliers, then each place on its own.
//!
//! For any price `λ` a piece of each item, a plan's cost is at least
//! `Σ λ·pieces − Σ what each place can earn`, where a place earns `λ` a piece that it ships, pays what the piece and
//! its parcel cost, and need not open (Lagrangian relaxation of "each piece is shipped once"; Beasley 1993).
//! A place's best parcel is a knapsack for each step of its tariff; the knapsack is replaced by its fractional
//! relaxation, filled by earning per gram, which never earns less (Dantzig 1957).

use super::dense::{Dense, SCALE};
use super::front::{Front, Row};
use super::spared::Spared;

/// What one evaluation found, besides the bound.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// Per row: what the bound pays for it if it is open.
    pub pull: Vec<i64>,
    /// Per row: the step of its tariff that the bound pays.
    pub step: Vec<usize>,
    /// Per row: whether the bound uses it.
    pub used: Vec<bool>,
    /// Per item: pieces that the bound ships or leaves unmet.
    pub shipped: Vec<f64>,
    /// The worst pull that took the last slot, where there were more takers than slots; else nothing.
    pub last_slot: i64,
    /// The best pull that found no slot; else nothing.
    pub first_out: i64,
    /// What the rows ship: item and pieces, cut by `ends`.
    takes: Vec<(usize, f64)>,
    ends: Vec<usize>,
    keen: Vec<(i64, usize)>,
    barred: Vec<usize>,
    sack: Vec<Piece>,
    spared: Vec<Spared>,
}

/// Pieces that a knapsack may take.
#[derive(Clone, Copy, Debug)]
struct Piece {
    rate: f64,
    gain: i64,
    size: i64,
    many: i64,
    item: usize,
}

impl Seen {
    /// The bound at these prices, scaled.
    pub(crate) fn evaluate(&mut self, dense: &Dense, front: &Front, prices: &[i64]) -> i64 {
        self.shipped.clear();
        self.shipped.resize(dense.items.len(), 0.0);
        let mut total = 0;
        for ((item, price), shipped) in dense.items.iter().zip(prices).zip(&mut self.shipped) {
            total += price * item.pieces;
            if let Some(unmet) = item.unmet {
                let gain = price - unmet * SCALE;
                if gain > 0 {
                    total -= gain * item.pieces;
                    *shipped += item.pieces as f64;
                }
            }
        }
        if dense.spare > 0 {
            total -= self.spare(dense, prices);
        }
        self.barred.clear();
        self.pull.clear();
        self.step.clear();
        self.takes.clear();
        self.ends.clear();
        self.keen.clear();
        self.used.clear();
        for (at, row) in front.rows.iter().enumerate() {
            self.step.push(row.first);
            let pull = self.row(dense, front, prices, at, row);
            self.pull.push(pull);
            self.ends.push(self.takes.len());
            self.used.push(row.open);
            if row.open {
                total += pull;
            } else if pull < 0 {
                self.keen.push((pull, at));
            }
        }
        self.last_slot = 0;
        self.first_out = 0;
        if self.keen.len() > front.slots {
            if front.slots == 0 {
                self.keen.clear();
            } else {
                self.keen.select_nth_unstable(front.slots - 1);
                self.first_out = self.keen.iter().skip(front.slots).map(|(pull, _)| *pull).min().unwrap_or(0);
                self.keen.truncate(front.slots);
                self.last_slot = self.keen.last().map_or(0, |(pull, _)| *pull);
            }
        }
        for (pull, at) in &self.keen {
            total += pull;
            if let Some(used) = self.used.get_mut(*at) {
                *used = true;
            }
        }
        let mut start = 0;
        for (end, used) in self.ends.iter().zip(&self.used) {
            if *used {
                for (item, pieces) in self.takes.get(start..*end).unwrap_or(&[]) {
                    if let Some(shipped) = self.shipped.get_mut(*item) {
                        *shipped += pieces;
                    }
                }
            }
            start = *end;
        }
        total
    }

    /// What the units that may stay unmet save at most.
    fn spare(&mut self, dense: &Dense, prices: &[i64]) -> i64 {
        self.spared.clear();
        for (index, (item, price)) in dense.items.iter().zip(prices).enumerate() {
            if item.unmet.is_none() && *price > 0 {
                self.spared.push(Spared {
                    price: *price,
                    units: item.units.max(1),
                    pieces: item.pieces,
                    index,
                });
            }
        }
        self.spared.sort_unstable_by(|a, b| Spared::dearer(a, b).then(a.index.cmp(&b.index)));
        Spared::save(&self.spared, dense.spare, |index, pieces| {
            if let Some(sum) = self.shipped.get_mut(index) {
                *sum += pieces;
            }
        })
    }

    /// What row `at` costs if open, with what it ships pushed to `takes`. At least nothing for a row that is free
    /// may be an answer from the line below the tariff, which is lower.
    fn row(&mut self, dense: &Dense, front: &Front, prices: &[i64], at: usize, row: &Row) -> i64 {
        let Row { place, open, bound, .. } = *row;
        let Some(site) = dense.places.get(place) else { return 0 };
        let most = front.most.row(at);
        let rough: i64 = if bound {
            let gains = prices.iter().zip(dense.price.row(place)).map(|(price, cost)| price - cost);
            gains
                .zip(most.iter().zip(front.least.row(at)))
                .map(|(gain, (most, least))| gain * if gain > 0 { *most } else { *least })
                .sum()
        } else {
            prices
                .iter()
                .zip(dense.price.row(place))
                .zip(most)
                .map(|((price, cost), most)| (price - cost).max(0) * most)
                .sum()
        };
        let rough = if dense.cliques.is_empty() {
            rough
        } else {
            rough - self.kept_apart(dense, front, prices, at, place)
        };
        let fixed = site.fixed * SCALE;
        let pull = fixed + site.base - rough;
        if pull >= 0 && !open {
            return pull;
        }
        let tight = site.capacity < i64::MAX;
        if site.steps.is_empty() && !tight {
            for (item, ((price, cost), (most, least))) in prices
                .iter()
                .zip(dense.scaled.row(place))
                .zip(most.iter().zip(front.least.row(at)))
                .enumerate()
            {
                let pieces = if price > cost { *most } else { *least };
                if pieces > 0 && !self.barred.contains(&item) {
                    self.takes.push((item, pieces as f64));
                }
            }
            return pull;
        }
        let exact = fixed - self.parcel(dense, front, prices, at, row);
        exact.max(pull)
    }

    /// What keeping items apart costs a place: of each set only the item that earns most leaves from it.
    fn kept_apart(&mut self, dense: &Dense, front: &Front, prices: &[i64], at: usize, place: usize) -> i64 {
        self.barred.clear();
        let mut lost = 0;
        for clique in dense.cliques() {
            let earns = |item: usize| {
                let gain = prices.get(item).copied().unwrap_or(0) - dense.price.at(place, item);
                if front.least.at(at, item) > 0 {
                    i64::MAX / 4
                } else {
                    gain.max(0) * front.most.at(at, item)
                }
            };
            let best = clique.iter().copied().max_by_key(|item| (earns(*item), usize::MAX - item));
            for item in clique.iter().copied().filter(|item| Some(*item) != best) {
                if front.least.at(at, item) == 0 {
                    lost += earns(item);
                    self.barred.push(item);
                }
            }
        }
        lost
    }

    /// The most that a parcel from here earns, its tariff paid.
    fn parcel(&mut self, dense: &Dense, front: &Front, prices: &[i64], at: usize, row: &Row) -> i64 {
        let place = row.place;
        let Some(site) = dense.places.get(place) else { return 0 };
        let (mut earned, mut grams, mut units) = (0, 0, 0);
        let mut extra_units = 0;
        self.sack.clear();
        let rows = prices
            .iter()
            .zip(dense.scaled.row(place))
            .zip(front.most.row(at).iter().zip(front.least.row(at)));
        for (index, (((price, cost), (most, least)), item)) in rows.zip(&dense.items).enumerate() {
            let gain = price - cost;
            if *least > 0 {
                earned += gain * least;
                grams += item.grams * least;
                units += item.units * least;
                self.takes.push((index, *least as f64));
            }
            if gain > 0 && most > least {
                let many = most - least;
                extra_units += many * item.units;
                let rate = gain as f64 / item.grams as f64; // nothing weighs nothing: first of all
                self.sack.push(Piece { rate, gain, size: item.grams, many, item: index });
            }
        }
        let room = site.capacity - units;
        let by_units = if extra_units > room { Some(self.by_units(dense, room)) } else { None };
        self.sack.sort_unstable_by(|a, b| b.rate.total_cmp(&a.rate).then(a.item.cmp(&b.item)));
        let ceiling = by_units.unwrap_or(i64::MAX);
        let mut best: Option<(i64, usize, i64)> = None; // earned, pieces taken whole, grams left for the next
        let (mut full, mut taken) = (0, 0usize);
        let free = [(i64::MAX, 0)];
        let steps = if site.steps.is_empty() {
            &free[..]
        } else {
            site.steps.get(row.first..=row.last).unwrap_or(&[])
        };
        let held = grams;
        let mut chosen = row.first;
        for (number, (up_to, cost)) in steps.iter().enumerate().skip_while(|(_, (up_to, _))| *up_to < held) {
            while let Some(next) = self.sack.get(taken).filter(|next| next.size * next.many <= up_to - grams)
            {
                grams += next.size * next.many;
                full += next.gain * next.many;
                taken += 1;
            }
            let rest = up_to - grams;
            let part = match self.sack.get(taken) {
                Some(next) => {
                    // Of the item that does not fit whole, either no more than fits, and the rest of the room goes
                    // to what earns less per gram; or one piece more, for which something that earns more per
                    // gram stays behind (Martello and Toth 1977).
                    let fits = rest / next.size;
                    let gap = rest - fits * next.size;
                    let after = self.sack.get(taken + 1).map_or(0.0, |piece| piece.rate);
                    let under = fits * next.gain + over(after * gap as f64);
                    let more = if fits < next.many && (taken > 0 || fits > 0) {
                        let before = if fits > 0 || taken == 0 {
                            next.rate
                        } else {
                            self.sack.get(taken - 1).map_or(0.0, |piece| piece.rate)
                        };
                        let before = before.min(1e15);
                        (fits + 1) * next.gain - below(before * (next.size - gap) as f64)
                    } else {
                        i64::MIN
                    };
                    under.max(more)
                }
                None => 0,
            };
            // What rounded rates put in the wrong order.
            let astray = full >> 50;
            let earns = (full + part + astray).min(ceiling) - cost * SCALE;
            if best.is_none_or(|(most, _, _)| earns > most) {
                best = Some((earns, taken, rest));
                chosen = row.first + number;
            }
            if taken == self.sack.len() {
                break;
            }
        }
        let Some((most, whole, rest)) = best else { return -(1 << 58) };
        if let Some(step) = self.step.get_mut(at) {
            *step = chosen;
        }
        if by_units.is_none() {
            for piece in self.sack.iter().take(whole) {
                self.takes.push((piece.item, piece.many as f64));
            }
            if let Some(next) = self.sack.get(whole).filter(|_| rest > 0) {
                self.takes.push((next.item, rest as f64 / next.size as f64));
            }
        }
        earned + most
    }

    /// The most that so many units earn, whatever they weigh, and takes what does.
    fn by_units(&mut self, dense: &Dense, room: i64) -> i64 {
        let rate = |piece: &Piece| piece.gain as f64 / each(dense, piece) as f64;
        self.sack.sort_unstable_by(|a, b| rate(b).total_cmp(&rate(a)).then(a.item.cmp(&b.item)));
        let (mut left, mut earned) = (room, 0);
        for piece in &self.sack {
            let each = each(dense, piece);
            let whole = piece.many.min(left / each);
            earned += whole * piece.gain;
            left -= whole * each;
            if whole < piece.many {
                earned += piece.gain / each * left + left + 1;
                self.takes.push((piece.item, whole as f64 + left as f64 / each as f64));
                break;
            }
            self.takes.push((piece.item, whole as f64));
        }
        earned + (earned >> 50) // what rounded rates put in the wrong order
    }
}

/// Units of the order in one piece.
fn each(dense: &Dense, piece: &Piece) -> i64 {
    dense.items.get(piece.item).map_or(1, |item| item.units.max(1))
}

/// Never less than the true product.
fn over(product: f64) -> i64 {
    let whole = product as i64;
    whole + (whole >> 50) + 1
}

/// Never more than the true product.
fn below(product: f64) -> i64 {
    let whole = product as i64;
    (whole - (whole >> 50) - 1).max(0)
}
