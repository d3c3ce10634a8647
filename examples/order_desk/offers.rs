//! Promotions made from the orders themselves: for their categories, sellers, regions and ways to pay, at prices that the
//! orders have. Nothing is drawn; the same files make the same promotions.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
    str::FromStr,
};

use chrono::{NaiveTime, Weekday};
use order_workflow::{
    Currency, Money,
    calendar::Zone,
    checkout::{CouponClaim, CouponState, LimitUse, coupon_claims, limit_uses, take_over},
    decision::Explain,
    id::{CustomerId, PromotionId},
    order::{ChargeKind, PlacedLine, Placement},
    promotion::{
        Budget, Cart, CartLine, Condition, Filter, Limits, Presented, Promotion, PromotionBook, Quote,
        QuotePolicy, Scratch, ShippingPrice, Shopper, Stacking,
        coupon::{CodeBatch, Coupon},
        presets,
    },
    reservation::{Claim, Level, Pool, Refusal},
};

use crate::{Anything, files::FileOrder};

/// How many there are, if the orders have enough sellers to make them for.
const LIVE: usize = 500;
/// Coupons that go round among the shoppers, and how often each can be used.
const COUPONS: usize = 10;
const COUPON_USES: u32 = 25;

/// What is done with promotions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mode {
    /// Nothing.
    Off,
    /// Every order is quoted beside the replay, which stays as the files have it.
    Quote,
    /// Orders are placed, held, paid and refunded at the prices of their quotes.
    Apply,
}

impl Mode {
    pub const fn name(self) -> &'static str {
        match self {
            Mode::Off => "off",
            Mode::Quote => "quote",
            Mode::Apply => "apply",
        }
    }
}

impl FromStr for Mode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = [Mode::Off, Mode::Quote, Mode::Apply];
        let found = known.into_iter().find(|mode| mode.name() == text);
        found.ok_or_else(|| format!("`{text}` is nothing to do with promotions; accepted: off, quote, apply"))
    }
}

/// What an order may not have, because what it counts in is used up.
#[derive(Default)]
pub struct Barred {
    promotions: BTreeSet<PromotionId>,
    codes: BTreeSet<String>,
}

/// The live promotions and the coupons that shoppers have.
pub struct Offers {
    pub mode: Mode,
    book: Rc<PromotionBook>,
    without: RefCell<Option<(BTreeSet<PromotionId>, Rc<PromotionBook>)>>,
    coupons: Vec<Coupon>,
    /// Which order of its customer each order is, and what code its shopper enters, if any.
    shoppers: BTreeMap<String, (u32, Option<Presented>)>,
}

impl Offers {
    pub fn of(files: &[FileOrder], mode: Mode) -> Result<Offers, Anything> {
        let (rules, coupons) = if mode == Mode::Off { (vec![], vec![]) } else { made(files)? };
        let book = Rc::new(compiled(&rules)?);
        let mut offers =
            Offers { mode, book, without: RefCell::default(), coupons, shoppers: BTreeMap::new() };
        let mut in_time: Vec<&FileOrder> = files.iter().collect();
        in_time.sort_by_key(|file| file.times.purchase);
        let mut orders_of: BTreeMap<&str, u32> = BTreeMap::new();
        for (place, file) in in_time.into_iter().enumerate() {
            let before = orders_of.entry(&file.row.customer_unique_id).or_default();
            offers.shoppers.insert(file.row.order_id.clone(), (*before, offers.entered(place)));
            *before += 1;
        }
        Ok(offers)
    }

    /// Every fifth shopper has a coupon, and types it as people do; some of them mistype it.
    fn entered(&self, place: usize) -> Option<Presented> {
        let coupon =
            self.coupons.get(place / 5 % self.coupons.len().max(1)).filter(|_| place.is_multiple_of(5))?;
        let typed = coupon.code.to_lowercase();
        Some(if place % 100 == 35 {
            Presented { code: typed.chars().rev().collect(), coupon: None }
        } else {
            Presented { code: typed, coupon: Some(coupon.clone()) }
        })
    }

    pub fn live(&self) -> usize {
        self.book.promotions().count()
    }

