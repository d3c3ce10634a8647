//! The cart taken apart into units, and what promotions have made of it so far.

use std::cmp::Ordering;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use foldhash::fast::FixedState;
use rust_decimal::Decimal;

use crate::id::Sku;
use crate::money::{Money, MoneyError};
use crate::promotion::cart::{CODES_MAX, UNITS_MAX};
use crate::promotion::choose::Choice;
use crate::promotion::fits::Fits;
use crate::promotion::search::Search;
use crate::promotion::spread::Taker;
use crate::promotion::sums::Memo;
use crate::promotion::{Applied, Cart, CartLine, Promotion, QuoteError, QuotePolicy, Shopper, Spread};

/// What a quote works with, kept by the caller so that a warm one takes little memory. Holds nothing between quotes.
#[derive(Debug, Default)]
pub struct Scratch {
    pub(super) units: Vec<Unit>,
    pub(super) starts: Vec<usize>,
    pub(super) names: Vec<(u64, usize)>,
    pub(super) by_sku: Vec<usize>,
    pub(super) states: Vec<State>,
    pub(super) buffers: Buffers,
    pub(super) reached: Vec<u32>,
    pub(super) memo: Memo,
    pub(super) fits: Fits,
    pub(super) candidates: Vec<Arc<Promotion>>,
    pub(super) choice: Choice,
    pub(super) search: Search,
    pub(super) spare: Vec<Applied>,
}

impl Scratch {
    /// Nothing yet.
    pub fn new() -> Scratch {
        Scratch::default()
    }
}

/// One piece of a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unit {
    /// The place of its line.
    pub line: usize,
    pub list: i64,
    pub floor: i64,
}

/// What promotions have made of the cart so far.
#[derive(Debug, Default)]
pub(super) struct State {
    /// A price a unit.
    pub current: Vec<i64>,
    /// What of its claims a unit has given away: [`Ground::words`] words a unit, a bit for every claim.
    pub claimed: Vec<u64>,
    /// Whether a line is discounted.
    pub touched: Vec<bool>,
    /// A price a charge.
    pub shipping: Vec<i64>,
    /// What was given away.
    pub gifts: Vec<(Sku, u32)>,
    /// Money off lines and shipping so far.
    pub value: i64,
    /// Of it, what the house pays.
    pub house: i64,
    /// Pieces given away.
    pub pieces: u64,
}

impl State {
    pub fn copy_from(&mut self, other: &State) {
        self.current.clone_from(&other.current);
        self.claimed.clone_from(&other.claimed);
        self.touched.clone_from(&other.touched);
        self.shipping.clone_from(&other.shipping);
        self.gifts.clone_from(&other.gifts);
        (self.value, self.house, self.pieces) = (other.value, other.house, other.pieces);
    }

    /// Takes over what a promotion gives.
    pub fn apply(&mut self, ground: &Ground<'_>, rule: &Promotion, made: &Buffers) {
        let mut value = 0i64;
        let claims = ground.claims(rule);
        for (place, ((price, unit), (off, served))) in
            self.current.iter_mut().zip(ground.units).zip(made.off.iter().zip(&made.served)).enumerate()
        {
            *price -= off;
            value += off;
            if *off > 0 || *served {
                claims.take(&mut self.claimed, ground.words, place);
            }
            if *off > 0
                && let Some(touched) = self.touched.get_mut(unit.line)
            {
                *touched = true;
            }
        }
        for (price, off) in self.shipping.iter_mut().zip(&made.shipping_off) {
            *price -= off;
            value += off;
        }
        self.gifts.extend(made.gifts.iter().cloned());
        self.pieces += made.gifts.iter().map(|gift| u64::from(gift.1)).sum::<u64>() + made.coupons;
        self.value += value;
        if rule.funders.is_empty() {
            self.house += value;
        }
    }
}

/// What one promotion gives, and room to work it out.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    /// Off each unit.
    pub off: Vec<i64>,
    /// Which units took part: over these its discount is spread anew when some come back.
    pub part: Vec<bool>,
    /// Which units were bought, rewarded or in a set.
    pub served: Vec<bool>,
    pub shipping_off: Vec<i64>,
    pub gifts: Vec<(Sku, u32)>,
    /// Coupons for a later order.
    pub coupons: u64,
    /// The units that a benefit picked, what each gets, and those bought for them.
    pub picked: Vec<usize>,
    pub now: Vec<i64>,
    pub bought: Vec<usize>,
    pub pools: Vec<Vec<usize>>,
    pub cursors: Vec<usize>,
    pub flags: Vec<bool>,
    pub lines: Vec<Taker>,
    pub takers: Vec<Taker>,
    pub open: Vec<(i128, usize)>,
}

