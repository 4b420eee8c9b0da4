//! The files of messages: as an answer, and at the addresses that programs outside were told.
//!
//! A file is what some stranger sent. No browser may take it for a page of ours: it comes as something
//! to be saved, under a type that nothing runs.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method};
use axum::response::Response;
use waygate_core::message::media::MediaPart;
use waygate_engine::Gateway;
use waygate_engine::files::{self, FileFacts, FilePlace};
use waygate_http::guesses::Guesser;
use waygate_http::site::Surface;
use waygate_http::trace::{name_instance, name_route};

use crate::problem::{Code, Problem, on_failure};

const ROUTE: &str = "/media/{pass}";

const HEADERS: [(HeaderName, HeaderValue); 6] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox")),
    // The address lets whoever has it read the file.
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (CACHE_CONTROL, HeaderValue::from_static("private, no-store")),
    // Each time it is fetched from WhatsApp as a whole.
    (ACCEPT_RANGES, HeaderValue::from_static("none")),
    (HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex")),
];

/// A row of bytes.
pub(crate) const BYTES: &str = "application/octet-stream";

/// What a browser would not show as a page, nor run. All else is a row of bytes.
pub(crate) const TYPES: [&str; 19] = [
    "application/msword",
    BYTES,
    "application/pdf",
    "application/vnd.ms-excel",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/zip",
    "audio/aac",
    "audio/amr",
    "audio/mp4",
    "audio/mpeg",
    "audio/ogg",
    "image/gif",
    "image/jpeg",
    "image/png",
    "image/webp",
    "text/plain",
    "video/3gpp",
    "video/mp4",
];

/// Files at the addresses that were given out for them. The address is right enough.
pub fn files(gateway: Gateway) -> Surface {
    Surface {
        name: "files",
        claims: |path| path.starts_with(files::PATH),
        router: Router::new().fallback(serve).with_state(Arc::new(gateway)),
        on_failure,
    }
}

async fn serve(State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    name_route(ROUTE);
    let (head, _body) = request.into_parts();
    match answer(&gateway, &head).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn answer(gateway: &Gateway, asked: &Parts) -> Result<Response, Problem> {
    let is_head = match asked.method {
        Method::HEAD => true,
        Method::GET => false,
        _ => return Err(Problem::wrong_verb("GET, HEAD")),
    };
    let guesser = Guesser::of(&asked.extensions);
    guesser.may_try()?;
    let pass = asked.uri.path().strip_prefix(files::PATH).unwrap_or_default();
    let place = gateway.file_place(pass).inspect_err(|_unknown| guesser.was_wrong())?;
    name_instance(place.instance);
    if is_head {
        // Who only asks whether the address is good has nothing fetched.
        return Ok(with_facts(Body::empty(), &gateway.file_facts(place).await?));
    }
    fetched(gateway, place).await
}

/// The file itself.
pub(crate) async fn fetched(gateway: &Gateway, place: FilePlace) -> Result<Response, Problem> {
    let file = gateway.fetch_file(place).await?;
    Ok(with_facts(Body::from(file.bytes), &file.facts))
}

fn with_facts(body: Body, facts: &FileFacts) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.extend(HEADERS);
    headers.insert(CONTENT_TYPE, content_type(&facts.mime));
    headers.insert(CONTENT_DISPOSITION, disposition(&facts.name));
    response
}

fn content_type(mime: &str) -> HeaderValue {
    let essence = mime.split(';').next().unwrap_or_default().trim();
    let harmless = TYPES.iter().find(|it| it.eq_ignore_ascii_case(essence));
    HeaderValue::from_static(harmless.copied().unwrap_or(BYTES))
}

/// The name in both of its forms (RFC 6266): for clients of long ago without what they might not
/// understand, and whole.
fn disposition(name: &str) -> HeaderValue {
    let is_plain = |it: char| it.is_ascii_alphanumeric() || " -_.()".contains(it);
    let plain: String = name.chars().map(|it| if is_plain(it) { it } else { '_' }).collect();
    let is_kept = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let whole: String = name
        .bytes()
        .map(
            |byte| {
                if is_kept(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
            },
        )
        .collect();
    let told = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{whole}");
    HeaderValue::try_from(told).unwrap_or(HeaderValue::from_static("attachment"))
}

/// Which file of an event's message is meant: its own, unless somebody says otherwise.
pub(crate) fn part(text: Option<&str>) -> Result<MediaPart, Problem> {
    match text {
        None | Some("own") => Ok(MediaPart::Own),
        Some("quoted") => Ok(MediaPart::Quoted),
        Some(_) => Err(Problem::new(Code::Invalid, "`part` is `own` or `quoted`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_browser_would_run_is_a_row_of_bytes() {
        for (mime, told) in [
            ("image/jpeg", "image/jpeg"),
            ("Image/JPEG", "image/jpeg"),
            ("audio/ogg; codecs=opus", "audio/ogg"),
            ("text/html", BYTES),
            ("image/svg+xml", BYTES),
            ("application/javascript", BYTES),
            ("text/plain\r\nX-A: b", BYTES),
            ("", BYTES),
        ] {
            assert_eq!(content_type(mime), told, "{mime}");
        }
    }

    #[test]
    fn a_name_says_nothing_but_itself() {
        for (name, told) in [
            ("plan.pdf", r#"attachment; filename="plan.pdf"; filename*=UTF-8''plan.pdf"#),
            (
                "a \"b\"\r\nX: c",
                r#"attachment; filename="a _b___X_ c"; filename*=UTF-8''a%20%22b%22%0D%0AX%3A%20c"#,
            ),
            ("../\u{e9}", "attachment; filename=\"..__\"; filename*=UTF-8''..%2F%C3%A9"),
        ] {
            assert_eq!(disposition(name), told, "{name}");
        }
    }
}
