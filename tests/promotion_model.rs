//! Promotions held to second opinions: every subset tried, every cent added up, lines and promotions shuffled.

#[cfg(test)]
mod promotion_model {
    use std::collections::{BTreeMap, BTreeSet};

    use chrono::{DateTime, Utc};
    use order_workflow::{
        decision::Explain,
        id::PromotionId,
        money::{Currency, Money, Rounding},
        promotion::{
            Applied, Assign, Base, Benefit, Bound, Cart, CartLine, Condition, Filter, Flaw, Give, Measure,
            Off, Other, Phase, Pick, PickOrder, Presented, Promotion, PromotionBook, PromotionReason, Proof,
            Quote, QuotePolicy, Remainder, ReturnPolicy, ReturnedUnits, Scratch, SetPart, ShippingOff,
            ShippingPrice, Shopper, Spread, Stacking, Step, ThresholdBase, Work, coupon::Coupon,
        },
    };
    use proptest::{collection::vec, option, prelude::*, sample::select};

    /// SKU, category, price, floor: nothing of it depends on the line.
    const GOODS: [(&str, &str, i64, i64); 5] = [
        ("pen", "desk", 199, 0),
        ("pad", "desk", 333, 250),
        ("mug", "kitchen", 1_000, 0),
        ("pot", "kitchen/pots", 2_749, 2_000),
        ("bag", "travel", 333, 0),
    ];

    fn at() -> DateTime<Utc> {
        "2026-06-01T10:00:00Z".parse().unwrap()
    }

    fn eur(minor: i64) -> Money {
        Money::minor(minor, Currency::EUR)
    }

    fn line(name: usize, good: usize, units: u32) -> CartLine {
        let (sku, category, price, floor) = GOODS[good];
        CartLine::new((name as u64).into(), sku.parse().unwrap(), units, eur(price))
            .with_category(category)
            .with_floor_price(eur(floor))
    }

    fn cart(lines: Vec<CartLine>) -> Cart {
        let shipping = vec![
            ShippingPrice { method: "post".to_owned(), price: eur(490) },
            ShippingPrice { method: "express".to_owned(), price: eur(1_290) },
        ];
        Cart {
            currency: Currency::EUR,
            lines,
            channel: None,
            payment_method: None,
            codes: vec![],
            shipping,
            gift_stock: BTreeMap::from([("cap".parse().unwrap(), 1)]),
        }
    }

    fn carts() -> impl Strategy<Value = Cart> {
        vec((0..GOODS.len(), 1..4u32), 1..5).prop_map(|lines| {
            cart(lines.iter().enumerate().map(|(n, (good, units))| line(n, *good, *units)).collect())
        })
    }

    fn filter() -> impl Strategy<Value = Filter> {
        prop_oneof![
            3 => Just(Filter::all()),
            3 => select(vec!["desk", "kitchen", "travel"]).prop_map(Filter::category),
            1 => select(vec!["pen", "mug"]).prop_map(|sku| Filter::sku(sku.parse().unwrap())),
            1 => Just(Filter::category("kitchen").but(Filter::category("kitchen/pots"))),
            1 => Just(Filter { max_unit_price: Some(eur(500)), ..Filter::default() }),
        ]
    }

    fn percent() -> impl Strategy<Value = rust_decimal::Decimal> {
        select(vec!["5", "12.5", "33", "50", "100"]).prop_map(|text| text.parse().unwrap())
    }

    fn condition() -> impl Strategy<Value = Condition> {
        let leaf = prop_oneof![
            3 => (filter(), 200..4_000i64)
                .prop_map(|(of, least)| Condition::subtotal_at_least(eur(least), of)),
            1 => (filter(), 200..4_000i64)
                .prop_map(|(of, most)| Condition::Subtotal { of, bound: Bound::at_most(eur(most)) }),
            2 => (filter(), 1..6u64).prop_map(|(of, least)| Condition::units_at_least(least, of)),
            1 => (filter(), 1..4u64).prop_map(|(of, most)| Condition::Count {
                measure: Measure::Distinct, of, bound: Bound::at_most(most),
            }),
            1 => Just(Condition::first_order()),
        ];
        prop_oneof![
            4 => leaf.clone(),
            1 => leaf.clone().prop_map(|of| Condition::Not { of: Box::new(of) }),
            1 => (leaf.clone(), leaf).prop_map(|(a, b)| Condition::Any { of: vec![a, b] }),
        ]
    }

    fn pick(per_line: bool) -> impl Strategy<Value = Pick> {
        let order = || select(vec![PickOrder::Cheapest, PickOrder::Dearest]);
        let most = if per_line { option::of(1..3u32).boxed() } else { Just(None).boxed() };
        prop_oneof![
            4 => (filter(), most).prop_map(|(of, units_per_line)| Pick::All { of, units_per_line }),
            1 => (filter(), 1..4u32, order()).prop_map(|(of, units, order)| Pick::Some { of, units, order }),
            1 => (filter(), 2..4u32).prop_map(|(of, nth)| Pick::EveryNth { of, nth }),
            2 => (filter(), 1..3u32, filter(), 1..3u32, order(), option::of(1..3u32)).prop_map(
                |(buy, buy_units, get, get_units, order, max_times)| Pick::BuyGet {
                    buy, buy_units, get, get_units, order, max_times,
                }
            ),
            1 => (vec((filter(), 1..3u32), 1..3), option::of(1..3u32)).prop_map(|(parts, max_times)| {
                let parts = parts.into_iter().map(|(of, units)| SetPart { of, units }).collect();
                Pick::Sets { parts, max_times }
            }),
        ]
    }

