"""`logflume verify` finds whatever is damaged, and nothing where nothing is."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import msgspec
import pytest
from msgspec.structs import replace

from logflume.cli.offline import examine
from logflume.errors import StoreUnavailable
from logflume.records import Seq, State
from logflume.wire.state import decode_state, encode_state
from tests.cli_tools import NOBODY, CommandLine
from tests.older import seal
from tests.stored import Filled, changed, filled_folder

Damage = Callable[[apsw.Connection, Filled], object]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Filled]:
    """A folder that is as it should be."""
    folder = tmp_path_factory.mktemp("whole") / "data"
    return folder, filled_folder(folder)


def key(database: apsw.Connection, log: str) -> int:
    [(found,)] = database.execute("SELECT key FROM logs WHERE id = ?", (log,))
    assert isinstance(found, int)
    return found


def change_state(database: apsw.Connection, log: str, change: Callable[[State], State]) -> None:
    [(stored,)] = database.execute("SELECT state FROM logs WHERE id = ?", (log,))
    state = encode_state(change(decode_state(stored)))
    database.execute("UPDATE logs SET state = ? WHERE id = ?", (state, log))


def ended(made: Filled) -> str:
    return f"deployment/{made.ended}"


def longest_row(database: apsw.Connection, made: Filled) -> tuple[int, bytes]:
    """Of the deployment that has ended: its rowid and its records."""
    rows: list[Any] = database.execute(
        "SELECT rowid, body FROM chunks WHERE log = ? ORDER BY length(body) DESC",
        (key(database, ended(made)),),
    ).fetchall()
    return rows[0]  # type: ignore[no-any-return]


def last_row(database: apsw.Connection, log: str) -> tuple[int, bytes, bytes]:
    """Its rowid, where its records end, and they."""
    rows: list[Any] = database.execute(
        "SELECT rowid, ends, body FROM chunks WHERE log = ? ORDER BY last DESC",
        (key(database, log),),
    ).fetchall()
    return rows[0]  # type: ignore[no-any-return]


def flip_a_byte(database: apsw.Connection, made: Filled) -> None:
    """Within a line, where nothing but the digest can tell."""
    row, body = longest_row(database, made)
    place = body.index(b"xxxx")
    other = body[:place] + b"y" + body[place + 1 :]
    database.execute("UPDATE chunks SET body = ? WHERE rowid = ?", (other, row))


def lose_a_row(database: apsw.Connection, made: Filled) -> None:
    number = key(database, f"stream/{made.stream}")
    database.execute("DELETE FROM chunks WHERE log = ? AND last = 2", (number,))


def lose_the_last_row(database: apsw.Connection, made: Filled) -> None:
    row, _, _ = last_row(database, f"deployment/{made.running}")
    database.execute("DELETE FROM chunks WHERE rowid = ?", (row,))


def lose_a_log(database: apsw.Connection, made: Filled) -> None:
    database.execute("DELETE FROM logs WHERE id = ?", (f"deployment/{made.running}",))


def lose_an_ancestor(database: apsw.Connection, made: Filled) -> None:
    database.execute("DELETE FROM chunks WHERE log = ?", (key(database, ended(made)),))
    database.execute("DELETE FROM logs WHERE id = ?", (ended(made),))


def move_the_tail(database: apsw.Connection, made: Filled) -> None:
    change_state(database, "stream/fork", lambda state: replace(state, tail=Seq(state.tail + 1)))


def miscount_the_bytes(database: apsw.Connection, made: Filled) -> None:
    log = f"deployment/{made.running}"
    change_state(database, log, lambda state: replace(state, size_bytes=state.size_bytes - 1))


def make_the_source_anew(database: apsw.Connection, made: Filled) -> None:
    log = f"stream/{made.stream}"
    change_state(database, log, lambda state: replace(state, epoch=state.epoch + 1))


def tell_another_digest(database: apsw.Connection, made: Filled) -> None:
    edit_the_end(database, made, digest=f"sha256:{'0' * 64}")


def count_other_lines(database: apsw.Connection, made: Filled) -> None:
    edit_the_end(database, made, lines=3)


def edit_the_end(database: apsw.Connection, made: Filled, **said: object) -> None:
    """The `end` record says something else, and everything around it agrees."""
    row, ends, body = last_row(database, ended(made))
    start = body[:-1].rfind(b"\n") + 1
    end = json.loads(body[start:])
    other = body[:start] + msgspec.json.encode({**end, **said}) + b"\n"
    ends = ends[:-4] + len(other).to_bytes(4, "little")
    database.execute("UPDATE chunks SET ends = ?, body = ? WHERE rowid = ?", (ends, other, row))
    grown = len(other) - len(body)
    change_state(
        database, ended(made), lambda state: replace(state, size_bytes=state.size_bytes + grown)
    )


def lose_the_end(database: apsw.Connection, made: Filled) -> None:
    log = f"deployment/{made.running}"
    change_state(database, log, lambda state: replace(state, closed=True))


def spoil_a_state(database: apsw.Connection, made: Filled) -> None:
    database.execute("UPDATE logs SET state = ? WHERE id = 'feed'", (b"\xff\xff",))


def spoil_the_places(database: apsw.Connection, made: Filled) -> None:
    number = key(database, f"stream/{made.stream}")
    database.execute("UPDATE chunks SET ends = ? WHERE log = ? AND last = 1", (b"\x01", number))


def shorten_a_row(database: apsw.Connection, made: Filled) -> None:
    number = key(database, f"stream/{made.stream}")
    database.execute("UPDATE chunks SET body = ? WHERE log = ? AND last = 1", (b"", number))


def relabel(database: apsw.Connection, made: Filled) -> None:
    database.execute("DELETE FROM labels WHERE name = 'project'")


DAMAGES: dict[Damage, str] = {
    flip_a_byte: "its records are not those that its end has the digest of",
    lose_a_row: "record 2 should follow, and 3 does",
    lose_the_last_row: "and should after 5",
    lose_a_log: "there are records of a log that is missing",
    lose_an_ancestor: "is missing, and records of others lie in it",
    move_the_tail: "and should after 5",
    miscount_the_bytes: "bytes, and should have",
    make_the_source_anew: "was forked from another stream/some/where",
    tell_another_digest: "its records are not those that its end has the digest of",
    count_other_lines: "its end counts 3 records before it",
    lose_the_end: "its last record is not its end",
    spoil_a_state: "feed (key",
    spoil_the_places: "does not say where each ends",
    shorten_a_row: "do not fill their row",
    relabel: "is listed under other labels than it has",
}


def test_what_is_whole_is_found_whole(whole: tuple[Path, Filled], tmp_path: Path) -> None:
    """Every log, forks of forks too, and the digest of each deployment that has ended."""
    found = examine(copied(whole[0], tmp_path))
    assert found.damages == []
    assert found.digests == 2
    assert found.logs == 9  # with the note of when retention last looked


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_damage_is_found(damage: Damage, whole: tuple[Path, Filled], tmp_path: Path) -> None:
    """And told by what is wrong with what, although each row's checksum is right."""

    def change(database: apsw.Connection) -> None:
        damage(database, whole[1])
        seal(database)

    copied(whole[0], tmp_path)
    found = examine(changed(tmp_path, change))
    assert any(DAMAGES[damage] in told for told in found.damages), found.damages


