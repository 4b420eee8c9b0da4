//! The paths of this API, taken apart.

use waygate_core::id::InstanceId;

use crate::route::{Group, ROUTES, Route};

/// What an answer says in the place of an instance's UUID that is none: it may be a token that was
/// pasted into the wrong place.
const HIDDEN: &str = "{instance}";

/// The versions of the API. They differ in nothing that is served.
const VERSIONS: [&str; 2] = ["v1", "v2"];

/// Where a request goes. What stands in each place may be anything a client can write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place<'a> {
    /// `/api/whatsapp/{version}/{name}`.
    Account { version: &'static str, name: &'a str },
    /// `/api/whatsapp/{version}/{instance}/{name}`; a name may have slashes.
    Instance { version: &'static str, instance: &'a str, name: &'a str },
    /// `/api/otp/v2/{instance}/{name}`: the vendor's other API for the same instances.
    Otp { name: &'a str },
}

/// Whether a path belongs to this API.
pub(crate) fn claims(path: &str) -> bool {
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    segments.next() == Some("api") && matches!(segments.next(), Some("whatsapp" | "otp"))
}

/// Takes a path apart. A slash at its end does no harm.
pub(crate) fn parse(path: &str) -> Option<Place<'_>> {
    let path = path.strip_prefix("/api/")?;
    let path = path.strip_suffix('/').unwrap_or(path);
    if let Some(rest) = path.strip_prefix("otp/v2/") {
        let (_instance, name) = rest.split_once('/')?;
        return Some(Place::Otp { name });
    }
    let (version, rest) = path.strip_prefix("whatsapp/")?.split_once('/')?;
    let version = VERSIONS.into_iter().find(|known| *known == version)?;
    match rest.split_once('/') {
        Some((instance, name)) => Some(Place::Instance { version, instance, name }),
        None => Some(Place::Account { version, name: rest }),
    }
}

impl<'a> Place<'a> {
    /// Every route of this place, one for each verb.
    pub(crate) fn routes(self) -> impl Iterator<Item = &'static Route> + use<'a> {
        ROUTES.iter().filter(move |route| match self {
            Self::Account { name, .. } => route.group() == Group::Account && route.name() == name,
            Self::Instance { name, .. } => route.group() == Group::Instance && route.name() == name,
            Self::Otp { .. } => false,
        })
    }

    /// The instance that a client has named.
    pub(crate) fn instance(self) -> Option<InstanceId> {
        match self {
            Self::Instance { instance, .. } => instance.parse().ok(),
            Self::Account { .. } | Self::Otp { .. } => None,
        }
    }

    /// The path for an answer, which repeats nothing that could be a secret. Only for the place of a
    /// route.
    pub(crate) fn without_secrets(self) -> String {
        match self {
            Self::Account { version, name } => format!("api/whatsapp/{version}/{name}"),
            Self::Instance { version, name, .. } => {
                let instance = self.instance().map(|id| id.to_string());
                let instance = instance.as_deref().unwrap_or(HIDDEN);
                format!("api/whatsapp/{version}/{instance}/{name}")
            }
            Self::Otp { name } => format!("api/otp/v2/{HIDDEN}/{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_path_is_taken_apart_in_both_versions() {
        for version in VERSIONS {
            let account = Place::Account { version, name: "instances" };
            let instance = Place::Instance { version, instance: "x", name: "health" };
            for (path, expected) in [
                (format!("/api/whatsapp/{version}/instances"), account),
                (format!("/api/whatsapp/{version}/instances/"), account),
                (format!("/api/whatsapp/{version}/x/health"), instance),
                (format!("/api/whatsapp/{version}/x/health/"), instance),
            ] {
                assert!(claims(&path), "{path}");
                assert_eq!(parse(&path), Some(expected), "{path}");
            }
        }
        let contacts = Place::Instance { version: "v2", instance: "x", name: "contacts/get" };
        assert_eq!(parse("/api/whatsapp/v2/x/contacts/get"), Some(contacts));
        assert_eq!(parse("/api/otp/v2/x/request-code"), Some(Place::Otp { name: "request-code" }));
    }

    #[test]
    fn a_path_without_a_known_version_or_without_a_name_is_ours_and_means_nothing() {
        for path in [
            "/api/whatsapp",
            "/api/whatsapp/",
            "/api/whatsapp/v2",
            "/api/whatsapp/v2/",
            "/api/whatsapp/v3/instances",
            "/api/whatsapp/V2/instances",
            "/api/otp/v1/x/request-code",
            "/api/otp/v2/x",
        ] {
            assert!(claims(path), "{path}");
            assert!(parse(path).is_none_or(|place| place.routes().next().is_none()), "{path}");
        }
    }

    #[test]
    fn other_paths_are_left_to_others() {
        for path in ["/", "", "/api", "/api/v1/instances", "/whatsapp/v2/instances", "/api/sms/v2"]
        {
            assert!(!claims(path), "{path}");
        }
    }

    #[test]
    fn an_answer_repeats_a_uuid_and_nothing_else() {
        let id = "67e55044-10b1-426f-9247-bb680e5fe0c8";
        for (instance, shown) in [(id, id), ("canary", HIDDEN), ("57%7Ccanary", HIDDEN)] {
            let path = format!("/api/whatsapp/v2/{instance}/health");
            let told = parse(&path).unwrap().without_secrets();
            assert_eq!(told, format!("api/whatsapp/v2/{shown}/health"));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(
            path in "(/|api|whatsapp|otp|v1|v2|instances|health|[0-9]{0,3}|%2f|\u{e9}){0,9}",
        ) {
            if let Some(place) = parse(&path) {
                prop_assert!(claims(&path));
                prop_assert!(place.routes().count() <= 1);
            }
        }
    }
}
