//! One request and its answer, over a stream or from a site in this process.

use std::pin::pin;
use std::time::Duration;

use anyhow::Context as _;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Body, Bytes};
use hyper::header::{CONNECTION, CONTENT_TYPE, HOST};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use waygate_http::listener::Limits;
use waygate_http::site::Site;

use super::socket::Stream;

/// How long an answer may take beyond the time that the server gives itself.
const MARGIN: Duration = Duration::from_secs(10);

/// The largest answer: well above that of the longest page of a list.
const ANSWER_BYTES_MAX: usize = 8 * 1024 * 1024;

/// What is asked.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) method: Method,
    pub(super) path: &'a str,
    pub(super) body: Option<&'a Value>,
}

/// What came back; `body` is null when it was empty.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Value,
}

/// Asks the process at the other end of a stream, which is used up by that.
pub(super) async fn over(stream: Stream, call: Call<'_>) -> anyhow::Result<Answer> {
    let asked = async {
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
    };
    let within = Limits::default().handler + MARGIN;
    let answered =
        tokio::time::timeout(within, asked).await.context("it did not answer in time")?;
    answered.context("the running server ended before it answered")
}

/// Asks a site in this process.
pub(super) async fn within(site: &Site, call: Call<'_>) -> anyhow::Result<Answer> {
    read(site.answer(call.request()?, Limits::default().handler).await).await
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
    let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
    let body = body.map_err(anyhow::Error::from_boxed)?.to_bytes();
    let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body)? };
    Ok(Answer { status, body })
}
