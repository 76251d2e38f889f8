"""Which form of a log a request asks for: by `format`, else by `Accept`; and `ansi=strip`."""

from __future__ import annotations

from collections.abc import Container

from logflume.errors import BadInput
from logflume.http.forms import STRIPPED, Form, forms_of
from logflume.http.parameters import Query, choice

_ACCEPTED = {
    "application/json": "json",
    "application/x-ndjson": "ndjson",
    "text/plain": "text",
    "text/event-stream": "sse",
}


def asked_form(
    query: Query, accept: str, content_type: str, live: str | None, *, lines: bool
) -> Form | None:
    """The form for a log of this type, `lines` if its records have a text; the usual one if none
    is asked for. None is an event stream. Raises BadInput."""
    known = forms_of(content_type, lines=lines)
    if live == "follow":
        known = [form for form in known if form.goes_on]
    forms = {form.name: form for form in known}
    name = choice(query, "format", tuple(forms)) or _first_known(accept, {*forms, "sse"})
    is_sse = live == "sse" or (live is None and name == "sse")
    form = None if is_sse else forms.get(name or "", known[0])
    if choice(query, "ansi", ("strip",)) is None:
        return form
    if form is None or not lines:
        raise BadInput("ansi=strip is for the lines of a deployment, and not for event streams")
    return STRIPPED[form]


def _first_known(accept: str, names: Container[str]) -> str | None:
    """What the first media type in `Accept` that can be had here stands for."""
    types = (item.split(";")[0].strip().lower() for item in accept.split(","))
    return next((_ACCEPTED[name] for name in types if _ACCEPTED.get(name) in names), None)


__all__ = ["asked_form"]
