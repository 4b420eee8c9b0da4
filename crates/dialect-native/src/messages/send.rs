//! `POST /instances/{instance}/messages`: accepts a message, which is sent in its turn.

use axum::response::Response;
use waygate_core::error::Error;
use waygate_core::id::InstanceId;
use waygate_core::message::MessageId;
use waygate_core::message::address::Address;
use waygate_core::message::content::Text;
use waygate_core::message::outgoing::OutgoingContent;
use waygate_core::message::queued::MessageRecord;
use waygate_core::phone::PhoneNumber;
use waygate_engine::outbox::{NewMessage, NewQuote};

use crate::call::{InstanceCall, unless_running};
use crate::fields::{Fields, unusable};
use crate::idempotency::{Told, keeping};
use crate::problem::Problem;
use crate::wire::message_record::MessageRecordBody;

const CHAT: &str = "chat";
const QUOTE: &str = "quote";

/// The longest id of a message, in characters: WhatsApp's own are much shorter.
pub(crate) const ID_LENGTH_MAX: usize = 128;

pub(crate) async fn send(mut call: InstanceCall) -> Result<Response, Problem> {
    let fields = &mut call.said.fields;
    let chat = fields.digits(CHAT)?.ok_or_else(|| Problem::invalid("`chat` is needed"))?;
    let chat = address(CHAT, &chat)?;
    let content = OutgoingContent::Text(Text::plain(fields.needed_text("text")?));
    let quoted = quote(fields)?;
    let new = NewMessage { chat, content, quoted };
    let instance = call.instance.id();
    let keeping = keeping(call.said.once.as_ref(), move |record| told(instance, record));
    let sent = call.gateway.send_message_keeping(instance, new, keeping);
    let record = sent.await.map_err(unless_running)?;
    Ok(told(instance, &record)?.into_response())
}

fn told(instance: InstanceId, record: &MessageRecord) -> Result<Told, Error> {
    let path = format!("/api/v1/instances/{instance}/messages/{}", record.id);
    Told::accepted(path, &MessageRecordBody::of(record))
}

/// A person by number, or whatever WhatsApp has an address for.
fn address(name: &str, text: &str) -> Result<Address, Problem> {
    if text.contains('@') {
        return text.parse().map_err(|error| unusable(name, error));
    }
    let phone = text.parse::<PhoneNumber>().map_err(|error| unusable(name, error))?;
    Ok(Address::from(&phone))
}

fn quote(fields: &mut Fields) -> Result<Option<NewQuote>, Problem> {
    if !fields.holds(QUOTE) {
        return Ok(None);
    }
    let mut quote = fields.object(QUOTE, &["id", "sender"])?;
    let id = quote.needed_text("id")?;
    if !(1..=ID_LENGTH_MAX).contains(&id.len()) || !id.bytes().all(|it| it.is_ascii_graphic()) {
        return Err(Problem::invalid("`id` must be a message's id"));
    }
    let sender = quote.digits("sender")?.map(|sender| address("sender", &sender)).transpose()?;
    if sender.as_ref().is_some_and(|sender| !sender.is_person()) {
        return Err(Problem::invalid("`sender` must be a person"));
    }
    Ok(Some(NewQuote { id: MessageId(id.into()), sender }))
}
