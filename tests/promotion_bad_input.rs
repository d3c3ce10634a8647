//! What nobody should send: a typed error or a bounded answer, never a panic.

#[cfg(test)]
mod promotion_bad_input {
    use order_workflow::{
        decision::Explain,
        money::{Currency, Money},
        promotion::{
            Benefit, CODES_MAX, Cart, CartLine, Condition, DEPTH_MAX, Filter, Flaw, Give, Other, Phase, Pick,
            PickOrder, Presented, Promotion, PromotionBook, Proof, Quote, QuoteError, QuotePolicy,
            ReturnPolicy, ReturnedUnits, Scratch, Shopper, Spread, Stacking, UNITS_MAX, Work,
        },
    };
    use serde_json::{Value, json};

    fn eur(minor: i64) -> Money {
        Money::minor(minor, Currency::EUR)
    }

    fn cart(lines: Vec<CartLine>) -> Cart {
        Cart {
            currency: Currency::EUR,
            lines,
            channel: None,
            payment_method: None,
            codes: vec![],
            shipping: vec![],
            gift_stock: Default::default(),
        }
    }

    fn line(n: u64, units: u32, price: i64) -> CartLine {
        CartLine::new(n.into(), format!("sku-{n}").parse().unwrap(), units, eur(price))
    }

    fn off(name: &str, give: Give) -> Promotion {
        let benefit = Benefit::Off { pick: Pick::all(Filter::all()), give, cap: None };
        Promotion::new(name.parse().unwrap(), Phase::SHOP, benefit)
    }

    fn quote(rules: &[Promotion], cart: &Cart, policy: &QuotePolicy) -> Result<Quote, QuoteError> {
        let book = PromotionBook::compile(rules.iter().cloned()).unwrap();
        let at = "2026-06-01T10:00:00Z".parse().unwrap();
        book.quote(cart, &Shopper::default(), at, policy, Explain::Full, &mut Scratch::new())
    }

    #[test]
    fn what_is_wrong_between_promotions_that_are_sound_alone_is_found() {
        let problems = |rules: &[Promotion]| {
            let found = PromotionBook::compile(rules.iter().cloned()).unwrap_err();
            found.into_iter().map(|one| format!("{} {}", one.promotion, one.what.code())).collect::<Vec<_>>()
        };
        let five = |name| off(name, Give::Percent { percent: 5.into() });
        let earlier = Promotion { phase: Phase::ITEM, ..five("p") };
        assert_eq!(problems(&[five("p"), five("q"), earlier]), ["p same_name"]);
        let shared = std::sync::Arc::new(five("p"));
        let found = PromotionBook::compile([shared.clone(), shared]).unwrap_err();
        assert_eq!(found[0].what.code(), "same_name", "the very same twice is no other");
        // What is named is applied later, and earlier.
        for alone in ["a", "z"] {
            let with = five("m").with_only_with(Other::Promotion(alone.parse().unwrap()));
            assert_eq!(problems(&[five("p"), with, five(alone).with_exclusive()]), ["m never_together"]);
        }
    }

    #[test]
    fn a_thousand_lines() {
        let cart = cart((0..1_000).map(|n| line(n, 2, 100 + i64::try_from(n).unwrap())).collect());
        let mut rules: Vec<Promotion> =
            (1..=20).map(|n| off(&format!("p{n:02}"), Give::Percent { percent: n.into() })).collect();
        rules.push(off("q", Give::Amount { amount: eur(77_777) }));
        for stacking in [Stacking::Priority, Stacking::Best] {
            for spread in [Spread::Units, Spread::LinesThenUnits] {
                let policy = QuotePolicy::default()
                    .with_stacking(stacking)
                    .with_spread(spread)
                    .with_work(Work::nodes(40));
                let quote = quote(&rules, &cart, &policy).unwrap();
                let off: i64 =
                    quote.adjustments().iter().map(|one| one.each.minor_units() * i64::from(one.units)).sum();
                assert_eq!(off, quote.discount.minor_units());
                assert_eq!(quote.proof == Proof::Rule, stacking == Stacking::Priority);
            }
        }
    }

