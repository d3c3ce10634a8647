//! What happens in a story: something is asked of the store, or of a policy.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use order_workflow::{
    decision::Explain,
    id::{ChannelId, LocationId, LotId, Sku},
    inventory::{
        AlertRule, AvailabilityPolicy, Buyer, Demand, Donor, Grade, Outlook, Purchase, Returned, SerialFact,
        ShopperView, SlidingLimit, StockPolicy, TransferPolicy, ViewPolicy, promise, propose_transfer, view,
    },
    money::{Currency, Money},
    reservation::{Act, Outcome, Pool, ReservationStore},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::{Result, amount, instant, said};
use super::legs::Want;
use super::shown;
use super::words::{self, id};
use super::world::{World, again};
use super::{Expect, Policy};

/// What came of a step.
#[derive(Default)]
pub(super) struct Told {
    pub answer: String,
    pub short: Map<String, Value>,
    pub uncovered: Option<i64>,
    pub refused: Option<(String, String)>,
    pub acts: Vec<String>,
    pub gives: Value,
    pub view: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Verb {
    /// Any act, in its wire form.
    Command(Act),
    Reserve {
        r#as: String,
        #[serde(default)]
        wants: Vec<Want>,
        /// Legs that were planned before.
        plan: Option<String>,
        until: Option<String>,
    },
    /// Makes legs now, to be reserved later.
    Plan {
        name: String,
        wants: Vec<Want>,
    },
    Confirm {
        r#as: String,
    },
    Extend {
        r#as: String,
        until: String,
    },
    Use {
        r#as: String,
        parts: Option<Map<String, Value>>,
    },
    Release {
        r#as: String,
        parts: Option<Map<String, Value>>,
    },
    Receive {
        to: String,
        units: i64,
    },
    Adjust {
        shelf: String,
        delta: i64,
        guard: Option<String>,
    },
    Transfer {
        from: String,
        to: String,
        units: i64,
    },
    Return {
        to: String,
        units: i64,
        grade: Grade,
        of: Option<String>,
    },
    Inspect {
        shelf: String,
        lot: LotId,
        units: i64,
        grade: Grade,
    },
    /// The shelf's policy changes.
    Keep {
        shelf: String,
        policy: StockPolicy,
    },
    Announce {
        inbound: String,
        expected: u32,
    },
    Arrive {
        inbound: String,
        units: u32,
        #[serde(default)]
        still_to_come: u32,
    },
    Settle {
        inbound: String,
    },
    Sweep {
        max: usize,
    },
    Look {
        sku: Sku,
        #[serde(default)]
        policy: AvailabilityPolicy,
        channel: Option<ChannelId>,
        /// Looks as this buyer, under all limits.
        buyer: Option<Buyer>,
        low_at: Option<u32>,
    },
    Promise {
        sku: Sku,
        location: LocationId,
        units: u32,
    },
    Pick {
        sku: Sku,
        location: LocationId,
        units: u32,
        on: NaiveDate,
        #[serde(default)]
        min_remaining_days: u32,
    },
    Quota {
        channel: ChannelId,
        sku: Sku,
        units: u32,
    },
    CheckLimit {
        rule: SlidingLimit,
        history: Vec<Value>,
        subject: String,
        units: u32,
    },
    CountKits {
        kit: String,
        location: LocationId,
    },
    Observe {
        name: String,
        units: i64,
        rule: AlertRule,
    },
    Serial(Map<String, Value>),
    Propose {
        sku: Sku,
        to: LocationId,
        need: u32,
        unit_costs: BTreeMap<String, String>,
        #[serde(default)]
        cover_days: u32,
        #[serde(default)]
        demand: BTreeMap<String, Demand>,
        /// Whether the proposal is also carried out.
        #[serde(default)]
        carry_out: bool,
    },
}

type Acts = Policy<Vec<Act>>;

fn one(act: Policy<Act>) -> Acts {
    act.map(|act| vec![act])
}

impl World {
    pub(super) fn step(&mut self, index: usize, step: &Map<String, Value>) -> Result<(Told, Expect)> {
        let mut step = step.clone();
        let at = step.remove("at").ok_or("a step without `at`")?;
        self.now = instant(at.as_str().ok_or("`at` is a text")?)?;
        let expect = step.remove("expect").map(serde_json::from_value).transpose().map_err(said)?;
        let op = match step.remove("op") {
            Some(op) => op.as_str().ok_or("`op` is a text")?.to_owned(),
            None => format!("step {index}"),
        };
        let verb: Verb = serde_json::from_value(Value::Object(step)).map_err(said)?;
        let mut told = Told::default();
        match self.acts(verb, &mut told)? {
            Err(refusal) => told.refused = Some((refusal.code().to_owned(), refusal.to_string())),
            Ok(acts) => self.carry_out(&op, acts, &mut told)?,
        }
        Ok((told, expect.unwrap_or_default()))
    }

