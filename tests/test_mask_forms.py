"""What programs make of a secret is masked, too; and nothing that only looks like one."""

from __future__ import annotations

import base64
import json
import math
import os
import re
import subprocess
from collections.abc import Callable
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logflume.masks.automaton import Automaton
from logflume.masks.masks import Masks

SECRET = 'p4$s "wörd"/+\'x%<&>\\~'
PEM = "-----BEGIN KEY-----\nMIIEowIBAAKCAQEAx\nyz\n-----END KEY-----"


def bash(script: str, *values: str) -> str:
    """What bash prints, on both streams."""
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    command = ["bash", "-c", f"exec 2>&1; {script}", "bash", *values]
    return subprocess.run(command, capture_output=True, text=True, env=env, check=True).stdout


ENCODERS: dict[str, Callable[[str], str]] = {
    "itself": lambda text: text,
    "in a terminal": lambda text: text.replace("\n", "\r\n"),
    "JSON": json.dumps,
    "JSON in Unicode": lambda text: json.dumps(text, ensure_ascii=False),
    "PHP's JSON": lambda text: json.dumps(text).replace("/", "\\/"),
    "Go's JSON": lambda text: (
        json.dumps(text, ensure_ascii=False)
        .replace("<", "\\u003c")
        .replace(">", "\\u003e")
        .replace("&", "\\u0026")
    ),
    "an address": lambda text: quote(text, safe=""),
    "an address, lower case": lambda text: re.sub(
        "%..", lambda found: found[0].lower(), quote(text, safe="")
    ),
    "a path": quote,
    "encodeURIComponent": lambda text: quote(text, safe="!'()*"),
    "a form": lambda text: urlencode({"password": text}),
    "a form's value": quote_plus,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 of a line": lambda text: base64.b64encode(f"{text}\n".encode()).decode(),
    "base64, URL-safe": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "base64, in lines": lambda text: base64.encodebytes(text.encode()).decode(),
    "basic authentication": lambda text: base64.b64encode(f"user:{text}".encode()).decode(),
    "set -x": lambda text: bash('set -x; : "$1"', text),
    "printf %q": lambda text: bash('printf %q "$1"', text),
    "declare -p": lambda text: bash("value=$1; declare -p value", text),
    "a shell's words": lambda text: "'" + text.replace("'", "'\"'\"'") + "'",
    "a command's value": lambda text: text.replace("%", "%25").replace("\n", "%0A"),
}


@pytest.mark.parametrize("encoder", ENCODERS, ids=str)
@pytest.mark.parametrize("secret", ["hunter2-and-more", 'p4$s "word"/+\'x%<&>\\~', SECRET])
def test_no_form_shows_it(encoder: str, secret: str) -> None:
    """Of what the encoder makes only what stands around the secret is left, and what base64 makes
    of that together with a part of a byte."""
    around = ENCODERS[encoder]("")
    written = f"before {ENCODERS[encoder](secret)} after"
    shown = Masks([secret]).masked(written)
    assert "***" in shown
    assert len(shown) <= len(f"before {around} after***") + len("==\n") + 4, shown


@pytest.mark.parametrize("width", [64, 76])
def test_base64_of_a_long_secret(width: int) -> None:
    """In lines, as programs break them."""
    secret = "".join(map(str, range(100)))
    form = base64.b64encode(secret.encode()).decode()
    rows = [form[start : start + width] for start in range(0, len(form), width)]
    shown = Masks([secret]).masked("\n".join(rows))
    assert [row.rstrip("=") for row in shown.split("\n")] == ["***"] * len(rows)


@settings(deadline=None)
@given(st.binary(max_size=4), st.text("abcXYZ019-_/+é", min_size=4, max_size=20), st.binary())
def test_base64_of_more_than_the_secret(before: bytes, secret: str, after: bytes) -> None:
    """Wherever the secret stands in it, and whatever around it: what is left is base64 of what
    stands around, and of at most a part of the secret's first and last byte."""
    whole = base64.b64encode(before + secret.encode() + after).decode()
    shown = Masks([secret]).masked(whole).rstrip("=")
    left = sum(math.ceil(len(part) * 8 / 6) for part in (before, after))
    assert "***" in shown
    assert len(shown.replace("***", "")) <= left + 1


def test_lines_of_a_secret() -> None:
    """Each on its own, unless it is too short; all of them where they stand together."""
    masks = Masks([PEM])
    assert masks.masked("key MIIEowIBAAKCAQEAx yz") == "key *** yz"
    assert masks.masked(f"a\n{PEM}\nb") == "a\n***\n***\n***\n***\nb"
    crlf = PEM.replace("\n", "\r\n")
    assert masks.masked(crlf) == "***\r\n***\r\n***\r\n***"
    assert masks.masked(json.dumps(PEM)) == '"***"'


@pytest.mark.parametrize("text", ["hunte", "unter2x", "HUNTER2", "aHVudGV", "hunter%32"])
def test_what_is_similar_stays(text: str) -> None:
    """Parts of a secret, other cases, other encodings than usual ones."""
    assert Masks(["hunter2"]).masked(text) == text


def test_values_in_one_another_cost_no_more() -> None:
    """However many there are: those that others cover are not looked for. Caught: 90 matches for
    each byte of a text."""
    nested = Automaton(b"a" * length for length in range(4, 94))
    assert nested.spans(b"a" * 9) == [(0, 9)]
    assert nested.unfinished(b"b" + b"a" * 3) == 1
    assert nested.unfinished(b"b" + b"a" * 4) == 2
    assert nested.unfinished(b"b" + b"a" * 95) == 93
