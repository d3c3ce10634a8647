//! Which promotions can matter to a cart at all, without looking at the others.
//!
//! Every promotion is filed under the narrowest thing that it can not do without, and there by how much of it it asks
//! for, so that thresholds that the cart does not reach are never looked at (the idea of Whang et al., *Indexing Boolean
//! Expressions*, VLDB 2009, and of the BE-tree, SIGMOD 2011, kept to one key a promotion). What is filed under several
//! keys that together must hold `n` is filed under each with an n-th of it: one of them at least holds that much.

use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;

use foldhash::fast::FixedState;
use smallvec::{SmallVec, smallvec};

use crate::promotion::benefit::{Benefit, Pick};
use crate::promotion::filter::Only;
use crate::promotion::shelf::{Shelf, Table};
use crate::promotion::sums::{Memo, Sums};
use crate::promotion::{Cart, Condition, Filter, Measure, Promotion, Shopper, compile};

/// What a key is a name of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(super) enum Kind {
    /// Every cart shows it, with all its lines.
    Everything,
    Code,
    Coupon,
    Sku,
    Segment,
    Category,
    Brand,
    Seller,
    Channel,
    Payment,
    /// Lines that a filter of more than one name means; the name is its wire form. No cart is asked for it.
    Lines,
}

/// Under one key: which promotions ask for it and for how much of it.
#[derive(Clone, Debug)]
struct Posting {
    kind: Kind,
    name: SmallVec<[u8; 24]>,
    filter: Option<Arc<Filter>>,
    /// For each measure: what is asked at least and by which slot, from little to much.
    filed: [SmallVec<[(u64, u32); 1]>; Sums::MEASURES],
}

/// A place to file a promotion under.
struct Filing {
    kind: Kind,
    name: SmallVec<[u8; 32]>,
    measure: usize,
    least: u64,
}

/// The slots of promotions, each under the narrowest thing that it asks for; and every set of lines that conditions add
/// up, once.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    table: Table,
    postings: Shelf<Arc<Posting>>,
    /// Which kinds there are, a bit each, so that no line is asked in vain.
    kinds: u16,
}

impl Index {
    /// How many keys it has; those that nothing uses any more are still there.
    pub fn len(&self) -> usize {
        self.postings.len()
    }

    /// The id under which the sums of these lines are kept.
    pub fn lines(&mut self, filter: &Filter) -> u32 {
        match filter.only() {
            Only::All => return self.key(Kind::Everything, b"", None),
            Only::Sku(sku) => return self.key(Kind::Sku, sku.as_bytes(), None),
            Only::Category(category) => return self.key(Kind::Category, category.as_bytes(), None),
            Only::Other => {}
        }
        let wire = serde_json::to_vec(filter).unwrap_or_default();
        self.key(Kind::Lines, &wire, Some(filter))
    }

    /// The filter of an id, unless the sums of all its lines are known from the cart's own names.
    pub fn filter(&self, id: u32) -> Option<&Filter> {
        self.postings.get(id)?.filter.as_deref()
    }

    /// Files a promotion. In bulk, [`Index::seal`] puts everything in order at the end.
    pub fn file(&mut self, rule: &Promotion, slot: u32, bulk: bool) {
        for Filing { kind, name, measure, least } in filings(rule) {
            let id = self.key(kind, &name, None);
            let Some(posting) = self.postings.get_mut(id) else { continue };
            let Some(filed) = Arc::make_mut(posting).filed.get_mut(measure) else { continue };
            let place =
                if bulk { filed.len() } else { filed.partition_point(|entry| *entry < (least, slot)) };
            filed.insert(place, (least, slot));
        }
    }

    /// Puts what was filed in bulk in order.
    pub fn seal(&mut self) {
        for id in (0u32..).take(self.postings.len()) {
            let sorted = |posting: &Arc<Posting>| posting.filed.iter().all(|filed| filed.is_sorted());
            if self.postings.get(id).is_none_or(sorted) {
                continue;
            }
            if let Some(posting) = self.postings.get_mut(id) {
                Arc::make_mut(posting).filed.iter_mut().for_each(|filed| filed.sort_unstable());
            }
        }
    }

