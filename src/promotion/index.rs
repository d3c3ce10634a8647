//! Which promotions can matter to a cart at all, without looking at the others.

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use crate::id::{ChannelId, PromotionId, Sku};
use crate::promotion::benefit::{Benefit, Pick};
use crate::promotion::{Cart, Condition, Filter, Measure, Promotion, Shopper, compile};

type Postings<K> = HashMap<K, Vec<u32>, FixedState>;

/// Under what a promotion is found: it can apply only to a cart or shopper that shows one of these.
enum Access<'r> {
    Codes(Vec<String>),
    Coupon,
    Skus(Vec<&'r Sku>),
    Segment(&'r str),
    Categories(Vec<&'r str>),
    Channel(&'r ChannelId),
    Payment(&'r str),
    Always,
}

/// The places of promotions, each filed under the narrowest thing that it asks for.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    codes: Postings<String>,
    coupons: Postings<PromotionId>,
    skus: Postings<Sku>,
    segments: Postings<String>,
    categories: Postings<String>,
    channels: Postings<ChannelId>,
    payments: Postings<String>,
    always: Vec<u32>,
}

impl Index {
    pub fn of<'r>(rules: impl Iterator<Item = &'r Promotion>) -> Index {
        let mut index = Index::default();
        for (place, rule) in (0u32..).zip(rules) {
            match access(rule) {
                Access::Codes(codes) => {
                    codes.into_iter().for_each(|code| file(&mut index.codes, code, place))
                }
                Access::Coupon => file(&mut index.coupons, rule.promotion.clone(), place),
                Access::Skus(skus) => {
                    skus.into_iter().for_each(|sku| file(&mut index.skus, sku.clone(), place));
                }
                Access::Segment(segment) => file(&mut index.segments, segment.to_owned(), place),
                Access::Categories(categories) => {
                    categories.into_iter().for_each(|one| file(&mut index.categories, one.to_owned(), place));
                }
                Access::Channel(channel) => file(&mut index.channels, channel.clone(), place),
                Access::Payment(method) => file(&mut index.payments, method.to_owned(), place),
                Access::Always => index.always.push(place),
            }
        }
        index
    }

    /// The places of all that can matter, in order, each once.
    pub fn reach(&self, cart: &Cart, shopper: &Shopper, found: &mut Vec<u32>) {
        found.clear();
        found.extend(&self.always);
        let mut take = |places: Option<&Vec<u32>>| found.extend(places.into_iter().flatten());
        for line in &cart.lines {
            take(self.skus.get(&line.sku));
            if !self.categories.is_empty() {
                take(self.categories.get(line.category.as_str()));
                for (end, _) in line.category.match_indices('/') {
                    take(line.category.get(..end).and_then(|above| self.categories.get(above)));
                }
            }
        }
        for presented in &cart.codes {
            take(self.codes.get(&folded(&presented.code)));
            take(presented.coupon.as_ref().and_then(|coupon| self.coupons.get(&coupon.promotion)));
        }
        shopper.segments.iter().for_each(|segment| take(self.segments.get(segment)));
        take(cart.channel.as_ref().and_then(|channel| self.channels.get(channel)));
        take(cart.payment_method.as_ref().and_then(|method| self.payments.get(method)));
        found.sort_unstable();
        found.dedup();
    }
}

fn file<K: Eq + std::hash::Hash>(postings: &mut Postings<K>, key: K, place: u32) {
    postings.entry(key).or_default().push(place);
}

/// As codes are compared when case, blanks and hyphens do not matter; those that are equal byte by byte are so too.
fn folded(code: &str) -> String {
    let counts = |character: &char| !matches!(character, ' ' | '-');
    code.chars().filter(counts).map(|character| character.to_ascii_uppercase()).collect()
}

/// The narrowest of what a promotion can not do without.
fn access(rule: &Promotion) -> Access<'_> {
    let mut needed = vec![];
    if let Some(when) = &rule.when {
        compile::conjunction(when, &mut needed);
    }
    let asked = |narrow: &dyn Fn(&&Condition) -> bool| needed.iter().copied().find(narrow);
    if let Some(Condition::Code { code }) = asked(&|one| matches!(one, Condition::Code { .. })) {
        return Access::Codes(vec![folded(code)]);
    }
    if asked(&|one| matches!(one, Condition::Coupon)).is_some() {
        return Access::Coupon;
    }
    let filters: Vec<Vec<&Filter>> =
        needed.iter().filter_map(|one| asked_lines(one)).chain(rewarded(rule)).collect();
    let by_sku = filters.iter().filter(|any| any.iter().all(|of| !of.skus.is_empty()));
    let skus = by_sku.map(|any| any.iter().flat_map(|of| &of.skus).collect::<Vec<_>>());
    if let Some(skus) = skus.min_by_key(Vec::len) {
        return Access::Skus(skus);
    }
    if let Some(Condition::Segment { segment }) = asked(&|one| matches!(one, Condition::Segment { .. })) {
        return Access::Segment(segment);
    }
    let by_category = filters.iter().filter(|any| any.iter().all(|of| !of.categories.is_empty()));
    let categories = by_category
        .map(|any| any.iter().flat_map(|of| &of.categories).map(String::as_str).collect::<Vec<_>>());
    if let Some(categories) = categories.min_by_key(Vec::len) {
        return Access::Categories(categories);
    }
    match asked(&|one| matches!(one, Condition::Channel { .. } | Condition::PaymentMethod { .. })) {
        Some(Condition::Channel { channel }) => Access::Channel(channel),
        Some(Condition::PaymentMethod { method }) => Access::Payment(method),
        _ => Access::Always,
    }
}

/// The lines without which a condition does not hold.
fn asked_lines(condition: &Condition) -> Option<Vec<&Filter>> {
    match condition {
        Condition::Subtotal { of, bound } => {
            bound.at_least.is_some_and(|least| least.is_positive()).then(|| vec![of])
        }
        Condition::Count {
            measure: Measure::Quantity | Measure::Distinct | Measure::WeightGrams,
            of,
            bound,
        } => bound.at_least.is_some_and(|least| least > 0).then(|| vec![of]),
        _ => None,
    }
}

/// The lines of which one at least must be there for the promotion to give anything.
fn rewarded(rule: &Promotion) -> Option<Vec<&Filter>> {
    let mut all = vec![];
    for benefit in &rule.gives {
        match benefit {
            Benefit::Off {
                pick: Pick::All { of, .. } | Pick::Some { of, .. } | Pick::EveryNth { of, .. },
                ..
            } => {
                all.push(of);
            }
            Benefit::Off { pick: Pick::BuyGet { get, .. }, .. } => all.push(get),
            Benefit::Off { pick: Pick::Sets { parts, .. }, .. } => all.push(&parts.first()?.of),
            Benefit::Gift { .. } | Benefit::Shipping { .. } => return None,
        }
    }
    Some(all).filter(|all| !all.is_empty())
}
