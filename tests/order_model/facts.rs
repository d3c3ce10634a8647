//! What facts do to the naive order. A fact is never refused.
use chrono::{DateTime, Utc};
use order_workflow::{
    id::{LineId, ParcelId},
    money::Money,
    order::{
        Condition, EndCause, Happened, HoldReason, LineUnits, ORDER_MINOR_MAX, OrderFact, Stage, Way,
        payment::{Paid, PaymentFact},
    },
};

use super::cells::{Cell, Matter, Model, Own, ParcelCell, keeps_damaged, late_reinstates, plausible};

const HOUSE: [Stage; 7] = [
    Stage::Verified,
    Stage::Packed,
    Stage::Picked,
    Stage::Released,
    Stage::Allocated,
    Stage::Confirmed,
    Stage::Placed,
];

impl Model {
    /// Takes a fact; `false`: a repeat, which changes nothing. `woken`: what is the order's own affair once it is
    /// woken, which comes first.
    pub fn fact(&mut self, fact: &OrderFact, woken: &Own, at: DateTime<Utc>) -> bool {
        let name = (fact.source.system.to_string(), fact.source.reference.to_string());
        if !self.seen.insert(name) {
            return false;
        }
        let at = at.max(self.recorded_at);
        self.wake(at);
        self.take_over(woken);
        self.recorded_at = at;
        self.happen(&fact.what, at);
        self.settle(at);
        true
    }

    fn happen(&mut self, what: &Happened, at: DateTime<Utc>) {
        match what {
            Happened::Allocated { of, .. } => self.along(of, Stage::Allocated, at),
            Happened::Released { of } => self.along(of, Stage::Released, at),
            Happened::Picked { of } => self.along(of, Stage::Picked, at),
            Happened::Packed { of } => self.along(of, Stage::Packed, at),
            Happened::Verified { of } => self.along(of, Stage::Verified, at),
            Happened::PickedShort { of } => {
                self.take_goods(of, &[Stage::Released, Stage::Allocated], Stage::Confirmed, at);
            }
            Happened::Shipped { parcel, contents } => self.shipped(parcel, contents, at),
            Happened::Delivered { parcel } => self.delivered(parcel, at),
            Happened::DeliveryFailed { parcel } => {
                let parcel = self.parcel(parcel);
                self.parcels[parcel].lost = false;
            }
            Happened::Lost { parcel } => {
                let parcel = self.parcel(parcel);
                self.parcels[parcel].lost = !self.parcels[parcel].delivered;
                self.move_parcel(parcel, &[Stage::Shipped, Stage::Recalling], Stage::Lost, at);
            }
            Happened::ReceivedBack { of } => self.received(of, at),
            Happened::Inspected { of, condition } => self.inspected(of, *condition, at),
            Happened::Recalled { of } => {
                let Some(line) = self.goods(&of.line) else { return };
                for unit in self.where_in(line, Stage::Recalling).into_iter().take(of.units as usize) {
                    self.lines[line].cells[unit].go(Stage::Cancelled, at);
                    self.credit_cell(line, unit);
                }
            }
            Happened::RecallRefused { of } => {
                let Some(line) = self.goods(&of.line) else { return };
                for unit in self.where_in(line, Stage::Recalling).into_iter().take(of.units as usize) {
                    let cell = &mut self.lines[line].cells[unit];
                    let back = cell.before.unwrap_or(Stage::Released);
                    cell.go(back, at);
                    self.goes_on(1);
                }
            }
            Happened::ReadyForPickUp { of } => {
                let Some(line) = self.of_way(&of.line, Way::PickUp) else { return };
                self.take(line, of.units, &HOUSE, Stage::ReadyForPickUp, at);
            }
            Happened::Collected { of } => {
                let Some(line) = self.of_way(&of.line, Way::PickUp) else { return };
                let mut from = vec![Stage::ReadyForPickUp];
                from.extend(HOUSE);
                from.push(Stage::Recalling);
                let taken = self.take(line, of.units, &from, Stage::Collected, at);
                self.goes_on(taken.len());
            }
            Happened::PickUpLapsed { of } => {
                let Some(line) = self.of_way(&of.line, Way::PickUp) else { return };
                // Those that have waited longest.
                let mut waiting = self.where_in(line, Stage::ReadyForPickUp);
                waiting.sort_by_key(|unit| self.lines[line].cells[*unit].since);
                let left = (of.units as usize).saturating_sub(waiting.len());
                for unit in waiting.into_iter().take(of.units as usize) {
                    self.lines[line].cells[unit].go(Stage::Lapsed, at);
                    self.credit_cell(line, unit);
                }
                // What is being recalled is back at the counter.
                for unit in self.where_in(line, Stage::Recalling).into_iter().take(left) {
                    self.lines[line].cells[unit].go(Stage::Cancelled, at);
                    self.credit_cell(line, unit);
                }
            }
            Happened::Granted { of } => {
                let Some(line) = self.of_way(&of.line, Way::Digital) else { return };
                let taken = self.take(line, of.units, &[Stage::Confirmed, Stage::Placed], Stage::Granted, at);
                self.goes_on(taken.len());
            }
            Happened::StockHeld => self.stock_held(at),
            Happened::StockGone => self.reinstating = false,
            Happened::Payment(fact) => self.paid(fact),
        }
    }

