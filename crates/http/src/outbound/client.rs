//! One request, one answer, within bounds.

use std::error::Error as _;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderValue, Request, Response, header};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy;
use hyper_util::rt::TokioTimer;
use rustls::{ClientConfig, RootCertStore};
use tokio::time::{Instant, timeout_at};
use waygate_core::port::link::Deed;
use waygate_core::port::outbound::{Letter, Outbound, REPLY_BYTES_MAX, Reply, Undelivered};
use waygate_engine::deliverer::UNDER_WAY_TO_ONE_MAX;
use waygate_engine::tasks::Tasks;

use super::connector::{Connector, Unconnected};
use super::names::Names;
use super::policy::Policy;

/// The largest head of an answer, and the most of a body that is held at once.
const BUFFER_BYTES_MAX: usize = 16 * 1024;

/// How long a connection is kept for the next request to the same receiver, and how many of them: as many
/// as there are attempts under way to a receiver that is well.
const IDLE_FOR: Duration = Duration::from_secs(30);
const IDLE_MAX: usize = UNDER_WAY_TO_ONE_MAX as usize;

const USER_AGENT: &str = concat!("Waygate/", env!("CARGO_PKG_VERSION"));

/// Sends to addresses that users name. Clones share their connections.
#[derive(Clone)]
pub struct Client {
    policy: Policy,
    http: legacy::Client<HttpsConnector<Connector>, Full<Bytes>>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("policy", &self.policy).finish_non_exhaustive()
    }
}

impl Client {
    /// A client that connects by this policy; its connections are among these tasks and end with
    /// them.
    ///
    /// # Errors
    ///
    /// When there is no encryption to be had.
    pub fn new(policy: Policy, names: Arc<dyn Names>, tasks: Tasks) -> Result<Self, rustls::Error> {
        let connector = Connector { policy: policy.clone(), names };
        let connector = HttpsConnector::from((connector, tls()?));
        let http = legacy::Client::builder(Connections(tasks))
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_FOR)
            .pool_max_idle_per_host(IDLE_MAX)
            .http1_max_buf_size(BUFFER_BYTES_MAX)
            .build(connector);
        Ok(Self { policy, http })
    }

    async fn exchange(&self, letter: Letter) -> Result<Reply, Undelivered> {
        let deadline = Instant::now() + letter.within;
        let request = self.request(letter)?;
        let answered = timeout_at(deadline, self.http.request(request)).await;
        let answer = answered.map_err(|_late| Undelivered::Late)?.map_err(|error| why(&error))?;
        let retry_after = answer.headers().get(header::RETRY_AFTER);
        let retry_after = retry_after.and_then(|value| value.to_str().ok()).map(str::to_owned);
        let status = answer.status().as_u16();
        let body = beginning(answer, deadline).await;
        Ok(Reply { status, retry_after, body })
    }

    fn request(&self, letter: Letter) -> Result<Request<Full<Bytes>>, Undelivered> {
        let to = self.policy.check(&letter.url).map_err(|_refusal| Undelivered::Refused)?;
        let mut request = Request::post(to.uri()).header(header::USER_AGENT, USER_AGENT);
        for (name, value) in letter.headers {
            let value = HeaderValue::try_from(value).map_err(|_error| Undelivered::Refused)?;
            request = request.header(name, value);
        }
        let body = Full::new(letter.body.into());
        request.body(body).map_err(|_error| Undelivered::Refused)
    }
}

impl Outbound for Client {
    fn post(&self, letter: Letter) -> Deed<'_, Result<Reply, Undelivered>> {
        Box::pin(self.exchange(letter))
    }
}

/// The beginning of a body. What was answered stands in the status: a body that breaks off, that does
/// not end in time or at all, is cut, and its connection is closed.
async fn beginning(answer: Response<Incoming>, deadline: Instant) -> Vec<u8> {
    let mut body = answer.into_body();
    let mut read = Vec::new();
    while read.len() < REPLY_BYTES_MAX {
        let Ok(Some(Ok(frame))) = timeout_at(deadline, body.frame()).await else { break };
        let data = frame.into_data().unwrap_or_default();
        let room = REPLY_BYTES_MAX - read.len();
        read.extend_from_slice(data.get(..room).unwrap_or(&data));
    }
    read
}

/// Why there is no answer, by what is at the bottom of an error.
fn why(error: &legacy::Error) -> Undelivered {
    let mut cause = error.source();
    while let Some(source) = cause {
        match source.downcast_ref::<Unconnected>() {
            Some(Unconnected::Refused) => return Undelivered::Refused,
            Some(Unconnected::Late | Unconnected::Unreached(_)) => return Undelivered::Unreached,
            None => cause = source.source(),
        }
    }
    if error.is_connect() { Undelivered::Unreached } else { Undelivered::Garbled }
}

/// The certificates that browsers trust, so that a receiver needs to be right once, and not for the
/// machine that Waygate happens to run on.
fn tls() -> Result<ClientConfig, rustls::Error> {
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

/// Where connections run.
#[derive(Debug, Clone)]
struct Connections(Tasks);

impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for Connections {
    fn execute(&self, connection: F) {
        let stop = self.0.stop_token();
        self.0.start("outbound connection", async move {
            // An idle one would outlive whoever waits for the tasks to end.
            stop.run_until_cancelled(connection).await;
        });
    }
}
