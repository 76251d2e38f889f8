"""The spool: what is on disk while the server does not have it, and who may touch it."""

from __future__ import annotations

import os
import resource
import signal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logflume.cli.left_overs import BROKEN_OFF, settle
from logflume.cli.recorder import Recorder, SafeSpool
from logflume.cli.spool import Append, Order, Result, Spool, SpoolFull, SpoolTaken
from logflume.cli.spools import left_over, new_spool, state_root
from logflume.masks.masks import Masks

ID = "dep_" + "0" * 37
ORDER = Order(ID, "http://127.0.0.1:9", f"{ID}.1", {"id": ID, "project": "shop"})


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    """A new spool."""
    return Spool.create(tmp_path / "spool", ORDER)


def test_what_is_written_is_read(spool: Spool) -> None:
    """Order, log, journal and result are there for whoever takes the spool over."""
    spool.append(b'{"text":"one"}\n')
    spool.append(b'{"text":"two"}\n')
    spool.note(Append(0, 0, 15))
    spool.note(Append(1, 15, 30))
    spool.finish(Result("failed", 3))
    spool.close()
    taken = Spool.take(spool.folder)
    assert taken.order == ORDER
    assert taken.read(0, 100) == b'{"text":"one"}\n{"text":"two"}\n'
    assert taken.journal() == Append(1, 15, 30)
    assert taken.result == Result("failed", 3)


def test_only_its_owner_may_read_it(spool: Spool) -> None:
    """A log may hold secrets: nobody else may enter the folder."""
    assert spool.folder.stat().st_mode & 0o077 == 0


def test_a_spool_in_use_cannot_be_taken(spool: Spool) -> None:
    """As long as a process has it, no other does; then any, but only one."""
    with pytest.raises(SpoolTaken):
        Spool.take(spool.folder)
    spool.close()
    taken = Spool.take(spool.folder)
    with pytest.raises(SpoolTaken):
        Spool.take(spool.folder)
    taken.remove()
    with pytest.raises(SpoolTaken):
        Spool.take(spool.folder)


def test_a_spool_appears_locked(tmp_path: Path) -> None:
    """Nobody takes a spool that is just being made for a left-over."""
    root = state_root({"XDG_STATE_HOME": str(tmp_path)})
    spool = Spool.create(root, ORDER)
    assert list(left_over({"XDG_STATE_HOME": str(tmp_path)})) == []
    spool.close()
    assert [taken.id for taken in left_over({"XDG_STATE_HOME": str(tmp_path)})] == [spool.id]


@given(st.lists(st.integers(1, 60), max_size=30), st.integers(1, 100))
def test_appends_are_whole_records(
    tmp_path_factory: pytest.TempPathFactory, lengths: list[int], max_bytes: int
) -> None:
    """One append follows the other without a gap; each has whole records, and not too many."""
    spool = Spool.create(tmp_path_factory.mktemp("spool"), ORDER)
    records = [b"x" * (length - 1) + b"\n" for length in lengths]
    spool.append(b"".join(records))
    last, sent = None, b""
    while append := spool.next_append(last, max_bytes):
        body = spool.read(append.start, append.end)
        assert body.endswith(b"\n")
        assert len(body) <= max_bytes or body.count(b"\n") == 1
        assert append.seq == (last.seq + 1 if last else 0)
        assert append.start == len(sent)
        last, sent = append, sent + body
    assert sent == b"".join(records)
    spool.remove()


@pytest.mark.parametrize("torn", [b"", b'{"tex', b"x" * 200_000])
def test_a_torn_record_is_cut_off(spool: Spool, torn: bytes) -> None:
    """What a process that died in the middle of a write has left is not a record."""
    whole = b'{"text":"whole"}\n' * 5
    (spool.folder / "log.ndjson").write_bytes(whole + torn)
    spool.close()
    taken = Spool.take(spool.folder)
    assert taken.read(0, 10**6) == whole
    taken.append(b"next\n")
    assert taken.read(len(whole), 10**6) == b"next\n"


def test_a_spool_without_a_whole_record(spool: Spool) -> None:
    """If nothing is whole, nothing is left."""
    (spool.folder / "log.ndjson").write_bytes(b"x" * 100_000)
    spool.close()
    assert Spool.take(spool.folder).size == 0


def test_a_disk_that_is_full(spool: Spool) -> None:
    """Records that fit whole are kept, the others counted, and there is room to say so."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(SpoolFull) as full:
            spool.append(b"0123456789abcde\n" * 100)
        spool.append(b"room for a note\n")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    kept = spool.read(0, 2000)
    assert kept == b"0123456789abcde\n" * (100 - full.value.lost) + b"room for a note\n"
    assert 700 < len(kept) < 1000


def test_a_damaged_spool_is_told_of(tmp_path: Path) -> None:
    """A spool that cannot be read stops no other, and whoever asks learns of it."""
    environ = {"XDG_STATE_HOME": str(tmp_path)}
    spool, _ = new_spool(ORDER, environ)
    spool.close()
    (spool.folder / "deployment.json").write_text("{")
    told: list[OSError] = []
    assert list(left_over(environ, told.append)) == []
    assert "is damaged" in str(told[0])


def test_a_writer_that_died(spool: Spool) -> None:
    """A spool without a result gets one: the open line's end, a note, and that it has failed."""
    recorder = Recorder(SafeSpool(spool.append), "stderr", Masks())
    recorder.push(b"done\nunfinished", 0)
    recorder.flush()
    settle(spool)
    settle(spool)
    rows = spool.read(0, 10_000).split(b"\n")[:-1]
    assert [b'"partial":true' in row for row in rows] == [False, True, False, False]
    assert b'"text":"","stream":"stderr"' in rows[2]
    assert BROKEN_OFF.encode() in rows[3]
    assert spool.result == Result("failed")


def test_a_temporary_folder_of_somebody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder below /tmp that others may write to is not trusted with a log."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    open_to_all = tmp_path / f"logflume-{os.getuid()}"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    with pytest.raises(PermissionError):
        new_spool(ORDER, {"XDG_STATE_HOME": "/dev/null"})


@pytest.mark.parametrize(
    ("environ", "root"),
    [
        ({"HOME": "/home/a"}, "/home/a/.local/state/logflume/spool"),
        ({"HOME": "/home/a", "XDG_STATE_HOME": "/b"}, "/b/logflume/spool"),
        ({"HOME": "/home/a", "XDG_STATE_HOME": "b"}, "/home/a/.local/state/logflume/spool"),
    ],
)
def test_where_spools_are(environ: dict[str, str], root: str) -> None:
    """XDG_STATE_HOME, which must be absolute, else ~/.local/state."""
    assert state_root(environ) == Path(root)
