"""A log of any length in the page: its end at once, any part of it when it is wanted."""

from __future__ import annotations

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, Page, Route

from tests.page.browsing import Api, numbered
from tests.page.log_in_page import LogInPage
from tests.servers import ServerProcess


@pytest.fixture
def asked(page: Page) -> list[str]:
    """The queries of the log's addresses that the page has asked for, its worker included."""
    queries: list[str] = []
    page.on("request", lambda request: queries.append(request.url.partition("/log?")[2]))
    return queries


def test_last_lines_come_first_and_then_what_follows(
    page: Page, api: Api, asked: list[str]
) -> None:
    """One read of the end, then the live stream from there; rows are here when the state is."""
    deployment = api.create()
    api.append(deployment, *numbered(1, 1500))
    log = LogInPage(page, deployment)
    log.until("log.state?.tail > 0")
    assert log.ask("log.has(1201, 1500)")
    assert log.row(1500)["text"] == "line 1500"  # type: ignore[index]
    log.until_connection("live")
    api.append(deployment, "more")
    log.until_tail(1501)
    assert log.row(1501)["text"] == "more"  # type: ignore[index]
    assert log.states == ["loading", "live"]
    assert log.ask("log.told.length === new Set(log.told).size")
    queries = [query for query in asked if query]
    assert queries[0] == "tail=500"
    assert queries[1].startswith("live=sse&offset=")
    assert len(queries) == 2


READER = """
async (src) => {
  const { LogReader } = await import("/assets/log-reader.js");
  const { readFirst } = await import("/assets/first-read.js");
  const pushes = [];
  const reader = new LogReader(src, (push) => pushes.push(push));
  reader.tell();
  await new Promise((resolve) => setTimeout(resolve)); // which comes after all that waits until now
  const early = pushes.length;
  reader.begin(await readFirst(src));
  while (pushes.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  return [early, pushes[0].state.tail, pushes[0].lines.length];
}
"""


def test_worker_that_knows_nothing_yet_says_nothing(page: Page, api: Api) -> None:
    """The page may show the last lines by then, and would take them away again."""
    deployment = api.create()
    api.append(deployment, *numbered(1, 20))
    page.goto("/docs")
    assert page.evaluate(READER, f"/v1/deployments/{deployment}/log") == [0, 20, 20]


def test_last_lines_do_not_wait_for_the_worker(page: Page, api: Api) -> None:
    """They are here although it has yet to start; what follows is, once it has."""
    deployment = api.create()
    api.append(deployment, *numbered(1, 20))
    held: list[Route] = []
    page.route("**/log-worker.js", lambda route: held.append(route))
    with page.expect_request("**/log-worker.js"):
        log = LogInPage(page, deployment)
    log.until_tail(20)
    assert log.ask("log.has(1, 20)")
    assert log.states == ["loading"]
    api.append(deployment, "more")
    held[0].continue_()
    log.until_tail(21)
    log.until_connection("live")


def test_any_part_is_read_by_number_and_its_neighbours_too(
    page: Page, api: Api, asked: list[str]
) -> None:
    """Windows of 1,000, aligned by number; the next one the way it moves is read before it is
    wanted, and nothing twice."""
    deployment = api.create()
    api.append(deployment, *numbered(1, 9000))
    log = LogInPage(page, deployment)
    log.until_connection("live")
    assert log.reach(5300, 5360) == numbered(5300, 5360)
    assert log.reach(5400, 5460) == numbered(5400, 5460)
    log.until("log.has(5961, 5960) && log.has(4900, 5960)")
    assert log.reach(3100, 3160) == numbered(3100, 3160)
    log.until("log.has(2600, 3660)")
    reads = [re.findall(r"from=(\d+)&limit=(\d+)", query) for query in asked]
    spans = [(int(first), int(limit)) for found in reads for first, limit in found]
    assert all(first % 1000 == 1 and limit == 1000 for first, limit in spans)
    firsts = [first for first, _ in spans]
    assert firsts[0] == 5001
    assert set(firsts) <= {5001, 4001, 6001, 3001, 2001}
    assert {4001, 6001, 2001} <= set(firsts)
    assert len(firsts) == len(set(firsts))


def test_part_before_the_first_answer_is_kept_in_mind(page: Page, api: Api) -> None:
    """An address that names a line asks for it before anything is known of the log."""
    deployment = api.create()
    api.append(deployment, *numbered(1, 3000))
    log = LogInPage(page, deployment)
    assert log.reach(700, 760) == numbered(700, 760)


def test_parts_between_folds_are_read_alone(page: Page, api: Api, asked: list[str]) -> None:
    """What is folded between two lines of the screen is not read."""
    deployment = api.create()
    api.append(deployment, *numbered(1, 30_000))
    log = LogInPage(page, deployment)
    log.until_connection("live")
    log.want(2100, 25_140, [{"first": 2100, "last": 2110}, {"first": 25_100, "last": 25_140}])
    log.until("log.has(2100, 2110) && log.has(25100, 25140)")
    assert log.row(9000) is None
    firsts = [int(first) for query in asked for first in re.findall(r"from=(\d+)", query)]
    assert all(first < 5000 or first > 20_000 for first in firsts)


