use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::{
    Anomaly, CaseKind, Charge, CoverLevel, EndCause, Few, HoldReason, LineState, Link, LinkKind,
    NoticeReason, OrderPolicy, OrderStatus, ParcelState, Stage, Subject, Terms,
    payment::{PendingRefund, Tender},
};
use crate::{
    decision::Version,
    geo::Destination,
    id::{
        ChannelId, CustomerId, IntentId, LineId, OrderId, ParcelId, QuoteRef, Reference, ReturnId, SystemId,
    },
    money::{Currency, Money},
};

/// Everything an order is, as plain data: a host may keep it in a row of its own and ignore the events.
///
/// Counters, status and deadlines are derived from it and never stored beside it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderState {
    /// Its id.
    pub id: OrderId,
    /// How many events made it.
    pub version: Version,
    /// When it was placed.
    pub placed_at: DateTime<Utc>,
    /// When the last event was written down.
    pub recorded_at: DateTime<Utc>,
    /// What was agreed.
    pub agreement: Arc<Agreement>,
    /// Where units and money stand.
    pub book: Book,
    /// What must be remembered: accepted sources, anomalies, notices.
    pub log: Log,
}

/// What was agreed at placing; only an edit of the destination changes it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agreement {
    /// The one currency of the order.
    pub currency: Currency,
    /// When and how the money comes.
    pub terms: Terms,
    /// Who ordered.
    pub customer: CustomerId,
    /// Where it was ordered.
    pub channel: ChannelId,
    /// Where it goes.
    pub ship_to: Option<Destination>,
    /// The delivery date told to the customer, local to the destination.
    pub promise: Option<NaiveDate>,
    /// The quote the prices came from.
    pub quote: Option<QuoteRef>,
    /// The order that this one replaces goods of.
    pub link: Option<Link>,
    /// The host's own remarks.
    pub notes: BTreeMap<String, String>,
    /// Freight, wrapping, fees.
    pub charges: Vec<Charge>,
    /// The policy of that day.
    pub policy: OrderPolicy,
    /// Places of the lines, sorted by line id: made by the import and no part of the format; leave it empty.
    #[serde(skip)]
    pub lines_by_id: Vec<u32>,
}

/// Where units and money stand. Amounts are minor units of the order's currency.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Book {
    /// The lines.
    pub lines: Vec<LineState>,
    /// What was credited of each charge.
    pub charge_credits: Few<ChargeCredit, 3>,
    /// The tenders.
    pub tenders: Few<Tender, 2>,
    /// Refunds that were asked for and are not made, oldest first.
    pub refunds: Few<PendingRefund, 2>,
    /// The parcels.
    pub parcels: Few<Parcel, 2>,
    /// Returns, exchanges and recalls.
    pub cases: Few<Case, 1>,
    /// Why it is on hold, sorted; empty: it is not.
    pub holds: Few<HoldReason, 4>,
    /// How much of what is owed has ever been covered.
    pub cover: CoverLevel,
    /// Why it ended as a whole, if it did.
    pub ended: Option<EndCause>,
    /// Whether stock was asked for after late money and no answer has come.
    pub reinstating: bool,
    /// Whether the payment deadline has passed uncovered once; it does not pass again.
    pub pay_by_passed: bool,
    /// Whether the warehouse was asked to begin.
    pub pick_asked: bool,
    /// Whether digital goods were asked to be granted.
    pub grant_asked: bool,
    /// Owed although the units ended: a forfeited deposit.
    pub retained_minor: i64,
    /// How much may be missing, by the host's word.
    pub short_accepted_minor: i64,
    /// How much is no longer asked for.
    pub written_off_minor: i64,
}

/// What was credited of one charge, in minor units.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChargeCredit {
    /// Gross.
    pub amount_minor: i64,
    /// The tax within it.
    pub tax_minor: i64,
}

/// A parcel as far as the order knows it; which units are in it stands in the runs.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parcel {
    /// Its id.
    pub parcel: ParcelId,
    /// How far it is.
    pub state: ParcelState,
    /// When the carrier took it; `None` while only a later scan is known.
    pub sent_at: Option<DateTime<Utc>>,
    /// When it arrived.
    pub delivered_at: Option<DateTime<Utc>>,
}

/// A return, an exchange or a recall.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Its id.
    pub case: ReturnId,
    /// The line.
    pub line: LineId,
    /// How many units.
    pub units: u32,
    /// Of which kind.
    pub of: CaseKind,
    /// What is to be credited for each of its units that has neither ended nor left it, in unit order, where it
    /// is not what was paid; in minor units.
    pub given_minor: Option<Vec<i64>>,
    /// How many of its units have been credited.
    pub credited_units: u32,
    /// How far it is.
    pub state: CaseState,
}

