"""A secret taken out over HTTP: what each way of reading finds, and what may not be kept."""

from __future__ import annotations

import hashlib
import json
import random
import re

import pytest

from tests.contract.api import NDJSON, TEXT, Api, check_problem

SECRET = "hunter2!"
ANY_TIME = ""


def redact(api: Api, deployment: str, **asked: object) -> dict[str, object]:
    answer = api.request(
        "POST", f"/v1/deployments/{deployment}/redactions", json={"text": SECRET, **asked}
    )
    assert answer.status_code == 200, answer.text
    assert SECRET not in answer.text
    told: dict[str, object] = answer.json()
    return told


def leaked(api: Api) -> str:
    """A deployment that ended, with the secret in its second line and its title."""
    deployment = api.create(title=f"with {SECRET}")
    assert api.append(deployment, f"one\nsays \x1b[31m{SECRET}\x1b[0m\nthree\n").status_code == 204
    api.finish(deployment)
    return deployment


class TestRedaction:
    def test_no_way_of_reading_finds_it_any_more(self, api: Api) -> None:
        """Forms, offsets, live, search, the deployment and the feed, each asked for before, too.

        Caught: the ring, a kept read, a batch that was framed before."""
        deployment = leaked(api)
        path = f"/v1/deployments/{deployment}"
        reads = [
            ("/log", {}),
            ("/log", NDJSON),
            ("/log", TEXT),
            ("/log?ansi=strip", TEXT),
            ("/log?tail=3", NDJSON),
            ("/log?live=long-poll&offset=-1", {}),
            ("/log?live=sse&offset=-1", {}),
            (f"/log/search?q={SECRET}", {}),
            ("/log/search?q=says", {}),
            ("", {}),
        ]
        for _ in range(2):
            before = [api.request("GET", path + ask, headers=said).text for ask, said in reads]
        for (ask, _), text in zip(reads[:7], before[:7], strict=True):
            assert SECRET in text, ask
        told = redact(api, deployment)
        assert told == {
            "lines": [2],
            "marks": 1,
            "fields": ["title"],
            "left_in": [],
            "complete": True,
        }
        for (ask, said), old in zip(reads, before, strict=True):
            new = api.request("GET", path + ask, headers=said)
            assert new.status_code == 200, ask
            assert SECRET not in new.text, ask
            assert new.text != old
        feed = api.request("GET", "/v1/deployments/feed?tail=50", headers=NDJSON)
        assert SECRET not in feed.text

    def test_a_client_that_has_the_old_bytes_is_not_told_to_keep_them(self, api: Api) -> None:
        """304 only for what was read since. Caught: an ETag of nothing but two offsets."""
        deployment = leaked(api)
        path = f"/v1/deployments/{deployment}/log"
        old = api.request("GET", path).headers["ETag"]
        again = {"If-None-Match": old}
        assert api.request("GET", path, headers=again).status_code == 304
        redact(api, deployment)
        answer = api.request("GET", path, headers=again)
        assert answer.status_code == 200
        again = {"If-None-Match": answer.headers["ETag"]}
        assert api.request("GET", path, headers=again).status_code == 304

    def test_the_history_agrees_with_the_new_digest_and_length(self, api: Api) -> None:
        """As `sha256sum` would find. Caught: a size that is the old one's."""
        deployment = leaked(api)
        redact(api, deployment, line=2)
        answer = api.request("GET", f"/v1/deployments/{deployment}/log", headers=NDJSON)
        *before, last = answer.text.splitlines(keepends=True)
        assert int(answer.headers["Content-Length"]) == len(answer.content)
        end = json.loads(last)
        assert end["digest"] == "sha256:" + hashlib.sha256("".join(before).encode()).hexdigest()
        assert (end["lines"], end["redacted"]) == (3, 1)
        shown = api.get(deployment)
        assert (shown["redacted"], shown["redacted_at"]) == (1, end["redacted_at"])
        assert api.texts(deployment)[1] == "says \x1b[31m[redacted]\x1b[0m"

    @pytest.mark.parametrize("seed", range(4))
    def test_history_is_what_search_and_replace_would_make_of_it(self, api: Api, seed: int) -> None:
        """Record by record, with the digest of that, whichever lines are named."""
        chance = random.Random(seed)
        deployment = api.create()
        for _ in range(chance.randrange(1, 5)):
            words = [SECRET, "a", '"', "\\", "ü", " ", SECRET[:-1]]
            lines = ["".join(chance.choices(words, k=6)) for _ in range(chance.randrange(1, 40))]
            api.append(deployment, "\n".join([*lines, ""]))
        api.finish(deployment, "failed")
        *old, end = [json.loads(record) for record in api.ndjson(deployment).splitlines()]
        having = [record["n"] for record in old if SECRET in record["text"]]
        named = chance.sample(having, k=min(len(having), 3)) if chance.random() < 0.5 else None
        told = redact(api, deployment, **({"lines": named} if named else {}))
        changed = sorted(named or having)
        assert told["lines"] == changed, seed
        *new, last = api.ndjson(deployment).splitlines(keepends=True)
        for before, record in zip(old, map(json.loads, new), strict=True):
            if before["n"] in changed:
                text = re.sub(f"(?:{SECRET})+", "[redacted]", before["text"])
                before |= {"text": text, "redacted": text.count("[redacted]")}
            assert record == before, seed
        digest = "sha256:" + hashlib.sha256(b"".join(new)).hexdigest()
        said = {"digest": digest, "redacted": len(changed), "redacted_at": ANY_TIME}
        assert {**json.loads(last), "redacted_at": ANY_TIME} == {**end, **said}, seed

    def test_watchers_of_a_running_log_are_told(self, api: Api) -> None:
        """In a line of its own, as any other comes."""
        deployment = api.create()
        api.append(deployment, f"{SECRET}\n")
        with api.follow(deployment) as reader:
            assert SECRET in str(reader.batch().records)
            redact(api, deployment)
            [told] = reader.batch().records
        assert (told["kind"], told["numbers"]) == ("redacted", [1])

    def test_what_is_refused_does_not_repeat_the_text(self, api: Api) -> None:
        """A number that is none, no text, a short one for all lines, an unknown deployment."""
        deployment = leaked(api)
        path = f"/v1/deployments/{deployment}/redactions"
        for body, status, name in (
            ({"text": SECRET, "line": 0}, 422, "bad-record"),
            ({"text": SECRET, "line": 99}, 422, "bad-record"),
            ({"text": SECRET, "lines": []}, 422, "bad-record"),
            ({"text": SECRET, "lines": SECRET}, 422, "bad-record"),
            ({"text": ""}, 422, "bad-record"),
            ({"text": [SECRET]}, 422, "bad-record"),
            ({"text": "hun"}, 422, "bad-record"),
            ({"line": 1}, 422, "bad-record"),
            ({"text": SECRET * 1100}, 422, "bad-record"),
        ):
            answer = api.request("POST", path, json=body)
            check_problem(answer, status, name)
            assert SECRET not in answer.text
        unknown = f"/v1/deployments/dep_{'0' * 37}/redactions"
        check_problem(api.request("POST", unknown, json={"text": SECRET}), 404, "no-such-log")
        check_problem(api.request("POST", path, content=SECRET), 415, "unsupported-type")
        assert SECRET in api.texts(deployment)[1]
