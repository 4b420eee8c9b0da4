"""Hypersender's API does what its document says, whatever is sent to it."""

import json
import os
import unittest

from fuzzing import Fuzzing
from openapi_spec_validator import OpenAPIV31SpecValidator
from served import Gateway
from simulator import Simulator, fetch

#: How many requests there are at least: a share of those over the native API, since nearly each one
#: makes a connection, of which there are five a second.
REQUESTS = int(os.environ.get("FUZZING_REQUESTS", "2000")) // 10

SEED = int(os.environ.get("FUZZING_SEED", "1"))

#: Of the requests, as many come past authentication and validation.
SHARE_MIN = 0.6

#: Examples of each operation in a run over right requests.
EXAMPLES = 15

BASE = "/api/whatsapp/v2"


class Hypersender(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.simulator = Simulator()
        cls.addClassCleanup(cls.simulator.stop)
        cls.gateway = Gateway(cls.simulator)
        cls.addClassCleanup(cls.gateway.stop)
        cls.address = f"{cls.gateway.host}{BASE}/openapi.json"
        cls.document = json.loads(fetch(cls.address))

    def test_the_document_is_valid_openapi_3_1(self):
        self.assertTrue(self.document["openapi"].startswith("3.1."))
        OpenAPIV31SpecValidator(self.document).validate()

    def test_answers_are_what_the_document_says(self):
        token = self.gateway.hypersender_token()
        environment = {
            "FUZZING_BASE": f"{self.gateway.host}/api/v1",
            "FUZZING_KEY": self.gateway.key(),
        }
        fuzzing = Fuzzing(self.address, token, "hypersender_hooks", environment)
        url = ["--url", f"{self.gateway.host}{BASE}"]
        fuzzing.run(SEED, [*url, "--phases", "examples,coverage", "--mode", "all"])
        seed = SEED
        while fuzzing.asked() < REQUESTS or fuzzing.share() < SHARE_MIN and seed < SEED + 20:
            seed += 1
            examples = ["--max-examples", str(EXAMPLES)]
            fuzzing.run(seed, [*url, "--phases", "fuzzing", "--mode", "positive", *examples])
        print(
            f"\n{fuzzing.asked()} requests by the seeds {SEED} to {seed}, {fuzzing.share():.0%} of"
            f" them past authentication and validation: {fuzzing.statuses()}"
        )
        self.assertGreaterEqual(fuzzing.share(), SHARE_MIN)
        told = {
            f"{verb.upper()} {path}"
            for path, operations in self.document["paths"].items()
            for verb in operations
            if verb in ("get", "post")
        }
        self.assertEqual(fuzzing.operations(), told)
