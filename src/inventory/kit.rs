//! Kits and bundles: sold as one, stocked as their components.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::{LocationId, Sku};
use crate::inventory::InventoryRefusal;
use crate::reservation::{LEGS_MAX, Leg, Pool};

/// What is sold as one SKU and taken from the shelves of others.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kit {
    /// Its own SKU, which has no shelf.
    pub sku: Sku,
    /// What it is made of. A component that is named twice counts twice.
    pub components: Vec<Component>,
}

/// A component of a kit.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// What.
    pub sku: Sku,
    /// How many units a kit.
    pub units: u32,
}

impl Kit {
    /// How many kits can be made of what is `free`; `None`: any number. A component that is not in `free` has none,
    /// one whose value is `None` is without end.
    ///
    /// ```
    /// use std::collections::BTreeMap;
    /// use order_workflow::inventory::{Component, Kit};
    ///
    /// let part = |sku: &str, units| Ok::<_, order_workflow::id::IdError>(Component { sku: sku.parse()?, units });
    /// let set = Kit { sku: "tea-set".parse()?, components: vec![part("cup", 4)?, part("pot", 1)?] };
    /// let free = BTreeMap::from([("cup".parse()?, Some(11)), ("pot".parse()?, Some(7))]);
    /// assert_eq!(set.available(&free)?, Some(2));
    /// assert_eq!(set.legs(2, &"north".parse()?)?[0].units, 8);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`InventoryRefusal::EmptyKit`].
    pub fn available(&self, free: &BTreeMap<Sku, Option<i64>>) -> Result<Option<i64>, InventoryRefusal> {
        let kits = self.needs()?.into_iter().filter_map(|(sku, units)| {
            let free = free.get(sku).copied().unwrap_or(Some(0))?;
            Some(i64::try_from(i128::from(free.max(0)) / units).unwrap_or(i64::MAX))
        });
        Ok(kits.min())
    }

    /// The legs for so many kits, of shelves at one location.
    ///
    /// # Errors
    /// As [`kit_legs`].
    pub fn legs(&self, kits: u32, location: &LocationId) -> Result<Vec<Leg>, InventoryRefusal> {
        kit_legs(&[(self, kits)], location)
    }

    /// Units of each component a kit.
    fn needs(&self) -> Result<BTreeMap<&Sku, i128>, InventoryRefusal> {
        let empty = |component| Err(InventoryRefusal::EmptyKit { kit: self.sku.clone(), component });
        if self.components.is_empty() {
            return empty(None);
        }
        let mut needs: BTreeMap<&Sku, i128> = BTreeMap::new();
        for Component { sku, units } in &self.components {
            if *units == 0 {
                return empty(Some(sku.clone()));
            }
            *needs.entry(sku).or_default() += i128::from(*units); // a list in memory cannot make it overflow
        }
        Ok(needs)
    }
}

/// The legs for several kits at once, by component: what two of them share is summed. None for no kits at all.
///
/// # Errors
/// [`EmptyKit`](InventoryRefusal::EmptyKit), the first kit's first;
/// [`TooManyLegs`](InventoryRefusal::TooManyLegs) if more components are needed than one command can name.
pub fn kit_legs(kits: &[(&Kit, u32)], location: &LocationId) -> Result<Vec<Leg>, InventoryRefusal> {
    let mut sums: BTreeMap<&Sku, i128> = BTreeMap::new();
    for (kit, count) in kits {
        for (sku, units) in kit.needs()? {
            let sum = sums.entry(sku).or_default();
            *sum = sum.saturating_add(units.saturating_mul(i128::from(*count)));
        }
    }
    sums.retain(|_, units| *units > 0);
    if sums.len() > LEGS_MAX {
        return Err(InventoryRefusal::TooManyLegs { legs: sums.len() as u64 });
    }
    let leg = |(sku, units): (&Sku, i128)| {
        // More than 64 bits hold is more than any pool has: the store refuses it.
        Leg::all(Pool::stock(location.clone(), sku.clone()), i64::try_from(units).unwrap_or(i64::MAX))
    };
    Ok(sums.into_iter().map(leg).collect())
}
