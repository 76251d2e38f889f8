"""Compressed appends: taken when whole, refused when not, and small when they are bombs."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable
from functools import cache

import pytest
import zstandard

from tests.contract.api import Api, check_problem

MEBIBYTE = 1024 * 1024
LINES = b"".join(b"line %d\n" % number for number in range(2000))


def zstd(body: bytes) -> bytes:
    return zstandard.compress(body)


@cache
def gzip_bomb(size_bytes: int, *, fill: bytes = b"\0") -> bytes:
    """A body that becomes `size_bytes` of the same byte."""
    return gzip.compress(fill * size_bytes)


@cache
def zstd_bomb(size_bytes: int) -> bytes:
    """The same, 4 bytes for each 128 KB: no size is told, so it shows only by unpacking."""
    packed = zstandard.ZstdCompressor(write_content_size=False).compressobj()
    parts = [packed.compress(bytes(MEBIBYTE)) for _ in range(size_bytes // MEBIBYTE)]
    return b"".join([*parts, packed.flush()])


CODINGS: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "zstd": zstd}


@pytest.mark.parametrize("encoding", CODINGS)
class TestCompressed:
    def test_it_is_unpacked(self, api: Api, encoding: str) -> None:
        """The lines are those of the body before it was compressed; a batch in any type."""
        deployment = api.create()
        body = CODINGS[encoding](LINES)
        headers = {"Content-Encoding": encoding.upper()}
        assert api.append(deployment, body, headers=headers).status_code == 204
        assert api.text(deployment) == LINES
        row = CODINGS[encoding](b'{"text":"a"}')
        answer = api.append(deployment, row, "application/json", headers=headers)
        assert answer.status_code == 204

    def test_several_members_are_one_body(self, api: Api, encoding: str) -> None:
        """What `cat a.gz b.gz` makes, cut within a line, with an empty member between.

        Caught: stopping at the end of the first member."""
        deployment = api.create()
        pack = CODINGS[encoding]
        body = pack(LINES[:777]) + pack(b"") + pack(LINES[777:])
        answer = api.append(deployment, body, headers={"Content-Encoding": encoding})
        assert answer.status_code == 204
        assert api.text(deployment) == LINES

    @pytest.mark.parametrize("damage", ["cut off", "cut to its head", "corrupt", "trailing junk"])
    def test_a_damaged_one_is_refused(self, api: Api, encoding: str, damage: str) -> None:
        """400, and nothing stored of what could be unpacked.

        Caught: taking what came out before the end was missing."""
        deployment = api.create()
        body = CODINGS[encoding](LINES)
        middle = len(body) // 2
        damaged = {
            "cut off": body[:-1],
            "cut to its head": body[:5],
            "corrupt": body[:middle] + bytes(255 - b for b in body[middle : middle + 64]),
            "trailing junk": body + b"junk",
        }[damage]
        answer = api.append(deployment, damaged, headers={"Content-Encoding": encoding})
        check_problem(answer, 400, "bad-request")
        assert api.records(deployment) == []

    @pytest.mark.parametrize("form", ["text/plain", "application/x-ndjson", "application/json"])
    def test_a_bomb_is_refused(self, api: Api, encoding: str, form: str) -> None:
        """413 for what becomes more than 20 MiB, and nothing stored; memory: see tests/live.

        Caught: no bound on what comes out."""
        deployment = api.create()
        bomb = gzip_bomb(48 * MEBIBYTE) if encoding == "gzip" else zstd_bomb(512 * MEBIBYTE)
        assert len(bomb) < MEBIBYTE // 8
        answer = api.append(deployment, bomb, form, headers={"Content-Encoding": encoding})
        assert check_problem(answer, 413, "too-large")["max_bytes"] == 20 * MEBIBYTE
        assert api.records(deployment) == []


class TestSizes:
    def test_a_batch_may_have_20_mib(self, api: Api) -> None:
        """Exactly that much is taken, a byte more is 413; as it comes and after unpacking.

        Caught: `>=` for `>` at the limit."""
        deployment = api.create()
        body = b"x" * (20 * MEBIBYTE)
        headers = {"Content-Encoding": "gzip"}
        packed = gzip.compress(body, 1)
        assert api.append(deployment, packed, headers=headers).status_code == 204
        tail = api.tail(deployment)
        packed = gzip.compress(body + b"x", 1)
        check_problem(api.append(deployment, packed, headers=headers), 413, "too-large")
        answer = api.append(deployment, body + b"x", "application/x-ndjson")
        check_problem(answer, 413, "too-large")
        assert api.tail(deployment) == tail

    def test_a_batch_may_not_have_millions_of_lines(self, api: Api) -> None:
        """20 KB of gzip may be 20 million empty lines: 413, before they become records.

        Caught: counting lines after they were made."""
        deployment = api.create()
        bomb = gzip_bomb(20 * MEBIBYTE, fill=b"\n")
        began = time.monotonic()
        answer = api.append(deployment, bomb, headers={"Content-Encoding": "gzip"})
        check_problem(answer, 413, "too-large")
        assert api.records(deployment) == []
        assert time.monotonic() - began < 2

    def test_many_members_do_not_take_long(self, api: Api) -> None:
        """A body of 500,000 empty members is refused or taken, and others are served soon.

        Caught: copying the rest of the body for each member."""
        deployment = api.create()
        body = gzip.compress(b"") * 500_000
        began = time.monotonic()
        answer = api.append(deployment, body, headers={"Content-Encoding": "gzip"})
        assert answer.status_code in (204, 400, 413)
        assert time.monotonic() - began < 3


class TestEncodings:
    @pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "gzip,zstd", "x", "*"])
    def test_others_are_refused(self, api: Api, encoding: str) -> None:
        """415, whatever the body is, and nothing stored."""
        deployment = api.create()
        body = gzip.compress(gzip.compress(LINES))
        answer = api.append(deployment, body, headers={"Content-Encoding": encoding})
        check_problem(answer, 415, "unsupported-type")
        assert api.records(deployment) == []

    def test_identity_is_none(self, api: Api) -> None:
        """`Content-Encoding: identity` and an empty one mean plain text."""
        deployment = api.create()
        for encoding in ("identity", ""):
            answer = api.append(deployment, "x\n", headers={"Content-Encoding": encoding})
            assert answer.status_code == 204
        assert api.texts(deployment) == ["x", "x"]
