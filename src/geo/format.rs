//! What each country's addresses must have: a table that grows.

use crate::geo::{AddressField, Country, PostcodeShape};

/// What a country's addresses must have.
///
/// Facts of the outside world that change now and then; each row names where they come from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct AddressFormat {
    /// The country.
    pub country: Country,
    /// What must not be empty, in the order of [`AddressField`].
    pub required: &'static [AddressField],
    /// What its postcodes look like.
    pub postcode: PostcodeShape,
    /// How many leading digits of the postcode an order carries: enough to choose a warehouse and a carrier,
    /// too few to find a person.
    pub postcode_area_digits: usize,
    /// Where the row comes from.
    pub source: &'static str,
}

/// What this country's addresses must have; `None` if nobody has added it to the table yet, which says nothing
/// against shipping there.
///
/// ```
/// use order_workflow::geo::{Country, address_format};
///
/// let brazil = address_format(Country::BR).unwrap();
/// assert!(brazil.postcode.matches("01310-100"));
/// assert!(!brazil.postcode.matches("0131-100"));
/// ```
pub fn address_format(country: Country) -> Option<&'static AddressFormat> {
    FORMATS.iter().find(|format| format.country == country)
}

use AddressField::{City, Postcode, Recipient, Region, Street};

/// The source of a row: what all share, then the row's own.
macro_rules! source {
    ($area:literal) => {
        concat!(
            "required fields, postcode: address metadata of libaddressinput (Google, CC BY 4.0), ",
            "https://chromium-i18n.appspot.com/ssl-address/data; ",
            $area
        )
    };
}

/// Required fields and postcodes follow the public address metadata of libaddressinput (keys `require` and
/// `zip` of `data/BR` and so on). It takes no recipient; a parcel needs one.
const FORMATS: &[AddressFormat] = &[
    AddressFormat {
        country: Country::BR,
        required: &[Recipient, Street, City, Region, Postcode],
        postcode: PostcodeShape {
            patterns: &["#####-###", "########"],
            accepted: "8 digits, with or without `-` after the fifth, as `01310-100`",
        },
        postcode_area_digits: 5,
        source: source!("postcode area: the CEP down to its sub-sector divider (Correios)"),
    },
    AddressFormat {
        country: Country::CN,
        required: &[Recipient, Street, City, Region, Postcode],
        postcode: PostcodeShape { patterns: &["######"], accepted: "6 digits, as `100080`" },
        postcode_area_digits: 4,
        source: source!("postcode area: province, postal zone and county (China Post)"),
    },
    AddressFormat {
        country: Country::DE,
        required: &[Recipient, Street, City, Postcode],
        postcode: PostcodeShape { patterns: &["#####"], accepted: "5 digits, as `10115`" },
        postcode_area_digits: 2,
        source: source!("postcode area: Leitregion (Deutsche Post)"),
    },
    AddressFormat {
        country: Country::US,
        required: &[Recipient, Street, City, Region, Postcode],
        postcode: PostcodeShape {
            patterns: &["#####", "#####-####", "##### ####"],
            accepted: "5 digits, optionally `-` and 4 more, as `95014` or `22162-1010`",
        },
        postcode_area_digits: 3,
        source: source!("postcode area: sectional center facility (USPS)"),
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_sound() {
        for format in FORMATS {
            assert!(format.required.is_sorted_by(|a, b| a < b), "{}", format.country);
            assert!(format.required.contains(&Recipient) && format.required.contains(&Street));
            assert!(format.source.contains("libaddressinput"));
            for pattern in format.postcode.patterns {
                assert!(pattern.bytes().filter(|&byte| byte == b'#').count() > format.postcode_area_digits);
            }
            let examples: Vec<&str> = format
                .postcode
                .accepted
                .split('`')
                .skip(1)
                .step_by(2)
                .filter(|text| text.len() > 1)
                .collect();
            assert!(!examples.is_empty());
            for example in examples {
                assert!(format.postcode.matches(example), "{example}");
            }
        }
        assert!(FORMATS.is_sorted_by(|a, b| a.country < b.country));
    }

    #[test]
    fn postcodes_of_each_country() {
        for (country, good, bad) in [
            (Country::BR, &["01310-100", "01310100", " 40301-110 "][..], &["1310-100", "01310-10", "SP"][..]),
            (Country::CN, &["100080", "518000"], &["10008", "1000800", "100-080"]),
            (Country::DE, &["10115", "01067"], &["1011", "D-10115", "10115-1"]),
            (
                Country::US,
                &["95014", "22162-1010", "22162 1010"],
                &["9501", "95014-", "95014-101", "K1A 0B1"],
            ),
        ] {
            let shape = address_format(country).expect("in the table").postcode;
            for postcode in good {
                assert!(shape.matches(postcode), "{country} {postcode}");
            }
            for postcode in bad {
                assert!(!shape.matches(postcode), "{country} {postcode}");
            }
        }
    }

    #[test]
    fn a_country_outside_the_table_has_no_format() {
        assert_eq!(address_format(Country::from_code("AQ").expect("listed")), None);
    }
}
