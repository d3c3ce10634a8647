//! What can be asked of a store.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::id::{BudgetId, OpId, ReservationId};
use crate::reservation::{List, Pool, Refusal};
use crate::{Currency, Money};

/// The most legs or parts of one command, and the most pools of one reservation. Beyond it a command is refused before
/// a store looks at anything, so that none holds a store's locks for long.
pub const LEGS_MAX: usize = 1_000;

/// One pool's share of what a reserve asks for.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leg {
    /// Where from.
    pub pool: Pool,
    /// How many units are wanted; minor units of a budget.
    pub units: i64,
    /// With how few the caller is content: `units` for all or nothing, zero for what there is.
    pub at_least: i64,
    /// Makes the pool with this limit if there is none yet; the limit of a pool that is there wins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_if_new: Option<i64>,
}

impl Leg {
    /// All of `units`, from a pool that is there.
    pub fn all(pool: Pool, units: i64) -> Leg {
        Leg { pool, units, at_least: units, limit_if_new: None }
    }

    /// As many of `units` as there are.
    pub fn up_to(pool: Pool, units: i64) -> Leg {
        Leg { at_least: 0, ..Leg::all(pool, units) }
    }

    /// The same leg, making the pool with `limit` on first touch.
    #[must_use]
    pub fn with_limit_if_new(self, limit: i64) -> Leg {
        Leg { limit_if_new: Some(limit), ..self }
    }

    /// All of `amount` from a budget, whose currency is that of the amount.
    ///
    /// # Errors
    /// [`Refusal::WrongCurrency`] if the budget is kept in `budget_currency` and the amount is not.
    pub fn money(budget: BudgetId, budget_currency: Currency, amount: Money) -> Result<Leg, Refusal> {
        if amount.currency() != budget_currency {
            return Err(Refusal::WrongCurrency { budget, accepted: budget_currency, amount });
        }
        Ok(Leg::all(Pool::Budget { budget, currency: budget_currency }, amount.minor_units()))
    }
}

/// Units of one pool.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Of which pool.
    pub pool: Pool,
    /// How many, at least one.
    pub units: i64,
}

impl Part {
    /// `units` of `pool`.
    pub fn new(pool: Pool, units: i64) -> Part {
        Part { pool, units }
    }
}

/// One command: what to do, and the id under which it is done once.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Command {
    /// The idempotency key: the same op gets the same answer, a refusal too.
    pub op: OpId,
    /// What to do.
    pub act: Act,
}

/// What a command does, to all its pools or to none.
///
/// Exhaustive on purpose: a new one must stop a stale store's build.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// Holds units under a new name.
    Reserve {
        /// The name. One that ever held is not taken again: a new try takes a new name.
        reservation: ReservationId,
        /// What to hold; legs on one pool are summed.
        legs: Vec<Leg>,
        /// From then on the units count as available again; `None`: never. It must lie ahead of the caller's clock and
        /// of those of the pools: a host whose clock is behind by more than the hold is told so
        /// ([`Refusal::Past`] names the moment), and tries again with a later end under a new op.
        until: Option<DateTime<Utc>>,
    },
    /// Gives a hold another end, later or sooner.
    Extend {
        /// The hold.
        reservation: ReservationId,
        /// Its new end.
        until: DateTime<Utc>,
    },
    /// Makes a hold last until it is used or released. Repeated, it changes nothing.
    Confirm {
        /// The hold.
        reservation: ReservationId,
    },
    /// Consumes what is held: ships stock, redeems a coupon, spends a budget. Needs no confirm before.
    Use {
        /// The hold.
        reservation: ReservationId,
        /// What of it; `None`: the rest.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parts: Option<Vec<Part>>,
    },
    /// Makes what is held available again.
    Release {
        /// The hold.
        reservation: ReservationId,
        /// What of it; `None`: the rest.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parts: Option<Vec<Part>>,
    },
    /// Makes what was used available again, at most what this reservation used; also long after it ended.
    GiveBack {
        /// Which used it.
        reservation: ReservationId,
        /// What of it.
        parts: Vec<Part>,
    },
    /// Takes a hold from some pools to others; what it gives up is available to its own new legs. Giving up nothing,
    /// it grows.
    Move {
        /// The hold.
        reservation: ReservationId,
        /// What it gives up, if anything.
        from: Vec<Part>,
        /// What it takes instead.
        to: Vec<Leg>,
    },
    /// Gives a part of a hold a name of its own, with the same end.
    Split {
        /// The hold.
        reservation: ReservationId,
        /// The new name.
        into: ReservationId,
        /// What goes with it; something must stay.
        parts: Vec<Part>,
    },
    /// Adds to a pool's limit or takes from it; adding makes the pool.
    Supply {
        /// Which pool.
        pool: Pool,
        /// By how many units, not zero.
        delta: i64,
        /// What a decrease must leave.
        guard: Guard,
    },
    /// Takes units from one pool's limit to another's; makes the other.
    Transfer {
        /// Where from.
        from: Pool,
        /// Where to.
        to: Pool,
        /// How many.
        units: i64,
        /// How many beyond the reserved ones must stay. The floor is not looked at: it says what may be sold, this
        /// says what may leave (so goods can be taken off a closed shelf).
        keep: i64,
    },
    /// Sets a pool's limit; makes the pool.
    SetLimit {
        /// Which pool.
        pool: Pool,
        /// The new limit, not negative.
        limit: i64,
    },
    /// Sets what of a pool must stay: safety stock, or below zero what may be sold before it is there.
    SetFloor {
        /// Which pool.
        pool: Pool,
        /// The new floor; `None`: no lower bound, everything can be had.
        floor: Option<i64>,
    },
    /// Sets what is on hand to what was counted; makes the pool.
    Count {
        /// Which pool.
        pool: Pool,
        /// How many there are, reserved ones included.
        counted: i64,
    },
}

