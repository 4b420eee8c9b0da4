"""Every kind of message: what is written, in the schema of WhatsApp, and what a client is told of it.

`$writer` and `$reader` are the two people in the chat, `$theirs` is the id of an earlier message of the
reader, `$own` of one of the writer, and `$id` that of the message itself.
"""

from typing import NamedTuple

#: Three bytes, as the schema writes them and as a client gets them.
THUMBNAIL = "/9j/"

FIRST_HAND = {"isForwarded": False, "forwardingScore": 0}
PASSED_ON = {"isForwarded": True, "forwardingScore": 4}

#: What is answered, by its id.
ANSWERED = {"stanzaId": "$theirs", "participant": "$reader@s.whatsapp.net"}
QUOTED = {"stanzaId": "$theirs", "participant": "$reader@c.us"}

POLL = {
    "name": "Lunch?",
    "options": [{"optionName": "Yes"}, {"optionName": "No"}],
    "selectableOptionsCount": 1,
}

CARD = "BEGIN:VCARD\nVERSION:3.0\nEND:VCARD"


class Row(NamedTuple):
    """The kind's name, after which may stand what is special; what is written; what stands behind
    `typeMessage`."""

    name: str
    message: dict
    data: dict

    @property
    def type_message(self):
        return self.name.split()[0]


TEXTS = [
    Row("textMessage", {"conversation": "Hello"}, {"textMessageData": {"textMessage": "Hello"}}),
    Row(
        "extendedTextMessage of a link",
        {
            "extendedTextMessage": {
                "text": "https://example.com",
                "matchedText": "https://example.com",
                "title": "Example",
                "description": "A page",
                "previewType": "NONE",
                "jpegThumbnail": THUMBNAIL,
            }
        },
        {
            "extendedTextMessageData": {
                "text": "https://example.com",
                "description": "A page",
                "title": "Example",
                "jpegThumbnail": THUMBNAIL,
                "previewType": "None",
                **FIRST_HAND,
            }
        },
    ),
    Row(
        "extendedTextMessage that was passed on",
        {"extendedTextMessage": {"text": "News", "contextInfo": PASSED_ON}},
        {
            "extendedTextMessageData": {
                "text": "News",
                "description": "",
                "title": "",
                "jpegThumbnail": "",
                **PASSED_ON,
            }
        },
    ),
    Row(
        "extendedTextMessage of an advertisement",
        {
            "extendedTextMessage": {
                "text": "Hi",
                "contextInfo": {
                    "externalAdReply": {
                        "title": "Sale",
                        "body": "Everything",
                        "mediaType": "IMAGE",
                        "thumbnail": THUMBNAIL,
                        "thumbnailUrl": "https://example.com/a.jpg",
                        "sourceType": "ad",
                        "sourceId": "120200",
                        "sourceUrl": "https://example.com/ad",
                        "showAdAttribution": True,
                    }
                },
            }
        },
        {
            "extendedTextMessageData": {
                "text": "Hi",
                "description": "Everything",
                "title": "Sale",
                "jpegThumbnail": THUMBNAIL,
                **FIRST_HAND,
                "containsAutoReply": False,
                "mediaType": "IMAGE",
                "showAdAttribution": True,
                "sourceId": "120200",
                "sourceType": "ad",
                "sourceUrl": "https://example.com/ad",
                "thumbnailUrl": "https://example.com/a.jpg",
            }
        },
    ),
]


def answer(name, quoted_message, quoted):
    """A text that answers a message of this kind."""
    context = {**ANSWERED, "quotedMessage": quoted_message}
    return Row(
        name,
        {"extendedTextMessage": {"text": "yes, please", "contextInfo": context}},
        {
            "extendedTextMessageData": {"text": "yes, please", **QUOTED, **FIRST_HAND},
            "quotedMessage": {**QUOTED, **quoted},
        },
    )


