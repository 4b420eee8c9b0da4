//! One operation on the page.

use serde_json::Value;

use super::schema;
use crate::openapi::operation::{Content, Operation};
use crate::openapi::prose::{escaped, inline, paragraphs};
use crate::openapi::{parameters, schemas};

/// The status with which a connection stops being HTTP.
const SWITCHED: u16 = 101;

pub(super) fn section(operation: &Operation) -> String {
    let verb = operation.verb.as_str();
    let path = escaped(operation.template).replace('/', "/<wbr>");
    format!(
        "<section aria-labelledby=\"{id}\">\n<h3 id=\"{id}\">{summary}</h3>\n\
         <p class=\"address\"><b>{verb}</b> <code>{path}</code></p>\n{description}\
         <p>Needs the scope <code>{scope}</code>.</p>\n{parameters}\
         {body}{example}<h4>Answers</h4>\n<dl>\n{answers}</dl>\n</section>\n",
        id = operation.id,
        summary = inline(operation.summary),
        description = paragraphs(operation.description),
        scope = operation.scope(),
        parameters = parameters_of(operation),
        body = body(operation),
        example = example(operation),
        answers = answers(operation),
    )
}

fn parameters_of(operation: &Operation) -> String {
    let in_path = operation.path_parameters().map(|name| (name, parameters::in_path(name), true));
    let names = operation.route().map(|route| route.parameters).unwrap_or_default();
    let in_query = names.iter().map(|&name| (name, parameters::in_query(name), false));
    let in_header = parameters::header_of(operation.verb);
    let in_header = in_header.map(|name| (name, parameters::in_header(name), false));
    let rows = in_path.chain(in_query).chain(in_header);
    let rows = rows.filter_map(|(name, schema, is_required)| {
        schema.map(|schema| schema::row(name, &schema, is_required))
    });
    let rows: String = rows.collect();
    if rows.is_empty() {
        return rows;
    }
    format!("<h4>Parameters</h4>\n<dl>\n{rows}</dl>\n")
}

fn body(operation: &Operation) -> String {
    let named = operation.body.as_ref().filter(|body| body.schema != "Nothing");
    named.map_or_else(String::new, |body| {
        let link = schema::link(body.schema);
        let optional = if body.is_required { "" } else { ", or nothing" };
        format!("<h4>Body</h4>\n<p>{link}{optional}</p>\n")
    })
}

/// A call as one would type it; none for a websocket, which curl does not speak.
fn example(operation: &Operation) -> String {
    if operation.done.status == SWITCHED {
        return String::new();
    }
    let mut path = operation.template.to_owned();
    for name in operation.path_parameters() {
        let shell = format!("${}", name.to_ascii_uppercase());
        path = path.replace(&format!("{{{name}}}"), &shell);
    }
    let verb = operation.verb.as_str();
    let mut call =
        format!("curl -sS -X {verb} \"$WAYGATE{path}\" -H \"Authorization: Bearer $KEY\"");
    if let Some(sent) = operation.body.as_ref().and_then(|body| first_example(body.schema)) {
        call = format!("{call} -d '{sent}'");
    }
    format!("<pre>{}</pre>\n", escaped(&call))
}

fn first_example(name: &str) -> Option<Value> {
    let (_name, schema) = schemas::all().find(|(other, _schema)| *other == name)?;
    schema.examples.into_iter().next()
}

fn answers(operation: &Operation) -> String {
    let done = &operation.done;
    let forms = done.content.iter().map(|content| match content {
        Content::Json(name) => schema::link(name),
        Content::Png | Content::Svg | Content::Text(_) | Content::Events | Content::File(_) => {
            format!("<code>{}</code>", content.media_type())
        }
    });
    let forms: Vec<String> = forms.collect();
    let forms = if forms.is_empty() {
        String::new()
    } else {
        format!(" <span>{}</span>", forms.join(", "))
    };
    let success = format!("<dt><b>{}</b>{forms}</dt><dd>{}</dd>\n", done.status, inline(done.says));
    let refusals = operation.refusals().into_iter().map(|(code, when)| {
        let status = code.status().as_u16();
        format!(
            "<dt><b>{status}</b> <code>{}</code></dt><dd>{}</dd>\n",
            code.as_str(),
            inline(when)
        )
    });
    std::iter::once(success).chain(refusals).collect()
}
