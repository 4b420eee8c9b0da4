//! One of every kind of content, with every field that it can have.

use waygate_core::message::MessageId;
use waygate_core::message::address::Address;
use waygate_core::message::content::{
    Button, ButtonDeed, ButtonMenu, ButtonReply, Contact, Contacts, Content, Deleted, Edited,
    GroupInvite, InteractiveButtons, InteractiveReply, LinkPreview, List, ListReply, ListRow,
    ListSection, Location, OptionVotes, Poll, PollVote, Reaction, Template, TemplateButton,
    TemplateReply, Text,
};
use waygate_core::message::media::{Media, MediaKind};

pub(crate) fn examples() -> Vec<Content> {
    [things(), about_others(), choices(), replies()].concat()
}

fn words(text: &str) -> Box<str> {
    text.into()
}

fn id() -> MessageId {
    MessageId(words("3EB00011223344AA"))
}

fn person() -> Address {
    Address::person("15550002222").unwrap()
}

fn things() -> Vec<Content> {
    let text = Text {
        preview: Some(LinkPreview::default()),
        advertisement: Some(Box::default()),
        ..Text::plain("Ready?")
    };
    let media = Media {
        kind: MediaKind::Image,
        mime: words("image/jpeg"),
        caption: words("here"),
        file_name: words(""),
        thumbnail: words(""),
        bytes: 3,
        seconds: 0,
        animated: false,
        view_once: false,
        file: None,
    };
    let location = Location {
        latitude: 52.5.try_into().unwrap(),
        longitude: 13.4.try_into().unwrap(),
        name: words("Office"),
        address: words("Long street 1"),
        thumbnail: words(""),
        live: false,
    };
    let contact = Contact { name: words("Ann"), vcard: words("BEGIN:VCARD") };
    let contacts = Contacts { name: words("Two"), contacts: vec![contact.clone()] };
    let invite = GroupInvite {
        group: "120363000000000000@g.us".parse().unwrap(),
        code: words("code"),
        expires_at_s: 1_800_000_000,
        group_name: words("Team"),
        caption: words(""),
        thumbnail: words(""),
    };
    vec![
        Content::Text(text),
        Content::Media(media),
        Content::Location(location),
        Content::Contact(contact),
        Content::Contacts(contacts),
        Content::GroupInvite(invite),
        Content::Other { kind: words("eventMessage") },
    ]
}

fn about_others() -> Vec<Content> {
    let poll = Poll { question: words("When?"), options: vec![words("Now")], several: false };
    let votes = vec![OptionVotes { option: words("Now"), voters: vec![person()] }];
    let vote = PollVote { poll: id(), question: words("When?"), votes, several: false };
    let reaction = Reaction { emoji: words("+"), to: id(), to_sender: Some(person()) };
    let content = Box::new(Content::Text(Text::plain("Now")));
    vec![
        Content::Poll(poll),
        Content::PollVote(vote),
        Content::Reaction(reaction),
        Content::Edited(Edited { message: id(), content }),
        Content::Deleted(Deleted { message: id(), sender: Some(person()) }),
    ]
}

fn choices() -> Vec<Content> {
    let button = Button { id: words("1"), text: words("Yes") };
    let buttons = ButtonMenu { text: words("Ready?"), footer: words(""), buttons: vec![button] };
    let row = ListRow { id: words("1"), title: words("Yes"), description: words("") };
    let list = List {
        title: words(""),
        text: words("Ready?"),
        footer: words(""),
        button: words("Choose"),
        sections: vec![ListSection { title: words(""), rows: vec![row] }],
    };
    let deeds = [
        ButtonDeed::Reply(words("1")),
        ButtonDeed::Open(words("https://shop.example")),
        ButtonDeed::Call(words("15550003333")),
        ButtonDeed::Copy(words("code")),
    ];
    let buttons_of_template: Vec<_> = (0..)
        .zip(deeds)
        .map(|(index, deed)| TemplateButton { index, text: words("Yes"), deed })
        .collect();
    let template = Template {
        id: words(""),
        text: words("Ready?"),
        footer: words(""),
        buttons: buttons_of_template.clone(),
    };
    let interactive = InteractiveButtons {
        title: words(""),
        text: words("Ready?"),
        footer: words(""),
        buttons: buttons_of_template,
    };
    vec![
        Content::Buttons(buttons),
        Content::List(list),
        Content::Template(template),
        Content::InteractiveButtons(interactive),
    ]
}

fn replies() -> Vec<Content> {
    let (to, text) = (Some(id()), words("Yes"));
    let button = ButtonReply { to: to.clone(), id: words("1"), text: text.clone() };
    let template = TemplateReply { to: to.clone(), index: 0, id: words("1"), text: text.clone() };
    let list = ListReply { to: to.clone(), title: text.clone(), id: words("1") };
    let interactive = InteractiveReply { to, text, id: words("1") };
    vec![
        Content::ButtonReply(button),
        Content::TemplateReply(template),
        Content::ListReply(list),
        Content::InteractiveReply(interactive),
    ]
}
