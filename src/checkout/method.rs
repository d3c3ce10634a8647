//! How something is paid.

use serde::{Deserialize, Serialize};

/// A way to pay.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// A credit card.
    Card,
    /// A debit card.
    DebitCard,
    /// A slip that is paid at a bank within some days, as a *boleto*.
    BankSlip,
    /// An electronic wallet.
    Wallet,
    /// A voucher or gift card.
    Voucher,
    /// Credit that the customer has with the shop.
    StoreCredit,
    /// Cash, to who delivers.
    CashOnDelivery,
}
