//! What a message says, kind by kind.

use serde_json::json;

use super::message::address;
use crate::openapi::schema::{Property, Schema, always, maybe};

/// What a message of one kind says.
fn of_type(name: &'static str, says: &'static str, fields: Vec<Property>) -> Schema {
    let kind = always("type", Schema::exactly(name));
    Schema::object(std::iter::once(kind).chain(fields)).says(says)
}

fn texts<const N: usize>(names: [&'static str; N]) -> Vec<Property> {
    names.into_iter().map(|name| always(name, Schema::text())).collect()
}

fn picture() -> Property {
    always("thumbnail", Schema::text().says("A small JPEG in base64; empty without one."))
}

fn message_id() -> Schema {
    Schema::text().says("The id of the message.")
}

/// The message that a reply is to.
fn to() -> Property {
    maybe("to", message_id())
}

pub(super) fn content() -> Schema {
    let all = words().into_iter().chain(things()).chain(about_others()).chain(choices());
    Schema::either(all)
        .says("What a message says. A client must not mind types that it does not know.")
        .example(json!({"type": "text", "body": "Ready?"}))
}

fn words() -> Vec<Schema> {
    let mut preview = texts(["title", "description"]);
    preview.extend([picture(), always("kind", Schema::count())]);
    let mut advertisement = texts(["title", "body"]);
    advertisement.push(always("media_kind", Schema::count()));
    advertisement.push(picture());
    advertisement.extend(texts(["thumbnail_url", "source_id", "source_type", "source_url"]));
    advertisement.push(always("contains_auto_reply", Schema::flag()));
    advertisement.push(always("shows_attribution", Schema::flag()));
    let mut text = texts(["body"]);
    text.push(maybe("preview", Schema::object(preview)));
    text.push(maybe("advertisement", Schema::object(advertisement)));
    vec![of_type("text", "Words, with what the sender's device says of a link in them.", text)]
}

fn things() -> Vec<Schema> {
    let kinds = ["image", "video", "round_video", "audio", "voice", "document", "sticker"];
    let mut media = vec![always("kind", Schema::word(&kinds))];
    media.extend(texts(["mime", "caption", "file_name"]));
    media.push(picture());
    media.push(always("bytes", Schema::count().says("As the sender says.")));
    media.push(always("seconds", Schema::count().says("How long it plays.")));
    media.push(always("animated", Schema::flag()));
    media.push(always("view_once", Schema::flag()));
    let mut location =
        vec![always("latitude", Schema::degrees()), always("longitude", Schema::degrees())];
    location.extend(texts(["name", "address"]));
    location.push(picture());
    location.push(always("live", Schema::flag().says("Whether it moves.")));
    let contacts =
        vec![always("name", Schema::text()), always("contacts", Schema::list(contact()))];
    let mut invite = vec![always("group", address())];
    invite.extend(texts(["code"]));
    invite.push(always("expires_at_s", Schema::count().says("In seconds since 1970.")));
    invite.extend(texts(["group_name", "caption"]));
    invite.push(picture());
    let options = Schema::list(Schema::text());
    let poll = vec![
        always("question", Schema::text()),
        always("options", options),
        always("several", Schema::flag().says("Whether more than one can be chosen.")),
    ];
    vec![
        of_type("media", "A file.", media),
        of_type("location", "A place.", location),
        of_type("contact", "A contact.", texts(["name", "vcard"])),
        of_type("contacts", "Several contacts.", contacts),
        of_type("group_invite", "An invitation to a group.", invite),
        of_type("poll", "A poll.", poll),
        of_type(
            "other",
            "A kind that this version does not read; `kind` is WhatsApp's name of it.",
            texts(["kind"]),
        ),
    ]
}

fn contact() -> Schema {
    Schema::object(texts(["name", "vcard"]))
}

fn about_others() -> Vec<Schema> {
    let reaction = vec![
        always("emoji", Schema::text().says("Empty when it is taken back.")),
        always("to", message_id()),
        maybe("to_sender", address()),
    ];
    let votes = Schema::object([
        always("option", Schema::text()),
        always("voters", Schema::list(address())),
    ]);
    let vote = vec![
        always("poll", message_id()),
        always("question", Schema::text().says("Empty when the poll is not known here.")),
        always("votes", Schema::list(votes)),
        always("several", Schema::flag()),
    ];
    let edited =
        vec![always("message", message_id()), always("content", Schema::named("MessageContent"))];
    let deleted = vec![always("message", message_id()), maybe("sender", address())];
    vec![
        of_type("reaction", "An emoji on another message.", reaction),
        of_type("poll_vote", "Where a poll stands after somebody has chosen.", vote),
        of_type("edited", "New words for an earlier message.", edited),
        of_type("deleted", "An earlier message was taken back.", deleted),
    ]
}

fn choices() -> Vec<Schema> {
    let row = Schema::object(texts(["id", "title", "description"]));
    let section =
        Schema::object([always("title", Schema::text()), always("rows", Schema::list(row))]);
    let mut list = texts(["title", "text", "footer", "button"]);
    list.push(always("sections", Schema::list(section)));
    let mut buttons = texts(["text", "footer"]);
    buttons.push(always("buttons", Schema::list(Schema::object(texts(["id", "text"])))));
    let mut template = texts(["id", "text", "footer"]);
    template.push(always("buttons", Schema::list(template_button())));
    let mut interactive = texts(["title", "text", "footer"]);
    interactive.push(always("buttons", Schema::list(template_button())));
    let reply = |fields: Vec<Property>| std::iter::once(to()).chain(fields).collect::<Vec<_>>();
    let mut template_reply = vec![always("index", Schema::count())];
    template_reply.extend(texts(["id", "text"]));
    vec![
        of_type("buttons", "Words with buttons.", buttons),
        of_type("list", "A list to choose from.", list),
        of_type("template", "A message made from a template.", template),
        of_type("interactive_buttons", "Words with buttons, in the newer form.", interactive),
        of_type("button_reply", "A button was chosen.", reply(texts(["id", "text"]))),
        of_type("template_reply", "A template's button was chosen.", reply(template_reply)),
        of_type("list_reply", "A row of a list was chosen.", reply(texts(["title", "id"]))),
        of_type(
            "interactive_reply",
            "A button of the newer form was chosen.",
            reply(texts(["text", "id"])),
        ),
    ]
}

fn template_button() -> Schema {
    let deeds = ["reply", "open", "call", "copy"].map(|deed| maybe(deed, Schema::text()));
    let deed = Schema::object(deeds).says("What it does: exactly one of these, with its argument.");
    Schema::object([
        always("index", Schema::count()),
        always("text", Schema::text()),
        always("deed", deed),
    ])
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, to_value};

    use super::content;
    use crate::wire::message::examples;

    /// Says what is in the one and not in the other, deeply.
    fn misfits(schema: &Value, value: &Value) -> Vec<String> {
        match value {
            Value::Object(fields) => {
                let Some(properties) = schema["properties"].as_object() else {
                    return Vec::new();
                };
                let unknown = fields.keys().filter(|name| !properties.contains_key(*name));
                let required = schema["required"].as_array().into_iter().flatten();
                let names = required.filter_map(Value::as_str);
                let missing = names.filter(|name| !fields.contains_key(*name)).map(str::to_owned);
                let deeper = fields.iter().filter_map(|(name, field)| {
                    properties.get(name).map(|schema| misfits(schema, field))
                });
                unknown.cloned().chain(missing).chain(deeper.flatten()).collect()
            }
            Value::Array(items) => {
                items.iter().flat_map(|item| misfits(&schema["items"], item)).collect()
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
        }
    }

    #[test]
    fn every_kind_of_content_has_the_fields_that_its_schema_names() {
        let schemas = to_value(content()).unwrap();
        let schemas = schemas["oneOf"].as_array().unwrap();
        let examples = examples();
        assert_eq!(schemas.len(), examples.len());
        for example in examples {
            let told = crate::wire::message::content(&example);
            let is_of_type = |it: &&Value| it["properties"]["type"]["const"] == told["type"];
            let schema = schemas.iter().find(is_of_type).unwrap();
            assert_eq!(misfits(schema, &told), Vec::<String>::new(), "{}", example.name());
        }
    }
}
