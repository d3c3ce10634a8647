//! A point on the earth, and how far it is to another.

use std::f64::consts::{FRAC_PI_2, PI};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::geo::GeoError;

/// Latitude and longitude in degrees (WGS 84), kept to a millionth: about 11 cm. On the wire it is a pair,
/// `[-23.533773, -46.62529]`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Position {
    latitude: i32,
    longitude: i32,
}

/// The mean radius of the earth, metres (IUGG).
const RADIUS: f64 = 6_371_008.8;
const MILLIONTH: f64 = 1e-6;
/// A whole number, so that dividing by it gives the degrees nearest to what was meant: 52.52 and not 52.519999999999996.
const MILLION: f64 = 1e6;

impl Position {
    /// The point at these degrees, north and east positive; rounded to a millionth.
    ///
    /// # Errors
    /// [`GeoError::NoPosition`] beyond ±90 or ±180 degrees, and for what is no number.
    pub fn new(latitude: f64, longitude: f64) -> Result<Position, GeoError> {
        let on_earth = latitude.abs() <= 90.0 && longitude.abs() <= 180.0; // false for what is no number
        if !on_earth {
            return Err(GeoError::NoPosition {
                latitude: latitude.to_string(),
                longitude: longitude.to_string(),
            });
        }
        let millionths = |degrees: f64| (degrees / MILLIONTH).round() as i32;
        Ok(Position { latitude: millionths(latitude), longitude: millionths(longitude) })
    }

    /// Degrees north.
    pub fn latitude(self) -> f64 {
        f64::from(self.latitude) / MILLION
    }

    /// Degrees east.
    pub fn longitude(self) -> f64 {
        f64::from(self.longitude) / MILLION
    }

    /// The way to another point along a great circle, whole metres (haversine, on a sphere: up to 0.6 % off the
    /// ellipsoid).
    ///
    /// It is computed with nothing but additions, multiplications, divisions and square roots, which every machine
    /// rounds alike, so the metres are the same everywhere.
    ///
    /// ```
    /// use order_workflow::geo::Position;
    ///
    /// let (sao_paulo, rio) = (Position::new(-23.5505, -46.6333)?, Position::new(-22.9068, -43.1729)?);
    /// assert_eq!(sao_paulo.metres_to(rio), 360_749);
    /// # Ok::<(), order_workflow::geo::GeoError>(())
    /// ```
    pub fn metres_to(self, other: Position) -> u32 {
        let radians = |millionths: i32| f64::from(millionths) * MILLIONTH * (PI / 180.0);
        let (here, there) = (radians(self.latitude), radians(other.latitude));
        // Half the longer way round the earth is a sine like that of the shorter.
        let across = sine((radians(self.longitude) - radians(other.longitude)) / 2.0);
        let along = sine((here - there) / 2.0);
        let half = (along * along + cosine(here) * cosine(there) * across * across).min(1.0).sqrt();
        (2.0 * RADIUS * arc_sine(half)).round() as u32
    }
}

/// The sine of up to a half turn either way, by its Taylor series.
fn sine(angle: f64) -> f64 {
    let angle = if angle > FRAC_PI_2 {
        PI - angle
    } else if angle < -FRAC_PI_2 {
        -PI - angle
    } else {
        angle
    };
    let square = angle * angle;
    let (mut term, mut sum) = (angle, angle);
    for step in 1..12 {
        let factor = f64::from(2 * step) * f64::from(2 * step + 1);
        term *= -square / factor;
        sum += term;
    }
    sum
}

fn cosine(angle: f64) -> f64 {
    sine(FRAC_PI_2 - angle.abs())
}

/// The angle of a sine from 0 to 1, by Newton's steps where the sine is steep.
fn arc_sine(sine_of: f64) -> f64 {
    if sine_of > 0.75 {
        return FRAC_PI_2 - 2.0 * arc_sine(((1.0 - sine_of) / 2.0).max(0.0).sqrt());
    }
    let mut angle = sine_of;
    for _ in 0..6 {
        angle -= (sine(angle) - sine_of) / cosine(angle);
    }
    angle
}

impl Serialize for Position {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.latitude(), self.longitude()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Position {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (latitude, longitude) = <(f64, f64)>::deserialize(deserializer)?;
        Position::new(latitude, longitude).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(latitude: f64, longitude: f64) -> Position {
        Position::new(latitude, longitude).expect("on earth")
    }

    #[test]
    fn a_quarter_and_a_half_of_the_earth_are_what_they_are() {
        let quarter = 10_007_557; // a quarter of 2 pi times the mean radius
        assert_eq!(at(0.0, 0.0).metres_to(at(90.0, 0.0)), quarter);
        assert_eq!(at(0.0, 0.0).metres_to(at(0.0, 90.0)), quarter);
        assert_eq!(at(0.0, -90.0).metres_to(at(0.0, 90.0)), 2 * quarter);
        assert_eq!(at(-90.0, 12.0).metres_to(at(90.0, -3.0)), 2 * quarter);
        assert_eq!(at(7.0, 180.0).metres_to(at(7.0, -180.0)), 0);
        assert_eq!(at(51.5, -0.1).metres_to(at(51.5, -0.1)), 0);
    }

    #[test]
    fn it_agrees_with_the_machines_own_functions() {
        for step in 0..2_000 {
            let angle = f64::from(step) / 2_000.0 * PI - FRAC_PI_2;
            assert!((sine(angle) - angle.sin()).abs() < 1e-15, "sine of {angle}");
            let of = f64::from(step) / 2_000.0;
            assert!((arc_sine(of) - of.asin()).abs() < 1e-13, "arc sine of {of}");
        }
    }

    #[test]
    fn degrees_come_back_as_they_were_written() {
        for text in ["[52.52,13.405]", "[-23.533773,-46.62529]", "[0.001,-179.999999]", "[0.0,0.0]"] {
            let read: Position = serde_json::from_str(text).expect(text);
            assert_eq!(serde_json::to_string(&read).expect(text), text);
        }
    }

    #[test]
    fn what_is_not_on_earth_is_named() {
        for (latitude, longitude) in [(90.5, 0.0), (0.0, -181.0), (f64::NAN, 0.0), (0.0, f64::INFINITY)] {
            let refused = Position::new(latitude, longitude).expect_err("not on earth").to_string();
            assert!(refused.contains("-180 to 180"), "{refused}");
        }
        assert!(serde_json::from_str::<Position>("[91.0, 0.0]").is_err());
        let here: Position = serde_json::from_str("[-23.5505, -46.6333]").expect("on earth");
        assert_eq!(serde_json::to_string(&here).expect("plain"), "[-23.5505,-46.6333]");
    }
}
