//! The answer of an aggregate.

use serde::{Deserialize, Serialize};

/// What an aggregate answers to a request, a fact or a wake-up. Each has its own kinds of all three.
///
/// Nothing has happened yet: the caller applies the `events` (and stores them, or the state that they lead to)
/// and carries out the `effects`, both or neither.
///
/// ```
/// use order_workflow::Decision;
///
/// let mut decision: Decision<&str, (), &str> = Decision::none();
/// assert!(decision.is_empty());
/// decision.reasons.push("nothing was due");
/// assert!(decision.is_empty()); // a reason changes nothing
/// decision.events.push("confirmed");
/// assert!(!decision.is_empty());
/// ```
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Decision<E, F, R> {
    /// What happens to the aggregate, in this order.
    pub events: Vec<E>,
    /// What others are asked to do, in this order.
    pub effects: Vec<F>,
    /// Why.
    pub reasons: Vec<R>,
}

impl<E, F, R> Decision<E, F, R> {
    /// Nothing happens, for no reason given. Does not allocate.
    pub const fn none() -> Self {
        Decision { events: Vec::new(), effects: Vec::new(), reasons: Vec::new() }
    }

    /// Empties all three and keeps their memory, so that a caller can decide into it again.
    pub fn clear(&mut self) {
        self.events.clear();
        self.effects.clear();
        self.reasons.clear();
    }

    /// Whether nothing happens: no event and no effect. Reasons do not count, a refusal to act may have some.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty() && self.effects.is_empty()
    }
}

impl<E, F, R> Default for Decision<E, F, R> {
    fn default() -> Self {
        Decision::none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_of_anything_has_a_default() {
        struct Bare; // neither Default nor Clone
        assert!(Decision::<Bare, Bare, Bare>::default().is_empty());
    }

    #[test]
    fn clearing_keeps_the_memory() {
        let mut decision = Decision { events: vec![1], effects: vec![2], reasons: vec![3] };
        let kept = decision.events.capacity();
        decision.clear();
        assert_eq!(decision, Decision::none());
        assert_eq!(decision.events.capacity(), kept);
    }

    #[test]
    fn an_effect_alone_is_something() {
        assert!(
            !Decision { events: Vec::<()>::new(), effects: vec![()], reasons: Vec::<()>::new() }.is_empty()
        );
    }
}
