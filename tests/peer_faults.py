"""Faults in what many watchers, odd ones and other servers show, as rows of `Fault`."""

from __future__ import annotations

CROWD_TESTS = "tests/test_crowd.py"
FAIRNESS = "tests/test_fairness.py"
PEERS = "tests/test_sse_peers.py"
HYPERCORN = "tests/live/test_hypercorn.py"
CROWD = "http/crowd.py"
STREAM = "http/live_outlets.py"

ROWS = (
    (
        "a round is told in one go",
        CROWD,
        "            asyncio.get_running_loop().call_soon(self._go_round)",
        "            self._go_round()",
        FAIRNESS,
    ),
    (
        "a round begins where the last one ended, in the same turn",
        CROWD,
        "            asyncio.get_running_loop().call_soon(self._on_news)",
        "            self._on_news()",
        FAIRNESS,
    ),
    (
        "what the ring no longer has is read by each",
        CROWD,
        "            self._reading = asyncio.get_running_loop().create_task(self._read())",
        """            self._round = None
            for follower in list(self._members):
                self._send_off(follower)
            self._let_go()""",
        CROWD_TESTS,
    ),
    (
        "who takes no more while the crowd reads is forgotten",
        CROWD,
        "        late = self._round.late if self._round is not None else set()",
        "        late: set[Follower] = set()",
        CROWD_TESTS,
    ),
    (
        "a store that fails the crowd is not told",
        CROWD,
        """            self._round = None
            self._dismiss(lambda follower: follower.fail(gone))""",
        "            self._round = None",
        CROWD_TESTS,
    ),
    (
        "a tail is kept when nobody reads its log",
        "tail.py",
        "            tail = self._tails[log] = Tail(log, self._ring_bytes)",
        """            tail = self._tails[log] = Tail(log, self._ring_bytes)
            tail.join(tail.wake)""",
        CROWD_TESTS,
    ),
    (
        "a client whose network was cut is waited for",
        STREAM,
        "        _expect_life(transport, is_silent=not self._framing.heartbeat)\n",
        "",
        PEERS,
    ),
    (
        "who takes nothing is not looked after when the server stops",
        "http/watchers.py",
        "            one.cut_off()",
        "            pass",
        PEERS,
    ),
    (
        "who has gone is looked after",
        STREAM,
        "        self._watchers.discard(self)\n",
        "",
        PEERS,
    ),
    (
        "a stream does not count among the watchers",
        STREAM,
        "        self._watchers.add(self)\n",
        "",
        PEERS,
    ),
    (
        "below another server nobody is told that it stops",
        STREAM,
        "        self._part(self._framing.parting(None))",
        "        self.end()",
        HYPERCORN,
    ),
    (
        "below another server a socket's end is not said",
        "http/socket_way.py",
        "        await self.pump()\n        await self._send(self._end)",
        "        await self.pump()",
        HYPERCORN,
    ),
    (
        "a stream and its follower keep each other alive",
        STREAM,
        "        del self._follower  # the two would keep each other alive\n",
        "",
        PEERS,
    ),
    (
        "a socket and its logs keep each other alive",
        "http/socket_connection.py",
        "        del self._logs  # the two would keep each other alive\n",
        "",
        PEERS,
    ),
    (
        "what a client says into its stream is kept",
        STREAM,
        "    def pause_writing(self) -> None:",
        """    said = b""

    def data_received(self, data: bytes) -> None:
        LiveConnection.said += data

    def pause_writing(self) -> None:""",
        PEERS,
    ),
)

__all__ = ["ROWS"]
