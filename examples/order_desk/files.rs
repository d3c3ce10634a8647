//! The marketplace's files: one row an order, an item, a tender. Amounts become money here and nowhere else.

use std::{collections::BTreeMap, fs::File, path::Path};

use chrono::{DateTime, NaiveDateTime, Utc};
use order_workflow::{Currency, Money, calendar::Zone, order::payment::Method};
use serde::{Deserialize, de::DeserializeOwned};

use crate::Anything;

/// Everything the files say about one order.
pub struct FileOrder {
    pub row: OrderRow,
    pub items: Vec<ItemRow>,
    pub tenders: Vec<TenderRow>,
    pub times: Times,
}

/// The order's moments, in UTC, where the files have them.
#[derive(Clone, Copy)]
pub struct Times {
    pub purchase: DateTime<Utc>,
    pub approved: Option<DateTime<Utc>>,
    pub carrier: Option<DateTime<Utc>>,
    pub delivered: Option<DateTime<Utc>>,
    pub last: DateTime<Utc>,
}

#[derive(Deserialize)]
pub struct OrderRow {
    pub order_id: String,
    pub customer_unique_id: String,
    pub customer_zip_code_prefix: String,
    #[serde(default)]
    pub customer_city: String,
    #[serde(default)]
    pub customer_state: String,
    pub order_status: String,
    order_purchase_timestamp: String,
    order_approved_at: String,
    order_delivered_carrier_date: String,
    pub order_delivered_customer_date: String,
    pub order_estimated_delivery_date: String,
}

#[derive(Deserialize)]
pub struct ItemRow {
    pub order_id: String,
    pub order_item_id: String,
    pub product_id: String,
    pub seller_id: String,
    price: String,
    freight_value: String,
    #[serde(skip)]
    pub price_minor: i64,
    #[serde(skip)]
    pub freight_minor: i64,
    /// Where the catalogue has it; empty if it does not say.
    #[serde(skip)]
    pub category: String,
}

#[derive(Deserialize)]
struct ProductRow {
    product_id: String,
    product_category_name_english: String,
}

#[derive(Deserialize)]
pub struct TenderRow {
    order_id: String,
    pub payment_sequential: String,
    pub payment_type: String,
    pub payment_installments: u32,
    payment_value: String,
    #[serde(skip, default = "no_money")]
    pub value: Money,
}

fn no_money() -> Money {
    Money::zero(Currency::BRL)
}

impl TenderRow {
    pub fn method(&self) -> Method {
        method(&self.payment_type).unwrap_or(Method::Card) // checked when read
    }
}

/// `not_defined` stands at tenders of nothing.
fn method(payment_type: &str) -> Option<Method> {
    match payment_type {
        "credit_card" | "not_defined" => Some(Method::Card),
        "boleto" => Some(Method::BankSlip),
        "debit_card" => Some(Method::DebitCard),
        "voucher" => Some(Method::Voucher),
        _ => None,
    }
}

/// What the files call how far an order is.
const STATUSES: [&str; 8] =
    ["created", "approved", "invoiced", "processing", "shipped", "delivered", "canceled", "unavailable"];

impl OrderRow {
    pub fn is_cancelled(&self) -> bool {
        matches!(self.order_status.as_str(), "canceled" | "unavailable")
    }

    pub fn is_delivered(&self) -> bool {
        self.order_status == "delivered"
    }

    /// Delivered after the local *date* that the customer was told.
    pub fn is_late(&self) -> bool {
        let date = |time: &str| time.get(..10).map(str::to_owned);
        let (arrived, promised) =
            (date(&self.order_delivered_customer_date), date(&self.order_estimated_delivery_date));
        arrived.is_some() && arrived > promised
    }
}

impl FileOrder {
    /// What the files themselves leave open or contradict.
    pub fn oddities(&self) -> Vec<&'static str> {
        let (status, times) = (self.row.order_status.as_str(), &self.times);
        let mut found = Vec::new();
        let left = matches!(status, "shipped" | "delivered");
        let missing = (times.approved.is_none() && status != "created" && !self.row.is_cancelled())
            || (left && times.carrier.is_none())
            || (status == "delivered" && times.delivered.is_none());
        if missing {
            found.push("missing_timestamp");
        }
        let known = [Some(times.purchase), times.approved, times.carrier, times.delivered];
        if !known.into_iter().flatten().is_sorted() {
            found.push("backward_timestamps");
        }
        found
    }
}

