//! What a shopper is told.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::inventory::{Arrival, Availability};

/// What a shopper is told of a SKU.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "view", rename_all = "snake_case", deny_unknown_fields)]
pub enum ShopperView {
    /// It can be had.
    InStock,
    /// It can be had, but not for long.
    Low {
        /// How many there are.
        left: i64,
    },
    /// This shopper can have fewer than there are.
    Limited {
        /// How many; zero: no more, though others can have some.
        max: i64,
    },
    /// It can be ordered before it is out.
    Presale {
        /// When it ships at the latest.
        ships_by: DateTime<Utc>,
    },
    /// It can be ordered and comes later.
    Backorder {
        /// When it is there; `None`: not known.
        eta: Option<DateTime<Utc>>,
    },
    /// It cannot be had.
    SoldOut,
}

/// When a shopper is told that little is left.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ViewPolicy {
    /// At so many or fewer; zero: never.
    pub low_at: u32,
}

impl Default for ViewPolicy {
    /// At five.
    fn default() -> Self {
        ViewPolicy { low_at: 5 }
    }
}

impl ViewPolicy {
    /// Tells at so many or fewer.
    #[must_use]
    pub fn with_low_at(self, low_at: u32) -> Self {
        ViewPolicy { low_at }
    }
}

/// What can be had, and how: what the view is made of.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outlook {
    /// How many a reserve would get from the shelves; `None`: any number.
    pub available: Option<i64>,
    /// How many this shopper may still buy; `None`: any number.
    #[serde(default)]
    pub customer_left: Option<i64>,
    /// On presale, and this shopper can have one: when it ships at the latest.
    #[serde(default)]
    pub presale: Option<DateTime<Utc>>,
    /// To be ordered for later.
    #[serde(default)]
    pub backorder: Option<BackorderOffer>,
}

/// What is to be ordered for later.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackorderOffer {
    /// When it is there; `None`: not known.
    pub eta: Option<DateTime<Utc>>,
}

impl Outlook {
    /// The outlook on what [`availability`](crate::inventory::availability) found, on what is on its way, and on what
    /// this shopper may still buy.
    ///
    /// Shelves that have nothing left but their backorder allowance count as backorders, with the date of the next
    /// arrival. Of the arrivals that have something left, the first on presale and the first that is not matter (by
    /// date, then arrival id). Who may buy nothing more, or whose channel may sell nothing more, gets neither.
    pub fn of(stock: &Availability, arrivals: &[Arrival], customer_left: Option<i64>) -> Outlook {
        let of_sku = arrivals.iter().filter(|arrival| arrival.from.sku == stock.sku);
        let key = |arrival: &&Arrival| (arrival.eta, arrival.from.inbound.clone());
        let with_some = || of_sku.clone().filter(|arrival| arrival.has_some());
        let presale = with_some().filter(|arrival| arrival.presale_ships_by.is_some()).min_by_key(key);
        let later = with_some().filter(|arrival| arrival.presale_ships_by.is_none()).min_by_key(key);
        let may_buy = customer_left.is_none_or(|left| left > 0) && stock.quota_left != Some(0);
        let is_there = stock.ready > 0;
        let allowance = !is_there && stock.available != Some(0);
        let backorder = if allowance {
            Some(BackorderOffer { eta: of_sku.clone().map(|arrival| arrival.eta).min() })
        } else {
            later.map(|arrival| BackorderOffer { eta: Some(arrival.eta) })
        };
        Outlook {
            available: if is_there { stock.available } else { Some(0) },
            customer_left,
            presale: presale.and_then(|arrival| arrival.presale_ships_by).filter(|_| may_buy),
            backorder: backorder.filter(|_| may_buy),
        }
    }
}

/// What a shopper is told: the first that holds. If something is available: limited, if this shopper may have fewer;
/// low, if few are left; in stock. If not: presale, backorder, sold out.
///
/// **Invariant:** on an [`Outlook::of`] the levels of a moment, a reserve of one unit at that moment is granted unless
/// the view is `SoldOut` or `Limited { max: 0 }`; of `Low { left }` or `Limited { max }` so many are granted, and one
/// more is refused.
///
/// ```
/// use order_workflow::inventory::{Outlook, ShopperView, ViewPolicy, view};
///
/// let few = Outlook { available: Some(4), customer_left: None, presale: None, backorder: None };
/// assert_eq!(view(&few, &ViewPolicy::default()), ShopperView::Low { left: 4 });
/// let limited = Outlook { customer_left: Some(2), ..few };
/// assert_eq!(view(&limited, &ViewPolicy::default()), ShopperView::Limited { max: 2 });
/// ```
pub fn view(outlook: &Outlook, policy: &ViewPolicy) -> ShopperView {
    let Outlook { available, customer_left, presale, backorder } = *outlook;
    if available.is_none_or(|available| available > 0) {
        let fewer = |left: &i64| available.is_none_or(|available| *left < available);
        return match (customer_left.filter(fewer), available) {
            (Some(left), _) => ShopperView::Limited { max: left.max(0) },
            (None, Some(left)) if left <= policy.low_at.into() => ShopperView::Low { left },
            (None, _) => ShopperView::InStock,
        };
    }
    match (presale, backorder) {
        (Some(ships_by), _) => ShopperView::Presale { ships_by },
        (None, Some(BackorderOffer { eta })) => ShopperView::Backorder { eta },
        (None, None) => ShopperView::SoldOut,
    }
}
