"""How lines look: streams and levels, lengths, widths, directions; and what no line can do."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.page.browsing import Api, numbered, row, save
from tests.page.viewing import ask, css_of, frames, loaded, text_of, tops, until, visible

ESC = "\x1b["


def shown(page: Page, api: Api, *records: str | dict[str, Any]) -> str:
    """A deployment that said this, on the screen."""
    deployment = api.create()
    api.append(deployment, *records)
    page.goto(f"/d/{deployment}")
    loaded(page, len(records))
    return deployment


def test_colours_and_styles(page: Page, api: Api) -> None:
    """SGR colours and styles are shown; other escape sequences leave nothing behind."""
    shown(
        page,
        api,
        f"plain {ESC}31mred{ESC}0m {ESC}38;5;208morange{ESC}0m {ESC}1mbold{ESC}22m",
        f"{ESC}3mitalic{ESC}23m {ESC}4munderlined{ESC}24m {ESC}7minverse",
        f"{ESC}2J{ESC}?25lquiet\x1b]0;title\x07ly",
        "10 %\r50 %\r\x1b[32m100 %\x1b[0m\r",
    )
    assert css_of(page, "red", "color") == "rgb(179, 38, 30)"
    assert css_of(page, "bold", "fontWeight") == "700"
    assert css_of(page, "italic", "fontStyle") == "italic"
    assert css_of(page, "underlined", "textDecorationLine") == "underline"
    assert text_of(page, 1) == "plain red orange bold"
    assert text_of(page, 3) == "quietly"
    assert text_of(page, 4).rstrip() == "100 %"


def test_streams_and_levels_have_words(page: Page, api: Api) -> None:
    """Not colour alone tells stderr and levels apart: a word stands beside the line."""
    shown(
        page,
        api,
        "out",
        {"text": "err", "stream": "stderr"},
        {"text": "broken", "level": "error"},
        {"text": "careful", "level": "WARN", "stream": "stderr"},
        {"text": "look", "level": "notice"},
        {"text": "other", "level": "constructor"},
    )
    words = ["", "err", "error", "warn", "note", ""]
    for n, word in enumerate(words, start=1):
        expect(row(page, n).locator(".mark")).to_have_text(word)


def test_times_are_shown_when_asked_for(page: Page, api: Api) -> None:
    """By key or button; each line's own, and remembered for the next log."""
    deployment = shown(page, api, *numbered(1, 3))
    expect(page.locator("deploy-log .time")).to_have_count(0)
    page.keyboard.press("Shift+T")
    time = row(page, 2).locator("time")
    expect(time).to_have_attribute("datetime", api.log(deployment)[1]["time"])
    expect(page.get_by_role("button", name="Times")).to_have_attribute("aria-pressed", "true")
    page.reload()
    loaded(page, 3)
    expect(time).to_be_visible()


def test_links_lead_to_the_web_only(page: Page, api: Api) -> None:
    """Addresses in a text can be followed, across a change of colour too; nothing else can."""
    shown(
        page,
        api,
        f"see https://exam{ESC}32mple.com/a?b=1{ESC}0m.",
        "javascript:alert(1) file:///etc/passwd",
        "\x1b]8;;https://example.org/\x1b\\named\x1b]8;;\x1b\\",
        "\x1b]8;;javascript:alert(1)\x1b\\not\x1b]8;;\x1b\\",
    )
    links = page.locator("deploy-log .text a")
    expect(links).to_have_count(2)
    expect(links.nth(0)).to_have_attribute("href", "https://example.com/a?b=1")
    expect(links.nth(0)).to_have_text("https://example.com/a?b=1")
    expect(links.nth(0)).to_have_attribute("rel", "noopener noreferrer")
    expect(links.nth(1)).to_have_attribute("href", "https://example.org/")
    assert text_of(page, 4) == "not"


