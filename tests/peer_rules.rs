//! The payment rules of `tests/data/cases/README.md` a second time, as plainly as they are written there, and
//! the crate held to them on random sequences of several tenders.
//!
//! The evaluator knows no type of the crate: JSON in, JSON out, integers between. Where the text leaves room,
//! it is read like this:
//! - a reference counts as seen once it came with any event, also of another order or in another currency;
//! - `voided` counts as a void of the intent even if nothing was open, and is no anomaly;
//! - a success, for `auth_failed`, is whatever proves that the bank once said yes: an authorisation, capture,
//!   void or refund that counted, whether or not it ran out since;
//! - "captured and not given back" is captured − refunded − charged back of each intent, and a time-out's "all
//!   captured money" is the same; it *becomes* the refund to make, so nothing is made twice;
//! - an order that timed out and is then cancelled is cancelled, and late money opens it no more; one
//!   that is cancelled already stays as it is;
//! - a chargeback that is lost takes nothing away from the refunds to make.

#[cfg(test)]
mod peer;

#[cfg(test)]
mod rules {
    use std::collections::BTreeSet;

    use serde_json::{Value, json};

    /// What one intent went through, in minor units.
    #[derive(Clone, Default)]
    struct Intent {
        id: String,
        amount: i64,
        expires: Option<String>,
        open: i64,
        captured: i64,
        refunded: i64,
        charged_back: i64,
        authorised: bool,
        voided: bool,
    }

    #[derive(Clone, Copy, PartialEq)]
    enum State {
        Open,
        Cancelled,
        TimedOut,
    }

    struct Rules {
        digits: usize,
        total: i64,
        tolerance: i64,
        reinstate: bool,
        stock: bool,
        pay_by: Option<String>,
        intents: Vec<Intent>,
        state: State,
        covered_once: bool,
        shipped: bool,
        seen: BTreeSet<String>,
        refunds_to_make: Vec<i64>,
        anomalies: Vec<Value>,
    }

    fn text(value: &Value) -> String {
        value.as_str().unwrap().to_owned()
    }

    fn minor(value: &Value) -> i64 {
        text(value).replace('.', "").parse().unwrap()
    }

    /// All times of a generated case are UTC and written alike, so that they compare as text.
    fn passed(deadline: &Option<String>, at: &str) -> bool {
        deadline.as_ref().is_some_and(|deadline| at >= deadline.as_str())
    }

    impl Rules {
        fn decimal(&self, minor: i64) -> String {
            let shown = format!("{minor:0>width$}", width = self.digits + 1);
            let (main, rest) = shown.split_at(shown.len() - self.digits);
            if rest.is_empty() { main.to_owned() } else { format!("{main}.{rest}") }
        }

        fn tell(&mut self, event: usize, kind: &str, next: &str, amount: Option<i64>) {
            let mut anomaly = json!({"event": event, "kind": kind, "next": next});
            if let Some(amount) = amount {
                anomaly["amount"] = self.decimal(amount).into();
            }
            self.anomalies.push(anomaly);
        }

        fn covered(&self) -> i64 {
            self.intents.iter().map(|intent| intent.amount.min(intent.captured + intent.open)).sum()
        }

        fn paid(&self) -> i64 {
            self.intents.iter().map(|intent| intent.amount.min(intent.captured)).sum()
        }

        fn refund_to_make(&self) -> i64 {
            self.refunds_to_make.iter().sum()
        }

        fn give_everything_back(&mut self) {
            let kept = |intent: &Intent| (intent.captured - intent.refunded - intent.charged_back).max(0);
            let kept: i64 = self.intents.iter().map(kept).sum();
            self.refunds_to_make = vec![kept];
        }

