//! The paths of this API, taken apart.

use waygate_core::id::InstanceNumber;

use crate::method::{Group, METHODS, Method};

/// What an error says in the place of a token.
const HIDDEN_TOKEN: &str = "<TOKEN>";

/// Where a request goes. What stands in each place may be anything a client can write.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place<'a> {
    /// `/waInstance{idInstance}/{method}/{apiTokenInstance}`.
    Instance {
        /// `None` when it is no instance's number.
        number: Option<InstanceNumber>,
        method: &'a str,
        /// Empty when there is none.
        token: &'a str,
        /// What stands behind the token, for the one method that looks for a receipt there.
        receipt: Option<&'a str>,
    },
    /// `/waInstance{idInstance}/{apiTokenInstance}`: the page.
    Page {
        /// `None` when it is no instance's number.
        number: Option<InstanceNumber>,
        token: &'a str,
    },
    /// `/partner/{method}/{partnerToken}`.
    Partner {
        method: &'a str,
        /// Empty when there is none.
        token: &'a str,
    },
}

/// Whether a path belongs to this API.
pub(crate) fn claims(path: &str) -> bool {
    let mut segments = segments(path);
    segments.next().is_some_and(|first| first.starts_with("waInstance") || first == "partner")
}

/// Takes a path apart. Slashes may be doubled or trail: clients paste a base URL that ends in one.
pub(crate) fn parse(path: &str) -> Option<Place<'_>> {
    let mut segments = segments(path);
    let first = segments.next()?;
    let second = segments.next()?;
    let third = segments.next();
    let receipt = segments.next();
    if receipt.is_some_and(|_| !takes_receipt(second)) || segments.next().is_some() {
        return None;
    }
    if first == "partner" {
        return Some(Place::Partner { method: second, token: third.unwrap_or_default() });
    }
    let number = first.strip_prefix("waInstance")?.parse().ok();
    match third {
        Some(token) => Some(Place::Instance { number, method: second, token, receipt }),
        // Who has left the token out is told that, and gets no page.
        None if is_name(second) => {
            Some(Place::Instance { number, method: second, token: "", receipt: None })
        }
        None => Some(Place::Page { number, token: second }),
    }
}

fn is_name(segment: &str) -> bool {
    METHODS.iter().any(|method| method.is_called(Group::Account, segment))
}

/// Whether a receipt may follow the token. No partner's method is called so.
fn takes_receipt(segment: &str) -> bool {
    METHODS.iter().any(|it| it.is_called(Group::Account, segment) && it.takes_receipt())
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    let mut segments = path.split('/').filter(|segment| !segment.is_empty()).peekable();
    // Older pages of the vendor print a version before the path.
    segments.next_if_eq(&"v1");
    segments
}

