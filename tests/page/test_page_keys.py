"""Keys in the page: whose they are, that they can be found out, and that they can be let be."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.page.browsing import Api, numbered, row, save

SIZE = 2000


@pytest.fixture
def opened(page: Page, api: Api) -> Page:
    """A running deployment of SIZE lines, at its end."""
    deployment = api.create()
    api.append_many(deployment, numbered(1, SIZE))
    page.goto(f"/d/{deployment}")
    expect(row(page, SIZE)).to_be_in_viewport()
    return page


def following(page: Page) -> bool:
    return bool(page.evaluate("document.querySelector('deploy-log').viewer.following"))


def help_of(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Keys")


def test_keys_move(opened: Page) -> None:
    """To the start, by pages, to the end; `f` stops following where it is."""
    page = opened
    assert following(page)
    page.keyboard.press("f")
    assert not following(page)
    page.keyboard.press("g")
    expect(row(page, 1)).to_be_in_viewport()
    page.keyboard.press("Space")
    expect(row(page, 1)).not_to_be_in_viewport()
    expect(row(page, 31)).to_be_in_viewport()
    page.keyboard.press("b")
    expect(row(page, 1)).to_be_in_viewport()
    page.keyboard.press("G")
    expect(row(page, SIZE)).to_be_in_viewport()
    assert following(page)


def test_keys_are_letters_where_text_is_typed(opened: Page) -> None:
    """In the search field `g`, `?` and the arrows are what they always are."""
    page = opened
    page.keyboard.press("/")
    page.keyboard.type("g?w ")
    page.keyboard.press("Home")
    page.keyboard.type("n")
    expect(page.get_by_role("searchbox")).to_have_value("ng?w ")
    expect(row(page, SIZE)).to_be_in_viewport()
    expect(help_of(page)).to_be_hidden()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    expect(row(page, 1)).to_be_in_viewport()


def test_keys_of_the_browser_are_left_to_it(opened: Page) -> None:
    """With Control, Alt or Meta nothing is taken but Ctrl-F; nor are Tab and F-keys."""
    page = opened
    page.evaluate(
        """() => {
            window.taken = [];
            addEventListener("keydown", ({ code, defaultPrevented }) => {
              if (defaultPrevented) taken.push(code);
            });
        }"""
    )
    for key in ("Control+g", "Alt+ArrowDown", "Control+End", "Meta+b", "Alt+f", "Tab", "F2"):
        page.keyboard.press(key)
    assert page.evaluate("taken") == []
    page.keyboard.press("j")
    assert page.evaluate("taken") == ["KeyJ"]


def test_space_presses_the_button_that_has_the_focus(opened: Page) -> None:
    """And does not move the log besides."""
    page = opened
    page.get_by_role("button", name="Keys").focus()
    page.keyboard.press("Space")
    expect(help_of(page)).to_be_visible()
    expect(row(page, SIZE)).to_be_in_viewport()


def test_help_lists_the_keys(opened: Page) -> None:
    """From the map itself; the focus stays in it, and goes back to where it was."""
    page = opened
    page.get_by_role("button", name="Go to…").focus()
    page.keyboard.press("?")
    dialog = help_of(page)
    expect(dialog).to_be_visible()
    save(page, "keys")
    listed: list[str] = dialog.locator("kbd").all_text_contents()
    known: list[str] = page.evaluate(
        """() => [...document.querySelector("deploy-log").viewer.keys]
            .filter(([, { when }]) => when?.() !== false).map(([name]) => name)"""
    )
    assert len(listed) == len(known)
    assert {"/", "n", "N", "e", "g", "G", "?"} <= set(listed)
    expect(dialog).to_contain_text("find in the whole log")
    for _ in range(6):
        page.keyboard.press("Tab")
        assert page.evaluate(
            """() => {
                const { shadowRoot } = document.querySelector("deploy-log");
                const { activeElement } = shadowRoot;
                return activeElement === null || activeElement.closest("dialog") !== null;
            }"""
        )
    page.keyboard.press("g")
    expect(row(page, SIZE)).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="Go to…")).to_be_focused()
    page.keyboard.press("g")
    expect(row(page, 1)).to_be_in_viewport()


def test_single_letters_can_be_switched_off(opened: Page) -> None:
    """For those who speak to their computer; named keys stay, and the browser remembers it."""
    page = opened
    page.keyboard.press("?")
    page.get_by_role("checkbox", name="Single letters and signs are keys").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("Home")
    expect(row(page, 1)).to_be_in_viewport()
    page.reload()
    expect(row(page, SIZE)).to_be_in_viewport()
    page.keyboard.press("g")
    page.keyboard.press("PageUp")
    expect(row(page, SIZE)).not_to_be_in_viewport()
    expect(row(page, 1)).to_have_count(0)
    page.get_by_role("button", name="Keys").click()
    page.get_by_role("checkbox", name="Single letters and signs are keys").check()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    expect(row(page, 1)).to_be_in_viewport()


@pytest.mark.parametrize("key", ["s", ":", "t"])
def test_a_menu_that_a_key_opened_gives_the_focus_back_to_the_log(opened: Page, key: str) -> None:
    """So that the next key does what it did before. Caught: Space opens the menu again."""
    page = opened
    page.locator("deploy-log .screen").focus()
    page.keyboard.press("g")
    page.keyboard.press(key)
    expect(page.locator("deploy-log .popup:popover-open")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("deploy-log .popup:popover-open")).to_have_count(0)
    expect(page.locator("deploy-log .screen")).to_be_focused()
    page.keyboard.press("Space")
    expect(row(page, 1)).not_to_be_in_viewport()


def test_tab_goes_through_all_tools_on_a_narrow_screen(opened: Page) -> None:
    """As at a zoom of 300 %. Caught: the search opens as Tab comes by, and hides the others."""
    page = opened
    page.set_viewport_size({"width": 390, "height": 800})
    page.get_by_role("searchbox").focus()
    for name in ("First error", "Go to…", "Wrap", "Times", "Save", "Keys"):
        page.keyboard.press("Tab")
        button = page.get_by_role("button", name=name)
        expect(button).to_be_focused()
        expect(button).to_be_in_viewport(ratio=1)
    page.get_by_role("searchbox").fill("line")
    expect(page.get_by_role("button", name="Next")).to_be_visible()


def test_embedded_log_hears_keys_only_while_it_has_the_focus(opened: Page) -> None:
    """Elsewhere on a page that is not its own they are the page's."""
    page = opened
    page.evaluate("document.querySelector('deploy-log').removeAttribute('page')")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("g")
    page.keyboard.press("Control+f")
    expect(page.get_by_role("searchbox")).not_to_be_focused()
    expect(row(page, SIZE)).to_be_in_viewport()
    page.locator("deploy-log .screen").focus()
    page.keyboard.press("g")
    expect(row(page, 1)).to_be_in_viewport()