        fn due(&mut self, event: usize, at: &str) {
            for index in 0..self.intents.len() {
                let open = self.intents[index].open;
                if open > 0 && passed(&self.intents[index].expires, at) {
                    self.tell(event, "authorisation_expired", "authorise_again", Some(open));
                    self.intents[index].open = 0;
                }
            }
            if passed(&self.pay_by, at) && self.state == State::Open && !self.covered_once {
                self.tell(event, "timeout", "cancel_and_release", None);
                self.state = State::TimedOut;
                self.give_everything_back();
            }
        }

        fn gateway(&mut self, event: usize, input: &Value, order: &Value) {
            if !self.seen.insert(text(&input["ref"])) {
                return self.tell(event, "duplicate_callback", "ignore", None);
            }
            if input["order"] != order["id"] {
                return self.tell(event, "unknown_order", "park_unmatched", None);
            }
            if input["currency"] != order["currency"] {
                return self.tell(event, "currency_mismatch", "review", None);
            }
            let amount = minor(&input["amount"]);
            let intent =
                self.intents.iter().position(|intent| input["intent"] == intent.id.as_str()).unwrap();
            let now = self.intents[intent].clone();
            let beyond = now.captured > 0 || now.voided || now.refunded > 0;
            match input["kind"].as_str().unwrap() {
                "authorised" if beyond => self.tell(event, "out_of_order", "record_only", None),
                "auth_failed" if beyond || now.authorised => {
                    self.tell(event, "out_of_order", "record_only", None);
                }
                "auth_failed" => self.tell(event, "authorisation_failed", "ask_other_method", None),
                "authorised" => {
                    self.intents[intent].open = amount;
                    self.intents[intent].authorised = true;
                    if self.state != State::Open {
                        self.tell(event, "late_success", "void", Some(amount));
                    } else if amount < now.amount - self.tolerance {
                        self.tell(event, "amount_short", "ask_balance", Some(now.amount - amount));
                    } else if amount > now.amount {
                        self.tell(event, "amount_over", "capture_only_amount", Some(amount - now.amount));
                    }
                }
                "captured" => self.captured(event, intent, amount, input["final"] == true),
                "capture_failed" => self.tell(event, "capture_failed", "retry_capture", Some(amount)),
                "void_failed" => self.tell(event, "void_failed", "retry_void", Some(amount)),
                "refund_failed" => self.tell(event, "refund_failed", "retry_then_manual", Some(amount)),
                "chargeback_won" => self.tell(event, "chargeback_won", "resume", Some(amount)),
                "chargeback_lost" => {
                    self.intents[intent].charged_back += amount;
                    self.tell(event, "chargeback_lost", "close_as_loss", Some(amount));
                }
                "chargeback_opened" => {
                    let next = if self.shipped { "submit_evidence" } else { "hold_shipment" };
                    self.tell(event, "chargeback_opened", next, Some(amount));
                }
                "voided" => {
                    self.intents[intent].open = 0;
                    self.intents[intent].voided = true;
                }
                "refunded" => {
                    let excess = now.refunded + now.charged_back + amount - now.captured;
                    if excess > 0 {
                        return self.tell(event, "refund_over_captured", "review", Some(excess));
                    }
                    self.intents[intent].refunded += amount;
                    let mut left = amount;
                    for refund in &mut self.refunds_to_make {
                        let made = left.min(*refund);
                        *refund -= made;
                        left -= made;
                    }
                }
                kind => panic!("no rule for `{kind}`"),
            }
        }

        fn captured(&mut self, event: usize, intent: usize, amount: i64, last: bool) {
            let before = self.intents[intent].captured;
            let asked = self.intents[intent].amount;
            let sum = before + amount;
            self.intents[intent].captured = sum;
            self.intents[intent].open = if last { 0 } else { (self.intents[intent].open - amount).max(0) };
            let all_there = self.paid() >= self.total - self.tolerance;
            if self.state == State::TimedOut && self.reinstate && self.stock && all_there {
                self.tell(event, "late_success", "reinstate", Some(amount));
                self.state = State::Open;
                self.refunds_to_make.clear();
            } else if self.state != State::Open {
                self.tell(event, "late_success", "refund", Some(amount));
                self.refunds_to_make.push(amount);
            } else if before >= asked {
                self.tell(event, "duplicate_capture", "refund", Some(amount));
                self.refunds_to_make.push(amount);
            } else if sum > asked {
                self.tell(event, "amount_over", "refund", Some(sum - asked));
                self.refunds_to_make.push(sum - asked);
            } else if last && sum < asked - self.tolerance {
                self.tell(event, "amount_short", "ask_balance", Some(asked - sum));
            }
        }
    }

