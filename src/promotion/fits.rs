//! Which lines fit which filters, asked once a quote.

use std::sync::Arc;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use crate::promotion::benefit::{Benefit, Pick};
use crate::promotion::{Cart, CartLine, Condition, Filter, Promotion};

/// A row of bits, one a line, for every filter of the candidates. A filter is known by where it stands in memory, which
/// does not change while the candidates are held.
#[derive(Debug, Default)]
pub(super) struct Fits {
    rows: HashMap<usize, usize, FixedState>,
    bits: Vec<u64>,
    words: usize,
}

impl Fits {
    /// Forgets all and asks the filters of these.
    pub fn prepare(&mut self, cart: &Cart, candidates: &[Arc<Promotion>]) {
        let Fits { rows, bits, words } = self;
        rows.clear();
        bits.clear();
        *words = cart.lines.len().div_ceil(64);
        let mut ask = |of: &Filter| {
            rows.insert(name(of), bits.len());
            for lines in cart.lines.chunks(64) {
                let fitting = lines.iter().rev().fold(0u64, |row, line| row << 1 | u64::from(of.fits(line)));
                bits.push(fitting);
            }
        };
        for rule in candidates {
            if let Some(when) = &rule.when {
                asked(when, &mut ask);
            }
            for benefit in &rule.gives {
                if let Benefit::Off { pick, .. } = benefit {
                    picked(pick, &mut ask);
                }
            }
        }
    }

    /// Whether lines fit, for many of them.
    pub fn of<'f>(&'f self, filter: &'f Filter) -> impl Fn(usize, &CartLine) -> bool + use<'f> {
        let row = self.rows.get(&name(filter)).and_then(|&from| self.bits.get(from..from + self.words));
        move |place, line| match row {
            Some(row) => row.get(place / 64).is_some_and(|bits| bits & 1 << (place % 64) != 0),
            None => filter.fits(line),
        }
    }
}

fn name(filter: &Filter) -> usize {
    std::ptr::from_ref(filter).addr()
}

/// The filters of a condition.
fn asked(condition: &Condition, each: &mut dyn FnMut(&Filter)) {
    match condition {
        Condition::All { of } | Condition::Any { of } => of.iter().for_each(|part| asked(part, each)),
        Condition::Not { of } => asked(of, each),
        Condition::Subtotal { of, .. } | Condition::Count { of, .. } => each(of),
        _ => {}
    }
}

/// The lines that a pick takes units from.
pub(super) fn picked(pick: &Pick, each: &mut dyn FnMut(&Filter)) {
    match pick {
        Pick::All { of, .. } | Pick::Some { of, .. } | Pick::EveryNth { of, .. } => each(of),
        Pick::BuyGet { buy, get, .. } => {
            each(buy);
            each(get);
        }
        Pick::Sets { parts, .. } => parts.iter().for_each(|part| each(&part.of)),
    }
}