    /// Takes a promotion out again.
    pub fn unfile(&mut self, rule: &Promotion, slot: u32) {
        for Filing { kind, name, measure, least } in filings(rule) {
            let Some(id) = self.find(kind, &name) else { continue };
            let Some(posting) = self.postings.get_mut(id) else { continue };
            let Some(filed) = Arc::make_mut(posting).filed.get_mut(measure) else { continue };
            if let Ok(place) = filed.binary_search(&(least, slot)) {
                filed.remove(place);
            }
        }
    }

    /// The slots of all that can matter, each once; and the sums of the cart under its own names.
    pub fn reach(&self, cart: &Cart, shopper: &Shopper, memo: &mut Memo, found: &mut Vec<u32>) {
        found.clear();
        memo.begin(self.len());
        let everything = self.find(Kind::Everything, b"");
        for line in &cart.lines {
            let sums = Sums::of(line);
            let mut add = |id: Option<u32>| {
                if let Some(id) = id {
                    memo.add(id, &sums);
                }
            };
            add(everything);
            add(self.find(Kind::Sku, line.sku.as_bytes()));
            if self.has(Kind::Category) {
                add(self.find(Kind::Category, line.category.as_bytes()));
                for (end, _) in line.category.match_indices('/') {
                    add(line
                        .category
                        .get(..end)
                        .and_then(|above| self.find(Kind::Category, above.as_bytes())));
                }
            }
            add(line.brand.as_ref().and_then(|brand| self.find(Kind::Brand, brand.as_bytes())));
            add(line.seller.as_ref().and_then(|seller| self.find(Kind::Seller, seller.as_bytes())));
        }
        for (id, sums) in memo.met() {
            let Some(posting) = self.postings.get(*id) else { continue };
            for (filed, have) in posting.filed.iter().zip(sums.measures()) {
                let reached = filed.partition_point(|(least, _)| *least <= have);
                found.extend(filed.iter().take(reached).map(|(_, slot)| *slot));
            }
        }
        if cart.lines.is_empty() {
            self.take(Kind::Everything, b"", found); // what asks for nothing
        }
        for presented in &cart.codes {
            if self.has(Kind::Code) {
                self.take(Kind::Code, &folded(&presented.code), found);
            }
            if let Some(coupon) = &presented.coupon {
                self.take(Kind::Coupon, coupon.promotion.as_bytes(), found);
            }
        }
        shopper.segments.iter().for_each(|segment| self.take(Kind::Segment, segment.as_bytes(), found));
        if let Some(channel) = &cart.channel {
            self.take(Kind::Channel, channel.as_bytes(), found);
        }
        if let Some(method) = &cart.payment_method {
            self.take(Kind::Payment, method.as_bytes(), found);
        }
        found.sort_unstable();
        found.dedup();
    }

    /// All that is filed under a name for any amount, nothing included.
    fn take(&self, kind: Kind, name: &[u8], found: &mut Vec<u32>) {
        let posting = self.find(kind, name).and_then(|id| self.postings.get(id));
        for filed in posting.iter().flat_map(|posting| &posting.filed) {
            let any = filed.partition_point(|(least, _)| *least == 0);
            found.extend(filed.iter().take(any).map(|(_, slot)| *slot));
        }
    }

    fn has(&self, kind: Kind) -> bool {
        self.kinds & 1 << (kind as u16) != 0
    }

    fn find(&self, kind: Kind, name: &[u8]) -> Option<u32> {
        if !self.has(kind) {
            return None;
        }
        self.find_hashed(hash(kind, name), kind, name)
    }

    fn find_hashed(&self, hash: u64, kind: Kind, name: &[u8]) -> Option<u32> {
        let is = |id| {
            let posting = self.postings.get(id);
            posting.is_some_and(|posting| posting.kind == kind && *posting.name == *name)
        };
        self.table.find(hash, is)
    }

    fn key(&mut self, kind: Kind, name: &[u8], filter: Option<&Filter>) -> u32 {
        let hash = hash(kind, name);
        if let Some(known) = self.find_hashed(hash, kind, name) {
            return known;
        }
        let posting = Posting {
            kind,
            name: SmallVec::from_slice(name),
            filter: filter.map(|filter| Arc::new(filter.clone())),
            filed: Default::default(),
        };
        let id = self.postings.push(Arc::new(posting));
        self.table.insert(hash, id);
        self.kinds |= 1 << (kind as u16);
        id
    }
}

/// With a fixed seed; no answer depends on it.
fn hash(kind: Kind, name: &[u8]) -> u64 {
    hash_of(kind as u8, name)
}

