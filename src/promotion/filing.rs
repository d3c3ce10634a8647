//! Under what a promotion is filed in the index: the narrowest thing that it can not do without.
//!
//! What is filed under several names that together must hold `n` is filed under each with an n-th of it: one of them at
//! least holds that much.

use std::cmp::Reverse;

use smallvec::{SmallVec, smallvec};

use crate::promotion::benefit::{Benefit, Pick};
use crate::promotion::compile::{Together, conjunction};
use crate::promotion::index::Kind;
use crate::promotion::sums::Sums;
use crate::promotion::{Condition, Filter, Measure, Promotion};

/// A place to file a promotion under.
pub(super) struct Filing<'r> {
    pub kind: Kind,
    pub name: &'r [u8],
    pub measure: usize,
    pub least: u64,
}

/// Tells every place under which a promotion is filed.
pub(super) fn filings(rule: &Promotion, each: &mut dyn FnMut(Filing<'_>)) {
    let mut needed = Together::new();
    if let Some(when) = &rule.when {
        conjunction(when, &mut needed);
    }
    let asked = |narrow: fn(&Condition) -> bool| needed.iter().copied().find(|one| narrow(one));
    let mut one = |kind: Kind, name: &[u8]| each(Filing { kind, name, measure: 0, least: 0 });
    if let Some(Condition::Code { code }) = asked(|one| matches!(one, Condition::Code { .. })) {
        return one(Kind::Code, &folded(code));
    }
    if asked(|one| matches!(one, Condition::Coupon)).is_some() {
        return one(Kind::Coupon, rule.promotion.as_bytes());
    }
    let asks = asks(rule, &needed);
    if let Some(narrow) = narrowest(&asks, Kind::Sku) {
        return narrow.file(Kind::Sku, each);
    }
    if let Some(Condition::Segment { segment }) = asked(|one| matches!(one, Condition::Segment { .. })) {
        return one(Kind::Segment, segment.as_bytes());
    }
    for kind in [Kind::Category, Kind::Brand, Kind::Seller] {
        if let Some(narrow) = narrowest(&asks, kind) {
            return narrow.file(kind, each);
        }
    }
    match asked(|one| matches!(one, Condition::Channel { .. } | Condition::PaymentMethod { .. })) {
        Some(Condition::Channel { channel }) => one(Kind::Channel, channel.as_bytes()),
        Some(Condition::PaymentMethod { method }) => one(Kind::Payment, method.as_bytes()),
        _ => match narrowest(&asks, Kind::Everything) {
            Some(narrow) => narrow.file(Kind::Everything, each),
            None => one(Kind::Everything, b""),
        },
    }
}

/// As codes are compared when case, blanks and hyphens do not matter; those that are equal byte by byte are so too.
pub(super) fn folded(code: &str) -> SmallVec<[u8; 32]> {
    code.bytes().filter(|byte| !matches!(byte, b' ' | b'-')).map(|byte| byte.to_ascii_uppercase()).collect()
}

/// Mostly one.
type Filters<'r> = SmallVec<[&'r Filter; 2]>;

/// Lines of any of these filters, and so much of them.
struct Asks<'r> {
    any: Filters<'r>,
    measure: usize,
    least: u64,
}

/// All lines that a promotion can not do without.
fn asks<'r>(rule: &'r Promotion, needed: &[&'r Condition]) -> SmallVec<[Asks<'r>; 4]> {
    let mut asks = SmallVec::new();
    for condition in needed {
        if let Some(asked) = asked_lines(condition) {
            asks.push(asked);
        }
    }
    if let Some(any) = rewarded(rule) {
        asks.push(Asks { any, measure: Sums::UNITS, least: 1 });
    }
    asks
}

/// Those that can be told by names of a kind: by the fewest, then with the most that is asked of each.
fn narrowest<'a, 'r>(asks: &'a [Asks<'r>], kind: Kind) -> Option<&'a Asks<'r>> {
    let told = asks.iter().filter_map(|asks| Some((asks.names(kind)?, Reverse(asks.least), asks)));
    told.min_by_key(|(names, least, _)| (*names, *least)).map(|(.., asks)| asks)
}

impl Asks<'_> {
    /// With how many names of a kind every line that is meant has one of them; `None` if there are lines without.
    fn names(&self, kind: Kind) -> Option<usize> {
        let mut all = 0;
        for of in &self.any {
            let own = match kind {
                Kind::Sku => of.skus.len(),
                Kind::Category => of.categories.len(),
                Kind::Brand => of.brands.len(),
                Kind::Seller => of.sellers.len(),
                Kind::Everything => 1,
                _ => 0,
            };
            if own == 0 {
                return None;
            }
            all += own;
        }
        Some(all)
    }

    fn file(&self, kind: Kind, each: &mut dyn FnMut(Filing<'_>)) {
        let mut names: SmallVec<[&[u8]; 4]> = SmallVec::new();
        for &of in &self.any {
            match kind {
                Kind::Sku => of.skus.iter().for_each(|sku| names.push(sku.as_bytes())),
                Kind::Category => of.categories.iter().for_each(|name| names.push(name.as_bytes())),
                Kind::Brand => of.brands.iter().for_each(|name| names.push(name.as_bytes())),
                Kind::Seller => of.sellers.iter().for_each(|seller| names.push(seller.as_bytes())),
                _ => names.push(b""),
            }
        }
        names.sort_unstable();
        names.dedup();
        let least = self.least.div_ceil(u64::try_from(names.len()).unwrap_or(u64::MAX).max(1));
        names.into_iter().for_each(|name| each(Filing { kind, name, measure: self.measure, least }));
    }
}

/// The lines without which a condition does not hold, and how much of them.
fn asked_lines(condition: &Condition) -> Option<Asks<'_>> {
    let (of, measure, least) = match condition {
        Condition::Subtotal { of, bound } => {
            (of, Sums::SUBTOTAL, u64::try_from(bound.at_least?.minor_units()).unwrap_or(0))
        }
        Condition::Count { measure, of, bound } => {
            let measure = match measure {
                Measure::Quantity => Sums::UNITS,
                Measure::Distinct => Sums::LINES, // no fewer lines than different SKUs
                Measure::WeightGrams => Sums::GRAMS,
            };
            (of, measure, bound.at_least?)
        }
        _ => return None,
    };
    (least > 0).then(|| Asks { any: smallvec![of], measure, least })
}

/// The lines of which one at least must be there for the promotion to give anything.
pub(super) fn rewarded(rule: &Promotion) -> Option<Filters<'_>> {
    let mut all = Filters::new();
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
            Benefit::Gift { .. } | Benefit::Coupon { .. } | Benefit::Shipping { .. } => return None,
        }
    }
    Some(all).filter(|all| !all.is_empty())
}
