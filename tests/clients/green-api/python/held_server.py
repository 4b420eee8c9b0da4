"""A receiver of what is pushed that answers when a test says so."""

import http.server
import json
import queue
import threading

from running import LIMIT_S


class Push:
    """A request that waits for its answer."""

    def __init__(self, headers, body):
        self.headers = headers
        self.body = body
        self._answered = threading.Event()

    def answer(self):
        """Takes it, and gives what it told."""
        self._answered.set()
        return json.loads(self.body)

    def is_answered(self):
        return self._answered.wait(LIMIT_S)


class HeldServer:
    def __init__(self):
        self._pushes = queue.Queue()
        pushes = self._pushes

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                push = Push(dict(self.headers), body)
                pushes.put(push)
                if push.is_answered():
                    self.send_response(200)
                    self.send_header("Content-Length", "0")
                    self.end_headers()

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"

    def next(self):
        return self._pushes.get(timeout=LIMIT_S)

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
