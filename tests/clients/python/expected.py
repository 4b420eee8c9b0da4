"""What is expected to be heard, before all of it can be known."""

import json
import string


class Filled:
    """Stands where something is told that cannot be known before, and says whether it may be that."""

    def __init__(self, may_be):
        self.may_be = may_be


def fill_in(what, names):
    """The same with everything that has a name, `$name` within a text, in its place."""
    if isinstance(what, str):
        return string.Template(what).substitute(names)
    if isinstance(what, list):
        return [fill_in(one, names) for one in what]
    if isinstance(what, dict):
        return {key: fill_in(value, names) for key, value in what.items()}
    return what


class Listener:
    """Hears what a story says, one after the other, and nothing else."""

    def __init__(self, case, story):
        self._case = case
        self._story = story
        self._heard = []
        self._expected = next(story)
        #: How much was heard.
        self.count = 0

    def hears(self, body):
        """Whether there is more to hear."""
        expected = self._expected[len(self._heard)]
        self._case.assertEqual(_shown(body), _shown(_settled(expected, body)))
        self._heard.append(body)
        self.count += 1
        if len(self._heard) < len(self._expected):
            return True
        heard, self._heard = self._heard, []
        try:
            self._expected = self._story.send(heard)
        except StopIteration:
            return False
        return True


def _settled(expected, heard):
    """The same with what was heard where it may be that."""
    if isinstance(expected, Filled):
        return heard if heard is not None and expected.may_be(heard) else expected
    if isinstance(expected, list) and isinstance(heard, list):
        return [_settled(*pair) for pair in zip(expected, heard)] + expected[len(heard) :]
    if isinstance(expected, dict) and isinstance(heard, dict):
        return {key: _settled(value, heard.get(key)) for key, value in expected.items()}
    return expected


def _shown(body):
    """Everything of it, in its order."""
    return json.dumps(body, indent=1, default=lambda _filled: "something that fits")
