//! The order desk's money is the files' money, to the cent.
//!
//! Nothing here uses the crate: the totals are computed straight from the CSV files, in whole cents, by the
//! rules that the desk promises, and compared with what the example `order_desk --json` prints. The sample
//! under `tests/data/orders` always runs; `ORDER_WORKFLOW_ORDERS=DIR` adds a folder of the same format.
//!
//! So are its units: a few lines of shelves, walked in the order of time, say who gets goods and who does not.

#[cfg(test)]
mod desk_totals {
    use std::collections::{BTreeMap, BTreeSet};
    use std::fmt::Write;
    use std::path::{Path, PathBuf};
    use std::process::Command;
    use std::time::SystemTime;
    use std::{env, fs};

    use chrono::{NaiveDateTime, TimeDelta};
    use serde::{Deserialize, de::DeserializeOwned};
    use serde_json::Value;

    #[derive(Deserialize)]
    struct OrderRow {
        order_id: String,
        order_status: String,
        order_purchase_timestamp: String,
        order_approved_at: String,
        order_delivered_carrier_date: String,
        order_delivered_customer_date: String,
        order_estimated_delivery_date: String,
    }

    #[derive(Deserialize)]
    struct ItemRow {
        order_id: String,
        product_id: String,
        seller_id: String,
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
        reservations: Reservations,
    }

    /// What was held, and what became of it. `lapsed` would be a hold that no effect of an order ended.
    #[derive(Debug, Default, PartialEq)]
    struct Reservations {
        reserved: u64,
        refused: u64,
        confirmed: u64,
        used: u64,
        released: u64,
        open: u64,
        short_units: i64,
        supplied: i64,
        units_held: i64,
        units_used: i64,
    }

    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Fate {
        /// It got its goods.
        Served,
        /// It was not placed.
        Refused,
        /// It was placed, timed out, and its money came when the goods were somebody else's.
        Gone,
    }

    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Holds {
        Nothing,
        Held,
        Used,
    }

    /// Seller and product.
    type Shelf = (String, String);

    /// Walks all orders in the order of time (local: what a change of clocks shifts is less than what lies between
    /// two orders that want the same).
    fn shelves(dir: &Path, stock: &str) -> (BTreeMap<String, Fate>, Reservations) {
        let mut wants: BTreeMap<String, BTreeMap<Shelf, i64>> = BTreeMap::new();
        let mut free: BTreeMap<Shelf, i64> = BTreeMap::new();
        for row in rows::<ItemRow>(dir, "order_items.csv") {
            let shelf = (row.seller_id, row.product_id);
            *free.entry(shelf.clone()).or_insert(0) += 1;
            *wants.entry(row.order_id).or_default().entry(shelf).or_insert(0) += 1;
        }
        let most = free.values().max().copied();
        let hot = free.iter().find(|(_, units)| Some(**units) == most).map(|(shelf, _)| shelf.clone());
        for (shelf, units) in &mut free {
            match stock {
                "scarce" => *units = (*units * 9 / 10).max(1),
                "hot" if Some(shelf) == hot.as_ref() => *units = (*units / 2).max(1),
                _ => {}
            }
        }
        let mut sums = Reservations { supplied: free.values().sum(), ..Reservations::default() };
        let (mut fates, mut holds) = (BTreeMap::new(), BTreeMap::new());
        for (_, _, id, what) in moments(dir, &wants) {
            let (wanted, held) = (&wants[&id], holds.entry(id.clone()).or_insert(Holds::Nothing));
            let fate = fates.get(&id).copied();
            match (what, *held) {
                ("place", _) => {
                    let got = take(&mut free, wanted, &mut sums);
                    *held = if got { Holds::Held } else { Holds::Nothing };
                    fates.insert(id, if got { Fate::Served } else { Fate::Refused });
                }
                ("time out", Holds::Held) => {
                    give(&mut free, wanted);
                    sums.released += 1;
                    *held = Holds::Nothing;
                }
                ("pay", Holds::Held) => sums.confirmed += 1,
                ("pay", Holds::Nothing) if fate == Some(Fate::Served) => {
                    if take(&mut free, wanted, &mut sums) {
                        sums.confirmed += 1;
                        *held = Holds::Held;
                    } else {
                        fates.insert(id, Fate::Gone);
                    }
                }
                ("ship", Holds::Held) => {
                    sums.used += 1;
                    *held = Holds::Used;
                }
                ("cancel", Holds::Held | Holds::Used) => {
                    give(&mut free, wanted);
                    sums.released += u64::from(*held == Holds::Held);
                    *held = Holds::Nothing;
                }
                _ => {}
            }
        }
        for (id, held) in holds {
            let units: i64 = wants[&id].values().sum();
            match held {
                Holds::Nothing => {}
                Holds::Held => (sums.open, sums.units_held) = (sums.open + 1, sums.units_held + units),
                Holds::Used => sums.units_used += units,
            }
        }
        (fates, sums)
    }

