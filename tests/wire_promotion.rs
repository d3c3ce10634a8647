//! The stored form of promotions: a golden file for every part that they are made of, for quotes, coupons, reasons and
//! refunds. Append-only, as the files of `wire.rs`.

#[cfg(test)]
mod golden;

#[cfg(test)]
mod wire_promotion {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use chrono::{DateTime, TimeDelta, Utc, Weekday};
    use order_workflow::calendar::Zone;
    use order_workflow::decision::Explain;
    use order_workflow::money::Rounding;
    use order_workflow::promotion::coupon::{BudgetShort, ClaimPolicy, Coupon, LateRedeem};
    use order_workflow::promotion::*;
    use order_workflow::{Currency, Money};
    use serde::{Serialize, de::DeserializeOwned};
    use std::fmt::Debug;

    use crate::golden::{all_covered, golden, tag};

    fn at() -> DateTime<Utc> {
        "2026-06-01T10:00:00.000001Z".parse().unwrap()
    }

    fn id<T: std::str::FromStr<Err: Debug>>(text: &str) -> T {
        text.parse().unwrap()
    }

    fn eur(minor: i64) -> Money {
        Money::minor(minor, Currency::EUR)
    }

    /// A file for every variant of a tagged enum.
    fn each<T: Serialize + DeserializeOwned + PartialEq + Debug>(folder: &str, by: &str, samples: &[T]) {
        all_covered(samples, by);
        for sample in samples {
            golden(&format!("promotion/{folder}"), &tag(sample, by), sample);
        }
    }

    fn filter() -> Filter {
        Filter {
            skus: vec![id("mug"), id("pen")],
            categories: vec!["home/kitchen".to_owned()],
            brands: vec!["potter".to_owned()],
            sellers: vec![id("shop")],
            attributes: BTreeMap::from([("colour".to_owned(), "blue".to_owned())]),
            min_unit_price: Some(eur(100)),
            max_unit_price: Some(eur(5_000)),
            not_discounted: true,
            but: Some(Box::new(Filter::sku(id("cup")))),
        }
    }

    fn conditions() -> Vec<Condition> {
        vec![
            Condition::All { of: vec![Condition::Coupon] },
            Condition::Any { of: vec![Condition::Coupon, Condition::first_order()] },
            Condition::Not { of: Box::new(Condition::Coupon) },
            Condition::Subtotal {
                of: filter(),
                bound: Bound { at_least: Some(eur(5_000)), at_most: Some(eur(9_000)) },
            },
            Condition::Count {
                measure: Measure::WeightGrams,
                of: Filter::all(),
                bound: Bound::at_most(20_000),
            },
            Condition::Segment { segment: "gold".to_owned() },
            Condition::OrdersBefore { bound: Bound::exactly(9) },
            Condition::Channel { channel: id("app") },
            Condition::Region { region: "BE".to_owned() },
            Condition::PaymentMethod { method: "card".to_owned() },
            Condition::ShippingMethod { method: "express".to_owned() },
            Condition::Currency { currency: Currency::EUR },
            Condition::Fact { name: "birthday".to_owned(), is: "today".to_owned() },
            Condition::History { of: "bought:coffee".to_owned(), bound: Bound::at_least(3) },
            Condition::Birthday {
                zone: Zone::named("Europe/Berlin").unwrap(),
                days_before: 3,
                days_after: 0,
            },
            Condition::OnDays {
                zone: Zone::named("Europe/Berlin").unwrap(),
                days: vec!["2026-12-06".parse().unwrap()],
            },
            Condition::Host { name: "raffle".to_owned() },
            Condition::Between { from: Some(at()), until: None },
            Condition::Weekly {
                zone: Zone::named("Europe/Berlin").unwrap(),
                days: vec![Weekday::Sat, Weekday::Sun],
                from: "17:00:00".parse().unwrap(),
                until: Some("19:30:00".parse().unwrap()),
                but_not_on: vec!["2026-12-26".parse().unwrap()],
            },
            Condition::Code { code: "SPRING-26".to_owned() },
            Condition::Coupon,
        ]
    }

    fn picks() -> Vec<Pick> {
        vec![
            Pick::All { of: filter(), units_per_line: Some(2) },
            Pick::Some { of: Filter::all(), units: 3, order: PickOrder::Dearest },
            Pick::EveryNth { of: Filter::all(), nth: 2 },
            Pick::BuyGet {
                buy: Filter::sku(id("mug")),
                buy_units: 2,
                get: Filter::sku(id("pen")),
                get_units: 1,
                order: PickOrder::Cheapest,
                max_times: Some(3),
            },
            Pick::Sets { parts: vec![SetPart { of: Filter::sku(id("mug")), units: 2 }], max_times: Some(1) },
        ]
    }