    fn give() -> impl Strategy<Value = Give> {
        let ladder = (1..9i64, 1..9i64, 1..9i64).prop_map(|(from, more, off)| {
            let step = |from, off| Step { from: eur(from * 200), off: Off::Amount(eur(off)) };
            Give::LadderByAmount { steps: vec![step(from, off * 37), step(from + more, off * 91)] }
        });
        prop_oneof![
            2 => percent().prop_map(|percent| Give::PercentEach { percent }),
            1 => (1..600i64).prop_map(|off| Give::AmountEach { amount: eur(off) }),
            1 => (0..900i64).prop_map(|price| Give::PriceEach { price: eur(price) }),
            2 => percent().prop_map(|percent| Give::Percent { percent }),
            2 => (1..2_000i64).prop_map(|off| Give::Amount { amount: eur(off) }),
            1 => (0..3_000i64).prop_map(|price| Give::Price { price: eur(price) }),
            1 => (100..2_000i64, 1..300i64)
                .prop_map(|(threshold, off)| Give::Every { threshold: eur(threshold), amount: eur(off) }),
            1 => ladder,
        ]
    }

    fn benefit(per_line: bool) -> impl Strategy<Value = Benefit> {
        let off = (pick(per_line), give(), option::of(1..900i64))
            .prop_map(|(pick, give, cap)| Benefit::Off { pick, give, cap: cap.map(eur) });
        let shipping = prop_oneof![
            percent().prop_map(ShippingOff::Percent),
            (1..900i64).prop_map(|off| ShippingOff::Amount(eur(off))),
            (0..900i64).prop_map(|price| ShippingOff::To(eur(price))),
        ];
        prop_oneof![
            8 => off,
            1 => (shipping, any::<bool>()).prop_map(|(off, all)| Benefit::Shipping {
                methods: if all { vec![] } else { vec!["post".to_owned()] }, off,
            }),
            1 => Just(Benefit::Gift { any_of: vec!["cap".parse().unwrap()], units: 1 }),
        ]
    }

    fn other() -> impl Strategy<Value = Other> {
        prop_oneof![
            2 => (0..6u32).prop_map(|n| Other::Promotion(format!("p{n}").parse().unwrap())),
            1 => select(vec!["a", "b"]).prop_map(|group| Other::Group(group.to_owned())),
            1 => select(vec!["coupon", "sale"]).prop_map(|class| Other::UnitClass(class.to_owned())),
        ]
    }

    fn promotion(per_line: bool) -> impl Strategy<Value = Promotion> {
        let marks = (
            any::<bool>(),
            prop::bool::weighted(0.1),
            option::weighted(0.4, select(vec!["a", "b"])),
            prop::bool::weighted(0.4),
            option::weighted(0.3, select(vec!["coupon", "sale"])),
            vec(other(), 0..2).prop_filter("rarely", |names| names.len() < 2),
            prop_oneof![6 => Just(vec![]), 1 => vec(other(), 1..3)],
        );
        let gives = vec(benefit(per_line), 1..3);
        (gives, option::of(condition()), 1..3u8, -2..3i32, marks, 0..3u32, prop::bool::weighted(0.1))
            .prop_map(|(gives, when, phase, priority, marks, funders, stop)| {
                let (list, exclusive, group, consumes, unit_class, not_with, only_with) = marks;
                let first = gives[0].clone();
                let mut rule = Promotion::new("x".parse().unwrap(), Phase(phase * 10), first);
                rule.gives = gives;
                rule.when = when;
                rule.priority = priority;
                rule.base = if list { Base::List } else { Base::Running };
                rule.exclusive = exclusive;
                rule.group = group.map(str::to_owned);
                rule.consumes_units = consumes;
                rule.unit_class = unit_class.map(str::to_owned);
                (rule.not_with, rule.only_with) = (not_with, only_with);
                rule.stop_after = stop;
                for (name, weight) in [("brand", 3), ("seller", 7)].iter().take(funders as usize) {
                    rule = rule.with_funder(name.parse().unwrap(), *weight);
                }
                rule
            })
    }

    fn named(mut rules: Vec<Promotion>) -> Vec<Promotion> {
        for (n, rule) in rules.iter_mut().enumerate() {
            rule.promotion = format!("p{n}").parse().unwrap();
        }
        rules
    }

    fn rules(per_line: bool, most: usize) -> impl Strategy<Value = Vec<Promotion>> {
        vec(promotion(per_line), 0..=most).prop_map(named)
    }

