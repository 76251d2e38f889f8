"""Many logs on one WebSocket: each as if it were alone, whatever becomes of the others."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.contract.api import Api, offset_at
from tests.contract.protocol_websocket import FEED, MISSING, follow, new_log, problem_name
from tests.websocket import TEXT, RawSocket, frame, log_path, ws_url

LOGS = 50

DEEP = "[" * 500_000


def send_for_ever(socket: RawSocket, data: bytes) -> None:
    """Raises TimeoutError once the server takes no more."""
    while True:
        socket.socket.sendall(data)


class TestSubscribing:
    def test_further_logs_from_a_place_of_their_own(self, api: Api) -> None:
        """By `offset` or by `tail`, on a socket that follows another."""
        first, second, third = (api.create() for _ in range(3))
        for deployment in (second, third):
            api.append_lines(deployment, 1, 10)
        with follow(api, log_path(first)) as socket:
            socket.batch(log_path(first))
            socket.subscribe(log_path(second), offset=offset_at(api.tail(second), 7))
            assert [r["n"] for r in socket.batch(log_path(second))["data"]] == [8, 9, 10]
            socket.subscribe(log_path(third), tail=2)
            assert [r["n"] for r in socket.batch(log_path(third))["data"]] == [9, 10]
            for deployment in (first, third, second):
                api.append_lines(deployment, 11, 11)
                assert socket.batch(log_path(deployment))["data"][0]["text"] == "line 11"

    def test_fifty_producers_on_one_socket(self, api: Api) -> None:
        """Every number once and in order, log by log, while all of them grow and some subscriptions
        among them fail; each ends, and with the last one the socket.

        Caught: a batch is skipped when several logs grow at once."""
        deployments = [api.create() for _ in range(LOGS)]

        def produce(deployment: str) -> None:
            for first in range(1, 40, 4):
                api.append_lines(deployment, first, first + 3)
            api.finish(deployment)

        numbers: dict[str, list[int]] = {log_path(one): [] for one in deployments}
        errors: list[dict[str, Any]] = []
        ended: set[str] = set()
        with ThreadPoolExecutor(8) as threads, follow(api, FEED, "offset=now") as socket:
            producing = [threads.submit(produce, one) for one in deployments]
            for path in numbers:
                socket.subscribe(path, offset="-1")
                socket.subscribe(MISSING, offset="-1")
            while len(ended) < LOGS:
                message = socket.next()
                if message["type"] == "error":
                    errors.append(message)
                elif message["log"] in numbers:
                    assert message["log"] not in ended
                    numbers[message["log"]] += [r["n"] for r in message.get("data", ())]
                    if "streamClosed" in message["control"]:
                        ended.add(message["log"])
            assert all(done.result() is None for done in producing)
        assert numbers == {log_path(one): list(range(1, 42)) for one in deployments}
        assert [one["log"] for one in errors] == [MISSING] * LOGS

    def test_kinds_do_not_mix(self, api: Api) -> None:
        """A text log, a binary one and a deployment's on one socket."""
        text, binary = new_log(api, "text/plain", b"a"), new_log(api, "image/png", b"\xff")
        with follow(api, text) as socket:
            assert socket.batch(text)["data"] == "a"
            socket.subscribe(binary, offset="-1")
            assert socket.batch(binary)["encoding"] == "base64"
            api.request("POST", text, content=b"b", headers={"Content-Type": "text/plain"})
            assert socket.batch(text)["data"] == "b"

    @pytest.mark.parametrize(
        ("wanted", "problem"),
        [
            ({"log": MISSING, "offset": "-1"}, "no-such-log"),
            ({"log": "/v1/stream/nothing", "offset": "-1"}, "no-such-log"),
            ({"log": "/v1/deployments", "offset": "-1"}, "bad-request"),
            ({"log": "nonsense", "offset": "-1"}, "bad-request"),
            ({"log": "x" * 100_000, "offset": "-1"}, "bad-request"),
            ({"log": "{second}", "offset": "nonsense"}, "bad-request"),
            ({"log": "{second}", "offset": f"{1:016d}_{0:016d}"}, "wrong-epoch"),
            ({"log": "{second}", "offset": "{beyond}"}, "ahead-of-tail"),
            ({"log": "{second}"}, "bad-request"),
            ({"log": "{second}", "tail": 0}, "bad-request"),
            ({"log": "{second}", "tail": 10**30}, "bad-request"),
            ({"log": "{second}", "tail": 1, "offset": "-1"}, "bad-request"),
            ({"log": "{first}", "offset": "-1"}, "conflict"),
        ],
    )
    def test_what_cannot_be_had_is_one_error(
        self, api: Api, wanted: dict[str, Any], problem: str
    ) -> None:
        """It names the log that was asked for; the log that is followed goes on, and the one that
        could not be had can be asked for again.

        Caught: an error ends the socket."""
        first, second = api.create(), api.create()
        beyond = offset_at(api.tail(second), 5)
        names = {"first": log_path(first), "second": log_path(second), "beyond": beyond}
        asked = {k: v.format(**names) if isinstance(v, str) else v for k, v in wanted.items()}
        with follow(api, log_path(first)) as socket:
            socket.batch()
            socket.say({"type": "subscribe", **asked})
            error = socket.next()
            assert problem_name(error) == problem
            assert error["log"] == asked["log"][:400]
            api.append_lines(first, 1, 1)
            assert socket.batch(log_path(first))["data"][0]["n"] == 1
            socket.subscribe(log_path(second), offset="-1")
            socket.batch(log_path(second))

    def test_after_unsubscribing_nothing_comes(self, api: Api) -> None:
        """`unsubscribed`, then nothing of that log, and the others go on; subscribed again it goes
        on where it was, with nothing lost or repeated.

        Caught: a log that is left goes on in the background."""
        stays, leaves = api.create(), api.create()
        seen: list[int] = []
        place = "-1"
        with follow(api, log_path(stays)) as socket:
            socket.batch(log_path(stays))
            for number in range(1, 9):
                socket.subscribe(log_path(leaves), offset=place)
                batch = socket.batch(log_path(leaves))
                seen += [record["n"] for record in batch.get("data", ())]
                place = batch["control"]["streamNextOffset"]
                socket.unsubscribe(log_path(leaves))
                assert socket.next() == {"type": "unsubscribed", "log": log_path(leaves)}
                api.append_lines(leaves, number, number)
                api.append_lines(stays, number, number)
                assert [r["n"] for r in socket.batch(log_path(stays))["data"]] == [number]
        assert seen == list(range(1, 8))

    def test_unsubscribing_the_last_keeps_the_socket(self, api: Api) -> None:
        """The client may go on with another log, and be told that it follows none.

        Caught: the socket ends because nothing is followed."""
        first, second = log_path(api.create()), log_path(api.create())
        with follow(api, first) as socket:
            socket.batch(first)
            socket.unsubscribe(first)
            assert socket.next()["type"] == "unsubscribed"
            socket.unsubscribe(first)
            assert problem_name(socket.next()) == "bad-request"
            socket.subscribe(second, offset="-1")
            socket.batch(second)

    def test_a_log_that_ends_leaves_the_others(self, api: Api) -> None:
        """Closed or deleted, it is over for that log alone; the socket ends with the last one.

        Caught: the first log that ends takes the socket with it."""
        closes, dies, lasts = (api.create() for _ in range(3))
        with follow(api, log_path(closes)) as socket:
            socket.batch()
            for deployment in (dies, lasts):
                socket.subscribe(log_path(deployment), offset="-1")
                socket.batch(log_path(deployment))
            api.finish(closes)
            assert socket.batch(log_path(closes))["control"]["streamClosed"]
            api.request("DELETE", f"/v1/deployments/{dies}")
            assert socket.next() == {"type": "gone", "log": log_path(dies)}
            api.append_lines(lasts, 1, 1)
            assert socket.batch(log_path(lasts))["data"][0]["n"] == 1
            api.finish(lasts)
            assert socket.batch(log_path(lasts))["control"]["streamClosed"]
            assert socket.closed().code == 1000


