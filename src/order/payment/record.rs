//! Facts about money: every one is taken; what does not fit becomes an anomaly with a next step.

use super::{Paid, PaymentChange, PaymentFact, PaymentFactKind, Tender};
use crate::{
    decision::Source,
    id::IntentId,
    money::Money,
    order::{
        Anomaly, AnomalyKind, CaptureWhen, EndCause, FactKind, HoldReason, LateMoney, LineState, NextStep,
        NoticeReason, OrderChange, OrderEffect, OrderReason, Subject, Terms, TicketReason, draft::Draft,
        evolve::place, placement::ORDER_MINOR_MAX,
    },
};

/// Takes one payment fact on the order as `draft` has it. First that fits: unknown tender, foreign currency,
/// implausible amount, out of order, then what the fact says.
pub(in crate::order) fn record(draft: &mut Draft<'_>, fact: &PaymentFact, source: &Source) {
    let about = Subject::Intent { intent: fact.intent.clone() };
    let found = draft.book().tender_at(&fact.intent);
    let Some(tender) = found.and_then(|found| draft.book().tenders.get(found).cloned()) else {
        return unexplained(draft, fact, AnomalyKind::UnknownIntent, NextStep::ParkUnmatched);
    };
    if let Some(amount) = fact.what.amount() {
        if amount.currency() != draft.agreement().currency {
            return unexplained(draft, fact, AnomalyKind::CurrencyMismatch, NextStep::Review);
        }
        if !(1..=ORDER_MINOR_MAX).contains(&amount.minor_units()) || is_beyond_sums(draft, amount) {
            return unexplained(draft, fact, AnomalyKind::ImplausibleAmount, NextStep::Review);
        }
    }
    note_in_time(draft, fact, source);
    let said = Said { intent: &fact.intent, about };
    match fact.what {
        Paid::Authorised { amount, expires_at } => {
            if tender.is_past_authorisation() {
                return said.out_of_order(draft, PaymentFactKind::Authorised);
            }
            authorised(draft, &said, &tender, amount, expires_at);
        }
        Paid::AuthorisationFailed { .. } => {
            if tender.had_success() {
                return said.out_of_order(draft, PaymentFactKind::AuthorisationFailed);
            }
            said.change(draft, PaymentChange::AuthorisationFailed);
            said.odd(draft, AnomalyKind::AuthorisationFailed, NextStep::AskOtherMethod, None);
        }
        Paid::ActionRequired => {
            if tender.had_success() {
                return said.out_of_order(draft, PaymentFactKind::ActionRequired);
            }
            said.change(draft, PaymentChange::ActionRequired);
            draft.notify(NoticeReason::PaymentAction, said.about, None);
        }
        Paid::Settling { expected_by } => {
            if tender.is_past_authorisation() {
                return said.out_of_order(draft, PaymentFactKind::Settling);
            }
            said.change(draft, PaymentChange::Settling { expected_by });
        }
        Paid::Captured { amount, last } => captured(draft, &said, &tender, amount, last),
        Paid::CaptureFailed { amount } => {
            said.change(draft, PaymentChange::CaptureFailed { amount });
            said.odd(draft, AnomalyKind::CaptureFailed, NextStep::RetryCapture, Some(amount));
            said.retry(draft, &tender, TicketReason::CaptureFailed, |draft, said| {
                if draft.policy().capture != CaptureWhen::ByHand {
                    return draft.capture_if_live();
                }
                // What was asked by hand; nothing more is given up than was said then.
                let again = amount.minor_units().min(tender.capturing_minor).min(tender.open_minor);
                if again > 0 && draft.book().ended.is_none() {
                    let amount = draft.money(again);
                    said.change(draft, PaymentChange::CaptureAsked { amount });
                    draft.effect(OrderEffect::Capture { intent: said.intent.clone(), amount, last: false });
                }
            });
        }
        Paid::Voided { amount } => {
            // Told before its authorisation, or after that ran out: nothing to give up, but no news of an
            // authorisation is to be believed after it.
            let amount = amount.unwrap_or(draft.money(tender.open_minor));
            said.change(draft, PaymentChange::Voided { amount });
            let unasked = amount.minor_units().min(tender.open_minor).saturating_sub(tender.voiding_minor);
            if unasked > 0 && draft.goods_wait_uncovered() {
                let amount = draft.money(unasked);
                said.odd(draft, AnomalyKind::UnaskedVoid, NextStep::AskOtherMethod, Some(amount));
                draft.hold_for_payment();
            }
            draft.after_payment();
        }
        Paid::VoidFailed { amount } => {
            said.change(draft, PaymentChange::VoidFailed { amount });
            said.odd(draft, AnomalyKind::VoidFailed, NextStep::RetryVoid, Some(amount));
            said.retry(draft, &tender, TicketReason::VoidFailed, |draft, said| {
                let again = amount.minor_units().min(tender.voiding_minor);
                if again > 0 {
                    draft.ask_void(said.intent.clone(), again);
                }
            });
        }
        Paid::Refunded { amount } => refunded(draft, &said, &tender, amount),
        Paid::RefundFailed { amount } => {
            said.change(draft, PaymentChange::RefundFailed { amount });
            said.odd(draft, AnomalyKind::RefundFailed, NextStep::RetryThenManual, Some(amount));
            said.retry(draft, &tender, TicketReason::RefundFailed, |draft, said| {
                let own = place(draft.book().tender_at(said.intent));
                let pending = own.map_or(0, |own| draft.book().pending_of(own)).min(amount.minor_units());
                if pending > 0 {
                    let amount = draft.money(pending);
                    draft.effect(OrderEffect::Refund { intent: said.intent.clone(), amount });
                }
            });
        }
        Paid::ChargebackOpened { amount } => chargeback_opened(draft, &said, amount),
        Paid::ChargebackWon { amount } => {
            said.change(draft, PaymentChange::ChargebackWon { amount });
            said.odd(draft, AnomalyKind::ChargebackWon, NextStep::Resume, Some(amount));
            let disputed = draft.book().tenders_sum(|tender| tender.disputed_minor);
            if disputed == 0 && draft.book().holds.contains(&HoldReason::Chargeback) {
                draft.emit(OrderChange::Unheld { reason: HoldReason::Chargeback });
                draft.pick_if_free();
            }
        }
        Paid::ChargebackLost { amount } => chargeback_lost(draft, &said, &tender, amount),
    }
}

