"""Hypersender's API does what its document says, whatever is sent to it."""

import unittest

from over_document import REQUESTS, OverDocument


class Hypersender(OverDocument, unittest.TestCase):
    path = "/api/whatsapp/v2/openapi.json"
    base = "/api/whatsapp/v2"
    hooks = "hypersender_hooks"
    requests = REQUESTS
    #: Of each operation in a run over right requests: few, since nearly each one makes a connection, of
    #: which there are five a second.
    examples = 15
    #: These make none.
    calm = ["listInstances", "checkHealth"]

    def token(self):
        return self.gateway.hypersender_token()
