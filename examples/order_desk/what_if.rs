//! What the promotions would do for the orders, each quoted at its time of purchase; nothing of the replay is touched.

use std::collections::BTreeMap;
use std::io::{self, Write};

use comfy_table::Table;
use order_workflow::{
    Currency, Money,
    checkout::take_over,
    decision::Explain,
    order::PlacedLine,
    promotion::{NotApplied, PromotionReason, Proof, Quote, Stacking, Unmet},
};
use serde_json::{Value, json};

use crate::{
    Anything,
    desk::placement,
    files::FileOrder,
    offers::{Barred, Mode, Offers, kind},
};

/// How near a promotion came that lacked nothing but an amount or units: at least so much of it was there, in percent.
const NEAR: [(u64, &str); 3] =
    [(90, "within_10_percent"), (75, "within_25_percent"), (50, "within_50_percent")];

/// What all quotes come to.
pub struct WhatIf {
    mode: Mode,
    live: usize,
    quoted: u64,
    discounted: u64,
    /// Applied in the best set, by kind of promotion.
    uses: BTreeMap<String, u64>,
    /// Who pays how much of the best set.
    cost: BTreeMap<String, Money>,
    near: BTreeMap<&'static str, u64>,
    nearest: Option<Nearest>,
    priority: Money,
    best: Money,
    better: u64,
    gaps: u64,
    most_nodes: u64,
    unused_codes: u64,
    pub violations: Vec<String>,
}

/// The one that lacked the smallest part.
struct Nearest {
    have: u64,
    need: u64,
    sentence: String,
}

