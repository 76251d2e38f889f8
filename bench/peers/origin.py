"""What stands behind Pushpin: it tells it to hold each request and what its watcher listens to.

`python -m bench.peers.origin PORT CONFIGURATION`: it starts Pushpin, and ends when that ends. It
has nothing to do once a watcher has come.
"""

from __future__ import annotations

import asyncio
import signal
import sys

JOINED = b": joined\n\n"
HOLD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nGrip-Hold: stream\r\n"
    b"Grip-Channel: log\r\nContent-Length: %d\r\n\r\n%b" % (len(JOINED), JOINED)
)


class Origin(asyncio.Protocol):
    """Every request is answered alike; Pushpin sends one at a time on a connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if data.endswith(b"\r\n\r\n"):
            self._transport.write(HOLD)


async def main(port: int, configuration: str) -> int:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Origin, "127.0.0.1", port, backlog=4096)
    pushpin = await asyncio.create_subprocess_exec(
        "pushpin", f"--config={configuration}", stdout=sys.stderr
    )
    loop.add_signal_handler(signal.SIGTERM, pushpin.terminate)
    code = await pushpin.wait()
    server.close()
    return code


if __name__ == "__main__":
    sys.exit(asyncio.run(main(int(sys.argv[1]), sys.argv[2])))
