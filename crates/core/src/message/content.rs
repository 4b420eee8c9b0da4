//! What a message says.

use serde::{Deserialize, Serialize};

use super::MessageId;
use super::address::Address;
use super::media::Media;

/// What a message says.
///
/// Stores keep it as JSON in this form: a variant or a field may be added, never renamed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// Words, with or without a preview of what they link to.
    Text(Text),
    /// A file of any kind.
    Media(Media),
    /// A place, or where somebody is at the moment.
    Location(Location),
    /// One contact.
    Contact(Contact),
    /// Several contacts.
    Contacts(Contacts),
    /// An invitation to a group.
    GroupInvite(GroupInvite),
    /// An emoji on another message, or its removal.
    Reaction(Reaction),
    /// A poll.
    Poll(Poll),
    /// What somebody has chosen in a poll since.
    PollVote(PollVote),
    /// New words for an earlier message.
    Edited(Edited),
    /// An earlier message was taken back, for all.
    Deleted(Deleted),
    /// Words with buttons.
    Buttons(ButtonMenu),
    /// A list to choose from.
    List(List),
    /// A message made from a template, with buttons.
    Template(Template),
    /// A button of [`Content::Buttons`] was chosen.
    ButtonReply(ButtonReply),
    /// A button of [`Content::Template`] was chosen.
    TemplateReply(TemplateReply),
    /// A row of [`Content::List`] was chosen.
    ListReply(ListReply),
    /// Buttons in WhatsApp's newer form.
    InteractiveButtons(InteractiveButtons),
    /// A button of [`Content::InteractiveButtons`] was chosen.
    InteractiveReply(InteractiveReply),
    /// A message of a kind that this version does not read; WhatsApp's name of its field.
    Other {
        /// The field's name in WhatsApp's schema, such as `eventMessage`; empty when it has none.
        kind: Box<str>,
    },
}

impl Content {
    /// The word that stores and programs use for this kind.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Media(_) => "media",
            Self::Location(_) => "location",
            Self::Contact(_) => "contact",
            Self::Contacts(_) => "contacts",
            Self::GroupInvite(_) => "group_invite",
            Self::Reaction(_) => "reaction",
            Self::Poll(_) => "poll",
            Self::PollVote(_) => "poll_vote",
            Self::Edited(_) => "edited",
            Self::Deleted(_) => "deleted",
            Self::Buttons(_) => "buttons",
            Self::List(_) => "list",
            Self::Template(_) => "template",
            Self::ButtonReply(_) => "button_reply",
            Self::TemplateReply(_) => "template_reply",
            Self::ListReply(_) => "list_reply",
            Self::InteractiveButtons(_) => "interactive_buttons",
            Self::InteractiveReply(_) => "interactive_reply",
            Self::Other { .. } => "other",
        }
    }
}

/// Words.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// The words.
    pub body: Box<str>,
    /// What the sender's device says of the first link in them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<LinkPreview>,
    /// The advertisement from which the chat was opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advertisement: Option<Box<Advertisement>>,
}

impl Text {
    /// Words alone.
    pub fn plain(body: impl Into<Box<str>>) -> Self {
        Self { body: body.into(), preview: None, advertisement: None }
    }
}

/// What the sender's device says of a link.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LinkPreview {
    /// The page's title.
    pub title: Box<str>,
    /// The page's description.
    pub description: Box<str>,
    /// A small JPEG, in base64; empty without one.
    pub thumbnail: Box<str>,
    /// WhatsApp's number of the kind of preview: 0 none, 1 video, 4 placeholder, 5 image.
    pub kind: i32,
}