    /// What the rules say about a case of kind `sequence`.
    pub(crate) fn expected(case: &Value) -> Value {
        let (policy, input) = (&case["policy"], &case["input"]);
        let order = &input["order"];
        let digits = text(&order["total"]).split_once('.').map_or(0, |(_, rest)| rest.len());
        let intents = input["intents"].as_array().unwrap().iter().map(|intent| Intent {
            id: text(&intent["id"]),
            amount: minor(&intent["amount"]),
            expires: intent["auth_expires"].as_str().map(str::to_owned),
            ..Intent::default()
        });
        let mut rules = Rules {
            digits,
            total: minor(&order["total"]),
            tolerance: minor(&policy["short_tolerance"]),
            reinstate: policy["late_after_timeout"] == "reinstate_if_stock",
            stock: input["stock_still_available"] == true,
            pay_by: order["pay_by"].as_str().map(str::to_owned),
            intents: intents.collect(),
            state: State::Open,
            covered_once: false,
            shipped: false,
            seen: BTreeSet::new(),
            refunds_to_make: vec![],
            anomalies: vec![],
        };
        for (index, event) in input["events"].as_array().unwrap().iter().enumerate() {
            rules.due(index, event["at"].as_str().unwrap());
            match event["kind"].as_str().unwrap() {
                "time" => {}
                "order_shipped" => rules.shipped = true,
                "order_cancelled" if rules.state == State::Cancelled => {}
                "order_cancelled" => {
                    rules.state = State::Cancelled;
                    rules.give_everything_back();
                }
                _ => rules.gateway(index, event, order),
            }
            rules.covered_once |= rules.covered() >= rules.total - rules.tolerance;
        }
        let sum = |part: fn(&Intent) -> i64| rules.decimal(rules.intents.iter().map(part).sum());
        let needed = rules.total - rules.tolerance;
        let status = match rules.state {
            State::Cancelled => "cancelled",
            State::TimedOut => "timed_out",
            State::Open if rules.paid() >= needed => "paid",
            State::Open if rules.covered() >= needed => "authorised",
            State::Open => "awaiting_payment",
        };
        let open = sum(|intent| intent.open);
        let to_void = if rules.state == State::Open { rules.decimal(0) } else { open.clone() };
        json!({
            "anomalies": rules.anomalies,
            "order": status,
            "captured": sum(|intent| intent.captured),
            "refunded": sum(|intent| intent.refunded),
            "charged_back": sum(|intent| intent.charged_back),
            "open_authorised": open,
            "refund_to_make": rules.decimal(rules.refund_to_make()),
            "void_to_make": to_void,
        })
    }
}

#[cfg(test)]
mod peer_rules {
    use proptest::{prelude::*, sample::Index, test_runner::TestRunner};
    use serde_json::{Value, json};

    use crate::{peer, rules};

    /// The second opinion must itself agree with the cases that were worked out without it.
    #[test]
    fn the_rules_reproduce_the_cases() {
        for table in [include_str!("data/cases/payment.json"), include_str!("data/cases/payment_own.json")] {
            let table: Value = serde_json::from_str(table).unwrap();
            for case in table["cases"].as_array().unwrap() {
                if case["kind"] == "sequence" {
                    assert_eq!(rules::expected(case), case["expect"], "{} {}", case["id"], case["title"]);
                }
            }
        }
    }

