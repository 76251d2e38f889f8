"""Faults in how a producer's repeated requests are taken on, as rows of `Fault`."""

from __future__ import annotations

REPEATED = "tests/test_repeated_append.py"
REPEAT = "tests/test_cli_repeat.py"
CONNECTION = "cli/http_protocol.py"
APPEND = "http/repeated_append.py"
PATTERN = "cli/repeat.py"

ROWS = (
    (
        "a connection that a long body stopped is lent as it is",
        CONNECTION,
        "        self.flow.resume_reading()  # a long body paused it\n",
        "",
        f"{REPEATED}::test_bodies_of_every_length_are_taken",
    ),
    (
        "what comes after a repeat is dropped",
        CONNECTION,
        "self._repeated_by, data[found.end :]",
        'self._repeated_by, b""',
        f"{REPEATED}::test_appends_sent_before_their_turn_are_stored_in_order",
    ),
    (
        "what comes after a repeat is taken for its body",
        CONNECTION,
        "data[found.body_start : found.end]",
        "data[found.body_start :]",
        f"{REPEATED}::test_appends_sent_before_their_turn_are_stored_in_order",
    ),
    (
        "half a repeat is taken for a whole one",
        CONNECTION,
        "        if found.end > len(data):",
        "        if False:",
        f"{REPEATED}::test_half_a_repeat_stores_nothing",
    ),
    (
        "a repeat has the number of the first",
        APPEND,
        'int(said["producer-seq"])',
        "old.seq",
        f"{REPEATED}::test_a_producers_numbers_are_watched",
    ),
    (
        "a number that was stored before is a failure",
        APPEND,
        "        except Duplicate as repeated:",
        "        except ZeroDivisionError as repeated:",
        f"{REPEATED}::test_a_producers_numbers_are_watched",
    ),
    (
        "who is refused in a repeat hears nothing",
        APPEND,
        "        self._connection.answer(problem.raw())",
        "        pass",
        f"{REPEATED}::test_a_refused_repeat_is_answered_as_any_is",
    ),
    (
        "a repeat is not told that its body is bad",
        APPEND,
        "            self._refuse(error)\n            return True",
        "            return True",
        f"{REPEATED}::test_json_may_be_repeated_too",
    ),
    (
        "a client that waits to be told to go on is a pattern",
        PATTERN,
        "            return None  # whoever sends",
        "            pass  # whoever sends",
        REPEAT,
    ),
    (
        "two requests at once are a pattern",
        PATTERN,
        "found is not None and found.end == len(data)",
        "found is not None",
        REPEAT,
    ),
    (
        "what stands before a value is not compared",
        PATTERN,
        "            if not data.startswith(before, at):\n                return None\n",
        "",
        REPEAT,
    ),
    (
        "what stands after the last value is not compared",
        PATTERN,
        "if not said or not data.startswith(self._rest, at):",
        "if not said:",
        REPEAT,
    ),
)
