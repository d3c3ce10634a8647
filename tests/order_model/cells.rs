//! The naive order: one cell a unit, plain sums, everything recomputed by brute force. Shares no code with the
//! crate but the words (stages, requests, facts).
use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use order_workflow::{
    id::{IntentId, LineId, OrderId, ParcelId, ReturnId},
    money::{Currency, Money},
    order::{
        Charge, ChargeRefund, CoverLevel, DamagedReturn, EndCause, Fulfilment, HoldReason, LateMoney,
        ORDER_MINOR_MAX, OrderPolicy, PlacedLine, Placement, Stage, Terms, Way,
        payment::{Method, RefundSplit},
    },
};

/// One unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    pub stage: Stage,
    pub gross: i64,
    /// What the customer pays less for it.
    pub credit: i64,
    pub parcel: Option<usize>,
    pub case: Option<usize>,
    pub since: DateTime<Utc>,
    /// Where it stood before a recall or a time-out.
    pub before: Option<Stage>,
    /// Stopped because the money did not come: may come back with it.
    pub timed_out: bool,
    /// What is to be credited for it, where that is not what was paid.
    pub given: Option<i64>,
    /// Ever handed to a carrier or to the customer.
    pub left_house: bool,
}

#[derive(Clone, Debug)]
pub struct Line {
    pub id: LineId,
    pub way: Way,
    pub cells: Vec<Cell>,
}

#[derive(Clone, Debug)]
pub struct ChargeCell {
    pub amount: i64,
    pub refund: ChargeRefund,
    pub line: Option<usize>,
    pub credit: i64,
}

#[derive(Clone, Debug)]
pub struct Tend {
    pub intent: IntentId,
    pub method: Method,
    pub amount: i64,
    pub open: i64,
    pub expires: Option<DateTime<Utc>>,
    /// Asked for and not answered; taken from the order, since it depends on retries.
    pub capturing: i64,
    pub voiding: i64,
    pub captured: i64,
    pub refunded: i64,
    pub disputed: i64,
    pub charged_back: i64,
    pub authorised_once: bool,
    pub voided_once: bool,
    pub waits_for_customer: bool,
    /// No more money is to be expected on it.
    pub closed: bool,
}