    // ---- units ---------------------------------------------------------------------------------------

    fn of_way(&self, line: &LineId, way: Way) -> Option<usize> {
        self.line_at(line).filter(|line| self.lines[*line].way == way)
    }

    fn goods(&self, line: &LineId) -> Option<usize> {
        self.line_at(line).filter(|line| self.lines[*line].way != Way::Digital)
    }

    /// Moves the first units of the most advanced stage first; which ones.
    fn take(&mut self, line: usize, units: u32, from: &[Stage], to: Stage, at: DateTime<Utc>) -> Vec<usize> {
        let mut taken = vec![];
        for stage in from {
            let left = units as usize - taken.len();
            taken.extend(self.where_in(line, *stage).into_iter().take(left));
        }
        for unit in &taken {
            self.lines[line].cells[*unit].go(to, at);
        }
        taken
    }

    fn take_goods(&mut self, of: &LineUnits, from: &[Stage], to: Stage, at: DateTime<Utc>) {
        if let Some(line) = self.goods(&of.line) {
            self.take(line, of.units, from, to, at);
        }
    }

    /// A later step proves the earlier ones.
    fn along(&mut self, of: &LineUnits, to: Stage, at: DateTime<Utc>) {
        let from: Vec<Stage> = HOUSE.into_iter().filter(|stage| stage.rank() < to.rank()).collect();
        self.take_goods(of, &from, to, at);
    }

    /// The place of a parcel; an unknown one becomes known.
    fn parcel(&mut self, id: &ParcelId) -> usize {
        self.parcel_at(id).unwrap_or_else(|| {
            self.parcels.push(ParcelCell { id: id.clone(), sent: false, delivered: false, lost: false });
            self.parcels.len() - 1
        })
    }

    fn move_parcel(&mut self, parcel: usize, from: &[Stage], to: Stage, at: DateTime<Utc>) -> usize {
        let mut moved = 0;
        for cell in self.lines.iter_mut().flat_map(|line| &mut line.cells) {
            if cell.parcel == Some(parcel) && from.contains(&cell.stage) {
                cell.go(to, at);
                moved += 1;
            }
        }
        moved
    }

    fn shipped(&mut self, parcel: &ParcelId, contents: &[LineUnits], at: DateTime<Utc>) {
        let parcel = self.parcel(parcel);
        self.parcels[parcel].sent = true;
        let mut moved = 0;
        for of in contents {
            let Some(line) = self.of_way(&of.line, Way::Ship) else { continue };
            let mut taken = self.take(line, of.units, &HOUSE, Stage::Shipped, at);
            // Units that are being recalled in house go on all the same.
            let recalled = self.where_in(line, Stage::Recalling);
            let in_house = recalled.into_iter().filter(|unit| !self.lines[line].cells[*unit].left_house);
            let left = of.units as usize - taken.len();
            for unit in in_house.take(left).collect::<Vec<_>>() {
                let cell = &mut self.lines[line].cells[unit];
                cell.go(Stage::Shipped, at);
                taken.push(unit);
            }
            moved += taken.len();
            for unit in taken {
                self.lines[line].cells[unit].parcel = Some(parcel);
            }
        }
        self.goes_on(moved);
        // A later scan may have come first: then the units have arrived, or are lost, already.
        if self.parcels[parcel].delivered {
            self.move_parcel(parcel, &[Stage::Shipped], Stage::Delivered, at);
        } else if self.parcels[parcel].lost {
            self.move_parcel(parcel, &[Stage::Shipped], Stage::Lost, at);
        }
    }

