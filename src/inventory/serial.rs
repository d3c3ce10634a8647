//! Which serial number left with which order: recorded as it happened, never refused.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::id::{IdError, LineId, OrderId, ParcelId, Reference, Sku};

/// The serial number of one unit, as it is printed on it: compared letter by letter.
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Serial(Reference);

impl Serial {
    /// The serial number that this text is.
    ///
    /// # Errors
    /// [`IdError`] if it is empty, longer than 128 bytes, does not print on one line, or begins or ends with a blank.
    pub fn new(text: impl AsRef<str>) -> Result<Serial, IdError> {
        Reference::new(text).map(Serial)
    }

    /// The text, as it was given.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl std::str::FromStr for Serial {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Serial, IdError> {
        Serial::new(text)
    }
}

impl std::fmt::Display for Serial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

impl std::fmt::Debug for Serial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Serial").field(&self.as_str()).finish()
    }
}

/// One thing that happened to a unit with a serial number.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SerialFact {
    /// What the unit was said to be.
    pub sku: Sku,
    /// Its number.
    pub serial: Serial,
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub what: SerialChange,
}

/// What happened to it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case", deny_unknown_fields)]
pub enum SerialChange {
    /// It came in.
    Received,
    /// It left.
    Shipped {
        /// With which order.
        order: OrderId,
        /// For which of its lines.
        line: LineId,
        /// In which parcel.
        parcel: ParcelId,
    },
    /// It came back.
    Returned,
}

/// What does not fit, for somebody to look at. The fact is recorded all the same.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "finding", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum SerialFinding {
    /// Nobody ever received this number.
    Unknown,
    /// It was received as another SKU.
    OtherSku {
        /// As which.
        known: Sku,
    },
    /// It is there already, or came back without having left.
    NotOut,
    /// It has left before, with another line or parcel.
    LeftBefore {
        /// With which order.
        order: OrderId,
        /// For which of its lines.
        line: LineId,
        /// In which parcel.
        parcel: ParcelId,
    },
}

impl SerialFinding {
    /// A stable code for translation tables.
    pub const fn code(&self) -> &'static str {
        match self {
            SerialFinding::Unknown => "inventory.serial_unknown",
            SerialFinding::OtherSku { .. } => "inventory.serial_other_sku",
            SerialFinding::NotOut => "inventory.serial_not_out",
            SerialFinding::LeftBefore { .. } => "inventory.serial_left_before",
        }
    }
}

/// What became of a fact.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum SerialAnswer {
    /// It is written down.
    Recorded {
        /// What does not fit.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        findings: Vec<SerialFinding>,
    },
    /// It stands there already; nothing changed.
    Repeat,
}

/// The serial numbers that came and went: a value that the host keeps, all of it or a SKU's.
///
/// A unit is named by its SKU's manufacturer, so the number alone is looked up: one that turns up under another SKU is
/// a finding. A fact is never refused, since the unit has left or come.
///
/// ```
/// use order_workflow::inventory::{SerialAnswer, SerialChange, SerialFact, SerialFinding, SerialRegister};
///
/// let mut register = SerialRegister::default();
/// let fact = |serial: &str, what| Ok::<_, Box<dyn std::error::Error>>(SerialFact {
///     sku: "phone".parse()?,
///     serial: serial.parse()?,
///     at: "2026-06-01T10:00:00Z".parse()?,
///     what,
/// });
/// let shipped = |order: &str| Ok::<_, Box<dyn std::error::Error>>(SerialChange::Shipped {
///     order: order.parse()?,
///     line: "1".parse()?,
///     parcel: format!("{order}/p1").parse()?,
/// });
/// register.record(fact("s-1", SerialChange::Received)?);
/// assert_eq!(register.record(fact("s-1", shipped("o-1")?)?), SerialAnswer::Recorded { findings: vec![] });
/// assert_eq!(register.record(fact("s-1", shipped("o-1")?)?), SerialAnswer::Repeat);
/// let SerialAnswer::Recorded { findings } = register.record(fact("s-1", shipped("o-2")?)?) else { panic!() };
/// assert_eq!(findings[0].code(), "inventory.serial_left_before");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SerialRegister(BTreeMap<Serial, Vec<SerialFact>>);

impl SerialRegister {
    /// Writes down what happened, and says what does not fit. A repeat changes nothing: a fact that is there with the
    /// same instant, or the latest one of its number, whenever it is now said to have been.
    pub fn record(&mut self, fact: SerialFact) -> SerialAnswer {
        let history = self.0.entry(fact.serial.clone()).or_default();
        let last = history.last();
        let is_last = last.is_some_and(|last| last.what == fact.what && last.sku == fact.sku);
        if is_last || history.contains(&fact) {
            return SerialAnswer::Repeat;
        }
        let mut findings = Vec::new();
        let known = history.iter().find(|past| past.what == SerialChange::Received).map(|past| &past.sku);
        match (known, &fact.what) {
            (None, SerialChange::Received) => {}
            (None, SerialChange::Shipped { .. } | SerialChange::Returned) => {
                findings.push(SerialFinding::Unknown)
            }
            (Some(known), _) if *known != fact.sku => {
                findings.push(SerialFinding::OtherSku { known: known.clone() });
            }
            (Some(_), _) => {}
        }
        match (last.map(|last| &last.what), &fact.what) {
            (Some(SerialChange::Shipped { order, line, parcel }), SerialChange::Shipped { .. }) => {
                let (order, line, parcel) = (order.clone(), line.clone(), parcel.clone());
                findings.push(SerialFinding::LeftBefore { order, line, parcel });
            }
            (Some(SerialChange::Shipped { .. }), SerialChange::Received | SerialChange::Returned)
            | (None, SerialChange::Received)
            | (_, SerialChange::Shipped { .. }) => {}
            (None | Some(SerialChange::Received | SerialChange::Returned), SerialChange::Returned)
            | (Some(SerialChange::Received | SerialChange::Returned), SerialChange::Received) => {
                findings.push(SerialFinding::NotOut);
            }
        }
        history.push(fact);
        SerialAnswer::Recorded { findings }
    }

    /// What happened to a number, in the order in which it was recorded.
    pub fn history(&self, serial: &Serial) -> &[SerialFact] {
        self.0.get(serial).map_or(&[], Vec::as_slice)
    }

    /// The numbers that left with an order and did not come back since, with their SKUs, by number.
    pub fn with_order(&self, order: &OrderId) -> Vec<(&Serial, &Sku)> {
        let left = |facts: &Vec<SerialFact>| match facts.last().map(|fact| &fact.what) {
            Some(SerialChange::Shipped { order: with, .. }) => with == order,
            _ => false,
        };
        let unit = |(serial, facts)| {
            let facts: &Vec<SerialFact> = facts;
            facts.last().map(|last| (serial, &last.sku))
        };
        self.0.iter().filter(|(_, facts)| left(facts)).filter_map(unit).collect()
    }
}
