"""The picture that moves: `logflume run` in a terminal, and beside it the page that follows."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import threading
import time
from pathlib import Path
from typing import Any

import pyte
from PIL import Image
from playwright.sync_api import Browser, Page

ROWS, COLUMNS = 30, 72
WIDTH, HEIGHT = 620, 600
"""Of each half, in CSS pixels."""

FRAME_MILLISECONDS = 320
LAST_MILLISECONDS = 3000
"""How long the end stands before it all begins anew."""

TERMINAL = """<!doctype html><meta charset="utf-8"><style>
body { margin: 0; background: #0c1110; color: #d5ddda; }
p { margin: 0; padding: 9px 16px; font: 13px system-ui; color: #94a29e; background: #161c1b; }
pre { margin: 0; padding: 12px 16px; font: 13px/18px "DejaVu Sans Mono", monospace; }
b { font-weight: 700 } .green { color: #6fcf8f } .cyan { color: #6cc9bd } .red { color: #ff8f85 }
.brown { color: #e0b44c } .blue { color: #7db2ff } .magenta { color: #d7a3ff }
</style><p>Terminal</p><pre></pre>"""

DRAW = """(lines) => document.querySelector("pre").replaceChildren(...lines.map((runs) => {
  const line = document.createElement("div");
  for (const [text, colour, bold] of runs) {
    const run = document.createElement(bold ? "b" : "span");
    run.textContent = text;
    run.className = colour;
    line.append(run);
  }
  if (!runs.length) line.textContent = "\\u00a0";
  return line;
}))"""


class Terminal:
    """A command in a pseudo-terminal, and its screen."""

    def __init__(self, command: list[str], environment: dict[str, str], folder: Path) -> None:
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._screen.set_mode(pyte.modes.LNM)
        self._stream = pyte.ByteStream(self._screen)
        self._changing = threading.Lock()
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self._feed(f"$ {' '.join(command)}\r\n".encode())
        self._process = subprocess.Popen(
            [sys.executable, "-m", *command],
            env=environment,
            cwd=folder,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        threading.Thread(target=self._read, args=[ours], daemon=True).start()

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    @property
    def text(self) -> str:
        with self._changing:
            return "\n".join(self._screen.display)

    @property
    def lines(self) -> list[list[tuple[str, str, bool]]]:
        """Each line as runs of (text, colour, bold)."""
        with self._changing:
            return [self._runs(self._screen.buffer[row]) for row in range(ROWS)]

    def _runs(self, row: Any) -> list[tuple[str, str, bool]]:
        runs: list[tuple[str, str, bool]] = []
        for column in range(COLUMNS):
            cell = row[column]
            if runs and runs[-1][1:] == (cell.fg, cell.bold):
                runs[-1] = (runs[-1][0] + cell.data, cell.fg, cell.bold)
            else:
                runs.append((cell.data, cell.fg, cell.bold))
        return runs

    def _read(self, descriptor: int) -> None:
        while True:
            try:
                data = os.read(descriptor, 65536)
            except OSError:  # the other end is closed: Linux says so in this way
                return
            self._feed(data)

    def _feed(self, data: bytes) -> None:
        with self._changing:
            self._stream.feed(data)


def film(browser: Browser, url: str, project: Path, file: Path) -> None:
    """Run the deployment of the project that lies there, and save what could be seen."""
    command = ["logflume", "run", "--project", "shop", "--title", "Release 4.0"]
    environment = {**os.environ, "LOGFLUME_SERVER": url, "FORCE_COLOR": "1", "TERM": "xterm"}
    left, right = _half(browser), _half(browser)
    left.set_content(TERMINAL)
    terminal = Terminal([*command, "--", "scripts/demo-deployment"], environment, project)
    while not (found := re.search(r"http://\S+/d/dep_\S+", terminal.text.replace("\n", ""))):
        time.sleep(0.05)
    right.goto(found[0])
    frames: list[Image.Image] = []
    while terminal.running:
        frames.append(_frame(left, right, terminal))
        time.sleep(FRAME_MILLISECONDS / 1000)
    right.get_by_text("complete").first.wait_for()
    frames.append(_frame(left, right, terminal))
    durations = [FRAME_MILLISECONDS] * (len(frames) - 1) + [LAST_MILLISECONDS]
    frames[0].save(
        file,
        save_all=True,
        append_images=frames[1:],
        duration=durations,
        loop=0,
        quality=45,
        method=6,
    )
    left.close()
    right.close()


def _half(browser: Browser) -> Page:
    return browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="dark")


def _frame(left: Page, right: Page, terminal: Terminal) -> Image.Image:
    left.evaluate(DRAW, terminal.lines)
    frame = Image.new("RGB", (2 * WIDTH, HEIGHT))
    for page, x in ((left, 0), (right, WIDTH)):
        frame.paste(Image.open(io.BytesIO(page.screenshot())), (x, 0))
    return frame


__all__ = ["film"]
