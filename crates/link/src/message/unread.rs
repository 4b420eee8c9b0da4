//! Kinds of messages that are not read, by the names that they have in WhatsApp's schema.

use waygate_core::message::content::Content;
use whatsapp_rust::waproto::whatsapp as wa;

/// Whether a message has each of these fields.
macro_rules! each_of {
    ($message:expr, $($field:ident $name:literal,)+) => {
        [$(($message.$field.is_set(), $name),)+]
    };
}

/// `None` for a message with nothing in it for a person: keys, notices, and what nobody knows.
pub(super) fn read(message: &wa::Message) -> Option<Content> {
    name(message).map(|kind| Content::Other { kind: kind.into() })
}

fn name(message: &wa::Message) -> Option<&'static str> {
    let fields = each_of! { message,
        call "call",
        highly_structured_message "highlyStructuredMessage",
        send_payment_message "sendPaymentMessage",
        request_payment_message "requestPaymentMessage",
        decline_payment_request_message "declinePaymentRequestMessage",
        cancel_payment_request_message "cancelPaymentRequestMessage",
        template_message "templateMessage",
        group_invite_message "groupInviteMessage",
        product_message "productMessage",
        order_message "orderMessage",
        invoice_message "invoiceMessage",
        payment_invite_message "paymentInviteMessage",
        interactive_message "interactiveMessage",
        reaction_message "reactionMessage",
        poll_update_message "pollUpdateMessage",
        keep_in_chat_message "keepInChatMessage",
        request_phone_number_message "requestPhoneNumberMessage",
        enc_reaction_message "encReactionMessage",
        scheduled_call_creation_message "scheduledCallCreationMessage",
        pin_in_chat_message "pinInChatMessage",
        scheduled_call_edit_message "scheduledCallEditMessage",
        enc_comment_message "encCommentMessage",
        bcall_message "bcallMessage",
        event_message "eventMessage",
        enc_event_response_message "encEventResponseMessage",
        comment_message "commentMessage",
        newsletter_admin_invite_message "newsletterAdminInviteMessage",
        secret_encrypted_message "secretEncryptedMessage",
        album_message "albumMessage",
        event_cover_image "eventCoverImage",
        sticker_pack_message "stickerPackMessage",
        status_mention_message "statusMentionMessage",
        poll_result_snapshot_message "pollResultSnapshotMessage",
        group_status_mention_message "groupStatusMentionMessage",
        status_add_yours "statusAddYours",
        rich_response_message "richResponseMessage",
        status_notification_message "statusNotificationMessage",
        bot_task_message "botTaskMessage",
        status_question_answer_message "statusQuestionAnswerMessage",
        question_response_message "questionResponseMessage",
        status_quoted_message "statusQuotedMessage",
        status_sticker_interaction_message "statusStickerInteractionMessage",
        newsletter_follower_invite_message_v2 "newsletterFollowerInviteMessageV2",
        poll_result_snapshot_message_v3 "pollResultSnapshotMessageV3",
        newsletter_admin_profile_message "newsletterAdminProfileMessage",
        newsletter_admin_profile_message_v2 "newsletterAdminProfileMessageV2",
        conditional_reveal_message "conditionalRevealMessage",
        poll_add_option_message "pollAddOptionMessage",
        event_invite_message "eventInviteMessage",
        payment_reminder_message "paymentReminderMessage",
        split_payment_message "splitPaymentMessage",
        newsletter_admin_profile_status_message "newsletterAdminProfileStatusMessage",
    };
    fields.into_iter().find_map(|(is_set, name)| is_set.then_some(name))
}
