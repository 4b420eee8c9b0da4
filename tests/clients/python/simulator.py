"""`waygate sim` as a process of its own, steered over its control API."""

import json
import re
import time
import urllib.error
import urllib.request

from running import LIMIT_S, Running

NUMBER = "15550001111"


# Without the proxies of the environment.
_http = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Simulator:
    """One on addresses of its own, with one phone."""

    def __init__(self):
        arguments = ["sim", "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0"]
        self._process = Running(arguments, {})
        said = self._process.says("control API at ")
        self.chat = re.search(r"ws://[^\s,;]+", said)[0]
        self.version_page = re.search(r"version page at (http://[^\s,;]+)", said)[1]
        self._control = re.search(r"control API at (http://[^\s,;]+)", said)[1]
        self._provoked = []
        self._ask("/phones", {"number": NUMBER})

    def _ask(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        return json.loads(fetch(self._control + path, data) or "null")

    def scan(self, code):
        """The phone scans this text; answers when the device is linked."""
        return self._ask(f"/phones/{NUMBER}/scan", {"qr": code})

    def enter_code(self, code):
        """The phone is given this pairing code; answers when the device is linked."""
        return self._ask(f"/phones/{NUMBER}/enter-code", {"code": code})

    def unlink(self):
        """The phone's owner removes every device."""
        return self._ask(f"/phones/{NUMBER}/unlink", {})

    def devices(self):
        return self._ask(f"/phones/{NUMBER}")["devices"]

    def logins(self):
        return self._ask("/report")["logins"]

    def sees_a_login_after(self, count):
        deadline = time.monotonic() + LIMIT_S
        # Asks again at once: an answer takes longer than a pause would need to.
        while self.logins() <= count:
            assert time.monotonic() < deadline, f"no login within {LIMIT_S} s"

    def add_phone(self, number):
        self._ask("/phones", {"number": number})

    def name(self, number):
        """What its owner calls himself."""
        return self._ask(f"/phones/{number}")["push_name"]

    def send(self, writer, to, message):
        """A phone writes this, in the JSON of WhatsApp's schema or its bytes in base64; gives the id."""
        return self._ask(f"/phones/{writer}/send", {"to": to, "message": message})["id"]

    def send_media(self, writer, to, media):
        return self._ask(f"/phones/{writer}/send", {"to": to, "media": media})["id"]

    def inbox(self, number):
        """The messages that a phone shows."""
        return self._ask(f"/phones/{number}/inbox")["messages"]

    def message(self, number, message):
        """One of them, as its bytes in base64."""
        return next(one["message"] for one in self.inbox(number) if one["id"] == message)

    def read(self, number, message):
        self._ask(f"/phones/{number}/read", {"id": message})

    def ring(self, caller, to):
        return self._ask(f"/phones/{caller}/calls", {"to": to})["id"]

    def act_on_call(self, number, call, deed):
        """`answer`, `decline` or `hang_up`."""
        self._ask(f"/phones/{number}/calls/{call}", {"do": deed})

    def refuse_a_message(self, code):
        """The next one that comes to the server."""
        self._ask("/faults", {"fault": "refuse_messages", "count": 1, "error": code})

    def violations(self):
        """What a client did that the real server would not like."""
        return self._ask("/oracle")["violations"]

    def is_provoked_to_refuse(self, kind):
        """What the test does makes it refuse things of this kind."""
        self._provoked.append(f"refused {kind} ")

    def stop(self):
        """Ends it. No test ends without the oracle being asked: what it has found, and the test has
        not said to provoke, fails here."""
        provoked = tuple(self._provoked)
        found = [it for it in self.violations() if not it["detail"].startswith(provoked)]
        self._process.kill()
        assert found == [], f"what the oracle has found: {found}"


def fetch(url, data=None):
    """The body that is found there."""
    headers = {} if data is None else {"Content-Type": "application/json"}
    request = urllib.request.Request(url, data, headers)
    try:
        with _http.open(request, timeout=LIMIT_S) as response:
            return response.read()
    except urllib.error.HTTPError as error:
        with error:
            raise AssertionError(f"{error}: {error.read()}") from error
