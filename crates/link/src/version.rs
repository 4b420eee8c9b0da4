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

/// A failed look-up is the answer for all who ask within this time: connections that waited for it
/// must not each wait for one of their own.
pub const FAILURE_SHARED: Duration = Duration::from_secs(5);

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

/// The last look-up and what is known since.
#[derive(Debug)]
struct Asked {
    /// When it ended.
    at: Instant,
    /// The newest version that was ever learned, else why there is none.
    known: Result<Version, VersionUnknown>,
    /// The version is not good enough any more.
    refused: bool,
}

impl Asked {
    /// Whether it is too early to ask again.
    fn is_recent(&self) -> bool {
        match (&self.known, self.refused) {
            (Ok(_), false) => true,
            (Ok(_), true) => self.at.elapsed() < LOOKUP_SPACING,
            (Err(_), _) => self.at.elapsed() < FAILURE_SHARED,
        }
    }
}

/// The process's knowledge of the version.
#[derive(Debug)]
pub(crate) struct VersionBook {
    source: VersionSource,
    http: LinkHttp,
    asked: Mutex<Option<Asked>>,
}

impl VersionBook {
    pub(crate) fn new(source: VersionSource, http: LinkHttp) -> Self {
        Self { source, http, asked: Mutex::new(None) }
    }

    /// The version to claim now; callers that come during a look-up wait for it.
    pub(crate) async fn current(&self) -> Result<Version, VersionUnknown> {
        let url = match &self.source {
            VersionSource::Fixed(version) => return Ok(*version),
            VersionSource::LookedUp(url) => url,
        };
        let mut asked = self.asked.lock().await;
        if let Some(last) = asked.as_ref().filter(|last| last.is_recent()) {
            return last.known.clone();
        }
        let answer = match tokio::time::timeout(LOOKUP_WITHIN, self.look_up(url)).await {
            Ok(answer) => answer,
            Err(_elapsed) => Err(VersionUnknown::NoAnswer("it took too long".into())),
        };
        let refused = answer.is_err() && asked.as_ref().is_some_and(|last| last.refused);
        // An old version is better than none: it may still be good.
        let known = answer.or_else(|error| match asked.take() {
            Some(Asked { known: Ok(version), .. }) => Ok(version),
            Some(_) | None => Err(error),
        });
        *asked = Some(Asked { at: Instant::now(), known: known.clone(), refused });
        known
    }

    /// WhatsApp refused this version: the next connection asks again, if enough time has passed. A
    /// newer one that was learned meanwhile is not blamed.
    pub(crate) async fn refused(&self, version: Version) {
        if let Some(last) = self.asked.lock().await.as_mut() {
            last.refused |= last.known == Ok(version);
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