/// What the model takes over from the order, since it depends on retries and on when the order looks.
#[derive(Clone, Debug)]
pub struct Own {
    /// The captures and voids that each tender was asked for and has not answered.
    pub asked: Vec<(i64, i64)>,
    pub held_for_payment: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Matter {
    Return,
    Exchange,
    Recall,
}

#[derive(Clone, Debug)]
pub struct CaseCell {
    pub id: ReturnId,
    pub line: usize,
    pub matter: Matter,
    pub waits: bool,
    pub approved: bool,
}

#[derive(Clone, Debug)]
pub struct ParcelCell {
    pub id: ParcelId,
    pub sent: bool,
    pub delivered: bool,
    pub lost: bool,
}

#[derive(Clone, Debug)]
pub struct Model {
    pub id: OrderId,
    pub currency: Currency,
    pub terms: Terms,
    pub policy: OrderPolicy,
    pub charges: Vec<ChargeCell>,
    pub lines: Vec<Line>,
    pub tenders: Vec<Tend>,
    /// Refunds asked for and not made, oldest first: tender and amount.
    pub refunds: Vec<(usize, i64)>,
    pub parcels: Vec<ParcelCell>,
    pub cases: Vec<CaseCell>,
    pub holds: BTreeSet<HoldReason>,
    /// Somebody set the hold for money by hand: when it lifts itself is then the order's affair.
    pub payment_held_by_hand: bool,
    pub cover: CoverLevel,
    pub ended: Option<EndCause>,
    pub reinstating: bool,
    pub pay_by_passed: bool,
    pub retained: i64,
    pub short_accepted: i64,
    pub written_off: i64,
    pub recorded_at: DateTime<Utc>,
    pub seen: BTreeSet<(String, String)>,
}

/// What each unit of a line costs, straight from the definition: list − Σ adjustments + Σ tax not included.
pub fn unit_prices(line: &PlacedLine) -> Vec<i64> {
    (0..line.units)
        .map(|unit| {
            let within = |first: u32, units: u32| unit >= first && unit < first + units;
            let off: i64 = line
                .adjustments
                .iter()
                .filter(|off| within(off.first_unit, off.units))
                .map(|off| off.per_unit.minor_units())
                .sum();
            let tax: i64 = line
                .tax
                .iter()
                .filter(|tax| !tax.included && within(tax.first_unit, tax.units))
                .map(|tax| tax.per_unit.minor_units())
                .sum();
            line.list.minor_units() - off + tax
        })
        .collect()
}

/// Shares of `whole` by `weights`: rounded down, what is left one each to the largest remainders.
pub fn split(whole: i64, weights: &[i64]) -> Vec<i64> {
    let of: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
    if of == 0 {
        return vec![0; weights.len()];
    }
    let exact = |weight: i64| i128::from(whole) * i128::from(weight);
    let mut shares: Vec<i64> = weights.iter().map(|weight| (exact(*weight) / of) as i64).collect();
    let mut by_rest: Vec<usize> = (0..weights.len()).collect();
    by_rest.sort_by_key(|at| (std::cmp::Reverse(exact(weights[*at]) % of), *at));
    let left = whole - shares.iter().sum::<i64>();
    for at in by_rest.into_iter().take(left as usize) {
        shares[at] += 1;
    }
    shares
}

impl Model {
    pub fn place(id: OrderId, placement: &Placement, policy: &OrderPolicy, at: DateTime<Utc>) -> Model {
        let lines: Vec<Line> = placement
            .lines
            .iter()
            .map(|line| Line {
                id: line.line.clone(),
                way: match line.fulfilment {
                    Fulfilment::Ship => Way::Ship,
                    Fulfilment::PickUp { .. } => Way::PickUp,
                    Fulfilment::Digital => Way::Digital,
                },
                cells: unit_prices(line).into_iter().map(|gross| Cell::new(gross, at)).collect(),
            })
            .collect();
        let line_of = |charge: &Charge| {
            charge
                .line
                .as_ref()
                .map(|id| lines.iter().position(|line| line.id == *id).expect("line of charge"))
        };
        let charges = placement
            .charges
            .iter()
            .map(|charge| ChargeCell {
                amount: charge.amount.minor_units(),
                refund: charge.refund,
                line: line_of(charge),
                credit: 0,
            })
            .collect();
        let mut model = Model {
            id,
            currency: placement.currency,
            terms: placement.terms.clone(),
            policy: policy.clone(),
            charges,
            lines,
            tenders: vec![],
            refunds: vec![],
            parcels: vec![],
            cases: vec![],
            holds: BTreeSet::new(),
            payment_held_by_hand: false,
            cover: CoverLevel::Nothing,
            ended: None,
            reinstating: false,
            pay_by_passed: false,
            retained: 0,
            short_accepted: 0,
            written_off: 0,
            recorded_at: at,
            seen: BTreeSet::new(),
        };
        model.settle(at);
        model
    }

    // ---- sums, all by brute force -------------------------------------------------------------------

    pub fn cells(&self) -> impl Iterator<Item = &Cell> {
        self.lines.iter().flat_map(|line| &line.cells)
    }

    pub fn owed(&self) -> i64 {
        let units: i64 = self.cells().map(|cell| cell.gross - cell.credit).sum();
        let charges: i64 = self.charges.iter().map(|charge| charge.amount - charge.credit).sum();
        units + charges + self.retained
    }

    pub fn captured(&self) -> i64 {
        self.tenders.iter().map(|tender| tender.captured).sum()
    }

    pub fn refunded(&self) -> i64 {
        self.tenders.iter().map(|tender| tender.refunded).sum()
    }

    pub fn charged_back(&self) -> i64 {
        self.tenders.iter().map(|tender| tender.charged_back).sum()
    }

