//! The one HTTP client for everything that a connection asks besides its websocket: the version
//! of the web client, media, snapshots.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt as _;
use sha2::{Digest as _, Sha256};
use url::Url;
use whatsapp_rust::anyhow;
use whatsapp_rust::http::{HttpClient, HttpRequest, HttpResponse};

use crate::network::Tls;
use crate::settings::{LinkSettings, is_loopback};

/// The largest answer that is read: WhatsApp's own limit for a document is 2 GB, but nothing that
/// is buffered whole comes near this.
const BODY_MAX: usize = 128 * 1024 * 1024;

const CONNECT_WITHIN: Duration = Duration::from_secs(10);
const ANSWER_WITHIN: Duration = Duration::from_secs(120);

/// A client that follows no redirects and no proxy of the environment, reads bounded answers and, in
/// a sandbox build, connects to loopback addresses only.
#[derive(Debug, Clone)]
pub struct LinkHttp(reqwest::Client);

/// An answer was larger than it may be.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the answer is larger than {0} bytes")]
pub(crate) struct TooLarge(usize);

impl TooLarge {
    pub(crate) fn of(limit: usize) -> Self {
        Self(limit)
    }
}

impl LinkHttp {
    pub(crate) fn new(tls: &Tls) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls.config())
            .redirect(reqwest::redirect::Policy::none())
            // The connection itself heeds no proxy of the environment: these go the same way.
            .no_proxy()
            .connect_timeout(CONNECT_WITHIN)
            .timeout(ANSWER_WITHIN)
            .build()?;
        Ok(Self(client))
    }

    /// Runs one exchange; a completed one is `Ok` whatever its status.
    ///
    /// # Errors
    ///
    /// When the exchange did not happen, took too long or answered too much.
    pub(crate) async fn exchange(&self, request: HttpRequest) -> anyhow::Result<HttpResponse> {
        self.exchange_hashing(request, BODY_MAX, None).await
    }

    /// The same with another limit, and the answer hashed as it comes.
    ///
    /// # Errors
    ///
    /// As [`LinkHttp::exchange`]; an answer that is too large is [`TooLarge`].
    pub(crate) async fn exchange_hashing(
        &self,
        request: HttpRequest,
        body_max: usize,
        mut hash: Option<&mut Sha256>,
    ) -> anyhow::Result<HttpResponse> {
        let url = admitted(request.url.parse()?)?;
        let method = request.method.parse()?;
        let mut outgoing = self.0.request(method, url);
        let headers: BTreeMap<_, _> = request.headers.iter().collect();
        for (name, value) in headers {
            outgoing = outgoing.header(name, value);
        }
        if let Some(body) = request.body {
            outgoing = outgoing.body(body);
        }
        // The address may hold a media token: it stays out of the error.
        let response = outgoing.send().await.map_err(reqwest::Error::without_url)?;
        let status_code = response.status().as_u16();
        let mut body = Vec::new();
        let mut chunks = response.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(reqwest::Error::without_url)?;
            if body.len() + chunk.len() > body_max {
                return Err(TooLarge::of(body_max).into());
            }
            if let Some(hash) = &mut hash {
                hash.update(&chunk);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(HttpResponse { status_code, body })
    }
}

/// In a sandbox, loopback addresses only, and without TLS: of a media host a client is told no more than
/// its name, and puts `https` in front, while the simulator speaks plain HTTP.
fn admitted(mut url: Url) -> anyhow::Result<Url> {
    if LinkSettings::SANDBOX {
        if !is_loopback(&url) {
            anyhow::bail!("a sandbox build asks loopback addresses only");
        }
        if url.scheme() == "https" && url.set_scheme("http").is_err() {
            anyhow::bail!("an address that cannot do without TLS");
        }
    }
    Ok(url)
}

#[async_trait]
impl HttpClient for LinkHttp {
    async fn execute(&self, request: HttpRequest) -> anyhow::Result<HttpResponse> {
        self.exchange(request).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sandbox_asks_this_machine_alone_and_without_tls() {
        let asked = |url: &str| admitted(url.parse().unwrap()).ok().map(String::from);
        let own = asked("https://127.0.0.1:7700/mms/image/x");
        let foreign = asked("https://example.com/");
        if LinkSettings::SANDBOX {
            assert_eq!(own.as_deref(), Some("http://127.0.0.1:7700/mms/image/x"));
            assert_eq!(foreign, None);
        } else {
            assert_eq!(own.as_deref(), Some("https://127.0.0.1:7700/mms/image/x"));
            assert_eq!(foreign.as_deref(), Some("https://example.com/"));
        }
    }
}
