"""Programs whose output people watch while they deploy, each on a small task of its own."""

from __future__ import annotations

import json
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from tests.page.record.terminal import Terminal

CHUNK_BYTES = 100_000
CHUNK_SECONDS = 0.05
"""2 MB a second: slow enough that a progress bar moves."""

DOWNLOAD_BYTES = 3_000_000


def pip(terminal: Terminal) -> bytes | None:
    """A package of 3 MB, with pip's progress bar."""
    (terminal.folder / "demo").mkdir()
    name = "demo-1.0-py3-none-any.whl"
    with zipfile.ZipFile(terminal.folder / "demo" / name, "w") as wheel:
        wheel.writestr("demo/data.bin", bytes(DOWNLOAD_BYTES))
        wheel.writestr(
            "demo-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"
        )
        wheel.writestr("demo-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr("demo-1.0.dist-info/RECORD", "")
    with served(terminal.folder) as url:
        return terminal.run(
            sys.executable, "-m", "pip", "install", "--target", "site", "--no-cache-dir",
            "--disable-pip-version-check", "--isolated", "--index-url", url, "demo", "absent==2",
        )  # fmt: skip


def npm(terminal: Terminal) -> bytes | None:
    """A package that depends on another folder, with npm's spinner."""
    terminal.write("a/package.json", json.dumps({"name": "a", "version": "1.0.0"}))
    script = "node -e \"console.log('\\u001b[32mbuilt\\u001b[39m in 1.2 s')\""
    package = {"name": "site", "version": "1.0.0", "dependencies": {"a": "file:a"}}
    terminal.write("package.json", json.dumps({**package, "scripts": {"build": script}}))
    command = "npm install --offline --no-audit --no-fund --no-update-notifier && npm run build"
    return terminal.run("sh", "-c", f"command -v npm >/dev/null && {command}")


def cargo(terminal: Terminal) -> bytes | None:
    """Three crates, one with a warning, the last with an error, and cargo's progress bar."""
    terminal.write("Cargo.toml", '[workspace]\nmembers = ["one", "two", "site"]\nresolver = "2"\n')
    manifest = '[package]\nname = "{}"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\n{}'
    for crate, needs in (("one", ()), ("two", ("one",)), ("site", ("one", "two"))):
        dependencies = "".join(f'{needed} = {{ path = "../{needed}" }}\n' for needed in needs)
        terminal.write(f"{crate}/Cargo.toml", manifest.format(crate, dependencies))
    terminal.write("one/src/lib.rs", "pub fn port() -> u16 { let unused = 1; 8080 }\n")
    terminal.write("two/src/lib.rs", 'pub fn host() -> &\'static str { "0.0.0.0" }\n')
    terminal.write(
        "site/src/main.rs",
        "fn main() {\n    let port: u32 = one::port();\n"
        '    println!("{}:{port}", two::host());\n}\n',
    )
    progress = {"CARGO_TERM_PROGRESS_WHEN": "always", "CARGO_TERM_PROGRESS_WIDTH": "80"}
    return terminal.run("cargo", "build", "--offline", "--color=always", **progress)


def gcc(terminal: Terminal) -> bytes | None:
    """A compiler's warnings and errors; each names its option by a link."""
    source = "int add(int a, int b) { int c; return a; }\nint main() { return ad(1, 2) }\n"
    terminal.write("sum.c", source)
    options = ["-Wall", "-Wextra", "-fdiagnostics-color=always", "-fdiagnostics-urls=always"]
    return terminal.run("gcc", *options, "-c", "sum.c")


def pytest(terminal: Terminal) -> bytes | None:
    """Tests, one of which fails."""
    terminal.write(
        "test_price.py",
        "import pytest\n\n\n@pytest.mark.parametrize('net', range(60))\n"
        "def test_price(net):\n    assert net * 12 // 10 != 48, 'reserved'\n\n\n"
        "@pytest.mark.skip\ndef test_later():\n    pass\n",
    )
    options = ["--color=yes", "-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir=."]
    bare = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return terminal.run(sys.executable, "-m", "pytest", *options, **bare)


def git(terminal: Terminal) -> bytes | None:
    """A clone, whose counts are rewritten in place, and a coloured log."""
    script = """
        git init --quiet --initial-branch=main origin && cd origin
        git config user.name Ada && git config user.email ada@example.com
        for n in $(seq 300); do echo "page $n" >"page-$n.txt"; done
        git add . && GIT_AUTHOR_DATE=@1700000000 GIT_COMMITTER_DATE=@1700000000 \
            git commit --quiet --message='Pages 1 to 300'
        cd .. && git clone --progress "file://$PWD/origin" copy
        cd copy && rm page-1.txt && echo changed >page-2.txt
        git -c color.ui=always status && git -c color.ui=always --no-pager diff
    """
    return terminal.run("sh", "-c", f"command -v git >/dev/null || exit 0; {script}")


def ls(terminal: Terminal) -> bytes | None:
    """Files of every colour, one with a name that is a colour itself."""
    for name in ("site.tar.gz", "logo.png", "notes.txt", "tune.mp3", "\x1b[31mred\x1b[0m.txt"):
        terminal.write(f"files/{name}", "")
    terminal.write("files/deploy.sh", "").chmod(0o755)
    (terminal.folder / "files/folder").mkdir()
    (terminal.folder / "files/link").symlink_to("folder")
    (terminal.folder / "files/gone").symlink_to("nowhere")
    return terminal.run("sh", "-c", "ls --color=always -C files; ls files | grep --color=always t")


def terraform(terminal: Terminal) -> bytes | None:
    """A plan and an error."""
    terminal.write(
        "main.tf",
        'resource "terraform_data" "site" {\n  input = "release-42"\n}\n\n'
        'output "site" {\n  value = terraform_data.site.output\n}\n',
    )
    broken = "echo 'output \"x\" { value = y }' >x.tf"
    script = f"terraform init && terraform plan && {broken}; terraform plan"
    return terminal.run("sh", "-c", f"command -v terraform >/dev/null && {{ {script}; }}")


def curl(terminal: Terminal) -> bytes | None:
    """A download with a bar, and one with the table of figures."""
    (terminal.folder / "release.tar").write_bytes(bytes(1_000_000))
    with served(terminal.folder) as url:
        bar = terminal.run("curl", "--progress-bar", "-o", "a", f"{url}/release.tar")
        table = terminal.run("curl", "-o", "b", f"{url}/release.tar")
    return None if bar is None or table is None else bar + table


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """A slow server of a folder's files, on this machine."""
    handler = partial(SlowHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class SlowHandler(SimpleHTTPRequestHandler):
    """Sends as a far server does, so that there is something to watch."""

    def copyfile(self, source: Any, outputfile: Any) -> None:
        while chunk := source.read(CHUNK_BYTES):
            outputfile.write(chunk)
            time.sleep(CHUNK_SECONDS)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name there
        """What is served is of no interest."""


ALL: dict[str, Callable[[Terminal], bytes | None]] = {
    record.__name__: record for record in (pip, npm, cargo, gcc, pytest, git, ls, terraform, curl)
}
"""Each recording, by the name of its log."""
