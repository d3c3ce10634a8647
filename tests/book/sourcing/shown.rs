//! What a story of sourcing expects, in the words of the story.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use order_workflow::money::Money;
use order_workflow::sourcing::{Move, Plan, Promise, Proof, Remedies, Verdict};
use serde::Deserialize;
use serde_json::Value;

use super::super::Result;
use super::Given;

/// What must be true after a step; each key is looked at once.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Expect {
    /// By location, exactly: lines and units.
    ships: Option<BTreeMap<String, BTreeMap<String, u32>>>,
    /// Exactly: lines and units that do not ship.
    unmet: Option<BTreeMap<String, u32>>,
    paid: Option<String>,
    /// What the stock taken is worth.
    stock: Option<String>,
    /// By location: the service.
    by: Option<BTreeMap<String, String>>,
    proof: Option<String>,
    shippable: Option<u64>,
    refused: Option<String>,
    /// At least these locations: the verdict.
    why: Option<BTreeMap<String, String>>,
    second: Option<String>,
    /// Exactly, in order.
    moves: Option<Vec<String>>,
    /// `none` if the plan no longer holds.
    before: Option<String>,
    remedies: Option<Told>,
    /// Of a wave, by order, exactly.
    gets: Option<BTreeMap<String, Vec<String>>>,
    cost: Option<String>,
    ship_by: Option<String>,
    delivered_on: Option<NaiveDate>,
    days_late: Option<u32>,
    /// The words for the steps, in order.
    steps: Option<Vec<String>>,
}

/// What would let an order ship.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Told {
    /// Exactly, in order.
    transfers: Option<Vec<String>>,
    /// Exactly, in order.
    arrivals: Option<Vec<String>>,
    /// The date, or `never`.
    solved: Option<String>,
    /// What is missing now, after the transfers, and after the arrivals.
    left: Option<[String; 3]>,
}

pub(super) fn unread(error: serde_json::Error) -> String {
    error.to_string()
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, expected: Option<T>, got: T) -> Result<()> {
    match expected {
        Some(expected) if expected != got => Err(format!("{what}: expected {expected:?}, got {got:?}")),
        Some(_) | None => Ok(()),
    }
}

fn money(given: &Given, minor: i64) -> String {
    Money::minor(minor, given.currency).to_decimal().to_string()
}

fn site(given: &Given, at: usize) -> String {
    given.locations.keys().nth(at).cloned().unwrap_or_default()
}

fn line(given: &Given, at: usize) -> String {
    given.lines.get(at).map(|item| Given::name(item).to_owned()).unwrap_or_default()
}

impl Expect {
    pub(super) fn of_plan(mut self, given: &Given, plan: &Plan) -> Result<Expect> {
        let lines =
            |lines: &[(usize, u32)]| lines.iter().map(|(at, units)| (line(given, *at), *units)).collect();
        let ships = plan.shipments.iter().map(|one| (site(given, one.location), lines(&one.lines))).collect();
        same("ships", self.ships.take(), ships)?;
        same("unmet", self.unmet.take(), lines(&plan.unmet))?;
        same("paid", self.paid.take(), money(given, plan.cost.paid()))?;
        same("stock", self.stock.take(), money(given, plan.cost.stock))?;
        let proof = match plan.proof {
            Proof::Optimal => "optimal".to_owned(),
            Proof::Gap { bound } => format!("at least {}", money(given, bound)),
        };
        same("proof", self.proof.take(), proof)?;
        let service = |one: &order_workflow::sourcing::Shipment| -> Option<String> {
            let site = given.locations.values().nth(one.location)?;
            let own = usize::from(
                site.once.is_some() || site.late.is_some() || site.by_weight.is_some() || site.days.is_some(),
            );
            match one.service?.checked_sub(own) {
                None => Some("post".into()),
                Some(at) => site.also.keys().nth(at).cloned(),
            }
        };
        let by = plan
            .shipments
            .iter()
            .filter_map(|one| Some((site(given, one.location), service(one)?)))
            .collect();
        same("by", self.by.take(), by)?;
        let reasons = plan.explanation.as_ref();
        for (name, expected) in self.why.take().into_iter().flatten() {
            let reason =
                reasons.and_then(|all| all.locations.iter().find(|one| site(given, one.location) == name));
            let got = match reason.ok_or(format!("no reason for `{name}`"))?.verdict {
                Verdict::Worse { instead_of, by, at_most } => {
                    let most = if at_most { "at most " } else { "" };
                    format!("instead of {} {most}{} worse", site(given, instead_of), money(given, by))
                }
                other => {
                    serde_json::to_value(other).map_err(unread)?["is"].as_str().unwrap_or_default().to_owned()
                }
            };
            same(&format!("why {name}"), Some(expected), got)?;
        }
        let second = reasons.and_then(|all| all.runner_up.as_ref()).map(|second| {
            let from: Vec<String> = second.locations.iter().map(|at| site(given, *at)).collect();
            format!(
                "{} without {}, {} worse",
                from.join(" and "),
                site(given, second.without),
                money(given, second.by)
            )
        });
        same("second", self.second.take(), second.unwrap_or_else(|| "none".into()))?;
        Ok(self)
    }