ANSWERS = [
    answer(
        "quotedMessage",
        {"conversation": "Ready?"},
        {"typeMessage": "textMessage", "textMessage": "Ready?"},
    ),
    answer(
        "quotedMessage of a contact",
        {"contactMessage": {"displayName": "Bob", "vcard": CARD}},
        {"typeMessage": "contactMessage", "contact": {"displayName": "Bob", "vcard": CARD}},
    ),
    answer(
        "quotedMessage of a place",
        {"locationMessage": {"degreesLatitude": 52.5, "degreesLongitude": -13.25, "name": "Office"}},
        {
            "typeMessage": "locationMessage",
            "location": {
                "nameLocation": "Office",
                "address": "",
                "latitude": 52.5,
                "longitude": -13.25,
                "jpegThumbnail": "",
            },
        },
    ),
    answer(
        "quotedMessage of a poll",
        {"pollCreationMessageV3": POLL},
        {
            "typeMessage": "pollMessage",
            "pollMessageData": {
                "name": "Lunch?",
                "options": [{"optionName": "Yes"}, {"optionName": "No"}],
                "multipleAnswers": False,
            },
        },
    ),
]

PLACES_AND_PEOPLE = [
    Row(
        "locationMessage",
        {
            "locationMessage": {
                "degreesLatitude": 52.5,
                "degreesLongitude": -13.25,
                "name": "Office",
                "address": "1 Example Street",
                "jpegThumbnail": THUMBNAIL,
            }
        },
        {
            "locationMessageData": {
                "nameLocation": "Office",
                "address": "1 Example Street",
                "latitude": 52.5,
                "longitude": -13.25,
                "jpegThumbnail": THUMBNAIL,
                **FIRST_HAND,
            }
        },
    ),
    Row(
        "contactMessage",
        {"contactMessage": {"displayName": "Bob", "vcard": CARD, "contextInfo": PASSED_ON}},
        {"contactMessageData": {"displayName": "Bob", "vcard": CARD, **PASSED_ON}},
    ),
    Row(
        "contactsArrayMessage",
        {
            "contactsArrayMessage": {
                "displayName": "2 contacts",
                "contacts": [
                    {"displayName": "Bob", "vcard": CARD},
                    {"displayName": "Carol", "vcard": CARD},
                ],
            }
        },
        {
            "contacts": [
                {"displayName": "Bob", "vcard": CARD},
                {"displayName": "Carol", "vcard": CARD},
            ],
            **FIRST_HAND,
        },
    ),
]

CHANGES = [
    Row(
        "reactionMessage",
        {"reactionMessage": {"key": {"fromMe": False, "id": "$theirs"}, "text": "\U0001f44d"}},
        {"extendedTextMessageData": {"text": "\U0001f44d"}, "quotedMessage": QUOTED},
    ),
    Row(
        "reactionMessage that is taken back",
        {"reactionMessage": {"key": {"fromMe": False, "id": "$theirs"}, "text": ""}},
        {"extendedTextMessageData": {"text": ""}, "quotedMessage": QUOTED},
    ),
    Row(
        "editedMessage",
        {
            "protocolMessage": {
                "key": {"fromMe": True, "id": "$own"},
                "type": "MESSAGE_EDIT",
                "editedMessage": {"conversation": "New words"},
                "timestampMs": "1761000010000",
            }
        },
        {"editedMessageData": {"textMessage": "New words", "stanzaId": "$own"}},
    ),
    Row(
        "editedMessage of a picture",
        {
            "editedMessage": {
                "message": {
                    "protocolMessage": {
                        "key": {"fromMe": True, "id": "$own"},
                        "type": "MESSAGE_EDIT",
                        "editedMessage": {"imageMessage": {"caption": "New caption"}},
                    }
                }
            }
        },
        {"editedMessageData": {"caption": "New caption", "stanzaId": "$own"}},
    ),
    Row(
        "deletedMessage",
        {"protocolMessage": {"key": {"fromMe": True, "id": "$own"}, "type": "REVOKE"}},
        {"deletedMessageData": {"stanzaId": "$own"}},
    ),
]

UNREAD = [
    Row(
        "textMessage of a kind that is not read",
        {"eventMessage": {"name": "Party"}},
        {"textMessageData": {"textMessage": "{{SWE001}}"}},
    ),
]