/// The advertisement from which a chat was opened, as WhatsApp describes it.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Advertisement {
    /// Its title.
    pub title: Box<str>,
    /// Its text.
    pub body: Box<str>,
    /// What it shows: WhatsApp's number, 0 nothing, 1 a picture, 2 a video.
    pub media_kind: i32,
    /// Its picture as JPEG, in base64; empty without one.
    pub thumbnail: Box<str>,
    /// Where the picture is.
    pub thumbnail_url: Box<str>,
    /// Its id with the network that showed it.
    pub source_id: Box<str>,
    /// What it is: `ad`, `post`.
    pub source_type: Box<str>,
    /// Where it is.
    pub source_url: Box<str>,
    /// Whether the account answered by itself.
    pub contains_auto_reply: bool,
    /// Whether the chat shows where it came from.
    pub shows_attribution: bool,
}

/// Degrees of latitude or longitude: never infinite, never undefined.
#[derive(Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Degrees(f64);

impl Eq for Degrees {}

/// The number is infinite or undefined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("degrees are a finite number")]
pub struct NotDegrees;

impl TryFrom<f64> for Degrees {
    type Error = NotDegrees;

    fn try_from(degrees: f64) -> Result<Self, Self::Error> {
        if degrees.is_finite() { Ok(Self(degrees)) } else { Err(NotDegrees) }
    }
}

impl From<Degrees> for f64 {
    fn from(degrees: Degrees) -> Self {
        degrees.0
    }
}

/// A place.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// North of the equator.
    pub latitude: Degrees,
    /// East of Greenwich.
    pub longitude: Degrees,
    /// What it is called; empty without a name.
    #[serde(default)]
    pub name: Box<str>,
    /// Its address; empty without one.
    #[serde(default)]
    pub address: Box<str>,
    /// A small map as JPEG, in base64; empty without one.
    #[serde(default)]
    pub thumbnail: Box<str>,
    /// Whether it is where somebody is at the moment, and moves.
    #[serde(default)]
    pub live: bool,
}

/// A contact.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// The name to be shown.
    pub name: Box<str>,
    /// The contact as vCard.
    pub vcard: Box<str>,
}

/// Several contacts.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contacts {
    /// What they are called together.
    pub name: Box<str>,
    /// Each of them.
    pub contacts: Vec<Contact>,
}

/// An invitation to a group.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupInvite {
    /// Which group.
    pub group: Address,
    /// With what one joins.
    pub code: Box<str>,
    /// Until when, in seconds since 1970.
    pub expires_at_s: i64,
    /// What the group is called.
    pub group_name: Box<str>,
    /// Words with it; empty without any.
    #[serde(default)]
    pub caption: Box<str>,
    /// The group's picture as JPEG, in base64; empty without one.
    #[serde(default)]
    pub thumbnail: Box<str>,
}

/// An emoji on another message.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reaction {
    /// The emoji; empty when an earlier one is taken back.
    pub emoji: Box<str>,
    /// On which message.
    pub to: MessageId,
    /// Who wrote that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_sender: Option<Address>,
}

/// A poll.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Poll {
    /// What is asked.
    pub question: Box<str>,
    /// What can be chosen, in order.
    pub options: Vec<Box<str>>,
    /// Whether more than one can be chosen.
    pub several: bool,
}

/// Where a poll stands after somebody has chosen.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PollVote {
    /// Which poll.
    pub poll: MessageId,
    /// What was asked; empty when the poll is not known here.
    #[serde(default)]
    pub question: Box<str>,
    /// Each thing that can be chosen, and who has chosen it.
    pub votes: Vec<OptionVotes>,
    /// Whether more than one can be chosen.
    #[serde(default)]
    pub several: bool,
}

/// Who has chosen an option of a poll.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptionVotes {
    /// The option.
    pub option: Box<str>,
    /// Who.
    pub voters: Vec<Address>,
}

/// New words for an earlier message.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edited {
    /// Which message.
    pub message: MessageId,
    /// What it says now.
    pub content: Box<Content>,
}

/// An earlier message was taken back.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deleted {
    /// Which message.
    pub message: MessageId,
    /// Who had written it, where it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<Address>,
}

