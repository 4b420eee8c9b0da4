//! What the answers tell the browser besides their content.

use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// Nothing but the page's own files, run as they are: no inline script or style, no other host, no
/// frame around it, no text that becomes markup.
pub(crate) const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

const NO_SNIFFING: (HeaderName, HeaderValue) =
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));

const OUR_PAGES_ONLY: (HeaderName, HeaderValue) = (
    HeaderName::from_static("cross-origin-resource-policy"),
    HeaderValue::from_static("same-origin"),
);

const PAGE: [(HeaderName, HeaderValue); 8] = [
    NO_SNIFFING,
    OUR_PAGES_ONLY,
    (CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    // The ticket is part of the address.
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(
            "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
        ),
    ),
    (HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex")),
];

const ASSET: [(HeaderName, HeaderValue); 4] = [
    NO_SNIFFING,
    OUR_PAGES_ONLY,
    (CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
    (HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex")),
];

pub(crate) fn add_for_page(headers: &mut HeaderMap) {
    headers.extend(PAGE);
}

pub(crate) fn add_for_asset(headers: &mut HeaderMap) {
    headers.extend(ASSET);
}