    #[test]
    fn too_much_of_anything() {
        let policy = QuotePolicy::default();
        let mut many = cart(vec![line(1, 1, 100)]);
        many.codes = vec![Presented { code: "x".to_owned(), coupon: None }; 10_000];
        let refused = quote(&[], &many, &policy).unwrap_err();
        assert_eq!(refused, QuoteError::TooManyCodes { codes: 10_000 });
        assert!(refused.to_string().contains(&CODES_MAX.to_string()));
        let units = quote(&[], &cart(vec![line(1, u32::MAX, 1), line(2, u32::MAX, 1)]), &policy).unwrap_err();
        assert_eq!(units, QuoteError::TooManyUnits { units: 2 * u64::from(u32::MAX) });
        assert!(units.to_string().contains(&UNITS_MAX.to_string()));
        let overflow = quote(&[], &cart(vec![line(1, 2, i64::MAX)]), &policy).unwrap_err();
        assert_eq!(overflow.code(), "money");
        let twice: Vec<CartLine> = (0..100).map(|n| line(n % 99, 1, 1)).collect();
        assert_eq!(quote(&[], &cart(twice), &policy).unwrap_err(), QuoteError::SameLine { line: 0.into() });
    }

    #[test]
    fn the_largest_amounts_do_not_overflow() {
        let most = eur(i64::MAX);
        let rules = [
            off("amount", Give::Amount { amount: most }),
            off("each", Give::AmountEach { amount: most }),
            off("every", Give::Every { threshold: eur(1), amount: most }),
            off("percent", Give::Percent { percent: 100.into() }),
            off("price", Give::Price { price: most }),
            off("price-each", Give::PriceEach { price: most }),
        ];
        for rule in &rules {
            for stacking in [Stacking::Priority, Stacking::Best] {
                for spread in [Spread::Units, Spread::LinesThenUnits] {
                    let policy = QuotePolicy::default().with_stacking(stacking).with_spread(spread);
                    let cart = cart(vec![line(1, 1, i64::MAX - 10), line(2, 3, 3), line(3, 5, 0)]);
                    let quote = quote(std::slice::from_ref(rule), &cart, &policy).unwrap();
                    assert!(!quote.total.is_negative(), "{}", rule.promotion);
                }
            }
        }
    }

    #[test]
    fn everything_for_nothing() {
        let rules = [
            off("a", Give::Percent { percent: 50.into() }),
            off("b", Give::PercentEach { percent: 50.into() }),
        ];
        let free = quote(&rules, &cart(vec![line(1, 3, 0)]), &QuotePolicy::default()).unwrap();
        assert!(free.applied.is_empty() && free.total.is_zero());
        let back = vec![ReturnedUnits { line: 1.into(), units: 3 }];
        for policy in [ReturnPolicy::Keep, ReturnPolicy::Prorated, ReturnPolicy::ClawBack] {
            assert!(free.refunds(std::slice::from_ref(&back), policy).unwrap()[0].amount.is_zero());
        }
        let none = quote(&rules, &cart(vec![]), &QuotePolicy::default()).unwrap();
        assert!(none.total.is_zero());
    }

