"""Append: each form of a batch, what becomes of its lines, and retries that never repeat."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest

from tests.contract.api import Api, check_problem, seq_of

NDJSON_TYPE = "application/x-ndjson"
JSON_TYPE = "application/json"
LIMIT = 64 * 1024

TEXT_TYPES = [
    "text/plain",
    "text/plain; charset=utf-8",
    'Text/Plain; Charset="UTF-8"',
    "application/octet-stream",
    "application/x-www-form-urlencoded",
    "",
]


def mark(seq: int, *, epoch: int = 0, id: str = "ci-7") -> dict[str, str]:  # noqa: A002
    """A producer's headers."""
    return {"Producer-Id": id, "Producer-Epoch": str(epoch), "Producer-Seq": str(seq)}


class TestAppending:
    @pytest.mark.parametrize("content_type", TEXT_TYPES)
    def test_text_of_any_type_is_lines(self, api: Api, content_type: str) -> None:
        """What curl sends, unasked or not: a line each, the last one without its newline too."""
        deployment = api.create()
        headers = {"Content-Type": content_type} if content_type else {}
        path = f"/v1/deployments/{deployment}/log"
        answer = api.request("POST", path, content=b"a=1&b=%20\n\n  two\nthree", headers=headers)
        assert answer.status_code == 204
        assert api.texts(deployment) == ["a=1&b=%20", "", "  two", "three"]

    def test_the_answer_says_where_the_log_ends(self, api: Api) -> None:
        """`Stream-Next-Offset` is the tail with these lines in it, and they are there to read."""
        deployment = api.create()
        for end in (10, 20, 30):
            answer = api.append(deployment, "x\n" * 10)
            assert (answer.status_code, answer.content) == (204, b"")
            assert answer.headers["stream-next-offset"] == api.tail(deployment)
            assert seq_of(answer.headers["stream-next-offset"]) == end == len(api.texts(deployment))

    def test_records_are_numbered_and_timed(self, api: Api) -> None:
        """Dense numbers from 1 over all appends, times that do not go back, no other field."""
        deployment = api.create()
        api.append(deployment, "one\ntwo\n")
        api.append(deployment, "three", stream="stderr")
        records = api.records(deployment)
        assert [record.pop("n") for record in records] == [1, 2, 3]
        times = [record.pop("time") for record in records]
        assert times == sorted(times)
        assert records == [
            {"stream": "stdout", "text": "one"},
            {"stream": "stdout", "text": "two"},
            {"stream": "stderr", "text": "three"},
        ]

    def test_only_one_return_goes_with_the_newline(self, api: Api) -> None:
        r"""`\r\n` ends a line, `\r\r\n` leaves one `\r`, and a lone one is text."""
        deployment = api.create()
        api.append(deployment, "a\r\nb\r\r\nc\rd\r\ne\r")
        assert api.texts(deployment) == ["a", "b\r", "c\rd", "e\r"]

    @pytest.mark.parametrize("body", [b"", b"\n"])
    def test_little_is_enough(self, api: Api, body: bytes) -> None:
        """An empty body is no line; a newline is an empty one."""
        deployment = api.create()
        answer = api.append(deployment, body)
        assert answer.status_code == 204
        assert answer.headers["stream-next-offset"] == api.tail(deployment)
        assert api.texts(deployment) == [""] * len(body)

    def test_json_records_carry_what_they_say(self, api: Api) -> None:
        """`stream`, `level`, `sent` and `partial` are kept, anything else is ignored."""
        deployment = api.create()
        sent = "2026-11-23T15:37:00.5+01:00"
        lines: list[dict[str, Any]] = [
            {"text": "plain"},
            {"text": "full", "stream": "system", "level": "warn", "sent": sent, "partial": True},
            {"text": "more", "n": 77, "time": "never", "kind": "end", "__proto__": {"x": 1}},
        ]
        answer = api.append(deployment, json.dumps(lines), JSON_TYPE, stream="stderr")
        assert answer.status_code == 204
        first, second, third = api.records(deployment)
        del first["time"], second["time"], third["time"]
        assert first == {"n": 1, "stream": "stderr", "text": "plain"}
        assert second.pop("sent").startswith("2026-11-23T15:37:00.5")
        full = {"n": 2, "stream": "system", "level": "warn", "text": "full", "partial": True}
        assert second == full
        assert third == {"n": 3, "stream": "stderr", "text": "more"}

    @pytest.mark.parametrize(
        ("content_type", "body"),
        [
            (JSON_TYPE, b'[{"text":"a"},{"text":"b"}]'),
            (JSON_TYPE + "; charset=utf-8", b'\xef\xbb\xbf [{"text":"a"}\n,{"text":"b"}] '),
            (NDJSON_TYPE, b'{"text":"a"}\n{"text":"b"}\n'),
            (NDJSON_TYPE, b'{"text":"a"}\n{"text":"b"}'),
            (NDJSON_TYPE, b'\n{"text":"a"}\r\n\n  \n{"text":"b"}\n\n'),
            (NDJSON_TYPE, b'\xef\xbb\xbf{"text":"a"}\n{"text":"b"}'),
        ],
    )
    def test_json_comes_in_an_array_or_in_lines(
        self, api: Api, content_type: str, body: bytes
    ) -> None:
        """Blank lines, a byte order mark and a missing last newline do no harm."""
        deployment = api.create()
        assert api.append(deployment, body, content_type).status_code == 204
        assert api.texts(deployment) == ["a", "b"]

    @pytest.mark.parametrize(
        ("content_type", "body", "count"),
        [
            (JSON_TYPE, b'{"text":"one"}', 1),
            (JSON_TYPE, b"[]", 0),
            (NDJSON_TYPE, b"", 0),
            (NDJSON_TYPE, b"\n\n", 0),
        ],
    )
    def test_one_object_or_none(self, api: Api, content_type: str, body: bytes, count: int) -> None:
        """A JSON body may be one record; an empty batch is none."""
        deployment = api.create()
        assert api.append(deployment, body, content_type).status_code == 204
        assert len(api.records(deployment)) == count

    @pytest.mark.parametrize("content_type", [JSON_TYPE, NDJSON_TYPE])
    def test_text_in_json_is_mended_not_refused(self, api: Api, content_type: str) -> None:
        """A surrogate without its other half, and what is not UTF-8, become U+FFFD.

        Caught: half characters that are found out when they are encoded again: 500."""
        deployment = api.create()
        body = rb'{"text":"a\ud800b \ud83e\udeb5 \u0000 \\ud800"}'.replace(b"a", b"a\xff")
        assert api.append(deployment, body, content_type).status_code == 204
        assert api.texts(deployment) == ["a\ufffd\ufffdb \U0001fab5 \0 \\ud800"]


