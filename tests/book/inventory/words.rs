//! The book's short words for pools and arrivals.

use order_workflow::{
    inventory::Inbound,
    reservation::{Part, Pool},
};
use serde_json::{Map, Value};

use super::super::{Result, instant, said};

pub(super) fn id<T: std::str::FromStr>(text: &str) -> Result<T>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(said)
}

/// `stock north tea`, `stock north tea lot-a`, `inbound north tea po-7`, `quota web tea`, or
/// `limit rule subject from until`.
pub(super) fn pool(text: &str) -> Result<Pool> {
    let words: Vec<&str> = text.split(' ').collect();
    Ok(match words[..] {
        ["stock", location, sku] => Pool::stock(id(location)?, id(sku)?),
        ["stock", location, sku, lot] => {
            Pool::Stock { location: id(location)?, sku: id(sku)?, lot: Some(id(lot)?) }
        }
        ["inbound", location, sku, inbound] => {
            Pool::Inbound { location: id(location)?, sku: id(sku)?, inbound: id(inbound)? }
        }
        ["quota", channel, sku] => Pool::Quota { channel: id(channel)?, sku: id(sku)? },
        ["limit", rule, subject, from, until] => Pool::Limit {
            rule: id(rule)?,
            subject: id(subject)?,
            from: instant(from)?,
            until: instant(until)?,
        },
        _ => return Err(format!("`{text}` is no pool")),
    })
}

/// The other way round.
pub(super) fn named(pool: &Pool) -> String {
    match pool {
        Pool::Stock { location, sku, lot: None } => format!("stock {location} {sku}"),
        Pool::Stock { location, sku, lot: Some(lot) } => format!("stock {location} {sku} {lot}"),
        Pool::Inbound { location, sku, inbound } => format!("inbound {location} {sku} {inbound}"),
        Pool::Quota { channel, sku } => format!("quota {channel} {sku}"),
        Pool::Limit { rule, subject, .. } => format!("limit {rule} {subject}"),
        pool => pool.to_string(),
    }
}

/// `north tea po-7`.
pub(super) fn inbound(text: &str) -> Result<Inbound> {
    match text.split(' ').collect::<Vec<_>>()[..] {
        [location, sku, inbound] => {
            Ok(Inbound { location: id(location)?, sku: id(sku)?, inbound: id(inbound)? })
        }
        _ => Err(format!("`{text}` is no arrival")),
    }
}

/// `{"stock north tea": 2}`
pub(super) fn parts(given: &Map<String, Value>) -> Result<Vec<Part>> {
    let part = |(name, units): (&String, &Value)| {
        Ok(Part::new(pool(name)?, units.as_i64().ok_or_else(|| format!("{units} of {name}"))?))
    };
    given.iter().map(part).collect()
}
