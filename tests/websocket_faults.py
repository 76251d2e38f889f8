"""Faults of the WebSocket pattern that its tests must catch, as rows of `Fault`.

Each is planted where a test's docstring says "Caught"; `tests/faults.py` plants them.
"""

from __future__ import annotations

SUITE = "tests/test_protocol.py::"
INSIDE = "tests/test_websocket.py"
LOGS = "tests/test_subscriptions.py"
ENDS = "tests/test_websocket_ends.py::TestDeadClients"
STOPS = "tests/test_websocket_ends.py::TestServerStops"

ROWS = (
    (
        "a socket always begins at the start",
        "http/websocket.py",
        "    cursor.seq = await live_start_of(query, {}, cursor)",
        "    await live_start_of(query, {}, cursor)\n    cursor.seq = cursor.seq.__class__(0)",
        SUITE + "TestOpening",
    ),
    (
        "any port of this host is ours",
        "http/origins.py",
        '(match["name"], match["port"] or default_port)',
        '(match["name"], default_port)',
        SUITE + "TestOpening",
    ),
    (
        "a port that is not said is none",
        "http/origins.py",
        '(match["name"], match["port"] or default_port)',
        '(match["name"], match["port"] or "")',
        SUITE + "TestOpening",
    ),
    (
        "what is no origin is ours",
        "http/origins.py",
        "    if match is None:\n        return True",
        "    if match is None:\n        return False",
        SUITE + "TestOpening",
    ),
    (
        "frames are compressed for each client",
        "cli/serve.py",
        "ws_per_message_deflate=False",
        "ws_per_message_deflate=True",
        SUITE + "TestOpening",
    ),
    (
        "no records are an empty array",
        "wire/websocket.py",
        ' if chunks else b""\n    return b\'{"type":"batch"',
        '\n    return b\'{"type":"batch"',
        SUITE + "TestMessages",
    ),
    (
        "bytes are taken for text",
        "wire/websocket.py",
        '"binary": _binary',
        '"binary": _text',
        SUITE + "TestMessages",
    ),
    (
        "every batch says that it is up to date",
        "http/subscriptions.py",
        "up_to_date=batch.up_to_date",
        "up_to_date=True",
        SUITE + "TestMessages",
    ),
    (
        "a log that is gone is an error",
        "http/subscriptions.py",
        "isinstance(error, NoSuchLog)",
        "False",
        SUITE + "TestMessages",
    ),
    (
        "who has read the store waits for what came meanwhile",
        "http/follower.py",
        "        else:\n            self._go_on()",
        "        else:\n            cursor.join(self._go_on)",
        SUITE + "TestMessages",
    ),
    (
        "the first log that ends takes the socket with it",
        "http/subscriptions.py",
        "if self._has_ended and not self._followed and not self._expected:",
        "if self._has_ended:",
        SUITE + "TestSubscribing",
    ),
    (
        "a log that is left goes on in the background",
        "http/subscriptions.py",
        "self._followed.pop(log, None)",
        "self._followed.get(log)",
        SUITE + "TestSubscribing",
    ),
    (
        "the socket ends when nothing is followed",
        "http/websocket.py",
        "            return\n        with self._subscriptions.expecting(log):",
        """            await self._close(1000, "")
            return
        with self._subscriptions.expecting(log):""",
        SUITE + "TestSubscribing",
    ),
    (
        "what cannot be had ends the socket",
        "http/websocket.py",
        "                await self._tell_error(asked.log[:MAX_ECHOED_CHARS], error)",
        "                raise OSError from error",
        SUITE + "TestSubscribing",
    ),
    (
        "nonsense ends the socket",
        "http/websocket.py",
        "                await self._tell_error(None, error)\n                continue",
        "                return",
        SUITE + "TestNonsense",
    ),
    (
        "deep nonsense is a fault of ours",
        "http/socket_requests.py",
        ", RecursionError)",
        ")",
        SUITE + "TestNonsense",
    ),
    (
        "half a handshake is taken for one",
        "cli/upgrade.py",
        "super()._should_upgrade() and self._is_handshake()",
        "super()._should_upgrade()",
        SUITE + "TestHandshake",
    ),
    (
        "what comes right behind the handshake is forgotten",
        "cli/upgrade.py",
        "if early := self._received[length:]:",
        "if early := self._received[:0]:",
        SUITE + "TestHandshake",
    ),
    (
        "what comes with the handshake is answered before it",
        "cli/websocket_protocol.py",
        "if self.handshake_initiated and not self.handshake_complete:",
        "if False:",
        SUITE + "TestHandshake",
    ),
    (
        "messages may have 16 MiB",
        "cli/websocket_protocol.py",
        "MAX_MESSAGE_BYTES = 1024 * 1024",
        "MAX_MESSAGE_BYTES = 16 * 1024 * 1024",
        SUITE + "TestFrames",
    ),
    (
        "who breaks the rules is reset",
        "cli/websocket_protocol.py",
        "            self.transport.write_eof()",
        "            self.transport.close()",
        SUITE + "TestFrames",
    ),
    (
        "only the first fragment counts",
        "cli/websocket_protocol.py",
        "        self.frames[0] += event.data",
        "        self.frames[0] += b''",
        SUITE + "TestFrames",
    ),
    (
        "fragments are kept apart",
        "cli/websocket_protocol.py",
        "        self.frames[0] += event.data",
        "        self.frames.append(event.data)",
        ENDS,
    ),
    (
        "each socket has frames of its own",
        "http/subscriptions.py",
        "@dataclass(frozen=True, slots=True)\nclass WebSocketFraming",
        "@dataclass(frozen=True, slots=True, eq=False)\nclass WebSocketFraming",
        LOGS,
    ),
    (
        "whoever has news is told, taken or not",
        "http/subscriptions.py",
        "            one.follower.pause()",
        "            pass",
        LOGS,
    ),
    (
        "whoever has history is told all of it, taken or not",
        "http/follower.py",
        "            while self._outlet.writable:",
        "            while True:",
        f"{LOGS} {ENDS}",
    ),
    (
        "the first log has the socket until it has been read",
        "http/subscriptions.py",
        "self._followed[log] = self._followed.pop(log)",
        "pass",
        LOGS,
    ),
    (
        "who may write is not told so",
        "http/subscriptions.py",
        "                one.follower.resume()",
        "                pass",
        LOGS,
    ),
    (
        "a socket may follow any number of logs",
        "http/subscriptions.py",
        "if len(self._followed) >= MAX_SUBSCRIPTIONS:",
        "if False:",
        LOGS,
    ),
    (
        "a server that frames messages is given frames",
        "http/socket_way.py",
        '"text": message_of(frame)',
        '"bytes": frame',
        INSIDE,
    ),
    (
        "a dead client is followed for ever",
        "cli/websocket_protocol.py",
        "if self._silent_looks == MAX_SILENT_LOOKS:",
        "if False:",
        ENDS,
    ),
    (
        "a slow client is taken for a dead one",
        "cli/websocket_protocol.py",
        "        takes = self._took_something or",
        "        takes = False and",
        ENDS,
    ),
    (
        "a connection with bytes to send is waited for",
        "cli/websocket_protocol.py",
        "        else:\n            self.transport.abort()\n",
        "        else:\n            self.transport.close()\n",
        ENDS,
    ),
    (
        "pongs pile up",
        "cli/websocket_protocol.py",
        "if pongs and self.writable.is_set() and not self.close_sent:",
        "if pongs:",
        ENDS,
    ),
    (
        "the stop fails over a socket that is ending",
        "cli/websocket_protocol.py",
        "        if self.conn.state is State.OPEN:",
        "        if True:",
        STOPS,
    ),
    (
        "what clients break fills the log",
        "cli/websocket_protocol.py",
        'if self.curr_msg_data_type == "bytes" or _is_utf8(self.frames[0]):',
        "if True:",
        STOPS,
    ),
)
