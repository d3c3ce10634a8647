//! What was agreed: lines, charges, terms and policy, as short as the book has them.

use order_workflow::{
    geo::Destination,
    id::{LineId, OrderId},
    money::Currency,
    order::{
        Adjustment, CaptureWhen, Charge, ChargeKind, ChargeRefund, DamagedReturn, Fulfilment, LateMoney,
        Link, LinkKind, Order, OrderDecision, OrderPolicy, OrderRefusal, PlacedLine, Placement, Terms,
        UnitTax,
        payment::{RefundSplit, Unmatched},
    },
};
use serde::Deserialize;
use serde_json::json;

use super::{Desk, Result, amount, instant, said};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Given {
    #[serde(default = "euro")]
    currency: String,
    /// When it was placed.
    #[serde(default = "nine")]
    at: String,
    lines: Vec<Line>,
    #[serde(default)]
    charges: Vec<Fee>,
    /// Prepaid: everything must be covered by then.
    #[serde(default)]
    pay_by: Option<String>,
    #[serde(default)]
    presale: Option<Presale>,
    #[serde(default)]
    on_delivery: bool,
    #[serde(default)]
    policy: Policy,
    /// `o-0 exchange`: the order whose goods this one replaces.
    #[serde(default)]
    link: Option<String>,
    /// Whether there is somewhere to ship to.
    #[serde(default = "yes")]
    destination: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    /// Its SKU, and its id if it has no other.
    sku: String,
    #[serde(default)]
    line: Option<String>,
    #[serde(default = "one")]
    units: u32,
    price: String,
    #[serde(default)]
    by: Way,
    #[serde(default = "house")]
    seller: String,
    #[serde(default)]
    off: Vec<Off>,
    #[serde(default)]
    tax: Option<Tax>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Way {
    #[default]
    Ship,
    PickUp,
    Digital,
}

/// What a promotion takes off each of some units.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Off {
    promotion: String,
    #[serde(default = "house")]
    funder: String,
    #[serde(default)]
    first_unit: u32,
    units: u32,
    per_unit: String,
}

/// Tax on every unit of the line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tax {
    per_unit: String,
    included: bool,
}

