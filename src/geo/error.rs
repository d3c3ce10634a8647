//! What can go wrong with places.

/// Why a text names no place.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GeoError {
    /// The code is not in the list of ISO 3166-1.
    #[error("country code `{code}` is unknown; accepted: an ISO 3166-1 code of two capital letters, as `BR`")]
    UnknownCountry {
        /// What was given, cut and escaped.
        code: String,
    },
    /// No such point.
    #[error(
        "position {latitude}, {longitude} is not on earth; accepted: degrees from -90 to 90 and -180 to 180"
    )]
    NoPosition {
        /// What was given, as text.
        latitude: String,
        /// What was given, as text.
        longitude: String,
    },
}

/// Text from outside, safe to print on one line.
pub(super) fn shown(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut shown: String = text.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}