def test_line_in_parts_is_one_row_live_and_read(page: Page, api: Api) -> None:
    """Across reads, and across the border of two windows."""
    deployment = api.create()
    api.append(deployment, *numbered(1, 1998), {"text": "par", "partial": True})
    log = LogInPage(page, deployment)
    log.until_tail(1999)
    assert log.row(1999)["records"] == 1  # type: ignore[index]
    api.append(deployment, {"text": "in between", "stream": "stderr"})
    log.until_tail(2000)
    api.append(deployment, {"text": "t", "partial": True})
    log.until_tail(2001)
    assert log.row(1999)["text"] == "part"  # type: ignore[index]
    assert log.row(2001) == {"n": 2001, "joins": 1999}
    api.append(deployment, "ial", *numbered(2003, 5000))
    log.until_tail(5000)
    log.reach(1990, 2010)
    for _ in range(2):
        found = log.row(1999)
        assert found is not None
        assert (found["text"], found["records"], found["last"]) == ("partial", 3, 2002)
        assert log.row(2000)["text"] == "in between"  # type: ignore[index]
        assert log.row(2001) == {"n": 2001, "joins": 1999}
        assert log.row(2002) == {"n": 2002, "joins": 1999}
        log = LogInPage(page, deployment)
        log.until_connection("live")
        log.reach(2001, 2030)
        log.until("log.data.row(2001)?.joins === 1999")


def test_marks_are_told_when_they_come_live(page: Page, api: Api) -> None:
    """Groups, levels and the end; what was there before is for the search to find."""
    deployment = api.create()
    api.append_text(deployment, "::group::Before\n::endgroup::\n")
    log = LogInPage(page, deployment)
    log.until_connection("live")
    api.append_text(deployment, "plain\n::group::Build\n::error::broken\n::endgroup::\n")
    api.change(deployment, status="failed", exit_code=3)
    log.until_connection("finished")
    marks = log.ask("log.marks.map(({ n, kind, level }) => [n, kind ?? level])")
    assert marks == [[4, "group"], [5, "error"], [6, "group"], [7, "end"]]


def test_text_of_lines_has_colours_only_if_asked(page: Page, api: Api) -> None:
    deployment = api.create()
    api.append(deployment, "one", "\x1b[31mtwo\x1b[0m", "three", "four")
    log = LogInPage(page, deployment)
    assert log.ask("log.data.text(2, 3)") == "two\nthree\n"
    assert log.ask("log.data.text(2, 3, { ansi: true })") == "\x1b[31mtwo\x1b[0m\nthree\n"
    refused = "log.data.text(2, -1).catch((error) => [error.status])"
    assert log.ask(refused) == [400]


def test_hidden_page_is_told_little_and_all_at_once_when_it_is_shown(page: Page, api: Api) -> None:
    """Nothing is painted meanwhile, so nothing is sent; the end of the log is worth a message."""
    deployment = api.create()
    api.append(deployment, "one")
    log = LogInPage(page, deployment)
    log.until_connection("live")
    show = """(is) => {
      Object.defineProperty(document, "visibilityState", { value: is, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }"""
    page.evaluate(show, "hidden")
    told = log.ask("log.told.length")
    for n in range(2, 42):
        api.append(deployment, f"line {n}")
    api.append_text(deployment, "::error::seen although nobody looks\n")
    log.until("log.marks.length === 1")
    assert log.ask("log.told.length") == told
    page.evaluate(show, "visible")
    log.until_tail(42)
    assert log.ask("log.has(1, 42)")
    page.evaluate(show, "hidden")
    api.change(deployment, status="succeeded")
    log.until("log.state.check === 'complete'")


def test_worker_that_has_begun_is_taken_over(page: Page, api: Api, asked: list[str]) -> None:
    """The log is read while the rest of the page is loaded, once."""
    deployment = api.create()
    api.append(deployment, *numbered(1, 20))
    log = LogInPage(page, deployment, begun=True)
    log.until_connection("live")
    assert log.ask("log.has(1, 20)")
    assert asked.count("tail=500") == 1


class EmptyPage(BaseHTTPRequestHandler):
    """Of another site than the log's."""

    def do_GET(self) -> None:
        self.send_response_only(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Another site</title>")

    def log_message(self, *_: object) -> None:
        pass


def test_page_of_another_site_reads_it_in_a_worker_too(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which the other site may not begin, but one of its own that loads it."""
    with ThreadingHTTPServer(("127.0.0.1", 0), EmptyPage) as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{site.server_address[1]}"
        monkeypatch.setenv("LOGFLUME_ALLOW_ORIGIN", address)
        with (
            ServerProcess(tmp_path / "data") as server,
            httpx2.Client(base_url=server.url) as client,
            browser.new_context() as context,
        ):
            api, page = Api(client), context.new_page()
            deployment = api.create()
            api.append(deployment, *numbered(1, 3000))
            log = LogInPage(page, deployment, server=server.url, address=address)
            log.until_connection("live")
            assert log.reach(1000, 1060) == numbered(1000, 1060)
            api.change(deployment, status="succeeded")
            log.until("log.state.check === 'complete'")
        site.shutdown()
