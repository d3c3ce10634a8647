use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{
    Agreement, Book, Case, CaseChange, CaseKind, CaseState, ChargeCredit, EndCause, Few, HoldReason,
    LineEdit, LineState, LineTerms, LinkedOrder, Log, OrderChange, OrderEvent, OrderState, Parcel,
    ParcelState, PlacedOrder, PriceRun, Run, Stage, Told,
    line::Pick,
    payment::{PaymentChange, PendingRefund, Tender},
};
use crate::{decision::Version, id::LineId, money::Money};

impl OrderState {
    /// The state that a first event makes.
    pub(super) fn begin(placed: &PlacedOrder, at: DateTime<Utc>) -> Self {
        let from = &placed.placement;
        let lines = from.lines.iter().map(|line| LineState {
            runs: [Run {
                units: line.units,
                stage: Stage::Placed,
                since: at,
                parcel: None,
                case: None,
                before: None,
            }]
            .into_iter()
            .collect(),
            // A placement is checked before it becomes an event; one that was not has no price.
            terms: Arc::new(LineTerms {
                prices: line
                    .prices(from.currency)
                    .unwrap_or_else(|_| vec![PriceRun { units: line.units, gross_minor: 0, tax_minor: 0 }]),
                placed: line.clone(),
            }),
            credited_minor: 0,
            credited_tax_minor: 0,
        });
        let book = Book {
            lines: lines.collect(),
            charge_credits: from.charges.iter().map(|_| ChargeCredit::default()).collect(),
            ..Book::default()
        };
        let agreement = Agreement {
            currency: from.currency,
            terms: from.terms.clone(),
            customer: from.customer.clone(),
            channel: from.channel.clone(),
            ship_to: from.ship_to.clone(),
            promise: from.promise,
            quote: from.quote.clone(),
            link: from.link.clone(),
            notes: from.notes.clone(),
            charges: from.charges.clone(),
            policy: placed.policy.clone(),
            lines_by_id: lines_by_id(from.lines.iter().map(|line| &line.line)),
        };
        Self {
            id: placed.id.clone(),
            version: Version(1),
            placed_at: at,
            recorded_at: at,
            agreement: Arc::new(agreement),
            book,
            log: Log::default(),
        }
    }

    /// The only writer. Total: what cannot be is done as far as it can be; [`super::Order::replay`] finds it.
    pub(super) fn evolve(&mut self, event: &OrderEvent) {
        self.version = self.version.next();
        self.recorded_at = self.recorded_at.max(event.recorded_at);
        if let Some(source) = &event.source {
            self.log.sources.accept(source.system.clone(), source.reference.clone(), self.version);
        }
        if let OrderChange::Edited { ship_to: Some(ship_to), .. } = &event.what {
            Arc::make_mut(&mut self.agreement).ship_to = Some(ship_to.clone());
        }
        self.book.apply(&self.agreement, &event.what, event.recorded_at);
        self.log.apply(&event.what);
    }
}

impl Log {
    fn apply(&mut self, change: &OrderChange) {
        match change {
            OrderChange::Anomaly(anomaly) => self.anomalies.push(anomaly.clone()),
            OrderChange::Noticed { reason, about } => {
                self.told.insert(Told { reason: *reason, about: about.clone() });
            }
            OrderChange::Linked { order, why } => {
                self.linked.push(LinkedOrder { order: order.clone(), why: *why });
            }
            OrderChange::Unexplained { amount } => {
                let code = |money: &Money| money.currency().code();
                match self.unexplained.iter_mut().find(|sum| code(sum) == code(amount)) {
                    Some(sum) => *sum = sum.checked_add(*amount).unwrap_or(*sum),
                    None => {
                        self.unexplained.push(*amount);
                        self.unexplained.sort_by_key(code);
                    }
                }
            }
            OrderChange::Placed(_)
            | OrderChange::MovedAll { .. }
            | OrderChange::Moved { .. }
            | OrderChange::Edited { .. }
            | OrderChange::Held { .. }
            | OrderChange::Unheld { .. }
            | OrderChange::Covered { .. }
            | OrderChange::PayByPassed
            | OrderChange::PickAsked
            | OrderChange::Ended { .. }
            | OrderChange::Reopened
            | OrderChange::ReinstatementAsked
            | OrderChange::ReinstatementDeclined
            | OrderChange::Credited { .. }
            | OrderChange::ChargeCredited { .. }
            | OrderChange::Retained { .. }
            | OrderChange::ShortAccepted { .. }
            | OrderChange::WrittenOff { .. }
            | OrderChange::ParcelSeen { .. }
            | OrderChange::Case { .. }
            | OrderChange::Payment { .. }
            | OrderChange::Noted => {}
        }
    }
}