    pub(super) fn of_shippable(mut self, shippable: u64) -> Result<Expect> {
        same("shippable", self.shippable.take(), shippable)?;
        Ok(self)
    }

    pub(super) fn of_refusal(mut self, text: &str) -> Result<Expect> {
        match self.refused.take() {
            Some(part) if text.contains(&part) => Ok(self),
            other => Err(format!("refused: {text}, expected {other:?}")),
        }
    }

    pub(super) fn of_moves(mut self, given: &Given, moves: &[Move]) -> Result<Expect> {
        let moves = moves.iter().map(|one| {
            let from = one.from.map_or_else(String::new, |at| format!(" from {}", site(given, at)));
            let to = one.to.map_or_else(String::new, |at| format!(" to {}", site(given, at)));
            format!("{} {}{from}{to}", one.units, line(given, one.line))
        });
        same("moves", self.moves.take(), moves.collect())?;
        Ok(self)
    }

    pub(super) fn of_before(mut self, given: &Given, before: Option<i64>) -> Result<Expect> {
        let before = before.map_or("none".into(), |before| money(given, before));
        same("before", self.before.take(), before)?;
        Ok(self)
    }

    pub(super) fn of_remedies(mut self, given: &Given, found: &Remedies) -> Result<Expect> {
        let Told { transfers, arrivals, solved, left } = self.remedies.take().unwrap_or_default();
        let moved = found.transfers.iter().map(|one| {
            let (from, to) = (site(given, one.from), site(given, one.to));
            format!("{} {} from {from} to {to}", one.units, line(given, one.line))
        });
        same("transfers", transfers, moved.collect())?;
        let come = found.arrivals.iter().map(|one| {
            let (what, to, at) =
                (line(given, one.line), site(given, one.location), one.at.format("%Y-%m-%d"));
            format!("{} {what} at {to} on {at}", one.units)
        });
        same("arrivals", arrivals, come.collect())?;
        let when = found.solved_at.map_or("never".into(), |at| at.format("%Y-%m-%d").to_string());
        same("solved", solved, when)?;
        let units = |of: &[(usize, u32)]| {
            let told: Vec<String> =
                of.iter().map(|(at, units)| format!("{units} {}", line(given, *at))).collect();
            if told.is_empty() { "nothing".to_owned() } else { told.join(", ") }
        };
        let lists = [&found.missing, &found.left_by_transfers, &found.left_by_arrivals];
        same("left", left, lists.map(|of| units(of)))?;
        Ok(self)
    }

    pub(super) fn of_wave(
        mut self,
        gets: BTreeMap<String, Vec<String>>,
        cost: String,
        proof: String,
    ) -> Result<Expect> {
        same("gets", self.gets.take(), gets)?;
        same("cost", self.cost.take(), cost)?;
        same("proof", self.proof.take(), proof)?;
        Ok(self)
    }

    pub(super) fn of_promise(mut self, promise: &Promise, told: Option<NaiveDate>) -> Result<Expect> {
        same(
            "ship_by",
            self.ship_by.take(),
            promise.ship_by.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        )?;
        same("delivered_on", self.delivered_on.take(), promise.delivered_on)?;
        if let Some(told) = told {
            same("days_late", self.days_late.take(), promise.days_late(told))?;
        }
        let word = |step| -> Result<String> {
            let step: Value = serde_json::to_value(step).map_err(unread)?;
            Ok(step["step"].as_str().unwrap_or_default().to_owned())
        };
        same("steps", self.steps.take(), promise.steps.iter().map(word).collect::<Result<Vec<_>>>()?)?;
        Ok(self)
    }

    /// Whether all that was expected was looked at.
    pub(super) fn nothing_more(&self) -> Result<()> {
        let left = [
            ("ships", self.ships.is_some()),
            ("unmet", self.unmet.is_some()),
            ("paid", self.paid.is_some()),
            ("stock", self.stock.is_some()),
            ("by", self.by.is_some()),
            ("proof", self.proof.is_some()),
            ("shippable", self.shippable.is_some()),
            ("refused", self.refused.is_some()),
            ("why", self.why.is_some()),
            ("second", self.second.is_some()),
            ("moves", self.moves.is_some()),
            ("before", self.before.is_some()),
            ("remedies", self.remedies.is_some()),
            ("gets", self.gets.is_some()),
            ("cost", self.cost.is_some()),
            ("ship_by", self.ship_by.is_some()),
            ("delivered_on", self.delivered_on.is_some()),
            ("days_late", self.days_late.is_some()),
            ("steps", self.steps.is_some()),
        ];
        match left.iter().find(|(_, left)| *left) {
            Some((what, _)) => Err(format!("nothing tells `{what}`")),
            None => Ok(()),
        }
    }
}
