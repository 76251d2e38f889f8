"""Whatever a program colours can be read, in either theme: contrast is that of WCAG AA."""

from __future__ import annotations

import re
from importlib.resources import files
from itertools import product
from typing import Any

import pytest
from pyte.graphics import FG_BG_256

from tests.page.rendering import Renderer

ASSETS = files("logflume.page") / "assets"
LEAST_CONTRAST = 4.5
NAMED = range(16)
SOME_COLOURS = [
    *(f"5;{n}" for n in (16, 21, 46, 88, 124, 196, 201, 226, 231, 232, 240, 244, 250, 255)),
    *("2;0;0;0", "2;255;255;255", "2;128;128;128", "2;12;16;15", "2;255;255;0", "2;10;0;120"),
]

Rgb = list[int]


def code(ground: str, colour: int | str) -> str:
    """The SGR code of a named colour, or of an extended one."""
    base = 30 if ground == "fg" else 40
    if isinstance(colour, str):
        return f"{base + 8};{colour}"
    return str(base + colour if colour < 8 else base + 60 + colour - 8)


class Eyes:
    """Sees a look as the colours that it has in one theme."""

    def __init__(self, theme: dict[str, Any], *, dark: bool) -> None:
        self._dark = dark
        self._variables: dict[str, Rgb] = {
            "--log-fg": theme["ink"],
            "--log-bg": theme["ground"],
            **{f"--ansi-fg-{n}": rgb for n, rgb in enumerate(theme["inks"])},
            **{f"--ansi-bg-{n}": rgb for n, rgb in enumerate(theme["grounds"])},
        }

    def contrast(self, look: dict[str, Any]) -> float:
        """As WCAG defines it: from 1 to 21."""
        front = luminance(self._rgb(look["color"] or "var(--log-fg)"))
        back = luminance(self._rgb(look["background"] or "var(--log-bg)"))
        return (max(front, back) + 0.05) / (min(front, back) + 0.05)

    def _rgb(self, css: str) -> Rgb:
        both = re.fullmatch(r"light-dark\((.*\)), (.*)\)", css)
        if both:
            css = both[2 if self._dark else 1]
        variable = re.fullmatch(r"var\((.*)\)", css)
        if variable:
            return self._variables[variable[1]]
        digits = re.fullmatch(r"rgb\((\d+) (\d+) (\d+)\)", css)
        assert digits, css
        return [int(digit) for digit in digits.groups()]


def luminance(rgb: Rgb) -> float:
    parts = [part / 255 for part in rgb]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.fixture(params=["light", "dark"])
def eyes(request: pytest.FixtureRequest, renderer: Renderer) -> Eyes:
    dark = request.param == "dark"
    return Eyes(renderer.ask("palette")["DARK" if dark else "LIGHT"], dark=dark)


def worst(renderer: Renderer, eyes: Eyes, codes: list[str]) -> tuple[float, str]:
    """The least contrast, and whose it is. Quiet text is the viewer's, and tested with it."""
    looks = renderer.ask("looks", texts=[f"\x1b[{code}mx" for code in codes])["looks"]
    return min(
        (eyes.contrast(look), code)
        for look, code in zip(looks, codes, strict=True)
        if look["color"] != "var(--log-quiet)"
    )


@pytest.mark.parametrize("more", ["", "7", "2", "2;7", "8"])
def test_every_colour_can_be_read_on_every_other(renderer: Renderer, eyes: Eyes, more: str) -> None:
    """Named, of the palette, true; as it is, inverse, dimmed, hidden."""
    colours: list[int | str] = [*NAMED, *SOME_COLOURS]
    alone = [code(ground, colour) for ground in ("fg", "bg") for colour in colours]
    pairs = [f"{code('fg', fg)};{code('bg', bg)}" for fg, bg in product(colours, colours)]
    codes = [f"{code};{more}" if more else code for code in alone + pairs]
    assert worst(renderer, eyes, codes) >= (LEAST_CONTRAST, "")


def test_every_colour_of_the_palette_can_be_read(renderer: Renderer, eyes: Eyes) -> None:
    """All 240 beyond the named ones, on the ground of a line."""
    codes = [code("fg", f"5;{n}") for n in range(16, 256)]
    assert worst(renderer, eyes, codes) >= (LEAST_CONTRAST, "")


def test_the_palette_is_that_of_terminals(renderer: Renderer) -> None:
    """The 240 colours beyond the named ones, exact in a picture, are pyte's."""
    texts = [f"\x1b[38;5;{n}m█" for n in range(16, 256)]
    colours = [look["color"] for look in renderer.ask("looks", texts=texts)["looks"]]
    known = [bytes.fromhex(colour) for colour in FG_BG_256[16:]]
    assert colours == [f"rgb({red} {green} {blue})" for red, green, blue in known]


@pytest.mark.parametrize(
    ("text", "look"),
    [
        ("\x1b[31mx", {"color": "var(--ansi-fg-1)", "background": None}),
        ("\x1b[30;42mx", {"color": "var(--ansi-fg-0)", "background": "var(--ansi-bg-2)"}),
        ("\x1b[7mx", {"color": "var(--log-bg)", "background": "var(--log-fg)"}),
        ("\x1b[7;31mx", {"color": "var(--log-bg)", "background": "var(--ansi-fg-1)"}),
        ("\x1b[38;2;0;90;0mx", {"color": "light-dark(rgb(0 90 0), rgb(104 157 104))"}),
        ("\x1b[38;2;0;0;0mx", {"color": "light-dark(rgb(0 0 0), rgb(143 143 143))"}),
        ("\x1b[48;5;16mx", {"color": "rgb(214 222 219)", "background": "rgb(0 0 0)"}),
        ("\x1b[38;5;226;48;5;231m▀▄█ ", {"color": "rgb(255 255 0)"}),
        ("\x1b[2mx", {"className": "dim", "color": "var(--log-quiet)"}),
        ("\x1b[1;3;4;9mx", {"className": "bold italic underline strike"}),
        ("\x1b[8mx", {"className": "concealed", "title": "hidden by the program that wrote it"}),
    ],
)
def test_looks(renderer: Renderer, text: str, look: dict[str, Any]) -> None:
    """Named colours are a theme's to decide; others are exact where they can be read."""
    [seen] = renderer.ask("look", text=text)["looks"]
    assert {name: seen[name] for name in look} == look


def test_the_style_sheet_has_the_same_colours(renderer: Renderer) -> None:
    """What is computed with is what the page shows."""
    css = (ASSETS / "ansi-colours.css").read_text("utf-8")
    written = re.findall(r"(--ansi-[fb]g-\d+): light-dark\(#(\w{6}), #(\w{6})\);", css)
    palette = renderer.ask("palette")
    names = {"fg": "inks", "bg": "grounds"}
    reckoned = [
        (f"--ansi-{ground}-{n}", *(hex_of(palette[theme][key][n]) for theme in ("LIGHT", "DARK")))
        for ground, key in names.items()
        for n in NAMED
    ]
    assert sorted(written) == sorted(reckoned)


def hex_of(rgb: Rgb) -> str:
    return "".join(f"{part:02x}" for part in rgb)
