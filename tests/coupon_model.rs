//! A coupon with a pot of money and an amount per customer, beside a purse for each: what is granted, what is left.

#[cfg(test)]
mod coupon_model {
    use std::collections::BTreeMap;

    use chrono::{DateTime, Utc};
    use order_workflow::{
        Currency, Money,
        id::{CustomerId, ReservationId},
        promotion::{
            Budget,
            coupon::{BudgetShort, ClaimPolicy, Coupon, CouponRefusal, GiveBack, Hold, Redeem},
        },
        reservation::{Act, Claim, Command, MemoryStore, Part, Pool, ReservationStore, Reserved},
    };
    use proptest::{collection::vec, prelude::*};

    const POT: i64 = 30;
    const EACH: i64 = 12;

    fn eur(minor: i64) -> Money {
        Money::minor(minor, Currency::EUR)
    }

    fn at() -> DateTime<Utc> {
        "2026-06-01T10:00:00Z".parse().unwrap()
    }

    fn coupon() -> Coupon {
        let pot = Budget { budget: "pot".parse().unwrap(), limit: eur(POT) };
        Coupon::new("c".parse().unwrap(), "CODE", "p".parse().unwrap())
            .with_budget(pot)
            .with_amount_per_customer(eur(EACH))
    }

    /// The store, and which try of an order is the latest.
    #[derive(Default)]
    struct Shop {
        store: MemoryStore,
        tries: BTreeMap<u64, u32>,
        ops: u64,
    }

    impl Shop {
        fn name(&self, order: u64) -> ReservationId {
            ReservationId::of(&order.into(), self.tries.get(&order).copied().unwrap_or(0), 0)
        }

        fn claim(&self, order: u64) -> Option<Reserved> {
            pollster::block_on(self.store.reservations(&[self.name(order)], at())).unwrap().remove(0)
        }

        fn send(&mut self, act: Act) -> Result<(), CouponRefusal> {
            self.ops += 1;
            let mut answers = vec![];
            self.store.execute_into(&[Command { op: self.ops.into(), act }], at(), &mut answers);
            answers.remove(0).map(|_| ()).map_err(|refusal| CouponRefusal::from_store(&refusal).unwrap())
        }

        /// What an order is granted of an amount.
        fn hold(
            &mut self,
            order: u64,
            customer: &CustomerId,
            amount: i64,
            policy: &ClaimPolicy,
        ) -> Option<i64> {
            let ask = |shop: &Shop| {
                let claim = shop.claim(order);
                coupon().hold(claim.as_ref(), "code", Some(customer), eur(amount), at(), policy).unwrap()
            };
            if let Hold::Reserve { legs } = ask(self) {
                *self.tries.entry(order).or_default() += 1;
                self.send(Act::Reserve { reservation: self.name(order), legs, until: None }).ok()?;
                let parts = coupon().surplus(&self.claim(order).unwrap(), eur(amount)).unwrap();
                if !parts.is_empty() {
                    self.send(Act::Release { reservation: self.name(order), parts: Some(parts) }).unwrap();
                }
            }
            assert_eq!(ask(self), Hold::Held);
            Some(coupon().granted(&self.claim(order).unwrap(), eur(amount)).unwrap().minor_units())
        }

        fn redeem(&mut self, order: u64, customer: &CustomerId, granted: i64, policy: &ClaimPolicy) {
            let claim = self.claim(order);
            match coupon().redeem(claim.as_ref(), Some(customer), eur(granted), at(), policy).unwrap() {
                Redeem::Use { parts } => {
                    self.send(Act::Use { reservation: self.name(order), parts: Some(parts) }).unwrap();
                }
                Redeem::Done => {}
                Redeem::ReserveAnew { .. } => panic!("no hold lapses here"),
            }
        }

        fn give_back(&mut self, order: u64, granted: i64, policy: &ClaimPolicy) {
            let reservation = self.name(order);
            let act =
                match coupon().give_back(self.claim(order).as_ref(), eur(granted), at(), policy).unwrap() {
                    GiveBack::Done => return,
                    GiveBack::Release { parts } => Act::Release { reservation, parts: Some(parts) },
                    GiveBack::Used { parts } => Act::GiveBack { reservation, parts },
                };
            self.send(act).unwrap();
        }

