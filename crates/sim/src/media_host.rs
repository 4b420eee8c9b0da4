//! The media host: files are uploaded to it and fetched from it by HTTP
//! (docs/internals/sim.md, "Media").

use axum::{
    Json, Router,
    body::{Body, to_bytes},
    extract::{Path, State},
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use bytes::Bytes;
use serde::Serialize;
use wacore_binary::{Node, builder::NodeBuilder};

use crate::{
    RefusalKind, Sim,
    media_store::{
        AUTH_TTL_S, AddressError, AuthError, FILE_BYTES_MAX, FOLDER, MediaFile, ROUTE_TTL_S,
        UPLOADS,
    },
    socket::ORIGIN,
    world::{DeviceKey, World},
};

/// A file is encrypted in blocks of 16 bytes, of which there is one at least, and then a MAC of 10.
const BLOCK_BYTES: usize = 16;
const MAC_BYTES: usize = 10;

/// What comes behind the question mark.
type Asked = Vec<(String, String)>;

/// The routes of the host.
pub(crate) fn router() -> Router<Sim> {
    Router::new()
        .route("/mms/{type}/{token}", post(upload))
        .route(&format!("{FOLDER}{{name}}"), get(download))
}

/// What a device is told of the host, with a token of its own.
pub(crate) fn media_conn(world: &World, key: &DeviceKey) -> Option<Node> {
    let account = world.accounts.get(&key.number)?;
    let auth = world.media.issue(&account.lid, key.device, world.clock.unix_s());
    let can = |what: &'static str| NodeBuilder::new(what).build();
    let host = NodeBuilder::new("host")
        .attr("hostname", world.media.host.as_str())
        .attr("type", "primary")
        .children([can("upload"), can("download")])
        .build();
    let node = NodeBuilder::new("media_conn")
        .attr("auth", auth)
        .attr("ttl", ROUTE_TTL_S)
        .attr("auth_ttl", AUTH_TTL_S)
        .attr("max_buckets", 12)
        .children([host])
        .build();
    Some(node)
}

/// What an upload is answered with.
#[derive(Debug, Serialize)]
struct Uploaded {
    url: String,
    direct_path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    resume: Option<&'static str>,
}

/// A request that is refused, and put on record.
#[derive(Debug)]
struct Refused {
    status: StatusCode,
    detail: &'static str,
}

impl Refused {
    const fn new(status: StatusCode, detail: &'static str) -> Self {
        Self { status, detail }
    }

    const fn bad(detail: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    fn answer(self, sim: &Sim) -> Response {
        sim.world().refuse(None, RefusalKind::Media, self.detail);
        (self.status, format!("{}\n", self.detail)).into_response()
    }
}

async fn upload(
    State(sim): State<Sim>,
    Path((kind, token)): Path<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let asked = asked(&uri);
    let taken = match check_upload(&sim, (&kind, &token), &asked, &headers) {
        Ok(upload) if value(&asked, "resume") == Some("1") => Ok(progress(&sim, upload, &token)),
        Ok(upload) => take(&sim, upload, &token, body).await,
        Err(refused) => Err(refused),
    };
    taken.unwrap_or_else(|refused| refused.answer(&sim))
}

/// What can be said of an upload before its bytes are there.
fn check_upload(
    sim: &Sim,
    (kind, token): (&str, &str),
    asked: &[(String, String)],
    headers: &HeaderMap,
) -> Result<&'static str, Refused> {
    let upload = UPLOADS.into_iter().find(|upload| *upload == kind);
    let upload = upload.ok_or(Refused::new(StatusCode::NOT_FOUND, "no such kind of upload"))?;
    if headers.get(header::ORIGIN).is_none_or(|origin| origin != ORIGIN) {
        return Err(Refused::new(StatusCode::FORBIDDEN, "an upload from another origin"));
    }
    check_auth(&sim.world(), value(asked, "auth").unwrap_or_default())?;
    if value(asked, "token") != Some(token) || hash_of(token).is_none() {
        return Err(Refused::bad(
            "an upload whose token is no hash, or is not the one in the path",
        ));
    }
    match value(asked, "file_offset") {
        None | Some("0") => Ok(upload),
        Some(_) => {
            let detail = "the rest of an upload of which the beginning is not kept";
            Err(Refused::new(StatusCode::NOT_IMPLEMENTED, detail))
        }
    }
}

/// Whether a token is that of a device that is linked.
fn check_auth(world: &World, token: &str) -> Result<(), Refused> {
    let unauthorized = |detail| Err(Refused::new(StatusCode::UNAUTHORIZED, detail));
    match world.media.check(token, world.clock.unix_s()) {
        Ok((lid, device)) if world.is_linked(&lid, device) => Ok(()),
        Ok(_) => unauthorized("the media token of a device that was unlinked"),
        Err(AuthError::Expired) => unauthorized("a media token after its time"),
        Err(AuthError::Unknown) => unauthorized("no media token, or one that was never given out"),
    }
}

/// How much of an upload is there: all of it, or nothing.
fn progress(sim: &Sim, upload: &'static str, token: &str) -> Response {
    let world = sim.world();
    let known =
        hash_of(token).and_then(|hash| world.media.known(upload, &hash, world.clock.unix_s()));
    match known {
        Some(direct_path) => Json(uploaded(&world, direct_path, Some("complete"))).into_response(),
        None => Json(serde_json::json!({ "resume": "0" })).into_response(),
    }
}

/// Takes an upload that is as large as it may be, in whole blocks, and what its token says.
async fn take(
    sim: &Sim,
    upload: &'static str,
    token: &str,
    body: Body,
) -> Result<Response, Refused> {
    let too_large =
        Refused::new(StatusCode::PAYLOAD_TOO_LARGE, "a file that is too large, or broke off");
    let bytes = to_bytes(body, FILE_BYTES_MAX).await.map_err(|_unread| too_large)?;
    let blocks = bytes.len().saturating_sub(MAC_BYTES);
    if blocks == 0 || blocks % BLOCK_BYTES != 0 {
        return Err(Refused::bad("a file that is not whole blocks and their MAC"));
    }
    let file = MediaFile::new(upload, bytes);
    if hash_of(token) != Some(file.hash) {
        return Err(Refused::bad("a file of another hash than its token says"));
    }
    let mut world = sim.world();
    world.report.count_request(&format!("mms/{upload}/upload"));
    let unix_s = world.clock.unix_s();
    let direct_path = world.media.keep(file, unix_s);
    Ok(Json(uploaded(&world, direct_path, None)).into_response())
}

fn uploaded(world: &World, direct_path: String, resume: Option<&'static str>) -> Uploaded {
    Uploaded { url: world.media.url(&direct_path), direct_path, resume }
}

async fn download(State(sim): State<Sim>, uri: Uri, headers: HeaderMap) -> Response {
    let asked = asked(&uri);
    let direct_path = uri.path_and_query().map_or("", |asked| asked.as_str());
    match find(&sim, direct_path, &asked) {
        Ok(file) => part(file.bytes, &headers).unwrap_or_else(|refused| refused.answer(&sim)),
        Err(refused) => refused.answer(&sim),
    }
}

/// The file that is asked for, if all that is said of it is right.
fn find(sim: &Sim, direct_path: &str, asked: &[(String, String)]) -> Result<MediaFile, Refused> {
    let mut world = sim.world();
    let found = world.media.at(direct_path, world.clock.unix_s()).cloned();
    let file = found.map_err(|error| match error {
        AddressError::Signature => {
            Refused::new(StatusCode::FORBIDDEN, "an address that was never given out")
        }
        AddressError::Expired => Refused::new(StatusCode::FORBIDDEN, "an address after its time"),
        AddressError::Gone => Refused::new(StatusCode::NOT_FOUND, "there is no such file"),
    })?;
    if let Some(token) = value(asked, "auth") {
        check_auth(&world, token)?;
    }
    // Some clients pad it.
    let other_hash = |said: &str| said.trim_end_matches('=') != file.token();
    if ["hash", "token"].iter().filter_map(|name| value(asked, name)).any(other_hash) {
        return Err(Refused::bad("a file of another hash than was asked for"));
    }
    if value(asked, "mms-type").is_some_and(|kind| kind != file.upload) {
        return Err(Refused::bad("a file of another kind than was asked for"));
    }
    world.report.count_request(&format!("mms/{}/download", file.upload));
    Ok(file)
}

/// The whole file, or the one part of it that is asked for.
fn part(bytes: Bytes, headers: &HeaderMap) -> Result<Response, Refused> {
    let accepts = (header::ACCEPT_RANGES, "bytes");
    let Some(range) = headers.get(header::RANGE) else {
        return Ok(([accepts], bytes).into_response());
    };
    let refused = Refused::new(StatusCode::RANGE_NOT_SATISFIABLE, "a part that the file has not");
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let ranges = range
        .to_str()
        .ok()
        .and_then(|range| http_range_header::parse_range_header(range).ok()?.validate(length).ok());
    let Some([range]) = ranges.as_deref() else { return Err(refused) };
    let said = format!("bytes {}-{}/{length}", range.start(), range.end());
    let place = |at: &u64| usize::try_from(*at).unwrap_or(usize::MAX);
    let part = bytes.slice(place(range.start())..=place(range.end()));
    let headers = [(header::CONTENT_RANGE, said), (header::ACCEPT_RANGES, "bytes".to_owned())];
    Ok((StatusCode::PARTIAL_CONTENT, headers, part).into_response())
}

/// The hash that a token is.
fn hash_of(token: &str) -> Option<[u8; 32]> {
    BASE64_URL_SAFE_NO_PAD.decode(token).ok()?.try_into().ok()
}

fn asked(uri: &Uri) -> Asked {
    let query = uri.query().unwrap_or_default();
    url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

fn value<'a>(asked: &'a [(String, String)], wanted: &str) -> Option<&'a str> {
    asked.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
}
