"""The native API does what its document says, whatever is sent to it."""

import json
import os
import unittest

from fuzzing import Fuzzing
from openapi_spec_validator import OpenAPIV31SpecValidator
from served import Gateway
from simulator import Simulator, fetch

#: How many requests there are at least. A night has time for more.
REQUESTS = int(os.environ.get("FUZZING_REQUESTS", "2000"))

#: Where the first run begins. A failure tells its own, with which it comes again.
SEED = int(os.environ.get("FUZZING_SEED", "1"))

#: Of the requests, as many come past authentication and validation.
SHARE_MIN = 0.6

#: Examples of each operation in a run over right requests.
EXAMPLES = 40


class Native(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.simulator = Simulator()
        cls.addClassCleanup(cls.simulator.stop)
        cls.gateway = Gateway(cls.simulator)
        cls.addClassCleanup(cls.gateway.stop)
        cls.address = f"{cls.gateway.host}/openapi.json"
        cls.document = json.loads(fetch(cls.address))

    def test_the_document_is_valid_openapi_3_1(self):
        self.assertEqual(self.document["openapi"], "3.1.0")
        OpenAPIV31SpecValidator(self.document).validate()

    def test_answers_are_what_the_document_says(self):
        key = self.gateway.key()
        environment = {"FUZZING_BASE": f"{self.gateway.host}/api/v1", "FUZZING_KEY": key}
        fuzzing = Fuzzing(self.address, key, "native_hooks", environment)
        # Wrong requests of every kind first: there is a set of them, and it does not grow.
        fuzzing.run(SEED, ["--phases", "examples,coverage", "--mode", "all"])
        seed = SEED
        while fuzzing.asked() < REQUESTS:
            seed += 1
            examples = ["--max-examples", str(EXAMPLES)]
            fuzzing.run(seed, ["--phases", "fuzzing", "--mode", "positive", *examples])
        print(
            f"\n{fuzzing.asked()} requests by the seeds {SEED} to {seed}, {fuzzing.share():.0%} of"
            f" them past authentication and validation: {fuzzing.statuses()}"
        )
        self.assertGreaterEqual(fuzzing.share(), SHARE_MIN)
        told = {
            f"{verb.upper()} {path}"
            for path, operations in self.document["paths"].items()
            for verb in operations
        }
        self.assertEqual(fuzzing.operations(), told)
