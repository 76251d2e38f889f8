"""A deployment's status: how it may change, and the end of its log."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.contract.api import NDJSON, Api, check_problem

STATUSES = ("queued", "running", "succeeded", "failed", "cancelled")
FINAL = STATUSES[2:]
AFTER = {"queued": STATUSES[1:], "running": FINAL}


def reach(api: Api, status: str) -> str:
    """A deployment that has this status."""
    deployment = api.create(status="queued")
    if status != "queued":
        assert api.change(deployment, status=status).status_code == 200
    return deployment


class TestStatus:
    @pytest.mark.parametrize("new", STATUSES)
    @pytest.mark.parametrize("old", STATUSES)
    def test_it_only_goes_forward(self, api: Api, old: str, new: str) -> None:
        """queued, running, one of the final ones. The same again is 200 and no record, else 409.

        Caught: a final status that another one may replace."""
        deployment = reach(api, old)
        history = api.ndjson(deployment)
        answer = api.change(deployment, status=new)
        if new == old or new in AFTER.get(old, ()):
            assert answer.status_code == 200
            assert answer.json()["status"] == new
        else:
            check_problem(answer, 409, "conflict")
            assert api.get(deployment)["status"] == old
        grew = new != old and answer.status_code == 200
        assert (api.ndjson(deployment) != history) == grew

    def test_a_change_is_a_record(self, api: Api) -> None:
        """Whoever follows the log sees the start, then the end, each as a record of its kind."""
        deployment = reach(api, "running")
        assert api.change(deployment, status="failed", exit_code=3).status_code == 200
        records = [{k: v for k, v in r.items() if k != "time"} for r in api.records(deployment)]
        assert records[0] == {"n": 1, "kind": "status", "status": "running"}
        assert records[1].pop("digest").startswith("sha256:")
        end = {"n": 2, "kind": "end", "status": "failed", "exit_code": 3, "lines": 1}
        assert records[1:] == [end]

    def test_times_are_kept(self, api: Api) -> None:
        """Started and finished are when it did; one that never ran started when it ended."""
        deployment = reach(api, "cancelled")
        shown = api.get(deployment)
        assert shown["created_at"] <= shown["started_at"] == shown["finished_at"]

    @pytest.mark.parametrize(
        ("first", "then", "status"),
        [
            ({}, {"exit_code": 0}, 409),
            ({}, {"status": "running", "exit_code": 0}, 409),
            ({}, {"status": "failed", "exit_code": 137}, 200),
            ({}, {"status": "failed", "exit_code": -9}, 200),
            ({}, {"status": "succeeded", "exit_code": None}, 200),
            ({"status": "failed", "exit_code": 1}, {"status": "failed"}, 200),
            ({"status": "failed", "exit_code": 1}, {"status": "failed", "exit_code": 1}, 200),
            ({"status": "failed", "exit_code": 1}, {"exit_code": 1}, 200),
            ({"status": "failed", "exit_code": 1}, {"status": "failed", "exit_code": 2}, 409),
            ({"status": "failed"}, {"status": "failed", "exit_code": 2}, 409),
            ({"status": "failed"}, {"exit_code": 2}, 409),
        ],
    )
    def test_an_exit_code_goes_with_the_end(
        self, api: Api, first: dict[str, Any], then: dict[str, Any], status: int
    ) -> None:
        """Only with a final status, and then it stays.

        Caught: an exit code that may be set later than the end record."""
        deployment = api.create()
        if first:
            assert api.change(deployment, **first).status_code == 200
        before = api.get(deployment)
        answer = api.change(deployment, **then)
        assert answer.status_code == status
        if status == 409:
            check_problem(answer, 409, "conflict")
            assert api.get(deployment) == before

    def test_facts_change_without_a_record(self, api: Api) -> None:
        """What is given changes, null takes it back, the rest stays, and the log is as it was."""
        deployment = api.create(title="old", ref="main", metadata={"a": "1"})
        answer = api.change(deployment, title="new", ref=None, metadata={"b": "2"})
        assert answer.status_code == 200
        shown = api.get(deployment)
        assert answer.json() == shown
        assert (shown["title"], shown["ref"], shown["metadata"]) == ("new", None, {"b": "2"})
        assert api.records(deployment) == []

    def test_facts_change_after_the_end_too(self, api: Api) -> None:
        """A title may be mended when all is over; the log and its end stay as they are."""
        deployment = api.create(title="old")
        api.append_lines(deployment, 1, 3)
        api.finish(deployment)
        shown, history = api.get(deployment), api.ndjson(deployment)
        answer = api.change(deployment, title="new", status="succeeded")
        assert answer.status_code == 200
        assert answer.json() == shown | {"title": "new"}
        assert api.ndjson(deployment) == history

    def test_its_size_is_that_of_its_history(self, api: Api) -> None:
        """`lines` and `bytes` count the NDJSON history, while it grows and after, without the end.

        Caught: an end record that counts itself."""
        deployment = api.create()
        api.append(deployment, "é\n\n" + "x" * 70_000)
        size = {"lines": 4, "bytes": len(api.ndjson(deployment))}
        assert size.items() <= api.get(deployment).items()
        api.finish(deployment)
        assert size.items() <= api.get(deployment).items()


class TestEnd:
    @pytest.mark.parametrize("body", ["", "one\n", "é\u2028🪵\x1b[1m\n\r\n", "x" * 200_000])
    def test_it_counts_and_hashes_what_stands_before(self, api: Api, body: str) -> None:
        """The digest is the SHA-256 of every byte of the NDJSON history before the end record.

        Caught: a hash that misses the last append."""
        deployment = api.create()
        api.append(deployment, body)
        api.append(deployment, body, stream="stderr")
        api.finish(deployment)
        check_end(api, deployment)

    def test_the_log_is_closed_with_it(self, api: Api) -> None:
        """Nothing follows the end: appends get 409 that says so, and the history stays.

        Caught: an end record whose log is closed one step later."""
        deployment = api.create()
        api.append_lines(deployment, 1, 3)
        api.finish(deployment)
        history, tail = api.ndjson(deployment), api.tail(deployment)
        answer = api.append(deployment, "late\n")
        check_problem(answer, 409, "log-closed")
        assert answer.headers["stream-closed"] == "true"
        assert answer.headers["stream-next-offset"] == tail
        assert api.ndjson(deployment) == history

    def test_one_of_many_wins(self, api: Api) -> None:
        """Final statuses that arrive at once: one is taken, the others get 409, one end record.

        Caught: a change that does not look whether the log has changed meanwhile."""
        deployment = api.create()
        with ThreadPoolExecutor(9) as threads:
            answers = list(threads.map(lambda s: api.change(deployment, status=s), FINAL * 3))
        assert sorted({answer.status_code for answer in answers}) == [200, 409]
        taken = {answer.json()["status"] for answer in answers if answer.status_code == 200}
        assert taken == {api.get(deployment)["status"]}
        assert [record["kind"] for record in api.records(deployment)] == ["end"]

    def test_it_is_right_amid_appends(self, api: Api) -> None:
        """Producers that go on while it ends: what was acknowledged stands before the end record,
        all that stands there is counted and hashed, and nothing stands after.

        Caught: a digest of an earlier tail, appended without looking whether it still is one."""
        deployment = api.create()

        def produce(producer: int) -> int:
            sent = 0
            while api.append(deployment, f"{producer}-{sent}\n").status_code == 204:
                sent += 1
            return sent

        with ThreadPoolExecutor(4) as threads:
            producing = [threads.submit(produce, producer) for producer in range(4)]
            with api.follow(deployment) as reader:
                reader.records_until(lambda record: record["n"] >= 20)
            api.finish(deployment)
        acknowledged = sum(one.result() for one in producing)
        assert check_end(api, deployment)["lines"] == acknowledged


def check_end(api: Api, deployment: str) -> dict[str, Any]:
    """Assert that the log ends with a true end record; that record."""
    answer = api.read(deployment, headers=NDJSON)
    assert answer.headers["stream-closed"] == "true"
    lines = answer.content.splitlines(keepends=True)
    end: dict[str, Any] = json.loads(lines[-1])
    assert end["kind"] == "end"
    assert end["lines"] == len(lines) - 1 == end["n"] - 1
    assert end["digest"] == "sha256:" + hashlib.sha256(b"".join(lines[:-1])).hexdigest()
    return end