    fn gives() -> Vec<Give> {
        let percent = || "12.5".parse().unwrap();
        vec![
            Give::PercentEach { percent: percent() },
            Give::AmountEach { amount: eur(150) },
            Give::PriceEach { price: eur(999) },
            Give::Percent { percent: percent() },
            Give::Amount { amount: eur(500) },
            Give::Price { price: eur(2_000) },
            Give::Every { threshold: eur(20_000), amount: eur(3_000) },
            Give::LadderByAmount { steps: vec![Step { from: eur(5_000), off: Off::Amount(eur(500)) }] },
            Give::LadderByUnits { steps: vec![Step { from: 3, off: Off::Percent(percent()) }] },
        ]
    }

    fn benefits() -> Vec<Benefit> {
        vec![
            Benefit::Off {
                pick: Pick::all(Filter::all()),
                give: Give::Amount { amount: eur(500) },
                cap: Some(eur(400)),
            },
            Benefit::Gift { any_of: vec![id("bag"), id("card")], units: 2 },
            Benefit::Coupon { promotion: id("ten-off"), units: 1, valid_days: Some(30) },
            Benefit::Shipping { methods: vec!["post".to_owned()], off: ShippingOff::To(eur(200)) },
        ]
    }

    fn budget() -> Budget {
        Budget { budget: id("spring"), limit: eur(100_000) }
    }

    fn promotion() -> Promotion {
        Promotion {
            promotion: id("spring"),
            version: 3,
            phase: Phase::SHOP,
            priority: -2,
            when: Some(Condition::subtotal_at_least(eur(5_000), Filter::all())),
            gives: benefits(),
            base: Base::List,
            exclusive: true,
            group: Some("basket".to_owned()),
            only_with: vec![Other::Promotion(id("winter")), Other::Group("letters".to_owned())],
            not_with: vec![Other::UnitClass("coupon".to_owned())],
            unit_class: Some("coupon".to_owned()),
            stop_after: true,
            consumes_units: true,
            funders: vec![
                FunderShare { funder: id("platform"), weight: 3 },
                FunderShare { funder: id("seller"), weight: 7 },
            ],
            limits: Limits {
                uses: Some(1_000),
                uses_per_customer: Some(1),
                budget: Some(budget()),
                amount_per_customer: None,
            },
        }
    }

    fn coupon() -> Coupon {
        Coupon::new(id("c-7"), "WELC-0ME2", id("spring"))
            .with_uses(1)
            .with_uses_per_customer(1)
            .with_owner(id("ann"))
            .with_valid(Some(at()), Some(at() + TimeDelta::days(7)))
            .with_budget(budget())
    }

    fn cart() -> Cart {
        let line = CartLine {
            floor_price: Some(eur(500)),
            category: "home/kitchen".to_owned(),
            brand: Some("potter".to_owned()),
            seller: Some(id("shop")),
            weight_grams: 350,
            attributes: BTreeMap::from([("colour".to_owned(), "blue".to_owned())]),
            ..CartLine::new(id("1"), id("mug"), 3, eur(1_299))
        };
        Cart {
            currency: Currency::EUR,
            lines: vec![line],
            channel: Some(id("app")),
            payment_method: Some("card".to_owned()),
            codes: vec![Presented { code: "welc 0me2".to_owned(), coupon: Some(coupon()) }],
            shipping: vec![ShippingPrice { method: "post".to_owned(), price: eur(490) }],
            gift_stock: BTreeMap::from([(id("bag"), 40)]),
        }
    }

    fn shopper() -> Shopper {
        Shopper {
            customer: Some(id("ann")),
            segments: vec!["gold".to_owned()],
            orders_before: 9,
            region: Some("BE".to_owned()),
            facts: BTreeMap::from([("birthday".to_owned(), "today".to_owned())]),
            history: BTreeMap::from([("bought:coffee".to_owned(), 4)]),
            born: Some("1990-02-28".parse().unwrap()),
            answers: BTreeMap::from([("raffle".to_owned(), true)]),
        }
    }

    fn units_off(minor: i64) -> UnitsOff {
        UnitsOff { line: id("1"), first_unit: 1, units: 2, each: eur(minor) }
    }

