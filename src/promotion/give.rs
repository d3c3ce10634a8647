//! What a promotion gives on a state of the cart.

use crate::Money;
use crate::promotion::benefit::{Benefit, Give, Off, Pick, PickOrder, SetPart, ShippingOff, Step};
use crate::promotion::spread::{Taker, spread};
use crate::promotion::state::{Buffers, Claims, Ground, State, at, refill};
use crate::promotion::{Base, Filter, Promotion, Spread};

/// Works out all benefits of a promotion into `made`; whether it gives anything. Of units that are claimed it sees only
/// those `shown`; `None`: all.
pub(super) fn give(
    ground: &Ground<'_>,
    rule: &Promotion,
    state: &State,
    shown: Option<&[bool]>,
    made: &mut Buffers,
) -> bool {
    made.clear(ground.units.len(), ground.cart.shipping.len());
    let work = Giving { ground, rule, claims: ground.claims(rule), shown, state };
    for benefit in &rule.gives {
        match benefit {
            Benefit::Off { pick, give, cap } => work.off(pick, give, *cap, made),
            Benefit::Gift { any_of, units } => work.gift(any_of, *units, made),
            Benefit::Coupon { units, .. } => made.coupons += u64::from(*units),
            Benefit::Shipping { methods, off } => work.shipping(methods, *off, made),
        }
    }
    !made.gifts.is_empty()
        || made.coupons > 0
        || made.off.iter().any(|&off| off > 0)
        || made.shipping_off.iter().any(|&off| off > 0)
}

struct Giving<'a, 'g> {
    ground: &'a Ground<'g>,
    rule: &'a Promotion,
    claims: Claims,
    shown: Option<&'a [bool]>,
    state: &'a State,
}

impl Giving<'_, '_> {
    /// The price that benefits are computed on.
    fn price(&self, unit: usize) -> i64 {
        match self.rule.base {
            Base::Running => at(&self.state.current, unit),
            Base::List => self.ground.unit(unit).list,
        }
    }

    /// How much a unit may still give, after earlier benefits of the same promotion.
    fn room(&self, unit: usize, made: &Buffers) -> i64 {
        (at(&self.state.current, unit) - at(&made.off, unit) - self.ground.unit(unit).floor).max(0)
    }

    /// Puts the units of lines that fit and may be used into `pool`.
    fn usable(&self, of: &Filter, per_line: Option<u32>, pool: &mut Vec<usize>) {
        pool.clear();
        let fits = self.ground.fitting(of, self.state);
        for (place, line, range) in self.ground.lines() {
            if fits(place, line) {
                let free = range.filter(|&unit| {
                    self.shown.is_none_or(|shown| shown.get(unit) == Some(&true))
                        && self.claims.free(&self.state.claimed, self.ground.words, unit)
                });
                let most = per_line.map_or(usize::MAX, |units| usize::try_from(units).unwrap_or(usize::MAX));
                pool.extend(free.take(most));
            }
        }
    }

    fn sort(&self, pool: &mut [usize], order: PickOrder) {
        let current = |unit: usize| at(&self.state.current, unit);
        pool.sort_unstable_by(|&a, &b| {
            let by_price = match order {
                PickOrder::Cheapest => current(a).cmp(&current(b)),
                PickOrder::Dearest => current(b).cmp(&current(a)),
            };
            by_price.then_with(|| self.ground.first(self.state, a, b))
        });
    }

