"""Short polling: what a client or a cache that has an answer is told when it asks again."""

from __future__ import annotations

import re
from collections.abc import Mapping

import httpx2
import pytest

from tests.contract.api import Api, offset_at
from tests.contract.generic import BYTES, JSON, TEXT, GenericLog

LASTING = "max-age="
FORM_NAMES = ("json", "ndjson", "text")
WITH_304 = {"etag", "cache-control", "vary", "stream-next-offset"}


def ask(
    api: Api, deployment: str, query: str = "", headers: Mapping[str, str] | None = None
) -> httpx2.Response:
    path = f"/v1/deployments/{deployment}/log?{query}"
    return api.request("GET", path, headers=dict(headers or {}))


def grown(api: Api, lines: int = 3) -> str:
    """A deployment that said this much."""
    deployment = api.create()
    api.append_lines(deployment, 1, lines)
    return deployment


class TestKnown:
    @pytest.mark.parametrize("form", FORM_NAMES)
    def test_who_has_the_answer_is_told_so(self, api: Api, form: str) -> None:
        """304 without a body, and with what one must know of it to go on; each form is its own.

        Caught: a 304 that says a body's length; one form taken for another."""
        deployment = grown(api)
        answer = ask(api, deployment, f"format={form}")
        tag = answer.headers["etag"]
        again = ask(api, deployment, f"format={form}", {"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")
        assert {name: again.headers.get(name) for name in WITH_304} == {
            name: answer.headers[name] for name in WITH_304
        }
        assert {"content-length", "content-type", "transfer-encoding"}.isdisjoint(again.headers)
        assert again.headers["retry-after"]
        others = {ask(api, deployment, f"format={other}").headers["etag"] for other in FORM_NAMES}
        assert len(others) == len(FORM_NAMES)

    @pytest.mark.parametrize("content_type", [TEXT, JSON, BYTES])
    def test_a_generic_log_is_polled_so_too(self, api: Api, content_type: str) -> None:
        """Whatever it is of."""
        log = GenericLog(api).make(content_type, b"[1]")
        answer = log.get()
        again = log.get(If_None_Match=answer.headers["etag"])
        assert (again.status_code, again.content) == (304, b"")
        log.append(b"[2]", content_type)
        assert log.get(If_None_Match=answer.headers["etag"]).status_code == 200

    @pytest.mark.parametrize(
        ("given", "known"),
        [
            ("{tag}", True),
            ("W/{tag}", True),
            ('"x", {tag}', True),
            ('{tag},"x"', True),
            ('"x" ,W/{tag} , "y"', True),
            ("*", True),
            ('"x"', False),
            ("{bare}", False),
            ('"{bare}', False),
            ("", False),
            ('"*"', False),
            ("{tag}x", False),
        ],
    )
    def test_tags_are_compared_as_http_says(self, api: Api, given: str, known: bool) -> None:
        """Weak ones, lists of them, any at all (RFC 9110, section 13.1.2)."""
        deployment = grown(api)
        tag = ask(api, deployment).headers["etag"]
        header = given.replace("{tag}", tag).replace("{bare}", tag.strip('"'))
        answer = ask(api, deployment, "", {"If-None-Match": header})
        assert (answer.status_code == 304) == known

    def test_each_place_and_each_end_has_a_tag_of_its_own(self, api: Api) -> None:
        """It changes when the log grows, when it is closed, and with what was asked for.

        Caught: a tag of the tail alone, upon which a reader never sees the end."""
        deployment = grown(api)
        tail = api.tail(deployment)
        queries = ["", f"offset={offset_at(tail, 1)}", "limit=2", "tail=1", "before=-1"]
        tags = [ask(api, deployment, query).headers["etag"] for query in queries]
        assert len(set(tags)) == len(tags)
        api.append_lines(deployment, 4, 4)
        grew = [ask(api, deployment, query).headers["etag"] for query in queries]
        assert [old == new for old, new in zip(tags, grew, strict=True)] == [
            *(False, False, True, False, True)
        ]
        log = GenericLog(api).make(TEXT, "x")
        before = log.get()
        log.close()
        after = log.get(If_None_Match=before.headers["etag"])
        assert after.status_code == 200
        assert after.headers["stream-closed"] == "true"
        assert log.get(If_None_Match=after.headers["etag"]).status_code == 304

    def test_a_log_made_again_is_not_taken_for_the_old_one(self, api: Api) -> None:
        """Though it says as much. Caught: a tag without the epoch."""
        log = GenericLog(api).make(TEXT, "old")
        tag = log.get().headers["etag"]
        log.request("DELETE")
        log.make(TEXT, "new")
        answer = log.get(If_None_Match=tag)
        assert (answer.status_code, answer.content) == (200, b"new")

    def test_the_tail_alone_has_no_tag(self, api: Api) -> None:
        """`offset=now` means another place each time, and is kept by nobody."""
        deployment = grown(api)
        answer = ask(api, deployment, "offset=now", {"If-None-Match": "*"})
        assert answer.status_code == 200
        assert "etag" not in answer.headers
        assert answer.headers["cache-control"] == "no-store"

    def test_who_has_nothing_new_costs_no_body_in_head_either(self, api: Api) -> None:
        """HEAD tells the tag that GET tells."""
        log = GenericLog(api).make(TEXT, "x")
        assert log.request("HEAD").headers["etag"] == log.get().headers["etag"]
        deployment = grown(api)
        path = f"/v1/deployments/{deployment}/log"
        tag = api.request("HEAD", path).headers["etag"]
        assert tag == api.request("GET", path).headers["etag"]
        assert api.request("HEAD", path, headers={"If-None-Match": tag}).status_code == 304


class TestKept:
    @pytest.mark.parametrize(
        ("query", "open_lasts", "closed_lasts"),
        [
            ("", False, True),
            ("limit=2", True, True),
            ("offset=-1&limit=3", False, True),
            ("offset={1}&limit=1", True, True),
            ("before={2}", True, True),
            ("before={2}&limit=1", True, True),
            ("offset={3}", False, True),
            ("tail=1", False, True),
            ("tail=2&limit=1", False, True),
            ("before=now&limit=1", False, True),
        ],
    )
    def test_only_what_never_changes_may_be_kept(
        self, api: Api, query: str, open_lasts: bool, closed_lasts: bool
    ) -> None:
        """What ends before the tail, and all of a closed log. Where the same address may mean more
        tomorrow, a cache has to ask.

        Caught: a page counted from the tail that is kept; the open end of a log that is kept."""
        log = GenericLog(api).make(JSON, "[1,2,3]")
        tail = log.tail()
        asked = re.sub(r"\{(\d)\}", lambda place: offset_at(tail, int(place[1])), query)
        control = log.get(asked).headers["cache-control"]
        assert (LASTING in control) == open_lasts, control
        assert open_lasts or "no-cache" in control
        log.close()
        assert (LASTING in log.get(asked).headers["cache-control"]) == closed_lasts

    @pytest.mark.parametrize("header", ["Authorization", "Cookie"])
    def test_what_took_credentials_is_for_nobody_else(self, api: Api, header: str) -> None:
        """Private, for as long as it lasts; in every pattern that a cache may keep.

        Caught: an answer to one reader that a proxy gives to all."""
        log = GenericLog(api).make(JSON, "[1,2,3]")
        for query in ("", "limit=1", "offset=-1&live=long-poll"):
            shared, own = log.get(query), log.get(query, **{header: "x=y"})
            assert shared.headers["cache-control"].startswith("public")
            assert own.headers["cache-control"].startswith("private")

    def test_the_form_depends_on_accept(self, api: Api) -> None:
        """So a cache must compare it."""
        deployment = grown(api)
        for headers in ({}, {"Accept": "text/plain"}, {"If-None-Match": "*"}):
            answer = ask(api, deployment, "", headers)
            assert "accept" in answer.headers["vary"].lower()

    def test_it_is_said_when_to_ask_again(self, api: Api) -> None:
        """In seconds, at least one; at the end of a growing log only: nothing comes after the end,
        and what ends before the tail can be gone on from at once."""
        log = GenericLog(api).make(JSON, "[1,2,3]")
        for query in ("", "offset=now", "tail=1"):
            assert int(log.get(query).headers["retry-after"]) >= 1
        assert "retry-after" not in log.get("limit=1").headers
        log.close()
        assert "retry-after" not in log.get().headers

    def test_a_refusal_is_not_kept(self, api: Api) -> None:
        """What is not there may be made."""
        missing = GenericLog(api).get()
        assert missing.headers["cache-control"] == "no-store"
