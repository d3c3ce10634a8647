//! Far more callers than a coupon has uses, all at once, each with the legs of its own quote.

#[cfg(test)]
mod coupon_rush {
    use std::sync::atomic::{AtomicU64, Ordering};

    use chrono::{DateTime, Utc};
    use order_workflow::{
        Currency, Money,
        decision::Explain,
        id::ReservationId,
        promotion::{
            Cart, CartLine, Condition, Filter, Presented, PromotionBook, Quote, QuotePolicy, Scratch,
            Shopper,
            coupon::{ClaimPolicy, Coupon, GiveBack},
            presets,
        },
        reservation::{
            Act, Command, Guard, Leg, Level, MemoryStore, Pool, Refusal, ReservationStore, Reserved,
        },
    };

    const CALLERS: u64 = 50_000;
    const USES: u32 = 1_000;
    const THREADS: u64 = 16;

    fn at() -> DateTime<Utc> {
        "2026-06-01T10:00:00Z".parse().unwrap()
    }

    fn coupon() -> Coupon {
        Coupon::new("rush".parse().unwrap(), "RUSH-26", "rush".parse().unwrap())
            .with_uses(USES)
            .with_uses_per_customer(1)
    }

    fn book() -> PromotionBook {
        let (all, off) = (Filter::all(), Money::minor(500, Currency::EUR));
        let rule = presets::threshold_amount("rush".parse().unwrap(), all, off, off);
        PromotionBook::compile([rule.with_when(Condition::Coupon)]).unwrap()
    }

    fn quote(book: &PromotionBook, caller: u64, scratch: &mut Scratch) -> Quote {
        let mug = CartLine::new(
            "1".parse().unwrap(),
            "mug".parse().unwrap(),
            1,
            Money::minor(1_299, Currency::EUR),
        );
        let cart = Cart {
            currency: Currency::EUR,
            lines: vec![mug],
            channel: None,
            payment_method: None,
            codes: vec![Presented { code: "rush 26".to_owned(), coupon: Some(coupon()) }],
            shipping: vec![],
            gift_stock: Default::default(),
        };
        let shopper = Shopper { customer: Some(caller.into()), ..Shopper::default() };
        book.quote(&cart, &shopper, at(), &QuotePolicy::default(), Explain::Brief, scratch).unwrap()
    }

    fn mugs() -> Pool {
        Pool::stock("north".parse().unwrap(), "mug".parse().unwrap())
    }

    fn name(caller: u64) -> ReservationId {
        ReservationId::of(&caller.into(), 1, 0)
    }

    fn send(store: &MemoryStore, op: String, act: Act) -> Result<(), Refusal> {
        let mut answers = vec![];
        store.execute_into(&[Command { op: op.parse().unwrap(), act }], at(), &mut answers);
        answers.remove(0).map(|_| ())
    }

    /// Goods and coupon in one step.
    fn reserve(store: &MemoryStore, caller: u64, quote: &Quote) -> Result<(), Refusal> {
        let mut legs = vec![Leg::all(mugs(), 1)];
        legs.extend(quote.claims().unwrap());
        let act = Act::Reserve { reservation: name(caller), legs, until: None };
        send(store, format!("{caller}/reserve"), act)
    }

    fn level(store: &MemoryStore, pool: Pool) -> Level {
        pollster::block_on(store.levels(&[pool], at())).unwrap().remove(0).unwrap()
    }

    fn there(store: &MemoryStore, caller: u64) -> Reserved {
        pollster::block_on(store.reservations(&[name(caller)], at())).unwrap().remove(0).unwrap()
    }

    #[test]
    fn a_thousand_uses_go_to_a_thousand_of_fifty_thousand() {
        let (book, store) = (book(), MemoryStore::new());
        let supply = Act::Supply { pool: mugs(), delta: 60_000, guard: Guard::Never };
        send(&store, "supply".to_owned(), supply).unwrap();
        let winners = AtomicU64::new(0);
        let winner = AtomicU64::new(0);
        std::thread::scope(|scope| {
            for thread in 0..THREADS {
                let (book, store, winners, winner) = (&book, &store, &winners, &winner);
                scope.spawn(move || {
                    let mut scratch = Scratch::new();
                    for caller in (thread..CALLERS).step_by(THREADS as usize) {
                        let quote = quote(book, caller, &mut scratch);
                        match reserve(store, caller, &quote) {
                            Ok(()) => {
                                winners.fetch_add(1, Ordering::Relaxed);
                                winner.store(caller, Ordering::Relaxed);
                            }
                            // Only the coupon is short, and its refusal leaves the mug on the shelf.
                            Err(Refusal::Insufficient { pool: Pool::Use { .. }, available: 0, .. }) => {}
                            Err(other) => panic!("{other}"),
                        }
                    }
                });
            }
        });
        assert_eq!(winners.into_inner(), u64::from(USES));
        let uses = quote(&book, 0, &mut Scratch::new()).claims().unwrap()[0].pool.clone();
        let taken = Level { limit: USES.into(), floor: Some(0), reserved: USES.into(), used: 0 };
        assert_eq!(level(&store, uses.clone()), taken);
        assert_eq!(level(&store, mugs()).reserved, i64::from(USES));

        // One winner cancels before paying: its use goes to the next who asks, and to nobody after that.
        let winner = winner.into_inner();
        let off = quote(&book, winner, &mut Scratch::new()).applied[0].discount;
        let held = coupon().give_back(Some(&there(&store, winner)), off, at(), &ClaimPolicy::default());
        let Ok(GiveBack::Release { parts }) = held else { panic!("{held:?}") };
        assert_eq!(parts.len(), 2, "the use and the customer's use, not the mug: {parts:?}");
        let release = Act::Release { reservation: name(winner), parts: None };
        send(&store, "cancel".to_owned(), release).unwrap();
        let late = |caller| reserve(&store, caller, &quote(&book, caller, &mut Scratch::new()));
        assert_eq!(late(CALLERS), Ok(()));
        assert!(late(CALLERS + 1).is_err());

        // That one pays and cancels then: what it used is given back, by policy.
        send(&store, "use".to_owned(), Act::Use { reservation: name(CALLERS), parts: None }).unwrap();
        let used = coupon().give_back(Some(&there(&store, CALLERS)), off, at(), &ClaimPolicy::default());
        let Ok(GiveBack::Used { parts }) = used else { panic!("{used:?}") };
        send(&store, "back".to_owned(), Act::GiveBack { reservation: name(CALLERS), parts }).unwrap();
        assert_eq!(level(&store, uses.clone()).reserved, i64::from(USES) - 1);
        assert_eq!(level(&store, uses.clone()).used, 0);
        assert_eq!(late(CALLERS + 2), Ok(()));
        assert_eq!(level(&store, uses).reserved, i64::from(USES));
    }
}