def test_matches_are_marked_in_what_is_seen(page: Page, api: Api) -> None:
    """Across colours and links, every one of a line; taken away they leave the line as it was."""
    shown(page, api, f"an er{ESC}31mror, an ERROR{ESC}0m", "https://error.example/ none", "nothing")
    ask(page, "viewer.highlight(/error/i)")
    marks = page.locator("deploy-log mark")
    expect(marks).to_have_count(4)
    assert marks.all_text_contents() == ["er", "ror", "ERROR", "error"]
    assert text_of(page, 1) == "an error, an ERROR"
    expect(page.locator("deploy-log .text a")).to_have_text("https://error.example/")
    ask(page, "viewer.highlight(/x*/)")
    expect(marks).to_have_count(1)
    ask(page, "viewer.highlight(null)")
    expect(marks).to_have_count(0)


def test_marks_of_the_reader(page: Page, api: Api) -> None:
    """The lines of a link, the hit at hand and what differs are worn by the rows they belong to."""
    shown(page, api, *numbered(1, 9))
    ask(page, "(viewer.marked = { from: 3, to: 5 }, viewer.current = 7)")
    ask(page, "viewer.differing = new Set([2, 3])")
    frames(page)

    def wearing(name: str) -> list[str]:
        return page.locator(f"deploy-log .row.{name} .number").all_text_contents()

    assert wearing("marked") == ["3", "4", "5"]
    assert wearing("current") == ["7"]
    assert wearing("differs") == ["2", "3"]
    ask(page, "(viewer.marked = null, viewer.current = null, viewer.differing = null)")
    frames(page)
    assert wearing("marked") + wearing("current") + wearing("differs") == []


def test_tools_put_things_into_rows(page: Page, api: Api) -> None:
    """Before and after the text; a row that is made again keeps the focus where it was."""
    shown(page, api, *numbered(1, 3))
    ask(
        page,
        """(window.remove = viewer.decorate((row) => {
          if (row.n !== 2) return null;
          const button = document.createElement("button");
          button.textContent = "fold";
          return { className: "mine", before: [button], after: [document.createTextNode("4 s")] };
        }))""",
    )
    button = page.get_by_role("button", name="fold")
    button.focus()
    ask(page, "viewer.refresh()")
    frames(page)
    expect(button).to_be_focused()
    expect(row(page, 2)).to_have_class("row mine")
    expect(row(page, 2)).to_contain_text("fold" + "line 2" + "4 s")
    page.evaluate("() => window.remove()")
    expect(button).to_have_count(0)


def test_long_lines_wrap_by_choice(page: Page, api: Api) -> None:
    """By key, button or attribute; remembered for the next log."""
    shown(page, api, "word " * 500, "next")
    assert tops(page)[2] == 20
    page.keyboard.press("w")
    frames(page)
    assert tops(page)[2] > 100
    expect(page.get_by_role("button", name="Wrap")).to_have_attribute("aria-pressed", "true")
    page.reload()
    loaded(page, 2)
    assert tops(page)[2] > 100
    page.get_by_role("button", name="Wrap").click()
    assert tops(page)[2] == 20
    expect(page.locator("deploy-log")).to_have_attribute("wrap", "off")
    page.locator("deploy-log").evaluate("(log) => log.setAttribute('wrap', '')")
    assert tops(page)[2] > 100


def test_directions_do_not_leak(page: Page, api: Api) -> None:
    """Text from right to left, and marks never closed, change nothing beside their line."""
    shown(page, api, "\u202eevil", "plain", "مرحبا بالعالم", "\u2067open", "\u202bx")
    lefts: list[float] = page.locator("deploy-log .rows .text").evaluate_all(
        "(all) => all.map((text) => text.getBoundingClientRect().left)"
    )
    assert len(set(lefts)) == 1
    assert css_left(page, 2) == lefts[0]
    expect(page.locator("deploy-log #L3")).to_have_text("3")
    assert css_left(page, 3) == lefts[0], "a line begins at the left, as in a terminal"


def css_left(page: Page, n: int) -> float:
    """Where the text of a line really begins, in pixels."""
    left: float = (
        row(page, n)
        .locator(".text")
        .evaluate(
            """(text) => {
          const range = document.createRange();
          range.selectNodeContents(text);
          return range.getBoundingClientRect().left;
        }"""
        )
    )
    return left