    fn delivered(&mut self, parcel: &ParcelId, at: DateTime<Utc>) {
        let parcel = self.parcel(parcel);
        self.parcels[parcel].delivered = true;
        let from = [Stage::Shipped, Stage::Recalling, Stage::Lost];
        let moved = self.move_parcel(parcel, &from, Stage::Delivered, at);
        self.goes_on(moved);
    }

    /// An order that had ended goes on if goods of it reach the customer after all.
    fn goes_on(&mut self, units: usize) {
        if self.ended.is_some() && units > 0 {
            self.ended = None;
            self.reinstating = false;
            self.settle_charges(true);
        }
    }

    fn received(&mut self, of: &LineUnits, at: DateTime<Utc>) {
        let Some(line) = self.goods(&of.line) else { return };
        let from: &[Stage] = match self.lines[line].way {
            Way::Ship => &[
                Stage::ReturnComing,
                Stage::Recalling,
                Stage::Shipped,
                Stage::Lost,
                Stage::ReturnRequested,
                Stage::Delivered,
                Stage::Completed,
            ],
            Way::PickUp => &[
                Stage::ReturnComing,
                Stage::Recalling,
                Stage::ReturnRequested,
                Stage::Collected,
                Stage::Completed,
            ],
            Way::Digital => &[],
        };
        self.take(line, of.units, from, Stage::Received, at);
    }

    fn inspected(&mut self, of: &LineUnits, condition: Condition, at: DateTime<Utc>) {
        let Some(line) = self.goods(&of.line) else { return };
        for unit in self.where_in(line, Stage::Received).into_iter().take(of.units as usize) {
            let case = self.lines[line].cells[unit].case;
            let sent_back = case.is_some_and(|case| self.cases[case].matter != Matter::Recall);
            let swaps = case
                .is_some_and(|case| self.cases[case].matter == Matter::Exchange && self.cases[case].approved);
            if condition == Condition::Damaged && keeps_damaged(&self.policy) && sent_back {
                self.lines[line].cells[unit].go(Stage::Completed, at);
            } else if swaps {
                self.lines[line].cells[unit].go(Stage::Exchanged, at);
            } else {
                self.lines[line].cells[unit].go(Stage::Refunded, at);
                self.credit_cell(line, unit);
            }
        }
    }

    fn stock_held(&mut self, at: DateTime<Utc>) {
        if !self.reinstating {
            return;
        }
        self.reinstating = false;
        self.ended = None;
        self.retained = 0;
        for cell in self.lines.iter_mut().flat_map(|line| &mut line.cells) {
            if cell.stage == Stage::Cancelled && cell.timed_out {
                cell.go(Stage::Placed, at);
                cell.credit = 0;
            }
        }
        self.settle_charges(true);
        self.refunds.clear();
    }

    // ---- money ---------------------------------------------------------------------------------------

