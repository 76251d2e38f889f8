"""Faults of the WebSocket pattern that its tests must catch, as rows of `Fault`.

Each is planted where a test's docstring says "Caught"; `tests/faults.py` plants them.
"""

from __future__ import annotations

SUITE = "tests/test_protocol.py::"
INSIDE = "tests/test_websocket.py"
LOGS = "tests/test_subscriptions.py"
FRAMES = "wire/frames.py"
REQUESTS = "http/socket_requests.py"
CONNECTION = "http/socket_connection.py"
ENDS = "tests/test_websocket_ends.py::TestDeadClients"
STOPS = "tests/test_websocket_ends.py::TestServerStops"

ROWS = (
    (
        "a socket always begins at the start",
        REQUESTS,
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
        "frames are said to be compressed",
        "http/handshake.py",
        '"Upgrade": "websocket",',
        '"Upgrade": "websocket", "Sec-WebSocket-Extensions": "permessage-deflate",',
        SUITE + "TestHandshake",
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
        REQUESTS,
        "            logs.remove(log)\n",
        '            logs.remove(log)\n            logs.way.close(1000, "")\n',
        SUITE + "TestSubscribing",
    ),
    (
        "what cannot be had ends the socket",
        REQUESTS,
        "    except (LogError, RequestError) as error:\n",
        '    except (LogError, RequestError) as error:\n        logs.way.close(1000, "")\n',
        SUITE + "TestSubscribing",
    ),
    (
        "nonsense ends the socket",
        REQUESTS,
        "    except (LogError, RequestError) as error:\n",
        "    except (LogError, RequestError) as error:\n"
        '        address or logs.way.close(1000, "")\n',
        SUITE + "TestNonsense",
    ),
    (
        "deep nonsense is a fault of ours",
        REQUESTS,
        ", RecursionError)",
        ")",
        SUITE + "TestNonsense",
    ),
    (
        "half a handshake is taken for one",
        "cli/upgrade.py",
        " and is_handshake(scope)",
        "",
        SUITE + "TestHandshake",
    ),
    (
        "what comes right behind the handshake is forgotten",
        "cli/upgrade.py",
        "            self._parse(self._piece[length:])",
        "            pass",
        SUITE + "TestHandshake",
    ),
    (
        "what comes with the handshake is answered before it",
        "cli/upgrade.py",
        "self.loop.call_soon(self._pass_on, cast(asyncio.Protocol, protocol))",
        "self._pass_on(cast(asyncio.Protocol, protocol))",
        SUITE + "TestHandshake",
    ),
    (
        "messages may have 16 MiB",
        FRAMES,
        "MAX_MESSAGE_BYTES = 1024 * 1024",
        "MAX_MESSAGE_BYTES = 16 * 1024 * 1024",
        SUITE + "TestFrames",
    ),
    (
        "who breaks the rules is reset",
        CONNECTION,
        "            self._transport.write_eof()",
        "            self._transport.close()",
        SUITE + "TestFrames",
    ),
    (
        "only the first fragment counts",
        FRAMES,
        "            if self._message is not None:",
        '            if self._message == b"":',
        SUITE + "TestFrames",
    ),
    (
        "fragments of nothing are kept",
        FRAMES,
        "                self._message += payload",
        '                self._message += payload or b" "',
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
        "all logs of a socket read the store at once",
        "http/subscriptions.py",
        "        return self._all.reading",
        "        return asyncio.Lock()",
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
        CONNECTION,
        "        if self._silent_looks == MAX_SILENT_LOOKS:",
        "        if False:",
        ENDS,
    ),
    (
        "a slow client is taken for a dead one",
        CONNECTION,
        "0 if takes or answers else",
        "0 if answers else",
        ENDS,
    ),
    (
        "a connection with bytes to send is waited for",
        CONNECTION,
        "            self._transport.abort()  # it will not take this either",
        "            self._transport.close()",
        ENDS,
    ),
    (
        "pongs pile up",
        CONNECTION,
        "            if self.writable:  # or",
        "            if True:  # or",
        ENDS,
    ),
    (
        "a socket that is ending is ended again",
        CONNECTION,
        "        if self._is_over:\n            return\n        self._leave()",
        "        self._leave()",
        "tests/test_sse_peers.py",
    ),
    (
        "what clients break fills the log",
        FRAMES,
        "        if self._opcode == TEXT and not _is_text(message):",
        "        if False:",
        STOPS,
    ),
)
