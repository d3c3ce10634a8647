//! Conditions that a host adds.

use chrono::{DateTime, Utc};

use crate::promotion::{Cart, Shopper};

/// A condition that this crate does not know: the weather, a raffle, a call to a score.
///
/// Promotions name it ([`Condition::Host`](crate::promotion::Condition)). It is asked once before a quote
/// ([`Shopper::asked`]) and its answer is a part of the quote, so that the quote stays a snapshot: a return is worked out
/// with what was answered, not asked again. One that was not asked does not hold, so that `not` of it does: ask all of
/// them before every quote.
///
/// ```
/// use order_workflow::decision::Explain;
/// use order_workflow::promotion::*;
/// # use order_workflow::{Currency, Money};
/// use chrono::{DateTime, Utc};
///
/// struct HalfFull;
///
/// impl HostCondition for HalfFull {
///     fn name(&self) -> &str { "half-full" }
///     fn holds(&self, cart: &Cart, _: &Shopper, _: DateTime<Utc>) -> bool { cart.lines.len() >= 2 }
/// }
///
/// # let euros = |minor| Money::minor(minor, Currency::EUR);
/// # let line = |name: &str| CartLine::new(name.parse().unwrap(), name.parse().unwrap(), 1, euros(900));
/// # let cart = Cart {
/// #     currency: Currency::EUR, lines: vec![line("mug"), line("pot")],
/// #     channel: None, payment_method: None, codes: vec![], shipping: vec![], gift_stock: Default::default(),
/// # };
/// # let at: DateTime<Utc> = "2026-06-01T10:00:00Z".parse()?;
/// let off = presets::percent_off("full-cart".parse()?, Filter::all(), 10.into())
///     .with_when(Condition::Host { name: "half-full".to_owned() });
/// let book = PromotionBook::compile([off]).map_err(|all| all[0].clone())?;
/// let shopper = Shopper::default().asked(&[&HalfFull], &cart, at);
/// let quote = book.quote(&cart, &shopper, at, &QuotePolicy::default(), Explain::Brief, &mut Scratch::new())?;
/// assert_eq!(quote.total, euros(1_620));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait HostCondition {
    /// Under which promotions ask for it.
    fn name(&self) -> &str;

    /// Whether it holds. The shopper has the answers of those asked before.
    fn holds(&self, cart: &Cart, shopper: &Shopper, at: DateTime<Utc>) -> bool;
}

impl Shopper {
    /// The same with the answers of the host's own conditions, asked in this order; an earlier answer of the same name is
    /// replaced.
    #[must_use]
    pub fn asked(mut self, conditions: &[&dyn HostCondition], cart: &Cart, at: DateTime<Utc>) -> Shopper {
        for condition in conditions {
            let holds = condition.holds(cart, &self, at);
            self.answers.insert(condition.name().to_owned(), holds);
        }
        self
    }
}
