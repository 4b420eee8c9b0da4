"""`waygate serve` with a token for Hypersender's API, and a receiver on this machine permitted."""

import json
import re
import tempfile
import urllib.request

from running import LIMIT_S, Running, run

# Without the proxies of the environment.
_http = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Gateway:
    """One that takes the simulator for WhatsApp."""

    def __init__(self, simulator):
        self._folder = tempfile.TemporaryDirectory(prefix="waygate-hypersender-")
        settings = {
            "WAYGATE_DATA_DIR": self._folder.name,
            "WAYGATE_LISTEN": "127.0.0.1:0",
            "WAYGATE_OUTBOUND__ALLOW": "127.0.0.1",
            "WAYGATE_WHATSAPP__URL": simulator.chat,
            "WAYGATE_WHATSAPP__VERSION_URL": simulator.version_page,
        }
        self._tokens = {
            path: run(["token", "create", "--kind", kind], settings)
            for path, kind in (("/api/whatsapp/v2", "hypersender"), ("/api/v1", "native"))
        }
        self._process = Running(["serve"], settings)
        said = self._process.says("running ")
        self.host = re.search(r"listening on (http://\S+)", said)[1]

    def ask(self, path, verb, body):
        """What is answered, which must be a success."""
        token = next(token for root, token in self._tokens.items() if path.startswith(root))
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        data = json.dumps(body).encode()
        request = urllib.request.Request(f"{self.host}{path}", data, headers, method=verb)
        with _http.open(request, timeout=LIMIT_S) as response:
            return json.loads(response.read())

    def stop(self):
        self._process.kill()
        self._folder.cleanup()