    fn policy() -> impl Strategy<Value = QuotePolicy> {
        let rounding = vec![Rounding::HalfUp, Rounding::HalfEven, Rounding::Down, Rounding::Up];
        (any::<bool>(), select(rounding), any::<bool>(), any::<bool>()).prop_map(
            |(lines, rounding, first, original)| {
                QuotePolicy::default()
                    .with_spread(if lines { Spread::LinesThenUnits } else { Spread::Units })
                    .with_rounding(rounding)
                    .with_remainder(if first { Remainder::First } else { Remainder::LargestRemainder })
                    .with_threshold_base(if original {
                        ThresholdBase::Original
                    } else {
                        ThresholdBase::Running
                    })
            },
        )
    }

    /// Rules that the generator made contradictory, by themselves or with others before, are left out.
    fn book(rules: &[Promotion]) -> PromotionBook {
        let mut sound = vec![];
        for rule in rules {
            sound.push(rule.clone());
            if PromotionBook::compile(sound.iter().cloned()).is_err() {
                sound.pop();
            }
        }
        PromotionBook::compile(sound).unwrap()
    }

    /// The best set, however long it takes.
    fn best() -> QuotePolicy {
        QuotePolicy::default().with_stacking(Stacking::Best).with_work(Work::nodes(10_000_000))
    }

    fn quote(book: &PromotionBook, cart: &Cart, policy: &QuotePolicy, scratch: &mut Scratch) -> Quote {
        let shopper = Shopper { orders_before: 1, ..Shopper::default() };
        book.quote(cart, &shopper, at(), policy, Explain::Brief, scratch).unwrap()
    }

    /// Off lines and shipping.
    fn value(quote: &Quote) -> i64 {
        let shipping: i64 = quote.shipping.iter().map(|charge| charge.discount.minor_units()).sum();
        quote.discount.minor_units() + shipping
    }

    fn gifts(quote: &Quote) -> u32 {
        quote.gifts().iter().map(|gift| gift.1).sum()
    }

    /// Whether two promotions can not go together, in the words of the rules.
    fn clash(one: &Promotion, two: &Promotion) -> bool {
        let names = |list: &[Other], rule: &Promotion| {
            list.iter().any(|other| match other {
                Other::Promotion(name) => *name == rule.promotion,
                Other::Group(group) => Some(group) == rule.group.as_ref(),
                Other::UnitClass(class) => Some(class) == rule.unit_class.as_ref(),
            })
        };
        let bars = |one: &Promotion, two: &Promotion| {
            one.exclusive
                || names(&one.not_with, two)
                || !one.only_with.is_empty() && !names(&one.only_with, two)
        };
        bars(one, two) || bars(two, one) || one.group.is_some() && one.group == two.group
    }

    /// Whether a condition holds on a cart that no promotion has touched, lines added up one by one.
    fn holds(condition: &Condition, cart: &Cart, orders_before: u64) -> bool {
        let within = |have: u64, least: Option<u64>, most: Option<u64>| {
            least.is_none_or(|least| have >= least) && most.is_none_or(|most| have <= most)
        };
        match condition {
            Condition::All { of } => of.iter().all(|part| holds(part, cart, orders_before)),
            Condition::Any { of } => of.iter().any(|part| holds(part, cart, orders_before)),
            Condition::Not { of } => !holds(of, cart, orders_before),
            Condition::Subtotal { of, bound } => {
                let mut sum = 0;
                for line in cart.lines.iter().filter(|line| of.fits(line)) {
                    sum += line.unit_price.minor_units() as u64 * u64::from(line.units);
                }
                let minor = |end: Option<Money>| end.map(|end| end.minor_units() as u64);
                within(sum, minor(bound.at_least), minor(bound.at_most))
            }
            Condition::Count { measure, of, bound } => {
                let fitting = cart.lines.iter().filter(|line| of.fits(line));
                let have = match measure {
                    Measure::Quantity => fitting.map(|line| u64::from(line.units)).sum(),
                    Measure::WeightGrams => {
                        fitting.map(|line| u64::from(line.units) * u64::from(line.weight_grams)).sum()
                    }
                    Measure::Distinct => fitting.map(|line| &line.sku).collect::<BTreeSet<_>>().len() as u64,
                };
                within(have, bound.at_least, bound.at_most)
            }
            Condition::OrdersBefore { bound } => within(orders_before, bound.at_least, bound.at_most),
            other => panic!("the generator makes no {}", other.kind()),
        }
    }

    /// Whether a line is there that a promotion is about.
    fn is_about(rule: &Promotion, cart: &Cart) -> bool {
        let there = |of: &Filter| cart.lines.iter().any(|line| of.fits(line));
        rule.gives.iter().any(|benefit| match benefit {
            Benefit::Off {
                pick: Pick::All { of, .. } | Pick::Some { of, .. } | Pick::EveryNth { of, .. },
                ..
            } => there(of),
            Benefit::Off { pick: Pick::BuyGet { get, .. }, .. } => there(get),
            Benefit::Off { pick: Pick::Sets { parts, .. }, .. } => there(&parts[0].of),
            Benefit::Gift { .. } | Benefit::Coupon { .. } | Benefit::Shipping { .. } => true,
        })
    }

