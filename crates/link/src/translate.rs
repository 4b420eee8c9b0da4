//! The library's events in the words of `core`.

use waygate_core::account::LinkedAccount;
use waygate_core::port::link::LinkEvent;
use waygate_core::reason::EndReason;
use waygate_core::secret::{PairingText, QrText};
use whatsapp_rust::pair::NATIVE_CAMERA_DEEP_LINK_PREFIX;
use whatsapp_rust::types::events::{
    ConnectFailureReason, Event, EventInterest, EventKind, LoggedOut,
};
use whatsapp_rust::wacore_binary::Node;
use whatsapp_rust::{Client, Jid};

use crate::{library_clock, pairing_code, passkey};

/// What an event of the library means to us.
pub(crate) enum Meaning {
    /// Tell it.
    Tell(LinkEvent),
    /// The keys must be on the disk before it may be told.
    TellOnceStored(LinkEvent),
    /// It explains the end that follows.
    Explains(EndReason),
    /// Nothing.
    Nothing,
}

/// The kinds that mean something here; the library does not even build the others.
pub(crate) fn interest() -> EventInterest {
    EventInterest::of(&[
        EventKind::PairingQrCode,
        EventKind::PairingQrCodesExhausted,
        EventKind::PairSuccess,
        EventKind::PairError,
        EventKind::PairingCode,
        EventKind::PairingCodeError,
        EventKind::PairingCodeRefresh,
        EventKind::PairPasskeyRequest,
        EventKind::PairPasskeyConfirmation,
        EventKind::PairPasskeyError,
        EventKind::Connected,
        EventKind::SelfPushNameUpdated,
        EventKind::LoggedOut,
        EventKind::StreamReplaced,
        EventKind::ClientOutdated,
        EventKind::TemporaryBan,
        EventKind::ConnectFailure,
        EventKind::StreamError,
        EventKind::Messages,
        EventKind::Receipt,
        EventKind::RawNode,
        EventKind::IncomingCall,
        EventKind::MissedCall,
        EventKind::ServerAck,
    ])
}

/// The account behind the ids that WhatsApp gave to a device.
pub(crate) fn account(own: &Jid, lid: Option<&Jid>) -> LinkedAccount {
    LinkedAccount {
        phone: own.user.to_string(),
        lid: lid.map(|lid| lid.user.to_string()).filter(|lid| !lid.is_empty()),
        device: own.device,
    }
}

/// What this event means; `camera_link` as in the settings.
#[expect(clippy::wildcard_enum_match_arm, reason = "a foreign enum with some sixty kinds")]
pub(crate) fn meaning(event: &Event, client: &Client, camera_link: bool) -> Meaning {
    match event {
        Event::PairingQrCode(code) => {
            let prefix = if camera_link { NATIVE_CAMERA_DEEP_LINK_PREFIX } else { "" };
            let text = QrText::new(format!("{prefix}{}", code.code));
            let issued_at = library_clock::now();
            Meaning::Tell(LinkEvent::QrIssued { text, issued_at, valid_for: code.timeout })
        }
        // While a pairing code can still be typed, the connection goes on.
        Event::PairingQrCodesExhausted(end) if !end.disconnected => Meaning::Nothing,
        Event::PairingQrCodesExhausted(_) => Meaning::Explains(EndReason::CodesExhausted),
        Event::PairSuccess(success) => {
            let account = account(&success.id, Some(&success.lid));
            Meaning::TellOnceStored(LinkEvent::Paired(account))
        }
        Event::PairError(_) => Meaning::Tell(LinkEvent::PairingFailed),
        Event::PairingCode(code) => {
            let text = PairingText::new(code.code.as_str());
            let issued_at = library_clock::now();
            Meaning::Tell(LinkEvent::PairingCodeIssued { text, issued_at, valid_for: code.timeout })
        }
        Event::PairingCodeError(error) => {
            Meaning::Tell(LinkEvent::PairingCodeRefused(pairing_code::refusal(error)))
        }
        Event::PairingCodeRefresh(_) => Meaning::Tell(LinkEvent::PairingCodeSpent),
        Event::PairPasskeyRequest(request) => Meaning::Tell(passkey::challenge(request)),
        Event::PairPasskeyConfirmation(confirmation) => Meaning::Tell(passkey::code(confirmation)),
        Event::PairPasskeyError(error) => Meaning::Tell(passkey::failure(error)),
        Event::Connected(_) => {
            // A login has an id: without one the library would have offered a code.
            let Some(own) = client.pn() else { return Meaning::Nothing };
            let account = account(&own, client.lid().as_ref());
            let push_name = Some(client.push_name()).filter(|name| !name.is_empty());
            Meaning::Tell(LinkEvent::Connected { account, push_name })
        }
        Event::SelfPushNameUpdated(update) => {
            Meaning::Tell(LinkEvent::PushNameChanged(update.new_name.clone()))
        }
        Event::LoggedOut(end) => Meaning::Explains(logged_out(end)),
        Event::StreamReplaced(_) => Meaning::Explains(EndReason::Replaced),
        Event::ClientOutdated(_) => Meaning::Explains(EndReason::Refused { code: 405 }),
        Event::TemporaryBan(ban) => {
            Meaning::Explains(EndReason::TemporaryBan { expires_in: ban.expire.to_std().ok() })
        }
        Event::ConnectFailure(failure) => Meaning::Explains(refused(failure.reason)),
        Event::StreamError(error) => {
            error.raw.as_ref().and_then(stream_error).map_or(Meaning::Nothing, Meaning::Explains)
        }
        _ => Meaning::Nothing,
    }
}

