//! A warm quote allocates nothing, however promotions are chosen; nor does a warm look at what matches.

#[cfg(test)]
mod promotion_allocations {
    use std::collections::BTreeMap;

    use allocation_counter::measure;
    use order_workflow::{
        decision::Explain,
        money::{Currency, Money},
        promotion::{
            Assign, Benefit, Cart, CartLine, Condition, Filter, Give, Measure, Phase, Pick, PickOrder,
            Presented, Promotion, PromotionBook, Quote, QuotePolicy, Scratch, SetPart, ShippingOff,
            ShippingPrice, Shopper, Stacking, coupon::Coupon,
        },
    };

    fn eur(minor: i64) -> Money {
        Money::minor(minor, Currency::EUR)
    }

    /// Every field is used; `shift` changes all values, but not how much there is of anything.
    fn cart(shift: u64) -> Cart {
        let line = |n: u64| {
            let mut line = CartLine::new((n + shift).into(), n.into(), 3, eur(500 + 37 * n as i64))
                .with_category(format!("here/{n}"));
            line.brand = Some(format!("brand {shift}"));
            line.attributes = BTreeMap::from([("colour".to_owned(), format!("colour {shift}"))]);
            line
        };
        let coupon = Coupon::new("c".parse().unwrap(), "COUPON-1", 9.into());
        Cart {
            currency: Currency::EUR,
            lines: (0..8).map(line).collect(),
            channel: Some("app".parse().unwrap()),
            payment_method: Some("card".to_owned()),
            codes: vec![
                Presented { code: "coupon 1".to_owned(), coupon: Some(coupon) },
                Presented { code: "nobody asks".to_owned(), coupon: None },
            ],
            shipping: vec![ShippingPrice { method: "post".to_owned(), price: eur(490) }],
            gift_stock: BTreeMap::from([("cap".parse().unwrap(), 1)]),
        }
    }

    fn shopper(shift: u64) -> Shopper {
        Shopper {
            customer: Some(shift.into()),
            segments: vec!["gold".to_owned()],
            orders_before: 3,
            region: Some("EU".to_owned()),
            facts: BTreeMap::from([("tier".to_owned(), format!("tier {shift}"))]),
            history: BTreeMap::from([("bought:tea".to_owned(), shift)]),
            born: None,
            answers: BTreeMap::from([("raffle".to_owned(), true)]),
        }
    }

    fn off(name: u64, pick: Pick) -> Promotion {
        let give = Give::PercentEach { percent: 15.into() };
        Promotion::new(name.into(), Phase::ITEM, Benefit::Off { pick, give, cap: Some(eur(5_000)) })
    }

    fn rules() -> Vec<Promotion> {
        let of = |n: u64| Filter::category(format!("here/{n}"));
        let two = |a: u64, b: u64| Filter {
            categories: vec![format!("here/{a}"), format!("here/{b}")],
            ..Filter::default()
        };
        let buy = |a: u64, b: u64| Pick::BuyGet {
            buy: two(a, b),
            buy_units: 1,
            get: two(a, b),
            get_units: 1,
            order: PickOrder::Cheapest,
            max_times: None,
        };
        let parts = vec![SetPart { of: of(2), units: 1 }, SetPart { of: of(3), units: 1 }];
        let ladder = Give::Amount { amount: eur(777) };
        let distinct = Condition::Count {
            measure: Measure::Distinct,
            of: Filter::brand("brand 1").but(of(3)),
            bound: order_workflow::promotion::Bound::at_least(2),
        };
        let mut rules = vec![
            off(1, buy(0, 1)).with_consumed_units(),
            off(2, buy(1, 2)).with_consumed_units(),
            off(3, Pick::Sets { parts, max_times: None }).with_consumed_units(),
            off(4, Pick::Some { of: two(3, 4), units: 2, order: PickOrder::Dearest })
                .with_unit_class("coupons"),
            off(5, Pick::EveryNth { of: two(4, 5), nth: 2 }).with_unit_class("coupons"),
            off(6, Pick::all(of(6))).with_group("a").with_when(Condition::units_at_least(2, of(6))),
            off(7, Pick::all(of(7))).with_group("a").with_when(distinct),
            off(8, Pick::all(Filter::all())).with_funder("brand".parse().unwrap(), 3),
            off(9, Pick::all(Filter::all())).with_when(Condition::Coupon),
            off(10, Pick::all(Filter::all())).with_when(Condition::Segment { segment: "gold".to_owned() }),
        ];
        let shipping = Benefit::Shipping { methods: vec![], off: ShippingOff::Amount(eur(100)) };
        rules.push(Promotion::new(11.into(), Phase::SHIPPING, shipping));
        let gift = Benefit::Gift { any_of: vec!["cap".parse().unwrap()], units: 1 };
        rules.push(Promotion::new(12.into(), Phase::SHOP, gift));
        let basket = Benefit::Off { pick: Pick::all(Filter::all()), give: ladder, cap: None };
        rules.push(
            Promotion::new(13.into(), Phase::SHOP, basket)
                .with_when(Condition::subtotal_at_least(eur(1_000), Filter::all())),
        );
        rules.extend((100..1_000).map(|n| off(n, Pick::all(Filter::category(format!("there/{n}"))))));
        rules
    }

    #[test]
    fn a_warm_quote_allocates_nothing() {
        let book = PromotionBook::compile(rules()).unwrap();
        let at = "2026-06-01T10:00:00Z".parse().unwrap();
        let (carts, shoppers) = ([cart(1), cart(2)], [shopper(1), shopper(2)]);
        for stacking in [Stacking::Priority, Stacking::Best] {
            for assign in [Assign::Fixed, Assign::Free] {
                let policy = QuotePolicy::default().with_stacking(stacking).with_assign(assign);
                let policy = policy.with_work(order_workflow::promotion::Work::nodes(3_000));
                let (mut scratch, mut quote) = (Scratch::new(), Quote::empty());
                let mut run = || {
                    for (cart, shopper) in carts.iter().zip(&shoppers) {
                        let explain = Explain::Brief;
                        book.quote_into(cart, shopper, at, &policy, explain, &mut scratch, &mut quote)
                            .unwrap();
                        assert!(quote.applied.len() > 4);
                        let matching = book.matching(cart, shopper, at, &policy, &mut scratch).unwrap();
                        assert!(matching.count() > 4);
                    }
                };
                (0..2).for_each(|_| run());
                assert_eq!(measure(run).count_total, 0, "{stacking:?} {assign:?}");
                // What it writes over leaves no trace.
                let fresh = || {
                    let scratch = &mut Scratch::new();
                    book.quote(&carts[1], &shoppers[1], at, &policy, Explain::Brief, scratch).unwrap()
                };
                assert_eq!(fresh(), quote);
            }
        }
    }

    #[test]
    fn a_refused_cart_leaves_the_quote_alone() {
        let book = PromotionBook::compile(rules()).unwrap();
        let at = "2026-06-01T10:00:00Z".parse().unwrap();
        let (policy, scratch) = (QuotePolicy::default(), &mut Scratch::new());
        let mut quote = book.quote(&cart(1), &shopper(1), at, &policy, Explain::Full, scratch).unwrap();
        let before = quote.clone();
        let mut wrong = cart(2);
        wrong.lines[3].unit_price = eur(-1);
        let into = &mut quote;
        assert!(book.quote_into(&wrong, &shopper(2), at, &policy, Explain::Full, scratch, into).is_err());
        assert_eq!(quote, before);
    }
}