    pub fn pending(&self) -> i64 {
        self.refunds.iter().map(|refund| refund.1).sum()
    }

    pub fn pending_of(&self, tender: usize) -> i64 {
        self.refunds.iter().filter(|refund| refund.0 == tender).map(|refund| refund.1).sum()
    }

    /// What a tender can still give back.
    pub fn room_of(&self, tender: usize) -> i64 {
        let it = &self.tenders[tender];
        (it.captured - it.refunded - it.charged_back - self.pending_of(tender)).max(0)
    }

    pub fn ask_refund(&mut self, tender: usize, amount: i64) {
        if amount > 0 {
            self.refunds.push((tender, amount));
        }
    }

    /// A tender's own refunds first, then the oldest of the others: the order owes it once.
    pub fn withdraw(&mut self, tender: usize, amount: i64) {
        let mut left = amount.max(0);
        for own in [true, false] {
            for refund in self.refunds.iter_mut().filter(|refund| (refund.0 == tender) == own) {
                let part = refund.1.min(left);
                refund.1 -= part;
                left -= part;
            }
        }
        self.refunds.retain(|refund| refund.1 > 0);
    }

    pub fn open_authorised(&self) -> i64 {
        self.tenders.iter().map(|tender| tender.open).sum()
    }

    /// What the customer paid beyond what is owed; negative: still due.
    pub fn over(&self) -> i64 {
        self.captured() - self.refunded() - self.charged_back() + self.written_off - self.owed()
    }

    pub fn count(&self, keep: impl Fn(Stage) -> bool) -> usize {
        self.cells().filter(|cell| keep(cell.stage)).count()
    }

    pub fn slack(&self) -> i64 {
        self.policy.short_tolerance_minor.max(self.short_accepted).max(0)
    }

    /// What tenders have captured or a bank promised, each at most what it was opened for.
    pub fn promised(&self) -> i64 {
        self.tenders.iter().map(|tender| tender.amount.min(tender.captured + tender.open)).sum()
    }

    pub fn line_at(&self, id: &LineId) -> Option<usize> {
        self.lines.iter().position(|line| line.id == *id)
    }

    pub fn tender_at(&self, id: &IntentId) -> Option<usize> {
        self.tenders.iter().position(|tender| tender.intent == *id)
    }

    pub fn parcel_at(&self, id: &ParcelId) -> Option<usize> {
        self.parcels.iter().position(|parcel| parcel.id == *id)
    }

    pub fn money(&self, minor: i64) -> Money {
        Money::minor(minor, self.currency)
    }

    // ---- what follows from every change --------------------------------------------------------------

    /// Brings charges, cover, confirmation, write-off, end and refunds to what the cells and sums say.
    pub fn settle(&mut self, at: DateTime<Utc>) {
        self.settle_charges(false);
        self.settle_end();
        self.settle_cover(at);
        self.settle_write_off();
        self.settle_refunds();
    }

    pub fn settle_charges(&mut self, reopened: bool) {
        for at in 0..self.charges.len() {
            let charge = &self.charges[at];
            let its: Vec<&Cell> = match charge.line {
                Some(line) => self.lines[line].cells.iter().collect(),
                None => self.cells().collect(),
            };
            let all_ended = its.iter().all(|cell| cell.stage.is_credited());
            let none_left = its.iter().all(|cell| !cell.left_house);
            let never_was = self.ended == Some(EndCause::TimedOut) && all_ended && none_left;
            let credit = match charge.refund {
                _ if never_was => charge.amount,
                ChargeRefund::Never => 0,
                ChargeRefund::UntilShipped if all_ended && none_left => charge.amount,
                ChargeRefund::WithLastUnit if all_ended => charge.amount,
                ChargeRefund::Proportional if all_ended => charge.amount,
                ChargeRefund::UntilShipped | ChargeRefund::WithLastUnit => 0,
                ChargeRefund::Proportional => {
                    let ended: i64 =
                        its.iter().filter(|cell| cell.stage.is_credited()).map(|cell| cell.gross).sum();
                    let of: i64 = its.iter().map(|cell| cell.gross).sum();
                    if of == 0 {
                        0
                    } else {
                        (i128::from(charge.amount) * i128::from(ended) / i128::from(of)) as i64
                    }
                }
            };
            // Given back stays given back, but for an order that opens again.
            self.charges[at].credit = if reopened { credit } else { credit.max(self.charges[at].credit) };
        }
    }