    /// What an order costs at its time of purchase.
    pub fn quote(
        &self,
        file: &FileOrder,
        placement: &Placement,
        stacking: Stacking,
        explain: Explain,
        barred: &Barred,
    ) -> Result<Quote, Anything> {
        let (cart, shopper) = (self.cart(file, placement, barred)?, self.shopper(file)?);
        let policy = QuotePolicy::default().with_stacking(stacking);
        let book = self.without(&barred.promotions)?;
        let at = file.times.purchase;
        Ok(book.quote(&cart, &shopper, at, &policy, explain, &mut Scratch::new())?)
    }

    /// Puts the discounts of the best quote into what is placed, if that is what is done with promotions.
    pub fn apply(
        &self,
        file: &FileOrder,
        placement: &mut Placement,
        barred: &Barred,
    ) -> Result<Option<Quote>, Anything> {
        if self.mode != Mode::Apply || placement.lines.is_empty() {
            return Ok(None);
        }
        let quote = self.quote(file, placement, Stacking::Best, Explain::Brief, barred)?;
        take_over(placement, &quote, &"house".parse()?)?;
        placement.quote = Some(file.row.order_id.parse()?);
        Ok(Some(quote))
    }

    /// What the checkout is told of a quote; `levels` are those of the pools that it claims.
    pub fn checks(&self, quote: &Quote, levels: &[(Pool, Level)]) -> Result<Checks, Anything> {
        let coupons = coupon_claims(quote, self.book.promotions(), levels);
        Ok(Checks { coupons, limits: limit_uses(quote, levels)? })
    }

    /// The live promotions but these. The last answer is kept: what is used up for one order is so for the next ones.
    fn without(&self, barred: &BTreeSet<PromotionId>) -> Result<Rc<PromotionBook>, Anything> {
        if barred.is_empty() {
            return Ok(Rc::clone(&self.book));
        }
        let mut last = self.without.borrow_mut();
        match &*last {
            Some((known, book)) if known == barred => Ok(Rc::clone(book)),
            _ => {
                let rules = self.book.promotions().filter(|rule| !barred.contains(&rule.promotion));
                let book = Rc::new(compiled(&rules.cloned().collect::<Vec<_>>())?);
                *last = Some((barred.clone(), Rc::clone(&book)));
                Ok(book)
            }
        }
    }

    fn cart(&self, file: &FileOrder, placement: &Placement, barred: &Barred) -> Result<Cart, Anything> {
        let line = |line: &PlacedLine| {
            let item = file.items.iter().find(|item| item.product_id == line.sku.as_str());
            let category = item.map_or(String::new(), |item| item.category.clone());
            CartLine {
                seller: Some(line.seller.clone()),
                ..CartLine::new(line.line.clone(), line.sku.clone(), line.units, line.list)
                    .with_category(category)
            }
        };
        let freight = placement.charges.iter().filter(|charge| charge.kind == ChargeKind::Freight);
        let shipping =
            freight.map(|charge| ShippingPrice { method: "carrier".to_owned(), price: charge.amount });
        let entered = self.shoppers.get(&file.row.order_id).and_then(|(_, entered)| entered.as_ref());
        Ok(Cart {
            currency: placement.currency,
            lines: placement.lines.iter().map(line).collect(),
            channel: Some(placement.channel.clone()),
            payment_method: file.tenders.first().map(|tender| tender.payment_type.clone()),
            codes: entered
                .filter(|entered| !barred.codes.contains(&entered.code))
                .cloned()
                .into_iter()
                .collect(),
            shipping: shipping.collect(),
            gift_stock: BTreeMap::new(),
        })
    }

    fn shopper(&self, file: &FileOrder) -> Result<Shopper, Anything> {
        let customer: CustomerId = file.row.customer_unique_id.parse()?;
        Ok(Shopper {
            customer: Some(customer),
            orders_before: self.shoppers.get(&file.row.order_id).map_or(0, |(before, _)| *before),
            region: Some(file.row.customer_state.clone()),
            ..Shopper::default()
        })
    }
}

