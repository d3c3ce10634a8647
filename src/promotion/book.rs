//! All promotions that are live, checked; and how one is added or taken out while others read.

use std::sync::Arc;

use crate::id::PromotionId;
use crate::money::Currency;
use crate::promotion::index::{Index, hash_of};
use crate::promotion::matching::{Compiled, rank, ranks};
use crate::promotion::shelf::{Shelf, Table};
use crate::promotion::{CompileProblem, Flaw, Promotion, compile};

/// A book is made anew only when so many places at least are unused.
const KEPT_MIN: usize = 1_024;

/// Promotions that are live, in the order of application. Cheap to clone; a book never changes:
/// [`PromotionBook::with`] and [`PromotionBook::without`] make another one that shares nearly all of it.
///
/// ```
/// use order_workflow::decision::Explain;
/// use order_workflow::promotion::{
///     Benefit, Cart, CartLine, Condition, Filter, Give, Phase, Pick, Promotion, PromotionBook, QuotePolicy, Scratch,
///     Shopper,
/// };
/// use order_workflow::{Currency, Money};
///
/// let euros = |minor| Money::minor(minor, Currency::EUR);
/// let off = Benefit::Off { pick: Pick::all(Filter::all()), give: Give::Amount { amount: euros(500) }, cap: None };
/// let five_off = Promotion::new("five-off".parse()?, Phase::SHOP, off)
///     .with_when(Condition::subtotal_at_least(euros(3_000), Filter::all()));
/// let book = PromotionBook::compile([five_off]).map_err(|problems| problems[0].clone())?;
///
/// let cart = Cart {
///     currency: Currency::EUR,
///     lines: vec![CartLine::new("1".parse()?, "mug".parse()?, 3, euros(900))],
///     channel: None, payment_method: None, codes: vec![], shipping: vec![], gift_stock: Default::default(),
/// };
/// let at = "2026-06-01T10:00:00Z".parse()?;
/// let (shopper, policy) = (Shopper::default(), QuotePolicy::default());
/// let quote = book.quote(&cart, &shopper, at, &policy, Explain::Full, &mut Scratch::new())?;
/// assert_eq!(quote.total, euros(2_700));
/// // Three euros more would do: that is what a shop tells.
/// let why = serde_json::to_value(&quote.not_applied[0].why)?;
/// assert_eq!(why["reason"], "condition_not_met");
/// assert_eq!((why["unmet"]["have"]["minor"].clone(), why["unmet"]["need"]["minor"].clone()), (2_700.into(), 3_000.into()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct PromotionBook {
    /// By slot; what was taken out leaves a hole.
    pub(super) slots: Shelf<Option<Arc<Compiled>>>,
    /// The slots in the order of application, in pieces.
    order: Arc<Vec<Arc<Vec<u32>>>>,
    names: Table,
    pub(super) index: Index,
    live: usize,
    /// Slots of promotions that name others.
    naming: Arc<Vec<u32>>,
    /// Whether a condition counts different SKUs.
    pub(super) distinct: bool,
    /// Whether promotions were added after it was made, so that slots are in another order than the application.
    pub(super) grown: bool,
    /// How many keys the index had when the book was made: it is made anew when those have doubled.
    keys_when_made: usize,
}

/// The longest piece of the order.
const PIECE_MAX: usize = 256;

impl PromotionBook {
    /// Checks promotions and makes a book of them. Their order does not matter. The book keeps them: what is given as
    /// `Arc<Promotion>` it shares.
    ///
    /// # Errors
    /// Every problem of every promotion, in the order in which they were given.
    pub fn compile(
        promotions: impl IntoIterator<Item: Into<Arc<Promotion>>>,
    ) -> Result<PromotionBook, Vec<CompileProblem>> {
        let rules: Vec<Arc<Promotion>> = promotions.into_iter().map(Into::into).collect();
        PromotionBook::made(&rules).ok_or_else(|| compile::problems(&rules))
    }