    /// A fee that is never given back is kept of what was paid, and only of that.
    fn settle_fees(&mut self) {
        for at in 0..self.charges.len() {
            let due = (self.owed() - self.over_and_owed().max(0)).max(0);
            let charge = &mut self.charges[at];
            if charge.refund == ChargeRefund::Never {
                charge.credit += due.min(charge.amount - charge.credit);
            }
        }
    }

    /// What is kept of what was paid, with what is written off.
    fn over_and_owed(&self) -> i64 {
        self.captured() - self.refunded() - self.charged_back() + self.written_off
    }

    fn settle_end(&mut self) {
        if self.ended.is_some() || self.count(Stage::is_live) > 0 {
            return;
        }
        let all_cancelled = self.count(|stage| stage != Stage::Cancelled) == 0;
        self.ended = Some(if all_cancelled { EndCause::Cancelled } else { EndCause::Returned });
        if all_cancelled {
            self.settle_fees();
        }
    }

    /// What must be promised before level `level` is reached.
    fn needed(&self, level: CoverLevel) -> i64 {
        match (&self.terms, level) {
            (_, CoverLevel::Nothing) => 0,
            (Terms::Presale { deposit, .. }, CoverLevel::Deposit) => deposit.minor_units().min(self.owed()),
            (_, CoverLevel::Deposit | CoverLevel::Everything) => self.owed() - self.slack(),
        }
    }

    pub fn is_covered(&self, level: CoverLevel) -> bool {
        self.promised() >= self.needed(level)
    }

    /// Whether what is captured and has not gone back, and what is promised, still carries everything that is
    /// owed: for the hold while money is missing.
    pub fn stands_covered(&self) -> bool {
        let standing = |(place, tender): (usize, &Tend)| {
            let kept = tender.captured - tender.refunded - tender.charged_back - self.pending_of(place);
            tender.amount.min(kept + tender.open)
        };
        let standing: i64 = self.tenders.iter().enumerate().map(standing).sum();
        self.terms == Terms::OnDelivery || standing >= self.owed() - self.slack()
    }

    /// Nothing leaves the house on money that was there once and is not any more.
    pub fn hold_if_uncovered(&mut self) {
        if self.ended.is_none()
            && self.cover == CoverLevel::Everything
            && !self.stands_covered()
            && self.count(|stage| stage.rank() < Stage::Shipped.rank()) > 0
        {
            self.holds.insert(HoldReason::Payment);
        }
    }

    /// Whether it is the order's affair if it holds for money: it was told to by hand, or it has ended.
    pub fn payment_hold_is_open(&self) -> bool {
        (self.payment_held_by_hand && self.stands_covered()) || self.ended.is_some()
    }

    pub fn take_over(&mut self, own: &Own) {
        for (tender, asked) in self.tenders.iter_mut().zip(&own.asked) {
            (tender.capturing, tender.voiding) = *asked;
        }
        if self.payment_hold_is_open() {
            self.payment_held_by_hand &= own.held_for_payment;
            if own.held_for_payment {
                self.holds.insert(HoldReason::Payment);
            } else {
                self.holds.remove(&HoldReason::Payment);
            }
        }
    }

    /// The level that confirms the order.
    pub fn confirms(&self) -> CoverLevel {
        match self.terms {
            Terms::Presale { .. } => CoverLevel::Deposit,
            Terms::Prepaid { .. } => CoverLevel::Everything,
            Terms::OnDelivery => CoverLevel::Nothing,
        }
    }

