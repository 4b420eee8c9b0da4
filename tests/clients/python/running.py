"""A started binary: what it prints, and that it does not outlive the tests."""

import os
import queue
import signal
import subprocess
import threading
import weakref

#: How long anything may take on a busy machine.
LIMIT_S = 15

# Like Ctrl-C, so that what was started ends too; by itself this signal would end the tests alone.
signal.signal(signal.SIGTERM, signal.default_int_handler)


def _command(arguments):
    binary = os.environ.get("SANDBOX_WAYGATE")
    if not binary:
        raise RuntimeError("SANDBOX_WAYGATE is not set: run this by `cargo xtask test`")
    return [binary, *arguments]


def _environment(settings):
    """Ours without settings of a gateway that somebody runs, and with these."""
    kept = {n: v for n, v in os.environ.items() if not n.upper().startswith("WAYGATE_")}
    return {**kept, "WAYGATE_LOG__LEVEL": "warn", **settings}


def run(arguments, settings):
    """What a command prints that ends by itself."""
    ended = subprocess.run(
        _command(arguments),
        env=_environment(settings),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        timeout=LIMIT_S,
        check=True,
        text=True,
    )
    return ended.stdout.strip()


class Running:
    """A command that ends with its test, or with the tests if that one cannot end it."""

    def __init__(self, arguments, settings):
        self._printed = ""
        self._lines = queue.Queue()
        child = subprocess.Popen(
            _command(arguments),
            env=_environment(settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        reader = threading.Thread(target=_read, args=(child.stdout, self._lines), daemon=True)
        reader.start()
        #: Ends it like a power cut.
        self.kill = weakref.finalize(self, _kill, child, reader)

    def says(self, words):
        """Everything printed so far, as soon as it holds these words."""
        while words not in self._printed:
            try:
                line = self._lines.get(timeout=LIMIT_S)
            except queue.Empty:
                line = None
            assert line is not None, f"it ended or never said {words!r}: {self._printed}"
            self._printed += line
        return self._printed


def _read(stdout, lines):
    for line in stdout:
        lines.put(line)
    lines.put(None)


def _kill(child, reader):
    child.kill()
    child.wait(LIMIT_S)
    reader.join(LIMIT_S)
    child.stdout.close()
