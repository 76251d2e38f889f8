"""Where spools are kept, and which are left over.

`$XDG_STATE_HOME/logflume/spool`, by default below `~/.local/state`. Where that cannot be written
(a container without a home), a folder of this user's below the folder for temporary files.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from logflume.cli.spool import Order, Spool, SpoolTaken
from logflume.deployments.ids import is_deployment_id


def state_root(environ: Mapping[str, str]) -> Path:
    """The folder for spools, by the XDG base directory specification."""
    state = environ.get("XDG_STATE_HOME", "")
    base = Path(state) if state.startswith("/") else _home(environ) / ".local/state"
    return base / "logflume/spool"


def temporary_root() -> Path:
    """The folder for spools where there is no better one."""
    return Path(tempfile.gettempdir()) / f"logflume-{os.getuid()}" / "spool"


def new_spool(order: Order, environ: Mapping[str, str]) -> tuple[Spool, str]:
    """A spool, and a warning if it is not where it should be. Raises OSError if there is none."""
    root = state_root(environ)
    try:
        return Spool.create(root, order), ""
    except OSError as error:
        spool = Spool.create(_own(temporary_root()), order)
        why = error.strerror or str(error)
        return spool, f"{root} cannot be written ({why}); the spool is {spool.folder}"


def left_over(
    environ: Mapping[str, str], on_damaged: Callable[[OSError], None] = lambda _error: None
) -> Iterator[Spool]:
    """Takes each spool that nobody uses, oldest first; `on_damaged` is told of the unreadable."""
    for folder in _folders(environ):
        try:
            yield Spool.take(folder)
        except SpoolTaken:
            continue
        except OSError as error:
            on_damaged(error)


def _folders(environ: Mapping[str, str]) -> list[Path]:
    folders = []
    for root in (state_root(environ), temporary_root()):
        try:
            if root.is_dir() and root.stat().st_uid == os.getuid():
                folders += [entry for entry in root.iterdir() if is_deployment_id(entry.name)]
        except OSError:
            continue
    return sorted(folders, key=lambda folder: folder.name)


def _own(root: Path) -> Path:
    """`root`, whose parent only this user may enter: others could put their own files there."""
    root.parent.mkdir(mode=0o700, exist_ok=True)
    status = root.parent.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise PermissionError(f"{root.parent} is not this user's own")
    return root


def _home(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("HOME") or "/nonexistent")
