//! Routes of the vendor that are not served yet. Whoever calls one is told so: that it is not found
//! would send them looking for a wrong instance.

use crate::path::Place;

/// What stands behind an instance (contract, sections 1.1 and 6 to 8).
const OF_AN_INSTANCE: &[&str] = &[
    "contacts/get",
    "contacts/get-all",
    "contacts/upsert",
    "delete-message",
    "forward-message",
    "react-to-message",
    "read-chat",
    "send-contact-card",
    "send-file",
    "send-image",
    "send-link-custom-preview",
    "send-location",
    "send-poll",
    "send-seen",
    "send-text",
    "send-text-safe",
    "send-video",
    "send-voice",
    "star-message",
    "start-typing",
    "stop-typing",
];

/// What stands before the UUID of a queued request.
const QUEUED_REQUESTS: &str = "queued-requests";

const OTP: &[&str] = &["generate-link", "request-code", "validate-code"];

/// The vendor's name of a route that is not served yet.
pub(crate) fn name_of(place: Place<'_>) -> Option<&'static str> {
    let known = |names: &'static [&'static str], name: &str| {
        names.iter().find(|known| **known == name).copied()
    };
    match place {
        Place::Account { .. } => None,
        Place::Instance { name, .. } => match name.split_once('/') {
            Some((QUEUED_REQUESTS, _uuid)) => Some(QUEUED_REQUESTS),
            Some(_) | None => known(OF_AN_INSTANCE, name),
        },
        Place::Otp { name } => known(OTP, name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path;
    use crate::route::ROUTES;

    #[test]
    fn what_is_served_is_not_on_the_list() {
        for route in ROUTES {
            assert!(!OF_AN_INSTANCE.contains(&route.name), "{}", route.name);
        }
    }

    #[test]
    fn every_name_is_found_below_its_instance() {
        for name in OF_AN_INSTANCE {
            let path = format!("/api/whatsapp/v2/x/{name}");
            assert_eq!(path::parse(&path).and_then(name_of), Some(*name));
        }
        for name in OTP {
            let path = format!("/api/otp/v2/x/{name}");
            assert_eq!(path::parse(&path).and_then(name_of), Some(*name));
        }
        let queued = path::parse("/api/whatsapp/v2/x/queued-requests/y").and_then(name_of);
        assert_eq!(queued, Some("queued-requests"));
        for path in ["/api/whatsapp/v2/x/send-pigeon", "/api/whatsapp/v2/send-text"] {
            assert_eq!(path::parse(path).and_then(name_of), None, "{path}");
        }
    }
}
