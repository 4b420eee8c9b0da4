"""The standard's own library verifies what Waygate posts."""

import unittest

from gateway import Gateway
from receiver import Receiver
from simulator import Simulator
from standardwebhooks.webhooks import Webhook, WebhookVerificationError


class Webhooks(unittest.TestCase):
    def setUp(self):
        self.simulator = Simulator()
        self.addCleanup(self.simulator.stop)
        self.gateway = Gateway(self.simulator)
        self.addCleanup(self.gateway.stop)
        self.receiver = Receiver()
        self.addCleanup(self.receiver.stop)

    def letter(self):
        """The first one about a new instance."""
        return self.receiver.next(self.gateway.post("/instances", {})["id"])

    def test_either_secret_verifies_while_one_takes_the_place_of_the_other(self):
        endpoint = self.gateway.post("/webhook-endpoints", {"url": self.receiver.url})
        body, headers = self.letter()
        first = Webhook(endpoint["secret"])
        self.assertEqual(first.verify(body, headers)["type"], "state_changed")
        with self.assertRaises(WebhookVerificationError):
            first.verify(body + b" ", headers)
        rotated = self.gateway.post(f"/webhook-endpoints/{endpoint['id']}/rotate-secret", {})
        second = Webhook(rotated["secret"])
        with self.assertRaises(WebhookVerificationError):
            second.verify(body, headers)
        body, headers = self.letter()
        self.assertEqual(first.verify(body, headers), second.verify(body, headers))


if __name__ == "__main__":
    unittest.main()
