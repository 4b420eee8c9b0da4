//! Words.

use waygate_core::message::content::{Advertisement, Content, LinkPreview, Text};
use whatsapp_rust::waproto::whatsapp as wa;

use super::content::Read;
use super::{base64, words};

pub(super) fn read(message: &wa::Message) -> Option<Read<'_>> {
    if let Some(words) = &message.conversation
        && !words.is_empty()
    {
        return Some(Read::alone(Content::Text(Text::plain(words.as_str()))));
    }
    let text = message.extended_text_message.as_option()?;
    let context = text.context_info.as_option();
    let advertisement = context.and_then(|it| it.external_ad_reply.as_option()).map(advertisement);
    let content = Content::Text(Text {
        body: words(text.text.as_ref()),
        preview: preview(text),
        advertisement: advertisement.map(Box::new),
    });
    Some(Read::within(content, context))
}

/// Without a title and a description there is nothing to show beside the words.
fn preview(text: &wa::message::ExtendedTextMessage) -> Option<LinkPreview> {
    let says_something = text.matched_text.is_some()
        || text.title.is_some()
        || text.description.is_some()
        || text.jpeg_thumbnail.is_some();
    says_something.then(|| LinkPreview {
        title: words(text.title.as_ref()),
        description: words(text.description.as_ref()),
        thumbnail: base64(text.jpeg_thumbnail.as_ref()),
        kind: text.preview_type.map_or(0, |kind| kind as i32),
    })
}

fn advertisement(shown: &wa::context_info::ExternalAdReplyInfo) -> Advertisement {
    Advertisement {
        title: words(shown.title.as_ref()),
        body: words(shown.body.as_ref()),
        media_kind: shown.media_type.map_or(0, |kind| kind as i32),
        thumbnail: base64(shown.thumbnail.as_ref()),
        thumbnail_url: words(shown.thumbnail_url.as_ref()),
        source_id: words(shown.source_id.as_ref()),
        source_type: words(shown.source_type.as_ref()),
        source_url: words(shown.source_url.as_ref()),
        contains_auto_reply: shown.contains_auto_reply.unwrap_or_default(),
        shows_attribution: shown.show_ad_attribution.unwrap_or_default(),
    }
}
