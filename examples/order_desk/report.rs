//! What became of the orders: as tables for people, as one JSON object for programs, as one order's timeline.

use std::collections::BTreeMap;
use std::io::{self, Write};

use comfy_table::{CellAlignment, Table, presets::UTF8_HORIZONTAL_ONLY};
use order_workflow::{
    Currency, Money,
    order::{Order, OrderChange},
    reservation::Pool,
};
use serde_json::{Value, json};

use crate::{
    Anything,
    desk::{Case, Desk, ended, is_about_money},
    network::Network,
    stock::{held_and_used, outcome, shelf, sound},
    what_if::WhatIf,
};

/// A count with one example order.
#[derive(Default)]
struct Kind {
    orders: u64,
    latest: String,
    example: String,
    sentence: String,
}

type Kinds = BTreeMap<String, Kind>;

pub struct Report {
    read: u64,
    placed: u64,
    refused: u64,
    status: BTreeMap<&'static str, u64>,
    refusals: Kinds,
    money_anomalies: Kinds,
    other_anomalies: Kinds,
    oddities: Kinds,
    delivered: u64,
    late: u64,
    money: Totals,
    standing: Money,
    stock: &'static str,
    reservations: Reservations,
    /// What promotions took off the orders that stand; nothing unless they are applied.
    discounts: Money,
    what_if: WhatIf,
    network: Option<Network>,
    pub violations: Vec<String>,
}

struct Totals {
    items: Money,
    freight: Money,
    captured: Money,
    refunded: Money,
    charged_back: Money,
    balance_due: Money,
    written_off: Money,
}

/// What was held of the stock, and what became of it. A reservation is counted once, by how it stands in the end.
#[derive(Default)]
struct Reservations {
    reserved: u64,
    refused: u64,
    confirmed: u64,
    outcomes: BTreeMap<&'static str, u64>,
    short_units: i64,
    supplied: i64,
    held: i64,
    used: i64,
    available: i64,
}

impl Report {
    pub fn of(desk: &Desk<'_>) -> Result<Report, Anything> {
        let zero = Money::zero(Currency::BRL);
        let mut report = Report {
            read: 0,
            placed: 0,
            refused: 0,
            status: BTreeMap::new(),
            refusals: Kinds::new(),
            money_anomalies: Kinds::new(),
            other_anomalies: Kinds::new(),
            oddities: Kinds::new(),
            delivered: 0,
            late: 0,
            money: Totals {
                items: zero,
                freight: zero,
                captured: zero,
                refunded: zero,
                charged_back: zero,
                balance_due: zero,
                written_off: zero,
            },
            standing: zero,
            stock: desk.stock.plenty.name(),
            reservations: Reservations::default(),
            discounts: zero,
            network: None,
            what_if: WhatIf::of(desk.cases.iter().map(|case| case.file), desk.offers)?,
            violations: Vec::new(),
        };
        for case in &desk.cases {
            report.add(case)?;
        }
        report.add_unmatched(desk)?;
        report.check_money()?;
        report.add_stock(desk)?;
        report.add_claims(desk)?;
        report.violations.extend(report.what_if.violations.iter().cloned());
        Ok(report)
    }

