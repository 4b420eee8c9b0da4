//! `setProfilePicture`: the account's own picture.

use axum::response::Response;
use bytes::Bytes;
use serde::Serialize;
use waygate_core::error::Kind;

use super::avatar;
use crate::answer;
use crate::call::AccountCall;
use crate::refusal::Refusal;
use crate::wire::form;
use crate::wire::state::StateInstance;

/// What every JPEG begins with: start of image, and the start of a marker.
const JPEG_BEGINNING: &[u8] = &[0xff, 0xd8, 0xff];

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    set_profile_picture: bool,
    url_avatar: String,
    /// `null` after a success.
    reason: Option<String>,
}

pub(crate) async fn set_profile_picture(call: AccountCall) -> Result<Response, Refusal> {
    let jpeg = form::file(call.said.content_type(), call.said.body.clone()).await?;
    let reason = match refused(&jpeg) {
        Some(reason) => Some(reason.to_owned()),
        None => set(&call, jpeg).await?,
    };
    let url_avatar = match &reason {
        None => avatar::url(call.gateway(), call.instance.id).await,
        Some(_) => String::new(),
    };
    answer::json(&Answer { set_profile_picture: reason.is_none(), url_avatar, reason })
}

fn refused(jpeg: &[u8]) -> Option<&'static str> {
    (!jpeg.starts_with(JPEG_BEGINNING)).then_some("the picture is not a JPEG")
}

/// Why WhatsApp did not take the picture, if it did not.
async fn set(call: &AccountCall, jpeg: Bytes) -> Result<Option<String>, Refusal> {
    let set = call.gateway().set_profile_picture(call.instance.id, jpeg.into()).await;
    let Err(error) = set else { return Ok(None) };
    match error.kind() {
        Kind::Invalid | Kind::Unreachable | Kind::Limited { .. } => {
            Ok(Some(error.public().to_owned()))
        }
        // Authorized and out of reach for a moment is not what that error says.
        Kind::WrongState if is_authorized(call)? => Ok(Some(error.public().to_owned())),
        Kind::NotFound | Kind::Conflict | Kind::WrongState | Kind::Internal => Err(error.into()),
    }
}

fn is_authorized(call: &AccountCall) -> Result<bool, Refusal> {
    let shown = call.gateway().watch_instance(call.instance.id)?;
    Ok(StateInstance::from(shown.borrow().state()) == StateInstance::Authorized)
}
