"""The SDK's own loop hears what happens to an account, as the vendor documents it but for the host."""

import asyncio

from halves import Async, Patient, Sync
from pictures import read_code
from served import ServedCase
from simulator import NUMBER

SETTINGS = {"stateWebhook": "yes", "statusInstanceWebhook": "yes"}

#: An account that is linked, and then removed on the phone.
EXPECTED = [
    ("stateInstanceChanged", "stateInstance", "authorized"),
    ("statusInstanceChanged", "statusInstance", "online"),
    ("stateInstanceChanged", "stateInstance", "notAuthorized"),
    ("statusInstanceChanged", "statusInstance", "offline"),
]


class Loop:
    def test_an_account_hears_of_its_link_and_of_its_end(self):
        created = self.partner().partner.createInstance(SETTINGS).data
        self.api = self.account(created)
        patient = Patient(self.half, self.api.account)
        heard = []

        def hear(kind, body):
            heard.append((kind, body))
            if len(heard) == 1:
                # What follows comes to a loop that waits for it.
                self.simulator.unlink()
            if len(heard) == len(EXPECTED):
                self.api.webhooks.stopReceivingNotifications()

        self.simulator.scan(read_code(patient.ask("qr")["message"]))
        self.receive(hear)
        self.assertEqual([kind for kind, _ in heard], [kind for kind, *_ in EXPECTED])
        for (kind, body), (_, field, word) in zip(heard, EXPECTED):
            self.assertIsInstance(body.pop("timestamp"), int)
            data = {
                "idInstance": created["idInstance"],
                "wid": f"{NUMBER}@c.us",
                "typeInstance": "whatsapp",
            }
            self.assertEqual(body, {"typeWebhook": kind, "instanceData": data, field: word})
        queues = Patient(self.half, self.api.queues)
        self.assertEqual(queues.ask("getWebhooksCount"), {"count": 0})
        self.assertEqual(queues.ask("clearWebhooksQueue"), {"isCleared": True, "reason": ""})
        self.assertEqual(self.simulator.violations(), [])

    def test_what_was_deleted_is_not_deleted_again(self):
        api = self.account(self.partner().partner.createInstance({}).data)
        receiving = Patient(self.half, api.receiving)
        self.assertEqual(receiving.ask("deleteNotification", 1), {"result": False, "reason": ""})


class SyncLoop(Loop, ServedCase):
    half = Sync

    def receive(self, hear):
        self.api.webhooks.startReceivingNotifications(hear)


class AsyncLoop(Loop, ServedCase):
    half = Async

    def receive(self, hear):
        asyncio.run(self.api.webhooks.startReceivingNotificationsAsync(hear))
