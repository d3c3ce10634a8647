//! `zen-engine`, in three ways: one decision table with an expression a rule; one table with a column that it indexes, asked
//! once for every category of the cart; every rule's expression compiled by itself and run by the expression machine
//! without the engine around it.

use order_workflow::promotion::Cart;
use serde_json::{Value, json};
use zen_engine::{Decision, model::GraphContent};
use zen_expression::{Isolate, Variable, compiler::Opcode};

use crate::{Rule, summed};

/// A table between an input and an output; each rule answers its number.
fn graph(inputs: Value, rows: Vec<Value>) -> GraphContent {
    let table = json!({
        "hitPolicy": "collect", "inputs": inputs, "rules": rows,
        "outputs": [{ "id": "o", "name": "promotion", "field": "promotion" }],
    });
    let edge =
        |from: &str, to: &str| json!({ "id": format!("{from}-{to}"), "sourceId": from, "targetId": to });
    let graph = json!({
        "nodes": [
            { "id": "in", "name": "in", "type": "inputNode" },
            { "id": "table", "name": "table", "type": "decisionTableNode", "content": table },
            { "id": "out", "name": "out", "type": "outputNode" },
        ],
        "edges": [edge("in", "table"), edge("table", "out")],
    });
    serde_json::from_value(graph).expect("a decision graph")
}

/// One expression a rule, over the units by category.
pub fn plain_table(rules: &[Rule]) -> GraphContent {
    let row = |(n, rule): (usize, &Rule)| json!({ "c": expression(rule), "o": n.to_string() });
    graph(json!([{ "id": "c", "name": "when" }]), rules.iter().enumerate().map(row).collect())
}

/// A column for the category, which the engine indexes, and one for the units.
pub fn indexed_table(rules: &[Rule]) -> GraphContent {
    let row = |(n, rule): (usize, &Rule)| {
        json!({
            "c": format!("\"{}\"", rule.category), "u": format!(">= {}", rule.at_least), "o": n.to_string(),
        })
    };
    let inputs = json!([
        { "id": "c", "name": "category", "field": "category" }, { "id": "u", "name": "units", "field": "units" },
    ]);
    graph(inputs, rules.iter().enumerate().map(row).collect())
}

fn expression(rule: &Rule) -> String {
    format!("(units[\"{}\"] ?? 0) >= {}", rule.category, rule.at_least)
}

pub fn decision(mut content: GraphContent) -> Decision {
    content.compile();
    content.into()
}

fn units(cart: &Cart) -> Variable {
    json!({ "units": summed(cart) }).into()
}

fn collected(decision: &Decision, context: Variable, into: &mut Vec<usize>) {
    let answer = pollster::block_on(decision.evaluate(context)).expect("a decision");
    let rows: Vec<Value> = serde_json::from_value(answer.result.to_value()).expect("a list");
    into.extend(rows.iter().map(|row| {
        let number = row.get("promotion").and_then(Value::as_f64).expect("a number");
        number as usize
    }));
}

pub fn by_plain_table(decision: &Decision, cart: &Cart) -> Vec<usize> {
    let mut all = vec![];
    collected(decision, units(cart), &mut all);
    all.sort_unstable();
    all
}

pub fn by_indexed_table(decision: &Decision, cart: &Cart) -> Vec<usize> {
    let mut all = vec![];
    for (category, units) in summed(cart) {
        collected(decision, json!({ "category": category, "units": units }).into(), &mut all);
    }
    all.sort_unstable();
    all
}

/// Every rule's code.
pub struct Compiled(Vec<std::sync::Arc<[Opcode]>>);

impl Compiled {
    pub fn new(rules: &[Rule]) -> Compiled {
        let mut isolate = Isolate::new();
        let mut code = |rule| {
            let compiled = isolate.compile_standard(&expression(rule)).expect("a sound expression");
            compiled.bytecode().clone()
        };
        Compiled(rules.iter().map(&mut code).collect())
    }

    pub fn matching(&self, cart: &Cart) -> Vec<usize> {
        let mut isolate = Isolate::with_environment(units(cart));
        let mut holds = |code: &[Opcode]| {
            isolate.run_compiled(code).expect("an answer").as_bool().expect("a yes or a no")
        };
        self.0.iter().enumerate().filter(|(_, code)| holds(code)).map(|(n, _)| n).collect()
    }
}
