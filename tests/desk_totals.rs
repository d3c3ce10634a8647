//! The order desk's money is the files' money, to the cent.
//!
//! Nothing here uses the crate: the totals are computed straight from the CSV files, in whole cents, by the
//! rules that the desk promises, and compared with what the example `order_desk --json` prints. The sample
//! under `tests/data/orders` always runs; `ORDER_WORKFLOW_ORDERS=DIR` adds a folder of the same format.

#[cfg(test)]
mod desk_totals {
    use std::collections::{BTreeMap, BTreeSet};
    use std::fmt::Write;
    use std::path::{Path, PathBuf};
    use std::process::Command;
    use std::time::SystemTime;
    use std::{env, fs};

    use serde::{Deserialize, de::DeserializeOwned};
    use serde_json::Value;

    #[derive(Deserialize)]
    struct OrderRow {
        order_id: String,
        order_status: String,
        order_delivered_customer_date: String,
        order_estimated_delivery_date: String,
    }

    #[derive(Deserialize)]
    struct ItemRow {
        order_id: String,
        price: String,
        freight_value: String,
    }

    #[derive(Deserialize)]
    struct PaymentRow {
        order_id: String,
        payment_value: String,
    }

    /// What the files say. Amounts are cents.
    #[derive(Debug, Default, PartialEq)]
    struct Totals {
        read: u64,
        refused: u64,
        cancelled: u64,
        completed: u64,
        late: u64,
        short: u64,
        over: u64,
        items: i64,
        freight: i64,
        captured: i64,
        refunded: i64,
        balance_due: i64,
        written_off: i64,
        /// Items and freight of the orders that stand: neither refused nor cancelled.
        standing: i64,
    }

    impl Totals {
        fn placed(&self) -> u64 {
            self.read - self.refused
        }

        fn of(dir: &Path) -> Self {
            let (mut items, mut freight, mut tenders) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
            for row in rows::<ItemRow>(dir, "order_items.csv") {
                *items.entry(row.order_id.clone()).or_insert(0) += cents(&row.price);
                *freight.entry(row.order_id).or_insert(0) += cents(&row.freight_value);
            }
            for row in rows::<PaymentRow>(dir, "payments.csv") {
                *tenders.entry(row.order_id).or_insert(0) += cents(&row.payment_value);
            }
            let (mut totals, mut seen) = (Self::default(), BTreeSet::new());
            for row in rows::<OrderRow>(dir, "orders.csv") {
                assert!(
                    seen.insert(row.order_id.clone()),
                    "order `{}` stands twice in the file",
                    row.order_id
                );
                totals.add(
                    &row,
                    items.get(&row.order_id).copied(),
                    freight.get(&row.order_id).copied().unwrap_or(0),
                    tenders.get(&row.order_id).copied().unwrap_or(0),
                );
            }
            totals
        }

        fn add(&mut self, order: &OrderRow, items: Option<i64>, freight: i64, paid: i64) {
            self.read += 1;
            self.captured += paid;
            let Some(items) = items else {
                self.refused += 1; // nothing was ordered: the money goes back
                self.refunded += paid;
                return;
            };
            self.items += items;
            self.freight += freight;
            if ["canceled", "unavailable"].contains(&order.order_status.as_str()) {
                self.cancelled += 1;
                self.refunded += paid;
                return;
            }
            let price = items + freight;
            self.standing += price;
            let delivered = order.order_status == "delivered";
            self.completed += u64::from(delivered);
            if paid > price {
                self.over += 1;
                self.refunded += paid - price;
            } else if paid < price {
                self.short += 1;
                *(if delivered { &mut self.written_off } else { &mut self.balance_due }) += price - paid;
            }
            let arrived = date(&order.order_delivered_customer_date);
            self.late += u64::from(arrived > date(&order.order_estimated_delivery_date));
        }
    }

