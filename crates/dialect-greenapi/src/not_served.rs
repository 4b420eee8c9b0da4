//! Methods of the vendor that are not served yet. Whoever calls one is told so: the bare `Forbidden`
//! of a wrong URL would send them looking for a typing error.

use crate::method::Group;
use crate::path::Place;

/// Their names (contract, section 3, and the methods of later pages).
const NOT_SERVED: &[&str] = &[
    "addContact",
    "addGroupParticipant",
    "archiveChat",
    "checkWhatsapp",
    "createGroup",
    "deleteContact",
    "deleteMessage",
    "deleteStatus",
    "editContact",
    "editMessage",
    "forwardMessages",
    "getAvatar",
    "getAvatarAsync",
    "getChatHistory",
    "getChats",
    "getContactInfo",
    "getContacts",
    "getGroupData",
    "getIncomingStatuses",
    "getMessage",
    "getOutgoingStatuses",
    "getProducts",
    "getStatusStatistic",
    "lastIncomingCalls",
    "lastIncomingMessages",
    "lastOutgoingCalls",
    "lastOutgoingMessages",
    "leaveGroup",
    "readChat",
    "removeAdmin",
    "removeGroupParticipant",
    "sendButtons",
    "sendContact",
    "sendFileByUpload",
    "sendFileByUrl",
    "sendInteractiveButtons",
    "sendInteractiveButtonsReply",
    "sendLink",
    "sendListMessage",
    "sendLocation",
    "sendMediaStatus",
    "sendPoll",
    "sendTemplate",
    "sendTemplateButtons",
    "sendTextStatus",
    "sendTyping",
    "sendVoiceStatus",
    "setDisappearingChat",
    "setGroupAdmin",
    "setGroupPicture",
    "setSystemProxy",
    "unarchiveChat",
    "updateGroupName",
    "updateGroupSettings",
    "uploadFile",
];

/// The vendor's spelling of a method that is not served yet.
pub(crate) fn name_of(place: Place<'_>) -> Option<&'static str> {
    let known = |name: &&&str| name.eq_ignore_ascii_case(place.method());
    (place.group() == Group::Account).then(|| NOT_SERVED.iter().find(known).copied()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::METHODS;

    #[test]
    fn what_is_served_is_not_on_the_list() {
        for name in NOT_SERVED {
            let served = METHODS.iter().any(|method| method.is_called(Group::Account, name));
            assert!(!served, "{name}");
        }
    }
}
