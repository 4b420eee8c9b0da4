"""What happens to an account, and what a client is told of each part of it, in its order.

`Story.told` causes one thing after the other and yields, each time, the whole of what is to be heard of
it; whoever listens gives back what was heard. So the same story can be polled and pushed.
"""

import base64

from bodies import Bodies, Chat
from choices import CHOICES, OFFERS
from expected import Filled
from files import FILES, PICTURE, answering
from halves import Patient, Sync
from kinds import (
    ANSWERS,
    CHANGES,
    FIRST_HAND,
    PLACES_AND_PEOPLE,
    POLL,
    QUOTED,
    TEXTS,
    UNREAD,
    Row,
)
from pictures import read_code
from simulator import NUMBER, fetch
from votes import SECRET, vote

OTHER, THIRD, NOBODY = "15550002222", "15550003333", "15550009999"

#: Everything that can be told.
SETTINGS = {
    f"{topic}Webhook": "yes"
    for topic in (
        "incoming outgoing outgoingMessage outgoingAPIMessage state statusInstance pollMessage "
        "incomingCall editedMessage deletedMessage"
    ).split()
}

ROWS = [*TEXTS, *ANSWERS, *PLACES_AND_PEOPLE, *OFFERS, *CHOICES, *UNREAD, *CHANGES]

TEXT = Row("textMessage", {"conversation": "So"}, {"textMessageData": {"textMessage": "So"}})

#: What the readers of a poll know of it, and what a client is told.
ASKED = {"name": POLL["name"], "options": POLL["options"], "multipleAnswers": False}
QUESTION = Row(
    "pollMessage",
    {
        "pollCreationMessageV3": POLL,
        "messageContextInfo": {"messageSecret": base64.b64encode(SECRET).decode()},
    },
    {"pollMessageData": ASKED},
)

#: How a call can end, by whose hand, and the word for it.
ENDS = [
    (OTHER, "hang_up", "missed"),
    (NUMBER, "decline", "declined"),
    (NUMBER, "answer", "pickUp"),
]

#: What WhatsApp may say to a message that it does not take, and what is told then.
REFUSALS = [
    (463, {"word": "yellowCard"}),
    (479, {"word": "failed", "description": "WhatsApp refused the message"}),
]


