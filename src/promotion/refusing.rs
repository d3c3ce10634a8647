//! Why every promotion that was not applied was not, and which ones stand in its way.

use std::sync::Arc;

use crate::promotion::give::give;
use crate::promotion::matching::Compiled;
use crate::promotion::state::State;
use crate::promotion::telling::Telling;
use crate::promotion::{
    Applied, Beaten, Condition, Exclusion, NotApplied, Promotion, PromotionReason, Stacking,
};

impl Telling<'_, '_> {
    /// Every promotion that was not applied, judged at its turn.
    pub fn not_applied<'r>(
        &mut self,
        rules: impl Iterator<Item = &'r Compiled>,
        applied: &[Applied],
        into: &mut Vec<NotApplied>,
    ) {
        self.begin();
        let chosen: Vec<Arc<Promotion>> = self.chosen().cloned().collect();
        let mut done = 0; // so many of the chosen came before
        for Compiled { rule, currency, .. } in rules {
            if chosen.get(done).is_some_and(|next| next.promotion == rule.promotion) {
                if !self.choice.alone {
                    self.apply(done, rule);
                }
                done += 1;
                continue;
            }
            let mut by = vec![];
            let why = match currency {
                Some(currency) if *currency != self.ground.cart.currency => {
                    PromotionReason::OtherCurrency { currency: *currency }
                }
                _ => self.why(rule, &chosen, done, &mut by),
            };
            let beaten_by = by.into_iter().filter_map(|place| self.beaten(applied.get(place)?)).collect();
            into.push(NotApplied {
                promotion: rule.promotion.clone(),
                version: rule.version,
                why,
                beaten_by,
            });
        }
        // The second state is again what all of them make of the cart.
        self.begin();
        for (nth, rule) in chosen.iter().enumerate() {
            self.apply(nth, rule);
        }
    }

    fn beaten(&self, by: &Applied) -> Option<Beaten> {
        let value = by.discount.checked_add(by.shipping).ok()?;
        Some(Beaten { promotion: by.promotion.clone(), value })
    }

    /// Why, and which of the chosen stand in its way.
    fn why(
        &mut self,
        rule: &Arc<Promotion>,
        chosen: &[Arc<Promotion>],
        done: usize,
        by: &mut Vec<usize>,
    ) -> PromotionReason {
        let Some(state) = self.states.get(1) else { return PromotionReason::NoEffect };
        if let Some(unmet) = self.ground.unmet(rule, state) {
            return unmet;
        }
        if let Some(exclusion) = self.excluded(rule, chosen, done, by) {
            return PromotionReason::Excluded { by: exclusion };
        }
        if !give(self.ground, rule, state, None, self.buffers) {
            let own = self.ground.claims(rule);
            let takes = |one: &Arc<Promotion>| self.ground.claims(one).meet(own);
            let mut freed = State::default();
            freed.copy_from(state);
            freed.claimed.fill(0);
            if give(self.ground, rule, &freed, None, self.buffers) {
                by.extend(
                    chosen.iter().take(done).enumerate().filter(|(_, one)| takes(one)).map(|one| one.0),
                );
            }
            return PromotionReason::NoEffect;
        }
        // Added to the others, at its turn.
        let mut with_it = State::default();
        let mut without = State::default();
        with_it.copy_from(state);
        without.copy_from(state);
        with_it.apply(self.ground, rule, self.buffers);
        for (place, later) in chosen.iter().enumerate().skip(done) {
            let before = (with_it.value, without.value);
            for state in [&mut with_it, &mut without] {
                let shown = self.choice.shown(place);
                if self.ground.holds(later, state) && give(self.ground, later, state, shown, self.buffers) {
                    state.apply(self.ground, later, self.buffers);
                }
            }
            if with_it.value - before.0 < without.value - before.1 {
                by.push(place);
            }
        }
        PromotionReason::NotChosen {
            chosen: self.money(self.choice.value),
            with_it: self.money(with_it.value),
        }
    }

    fn excluded(
        &self,
        rule: &Promotion,
        chosen: &[Arc<Promotion>],
        done: usize,
        by: &mut Vec<usize>,
    ) -> Option<Exclusion> {
        let best = self.ground.policy.stacking == Stacking::Best;
        let barring = || {
            let all = chosen.iter().enumerate();
            all.filter(move |(place, _)| best || *place < done)
        };
        if let Some((place, exclusive)) = chosen.iter().enumerate().find(|(_, one)| one.exclusive) {
            by.push(place);
            return Some(Exclusion::Exclusive { promotion: exclusive.promotion.clone() });
        }
        if let Some(group) = &rule.group
            && let Some((place, one)) = barring().find(|(_, one)| one.group.as_ref() == Some(group))
        {
            by.push(place);
            return Some(Exclusion::Group { group: group.clone(), promotion: one.promotion.clone() });
        }
        if !rule.exclusive {
            by.extend(barring().filter(|(_, one)| rule.bars(one)).map(|(place, _)| place));
            if let Some(one) = by.first().and_then(|&place| chosen.get(place)) {
                return Some(Exclusion::NotWith { promotion: one.promotion.clone() });
            }
        }
        if let Some((place, one)) =
            chosen.iter().take(done).enumerate().find(|(_, one)| one.stop_after && !best)
        {
            by.push(place);
            return Some(Exclusion::StopAfter { promotion: one.promotion.clone() });
        }
        (rule.exclusive && !chosen.is_empty()).then(|| {
            by.extend(0..chosen.len());
            Exclusion::NotAlone
        })
    }
}

/// Whether a promotion's condition asks for a coupon.
pub(super) fn needs_coupon(rule: &Promotion) -> bool {
    fn asks(condition: &Condition) -> bool {
        match condition {
            Condition::All { of } | Condition::Any { of } => of.iter().any(asks),
            Condition::Coupon => true,
            _ => false,
        }
    }
    rule.when.as_ref().is_some_and(asks)
}