        /// What a pool still has; nobody has touched it: its limit.
        fn left(&self, pool: Pool, limit: i64) -> i64 {
            let level = pollster::block_on(self.store.levels(&[pool], at())).unwrap().remove(0);
            level.and_then(|level| level.available()).unwrap_or(limit)
        }
    }

    #[test]
    fn coupons_of_one_order_that_share_a_budget_give_back_their_own_part() {
        let mut shop = Shop::default();
        let policy = ClaimPolicy::default();
        let of = |name: &str| {
            let pot = Budget { budget: "pot".parse().unwrap(), limit: eur(POT) };
            Coupon::new(name.parse().unwrap(), name, "p".parse().unwrap()).with_budget(pot)
        };
        let (first, second) = (of("first"), of("second"));
        let mut legs = vec![];
        for (coupon, amount) in [(&first, 17), (&second, 5)] {
            let new = coupon.hold(None, coupon.code.as_str(), None, eur(amount), at(), &policy).unwrap();
            let Hold::Reserve { legs: new } = new else { panic!("{new:?}") };
            legs.extend(new);
        }
        let shared = legs.pop().unwrap();
        legs[1].units += shared.units;
        legs[1].at_least += shared.units;
        shop.send(Act::Reserve { reservation: shop.name(0), legs, until: None }).unwrap();

        let claim = shop.claim(0);
        let held = |coupon: &Coupon, amount| {
            coupon.hold(claim.as_ref(), &coupon.code, None, eur(amount), at(), &policy).unwrap()
        };
        assert_eq!((held(&first, 17), held(&second, 5)), (Hold::Held, Hold::Held));
        assert_eq!(first.granted(claim.as_ref().unwrap(), eur(17)), Ok(eur(17)));
        assert_eq!(second.granted(claim.as_ref().unwrap(), eur(5)), Ok(eur(5)));
        assert_eq!(second.surplus(claim.as_ref().unwrap(), eur(5)), Ok(vec![]));
        let parts = |name: &str, units| {
            let of_coupon = Pool::Use { claim: Claim::Coupon(name.parse().unwrap()) };
            let pot = Pool::Budget { budget: "pot".parse().unwrap(), currency: Currency::EUR };
            vec![Part::new(of_coupon, 1), Part::new(pot, units)]
        };
        let back = first.give_back(claim.as_ref(), eur(17), at(), &policy);
        assert_eq!(back, Ok(GiveBack::Release { parts: parts("first", 17) }));
        let redeemed = second.redeem(claim.as_ref(), None, eur(5), at(), &policy);
        assert_eq!(redeemed, Ok(Redeem::Use { parts: parts("second", 5) }));

        shop.send(Act::Use { reservation: shop.name(0), parts: None }).unwrap();
        let back = second.give_back(shop.claim(0).as_ref(), eur(5), at(), &policy).unwrap();
        let GiveBack::Used { parts } = back else { panic!("{back:?}") };
        shop.send(Act::GiveBack { reservation: shop.name(0), parts }).unwrap();
        let pot = Pool::Budget { budget: "pot".parse().unwrap(), currency: Currency::EUR };
        assert_eq!(shop.left(pot, POT), POT - 17);
        let again = second.give_back(shop.claim(0).as_ref(), eur(5), at(), &policy);
        assert_eq!(again, Ok(GiveBack::Done)); // and nothing of the other's
        assert_eq!(
            second.redeem(shop.claim(0).as_ref(), None, eur(5), at(), &policy).map_err(|no| no.code()),
            Err("not_held")
        );
        assert_eq!(first.redeem(shop.claim(0).as_ref(), None, eur(17), at(), &policy), Ok(Redeem::Done));
    }