    fn add(&mut self, case: &Case<'_>) -> Result<(), Anything> {
        self.read += 1;
        let id = &case.file.row.order_id;
        for (code, sentence) in &case.refusals {
            count(&mut self.refusals, code.rsplit('.').next().unwrap_or(code), id, sentence);
        }
        for anomaly in case.anomalies() {
            let amount = anomaly.amount.map_or(String::new(), |amount| format!("{amount}, "));
            let kinds =
                if is_about_money(anomaly) { &mut self.money_anomalies } else { &mut self.other_anomalies };
            count(kinds, anomaly.kind.name(), id, &format!("{amount}next: {}", anomaly.next));
        }
        let (held, totals) = (&case.held, &mut self.reservations);
        totals.reserved += held.names.len() as u64;
        totals.refused += held.refused;
        totals.confirmed += held.confirmed;
        totals.short_units += held.short_units;
        self.violations.extend(held.broken.iter().cloned());
        for oddity in case.file.oddities() {
            count(&mut self.oddities, oddity, id, &format!("file status: {}", case.file.row.order_status));
        }
        let Some(order) = &case.order else {
            self.refused += 1;
            return Ok(());
        };
        self.placed += 1;
        *self.status.entry(order.status().name()).or_default() += 1;
        if case.file.times.delivered.is_some() && !case.gone {
            self.delivered += 1;
            self.late += u64::from(case.file.row.is_late());
        }
        let (items, freight) = case
            .file
            .items
            .iter()
            .fold((0, 0), |sum, item| (sum.0 + item.price_minor, sum.1 + item.freight_minor));
        let (balance, totals) = (order.balance(), &mut self.money);
        let brl = |minor| Money::minor(minor, Currency::BRL);
        totals.items = totals.items.checked_add(brl(items))?;
        totals.freight = totals.freight.checked_add(brl(freight))?;
        totals.captured = totals.captured.checked_add(balance.captured)?;
        totals.refunded = totals.refunded.checked_add(balance.refunded)?;
        totals.charged_back = totals.charged_back.checked_add(balance.charged_back)?;
        totals.balance_due = totals.balance_due.checked_add(balance.balance_due)?;
        totals.written_off = totals.written_off.checked_add(balance.written_off)?;
        if !case.file.row.is_cancelled() && !case.gone {
            self.standing = self.standing.checked_add(brl(items + freight))?.checked_sub(case.discount)?;
            self.discounts = self.discounts.checked_add(case.discount)?;
        }
        self.check(case, order);
        Ok(())
    }

    /// Every invariant of the order, and that its events alone rebuild it.
    fn check(&mut self, case: &Case<'_>, order: &Order) {
        let id = order.id();
        self.violations.extend(order.violations().iter().map(|broken| format!("{id}: {broken}")));
        match Order::replay(case.events.iter().cloned()) {
            Ok(replayed) if replayed == *order => {}
            Ok(_) => self.violations.push(format!("{id}: replay leads to another state")),
            Err(corrupt) => self.violations.push(format!("{id}: {corrupt}")),
        }
        let balance = order.balance();
        for (name, left) in [("credit", balance.credit), ("refunds pending", balance.refunds_pending)] {
            if !left.is_zero() {
                self.violations.push(format!("{id}: {name} of {left} is left over"));
            }
        }
        if !order.state().log.unexplained.is_empty() {
            self.violations.push(format!("{id}: unexplained {:?}", order.state().log.unexplained));
        }
    }

    /// Money of orders that could not be placed came and went back.
    fn add_unmatched(&mut self, desk: &Desk<'_>) -> Result<(), Anything> {
        for received in desk.unmatched.received() {
            self.money.captured = self.money.captured.checked_add(received)?;
            self.money.refunded = self.money.refunded.checked_add(received)?;
        }
        for held in desk.unmatched.held() {
            if !held.is_zero() {
                self.violations.push(format!("{held} without an order did not go back"));
            }
        }
        Ok(())
    }

    fn check_money(&mut self) -> Result<(), Anything> {
        let money = &self.money;
        let kept = money.captured.checked_sub(money.refunded)?.checked_sub(money.charged_back)?;
        let left = kept.checked_add(money.balance_due)?.checked_add(money.written_off)?;
        if left != self.standing {
            let standing = self.standing;
            self.violations.push(format!("{left} is accounted for, {standing} stands in the files"));
        }
        Ok(())
    }