impl Book {
    /// What one change does to units and money.
    pub(super) fn apply(&mut self, agreement: &Agreement, change: &OrderChange, at: DateTime<Utc>) {
        let timed_out = self.ended == Some(EndCause::TimedOut);
        match change {
            OrderChange::MovedAll { from, to } => {
                for line in &mut self.lines {
                    line.shift(Pick::new(*from, *to, u32::MAX), at, timed_out);
                }
            }
            OrderChange::Moved { line, units, from, to, parcel, case } => {
                let pick = Pick {
                    parcel: parcel.as_ref().and_then(|parcel| place(self.parcel_at(parcel))),
                    case: case.as_ref().and_then(|case| place(self.case_at(case))),
                    ..Pick::new(*from, *to, *units)
                };
                // A unit that somebody had recalled before the deadline passed does not come back with it.
                let of_case = pick.case.and_then(|case| self.cases.get(case as usize)).map(|case| &case.of);
                let timed_out =
                    timed_out && (*from != Stage::Recalling || of_case == Some(&CaseKind::TimedOut));
                self.forget_given(agreement, line, pick);
                if let Some(line) = self.line_mut(agreement, line) {
                    line.shift(pick, at, timed_out);
                }
            }
            OrderChange::Edited { lines, .. } => {
                for edit in lines {
                    if let Some(line) = self.line_mut(agreement, &edit.line) {
                        line.edit(edit, at);
                    }
                }
            }
            OrderChange::Held { reason } => {
                self.pick_asked = false;
                self.holds = with(&self.holds, *reason);
            }
            OrderChange::Unheld { reason } => self.holds.retain(|held| held != reason),
            OrderChange::Covered { level } => self.cover = self.cover.max(*level),
            OrderChange::PayByPassed => self.pay_by_passed = true,
            OrderChange::PickAsked => (self.pick_asked, self.grant_asked) = (true, true),
            OrderChange::Ended { cause } => {
                self.ended = Some(*cause);
                self.reinstating = false;
            }
            OrderChange::Reopened => {
                self.ended = None;
                self.reinstating = false;
                self.pick_asked = false;
                self.grant_asked = false;
            }
            OrderChange::ReinstatementAsked => self.reinstating = true,
            OrderChange::ReinstatementDeclined => self.reinstating = false,
            OrderChange::Credited { line, amount, tax } => {
                if let Some(line) = self.line_mut(agreement, line) {
                    line.credited_minor = line.credited_minor.saturating_add(amount.minor_units());
                    line.credited_tax_minor = line.credited_tax_minor.saturating_add(tax.minor_units());
                }
            }
            OrderChange::ChargeCredited { charge, amount, tax } => {
                if let Some(credit) = self.charge_credits.get_mut(*charge as usize) {
                    credit.amount_minor = credit.amount_minor.saturating_add(amount.minor_units());
                    credit.tax_minor = credit.tax_minor.saturating_add(tax.minor_units());
                }
            }
            OrderChange::Retained { amount } => {
                self.retained_minor = self.retained_minor.saturating_add(amount.minor_units());
            }
            OrderChange::ShortAccepted { up_to } => {
                self.short_accepted_minor = self.short_accepted_minor.max(up_to.minor_units());
            }
            OrderChange::WrittenOff { amount } => {
                self.written_off_minor = self.written_off_minor.saturating_add(amount.minor_units());
            }
            OrderChange::ParcelSeen { parcel, state } => {
                let found = self.parcel_at(parcel);
                let entry = match found.and_then(|found| self.parcels.get_mut(found)) {
                    Some(entry) => entry,
                    None => {
                        let (sent_at, delivered_at) = (None, None);
                        self.parcels.push(Parcel {
                            parcel: parcel.clone(),
                            state: *state,
                            sent_at,
                            delivered_at,
                        });
                        match self.parcels.last_mut() {
                            Some(entry) => entry,
                            None => return,
                        }
                    }
                };
                match state {
                    ParcelState::Shipped => entry.sent_at = entry.sent_at.or(Some(at)),
                    ParcelState::Delivered => entry.delivered_at = entry.delivered_at.or(Some(at)),
                    ParcelState::Failed | ParcelState::Lost => {}
                }
                // That it left is no news after a later scan.
                let later = found.is_some() && *state == ParcelState::Shipped;
                if entry.delivered_at.is_some() {
                    entry.state = ParcelState::Delivered;
                } else if !later {
                    entry.state = *state;
                }
            }
            OrderChange::Case { case, what } => self.apply_case(case, what),
            OrderChange::Payment { intent, what } => {
                if let PaymentChange::Opened { method, amount } = *what {
                    self.tenders.push(Tender::open(intent.clone(), method, amount.minor_units()));
                }
                if let Some(found) = self.tender_at(intent) {
                    self.apply_payment(found, what);
                }
            }
            OrderChange::Placed(_)
            | OrderChange::Linked { .. }
            | OrderChange::Unexplained { .. }
            | OrderChange::Anomaly(_)
            | OrderChange::Noticed { .. }
            | OrderChange::Noted => {}
        }
    }

