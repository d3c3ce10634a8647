//! The hashes of a command's keys, made before anything is locked.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::{FixedState, FoldHasher};

use super::fast::Few;
use super::pools::pool_hash;
use super::{Micros, NEVER};
use crate::reservation::{Act, Leg, Part};

/// The hashes of an act's keys, each made once, and of all that it says.
pub(super) struct Hashed {
    pub print: u64,
    /// Of the reservation that it acts on; zero if there is none.
    pub reservation: u64,
    /// Of the pools that it names, in the order in which it names them.
    pub pools: Few<u64>,
    /// The end that it sets; [`NEVER`] if it sets none.
    pub until: Micros,
}

impl Hashed {
    pub(super) fn of(act: &Act, hasher: &FixedState) -> Hashed {
        let mut hashed = Hashed { print: 0, reservation: 0, pools: Few::new(), until: NEVER };
        let mut print = hasher.build_hasher();
        let named = act.reservations().next();
        hashed.reservation = named.map_or(0, |reservation| text_hash(hasher, reservation.as_bytes()));
        print.write_u64(hashed.reservation);
        let mut listed = |pool, units, print: &mut FoldHasher<'_>| {
            let hash = pool_hash(hasher, pool);
            hashed.pools.push(hash);
            print.write_u64(hash);
            print.write_i64(units);
        };
        let kind = match act {
            Act::Reserve { legs, until, .. } => {
                for Leg { pool, units, at_least, limit_if_new } in legs {
                    listed(pool, *units, &mut print);
                    print.write_i64(*at_least);
                    if let Some(limit) = limit_if_new {
                        print.write_i64(*limit);
                        print.write_u64(1);
                    }
                }
                hashed.until = until.map_or(NEVER, |until| until.timestamp_micros());
                print.write_i64(hashed.until);
                1
            }
            Act::Use { parts, .. } => {
                for Part { pool, units } in parts.iter().flatten() {
                    listed(pool, *units, &mut print);
                }
                2 + u64::from(parts.is_some())
            }
            Act::Release { parts, .. } => {
                for Part { pool, units } in parts.iter().flatten() {
                    listed(pool, *units, &mut print);
                }
                4 + u64::from(parts.is_some())
            }
            Act::GiveBack { parts, .. } => {
                for Part { pool, units } in parts {
                    listed(pool, *units, &mut print);
                }
                6
            }
            Act::Extend { until, .. } => {
                hashed.until = until.timestamp_micros();
                print.write_i64(hashed.until);
                7
            }
            Act::Confirm { .. } => 8,
            Act::Move { .. }
            | Act::Split { .. }
            | Act::Supply { .. }
            | Act::Transfer { .. }
            | Act::SetLimit { .. }
            | Act::SetFloor { .. }
            | Act::Count { .. } => {
                print.write_u64(hasher.hash_one(act));
                9
            }
        };
        print.write_u64(kind);
        hashed.print = print.finish();
        hashed
    }
}

/// The hash of an id.
pub(super) fn text_hash(hasher: &FixedState, text: &[u8]) -> u64 {
    let mut hash = hasher.build_hasher();
    hash.write(text);
    hash.finish()
}
