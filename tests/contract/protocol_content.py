"""What a line holds is never refused, and comes back byte for byte."""

from __future__ import annotations

import json
from functools import partial

import pytest

from tests.cli_tools import until
from tests.contract.api import NDJSON, Api

CONTENTS = {
    "NUL": b"a\0b\0",
    "ANSI colours": b"\x1b[1;31mred\x1b[0m",
    "ANSI soup": b"\x1b[" + b"1;" * 10_000 + b"m \x1b]0;unterminated",
    "OSC 52, title, DECRQSS": b'\x1b]52;c;ZXZpbA==\x07\x1b]0;t\x07\x1bP$q"p\x1b\\',
    "8-bit controls as text": "\x80\x9b31m\x9d".encode(),
    "progress bar": b"".join(b"\r%d %%" % (n % 100) for n in range(10_000)),
    "U+2028 and U+2029": "a\u2028b\u2029c".encode(),
    "U+0085": "a\u0085b".encode(),
    "VT, FF, separators": b"a\x0bb\x0cc\x1cd\x1de\x1ef",
    "BOM": b"\xef\xbb\xbfa\xef\xbb\xbf",
    "bidi and zero width": "\u202eabc\u200b\u2066d\u200d".encode(),
    "combining marks": ("e" + "\u0301" * 10_000).encode(),
    "astral": "🪵🏳️‍🌈".encode(),
    "noncharacters": "\ufffe\uffff\U0010ffff".encode(),
    "markup": b"</script><img onerror=alert(1) src=x><!--",
    "an event": b'id: 9 event: control data: {"streamClosed":true}',
    "a record of ours": b'{"n":1,"kind":"end","status":"succeeded"}',
    "JSON pieces": b'"],"n":9}\\u0000\\',
    "percent and template": b"%s %n {0} ${x} `id`",
    "spaces": b"  two  \t ",
}


def ends_at(api: Api, deployment: str, number: int) -> bool:
    """Whether this is the number of the log's last record."""
    return api.tail(deployment).endswith(f"_{number:016}")


class TestContent:
    @pytest.mark.parametrize("content", CONTENTS.values(), ids=list(CONTENTS))
    @pytest.mark.parametrize("form", ["batch", "stream", "ndjson"])
    def test_it_comes_back_as_it_was(self, api: Api, form: str, content: bytes) -> None:
        """One line, one record, the same bytes: in the text, in the JSON and in the stream.

        Caught: `str.splitlines`, `strip`, and a decoder that drops a byte order mark."""
        deployment = api.create()
        self._send(api, deployment, form, content)
        assert api.texts(deployment) == [content.decode(), "next"]
        assert api.text(deployment) == content + b"\nnext\n"
        assert api.ndjson(deployment).count(b"\n") == 2
        with api.follow(deployment) as reader:
            assert reader.batch().records == api.records(deployment)

    def _send(self, api: Api, deployment: str, form: str, content: bytes) -> None:
        if form == "stream":
            with api.stream(deployment) as stream:
                middle = len(content) // 2
                stream.send(content[:middle])
                stream.send(content[middle:] + b"\n")
                stream.send(b"next\n")
                stream.end()
                assert stream.status == 204
        elif form == "ndjson":
            rows = [json.dumps({"text": text}) for text in (content.decode(), "next")]
            answer = api.append(deployment, "\n".join(rows), "application/x-ndjson")
            assert answer.status_code == 204
        else:
            assert api.append(deployment, content + b"\nnext\n").status_code == 204

    @pytest.mark.parametrize(
        "content",
        [b"\xff", b"a\xc3", b"\xe2\x82", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf8\x88", b"\x80" * 5],
    )
    def test_what_is_not_utf_8_is_replaced(self, api: Api, content: bytes) -> None:
        """U+FFFD as the Unicode standard has it, in a batch and in a stream, and nothing else
        changes.

        Caught: an encoding error, or bytes that go missing."""
        shown = content.decode("utf-8", "replace")
        assert "\ufffd" in shown
        body = b"before\n" + content + b"\n" + content + b" after\n" + content
        for form in ("batch", "stream"):
            deployment = api.create()
            self._send(api, deployment, form, body)
            texts = ["before", shown, shown + " after", shown, "next"]
            assert api.texts(deployment) == texts

    def test_every_byte_goes_through(self, api: Api) -> None:
        """All 256 byte values, each between two others, one line of them."""
        deployment = api.create()
        content = b"".join(bytes([n, 65]) for n in range(256) if n != 10)
        api.append(deployment, content)
        assert api.texts(deployment) == [content.decode("utf-8", "replace")]

    def test_every_character_of_the_first_plane_goes_through(self, api: Api) -> None:
        """65,000 characters as lines of their own, whatever they are."""
        deployment = api.create()
        lines = [chr(n) for n in range(0x10000) if n != 10 and not 0xD800 <= n < 0xE000]
        api.append(deployment, "\n".join(lines))
        lines[lines.index("\r")] = ""  # it stood before a newline
        assert api.texts(deployment) == lines

    @pytest.mark.live
    def test_a_million_empty_lines(self, api: Api) -> None:
        """Each is a record, though there is nothing in it.

        Caught: empty lines that are skipped or joined."""
        deployment = api.create()
        with api.stream(deployment) as stream:
            for sent in range(50_000, 1_000_001, 50_000):
                stream.send(b"\n" * 50_000)
                # Each piece has its time, however long all of them take.
                until(partial(ends_at, api, deployment, sent))
            stream.end()
            assert stream.status == 204
        assert api.get(deployment)["lines"] == 1_000_000
        history = api.read(deployment, {"tail": 3}, NDJSON).content.splitlines()
        assert [json.loads(row)["n"] for row in history] == [999_998, 999_999, 1_000_000]
        assert api.text(deployment) == b"\n" * 1_000_000
