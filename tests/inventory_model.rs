//! Inventory held to second opinions: the store's own `plan`, counting one by one, trying everything.

#[cfg(test)]
mod inventory_model {
    use std::collections::BTreeMap;

    use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
    use order_workflow::{
        calendar::Zone,
        decision::Explain,
        id::{ChannelId, LocationId, Sku},
        inventory::{
            Alert, AlertChange, AlertRule, AlertState, Arrival, AvailabilityPolicy, AvailabilityQuery, Buyer,
            Component, Demand, Donor, Inbound, Kit, Lender, Lot, LotPolicy, Outlook, OverLimit, Per, Period,
            Purchase, PurchaseLimit, QuotaRule, SerialAnswer, SerialChange, SerialFact, SerialRegister,
            ShelfLevel, Shelves, ShopperView, SlidingLimit, StockPolicy, TransferPolicy, ViewPolicy,
            availability, kit_legs, limit_legs, pick_lots, promise, propose_transfer, view,
        },
        money::{Currency, Money},
        reservation::{
            Act, Command, Leg, Level, MemoryStore, Outcome, Pool, PoolRow, ReservationStore, Rows, plan,
        },
    };
    use proptest::{collection::vec, option, prelude::*, sample::select};

    fn at() -> DateTime<Utc> {
        "2026-06-01T10:00:00Z".parse().unwrap()
    }

    fn sku() -> Sku {
        "tea".parse().unwrap()
    }

    fn place(name: impl std::fmt::Display) -> LocationId {
        name.to_string().parse().unwrap()
    }

    fn row(level: &Level) -> PoolRow {
        let Level { limit, floor, reserved, used } = *level;
        PoolRow { limit, floor, reserved, used, lapsed: 0, clock: at() }
    }

    /// When an arrival comes, and which it is; `None`: it is there.
    type Due = Option<(DateTime<Utc>, String)>;

    /// What a reserve of these legs would hold, leg by leg; `None`: refused.
    fn held(rows: &Rows, legs: Vec<Leg>) -> Option<Vec<i64>> {
        let pools: Vec<Pool> = legs.iter().map(|leg| leg.pool.clone()).collect();
        let reservation = "o-1/r1.0".parse().unwrap();
        let act = Act::Reserve { reservation, legs, until: None };
        let (answer, changes) = plan(&Command { op: "1".parse().unwrap(), act }, rows, at());
        answer.ok()?;
        let (_, reserved) = changes.reservations.first()?;
        Some(pools.iter().map(|pool| reserved.held(pool)).collect())
    }

    fn policy() -> impl Strategy<Value = StockPolicy> {
        let backorder = prop_oneof![3 => Just(Some(0)), 1 => option::of(0..6_u32)];
        (0..4_u32, 0..3_u32, backorder, prop::bool::weighted(0.9)).prop_map(
            |(safety, damaged, backorder, open)| {
                StockPolicy::default()
                    .with_safety(safety)
                    .with_damaged(damaged)
                    .with_backorder(backorder)
                    .with_open(open)
            },
        )
    }

    fn level(floor: Option<i64>) -> impl Strategy<Value = Level> {
        (0..12_i64, 0..8_i64, 0..4_i64).prop_map(move |(on_hand, reserved, used)| Level {
            limit: on_hand + used,
            floor,
            reserved,
            used,
        })
    }

    fn shelves() -> impl Strategy<Value = Vec<ShelfLevel>> {
        let shelf = policy().prop_flat_map(|policy| (Just(policy), level(policy.floor())));
        vec(shelf, 0..4).prop_map(|shelves| {
            let shelf = |(index, (policy, level))| {
                let pool = Pool::stock(place(format!("l{index}")), sku());
                ShelfLevel { pool, policy, level }
            };
            shelves.into_iter().enumerate().map(shelf).collect()
        })
    }

    fn arrivals() -> impl Strategy<Value = Vec<Arrival>> {
        vec((0..4_i64, 0..6_i64, 0..3_i64, any::<bool>()), 0..3).prop_map(|given| {
            let arrival = |(index, (expected, reserved, days, presale)): (usize, (i64, i64, i64, bool))| {
                let eta = at() + TimeDelta::days(days);
                Arrival {
                    from: Inbound { location: place("l0"), sku: sku(), inbound: (index as u64).into() },
                    eta,
                    presale_ships_by: presale.then_some(eta + TimeDelta::days(1)),
                    level: Level { limit: 0, floor: Some(-expected), reserved, used: 0 },
                }
            };
            given.into_iter().enumerate().map(arrival).collect()
        })
    }

