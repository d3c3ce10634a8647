//! `a-tree`: an index of boolean expressions. It counts nothing, so the event tells which counts are reached in which
//! category, as `here/3>=2`; that is summed and written within the measured time.

use a_tree::{ATree, AttributeDefinition};
use order_workflow::promotion::Cart;

use crate::{Rule, summed};

/// No rule asks for more.
const MOST: u64 = 9;

pub struct Index(ATree<usize>);

impl Index {
    pub fn new(rules: &[Rule]) -> Index {
        let mut tree = ATree::new(&[AttributeDefinition::string_list("reached")]).expect("one attribute");
        for (n, Rule { category, at_least }) in rules.iter().enumerate() {
            let expression = format!("reached one of ['{category}>={at_least}']");
            tree.insert(&n, &expression).expect("a sound expression");
        }
        Index(tree)
    }

    pub fn matching(&self, cart: &Cart) -> Vec<usize> {
        let reached: Vec<String> = summed(cart)
            .into_iter()
            .flat_map(|(category, units)| (1..=units.min(MOST)).map(move |n| format!("{category}>={n}")))
            .collect();
        let reached: Vec<&str> = reached.iter().map(String::as_str).collect();
        let mut event = self.0.make_event();
        event.with_string_list("reached", &reached).expect("a known attribute");
        let event = event.build().expect("a whole event");
        let report = self.0.search(&event).expect("a search");
        let mut all: Vec<usize> = report.matches().iter().map(|&&n| n).collect();
        all.sort_unstable();
        all
    }
}
