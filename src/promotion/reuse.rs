//! Copies into memory that is there, so that a warm quote allocates nothing.

use std::collections::BTreeMap;

use crate::promotion::{Cart, CartLine, Presented, ShippingPrice, Shopper};

/// Writes over the values of a list from its beginning.
pub(super) struct Row<'v, T> {
    values: &'v mut Vec<T>,
    len: usize,
}

impl<'v, T> Row<'v, T> {
    pub fn over(values: &'v mut Vec<T>) -> Row<'v, T> {
        Row { values, len: 0 }
    }

    /// Writes the next value, over what is there; where the list ends, over a new one.
    pub fn next(&mut self, new: impl FnOnce() -> T, write: impl FnOnce(&mut T)) {
        if let Some(value) = self.values.get_mut(self.len) {
            write(value);
        } else {
            let mut value = new();
            write(&mut value);
            self.values.push(value);
        }
        self.len += 1;
    }

    /// Takes out what was not written over.
    pub fn rest(self) -> std::vec::Drain<'v, T> {
        self.values.drain(self.len..)
    }
}

/// Field by field, so that a new field stops the build here.
pub(super) fn copy_cart(from: &Cart, into: &mut Cart) {
    let Cart { currency, lines, channel, payment_method, codes, shipping, gift_stock } = from;
    into.currency = *currency;
    rows(lines, &mut into.lines, copy_line);
    into.channel.clone_from(channel);
    text(payment_method, &mut into.payment_method);
    rows(codes, &mut into.codes, copy_code);
    rows(shipping, &mut into.shipping, |ShippingPrice { method, price }, into| {
        into.method.clone_from(method);
        into.price = *price;
    });
    map(gift_stock, &mut into.gift_stock, |from, into| *into = *from);
}

pub(super) fn copy_shopper(from: &Shopper, into: &mut Shopper) {
    let Shopper { customer, segments, orders_before, region, facts, history, born, answers } = from;
    into.customer.clone_from(customer);
    rows(segments, &mut into.segments, |from, into| into.clone_from(from));
    into.orders_before = *orders_before;
    text(region, &mut into.region);
    map(facts, &mut into.facts, |from, into| into.clone_from(from));
    map(history, &mut into.history, |from, into| *into = *from);
    into.born = *born;
    map(answers, &mut into.answers, |from, into| *into = *from);
}

fn copy_line(from: &CartLine, into: &mut CartLine) {
    let CartLine {
        line,
        sku,
        units,
        unit_price,
        floor_price,
        category,
        brand,
        seller,
        weight_grams,
        attributes,
    } = from;
    into.line.clone_from(line);
    into.sku.clone_from(sku);
    (into.units, into.unit_price, into.floor_price) = (*units, *unit_price, *floor_price);
    into.category.clone_from(category);
    text(brand, &mut into.brand);
    into.seller.clone_from(seller);
    into.weight_grams = *weight_grams;
    map(attributes, &mut into.attributes, |from, into| into.clone_from(from));
}

fn copy_code(from: &Presented, into: &mut Presented) {
    into.code.clone_from(&from.code);
    if into.coupon != from.coupon {
        into.coupon.clone_from(&from.coupon);
    }
}

fn rows<T: Clone>(from: &[T], into: &mut Vec<T>, copy: impl Fn(&T, &mut T)) {
    into.truncate(from.len());
    let there = into.len();
    from.iter().zip(into.iter_mut()).for_each(|(from, into)| copy(from, into));
    into.extend(from.iter().skip(there).cloned());
}

fn text(from: &Option<String>, into: &mut Option<String>) {
    match (from, into) {
        (Some(from), Some(into)) => into.clone_from(from),
        (from, into) => into.clone_from(from),
    }
}

/// Values are copied one by one where the keys are the same.
fn map<K: Clone + Ord, V: Clone>(
    from: &BTreeMap<K, V>,
    into: &mut BTreeMap<K, V>,
    copy: impl Fn(&V, &mut V),
) {
    if from.keys().eq(into.keys()) {
        from.values().zip(into.values_mut()).for_each(|(from, into)| copy(from, into));
    } else {
        into.clone_from(from);
    }
}
