"""Figures as a line on the terminal, as JSON, and as the table in docs/benchmarks.md."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bench.rounds import Figure

DOCS = Path(__file__).parent.parent / "docs" / "benchmarks.md"
BEGIN, END = "<!-- figures: begin -->\n", "<!-- figures: end -->\n"


@dataclass(slots=True)
class Report:
    machine: Mapping[str, str]
    figures: list[Figure] = field(default_factory=list)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def machine_text(self) -> str:
        return "\n".join(f"{name}: {value}" for name, value in self.machine.items())

    def write(self, folder: Path) -> str:
        """Keep it as JSON in `folder`; the file's name."""
        path = folder / f"{self.at:%Y%m%dT%H%M%SZ}.json"
        figures = [{**asdict(figure), "median": figure.median} for figure in self.figures]
        content = {"at": self.at.isoformat(), "machine": self.machine, "figures": figures}
        path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
        return f"{path.parent.parent.name}/{path.parent.name}/{path.name}"

    def write_table(self) -> str:
        """Replace what stands between the marks in docs/benchmarks.md; the file's name."""
        before, _, rest = DOCS.read_text().partition(BEGIN)
        after = rest.partition(END)[2]
        DOCS.write_text(before + BEGIN + self._markdown() + END + after)
        return f"{DOCS.parent.name}/{DOCS.name}"

    def _markdown(self) -> str:
        machine = "\n".join(f"- {name}: {value}" for name, value in self.machine.items())
        rows = "\n".join(_row(figure) for figure in self.figures)
        return f"Measured on {self.at:%Y-%m-%d}.\n\n{machine}\n\n{HEADER}\n{rows}\n"


HEADER = (
    "| measure | unit | median | rounds | want | server that does nothing"
    " | server's core busy | load's core busy |\n|---|---|--:|--:|---|--:|--:|--:|"
)


def print_figure(figure: Figure) -> None:
    beside = [f"want {figure.want}"] if figure.want else []
    if figure.nothing is not None:
        beside.append(f"nothing {number(figure.nothing)}")
    if figure.server_cpu is not None:
        beside.append(f"server {_percent(figure.server_cpu)}, load {_percent(figure.load_cpu)}")
    value = f"{number(figure.median)} {figure.unit} ({_spread(figure)})"
    print(f"  {figure.name}: {value}{''.join(f' · {part}' for part in beside)}", flush=True)


def number(value: float) -> str:
    """Three digits that count, or all before the point."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _row(figure: Figure) -> str:
    nothing = "" if figure.nothing is None else number(figure.nothing)
    cells = [
        figure.name,
        figure.unit,
        f"**{number(figure.median)}**",
        _spread(figure),
        figure.want,
        nothing,
        _percent(figure.server_cpu),
        _percent(figure.load_cpu),
    ]
    return f"| {' | '.join(cells)} |"


def _spread(figure: Figure) -> str:
    if len(figure.rounds) == 1:
        return "once"
    return f"{number(min(figure.rounds))}–{number(max(figure.rounds))}"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"
