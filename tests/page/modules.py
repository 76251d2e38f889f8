"""The page's modules that hold a log's data, asked from Python in a Node process of their own."""

from __future__ import annotations

import json
import subprocess
from base64 import b64encode
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

import logflume

PROGRAM = Path(__file__).parents[1] / "node" / "log_data.mjs"


class Modules:
    """One process for all questions of a test file."""

    def __init__(self) -> None:
        assets = Path(logflume.__file__).parent / "page" / "assets"
        self._process = subprocess.Popen(
            ["node", PROGRAM, assets.as_uri()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, do: str, **about: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": do, **about}) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()


def split(body: bytes, borders: list[int]) -> list[str]:
    """The body in pieces that end at these places, each as Base64."""
    places = sorted({place % (len(body) + 1) for place in borders} | {0, len(body)})
    pairs = pairwise(places)
    return [b64encode(body[first:last]).decode() for first, last in pairs]


__all__ = ["Modules", "split"]
