//! A poll and votes in it, as a phone makes them.
#![expect(clippy::expect_used, reason = "test code")]

use whatsapp_rust::buffa::MessageField;
use whatsapp_rust::wacore::poll::{compute_option_hash, encrypt_poll_vote_with_secret};
use whatsapp_rust::waproto::codec::message_to_vec;
use whatsapp_rust::waproto::whatsapp as wa;
use whatsapp_rust::waproto::whatsapp::message as kinds;

const SECRET: [u8; 32] = [7; 32];

/// "When?", of which one is chosen: "now" or "later".
pub(crate) fn poll() -> Vec<u8> {
    let option = |name: &str| kinds::poll_creation_message::Option {
        option_name: Some(name.into()),
        ..Default::default()
    };
    let poll = kinds::PollCreationMessage {
        name: Some("When?".into()),
        options: vec![option("now"), option("later")],
        selectable_options_count: Some(1),
        ..Default::default()
    };
    let context =
        wa::MessageContextInfo { message_secret: Some(SECRET.into()), ..Default::default() };
    message_to_vec(&wa::Message {
        poll_creation_message_v3: MessageField::some(poll),
        message_context_info: MessageField::some(context),
        ..Default::default()
    })
}

/// A vote of this voter in the poll of this id that somebody has made.
pub(crate) fn vote(poll: &str, creator: &str, voter: &str, option: &str) -> Vec<u8> {
    let (made_by, address) =
        (format!("{creator}@s.whatsapp.net"), format!("{voter}@s.whatsapp.net"));
    let chosen = [compute_option_hash(option).to_vec()];
    let sealed = encrypt_poll_vote_with_secret(&chosen, &SECRET, poll, &made_by, &address);
    let (payload, iv) = sealed.expect("it can be encrypted");
    let key = wa::MessageKey {
        from_me: Some(voter == creator),
        id: Some(poll.into()),
        ..Default::default()
    };
    let sealed = kinds::PollEncValue { enc_payload: Some(payload), enc_iv: Some(iv.into()) };
    let update = kinds::PollUpdateMessage {
        poll_creation_message_key: MessageField::some(key),
        vote: MessageField::some(sealed),
        ..Default::default()
    };
    message_to_vec(&wa::Message {
        poll_update_message: MessageField::some(update),
        ..Default::default()
    })
}