    fn carry_out(&mut self, op: &str, acts: Vec<Act>, told: &mut Told) -> Result<()> {
        let mut words = vec![];
        for (index, act) in acts.into_iter().enumerate() {
            told.acts.push(shown::act(&act));
            let op = if index == 0 { op.to_owned() } else { format!("{op}/{index}") };
            match self.execute(&op, act)? {
                Err(refusal) => {
                    told.refused = Some((refusal.code().to_owned(), refusal.to_string()));
                    break;
                }
                Ok(outcome) => {
                    if let Outcome::Reserved { short, .. } | Outcome::Moved { short } = &outcome {
                        let part = |part: &order_workflow::reservation::Part| {
                            (words::named(&part.pool), part.units.into())
                        };
                        told.short = short.iter().map(part).collect();
                    }
                    if let Outcome::Set { uncovered } = outcome {
                        told.uncovered = Some(uncovered);
                    }
                    let kind = serde_json::to_value(&outcome).map_err(said)?;
                    words.push(kind["kind"].as_str().unwrap_or_default().to_owned());
                }
            }
        }
        told.answer = words.join(" ");
        Ok(())
    }

    /// What a step asks of the store; what a policy answers goes to `told`.
    fn acts(&mut self, verb: Verb, told: &mut Told) -> Result<Acts> {
        let parts = |parts: &Option<Map<String, Value>>| parts.as_ref().map(words::parts).transpose();
        let shelf = |text: &str| words::pool(text);
        Ok(match verb {
            Verb::Command(act) => Ok(vec![act]),
            Verb::Reserve { r#as, wants, plan, until } => {
                let legs = match plan {
                    Some(name) => Ok(self.plans.get(&name).cloned().ok_or("no such plan")?),
                    None => self.legs(&wants)?,
                };
                let until = until.as_deref().map(instant).transpose()?;
                let reservation = id(&r#as)?;
                one(legs.map(|legs| Act::Reserve { reservation, legs, until }))
            }
            Verb::Plan { name, wants } => self.legs(&wants)?.map(|legs| {
                told.gives = legs.iter().map(|leg| json!([words::named(&leg.pool), leg.units])).collect();
                self.plans.insert(name, legs);
                vec![]
            }),
            Verb::Confirm { r#as } => Ok(vec![Act::Confirm { reservation: id(&r#as)? }]),
            Verb::Extend { r#as, until } => {
                Ok(vec![Act::Extend { reservation: id(&r#as)?, until: instant(&until)? }])
            }
            Verb::Use { r#as, parts: given } => {
                Ok(vec![Act::Use { reservation: id(&r#as)?, parts: parts(&given)? }])
            }
            Verb::Release { r#as, parts: given } => {
                Ok(vec![Act::Release { reservation: id(&r#as)?, parts: parts(&given)? }])
            }
            Verb::Receive { to, units } => one(self.shelves.receive(&shelf(&to)?, units)),
            Verb::Adjust { shelf: pool, delta, guard } => {
                let act = self.shelves.adjust(&shelf(&pool)?, delta, World::guard(guard.as_deref())?);
                act.map(|act| act.into_iter().collect())
            }
            Verb::Transfer { from, to, units } => {
                one(self.shelves.transfer(&shelf(&from)?, &shelf(&to)?, units))
            }
            Verb::Return { to, units, grade, of } => {
                let reservation = of.as_deref().map(id).transpose()?;
                let returned = Returned { pool: shelf(&to)?, units, grade, reservation };
                match self.shelves.take_back(returned) {
                    Ok(back) => {
                        told.gives = serde_json::to_value(&back.record).map_err(said)?;
                        Ok(back.acts)
                    }
                    Err(refusal) => Err(refusal),
                }
            }
            Verb::Inspect { shelf: pool, lot, units, grade } => {
                let act = self.shelves.inspected(&shelf(&pool)?, &lot, units, &grade);
                act.map(|act| act.into_iter().collect())
            }
            Verb::Keep { shelf: pool, policy } => {
                let pool = shelf(&pool)?;
                let Pool::Stock { location, sku, lot } = pool.clone() else {
                    return Err("no shelf".to_owned());
                };
                let shelf = order_workflow::inventory::Shelf { location, sku, lot, policy };
                self.shelves = std::mem::take(&mut self.shelves).with(shelf);
                Ok(vec![policy.set_floor(pool)])
            }
            Verb::Announce { inbound, expected } => Ok(vec![words::inbound(&inbound)?.announce(expected)]),
            Verb::Arrive { inbound, units, still_to_come } => {
                let inbound = words::inbound(&inbound)?;
                let level = self.level(&inbound.pool())?.ok_or("nothing was announced")?;
                Ok(inbound.arrive(&level, units, still_to_come))
            }
            Verb::Settle { inbound } => {
                let inbound = words::inbound(&inbound)?;
                let level = self.level(&inbound.pool())?.ok_or("nothing was announced")?;
                Ok(inbound.settle(&level).into_iter().collect())
            }
            Verb::Sweep { max } => {
                told.gives = pollster::block_on(self.store.sweep(self.now, max)).map_err(said)?.into();
                Ok(vec![])
            }
            verb => match self.asked(verb)? {
                Ok((gives, view, acts)) => {
                    (told.gives, told.view) = (gives, view);
                    Ok(acts)
                }
                Err(refusal) => Err(refusal),
            },
        })
    }

    /// What a policy answers, and what is asked of the store by that.
    fn asked(&mut self, verb: Verb) -> Result<Policy<(Value, Value, Vec<Act>)>> {
        let mut acts = vec![];
        let mut seen = Value::Null;
        let gives = match verb {
            Verb::Look { sku, policy, channel, buyer, low_at } => {
                let quota = channel.map(|channel| self.quota(&channel, &sku)).transpose()?;
                let left = quota.and_then(|(rule, levels)| rule.left(&levels));
                let stock = self.available(&sku, left, &policy)?;
                let customer_left = match buyer {
                    None => None,
                    Some(buyer) => match self.left(&buyer)? {
                        Ok(left) => left,
                        Err(refusal) => return Ok(Err(refusal)),
                    },
                };
                let outlook = Outlook::of(&stock, &self.arrivals(&sku)?, customer_left);
                let mut policy = ViewPolicy::default();
                if let Some(low_at) = low_at {
                    policy = policy.with_low_at(low_at);
                }
                let shown: ShopperView = again(&view(&outlook, &policy))?;
                seen = serde_json::to_value(shown).map_err(said)?;
                serde_json::to_value(again(&stock)?)
            }
            Verb::Promise { sku, location, units } => {
                let level = self.level(&Pool::stock(location, sku.clone()))?;
                let free = level.map_or(Some(0), |level| level.available());
                serde_json::to_value(again(&promise(free, &self.arrivals(&sku)?, units))?)
            }
            Verb::Pick { sku, location, units, on, min_remaining_days } => {
                let picks = self.pick(&sku, &location, units, on, min_remaining_days)?;
                serde_json::to_value(again(&picks)?)
            }
            Verb::Quota { channel, sku, units } => {
                let (rule, levels) = self.quota(&channel, &sku)?;
                match rule.legs(&sku, units, &levels, Explain::Full) {
                    Ok(legs) => serde_json::to_value(again(&legs)?),
                    Err(refusal) => return Ok(Err(refusal)),
                }
            }
            Verb::CheckLimit { rule, history, subject, units } => {
                let purchase = |value: &Value| -> Result<Purchase> {
                    let mut value = value.clone();
                    let at = instant(value["at"].as_str().ok_or("a purchase without `at`")?)?;
                    value["at"] = json!(at);
                    serde_json::from_value(value).map_err(said)
                };
                let history: Vec<Purchase> = history.iter().map(purchase).collect::<Result<_>>()?;
                serde_json::to_value(rule.check(&history, &id(&subject)?, self.now, units))
            }
            Verb::CountKits { kit, location } => {
                let kit = self.kit(&kit)?;
                let mut free = BTreeMap::new();
                for component in &kit.components {
                    let pool = Pool::stock(location.clone(), component.sku.clone());
                    if let Some(level) = self.level(&pool)? {
                        free.insert(component.sku.clone(), level.available());
                    }
                }
                match kit.available(&free) {
                    Ok(kits) => serde_json::to_value(kits),
                    Err(refusal) => return Ok(Err(refusal)),
                }
            }
            Verb::Observe { name, units, rule } => {
                let state = self.alerts.entry(name).or_default();
                let changes = state.observe(units, &again(&rule)?);
                *state = again(state)?;
                serde_json::to_value(changes)
            }
            Verb::Serial(mut fact) => {
                fact.insert("at".to_owned(), json!(self.now));
                let fact: SerialFact = serde_json::from_value(Value::Object(fact)).map_err(said)?;
                let answer = self.serials.record(fact);
                self.serials = again(&self.serials)?;
                serde_json::to_value(answer)
            }
            Verb::Propose { sku, to, need, unit_costs, cover_days, demand, carry_out } => {
                let donors = self.donors(&sku, &to, &unit_costs, &demand)?;
                let policy = TransferPolicy::default().with_cover_days(cover_days);
                match propose_transfer(need, &donors, Currency::EUR, &policy, Explain::Full) {
                    Ok(proposal) => {
                        if carry_out {
                            acts = proposal.acts(&to, &sku);
                        }
                        serde_json::to_value(again(&proposal)?)
                    }
                    Err(refusal) => return Ok(Err(refusal)),
                }
            }
            _ => return Err("a step that is no question".to_owned()),
        };
        Ok(Ok((gives.map_err(said)?, seen, acts)))
    }

    /// What a buyer may still buy under all limits.
    fn left(&self, buyer: &Buyer) -> Result<Policy<Option<i64>>> {
        let mut left: Option<i64> = None;
        for limit in &self.limits {
            let pool = match limit.pool(buyer, self.now) {
                Ok(pool) => pool,
                Err(refusal) => return Ok(Err(refusal)),
            };
            if let Some(pool) = pool {
                let here = limit.left(self.level(&pool)?.as_ref());
                left = Some(left.map_or(here, |left| left.min(here)));
            }
        }
        Ok(Ok(left))
    }

    fn donors(
        &self,
        sku: &Sku,
        to: &LocationId,
        unit_costs: &BTreeMap<String, String>,
        demand: &BTreeMap<String, Demand>,
    ) -> Result<Vec<Donor>> {
        let mut donors = vec![];
        for shelf in self.stock()? {
            let Pool::Stock { location, sku: of, lot: None } = &shelf.pool else { continue };
            if of != sku || location == to {
                continue;
            }
            let cost = unit_costs.get(location.as_str()).ok_or("a donor without a cost")?;
            let unit_cost: Money = amount(cost, Currency::EUR)?;
            let (location, demand) = (location.clone(), demand.get(location.as_str()).copied());
            donors.push(Donor { location, policy: shelf.policy, level: shelf.level, unit_cost, demand });
        }
        Ok(donors)
    }
}
