//! From a book and a cart to what matches and to a quote.

use chrono::{DateTime, Utc};

use crate::decision::Explain;
use crate::promotion::choose::Chooser;
use crate::promotion::judge::{Lines, Outlook};
use crate::promotion::matching::{Matching, rank};
use crate::promotion::state::{Ground, Scratch, State, Unit, sort_by_sku, take_apart, untouched, words};
use crate::promotion::telling::Telling;
use crate::promotion::{Cart, Promotion, PromotionBook, Quote, QuoteError, QuotePolicy, Shopper, Stacking};

impl PromotionBook {
    /// The promotions that fit a cart as it is, before any is applied, in the order of application: what a shop shows as
    /// a badge. The condition holds at list prices, the currency is the cart's, and a line is there that the promotion is
    /// about. Whether it is applied in the end is for a quote to say.
    ///
    /// The cost grows with what fits, not with what is live; a warm scratch allocates nothing.
    ///
    /// # Errors
    /// [`QuoteError`] for a cart that means nothing, in the order of its variants.
    pub fn matching<'b>(
        &'b self,
        cart: &Cart,
        shopper: &Shopper,
        at: DateTime<Utc>,
        policy: &QuotePolicy,
        scratch: &'b mut Scratch,
    ) -> Result<impl Iterator<Item = &'b Promotion> + use<'b>, QuoteError> {
        let Scratch { units, starts, names, by_sku, states, reached, memo, fits, .. } = scratch;
        take_apart(cart, units, starts, names)?;
        self.begin(cart, units, by_sku, states);
        fits.prepare(cart, &[]);
        let ground =
            Ground { cart, shopper, at, policy, units, starts, by_sku, candidates: &[], words: 1, fits };
        self.index.reach(cart, shopper, memo, reached);
        if let Some(untouched) = states.first() {
            let mut matching = Matching { ground: &ground, untouched, index: &self.index, memo };
            reached.retain(|&slot| {
                let compiled = self.slots.get(slot).and_then(Option::as_deref);
                compiled
                    .is_some_and(|compiled| matching.outlook(compiled, Lines::AsTheyAre) == Outlook::Always)
            });
        }
        self.sort(reached);
        Ok(reached.iter().filter_map(|&slot| self.slots.get(slot)?.as_ref().map(|compiled| &*compiled.rule)))
    }

    /// What a cart costs at a time, and with [`Explain::Full`] why every promotion that was not applied was not.
    ///
    /// Pure: equal input gives an equal quote. The reasons change nothing else of it.
    ///
    /// # Errors
    /// [`QuoteError`] for a cart that means nothing, in the order of its variants.
    pub fn quote(
        &self,
        cart: &Cart,
        shopper: &Shopper,
        at: DateTime<Utc>,
        policy: &QuotePolicy,
        explain: Explain,
        scratch: &mut Scratch,
    ) -> Result<Quote, QuoteError> {
        let mut quote = Quote::empty();
        self.quote_into(cart, shopper, at, policy, explain, scratch, &mut quote)?;
        Ok(quote)
    }

    /// The same into a quote that is there, whatever it holds. With [`Explain::Brief`], a warm scratch and a quote that was
    /// made of a cart of this size before, nothing is allocated.
    ///
    /// # Errors
    /// As [`PromotionBook::quote`]; `into` is left untouched then.
    #[expect(clippy::too_many_arguments, reason = "those of `quote` and where it goes")]
    pub fn quote_into(
        &self,
        cart: &Cart,
        shopper: &Shopper,
        at: DateTime<Utc>,
        policy: &QuotePolicy,
        explain: Explain,
        scratch: &mut Scratch,
        into: &mut Quote,
    ) -> Result<(), QuoteError> {
        let Scratch {
            units,
            starts,
            names,
            by_sku,
            states,
            buffers,
            reached,
            memo,
            fits,
            candidates,
            choice,
            spare,
            search,
        } = scratch;
        take_apart(cart, units, starts, names)?;
        self.begin(cart, units, by_sku, states);
        fits.prepare(cart, &[]);
        let looking =
            Ground { cart, shopper, at, policy, units, starts, by_sku, candidates: &[], words: 1, fits };
        self.index.reach(cart, shopper, memo, reached);
        let possible = &mut into.basis.promotions;
        possible.clear();
        candidates.clear();
        if let Some(untouched) = states.first() {
            let mut matching = Matching { ground: &looking, untouched, index: &self.index, memo };
            let mut is = |slot: u32, lines: Lines| {
                let compiled = self.slots.get(slot).and_then(Option::as_deref);
                compiled.is_some_and(|compiled| matching.outlook(compiled, lines) != Outlook::Never)
            };
            reached.retain(|&slot| is(slot, Lines::MayShrink));
            self.sort(reached);
            for &slot in reached.iter() {
                let Some(compiled) = self.slots.get(slot).and_then(Option::as_ref) else { continue };
                possible.push(compiled.rule.clone());
                // A search pays for every candidate many times over, a walk once.
                if policy.stacking == Stacking::Priority || is(slot, Lines::Stay) {
                    candidates.push(compiled.rule.clone());
                }
            }
        }
        let words = words(candidates);
        fits.prepare(cart, candidates);
        let ground = Ground { cart, shopper, at, policy, units, starts, by_sku, candidates, words, fits };
        states.iter_mut().take(1).for_each(|state| untouched(cart, units, words, state));
        choice.clear();
        let mut chooser = Chooser { ground: &ground, candidates, states, buffers };
        match policy.stacking {
            Stacking::Priority => chooser.by_priority(choice),
            Stacking::Best => chooser.best(choice, search),
        }
        let mut told = Telling { ground: &ground, candidates, choice, states, buffers };
        told.applied(&mut into.applied, spare);
        into.not_applied.clear();
        if explain == Explain::Full {
            told.not_applied(self.rules(), &into.applied, &mut into.not_applied);
        }
        told.quote(into);
        candidates.clear();
        Ok(())
    }

    fn begin(&self, cart: &Cart, units: &[Unit], by_sku: &mut Vec<usize>, states: &mut Vec<State>) {
        if self.distinct {
            sort_by_sku(cart, by_sku);
        }
        if states.is_empty() {
            states.push(State::default());
        }
        states.iter_mut().take(1).for_each(|state| untouched(cart, units, 1, state));
    }

    /// Puts slots, which come in order, into the order of application.
    fn sort(&self, slots: &mut [u32]) {
        if !self.grown {
            return;
        }
        let compiled = |slot: u32| self.slots.get(slot).and_then(Option::as_deref);
        slots.sort_unstable_by(|&a, &b| match (compiled(a), compiled(b)) {
            (Some(a), Some(b)) => rank(&a.rule, &b.rule),
            _ => a.cmp(&b),
        });
    }
}