    /// When what happens to which order: a time, then the files' order, then the sequence below.
    fn moments(
        dir: &Path,
        wants: &BTreeMap<String, BTreeMap<Shelf, i64>>,
    ) -> Vec<(NaiveDateTime, usize, String, &'static str)> {
        let time = |text: &str| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").ok();
        let mut moments = Vec::new();
        for (at, row) in rows::<OrderRow>(dir, "orders.csv").into_iter().enumerate() {
            if !wants.contains_key(&row.order_id) {
                continue;
            }
            let placed = time(&row.order_purchase_timestamp).expect("a time of purchase");
            let (approved, carrier) = (time(&row.order_approved_at), time(&row.order_delivered_carrier_date));
            let delivered = time(&row.order_delivered_customer_date);
            let last = [approved, carrier, delivered].into_iter().flatten().fold(placed, NaiveDateTime::max);
            let paid = approved.unwrap_or(placed).max(placed);
            let due = placed + TimeDelta::days(7);
            let left = ["shipped", "delivered"].contains(&row.order_status.as_str());
            let mut push = |when, what| moments.push((when, at, row.order_id.clone(), what));
            push(placed, "place");
            if paid >= due {
                push(due, "time out");
            }
            push(paid, "pay");
            if left || carrier.is_some() || delivered.is_some() {
                push(carrier.unwrap_or(last).max(placed), "ship");
            }
            if ["canceled", "unavailable"].contains(&row.order_status.as_str()) {
                push(last, "cancel");
            }
        }
        // alarms ring before anything else of their moment
        moments.sort_by_key(|(when, at, _, what)| (*when, *what != "time out", *at));
        moments
    }

    /// All or nothing.
    fn take(free: &mut BTreeMap<Shelf, i64>, wanted: &BTreeMap<Shelf, i64>, sums: &mut Reservations) -> bool {
        let short: i64 = wanted.iter().map(|(shelf, units)| (units - free[shelf]).max(0)).sum();
        if short > 0 {
            (sums.refused, sums.short_units) = (sums.refused + 1, sums.short_units + short);
            return false;
        }
        sums.reserved += 1;
        for (shelf, units) in wanted {
            *free.get_mut(shelf).expect("every shelf was made") -= units;
        }
        true
    }

    fn give(free: &mut BTreeMap<Shelf, i64>, wanted: &BTreeMap<Shelf, i64>) {
        for (shelf, units) in wanted {
            *free.get_mut(shelf).expect("every shelf was made") += units;
        }
    }

    impl Totals {
        fn placed(&self) -> u64 {
            self.read - self.refused
        }

        fn of(dir: &Path, stock: &str) -> Self {
            let (fates, reservations) = shelves(dir, stock);
            let (mut items, mut freight, mut tenders) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
            for row in rows::<ItemRow>(dir, "order_items.csv") {
                *items.entry(row.order_id.clone()).or_insert(0) += cents(&row.price);
                *freight.entry(row.order_id).or_insert(0) += cents(&row.freight_value);
            }
            for row in rows::<PaymentRow>(dir, "payments.csv") {
                *tenders.entry(row.order_id).or_insert(0) += cents(&row.payment_value);
            }
            let (mut totals, mut seen) = (Self { reservations, ..Self::default() }, BTreeSet::new());
            for row in rows::<OrderRow>(dir, "orders.csv") {
                assert!(
                    seen.insert(row.order_id.clone()),
                    "order `{}` stands twice in the file",
                    row.order_id
                );
                totals.add(
                    &row,
                    fates.get(&row.order_id).copied(),
                    items.get(&row.order_id).copied(),
                    freight.get(&row.order_id).copied().unwrap_or(0),
                    tenders.get(&row.order_id).copied().unwrap_or(0),
                );
            }
            totals
        }

