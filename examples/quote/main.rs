//! Prices a cart and says why. Run it: `cargo run --example quote -- FILE` (or `-` for standard input, `--json` for
//! machines). What the file holds is in `asked.rs`. Without a file it prices a cart of its own.

mod asked;

use std::io::Read;
use std::process::ExitCode;

use order_workflow::{
    decision::Explain,
    promotion::{Exclusion, NotApplied, PromotionBook, PromotionReason, Proof, Quote, Scratch, Unmet},
};

use asked::Asked;

type Anything = Box<dyn std::error::Error>;

const OWN: &str = r#"{
  "cart": {"currency": "EUR", "lines": [
    {"line": "1", "sku": "mug", "units": 3, "unit_price": {"minor": 1299, "currency": "EUR"}, "category": "kitchen"},
    {"line": "2", "sku": "pen", "units": 1, "unit_price": {"minor": 199, "currency": "EUR"}, "category": "desk"}],
    "shipping": [{"method": "post", "price": {"minor": 490, "currency": "EUR"}}]},
  "policy": {"stacking": "best"},
  "promotions": [
    {"promotion": "third-mug-half", "phase": 10, "gives": [{"kind": "off",
      "pick": {"kind": "every_nth", "of": {"categories": ["kitchen"]}, "nth": 3}, "give": {"kind": "percent_each", "percent": "50"}}]},
    {"promotion": "five-off-forty", "phase": 20, "group": "basket",
      "when": {"kind": "subtotal", "bound": {"at_least": {"minor": 4000, "currency": "EUR"}}},
      "gives": [{"kind": "off", "pick": {"kind": "all"}, "give": {"kind": "amount", "amount": {"minor": 500, "currency": "EUR"}}}]},
    {"promotion": "two-off", "phase": 20, "group": "basket",
      "gives": [{"kind": "off", "pick": {"kind": "all"}, "give": {"kind": "amount", "amount": {"minor": 200, "currency": "EUR"}}}]},
    {"promotion": "free-post", "phase": 50, "when": {"kind": "count", "measure": "quantity", "bound": {"at_least": 6}},
      "gives": [{"kind": "shipping", "off": {"percent": "100"}}]}]
}"#;

const HELP: &str = "quote [FILE|-] [--json]
  FILE, - for standard input, or a cart of its own: what it costs under the promotions in it, and why";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("quote: {error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<(), Anything> {
    let (mut json, mut file) = (false, None);
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--json" => json = true,
            "--help" => {
                println!("{HELP}");
                return Ok(());
            }
            other if other.starts_with("--") => return Err(format!("`{other}`; accepted: {HELP}").into()),
            other if file.is_none() => file = Some(other.to_owned()),
            other => return Err(format!("`{other}`; accepted: one file, and `--json`").into()),
        }
    }
    let text = match file.as_deref() {
        None => OWN.to_owned(),
        Some("-") => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text)?;
            text
        }
        Some(file) => std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?,
    };
    let asked: Asked = serde_json::from_str(&text)?;
    let book = PromotionBook::compile(asked.promotions)
        .map_err(|problems| problems.iter().map(|one| format!("{one}\n")).collect::<String>())?;
    let at = match asked.at {
        Some(at) => at,
        None => "2026-06-01T10:00:00Z".parse()?,
    };
    let quote =
        book.quote(&asked.cart, &asked.shopper, at, &asked.policy, Explain::Full, &mut Scratch::new())?;
    if json {
        println!("{}", serde_json::to_string_pretty(&quote)?);
    } else {
        print(&quote);
    }
    Ok(())
}

fn print(quote: &Quote) {
    for line in &quote.lines {
        println!("{:>4} x {:<20} at {:>14}  off {:>14}", line.units, line.sku, line.list, line.discount);
    }
    for charge in &quote.shipping {
        println!("       {:<20}    {:>14}  off {:>14}", charge.method, charge.price, charge.discount);
    }
    println!("to pay {}", quote.total);
    match quote.proof {
        Proof::Rule => {}
        Proof::Optimal { nodes } => println!("no set of promotions is better ({nodes} tried)"),
        Proof::Gap { bound, nodes } => {
            println!("the best of {nodes} tried; none takes off more than {bound}")
        }
    }
    for applied in &quote.applied {
        println!(
            "+ {}: {} off lines, {} off shipping",
            applied.promotion, applied.discount, applied.shipping
        );
    }
    for not in &quote.not_applied {
        println!("- {}: {}", not.promotion, why(not));
    }
    for code in &quote.unused_codes {
        println!("! code `{code}` was of no use");
    }
}

fn why(not: &NotApplied) -> String {
    match &not.why {
        PromotionReason::ConditionNotMet { condition, unmet, .. } => match unmet {
            Unmet::ShortOfAmount { have, need } => format!("{have} of the {need} that are needed"),
            Unmet::ShortOf { have, need, .. } => format!("{have} of the {need} that are needed"),
            _ => format!("its condition `{condition}` does not hold"),
        },
        PromotionReason::Excluded { by: Exclusion::Group { promotion, group } } => {
            format!("barred by {promotion}, of the same group `{group}`")
        }
        PromotionReason::NotChosen { chosen, with_it } => {
            format!("better without: {chosen} off, with it {with_it}")
        }
        other => other.code().to_owned(),
    }
}
