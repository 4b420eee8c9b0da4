"""The native API does what its document says, whatever is sent to it."""

import unittest

from over_document import REQUESTS, OverDocument


class Native(OverDocument, unittest.TestCase):
    path = "/openapi.json"
    base = ""
    hooks = "native_hooks"
    requests = REQUESTS
    #: Of each operation in a run over right requests.
    examples = 40

    def token(self):
        return self.gateway.key()
