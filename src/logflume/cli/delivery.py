"""A deployment being logged from here: its spool, its upload, and how it comes to an end.

What `run` and `push` have in common. Nothing here raises because of a disk or a server: a log that
cannot be kept is said to be lost, and what is being logged goes on.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path

from logflume.cli.about import About, Name
from logflume.cli.left_overs import LeftOvers
from logflume.cli.messages import say
from logflume.cli.origin import GitQuestion, origin
from logflume.cli.recorder import SafeSpool
from logflume.cli.settings import Settings
from logflume.cli.spool import Order, Result, Spool
from logflume.cli.spools import new_spool
from logflume.cli.upload import Outcome, Upload
from logflume.masks.masks import Masks

LONGEST_NAME = 200
LONGEST_TEXT = 2000
"""What the server takes, in characters. A text that is too long is no reason to lose a log."""

LEFT_OVER_SECONDS = 1.0
"""How long the end of a run may wait for spools of earlier ones that are being sent."""


class Delivery:
    """One deployment, from its first line to its end."""

    def __init__(self, name: Name, settings: Settings, masks: Masks) -> None:
        self._masks = masks
        self._name = name
        self._settings = settings
        self.hurry = threading.Event()
        """Set when somebody does not want to wait for the server any more."""
        self.log = SafeSpool(self._append)
        self._spool: Spool | None = None
        self._upload: Upload | None = None
        self._left_overs: LeftOvers | None = None

    def open(self, about: About, git: GitQuestion) -> None:
        """Make the spool and start to send it."""
        body = described(self._name.id, about, git, self._masks)
        producer = f"{self._name.id}.{os.urandom(4).hex()}"
        order = Order(self._name.id, self._settings.server, producer, body, about.markers)
        try:
            self._spool, warning = new_spool(order, os.environ)
        except OSError as error:
            say(f"no log is kept: no folder can be written for it ({error.strerror or error})")
            return
        if warning:
            say(warning)
        self._upload = Upload(self._spool, self._settings.token)
        self._upload.start()
        self._left_overs = LeftOvers(self._settings)
        self._left_overs.start()

    def close(self, result: Result) -> None:
        """All is written: wait for the server as long as is sensible, say what is left to do."""
        if self._spool is None or self._upload is None or self._left_overs is None:
            return
        self.log.close()
        try:
            self._spool.finish(result)
        except OSError as error:
            say(f"how it ended cannot be noted: {error.strerror or error}")
        outcome = self._upload.wait(self._settings.sync_seconds, self.hurry)
        if outcome is Outcome.SENT:
            self._spool.remove()
            self._left_overs.wait(LEFT_OVER_SECONDS, self.hurry)
        else:
            does = "sends it" if outcome is Outcome.AWAY else "tries again"
            say(f"the log is complete in {self._spool.folder}; `logflume sync` {does}")

    def _append(self, records: bytes) -> None:
        if self._spool is None or self._upload is None:
            return
        self._spool.append(records)
        self._upload.wake()


def described(
    deployment_id: str, about: About, git: GitQuestion, masks: Masks
) -> dict[str, object]:
    """The body that creates the deployment; what the options leave open comes from git and CI.

    What is masked in the log is so in all that is written for people, and not in names.
    """
    known = origin(os.environ, git.answer(), _folder())
    texts = {
        "title": masks.masked(about.title),
        "ref": masks.masked(about.ref or known.ref or ""),
        "commit": about.commit or known.commit,
        "url": _masked_url(about.url, masks),
    }
    return {
        "id": deployment_id,
        "project": _clip(about.project or known.project, LONGEST_NAME),
        **({"environment": _clip(about.environment, LONGEST_NAME)} if about.environment else {}),
        **{name: _clip(text, LONGEST_TEXT) for name, text in texts.items() if text},
        **({"retry_of": about.retry_of} if about.retry_of else {}),
        "metadata": {
            _clip(name, LONGEST_NAME): _clip(masks.masked(text), LONGEST_TEXT)
            for name, text in about.metadata.items()
        },
    }


def _masked_url(url: str, masks: Masks) -> str:
    """The address without secrets; empty if it is none any more, which the server would refuse."""
    masked = masks.masked(url)
    return masked if masked.startswith(("http://", "https://")) else ""


def _folder() -> str:
    try:
        return str(Path.cwd())
    except OSError:  # it was deleted
        return ""


def _clip(text: str, longest: int) -> str:
    whole = text.encode("utf-8", "replace").decode()  # arguments may hold bytes of any encoding
    return whole if len(whole) <= longest else whole[: longest - 1] + "…"
