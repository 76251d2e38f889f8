"""`live=follow`: the log itself as one body, which goes on for as long as the log does.

For `curl -N`, a pipe, a browser's own view: nothing stands in it but what the history has. So
nothing in it can say how it ended, and it must be seen from outside: a closed log's body ends as
every body does; one that was deleted, failed, or whose server stopped breaks off. Nor is there
anything to say while nothing comes; that the client lives, its kernel must tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from logflume.cursor import Cursor
from logflume.http.context import Context, Receive, Scope, Send
from logflume.http.forms import Form
from logflume.http.live_body import send_live
from logflume.http.live_framing import LiveFraming
from logflume.tail import Batch


async def follow_log(
    context: Context, cursor: Cursor, form: Form, scope: Scope, receive: Receive, send: Send
) -> None:
    """Answer with the log in this form, which `goes_on`, from the cursor's place."""
    headers = {
        "Content-Type": form.content_type or cursor.state.content_type,
        "Vary": "Accept",
        "Stream-Start-Offset": str(cursor.state.offset(cursor.seq)),
    }
    await send_live(context, cursor, FollowFraming(form), headers, scope, receive, send)


@dataclass(frozen=True, slots=True)
class FollowFraming(LiveFraming):
    """The records in their form, and nothing else. Equal ones share what they frame."""

    form: Form

    @property
    def pattern(self) -> str:
        """See `crowd.Framing`."""
        return "follow"

    def parts(self, batch: Batch, now_us: int) -> Sequence[bytes]:  # noqa: ARG002
        return [self.form.whole(batch.chunks)]


__all__ = ["FollowFraming", "follow_log"]