/// Reads a folder of `orders.csv`, `order_items.csv`, `payments.csv` and, if it is there, `products.csv`.
pub fn read(dir: &Path) -> Result<Vec<FileOrder>, Anything> {
    let zone = Zone::named("America/Sao_Paulo")?;
    let (mut items, mut tenders) = (BTreeMap::<String, Vec<_>>::new(), BTreeMap::<String, Vec<_>>::new());
    let products =
        if dir.join("products.csv").exists() { rows::<ProductRow>(dir, "products.csv")? } else { vec![] };
    let category = |row: ProductRow| (row.product_id, row.product_category_name_english);
    let categories: BTreeMap<String, String> = products.into_iter().map(category).collect();
    for row in rows::<ItemRow>(dir, "order_items.csv")? {
        let amount =
            |text: &str| money(text).map_err(|e| format!("order_items.csv, order {}: {e}", row.order_id));
        let price_minor = amount(&row.price)?.minor_units();
        let freight_minor = amount(&row.freight_value)?.minor_units();
        let category = categories.get(&row.product_id).cloned().unwrap_or_default();
        let of_order = items.entry(row.order_id.clone()).or_default();
        of_order.push(ItemRow { price_minor, freight_minor, category, ..row });
    }
    for row in rows::<TenderRow>(dir, "payments.csv")? {
        let place = format!("payments.csv, order {}", row.order_id);
        let value = money(&row.payment_value).map_err(|e| format!("{place}: {e}"))?;
        if method(&row.payment_type).is_none() {
            let accepted = "credit_card, debit_card, boleto, voucher, not_defined";
            return Err(
                format!("{place}: `{}` is no way to pay; accepted: {accepted}", row.payment_type).into()
            );
        }
        tenders.entry(row.order_id.clone()).or_default().push(TenderRow { value, ..row });
    }
    let mut orders = Vec::new();
    for row in rows::<OrderRow>(dir, "orders.csv")? {
        if !STATUSES.contains(&row.order_status.as_str()) {
            let (order, status) = (&row.order_id, &row.order_status);
            let accepted = STATUSES.join(", ");
            return Err(
                format!("orders.csv, order {order}: `{status}` is no status; accepted: {accepted}").into()
            );
        }
        let instant = |text: &str| -> Result<Option<DateTime<Utc>>, Anything> {
            if text.is_empty() {
                return Ok(None);
            }
            let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S")
                .map_err(|e| format!("order {}: `{text}` is no time: {e}", row.order_id))?;
            Ok(Some(zone.to_instant(local)?))
        };
        let purchase = instant(&row.order_purchase_timestamp)?
            .ok_or_else(|| format!("order {} has no time of purchase", row.order_id))?;
        let approved = instant(&row.order_approved_at)?;
        let carrier = instant(&row.order_delivered_carrier_date)?;
        let delivered = instant(&row.order_delivered_customer_date)?;
        let last =
            [Some(purchase), approved, carrier, delivered].into_iter().flatten().max().unwrap_or(purchase);
        orders.push(FileOrder {
            items: items.remove(&row.order_id).unwrap_or_default(),
            tenders: tenders.remove(&row.order_id).unwrap_or_default(),
            times: Times { purchase, approved, carrier, delivered, last },
            row,
        });
    }
    let strangers = items.keys().chain(tenders.keys()).next();
    if let Some(order) = strangers {
        let count = items.len() + tenders.len();
        eprintln!("note: rows of {count} orders that orders.csv does not have are left out, such as {order}");
    }
    Ok(orders)
}

pub fn rows<Row: DeserializeOwned>(dir: &Path, file: &str) -> Result<Vec<Row>, Anything> {
    let path = dir.join(file);
    let opened = File::open(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let read = csv::Reader::from_reader(opened).into_deserialize().collect::<Result<_, _>>();
    Ok(read.map_err(|e| format!("{}: {e}", path.display()))?)
}

fn money(text: &str) -> Result<Money, Anything> {
    Ok(Money::parse(text, Currency::BRL)?)
}