impl Tax {
    pub(super) fn on(&self, units: u32, currency: Currency) -> Result<UnitTax> {
        let per_unit = amount(&self.per_unit, currency)?;
        Ok(UnitTax { first_unit: 0, units, per_unit, included: self.included })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fee {
    kind: ChargeKind,
    amount: String,
    refund: ChargeRefund,
    #[serde(default)]
    tax: Option<String>,
    #[serde(default)]
    line: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Presale {
    deposit: String,
    deposit_by: String,
    balance_by: String,
    forfeit: bool,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Policy {
    auto_confirm: Option<bool>,
    capture: Option<CaptureWhen>,
    late_money: Option<LateMoney>,
    short_tolerance: Option<String>,
    refund_split: Option<RefundSplit>,
    return_window_days: Option<u32>,
    return_arrival_days: Option<u32>,
    pick_up_days: Option<u32>,
    strict_stages: Option<bool>,
    gateway_attempts: Option<u32>,
    reauthorise: Option<bool>,
    damaged_return: Option<DamagedReturn>,
}

fn euro() -> String {
    "EUR".to_owned()
}

fn nine() -> String {
    "09:00".to_owned()
}

fn house() -> String {
    "house".to_owned()
}

const fn one() -> u32 {
    1
}

const fn yes() -> bool {
    true
}

/// A destination by the name of its address, in Germany.
pub(super) fn destination(address: &str) -> Result<Destination> {
    let country = serde_json::from_value(json!("DE")).map_err(said)?;
    Ok(Destination { address: address.parse().map_err(said)?, country, postcode_area: "10".to_owned() })
}

impl Policy {
    fn made(&self, currency: Currency) -> Result<OrderPolicy> {
        let usual = OrderPolicy::default();
        let days = |days: Option<u32>, usual: u32| days.map_or(usual, |days| days * 86_400);
        let tolerance = self.short_tolerance.as_ref().map(|text| amount(text, currency)).transpose()?;
        Ok(OrderPolicy {
            auto_confirm: self.auto_confirm.unwrap_or(usual.auto_confirm),
            capture: self.capture.unwrap_or(usual.capture),
            late_money: self.late_money.unwrap_or(usual.late_money),
            short_tolerance_minor: tolerance.map_or(usual.short_tolerance_minor, |text| text.minor_units()),
            refund_split: self.refund_split.unwrap_or(usual.refund_split),
            return_window_seconds: days(self.return_window_days, usual.return_window_seconds),
            return_arrival_seconds: days(self.return_arrival_days, usual.return_arrival_seconds),
            pick_up_seconds: days(self.pick_up_days, usual.pick_up_seconds),
            strict_stages: self.strict_stages.unwrap_or(usual.strict_stages),
            gateway_attempts: self.gateway_attempts.unwrap_or(usual.gateway_attempts),
            reauthorise: self.reauthorise.unwrap_or(usual.reauthorise),
            damaged_return: self.damaged_return.unwrap_or(usual.damaged_return),
            ..usual
        })
    }
}

impl Line {
    fn id(&self) -> Result<LineId> {
        self.line.as_ref().unwrap_or(&self.sku).parse().map_err(said)
    }

    fn made(&self, currency: Currency) -> Result<PlacedLine> {
        let off = |off: &Off| {
            Ok(Adjustment {
                promotion: off.promotion.parse().map_err(said)?,
                funder: off.funder.parse().map_err(said)?,
                first_unit: off.first_unit,
                units: off.units,
                per_unit: amount(&off.per_unit, currency)?,
            })
        };
        Ok(PlacedLine {
            line: self.id()?,
            sku: self.sku.parse().map_err(said)?,
            seller: self.seller.parse().map_err(said)?,
            units: self.units,
            list: amount(&self.price, currency)?,
            adjustments: self.off.iter().map(off).collect::<Result<_>>()?,
            tax: self.tax.iter().map(|tax| tax.on(self.units, currency)).collect::<Result<_>>()?,
            fulfilment: match self.by {
                Way::Ship => Fulfilment::Ship,
                Way::PickUp => Fulfilment::PickUp { location: "counter".parse().map_err(said)? },
                Way::Digital => Fulfilment::Digital,
            },
        })
    }
}

impl Fee {
    fn made(&self, currency: Currency) -> Result<Charge> {
        Ok(Charge {
            kind: self.kind.clone(),
            amount: amount(&self.amount, currency)?,
            tax: self.tax.as_ref().map(|tax| amount(tax, currency)).transpose()?,
            line: self.line.as_ref().map(|line| line.parse().map_err(said)).transpose()?,
            refund: self.refund,
        })
    }
}

type Placed = std::result::Result<(Desk, OrderDecision), OrderRefusal>;

impl Given {
    /// The order as placed, or why it was not.
    pub(super) fn place(&self) -> Result<Placed> {
        let currency = Currency::from_code(&self.currency).map_err(said)?;
        let terms = match (&self.pay_by, &self.presale, self.on_delivery) {
            (Some(pay_by), None, false) => Terms::Prepaid { pay_by: instant(pay_by)? },
            (None, None, true) => Terms::OnDelivery,
            (None, Some(presale), false) => Terms::Presale {
                deposit: amount(&presale.deposit, currency)?,
                deposit_by: instant(&presale.deposit_by)?,
                balance_by: instant(&presale.balance_by)?,
                forfeit: presale.forfeit,
            },
            _ => return Err("exactly one of pay_by, presale and on_delivery".to_owned()),
        };
        let link = |text: &String| {
            let (original, kind) = text.split_once(' ').ok_or("a link is an order and a kind")?;
            let kind: LinkKind = serde_json::from_value(json!(kind)).map_err(said)?;
            Result::Ok(Link { original: OrderId::new(original).map_err(said)?, kind })
        };
        let placement = Placement {
            lines: self.lines.iter().map(|line| line.made(currency)).collect::<Result<_>>()?,
            charges: self.charges.iter().map(|fee| fee.made(currency)).collect::<Result<_>>()?,
            currency,
            terms,
            customer: "shopper".parse().map_err(said)?,
            channel: "web".parse().map_err(said)?,
            ship_to: self.destination.then(|| destination("home")).transpose()?,
            promise: None,
            quote: None,
            link: self.link.as_ref().map(link).transpose()?,
            notes: Default::default(),
        };
        let id = OrderId::new("o-1").map_err(said)?;
        let placed = Order::place(id, &placement, &self.policy.made(currency)?, instant(&self.at)?);
        Ok(placed.map(|(order, decision)| {
            let desk = Desk {
                order,
                base: None,
                history: decision.events.clone(),
                parked: Unmatched::default(),
                facts: 0,
                currency,
            };
            (desk, decision)
        }))
    }
}
