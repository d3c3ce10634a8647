//! Ids: one type per noun over a short opaque text, so that an order's id is never taken for a customer's.
//!
//! An id is wrapped from what the host uses ([`OrderId::new`], `From<u64>`, `From<Uuid>`); the crate draws
//! none. A child's id is derived from its parent and a number ([`ParcelId::of`]), so that a retry names the
//! same child: an effect's id is its idempotency key. Texts of up to 38 bytes (a UUID has 36) are kept
//! inline, longer ones are shared: cloning never allocates.
//!
//! **Invariant:** an id is never empty, never longer than its noun allows (64 bytes; 128 for children and
//! references) and prints on one line. Two ids are equal exactly if their bytes are.

mod child;
mod command;
mod error;
mod noun;
mod rule;
mod text;

pub use self::child::{EffectId, IntentId, ParcelId, ReservationId, ReturnId};
pub use self::command::CommandId;
pub use self::error::IdError;
pub use self::noun::{
    AddressRef, BudgetId, ChannelId, CouponId, CustomerId, FunderId, InboundId, LimitId, LineId, LocationId,
    LotId, OpId, OrderId, PromotionId, QuoteRef, Reference, SellerId, Sku, SubjectId, SystemId, TicketId,
};
