//! Files of messages: fetched from WhatsApp's media hosts, checked and opened.
//!
//! The library finds the hosts, asks one after the other and opens what they give: its MAC proves that
//! whoever wrote the message has written the file too. Here both of the message's hashes are checked
//! besides, of what the host gives and of what it is opened to, and nobody is made to read more than was
//! asked for.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use waygate_core::error::{Error, Kind};
use waygate_core::message::media::{MediaFile, MediaKind};
use waygate_core::port::link::Deed;
use whatsapp_rust::download::{
    DownloadParams, MediaDecryptionError, MediaDownloadError, MediaDownloader, MediaRoute,
    MediaType,
};
use whatsapp_rust::http::{HttpClient, HttpRequest, HttpResponse};
use whatsapp_rust::{Client, Runtime, anyhow};

use crate::http_client::{LinkHttp, TooLarge};
use crate::profile::{ClientSlot, run_within, translate};
use crate::runtime::ConnectionTasks;

/// How long fetching a file may take, from the question for the hosts to the opened file.
const FETCHED_WITHIN: Duration = Duration::from_secs(100);

/// What is added to a file when it is closed: at most a block of padding, and the MAC.
const CLOSED_BYTES_MORE: u64 = 16 + 10;

/// The hosts' status of success.
const SUCCESS: std::ops::Range<u16> = 200..300;

/// The files that a connection can fetch.
#[derive(Clone)]
pub(crate) struct MediaDesk {
    pub(crate) client: ClientSlot,
    pub(crate) tasks: ConnectionTasks,
    pub(crate) http: LinkHttp,
}

impl fmt::Debug for MediaDesk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MediaDesk")
    }
}

/// A file as the message describes it.
#[derive(Clone)]
struct Wanted {
    path: String,
    /// `None` of a file that is not encrypted.
    key: Option<Vec<u8>>,
    sha256: Vec<u8>,
    encrypted_sha256: Vec<u8>,
    kind: MediaType,
    bytes_max: u64,
}

impl MediaDesk {
    /// See [`waygate_core::port::link::Line::fetch_media`].
    pub(crate) fn fetch(
        &self,
        kind: MediaKind,
        file: MediaFile,
        bytes_max: u64,
    ) -> Deed<'static, Result<Vec<u8>, Error>> {
        let Self { client, tasks, http } = self.clone();
        Box::pin(async move {
            let (client, _own) = client.logged_in()?;
            let wanted = Wanted::read(kind, &file, bytes_max)?;
            let runtime: Arc<dyn Runtime> = Arc::new(tasks.clone());
            run_within(FETCHED_WITHIN, &tasks, async move {
                fetch(&client, &http, &runtime, &wanted).await
            })
            .await
        })
    }
}

/// Asks the hosts that WhatsApp names; where they do not know the file, or us, those that it names when
/// it is asked again.
async fn fetch(
    client: &Client,
    http: &LinkHttp,
    runtime: &Arc<dyn Runtime>,
    wanted: &Wanted,
) -> Result<Vec<u8>, Error> {
    for asked_again in [false, true] {
        let hosts = client.refresh_media_conn(asked_again).await;
        let route = MediaRoute::from(&hosts.map_err(|error| translate(&error))?);
        let found = fetch_along(route, Arc::new(http.clone()), runtime, wanted).await?;
        if let Some(bytes) = found {
            return Ok(bytes);
        }
    }
    Err(Error::new(Kind::NotFound, "WhatsApp does not have the file any more"))
}

/// Asks these hosts; `None` when they do not know the file, or us.
async fn fetch_along(
    route: MediaRoute,
    http: Arc<dyn HashingHttp>,
    runtime: &Arc<dyn Runtime>,
    wanted: &Wanted,
) -> Result<Option<Vec<u8>>, Error> {
    let watch = Arc::new(Watch::new(http, wanted));
    let downloader = MediaDownloader::new(Arc::<Watch>::clone(&watch), Arc::clone(runtime), route);
    let fetched = downloader.download(&wanted.params()).await;
    match fetched {
        Ok(bytes) => wanted.checked(bytes).await.map(Some),
        Err(MediaDownloadError::ReferenceRejected(_)) => Ok(None),
        Err(error) => Err(watch.refusal(&error)),
    }
}

