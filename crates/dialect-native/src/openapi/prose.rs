//! Words, made fit for a page.

/// Text in which nothing is markup any more.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// A sentence or several, in which what stands between backticks is code.
pub(super) fn inline(text: &str) -> String {
    let parts = escaped(text);
    let parts = parts.split('`').enumerate();
    parts
        .map(
            |(index, part)| {
                if index % 2 == 1 { format!("<code>{part}</code>") } else { part.to_owned() }
            },
        )
        .collect()
}

/// The same with empty lines between paragraphs.
pub(super) fn paragraphs(text: &str) -> String {
    let paragraphs = text.split("\n\n").filter(|paragraph| !paragraph.is_empty());
    let told: Vec<_> =
        paragraphs.map(|paragraph| format!("<p>{}</p>\n", inline(paragraph))).collect();
    told.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_said_is_markup() {
        assert_eq!(escaped(r#"<a href="x">&'"#), "&lt;a href=&quot;x&quot;&gt;&amp;&#39;");
        assert_eq!(inline("say `<b>` & go"), "say <code>&lt;b&gt;</code> &amp; go");
        assert_eq!(paragraphs("one\n\ntwo `x`"), "<p>one</p>\n<p>two <code>x</code></p>\n");
        assert_eq!(paragraphs(""), "");
    }
}