    /// An offer that claims the units it uses, in the plainest terms: of which categories, how, how many percent.
    #[derive(Clone, Debug)]
    struct Offer {
        of: Vec<usize>,
        how: How,
        percent: i64,
    }

    #[derive(Clone, Copy, Debug)]
    enum How {
        All,
        Some(usize, PickOrder),
        BuyGet(usize, usize),
    }

    fn offers(most: usize) -> impl Strategy<Value = Vec<Offer>> {
        let how = prop_oneof![
            1 => Just(How::All),
            2 => (1..4usize, select(vec![PickOrder::Cheapest, PickOrder::Dearest])).prop_map(|(n, order)| How::Some(n, order)),
            2 => (1..3usize, 1..3usize).prop_map(|(buy, get)| How::BuyGet(buy, get)),
        ];
        let of = vec(0..4usize, 1..4);
        vec((of, how, 1..20i64).prop_map(|(of, how, n)| Offer { of, how, percent: 5 * n }), 1..=most)
    }

    fn offered(n: usize, offer: &Offer) -> Promotion {
        let categories = offer.of.iter().map(|of| format!("c{of}")).collect();
        let of = Filter { categories, ..Filter::default() };
        let number = |n: usize| u32::try_from(n).unwrap();
        let pick = match offer.how {
            How::All => Pick::all(of),
            How::Some(units, order) => Pick::Some { of, units: number(units), order },
            How::BuyGet(buy, get) => Pick::BuyGet {
                buy: of.clone(),
                buy_units: number(buy),
                get: of,
                get_units: number(get),
                order: PickOrder::Cheapest,
                max_times: None,
            },
        };
        let give = Give::PercentEach { percent: offer.percent.into() };
        let benefit = Benefit::Off { pick, give, cap: None };
        Promotion::new(format!("p{n}").parse().unwrap(), Phase::ITEM, benefit).with_consumed_units()
    }

    /// The most that can be taken off units (category, price), if every offer in turn may be shown any of the units that
    /// are free: all that can come of it, one after the other. Units of a category cost the same.
    fn by_showing_any(offers: &[Offer], units: &[(usize, i64)]) -> i64 {
        let mut states = BTreeSet::from([vec![None::<i64>; units.len()]]); // what each unit got
        for offer in offers {
            let mut after = states.clone();
            for state in &states {
                let free: Vec<usize> = (0..units.len())
                    .filter(|&unit| state[unit].is_none() && offer.of.contains(&units[unit].0))
                    .collect();
                for shown in 1u32..1 << free.len() {
                    let mut shown: Vec<usize> =
                        (0..free.len()).filter(|n| shown >> n & 1 == 1).map(|n| free[n]).collect();
                    shown.sort_by_key(|&unit| units[unit].1);
                    let (rewarded, bought) = match offer.how {
                        How::All => (shown, vec![]),
                        How::Some(most, PickOrder::Cheapest) => {
                            (shown.into_iter().take(most).collect(), vec![])
                        }
                        How::Some(most, PickOrder::Dearest) => {
                            (shown.into_iter().rev().take(most).collect(), vec![])
                        }
                        How::BuyGet(buy, get) => {
                            let times = shown.len() / (buy + get);
                            let bought = shown.split_off(times * get);
                            (shown, bought.into_iter().rev().take(times * buy).collect())
                        }
                    };
                    let mut now = state.clone();
                    bought.iter().for_each(|&unit| now[unit] = Some(0));
                    for unit in rewarded {
                        now[unit] = Some(units[unit].1 * offer.percent / 100);
                    }
                    // Which of two units alike it was makes no difference.
                    for category in 0..4 {
                        let of: Vec<usize> =
                            (0..units.len()).filter(|&unit| units[unit].0 == category).collect();
                        let mut got: Vec<_> = of.iter().map(|&unit| now[unit]).collect();
                        got.sort();
                        of.iter().zip(got).for_each(|(&unit, got)| now[unit] = got);
                    }
                    after.insert(now);
                }
            }
            states = after;
        }
        states.iter().map(|state| state.iter().flatten().sum()).max().unwrap_or(0)
    }

    /// Four categories of one line each, no two at one price.
    fn shelves(most: u32) -> impl Strategy<Value = (Cart, Vec<(usize, i64)>)> {
        (vec(0..=most, 4), vec(1..30i64, 4)).prop_map(|(counts, prices)| {
            let price = |n: usize| 100 * (4 * prices[n] + n as i64);
            let line = |n: usize| {
                CartLine::new((n as u64).into(), (n as u64).into(), counts[n], eur(price(n)))
                    .with_category(format!("c{n}"))
            };
            let units = (0..4).flat_map(|n| vec![(n, price(n)); counts[n] as usize]).collect();
            (Cart { shipping: vec![], ..cart((0..4).map(line).collect()) }, units)
        })
    }