    fn quote() -> Quote {
        let applied = Applied {
            promotion: id("spring"),
            version: 3,
            discount: eur(500),
            shipping: eur(290),
            units: vec![units_off(250)],
            took_part: vec![UnitRun { line: id("1"), first_unit: 0, units: 3 }],
            charges: vec![ChargeOff { place: 0, amount: eur(290) }],
            gifts: vec![Gift { sku: id("bag"), units: 2 }],
            coupons: vec![Earned { promotion: id("ten-off"), units: 1, valid_days: Some(30) }],
            funded: vec![
                Funded { funder: None, amount: eur(290) },
                Funded { funder: Some(id("platform")), amount: eur(500) },
            ],
        };
        let not_applied = NotApplied {
            promotion: id("third"),
            version: 1,
            why: PromotionReason::NoEffect,
            beaten_by: vec![Beaten { promotion: id("spring"), value: eur(790) }],
        };
        Quote {
            currency: Currency::EUR,
            at: at(),
            applied: vec![applied],
            not_applied: vec![not_applied],
            unused_codes: vec!["no such".to_owned()],
            lines: vec![QuotedLine {
                line: id("1"),
                sku: id("mug"),
                units: 3,
                list: eur(1_299),
                discount: eur(500),
            }],
            shipping: vec![QuotedShipping { method: "post".to_owned(), price: eur(490), discount: eur(290) }],
            subtotal: eur(3_897),
            discount: eur(500),
            shipping_total: eur(200),
            total: eur(3_597),
            proof: Proof::Optimal { nodes: 7 },
            basis: Basis {
                cart: cart(),
                shopper: shopper(),
                policy: QuotePolicy::default().with_stacking(Stacking::Best),
                promotions: vec![Arc::new(promotion())],
            },
        }
    }

    fn unmet() -> Vec<Unmet> {
        vec![
            Unmet::ShortOfAmount { have: eur(4_580), need: eur(5_000) },
            Unmet::OverAmount { have: eur(9_001), most: eur(9_000) },
            Unmet::ShortOf { measure: Measure::Quantity, have: 2, need: 3 },
            Unmet::Over { measure: Measure::Distinct, have: 4, most: 3 },
            Unmet::Orders { have: 1 },
            Unmet::History { have: 2 },
            Unmet::NotYet { from: at() },
            Unmet::Ended { until: at() },
            Unmet::NotNow,
            Unmet::Otherwise,
            Unmet::NotPresented,
            Unmet::Coupon { why: CouponFault::NotOwner },
        ]
    }

    fn exclusions() -> Vec<Exclusion> {
        vec![
            Exclusion::Group { group: "basket".to_owned(), promotion: id("spring") },
            Exclusion::Exclusive { promotion: id("spring") },
            Exclusion::NotAlone,
            Exclusion::NotWith { promotion: id("spring") },
            Exclusion::StopAfter { promotion: id("spring") },
        ]
    }

    fn reasons() -> Vec<PromotionReason> {
        vec![
            PromotionReason::OtherCurrency { currency: Currency::USD },
            PromotionReason::ConditionNotMet {
                at: vec![1, 0],
                condition: "subtotal".to_owned(),
                unmet: Unmet::ShortOfAmount { have: eur(4_580), need: eur(5_000) },
                also: vec![],
            },
            PromotionReason::Excluded { by: Exclusion::NotAlone },
            PromotionReason::NoEffect,
            PromotionReason::NotChosen { chosen: eur(900), with_it: eur(750) },
        ]
    }

    #[test]
    fn every_part_of_a_promotion_keeps_its_form() {
        each("conditions", "kind", &conditions());
        each("picks", "kind", &picks());
        each("gives", "kind", &gives());
        each("benefits", "kind", &benefits());
        for condition in conditions() {
            assert_eq!(tag(&condition, "kind"), condition.kind());
        }
        golden("promotion/rules", "whole", &promotion());
        // What is written by hand: everything that may be left out is.
        let plain =
            Promotion::new(id("plain"), Phase(0), Benefit::Gift { any_of: vec![id("bag")], units: 1 });
        golden("promotion/rules", "plain", &plain);
        let limits = Limits { amount_per_customer: Some(eur(2_000)), ..Limits::default() };
        golden("promotion/rules", "amount_per_customer", &plain.with_limits(limits));
    }

    #[test]
    fn every_word_keeps_its_form() {
        golden("promotion/words", "base", &[Base::Running, Base::List]);
        golden("promotion/words", "pick_order", &[PickOrder::Cheapest, PickOrder::Dearest]);
        golden("promotion/words", "measure", &[Measure::Quantity, Measure::Distinct, Measure::WeightGrams]);
        let percent = "100".parse().unwrap();
        golden("promotion/words", "off", &[Off::Percent(percent), Off::Amount(eur(1))]);
        golden(
            "promotion/words",
            "shipping_off",
            &[ShippingOff::Percent(percent), ShippingOff::Amount(eur(1)), ShippingOff::To(eur(2))],
        );
        golden(
            "promotion/words",
            "phases",
            &[Phase::ITEM, Phase::SHOP, Phase::PLATFORM, Phase::PAYMENT, Phase::SHIPPING],
        );
        golden(
            "promotion/words",
            "coupon_fault",
            &[
                CouponFault::UnknownCode,
                CouponFault::NotYetValid,
                CouponFault::NoLongerValid,
                CouponFault::NotOwner,
                CouponFault::NoCustomer,
                CouponFault::OtherCurrency,
            ],
        );
        golden(
            "promotion/words",
            "return_policy",
            &[ReturnPolicy::Keep, ReturnPolicy::Prorated, ReturnPolicy::ClawBack],
        );
    }

