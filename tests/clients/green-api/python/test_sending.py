"""The SDK sends texts and sees what waits, as the vendor documents it but for the host."""

import time

from halves import SDK_LOG, Async, Patient, Sync
from pictures import read_code
from running import LIMIT_S
from served import ServedCase

OTHER = "15550002222"


class Sending:
    def test_texts_wait_are_shown_and_cleared_and_arrive(self):
        self.simulator.add_phone(OTHER)
        api = self.account(self.partner().partner.createInstance({}).data)
        account, sending, queues = (
            Patient(self.half, group) for group in (api.account, api.sending, api.queues)
        )
        chat = f"{OTHER}@c.us"
        early = sending.ask("sendMessage", chat, "too early")["idMessage"]
        body = {"chatId": chat, "message": "too early"}
        queued = [{"messageID": early, "type": "sendMessage", "body": body}]
        self.assertEqual(queues.ask("showMessagesQueue"), queued)
        self.assertEqual(queues.ask("getMessagesCount"), {"count": 1})
        self.assertEqual(queues.ask("clearMessagesQueue"), {"isCleared": True})
        self.assertEqual(queues.ask("getMessagesCount"), {"count": 0})
        self.simulator.scan(read_code(account.ask("qr")["message"]))
        first = sending.ask("sendMessage", chat, "hello")["idMessage"]
        second = sending.ask("sendMessage", chat, "and more", first)["idMessage"]
        deadline = time.monotonic() + LIMIT_S
        # Asks again at once: an answer takes longer than a pause would need to.
        while len(inbox := self.simulator.inbox(OTHER)) < 2:
            assert time.monotonic() < deadline, f"not within {LIMIT_S} s: {inbox}"
        self.assertEqual(
            [(message["id"], message["text"]) for message in inbox],
            [(first, "hello"), (second, "and more")],
        )
        self.assertEqual(self.simulator.violations(), [])

    def test_what_is_no_chat_is_refused_in_the_vendors_words(self):
        api = self.account(self.partner().partner.createInstance({}).data)
        sending = Patient(self.half, api.sending)
        with self.assertLogs(SDK_LOG):
            refused = sending.call("sendMessage", OTHER, "hello")
        self.assert_refused(400, refused)
        self.assertIn("'chatId' must be one of the next formats", refused.error)


class SyncSending(Sending, ServedCase):
    half = Sync


class AsyncSending(Sending, ServedCase):
    half = Async