def test_what_its_checksum_does_not_fit_is_found(
    whole: tuple[Path, Filled], tmp_path: Path
) -> None:
    """Records, and states."""
    copied(whole[0], tmp_path)

    def change(database: apsw.Connection) -> None:
        flip_a_byte(database, whole[1])
        miscount_the_bytes(database, whole[1])

    told = "\n".join(examine(changed(tmp_path, change)).damages)
    assert f"records of {ended(whole[1])} up to" in told
    assert f"the state of deployment/{whole[1].running} is damaged in the store" in told


def test_a_file_cut_short_is_found(whole: tuple[Path, Filled], tmp_path: Path) -> None:
    """As a copy that broke off is. Wherever it ends, nothing is thrown."""
    database = copied(whole[0], tmp_path)
    data = database.read_bytes()
    for share in (0.99, 0.7, 0.5):
        database.write_bytes(data[: int(len(data) * share)])
        assert examine(database).damages


def test_flipped_bytes_throw_nothing(whole: tuple[Path, Filled], tmp_path: Path) -> None:
    """Anywhere in the file: it is whole, damaged, or refused as none of Logflume's."""
    database = copied(whole[0], tmp_path)
    data = database.read_bytes()
    seed = random.randrange(2**32)
    print("seed", seed)
    rng = random.Random(seed)
    found = 0
    in_a_name = data.index(b"some/where") + 2
    for place in (0, 20, 60, 100, in_a_name, *(rng.randrange(len(data)) for _ in range(60))):
        spoilt = bytearray(data)
        spoilt[place] ^= 0xFF
        database.write_bytes(spoilt)
        try:
            found += bool(examine(database).damages)
        except StoreUnavailable:
            found += 1
    assert found


def test_the_command_says_what_it_found(whole: tuple[Path, Filled], tmp_path: Path) -> None:
    """In words or as JSON, and by its exit code."""
    database = copied(whole[0], tmp_path)
    line = CommandLine(tmp_path, NOBODY)
    run = line("verify", str(database))
    assert (run.returncode, run.stderr) == (0, b"")
    assert b"the digests of 2 ended deployments are true" in run.stdout
    assert json.loads(line("verify", str(database), "--json").stdout)["damages"] == []
    changed(tmp_path, lambda connection: relabel(connection, whole[1]))
    run = line("verify", str(database), "--json")
    assert run.returncode == 1
    assert json.loads(run.stdout)["damages"]
    assert run.stderr.count(b"\n") == len(json.loads(run.stdout)["damages"])


def test_what_is_no_backup_is_refused(whole: tuple[Path, Filled], tmp_path: Path) -> None:
    """A folder, nothing, another database, one that a server has open: exit code 2, and nothing is
    written beside it. What is no database at all is damaged."""
    line = CommandLine(tmp_path, NOBODY)
    (tmp_path / "text").write_text("no database")
    (tmp_path / "empty").write_text("")
    other = apsw.Connection(str(tmp_path / "other.db"))
    other.execute("CREATE TABLE t (x)")
    other.close()
    (tmp_path / "used").mkdir()
    used = copied(whole[0], tmp_path / "used")
    used.with_name(f"{used.name}-wal").write_bytes(b"something")
    before = sorted(tmp_path.rglob("*"))
    for name in (".", "missing", "empty", "other.db", "used/logflume.db"):
        with pytest.raises(StoreUnavailable):
            examine(tmp_path / name)
    run = line("verify", "missing")
    assert (run.returncode, run.stdout, run.stderr.count(b"\n")) == (2, b"", 1)
    assert line("verify", "text").returncode == 1
    assert sorted(tmp_path.rglob("*")) == before


def copied(folder: Path, into: Path) -> Path:
    """A copy of the folder's database."""
    shutil.copyfile(folder / "logflume.db", into / "logflume.db")
    return into / "logflume.db"
