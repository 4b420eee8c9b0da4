"""Hypersender's API does what the vendor's own document says, as far as that is published.

`vendors_fragment.json` is the part that the vendor's page on new QR codes shows, without its prose and its
example of an answer. It knows no more than 200, 404 and 429.
"""

import unittest

from over_document import REQUESTS, OverDocument


class VendorsFragment(OverDocument, unittest.TestCase):
    file = "vendors_fragment.json"
    base = "/api/whatsapp/v2"
    hooks = "hypersender_hooks"
    #: The vendor's own always have a number.
    instance = {"phone": "15550001111"}
    made_up_every = 5
    #: Not by `coverage`, which leaves the token out: the document does not say what comes then.
    wrong = "examples"
    #: Each one makes a connection, of which there are five a second.
    requests = REQUESTS // 50
    #: In a run over right requests. There is one operation.
    examples = 20

    def token(self):
        return self.gateway.hypersender_token()
