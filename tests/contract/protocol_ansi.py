"""`ansi=strip`: a deployment's log without the escape sequences of its lines."""

from __future__ import annotations

import json

import pytest

from tests.contract.api import Api, check_problem
from tests.contract.generic import JSON, TEXT, GenericLog
from tests.contract.live_body import follow_body
from tests.websocket import log_path

COLOURED = "\x1b[32m   Compiling\x1b[0m \x1b]8;;https://example.com/\x1b\\shop\x1b]8;;\x1b\\\n"
_LINES = {
    COLOURED: "   Compiling shop\n",
    "plain, é and \U0001fab5\n": "plain, é and \U0001fab5\n",
    "\r 10%\r\x1b[K 20%\tdone\n": "\r 10%\r 20%\tdone\n",
    "the text \\u001b[31m is no sequence\n": "the text \\u001b[31m is no sequence\n",
    'C:\\dir\\\x1b[1m"bold\\"\x1b[m\\\\\n': 'C:\\dir\\"bold\\"\\\\\n',
    "\x1b[2K\n": "\n",
    "\x1b]0;a title that never ends\n": "0;a title that never ends\n",
}
"""What is said, and what is left of it."""


def stripped(api: Api, deployment: str, query: str = "") -> bytes:
    return api.request("GET", f"{log_path(deployment)}?ansi=strip&{query}").content


@pytest.fixture(scope="module")
def coloured(api: Api) -> str:
    """A finished log of all these lines, which no test changes."""
    deployment = api.create()
    api.append(deployment, "".join(_LINES))
    api.finish(deployment)
    return deployment


class TestStripped:
    def test_a_text_has_no_sequences(self, api: Api, coloured: str) -> None:
        """And everything else: carriage returns, tabs, backslashes."""
        assert stripped(api, coloured, "format=text").decode() == "".join(_LINES.values())

    @pytest.mark.parametrize("form", ["json", "ndjson"])
    def test_records_are_the_same_but_for_their_texts(
        self, api: Api, coloured: str, form: str
    ) -> None:
        """Numbers, times and the end stay."""
        records = api.records(coloured)
        texts = [text.removesuffix("\n") for text in _LINES.values()]
        wanted = [*(records[n] | {"text": text} for n, text in enumerate(texts)), records[-1]]
        body = stripped(api, coloured, f"format={form}")
        found = json.loads(body) if form == "json" else [*map(json.loads, body.splitlines())]
        assert found == wanted

    def test_a_place_and_a_length_count_as_ever(self, api: Api, coloured: str) -> None:
        """From anywhere, to anywhere."""
        assert stripped(api, coloured, "format=text&from=3&limit=1") == b"\r 10%\r 20%\tdone\n"
        assert [r["n"] for r in json.loads(stripped(api, coloured, "tail=2"))] == [7, 8]

    def test_a_long_log_is_whole(self, api: Api) -> None:
        """In many pieces, each form; how long it gets nobody says before it is known.

        Caught: the length of the log as it is stored."""
        deployment = api.create()
        for _ in range(5):
            api.append(deployment, COLOURED * 8000)
        path = f"{log_path(deployment)}?ansi=strip"
        line = _LINES[COLOURED].encode()
        assert api.request("GET", f"{path}&format=text").content == line * 40_000
        for form in ("json", "ndjson"):
            for method in ("GET", "HEAD"):
                answer = api.request(method, f"{path}&format={form}")
                assert "content-length" not in answer.headers
        assert stripped(api, deployment, "format=ndjson").count(b"Compiling shop") == 40_000
        assert len(json.loads(stripped(api, deployment, "format=json"))) == 40_000

    @pytest.mark.parametrize("form", ["json", "ndjson", "text"])
    def test_it_is_another_answer(self, api: Api, coloured: str, form: str) -> None:
        """With a tag of its own. Caught: a cache that gives one for the other."""
        path = f"{log_path(coloured)}?format={form}"
        plain = api.request("GET", f"{path}&ansi=strip").headers["etag"]
        assert plain != api.request("GET", path).headers["etag"]
        for query, known in (("&ansi=strip", True), ("", False)):
            answer = api.request("GET", path + query, headers={"If-None-Match": plain})
            assert (answer.status_code == 304) == known

    def test_it_goes_with_long_polling(self, api: Api) -> None:
        """One answer after the other."""
        deployment = api.create()
        offset = "-1"
        for _ in range(3):
            api.append(deployment, COLOURED)
            path = f"{log_path(deployment)}?live=long-poll&ansi=strip&format=text&offset={offset}"
            answer = api.request("GET", path)
            assert answer.text == _LINES[COLOURED]
            offset = answer.headers["stream-next-offset"]

    def test_it_goes_with_a_body_that_goes_on(self, api: Api) -> None:
        """Live as in the history, beside one who gets the sequences.

        Caught: one framing for both."""
        deployment = api.create()
        path = log_path(deployment)
        with (
            follow_body(api, path, "offset=-1&format=text&ansi=strip") as plain,
            follow_body(api, path, "offset=-1&format=text") as whole,
        ):
            assert (plain.status, whole.status) == (200, 200)
            for _ in range(2):
                api.append(deployment, COLOURED)
                assert plain.until(len(_LINES[COLOURED])).decode() == _LINES[COLOURED]
                assert whole.until(len(COLOURED)).decode() == COLOURED

    @pytest.mark.parametrize(
        "query", ["ansi=keep", "ansi=", "ansi=strip&ansi=strip", "ansi=strip&live=sse&offset=-1"]
    )
    def test_what_is_not_known_is_refused(self, api: Api, coloured: str, query: str) -> None:
        """Rather than done in another way than was asked for."""
        answer = api.request("GET", f"{log_path(coloured)}?{query}")
        assert "ansi" in check_problem(answer, 400, "bad-request")["detail"]

    def test_other_logs_have_no_lines(self, api: Api) -> None:
        """What they hold comes back as it was written, and the feed has no texts."""
        for content_type in (TEXT, JSON):
            check_problem(GenericLog(api).make(content_type).get("ansi=strip"), 400, "bad-request")
        feed = api.request("GET", "/v1/deployments/feed?ansi=strip&tail=1")
        check_problem(feed, 400, "bad-request")
