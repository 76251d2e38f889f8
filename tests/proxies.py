"""Real proxies for tests: nginx, HAProxy and Caddy of the system's packages, as users run them.

Each runs the very file in `deploy/`, in which only addresses, the certificate and time-outs are
replaced by the test's own. What is replaced must be there, so a file that no longer says it fails.

They listen on 127.0.0.2. Outgoing connections take their ports from 127.0.0.1, so a proxy that is
started again finds its own still free; and of the machine itself, which to the command line is
127.0.0.1, it believes no certificate but the system's.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, Self

DEPLOY = Path(__file__).parent.parent / "deploy"
HOST = "127.0.0.2"
START_SECONDS = 20
SILENCE_SECONDS = 60
"""What the proxies take for a dead connection unless they are told otherwise."""


class Certificate:
    """A certificate for HOST that signed itself, so that it is the authority as well."""

    def __init__(self, folder: Path) -> None:
        self.path, self.key, self.both = (folder / name for name in ("cert", "key", "both"))
        command: list[str | Path] = ["openssl", "req", "-x509", "-nodes", "-days", "1"]
        command += ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
        command += ["-subj", f"/CN={HOST}", "-addext", f"subjectAltName=IP:{HOST}"]
        command += ["-out", self.path, "-keyout", self.key]
        subprocess.run(command, check=True, capture_output=True)
        self.both.write_text(self.path.read_text() + self.key.read_text())


class Proxy:
    """A proxy in front of the server at `upstream`, running. It keeps its port over restarts."""

    name: ClassVar[str]
    scheme: ClassVar[str] = "https"

    def __init__(
        self,
        folder: Path,
        upstream: str,
        certificate: Certificate,
        *,
        silence_seconds: int = SILENCE_SECONDS,
    ) -> None:
        self._folder = folder
        self._folder.mkdir()
        self._upstream = upstream.removeprefix("http://")
        self._certificate = certificate
        self._silence = f"{silence_seconds}s"
        self._port, self._plain_port = _free_port(), _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._file = folder / "configuration"
        self._file.write_text(self.configuration())
        self.start()

    @property
    def url(self) -> str:
        return f"{self.scheme}://{HOST}:{self._port}"

    @property
    def plain_url(self) -> str:
        """The address for browsers that were told none."""
        return f"http://{HOST}:{self._plain_port}"

    def configuration(self) -> str:
        """The text of its configuration file."""
        raise NotImplementedError

    def command(self) -> list[str]:
        """What starts it, in the foreground."""
        raise NotImplementedError

    def start(self) -> None:
        """Start it; return when it takes connections."""
        with (self._folder / "messages").open("wb") as messages:
            self._process = subprocess.Popen(
                self.command(), stdout=messages, stderr=messages, env=self._environ()
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._listens():
            said = (self._folder / "messages").read_text()
            assert self._process.poll() is None, f"{self.name} did not start: {said}"
            assert time.monotonic() < deadline, f"{self.name} does not listen: {said}"
            time.sleep(0.02)

    def stop(self) -> None:
        """End it as an operator would. Watchers do not keep it from ending."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(START_SECONDS)
            finally:
                self._process.kill()
            self._process = None

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Within the block it is not there."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _environ(self) -> dict[str, str]:
        """A home of its own, and the folder where Debian keeps nginx and HAProxy."""
        home = str(self._folder)
        path = f"{os.environ['PATH']}:/usr/sbin"
        return {**os.environ, "PATH": path, "HOME": home, "XDG_DATA_HOME": home}

    def _listens(self) -> bool:
        try:
            socket.create_connection((HOST, self._port), 1).close()
        except OSError:
            return False
        return True

    def _deployed(self, name: str, own: Mapping[str, str]) -> str:
        """The file of that name in `deploy/`, with the test's own instead of the example's."""
        text = (DEPLOY / name).read_text()
        for example, replacement in {"127.0.0.1:8080": self._upstream, **own}.items():
            assert example in text, f"deploy/{name} does not say {example!r}, which tests replace"
            text = text.replace(example, replacement)
        return text


class BareNginx(Proxy):
    """nginx with one `proxy_pass` and every default: what many people have."""

    name = "nginx with its defaults"
    scheme = "http"

    def command(self) -> list[str]:
        return ["nginx", "-e", "stderr", "-c", str(self._file)]

    def configuration(self) -> str:
        return self._nginx(self._site())

    def _site(self) -> str:
        target = f"location / {{ proxy_pass http://{self._upstream}; }}"
        return f"server {{ listen {HOST}:{self._port}; {target} }}"

    def _nginx(self, site: str, gzip: str = "gzip on;") -> str:
        """A whole configuration: what Debian's has around a site, in the test's folder."""
        folders = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        paths = "".join(f"{name}_temp_path {self._folder}/{name}; " for name in folders)
        silences = ("proxy_read", "proxy_send", "client_header", "keepalive")
        # Inherited by sites that say nothing of their own, as nginx's defaults of 60 s are.
        timeouts = "".join(f"{name}_timeout {self._silence}; " for name in silences)
        user = "user root;" if os.geteuid() == 0 else ""  # else its worker may not enter the folder
        return (
            f"daemon off; {user} pid {self._folder}/pid; events {{}}\n"
            f"http {{ access_log off; {gzip} {timeouts} send_timeout {self._silence}; {paths}\n"
            f"{site}\n}}\n"
        )


class CompressingNginx(BareNginx):
    """The same, told to compress whatever it is asked to."""

    name = "nginx that compresses"

    def configuration(self) -> str:
        return self._nginx(self._site(), "gzip on; gzip_types *;")


class Nginx(BareNginx):
    name = "nginx"
    scheme = "https"

    def configuration(self) -> str:
        own = {
            "listen 80;": f"listen {HOST}:{self._plain_port};",
            "listen 443 ssl http2;": f"listen {HOST}:{self._port} ssl http2;",
            "/etc/ssl/logs.example.com.pem": str(self._certificate.path),
            "/etc/ssl/logs.example.com.key": str(self._certificate.key),
            "logs.example.com": HOST,
        }
        return self._nginx(self._deployed("nginx.conf", own))


class HaProxy(Proxy):
    name = "HAProxy"

    def command(self) -> list[str]:
        return ["haproxy", "-W", "-db", "-f", str(self._file)]

    def configuration(self) -> str:
        own = {
            "bind :80": f"bind {HOST}:{self._plain_port}",
            "bind :443": f"bind {HOST}:{self._port}",
            "/etc/ssl/logs.example.com.both.pem": str(self._certificate.both),
            "60s": self._silence,
        }
        return self._deployed("haproxy.cfg", own)


class Caddy(Proxy):
    name = "Caddy"

    def command(self) -> list[str]:
        return ["caddy", "run", "--adapter", "caddyfile", "--config", str(self._file)]

    def configuration(self) -> str:
        ports = f"http_port {self._plain_port}\n\thttps_port {self._port}"
        certificate = f"tls {self._certificate.path} {self._certificate.key}"
        own = {
            "\tgrace_period": f"\tadmin off\n\t{ports}\n\tgrace_period",
            "logs.example.com {": f"{HOST} {{\n\t{certificate}",
        }
        return self._deployed("Caddyfile", own)


DEPLOYED: tuple[type[Proxy], ...] = (Nginx, HaProxy, Caddy)
"""Those with a file in `deploy/`."""

PROXIES: tuple[type[Proxy], ...] = (BareNginx, CompressingNginx, *DEPLOYED)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return int(listener.getsockname()[1])


__all__ = ["DEPLOYED", "PROXIES", "Certificate", "Proxy"]