/// Whom and what a fact is about.
struct Said<'a> {
    intent: &'a IntentId,
    about: Subject,
}

impl Said<'_> {
    fn change(&self, draft: &mut Draft<'_>, what: PaymentChange) {
        draft.emit(OrderChange::Payment { intent: self.intent.clone(), what });
    }

    fn odd(&self, draft: &mut Draft<'_>, kind: AnomalyKind, next: NextStep, amount: Option<Money>) {
        draft.anomaly(Anomaly { amount, ..Anomaly::new(kind, next, self.about.clone()) });
    }

    fn out_of_order(&self, draft: &mut Draft<'_>, fact: PaymentFactKind) {
        draft.reason(OrderReason::NothingToDo { fact: FactKind::Payment(fact) });
        self.odd(draft, AnomalyKind::OutOfOrder, NextStep::RecordOnly, None);
    }

    /// Tries again as often as the policy allows, then asks people.
    fn retry(
        &self,
        draft: &mut Draft<'_>,
        before: &Tender,
        ticket: TicketReason,
        again: impl FnOnce(&mut Draft<'_>, &Self),
    ) {
        let failures = before.failures.saturating_add(1);
        if failures < draft.policy().gateway_attempts {
            let attempt = failures.saturating_add(1);
            draft.reason(OrderReason::Retried { intent: self.intent.clone(), attempt });
            again(draft, self);
        } else {
            draft.effect(OrderEffect::OpenTicket { about: self.about.clone(), reason: ticket });
        }
    }
}

