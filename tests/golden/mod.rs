//! Files that keep a wire form.

use std::{env, fmt::Debug, fs, path::PathBuf};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// Compares with the golden file, reads it back, and answers its tag.
pub fn golden<T: Serialize + DeserializeOwned + PartialEq + Debug>(folder: &str, name: &str, sample: &T) {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/wire").join(folder);
    let path = dir.join(format!("{name}.json"));
    let text = format!("{}\n", serde_json::to_string_pretty(sample).unwrap());
    if env::var_os("UPDATE_GOLDEN").is_some() && !path.exists() {
        fs::create_dir_all(&dir).unwrap();
        fs::write(&path, &text).unwrap();
    }
    let stands = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    assert_eq!(stands, text, "{} is what others have stored: read it for ever", path.display());
    let read: T = serde_json::from_str(&stands).unwrap();
    assert_eq!(read, *sample, "{}", path.display());
}

pub fn tag<T: Serialize>(sample: &T, tag: &str) -> String {
    let value = serde_json::to_value(sample).unwrap();
    value.get(tag).and_then(Value::as_str).unwrap_or_else(|| panic!("no `{tag}` in {value}")).to_owned()
}

/// Every name that a tagged enum knows, from its own error message: no sample can be forgotten.
fn names<T: DeserializeOwned + Debug>(tag: &str) -> Vec<String> {
    let error =
        serde_json::from_value::<T>(serde_json::json!({ tag: "no such thing" })).unwrap_err().to_string();
    let known = error.split("expected one of").nth(1).unwrap_or_else(|| panic!("{error}")).to_owned();
    known.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

pub fn all_covered<T: Serialize + DeserializeOwned + Debug>(samples: &[T], by: &str) {
    let mut missing = names::<T>(by);
    missing.retain(|name| samples.iter().all(|sample| tag(sample, by) != *name));
    assert_eq!(missing, Vec::<String>::new(), "no sample of these");
}
