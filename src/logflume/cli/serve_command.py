"""`logflume serve` as it is called: its options. What they may be, `cli/serve.py` finds out."""

from __future__ import annotations

import os
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
PublicUrl = Annotated[
    str | None,
    typer.Option(
        envvar="LOGFLUME_PUBLIC_URL",
        metavar="URL",
        help="The address by which others know this server, through a proxy; tokens are asked "
        "for then.",
    ),
]
RequireTokens = Annotated[
    bool, typer.Option("--require-tokens", help="Ask for tokens on this machine, too.")
]
InsecureOpen = Annotated[
    bool,
    typer.Option("--insecure-open", help="Let everybody who reaches the server do everything."),
]
OidcIssuer = Annotated[
    str | None,
    typer.Option(
        envvar="LOGFLUME_OIDC_ISSUER", metavar="URL", help="Let people in on this provider's word."
    ),
]
OidcClientId = Annotated[
    str, typer.Option(envvar="LOGFLUME_OIDC_CLIENT_ID", metavar="ID", help="Our name there.")
]
OidcClientSecretFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Has our secret there; else LOGFLUME_OIDC_CLIENT_SECRET is it."
    ),
]
OidcGroupsClaim = Annotated[
    str, typer.Option(metavar="NAME", help="What of its ID token names the groups.")
]
OidcMap = Annotated[
    list[str] | None,
    typer.Option(
        envvar="LOGFLUME_OIDC_MAP",
        metavar="GROUP=SCOPE[:PROJECT,…]",
        help="What the members of a group may do; may be repeated.",
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
MinFree = Annotated[
    int | None,
    typer.Option(
        "--min-free-mib",
        envvar="LOGFLUME_MIN_FREE_MIB",
        metavar="MIB",
        min=0,
        help="With less room on the disk, appends are refused; 0 is never. [256, at most a tenth]",
    ),
]
KeepDays = Annotated[
    int,
    typer.Option(
        envvar="LOGFLUME_KEEP_DAYS",
        metavar="DAYS",
        min=0,
        max=36_500,
        help="Delete deployments that ended so long ago; 0 is never. Projects may set their own.",
    ),
]
KeepBytes = Annotated[
    int,
    typer.Option(
        envvar="LOGFLUME_KEEP_BYTES",
        metavar="BYTES",
        min=0,
        help="Delete a project's oldest when its logs are larger together; 0 is never.",
    ),
]
MaxLogBytes = Annotated[
    int,
    typer.Option(
        envvar="LOGFLUME_MAX_LOG_BYTES",
        metavar="BYTES",
        min=1024**2,
        max=1024**4,
        help="Of a larger log only the beginning and the newest part are kept.",
    ),
]
MaxWatchers = Annotated[
    int | None,
    typer.Option(
        envvar="LOGFLUME_MAX_WATCHERS",
        metavar="N",
        min=0,
        help="How many may watch at once. [50000, or as many as there may be connections]",
    ),
]
MaxWatchersPerLog = Annotated[
    int,
    typer.Option(
        envvar="LOGFLUME_MAX_WATCHERS_PER_LOG",
        metavar="N",
        min=0,
        help="How many may watch one log at once.",
    ),
]
MaxAppends = Annotated[
    int | None,
    typer.Option(
        envvar="LOGFLUME_MAX_APPENDS_PER_SECOND",
        metavar="N",
        min=1,
        help="How often each caller may append. [as often as it likes]",
    ),
]


def serve(
    host: Host = "127.0.0.1",
    port: Port = 8080,
    data: Data = Path("logflume-data"),
    store: Store = None,
    allow_origin: AllowOrigin = None,
    min_free_mib: MinFree = None,
    keep_days: KeepDays = 0,
    keep_bytes: KeepBytes = 0,
    max_log_bytes: MaxLogBytes = 1024**3,
    max_watchers: MaxWatchers = None,
    max_watchers_per_log: MaxWatchersPerLog = 20_000,
    max_appends_per_second: MaxAppends = None,
    public_url: PublicUrl = None,
    require_tokens: RequireTokens = False,
    insecure_open: InsecureOpen = False,
    oidc_issuer: OidcIssuer = None,
    oidc_client_id: OidcClientId = "",
    oidc_client_secret_file: OidcClientSecretFile = None,
    oidc_groups_claim: OidcGroupsClaim = "groups",
    oidc_map: OidcMap = None,
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
      logflume serve --keep-days 90 --min-free-mib 1024

    On this machine's own address anybody may do everything. On any other one tokens are asked for,
    and the first is made and shown at the first start.
    """
    from logflume.cli.admission import Admission
    from logflume.cli.keeping import Keeping
    from logflume.cli.serve import serve as serve_logs
    from logflume.cli.serve_access import Access, Oidc
    from logflume.cli.serving import Serving

    oidc = None
    if oidc_issuer is not None:
        secret = _secret(oidc_client_secret_file)
        about = (oidc_issuer, oidc_client_id, secret, oidc_groups_claim, oidc_map or [])
        oidc = Oidc(*about)
    serving = Serving(
        *(host, port, data, store),
        access=Access(allow_origin or [], public_url, require_tokens, insecure_open, oidc),
        connections_per_address=max_connections_per_address,
        log_format=log_format,
        log_level=log_level,
        keeping=Keeping(min_free_mib, keep_days, keep_bytes, max_log_bytes),
        admission=Admission(max_watchers, max_watchers_per_log, max_appends_per_second),
    )
    raise typer.Exit(serve_logs(serving))


def _secret(file: Path | None) -> str:
    """Ours at the provider: not an option, which others on the machine could see."""
    if file is None:
        return os.environ.get("LOGFLUME_OIDC_CLIENT_SECRET", "")
    try:
        return file.read_text("utf-8").strip()
    except (OSError, ValueError) as error:
        raise typer.BadParameter(f"--oidc-client-secret-file: {error}") from error


__all__ = ["serve"]