    fn settle_cover(&mut self, at: DateTime<Utc>) {
        if self.stands_covered() && !self.payment_held_by_hand {
            self.holds.remove(&HoldReason::Payment);
        }
        if self.ended.is_some() {
            return;
        }
        for level in [CoverLevel::Deposit, CoverLevel::Everything] {
            let counts = level == CoverLevel::Everything || matches!(self.terms, Terms::Presale { .. });
            if counts && self.is_covered(level) {
                self.cover = self.cover.max(level);
            }
        }
        if self.policy.auto_confirm && self.cover >= self.confirms() {
            self.confirm(at);
        }
    }

    pub fn confirm(&mut self, at: DateTime<Utc>) {
        for line in &mut self.lines {
            for cell in line.cells.iter_mut().filter(|cell| cell.stage == Stage::Placed) {
                cell.go(Stage::Confirmed, at);
            }
        }
    }

    fn settle_write_off(&mut self) {
        let live = self.count(Stage::is_live);
        let with_customer = |stage: Stage| stage.is_fulfilled() && stage != Stage::Received;
        if live > 0 && self.count(with_customer) == live && self.over() < 0 && -self.over() <= self.slack() {
            self.written_off -= self.over();
        }
    }

    /// Everything paid beyond what is owed goes back, shared by policy among what each tender can still give;
    /// what was written off was never paid.
    pub fn settle_refunds(&mut self) {
        if self.reinstating {
            return;
        }
        let unwritten = (self.over() - self.pending()).min(self.written_off).max(0);
        self.written_off -= unwritten;
        if self.ended.is_some() && self.owed() == 0 {
            // Nothing is owed: each tender gives back what it holds.
            for tender in 0..self.tenders.len() {
                let it = &self.tenders[tender];
                let holds = (it.captured - it.refunded - it.charged_back).max(0);
                self.ask_refund(tender, holds - self.pending_of(tender));
            }
            return;
        }
        let missing = self.over() - self.pending();
        if missing > 0 {
            self.ask_refunds(missing);
        }
    }

    pub fn ask_refunds(&mut self, amount: i64) {
        let rooms: Vec<i64> = (0..self.tenders.len()).map(|tender| self.room_of(tender)).collect();
        let amount = amount.min(rooms.iter().sum());
        let mut shares = vec![0; rooms.len()];
        let mut order: Vec<usize> = (0..rooms.len()).collect();
        match self.policy.refund_split {
            RefundSplit::Proportional => shares = split(amount, &rooms),
            RefundSplit::LastInFirstOut => order.reverse(),
            RefundSplit::StoreCreditFirst => {
                let own =
                    |at: &usize| matches!(self.tenders[*at].method, Method::Voucher | Method::StoreCredit);
                order.sort_by_key(|at| !own(at));
            }
        }
        if self.policy.refund_split != RefundSplit::Proportional {
            let mut left = amount;
            for at in order {
                shares[at] = rooms[at].min(left);
                left -= shares[at];
            }
        }
        for (tender, share) in shares.into_iter().enumerate() {
            self.ask_refund(tender, share);
        }
    }

    /// Credits a unit that ended: what was given for it, else what was paid.
    pub fn credit_cell(&mut self, line: usize, at: usize) {
        let cell = &mut self.lines[line].cells[at];
        cell.credit = cell.given.take().unwrap_or(cell.gross);
    }

    // ---- time ------------------------------------------------------------------------------------------

    pub fn deadlines(&self) -> Vec<DateTime<Utc>> {
        let mut found = vec![];
        for tender in self.tenders.iter().filter(|tender| tender.open > 0) {
            found.extend(tender.expires);
        }
        found.extend(self.pay_by());
        let after = |cell: &Cell, seconds: u32| cell.since + TimeDelta::seconds(i64::from(seconds));
        for cell in self.cells() {
            found.extend(match cell.stage {
                Stage::ReadyForPickUp => Some(after(cell, self.policy.pick_up_seconds)),
                Stage::ReturnComing => Some(after(cell, self.policy.return_arrival_seconds)),
                Stage::Delivered | Stage::Collected | Stage::Granted => {
                    Some(after(cell, self.policy.return_window_seconds))
                }
                _ => None,
            });
        }
        found
    }

