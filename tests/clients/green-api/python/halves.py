"""The two halves of the SDK, called the same way."""

import asyncio
import contextlib
import logging
import time
import warnings

from running import LIMIT_S

#: A request that came too soon.
TOO_MANY_REQUESTS = 429

SDK_LOG = "whatsapp-api-client-python"


class Sync:
    """The methods that wait."""

    @staticmethod
    def call(group, method, *arguments):
        with warnings.catch_warnings():
            # `setProfilePicture` leaves its file open.
            warnings.simplefilter("ignore", ResourceWarning)
            return getattr(group, method)(*arguments)


class Async:
    """Those whose names end in `Async`."""

    @staticmethod
    def call(group, method, *arguments):
        return asyncio.run(getattr(group, f"{method}Async")(*arguments))


class Patient:
    """A user of one half who asks again when it was too soon."""

    def __init__(self, half, group):
        self._half = half
        self._group = group

    def call(self, method, *arguments):
        """Whatever is answered once the vendor's limits allow it."""
        deadline = time.monotonic() + LIMIT_S
        with _without(TOO_MANY_REQUESTS):
            # At once again: refused requests use nothing up.
            while True:
                response = self._half.call(self._group, method, *arguments)
                if response.code != TOO_MANY_REQUESTS:
                    return response
                assert time.monotonic() < deadline, f"{method}: not within {LIMIT_S} s"

    def ask(self, method, *arguments):
        """The data of an answer, which must be one of success."""
        response = self.call(method, *arguments)
        assert response.code == 200, f"{method}: {response.code} {response.error}"
        return response.data


@contextlib.contextmanager
def _without(status):
    """Keeps what the SDK says of this status off the screen."""
    log = logging.getLogger(SDK_LOG)

    def is_news(record):
        return f"status code: {status}." not in record.getMessage()

    log.addFilter(is_news)
    try:
        yield
    finally:
        log.removeFilter(is_news)