impl Buffers {
    pub fn clear(&mut self, units: usize, charges: usize) {
        refill(&mut self.off, units, 0);
        refill(&mut self.part, units, false);
        refill(&mut self.served, units, false);
        refill(&mut self.shipping_off, charges, 0);
        self.gifts.clear();
        self.coupons = 0;
    }
}

pub(super) fn refill<T: Clone>(values: &mut Vec<T>, len: usize, value: T) {
    values.clear();
    values.resize(len, value);
}

/// What does not change while promotions are tried.
#[derive(Clone, Copy)]
pub(super) struct Ground<'a> {
    pub cart: &'a Cart,
    pub shopper: &'a Shopper,
    pub at: DateTime<Utc>,
    pub policy: &'a QuotePolicy,
    pub units: &'a [Unit],
    /// Where each line's units begin, and at the end their number.
    pub starts: &'a [usize],
    /// The places of lines in the order of their SKUs, if anything counts different ones.
    pub by_sku: &'a [usize],
    /// The candidates: their unit classes are what units can be claimed for.
    pub candidates: &'a [Arc<Promotion>],
    /// How many words of claims a unit has.
    pub words: usize,
    /// What the candidates' filters say of the lines.
    pub fits: &'a Fits,
}

/// What a promotion claims of every unit that takes part in it; no other one that claims the same can use it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Claims {
    /// The unit as such.
    whole: bool,
    /// The bit of a class, from 1.
    class: Option<usize>,
}

impl Claims {
    fn bits(self) -> impl Iterator<Item = usize> {
        self.whole.then_some(0).into_iter().chain(self.class)
    }

    pub fn is_none(self) -> bool {
        self == Claims::default()
    }

    /// Whether it claims what a bit stands for.
    pub fn has(self, bit: usize) -> bool {
        self.bits().any(|own| own == bit)
    }

    /// Whether both claim something that a unit gives but once.
    pub fn meet(self, other: Claims) -> bool {
        (self.whole && other.whole) || (self.class.is_some() && self.class == other.class)
    }

    /// Whether a unit has given none of it away.
    pub fn free(self, claimed: &[u64], words: usize, unit: usize) -> bool {
        self.bits().all(|bit| {
            let word = claimed.get(unit * words + bit / 64).copied().unwrap_or(0);
            word & 1 << (bit % 64) == 0
        })
    }

    fn take(self, claimed: &mut [u64], words: usize, unit: usize) {
        for bit in self.bits() {
            if let Some(word) = claimed.get_mut(unit * words + bit / 64) {
                *word |= 1 << (bit % 64);
            }
        }
    }
}

impl<'a> Ground<'a> {
    /// Every line with the places of its units.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &'a CartLine, std::ops::Range<usize>)> + use<'a> {
        let ranges = self.starts.windows(2).map(|pair| match pair {
            [from, until] => *from..*until,
            _ => 0..0,
        });
        self.cart.lines.iter().zip(ranges).enumerate().map(|(place, (line, range))| (place, line, range))
    }

    /// What a promotion claims of units. A class of which no candidate is claims nothing.
    pub fn claims(&self, rule: &Promotion) -> Claims {
        let class = rule.unit_class.as_ref().and_then(|own| {
            let same = |one: &Arc<Promotion>| one.unit_class.as_ref() == Some(own);
            self.candidates.iter().position(same).map(|place| place + 1)
        });
        Claims { whole: rule.consumes_units, class }
    }

    pub fn unit(&self, place: usize) -> Unit {
        self.units.get(place).copied().unwrap_or(Unit { line: 0, list: 0, floor: 0 })
    }

    /// So many percent of a sum of prices. Percentages are at most 100 and sums fit, so this does too.
    pub fn percent(&self, sum: i64, percent: Decimal) -> i64 {
        let amount = Money::minor(sum, self.cart.currency).percent(percent, self.policy.rounding);
        amount.map_or(sum, Money::minor_units)
    }

    /// Which of two units goes first when nothing else tells.
    pub fn first(&self, state: &State, a: usize, b: usize) -> Ordering {
        match self.policy.spread {
            Spread::LinesThenUnits => a.cmp(&b),
            Spread::Units => {
                let (left, right) = (self.unit(a), self.unit(b));
                if left.line == right.line {
                    return at(&state.current, b).cmp(&at(&state.current, a)).then(a.cmp(&b));
                }
                let (lines, none) = (&self.cart.lines, Ordering::Equal);
                let names = lines.get(left.line).zip(lines.get(right.line));
                right.list.cmp(&left.list).then_with(|| {
                    names.map_or(none, |(x, y)| {
                        x.sku
                            .cmp(&y.sku)
                            .then_with(|| at(&state.current, b).cmp(&at(&state.current, a)))
                            .then_with(|| x.line.cmp(&y.line))
                    })
                })
            }
        }
    }
}

