"""The case that every test here is: a simulator, and a gateway that takes it for WhatsApp."""

import signal
import unittest

from gateway import Gateway
from simulator import Simulator
from whatsapp_api_client_python.API import GreenAPI, GreenApiPartner

#: Of the whole test. The SDK's own patience is three minutes and more.
LIMIT_S = 60


class TooLate(BaseException):
    """No `Exception`: the SDK would take it for a failed request and repeat that."""


class ServedCase(unittest.TestCase):
    def setUp(self):
        signal.signal(signal.SIGALRM, self._too_late)
        signal.alarm(LIMIT_S)
        self.addCleanup(signal.alarm, 0)
        self.simulator = Simulator()
        self.addCleanup(self.simulator.stop)
        self.gateway = Gateway(self.simulator)
        self.addCleanup(self.gateway.stop)

    @staticmethod
    def _too_late(*_):
        raise TooLate(f"not within {LIMIT_S} s")

    def partner(self, host=None, token=None):
        """The SDK for partners, as the vendor documents it but for the host."""
        token = token or self.gateway.partner_token
        return GreenApiPartner(token, "partner@example.org", host=host or self.gateway.host)

    def account(self, created, host=None):
        """The SDK for the instance that was created, as the vendor documents it but for the hosts."""
        host = host or self.gateway.host
        number, token = str(created["idInstance"]), created["apiTokenInstance"]
        return GreenAPI(number, token, host=host, media=host)

    def assert_refused(self, status, response):
        self.assertEqual(response.code, status)
        self.assertIsNone(response.data)
