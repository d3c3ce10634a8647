//! An address as a person typed it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::geo::{Country, Destination, postcode_area};
use crate::id::AddressRef;

/// An address as a person typed it: what the host checks before it goes into its vault.
///
/// It is personal data. It is in no event, no snapshot and no effect of this crate; [`Address::destination`]
/// takes what an order may carry. What a country does not use stays empty.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// The country.
    pub country: Country,
    /// Who receives.
    pub recipient: String,
    /// Street, house number and what else leads to the door, line by line.
    pub street: Vec<String>,
    /// A part of the city: a *bairro*, a *qu*.
    #[serde(default)]
    pub district: String,
    /// The city or town.
    #[serde(default)]
    pub city: String,
    /// State, province or the like.
    #[serde(default)]
    pub region: String,
    /// The postcode, written as the country writes it.
    #[serde(default)]
    pub postcode: String,
    /// Where the carrier can call.
    #[serde(default)]
    pub phone: String,
}

impl Address {
    /// What an order carries of it, once it lies in the vault under `address`.
    pub fn destination(&self, address: AddressRef) -> Destination {
        Destination { address, country: self.country, postcode_area: postcode_area(self) }
    }
}

/// A field of an [`Address`] that a person fills in, in the order in which problems are named.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AddressField {
    /// [`Address::recipient`].
    Recipient,
    /// [`Address::street`]: present if any line is.
    Street,
    /// [`Address::district`].
    District,
    /// [`Address::city`].
    City,
    /// [`Address::region`].
    Region,
    /// [`Address::postcode`].
    Postcode,
    /// [`Address::phone`].
    Phone,
}

impl AddressField {
    /// Every field, in order.
    pub const ALL: [AddressField; 7] = [
        AddressField::Recipient,
        AddressField::Street,
        AddressField::District,
        AddressField::City,
        AddressField::Region,
        AddressField::Postcode,
        AddressField::Phone,
    ];

    /// The name of the field, as on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            AddressField::Recipient => "recipient",
            AddressField::Street => "street",
            AddressField::District => "district",
            AddressField::City => "city",
            AddressField::Region => "region",
            AddressField::Postcode => "postcode",
            AddressField::Phone => "phone",
        }
    }

    /// The texts of this field: one, or the lines of the street.
    pub(super) fn texts(self, address: &Address) -> &[String] {
        use std::slice::from_ref;
        match self {
            AddressField::Recipient => from_ref(&address.recipient),
            AddressField::Street => &address.street,
            AddressField::District => from_ref(&address.district),
            AddressField::City => from_ref(&address.city),
            AddressField::Region => from_ref(&address.region),
            AddressField::Postcode => from_ref(&address.postcode),
            AddressField::Phone => from_ref(&address.phone),
        }
    }
}

impl fmt::Display for AddressField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
