use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Few, PlacedLine, PriceRun, Stage};

/// A line as it stands: what was ordered, and where each unit is.
#[derive(Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineState {
    /// What was ordered, after the last edit.
    pub terms: Arc<LineTerms>,
    /// Where the units stand: runs in the order of the units, which never changes.
    pub runs: Few<Run, 2>,
    /// How much less the customer pays because units ended, tax included, in minor units.
    pub credited_minor: i64,
    /// The tax within `credited_minor`.
    pub credited_tax_minor: i64,
}

impl Clone for LineState {
    /// Every decision that reads what it wrote copies the lines: runs are plain data, copied as a block.
    fn clone(&self) -> Self {
        Self { terms: Arc::clone(&self.terms), runs: Few::copied(&self.runs), ..*self }
    }
}

/// What was ordered, with the price of every unit.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineTerms {
    /// The line; `units` counts every unit that was ever ordered, cancelled ones too.
    pub placed: PlacedLine,
    /// What each unit costs, in the order of the units.
    pub prices: Vec<PriceRun>,
}

/// Units in a row that have everything in common.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// How many.
    pub units: u32,
    /// Where they stand.
    pub stage: Stage,
    /// Since when.
    pub since: DateTime<Utc>,
    /// The parcel they went into, by its place in the order's parcels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parcel: Option<u32>,
    /// The return, exchange or recall they belong to, by its place in the order's cases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<u32>,
    /// Where they stood before a recall or a time-out, so that they can go back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Stage>,
}

impl Run {
    /// Whether the payment deadline cancelled its units: late money may bring them back.
    pub(super) fn is_stopped_by_deadline(&self) -> bool {
        self.stage == Stage::Cancelled && self.before.is_some()
    }

    /// Whether its units belong to `case` and have neither ended nor left it.
    pub(super) fn is_open_in(&self, case: u32) -> bool {
        let open = matches!(
            self.stage,
            Stage::Recalling | Stage::ReturnRequested | Stage::ReturnComing | Stage::Received
        );
        open && self.case == Some(case)
    }
}

/// Which units of a line a move takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pick {
    pub from: Stage,
    pub to: Stage,
    pub units: u32,
    pub parcel: Option<u32>,
    pub case: Option<u32>,
}

impl Pick {
    pub(super) fn new(from: Stage, to: Stage, units: u32) -> Self {
        Self { from, to, units, parcel: None, case: None }
    }

    /// Ways out take the last units, everything else the first; a recall that succeeded too, as one that failed.
    fn takes_last(self) -> bool {
        match self.to {
            Stage::Cancelled | Stage::Recalling | Stage::ReturnRequested => {
                self.from.is_live() && self.from != Stage::Recalling
            }
            Stage::Refunded => self.from == Stage::Lost,
            _ => false,
        }
    }

    /// A deadline takes those that have stood there longest: they are the ones that are due.
    fn takes_oldest(self) -> bool {
        match self.from {
            Stage::ReadyForPickUp => self.to == Stage::Lapsed,
            Stage::ReturnComing => matches!(self.to, Stage::Delivered | Stage::Collected),
            Stage::Delivered | Stage::Collected | Stage::Granted => self.to == Stage::Completed,
            _ => false,
        }
    }

    fn fits(self, run: &Run) -> bool {
        let opens_parcel = self.to == Stage::Shipped;
        let opens_case = matches!(self.to, Stage::Recalling | Stage::ReturnRequested);
        run.stage == self.from
            && (opens_parcel || self.parcel.is_none() || run.parcel == self.parcel)
            && (opens_case || self.case.is_none() || run.case == self.case)
            && (self.from != Stage::Cancelled || run.is_stopped_by_deadline())
    }

    /// What a unit of `run` looks like after the move.
    fn moved(self, run: &Run, units: u32, at: DateTime<Utc>, timed_out: bool) -> Run {
        let before = match self.to {
            Stage::Recalling => Some(run.stage),
            Stage::Cancelled if timed_out => run.before.or(Some(run.stage)),
            _ => None,
        };
        let parcel = match self.to {
            Stage::Shipped => self.parcel.or(run.parcel),
            Stage::Placed => None,
            _ => run.parcel,
        };
        let case = match self.to {
            Stage::Recalling | Stage::ReturnRequested => self.case,
            Stage::ReturnComing | Stage::Received | Stage::Refunded | Stage::Exchanged | Stage::Cancelled => {
                run.case
            }
            _ => None,
        };
        Run { units, stage: self.to, since: at, parcel, case, before }
    }
}

impl LineTerms {
    /// The run of equal prices that a unit is in.
    pub(super) fn price_at(&self, unit: u32) -> Option<PriceRun> {
        let mut first = 0_u32;
        self.prices.iter().copied().find(|run| {
            first = first.saturating_add(run.units);
            unit < first
        })
    }
}

impl LineState {
    /// Units that stand in `stage`.
    pub fn units_in(&self, stage: Stage) -> u32 {
        self.count(|run| run.stage == stage)
    }

    /// Every unit that was ever ordered.
    pub fn units(&self) -> u32 {
        self.count(|_| true)
    }

    pub(super) fn count(&self, keep: impl Fn(&Run) -> bool) -> u32 {
        self.runs.iter().filter(|run| keep(run)).fold(0_u32, |sum, run| sum.saturating_add(run.units))
    }

