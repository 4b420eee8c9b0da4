//! The phone's first message to a new companion: the app-state keys
//! (docs/internals/sim.md, "Greeting"). Clients wait for it before they call themselves connected.

use waproto::{
    buffa::MessageField,
    whatsapp::{
        Message,
        message::{
            AppStateSyncKey, AppStateSyncKeyData, AppStateSyncKeyFingerprint, AppStateSyncKeyId,
            AppStateSyncKeyShare, ProtocolMessage, protocol_message::Type,
        },
    },
};

use crate::app_state::SyncKey;

/// The greeting's plaintext.
pub(crate) fn key_share(key: &SyncKey, raw_id: u32) -> Message {
    let fingerprint = AppStateSyncKeyFingerprint {
        raw_id: Some(raw_id),
        current_index: Some(0),
        device_indexes: vec![0],
    };
    let shared = AppStateSyncKey {
        key_id: MessageField::some(AppStateSyncKeyId { key_id: Some(key.id.to_vec()) }),
        key_data: MessageField::some(AppStateSyncKeyData {
            key_data: Some(key.data.to_vec()),
            fingerprint: MessageField::some(fingerprint),
            timestamp: Some(key.created_unix_ms),
        }),
    };
    let protocol = ProtocolMessage {
        r#type: Some(Type::APP_STATE_SYNC_KEY_SHARE),
        app_state_sync_key_share: MessageField::some(AppStateSyncKeyShare { keys: vec![shared] }),
        ..ProtocolMessage::default()
    };
    Message { protocol_message: MessageField::some(protocol), ..Message::default() }
}