    /// `None`: there are problems. Each is looked at once, in the order in which they are given and mostly lie in memory.
    fn made(rules: &[Arc<Promotion>]) -> Option<PromotionBook> {
        let mut book = PromotionBook::default();
        let mut problems = vec![];
        let mut slots: Vec<Option<Arc<Compiled>>> = vec![None; rules.len()];
        for (rule, slot) in rules.iter().zip(ranks(rules)) {
            let currency = compile::check(rule, &mut problems);
            let hash = name_hash(&rule.promotion);
            let same = |slot: u32| {
                let kept = slots.get(usize::try_from(slot).unwrap_or(usize::MAX)).and_then(Option::as_ref);
                kept.is_some_and(|kept| kept.rule.promotion == rule.promotion)
            };
            if !problems.is_empty() || book.names.find(hash, same).is_some() {
                return None;
            }
            book.names.insert(hash, slot);
            let kept = book.filed(rule, currency, slot, true);
            *slots.get_mut(usize::try_from(slot).ok()?)? = Some(Arc::new(kept));
        }
        book.slots = slots.into_iter().collect();
        for rule in book.naming.iter().filter_map(|slot| self::rule(&book.slots, *slot)) {
            compile::check_others(rule, |name| book.get(name), &mut problems);
        }
        if !problems.is_empty() {
            return None;
        }
        let order: Vec<u32> = (0..).take(rules.len()).collect();
        book.order = Arc::new(order.chunks(PIECE_MAX).map(|piece| Arc::new(piece.to_vec())).collect());
        book.live = rules.len();
        book.index.seal();
        book.keys_when_made = book.index.len();
        Some(book)
    }

    /// The same book with one promotion more, or with the next version of one that is live. It shares nearly all with
    /// this one, which stays as it is for whoever reads it: the cost grows with the square root of what is live, with the
    /// promotions that ask for the same, and with those that name others. Now and then, when more was taken out than is
    /// live or the keys of the index have doubled, a book is made anew.
    ///
    /// A *draft* is a promotion that is in no book yet: [`PromotionBook::check`] says what stands against it, this makes it
    /// live. A quote names the versions that it used, and keeps them.
    ///
    /// # Errors
    /// What [`PromotionBook::check`] finds.
    ///
    /// ```
    /// # use order_workflow::promotion::*;
    /// # use order_workflow::{Currency, Money};
    /// # let off = |minor| Benefit::Off {
    /// #     pick: Pick::all(Filter::all()), give: Give::Amount { amount: Money::minor(minor, Currency::EUR) }, cap: None,
    /// # };
    /// let sale = Promotion::new("sale".parse()?, Phase::SHOP, off(500));
    /// let monday = PromotionBook::default().with(sale.clone()).unwrap();
    /// let draft = Promotion { version: 2, gives: vec![off(700)], ..sale.clone() };
    /// let tuesday = monday.with(draft).unwrap();
    /// assert_eq!((monday.get(&sale.promotion).unwrap().version, tuesday.get(&sale.promotion).unwrap().version), (1, 2));
    /// // The same edition again is no news, and nothing goes back to an older one.
    /// assert_eq!(tuesday.with(sale.clone()).unwrap_err()[0].what, Flaw::StaleVersion { given: 1, live: 2 });
    /// assert_eq!(tuesday.without(&sale.promotion).len(), 0);
    /// # Ok::<(), order_workflow::id::IdError>(())
    /// ```
    pub fn with(&self, promotion: Promotion) -> Result<PromotionBook, Vec<CompileProblem>> {
        let mut problems = vec![];
        let currency = self.checked(&promotion, &mut problems);
        if !problems.is_empty() {
            return Err(problems);
        }
        let mut book = self.without(&promotion.promotion);
        book.insert(&Arc::new(promotion), currency);
        Ok(book)
    }

    /// The same book without a promotion; the same if it is not live.
    #[must_use]
    pub fn without(&self, promotion: &PromotionId) -> PromotionBook {
        let mut book = self.clone();
        if self.get(promotion).is_none() {
            return book;
        }
        book.remove(promotion);
        if book.slots.len() > 2 * book.live + KEPT_MIN
            || book.index.len() > 2 * book.keys_when_made + KEPT_MIN
        {
            let rules: Vec<Arc<Promotion>> = book.rules().map(|compiled| compiled.rule.clone()).collect();
            return PromotionBook::made(&rules).unwrap_or(book); // they are sound: each was checked
        }
        book
    }

    /// Everything that stands against making a promotion live in this book; empty: [`PromotionBook::with`] takes it.
    pub fn check(&self, draft: &Promotion) -> Vec<CompileProblem> {
        let mut problems = vec![];
        self.checked(draft, &mut problems);
        problems
    }

    fn checked(&self, draft: &Promotion, problems: &mut Vec<CompileProblem>) -> Option<Currency> {
        let mut add = |what| problems.push(CompileProblem { promotion: draft.promotion.clone(), what });
        if let Some(live) = self.get(&draft.promotion)
            && live.version >= draft.version
        {
            add(Flaw::StaleVersion { given: draft.version, live: live.version });
        }
        let currency = compile::check(draft, problems);
        let live = |name: &PromotionId| if *name == draft.promotion { Some(draft) } else { self.get(name) };
        compile::check_others(draft, live, problems);
        for &slot in self.naming.iter() {
            let naming = self.slots.get(slot).and_then(Option::as_ref).map(|compiled| &compiled.rule);
            if let Some(naming) = naming.filter(|naming| naming.promotion != draft.promotion) {
                compile::check_others(naming, |name| (*name == draft.promotion).then_some(draft), problems);
            }
        }
        currency
    }

