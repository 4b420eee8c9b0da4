"""Runs of Schemathesis over a document and the server that tells it, until enough was asked."""

import collections
import json
import os
import subprocess
import sys
import tempfile

#: Answers that say nothing of what an operation does: the request did not get that far.
TURNED_AWAY = {400, 401, 403, 404, 405, 422}

#: All of one run's. It asks some thousands of times at most.
LIMIT_S = 1800


class Failed(AssertionError):
    """Schemathesis found something, and has printed what."""


class Fuzzing:
    """Over the document at this address, of a server or of a file. `hooks` names a module that Schemathesis loads, and
    `environment` what that reads."""

    def __init__(self, document, key, hooks, environment):
        self._document = document
        self._key = key
        modules = os.pathsep.join([os.path.dirname(__file__), os.environ["PYTHONPATH"]])
        self._environment = {**environment, "SCHEMATHESIS_HOOKS": hooks, "PYTHONPATH": modules}
        self.counts = collections.Counter()

    def run(self, seed, arguments):
        """Adds the answers of a run to the counts; fails when one was wrong."""
        command = [sys.executable, "-B", "-m", "schemathesis.cli", "run", self._document]
        command += ["--header", f"Authorization: Bearer {self._key}", "--seed", str(seed)]
        command += ["--generation-database", "none", "--no-color", *arguments]
        # Schemathesis leaves files behind where it runs, and begins with them the next time.
        with tempfile.TemporaryDirectory(prefix="waygate-schemathesis-") as folder:
            counts = os.path.join(folder, "counts.json")
            ended = subprocess.run(
                command,
                cwd=folder,
                env={**os.environ, **self._environment, "FUZZING_COUNTS": counts},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=LIMIT_S,
                check=False,
                text=True,
            )
            if ended.returncode != 0:
                raise Failed(f"seed {seed}, {' '.join(arguments)}\n{ended.stdout}")
            with open(counts, encoding="utf-8") as file:
                self.counts.update(json.load(file))

    def asked(self):
        """How many requests there were."""
        return self.counts.total()

    def share(self):
        """Of them, those that came past authentication and validation."""
        past = (count for name, count in self.counts.items() if _status(name) not in TURNED_AWAY)
        return sum(past) / self.asked()

    def statuses(self):
        """How often there was which status."""
        statuses = collections.Counter()
        for name, count in self.counts.items():
            statuses[_status(name)] += count
        return dict(sorted(statuses.items()))

    def operations(self):
        """What was asked at all."""
        return {name.rsplit(" ", 1)[0] for name in self.counts}


def _status(name):
    return int(name.rsplit(" ", 1)[1])
