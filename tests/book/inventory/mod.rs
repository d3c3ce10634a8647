//! Stories of stock: shelves, holds and the policies over them, on the memory store.
//!
//! Every command goes to the store as JSON, and a second time under the same op, which must answer the same and
//! change nothing.

mod legs;
mod shown;
mod step;
mod words;
mod world;

use order_workflow::inventory::InventoryRefusal;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Kind, Refused, Result};
use world::World;

/// What a policy answers, or why it does not.
type Policy<T> = std::result::Result<T, InventoryRefusal>;

/// One story: what there is, what happens, and what must be true after each step.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What happens, in a sentence.
    pub title: String,
    /// Which feature of the crate it shows.
    pub feature: String,
    /// What kind of story it is.
    pub kind: Kind,
    given: world::Given,
    steps: Vec<Map<String, Value>>,
}

/// What must be true after a step; what is not named is not looked at.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Expect {
    /// What the store answered, by kind, one word a command.
    answer: Option<String>,
    /// What a partial reserve did not get, by pool.
    short: Option<Map<String, Value>>,
    /// How many promises the last command left uncovered.
    uncovered: Option<i64>,
    refused: Option<Refused>,
    /// By pool: `8 on hand, 3 reserved, 5 available`.
    levels: Option<Map<String, Value>>,
    /// By reservation: `held 3 of stock north tea`.
    holds: Option<Map<String, Value>>,
    /// Exactly these acts were asked of the store.
    acts: Option<Vec<String>>,
    /// What a policy answered: at least these keys, each exactly so.
    gives: Option<Value>,
    /// Exactly these codes.
    reasons: Option<Vec<String>>,
    view: Option<Value>,
}

impl Scenario {
    /// Plays the story; the first thing that is not as expected.
    pub fn run(&self) -> Result<()> {
        let mut world = World::open(&self.given).map_err(|why| format!("given: {why}"))?;
        for (index, step) in self.steps.iter().enumerate() {
            let at = |why: String| format!("step {} {}: {why}", index + 1, Value::Object(step.clone()));
            let (told, expect) = world.step(index, step).map_err(at)?;
            self::check(&world, &told, &expect).map_err(at)?;
        }
        Ok(())
    }
}

/// Compares all that `expect` names, and names all that differs.
fn check(world: &World, told: &step::Told, expect: &Expect) -> Result<()> {
    let mut wrong = vec![];
    match (&expect.refused, &told.refused) {
        (Some(refused), Some((code, text))) => {
            if *code != refused.code || !text.contains(&refused.says) {
                wrong.push(format!("refused as {code}: {text}"));
            }
        }
        (Some(refused), None) => wrong.push(format!("not refused as {}", refused.code)),
        (None, Some((code, text))) => wrong.push(format!("refused as {code}: {text}")),
        (None, None) => {}
    }
    let mut compare = |name: &str, wanted: Option<Value>, got: Value| {
        if wanted.is_some_and(|wanted| wanted != got) {
            wrong.push(format!("{name}: {got}"));
        }
    };
    compare("answer", expect.answer.as_ref().map(|word| word.as_str().into()), told.answer.as_str().into());
    compare("short", expect.short.clone().map(Value::Object), Value::Object(told.short.clone()));
    compare("uncovered", expect.uncovered.map(Value::from), told.uncovered.into());
    compare("acts", expect.acts.clone().map(Value::from), told.acts.clone().into());
    compare("reasons", expect.reasons.clone().map(Value::from), shown::reasons(&told.gives).into());
    compare("view", expect.view.clone(), told.view.clone());
    for (pool, wanted) in expect.levels.iter().flatten() {
        let got = world.level(&words::pool(pool)?)?.map_or("none".to_owned(), |level| shown::level(&level));
        if wanted.as_str() != Some(&got) {
            wrong.push(format!("{pool}: {got}"));
        }
    }
    for (name, wanted) in expect.holds.iter().flatten() {
        let got = world.reserved(name)?.map_or("none".to_owned(), |reserved| shown::reserved(&reserved));
        if wanted.as_str() != Some(&got) {
            wrong.push(format!("{name}: {got}"));
        }
    }
    if let Some(wanted) = &expect.gives
        && !says(wanted, &told.gives)
    {
        wrong.push(format!("gives {}", told.gives));
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
}

/// Whether an answer has all that is wanted of it: of an object the named keys, of the rest everything.
fn says(wanted: &Value, got: &Value) -> bool {
    match (wanted, got) {
        (Value::Object(wanted), Value::Object(got)) => {
            wanted.iter().all(|(key, wanted)| says(wanted, got.get(key).unwrap_or(&Value::Null)))
        }
        (Value::Array(wanted), Value::Array(got)) => {
            wanted.len() == got.len() && wanted.iter().zip(got).all(|(wanted, got)| says(wanted, got))
        }
        _ => wanted == got,
    }
}
