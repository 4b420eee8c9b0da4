//! What a phone does about messages: it writes them, reads them, and asks for those that it could
//! not read (docs/internals/sim.md, "Messages").

use wacore_binary::{Jid, Node, builder::NodeBuilder};
use waproto::{
    buffa::MessageField,
    codec::message_decode,
    whatsapp::{Message, message::DeviceSentMessage},
};

use crate::{
    InboxMedia, RefusalKind,
    inbox::{Filed, InboxReceipt},
    keys::KEY_TYPE,
    letter::{Addressing, Letter, LetterCopy},
    media_reading,
    message_kind::kind_of,
    prekeys::KeyBundle,
    receipt_routes::{Tidings, spread},
    receipts::RETRY,
    signal_party::{OpenError, Sealed},
    stanza::{attr, content},
    world::{DeviceKey, World},
};

/// How often a phone asks for a message again.
const ASKED_MAX: u32 = 4;

/// From which wish on it sends keys, so that a new session can be opened.
const KEYS_FROM: u32 = 2;

/// Why a message could not be read.
#[derive(Debug)]
enum ReadError {
    /// Its sender did nothing wrong; it is asked to try once more.
    AskAgain,
    /// Its sender broke a rule, and perhaps does better when it is asked to try once more.
    Wrong { kind: RefusalKind, detail: String, ask: bool },
}

/// Writes a message to an account, to all of its devices and to the writer's own.
pub(crate) fn send(
    world: &mut World,
    number: &str,
    (chat, addressing): (&str, Addressing),
    message: &Message,
) -> Option<String> {
    let account = world.accounts.get_mut(number)?;
    let id = message_id(&mut account.dice);
    let kind = kind_of(message);
    let letter = Letter {
        id: id.clone(),
        from: DeviceKey { number: number.to_owned(), device: 0 },
        chat: chat.to_owned(),
        addressing,
        peer: false,
        attrs: vec![("type", kind.stanza.to_owned())],
        meta: None,
    };
    let unix_s = world.clock.unix_s();
    let media = media_reading::read(world, message).and_then(Result::ok).map(|(media, _)| media);
    let account = world.accounts.get_mut(number)?;
    account.mailbox.file(&letter, (message, media), unix_s);
    account.mailbox.keep_own(letter.clone(), message.clone());
    let readers = world.readers(&letter.from, chat);
    let copies: Vec<LetterCopy> = readers
        .iter()
        .filter_map(|reader| copy_for(world, &letter, message, (reader, None)))
        .collect();
    world.deliver_all(&letter, &copies);
    Some(id)
}

/// The next id of a message that a phone writes.
pub(crate) fn message_id(dice: &mut crate::dice::Dice) -> String {
    format!("3EB0{}", hex::encode_upper(dice.bytes::<9>()))
}

/// Sends one device its copy, as the attempt of this number if it is not the first.
pub(crate) fn write_to(
    world: &mut World,
    letter: &Letter,
    message: &Message,
    to: (&DeviceKey, Option<u32>),
) {
    if let Some(copy) = copy_for(world, letter, message, to) {
        world.deliver(letter, &copy);
    }
}

/// The copy for one device; `None` when its keys are of no use.
fn copy_for(
    world: &mut World,
    letter: &Letter,
    message: &Message,
    (reader, attempt): (&DeviceKey, Option<u32>),
) -> Option<LetterCopy> {
    let own = reader.number == letter.from.number && !letter.peer;
    let wrapped = if own { wrap(world, letter, message) } else { None };
    let sealed = match seal(world, &letter.from.number, reader, wrapped.as_ref().unwrap_or(message))
    {
        Ok(sealed) => sealed,
        Err(detail) => {
            let detail = format!("the keys of {reader} cannot be used: {detail}");
            world.refuse(None, RefusalKind::PrekeySignature, detail);
            return None;
        }
    };
    let mut enc = NodeBuilder::new("enc").attr("v", 2).attr("type", sealed.kind);
    if let Some(medium) = kind_of(message).medium {
        enc = enc.attr("mediatype", medium);
    }
    if let Some(attempt) = attempt {
        enc = enc.attr("count", attempt);
    }
    Some(LetterCopy { to: reader.clone(), enc: enc.bytes(sealed.bytes).build(), identity: None })
}

/// A message as an account's own devices are told of it.
fn wrap(world: &World, letter: &Letter, message: &Message) -> Option<Message> {
    let destination = world.account_jid(&letter.chat, letter.addressing)?.to_string();
    let sent = DeviceSentMessage {
        destination_jid: Some(destination),
        message: MessageField::some(message.clone()),
        ..DeviceSentMessage::default()
    };
    Some(Message { device_sent_message: MessageField::some(sent), ..Message::default() })
}

