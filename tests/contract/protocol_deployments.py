"""Deployments: created, found, listed page by page, deleted, and told of in the feed."""

from __future__ import annotations

import random
import re
import secrets
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.api import Api, check_problem
from tests.sse import SseReader

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
FACTS = {
    "project": "shop",
    "environment": "production",
    "title": "Release 3 “Anna”",
    "ref": "refs/heads/main",
    "commit": "3f1c9e7",
    "url": "https://ci.example/run/7",
    "metadata": {"pipeline": "7", "by": "Zoë"},
}


def new_id() -> str:
    """An id as a client makes it by the documentation: time, then 130 random bits."""
    now_us = time.time_ns() // 1000
    in_base_32 = "".join(ALPHABET[now_us >> 5 * place & 31] for place in reversed(range(11)))
    return f"dep_{in_base_32}" + "".join(random.choices(ALPHABET, k=26))


@pytest.fixture
def project() -> str:
    """A project that no other test has deployments of."""
    return f"project-{secrets.token_hex(8)}"


class TestCreating:
    def test_a_project_is_enough(self, api: Api) -> None:
        """201, where it is, and every field with its default."""
        answer = api.request("POST", "/v1/deployments", json={"project": "shop"})
        assert answer.status_code == 201
        made = answer.json()
        assert re.fullmatch(f"dep_[{ALPHABET}]{{37}}", made["id"])
        assert answer.headers["location"] == made["links"]["self"]
        nothing = ("environment", "title", "ref", "commit", "url", "exit_code", "finished_at")
        assert {made[name] for name in nothing} == {None}
        assert (made["status"], made["metadata"]) == ("running", {})
        assert (made["lines"], made["bytes"]) == (0, 0)
        assert made["started_at"] == made["created_at"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", made["created_at"])

    def test_all_that_is_said_is_kept(self, api: Api) -> None:
        """GET shows what POST answered, and that is what was sent."""
        made = api.request("POST", "/v1/deployments", json=FACTS).json()
        assert FACTS.items() <= made.items()
        assert api.get(made["id"]) == made

    def test_its_links_lead_to_it(self, api: Api) -> None:
        """`self` and `log` are whole addresses that answer."""
        made = api.get(api.create())
        assert api.request("GET", made["links"]["self"]).json() == made
        assert api.request("GET", made["links"]["log"]).json() == []
        assert made["links"]["page"].endswith(f"/d/{made['id']}")

    def test_a_queued_one_has_not_started(self, api: Api) -> None:
        """`started_at` is set when it starts, not when it is created."""
        made = api.get(api.create(status="queued"))
        assert (made["status"], made["started_at"]) == ("queued", None)
        started = api.change(made["id"], status="running").json()
        assert started["started_at"] >= made["created_at"]

    def test_unknown_fields_are_ignored(self, api: Api) -> None:
        """A newer client may say more; nothing of it appears, `__proto__` neither."""
        made = api.get(api.create(colour="red", __proto__={"admin": True}))
        assert {"colour", "__proto__", "admin"}.isdisjoint(made)

    def test_a_client_made_id_may_be_repeated(self, api: Api) -> None:
        """The second call answers 200 with what the first one made, and makes nothing.

        Caught: a repeat that replaces what is there."""
        body: dict[str, Any] = {**FACTS, "id": new_id()}
        first = api.request("POST", "/v1/deployments", json=body)
        assert first.status_code == 201
        api.append_lines(body["id"], 1, 3)
        again = api.request("POST", "/v1/deployments", json={**body, "title": "another"})
        assert again.status_code == 200
        assert again.json()["title"] == FACTS["title"]
        assert again.json()["created_at"] == first.json()["created_at"]
        assert again.json()["lines"] == 3

    @pytest.mark.parametrize("other", [{"project": "other"}, {"environment": "staging"}])
    def test_an_id_of_another_deployment_is_refused(self, api: Api, other: dict[str, str]) -> None:
        """Same id, other project or environment: 409, and what is there stays.

        Caught: comparing the project only."""
        body: dict[str, Any] = {**FACTS, "id": new_id()}
        made = api.request("POST", "/v1/deployments", json=body).json()
        check_problem(api.request("POST", "/v1/deployments", json=body | other), 409, "conflict")
        assert api.get(body["id"]) == made


class TestListing:
    @pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
    def test_pages_hold_each_once_newest_first(self, api: Api, project: str, limit: int) -> None:
        """Following `Link` from the first page shows all, without repeats and gaps, then ends.

        Caught: `<=` for `<` at the border of a page, and asking for `limit`, not one more."""
        made = [api.create(project=project) for _ in range(7)]
        pages = [page for page, _ in walk(api, f"?project={project}&limit={limit}")]
        assert [one for page in pages for one in page] == made[::-1]
        assert [len(page) for page in pages[:-1]] == [limit] * (len(pages) - 1)
        assert pages[-1]

    def test_newcomers_do_not_move_the_pages(self, api: Api, project: str) -> None:
        """What is created while somebody pages appears on no later page and shifts nothing."""
        made = [api.create(project=project) for _ in range(4)]
        shown = [
            page
            for page, _ in walk(
                api, f"?project={project}&limit=2", lambda: api.create(project=project)
            )
        ]
        assert shown == [[made[3], made[2]], [made[1], made[0]]]

    def test_filters_pick_and_stay_in_links(self, api: Api, project: str) -> None:
        """`project`, `environment` and `status` hold together, on every page.

        Caught: a filter that is left out of `Link`."""
        wanted = [api.create(project=project, environment="a b&c", status="queued") for _ in "123"]
        api.create(project=project, environment="a b&c")
        api.create(project=project, environment="other", status="queued")
        api.create(environment="a b&c", status="queued")
        query = f"?project={project}&environment=a+b%26c&status=queued&limit=1"
        shown = [page for page, _ in walk(api, query)]
        assert shown == [[one] for one in reversed(wanted)]

    def test_the_status_filter_follows_the_status(self, api: Api, project: str) -> None:
        """A deployment is found under the status it has, and no longer under the one it had.

        Caught: labels that are only added."""
        changing, deleted = api.create(project=project), api.create(project=project)
        api.finish(changing, "failed")
        api.request("DELETE", f"/v1/deployments/{deleted}")
        assert listed(api, f"?project={project}&status=failed") == [changing]
        assert listed(api, f"?project={project}&status=running") == []
        assert listed(api, f"?project={project}") == [changing]

    def test_a_large_limit_is_clamped(self, api: Api, project: str) -> None:
        """`limit=1000000000` is no error; an unknown project is an empty list."""
        assert listed(api, f"?project={project}&limit=1000000000") == []
        api.create(project=project)
        assert len(listed(api, f"?project={project}&limit=1000000000")) == 1

    def test_what_is_listed_is_what_is_shown(self, api: Api, project: str) -> None:
        """An entry of the list is the deployment, size included."""
        deployment = api.create(project=project, **{k: FACTS[k] for k in ("title", "metadata")})
        api.append_lines(deployment, 1, 5)
        listing = api.request("GET", f"/v1/deployments?project={project}").json()
        assert listing == {"deployments": [api.get(deployment)]}


class TestDeleting:
    def test_it_is_gone_with_its_log(self, api: Api) -> None:
        """204, then 404 for whatever is asked of it."""
        deployment = api.create()
        api.append_lines(deployment, 1, 3)
        answer = api.request("DELETE", f"/v1/deployments/{deployment}")
        assert (answer.status_code, answer.content) == (204, b"")
        for method, path in [("GET", ""), ("DELETE", ""), ("GET", "/log"), ("POST", "/log")]:
            answer = api.request(method, f"/v1/deployments/{deployment}{path}")
            check_problem(answer, 404, "no-such-log")
        check_problem(api.change(deployment, title="x"), 404, "no-such-log")

    def test_a_follower_is_told(self, api: Api) -> None:
        """Its stream ends with `event: gone`, and so a reader knows that nothing will follow.

        Caught: a deletion that wakes nobody."""
        deployment = api.create()
        api.append_lines(deployment, 1, 3)
        with api.follow(deployment) as reader:
            assert [record["n"] for record in reader.batch().records] == [1, 2, 3]
            api.request("DELETE", f"/v1/deployments/{deployment}")
            last = reader.next()
            assert last is not None
            assert last.event == "gone"
            assert reader.next() is None

    def test_its_id_may_be_used_anew(self, api: Api) -> None:
        """The new log begins at 1, and offsets of the old one are refused with 409.

        Caught: an epoch that is not compared."""
        body = {"project": "test", "id": new_id()}
        api.request("POST", "/v1/deployments", json=body)
        api.append_lines(body["id"], 1, 3)
        old = api.tail(body["id"])
        api.request("DELETE", f"/v1/deployments/{body['id']}")
        assert api.request("POST", "/v1/deployments", json=body).status_code == 201
        assert api.records(body["id"]) == []
        check_problem(api.read(body["id"], {"offset": old}), 409, "wrong-epoch")
        api.append(body["id"], "new")
        assert api.texts(body["id"]) == ["new"]
        assert api.tail(body["id"]) > old


class TestFeed:
    def test_it_tells_live_what_happens(self, api: Api) -> None:
        """Created, changed, deleted: one record each, in order, with the deployment as it was.

        Caught: a deletion that is not told."""
        with api.follow("feed", "offset=now") as reader:
            reader.batch()
            deployment = api.create(title="first")
            created = api.get(deployment)
            api.change(deployment, title="second")
            api.append_lines(deployment, 1, 2)
            api.finish(deployment, "failed")
            finished = api.get(deployment)
            api.request("DELETE", f"/v1/deployments/{deployment}")
            told = about(reader, deployment, "deleted")
        assert [record["kind"] for record in told] == ["created", "changed", "changed", "deleted"]
        shown = [record["deployment"] for record in told]
        assert shown[0] == without_links(created)
        assert (shown[1]["title"], shown[1]["status"]) == ("second", "running")
        assert shown[2] == without_links(finished)
        assert shown[3] == without_links(finished)

    def test_it_is_read_like_any_log(self, api: Api) -> None:
        """Its history goes on from an offset, in each form, and what a list showed is in it."""
        before = api.request("HEAD", "/v1/deployments/feed").headers["stream-next-offset"]
        deployment = api.create()
        answer = api.request("GET", f"/v1/deployments/feed?offset={before}")
        assert [r["deployment"]["id"] for r in answer.json() if "deployment" in r] == [deployment]
        assert [r["n"] for r in answer.json()] == [int(before.partition("_")[2]) + 1]

    def test_what_changes_nothing_is_not_told(self, api: Api) -> None:
        """The same status again, or the same title, makes no record."""
        deployment = api.create(title="same")
        before = api.request("HEAD", "/v1/deployments/feed").headers["stream-next-offset"]
        api.change(deployment, title="same", status="running")
        api.change(deployment)
        after = api.request("HEAD", "/v1/deployments/feed").headers["stream-next-offset"]
        assert after == before


def walk(
    api: Api, query: str, between: Callable[[], object] = lambda: None
) -> list[tuple[list[str], str]]:
    """The ids on each page from this query on, with the page's address."""
    pages = []
    url = f"/v1/deployments{query}"
    while url:
        answer = api.request("GET", url)
        assert answer.status_code == 200, answer.text
        pages.append(([one["id"] for one in answer.json()["deployments"]], url))
        url = answer.links.get("next", {}).get("url", "")
        between()
    return pages


def listed(api: Api, query: str) -> list[str]:
    answer = api.request("GET", f"/v1/deployments{query}")
    return [deployment["id"] for deployment in answer.json()["deployments"]]


def about(reader: SseReader, deployment: str, last: str) -> list[dict[str, Any]]:
    """The feed's records about one deployment, up to its `last` kind."""

    def concerns(record: dict[str, Any]) -> bool:
        return bool(record.get("deployment", {}).get("id") == deployment)

    records = reader.records_until(lambda r: concerns(r) and r["kind"] == last)
    return [record for record in records if concerns(record)]


def without_links(shown: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in shown.items() if name != "links"}
