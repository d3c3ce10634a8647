//! Replays real marketplace orders by their own timestamps: place, check, pay, ship, deliver or cancel,
//! complete; then reports what became of them, every cent and every unit accounted for. Each order holds its
//! units from the moment it is placed, out of a stock that is made from the orders themselves.
//!
//! ```text
//! cargo run --release --example order_desk                 the 2,000 orders in tests/data/orders
//! cargo run --release --example order_desk -- --orders DIR any folder of that format
//! cargo run --release --example order_desk -- --order ID   one order's timeline, each step with its reasons
//! cargo run --release --example order_desk -- --json       one JSON object; with --order, that timeline
//! cargo run --release --example order_desk -- --stock STOCK
//!     enough: all that the orders want (if not told); scarce: 90 % of it, rounded down for each SKU of a seller,
//!     one at least; hot: enough of all but the one that is wanted most, of which there is half
//! cargo run --release --example order_desk -- --promotions WHAT
//!     quote: what 500 promotions, made from the orders, would do for each of them, beside the replay (if not told);
//!     apply: orders are placed, held, paid and refunded at the prices of their quotes; off: neither
//! ```
//! The exit status is 1 if an invariant breaks.
mod desk;
mod files;
mod network;
mod offers;
mod report;
mod stock;
mod what_if;

use std::{
    io::{ErrorKind, IsTerminal, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use lexopt::prelude::*;

/// What the desk's own helpers may fail with: a sentence for the person at the terminal.
pub type Anything = Box<dyn std::error::Error>;

struct Options {
    orders: PathBuf,
    order: Option<String>,
    json: bool,
    stock: stock::Plenty,
    promotions: offers::Mode,
    sourcing: bool,
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("order_desk: {error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<bool, Anything> {
    let options = options()?;
    let mut files = files::read(&options.orders)?;
    let offers = offers::Offers::of(&files, options.promotions)?;
    if let Some(wanted) = &options.order {
        let is_wanted = |file: &files::FileOrder| file.row.order_id == *wanted;
        if !files.iter().any(is_wanted) {
            return Err(format!("there is no order `{wanted}` in {}", options.orders.display()).into());
        }
        if options.stock == stock::Plenty::Enough && options.promotions != offers::Mode::Apply {
            files.retain(is_wanted); // the others take nothing that it needs
        }
    }
    let stock = stock::Stock::of(&files, options.stock)?;
    let mut desk = desk::Desk::open(&files, &stock, &offers);
    let bar = progress(files.len() as u64 * 4);
    desk.run(|| bar.inc(1))?;
    bar.finish_and_clear();
    let mut report = report::Report::of(&desk)?;
    if options.sourcing && options.order.is_none() {
        report.beside(network::Network::of(&files, &options.orders)?);
    }
    if let Some(wanted) = &options.order {
        desk.cases.retain(|case| case.file.row.order_id == *wanted);
    }
    let mut out = std::io::stdout().lock();
    let told = if options.order.is_some() && options.json {
        writeln!(out, "{}", report::timeline_json(&desk)?)
    } else if options.order.is_some() {
        report::print_timeline(&desk, &mut out)
    } else if options.json {
        writeln!(out, "{}", report.json())
    } else {
        report.print(&mut out)
    };
    match told {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {} // nobody reads on, as behind `head`
        told => told?,
    }
    for violation in &report.violations {
        eprintln!("violation: {violation}");
    }
    Ok(report.violations.is_empty())
}

fn options() -> Result<Options, Anything> {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/orders");
    let mut options = Options {
        orders: sample,
        order: None,
        json: false,
        stock: stock::Plenty::Enough,
        promotions: offers::Mode::Quote,
        sourcing: true,
    };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("orders") => options.orders = parser.value()?.into(),
            Long("order") => options.order = Some(parser.value()?.string()?),
            Long("json") => options.json = true,
            Long("stock") => options.stock = parser.value()?.parse()?,
            Long("sourcing") => options.sourcing = on_or_off(&parser.value()?.string()?)?,
            Long("promotions") => options.promotions = parser.value()?.parse()?,
            Short('h') | Long("help") => {
                let usage = writeln!(
                    std::io::stdout(),
                    "order_desk [--orders DIR] [--order ID] [--stock enough|scarce|hot] \
                     [--promotions off|quote|apply] [--sourcing on|off] [--json]"
                );
                std::process::exit(i32::from(
                    usage.is_err_and(|error| error.kind() != ErrorKind::BrokenPipe),
                ));
            }
            _ => return Err(argument.unexpected().into()),
        }
    }
    Ok(options)
}

fn on_or_off(text: &str) -> Result<bool, Anything> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        other => Err(format!("`{other}` is no answer; accepted: on, off").into()),
    }
}

/// On standard error, and only for people.
fn progress(moments: u64) -> ProgressBar {
    let people = std::io::stderr().is_terminal() && std::io::stdout().is_terminal();
    let target = if people { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let style = ProgressStyle::with_template("{bar:40} {percent:>3} %  {elapsed}");
    ProgressBar::with_draw_target(Some(moments), target)
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
