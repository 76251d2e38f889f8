"""docs/limits.md has every limit, with the number that the source has."""

from __future__ import annotations

import re
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import NamedTuple

import pytest

from logflume.cli.serve_command import serve
from logflume.http.limits import MAX_CONNECTIONS_PER_ADDRESS
from tests.test_docs import commands

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "logflume"
SERVER = ("http", "deployments", "generic", "wire", "store", "access")
EDGE = ("door", "head", "http_protocol", "listening", "receipt", "strict_protocol", "upgrade")
"""What of the commands is the server's."""

COLUMNS = 5
UNITS = {"KiB": 1024, "MiB": 1024**2, "GiB": 1024**3, "s": 1}

OF_ITS_OWN = {
    "cli/door.py MAX_DESCRIPTORS",
    "cli/door.py MAX_LINGERING",
    "cli/head.py MAX_LOOSE_BYTES",
    "cli/http_protocol.py MAX_REPEATED_BYTES",
    "cli/http_protocol.py MAX_UNSENT_BYTES",
    "cli/listening.py MAX_PORT",
    "cli/listening.py MAX_UNSENT_BYTES",
    "cursor.py MAX_BATCH_BYTES",
    "deployments/candidates.py MAX_WORD_CHARS",
    "deployments/digests.py MAX_RUNNING",
    "deployments/retention.py MAX_AT_ONCE",
    "deployments/line_records.py MAX_NUMBERS",
    "deployments/patterns.py MAX_EFFORT",
    "http/callers.py MAX_SHOWN_BYTES",
    "http/caching.py MAX_RETRY_SECONDS",
    "http/history.py MAX_READ_BYTES",
    "http/rates.py MAX_BUCKETS",
    "http/refusal.py MAX_SKIPPED_BYTES",
    "http/socket_connection.py MAX_SILENT_LOOKS",
    "http/socket_requests.py MAX_ECHOED_CHARS",
    "reads.py MAX_PLACES",
    "store/sqlite_check.py MAX_TOLD",
    "store/sqlite_file.py MAX_WAL_BYTES",
    "store/sqlite_transaction.py MAX_CHUNK_BYTES",
    "store/sqlite_transaction.py MAX_KNOWN_LOGS",
    "tail.py MAX_STATES",
    "wire/control.py MAX_JITTER_CURSORS",
}
"""How Logflume does its work: nobody is refused for these."""


class Limit(NamedTuple):
    """A row of the page."""

    shown: str
    file: str
    name: str


def limits() -> list[Limit]:
    """Every row."""
    found = []
    for line in (ROOT / "docs" / "limits.md").read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and len(cells) == COLUMNS and cells[0] != "what":
            file, _, name = cells[-1].strip("`").partition(" ")
            found.append(Limit(cells[1], file, name))
    return found


def shown_value(text: str) -> float:
    """What `20 MiB`, `30 s`, `1,000` or `2^53-1` means."""
    if text == "2^53-1":
        return 2**53 - 1
    number, _, unit = text.partition(" ")
    return float(number.replace(",", "")) * (UNITS[unit] if unit else 1)


@pytest.mark.parametrize("limit", limits(), ids=lambda limit: f"{limit.file} {limit.name}")
def test_the_number_is_that_of_the_source(limit: Limit) -> None:
    """However it is written."""
    module = import_module("logflume." + limit.file.removesuffix(".py").replace("/", "."))
    assert shown_value(limit.shown) == getattr(module, limit.name)


def test_every_limit_is_there() -> None:
    """Each `MAX_…` of the server's source has a row, or is how Logflume does its work."""
    files = [path for folder in SERVER for path in (SOURCE / folder).rglob("*.py")]
    files += [*SOURCE.glob("*.py"), *(SOURCE / "cli" / f"{name}.py" for name in EDGE)]
    defined = {
        f"{path.relative_to(SOURCE)} {name}"
        for path in files
        for name in re.findall(r"^(MAX_[A-Z_]+)\b.*=", path.read_text("utf-8"), re.MULTILINE)
    }
    told = {f"{limit.file} {limit.name}" for limit in limits()}
    assert {one for one in defined if one not in told} == OF_ITS_OWN


def test_the_option_has_the_number_of_the_page() -> None:
    """`serve --max-connections-per-address`, whose default is written twice."""
    assert "--max-connections-per-address" in commands()["serve"]
    default = signature(serve).parameters["max_connections_per_address"].default
    assert default == MAX_CONNECTIONS_PER_ADDRESS