    /// Quota and limit pools that every leg set must pass.
    #[derive(Clone, Debug)]
    struct Gates {
        quota: Option<Level>,
        limit: Option<Level>,
    }

    impl Gates {
        fn quota_pool() -> Pool {
            Pool::Quota { channel: "web".parse().unwrap(), sku: sku() }
        }

        fn limit_pool() -> Pool {
            let (rule, subject) = ("two".parse().unwrap(), "c-1".parse().unwrap());
            Pool::Limit { rule, subject, from: at(), until: at() + TimeDelta::days(1) }
        }

        fn legs(&self, mut legs: Vec<Leg>, units: i64) -> Vec<Leg> {
            legs.extend(self.quota.map(|_| Leg::all(Self::quota_pool(), units)));
            legs.extend(self.limit.map(|_| Leg::all(Self::limit_pool(), units)));
            legs
        }
    }

    fn gates() -> impl Strategy<Value = Gates> {
        (option::weighted(0.4, level(Some(0))), option::weighted(0.4, level(Some(0))))
            .prop_map(|(quota, limit)| Gates { quota, limit })
    }

    proptest! {
        /// What the shopper is told is what a reserve at that moment answers.
        #[test]
        fn the_view_is_what_a_reserve_would_answer(
            shelves in shelves(), arrivals in arrivals(), gates in gates(), low_at in 0..8_u32,
            pool_safety in prop_oneof![3 => Just(0_u32), 1 => 0..6_u32],
        ) {
            let mut rows = Rows::default();
            rows.pools.extend(shelves.iter().map(|shelf| (shelf.pool.clone(), row(&shelf.level))));
            rows.pools.extend(arrivals.iter().map(|arrival| (arrival.from.pool(), row(&arrival.level))));
            rows.pools.extend(gates.quota.map(|level| (Gates::quota_pool(), row(&level))));
            rows.pools.extend(gates.limit.map(|level| (Gates::limit_pool(), row(&level))));

            let quota_left = gates.quota.and_then(|level| level.available());
            let customer_left = gates.limit.and_then(|level| level.available());
            let query = AvailabilityQuery { shelves: &shelves, arrivals: &arrivals, quota_left };
            let policy = AvailabilityPolicy::default().with_pool_safety(pool_safety);
            let stock = availability(&sku(), &query, &policy, Explain::Brief);
            let full = availability(&sku(), &query, &policy, Explain::Full);
            prop_assert!(full.reasons.len() >= stock.reasons.len() && stock.reasons.is_empty());
            prop_assert_eq!(&stock, &order_workflow::inventory::Availability { reasons: vec![], ..full });

            // What the shelves hold together, as the store would say it.
            let all = shelves.iter().map(|shelf| Leg::up_to(shelf.pool.clone(), 1_000));
            let total: i64 = held(&rows, all.collect()).unwrap_or_default().iter().sum();
            let mut most = (total - i64::from(pool_safety)).max(0);
            if let Some(left) = quota_left {
                most = most.min(left.max(0));
            }
            if total < 900 {
                prop_assert_eq!(stock.available, Some(most));
            } else {
                prop_assert_eq!(stock.available, quota_left.map(|left| left.max(0))); // some shelf is without end
            }

            // Units of the shelves, however they are spread.
            let shelf_units = |units: i64| {
                let legs = stock.legs(u32::try_from(units).unwrap()).ok()?;
                held(&rows, gates.legs(legs, units))
            };
            let inbound_unit = |presale: bool| {
                arrivals.iter().filter(|arrival| arrival.presale_ships_by.is_some() == presale).any(|arrival| {
                    held(&rows, gates.legs(vec![Leg::all(arrival.from.pool(), 1)], 1)).is_some()
                })
            };
            let outlook = Outlook::of(&stock, &arrivals, customer_left);
            let shown = view(&outlook, &ViewPolicy::default().with_low_at(low_at));
            match shown {
                ShopperView::InStock => {
                    prop_assert!(shelf_units(1).is_some());
                    prop_assert!(shelf_units(i64::from(low_at) + 1).is_some(), "few are left");
                }
                ShopperView::Low { left } => {
                    prop_assert!(left > 0 && left <= i64::from(low_at));
                    prop_assert!(shelf_units(left).is_some());
                    prop_assert!(shelf_units(left + 1).is_none());
                }
                ShopperView::Limited { max } => {
                    prop_assert!(max == 0 || shelf_units(max).is_some());
                    prop_assert!(shelf_units(max + 1).is_none());
                }
                ShopperView::Presale { .. } => {
                    prop_assert!(inbound_unit(true));
                    prop_assert!(stock.ready == 0, "some are there");
                }
                ShopperView::Backorder { .. } => {
                    prop_assert!(inbound_unit(false) || shelf_units(1).is_some());
                    prop_assert!(!inbound_unit(true), "presale comes first");
                    prop_assert!(stock.ready == 0, "some are there");
                }
                ShopperView::SoldOut => {
                    prop_assert!(shelf_units(1).is_none());
                    prop_assert!(!inbound_unit(true) && !inbound_unit(false));
                    // Not by another choice of shelf either, but for what stays of all shelves together.
                    for shelf in shelves.iter().filter(|_| pool_safety == 0) {
                        let legs = gates.legs(vec![Leg::all(shelf.pool.clone(), 1)], 1);
                        prop_assert!(held(&rows, legs).is_none());
                    }
                }
            }
        }

        /// Goods on their way: no promise is made twice, no unit is lost, and what nobody holds is on the shelf.
        #[test]
        fn arrivals_keep_count(
            steps in vec((0..7_u8, 0..9_u32, 0..6_usize), 1..40),
        ) {
            let inbound = Inbound { location: place("north"), sku: sku(), inbound: "po-1".parse().unwrap() };
            let (store, mut op, mut arrived) = (MemoryStore::new(), 0_u64, 0_i64);
            let mut act = |act: Act| {
                op += 1;
                let mut answers = vec![];
                store.execute_into(&[Command { op: op.into(), act }], at(), &mut answers);
                answers.pop().unwrap()
            };
            let level = |pool: Pool| pollster::block_on(store.levels(&[pool], at())).unwrap()[0];
            act(inbound.announce(0)).unwrap();
            let mut names = 0_u32;
            for (what, units, which) in steps {
                let now = level(inbound.pool()).unwrap();
                let name = |which: usize| format!("o-{which}/r1.0").parse().unwrap();
                match what {
                    0 => drop(act(inbound.announce(units))),
                    1 | 2 => {
                        let wanted = i64::from(units) + 1;
                        let legs = vec![Leg::all(inbound.pool(), wanted)];
                        let answer = act(Act::Reserve { reservation: name(names as usize), legs, until: None });
                        prop_assert_eq!(answer.is_ok(), wanted <= now.available().unwrap());
                        names += 1;
                    }
                    3 => {
                        arrived += i64::from(units);
                        for step in inbound.arrive(&now, units, 2) {
                            prop_assert!(act(step).is_ok());
                        }
                    }
                    4 => {
                        if let Some(step) = inbound.settle(&now) {
                            prop_assert_eq!(act(step), Ok(Outcome::Transferred));
                        }
                        prop_assert!(level(inbound.pool()).unwrap().unreserved() <= 0);
                    }
                    5 => drop(act(Act::Use { reservation: name(which), parts: None })),
                    _ => drop(act(Act::Release { reservation: name(which), parts: None })),
                }
                let now = level(inbound.pool()).unwrap();
                let shelf = level(inbound.shelf()).map_or(0, |level| level.on_hand());
                prop_assert!(now.on_hand() >= 0 && now.used <= arrived);
                prop_assert_eq!(now.on_hand() + shelf + now.used, arrived);
            }
        }

        /// One unit at a time, from the first of what is left.
        #[test]
        fn promises_and_lots_are_taken_unit_by_unit(
            free in -2..6_i64, arrivals in arrivals(), units in 0..20_u32,
            lots in vec((option::of(0..9_u64), -1..5_i64), 0..6), min_remaining_days in 0..5_u32,
        ) {
            let made = promise(Some(free), &arrivals, units);
            let mut pile: Vec<(Due, i64)> = vec![(None, free.max(0))];
            for arrival in &arrivals {
                let key = (arrival.eta, arrival.from.inbound.to_string());
                pile.push((Some(key), arrival.free().unwrap()));
            }
            pile.sort();
            let taken: Vec<_> = pile
                .iter()
                .flat_map(|(key, units)| std::iter::repeat_n(key.clone(), *units as usize))
                .take(units as usize)
                .collect();
            prop_assert_eq!(made.from_stock as usize, taken.iter().filter(|key| key.is_none()).count());
            prop_assert_eq!(made.missing, i64::from(units) - taken.len() as i64);
            let last = taken.last().cloned().flatten().map(|(eta, _)| eta).filter(|_| made.missing == 0);
            prop_assert_eq!(made.complete_at, last);
            let listed: i64 = made.from_inbound.iter().map(|part| part.units).sum();
            prop_assert_eq!(made.from_stock + listed + made.missing, i64::from(units));

            let on: NaiveDate = "2026-06-15".parse().unwrap();
            let lots: Vec<Lot> = lots.iter().enumerate().map(|(index, (days, free))| Lot {
                lot: (index as u64).into(),
                expires_on: days.map(|days| on.checked_add_days(Days::new(days)).unwrap()),
                free: *free,
            }).collect();
            let policy = LotPolicy::default().with_min_remaining_days(min_remaining_days);
            let picked = pick_lots(&lots, on, units, &policy, Explain::Full);
            let first = on.checked_add_days(Days::new(min_remaining_days.into())).unwrap();
            let mut good: Vec<&Lot> = lots.iter().filter(|lot| lot.expires_on.is_none_or(|day| day >= first)).collect();
            good.sort_by_key(|lot| (lot.expires_on.unwrap_or(NaiveDate::MAX), lot.lot.clone()));
            let mut left: BTreeMap<String, i64> = BTreeMap::new();
            let mut missing = i64::from(units);
            for lot in good {
                for _ in 0..lot.free.max(0) {
                    if missing > 0 {
                        missing -= 1;
                        *left.entry(lot.lot.to_string()).or_default() += 1;
                    }
                }
            }
            let got: BTreeMap<String, i64> =
                picked.picks.iter().map(|pick| (pick.lot.to_string(), pick.units)).collect();
            prop_assert_eq!((got, picked.missing), (left, missing));
            let legs = picked.legs(&place("north"), &sku());
            prop_assert_eq!(legs.iter().map(|leg| leg.units).sum::<i64>(), i64::from(units) - missing);
        }

        /// As many kits as can be reserved one by one; two kinds together as the store would sum them.
        #[test]
        fn kits_are_as_many_as_can_be_reserved(
            needs in vec(vec((0..3_u8, 1..4_u32), 1..4), 2), free in vec(0..20_i64, 3), counts in (0..4_u32, 0..4_u32),
        ) {
            let part = |index: u8| -> Sku { format!("part-{index}").parse().unwrap() };
            let kits: Vec<Kit> = needs.iter().enumerate().map(|(index, parts)| Kit {
                sku: (index as u64).into(),
                components: parts.iter().map(|(sku, units)| Component { sku: part(*sku), units: *units }).collect(),
            }).collect();
            let rows = Rows {
                pools: free.iter().enumerate().map(|(index, units)| {
                    (Pool::stock(place("north"), part(index as u8)), PoolRow::new(*units, at()))
                }).collect(),
                ..Rows::default()
            };
            let known: BTreeMap<Sku, Option<i64>> =
                free.iter().enumerate().map(|(index, units)| (part(index as u8), Some(*units))).collect();
            let most = kits[0].available(&known).unwrap().unwrap();
            if most > 0 {
                prop_assert!(held(&rows, kits[0].legs(most as u32, &place("north")).unwrap()).is_some());
            }
            prop_assert!(held(&rows, kits[0].legs(most as u32 + 1, &place("north")).unwrap()).is_none());

            let legs = kit_legs(&[(&kits[0], counts.0), (&kits[1], counts.1)], &place("north")).unwrap();
            let mut sums: BTreeMap<Sku, i64> = BTreeMap::new();
            for (kit, count) in kits.iter().zip([counts.0, counts.1]) {
                for _ in 0..count {
                    for part in &kit.components {
                        *sums.entry(part.sku.clone()).or_default() += i64::from(part.units);
                    }
                }
            }
            let wanted: Vec<Leg> =
                sums.into_iter().map(|(sku, units)| Leg::all(Pool::stock(place("north"), sku), units)).collect();
            prop_assert_eq!(legs, wanted);
        }

        /// Windows hold their moment, follow one another without gap, and are the same all through.
        #[test]
        fn windows_tile_time(
            zone in select(vec!["UTC", "Europe/Berlin", "America/Sao_Paulo", "Pacific/Apia", "Atlantic/Azores",
                "America/St_Johns", "Asia/Kolkata", "Africa/Cairo"]),
            minutes in -9_000_000..30_000_000_i64, kind in 0..4_u8, begins in 0..7_u8,
        ) {
            let zone = Zone::named(zone).unwrap();
            let moment = DateTime::from_timestamp(minutes * 60, 0).unwrap();
            let period = match kind {
                0 => Period::Day { zone },
                1 => Period::Week { zone, begins: chrono::Weekday::try_from(begins).unwrap() },
                2 => Period::Month { zone },
                _ => Period::Seconds { seconds: 5_400 },
            };
            let limit = PurchaseLimit::new("two".parse().unwrap(), Per::Customer, 2, period);
            let buyer = Buyer::default().with_customer("c-1".parse().unwrap());
            let window = |moment| match limit.pool(&buyer, moment).unwrap() {
                Some(Pool::Limit { from, until, .. }) => (from, until),
                other => panic!("{other:?}"),
            };
            let (from, until) = window(moment);
            prop_assert!(from <= moment && moment < until);
            prop_assert_eq!(window(from), (from, until));
            prop_assert_eq!(window(until - TimeDelta::microseconds(1)), (from, until));
            prop_assert_eq!(window(until).0, until);
            prop_assert_eq!(window(from - TimeDelta::microseconds(1)).1, from);
        }

        /// Counting the past purchase by purchase.
        #[test]
        fn sliding_limits_count(
            history in vec((0..3_u8, -20..20_i64, 0..5_u32), 0..12), max in 0..12_u32, window in option::of(0..15_u32),
            units in 0..8_u32, clamp in any::<bool>(),
        ) {
            let subject = |which: u8| format!("c-{which}").parse().unwrap();
            let past: Vec<Purchase> = history.iter().map(|(who, when, units)| Purchase {
                subject: subject(*who), at: at() + TimeDelta::seconds(*when), units: *units,
            }).collect();
            let over = if clamp { OverLimit::Clamp } else { OverLimit::Refuse };
            let check = SlidingLimit { max, window_seconds: window, over }.check(&past, &subject(1), at(), units);
            let mut used = 0;
            for (who, when, units) in history {
                if who == 1 && when <= 0 && window.is_none_or(|window| when > -i64::from(window)) {
                    used += u64::from(units);
                }
            }
            prop_assert_eq!(check.used, used);
            prop_assert_eq!(u64::from(check.left), u64::from(max).saturating_sub(used));
            let fits = units <= check.left;
            prop_assert_eq!(check.accepted, if fits { units } else if clamp { check.left } else { 0 });
        }

        /// Alerts come in turns, each only where it may.
        #[test]
        fn alerts_come_in_turns(
            units in vec(-2..30_i64, 0..40), low_at in 0..8_i64, gap in 1..6_i64, demand in option::of((0..5_u32, 1..8_u32)),
        ) {
            let rule = match demand {
                None => AlertRule::by_units(low_at, low_at + gap),
                Some((sold, days)) => AlertRule::by_cover(Demand::new(sold, days).unwrap(), low_at, low_at + gap),
            }.unwrap();
            let (mut state, mut raised) = (AlertState::default(), vec![]);
            for units in units {
                let before = state;
                let changes = state.observe(units, &rule);
                for change in &changes {
                    match change {
                        AlertChange::Raised(alert) => {
                            prop_assert!(!raised.contains(alert), "raised twice");
                            raised.push(*alert);
                        }
                        AlertChange::Cleared(alert) => {
                            prop_assert!(raised.contains(alert), "cleared and not raised");
                            raised.retain(|other| other != alert);
                        }
                    }
                }
                prop_assert_eq!(raised.contains(&Alert::LowStock), state.low_stock);
                prop_assert_eq!(raised.contains(&Alert::StockOut), state.stock_out);
                prop_assert_eq!(state.stock_out, units <= 0);
                // Days of cover are units times days over sold, here multiplied out by the sold units.
                let (have, per_day) = demand.map_or((units, 1), |(sold, days)| (units * i64::from(days), i64::from(sold)));
                if per_day == 0 {
                    prop_assert!(!state.low_stock);
                } else if have <= low_at * per_day {
                    prop_assert!(state.low_stock);
                } else if have >= (low_at + gap) * per_day {
                    prop_assert!(!state.low_stock);
                } else {
                    prop_assert_eq!(state.low_stock, before.low_stock, "between the lines nothing turns");
                }
                let mut again = state;
                prop_assert_eq!(again.observe(units, &rule), vec![]);
            }
        }

        /// No other way to spread the units is cheaper, and nobody gives what it must keep.
        #[test]
        fn transfers_are_the_cheapest(
            donors in vec((0..7_i64, 0..4_i64, 0..3_u32, 0..3_u32, 0..4_i64, option::of((0..4_u32, 1..4_u32))), 0..4),
            need in 0..12_u32, cover_days in 0..4_u32,
        ) {
            let donors: Vec<Donor> = donors.iter().enumerate().map(|(index, (on_hand, reserved, safety, damaged, cost, demand))| {
                let policy = StockPolicy::default().with_safety(*safety).with_damaged(*damaged);
                Donor {
                    location: place(format!("l{}", 9 - index)),
                    policy,
                    level: Level { limit: *on_hand, floor: policy.floor(), reserved: *reserved, used: 0 },
                    unit_cost: Money::minor(*cost, Currency::EUR),
                    demand: demand.map(|(units, days)| Demand::new(units, days).unwrap()),
                }
            }).collect();
            let policy = TransferPolicy::default().with_cover_days(cover_days);
            let made = propose_transfer(need, &donors, Currency::EUR, &policy, Explain::Full).unwrap();
            prop_assert_eq!(made.reasons.len(), donors.len());
            let spare: Vec<i64> = donors.iter().map(|donor| {
                let cover = donor.demand.map_or(0, |demand| demand.units_for(cover_days));
                let keeps = i64::from(donor.policy.safety).max(cover) + i64::from(donor.policy.damaged);
                (donor.level.limit - donor.level.reserved - keeps).max(0)
            }).collect();
            let given = i64::from(need) - made.missing;
            prop_assert_eq!(given, i64::from(need).min(spare.iter().sum()));
            let mut cheapest = i64::MAX;
            let mut ways: Vec<(i64, i64)> = vec![(0, 0)]; // units, cost
            for (spare, donor) in spare.iter().zip(&donors) {
                ways = ways.into_iter().flat_map(|(units, cost)| {
                    (0..=*spare).map(move |more| (units + more, cost + more * donor.unit_cost.minor_units()))
                }).collect();
            }
            for (units, cost) in ways {
                if units == given {
                    cheapest = cheapest.min(cost);
                }
            }
            prop_assert_eq!(made.cost.minor_units(), cheapest);

            let rows = Rows {
                pools: donors.iter().map(|donor| (Pool::stock(donor.location.clone(), sku()), row(&donor.level))).collect(),
                ..Rows::default()
            };
            for act in made.acts(&place("here"), &sku()) {
                let (answer, _) = plan(&Command { op: "1".parse().unwrap(), act }, &rows, at());
                prop_assert_eq!(answer, Ok(Outcome::Transferred));
            }
        }

        /// What a channel may sell can be reserved, and not one more; a lender keeps its own.
        #[test]
        fn quotas_lend_what_they_can(
            own in level(Some(0)), lenders in vec((level(Some(0)), 0..4_u32, option::of(0..4_u32)), 0..3), units in 0..25_u32,
        ) {
            let channel = |index: usize| -> ChannelId { format!("ch{index}").parse().unwrap() };
            let mut rule = QuotaRule::new(channel(0));
            let mut levels = BTreeMap::from([(channel(0), own)]);
            for (index, (level, keep, at_most)) in lenders.iter().enumerate() {
                rule = rule.with_lender(Lender { channel: channel(index + 1), at_most: *at_most, keep: *keep });
                levels.insert(channel(index + 1), *level);
            }
            let rows = Rows {
                pools: rule.pools(&sku()).into_iter().zip(levels.values()).map(|(pool, level)| (pool, row(level))).collect(),
                ..Rows::default()
            };
            let left = rule.left(&levels).unwrap();
            match rule.legs(&sku(), units, &levels, Explain::Brief) {
                Ok(made) => {
                    prop_assert!(i64::from(units) <= left);
                    prop_assert_eq!(made.legs.iter().map(|leg| leg.units).sum::<i64>(), i64::from(units));
                    if units > 0 {
                        prop_assert!(held(&rows, made.legs.clone()).is_some());
                    }
                    for (index, (level, keep, at_most)) in lenders.iter().enumerate() {
                        let pool = Pool::Quota { channel: channel(index + 1), sku: sku() };
                        let lent = made.legs.iter().find(|leg| leg.pool == pool).map_or(0, |leg| leg.units);
                        prop_assert!(lent == 0 || level.available().unwrap() - lent >= i64::from(*keep));
                        prop_assert!(at_most.is_none_or(|at_most| lent <= at_most.into()));
                    }
                }
                Err(refusal) => {
                    prop_assert!(i64::from(units) > left, "{}", refusal);
                    prop_assert_eq!(refusal.code(), "quota_short");
                }
            }
        }

        /// Every fact about a serial number is kept, a repeat is not, and what does not fit is found.
        #[test]
        fn serials_are_never_lost(facts in vec((0..3_u8, 0..2_u8, 0..4_u8, 0..3_i64), 0..30)) {
            let mut register = SerialRegister::default();
            let mut kept: BTreeMap<String, Vec<SerialFact>> = BTreeMap::new();
            for (serial, sku, what, when) in facts {
                let order = |n: u8| format!("o-{n}");
                let what = match what {
                    0 => SerialChange::Received,
                    1 => SerialChange::Returned,
                    n => SerialChange::Shipped {
                        order: order(n).parse().unwrap(),
                        line: "1".parse().unwrap(),
                        parcel: format!("{}/p1", order(n)).parse().unwrap(),
                    },
                };
                let fact = SerialFact {
                    sku: format!("sku-{sku}").parse().unwrap(),
                    serial: format!("s-{serial}").parse().unwrap(),
                    at: at() + TimeDelta::seconds(when),
                    what,
                };
                let past = kept.entry(fact.serial.to_string()).or_default();
                let answer = register.record(fact.clone());
                let is_repeat = past.contains(&fact)
                    || past.last().is_some_and(|last| (&last.what, &last.sku) == (&fact.what, &fact.sku));
                prop_assert_eq!(answer == SerialAnswer::Repeat, is_repeat);
                if !is_repeat {
                    let SerialAnswer::Recorded { findings } = answer else { panic!() };
                    let came = past.iter().any(|past| past.what == SerialChange::Received);
                    let leaves = matches!(fact.what, SerialChange::Shipped { .. });
                    let is_out = past.last().is_some_and(|past| matches!(past.what, SerialChange::Shipped { .. }));
                    let fits_first = came || fact.what == SerialChange::Received;
                    let fits_place = if leaves { !is_out } else { is_out || past.is_empty() && !came };
                    if !fits_first || leaves && is_out {
                        prop_assert!(!findings.is_empty());
                    }
                    if findings.is_empty() {
                        prop_assert!(fits_first && fits_place);
                    }
                    past.push(fact.clone());
                }
                prop_assert_eq!(register.history(&fact.serial), &past[..]);
            }
        }

        /// Whatever is passed in, nothing panics, and what is told survives JSON.
        #[test]
        fn extreme_numbers_are_answered(
            numbers in vec(prop_oneof![Just(i64::MIN), Just(i64::MAX), Just(0), Just(-1), any::<i64>()], 8),
            units in prop_oneof![Just(0), Just(u32::MAX), any::<u32>()],
        ) {
            let level = Level { limit: numbers[0], floor: Some(numbers[1]), reserved: numbers[2], used: numbers[3] };
            let policy = StockPolicy::default().with_safety(units).with_damaged(units).with_backorder(Some(units));
            let shelf = |name: &str| ShelfLevel { pool: Pool::stock(place(name), sku()), policy, level };
            let arrival = Arrival {
                from: Inbound { location: place("a"), sku: sku(), inbound: "po".parse().unwrap() },
                eta: DateTime::<Utc>::MAX_UTC,
                presale_ships_by: None,
                level,
            };
            let (shelves, arrivals) = ([shelf("a"), shelf("a"), shelf("b")], [arrival.clone(), arrival.clone()]);
            let query = AvailabilityQuery { shelves: &shelves, arrivals: &arrivals, quota_left: Some(numbers[4]) };
            let stock = availability(&sku(), &query, &AvailabilityPolicy::default().with_pool_safety(units), Explain::Full);
            let _ = stock.legs(units);
            let json = serde_json::to_string(&stock).unwrap();
            prop_assert_eq!(serde_json::from_str::<order_workflow::inventory::Availability>(&json).unwrap(), stock.clone());
            let _ = view(&Outlook::of(&stock, &arrivals, Some(numbers[5])), &ViewPolicy::default());
            let _ = promise(Some(numbers[6]), &arrivals, units).legs(&shelves[0].pool);
            let _ = arrival.from.arrive(&level, units, units);
            let demand = Demand::new(units, units.max(1)).unwrap();
            let _ = (demand.cover_days(numbers[7]), demand.units_for(units));
            if let Ok(rule) = AlertRule::by_cover(demand, numbers[0], numbers[1]) {
                let _ = AlertState::default().observe(numbers[2], &rule);
            }
            let unit_cost = Money::minor(numbers[4], Currency::EUR);
            let donor = Donor { location: place("a"), policy, level, unit_cost, demand: Some(demand) };
            let transfer = TransferPolicy::default().with_cover_days(units);
            let _ = propose_transfer(units, &[donor], Currency::EUR, &transfer, Explain::Full);
            let lot = Lot { lot: "a".parse().unwrap(), expires_on: Some(NaiveDate::MAX), free: numbers[5] };
            let lots = LotPolicy::default().with_min_remaining_days(units);
            let _ = pick_lots(&[lot.clone(), lot], NaiveDate::MAX, units, &lots, Explain::Full);
            let kit = Kit { sku: sku(), components: vec![Component { sku: sku(), units }; 3] };
            let _ = kit.available(&BTreeMap::from([(sku(), Some(numbers[6]))]));
            let _ = kit.legs(units, &place("a"));
            let buyer = Buyer::default().with_customer("c".parse().unwrap());
            for moment in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC, at()] {
                for period in [
                    Period::Day { zone: Zone::named("America/Sao_Paulo").unwrap() },
                    Period::Month { zone: Zone::named("UTC").unwrap() },
                    Period::Week { zone: Zone::named("UTC").unwrap(), begins: chrono::Weekday::Sun },
                    Period::Seconds { seconds: units },
                ] {
                    let limit = PurchaseLimit::new("l".parse().unwrap(), Per::Customer, units, period);
                    let _ = limit_legs(&[limit], &buyer, units, moment);
                }
            }
            let limit = SlidingLimit { max: units, window_seconds: Some(units), over: OverLimit::Clamp };
            let bought = Purchase { subject: "c".parse().unwrap(), at: DateTime::<Utc>::MIN_UTC, units };
            let _ = limit.check(&[bought], &"c".parse().unwrap(), DateTime::<Utc>::MIN_UTC, units);
        }
    }

    /// The evening when the Azores turn back over midnight, and the day that Samoa never had.
    #[test]
    fn days_that_are_odd() {
        let window = |zone: &str, moment: &str| {
            let period = Period::Day { zone: Zone::named(zone).unwrap() };
            let limit = PurchaseLimit::new("l".parse().unwrap(), Per::Customer, 1, period);
            let buyer = Buyer::default().with_customer("c".parse().unwrap());
            match limit.pool(&buyer, moment.parse().unwrap()).unwrap() {
                Some(Pool::Limit { from, until, .. }) => (until - from).num_hours(),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(window("Atlantic/Azores", "2025-10-26T12:00:00Z"), 25);
        assert_eq!(window("America/Sao_Paulo", "2017-10-15T12:00:00Z"), 23);
        assert_eq!(window("Pacific/Apia", "2011-12-30T09:59:59Z"), 24);
        assert_eq!(window("Pacific/Apia", "2011-12-30T10:00:00Z"), 24);
    }

    #[test]
    fn shelves_are_read_once_each() {
        let shelves =
            Shelves::new().with_shelf(place("a"), sku(), StockPolicy::default().with_backorder(None));
        let json = serde_json::to_string(&shelves).unwrap();
        assert_eq!(
            json,
            r#"[{"location":"a","sku":"tea","policy":{"safety":0,"damaged":0,"backorder":null,"open":true}}]"#
        );
        assert_eq!(serde_json::from_str::<Shelves>(&json).unwrap(), shelves);
        let one = json.trim_matches(['[', ']']);
        let twice = serde_json::from_str::<Shelves>(&format!("[{one},{one}]")).unwrap_err().to_string();
        assert!(twice.contains("listed twice"), "{twice}");
        assert!(serde_json::from_str::<AlertRule>(r#"{"low_at": 3, "clear_at": 3}"#).is_err());
        assert!(serde_json::from_str::<Demand>(r#"{"units": 3, "days": 0}"#).is_err());
    }
}
