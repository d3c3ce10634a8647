//! What a unit costs that an order does not get: where value, tier, promise and fairness enter.

use serde::{Deserialize, Serialize};

/// How much it matters that a unit ships in this wave and not later.
///
/// The price of an unmet unit is the margin that is at stake, raised step by step: by the customer's tier, for every
/// day that its promise is overdue, and for every hour that the order has waited. Scarce stock goes where that sum is
/// largest. **Fairness** is the last part: the price of an order that is passed over grows from wave to wave by the same
/// amount per hour whatever it is worth, until it outbids newer ones of higher value; `age_per_hour_minor` of zero is a
/// pure auction, a large one is first come, first served.
///
/// ```
/// use order_workflow::sourcing::batch::{UnmetPolicy, Urgency};
///
/// let policy = UnmetPolicy::default();
/// let fresh = Urgency::default();
/// let dear = policy.price(5_000, fresh);
/// let cheap = policy.price(1_000, fresh);
/// assert!(dear > cheap);
/// // A cheap order that has waited for four weeks goes first.
/// assert!(policy.price(1_000, Urgency { age_hours: 28 * 24, ..fresh }) > dear);
/// ```
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UnmetPolicy {
    /// What part of a unit's value is lost if it does not ship, in percent.
    pub value_percent: u32,
    /// What is added to that for each tier, in percent of it: the first is tier 0. Higher tiers than there are entries
    /// count as the last.
    pub tier_percent: Vec<u32>,
    /// Added for every day past the promise, in minor units.
    pub late_per_day_minor: u32,
    /// Added for every hour since the order was placed, in minor units.
    pub age_per_hour_minor: u32,
}

/// What is known of an order when its units are priced.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Urgency {
    /// The customer's tier, 0 the lowest.
    pub tier: u8,
    /// Days since the promised date, as of the day on which the units would ship later; negative: there is time.
    pub days_past_promise: i32,
    /// Hours since the order was placed.
    pub age_hours: u32,
}

impl Default for UnmetPolicy {
    /// All of the value, half as much again for each of two higher tiers, 5.00 a day late, 0.10 an hour.
    fn default() -> UnmetPolicy {
        UnmetPolicy {
            value_percent: 100,
            tier_percent: vec![0, 50, 100],
            late_per_day_minor: 500,
            age_per_hour_minor: 10,
        }
    }
}

impl UnmetPolicy {
    /// The price of one unmet unit of this value, in minor units, rounded down; never negative.
    pub fn price(&self, value_minor: i64, urgency: Urgency) -> i64 {
        let tier = self.tier_percent.get(usize::from(urgency.tier)).or(self.tier_percent.last());
        let value = i128::from(value_minor.max(0)) * i128::from(self.value_percent);
        let raised = value * i128::from(100 + u64::from(tier.copied().unwrap_or(0))) / 10_000;
        let days = u32::try_from(urgency.days_past_promise).unwrap_or(0);
        let late = u64::from(days) * u64::from(self.late_per_day_minor);
        let age = u64::from(urgency.age_hours) * u64::from(self.age_per_hour_minor);
        i64::try_from(raised + i128::from(late) + i128::from(age)).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_raises_the_price_and_none_lowers_it() {
        let policy = UnmetPolicy::default();
        let plain = Urgency::default();
        assert_eq!(policy.price(1_000, plain), 1_000);
        for (urgency, price) in [
            (Urgency { tier: 1, ..plain }, 1_500),
            (Urgency { tier: 2, ..plain }, 2_000),
            (Urgency { tier: 200, ..plain }, 2_000),
            (Urgency { days_past_promise: 2, ..plain }, 2_000),
            (Urgency { days_past_promise: -2, ..plain }, 1_000),
            (Urgency { age_hours: 24, ..plain }, 1_240),
        ] {
            assert_eq!(policy.price(1_000, urgency), price, "{urgency:?}");
        }
        assert_eq!(policy.price(-5, plain), 0);
        let most = Urgency { tier: 2, days_past_promise: i32::MAX, age_hours: u32::MAX };
        assert_eq!(policy.price(i64::MAX, most), i64::MAX);
        let none = UnmetPolicy { tier_percent: vec![], ..policy };
        assert_eq!(none.price(1_000, Urgency { tier: 1, ..plain }), 1_000);
    }

    #[test]
    fn the_wire_form_is_kept() {
        let json = r#"{"value_percent":100,"tier_percent":[0,50,100],"late_per_day_minor":500,"age_per_hour_minor":10}"#;
        assert_eq!(serde_json::to_string(&UnmetPolicy::default()).expect("serialises"), json);
        assert_eq!(serde_json::from_str::<UnmetPolicy>("{}").expect("reads"), UnmetPolicy::default());
        serde_json::from_str::<Urgency>(r#"{"vip":true}"#).expect_err("unknown");
    }
}