pub(super) fn at(values: &[i64], place: usize) -> i64 {
    values.get(place).copied().unwrap_or(0)
}

/// Checks the cart and takes it apart.
pub(super) fn take_apart(
    cart: &Cart,
    units: &mut Vec<Unit>,
    starts: &mut Vec<usize>,
    names: &mut Vec<(u64, usize)>,
) -> Result<(), QuoteError> {
    let price = |what: &dyn Fn() -> String, price: Money| {
        if price.currency() != cart.currency {
            Err(QuoteError::WrongCurrency { what: what(), given: price.currency(), accepted: cart.currency })
        } else if price.is_negative() {
            Err(QuoteError::NegativePrice { what: what(), price })
        } else {
            Ok(price.minor_units())
        }
    };
    let count: u64 = cart.lines.iter().map(|line| u64::from(line.units)).sum();
    if count > u64::from(UNITS_MAX) {
        return Err(QuoteError::TooManyUnits { units: count });
    }
    if cart.codes.len() > CODES_MAX {
        return Err(QuoteError::TooManyCodes { codes: cart.codes.len() });
    }
    units.clear();
    starts.clear();
    starts.push(0);
    let mut total: i128 = 0;
    for (place, line) in cart.lines.iter().enumerate() {
        let name = || format!("line `{}`", line.line);
        let list = price(&name, line.unit_price)?;
        let floor = line.floor_price.map_or(Ok(0), |floor| price(&name, floor))?.min(list);
        total += i128::from(list) * i128::from(line.units);
        units.extend((0..line.units).map(|_| Unit { line: place, list, floor }));
        starts.push(units.len());
    }
    for charge in &cart.shipping {
        total += i128::from(price(&|| format!("shipping `{}`", charge.method), charge.price)?);
    }
    if i64::try_from(total).is_err() {
        return Err(QuoteError::Money(MoneyError::Overflow { what: format!("a cart of {total}") }));
    }
    let line = |place: usize| cart.lines.get(place).map(|line| &line.line);
    names.clear();
    names.extend(cart.lines.iter().enumerate().map(|(place, line)| (hash(line.line.as_str()), place)));
    names.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| line(a.1).cmp(&line(b.1))).then(a.1.cmp(&b.1)));
    let same = names.windows(2).filter_map(|pair| match pair {
        [(a, one), (b, other)] if a == b && line(*one) == line(*other) => Some(*other),
        _ => None,
    });
    // Of several the first that is there for the second time.
    if let Some(line) = same.min().and_then(line) {
        return Err(QuoteError::SameLine { line: line.clone() });
    }
    Ok(())
}

/// With a fixed seed; no answer depends on it.
fn hash(text: &str) -> u64 {
    let mut hasher = FixedState::default().build_hasher();
    hasher.write(text.as_bytes());
    hasher.finish()
}

/// The places of lines in the order of their SKUs.
pub(super) fn sort_by_sku(cart: &Cart, by_sku: &mut Vec<usize>) {
    by_sku.clear();
    by_sku.extend(0..cart.lines.len());
    let sku = |place: usize| cart.lines.get(place).map(|line| &line.sku);
    by_sku.sort_unstable_by(|&a, &b| sku(a).cmp(&sku(b)).then(a.cmp(&b)));
}

/// How many words of claims a unit has: a bit for the whole of it, and one for every candidate that may be the first of
/// a unit class.
pub(super) fn words(candidates: &[Arc<Promotion>]) -> usize {
    let classes = candidates.iter().any(|rule| rule.unit_class.is_some());
    if classes { 1 + candidates.len() / 64 } else { 1 }
}

/// The cart before any promotion.
pub(super) fn untouched(cart: &Cart, units: &[Unit], words: usize, state: &mut State) {
    state.current.clear();
    state.current.extend(units.iter().map(|unit| unit.list));
    refill(&mut state.claimed, units.len() * words, 0);
    refill(&mut state.touched, cart.lines.len(), false);
    state.shipping.clear();
    state.shipping.extend(cart.shipping.iter().map(|charge| charge.price.minor_units()));
    state.gifts.clear();
    (state.value, state.house, state.pieces) = (0, 0, 0);
}
