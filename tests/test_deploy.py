"""The files in `deploy/` that start the server: what they say is what it takes."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.exchange import PATIENCE_SECONDS
from tests.servers import ServerProcess

ROOT = Path(__file__).parent.parent
UNIT = ROOT / "deploy/logflume.service"
CONTAINER = ROOT / "deploy/Containerfile"

MOST_EXPOSED = 15
"""What `systemd-analyze security` may find, in tenths: it calls 20 and less OK. Networking and a
port that others reach are what is left."""

needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")


def setting(name: str) -> str:
    """What the unit sets this to."""
    [found] = re.findall(rf"^{name}=(.*)$", UNIT.read_text(), re.MULTILINE)
    return str(found)


def instruction(name: str) -> list[str]:
    """What the container file says after this word, in each of its stages."""
    text = CONTAINER.read_text().replace("\\\n", " ")
    return re.findall(rf"^{name} (.*)$", text, re.MULTILINE)


@needs_systemd
def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    """Every section, setting and value. The program is where it is in a test."""
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/opt/logflume/bin/logflume", sys.executable))
    run = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, check=False)
    assert run.returncode == 0
    assert UNIT.name.encode() not in run.stderr, run.stderr


@needs_systemd
def test_the_unit_gives_little_away() -> None:
    """By systemd's own measure."""
    command = ["systemd-analyze", "--offline=true", f"--threshold={MOST_EXPOSED}", "security"]
    run = subprocess.run([*command, UNIT], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout


@contextmanager
def started(command: list[str], environ: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """The command beside the test."""
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    with subprocess.Popen(
        command, env={**kept, **environ}, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("abstract", [False, True])
def test_the_units_command_tells_systemd_how_it_is(tmp_path: Path, *, abstract: bool) -> None:
    """`READY=1` when it serves and not before, `STOPPING=1` when it stops; exit code 0. Caught: it
    is told ready before it listens."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        address = f"\0logflume-{os.getpid()}" if abstract else str(tmp_path / "notify")
        told.bind(address)
        told.settimeout(PATIENCE_SECONDS)
        program, *options = shlex.split(setting("ExecStart"))
        assert program.endswith("/bin/logflume")
        options[options.index("--port") + 1] = "0"
        environ = {"LOGFLUME_DATA": str(tmp_path / "data")}
        environ["NOTIFY_SOCKET"] = address.replace("\0", "@")
        with started([sys.executable, "-m", "logflume", *options], environ) as process:
            assert told.recv(100) == b"READY=1"
            assert process.stderr is not None
            assert "asks for tokens" in process.stderr.readline()
            said = json.loads(process.stderr.readline())["message"]
            found = re.search(r"http://127\.0\.0\.1:(\d+)", said)
            assert found
            socket.create_connection(("127.0.0.1", int(found[1])), 5).close()
            process.send_signal(signal.SIGTERM)
            assert told.recv(100) == b"STOPPING=1"
            assert process.wait(PATIENCE_SECONDS) == 0
    assert setting("Type") == "notify"


def test_a_supervisor_that_has_gone_stops_nothing(tmp_path: Path) -> None:
    """Nor does an address that no socket can have."""
    for address in ("@nobody-listens", "/" + "x" * 200):
        environ = {"LOGFLUME_DATA": str(tmp_path / "data"), "NOTIFY_SOCKET": address}
        command = [sys.executable, "-m", "logflume", "serve", "--port", "0"]
        with started(command, environ) as process:
            assert process.stderr is not None
            assert "serves http" in process.stderr.readline()


def test_what_the_container_copies_is_there() -> None:
    """By its name, in a clone."""
    [first, source, built] = instruction("COPY")
    *names, target = f"{first} {source}".replace(" ./ ", " ").split()
    assert target == "./src"
    for name in names:
        assert (ROOT / name).exists(), name
    assert built == "--from=build /opt/logflume /opt/logflume"


def test_the_container_builds_what_it_runs(tmp_path: Path) -> None:
    """Its own command makes a wheel of what it copies, with the page in it and what it is called
    by."""
    [build] = [step for step in instruction("RUN") if "hatchling" in step]
    command = shlex.split(build.split("&&")[0])
    assert command[:4] == ["/opt/build/bin/python", "-m", "hatchling", "build"]
    for name in (*instruction("COPY")[0].split()[:-1], "src"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    command = [sys.executable, *command[1:-1], str(tmp_path / "dist")]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    [wheel] = (tmp_path / "dist").iterdir()
    names = zipfile.ZipFile(wheel).namelist()
    assert "logflume/page/assets/deploy-log.js" in names
    assert any(name.endswith("entry_points.txt") for name in names)
    assert json.loads(instruction("ENTRYPOINT")[0]) == ["logflume"]


def test_the_containers_command_is_taken(tmp_path: Path) -> None:
    """With its variables, as a user who owns nothing but the volume; and the check of its health
    tells a server from none."""
    environ = dict(pair.split("=", 1) for pair in shlex.split(instruction("ENV")[0]))
    assert environ.pop("PATH").startswith("/opt/logflume/bin:")
    [volume] = instruction("VOLUME")
    assert environ["LOGFLUME_DATA"] == volume
    command = [sys.executable, "-m", "logflume", *json.loads(instruction("CMD")[0])]
    command[command.index("--port") + 1] = "0"
    environ["LOGFLUME_DATA"] = str(tmp_path / "data")
    with started(command, environ) as process:
        assert process.stderr is not None
        assert "asks for tokens" in process.stderr.readline()
        assert "serves http" in json.loads(process.stderr.readline())["message"]
    assert instruction("USER") == ["65532:65532"]


def test_the_health_check_tells_a_server_from_none(shared_server: ServerProcess) -> None:
    """Exit code 0 for one that answers, and soon another for one that does not."""
    [check] = instruction("HEALTHCHECK")
    _, flag, code = json.loads(check[check.index("[") :])
    here = code.replace("http://127.0.0.1:8080", shared_server.url)
    assert subprocess.run([sys.executable, flag, here], check=False).returncode == 0
    began = time.monotonic()
    nobody = code.replace("8080", "9")
    run = subprocess.run([sys.executable, flag, nobody], check=False, capture_output=True)
    assert run.returncode == 1
    assert time.monotonic() - began < PATIENCE_SECONDS
