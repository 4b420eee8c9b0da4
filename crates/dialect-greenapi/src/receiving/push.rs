//! Notifications, as they are pushed to `webhookUrl`: the same body that `receiveNotification` gives,
//! without a receipt.

use waygate_engine::pusher::{Parcel, ToPush};

use super::notification::Body;

const JSON: &str = "application/json; charset=utf-8";

/// What already says how it proves who sends.
const SCHEMES: [&str; 2] = ["Bearer ", "Basic "];

/// What is sent of a notification: the same bytes each time. `None` where the vendor has no word for it.
pub fn push(to_push: &ToPush<'_>) -> Option<Parcel> {
    let body = Body::of(to_push.notification, to_push.instance.number, to_push.telling)?;
    let mut headers = vec![("content-type", JSON.to_owned())];
    headers.extend(authorization(to_push.token).map(|value| ("authorization", value)));
    // Names and numbers: there is nothing in it that JSON cannot say.
    let body = serde_json::to_vec(&body).unwrap_or_default();
    Some(Parcel { headers, body })
}

fn authorization(token: &str) -> Option<String> {
    if token.is_empty() {
        return None;
    }
    let has_scheme = SCHEMES.iter().any(|scheme| token.starts_with(scheme));
    Some(if has_scheme { token.to_owned() } else { format!("Bearer {token}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_a_bearers_unless_it_says_what_it_is() {
        for (token, expected) in [
            ("", None),
            ("abc", Some("Bearer abc")),
            ("Bearer abc", Some("Bearer abc")),
            ("Basic YTpi", Some("Basic YTpi")),
            ("Bearerabc", Some("Bearer Bearerabc")),
            ("bearer abc", Some("Bearer bearer abc")),
        ] {
            assert_eq!(authorization(token).as_deref(), expected);
        }
    }
}