    fn off(&self, pick: &Pick, give: &Give, cap: Option<Money>, made: &mut Buffers) {
        let mut picked = std::mem::take(&mut made.picked);
        let saving = self.pick(pick, give, &mut picked, made);
        picked.sort_unstable();
        refill(&mut made.now, picked.len(), 0);
        let per_line =
            matches!(pick, Pick::All { .. }) && self.ground.policy.spread == Spread::LinesThenUnits;
        let sets = matches!(pick, Pick::Sets { .. });
        let total = match give {
            Give::PercentEach { percent } if per_line => {
                self.each_line(&picked, made, |sum| self.ground.percent(sum, *percent));
                None
            }
            Give::PercentEach { percent } => {
                self.each(&picked, made, |price| self.ground.percent(price, *percent));
                None
            }
            Give::AmountEach { amount } => {
                self.each(&picked, made, |_| amount.minor_units());
                None
            }
            Give::PriceEach { price } => {
                self.each(&picked, made, |before| (before - price.minor_units()).max(0));
                None
            }
            Give::Price { .. } if sets => Some(saving),
            together => {
                let sum = picked.iter().map(|&unit| self.price(unit)).sum();
                Some(together.of_sum(self.ground, sum, picked.len()))
            }
        };
        let cap = cap.map_or(i64::MAX, Money::minor_units);
        if let Some(total) = total {
            let current = sets && matches!(give, Give::Price { .. });
            let weight = |unit: usize, _: i64| {
                if current { at(&self.state.current, unit) } else { self.price(unit) }
            };
            self.spread(total.min(cap), &picked, made, weight, |room, _| room);
        } else if made.now.iter().sum::<i64>() > cap {
            self.spread(cap, &picked, made, |_, now| now, |room, now| now.min(room));
        }
        let each_of_all = total.is_none() && matches!(pick, Pick::All { .. });
        let grouped = matches!(pick, Pick::BuyGet { .. } | Pick::Sets { .. });
        for (&unit, &now) in picked.iter().zip(&made.now) {
            add(&mut made.off, unit, now);
            set(&mut made.part, unit, !each_of_all || now > 0);
            set(&mut made.served, unit, grouped);
        }
        for &unit in &made.bought {
            set(&mut made.part, unit, true);
            set(&mut made.served, unit, true);
        }
        made.bought.clear();
        made.picked = picked;
    }

    /// The units that get something; those bought for them go to `bought`. Of sets for a price, what they save.
    fn pick(&self, pick: &Pick, give: &Give, picked: &mut Vec<usize>, made: &mut Buffers) -> i64 {
        made.bought.clear();
        match pick {
            Pick::All { of, units_per_line } => self.usable(of, *units_per_line, picked),
            Pick::Some { of, units, order } => {
                self.usable(of, None, picked);
                self.sort(picked, *order);
                picked.truncate(usize::try_from(*units).unwrap_or(usize::MAX));
            }
            Pick::EveryNth { of, nth } => {
                self.usable(of, None, picked);
                self.sort(picked, PickOrder::Dearest);
                let nth = usize::try_from(*nth).unwrap_or(usize::MAX).max(1);
                let mut place = 0;
                picked.retain(|_| {
                    place += 1;
                    place % nth == 0
                });
            }
            Pick::BuyGet { buy, buy_units, get, get_units, order, max_times } => {
                let wanted = |units: u32| usize::try_from(units).unwrap_or(usize::MAX).max(1);
                let (buy_units, get_units) = (wanted(*buy_units), wanted(*get_units));
                let mut bought = std::mem::take(&mut made.bought);
                self.usable(get, None, picked);
                self.sort(picked, *order);
                self.usable(buy, None, &mut bought);
                let most = max_times.map_or(usize::MAX, |times| usize::try_from(times).unwrap_or(usize::MAX));
                refill(&mut made.flags, self.ground.units.len(), false);
                bought.iter().for_each(|&unit| set(&mut made.flags, unit, true));
                // Rewarded units that could have been bought are missing there: the largest number that serves both.
                let (mut times, mut both) = (0usize, 0usize);
                for (place, &unit) in picked.iter().enumerate() {
                    both += usize::from(made.flags.get(unit).copied().unwrap_or(false));
                    if (place + 1) % get_units == 0 {
                        let now = (place + 1) / get_units;
                        let needed = now.saturating_mul(buy_units);
                        if now > most || bought.len() - both < needed {
                            break;
                        }
                        times = now;
                    }
                }
                picked.truncate(times.saturating_mul(get_units));
                refill(&mut made.flags, self.ground.units.len(), false);
                picked.iter().for_each(|&unit| set(&mut made.flags, unit, true));
                bought.retain(|&unit| !made.flags.get(unit).copied().unwrap_or(true));
                self.sort(&mut bought, PickOrder::Dearest);
                bought.truncate(times.saturating_mul(buy_units));
                made.bought = bought;
            }
            Pick::Sets { parts, max_times } => return self.sets(parts, *max_times, give, picked, made),
        }
        0
    }

