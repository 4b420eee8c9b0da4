"""What requests are about: instances, attempts, tokens and accounts that exist when they are named.

Requests remove and end them, so each is looked at before it is named, and made anew when it is gone.
What is asked here is not counted.
"""

import json
import time
import urllib.error
import urllib.request

#: How long anything may take on a busy machine.
LIMIT_S = 15

#: After so many requests an instance is left alone: it has had its ten new codes of the hour.
USES = 12

#: A receiver of events that is nowhere.
RECEIVER = "https://receiver.example/hook"

# Without the proxies of the environment.
_http = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Refused(Exception):
    """The API said no."""


class Fixtures:
    """They belong to whoever has this key. Instances are made with these fields."""

    def __init__(self, base, key, instance=None):
        self._base = base
        self._key = key
        self._instance = instance or {}
        self._scratch = None
        self._uses = 0
        self._shown = None
        self._account = None

    def ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        request = urllib.request.Request(self._base + path, data, headers, method=method)
        try:
            with _http.open(request, timeout=LIMIT_S) as response:
                return json.loads(response.read() or "null")
        except urllib.error.HTTPError as error:
            with error:
                raise Refused(f"{method} {path}: {error.code}") from error

    def _there(self, path):
        try:
            return self.ask("GET", path)
        except Refused:
            return None

    def instance(self):
        """One that anything may be done to."""
        if self._uses == 0 or not self._there(f"/instances/{self._scratch}"):
            self._scratch, self._uses = self.ask("POST", "/instances", self._instance)["id"], USES
        self._uses -= 1
        return self._scratch

    def attempt(self):
        """An instance with an attempt that anything may be done to."""
        instance = self.instance()
        begun = self.ask("POST", f"/instances/{instance}/linking-attempts", {"method": "qr"})
        return instance, begun["id"]

    def shown(self):
        """An instance with an attempt that shows a code, to be looked at and left alone."""
        deadline = time.monotonic() + LIMIT_S
        while not self._shown or not self._shows(*self._shown):
            assert time.monotonic() < deadline, f"no code within {LIMIT_S} s"
            instance = self.ask("POST", "/instances", {})["id"]
            begun = self.ask("POST", f"/instances/{instance}/linking-attempts", {"method": "qr"})
            self._shown = instance, begun["id"]
        return self._shown

    def _shows(self, instance, attempt):
        path = f"/instances/{instance}/linking-attempts/{attempt}"
        seen = self._there(path)
        while seen and seen["step"] in ("preparing", "waiting"):
            seen = self._there(f"{path}?wait={LIMIT_S - 5}&after={seen['version']}")
        return seen and seen["step"] == "qr_code"

    def link_ticket(self):
        """An instance with a ticket that can be taken back."""
        instance = self.instance()
        return instance, self.ask("POST", f"/instances/{instance}/link-tickets", {})["id"]

    def token(self):
        return self.ask("POST", "/tokens", {"kind": "native", "scopes": ["read"]})["id"]

    def webhook_endpoint(self):
        """One that anything may be done to. An account has not more than sixteen."""
        known = self.ask("GET", "/webhook-endpoints")["data"]
        if known:
            return known[0]["id"]
        return self.ask("POST", "/webhook-endpoints", {"url": RECEIVER})["id"]

    def account(self):
        """One without instances, to be renamed and closed."""
        known = self._account and self._there(f"/accounts/{self._account}")
        if not known or known["closed_at"]:
            name = f"tenant {time.monotonic_ns()}"
            self._account = self.ask("POST", "/accounts", {"name": name})["id"]
        return self._account

    def account_name(self):
        """The first account's, which stays."""
        return self.ask("GET", "/accounts")["data"][0]["name"]

    def cursor(self, path):
        """The second page of this list; none while there is no second page, or no list."""
        page = self._there(f"{path}?limit=1")
        return page and page["next_cursor"]
