"""What the viewer's tests share: where a viewer is, how it is moved, and what it says.

Waiting is done in the page, frame by frame: its security policy lets no test evaluate text there,
so Playwright's own `wait_for_function` cannot be used.
"""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, Page, expect

VIEWER = "document.querySelector('deploy-log')?.viewer"

WAIT_FRAMES = 1200
"""20 seconds and more; what waits longer fails by its last look."""


def ask(page: Page, expression: str) -> Any:
    """The value of an expression on `viewer`."""
    return page.evaluate(f"() => {{ const viewer = {VIEWER}; return {expression}; }}")


def until(page: Page, condition: str) -> None:
    """Wait until a condition on `viewer` holds, looked at once a frame; first when what was asked
    of the page has been painted."""
    held = page.evaluate(
        f"""async () => {{
          for (let frame = 0; frame < {WAIT_FRAMES}; frame++) {{
            await new Promise(requestAnimationFrame);
            const viewer = {VIEWER};
            if (viewer && ({condition})) return true;
          }}
          return false;
        }}"""
    )
    assert held, f"it never came to be that {condition}"


def frames(page: Page, count: int = 3) -> None:
    """Let so many frames pass: whatever was to be painted has been."""
    page.evaluate(
        "async (count) => { while (count--) await new Promise(requestAnimationFrame); }", count
    )


def loaded(page: Page, n: int) -> None:
    """Wait until line n is on the screen and every line on it has come."""
    until(
        page,
        f"viewer.visible.first <= {n} && {n} <= viewer.visible.last"
        " && viewer.visible.first > 0 && !viewer.root.querySelector('.coming')",
    )


def visible(page: Page) -> tuple[int, int]:
    """The numbers of the first and the last line on the screen, once what was asked is done."""
    frames(page)
    found = ask(page, "viewer.visible")
    return found["first"], found["last"]


def tops(page: Page) -> dict[int, float]:
    """Where each row of the screen is, in pixels from the screen's top, by its number."""
    frames(page)
    found: dict[str, float] = page.evaluate(
        f"""() => {{
          const {{ root }} = {VIEWER};
          const {{ top, bottom }} = root.querySelector(".layer").getBoundingClientRect();
          const rows = [...root.querySelectorAll(".rows .row")]
            .map((row) => [row.dataset.n, row.getBoundingClientRect()])
            .filter(([, box]) => box.bottom > top && box.top < bottom);
          return Object.fromEntries(rows.map(([n, box]) => [n, box.top - top]));
        }}"""
    )
    return {int(n): pixels for n, pixels in found.items()}


def page_rows(page: Page) -> int:
    """How many whole rows of text the screen has."""
    height: float = ask(
        page, "viewer.screen.clientHeight / viewer.root.querySelector('.probe').offsetHeight"
    )
    return int(height)


def wheel(page: Page, pixels: float) -> None:
    """Turn the wheel over the log."""
    page.locator("deploy-log .screen").hover()
    page.mouse.wheel(0, pixels)
    frames(page)


def drag_bar(page: Page, part: float) -> None:
    """Bring the scroll bar to a part of its way, as dragging does."""
    page.locator("deploy-log .screen").evaluate(
        "(area, part) => { area.scrollTop = (area.scrollHeight - area.clientHeight) * part; }", part
    )


def says(page: Page, text: str) -> None:
    """Wait until the line of state says this of the connection."""
    expect(page.locator("deploy-log .connection")).to_have_text(text)


def pill(page: Page) -> Locator:
    """The button that leads to the end."""
    return page.locator("deploy-log .pill")


def text_of(page: Page, n: int) -> str:
    """The text of the row that begins with record n."""
    return page.locator(f"deploy-log .row[data-n='{n}'] .text").inner_text()


def css_of(page: Page, text: str, name: str) -> str:
    """A property of the style that this text of a line is shown in."""
    span = page.locator("deploy-log .row .text span").filter(has_text=text).first
    return str(span.evaluate("(span, name) => getComputedStyle(span)[name]", name))


__all__ = [
    "ask",
    "css_of",
    "drag_bar",
    "frames",
    "loaded",
    "page_rows",
    "pill",
    "says",
    "text_of",
    "tops",
    "until",
    "visible",
    "wheel",
]
