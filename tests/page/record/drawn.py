"""What cannot be recorded just anywhere: written here, in the way of the programs that write it."""

from __future__ import annotations

import math
from collections.abc import Callable

from tests.page.record.terminal import Terminal

ESC = "\x1b["
WIDTH, HEIGHT = 40, 20
"""Of the picture, in points; two points, one above the other, make a character."""


def picture(_: Terminal) -> bytes:
    """A sun over the sea, in true colours: a half block for each two points."""
    lines = []
    for y in range(0, HEIGHT, 2):
        line = ""
        for x in range(WIDTH):
            (top, bottom) = (point(x, y), point(x, y + 1))
            line += f"{ESC}38;2;{top}m{ESC}48;2;{bottom}m▀"
        lines.append(f"{line}{ESC}0m")
    return ("\n".join(lines) + "\n").encode()


def point(x: int, y: int) -> str:
    """The colour of one point: `red;green;blue`."""
    far = math.hypot(x - WIDTH / 2, y - HEIGHT * 0.45) / HEIGHT
    if y > HEIGHT * 0.6:
        wave = 20 * math.sin(x / 3 + y * 1.7)
        return ";".join(str(round(part)) for part in (20 + wave, 70 + wave, 130 - 3 * y + wave))
    if far < 0.25:
        return f"255;{round(220 - 200 * far)};{round(120 - 300 * far)}"
    glow = max(0.0, 1 - far)
    return ";".join(str(round(part)) for part in (40 + 200 * glow, 30 + 110 * glow, 90 + 40 * glow))


def palette(_: Terminal) -> bytes:
    """The 16 colours on each other, the 256, and every attribute."""
    lines = []
    for back in [*range(40, 48), *range(100, 108)]:
        fronts = [*range(30, 38), *range(90, 98)]
        lines.append("".join(f"{ESC}{front};{back}m {front} " for front in fronts) + f"{ESC}0m")
    for first in range(16, 256, 36):
        numbers = range(first, min(first + 36, 256))
        lines.append("".join(f"{ESC}48;5;{n}m {ESC}38;5;{n};49m█" for n in numbers) + f"{ESC}0m")
    names = ["bold", "dim", "italic", "underline", "blink", "", "inverse", "hidden", "strike"]
    lines.append(" ".join(f"{ESC}{n}m{name}{ESC}0m" for n, name in enumerate(names, 1) if name))
    return ("\n".join(lines) + "\n").encode()


def systemd(_: Terminal) -> bytes:
    """A machine's start: states in brackets, a job that is waited for, one that failed."""
    good, bad = f"[{ESC}0;32m  OK  {ESC}0m]", f"[{ESC}0;1;31mFAILED{ESC}0m]"
    waiting = [
        f"\r{ESC}K[{' ' * at}{ESC}0;31m*{ESC}0;1;31m*{ESC}0;31m*{ESC}0m{' ' * (3 - at)}] "
        f"A start job is running for Network ({at + 1}s / 1min 30s)"
        for at in (0, 1, 2, 3, 2, 1)
    ]
    lines = [
        f"{good} Reached target {ESC}0;1;39mLocal File Systems{ESC}0m.",
        f"         Starting {ESC}0;1;39mNetwork{ESC}0m...",
        f"{''.join(waiting)}\r{ESC}K{good} Started {ESC}0;1;39mNetwork{ESC}0m.",
        f"{bad} Failed to start {ESC}0;1;39mThe Shop{ESC}0m.",
        "See 'systemctl status shop.service' for details.",
    ]
    return ("\n".join(lines) + "\n").encode()


def docker(_: Terminal) -> bytes:
    """Layers that load side by side: each step goes up to its own line and down again."""
    layers = ["7d98d813d54f", "3155e2d7e5a1", "a2318d6c47ec"]
    written = "latest: Pulling from demo/shop\n" + "".join(f"{name}: Waiting\n" for name in layers)
    for step in range(0, 101, 25):
        for up, name in zip(range(len(layers), 0, -1), layers, strict=True):
            bar = f"[{'=' * (step // 5)}>{' ' * (20 - step // 5)}] {step / 10:.1f}MB/10MB"
            state = f"Downloading {bar}" if step < 100 else "Pull complete"
            written += f"{ESC}{up}A{ESC}2K\r{name}: {state}\r{ESC}{up}B"
    return (written + "Status: Downloaded newer image for demo/shop:latest\n").encode()


def odd(_: Terminal) -> bytes:
    """Text that is hard to lay out: wide, combining, right to left, tabs, controls, long words."""
    lines = [
        "wide 漢字 かな 한글 ｆｕｌｌ 🪵🚀 narrow",
        "combining e\u0301 o\u0308 Z\u0351\u036b\u0343\u036a\u0302 done",
        "right to left: שלום עולם, مرحبا بالعالم, and back (file_42.txt)",
        "tabs\tone\ttwo\tthree",
        "controls \x00 \x01 \x7f bell\x07 and \x1b]0;a title\x07no title",
        "turned \u202egpj.exe\u202c back",
        "twice decoded: â\x80\x9cquotesâ\x80\x9d",
        "a link: https://example.com/a_(b)?c=d, and \x1b]8;;https://example.com/\x1b\\one\x1b]8;;\x1b\\",
        "long " + "word" * 400,
    ]
    return ("\n".join(lines) + "\n").encode()


ALL: dict[str, Callable[[Terminal], bytes]] = {
    record.__name__: record for record in (picture, palette, systemd, docker, odd)
}
"""Each log, by its name."""
