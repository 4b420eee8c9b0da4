"""What is pushed survives a gateway that is killed while it pushes."""

from halves import Patient, Sync
from held_server import HeldServer
from pictures import read_code
from served import ServedCase

SETTINGS = {"stateWebhook": "yes", "statusInstanceWebhook": "yes", "webhookUrlToken": "abc"}

POWER_CUTS = 3

#: What is told of a link, and of each new process that logs in.
LINKED = ["authorized", "online"]
RESTARTED = ["starting", "offline", "authorized", "online"]


def word(body):
    return body.get("stateInstance") or body["statusInstance"]


class PowerCut(ServedCase):
    def test_the_same_notification_comes_again_and_none_is_lost_or_out_of_order(self):
        receiver = HeldServer()
        self.addCleanup(receiver.stop)
        settings = {**SETTINGS, "webhookUrl": receiver.url}
        created = self.partner().partner.createInstance(settings).data
        patient = Patient(Sync, self.account(created).account)
        self.simulator.scan(read_code(patient.ask("qr")["message"]))
        told = []
        for cut in range(POWER_CUTS):
            self.until_online(created)
            # Some are answered before it dies, and each time another one is under way then.
            for _ in range(cut):
                told.append(word(receiver.next().answer()))
            under_way = receiver.next()
            self.assertEqual(under_way.headers["authorization"], "Bearer abc")
            self.gateway.restart_after_power_cut()
            again = receiver.next()
            self.assertEqual(again.body, under_way.body)
            told.append(word(again.answer()))
        expected = LINKED + RESTARTED * POWER_CUTS
        while len(told) < len(expected):
            told.append(word(receiver.next().answer()))
        self.assertEqual(told, expected)
        self.assertEqual(self.simulator.violations(), [])

    def until_online(self, created):
        patient = Patient(Sync, self.account(created).account)
        while patient.ask("getStatusInstance") != {"statusInstance": "online"}:
            pass