impl<'a> Place<'a> {
    /// The name of the method, as the client spells it; the page has none.
    pub(crate) fn method(self) -> &'a str {
        match self {
            Self::Instance { method, .. } | Self::Partner { method, .. } => method,
            Self::Page { .. } => "",
        }
    }

    /// What stands behind the token.
    pub(crate) fn receipt(self) -> Option<&'a str> {
        match self {
            Self::Instance { receipt, .. } => receipt,
            Self::Page { .. } | Self::Partner { .. } => None,
        }
    }

    /// The list of methods in which the name is looked up.
    pub(crate) fn group(self) -> Group {
        match self {
            Self::Instance { .. } => Group::Account,
            Self::Page { .. } => Group::Page,
            Self::Partner { .. } => Group::Partner,
        }
    }

    /// The path for an answer: the vendor repeats the token there, we do not. Nor anything else
    /// that we do not know, since the token may stand in the wrong place.
    pub(crate) fn without_secrets(self, method: Option<&Method>) -> String {
        let name = method.map_or("<METHOD>", |method| method.name());
        let shown = |number: Option<InstanceNumber>| {
            number.map_or_else(|| "<ID>".to_owned(), |number| number.to_string())
        };
        match self {
            Self::Instance { number, .. } => {
                format!("/waInstance{}/{name}/{HIDDEN_TOKEN}", shown(number))
            }
            Self::Page { number, .. } => format!("/waInstance{}/{HIDDEN_TOKEN}", shown(number)),
            Self::Partner { .. } => format!("/partner/{name}/{HIDDEN_TOKEN}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn instance<'a>(number: &str, method: &'a str, token: &'a str) -> Place<'a> {
        Place::Instance { number: number.parse().ok(), method, token, receipt: None }
    }

    #[test]
    fn a_receipt_follows_the_token_of_one_method_only() {
        let found = |path| match parse(path) {
            Some(Place::Instance { token, receipt, .. }) => Some((token, receipt)),
            Some(Place::Page { .. } | Place::Partner { .. }) | None => None,
        };
        for (path, expected) in [
            ("/waInstance1/deleteNotification/abc/17", Some(("abc", Some("17")))),
            ("/v1/waInstance1/DELETENOTIFICATION/abc/17/", Some(("abc", Some("17")))),
            ("/waInstance1/deleteNotification/abc/", Some(("abc", None))),
            ("/waInstance1/deleteNotification/abc/17/18", None),
            ("/waInstance1/receiveNotification/abc/17", None),
            ("/partner/deleteNotification/abc/17", None),
        ] {
            assert_eq!(found(path), expected, "{path}");
        }
    }

    #[test]
    fn an_instances_path_is_taken_apart_in_every_spelling() {
        let expected = Some(instance("1105600123", "getStateInstance", "abc"));
        for path in [
            "/waInstance1105600123/getStateInstance/abc",
            "/waInstance1105600123/getStateInstance/abc/",
            "//waInstance1105600123//getStateInstance/abc//",
            "/v1/waInstance1105600123/getStateInstance/abc",
            "//v1//waInstance1105600123/getStateInstance/abc",
        ] {
            assert!(claims(path), "{path}");
            assert!(parse(path) == expected, "{path}");
        }
    }

    #[test]
    fn a_partners_path_is_taken_apart_in_every_spelling() {
        let expected = Some(Place::Partner { method: "getInstances", token: "gac.abc" });
        for path in [
            "/partner/getInstances/gac.abc",
            "/v1/partner/getInstances/gac.abc/",
            "//partner//getInstances//gac.abc",
        ] {
            assert!(claims(path), "{path}");
            assert!(parse(path) == expected, "{path}");
        }
    }

    #[test]
    fn a_path_without_a_method_is_the_page_in_every_spelling() {
        let number = "1105600123".parse().ok();
        let expected = Some(Place::Page { number, token: "abc" });
        for path in [
            "/waInstance1105600123/abc",
            "/waInstance1105600123/abc/",
            "//waInstance1105600123//abc",
            "/v1/waInstance1105600123/abc",
        ] {
            assert!(claims(path), "{path}");
            assert!(parse(path) == expected, "{path}");
        }
        assert!(parse("/waInstancex/abc") == Some(Place::Page { number: None, token: "abc" }));
    }

    #[test]
    fn a_missing_token_is_an_empty_one_and_a_missing_method_is_no_path() {
        for name in METHODS.iter().filter(|it| it.group() == Group::Account).map(Method::name) {
            for name in [name.to_owned(), name.to_ascii_uppercase()] {
                let path = format!("/waInstance1/{name}");
                assert!(parse(&path) == Some(instance("1", &name, "")), "{path}");
            }
        }
        assert!(
            parse("/partner/getInstances/")
                == Some(Place::Partner { method: "getInstances", token: "" })
        );
        for path in
            ["/", "/v1", "/waInstance1", "/partner", "/waInstance1/qr/abc/17", "/other/qr/abc"]
        {
            assert!(parse(path).is_none(), "{path}");
        }
    }

    #[test]
    fn what_is_no_number_is_nobodys_number() {
        for number in ["", "abc", "0123", "-1", "%31", "1234567890123"] {
            let path = format!("/waInstance{number}/qr/abc");
            assert!(parse(&path) == Some(instance("x", "qr", "abc")), "{path}");
        }
    }

    #[test]
    fn other_paths_are_left_to_others() {
        for path in [
            "/",
            "",
            "/v1",
            "/api/waInstance1/qr/abc",
            "/partners/x/y",
            "/wainstance1/qr/abc",
            "/v2/partner/a/b",
        ] {
            assert!(!claims(path), "{path}");
        }
    }

    #[test]
    fn an_error_shows_nothing_that_could_be_a_token() {
        let shown = |path| parse(path).unwrap().without_secrets(None);
        assert_eq!(shown("/waInstance12/canary/canary"), "/waInstance12/<METHOD>/<TOKEN>");
        assert_eq!(shown("/waInstancecanary/canary/canary"), "/waInstance<ID>/<METHOD>/<TOKEN>");
        assert_eq!(shown("/waInstance12/canary"), "/waInstance12/<TOKEN>");
        assert_eq!(shown("/waInstancecanary/canary"), "/waInstance<ID>/<TOKEN>");
        assert_eq!(shown("/partner/canary/canary"), "/partner/<METHOD>/<TOKEN>");
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(path in "\\PC*") {
            if parse(&path).is_some() {
                prop_assert!(claims(&path));
            }
        }

        #[test]
        fn paths_that_nearly_fit_are_read_without_a_panic(
            path in "(/|v1|waInstance|partner|qr|[0-9]{0,3}|%2f|\u{e9}){0,9}",
        ) {
            if let Some(place) = parse(&path) {
                prop_assert!(claims(&path));
                prop_assert_eq!(place.method().is_empty(), place.group() == Group::Page);
            }
        }
    }
}
