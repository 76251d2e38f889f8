"""`logflume serve` as it is called: its options. What they may be, `cli/serve.py` finds out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

Host = Annotated[str, typer.Option(help="The address to listen on.")]
Port = Annotated[int, typer.Option(help="The port; 0 is any that is free.")]
Data = Annotated[
    Path, typer.Option(envvar="LOGFLUME_DATA", metavar="DIR", help="Where logs are stored.")
]
Store = Annotated[
    str | None,
    typer.Option(metavar="URL", help="Another store; memory: keeps nothing. [embedded]"),
]
AllowOrigin = Annotated[
    list[str] | None,
    typer.Option(
        envvar="LOGFLUME_ALLOW_ORIGIN",
        metavar="ORIGIN",
        help="Pages of this site may read logs and embed the viewer; * is everybody. May be "
        "repeated.",
    ),
]
LogFormat = Annotated[
    Literal["text", "json"],
    typer.Option(envvar="LOGFLUME_LOG_FORMAT", help="How the server writes its own log."),
]
LogLevel = Annotated[
    Literal["debug", "info", "warning", "error"],
    typer.Option(envvar="LOGFLUME_LOG_LEVEL", help="From which level on it writes it."),
]


ConnectionsPerAddress = Annotated[
    int,
    typer.Option(
        min=0,
        metavar="N",
        help="Open from one address; 0 is any number. This machine itself has no bound.",
    ),
]


def serve(
    host: Host = "127.0.0.1",
    port: Port = 8080,
    data: Data = Path("logflume-data"),
    store: Store = None,
    allow_origin: AllowOrigin = None,
    max_connections_per_address: ConnectionsPerAddress = 10_000,
    log_format: LogFormat = "text",
    log_level: LogLevel = "info",
) -> None:
    """Run the server.

    \b
    Examples:
      logflume serve
      logflume serve --host 0.0.0.0 --port 80 --data /var/lib/logflume
      logflume serve --allow-origin https://deploys.example.com
    """
    from logflume.cli.serve import serve as serve_logs
    from logflume.cli.serving import Serving

    serving = Serving(
        *(host, port, data, store),
        origins=allow_origin or [],
        connections_per_address=max_connections_per_address,
        log_format=log_format,
        log_level=log_level,
    )
    raise typer.Exit(serve_logs(serving))


__all__ = ["serve"]
