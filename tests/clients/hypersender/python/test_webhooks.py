"""A receiver like the vendor's own hears of everything about messages, in the vendor's envelope."""

import base64
import re
import time
import unittest

from expected import Filled, Listener
from gateway import Gateway
from pictures import read_code
from receiver import Receiver
from simulator import NUMBER, Simulator, fetch
from votes import SECRET, vote

OTHER = "15550002222"
WEBHOOK_SECRET = "s3cret"

FILE = b"what is in the file"

QUESTION = {
    "pollCreationMessageV3": {
        "name": "Lunch?",
        "options": [{"optionName": "Yes"}, {"optionName": "No"}],
        "selectableOptionsCount": 1,
    },
    "messageContextInfo": {"messageSecret": base64.b64encode(SECRET).decode()},
}


class Webhooks(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.began_at = int(time.time())
        self.simulator = Simulator()
        self.addCleanup(self.simulator.stop)
        self.simulator.add_phone(OTHER)
        self.gateway = Gateway(self.simulator)
        self.addCleanup(self.gateway.stop)
        self.receiver = Receiver(WEBHOOK_SECRET)
        self.addCleanup(self.receiver.stop)
        self.instance = self.link()

    def link(self):
        wish = {
            "phone": f"+{NUMBER}",
            "name": "Front desk",
            "webhook_url": "https://receiver.example.org",
        }
        created = self.gateway.ask("/api/whatsapp/v2/create-instance", "POST", wish)
        # The vendor's call takes https alone, and nobody here has a certificate; it has no secret.
        settings = {"webhook_url": self.receiver.url, "webhook_token": WEBHOOK_SECRET}
        self.gateway.ask(f"/api/v1/instances/{created['id']}/settings", "PATCH", settings)
        self.simulator.scan(read_code(created["qr_code"]))
        return created["id"]

    def test_messages_and_what_becomes_of_them_are_told(self):
        told = Listener(self, self.story())
        ids, more = set(), True
        while more:
            headers, body = self.receiver.next()
            self.assertEqual(headers["x-instanceid"], self.instance)
            self.assertEqual(headers["x-userid"], body["data"]["userId"])
            ids.add(body["data"]["id"])
            more = told.hears(body)
        self.assertEqual(len(ids), told.count, "no two events have the same id")
        self.assertTrue(self.receiver.is_silent())
        self.assertEqual(self.receiver.refused, [])

    def story(self):
        theirs = self.write(OTHER, {"conversation": "Hello"})
        yield [self.event("message.any", self.any(OTHER, theirs, "Hello"))]
        own = self.write(NUMBER, {"conversation": "Good day"})
        yield [
            self.event("message.any", self.any(NUMBER, own, "Good day")),
            self.ack(own, 2, "DEVICE"),
        ]
        self.simulator.read(OTHER, own)
        yield [self.ack(own, 3, "READ")]
        yield from self.file()
        key = {"fromMe": False, "id": own}
        emoji = self.write(OTHER, {"reactionMessage": {"key": key, "text": "\U0001f44d"}})
        payload = {
            **self.route(OTHER, emoji),
            "fromMe": False,
            "reaction": {"text": "\U0001f44d", "messageId": f"true_{OTHER}@c.us_{own}"},
        }
        yield [self.event("message.reaction", payload)]
        yield from self.poll()
        deletion = {"key": {"fromMe": True, "id": theirs}, "type": "REVOKE"}
        revoking = self.write(OTHER, {"protocolMessage": deletion})
        yield [self.event("message.revoked", self.revoked(revoking, theirs))]

    def file(self):
        media = {
            "kind": "document",
            "file": base64.b64encode(FILE).decode(),
            "mimetype": "application/pdf",
            "caption": "read",
            "file_name": "plan.pdf",
        }
        sent = self.simulator.send_media(OTHER, NUMBER, media)
        address = Filled(lambda url: url.startswith(f"{self.gateway.host}/media/"))
        told = {"url": address, "mimetype": "application/pdf", "filename": "plan.pdf"}
        (heard,) = yield [self.event("message.any", self.any(OTHER, sent, "read", told))]
        self.assertEqual(fetch(heard["data"]["payload"]["media"]["url"]), FILE)

    def poll(self):
        poll = self.write(NUMBER, QUESTION)
        yield [
            self.event("message.any", self.any(NUMBER, poll, "Lunch?", words=False)),
            self.ack(poll, 2, "DEVICE"),
        ]
        asked_by, voter = (f"{who}@s.whatsapp.net" for who in (NUMBER, OTHER))
        cast = self.write(OTHER, vote(poll, asked_by, voter, ["Yes"]))
        payload = {
            "vote": {
                "id": f"false_{OTHER}@c.us_{cast}",
                "from": f"{OTHER}@c.us",
                "to": f"{NUMBER}@c.us",
                "fromMe": False,
                "selectedOptions": ["Yes"],
                "timestamp": self.now(),
            },
            "poll": {
                "id": f"true_{OTHER}@c.us_{poll}",
                "from": f"{NUMBER}@c.us",
                "to": f"{OTHER}@c.us",
                "fromMe": True,
            },
        }
        yield [self.event("poll.vote", payload)]

    def write(self, writer, message):
        return self.simulator.send(writer, NUMBER if writer == OTHER else OTHER, message)

    def event(self, name, payload):
        me = {
            "id": f"{NUMBER}@c.us",
            "pushName": "",
            "lid": Filled(lambda lid: re.fullmatch(r"\d+@lid", lid)),
        }
        data = {
            "id": Filled(lambda text: re.fullmatch(r"evt_[0-9a-hjkmnp-tv-z]{26}", text)),
            "event": name,
            "metadata": [],
            "me": me,
            "payload": payload,
            "instanceId": self.instance,
            "userId": Filled(lambda text: re.fullmatch(r"[0-9a-f-]{36}", text)),
        }
        return {"event": name, "data": data}

    def now(self):
        return Filled(lambda second: self.began_at <= second <= time.time() + 1)

    def route(self, writer, message):
        from_me = writer == NUMBER
        to = {"to": f"{OTHER}@c.us"} if from_me else {}
        return {
            "id": f"{str(from_me).lower()}_{OTHER}@c.us_{message}",
            "timestamp": self.now(),
            "from": f"{writer}@c.us",
            **to,
        }

    def any(self, writer, message, body, media=None, words=True):
        from_me = writer == NUMBER
        return {
            **self.route(writer, message),
            "fromMe": from_me,
            "source": "app",
            "body": body,
            "hasMedia": media is not None,
            "media": media,
            "ack": 1,
            "ackName": "SERVER",
            "replyTo": None,
            "_data": self.data(writer, message, {"conversation": body} if words and not media else {}),
        }

    def data(self, writer, message, says):
        from_me = writer == NUMBER
        hidden = Filled(lambda lid: re.fullmatch(r"\d+@lid", lid))
        return {
            "key": {
                "remoteJid": f"{OTHER}@s.whatsapp.net",
                **({} if from_me else {"remoteJidAlt": hidden}),
                "fromMe": from_me,
                "id": message,
            },
            "messageTimestamp": self.now(),
            "pushName": "" if from_me else self.simulator.name(OTHER),
            "broadcast": False,
            "status": 2,
            "message": says,
        }

    def revoked(self, message, revoked):
        key = {"remoteJid": f"{OTHER}@s.whatsapp.net", "fromMe": False, "id": revoked}
        revocation = {"protocolMessage": {"key": key, "type": "REVOKE"}}
        return {
            "after": self.any(OTHER, message, "", words=False),
            "before": {},
            "_data": self.data(OTHER, message, revocation),
        }

    def ack(self, message, ack, name):
        payload = {
            "id": f"true_{OTHER}@c.us_{message}",
            "from": f"{NUMBER}@c.us",
            "to": f"{OTHER}@c.us",
            "fromMe": True,
            "ack": ack,
            "ackName": name,
        }
        return self.event("message.ack", payload)


if __name__ == "__main__":
    unittest.main()
