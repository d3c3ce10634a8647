//! A shop that keeps nothing but stock with this crate: reservations over the memory store, inventory's policies
//! to decide what to ask of it. No order, no async, no journal.

use chrono::{DateTime, Utc};
use order_workflow::{
    calendar::Zone,
    decision::Explain,
    inventory::{
        Availability, AvailabilityPolicy, AvailabilityQuery, Buyer, Outlook, Per, Period, PurchaseLimit,
        ShelfLevel, Shelves, ShopperView, StockPolicy, ViewPolicy, availability, limit_legs, view,
    },
    reservation::{Act, Command, MemoryStore, Outcome, ReservationStore},
};

type Anything = Box<dyn std::error::Error>;

/// The shop's stock: what its shelves are to keep, and the store that counts them.
struct Shop {
    shelves: Shelves,
    store: MemoryStore,
    ops: u64,
}

impl Shop {
    /// Carries out one act under an op of its own.
    fn act(&mut self, act: Act, at: DateTime<Utc>) -> Result<Outcome, Anything> {
        self.ops += 1;
        let mut answers = vec![];
        self.store.execute_into(&[Command { op: self.ops.into(), act }], at, &mut answers);
        Ok(answers.pop().ok_or("one answer a command")??)
    }

    /// What of a SKU can be sold, and why not more.
    fn available(&self, sku: &str, at: DateTime<Utc>) -> Result<Availability, Anything> {
        let pools: Vec<_> = self.shelves.iter().map(|(pool, _)| pool.clone()).collect();
        let levels = pollster::block_on(self.store.levels(&pools, at))?;
        let known = self.shelves.iter().zip(levels);
        let shelves: Vec<ShelfLevel> = known
            .filter_map(|((pool, policy), level)| {
                Some(ShelfLevel { pool: pool.clone(), policy: *policy, level: level? })
            })
            .collect();
        let query = AvailabilityQuery { shelves: &shelves, arrivals: &[], quota_left: None };
        Ok(availability(&sku.parse()?, &query, &AvailabilityPolicy::default(), Explain::Brief))
    }
}

#[test]
fn a_shop_sells_its_stock_and_no_more() -> Result<(), Anything> {
    let at: DateTime<Utc> = "2026-06-01T10:00:00Z".parse()?;
    let shelves = Shelves::new()
        .with_shelf("north".parse()?, "tea".parse()?, StockPolicy::default().with_safety(2))
        .with_shelf("south".parse()?, "tea".parse()?, StockPolicy::default());
    let mut shop = Shop { shelves, store: MemoryStore::new(), ops: 0 };
    for act in shop.shelves.floors() {
        shop.act(act, at)?;
    }
    let north = shop.shelves.iter().next().ok_or("a shelf")?.0.clone();
    shop.act(shop.shelves.receive(&north, 8)?, at)?;

    // What the page shows is what a reserve will answer: six of eight, two stay for safety.
    let stock = shop.available("tea", at)?;
    let low_at_ten = ViewPolicy::default().with_low_at(10);
    assert_eq!(view(&Outlook::of(&stock, &[], None), &low_at_ten), ShopperView::Low { left: 6 });

    // A buyer may have four a day; the limit is held in the same command as the units.
    let limit =
        PurchaseLimit::new("tea-a-day".parse()?, Per::Customer, 4, Period::Day { zone: Zone::named("UTC")? });
    let buyer = Buyer::default().with_customer("c-1".parse()?);
    let reserve = |name: &str, units: u32| -> Result<Act, Anything> {
        let mut legs = stock.legs(units)?;
        legs.extend(limit_legs(std::slice::from_ref(&limit), &buyer, units, at)?);
        Ok(Act::Reserve {
            reservation: name.parse()?,
            legs,
            until: Some(at + chrono::TimeDelta::minutes(15)),
        })
    };
    shop.act(reserve("o-1/r1.0", 3)?, at)?;
    let refused = shop.act(reserve("o-2/r1.0", 2)?, at).unwrap_err();
    assert!(refused.to_string().contains("limit `tea-a-day`"), "{refused}");

    // It ships; what comes back in good order is on the shelf again.
    shop.act(Act::Use { reservation: "o-1/r1.0".parse()?, parts: None }, at)?;
    assert_eq!(shop.available("tea", at)?.available, Some(3));
    Ok(())
}
