//! Runs the scenario book: given, steps, and what is expected after each. A key that it does not know is a
//! failure, never ignored.
//!
//! After every step the order must keep its invariants, its history must replay to the same order, and a
//! snapshot must survive JSON.

mod act;
mod given;
pub mod inventory;
pub mod promotion;
mod shown;
pub mod sourcing;

use chrono::{DateTime, Utc};
use order_workflow::{
    id::OrderId,
    money::{Currency, Money},
    order::{Anomaly, Order, OrderDecision, OrderEvent, Snapshot, payment::Unmatched},
};
use serde::Deserialize;
use serde_json::{Map, Value};

use self::act::Answer;

/// A failure as a sentence.
pub type Result<T> = std::result::Result<T, String>;

/// One story: what was agreed, what happens, and what must be true after each step.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What happens, in a sentence.
    pub title: String,
    /// Which feature of the crate it shows.
    pub feature: String,
    /// What kind of story it is.
    pub kind: Kind,
    given: given::Given,
    /// What must be true of the order as placed.
    #[serde(default)]
    placed: Option<Expect>,
    steps: Vec<Map<String, Value>>,
}

/// The kinds of story that every feature needs.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It goes as it should.
    Happy,
    /// Somebody asks for what cannot be.
    Refusal,
    /// Things cross, repeat, come late or out of order.
    Race,
}

/// What must be true after a step; what is not named is not looked at.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Expect {
    status: Option<String>,
    /// Per line, in the order of the units: `1 shipped, 1 cancelled`.
    stages: Option<Map<String, Value>>,
    money: Option<Map<String, Value>>,
    refused: Option<Refused>,
    /// Exactly these, without notices.
    effects: Option<Vec<String>>,
    effects_include: Option<Vec<String>>,
    /// Exactly these: `kind/next amount`.
    anomalies: Option<Vec<String>>,
    /// At least these codes.
    reasons: Option<Vec<String>>,
    /// Exactly these.
    notices: Option<Vec<String>>,
    #[serde(deserialize_with = "given")]
    next_deadline: Option<Option<String>>,
    /// Exactly these kinds of request.
    open: Option<Vec<String>>,
    holds: Option<Vec<String>>,
    /// What this step credited: `tea 11.90 tax 1.90`.
    credits: Option<Vec<String>>,
    /// Money that the order cannot explain, per currency.
    unexplained: Option<Vec<String>>,
    /// Money that waits for its order, per currency.
    parked: Option<Vec<String>>,
    linked: Option<Vec<String>>,
    /// The step left everything as it was.
    unchanged: Option<bool>,
}

/// A refusal: its code, and a part of its text that names what would be accepted.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refused {
    code: String,
    says: String,
}

/// A field that is there, even if it is `null`.
fn given<'de, D: serde::Deserializer<'de>>(from: D) -> std::result::Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(from).map(Some)
}

/// An order in the hands of a careful host.
struct Desk {
    order: Order,
    /// Where its history begins: placed, or taken over.
    base: Option<Order>,
    history: Vec<OrderEvent>,
    parked: Unmatched,
    facts: u32,
    currency: Currency,
}

impl Desk {
    fn id(&self) -> &OrderId {
        self.order.id()
    }

    fn money(&self, text: &str) -> Result<Money> {
        amount(text, self.currency)
    }

    fn apply(&mut self, decision: &OrderDecision) {
        self.order.evolve_all(&decision.events);
        self.history.extend(decision.events.iter().cloned());
    }

    fn is_sound(&self) -> Result<()> {
        if let Some(broken) = self.order.violations().first() {
            return Err(format!("an invariant is broken: {broken}"));
        }
        let again = match &self.base {
            Some(base) => {
                let mut again = base.clone();
                again.evolve_all(&self.history);
                again
            }
            None => Order::replay(self.history.iter().cloned()).map_err(said)?,
        };
        if again != self.order {
            return Err("its history tells another order".to_owned());
        }
        let text = serde_json::to_string(&self.order.snapshot()).map_err(said)?;
        let snapshot: Snapshot = serde_json::from_str(&text).map_err(said)?;
        if Order::import(snapshot).map_err(said)? != self.order {
            return Err("a snapshot tells another order".to_owned());
        }
        Ok(())
    }
}

/// `12.50`, in `currency`, or `12.50 USD`.
fn amount(text: &str, currency: Currency) -> Result<Money> {
    let (number, currency) = match text.split_once(' ') {
        Some((number, code)) => (number, Currency::from_code(code).map_err(said)?),
        None => (text, currency),
    };
    Money::parse(number, currency).map_err(said)
}

/// `10:00` is on the first day, `day 3 10:00` on the third; anything else is RFC 3339.
fn instant(text: &str) -> Result<DateTime<Utc>> {
    if text.contains('T') {
        return text.parse().map_err(|error| format!("`{text}`: {error}"));
    }
    let (day, clock) = match text.strip_prefix("day ").and_then(|rest| rest.split_once(' ')) {
        Some((day, clock)) => (day.parse::<i64>().map_err(|error| format!("`{text}`: {error}"))?, clock),
        None => (1, text),
    };
    let seconds = if clock.len() == 5 { ":00" } else { "" };
    let first = format!("2026-06-01T{clock}{seconds}Z");
    let first: DateTime<Utc> = first.parse().map_err(|error| format!("`{text}`: {error}"))?;
    Ok(first + chrono::TimeDelta::days(day - 1))
}

fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}

impl Scenario {
    /// Plays the story; the first thing that is not as expected.
    pub fn run(&self) -> Result<()> {
        let (mut desk, answer) = match self.given.place()? {
            Ok((desk, decision)) => (Some(desk), Answer::Done(decision, vec![])),
            Err(refusal) => (None, Answer::Refused(refusal.code().to_owned(), refusal.to_string())),
        };
        let placed = self.placed.as_ref().unwrap_or(const { &Expect::NOTHING });
        check(desk.as_ref(), None, placed, &answer).map_err(|why| format!("as placed: {why}"))?;
        for (index, step) in self.steps.iter().enumerate() {
            let at = |why: String| format!("step {} {}: {why}", index + 1, Value::Object(step.clone()));
            let desk = desk.as_mut().ok_or_else(|| at("there is no order".to_owned()))?;
            let before = desk.order.clone();
            let (answer, expect) = desk.step(step).map_err(at)?;
            check(Some(desk), Some(&before), &expect, &answer).map_err(at)?;
        }
        Ok(())
    }
}

impl Expect {
    const NOTHING: Expect = Expect {
        status: None,
        stages: None,
        money: None,
        refused: None,
        effects: None,
        effects_include: None,
        anomalies: None,
        reasons: None,
        notices: None,
        next_deadline: None,
        open: None,
        holds: None,
        credits: None,
        unexplained: None,
        parked: None,
        linked: None,
        unchanged: None,
    };
}

/// Compares all that `expect` names, and names all that differs.
fn check(desk: Option<&Desk>, before: Option<&Order>, expect: &Expect, answer: &Answer) -> Result<()> {
    let mut wrong = vec![];
    match (&expect.refused, answer) {
        (Some(refused), Answer::Refused(code, text)) => {
            if *code != refused.code || !text.contains(&refused.says) {
                wrong.push(format!("refused as {code}: {text}"));
            }
        }
        (Some(refused), Answer::Done(..)) => wrong.push(format!("not refused as {}", refused.code)),
        (None, Answer::Refused(code, text)) => wrong.push(format!("refused as {code}: {text}")),
        (None, Answer::Done(..)) => {}
    }
    let none = OrderDecision::none();
    let (decision, told): (&OrderDecision, &[Anomaly]) = match answer {
        Answer::Done(decision, told) => (decision, told),
        Answer::Refused(..) => (&none, &[]),
    };
    let mut compare = |name: &str, wanted: &Option<Vec<String>>, got: Vec<String>| {
        if wanted.as_ref().is_some_and(|wanted| *wanted != got) {
            wrong.push(format!("{name} are {got:?}"));
        }
    };
    compare("effects", &expect.effects, shown::effects(decision));
    compare("notices", &expect.notices, shown::notices(decision));
    compare("anomalies", &expect.anomalies, shown::anomalies(decision, told));
    let Some(desk) = desk else {
        return if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) };
    };
    compare("credits", &expect.credits, shown::credits(decision, &desk.order));
    let state = desk.order.state();
    compare("open requests", &expect.open, shown::names(desk.order.open_requests(), |kind| kind.name()));
    compare("holds", &expect.holds, state.book.holds.iter().map(shown::word).collect());
    compare("unexplained", &expect.unexplained, shown::names(&state.log.unexplained, Money::to_string));
    compare("parked", &expect.parked, shown::names(desk.parked.held(), |sum| sum.to_string()));
    compare("linked", &expect.linked, shown::linked(&desk.order));
    let status = expect.status.as_ref().map(|status| vec![status.clone()]);
    compare("status", &status, vec![desk.order.status().name().to_owned()]);
    if let Some(wanted) = &expect.next_deadline {
        let wanted = wanted.as_deref().map(instant).transpose()?;
        let got = desk.order.next_deadline();
        if wanted != got {
            wrong.push(format!("the next deadline is {got:?}"));
        }
    }
    for wanted in expect.effects_include.iter().flatten() {
        let got = shown::effects(decision);
        if !got.contains(wanted) {
            wrong.push(format!("effects are {got:?}"));
        }
    }
    for wanted in expect.reasons.iter().flatten() {
        let got = shown::names(&decision.reasons, |reason| reason.code());
        if !got.contains(wanted) {
            wrong.push(format!("reasons are {got:?}"));
        }
    }
    for (line, wanted) in expect.stages.iter().flatten() {
        let got = shown::stages(&desk.order, line);
        if got.as_deref() != wanted.as_str() {
            wrong.push(format!("units of `{line}` stand {got:?}"));
        }
    }
    for (name, wanted) in expect.money.iter().flatten() {
        let got = shown::money(&desk.order, name)?;
        if wanted.as_str() != Some(&got) {
            wrong.push(format!("{name} is {got}"));
        }
    }
    let same = before.is_some_and(|before| *before == desk.order) && decision.is_empty();
    if expect.unchanged.is_some_and(|wanted| wanted != same) {
        wrong.push(format!("something changed: {}", !same));
    }
    if let (Some(_), Some(before)) = (&expect.refused, before)
        && *before != desk.order
    {
        wrong.push("a refusal changed the order".to_owned());
    }
    desk.is_sound().unwrap_or_else(|why| wrong.push(why));
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
}
