"""Gives the requests over the native API something to be about. Loaded by Schemathesis itself.

Schemathesis makes up ids of things that are nowhere, and then learns only that they are nowhere. Where
it means to send what is right, the made-up ones are replaced here by ids of what exists.
"""

import os
import time

import schemathesis
from schemathesis.core.parameters import ParameterLocation
from fixtures import RECEIVER, Fixtures

import counting  # noqa: F401

#: The longest that a request waits, in seconds: each one would hold the run up.
WAIT_MAX = 1

#: One pixel.
LOGO = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJ"
    "RU5ErkJggg=="
)

_fixtures = Fixtures(os.environ["FUZZING_BASE"], os.environ["FUZZING_KEY"])


@schemathesis.hook
def before_call(context, case, **_):
    if not _is_wrong(case, ParameterLocation.PATH):
        _name_what_exists(case)
    if not _is_wrong(case, ParameterLocation.QUERY):
        _ask_for_what_exists(case)
    if not _is_wrong(case, ParameterLocation.HEADER) and "Idempotency-Key" in (case.headers or {}):
        # The same keys come again and again, and each is for one request.
        case.headers["Idempotency-Key"] = f"key-{time.monotonic_ns()}"
    if not _is_wrong(case, ParameterLocation.BODY) and isinstance(case.body, dict):
        _say_what_can_be_meant(case)


def _is_wrong(case, location):
    """Whether this part of the request is wrong on purpose."""
    return case.meta is not None and case.meta.is_negative_at(location)


def _name_what_exists(case):
    path = case.path_parameters or {}
    if "attempt" in path:
        is_end = case.operation.method.upper() == "DELETE"
        found = _fixtures.attempt() if is_end else _fixtures.shown()
        path["instance"], path["attempt"] = found
    elif "instance" in path:
        path["instance"] = _fixtures.instance()
    if "link_ticket" in path:
        path["instance"], path["link_ticket"] = _fixtures.link_ticket()
    if "token" in path:
        path["token"] = _fixtures.token()
    if "webhook_endpoint" in path:
        path["webhook_endpoint"] = _fixtures.webhook_endpoint()
    if "account" in path:
        path["account"] = _fixtures.account()


def _ask_for_what_exists(case):
    query = case.query or {}
    if "account" in query:
        query["account"] = _fixtures.account_name()
    if "cursor" in query:
        path = case.formatted_path.removeprefix("/api/v1")
        cursor = _fixtures.cursor(path)
        if cursor is None:
            del query["cursor"]
        else:
            query["cursor"] = cursor
    if "wait" in query:
        query["wait"] = min(int(query["wait"]), WAIT_MAX)


def _say_what_can_be_meant(case):
    body = case.body
    if "account" in (case.path_parameters or {}) and isinstance(body.get("name"), str):
        # The same names come again and again, and no two accounts have or had the same.
        body["name"] = f"{body['name'][:60]} {time.monotonic_ns()}"
    if isinstance(body.get("account"), str):
        body["account"] = _fixtures.account_name()
    if case.formatted_path.endswith("/link-tickets"):
        _describe_a_page(body)
    for receiver in ("url", "webhook_url"):
        # No schema says which addresses may be connected to.
        if isinstance(body.get(receiver), str):
            body[receiver] = RECEIVER
    if isinstance(body.get("instances"), list):
        body["instances"] = [_fixtures.instance()]
    for bound in ("since", "until"):
        # The format also has leap seconds, and years of which there is no time.
        if isinstance(body.get(bound), str):
            body[bound] = "2026-01-01T00:00:00Z"
    if isinstance(body.get("expires_at"), str):
        # One of the two, and ahead of us.
        body.pop("expires_in", None)
        body["expires_at"] = "2099-01-01T00:00:00Z"


def _describe_a_page(ticket):
    """No schema says what a picture is, or which addresses there can be."""
    brand = ticket.get("brand")
    if isinstance(brand, dict) and isinstance(brand.get("logo"), str):
        brand["logo"] = LOGO
    if isinstance(ticket.get("return_url"), str):
        ticket["return_url"] = "https://shop.example/done"
    if ticket.get("phone_fixed") and ticket.get("phone") is None:
        ticket["phone"] = "15550001111"
