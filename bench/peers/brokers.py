"""Servers for fan-out that are packages of Debian: Nchan in nginx, and Pushpin.

Neither keeps a line for good: Nchan has the last ones in memory, Pushpin none.
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.peers.peer import HEAD_ENDED, Feed, Missing, Peer, records, text_of_records
from bench.peers.running import free_ports
from bench.requests import get, post
from bench.rounds import PYTHON

CONNECTIONS = 12_000
"""More than any measure opens."""

NCHAN = r"""
load_module %(module)s;
daemon off; worker_processes 1; error_log stderr; pid %(folder)s/pid;
events { worker_connections %(connections)d; }
http {
    access_log off; tcp_nodelay on; keepalive_requests 1000000000;
    client_body_buffer_size 128k; client_body_temp_path %(folder)s/body;
    proxy_temp_path %(folder)s/proxy; fastcgi_temp_path %(folder)s/fastcgi;
    uwsgi_temp_path %(folder)s/uwsgi; scgi_temp_path %(folder)s/scgi;
    nchan_shared_memory_size 256m;
    server {
        listen 127.0.0.1:%(port)d backlog=4096;
        location ~ ^/append/(\w+)$ {
            nchan_publisher; nchan_channel_id $1;
            nchan_message_buffer_length 100; nchan_message_timeout 1m;
        }
        location ~ ^/watch/(\w+)$ {
            nchan_subscriber eventsource; nchan_channel_id $1;
            nchan_subscriber_first_message newest;
        }
    }
}
"""

PUSHPIN = """
[global]
include={libdir}/internal.conf
rundir=%(folder)s
ipc_prefix=
[runner]
services=condure,zurl,pushpin-proxy,pushpin-handler
http_port=127.0.0.1:%(port)d
logdir=%(folder)s
log_level=0
client_buffer_size=8192
client_maxconn=%(connections)d
condure_bin=condure
zurl_bin=zurl
[proxy]
routesfile=routes
updates_check=off
zurl_out_specs=ipc://{rundir}/{ipc_prefix}zurl-in
zurl_out_stream_specs=ipc://{rundir}/{ipc_prefix}zurl-in-stream
zurl_in_specs=ipc://{rundir}/{ipc_prefix}zurl-out
[handler]
push_in_spec=ipc://{rundir}/push
push_in_http_addr=127.0.0.1
push_in_http_port=%(publish)d
push_in_http_max_headers_size=10000
push_in_http_max_body_size=1000000
stats_spec=ipc://{rundir}/stats
command_spec=ipc://{rundir}/command
message_rate=100000000
message_hwm=100000000
"""
"""As packaged, but for the limit of messages a second, past which it drops them."""


class Nchan(Peer):
    """One worker, no access log, its default of fan-out for everything else."""

    name = "Nchan (nginx)"
    keeps = "the last 100 messages in memory"

    def command(self, folder: Path) -> Sequence[str]:
        nginx = shutil.which("nginx")
        if nginx is None:
            raise Missing("nginx is not installed (Debian: libnginx-mod-nchan)")
        told = subprocess.run([nginx, "-V"], capture_output=True, text=True, check=True).stderr
        modules = re.search(r"--modules-path=(\S+)", told)
        module = Path(modules[1] if modules else "/nowhere") / "ngx_nchan_module.so"
        if not module.exists():
            raise Missing("nginx is here, without Nchan (Debian: libnginx-mod-nchan)")
        (self.port,) = free_ports(1)
        values = {"folder": folder, "module": module, "port": self.port}
        file = folder / "nginx.conf"
        file.write_text(NCHAN % {**values, "connections": CONNECTIONS})
        return [nginx, "-e", "stderr", "-c", str(file)]

    def feed(self, port: int) -> Feed:
        name = secrets.token_hex(8)
        path = f"/append/{name}"
        watch = get(f"/watch/{name}", "text/event-stream")
        return Feed(watch, HEAD_ENDED, lambda count: text_of_records(path, count), port)


class Pushpin(Peer):
    """A proxy that holds the watchers' requests; who they are, an origin behind it has said."""

    name = "Pushpin"
    keeps = "nothing"

    def __init__(self) -> None:
        self._publish = 0
        self._sockets: tempfile.TemporaryDirectory[str] | None = None

    def command(self, _: Path) -> Sequence[str]:
        absent = [name for name in ("pushpin", "condure", "zurl") if shutil.which(name) is None]
        if absent:
            raise Missing(f"{', '.join(absent)} not installed (Debian: pushpin)")
        # Its sockets have names in a folder, of no more than 107 bytes with the folder's own.
        self._sockets = tempfile.TemporaryDirectory(prefix="bench-")
        self.port, self._publish, origin = free_ports(3)
        values = {"folder": self._sockets.name, "port": self.port, "publish": self._publish}
        file = Path(self._sockets.name) / "pushpin.conf"
        file.write_text(PUSHPIN % {**values, "connections": CONNECTIONS})
        file.with_name("routes").write_text(f"* 127.0.0.1:{origin}\n")
        return [*PYTHON, "bench.peers.origin", str(origin), str(file)]

    def feed(self, _: int) -> Feed:
        """Its one channel. The publisher writes the whole event; Pushpin passes on what it got."""
        watch = get("/", "text/event-stream")
        return Feed(watch, ": joined", _published, self._publish)


def _published(count: int) -> bytes:
    event = "".join(f"data: {record}\n" for record in records(count)) + "\n"
    item = {"channel": "log", "formats": {"http-stream": {"content": event}}}
    return post("/publish", json.dumps({"items": [item]}).encode(), "application/json")
