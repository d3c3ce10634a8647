//! Countries and territories by their code.

use std::fmt;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::geo::GeoError;
use crate::geo::error::shown;

/// A country or territory of ISO 3166-1, by its two letters. On the wire it is these letters.
///
/// Codes outside the standard are refused, also much used ones (`XK`, `UK`, `EU`).
///
/// ```
/// use order_workflow::geo::{Country, GeoError};
///
/// assert_eq!(Country::from_code("BR")?, Country::BR);
/// assert_eq!(Country::from_code("br").unwrap_err(), GeoError::UnknownCountry { code: "br".into() });
/// # Ok::<(), GeoError>(())
/// ```
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Country(&'static str);

impl Country {
    /// Brazil.
    pub const BR: Country = Country("BR");
    /// China.
    pub const CN: Country = Country("CN");
    /// Germany.
    pub const DE: Country = Country("DE");
    /// The United States.
    pub const US: Country = Country("US");

    /// The country with this code: two capital letters, exactly.
    ///
    /// # Errors
    /// [`GeoError::UnknownCountry`].
    pub fn from_code(code: &str) -> Result<Country, GeoError> {
        let found = CODES.binary_search(&code).ok().and_then(|index| CODES.get(index));
        found.map(|known| Country(known)).ok_or_else(|| GeoError::UnknownCountry { code: shown(code) })
    }

    /// The two letters.
    pub const fn code(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

impl Serialize for Country {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl<'de> Deserialize<'de> for Country {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(CodeVisitor)
    }
}

struct CodeVisitor;

impl Visitor<'_> for CodeVisitor {
    type Value = Country;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an ISO 3166-1 country code")
    }

    fn visit_str<E: de::Error>(self, code: &str) -> Result<Country, E> {
        Country::from_code(code).map_err(E::custom)
    }
}

/// The 249 officially assigned codes, sorted. Source: ISO 3166-1 alpha-2 as of ISO/TC 46 N1108 (2023-04-05), by
/// way of the table `iso3166.tab` of the tz database, which is in the public domain.
#[rustfmt::skip]
const CODES: [&str; 249] = [
    "AD", "AE", "AF", "AG", "AI", "AL", "AM", "AO", "AQ", "AR", "AS", "AT", "AU", "AW", "AX", "AZ", "BA",
    "BB", "BD", "BE", "BF", "BG", "BH", "BI", "BJ", "BL", "BM", "BN", "BO", "BQ", "BR", "BS", "BT", "BV",
    "BW", "BY", "BZ", "CA", "CC", "CD", "CF", "CG", "CH", "CI", "CK", "CL", "CM", "CN", "CO", "CR", "CU",
    "CV", "CW", "CX", "CY", "CZ", "DE", "DJ", "DK", "DM", "DO", "DZ", "EC", "EE", "EG", "EH", "ER", "ES",
    "ET", "FI", "FJ", "FK", "FM", "FO", "FR", "GA", "GB", "GD", "GE", "GF", "GG", "GH", "GI", "GL", "GM",
    "GN", "GP", "GQ", "GR", "GS", "GT", "GU", "GW", "GY", "HK", "HM", "HN", "HR", "HT", "HU", "ID", "IE",
    "IL", "IM", "IN", "IO", "IQ", "IR", "IS", "IT", "JE", "JM", "JO", "JP", "KE", "KG", "KH", "KI", "KM",
    "KN", "KP", "KR", "KW", "KY", "KZ", "LA", "LB", "LC", "LI", "LK", "LR", "LS", "LT", "LU", "LV", "LY",
    "MA", "MC", "MD", "ME", "MF", "MG", "MH", "MK", "ML", "MM", "MN", "MO", "MP", "MQ", "MR", "MS", "MT",
    "MU", "MV", "MW", "MX", "MY", "MZ", "NA", "NC", "NE", "NF", "NG", "NI", "NL", "NO", "NP", "NR", "NU",
    "NZ", "OM", "PA", "PE", "PF", "PG", "PH", "PK", "PL", "PM", "PN", "PR", "PS", "PT", "PW", "PY", "QA",
    "RE", "RO", "RS", "RU", "RW", "SA", "SB", "SC", "SD", "SE", "SG", "SH", "SI", "SJ", "SK", "SL", "SM",
    "SN", "SO", "SR", "SS", "ST", "SV", "SX", "SY", "SZ", "TC", "TD", "TF", "TG", "TH", "TJ", "TK", "TL",
    "TM", "TN", "TO", "TR", "TT", "TV", "TW", "TZ", "UA", "UG", "UM", "US", "UY", "UZ", "VA", "VC", "VE",
    "VG", "VI", "VN", "VU", "WF", "WS", "YE", "YT", "ZA", "ZM", "ZW",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_of_two_letters() {
        assert!(CODES.is_sorted_by(|a, b| a < b));
        assert!(CODES.iter().all(|code| code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase())));
        for code in CODES {
            assert_eq!(Country::from_code(code).expect(code).code(), code);
        }
    }

    #[test]
    fn the_named_countries_are_in_the_list() {
        for country in [Country::BR, Country::CN, Country::DE, Country::US] {
            assert_eq!(Country::from_code(country.code()), Ok(country));
        }
    }

    #[test]
    fn only_the_exact_code_is_accepted() {
        for code in ["", "B", "br", "Br", " BR", "BRA", "XK", "UK", "EU", "ZZ", "ＢＲ"] {
            Country::from_code(code).expect_err(code);
        }
    }

    #[test]
    fn the_wire_form_is_the_code() {
        assert_eq!(serde_json::to_string(&Country::DE).expect("serialises"), r#""DE""#);
        assert_eq!(serde_json::from_str::<Country>(r#""IN""#).expect("reads").code(), "IN");
        serde_json::from_str::<Country>(r#""de""#).expect_err("not exact");
    }
}