    /// How every reservation ended; and that the shelves hold what the orders wait for and lack what has left.
    fn add_stock(&mut self, desk: &Desk<'_>) -> Result<(), Anything> {
        let names: Vec<_> = desk.cases.iter().flat_map(|case| case.held.names.iter().cloned()).collect();
        for (name, reserved) in names.iter().zip(desk.stock.reservations(&names, desk.closed)?) {
            match reserved {
                Some(reserved) => *self.reservations.outcomes.entry(outcome(&reserved)).or_default() += 1,
                None => self.violations.push(format!("the store has forgotten {name}")),
            }
        }
        let mut expected: BTreeMap<Pool, (i64, i64)> = BTreeMap::new();
        let orders = desk.cases.iter().filter_map(|case| case.order.as_ref());
        for line in orders.flat_map(|order| &order.state().book.lines) {
            let (held, used) = held_and_used(|stage| line.units_in(stage));
            let sums = expected.entry(shelf(&line.terms.placed)?).or_default();
            *sums = (sums.0 + held, sums.1 + used);
        }
        let pools: Vec<Pool> = desk.stock.supplied.keys().cloned().collect();
        for ((pool, supplied), level) in
            desk.stock.supplied.iter().zip(desk.stock.levels(&pools, desk.closed)?)
        {
            let Some(level) = level else {
                self.violations.push(format!("the {pool} is gone"));
                continue;
            };
            let (held, used) = expected.remove(pool).unwrap_or_default();
            if (level.reserved, level.used) != (held, used) {
                let there = format!("{} held and {} used of the {pool}", level.reserved, level.used);
                self.violations.push(format!("{there}; the orders say {held} and {used}"));
            }
            if !sound(level) || level.limit != *supplied {
                self.violations.push(format!("{supplied} were supplied of the {pool}: {level:?}"));
            }
            let totals = &mut self.reservations;
            totals.supplied += supplied;
            totals.held += level.reserved;
            totals.used += level.used;
            totals.available += level.available().unwrap_or_default();
        }
        self.violations.extend(expected.keys().map(|pool| format!("nobody supplied the {pool}")));
        Ok(())
    }

    /// What quotes claimed is used by the orders that are there, given back by those that ended, and never more than
    /// there was.
    fn add_claims(&mut self, desk: &Desk<'_>) -> Result<(), Anything> {
        let mut expected: BTreeMap<Pool, i64> = BTreeMap::new();
        for case in &desk.cases {
            let stands = case.order.as_ref().is_some_and(|order| !ended(order));
            for leg in case.order.iter().flat_map(|_| &case.held.claims) {
                *expected.entry(leg.pool.clone()).or_default() += if stands { leg.units } else { 0 };
            }
        }
        let levels = desk.stock.claimed(expected.keys().cloned(), desk.closed)?;
        if levels.len() != expected.len() {
            self.violations.push("something that was claimed is unknown to the store".to_owned());
        }
        for (pool, level) in levels {
            let taken = level.reserved + level.used;
            if expected.get(&pool) != Some(&taken) || !sound(level) {
                self.violations
                    .push(format!("{pool}: {level:?}; the orders claim {:?}", expected.get(&pool)));
            }
        }
        Ok(())
    }

    pub fn json(&self) -> Value {
        let kinds = |kinds: &Kinds| {
            kinds.iter().map(|(name, kind)| (name.clone(), kind.orders)).collect::<BTreeMap<_, _>>()
        };
        let mut anomalies = kinds(&self.money_anomalies);
        anomalies.extend(kinds(&self.other_anomalies));
        let (money, stock) = (&self.money, &self.reservations);
        let ended = |how| stock.outcomes.get(how).copied().unwrap_or(0);
        json!({
            "orders": { "read": self.read, "placed": self.placed, "refused": self.refused },
            "status": self.status,
            "anomalies": anomalies,
            "refusals": kinds(&self.refusals),
            "file_oddities": kinds(&self.oddities),
            "late_deliveries": self.late,
            "money": {
                "currency": "BRL",
                "items": money.items.decimal_text(),
                "freight": money.freight.decimal_text(),
                "captured": money.captured.decimal_text(),
                "refunded": money.refunded.decimal_text(),
                "charged_back": money.charged_back.decimal_text(),
                "balance_due": money.balance_due.decimal_text(),
                "written_off": money.written_off.decimal_text(),
            },
            "stock": self.stock,
            "reservations": {
                "reserved": stock.reserved,
                "refused": stock.refused,
                "confirmed": stock.confirmed,
                "used": ended("used"),
                "released": ended("released"),
                "lapsed": ended("lapsed"),
                "open": ended("open"),
                "short_units": stock.short_units,
                "units": {
                    "supplied": stock.supplied,
                    "held": stock.held,
                    "used": stock.used,
                    "available": stock.available,
                },
            },
            "promotions": self.promotions(),
            "sourcing": self.network.as_ref().map(Network::json),
            "violations": self.violations.len(),
        })
    }