    /// Whole sets, each of the dearest units that are left.
    fn sets(
        &self,
        parts: &[SetPart],
        max_times: Option<u32>,
        give: &Give,
        picked: &mut Vec<usize>,
        made: &mut Buffers,
    ) -> i64 {
        picked.clear();
        let mut pools = std::mem::take(&mut made.pools);
        let mut cursors = std::mem::take(&mut made.cursors);
        if pools.len() < parts.len() {
            pools.resize_with(parts.len(), Vec::new);
        }
        refill(&mut cursors, parts.len(), 0);
        for (part, pool) in parts.iter().zip(&mut pools) {
            self.usable(&part.of, None, pool);
            self.sort(pool, PickOrder::Dearest);
        }
        refill(&mut made.flags, self.ground.units.len(), false);
        let (mut times, mut saved) = (0u32, 0i64);
        while max_times.is_none_or(|most| times < most) {
            let whole = picked.len();
            let mut price = 0i64;
            let complete = parts.iter().zip(&pools).zip(&mut cursors).all(|((part, pool), cursor)| {
                (0..part.units).all(|_| {
                    while let Some(&unit) = pool.get(*cursor) {
                        *cursor += 1;
                        if !made.flags.get(unit).copied().unwrap_or(true) {
                            set(&mut made.flags, unit, true);
                            price += at(&self.state.current, unit);
                            picked.push(unit);
                            return true;
                        }
                    }
                    false
                })
            });
            let saves = match give {
                Give::Price { price: set } => price - set.minor_units(),
                _ => 1,
            };
            if !complete || saves <= 0 || picked.len() == whole {
                picked.truncate(whole);
                break;
            }
            saved += saves;
            times += 1;
        }
        (made.pools, made.cursors) = (pools, cursors);
        saved
    }

    fn each(&self, picked: &[usize], made: &mut Buffers, off: impl Fn(i64) -> i64) {
        let mut now = std::mem::take(&mut made.now);
        for (&unit, now) in picked.iter().zip(&mut now) {
            *now = off(self.price(unit)).min(self.room(unit, made));
        }
        made.now = now;
    }

    /// Once a line, spread over its units.
    fn each_line(&self, picked: &[usize], made: &mut Buffers, off: impl Fn(i64) -> i64) {
        let mut now = std::mem::take(&mut made.now);
        let mut rest = now.as_mut_slice();
        for line in picked.chunk_by(|&a, &b| self.ground.unit(a).line == self.ground.unit(b).line) {
            let (own, after) = rest.split_at_mut(line.len().min(rest.len()));
            rest = after;
            let total = off(line.iter().map(|&unit| self.price(unit)).sum());
            self.within(total, line, own, made, &|unit, _| self.price(unit), &|room, _| room);
        }
        made.now = now;
    }

    /// Spreads over the picked units as the policy says. Weight and cap may look at what a unit has now.
    fn spread(
        &self,
        total: i64,
        picked: &[usize],
        made: &mut Buffers,
        weight: impl Fn(usize, i64) -> i64,
        cap: impl Fn(i64, i64) -> i64,
    ) {
        let mut now = std::mem::take(&mut made.now);
        match self.ground.policy.spread {
            Spread::Units => self.within(total, picked, &mut now, made, &weight, &cap),
            Spread::LinesThenUnits => {
                let same = |a: &usize, b: &usize| self.ground.unit(*a).line == self.ground.unit(*b).line;
                let mut lines = std::mem::take(&mut made.lines);
                lines.clear();
                let mut values = now.iter().copied();
                for line in picked.chunk_by(same) {
                    let mut taker = Taker::default();
                    for &unit in line {
                        let before = values.next().unwrap_or(0);
                        taker.weight += weight(unit, before);
                        taker.cap += cap(self.room(unit, made), before);
                    }
                    lines.push(taker);
                }
                spread(total, &mut lines, self.ground.policy.remainder, &mut made.open, |a, b| a.cmp(&b));
                let mut rest = now.as_mut_slice();
                for (line, taker) in picked.chunk_by(same).zip(&lines) {
                    let (own, after) = rest.split_at_mut(line.len().min(rest.len()));
                    rest = after;
                    self.within(taker.share, line, own, made, &weight, &cap);
                }
                made.lines = lines;
            }
        }
        made.now = now;
    }

