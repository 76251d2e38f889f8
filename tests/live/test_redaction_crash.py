"""kill -9 in a redaction: the log is as it was or as it is to be, and asking again does it."""

from __future__ import annotations

import hashlib
import json
import random
import threading
from contextlib import suppress

import httpx2
import pytest

from tests.servers import ServerProcess, new_deployment

ROUNDS = 6
LINES = 4000
WAIT_SECONDS = 0.15
"""A redaction of so many lines takes about as long."""


def leaked(server: ServerProcess, secret: str) -> str:
    """A deployment that ended, with the secret in every tenth line; where it is."""
    address = f"{server.url}/v1/deployments/{new_deployment(server.url)}"
    said = [f"line {n} {secret if n % 10 == 0 else ''}" for n in range(LINES)]
    for first in range(0, LINES, 500):
        body = "\n".join(said[first : first + 500])
        httpx2.post(f"{address}/log", content=body.encode()).raise_for_status()
    httpx2.patch(address, json={"status": "failed"}).raise_for_status()
    return address


def ask(address: str, secret: str) -> None:
    answer = httpx2.post(f"{address}/redactions", json={"text": secret}, timeout=20)
    assert answer.raise_for_status().json()["complete"]


def whole(address: str, secret: str) -> int:
    """How often the log has the secret, once it is known to agree with its end."""
    answer = httpx2.get(f"{address}/log", headers={"accept": "application/x-ndjson"})
    *before, last = answer.raise_for_status().content.splitlines(keepends=True)
    end = json.loads(last)
    assert end["digest"] == "sha256:" + hashlib.sha256(b"".join(before)).hexdigest()
    assert [json.loads(record)["n"] for record in before] == list(range(1, LINES + 1))
    return b"".join(before).count(secret.encode())


@pytest.mark.live
@pytest.mark.timeout(120)
def test_a_redaction_that_is_killed_is_done_whole_or_not_at_all(server: ServerProcess) -> None:
    """And whatever it left on the disk is gone after the next one. Caught: several transactions;
    old bytes that stay in the write-ahead log because nothing is left to change."""
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    for number in range(ROUNDS):
        secret = f"hunter2-{seed}-{number}"
        address = leaked(server, secret)

        def give_up(address: str = address, secret: str = secret) -> None:
            with suppress(httpx2.TransportError):
                ask(address, secret)

        asking = threading.Thread(target=give_up)
        asking.start()
        threading.Event().wait(rng.uniform(0, WAIT_SECONDS))
        server.kill()
        asking.join()
        server.start()
        address = server.url + address[address.index("/v1/") :]
        assert whole(address, secret) in (0, LINES // 10), seed
        ask(address, secret)
        assert whole(address, secret) == 0, seed
        for file in server.data.iterdir():
            assert secret.encode() not in file.read_bytes(), (seed, file.name)
