"""Generic logs where the public conformance suite does not look: bytes, forms, pages, fences."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable

import pytest
import zstandard

from tests.contract.api import NDJSON, Api, check_problem
from tests.contract.generic import BYTES, JSON, TEXT, GenericLog

CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zstd": zstandard.compress,
}
LITERALS = b'[1.10,-0,1E400,12345678901234567890123,{"b":1,"a":1,"b":2},"\\u00e9\\/",[[]]]'


class TestMaking:
    @pytest.mark.parametrize(
        ("content_type", "body", "held"),
        [
            (TEXT, b"a\r\nb", b"a\r\nb"),
            (BYTES, bytes(range(256)), bytes(range(256))),
            (JSON, b' [1 , {"a" : 2}] ', b'[1,{"a":2}]'),
            (JSON, b"[]", b"[]"),
            ("application/x-ndjson", b"1\n2\n", b"1\n2\n"),
        ],
    )
    def test_a_log_is_made_with_its_first_records(
        self, api: Api, content_type: str, body: bytes, held: bytes
    ) -> None:
        """In one step: 201 with where it ends, and its address; what is in it is there at once."""
        log = GenericLog(api)
        answer = log.request("PUT", body, content_type)
        assert answer.status_code == 201
        assert answer.headers["location"] == log.url
        assert answer.headers["content-type"] == content_type
        assert answer.headers["stream-next-offset"] == log.tail()
        assert log.content() == held
        again = log.request("PUT", b"[9]", content_type)
        assert (again.status_code, "location" in again.headers) == (200, False)
        assert log.content() == held

    def test_a_body_that_is_refused_makes_no_log(self, api: Api) -> None:
        """Not even an empty one. Caught: a log that is made before its body is looked at."""
        log = GenericLog(api)
        for body, options in (("[1,", {}), ("junk", {"Content_Encoding": "gzip"})):
            check_problem(log.request("PUT", body, JSON, **options), 400, "bad-request")
            check_problem(log.get(), 404, "no-such-log")

    @pytest.mark.parametrize("encoding", CODINGS)
    def test_a_compressed_body_is_unpacked(self, api: Api, encoding: str) -> None:
        """Of PUT and of POST; a damaged one is refused whole, other codings are 415."""
        pack = CODINGS[encoding]
        log = GenericLog(api).make(BYTES, pack(b"made"), Content_Encoding=encoding)
        log.append(pack(b"\0appended"), BYTES, Content_Encoding=encoding.upper())
        cut = log.request("POST", pack(b"cut off")[:-1], BYTES, Content_Encoding=encoding)
        check_problem(cut, 400, "bad-request")
        other = log.request("POST", b"x", BYTES, Content_Encoding="br")
        check_problem(other, 415, "unsupported-type")
        assert log.content() == b"made\0appended"

    @pytest.mark.live
    def test_a_body_may_have_20_mib(self, api: Api) -> None:
        """And not a byte more, packed or not: 413, and nothing is stored."""
        log = GenericLog(api).make(BYTES, b"first")
        largest = bytes(20 * 1024 * 1024)
        for body, options in (
            (largest + b"x", {}),
            (gzip.compress(largest + b"x", 1), {"Content_Encoding": "gzip"}),
        ):
            check_problem(log.request("POST", body, BYTES, **options), 413, "too-large")
            other = GenericLog(api)
            check_problem(other.request("PUT", body, BYTES, **options), 413, "too-large")
            check_problem(other.get(), 404, "no-such-log")
        log.append(gzip.compress(largest, 1), BYTES, Content_Encoding="gzip")
        assert len(log.content()) == 5 + len(largest)

    def test_a_name_has_one_spelling(self, api: Api) -> None:
        """Parts are kept apart; capital letters make another log."""
        log = GenericLog(api)
        log.make(TEXT, "upper" if log.name.isupper() else "lower")
        inner = GenericLog(api, f"{log.name}/inner.log~1").make(TEXT, "inner")
        assert (log.content(), inner.content()) == (b"lower", b"inner")
        check_problem(GenericLog(api, log.name.upper()).get(), 404, "no-such-log")
        check_problem(GenericLog(api, f"{log.name}/").get(), 400, "bad-request")


class TestJson:
    def test_messages_are_kept_digit_for_digit(self, api: Api) -> None:
        """In the array, in NDJSON and in the stream; an array is taken apart one level deep.

        Caught: numbers that went through a float, members that were sorted or lost."""
        log = GenericLog(api).make(JSON)
        log.append(LITERALS, JSON)
        log.append(b"2.50", "Application/JSON; charset=utf-8")
        assert log.content() == LITERALS[:-1] + b",2.50]"
        rows = log.get(Accept=NDJSON["Accept"])
        assert rows.headers["content-type"] == "application/x-ndjson"
        assert log.content("format=ndjson") == rows.content
        assert rows.content.split(b"\n") == [
            *(b"1.10", b"-0", b"1E400", b"12345678901234567890123", b'{"b":1,"a":1,"b":2}'),
            *(b'"\\u00e9\\/"', b"[[]]", b"2.50", b""),
        ]
        log.close()
        with log.follow() as reader:
            event = reader.next()
            assert event is not None
            assert event.data.encode() == LITERALS[:-1] + b",2.50]"

    def test_what_is_not_unicode_is_mended(self, api: Api) -> None:
        """U+FFFD, in the string where it stood; everything around it as it was."""
        log = GenericLog(api).make(JSON)
        log.append(b'\xef\xbb\xbf{"a\xff":1.0}', JSON)
        log.append(b'["\\ud800\\ud83d\\ude00", "\xc3"]', JSON)
        expected = '[{"a\ufffd":1.0},"\\ufffd\\ud83d\\ude00","\ufffd"]'
        assert log.content() == expected.encode()

    @pytest.mark.parametrize(
        "body",
        [b"[]", b" [ ] ", b"", b" ", b"[1,]", b'"a\nb"', b"[" * 100_000, b"NaN", b'{"a":1}x'],
    )
    def test_what_is_no_message_is_refused(self, api: Api, body: bytes) -> None:
        """400, and a log of lines stays one: a newline in a string would break it in two."""
        log = GenericLog(api).make(JSON, "[1]")
        check_problem(log.request("POST", body, JSON), 400, "bad-request")
        assert log.content("format=ndjson") == b"1\n"

    def test_a_large_batch_is_taken_message_by_message(self, api: Api) -> None:
        """60,000 of them, in one step, each with a place of its own; taken apart off the loop."""
        log = GenericLog(api).make(JSON)
        log.append(json.dumps(list(range(60_000))), JSON)
        assert log.messages("tail=2") == [59_998, 59_999]
        assert log.content("format=ndjson").count(b"\n") == 60_000


class TestPages:
    def test_limit_tail_and_before_count_messages(self, api: Api) -> None:
        """As they count lines of a deployment's log."""
        log = GenericLog(api).make(JSON, json.dumps(list(range(1, 10))))
        assert log.messages("limit=2") == [1, 2]
        assert log.messages("tail=2") == [8, 9]
        page = log.get("tail=3&limit=2")
        assert page.json() == [7, 8]
        assert "stream-up-to-date" not in page.headers
        before = log.get(f"before={page.headers['stream-start-offset']}&limit=4")
        assert before.json() == [3, 4, 5, 6]
        after = log.get(f"offset={page.headers['stream-next-offset']}")
        assert after.json() == [9]
        assert after.headers["stream-up-to-date"] == "true"

    def test_of_bytes_they_count_what_was_appended_together(self, api: Api) -> None:
        """The only borders there are; `format` is the log's own or none."""
        log = GenericLog(api).make(BYTES, b"a\n")
        for body in (b"bb", b"c\nc\n", b"d"):
            log.append(body, BYTES)
        assert log.content("tail=2") == b"c\nc\nd"
        assert log.content("limit=2") == b"a\nbb"
        assert log.content("format=raw") == b"a\nbbc\nc\nd"
        for form in ("ndjson", "json", "text", "xml"):
            check_problem(log.get(f"format={form}"), 400, "bad-request")


