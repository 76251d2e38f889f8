"""Bad input: a problem document that says what is wrong, nothing stored, and the server goes on."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from tests.contract.api import Api, check_problem, offset_at
from tests.exchange import Exchange

NDJSON_TYPE = "application/x-ndjson"
JSON_TYPE = "application/json"
NEW = "/v1/deployments"
MISSING = "dep_" + "0" * 37
HUGE = "9" * 5000
DEEP = "[" * 100_000 + "]" * 100_000

MANY = [b'{"text":"%d"}' % number for number in range(1, 101)]


def with_line_57(row: bytes) -> bytes:
    """100 good lines of NDJSON, but for one."""
    return b"\n".join([*MANY[:56], row, *MANY[57:]])


class Bad(NamedTuple):
    """A request that is to be refused, and how. `{id}` stands for a deployment with 3 lines."""

    method: str
    path: str
    status: int
    problem: str
    content: bytes | str = b""
    content_type: str = ""
    headers: Mapping[str, str] = MappingProxyType({})
    says: str = ""
    """What `detail` has to mention."""


def bad_ids() -> list[Bad]:
    """What no deployment is called: 404, whatever is done with it."""
    names = [
        MISSING,
        "x",
        "dep_",
        "%2e%2e",
        "..%5c",
        "dep_*",
        "*",
        ">",
        "%20.",
        "dep_%00",
        "%00",
        "%20",
    ]
    names += [MISSING.upper(), MISSING + "0", MISSING[:-1] + "l", "%F0%9F%AA%B5", "a" * 8_000]
    calls = [("GET", ""), ("DELETE", ""), ("GET", "/log"), ("POST", "/log")]
    return [
        Bad(method, f"{NEW}/{name}{rest}", 404, "no-such-log")
        for name in names
        for method, rest in calls
    ] + [
        Bad("GET", f"{NEW}/{path}", 404, "not-found")
        for path in ("%2e%2e%2f%2e%2e%2fetc%2fpasswd", "a/b", f"{MISSING}/log/x", f"{MISSING}/", "")
    ]


def bad_documents() -> list[Bad]:
    """Deployments that cannot be created or changed so."""
    create: list[tuple[str | bytes, int, str]] = [
        ("{", 400, "bad-request"),
        ("", 400, "bad-request"),
        (b"\xff\xfe{\0}\0", 400, "bad-request"),
        ('{"project":"a"} x', 400, "bad-request"),
        ('{"project":NaN}', 400, "bad-request"),
        ('{"project":"a","x":' + "[" * 5000, 400, "bad-request"),
        ("[]", 422, "bad-record"),
        ("null", 422, "bad-record"),
        ("{}", 422, "bad-record"),
        ('{"project":""}', 422, "bad-record"),
        ('{"project":5}', 422, "bad-record"),
        ('{"project":"%s"}' % ("x" * 201), 422, "bad-record"),
        ('{"project":"a","status":"done"}', 422, "bad-record"),
        ('{"project":"a","status":"succeeded"}', 422, "bad-record"),
        ('{"project":"a","metadata":{"a":1}}', 422, "bad-record"),
        ('{"project":"a","metadata":{"a":{}}}', 422, "bad-record"),
        ('{"project":"a","url":"javascript:alert(1)"}', 422, "bad-record"),
        ('{"project":"a","id":"mine"}', 422, "bad-record"),
        ('{"project":"a","id":"%s"}' % (MISSING + "\\n"), 422, "bad-record"),
        ('{"project":"a","title":"%s"}' % ("x" * 20_000), 413, "too-large"),
    ]
    change = [
        ('{"status":"done"}', 422, "bad-record"),
        ('{"status":null}', 422, "bad-record"),
        ('{"status":"failed","exit_code":"1"}', 422, "bad-record"),
        ('{"status":"failed","exit_code":1.5}', 422, "bad-record"),
        ('{"status":"failed","exit_code":4294967296}', 422, "bad-record"),
        (f'{{"status":"failed","exit_code":{HUGE}}}', 422, "bad-record"),
        ('{"title":5}', 422, "bad-record"),
        ('{"status":', 400, "bad-request"),
    ]
    return [
        *(Bad("POST", NEW, status, name, body, JSON_TYPE) for body, status, name in create),
        *(Bad("PATCH", NEW + "/{id}", s, name, body, JSON_TYPE) for body, s, name in change),
        *(
            Bad("POST", NEW, 415, "unsupported-type", '{"project":"a"}', content_type, says="JSON")
            for content_type in ("", "text/plain", "application/x-www-form-urlencoded", "text/xml")
        ),
    ]


def bad_lists() -> list[Bad]:
    """Queries of the list that mean nothing."""
    queries = ["limit=0", "limit=-1", "limit=x", "limit=", "limit=1&limit=2", "limit=1.5"]
    queries += [
        "limit=%D9%A3",
        "limit=1_000",
        "limit=+5",
        "limit=" + HUGE,
        "status=done",
        "status=",
    ]
    queries += ["after=x", "after=", "after=../", "project=a&project=b", "project=%FF", "after=%00"]
    return [Bad("GET", f"{NEW}?{query}", 400, "bad-request") for query in queries]


def bad_places() -> list[Bad]:
    """Places in a log that are none, and parameters that contradict each other."""
    offsets = [
        "",
        "x",
        "0",
        "-2",
        "1.5",
        "1_000",
        "%D9%A3",
        "%205",
        "5%20",
        "9" * 400,
        "NOW",
        "%00",
    ]
    offsets += ["a,b", "a%20b", "../x", "a/b", "%0A", "{offset}%0A", "{offset}0", "%FF", "{id}"]
    offsets += ["9223372036854775808", "0000000000000000-0000000000000000"]
    queries = [f"{name}={offset}" for name in ("offset", "before") for offset in offsets]
    queries += [f"live=sse&offset={offset}" for offset in offsets]
    queries += ["offset=-1&offset=-1", "offset=now&offset={offset}", "before=now&before=now"]
    numbers = ["0", "-1", "x", "", "1.5", "1e3", "%D9%A3", "+5", "0x5", "1_0", HUGE, "05"]
    queries += [f"{name}={number}" for name in ("tail", "limit") for number in numbers]
    queries += ["tail=1&tail=1", "limit=1&limit=2", "before=now&limit=0"]
    queries += ["offset=-1&tail=1", "before=now&offset=-1", "before=now&tail=1"]
    queries += ["live=sse", "live=ws3&offset=-1", "live=&offset=-1", "live=sse&live=sse&offset=-1"]
    queries += ["live=sse&before=now", "live=sse&offset=-1&limit=5", "live=sse&offset=-1&tail=5"]
    queries += ["live=sse&offset=-1&before=now"]
    log = NEW + "/{id}/log"
    return [
        *(Bad("GET", f"{log}?{query}", 400, "bad-request") for query in queries),
        Bad("GET", log, 400, "bad-request", headers={"Accept": "text/event-stream"}),
        *(
            Bad("GET", f"{log}?{query}{{other}}", 409, "wrong-epoch")
            for query in ("offset=", "before=", "live=sse&offset=")
        ),
        *(
            Bad("GET", f"{log}?{query}{{beyond}}", 416, "ahead-of-tail")
            for query in ("offset=", "before=", "live=sse&offset=")
        ),
        *(
            Bad(
                "GET",
                f"{log}?live=sse&offset=-1",
                status,
                name,
                headers={"Last-Event-ID": last},
            )
            for last, status, name in [
                ("junk", 400, "bad-request"),
                ("-1", 400, "bad-request"),
                ("now", 400, "bad-request"),
                ("", 400, "bad-request"),
                ("9" * 8000, 400, "bad-request"),
                ("{other}", 409, "wrong-epoch"),
                ("{beyond}", 416, "ahead-of-tail"),
            ]
        ),
    ]


def bad_appends() -> list[Bad]:
    """Bodies that are no batch of records."""
    log = NEW + "/{id}/log"
    rows = [
        (b"{", 400, "bad-request"),
        (b"not json", 400, "bad-request"),
        (b'{"text":"a"} {"text":"b"}', 400, "bad-request"),
        (b'{"text":"a\x01b"}', 400, "bad-request"),
        (b'{"text":NaN}', 400, "bad-request"),
        (b'{"text":-Infinity}', 400, "bad-request"),
        (b'{"text":%b}' % HUGE.encode(), 400, "bad-request"),
        (DEEP.encode(), 422, "bad-record"),
        (b'{"text":"a","deep":%b}' % DEEP.encode(), 400, "bad-request"),
        (b"5", 422, "bad-record"),
        (b"null", 422, "bad-record"),
        (b'"text"', 422, "bad-record"),
        (b"{}", 422, "bad-record"),
        (b'{"text":5}', 422, "bad-record"),
        (b'{"text":null}', 422, "bad-record"),
        (b'{"text":["a"]}', 422, "bad-record"),
        (b'{"line":"a"}', 422, "bad-record"),
        (b'{"text":"a","stream":"stdin"}', 422, "bad-record"),
        (b'{"text":"a","level":5}', 422, "bad-record"),
        (b'{"text":"a","level":"%b"}' % (b"x" * 33), 422, "bad-record"),
        (b'{"text":"a","sent":"yesterday"}', 422, "bad-record"),
        (b'{"text":"a","sent":"2026-02-30T00:00:00Z"}', 422, "bad-record"),
        (b'{"text":"a","sent":"2026-02-03T00:00:00"}', 422, "bad-record"),
        (b'{"text":"a","sent":"2026-02-03T00:00:60Z"}', 422, "bad-record"),
        (b'{"text":"a","sent":5}', 422, "bad-record"),
        (b'{"text":"a","partial":1}', 422, "bad-record"),
    ]
    return [
        *(Bad("POST", log, s, n, row, JSON_TYPE) for row, s, n in rows),
        *(Bad("POST", log, s, n, b"[%b, %b]" % (MANY[0], row), JSON_TYPE) for row, s, n in rows),
        *(Bad("POST", log, s, n, with_line_57(row), NDJSON_TYPE, says="57") for row, s, n in rows),
        Bad("POST", log, 400, "bad-request", b"", JSON_TYPE),
        Bad("POST", log, 400, "bad-request", b'[{"text":"a"}', JSON_TYPE),
        *(
            Bad("POST", log, 415, "unsupported-type", b"<x/>", content_type, says="ndjson")
            for content_type in ("application/xml", "text/html", "multipart/form-data", "junk")
        ),
        *(
            Bad("POST", log, 415, "unsupported-type", "a\0", content_type, says="UTF-8")
            for content_type in ("text/plain; charset=utf-16", 'application/json;charset="latin1"')
        ),
        *(
            Bad("POST", f"{log}?{query}", 400, "bad-request", b"x")
            for query in ("stream=stdin", "stream=", "stream=stdout&stream=stderr", "stream=%00")
        ),
        Bad("POST", log, 409, "conflict", b"x", headers={"Stream-Closed": "true"}),
    ]


def bad_producers() -> list[Bad]:
    """Half marks and numbers that are none."""
    whole = {"Producer-Id": "a", "Producer-Epoch": "0", "Producer-Seq": "0"}
    marks = [{k: v for k, v in whole.items() if k != missing} for missing in whole]
    marks += [{k: v for k, v in whole.items() if k == only} for only in whole]
    numbers = ["", "-1", "+1", "1.5", "00", "0x1", "x", "9007199254740992", HUGE, "1 1", "\xb2"]
    names = ("Producer-Epoch", "Producer-Seq")
    marks += [{**whole, name: number} for name in names for number in numbers]
    marks += [{**whole, "Producer-Id": name} for name in ("", "x" * 129)]
    log = NEW + "/{id}/log"
    return [Bad("POST", log, 400, "bad-request", b"x", headers=mark) for mark in marks]


def bad_methods() -> list[Bad]:
    """Methods that an address does not have: 405, with those that it has."""
    calls = [
        ("PUT", "/{id}/log"),
        ("PATCH", "/{id}/log"),
        ("DELETE", "/{id}/log"),
        ("PUT", "/{id}"),
        ("POST", "/{id}"),
        ("PUT", ""),
        ("DELETE", ""),
        ("POST", "/feed"),
    ]
    return [Bad(method, NEW + path, 405, "method-not-allowed") for method, path in calls]


TABLE = [
    *bad_ids(),
    *bad_documents(),
    *bad_lists(),
    *bad_places(),
    *bad_appends(),
    *bad_producers(),
    *bad_methods(),
]


class Victim(NamedTuple):
    """The deployment that bad requests are sent to."""

    id: str
    words: dict[str, str]


@pytest.fixture(scope="module")
def victim(api: Api) -> Victim:
    """A deployment of three lines."""
    deployment = api.create()
    api.append_lines(deployment, 1, 3)
    tail = api.tail(deployment)
    other = api.tail(api.create())
    words = {"id": deployment, "offset": tail, "other": other, "beyond": offset_at(tail, 4)}
    return Victim(deployment, words)


class TestBadInput:
    @pytest.mark.parametrize(
        "bad", TABLE, ids=lambda bad: f"{bad.method} {bad.path} {bad.status}"[:80]
    )
    def test_it_is_refused(self, api: Api, victim: Victim, bad: Bad) -> None:
        """The status, the kind of problem, what it is about; and nothing has changed.

        Caught: lines counted from 0, an offset that only begins like one, `int()` for a number."""
        before = stored(api, victim)
        headers = {name: _fill(value, victim) for name, value in bad.headers.items()}
        if bad.content_type:
            headers["Content-Type"] = bad.content_type
        answer = api.request(
            bad.method,
            _fill(bad.path, victim),
            content=bad.content,
            headers={name: value.encode("latin-1") for name, value in headers.items()},
        )
        problem = check_problem(answer, bad.status, bad.problem)
        assert bad.says in problem["detail"]
        if bad.says == "57":
            assert problem["line"] == 57
        if bad.status == 405:
            assert bad.method not in answer.headers["allow"].split(", ")
        assert stored(api, victim) == before

    def test_a_problem_does_not_repeat_what_was_asked_for(self, api: Api) -> None:
        """An id is whatever a caller made up; it does not come back in the answer."""
        answer = api.request("GET", "/v1/deployments/%3Cscript%3Ealert%3C")
        assert "script" not in answer.text

    @pytest.mark.parametrize("depth", [100, 300, 450, 600, 900, 990, 1100, 5000])
    @pytest.mark.parametrize("content_type", [JSON_TYPE, NDJSON_TYPE])
    def test_no_depth_is_too_deep(self, api: Api, content_type: str, depth: int) -> None:
        """Nesting in a field that is ignored is taken or refused with 400, never 500.

        Caught: a walk through what was parsed that goes deeper than the parser."""
        deployment = api.create()
        for inner in ("[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth):
            for text in (b"a", b"\xff"):  # the second is parsed leniently
                body = b'{"text":"%b","deep":%b}' % (text, inner.encode())
                answer = api.append(deployment, body, content_type)
                assert answer.status_code in (204, 400)

    def test_a_bad_body_does_not_wait_for_its_end(self, api: Api, victim: Victim) -> None:
        """A type that is not taken is refused at once, though the body is still being sent."""
        before = stored(api, victim)
        with api.stream(victim.id, "application/xml") as stream:
            stream.send(b"<x>")
            assert stream.status == 415
        assert stored(api, victim) == before

    def test_a_batch_that_breaks_off_is_not_stored(self, api: Api) -> None:
        """A Content-Length that is not reached: nothing of it, though it is text.

        Caught: storing what has come when the client goes away in the middle of a batch."""
        deployment = api.create()
        url = f"{api.url}/v1/deployments/{deployment}/log"
        with Exchange("POST", url, {"Content-Length": "100"}, chunked=False) as exchange:
            exchange.socket.sendall(b"one\ntwo\n")
        api.append(deployment, "next")
        assert api.texts(deployment) == ["next"]


class TestTaken:
    """What looks bad and is none of our business."""

    def test_of_two_keys_the_last_counts(self, api: Api) -> None:
        """As every reader of JSON has it; in an array, in lines, in a repeated append."""
        deployment = api.create()
        row = b'{"text":"a","stream":"stdout","text":"b","stream":"stderr"}'
        for body, content_type in (
            (row, NDJSON_TYPE),
            (b"[%b]" % row, JSON_TYPE),
            (row, JSON_TYPE),
        ):
            assert api.append(deployment, body, content_type).status_code == 204
        records = api.records(deployment)
        assert [(record["text"], record["stream"]) for record in records] == [("b", "stderr")] * 3

    @pytest.mark.parametrize("number", ["1e400", "-1e999999", HUGE, "0." + HUGE])
    def test_numbers_that_nobody_reads(self, api: Api, number: str) -> None:
        """In a field that is ignored; where a text belongs they are refused, see above."""
        deployment = api.create()
        answer = api.append(deployment, f'{{"text":"a","x":{number}}}', NDJSON_TYPE)
        assert answer.status_code == 204
        assert api.texts(deployment) == ["a"]

    @pytest.mark.parametrize("sent", ["9999-12-31T23:59:59Z", "1970-01-01T00:00:00Z"])
    def test_times_of_any_age(self, api: Api, sent: str) -> None:
        """A producer's time is told, not believed: records stay in the order of their numbers."""
        deployment = api.create()
        api.append(deployment, "before")
        body = f'{{"text":"now","sent":"{sent}"}}'
        assert api.append(deployment, body, JSON_TYPE).status_code == 204
        api.append(deployment, "after")
        assert api.texts(deployment) == ["before", "now", "after"]
        assert api.records(deployment)[1]["sent"] == sent