    /// Units that end, or leave their return, exchange or recall, take with them what was to be credited.
    fn forget_given(&mut self, agreement: &Agreement, line: &LineId, pick: Pick) {
        let stays = matches!(pick.to, Stage::ReturnComing | Stage::Received);
        if stays || self.cases.iter().all(|case| case.given_minor.is_none() || case.line != *line) {
            return;
        }
        let Some(state) = self.line_at(agreement, line).and_then(|found| self.lines.get(found)) else {
            return;
        };
        for (index, case) in (0_u32..).zip(self.cases.iter_mut()) {
            let Some(given) = case.given_minor.as_mut().filter(|_| case.line == *line) else { continue };
            let leaving = state.places_in_case(pick, index);
            let mut place = 0_usize;
            given.retain(|_| {
                place += 1;
                !leaving.contains(&(place - 1))
            });
        }
    }

    fn line_mut(&mut self, agreement: &Agreement, line: &LineId) -> Option<&mut LineState> {
        let found = self.line_at(agreement, line)?;
        self.lines.get_mut(found)
    }

    fn apply_case(&mut self, case: &crate::id::ReturnId, what: &CaseChange) {
        if let CaseChange::Opened { line, units, of, given_minor } = what {
            self.cases.push(Case {
                case: case.clone(),
                line: line.clone(),
                units: *units,
                given_minor: given_minor.clone(),
                credited_units: 0,
                state: if of.is_recall() { CaseState::Approved } else { CaseState::Requested },
                of: of.clone(),
            });
            return;
        }
        let found = self.case_at(case);
        let Some(entry) = found.and_then(|found| self.cases.get_mut(found)) else { return };
        match what {
            CaseChange::Opened { .. } => {}
            CaseChange::Approved { given_minor } => {
                entry.state = CaseState::Approved;
                entry.given_minor = given_minor.clone();
            }
            CaseChange::Rejected => entry.state = CaseState::Rejected,
            CaseChange::Credited { units } => {
                entry.credited_units = entry.credited_units.saturating_add(*units)
            }
        }
    }

    fn apply_payment(&mut self, found: usize, what: &PaymentChange) {
        let Some(tender) = self.tenders.get_mut(found) else { return };
        tender.apply(what);
        let own = u32::try_from(found).unwrap_or(u32::MAX);
        match what {
            PaymentChange::RefundAsked { amount } => {
                self.refunds.push(PendingRefund { tender: own, amount_minor: amount.minor_units() });
            }
            PaymentChange::Refunded { amount } | PaymentChange::RefundWithdrawn { amount } => {
                // The tender's own refunds first, then the oldest of the others: the order owes it once.
                let mut left = amount.minor_units();
                for ours in [true, false] {
                    for refund in self.refunds.iter_mut().filter(|refund| (refund.tender == own) == ours) {
                        let made = refund.amount_minor.min(left);
                        refund.amount_minor -= made;
                        left -= made;
                    }
                }
                self.refunds.retain(|refund| refund.amount_minor > 0);
            }
            PaymentChange::Opened { .. }
            | PaymentChange::Authorised { .. }
            | PaymentChange::AuthorisationFailed
            | PaymentChange::ActionRequired
            | PaymentChange::Resumed
            | PaymentChange::Settling { .. }
            | PaymentChange::Expired { .. }
            | PaymentChange::CaptureAsked { .. }
            | PaymentChange::Captured { .. }
            | PaymentChange::CaptureFailed { .. }
            | PaymentChange::VoidAsked { .. }
            | PaymentChange::Voided { .. }
            | PaymentChange::VoidFailed { .. }
            | PaymentChange::RefundFailed { .. }
            | PaymentChange::ChargebackOpened { .. }
            | PaymentChange::ChargebackWon { .. }
            | PaymentChange::ChargebackLost { .. } => {}
        }
    }
}

