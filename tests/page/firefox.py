"""Firefox, driven by the protocol that it speaks itself: WebDriver BiDi (W3C), over a WebSocket.

A driver program between is not needed, and Debian has none for it. Only what the tests use is here.
"""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import time
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from websockets.sync.client import ClientConnection, connect

START_SECONDS = 60
"""A first start makes a profile; on a busy machine that takes its time."""

WAIT_SECONDS = 20
LOOK_SECONDS = 0.05


class Firefox:
    """One window. Use it as a context manager."""

    def __init__(self, profile: Path) -> None:
        program = shutil.which("firefox-esr") or shutil.which("firefox")
        assert program is not None, "Firefox is missing; scripts/test installs it"
        self._said = profile / "stderr"
        profile.mkdir(parents=True)
        arguments = ["--headless", "--no-remote", "--profile", str(profile)]
        with self._said.open("w") as stderr:
            self._process = subprocess.Popen(
                [program, *arguments, "--remote-debugging-port=0"],
                stderr=stderr,
                stdout=subprocess.DEVNULL,
            )
        self._numbers = count(1)
        self._opened = ExitStack()
        self._socket: ClientConnection = self._opened.enter_context(
            connect(f"{self._address()}/session", max_size=None)
        )
        self._call("session.new", capabilities={})
        tree = self._call("browsingContext.getTree")
        self._context: str = tree["contexts"][0]["context"]

    def open(self, url: str) -> None:
        """Go there, and wait until it is loaded."""
        self._call("browsingContext.navigate", context=self._context, url=url, wait="complete")

    def evaluate(self, expression: str) -> Any:
        """The JSON value of an expression in the page, awaited."""
        answer = self._call(
            "script.evaluate",
            expression=f"Promise.resolve({expression}).then((it) => JSON.stringify(it ?? null))",
            target={"context": self._context},
            awaitPromise=True,
        )
        assert answer["type"] == "success", answer
        return json.loads(answer["result"]["value"])

    def until(self, expression: str) -> Any:
        """What the expression gives as soon as that is true."""
        deadline = time.monotonic() + WAIT_SECONDS
        while not (value := self.evaluate(expression)):
            assert time.monotonic() < deadline, f"{expression} is still {value!r}"
            time.sleep(LOOK_SECONDS)
        return value

    def press(self, *keys: str) -> None:
        """Press and release each key in turn."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self._act({"type": "key", "id": "keyboard", "actions": actions})

    def wheel(self, x: int, y: int, pixels: int) -> None:
        scroll = {"type": "scroll", "x": x, "y": y, "deltaX": 0, "deltaY": pixels}
        self._act({"type": "wheel", "id": "wheel", "actions": [scroll]})

    def save(self, file: Path) -> None:
        """A picture of what it shows."""
        file.parent.mkdir(exist_ok=True)
        shot = self._call("browsingContext.captureScreenshot", context=self._context)
        file.write_bytes(base64.b64decode(shot["data"]))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._opened.close()
        self._process.kill()
        self._process.wait()

    def _act(self, *sources: dict[str, Any]) -> None:
        self._call("input.performActions", context=self._context, actions=list(sources))

    def _address(self) -> str:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            found = re.search(r"WebDriver BiDi listening on (ws://\S+)", self._said.read_text())
            if found:
                return found[1]
            assert self._process.poll() is None, self._said.read_text()
            time.sleep(LOOK_SECONDS)
        self._process.kill()
        raise TimeoutError("Firefox did not start")

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            answer: dict[str, Any] = json.loads(self._socket.recv(timeout=START_SECONDS))
            if answer.get("id") == number:
                assert answer["type"] == "success", answer
                result: dict[str, Any] = answer["result"]
                return result


KEYS: dict[str, str] = {"Enter": "\ue007", "End": "\ue010", "Home": "\ue011", "Escape": "\ue00c"}
"""How WebDriver spells the keys that are no characters (WebDriver, section 17.4.2)."""


def typed(text: str) -> Sequence[str]:
    return list(text)


__all__ = ["KEYS", "Firefox", "typed"]