    pub fn pay_by(&self) -> Option<DateTime<Utc>> {
        if self.ended.is_some() || self.pay_by_passed {
            return None;
        }
        match (&self.terms, self.cover) {
            (Terms::Prepaid { pay_by }, CoverLevel::Nothing | CoverLevel::Deposit) => Some(*pay_by),
            (Terms::Presale { deposit_by, .. }, CoverLevel::Nothing) => Some(*deposit_by),
            (Terms::Presale { balance_by, .. }, CoverLevel::Deposit) => Some(*balance_by),
            (_, CoverLevel::Everything) | (Terms::OnDelivery, _) => None,
        }
    }

    /// Does what is due at `at`, in the order of the deadlines' list; whether anything was.
    pub fn wake(&mut self, at: DateTime<Utc>) -> bool {
        let at = at.max(self.recorded_at);
        if self.deadlines().iter().all(|due| *due > at) {
            return false;
        }
        self.recorded_at = at;
        let mut expired = false;
        for place in 0..self.tenders.len() {
            let tender = &mut self.tenders[place];
            if tender.open > 0 && tender.expires.is_some_and(|until| until <= at) {
                tender.open = 0;
                tender.expires = None;
                tender.capturing = 0;
                tender.voiding = 0;
                tender.closed = true;
                expired = true;
            }
        }
        if expired {
            self.hold_if_uncovered();
        }
        if self.pay_by().is_some_and(|due| due <= at) {
            self.time_out(at);
        }
        let due = |cell: &Cell, seconds: u32| cell.since + TimeDelta::seconds(i64::from(seconds)) <= at;
        let (pick_up, arrival, window) = (
            self.policy.pick_up_seconds,
            self.policy.return_arrival_seconds,
            self.policy.return_window_seconds,
        );
        for line in 0..self.lines.len() {
            for unit in 0..self.lines[line].cells.len() {
                let cell = self.lines[line].cells[unit].clone();
                let way = self.lines[line].way;
                match cell.stage {
                    Stage::ReadyForPickUp if due(&cell, pick_up) => {
                        self.lines[line].cells[unit].go(Stage::Lapsed, at);
                        self.credit_cell(line, unit);
                    }
                    Stage::ReturnComing if due(&cell, arrival) => {
                        self.lines[line].cells[unit].go(at_customer(way), at);
                    }
                    Stage::Delivered | Stage::Collected | Stage::Granted if due(&cell, window) => {
                        self.lines[line].cells[unit].go(Stage::Completed, at);
                    }
                    _ => {}
                }
            }
        }
        self.settle(at);
        true
    }

    fn time_out(&mut self, at: DateTime<Utc>) {
        self.pay_by_passed = true;
        // What the customer has cannot be stopped: then the order stands, and its money stays due.
        let stopped = |stage: Stage| stage.rank() <= Stage::Lost.rank() || !stage.is_live();
        if self.cells().all(|cell| stopped(cell.stage)) {
            self.ended = Some(EndCause::TimedOut);
        }
        let mut cases: BTreeMap<(usize, Stage), usize> = BTreeMap::new();
        for line in 0..self.lines.len() {
            for stage in Stage::ALL
                .into_iter()
                .filter(|stage| stage.rank() <= Stage::Lost.rank() && *stage != Stage::Recalling)
            {
                for unit in self.where_in(line, stage) {
                    self.stop_cell(line, unit, &mut cases, at);
                    self.lines[line].cells[unit].timed_out = self.ended.is_some();
                }
            }
        }
        self.keep_deposit();
    }

    /// Who gives up a presale loses the deposit where the terms say so, as far as it was paid.
    pub fn keep_deposit(&mut self) {
        if let (Terms::Presale { deposit, forfeit: true, .. }, 0) = (&self.terms, self.count(Stage::is_live))
        {
            let paid = self.captured() - self.refunded() - self.charged_back() + self.written_off;
            self.retained = deposit.minor_units().min(paid).max(self.retained);
        }
    }

