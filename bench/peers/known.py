"""Who is measured, in the order of the table. The first two always; the rest where they are."""

from __future__ import annotations

from bench.peers.brokers import Nchan, Pushpin
from bench.peers.durable import NodeReference, RustServer
from bench.peers.own import Limit, Logflume
from bench.peers.peer import Absent, Peer
from bench.peers.written import Centrifuge, StarletteQueue


def others() -> list[Peer]:
    """All but Logflume and the limit."""
    return [
        Nchan(),
        Pushpin(),
        Centrifuge(),
        StarletteQueue(),
        NodeReference(),
        NodeReference(on_disk=True),
        RustServer(),
        Absent("Mercure (Go)", "in no package of Debian, npm or PyPI; install it by hand"),
        Absent("Centrifugo (Go)", "likewise; the library that it is built on is measured"),
        Absent("Electric's durable-streams (Rust)", "not on crates.io; built from its repository"),
    ]


def keeps(name: str) -> str:
    """What the server of this name has of a line that was acknowledged."""
    every: list[Peer] = [Limit(()), Logflume(), *others()]
    return next((peer.keeps for peer in every if peer.name == name), "")
