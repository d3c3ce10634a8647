//! Applies what was chosen once more and writes the quote, into memory that is there.

use std::sync::Arc;

use crate::money::Money;
use crate::promotion::choose::Choice;
use crate::promotion::coupon::matches_code;
use crate::promotion::give::give;
use crate::promotion::quote::{FunderSplit, shares};
use crate::promotion::refusing::needs_coupon;
use crate::promotion::reuse::{Row, copy_cart, copy_shopper};
use crate::promotion::state::{Buffers, Ground, State, at};
use crate::promotion::{
    Applied, Benefit, ChargeOff, Condition, Earned, Funded, Gift, Promotion, Proof, Quote, QuotedLine,
    QuotedShipping, Stacking, UnitRun, UnitsOff,
};

pub(super) struct Telling<'a, 'g> {
    pub ground: &'a Ground<'g>,
    pub candidates: &'a [Arc<Promotion>],
    pub choice: &'a Choice,
    /// The first is the untouched cart, the second what is made of it.
    pub states: &'a mut Vec<State>,
    pub buffers: &'a mut Buffers,
}

impl Telling<'_, '_> {
    pub fn money(&self, minor: i64) -> Money {
        Money::minor(minor, self.ground.cart.currency)
    }

    pub fn chosen(&self) -> impl Iterator<Item = &Arc<Promotion>> {
        self.choice.places.iter().filter_map(|&place| self.candidates.get(place))
    }

    /// Puts the untouched cart into the second place.
    pub fn begin(&mut self) {
        while self.states.len() < 2 {
            self.states.push(State::default());
        }
        if let [before, now, ..] = self.states.as_mut_slice() {
            now.copy_from(before);
        }
    }

    /// Applies the `nth` promotion that was chosen to the second state.
    pub fn apply(&mut self, nth: usize, rule: &Promotion) {
        let Some(state) = self.states.get_mut(1) else { return };
        let shown = self.choice.shown(nth);
        if self.ground.holds(rule, state) && give(self.ground, rule, state, shown, self.buffers) {
            state.apply(self.ground, rule, self.buffers);
        }
    }

    /// What is applied, in order.
    pub fn applied(&mut self, into: &mut Vec<Applied>, spare: &mut Vec<Applied>) {
        self.begin();
        let (candidates, choice) = (self.candidates, self.choice);
        let mut row = Row::over(into);
        for (nth, rule) in choice.places.iter().filter_map(|&place| candidates.get(place)).enumerate() {
            self.apply(nth, rule);
            let new = || spare.pop().unwrap_or_else(|| blank(rule, self.money(0)));
            row.next(new, |applied| self.told(rule, applied));
        }
        spare.extend(row.rest());
    }

    /// What is in the buffers.
    fn told(&self, rule: &Promotion, into: &mut Applied) {
        let made = &*self.buffers;
        into.promotion.clone_from(&rule.promotion);
        into.version = rule.version;
        into.units.clear();
        into.took_part.clear();
        for (_, line, range) in self.ground.lines() {
            let mut first_unit = 0;
            for run in made.off.get(range.clone()).unwrap_or_default().chunk_by(|a, b| a == b) {
                let count = u32::try_from(run.len()).unwrap_or(u32::MAX);
                if let Some(&each) = run.first().filter(|&&each| each > 0) {
                    let (line, each) = (line.line.clone(), self.money(each));
                    into.units.push(UnitsOff { line, first_unit, units: count, each });
                }
                first_unit += count;
            }
            let mut first_unit = 0;
            for run in made.part.get(range).unwrap_or_default().chunk_by(|a, b| a == b) {
                let count = u32::try_from(run.len()).unwrap_or(u32::MAX);
                if run.first() == Some(&true) {
                    into.took_part.push(UnitRun { line: line.line.clone(), first_unit, units: count });
                }
                first_unit += count;
            }
        }
        let off: i64 = made.off.iter().sum();
        let shipping: i64 = made.shipping_off.iter().sum();
        (into.discount, into.shipping) = (self.money(off), self.money(shipping));
        into.charges.clear();
        let charges = (0u32..).zip(&made.shipping_off).filter(|(_, off)| **off > 0);
        into.charges.extend(charges.map(|(place, &off)| ChargeOff { place, amount: self.money(off) }));
        into.gifts.clear();
        into.gifts.extend(made.gifts.iter().map(|(sku, units)| Gift { sku: sku.clone(), units: *units }));
        into.coupons.clear();
        let earned = rule.gives.iter().filter_map(|benefit| match benefit {
            Benefit::Coupon { promotion, units, valid_days } => {
                Some(Earned { promotion: promotion.clone(), units: *units, valid_days: *valid_days })
            }
            Benefit::Off { .. } | Benefit::Gift { .. } | Benefit::Shipping { .. } => None,
        });
        into.coupons.extend(earned);
        into.funded.clear();
        if rule.funders.len() <= 1 {
            let funder = rule.funders.first().map(|share| share.funder.clone());
            into.funded.push(Funded { funder, amount: self.money(off + shipping) });
        } else {
            // Cumulative splits of the parts sum to the split of the whole.
            let parts = FunderSplit::new(shares(Some(rule))).next(off + shipping);
            let parts =
                parts.into_iter().map(|(funder, amount)| Funded { funder, amount: self.money(amount) });
            into.funded.extend(parts);
        }
    }