/// How far a return, an exchange or a recall is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseState {
    /// Waits for an answer.
    Requested,
    /// Approved, or (for a recall) under way.
    Approved,
    /// Rejected, refused, or overtaken.
    Rejected,
}

/// What must be remembered for the order's life.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// Every accepted fact's source, with the version it made.
    pub sources: Sources,
    /// Every anomaly, oldest first.
    pub anomalies: Vec<Anomaly>,
    /// What was told about what; not told again.
    pub told: BTreeSet<Told>,
    /// The orders that were placed for this one's goods.
    pub linked: Vec<LinkedOrder>,
    /// Money that the order cannot explain, one sum per currency, sorted by code.
    pub unexplained: Vec<Money>,
}

/// A notice that was given.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct Told {
    /// What it was about.
    pub reason: NoticeReason,
    /// Which part of the order.
    pub about: Subject,
}

/// An order that was placed for this one's goods.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct LinkedOrder {
    /// Its id.
    pub order: OrderId,
    /// Why.
    pub why: LinkKind,
}

/// Accepted sources by system and reference: what recognises a repeated fact.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(from = "Vec<SeenSource>", into = "Vec<SeenSource>")]
pub struct Sources(BTreeMap<(Reference, SystemId), Version>); // references differ, systems rarely do

/// One accepted source, as serialised.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeenSource {
    /// Who told it.
    pub system: SystemId,
    /// Under which reference.
    pub reference: Reference,
    /// The version that the fact's first event made.
    pub version: Version,
}

impl Sources {
    /// The version that this source's fact made, if it was accepted before.
    pub fn seen(&self, system: &SystemId, reference: &Reference) -> Option<Version> {
        // Inline ids make the clones cheap; a borrowed look-up would need a second key type.
        self.0.get(&(reference.clone(), system.clone())).copied()
    }

    pub(super) fn accept(&mut self, system: SystemId, reference: Reference, version: Version) {
        self.0.entry((reference, system)).or_insert(version);
    }

    /// How many were accepted.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none was.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Vec<SeenSource>> for Sources {
    fn from(seen: Vec<SeenSource>) -> Self {
        Self(seen.into_iter().map(|seen| ((seen.reference, seen.system), seen.version)).collect())
    }
}

impl From<Sources> for Vec<SeenSource> {
    fn from(sources: Sources) -> Self {
        let seen = |((reference, system), version)| SeenSource { system, reference, version };
        sources.0.into_iter().map(seen).collect()
    }
}

impl Agreement {
    /// What must be covered before the order is confirmed.
    pub(super) fn confirming_level(&self) -> CoverLevel {
        match self.terms {
            Terms::Prepaid { .. } => CoverLevel::Everything,
            Terms::OnDelivery => CoverLevel::Nothing,
            Terms::Presale { .. } => CoverLevel::Deposit,
        }
    }

    pub(super) fn money(&self, minor: i64) -> Money {
        Money::minor(minor, self.currency)
    }
}

impl Book {
    /// The place of a line.
    pub(super) fn line_at(&self, agreement: &Agreement, line: &LineId) -> Option<usize> {
        let id_at = |place: &u32| self.lines.get(*place as usize).map(|line| &line.terms.placed.line);
        if agreement.lines_by_id.len() != self.lines.len() {
            return self.lines.iter().position(|state| state.terms.placed.line == *line);
        }
        let found = agreement.lines_by_id.binary_search_by(|place| id_at(place).cmp(&Some(line))).ok()?;
        agreement.lines_by_id.get(found).map(|place| *place as usize)
    }

    pub(super) fn tender_at(&self, intent: &IntentId) -> Option<usize> {
        self.tenders.iter().position(|tender| tender.intent == *intent)
    }

    pub(super) fn parcel_at(&self, parcel: &ParcelId) -> Option<usize> {
        self.parcels.iter().position(|known| known.parcel == *parcel)
    }

    pub(super) fn case_at(&self, case: &ReturnId) -> Option<usize> {
        self.cases.iter().position(|known| known.case == *case)
    }

    /// Whether any unit stands in a stage that `keep` keeps.
    pub fn any_unit(&self, keep: impl Fn(Stage) -> bool) -> bool {
        self.lines.iter().any(|line| line.runs.iter().any(|run| keep(run.stage)))
    }

    /// Whether any unit was ever handed to a carrier, or is with the customer.
    pub fn has_left(&self) -> bool {
        self.parcels.iter().any(|parcel| parcel.sent_at.is_some()) || self.any_unit(Stage::is_fulfilled)
    }

