"""A receiver that judges what comes as the vendor's own does, which is one for PHP: by the secret first, then
by the name of the event."""

import http.server
import json
import queue
import threading

from running import LIMIT_S

#: Those that the vendor's receiver knows; every other is 422 to it.
EVENTS = {
    "presence.update",
    "message.any",
    "message.reaction",
    "message.ack",
    "message.waiting",
    "message.revoked",
    "poll.vote",
    "poll.vote.failed",
}


class Receiver:
    def __init__(self, secret):
        self._heard = queue.Queue()
        #: What was refused.
        self.refused = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status = receiver.judge(secret, self.headers, body)
                answer = json.dumps({"status": "ok" if status == 200 else "refused"}).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                """Is not wanted."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def judge(self, secret, headers, body):
        if headers["Authorization"] != secret:
            status = 401
        elif body["event"] not in EVENTS:
            status = 422
        else:
            self._heard.put(({name.lower(): value for name, value in headers.items()}, body))
            return 200
        self.refused.append((status, body["event"]))
        return status

    def next(self):
        """The next event: its headers and its body."""
        return self._heard.get(timeout=LIMIT_S)

    def is_silent(self):
        return self._heard.empty()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
