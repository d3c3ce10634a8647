//! What ended units lead to: credits, the end of the order, voids and refunds.

use super::{
    ChargeRefund, EndCause, NoticeReason, OrderChange, OrderEffect, OrderReason, Stage, Subject,
    TicketReason,
    draft::Draft,
    evolve::place,
    line::Pick,
    payment::{PaymentChange, RefundRoom},
};
use crate::id::{IntentId, LineId};

impl Draft<'_> {
    /// What ended units lead to: credited charges, the end of the order, voids, refunds; and, since less is
    /// owed now, what a payment leads to.
    pub(super) fn after_units_ended(&mut self) {
        self.credit_charges();
        self.end_if_nothing_is_live();
        self.void_if_ended();
        self.refund_credit();
        self.after_payment();
    }

    /// Moves units of a line to a credited end and credits what was paid for them, or what was given.
    pub(super) fn end_units(&mut self, line: &LineId, pick: Pick, given: Option<&[i64]>) {
        let agreement = self.agreement();
        let book = self.book();
        let Some(state) = book.line_at(agreement, line).and_then(|found| book.lines.get(found)) else {
            return;
        };
        let (mut amount, mut tax) = (0_i64, 0_i64);
        let mut given = given.map(|given| given.iter());
        for (gross, part) in state.prices_of(pick) {
            let back = match &mut given {
                Some(given) => given.next().copied().unwrap_or(0).clamp(0, gross),
                None => gross,
            };
            amount = amount.saturating_add(back);
            tax = tax.saturating_add(share_of(part, back, gross));
        }
        let parcel = pick
            .parcel
            .and_then(|parcel| book.parcels.get(parcel as usize))
            .map(|known| known.parcel.clone());
        let case = pick.case.and_then(|case| book.cases.get(case as usize)).map(|known| known.case.clone());
        let units = pick.units.min(state.movable(pick));
        self.emit(OrderChange::Moved {
            line: line.clone(),
            units,
            from: pick.from,
            to: pick.to,
            parcel,
            case,
        });
        self.credit(line, units, amount, tax);
    }

    pub(super) fn credit(&mut self, line: &LineId, units: u32, amount: i64, tax: i64) {
        if amount != 0 {
            let (amount, tax) = (self.money(amount), self.money(tax));
            self.reason(OrderReason::Credit { line: line.clone(), units, amount });
            self.emit(OrderChange::Credited { line: line.clone(), amount, tax });
        }
    }

    /// Brings every charge's credit to what its rule says for the units as they stand. A charge given back stays
    /// given back, but for an order that opens again.
    pub(super) fn credit_charges(&mut self) {
        self.settle_charges(false);
    }

    /// As [`Self::credit_charges`], for an order that opened again: what its rule no longer gives is owed again.
    pub(super) fn credit_charges_anew(&mut self) {
        self.settle_charges(true);
    }

    fn settle_charges(&mut self, reopened: bool) {
        let agreement = self.agreement();
        for (index, charge) in agreement.charges.iter().enumerate() {
            let book = self.book();
            let in_scope = |line: &super::LineState| {
                charge.line.as_ref().is_none_or(|only| *only == line.terms.placed.line)
            };
            let count = |keep: &dyn Fn(&super::Run) -> bool| -> u64 {
                book.lines.iter().filter(|line| in_scope(line)).map(|line| u64::from(line.count(keep))).sum()
            };
            let value = |keep: &dyn Fn(&super::Run) -> bool| {
                let lines = book.lines.iter().filter(|line| in_scope(line));
                lines.fold(0_i64, |sum, line| sum.saturating_add(line.value_where(keep)))
            };
            let (all, gone) = (count(&|_| true), count(&|run| run.stage.is_credited()));
            let went_out = count(&|run| run.parcel.is_some() || matches!(run.stage, Stage::Refunded)) > 0;
            let full = charge.amount.minor_units();
            // An order that timed out never was: a fee alone is not sold.
            let never_was = book.ended == Some(EndCause::TimedOut) && gone == all && !went_out;
            let target = match charge.refund {
                _ if never_was => full,
                ChargeRefund::Never => 0,
                ChargeRefund::UntilShipped if gone == all && !went_out => full,
                ChargeRefund::WithLastUnit if gone == all => full,
                ChargeRefund::UntilShipped | ChargeRefund::WithLastUnit => 0,
                ChargeRefund::Proportional if gone == all => full,
                ChargeRefund::Proportional => {
                    let (part, whole) = (value(&|run| run.stage.is_credited()), value(&|_| true));
                    share_of(full, part, whole)
                }
            };
            let already = book.charge_credits.get(index).copied().unwrap_or_default();
            let amount = target.saturating_sub(already.amount_minor);
            if amount > 0 || (amount < 0 && reopened) {
                let tax = charge.tax.map_or(0, |tax| tax.minor_units());
                let tax = share_of(tax, target, full).saturating_sub(already.tax_minor);
                let (amount, tax) = (self.money(amount), self.money(tax));
                let charge = place(Some(index)).unwrap_or(u32::MAX);
                self.reason(OrderReason::ChargeCredit { charge, amount });
                self.emit(OrderChange::ChargeCredited { charge, amount, tax });
            }
        }
    }

    /// A fee that is never given back is kept of what was paid; where nothing was paid, nobody owes it.
    fn forgive_unpaid_fees(&mut self) {
        let agreement = self.agreement();
        for (index, charge) in agreement.charges.iter().enumerate() {
            let due = self.owed_minor().saturating_sub(self.book().net_minor().max(0));
            let already = self.book().charge_credits.get(index).copied().unwrap_or_default();
            let full = charge.amount.minor_units();
            let unpaid = due.min(full.saturating_sub(already.amount_minor));
            if charge.refund == ChargeRefund::Never && unpaid > 0 {
                let credited = already.amount_minor.saturating_add(unpaid);
                let tax = charge.tax.map_or(0, |tax| tax.minor_units());
                let tax = share_of(tax, credited, full).saturating_sub(already.tax_minor);
                let (amount, tax) = (self.money(unpaid), self.money(tax));
                let charge = place(Some(index)).unwrap_or(u32::MAX);
                self.reason(OrderReason::ChargeCredit { charge, amount });
                self.emit(OrderChange::ChargeCredited { charge, amount, tax });
            }
        }
    }

    fn end_if_nothing_is_live(&mut self) {
        let book = self.book();
        if book.ended.is_none() && !book.any_unit(Stage::is_live) {
            let came_back = book.any_unit(|stage| stage != Stage::Cancelled);
            let cause = if came_back { EndCause::Returned } else { EndCause::Cancelled };
            self.emit(OrderChange::Ended { cause });
            if cause == EndCause::Cancelled {
                self.forgive_unpaid_fees();
                self.notify(NoticeReason::Cancelled, Subject::Order, None);
            }
        }
    }

    /// Gives up every open authorisation of an order that has ended.
    pub(super) fn void_if_ended(&mut self) {
        if self.book().ended.is_none() {
            return;
        }
        let open: Vec<(IntentId, i64)> = self
            .book()
            .tenders
            .iter()
            .map(|tender| (tender.intent.clone(), tender.open_minor.saturating_sub(tender.voiding_minor)))
            .filter(|(_, open)| *open > 0)
            .collect();
        for (intent, open) in open {
            self.ask_void(intent, open);
        }
    }

    pub(super) fn ask_void(&mut self, intent: IntentId, minor: i64) {
        let amount = self.money(minor);
        self.emit(OrderChange::Payment { intent: intent.clone(), what: PaymentChange::VoidAsked { amount } });
        self.effect(OrderEffect::Void { intent, amount });
    }

    pub(super) fn ask_refund(&mut self, intent: IntentId, minor: i64) {
        let amount = self.money(minor);
        self.emit(OrderChange::Payment {
            intent: intent.clone(),
            what: PaymentChange::RefundAsked { amount },
        });
        self.effect(OrderEffect::Refund { intent: intent.clone(), amount });
        self.notify(NoticeReason::RefundStarted, Subject::Intent { intent }, Some(amount));
    }

    /// What was paid beyond what is owed and is not on its way back yet, in minor units; negative: still due.
    pub(super) fn credit_minor(&mut self) -> i64 {
        self.over_minor().saturating_sub(self.book().refunds_pending_minor())
    }

    /// Sends back what the customer has paid beyond what is owed, shared by policy.
    pub(super) fn refund_credit(&mut self) {
        if self.book().reinstating {
            return; // stock was asked for: the money waits for the answer
        }
        if self.book().ended.is_some() && self.owed_minor() == 0 {
            self.refund_everything();
        } else {
            self.share_credit();
        }
    }

    /// What was written off was never paid: where more is there than is owed, less is written off, since it
    /// cannot be sent back.
    pub(super) fn take_back_write_off(&mut self) {
        let written_off = self.book().written_off_minor;
        if written_off == 0 {
            return;
        }
        let unwritten = self.credit_minor().min(written_off);
        if unwritten > 0 {
            let amount = self.money(-unwritten);
            self.emit(OrderChange::WrittenOff { amount });
        }
    }

    /// Nothing is owed any more: each tender gives back what is left on it, no more and no less.
    fn refund_everything(&mut self) {
        self.take_back_write_off();
        let book = self.book();
        let tenders: Vec<(IntentId, i64, i64)> = (0..)
            .zip(book.tenders.iter())
            .map(|(place, tender)| (tender.intent.clone(), book.pending_of(place), tender.keeps_minor()))
            .collect();
        for (intent, pending, keeps) in tenders {
            if keeps > pending {
                let amount = self.money(keeps - pending);
                self.reason(OrderReason::RefundShare { intent: intent.clone(), amount });
                self.ask_refund(intent, keeps - pending);
            }
        }
    }

    /// What was paid beyond what is owed goes back, shared among the tenders by policy.
    fn share_credit(&mut self) {
        let policy = self.policy();
        self.take_back_write_off();
        let mut credit = self.credit_minor();
        if credit <= 0 {
            return;
        }
        let book = self.book();
        let room: Vec<(IntentId, RefundRoom)> = book
            .tenders
            .iter()
            .enumerate()
            .map(|(index, tender)| {
                let pending = place(Some(index)).map_or(0, |index| book.pending_of(index));
                let at_most_minor = tender.keeps_minor().saturating_sub(pending).max(0);
                (tender.intent.clone(), RefundRoom { method: tender.method, at_most_minor })
            })
            .collect();
        let rooms: Vec<RefundRoom> = room.iter().map(|(_, room)| *room).collect();
        let shares = policy.refund_split.share(credit, &rooms);
        for ((intent, _), share) in room.into_iter().zip(shares) {
            if share > 0 {
                credit -= share;
                let amount = self.money(share);
                self.reason(OrderReason::RefundShare { intent: intent.clone(), amount });
                self.ask_refund(intent, share);
            }
        }
        if credit > 0 {
            self.effect(OrderEffect::OpenTicket {
                about: Subject::Order,
                reason: TicketReason::NoTenderForRefund,
            });
        }
    }

    /// Stops a refund that is no longer to be made.
    pub(super) fn withdraw_refund(&mut self, intent: IntentId, minor: i64) {
        let amount = self.money(minor);
        self.emit(OrderChange::Payment {
            intent: intent.clone(),
            what: PaymentChange::RefundWithdrawn { amount },
        });
        self.effect(OrderEffect::WithdrawRefund { intent, amount });
    }
}

/// `⌊whole × part ÷ of⌋`, all of it where `part` is all, nothing where there is nothing to share by.
fn share_of(whole: i64, part: i64, of: i64) -> i64 {
    if of <= 0 {
        return 0;
    }
    let share = i128::from(whole).saturating_mul(i128::from(part)) / i128::from(of);
    i64::try_from(share).unwrap_or(whole)
}