    #[test]
    fn conditions_nested_too_deep() {
        let mut deep = Condition::first_order();
        for _ in 1..DEPTH_MAX {
            deep = Condition::Not { of: Box::new(deep) };
        }
        let give = Give::Amount { amount: eur(1) };
        assert!(PromotionBook::compile([off("p", give.clone()).with_when(deep.clone())]).is_ok());
        let deeper = Condition::Not { of: Box::new(deep) };
        let problems = PromotionBook::compile([off("p", give).with_when(deeper)]).unwrap_err();
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].what, Flaw::TooDeep { depth: DEPTH_MAX + 1 });
    }

    #[test]
    fn json_that_means_nothing() {
        let rule = serde_json::to_value(off("p", Give::Amount { amount: eur(1) })).unwrap();
        assert!(serde_json::from_value::<Promotion>(rule.clone()).is_ok());
        for (place, wrong) in [
            ("/gives/0/give/amount/currency", json!("XXX")),
            ("/gives/0/give/amount/minor", json!(1.5)),
            ("/gives/0/give/kind", json!("anything")),
            ("/gives/0/pick/kind", json!("anything")),
            ("/phase", json!(256)),
            ("/promotion", json!("")),
        ] {
            let mut other: Value = rule.clone();
            *other.pointer_mut(place).unwrap() = wrong;
            assert!(serde_json::from_value::<Promotion>(other).is_err(), "{place}");
        }
        for parent in ["", "/gives/0", "/gives/0/give", "/gives/0/pick"] {
            let mut other: Value = rule.clone();
            other.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert("surprise".into(), json!(1));
            assert!(serde_json::from_value::<Promotion>(other).is_err(), "{parent}");
        }
    }

    #[test]
    fn a_stored_quote_that_was_tampered_with() {
        let rule = off("p", Give::Amount { amount: eur(5) }).with_funder("brand".parse().unwrap(), 3);
        let made = quote(&[rule], &cart(vec![line(1, 3, 100)]), &QuotePolicy::default()).unwrap();
        let stored = serde_json::to_value(&made).unwrap();
        let back = [vec![ReturnedUnits { line: 1.into(), units: 2 }]];
        for (place, wrong) in [
            ("/basis/cart/lines/0/units", json!(u32::MAX)),
            ("/basis/cart/lines/0/unit_price/minor", json!(i64::MIN)),
            ("/applied/0/units/0/each/minor", json!(i64::MIN)),
            ("/applied/0/units/0/each/minor", json!(i64::MAX)),
            ("/applied/0/units/0/units", json!(u32::MAX)),
            ("/applied/0/units/0/first_unit", json!(u32::MAX)),
            ("/applied/0/took_part/0/units", json!(u32::MAX)),
            ("/applied/0/discount/minor", json!(i64::MIN)),
            ("/applied/0/discount/minor", json!(i64::MAX)),
            ("/subtotal/minor", json!(i64::MIN)),
            ("/discount/minor", json!(i64::MAX)),
            ("/basis/promotions/0/gives", json!([])),
        ] {
            let mut other = stored.clone();
            *other.pointer_mut(place).unwrap() = wrong;
            let quote: Quote = serde_json::from_value(other).unwrap();
            for policy in [ReturnPolicy::Keep, ReturnPolicy::Prorated, ReturnPolicy::ClawBack] {
                let _ = quote.refunds(&back, policy);
            }
            let (_, _, _) = (quote.adjustments(), quote.funded(), quote.claims());
        }
        assert!(made.refunds(&back, ReturnPolicy::Prorated).is_ok());
    }

    #[test]
    fn more_asked_for_than_there_is() {
        let pick = Pick::BuyGet {
            buy: Filter::all(),
            buy_units: u32::MAX,
            get: Filter::all(),
            get_units: u32::MAX,
            order: PickOrder::Cheapest,
            max_times: Some(u32::MAX),
        };
        let give = Give::PercentEach { percent: 100.into() };
        let rule = Promotion::new("p".parse().unwrap(), Phase::ITEM, Benefit::Off { pick, give, cap: None });
        for stacking in [Stacking::Priority, Stacking::Best] {
            let policy = QuotePolicy::default().with_stacking(stacking);
            let quote = quote(std::slice::from_ref(&rule), &cart(vec![line(1, 3, 100)]), &policy).unwrap();
            assert_eq!(quote.total, eur(300));
        }
    }
}
