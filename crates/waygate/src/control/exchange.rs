//! One request and its answer, over a stream or from a site in this process.

use std::pin::pin;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Body, Bytes};
use hyper::header::{CONNECTION, CONTENT_TYPE, HOST, HeaderMap, RETRY_AFTER};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::time::{Instant, timeout, timeout_at};
use waygate_http::listener::Limits;
use waygate_http::site::Site;

use super::socket::Stream;

/// How long an answer may take beyond the time that was asked for.
const MARGIN: Duration = Duration::from_secs(10);

/// After this a person is told what is waited for.
const TOLD_AFTER: Duration = Duration::from_secs(3);

/// The largest answer: well above that of the longest page of a list.
pub(super) const ANSWER_BYTES_MAX: usize = 8 * 1024 * 1024;

/// What is asked.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) method: Method,
    pub(super) path: &'a str,
    pub(super) body: Option<&'a Value>,
    pub(super) takes: Takes,
}

/// How long the answer takes by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// No time.
    Nothing,
    /// As long as WhatsApp takes.
    Deed,
    /// So long, unless there is news before.
    Waiting(Duration),
}

/// What came back; `body` is null when it was empty.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Value,
    /// When it may be asked again, of what was asked too often.
    pub(super) retry_after: Option<Duration>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoAnswer {
    #[error("no answer in {} s", .0.as_secs())]
    InTime(Duration),
    #[error("the running server ended before it answered")]
    Ended(#[source] anyhow::Error),
}

/// Asks the process at the other end of a stream, which is used up by that; `tell` is called when a
/// person would wonder.
pub(super) async fn over(
    stream: Stream,
    call: Call<'_>,
    tell: impl FnOnce(),
) -> Result<Answer, NoAnswer> {
    let takes = call.takes;
    let mut asked = pin!(async {
        let (mut requests, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let request = call.request::<Full<Bytes>>()?;
        let mut exchange = pin!(async move { read(requests.send_request(request).await?).await });
        // The connection moves both ways; it may end before its last answer has been read.
        tokio::select! {
            answer = &mut exchange => answer,
            ended = connection => {
                ended?;
                exchange.await
            }
        }
    });
    let within = takes.within();
    // Whoever waits for news is shown something else meanwhile.
    let told = !matches!(takes, Takes::Waiting(_));
    let deadline = Instant::now() + within;
    if told && let Ok(answered) = timeout(TOLD_AFTER, &mut asked).await {
        return answered.map_err(NoAnswer::Ended);
    }
    if told {
        tell();
    }
    let answered = timeout_at(deadline, asked).await;
    answered.map_err(|_late| NoAnswer::InTime(within))?.map_err(NoAnswer::Ended)
}

/// Asks a site in this process.
pub(super) async fn within(site: &Site, call: Call<'_>) -> anyhow::Result<Answer> {
    read(site.answer(call.request()?, Limits::default().handler).await).await
}

impl Takes {
    /// After how long nobody waits any more.
    pub(super) fn within(self) -> Duration {
        match self {
            Self::Nothing => MARGIN,
            Self::Deed => Limits::default().handler + MARGIN,
            Self::Waiting(time) => time + MARGIN,
        }
    }
}

impl Call<'_> {
    fn request<B: Default + From<Vec<u8>>>(self) -> anyhow::Result<Request<B>> {
        let request = Request::builder()
            .method(self.method)
            .uri(self.path)
            .header(HOST, "localhost")
            .header(CONNECTION, "close");
        Ok(match self.body {
            Some(body) => {
                let body = B::from(serde_json::to_vec(body)?);
                request.header(CONTENT_TYPE, "application/json").body(body)?
            }
            None => request.body(B::default())?,
        })
    }
}

async fn read<B>(response: Response<B>) -> anyhow::Result<Answer>
where
    B: Body,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let status = response.status();
    let retry_after = retry_after(response.headers());
    let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
    let body = body.map_err(anyhow::Error::from_boxed)?.to_bytes();
    let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body)? };
    Ok(Answer { status, body, retry_after })
}

/// When it may be asked again.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?;
    seconds.parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::cell::Cell;

    use tokio::io::AsyncReadExt as _;

    use super::*;

    fn call(takes: Takes) -> Call<'static> {
        Call { method: Method::GET, path: "/", body: None, takes }
    }

    /// After how many seconds a server that says nothing is given up, and whether that was told.
    async fn given_up_after(takes: Takes) -> (u64, bool) {
        let (ours, mut theirs) = Stream::pair().unwrap();
        let (begun, told) = (Instant::now(), Cell::new(false));
        let silent = over(ours, call(takes), || told.set(true)).await;
        assert!(matches!(silent, Err(NoAnswer::InTime(_))), "{silent:?}");
        assert_eq!(theirs.read_u8().await.ok(), Some(b'G'), "it was asked");
        (begun.elapsed().as_secs(), told.get())
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_says_nothing_is_given_up_soon_and_a_person_is_told_meanwhile() {
        assert_eq!(given_up_after(Takes::Nothing).await, (10, true));
        assert_eq!(given_up_after(Takes::Deed).await, (130, true));
        let poll = Takes::Waiting(Duration::from_secs(25));
        assert_eq!(given_up_after(poll).await, (35, false));
    }
}
