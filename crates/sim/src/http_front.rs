//! What the server answers by HTTP, besides the websocket: the version file, profile pictures and
//! the media host (docs/internals/sim.md, "Transport").

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::State,
    http::{Request, Response, StatusCode, Uri, header},
    response::{self, IntoResponse as _},
    routing::get,
};
use bytes::Bytes;
use tower::ServiceExt as _;

use crate::{Sim, media_host};

impl Sim {
    /// Answers a request as the listener of [`Sim::serve`] would, without a socket: for clients in
    /// this process, whatever the host that the request names.
    pub async fn answer(&self, request: Request<Bytes>) -> Response<Bytes> {
        let Ok(answer) = router(self.clone()).oneshot(request.map(Body::from)).await;
        let (head, body) = answer.into_parts();
        // All of it is in the memory already.
        Response::from_parts(head, to_bytes(body, usize::MAX).await.unwrap_or_default())
    }
}

/// Everything but the websocket.
pub(crate) fn router(sim: Sim) -> Router {
    Router::new()
        .route("/sw.js", get(version_file))
        .route("/v/t61.24694-24/{name}", get(picture))
        .merge(media_host::router())
        .with_state(sim)
}

/// The version of the web client, where clients look it up.
async fn version_file(State(sim): State<Sim>) -> response::Response {
    let (_, _, revision) = sim.version();
    let body = format!("/* web client */ self.data={{\"client_revision\":{revision}}};\n");
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], body).into_response()
}

/// A profile picture, under the address that its account's devices were told.
async fn picture(State(sim): State<Sim>, uri: Uri) -> response::Response {
    let asked = uri.path_and_query().map_or("", |asked| asked.as_str());
    match sim.picture_at(asked) {
        Some(jpeg) => ([(header::CONTENT_TYPE, "image/jpeg")], jpeg).into_response(),
        None => (StatusCode::NOT_FOUND, "there is no such picture\n").into_response(),
    }
}
