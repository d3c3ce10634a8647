//! Where goods go: countries, addresses that can be checked, and the little of them that an order carries.
//!
//! An [`Address`] is what a person typed. [`check_address`] names everything wrong with it at once; then the
//! host puts it into its vault, and orders carry a [`Destination`]: a reference and what routing needs, no
//! personal data. What a country's addresses must have stands in a table ([`address_format`]) that grows.
//! Nothing here is looked up anywhere: a plausible address may still not exist.

mod address;
mod check;
mod country;
mod destination;
mod error;
mod format;
mod position;
mod shape;

pub use self::address::{Address, AddressField};
pub use self::check::{AddressProblem, check_address};
pub use self::country::Country;
pub use self::destination::{Destination, postcode_area};
pub use self::error::GeoError;
pub use self::format::{AddressFormat, address_format};
pub use self::position::Position;
pub use self::shape::PostcodeShape;
