//! How a line is filled by the places of a set: what each of its units saves, lowest first.

use crate::sourcing::batch::dense::at;

/// Units of a line that save as much each.
#[derive(Clone, Copy)]
pub(super) struct Run {
    pub(super) saves: i64,
    pub(super) units: i64,
}

/// What units of a location would add to a line, replacing those that save least.
pub(super) fn added(runs: &[Run], saves: i64, most: i64) -> i64 {
    let (mut left, mut sum) = (most, 0);
    for run in runs {
        if left == 0 || run.saves >= saves {
            break;
        }
        let units = run.units.min(left);
        sum += (saves - run.saves) * units;
        left -= units;
    }
    sum
}

/// The line with these units in it.
pub(super) fn fill(from: &[Run], to: &mut Vec<Run>, new: Run) {
    to.clear();
    let mut left = new.units;
    let mut placed = false;
    let mut rest = from.iter().map(|run| {
        let out = if run.saves < new.saves { run.units.min(left) } else { 0 };
        left -= out;
        (Run { units: run.units - out, ..*run }, out)
    });
    let mut came = 0;
    for (run, out) in &mut rest {
        came += out;
        if run.units == 0 {
            continue;
        }
        if !placed && run.saves >= new.saves && came > 0 {
            to.push(Run { units: came, ..new });
            placed = true;
        }
        to.push(run);
    }
    if !placed && came > 0 {
        to.push(Run { units: came, ..new });
    }
}

/// What all open places together would add to a line.
pub(super) fn best_fill<I: Iterator<Item = usize>>(
    runs: &[Run],
    open: impl Fn() -> I,
    saves: &[i64],
    most: &[i64],
) -> i64 {
    let (mut sum, mut runs) = (0, runs.iter().copied());
    let Some(mut run) = runs.next() else { return 0 };
    let mut above = (i64::MAX, 0);
    loop {
        // The next place by falling savings, then by place.
        let mut next = (i64::MIN, usize::MAX);
        for place in open() {
            let save = at(saves, place);
            let later = save < above.0 || (save == above.0 && place > above.1);
            if later && (save > next.0 || (save == next.0 && place < next.1)) {
                next = (save, place);
            }
        }
        let mut left = at(most, next.1);
        while left > 0 {
            if next.0 <= run.saves {
                return sum;
            }
            let units = run.units.min(left);
            sum += (next.0 - run.saves) * units;
            left -= units;
            run.units -= units;
            if run.units == 0 {
                match runs.next() {
                    Some(more) => run = more,
                    None => return sum,
                }
            }
        }
        if next.0 == i64::MIN {
            return sum;
        }
        above = next;
    }
}