def test_tabs_and_wide_characters(page: Page, api: Api) -> None:
    """A tab leads to the next column that eight divides."""
    shown(page, api, "a\tb", "1234567\tb", "12345678b", "漢字 é")
    rights: list[float] = page.locator("deploy-log .rows .text").evaluate_all(
        """(all) => all.map((text) => {
          const range = document.createRange();
          range.selectNodeContents(text);
          return Math.round(range.getBoundingClientRect().right);
        })"""
    )
    assert rights[0] == rights[1] == rights[2]
    assert text_of(page, 4) == "漢字 é"


@pytest.mark.parametrize("wrap", ["", "off"])
def test_what_no_line_can_do(page: Page, api: Api, wrap: str) -> None:
    """Ten megabytes, a million parameters, ten thousand accents: the page still moves."""
    deployment = api.create()
    api.append_text(
        deployment,
        "before\n"
        + "x" * 10_000_000
        + "\n"
        + f"{ESC}{'1;' * 1_000_000}31mred\n"
        + "e"
        + "\u0301" * 10_000
        + "\n"
        + f"{ESC}31ma{ESC}32mb" * 20_000
        + "\nafter\n",
    )
    page.goto(f"/d/{deployment}")
    says_last = api.client.get(f"/v1/deployments/{deployment}/log?tail=1").json()[0]["n"]
    page.locator("deploy-log").evaluate("(log, wrap) => log.setAttribute('wrap', wrap)", wrap)
    loaded(page, says_last)
    assert text_of(page, says_last) == "after"
    page.keyboard.press("Home")
    loaded(page, 1)
    assert text_of(page, 1) == "before"
    cut = row(page, 2).locator(".cut")
    expect(cut).to_contain_text("9,900,000 more characters in the raw text")
    address = cut.locator("a").get_attribute("href")
    assert address is not None
    assert api.client.get(address).text == "x" * 10_000_000 + "\n"
    if wrap == "off":
        assert set(tops(page).values()) == {20.0 * n for n in range(len(tops(page)))}
    for key in ("PageDown", "End", "PageUp"):
        page.keyboard.press(key)
        until(page, "!viewer.root.querySelector('.coming')")
    assert visible(page)[0] > 0


def test_copy_has_no_numbers(page: Page, api: Api) -> None:
    """What is selected over rows is their text, a line each."""
    shown(page, api, "one", {"text": "two", "stream": "stderr"}, f"{ESC}31mth{ESC}0mree")
    page.evaluate(
        """() => {
          const { root } = document.querySelector("deploy-log").viewer;
          const rows = root.querySelector(".rows");
          document.getSelection().setBaseAndExtent(rows, 0, rows, rows.childNodes.length);
        }"""
    )
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.keyboard.press("Control+c")
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert copied.strip() == "one\ntwo\nthree"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 600])
def test_narrow_screens(page: Page, api: Api, scheme: Any, width: int) -> None:
    """A phone's width, or a window at 200 %: lines wrap, nothing is wider than the screen."""
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 640})
    deployment = api.create(title="A title that is long enough to need two lines", ref="main")
    api.append(deployment, "word " * 60, {"text": "x" * 300, "stream": "stderr"})
    page.goto(f"/d/{deployment}")
    loaded(page, 2)
    wide: list[str] = page.evaluate(
        """() => [document.documentElement, document.querySelector("deploy-log").viewer.screen]
        .filter((area) => area.scrollWidth > area.clientWidth).map((area) => area.className)"""
    )
    assert wide == []
    save(page, f"phone_{scheme}_{width}")


def test_forced_colours_and_less_motion(page: Page, api: Api) -> None:
    """In the system's few colours marks have lines; who wants no motion gets no shimmer."""
    shown(page, api, "one", {"text": "two", "stream": "stderr"})
    page.emulate_media(forced_colors="active", reduced_motion="reduce")
    number = row(page, 2).locator(".number")
    assert number.evaluate("(a) => getComputedStyle(a).borderLeftWidth") == "3px"
    shimmer = page.evaluate(
        """() => {
          const { root } = document.querySelector("deploy-log").viewer;
          const row = document.createElement("div");
          row.className = "row coming";
          row.append(Object.assign(document.createElement("span"), { className: "text" }));
          root.querySelector(".rows").append(row);
          return getComputedStyle(row.firstChild, "::before").animationName;
        }"""
    )
    assert shimmer == "none"
