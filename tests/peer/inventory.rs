//! The cases of area `inventory`: availability, the ledger over the memory store, and the pure policies.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use order_workflow::{
    decision::Explain,
    id::{LotId, ReservationId},
    inventory::{
        AlertRule, AlertState, Arrival, AvailabilityPolicy, AvailabilityQuery, BackorderOffer, Donor, Grade,
        Inbound, InventoryRefusal, Lot, LotPolicy, Outlook, OverLimit, Purchase, Returned, ShelfLevel,
        Shelves, SlidingLimit, StockPolicy, TransferPolicy, ViewPolicy, availability, pick_lots, promise,
        propose_transfer, view,
    },
    reservation::{
        Act, Answer as StoreAnswer, Command, Guard, How, Leg, Level, MemoryStore, Outcome, Part, Pool,
        Refusal, ReservationStore, ReservedState,
    },
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Answer, NoPolicy, currency, decimal, fault, money, parsed};

/// What the crate answers to a case of this area.
pub(super) fn run(kind: &str, policy: &Value, input: &Value) -> Answer<Value> {
    let no_policy = || parsed::<NoPolicy>(policy);
    match kind {
        "availability" => available(parsed(policy)?, parsed(input)?),
        "ledger" => {
            let LedgerPolicy { shrink } = parsed(policy)?;
            ledger(shrink, parsed(input)?)
        }
        "promise" => no_policy().and_then(|_| promised(parsed(input)?)),
        "fefo" => fefo(parsed(policy)?, parsed(input)?),
        "limit" => limit(parsed(policy)?, parsed(input)?),
        "alert" => no_policy().and_then(|_| alert(parsed(input)?)),
        "view" => viewed(parsed(policy)?, parsed(input)?),
        "transfer" => no_policy().and_then(|_| transfer(parsed(input)?)),
        kind => Err(format!("unknown kind `{kind}`")),
    }
}

fn id<T: std::str::FromStr>(text: &str) -> Answer<T>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(fault)
}

// ---- availability

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    location: String,
    sku: String,
    on_hand: i64,
    reserved: i64,
    safety_stock: u32,
    damaged: u32,
    backorder_limit: Option<u32>,
    active: bool,
}

impl Record {
    fn pool(&self) -> Answer<Pool> {
        stock(&self.location, &self.sku)
    }

    fn policy(&self) -> StockPolicy {
        StockPolicy::default()
            .with_safety(self.safety_stock)
            .with_damaged(self.damaged)
            .with_backorder(self.backorder_limit)
            .with_open(self.active)
    }
}

