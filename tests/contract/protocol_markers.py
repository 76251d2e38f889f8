"""Markers of CI systems become groups and levels when lines are appended, and stay in the text."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract.api import Api, check_problem

NDJSON = "application/x-ndjson"
GITLAB_END = "\x1b[0Ksection_end:1795435260:get\r\x1b[0K"
GITLAB_NEXT = (
    GITLAB_END + "section_start:1795435260:run[collapsed=true]\r\x1b[0K\x1b[36;1mRun it\x1b[0m"
)
LINES = ["::group::Install", "x", "::endgroup::", "::error file=a.c,line=3::bad", GITLAB_NEXT]
SAID = [
    {"kind": "group", "group": "Install", "open": True},
    {},
    {"kind": "group", "open": False},
    {"level": "error"},
    {
        "kind": "group",
        "group": "Run it",
        "open": True,
        "collapsed": True,
        "section": "run",
        "ends": ["get"],
    },
]


def said(record: dict[str, Any]) -> dict[str, Any]:
    """What a record has besides what every line has."""
    plain = ("n", "time", "stream", "text", "partial", "sent")
    return {name: value for name, value in record.items() if name not in plain}


class TestMarkers:
    def test_lines_of_text(self, api: Api) -> None:
        """Their records say what they mean, and the lines stay as they are.

        Caught: a marker that is taken out of the log."""
        deployment = api.create()
        body = "".join(f"{line}\n" for line in LINES)
        assert api.append(deployment, body).status_code == 204
        assert [said(record) for record in api.records(deployment)] == SAID
        assert api.texts(deployment) == LINES
        assert api.text(deployment) == body.encode()

    def test_lines_in_a_stream(self, api: Api) -> None:
        """The same of a text that is stored while it is sent."""
        deployment = api.create()
        with api.stream(deployment) as stream:
            for line in LINES:
                stream.send(f"{line}\n".encode())
            stream.end()
            assert stream.status == 204
        assert [said(record) for record in api.records(deployment)] == SAID

    @pytest.mark.parametrize("ascii_only", [True, False])
    @pytest.mark.parametrize("array", [True, False])
    def test_lines_as_json(self, api: Api, array: bool, ascii_only: bool) -> None:
        """The same of NDJSON and of an array, however they write their characters."""
        deployment = api.create()
        rows = [json.dumps({"text": line}) for line in LINES]
        if ascii_only:
            rows = [row.replace("::", "\\u003a\\u003A") for row in rows]
            rows = [row.replace("section_", "sectio\\u006e_") for row in rows]
        body = f"[{','.join(rows)}]" if array else "\n".join(rows)
        kind = "application/json" if array else NDJSON
        assert api.append(deployment, body, kind).status_code == 204
        assert [said(record) for record in api.records(deployment)] == SAID
        assert api.texts(deployment) == LINES

    def test_fields_in_their_order(self, api: Api) -> None:
        """As docs/api.md shows them."""
        deployment = api.create()
        line = {"text": GITLAB_NEXT, "level": "info", "sent": "2026-11-23T15:37:00Z"}
        api.append(deployment, json.dumps({**line, "partial": True}), NDJSON)
        [record] = api.records(deployment)
        assert list(record) == [
            *("n", "time", "sent", "level", "kind", "group", "open", "collapsed", "section"),
            *("ends", "stream", "text", "partial"),
        ]

    def test_a_producers_level_counts_more(self, api: Api) -> None:
        """Than what its line says."""
        deployment = api.create()
        rows = [{"text": "::error::x", "level": "info"}, {"text": "::error::x", "level": ""}]
        api.append(deployment, json.dumps(rows), "application/json")
        assert [record["level"] for record in api.records(deployment)] == ["info", "error"]

    @pytest.mark.parametrize("content_type", ["text/plain", NDJSON, "stream"])
    def test_buildkites_count_where_they_are_asked_for(self, api: Api, content_type: str) -> None:
        """In every form of an append. Caught: groups wherever a log shows a diff."""
        lines = ["--- a/file", "+++ b/file", "^^^ +++"]
        for asked, groups in (("?markers=buildkite", 3), ("", 0)):
            deployment = api.create()
            if content_type == "stream":
                with api.stream(deployment, query=asked) as stream:
                    stream.send("".join(f"{line}\n" for line in lines).encode())
                    stream.end()
                    assert stream.status == 204
            else:
                rows = [json.dumps({"text": x}) if content_type == NDJSON else x for x in lines]
                body = "\n".join(rows)
                if asked:
                    api.append(deployment, body, content_type, markers="buildkite")
                else:
                    api.append(deployment, body, content_type)
            records = api.records(deployment)
            assert [record.get("kind") for record in records].count("group") == groups
            assert [record["text"] for record in records] == lines

    def test_other_markers_are_refused(self, api: Api) -> None:
        """Rather than not found: they would be missed."""
        answer = api.append(api.create(), "x\n", markers="jenkins")
        assert "buildkite" in check_problem(answer, 400, "bad-request")["detail"]

    def test_a_line_that_goes_on_is_no_marker(self, api: Api) -> None:
        """A prompt was shown before its line ended, and what follows stands behind it.

        Caught: looking at each record."""
        deployment = api.create()
        with api.stream(deployment) as stream, api.follow(deployment) as reader:
            stream.send(b"Really? ")
            reader.records_until(lambda record: record.get("partial", False))
            stream.send(b"::group::x\n::group::y\n")
            stream.end()
            assert stream.status == 204
        assert [said(record).get("group") for record in api.records(deployment)] == [
            None,
            None,
            "y",
        ]

    def test_a_marker_that_waits_for_its_newline(self, api: Api) -> None:
        """Says what it says so far; what follows goes on with its line.

        Caught: a line whose records contradict each other."""
        deployment = api.create()
        with api.stream(deployment) as stream, api.follow(deployment) as reader:
            stream.send(b"::group::Inst")
            reader.records_until(lambda record: record.get("partial", False))
            stream.send(b"all\n")
            stream.end()
            assert stream.status == 204
        first, second = api.records(deployment)
        assert said(first) == {"kind": "group", "group": "Inst", "open": True}
        assert said(second) == {}
        assert api.text(deployment) == b"::group::Install\n"

    @pytest.mark.parametrize("content_type", ["text/plain", NDJSON])
    def test_a_marker_longer_than_a_record(self, api: Api, content_type: str) -> None:
        """Is one in its first record, even where the next could be one."""
        deployment = api.create()
        line = "::group::" + "x" * (64 * 1024 - 9) + "::group::y"
        body = json.dumps({"text": line}) if content_type == NDJSON else line
        api.append(deployment, body, content_type)
        first, second = api.records(deployment)
        assert said(first) == {"kind": "group", "group": "x" * 200, "open": True}
        assert said(second) == {}
        assert api.text(deployment) == line.encode() + b"\n"

    def test_streams_go_on_apart(self, api: Api) -> None:
        """What one stream left open says nothing of another's line; and a producer that sends a
        line's records apart says which go on."""
        deployment = api.create()
        rows: list[dict[str, object]] = [
            {"text": "a: ", "partial": True},
            {"text": "::group::theirs", "stream": "stderr"},
            {"text": "::group::no"},
            {"text": "::group::ours"},
        ]
        api.append(deployment, "\n".join(map(json.dumps, rows)), NDJSON)
        api.append(deployment, json.dumps({"text": "::group::no", "continues": True}), NDJSON)
        groups = [record.get("group") for record in api.records(deployment)]
        assert groups == [None, "theirs", None, "ours", None]

    def test_the_end_counts_and_hashes_them(self, api: Api) -> None:
        """They are records like any other."""
        deployment = api.create()
        api.append(deployment, "".join(f"{line}\n" for line in LINES))
        api.finish(deployment)
        assert api.records(deployment)[-1]["lines"] == len(LINES)


__all__ = ["TestMarkers"]
