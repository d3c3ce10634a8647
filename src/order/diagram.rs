use std::{collections::BTreeMap, fmt::Write};

use super::{Stage, TRANSITIONS, Trigger, Way};

/// Every arrow of one method: from, to, and what leads there in the order of the table.
fn arrows(way: Way) -> Vec<(Stage, Stage, Vec<Trigger>)> {
    let mut found: BTreeMap<(Stage, Stage), Vec<Trigger>> = BTreeMap::new();
    for row in TRANSITIONS.iter().filter(|row| row.ways.contains(&way)) {
        for from in row.from {
            for to in row.to {
                found.entry((*from, *to)).or_default().push(row.by);
            }
        }
    }
    found.into_iter().map(|((from, to), by)| (from, to, by)).collect()
}

fn names(by: &[Trigger]) -> String {
    by.iter().map(|trigger| trigger.name()).collect::<Vec<_>>().join(", ")
}

/// The transition table of one fulfilment method as a Mermaid state diagram.
///
/// ```
/// use order_workflow::order::{Way, to_mermaid};
/// assert!(to_mermaid(Way::Digital).contains("    confirmed --> granted: granted\n"));
/// ```
pub fn to_mermaid(way: Way) -> String {
    let mut text = String::from("stateDiagram-v2\n    [*] --> placed\n");
    for (from, to, by) in arrows(way) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "    {} --> {}: {}", from.name(), to.name(), names(&by));
    }
    text
}

/// The transition table of one fulfilment method as a Graphviz graph.
pub fn to_dot(way: Way) -> String {
    let mut text = String::from("digraph order {\n    rankdir=LR;\n");
    for (from, to, by) in arrows(way) {
        let _ = writeln!(text, "    {} -> {} [label=\"{}\"];", from.name(), to.name(), names(&by));
    }
    text.push_str("}\n");
    text
}
