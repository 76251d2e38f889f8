"""`logflume token` and `logflume share` as they are called: their options and help."""

from __future__ import annotations

from typing import Annotated

import typer

from logflume.cli import options as opt
from logflume.cli.settings import DEFAULT_SERVER

token = typer.Typer(
    help="Who may do what: make, list and revoke tokens.",
    rich_markup_mode=None,
    no_args_is_help=True,
)

Expires = Annotated[
    str, typer.Option(metavar="DURATION", help="After 24h, 30d or so it lets nobody in any more.")
]


@token.command("create")
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whom the audit log is to name.")],
    scope: Annotated[
        list[str],
        typer.Option(
            metavar="SCOPE[:PROJECT,…]",
            help="admin, write or read, for these projects or for all; may be repeated.",
        ),
    ],
    expires: Expires = "",
    json: opt.Json = False,
    server: opt.Server = DEFAULT_SERVER,
) -> None:
    """Make a token. Its secret is printed, now and never again.

    \b
    Examples:
      logflume token create ci --scope write:shop
      logflume token create grafana --scope read --expires 90d
      logflume token create team --scope read --scope write:shop,web
    """
    settings = opt.read_settings(server)
    from logflume.cli.access import create_token
    from logflume.cli.failures import explained

    with explained(settings.server):
        create_token(name, scope, expires, settings, json=json)


@token.command("list")
def list_(json: opt.Json = False, server: opt.Server = DEFAULT_SERVER) -> None:
    """List tokens, newest first: what each may do, and when it was last used.

    \b
    Examples:
      logflume token list
      logflume token list --json | jq -r 'select(.used_at == null) | .id'
    """
    settings = opt.read_settings(server)
    from logflume.cli.access import list_tokens
    from logflume.cli.failures import explained

    with explained(settings.server):
        list_tokens(settings, json=json)


@token.command("revoke")
def revoke(
    token_id: Annotated[str, typer.Argument(metavar="ID", help="As `token list` prints it.")],
    server: opt.Server = DEFAULT_SERVER,
) -> None:
    """Revoke a token. What it has open ends within five seconds.

    \b
    Examples:
      logflume token revoke to_…
    """
    settings = opt.read_settings(server)
    from logflume.cli.access import revoke_token
    from logflume.cli.failures import explained

    with explained(settings.server):
        revoke_token(token_id, settings)


def share(
    which: opt.Which,
    expires: Expires = "24h",
    shown: Annotated[bool, typer.Option("--list", help="List the links that there are.")] = False,
    revoked: Annotated[
        str, typer.Option("--revoke", metavar="LINK-ID", help="Have this link open nothing more.")
    ] = "",
    json: opt.Json = False,
    server: opt.Server = DEFAULT_SERVER,
) -> None:
    """Make a link by which anybody may read one deployment, live.

    \b
    Examples:
      logflume share dep_…
      logflume share dep_… --expires 7d
      logflume share dep_… --list
      logflume share dep_… --revoke sh_…
    """
    if shown and revoked:
        raise typer.BadParameter("--list and --revoke exclude each other")
    settings = opt.read_settings(server)
    from logflume.cli.access import list_shares, revoke_share, share_deployment
    from logflume.cli.failures import explained
    from logflume.client.addresses import find_deployment

    with explained(settings.server):
        address = find_deployment(which, settings.server)
        if shown:
            list_shares(address, settings, json=json)
        elif revoked:
            revoke_share(address, revoked, settings)
        else:
            share_deployment(address, expires, settings, json=json)


__all__ = ["share", "token"]
