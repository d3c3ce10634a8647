//! A promotion: a rule that gives a benefit.

use serde::{Deserialize, Serialize};

use crate::id::{BudgetId, FunderId, PromotionId};
use crate::money::{Currency, Money};
use crate::promotion::compile::check;
use crate::promotion::{Benefit, Condition};

/// A rule: when it applies, what it gives, how it gets on with others, who pays.
///
/// ```
/// use order_workflow::promotion::{Benefit, Condition, Filter, Give, Phase, Pick, Promotion};
/// use order_workflow::{Currency, Money};
///
/// let euros = |minor| Money::minor(minor, Currency::EUR);
/// let off = Benefit::Off { pick: Pick::all(Filter::all()), give: Give::Amount { amount: euros(500) }, cap: None };
/// let promotion = Promotion::new("five-off-fifty".parse()?, Phase::SHOP, off)
///     .with_when(Condition::subtotal_at_least(euros(5_000), Filter::all()))
///     .with_group("basket");
/// let json = serde_json::to_string(&promotion).unwrap();
/// assert_eq!(serde_json::from_str::<Promotion>(&json).unwrap(), promotion);
/// # Ok::<(), order_workflow::id::IdError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Promotion {
    /// Its name.
    pub promotion: PromotionId,
    /// Which edition of it, so that an old quote says what it was made with.
    #[serde(default = "first")]
    pub version: u32,
    /// When it is applied: earlier phases first.
    pub phase: Phase,
    /// Within a phase: higher first, then by name.
    #[serde(default)]
    pub priority: i32,
    /// When it applies; `None`: always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
    /// What it gives. All benefits are computed on the prices before this promotion and added, each within what the
    /// earlier ones left above the floor.
    pub gives: Vec<Benefit>,
    /// Which price benefits are computed on.
    #[serde(default)]
    pub base: Base,
    /// Nothing else may be applied with it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exclusive: bool,
    /// At most one promotion of a group is applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// It may be applied only together with these; empty: with any. Whoever is barred by one side is barred: what it does
    /// not name here can not be applied with it, whatever the other one says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only_with: Vec<Other>,
    /// It is never applied together with these. Mutual, like every exclusion, so that none can run in a circle.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_with: Vec<Other>,
    /// A unit takes part in at most one promotion of a unit class: one coupon a unit, say. Unlike
    /// [`Promotion::consumes_units`] it leaves the unit to promotions of other classes and of none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_class: Option<String>,
    /// Nothing that comes after it is applied. [`Stacking::Best`](crate::promotion::Stacking) does not ask for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stop_after: bool,
    /// Units that it discounts, or that were bought for it, are used up for every later promotion that consumes too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub consumes_units: bool,
    /// Who pays for it, by weight; empty: the house.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub funders: Vec<FunderShare>,
    /// How often and for how much it may be used.
    #[serde(default, skip_serializing_if = "Limits::is_unlimited")]
    pub limits: Limits,
}

fn first() -> u32 {
    1
}

impl Promotion {
    /// A promotion that always applies, stacks with all others and is paid by the house.
    pub fn new(promotion: PromotionId, phase: Phase, gives: Benefit) -> Promotion {
        Promotion {
            promotion,
            version: first(),
            phase,
            priority: 0,
            when: None,
            gives: vec![gives],
            base: Base::default(),
            exclusive: false,
            group: None,
            only_with: vec![],
            not_with: vec![],
            unit_class: None,
            stop_after: false,
            consumes_units: false,
            funders: vec![],
            limits: Limits::default(),
        }
    }

    /// The currency of its amounts; `None`: it names none, and fits any cart.
    pub fn currency(&self) -> Option<Currency> {
        check(self, &mut vec![])
    }

    /// The same, only when this holds; together with what it had to hold before.
    #[must_use]
    pub fn with_when(self, condition: Condition) -> Promotion {
        let when = match self.when {
            None => condition,
            Some(Condition::All { mut of }) => {
                of.push(condition);
                Condition::All { of }
            }
            Some(before) => Condition::All { of: vec![before, condition] },
        };
        Promotion { when: Some(when), ..self }
    }

    /// The same with one more benefit.
    #[must_use]
    pub fn with_benefit(mut self, benefit: Benefit) -> Promotion {
        self.gives.push(benefit);
        self
    }

    /// The same with another priority.
    #[must_use]
    pub fn with_priority(self, priority: i32) -> Promotion {
        Promotion { priority, ..self }
    }

    /// The same, computed on this price.
    #[must_use]
    pub fn with_base(self, base: Base) -> Promotion {
        Promotion { base, ..self }
    }

    /// The same as one of a group of which only one is applied.
    #[must_use]
    pub fn with_group(self, group: impl Into<String>) -> Promotion {
        Promotion { group: Some(group.into()), ..self }
    }

    /// The same, applied only together with this and others so named.
    #[must_use]
    pub fn with_only_with(mut self, other: Other) -> Promotion {
        self.only_with.push(other);
        self
    }

    /// The same, never applied together with this.
    #[must_use]
    pub fn with_not_with(mut self, other: Other) -> Promotion {
        self.not_with.push(other);
        self
    }

