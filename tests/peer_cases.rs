//! Facts that a good engine reproduces: the cases of `tests/data/cases/`, or those of the folder that
//! `ORDER_WORKFLOW_CASES` names.
//!
//! Prints a line a case and closes with `N passed, N failed`, also when the tests' output is not shown.

#[cfg(test)]
mod peer;

#[cfg(test)]
mod peer_cases {
    use std::{
        collections::BTreeSet,
        fs,
        io::{self, Write},
        path::{Path, PathBuf},
    };

    use serde_json::Value;

    use crate::peer::check;

    /// Areas and kinds that no room answers yet: counted apart, and said.
    const LEFT_OUT: [(&str, &str); 1] = [("calendar", "sla")];

    fn folder() -> PathBuf {
        let ours = || Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/cases");
        std::env::var_os("ORDER_WORKFLOW_CASES").map_or_else(ours, PathBuf::from)
    }

    /// The cases of a file; a file that cannot be read is one case that fails.
    fn cases(file: &Path) -> Result<Vec<Value>, String> {
        let text = fs::read_to_string(file).map_err(|error| error.to_string())?;
        let table: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        if table["schema"] != 1 {
            return Err(format!("unknown schema {}", table["schema"]));
        }
        let mut cases = table["cases"].as_array().cloned().ok_or("no cases")?;
        for case in &mut cases {
            let own = case.as_object_mut().ok_or("a case is an object")?;
            own.entry("area").or_insert_with(|| table["area"].clone());
        }
        Ok(cases)
    }

    fn run(folder: &Path, out: &mut impl Write) -> io::Result<(u32, u32)> {
        let mut files: Vec<PathBuf> =
            fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<_>>()?;
        files.retain(|file| file.extension().is_some_and(|end| end == "json"));
        files.sort();
        let (mut passed, mut failed, mut left_out) = (0, 0, 0);
        writeln!(out)?;
        for file in files {
            let cases = match cases(&file) {
                Ok(cases) => cases,
                Err(why) => {
                    failed += 1;
                    writeln!(out, "FAIL {}: expected cases got {why}", file.display())?;
                    continue;
                }
            };
            for case in &cases {
                let name = |key: &str| case[key].as_str().unwrap_or("?").to_owned();
                let (id, title) = (name("id"), name("title"));
                if let Some((area, kind)) =
                    LEFT_OUT.iter().find(|(area, kind)| case["area"] == *area && case["kind"] == *kind)
                {
                    left_out += 1;
                    writeln!(out, "left out {id} {title}: `{area}` has no `{kind}` yet")?;
                    continue;
                }
                match check(case) {
                    Ok(()) => {
                        passed += 1;
                        writeln!(out, "ok {id} {title}")?;
                    }
                    Err(why) => {
                        failed += 1;
                        writeln!(out, "FAIL {id} {title}: {why}")?;
                    }
                }
            }
        }
        if left_out > 0 {
            writeln!(out, "{left_out} left out")?;
        }
        writeln!(out, "{passed} passed, {failed} failed")?;
        out.flush()?;
        Ok((passed, failed))
    }

    #[test]
    fn every_case_gives_what_it_expects() {
        // Written past the test harness, which would keep the lines of a test that passes to itself.
        let (passed, failed) = run(&folder(), &mut io::stdout().lock()).unwrap();
        assert!(failed == 0 && passed > 0, "{passed} passed, {failed} failed");
    }