/// What a decrease of a pool must leave.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Guard {
    /// Nothing: what is reserved may become uncovered, and the answer says how much.
    Never,
    /// What is reserved: a decrease below that is refused.
    KeepReserved,
}

impl Act {
    /// The variant as the wire form names it.
    pub const fn kind(&self) -> &'static str {
        match self {
            Act::Reserve { .. } => "reserve",
            Act::Extend { .. } => "extend",
            Act::Confirm { .. } => "confirm",
            Act::Use { .. } => "use",
            Act::Release { .. } => "release",
            Act::GiveBack { .. } => "give_back",
            Act::Move { .. } => "move",
            Act::Split { .. } => "split",
            Act::Supply { .. } => "supply",
            Act::Transfer { .. } => "transfer",
            Act::SetLimit { .. } => "set_limit",
            Act::SetFloor { .. } => "set_floor",
            Act::Count { .. } => "count",
        }
    }

    /// The reservations that it names: the one it acts on, then the one it makes by a split.
    pub fn reservations(&self) -> impl Iterator<Item = &ReservationId> {
        let (first, second) = match self {
            Act::Reserve { reservation, .. }
            | Act::Extend { reservation, .. }
            | Act::Confirm { reservation }
            | Act::Use { reservation, .. }
            | Act::Release { reservation, .. }
            | Act::GiveBack { reservation, .. }
            | Act::Move { reservation, .. } => (Some(reservation), None),
            Act::Split { reservation, into, .. } => (Some(reservation), Some(into)),
            Act::Supply { .. }
            | Act::Transfer { .. }
            | Act::SetLimit { .. }
            | Act::SetFloor { .. }
            | Act::Count { .. } => (None, None),
        };
        first.into_iter().chain(second)
    }

    /// The pools that it names, as written: repeats and all. A store loads these and those that its reservations
    /// hold.
    pub fn pools(&self) -> impl Iterator<Item = &Pool> {
        let none: (&[Leg], &[Part], [Option<&Pool>; 2]) = (&[], &[], [None, None]);
        let (legs, parts, named) = match self {
            Act::Reserve { legs, .. } => (&legs[..], none.1, none.2),
            Act::Extend { .. } | Act::Confirm { .. } => none,
            Act::Use { parts, .. } | Act::Release { parts, .. } => {
                (none.0, parts.as_deref().unwrap_or_default(), none.2)
            }
            Act::GiveBack { parts, .. } | Act::Split { parts, .. } => (none.0, &parts[..], none.2),
            Act::Move { from, to, .. } => (&to[..], &from[..], none.2),
            Act::Supply { pool, .. }
            | Act::SetLimit { pool, .. }
            | Act::SetFloor { pool, .. }
            | Act::Count { pool, .. } => (none.0, none.1, [Some(pool), None]),
            Act::Transfer { from, to, .. } => (none.0, none.1, [Some(from), Some(to)]),
        };
        let legs = legs.iter().map(|leg| &leg.pool);
        legs.chain(parts.iter().map(|part| &part.pool)).chain(named.into_iter().flatten())
    }
}

/// What a command says, in sixteen bytes: how a store tells a repeat from another command under the same op.
///
/// A name-based UUID (version 5, RFC 9562) over an injective encoding of the act, equal on every machine.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(pub Uuid);

