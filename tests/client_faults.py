"""Faults that the client's tests must catch, as rows of `Fault`.

What is written once for both clients is planted in the one that blocks, unless it is about waiting.
"""

from __future__ import annotations

FOLLOW = "tests/test_client_follow.py"
EVENTS = "tests/test_client_events.py"
POLLS = "tests/test_client_polls.py"
SOCKETS = "tests/test_client_sockets.py"
TRANSPORTS = "tests/test_client_transports.py"
CALLS = "tests/test_client_calls.py"
WRITER = "tests/test_client_writer.py"
JSON = "tests/test_client_json_log.py"
LOGGING = "tests/test_logging_handler.py"
ENDS = "tests/test_logging_handler_ends.py"

ROWS = (
    (
        "a reading does not look at the records' numbers",
        "client/follow.py",
        "if record.n != due + record.stands_for - 1:",
        "if False:",
        FOLLOW,
    ),
    (
        "a reading does not look at the offsets",
        "client/follow.py",
        "if before != self._seq:",
        "if False:",
        FOLLOW,
    ),
    (
        "a hole between two connections is a new beginning",
        "client/follow.py",
        "        if self._seq is None:\n            self._seq = before\n",
        "        self._seq = before\n",
        f"{FOLLOW} {EVENTS} {POLLS} {SOCKETS}",
    ),
    (
        "a reading goes on where it began",
        "client/follow.py",
        '        self._query = {"offset": piece.offset}\n',
        "",
        f"{EVENTS} {TRANSPORTS}::test_over_restarts",
    ),
    (
        "a place within a batch is the batch's end",
        "client/blocking/following.py",
        "return offset_before(self._offset, left) if left else self._offset",
        "return self._offset",
        f"{TRANSPORTS}::test_a_reader_may_change_the_way {CALLS}",
    ),
    (
        "a connection that ends is the end of the log",
        "client/blocking/sse.py",
        '                raise ConnectionEnded("the connection was closed")',
        '                return Piece([], "0000000000000007_0000000000000002", closed=True)',
        EVENTS,
    ),
    (
        "a batch is taken only with its control",
        "client/frames.py",
        "return Piece(decode(event.data, list[msgspec.Raw]), event.id)",
        "return None",
        EVENTS,
    ),
    (
        "who begins with a server that is away waits for ever",
        "client/blocking/following.py",
        "                if not self._opened_once:\n                    raise\n",
        "",
        f"{EVENTS} {TRANSPORTS}::test_nobody_is_there",
    ),
    (
        "who was connected once gives up at the first failure",
        "client/blocking/following.py",
        "if not self._opened_once:",
        "if True:",
        f"{EVENTS} {POLLS} {SOCKETS} {TRANSPORTS}::test_over_restarts",
    ),
    (
        "nobody is told that the server is back",
        "client/blocking/following.py",
        "                self._on_back()",
        "                pass",
        f"{EVENTS} {POLLS} {SOCKETS}",
    ),
    (
        "a log that is gone is waited for",
        "client/frames.py",
        '    if event.name == "gone":\n        raise _gone()\n',
        "",
        EVENTS,
    ),
    (
        "a log that is gone is waited for, by WebSocket",
        "client/frames.py",
        '    if message.type == "gone":\n        raise _gone()\n',
        "",
        SOCKETS,
    ),
    (
        "a WebSocket that is closed in good order is the end of the log",
        "client/sockets.py",
        'raise ConnectionEnded(f"the connection was closed, code {error.rcvd.code}")',
        "raise StopIteration",
        SOCKETS,
    ),
    (
        "a message that is too long is asked for again and again",
        "client/sockets.py",
        "if error.sent and error.sent.code == TOO_BIG:",
        "if False:",
        SOCKETS,
    ),
    (
        "what was cancelled is gone on with",
        "client/aio/following.py",
        "        if self._cut:\n            await self.aclose()\n",
        "",
        f"{TRANSPORTS}::test_a_reading_that_is_cancelled",
    ),
    (
        "a batch is lost with the call that is cancelled after it",
        "client/aio/following.py",
        "        self._backoff.succeeded()\n",
        "        self._backoff.succeeded()\n        await asyncio.sleep(0.005)\n",
        f"{TRANSPORTS}::test_a_reading_that_is_cancelled",
    ),
    (
        "a long poll forgets its cursor",
        "client/blocking/long_poll.py",
        'cursor = {"cursor": self._page.cursor} if self._page.cursor else {}',
        "cursor: Query = {}",
        POLLS,
    ),
    (
        "a long poll waits although it is behind",
        "client/blocking/long_poll.py",
        "if not self._page.up_to_date:",
        "if False:",
        POLLS,
    ),
    (
        "a server that stops is asked again at once",
        "client/blocking/long_poll.py",
        '            raise ConnectionEnded("it answers without waiting")',
        "            pass",
        POLLS,
    ),
    (
        "a short poll names an answer of another place",
        "client/blocking/poll.py",
        'self._etag = "" if page.body else page.etag',
        "self._etag = page.etag",
        POLLS,
    ),
    (
        "a short poll never names the answer that it has",
        "client/blocking/poll.py",
        'self._etag = "" if page.body else page.etag',
        'self._etag = ""',
        POLLS,
    ),
    (
        "the end of a log without a record is not seen",
        "client/blocking/poll.py",
        "self._given = not page.body and not page.closed",
        "self._given = not page.body",
        POLLS,
    ),
    (
        "an advice of the server is not taken",
        "client/pace.py",
        "longest = advised_seconds or UNADVISED_SECONDS",
        "longest = UNADVISED_SECONDS",
        FOLLOW,
    ),
    (
        "a page that fails is passed over",
        "client/blocking/following.py",
        "        page = self._calls.page(self._path, self._seam.query)\n",
        "        try:\n"
        "            page = self._calls.page(self._path, self._seam.query)\n"
        "        except ServerAway:\n"
        "            return None\n",
        f"{CALLS}::test_a_page_that_fails_can_be_asked_for_again",
    ),
    (
        "a place in a fork is counted although the epoch is not known",
        "client/blocking/calls.py",
        "if not page.spans_epochs:",
        "if True:",
        f"{JSON}::test_a_fork",
    ),
    (
        "a retry's places are all of its own epoch",
        "client/blocking/calls.py",
        'return page_of(self._call("HEAD", path, params=query)).next_offset',
        'tail = self.read(path, {"tail": 1}).next_offset\n'
        "        return f\"{tail.split('_')[0]}_{number:016}\"",
        "tests/test_cli_since.py",
    ),
    (
        "an id becomes a part of the address",
        "client/requests.py",
        "quote(deployment_id, safe='')",
        "deployment_id",
        CALLS,
    ),
    (
        "every reader takes a place in the pool",
        "client/blocking/connection.py",
        "max_connections=None",
        "max_connections=100",
        f"{CALLS}::test_more_readers_than_a_pool_has_connections",
    ),
    (
        "the token does not go with a WebSocket",
        "client/blocking/websocket.py",
        "additional_headers=connection.headers,",
        "",
        CALLS,
    ),
    (
        "a repeated append has a number of its own",
        "client/blocking/calls.py",
        'headers = {"content-type": content_type, **mark.headers()}',
        'headers = {"content-type": content_type}',
        f"{WRITER} {JSON} {LOGGING}",
    ),
    (
        "an append that was given up lends its number to the next one",
        "client/blocking/producer.py",
        "        self._mark = replace(mark, seq=0, epoch=mark.epoch + 1)\n",
        "",
        f"{JSON}::test_an_append_that_is_given_up",
    ),
    (
        "a batch is taken anew when it is repeated",
        "client/outbox.py",
        "if self._under_way is None and self._rows:",
        "if self._rows:",
        "tests/test_client_outbox.py",
    ),
    (
        "memory has no bound",
        "client/outbox.py",
        "return self._row_bytes >= FULL_BYTES",
        "return False",
        WRITER,
    ),
    (
        "a writer's end does not wait for its lines",
        "client/blocking/writer.py",
        "        self._background.join()\n",
        "",
        WRITER,
    ),
    (
        "what keeps a writer from sending is not raised",
        "client/blocking/writer.py",
        "        if self._failure is not None:\n            raise self._failure\n",
        "        pass\n",
        WRITER,
    ),
    (
        "a line has to be followed by another to be seen",
        "client/blocking/writer.py",
        "lambda: self._outbox.unsent or self._closing",
        "lambda: self._outbox.unsent > 1 or self._closing",
        f"{WRITER}::test_lines_are_seen_before_the_end",
    ),
    (
        "a log that is made anew knows the old one's appends",
        "client/blocking/json_log.py",
        "        self._producer.begin_anew()\n",
        "",
        JSON,
    ),
    (
        "who logs waits for the server",
        "client/logging_handler.py",
        "            sender.put(encode_lines(text, self._stream, level, sent))",
        "            sender.put(encode_lines(text, self._stream, level, sent))\n"
        "            sender.flush(60)",
        f"{LOGGING}::test_a_server_that_is_slow",
    ),
    (
        "what is dropped is not counted",
        "client/logging_handler.py",
        "            self._dropped += 1\n",
        "",
        f"{LOGGING}::test_more_than_memory_holds",
    ),
    (
        "what is dropped is told only when something follows",
        "client/log_sender.py",
        "            self._on_idle()\n",
        "            pass\n",
        f"{LOGGING}::test_more_than_memory_holds",
    ),
    (
        "the queue has no bound",
        "client/logging_handler.py",
        "elif sender.waiting_bytes >= QUEUE_BYTES:",
        "elif False:",
        f"{LOGGING}::test_more_than_memory_holds",
    ),
    (
        "sending is logged",
        "client/logging_handler.py",
        'if is_sending() or record.name.partition(".")[0] in BELOW:',
        "if False:",
        f"{ENDS}::test_it_does_not_log_itself",
    ),
    (
        "the program's end does not wait for the log",
        "client/logging_handler.py",
        "        self._stuck_at = -1 if sender.flush(FLUSH_SECONDS) else sender.unsent",
        "        self._stuck_at = sender.unsent",
        f"{ENDS}::test_the_end_of_the_program",
    ),
    (
        "an unhandled exception is a success",
        "client/endings.py",
        'else "failed"',
        'else "succeeded"',
        f"{ENDS}::test_the_end_of_the_program",
    ),
    (
        "the last word is not logged",
        "client/endings.py",
        "        on_unhandled(error)\n",
        "",
        f"{ENDS}::test_the_end_of_the_program",
    ),
    (
        "what was to be told of an exception is not",
        "client/endings.py",
        "        before(kind, error, at)\n",
        "",
        f"{ENDS}::test_the_end_of_the_program",
    ),
    (
        "a child sends what its parent has yet to send, or nothing",
        "client/logging_handler.py",
        "os.register_at_fork(after_in_child=_in_child)\n",
        "",
        f"{ENDS}::test_forks",
    ),
    (
        "a child's end is the deployment's",
        "client/logging_handler.py",
        "handler._begin(finishes=False)",
        "handler._begin(finishes=True)",
        f"{ENDS}::test_forks",
    ),
    (
        "a child of multiprocessing does not wait for its log",
        "client/endings.py",
        "        Finalize(owner, call, exitpriority=0)",
        "        pass",
        f"{ENDS}::test_forks",
    ),
    (
        "what cannot be formatted is dropped",
        "client/logging_handler.py",
        "            return self.format(record)\n        except Exception as error:",
        "            return self.format(record)\n        except ZeroDivisionError as error:",
        f"{LOGGING}::test_what_cannot_be_formatted",
    ),
    (
        "the client's libraries are loaded with the package",
        "__init__.py",
        "from importlib import import_module\n",
        "from importlib import import_module\n\nimport logflume.client.answers\n",
        "tests/test_client_generated.py::test_what_is_loaded",
    ),
    (
        "the command line forgets what is to bring the lines",
        "cli/tail.py",
        "        transport=options.transport,\n",
        "        transport='nothing',\n",
        "tests/test_cli_tail.py::test_what_brings_it",
    ),
)
