//! Messages and what becomes of them, as webhooks tell of them: the vendor's names and payloads.
//!
//! The vendor's are WAHA's. What WAHA takes from its engine as it is (`_data`) is told as far as clients
//! are known to read it: the key, the time, the name and the words.

use serde::Serialize;
use serde_json::{Map, Value};
use waygate_core::account::LinkedAccount;
use waygate_core::event::EventKind;
use waygate_core::message::address::{Address, AddressKind};
use waygate_core::message::content::{Content, Deleted, PollVote, Reaction};
use waygate_core::message::status::{Progress, Status, StatusChanged};
use waygate_core::message::{Message, MessageId, Origin, Quoted};
use waygate_engine::telling::{FileAddress, Telling};

use super::{Payload, Told};

/// What a receiver is told of a message.
#[derive(Serialize)]
pub(super) struct MessagePayload<'a>(Written<'a>);

#[derive(Serialize)]
#[serde(untagged)]
enum Written<'a> {
    Any(Box<Any<'a>>),
    Reaction(ReactionPayload<'a>),
    Revoked(Box<Revoked<'a>>),
    Vote(VotePayload<'a>),
    Ack(AckPayload),
}

/// A message, as the vendor writes it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Any<'a> {
    #[serde(flatten)]
    route: Route,
    source: &'static str,
    body: &'a str,
    has_media: bool,
    media: Option<File<'a>>,
    ack: i8,
    ack_name: &'static str,
    reply_to: Option<ReplyTo<'a>>,
    #[serde(rename = "_data")]
    data: Data<'a>,
}

/// Whose message it is, and where it went.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Route {
    id: String,
    /// Seconds since 1970, where the vendor says it so early.
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<i64>,
    from: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    participant: Option<String>,
    from_me: bool,
}

#[derive(Serialize)]
struct File<'a> {
    /// `null` where nobody can fetch it.
    url: Option<&'a str>,
    mimetype: &'a str,
    filename: String,
}

#[derive(Serialize)]
struct ReplyTo<'a> {
    id: &'a str,
    participant: Option<String>,
    body: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Data<'a> {
    key: Key<'a>,
    message_timestamp: i64,
    push_name: &'a str,
    broadcast: bool,
    /// WhatsApp's number of a message that it has.
    status: u8,
    message: Words<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Key<'a> {
    remote_jid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    remote_jid_alt: Option<String>,
    from_me: bool,
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    participant: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Words<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    protocol_message: Option<Revocation<'a>>,
}

/// Which message was taken back.
#[derive(Serialize)]
struct Revocation<'a> {
    key: Key<'a>,
    r#type: &'static str,
}

#[derive(Serialize)]
struct ReactionPayload<'a> {
    #[serde(flatten)]
    route: Route,
    reaction: Emoji<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Emoji<'a> {
    /// Empty when it is taken back.
    text: &'a str,
    message_id: String,
}

#[derive(Serialize)]
struct Revoked<'a> {
    after: Any<'a>,
    /// What it said is not looked for.
    before: Map<String, Value>,
    #[serde(rename = "_data")]
    data: Data<'a>,
}

#[derive(Serialize)]
struct VotePayload<'a> {
    vote: Vote<'a>,
    poll: Route,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Vote<'a> {
    #[serde(flatten)]
    route: Route,
    selected_options: Vec<&'a str>,
    timestamp: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AckPayload {
    #[serde(flatten)]
    route: Route,
    ack: i8,
    ack_name: &'static str,
}

/// What is told of it; `None` where the vendor has no word for it.
pub(super) fn message_event<'a>(kind: &'a EventKind, telling: &'a Telling) -> Option<Told<'a>> {
    let told = |(event, payload)| Told {
        event,
        payload: Payload::Message(Box::new(MessagePayload(payload))),
    };
    match kind {
        EventKind::MessageReceived(message) => Some(told(of_message(message, None, telling))),
        EventKind::MessageSent(sent) => {
            Some(told(of_message(&sent.message, Some(sent.origin), telling)))
        }
        EventKind::MessageStatus(changed) => of_status(changed, telling).map(told),
        EventKind::StateChanged(_)
        | EventKind::LinkTicket(_)
        | EventKind::Linking(_)
        | EventKind::QrRotated(_)
        | EventKind::NotificationsDropped { .. }
        | EventKind::DeliveriesGivenUp { .. }
        | EventKind::WebhookDisabled(_)
        | EventKind::Call(_) => None,
    }
}

