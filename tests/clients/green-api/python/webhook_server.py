"""The vendor's own receiver of what is pushed, as the vendor documents it, in a thread of its own."""

import asyncio
import queue
import socket
import threading
import time

from running import LIMIT_S
from whatsapp_api_webhook_server_python.webhooksHandler import startServer

HOST = "127.0.0.1"


class WebhookServer:
    """Hears everything. It is there for as long as the tests run: it has no end of its own."""

    def __init__(self):
        self._heard = queue.Queue()
        port = free_port()
        self.url = f"http://{HOST}:{port}"
        threading.Thread(target=self._serve, args=(port,), daemon=True).start()
        until_it_listens(port)

    def _serve(self, port):
        asyncio.set_event_loop(asyncio.new_event_loop())
        startServer(HOST, port, lambda _handler, kind, body: self._heard.put((kind, body)))

    def hears(self, within_s):
        """The next notification: its type, and all of it."""
        return self._heard.get(timeout=within_s)

    def is_silent(self):
        return self._heard.empty()


def free_port():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def until_it_listens(port):
    deadline = time.monotonic() + LIMIT_S
    while True:
        try:
            socket.create_connection((HOST, port)).close()
            return
        except ConnectionRefusedError:
            assert time.monotonic() < deadline, f"nobody listens within {LIMIT_S} s"
