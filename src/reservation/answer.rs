//! What a store answers.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::id::{BudgetId, OpId, ReservationId};
use crate::reservation::command::LEGS_MAX;
use crate::reservation::{Part, Pool, Reserved};
use crate::{Currency, Money};

/// The answer to one command: it was carried out, or nothing has changed and the refusal says why.
pub type Answer = Result<Outcome, Refusal>;

/// What a command that was carried out did.
///
/// Exhaustive on purpose.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Outcome {
    /// Units are held.
    Reserved {
        /// Until when. A caller that gets this answer again later sees whether it is stale.
        until: Option<DateTime<Utc>>,
        /// What a partial leg did not get, by pool in key order; empty if everything is held.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        short: Vec<Part>,
    },
    /// The hold has a new end.
    Extended {
        /// Which.
        until: DateTime<Utc>,
    },
    /// The hold lasts.
    Confirmed,
    /// Units were used.
    Used {
        /// Whether nothing is held any more.
        ended: bool,
    },
    /// Units are available again.
    Released {
        /// Whether nothing is held any more.
        ended: bool,
    },
    /// Used units are available again.
    GivenBack,
    /// The hold lies elsewhere.
    Moved {
        /// What a partial leg did not get, by pool in key order.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        short: Vec<Part>,
    },
    /// A part of the hold has its own name.
    Split,
    /// A pool's numbers were set.
    Set {
        /// How many reserved units the pool can no longer cover, floor included; zero if all.
        uncovered: i64,
    },
    /// Units lie in the other pool.
    Transferred,
}

/// How a reservation ended: with its last unit.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// Its time ran out.
    Lapsed,
    /// It was released.
    Released,
    /// It was used.
    Used,
}

impl How {
    const fn word(self) -> &'static str {
        match self {
            How::Lapsed => "lapsed",
            How::Released => "released",
            How::Used => "used",
        }
    }
}

/// A pool that has too little.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Short {
    /// Which.
    pub pool: Pool,
    /// How many units it had to give, its legs summed.
    pub wanted: i64,
    /// How many it could.
    pub available: i64,
}