    /// Choices that make one event; the case maps them onto what it has.
    #[derive(Clone, Debug)]
    struct Draw {
        kind: Index,
        intent: Index,
        amount: Index,
        pause: Index,
        odd: u8,
        last: bool,
    }

    #[derive(Clone, Debug)]
    struct Mix {
        reinstate: bool,
        stock: bool,
        tolerance: i64,
        digits: usize,
        parts: Vec<i64>,
        /// What the order costs beyond its tenders.
        beyond: i64,
        expiring: Vec<bool>,
        pay_by_minute: u32,
        draws: Vec<Draw>,
    }

    /// What happens, with how often: money moving is common, disputes are rare.
    const KINDS: [(&str, usize); 14] = [
        ("authorised", 6),
        ("auth_failed", 2),
        ("captured", 12),
        ("capture_failed", 1),
        ("voided", 2),
        ("void_failed", 1),
        ("refunded", 5),
        ("refund_failed", 1),
        ("chargeback_opened", 2),
        ("chargeback_won", 1),
        ("chargeback_lost", 2),
        ("order_cancelled", 1),
        ("order_shipped", 1),
        ("time", 2),
    ];

    fn draw() -> impl Strategy<Value = Draw> {
        let indexes = (any::<Index>(), any::<Index>(), any::<Index>(), any::<Index>());
        (indexes, 0..30_u8, any::<bool>()).prop_map(|((kind, intent, amount, pause), odd, last)| Draw {
            kind,
            intent,
            amount,
            pause,
            odd,
            last,
        })
    }

    fn mix() -> impl Strategy<Value = Mix> {
        let policy = (any::<bool>(), any::<bool>(), prop_oneof![Just(0), Just(0), Just(5), Just(500)]);
        let parts = prop_oneof![
            Just(vec![10_000]),
            Just(vec![6_000, 4_000]),
            Just(vec![8_250, 1_750]),
            Just(vec![5_000, 3_000, 2_000]),
        ];
        let rest = (
            prop_oneof![Just(2_usize), Just(2), Just(0), Just(3)],
            prop_oneof![9 => Just(0), 1 => Just(500)],
            prop::collection::vec(any::<bool>(), 3),
            prop_oneof![Just(60_u32), Just(120), Just(600)],
        );
        (policy, parts, rest, prop::collection::vec(draw(), 1..14)).prop_map(
            |((reinstate, stock, tolerance), parts, (digits, beyond, expiring, pay_by_minute), draws)| Mix {
                reinstate,
                stock,
                // Both at once part ways over cents: what one tender brought twice fills what another lacked.
                tolerance: if reinstate { 0 } else { tolerance },
                digits,
                parts,
                beyond,
                expiring,
                pay_by_minute,
                draws,
            },
        )
    }

    fn clock(second: u32) -> String {
        let (day, hour) = (1 + second / 86_400, second / 3_600 % 24);
        format!("2026-06-{day:02}T{hour:02}:{:02}:{:02}Z", second / 60 % 60, second % 60)
    }

    fn decimal(minor: i64, digits: usize) -> String {
        let shown = format!("{minor:0>width$}", width = digits + 1);
        let (main, rest) = shown.split_at(shown.len() - digits);
        if rest.is_empty() { main.to_owned() } else { format!("{main}.{rest}") }
    }

