//! The cases of area `calendar`: open time, and the instants that local times mean.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use order_workflow::calendar::{Calendar, Pause, WallTime, Zone};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, NoPolicy, fault, parsed};

/// What the crate answers to a case of this area.
pub(super) fn run(kind: &str, policy: &Value, input: &Value) -> Answer<Value> {
    let NoPolicy {} = parsed(policy)?;
    match kind {
        "add" => {
            let Add { calendar, start, seconds, pauses } = parsed(input)?;
            let at = calendar.add(start, TimeDelta::seconds(seconds), &paused(pauses)).map_err(fault)?;
            Ok(json!({"at": at}))
        }
        "subtract" => {
            let Subtract { calendar, end, seconds } = parsed(input)?;
            let at = calendar.subtract(end, TimeDelta::seconds(seconds), &[]).map_err(fault)?;
            Ok(json!({"at": at}))
        }
        "between" => {
            let Between { calendar, from, to, pauses } = parsed(input)?;
            let open = calendar.between(from, to, &paused(pauses)).map_err(fault)?;
            Ok(json!({"seconds": open.num_seconds()}))
        }
        "local_to_instant" => {
            let Local { zone, date, time } = parsed(input)?;
            let local = time.on(date).ok_or("no local time")?;
            Ok(json!({"at": zone.to_instant(local).map_err(fault)?}))
        }
        kind => Err(format!("unknown kind `{kind}`")),
    }
}

type Span = (DateTime<Utc>, DateTime<Utc>);

fn paused(pauses: Vec<Span>) -> Vec<Pause> {
    pauses.into_iter().map(|(from, until)| Pause { from, until }).collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Add {
    calendar: Calendar,
    start: DateTime<Utc>,
    seconds: i64,
    pauses: Vec<Span>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Subtract {
    calendar: Calendar,
    end: DateTime<Utc>,
    seconds: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Between {
    calendar: Calendar,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    pauses: Vec<Span>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Local {
    zone: Zone,
    date: NaiveDate,
    time: WallTime,
}
