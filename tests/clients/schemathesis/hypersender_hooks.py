"""Gives the requests over Hypersender's API something to be about. Loaded by Schemathesis itself.

As with the native API, ids that are made up where a request is meant to be right are replaced by those of
instances that exist.
"""

import itertools
import json
import os
import time

import schemathesis
from schemathesis.core.parameters import ParameterLocation
from fixtures import Fixtures

import counting  # noqa: F401

#: How often an id is left as it was made up, for a document to which every text is one; never for zero.
_MADE_UP_EVERY = int(os.environ["FUZZING_MADE_UP_EVERY"])

_named = itertools.count()

_fixtures = Fixtures(
    os.environ["FUZZING_BASE"],
    os.environ["FUZZING_KEY"],
    json.loads(os.environ["FUZZING_INSTANCE"]),
)


@schemathesis.hook
def before_call(context, case, **_):
    if not _is_wrong(case, ParameterLocation.PATH) and "instance" in (case.path_parameters or {}):
        _name_what_exists(case)
    if not _is_wrong(case, ParameterLocation.BODY) and isinstance(case.body, dict):
        _name_what_is_free(case.body)
        if case.media_type == "application/x-www-form-urlencoded":
            # A form has no null: Schemathesis would send the word.
            case.body = {name: value for name, value in case.body.items() if value is not None}


def _name_what_exists(case):
    if _MADE_UP_EVERY == 0 or next(_named) % _MADE_UP_EVERY > 0:
        case.path_parameters["instance"] = _fixtures.instance()


def _is_wrong(case, location):
    """Whether this part of the request is wrong on purpose."""
    return case.meta is not None and case.meta.is_negative_at(location)


def _name_what_is_free(body):
    """No two instances have the same name, and no schema says which addresses there can be."""
    if isinstance(body.get("name"), str):
        body["name"] = f"desk {time.monotonic_ns()}"
    if isinstance(body.get("webhook_url"), str):
        body["webhook_url"] = "https://hooks.example.org/wa"