/// Whether an amount would bring one of the order's sums beyond any order.
fn is_beyond_sums(draft: &mut Draft<'_>, amount: Money) -> bool {
    let book = draft.book();
    let sums = [
        book.tenders_sum(|tender| tender.captured_minor),
        book.tenders_sum(|tender| tender.refunded_minor),
        book.tenders_sum(|tender| tender.charged_back_minor),
        book.tenders_sum(|tender| tender.disputed_minor),
    ];
    sums.iter().any(|sum| sum.saturating_add(amount.minor_units()) > ORDER_MINOR_MAX)
}

/// Money that the order cannot explain is kept beside it, per currency, and people are asked.
fn unexplained(draft: &mut Draft<'_>, fact: &PaymentFact, kind: AnomalyKind, next: NextStep) {
    let about = Subject::Intent { intent: fact.intent.clone() };
    let kept = match fact.what {
        Paid::Captured { amount, .. } => Some(amount),
        Paid::Refunded { amount } | Paid::ChargebackLost { amount } => amount.checked_neg().ok(),
        Paid::Authorised { .. }
        | Paid::AuthorisationFailed { .. }
        | Paid::ActionRequired
        | Paid::Settling { .. }
        | Paid::CaptureFailed { .. }
        | Paid::Voided { .. }
        | Paid::VoidFailed { .. }
        | Paid::RefundFailed { .. }
        | Paid::ChargebackOpened { .. }
        | Paid::ChargebackWon { .. } => None,
    };
    if let Some(amount) = kept.filter(|amount| !amount.is_zero()) {
        draft.emit(OrderChange::Unexplained { amount });
    }
    let amount = fact.what.amount();
    draft.anomaly(Anomaly { amount, ..Anomaly::new(kind, next, about.clone()) });
    draft.effect(OrderEffect::OpenTicket { about, reason: TicketReason::UnexplainedMoney });
}

/// A payment that was made in time but told too late says so.
fn note_in_time(draft: &mut Draft<'_>, fact: &PaymentFact, source: &Source) {
    let success = matches!(fact.what, Paid::Authorised { .. } | Paid::Captured { .. });
    let pay_by = match draft.agreement().terms {
        Terms::Prepaid { pay_by } => pay_by,
        Terms::Presale { balance_by, .. } => balance_by,
        Terms::OnDelivery => return,
    };
    let timed_out = draft.book().ended == Some(EndCause::TimedOut);
    if success && timed_out && source.occurred_at < pay_by {
        draft.reason(OrderReason::InTime { occurred_at: source.occurred_at, pay_by });
    }
}

fn authorised(
    draft: &mut Draft<'_>,
    said: &Said<'_>,
    tender: &Tender,
    amount: Money,
    expires_at: Option<chrono::DateTime<chrono::Utc>>,
) {
    said.change(draft, PaymentChange::Authorised { amount, expires_at });
    let minor = amount.minor_units();
    if draft.book().ended.is_some() {
        said.odd(draft, AnomalyKind::LateSuccess, NextStep::Void, Some(amount));
        draft.void_if_ended();
        return;
    }
    let tolerated = tender.amount_minor.saturating_sub(draft.policy().short_tolerance_minor.max(0));
    if minor < tolerated {
        let short = draft.money(tender.amount_minor.saturating_sub(minor));
        said.odd(draft, AnomalyKind::AmountShort, NextStep::AskBalance, Some(short));
    } else if minor > tender.amount_minor {
        let over = draft.money(minor.saturating_sub(tender.amount_minor));
        said.odd(draft, AnomalyKind::AmountOver, NextStep::CaptureOnlyAmount, Some(over));
    }
    draft.after_payment();
}

