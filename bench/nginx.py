"""nginx as it serves a file: one process, sendfile, no access log. The peer of history.

`python -m bench.nginx FOLDER` serves the files in it and becomes nginx, so that the process which
was started is the one that is measured. The port is one that the kernel gives, and a socket that is
bound to it, and does not listen, keeps others off it until nginx does.
"""

from __future__ import annotations

import os
import shutil
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path

ADMINISTRATORS = ("/usr/sbin", "/usr/local/sbin")
"""Where nginx is installed, and a user's PATH often does not look."""

START_SECONDS = 20

CONFIGURATION = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    sendfile on;
    default_type application/x-ndjson;
    client_body_temp_path {folder}/nginx-body;
    proxy_temp_path {folder}/nginx-proxy;
    fastcgi_temp_path {folder}/nginx-fastcgi;
    uwsgi_temp_path {folder}/nginx-uwsgi;
    scgi_temp_path {folder}/nginx-scgi;
    server {{
        listen 127.0.0.1:{port} reuseport;
        root {folder};
    }}
}}
"""


def nginx() -> str | None:
    """Where the program is, if it is installed."""
    return shutil.which("nginx", path=os.pathsep.join([os.environ["PATH"], *ADMINISTRATORS]))


def main() -> None:
    program, folder = nginx(), Path(sys.argv[1]).resolve()
    assert program is not None, "whoever starts this has looked for it"
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    held.bind(("127.0.0.1", 0))
    held.set_inheritable(True)
    port = held.getsockname()[1]
    configuration = folder / "nginx.conf"
    configuration.write_text(CONFIGURATION.format(folder=folder, port=port))
    if os.fork():
        os.execv(program, ["nginx", "-e", "stderr", "-c", str(configuration)])  # noqa: S606
    _announce(port)


def _announce(port: int) -> None:
    """Say where nginx serves, once it does. If it never does, it has said why."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
            sys.stderr.write(f"serves http://127.0.0.1:{port}\n")
            return
        time.sleep(0.01)


if __name__ == "__main__":
    main()
