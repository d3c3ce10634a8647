//! Who goes with whom, what is best, and what is wrong with promotions, told one case at a time.

#[cfg(test)]
mod promotion_stacking {
    use order_workflow::{
        decision::Explain,
        money::{Currency, Money},
        promotion::{
            Assign, Beaten, Benefit, Bound, Cart, CartLine, Condition, Exclusion, Filter, Flaw, Give,
            Measure, Objective, Off, Other, Phase, Pick, PickOrder, Promotion, PromotionBook,
            PromotionReason, Quote, QuotePolicy, Scratch, Shopper, Stacking, Step,
        },
    };

    fn eur(minor: i64) -> Money {
        Money::minor(minor, Currency::EUR)
    }

    /// A unit a price.
    fn cart(prices: &[i64]) -> Cart {
        let line = |(n, price): (u64, &i64)| CartLine::new(n.into(), n.into(), 1, eur(*price));
        Cart {
            currency: Currency::EUR,
            lines: (0..).zip(prices).map(line).collect(),
            channel: None,
            payment_method: None,
            codes: vec![],
            shipping: vec![],
            gift_stock: [("cap".parse().unwrap(), 1)].into(),
        }
    }

    fn rule(name: &str, pick: Pick, give: Give) -> Promotion {
        Promotion::new(name.parse().unwrap(), Phase::ITEM, Benefit::Off { pick, give, cap: None })
    }

    fn off(name: &str, amount: i64) -> Promotion {
        rule(name, Pick::all(Filter::all()), Give::Amount { amount: eur(amount) })
    }

    fn group(name: &str) -> Other {
        Other::Group(name.to_owned())
    }

    fn quote(rules: &[Promotion], cart: &Cart, policy: &QuotePolicy) -> Quote {
        let book = PromotionBook::compile(rules.iter().cloned()).unwrap();
        let at = "2026-06-01T10:00:00Z".parse().unwrap();
        book.quote(cart, &Shopper::default(), at, policy, Explain::Full, &mut Scratch::new()).unwrap()
    }

    fn applied(quote: &Quote) -> Vec<&str> {
        quote.applied.iter().map(|one| one.promotion.as_str()).collect()
    }

    fn best() -> QuotePolicy {
        QuotePolicy::default().with_stacking(Stacking::Best)
    }

    #[test]
    fn only_with_bars_all_others_from_either_side() {
        let staff = off("staff", 300).with_only_with(group("letter"));
        let rules = [off("a-sale", 200), off("letter", 100).with_group("letter"), staff.clone()];
        let walked = quote(&rules, &cart(&[10_000]), &QuotePolicy::default());
        assert_eq!(applied(&walked), ["a-sale", "letter"]);
        let why = &walked.not_applied[0];
        let by = Exclusion::NotWith { promotion: "a-sale".parse().unwrap() };
        assert_eq!(why.why, PromotionReason::Excluded { by });
        assert_eq!(
            why.beaten_by,
            [Beaten { promotion: "a-sale".parse().unwrap(), value: eur(200) }],
            "the letter does not mind"
        );
        assert_eq!(applied(&quote(&rules, &cart(&[10_000]), &best())), ["letter", "staff"]);
        // The other way round: who is barred by name has nothing to say in it.
        let rules =
            [off("a-sale", 200).with_not_with(Other::Promotion("staff".parse().unwrap())), off("staff", 300)];
        assert_eq!(applied(&quote(&rules, &cart(&[10_000]), &best())), ["staff"]);
    }

    #[test]
    fn a_unit_takes_one_coupon_but_any_number_of_others() {
        let dearest = |units| Pick::Some { of: Filter::all(), units, order: PickOrder::Dearest };
        let ten = |name, units| rule(name, dearest(units), Give::PercentEach { percent: 10.into() });
        let coupons =
            [ten("a", 1).with_unit_class("coupon"), ten("b", 1).with_unit_class("coupon"), ten("c", 1)];
        let made = quote(&coupons, &cart(&[3_000, 2_000]), &QuotePolicy::default());
        let units: Vec<(&str, &str, i64)> = made
            .applied
            .iter()
            .map(|one| (one.promotion.as_str(), one.units[0].line.as_str(), one.units[0].each.minor_units()))
            .collect();
        assert_eq!(units, [("a", "0", 300), ("b", "1", 200), ("c", "0", 270)]);
        // The only unit is taken; that is what stands in the way.
        let made = quote(&coupons, &cart(&[3_000]), &QuotePolicy::default());
        assert_eq!(made.not_applied[0].why, PromotionReason::NoEffect);
        assert_eq!(
            made.not_applied[0].beaten_by,
            [Beaten { promotion: "a".parse().unwrap(), value: eur(300) }]
        );
    }