    #[test]
    fn policies_keep_their_form() {
        golden("promotion/policies", "quote", &QuotePolicy::default());
        let other = QuotePolicy::default()
            .with_stacking(Stacking::Best)
            .with_spread(Spread::LinesThenUnits)
            .with_rounding(Rounding::HalfEven)
            .with_remainder(Remainder::First)
            .with_threshold_base(ThresholdBase::Original)
            .with_codes(CodeMatch::Exact)
            .with_work(Work::nodes(7));
        golden("promotion/policies", "quote_other", &other);
        golden("promotion/policies", "claim", &ClaimPolicy::default());
        let other = ClaimPolicy {
            codes: CodeMatch::Exact,
            budget: BudgetShort::Partial,
            late_redeem: LateRedeem::Refuse,
            give_back_redeemed: false,
            grace_seconds: 60,
        };
        golden("promotion/policies", "claim_other", &other);
    }

    #[test]
    fn quotes_coupons_and_refunds_keep_their_form() {
        golden("promotion/quotes", "cart", &cart());
        golden("promotion/quotes", "quote", &quote());
        golden("promotion/quotes", "coupon", &coupon());
        let coupon = Coupon::new(id("c-8"), "FREE", id("spring"));
        golden("promotion/quotes", "coupon_plain", &coupon);
        let twenty = coupon.with_amount_per_customer(eur(2_000));
        golden("promotion/quotes", "coupon_amount_per_customer", &twenty);
        let off = Adjustment {
            promotion: id("spring"),
            funder: Some(id("platform")),
            line: id("1"),
            first_unit: 1,
            units: 2,
            each: eur(250),
        };
        golden("promotion/quotes", "adjustment", &off);
        golden("promotion/quotes", "returned", &ReturnedUnits { line: id("1"), units: 2 });
        let refund = Refund {
            amount: eur(2_098),
            units: vec![units_off(1_049)],
            gifts_back: vec![Gift { sku: id("bag"), units: 1 }],
            lost: vec![id("spring")],
        };
        golden("promotion/quotes", "refund", &refund);
        let proofs =
            [Proof::Rule, Proof::Optimal { nodes: 7 }, Proof::Gap { bound: eur(900), nodes: 100_000 }];
        each("proofs", "proof", &proofs);
    }

    #[test]
    fn every_reason_keeps_its_form() {
        each("reasons", "reason", &reasons());
        let also = PromotionReason::ConditionNotMet {
            at: vec![0],
            condition: "subtotal".to_owned(),
            unmet: Unmet::ShortOfAmount { have: eur(4_580), need: eur(5_000) },
            also: vec![UnmetPart {
                at: vec![1],
                condition: "count".to_owned(),
                unmet: Unmet::ShortOf { measure: Measure::Quantity, have: 2, need: 3 },
            }],
        };
        golden("promotion/reasons", "condition_not_met_also", &also);
        each("unmet", "unmet", &unmet());
        each("exclusions", "rule", &exclusions());
        for reason in reasons() {
            assert_eq!(reason.code(), format!("promotion.{}", tag(&reason, "reason")));
        }
    }

    /// What a stored quote says of a return is what it said when it was made.
    #[test]
    fn a_stored_quote_refunds_alike() {
        let alone = Promotion { only_with: vec![], ..promotion() }; // it is exclusive
        let (book, mut cart) = (PromotionBook::compile([alone]).unwrap(), cart());
        cart.lines.push(CartLine::new(id("2"), id("pen"), 2, eur(1_000)));
        let policy = QuotePolicy::default();
        let quote = book.quote(&cart, &shopper(), at(), &policy, Explain::Full, &mut Scratch::new()).unwrap();
        assert_eq!(quote.applied.len(), 1);
        let read: Quote = serde_json::from_str(&serde_json::to_string(&quote).unwrap()).unwrap();
        assert_eq!(read, quote);
        let back = [vec![ReturnedUnits { line: id("1"), units: 1 }]];
        for policy in [ReturnPolicy::Keep, ReturnPolicy::Prorated, ReturnPolicy::ClawBack] {
            assert_eq!(read.refunds(&back, policy), quote.refunds(&back, policy));
        }
    }
}
