//! Everything wrong with an address, at once.

use serde::{Deserialize, Serialize};

use crate::geo::error::shown;
use crate::geo::{Address, AddressField, Country, address_format};

/// One thing wrong with an address, and what would be accepted.
///
/// It quotes what the person typed: show it to them, do not log it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum AddressProblem {
    /// The country's addresses must have this field.
    #[error("{field} is missing; accepted: {accepted}")]
    Missing {
        /// The empty field.
        field: AddressField,
        /// What it takes.
        accepted: String,
    },
    /// The text does not have the shape that the field asks for.
    #[error("{field} `{value}` is not well-formed; accepted: {accepted}")]
    Malformed {
        /// The field.
        field: AddressField,
        /// What was given.
        value: String,
        /// What it takes.
        accepted: String,
    },
    /// The text has characters that no label prints.
    #[error("{field} `{value}` has control characters; accepted: printable text")]
    Unprintable {
        /// The field.
        field: AddressField,
        /// What was given, escaped.
        value: String,
    },
    /// The table has no format for the country, so most of the address was not checked. [`check_address`] never
    /// gives this: a policy that insists on checked addresses does.
    #[error(
        "addresses in country `{country}` cannot be checked; accepted: a country with a known address format"
    )]
    NoFormat {
        /// The country.
        country: Country,
    },
}

impl AddressProblem {
    /// A stable name for this kind of problem, for message catalogues.
    pub const fn code(&self) -> &'static str {
        match self {
            AddressProblem::Missing { .. } => "address.missing",
            AddressProblem::Malformed { .. } => "address.malformed",
            AddressProblem::Unprintable { .. } => "address.unprintable",
            AddressProblem::NoFormat { .. } => "address.no_format",
        }
    }

    /// The field's name, or `country`.
    pub const fn path(&self) -> &'static str {
        match self {
            AddressProblem::Missing { field, .. }
            | AddressProblem::Malformed { field, .. }
            | AddressProblem::Unprintable { field, .. } => field.name(),
            AddressProblem::NoFormat { .. } => "country",
        }
    }
}

/// Everything wrong with an address, at most one problem a field, in the order of [`AddressField`].
///
/// Checked are what the country requires, the shape of its postcodes, that a phone number, if there is one, has
/// 5 to 15 digits (E.164 allows 15), and that all is printable. Blanks around a text do not count. Where
/// [`address_format`] knows no format only recipient, street, phone and printability are checked: that the
/// table is short is no reason to refuse an order.
///
/// An empty answer means plausible, not deliverable.
///
/// ```
/// use order_workflow::geo::{Address, Country, check_address};
///
/// let mut address = Address {
///     country: Country::BR,
///     recipient: "Ana Souza".into(),
///     street: vec!["Avenida Paulista, 1578".into()],
///     district: "Bela Vista".into(),
///     city: "São Paulo".into(),
///     region: "SP".into(),
///     postcode: "01310-200".into(),
///     phone: String::new(),
/// };
/// assert!(check_address(&address).is_empty());
///
/// address.city.clear();
/// address.postcode = "1310-200".into();
/// let sentences: Vec<String> = check_address(&address).iter().map(ToString::to_string).collect();
/// assert_eq!(sentences, [
///     "city is missing; accepted: the city or town",
///     "postcode `1310-200` is not well-formed; accepted: 8 digits, with or without `-` after the fifth, as `01310-100`",
/// ]);
/// ```
pub fn check_address(address: &Address) -> Vec<AddressProblem> {
    AddressField::ALL.into_iter().filter_map(|field| check_field(address, field)).collect()
}

fn check_field(address: &Address, field: AddressField) -> Option<AddressProblem> {
    let format = address_format(address.country);
    let texts = field.texts(address);
    if let Some(text) = texts.iter().find(|text| text.chars().any(char::is_control)) {
        return Some(AddressProblem::Unprintable { field, value: shown(text) });
    }
    let given = texts.iter().map(|text| text.trim()).find(|text| !text.is_empty());
    let Some(given) = given else {
        let required = match format {
            Some(format) => format.required.contains(&field),
            None => matches!(field, AddressField::Recipient | AddressField::Street),
        };
        return required.then(|| AddressProblem::Missing { field, accepted: accepted(address, field) });
    };
    let well_formed = match (field, format) {
        (AddressField::Postcode, Some(format)) => format.postcode.matches(given),
        (AddressField::Phone, _) => is_phone(given),
        (AddressField::Postcode, None)
        | (
            AddressField::Recipient
            | AddressField::Street
            | AddressField::District
            | AddressField::City
            | AddressField::Region,
            _,
        ) => true,
    };
    (!well_formed).then(|| AddressProblem::Malformed {
        field,
        value: shown(given),
        accepted: accepted(address, field),
    })
}

