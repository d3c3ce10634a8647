//! Which lines a condition or a benefit looks at.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::{SellerId, Sku};
use crate::money::Money;
use crate::promotion::CartLine;

/// Which lines of a cart are meant: those that fit every key that is given. A filter without keys means all.
///
/// ```
/// use order_workflow::promotion::{CartLine, Filter};
/// use order_workflow::{Currency, Money};
///
/// let mug = CartLine::new("1".parse()?, "mug".parse()?, 2, Money::minor(900, Currency::EUR))
///     .with_category("home/kitchen");
/// assert!(Filter::category("home").fits(&mug)); // and all below it
/// assert!(!Filter::category("hom").fits(&mug));
/// assert!(!Filter::all().but(Filter::sku("mug".parse()?)).fits(&mug));
/// # Ok::<(), order_workflow::id::IdError>(())
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Filter {
    /// Any of these SKUs; empty: any SKU.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skus: Vec<Sku>,
    /// Any of these categories or one below it (`home` holds `home/kitchen`); empty: any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// Any of these brands; empty: any, or none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub brands: Vec<String>,
    /// Any of these sellers; empty: any, or none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sellers: Vec<SellerId>,
    /// All of these attributes.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// A list price of at least this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_unit_price: Option<Money>,
    /// A list price of at most this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_unit_price: Option<Money>,
    /// Only lines of which no promotion applied before has discounted a unit. It is about lines, so it is the one filter
    /// for which splitting a line can change an answer.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub not_discounted: bool,
    /// Not these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub but: Option<Box<Filter>>,
}

impl Filter {
    /// Every line.
    pub fn all() -> Filter {
        Filter::default()
    }

    /// One SKU.
    pub fn sku(sku: Sku) -> Filter {
        Filter { skus: vec![sku], ..Filter::default() }
    }

    /// A category and all below it.
    pub fn category(category: impl Into<String>) -> Filter {
        Filter { categories: vec![category.into()], ..Filter::default() }
    }

    /// One brand.
    pub fn brand(brand: impl Into<String>) -> Filter {
        Filter { brands: vec![brand.into()], ..Filter::default() }
    }

    /// One seller.
    pub fn seller(seller: SellerId) -> Filter {
        Filter { sellers: vec![seller], ..Filter::default() }
    }

    /// The same lines without those of `other`.
    #[must_use]
    pub fn but(self, other: Filter) -> Filter {
        Filter { but: Some(Box::new(other)), ..self }
    }

    /// The same lines, as long as no promotion has discounted them.
    #[must_use]
    pub fn not_discounted(self) -> Filter {
        Filter { not_discounted: true, ..self }
    }

    /// Whether a line fits, whatever promotions did to it: [`Filter::not_discounted`] is judged when one is applied.
    pub fn fits(&self, line: &CartLine) -> bool {
        let price = line.unit_price.minor_units();
        (self.skus.is_empty() || self.skus.contains(&line.sku))
            && (self.categories.is_empty() || self.categories.iter().any(|top| is_in(&line.category, top)))
            && (self.brands.is_empty()
                || line.brand.as_ref().is_some_and(|brand| self.brands.contains(brand)))
            && (self.sellers.is_empty()
                || line.seller.as_ref().is_some_and(|seller| self.sellers.contains(seller)))
            && self.attributes.iter().all(|(name, value)| line.attributes.get(name) == Some(value))
            && self.min_unit_price.is_none_or(|least| price >= least.minor_units())
            && self.max_unit_price.is_none_or(|most| price <= most.minor_units())
            && !self.but.as_ref().is_some_and(|but| but.fits(line))
    }

    /// Whether lines may stop to fit while promotions are applied.
    pub(super) fn moves(&self) -> bool {
        self.not_discounted
    }

    /// What it comes to, if that is said in a word.
    pub(super) fn only(&self) -> Only<'_> {
        let Filter {
            skus,
            categories,
            brands,
            sellers,
            attributes,
            min_unit_price: None,
            max_unit_price: None,
            not_discounted: false,
            but: None,
        } = self
        else {
            return Only::Other;
        };
        if !brands.is_empty() || !sellers.is_empty() || !attributes.is_empty() {
            return Only::Other;
        }
        match (skus.as_slice(), categories.as_slice()) {
            ([], []) => Only::All,
            ([sku], []) => Only::Sku(sku),
            ([], [category]) => Only::Category(category),
            _ => Only::Other,
        }
    }

    /// Every amount that it names.
    pub(super) fn amounts(&self, each: &mut dyn FnMut(Money)) {
        self.min_unit_price.iter().chain(&self.max_unit_price).for_each(|amount| each(*amount));
        if let Some(but) = &self.but {
            but.amounts(each);
        }
    }

    /// How deep filters are nested in it, itself included.
    pub(super) fn depth(&self) -> usize {
        1 + self.but.as_ref().map_or(0, |but| but.depth())
    }
}

/// Which lines a filter means: all, those of one name, or such as need more words.
pub(super) enum Only<'f> {
    All,
    Sku(&'f Sku),
    Category(&'f str),
    Other,
}

/// Whether `category` is `top` or lies below it.
pub(super) fn is_in(category: &str, top: &str) -> bool {
    category.strip_prefix(top).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