    /// What all units cost less what was credited, in minor units.
    pub fn owed_minor(&self) -> i64 {
        super::placement::sum_of(&self.terms.prices).saturating_sub(self.credited_minor)
    }

    /// How many units a move can take.
    pub(super) fn movable(&self, pick: Pick) -> u32 {
        self.count(|run| pick.fits(run))
    }

    /// How many of each run a move takes, beside the run's first unit.
    fn takes(&self, pick: Pick) -> Few<u32, 4> {
        let mut left = pick.units;
        let mut takes: Few<u32, 4> = self.runs.iter().map(|_| 0).collect();
        let mut take = |(slot, run): (&mut u32, &Run)| {
            if pick.fits(run) {
                *slot = run.units.min(left);
                left = left.saturating_sub(*slot);
            }
        };
        if pick.takes_last() {
            takes.iter_mut().zip(self.runs.iter()).rev().for_each(&mut take);
        } else if pick.takes_oldest() {
            let mut by_age: Vec<(&mut u32, &Run)> = takes.iter_mut().zip(self.runs.iter()).collect();
            by_age.sort_by_key(|(_, run)| run.since);
            by_age.into_iter().for_each(&mut take);
        } else {
            takes.iter_mut().zip(self.runs.iter()).for_each(&mut take);
        }
        takes
    }

    /// What the units that a move takes cost: gross and tax of each, in unit order, in minor units.
    pub(super) fn prices_of(&self, pick: Pick) -> impl Iterator<Item = (i64, i64)> + '_ {
        let takes = self.takes(pick);
        let mut first = 0_u32;
        let spans: Few<(u32, u32), 4> = takes
            .iter()
            .zip(self.runs.iter())
            .map(|(&take, run)| {
                let start = if pick.takes_last() { first.saturating_add(run.units - take) } else { first };
                first = first.saturating_add(run.units);
                (start, take)
            })
            .collect();
        (0..spans.len())
            .filter_map(move |at| spans.get(at).copied())
            .flat_map(|(start, take)| start..start.saturating_add(take))
            .map(|unit| self.price_of(unit))
    }

    /// Which of the units of a case that have neither ended nor left it a move takes: their places among them.
    pub(super) fn places_in_case(&self, pick: Pick, case: u32) -> Vec<usize> {
        let takes = self.takes(pick);
        let (mut first, mut places) = (0_usize, Vec::new());
        for (&take, run) in takes.iter().zip(self.runs.iter()).filter(|(_, run)| run.is_open_in(case)) {
            let skipped = if pick.takes_last() { run.units.saturating_sub(take) } else { 0 };
            let start = first.saturating_add(skipped as usize);
            places.extend(start..start.saturating_add(take as usize));
            first = first.saturating_add(run.units as usize);
        }
        places
    }

    /// The gross prices within a range of units, in minor units; one for each stretch of equal ones.
    pub(super) fn prices_within(&self, units: std::ops::Range<u32>) -> impl Iterator<Item = i64> + '_ {
        let mut first = 0_u32;
        self.terms.prices.iter().filter_map(move |run| {
            let end = first.saturating_add(run.units);
            let touches = first < units.end && units.start < end;
            first = end;
            touches.then_some(run.gross_minor)
        })
    }

    /// Gross price and tax of one unit, in minor units.
    pub fn price_of(&self, unit: u32) -> (i64, i64) {
        self.terms.price_at(unit).map_or((0, 0), |run| (run.gross_minor, run.tax_minor))
    }

    /// Σ gross price of the units that `keep` keeps, in minor units.
    pub(super) fn value_where(&self, keep: impl Fn(&Run) -> bool) -> i64 {
        let mut prices = self.terms.prices.iter();
        let (mut price, mut left) = (0_i64, 0_u32);
        let mut sum = 0_i64;
        for run in &self.runs {
            let mut units = run.units;
            while units > 0 {
                if left == 0 {
                    let Some(next) = prices.next() else { break };
                    (price, left) = (next.gross_minor, next.units);
                    continue;
                }
                let now = units.min(left);
                if keep(run) {
                    sum = sum.saturating_add(price.saturating_mul(i64::from(now)));
                }
                units -= now;
                left -= now;
            }
        }
        sum
    }

    /// Moves units; as many as there are.
    pub(super) fn shift(&mut self, pick: Pick, at: DateTime<Utc>, timed_out: bool) {
        if let [only] = &mut self.runs[..]
            && pick.fits(only)
            && pick.units >= only.units
        {
            *only = pick.moved(only, only.units, at, timed_out);
            return;
        }
        let takes = self.takes(pick);
        let mut runs: Few<Run, 2> = Few::new();
        let mut push = |run: Run| {
            if run.units == 0 {
                return;
            }
            match runs.last_mut() {
                Some(last) if Run { units: run.units, ..*last } == run => {
                    last.units = last.units.saturating_add(run.units);
                }
                Some(_) | None => runs.push(run),
            }
        };
        for (&take, run) in takes.iter().zip(self.runs.iter()) {
            let moved = pick.moved(run, take, at, timed_out);
            let stays = Run { units: run.units.saturating_sub(take), ..*run };
            if pick.takes_last() {
                push(stays);
                push(moved);
            } else {
                push(moved);
                push(stays);
            }
        }
        self.runs = runs;
    }
}