    /// A promotion that is live.
    pub fn get(&self, promotion: &PromotionId) -> Option<&Promotion> {
        rule(&self.slots, self.slot(promotion)?)
    }

    /// How many are live.
    pub fn len(&self) -> usize {
        self.live
    }

    /// Whether none is live.
    pub fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// The promotions in the order of application.
    pub fn promotions(&self) -> impl Iterator<Item = &Promotion> {
        self.rules().map(|compiled| &*compiled.rule)
    }

    pub(super) fn rules(&self) -> impl Iterator<Item = &Compiled> {
        let slots = self.order.iter().flat_map(|piece| piece.iter());
        slots.filter_map(|&slot| self.slots.get(slot)?.as_deref())
    }

    fn slot(&self, promotion: &PromotionId) -> Option<u32> {
        let is = |slot| {
            let compiled = self.slots.get(slot).and_then(Option::as_ref);
            compiled.is_some_and(|compiled| compiled.rule.promotion == *promotion)
        };
        self.names.find(name_hash(promotion), is)
    }

    /// What is kept of a promotion, which it files in the index for its slot.
    fn filed(
        &mut self,
        rule: &Arc<Promotion>,
        currency: Option<Currency>,
        slot: u32,
        bulk: bool,
    ) -> Compiled {
        let compiled = Compiled::new(rule.clone(), currency, &mut self.index);
        self.distinct |= compiled.distinct;
        self.index.file(rule, slot, bulk);
        if !rule.only_with.is_empty() || !rule.not_with.is_empty() {
            Arc::make_mut(&mut self.naming).push(slot);
        }
        compiled
    }

    fn insert(&mut self, rule: &Arc<Promotion>, currency: Option<Currency>) {
        let (piece, place) = self.turn(rule);
        let slot = u32::try_from(self.slots.len()).unwrap_or(u32::MAX); // memory ends before
        let compiled = self.filed(rule, currency, slot, false);
        self.slots.push(Some(Arc::new(compiled)));
        self.names.insert(name_hash(&rule.promotion), slot);
        let order = Arc::make_mut(&mut self.order);
        if order.is_empty() {
            order.push(Arc::default());
        }
        if let Some(shared) = order.get_mut(piece) {
            let own = Arc::make_mut(shared);
            own.insert(place.min(own.len()), slot);
            if own.len() > PIECE_MAX {
                let rest = own.split_off(own.len() / 2);
                order.insert(piece + 1, Arc::new(rest));
            }
        }
        self.live += 1;
        self.grown = true;
    }

    fn remove(&mut self, promotion: &PromotionId) {
        let Some(slot) = self.slot(promotion) else { return };
        let Some(rule) = self.slots.get(slot).and_then(Option::as_ref).map(|compiled| compiled.rule.clone())
        else {
            return;
        };
        let (piece, place) = self.turn(&rule);
        self.index.unfile(&rule, slot);
        self.names.remove(name_hash(promotion), slot);
        if self.naming.contains(&slot) {
            Arc::make_mut(&mut self.naming).retain(|one| *one != slot);
        }
        let order = Arc::make_mut(&mut self.order);
        if let Some(shared) = order.get_mut(piece) {
            let own = Arc::make_mut(shared);
            if own.get(place) == Some(&slot) {
                own.remove(place);
            }
            if own.is_empty() {
                order.remove(piece);
            }
        }
        if let Some(one) = self.slots.get_mut(slot) {
            *one = None;
        }
        self.live -= 1;
    }

    /// The piece of the order and the place in it where a promotion stands or belongs.
    fn turn(&self, rule: &Promotion) -> (usize, usize) {
        let before = |slot: Option<&u32>| {
            let compiled = slot.and_then(|&slot| self.slots.get(slot)?.as_ref());
            compiled.is_some_and(|compiled| rank(&compiled.rule, rule).is_lt())
        };
        let piece = self.order.partition_point(|piece| before(piece.last()));
        let piece = piece.min(self.order.len().saturating_sub(1));
        let place = self.order.get(piece).map_or(0, |piece| piece.partition_point(|slot| before(Some(slot))));
        (piece, place)
    }
}

fn rule(slots: &Shelf<Option<Arc<Compiled>>>, slot: u32) -> Option<&Promotion> {
    slots.get(slot)?.as_ref().map(|compiled| &*compiled.rule)
}

fn name_hash(promotion: &PromotionId) -> u64 {
    hash_of(u8::MAX, promotion.as_bytes())
}