    #[test]
    fn what_is_best_when_the_price_is_the_same() {
        let gift = Benefit::Gift { any_of: vec!["cap".parse().unwrap()], units: 1 };
        let rules = [
            off("brand-pays", 500).with_group("one").with_funder("brand".parse().unwrap(), 1),
            off("house-pays", 500).with_group("one").with_benefit(gift),
        ];
        assert_eq!(applied(&quote(&rules, &cart(&[10_000]), &best())), ["house-pays"]);
        let house = best().with_objective(Objective::PriceHouseGifts);
        let made = quote(&rules, &cart(&[10_000]), &house);
        assert_eq!(applied(&made), ["brand-pays"]);
        // Barred by the chosen one, and how much that is worth.
        assert_eq!(
            made.not_applied[0].beaten_by,
            [Beaten { promotion: "brand-pays".parse().unwrap(), value: eur(500) }]
        );
    }

    /// Buy one, get the cheapest free.
    fn one_free(name: &str) -> Promotion {
        let pick = Pick::BuyGet {
            buy: Filter::all(),
            buy_units: 1,
            get: Filter::all(),
            get_units: 1,
            order: PickOrder::Cheapest,
            max_times: None,
        };
        rule(name, pick, Give::PercentEach { percent: 100.into() }).with_consumed_units()
    }

    #[test]
    fn free_hands_show_an_offer_what_is_best_for_the_whole() {
        let free = one_free("b1g1");
        let rules = std::slice::from_ref(&free);
        let cart = cart(&[1_000, 2_000, 3_000]);
        // The rule gives the cheapest of three away; shown two only, it gives the cheaper of these.
        assert_eq!(quote(rules, &cart, &best()).discount, eur(1_000));
        let made = quote(rules, &cart, &best().with_assign(Assign::Free));
        assert_eq!((made.discount, made.applied[0].units[0].line.as_str()), (eur(2_000), "1"));
        // What was taken part in stays so when one comes back, and nothing else of the quote knows of it.
        let stored: Quote = serde_json::from_str(&serde_json::to_string(&made).unwrap()).unwrap();
        assert_eq!(stored, made);
    }

    #[test]
    fn beyond_twelve_offers_free_hands_leave_a_true_gap() {
        let one = |n: usize| {
            let of = Filter::sku((n as u64 % 3).into());
            rule(&format!("p{n:02}"), Pick::all(of), Give::AmountEach { amount: eur(10) })
                .with_consumed_units()
        };
        let rules: Vec<Promotion> = (0..=Assign::FREE_MAX).map(one).collect();
        let made = quote(&rules, &cart(&[100, 200, 300]), &best().with_assign(Assign::Free));
        // Ceilings meet what was found: no gap to speak of.
        assert_eq!(serde_json::to_value(made.proof).unwrap()["proof"], "optimal");
        let buy = |n: usize| one_free(&format!("p{n:02}"));
        let rules: Vec<Promotion> = (0..=Assign::FREE_MAX).map(buy).collect();
        let made = quote(&rules, &cart(&[1_000, 2_000, 3_000]), &best().with_assign(Assign::Free));
        let proof = serde_json::to_value(made.proof).unwrap();
        assert_eq!((made.discount, proof["proof"].as_str()), (eur(1_000), Some("gap")));
        assert!(proof["bound"]["minor"].as_i64().unwrap() >= 2_000, "free hands would find 20.00");
    }

