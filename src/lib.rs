//! Orders, from *place order* to *case closed*, as pure decisions: no clock, no I/O, no chance.
//!
//! A service brings its own tables, ids, runtime and money; this crate decides what happens to an order, says
//! why, and never loses a cent, a unit or a fact.
//!
//! ```text
//! request ─▶ decide ─┐                ┌─▶ events  ─▶ evolve ─▶ the order as it is now
//! fact ────▶ record ─┼─▶ Decision { ──┼─▶ effects ─▶ your bank, warehouse, mailer
//! time ────▶ wake ───┘                └─▶ reasons ─▶ your people and logs
//! ```
//!
//! A *request* may be refused, and the refusal says what would be accepted. A *fact* has happened: it is taken,
//! and what does not fit is written down as an anomaly with a next step. *Time* is an argument, everywhere.
//!
//! # Getting started
//!
//! ```
//! use order_workflow::order::{
//!     Ask, Fulfilment, Order, OrderEffect, OrderPolicy, OrderStatus, PlacedLine, Placement, Terms,
//!     payment::Method,
//! };
//! use order_workflow::{Currency, Money, OrderId};
//!
//! let euros = |minor| Money::minor(minor, Currency::EUR);
//! let placement = Placement {
//!     lines: vec![PlacedLine {
//!         line: "1".parse()?,
//!         sku: "tea".parse()?,
//!         seller: "shop".parse()?,
//!         units: 2,
//!         list: euros(450),
//!         adjustments: vec![],
//!         tax: vec![],
//!         fulfilment: Fulfilment::PickUp { location: "store-7".parse()? },
//!     }],
//!     charges: vec![],
//!     currency: Currency::EUR,
//!     terms: Terms::Prepaid { pay_by: "2026-06-01T12:00:00Z".parse()? },
//!     customer: "c-1".parse()?,
//!     channel: "web".parse()?,
//!     ship_to: None,
//!     promise: None,
//!     quote: None,
//!     link: None,
//!     notes: Default::default(),
//! };
//! let at = "2026-06-01T10:00:00Z".parse()?;
//! let (mut order, _) = Order::place(OrderId::new("o-1")?, &placement, &OrderPolicy::default(), at)?;
//!
//! // Too much is refused, with what would be accepted; nothing has changed.
//! let tender = |minor| Ask::OpenTender { method: Method::Card, amount: euros(minor) };
//! let refused = order.decide(&tender(1_000).into(), at).unwrap_err();
//! assert_eq!(refused.to_string(), "10.00 EUR is not possible as tender; accepted: 0.01 EUR to 9.00 EUR");
//!
//! // The right amount leads to an effect for the bank.
//! let decision = order.decide(&tender(900).into(), at)?;
//! assert!(matches!(decision.effects[..], [OrderEffect::Authorise { .. }]));
//! order.evolve_all(&decision.events);
//!
//! // Nobody paid: the order wakes at its own deadline and ends by itself.
//! let due = order.next_deadline().ok_or("none")?;
//! let decision = order.wake(due);
//! order.evolve_all(&decision.events);
//! assert_eq!(order.status(), OrderStatus::Cancelled);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The rooms, by question
//!
//! - *What has become of this order, its units and its money?* [`order`], and in it [`order::payment`].
//! - *Is there enough of it, and for whom is it held?* [`reservation`]: stock, coupon uses, budgets and all else that
//!   several callers want at once. [`inventory`]: what that means for a shop.
//! - *What does it cost, and why?* [`promotion`]: which promotions and coupons apply, in the best combination.
//! - *From where does it ship, and when is it there?* [`sourcing`]: the best locations, proven, and the promise.
//! - *Can it be placed as it stands?* [`checkout`]: every problem at once.
//! - *The ground:* [`money`] (exact, in minor units), [`id`] (a type a noun), [`geo`] (countries, addresses,
//!   what an order carries of them), [`calendar`] (zones and local times), [`decision`] (what every decision
//!   is made of).
//!
//! Each room works alone, with the ground and nothing else (`inventory` speaks of reservations). The feature `testkit`
//! adds the suites that tell whether a store of yours keeps its promises.
//!
//! # What it never does
//!
//! It reads no clock, draws no number, does no I/O, panics on no input, and depends on no hash order: the same
//! input gives the same answer on every machine. It keeps no personal data: parties and addresses are
//! references, the host's vault holds the rest.

pub mod calendar;
pub mod checkout;
pub mod decision;
pub mod geo;
pub mod id;
pub mod inventory;
pub mod money;
pub mod order;
pub mod promotion;
pub mod reservation;
pub mod sourcing;
#[cfg(feature = "testkit")]
pub mod testkit;

pub use crate::decision::{Decision, Source, Version};
pub use crate::id::{LineId, OrderId, Sku};
pub use crate::money::{Currency, Money, MoneyError};

/// What the README promises must compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
