"""What every run of Schemathesis over one of our documents has in common."""

import json
import os

from fuzzing import Fuzzing
from openapi_spec_validator import OpenAPIV31SpecValidator
from served import Gateway
from simulator import Simulator, fetch

#: How many requests over the native API there are at least. A night has time for more.
REQUESTS = int(os.environ.get("FUZZING_REQUESTS", "2000"))

#: Where the first run begins. A failure tells its own, with which it comes again.
SEED = int(os.environ.get("FUZZING_SEED", "1"))

#: Of the requests, as many come past authentication and validation.
SHARE_MIN = 0.6

#: How an answer that has no end is told.
STREAM = "text/event-stream"

#: How the beginning of a websocket is told.
SWITCHED = "101"

#: Of each operation that costs little, in a run over right requests.
CALM_EXAMPLES = 300

#: Runs at most, so that one that asks nothing any more has an end.
RUNS_MAX = 500


class OverDocument:
    """Mixed into a test case, which says `base`, `hooks`, `requests`, `examples` and `token`, and either
    `path`, where the gateway tells the document, or `file`, where somebody else's is kept."""

    path = None
    file = None
    #: With which fields instances are made that are to be there.
    instance = {}
    #: How often an id is left as it was made up, for a document to which every text is one; never for zero.
    made_up_every = 0
    #: Operations that are asked more often than the others, by their ids.
    calm = ()
    #: How wrong requests of every kind are made. There is a set of them, and it does not grow.
    wrong = "examples,coverage"

    @classmethod
    def setUpClass(cls):
        cls.simulator = Simulator()
        # Codes are asked for any number, and few of them have an account.
        cls.simulator.is_provoked_to_refuse("PairingCode")
        cls.addClassCleanup(cls.simulator.stop)
        cls.gateway = Gateway(cls.simulator)
        cls.addClassCleanup(cls.gateway.stop)
        if cls.file is None:
            cls.address = f"{cls.gateway.host}{cls.path}"
            cls.document = json.loads(fetch(cls.address))
        else:
            cls.address = os.path.join(os.path.dirname(os.path.abspath(__file__)), cls.file)
            with open(cls.address, encoding="utf-8") as document:
                cls.document = json.load(document)

    def test_the_document_is_valid_openapi_3_1(self):
        self.assertTrue(self.document["openapi"].startswith("3.1."))
        OpenAPIV31SpecValidator(self.document).validate()

    def test_answers_are_what_the_document_says(self):
        environment = {
            "FUZZING_BASE": f"{self.gateway.host}/api/v1",
            "FUZZING_KEY": self.gateway.key(),
            "FUZZING_INSTANCE": json.dumps(self.instance),
            "FUZZING_MADE_UP_EVERY": str(self.made_up_every),
        }
        fuzzing = Fuzzing(self.address, self.token(), self.hooks, environment)
        url = ["--url", f"{self.gateway.host}{self.base}"]
        for name in self.endless():
            url += ["--exclude-operation-id", name]
        fuzzing.run(SEED, [*url, "--phases", self.wrong, "--mode", "all"])
        seed = SEED
        while self.is_wanting(fuzzing) and seed < SEED + RUNS_MAX:
            seed += 1
            right = [*url, "--phases", "fuzzing", "--mode", "positive", "--max-examples"]
            calm = [word for name in self.calm for word in ("--include-operation-id", name)]
            if calm:
                fuzzing.run(seed, [*right, str(CALM_EXAMPLES), *calm])
            fuzzing.run(seed, [*right, str(self.examples)])
        print(
            f"\n{fuzzing.asked()} requests by the seeds {SEED} to {seed}, {fuzzing.share():.0%} of"
            f" them past authentication and validation: {fuzzing.statuses()}"
        )
        self.assertGreaterEqual(fuzzing.asked(), self.requests)
        self.assertGreaterEqual(fuzzing.share(), SHARE_MIN)
        told = {
            f"{verb.upper()} {path}"
            for path, operations in self.document["paths"].items()
            for verb in operations
            if verb in ("get", "post", "patch", "put", "delete")
            and operations[verb].get("operationId") not in self.endless()
        }
        self.assertEqual(fuzzing.operations(), told)

    def is_wanting(self, fuzzing):
        """Whether too little was asked, or too much of it in vain."""
        return fuzzing.asked() < self.requests or fuzzing.share() < SHARE_MIN

    def endless(self):
        """The operations whose answers go on for ever, which Schemathesis would read to their end, and those
        that begin something else than HTTP, which it does not speak."""
        return [
            operation["operationId"]
            for operations in self.document["paths"].values()
            for operation in operations.values()
            if isinstance(operation, dict)
            and (
                STREAM in operation["responses"].get("200", {}).get("content", {})
                or SWITCHED in operation["responses"]
            )
        ]
