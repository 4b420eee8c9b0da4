//! The description of this API for programs: OpenAPI 3.1, one document for each version.

use serde_json::{Value, json};

use crate::path::Place;

/// The template of its path, for the log.
pub(crate) const TEMPLATE: &str = "/api/whatsapp/{version}/openapi.json";

/// The last part of its path.
const NAME: &str = "openapi.json";

/// The document, but for what is different in each version.
const COMMON: &str = include_str!("openapi.json");

/// The documents as they are served.
#[derive(Debug)]
pub(crate) struct Document {
    v1: String,
    v2: String,
}

impl Default for Document {
    fn default() -> Self {
        Self { v1: written("v1"), v2: written("v2") }
    }
}

impl Document {
    /// The document that is found at this place, if one is.
    pub(crate) fn at(&self, place: Place<'_>) -> Option<String> {
        match place {
            Place::Account { version: "v1", name: NAME } => Some(self.v1.clone()),
            Place::Account { version: "v2", name: NAME } => Some(self.v2.clone()),
            Place::Account { .. } | Place::Instance { .. } | Place::Otp { .. } => None,
        }
    }
}

/// The document of a version, with its own address in it: relative, since who serves it under which
/// name is not known here.
fn written(version: &str) -> String {
    // What is compiled in is read by a test.
    let mut document: Value = serde_json::from_str(COMMON).unwrap_or_default();
    let url = format!("/api/whatsapp/{version}");
    document["servers"] = json!([{ "url": url, "description": "This server" }]);
    document.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_version_has_its_own_address() {
        let document = Document::default();
        for (version, text) in [("v1", document.v1), ("v2", document.v2)] {
            let document: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(document["openapi"], "3.1.0");
            assert_eq!(document["servers"][0]["url"], format!("/api/whatsapp/{version}"));
        }
    }
}
