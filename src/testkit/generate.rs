//! Commands that often meet: few pools, few names, small numbers, clocks that disagree, ops sent twice.

use chrono::{DateTime, TimeDelta, Utc};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::id::{BudgetId, ChannelId, CouponId, LocationId, OpId, ReservationId};
use crate::reservation::{Act, Claim, Command, Guard, Leg, Part, Pool};
use crate::{Currency, OrderId, Sku};

/// What happens next to a store.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "most are sent")]
pub enum Step {
    /// A command is sent; now and then one that was sent before, or another under its op.
    Send {
        /// Which.
        command: Command,
        /// The caller's clock.
        at: DateTime<Utc>,
    },
    /// Somebody sweeps.
    Sweep {
        /// The sweeper's clock.
        at: DateTime<Utc>,
    },
}

/// The pools that [`steps`] act on.
pub fn pools() -> [Pool; 6] {
    let stock = |location: u64, sku: u64| Pool::stock(LocationId::from(location), Sku::from(sku));
    [
        stock(1, 1),
        stock(2, 1),
        stock(1, 2),
        Pool::Budget { budget: BudgetId::from(1), currency: Currency::EUR },
        Pool::UseBy { claim: Claim::Coupon(CouponId::from(1)), customer: 1.into() },
        Pool::Quota { channel: ChannelId::from(1), sku: Sku::from(1) },
    ]
}

/// The names that [`steps`] give.
pub fn names() -> [ReservationId; 4] {
    [1, 2, 3, 4].map(|n| ReservationId::of(&OrderId::from(n), 1, 0))
}

/// Up to `most` steps on stores that begin empty, after some that supply and reserve. Time goes on, but some hosts lag
/// behind by up to a quarter of a minute.
pub fn steps(most: usize) -> impl Strategy<Value = Vec<Step>> {
    let pace = vec((0..3_i64, 0..15_i64), 1..most.max(2));
    pace.prop_flat_map(|pace| {
        let mut drafts = beginning();
        let mut clock = 0;
        for (ahead, behind) in pace {
            clock += ahead;
            let at = if behind < 12 { clock } else { clock - behind };
            let again = (1..6_usize, any::<bool>(), jittered(at));
            drafts.push(
                prop_oneof![
                    12 => (act(clock), jittered(at)).prop_map(move |(act, at)| Draft::Send { act, at }),
                    1 => again.prop_map(move |(back, same, at)| Draft::Again { back, same, at }),
                    1 => jittered(at).prop_map(move |at| Draft::Sweep { at }),
                ]
                .boxed(),
            );
        }
        drafts
    })
    .prop_map(finished)
}

/// A step before it has its op.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "most are sent")]
enum Draft {
    Send { act: Act, at: DateTime<Utc> },
    Again { back: usize, same: bool, at: DateTime<Utc> },
    Sweep { at: DateTime<Utc> },
}

fn finished(drafts: Vec<Draft>) -> Vec<Step> {
    let mut sent: Vec<Command> = Vec::new();
    let mut steps = Vec::new();
    for (n, draft) in (0_u64..).zip(drafts) {
        let (command, at) = match draft {
            Draft::Send { act, at } => (Command { op: OpId::from(n), act }, at),
            Draft::Again { back, same, at } => {
                let first = sent.iter().rev().nth(back - 1).cloned();
                let (Some(first), Some(last)) = (first, sent.last()) else { continue };
                let act = if same { first.act } else { last.act.clone() };
                (Command { op: first.op, act }, at)
            }
            Draft::Sweep { at } => {
                steps.push(Step::Sweep { at });
                continue;
            }
        };
        sent.push(command.clone());
        steps.push(Step::Send { command, at });
    }
    steps
}

fn at(second: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(1_800_000_000 + second)
}

/// Clocks finer than a microsecond, whose rest is cut off.
fn jittered(second: i64) -> impl Strategy<Value = DateTime<Utc>> {
    let finer = prop_oneof![4 => Just(0_i64), 1 => 0..3_i64, 1 => 998..2_003_i64];
    finer.prop_map(move |nanos| at(second) + TimeDelta::nanoseconds(nanos))
}