def test_keys_go_to_the_log_that_was_used_last(page: Page, api: Api) -> None:
    """Of two on a page; a log that is taken away hears nothing more."""
    deployment = api.create()
    api.append_many(deployment, numbered(1, SIZE))
    page.goto(f"/d/{deployment}")
    expect(row(page, SIZE)).to_be_in_viewport()
    page.evaluate(
        """(src) => {
            const other = document.createElement("deploy-log");
            for (const [name, value] of Object.entries({ src, id: "other", page: "" })) {
              other.setAttribute(name, value);
            }
            other.style.height = "250px";
            document.body.append(other);
        }""",
        f"/v1/deployments/{deployment}/log",
    )
    other, first = page.locator("#other"), page.locator("deploy-log").first
    expect(other.locator(f".row[data-n='{SIZE}']")).to_be_in_viewport()
    other.locator(f".row[data-n='{SIZE}'] .text").click()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("g")
    expect(other.locator(".row[data-n='1']")).to_be_in_viewport()
    expect(first.locator(f".row[data-n='{SIZE}']")).to_be_in_viewport()
    page.evaluate("document.querySelector('#other').remove()")
    page.keyboard.press("g")
    expect(first.locator(".row[data-n='1']")).to_be_in_viewport()


def test_next_difference(opened: Page) -> None:
    """`d` goes through the lines that another log does not have, where there are any."""
    page = opened
    page.keyboard.press("?")
    expect(help_of(page)).not_to_contain_text("difference")
    page.keyboard.press("Escape")
    page.evaluate("document.querySelector('deploy-log').viewer.differing = new Set([900, 30, 31])")
    page.keyboard.press("d")
    expect(row(page, 30)).to_be_in_viewport()
    page.keyboard.press("d")
    expect(row(page, 31)).to_contain_class("current")
    page.keyboard.press("d")
    expect(row(page, 900)).to_be_in_viewport()
    page.keyboard.press("d")
    expect(row(page, 30)).to_be_in_viewport()
