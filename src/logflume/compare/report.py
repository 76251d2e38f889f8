"""The comparison as one page: it holds its plots and its style, runs nothing and loads nothing."""

from __future__ import annotations

from html import escape
from pathlib import Path

from logflume.compare.figures import Comparison, Figures
from logflume.compare.plan import LABELS
from logflume.compare.plots import Bar, Curve, bars, curves
from logflume.compare.table import cells

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""Whatever should ever get into the page: a browser would not let it load or run anything."""

STYLE = Path(__file__).parent / "report.css"

GOOD, BAD = frozenset({"in time"}), frozenset({"late", "lost"})

MEANINGS = {
    "a line": "One line at one watcher, all that it takes divided by all lines at all watchers.",
    "requests, bytes": "From a watcher's first request on, both directions, heads and frames "
    "included; counted at the watchers' sockets, so without what TCP, IP and TLS add. Requests "
    "have no more headers than they need: a browser's are some hundred bytes longer.",
    "the record's own": "What the line has as a record in the history, JSON with number and time.",
    "latency": "From just before the append is sent to the line's arrival at the watcher, the sync "
    "to the disk included. Request/response has none: it reads when it is asked to.",
    "server CPU": "The server's processor time, all its threads, the append's share included.",
    "memory": "What the server grows by for each watcher that waits, or whose connection is kept "
    "between two requests.",
    "cut": "Every connection was reset in the middle of an answer while the log grew on. Caught "
    "up: from the cut until the watcher had every line that was stored by then; the median.",
    "buffering proxy": "It holds an answer back until it is whole or 64 KiB of it have come, and "
    "lets WebSockets through. In time: every line came within 2 seconds. Late: not before the log "
    "was closed. Lost: not even then.",
}


def page_of(comparison: Comparison) -> str:
    """The whole page."""
    style = STYLE.read_text("utf-8")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Logflume: the patterns compared</title>\n<style>\n{style}</style>\n</head>\n"
        f"<body>\n{_head(comparison)}\n{_table(comparison)}\n"
        f'<div class="plots">\n{_plots(comparison.figures)}\n</div>\n'
        f"{_remarks(comparison)}<h2>What the figures are</h2>\n{_list(MEANINGS)}\n"
        f"<h2>Measured on</h2>\n{_list(dict(comparison.machine))}\n</body>\n</html>\n"
    )


def _head(comparison: Comparison) -> str:
    plan = comparison.plan
    said = (
        f"{plan['watchers']} watchers of one log, {plan['lines']} lines, "
        f"{plan['lines_a_second']:g} a second · {comparison.at}"
    )
    return f'<h1>The patterns compared</h1>\n<p class="quiet">{escape(said)}</p>'


def _table(comparison: Comparison) -> str:
    (_, *names), *rows = cells(comparison)
    heads = "".join(f'<th scope="col">{escape(LABELS[name])}</th>' for name in names)
    body = "\n".join(_row(name, values) for name, *values in rows)
    return (
        '<div class="scroll"><table>\n'
        f"<thead><tr><td></td>{heads}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>"
    )


def _row(name: str, values: list[str]) -> str:
    part = ' class="part"' if name.startswith(" ") else ""
    fields = "".join(f"<td{_mark(name, value)}>{escape(value)}</td>" for value in values)
    return f'<tr><th scope="row"{part}>{escape(name.strip())}</th>{fields}</tr>'


def _mark(name: str, value: str) -> str:
    lossy = name in ("cut: lines lost", "cut: lines repeated") and value != "0"
    if value in BAD or lossy:
        return ' class="bad"'
    return ' class="good"' if value in GOOD else ""


def _plots(figures: list[Figures]) -> str:
    curved = [
        Curve(one.pattern, one.label, latency.spread)
        for one in figures
        if (latency := one.deliveries.latency_ms)
    ]
    memory = [one.memory_bytes and one.memory_bytes / 1000 for one in figures]
    drawn = [
        *(
            [curves("Lines that have arrived, by milliseconds from the append", curved)]
            * bool(curved)
        ),
        bars(
            "Bytes a line; shaded: the record's own",
            [
                Bar(one.pattern, one.label, found.bytes_a_line, found.record_bytes_a_line)
                for one in figures
                for found in (one.deliveries,)
            ],
        ),
        _bars("Requests a line", figures, [one.deliveries.requests_a_line for one in figures]),
        _bars("Server CPU a line, µs", figures, [one.deliveries.server_cpu_us for one in figures]),
        _bars("Server memory a watcher, KB", figures, memory),
        _bars("Caught up after a cut, s", figures, [one.cut.caught_up_seconds for one in figures]),
    ]
    return "\n".join(drawn)


def _bars(title: str, figures: list[Figures], values: list[float | None]) -> str:
    rows = [Bar(one.pattern, one.label, value) for one, value in zip(figures, values, strict=True)]
    return bars(title, rows)


def _remarks(comparison: Comparison) -> str:
    said = "".join(f"<p>{escape(remark)}</p>\n" for remark in comparison.remarks())
    return f"<h2>To be known</h2>\n{said}" if said else ""


def _list(entries: dict[str, str]) -> str:
    rows = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>\n" for name, text in entries.items()
    )
    return f"<dl>\n{rows}</dl>"


__all__ = ["page_of"]