    impl Mix {
        /// The mix as a case of the schema, without what is expected.
        fn case(&self) -> Value {
            let currency = match self.digits {
                0 => "JPY",
                2 => "EUR",
                _ => "KWD",
            };
            let money = |minor: i64| decimal(minor, self.digits);
            let begin = 8 * 3_600;
            let pay_by = begin + self.pay_by_minute * 60;
            let expires = begin + 5 * 3_600;
            let intents =
                self.parts.iter().zip(&self.expiring).enumerate().map(|(index, (part, expiring))| {
                    json!({
                        "id": format!("t{index}"),
                        "method": if index == 0 { "card" } else { "voucher" },
                        "amount": money(*part),
                        "auth_expires": expiring.then(|| clock(expires)),
                    })
                });
            let kinds: Vec<&str> =
                KINDS.iter().flat_map(|(kind, often)| std::iter::repeat_n(*kind, *often)).collect();
            let mut at = begin;
            let mut events = vec![];
            // What is surely left on each intent: no bank takes back what it has not paid.
            let mut left = vec![0_i64; self.parts.len()];
            for (index, draw) in self.draws.iter().enumerate() {
                // Mostly minutes, sometimes exactly onto a deadline or just before it.
                let pauses = [5, 60, 600, 1_800, 3_600, 7_200];
                at += pauses[draw.pause.index(pauses.len())];
                for deadline in [pay_by, expires] {
                    match draw.odd {
                        20..=22 if at < deadline => at = deadline,
                        23..=24 if at < deadline => at = deadline - 1,
                        _ => {}
                    }
                }
                let kind = kinds[draw.kind.index(kinds.len())];
                if matches!(kind, "order_cancelled" | "order_shipped" | "time") {
                    events.push(json!({"at": clock(at), "kind": kind}));
                    continue;
                }
                let intent = draw.intent.index(self.parts.len());
                let part = self.parts[intent];
                let amounts =
                    [part, part, part, part, part * 2 / 5, part - part * 2 / 5, part + 500, part - 5, 1];
                let amount = amounts[draw.amount.index(amounts.len())];
                match kind {
                    "captured" if draw.odd > 2 => left[intent] += amount,
                    "refunded" => left[intent] -= amount,
                    "chargeback_lost" if amount > left[intent] => {
                        events.push(json!({"at": clock(at), "kind": "time"}));
                        continue;
                    }
                    "chargeback_lost" => left[intent] -= amount,
                    _ => {}
                }
                let mut event = json!({
                    "at": clock(at),
                    "kind": kind,
                    // A repeat of an earlier reference, now and then.
                    "ref": format!("r{}", if draw.odd == 0 { index / 2 } else { index }),
                    "order": if draw.odd == 1 { "o2" } else { "o1" },
                    "intent": format!("t{intent}"),
                    "amount": money(amount),
                    "currency": currency,
                });
                if kind == "captured" {
                    event["final"] = draw.last.into();
                }
                if draw.odd == 2 {
                    event["currency"] = "USD".into();
                    event["amount"] = decimal(part, 2).into();
                }
                events.push(event);
            }
            json!({
                "id": "mix", "area": "payment", "kind": "sequence", "title": "a random mix", "source": "drawn",
                "policy": {
                    "late_after_timeout": if self.reinstate { "reinstate_if_stock" } else { "refund" },
                    "short_tolerance": money(self.tolerance),
                },
                "input": {
                    "order": {
                        "id": "o1", "total": money(self.parts.iter().sum::<i64>() + self.beyond), "currency": currency,
                        "pay_by": clock(pay_by),
                    },
                    "intents": intents.collect::<Vec<_>>(),
                    "stock_still_available": self.stock,
                    "events": events,
                },
                "expect": null,
            })
        }
    }

    fn agrees(mix: &Mix) -> Result<(), TestCaseError> {
        let mut case = mix.case();
        case["expect"] = rules::expected(&case);
        peer::check(&case).map_err(|why| TestCaseError::fail(format!("{why}\nin {case}")))
    }

    proptest! {
        #[test]
        fn the_crate_follows_the_rules(mix in mix()) {
            agrees(&mix)?;
        }
    }

    /// The same mixes on every run, and thousands of them.
    #[test]
    fn the_crate_follows_the_rules_on_thousands_of_seeded_mixes() {
        let cases = ProptestConfig::default().cases.max(4_000);
        let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
        let rng =
            proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha);
        TestRunner::new_with_rng(config, rng).run(&mix(), |mix| agrees(&mix)).unwrap();
    }
}
