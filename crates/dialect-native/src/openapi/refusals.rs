//! The refusals: what each code means, and how an answer with it looks.

use crate::problem::Code;

/// Every code, in the order of their statuses.
pub(crate) const ALL: [Code; 15] = [
    Code::Invalid,
    Code::Unauthorized,
    Code::Forbidden,
    Code::NotFound,
    Code::MethodNotAllowed,
    Code::Timeout,
    Code::Conflict,
    Code::WrongState,
    Code::UnderWay,
    Code::TooLarge,
    Code::KeyReused,
    Code::UpgradeRequired,
    Code::Limited,
    Code::Internal,
    Code::Unreachable,
];

/// When a request is refused so, where nothing more precise is said.
pub(crate) const fn meaning(code: Code) -> &'static str {
    match code {
        Code::Invalid => "The request cannot be read or cannot mean anything; `detail` says why.",
        Code::Unauthorized => "There is no token, or it opens nothing here.",
        Code::Forbidden => "The token lacks the scope for this, or for what it would give away.",
        Code::NotFound => "There is no such thing, or it is not yours.",
        Code::MethodNotAllowed => {
            "The address does not know the method; `Allow` names those that it knows."
        }
        Code::Timeout => "The body did not come in time.",
        Code::Conflict => "Something else stands in the way.",
        Code::WrongState => "This cannot be done in the state in which the thing is.",
        Code::UnderWay => {
            "The first request with this `Idempotency-Key` is still being carried out; ask again."
        }
        Code::KeyReused => "This `Idempotency-Key` was used for another request.",
        Code::TooLarge => "The body is larger than 256 KiB.",
        Code::UpgradeRequired => "The request asks for no websocket of version 13 in HTTP/1.1.",
        Code::Limited => "Too many requests.",
        Code::Internal => "Waygate failed. Its log says why, under the request's `X-Request-Id`.",
        Code::Unreachable => "WhatsApp did not answer.",
    }
}

/// The names of the headers that come with a refusal, by what they are listed under.
pub(crate) fn headers(code: Code) -> &'static [&'static str] {
    match code {
        Code::Unauthorized => &["WWW-Authenticate"],
        Code::UpgradeRequired => &["Upgrade", "Sec-WebSocket-Version"],
        Code::UnderWay | Code::Limited | Code::Unreachable => &["Retry-After"],
        Code::Invalid
        | Code::Forbidden
        | Code::NotFound
        | Code::MethodNotAllowed
        | Code::Timeout
        | Code::Conflict
        | Code::WrongState
        | Code::KeyReused
        | Code::TooLarge
        | Code::Internal => &[],
    }
}