fn seal(
    world: &mut World,
    number: &str,
    reader: &DeviceKey,
    message: &Message,
) -> Result<Sealed, String> {
    let known = world.accounts.get(number).is_some_and(|it| it.phone.has_session(reader));
    let bundle = if known {
        None
    } else {
        let owner = world.accounts.get_mut(&reader.number);
        Some(owner.and_then(|owner| owner.bundle(reader.device)).ok_or("there is no such device")?)
    };
    let account = world.accounts.get_mut(number).ok_or("there is no such phone")?;
    if let Some(bundle) = bundle {
        account
            .phone
            .open_session(reader, &bundle, &mut account.dice)
            .map_err(|error| error.to_string())?;
    }
    account.phone.seal(reader, message, &mut account.dice).map_err(|error| error.to_string())
}

/// Reads a copy that has come for a phone, and says so to its writer.
pub(crate) fn receive(world: &mut World, letter: &Letter, copy: &LetterCopy) {
    match read(world, letter, copy) {
        Ok(message) => {
            // Of what its companions tell it outside of all chats it says nothing.
            if !letter.peer {
                file(world, letter, copy, &message);
                let kind = (letter.from.number == copy.to.number).then_some("sender");
                spread(world, &Tidings { from: &copy.to, letter, kind, content: Vec::new() });
            }
        }
        Err(ReadError::AskAgain) => ask_again(world, letter, copy),
        Err(ReadError::Wrong { kind, detail, ask }) => {
            let detail = format!("{} to {}: {detail}", letter.from, copy.to);
            world.refuse(None, kind, detail);
            if ask {
                ask_again(world, letter, copy);
            }
        }
    }
}

fn file(world: &mut World, letter: &Letter, copy: &LetterCopy, message: &Message) {
    let unix_s = world.clock.unix_s();
    let media = open_file(world, letter, copy, message);
    let Some(account) = world.accounts.get_mut(&copy.to.number) else {
        return;
    };
    match account.mailbox.file(letter, (message, media), unix_s) {
        Filed::New => world.tell_script(&copy.to.number, letter),
        Filed::Again => {}
        Filed::Contradicted => world.note_contradicted(&letter.from, &letter.id),
    }
    world.note_read(&letter.from, &letter.id);
}

/// The file in a message. That a companion's cannot be opened is put on record; what a phone wrote is
/// what a test or a person wanted it to write.
fn open_file(
    world: &mut World,
    letter: &Letter,
    copy: &LetterCopy,
    message: &Message,
) -> Option<InboxMedia> {
    match media_reading::read(world, message)? {
        Ok((media, _)) => Some(media),
        Err(_) if letter.from.device == 0 => None,
        Err(detail) => {
            let detail = format!("{} to {}: {detail}", letter.from, copy.to);
            world.refuse(None, RefusalKind::Media, detail);
            None
        }
    }
}

fn read(world: &mut World, letter: &Letter, copy: &LetterCopy) -> Result<Message, ReadError> {
    let wrong =
        |kind, detail: &str| ReadError::Wrong { kind, detail: detail.to_owned(), ask: false };
    let account = world
        .accounts
        .get_mut(&copy.to.number)
        .ok_or_else(|| wrong(RefusalKind::Message, "there is no such phone"))?;
    let kind = attr(&copy.enc, "type").unwrap_or_default();
    let bytes = content(&copy.enc).unwrap_or_default();
    let opened = account.phone.open(&letter.from, (&kind, bytes), &mut account.dice);
    let ask =
        |detail: String| ReadError::Wrong { kind: RefusalKind::Ciphertext, detail, ask: true };
    let plaintext = opened.map_err(|error| match error {
        OpenError::NoSession => ReadError::AskAgain,
        // It has been read before; a phone drops it.
        OpenError::UsedCounter => wrong(RefusalKind::Ciphertext, "a counter for the second time"),
        OpenError::UnknownPreKey => ask("a prekey that does not exist, or not any more".to_owned()),
        OpenError::Unreadable(detail) => ask(detail),
    })?;
    let message = unpad(&plaintext)
        .and_then(|plaintext| message_decode(plaintext).ok())
        .ok_or_else(|| wrong(RefusalKind::Plaintext, "not a Message with its padding"))?;
    unwrap(world, letter, copy, message).map_err(|detail| wrong(RefusalKind::Plaintext, detail))
}

