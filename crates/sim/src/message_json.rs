//! Messages as protobuf JSON: the names of the schema, bytes in base64, values of enums by their
//! names, 64-bit numbers as strings.

use std::sync::{Arc, LazyLock};

use buffa_descriptor::{DescriptorPool, DynamicMessage, DynamicMessageSeed, MessageIndex};
use serde::de::DeserializeSeed as _;

/// What a `Message` can hold, cut from the schema in `waproto`, which keeps its own to itself. A test
/// holds it against that one; `tests/it/schema.rs` tells how it is made anew.
const SCHEMA: &[u8] = include_bytes!("message.desc");

/// Read once. `None` would be a schema that is broken, which a test excludes.
static MESSAGE: LazyLock<Option<(Arc<DescriptorPool>, MessageIndex)>> = LazyLock::new(|| {
    let pool = DescriptorPool::decode(SCHEMA).ok()?;
    let message = pool.message_index("whatsapp.Message")?;
    Some((Arc::new(pool), message))
});

/// Reads a `Message` and gives it as protobuf, or says what is wrong without repeating a value.
pub(crate) fn to_protobuf(json: &str) -> Result<Vec<u8>, String> {
    let Some((pool, message)) = MESSAGE.as_ref() else {
        return Err("the schema cannot be read".to_owned());
    };
    let message = read(Arc::clone(pool), *message, json).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let said = error.to_string();
        let what = if said.starts_with("unknown field ") {
            said.split(" at line ").next().unwrap_or_default()
        } else {
            "a value that its field does not take, or no JSON"
        };
        format!("{what} (line {line}, column {column})")
    })?;
    Ok(message.encode_to_vec())
}

fn read(
    pool: Arc<DescriptorPool>,
    message: MessageIndex,
    json: &str,
) -> Result<DynamicMessage, serde_json::Error> {
    let mut json = serde_json::Deserializer::from_str(json);
    let read = DynamicMessageSeed::new(pool, message).deserialize(&mut json)?;
    json.end().map(|()| read)
}

#[cfg(test)]
mod tests {
    use waproto::{codec::message_decode, whatsapp::message::extended_text_message::FontType};

    use super::*;

    fn wrong(json: &str) -> String {
        to_protobuf(json).unwrap_err()
    }

    #[test]
    fn every_form_of_a_value_is_read_as_protobuf_json_has_it() {
        let json = r#"{
            "extendedTextMessage": {
                "text": "hello",
                "font": "SYSTEM_BOLD",
                "jpegThumbnail": "AQID",
                "contextInfo": { "mentionedJid": ["15550001111@s.whatsapp.net"] }
            },
            "imageMessage": { "fileLength": "18446744073709551615", "viewOnce": true }
        }"#;
        let message = message_decode(&to_protobuf(json).unwrap()).unwrap();
        let text = message.extended_text_message.as_option().unwrap();
        assert_eq!(text.text.as_deref(), Some("hello"));
        assert_eq!(text.font, Some(FontType::SYSTEM_BOLD));
        assert_eq!(text.jpeg_thumbnail.as_deref(), Some(&[1, 2, 3][..]));
        let context = text.context_info.as_option().unwrap();
        assert_eq!(context.mentioned_jid, ["15550001111@s.whatsapp.net"]);
        let image = message.image_message.as_option().unwrap();
        assert_eq!((image.file_length, image.view_once), (Some(u64::MAX), Some(true)));
    }

    #[test]
    fn what_the_schema_does_not_know_is_refused_by_its_name() {
        let refused = wrong(r#"{"imageMessage":{"colour":"secret"}}"#);
        let name = r#"unknown field "colour" on message whatsapp.Message.ImageMessage"#;
        assert!(refused.starts_with(name), "{refused}");
        assert!(!refused.contains("secret"), "{refused}");
    }

    #[test]
    fn a_value_that_does_not_fit_is_refused_and_not_repeated() {
        let texts = [
            r#"{"conversation":4711}"#,
            r#"{"imageMessage":{"fileLength":"4711 bytes"}}"#,
            r#"{"imageMessage":{"mediaKey":"4711!"}}"#,
            r#"{"extendedTextMessage":{"font":"F4711"}}"#,
            r#"["4711"]"#,
            r#"{"conversation":"4711""#,
        ];
        for json in texts {
            let refused = wrong(json);
            assert!(refused.starts_with("a value"), "{refused}");
            assert!(!refused.contains("4711"), "{refused}");
        }
    }
}