fn captured(draft: &mut Draft<'_>, said: &Said<'_>, before: &Tender, amount: Money, last: bool) {
    said.change(draft, PaymentChange::Captured { amount, last });
    let minor = amount.minor_units();
    if let Some(cause) = draft.book().ended {
        if cause == EndCause::TimedOut && may_reinstate(draft) {
            said.odd(draft, AnomalyKind::LateSuccess, NextStep::TryReinstate, Some(amount));
            if !draft.book().reinstating {
                draft.emit(OrderChange::ReinstatementAsked);
                draft.effect(OrderEffect::TryReinstate);
            }
        } else {
            said.odd(draft, AnomalyKind::LateSuccess, NextStep::Refund, Some(amount));
            // Units that are still being recalled, or went to the customer by a linked order, are owed for.
            let back = if draft.owed_minor() > 0 { draft.credit_minor().min(minor) } else { minor };
            if back > 0 {
                draft.ask_refund(said.intent.clone(), back);
            }
        }
        return;
    }
    let sum = before.captured_minor.saturating_add(minor);
    let tolerated = before.amount_minor.saturating_sub(draft.policy().short_tolerance_minor.max(0));
    if before.captured_minor >= before.amount_minor {
        said.odd(draft, AnomalyKind::DuplicateCapture, NextStep::Refund, Some(amount));
        draft.ask_refund(said.intent.clone(), minor);
    } else if sum > before.amount_minor {
        let over = sum.saturating_sub(before.amount_minor);
        let amount = draft.money(over);
        said.odd(draft, AnomalyKind::AmountOver, NextStep::Refund, Some(amount));
        draft.ask_refund(said.intent.clone(), over);
    } else if last && sum < tolerated {
        let short = draft.money(before.amount_minor.saturating_sub(sum));
        said.odd(draft, AnomalyKind::AmountShort, NextStep::AskBalance, Some(short));
    } else if !last {
        let open = draft.money(before.open_minor.saturating_sub(minor).max(0));
        draft.reason(OrderReason::PartlyCaptured { intent: said.intent.clone(), open });
    }
    draft.after_payment();
    // Less may be left of the order than its tenders were opened for: that goes back as it came.
    let found = draft.book().tender_at(said.intent);
    let credit = draft.credit_minor();
    let book = draft.book();
    let credit = credit.saturating_sub(book.written_off_minor);
    let room = found.and_then(|found| {
        Some(book.tenders.get(found)?.keeps_minor() - book.pending_of(place(Some(found))?))
    });
    let back = credit.min(minor).min(room.unwrap_or(0));
    if back > 0 {
        draft.ask_refund(said.intent.clone(), back);
    }
    draft.refund_credit();
}

/// Late money opens an order again only if the policy says so, everything is paid, nothing else ended it, and
/// there are units to bring back.
fn may_reinstate(draft: &mut Draft<'_>) -> bool {
    let stopped = |line: &LineState| line.count(|run| run.is_stopped_by_deadline()) > 0;
    let by_policy =
        draft.policy().late_money == LateMoney::TryReinstate && draft.book().lines.iter().any(stopped);
    let paid = draft.book().tenders_sum(|tender| tender.amount_minor.min(tender.captured_minor));
    by_policy && paid >= total_before_timeout(draft).saturating_sub(draft.slack())
}

/// What the order would owe if it opened again.
fn total_before_timeout(draft: &mut Draft<'_>) -> i64 {
    let agreement = draft.agreement();
    let book = draft.book();
    let back = |run: &crate::order::Run| run.stage.is_live() || run.is_stopped_by_deadline();
    let lines = book.lines.iter().fold(0_i64, |sum, line| sum.saturating_add(line.value_where(back)));
    let charges =
        agreement.charges.iter().fold(0_i64, |sum, charge| sum.saturating_add(charge.amount.minor_units()));
    lines.saturating_add(charges)
}

