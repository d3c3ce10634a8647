//! What requests do to the naive order; `false`: refused.
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use order_workflow::{
    id::{IntentId, ReturnId},
    money::Money,
    order::{
        Ask, CancelReason, CoverLevel, EndCause, HoldReason, LineEdit, LinePrice, ORDER_MINOR_MAX,
        PlacedLine, Refundable, Scope, Stage, Way,
    },
};

use super::cells::{CaseCell, Cell, Matter, Model, Own, Tend, at_customer, unit_prices};

impl Model {
    /// Judges the order as a wake would leave it; a refusal leaves everything as it was. `woken`: what is
    /// the order's own affair by then.
    pub fn request(&mut self, ask: &Ask, woken: &Own, at: DateTime<Utc>) -> bool {
        let at = at.max(self.recorded_at);
        let mut after = self.clone();
        after.wake(at);
        after.take_over(woken);
        if !after.try_ask(ask, at) {
            return false;
        }
        after.recorded_at = at;
        after.settle(at);
        *self = after;
        true
    }

    fn try_ask(&mut self, ask: &Ask, at: DateTime<Utc>) -> bool {
        match ask {
            Ask::Confirm => {
                let may = self.ended.is_none()
                    && self.count(|stage| stage == Stage::Placed) > 0
                    && self.cover >= self.confirms();
                if may {
                    self.confirm(at);
                }
                may
            }
            Ask::Edit { lines, ship_to } => self.edit(lines, ship_to.is_some(), at),
            Ask::Hold { reason } => {
                let not_yet_out = self.count(|stage| stage.rank() < Stage::Shipped.rank()) > 0;
                self.payment_held_by_hand |= *reason == HoldReason::Payment;
                self.ended.is_none() && not_yet_out && self.holds.insert(*reason)
            }
            Ask::Unhold { reason } => {
                self.payment_held_by_hand &= *reason != HoldReason::Payment;
                self.holds.remove(reason)
            }
            Ask::Cancel { scope, refundable, reason } => self.cancel(scope, refundable, *reason, at),
            Ask::RequestReturn { line, units } => {
                let Some(line) = self.line_at(line) else { return false };
                self.begin_return(line, *units, Matter::Return, at)
            }
            Ask::RequestExchange { line, units, .. } => {
                let Some(line) = self.line_at(line) else { return false };
                self.lines[line].way != Way::Digital && self.begin_return(line, *units, Matter::Exchange, at)
            }
            Ask::ApproveReturn { case, refundable } => self.approve(case, refundable, at),
            Ask::RejectReturn { case } => {
                let Some(case) = self.waiting_case(case) else { return false };
                if !self.waiting_units(case) {
                    return false;
                }
                self.cases[case].waits = false;
                let line = &mut self.lines[self.cases[case].line];
                let back = at_customer(line.way);
                for cell in &mut line.cells {
                    if cell.case == Some(case) && cell.stage == Stage::ReturnRequested {
                        cell.go(back, at);
                    }
                }
                true
            }
            Ask::Reship { line, units } => {
                let Some(line) = self.line_at(line) else { return false };
                let lost = self.where_in(line, Stage::Lost);
                if *units == 0 || *units as usize > lost.len() {
                    return false;
                }
                for unit in lost.into_iter().take(*units as usize) {
                    self.lines[line].cells[unit].go(Stage::Exchanged, at);
                }
                true
            }
            Ask::OpenTender { method, amount } => {
                let coming: i64 = self
                    .tenders
                    .iter()
                    .filter(|tender| !tender.closed)
                    .map(|tender| (tender.amount - tender.captured).max(0))
                    .sum();
                let due = -self.over();
                if self.count(Stage::is_live) == 0 || !self.is_amount(*amount, due - coming) {
                    return false;
                }
                let n = self.tenders.len() as u32 + 1;
                self.tenders.push(Tend {
                    intent: IntentId::of(&self.id, n),
                    method: *method,
                    amount: amount.minor_units(),
                    open: 0,
                    expires: None,
                    capturing: 0,
                    voiding: 0,
                    captured: 0,
                    refunded: 0,
                    disputed: 0,
                    charged_back: 0,
                    authorised_once: false,
                    voided_once: false,
                    waits_for_customer: false,
                    closed: false,
                });
                true
            }
            Ask::ResumePayment { intent } => {
                let Some(at) = self.tender_at(intent) else { return false };
                self.ended.is_none() && std::mem::take(&mut self.tenders[at].waits_for_customer)
            }
            Ask::Capture { intent, amount, .. } => {
                let Some(at) = self.tender_at(intent) else { return false };
                let most = self.tenders[at].capture_room();
                if self.ended.is_some() || !self.is_amount(*amount, most) {
                    return false;
                }
                self.tenders[at].capturing += amount.minor_units();
                true
            }
            Ask::Void { intent, amount } => {
                let Some(at) = self.tender_at(intent) else { return false };
                let is_open = self.ended.is_none();
                let tender = &mut self.tenders[at];
                let unanswered = !tender.closed
                    && tender.open == 0
                    && tender.capturing == 0
                    && tender.captured < tender.amount;
                if amount.is_none() && is_open && unanswered {
                    // The customer pays another way: the tender is given up as a whole.
                    (tender.voided_once, tender.closed, tender.waits_for_customer) = (true, true, false);
                    return true;
                }
                let most = tender.open - tender.capturing - tender.voiding;
                let amount = amount.unwrap_or(self.money(most));
                if !self.is_amount(amount, most) {
                    return false;
                }
                self.tenders[at].voiding += amount.minor_units();
                true
            }
            Ask::AcceptShort { up_to } => {
                let may = self.count(Stage::is_live) > 0
                    && self.over() < 0
                    && self.is_amount(*up_to, ORDER_MINOR_MAX);
                if may {
                    self.short_accepted = self.short_accepted.max(up_to.minor_units());
                }
                may
            }
        }
    }

