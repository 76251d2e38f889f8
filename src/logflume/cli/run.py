"""`logflume run`: a command as if Logflume were not there, and its output for everyone.

The command starts before anything else happens, even before the code that logs it is loaded, and
is never waited on by anything but itself. Its exit code and its death by a signal become ours.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import replace

from logflume.cli import child, signals, streams
from logflume.cli.about import About, Name, new_name
from logflume.cli.messages import say
from logflume.cli.origin import GitQuestion
from logflume.cli.settings import Settings


def run(command: list[str], about: About, settings: Settings) -> int:
    """Run the command as a deployment; its exit code. Does not return if a signal ended it."""
    about = replace(about, title=about.title or shlex.join(command))
    name = new_name(settings.server)
    say(name.page)
    git = GitQuestion()
    with signals.blocked() as blocked:
        joined = streams.connect()
        environ = command_environ(os.environ, name, has_terminal=joined.pty is not None)
        try:
            popen = child.start(command, environ, joined.files, blocked)
        except child.NotStarted as error:
            say(str(error))
            from logflume.cli.attend import report_not_started

            return report_not_started(error, name, about, git, settings)
        joined.started()
        from logflume.cli.attend import attend

        returncode = attend(popen, joined, name, about, git, settings)
    if returncode < 0:
        child.die_of(-returncode)
    return returncode


def command_environ(
    environ: Mapping[str, str], name: Name, *, has_terminal: bool
) -> dict[str, str]:
    """The command's environment: ours, and what tells it about its deployment.

    Without a terminal most tools leave out colours, which a CI system's log and Logflume's page
    would both show. Elsewhere a pipe or a file leads to a program, which colours would disturb.
    """
    told = {"LOGFLUME_DEPLOYMENT_ID": name.id, "LOGFLUME_DEPLOYMENT_URL": name.page}
    said = environ.get("NO_COLOR") or "FORCE_COLOR" in environ
    if environ.get("CI") and not has_terminal and not said:
        told["FORCE_COLOR"] = "1"
    return {**environ, **told}
