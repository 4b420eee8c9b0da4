"""A gateway whose limits are lifted, and everybody's key."""

import http.client
import json
import re
import socket
import tempfile

from running import LIMIT_S, Running

SCOPES = ["read", "link", "send", "manage", "tokens", "admin"]


class Gateway:
    """One that takes the simulator for WhatsApp."""

    def __init__(self, simulator):
        self._folder = tempfile.TemporaryDirectory(prefix="waygate-schemathesis-")
        settings = {
            "WAYGATE_DATA_DIR": self._folder.name,
            "WAYGATE_LISTEN": "127.0.0.1:0",
            "WAYGATE_NATIVE__RATE_LIMITS": "off",
            "WAYGATE_HYPERSENDER__RATE_LIMITS": "off",
            "WAYGATE_WHATSAPP__URL": simulator.chat,
            "WAYGATE_WHATSAPP__VERSION_URL": simulator.version_page,
        }
        self._process = Running(["serve"], settings)
        said = self._process.says("running ")
        self.host = re.search(r"listening on (http://\S+)", said)[1]

    def key(self):
        """A token that may do everything, which the operator alone can issue."""
        return self._issue({"kind": "native", "scopes": SCOPES})

    def hypersender_token(self):
        """One for everything of the first account in Hypersender's API."""
        return self._issue({"kind": "hypersender"})

    def _issue(self, wish):
        operator = _Operator(f"{self._folder.name}/control.sock")
        body = json.dumps(wish)
        operator.request("POST", "/api/v1/tokens", body, {"Content-Type": "application/json"})
        issued = json.loads(operator.getresponse().read())
        operator.close()
        return issued["token"]

    def stop(self):
        self._process.kill()
        self._folder.cleanup()


class _Operator(http.client.HTTPConnection):
    """The socket in the data directory."""

    def __init__(self, path):
        super().__init__("waygate", timeout=LIMIT_S)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(LIMIT_S)
        self.sock.connect(self._path)
