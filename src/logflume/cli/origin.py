"""What a deployment is of, where nobody says: from the CI system's variables and from git.

CI variables come first, because a CI checkout has a commit but often no branch.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

REF_VARIABLES = ("GITHUB_REF_NAME", "CI_COMMIT_REF_NAME", "BUILDKITE_BRANCH")
COMMIT_VARIABLES = ("GITHUB_SHA", "CI_COMMIT_SHA", "BUILDKITE_COMMIT")

GIT_SECONDS = 2.0
"""git answers in milliseconds; a file system that hangs is not waited for."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the deployed things come from, as far as known."""

    project: str
    ref: str | None
    commit: str | None


class GitQuestion:
    """Asks git about the working folder, beside whatever else is being started."""

    def __init__(self) -> None:
        self._git: subprocess.Popen[bytes] | None = None
        try:
            self._git = subprocess.Popen(
                ["git", "rev-parse", "--show-toplevel", "HEAD", "--abbrev-ref", "HEAD"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except OSError:
            return

    def answer(self) -> list[str]:
        """The repository's folder, the commit and the branch, as many of them as there are."""
        if self._git is None:
            return []
        try:
            output, _ = self._git.communicate(timeout=GIT_SECONDS)
        except subprocess.TimeoutExpired:
            self._git.kill()
            output, _ = self._git.communicate()
        return [row for row in output.decode("utf-8", "replace").split("\n") if row]


def origin(environ: Mapping[str, str], git: list[str], folder: str) -> Origin:
    """The defaults for a run in `folder`, where git gave the answer `git`."""
    top, commit, branch = (*git, "", "", "")[:3]
    if len(git) < 3:  # a repository without a commit answers with words
        commit = branch = ""
    project = environ.get("LOGFLUME_PROJECT") or Path(top or folder).name or "unnamed"
    return Origin(
        project,
        _first(environ, REF_VARIABLES) or (branch if branch != "HEAD" else "") or None,
        _first(environ, COMMIT_VARIABLES) or commit or None,
    )


def _first(environ: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((environ[name] for name in names if environ.get(name)), "")