fn stock(location: &str, sku: &str) -> Answer<Pool> {
    Ok(Pool::stock(id(location)?, id(sku)?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AvailablePolicy {
    pool_safety: u32,
    quota: Option<Quota>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Quota {
    limit: i64,
    used: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AvailableInput {
    stock: Vec<Record>,
    sku: String,
    locations: Option<Vec<String>>,
    ask: Vec<u32>,
}

fn available(policy: AvailablePolicy, input: AvailableInput) -> Answer<Value> {
    let shelf = |record: &Record| {
        let policy = record.policy();
        let level =
            Level { limit: record.on_hand, floor: policy.floor(), reserved: record.reserved, used: 0 };
        Ok(ShelfLevel { pool: record.pool()?, policy, level })
    };
    let shelves = input.stock.iter().map(shelf).collect::<Answer<Vec<_>>>()?;
    let quota = |Quota { limit, used }| Level { limit, floor: Some(0), reserved: 0, used }.available();
    let query =
        AvailabilityQuery { shelves: &shelves, arrivals: &[], quota_left: policy.quota.and_then(quota) };
    let mut rules = AvailabilityPolicy::default().with_pool_safety(policy.pool_safety);
    if let Some(locations) = &input.locations {
        let locations: Vec<_> = locations.iter().map(|name| id(name)).collect::<Answer<_>>()?;
        rules = rules.with_locations(locations);
    }
    let stock = availability(&id(&input.sku)?, &query, &rules, Explain::Brief);
    let by_location: Map<String, Value> =
        stock.by_location.iter().map(|(at, sums)| (at.to_string(), json!(sums.free))).collect();
    let can_supply: Map<String, Value> =
        input.ask.iter().map(|units| (units.to_string(), json!(stock.can_supply(*units)))).collect();
    Ok(json!({"by_location": by_location, "available": stock.available, "can_supply": can_supply}))
}

// ---- ledger

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LedgerPolicy {
    shrink: Shrink,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Shrink {
    RefuseBelowReserved,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LedgerInput {
    stock: Vec<Record>,
    steps: Vec<Map<String, Value>>,
}

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
enum Op {
    Receive { location: String, sku: String, quantity: i64 },
    ReturnToStock { location: String, sku: String, quantity: i64 },
    Adjust { location: String, sku: String, delta: i64 },
    Transfer { from: String, to: String, sku: String, quantity: i64 },
    Reserve { reservation: String, lines: Vec<Line>, ttl_seconds: Option<i64>, mode: Mode },
    Extend { reservation: String, ttl_seconds: i64 },
    Commit { reservation: String, lines: Option<Vec<Line>> },
    Release { reservation: String, lines: Option<Vec<Line>> },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    location: String,
    sku: String,
    quantity: i64,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Mode {
    AllOrNothing,
    Partial,
}

/// What became of a step before it reached the store; a careful host keeps it and sends it again as it was.
#[derive(Clone)]
enum Sent {
    Command(Command),
    Nothing,
    Refused(InventoryRefusal),
}

struct Ledger {
    shelves: Shelves,
    store: MemoryStore,
    shrink: Shrink,
    sent: BTreeMap<String, Sent>,
    named: BTreeSet<String>,
    now: DateTime<Utc>,
}

fn ledger(shrink: Shrink, input: LedgerInput) -> Answer<Value> {
    let mut ledger = Ledger {
        shelves: Shelves::new(),
        store: MemoryStore::new(),
        shrink,
        sent: BTreeMap::new(),
        named: BTreeSet::new(),
        now: DateTime::UNIX_EPOCH,
    };
    for (index, record) in input.stock.iter().enumerate() {
        ledger.open(index, record)?;
    }
    let steps: Vec<Value> =
        input.steps.iter().map(|step| ledger.step(step.clone())).collect::<Answer<_>>()?;
    let pools: Vec<Pool> = input.stock.iter().map(Record::pool).collect::<Answer<_>>()?;
    let levels = pollster::block_on(ledger.store.levels(&pools, ledger.now)).map_err(fault)?;
    let shown = |(record, level): (&Record, Option<Level>)| {
        let level = level.ok_or("a shelf without a level")?;
        let available = level.available().map(|units| units.max(0));
        let Record { location, sku, .. } = record;
        Ok(json!({"location": location, "sku": sku, "on_hand": level.on_hand(), "reserved": level.reserved,
            "available": available}))
    };
    let stock: Vec<Value> = input.stock.iter().zip(levels).map(shown).collect::<Answer<_>>()?;
    let names: Vec<ReservationId> = ledger.named.iter().map(|name| id(name)).collect::<Answer<_>>()?;
    let found = pollster::block_on(ledger.store.reservations(&names, ledger.now)).map_err(fault)?;
    let state = |(name, found): (&String, Option<order_workflow::reservation::Reserved>)| {
        let word = match found?.state {
            ReservedState::Held { .. } | ReservedState::Confirmed => "held",
            ReservedState::Ended { how } => how_it_ended(how),
        };
        Some((name.clone(), json!(word)))
    };
    let reservations: Map<String, Value> = ledger.named.iter().zip(found).filter_map(state).collect();
    Ok(json!({"steps": steps, "stock": stock, "reservations": reservations}))
}

const fn how_it_ended(how: How) -> &'static str {
    match how {
        How::Used => "committed",
        How::Released => "released",
        How::Lapsed => "expired",
    }
}

impl Ledger {
    /// A shelf as it is found: what is reserved already is held under a name that no case uses.
    fn open(&mut self, index: usize, record: &Record) -> Answer<()> {
        let (pool, policy) = (record.pool()?, record.policy());
        let mut acts = vec![
            Act::Count { pool: pool.clone(), counted: record.on_hand },
            Act::SetFloor { pool: pool.clone(), floor: None },
        ];
        if record.reserved != 0 {
            let reservation = id(&format!("held before the case began {index}"))?;
            let legs = vec![Leg::all(pool.clone(), record.reserved)];
            acts.push(Act::Reserve { reservation, legs, until: None });
        }
        acts.push(Act::SetFloor { pool: pool.clone(), floor: policy.floor() });
        for (place, act) in acts.into_iter().enumerate() {
            let op = id(&format!("before the case began {index}/{place}"))?;
            self.execute(Command { op, act }, DateTime::UNIX_EPOCH)?.map_err(fault)?;
        }
        self.shelves =
            std::mem::take(&mut self.shelves).with_shelf(id(&record.location)?, id(&record.sku)?, policy);
        Ok(())
    }

    fn execute(&self, command: Command, at: DateTime<Utc>) -> Answer<StoreAnswer> {
        let mut answers = vec![];
        self.store.execute_into(&[command], at, &mut answers);
        answers.pop().ok_or_else(|| "no answer".to_owned())
    }

    fn step(&mut self, mut step: Map<String, Value>) -> Answer<Value> {
        let mut taken = |key: &str| step.remove(key).ok_or_else(|| format!("a step without `{key}`"));
        let name: String = parsed(&taken("id")?)?;
        let at: DateTime<Utc> = parsed(&taken("at")?)?;
        let op: Op = parsed(&Value::Object(step))?;
        self.now = self.now.max(at);
        let sent = match self.sent.get(&name) {
            Some(sent) => sent.clone(),
            None => {
                let sent = match self.act(&op, at)? {
                    Ok(Some(act)) => Sent::Command(Command { op: id(&name)?, act }),
                    Ok(None) => Sent::Nothing,
                    Err(refusal) => Sent::Refused(refusal),
                };
                self.sent.insert(name, sent.clone());
                sent
            }
        };
        match sent {
            Sent::Command(command) => told(&command.act.clone(), &self.execute(command, at)?),
            Sent::Nothing => Ok(json!({"result": "ok"})),
            Sent::Refused(InventoryRefusal::NotPositive { .. }) => {
                Ok(json!({"result": "non_positive_quantity"}))
            }
            Sent::Refused(InventoryRefusal::NotStocked { .. }) => Ok(json!({"result": "not_stocked"})),
            Sent::Refused(refusal) => Err(format!("refused as {}: {refusal}", refusal.code())),
        }
    }

    fn act(&mut self, op: &Op, at: DateTime<Utc>) -> Answer<Result<Option<Act>, InventoryRefusal>> {
        let until = |ttl: i64| at.checked_add_signed(TimeDelta::seconds(ttl)).ok_or("too far away");
        Ok(match op {
            Op::Receive { location, sku, quantity } => {
                self.shelves.receive(&stock(location, sku)?, *quantity).map(Some)
            }
            Op::ReturnToStock { location, sku, quantity } => {
                let pool = stock(location, sku)?;
                let back = Returned { pool, units: *quantity, grade: Grade::Sellable, reservation: None };
                self.shelves.take_back(back).map(|back| back.acts.into_iter().next())
            }
            Op::Adjust { location, sku, delta } => {
                let Shrink::RefuseBelowReserved = self.shrink;
                self.shelves.adjust(&stock(location, sku)?, *delta, Guard::KeepReserved)
            }
            Op::Transfer { from, to, sku, quantity } => {
                self.shelves.transfer(&stock(from, sku)?, &stock(to, sku)?, *quantity).map(Some)
            }
            Op::Reserve { reservation, lines, ttl_seconds, mode } => {
                self.named.insert(reservation.clone());
                let leg = |Line { location, sku, quantity }: &Line| {
                    let pool = stock(location, sku)?;
                    Ok(match mode {
                        Mode::AllOrNothing => Leg::all(pool, *quantity),
                        Mode::Partial => Leg::up_to(pool, *quantity),
                    })
                };
                let legs = lines.iter().map(leg).collect::<Answer<_>>()?;
                let until = ttl_seconds.map(until).transpose()?;
                Ok(Some(Act::Reserve { reservation: id(reservation)?, legs, until }))
            }
            Op::Extend { reservation, ttl_seconds } => {
                Ok(Some(Act::Extend { reservation: id(reservation)?, until: until(*ttl_seconds)? }))
            }
            Op::Commit { reservation, lines } => {
                Ok(Some(Act::Use { reservation: id(reservation)?, parts: parts(lines)? }))
            }
            Op::Release { reservation, lines } => {
                Ok(Some(Act::Release { reservation: id(reservation)?, parts: parts(lines)? }))
            }
        })
    }
}

fn parts(lines: &Option<Vec<Line>>) -> Answer<Option<Vec<Part>>> {
    let part = |Line { location, sku, quantity }: &Line| Ok(Part::new(stock(location, sku)?, *quantity));
    lines.as_ref().map(|lines| lines.iter().map(part).collect()).transpose()
}

/// The store's answer in the words of the cases.
fn told(act: &Act, answer: &StoreAnswer) -> Answer<Value> {
    let refusal = match answer {
        Ok(Outcome::Reserved { short, .. }) if !short.is_empty() => {
            let short = short.iter().map(|part| lacks(&part.pool, part.units)).collect::<Answer<Vec<_>>>()?;
            return Ok(json!({"result": "partial", "short": short}));
        }
        Ok(_) => return Ok(json!({"result": "ok"})),
        Err(refusal) => refusal,
    };
    let result = match (refusal, act) {
        (Refusal::Insufficient { pool, wanted, available, more }, Act::Reserve { .. }) => {
            let first = lacks(pool, wanted - available);
            let rest = more.iter().map(|short| lacks(&short.pool, short.wanted - short.available));
            let short = std::iter::once(first).chain(rest).collect::<Answer<Vec<_>>>()?;
            return Ok(json!({"result": "insufficient", "short": short}));
        }
        (Refusal::Insufficient { .. }, Act::Transfer { .. }) => "insufficient",
        (Refusal::NotPositive { .. }, _) => "non_positive_quantity",
        (Refusal::UnknownPool { .. }, _) => "not_stocked",
        (Refusal::Exists { .. }, _) => "reservation_exists",
        (Refusal::UnknownReservation { .. }, _) => "unknown_reservation",
        (Refusal::Ended { how, .. }, _) => {
            return Ok(json!({"result": format!("already_{}", how_it_ended(*how))}));
        }
        (Refusal::MoreThanHeld { .. }, _) => "more_than_reserved",
        (Refusal::NotOnHand { .. }, Act::Supply { .. }) => "negative_on_hand",
        (Refusal::NotOnHand { .. }, Act::Use { .. }) => "insufficient_on_hand",
        (Refusal::BelowReserved { .. }, _) => "below_reserved",
        (refusal, act) => return Err(format!("{} refused as {}: {refusal}", act.kind(), refusal.code())),
    };
    Ok(json!({"result": result}))
}

fn lacks(pool: &Pool, units: i64) -> Answer<Value> {
    match pool {
        Pool::Stock { location, sku, lot: None } => {
            Ok(json!({"location": location, "sku": sku, "short": units}))
        }
        pool => Err(format!("short of the {pool}")),
    }
}

// ---- promise, lots, limits

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PromiseInput {
    free_now: Option<i64>,
    inbound: Vec<Coming>,
    ask: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Coming {
    id: String,
    eta: DateTime<Utc>,
    quantity: i64,
    promised: i64,
}

fn promised(input: PromiseInput) -> Answer<Value> {
    let arrival = |Coming { id: name, eta, quantity, promised }: &Coming| {
        let from = Inbound { location: id("here")?, sku: id("goods")?, inbound: id(name)? };
        let level = Level { limit: *quantity, floor: Some(0), reserved: *promised, used: 0 };
        Ok(Arrival { from, eta: *eta, presale_ships_by: None, level })
    };
    let arrivals = input.inbound.iter().map(arrival).collect::<Answer<Vec<_>>>()?;
    let made = promise(input.free_now, &arrivals, input.ask);
    let from_inbound: Vec<Value> = made
        .from_inbound
        .iter()
        .map(|part| json!({"inbound": part.from.inbound, "quantity": part.units}))
        .collect();
    Ok(json!({"from_stock": made.from_stock, "from_inbound": from_inbound, "missing": made.missing,
        "complete_at": made.complete_at}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FefoPolicy {
    min_remaining_days: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FefoInput {
    lots: Vec<LotGiven>,
    on: NaiveDate,
    quantity: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LotGiven {
    lot: LotId,
    expires_on: Option<NaiveDate>,
    free: i64,
}

fn fefo(policy: FefoPolicy, input: FefoInput) -> Answer<Value> {
    let policy = LotPolicy::default().with_min_remaining_days(policy.min_remaining_days);
    let lots = input.lots.into_iter().map(|LotGiven { lot, expires_on, free }| Lot { lot, expires_on, free });
    let picked = pick_lots(&lots.collect::<Vec<_>>(), input.on, input.quantity, &policy, Explain::Brief);
    let picks: Vec<Value> =
        picked.picks.iter().map(|pick| json!({"lot": pick.lot, "quantity": pick.units})).collect();
    Ok(json!({"picks": picks, "missing": picked.missing}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitPolicy {
    over_limit: OverLimit,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitInput {
    rule: LimitRule,
    history: Vec<Bought>,
    customer: String,
    at: DateTime<Utc>,
    quantity: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitRule {
    max: u32,
    window_seconds: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bought {
    customer: String,
    at: DateTime<Utc>,
    quantity: u32,
}

fn limit(policy: LimitPolicy, input: LimitInput) -> Answer<Value> {
    let LimitRule { max, window_seconds } = input.rule;
    let rule = SlidingLimit { max, window_seconds, over: policy.over_limit };
    let purchase = |Bought { customer, at, quantity }: &Bought| {
        Ok(Purchase { subject: id(customer)?, at: *at, units: *quantity })
    };
    let history = input.history.iter().map(purchase).collect::<Answer<Vec<_>>>()?;
    let check = rule.check(&history, &id(&input.customer)?, input.at, input.quantity);
    Ok(json!({"used": check.used, "left": check.left, "accepted": check.accepted}))
}

// ---- alerts, view, transfers

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AlertInput {
    low_at: i64,
    clear_at: i64,
    levels: Vec<i64>,
}

fn alert(input: AlertInput) -> Answer<Value> {
    let rule = AlertRule::by_units(input.low_at, input.clear_at).map_err(fault)?;
    let mut state = AlertState::default();
    let mut events = vec![];
    for (index, units) in input.levels.into_iter().enumerate() {
        for change in state.observe(units, &rule) {
            let mut event = serde_json::to_value(change).map_err(fault)?;
            event["level"] = json!(index);
            events.push(event);
        }
    }
    Ok(json!({"events": events}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ViewedPolicy {
    low_at: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ViewInput {
    available: Option<i64>,
    customer_left: Option<i64>,
    presale: Option<OnPresale>,
    backorder: Option<OnBackorder>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OnPresale {
    ships_by: DateTime<Utc>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OnBackorder {
    eta: Option<DateTime<Utc>>,
}

fn viewed(policy: ViewedPolicy, input: ViewInput) -> Answer<Value> {
    let outlook = Outlook {
        available: input.available,
        customer_left: input.customer_left,
        presale: input.presale.map(|presale| presale.ships_by),
        backorder: input.backorder.map(|backorder| BackorderOffer { eta: backorder.eta }),
    };
    serde_json::to_value(view(&outlook, &ViewPolicy::default().with_low_at(policy.low_at.unwrap_or(0))))
        .map_err(fault)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TransferInput {
    currency: String,
    need: u32,
    donors: Vec<DonorGiven>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DonorGiven {
    location: String,
    on_hand: i64,
    reserved: i64,
    safety_stock: u32,
    unit_cost: String,
}

fn transfer(input: TransferInput) -> Answer<Value> {
    let ours = currency(&input.currency)?;
    let donor = |given: &DonorGiven| {
        let policy = StockPolicy::default().with_safety(given.safety_stock);
        let level = Level { limit: given.on_hand, floor: policy.floor(), reserved: given.reserved, used: 0 };
        let unit_cost = money(&given.unit_cost, ours)?;
        Ok(Donor { location: id(&given.location)?, policy, level, unit_cost, demand: None })
    };
    let donors = input.donors.iter().map(donor).collect::<Answer<Vec<_>>>()?;
    let made = propose_transfer(input.need, &donors, ours, &TransferPolicy::default(), Explain::Brief);
    let made = made.map_err(fault)?;
    let moves: Vec<Value> =
        made.moves.iter().map(|part| json!({"from": part.from, "quantity": part.units})).collect();
    Ok(json!({"moves": moves, "cost": decimal(made.cost), "missing": made.missing}))
}