class TestFences:
    @pytest.mark.parametrize("content_type", ["text/html", "image/svg+xml", "text/javascript"])
    def test_what_a_log_holds_does_nothing_in_a_browser(self, api: Api, content_type: str) -> None:
        """Whatever it says it is: not run, not guessed at, not loaded by another site's page.

        Caught: a page of somebody else's, with this server's origin."""
        page = b"<script>alert(document.domain)</script>"
        log = GenericLog(api).make(content_type, page)
        answers = [log.get(), log.get("offset=-1&live=long-poll"), log.request("HEAD")]
        answers.append(log.get(If_None_Match=answers[0].headers["etag"]))
        for answer in answers:
            policy = answer.headers["content-security-policy"]
            assert "sandbox" in policy
            assert "default-src 'none'" in policy
            assert "allow-scripts" not in policy
            assert answer.headers["cross-origin-resource-policy"] == "same-origin"
            assert answer.headers["x-content-type-options"] == "nosniff"
        assert answers[0].headers["content-type"] == content_type
        assert answers[0].content == page

    def test_no_other_sites_page_may_ask(self, api: Api) -> None:
        """OPTIONS names methods and headers, and lets no origin in; nor does any other answer."""
        log = GenericLog(api).make(TEXT, "x")
        asked = {"Origin": "https://elsewhere.example", "Access_Control_Request_Method": "PUT"}
        answer = log.request("OPTIONS", **asked)
        assert answer.status_code == 204
        assert set(answer.headers["allow"].split(", ")) == {
            *("GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS")
        }
        assert "If-None-Match" in answer.headers["access-control-allow-headers"]
        for method in ("OPTIONS", "GET", "HEAD"):
            given = log.request(method, **asked).headers
            assert "access-control-allow-origin" not in given
            assert "access-control-allow-credentials" not in given