    /// The most that any allowed set takes off, and its gifts, each set applied whole, in order.
    fn by_trying_all(rules: &[Promotion], cart: &Cart, policy: &QuotePolicy) -> (i64, u32) {
        let sound: Vec<Promotion> = book(rules).promotions().cloned().collect();
        let mut best = (0, 0);
        for set in 0u32..1 << sound.len() {
            let of: Vec<&Promotion> =
                (0..sound.len()).filter(|n| set >> n & 1 == 1).map(|n| &sound[n]).collect();
            if of.len() > 1 && of.iter().enumerate().any(|(n, one)| of[..n].iter().any(|two| clash(one, two)))
            {
                continue;
            }
            let bare = |rule: &Promotion| Promotion {
                group: None,
                exclusive: false,
                stop_after: false,
                only_with: vec![],
                not_with: vec![],
                ..rule.clone()
            };
            let free: Vec<Promotion> = of.into_iter().map(bare).collect();
            let quote = quote(&PromotionBook::compile(free).unwrap(), cart, policy, &mut Scratch::new());
            best = best.max((value(&quote), gifts(&quote)));
        }
        best
    }

    /// What is off each SKU, by promotion; and what of it somebody pays.
    fn sums(quote: &Quote) -> BTreeMap<(PromotionId, String), i64> {
        let mut sums = BTreeMap::new();
        for one in &quote.applied {
            for run in &one.units {
                let line = quote.lines.iter().find(|line| line.line == run.line).unwrap();
                *sums.entry((one.promotion.clone(), line.sku.to_string())).or_default() +=
                    run.each.minor_units() * i64::from(run.units);
            }
        }
        sums
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_best_is_what_trying_all_finds(cart in carts(), rules in rules(true, 6), policy in policy()) {
            let best = quote(&book(&rules), &cart, &policy.with_stacking(Stacking::Best), &mut Scratch::new());
            prop_assert!(matches!(best.proof, Proof::Optimal { .. }), "{:?}", best.proof);
            prop_assert_eq!((value(&best), gifts(&best)), by_trying_all(&rules, &cart, &policy));
        }

        #[test]
        fn a_gap_holds_the_best(cart in carts(), rules in rules(true, 6), policy in policy(), nodes in 0..12u64) {
            let policy = policy.with_stacking(Stacking::Best).with_work(Work::nodes(nodes));
            let found = quote(&book(&rules), &cart, &policy, &mut Scratch::new());
            let (best, _) = by_trying_all(&rules, &cart, &policy.with_stacking(Stacking::Priority));
            match found.proof {
                Proof::Optimal { .. } => prop_assert_eq!(value(&found), best),
                Proof::Gap { bound, .. } => {
                    prop_assert!(value(&found) <= best && best <= bound.minor_units(), "{} {best} {bound}", value(&found));
                }
                Proof::Rule => prop_assert!(false, "a search says what it proved"),
            }
        }

        #[test]
        fn the_best_is_never_worse_than_priority_and_one_more_offer_never_hurts(
            cart in carts(), rules in rules(true, 8), policy in policy(),
        ) {
            let scratch = &mut Scratch::new();
            let by_priority = quote(&book(&rules), &cart, &policy, scratch);
            let policy = policy.with_stacking(Stacking::Best);
            let best = quote(&book(&rules), &cart, &policy, scratch);
            prop_assert!(best.total.minor_units() <= by_priority.total.minor_units());
            if let Some((_, fewer)) = rules.split_last() {
                let without = quote(&book(fewer), &cart, &policy, scratch);
                prop_assert!(best.total.minor_units() <= without.total.minor_units());
            }
        }

        #[test]
        fn every_cent_adds_up(cart in carts(), rules in rules(true, 8), policy in policy(), best in any::<bool>()) {
            let stacking = if best { Stacking::Best } else { Stacking::Priority };
            let quote = quote(&book(&rules), &cart, &policy.with_stacking(stacking), &mut Scratch::new());
            let shipping: i64 = quote.shipping.iter().map(|charge| charge.discount.minor_units()).sum();
            let mut off: BTreeMap<_, i64> = BTreeMap::new();
            let (mut by_promotion, mut by_funder) = (BTreeMap::new(), BTreeMap::new());
            for one in quote.adjustments() {
                prop_assert!(one.each.is_positive() && one.units > 0);
                let amount = one.each.minor_units() * i64::from(one.units);
                for unit in one.first_unit..one.first_unit + one.units {
                    *off.entry((one.line.clone(), unit)).or_default() += one.each.minor_units();
                }
                *by_promotion.entry(one.promotion.clone()).or_insert(0) += amount;
                *by_funder.entry(one.funder.clone()).or_insert(0) += amount;
            }
            for line in &quote.lines {
                let given = cart.lines.iter().find(|one| one.line == line.line).unwrap();
                let units = (0..line.units).map(|unit| off.get(&(line.line.clone(), unit)).copied().unwrap_or(0));
                prop_assert_eq!(units.clone().sum::<i64>(), line.discount.minor_units());
                let room = given.unit_price.minor_units() - given.floor_price.unwrap().minor_units();
                prop_assert!(units.into_iter().all(|off| off <= room), "{} below its floor", line.sku);
            }
            for one in &quote.applied {
                let lines = by_promotion.get(&one.promotion).copied().unwrap_or(0);
                prop_assert_eq!(lines, one.discount.minor_units());
                let paid: i64 = one.funded.iter().map(|part| part.amount.minor_units()).sum();
                prop_assert_eq!(paid, one.discount.minor_units() + one.shipping.minor_units());
            }
            let funded = quote.funded();
            prop_assert_eq!(funded.iter().map(|part| part.amount.minor_units()).sum::<i64>(), value(&quote));
            if shipping == 0 {
                for part in funded {
                    let given = by_funder.get(&part.funder).copied().unwrap_or(0);
                    prop_assert_eq!(given, part.amount.minor_units());
                }
            }
            prop_assert_eq!(quote.paid().minor_units() + quote.shipping_total.minor_units(), quote.total.minor_units());
        }

        #[test]
        fn neither_order_nor_splitting_moves_a_cent(
            cart in carts(), rules in rules(false, 5), policy in policy(), best in any::<bool>(),
            keys in vec(any::<u32>(), 12), split in any::<prop::sample::Index>(),
        ) {
            let stacking = if best { Stacking::Best } else { Stacking::Priority };
            let policy = policy.with_spread(Spread::Units).with_stacking(stacking);
            let before = quote(&book(&rules), &cart, &policy, &mut Scratch::new());
            let mut lines = cart.lines.clone();
            let at = split.index(lines.len());
            if lines[at].units > 1 {
                lines[at].units -= 1;
                lines.push(CartLine { line: 77.into(), units: 1, ..lines[at].clone() });
            }
            let shuffled = |n: usize| keys[n % keys.len()];
            let mut order: Vec<usize> = (0..lines.len()).collect();
            order.sort_by_key(|&n| shuffled(n));
            let other = Cart { lines: order.iter().map(|&n| lines[n].clone()).collect(), ..cart.clone() };
            let mut turned: Vec<Promotion> = book(&rules).promotions().cloned().collect();
            turned.reverse();
            let after = quote(&PromotionBook::compile(turned).unwrap(), &other, &policy, &mut Scratch::new());
            prop_assert_eq!(sums(&before), sums(&after));
            prop_assert_eq!(before.total, after.total);
        }

        #[test]
        fn everything_back_is_everything_paid(
            cart in carts(), rules in rules(true, 5), policy in policy(), best in any::<bool>(),
            policy_of_return in select(vec![ReturnPolicy::Keep, ReturnPolicy::Prorated, ReturnPolicy::ClawBack]),
            turns in vec(any::<prop::sample::Index>(), 16),
        ) {
            let stacking = if best { Stacking::Best } else { Stacking::Priority };
            let quote = quote(&book(&rules), &cart, &policy.with_stacking(stacking), &mut Scratch::new());
            let mut left: Vec<_> = cart.lines.iter().map(|line| (line.line.clone(), line.units)).collect();
            let mut returns = vec![];
            for turn in turns {
                if left.is_empty() { break }
                let at = turn.index(left.len());
                returns.push(vec![ReturnedUnits { line: left[at].0.clone(), units: 1 }]);
                left[at].1 -= 1;
                if left[at].1 == 0 { left.remove(at); }
            }
            let complete = left.is_empty();
            let refunds = quote.refunds(&returns, policy_of_return).unwrap();
            let mut refunded = 0;
            for refund in &refunds {
                let units: i64 = refund.units.iter().map(|run| run.each.minor_units() * i64::from(run.units)).sum();
                prop_assert_eq!(units, refund.amount.minor_units());
                prop_assert!(!refund.amount.is_negative());
                refunded += units;
                prop_assert!(refunded <= quote.paid().minor_units());
            }
            if complete {
                prop_assert_eq!(refunded, quote.paid().minor_units());
            }
        }

        #[test]
        fn finding_by_index_is_looking_at_all(
            cart in carts(), rules in rules(true, 8), policy in policy(), best in any::<bool>(),
            asked in vec(0..7usize, 8), shown in vec(any::<bool>(), 5),
        ) {
            let stacking = if best { Stacking::Best } else { Stacking::Priority };
            let policy = policy.with_stacking(stacking);
            let narrow = |(rule, asked): (&Promotion, &usize)| {
                let rule = rule.clone();
                match asked {
                    0 => rule.with_when(Condition::code("Spring-26")),
                    1 => rule.with_when(Condition::Coupon),
                    2 => rule.with_when(Condition::Segment { segment: "gold".to_owned() }),
                    3 => rule.with_when(Condition::Channel { channel: "app".parse().unwrap() }),
                    4 => rule.with_when(Condition::PaymentMethod { method: "card".to_owned() }),
                    _ => rule,
                }
            };
            let narrow: Vec<Promotion> = rules.iter().zip(&asked).map(narrow).collect();
            // The same under conditions and with a benefit that no index sees through.
            let opaque = |rule: &Promotion| {
                let never = Condition::Fact { name: "x".to_owned(), is: "y".to_owned() };
                let always = Condition::Not { of: Box::new(never.clone()) };
                let when = rule.when.clone().unwrap_or(always);
                let gone = Benefit::Gift { any_of: vec!["gone".parse().unwrap()], units: 1 };
                Promotion { when: Some(Condition::Any { of: vec![when, never] }), ..rule.clone() }.with_benefit(gone)
            };
            let sound: Vec<Promotion> = book(&narrow).promotions().cloned().collect();
            let mut cart = cart;
            if shown[0] {
                cart.codes.push(Presented { code: "spring 26".to_owned(), coupon: None });
            }
            if shown[1] && let Some(rule) = sound.first() {
                let coupon = Coupon::new("c".parse().unwrap(), "C", rule.promotion.clone());
                cart.codes.push(Presented { code: "c".to_owned(), coupon: Some(coupon) });
            }
            cart.channel = shown[2].then(|| "app".parse().unwrap());
            cart.payment_method = shown[3].then(|| "card".to_owned());
            let segments = if shown[4] { vec!["gold".to_owned()] } else { vec![] };
            let shopper = Shopper { segments, orders_before: 1, ..Shopper::default() };
            let made = |rules: &[Promotion]| {
                let book = PromotionBook::compile(rules.iter().cloned()).unwrap();
                book.quote(&cart, &shopper, at(), &policy, Explain::Brief, &mut Scratch::new()).unwrap()
            };
            let (found, looked) = (made(&sound), made(&sound.iter().map(opaque).collect::<Vec<_>>()));
            prop_assert_eq!(found.applied, looked.applied);
            prop_assert_eq!(found.total, looked.total);
        }

        #[test]
        fn what_matches_is_what_a_look_at_each_finds(cart in carts(), rules in rules(true, 8), policy in policy()) {
            let book = book(&rules);
            let shopper = Shopper { orders_before: 1, ..Shopper::default() };
            let mut scratch = Scratch::new();
            let found: Vec<_> =
                book.matching(&cart, &shopper, at(), &policy, &mut scratch).unwrap().map(|rule| rule.promotion.clone()).collect();
            let fits = |rule: &&Promotion| {
                is_about(rule, &cart) && rule.when.as_ref().is_none_or(|when| holds(when, &cart, 1))
            };
            let looked: Vec<_> = book.promotions().filter(fits).map(|rule| rule.promotion.clone()).collect();
            prop_assert_eq!(found, looked);
        }

        #[test]
        fn a_book_made_in_steps_is_the_book_made_at_once(
            cart in carts(), rules in rules(true, 8), policy in policy(), best in any::<bool>(),
            steps in vec((0..8usize, any::<bool>()), 0..40),
        ) {
            let stacking = if best { Stacking::Best } else { Stacking::Priority };
            let policy = policy.with_stacking(stacking);
            let sound: Vec<Promotion> = book(&rules).promotions().cloned().collect();
            let mut live: BTreeMap<PromotionId, Promotion> = BTreeMap::new();
            let mut book = PromotionBook::default();
            let mut kept = vec![];
            for (n, add) in steps {
                let Some(rule) = sound.get(n) else { continue };
                if add {
                    let version = live.get(&rule.promotion).map_or(1, |live| live.version + 1);
                    let draft = Promotion { version, priority: rule.priority + n as i32 * version as i32, ..rule.clone() };
                    prop_assert_eq!(book.check(&draft), vec![]);
                    kept.push((book.clone(), live.clone()));
                    book = book.with(draft.clone()).unwrap();
                    let stale = book.with(draft.clone()).unwrap_err();
                    prop_assert_eq!(&stale[0].what, &Flaw::StaleVersion { given: version, live: version });
                    live.insert(rule.promotion.clone(), draft);
                } else {
                    kept.push((book.clone(), live.clone()));
                    book = book.without(&rule.promotion);
                    live.remove(&rule.promotion);
                }
            }
            kept.push((book, live));
            // Whoever keeps an older book still has it.
            for (book, live) in kept.iter().rev().step_by(7) {
                let at_once = PromotionBook::compile(live.values().cloned()).unwrap();
                prop_assert_eq!(book.len(), live.len());
                prop_assert!(book.promotions().eq(at_once.promotions()));
                let shopper = Shopper { orders_before: 1, ..Shopper::default() };
                let made = |book: &PromotionBook| book.quote(&cart, &shopper, at(), &policy, Explain::Full, &mut Scratch::new()).unwrap();
                prop_assert_eq!(made(book), made(&at_once));
            }
        }

        #[test]
        fn nobody_is_applied_with_whom_it_bars_and_no_unit_serves_two_of_a_class(
            cart in carts(), rules in rules(true, 8), policy in policy(), best in any::<bool>(), free in any::<bool>(),
        ) {
            let stacking = if best { Stacking::Best } else { Stacking::Priority };
            let policy = policy.with_stacking(stacking).with_assign(if free { Assign::Free } else { Assign::Fixed });
            let policy = policy.with_work(Work::nodes(2_000));
            let book = book(&rules);
            let quote = book.quote(&cart, &Shopper { orders_before: 1, ..Shopper::default() }, at(), &policy, Explain::Full, &mut Scratch::new()).unwrap();
            for (n, one) in quote.applied.iter().enumerate() {
                let rule = book.get(&one.promotion).unwrap();
                for other in &quote.applied[..n] {
                    let before = book.get(&other.promotion).unwrap();
                    prop_assert!(!clash(rule, before), "{} and {}", one.promotion, other.promotion);
                    let same_class = rule.unit_class.is_some() && rule.unit_class == before.unit_class;
                    if same_class || (rule.consumes_units && before.consumes_units) {
                        let units = |one: &Applied| -> BTreeSet<_> {
                            let runs = one.units.iter();
                            runs.flat_map(|run| (0..run.units).map(|n| (run.line.clone(), run.first_unit + n))).collect()
                        };
                        prop_assert!(units(one).is_disjoint(&units(other)));
                    }
                }
            }
            for one in &quote.not_applied {
                for by in &one.beaten_by {
                    let beaten = quote.applied.iter().find(|applied| applied.promotion == by.promotion).unwrap();
                    prop_assert_eq!(by.value.minor_units(), beaten.discount.minor_units() + beaten.shipping.minor_units());
                }
                if matches!(one.why, PromotionReason::Excluded { .. }) {
                    prop_assert!(!one.beaten_by.is_empty());
                }
            }
        }

        #[test]
        fn the_best_of_offers_for_the_same_units_is_what_trying_all_finds(
            (cart, _) in shelves(3), offers in offers(7), lines in any::<bool>(), floors in vec(0..100i64, 4),
        ) {
            let rules: Vec<Promotion> = offers.iter().enumerate().map(|(n, offer)| offered(n, offer)).collect();
            let mut cart = cart;
            for (line, percent) in cart.lines.iter_mut().zip(floors) {
                line.floor_price = Some(eur(line.unit_price.minor_units() * percent / 100));
            }
            let spread = if lines { Spread::LinesThenUnits } else { Spread::Units };
            let policy = QuotePolicy::default().with_spread(spread);
            let best = quote(&book(&rules), &cart, &best().with_spread(spread), &mut Scratch::new());
            prop_assert!(matches!(best.proof, Proof::Optimal { .. }), "{:?}", best.proof);
            prop_assert_eq!(value(&best), by_trying_all(&rules, &cart, &policy).0);
        }

        #[test]
        fn free_hands_find_what_showing_any_units_finds((cart, units) in shelves(2), offers in offers(4)) {
            let rules: Vec<Promotion> = offers.iter().enumerate().map(|(n, offer)| offered(n, offer)).collect();
            let book = PromotionBook::compile(rules).unwrap();
            let (scratch, best) = (&mut Scratch::new(), best());
            let by_priority = quote(&book, &cart, &QuotePolicy::default(), scratch);
            let fixed = quote(&book, &cart, &best, scratch);
            let free = quote(&book, &cart, &best.with_assign(Assign::Free), scratch);
            prop_assert!(matches!(free.proof, Proof::Optimal { .. }), "{:?}", free.proof);
            prop_assert!(free.total.minor_units() <= fixed.total.minor_units());
            prop_assert!(fixed.total.minor_units() <= by_priority.total.minor_units());
            prop_assert_eq!(value(&free), by_showing_any(&offers, &units));
            let short = quote(&book, &cart, &best.with_assign(Assign::Free).with_work(Work::nodes(5)), scratch);
            match short.proof {
                Proof::Gap { bound, .. } => prop_assert!(bound.minor_units() >= value(&free)),
                _ => prop_assert_eq!(value(&short), value(&free)),
            }
        }

        #[test]
        fn scratch_and_reasons_change_nothing(
            carts in vec(carts(), 1..4), rules in rules(true, 5), policy in policy(), best in any::<bool>(),
        ) {
            let stacking = if best { Stacking::Best } else { Stacking::Priority };
            let (book, policy) = (book(&rules), policy.with_stacking(stacking));
            let mut scratch = Scratch::new();
            let shopper = Shopper { orders_before: 1, ..Shopper::default() };
            for cart in &carts {
                let warm = book.quote(cart, &shopper, at(), &policy, Explain::Full, &mut scratch).unwrap();
                let cold = quote(&book, cart, &policy, &mut Scratch::new());
                prop_assert_eq!(warm.applied.len() + warm.not_applied.len(), book.promotions().count());
                let bare = Quote { not_applied: vec![], ..warm };
                prop_assert_eq!(bare, cold);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 12, ..ProptestConfig::default() })]

        #[test]
        fn free_hands_find_the_best_of_eight_offers_over_eight_units(offers in offers(8), prices in vec(1..30i64, 4)) {
            let price = |n: usize| 100 * (4 * prices[n] + n as i64);
            let line = |n: usize| CartLine::new((n as u64).into(), (n as u64).into(), 2, eur(price(n))).with_category(format!("c{n}"));
            let cart = Cart { shipping: vec![], ..cart((0..4).map(line).collect()) };
            let units: Vec<(usize, i64)> = (0..4).flat_map(|n| [(n, price(n)); 2]).collect();
            let rules: Vec<Promotion> = offers.iter().enumerate().map(|(n, offer)| offered(n, offer)).collect();
            let policy = best().with_assign(Assign::Free);
            let free = quote(&PromotionBook::compile(rules).unwrap(), &cart, &policy, &mut Scratch::new());
            prop_assert!(matches!(free.proof, Proof::Optimal { .. }), "{:?}", free.proof);
            prop_assert_eq!(value(&free), by_showing_any(&offers, &units));
        }
    }
}