/// One to sixteen bytes, each telling how many there are.
fn unpad(plaintext: &[u8]) -> Option<&[u8]> {
    let padding = usize::from(*plaintext.last()?);
    let (message, padded) = plaintext.split_at_checked(plaintext.len().checked_sub(padding)?)?;
    let right = (1..=16).contains(&padding) && padded.iter().all(|it| usize::from(*it) == padding);
    right.then_some(message)
}

/// What a message says, of which its writer's own devices get another form than everybody else.
fn unwrap(
    world: &World,
    letter: &Letter,
    copy: &LetterCopy,
    mut message: Message,
) -> Result<Message, &'static str> {
    let own = letter.from.number == copy.to.number;
    let sent = message.device_sent_message.take();
    match sent {
        None if own && !letter.peer => Err("a copy for an own device without deviceSentMessage"),
        None => Ok(message),
        Some(_) if !own => Err("a deviceSentMessage for somebody else"),
        Some(mut sent) => {
            let destination = sent.destination_jid.as_deref().unwrap_or_default().parse::<Jid>();
            let chat = destination.ok().and_then(|jid| world.account_of(&jid));
            if chat.is_none_or(|chat| chat.number != letter.chat) {
                return Err("a deviceSentMessage with another destination than its stanza");
            }
            sent.message.take().ok_or("a deviceSentMessage without message")
        }
    }
}

fn ask_again(world: &mut World, letter: &Letter, copy: &LetterCopy) {
    let unix_s = world.clock.unix_s();
    let Some(account) = world.accounts.get_mut(&copy.to.number) else {
        return;
    };
    let count = account.mailbox.ask_again(&letter.from, &letter.id);
    if count > ASKED_MAX {
        return;
    }
    let retry = NodeBuilder::new("retry")
        .attr("count", count)
        .attr("id", letter.id.as_str())
        .attr("t", unix_s)
        .attr("v", 1)
        .build();
    let registration = account.phone.registration_id.to_be_bytes();
    let mut content = vec![retry, NodeBuilder::new("registration").bytes(registration).build()];
    if count >= KEYS_FROM {
        content.push(keys(&account.phone.bundle(&mut account.dice)));
    }
    spread(world, &Tidings { from: &copy.to, letter, kind: Some(RETRY), content });
}

/// The keys in a wish for a message again.
fn keys(bundle: &KeyBundle) -> Node {
    let mut nodes = vec![
        NodeBuilder::new("type").bytes([KEY_TYPE]).build(),
        NodeBuilder::new("identity").bytes(bundle.identity).build(),
    ];
    nodes.extend(bundle.one_time.map(|key| key.node()));
    nodes.push(bundle.signed.node());
    NodeBuilder::new("keys").children(nodes).build()
}

/// Tells a phone what a device has said of a message.
pub(crate) fn hear(world: &mut World, phone: &DeviceKey, tidings: &Tidings<'_>) {
    let at_unix_s = world.clock.unix_s();
    let Some(account) = world.accounts.get_mut(&phone.number) else {
        return;
    };
    let receipt = InboxReceipt {
        from: tidings.from.number.clone(),
        device: tidings.from.device,
        kind: tidings.kind.unwrap_or("delivery").to_owned(),
        at_unix_s,
    };
    account.mailbox.note(tidings.letter, receipt);
    if tidings.kind == Some(RETRY) && tidings.letter.from == *phone {
        send_again(world, tidings);
    }
}

/// Sends a device once more what it could not read, in a session of its own.
fn send_again(world: &mut World, tidings: &Tidings<'_>) {
    let Some(account) = world.accounts.get_mut(&tidings.letter.from.number) else {
        return;
    };
    let Some((letter, message)) = account.mailbox.own(&tidings.letter.id) else {
        return;
    };
    let mut content = tidings.content.iter();
    let count = content.clone().find(|node| node.tag == "retry").and_then(|it| attr(it, "count"));
    let count: u32 = count.and_then(|count| count.parse().ok()).unwrap_or(1);
    if count > ASKED_MAX {
        return;
    }
    account.phone.forget_session(tidings.from);
    let registration = content.clone().find(|node| node.tag == "registration");
    let keys = content.find(|node| node.tag == "keys");
    if let Some(bundle) = keys.zip(registration).and_then(|(it, id)| KeyBundle::read(it, id)) {
        // Keys that do not hold are no reason to write under them.
        drop(account.phone.open_session(tidings.from, &bundle, &mut account.dice));
    }
    write_to(world, &letter, &message, (tidings.from, Some(count)));
}
