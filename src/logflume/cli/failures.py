"""What people are told when a command cannot do its work, and what they can do about it.

The one place where the client's errors become words and exit codes. `run` and `push` take no more
of it than the words: to them an error of the server is no reason to end.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from logflume.cli.messages import say
from logflume.client.errors import ClientError, Refused, ServerAway

FAILED = 1


@contextmanager
def explained(server: str, code: int = FAILED) -> Iterator[None]:
    """One line for what the client raises in this block, and this exit code."""
    try:
        yield
    except ClientError as error:
        say(_explain(error, server))
        raise typer.Exit(code) from error
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _explain(error: ClientError, server: str) -> str:
    if isinstance(error, ServerAway):
        return (
            f"no answer from {server} ({error}); "
            "start a server with `logflume serve`, or name another with --server"
        )
    if isinstance(error, Refused) and not_let_in(error):
        return f"{server} refuses: {refusal(error)}"
    return f"{server}: {error}" if isinstance(error, Refused) else str(error)


def not_let_in(error: Refused) -> bool:
    """Whether the token is the trouble, or that there is none."""
    return error.status in (401, 403)


def refusal(error: Refused) -> str:
    """What the server said, and what to do about it."""
    if not not_let_in(error):
        return str(error)
    return f"{error}; set LOGFLUME_TOKEN to a token that it knows and that may do this"
