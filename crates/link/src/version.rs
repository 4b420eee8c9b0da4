//! The version of the web client that connections claim to be.
//!
//! Looked up once per process and shared: a thousand instances must not ask a thousand times.
//! When WhatsApp refuses a version it is looked up again, at most once an hour; an answer that
//! came too late for one connection serves the next.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;
use whatsapp_rust::http::HttpRequest;
use whatsapp_rust::version::parse_sw_js;

use crate::http_client::LinkHttp;
use crate::settings::{Version, VersionSource};

/// A refused version is looked up again only this long after the last look-up.
pub const LOOKUP_SPACING: Duration = Duration::from_secs(60 * 60);

/// The look-up as a whole.
const LOOKUP_WITHIN: Duration = Duration::from_secs(15);

/// Looks like a browser: the page is made for browsers.
const USER_AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
                          Chrome/131.0.0.0 Safari/537.36";

/// The version could not be learned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VersionUnknown {
    /// The page did not answer.
    #[error("the version page did not answer: {0}")]
    NoAnswer(String),
    /// The page answered, but not with a version.
    #[error("the version page answered with status {0} and no version in it")]
    NoVersion(u16),
}

#[derive(Debug, Clone, Copy)]
struct Known {
    version: Version,
    asked_at: Instant,
    refused: bool,
}

/// The process's knowledge of the version.
#[derive(Debug)]
pub(crate) struct VersionBook {
    source: VersionSource,
    http: LinkHttp,
    known: Mutex<Option<Known>>,
}

impl VersionBook {
    pub(crate) fn new(source: VersionSource, http: LinkHttp) -> Self {
        Self { source, http, known: Mutex::new(None) }
    }

    /// The version to claim now; callers that come during a look-up wait for it.
    pub(crate) async fn current(&self) -> Result<Version, VersionUnknown> {
        let url = match &self.source {
            VersionSource::Fixed(version) => return Ok(*version),
            VersionSource::LookedUp(url) => url,
        };
        let mut known = self.known.lock().await;
        if let Some(entry) = *known
            && (!entry.refused || entry.asked_at.elapsed() < LOOKUP_SPACING)
        {
            return Ok(entry.version);
        }
        let asked_at = Instant::now();
        match tokio::time::timeout(LOOKUP_WITHIN, self.look_up(url)).await {
            Ok(Ok(version)) => {
                *known = Some(Known { version, asked_at, refused: false });
                Ok(version)
            }
            Ok(Err(error)) => known.map(|entry| entry.version).ok_or(error),
            Err(_elapsed) => known
                .map(|entry| entry.version)
                .ok_or_else(|| VersionUnknown::NoAnswer("it took too long".into())),
        }
    }

    /// WhatsApp refused the version: the next connection asks again, if enough time has passed.
    pub(crate) async fn refused(&self) {
        if let Some(entry) = self.known.lock().await.as_mut() {
            entry.refused = true;
        }
    }

    async fn look_up(&self, url: &Url) -> Result<Version, VersionUnknown> {
        let request = HttpRequest::get(url.as_str())
            .with_header("sec-fetch-site", "none")
            .with_header("user-agent", USER_AGENT);
        let answer = self
            .http
            .exchange(request)
            .await
            .map_err(|error| VersionUnknown::NoAnswer(format!("{error:#}")))?;
        let text = String::from_utf8_lossy(&answer.body);
        if answer.status_code == 200
            && let Some(version) = parse_sw_js(&text)
        {
            tracing::info!(version = ?version, "learned the version of WhatsApp Web");
            return Ok(version);
        }
        Err(VersionUnknown::NoVersion(answer.status_code))
    }
}

#[cfg(test)]
mod tests;
