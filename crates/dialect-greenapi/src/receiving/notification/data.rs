//! `messageData`: what a message says, one kind for each `typeMessage`.

mod change;
mod contact;
pub(in crate::receiving) mod file;
mod invite;
mod menu;
mod place;
mod poll;
mod reply;
mod text;

use serde::Serialize;
use waygate_core::message::content::{Content, InteractiveButtons, Text};
use waygate_core::message::{Message, Origin};

use self::change::{DeletedData, EditedData};
use self::contact::{ContactData, ContactsData};
use self::file::{FileData, type_of_media};
use self::invite::InviteData;
use self::menu::{ButtonsData, InteractiveData, ListData, TemplateData, answers_only};
use self::place::PlaceData;
pub(super) use self::poll::PollData;
use self::poll::VotesData;
use self::reply::{ButtonReplyData, ListReplyData, TemplateReplyData};
use self::text::{AnswerData, EmojiData, ExtendedTextData, TextData};
use super::Told;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MessageData<'a> {
    type_message: &'static str,
    #[serde(flatten)]
    says: Says<'a>,
}

/// Each under the name that the vendor gives to its fields.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Says<'a> {
    TextMessageData(TextData<'a>),
    ExtendedTextMessageData(ExtendedTextData<'a>),
    #[serde(rename = "extendedTextMessageData")]
    Answer(AnswerData<'a>),
    #[serde(rename = "extendedTextMessageData")]
    Emoji(EmojiData<'a>),
    FileMessageData(FileData<'a>),
    LocationMessageData(PlaceData<'a>),
    ContactMessageData(ContactData<'a>),
    GroupInviteMessageData(InviteData<'a>),
    PollMessageData(PollData<'a>),
    #[serde(rename = "pollMessageData")]
    Votes(VotesData<'a>),
    EditedMessageData(EditedData<'a>),
    DeletedMessageData(DeletedData<'a>),
    ButtonsMessage(ButtonsData<'a>),
    ListMessage(ListData<'a>),
    TemplateMessage(TemplateData<'a>),
    InteractiveButtons(InteractiveData<'a>),
    InteractiveButtonsReply(InteractiveData<'a>),
    ButtonsResponseMessage(ButtonReplyData<'a>),
    TemplateButtonReplyMessage(TemplateReplyData<'a>),
    ListResponseMessage(ListReplyData<'a>),
    /// Contacts have no name around them.
    #[serde(untagged)]
    Contacts(ContactsData<'a>),
}

/// Whether, and how often, a message was passed on.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
struct Forwarded {
    is_forwarded: bool,
    forwarding_score: u32,
}

impl Forwarded {
    fn of(message: &Message) -> Self {
        let forwarding_score = message.forwarding_score;
        Self { is_forwarded: forwarding_score > 0, forwarding_score }
    }
}

impl<'a> MessageData<'a> {
    pub(super) fn of(message: &'a Message, origin: Option<Origin>, told: Told<'a>) -> Self {
        let forwarded = Forwarded::of(message);
        if let Content::Text(text) = &message.content {
            return Self::of_text(text, message, origin, forwarded);
        }
        Self { type_message: type_of(&message.content), says: Says::of(message, forwarded, told) }
    }

    /// Words are told in three forms: by themselves, with something beside them, and as an answer. What
    /// was sent by an API, or passed on, has the second form in any case.
    fn of_text(
        text: &'a Text,
        message: &'a Message,
        origin: Option<Origin>,
        forwarded: Forwarded,
    ) -> Self {
        if let Some(quoted) = &message.quoted {
            let answer = AnswerData::of(text, quoted, forwarded);
            return Self { type_message: "quotedMessage", says: Says::Answer(answer) };
        }
        let is_extended = origin == Some(Origin::Api) || forwarded.is_forwarded;
        let type_message = if is_extended { EXTENDED_TEXT } else { text_kind(text) };
        let says = if type_message == EXTENDED_TEXT {
            Says::ExtendedTextMessageData(ExtendedTextData::of(text, forwarded))
        } else {
            Says::TextMessageData(TextData { text_message: &text.body })
        };
        Self { type_message, says }
    }
}

const TEXT: &str = "textMessage";
const EXTENDED_TEXT: &str = "extendedTextMessage";

/// What the vendor writes where it has got nothing of a text.
const NO_TEXT: &str = "{{SWE001}}";

/// In which form words are told that nobody passed on.
pub(super) fn text_kind(text: &Text) -> &'static str {
    let is_plain = text.preview.is_none() && text.advertisement.is_none();
    if is_plain { TEXT } else { EXTENDED_TEXT }
}

/// The vendor's word for a kind.
pub(super) fn type_of(content: &Content) -> &'static str {
    match content {
        // A kind that nobody can read is told as a text that is not there.
        Content::Text(_) | Content::Other { .. } => TEXT,
        Content::Media(media) => type_of_media(media.kind),
        Content::Location(_) => "locationMessage",
        Content::Contact(_) => "contactMessage",
        Content::Contacts(_) => "contactsArrayMessage",
        Content::GroupInvite(_) => "groupInviteMessage",
        Content::Reaction(_) => "reactionMessage",
        Content::Poll(_) => "pollMessage",
        Content::PollVote(_) => "pollUpdateMessage",
        Content::Edited(_) => "editedMessage",
        Content::Deleted(_) => "deletedMessage",
        Content::Buttons(_) => "buttonsMessage",
        Content::List(_) => "listMessage",
        Content::Template(_) => "templateMessage",
        Content::InteractiveButtons(menu) if answers_only(menu) => "interactiveButtonsReply",
        Content::InteractiveButtons(_) => "interactiveButtons",
        Content::ButtonReply(_) => "buttonsResponseMessage",
        Content::TemplateReply(_) | Content::InteractiveReply(_) => "templateButtonReplyMessage",
        Content::ListReply(_) => "listResponseMessage",
    }
}

impl<'a> Says<'a> {
    fn of(message: &'a Message, forwarded: Forwarded, told: Told<'a>) -> Self {
        match &message.content {
            Content::Text(text) => Self::TextMessageData(TextData { text_message: &text.body }),
            Content::Media(media) => {
                Self::FileMessageData(FileData::of(media, &message.id, forwarded, told))
            }
            Content::Location(place) => Self::LocationMessageData(PlaceData::of(place, forwarded)),
            Content::Contact(it) => Self::ContactMessageData(ContactData::of(it, forwarded)),
            Content::Contacts(all) => Self::Contacts(ContactsData::of(all, forwarded)),
            Content::GroupInvite(invite) => {
                let name = message.sender_name.as_deref().unwrap_or_default();
                Self::GroupInviteMessageData(InviteData::of(invite, name))
            }
            Content::Reaction(reaction) => Self::Emoji(EmojiData { text: &reaction.emoji }),
            Content::Poll(poll) => Self::PollMessageData(PollData::of(poll)),
            Content::PollVote(vote) => Self::Votes(VotesData::of(vote)),
            Content::Edited(edited) => Self::EditedMessageData(EditedData::of(edited)),
            Content::Deleted(it) => Self::DeletedMessageData(DeletedData::of(it)),
            Content::Buttons(menu) => Self::ButtonsMessage(ButtonsData::of(menu, forwarded)),
            Content::List(list) => Self::ListMessage(ListData::of(list, forwarded)),
            Content::Template(it) => Self::TemplateMessage(TemplateData::of(it, forwarded)),
            Content::InteractiveButtons(menu) => Self::of_menu(menu),
            Content::ButtonReply(it) => Self::ButtonsResponseMessage(ButtonReplyData::of(it)),
            Content::TemplateReply(it) => {
                Self::TemplateButtonReplyMessage(TemplateReplyData::of_template(it))
            }
            Content::InteractiveReply(it) => {
                Self::TemplateButtonReplyMessage(TemplateReplyData::of_interactive(it))
            }
            Content::ListReply(it) => Self::ListResponseMessage(ListReplyData::of(it)),
            Content::Other { .. } => Self::TextMessageData(TextData { text_message: NO_TEXT }),
        }
    }

    fn of_menu(menu: &'a InteractiveButtons) -> Self {
        let data = InteractiveData::of(menu);
        if answers_only(menu) {
            Self::InteractiveButtonsReply(data)
        } else {
            Self::InteractiveButtons(data)
        }
    }
}
