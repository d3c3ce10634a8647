use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Paid, PaymentFact};
use crate::{
    decision::Source,
    id::OrderId,
    money::Money,
    order::{Anomaly, AnomalyKind, NextStep, Subject},
};

/// Money for an order that the host does not have: a value the host keeps until the money has an order or is
/// back where it came from. Nothing of it is ever lost, and nothing counts for another order by itself.
///
/// ```
/// # use order_workflow::{decision::Source, id::{IntentId, OrderId}, money::{Currency, Money}};
/// # use order_workflow::order::{NextStep, payment::{Paid, PaymentFact, Unmatched}};
/// # let at = "2026-06-01T10:00:00Z".parse()?;
/// let order = OrderId::new("o-9")?;
/// let fact = PaymentFact {
///     intent: IntentId::of(&order, 1),
///     what: Paid::Captured { amount: Money::minor(10_000, Currency::EUR), last: true },
/// };
/// let source = Source { system: "bank".parse()?, reference: "g-1".parse()?, occurred_at: at };
/// let mut parked = Unmatched::default();
/// assert_eq!(parked.park(order.clone(), &fact, &source, at).next, NextStep::ParkUnmatched);
/// assert_eq!(parked.park(order, &fact, &source, at).next, NextStep::Ignore); // the same callback again
/// assert_eq!(parked.held(), [Money::minor(10_000, Currency::EUR)]);
/// parked.give_back(&source);
/// assert_eq!(parked.held(), [Money::minor(0, Currency::EUR)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unmatched {
    /// What was parked, oldest first.
    pub entries: Vec<Parked>,
}

/// One payment fact without an order.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parked {
    /// The order that it names.
    pub order: OrderId,
    /// What it says.
    pub fact: PaymentFact,
    /// Who said so.
    pub source: Source,
    /// When it was parked.
    pub parked_at: DateTime<Utc>,
    /// What became of it.
    pub fate: Fate,
}

/// What became of money without an order.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fate {
    /// It waits.
    Held,
    /// It went back where it came from.
    GivenBack,
    /// It was recorded on this order, under the same source.
    Assigned {
        /// Which.
        order: OrderId,
    },
}

impl Unmatched {
    /// Parks a fact; a repeat of its source changes nothing and says so.
    pub fn park(
        &mut self,
        order: OrderId,
        fact: &PaymentFact,
        source: &Source,
        at: DateTime<Utc>,
    ) -> Anomaly {
        let about = Subject::Intent { intent: fact.intent.clone() };
        if self.seen(source) {
            return Anomaly::new(AnomalyKind::DuplicateCallback, NextStep::Ignore, about);
        }
        let (fact, source) = (fact.clone(), source.clone());
        let amount = fact.what.amount();
        self.entries.push(Parked { order, fact, source, parked_at: at, fate: Fate::Held });
        Anomaly { amount, ..Anomaly::new(AnomalyKind::UnknownOrder, NextStep::ParkUnmatched, about) }
    }

    /// Whether this source was parked before.
    pub fn seen(&self, source: &Source) -> bool {
        self.entries.iter().any(|entry| is_of(entry, source))
    }

    /// Notes that the money of this source went back; `false` if it is not here or not held.
    pub fn give_back(&mut self, source: &Source) -> bool {
        self.settle(source, Fate::GivenBack)
    }

    /// Notes that the fact was recorded on `order` after all; `false` if it is not here or not held.
    pub fn assign(&mut self, source: &Source, order: OrderId) -> bool {
        self.settle(source, Fate::Assigned { order })
    }

    /// Captured money that still waits, one sum per currency in order of first appearance. A sum that does
    /// not fit is left at what it was; single facts are never lost.
    pub fn held(&self) -> Vec<Money> {
        self.sums(|entry| entry.fate == Fate::Held)
    }

    /// Captured money that was ever parked, whatever became of it.
    pub fn received(&self) -> Vec<Money> {
        self.sums(|_| true)
    }

    fn settle(&mut self, source: &Source, fate: Fate) -> bool {
        let held = |entry: &&mut Parked| entry.fate == Fate::Held && is_of(entry, source);
        self.entries.iter_mut().find(held).map(|entry| entry.fate = fate).is_some()
    }

    fn sums(&self, keep: impl Fn(&Parked) -> bool) -> Vec<Money> {
        let mut sums: Vec<Money> = Vec::new();
        for entry in &self.entries {
            let Paid::Captured { amount, .. } = entry.fact.what else { continue };
            let found = sums.iter().position(|sum| sum.currency() == amount.currency());
            let place = found.unwrap_or(sums.len());
            if found.is_none() {
                sums.push(Money::zero(amount.currency()));
            }
            if let Some(sum) = sums.get_mut(place).filter(|_| keep(entry)) {
                *sum = sum.checked_add(amount).unwrap_or(*sum);
            }
        }
        sums
    }
}

fn is_of(entry: &Parked, source: &Source) -> bool {
    entry.source.system == source.system && entry.source.reference == source.reference
}