    fn rows<Row: DeserializeOwned>(dir: &Path, file: &str) -> Vec<Row> {
        let path = dir.join(file);
        let reader = csv::Reader::from_path(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let read: Result<Vec<Row>, _> = reader.into_deserialize().collect();
        read.unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    }

    /// `199.9` is 19990 cents; a third digit after the point would be no amount.
    fn cents(text: &str) -> i64 {
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        assert!(part.len() <= 2, "`{text}` is no amount in cents");
        format!("{whole}{part:0<2}").parse().unwrap_or_else(|e| panic!("`{text}`: {e}"))
    }

    fn decimal(cents: i64) -> String {
        format!("{}{}.{:02}", if cents < 0 { "-" } else { "" }, cents.abs() / 100, cents.abs() % 100)
    }

    /// `YYYY-MM-DD` of a local time; such dates compare as text, and a missing one comes before all.
    fn date(time: &str) -> &str {
        time.get(..10).unwrap_or("")
    }

    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR"))
    }

    fn sample() -> PathBuf {
        root().join("tests/data/orders")
    }

    /// Expected against got, figure by figure; empty if the desk agrees with the files.
    fn differences(expected: &Totals, report: &Value) -> String {
        let text = |path: &str| match report.pointer(path) {
            None => "nothing".to_owned(),
            Some(Value::String(text)) => text.clone(),
            Some(other) if path.starts_with("/money/") => format!("{other}, which is no string"),
            Some(other) => other.to_string(),
        };
        let kinds = |path: &str| -> Option<u64> {
            report.pointer(path)?.as_object()?.values().map(Value::as_u64).sum::<Option<u64>>()
        };
        // a kind that never happened may be absent
        let kind = |path: &str| report.pointer(path).map_or_else(|| "0".to_owned(), Value::to_string);
        let sum = |path: &str| kinds(path).map_or_else(|| "nothing".to_owned(), |sum| sum.to_string());
        let money = |name: &str| {
            report.pointer(&format!("/money/{name}")).and_then(Value::as_str).map_or(0, cents_or_zero)
        };
        let balance = money("captured") - money("refunded") - money("charged_back")
            + money("balance_due")
            + money("written_off");

        let figures = [
            ("orders.read", expected.read.to_string(), text("/orders/read")),
            ("orders.placed", expected.placed().to_string(), text("/orders/placed")),
            ("orders.refused", expected.refused.to_string(), text("/orders/refused")),
            ("status, all together", expected.placed().to_string(), sum("/status")),
            ("status.completed", expected.completed.to_string(), kind("/status/completed")),
            ("status.cancelled", expected.cancelled.to_string(), kind("/status/cancelled")),
            ("anomalies.amount_over", expected.over.to_string(), kind("/anomalies/amount_over")),
            ("anomalies.amount_short", expected.short.to_string(), kind("/anomalies/amount_short")),
            ("late_deliveries", expected.late.to_string(), text("/late_deliveries")),
            ("money.currency", "BRL".to_owned(), text("/money/currency")),
            ("money.items", decimal(expected.items), text("/money/items")),
            ("money.freight", decimal(expected.freight), text("/money/freight")),
            ("money.captured", decimal(expected.captured), text("/money/captured")),
            ("money.refunded", decimal(expected.refunded), text("/money/refunded")),
            ("money.charged_back", decimal(0), text("/money/charged_back")),
            ("money.balance_due", decimal(expected.balance_due), text("/money/balance_due")),
            ("money.written_off", decimal(expected.written_off), text("/money/written_off")),
            ("money kept and owed = what stands", decimal(expected.standing), decimal(balance)),
            ("violations", "0".to_owned(), text("/violations")),
        ];
        let mut differences = String::new();
        for (name, expected, got) in figures {
            if expected != got {
                writeln!(differences, "  {name}: expected {expected}, got {got}")
                    .expect("a string takes text");
            }
        }
        if kinds("/refusals").unwrap_or(0) < expected.refused {
            let got = text("/refusals");
            writeln!(differences, "  refusals: expected {} or more, got {got}", expected.refused)
                .expect("a string takes text");
        }
        differences
    }