/// Why a command was refused. Nothing has changed.
///
/// When several apply, the first in this order is given: a list that is too long ([`TooMany`](Self::TooMany)); the op
/// ([`IdReused`](Self::IdReused)); the reservation that
/// is acted on ([`UnknownReservation`](Self::UnknownReservation), [`Ended`](Self::Ended)); what the command says
/// (variants from [`Empty`](Self::Empty) to [`NotAlike`](Self::NotAlike)), in the order in which it is written; the
/// pools ([`UnknownPool`](Self::UnknownPool)), in key order; a new name ([`Exists`](Self::Exists)) and a new end
/// ([`Past`](Self::Past)); the numbers: what the reservation has, then what the pools have, each in key order.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Refusal {
    /// The op was used for another command.
    #[error("op `{op}` was used for another command; accepted: the same command again, or a new op")]
    IdReused {
        /// The op.
        op: OpId,
    },
    /// No reservation has this name.
    #[error("no reservation is named `{reservation}`; accepted: one that was reserved before")]
    UnknownReservation {
        /// The name.
        reservation: ReservationId,
    },
    /// Nothing is held under this name any more.
    #[error("reservation `{reservation}` has {word}; accepted: reserve anew under another name", word = how.word())]
    Ended {
        /// The name.
        reservation: ReservationId,
        /// How it ended.
        how: How,
    },
    /// The hold was confirmed and has no end that could be moved.
    #[error("reservation `{reservation}` is confirmed and has no end; accepted: use or release")]
    IsConfirmed {
        /// The name.
        reservation: ReservationId,
    },
    /// The command names no legs or parts.
    #[error("{list} is empty; accepted: 1 to {max}", max = LEGS_MAX)]
    Empty {
        /// Which list.
        list: List,
    },
    /// The command names too many legs or parts.
    #[error("{list} has {given}; accepted: 1 to {max}", max = LEGS_MAX)]
    TooMany {
        /// Which list.
        list: List,
        /// How many it names.
        given: u64,
    },
    /// A number of units is zero, or below where it must not be.
    #[error("{units} units of the {pool}; accepted: 1 or more")]
    NotPositive {
        /// Of which pool.
        pool: Pool,
        /// How many.
        units: i64,
    },
    /// A leg is content with less than nothing or more than it asks for.
    #[error("at least {at_least} of {units} units of the {pool}; accepted: 0 to {units}")]
    AtLeast {
        /// Of which pool.
        pool: Pool,
        /// How many are asked for.
        units: i64,
        /// With how few the leg is content.
        at_least: i64,
    },
    /// A limit, a count or what a transfer must keep is below zero.
    #[error("{given} for the {pool}; accepted: 0 or more")]
    Negative {
        /// For which pool.
        pool: Pool,
        /// What was given.
        given: i64,
    },
    /// The sums pass what 64 bits hold.
    #[error("{units} units more for the {pool} pass what a pool can count; accepted: less")]
    Overflow {
        /// Which pool.
        pool: Pool,
        /// What was to be added.
        units: i64,
    },
    /// An amount is not in the budget's currency.
    #[error("{amount} from budget `{budget}`; accepted: amounts in {accepted}")]
    WrongCurrency {
        /// The budget.
        budget: BudgetId,
        /// Its currency.
        accepted: Currency,
        /// The amount.
        amount: Money,
    },
    /// Units of the one pool are no units of the other.
    #[error("the {from} and the {to} do not hold the same; accepted: another pool of like units")]
    NotAlike {
        /// Where from.
        from: Pool,
        /// Where to.
        to: Box<Pool>,
    },
    /// The store can not change these pools in one step.
    #[error("the {first} and the {second} lie in different shards; accepted: one command a shard")]
    Apart {
        /// A pool.
        first: Pool,
        /// One of another shard.
        second: Box<Pool>,
    },
    /// Nobody supplied the pool.
    #[error("there is no {pool}; accepted: a pool that was supplied, or a leg with `limit_if_new`")]
    UnknownPool {
        /// Which.
        pool: Pool,
    },
    /// The name has held before.
    #[error("reservation `{reservation}` exists; accepted: another name for another try")]
    Exists {
        /// The name.
        reservation: ReservationId,
        /// What is there, as of now.
        there: Box<Reserved>,
    },
    /// A hold would end before it begins.
    #[error("held until {until}, asked at {now}; accepted: later than that")]
    Past {
        /// The end asked for.
        until: DateTime<Utc>,
        /// The later of the caller's clock and those of the pools.
        now: DateTime<Utc>,
    },
    /// A pool has too little, or a partial reserve would hold nothing at all.
    #[error("{wanted} wanted of the {pool}; available: {available}{}", and_more(more))]
    Insufficient {
        /// The first such pool in key order.
        pool: Pool,
        /// How many units were wanted of it.
        wanted: i64,
        /// How many it could give.
        available: i64,
        /// The others.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        more: Vec<Short>,
    },
    /// The reservation holds less than that.
    #[error("{wanted} units of the {pool}; held: {held}")]
    MoreThanHeld {
        /// Of which pool.
        pool: Pool,
        /// How many were asked for.
        wanted: i64,
        /// How many it holds.
        held: i64,
    },
    /// The reservation used less than that.
    #[error("{wanted} units of the {pool} to give back; used: {used}")]
    MoreThanUsed {
        /// Of which pool.
        pool: Pool,
        /// How many were asked for.
        wanted: i64,
        /// How many it used and did not give back yet.
        used: i64,
    },
    /// A split would leave nothing.
    #[error("the parts are all that `{reservation}` holds; accepted: a split that leaves at least one unit")]
    NothingLeft {
        /// The name.
        reservation: ReservationId,
    },
    /// Not so many are on hand.
    #[error("{wanted} units of the {pool}; on hand: {on_hand}")]
    NotOnHand {
        /// Of which pool.
        pool: Pool,
        /// How many were to leave.
        wanted: i64,
        /// How many are there.
        on_hand: i64,
    },
    /// A guarded decrease would take what is reserved.
    #[error("{on_hand} units on hand of the {pool} would not cover the {reserved} reserved")]
    BelowReserved {
        /// Of which pool.
        pool: Pool,
        /// How many would be left on hand.
        on_hand: i64,
        /// How many are reserved.
        reserved: i64,
    },
}

/// A list of a command.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum List {
    /// The legs of a reserve.
    Legs,
    /// The parts of a use, release, give-back or split.
    Parts,
    /// What a move gives up.
    From,
    /// What a move takes.
    To,
}

impl std::fmt::Display for List {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            List::Legs => "`legs`",
            List::Parts => "`parts`",
            List::From => "`from`",
            List::To => "`to`",
        })
    }
}

fn and_more(more: &[Short]) -> String {
    more.iter()
        .map(|Short { pool, wanted, available }| format!("; {wanted} of the {pool}: {available}"))
        .collect()
}

impl Refusal {
    /// The variant as the wire form names it: stable, for logs and translations.
    pub const fn code(&self) -> &'static str {
        match self {
            Refusal::IdReused { .. } => "id_reused",
            Refusal::UnknownReservation { .. } => "unknown_reservation",
            Refusal::Ended { .. } => "ended",
            Refusal::IsConfirmed { .. } => "is_confirmed",
            Refusal::Empty { .. } => "empty",
            Refusal::TooMany { .. } => "too_many",
            Refusal::NotPositive { .. } => "not_positive",
            Refusal::AtLeast { .. } => "at_least",
            Refusal::Negative { .. } => "negative",
            Refusal::Overflow { .. } => "overflow",
            Refusal::WrongCurrency { .. } => "wrong_currency",
            Refusal::NotAlike { .. } => "not_alike",
            Refusal::Apart { .. } => "apart",
            Refusal::UnknownPool { .. } => "unknown_pool",
            Refusal::Exists { .. } => "exists",
            Refusal::Past { .. } => "past",
            Refusal::Insufficient { .. } => "insufficient",
            Refusal::MoreThanHeld { .. } => "more_than_held",
            Refusal::MoreThanUsed { .. } => "more_than_used",
            Refusal::NothingLeft { .. } => "nothing_left",
            Refusal::NotOnHand { .. } => "not_on_hand",
            Refusal::BelowReserved { .. } => "below_reserved",
        }
    }
}
