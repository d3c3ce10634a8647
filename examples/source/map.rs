//! The map of a plan: where it could come from, where it goes, and what was chosen.

use std::fmt::Write;

use order_workflow::geo::Position;
use order_workflow::sourcing::{Location, Plan, Problem};

const WIDTH: f64 = 900.0;
const MARGIN: f64 = 60.0;

/// An SVG; nothing if the destination or all locations have no position.
pub fn draw(problem: &Problem, plan: &Plan) -> Option<String> {
    let destination = problem.destination?;
    let placed: Vec<(usize, &Location, Position)> =
        problem.locations.iter().enumerate().filter_map(|(at, one)| Some((at, one, one.position?))).collect();
    let mut all: Vec<Position> = placed.iter().map(|(_, _, position)| *position).collect();
    if all.is_empty() {
        return None;
    }
    all.push(destination);
    let range = |of: fn(Position) -> f64| {
        all.iter().fold((f64::MAX, f64::MIN), |(low, high), one| (low.min(of(*one)), high.max(of(*one))))
    };
    let (west, east) = range(Position::longitude);
    let (south, north) = range(Position::latitude);
    // A degree east is shorter than one north, by the cosine of the middle latitude.
    let narrow = ((south + north) / 2.0).to_radians().cos().max(0.1);
    let scale = (WIDTH - 2.0 * MARGIN) / ((east - west) * narrow).max(north - south).max(0.01);
    let x = |one: Position| MARGIN + (one.longitude() - west) * narrow * scale;
    let y = |one: Position| MARGIN + (north - one.latitude()) * scale;
    let height = (north - south) * scale + 2.0 * MARGIN;

    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height:.0}\" font-family=\"sans-serif\" \
         font-size=\"13\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fbfaf7\"/>\n"
    );
    for (at, location, position) in &placed {
        let shipment = plan.shipments.iter().find(|shipment| shipment.location == *at);
        let (cx, cy) = (x(*position), y(*position));
        if let Some(shipment) = shipment {
            let units: u32 = shipment.lines.iter().map(|(_, units)| units).sum();
            let (dx, dy) = (x(destination), y(destination));
            let _ = writeln!(
                svg,
                "<line x1=\"{cx:.1}\" y1=\"{cy:.1}\" x2=\"{dx:.1}\" y2=\"{dy:.1}\" stroke=\"#1d6f5c\" \
                 stroke-width=\"{:.1}\"/>\n<text x=\"{:.1}\" y=\"{:.1}\" fill=\"#1d6f5c\">{units} x</text>",
                2.0 + f64::from(units).sqrt(),
                (cx + dx) / 2.0 + 6.0,
                (cy + dy) / 2.0,
            );
        }
        let (fill, radius) = if shipment.is_some() { ("#1d6f5c", 7) } else { ("#b8b2a7", 4) };
        let name = escaped(location.id.as_str());
        let _ = writeln!(
            svg,
            "<circle cx=\"{cx:.1}\" cy=\"{cy:.1}\" r=\"{radius}\" fill=\"{fill}\"/>\n\
             <text x=\"{:.1}\" y=\"{:.1}\" fill=\"#4a463f\">{name}</text>",
            cx + 9.0,
            cy - 6.0
        );
    }
    let _ = writeln!(
        svg,
        "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"14\" height=\"14\" fill=\"#c2452d\"/>\n</svg>",
        x(destination) - 7.0,
        y(destination) - 7.0
    );
    Some(svg)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