    fn is_amount(&self, amount: Money, most: i64) -> bool {
        amount.currency() == self.currency && (1..=most).contains(&amount.minor_units())
    }

    pub fn where_in(&self, line: usize, stage: Stage) -> Vec<usize> {
        let cells = &self.lines[line].cells;
        (0..cells.len()).filter(|unit| cells[*unit].stage == stage).collect()
    }

    fn edit(&mut self, edits: &[LineEdit], moves_house: bool, at: DateTime<Utc>) -> bool {
        let begun = self.cells().any(|cell| cell.stage.is_live() && !cell.stage.is_before_release());
        if self.ended.is_some() || begun || (edits.is_empty() && !moves_house) {
            return false;
        }
        for (place, edit) in edits.iter().enumerate() {
            if edits.iter().take(place).any(|earlier| earlier.line == edit.line) || !self.edit_line(edit, at)
            {
                return false;
            }
        }
        let before = self.cover == CoverLevel::Everything;
        self.settle_charges(false);
        if before && !self.stands_covered() {
            self.holds.insert(HoldReason::Payment);
        }
        (0..=ORDER_MINOR_MAX).contains(&self.owed())
    }

    fn edit_line(&mut self, edit: &LineEdit, at: DateTime<Utc>) -> bool {
        let Some(line) = self.line_at(&edit.line) else { return false };
        let mut live: Vec<usize> = (0..self.lines[line].cells.len())
            .filter(|unit| self.lines[line].cells[*unit].stage.is_live())
            .collect();
        let wanted = edit.units as usize;
        if live.is_empty() || wanted == 0 || wanted > 1_000_000 {
            return false;
        }
        let stage_of = |model: &Model, unit: usize| model.lines[line].cells[unit].stage;
        // Fewer: as a cancellation, the least advanced go first, among these the last.
        let mut leaving = live.clone();
        leaving.sort_by_key(|unit| (stage_of(self, *unit).rank(), std::cmp::Reverse(*unit)));
        leaving.truncate(live.len().saturating_sub(wanted));
        live.retain(|unit| !leaving.contains(unit));
        for unit in leaving {
            self.stop_cell(line, unit, &mut Default::default(), at);
        }
        // More: they cost as much as the last live unit, and stand where it does, before allocation.
        let last_price = live.last().map_or(0, |unit| self.lines[line].cells[*unit].gross);
        let last = live.last().map_or(Stage::Placed, |unit| stage_of(self, *unit));
        while live.len() < wanted {
            live.push(self.lines[line].cells.len());
            let mut cell = Cell::new(last_price, at);
            cell.stage = if last == Stage::Placed { Stage::Placed } else { Stage::Confirmed };
            self.lines[line].cells.push(cell);
        }
        if let Some(price) = &edit.price {
            let Some(prices) = self.new_prices(edit.units, price) else { return false };
            for (unit, gross) in live.into_iter().zip(prices) {
                self.lines[line].cells[unit].gross = gross;
            }
        }
        true
    }

