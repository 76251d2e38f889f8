"""Whatever a log or a deployment says, in whatever place: nothing of it runs, in any view.

Each payload is put into every place where somebody else's text can stand. Then each view is opened
in a browser under the page's own security policy, and searched down to its shadow roots: no script
ran, no dialog opened, the policy had nothing to refuse (the fixture `page` sees to both), there is
no element and no attribute that a harmless deployment would not have, nothing is loaded from
elsewhere, every link leads to the web, and what turns text around turns nothing beside it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.page.browsing import Api
from tests.page.payloads import ALL
from tests.page.viewing import frames

HARMLESS = "harmless https://example.com/ text"

LOOK = """() => {
  const elements = [];
  const walk = (root) => {
    for (const element of root.querySelectorAll("*")) {
      elements.push(element);
      if (element.shadowRoot) walk(element.shadowRoot);
      if (element.content instanceof DocumentFragment) walk(element.content);
    }
  };
  walk(document);
  const from = (address) => new URL(address, document.baseURI).origin;
  const addresses = ["src", "srcset", "data", "action", "formaction", "poster", "xlink:href"];
  const turning = (node) => node.nodeType === Node.TEXT_NODE && /[\u202a-\u202e]/.test(node.data);
  const isolated = ({ display, unicodeBidi }) =>
    display !== "inline" || /isolate|plaintext/.test(unicodeBidi);
  return {
    ran: globalThis.ran ?? null,
    frames: frames.length,
    names: [...new Set(elements.map((element) => element.localName))],
    attributes: [...new Set(elements.flatMap((element) => element.getAttributeNames()))],
    loaded: elements.flatMap((element) => addresses.map((name) => element.getAttribute(name)))
      .filter((address) => address && from(address) !== location.origin),
    links: elements.filter((element) => element.localName === "a" && element.hasAttribute("href"))
      .map(({ protocol, rel, href, textContent }) =>
        ({ protocol, rel, out: from(href) !== location.origin, text: textContent })),
    turned: elements.filter((element) => [...element.childNodes].some(turning))
      .filter((element) => !isolated(getComputedStyle(element))).map(({ outerHTML }) => outerHTML),
  };
}"""

OURS = {"mark", "i", "time", "title", "aria-current", "hidden", "style", "disabled"}
"""Elements and attributes that depend on what is looked for or at, and do no harm."""


def fields(payload: str) -> dict[str, Any]:
    """A deployment that says it everywhere."""
    return {
        "project": f"shop {payload[:150]}",
        "environment": payload[:150],
        "title": payload,
        "ref": payload,
        "commit": payload,
        "url": "https://example.com/" + quote(payload, safe="<>\"'();:@/"),
        "metadata": {payload[:150]: payload},
    }


def records(payload: str) -> list[dict[str, Any]]:
    """Lines that say it in every place of a line."""
    return [
        {"text": f"::group::{payload}"},
        {"text": payload},
        {"text": payload, "stream": "stderr"},
        {"text": f"before {payload} after https://example.com/{payload}", "level": "error"},
        {"text": f"\x1b]8;;{payload}\x1b\\{payload}\x1b]8;;\x1b\\"},
        {"text": f"\x1b[1;31m{payload}\x1b[0m {payload}"},
        {"text": payload, "level": payload[:30]},
        {"text": "::endgroup::"},
    ]


def write(api: Api, said: str, *lines: str, status: str = "failed") -> str:
    """A deployment of which `said` is said, with `lines` in its log."""
    deployment = api.create(**fields(said))
    api.append(deployment, *(record for line in lines or [said] for record in records(line)))
    api.change(deployment, status=status, exit_code=int(status == "failed"))
    return deployment


class Eye:
    """Looks at views, and knows what they are made of when nobody means any harm."""

    def __init__(self, page: Page, known: set[str]) -> None:
        self.page = page
        self._known = known
        self.knows = len(known) > len(OURS)
        """Whether it has learned this before; one view has much that another has not."""

    def learn(self) -> None:
        """What is on the page now is ours."""
        seen = self.page.evaluate(LOOK)
        self._known |= {*seen["names"], *seen["attributes"]}

    def check(self) -> None:
        """Nothing is there that is not ours."""
        seen = self.page.evaluate(LOOK)
        assert len(seen["names"]) > FEW
        assert seen["ran"] is None
        assert seen["frames"] == 0
        assert {*seen["names"], *seen["attributes"]} <= self._known
        assert seen["loaded"] == []
        assert seen["turned"] == []
        for link in seen["links"]:
            assert link["protocol"] in ("http:", "https:"), link
            assert not link["out"] or {"noopener", "noreferrer"} <= set(link["rel"].split()), link
            assert (
                not set(link["text"]) & set("\u202a\u202b\u202c\u202d\u202e") or not link["out"]
            ), link


@pytest.fixture(scope="module")
def learned() -> dict[str, set[str]]:
    """What each view is made of, which is the same for all kinds of payloads."""
    return defaultdict(lambda: set(OURS))


@pytest.fixture
def eye(page: Page, url: str, request: pytest.FixtureRequest, learned: dict[str, set[str]]) -> Eye:
    """Dialogs are known as scripts that ran; nothing is loaded from where a payload says."""
    names = "['alert', 'confirm', 'prompt', 'print']"
    page.add_init_script(f"for (const name of {names}) globalThis[name] = () => {{ ran = name; }};")
    page.route(lambda address: not address.startswith(url), lambda route: route.abort())
    parameters = getattr(request.node, "callspec", None)
    view = parameters.params.get("view", "") if parameters else ""
    return Eye(page, learned[request.node.originalname + view])


def read(page: Page, view: str) -> None:
    """Open a view with a log, or two, and wait until its first lines are there."""
    page.goto(view)
    logs = page.locator("deploy-log")
    expect(logs).to_have_count(2 if view.startswith("/compare") else 1)
    for log in logs.all():
        expect(log.locator(".row[data-n]").first).to_be_visible()
        expect(log.locator(".row.coming")).to_have_count(0)
        expect(log.locator("[data-section]").first).to_be_attached()
    if view.startswith("/compare"):
        expect(page.locator("#found")).not_to_have_text("Comparing…")
    frames(page)


def pages(page: Page, last: int) -> Iterator[None]:
    """Go through the log by the page, down to its last line."""
    page.keyboard.press("Home")
    while True:
        frames(page)
        yield
        if page.locator(f"deploy-log .row[data-n='{last}']").locator("visible=true").count():
            return
        page.keyboard.press("PageDown")


@pytest.mark.parametrize("kind", ALL)
def test_deployment(page: Page, api: Api, eye: Eye, kind: str) -> None:
    """Header, lines, section titles, links, search and the menu to save, for each payload."""
    harmless = [] if eye.knows else [(True, HARMLESS)]
    for learning, payload in [*harmless, *((False, payload) for payload in ALL[kind])]:
        read(page, f"/d/{write(api, payload)}")
        page.keyboard.press("s")
        for file in page.locator("deploy-log a[download]").all():
            assert set(str(file.get_attribute("download"))) <= NAME
        eye.learn() if learning else eye.check()
        page.keyboard.press("Escape")
        page.keyboard.press("Control+f")
        page.keyboard.insert_text(payload)
        expect(page.locator("deploy-log .search .count")).not_to_have_text("")
        frames(page)
        eye.learn() if learning else eye.check()


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("view", ["/embed/{0}", "/compare?left={1}&right={0}"])
def test_other_views_of_a_log(page: Page, api: Api, eye: Eye, view: str, kind: str) -> None:
    """In a frame of another page, and beside another deployment; all payloads of a kind at once."""
    last = len(records("")) * len(ALL[kind])
    if not eye.knows:
        others = [HARMLESS] * len(ALL[kind])
        harmless = write(api, HARMLESS, *others), write(api, HARMLESS, *others, "another")
        read(page, view.format(*harmless))
        for _ in pages(page, last):
            eye.learn()
    one, other = " ".join(ALL[kind]), "".join(reversed(ALL[kind]))
    ids = write(api, one, *ALL[kind]), write(api, other, *ALL[kind], status="succeeded")
    for address in (view.format(*ids), view.format(*reversed(ids))):
        read(page, address)
        for _ in pages(page, last):
            eye.check()


@pytest.mark.parametrize("kind", ALL)
def test_list(page: Page, api: Api, eye: Eye, kind: str) -> None:
    """Each payload in every column, in what the feed brings, and in the address of the filters."""
    if not eye.knows:
        write(api, HARMLESS)
        page.goto("/")
        expect(page.locator("#deployments tr").first).to_contain_text("harmless")
        eye.learn()
        page.goto("/?project=harmless&environment=harmless&status=failed")
        eye.learn()
    page.goto("/")
    for payload in ALL[kind]:
        deployment = write(api, payload)
        expect(page.locator(f"#deployments a[href*='{deployment}']").first).to_be_visible()
    eye.check()
    for payload in ALL[kind]:
        page.goto("/?" + "&".join(f"{name}={quote(payload)}" for name in FILTERS))
        expect(page.locator("#none, #table").locator("visible=true")).to_be_visible()
        eye.check()


@pytest.mark.parametrize("view", ["/d/{}", "/embed/{}", "/compare?left={}&right={}", "/d/{}#L{}"])
def test_addresses_of_what_does_not_exist(page: Page, eye: Eye, view: str) -> None:
    """An address is said by somebody else, too."""
    page.goto(view.format("dep_nothing", 1))
    page.wait_for_load_state("networkidle")
    eye.learn()
    for payload in (payload for payloads in ALL.values() for payload in payloads[:2]):
        answer = page.goto(view.format(*[quote(payload, safe="")] * 2))
        assert answer is not None
        assert answer.headers["x-content-type-options"] == "nosniff"
        frames(page)
        # What has no page at all is told in JSON, for which the browser makes a page of its own.
        if page.evaluate("document.contentType") == "text/html":
            eye.check()


@pytest.mark.parametrize("form", ["text", "json"])
def test_raw_text_is_no_page(page: Page, api: Api, eye: Eye, form: str) -> None:
    """The log itself, opened as an address of its own, is text to the browser."""
    deployment = write(api, "raw", *(payload for payloads in ALL.values() for payload in payloads))
    answer = page.goto(f"/v1/deployments/{deployment}/log?format={form}")
    assert answer is not None
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert not page.evaluate("document.contentType").endswith(("html", "xml"))
    assert page.evaluate("globalThis.ran ?? null") is None
    assert page.locator("img, iframe, svg, form, a").count() == 0


def test_the_test_would_see_it(page: Page, api: Api, eye: Eye) -> None:
    """Planted into the page: an element, an attribute, a link, a frame, a script that ran."""
    read(page, f"/d/{write(api, HARMLESS)}")
    eye.learn()
    eye.check()
    for planted in PLANTED:
        page.evaluate(
            f"() => {{ const log = document.querySelector('deploy-log').shadowRoot;"
            f" const text = log.querySelector('.row .text'); {planted} }}"
        )
        with pytest.raises(AssertionError):
            eye.check()
        page.evaluate(
            "() => { delete globalThis.ran; document.querySelector('deploy-log')"
            ".shadowRoot.querySelectorAll('.planted').forEach((element) => element.remove()); }"
        )
        eye.check()


def plant(name: str, more: str) -> str:
    made = f"const x = document.createElement('{name}'); x.className = 'planted';"
    return f"{made} {more}; text.append(x);"


PLANTED = [
    plant("b", "x.textContent = 'bold'"),
    plant("span", "x.setAttribute('onharm', 'ran=1')"),
    plant("a", "x.href = 'javascript:ran=1'"),
    plant("a", "x.href = 'https://example.com/'; x.target = '_blank'"),
    plant("span", "x.textContent = '\\u202emoc.live'; x.style.unicodeBidi = 'normal'"),
    "globalThis.ran = 1",
]

FEW = 10
"""Kinds of elements that the barest view has more of."""

FILTERS = ("project", "environment", "status")
NAME = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
"""What a file's name is made of."""