/// What the checkout is told of a quote.
#[derive(Default)]
pub struct Checks {
    pub coupons: Vec<CouponClaim>,
    pub limits: Vec<LimitUse>,
}

impl Barred {
    /// Bars what the checkout finds used up or wrong; whether that was anything new.
    pub fn bar_checked(&mut self, checks: &Checks) -> Result<bool, Anything> {
        let before = (self.promotions.len(), self.codes.len());
        let bad = checks.coupons.iter().filter(|claim| claim.state != CouponState::Valid);
        self.codes.extend(bad.map(|claim| claim.code.clone()));
        for full in checks.limits.iter().filter(|one| one.wanted > one.allowed.saturating_sub(one.used)) {
            self.promotions.insert(full.rule.parse()?);
        }
        Ok((self.promotions.len(), self.codes.len()) != before)
    }

    /// Bars what a store refused to hold for a quote; whether that was anything new, so that another quote makes sense.
    pub fn bar(&mut self, quote: &Quote, refusal: &Refusal) -> bool {
        let Refusal::Insufficient { pool, .. } = refusal else { return false };
        let before = (self.promotions.len(), self.codes.len());
        let counts_in = |limits: &Limits, rule: &PromotionId| match pool {
            Pool::Use { claim } | Pool::UseBy { claim, .. } | Pool::BudgetBy { claim, .. } => {
                *claim == Claim::Promotion(rule.clone())
            }
            Pool::Budget { budget, .. } => limits.budget.as_ref().is_some_and(|own| own.budget == *budget),
            _ => false,
        };
        for applied in &quote.applied {
            let rule = quote.basis.promotions.iter().find(|rule| rule.promotion == applied.promotion);
            if rule.is_some_and(|rule| counts_in(&rule.limits, &rule.promotion)) {
                self.promotions.insert(applied.promotion.clone());
            }
        }
        for presented in &quote.basis.cart.codes {
            let own = presented.coupon.as_ref().map(|coupon| Claim::Coupon(coupon.coupon.clone()));
            let counts = |pool: &Pool| match pool {
                Pool::Use { claim } | Pool::UseBy { claim, .. } | Pool::BudgetBy { claim, .. } => {
                    Some(claim) == own.as_ref()
                }
                _ => false,
            };
            if counts(pool) {
                self.codes.insert(presented.code.clone());
            }
        }
        (self.promotions.len(), self.codes.len()) != before
    }
}

fn compiled(rules: &[Promotion]) -> Result<PromotionBook, Anything> {
    let problems = |all: Vec<_>| all.iter().map(|one| format!("{one}\n")).collect::<String>();
    Ok(PromotionBook::compile(rules.iter().cloned()).map_err(problems)?)
}

/// The kind of a promotion: its name up to the colon.
pub fn kind(promotion: &PromotionId) -> &str {
    promotion.as_str().split(':').next().unwrap_or_default()
}

fn brl(minor: i64) -> Money {
    Money::minor(minor, Currency::BRL)
}

/// Rounded up to ten.
fn round(minor: i64) -> Money {
    brl((minor + 999) / 1_000 * 1_000)
}

fn median(mut amounts: Vec<i64>) -> i64 {
    amounts.sort_unstable();
    amounts.get(amounts.len() / 2).copied().unwrap_or(0)
}

/// What the orders are about, each with the amounts seen, those seen most often first.
fn most_seen<'f>(seen: impl Iterator<Item = (&'f str, i64)>) -> Vec<(&'f str, Vec<i64>)> {
    let mut by: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    seen.filter(|(name, _)| !name.is_empty())
        .for_each(|(name, amount)| by.entry(name).or_default().push(amount));
    let mut by: Vec<_> = by.into_iter().collect();
    by.sort_by_key(|(name, amounts)| (std::cmp::Reverse(amounts.len()), *name));
    by
}