    fn paid(&mut self, fact: &PaymentFact) {
        let Some(place) = self.tender_at(&fact.intent) else { return };
        if let Some(amount) = fact.what.amount() {
            let disputed = self.tenders.iter().map(|tender| tender.disputed).sum();
            let sums = [self.captured(), self.refunded(), self.charged_back(), disputed];
            let fits =
                |sum: i64| i128::from(sum) + i128::from(amount.minor_units()) <= i128::from(ORDER_MINOR_MAX);
            if amount.currency() != self.currency || !plausible(amount) || !sums.into_iter().all(fits) {
                return;
            }
        }
        let minor = |amount: &Money| amount.minor_units();
        let shipped = self.parcels.iter().any(|parcel| parcel.sent) || self.count(Stage::is_fulfilled) > 0;
        let is_open = self.ended.is_none();
        let tender = &mut self.tenders[place];
        match &fact.what {
            Paid::Authorised { .. } if tender.had_capture_or_end() => {}
            Paid::Authorised { amount, expires_at } => {
                tender.open = minor(amount);
                tender.expires = *expires_at;
                tender.authorised_once = true;
                tender.waits_for_customer = false;
                tender.closed = false;
            }
            Paid::AuthorisationFailed { .. } if tender.had_success() => {}
            Paid::AuthorisationFailed { .. } => {
                tender.waits_for_customer = false;
                tender.closed = true;
            }
            Paid::ActionRequired => tender.waits_for_customer |= !tender.had_success(),
            Paid::Settling { .. } => tender.waits_for_customer &= tender.had_capture_or_end(),
            Paid::Captured { amount, last } => self.captured_now(place, minor(amount), *last),
            // Told with nothing open, it still means that no authorisation is to be believed after it.
            Paid::Voided { amount } => {
                let amount = amount.map_or(tender.open, |amount| minor(&amount));
                let unasked = amount.min(tender.open) > tender.voiding;
                tender.open = (tender.open - amount).max(0);
                tender.voided_once = true;
                tender.closed |= tender.open == 0;
                tender.waits_for_customer &= tender.open > 0;
                if unasked {
                    self.hold_if_uncovered();
                }
            }
            Paid::Refunded { amount } => {
                let amount = minor(amount);
                if tender.refunded + tender.charged_back + amount > tender.captured {
                    return;
                }
                tender.refunded += amount;
                let unasked = amount > self.pending();
                // The tender's own refunds first, then the oldest of the others: the order owes it once.
                let mut left = amount;
                for ours in [true, false] {
                    for refund in self.refunds.iter_mut().filter(|refund| (refund.0 == place) == ours) {
                        let made = refund.1.min(left);
                        refund.1 -= made;
                        left -= made;
                    }
                }
                if unasked {
                    self.hold_if_uncovered();
                }
            }
            Paid::CaptureFailed { .. } | Paid::VoidFailed { .. } | Paid::RefundFailed { .. } => {}
            Paid::ChargebackOpened { amount } => {
                tender.disputed += minor(amount);
                if !shipped && is_open {
                    self.holds.insert(HoldReason::Chargeback);
                }
            }
            Paid::ChargebackWon { amount } => {
                tender.disputed = (tender.disputed - minor(amount)).max(0);
                if self.tenders.iter().all(|tender| tender.disputed == 0) {
                    self.holds.remove(&HoldReason::Chargeback);
                }
            }
            Paid::ChargebackLost { amount } => {
                tender.disputed = (tender.disputed - minor(amount)).max(0);
                // No more than there is to take.
                let lost = minor(amount).min(tender.captured - tender.refunded - tender.charged_back);
                tender.charged_back += lost;
                let holds = tender.captured - tender.refunded - tender.charged_back;
                self.withdraw(place, self.pending_of(place) - holds);
                // Once shipped the money is gone for good: nobody is asked for it.
                if shipped {
                    self.written_off += (-self.over()).clamp(0, lost);
                } else if is_open {
                    self.holds.insert(HoldReason::Chargeback);
                }
            }
        }
    }

    fn captured_now(&mut self, place: usize, amount: i64, last: bool) {
        let tender = &mut self.tenders[place];
        let before = tender.captured;
        tender.captured += amount;
        tender.open = if last { 0 } else { (tender.open - amount).max(0) };
        tender.waits_for_customer = false;
        tender.closed |= last;
        let (asked, captured) = (tender.amount, tender.captured);
        if self.ended == Some(EndCause::TimedOut) && late_reinstates(&self.policy) && self.would_be_paid() {
            self.reinstating = true;
        } else if self.ended.is_some() {
            // What nobody owes goes back: units that are still being recalled may yet be kept.
            let back = if self.owed() == 0 { amount } else { amount.min(self.over() - self.pending()) };
            self.ask_refund(place, back);
        } else {
            let twice = if before >= asked { amount } else { (captured - asked).max(0) };
            self.ask_refund(place, twice);
            // What nobody owes besides goes back as it came.
            let beyond =
                (self.over() - self.pending() - self.written_off).min(amount).min(self.room_of(place));
            self.ask_refund(place, beyond);
        }
    }

    /// Whether the tenders would pay for everything if the timed-out units came back.
    fn would_be_paid(&self) -> bool {
        let captured: i64 = self.tenders.iter().map(|tender| tender.captured.min(tender.amount)).sum();
        let back = |cell: &&Cell| cell.stage.is_live() || (cell.stage == Stage::Cancelled && cell.timed_out);
        if self.cells().all(|cell| !(cell.stage == Stage::Cancelled && cell.timed_out)) {
            return false; // nothing to bring back
        }
        let units: i64 = self.cells().filter(back).map(|cell| cell.gross).sum();
        let charges: i64 = self.charges.iter().map(|charge| charge.amount).sum();
        captured >= units + charges - self.slack()
    }
}
