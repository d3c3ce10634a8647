//! Which promotions can matter to a cart at all, without looking at the others.
//!
//! Every promotion is filed under the narrowest thing that it can not do without ([`filings`]), and there by how much of it
//! it asks for, so that thresholds that the cart does not reach are never looked at (the idea of Whang et al., *Indexing
//! Boolean Expressions*, VLDB 2009, and of the BE-tree, SIGMOD 2011, kept to one key a promotion).

use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;

use foldhash::fast::FixedState;
use smallvec::SmallVec;

use crate::promotion::filing::{Filing, filings, folded};
use crate::promotion::filter::Only;
use crate::promotion::shelf::{Shelf, Table};
use crate::promotion::sums::{Memo, Sums};
use crate::promotion::{Cart, Filter, Promotion, Shopper};

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

/// The slots of promotions, each under the narrowest thing that it asks for; and every set of lines that conditions add
/// up, once.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    table: Table,
    postings: Shelf<Arc<Posting>>,
    /// Which kinds there are, a bit each, so that no line is asked in vain.
    kinds: u16,
    /// The key last asked for: a promotion mostly names the same lines in its condition and in what it gives.
    last: u32,
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
        filings(rule, &mut |Filing { kind, name, measure, least }| {
            let id = self.key(kind, name, None);
            let Some(posting) = self.postings.get_mut(id) else { return };
            let Some(filed) = Arc::make_mut(posting).filed.get_mut(measure) else { return };
            let place =
                if bulk { filed.len() } else { filed.partition_point(|entry| *entry < (least, slot)) };
            filed.insert(place, (least, slot));
        });
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
        filings(rule, &mut |Filing { kind, name, measure, least }| {
            let Some(id) = self.find(kind, name) else { return };
            let Some(posting) = self.postings.get_mut(id) else { return };
            let Some(filed) = Arc::make_mut(posting).filed.get_mut(measure) else { return };
            if let Ok(place) = filed.binary_search(&(least, slot)) {
                filed.remove(place);
            }
        });
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
        self.table.find(hash, |id| self.is(id, kind, name))
    }

    fn is(&self, id: u32, kind: Kind, name: &[u8]) -> bool {
        let posting = self.postings.get(id);
        posting.is_some_and(|posting| posting.kind == kind && *posting.name == *name)
    }

    fn key(&mut self, kind: Kind, name: &[u8], filter: Option<&Filter>) -> u32 {
        if !self.is(self.last, kind, name) {
            self.last = self.key_hashed(kind, name, filter);
        }
        self.last
    }

    fn key_hashed(&mut self, kind: Kind, name: &[u8], filter: Option<&Filter>) -> u32 {
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