    #[test]
    fn what_no_hold_can_mean_is_refused() {
        let mut shop = Shop::default();
        let (policy, ann) = (ClaimPolicy::default(), CustomerId::from(1));
        let dollars = Money::minor(5, Currency::USD);
        let hold = |claim: Option<&Reserved>, code: &str, amount| {
            coupon().hold(claim, code, Some(&ann), amount, at(), &policy).map_err(|no| no.code())
        };
        assert_eq!(hold(None, "code", eur(-1)), Err("negative_amount"));
        assert_eq!(hold(None, "code", dollars), Err("other_currency"));
        let said = coupon().hold(None, "code", Some(&ann), dollars, at(), &policy).unwrap_err().to_string();
        assert_eq!(said, "an amount in USD for coupon `c`; accepted: EUR, as its own sums");
        assert_eq!(shop.hold(0, &ann, 5, &policy), Some(5));
        let claim = shop.claim(0);
        let granted = coupon().granted(claim.as_ref().unwrap(), eur(-7)).map_err(|no| no.code());
        assert_eq!(granted, Err("negative_amount"));
        assert_eq!(hold(claim.as_ref(), "code", eur(-1)), Err("negative_amount"));
        assert_eq!(hold(claim.as_ref(), "other", eur(5)), Err("unknown_code"));
        let back = coupon().give_back(claim.as_ref(), dollars, at(), &policy);
        assert_eq!(back.map_err(|no| no.code()), Err("other_currency"));

        // Another coupon's hold is none of this one.
        let other = Coupon::new("d".parse().unwrap(), "CODE", "p".parse().unwrap());
        let asked = other.hold(claim.as_ref(), "code", None, eur(5), at(), &policy);
        assert!(matches!(asked, Ok(Hold::Reserve { .. })), "{asked:?}");
        let redeemed = other.redeem(claim.as_ref(), None, eur(5), at(), &policy);
        assert_eq!(redeemed.map_err(|no| no.code()), Err("not_held"));
        assert_eq!(other.give_back(claim.as_ref(), eur(5), at(), &policy), Ok(GiveBack::Done));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_granted_comes_out_of_both_purses_and_goes_back_into_both(
            steps in vec((0..3u8, 0..5u64, 0..3u64, 1..20i64, any::<bool>()), 1..40),
        ) {
            let mut shop = Shop::default();
            let (mut pot, mut purses) = (POT, [EACH; 3]);
            let mut orders: BTreeMap<u64, (u64, i64)> = BTreeMap::new();
            for (what, order, customer, amount, partial) in steps {
                let budget = if partial { BudgetShort::Partial } else { BudgetShort::Refuse };
                let policy = ClaimPolicy { budget, ..ClaimPolicy::default() };
                let id = CustomerId::from(customer);
                match (what, orders.get(&order).copied()) {
                    (0, known) => {
                        let there = pot.min(purses[customer as usize]);
                        let new = if partial { amount.min(there) } else { amount };
                        let granted = known.map(|(_, granted)| granted.min(amount)).or((0 < new && new <= there).then_some(new));
                        prop_assert_eq!(shop.hold(order, &id, amount, &policy), granted);
                        if let (None, Some(granted)) = (known, granted) {
                            pot -= granted;
                            purses[customer as usize] -= granted;
                            orders.insert(order, (customer, granted));
                        }
                    }
                    (1, Some((customer, granted))) => shop.redeem(order, &customer.into(), granted, &policy),
                    (_, Some((customer, granted))) => {
                        shop.give_back(order, granted, &policy);
                        pot += granted;
                        purses[customer as usize] += granted;
                        orders.remove(&order);
                    }
                    _ => {}
                }
                let own = Pool::Budget { budget: "pot".parse().unwrap(), currency: Currency::EUR };
                prop_assert_eq!(shop.left(own, POT), pot);
                for (customer, purse) in (0..).zip(purses) {
                    let claim = Claim::Coupon("c".parse().unwrap());
                    let own = Pool::BudgetBy { claim, customer: CustomerId::from(customer), currency: Currency::EUR };
                    prop_assert_eq!(shop.left(own, EACH), purse);
                }
            }
        }
    }
}