fn made(files: &[FileOrder]) -> Result<(Vec<Promotion>, Vec<Coupon>), Anything> {
    let goods = |file: &FileOrder| file.items.iter().map(|item| item.price_minor).sum::<i64>();
    let usual = median(files.iter().map(goods).filter(|goods| *goods > 0).collect());
    let mut rules = of_categories(files)?;
    rules.extend(of_regions(files, usual)?);
    rules.extend(of_payment(files, usual)?);
    rules.extend(of_the_platform(usual)?);
    let (with_coupon, coupons) = of_coupons(files, usual)?;
    rules.extend(with_coupon);
    rules.extend(of_sellers(files, LIVE.saturating_sub(rules.len()))?);
    rules.truncate(LIVE);
    for (rule, n) in rules.iter_mut().zip(0..) {
        rule.priority = n % 7; // so that priority is no better than it is in a shop: set one by one, by many people
    }
    Ok((rules, coupons))
}

/// A brand's percent off, the second at half the price, percent by pieces: one of them; and an amount off beside it.
fn of_categories(files: &[FileOrder]) -> Result<Vec<Promotion>, Anything> {
    let items = files.iter().flat_map(|file| &file.items);
    let mut rules = vec![];
    for (n, (category, prices)) in
        (0..).zip(most_seen(items.map(|item| (item.category.as_str(), item.price_minor))))
    {
        let of = || Filter::category(category);
        let from = round(median(prices) * 3 / 2);
        let off = brl(from.minor_units() / (8 + n % 5));
        let name = |kind: &str| format!("{kind}:{category}").parse::<PromotionId>();
        let one_of = |rule: Promotion| rule.with_group(format!("on {category}"));
        rules.push(one_of(presets::percent_off(name("category-percent")?, of(), (2 + n % 6).into())));
        rules.push(one_of(presets::second_half_price(name("second-half")?, of())));
        rules.push(one_of(presets::pieces_percent(
            name("pieces-percent")?,
            of(),
            &[(2, (8 + n % 4).into()), (3, (14 + n % 4).into())],
        )));
        rules.push(presets::threshold_amount(name("category-threshold")?, of(), from, off));
        for rule in rules.iter_mut().rev().take(4).filter(|_| n % 3 != 0) {
            *rule = rule.clone().with_funder("brand".parse()?, 1);
        }
    }
    Ok(rules)
}

/// Shipping for a region: free, or an amount off.
fn of_regions(files: &[FileOrder], usual: i64) -> Result<Vec<Promotion>, Anything> {
    let freight = files.iter().flat_map(|file| {
        file.items.iter().map(|item| (file.row.customer_state.as_str(), item.freight_minor))
    });
    let mut rules = vec![];
    for (n, (region, freight)) in (0..).zip(most_seen(freight)) {
        let from = round(usual * (2 + n % 3));
        let free = presets::free_shipping_over(format!("free-shipping:{region}").parse()?, from);
        let off = brl(median(freight) / 3);
        let less = presets::shipping_off_over(format!("shipping-off:{region}").parse()?, round(usual), off);
        for rule in [free, less] {
            let here = Condition::Region { region: region.to_owned() };
            let amount = rule.when.clone();
            // The region first: what stands in the way of a shopper elsewhere is not the amount.
            let rule = Promotion { when: Some(here), ..rule };
            let rule = amount.into_iter().fold(rule, Promotion::with_when);
            rules.push(rule.with_group("shipping").with_funder("platform".parse()?, 1));
        }
    }
    Ok(rules)
}

/// Amounts off for how it is paid, out of one budget each.
fn of_payment(files: &[FileOrder], usual: i64) -> Result<Vec<Promotion>, Anything> {
    let tenders = files.iter().flat_map(|file| &file.tenders);
    let paid = tenders.map(|tender| (tender.payment_type.as_str(), tender.value.minor_units()));
    let mut rules = vec![];
    for (method, paid) in most_seen(paid) {
        let spent = i64::try_from(paid.len())? * usual / 100;
        let budget = Budget { budget: format!("pay-by-{method}").parse()?, limit: round(spent) };
        for times in 1..=3 {
            let off = brl(usual * times * times / 100);
            let name = format!("payment:{method}-{times}").parse()?;
            let limits = Limits { budget: Some(budget.clone()), ..Limits::default() };
            let rule = presets::payment_discount(name, method, off)
                .with_when(Condition::subtotal_at_least(round(usual * times), Filter::all()));
            rules.push(rule.with_group("payment").with_limits(limits));
        }
    }
    Ok(rules)
}

