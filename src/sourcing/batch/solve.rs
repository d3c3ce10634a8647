//! A wave, from prices to a proven plan.

use serde::{Deserialize, Serialize};

use crate::sourcing::batch::dense::Dense;
use crate::sourcing::batch::draft::Draft;
use crate::sourcing::batch::dual::{Dual, whole};
use crate::sourcing::batch::exact::Exact;
use crate::sourcing::batch::one::OneOrder;
use crate::sourcing::batch::search::Search;
use crate::sourcing::batch::{Wave, WaveError, WavePlan, WaveProof};

/// How much may be tried. Work is counted, never timed: the same wave and budget give the same plan on every machine.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WaveBudget {
    /// Steps of the ascent to a bound; each solves every order once.
    pub steps: u32,
    /// Groups of orders to be taken apart and put together again, for every order of the wave; a group solves some ten
    /// orders.
    pub tries_per_order: u32,
    /// How many orders may be solved in the search that closes the gap; it is not begun for waves that are too large to
    /// come anywhere with it. 0: none.
    pub search: u64,
}

impl Default for WaveBudget {
    /// 150 steps, ten groups an order, five million orders to close the gap.
    fn default() -> WaveBudget {
        WaveBudget { steps: 150, tries_per_order: 10, search: 5_000_000 }
    }
}

impl WaveBudget {
    /// The same with so many steps.
    #[must_use]
    pub fn with_steps(self, steps: u32) -> WaveBudget {
        WaveBudget { steps, ..self }
    }

    /// The same with so many groups an order.
    #[must_use]
    pub fn with_tries_per_order(self, tries_per_order: u32) -> WaveBudget {
        WaveBudget { tries_per_order, ..self }
    }

    /// The same with so much to close the gap.
    #[must_use]
    pub fn with_search(self, search: u64) -> WaveBudget {
        WaveBudget { search, ..self }
    }
}

/// Every so many steps a plan is made at the prices reached: the better the plan, the better the next steps.
const PLAN_EVERY: u32 = 25;

/// So that a fifth of the search makes the plan better.
const SOLVES_PER_TRY: u64 = 60;

/// Plans a wave: the cheapest plan that keeps every limit, or one with a proven bound beside.
///
/// Shared stock and capacity get prices at which each order is solved alone and exactly; that gives a bound for the
/// whole wave, and the prices lead to plans that keep the limits, which are then made better group by group. Small waves
/// are searched until the bound meets the plan. Whatever the budget, the plan keeps the rules and the bound is true.
///
/// # Errors
/// [`WaveError`] for a wave that means nothing.
///
/// ```
/// use order_workflow::sourcing::batch::{Wave, WaveBudget, WaveLine, WaveLocation, WaveOrder, WaveProof, solve_wave};
///
/// // One unit, two orders: it goes where it is missed most, and the other one ships from further away.
/// let order = |unmet_cost, far| WaveOrder {
///     lines: vec![WaveLine { sku: 0, units: 1, unmet_cost }],
///     fixed_cost: vec![500, far],
///     unit_cost: vec![0, 0],
///     ..WaveOrder::default()
/// };
/// let wave = Wave {
///     locations: vec![WaveLocation::default(); 2],
///     stock: vec![vec![1], vec![1]],
///     sku_cost: vec![vec![10], vec![10]],
///     orders: vec![order(5_000, 600), order(9_000, 2_000)],
/// };
/// let plan = solve_wave(&wave, WaveBudget::default())?;
/// assert_eq!((plan.cost, plan.proof), (500 + 600 + 20, WaveProof::Optimal));
/// assert_eq!((plan.picks[0][0].location, plan.picks[1][0].location), (1, 0));
/// # Ok::<(), order_workflow::sourcing::batch::WaveError>(())
/// ```
pub fn solve_wave(wave: &Wave, budget: WaveBudget) -> Result<WavePlan, WaveError> {
    let dense = Dense::new(wave)?;
    let (mut one, mut dual, mut search) = (OneOrder::default(), Dual::new(&dense), Search::new(&dense));
    let mut best = search.first(&mut one);
    for step in 1..=budget.steps.max(1) {
        dual.step(&dense, &mut one, best.cost, &[]);
        let closed = whole(dual.best.bound) >= best.cost;
        if step % PLAN_EVERY == 0 && !closed {
            let mut draft = search.at_prices(&mut one, &dual, &[]);
            draft.solves += best.solves;
            if draft.cost < best.cost {
                best = draft;
            } else {
                best.solves = draft.solves;
            }
        }
        if closed || dual.is_done() {
            break;
        }
    }
    let mut bound = whole(dual.best.bound);
    if bound < best.cost {
        let tries = u64::from(budget.tries_per_order) * dense.orders.len() as u64;
        search.improve(&mut one, &mut best, &dual, tries);
    }
    if bound < best.cost && Exact::is_worth(&dense, budget.search) {
        let root = (dual.best.clone(), dual.best_saved.clone());
        // A fifth of the search closes most small waves. Where it does not, a better plan helps more than more nodes.
        for (tries, fifths) in [(0, 1), (budget.search / SOLVES_PER_TRY, 3)] {
            (dual.best, dual.best_saved) = root.clone();
            search.improve(&mut one, &mut best, &dual, tries);
            let (one, dual, search, best) = (&mut one, &mut dual, &mut search, &mut best);
            let mut exact = Exact { dense: &dense, one, dual, search, best };
            bound = bound.max(exact.prove(budget.search / 5 * fifths));
            if bound >= exact.best.cost {
                break;
            }
        }
    }
    let solves = dual.solves + best.solves;
    Ok(told(best, bound, solves))
}

fn told(best: Draft, bound: i64, solves: u64) -> WavePlan {
    let proof = if bound >= best.cost { WaveProof::Optimal } else { WaveProof::Gap { bound } };
    let picks = best.picks.into_iter().map(|picks| {
        let mut picks = picks.into_vec();
        picks.sort_unstable();
        picks
    });
    WavePlan { picks: picks.collect(), cost: best.cost, proof, solves }
}