pub(super) fn hash_of(kind: u8, name: &[u8]) -> u64 {
    let mut hasher = FixedState::default().build_hasher();
    hasher.write_u8(kind);
    hasher.write(name);
    hasher.finish()
}

/// As codes are compared when case, blanks and hyphens do not matter; those that are equal byte by byte are so too.
fn folded(code: &str) -> SmallVec<[u8; 32]> {
    code.bytes().filter(|byte| !matches!(byte, b' ' | b'-')).map(|byte| byte.to_ascii_uppercase()).collect()
}

/// Under what a promotion is filed: the narrowest of what it can not do without.
fn filings(rule: &Promotion) -> SmallVec<[Filing; 1]> {
    let mut needed = SmallVec::new();
    if let Some(when) = &rule.when {
        compile::conjunction(when, &mut needed);
    }
    let asked = |narrow: &dyn Fn(&&Condition) -> bool| needed.iter().copied().find(narrow);
    let one = |kind: Kind, name: &[u8]| {
        smallvec![Filing { kind, name: SmallVec::from_slice(name), measure: 0, least: 0 }]
    };
    if let Some(Condition::Code { code }) = asked(&|one| matches!(one, Condition::Code { .. })) {
        return one(Kind::Code, &folded(code));
    }
    if asked(&|one| matches!(one, Condition::Coupon)).is_some() {
        return one(Kind::Coupon, rule.promotion.as_bytes());
    }
    let mut asks: SmallVec<[Asks<'_>; 4]> = needed.iter().filter_map(|one| asked_lines(one)).collect();
    asks.extend(rewarded(rule).map(|any| Asks { any, measure: Sums::UNITS, least: 1 }));
    let filed = |kind: Kind| {
        let by = asks.iter().filter_map(|asks| Some((asks, asks.names(kind)?)));
        // The fewest names, then the most that is asked of each.
        by.min_by_key(|(asks, names)| (names.len(), u64::MAX - asks.least)).map(|(asks, names)| {
            let parts = u64::try_from(names.len()).unwrap_or(u64::MAX).max(1);
            let least = asks.least.div_ceil(parts);
            let at =
                |name: &[u8]| Filing { kind, name: SmallVec::from_slice(name), measure: asks.measure, least };
            names.into_iter().map(at).collect::<SmallVec<_>>()
        })
    };
    if let Some(filings) = filed(Kind::Sku) {
        return filings;
    }
    if let Some(Condition::Segment { segment }) = asked(&|one| matches!(one, Condition::Segment { .. })) {
        return one(Kind::Segment, segment.as_bytes());
    }
    if let Some(filings) = [Kind::Category, Kind::Brand, Kind::Seller].into_iter().find_map(&filed) {
        return filings;
    }
    match asked(&|one| matches!(one, Condition::Channel { .. } | Condition::PaymentMethod { .. })) {
        Some(Condition::Channel { channel }) => one(Kind::Channel, channel.as_bytes()),
        Some(Condition::PaymentMethod { method }) => one(Kind::Payment, method.as_bytes()),
        _ => filed(Kind::Everything).unwrap_or_else(|| one(Kind::Everything, b"")),
    }
}

/// Mostly one.
type Filters<'r> = SmallVec<[&'r Filter; 2]>;

/// Lines of any of these filters, and so much of them.
struct Asks<'r> {
    any: Filters<'r>,
    measure: usize,
    least: u64,
}

impl<'r> Asks<'r> {
    /// The names of a kind of which every line that is meant has one; `None` if there are lines without.
    fn names(&self, kind: Kind) -> Option<SmallVec<[&'r [u8]; 4]>> {
        let mut names: SmallVec<[&'r [u8]; 4]> = SmallVec::new();
        for &of in &self.any {
            let before = names.len();
            match kind {
                Kind::Sku => of.skus.iter().for_each(|sku| names.push(sku.as_bytes())),
                Kind::Category => of.categories.iter().for_each(|name| names.push(name.as_bytes())),
                Kind::Brand => of.brands.iter().for_each(|name| names.push(name.as_bytes())),
                Kind::Seller => of.sellers.iter().for_each(|seller| names.push(seller.as_bytes())),
                Kind::Everything => names.push(b""),
                _ => {}
            }
            if names.len() == before {
                return None;
            }
        }
        names.sort_unstable();
        names.dedup();
        Some(names).filter(|names| !names.is_empty())
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
