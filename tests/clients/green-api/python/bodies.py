"""Bodies of notifications, with their fields in the order in which the contract has them."""

import time

from expected import Filled, fill_in
from simulator import NUMBER


class Bodies:
    """What the client of one instance, whose number in the API this is, hears of one account."""

    def __init__(self, instance):
        began_at = int(time.time())

        def is_now(second):
            return type(second) is int and began_at <= second <= time.time() + 1

        self._instance = {
            "instanceData": {
                "idInstance": instance,
                "wid": f"{NUMBER}@c.us",
                "typeInstance": "whatsapp",
            }
        }
        self._now = {"timestamp": Filled(is_now)}

    def state(self, field, word):
        kind = {"typeWebhook": f"{field}Changed"}
        return {**kind, **self._instance, **self._now, field: word}

    def message(self, kind, message, sender, data):
        return {
            "typeWebhook": f"{kind}Received",
            **self._instance,
            **self._now,
            "idMessage": message,
            "senderData": sender,
            "messageData": data,
        }

    def status(self, chat, message, by_api, word, **more):
        return {
            "typeWebhook": "outgoingMessageStatus",
            "chatId": f"{chat}@c.us",
            **self._instance,
            **self._now,
            "idMessage": message,
            "status": word,
            **more,
            "sendByApi": by_api,
        }

    def call(self, caller, call, status):
        return {
            "from": f"{caller}@c.us",
            "typeWebhook": "incomingCall",
            **self._instance,
            "status": status,
            **self._now,
            "idMessage": call,
        }


class Chat:
    """The account's chat with somebody, from the side of the one of the two who writes."""

    def __init__(self, simulator, bodies, writer, reader):
        self._simulator, self._bodies = simulator, bodies
        self.writer, self.reader = writer, reader
        self.is_incoming = reader == NUMBER
        # Of its own messages an account is not told what it calls itself.
        name = simulator.name(writer) if self.is_incoming else ""
        self.names = {"writer": writer, "reader": reader, "name": name}

    def writes(self, message):
        """In the JSON of WhatsApp's schema, or as that is written."""
        message = fill_in(message, self.names)
        self.names["id"] = self._simulator.send(self.writer, self.reader, message)

    def hears(self, data):
        """What is heard of what was written last: itself and, of the account's own, that it arrived."""
        other = self.writer if self.is_incoming else self.reader
        sender = {
            "chatId": f"{other}@c.us",
            "sender": f"{self.writer}@c.us",
            "chatName": "$name",
            "senderName": "$name",
            "senderContactName": "",
        }
        kind = "incomingMessage" if self.is_incoming else "outgoingMessage"
        heard = [self._bodies.message(kind, "$id", sender, data)]
        if not self.is_incoming:
            heard.append(self._bodies.status(other, "$id", False, "delivered"))
        return fill_in(heard, self.names)