    /// The prices of the units, if they can be prices at all.
    fn new_prices(&self, units: u32, price: &LinePrice) -> Option<Vec<i64>> {
        let amounts = std::iter::once(price.list)
            .chain(price.adjustments.iter().map(|off| off.per_unit))
            .chain(price.tax.iter().map(|tax| tax.per_unit));
        let mut fit = true;
        for amount in amounts {
            fit &=
                amount.currency() == self.currency && (0..=ORDER_MINOR_MAX).contains(&amount.minor_units());
        }
        let runs = price
            .adjustments
            .iter()
            .map(|off| (off.first_unit, off.units))
            .chain(price.tax.iter().map(|tax| (tax.first_unit, tax.units)));
        for (first, run) in runs {
            fit &= run > 0 && u64::from(first) + u64::from(run) <= u64::from(units);
        }
        if !fit {
            return None;
        }
        let line = PlacedLine {
            line: "x".parse().expect("an id"),
            sku: "x".parse().expect("an id"),
            seller: "x".parse().expect("an id"),
            units,
            list: price.list,
            adjustments: price.adjustments.clone(),
            tax: price.tax.clone(),
            fulfilment: order_workflow::order::Fulfilment::Digital,
        };
        let prices = unit_prices(&line);
        prices.iter().all(|gross| *gross >= 0).then_some(prices)
    }

    fn cancel(
        &mut self,
        scope: &Scope,
        refundable: &Refundable,
        reason: CancelReason,
        at: DateTime<Utc>,
    ) -> bool {
        if *scope == Scope::Order && self.ended == Some(EndCause::TimedOut) {
            // Not wanted any more: late money must not open it again.
            self.ended = Some(EndCause::Cancelled);
            self.reinstating = false;
            return true;
        }
        let Some(taken) = self.taken_by(scope) else { return false };
        if *scope == Scope::Order && *refundable != Refundable::AsPaid {
            return false;
        }
        let paid: Vec<i64> = taken.iter().map(|(line, unit)| self.lines[*line].cells[*unit].gross).collect();
        let Some(given) = self.given(refundable, &paid) else { return false };
        let mut cases = BTreeMap::new();
        for (place, (line, unit)) in taken.into_iter().enumerate() {
            self.lines[line].cells[unit].given = given.as_ref().map(|given| given[place]);
            self.stop_cell(line, unit, &mut cases, at);
        }
        if matches!(reason, CancelReason::Customer | CancelReason::PaymentTimeout) {
            self.keep_deposit();
        }
        true
    }

    pub fn open_case(&mut self, line: usize, matter: Matter, waits: bool) {
        let id = ReturnId::of(&self.id, self.cases.len() as u32 + 1);
        self.cases.push(CaseCell { id, line, matter, waits, approved: !waits });
    }

    /// Which units a cancellation takes, in the order in which credits are given for them: by line, then the
    /// least advanced stage first, then unit by unit. `None`: it is refused.
    fn taken_by(&self, scope: &Scope) -> Option<Vec<(usize, usize)>> {
        let can = |cell: &Cell| cell.stage.rank() <= Stage::Lost.rank() && cell.stage != Stage::Recalling;
        let mut taken: Vec<(usize, usize)> = vec![];
        let fitting = |line: usize| -> Vec<usize> {
            let cells = &self.lines[line].cells;
            (0..cells.len()).filter(|unit| can(&cells[*unit])).collect()
        };
        match scope {
            Scope::Order => {
                if self.count(Stage::is_fulfilled) > 0 {
                    return None;
                }
                let lines = 0..self.lines.len();
                taken.extend(lines.flat_map(|line| fitting(line).into_iter().map(move |unit| (line, unit))));
            }
            Scope::Line { line } | Scope::Units { line, .. } => {
                let line = self.line_at(line)?;
                let cells = &self.lines[line].cells;
                let mut fit = fitting(line);
                // The least advanced first, among these the last.
                fit.sort_by_key(|unit| (cells[*unit].stage.rank(), std::cmp::Reverse(*unit)));
                if let Scope::Units { units, .. } = scope {
                    if *units == 0 || *units as usize > fit.len() {
                        return None;
                    }
                    fit.truncate(*units as usize);
                }
                taken.extend(fit.into_iter().map(|unit| (line, unit)));
            }
        }
        taken.sort_by_key(|(line, unit)| (*line, self.lines[*line].cells[*unit].stage.rank(), *unit));
        (!taken.is_empty()).then_some(taken)
    }