/// What a field takes, in words.
fn accepted(address: &Address, field: AddressField) -> String {
    let words = match field {
        AddressField::Recipient => "the name of who receives",
        AddressField::Street => "at least one line, with street and house number",
        AddressField::District => "the district",
        AddressField::City => "the city or town",
        AddressField::Region => "the state or province",
        AddressField::Postcode => {
            address_format(address.country).map_or("the postcode", |format| format.postcode.accepted)
        }
        AddressField::Phone => {
            "5 to 15 digits, optionally with `+` in front and blanks, `-`, `.`, `(`, `)` between"
        }
    };
    words.to_owned()
}

fn is_phone(text: &str) -> bool {
    let number = text.strip_prefix('+').unwrap_or(text);
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    (5..=15).contains(&digits)
        && number
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b' ' | b'-' | b'.' | b'(' | b')'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn address(country: Country, postcode: &str) -> Address {
        Address {
            country,
            recipient: "A. Person".into(),
            street: vec!["Main Street 1".into()],
            district: String::new(),
            city: "Town".into(),
            region: "Region".into(),
            postcode: postcode.into(),
            phone: String::new(),
        }
    }

    fn codes(address: &Address) -> Vec<(&'static str, &'static str)> {
        check_address(address).iter().map(|problem| (problem.code(), problem.path())).collect()
    }

    #[test]
    fn a_plausible_address_has_no_problems() {
        for (country, postcode) in [
            (Country::BR, "01310-100"),
            (Country::CN, "100080"),
            (Country::DE, "10115"),
            (Country::US, "95014"),
        ] {
            assert_eq!(check_address(&address(country, postcode)), [], "{country}");
        }
    }

    #[test]
    fn an_empty_address_lacks_exactly_what_its_country_requires() {
        let no_city_no_region: &[&str] = &["recipient", "street"];
        for (country, expected) in [
            (Country::BR, &["recipient", "street", "city", "region", "postcode"][..]),
            (Country::CN, &["recipient", "street", "city", "region", "postcode"]),
            (Country::DE, &["recipient", "street", "city", "postcode"]),
            (Country::US, &["recipient", "street", "city", "region", "postcode"]),
            (Country::from_code("SG").expect("listed"), no_city_no_region),
        ] {
            let empty = Address {
                country,
                recipient: "  ".into(),
                street: vec![String::new(), " ".into()],
                district: String::new(),
                city: String::new(),
                region: String::new(),
                postcode: String::new(),
                phone: String::new(),
            };
            let problems = check_address(&empty);
            assert!(problems.iter().all(|problem| problem.code() == "address.missing"));
            assert_eq!(problems.iter().map(AddressProblem::path).collect::<Vec<_>>(), expected, "{country}");
        }
    }

    #[test]
    fn any_street_line_will_do() {
        let mut address = address(Country::DE, "10115");
        address.street = vec![String::new(), "Hinterhaus".into()];
        assert_eq!(codes(&address), []);
        address.street.clear();
        assert_eq!(codes(&address), [("address.missing", "street")]);
    }

    #[test]
    fn all_problems_come_at_once_and_in_order() {
        let mut address = address(Country::US, "9501");
        address.recipient = "Jo\u{7}".into();
        address.region = " ".into();
        address.phone = "call me".into();
        assert_eq!(
            codes(&address),
            [
                ("address.unprintable", "recipient"),
                ("address.missing", "region"),
                ("address.malformed", "postcode"),
                ("address.malformed", "phone"),
            ]
        );
    }

    #[test]
    fn phones() {
        for (text, expected) in [
            ("+55 (11) 91234-5678", true),
            ("110.10", true),
            ("1234", false),
            ("+1234567890123456", false),
            ("++4930123", false),
            ("030/123456", false),
            ("０３０１２３", false),
        ] {
            assert_eq!(is_phone(text), expected, "{text}");
        }
    }

    #[test]
    fn problems_travel() {
        let problem = AddressProblem::NoFormat { country: Country::DE };
        let json = serde_json::to_string(&problem).expect("serialises");
        assert_eq!(json, r#"{"kind":"no_format","country":"DE"}"#);
        assert_eq!(serde_json::from_str::<AddressProblem>(&json).expect("reads"), problem);
        assert_eq!((problem.code(), problem.path()), ("address.no_format", "country"));
    }

    proptest! {
        #[test]
        fn any_text_is_an_answer(texts in any::<[String; 7]>()) {
            let [recipient, street, district, city, region, postcode, phone] = texts;
            for country in [Country::BR, Country::CN, Country::DE, Country::US] {
                let address = Address {
                    country,
                    recipient: recipient.clone(),
                    street: vec![street.clone()],
                    district: district.clone(),
                    city: city.clone(),
                    region: region.clone(),
                    postcode: postcode.clone(),
                    phone: phone.clone(),
                };
                let problems = check_address(&address);
                prop_assert!(problems.is_sorted_by(|a, b| a.path() != b.path()));
                prop_assert!(problems.iter().all(|problem| !problem.to_string().contains('\n')));
            }
        }
    }
}