    #[test]
    fn what_is_not_known_fails() {
        let table: Value = serde_json::from_str(include_str!("data/cases/payment.json")).unwrap();
        let case = &table["cases"][0];
        assert_eq!(check(case), Ok(()));
        let places = [
            "/area",
            "/kind",
            "/policy/late_after_timeout",
            "/policy/short_tolerance",
            "/input/order/currency",
            "/input/intents/0/method",
            "/input/events/0/at",
            "/input/events/0/kind",
            "/input/events/0/amount",
            "/expect/order",
            "/expect/captured",
        ];
        for place in places {
            let mut other = case.clone();
            *other.pointer_mut(place).unwrap() = "nobody knows this".into();
            assert!(check(&other).is_err(), "{place}");
        }
        for parent in ["", "/policy", "/input", "/input/order", "/input/events/0", "/expect"] {
            let mut other = case.clone();
            let parent_of = other.pointer_mut(parent).unwrap().as_object_mut().unwrap();
            parent_of.insert("surprise".to_owned(), Value::Null);
            assert!(check(&other).is_err(), "a surprise in `{parent}`");
        }
    }

    /// Words that mean nothing wherever they stand: names that a case gives itself, and what people only read.
    const NAMES: [&str; 10] =
        ["id", "title", "source", "sku", "location", "customer", "lot", "from", "to", "reservation"];

    #[test]
    fn what_inventory_does_not_know_fails() {
        assert_eq!(unknown_fails(include_str!("data/cases/inventory.json"), &NAMES), 8);
    }

    #[test]
    fn what_promotion_does_not_know_fails() {
        // Names, and what a shopper says, may be anything; so may an amount that nothing depends on.
        let free = ["category", "channel", "codes", "floor_price", "orders_before", "group", "line"];
        let names: Vec<&str> = NAMES.iter().chain(&free).copied().collect();
        assert_eq!(unknown_fails(include_str!("data/cases/promotion.json"), &names), 3);
    }

    #[test]
    fn what_coupon_does_not_know_fails() {
        // What was entered may be anything; if it changes no answer, that is one.
        let names: Vec<&str> = NAMES.iter().chain(&["order", "2", "3"]).copied().collect();
        assert_eq!(unknown_fails(include_str!("data/cases/coupon.json"), &names), 2);
    }

    #[test]
    fn what_calendar_does_not_know_fails() {
        assert_eq!(unknown_fails(include_str!("data/cases/calendar.json"), &["id", "title", "source"]), 4);
    }

    /// The first case of every kind, each word and number of it replaced, each object of it with a key more. How many
    /// kinds there are.
    fn unknown_fails(table: &str, names: &[&str]) -> usize {
        let table: Value = serde_json::from_str(table).unwrap();
        let cases = table["cases"].as_array().unwrap();
        let mut kinds = BTreeSet::new();
        for case in cases.iter().filter(|case| kinds.insert(case["kind"].to_string())) {
            assert_eq!(check(case), Ok(()), "{}", case["id"]);
            let mut words = vec!["/kind".to_owned(), "/area".to_owned()];
            let mut objects = vec![String::new(), "/policy".to_owned()];
            for part in ["policy", "input", "expect"] {
                places(&case[part], &format!("/{part}"), &mut words, &mut objects);
            }
            for place in words.iter().filter(|place| !names.contains(&place.rsplit('/').next().unwrap())) {
                let mut other = case.clone();
                *other.pointer_mut(place).unwrap() = "nobody knows this".into();
                assert!(check(&other).is_err(), "{}: {place}", case["id"]);
            }
            for place in objects {
                let mut other = case.clone();
                let object = other.pointer_mut(&place).unwrap().as_object_mut().unwrap();
                object.insert("surprise".to_owned(), Value::Null);
                assert!(check(&other).is_err(), "{}: a surprise in `{place}`", case["id"]);
            }
        }
        kinds.len()
    }

    /// Where words and numbers stand, and where objects.
    fn places(value: &Value, at: &str, words: &mut Vec<String>, objects: &mut Vec<String>) {
        match value {
            Value::Null => {}
            Value::Bool(_) | Value::Number(_) | Value::String(_) => words.push(at.to_owned()),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    places(item, &format!("{at}/{index}"), words, objects);
                }
            }
            Value::Object(fields) => {
                objects.push(at.to_owned());
                for (key, item) in fields {
                    places(item, &format!("{at}/{key}"), words, objects);
                }
            }
        }
    }
}
