//! What programs write into messages as JSON.

use serde_json::Value;

/// An object of which nothing is certain.
pub(super) struct Written(Value);

impl Written {
    pub(super) fn of(json: Option<&str>) -> Self {
        Self(json.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default())
    }

    /// The word with this name; empty where there is none.
    pub(super) fn word(&self, name: &str) -> Box<str> {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default().into()
    }
}