    fn promotions(&self) -> Value {
        let mut told = self.what_if.json();
        if let Value::Object(map) = &mut told {
            map.insert("taken_off_orders".to_owned(), self.discounts.decimal_text().into());
        }
        told
    }

    /// Puts what a network of cities would have done beside it.
    pub fn beside(&mut self, network: Option<Network>) {
        self.violations.extend(network.iter().flat_map(|network| network.violations.iter().cloned()));
        self.network = network;
    }

    pub fn print(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "{} orders read, {} placed, {} refused\n", self.read, self.placed, self.refused)?;
        let mut status = table(&["final status", "orders"]);
        for (name, orders) in &self.status {
            status.add_row([(*name).to_owned(), orders.to_string()]);
        }
        writeln!(out, "{status}\n")?;
        for (title, kinds) in [
            ("refusals", &self.refusals),
            ("payment anomalies", &self.money_anomalies),
            ("other anomalies", &self.other_anomalies),
            ("oddities of the files", &self.oddities),
        ] {
            if kinds.is_empty() {
                continue;
            }
            let mut rows = table(&[title, "orders", "example", ""]);
            for (name, kind) in kinds {
                rows.add_row([
                    name.clone(),
                    kind.orders.to_string(),
                    kind.example.clone(),
                    kind.sentence.clone(),
                ]);
            }
            writeln!(out, "{rows}\n")?;
        }
        writeln!(out, "{} of {} deliveries came after the promised date\n", self.late, self.delivered)?;
        let money = &self.money;
        let mut totals = table(&["money", "BRL"]);
        for (name, amount) in [
            ("items", money.items),
            ("freight", money.freight),
            ("captured", money.captured),
            ("refunded", money.refunded),
            ("charged back", money.charged_back),
            ("balance due", money.balance_due),
            ("written off", money.written_off),
            ("discounts of the orders that stand", self.discounts),
            ("items and freight of the orders that stand, less discounts", self.standing),
        ] {
            totals.add_row([name.to_owned(), amount.decimal_text()]);
        }
        writeln!(out, "{totals}\n")?;
        let stock = &self.reservations;
        let ended = |how| stock.outcomes.get(how).copied().unwrap_or(0);
        let mut held = table(&[&format!("reservations, stock {}", self.stock), "orders"]);
        for (name, count) in [
            ("reserved", stock.reserved),
            ("  used: all has left", ended("used")),
            ("  released", ended("released")),
            ("  lapsed", ended("lapsed")),
            ("  open", ended("open")),
            ("confirmed on the way", stock.confirmed),
            ("refused: too little there", stock.refused),
        ] {
            held.add_row([name.to_owned(), count.to_string()]);
        }
        writeln!(out, "{held}\n")?;
        let mut units = table(&["stock", "units"]);
        for (name, count) in [
            ("supplied", stock.supplied),
            ("held", stock.held),
            ("used", stock.used),
            ("available", stock.available),
            ("short, in refused reservations", stock.short_units),
        ] {
            units.add_row([name.to_owned(), count.to_string()]);
        }
        writeln!(out, "{units}\n")?;
        self.what_if.print(table, out)?;
        if let Some(network) = &self.network {
            network.print(out)?;
        }
        writeln!(out, "{} invariants broken", self.violations.len())
    }
}

