//! What holds of every quote, whatever was asked: sums, floors, stacking, refunds, the stored form.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use order_workflow::{
    decision::Explain,
    id::{FunderId, LineId},
    promotion::{
        Cart, Promotion, PromotionBook, Proof, Quote, QuotePolicy, ReturnPolicy, ReturnedUnits, Scratch,
        Shopper, Stacking, Work,
    },
};

/// So much that every run stays short.
const UNITS_MAX: u64 = 400;
const RULES_MAX: usize = 24;
const NODES_MAX: u64 = 500;

pub fn check(rules: &[Promotion], cart: &Cart, shopper: &Shopper, at: DateTime<Utc>, policy: &QuotePolicy) {
    let units: u64 = cart.lines.iter().map(|line| u64::from(line.units)).sum();
    if rules.len() > RULES_MAX || units > UNITS_MAX {
        return;
    }
    let book = match PromotionBook::compile(rules.iter().cloned()) {
        Ok(book) => book,
        Err(problems) => return assert!(!problems.is_empty()),
    };
    let mut scratch = Scratch::new();
    let policy = policy.with_work(Work::nodes(NODES_MAX));
    let mut quote = |stacking, explain| {
        book.quote(cart, shopper, at, &policy.with_stacking(stacking), explain, &mut scratch)
    };
    let Ok(priority) = quote(Stacking::Priority, Explain::Full) else {
        assert!(quote(Stacking::Best, Explain::Full).is_err());
        return;
    };
    let best = quote(Stacking::Best, Explain::Full).expect("what priority can quote");
    assert!(best.total.minor_units() <= priority.total.minor_units(), "best {best:?}, priority {priority:?}");
    for full in [&priority, &best] {
        let brief = quote(full.basis.policy.stacking, Explain::Brief).expect("the same cart");
        assert_eq!(brief, Quote { not_applied: vec![], ..full.clone() }, "reasons change an answer");
        assert_eq!(full.applied.len() + full.not_applied.len(), rules.len(), "one is silent");
        sums(full);
        refunds(full);
        let text = serde_json::to_string(full).expect("a quote is JSON");
        assert_eq!(serde_json::from_str::<Quote>(&text).expect("what was written is read"), *full);
        let claims = full.claims();
        assert!(claims.iter().flatten().all(|leg| leg.units > 0 && leg.at_least <= leg.units));
    }
    let text = serde_json::to_string(rules).expect("promotions are JSON");
    assert_eq!(serde_json::from_str::<Vec<Promotion>>(&text).expect("what was written is read"), rules);
}

fn sums(quote: &Quote) {
    let mut off: BTreeMap<LineId, Vec<i64>> = BTreeMap::new();
    for line in &quote.lines {
        off.insert(line.line.clone(), vec![0; line.units as usize]);
    }
    let mut by_funder: BTreeMap<Option<FunderId>, i64> = BTreeMap::new();
    let mut by_promotion: BTreeMap<&str, i64> = BTreeMap::new();
    let adjustments = quote.adjustments();
    for one in &adjustments {
        let each = one.each.minor_units();
        assert!(each > 0 && one.units > 0, "{one:?}");
        let line = off.get_mut(&one.line).expect("a line of the quote");
        for unit in one.first_unit..one.first_unit + one.units {
            line[unit as usize] += each;
        }
        let sum = each * i64::from(one.units);
        *by_funder.entry(one.funder.clone()).or_default() += sum;
        *by_promotion.entry(one.promotion.as_str()).or_default() += sum;
    }
    for applied in &quote.applied {
        let units: i64 = applied.units.iter().map(|off| off.each.minor_units() * i64::from(off.units)).sum();
        assert_eq!(units, applied.discount.minor_units(), "{applied:?}");
        assert_eq!(by_promotion.get(applied.promotion.as_str()).copied().unwrap_or(0), units, "{applied:?}");
        let charges: i64 = applied.charges.iter().map(|off| off.amount.minor_units()).sum();
        assert_eq!(charges, applied.shipping.minor_units(), "{applied:?}");
        let funded: i64 = applied.funded.iter().map(|part| part.amount.minor_units()).sum();
        assert_eq!(funded, units + charges, "{applied:?}");
        assert!(applied.funded.iter().all(|part| !part.amount.is_negative()));
        let gives = units > 0 || charges > 0 || !applied.gifts.is_empty();
        assert!(gives, "it was applied and gives nothing: {applied:?}");
    }
    let mut discount = 0;
    for (line, quoted) in quote.basis.cart.lines.iter().zip(&quote.lines) {
        let list = line.unit_price.minor_units();
        let floor = line.floor_price.map_or(0, |floor| floor.minor_units()).min(list);
        let of_line = &off[&line.line];
        assert!(of_line.iter().all(|off| list - off >= floor), "{quoted:?} below {floor}: {of_line:?}");
        assert_eq!(of_line.iter().sum::<i64>(), quoted.discount.minor_units(), "{quoted:?}");
        discount += quoted.discount.minor_units();
    }
    assert_eq!(discount, quote.discount.minor_units());
    let shipping: i64 = quote.shipping.iter().map(|one| one.discount.minor_units()).sum();
    let charged: i64 = quote.shipping.iter().map(|one| one.price.minor_units()).sum();
    assert!(quote.shipping.iter().all(|one| one.discount.minor_units() <= one.price.minor_units()));
    assert_eq!(quote.shipping_total.minor_units(), charged - shipping);
    assert_eq!(quote.total.minor_units(), quote.subtotal.minor_units() - discount + charged - shipping);
    let funded: i64 = quote.funded().iter().map(|part| part.amount.minor_units()).sum();
    assert_eq!(funded, discount + shipping);
    if let Proof::Gap { bound, .. } = quote.proof {
        assert!(bound.minor_units() >= discount + shipping);
    }
}

/// Everything comes back: at once, line by line, and unit by unit.
fn refunds(quote: &Quote) {
    let lines = || quote.lines.iter().filter(|line| line.units > 0);
    let one = |line: &LineId, units| ReturnedUnits { line: line.clone(), units };
    let at_once = vec![lines().map(|line| one(&line.line, line.units)).collect::<Vec<_>>()];
    let by_line = lines().map(|line| vec![one(&line.line, line.units)]).collect::<Vec<_>>();
    let by_unit =
        lines().take(3).flat_map(|line| (0..line.units.min(2)).map(|_| vec![one(&line.line, 1)])).collect();
    let paid = quote.paid().minor_units();
    for policy in [ReturnPolicy::Keep, ReturnPolicy::Prorated, ReturnPolicy::ClawBack] {
        for (returns, all) in [(&at_once, true), (&by_line, true), (&by_unit, false)] {
            let refunds = quote.refunds(returns, policy).expect("units that were bought");
            let mut sum = 0;
            for refund in &refunds {
                let units: i64 =
                    refund.units.iter().map(|back| back.each.minor_units() * i64::from(back.units)).sum();
                assert_eq!(units, refund.amount.minor_units(), "{policy:?} {refund:?}");
                assert!(!refund.amount.is_negative(), "{policy:?} {refund:?}");
                sum += units;
                assert!(sum <= paid, "{policy:?}: {sum} of {paid} come back");
            }
            assert!(!all || sum == paid, "{policy:?}: {sum} of {paid} come back of everything");
        }
    }
}