fn beginning() -> Vec<BoxedStrategy<Draft>> {
    let supply = |pool: Pool| {
        let act = move |delta| Act::Supply { pool: pool.clone(), delta, guard: Guard::Never };
        (4..9_i64).prop_map(move |delta| Draft::Send { act: act(delta), at: at(0) }).boxed()
    };
    let hold = |reservation: ReservationId| {
        let legs = vec((pool(), 1..4_i64).prop_map(|(pool, units)| Leg::up_to(pool, units)), 1..3);
        let act = move |legs, until| Act::Reserve { reservation: reservation.clone(), legs, until };
        let until = option::of((5..40_i64).prop_map(at));
        (legs, until).prop_map(move |(legs, until)| Draft::Send { act: act(legs, until), at: at(0) }).boxed()
    };
    pools().into_iter().take(5).map(supply).chain(names().into_iter().take(3).map(hold)).collect()
}

/// One pool is wanted by all.
fn pool() -> impl Strategy<Value = Pool> + Clone {
    let [first, ..] = pools();
    prop_oneof![3 => Just(first), 4 => prop::sample::select(pools().to_vec())]
}

fn name() -> impl Strategy<Value = ReservationId> {
    prop::sample::select(names().to_vec())
}

fn units() -> impl Strategy<Value = i64> + Clone {
    prop_oneof![12 => 1..5_i64, 1 => -1..=0_i64]
}

fn few<T: std::fmt::Debug>(item: impl Strategy<Value = T> + Clone) -> impl Strategy<Value = Vec<T>> {
    prop_oneof![1 => vec(item.clone(), 0), 9 => vec(item.clone(), 1), 5 => vec(item, 2..4)]
}

fn leg() -> impl Strategy<Value = Leg> + Clone {
    (pool(), units(), 0..3_u8, option::weighted(0.2, 0..6_i64)).prop_map(
        |(pool, units, least, limit_if_new)| {
            let at_least = match least {
                0 => 0,
                1 => units,
                _ => units / 2,
            };
            Leg { pool, units, at_least, limit_if_new }
        },
    )
}

fn part() -> impl Strategy<Value = Part> + Clone {
    (pool(), prop_oneof![12 => 1..3_i64, 1 => -1..=0_i64]).prop_map(|(pool, units)| Part::new(pool, units))
}

/// An act at a moment; holds end within the minutes that a run spans.
fn act(now: i64) -> impl Strategy<Value = Act> {
    let ends = move || (now - 2..now + 40).prop_flat_map(jittered);
    let parts = || few(part());
    let any_pool = || prop::sample::select(pools().to_vec());
    let guard = prop_oneof![Just(Guard::Never), Just(Guard::KeepReserved)];
    prop_oneof![
        8 => (name(), few(leg()), option::weighted(0.8, ends()))
            .prop_map(|(reservation, legs, until)| Act::Reserve { reservation, legs, until }),
        2 => (name(), ends()).prop_map(|(reservation, until)| Act::Extend { reservation, until }),
        3 => name().prop_map(|reservation| Act::Confirm { reservation }),
        4 => (name(), option::of(parts())).prop_map(|(reservation, parts)| Act::Use { reservation, parts }),
        4 => (name(), option::of(parts())).prop_map(|(reservation, parts)| Act::Release { reservation, parts }),
        3 => (name(), parts()).prop_map(|(reservation, parts)| Act::GiveBack { reservation, parts }),
        3 => (name(), parts(), few(leg())).prop_map(|(reservation, from, to)| Act::Move { reservation, from, to }),
        2 => (name(), name(), parts())
            .prop_map(|(reservation, into, parts)| Act::Split { reservation, into, parts }),
        4 => (any_pool(), -4..8_i64, guard).prop_map(|(pool, delta, guard)| Act::Supply { pool, delta, guard }),
        2 => (any_pool(), any_pool(), units(), -1..3_i64)
            .prop_map(|(from, to, units, keep)| Act::Transfer { from, to, units, keep }),
        1 => (any_pool(), -1..8_i64).prop_map(|(pool, limit)| Act::SetLimit { pool, limit }),
        1 => (any_pool(), option::weighted(0.8, -3..3_i64)).prop_map(|(pool, floor)| Act::SetFloor { pool, floor }),
        1 => (any_pool(), -1..8_i64).prop_map(|(pool, counted)| Act::Count { pool, counted }),
    ]
}
