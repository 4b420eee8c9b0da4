//! JSON Schema, as far as this API needs it to say what a value looks like.

use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};
use serde_json::Value;

/// What a value may be. Built by the functions below, so that each says the same thing in the same
/// way, and told in the order of its fields.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Schema {
    #[serde(rename = "$ref", skip_serializing_if = "Option::is_none")]
    pub(crate) reference: Option<String>,
    #[serde(skip_serializing_if = "Types::is_empty")]
    pub(crate) r#type: Types,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) format: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) r#enum: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) r#const: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pattern: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) min_length: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_length: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) minimum: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) maximum: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) default: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) items: Option<Box<Self>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) min_items: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) unique_items: Option<bool>,
    #[serde(skip_serializing_if = "Properties::is_empty")]
    pub(crate) properties: Properties,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) required: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) additional_properties: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) any_of: Vec<Self>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) one_of: Vec<Self>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) write_only: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) examples: Vec<Value>,
}

/// The names of JSON's types. One is written as a word, several as a list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Types(pub(crate) Vec<&'static str>);

/// The fields of an object, in the order in which they are told.
#[derive(Debug, Clone, Default)]
pub(crate) struct Properties(pub(crate) Vec<(&'static str, Schema)>);

/// A field of an object.
pub(crate) struct Property {
    name: &'static str,
    schema: Schema,
    is_required: bool,
}

/// A field that is always there.
pub(crate) fn always(name: &'static str, schema: Schema) -> Property {
    Property { name, schema, is_required: true }
}

/// A field that may be left out.
pub(crate) fn maybe(name: &'static str, schema: Schema) -> Property {
    Property { name, schema, is_required: false }
}

impl Schema {
    fn of(r#type: &'static str) -> Self {
        Self { r#type: Types(vec![r#type]), ..Self::default() }
    }

    /// Any value at all.
    pub(crate) fn anything() -> Self {
        Self::default()
    }

    pub(crate) fn text() -> Self {
        Self::of("string")
    }

    /// One of these words.
    pub(crate) fn word(words: &[&'static str]) -> Self {
        Self { r#enum: words.iter().map(|&word| Value::from(word)).collect(), ..Self::text() }
    }

    /// This word and no other.
    pub(crate) fn exactly(word: &'static str) -> Self {
        Self { r#const: Some(Value::from(word)), ..Self::text() }
    }

    pub(crate) fn uuid() -> Self {
        Self { format: Some("uuid"), ..Self::text() }
    }

    /// RFC 3339 in UTC.
    pub(crate) fn time() -> Self {
        Self { format: Some("date-time"), ..Self::text() }
    }

    pub(crate) fn flag() -> Self {
        Self::of("boolean")
    }

    pub(crate) fn null() -> Self {
        Self::of("null")
    }

    pub(crate) fn number(minimum: u64, maximum: u64) -> Self {
        Self { minimum: Some(minimum), maximum: Some(maximum), ..Self::of("integer") }
    }

    /// A whole number from zero on.
    pub(crate) fn count() -> Self {
        Self { minimum: Some(0), ..Self::of("integer") }
    }

    /// Any number, whole or not.
    pub(crate) fn degrees() -> Self {
        Self::of("number")
    }

    /// What is sent as digits or as a number.
    pub(crate) fn digits(pattern: &'static str, minimum: u64, maximum: u64) -> Self {
        Self {
            r#type: Types(vec!["string", "integer"]),
            pattern: Some(pattern),
            minimum: Some(minimum),
            maximum: Some(maximum),
            ..Self::default()
        }
    }

    pub(crate) fn list(items: Self) -> Self {
        Self { items: Some(Box::new(items)), ..Self::of("array") }
    }

    /// The schema of this name.
    pub(crate) fn named(name: &str) -> Self {
        Self { reference: Some(format!("#/components/schemas/{name}")), ..Self::default() }
    }

    /// What is answered. A client must not mind fields that are not listed.
    pub(crate) fn object(properties: impl IntoIterator<Item = Property>) -> Self {
        let mut schema = Self::of("object");
        for property in properties {
            if property.is_required {
                schema.required.push(property.name);
            }
            schema.properties.0.push((property.name, property.schema));
        }
        schema
    }

    /// What is sent. A field that is not listed is refused.
    pub(crate) fn body(properties: impl IntoIterator<Item = Property>) -> Self {
        Self { additional_properties: Some(false), ..Self::object(properties) }
    }

    pub(crate) fn either(schemas: impl IntoIterator<Item = Self>) -> Self {
        Self { one_of: schemas.into_iter().collect(), ..Self::default() }
    }

    /// The same, or `null`.
    pub(crate) fn or_null(mut self) -> Self {
        if self.reference.is_some() {
            return Self { any_of: vec![self, Self::null()], ..Self::default() };
        }
        self.r#type.0.push("null");
        if !self.r#enum.is_empty() {
            self.r#enum.push(Value::Null);
        }
        self
    }

    pub(crate) fn says(self, description: &'static str) -> Self {
        Self { description: Some(description), ..self }
    }

    pub(crate) fn longest(self, characters: usize) -> Self {
        Self { max_length: Some(characters), ..self }
    }

    pub(crate) fn shortest(self, characters: usize) -> Self {
        Self { min_length: Some(characters), ..self }
    }

    pub(crate) fn like(self, pattern: &'static str) -> Self {
        Self { pattern: Some(pattern), ..self }
    }

    pub(crate) fn by_default(self, value: impl Into<Value>) -> Self {
        Self { default: Some(value.into()), ..self }
    }

    pub(crate) fn example(mut self, value: impl Into<Value>) -> Self {
        self.examples.push(value.into());
        self
    }
}

impl Types {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Types {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [one] => one.serialize(serializer),
            several => several.serialize(serializer),
        }
    }
}

impl Properties {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Properties {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, schema) in &self.0 {
            map.serialize_entry(name, schema)?;
        }
        map.end()
    }
}
