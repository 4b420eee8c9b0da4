//! Invitations to groups.

use serde::Serialize;
use waygate_core::message::content::GroupInvite;

use crate::wire::chat_id::chat_id;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct InviteData<'a> {
    group_jid: String,
    invite_code: &'a str,
    /// Seconds since 1970, as a text.
    invite_expiration: String,
    group_name: &'a str,
    caption: &'a str,
    /// What the sender is called.
    name: &'a str,
    jpeg_thumbnail: &'a str,
}

impl<'a> InviteData<'a> {
    pub(super) fn of(invite: &'a GroupInvite, sender_name: &'a str) -> Self {
        Self {
            group_jid: chat_id(&invite.group),
            invite_code: &invite.code,
            invite_expiration: invite.expires_at_s.to_string(),
            group_name: &invite.group_name,
            caption: &invite.caption,
            name: sender_name,
            jpeg_thumbnail: &invite.thumbnail,
        }
    }
}
