//! Compares a coupon code with what was entered, so that its work can be counted: `.ci/deep` runs it under callgrind
//! and demands that a code that differs in its first byte costs as many instructions as one that differs in its last.
//! Run it: `cargo run --example compare_code -- KEPT ENTERED`; the exit status is 1 if they differ.

use std::hint::black_box;
use std::process::ExitCode;

use order_workflow::promotion::{CodeMatch, coupon::matches_code};

/// What is counted: both ways to compare. A name of its own for callgrind's `--toggle-collect`.
#[inline(never)]
fn compared(kept: &str, entered: &str) -> (bool, bool) {
    let folded = matches_code(black_box(kept), black_box(entered), CodeMatch::Folded);
    let exact = matches_code(black_box(kept), black_box(entered), CodeMatch::Exact);
    (folded, exact)
}

fn main() -> ExitCode {
    let mut codes = std::env::args().skip(1);
    let (Some(kept), Some(entered), None) = (codes.next(), codes.next(), codes.next()) else {
        eprintln!("compare_code KEPT ENTERED");
        return ExitCode::from(2);
    };
    let (folded, exact) = compared(&kept, &entered);
    println!("as people write it: {folded}, byte by byte: {exact}");
    if folded { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
