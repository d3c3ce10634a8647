//! The id under which a host sends a request.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Names one request of a host: sent again under the same id, it gets the same answer.
///
/// The host draws it (the crate knows neither chance nor clock) and keeps it until it has the answer.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct CommandId(pub Uuid);

impl fmt::Display for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<Uuid> for CommandId {
    fn from(uuid: Uuid) -> Self {
        CommandId(uuid)
    }
}