    /// What the second state comes to; the applied and not applied stand there already.
    pub fn quote(&self, into: &mut Quote) {
        let cart = self.ground.cart;
        let empty = State::default();
        let state = self.states.get(1).unwrap_or(&empty);
        let (mut subtotal, mut after) = (0i64, 0i64);
        into.lines.clear();
        for (_, line, range) in self.ground.lines() {
            let list = line.unit_price.minor_units() * i64::from(line.units);
            let now: i64 = state.current.get(range).unwrap_or_default().iter().sum();
            subtotal += list;
            after += now;
            into.lines.push(QuotedLine {
                line: line.line.clone(),
                sku: line.sku.clone(),
                units: line.units,
                list: line.unit_price,
                discount: self.money(list - now),
            });
        }
        let mut row = Row::over(&mut into.shipping);
        for (place, charge) in cart.shipping.iter().enumerate() {
            let discount = self.money(charge.price.minor_units() - at(&state.shipping, place));
            let new = || QuotedShipping { method: String::new(), price: charge.price, discount };
            row.next(new, |told| {
                told.method.clone_from(&charge.method);
                (told.price, told.discount) = (charge.price, discount);
            });
        }
        row.rest();
        let mut row = Row::over(&mut into.unused_codes);
        for presented in cart.codes.iter().filter(|one| !self.asked_for(&one.code)) {
            row.next(String::new, |code| code.clone_from(&presented.code));
        }
        row.rest();
        let shipping: i64 = state.shipping.iter().sum();
        (into.currency, into.at) = (cart.currency, self.ground.at);
        (into.subtotal, into.discount) = (self.money(subtotal), self.money(subtotal - after));
        (into.shipping_total, into.total) = (self.money(shipping), self.money(after + shipping));
        let nodes = self.choice.nodes;
        into.proof = match self.ground.policy.stacking {
            Stacking::Priority => Proof::Rule,
            Stacking::Best if self.choice.bound > self.choice.value => {
                Proof::Gap { bound: self.money(self.choice.bound), nodes }
            }
            Stacking::Best => Proof::Optimal { nodes },
        };
        copy_cart(cart, &mut into.basis.cart);
        copy_shopper(self.ground.shopper, &mut into.basis.shopper);
        into.basis.policy = *self.ground.policy;
    }

    /// Whether an applied promotion asks for a code that was entered.
    fn asked_for(&self, code: &str) -> bool {
        self.chosen().any(|rule| {
            let names = rule.when.as_ref().is_some_and(|when| self.names(when, code));
            let coupon = self.ground.coupon(rule).filter(|(_, fault)| fault.is_none());
            names || coupon.is_some_and(|(presented, _)| presented.code == code && needs_coupon(rule))
        })
    }

    fn names(&self, condition: &Condition, entered: &str) -> bool {
        match condition {
            Condition::All { of } | Condition::Any { of } => of.iter().any(|part| self.names(part, entered)),
            Condition::Code { code } => matches_code(code, entered, self.ground.policy.codes),
            _ => false,
        }
    }
}

fn blank(rule: &Promotion, nothing: Money) -> Applied {
    Applied {
        promotion: rule.promotion.clone(),
        version: rule.version,
        discount: nothing,
        shipping: nothing,
        units: vec![],
        took_part: vec![],
        charges: vec![],
        gifts: vec![],
        coupons: vec![],
        funded: vec![],
    }
}
