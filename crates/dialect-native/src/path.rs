//! The paths of this API, and the templates they are compared with.

/// What stands in the place of a message and is none.
const QUEUE: &str = "queue";

/// What a path holds in the places that its template leaves open: anything a client can write, but
/// for slashes, and never nothing.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Captured<'a> {
    pub(crate) account: Option<&'a str>,
    pub(crate) instance: Option<&'a str>,
    pub(crate) attempt: Option<&'a str>,
    pub(crate) event: Option<&'a str>,
    pub(crate) link_ticket: Option<&'a str>,
    pub(crate) token: Option<&'a str>,
    pub(crate) webhook_endpoint: Option<&'a str>,
    pub(crate) message: Option<&'a str>,
    pub(crate) ticket: Option<&'a str>,
}

/// Whether a path belongs to the keyed door. The page itself, `/link/{ticket}`, and what it is made
/// of do not.
pub(crate) fn keyed_claims(path: &str) -> bool {
    operator_claims(path) || is_below_a_ticket(path)
}

/// Whether a path belongs to the operator's door.
pub(crate) fn operator_claims(path: &str) -> bool {
    path.strip_prefix("/api/v1").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn is_below_a_ticket(path: &str) -> bool {
    let Some(rest) = path.strip_prefix("/link/") else { return false };
    let mut segments = rest.split('/').filter(|segment| !segment.is_empty());
    segments.next().is_some_and(|first| first != "assets") && segments.next().is_some()
}

/// What a path holds where the template has a name in braces; `None` when it does not fit. Segments
/// are compared as they were sent: ids and tickets have no character that needs a percent sign.
pub(crate) fn capture<'a>(template: &str, path: &'a str) -> Option<Captured<'a>> {
    let mut captured = Captured::default();
    let mut sent = path.split('/');
    for expected in template.split('/') {
        let segment = sent.next()?;
        let name = expected.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        let place = match name {
            None if segment == expected => continue,
            Some("account") => &mut captured.account,
            Some("instance") => &mut captured.instance,
            Some("attempt") => &mut captured.attempt,
            Some("event") => &mut captured.event,
            Some("link_ticket") => &mut captured.link_ticket,
            Some("token") => &mut captured.token,
            Some("webhook_endpoint") => &mut captured.webhook_endpoint,
            // The queue stands among the messages, and none has its name.
            Some("message") if segment != QUEUE => &mut captured.message,
            Some("ticket") => &mut captured.ticket,
            None | Some(_) => return None,
        };
        if segment.is_empty() {
            return None;
        }
        *place = Some(segment);
    }
    sent.next().is_none().then_some(captured)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_and_its_assets_are_left_to_the_page() {
        for path in ["/api/v1", "/api/v1/", "/api/v1/instances", "/api/v1/no/such"] {
            assert!(keyed_claims(path) && operator_claims(path), "{path}");
        }
        for path in ["/link/abc/instance", "/link/abc/x/y/z", "/link//abc/x"] {
            assert!(keyed_claims(path) && !operator_claims(path), "{path}");
        }
        for path in [
            "/",
            "",
            "/api",
            "/api/v10",
            "/api/v2/instances",
            "/link",
            "/link/",
            "/link/abc",
            "/link/abc/",
            "/link/assets/page.js",
            "/link/assets/a/b",
            "/links/abc/instance",
        ] {
            assert!(!keyed_claims(path) && !operator_claims(path), "{path}");
        }
    }

    #[test]
    fn a_path_fits_its_template_segment_by_segment() {
        let template = "/api/v1/instances/{instance}/linking-attempts/{attempt}";
        let captured = capture(template, "/api/v1/instances/a/linking-attempts/b").unwrap();
        assert_eq!((captured.instance, captured.attempt), (Some("a"), Some("b")));
        for path in [
            "/api/v1/instances/a/linking-attempts",
            "/api/v1/instances/a/linking-attempts/",
            "/api/v1/instances/a/linking-attempts/b/",
            "/api/v1/instances//linking-attempts/b",
            "/api/v1/instances/a/Linking-Attempts/b",
            "/api/v1/instances/a/linking%2dattempts/b",
            "api/v1/instances/a/linking-attempts/b",
            "",
        ] {
            assert!(capture(template, path).is_none(), "{path}");
        }
    }
}
