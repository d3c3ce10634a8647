use serde::{Deserialize, Serialize};

use super::payment::RefundSplit;

/// What a host decides once for its orders. It is written into the order at placing, so that a replay
/// years later follows the policy of that day.
///
/// ```
/// use order_workflow::order::{CaptureWhen, OrderPolicy};
/// let policy = OrderPolicy::default().with_capture(CaptureWhen::OnShip).with_short_tolerance_minor(5);
/// assert_eq!(policy.return_window_seconds, 14 * 86_400);
/// # assert_eq!(policy.short_tolerance_minor, 5);
/// ```
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OrderPolicy {
    /// Confirm by itself once covered; otherwise wait for the request.
    pub auto_confirm: bool,
    /// When authorised money is taken.
    pub capture: CaptureWhen,
    /// What happens with money that comes after the order timed out.
    pub late_money: LateMoney,
    /// How much an order may be paid short and still count as covered, in minor units.
    pub short_tolerance_minor: i64,
    /// How a refund is shared among several tenders.
    pub refund_split: RefundSplit,
    /// From delivery to completion, in seconds.
    pub return_window_seconds: u32,
    /// How long an approved return may take to arrive, in seconds; then the unit stays with the customer.
    pub return_arrival_seconds: u32,
    /// How long a unit waits at the counter, in seconds.
    pub pick_up_seconds: u32,
    /// Whether a warehouse fact that skips stages is an anomaly.
    pub strict_stages: bool,
    /// How often a failed capture, void or refund is tried in all before people are asked.
    pub gateway_attempts: u32,
    /// Authorise again by itself when an authorisation runs out.
    pub reauthorise: bool,
    /// What becomes of the money of a unit that came back damaged.
    pub damaged_return: DamagedReturn,
    /// Which ways notices go.
    pub notify: Channels,
    /// How far a fact's own time may lie before the order or after its receipt and still be believed, in
    /// seconds.
    pub clock_skew_seconds: u32,
}

impl Default for OrderPolicy {
    fn default() -> Self {
        Self {
            auto_confirm: true,
            capture: CaptureWhen::OnConfirm,
            late_money: LateMoney::Refund,
            short_tolerance_minor: 0,
            refund_split: RefundSplit::Proportional,
            return_window_seconds: 14 * 86_400,
            return_arrival_seconds: 30 * 86_400,
            pick_up_seconds: 7 * 86_400,
            strict_stages: false,
            gateway_attempts: 3,
            reauthorise: true,
            damaged_return: DamagedReturn::Refund,
            notify: Channels { sms: false, push: true, email: true },
            clock_skew_seconds: 86_400,
        }
    }
}

impl OrderPolicy {
    /// With another time of capture.
    pub fn with_capture(self, capture: CaptureWhen) -> Self {
        Self { capture, ..self }
    }

    /// With another treatment of late money.
    pub fn with_late_money(self, late_money: LateMoney) -> Self {
        Self { late_money, ..self }
    }

    /// With another tolerance, in minor units.
    pub fn with_short_tolerance_minor(self, short_tolerance_minor: i64) -> Self {
        Self { short_tolerance_minor, ..self }
    }

    /// With another way to share refunds.
    pub fn with_refund_split(self, refund_split: RefundSplit) -> Self {
        Self { refund_split, ..self }
    }

    /// With or without confirmation by itself.
    pub fn with_auto_confirm(self, auto_confirm: bool) -> Self {
        Self { auto_confirm, ..self }
    }

    /// With skipped stages as anomalies, or not.
    pub fn with_strict_stages(self, strict_stages: bool) -> Self {
        Self { strict_stages, ..self }
    }
}

/// When authorised money is taken.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaptureWhen {
    /// As soon as the order is confirmed.
    #[default]
    OnConfirm,
    /// With each shipment, as much as was shipped; charges with the first.
    OnShip,
    /// Only by the request `Capture`.
    ByHand,
}

/// What happens with money that comes after the order timed out.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LateMoney {
    /// It goes back.
    #[default]
    Refund,
    /// Once everything is paid, stock is asked for; `StockHeld` opens the order again, `StockGone` refunds.
    TryReinstate,
}

/// What becomes of the money of a unit that came back damaged.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DamagedReturn {
    /// Refunded like a sellable one.
    #[default]
    Refund,
    /// The customer keeps owing it: the unit is completed, nothing is credited.
    Keep,
}

/// Which ways notices go.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Channels {
    /// Text message.
    pub sms: bool,
    /// App push.
    pub push: bool,
    /// E-mail.
    pub email: bool,
}
