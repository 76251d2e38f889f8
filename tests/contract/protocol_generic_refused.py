"""Generic logs: what is refused, by a problem document that names what is wrong, and nothing done.

Then what becomes of a log that is closed, deleted or expired, for each who asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping

import httpx2
import pytest

from tests.contract.api import Api, check_problem
from tests.contract.generic import JSON, TEXT, GenericLog

BAD_NAMES = [
    *("", "%2e%2e", "a/%2e%2e", ".hidden", "a//b", "a/", "*", "a/%3e", "%3akey", "a%20b", "a%00"),
    *("a%0a", "%D9%A3", "%EF%BC%91", "a%5cb", "a%3Fb", "x" * 256),
]

BAD_LIFETIMES = {
    "Stream_TTL": [
        *("", "-1", "+5", "05", "1.5", "1e3", "0x10", "٣".encode().decode("latin-1")),
        *("9" * 30, "10000000001", "five", "1 0", "1,2"),
    ],
    "Stream_Expires_At": [
        *("", "soon", "2026-11-23", "2026-11-23T15:37:00", "1795448220", "2026-02-30T00:00:00Z"),
        *("2026-11-23T25:00:00Z", "2026-11-23T15:37:00+99:00", "2026-11-23T15:37:00Z x"),
        *("0001-01-01T00:00:00+14:00", "12026-11-23T15:37:00Z", "2026-11-23T15:37Z"),
    ],
}

BAD_FORKS: list[tuple[dict[str, str], int, str, str]] = [
    ({"Stream_Fork_Offset": "now"}, 400, "bad-request", "Stream-Forked-From"),
    ({"Stream_Fork_Sub_Offset": "0"}, 400, "bad-request", "Stream-Forked-From"),
    ({"Stream_Forked_From": ""}, 400, "bad-request", "/v1/stream/"),
    ({"Stream_Forked_From": "source"}, 400, "bad-request", "/v1/stream/"),
    ({"Stream_Forked_From": "/v1/deployments/x"}, 400, "bad-request", "/v1/stream/"),
    ({"Stream_Forked_From": "/v1/stream/../x"}, 400, "bad-request", "name"),
    ({"Stream_Forked_From": "{source}", "Stream_Fork_Offset": ""}, 400, "bad-request", "offset"),
    ({"Stream_Forked_From": "{source}", "Stream_Fork_Offset": "9"}, 400, "bad-request", "offset"),
    (
        {"Stream_Forked_From": "{source}", "Stream_Fork_Offset": f"{0:016}_{1:016}"},
        *(400, "bad-request", "Stream-Fork-Offset"),
    ),
    (
        {"Stream_Forked_From": "{source}", "Stream_Fork_Sub_Offset": "-1"},
        *(400, "bad-request", "Stream-Fork-Sub-Offset"),
    ),
    (
        {"Stream_Forked_From": "{source}", "Stream_Fork_Sub_Offset": "1"},
        *(400, "bad-request", "fork"),
    ),
    (
        {"Stream_Forked_From": "{source}", "Content_Type": JSON},
        *(409, "conflict", TEXT),
    ),
    ({"Stream_Forked_From": "/v1/stream/not-made"}, 404, "no-such-log", ""),
]


def check_refused(
    answer: httpx2.Response, says: str, status: int = 400, name: str = "bad-request"
) -> None:
    detail = check_problem(answer, status, name)["detail"]
    assert says in detail, detail


class TestGenericRefused:
    @pytest.mark.parametrize("name", BAD_NAMES)
    def test_what_is_no_name_is_refused(self, api: Api, name: str) -> None:
        """Whatever is asked of it, before anything else is looked at."""
        log = GenericLog(api)
        for method in ("PUT", "POST", "GET", "DELETE"):
            headers = {"Content-Type": TEXT} if method in ("PUT", "POST") else {}
            answer = api.request(method, f"/v1/stream/{name}", headers=headers)
            if answer.status_code != 404:  # there may be nothing at that address
                check_refused(answer, "name")
        check_problem(log.get(), 404, "no-such-log")

    @pytest.mark.parametrize(
        ("header", "value"),
        [(name, value) for name, values in BAD_LIFETIMES.items() for value in values],
    )
    def test_a_lifetime_that_is_none_is_named(self, api: Api, header: str, value: str) -> None:
        """400 that says which header, and no log. Caught: `int()`, which takes ` 5` and `٣`."""
        log = GenericLog(api)
        answer = log.request("PUT", b"x", TEXT, **{header: value})
        check_refused(answer, header.replace("_", "-"))
        check_problem(log.get(), 404, "no-such-log")

    def test_two_lifetimes_are_one_too_many(self, api: Api) -> None:
        """Neither is guessed to be meant."""
        both = {"Stream_TTL": "60", "Stream_Expires_At": "2036-11-23T15:37:00Z"}
        check_refused(GenericLog(api).request("PUT", b"", TEXT, **both), "Stream-TTL")

    @pytest.mark.parametrize(("headers", "status", "name", "says"), BAD_FORKS)
    def test_a_fork_of_nothing_is_named(
        self, api: Api, headers: Mapping[str, str], status: int, name: str, says: str
    ) -> None:
        """And not made."""
        source = GenericLog(api).make(TEXT, "source")
        fork = GenericLog(api)
        given = {key: value.replace("{source}", source.path) for key, value in headers.items()}
        check_refused(fork.request("PUT", **given), says, status, name)
        check_problem(fork.get(), 404, "no-such-log")

    @pytest.mark.parametrize(
        "content_type", ["text", "text/", "/plain", "text/plain\x80", "a b/c", "x/y" * 100, "*/"]
    )
    def test_a_type_that_is_none_is_named(self, api: Api, content_type: str) -> None:
        """It is given back with every answer, so it must be one."""
        log = GenericLog(api)
        check_refused(log.request("PUT", b"x", content_type), "Content-Type")
        log.make()
        check_refused(log.request("POST", b"x", content_type), "Content-Type")
        assert log.content() == b""

    @pytest.mark.parametrize(
        ("body", "content_type", "headers", "status", "says"),
        [
            (b"", TEXT, {}, 400, "empty"),
            (b"x", None, {}, 400, "Content-Type"),
            (b"x", JSON, {}, 409, TEXT),
            (b"x", TEXT, {"Stream_Seq": "x" * 1025}, 400, "Stream-Seq"),
            (b"x", TEXT, {"Stream_Seq": "10"}, 409, "Stream-Seq"),
            (b"x", TEXT, {"Stream_Seq": "2"}, 409, "Stream-Seq"),
            (b"x", TEXT, {"Producer_Id": "p"}, 400, "Producer-Epoch"),
            (b"x", TEXT, {"Stream_Closed": "yes", "Stream_Seq": "1"}, 409, "Stream-Seq"),
        ],
    )
    def test_an_append_that_does_not_fit_is_refused(
        self,
        api: Api,
        body: bytes,
        content_type: str | None,
        headers: Mapping[str, str],
        status: int,
        says: str,
    ) -> None:
        """And the log is as it was. `Stream-Seq` rises as text does: "10" comes before "2"."""
        log = GenericLog(api).make()
        log.append("first", Stream_Seq="2")
        answer = log.request("POST", body, content_type, **headers)
        check_refused(answer, says, status, "bad-request" if status == 400 else "conflict")
        assert log.content() == b"first"
        log.append("next", Stream_Seq="20")

    def test_of_two_things_wrong_the_first_is_told(self, api: Api) -> None:
        """Closed counts more than the type, and the type more than what is in the body.

        Caught: a body that is parsed before the log is looked at."""
        log = GenericLog(api).make(JSON)
        check_refused(log.request("POST", b"[", TEXT), JSON, 409, "conflict")
        check_refused(log.request("POST", b"", TEXT), JSON, 409, "conflict")
        log.close()
        for body, content_type in ((b"[", JSON), (b"x", TEXT), (b"1", JSON)):
            answer = log.request("POST", body, content_type)
            check_problem(answer, 409, "log-closed")
            assert answer.headers["stream-closed"] == "true"
            assert answer.headers["stream-next-offset"] == log.tail()
        missing = GenericLog(api)
        check_problem(missing.request("POST", b"[", JSON), 404, "no-such-log")

    def test_a_cursor_is_digits(self, api: Api) -> None:
        """What a client made up is refused, not counted with."""
        log = GenericLog(api).make(TEXT, "x")
        for cursor in ("", "x", "-1", "1.5", " 1", "1e3", "9" * 30, "%D9%A3"):
            for live in ("long-poll", "sse"):
                answer = log.get(f"offset=-1&live={live}&cursor={cursor}")
                check_refused(answer, "cursor")
        twice = log.get("offset=-1&live=long-poll&cursor=1&cursor=2")
        check_refused(twice, "cursor")


class TestOver:
    def test_closing_is_said_once_or_again(self, api: Api) -> None:
        """Closing again changes nothing, nor asks what type; with a body it is refused."""
        log = GenericLog(api).make(TEXT, "x")
        for content_type in (TEXT, JSON, None):
            answer = log.request("POST", b"", content_type, Stream_Closed="TRUE")
            assert answer.status_code == 204
            assert answer.headers["stream-closed"] == "true"
        again = log.request("POST", b"more", TEXT, Stream_Closed="true")
        check_problem(again, 409, "log-closed")
        assert log.content() == b"x"

    def test_the_last_records_and_the_end_are_one_step(self, api: Api) -> None:
        """And a retry of it is a repeat, not an append to a closed log."""
        log = GenericLog(api).make()
        mark = {"Producer_Id": "p", "Producer_Epoch": "0", "Producer_Seq": "0"}
        first = log.append("all", Stream_Closed="true", **mark)
        again = log.append("all", Stream_Closed="true", **mark)
        assert (first.status_code, again.status_code) == (200, 204)
        assert again.headers["stream-closed"] == "true"
        assert log.content() == b"all"

    def test_a_deleted_log_whose_fork_remains_is_gone(self, api: Api) -> None:
        """410 for whoever asks, 409 for who would make it again or fork it; the fork has it all.

        Caught: a deletion that takes the fork's records with it."""
        log = GenericLog(api).make(TEXT, "one\n")
        log.append("two\n")
        fork = log.fork()
        fork.append("three\n")
        assert log.request("DELETE").status_code == 204
        for answer in (
            log.get(),
            log.get("offset=-1&live=sse"),
            log.get("offset=now&live=long-poll"),
            log.request("POST", b"x", TEXT),
            log.request("POST", Stream_Closed="true"),
            log.request("DELETE"),
        ):
            check_problem(answer, 410, "log-gone")
        assert log.request("HEAD").status_code == 410
        check_problem(log.request("PUT", b"", TEXT), 409, "conflict")
        other = GenericLog(api).request("PUT", Stream_Forked_From=log.path)
        check_problem(other, 409, "conflict")
        assert fork.content() == b"one\ntwo\nthree\n"
        assert fork.request("DELETE").status_code == 204
        check_problem(log.get(), 404, "no-such-log")
        log.make(JSON, "[1]")
        assert log.messages() == [1]

    def test_a_moment_that_is_past_is_the_end(self, api: Api) -> None:
        """Made, and gone: its name is free. What it was asked to begin with changes nothing."""
        for options in (
            {"Stream_Expires_At": "2001-01-01T00:00:00+01:00"},
            {"Stream_TTL": "0"},
        ):
            for body in (b"", b"x"):
                log = GenericLog(api).make(TEXT, body, **options)
                check_problem(log.get(), 404, "no-such-log")
                assert log.request("HEAD").status_code == 404
                log.make(JSON)
                assert log.messages() == []

    def test_a_lifetime_is_told_as_it_was_given(self, api: Api) -> None:
        """By HEAD: the idle time in seconds, or the moment in UTC."""
        idle = GenericLog(api).make(Stream_TTL="3600").request("HEAD")
        assert idle.headers["stream-ttl"] == "3600"
        assert "stream-expires-at" not in idle.headers
        until = GenericLog(api).make(Stream_Expires_At="2096-11-23t16:37:00.5+01:00")
        told = until.request("HEAD").headers["stream-expires-at"]
        assert told == "2096-11-23T15:37:00.500000Z"
        assert "stream-ttl" not in GenericLog(api).make().request("HEAD").headers