        fn add(&mut self, order: &OrderRow, fate: Option<Fate>, items: Option<i64>, freight: i64, paid: i64) {
            self.read += 1;
            self.captured += paid;
            let items = items.filter(|_| fate != Some(Fate::Refused));
            let Some(items) = items else {
                self.refused += 1; // nothing was ordered, or nothing was there: the money goes back
                self.refunded += paid;
                return;
            };
            self.items += items;
            self.freight += freight;
            let cancelled = ["canceled", "unavailable"].contains(&order.order_status.as_str());
            if cancelled || fate == Some(Fate::Gone) {
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

        // what came back after it had arrived is cancelled in the files and returned at the desk
        let orders = |status: &str| report.pointer(status).map_or(Some(0), Value::as_u64);
        let ended = orders("/status/cancelled").zip(orders("/status/returned"));
        let ended = ended.map_or_else(|| "no number".to_owned(), |(a, b)| (a + b).to_string());
        let held = &expected.reservations;
        let free = held.supplied - held.units_held - held.units_used;
        let figures = [
            ("orders.read", expected.read.to_string(), text("/orders/read")),
            ("orders.placed", expected.placed().to_string(), text("/orders/placed")),
            ("orders.refused", expected.refused.to_string(), text("/orders/refused")),
            ("status, all together", expected.placed().to_string(), sum("/status")),
            ("status.completed", expected.completed.to_string(), kind("/status/completed")),
            ("status.cancelled", expected.cancelled.to_string(), ended),
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
            ("reservations.reserved", held.reserved.to_string(), text("/reservations/reserved")),
            ("reservations.refused", held.refused.to_string(), text("/reservations/refused")),
            ("reservations.confirmed", held.confirmed.to_string(), text("/reservations/confirmed")),
            ("reservations.used", held.used.to_string(), text("/reservations/used")),
            ("reservations.released", held.released.to_string(), text("/reservations/released")),
            ("reservations.lapsed", "0".to_owned(), text("/reservations/lapsed")),
            ("reservations.open", held.open.to_string(), text("/reservations/open")),
            ("reservations.short_units", held.short_units.to_string(), text("/reservations/short_units")),
            ("reservations.units.supplied", held.supplied.to_string(), text("/reservations/units/supplied")),
            ("reservations.units.held", held.units_held.to_string(), text("/reservations/units/held")),
            ("reservations.units.used", held.units_used.to_string(), text("/reservations/units/used")),
            ("reservations.units.available", free.to_string(), text("/reservations/units/available")),
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

    fn assert_the_desk_agrees(dir: &Path, stock: &str, arguments: &[&str]) {
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
        let differences = differences(&Totals::of(dir, stock), &report);
        let place = dir.display();
        assert!(
            differences.is_empty(),
            "the desk disagrees with {place}, stock {stock}:\n{differences}{err}"
        );
        assert!(
            output.status.success(),
            "the figures agree, but the desk ended with {}\n{err}",
            output.status
        );
    }

    #[test]
    fn the_desk_agrees_with_the_sample() {
        assert_the_desk_agrees(&sample(), "enough", &[]); // the sample, and enough, when told nothing
    }

    #[test]
    fn the_desk_agrees_with_the_sample_when_stock_is_short() {
        for stock in ["enough", "scarce", "hot"] {
            assert_the_desk_agrees(&sample(), stock, &["--stock", stock]);
        }
    }

    /// The first of three timed out, the third took its unit, then the first one's money came. And two who sent
    /// their mugs back, so that another gets both where there are not four.
    #[test]
    fn goods_go_to_whoever_comes_when_they_are_there() {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("six_orders");
        fs::create_dir_all(&dir).expect("a folder");
        let write = |file: &str, lines: &[&str]| fs::write(dir.join(file), lines.join("\n")).expect("a file");
        write(
            "orders.csv",
            &[
                "order_id,customer_unique_id,customer_zip_code_prefix,order_status,order_purchase_timestamp,\
             order_approved_at,order_delivered_carrier_date,order_delivered_customer_date,\
             order_estimated_delivery_date",
                "a,c1,01000,delivered,2018-03-01 10:00:00,2018-03-10 10:00:00,2018-03-11 10:00:00,\
             2018-03-12 10:00:00,2018-03-11 00:00:00",
                "b,c2,01000,delivered,2018-03-02 10:00:00,2018-03-02 11:00:00,2018-03-03 10:00:00,\
             2018-03-05 10:00:00,2018-03-20 00:00:00",
                "c,c3,01000,shipped,2018-03-09 10:00:00,2018-03-09 11:00:00,2018-03-12 10:00:00,,\
             2018-03-20 00:00:00",
                "d,c4,01000,canceled,2018-03-01 10:00:00,2018-03-01 11:00:00,2018-03-02 10:00:00,\
                 2018-03-05 10:00:00,2018-03-20 00:00:00",
                "e,c5,01000,canceled,2018-03-06 10:00:00,2018-03-06 11:00:00,2018-03-07 10:00:00,,\
                 2018-03-20 00:00:00",
                "f,c6,01000,delivered,2018-03-08 10:00:00,2018-03-08 11:00:00,2018-03-09 10:00:00,\
                 2018-03-10 10:00:00,2018-03-20 00:00:00",
            ],
        );
        write(
            "order_items.csv",
            &[
                "order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value",
                "a,1,tea,north,2018-03-11 00:00:00,9.90,1.10",
                "b,1,tea,north,2018-03-11 00:00:00,9.90,1.10",
                "c,1,tea,north,2018-03-19 00:00:00,9.90,1.10",
                "d,1,mug,south,2018-03-19 00:00:00,9.90,1.10",
                "e,1,mug,south,2018-03-19 00:00:00,9.90,1.10",
                "f,1,mug,south,2018-03-19 00:00:00,9.90,1.10",
                "f,2,mug,south,2018-03-19 00:00:00,9.90,1.10",
            ],
        );
        write(
            "payments.csv",
            &[
                "order_id,payment_sequential,payment_type,payment_installments,payment_value",
                "a,1,boleto,1,11.00",
                "b,1,credit_card,1,11.00",
                "c,1,credit_card,1,11.00",
                "d,1,credit_card,1,11.00",
                "e,1,credit_card,1,11.00",
                "f,1,credit_card,1,22.00",
            ],
        );
        let fates = |stock| shelves(&dir, stock).0["a"]; // hot are the mugs
        assert_eq!(
            (fates("enough"), fates("scarce"), fates("hot")),
            (Fate::Served, Fate::Gone, Fate::Served)
        );
        assert!(["enough", "scarce"].iter().all(|stock| shelves(&dir, stock).0["f"] == Fate::Served));
        for stock in ["enough", "scarce", "hot"] {
            let dir_text = dir.to_str().expect("a path in UTF-8");
            assert_the_desk_agrees(&dir, stock, &["--stock", stock, "--orders", dir_text]);
        }
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
        let place = dir.to_str().expect("a path in UTF-8");
        for stock in ["enough", "scarce", "hot"] {
            assert_the_desk_agrees(&dir, stock, &["--orders", place, "--stock", stock]);
        }
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
            reservations: Reservations {
                reserved: 1_919,
                refused: 0,
                confirmed: 1_905,
                used: 1_802,
                released: 41,
                open: 76,
                short_units: 0,
                supplied: 2_365,
                units_held: 88,
                units_used: 2_224,
            },
        };
        assert_eq!(Totals::of(&sample(), "enough"), known);
    }

    /// A desk that is right, then wrong in one figure at a time: each must be named.
    #[test]
    fn every_wrong_figure_is_named() {
        let totals = Totals::of(&sample(), "enough");
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
            "reservations": {
                "reserved": 1919, "refused": 0, "confirmed": 1905, "used": 1802, "released": 41, "lapsed": 0,
                "open": 76, "short_units": 0,
                "units": { "supplied": 2365, "held": 88, "used": 2224, "available": 53 },
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
            ("/reservations/reserved", 1918.into()),
            ("/reservations/refused", 1.into()),
            ("/reservations/confirmed", 1919.into()),
            ("/reservations/used", 1801.into()),
            ("/reservations/released", 42.into()),
            ("/reservations/lapsed", 1.into()),
            ("/reservations/open", 75.into()),
            ("/reservations/short_units", 1.into()),
            ("/reservations/units/supplied", 2364.into()),
            ("/reservations/units/held", 89.into()),
            ("/reservations/units/used", 2225.into()),
            ("/reservations/units/available", Value::Null),
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