impl WhatIf {
    pub fn of<'f>(files: impl Iterator<Item = &'f FileOrder>, offers: &Offers) -> Result<WhatIf, Anything> {
        let zero = Money::zero(Currency::BRL);
        let mut all = WhatIf {
            mode: offers.mode,
            live: offers.live(),
            quoted: 0,
            discounted: 0,
            uses: BTreeMap::new(),
            cost: ["brand", "house", "platform", "seller"].map(|funder| (funder.to_owned(), zero)).into(),
            near: NEAR.map(|(_, name)| (name, 0)).into(),
            nearest: None,
            priority: zero,
            best: zero,
            better: 0,
            gaps: 0,
            most_nodes: 0,
            unused_codes: 0,
            violations: vec![],
        };
        for file in files.filter(|file| offers.mode != Mode::Off && !file.items.is_empty()) {
            all.add(file, offers)?;
        }
        if all.cost.values().try_fold(zero, |sum, cost| sum.checked_add(*cost))? != all.best {
            all.violations.push(format!("the funders do not pay {} in all", all.best));
        }
        Ok(all)
    }

    fn add(&mut self, file: &FileOrder, offers: &Offers) -> Result<(), Anything> {
        let mut placement = placement(file)?;
        let nothing = Barred::default();
        let quote = |stacking, explain| offers.quote(file, &placement, stacking, explain, &nothing);
        let priority = quote(Stacking::Priority, Explain::Brief)?;
        let best = quote(Stacking::Best, Explain::Full)?;
        self.quoted += 1;
        let (by_priority, at_best) = (off(&priority)?, off(&best)?);
        self.priority = self.priority.checked_add(by_priority)?;
        self.best = self.best.checked_add(at_best)?;
        self.discounted += u64::from(at_best.is_positive());
        self.better += u64::from(best.total.minor_units() < priority.total.minor_units());
        self.unused_codes += best.unused_codes.len() as u64;
        match best.proof {
            Proof::Optimal { nodes } => self.most_nodes = self.most_nodes.max(nodes),
            Proof::Rule | Proof::Gap { .. } => self.gaps += 1,
        }
        for applied in &best.applied {
            *self.uses.entry(kind(&applied.promotion).to_owned()).or_default() += 1;
        }
        for funded in best.funded() {
            let funder = funded.funder.map_or_else(|| "house".to_owned(), |funder| funder.to_string());
            let cost = self.cost.entry(funder).or_insert(Money::zero(Currency::BRL));
            *cost = cost.checked_add(funded.amount)?;
        }
        for missed in &best.not_applied {
            self.miss(missed, &file.row.order_id);
        }
        if best.total.minor_units() > priority.total.minor_units() {
            self.violations.push(format!("{}: the best set costs more than priority", file.row.order_id));
        }
        take_over(&mut placement, &best, &"house".parse()?)?;
        let lines = placement.lines.iter().map(total).collect::<Result<Vec<i64>, Anything>>()?;
        let charges = placement.charges.iter().map(|charge| charge.amount.minor_units());
        if lines.into_iter().chain(charges).sum::<i64>() != best.total.minor_units() {
            self.violations.push(format!("{}: it would not be placed for {}", file.row.order_id, best.total));
        }
        Ok(())
    }

    /// The first condition that fails is the last one asked: those before it hold.
    fn miss(&mut self, missed: &NotApplied, order: &str) {
        let PromotionReason::ConditionNotMet { unmet, .. } = &missed.why else { return };
        let (have, need, lacking) = match unmet {
            Unmet::ShortOfAmount { have, need } => {
                let minor = |money: &Money| u64::try_from(money.minor_units()).unwrap_or(0);
                let lacking = need.checked_sub(*have).unwrap_or(*need);
                (minor(have), minor(need), lacking.to_string())
            }
            Unmet::ShortOf { have, need, .. } => (*have, *need, format!("{} more", need - have)),
            _ => return,
        };
        let near = NEAR.iter().find(|(percent, _)| have * 100 >= need * percent);
        let Some((_, name)) = near else { return };
        *self.near.entry(name).or_default() += 1;
        let nearer = self.nearest.as_ref().is_none_or(|known| {
            u128::from(need - have) * u128::from(known.need)
                < u128::from(known.need - known.have) * u128::from(need)
        });
        if nearer {
            let sentence = format!("order {order} lacked {lacking} for {}", missed.promotion);
            self.nearest = Some(Nearest { have, need, sentence });
        }
    }

    pub fn json(&self) -> Value {
        let cost: BTreeMap<&String, String> =
            self.cost.iter().map(|(funder, cost)| (funder, cost.decimal_text())).collect();
        json!({
            "mode": self.mode.name(),
            "live": self.live,
            "quoted": self.quoted,
            "discounted": self.discounted,
            "uses": self.uses,
            "cost": cost,
            "near_misses": self.near,
            "priority_discount": self.priority.decimal_text(),
            "best_discount": self.best.decimal_text(),
            "priority_leaves": self.leaves().decimal_text(),
            "better_than_priority": self.better,
            "unproven": self.gaps,
            "most_nodes": self.most_nodes,
            "unused_codes": self.unused_codes,
        })
    }

    /// What customers would pay too much, by priority instead of the best.
    fn leaves(&self) -> Money {
        self.best.checked_sub(self.priority).unwrap_or(self.best)
    }

    pub fn print(&self, table: impl Fn(&[&str]) -> Table, out: &mut impl Write) -> io::Result<()> {
        if self.mode == Mode::Off {
            return Ok(());
        }
        writeln!(
            out,
            "{} promotions, quoted for {} orders; {} get a discount\n",
            self.live, self.quoted, self.discounted
        )?;
        let mut uses = table(&["promotions applied, best set", "uses"]);
        for (kind, count) in &self.uses {
            uses.add_row([kind.clone(), count.to_string()]);
        }
        writeln!(out, "{uses}\n")?;
        let mut money = table(&["discounts", "BRL"]);
        for (funder, cost) in &self.cost {
            money.add_row([format!("best set, paid by {funder}"), cost.decimal_text()]);
        }
        for (name, amount) in [
            ("best set", self.best),
            ("by priority", self.priority),
            ("what priority leaves on the table", self.leaves()),
        ] {
            money.add_row([name.to_owned(), amount.decimal_text()]);
        }
        writeln!(out, "{money}\n")?;
        writeln!(
            out,
            "the best set is better for {} orders; {} are not proven best; at most {} nodes were tried\n",
            self.better, self.gaps, self.most_nodes
        )?;
        let mut near = table(&["near misses: only an amount or units were lacking", "promotions"]);
        for (_, name) in NEAR {
            near.add_row([name.replace('_', " "), self.near.get(name).copied().unwrap_or(0).to_string()]);
        }
        writeln!(out, "{near}")?;
        if let Some(nearest) = &self.nearest {
            writeln!(out, "{}", nearest.sentence)?;
        }
        writeln!(out)
    }
}

/// What a quote takes off goods and freight.
pub fn off(quote: &Quote) -> Result<Money, Anything> {
    let mut freight = quote.shipping.iter().map(|shipping| shipping.discount);
    Ok(freight.try_fold(quote.discount, Money::checked_add)?)
}

/// What a line costs, in minor units.
fn total(line: &PlacedLine) -> Result<i64, Anything> {
    let prices = line.prices(Currency::BRL)?;
    Ok(prices.iter().map(|run| run.gross_minor * i64::from(run.units)).sum())
}