fn table(head: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY).set_header(head);
    if let Some(numbers) = table.column_mut(1) {
        numbers.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// Counts orders, not events: an order that shows a kind twice counts once. Orders come one after another.
fn count(kinds: &mut Kinds, name: &str, order: &str, sentence: &str) {
    let kind = kinds.entry(name.to_owned()).or_default();
    if kind.orders == 0 {
        (kind.example, kind.sentence) = (order.to_owned(), sentence.to_owned());
    }
    if kind.latest != order {
        kind.orders += 1;
        order.clone_into(&mut kind.latest);
    }
}

/// Prints every step of the orders at the desk: what came in, what changed, and why.
pub fn print_timeline(desk: &Desk<'_>, out: &mut impl Write) -> io::Result<()> {
    for case in &desk.cases {
        writeln!(out, "order {} (file status: {})", case.file.row.order_id, case.file.row.order_status)?;
        for step in &case.steps {
            writeln!(out, "{}  {}", step.at.format("%Y-%m-%d %H:%M:%S UTC"), step.what)?;
            for change in &step.changes {
                writeln!(out, "    {}", describe(change))?;
            }
            for reason in &step.reasons {
                writeln!(out, "      because {}", compact(reason))?;
            }
        }
        if let Some(order) = &case.order {
            let balance = order.balance();
            writeln!(
                out,
                "now {}: owed {}, captured {}, refunded {}, balance due {}, written off {}",
                order.status().name(),
                balance.owed,
                balance.captured,
                balance.refunded,
                balance.balance_due,
                balance.written_off
            )?;
        }
    }
    Ok(())
}

/// The same as one JSON object; `now` is null for an order that was refused.
pub fn timeline_json(desk: &Desk<'_>) -> Result<Value, Anything> {
    let case = desk.cases.first().ok_or("there is no order")?;
    let steps = case.steps.iter().map(
        |step| json!({ "at": step.at, "what": step.what, "changes": step.changes, "reasons": step.reasons }),
    );
    let now =
        case.order.as_ref().map(|order| json!({ "status": order.status(), "balance": order.balance() }));
    Ok(json!({
        "order": case.file.row.order_id,
        "file_status": case.file.row.order_status,
        "steps": steps.collect::<Vec<Value>>(),
        "now": now,
    }))
}

fn describe(change: &OrderChange) -> String {
    match change {
        OrderChange::Placed(placed) => {
            format!("placed: {} lines for {}", placed.placement.lines.len(), placed.placement.customer)
        }
        OrderChange::MovedAll { from, to } => format!("all units: {} -> {}", from.name(), to.name()),
        OrderChange::Moved { line, units, from, to, .. } => {
            format!("line {line}: {units} x {} -> {}", from.name(), to.name())
        }
        OrderChange::Anomaly(anomaly) => {
            let amount = anomaly.amount.map_or(String::new(), |amount| format!(" {amount}"));
            format!("anomaly {}{amount}, next: {}", anomaly.kind, anomaly.next)
        }
        OrderChange::Noticed { reason, .. } => format!("notice {reason}"),
        other => compact(other),
    }
}

/// The serialised form without its quotes and braces: fields as the wire has them.
fn compact<T: serde::Serialize>(value: &T) -> String {
    fn flat(value: &Value) -> String {
        match value {
            Value::Object(map) if map.contains_key("minor") => {
                let code = map
                    .get("currency")
                    .and_then(Value::as_str)
                    .and_then(|code| Currency::from_code(code).ok());
                let minor = map.get("minor").and_then(Value::as_i64);
                match (code, minor) {
                    (Some(code), Some(minor)) => Money::minor(minor, code).to_string(),
                    _ => value.to_string(),
                }
            }
            Value::Object(map) => {
                let tags = ["change", "reason", "payment", "case", "kind"];
                let mut parts: Vec<String> = tags
                    .iter()
                    .filter_map(|name| map.get(*name).filter(|value| value.is_string()))
                    .map(flat)
                    .collect();
                let rest =
                    map.iter().filter(|(name, value)| !value.is_null() && !tags.contains(&name.as_str()));
                parts.extend(rest.map(|(name, value)| {
                    let inner = flat(value);
                    if value.is_object() && name == "what" { inner } else { format!("{name} {inner}") }
                }));
                parts.join(", ")
            }
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }
    serde_json::to_value(value).map_or_else(|error| error.to_string(), |value| flat(&value))
}