class TestLongLines:
    @pytest.mark.parametrize(
        ("line", "sizes"),
        [
            ("x" * LIMIT, [LIMIT]),
            ("x" * (LIMIT + 1), [LIMIT, 1]),
            ("x" * (3 * LIMIT), [LIMIT] * 3),
            ("x" * (LIMIT - 1) + "é", [LIMIT - 1, 2]),
            ("x" * (LIMIT - 2) + "🪵" * 2, [LIMIT - 2, 8]),
            ("€" * LIMIT, [LIMIT - 1] * 3 + [3]),
        ],
    )
    @pytest.mark.parametrize("form", ["text", "producer", "ndjson", "stream"])
    def test_a_long_line_is_cut_between_characters(
        self, api: Api, form: str, line: str, sizes: list[int]
    ) -> None:
        """64 KiB to a record, all but the last `partial`, cut the same however they are sent.

        Caught: `>=` for `>` where a batch is cut, and a cut within a character."""
        deployment = api.create()
        self._send(api, deployment, form, line)
        records = api.records(deployment)
        assert "".join(record["text"] for record in records) == line + "next"
        assert [len(record["text"].encode()) for record in records] == [*sizes, 4]
        marks = [record.get("partial", False) for record in records]
        assert marks == [True] * (len(sizes) - 1) + [False, False]
        assert api.text(deployment) == f"{line}\nnext\n".encode()

    def _send(self, api: Api, deployment: str, form: str, line: str) -> None:
        body = f"{line}\nnext\n".encode()
        if form == "stream":
            with api.stream(deployment) as stream:
                for start in range(0, len(body), 1000):
                    stream.send(body[start : start + 1000])
                stream.end()
                assert stream.status == 204
        elif form == "ndjson":
            rows = [json.dumps({"text": text}) for text in (line, "next")]
            assert api.append(deployment, "\n".join(rows), NDJSON_TYPE).status_code == 204
        else:
            headers = mark(0) if form == "producer" else {}
            assert api.append(deployment, body, headers=headers).is_success

    def test_a_long_text_is_the_same_lines(self, api: Api) -> None:
        """Beyond 1 MiB a text is stored as it comes; nobody can tell from the lines."""
        deployment = api.create()
        lines = [f"{number} {'é' * (number % 90)}" for number in range(30_000)]
        answer = api.append(deployment, "\n".join(lines))
        assert answer.status_code == 204
        assert answer.headers["stream-next-offset"] == api.tail(deployment)
        # Records may be more: where the sending paused within a line, the line is in parts.
        assert api.text(deployment).decode() == "".join(f"{line}\n" for line in lines)


