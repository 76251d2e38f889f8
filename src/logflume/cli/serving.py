"""How a server is to be run: what the options of `logflume serve` say, as one value."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from logflume.cli.admission import Admission
from logflume.cli.keeping import Keeping
from logflume.cli.log_format import LogFormat, LogLevel
from logflume.cli.serve_access import Access
from logflume.http.limits import MAX_CONNECTIONS_PER_ADDRESS


@dataclass(frozen=True, slots=True)
class Serving:
    """`store` is the address of another store than the embedded one in `data`."""

    host: str
    port: int
    data: Path
    store: str | None
    access: Access = field(default_factory=Access)
    connections_per_address: int = MAX_CONNECTIONS_PER_ADDRESS
    log_format: LogFormat = "text"
    log_level: LogLevel = "info"
    keeping: Keeping = field(default_factory=Keeping)
    admission: Admission = field(default_factory=Admission)

    @property
    def folder(self) -> Path | None:
        """Where logs are kept, if they are kept in a folder."""
        return self.data if self.store is None else None


__all__ = ["Serving"]
