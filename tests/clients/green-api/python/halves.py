"""The two halves of the SDK, called the same way."""

import asyncio
import time
import warnings

#: Most methods may be called once a second, counted apart, and the vendor advises to ask for a code or a
#: state that often.
BETWEEN_S = 1.0


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


class Paced:
    """A user of one half who keeps to the vendor's limits."""

    def __init__(self, half, group):
        self._half = half
        self._group = group
        self._last = {}

    def call(self, method, *arguments):
        """Whatever is answered."""
        left = self._last.get(method, float("-inf")) + BETWEEN_S - time.monotonic()
        if left > 0:
            # allowed: the limits are the server's own, in real time, and part of what is tested.
            time.sleep(left)
        response = self._half.call(self._group, method, *arguments)
        self._last[method] = time.monotonic()
        return response

    def ask(self, method, *arguments):
        """The data of an answer, which must be one of success."""
        response = self.call(method, *arguments)
        assert response.code == 200, f"{method}: {response.code} {response.error}"
        return response.data
