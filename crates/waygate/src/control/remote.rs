//! The native API of a server elsewhere, by its keyed door.

use std::fmt;
use std::time::Duration;

use anyhow::Context as _;
use futures_util::StreamExt as _;
use hyper::StatusCode;
use serde_json::Value;
use tokio::time::timeout;
use url::{Host, Url};
use waygate_core::secret::TokenText;

use super::exchange::{ANSWER_BYTES_MAX, Answer, Call, NoAnswer};
use crate::exit::{Exit, Failure};

const CONNECTS_WITHIN: Duration = Duration::from_secs(10);

/// A server elsewhere, and the token that is shown there.
#[derive(Clone)]
pub(crate) struct Remote {
    server: Url,
    token: TokenText,
    http: reqwest::Client,
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote").finish_non_exhaustive()
    }
}

impl Remote {
    /// The server at this address, which is that of its site: the API's own path is added.
    ///
    /// # Errors
    ///
    /// `Usage` for an address that is none, or over which a token would travel in clear.
    pub(crate) fn new(server: &str, token: TokenText) -> Result<Self, Failure> {
        let server = checked(server)?;
        // Of the certificates of this machine, as every other program on it.
        drop(rustls::crypto::ring::default_provider().install_default());
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECTS_WITHIN)
            // A token is shown to nobody but who was named.
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()?;
        Ok(Self { server, token, http })
    }

    /// The address of the site, without a slash at its end.
    pub(crate) fn site(&self) -> &str {
        self.server.as_str().trim_end_matches('/')
    }

    pub(super) async fn ask(&self, call: Call<'_>) -> Result<Answer, Failure> {
        let within = call.takes.within();
        let asked = timeout(within, self.exchange(call)).await;
        let answer = asked.map_err(|_late| {
            let server = format!("the server at {} does not answer", self.site());
            Failure::of(
                Exit::TimedOut,
                anyhow::Error::from(NoAnswer::InTime(within)).context(server),
            )
        })??;
        if answer.status.is_redirection() {
            let sentence = format!("{} leads elsewhere; name that address", self.site());
            return Err(Failure::new(Exit::Usage, sentence));
        }
        Ok(answer)
    }

    async fn exchange(&self, call: Call<'_>) -> Result<Answer, Failure> {
        let url = format!("{}{}", self.site(), call.path);
        let mut request = self.http.request(call.method, url).bearer_auth(self.token.expose());
        if let Some(body) = call.body {
            request = request.json(body);
        }
        let response = request.send().await.map_err(|error| self.unreached(error))?;
        let status = response.status();
        let retry_after = super::exchange::retry_after(response.headers());
        let mut bytes = Vec::new();
        let mut chunks = response.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|error| self.unreached(error))?;
            if bytes.len() + chunk.len() > ANSWER_BYTES_MAX {
                return Err(Failure::new(Exit::Internal, "the server's answer is too large"));
            }
            bytes.extend_from_slice(&chunk);
        }
        let body = match serde_json::from_slice(&bytes) {
            Ok(body) => body,
            Err(_) if bytes.is_empty() || !status.is_success() => Value::Null,
            Err(_) => return Err(self.no_waygate(status)),
        };
        Ok(Answer { status, body, retry_after })
    }

    fn unreached(&self, error: reqwest::Error) -> Failure {
        let server = format!("the server at {} cannot be reached", self.site());
        Failure::of(Exit::TimedOut, anyhow::Error::from(error.without_url()).context(server))
    }

    fn no_waygate(&self, status: StatusCode) -> Failure {
        let sentence = format!("what answers at {} ({status}) is no Waygate", self.site());
        Failure::new(Exit::Usage, sentence)
    }
}

/// An address to which a token may be sent.
fn checked(server: &str) -> Result<Url, Failure> {
    let wrong = |sentence: &'static str| Failure::new(Exit::Usage, sentence);
    let url: Url = server
        .parse()
        .context("the server's address is none, such as https://wa.example.org")
        .map_err(|error| Failure::of(Exit::Usage, error))?;
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
        return Err(wrong("the server's address holds more than a host, a port and a path"));
    }
    match (url.scheme(), url.host()) {
        ("https", Some(_)) => Ok(url),
        ("http", Some(host)) if is_this_machine(&host) => Ok(url),
        ("http", Some(_)) => Err(wrong(
            "the token would travel in clear; use an address with https, or a tunnel to one on \
             this machine",
        )),
        _ => Err(wrong("the server's address begins with https://")),
    }
}

fn is_this_machine(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::Domain(name) => *name == "localhost",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(server: &str) -> Result<String, String> {
        let remote = Remote::new(server, TokenText::new("canary"));
        remote.map(|remote| remote.site().to_owned()).map_err(|failure| {
            assert_eq!(failure.exit(), Exit::Usage);
            failure.sentence()
        })
    }

    #[test]
    fn a_server_is_named_by_the_address_of_its_site() {
        for (server, site) in [
            ("https://wa.example.org", "https://wa.example.org"),
            ("https://wa.example.org/", "https://wa.example.org"),
            ("https://example.org:8443/wa/", "https://example.org:8443/wa"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://[::1]:8080/", "http://[::1]:8080"),
            ("http://localhost:8080", "http://localhost:8080"),
        ] {
            assert_eq!(named(server).as_deref(), Ok(site));
        }
    }

    #[test]
    fn a_token_goes_to_no_address_where_others_could_read_it() {
        for (server, why) in [
            ("http://wa.example.org", "in clear"),
            ("http://127.0.0.1.example.org", "in clear"),
            ("http://192.0.2.1", "in clear"),
            ("ftp://127.0.0.1", "https://"),
            ("wa.example.org", "is none"),
            ("", "is none"),
            ("https://ann:canary2@wa.example.org", "more than a host"),
            ("https://wa.example.org/?token=canary2", "more than a host"),
        ] {
            let told = named(server).unwrap_err();
            assert!(told.contains(why), "{server}: {told}");
            assert!(!told.contains("canary"), "{told}");
        }
    }

    #[test]
    fn neither_address_nor_token_is_printed() {
        let remote = Remote::new("https://wa.example.org", TokenText::new("canary")).unwrap();
        assert_eq!(format!("{remote:?}"), "Remote { .. }");
    }
}