/// The name space of the digests: a constant drawn once.
const DIGESTS: Uuid = Uuid::from_u128(0x6f1c_2a57_93be_4d08_8e24_b0d5_71ca_93f2);

impl Command {
    /// The digest of its act; the op is no part of it.
    pub fn digest(&self) -> Digest {
        let mut bytes = Vec::with_capacity(128);
        self.act.write(&mut bytes);
        Digest(Uuid::new_v5(&DIGESTS, &bytes))
    }
}

impl Act {
    /// Refuses a list that is too long. What a command says alone decides, so stores look at it before anything else
    /// and remember nothing.
    ///
    /// # Errors
    /// [`Refusal::TooMany`] with the first list beyond [`LEGS_MAX`].
    pub fn sized(&self) -> Result<(), Refusal> {
        let lists = match self {
            Act::Reserve { legs, .. } => [(List::Legs, legs.len()), (List::Parts, 0)],
            Act::Use { parts, .. } | Act::Release { parts, .. } => {
                [(List::Legs, 0), (List::Parts, parts.as_ref().map_or(0, Vec::len))]
            }
            Act::GiveBack { parts, .. } | Act::Split { parts, .. } => {
                [(List::Legs, 0), (List::Parts, parts.len())]
            }
            Act::Move { from, to, .. } => [(List::From, from.len()), (List::To, to.len())],
            Act::Extend { .. }
            | Act::Confirm { .. }
            | Act::Supply { .. }
            | Act::Transfer { .. }
            | Act::SetLimit { .. }
            | Act::SetFloor { .. }
            | Act::Count { .. } => return Ok(()),
        };
        match lists.into_iter().find(|(_, given)| *given > LEGS_MAX) {
            Some((list, given)) => Err(Refusal::TooMany { list, given: given as u64 }),
            None => Ok(()),
        }
    }

    /// Appends an injective encoding: a number before every list and field that may be absent.
    fn write(&self, out: &mut Vec<u8>) {
        text(out, self.kind());
        for reservation in self.reservations() {
            text(out, reservation.as_str());
        }
        match self {
            Act::Reserve { legs, until, .. } => {
                write_legs(out, legs);
                number_or_none(out, until.map(|until| until.timestamp_micros()));
            }
            Act::Extend { until, .. } => number(out, until.timestamp_micros()),
            Act::Confirm { .. } => {}
            Act::Use { parts, .. } | Act::Release { parts, .. } => match parts {
                None => out.push(0),
                Some(parts) => {
                    out.push(1);
                    write_parts(out, parts);
                }
            },
            Act::GiveBack { parts, .. } | Act::Split { parts, .. } => write_parts(out, parts),
            Act::Move { from, to, .. } => {
                write_parts(out, from);
                write_legs(out, to);
            }
            Act::Supply { pool, delta, guard } => {
                key(out, pool);
                number(out, *delta);
                out.push(u8::from(*guard == Guard::KeepReserved));
            }
            Act::Transfer { from, to, units, keep } => {
                key(out, from);
                key(out, to);
                number(out, *units);
                number(out, *keep);
            }
            Act::SetLimit { pool, limit: number_set } | Act::Count { pool, counted: number_set } => {
                key(out, pool);
                number(out, *number_set);
            }
            Act::SetFloor { pool, floor } => {
                key(out, pool);
                number_or_none(out, *floor);
            }
        }
    }
}

fn write_legs(out: &mut Vec<u8>, legs: &[Leg]) {
    count(out, legs.len());
    for leg in legs {
        key(out, &leg.pool);
        number(out, leg.units);
        number(out, leg.at_least);
        number_or_none(out, leg.limit_if_new);
    }
}

fn write_parts(out: &mut Vec<u8>, parts: &[Part]) {
    count(out, parts.len());
    for part in parts {
        key(out, &part.pool);
        number(out, part.units);
    }
}

fn key(out: &mut Vec<u8>, pool: &Pool) {
    pool.write_key(&mut |part| out.extend_from_slice(part));
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend(text.as_bytes());
    out.push(0);
}

fn count(out: &mut Vec<u8>, items: usize) {
    out.extend((items as u64).to_be_bytes());
}

fn number(out: &mut Vec<u8>, value: i64) {
    out.extend(value.to_be_bytes());
}

fn number_or_none(out: &mut Vec<u8>, value: Option<i64>) {
    match value {
        None => out.push(0),
        Some(value) => {
            out.push(1);
            number(out, value);
        }
    }
}
