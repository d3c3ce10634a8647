//! Answers in the book's short words, held against what is expected.

use std::collections::BTreeMap;

use order_workflow::money::Money;
use order_workflow::promotion::{Exclusion, NotApplied, PromotionReason, Proof, Quote, Unmet};

use super::step::Told;
use super::{Expect, Result};

/// Compares all that is expected, and names all that differs.
pub(super) fn check(told: &Told, expect: &Expect) -> Result<()> {
    let mut wrong = vec![];
    match (&expect.refused, &told.refused) {
        (Some(wanted), Some((code, text))) if *code == wanted.code && text.contains(&wanted.says) => {}
        (None, None) => {}
        (_, Some((code, text))) => wrong.push(format!("refused as {code}: {text}")),
        (Some(wanted), None) => wrong.push(format!("not refused as {}", wanted.code)),
    }
    macro_rules! compare {
        ($name:ident, $got:expr) => {
            if let Some(wanted) = &expect.$name {
                match $got {
                    Some(got) if got == *wanted => {}
                    got => wrong.push(format!("{}: {got:?}", stringify!($name))),
                }
            }
        };
    }
    let quote = told.quote.as_ref();
    compare!(total, quote.map(|quote| quote.total.decimal_text()));
    compare!(applied, quote.map(applied));
    compare!(gifts, quote.map(|quote| quote.gifts().into_iter().collect::<BTreeMap<_, _>>()));
    let earned = |quote: &Quote| {
        quote.earned().map(|one| format!("{} {}", one.units, one.promotion)).collect::<Vec<_>>()
    };
    compare!(earned, quote.map(earned));
    compare!(funded, quote.map(funded));
    compare!(proof, quote.map(|quote| proof(quote.proof).to_owned()));
    compare!(unused_codes, quote.map(|quote| quote.unused_codes.clone()));
    compare!(problems, told.problems.clone());
    let leg = |leg: &order_workflow::reservation::Leg| {
        let limit = leg.limit_if_new.map_or(String::new(), |limit| format!(" up to {limit}"));
        format!("{} of {}{limit}", leg.units, leg.pool)
    };
    compare!(legs, told.legs.as_ref().map(|legs| legs.iter().map(leg).collect::<Vec<_>>()));
    let refund = told.refund.as_ref();
    let amount = refund.map(|refund| refund.amount).or(told.protected);
    compare!(refund, amount.map(Money::decimal_text));
    compare!(taxes, told.taxes.clone());
    compare!(hints, told.hints.clone());
    let gifts = |refund: &order_workflow::promotion::Refund| {
        refund.gifts_back.iter().map(|gift| (gift.sku.clone(), gift.units)).collect::<BTreeMap<_, _>>()
    };
    compare!(gifts_back, refund.map(gifts));
    let names = |names: &[order_workflow::id::PromotionId]| -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    };
    let recheck = told.recheck.as_ref();
    let lost = refund.map(|refund| &refund.lost).or(recheck.map(|recheck| &recheck.lost));
    compare!(lost, lost.map(|lost| names(lost)));
    compare!(gained, recheck.map(|recheck| names(&recheck.gained)));
    let outcome = |recheck: &order_workflow::promotion::Recheck| {
        serde_json::to_value(recheck.outcome).unwrap_or_default().as_str().unwrap_or_default().to_owned()
    };
    compare!(outcome, recheck.map(outcome));
    let charge = |amount: Option<Money>| amount.map_or("ask".to_owned(), Money::decimal_text);
    compare!(charge, recheck.map(|recheck| charge(recheck.charge)));
    compare!(codes, told.codes.clone());
    compare!(answer, told.answer.clone());
    compare!(granted, told.granted.map(Money::decimal_text));
    for (name, wanted) in expect.lines.iter().flatten() {
        let line = quote.and_then(|quote| quote.lines.iter().find(|line| line.line.as_str() == name));
        let got = line.map(|line| line.discount.decimal_text());
        if got.as_ref() != Some(wanted) {
            wrong.push(format!("line {name}: {got:?}"));
        }
    }
    for (name, wanted) in expect.units.iter().flatten() {
        let got = quote.map(|quote| units(quote, name)).unwrap_or_default();
        if got != *wanted {
            wrong.push(format!("units of {name}: {got:?}"));
        }
    }
    for (method, wanted) in expect.shipping.iter().flatten() {
        let charge = quote.and_then(|quote| quote.shipping.iter().find(|one| one.method == *method));
        let left = charge.and_then(|one| one.price.checked_sub(one.discount).ok()).map(Money::decimal_text);
        if left.as_ref() != Some(wanted) {
            wrong.push(format!("shipping {method}: {left:?}"));
        }
    }
    for (name, wanted) in expect.why.iter().flatten() {
        let not = quote.and_then(|quote| quote.not_applied.iter().find(|one| one.promotion.as_str() == name));
        let got = not.map_or("applied or unknown".to_owned(), why);
        if got != *wanted {
            wrong.push(format!("why not {name}: {got}"));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
}

fn applied(quote: &Quote) -> Vec<String> {
    let amount = |one: &order_workflow::promotion::Applied| {
        let sum = one.discount.checked_add(one.shipping).map_or("?".to_owned(), Money::decimal_text);
        format!("{} {sum}", one.promotion)
    };
    quote.applied.iter().map(amount).collect()
}

fn funded(quote: &Quote) -> BTreeMap<String, String> {
    let name = |funder: &Option<order_workflow::id::FunderId>| {
        funder.as_ref().map_or("house".to_owned(), ToString::to_string)
    };
    quote.funded().iter().map(|one| (name(&one.funder), one.amount.decimal_text())).collect()
}

fn units(quote: &Quote, name: &str) -> Vec<String> {
    let line = quote.lines.iter().find(|line| line.line.as_str() == name);
    let off = |unit: u32| {
        let on_it = quote.adjustments().into_iter().filter(|one| {
            one.line.as_str() == name && (one.first_unit..one.first_unit + one.units).contains(&unit)
        });
        Money::sum(quote.currency, on_it.map(|one| one.each)).map_or("?".to_owned(), Money::decimal_text)
    };
    (0..line.map_or(0, |line| line.units)).map(off).collect()
}

fn proof(proof: Proof) -> &'static str {
    match proof {
        Proof::Rule => "rule",
        Proof::Optimal { .. } => "optimal",
        Proof::Gap { .. } => "gap",
    }
}

