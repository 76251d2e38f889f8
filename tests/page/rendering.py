"""The page's modules that need no page, asked from Python: a Node process answers, line by line.

One process serves all tests of a module, so that thousands of lines cost no thousands of starts.
"""

from __future__ import annotations

import json
import os
import selectors
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import logflume
from tests.node_tools import FOLDER

ANSWER_SECONDS = 30
"""For the largest line that a test renders: a few seconds. What takes quadratic time takes days."""

ESC = "\x1b["


@dataclass(frozen=True)
class Run:
    """A piece of a line in one style; only what differs from the default is in `style`."""

    text: str
    style: str = ""
    href: str | None = None


class Renderer:
    """The page's modules, in a process of their own."""

    def __init__(self) -> None:
        assets = Path(logflume.__file__).parent / "page" / "assets"
        self._process = subprocess.Popen(
            ["node", "render.mjs", assets.as_uri()],
            cwd=FOLDER,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._rest = b""

    def ask(self, do: str, **about: Any) -> Any:
        """What it answers; fails if that takes longer than anything linear does."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **about}).encode() + b"\n")
        self._process.stdin.flush()
        return json.loads(self._line())

    def render(self, text: str) -> list[Run]:
        return [
            Run(run["text"], said(run["style"]), run.get("href"))
            for run in self.ask("render", text=text)["runs"]
        ]

    def plain(self, text: str) -> str:
        return str(self.ask("plain", text=text)["text"])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def _line(self) -> bytes:
        assert self._process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            parts = [self._rest]
            while b"\n" not in parts[-1]:
                assert selector.select(ANSWER_SECONDS), "no answer in time"
                parts.append(os.read(self._process.stdout.fileno(), 1 << 20))
                assert parts[-1], "the process has ended"
        line, self._rest = b"".join(parts).split(b"\n", 1)
        return line


TRUE_COLOUR = 0x1000000
"""What is added to 0xRRGGBB in a style, as sgr.js does."""


def said(style: dict[str, Any]) -> str:
    """A style in words: `bold fg=1 bg=#00ff00`."""
    words = [name for name, value in style.items() if value is True]
    for ground in ("fg", "bg"):
        colour = style[ground]
        if colour is not None:
            words.append(
                f"{ground}={colour if colour < TRUE_COLOUR else f'#{colour - TRUE_COLOUR:06x}'}"
            )
    return " ".join(words)


__all__ = ["ANSWER_SECONDS", "ESC", "TRUE_COLOUR", "Renderer", "Run", "said"]