fn of_message<'a>(
    message: &'a Message,
    origin: Option<Origin>,
    telling: &'a Telling,
) -> (&'static str, Written<'a>) {
    let own = telling.account.as_ref();
    let from_me = origin.is_some();
    let timestamp = message.sent_at_ms.div_euclid(1000);
    let route = || Route {
        timestamp: Some(timestamp),
        ..Route::of(&message.chat, &message.sender, &message.id, from_me, own)
    };
    if let Content::Reaction(reaction) = &message.content {
        let reaction = Emoji::of(reaction, &message.chat, own);
        let payload = ReactionPayload { route: route(), reaction };
        return ("message.reaction", Written::Reaction(payload));
    }
    if let Content::PollVote(vote) = &message.content {
        let payload = VotePayload::of(vote, message, from_me, own);
        return ("poll.vote", Written::Vote(payload));
    }
    let any = Any::of(message, route(), origin, telling);
    if let Content::Deleted(deleted) = &message.content {
        let mut data = Data::of(message, from_me, "");
        data.message.protocol_message = Some(Revocation::of(deleted, message, from_me));
        let revoked = Revoked { after: any, before: Map::new(), data };
        return ("message.revoked", Written::Revoked(Box::new(revoked)));
    }
    ("message.any", Written::Any(Box::new(any)))
}

fn of_status<'a>(
    changed: &StatusChanged,
    telling: &Telling,
) -> Option<(&'static str, Written<'a>)> {
    let (ack, ack_name) = match changed.status {
        Status::Reached(Progress::Queued) => return None,
        Status::Reached(Progress::Sent) => SERVER,
        Status::Reached(Progress::Delivered) => (2, "DEVICE"),
        Status::Reached(Progress::Read) => (3, "READ"),
        Status::Reached(Progress::Played) => (4, "PLAYED"),
        Status::Failed(_) => (-1, "ERROR"),
    };
    let own = telling.account.as_ref();
    let me = own.and_then(|own| Address::person(&own.phone).ok());
    let sender = me.as_ref().unwrap_or(&changed.chat);
    let mut route = Route::of(&changed.chat, sender, &changed.id, true, own);
    route.participant = changed.by.as_ref().map(chat_id);
    Some(("message.ack", Written::Ack(AckPayload { route, ack, ack_name })))
}

/// WhatsApp has the message.
const SERVER: (i8, &str) = (1, "SERVER");

/// An address in the vendor's spelling.
fn chat_id(address: &Address) -> String {
    match address.kind() {
        AddressKind::Person => format!("{}@c.us", address.name()),
        AddressKind::HiddenPerson
        | AddressKind::Group
        | AddressKind::Channel
        | AddressKind::Broadcast => address.to_wire(),
    }
}

/// The vendor's id of a message: whose, where, which, and in a group by whom.
fn message_id(from_me: bool, chat: &Address, id: &MessageId, sender: &Address) -> String {
    let whole = format!("{from_me}_{}_{id}", chat_id(chat));
    if chat.is_person() { whole } else { format!("{whole}_{}", chat_id(sender)) }
}

impl Route {
    fn of(
        chat: &Address,
        sender: &Address,
        id: &MessageId,
        from_me: bool,
        own: Option<&LinkedAccount>,
    ) -> Self {
        let me = own.map(|own| format!("{}@c.us", own.phone));
        Self {
            id: message_id(from_me, chat, id, sender),
            timestamp: None,
            from: me.filter(|_| from_me).unwrap_or_else(|| chat_id(chat)),
            to: from_me.then(|| chat_id(chat)),
            participant: (!chat.is_person()).then(|| chat_id(sender)),
            from_me,
        }
    }
}

impl<'a> Any<'a> {
    fn of(
        message: &'a Message,
        route: Route,
        origin: Option<Origin>,
        telling: &'a Telling,
    ) -> Self {
        let (ack, ack_name) = SERVER;
        let media = message.content.media();
        let body = words(&message.content);
        Self {
            source: if origin == Some(Origin::Api) { "api" } else { "app" },
            body,
            has_media: media.is_some(),
            media: media.map(|media| File {
                url: url(&telling.file),
                mimetype: &media.mime,
                filename: media.name_in(&message.id),
            }),
            ack,
            ack_name,
            reply_to: message.quoted.as_ref().map(ReplyTo::of),
            data: Data::of(message, route.from_me, body),
            route,
        }
    }
}