/// Across all shops, with sellers paying a part; happy hours; first orders; sales that allow nothing beside them.
fn of_the_platform(usual: i64) -> Result<Vec<Promotion>, Anything> {
    let mut rules = vec![];
    let split = [("platform".parse()?, 3), ("seller".parse()?, 7)];
    for times in 1..=4 {
        let name = format!("across-shops:{times}").parse()?;
        let (threshold, off) = (round(usual * times), brl(usual * times * (2 + times) / 100));
        rules.push(presets::across_shops(name, threshold, off, &split).with_group("across shops"));
    }
    let zone = Zone::named("America/Sao_Paulo")?;
    let hour = |hour| NaiveTime::from_hms_opt(hour, 0, 0).ok_or("no such hour");
    for day in [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri] {
        let name = format!("happy-hour:{day}").parse()?;
        rules.push(
            presets::happy_hour(name, zone.clone(), &[day], hour(20)?, hour(23)?, 2.into())
                .with_funder("platform".parse()?, 1),
        );
    }
    let thousand = Limits { uses: Some(1_000), uses_per_customer: Some(1), ..Limits::default() };
    rules.push(presets::first_order("first-order:all".parse()?, brl(usual / 40)).with_limits(thousand));
    for times in 2..=5 {
        let (from, percent) = (round(usual * times), (6 + 3 * times).into());
        let name = format!("exclusive-sale:{times}").parse()?;
        rules.push(presets::threshold_percent(name, Filter::all(), from, percent, None).with_exclusive());
    }
    Ok(rules)
}

/// A coupon for each tenth of the time: good from then on, and the later it comes the longer.
fn of_coupons(files: &[FileOrder], usual: i64) -> Result<(Vec<Promotion>, Vec<Coupon>), Anything> {
    let times = || files.iter().map(|file| file.times.purchase);
    let (Some(first), Some(last)) = (times().min(), times().max()) else { return Ok((vec![], vec![])) };
    let tenth = (last - first) / i32::try_from(COUPONS)?;
    let codes = CodeBatch::new(2_017, 8)?;
    let (mut rules, mut coupons) = (vec![], vec![]);
    for (n, code) in (0..).zip(codes.codes(COUPONS as u64)?) {
        let name: PromotionId = format!("coupon:{n}").parse()?;
        let rule = presets::threshold_amount(
            name.clone(),
            Filter::all(),
            round(usual / 2),
            round(usual * i64::from(3 + n) / 100),
        );
        let amount = rule.when.clone();
        let rule = Promotion { when: Some(Condition::Coupon), ..rule };
        let rule = amount.into_iter().fold(rule, Promotion::with_when);
        rules.push(rule.with_group("coupon").with_funder("platform".parse()?, 1));
        let until = first + tenth * (2 * n + 4);
        coupons.push(
            Coupon::new(format!("c-{n}").parse()?, code, name)
                .with_uses(COUPON_USES)
                .with_uses_per_customer(1)
                .with_valid(Some(first + tenth * n), Some(until.min(last))),
        );
    }
    Ok((rules, coupons))
}

/// A seller's own percent off its goods, at its cost.
fn of_sellers(files: &[FileOrder], count: usize) -> Result<Vec<Promotion>, Anything> {
    let items = files.iter().flat_map(|file| &file.items);
    let sellers = most_seen(items.map(|item| (item.seller_id.as_str(), item.price_minor)));
    let rule = |(n, (seller, prices)): (i64, (&str, Vec<i64>))| -> Result<Promotion, Anything> {
        let of = Filter { sellers: vec![seller.parse()?], ..Filter::default() };
        let from = round(median(prices) * (2 + n % 3) / 2);
        let name = format!("seller:{seller}").parse()?;
        let rule = presets::threshold_percent(name, of, from, (3 + n % 5).into(), None);
        Ok(rule.with_funder("seller".parse()?, 1))
    };
    (0..).zip(sellers.into_iter().take(count)).map(rule).collect()
}