    /// Checks what is to be credited a unit against what was paid for it.
    fn given(&self, refundable: &Refundable, paid: &[i64]) -> Option<Option<Vec<i64>>> {
        match refundable {
            Refundable::AsPaid => Some(None),
            Refundable::Given(given) => {
                let fits = given.len() == paid.len()
                    && given.iter().zip(paid).all(|(given, paid)| {
                        given.currency() == self.currency && (0..=*paid).contains(&given.minor_units())
                    });
                fits.then(|| Some(given.iter().map(|given| given.minor_units()).collect()))
            }
        }
    }

    fn begin_return(&mut self, line: usize, units: u32, matter: Matter, at: DateTime<Utc>) -> bool {
        let with_customer = self.where_in(line, at_customer(self.lines[line].way));
        if units == 0 || units as usize > with_customer.len() {
            return false;
        }
        let case = self.cases.len();
        self.open_case(line, matter, true);
        for unit in with_customer.into_iter().rev().take(units as usize) {
            let cell = &mut self.lines[line].cells[unit];
            cell.go(Stage::ReturnRequested, at);
            cell.case = Some(case);
        }
        true
    }

    fn waiting_units(&self, case: usize) -> bool {
        self.cells().any(|cell| cell.case == Some(case) && cell.stage == Stage::ReturnRequested)
    }

    fn waiting_case(&self, id: &ReturnId) -> Option<usize> {
        self.cases.iter().position(|case| case.id == *id && case.waits)
    }

    fn approve(&mut self, id: &ReturnId, refundable: &Refundable, at: DateTime<Utc>) -> bool {
        let Some(case) = self.waiting_case(id) else { return false };
        let line = self.cases[case].line;
        let units: Vec<usize> = (0..self.lines[line].cells.len())
            .filter(|unit| {
                let cell = &self.lines[line].cells[*unit];
                cell.case == Some(case) && cell.stage == Stage::ReturnRequested
            })
            .collect();
        let paid: Vec<i64> = units.iter().map(|unit| self.lines[line].cells[*unit].gross).collect();
        let Some(given) = self.given(refundable, &paid) else { return false };
        if units.is_empty() {
            return false;
        }
        self.cases[case].waits = false;
        self.cases[case].approved = true;
        for (place, unit) in units.into_iter().enumerate() {
            self.lines[line].cells[unit].given = given.as_ref().map(|given| given[place]);
            if self.lines[line].way == Way::Digital {
                self.lines[line].cells[unit].go(Stage::Refunded, at);
                self.credit_cell(line, unit);
            } else {
                self.lines[line].cells[unit].go(Stage::ReturnComing, at);
            }
        }
        true
    }
}

// ---- what the steps ask of the model to be sensible ------------------------------------------------------
impl Model {
    /// What was paid for the units that a cancellation would take.
    pub fn would_cancel(&self, scope: &Scope) -> Vec<i64> {
        self.taken_by(scope)
            .unwrap_or_default()
            .into_iter()
            .map(|(line, unit)| self.lines[line].cells[unit].gross)
            .collect()
    }

    /// What was paid for the units of a case.
    pub fn prices_of_case(&self, id: &ReturnId) -> Vec<i64> {
        let Some(case) = self.waiting_case(id) else { return vec![] };
        let line = &self.lines[self.cases[case].line];
        let waits = |cell: &&Cell| cell.case == Some(case) && cell.stage == Stage::ReturnRequested;
        line.cells.iter().filter(waits).map(|cell| cell.gross).collect()
    }
}