    /// Cancels a unit before release, recalls it after; recalled units of a line and stage are one case.
    pub fn stop_cell(
        &mut self,
        line: usize,
        unit: usize,
        cases: &mut BTreeMap<(usize, Stage), usize>,
        at: DateTime<Utc>,
    ) {
        let cell = &mut self.lines[line].cells[unit];
        let before = cell.stage;
        match before {
            Stage::Placed | Stage::Confirmed | Stage::Allocated => {
                cell.go(Stage::Cancelled, at);
                self.credit_cell(line, unit);
            }
            Stage::Released
            | Stage::Picked
            | Stage::Packed
            | Stage::Verified
            | Stage::Shipped
            | Stage::ReadyForPickUp => {
                cell.go(Stage::Recalling, at);
                cell.before = Some(before);
                let new = self.cases.len();
                let case = *cases.entry((line, before)).or_insert(new);
                self.lines[line].cells[unit].case = Some(case);
                if case == new {
                    self.open_case(line, Matter::Recall, false);
                }
            }
            Stage::Lost => {
                cell.go(Stage::Refunded, at);
                self.credit_cell(line, unit);
            }
            _ => {}
        }
    }
}

pub fn at_customer(way: Way) -> Stage {
    match way {
        Way::Ship => Stage::Delivered,
        Way::PickUp => Stage::Collected,
        Way::Digital => Stage::Granted,
    }
}

impl Cell {
    pub fn new(gross: i64, at: DateTime<Utc>) -> Cell {
        Cell {
            stage: Stage::Placed,
            gross,
            credit: 0,
            parcel: None,
            case: None,
            since: at,
            before: None,
            timed_out: false,
            given: None,
            left_house: false,
        }
    }

    pub fn go(&mut self, to: Stage, at: DateTime<Utc>) {
        self.stage = to;
        self.since = at;
        self.before = None;
        self.timed_out &= to == Stage::Cancelled;
        // What has ended, or was kept, belongs to no return and no recall.
        if !matches!(to, Stage::Recalling | Stage::ReturnRequested | Stage::ReturnComing | Stage::Received) {
            self.case = None;
            self.given = self.given.filter(|_| to.is_credited());
        }
        // What comes back has been out.
        self.left_house |= matches!(
            to,
            Stage::Shipped | Stage::Delivered | Stage::Collected | Stage::Granted | Stage::Received
        );
    }
}

impl Tend {
    /// What a capture may still take.
    pub fn capture_room(&self) -> i64 {
        let open = self.open - self.capturing - self.voiding;
        open.min(self.amount - self.captured - self.capturing)
    }

    /// Whether money ever moved or was promised.
    pub fn had_success(&self) -> bool {
        self.authorised_once || self.had_capture_or_end()
    }

    pub fn had_capture_or_end(&self) -> bool {
        self.captured > 0 || self.voided_once || self.refunded > 0
    }
}

/// Whether an amount can be one at all.
pub fn plausible(amount: Money) -> bool {
    (1..=ORDER_MINOR_MAX).contains(&amount.minor_units())
}

pub fn late_reinstates(policy: &OrderPolicy) -> bool {
    policy.late_money == LateMoney::TryReinstate
}

pub fn keeps_damaged(policy: &OrderPolicy) -> bool {
    policy.damaged_return == DamagedReturn::Keep
}

impl Model {
    /// How many kinds of deadline are set.
    pub fn kinds_of_deadlines(&self) -> usize {
        let has = |stages: &[Stage]| self.cells().any(|cell| stages.contains(&cell.stage));
        [
            self.tenders.iter().any(|tender| tender.open > 0 && tender.expires.is_some()),
            self.pay_by().is_some(),
            has(&[Stage::ReadyForPickUp]),
            has(&[Stage::ReturnComing]),
            has(&[Stage::Delivered, Stage::Collected, Stage::Granted]),
        ]
        .into_iter()
        .filter(|is_set| *is_set)
        .count()
    }
}