    #[test]
    fn what_can_not_be_meant_is_told_at_once() {
        let of = Filter::category("kitchen/pots");
        let but = |but: Filter| rule("p", Pick::all(of.clone().but(but)), Give::Amount { amount: eur(1) });
        let flaws = |rules: &[Promotion]| -> Vec<Flaw> {
            PromotionBook::compile(rules.iter().cloned())
                .unwrap_err()
                .into_iter()
                .map(|one| one.what)
                .collect()
        };
        assert_eq!(
            flaws(&[but(Filter::category("kitchen"))]),
            [Flaw::EmptyFilter { why: "`but` leaves out all that fits".to_owned() }]
        );
        assert!(PromotionBook::compile([but(Filter::category("kitchen/pots/iron"))]).is_ok());
        let instant = |at: &str| Some(at.parse().unwrap());
        let turned = Condition::Between {
            from: instant("2026-07-01T00:00:00Z"),
            until: instant("2026-06-01T00:00:00Z"),
        };
        let window = "from 2026-07-01 00:00:00 UTC until 2026-06-01 00:00:00 UTC".to_owned();
        let turned = rule("p", Pick::all(of.clone()), Give::Amount { amount: eur(1) }).with_when(turned);
        assert_eq!(flaws(&[turned]), [Flaw::EmptyWindow { window }]);
        let most = Condition::Subtotal { of: Filter::all(), bound: Bound::at_most(eur(1_000)) };
        let pots = Condition::subtotal_at_least(eur(1_001), of.clone());
        let never = off("p", 1).with_when(pots).with_when(most);
        assert_eq!(flaws(&[never]), [Flaw::Contradiction { what: "a subtotal" }]);
        let all = |bound| Condition::Count { measure: Measure::Distinct, of: Filter::all(), bound };
        let few = off("p", 1).with_when(all(Bound::at_most(2)));
        let distinct =
            Condition::Count { measure: Measure::Distinct, of: of.clone(), bound: Bound::at_least(3) };
        assert_eq!(flaws(&[few.with_when(distinct)]), [Flaw::Contradiction { what: "a count" }]);
        let step = |from| Step { from, off: Off::Amount(eur(100)) };
        let ladder = Give::LadderByUnits { steps: vec![step(2), step(4)] };
        let three = Pick::Some { of: Filter::all(), units: 3, order: PickOrder::Dearest };
        assert_eq!(flaws(&[rule("p", three, ladder)]), [Flaw::UnreachableStep { step: 2 }]);

        let named = |name: &str| Other::Promotion(name.parse().unwrap());
        assert_eq!(
            flaws(&[off("p", 1).with_not_with(named("p"))]),
            [Flaw::BarsItself { other: "promotion `p`".to_owned() }]
        );
        let (p, q) = (off("p", 1).with_only_with(named("q")), off("q", 1).with_not_with(named("p")));
        let never = [Flaw::NeverTogether { other: "promotion `q`".to_owned() }];
        assert_eq!(flaws(&[p.clone(), q.clone()]), never);
        assert!(PromotionBook::compile([p.clone()]).is_ok(), "`q` may come or be over");
        // The live book finds it from either side.
        for (first, second) in [(&p, &q), (&q, &p)] {
            let book = PromotionBook::default().with(first.clone()).unwrap();
            let found: Vec<Flaw> = book.check(second).into_iter().map(|one| one.what).collect();
            assert_eq!(found, never);
            assert!(book.with(second.clone()).is_err() && book.len() == 1);
        }
        let own = off("p", 1).with_group("g").with_only_with(group("g"));
        assert_eq!(flaws(&[own]), [Flaw::NeverTogether { other: "group `g`".to_owned() }]);
    }

    #[test]
    fn many_changes_leave_a_small_book() {
        let mut book = PromotionBook::default();
        for n in 0..5_000u32 {
            let of = Filter::category(format!("c{n}"));
            let rule = rule(&format!("p{n}"), Pick::all(of), Give::Amount { amount: eur(1) });
            book = book.with(rule.with_priority((n % 7) as i32)).unwrap();
            if let Some(old) = n.checked_sub(20) {
                book = book.without(&format!("p{old}").parse().unwrap());
            }
        }
        assert_eq!((book.len(), book.promotions().count()), (20, 20));
        let priorities: Vec<i32> = book.promotions().map(|rule| rule.priority).collect();
        assert!(priorities.is_sorted_by(|a, b| a >= b));
        let mut last = cart(&[500]);
        last.lines[0].category = "c4999/below".to_owned();
        let scratch = &mut Scratch::new();
        let at = "2026-06-01T10:00:00Z".parse().unwrap();
        let found = book.matching(&last, &Shopper::default(), at, &QuotePolicy::default(), scratch).unwrap();
        assert_eq!(found.map(|rule| rule.promotion.as_str()).collect::<Vec<_>>(), ["p4999"]);
    }
}