impl LineState {
    /// New units at the end, and a new price for the live ones. Fewer units are moves, not edits.
    fn edit(&mut self, edit: &LineEdit, at: DateTime<Utc>) {
        let live = self.count(|run| run.stage.is_live());
        let added = edit.units.saturating_sub(live);
        let kept_stage =
            self.runs.iter().rev().find(|run| run.stage.is_live()).map_or(Stage::Placed, |run| run.stage);
        let stage = if kept_stage == Stage::Placed { Stage::Placed } else { Stage::Confirmed };
        let Some(terms) = self.terms.edited(edit, &self.runs, added) else { return };
        self.terms = Arc::new(terms);
        if added > 0 {
            self.runs.push(Run { units: added, stage, since: at, parcel: None, case: None, before: None });
        }
    }
}

impl LineTerms {
    /// These terms after an edit, where `runs` are the units before it; `None` if the price means nothing.
    pub(super) fn edited(&self, edit: &LineEdit, runs: &[Run], added: u32) -> Option<LineTerms> {
        let mut placed = self.placed.clone();
        placed.units = placed.units.saturating_add(added);
        // An added unit costs what the last live one does; those that ended may cost what they did before an edit.
        let (mut end, mut last_live) = (0_u32, 0_u32);
        for run in runs {
            end = end.saturating_add(run.units);
            last_live = if run.stage.is_live() { end.saturating_sub(1) } else { last_live };
        }
        let last = self.price_at(last_live)?;
        let mut old = self.prices.clone();
        old.push(PriceRun { units: added, ..last });
        let Some(price) = &edit.price else {
            return Some(LineTerms { placed, prices: merged(old) });
        };
        let priced = super::PlacedLine {
            units: edit.units,
            list: price.list,
            adjustments: price.adjustments.clone(),
            tax: price.tax.clone(),
            ..self.placed.clone()
        };
        let mut new = units_of(&priced.prices(placed.list.currency()).ok()?).into_iter();
        (placed.list, placed.adjustments, placed.tax) =
            (price.list, price.adjustments.clone(), price.tax.clone());
        let live = runs.iter().flat_map(|run| (0..run.units).map(|_| run.stage.is_live()));
        let live = live.chain((0..added).map(|_| true));
        let prices = units_of(&old).into_iter().zip(live);
        let prices = prices.map(|(old, live)| if live { new.next().unwrap_or(old) } else { old });
        Some(LineTerms { placed, prices: merged(prices) })
    }
}

fn units_of(prices: &[PriceRun]) -> Vec<PriceRun> {
    prices.iter().flat_map(|run| (0..run.units).map(|_| PriceRun { units: 1, ..*run })).collect()
}

fn merged(prices: impl IntoIterator<Item = PriceRun>) -> Vec<PriceRun> {
    let mut runs: Vec<PriceRun> = Vec::new();
    for run in prices.into_iter().filter(|run| run.units > 0) {
        match runs.last_mut() {
            Some(last) if PriceRun { units: run.units, ..*last } == run => {
                last.units = last.units.saturating_add(run.units);
            }
            Some(_) | None => runs.push(run),
        }
    }
    runs
}

fn with(holds: &[HoldReason], reason: HoldReason) -> Few<HoldReason, 4> {
    let mut all: Vec<HoldReason> =
        holds.iter().copied().filter(|held| *held != reason).chain([reason]).collect();
    all.sort_unstable();
    all.into_iter().collect()
}

/// Places of the lines, sorted by id; empty where a scan is as fast.
pub(super) fn lines_by_id<'l>(lines: impl ExactSizeIterator<Item = &'l LineId>) -> Vec<u32> {
    if lines.len() <= 16 {
        return Vec::new();
    }
    let mut places: Vec<(&LineId, u32)> = lines.zip(0..).collect();
    places.sort_unstable();
    places.into_iter().map(|(_, place)| place).collect()
}

pub(super) fn place(found: Option<usize>) -> Option<u32> {
    found.and_then(|found| u32::try_from(found).ok())
}
