"""How Schemathesis' requests were answered. Loaded by Schemathesis itself."""

import atexit
import collections
import json
import os

import schemathesis

_counts = collections.Counter()


@schemathesis.hook
def after_call(context, case, response):
    operation = f"{case.operation.method.upper()} {case.operation.path}"
    _counts[f"{operation} {response.status_code}"] += 1


@atexit.register
def _tell():
    with open(os.environ["FUZZING_COUNTS"], "w", encoding="utf-8") as file:
        json.dump(_counts, file)
