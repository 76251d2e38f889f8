"""Faults in how a producer's repeated requests are taken on, as rows of `Fault`."""

from __future__ import annotations

REPEATED = "tests/test_repeated_append.py"
REPEAT = "tests/test_cli_repeat.py"
CONNECTION = "cli/http_protocol.py"
APPEND = "http/repeated_append.py"
PATTERN = "cli/repeat.py"
CORNERS = "tests/test_repeated_corners.py"
STATES = "tests/test_cli_http_protocol.py"
PROPERTIES = "tests/test_repeated_properties.py"

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
        "        if isinstance(error, Duplicate):",
        "        if isinstance(error, ZeroDivisionError):",
        f"{REPEATED}::test_a_producers_numbers_are_watched",
    ),
    (
        "who is refused in a repeat hears nothing",
        APPEND,
        "        self._answer(problem.raw())",
        '        self._answer(b"")',
        f"{REPEATED}::test_a_refused_repeat_is_answered_as_any_is",
    ),
    (
        "a repeat is not told that its body is bad",
        APPEND,
        "-- told to who asked\n            self._fail(error)",
        "-- told to who asked\n            pass",
        f"{REPEATED}::test_json_may_be_repeated_too",
    ),
    (
        "a client that waits to be told to go on is a pattern",
        PATTERN,
        '(b"expect", ',
        "(",
        REPEAT,
    ),
    (
        "two requests at once are a pattern",
        PATTERN,
        "found is None or found.end != len(data)",
        "found is None",
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
    (
        "the rest of a head is a pattern",
        CONNECTION,
        "        if self._stage == NOTHING:",
        "        if self.cycle is None or not self.cycle.more_body:",
        f"{CORNERS}::test_the_rest_of_a_head_is_no_pattern_for_a_request",
    ),
    (
        "the body of a request that offers an upgrade is dropped",
        CONNECTION,
        'return scope["method"] != "CONNECT" and not is_handshake(scope)',
        "return False",
        f"{CORNERS}::test_an_append_that_offers_an_upgrade_is_stored {PROPERTIES}",
    ),
    (
        "a tunnel is declined again and again",
        CONNECTION,
        'scope["method"] != "CONNECT" and ',
        "",
        f"{CORNERS}::test_a_tunnel_is_not_what_we_are",
    ),
    (
        "what follows an offer that was declined is dropped",
        "cli/request_parser.py",
        "data = head + bytes(data[length:])",
        "data = head",
        CORNERS,
    ),
    (
        "who takes no answers is given more",
        CONNECTION,
        "        if self.flow.write_paused or self._refusal is not None:",
        "        if self._refusal is not None:",
        f"{STATES}::test_who_takes_no_answers_gets_no_more",
    ),
    (
        "a body that takes its time is idleness",
        CONNECTION,
        "if self._waiting is not None or self._partial:",
        "if self._waiting is not None:",
        f"{STATES}::test_a_request_that_has_begun_is_not_idle",
    ),
    (
        "a server that stops cuts off who is sending",
        CONNECTION,
        "if self._waiting is None and not self._partial:",
        "if self._waiting is None:",
        f"{STATES}::test_the_last_answer_before_the_end_says_so",
    ),
    (
        "the last answer does not say that it is",
        CONNECTION,
        "told_last(response) if self._closes else response",
        "response",
        f"{STATES}::test_the_last_answer_before_the_end_says_so",
    ),
    (
        "only the last request hears that the client is gone",
        "cli/strict_protocol.py",
        "            self._answering.message_event.set()",
        "            pass",
        f"{STATES}::test_who_waits_behind_another_request_hears_that_the_client_is_gone",
    ),
    (
        "a timer holds a connection that was reset",
        CONNECTION,
        "        self._unset_keepalive_if_required()  # uvicorn",
        "        pass  # uvicorn",
        f"{STATES}::test_nothing_is_left_of_a_connection",
    ),
    (
        "a connection and its request hold each other",
        CONNECTION,
        "        self._offer.clear()  # they",
        "        pass  # they",
        f"{STATES}::test_nothing_is_left_of_a_connection",
    ),
    (
        "a number that stands apart is missed",
        APPEND,
        'if old is not None and "producer-seq" in said:',
        "if old is not None:",
        f"{CORNERS}::test_a_number_may_be_written_with_space_before_it",
    ),
    (
        "a repeat without a body is an append",
        APPEND,
        "        if not body:",
        "        if False:",
        f"{CORNERS}::test_closing_again_is_told_as_it_is_to_anybody",
    ),
    (
        "who is gone is answered",
        APPEND,
        "        self._is_lost = True",
        "        pass",
        f"{STATES}::test_an_append_whose_client_is_gone_ends_in_peace",
    ),
    (
        "a bug hangs up on who asked",
        APPEND,
        "        except Exception as error:",
        "        except LogError as error:",
        f"{STATES}::test_a_store_that_fails_is_told_of_as_it_is_to_anybody",
    ),
    (
        "what looks like an offset is one",
        PATTERN,
        """(line.count(b"?") != 1 or b"#" in line)""",
        "False",
        f"{REPEAT} {CORNERS}::test_what_only_looks_like_an_offset_is_none",
    ),
    (
        "what the reader has seen last does not count in a repeat",
        PATTERN,
        ', b"last-event-id")',
        ")",
        f"{REPEAT} {CORNERS}::test_what_only_looks_like_an_offset_is_none",
    ),
    (
        "a place that moves is taken for one that does not",
        PATTERN,
        " or not found.said.keys() & _NEEDED[method]",
        "",
        f"{REPEAT} {CORNERS}::test_a_place_that_moves_is_looked_up_each_time",
    ),
    (
        "a version is read where none stands",
        PATTERN,
        "not line.endswith(_LINE_END)",
        "_LINE_END not in head",
        REPEAT,
    ),
    (
        "a shared read keeps an append from who knows of it",
        "reads.py",
        "batch.state.revision < state.revision",
        "False",
        "tests/test_reads.py",
    ),
)