fn why(not: &NotApplied) -> String {
    match &not.why {
        PromotionReason::OtherCurrency { currency } => format!("is in {currency}"),
        PromotionReason::ConditionNotMet { condition, unmet, .. } => match unmet {
            Unmet::ShortOfAmount { have, need } => {
                format!("{condition}: {} of {}", have.decimal_text(), need.decimal_text())
            }
            Unmet::OverAmount { have, most } => {
                format!("{condition}: {} over {}", have.decimal_text(), most.decimal_text())
            }
            Unmet::ShortOf { have, need, .. } => format!("{condition}: {have} of {need}"),
            Unmet::Over { have, most, .. } => format!("{condition}: {have} over {most}"),
            Unmet::Orders { have } | Unmet::History { have } => format!("{condition}: {have}"),
            Unmet::NotYet { .. } => format!("{condition}: not yet"),
            Unmet::Ended { .. } => format!("{condition}: ended"),
            Unmet::NotNow => format!("{condition}: not now"),
            Unmet::NotPresented => format!("{condition}: not presented"),
            Unmet::Coupon { why } => {
                let why = serde_json::to_value(why).unwrap_or_default();
                format!("{condition}: {}", why.as_str().unwrap_or_default())
            }
            _ => condition.clone(),
        },
        PromotionReason::Excluded { by } => match by {
            Exclusion::Group { promotion, .. } => format!("same group as {promotion}"),
            Exclusion::Exclusive { promotion } => format!("{promotion} is exclusive"),
            Exclusion::NotAlone => "is exclusive itself".to_owned(),
            Exclusion::NotWith { promotion } => format!("not with {promotion}"),
            Exclusion::StopAfter { promotion } => format!("{promotion} stops"),
            _ => "excluded".to_owned(),
        },
        PromotionReason::NoEffect => "gives nothing".to_owned(),
        PromotionReason::NotChosen { chosen, with_it } => {
            format!("{} without, {} with it", chosen.decimal_text(), with_it.decimal_text())
        }
        other => other.code().to_owned(),
    }
}
