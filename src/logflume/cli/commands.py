"""The commands' names, options and help. What each does is in the module of its name.

In the docstrings, which are the help texts, `\\b` keeps a paragraph's lines as they are.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated, Literal

import typer

from logflume.cli import options as opt
from logflume.cli.about import About
from logflume.cli.access_commands import share, token
from logflume.cli.backup_commands import backup, restore, verify
from logflume.cli.compare_command import compare
from logflume.cli.messages import say
from logflume.cli.project_command import project
from logflume.cli.redact_command import redact
from logflume.cli.search_command import search
from logflume.cli.serve_command import serve
from logflume.cli.settings import DEFAULT_SERVER

app = typer.Typer(
    name="logflume",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

ONLY_BEFORE_COMMAND = {"allow_interspersed_args": False}
"""Options after the command's name are the command's, with `--` before it or without."""


@app.callback(invoke_without_command=True)
def logflume(
    context: typer.Context,
    version: opt.Version = False,  # noqa: ARG001 - its callback is all there is to it
) -> None:
    """A deployment's log for everyone who watches.

    \b
    Examples:
      logflume serve                    the server and its page
      logflume run -- ./deploy.sh       run a command, show its log to everyone
      logflume tail dep_…               the log so far, then live

    Each command's --help begins with examples. LOGFLUME_SERVER and LOGFLUME_TOKEN say where the
    server is and who asks.
    """
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command(context_settings=ONLY_BEFORE_COMMAND)
def run(
    command: Annotated[list[str], typer.Argument(metavar="CMD", hidden=True)],
    project: opt.Project = "",
    environment: opt.Environment = "",
    title: opt.Title = "",
    ref: opt.Ref = "",
    commit: opt.Commit = "",
    url: opt.Url = "",
    meta: opt.Meta = None,
    retry_of: opt.RetryOf = "",
    markers: opt.Markers = None,
    mask: opt.Mask = None,
    server: opt.Server = DEFAULT_SERVER,
) -> None:
    """Run a command as a deployment.

    \b
    Examples:
      logflume run -- ./deploy.sh
      logflume run --project shop --environment production -- make deploy
      logflume run --meta ticket=OPS-12 -- kubectl rollout status deploy/shop
      logflume run --retry-of dep_… -- ./deploy.sh --from migrations
      logflume run --mask @secrets.txt -- ./deploy.sh

    The page's address comes first, on stderr. The command sees a terminal if there is one, keeps
    its exit code and its signals, and never fails or waits because the server is away: its log is
    then kept on disk and sent by the next run, or by `logflume sync`. Values of variables such as
    API_TOKEN are `***` in the log, and so are those of --mask and of `::add-mask::` lines.
    """
    metadata = opt.read_metadata(meta)
    retried = opt.read_retry_of(retry_of)
    about = About(
        *(project, environment, title, ref, commit, opt.read_url(url), metadata, retried),
        opt.read_markers(markers),
        opt.read_masks(mask),
    )
    settings = opt.read_lasting_settings(server)
    from logflume.cli.run import run as run_command

    raise typer.Exit(run_command(command, about, settings))


@app.command()
def push(
    context: typer.Context,
    project: opt.Project = "",
    environment: opt.Environment = "",
    title: opt.Title = "",
    ref: opt.Ref = "",
    commit: opt.Commit = "",
    url: opt.Url = "",
    meta: opt.Meta = None,
    status_on_eof: Annotated[
        Literal["succeeded", "failed", "cancelled", "running"],
        typer.Option(help="What the end of the input means; running leaves the log open."),
    ] = "succeeded",
    markers: opt.Markers = None,
    mask: opt.Mask = None,
    server: opt.Server = DEFAULT_SERVER,
) -> None:
    """Log what comes on stdin.

    \b
    Examples:
      ./deploy.sh 2>&1 | logflume push --project shop
      logflume push --status-on-eof failed < build.log

    A pipe does not tell whether the command before it succeeded; `logflume run` does.
    """
    metadata = opt.read_metadata(meta)
    about = About(
        *(project, environment, title, ref, commit, opt.read_url(url), metadata),
        markers=opt.read_markers(markers),
        masks=opt.read_masks(mask),
    )
    settings = opt.read_lasting_settings(server)
    if sys.stdin is None or sys.stdin.isatty():
        typer.echo(context.get_help(), err=True)
        say("nothing is piped in; try: make deploy 2>&1 | logflume push")
        raise typer.Exit(2)
    from logflume.cli.push import push as push_input

    raise typer.Exit(push_input(about, status_on_eof, settings))


@app.command()
def tail(
    which: opt.Which,
    lines: Annotated[
        int | None, typer.Option("-n", "--lines", min=0, help="Only the last N lines.")
    ] = None,
    since: Annotated[
        str, typer.Option(metavar="TIME", help="Only from 10m, 1h30m ago or an RFC 3339 time on.")
    ] = "",
    follow: Annotated[
        bool, typer.Option("--follow/--no-follow", "-f/", help="Go on as the log grows.")
    ] = True,
    timestamps: Annotated[bool, typer.Option(help="Begin each line with its time.")] = False,
    raw: Annotated[
        bool, typer.Option("--raw", help="Let every control sequence through to the terminal.")
    ] = False,
    exit_status: Annotated[
        bool, typer.Option("--exit-status", help="Exit as the deployment did.")
    ] = False,
    transport: Annotated[
        Literal["sse", "websocket", "long-poll", "poll"],
        typer.Option(help="What brings the lines, if a proxy does not let the default through."),
    ] = "sse",
    json: opt.Json = False,
    server: opt.Server = DEFAULT_SERVER,
) -> None:
    """Show a deployment's log so far, then what comes.

    \b
    Examples:
      logflume tail dep_…
      logflume tail http://127.0.0.1:8080/d/dep_… --exit-status
      logflume tail dep_… -n 100 --no-follow
      logflume tail dep_… --since 10m --json | jq -r '.text // empty'

    Ends with the deployment, and says on stderr how that went.
    """
    if lines is not None and since:
        raise typer.BadParameter("-n and --since exclude each other")
    settings = opt.read_settings(server)
    from logflume.cli.failures import explained
    from logflume.cli.shared import find_shown
    from logflume.cli.tail import TailOptions
    from logflume.cli.tail import tail as tail_log

    shown = TailOptions(lines, since, follow, json, timestamps, raw, exit_status, transport)
    with explained(settings.server):
        address, settings = find_shown(which, settings)
    with explained(address.server):
        raise typer.Exit(tail_log(address, shown, settings))


@app.command()
def ls(
    project: Annotated[str, typer.Option(metavar="NAME", help="Only this project's.")] = "",
    environment: Annotated[str, typer.Option(metavar="NAME", help="Only to there.")] = "",
    status: Annotated[
        Literal["queued", "running", "succeeded", "failed", "cancelled"] | None,
        typer.Option(help="Only in this state."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = 20,
    json: opt.Json = False,
    server: opt.Server = DEFAULT_SERVER,
) -> None:
    """List deployments, newest first.

    \b
    Examples:
      logflume ls
      logflume ls --project shop --status failed --limit 5
      logflume ls --json | jq -r .id
    """
    settings = opt.read_settings(server)
    from logflume.cli.failures import explained
    from logflume.cli.lists import ls as list_deployments

    query = {"project": project, "environment": environment, "status": status or ""}
    with explained(settings.server):
        wanted = {name: value for name, value in query.items() if value}
        list_deployments(wanted, limit, settings, json=json)


@app.command()
def show(which: opt.Which, json: opt.Json = False, server: opt.Server = DEFAULT_SERVER) -> None:
    """Show what is known of a deployment.

    \b
    Examples:
      logflume show dep_…
      logflume show dep_… --json | jq -r .status
    """
    settings = opt.read_settings(server)
    from logflume.cli.failures import explained
    from logflume.cli.lists import show as show_deployment
    from logflume.cli.shared import find_shown

    with explained(settings.server):
        address, settings = find_shown(which, settings)
    with explained(address.server):
        show_deployment(address, settings, json=json)


@app.command("open")
def open_(which: opt.Which, json: opt.Json = False, server: opt.Server = DEFAULT_SERVER) -> None:
    """Open a deployment's page in a browser.

    \b
    Examples:
      logflume open dep_…
    """
    settings = opt.read_settings(server)
    from logflume.cli.failures import explained
    from logflume.cli.lists import open_page
    from logflume.client.addresses import find_deployment

    with explained(settings.server):
        open_page(find_deployment(which, settings.server), json=json)


@app.command()
def sync(
    json: opt.Json = False,
    server: Annotated[
        str, typer.Option(metavar="URL", help="Send to this server, not to each log's own.")
    ] = "",
) -> None:
    """Send logs that could not be sent when they were written.

    \b
    Examples:
      logflume sync
      logflume sync --server https://logflume.example.com
    """
    settings = opt.read_settings(server or os.environ.get(opt.SERVER_VARIABLE, ""))
    from logflume.cli.sync import sync as sync_spools

    raise typer.Exit(sync_spools(settings, settings.server if server else None, json=json))


app.command()(search)
app.command()(redact)
app.command()(share)
app.add_typer(token, name="token")
app.command()(serve)
app.command()(backup)
app.command()(verify)
app.command()(restore)
app.command()(compare)
app.add_typer(project)
