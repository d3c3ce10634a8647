//! Whether the money is there, and what follows: confirmation, picking, captures, and what is written off.

use super::{
    Anomaly, AnomalyKind, CaptureWhen, CoverLevel, Few, HoldReason, NextStep, NoticeReason, OrderChange,
    OrderEffect, OrderReason, Stage, Subject, Terms, draft::Draft, payment::PaymentChange,
};
use crate::id::{IntentId, LineId};

impl Draft<'_> {
    /// What a change of payments leads to: cover, confirmation, captures, write-off.
    pub(super) fn after_payment(&mut self) {
        self.lift_payment_hold();
        if self.book().ended.is_none() {
            self.note_cover();
            self.confirm_if_covered();
            self.pick_if_free();
            self.capture_what_is_due();
        }
        self.write_off_if_accepted();
    }

    /// What must be covered for the next step: the deposit, or everything less what may be missing.
    pub(super) fn needed_minor(&mut self, level: CoverLevel) -> i64 {
        match (level, &self.agreement().terms) {
            (CoverLevel::Nothing, _) => 0,
            (CoverLevel::Deposit, Terms::Presale { deposit, .. }) => {
                deposit.minor_units().min(self.owed_minor())
            }
            (CoverLevel::Deposit | CoverLevel::Everything, _) => {
                self.owed_minor().saturating_sub(self.slack())
            }
        }
    }

    fn note_cover(&mut self) {
        let cover = self.book().cover_minor();
        for level in [CoverLevel::Everything, CoverLevel::Deposit] {
            let presale = matches!(self.agreement().terms, Terms::Presale { .. });
            if self.book().cover >= level || (level == CoverLevel::Deposit && !presale) {
                continue;
            }
            let needed = self.needed_minor(level);
            if cover >= needed {
                let short = match level {
                    CoverLevel::Everything => self.owed_minor().saturating_sub(cover).max(0),
                    CoverLevel::Deposit | CoverLevel::Nothing => 0,
                };
                let (needed, by, short) = (self.money(needed), self.money(cover), self.money(short));
                self.reason(OrderReason::Covered { needed, by, short });
                self.emit(OrderChange::Covered { level });
            }
        }
    }

    /// What is missing for the goods to go on, in minor units: beyond the slack, after what went back or is on
    /// its way back. Terms on delivery wait for no money.
    pub(super) fn missing_minor(&mut self) -> i64 {
        if self.agreement().terms == Terms::OnDelivery {
            return 0;
        }
        let missing = self.owed_minor().saturating_sub(self.book().standing_minor());
        if missing > self.slack() { missing } else { 0 }
    }

    fn lift_payment_hold(&mut self) {
        let held = self.book().holds.contains(&HoldReason::Payment);
        if held && self.missing_minor() == 0 {
            self.emit(OrderChange::Unheld { reason: HoldReason::Payment });
        }
    }

    fn confirm_if_covered(&mut self) {
        if !self.book().any_unit(|stage| stage == Stage::Placed) {
            return;
        }
        let level = self.agreement().confirming_level();
        if self.book().cover < level {
            let needed = self.needed_minor(level);
            let (needed, by) = (self.money(needed), self.book().cover_minor());
            let by = self.money(by);
            self.reason(OrderReason::NotCovered { needed, by });
        } else if self.policy().auto_confirm {
            self.confirm();
        } else {
            self.reason(OrderReason::AwaitsConfirm);
        }
    }

    /// Confirms every placed unit.
    pub(super) fn confirm(&mut self) {
        if self.agreement().confirming_level() == CoverLevel::Nothing {
            self.reason(OrderReason::CoveredByTerms);
        }
        self.emit(OrderChange::MovedAll { from: Stage::Placed, to: Stage::Confirmed });
        self.effect(OrderEffect::ConfirmReservation);
        self.notify(NoticeReason::OrderConfirmed, Subject::Order, None);
    }

    /// Asks the warehouse to begin, once nothing stands against it.
    pub(super) fn pick_if_free(&mut self) {
        let by_terms = self.agreement().confirming_level() == CoverLevel::Nothing;
        let waiting = |stage| matches!(stage, Stage::Confirmed | Stage::Allocated);
        if self.book().ended.is_some() || !self.book().any_unit(waiting) || self.book().pick_asked {
            return;
        }
        if let Some(hold) = self.book().holds.first().copied() {
            self.reason(OrderReason::PickWithheld { hold });
            return;
        }
        if self.book().cover < CoverLevel::Everything && !by_terms {
            self.reason(OrderReason::PickAwaitsBalance);
            return;
        }
        let granted = self.book().grant_asked;
        self.emit(OrderChange::PickAsked);
        let mut goods = false;
        let mut grants: Few<(LineId, u32), 4> = Few::new();
        for line in &self.book().lines {
            let units = line.count(|run| waiting(run.stage));
            if line.terms.placed.fulfilment != super::Fulfilment::Digital {
                goods |= units > 0;
            } else if units > 0 && !granted {
                grants.push((line.terms.placed.line.clone(), units));
            }
        }
        if goods {
            self.effect(OrderEffect::RequestPick);
        }
        for (line, units) in &grants {
            self.effect(OrderEffect::Grant { line: line.clone(), units: *units });
        }
    }

    /// As [`Self::capture_what_is_due`], for an order that has not ended.
    pub(super) fn capture_if_live(&mut self) {
        if self.book().ended.is_none() {
            self.capture_what_is_due();
        }
    }

    /// Captures authorised money as the policy says.
    pub(super) fn capture_what_is_due(&mut self) {
        let (when, owed) = (self.policy().capture, self.owed_minor());
        let book = self.book();
        let out = |run: &super::Run| run.parcel.is_some() || run.stage.is_fulfilled();
        let (target, last) = match when {
            CaptureWhen::ByHand => return,
            CaptureWhen::OnConfirm if book.any_unit(|stage| stage == Stage::Placed) => return,
            CaptureWhen::OnConfirm => (owed, true),
            CaptureWhen::OnShip => {
                let kept = |run: &super::Run| out(run) && !run.stage.is_credited();
                let shipped =
                    book.lines.iter().fold(0_i64, |sum, line| sum.saturating_add(line.value_where(kept)));
                let open =
                    book.lines.iter().any(|line| line.count(|run| run.stage.is_live() && !out(run)) > 0);
                let any = book.lines.iter().any(|line| line.count(out) > 0);
                if !any {
                    return;
                }
                let lines = book.lines.iter().fold(0_i64, |sum, line| sum.saturating_add(line.owed_minor()));
                let beside = owed.saturating_sub(lines);
                (shipped.saturating_add(beside), !open)
            }
        };
        let kept = book.tenders_sum(|tender| tender.captured_minor.saturating_sub(tender.refunded_minor));
        let asked = book.tenders_sum(|tender| tender.capturing_minor);
        let pending = book.refunds_pending_minor();
        let mut need = target.saturating_sub(kept).saturating_sub(asked).saturating_add(pending);
        let tenders = book.tenders.iter();
        let room: Few<(IntentId, i64), 2> =
            tenders.map(|tender| (tender.intent.clone(), tender.capture_room_minor())).collect();
        for (intent, room) in &room {
            let take = need.min(*room);
            if take > 0 {
                need = need.saturating_sub(take);
                let amount = self.money(take);
                self.emit(OrderChange::Payment {
                    intent: intent.clone(),
                    what: PaymentChange::CaptureAsked { amount },
                });
                self.effect(OrderEffect::Capture { intent: intent.clone(), amount, last });
            }
        }
    }

    /// Writes off what is missing once everything has reached the customer and the amount was accepted.
    pub(super) fn write_off_if_accepted(&mut self) {
        let due = self.over_minor().saturating_neg();
        if due <= 0 || due > self.slack() {
            return;
        }
        let book = self.book();
        // What is back and not yet inspected is undecided: it may never have reached the customer.
        let with_customer = |stage: Stage| stage.is_fulfilled() && stage != Stage::Received;
        let on_the_way = book.any_unit(|stage| stage.is_live() && !with_customer(stage));
        if !on_the_way && book.any_unit(with_customer) {
            let amount = self.money(due);
            self.reason(OrderReason::WrittenOff { amount });
            self.emit(OrderChange::WrittenOff { amount });
        }
    }

    /// Whether goods that were covered once are still in house, and their money is not there any more.
    pub(super) fn goods_wait_uncovered(&mut self) -> bool {
        let book = self.book();
        book.ended.is_none()
            && book.cover == CoverLevel::Everything
            && book.any_unit(|stage| stage.rank() < Stage::Shipped.rank())
            && self.missing_minor() > 0
    }

    /// Goods left, or are to leave, without the money.
    pub(super) fn hold_for_payment(&mut self) {
        self.hold_unless_ended(HoldReason::Payment);
    }

    /// Stops the goods for one more reason, once; an order that has ended has none to stop.
    pub(super) fn hold_unless_ended(&mut self, reason: HoldReason) {
        if self.book().ended.is_none() && !self.book().holds.contains(&reason) {
            let asked = self.book().pick_asked;
            self.emit(OrderChange::Held { reason });
            if asked {
                self.effect(OrderEffect::WithholdPick);
            }
        }
    }

    /// Everything was delivered and money is still due: somebody must ask for it.
    pub(super) fn note_unpaid_after_delivery(&mut self) {
        let due = self.over_minor().saturating_neg();
        let book = self.book();
        let pending = book.tenders_sum(|tender| tender.open_minor.saturating_add(tender.capturing_minor));
        let done = !book.any_unit(|stage| stage.is_live() && stage != Stage::Completed);
        if due > pending && done {
            let amount = self.money(due);
            let anomaly =
                Anomaly::new(AnomalyKind::UnpaidAfterDelivery, NextStep::AskBalance, Subject::Order);
            self.anomaly(anomaly.amount(amount));
        }
    }
}