    fn cents_or_zero(text: &str) -> i64 {
        text.replace('.', "").parse().unwrap_or(0)
    }

    /// The desk as a process of its own: built just now by `cargo test`, else built here by cargo.
    fn desk() -> Command {
        let built = env::current_exe().ok().and_then(|test| {
            let profile = test.parent()?.parent()?;
            Some(profile.join("examples").join(format!("order_desk{}", env::consts::EXE_SUFFIX)))
        });
        if let Some(built) = built.filter(|built| modified(built) > newest_source()) {
            return Command::new(built);
        }
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into()));
        cargo.args(["run", "--quiet", "--example", "order_desk"]);
        if !cfg!(debug_assertions) {
            cargo.arg("--release");
        }
        cargo.arg("--");
        cargo
    }

    /// `cargo test --test desk_totals` builds no examples: an older binary would answer for older code.
    fn newest_source() -> SystemTime {
        let mut newest = modified(&root().join("Cargo.toml")).max(modified(&root().join("Cargo.lock")));
        let mut open = vec![root().join("src")];
        let examples = fs::read_dir(root().join("examples")).into_iter().flatten().flatten();
        open.extend(
            examples.filter(|e| e.file_name().to_string_lossy().starts_with("order_desk")).map(|e| e.path()),
        );
        while let Some(path) = open.pop() {
            newest = newest.max(modified(&path));
            open.extend(fs::read_dir(&path).into_iter().flatten().flatten().map(|entry| entry.path()));
        }
        newest
    }

    fn modified(path: &Path) -> SystemTime {
        fs::metadata(path).and_then(|meta| meta.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
    }

    fn assert_the_desk_agrees(dir: &Path, arguments: &[&str]) {
        let output = desk()
            .arg("--json")
            .args(arguments)
            .current_dir(root())
            .output()
            .unwrap_or_else(|e| panic!("the example `order_desk` does not start: {e}"));
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let report: Value = serde_json::from_str(&out).unwrap_or_else(|e| {
            panic!("`order_desk --json` printed no JSON ({e}): {}\n{out}\n{err}", output.status)
        });
        let differences = differences(&Totals::of(dir), &report);
        assert!(differences.is_empty(), "the desk disagrees with {}:\n{differences}{err}", dir.display());
        assert!(
            output.status.success(),
            "the figures agree, but the desk ended with {}\n{err}",
            output.status
        );
    }

    #[test]
    fn the_desk_agrees_with_the_sample() {
        assert_the_desk_agrees(&sample(), &[]); // the sample is what it reads when told nothing
    }

    fn timeline(id: &str) -> (Value, String) {
        let run = |arguments: &[&str]| {
            let output = desk().args(["--order", id]).args(arguments).current_dir(root()).output();
            let output = output.unwrap_or_else(|e| panic!("the example `order_desk` does not start: {e}"));
            String::from_utf8_lossy(&output.stdout).into_owned()
        };
        (serde_json::from_str(&run(&["--json"])).expect("a timeline in JSON"), run(&[]))
    }

    /// One order's life, for programs and for people; also of an order that was refused and had been paid.
    #[test]
    fn a_timeline_tells_where_the_money_of_a_refused_order_went() {
        let rows = |file: &str| fs::read_to_string(sample().join(file)).expect("a file of the sample");
        let first = |row: &str| row.split(',').next().unwrap_or_default().trim_matches('"').to_owned();
        let (items, tenders) = (rows("order_items.csv"), rows("payments.csv"));
        let ordered: BTreeSet<String> = items.lines().skip(1).map(first).collect();
        let refused = tenders.lines().skip(1).map(first).find(|order| !ordered.contains(order));
        let refused = refused.expect("an order without lines was paid");
        let (json, text) = timeline(&refused);
        assert_eq!(json["order"], refused.as_str());
        assert!(json["now"].is_null());
        let steps = json["steps"].as_array().expect("steps");
        let last = steps.last().and_then(|step| step["what"].as_str()).expect("a last step");
        assert!(last.ends_with("goes back where it came from"), "{last}");
        assert!(text.contains(last) && text.contains(" UTC  "), "{text}");
        let placed = ordered.first().expect("an order with lines");
        let (json, _) = timeline(placed);
        assert!(json["now"]["status"].is_string());
        assert_eq!(json["steps"][0]["changes"][0]["change"], "placed");
    }

    #[test]
    fn the_desk_agrees_with_the_folder_of_the_environment() {
        let Some(dir) = env::var_os("ORDER_WORKFLOW_ORDERS") else {
            println!("ORDER_WORKFLOW_ORDERS is not set: no other folder to compare");
            return;
        };
        let dir = fs::canonicalize(&dir).unwrap_or_else(|e| panic!("ORDER_WORKFLOW_ORDERS={dir:?}: {e}"));
        assert_the_desk_agrees(&dir, &["--orders", dir.to_str().expect("a path in UTF-8")]);
    }

    #[test]
    fn the_sample_is_what_its_readme_says() {
        let known = Totals {
            read: 2_000,
            refused: 81,
            cancelled: 41,
            completed: 1_719,
            late: 106,
            short: 18,
            over: 30,
            items: cents("298478.35"),
            freight: cents("45916.87"),
            captured: cents("358603.82"),
            refunded: cents("14018.84") + cents("10876.51") + cents("189.96"),
            balance_due: cents("0.00"),
            written_off: cents("0.20"),
            standing: cents("333518.71"),
        };
        assert_eq!(Totals::of(&sample()), known);
    }

    /// A desk that is right, then wrong in one figure at a time: each must be named.
    #[test]
    fn every_wrong_figure_is_named() {
        let totals = Totals::of(&sample());
        let right = serde_json::json!({
            "orders": { "read": 2000, "placed": 1919, "refused": 81 },
            "status": { "completed": 1719, "cancelled": 41, "shipped": 83, "confirmed": 76 },
            "anomalies": { "amount_over": 30, "amount_short": 18 },
            "refusals": { "no_lines": 81 },
            "late_deliveries": 106,
            "money": {
                "currency": "BRL", "items": "298478.35", "freight": "45916.87", "captured": "358603.82",
                "refunded": "25085.31", "charged_back": "0.00", "balance_due": "0.00", "written_off": "0.20",
            },
            "violations": 0,
        });
        assert_eq!(differences(&totals, &right), "");
        for (path, wrong) in [
            ("/orders/read", 1999.into()),
            ("/orders/placed", 1920.into()),
            ("/orders/refused", 80.into()),
            ("/status/shipped", 84.into()),
            ("/status/completed", 1720.into()),
            ("/status/cancelled", 40.into()),
            ("/anomalies/amount_over", 29.into()),
            ("/anomalies/amount_short", 19.into()),
            ("/refusals/no_lines", 80.into()),
            ("/late_deliveries", 119.into()),
            ("/money/currency", "EUR".into()),
            ("/money/items", "298478.34".into()),
            ("/money/freight", "45916.9".into()),
            ("/money/captured", Value::from(358_603.82)),
            ("/money/refunded", "25085.30".into()),
            ("/money/charged_back", "0.01".into()),
            ("/money/balance_due", "0".into()),
            ("/money/written_off", Value::Null),
            ("/violations", 1.into()),
        ] {
            let mut report = right.clone();
            *report.pointer_mut(path).expect("the path stands in the report") = wrong;
            let found = differences(&totals, &report);
            let name = match path {
                "/status/shipped" => "status, all together".to_owned(),
                "/refusals/no_lines" => "refusals".to_owned(),
                path => path.trim_start_matches('/').replace('/', "."),
            };
            assert!(found.contains(&format!("  {name}: expected ")), "{path} went unseen: {found:?}");
        }
    }
}
