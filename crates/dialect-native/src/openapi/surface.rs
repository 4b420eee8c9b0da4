//! Where the description is served. It is the same for everybody, so nobody is asked who he is.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::response::{IntoResponse as _, Response};
use waygate_http::site::Surface;
use waygate_http::trace::name_route;

use super::document::document;
use super::page::{STYLE_PATH, page};
use crate::problem::{Problem, on_failure};

const DOCUMENT_PATHS: [&str; 2] = ["/openapi.json", "/api/v1/openapi.json"];
const PAGE_PATH: &str = "/docs";

/// A style sheet of its own and nothing else: no script, no picture, no frame around it. The icon is
/// an empty one, so that no browser asks for one.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, HeaderValue); 5] = [
    (CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
];

/// The description of the native API: for programs in OpenAPI, for people as a page. It comes before
/// [`surface`](crate::surface()), which claims what is below `/api/v1`.
pub fn reference() -> Surface {
    let told = Arc::new(Told {
        document: document().to_string().into(),
        page: page().into(),
        style: Bytes::from_static(include_bytes!("../../assets/reference.css")),
    });
    Surface {
        name: "reference",
        claims: |path| Place::of(path).is_some(),
        router: Router::new().fallback(serve).with_state(told),
        on_failure,
    }
}

/// What there is to read. It does not change while the process lives.
#[derive(Debug)]
struct Told {
    document: Bytes,
    page: Bytes,
    style: Bytes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Document,
    Page,
    Style,
}

impl Place {
    fn of(path: &str) -> Option<Self> {
        match path {
            PAGE_PATH | "/docs/" => Some(Self::Page),
            STYLE_PATH => Some(Self::Style),
            _ => DOCUMENT_PATHS.contains(&path).then_some(Self::Document),
        }
    }

    fn route(self) -> &'static str {
        match self {
            Self::Document => "/openapi.json",
            Self::Page => PAGE_PATH,
            Self::Style => STYLE_PATH,
        }
    }
}

async fn serve(State(told): State<Arc<Told>>, request: Request) -> Response {
    let Some(place) = Place::of(request.uri().path()) else {
        return Problem::no_such_path().into_response();
    };
    name_route(place.route());
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return Problem::wrong_verb("GET, HEAD").into_response();
    }
    let (media_type, content) = match place {
        Place::Document => ("application/json", &told.document),
        Place::Page => ("text/html; charset=utf-8", &told.page),
        Place::Style => ("text/css; charset=utf-8", &told.style),
    };
    let media_type = (CONTENT_TYPE, HeaderValue::from_static(media_type));
    let mut response = ([media_type], content.clone()).into_response();
    response.headers_mut().extend(HEADERS);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_is_claimed_and_nothing_beside_it() {
        for path in ["/openapi.json", "/api/v1/openapi.json", "/docs", "/docs/", STYLE_PATH] {
            assert!(Place::of(path).is_some(), "{path}");
        }
        for path in ["/", "/docs/x", "/Docs", "/openapi.yaml", "/api/v1", "/api/v1/instances"] {
            assert!(Place::of(path).is_none(), "{path}");
        }
    }
}
