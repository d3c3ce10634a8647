//! The scenario book: stories in `tests/scenarios/<domain>/*.json`, played on the crate, and the feature table
//! that README shows of them.

#[cfg(test)]
mod book;

#[cfg(test)]
mod scenarios {
    use std::{
        collections::BTreeMap,
        fs,
        path::{Path, PathBuf},
    };

    use serde_json::Value;

    use crate::book::{Kind, Scenario, inventory, promotion, sourcing};

    const BEGIN: &str = "<!-- features:begin -->";
    const END: &str = "<!-- features:end -->";

    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR"))
    }

    fn entries(folder: &Path) -> Vec<PathBuf> {
        let mut found: Vec<PathBuf> = fs::read_dir(folder)
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
            .map(|entry| entry.unwrap().path())
            .collect();
        found.sort();
        found
    }

    /// A story of any domain.
    struct Story {
        title: String,
        feature: String,
        kind: Kind,
        /// What went otherwise than told.
        run: Box<dyn Fn() -> Result<(), String>>,
    }

    /// Reads a story in the words of its domain's folder; those of orders are also those of payments.
    fn story(domain: &str, told: Value) -> Result<Story, String> {
        let unread = |error: serde_json::Error| error.to_string();
        Ok(match domain {
            "inventory" => {
                let told: inventory::Scenario = serde_json::from_value(told).map_err(unread)?;
                let (title, feature, kind) = (told.title.clone(), told.feature.clone(), told.kind);
                Story { title, feature, kind, run: Box::new(move || told.run()) }
            }
            "sourcing" => {
                let told: sourcing::Scenario = serde_json::from_value(told).map_err(unread)?;
                let (title, feature, kind) = (told.title.clone(), told.feature.clone(), told.kind);
                Story { title, feature, kind, run: Box::new(move || told.run()) }
            }
            "promotion" => {
                let told: promotion::Scenario = serde_json::from_value(told).map_err(unread)?;
                let (title, feature, kind) = (told.title.clone(), told.feature.clone(), told.kind);
                Story { title, feature, kind, run: Box::new(move || told.run()) }
            }
            _ => {
                let told: Scenario = serde_json::from_value(told).map_err(unread)?;
                let (title, feature, kind) = (told.title.clone(), told.feature.clone(), told.kind);
                Story { title, feature, kind, run: Box::new(move || told.run()) }
            }
        })
    }

    /// Every scenario with its file, as `order/cancel.json`.
    fn book() -> Vec<(String, Story)> {
        let mut all = vec![];
        for domain in entries(&root().join("tests/scenarios")).into_iter().filter(|entry| entry.is_dir()) {
            for file in entries(&domain) {
                let name = file.strip_prefix(root().join("tests/scenarios")).unwrap().display().to_string();
                let told: Vec<Value> = serde_json::from_str(&fs::read_to_string(&file).unwrap())
                    .unwrap_or_else(|error| panic!("{name}: {error}"));
                let domain = domain.file_name().unwrap().to_str().unwrap();
                for told in told {
                    let title = told["title"].to_string();
                    let story = story(domain, told).unwrap_or_else(|why| panic!("{name}: {title}: {why}"));
                    all.push((name.clone(), story));
                }
            }
        }
        all
    }

    #[test]
    fn every_story_goes_as_told() {
        let book = book();
        let failed: Vec<String> = book
            .iter()
            .filter_map(|(file, story)| {
                (story.run)().err().map(|why| format!("{file}: {}\n    {why}", story.title))
            })
            .collect();
        assert!(failed.is_empty(), "{} of {} stories:\n{}", failed.len(), book.len(), failed.join("\n"));
    }

    #[test]
    fn no_two_stories_have_one_title() {
        let mut seen = BTreeMap::new();
        for (file, story) in book() {
            if let Some(other) = seen.insert(story.title.clone(), file.clone()) {
                panic!("`{}` stands in {other} and {file}", story.title);
            }
        }
    }

    /// A story that does not go as told, or is told in words that nobody knows, must fail.
    #[test]
    fn a_wrong_story_fails() {
        let told = |step: &str| {
            let story = format!(
                r#"{{"title": "t", "feature": "f", "kind": "happy", "steps": [{step}],
                "given": {{"pay_by": "12:00", "lines": [{{"sku": "tea", "price": "5.00"}}]}}}}"#
            );
            serde_json::from_str::<Scenario>(&story).map_err(|error| error.to_string()).and_then(|s| s.run())
        };
        assert_eq!(told(r#"{"at": "12:00", "wake": true, "expect": {"status": "cancelled"}}"#), Ok(()));
        for wrong in [
            r#"{"at": "12:00", "wake": true, "expect": {"status": "placed"}}"#,
            r#"{"at": "12:00", "wake": true, "expect": {"unchanged": true}}"#,
            r#"{"at": "12:00", "wake": true, "expect": {"effects": []}}"#,
            r#"{"at": "12:00", "wake": true, "expect": {"effects_include": ["grant tea 1"]}}"#,
            r#"{"at": "12:00", "wake": true, "expect": {"notices": []}}"#,
            r#"{"at": "12:00", "wake": true, "expect": {"anomalies": ["timeout/cancel_and_release 4.99"]}}"#,
            r#"{"at": "12:00", "wake": true, "expect": {"reasons": ["order.covered"]}}"#,
            r#"{"at": "12:00", "wake": true, "expect": {"stages": {"tea": "2 cancelled"}}}"#,
            r#"{"at": "12:00", "wake": true, "expect": {"stages": {"mug": "1 cancelled"}}}"#,
            r#"{"at": "12:00", "wake": true, "expect": {"money": {"owed": "5.00"}}}"#,
            r#"{"at": "12:00", "wake": true, "expect": {"money": {"profit": "0.00"}}}"#,
            r#"{"at": "12:00", "wake": true, "expect": {"next_deadline": "12:00"}}"#,
            r#"{"at": "11:00", "wake": true, "expect": {"next_deadline": null}}"#,
            r#"{"at": "12:00", "wake": true, "expect": {"open": ["confirm"]}}"#,
            r#"{"at": "12:00", "wake": true, "expect": {"refused": {"code": "order.hold", "says": ""}}}"#,
            r#"{"at": "12:00", "wake": true, "expect": {"surprise": 1}}"#,
            r#"{"at": "12:00", "wake": true, "surprise": 1}"#,
            r#"{"at": "12:00", "dance": true}"#,
            r#"{"at": "noon", "wake": true}"#,
            r#"{"at": "10:00", "confirm": {}}"#,
            r#"{"at": "10:00", "picked": {"line": "tea", "units": 1, "colour": "green"}}"#,
            r#"{"at": "10:00", "confirm": {}, "expect": {"refused": {"code": "order.not_covered", "says": "6.00"}}}"#,
        ] {
            assert!(told(wrong).is_err(), "{wrong}");
        }
    }

    /// The same for stock.
    #[test]
    fn a_wrong_story_of_stock_fails() {
        let told = |step: &str| {
            let told = format!(
                r#"{{"title": "t", "feature": "f", "kind": "happy", "steps": [{step}],
                "given": {{"shelves": {{"stock north tea": {{"on_hand": 5}}}}}}}}"#
            );
            story("inventory", serde_json::from_str(&told).unwrap()).and_then(|story| (story.run)())
        };
        let reserve = |expect: &str| {
            let wants = r#"[{"pool": "stock north tea", "units": 6, "at_least": 0}]"#;
            told(&format!(
                r#"{{"at": "10:00", "reserve": {{"as": "r", "wants": {wants}}}, "expect": {{{expect}}}}}"#
            ))
        };
        let look = |expect: &str| {
            told(&format!(r#"{{"at": "10:00", "look": {{"sku": "tea"}}, "expect": {{{expect}}}}}"#))
        };
        assert_eq!(reserve(r#""answer": "reserved", "short": {"stock north tea": 1}"#), Ok(()));
        assert_eq!(look(r#""gives": {"available": 5}, "reasons": []"#), Ok(()));
        for wrong in [
            r#""answer": "released""#,
            r#""short": {}"#,
            r#""uncovered": 0"#,
            r#""refused": {"code": "insufficient", "says": ""}"#,
            r#""levels": {"stock north tea": "5 on hand, 4 reserved, 1 available"}"#,
            r#""levels": {"shelf north tea": "none"}"#,
            r#""holds": {"r": "held 6 of stock north tea"}"#,
            r#""acts": []"#,
            r#""surprise": 1"#,
        ] {
            assert!(reserve(wrong).is_err(), "{wrong}");
        }
        for wrong in [
            r#""gives": {"available": 4}"#,
            r#""gives": {"by_location": {"north": {"free": 4}}}"#,
            r#""gives": {"surprise": 1}"#,
            r#""reasons": ["inventory.closed"]"#,
            r#""view": {"view": "in_stock"}"#,
        ] {
            assert!(look(wrong).is_err(), "{wrong}");
        }
        for wrong in [
            r#"{"at": "10:00", "dance": {}}"#,
            r#"{"at": "noon", "sweep": {"max": 1}}"#,
            r#"{"at": "10:00", "sweep": {"max": 1, "surprise": 1}}"#,
            r#"{"at": "10:00", "sweep": {"max": 1}, "surprise": 1}"#,
            r#"{"at": "10:00", "reserve": {"as": "r", "wants": [{"pool": "stock north tea", "unit": 1}]}}"#,
            r#"{"at": "10:00", "command": {"kind": "confirm", "reservation": "r", "surprise": 1}}"#,
            r#"{"at": "10:00", "keep": {"shelf": "stock north tea", "policy": {"safe": 1}}}"#,
            r#"{"at": "10:00", "receive": {"to": "stock north tea", "units": 0}}"#,
        ] {
            assert!(told(wrong).is_err(), "{wrong}");
        }
    }

    /// The same for sourcing.
    #[test]
    fn a_wrong_story_of_sourcing_fails() {
        let told = |step: &str| {
            let told = format!(
                r#"{{"title": "t", "feature": "f", "kind": "happy", "steps": [{step}], "given": {{"lines": [{{"sku": "tea"}}],
                "locations": {{"a": {{"has": {{"tea": 1}}, "once": "1.00"}}, "b": {{"has": {{"tea": 1}}, "once": "2.00"}}}}}}}}"#
            );
            story("sourcing", serde_json::from_str(&told).unwrap()).and_then(|story| (story.run)())
        };
        let solve = |expect: &str| told(&format!(r#"{{"solve": {{}}, "expect": {{{expect}}}}}"#));
        assert_eq!(
            solve(r#""ships": {"a": {"tea": 1}}, "paid": "1.00", "by": {"a": "post"}, "unmet": {}"#),
            Ok(())
        );
        for wrong in [
            r#""ships": {"b": {"tea": 1}}"#,
            r#""ships": {"a": {"tea": 2}}"#,
            r#""unmet": {"tea": 1}"#,
            r#""paid": "1.01""#,
            r#""stock": "0.01""#,
            r#""by": {"a": "road"}"#,
            r#""proof": "at least 1.00""#,
            r#""shippable": 1"#,
            r#""refused": """#,
            r#""why": {"b": "chosen"}"#,
            r#""why": {"c": "chosen"}"#,
            r#""second": "none""#,
            r#""moves": []"#,
            r#""before": "none""#,
            r#""remedies": {"solved": "never"}"#,
            r#""days_late": 0"#,
            r#""gets": {}"#,
            r#""cost": "1.00""#,
            r#""surprise": 1"#,
        ] {
            assert!(solve(wrong).is_err(), "{wrong}");
        }
        for wrong in [
            r#"{"solve": {"surprise": 1}}"#,
            r#"{"solve": {}, "again": {}}"#,
            r#"{"surprise": {}}"#,
            r#"{"solve": {"by": {"surprise": 1}}}"#,
            r#"{"again": {"failed": ["nowhere"]}}"#,
            r#"{"wave": {"stock": {}, "orders": {}, "surprise": 1}}"#,
            r#"{"wave": {"stock": {}, "orders": {}}, "expect": {"cost": "0.01"}}"#,
            r#"{"wave": {"stock": {}, "orders": {}}, "expect": {"gets": {"ann": []}}}"#,
            r#"{"wave": {"stock": {}, "orders": {}}, "expect": {"ships": {}}}"#,
        ] {
            assert!(told(wrong).is_err(), "{wrong}");
        }
    }

    /// The same for promotions.
    #[test]
    fn a_wrong_story_of_promotions_fails() {
        let told = |step: &str| {
            let told = format!(
                r#"{{"title": "t", "feature": "f", "kind": "happy", "steps": [{step}], "given": {{
                "cart": {{"lines": [{{"sku": "mug", "units": 2, "price": "9.00"}}], "shipping": {{"post": "4.90"}}}},
                "promotions": [{{"promotion": "two", "phase": 20, "gives": [{{"kind": "off", "pick": {{"kind": "all"}},
                "give": {{"kind": "amount", "amount": "2.00"}}}}]}}]}}}}"#
            );
            story("promotion", serde_json::from_str(&told).unwrap()).and_then(|story| (story.run)())
        };
        let quote = |expect: &str| {
            told(&format!(r#"{{"at": "10:00", "quote": {{"as": "q"}}, "expect": {{{expect}}}}}"#))
        };
        assert_eq!(
            quote(r#""total": "20.90", "applied": ["two 2.00"], "units": {"mug": ["1.00", "1.00"]}"#),
            Ok(())
        );
        for wrong in [
            r#""total": "20.91""#,
            r#""applied": []"#,
            r#""lines": {"mug": "1.00"}"#,
            r#""lines": {"cup": "0.00"}"#,
            r#""units": {"mug": ["2.00"]}"#,
            r#""shipping": {"post": "0.00"}"#,
            r#""gifts": {"cap": 1}"#,
            r#""why": {"two": "gives nothing"}"#,
            r#""funded": {"brand": "2.00"}"#,
            r#""proof": "optimal""#,
            r#""unused_codes": ["x"]"#,
            r#""refund": "0.00""#,
            r#""refused": {"code": "same_line", "says": ""}"#,
            r#""surprise": 1"#,
        ] {
            assert!(quote(wrong).is_err(), "{wrong}");
        }
        for wrong in [
            r#"{"at": "10:00", "dance": {}}"#,
            r#"{"at": "noon", "quote": {}}"#,
            r#"{"at": "10:00", "quote": {"surprise": 1}}"#,
            r#"{"at": "10:00", "quote": {}, "surprise": 1}"#,
            r#"{"at": "10:00", "claims": {"of": "nobody"}}"#,
            r#"{"at": "10:00", "quote": {"lines": [{"sku": "mug", "price": "-1.00"}]}}"#,
            r#"{"at": "10:00", "compile": {"promotions": [{"promotion": "x", "phase": 1, "gives": [], "surprise": 1}]}}"#,
        ] {
            assert!(told(wrong).is_err(), "{wrong}");
        }
    }

    /// A feature a row, in the order of the book: how many stories of which kind, and what follows from that.
    fn table() -> String {
        let mut features: Vec<(String, [usize; 3])> = vec![];
        for (_, story) in book() {
            let found = features.iter().position(|(feature, _)| *feature == story.feature);
            let place = found.unwrap_or(features.len());
            if found.is_none() {
                features.push((story.feature, [0; 3]));
            }
            let kind = match story.kind {
                Kind::Happy => 0,
                Kind::Refusal => 1,
                Kind::Race => 2,
            };
            features[place].1[kind] += 1;
        }
        let mut text = String::from("| feature | scenarios | happy / refusal / race | status |\n");
        text.push_str("| --- | --- | --- | --- |\n");
        for (feature, kinds) in features {
            let [happy, refusal, race] = kinds;
            let all: usize = kinds.iter().sum();
            let stable = all >= 3 && !kinds.contains(&0);
            let status = if stable { "stable" } else { "experimental" };
            text.push_str(&format!("| {feature} | {all} | {happy} / {refusal} / {race} | {status} |\n"));
        }
        text
    }

    /// README shows the table between its markers; `UPDATE_GOLDEN=1` writes it there.
    #[test]
    fn the_readme_shows_the_table() {
        let (path, table) = (root().join("README.md"), table());
        let wanted = format!("{BEGIN}\n{table}{END}");
        let readme = fs::read_to_string(&path).unwrap_or_default();
        let shown = readme.find(BEGIN).zip(readme.find(END)).filter(|(begin, end)| begin < end);
        let Some((begin, end)) = shown else {
            panic!("README.md has no place for the feature table; paste this:\n{wanted}");
        };
        let end = end + END.len();
        if readme[begin..end] == wanted {
            return;
        }
        assert!(
            std::env::var_os("UPDATE_GOLDEN").is_some(),
            "README.md shows another feature table than the book makes; UPDATE_GOLDEN=1 writes:\n{wanted}"
        );
        fs::write(&path, format!("{}{wanted}{}", &readme[..begin], &readme[end..])).unwrap();
    }
}
