//! A line below a step tariff, so that weight can be paid for piece by piece.

use super::dense::SCALE;

/// A line that lies nowhere above the tariff between one gram and `reach`, near the middle of it.
pub(super) fn line_below(
    steps: &[(i64, i64)],
    reach: i64,
    total: i64,
    hull: &mut Vec<(i64, i64)>,
) -> (i64, i64) {
    let Some((_, first)) = steps.first() else { return (0, 0) };
    // A step is flat, so the tariff lies lowest at its end.
    hull.clear();
    hull.push((1, first * SCALE));
    for (up_to, cost) in steps {
        corner(hull, ((*up_to).min(reach).max(2), cost * SCALE));
        if *up_to >= reach {
            break;
        }
    }
    let middle = reach.min(total) / 2;
    let segment = hull
        .windows(2)
        .find(|pair| pair.last().is_some_and(|end| end.0 >= middle))
        .or(hull.windows(2).last());
    match segment {
        Some([a, b]) => {
            let slope = (b.1 - a.1) / (b.0 - a.0); // rounded down: it is not negative
            // With its slope rounded down it may rise above to the left, so lower it below all corners.
            let base = hull.iter().map(|(grams, cost)| cost - slope * grams).min().unwrap_or(0);
            (base, slope)
        }
        _ => (first * SCALE, 0),
    }
}

/// Adds a corner to a lower hull, from left to right.
fn corner(hull: &mut Vec<(i64, i64)>, point: (i64, i64)) {
    while let [.., a, b] = hull.as_slice() {
        // `b` stays if it lies below the line from `a` to the point.
        let rise = i128::from(b.1 - a.1) * i128::from(point.0 - a.0);
        if rise < i128::from(point.1 - a.1) * i128::from(b.0 - a.0) {
            break;
        }
        hull.pop();
    }
    hull.push(point);
}
