//! An order as versioned data, and how a stored one of an older version is read.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ImportError, OrderState};

/// An order as versioned data. JSON numbers above 2^53 lose digits in some readers; amounts of orders stay
/// below that ([`super::ORDER_MINOR_MAX`]).
///
/// Serialise it as it is; read what was stored with [`Self::from_json`], which knows every version.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// The format's version: 1 so far; a newer one than this crate knows is refused.
    pub v: u16,
    /// The state.
    pub state: OrderState,
}

/// Makes a state of one version one of the next; an error says what stands against it.
type Upgrade = fn(&mut Value) -> Result<(), String>;

/// The first makes version 2 of version 1, and so on: its length is held to [`Snapshot::VERSION`], so that no new
/// version goes without.
const UPGRADES: [Upgrade; Snapshot::VERSION as usize - 1] = [];

impl Snapshot {
    /// The newest format.
    pub const VERSION: u16 = 1;

    /// Reads a stored snapshot of any version that this crate ever wrote, as one of the newest.
    ///
    /// ```
    /// use order_workflow::order::{ImportError, Snapshot};
    /// let newer = Snapshot::from_json(r#"{"v": 999, "state": {"not": "known"}}"#);
    /// assert_eq!(newer, Err(ImportError::UnknownVersion { given: 999, accepted: Snapshot::VERSION }));
    /// ```
    ///
    /// # Errors
    /// [`ImportError::UnknownVersion`] for a version that it does not know, whatever the state looks like;
    /// [`ImportError::Unreadable`] for what is no snapshot.
    pub fn from_json(text: &str) -> Result<Snapshot, ImportError> {
        let newest = upgraded(text, &UPGRADES)?;
        serde_json::from_value(newest).map_err(unreadable)
    }
}

/// The stored snapshot after every upgrade from its version on.
fn upgraded(text: &str, upgrades: &[Upgrade]) -> Result<Value, ImportError> {
    let mut stored: Value = serde_json::from_str(text).map_err(unreadable)?;
    let v = stored.get("v").and_then(Value::as_u64);
    let given = v.ok_or_else(|| unreadable("`v`, a number, is missing"))?;
    let accepted = u16::try_from(upgrades.len()).unwrap_or(u16::MAX).saturating_add(1);
    let done = usize::try_from(given).ok().and_then(|given| given.checked_sub(1));
    let missing = done.and_then(|done| upgrades.get(done..));
    let missing = missing.ok_or(ImportError::UnknownVersion { given, accepted })?;
    if let Some(state) = stored.get_mut("state") {
        missing.iter().try_for_each(|upgrade| upgrade(state)).map_err(unreadable)?;
    }
    if let Some(v) = stored.get_mut("v") {
        *v = accepted.into();
    }
    Ok(stored)
}

fn unreadable(problem: impl ToString) -> ImportError {
    ImportError::Unreadable { problem: problem.to_string() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Two versions that never were: one field was renamed, then another one was added.
    const SYNTHETIC: [Upgrade; 2] = [
        |state| {
            let fields = state.as_object_mut().ok_or("the state is no object")?;
            let name = fields.remove("name").ok_or("`name` is missing")?;
            fields.insert("id".to_owned(), name);
            Ok(())
        },
        |state| {
            state.as_object_mut().ok_or("the state is no object")?.insert("holds".to_owned(), json!([]));
            Ok(())
        },
    ];

    #[test]
    fn every_version_is_read_as_the_newest() {
        let newest = json!({"v": 3, "state": {"id": "o-1", "holds": []}});
        for stored in [
            json!({"v": 1, "state": {"name": "o-1"}}),
            json!({"v": 2, "state": {"id": "o-1"}}),
            newest.clone(),
        ] {
            assert_eq!(upgraded(&stored.to_string(), &SYNTHETIC), Ok(newest.clone()), "{stored}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_an_error() {
        for v in [0, 4, u64::MAX] {
            let answer = upgraded(&json!({"v": v, "state": {}}).to_string(), &SYNTHETIC);
            assert_eq!(answer, Err(ImportError::UnknownVersion { given: v, accepted: 3 }));
        }
        for (text, problem) in [
            (r#"{"v": 1, "state": {"id": "o-1"}}"#, "`name` is missing"),
            (r#"{"v": 1, "state": 7}"#, "the state is no object"),
            (r#"{"v": "1", "state": {}}"#, "`v`, a number, is missing"),
            (r#"{"v": -1}"#, "`v`, a number, is missing"),
            ("{", "EOF"),
        ] {
            let error = upgraded(text, &SYNTHETIC).expect_err(text);
            assert!(
                matches!(&error, ImportError::Unreadable { problem: told } if told.contains(problem)),
                "{error}"
            );
        }
        let error = Snapshot::from_json(r#"{"v": 1, "state": {}}"#).expect_err("no state");
        assert!(error.to_string().contains("missing field"), "{error}");
    }
}
