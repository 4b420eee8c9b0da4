"""The vendor's own receiver hears what happens to an account, unchanged but for host and port."""

from halves import Patient, Sync
from pictures import read_code
from served import LIMIT_S, ServedCase
from simulator import NUMBER
from webhook_server import WebhookServer

SETTINGS = {"stateWebhook": "yes", "statusInstanceWebhook": "yes"}

#: What is caused, and what is heard of it then: the type, and what it has beside what all have.
CAUSED = [
    (
        "link",
        [
            ("stateInstanceChanged", {"stateInstance": "authorized"}),
            ("statusInstanceChanged", {"statusInstance": "online"}),
        ],
    ),
    (
        "unlink",
        [
            ("stateInstanceChanged", {"stateInstance": "notAuthorized"}),
            ("statusInstanceChanged", {"statusInstance": "offline"}),
        ],
    ),
]


class Pushing(ServedCase):
    def link(self):
        self.simulator.scan(read_code(self.account_half.ask("qr")["message"]))

    def unlink(self):
        self.simulator.unlink()

    def test_the_receiver_hears_everything_that_the_documents_name(self):
        server = WebhookServer()
        settings = {**SETTINGS, "webhookUrl": server.url, "webhookUrlToken": "abc"}
        created = self.partner().partner.createInstance(settings).data
        api = self.account(created)
        self.account_half = Patient(Sync, api.account)
        data = {
            "idInstance": created["idInstance"],
            "wid": f"{NUMBER}@c.us",
            "typeInstance": "whatsapp",
        }
        for cause, expected in CAUSED:
            getattr(self, cause)()
            for kind, own in expected:
                heard, body = server.hears(LIMIT_S)
                self.assertEqual(heard, kind, cause)
                self.assertIsInstance(body.pop("timestamp"), int)
                self.assertEqual(body, {"typeWebhook": kind, "instanceData": data, **own})
        queues = Patient(Sync, api.queues)
        while queues.ask("getWebhooksCount") != {"count": 0}:
            # What was answered last is about to be settled.
            pass
        self.assertTrue(server.is_silent(), "nothing comes twice")
        self.assertEqual(api.receiving.receiveNotification().code, 400, "it is pushed")
        self.assertEqual(self.simulator.violations(), [])
