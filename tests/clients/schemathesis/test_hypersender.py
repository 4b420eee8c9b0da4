"""Hypersender's API does what its document says, whatever is sent to it."""

import unittest

from over_document import REQUESTS, OverDocument


class Hypersender(OverDocument, unittest.TestCase):
    path = "/api/whatsapp/v2/openapi.json"
    base = "/api/whatsapp/v2"
    hooks = "hypersender_hooks"
    #: A share of those over the native API, since nearly each one makes a connection, of which there
    #: are five a second.
    requests = REQUESTS // 10
    #: Of each operation in a run over right requests.
    examples = 15

    def token(self):
        return self.gateway.hypersender_token()