class Story:
    """Of the account with this SDK, on a gateway at this host."""

    def __init__(self, simulator, api, host):
        self._simulator = simulator
        self._address = Filled(lambda url: url.startswith(f"{host}/media/"))
        self._account, self._sending, self._receiving = (
            Patient(Sync, group) for group in (api.account, api.sending, api.receiving)
        )
        for number in OTHER, THIRD:
            simulator.add_phone(number)
        self._bodies = Bodies(int(api.idInstance))
        self._incoming, self._outgoing = (
            Chat(simulator, self._bodies, *two) for two in ((OTHER, NUMBER), (NUMBER, OTHER))
        )
        self._chats = [self._incoming, self._outgoing]

    def told(self):
        self._simulator.scan(read_code(self._account.ask("qr")["message"]))
        yield self._becomes("authorized", "online")
        yield from self._both_say_something_to_come_back_to()
        for chat in self._chats:
            for row in ROWS:
                yield self._writes(chat, row)
            yield from self._votes(chat)
            yield from self._sends_files(chat)
        yield from self._rings()
        yield from self._sends_by_api()
        yield from self._fails_to_send()
        self._simulator.unlink()
        yield self._becomes("notAuthorized", "offline")

    def _becomes(self, state, status):
        told = {"stateInstance": state, "statusInstance": status}
        return [self._bodies.state(*one) for one in told.items()]

    def _writes(self, chat, row):
        chat.writes(row.message)
        return chat.hears({"typeMessage": row.type_message, **row.data})

    def _both_say_something_to_come_back_to(self):
        """A text and a poll, of which later messages speak."""
        for chat, other in zip(self._chats, reversed(self._chats)):
            for row, own, theirs in (TEXT, "own", "theirs"), (QUESTION, "own_poll", "their_poll"):
                yield self._writes(chat, row)
                chat.names[own] = other.names[theirs] = chat.names["id"]

    def _votes(self, chat):
        """Chooses one, then the other, in what the other one of the two has asked; then none."""
        asked_by, voter = (f"{who}@s.whatsapp.net" for who in (chat.reader, chat.writer))
        for chosen in ["Yes"], ["No"], []:
            chat.writes(vote(chat.names["their_poll"], asked_by, voter, chosen))
            votes = [
                {
                    "optionName": option["optionName"],
                    "optionVoters": ["$writer@c.us"] if option["optionName"] in chosen else [],
                }
                for option in POLL["options"]
            ]
            data = {
                "stanzaId": "$their_poll",
                "name": POLL["name"],
                "votes": votes,
                "multipleAnswers": False,
            }
            yield chat.hears({"typeMessage": "pollUpdateMessage", "pollMessageData": data})

    def _sends_files(self, chat):
        for file in FILES:
            message = self._laid_down(file)
            chat.writes(message)
            data = file.data(self._address)
            told, *_ = yield chat.hears({"typeMessage": file.type_message, **data})
            self._is_fetched(told["messageData"]["fileMessageData"]["downloadUrl"], file)
            found = told["senderData"]["chatId"], told["idMessage"]
            self._is_fetched(self._receiving.ask("downloadFile", *found)["downloadUrl"], file)
            if file is PICTURE:
                yield from self._answers(chat, message)

    def _answers(self, chat, picture):
        """By words, beside which the picture is told once more, under the name of its own message."""
        chat.writes(answering(picture, chat.names["theirs"], chat.reader))
        quoted = {**QUOTED, "typeMessage": PICTURE.type_message, **PICTURE.fields(self._address)}
        data = {
            "typeMessage": "quotedMessage",
            "extendedTextMessageData": {"text": "nice", **QUOTED, **FIRST_HAND},
            "quotedMessage": {**quoted, "fileName": "$theirs.jpg"},
        }
        told, *_ = yield chat.hears(data)
        self._is_fetched(told["messageData"]["quotedMessage"]["downloadUrl"], PICTURE)

    def _laid_down(self, file):
        """A message with a file that lies on WhatsApp's servers, and with all else that belongs to it."""
        sent = self._simulator.send_media(OTHER, THIRD, file.media())
        return file.message(self._simulator.message(OTHER, sent))

    @staticmethod
    def _is_fetched(url, file):
        assert fetch(url) == file.content(), file.kind

    def _rings(self):
        for by, deed, status in ENDS:
            call = self._simulator.ring(OTHER, NUMBER)
            yield [self._bodies.call(OTHER, call, "offer")]
            self._simulator.act_on_call(by, call, deed)
            yield [self._bodies.call(OTHER, call, status)]

    def _sends_by_api(self):
        plain = {"text": "Hello", "description": "", "title": "", "jpegThumbnail": "", **FIRST_HAND}
        first = self._send("Hello")
        data = {"typeMessage": "extendedTextMessage", "extendedTextMessageData": plain}
        yield self._is_sent(first, data)
        self._simulator.read(OTHER, first)
        yield [self._bodies.status(OTHER, first, True, "read")]
        theirs = self._incoming.names["own"]
        second = self._send("Yes", theirs)
        quoted = {"stanzaId": theirs, "participant": f"{OTHER}@c.us"}
        data = {
            "typeMessage": "quotedMessage",
            "extendedTextMessageData": {"text": "Yes", **quoted, **FIRST_HAND},
            "quotedMessage": {**quoted, "typeMessage": "textMessage", "textMessage": "So"},
        }
        yield self._is_sent(second, data)

    def _send(self, text, *quoted, to=OTHER):
        return self._sending.ask("sendMessage", f"{to}@c.us", text, *quoted)["idMessage"]

    def _is_sent(self, message, data):
        sender = {
            "chatId": f"{OTHER}@c.us",
            "sender": f"{NUMBER}@c.us",
            "chatName": "",
            "senderName": "",
            "senderContactName": "",
        }
        statuses = [self._bodies.status(OTHER, message, True, word) for word in ("sent", "delivered")]
        return [self._bodies.message("outgoingAPIMessage", message, sender, data), *statuses]

    def _fails_to_send(self):
        """This is told even to those who want to hear of no status."""
        self._account.ask("setSettings", {"outgoingWebhook": "no"})
        lost = self._send("Is anybody there?", to=NOBODY)
        yield [self._bodies.status(NOBODY, lost, True, "noAccount")]
        for code, told in REFUSALS:
            self._simulator.refuse_a_message(code)
            refused = self._send("Hello again")
            yield [self._bodies.status(OTHER, refused, True, **told)]
