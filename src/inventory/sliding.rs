//! How much one buyer bought lately: advisory, over a history that is passed in.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::id::SubjectId;

/// At most so many units within any stretch of time, or for ever.
///
/// It is a check and holds nothing: two purchases at one moment may both pass it. What must hold under races is a
/// [`PurchaseLimit`](crate::inventory::PurchaseLimit) of fixed windows.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlidingLimit {
    /// How many units.
    pub max: u32,
    /// The length of the stretch; `None`: for ever.
    pub window_seconds: Option<u32>,
    /// What becomes of a purchase that passes it.
    #[serde(default)]
    pub over: OverLimit,
}

/// What becomes of a purchase that passes a limit.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OverLimit {
    /// None of it is accepted.
    #[default]
    Refuse,
    /// What is left is accepted.
    Clamp,
}

/// A purchase of the past.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Purchase {
    /// Whose.
    pub subject: SubjectId,
    /// When.
    pub at: DateTime<Utc>,
    /// How many units.
    pub units: u32,
}

/// What a limit says of a purchase.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitCheck {
    /// How many units were bought within the stretch.
    pub used: u64,
    /// How many are left.
    pub left: u32,
    /// How many of those asked for are accepted.
    pub accepted: u32,
}

impl SlidingLimit {
    /// Counts what `subject` bought in `(at − window, at]`: a purchase exactly one window ago no longer counts, and
    /// one after `at` not yet.
    ///
    /// ```
    /// use order_workflow::inventory::{OverLimit, Purchase, SlidingLimit};
    ///
    /// let limit = SlidingLimit { max: 4, window_seconds: Some(86_400), over: OverLimit::Clamp };
    /// let bought = Purchase { subject: "c-1".parse()?, at: "2026-06-01T10:00:00Z".parse()?, units: 3 };
    /// let check = |at: &str| Ok::<_, Box<dyn std::error::Error>>(
    ///     limit.check(std::slice::from_ref(&bought), &"c-1".parse()?, at.parse()?, 2).accepted,
    /// );
    /// assert_eq!(check("2026-06-02T09:59:59Z")?, 1);
    /// assert_eq!(check("2026-06-02T10:00:00Z")?, 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn check(
        &self,
        history: &[Purchase],
        subject: &SubjectId,
        at: DateTime<Utc>,
        units: u32,
    ) -> LimitCheck {
        // A stretch that reaches before the first instant there is counts everything.
        let length = self.window_seconds.map(|seconds| TimeDelta::seconds(seconds.into()));
        let after = length.and_then(|length| at.checked_sub_signed(length));
        let counts = |bought: &&Purchase| {
            bought.subject == *subject && bought.at <= at && after.is_none_or(|after| bought.at > after)
        };
        let used =
            history.iter().filter(counts).fold(0_u64, |sum, bought| sum.saturating_add(bought.units.into()));
        let left = u64::from(self.max).saturating_sub(used);
        let left = u32::try_from(left).unwrap_or(self.max); // never more than `max`
        let accepted = match self.over {
            _ if units <= left => units,
            OverLimit::Refuse => 0,
            OverLimit::Clamp => left,
        };
        LimitCheck { used, left, accepted }
    }
}