class TestRetrying:
    def test_a_repeat_is_no_duplicate(self, api: Api) -> None:
        """200 the first time, 204 again with the highest accepted `Producer-Seq`; stored once.

        Caught: `<` for `<=` when a sequence is compared."""
        deployment = api.create()
        for seq in range(3):
            answer = api.append(deployment, f"{seq}\n", headers=mark(seq))
            check_accepted(answer, api.tail(deployment), seq)
        for seq in (2, 0, 1):
            again = api.append(deployment, f"{seq}\n", headers=mark(seq))
            assert (again.status_code, again.headers["producer-seq"]) == (204, "2")
            assert again.headers["producer-epoch"] == "0"
            assert again.headers["stream-next-offset"] == api.tail(deployment)
        assert api.texts(deployment) == ["0", "1", "2"]

    def test_a_gap_is_refused(self, api: Api) -> None:
        """409 with the number that was expected, for a new producer and for a known one.

        Caught: only repeats are looked for."""
        deployment = api.create()
        answer = api.append(deployment, "x", headers=mark(1))
        assert check_problem(answer, 409, "producer-gap")["expected"] == 0
        assert answer.headers["producer-expected-seq"] == "0"
        api.append(deployment, "0", headers=mark(0))
        answer = api.append(deployment, "x", headers=mark(2))
        check_problem(answer, 409, "producer-gap")
        assert answer.headers["producer-expected-seq"] == "1"
        assert answer.headers["producer-received-seq"] == "2"
        assert api.texts(deployment) == ["0"]

    def test_a_newer_epoch_shuts_older_ones_out(self, api: Api) -> None:
        """It begins with 0 (else 400); the older one gets 403 with the epoch that counts.

        Caught: an epoch that is stored but not compared."""
        deployment = api.create()
        api.append(deployment, "a", headers=mark(0, epoch=1))
        api.append(deployment, "b", headers=mark(1, epoch=1))
        check_problem(api.append(deployment, "x", headers=mark(2, epoch=2)), 400, "bad-request")
        assert api.append(deployment, "c", headers=mark(0, epoch=5)).status_code == 200
        for seq in (0, 2):
            answer = api.append(deployment, "x", headers=mark(seq, epoch=1))
            check_problem(answer, 403, "producer-fenced")
            assert answer.headers["producer-epoch"] == "5"
        assert api.texts(deployment) == ["a", "b", "c"]

    def test_producers_do_not_know_each_other(self, api: Api) -> None:
        """Each id counts for itself, and in each log for itself."""
        one, other = api.create(), api.create()
        for deployment in (one, other):
            for id in ("a", "b", "a b/ü".encode().decode("latin-1")):  # noqa: A001
                answer = api.append(deployment, id, headers=mark(0, id=id))
                assert answer.status_code == 200
        assert len(api.texts(one)) == len(api.texts(other)) == 3

    def test_what_is_refused_does_not_count(self, api: Api) -> None:
        """A bad batch leaves the sequence where it was; the mended one is taken."""
        deployment = api.create()
        bad = api.append(deployment, '{"text":', NDJSON_TYPE, headers=mark(0))
        assert bad.status_code == 400
        good = api.append(deployment, '{"text":"ok"}', NDJSON_TYPE, headers=mark(0))
        assert good.status_code == 200

    def test_an_empty_batch_counts(self, api: Api) -> None:
        """A request without lines takes its number like any other."""
        deployment = api.create()
        assert api.append(deployment, "", headers=mark(0)).status_code == 200
        assert api.append(deployment, "one", headers=mark(1)).status_code == 200

    def test_a_repeat_after_the_end_is_known(self, api: Api) -> None:
        """A producer that missed the answer learns that its lines are in; new ones get 409.

        Caught: looking whether the log is closed before looking for a repeat."""
        deployment = api.create()
        api.append(deployment, "0", headers=mark(0))
        api.finish(deployment)
        assert api.append(deployment, "0", headers=mark(0)).status_code == 204
        check_problem(api.append(deployment, "1", headers=mark(1)), 409, "log-closed")

    def test_repeats_at_once_are_stored_once(self, api: Api) -> None:
        """The same request on eight connections together: one 200, seven 204, one record."""
        deployment = api.create()
        for seq in range(5):
            with ThreadPoolExecutor(8) as threads:
                sending = [
                    threads.submit(api.append, deployment, f"{seq}\n", headers=mark(seq))
                    for _ in range(8)
                ]
            statuses = sorted(one.result().status_code for one in sending)
            assert statuses == [200] + [204] * 7
        assert api.texts(deployment) == [str(seq) for seq in range(5)]


def check_accepted(answer: httpx2.Response, tail: str, seq: int) -> None:
    assert answer.status_code == 200
    assert answer.headers["stream-next-offset"] == tail
    assert (answer.headers["producer-epoch"], answer.headers["producer-seq"]) == ("0", str(seq))
