//! The cases of area `coupon`: the life of a coupon over the memory store, and comparing codes.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use order_workflow::{
    Currency, Money, OrderId,
    id::{CustomerId, ReservationId},
    promotion::{
        Budget, CodeMatch,
        coupon::{
            BudgetShort, ClaimPolicy, Coupon, CouponRefusal, GiveBack, Hold, LateRedeem, Redeem, matches_code,
        },
    },
    reservation::{Act, Claim, Command, Leg, Level, MemoryStore, Outcome, Pool, ReservationStore, Reserved},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, currency, decimal, fault, money, parsed};

/// What the crate answers to a case of this area.
pub(super) fn run(kind: &str, policy: &Value, input: &Value) -> Answer<Value> {
    match kind {
        "lifecycle" => lifecycle(parsed(policy)?, parsed(input)?),
        "code_match" => {
            let MatchPolicy { by } = parsed(policy)?;
            let MatchInput { stored, presented } = parsed(input)?;
            let matches = presented.iter().map(|entered| matches_code(&stored, entered, by));
            Ok(json!({"matches": matches.collect::<Vec<_>>()}))
        }
        kind => Err(format!("unknown kind `{kind}`")),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MatchPolicy {
    #[serde(rename = "match")]
    by: CodeMatch,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MatchInput {
    stored: String,
    presented: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LifePolicy {
    budget: BudgetShort,
    give_back_redeemed: bool,
    late_redeem: LateRedeem,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LifeInput {
    currency: String,
    coupon: Given,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    code: String,
    valid_from: Option<DateTime<Utc>>,
    valid_until: Option<DateTime<Utc>>,
    owner: Option<CustomerId>,
    global_limit: Option<u32>,
    customer_limit: Option<u32>,
    budget: Option<String>,
    hold_seconds: i64,
}

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
enum Step {
    Hold { at: DateTime<Utc>, code: String, customer: CustomerId, order: OrderId, amount: String },
    Redeem { at: DateTime<Utc>, order: OrderId },
    GiveBack { at: DateTime<Utc>, order: OrderId },
}

/// What the host keeps of an order's latest hold.
struct Latest {
    attempt: u32,
    customer: CustomerId,
    granted: Money,
    /// The order gave it up: there is nothing left to redeem, also if it had lapsed before.
    given_up: bool,
}

/// A host with one coupon.
struct Desk {
    coupon: Coupon,
    budget: Budget,
    hold_seconds: i64,
    policy: ClaimPolicy,
    currency: Currency,
    store: MemoryStore,
    orders: BTreeMap<OrderId, Latest>,
    ops: u64,
}

/// What a step came to: the amount granted, if it is a hold.
type Done = Answer<Result<Option<Money>, CouponRefusal>>;

impl Desk {
    fn name(order: &OrderId, attempt: u32) -> ReservationId {
        ReservationId::of(order, attempt, 0)
    }

    fn claim(&self, order: &OrderId, at: DateTime<Utc>) -> Answer<Option<Reserved>> {
        let Some(latest) = self.orders.get(order) else { return Ok(None) };
        let name = Desk::name(order, latest.attempt);
        let mut found = pollster::block_on(self.store.reservations(&[name], at)).map_err(fault)?;
        Ok(found.pop().flatten())
    }

    fn act(&mut self, act: Act, at: DateTime<Utc>) -> Answer<Result<Outcome, CouponRefusal>> {
        self.ops += 1;
        let mut answers = vec![];
        self.store.execute_into(&[Command { op: self.ops.into(), act }], at, &mut answers);
        match answers.pop().ok_or("one answer a command")? {
            Ok(outcome) => Ok(Ok(outcome)),
            Err(refusal) => {
                let known = CouponRefusal::from_store(&refusal);
                known.map(Err).ok_or_else(|| format!("refused as {}: {refusal}", refusal.code()))
            }
        }
    }

    /// Holds the legs under the next name; what was granted.
    fn reserve(
        &mut self,
        order: &OrderId,
        customer: CustomerId,
        amount: Money,
        legs: Vec<Leg>,
        at: DateTime<Utc>,
    ) -> Answer<Result<Money, CouponRefusal>> {
        let attempt = self.orders.get(order).map_or(1, |latest| latest.attempt + 1);
        let until = Some(at + TimeDelta::seconds(self.hold_seconds));
        let reserve = Act::Reserve { reservation: Desk::name(order, attempt), legs, until };
        match self.act(reserve, at)? {
            Ok(Outcome::Reserved { .. }) => {}
            Ok(other) => return Err(format!("a reserve answered {other:?}")),
            Err(refusal) => return Ok(Err(refusal)),
        }
        let name = Desk::name(order, attempt);
        let found = pollster::block_on(self.store.reservations(&[name], at)).map_err(fault)?;
        let claim = found.into_iter().flatten().next().ok_or("what was reserved")?;
        let granted = self.coupon.granted(&claim, amount).map_err(fault)?;
        self.orders.insert(order.clone(), Latest { attempt, customer, granted, given_up: false });
        Ok(Ok(granted))
    }

    fn step(&mut self, step: &Step) -> Done {
        match step {
            Step::Hold { at, code, customer, order, amount } => {
                let amount = money(amount, self.currency)?;
                let claim = self.claim(order, *at)?;
                let held = self.coupon.hold(claim.as_ref(), code, Some(customer), amount, *at, &self.policy);
                match held {
                    Err(refusal) => Ok(Err(refusal)),
                    Ok(Hold::Held) => Ok(Ok(self.orders.get(order).map(|latest| latest.granted))),
                    Ok(Hold::Reserve { legs }) => {
                        Ok(self.reserve(order, customer.clone(), amount, legs, *at)?.map(Some))
                    }
                }
            }
            Step::Redeem { at, order } => {
                let latest = self.orders.get(order);
                let kept = latest.is_some_and(|latest| !latest.given_up);
                let claim = if kept { self.claim(order, *at)? } else { None };
                let customer = latest.map(|latest| latest.customer.clone());
                let granted = latest.map_or(Money::zero(self.currency), |latest| latest.granted);
                let asked = self.coupon.redeem(claim.as_ref(), customer.as_ref(), granted, *at, &self.policy);
                let parts = match asked {
                    Err(refusal) => return Ok(Err(refusal)),
                    Ok(Redeem::Done) => return Ok(Ok(None)),
                    Ok(Redeem::Use { parts }) => Some(parts),
                    Ok(Redeem::ReserveAnew { legs }) => {
                        let customer = customer.ok_or("whoever held it")?;
                        if let Err(refusal) = self.reserve(order, customer, granted, legs, *at)? {
                            return Ok(Err(refusal));
                        }
                        None
                    }
                };
                let attempt = self.orders.get(order).ok_or("an order that holds it")?.attempt;
                let used = Act::Use { reservation: Desk::name(order, attempt), parts };
                Ok(self.act(used, *at)?.map(|_| None))
            }
            Step::GiveBack { at, order } => {
                let claim = self.claim(order, *at)?;
                let granted =
                    self.orders.get(order).map_or(Money::zero(self.currency), |latest| latest.granted);
                let back = match self.coupon.give_back(claim.as_ref(), granted, *at, &self.policy) {
                    Err(refusal) => return Ok(Err(refusal)),
                    Ok(back) => back,
                };
                let latest = self.orders.get_mut(order).ok_or("an order that holds it")?;
                latest.given_up = true;
                let reservation = Desk::name(order, latest.attempt);
                let act = match back {
                    GiveBack::Done => return Ok(Ok(None)),
                    GiveBack::Used { parts } => Act::GiveBack { reservation, parts },
                    GiveBack::Release { parts } => Act::Release { reservation, parts: Some(parts) },
                };
                Ok(self.act(act, *at)?.map(|_| None))
            }
        }
    }

    fn level(&self, pool: Pool, at: DateTime<Utc>) -> Answer<Level> {
        let none = Level { limit: 0, floor: None, reserved: 0, used: 0 };
        let mut found = pollster::block_on(self.store.levels(&[pool], at)).map_err(fault)?;
        Ok(found.pop().flatten().unwrap_or(none))
    }

    fn shown(&self, at: DateTime<Utc>, result: &str, granted: Option<Money>) -> Answer<Value> {
        let uses = self.level(Pool::Use { claim: Claim::Coupon(self.coupon.coupon.clone()) }, at)?;
        let pool = Pool::Budget { budget: self.budget.budget.clone(), currency: self.currency };
        let budget = self.level(pool, at)?;
        let committed = Money::minor(budget.reserved + budget.used, self.currency);
        let mut told = json!({"result": result, "held": uses.reserved, "redeemed": uses.used,
            "committed": decimal(committed)});
        if let Some(granted) = granted {
            told["granted"] = decimal(granted).into();
        }
        Ok(told)
    }
}

fn lifecycle(policy: LifePolicy, input: LifeInput) -> Answer<Value> {
    let own = currency(&input.currency)?;
    let given = input.coupon;
    // No limit is a limit that nothing reaches.
    let limit = given.budget.as_ref().map_or(Ok(Money::minor(i64::MAX, own)), |text| money(text, own))?;
    let budget = Budget { budget: "campaign".parse().map_err(fault)?, limit };
    let name = "the-coupon".parse().map_err(fault)?;
    let mut coupon = Coupon::new(name, given.code, "the-promotion".parse().map_err(fault)?)
        .with_valid(given.valid_from, given.valid_until)
        .with_budget(budget.clone());
    coupon.owner = given.owner;
    coupon.uses = given.global_limit;
    coupon.uses_per_customer = given.customer_limit;
    let policy = ClaimPolicy {
        codes: CodeMatch::Exact,
        budget: policy.budget,
        late_redeem: policy.late_redeem,
        give_back_redeemed: policy.give_back_redeemed,
        ..ClaimPolicy::default()
    };
    let mut desk = Desk {
        coupon,
        budget,
        hold_seconds: given.hold_seconds,
        policy,
        currency: own,
        store: MemoryStore::new(),
        orders: BTreeMap::new(),
        ops: 0,
    };
    let mut told = vec![];
    for step in &input.steps {
        let (Step::Hold { at, .. } | Step::Redeem { at, .. } | Step::GiveBack { at, .. }) = step;
        let (result, granted) = match desk.step(step)? {
            Ok(granted) => ("ok", granted),
            Err(refusal) => (refusal.code(), None),
        };
        let result = if result == "hold_lapsed" { "hold_expired" } else { result };
        told.push(desk.shown(*at, result, granted)?);
    }
    Ok(json!({"steps": told}))
}
