"""Faults in how followers are told, alone and in a crowd, as rows of `Fault`."""

from __future__ import annotations

CROWD = "tests/test_crowd.py"
PROPERTIES = "tests/test_crowd_properties.py"
FOLLOWER = "tests/test_follower.py"
STREAM = "tests/test_sse_stream.py"
FOLLOW = "http/follower.py"
IN_CROWD = "http/crowd.py"
OUTLETS = "http/live_outlets.py"

ROWS = (
    (
        "who is sent off takes the place of whoever comes after him",
        IN_CROWD,
        "            self.leave(follower)\n            follower.go_alone(place)",
        "            self.leave(follower)\n            follower.go_alone(self.cursor.twin())",
        f"{CROWD} {PROPERTIES}",
    ),
    (
        "who arrives is a member although he stands ahead",
        IN_CROWD,
        "elif self._round is not None or self.cursor.seq != place.seq:",
        "elif self._round is not None:",
        CROWD,
    ),
    (
        "who leaves in a round is told it",
        IN_CROWD,
        "            self._round.leave_out(follower)",
        "            pass",
        CROWD,
    ),
    (
        "who leaves while he arrives is told on",
        IN_CROWD,
        "        self._arriving.pop(follower, None)\n",
        "",
        CROWD,
    ),
    (
        "who takes more again is sent off nevertheless",
        IN_CROWD,
        "            self._round.late.discard(follower)\n\n    def beat",
        "            pass\n\n    def beat",
        CROWD,
    ),
    (
        "who pauses in a round stays in the crowd",
        IN_CROWD,
        "            self._round.late.add(follower)",
        "            pass",
        CROWD,
    ),
    (
        "news that come in a round wait for the next ones",
        IN_CROWD,
        "        if has_news or self._crowds.tails.stopping:",
        "        if self._crowds.tails.stopping:",
        CROWD,
    ),
    (
        "a stop in a round is not noticed",
        IN_CROWD,
        "        if has_news or self._crowds.tails.stopping:",
        "        if has_news:",
        CROWD,
    ),
    (
        "a round breaks off the one before",
        IN_CROWD,
        "        if self._round is not None:\n            return",
        "        if False:\n            return",
        CROWD,
    ),
    (
        "who arrives is forgotten when the crowd has gone",
        IN_CROWD,
        "        for follower, (_, place) in arriving.items():\n",
        "        for follower, (_, place) in ():\n",
        CROWD,
    ),
    (
        "a crowd that everybody has left is still called",
        IN_CROWD,
        "        if not self._members and self._round is None:\n            self.cursor.leave(",
        "        if not self._members and self._round is None:\n            str(",
        CROWD,
    ),
    (
        "a heartbeat comes right after news",
        IN_CROWD,
        "        if self._silent and self._round is None and",
        "        if self._round is None and",
        CROWD,
    ),
    (
        "crowds beat once",
        IN_CROWD,
        "        if self._crowds:\n            self._start_beating()",
        "        pass",
        CROWD,
    ),
    (
        "a follower writes although nothing is taken",
        FOLLOW,
        "            while self._outlet.writable:",
        "            while True:",
        FOLLOWER,
    ),
    (
        "who is full when he comes to the tail is a member",
        FOLLOW,
        "return self._outlet.writable and not self._crowds.tails.stopping",
        "return not self._crowds.tails.stopping",
        f"{FOLLOWER} {STREAM}",
    ),
    (
        "what the store gave is written although nothing is taken",
        FOLLOW,
        "        if not self._outlet.writable:\n            cursor.seq",
        "        if False:\n            cursor.seq",
        FOLLOWER,
    ),
    (
        "a follower goes on although he is reading",
        FOLLOW,
        "        elif self._reading is None:",
        "        else:",
        FOLLOWER,
    ),
    (
        "a read outlives its follower",
        FOLLOW,
        "            reading.cancel()",
        "            pass",
        FOLLOWER,
    ),
    (
        "who begins after the stop waits for ever",
        FOLLOW,
        "return self._outlet.writable and not self._crowds.tails.stopping",
        "return self._outlet.writable",
        FOLLOWER,
    ),
    (
        "the first place is not told",
        FOLLOW,
        "if batch.chunks or batch.closed or not self._begun:",
        "if batch.chunks or batch.closed:",
        f"{FOLLOWER} {STREAM}",
    ),
    (
        "a store that fails is not told",
        FOLLOW,
        "            self._reading = None\n            self.fail(error)",
        "            self._reading = None",
        FOLLOWER,
    ),
    (
        "HTTP/1.0 gets chunks",
        "http/live_body.py",
        'is_chunked = scope["http_version"] == "1.1"',
        "is_chunked = True",
        STREAM,
    ),
    (
        "who asks for a connection that closes gets chunks",
        "http/live_body.py",
        " and not _closes(scope)",
        "",
        STREAM,
    ),
    (
        "the end of a stream's body is not told",
        OUTLETS,
        "LAST_CHUNK if self._framing.is_chunked else",
        "b'' if self._framing.is_chunked else",
        STREAM,
    ),
    (
        "who takes nothing is never cut off",
        OUTLETS,
        "            self._transport.abort()\n\n    def _end",
        "            pass\n\n    def _end",
        STREAM,
    ),
    (
        "who takes a little is cut off",
        OUTLETS,
        "        if self._transport.get_write_buffer_size() < unsent_bytes:",
        "        if False:",
        STREAM,
    ),
    (
        "a stream is not resumed",
        OUTLETS,
        "            self._stalled.cancel()\n        self._follower.resume()",
        "            self._stalled.cancel()",
        STREAM,
    ),
    (
        "a stream that is stopped asks nobody to come back",
        OUTLETS,
        "        self._end(self._framing.parting(None))",
        '        self._end(b"")',
        STREAM,
    ),
    (
        "a stream is taken over from under another request",
        "cli/http_protocol.py",
        "self.cycle.disconnected or self.pipeline or self._early:\n            return None",
        "self.cycle.disconnected or self._early:\n            return None",
        STREAM,
    ),
)

__all__ = ["ROWS"]
