//! `getWaSettings`: the linked account.

use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;
use waygate_core::instance::state::State;

use super::avatar;
use crate::answer;
use crate::call::AccountCall;
use crate::refusal::Refusal;
use crate::wire::state::{StateInstance, StatusInstance, account};
use crate::wire::wid::{device_id, wid};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    avatar: String,
    phone: String,
    state_instance: StateInstance,
    device_id: String,
    chat_id: String,
    /// Seconds since 1970, while there is a ban whose end WhatsApp named.
    #[serde(skip_serializing_if = "Option::is_none")]
    suspended_until: Option<i64>,
}

pub(crate) async fn get_wa_settings(call: AccountCall) -> Result<Response, Refusal> {
    let shown = call.gateway().watch_instance(call.instance.id)?;
    let state = shown.borrow().state().clone();
    let online = StatusInstance::from(&state) == StatusInstance::Online;
    let avatar =
        if online { avatar::url(call.gateway(), call.instance.id).await } else { String::new() };
    answer::json(&told(&state, avatar))
}

fn told(state: &State, avatar: String) -> Answer {
    let state_instance = StateInstance::from(state);
    let account = account(state);
    let suspended_until = match state {
        State::Suspended { until, .. } => until.map(Timestamp::as_second),
        State::Pending
        | State::Stopped { .. }
        | State::Unlinked { .. }
        | State::Connecting { .. }
        | State::Linking(_)
        | State::Online { .. }
        | State::Offline { .. }
        | State::Banned
        | State::Failed { .. } => None,
    };
    Answer {
        avatar,
        phone: account.map(|it| it.phone.clone()).unwrap_or_default(),
        state_instance,
        device_id: account.map(device_id).unwrap_or_default(),
        chat_id: account.map(wid).unwrap_or_default(),
        suspended_until,
    }
}

#[cfg(test)]
mod tests {
    use waygate_core::account::LinkedAccount;
    use waygate_core::reason::EndReason;

    use super::*;

    #[test]
    fn an_account_that_is_not_authorized_is_not_told_and_a_ban_tells_its_end() {
        let account = LinkedAccount { phone: "15550001111".into(), lid: None, device: 3 };
        let linked = Some(account.clone());
        let failed = told(&State::Failed { linked, reason: EndReason::Fault }, String::new());
        assert_eq!((failed.phone.as_str(), failed.device_id.as_str()), ("", ""));
        let at = |second| Timestamp::from_second(second).unwrap();
        let ban = |until| State::Suspended {
            account: account.clone(),
            until,
            next_try: at(1_800_001_000),
        };
        let banned = told(&ban(Some(at(1_800_000_000))), String::new());
        assert_eq!(banned.suspended_until, Some(1_800_000_000), "not when we try again");
        assert_eq!(banned.chat_id, "15550001111@c.us");
        assert_eq!(told(&ban(None), String::new()).suspended_until, None, "nobody knows");
    }
}
