"""A deployment tried again: its log begins with the old one's, up to the section that failed."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress

from tests.contract.api import Api, check_problem
from tests.contract.protocol_deployments import new_id

SAID = "checkout\n::group::build\nbuilt\n::endgroup::\n::group::deploy\nfailed\n"


def failed(api: Api, said: str = SAID) -> str:
    """A deployment that said this and failed."""
    deployment = api.create()
    assert api.append(deployment, said).status_code == 204
    api.finish(deployment, "failed")
    return deployment


class TestRetriedDeployment:
    def test_it_begins_where_the_old_one_failed(self, api: Api) -> None:
        """With the very lines before the last section, then says whose retry it is, then its own.

        Caught: a copy with other numbers or times; a log without what stands above."""
        old = failed(api)
        new = api.create(retry_of=old)
        assert api.get(new)["retry_of"] == old
        above = api.ndjson(old).splitlines()[:4]
        *inherited, line = api.ndjson(new).splitlines()
        assert inherited == above
        told = json.loads(line)
        assert (told["n"], told["stream"]) == (5, "system")
        assert old in told["text"]
        api.append(new, "::group::deploy\ndeployed\n")
        assert api.texts(new) == [
            *SAID.splitlines()[:4],
            told["text"],
            "::group::deploy",
            "deployed",
        ]
        assert [record["n"] for record in api.records(new)] == list(range(1, 8))

    def test_its_end_can_be_checked_like_any(self, api: Api) -> None:
        """Count, bytes and digest are of all its lines, whoever said them.

        Caught: a digest of its own lines alone."""
        old = failed(api)
        new = api.create(retry_of=old)
        api.append(new, "deployed\n")
        api.finish(new)
        *before, last = api.ndjson(new).splitlines(keepends=True)
        end, shown = json.loads(last), api.get(new)
        assert end["digest"] == "sha256:" + hashlib.sha256(b"".join(before)).hexdigest()
        assert end["lines"] == shown["lines"] == len(before)
        assert shown["bytes"] == len(b"".join(before))

    def test_it_is_read_by_every_pattern(self, api: Api) -> None:
        """From the start, and from the old log's places, which are its own up to the fork."""
        old = failed(api)
        new = api.create(retry_of=old)
        place = api.read(old, {"limit": 2}).headers["stream-next-offset"]
        beyond = api.read(old, {"limit": 5}).headers["stream-next-offset"]
        assert [r["n"] for r in api.records(new, offset=place)] == [3, 4, 5]
        check_problem(api.read(new, {"offset": beyond}), 409, "wrong-epoch")
        with api.follow(new, f"offset={place}") as reader:
            api.append(new, "deployed\n")
            records = reader.records_until(lambda record: record["n"] == 6)
            assert [record["n"] for record in records] == [3, 4, 5, 6]
        assert api.text(new).startswith(b"checkout\n::group::build\nbuilt\n")

    def test_it_stays_whole_when_the_old_one_is_deleted(self, api: Api) -> None:
        """That one is gone, 410, and not listed; its id is not free until the retry goes.

        Caught: a deletion that takes lines away from another log."""
        project, body = f"p-{new_id()}", {"project": "test", "id": new_id()}
        old = failed(api)
        whole = api.ndjson(new := api.create(retry_of=old, project=project, id=body["id"]))
        assert api.request("DELETE", f"/v1/deployments/{old}").status_code == 204
        assert api.ndjson(new) == whole
        for method, path in [("GET", ""), ("DELETE", ""), ("GET", "/log"), ("POST", "/log")]:
            answer = api.request(method, f"/v1/deployments/{old}{path}")
            check_problem(answer, 410, "log-gone")
        check_problem(api.change(old, title="x"), 410, "log-gone")
        with api.stream(old) as stream:
            stream.send(b"late\n")
            with suppress(OSError):  # the server may have refused it and hung up already
                stream.end()
            assert stream.status == 410
        listed = api.request("GET", "/v1/deployments?limit=1000").json()["deployments"]
        assert old not in [deployment["id"] for deployment in listed]
        taken = {"project": "test", "id": old}
        answer = api.request("POST", "/v1/deployments", json=taken)
        check_problem(answer, 409, "conflict")
        api.request("DELETE", f"/v1/deployments/{new}")
        assert api.request("POST", "/v1/deployments", json=taken).status_code == 201

    def test_asking_again_finds_it(self, api: Api) -> None:
        """By its own id; 200, though the old one is gone by then."""
        old = failed(api)
        body = {"project": "test", "id": new_id(), "retry_of": old}
        made = api.request("POST", "/v1/deployments", json=body)
        api.request("DELETE", f"/v1/deployments/{old}")
        again = api.request("POST", "/v1/deployments", json=body)
        assert (made.status_code, again.status_code) == (201, 200)
        assert again.json() == made.json()

    def test_what_cannot_be_retried_is_refused(self, api: Api) -> None:
        """What is not there, or has not ended: 409 that names the field, and nothing is made."""
        running = api.create()
        gone = failed(api)
        api.request("DELETE", f"/v1/deployments/{gone}")
        for wrong in (running, gone, "dep_" + "0" * 37):
            body = {"project": "test", "id": new_id(), "retry_of": wrong}
            answer = api.request("POST", "/v1/deployments", json=body)
            assert "retry_of" in check_problem(answer, 409, "conflict")["detail"]
            missing = api.request("GET", f"/v1/deployments/{body['id']}")
            check_problem(missing, 404, "no-such-log")

    def test_what_is_no_id_is_refused_by_its_name(self, api: Api) -> None:
        """As every field of a deployment is."""
        for wrong in ("", "x", "../feed", "feed"):
            answer = api.request(
                "POST", "/v1/deployments", json={"project": "p", "retry_of": wrong}
            )
            assert answer.status_code in (409, 422)
            assert "retry_of" in answer.json()["detail"]
