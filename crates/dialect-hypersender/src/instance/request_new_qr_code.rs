//! `request-new-qr-code`: a code of a fresh attempt, which nobody has seen before. A link that works is
//! not touched.

use axum::http::StatusCode;
use axum::response::Response;
use waygate_core::error::Error;
use waygate_core::instance::state::State;
use waygate_core::reason::EndReason;
use waygate_core::token::TokenKind;
use waygate_engine::sight::Sight;

use crate::answer;
use crate::call::InstanceCall;
use crate::refusal::Refusal;
use crate::surface::RateLimits;
use crate::wire::code::{self, Shown};
use crate::wire::instance::InstanceBody;
use crate::wire::status;

pub(crate) async fn request_new_qr_code(call: InstanceCall) -> Result<Response, Refusal> {
    let (gateway, id) = (call.gateway(), call.instance.id);
    let shown = if is_of_no_use(&gateway.sight(id)?) {
        Shown::Nothing
    } else {
        give_up_refused_keys(&call).await?;
        ask(&call).await?;
        code::shown(gateway, id, call.desk.settings.code_within).await?
    };
    let picture = match shown {
        Shown::Code(picture) => Some(picture),
        Shown::Nothing => None,
        Shown::Unavailable(refusal) => return Err(refusal),
    };
    let token = gateway.instance_token_or_new(&call.instance, TokenKind::Hypersender).await?;
    let machine = status::running(gateway, id);
    let body = InstanceBody::of(&call.instance, machine.as_ref(), Some(&token));
    answer::json(StatusCode::OK, &body.with_code(picture))
}

/// Whether there is nothing to ask for. It must not count as a look either: an instance that is unlinked
/// soon after would begin an attempt that nobody waits for, and would not say that it has failed.
fn is_of_no_use(sight: &Sight) -> bool {
    match sight {
        // Another code would end at the same question, which is still open.
        Sight::Passkey(_) | Sight::Linked(_) => true,
        Sight::Idle { .. }
        | Sight::Preparing
        | Sight::NotBefore { .. }
        | Sight::QrCode(_)
        | Sight::PairingCode { .. }
        | Sight::PairingCodeTyped(_)
        | Sight::Finishing
        | Sight::Unusable(_)
        | Sight::Impossible(_) => false,
    }
}

async fn ask(call: &InstanceCall) -> Result<(), Error> {
    let (gateway, id) = (call.gateway(), call.instance.id);
    match call.desk.settings.rate_limits {
        RateLimits::Published => gateway.request_new_code(id).await,
        RateLimits::Off => gateway.request_new_code_unlimited(id).await,
    }
}

/// Whoever asks for a code for an instance whose keys WhatsApp refuses has no more use for them. Keys
/// that something else stands in the way of are kept: a restart may bring the account back.
async fn give_up_refused_keys(call: &InstanceCall) -> Result<(), Error> {
    let (gateway, id) = (call.gateway(), call.instance.id);
    let are_refused = matches!(
        gateway.watch_instance(id)?.borrow().state(),
        State::Failed {
            linked: Some(_),
            reason: EndReason::Refused { .. } | EndReason::StreamUnauthorized,
        }
    );
    if are_refused {
        gateway.log_out(id).await?;
    }
    Ok(())
}
