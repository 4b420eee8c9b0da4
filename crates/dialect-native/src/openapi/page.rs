//! The reference as a page: everything written out, so that the browser's own search finds it, and
//! nothing that runs.

mod operation;
mod schema;

use super::document::{BEARER, DESCRIPTION};
use super::operations::TAGS;
use super::prose::{inline, paragraphs};
use super::schemas;

/// Where the page's style sheet is.
pub(crate) const STYLE_PATH: &str = "/docs/reference.css";

/// Where the same is for programs.
const DOCUMENT_PATH: &str = "/openapi.json";

/// The whole page.
pub(crate) fn page() -> String {
    let sections: String =
        TAGS.iter().map(|tag| section(tag.name, tag.says, tag.operations)).collect();
    let schemas: String =
        schemas::all().map(|(name, schema)| schema::section(name, &schema)).collect();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>Waygate API</title>\n\
         <link rel=\"icon\" href=\"data:,\">\n<link rel=\"stylesheet\" href=\"{STYLE_PATH}\">\n\
         </head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip the contents</a>\n\
         <nav aria-label=\"Contents\">\n{contents}</nav>\n<main id=\"main\">\n<h1>Waygate API</h1>\n\
         {description}<p>For programs: <a href=\"{DOCUMENT_PATH}\">openapi.json</a>, in OpenAPI \
         3.1.</p>\n<h2 id=\"authentication\">Authentication</h2>\n<p>{bearer}</p>\n\
         <pre>Authorization: Bearer wg_...</pre>\n{sections}\
         <h2 id=\"schemas\">Schemas</h2>\n{schemas}</main>\n</body>\n</html>\n",
        contents = contents(),
        description = paragraphs(DESCRIPTION),
        bearer = inline(BEARER),
    )
}

fn contents() -> String {
    let groups = TAGS.iter().map(|tag| {
        let entries = tag.operations.iter().map(|operation| {
            format!("<li><a href=\"#{}\">{}</a></li>\n", operation.id, inline(operation.summary))
        });
        let entries: String = entries.collect();
        let anchor = anchor(tag.name);
        format!("<li><a href=\"#{anchor}\">{}</a>\n<ul>\n{entries}</ul></li>\n", tag.name)
    });
    let groups: String = groups.collect();
    format!(
        "<ul>\n<li><a href=\"#authentication\">Authentication</a></li>\n{groups}\
         <li><a href=\"#schemas\">Schemas</a></li>\n</ul>\n"
    )
}

fn section(name: &str, says: &str, operations: &[super::operation::Operation]) -> String {
    let operations: String = operations.iter().map(operation::section).collect();
    format!("<h2 id=\"{}\">{name}</h2>\n<p>{}</p>\n{operations}", anchor(name), inline(says))
}

/// The heading of a group as a name in an address.
fn anchor(name: &str) -> String {
    name.to_ascii_lowercase().replace(' ', "-")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn values<'a>(page: &'a str, attribute: &str) -> Vec<&'a str> {
        let begin = format!(" {attribute}=\"");
        let parts = page.split(begin.as_str()).skip(1);
        parts.filter_map(|part| part.split('"').next()).collect()
    }

    #[test]
    fn every_link_leads_somewhere_and_every_name_is_given_once() {
        let page = page();
        let names = values(&page, "id");
        let distinct: BTreeSet<_> = names.iter().copied().collect();
        assert_eq!(names.len(), distinct.len());
        for link in values(&page, "href") {
            let known = [STYLE_PATH, DOCUMENT_PATH, "data:,"].contains(&link);
            let inside = link.strip_prefix('#').is_some_and(|name| distinct.contains(name));
            assert!(known || inside, "{link}");
        }
    }

    /// The policy would refuse them, and say so only in a browser's console.
    #[test]
    fn the_page_runs_nothing_and_loads_nothing_from_elsewhere() {
        let page = page();
        for forbidden in ["<script", "<style", " style=", " src=", " onclick", "javascript:"] {
            assert!(!page.contains(forbidden), "{forbidden}");
        }
    }
}