class TestNonsense:
    @pytest.mark.parametrize(
        "nonsense",
        [
            "",
            "nonsense",
            "null",
            "[]",
            "{}",
            '{"type":"subscribe"}',
            '{"type":"subscribe","log":7,"offset":"-1"}',
            '{"type":"subscribe","log":"/v1/deployments/feed","offset":-1}',
            '{"type":"subscribe","log":"/v1/deployments/feed","tail":"1"}',
            '{"type":"subscribe","log":"\\ud800","offset":"-1"}',
            '{"type":"unsubscribe"}',
            '{"type":"publish","log":"/v1/deployments/feed"}',
            '{"type":"' + "x" * 500_000 + '"}',
            '{"type":"subscribe","log":"a","tail":' + "9" * 5000 + "}",
            DEEP,
            '{"type":"unsubscribe","log":"a","more":' + DEEP,
            b'{"type":"unsubscribe","log":"/v1/deployments/feed"}',
        ],
        ids=lambda nonsense: str(nonsense[:60]),
    )
    def test_it_is_answered_and_the_socket_stays(self, api: Api, nonsense: str | bytes) -> None:
        """One short error message without a log, and the log that is followed goes on.

        Caught: a message that cannot be read ends the socket."""
        deployment = api.create()
        with follow(api, log_path(deployment)) as socket:
            socket.batch()
            socket.connection.send(nonsense)
            error = socket.next()
            assert problem_name(error) == "bad-request"
            assert error["log"] is None
            assert len(socket.raw[-1]) < 1000
            api.append_lines(deployment, 1, 1)
            assert socket.records()[0]["n"] == 1

    def test_fields_that_are_not_known_are_ignored(self, api: Api) -> None:
        """A client may say more than this server understands."""
        path = log_path(api.create())
        with follow(api, FEED, "offset=now") as socket:
            socket.batch(FEED)
            socket.say({"colour": [1], "type": "subscribe", "offset": "-1", "log": path})
            socket.batch(path)

    def test_one_who_never_reads_its_errors_disturbs_nobody(self, api: Api) -> None:
        """A flood of nonsense is taken no faster than its answers; others go on.

        Caught: answers pile up, or the server does nothing else."""
        path = log_path(deployment := api.create())
        with (
            RawSocket(ws_url(api.url, path), receive_bytes=4096) as floods,
            follow(api, path) as reads,
        ):
            nonsense = frame(TEXT, b"?") * 1000
            floods.socket.settimeout(0.5)
            reads.batch()
            with pytest.raises(TimeoutError):
                send_for_ever(floods, nonsense)
            api.append_lines(deployment, 1, 1)
            assert reads.records()[0]["n"] == 1