    /// What the customer owes for everything that stands, in minor units.
    pub fn owed_minor(&self, agreement: &Agreement) -> i64 {
        let lines = self.lines.iter().fold(0_i64, |sum, line| sum.saturating_add(line.owed_minor()));
        let charges = agreement
            .charges
            .iter()
            .fold(lines, |sum, charge| sum.saturating_add(charge.amount.minor_units()));
        let credited =
            self.charge_credits.iter().fold(charges, |sum, credit| sum.saturating_sub(credit.amount_minor));
        credited.saturating_add(self.retained_minor)
    }

    /// Σ over tenders.
    pub(super) fn tenders_sum(&self, part: impl Fn(&Tender) -> i64) -> i64 {
        self.tenders.iter().fold(0_i64, |sum, tender| sum.saturating_add(part(tender)))
    }

    /// What tenders cover, each at most for what it was asked.
    pub fn cover_minor(&self) -> i64 {
        self.tenders_sum(Tender::cover_minor)
    }

    /// What tenders still carry, each at most for what it was asked: captured and not gone or on its way back,
    /// or promised.
    pub(super) fn standing_minor(&self) -> i64 {
        let mut standing: Few<(i64, i64), 4> = self
            .tenders
            .iter()
            .map(|tender| {
                let gone = tender.refunded_minor.saturating_add(tender.charged_back_minor);
                let kept = tender.captured_minor.saturating_sub(gone);
                (tender.amount_minor, kept.saturating_add(tender.open_minor))
            })
            .collect();
        for refund in &self.refunds {
            if let Some((_, kept)) = standing.get_mut(refund.tender as usize) {
                *kept = kept.saturating_sub(refund.amount_minor);
            }
        }
        standing.iter().fold(0_i64, |sum, (asked, kept)| sum.saturating_add(*asked.min(kept)))
    }

    /// Refunds asked for and not made.
    pub fn refunds_pending_minor(&self) -> i64 {
        self.refunds.iter().fold(0_i64, |sum, refund| sum.saturating_add(refund.amount_minor))
    }

    /// Refunds asked for on one tender and not made, by the tender's place.
    pub(super) fn pending_of(&self, tender: u32) -> i64 {
        let own = self.refunds.iter().filter(|refund| refund.tender == tender);
        own.fold(0_i64, |sum, refund| sum.saturating_add(refund.amount_minor))
    }

    /// How much may be missing for the order to count as covered.
    pub(super) fn slack_minor(&self, policy: &OrderPolicy) -> i64 {
        policy.short_tolerance_minor.max(self.short_accepted_minor).max(0)
    }

    /// Captured less what went back, plus what is written off.
    pub(super) fn net_minor(&self) -> i64 {
        let kept = self.tenders_sum(|tender| {
            tender
                .captured_minor
                .saturating_sub(tender.refunded_minor)
                .saturating_sub(tender.charged_back_minor)
        });
        kept.saturating_add(self.written_off_minor)
    }
}

/// Where the money of an order stands. It always closes:
/// `owed + credit = captured − refunded − charged_back + balance_due + written_off`,
/// with never both `credit` and `balance_due` above zero.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Balance {
    /// What the customer owes for everything that stands: units, charges, retained deposit.
    pub owed: Money,
    /// Captured on all tenders, gross.
    pub captured: Money,
    /// Refunded on all tenders.
    pub refunded: Money,
    /// Lost in chargebacks.
    pub charged_back: Money,
    /// No longer asked for.
    pub written_off: Money,
    /// Still to come from the customer.
    pub balance_due: Money,
    /// Still to go back to the customer.
    pub credit: Money,
    /// Refunds asked for and not made; part of `credit`, or of money that came twice.
    pub refunds_pending: Money,
    /// Authorised and not captured.
    pub open_authorised: Money,
}

impl OrderState {
    /// As far as the least advanced live unit.
    pub fn status(&self) -> OrderStatus {
        OrderStatus::of(self.book.lines.iter().flat_map(|line| line.runs.iter().map(|run| run.stage)))
    }

    /// Where the money stands.
    pub fn balance(&self) -> Balance {
        let (book, money) = (&self.book, |minor| self.agreement.money(minor));
        let owed = book.owed_minor(&self.agreement);
        let over = book.net_minor().saturating_sub(owed);
        Balance {
            owed: money(owed),
            captured: money(book.tenders_sum(|tender| tender.captured_minor)),
            refunded: money(book.tenders_sum(|tender| tender.refunded_minor)),
            charged_back: money(book.tenders_sum(|tender| tender.charged_back_minor)),
            written_off: money(book.written_off_minor),
            balance_due: money(over.saturating_neg().max(0)),
            credit: money(over.max(0)),
            refunds_pending: money(book.refunds_pending_minor()),
            open_authorised: money(book.tenders_sum(|tender| tender.open_minor)),
        }
    }
}