fn refused(reason: ConnectFailureReason) -> EndReason {
    match u16::try_from(reason.code()).unwrap_or(0) {
        402 => EndReason::TemporaryBan { expires_in: None },
        code => EndReason::Refused { code },
    }
}

/// What a `failure` stanza says that the library made no event of.
pub(crate) fn failure(stanza: &Node) -> Option<EndReason> {
    let reason = stanza.attrs.get("reason")?.to_string().parse::<u16>().unwrap_or(0);
    Some(match reason {
        402 => EndReason::TemporaryBan { expires_in: None },
        code => EndReason::Refused { code },
    })
}

/// The library calls many ends a logout; the stanza tells which of them are one.
fn logged_out(end: &LoggedOut) -> EndReason {
    match &end.raw {
        // Nothing that WhatsApp said; one login will tell.
        None => EndReason::StreamUnauthorized,
        Some(stanza) if stanza.tag == "stream:error" => {
            stream_error(stanza).unwrap_or(EndReason::StreamUnauthorized)
        }
        Some(_) => refused(end.reason),
    }
}

/// What a `stream:error` stanza says; `None` when it is about one stanza and ends nothing.
pub(crate) fn stream_error(stanza: &Node) -> Option<EndReason> {
    let code =
        stanza.attrs.get("code").and_then(|code| code.to_string().parse::<u16>().ok()).unwrap_or(0);
    if let Some(conflict) = stanza.get_optional_child("conflict") {
        let kind = conflict.attrs.get("type").map(ToString::to_string);
        return Some(match kind.as_deref() {
            Some("replaced") => EndReason::Replaced,
            Some("device_removed") => EndReason::DeviceRemoved,
            None if code == 409 => EndReason::Replaced,
            None | Some(_) => EndReason::UnknownConflict,
        });
    }
    Some(match code {
        401 => EndReason::StreamUnauthorized,
        409 => EndReason::Replaced,
        429 => EndReason::RateLimited,
        503 => EndReason::ServerBusy,
        515 => EndReason::RestartRequired,
        516 => EndReason::DeviceRemoved,
        _ if stanza.get_optional_child("xml-not-well-formed").is_some() => EndReason::Malformed,
        _ if stanza.get_optional_child("ack").is_some() => return None,
        code => EndReason::StreamFault { code },
    })
}

#[cfg(test)]
mod tests {
    use whatsapp_rust::NodeBuilder;

    use super::*;

    fn error(code: Option<&str>, child: Option<Node>) -> Node {
        let mut builder = NodeBuilder::new("stream:error");
        if let Some(code) = code {
            builder = builder.attr("code", code.to_owned());
        }
        builder.children(child).build()
    }

    fn conflict(kind: Option<&str>) -> Node {
        let builder = NodeBuilder::new("conflict");
        match kind {
            Some(kind) => builder.attr("type", kind.to_owned()).build(),
            None => builder.build(),
        }
    }

    #[test]
    fn every_stream_error_is_told_apart() {
        for (code, child, expected) in [
            (Some("515"), None, Some(EndReason::RestartRequired)),
            (Some("516"), None, Some(EndReason::DeviceRemoved)),
            (Some("401"), Some(conflict(Some("device_removed"))), Some(EndReason::DeviceRemoved)),
            (Some("401"), Some(conflict(Some("news"))), Some(EndReason::UnknownConflict)),
            (Some("401"), None, Some(EndReason::StreamUnauthorized)),
            (Some("409"), Some(conflict(Some("replaced"))), Some(EndReason::Replaced)),
            (None, Some(conflict(Some("replaced"))), Some(EndReason::Replaced)),
            (None, Some(conflict(None)), Some(EndReason::UnknownConflict)),
            (Some("409"), None, Some(EndReason::Replaced)),
            (Some("429"), None, Some(EndReason::RateLimited)),
            (Some("503"), None, Some(EndReason::ServerBusy)),
            (Some("500"), None, Some(EndReason::StreamFault { code: 500 })),
            (Some("garbage"), None, Some(EndReason::StreamFault { code: 0 })),
            (None, None, Some(EndReason::StreamFault { code: 0 })),
            (
                None,
                Some(NodeBuilder::new("xml-not-well-formed").build()),
                Some(EndReason::Malformed),
            ),
            (None, Some(NodeBuilder::new("ack").build()), None),
        ] {
            let stanza = error(code, child);
            assert_eq!(stream_error(&stanza), expected, "{stanza:?}");
        }
    }
}
