"""Kinds of messages that offer something to choose from, and those that say what was chosen.

See `kinds.py`, of whose table this is a part.
"""

import json

from kinds import ANSWERED, FIRST_HAND, THUMBNAIL, Row

#: Buttons of templates, in the schema of WhatsApp and as a client gets them: with a place among the others,
#: and what each does under a name of its own.
TEMPLATE_BUTTONS = [
    {"index": 1, "urlButton": {"displayText": "Site", "url": "https://example.com"}},
    {"index": 2, "callButton": {"displayText": "Call", "phoneNumber": "15550003333"}},
    {"index": 3, "quickReplyButton": {"displayText": "Yes", "id": "yes"}},
]


def flow(*buttons):
    """A message with buttons of the newer form."""
    written = [{"name": name, "buttonParamsJson": json.dumps(does)} for name, does in buttons]
    return {
        "interactiveMessage": {
            "header": {"title": "Title"},
            "body": {"text": "Choose"},
            "footer": {"text": "Footer"},
            "nativeFlowMessage": {"buttons": written},
        }
    }


OFFERS = [
    Row(
        "groupInviteMessage",
        {
            "groupInviteMessage": {
                "groupJid": "120363000000000000@g.us",
                "inviteCode": "AbCdEf",
                "inviteExpiration": "1761600000",
                "groupName": "Team",
                "jpegThumbnail": THUMBNAIL,
                "caption": "Join us",
            }
        },
        {
            "groupInviteMessageData": {
                "groupJid": "120363000000000000@g.us",
                "inviteCode": "AbCdEf",
                "inviteExpiration": "1761600000",
                "groupName": "Team",
                "caption": "Join us",
                "name": "$name",
                "jpegThumbnail": THUMBNAIL,
            }
        },
    ),
    Row(
        "buttonsMessage",
        {
            "buttonsMessage": {
                "contentText": "Choose",
                "footerText": "Footer",
                "buttons": [{"buttonId": "1", "buttonText": {"displayText": "Yes"}}],
            }
        },
        {
            "buttonsMessage": {
                "contentText": "Choose",
                "footer": "Footer",
                "buttons": [{"buttonId": "1", "buttonText": "Yes"}],
                **FIRST_HAND,
            }
        },
    ),
    Row(
        "listMessage",
        {
            "listMessage": {
                "title": "Title",
                "description": "Choose",
                "buttonText": "Open",
                "footerText": "Footer",
                "listType": "SINGLE_SELECT",
                "sections": [
                    {
                        "title": "Part",
                        "rows": [{"title": "One", "description": "The first", "rowId": "1"}],
                    }
                ],
            }
        },
        {
            "listMessage": {
                "contentText": "Choose",
                "title": "Title",
                "footer": "Footer",
                "buttonText": "Open",
                "sections": [
                    {
                        "title": "Part",
                        "rows": [{"title": "One", "rowId": "1", "description": "The first"}],
                    }
                ],
                **FIRST_HAND,
            }
        },
    ),
    Row(
        "templateMessage",
        {
            "templateMessage": {
                "hydratedTemplate": {
                    "hydratedContentText": "Choose",
                    "hydratedFooterText": "Footer",
                    "hydratedButtons": TEMPLATE_BUTTONS,
                }
            }
        },
        {
            "templateMessage": {
                "contentText": "Choose",
                "footer": "Footer",
                "buttons": TEMPLATE_BUTTONS,
                **FIRST_HAND,
            }
        },
    ),
    Row(
        "interactiveButtons",
        flow(
            ("cta_url", {"display_text": "Site", "url": "https://example.com"}),
            ("cta_call", {"display_text": "Call", "phone_number": "15550003333"}),
            ("cta_copy", {"display_text": "Copy", "copy_code": "CODE"}),
        ),
        {
            "interactiveButtons": {
                "titleText": "Title",
                "contentText": "Choose",
                "footerText": "Footer",
                "buttons": [
                    {
                        "type": "url",
                        "buttonId": "0",
                        "buttonText": "Site",
                        "url": "https://example.com",
                    },
                    {
                        "type": "call",
                        "buttonId": "1",
                        "buttonText": "Call",
                        "phoneNumber": "15550003333",
                    },
                    {"type": "copy", "buttonId": "2", "buttonText": "Copy", "copyCode": "CODE"},
                ],
            }
        },
    ),
    Row(
        "interactiveButtonsReply",
        flow(("quick_reply", {"display_text": "Yes", "id": "yes"})),
        {
            "interactiveButtonsReply": {
                "titleText": "Title",
                "contentText": "Choose",
                "footerText": "Footer",
                "buttons": [{"buttonId": "yes", "buttonText": "Yes"}],
            }
        },
    ),
]

CHOICES = [
    Row(
        "buttonsResponseMessage",
        {
            "buttonsResponseMessage": {
                "selectedButtonId": "1",
                "selectedDisplayText": "Yes",
                "type": "DISPLAY_TEXT",
                "contextInfo": ANSWERED,
            }
        },
        {
            "buttonsResponseMessage": {
                "stanzaId": "$theirs",
                "selectedButtonId": "1",
                "selectedButtonText": "Yes",
            }
        },
    ),
    Row(
        "templateButtonReplyMessage",
        {
            "templateButtonReplyMessage": {
                "selectedId": "yes",
                "selectedDisplayText": "Yes",
                "selectedIndex": 3,
                "contextInfo": ANSWERED,
            }
        },
        {
            "templateButtonReplyMessage": {
                "stanzaId": "$theirs",
                "selectedIndex": 3,
                "selectedId": "yes",
                "selectedDisplayText": "Yes",
            }
        },
    ),
    Row(
        "templateButtonReplyMessage of the newer form",
        {
            "interactiveResponseMessage": {
                "body": {"text": "Yes"},
                "nativeFlowResponseMessage": {
                    "name": "quick_reply",
                    "paramsJson": json.dumps({"id": "yes"}),
                },
                "contextInfo": ANSWERED,
            }
        },
        {
            "templateButtonReplyMessage": {
                "stanzaId": "$theirs",
                "selectedIndex": 0,
                "selectedId": "yes",
                "selectedDisplayText": "Yes",
            }
        },
    ),
    Row(
        "listResponseMessage",
        {
            "listResponseMessage": {
                "title": "One",
                "listType": "SINGLE_SELECT",
                "singleSelectReply": {"selectedRowId": "1"},
                "contextInfo": ANSWERED,
            }
        },
        {
            "listResponseMessage": {
                "stanzaId": "$theirs",
                "title": "One",
                "listType": 1,
                "singleSelectReply": "1",
            }
        },
    ),
]