class TestNosniff:
    @pytest.mark.parametrize(
        "path",
        [
            "/",
            "/healthz",
            "/readyz",
            "/openapi.json",
            "/docs",
            "/nothing",
            "/v1",
            "/v1/deployments/",
            "/assets/nothing",
            "/assets/%2e%2e%2f",
            "/assets/%00",
            "/assets/" + "x" * 5000,
            "/assets/%2e%2e",
            "/d/x",
            "//v1//deployments",
            "/%ff",
        ],
    )
    @pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "TRACE"])
    def test_every_answer_forbids_guessing(self, api: Api, method: str, path: str) -> None:
        """`X-Content-Type-Options: nosniff` whatever is asked, and never a 500."""
        assert api.request(method, path).status_code < 500

    @pytest.mark.parametrize("host", ["[", "[::1", "a b", '"', "a/b?c", "x:y", "é", "", "a" * 5000])
    def test_any_host_is_answered(self, api: Api, host: str) -> None:
        """The name in `Host` goes into links; one that is none is no reason to fail."""
        with Exchange(
            "GET", f"{api.url}/v1/deployments?limit=1", {"Host": host}, chunked=False
        ) as exchange:
            assert exchange.status < 500


def stored(api: Api, victim: Victim) -> dict[str, Any]:
    """What the server keeps of it, the number and size of its records included."""
    return api.get(victim.id)


def _fill(text: str, victim: Victim) -> str:
    for name, word in victim.words.items():
        text = text.replace(f"{{{name}}}", word)
    return text
