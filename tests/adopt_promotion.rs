//! A shop that takes nothing but promotions from this crate: no customer table, no coupon store, rules as JSON. Coupon
//! uses are legs of a reservation, so the last one goes to one of two who want it.

use chrono::{DateTime, Utc};
use order_workflow::{
    Currency, Money,
    decision::Explain,
    promotion::{
        Cart, CartLine, Presented, Promotion, PromotionBook, Quote, QuotePolicy, ReturnPolicy, ReturnedUnits,
        Scratch, Shopper, Stacking, coupon::Coupon,
    },
    reservation::{Act, Command, MemoryStore},
};

type Anything = Box<dyn std::error::Error>;

const RULES: &str = r#"[
  {"promotion": "ten-off-kitchen", "phase": 10,
   "gives": [{"kind": "off", "pick": {"kind": "all", "of": {"categories": ["kitchen"]}},
              "give": {"kind": "percent_each", "percent": "10"}}]},
  {"promotion": "welcome", "phase": 20, "group": "basket",
   "when": {"kind": "coupon"},
   "gives": [{"kind": "off", "pick": {"kind": "all"},
              "give": {"kind": "amount", "amount": {"minor": 500, "currency": "EUR"}}}]}
]"#;

fn cart(coupon: &Coupon) -> Result<Cart, Anything> {
    let mugs = CartLine::new("1".parse()?, "mug".parse()?, 3, Money::minor(1_299, Currency::EUR));
    Ok(Cart {
        currency: Currency::EUR,
        lines: vec![mugs.with_category("kitchen/mugs")],
        channel: None,
        payment_method: None,
        codes: vec![Presented { code: "welcome 26".to_owned(), coupon: Some(coupon.clone()) }],
        shipping: vec![],
        gift_stock: Default::default(),
    })
}

#[test]
fn a_shop_quotes_claims_and_takes_back() -> Result<(), Anything> {
    let rules: Vec<Promotion> = serde_json::from_str(RULES)?;
    let book = PromotionBook::compile(rules).map_err(|problems| problems[0].clone())?;
    let coupon = Coupon::new("c-1".parse()?, "WELCOME-26", "welcome".parse()?).with_uses(1);
    let at: DateTime<Utc> = "2026-06-01T10:00:00Z".parse()?;
    let policy = QuotePolicy::default().with_stacking(Stacking::Best);
    let quote = |customer: &str| -> Result<Quote, Anything> {
        let shopper = Shopper { customer: Some(customer.parse()?), ..Shopper::default() };
        Ok(book.quote(&cart(&coupon)?, &shopper, at, &policy, Explain::Full, &mut Scratch::new())?)
    };
    let ann = quote("ann")?;
    assert_eq!(ann.total.to_string(), "30.07 EUR"); // 3 x (12.99 - 1.30) - 5.00
    assert!(ann.not_applied.is_empty() && ann.unused_codes.is_empty());

    // The last use goes to one of two, whatever both were quoted.
    let store = MemoryStore::new();
    let hold = |op: u64, name: &str, quote: &Quote| -> Result<Command, Anything> {
        let act = Act::Reserve { reservation: name.parse()?, legs: quote.claims()?, until: None };
        Ok(Command { op: op.into(), act })
    };
    let (first, second) = (hold(1, "o-1/r1.0", &ann)?, hold(2, "o-2/r1.0", &quote("bob")?)?);
    let mut answers = vec![];
    store.execute_into(&[first, second], at, &mut answers);
    assert!(answers[0].is_ok());
    assert_eq!(
        answers[1].as_ref().unwrap_err().to_string(),
        "1 wanted of the uses of coupon `c-1`; available: 0"
    );

    // One mug comes back, later and in another process: the quote alone says what it refunds.
    let stored: Quote = serde_json::from_str(&serde_json::to_string(&ann)?)?;
    let one = vec![ReturnedUnits { line: "1".parse()?, units: 1 }];
    let refunds = stored.refunds(&[one.clone(), one], ReturnPolicy::Prorated)?;
    let amounts: Vec<String> = refunds.iter().map(|refund| refund.amount.to_string()).collect();
    assert_eq!(amounts, ["10.03 EUR", "10.02 EUR"]);
    Ok(())
}