impl Wanted {
    fn read(kind: MediaKind, file: &MediaFile, bytes_max: u64) -> Result<Self, Error> {
        let read = |text: &str| {
            STANDARD.decode(text).map_err(|_quotes| {
                Error::new(Kind::Invalid, "the message does not say how its file is opened")
            })
        };
        let key = read(&file.key)?;
        Ok(Self {
            path: file.path.to_string(),
            key: Some(key).filter(|key| !key.is_empty()),
            sha256: read(&file.sha256)?,
            encrypted_sha256: read(&file.encrypted_sha256)?,
            kind: match kind {
                MediaKind::Image => MediaType::Image,
                MediaKind::Video | MediaKind::RoundVideo => MediaType::Video,
                MediaKind::Audio | MediaKind::Voice => MediaType::Audio,
                MediaKind::Document => MediaType::Document,
                MediaKind::Sticker => MediaType::Sticker,
            },
            bytes_max,
        })
    }

    fn params(&self) -> DownloadParams {
        DownloadParams {
            direct_path: self.path.clone(),
            media_key: self.key.clone(),
            file_sha256: self.sha256.clone(),
            file_enc_sha256: Some(self.encrypted_sha256.clone()),
            file_length: 0,
            media_type: self.kind,
        }
    }

    /// The file, if it is the one that the message tells of.
    async fn checked(&self, bytes: Vec<u8>) -> Result<Vec<u8>, Error> {
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > self.bytes_max {
            return Err(too_large());
        }
        let expected = self.sha256.clone();
        // Where it may take its time: it may be a hundred megabytes.
        let checked = tokio::task::spawn_blocking(move || {
            let is_it = Sha256::digest(&bytes).as_slice() == expected;
            is_it.then_some(bytes)
        });
        let checked = checked.await.map_err(|stopped| {
            Error::new(Kind::Internal, "the file could not be checked").because(stopped)
        })?;
        checked.ok_or_else(another)
    }
}

/// An HTTP client that hashes what comes while it comes.
#[async_trait]
trait HashingHttp: Send + Sync {
    async fn exchange_hashing(
        &self,
        request: HttpRequest,
        body_max: usize,
        hash: &mut Sha256,
    ) -> anyhow::Result<HttpResponse>;
}

#[async_trait]
impl HashingHttp for LinkHttp {
    async fn exchange_hashing(
        &self,
        request: HttpRequest,
        body_max: usize,
        hash: &mut Sha256,
    ) -> anyhow::Result<HttpResponse> {
        Self::exchange_hashing(self, request, body_max, Some(hash)).await
    }
}

/// Stands between the library and the hosts: reads no more than the file may have, and lets through
/// only what has the hash that the message says.
struct Watch {
    http: Arc<dyn HashingHttp>,
    body_max: usize,
    expected: Option<Vec<u8>>,
    was_too_large: AtomicBool,
    was_another: AtomicBool,
}

/// What a host gave is not the file.
#[derive(Debug, thiserror::Error)]
#[error("a host gave something else than the file")]
struct Another;

impl Watch {
    fn new(http: Arc<dyn HashingHttp>, wanted: &Wanted) -> Self {
        let body_max = wanted.bytes_max.saturating_add(CLOSED_BYTES_MORE);
        Self {
            http,
            body_max: usize::try_from(body_max).unwrap_or(usize::MAX),
            expected: wanted.key.is_some().then(|| wanted.encrypted_sha256.clone()),
            was_too_large: AtomicBool::new(false),
            was_another: AtomicBool::new(false),
        }
    }

    /// Why there is no file. The library's own words name the address, which is nobody's business.
    fn refusal(&self, error: &MediaDownloadError) -> Error {
        let is_broken = if let MediaDownloadError::HostsUnreachable(cause) = error {
            cause.is::<MediaDecryptionError>()
        } else {
            false
        };
        if self.was_too_large.load(Ordering::Relaxed) {
            too_large()
        } else if is_broken || self.was_another.load(Ordering::Relaxed) {
            another()
        } else {
            Error::new(Kind::Unreachable, "no host of WhatsApp's gives the file at the moment")
        }
    }
}

#[async_trait]
impl HttpClient for Watch {
    async fn execute(&self, request: HttpRequest) -> anyhow::Result<HttpResponse> {
        let mut hash = Sha256::new();
        let answer = self.http.exchange_hashing(request, self.body_max, &mut hash).await;
        if let Err(error) = &answer
            && error.is::<TooLarge>()
        {
            self.was_too_large.store(true, Ordering::Relaxed);
        }
        let answer = answer?;
        let is_file = SUCCESS.contains(&answer.status_code);
        let is_another =
            self.expected.as_ref().is_some_and(|it| hash.finalize().as_slice() != it.as_slice());
        if is_file && is_another {
            self.was_another.store(true, Ordering::Relaxed);
            return Err(Another.into());
        }
        Ok(answer)
    }
}

fn too_large() -> Error {
    Error::new(Kind::Invalid, "the file is larger than what is handed out")
}

fn another() -> Error {
    Error::new(Kind::Invalid, "what WhatsApp gives is not the file of the message")
}

#[cfg(test)]
mod tests;
