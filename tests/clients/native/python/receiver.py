"""A receiver of webhooks, as one writes it in Python."""

import http.server
import queue
import threading

from running import LIMIT_S


class Receiver:
    """Keeps what comes, and says that it is well."""

    def __init__(self):
        self._letters = queue.Queue()
        letters = self._letters

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                letters.put((body, dict(self.headers)))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                """Is not wanted."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def next(self, words):
        """The next one in which this is found."""
        while True:
            body, headers = self._letters.get(timeout=LIMIT_S)
            if words in body.decode():
                return body, headers

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
