//! The ledger of `tests/data/cases/README.md` a second time, as plainly as it is written there, and the crate held to
//! it on random steps.
//!
//! The evaluator knows no type of the crate: JSON in, JSON out. Where the text leaves room, it is read like this:
//! - a step whose id was seen gets the first answer whatever it says now and whenever it comes;
//! - an adjustment by zero is `ok`;
//! - lines of a part are summed by SKU and place before the check, as those of a reserve are.

#[cfg(test)]
mod peer;

#[cfg(test)]
mod ledger_rules {
    use std::collections::BTreeMap;

    use proptest::{collection::vec, option, prelude::*};
    use serde_json::{Map, Value, json};

    use crate::peer;

    type Place = (String, String);

    /// A record with what it began with; `held` before the first step belongs to nobody.
    struct Record {
        on_hand: i64,
        held: i64,
        keeps: i64,
        backorder: Option<i64>,
        active: bool,
    }

    struct Hold {
        units: BTreeMap<Place, i64>,
        until: Option<i64>,
        ended: Option<&'static str>,
    }

    impl Hold {
        fn state(&self, now: i64) -> &'static str {
            match self.ended {
                Some(ended) => ended,
                None if self.until.is_some_and(|until| until <= now) => "expired",
                None => "held",
            }
        }
    }

    struct Ledger {
        records: BTreeMap<Place, Record>,
        holds: BTreeMap<String, Hold>,
        now: i64,
    }

    fn text(value: &Value) -> String {
        value.as_str().unwrap().to_owned()
    }

    fn seconds(step: &Value) -> i64 {
        text(&step["at"]).parse::<chrono::DateTime<chrono::Utc>>().unwrap().timestamp()
    }

    fn sums(lines: &Value) -> BTreeMap<Place, i64> {
        let mut sums = BTreeMap::new();
        for line in lines.as_array().unwrap() {
            *sums.entry((text(&line["location"]), text(&line["sku"]))).or_default() +=
                line["quantity"].as_i64().unwrap();
        }
        sums
    }

    fn says(result: &str) -> Value {
        json!({"result": result})
    }

    impl Ledger {
        fn reserved(&self, place: &Place) -> i64 {
            let live = self.holds.values().filter(|hold| hold.state(self.now) == "held");
            let held: i64 = live.map(|hold| hold.units.get(place).unwrap_or(&0)).sum();
            held + self.records[place].held
        }

        /// `None`: any number.
        fn free(&self, place: &Place) -> Option<i64> {
            let Record { on_hand, keeps, backorder, active, .. } = self.records[place];
            if !active {
                return Some(0);
            }
            backorder.map(|backorder| (on_hand - keeps - self.reserved(place) + backorder).max(0))
        }

        fn step(&mut self, step: &Value) -> Value {
            self.now = seconds(step);
            let quantity = step["quantity"].as_i64().unwrap_or(0);
            let at = |location: &str| (text(&step[location]), text(&step["sku"]));
            match step["op"].as_str().unwrap() {
                "receive" | "return_to_stock" => {
                    if quantity <= 0 {
                        return says("non_positive_quantity");
                    }
                    let Some(record) = self.records.get_mut(&at("location")) else {
                        return says("not_stocked");
                    };
                    record.on_hand += quantity;
                }
                "adjust" => {
                    let (place, delta) = (at("location"), step["delta"].as_i64().unwrap());
                    if !self.records.contains_key(&place) {
                        return says("not_stocked");
                    }
                    let after = self.records[&place].on_hand + delta;
                    if after < 0 {
                        return says("negative_on_hand");
                    }
                    if delta < 0 && after < self.reserved(&place) {
                        return says("below_reserved");
                    }
                    self.records.get_mut(&place).unwrap().on_hand = after;
                }
                "transfer" => {
                    let (from, to) = (at("from"), at("to"));
                    if quantity <= 0 {
                        return says("non_positive_quantity");
                    }
                    if !self.records.contains_key(&from) || !self.records.contains_key(&to) {
                        return says("not_stocked");
                    }
                    let giver = &self.records[&from];
                    if quantity > giver.on_hand - giver.keeps - self.reserved(&from) {
                        return says("insufficient");
                    }
                    self.records.get_mut(&from).unwrap().on_hand -= quantity;
                    self.records.get_mut(&to).unwrap().on_hand += quantity;
                }
                "reserve" => return self.reserve(step),
                "extend" => {
                    let now = self.now;
                    let hold = match self.live(step) {
                        Ok(hold) => hold,
                        Err(why) => return why,
                    };
                    hold.until = Some(now + step["ttl_seconds"].as_i64().unwrap());
                }
                op => return self.part(step, op == "commit"),
            }
            says("ok")
        }

        fn reserve(&mut self, step: &Value) -> Value {
            let lines = step["lines"].as_array().unwrap();
            if lines.iter().any(|line| line["quantity"].as_i64().unwrap() <= 0) {
                return says("non_positive_quantity");
            }
            let wanted = sums(&step["lines"]);
            if wanted.keys().any(|place| !self.records.contains_key(place)) {
                return says("not_stocked");
            }
            let name = text(&step["reservation"]);
            if self.holds.contains_key(&name) {
                return says("reservation_exists");
            }
            let (mut short, mut units) = (vec![], BTreeMap::new());
            for (place, wanted) in wanted {
                let got = self.free(&place).map_or(wanted, |free| free.min(wanted));
                if got < wanted {
                    short.push(json!({"location": place.0, "sku": place.1, "short": wanted - got}));
                }
                if got > 0 {
                    units.insert(place, got);
                }
            }
            if units.is_empty() || step["mode"] == "all_or_nothing" && !short.is_empty() {
                return json!({"result": "insufficient", "short": short});
            }
            let until = step["ttl_seconds"].as_i64().map(|ttl| self.now + ttl);
            self.holds.insert(name, Hold { units, until, ended: None });
            if short.is_empty() { says("ok") } else { json!({"result": "partial", "short": short}) }
        }

        fn live(&mut self, step: &Value) -> Result<&mut Hold, Value> {
            let hold = self.holds.get_mut(&text(&step["reservation"])).ok_or(says("unknown_reservation"))?;
            match hold.state(self.now) {
                "held" => Ok(hold),
                ended => Err(says(&format!("already_{ended}"))),
            }
        }

        fn part(&mut self, step: &Value, commit: bool) -> Value {
            let hold = match self.live(step) {
                Ok(hold) => hold,
                Err(why) => return why,
            };
            let parts = match &step["lines"] {
                Value::Null => hold.units.clone(),
                lines => {
                    if lines.as_array().unwrap().iter().any(|line| line["quantity"].as_i64().unwrap() <= 0) {
                        return says("non_positive_quantity");
                    }
                    sums(lines)
                }
            };
            if parts.iter().any(|(place, units)| hold.units.get(place).unwrap_or(&0) < units) {
                return says("more_than_reserved");
            }
            if commit && parts.iter().any(|(place, units)| self.records[place].on_hand < *units) {
                return says("insufficient_on_hand");
            }
            let hold = self.holds.get_mut(&text(&step["reservation"])).unwrap();
            for (place, units) in parts {
                *hold.units.get_mut(&place).unwrap() -= units;
                if commit {
                    self.records.get_mut(&place).unwrap().on_hand -= units;
                }
            }
            if hold.units.values().all(|units| *units == 0) {
                hold.ended = Some(if commit { "committed" } else { "released" });
            }
            says("ok")
        }
    }

    /// What the rules expect of a case's input.
    fn expected(input: &Value) -> Value {
        let stock = input["stock"].as_array().unwrap();
        let place = |record: &Value| (text(&record["location"]), text(&record["sku"]));
        let number = |record: &Value, key: &str| record[key].as_i64().unwrap();
        let records = stock.iter().map(|record| {
            let given = Record {
                on_hand: number(record, "on_hand"),
                held: number(record, "reserved"),
                keeps: number(record, "safety_stock") + number(record, "damaged"),
                backorder: record["backorder_limit"].as_i64(),
                active: record["active"].as_bool().unwrap(),
            };
            (place(record), given)
        });
        let mut ledger = Ledger { records: records.collect(), holds: BTreeMap::new(), now: 0 };
        let (mut seen, mut answers) = (BTreeMap::new(), vec![]);
        for step in input["steps"].as_array().unwrap() {
            let id = text(&step["id"]);
            let answer = match seen.get(&id) {
                Some(answer) => Value::clone(answer),
                None => ledger.step(step),
            };
            ledger.now = seconds(step);
            seen.insert(id, answer.clone());
            answers.push(answer);
        }
        let shown = |record: &Value| {
            let place = place(record);
            json!({"location": place.0, "sku": place.1, "on_hand": ledger.records[&place].on_hand,
                "reserved": ledger.reserved(&place), "available": ledger.free(&place)})
        };
        let states = ledger.holds.iter().map(|(name, hold)| (name.clone(), json!(hold.state(ledger.now))));
        json!({"steps": answers, "stock": stock.iter().map(shown).collect::<Vec<_>>(),
            "reservations": states.collect::<Map<_, _>>()})
    }

    fn case(input: Value) -> Value {
        let expect = expected(&input);
        json!({"id": "r", "area": "inventory", "kind": "ledger", "title": "", "source": "",
            "policy": {"shrink": "refuse_below_reserved"}, "input": input, "expect": expect})
    }

    fn stock() -> impl Strategy<Value = Vec<Value>> {
        let record = (
            0..9_i64,
            0..4_i64,
            0..3_i64,
            0..2_i64,
            option::weighted(0.9, 0..4_i64),
            prop::bool::weighted(0.9),
        );
        vec(record, 4).prop_map(|records| {
            let places = [("A", "V"), ("A", "W"), ("B", "V"), ("B", "W")];
            let shown = |((location, sku), (on_hand, reserved, safety, damaged, backorder, active))| {
                json!({"location": location, "sku": sku, "on_hand": on_hand, "reserved": reserved,
                    "safety_stock": safety, "damaged": damaged, "backorder_limit": backorder, "active": active})
            };
            places.into_iter().zip(records).map(shown).collect()
        })
    }

    /// Op, name, repeat; line, lines, time to live; flag, part, wait.
    type Drawn = ((u8, u8, u8), (Value, Vec<Value>, Option<i64>), (bool, bool, i64));

    fn steps() -> impl Strategy<Value = Vec<Value>> {
        let place = prop_oneof![5 => Just("A"), 5 => Just("B"), 1 => Just("C")];
        let line = (place.clone(), 0..2_u8, -1..6_i64).prop_map(|(location, sku, quantity)| {
            json!({"location": location, "sku": if sku == 0 { "V" } else { "W" }, "quantity": quantity.max(-1)})
        });
        let lines = vec(line.clone(), 1..4);
        let step = (
            (0..12_u8, 0..5_u8, 0..30_u8),
            (line, lines, option::of(1..40_i64)),
            (any::<bool>(), prop::bool::weighted(0.3), 0..25_i64),
        );
        vec(step, 1..30).prop_map(|steps| {
            let mut now = 0;
            let shown = |(index, ((op, name, repeat), (line, lines, ttl), (flag, part, wait))): (usize, Drawn)| {
                now += wait;
                let name = format!("r{name}");
                let mut step = match op {
                    0 => json!({"op": "receive", "location": line["location"], "sku": line["sku"], "quantity": line["quantity"]}),
                    1 => json!({"op": "return_to_stock", "location": line["location"], "sku": line["sku"], "quantity": line["quantity"]}),
                    2 => json!({"op": "adjust", "location": line["location"], "sku": line["sku"],
                        "delta": 2 - line["quantity"].as_i64().unwrap()}),
                    3 => json!({"op": "transfer", "from": line["location"], "to": if line["location"] == "A" { "B" } else { "A" },
                        "sku": line["sku"], "quantity": line["quantity"]}),
                    4..=7 => json!({"op": "reserve", "reservation": name, "lines": lines, "ttl_seconds": ttl,
                        "mode": if flag { "partial" } else { "all_or_nothing" }}),
                    8 => json!({"op": "extend", "reservation": name, "ttl_seconds": ttl.unwrap_or(5)}),
                    _ => json!({"op": if flag { "commit" } else { "release" }, "reservation": name}),
                };
                if op > 8 && part {
                    step["lines"] = json!(lines);
                }
                // Now and then an id of a step before, with another content and at a later time.
                let id: usize = if repeat == 0 && index > 0 { index / 2 } else { index };
                step["id"] = json!(format!("k{id}"));
                step["at"] = json!(format!("2026-06-01T10:{:02}:{:02}Z", now / 60 % 60, now % 60));
                step
            };
            steps.into_iter().enumerate().map(shown).collect()
        })
    }

    #[test]
    fn the_rules_reproduce_the_cases() {
        let table: Value = serde_json::from_str(include_str!("data/cases/inventory.json")).unwrap();
        let cases = table["cases"].as_array().unwrap().iter().filter(|case| case["kind"] == "ledger");
        let wrong: Vec<_> = cases.filter(|case| expected(&case["input"]) != case["expect"]).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    proptest! {
        #[test]
        fn the_crate_follows_the_rules(stock in stock(), steps in steps()) {
            let case = case(json!({"stock": stock, "steps": steps}));
            let agrees = peer::check(&case);
            prop_assert!(agrees.is_ok(), "{}\nin {case}", agrees.unwrap_err());
        }
    }
}
