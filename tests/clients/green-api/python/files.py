"""Files in messages: what a phone sends with them, and what a client is told of them."""

import base64
from typing import NamedTuple

from kinds import FIRST_HAND, PASSED_ON, THUMBNAIL
from protobuf import field

#: Fields of WhatsApp's schema that messages with files share, and one of stickers.
JPEG_THUMBNAIL, CONTEXT_INFO, IS_ANIMATED = 16, 17, 13
#: How it says that something was passed on.
FORWARDING_SCORE, IS_FORWARDED = 21, 22

WITH_THUMBNAIL = field(JPEG_THUMBNAIL, base64.b64decode(THUMBNAIL))


class File(NamedTuple):
    """What is sent (see the simulator's `media`), the number of this kind in the schema, what else the
    message has, and what a client is told beside the address and the type."""

    kind: str
    number: int
    sent: dict
    more: bytes
    caption: str
    file_name: str
    thumbnail: str
    last: dict

    @property
    def type_message(self):
        return f"{self.kind}Message"

    def content(self):
        """No two files are alike."""
        return f"what is in a file of the kind {self.kind}".encode()

    def media(self):
        data = base64.b64encode(self.content()).decode()
        return {"kind": self.kind, "file": data, **self.sent}

    def message(self, written):
        """What was written, with what else it has: fields of one message may stand in two places."""
        return base64.b64encode(base64.b64decode(written) + field(self.number, self.more)).decode()

    def fields(self, download_url):
        """What a client is told, but for how often it was passed on."""
        return {
            "downloadUrl": download_url,
            "caption": self.caption,
            "fileName": self.file_name,
            "jpegThumbnail": self.thumbnail,
            "mimeType": self.sent["mimetype"],
        }

    def data(self, download_url):
        return {"fileMessageData": {**self.fields(download_url), **self.last}}


FILES = [
    File(
        "image",
        3,
        {"mimetype": "image/jpeg", "caption": "look"},
        WITH_THUMBNAIL,
        "look",
        "$id.jpg",
        THUMBNAIL,
        FIRST_HAND,
    ),
    File(
        "video",
        9,
        {"mimetype": "video/mp4", "caption": "watch"},
        WITH_THUMBNAIL,
        "watch",
        "$id.mp4",
        THUMBNAIL,
        FIRST_HAND,
    ),
    File(
        "document",
        7,
        {"mimetype": "application/pdf", "caption": "read", "file_name": "plan.pdf"},
        WITH_THUMBNAIL
        + field(CONTEXT_INFO, field(FORWARDING_SCORE, 4) + field(IS_FORWARDED, 1)),
        "read",
        "plan.pdf",
        THUMBNAIL,
        PASSED_ON,
    ),
    File(
        "audio",
        8,
        {"mimetype": "audio/ogg; codecs=opus"},
        b"",
        "",
        "$id.ogg",
        "",
        FIRST_HAND,
    ),
    File(
        "sticker",
        26,
        {"mimetype": "image/webp"},
        field(IS_ANIMATED, 1),
        "",
        "$id.webp",
        "",
        {"isAnimated": True, **FIRST_HAND},
    ),
]

#: The picture, which is answered by a text as well.
PICTURE = FILES[0]


def answering(picture, to, reader):
    """A text that answers the message with this id, of this reader, in which the picture was sent."""
    context = field(1, to) + field(2, f"{reader}@s.whatsapp.net")
    context += field(3, base64.b64decode(picture))
    text = field(1, "nice") + field(CONTEXT_INFO, context)
    return base64.b64encode(field(6, text)).decode()