    /// Spreads over these units at once.
    fn within(
        &self,
        total: i64,
        units: &[usize],
        now: &mut [i64],
        made: &mut Buffers,
        weight: &dyn Fn(usize, i64) -> i64,
        cap: &dyn Fn(i64, i64) -> i64,
    ) {
        let mut takers = std::mem::take(&mut made.takers);
        takers.clear();
        takers.extend(units.iter().zip(now.iter()).map(|(&unit, &now)| Taker {
            weight: weight(unit, now),
            cap: cap(self.room(unit, made), now),
            share: 0,
        }));
        let name = |place: usize| units.get(place).copied().unwrap_or(0);
        let first = |a, b| self.ground.first(self.state, name(a), name(b));
        spread(total, &mut takers, self.ground.policy.remainder, &mut made.open, first);
        now.iter_mut().zip(&takers).for_each(|(now, taker)| *now = taker.share);
        made.takers = takers;
    }

    fn gift(&self, any_of: &[crate::Sku], units: u32, made: &mut Buffers) {
        let given = |sku: &crate::Sku| {
            let gone = self.state.gifts.iter().chain(&made.gifts).filter(|gift| gift.0 == *sku);
            gone.map(|gift| u64::from(gift.1)).sum::<u64>()
        };
        let stock = &self.ground.cart.gift_stock;
        let there = |sku: &&crate::Sku| {
            stock.get(*sku).is_some_and(|&there| u64::from(there) >= given(sku) + u64::from(units))
        };
        if let Some(sku) = any_of.iter().find(there) {
            made.gifts.push((sku.clone(), units));
        }
    }

    fn shipping(&self, methods: &[String], off: ShippingOff, made: &mut Buffers) {
        let charges = self.ground.cart.shipping.iter().zip(&self.state.shipping);
        for ((charge, &current), given) in charges.zip(&mut made.shipping_off) {
            if methods.is_empty() || methods.contains(&charge.method) {
                let price = match self.rule.base {
                    Base::Running => current,
                    Base::List => charge.price.minor_units(),
                };
                let off = match off {
                    ShippingOff::Percent(percent) => self.ground.percent(price, percent),
                    ShippingOff::Amount(amount) => amount.minor_units(),
                    ShippingOff::To(most) => (price - most.minor_units()).max(0),
                };
                *given += off.clamp(0, (current - *given).max(0));
            }
        }
    }
}

impl Give {
    /// Off units that cost `sum` together; nothing for what is given to each.
    pub(super) fn of_sum(&self, ground: &Ground<'_>, sum: i64, units: usize) -> i64 {
        let off = |off: Off| match off {
            Off::Percent(percent) => ground.percent(sum, percent),
            Off::Amount(amount) => amount.minor_units(),
        };
        match self {
            Give::Percent { percent } => ground.percent(sum, *percent),
            Give::Amount { amount } if units > 0 => amount.minor_units(),
            Give::Price { price } => (sum - price.minor_units()).max(0),
            Give::Every { threshold, amount } => {
                let times = sum.checked_div(threshold.minor_units()).unwrap_or(0).max(0);
                times.saturating_mul(amount.minor_units())
            }
            Give::LadderByAmount { steps } => {
                reached(steps, |from| from.minor_units() <= sum).map_or(0, |step| off(step.off))
            }
            Give::LadderByUnits { steps } => {
                reached(steps, |from| usize::try_from(from).is_ok_and(|from| from <= units))
                    .map_or(0, |step| off(step.off))
            }
            Give::Amount { .. }
            | Give::PercentEach { .. }
            | Give::AmountEach { .. }
            | Give::PriceEach { .. } => 0,
        }
    }
}

/// The last step that is reached.
fn reached<T: Copy>(steps: &[Step<T>], is: impl Fn(T) -> bool) -> Option<&Step<T>> {
    steps.iter().rev().find(|step| is(step.from))
}

fn add(values: &mut [i64], place: usize, more: i64) {
    if let Some(value) = values.get_mut(place) {
        *value += more;
    }
}

/// Sets a mark, never takes one away.
fn set(marks: &mut [bool], place: usize, mark: bool) {
    if let Some(value) = marks.get_mut(place) {
        *value |= mark;
    }
}
