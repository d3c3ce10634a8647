//! What an order carries of an address.

use serde::{Deserialize, Serialize};

use crate::geo::{Address, Country, address_format};
use crate::id::AddressRef;

/// Where an order goes: a reference to the address in the host's vault, and what routing needs. No personal
/// data, so that it can stand in events for ever.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Destination {
    /// The address in the host's vault.
    pub address: AddressRef,
    /// The country.
    pub country: Country,
    /// The leading digits of the postcode, without separators: as many as tell regions apart and no more (in
    /// Brazil 5 of 8, in China 4 of 6, in Germany 2 of 5, in the United States 3 of 5), see
    /// [`AddressFormat::postcode_area_digits`](crate::geo::AddressFormat::postcode_area_digits). Empty where
    /// there is nothing to keep.
    pub postcode_area: String,
}

/// The part of an address's postcode that an order may carry.
///
/// Empty if the country's format is not known, or the postcode does not have its shape: what cannot be read
/// is not kept in part.
///
/// ```
/// use order_workflow::geo::{Address, Country, postcode_area};
///
/// let mut address = Address {
///     country: Country::BR,
///     recipient: "Ana Souza".into(),
///     street: vec!["Avenida Paulista, 1578".into()],
///     district: String::new(),
///     city: "São Paulo".into(),
///     region: "SP".into(),
///     postcode: "01310-200".into(),
///     phone: String::new(),
/// };
/// assert_eq!(postcode_area(&address), "01310");
/// address.postcode = "?".into();
/// assert_eq!(postcode_area(&address), "");
/// ```
pub fn postcode_area(address: &Address) -> String {
    match address_format(address.country) {
        Some(format) if format.postcode.matches(&address.postcode) => {
            let digits = address.postcode.chars().filter(char::is_ascii_digit);
            digits.take(format.postcode_area_digits).collect()
        }
        Some(_) | None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(country: &str, postcode: &str) -> Address {
        Address {
            country: Country::from_code(country).expect("listed"),
            recipient: "A. Person".into(),
            street: vec!["Main Street 1".into()],
            district: String::new(),
            city: "Town".into(),
            region: "Region".into(),
            postcode: postcode.into(),
            phone: "+49 30 1234567".into(),
        }
    }

    #[test]
    fn an_area_is_the_start_of_a_well_formed_postcode() {
        for (country, postcode, area) in [
            ("BR", "01310-100", "01310"),
            ("BR", " 01310100 ", "01310"),
            ("CN", "518000", "5180"),
            ("DE", "01067", "01"),
            ("US", "22162-1010", "221"),
            ("US", "2216", ""),
            ("DE", "", ""),
            ("GB", "M1 1AE", ""),
        ] {
            assert_eq!(postcode_area(&address(country, postcode)), area, "{country} {postcode}");
        }
    }

    #[test]
    fn a_destination_holds_nothing_personal() {
        let reference = AddressRef::new("vault-7").expect("fits");
        let json = serde_json::to_string(&address("DE", "10115").destination(reference)).expect("serialises");
        assert_eq!(json, r#"{"address":"vault-7","country":"DE","postcode_area":"10"}"#);
    }
}