    /// The same as one of a class of which a unit takes part in one only.
    #[must_use]
    pub fn with_unit_class(self, unit_class: impl Into<String>) -> Promotion {
        Promotion { unit_class: Some(unit_class.into()), ..self }
    }

    /// Whether the two can not be applied together: they share a group, one of them is exclusive, or one of them bars the
    /// other by name.
    ///
    /// ```
    /// # use order_workflow::promotion::{Benefit, Filter, Give, Other, Phase, Pick, Promotion};
    /// # use order_workflow::{Currency, Money};
    /// # let give = Give::Amount { amount: Money::minor(500, Currency::EUR) };
    /// # let off = Benefit::Off { pick: Pick::all(Filter::all()), give, cap: None };
    /// # let named = |name: &str| Promotion::new(name.parse().unwrap(), Phase::SHOP, off.clone());
    /// let staff = named("staff").with_only_with(Other::Group("newsletter".to_owned()));
    /// let (letter, sale) = (named("letter-5").with_group("newsletter"), named("sale"));
    /// assert!(!staff.bars(&letter) && !letter.bars(&staff));
    /// assert!(staff.bars(&sale) && sale.bars(&staff)); // the sale has nothing against it, but that is not enough
    /// ```
    pub fn bars(&self, other: &Promotion) -> bool {
        self.exclusive
            || other.exclusive
            || (self.group.is_some() && self.group == other.group)
            || self.bars_by_name(other)
            || other.bars_by_name(self)
    }

    fn bars_by_name(&self, other: &Promotion) -> bool {
        (!self.only_with.is_empty() && !self.only_with.iter().any(|one| one.is(other)))
            || self.not_with.iter().any(|one| one.is(other))
    }

    /// The same, applied alone or not at all.
    #[must_use]
    pub fn with_exclusive(self) -> Promotion {
        Promotion { exclusive: true, ..self }
    }

    /// The same; what comes after it is not applied.
    #[must_use]
    pub fn with_stop_after(self) -> Promotion {
        Promotion { stop_after: true, ..self }
    }

    /// The same; units that serve it serve no other that consumes.
    #[must_use]
    pub fn with_consumed_units(self) -> Promotion {
        Promotion { consumes_units: true, ..self }
    }

    /// The same with one more that pays for it.
    #[must_use]
    pub fn with_funder(mut self, funder: FunderId, weight: u32) -> Promotion {
        self.funders.push(FunderShare { funder, weight });
        self
    }

    /// The same with limits.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Promotion {
        Promotion { limits, ..self }
    }
}

/// Promotions, named from another one.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Other {
    /// This one.
    Promotion(PromotionId),
    /// Those of this group.
    Group(String),
    /// Those of this unit class.
    UnitClass(String),
}

impl std::fmt::Display for Other {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Other::Promotion(name) => write!(f, "promotion `{name}`"),
            Other::Group(group) => write!(f, "group `{group}`"),
            Other::UnitClass(class) => write!(f, "unit class `{class}`"),
        }
    }
}

impl Other {
    /// Whether a promotion is meant.
    pub fn is(&self, promotion: &Promotion) -> bool {
        match self {
            Other::Promotion(name) => promotion.promotion == *name,
            Other::Group(group) => promotion.group.as_ref() == Some(group),
            Other::UnitClass(class) => promotion.unit_class.as_ref() == Some(class),
        }
    }
}

/// When a promotion is applied: lower numbers first. A host may use any number; these five are the usual ones.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Phase(pub u8);

impl Phase {
    /// Off single lines.
    pub const ITEM: Phase = Phase(10);
    /// Off the basket of a shop.
    pub const SHOP: Phase = Phase(20);
    /// Off baskets across shops.
    pub const PLATFORM: Phase = Phase(30);
    /// For how it is paid.
    pub const PAYMENT: Phase = Phase(40);
    /// Off shipping.
    pub const SHIPPING: Phase = Phase(50);
}

/// Which price a benefit is computed on. Whatever it is, a unit gives no more than stands between its price at that
/// moment and its floor.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Base {
    /// The price after the promotions applied before: percentages compound.
    #[default]
    Running,
    /// The list price: percentages add up.
    List,
}

/// One that pays for a promotion.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FunderShare {
    /// Who.
    pub funder: FunderId,
    /// Which part: this weight of all weights.
    pub weight: u32,
}

/// How often and for how much a promotion may be used. The limits themselves are pools of a reservation store: a quote names the legs
/// ([`Quote::claims`](crate::promotion::Quote::claims)), so that they hold under races.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Orders in all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uses: Option<u32>,
    /// Orders of one customer. A guest counts for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uses_per_customer: Option<u32>,
    /// What discounts are taken from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<Budget>,
    /// What all discounts for one customer come to at most. A guest's count for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount_per_customer: Option<Money>,
}

impl Limits {
    fn is_unlimited(&self) -> bool {
        *self == Limits::default()
    }
}

/// A sum of money that discounts are taken from; several promotions and coupons may share one. A discount that both a
/// promotion and its coupon count against one sum is taken from it twice. An order whose coupons share a sum that no longer
/// holds all of them is told of each as if it were alone: hold such coupons in full, or in reservations of their own.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// Its name.
    pub budget: BudgetId,
    /// What it holds when it is new; later the store's own limit counts.
    pub limit: Money,
}