/// Words with buttons.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ButtonMenu {
    /// The words.
    pub text: Box<str>,
    /// Smaller words below; empty without any.
    #[serde(default)]
    pub footer: Box<str>,
    /// The buttons, in order.
    pub buttons: Vec<Button>,
}

/// A button that answers.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    /// What its sender calls it.
    pub id: Box<str>,
    /// What stands on it.
    pub text: Box<str>,
}

/// A list to choose from.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct List {
    /// Its title; empty without one.
    #[serde(default)]
    pub title: Box<str>,
    /// The words.
    pub text: Box<str>,
    /// Smaller words below; empty without any.
    #[serde(default)]
    pub footer: Box<str>,
    /// What stands on the button that opens it.
    pub button: Box<str>,
    /// Its parts, in order.
    pub sections: Vec<ListSection>,
}

/// A part of a list.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListSection {
    /// Its title; empty without one.
    #[serde(default)]
    pub title: Box<str>,
    /// Its rows, in order.
    pub rows: Vec<ListRow>,
}

/// A row of a list.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListRow {
    /// What its sender calls it.
    pub id: Box<str>,
    /// What stands on it.
    pub title: Box<str>,
    /// Smaller words below; empty without any.
    #[serde(default)]
    pub description: Box<str>,
}

/// A message made from a template.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    /// WhatsApp's id of the template; empty without one.
    #[serde(default)]
    pub id: Box<str>,
    /// The words.
    pub text: Box<str>,
    /// Smaller words below; empty without any.
    #[serde(default)]
    pub footer: Box<str>,
    /// The buttons, in order.
    pub buttons: Vec<TemplateButton>,
}

/// A button of a template.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateButton {
    /// Its place, as the sender numbers it.
    pub index: u32,
    /// What stands on it.
    pub text: Box<str>,
    /// What it does.
    pub deed: ButtonDeed,
}

/// What a button does.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ButtonDeed {
    /// It answers with its id.
    Reply(Box<str>),
    /// It opens an address.
    Open(Box<str>),
    /// It calls a number.
    Call(Box<str>),
    /// It copies a code.
    Copy(Box<str>),
}

/// A button was chosen.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ButtonReply {
    /// The message with the button.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<MessageId>,
    /// Which button.
    pub id: Box<str>,
    /// What stands on it.
    pub text: Box<str>,
}

/// A template's button was chosen.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateReply {
    /// The message with the button.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<MessageId>,
    /// The button's place.
    pub index: u32,
    /// Which button.
    pub id: Box<str>,
    /// What stands on it.
    pub text: Box<str>,
}

/// A row of a list was chosen.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListReply {
    /// The message with the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<MessageId>,
    /// What stands on the row.
    pub title: Box<str>,
    /// Which row.
    pub id: Box<str>,
}

/// Words with buttons in WhatsApp's newer form.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InteractiveButtons {
    /// The title; empty without one.
    #[serde(default)]
    pub title: Box<str>,
    /// The words.
    pub text: Box<str>,
    /// Smaller words below; empty without any.
    #[serde(default)]
    pub footer: Box<str>,
    /// The buttons, in order.
    pub buttons: Vec<TemplateButton>,
}

/// A button of the newer form was chosen.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InteractiveReply {
    /// The message with the button.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<MessageId>,
    /// The words that the answer shows.
    pub text: Box<str>,
    /// What the button is called by its sender; empty when the answer says nothing of it.
    #[serde(default)]
    pub id: Box<str>,
}

prints_nothing!(
    Content,
    Text,
    LinkPreview,
    Advertisement,
    Degrees,
    Location,
    Contact,
    Contacts,
    GroupInvite,
    Reaction,
    Poll,
    PollVote,
    OptionVotes,
    Edited,
    Deleted,
    ButtonMenu,
    Button,
    List,
    ListSection,
    ListRow,
    Template,
    TemplateButton,
    ButtonDeed,
    ButtonReply,
    TemplateReply,
    ListReply,
    InteractiveButtons,
    InteractiveReply,
);