fn refunded(draft: &mut Draft<'_>, said: &Said<'_>, tender: &Tender, amount: Money) {
    let gone =
        tender.refunded_minor.saturating_add(tender.charged_back_minor).saturating_add(amount.minor_units());
    let excess = gone.saturating_sub(tender.captured_minor);
    if excess > 0 {
        if let Ok(out) = amount.checked_neg() {
            draft.emit(OrderChange::Unexplained { amount: out });
        }
        let excess = draft.money(excess);
        said.odd(draft, AnomalyKind::RefundOverCaptured, NextStep::Review, Some(excess));
        draft.effect(OrderEffect::OpenTicket {
            about: said.about.clone(),
            reason: TicketReason::UnexplainedMoney,
        });
        return;
    }
    let unasked = amount.minor_units().saturating_sub(draft.book().refunds_pending_minor());
    said.change(draft, PaymentChange::Refunded { amount });
    draft.notify(NoticeReason::Refunded, said.about.clone(), Some(amount));
    if unasked > 0 {
        let next = if draft.over_minor() < 0 { NextStep::AskBalance } else { NextStep::Review };
        let unasked = draft.money(unasked);
        said.odd(draft, AnomalyKind::UnaskedRefund, next, Some(unasked));
        if draft.goods_wait_uncovered() {
            draft.hold_for_payment();
        }
    }
    draft.write_off_if_accepted();
}

fn chargeback_opened(draft: &mut Draft<'_>, said: &Said<'_>, amount: Money) {
    said.change(draft, PaymentChange::ChargebackOpened { amount });
    if draft.book().has_left() {
        said.odd(draft, AnomalyKind::ChargebackOpened, NextStep::SubmitEvidence, Some(amount));
        draft.effect(OrderEffect::OpenTicket {
            about: said.about.clone(),
            reason: TicketReason::ChargebackEvidence,
        });
        return;
    }
    said.odd(draft, AnomalyKind::ChargebackOpened, NextStep::HoldShipment, Some(amount));
    draft.hold_unless_ended(HoldReason::Chargeback);
}

fn chargeback_lost(draft: &mut Draft<'_>, said: &Said<'_>, before: &Tender, amount: Money) {
    said.change(draft, PaymentChange::ChargebackLost { amount });
    said.odd(draft, AnomalyKind::ChargebackLost, NextStep::CloseAsLoss, Some(amount));
    let lost = amount.minor_units().min(before.keeps_minor());
    let excess = amount.minor_units().saturating_sub(lost);
    if excess > 0 {
        // A bank cannot take from a tender what it never brought: that money is not the order's.
        let (out, excess) = (draft.money(excess.saturating_neg()), draft.money(excess));
        draft.emit(OrderChange::Unexplained { amount: out });
        said.odd(draft, AnomalyKind::ChargebackOverCaptured, NextStep::Review, Some(excess));
        draft.effect(OrderEffect::OpenTicket {
            about: said.about.clone(),
            reason: TicketReason::UnexplainedMoney,
        });
    }
    // What the bank took cannot be sent back as well.
    let found = draft.book().tender_at(said.intent);
    let book = draft.book();
    let tender = found.and_then(|found| book.tenders.get(found));
    let pending = place(found).map_or(0, |found| book.pending_of(found));
    let overtaken = pending.saturating_sub(tender.map_or(0, Tender::keeps_minor));
    if overtaken > 0 {
        draft.withdraw_refund(said.intent.clone(), overtaken);
    }
    // Before shipment the goods are kept, opened before or not; after it the money is gone for good.
    if !draft.book().has_left() {
        draft.hold_unless_ended(HoldReason::Chargeback);
    } else {
        let loss = draft.over_minor().saturating_neg().min(lost);
        if loss > 0 {
            let amount = draft.money(loss);
            draft.reason(OrderReason::WrittenOff { amount });
            draft.emit(OrderChange::WrittenOff { amount });
        }
    }
    draft.write_off_if_accepted();
    draft.take_back_write_off();
}

/// An order that opened again owes what it owed: refunds that have not gone out are stopped.
pub(in crate::order) fn withdraw_refunds(draft: &mut Draft<'_>) {
    let book = draft.book();
    let pending: Vec<(IntentId, i64)> = book
        .refunds
        .iter()
        .filter_map(|refund| {
            Some((book.tenders.get(refund.tender as usize)?.intent.clone(), refund.amount_minor))
        })
        .collect();
    for (intent, minor) in pending {
        draft.withdraw_refund(intent, minor);
    }
}
