use chrono::{DateTime, Utc};

use super::{
    Agreement, Anomaly, AnomalyKind, Book, Channels, NextStep, Notice, NoticeReason, OrderChange,
    OrderDecision, OrderEffect, OrderEvent, OrderPolicy, OrderReason, OrderState, Subject, Told,
};
use crate::{decision::Source, money::Money};

/// A decision in the making: what was decided so far, and what the order looks like after it.
///
/// The book is copied only when something is read after something was written.
pub(super) struct Draft<'a> {
    pub(super) order: &'a OrderState,
    pub(super) at: DateTime<Utc>,
    source: Option<&'a Source>,
    out: &'a mut OrderDecision,
    begin: usize,
    work: Option<Book>,
    applied: usize,
    owed: Option<i64>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(
        order: &'a OrderState,
        at: DateTime<Utc>,
        source: Option<&'a Source>,
        out: &'a mut OrderDecision,
    ) -> Self {
        let begin = out.events.len();
        Self {
            order,
            at: at.max(order.recorded_at),
            source,
            out,
            begin,
            work: None,
            applied: begin,
            owed: None,
        }
    }

    pub(super) fn agreement(&self) -> &'a Agreement {
        &self.order.agreement
    }

    pub(super) fn policy(&self) -> &'a OrderPolicy {
        &self.order.agreement.policy
    }

    pub(super) fn money(&self, minor: i64) -> Money {
        self.order.agreement.money(minor)
    }

    /// How much may be missing for the order to count as covered, in minor units.
    pub(super) fn slack(&mut self) -> i64 {
        let policy = self.policy();
        self.book().slack_minor(policy)
    }

    /// Units and money after everything that was decided so far.
    pub(super) fn book(&mut self) -> &Book {
        if self.applied < self.out.events.len() {
            self.catch_up();
        }
        self.work.as_ref().unwrap_or(&self.order.book)
    }

    fn catch_up(&mut self) {
        let work = self.work.get_or_insert_with(|| self.order.book.clone());
        for event in self.out.events.iter().skip(self.applied) {
            work.apply(&self.order.agreement, &event.what, event.recorded_at);
        }
        self.applied = self.out.events.len();
        self.owed = None;
    }

    /// What the customer owes after everything that was decided so far, in minor units. Summed once for all
    /// who ask before something else is decided.
    pub(super) fn owed_minor(&mut self) -> i64 {
        self.book(); // forgets the sum if something was decided since
        let (agreement, book) = (self.agreement(), self.work.as_ref().unwrap_or(&self.order.book));
        *self.owed.get_or_insert_with(|| book.owed_minor(agreement))
    }

    /// What has been paid less what is owed, in minor units; negative: still due.
    pub(super) fn over_minor(&mut self) -> i64 {
        let owed = self.owed_minor();
        self.book().net_minor().saturating_sub(owed)
    }

    /// Whether anything was decided yet.
    pub(super) fn is_empty(&self) -> bool {
        self.out.events.len() == self.begin
    }

    /// The changes decided so far.
    pub(super) fn changes(&self) -> impl Iterator<Item = &OrderChange> {
        self.out.events.iter().skip(self.begin).map(|event| &event.what)
    }

    pub(super) fn emit(&mut self, what: OrderChange) {
        let source = self.source.take().cloned();
        self.out.events.push(OrderEvent { recorded_at: self.at, source, what });
    }

    pub(super) fn effect(&mut self, effect: OrderEffect) {
        self.out.effects.push(effect);
    }

    pub(super) fn reason(&mut self, reason: OrderReason) {
        self.out.reasons.push(reason);
    }

    /// Writes an anomaly down and tells whom it concerns.
    pub(super) fn anomaly(&mut self, anomaly: Anomaly) {
        self.reason(OrderReason::Odd { kind: anomaly.kind, next: anomaly.next });
        let (notice, about, amount) = (anomaly.kind.notice(), anomaly.about.clone(), anomaly.amount);
        self.emit(OrderChange::Anomaly(anomaly));
        if let Some(reason) = notice {
            self.notify(reason, about, amount);
        }
    }

    /// An anomaly without amount or units.
    pub(super) fn odd(&mut self, kind: AnomalyKind, next: NextStep, about: Subject) {
        self.anomaly(Anomaly::new(kind, next, about));
    }

    /// Tells somebody, once per reason and subject.
    pub(super) fn notify(&mut self, reason: NoticeReason, about: Subject, amount: Option<Money>) {
        let told = Told { reason, about };
        let just_now = self.changes().any(|change| {
            matches!(change, OrderChange::Noticed { reason, about } if *reason == told.reason && *about == told.about)
        });
        if just_now || self.order.log.told.contains(&told) {
            return;
        }
        let Told { about, .. } = told;
        self.emit(OrderChange::Noticed { reason, about: about.clone() });
        let via: Channels = self.policy().notify;
        self.effect(OrderEffect::Notify {
            notice: Notice { reason, to: reason.audience(), via, about, amount },
        });
    }
}