fn url(address: &FileAddress) -> Option<&str> {
    match address {
        FileAddress::Known(url) => Some(url),
        FileAddress::TooLarge | FileAddress::Unknown => None,
    }
}

/// What is said in words; empty where nothing is.
fn words(content: &Content) -> &str {
    match content {
        Content::Text(text) => &text.body,
        Content::Media(media) => &media.caption,
        Content::Location(place) => &place.name,
        Content::Contact(contact) => &contact.vcard,
        Content::GroupInvite(invite) => &invite.caption,
        Content::Poll(poll) => &poll.question,
        Content::Edited(edited) => words(&edited.content),
        Content::Buttons(menu) => &menu.text,
        Content::List(list) => &list.text,
        Content::Template(template) => &template.text,
        Content::InteractiveButtons(menu) => &menu.text,
        Content::ButtonReply(reply) => &reply.text,
        Content::TemplateReply(reply) => &reply.text,
        Content::InteractiveReply(reply) => &reply.text,
        Content::ListReply(reply) => &reply.title,
        Content::Contacts(_)
        | Content::Reaction(_)
        | Content::PollVote(_)
        | Content::Deleted(_)
        | Content::Other { .. } => "",
    }
}

impl<'a> ReplyTo<'a> {
    fn of(quoted: &'a Quoted) -> Self {
        Self {
            id: quoted.id.as_str(),
            participant: quoted.sender.as_ref().map(chat_id),
            body: quoted.content.as_deref().map(words),
        }
    }
}

impl<'a> Data<'a> {
    fn of(message: &'a Message, from_me: bool, body: &'a str) -> Self {
        let is_text = matches!(message.content, Content::Text(_));
        let hidden = message.sender_hidden.as_ref().filter(|_| message.chat == message.sender);
        Self {
            key: Key {
                remote_jid: message.chat.to_wire(),
                remote_jid_alt: hidden.map(Address::to_wire),
                from_me,
                id: message.id.as_str(),
                participant: (!message.chat.is_person()).then(|| message.sender.to_wire()),
            },
            message_timestamp: message.sent_at_ms.div_euclid(1000),
            push_name: message.sender_name.as_deref().unwrap_or_default(),
            broadcast: message.chat.kind() == AddressKind::Broadcast,
            status: 2,
            message: Words { conversation: is_text.then_some(body), protocol_message: None },
        }
    }
}

impl<'a> Revocation<'a> {
    /// Who takes a message back has written it, unless it says otherwise.
    fn of(deleted: &'a Deleted, message: &Message, from_me: bool) -> Self {
        let author = deleted.sender.as_ref().unwrap_or(&message.sender);
        let key = Key {
            remote_jid: message.chat.to_wire(),
            remote_jid_alt: None,
            from_me: from_me && *author == message.sender,
            id: deleted.message.as_str(),
            participant: (!message.chat.is_person()).then(|| author.to_wire()),
        };
        Self { key, r#type: "REVOKE" }
    }
}

impl<'a> Emoji<'a> {
    fn of(reaction: &'a Reaction, chat: &Address, own: Option<&LinkedAccount>) -> Self {
        let sender = reaction.to_sender.as_ref().unwrap_or(chat);
        let is_own = own
            .is_some_and(|own| sender.kind() == AddressKind::Person && sender.name() == own.phone);
        let message_id = message_id(is_own, chat, &reaction.to, sender);
        Self { text: &reaction.emoji, message_id }
    }
}

impl<'a> VotePayload<'a> {
    fn of(
        vote: &'a PollVote,
        message: &'a Message,
        from_me: bool,
        own: Option<&LinkedAccount>,
    ) -> Self {
        let chosen = vote.votes.iter().filter(|option| option.voters.contains(&message.sender));
        let selected_options = chosen.map(|option| &*option.option).collect();
        let me = own.and_then(|own| Address::person(&own.phone).ok());
        let told_to = || me.as_ref().map(chat_id);
        let mut route = Route::of(&message.chat, &message.sender, &message.id, from_me, own);
        route.to = route.to.or_else(told_to);
        // Who has asked is not said; in a chat of two it is taken for the one who has not chosen.
        let asker = me.as_ref().filter(|_| !from_me).unwrap_or(&message.chat);
        let mut poll = Route::of(&message.chat, asker, &vote.poll, !from_me, own);
        poll.to = poll.to.or_else(told_to);
        let timestamp = message.sent_at_ms.div_euclid(1000);
        Self { vote: Vote { route, selected_options, timestamp }, poll }
    }
}

#[cfg(test)]
mod tests;
