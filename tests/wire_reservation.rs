//! The stored form of reservations: a golden file for every pool with its key, every act, outcome and refusal, and for
//! the rows. Append-only, as the files of `wire.rs`.

#[cfg(test)]
mod golden;

#[cfg(test)]
mod wire_reservation {
    use chrono::{DateTime, Utc};
    use order_workflow::id::ReservationId;
    use order_workflow::reservation::*;
    use order_workflow::{Currency, Money};
    use serde_json::json;

    use crate::golden::{all_covered, golden, tag};

    fn at() -> DateTime<Utc> {
        "2026-06-01T10:00:00.000001Z".parse().unwrap()
    }

    fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
        text.parse().unwrap()
    }

    fn name() -> ReservationId {
        id("o-1/r1.0")
    }

    fn pools() -> Vec<Pool> {
        vec![
            Pool::Stock { location: id("north"), sku: id("tea"), lot: Some(id("lot-7")) },
            Pool::Inbound { location: id("north"), sku: id("tea"), inbound: id("po-3") },
            Pool::Quota { channel: id("app"), sku: id("tea") },
            Pool::Use { claim: Claim::Promotion(id("spring")) },
            Pool::UseBy { claim: Claim::Coupon(id("tenner")), customer: id("c-1") },
            Pool::Limit {
                rule: id("two-a-day"),
                subject: id("c-1"),
                from: at(),
                until: at() + chrono::TimeDelta::days(1),
            },
            Pool::Budget { budget: id("spring"), currency: Currency::EUR },
            Pool::Capacity { location: id("north"), day: at().date_naive() },
            Pool::BudgetBy {
                claim: Claim::Promotion(id("spring")),
                customer: id("c-1"),
                currency: Currency::EUR,
            },
        ]
    }

    fn tea() -> Pool {
        Pool::stock(id("north"), id("tea"))
    }

    fn parts() -> Vec<Part> {
        vec![Part::new(tea(), 2)]
    }

    fn leg() -> Leg {
        Leg { pool: tea(), units: 3, at_least: 1, limit_if_new: Some(9) }
    }

    fn acts() -> Vec<Act> {
        let reservation = name();
        vec![
            Act::Reserve { reservation: name(), legs: vec![leg(), Leg::all(tea(), 1)], until: Some(at()) },
            Act::Extend { reservation: name(), until: at() },
            Act::Confirm { reservation: name() },
            Act::Use { reservation: name(), parts: Some(parts()) },
            Act::Release { reservation: name(), parts: None },
            Act::GiveBack { reservation: name(), parts: parts() },
            Act::Move { reservation: name(), from: parts(), to: vec![leg()] },
            Act::Split { reservation, into: id("o-1/r1.1"), parts: parts() },
            Act::Supply { pool: tea(), delta: -4, guard: Guard::KeepReserved },
            Act::Transfer { from: tea(), to: Pool::stock(id("south"), id("tea")), units: 4, keep: 1 },
            Act::SetLimit { pool: tea(), limit: 5 },
            Act::SetFloor { pool: tea(), floor: None },
            Act::Count { pool: tea(), counted: 6 },
        ]
    }

    fn outcomes() -> Vec<Outcome> {
        vec![
            Outcome::Reserved { until: Some(at()), short: parts() },
            Outcome::Extended { until: at() },
            Outcome::Confirmed,
            Outcome::Used { ended: true },
            Outcome::Released { ended: false },
            Outcome::GivenBack,
            Outcome::Moved { short: vec![] },
            Outcome::Split,
            Outcome::Set { uncovered: 2 },
            Outcome::Transferred,
        ]
    }

    fn reserved() -> Reserved {
        let holding = Holding { pool: tea(), held: 2, used: 1 };
        Reserved { state: ReservedState::Held { until: Some(at()) }, holdings: vec![holding], touched: at() }
    }

    fn refusals() -> Vec<Refusal> {
        let pool = tea;
        let reservation = name;
        vec![
            Refusal::IdReused { op: id("op-1") },
            Refusal::UnknownReservation { reservation: reservation() },
            Refusal::Ended { reservation: reservation(), how: How::Lapsed },
            Refusal::IsConfirmed { reservation: reservation() },
            Refusal::Empty { list: List::Legs },
            Refusal::TooMany { list: List::Parts, given: 1_001 },
            Refusal::NotPositive { pool: pool(), units: 0 },
            Refusal::AtLeast { pool: pool(), units: 2, at_least: 3 },
            Refusal::Negative { pool: pool(), given: -1 },
            Refusal::Overflow { pool: pool(), units: i64::MAX },
            Refusal::WrongCurrency {
                budget: id("spring"),
                accepted: Currency::EUR,
                amount: Money::minor(100, Currency::USD),
            },
            Refusal::NotAlike { from: pool(), to: Box::new(Pool::stock(id("north"), id("pot"))) },
            Refusal::Apart { first: pool(), second: Box::new(Pool::stock(id("north"), id("pot"))) },
            Refusal::UnknownPool { pool: pool() },
            Refusal::Exists { reservation: reservation(), there: Box::new(reserved()) },
            Refusal::Past { until: at(), now: at() },
            Refusal::Insufficient {
                pool: pool(),
                wanted: 3,
                available: 1,
                more: vec![Short { pool: Pool::stock(id("south"), id("tea")), wanted: 2, available: 0 }],
            },
            Refusal::MoreThanHeld { pool: pool(), wanted: 3, held: 1 },
            Refusal::MoreThanUsed { pool: pool(), wanted: 3, used: 1 },
            Refusal::NothingLeft { reservation: reservation() },
            Refusal::NotOnHand { pool: pool(), wanted: 3, on_hand: 1 },
            Refusal::BelowReserved { pool: pool(), on_hand: 1, reserved: 3 },
        ]
    }

    #[test]
    fn every_pool_keeps_its_form_and_key() {
        let pools = pools();
        all_covered(&pools, "kind");
        for pool in &pools {
            assert_eq!(tag(pool, "kind"), pool.kind());
            golden("reservation/pools", pool.kind(), pool);
            let key = json!({ "key": pool.key().escape_ascii().to_string() });
            golden("reservation/keys", pool.kind(), &key);
        }
        // In the order of the keys, in which the golden file of a stock with a lot is the first.
        assert!(pools.windows(2).all(|two| two[0] < two[1] && two[0].key() < two[1].key()));
    }

    #[test]
    fn every_command_keeps_its_form_and_digest() {
        let acts = acts();
        all_covered(&acts, "kind");
        let mut digests = Vec::new();
        for act in acts {
            let kind = act.kind();
            assert_eq!(tag(&act, "kind"), kind);
            let command = Command { op: id("op-1"), act };
            golden("reservation/commands", kind, &command);
            golden("reservation/digests", kind, &command.digest());
            digests.push(command.digest());
        }
        digests.sort();
        digests.dedup();
        assert_eq!(digests.len(), 13);
    }

    #[test]
    fn every_answer_keeps_its_form() {
        let (outcomes, refusals) = (outcomes(), refusals());
        all_covered(&outcomes, "kind");
        all_covered(&refusals, "kind");
        for outcome in outcomes {
            golden("reservation/outcomes", &tag(&outcome, "kind"), &outcome);
        }
        for refusal in refusals {
            assert_eq!(tag(&refusal, "kind"), refusal.code());
            golden("reservation/refusals", refusal.code(), &refusal);
        }
    }

    #[test]
    fn every_row_keeps_its_form() {
        golden(
            "reservation/rows",
            "pool",
            &PoolRow { floor: None, reserved: 3, used: 1, lapsed: 2, ..PoolRow::new(9, at()) },
        );
        golden("reservation/rows", "reserved", &reserved());
        golden("reservation/rows", "confirmed", &Reserved { state: ReservedState::Confirmed, ..reserved() });
        let ended = ReservedState::Ended { how: How::Used };
        golden("reservation/rows", "ended", &Reserved { state: ended, ..reserved() });
        let command = Command { op: id("op-1"), act: Act::Confirm { reservation: name() } };
        let answer = Ok(Outcome::Confirmed);
        golden("reservation/rows", "remembered", &Remembered { digest: command.digest(), answer, at: at() });
        golden("reservation/rows", "level", &Level { limit: 9, floor: Some(1), reserved: 3, used: 1 });
    }
}
