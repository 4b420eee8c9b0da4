//! What values look like, on the page.

use crate::openapi::prose::{escaped, inline};
use crate::openapi::schema::Schema;

const PREFIX: &str = "#/components/schemas/";

pub(super) fn section(name: &str, schema: &Schema) -> String {
    let says = schema.description.map(|says| format!("<p>{}</p>\n", inline(says)));
    let examples = schema.examples.iter().map(|example| {
        let text = format!("{example:#}");
        format!("<pre>{}</pre>\n", escaped(&text))
    });
    format!(
        "<section aria-labelledby=\"schema-{name}\">\n<h3 id=\"schema-{name}\">{name}</h3>\n\
         {says}{fields}{examples}</section>\n",
        says = says.unwrap_or_default(),
        fields = fields(schema),
        examples = examples.collect::<String>(),
    )
}

/// The name of a schema, which leads to it.
pub(super) fn link(name: &str) -> String {
    format!("<a href=\"#schema-{name}\">{name}</a>")
}

fn fields(schema: &Schema) -> String {
    let rows: String = schema
        .properties
        .0
        .iter()
        .map(|(name, field)| row(name, field, schema.required.contains(name)))
        .collect();
    let own = if rows.is_empty() { rows } else { format!("<dl>\n{rows}</dl>\n") };
    let forms = schema.one_of.iter().map(|form| {
        let says = form.description.map(inline).unwrap_or_default();
        format!("<p>{says}</p>\n{}", fields(form))
    });
    std::iter::once(own).chain(forms).collect()
}

/// A field or a parameter with what it may be.
pub(super) fn row(name: &str, schema: &Schema, is_required: bool) -> String {
    let optional = if is_required { "" } else { ", optional" };
    let says = schema.description.map(inline).unwrap_or_default();
    let words: Vec<String> = schema
        .items
        .as_deref()
        .unwrap_or(schema)
        .r#enum
        .iter()
        .filter_map(|word| word.as_str())
        .map(|word| format!("<code>{}</code>", escaped(word)))
        .collect();
    let words =
        if words.is_empty() { String::new() } else { format!(" Possible: {}.", words.join(", ")) };
    format!(
        "<dt><b>{name}</b> <span>{kind}{optional}</span></dt><dd>{says}{words}{inner}</dd>\n",
        kind = kind(schema),
        inner = fields(schema),
    )
}

/// The type of a value with its limits, in a few words.
fn kind(schema: &Schema) -> String {
    if let Some(name) = schema.reference.as_deref().and_then(|it| it.strip_prefix(PREFIX)) {
        return link(name);
    }
    if let Some(items) = &schema.items {
        let or_null = if schema.r#type.0.contains(&"null") { " or null" } else { "" };
        return format!("list of {}{or_null}", kind(items));
    }
    let either: Vec<String> = schema.any_of.iter().map(kind).collect();
    if !either.is_empty() {
        return either.join(" or ");
    }
    let base = match schema.format {
        Some(format) => schema.r#type.0.join(" or ").replacen("string", format, 1),
        None => schema.r#type.0.join(" or "),
    };
    let fixed = schema.r#const.as_ref().and_then(|word| word.as_str());
    let fixed = fixed.map(|word| format!(" <code>{}</code>", escaped(word))).unwrap_or_default();
    format!("{base}{fixed}{}", limits(schema))
}

fn limits(schema: &Schema) -> String {
    let numbers = match (schema.minimum, schema.maximum) {
        (Some(least), Some(u64::MAX) | None) => Some(format!(" from {least}")),
        (Some(least), Some(most)) => Some(format!(" from {least} to {most}")),
        (None, _) => None,
    };
    let lengths = match (schema.min_length, schema.max_length) {
        (Some(least), Some(most)) => Some(format!(", {least} to {most} characters")),
        (None, Some(most)) => Some(format!(", up to {most} characters")),
        (_, None) => None,
    };
    let default = schema.default.as_ref().map(|value| format!(", else {value}"));
    // Digits in a text have their limits by their pattern.
    let numbers = numbers.filter(|_| !schema.r#type.0.contains(&"string"));
    [numbers, lengths, default].into_iter().flatten().collect()
}
